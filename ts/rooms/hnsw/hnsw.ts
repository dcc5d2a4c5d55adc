// Nearest neighbours: an HNSW index, an exact one, one of sparse vectors, filters, and a collection with keys and metadata over
// them.
import type { Runtime } from '../../runtime/runtime.js';
import { Collection } from './collection.js';
import { CollectionLog } from './collection-log.js';
import { Filter } from './filter.js';
import { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';
import { type RecommendCodesOptions, type RecommendedCodes, recommendCodes } from './recommend.js';
import { SparseIndex } from './sparse-index.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { IndexArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export { ChangeableVectors } from './changeable-vectors.js';
export type * from './code-types.js';
export { Collection } from './collection.js';
export type { Key } from './collection-items.js';
export { CollectionLog } from './collection-log.js';
export { Filter } from './filter.js';
export { Flat } from './flat.js';
export { Hnsw } from './hnsw-index.js';
export { KeyedVectors } from './keyed-vectors.js';
export type { ShownText, Stored } from './metadata.js';
export type { CodesTrial, RecommendCodesOptions, RecommendedCodes } from './recommend.js';
export { SavedVectors } from './saved-vectors.js';
export { SearchableVectors } from './searchable-vectors.js';
export type * from './shared-types.js';
export { SparseIndex } from './sparse-index.js';
export type * from './sparse-types.js';
export { StoredSparse } from './stored-sparse.js';
export type * from './types.js';
export { VectorIndex } from './vector-index.js';
export type { FieldCondition, Json, Metadata, Scalar, Where } from './where.js';

/** What `engine.use('hnsw')` and `load()` give. */
export interface HnswRoom {
  readonly Collection: typeof Collection;
  readonly CollectionLog: typeof CollectionLog;
  readonly Filter: typeof Filter;
  readonly Flat: typeof Flat;
  readonly Hnsw: typeof Hnsw;
  readonly SparseIndex: typeof SparseIndex;
  /**
   * Which `codes` and `rerank` of {@link Hnsw.create} to use: of those whose searches find the share `recall` of the nearest in a
   * sample, the ones of the fewest bytes. An index of each kind is made of the sample and compared with all distances: the
   * estimate less 1.645 of its standard errors must reach the recall. Many more vectors than the sample has are nearer to each
   * other, and codes tell them apart less well: ask for some more than you need. O(vectors * queries), and six indexes.
   *
   * @throws RangeError for options out of their domain and for less than 100 vectors; as {@link Hnsw.addBatch} for vectors
   * @throws the `signal`'s reason after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { recommendCodes } = await load();
   * const dimension = 32;
   * const vectors = Float32Array.from({ length: 1000 * dimension }, (_, i) => Math.sin(i * i));
   * const { codes, reached, bytes, trials } = await recommendCodes({ metric: 'cosine', dimension, vectors, recall: 0.9 });
   * console.log(reached, bytes < (trials.find((trial) => trial.codes === 'none')?.bytes ?? 0)); // true true
   * ```
   */
  recommendCodes(
    options: RecommendCodesOptions & { signal?: AbortSignal },
  ): Promise<RecommendedCodes>;
}

/** @internal */
export function createRoom(runtime: Runtime): HnswRoom {
  return {
    Collection: runtime.bind(Collection),
    CollectionLog: runtime.bind(CollectionLog),
    Filter: runtime.bind(Filter),
    Flat: runtime.bind(Flat),
    Hnsw: runtime.bind(Hnsw),
    SparseIndex: runtime.bind(SparseIndex),
    recommendCodes: (options) => recommendCodes(runtime, options),
  };
}

/** @internal One query among `size` vectors of 128 dimensions. */
