// What least squares take and give.
import type { OutcomeName } from '../../generated/codes.js';

/** In the order of their numbers in csrc/leastsquares/leastsquares.h. */
export const methodNames = ['lsmr', 'lsqr', 'minres', 'cgIct', 'gmresIlut', 'qr'] as const;

/**
 * How least squares are solved:
 *
 * - `'lsmr'` (default): |A^T r| falls in each iteration, so that it may be stopped early. Fong, Saunders 2011
 * - `'lsqr'`: |r| is the smallest in each iteration. Paige, Saunders 1982
 * - `'minres'`: symmetric matrices, indefinite or singular, with one product an iteration in place of two. Paige, Saunders 1975
 * - `'cgIct'`: symmetric positive definite matrices, by conjugate gradients with an incomplete Cholesky factor whose entries
 *   below `dropTolerance` are left out. Jones, Plassmann 1995, doi:10.1145/200979.200981
 * - `'gmresIlut'`: square matrices, by GMRES with incomplete LU factors, with a drop tolerance and threshold pivoting.
 *   Saad 1994, doi:10.1002/nla.1680010405
 * - `'qr'`: at least as many rows as columns, none of which depends on others, by a sparse QR factorisation, refined. George,
 *   Liu, Ng 1988, doi:10.1137/0909008
 */
export type LeastSquaresMethod = (typeof methodNames)[number];

/** Options of {@link LeastsquaresRoom.solveLeastSquares}. */
export interface LeastSquaresOptions {
  /** `'lsmr'` by default. */
  method?: LeastSquaresMethod;
  /**
   * At least 0: |b - A x|^2 + damping^2 |x|^2 is made smallest (Tikhonov, ridge). 0 by default, and with `'minres'`, `'cgIct'` and
   * `'gmresIlut'`.
   */
  damping?: number;
  /** The backward error at which an answer has converged, 0 to 1. 1e-10 by default. */
  tolerance?: number;
  /** For each right-hand side; then the outcome is `'iterationLimit'`. 100 + 10 min(rows, columns) by default. */
  maxIterations?: number;
  /**
   * An iteration whose estimate of the condition number passes this ends, with the outcome `'singular'`: what comes after
   * it would be made of small singular values. At least 1; no limit by default.
   */
  conditionLimit?: number;
  /**
   * Whether iterations see columns of norm about 1: fewer iterations where columns differ in size. Where several x are as
   * good, the one that is found is then shortest in these units. False by default, and with `'minres'` and
   * `'cgIct'`.
   */
  columnScaling?: boolean;
  /** Of `'cgIct'` and `'gmresIlut'`: entries of the factor below this part of their row are left out, 0 to 1. 1e-3 by default. */
  dropTolerance?: number;
  /** Of the same: the factor has at most about so many times the entries of A. At least 0; 10 by default. */
  fill?: number;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** What came of one right-hand side. */
export interface LeastSquaresColumn {
  /**
   * `'converged'`: the backward error is at most the tolerance. `'stagnated'`: rounding does not allow it, or (`'minres'`) the
   * shortest of all answers was not found, or (`'cgIct'`) the matrix is not definite. `'singular'`: the condition number passed its limit. `'breakdown'`: x is beyond
   * the range of numbers, and 0 is returned.
   */
  outcome: OutcomeName;
  /** Of all times that it began. */
  iterations: number;
  /** How often the iteration began again, from the residual of what had been reached. */
  restarts: number;
  /** At least |b - A x| in the 2-norm, rounding included: computed anew for the array that is returned. */
  residualNorm: number;
  /** At least |A^T (b - A x) - damping^2 x|, which is 0 for the exact answer; rounding included. */
  normalResidualNorm: number;
  /**
   * Proved: the answer is exact for a matrix, or for a matrix and a right-hand side, that differ from yours by at most this
   * part of their norms (Frobenius, 2-norm). With damping the matrix is [A; damping I].
   */
  backwardError: number;
  /** Whether A x = b, but for the tolerance. */
  consistent: boolean;
  /**
   * An estimate of the condition number, usually a low one; with `columnScaling` of the scaled matrix. No bound.
   * 1 with `'cgIct'` and `'gmresIlut'`, which make none.
   */
  conditionEstimate: number;
  /** |x| in the 2-norm, but for rounding. */
  solutionNorm: number;
}

/** What {@link LeastsquaresRoom.solveLeastSquares} gives: the fields are those of the worst right-hand side. */
export interface LeastSquaresSolution extends LeastSquaresColumn {
  /** X, column after column: as many numbers as A has columns for each right-hand side. */
  solution: Float64Array<ArrayBuffer>;
  method: LeastSquaresMethod;
  /** What came of each right-hand side. */
  columns: LeastSquaresColumn[];
}
