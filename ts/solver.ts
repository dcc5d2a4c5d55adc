// Systems of linear equations A x = b.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { solver } from './generated/entry/solver.js';
import type { SolverRoom } from './rooms/solver/solver.js';

export * from './rooms/solver/solver.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('solver')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/solver';
 *
 * const { solve, SparseMatrix } = await load();
 * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
 * console.log(solve(matrix, [1]).solution); // Float64Array(1) [ 0.25 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<SolverRoom> {
  return loadRoom(solver, options);
}
