// The vectors of an index: adding, replacing, removing, reading.
import { type SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import { WasmObject } from '../../runtime/object.js';
import type { RawObject } from '../../runtime/runtime.js';
import { type IndexArray, Scratch } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { elementsOf } from './elements.js';
import { duplicateCodes, metricNames, metrics } from './options.js';
import type {
  AddBatchOptions,
  AddOptions,
  AddProgress,
  Duplicates,
  Metric,
  VectorArray,
} from './types.js';

/** What bindings register for both kinds of index. */
export interface RawIndex extends RawObject {
  metric(): number;
  dimension(): number;
  add(ids: number, vectors: number, count: number, duplicates: number, added: number): number;
  remove(id: number): number;
  removeMany(ids: number, count: number, removed: number): number;
  shrink(): number;
  freeze(): number;
  frozen(): boolean;
  diversify(ids: number, distances: number, count: number, k: number, diversity: number): number;
  get(id: number, vector: number): number;
  has(id: number): boolean;
  size(): number;
  ids(ids: number): void;
  bytes(): number;
  fileSize(): number;
  save(offset: number, buffer: number, capacity: number, written: number): number;
}

/** Vectors that go in at once while an asynchronous batch runs; the work of one is a few thousand operations. */
const CHUNK = 64;

/** What {@link Flat} and {@link Hnsw} hold. */
export abstract class StoredVectors<R extends RawIndex> extends WasmObject<R> {
  #shape: { bits: boolean; dimension: number } | undefined;

  /** @internal */
  protected override facts() {
    return { size: this.size, dimension: this.dimension, metric: this.metric };
  }

  /** How distances are measured. */
  get metric(): Metric {
    return metricNames[this.use(this.named('metric')).metric()] as Metric;
  }

  /** Numbers in a vector; bits for `'hamming'`. */
  get dimension(): number {
    return this.use(this.named('dimension')).dimension();
  }

  /** Number of vectors. */
  get size(): number {
    return this.use(this.named('size')).size();
  }

  /** Bytes that this index holds, with the room it has for more. */
  get bytesUsed(): number {
    return this.use(this.named('bytesUsed')).bytes();
  }

  /** All ids, in no particular order. O(size). */
  get ids(): Uint32Array {
    const operation = this.named('ids');
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const count = raw.size();
      const address = scratch.u32(count);
      raw.ids(address);
      return runtime.copyU32(address, count);
    });
  }

  /**
   * True when the id is in the index. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
   * index.add(7, [1, 0]);
   * console.log(index.has(7), index.has(8)); // true false
   * ```
   */
  has(id: number): boolean {
    const operation = this.named('has');
    const raw = this.use(operation);
    return raw.has(check.integer(operation, 'id', id));
  }

  /**
   * Adds one vector.
   *
   * @throws RangeError `ARGUMENT` for an id in use, `SHAPE` for a vector of another dimension, `NOT_FINITE`, `RANGE` for a
   * number above 1e16 in magnitude, a zero vector under cosine, a point outside the ball under poincare
   * @throws SublinearError `MEMORY`; nothing is changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 2 });
   * index.add(1, [1, 1]).add(2, new Float32Array([5, 5]));
   * index.add(2, [2, 2], { duplicates: 'replace' });
   * console.log(index.size, index.get(2)); // 2 Float32Array(2) [ 2, 2 ]
   * ```
   */
  add(id: number, vector: VectorArray, options?: AddOptions): this {
    const operation = this.named('add');
    this.use(operation);
    check.integer(operation, 'id', id);
    const { duplicates = 'error' } = check.options(operation, options, ['duplicates']);
    this.#addSome(operation, 'vector', [id], vector, duplicates);
    return this;
  }

  /**
   * Adds many vectors. What comes before one that is refused is in the index for good: the error's message says how many.
   *
   * @throws RangeError and SublinearError as {@link VectorIndex.add}; `position` is the vector
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'dot', dimension: 2 });
   * index.addBatch({ ids: [7, 8], vectors: new Float32Array([1, 0, 0, 1]) });
   * console.log(index.size); // 2
   * ```
   */
  addBatch(options: AddBatchOptions): this {
    const operation = this.named('addBatch');
    this.use(operation);
    const {
      ids,
      vectors,
      duplicates = 'error',
    } = check.options(operation, options, ['ids', 'vectors', 'duplicates']);
    this.#addSome(operation, 'vectors', ids, vectors, duplicates);
    return this;
  }

  /**
   * Adds many vectors in slices of about 8 ms and lets other tasks run between them. An abort leaves what is in already.
   *
   * @throws as {@link VectorIndex.addBatch}, and rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * const ids = Uint32Array.from({ length: 500 }, (_, i) => i);
   * const vectors = Float32Array.from(ids, (i) => i / 10);
   * let seen = 0;
   * await index.addBatchAsync({ ids, vectors }, { onProgress: ({ added }) => void (seen = added) });
   * console.log(index.size, seen <= 500); // 500 true
   * ```
   */
  async addBatchAsync(
    options: AddBatchOptions,
    asynchronous: AsyncOptions<AddProgress> = {},
  ): Promise<void> {
    const operation = this.named('addBatchAsync');
    this.use(operation);
    const {
      ids,
      vectors,
      duplicates = 'error',
    } = check.options(operation, options, ['ids', 'vectors', 'duplicates']);
    check.options(operation, asynchronous, ['signal', 'onProgress']);
    const how = asyncOptions(operation, asynchronous);
    const { runtime } = this;
    const raw = this.use(operation);
    const code = check.choice(operation, 'duplicates', duplicates, duplicateCodes);
    const scratch = new Scratch(runtime, operation);
    try {
      const { address, length: total } = scratch.indices('ids', ids);
      const batch = this.vectorsIn(scratch, operation, 'vectors', vectors, total);
      let added = 0;
      const step = (work: number) => {
        const count = Math.min(total - added, Math.max(1, Math.round((work / 20_000) * CHUNK)));
        const from = [address + 4 * added, batch.address + batch.stride * added] as const;
        const status = raw.add(...from, count, code, runtime.out);
        this.addedOrThrow(operation, status, total, added);
        added += runtime.outU32();
        return added === total;
      };
      const progress = () => ({ added, total });
      if (total > 0) await runAsync({ runtime, operation, step, progress }, [this], how);
    } finally {
      scratch.release();
    }
  }

  /**
   * Removes a vector: it is not found any more, and its memory will be used again.
   *
   * @throws RangeError `INDEX` for an id that is not there
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.add(1, [1]).add(2, [2]).remove(1);
   * console.log([...index.ids]); // [ 2 ]
   * ```
   */
  remove(id: number): this {
    const operation = this.named('remove');
    const raw = this.use(operation);
    check.integer(operation, 'id', id);
    this.runtime.check(operation, raw.remove(id));
    return this;
  }

  /**
   * Removes many vectors. Those that come before an id that is not there are gone for good: the error's message says how
   * many. O(ids), and an `Hnsw` does a bounded part of its repair; {@link Hnsw.removeManyAsync} does all of it, in slices.
   *
   * @throws RangeError `INDEX` for an id that is not there; `position` is its place
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] }).removeMany([1, 3]);
   * console.log([...index.ids]); // [ 2 ]
   * ```
   */
  removeMany(ids: IndexArray): this {
    const operation = this.named('removeMany');
    const raw = this.use(operation);
    const { runtime } = this;
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('ids', ids);
      const status = raw.removeMany(address, length, runtime.out);
      this.addedOrThrow(operation, status, length, 0, 'removed');
    });
    return this;
  }

  /**
   * Gives back all memory that the vectors do not need: after many removals, or when an index is complete. Ids and
   * distances stay; which of equally near vectors comes first may change. An `Hnsw` is optimised before. O(size).
   *
   * @throws SublinearError `MEMORY`; some room stays then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1, capacity: 1000 });
   * const before = index.add(1, [1]).bytesUsed;
   * console.log(index.shrink().bytesUsed < before); // true
   * ```
   */
  shrink(): this {
    const operation = this.named('shrink');
    this.runtime.check(operation, this.use(operation).shrink());
    return this;
  }

  /**
   * Gives an id that is there another vector.
   *
   * @throws RangeError `INDEX` for an id that is not there, and as {@link VectorIndex.add}: the old vector stays then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.add(1, [1]).update(1, [9]);
   * console.log(index.get(1)); // Float32Array(1) [ 9 ]
   * ```
   */
  update(id: number, vector: VectorArray): this {
    const operation = this.named('update');
    const raw = this.use(operation);
    if (!raw.has(check.integer(operation, 'id', id))) {
      const message = `"id" expected an id that is in the index, got ${id}`;
      throw new SublinearRangeError('INDEX', operation, message, { argument: 'id' });
    }
    this.#addSome(operation, 'vector', [id], vector, 'replace');
    return this;
  }

  /**
   * A copy of the stored vector; under cosine it has been scaled to length 1. An index of codes gives what it knows of it.
   *
   * @throws RangeError `INDEX` for an id that is not there
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'cosine', dimension: 2 });
   * index.add(1, [0, 5]);
   * console.log(index.get(1)); // Float32Array(2) [ 0, 1 ]
   * ```
   */
  get(id: number): Float32Array | Uint8Array {
    const operation = this.named('get');
    const { runtime } = this;
    const raw = this.use(operation);
    const dimension = raw.dimension();
    check.integer(operation, 'id', id);
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(dimension * 4);
      runtime.check(operation, raw.get(id, address));
      return raw.metric() === metrics.hamming
        ? runtime.u8.slice(address, address + dimension / 8)
        : runtime.copyF32(address, dimension);
    });
  }

  /** @internal The name of the class, for errors; a minifier may change the class's own. */
  protected abstract get kind(): string;

  /** @internal */
  protected named(method: string): string {
    return `${this.kind}.${method}`;
  }

  /** @internal Throws the error of an addition or removal, with how far it came; `before` were done by earlier calls. */
  protected addedOrThrow(
    operation: string,
    status: number,
    total: number,
    before = 0,
    done = 'added',
  ): void {
    if (status === 0) return;
    const { runtime } = this;
    const added = before + runtime.outU32();
    const error = runtime.failure(operation) as SublinearError & { position?: number };
    if (total > 1) {
      const from = error.position;
      const message =
        from === undefined
          ? error.message
          : error.message.replace(`position ${from}`, `position ${from + before}`);
      error.message = `${message}; ${added} of ${total} vectors were ${done}`;
      if (from !== undefined) error.position = from + before;
    }
    throw error;
  }

  #addSome(
    operation: string,
    argument: string,
    ids: IndexArray,
    vectors: VectorArray,
    duplicates: Duplicates,
  ): void {
    const { runtime } = this;
    const code = check.choice(operation, 'duplicates', duplicates, duplicateCodes);
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('ids', ids);
      const batch = this.vectorsIn(scratch, operation, argument, vectors, length);
      const status = this.use(operation).add(address, batch.address, length, code, runtime.out);
      this.addedOrThrow(operation, status, length);
    });
  }

  /** @internal Copies vectors in; `count` of them, or as many as there are. */
  protected vectorsIn(
    scratch: Scratch,
    operation: string,
    argument: string,
    value: VectorArray,
    count?: number,
  ): { address: number; count: number; stride: number } {
    const { runtime } = this;
    const source = this.elements(operation, argument, value, count);
    const width = this.#width();
    const bits = this.#shape?.bits === true;
    const held = source.length / width;
    const stride = bits ? width : 4 * width;
    const address = scratch.bytes(held * stride);
    if (bits) runtime.u8.set(source as Uint8Array, address);
    else runtime.f32.set(source, address / 4);
    return { address, count: held, stride };
  }

  // Elements of a vector as users give it. Neither metric nor dimension ever changes: they are asked for once.
  #width(): number {
    this.#shape ??= this.#ask();
    return this.#shape.bits ? this.#shape.dimension / 8 : this.#shape.dimension;
  }

  // Not of the public getters: a subclass may say anything.
  #ask() {
    const raw = this.use(this.named('dimension'));
    return { bits: raw.metric() === metrics.hamming, dimension: raw.dimension() };
  }

  /** @internal Checks type and length of `count` vectors, or of as many as there are. */
  protected elements(
    operation: string,
    argument: string,
    value: VectorArray,
    count?: number,
  ): Uint8Array | Float32Array | Float64Array {
    const width = this.#width();
    const shape = { bits: this.#shape?.bits === true, width };
    return elementsOf(operation, argument, value, shape, count);
  }
}
