// Sparse vectors of an index: adding, replacing, removing, reading.
import type { SparseIndex as RawSparse } from '../../generated/raw/vector.js';
import { type SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import { WasmObject } from '../../runtime/object.js';
import { type IndexArray, Scratch } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncKeys, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { duplicateCodes } from './options.js';
import { type OwnSparse, ownIn, readSparse, type SparseBlock, sparseIn } from './sparse-arrays.js';
import type { AddSparseOptions, SparseStats, SparseVector } from './sparse-types.js';
import type { AddOptions, AddProgress } from './types.js';

/** SL_INVERTED_FACTS */
const FACTS = 6;
/** Operations that a vector takes when it is added, about. */
const ADDITION = 500;

/** What a {@link SparseIndex} holds. */
export abstract class StoredSparse extends WasmObject<RawSparse> {
  /** @internal */
  protected override facts() {
    return { size: this.size };
  }

  /** Number of vectors. */
  get size(): number {
    return this.use('SparseIndex.size').size();
  }

  /** Bytes that this index holds, with the room it has for more. */
  get bytesUsed(): number {
    return this.use('SparseIndex.bytesUsed').bytes();
  }

  /** All ids, in the order in which they came. O(size). */
  get ids(): Uint32Array {
    const operation = 'SparseIndex.ids';
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
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(7, { indices: [3], values: [1] });
   * console.log(index.has(7), index.has(8)); // true false
   * ```
   */
  has(id: number): boolean {
    const operation = 'SparseIndex.has';
    const raw = this.use(operation);
    return raw.has(check.integer(operation, 'id', id));
  }

  /**
   * Adds one vector. O(values).
   *
   * @throws RangeError `ARGUMENT` for an id in use and for an index that is there twice, `SHAPE` for values that do not fit the
   *   indices, `NOT_FINITE`, `RANGE` for more than 65,536 values
   * @throws SublinearError `MEMORY`; nothing is changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [40, 2], values: [0.5, 1.5] });
   * index.add(1, { indices: [9], values: [2] }, { duplicates: 'replace' });
   * console.log(index.get(1)); // { indices: Uint32Array(1) [ 9 ], values: Float32Array(1) [ 2 ] }
   * ```
   */
  add(id: number, vector: SparseVector, options?: AddOptions): this {
    const operation = 'SparseIndex.add';
    this.use(operation);
    check.integer(operation, 'id', id);
    const { duplicates = 'error' } = check.options(operation, options, ['duplicates']);
    return this.#addOne(operation, id, vector, duplicates);
  }

  /**
   * Adds many vectors: a list, or `{ starts, indices, values }`. What comes before one that is refused is in the index for
   * good: the error's message says how many.
   *
   * @throws as {@link SparseIndex.add}; `position` is the vector
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.addBatch({ ids: [1, 2], vectors: [{ indices: [3], values: [1] }, { indices: [], values: [] }] });
   * index.addBatch({ ids: [7, 8], vectors: { starts: [0, 1, 3], indices: [3, 3, 5], values: [1, 2, 3] } });
   * console.log(index.size); // 4
   * ```
   */
  addBatch(options: AddSparseOptions): this {
    const operation = 'SparseIndex.addBatch';
    this.use(operation);
    const { runtime } = this;
    runtime.scratch(operation, (scratch) => {
      const { ids, count, block, code } = this.#batch(scratch, operation, options);
      const raw = this.use(operation);
      const { starts, indices, values, entries } = block;
      const status = raw.add(ids, count, starts, indices, values, entries, code, runtime.out);
      this.#throwUnless(operation, status, count);
    });
    return this;
  }

  /**
   * {@link SparseIndex.addBatch} in slices of about 8 ms that let other tasks run. An abort leaves what is in already.
   *
   * @throws as {@link SparseIndex.addBatch}, and rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * const ids = Uint32Array.from({ length: 500 }, (_, i) => i);
   * const vectors = Array.from(ids, (i) => ({ indices: [i % 7, 10 + i], values: [1, 2] }));
   * await index.addBatchAsync({ ids, vectors });
   * console.log(index.search({ indices: [31], values: [1] }).ids); // Uint32Array(1) [ 21 ]
   * ```
   */
  async addBatchAsync(
    options: AddSparseOptions,
    asynchronous: AsyncOptions<AddProgress> = {},
  ): Promise<void> {
    const operation = 'SparseIndex.addBatchAsync';
    this.use(operation);
    check.options(operation, asynchronous, asyncKeys);
    const how = asyncOptions(operation, asynchronous);
    const { runtime } = this;
    const scratch = new Scratch(runtime, operation);
    try {
      const { ids, count: total, block, code } = this.#batch(scratch, operation, options);
      const raw = this.use(operation);
      let added = 0;
      const step = (work: number) => {
        const count = Math.min(total - added, Math.max(1, Math.round(work / ADDITION)));
        const status = raw.add(
          ids + 4 * added,
          count,
          block.starts + 4 * added,
          block.indices,
          block.values,
          block.entries,
          code,
          runtime.out,
        );
        this.#throwUnless(operation, status, total, added);
        added += count;
        return added === total;
      };
      const progress = () => ({ added, total });
      if (total > 0) await runAsync({ runtime, operation, step, progress }, [this], how);
    } finally {
      scratch.release();
    }
  }

  /**
   * Gives an id that is there another vector.
   *
   * @throws RangeError `INDEX` for an id that is not there, and as {@link SparseIndex.add}: the old vector stays then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [3], values: [1] }).update(1, { indices: [4], values: [5] });
   * console.log(index.search({ indices: [3], values: [1] }).ids.length); // 0
   * ```
   */
  update(id: number, vector: SparseVector): this {
    const operation = 'SparseIndex.update';
    const raw = this.use(operation);
    if (!raw.has(check.integer(operation, 'id', id))) {
      const message = `"id" expected an id that is in the index, got ${id}`;
      throw new SublinearRangeError('INDEX', operation, message, { argument: 'id' });
    }
    return this.#addOne(operation, id, vector, 'replace');
  }

  /**
   * Removes a vector: it is not found any more. Its memory comes back when as many are removed as are there, or by
   * {@link SparseIndex.shrink}.
   *
   * @throws RangeError `INDEX` for an id that is not there
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [3], values: [1] }).remove(1);
   * console.log(index.size); // 0
   * ```
   */
  remove(id: number): this {
    const operation = 'SparseIndex.remove';
    this.use(operation);
    return this.#remove(operation, [check.integer(operation, 'id', id)]);
  }

  /**
   * Removes many vectors. Those that come before an id that is not there are gone for good: the error's message says how many.
   *
   * @throws RangeError `INDEX` for an id that is not there; `position` is its place
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * const one = { indices: [3], values: [1] };
   * index.addBatch({ ids: [1, 2, 3], vectors: [one, one, one] }).removeMany([1, 3]);
   * console.log(index.ids); // Uint32Array(1) [ 2 ]
   * ```
   */
  removeMany(ids: IndexArray): this {
    const operation = 'SparseIndex.removeMany';
    this.use(operation);
    return this.#remove(operation, ids);
  }

  /**
   * A copy of a vector: its indices ascending, as float32 and without zeros.
   *
   * @throws RangeError `INDEX` for an id that is not there
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [9, 4, 5], values: [1, 2, 0] });
   * console.log(index.get(1).indices); // Uint32Array(2) [ 4, 9 ]
   * ```
   */
  get(id: number): { indices: Uint32Array; values: Float32Array } {
    const operation = 'SparseIndex.get';
    const { runtime } = this;
    const raw = this.use(operation);
    check.integer(operation, 'id', id);
    runtime.check(operation, raw.length(id, runtime.out));
    const length = runtime.outU32();
    return runtime.scratch(operation, (scratch) => {
      const indices = scratch.u32(2 * length);
      const values = indices + 4 * length;
      runtime.check(operation, raw.get(id, indices, values));
      return { indices: runtime.copyU32(indices, length), values: runtime.copyF32(values, length) };
    });
  }

  /**
   * Leaves removed vectors behind and gives back the room for more. Answers stay the same. Takes as much memory again until it
   * is done. O(values).
   *
   * @throws SublinearError `MEMORY`; the index is the same then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [3], values: [1] }).add(2, { indices: [3], values: [2] }).remove(1);
   * console.log(index.stats().removed, index.shrink().stats().removed); // 1 0
   * ```
   */
  shrink(): this {
    const operation = 'SparseIndex.shrink';
    this.runtime.check(operation, this.use(operation).shrink());
    return this;
  }

  /**
   * What the index consists of, and what the last search looked at.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [3, 8], values: [1, 2] });
   * const { values, dimensions } = index.stats();
   * console.log(values, dimensions); // 2 2
   * ```
   */
  stats(): SparseStats {
    const operation = 'SparseIndex.stats';
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(FACTS);
      raw.facts(at);
      const [size, removed, values, dimensions, scored, read] = runtime.copyF64(at, FACTS);
      return { size, removed, values, dimensions, scored, read } as SparseStats;
    });
  }

  /** @internal Gives a vector another id; one that has that id is removed. Never for want of memory. */
  rename(operation: string, id: number, to: number): void {
    this.runtime.check(operation, this.use(operation).rename(id, to));
  }

  /** @internal Adds what was read. */
  put(operation: string, id: number, vector: OwnSparse): void {
    this.#put(operation, id, vector, duplicateCodes.error);
  }

  #addOne(
    operation: string,
    id: number,
    vector: SparseVector,
    duplicates: keyof typeof duplicateCodes,
  ): this {
    const code = check.choice(operation, 'duplicates', duplicates, duplicateCodes);
    // Reading it may run a getter.
    this.#put(operation, id, readSparse(operation, 'vector', vector), code);
    return this;
  }

  #put(operation: string, id: number, own: OwnSparse, code: number): void {
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.scratch(operation, (scratch) => {
      const { starts, indices, values, entries } = ownIn(runtime, scratch, [own]);
      const ids = scratch.u32(1);
      runtime.u32[ids / 4] = id;
      const status = raw.add(ids, 1, starts, indices, values, entries, code, runtime.out);
      this.#throwUnless(operation, status, 1);
    });
  }

  #batch(
    scratch: Scratch,
    operation: string,
    options: AddSparseOptions,
  ): { ids: number; count: number; block: SparseBlock; code: number } {
    const given = check.options(operation, options, ['ids', 'vectors', 'duplicates']);
    const { ids, vectors, duplicates = 'error' } = given;
    const code = check.choice(operation, 'duplicates', duplicates, duplicateCodes);
    const { address, length } = scratch.indices('ids', ids);
    const block = sparseIn(this.runtime, scratch, operation, 'vectors', vectors);
    if (block.count !== length) throw check.shapeError(operation, 'vectors', length, block.count);
    return { ids: address, count: length, block, code };
  }

  #remove(operation: string, ids: IndexArray): this {
    const { runtime } = this;
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('ids', ids);
      const status = this.use(operation).remove(address, length, runtime.out);
      this.#throwUnless(operation, status, length, 0, 'removed');
    });
    return this;
  }

  // Throws the error of an addition or removal, with how far it came; `before` were done by earlier calls.
  #throwUnless(operation: string, status: number, total: number, before = 0, done = 'added'): void {
    if (status === 0) return;
    const { runtime } = this;
    const made = before + runtime.outU32();
    const error = runtime.failure(operation) as SublinearError & { position?: number };
    const from = error.position;
    if (total > 1) {
      if (from !== undefined) {
        error.message = error.message.replace(`position ${from}`, `position ${from + before}`);
        error.position = from + before;
      }
      error.message = `${error.message}; ${made} of ${total} vectors were ${done}`;
    }
    throw error;
  }
}
