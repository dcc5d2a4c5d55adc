// Attention, over whole sequences and token by token.

import type {
  AttentionGradient as RawGradient,
  KvCache as RawKvCache,
} from '../../generated/raw/neural.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { asyncKeys, type Call, runLater, runNow, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { ask, askKeys, headsOf, tokensOf } from './ask.js';
import { FixedBlock } from './fixed-block.js';
import { createForms } from './forms.js';
import type { AttentionForms } from './forms-types.js';
import { beginGradient, type Given, gradientKeys } from './gradient.js';
import { cacheKeys, KvCache, shapeOf } from './kv-cache.js';
import { createLinear } from './linear.js';
import { LinearState } from './linear-state.js';
import type { LinearAttention } from './linear-types.js';
import { SelectiveScan } from './selective-scan.js';
import type {
  AskOptions,
  AttentionAsyncOptions,
  AttentionGradients,
  AttentionOptions,
  GradientAsyncOptions,
  GradientOptions,
} from './types.js';

export * from '../../runtime/errors.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { FixedBlockOptions, FixedScale, FixedWeights } from './fixed-block.js';
export { FixedBlock } from './fixed-block.js';
export type {
  AttentionForms,
  DagEdges,
  DagMask,
  DagMaskOptions,
  DirectedGraph,
  HyperbolicAttentionAsyncOptions,
  HyperbolicAttentionOptions,
} from './forms-types.js';
export { KvCache } from './kv-cache.js';
export { LinearState } from './linear-state.js';
export type {
  LinearAskAsyncOptions,
  LinearAskOptions,
  LinearAttention,
  LinearAttentionAsyncOptions,
  LinearAttentionOptions,
  LinearGradientAsyncOptions,
  LinearGradientOptions,
  LinearStateOptions,
} from './linear-types.js';
export type {
  SelectiveAsyncInputs,
  SelectiveInputs,
  SelectiveScanOptions,
} from './selective-scan.js';
export { SelectiveScan } from './selective-scan.js';
export type {
  AskOptions,
  AttendAsyncOptions,
  AttentionAsyncOptions,
  AttentionGradients,
  AttentionOptions,
  CacheOptions,
  GradientAsyncOptions,
  GradientOptions,
  KvCacheOptions,
} from './types.js';

/** What `engine.use('attention')` and `load()` give. */
export interface AttentionRoom extends LinearAttention, AttentionForms {
  readonly KvCache: typeof KvCache;
  readonly LinearState: typeof LinearState;
  readonly SelectiveScan: typeof SelectiveScan;
  readonly FixedBlock: typeof FixedBlock;

  /**
   * Softmax attention: for each query the mean of the values, weighted by softmax(scale q k + bias) over the keys that it
   * sees. No matrix of scores is made: memory is that of the arrays. A query that sees nothing gives zeros. Computed in
   * float32, with the same bits in every engine. Query i stands at position keys - queries + i.
   * O(batch heads queries keys size); half of it with `causal`, and with `window` only the keys of the window.
   *
   * @param queries - batch x queries x heads x size
   * @param keys - batch x keys x kvHeads x size
   * @param values - as long as keys
   * @throws RangeError `SHAPE` names the array that does not fit, `OPTION`, `RANGE` when `causal` or `window` is given and there are more queries than keys
   * @throws SublinearError `MEMORY`, before anything is computed
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { attention } = await load();
   * const values = [1, 0, 0, 1, 5, 5];
   * const x = [1, 0, 0, 1, 1, 1];
   * const y = attention(x, x, values, { heads: 1, size: 2, causal: true });
   * console.log(Array.from(y, (value) => value.toFixed(2))); // [ '1.00', '0.00', '0.33', '0.67', '2.77', '2.77' ]
   * ```
   */
  attention(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    options: AttentionOptions,
  ): Float32Array;

  /**
   * The same in slices of 8 ms, which can be aborted.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { attentionAsync } = await load();
   * const y = await attentionAsync([1], [1, 1], [2, 4], { heads: 1, size: 1 });
   * console.log(y); // Float32Array(1) [ 3 ]
   * ```
   */
  attentionAsync(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    options: AttentionAsyncOptions,
  ): Promise<Float32Array>;

  /**
   * Derivatives of attention, for learning: of the sum of its outputs, each times its number in `upstream`, with respect to queries,
   * keys and values. Without masks and biases. Heads that share keys add up. Memory is that of the arrays.
   * O(batch heads queries keys size), about three times attention itself.
   *
   * @param upstream - as long as the queries: what the loss changes by with each output
   * @throws RangeError `SHAPE` names the array that does not fit, `OPTION`, `RANGE` when `causal` or `window` is given and there are more queries than keys
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { attentionGradient } = await load();
   * // Of a mean of 2 and 4 with equal weights.
   * const { keys, values } = attentionGradient([1], [1, 1], [2, 4], [1], { heads: 1, size: 1 });
   * console.log(keys, values); // Float32Array(2) [ -0.5, 0.5 ] Float32Array(2) [ 0.5, 0.5 ]
   * ```
   */
  attentionGradient(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    upstream: RealArray,
    options: GradientOptions,
  ): AttentionGradients;

  /**
   * The same in slices of 8 ms, which can be aborted.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { attentionGradientAsync } = await load();
   * const { queries } = await attentionGradientAsync([1], [0, 2], [2, 4], [1], { heads: 1, size: 1 });
   * console.log(queries[0]?.toFixed(4)); // 0.4200
   * ```
   */
  attentionGradientAsync(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    upstream: RealArray,
    options: GradientAsyncOptions,
  ): Promise<AttentionGradients>;
}

const keysOfOptions = [...new Set([...askKeys, ...cacheKeys])];

/** Puts keys and values into a cache of their own, made by `cache`, and asks it. */
function begin(
  call: Call<AttentionOptions>,
  [queries, keys, values]: readonly [RealArray, RealArray, RealArray],
  hold: (raw: RawKvCache) => RawKvCache,
) {
  const { runtime, operation, options, scratch } = call;
  const heads = headsOf(operation, options.heads);
  // The window is the queries', and the cache keeps all.
  const { window: _, ...rest } = options;
  const shape = shapeOf(operation, rest, heads);
  const { batch, kvHeads, size, block } = shape;
  const [k, v] = [scratch.floats('keys', keys), scratch.floats('values', values)];
  const tokens = tokensOf(operation, 'keys', k.length, batch * kvHeads * size);
  if (v.length !== k.length) throw check.shapeError(operation, 'values', k.length, v.length);
  const raw = hold(
    runtime.made(operation, runtime.raw.KvCache.create(batch, kvHeads, size, block, 0)),
  );
  runtime.check(operation, raw.append(k.address, v.address, k.length, tokens));
  return ask(call, queries, shape, () => raw, []);
}

/** @internal */
export function createRoom(runtime: Runtime): AttentionRoom {
  type Endless = { maxTimeMs?: never };
  type Options = AttentionOptions & AskOptions & Endless;
  return {
    KvCache: runtime.bind(KvCache),
    LinearState: runtime.bind(LinearState),
    SelectiveScan: runtime.bind(SelectiveScan),
    FixedBlock: runtime.bind(FixedBlock),
    ...createLinear(runtime),
    ...createForms(runtime),
    attention(queries, keys, values, options) {
      const operation = 'attention';
      const read = check.options<Options>(operation, options, keysOfOptions);
      runtime.assertAlive(operation);
      let cache: RawKvCache | undefined;
      try {
        return runNow<Options, WorkProgress, Float32Array>(runtime, operation, read, (call) =>
          begin(call, [queries, keys, values], (raw) => (cache = raw)),
        );
      } finally {
        if (runtime.alive) cache?.delete();
      }
    },
    async attentionAsync(queries, keys, values, options) {
      const operation = 'attentionAsync';
      const read = check.options<AttentionAsyncOptions & Options>(operation, options, [
        ...keysOfOptions,
        ...asyncKeys,
      ]);
      runtime.assertAlive(operation);
      let cache: RawKvCache | undefined;
      try {
        return await runLater<Options, WorkProgress, Float32Array>(
          runtime,
          operation,
          read,
          (call) => begin(call, [queries, keys, values], (raw) => (cache = raw)),
        );
      } finally {
        if (runtime.alive) cache?.delete();
      }
    },
    attentionGradient(queries, keys, values, upstream, options) {
      const operation = 'attentionGradient';
      const read = check.options<GradientOptions & Endless>(operation, options, gradientKeys);
      const given: Given = [queries, keys, values, upstream];
      let raw: RawGradient | undefined;
      try {
        return runNow<GradientOptions & Endless, WorkProgress, AttentionGradients>(
          runtime,
          operation,
          read,
          (call) => beginGradient(call, given, (made) => (raw = made)),
        );
      } finally {
        if (runtime.alive) raw?.delete();
      }
    },
    async attentionGradientAsync(queries, keys, values, upstream, options) {
      const operation = 'attentionGradientAsync';
      const all = [...gradientKeys, ...asyncKeys] as const;
      const read = check.options<GradientAsyncOptions & Endless>(operation, options, all);
      const given: Given = [queries, keys, values, upstream];
      let raw: RawGradient | undefined;
      try {
        return await runLater<GradientOptions & Endless, WorkProgress, AttentionGradients>(
          runtime,
          operation,
          read,
          (call) => beginGradient(call, given, (made) => (raw = made)),
        );
      } finally {
        if (runtime.alive) raw?.delete();
      }
    },
  };
}
