// Sparse matrices in the engine's memory.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { sparse } from './generated/entry/sparse.js';
import type { SparseRoom } from './rooms/sparse/sparse.js';

export * from './rooms/sparse/sparse.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('sparse')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/sparse';
 *
 * const { SparseMatrix } = await load();
 * console.log(SparseMatrix.identity(3).nnz); // 3
 * ```
 */
export function load(options?: EngineOptions): Promise<SparseRoom> {
  return loadRoom(sparse, options);
}
