// What factorisations take and give.
import type { OutcomeName } from '../../generated/codes.js';
import type { FactorMethod, FactorOrdering } from './methods.js';

/** Options of {@link DirectRoom.factorize}. */
export interface FactorizeOptions {
  /** `'auto'` by default. */
  method?: FactorMethod;
  /** `'auto'` by default. */
  ordering?: FactorOrdering;
}

/** Options of {@link Factorization.solve}. */
export interface FactorSolveOptions {
  /** Where the solution goes: as many numbers as `b` has. By default a new array. */
  into?: Float64Array;
  /** Corrections that each column may get, 0 to 100. 10 by default; one or two are usual. */
  refinements?: number;
  /**
   * A column whose backward error is at most this is `'converged'`. 1e-14 by default. With 1, which every answer meets, and
   * `refinements: 0` no residual is computed: each `backwardError` is 1, and there is no `errorBound`.
   */
  tolerance?: number;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link Factorization.solve} gives. */
export interface FactorSolution {
  /** X, column after column; `into` where that was given, else a copy. */
  solution: Float64Array;
  /**
   * `'converged'`: each backward error is at most the tolerance. `'stagnated'`: one is larger and did not become smaller,
   * which happens where pivots were replaced. `'breakdown'`: an answer is beyond the range of numbers. `'timeLimit'`: columns
   * that had not been begun are 0.
   */
  outcome: OutcomeName;
  /**
   * The largest of the columns' componentwise backward errors, `max |b - A x|_i / (|A| |x| + |b|)_i`: the answer is exact for
   * a matrix and a right-hand side whose entries differ from yours by at most this part of each. Computed anew for the array
   * that is returned, with residuals in twice the precision; 1e-16 is the best that float64 can do. With `refinements: 0` they are
   * in double precision where that tells whether the tolerance is met, and their rounding is counted as an error.
   */
  backwardError: number;
  /** The same for each column. */
  backwardErrors: Float64Array<ArrayBuffer>;
  /**
   * Proved, rounding included: no entry of the solution is further off. Where each diagonal entry is larger than the others
   * of its row together (strict row dominance): the residual divided by how much larger. Absent otherwise.
   */
  errorBound?: number;
  /** `errorBound` is that of each entry. */
  errorBoundNorm?: 'infinity';
  /** Corrections, of the column that took the most. */
  refinements: number;
}

/** The determinant: `sign * exp(logAbs)`. */
export interface LogDeterminant {
  /** 1 or -1. */
  sign: number;
  /** The natural logarithm of its size, which the size itself may be too large for. */
  logAbs: number;
}

/** How many eigenvalues are positive and negative. */
export interface Inertia {
  positive: number;
  negative: number;
}

/** Pivots that were too small and were replaced. */
export interface ReplacedPivots {
  count: number;
  /** The row of the first of them; absent when there is none. */
  row?: number;
}
