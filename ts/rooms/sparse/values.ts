// Values of matrices and weights of graphs on their way into the C core.

import {
  type Block,
  F32,
  F64,
  isInMemory,
  type RealArray,
  realArray,
  type Scratch,
} from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { DType } from '../dense/dense.js';

export const dtypes = { float32: F32, float64: F64 } as const;

/**
 * Values as they go into the C core: in their own precision, or in the one that was asked for.
 */
export function valuesIn(
  operation: string,
  scratch: Scratch,
  argument: string,
  values: RealArray | undefined,
  dtype: DType | undefined,
): Block | undefined {
  const type = dtype === undefined ? undefined : check.choice(operation, 'dtype', dtype, dtypes);
  if (values === undefined) return undefined;
  if (type === F64) return scratch.doubles(argument, values);
  if (type === undefined || values instanceof Float32Array) return scratch.reals(argument, values);
  const wide = isInMemory(values) ? values.toArray() : realArray(operation, argument, values);
  return scratch.reals(argument, Float32Array.from(wide));
}
