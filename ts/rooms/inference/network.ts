// An encoder from its parts.

import { encoderShape } from '../../generated/fields/inference.js';
import type { Encoder as RawEncoder } from '../../generated/raw/neural.js';
import { give } from '../../runtime/fields.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Texts } from '../text/feed.js';
import type { Cutting } from './prose.js';
import type { Precision } from './types.js';

/** sl_precision */
export const precisions: Readonly<Record<Precision, number>> = { float32: 1, int8: 2 };

/** SL_STATIC_TOKENS: of tables, whose texts may have any length. */
export const ALL_TOKENS = 2 ** 30;

/** What csrc/inference/encoder.h makes an encoder of. */
export interface Network {
  shape: {
    dimension: number;
    width: number;
    hidden: number;
    layers: number;
    heads: number;
    mostTokens: number;
    /** sl_pooling, and the epsilon of norms: of BERT. */
    pooling?: number;
    epsilon?: number;
  };
  cutting: Cutting;
  pieces: readonly string[];
  /** Of unigram pieces. */
  scores?: Float64Array;
  /** The first so many pieces are never found in texts. */
  reserved: number;
  tensors: readonly Float32Array[];
}

/** The same in the module's memory, whole. */
export function encoderOf(
  runtime: Runtime,
  operation: string,
  { shape, cutting, pieces, scores, reserved, tensors }: Network,
  precision: number,
): RawEncoder {
  const raw = runtime.scratch(operation, (scratch) => {
    const list = new Texts();
    for (const piece of pieces) list.add(piece);
    const text = list.write(runtime, scratch);
    const lengths = scratch.u32(list.count);
    const numbers = scores === undefined ? 0 : scratch.f64(scores.length);
    runtime.u32.set(text.lengths, lengths / 4);
    if (scores !== undefined) runtime.f64.set(scores, numbers / 8);
    const options = give(runtime, encoderShape, { pooling: 0, epsilon: 0, ...shape, precision });
    return runtime.made(
      operation,
      runtime.raw.Encoder.create(
        options,
        cutting,
        text.address,
        text.bytes,
        lengths,
        numbers,
        pieces.length,
        reserved,
      ),
    );
  });
  try {
    for (const values of tensors) addTensor(runtime, operation, raw, values);
    return raw;
  } catch (error) {
    if (runtime.alive) raw.delete();
    throw error;
  }
}

export function addTensor(
  runtime: Runtime,
  operation: string,
  raw: Pick<RawEncoder, 'add'>,
  values: Float32Array,
): void {
  runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(4 * values.length);
    runtime.f32.set(values, address / 4);
    runtime.check(operation, raw.add(address, values.length));
  });
}
