// The functions of LU and Cholesky decompositions: systems and inverses.
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { CholeskyDecomposition, LuDecomposition } from './decomposition.js';
import type {
  LinearSolution,
  LinearSolveOptions,
  MatrixInput,
  MatrixResult,
  Numbers,
} from './types.js';

/** Systems of square matrices. */
export interface Systems {
  /**
   * P A = L U with partial pivoting, for many right-hand sides, the determinant, the inverse. A singular matrix is decomposed
   * as well: only solving fails. Dispose the result when done. n^3 / 3 multiplications; {@link LinalgRoom.estimateBytes} says how much
   * memory it takes.
   *
   * Entries may have any size: the matrix is scaled by powers of two, which is exact, and rows and columns one by one where
   * its entries span more than 2^900.
   *
   * Toledo 1997, doi:10.1137/S0895479896297744.
   *
   * @throws SublinearError `NOT_SQUARE`, `MEMORY`; RangeError `NOT_FINITE` (matrix; `position` row by row), `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[2, 1], [1, 3]]);
   * console.log(decomposed.solve([3, 4]).solution, decomposed.determinant()); // Float64Array(2) [ 1, 1 ] 5
   * ```
   */
  lu(matrix: MatrixInput): LuDecomposition;

  /**
   * {@link LinalgRoom.lu} in slices of about 8 ms that let other tasks run; an abort takes at most 50 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { luAsync } = await load();
   * using decomposed = await luAsync({ data: [4], rows: 1, columns: 1 });
   * console.log(decomposed.solve([2]).solution); // Float64Array(1) [ 0.5 ]
   * ```
   */
  luAsync(matrix: MatrixInput, options?: AsyncOptions<WorkProgress>): Promise<LuDecomposition>;

  /**
   * A = L L^T of a symmetric positive definite matrix: half the work of LU, and the test whether it is definite.
   *
   * @param matrix - exactly symmetric
   * @throws SublinearError `NOT_DEFINITE` (`position`: the row of the first pivot that is not positive), `NOT_SYMMETRIC`
   *   (`position`: a row), `NOT_SQUARE`, `MEMORY`; RangeError `NOT_FINITE`, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { cholesky } = await load();
   * using decomposed = cholesky([[4, 2], [2, 5]]);
   * console.log(decomposed.solve([6, 7]).solution); // Float64Array(2) [ 1, 1 ]
   * ```
   */
  cholesky(matrix: MatrixInput): CholeskyDecomposition;

  /**
   * {@link LinalgRoom.cholesky} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { choleskyAsync } = await load();
   * using decomposed = await choleskyAsync([[9]]);
   * console.log(decomposed.lower().data); // Float64Array(1) [ 3 ]
   * ```
   */
  choleskyAsync(
    matrix: MatrixInput,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<CholeskyDecomposition>;

  /**
   * Solves A x = b, or A X = B, by LU: see {@link Decomposition.solve}.
   *
   * @throws as {@link LinalgRoom.lu} and {@link Decomposition.solve} do
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { solve } = await load();
   * console.log(solve([[2, 1], [1, 3]], [3, 4]).solution); // Float64Array(2) [ 1, 1 ]
   * ```
   */
  solve(
    matrix: MatrixInput,
    b: Numbers | MatrixInput,
    options?: LinearSolveOptions,
  ): LinearSolution;

  /**
   * {@link LinalgRoom.solve} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { solveAsync } = await load();
   * console.log((await solveAsync([[4]], [2])).solution); // Float64Array(1) [ 0.5 ]
   * ```
   */
  solveAsync(
    matrix: MatrixInput,
    b: Numbers | MatrixInput,
    options?: LinearSolveOptions & AsyncOptions<WorkProgress>,
  ): Promise<LinearSolution>;

  /**
   * The inverse, by LU.
   *
   * @throws SublinearError `SINGULAR` (`position`: the pivot that is 0), and as {@link LinalgRoom.lu} does
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { inverse } = await load();
   * console.log(inverse([[2, 0], [0, 4]]).data); // Float64Array(4) [ 0.5, 0, 0, 0.25 ]
   * ```
   */
  inverse(matrix: MatrixInput): MatrixResult;

  /**
   * {@link LinalgRoom.inverse} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { inverseAsync } = await load();
   * console.log((await inverseAsync([[2]])).data); // Float64Array(1) [ 0.5 ]
   * ```
   */
  inverseAsync(matrix: MatrixInput, options?: AsyncOptions<WorkProgress>): Promise<MatrixResult>;
}
