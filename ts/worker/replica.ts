// The same data in every worker of a pool: loaded from one snapshot, and loaded anew where a worker has ended.

import type { RoomName } from '../generated/bundles.js';
import {
  type ArrayKind,
  asTyped,
  isArrayBuffer,
  isPlain,
  kindOf,
  partsOf,
  sameKind,
} from '../runtime/brand.js';
import { SublinearError } from '../runtime/errors.js';
import { iteratorName, withNamedIterator } from '../runtime/iterators.js';
import * as check from '../runtime/validate.js';
import type { CallOptions } from './connection.js';
import type { WorkerEngineWith } from './engine.js';
import type { GivenOptions, Items, JobOptions, MapOptions, Maybe, Prepare, Slot } from './jobs.js';
import { RemoteObject } from './remote.js';

type Rows =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint32Array
  | Int32Array
  | Uint16Array;

/** What a replica needs of its pool. */
export interface Inside<M extends RoomName> {
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
    prepare: Prepare<M, I, T>,
  ): Promise<T[]>;
}

/**
 * The same data in every worker of a pool. Jobs are for questions: what a job changes in its copy is not changed in the
 * others. Made by {@link Pool.replicate}.
 *
 * @typeParam T - what jobs get: a handle, or a plain object of handles
 * @typeParam M - the modules that the workers have loaded
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
    return this.#pool.each(operation, items, given, async (slot, call) => {
      const engine = slot.engine.with(call);
      const object = bound(await this.objectIn(slot), call);
      return (item: I, index) => job(object, item, engine, index);
    });
  }

  /**
   * Cuts an array of rows (queries that lie one after another) into parts, runs a job for each, and puts the results
   * together: typed arrays and lists one after another, `offsets` counted on from part to part, everything else must be the
   * same in all parts. A worker gets as many rows in a message as keep it busy, four messages in all.
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
    if (kindOf(rows) === undefined) throw check.typeError(operation, 'rows', 'typed array', rows);
    const all = asTyped(operation, 'rows', rows, kindOf(rows) as ArrayKind) as A;
    check.integer(operation, 'width', width, 1);
    const count = Math.floor(all.length / width);
    if (count * width !== all.length)
      throw check.shapeError(operation, 'rows', (count + 1) * width, all.length);
    const usual = Math.max(1, Math.ceil(count / (4 * this.#pool.slots.length)));
    const { rowsPerJob = usual } = given;
    check.integer(operation, 'rowsPerJob', rowsPerJob, 1);
    // An empty batch is one part: its result has the right form.
    const parts = Math.max(1, Math.ceil(count / rowsPerJob));
    const prepare = async (slot: Slot<M>, call: CallOptions) => {
      const engine = slot.engine.with(call);
      const object = bound(await this.objectIn(slot), call);
      return (part: number) => {
        const first = part * rowsPerJob;
        const piece = all.subarray(first * width, (first + rowsPerJob) * width) as A;
        return job(object, piece, engine, first);
      };
    };
    const indices = Array.from({ length: parts }, (_, i) => i);
    return joined(operation, await this.#pool.each(operation, indices, given, prepare)) as R;
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
export function share<S>(snapshot: S): S {
  if (isArrayBuffer(snapshot)) return new Uint8Array(snapshot).slice().buffer as S;
  if (ArrayBuffer.isView(snapshot)) {
    const { buffer, byteOffset, byteLength } = partsOf(snapshot);
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const isSharing =
      typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;
    const kept = new Uint8Array(
      isSharing ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength),
    );
    kept.set(bytes);
    if (kindOf(snapshot) === undefined) return new DataView(kept.buffer) as S;
    return sameKind(snapshot, kept.buffer) as S; // a Node Buffer is a Uint8Array
  }
  if (Array.isArray(snapshot)) return snapshot.map(share) as S;
  return isPlain(snapshot) ? (mapFields(snapshot, share) as S) : snapshot;
}

/** Results of parts as the result of the whole. */
function joined(operation: string, parts: unknown[]): unknown {
  const [first] = parts;
  if (kindOf(first) !== undefined) {
    const arrays = parts as Uint8Array[];
    const length = arrays.reduce((sum, array) => sum + array.length, 0);
    const whole = new ((first as Uint8Array).constructor as Uint8ArrayConstructor)(length);
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
    const whole = mapFields(first, (_, key) => {
      const columns = fields.map((part) => part[key]);
      return key === 'offsets' && columns.every(isUint32)
        ? offsetsOf(columns)
        : joined(operation, columns);
    });
    const name = iteratorName(first);
    return name === undefined ? whole : withNamedIterator(whole, name);
  }
  // NaN agrees with NaN.
  if (parts.some((part) => !Object.is(part, first))) {
    const message = `parts give different results where they must agree: ${String(first)} and others`;
    throw new SublinearError('UNSUPPORTED', operation, message);
  }
  return first;
}

const isUint32 = (value: unknown): value is Uint32Array => kindOf(value) === 'Uint32Array';

/** Where the rows begin, and the last one ends, of tables that come one after another. */
function offsetsOf(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((sum, part) => sum + part.length - 1, 1));
  let [row, before] = [0, 0];
  for (const part of parts) {
    for (const offset of part) whole[row++] = before + offset;
    before = whole[--row] as number;
  }
  return whole;
}

function mapFields(
  fields: object,
  change: (field: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, change(field, key)]),
  );
}
