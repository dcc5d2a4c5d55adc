// How attention is asked of the C core.

import { attentionOptions } from '../../generated/fields/attention.js';
import type { KvCache as RawKvCache } from '../../generated/raw/neural.js';
import { asTyped } from '../../runtime/brand.js';
import { give } from '../../runtime/fields.js';
import type { WasmObject } from '../../runtime/object.js';
import type { RawObject } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import type { Begun, Call, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { AskOptions } from './types.js';

export const askKeys = [
  'heads',
  'causal',
  'window',
  'global',
  'mask',
  'bias',
  'scale',
  'into',
] as const;

/** Elements of one token of all items. */
export interface Shape {
  batch: number;
  size: number;
}

/** How many tokens an array has; throws when that is no whole number. */
export function tokensOf(
  operation: string,
  argument: string,
  length: number,
  each: number,
): number {
  const tokens = length / each;
  if (!Number.isInteger(tokens))
    throw check.shapeError(operation, argument, Math.ceil(tokens) * each, length);
  return tokens;
}

/** The number of query heads, checked. */
export function headsOf(operation: string, heads: unknown): number {
  return check.integer(operation, 'heads', heads, 1);
}

/**
 * Begins attention of `queries`. `cache` gives the C object, once nothing can run between that and the call; it has its keys
 * then.
 */
export function ask(
  call: Call<AskOptions>,
  queries: RealArray,
  { batch, size }: Shape,
  cache: () => RawKvCache,
  holds: WasmObject<RawObject>[],
): Begun<WorkProgress, Float32Array> {
  const { runtime, operation, options, scratch } = call;
  const { causal = false, window = 0, global = 0, mask, bias, scale = 0, into } = options;
  const heads = headsOf(operation, options.heads);
  check.boolean(operation, 'causal', causal);
  check.integer(operation, 'window', window, options.window === undefined ? 0 : 1);
  check.integer(operation, 'global', global);
  check.number(operation, 'scale', scale);
  if (options.scale === 0) throw check.rangeError(operation, 'scale', 'a number that is not 0', 0);
  const q = scratch.floats('queries', queries);
  const tokens = tokensOf(operation, 'queries', q.length, batch * heads * size);
  const added = bias === undefined ? undefined : scratch.floats('bias', bias);
  const seen = mask === undefined ? undefined : asTyped(operation, 'mask', mask, 'Uint8Array');
  const masked = seen === undefined ? 0 : scratch.bytes(seen.length);
  if (seen !== undefined) runtime.u8.set(seen, masked);
  const out = scratch.bytes(4 * q.length);
  const intoView = () => {
    const view = asTyped(operation, 'into', into, 'Float32Array');
    if (view.length !== q.length) throw check.shapeError(operation, 'into', q.length, view.length);
    return view;
  };
  if (into !== undefined) intoView();
  const raw = cache();
  const wanted = {
    queries: q.address,
    queryCount: q.length,
    tokens,
    heads,
    causal: Number(causal),
    window,
    global,
    mask: masked,
    maskCount: seen?.length ?? 0,
    bias: added?.address ?? 0,
    biasCount: added?.length ?? 0,
    scale,
    out,
    outCount: q.length,
  };
  runtime.check(operation, raw.attend(give(runtime, attentionOptions, wanted)));
  return {
    raw,
    holds,
    result() {
      if (into === undefined) return runtime.copyF32(out, q.length);
      intoView().set(runtime.f32.subarray(out / 4, out / 4 + q.length));
      return into;
    },
  };
}
