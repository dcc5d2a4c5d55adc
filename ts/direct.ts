// Sparse factorisations that are kept.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { direct } from './generated/entry/direct.js';
import type { DirectRoom } from './rooms/direct/direct.js';

export * from './rooms/direct/direct.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('direct')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/direct';
 *
 * const { factorize, SparseMatrix } = await load();
 * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [4, 1, 1, 3] });
 * using factor = factorize(matrix);
 * console.log(factor.method, factor.solve([5, 4]).solution); // cholesky Float64Array(2) [ 1, 1 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<DirectRoom> {
  return loadRoom(direct, options);
}
