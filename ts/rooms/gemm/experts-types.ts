// What a mixture of experts takes and gives.
import type { RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { DenseMatrix } from './dense-matrix.js';
import type { Activation } from './types.js';

export interface RouteOptions {
  experts: number;
  /** Experts that see a token. */
  top: number;
  /** Most tokens of an expert; what is too much is dropped. No limit by default. */
  capacity?: number;
  /**
   * `true`, the default: the weights of a token's choices, dropped ones included, sum to 1. `false`: they are the probabilities.
   */
  renormalize?: boolean;
}

/** Which experts see which tokens. */
export interface Routing {
  readonly tokens: number;
  readonly top: number;
  /** tokens x top: experts, the most likely first; of equal ones the first. */
  readonly experts: Uint32Array;
  /** tokens x top */
  readonly weights: Float32Array;
  /** tokens x top: the row of each choice among those of all experts, 2^32 - 1 where it is dropped. */
  readonly rows: Uint32Array;
  /** The token of each row: those of the first expert, then those of the second one. */
  readonly order: Uint32Array;
  /** Rows of expert e are `offsets[e]` to `offsets[e + 1] - 1`. */
  readonly offsets: Uint32Array;
  /** Places in `experts` of the choices that are dropped: `place / top`, rounded down, is the token. */
  readonly dropped: Uint32Array;
}

/** A feed-forward network: down(activation(up x)), or down(silu(gate x) * up x). */
export interface Expert {
  readonly up: DenseMatrix;
  readonly down: DenseMatrix;
  /** With it the network is gated (SwiGLU), and has no `activation`. */
  readonly gate?: DenseMatrix;
  /** `'gelu'` by default. */
  readonly activation?: Activation;
}

/** Mixtures of experts. */
export interface Experts {
  /**
   * Routes tokens to experts: softmax over the experts, of each token the `top` most likely. With a capacity all first choices are
   * placed before all second ones, each in the order of the tokens (GShard, Lepikhin and others 2020). -Infinity forbids an
   * expert. O(tokens experts top).
   *
   * @param logits - tokens x experts
   * @throws RangeError `SHAPE`, `OPTION`, `NOT_FINITE` with the token as position
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { routeTokens } = await load();
   * // Two tokens want expert 1, which has room for one.
   * const { experts, dropped } = routeTokens([0, 2, 0, 1], { experts: 2, top: 1, capacity: 1 });
   * console.log(experts, dropped); // Uint32Array(2) [ 1, 1 ] Uint32Array(1) [ 1 ]
   * ```
   */
  routeTokens(logits: RealArray, options: RouteOptions): Routing;

  /**
   * The rows of tokens, tokens x columns, in the order of the experts that see them: what experts multiply.
   *
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { routeTokens, dispatchTokens } = await load();
   * const routing = routeTokens([0, 2, 1, 0], { experts: 2, top: 1 });
   * console.log(dispatchTokens([10, 20], routing)); // Float32Array(2) [ 20, 10 ]
   * ```
   */
  dispatchTokens(x: RealArray, routing: Routing): Float32Array;

  /**
   * Of each token the sum of its experts' rows, each times its weight. Dropped choices add nothing.
   *
   * @param rows - as many rows as `routing.order` has tokens
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { routeTokens, combineTokens } = await load();
   * const routing = routeTokens([0, 0], { experts: 2, top: 2 });
   * console.log(combineTokens([10, 20], routing)); // Float32Array(1) [ 15 ]
   * ```
   */
  combineTokens(rows: RealArray, routing: Routing): Float32Array;

  /**
   * A layer of experts: tokens go to the experts that `routing` names, and come back weighed. Each expert's tokens are one product.
   *
   * @param x - tokens x rows of `up`
   * @throws RangeError `SHAPE` names what does not fit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix, mixtureOfExperts, routeTokens } = await load();
   * using one = DenseMatrix.from([1], { rows: 1, columns: 1 });
   * using two = DenseMatrix.from([2], { rows: 1, columns: 1 });
   * const experts = [{ up: one, down: one, activation: 'relu' }, { up: two, down: two, activation: 'relu' }] as const;
   * const routing = routeTokens([5, 0, 0, 5], { experts: 2, top: 1 });
   * console.log(mixtureOfExperts([3, 3], routing, experts)); // Float32Array(2) [ 3, 12 ]
   * ```
   */
  mixtureOfExperts(x: RealArray, routing: Routing, experts: readonly Expert[]): Float32Array;

  /**
   * The same in slices of 8 ms, which can be aborted.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix, mixtureOfExpertsAsync, routeTokens } = await load();
   * using one = DenseMatrix.from([1], { rows: 1, columns: 1 });
   * const routing = routeTokens([0], { experts: 1, top: 1 });
   * console.log(await mixtureOfExpertsAsync([3], routing, [{ up: one, down: one, gate: one }])); // Float32Array(1) [ 8.57316780090332 ]
   * ```
   */
  mixtureOfExpertsAsync(
    x: RealArray,
    routing: Routing,
    experts: readonly Expert[],
    options?: AsyncOptions<WorkProgress>,
  ): Promise<Float32Array>;
}
