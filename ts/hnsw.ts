// Nearest neighbours: an HNSW index, an exact one, and filters.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { hnsw } from './generated/entry/hnsw.js';
import type { HnswRoom } from './rooms/hnsw/hnsw.js';

export * from './rooms/hnsw/hnsw.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('hnsw')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/hnsw';
 *
 * const { Hnsw } = await load();
 * using index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
 * index.addBatch({ ids: [1, 2, 3], vectors: [0, 0, 1, 1, 5, 5] });
 * console.log([...index.search([0.9, 0.9], { k: 2 }).ids]); // [ 2, 1 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<HnswRoom> {
  return loadRoom(hnsw, options);
}
