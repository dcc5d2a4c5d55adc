// What linear attention takes and gives.
import type { RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { AttentionGradients } from './types.js';

/** How a state of linear attention is made. */
export interface LinearStateOptions {
  /** Elements of a head. */
  size: number;
  /** Heads of keys and values: as many as of queries by default (1 in a state). */
  kvHeads?: number;
  /** Sequences side by side: 1 by default. */
  batch?: number;
  /**
   * What queries and keys become before they are multiplied. `'elu'`, the default: elu(x) + 1. `'favor'`: random positive features,
   * whose products stand for exp(q k / sqrt(size)), so that the result approaches softmax attention.
   */
  features?: 'elu' | 'favor';
  /** How many random features, with `'favor'`: 4 for each element by default. More of them approximate better. */
  featureCount?: number;
  /** Of the random features: 0 by default. */
  seed?: number;
}

/** What is asked of a state. */
export interface LinearAskOptions {
  /** Query heads: a multiple of the heads of keys. */
  heads: number;
  /** Tokens that are looked at together, up to 256: 64 by default. Results differ by rounding. */
  chunk?: number;
}
export interface LinearAskAsyncOptions extends LinearAskOptions, AsyncOptions<WorkProgress> {}

export interface LinearAttentionOptions extends LinearAskOptions, LinearStateOptions {
  /** `true`: no query sees a key after its own position. */
  causal?: boolean;
}
export interface LinearAttentionAsyncOptions
  extends LinearAttentionOptions,
    AsyncOptions<WorkProgress> {}

export interface LinearGradientOptions
  extends Pick<LinearAttentionOptions, 'heads' | 'kvHeads' | 'size' | 'batch' | 'causal'> {}
export interface LinearGradientAsyncOptions
  extends LinearGradientOptions,
    AsyncOptions<WorkProgress> {}

/** Linear attention over whole sequences. */
export interface LinearAttention {
  /**
   * Linear attention: phi(q) S / (phi(q) z) with S = sum phi(k) v^T and z = sum phi(k) over the keys that are seen, so that time is
   * linear in the tokens. Query i stands at position keys - queries + i. A query whose divisor is 0 gives zeros. Float32, the same
   * bits in every engine. O(batch heads (queries + keys) size features).
   *
   * @param queries - batch x queries x heads x size
   * @param keys - batch x keys x kvHeads x size
   * @param values - as long as keys
   * @throws RangeError `SHAPE` names the array that does not fit, `OPTION`, `RANGE` when there are more queries than keys, causally
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { linearAttention } = await load();
   * // Features of 0 are 1: each query gives the mean of the values so far.
   * const y = linearAttention([0, 0, 0], [0, 0, 0], [1, 2, 6], { heads: 1, size: 1, causal: true });
   * console.log(y); // Float32Array(3) [ 1, 1.5, 3 ]
   * ```
   */
  linearAttention(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    options: LinearAttentionOptions,
  ): Float32Array;

  /**
   * The same in slices of 8 ms, which can be aborted.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { linearAttentionAsync } = await load();
   * const y = await linearAttentionAsync([0], [0, 0], [2, 4], { heads: 1, size: 1 });
   * console.log(y); // Float32Array(1) [ 3 ]
   * ```
   */
  linearAttentionAsync(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    options: LinearAttentionAsyncOptions,
  ): Promise<Float32Array>;

  /**
   * Derivatives of linear attention with the features elu + 1: of the sum of its outputs, each times its number in `upstream`. Sums
   * are float64. O(batch heads (queries + keys) size^2).
   *
   * @param upstream - as long as the queries: what the loss changes by with each output
   * @throws RangeError `SHAPE` names the array that does not fit, `OPTION`, `RANGE` when there are more queries than keys, causally
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { linearAttentionGradient } = await load();
   * const { keys, values } = linearAttentionGradient([0], [0, 0], [2, 4], [1], { heads: 1, size: 1 });
   * console.log(keys, values); // Float32Array(2) [ -0.5, 0.5 ] Float32Array(2) [ 0.5, 0.5 ]
   * ```
   */
  linearAttentionGradient(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    upstream: RealArray,
    options: LinearGradientOptions,
  ): AttentionGradients;

  /**
   * The same in slices of 8 ms, which can be aborted.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { linearAttentionGradientAsync } = await load();
   * const { values } = await linearAttentionGradientAsync([0], [0, 1], [2, 4], [1], { heads: 1, size: 1 });
   * console.log(values.map((x) => Math.round(300 * x))); // Float32Array(2) [ 100, 200 ]
   * ```
   */
  linearAttentionGradientAsync(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    upstream: RealArray,
    options: LinearGradientAsyncOptions,
  ): Promise<AttentionGradients>;
}
