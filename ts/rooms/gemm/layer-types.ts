// What the functions of numbers and of rows take, and what they do.
import type { RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { DenseMatrix } from './dense-matrix.js';
import type { Activation } from './types.js';

export interface IntoFloats {
  /** Where the numbers go: an array as long as `x`, which may be `x`. Not through a worker. */
  into?: Float32Array;
}

export interface RowOptions extends IntoFloats {
  /** Elements of a row: the length of `x`, or the columns of a matrix, by default. */
  columns?: number;
}

export interface NormOptions extends RowOptions {
  /** What normalized elements are multiplied by, one a column. */
  gain?: RealArray;
  /** Added to what is under the root: 1e-5 by default. */
  epsilon?: number;
}

export interface LayerNormOptions extends NormOptions {
  /** Added at last, one a column. */
  bias?: RealArray;
}

export interface RotaryOptions extends IntoFloats {
  /** Heads of a token. */
  heads: number;
  /** Elements of a head. */
  size: number;
  /**
   * Which elements are a pair: `'neox'` (i and i + rotated / 2; Llama, GPT-NeoX) or `'interleaved'` (2i and 2i + 1; GPT-J).
   * There is no default: the wrong one gives a network that talks nonsense.
   */
  pairs: 'neox' | 'interleaved';
  /** Elements of each head that are turned, even: all by default. */
  rotated?: number;
  /** 10000 by default. */
  base?: number;
  /** Position of the first token: 0 by default. */
  position?: number;
}

export interface Conv1dOptions {
  /** Channels of `x`: its elements are those of one place, channel by channel, then of the next place. */
  channels: number;
  /** Places that the kernel spans. `weights` has kernel * channels rows and a column for each channel of the result. */
  kernel: number;
  /** 1 by default. */
  stride?: number;
  /** Zeros before and after, a number for both or one each: 0 by default. `[kernel - 1, 0]` looks at no later place. */
  padding?: number | readonly [number, number];
  bias?: RealArray;
  activation?: Activation;
}

export interface Conv1dAsyncOptions extends Conv1dOptions, AsyncOptions<WorkProgress> {}

/** Numbers that a function of the room changes: an array, of which a copy is changed, or a float32 matrix, which is changed. */
export type Rows = RealArray | DenseMatrix;

/** A matrix is changed and returned; of everything else a Float32Array is made. */
export type Changed<X> = X extends DenseMatrix ? DenseMatrix : Float32Array;

/** Functions of numbers and of rows. Each is computed in float32, sums over a row in float64. O(elements). */
export interface Layers {
  /**
   * A function of every number. Errors are below 5e-7 (docs/gemm.md). `x` is left as it is, unless it is a matrix, which is
   * changed and returned.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { activate } = await load();
   * console.log(activate([-1, 0, 2], 'relu')); // Float32Array(3) [ 0, 0, 2 ]
   * ```
   */
  activate<X extends Rows>(x: X, activation: Activation, options?: IntoFloats): Changed<X>;

  /**
   * Softmax of each row: exp(x - max) over the sum of those. A row with NaN in it becomes NaN.
   *
   * @throws RangeError `SHAPE` when `columns` does not divide the length of `x`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { softmax } = await load();
   * console.log(softmax([1, 1, 5, 5], { columns: 2 })); // Float32Array(4) [ 0.5, 0.5, 0.5, 0.5 ]
   * ```
   */
  softmax<X extends Rows>(x: X, options?: RowOptions): Changed<X>;

  /**
   * Each row as (x - mean) / sqrt(variance + epsilon) * gain + bias (Ba, Kiros, Hinton 2016).
   *
   * @throws RangeError `SHAPE`, `OPTION` for an epsilon below 0
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { layerNorm } = await load();
   * console.log(layerNorm([1, 3], { epsilon: 0 })); // Float32Array(2) [ -1, 1 ]
   * ```
   */
  layerNorm<X extends Rows>(x: X, options?: LayerNormOptions): Changed<X>;

  /**
   * Each row as x / sqrt(mean of squares + epsilon) * gain (Zhang, Sennrich 2019).
   *
   * @throws RangeError `SHAPE`, `OPTION` for an epsilon below 0
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { rmsNorm } = await load();
   * console.log(rmsNorm([1, 7], { gain: [1, 2], epsilon: 0 })); // Float32Array(2) [ 0.20000000298023224, 2.799999952316284 ]
   * ```
   */
  rmsNorm<X extends Rows>(x: X, options?: NormOptions): Changed<X>;

  /**
   * Rotary positions (Su and others 2021): pairs of elements of each head are turned by angles that grow with the position of
   * the token. `x` is tokens x heads x size.
   *
   * @throws RangeError `SHAPE`, `OPTION`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { rotaryEmbedding } = await load();
   * const turned = rotaryEmbedding([1, 0], { heads: 1, size: 2, pairs: 'neox', position: 1 });
   * console.log(turned[0]?.toFixed(4), turned[1]?.toFixed(4)); // 0.5403 0.8415
   * ```
   */
  rotaryEmbedding<X extends Rows>(x: X, options: RotaryOptions): Changed<X>;

  /**
   * silu(gate) * up, number by number: the gate of Llama's feed-forward layers (Shazeer 2020).
   *
   * @throws RangeError `SHAPE` when the lengths differ
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { swiglu } = await load();
   * console.log(swiglu([0, 100], [3, 2])); // Float32Array(2) [ 0, 200 ]
   * ```
   */
  swiglu(gate: RealArray, up: RealArray, options?: IntoFloats): Float32Array;

  /**
   * A convolution over places (channels last): one product, in which rows overlap. The result is places x columns of the
   * weights. O(places kernel channels columns).
   *
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { conv1d, DenseMatrix } = await load();
   * using mean = DenseMatrix.from([0.5, 0.5], { rows: 2, columns: 1 });
   * console.log(conv1d([1, 3, 5], mean, { channels: 1, kernel: 2 })); // Float32Array(2) [ 2, 4 ]
   * ```
   */
  conv1d(x: RealArray, weights: DenseMatrix, options: Conv1dOptions): Float32Array;

  /**
   * The same in slices of 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { conv1dAsync, DenseMatrix } = await load();
   * using mean = DenseMatrix.from([0.5, 0.5], { rows: 2, columns: 1 });
   * console.log(await conv1dAsync([1, 3], mean, { channels: 1, kernel: 2 })); // Float32Array(1) [ 2 ]
   * ```
   */
  conv1dAsync(
    x: RealArray,
    weights: DenseMatrix,
    options: Conv1dAsyncOptions,
  ): Promise<Float32Array>;
}
