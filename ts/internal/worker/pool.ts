// Several worker engines behind one queue: jobs go to whichever is free, data is loaded into all of them.
import { parallelism } from '#worker-source';
import { openWorkerEngine, type WorkerEngineOptions, type WorkerEngineWith } from '../../worker.js';
import { SublinearError } from '../errors.js';
import type { RoomName } from '../rooms.js';
import * as check from '../validate.js';
import type { CallOptions } from './connection.js';
import { RemoteObject } from './remote.js';

/** Options of {@link createPool}. */
export interface PoolOptions<M extends RoomName = RoomName> extends WorkerEngineOptions<M> {
  /** Number of workers; by default one for each thread that the machine runs at once but one, at most 4. */
  size?: number;
  /** Most jobs that may wait for a worker. 1,000 by default. */
  maxQueue?: number;
  /** How often a job is run again in a fresh worker when its worker has ended under it. 1 by default. */
  retries?: number;
}

/** Options of a job. */
export interface JobOptions extends CallOptions {
  /** As in {@link PoolOptions}, for this job. A job that must not run twice says 0. */
  retries?: number;
}

/** Options of a batch that is cut into parts. */
export interface MapOptions extends JobOptions {
  /** Rows that one job gets. By default each worker gets four jobs. */
  rowsPerJob?: number;
}

/** What `pool.stats()` gives. */
export interface PoolStats {
  size: number;
  /** Jobs that workers have, and jobs that wait for one. */
  running: number;
  waiting: number;
  /** Jobs that were run again, and workers that were started after the first ones. */
  retried: number;
  restarts: number;
}

/** Things that can be iterated, now or later. */
type Items<I> = Iterable<I> | AsyncIterable<I>;
type Maybe<T> = T | PromiseLike<T>;
type Rows =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint32Array
  | Int32Array
  | Uint16Array;

/** Jobs that a worker has at once: one that runs, and one that is there when it ends. */
const DEPTH = 2;

interface Slot<M extends RoomName> {
  engine: WorkerEngineWith<M>;
  jobs: number;
}

interface GivenOptions {
  call: CallOptions;
  retries: number;
  rowsPerJob: number | undefined;
}

interface Job<M extends RoomName> {
  operation: string;
  run: (slot: Slot<M>) => Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  retries: number;
  /** Takes away what listens to its signal. */
  release: () => void;
}

/**
 * Workers behind one queue. A job is a function of this thread that calls the engine it is given; it goes to the worker that
 * has least to do. Made by {@link createPool}.
 *
 * @typeParam M - the rooms that the workers have loaded
 */
export class Pool<M extends RoomName = RoomName> {
  readonly #slots: Slot<M>[];
  readonly #maxQueue: number;
  readonly #retries: number;
  #queue: Job<M>[] = [];
  #waiters: (() => void)[] = [];
  #retried = 0;
  #disposed = false;

  static {
    const symbol = Symbol.asyncDispose;
    if (symbol !== undefined) {
      Object.defineProperty(Pool.prototype, symbol, {
        value(this: Pool) {
          return this.dispose();
        },
        configurable: true,
        writable: true,
      });
    }
  }

  /** `await using` calls it; does what `dispose()` does. */
  declare [Symbol.asyncDispose]: () => Promise<void>;

  /** @internal */
  constructor(engines: WorkerEngineWith<M>[], maxQueue: number, retries: number) {
    this.#slots = engines.map((engine) => ({ engine, jobs: 0 }));
    this.#maxQueue = maxQueue;
    this.#retries = retries;
  }

  /** Number of workers. */
  get size(): number {
    return this.#slots.length;
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * How much there is to do, and what has gone wrong so far.
   *
   * @example
   * ```ts
   * import { createPool } from 'sublinear/worker';
   *
   * await using pool = await createPool({ size: 2, modules: ['dense'] });
   * await pool.run(({ dense }) => dense.Vector.zeros(3));
   * const { waiting, retried } = pool.stats();
   * console.log(waiting, retried); // 0 0
   * ```
   */
  stats(): PoolStats {
    return {
      size: this.size,
      running: this.#slots.reduce((sum, { jobs }) => sum + jobs, 0),
      waiting: this.#queue.length,
      retried: this.#retried,
      restarts: this.#slots.reduce((sum, { engine }) => sum + engine.starts - 1, 0),
    };
  }

  /**
   * Runs a job in the worker that has least to do.
   *
   * @throws SublinearError `QUEUE_FULL` when `maxQueue` jobs wait already: await {@link Pool.ready} before, or use
   * {@link Pool.map}; `CRASHED` when its worker has ended, and after `retries` fresh ones have; `DISPOSED`
   *
   * @example
   * ```ts
   * import { createPool } from 'sublinear/worker';
   *
   * await using pool = await createPool({ size: 2, modules: ['dense'] });
   * const norm = await pool.run(async ({ dense }) => {
   *   using v = await dense.Vector.from([3, 4]);
   *   return v.norm();
   * });
   * console.log(norm); // 5
   * ```
   */
  async run<T>(job: (engine: WorkerEngineWith<M>) => Maybe<T>, options?: JobOptions): Promise<T> {
    const { call, retries } = this.#jobOptions('pool.run', job, options);
    return this.#enqueue('pool.run', async ({ engine }) => job(engine.with(call)), call, retries);
  }

  /**
   * Runs a job for each item and gives the results in the order of the items. Items are taken as workers become free, so
   * that neither the queue nor a stream of items fills the memory. The first error stops the rest.
   *
   * @example
   * ```ts
   * import { createPool } from 'sublinear/worker';
   *
   * await using pool = await createPool({ size: 2, modules: ['dense'] });
   * const norms = await pool.map([1, 2, 3], async ({ dense }, n) => {
   *   using v = await dense.Vector.zeros(n * n);
   *   return (await v.fill(1)).norm();
   * });
   * console.log(norms); // [ 1, 2, 3 ]
   * ```
   */
  async map<I, T>(
    items: Items<I>,
    job: (engine: WorkerEngineWith<M>, item: I, index: number) => Maybe<T>,
    options?: JobOptions,
  ): Promise<T[]> {
    const given = this.#jobOptions('pool.map', job, options);
    return this.#each('pool.map', items, given, async ({ engine }, call, item, index) =>
      job(engine.with(call), item, index),
    );
  }

  /**
   * Loads the same data into every worker. `snapshot` is bytes that a `save()` gave, or arrays, or a plain object of these:
   * it is kept (in shared memory where threads may share it, so that it is there once) and loaded anew into a worker that
   * takes the place of one that has ended.
   *
   * @param load - makes what the jobs get from the snapshot: an object of the worker, or a plain object of several
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { createPool } from 'sublinear/worker';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] });
   *
   * await using pool = await createPool({ size: 2, modules: ['hnsw'] });
   * const replica = await pool.replicate(index.save(), ({ hnsw }, bytes) => hnsw.Flat.load(bytes));
   * const found = await replica.map([[1.2], [2.9]], (flat, query) => flat.search(query, { k: 1 }));
   * console.log(found.map(({ ids }) => ids[0])); // [ 1, 3 ]
   * ```
   */
  async replicate<S, T>(
    snapshot: S,
    load: (engine: WorkerEngineWith<M>, snapshot: S) => Maybe<T>,
  ): Promise<Replica<T, M>> {
    const operation = 'pool.replicate';
    this.#assertUsable(operation);
    if (typeof load !== 'function') throw check.typeError(operation, 'load', 'function', load);
    const kept = share(snapshot);
    const replica = new Replica<T, M>(
      {
        slots: this.#slots,
        options: (name, job, options) => this.#jobOptions(name, job, options),
        enqueue: (name, run, call, retries) => this.#enqueue(name, run, call, retries),
        each: (name, items, options, run) => this.#each(name, items, options, run),
      },
      async (engine) => load(engine, kept),
    );
    await Promise.all(this.#slots.map((slot) => replica.objectIn(slot)));
    return replica;
  }

  /**
   * Resolves when a job can be added without being refused.
   *
   * @example
   * ```ts
   * import { createPool } from 'sublinear/worker';
   *
   * await using pool = await createPool({ size: 1, modules: ['dense'], maxQueue: 1 });
   * const norms: Promise<number>[] = [];
   * for (let n = 1; n <= 5; n++) {
   *   await pool.ready();
   *   norms.push(pool.run(async ({ dense }) => (await dense.Vector.zeros(n)).norm()));
   * }
   * console.log(await Promise.all(norms)); // [ 0, 0, 0, 0, 0 ]
   * ```
   */
  async ready(): Promise<void> {
    this.#assertUsable('pool.ready');
    while (!this.#disposed && this.#isFull())
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    this.#assertUsable('pool.ready');
  }

  /**
   * Ends all workers. Jobs that wait or run are rejected with `DISPOSED`. Calling it again does nothing.
   *
   * @example
   * ```ts
   * import { createPool } from 'sublinear/worker';
   *
   * const pool = await createPool({ size: 1 });
   * await pool.dispose();
   * console.log(pool.disposed); // true
   * ```
   */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const job of this.#queue.splice(0)) {
      job.release();
      job.reject(disposedError(job.operation));
    }
    this.#wake();
    await Promise.all(this.#slots.map(({ engine }) => engine.dispose()));
  }

  #jobOptions(operation: string, job: unknown, options: MapOptions | undefined): GivenOptions {
    this.#assertUsable(operation);
    if (typeof job !== 'function') throw check.typeError(operation, 'job', 'function', job);
    const keys = ['signal', 'transfer', 'retries', 'rowsPerJob'] as const;
    const given = check.options(operation, options, keys);
    const { retries = this.#retries, rowsPerJob, ...call } = given;
    check.integer(operation, 'retries', retries);
    return { call, retries, rowsPerJob };
  }

  #enqueue<T>(
    operation: string,
    run: (slot: Slot<M>) => Promise<T>,
    { signal }: CallOptions,
    retries: number,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#assertUsable(operation);
      signal?.throwIfAborted();
      if (this.#isFull()) {
        const message = `${this.#queue.length} jobs wait already; await pool.ready() before, use map(), or raise maxQueue`;
        throw new SublinearError('QUEUE_FULL', operation, message);
      }
      const job: Job<M> = {
        operation,
        run,
        resolve: resolve as Job<M>['resolve'],
        reject,
        retries,
        release: () => signal?.removeEventListener('abort', onAbort),
      };
      // While it waits; in a worker the calls themselves are told.
      const onAbort = () => {
        const at = this.#queue.indexOf(job);
        if (at < 0) return;
        this.#queue.splice(at, 1);
        job.release();
        reject(signal?.reason);
        this.#wake();
      };
      signal?.addEventListener('abort', onAbort);
      this.#queue.push(job);
      this.#pump();
    });
  }

  /** Gives waiting jobs to workers that have a place. */
  #pump(): void {
    while (this.#queue.length > 0 && !this.#disposed) {
      const slot = this.#slots.reduce((least, each) => (each.jobs < least.jobs ? each : least));
      if (slot.jobs >= DEPTH) return;
      void this.#perform(slot, this.#queue.shift() as Job<M>);
      this.#wake();
    }
  }

  async #perform(slot: Slot<M>, job: Job<M>): Promise<void> {
    slot.jobs++;
    try {
      const value = await job.run(slot);
      job.release();
      job.resolve(value);
    } catch (error) {
      const crashed = (error as { code?: unknown } | undefined)?.code === 'CRASHED';
      if (crashed && job.retries > 0 && !this.#disposed) {
        job.retries--;
        this.#retried++;
        this.#queue.unshift(job);
      } else {
        job.release();
        job.reject(error);
      }
    }
    slot.jobs--;
    this.#pump();
  }

  async #each<I, T>(
    operation: string,
    items: Items<I>,
    { call, retries }: GivenOptions,
    run: (slot: Slot<M>, call: CallOptions, item: I, index: number) => Promise<T>,
  ): Promise<T[]> {
    const iterator = iteratorOf(operation, items);
    const { signal } = call;
    signal?.throwIfAborted();
    // Its own signal: the first error aborts the jobs that are under way.
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    const own = { ...call, signal: controller.signal };
    const results: T[] = [];
    const running = new Set<Promise<void>>();
    let ended = false;
    try {
      for (let index = 0; !controller.signal.aborted; index++) {
        const { done, value } = await iterator.next();
        if (done) {
          ended = true;
          break;
        }
        await this.ready();
        if (controller.signal.aborted) break;
        const at = index;
        const job = this.#enqueue(operation, (slot) => run(slot, own, value, at), own, retries)
          .then((result) => {
            results[at] = result;
          })
          .catch((error) => controller.abort(error))
          .finally(() => running.delete(job));
        running.add(job);
        if (running.size >= this.size * DEPTH) await Promise.race(running);
      }
    } catch (error) {
      controller.abort(error);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
    await Promise.all(running);
    if (!ended) void iterator.return?.().then(undefined, () => {});
    if (controller.signal.aborted) throw controller.signal.reason;
    return results;
  }

  #isFull(): boolean {
    const free = this.#slots.some(({ jobs }) => jobs < DEPTH);
    return !free && this.#queue.length >= this.#maxQueue;
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  #assertUsable(operation: string): void {
    if (this.#disposed) throw disposedError(operation);
  }
}

/** What a replica needs of its pool. */
interface Inside<M extends RoomName> {
  slots: readonly Slot<M>[];
  options(operation: string, job: unknown, options: MapOptions | undefined): GivenOptions;
  enqueue<T>(
    operation: string,
    run: (slot: Slot<M>) => Promise<T>,
    call: CallOptions,
    retries: number,
  ): Promise<T>;
  each<I, T>(
    operation: string,
    items: Items<I>,
    options: GivenOptions,
    run: (slot: Slot<M>, call: CallOptions, item: I, index: number) => Promise<T>,
  ): Promise<T[]>;
}

/**
 * The same data in every worker of a pool. Jobs are for questions: what a job changes in its copy is not changed in the
 * others. Made by {@link Pool.replicate}.
 *
 * @typeParam T - what jobs get: a handle, or a plain object of handles
 * @typeParam M - the rooms that the workers have loaded
 */
export class Replica<T, M extends RoomName = RoomName> {
  readonly #pool: Inside<M>;
  #load: ((engine: WorkerEngineWith<M>) => Promise<T>) | undefined;
  readonly #loaded = new Map<Slot<M>, { epoch: number; object: Promise<T> }>();

  static {
    const symbol = Symbol.asyncDispose;
    if (symbol !== undefined) {
      Object.defineProperty(Replica.prototype, symbol, {
        value(this: Replica<unknown>) {
          return this.dispose();
        },
        configurable: true,
        writable: true,
      });
    }
  }

  /** `await using` calls it; does what `dispose()` does. */
  declare [Symbol.asyncDispose]: () => Promise<void>;

  /** @internal */
  constructor(pool: Inside<M>, load: (engine: WorkerEngineWith<M>) => Promise<T>) {
    this.#pool = pool;
    this.#load = load;
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.#load === undefined;
  }

  /**
   * Runs a job on the data in the worker that has least to do. Errors as {@link Pool.run}.
   *
   * @example
   * ```ts
   * import { createPool } from 'sublinear/worker';
   *
   * await using pool = await createPool({ size: 2, modules: ['graph', 'diffusion'] });
   * const edges = { from: Uint32Array.of(0, 1, 2), to: Uint32Array.of(1, 2, 0) };
   * const replica = await pool.replicate(edges, ({ graph }, given) => graph.Graph.fromEdges(given));
   * const { scores } = await replica.run((graph, { diffusion }) => diffusion.pageRank(graph));
   * console.log(scores.length); // 3
   * ```
   */
  async run<R>(
    job: (object: T, engine: WorkerEngineWith<M>) => Maybe<R>,
    options?: JobOptions,
  ): Promise<R> {
    const operation = 'replica.run';
    const { call, retries } = this.#pool.options(operation, job, options);
    const run = async (slot: Slot<M>) =>
      job(bound(await this.objectIn(slot), call), slot.engine.with(call));
    return this.#pool.enqueue(operation, run, call, retries);
  }

  /**
   * Runs a job for each item and gives the results in the order of the items, as {@link Pool.map}.
   *
   * @example
   * ```ts
   * import { createPool } from 'sublinear/worker';
   *
   * await using pool = await createPool({ size: 2, modules: ['graph', 'diffusion'] });
   * const edges = { from: [0, 1, 2, 3], to: [1, 2, 3, 0], directed: false };
   * const replica = await pool.replicate(edges, ({ graph }, given) => graph.Graph.fromEdges(given));
   * const top = await replica.map([0, 2], async (graph, source, { diffusion }) => {
   *   const { nodes } = await diffusion.personalizedPageRank(graph, { source, topK: 1, tolerance: 1e-6 });
   *   return nodes?.[0];
   * });
   * console.log(top); // [ 0, 2 ]
   * ```
   */
  async map<I, R>(
    items: Items<I>,
    job: (object: T, item: I, engine: WorkerEngineWith<M>, index: number) => Maybe<R>,
    options?: JobOptions,
  ): Promise<R[]> {
    const operation = 'replica.map';
    const given = this.#pool.options(operation, job, options);
    return this.#pool.each(operation, items, given, async (slot, call, item: I, index) =>
      job(bound(await this.objectIn(slot), call), item, slot.engine.with(call), index),
    );
  }

  /**
   * Cuts an array of rows (queries that lie one after another) into parts, runs a job for each, and puts the results
   * together: typed arrays one after another, everything else must be the same in all parts.
   *
   * @param width - numbers in a row
   * @throws RangeError `SHAPE` when the array does not hold whole rows
   * @throws SublinearError `UNSUPPORTED` for results that cannot be put together
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { createPool } from 'sublinear/worker';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] });
   *
   * await using pool = await createPool({ size: 2, modules: ['hnsw'] });
   * const replica = await pool.replicate(index.save(), ({ hnsw }, bytes) => hnsw.Flat.load(bytes));
   * const queries = Float32Array.of(2.9, 1.2, 2.2);
   * const { ids } = await replica.batch(queries, 1, (flat, part) => flat.searchBatch(part, { k: 1 }));
   * console.log(ids); // Uint32Array(3) [ 3, 1, 2 ]
   * ```
   */
  async batch<A extends Rows, R>(
    rows: A,
    width: number,
    job: (object: T, part: A, engine: WorkerEngineWith<M>, firstRow: number) => Maybe<R>,
    options?: MapOptions,
  ): Promise<R> {
    const operation = 'replica.batch';
    const given = this.#pool.options(operation, job, options);
    if (!ArrayBuffer.isView(rows)) throw check.typeError(operation, 'rows', 'typed array', rows);
    check.integer(operation, 'width', width, 1);
    const count = Math.floor(rows.length / width);
    if (count * width !== rows.length)
      throw check.shapeError(operation, 'rows', (count + 1) * width, rows.length);
    const usual = Math.max(1, Math.ceil(count / (4 * this.#pool.slots.length)));
    const { rowsPerJob = usual } = given;
    check.integer(operation, 'rowsPerJob', rowsPerJob, 1);
    // An empty batch is one part: its result has the right form.
    const parts = Math.max(1, Math.ceil(count / rowsPerJob));
    const run = async (slot: Slot<M>, call: CallOptions, part: number) => {
      const first = part * rowsPerJob;
      const piece = rows.subarray(first * width, (first + rowsPerJob) * width) as A;
      const object = bound(await this.objectIn(slot), call);
      return job(object, piece, slot.engine.with(call), first);
    };
    const indices = Array.from({ length: parts }, (_, i) => i);
    return joined(operation, await this.#pool.each(operation, indices, given, run)) as R;
  }

  /**
   * Frees the data in all workers and the snapshot. Calling it again does nothing.
   *
   * @example
   * ```ts
   * import { createPool } from 'sublinear/worker';
   *
   * await using pool = await createPool({ size: 1, modules: ['dense'] });
   * const replica = await pool.replicate([3, 4], ({ dense }, values) => dense.Vector.from(values));
   * await replica.dispose();
   * console.log(replica.disposed); // true
   * ```
   */
  async dispose(): Promise<void> {
    this.#load = undefined;
    const loaded = [...this.#loaded.values()];
    this.#loaded.clear();
    // What cannot be freed has gone with its worker.
    await Promise.allSettled(loaded.map(async ({ object }) => freed(await object)));
  }

  /** @internal The data in one worker: loaded anew when the slot has another worker than before. */
  objectIn(slot: Slot<M>): Promise<T> {
    const { engine } = slot;
    const known = this.#loaded.get(slot);
    if (known?.epoch === engine.epoch) return known.object;
    if (this.#load === undefined) {
      const error = new SublinearError('DISPOSED', 'replica', 'this replica was disposed');
      return Promise.reject(error);
    }
    const made = { epoch: engine.epoch, object: this.#load(engine) };
    this.#loaded.set(slot, made);
    made.object.catch(() => {
      if (this.#loaded.get(slot) === made) this.#loaded.delete(slot);
    });
    return made.object;
  }
}

/** The handles in what a job gets, with options for their calls. */
function bound<T>(object: T, options: CallOptions): T {
  if (Object.keys(options).length === 0) return object;
  if (object instanceof RemoteObject) return object.with(options) as T;
  if (!isPlain(object)) return object;
  return mapFields(object, (field) => bound(field, options)) as T;
}

async function freed(object: unknown): Promise<void> {
  if (object instanceof RemoteObject) await object.dispose();
  else if (isPlain(object)) await Promise.all(Object.values(object).map(freed));
}

/** A snapshot that stays as it is, whatever its owner does; in shared memory where that can be had. */
function share<S>(snapshot: S): S {
  if (ArrayBuffer.isView(snapshot)) {
    const { buffer, byteOffset, byteLength } = snapshot;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const isSharing =
      typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;
    const kept = new Uint8Array(
      isSharing ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength),
    );
    kept.set(bytes);
    // A Node Buffer is made by other means than a typed array.
    if (snapshot instanceof Uint8Array) return kept as S;
    return new (snapshot.constructor as Uint8ArrayConstructor)(kept.buffer) as S;
  }
  if (Array.isArray(snapshot)) return snapshot.map(share) as S;
  return isPlain(snapshot) ? (mapFields(snapshot, share) as S) : snapshot;
}

/** Results of parts as the result of the whole. */
function joined(operation: string, parts: unknown[]): unknown {
  const [first] = parts;
  if (ArrayBuffer.isView(first) && !(first instanceof DataView)) {
    const arrays = parts as Uint8Array[];
    const length = arrays.reduce((sum, array) => sum + array.length, 0);
    const whole = new (first.constructor as Uint8ArrayConstructor)(length);
    let at = 0;
    for (const array of arrays) {
      whole.set(array, at);
      at += array.length;
    }
    return whole;
  }
  if (Array.isArray(first)) return (parts as unknown[][]).flat();
  if (isPlain(first)) {
    const fields = parts as Record<string, unknown>[];
    return mapFields(first, (_, key) =>
      joined(
        operation,
        fields.map((part) => part[key]),
      ),
    );
  }
  if (parts.some((part) => part !== first)) {
    const message = `parts give different results where they must agree: ${String(first)} and others`;
    throw new SublinearError('UNSUPPORTED', operation, message);
  }
  return first;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function mapFields(
  fields: object,
  change: (field: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, change(field, key)]),
  );
}

function iteratorOf<I>(
  operation: string,
  items: Items<I>,
): Pick<AsyncIterator<I>, 'next' | 'return'> {
  const given = items as Partial<AsyncIterable<I> & Iterable<I>> | null | undefined;
  if (typeof given?.[Symbol.asyncIterator] === 'function')
    return (items as AsyncIterable<I>)[Symbol.asyncIterator]();
  if (typeof given?.[Symbol.iterator] !== 'function')
    throw check.typeError(operation, 'items', 'something to iterate', items);
  const iterator = (items as Iterable<I>)[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  };
}

function disposedError(operation: string): SublinearError {
  return new SublinearError('DISPOSED', operation, 'this pool was disposed');
}

/**
 * Workers behind one queue, for many questions at once. Each worker is a {@link WorkerEngine} with memory of its own.
 *
 * @throws RangeError `RANGE` for a size below 1; SublinearError `LOAD_FAILED` when a worker cannot be started,
 * `UNSUPPORTED` where there are none
 *
 * @example
 * ```ts
 * import { createPool } from 'sublinear/worker';
 *
 * await using pool = await createPool({ size: 2, modules: ['dense'] });
 * console.log(pool.size, pool.stats().waiting); // 2 0
 * ```
 */
export async function createPool<M extends RoomName = never>(
  options?: PoolOptions<M>,
): Promise<Pool<M>> {
  const operation = 'createPool';
  const usual = Math.min(4, Math.max(1, parallelism() - 1));
  const {
    size = usual,
    maxQueue = 1000,
    retries = 1,
    ...rest
  } = check.options(operation, options, [
    'size',
    'maxQueue',
    'retries',
    'memory',
    'variant',
    'wasm',
    'modules',
    'worker',
  ]);
  check.integer(operation, 'size', size, 1, 1024);
  check.integer(operation, 'maxQueue', maxQueue);
  check.integer(operation, 'retries', retries);
  const files = new Map<string, Promise<Uint8Array | WebAssembly.Module>>();
  const opening = Array.from({ length: size }, () => openWorkerEngine(operation, rest, files));
  const opened = await Promise.allSettled(opening);
  const failed = opened.find((each) => each.status === 'rejected');
  const engines = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (failed !== undefined) {
    await Promise.all(engines.map((engine) => engine.dispose()));
    throw failed.reason;
  }
  return new Pool<M>(engines as WorkerEngineWith<M>[], maxQueue, retries);
}
