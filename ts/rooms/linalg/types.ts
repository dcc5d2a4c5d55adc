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

/** Options of {@link Orthogonal.qr}. */
export interface QrOptions {
  /** Columns are exchanged so that the diagonal of R falls: it shows the rank. False by default. */
  pivoted?: boolean;
}

/** Where what is small counts as 0. */
export interface RankOptions {
  /** Values at most this part of the largest count as 0. 0 to 1; 2^-52 max(rows, columns) by default. */
  tolerance?: number;
}

/** What {@link Orthogonal.leastSquares} gives. */
export interface LeastSquaresAnswer {
  /** X, row by row: as many rows as A has columns, as many columns as B. */
  solution: Float64Array<ArrayBuffer>;
  /** Of A, but for the tolerance. */
  rank: number;
  /** |b - A x| in the 2-norm, of each right-hand side. */
  residualNorms: Float64Array<ArrayBuffer>;
}

/** Options of {@link Orthogonal.eigenSymmetric} and {@link Orthogonal.svd}. */
export interface VectorsOptions {
  /** False: values alone, which is several times as fast. True by default. */
  vectors?: boolean;
}

/** What {@link Orthogonal.eigenSymmetric} gives. */
export interface SymmetricEigen {
  /** Ascending. */
  values: Float64Array<ArrayBuffer>;
  /** In columns, of length 1, orthogonal; the largest entry of each is positive. Absent without vectors. */
  vectors?: MatrixResult;
  /**
   * For each pair at least |A x - value x|, computed anew from A, rounding included. Some eigenvalue is no farther from the
   * value than this over |x|. Absent without vectors.
   */
  residuals?: Float64Array<ArrayBuffer>;
}

/** What {@link Orthogonal.svd} gives: A = left diag(values) right^T. */
export interface SingularValues {
  /** Descending, min(rows, columns) of them. */
  values: Float64Array<ArrayBuffer>;
  /** How many are above 2^-52 max(rows, columns) times the largest. */
  rank: number;
  /** U in columns: rows x min(rows, columns). Absent without vectors. */
  left?: MatrixResult;
  /** V in columns: columns x min(rows, columns). Absent without vectors. */
  right?: MatrixResult;
}

/** How a matrix is decomposed. */
export type DecompositionKind = 'lu' | 'cholesky';

/** In the order of their numbers in csrc/linalg/linalg.h. */
export const kinds: Record<DecompositionKind, number> = { lu: 0, cholesky: 1 };

/** What {@link LinalgRoom.estimateBytes} is asked. */
export interface EstimateOptions {
  /** Rows; of `'lu'`, `'cholesky'` and `'eigen'` columns as well. */
  size: number;
  /** Of `'qr'` and `'svd'`: as many as rows by default. */
  columns?: number;
  /** `'lu'` by default. */
  method?: DecompositionKind | 'qr' | 'eigen' | 'svd';
  /** Of `'eigen'` and `'svd'`: with vectors? True by default. */
  vectors?: boolean;
}

/** Methods of an estimate: those of sl_decomposition_kind, then those of sl_orthogonal_kind. */
export const estimated: Record<NonNullable<EstimateOptions['method']>, number> = {
  ...kinds,
  qr: 2,
  eigen: 3,
  svd: 4,
};
