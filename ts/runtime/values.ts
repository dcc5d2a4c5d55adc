// Values of matrices and weights of graphs on their way into the C core.

import { type Block, F32, F64, type RealArray, type Scratch } from './scratch.js';
import * as check from './validate.js';

export const dtypes = { float32: F32, float64: F64 } as const;

/**
 * Values as they go into the C core: in their own precision, or in the one that was asked for.
 */
export function valuesIn(
  operation: string,
  scratch: Scratch,
  argument: string,
  values: RealArray | undefined,
  dtype: keyof typeof dtypes | undefined,
): Block | undefined {
  const type = dtype === undefined ? undefined : check.choice(operation, 'dtype', dtype, dtypes);
  if (values === undefined) return undefined;
  if (type === F64) return scratch.doubles(argument, values);
  return type === undefined ? scratch.reals(argument, values) : scratch.floats(argument, values);
}
