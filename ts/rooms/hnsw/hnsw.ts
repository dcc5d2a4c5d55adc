// Nearest neighbours: an HNSW index, an exact one, filters, and a collection with keys and metadata over them.
import type { Benchmark } from '../../runtime/benchmark.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Collection } from './collection.js';
import { Filter } from './filter.js';
import { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { IndexArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export { Collection } from './collection.js';
export type { Key } from './collection-items.js';
export { Filter } from './filter.js';
export { Flat } from './flat.js';
export { Hnsw } from './hnsw-index.js';
export type { Stored } from './metadata.js';
export type * from './types.js';
export { VectorIndex } from './vector-index.js';
export type { FieldCondition, Json, Metadata, Scalar, Where } from './where.js';

/** What `engine.use('hnsw')` and `load()` give. */
export interface HnswRoom {
  readonly Collection: typeof Collection;
  readonly Filter: typeof Filter;
  readonly Flat: typeof Flat;
  readonly Hnsw: typeof Hnsw;
}

/** @internal */
export function createRoom(runtime: Runtime): HnswRoom {
  return {
    Collection: runtime.bind(Collection),
    Filter: runtime.bind(Filter),
    Flat: runtime.bind(Flat),
    Hnsw: runtime.bind(Hnsw),
  };
}

/** @internal One query among `size` vectors of 128 dimensions. */
export const benchmarks: Record<'flat' | 'search', Benchmark<HnswRoom>> = {
  flat: {
    defaultSize: 10_000,
    prepare({ Flat }, size) {
      const index = Flat.create({ metric: 'euclidean', dimension: 128, capacity: size });
      return searching(index, size, 3 * 128 * size);
    },
  },
  search: {
    defaultSize: 5_000,
    prepare({ Hnsw }, size) {
      const index = Hnsw.create({ metric: 'euclidean', dimension: 128, m: 8, efConstruction: 40 });
      return searching(index, size, 1);
    },
  },
};

function searching(index: Flat | Hnsw, size: number, operations: number) {
  let state = 1;
  const vectors = Float32Array.from({ length: (size + 1) * 128 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
  const ids = Uint32Array.from({ length: size }, (_, i) => i);
  index.addBatch({ ids, vectors: vectors.subarray(0, size * 128) });
  const query = vectors.subarray(size * 128);
  return {
    run: () => index.search(query, { k: 10, ef: 64 }),
    operations,
    bytes: operations === 1 ? 0 : 4 * 128 * size,
    dispose: () => index.dispose(),
  };
}
