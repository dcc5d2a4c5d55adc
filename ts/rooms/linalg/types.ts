// What the functions of dense linear algebra take and give.
import type { DenseMatrix } from '../gemm/dense-matrix.js';

/** A list of numbers. */
export type Numbers = Float64Array | Float32Array | readonly number[];

/** Numbers row by row. What gives a matrix gives it like this, and products take it (`sublinear/gemm`). */
export interface MatrixValues {
  data: Numbers;
  rows: number;
  columns: number;
  /** `true`: `data` holds the transpose, column by column. */
  transposed?: boolean;
}

/** A matrix: a `DenseMatrix`, numbers with their shape, or a list of rows. It is copied, as float64. */
export type MatrixInput = DenseMatrix | MatrixValues | readonly (readonly number[])[];

/** A matrix that is returned, row by row. */
export interface MatrixResult {
  data: Float64Array<ArrayBuffer>;
  rows: number;
  columns: number;
}

/** Options of {@link Decomposition.solve}. */
export interface LinearSolveOptions {
  /** Solve A^T x = b. False by default. */
  transposed?: boolean;
  /** The most corrections of a right-hand side, 0 to 100: 10 by default, of which one is enough as a rule. */
  refinements?: number;
  /**
   * A right-hand side is corrected until its backward error is at most this, or is not halved any more. 0 to 1; 2^-52 by
   * default.
   */
  tolerance?: number;
}

/** What came of one right-hand side. */
export interface LinearColumn {
  /**
   * x solves a system exactly whose entries, and right-hand side, differ from yours by at most this part of each. Oettli,
   * Prager 1964. From a residual computed with sums in twice the precision.
   */
  backwardError: number;
  /** Corrections made. */
  refinements: number;
  /** |b - A x| in the 2-norm, from the same residual. */
  residualNorm: number;
}

/** What {@link Decomposition.solve} gives; backwardError, refinements and residualNorm are the largest of all right-hand sides. */
export interface LinearSolution extends LinearColumn {
  /** x; of a matrix B the matrix X, row by row: n rows, as many columns as B. */
  solution: Float64Array<ArrayBuffer>;
  /** What came of each right-hand side. */
  columns: LinearColumn[];
}

/** A determinant that may be beyond the range of numbers: `sign * exp(logarithm)`. */
export interface Determinant {
  /** -1, 0 or 1. */
  sign: number;
  /** log |determinant|; -Infinity where it is 0. */
  logarithm: number;
}

/** How a matrix is decomposed. */
export type DecompositionKind = 'lu' | 'cholesky';

/** In the order of their numbers in csrc/linalg/linalg.h. */
export const kinds: Record<DecompositionKind, number> = { lu: 0, cholesky: 1 };
