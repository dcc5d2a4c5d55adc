// What the methods of matrices take and give.

import type { IntoOption } from '../../runtime/into.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions } from '../../runtime/steps.js';
import type { ReadProgress } from '../../runtime/text-source.js';
import type { DType } from '../dense/dense.js';

/** Precision of the stored values; `'pattern'`: none are stored, every entry counts as 1. */
export type ValueType = DType | 'pattern';

/**
 * Entries in any order. Values of those with the same row and column are added up; without values the matrix is a pattern, in
 * which a place is there or not: given twice it counts once.
 */
export interface CooInput {
  /** Number of rows and of columns, 1 to 2^32 - 2. */
  rows: number;
  cols: number;
  /** Row and column of each entry, counted from 0. */
  rowIndices: IndexArray;
  columnIndices: IndexArray;
  /** Value of each entry, finite. Without it the matrix is a pattern. */
  values?: RealArray;
  /** Precision of the stored values; by default that of `values` (`'float64'` for number[]). */
  dtype?: DType;
}

/** Compressed sparse rows. Columns of a row may be unsorted and repeated: they are sorted, and their values added up. */
export interface CsrInput {
  rows: number;
  cols: number;
  /** rows + 1 numbers: row i is at rowPointers[i] .. rowPointers[i + 1] - 1 of the other two arrays. */
  rowPointers: IndexArray;
  /** Column of each entry, counted from 0. */
  columns: IndexArray;
  /** Value of each entry, finite. Without it the matrix is a pattern. */
  values?: RealArray;
  /** Precision of the stored values; by default that of `values` (`'float64'` for number[]). */
  dtype?: DType;
}

/** A matrix written out, row by row. */
export interface DenseInput {
  rows: number;
  cols: number;
  /** rows * cols numbers; zeros are not stored. */
  values: Float64Array | Float32Array | readonly number[];
  /** Precision of the stored values; by default that of `values` (`'float64'` for number[]). */
  dtype?: DType;
}

/** Compressed sparse rows with sorted columns and no repetitions, as copies. */
export interface CsrArrays {
  rows: number;
  cols: number;
  rowPointers: Uint32Array<ArrayBuffer>;
  columns: Uint32Array<ArrayBuffer>;
  /** Absent for a pattern. */
  values?: Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/**
 * What a matrix is. A slack is |a_ii| minus the sum of the other sizes in its row (column), rounded down, so that a
 * positive one is proved; norms are rounded up. For a matrix that is not square the flags are false and the slacks
 * -Infinity.
 */
export interface MatrixProperties {
  square: boolean;
  /** Structure and values, exactly. */
  symmetric: boolean;
  /** Every diagonal entry is stored and > 0. */
  positiveDiagonal: boolean;
  /** The first row whose diagonal entry is 0 or not stored. */
  zeroDiagonalRow?: number;
  /** No entry off the diagonal is > 0. */
  nonpositiveOffDiagonal: boolean;
  /** Symmetric, off-diagonal entries <= 0, and every row adds up to 0 within rounding. */
  laplacian: boolean;
  /** Proved to be a nonsingular M-matrix by row or column dominance. */
  mMatrix: boolean;
  /** Smallest slack of the rows; > 0: strictly row dominant. */
  minRowSlack: number;
  /** Smallest slack of the columns; > 0: strictly column dominant. */
  minColumnSlack: number;
  /** Smallest of slack / |a_ii|. */
  minRelativeRowSlack: number;
  minRelativeColumnSlack: number;
  /** Largest sum of sizes in a row. */
  normInfinity: number;
  /** Largest sum of sizes in a column. */
  norm1: number;
  /** Entries in the longest row. */
  maxRowEntries: number;
}

export interface ReadMatrixOptions {
  /** Precision of the stored values, `'float64'` by default. A pattern file gives a pattern either way. */
  dtype?: DType;
}

/** Options of the asynchronous reader. */
export interface ReadMatrixAsyncOptions extends ReadMatrixOptions, AsyncOptions<ReadProgress> {}

export interface ProductOptions extends IntoOption {
  /** Precision of the result; the sums are float64 either way. */
  output?: DType;
}

/** Options of {@link SparseMatrix.add}. */
export interface AddOptions {
  /** What this matrix is multiplied with, 1 by default. */
  alpha?: number;
  /** What the other one is multiplied with, 1 by default. */
  beta?: number;
}

/** Rows and columns of a part of a matrix, counted from 0, in the order in which the part has them. */
export interface PartInput {
  /** All by default; a row may stand there several times. */
  rows?: IndexArray;
  /** All by default; a column may stand there once. */
  columns?: IndexArray;
}
