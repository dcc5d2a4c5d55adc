// Eigenpairs of large sparse symmetric problems, and what graphs learn from them.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { eigen } from './generated/entry/eigen.js';
import type { EigenRoom } from './rooms/eigen/eigen.js';

export * from './rooms/eigen/eigen.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('eigen')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/eigen';
 *
 * const { eigenpairs, SparseMatrix } = await load();
 * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [2, 1, 1, 2] });
 * const { values } = eigenpairs(matrix, { k: 2 });
 * console.log(Array.from(values, (value) => value.toFixed(6))); // [ '1.000000', '3.000000' ]
 * ```
 */
export function load(options?: EngineOptions): Promise<EigenRoom> {
  return loadRoom(eigen, options);
}
