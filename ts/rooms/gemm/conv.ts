// Convolutions over places.

import { SublinearRangeError } from '../../runtime/errors.js';
import { isInstance } from '../../runtime/object.js';
import { isInMemory, type RealArray, realArray } from '../../runtime/scratch.js';
import type { Call } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { DenseMatrix } from './dense-matrix.js';
import { F32, I8 } from './elements.js';
import type { Conv1dOptions } from './layer-types.js';
import { beginProduct, type Problem } from './product.js';
import type { MatmulOptions } from './types.js';

export const convKeys = ['channels', 'kernel', 'stride', 'padding', 'bias', 'activation'] as const;

/** A convolution as a product: row t of the left operand is what the kernel sees at place t, and rows overlap. */
export function conv(
  operation: string,
  x: RealArray,
  weights: DenseMatrix,
  options: Conv1dOptions,
) {
  const { channels, kernel, stride = 1, padding = 0, bias, activation } = options;
  check.integer(operation, 'channels', channels, 1);
  check.integer(operation, 'kernel', kernel, 1);
  check.integer(operation, 'stride', stride, 1);
  const [before, after] = typeof padding === 'number' ? [padding, padding] : padding;
  check.integer(operation, 'padding', before);
  check.integer(operation, 'padding', after);
  const source = realArray(operation, 'x', isInMemory(x) ? x.toArray() : x);
  if (source.length % channels !== 0)
    throw check.shapeError(
      operation,
      'x',
      Math.ceil(source.length / channels) * channels,
      source.length,
    );
  if (!isInstance(weights, DenseMatrix))
    throw check.typeError(operation, 'weights', 'DenseMatrix', weights);
  const raw = weights.use(operation);
  if (raw.rows !== kernel * channels) {
    const message = `"weights" expected ${kernel * channels} rows (kernel * channels), got ${raw.rows}`;
    throw new SublinearRangeError('SHAPE', operation, message, { argument: 'weights' });
  }
  const places = source.length / channels + before + after;
  const problem: Problem = {
    type: raw.element >= I8 ? F32 : raw.element,
    batch: 1,
    rows: places < kernel ? 0 : Math.floor((places - kernel) / stride) + 1,
    depth: kernel * channels,
    columns: raw.columns,
    left: {
      rows: 0,
      columns: 0,
      rowStride: stride * channels,
      columnStride: 1,
      batchStride: 0,
      type: F32,
    },
    right: {
      matrix: weights,
      rows: raw.rows,
      columns: raw.columns,
      rowStride: raw.columns,
      columnStride: 1,
      batchStride: 0,
      type: raw.element,
    },
  };
  if (problem.type !== F32)
    throw check.typeError(operation, 'weights', 'a float32, int8 or int4 matrix', weights);
  const asked: MatmulOptions = {
    ...(bias !== undefined && { bias }),
    ...(activation !== undefined && { activation }),
  };
  const begin = (call: Call<object>, product: Parameters<typeof beginProduct>[1]) => {
    const { runtime, scratch } = call;
    const length = places * channels;
    const address = scratch.bytes(4 * length);
    runtime.f32.fill(0, address / 4, address / 4 + length);
    runtime.f32.set(source, address / 4 + before * channels);
    const {
      raw: made,
      holds,
      result,
    } = beginProduct({ ...call, options: asked }, product, problem, { address, length });
    return { raw: made, holds, result: () => result() as Float32Array };
  };
  return begin;
}
