// Least squares with sparse matrices of any shape.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { leastsquares } from './generated/entry/leastsquares.js';
import type { LeastsquaresRoom } from './rooms/leastsquares/leastsquares.js';

export * from './rooms/leastsquares/leastsquares.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('leastsquares')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/leastsquares';
 *
 * const { solveLeastSquares, SparseMatrix } = await load();
 * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 1, values: [1, 1] });
 * console.log(solveLeastSquares(matrix, [1, 3]).solution[0]?.toFixed(6)); // 2.000000
 * ```
 */
export function load(options?: EngineOptions): Promise<LeastsquaresRoom> {
  return loadRoom(leastsquares, options);
}
