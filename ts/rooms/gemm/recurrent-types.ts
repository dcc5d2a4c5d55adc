// What recurrent layers take and give.
import type { RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';

/** Weights of one direction, as PyTorch keeps them: gates input, forget, cell, output (LSTM), or reset, update, new (GRU). */
export interface RecurrentWeights {
  /** `weight_ih`: gates * size rows of as many numbers as a token has. */
  input: RealArray;
  /** `weight_hh`: gates * size rows of `size` numbers. */
  own: RealArray;
  /** `bias_ih`: gates * size numbers. */
  inputBias?: RealArray;
  /** `bias_hh`: the same. */
  ownBias?: RealArray;
}

export interface RecurrentOptions {
  /** Numbers of an output. */
  size: number;
  /** One set of weights, or two: the second goes from the last token to the first. */
  weights: RecurrentWeights | readonly [RecurrentWeights, RecurrentWeights];
}

export interface RecurrentLayerOptions extends RecurrentOptions {
  type: 'lstm' | 'gru';
}

/** Where a sequence begins. */
export interface RecurrentState {
  /** Outputs before the first token, directions x batch x size: 0 by default. */
  hidden?: RealArray;
  /** Of an LSTM: its cells, as many. */
  cell?: RealArray;
}

export interface RecurrentRunOptions extends RecurrentState {
  /** Sequences side by side: 1 by default. */
  batch?: number;
}
export interface RecurrentRunAsyncOptions extends RecurrentRunOptions, AsyncOptions<WorkProgress> {}

export interface RecurrentCallOptions extends RecurrentOptions, RecurrentRunOptions {}
export interface RecurrentCallAsyncOptions
  extends RecurrentCallOptions,
    AsyncOptions<WorkProgress> {}

export interface RecurrentResult {
  /** batch x tokens x directions * size */
  output: Float32Array;
  /** Outputs after the last token, directions x batch x size: where the next piece begins. */
  hidden: Float32Array;
  /** Of an LSTM: its cells, as many; empty of a GRU. */
  cell: Float32Array;
}

/** Recurrent layers in one call. */
export interface RecurrentFunctions {
  /**
   * An LSTM layer (Hochreiter, Schmidhuber 1997) over batch x tokens x inputs, as `torch.nn.LSTM` with `batch_first`: c = forget c + input
   * cell, h = output tanh(c). For weights that are used again, {@link RecurrentLayer}. O(batch tokens size (inputs + size)).
   *
   * @throws RangeError `SHAPE` names the array that does not fit, `OPTION`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { lstm } = await load();
   * // Gates input and forget are open, as their biases say: the cell adds up tanh(x).
   * const weights = { input: [0, 0, 1, 0], own: [0, 0, 0, 0], inputBias: [99, 99, 0, 99] };
   * const { output, cell } = lstm([1, 1], { size: 1, weights });
   * console.log(cell[0]?.toFixed(4), output[1]?.toFixed(4)); // 1.5232 0.9093
   * ```
   */
  lstm(x: RealArray, options: RecurrentCallOptions): RecurrentResult;

  /**
   * The same in slices of 8 ms, which can be aborted.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { lstmAsync } = await load();
   * const weights = { input: [0, 0, 0, 0], own: [0, 0, 0, 0] };
   * console.log((await lstmAsync([1], { size: 1, weights })).output); // Float32Array(1) [ 0 ]
   * ```
   */
  lstmAsync(x: RealArray, options: RecurrentCallAsyncOptions): Promise<RecurrentResult>;

  /**
   * A GRU layer (Cho and others 2014) as `torch.nn.GRU` with `batch_first`: new = tanh(W x + b + reset (U h + u)), h = (1 - update) new +
   * update h.
   *
   * @throws RangeError `SHAPE` names the array that does not fit, `OPTION`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { gru } = await load();
   * // Half of the new, which is 0, and half of what was.
   * const weights = { input: [0, 0, 0], own: [0, 0, 0] };
   * console.log(gru([7, 7], { size: 1, weights, hidden: [1] }).output); // Float32Array(2) [ 0.5, 0.25 ]
   * ```
   */
  gru(x: RealArray, options: RecurrentCallOptions): RecurrentResult;

  /**
   * The same in slices of 8 ms, which can be aborted.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { gruAsync } = await load();
   * const weights = { input: [0, 0, 0], own: [0, 0, 0] };
   * console.log((await gruAsync([7], { size: 1, weights, hidden: [1] })).hidden); // Float32Array(1) [ 0.5 ]
   * ```
   */
  gruAsync(x: RealArray, options: RecurrentCallAsyncOptions): Promise<RecurrentResult>;
}
