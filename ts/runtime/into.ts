// Outputs that are made again and again: numbers go into an array that the caller gives for them, or into a new one.
import { asTyped } from './brand.js';
import type { Runtime } from './runtime.js';
import { shapeError } from './validate.js';

/** An option of methods whose result is one array of real numbers. */
export interface IntoOption {
  /**
   * Where to write the numbers: an array of the result's length and precision, which is then the one in the result, so that
   * nothing is allocated outside the module. Not through a worker, where the array in the result is a new one.
   */
  into?: Float64Array | Float32Array;
}

/** A view of the array that was given as `into`, checked: call it before the work is done, and again when it ends. */
export function viewOf(
  operation: string,
  into: Float64Array | Float32Array,
  length: number,
  float32: boolean,
): Float64Array | Float32Array {
  const view = asTyped(operation, 'into', into, float32 ? 'Float32Array' : 'Float64Array');
  if (view.length !== length) throw shapeError(operation, 'into', length, view.length);
  return view;
}

/** float64 numbers of the module in `into`, or in a new array. */
export function numbersOut(
  runtime: Runtime,
  operation: string,
  [address, length]: readonly [address: number, length: number],
  float32: boolean,
  into: Float64Array | Float32Array | undefined,
): Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  if (into === undefined) {
    const copy = runtime.copyF64(address, length);
    return float32 ? new Float32Array(copy) : copy;
  }
  const view = viewOf(operation, into, length, float32);
  view.set(runtime.f64.subarray(address / 8, address / 8 + length));
  return into as Float64Array<ArrayBuffer>;
}
