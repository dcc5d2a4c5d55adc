// Gradients of attention.
import { attentionGradientOptions } from '../../generated/fields/attention.js';
import type { AttentionGradient as RawGradient } from '../../generated/raw/neural.js';
import { give } from '../../runtime/fields.js';
import type { RealArray } from '../../runtime/scratch.js';
import type { Begun, Call, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { headsOf, tokensOf } from './ask.js';
import { shapeOf } from './kv-cache.js';
import type { AttentionGradients, GradientOptions } from './types.js';

export const gradientKeys = [
  ...(['heads', 'causal', 'window', 'scale'] as const),
  ...(['size', 'kvHeads', 'batch'] as const),
] as const;

/** Queries, keys, values, and the numbers of the outputs. */
export type Given = readonly [RealArray, RealArray, RealArray, RealArray];

/** Begins with an object of its own, made by `hold`. */
export function beginGradient(
  { runtime, operation, options, scratch }: Call<GradientOptions>,
  [queries, keys, values, upstream]: Given,
  hold: (raw: RawGradient) => RawGradient,
): Begun<WorkProgress, AttentionGradients> {
  const { causal = false, window = 0, scale = 0 } = options;
  const heads = headsOf(operation, options.heads);
  check.boolean(operation, 'causal', causal);
  check.integer(operation, 'window', window, options.window === undefined ? 0 : 1);
  check.number(operation, 'scale', scale);
  if (options.scale === 0) throw check.rangeError(operation, 'scale', 'a number that is not 0', 0);
  const { window: _, ...rest } = options;
  const { batch, kvHeads, size } = shapeOf(operation, rest, heads);
  const [q, k] = [scratch.floats('queries', queries), scratch.floats('keys', keys)];
  const [v, g] = [scratch.floats('values', values), scratch.floats('upstream', upstream)];
  if (v.length !== k.length) throw check.shapeError(operation, 'values', k.length, v.length);
  if (g.length !== q.length) throw check.shapeError(operation, 'upstream', q.length, g.length);
  const out = [q, k, k].map(({ length }) => scratch.bytes(4 * length)) as [number, number, number];
  const asked = {
    ...{ batch, heads, kvHeads, size, window, scale, causal },
    tokens: tokensOf(operation, 'queries', q.length, batch * heads * size),
    keyTokens: tokensOf(operation, 'keys', k.length, batch * kvHeads * size),
    ...{ queries: q.address, upstream: g.address, queryCount: q.length },
    ...{ keys: k.address, values: v.address, keyCount: k.length },
    ...{ queryOut: out[0], keyOut: out[1], valueOut: out[2] },
  };
  const raw = hold(runtime.made(operation, runtime.raw.AttentionGradient.create()));
  runtime.check(operation, raw.begin(give(runtime, attentionGradientOptions, asked)));
  return {
    raw,
    holds: [],
    result: () => ({
      queries: runtime.copyF32(out[0], q.length),
      keys: runtime.copyF32(out[1], k.length),
      values: runtime.copyF32(out[2], k.length),
    }),
  };
}
