// The functions of orthogonal decompositions: least squares, eigenpairs, singular values.
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { QrDecomposition } from './qr.js';
import type {
  LeastSquaresAnswer,
  MatrixInput,
  MatrixResult,
  Numbers,
  QrOptions,
  RankOptions,
  SingularValues,
  SymmetricEigen,
  VectorsOptions,
} from './types.js';

/** Decompositions by orthogonal matrices. */
export interface Orthogonal {
  /**
   * A = Q R, A of any shape: reflectors in blocks; with `pivoted` A P = Q R, column by column. Dispose the result when done.
   *
   * Schreiber, Van Loan 1989, doi:10.1137/0910005; Businger, Golub 1965, doi:10.1007/BF01436084.
   *
   * @throws SublinearError `MEMORY`; RangeError `NOT_FINITE` (matrix; `position` row by row), `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qr } = await load();
   * using decomposed = qr([[3, 1], [4, 2]]);
   * console.log(Array.from(decomposed.r().data, (x) => x.toFixed(3))); // [ '-5.000', '-2.200', '0.000', '0.400' ]
   * ```
   */
  qr(matrix: MatrixInput, options?: QrOptions): QrDecomposition;

  /**
   * {@link Orthogonal.qr} in slices of about 8 ms that let other tasks run; an abort takes at most 50 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qrAsync } = await load();
   * using decomposed = await qrAsync([[3], [4]], { pivoted: true });
   * console.log(decomposed.rank()); // 1
   * ```
   */
  qrAsync(
    matrix: MatrixInput,
    options?: QrOptions & AsyncOptions<WorkProgress>,
  ): Promise<QrDecomposition>;

  /**
   * The x that makes |b - A x| smallest, A of any shape and rank; of all of them the shortest. By QR with pivoting; where the
   * rank is below the columns by the complete orthogonal decomposition.
   *
   * @param b - as many numbers as A has rows, or a matrix of as many rows
   * @throws RangeError `SHAPE`, `NOT_FINITE` (matrix, b), `OPTION` (tolerance); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { leastSquares } = await load();
   * // The line through (0, 1), (1, 3), (2, 5), (3, 7.4)
   * const { solution, rank } = leastSquares([[1, 0], [1, 1], [1, 2], [1, 3]], [1, 3, 5, 7.4]);
   * console.log(Array.from(solution, (x) => x.toFixed(6)), rank); // [ '0.920000', '2.120000' ] 2
   * ```
   */
  leastSquares(
    matrix: MatrixInput,
    b: Numbers | MatrixInput,
    options?: RankOptions,
  ): LeastSquaresAnswer;

  /**
   * {@link Orthogonal.leastSquares} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { leastSquaresAsync } = await load();
   * const { solution } = await leastSquaresAsync([[1, 1]], [2]); // the shortest
   * console.log(Array.from(solution, (x) => x.toFixed(6))); // [ '1.000000', '1.000000' ]
   * ```
   */
  leastSquaresAsync(
    matrix: MatrixInput,
    b: Numbers | MatrixInput,
    options?: RankOptions & AsyncOptions<WorkProgress>,
  ): Promise<LeastSquaresAnswer>;

  /**
   * All eigenvalues of a symmetric matrix, with vectors: reflectors to tridiagonal form, implicit QL. Each pair comes with a
   * bound of its residual. About 5 n^3 multiplications with vectors, n^3 / 3 without.
   *
   * Dubrulle, Martin, Wilkinson 1968, doi:10.1007/BF02165404.
   *
   * @param matrix - exactly symmetric
   * @throws SublinearError `NOT_SQUARE`, `NOT_SYMMETRIC` (`position`: a row), `MEMORY`; RangeError `NOT_FINITE`, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { eigenSymmetric } = await load();
   * const { values, vectors, residuals } = eigenSymmetric([[2, 1], [1, 2]]);
   * console.log(Array.from(values, (x) => x.toFixed(6)), vectors?.columns); // [ '1.000000', '3.000000' ] 2
   * console.log(residuals?.every((bound) => bound < 1e-12)); // true
   * ```
   */
  eigenSymmetric(matrix: MatrixInput, options?: VectorsOptions): SymmetricEigen;

  /**
   * {@link Orthogonal.eigenSymmetric} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { eigenSymmetricAsync } = await load();
   * const { values } = await eigenSymmetricAsync([[0, 3], [3, 0]], { vectors: false });
   * console.log(Array.from(values, (x) => x.toFixed(6))); // [ '-3.000000', '3.000000' ]
   * ```
   */
  eigenSymmetricAsync(
    matrix: MatrixInput,
    options?: VectorsOptions & AsyncOptions<WorkProgress>,
  ): Promise<SymmetricEigen>;

  /**
   * Singular values of a matrix of any shape, with thin U and V: one-sided Jacobi rotations after QR with pivoting, which finds
   * small values as well as the columns define them. About 6 n^2 (m + n) multiplications with vectors.
   *
   * Drmac, Veselic 2008, doi:10.1137/050639193.
   *
   * @throws SublinearError `MEMORY`; RangeError `NOT_FINITE`, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { svd } = await load();
   * const { values, rank, left, right } = svd([[3, 0], [0, 4], [0, 0]]);
   * console.log(Array.from(values, (x) => x.toFixed(6)), rank); // [ '4.000000', '3.000000' ] 2
   * console.log(left?.rows, right?.rows); // 3 2
   * ```
   */
  svd(matrix: MatrixInput, options?: VectorsOptions): SingularValues;

  /**
   * {@link Orthogonal.svd} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { svdAsync } = await load();
   * console.log((await svdAsync([[3, 4]])).values[0]?.toFixed(6)); // 5.000000
   * ```
   */
  svdAsync(
    matrix: MatrixInput,
    options?: VectorsOptions & AsyncOptions<WorkProgress>,
  ): Promise<SingularValues>;

  /**
   * The pseudoinverse (Moore, Penrose), by singular values.
   *
   * @throws as {@link Orthogonal.svd} does; RangeError `OPTION` (tolerance)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { pseudoinverse } = await load();
   * console.log(Array.from(pseudoinverse([[2, 0], [0, 0]]).data, Math.abs)); // [ 0.5, 0, 0, 0 ]
   * ```
   */
  pseudoinverse(matrix: MatrixInput, options?: RankOptions): MatrixResult;

  /**
   * How many singular values are above the tolerance.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { rank } = await load();
   * console.log(rank([[1, 2], [2, 4], [3, 6]])); // 1
   * ```
   */
  rank(matrix: MatrixInput, options?: RankOptions): number;

  /**
   * The condition number in the 2-norm: the largest singular value over the smallest, infinite where that is 0; 0 without rows
   * or columns. `conditionEstimate()` of a decomposition is faster.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { conditionNumber } = await load();
   * console.log(conditionNumber([[10, 0], [0, 2]]).toFixed(6)); // 5.000000
   * ```
   */
  conditionNumber(matrix: MatrixInput): number;
}
