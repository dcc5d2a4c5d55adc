// Linear attention over whole sequences, and its gradients.
import { linearGradientOptions, linearOptions } from '../../generated/fields/attention.js';
import type { LinearState as RawLinearState } from '../../generated/raw/neural.js';
import { give } from '../../runtime/fields.js';
import type { WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type Begun, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { headsOf, tokensOf } from './ask.js';
import type {
  LinearAskOptions,
  LinearAttention,
  LinearAttentionOptions,
  LinearGradientOptions,
  LinearStateOptions,
} from './linear-types.js';
import type { AttentionGradients } from './types.js';

export const linearStateKeys = [
  ...(['size', 'kvHeads', 'batch'] as const),
  ...(['features', 'featureCount', 'seed'] as const),
] as const;
export const linearAskKeys = ['heads', 'chunk'] as const;

const maps = { elu: 0, favor: 1 } as const;

/** Options of a state with what is left out, checked. */
export function linearShape(operation: string, given: LinearStateOptions, heads: number) {
  const { size, kvHeads = heads, batch = 1, seed = 0 } = given;
  check.integer(operation, 'size', size, 1);
  check.integer(operation, 'kvHeads', kvHeads, 1);
  check.integer(operation, 'batch', batch, 1);
  check.integer(operation, 'seed', seed);
  const map = check.choice(operation, 'features', given.features ?? 'elu', maps);
  if (map === maps.elu && given.featureCount !== undefined)
    throw check.rangeError(operation, 'featureCount', "features: 'favor'", given.featureCount);
  const featureCount = given.featureCount ?? (map === maps.elu ? 0 : 4 * size);
  if (map === maps.favor) check.integer(operation, 'featureCount', featureCount, 1);
  return { size, kvHeads, batch, map, featureCount, seed };
}
export type LinearShape = ReturnType<typeof linearShape>;

/** A state without keys. */
export function createState(runtime: Runtime, shape: LinearShape): RawLinearState | null {
  const { batch, kvHeads, size, map, featureCount, seed } = shape;
  return runtime.raw.LinearState.create(batch, kvHeads, size, map, featureCount, seed);
}

/** Queries, keys and values; any of them may be left out. */
export interface LinearArrays {
  queries?: RealArray;
  keys?: RealArray;
  values?: RealArray;
}

/** Begins to add keys and to answer queries. `state` gives the C object, once nothing can run between that and the call. */
export function beginLinear(
  call: Call<Partial<LinearAskOptions>>,
  { queries = [], keys = [], values = [] }: LinearArrays,
  { batch, kvHeads, size }: LinearShape,
  causal: boolean,
  state: () => RawLinearState,
  holds: WasmObject<RawObject>[],
): Begun<WorkProgress, Float32Array> {
  const { runtime, operation, options, scratch } = call;
  const { chunk } = options;
  const heads = options.heads ?? kvHeads;
  check.integer(operation, 'chunk', chunk ?? 0, chunk === undefined ? 0 : 1);
  const [q, k, v] = [
    scratch.floats('queries', queries),
    scratch.floats('keys', keys),
    scratch.floats('values', values),
  ];
  if (v.length !== k.length) throw check.shapeError(operation, 'values', k.length, v.length);
  const out = scratch.bytes(4 * q.length);
  const asked = {
    ...{ queries: q.address, queryCount: q.length, heads, out, chunk: chunk ?? 0, causal },
    tokens: tokensOf(operation, 'queries', q.length, batch * heads * size),
    ...{ keys: k.address, values: v.address, keyCount: k.length },
    keyTokens: tokensOf(operation, 'keys', k.length, batch * kvHeads * size),
  };
  const raw = state();
  runtime.check(operation, raw.begin(give(runtime, linearOptions, asked)));
  return { raw, holds, result: () => runtime.copyF32(out, q.length), stopped: true };
}

type Arrays = readonly [RealArray, RealArray, RealArray];

function beginWhole(
  call: Call<LinearAttentionOptions>,
  [queries, keys, values]: Arrays,
): Begun<WorkProgress, Float32Array> {
  const { runtime, operation, options, scratch } = call;
  const heads = headsOf(operation, options.heads);
  const { causal = false } = options;
  check.boolean(operation, 'causal', causal);
  const shape = linearShape(operation, options, heads);
  const raw = scratch.own(runtime.made(operation, createState(runtime, shape)));
  return beginLinear(call, { queries, keys, values }, shape, causal, () => raw, []);
}

function beginGradient(
  { runtime, operation, options, scratch }: Call<LinearGradientOptions>,
  [queries, keys, values]: Arrays,
  upstream: RealArray,
): Begun<WorkProgress, AttentionGradients> {
  const heads = headsOf(operation, options.heads);
  const { causal = false } = options;
  check.boolean(operation, 'causal', causal);
  const { batch, kvHeads, size } = linearShape(operation, options, heads);
  const [q, k] = [scratch.floats('queries', queries), scratch.floats('keys', keys)];
  const [v, g] = [scratch.floats('values', values), scratch.floats('upstream', upstream)];
  if (v.length !== k.length) throw check.shapeError(operation, 'values', k.length, v.length);
  if (g.length !== q.length) throw check.shapeError(operation, 'upstream', q.length, g.length);
  const [queryOut, keyOut, valueOut] = [q, k, k].map(({ length }) => scratch.bytes(4 * length)) as [
    number,
    number,
    number,
  ];
  const asked = {
    ...{ batch, heads, kvHeads, size, causal, queryOut, keyOut, valueOut },
    tokens: tokensOf(operation, 'queries', q.length, batch * heads * size),
    keyTokens: tokensOf(operation, 'keys', k.length, batch * kvHeads * size),
    ...{ queries: q.address, upstream: g.address, queryCount: q.length },
    ...{ keys: k.address, values: v.address, keyCount: k.length },
  };
  const raw = scratch.own(runtime.made(operation, runtime.raw.LinearGradient.create()));
  runtime.check(operation, raw.begin(give(runtime, linearGradientOptions, asked)));
  return {
    raw,
    holds: [],
    result: () => ({
      queries: runtime.copyF32(queryOut, q.length),
      keys: runtime.copyF32(keyOut, k.length),
      values: runtime.copyF32(valueOut, k.length),
    }),
  };
}

/** The functions of the room that are linear attention. */
export function createLinear(runtime: Runtime): LinearAttention {
  type Endless = { maxTimeMs?: never };
  const whole = task<Arrays, LinearAttentionOptions & Endless, WorkProgress, Float32Array>(
    runtime,
    [...linearAskKeys, ...linearStateKeys, 'causal'],
    beginWhole,
  );
  type Given = readonly [Arrays, RealArray];
  const gradient = task<Given, LinearGradientOptions & Endless, WorkProgress, AttentionGradients>(
    runtime,
    ['heads', 'kvHeads', 'size', 'batch', 'causal'],
    (call, [arrays, upstream]) => beginGradient(call, arrays, upstream),
  );
  return {
    linearAttention: (q, k, v, options) => whole.now('linearAttention', [q, k, v], options),
    linearAttentionAsync: (q, k, v, options) =>
      whole.later('linearAttentionAsync', [q, k, v], options),
    linearAttentionGradient: (q, k, v, upstream, options) =>
      gradient.now('linearAttentionGradient', [[q, k, v], upstream], options),
    linearAttentionGradientAsync: (q, k, v, upstream, options) =>
      gradient.later('linearAttentionGradientAsync', [[q, k, v], upstream], options),
  };
}
