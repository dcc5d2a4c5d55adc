// Several worker engines behind one queue: jobs go to whichever is free, data is loaded into all of them.
import { parallelism } from '#worker-source';
import type { RoomName } from '../generated/bundles.js';
import { SublinearError } from '../runtime/errors.js';
import { orAborted } from '../runtime/steps.js';
import * as check from '../runtime/validate.js';
import type { CallOptions } from './connection.js';
import { openWorkerEngine, type WorkerEngineOptions, type WorkerEngineWith } from './engine.js';
import { grainOf, iteratorOf } from './items.js';
import type { GivenOptions, Items, JobOptions, MapOptions, Maybe, Prepare, Slot } from './jobs.js';
import { Replica, share } from './replica.js';

/** Options of {@link createPool}. */
export interface PoolOptions<M extends RoomName = RoomName> extends WorkerEngineOptions<M> {
  /** Number of workers; by default one for each thread that the machine runs at once but one, at most 4. */
  size?: number;
  /** Most jobs that may wait for a worker. 1,000 by default. */
  maxQueue?: number;
  /** How often a job is run again in a fresh worker when its worker has ended under it. 1 by default. */
  retries?: number;
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

/** Jobs that a worker has at once: one that runs, and one that is there when it ends. */
const DEPTH = 2;

interface Job<M extends RoomName> {
  operation: string;
  run: (slot: Slot<M>) => Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  retries: number;
  /** Its worker has ended under it, or under the other job there: nobody knows, so it gets a worker to itself. */
  alone: boolean;
  /** Takes away what listens to its signal. */
  release: () => void;
}

/**
 * Workers behind one queue. A job is a function of this thread that calls the engine it is given; it goes to the worker that
 * has least to do. Made by {@link createPool}.
 *
 * @typeParam M - the modules that the workers have loaded
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
    this.#slots = engines.map((engine) => ({ engine, jobs: 0, alone: false }));
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
   * that neither the queue nor a stream of items fills the memory. Where it is known how many there are (arrays, `Set`, `Map`), a
   * worker gets several at once: their calls share messages, and small jobs cost little more than their work. The first error
   * stops the rest.
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
    return this.#each('pool.map', items, given, ({ engine }, call) => {
      const own = engine.with(call);
      return (item, index) => job(own, item, index);
    });
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
        each: (name, items, options, prepare) => this.#each(name, items, options, prepare),
      },
      async (engine) => load(engine, kept),
    );
    try {
      await Promise.all(this.#slots.map((slot) => replica.objectIn(slot)));
    } catch (error) {
      // The copies that were made would stay where nobody can reach them.
      await replica.dispose();
      throw error;
    }
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
        alone: false,
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
    while (!this.#disposed) {
      const [job] = this.#queue;
      if (job === undefined) return;
      const slot = this.#slots.reduce((least, each) => (load(each) < load(least) ? each : least));
      if (load(slot) >= (job.alone ? 1 : DEPTH)) return;
      this.#queue.shift();
      void this.#perform(slot, job);
      this.#wake();
    }
  }

  async #perform(slot: Slot<M>, job: Job<M>): Promise<void> {
    slot.jobs++;
    slot.alone = job.alone;
    try {
      const value = await job.run(slot);
      job.release();
      job.resolve(value);
    } catch (error) {
      const crashed = (error as { code?: unknown } | undefined)?.code === 'CRASHED';
      if (crashed && job.retries > 0 && !this.#disposed) {
        job.retries--;
        job.alone = true;
        this.#retried++;
        this.#queue.unshift(job);
      } else {
        job.release();
        job.reject(error);
      }
    }
    slot.jobs--;
    slot.alone = false;
    this.#pump();
  }

  async #each<I, T>(
    operation: string,
    items: Items<I>,
    { call, retries }: GivenOptions,
    prepare: Prepare<M, I, T>,
  ): Promise<T[]> {
    const { signal } = call;
    signal?.throwIfAborted();
    const iterator = iteratorOf(operation, items);
    const sent = () => this.#slots.reduce((sum, { engine }) => sum + engine.bytesSent, 0);
    const grain = grainOf(items, DEPTH * this.size, sent);
    // Its own signal: the first error aborts the jobs that are under way.
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    const own = { ...call, signal: controller.signal };
    const results: T[] = [];
    const running = new Set<Promise<void>>();
    let ended = false;
    let index = 0;
    let answered = 0;
    try {
      while (!ended && !controller.signal.aborted) {
        const part: { at: number; value: I }[] = [];
        for (const count = grain(index, answered); part.length < count && !ended; ) {
          // Neither an item that never comes nor a full queue may hold up an abort.
          const { done, value } = await orAborted(controller.signal, () => iterator.next());
          if (done) ended = true;
          else part.push({ at: index++, value });
        }
        if (part.length === 0) break;
        await orAborted(controller.signal, () => this.ready());
        if (controller.signal.aborted) break;
        // A job that is run again does what has not been answered.
        const left = new Set(part);
        const perform = async (slot: Slot<M>) => {
          // What all items of a job are given is made once: it costs as much as a small item.
          const run = await prepare(slot, own);
          if (left.size > 1) slot.engine.gather();
          const answers = Array.from(left, async (item) => {
            results[item.at] = await run(item.value, item.at);
            left.delete(item);
            answered++;
          });
          try {
            await Promise.all(answers);
          } catch (error) {
            // What comes after an error is done with when the job is.
            await Promise.allSettled(answers);
            throw error;
          }
        };
        const job = this.#enqueue(operation, perform, own, retries)
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
    const free = this.#slots.some((slot) => load(slot) < DEPTH);
    return !free && this.#queue.length >= this.#maxQueue;
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  #assertUsable(operation: string): void {
    if (this.#disposed) throw disposedError(operation);
  }
}

/** How much of a worker is taken. */
function load({ jobs, alone }: Slot<never>): number {
  return alone ? DEPTH : jobs;
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
