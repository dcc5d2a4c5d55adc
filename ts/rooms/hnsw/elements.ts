// Vectors as users give them.
import { asTyped, kindOf } from '../../runtime/brand.js';
import { realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { VectorArray } from './types.js';

/** Checks type and length of `count` vectors of `width` elements, or of as many as there are; `bits`: bytes of bits. */
export function elementsOf(
  operation: string,
  argument: string,
  value: VectorArray,
  { bits, width }: { bits: boolean; width: number },
  count?: number,
): Uint8Array | Float32Array | Float64Array {
  if (!bits && kindOf(value) === 'Uint8Array')
    throw check.typeError(operation, argument, 'Float32Array, Float64Array or number[]', value);
  const source = bits
    ? asTyped(operation, argument, value, 'Uint8Array')
    : realArray(operation, argument, value);
  const held = count ?? Math.floor(source.length / width);
  if (source.length !== held * width) {
    const wanted = count === undefined ? (held + 1) * width : held * width;
    throw check.shapeError(operation, argument, wanted, source.length);
  }
  return source;
}
