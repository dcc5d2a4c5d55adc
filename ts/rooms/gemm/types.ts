// What the functions of the room take.

import type { RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { DenseMatrix } from './dense-matrix.js';

/**
 * Functions of single numbers. `'gelu'` is the one by the error function, `'geluTanh'` its approximation by tanh ("new
 * GELU"): networks are trained with one of them, and it matters which.
 */
export type Activation = 'none' | 'relu' | 'gelu' | 'geluTanh' | 'silu' | 'tanh' | 'sigmoid';

/** Numbers of sl_activation. */
export const activations: Record<Activation, number> = {
  none: 0,
  relu: 1,
  gelu: 2,
  geluTanh: 3,
  silu: 4,
  tanh: 5,
  sigmoid: 6,
};

/** A matrix as an array of yours, row by row. */
export interface MatrixArray {
  data: Float32Array | Float64Array | Int8Array | readonly number[];
  rows: number;
  columns: number;
  /** `true`: `data` holds the transpose, column by column. */
  transposed?: boolean;
  /** Elements from one row of `data` to the next (from one column, when transposed). By default there are none between. */
  stride?: number;
  /** Elements from one item of a batch to the next; 0 for the same matrix in all items. By default items follow each other. */
  batchStride?: number;
}

/** An operand of a product. */
export type MatrixOperand = DenseMatrix | MatrixArray;

export interface MatmulOptions {
  /** How many products of the same shapes, side by side: 1 by default. A `DenseMatrix` is the same in all of them. */
  batch?: number;
  /**
   * Where the product goes: an array of its length and type, or a `DenseMatrix` (float32 or float64, not packed) of its shape,
   * which is then what is returned. Not through a worker, where the result is a new array.
   */
  into?: Float32Array | Float64Array | Int32Array | DenseMatrix;
  /** The product is multiplied by it: 1 by default. */
  alpha?: number;
  /** What `into` held is multiplied by it and added: 0 by default, and then not read. */
  beta?: number;
  /** Added to each row, after `alpha` and `beta`. */
  bias?: RealArray;
  /** Applied last. Of float64 `'none'` or `'relu'`. */
  activation?: Activation;
  /**
   * `true`, with float32 rows and an int8 matrix: each row is rounded to int8 on the way and multiplied in integers. Two to
   * three times as fast; an element of a row errs by at most 1/254 of the row's largest magnitude.
   */
  quantize?: boolean;
}

export interface MatmulAsyncOptions extends MatmulOptions, AsyncOptions<WorkProgress> {}

/** What a product gives. */
export type MatmulResult = Float32Array | Float64Array | Int32Array | DenseMatrix;

/** What a product without `into` gives, by its left operand. */
export type ProductOf<Left> = Left extends { data: infer Data }
  ? Data extends Int8Array
    ? Int32Array<ArrayBuffer>
    : Data extends Float32Array
      ? Float32Array<ArrayBuffer>
      : Data extends Float64Array
        ? Float64Array<ArrayBuffer>
        : Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>
  : Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
