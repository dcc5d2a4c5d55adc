// What the methods of a matrix take.
import { kindOf } from '../../runtime/brand.js';
import { isInstance } from '../../runtime/object.js';
import { DenseMatrix } from '../gemm/dense-matrix.js';
import { F64 } from '../gemm/elements.js';
import type { MatrixInput } from './types.js';

/** How the elements of a {@link Matrix} are kept. */
export type Precision = 'float32' | 'float64';

/** Numbers of sl_element. */
export const precisions: Record<Precision, number> = { float32: 1, float64: 2 };

/** In the order of sl_matrix_operation. */
export const operations = { add: 0, subtract: 1, multiply: 2, divide: 3 } as const;

/** A norm of the elements: the square root of the sum of squares, the largest sum of a column, of a row, the largest. */
export type MatrixNorm = 'frobenius' | 1 | 'infinity' | 'max';

/** Numbers of sl_matrix_norm_kind. */
export const norms: Record<MatrixNorm, number> = { frobenius: 0, 1: 1, infinity: 2, max: 3 };

export interface MatrixFromOptions {
  /** Of a list of numbers: its shape, both. */
  rows?: number;
  columns?: number;
  /** Of a list of numbers, `true`: they are those of the transpose, column by column. */
  transposed?: boolean;
  /** `'float32'` for a Float32Array and a float32 matrix, else `'float64'`, by default. */
  type?: Precision;
}

/** What is added to a matrix: a number, a matrix, a row of as many columns or a column of as many rows. */
export type MatrixTerm = number | MatrixInput;

/** The precision that an argument has by itself; undefined for lists of numbers. */
export function precisionGiven(operation: string, value: unknown): Precision | undefined {
  if (isInstance(value, DenseMatrix))
    return value.use(operation).element === F64 ? 'float64' : 'float32';
  const kind = kindOf(value);
  if (kind === 'Float32Array') return 'float32';
  if (kind === 'Float64Array') return 'float64';
  if (kind !== undefined || typeof value !== 'object' || value === null || Array.isArray(value))
    return undefined;
  const { data } = value as { data?: unknown };
  return data === undefined ? undefined : precisionGiven(operation, data);
}
