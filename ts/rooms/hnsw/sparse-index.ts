// The exact index of sparse vectors.
import type { SparseIndex as RawSparse } from '../../generated/raw/vector.js';
import { runtimeOf } from '../../runtime/bind.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Scratch } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncKeys, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { rawFilter } from './filter.js';
import { ownIn, readSparse, type SparseBlock, sparseIn } from './sparse-arrays.js';
import type {
  SearchProgress,
  SparseBatchResult,
  SparseEstimate,
  SparseResult,
  SparseSearchOptions,
  SparseVector,
  SparseVectors,
} from './sparse-types.js';
import { StoredSparse } from './stored-sparse.js';

/** Results that a search makes room for without a look at how many vectors there are. */
const CAREFUL = 1000;
/** Operations that a search takes, about. */
const SEARCH = 50_000;
const searchKeys = ['k', 'filter'] as const;

/**
 * An index of sparse vectors, for learned sparse encoders (SPLADE and the like), tf-idf, counts: the largest inner products with a
 * query, exactly. Vectors are added, replaced and removed at any time; values may be negative.
 *
 * Found are vectors that have an index in common with the query. A score is the sum, in float64, of the products in ascending
 * order of indices, whatever was skipped on the way: the same bits as a loop over all vectors gives. Lists are read by blocks of
 * 256 vectors, and only where they can matter.
 */
export class SparseIndex extends StoredSparse {
  /**
   * An empty index.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [2054, 3899], values: [0.4, 1.7] });
   * index.add(2, { indices: [3899, 7592], values: [0.9, 2.1] });
   * const { ids, scores } = index.search({ indices: [3899], values: [2] }, { k: 1 });
   * console.log(ids[0], scores[0]?.toFixed(2)); // 1 3.40
   * ```
   */
  static create(): SparseIndex {
    const operation = 'SparseIndex.create';
    const runtime = runtimeOf(this, operation);
    return adopt(runtime, operation, SparseIndex, runtime.raw.SparseIndex.create());
  }

  /**
   * Bytes that an index holds at most once {@link SparseIndex.shrink} was called, the scratch of searches aside; while it grows it
   * takes up to half as much again.
   *
   * @throws RangeError for numbers that are none
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * const bytes = SparseIndex.estimateBytes({ count: 100_000, values: 12_000_000, dimensions: 30_000 });
   * console.log(`${Math.round(bytes / 1e6)} MB`); // 349 MB
   * ```
   */
  static estimateBytes(options: SparseEstimate): number {
    const operation = 'SparseIndex.estimateBytes';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['count', 'values', 'dimensions']);
    const [count, values, dimensions] = (['count', 'values', 'dimensions'] as const).map((name) => {
      const value = check.number(operation, name, given[name]);
      if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER))
        throw check.rangeError(operation, name, 'number from 0 to 2^53', value);
      return value;
    }) as [number, number, number];
    return Math.ceil(runtime.raw.estimateSparseBytes(count, values, dimensions));
  }

  /**
   * The vectors whose inner products with a query are the largest.
   *
   * @throws RangeError as {@link SparseIndex.add} for the query; `ARGUMENT` for `k` below 1
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Filter, SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [3, 5], values: [1, 1] }).add(2, { indices: [5], values: [-1] });
   * const query = { indices: [5, 3], values: [1, 2] };
   * console.log(index.search(query)); // { ids: Uint32Array(2) [ 1, 2 ], scores: Float64Array(2) [ 3, -1 ] }
   * using filter = Filter.from([2]);
   * console.log(index.search(query, { k: 1, filter }).ids); // Uint32Array(1) [ 2 ]
   * ```
   */
  search(query: SparseVector, options?: SparseSearchOptions): SparseResult {
    const operation = 'SparseIndex.search';
    this.use(operation);
    const { k = 10, filter } = check.options(operation, options, searchKeys);
    check.integer(operation, 'k', k);
    const own = readSparse(operation, 'query', query);
    const { runtime } = this;
    const rawSet = filter === undefined ? null : rawFilter(runtime, operation, filter);
    const raw = this.use(operation);
    // A careless k must not take memory: there are no more results than vectors.
    const most = k <= CAREFUL ? k : Math.min(k, Math.max(1, raw.size()));
    return runtime.scratch(operation, (scratch) => {
      const { starts, indices, values, entries } = ownIn(runtime, scratch, [own]);
      const scores = scratch.bytes(12 * most + 4);
      const ids = scores + 8 * most;
      const found = ids + 4 * most;
      const at = [starts, indices, values, entries, 1, most, rawSet, ids, scores, found] as const;
      runtime.check(operation, raw.search(...at));
      const count = runtime.u32[found / 4] as number;
      return { ids: runtime.copyU32(ids, count), scores: runtime.copyF64(scores, count) };
    });
  }

  /**
   * The same for many queries: a list, or `{ starts, indices, values }`.
   *
   * @throws RangeError as {@link SparseIndex.search}; `position` is the query
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [3], values: [1] }).add(2, { indices: [5], values: [1] });
   * const queries = { starts: [0, 1, 2], indices: [5, 3], values: [1, 1] };
   * console.log(index.searchBatch(queries, { k: 1 }).ids); // Uint32Array(2) [ 2, 1 ]
   * ```
   */
  searchBatch(queries: SparseVectors, options?: SparseSearchOptions): SparseBatchResult {
    const operation = 'SparseIndex.searchBatch';
    this.use(operation);
    const { k = 10, filter } = check.options(operation, options, searchKeys);
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const block = sparseIn(runtime, scratch, operation, 'queries', queries);
      const results = this.#results(operation, block.count, k);
      this.#searchSome(scratch, operation, block, 0, block.count, filter, results);
      return results;
    });
  }

  /**
   * {@link SparseIndex.searchBatch} in slices of about 8 ms that let other tasks run. The index is busy meanwhile.
   *
   * @throws as {@link SparseIndex.searchBatch}, and rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [3], values: [1] });
   * const { found } = await index.searchBatchAsync([{ indices: [3], values: [1] }, { indices: [4], values: [1] }]);
   * console.log(found); // Uint32Array(2) [ 1, 0 ]
   * ```
   */
  async searchBatchAsync(
    queries: SparseVectors,
    options: SparseSearchOptions & AsyncOptions<SearchProgress> = {},
  ): Promise<SparseBatchResult> {
    const operation = 'SparseIndex.searchBatchAsync';
    this.use(operation);
    const given = check.options(operation, options, [...searchKeys, ...asyncKeys]);
    const { k = 10, filter, ...asynchronous } = given;
    const how = asyncOptions(operation, asynchronous);
    const { runtime } = this;
    const scratch = new Scratch(runtime, operation);
    try {
      const block = sparseIn(runtime, scratch, operation, 'queries', queries);
      const total = block.count;
      const results = this.#results(operation, total, k);
      const raw = this.use(operation);
      let searched = 0;
      const step = (work: number) => {
        const count = Math.min(total - searched, Math.max(1, Math.round(work / SEARCH)));
        runtime.scratch(operation, (own) =>
          this.#searchSome(own, operation, block, searched, count, filter, results, raw),
        );
        searched += count;
        return searched === total;
      };
      const progress = () => ({ searched, total });
      if (total > 0) await runAsync({ runtime, operation, step, progress }, [this], how);
      return results;
    } finally {
      scratch.release();
    }
  }

  /**
   * The index as bytes: {@link SparseIndex.load} takes them, in every engine and on every machine. Removed vectors are not in
   * the file.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * index.add(1, { indices: [3], values: [1] });
   * using again = SparseIndex.load(index.save());
   * console.log(again.size); // 1
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'SparseIndex.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.SparseIndex.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB.
   *
   * @throws SublinearError `STATE` when the index is changed between two pieces
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * let bytes = 0;
   * for (const piece of index.saveInPieces()) bytes += piece.length;
   * console.log(bytes === index.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'SparseIndex.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.SparseIndex.save(use()), use);
  }

  /**
   * An index from the bytes that {@link SparseIndex.save} gave: it answers with the same bits. Untrusted bytes are safe.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * using again = SparseIndex.load(index.saveInPieces());
   * console.log(again.size); // 0
   * ```
   */
  static load(bytes: BytesSource): SparseIndex {
    const operation = 'SparseIndex.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, sparseFile(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws as {@link SparseIndex.load}; the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { SparseIndex } = await load();
   * using index = SparseIndex.create();
   * using again = await SparseIndex.loadAsync(new Blob([index.save()]).stream());
   * console.log(again.size); // 0
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<SparseIndex> {
    const operation = 'SparseIndex.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, sparseFile(runtime, operation), given);
  }

  #results(operation: string, count: number, k: number): SparseBatchResult {
    check.integer(operation, 'k', k);
    const { runtime } = this;
    return {
      ids: runtime.array(operation, Uint32Array, count * k),
      scores: runtime.array(operation, Float64Array, count * k),
      found: runtime.array(operation, Uint32Array, count),
      k,
    };
  }

  #searchSome(
    scratch: Scratch,
    operation: string,
    { starts, indices, values, entries }: SparseBlock,
    first: number,
    count: number,
    filter: SparseSearchOptions['filter'],
    results: SparseBatchResult,
    held?: RawSparse,
  ): void {
    const { runtime } = this;
    const { k } = results;
    const rawSet = filter === undefined ? null : rawFilter(runtime, operation, filter);
    const raw = held ?? this.use(operation);
    const scores = scratch.f64(count * k);
    const ids = scratch.u32(count * k);
    const found = scratch.u32(count);
    const from = starts + 4 * first;
    const status = raw.search(from, indices, values, entries, count, k, rawSet, ids, scores, found);
    runtime.check(operation, status);
    results.ids.set(runtime.u32.subarray(ids / 4, ids / 4 + count * k), first * k);
    results.scores.set(runtime.f64.subarray(scores / 8, scores / 8 + count * k), first * k);
    results.found.set(runtime.u32.subarray(found / 4, found / 4 + count), first);
  }
}

function sparseFile(runtime: Runtime, operation: string): Loading<RawSparse, SparseIndex> {
  return {
    kind: 'SPIX',
    build: (reader) => runtime.raw.SparseIndex.load(reader),
    wrap: (raw) => adopt(runtime, operation, SparseIndex, raw),
  };
}
