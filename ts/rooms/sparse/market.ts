// Matrix Market files as matrices. `Class` is the class of matrices.

import type { MatrixMarketReader, SparseMatrix as RawMatrix } from '../../generated/raw/solver.js';
import { refusing } from '../../runtime/formats.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { asyncKeys } from '../../runtime/steps.js';
import { readTextAsync } from '../../runtime/text-coming.js';
import {
  type AsyncTextSource,
  type Reading,
  readText,
  type TextSource,
} from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import { dtypes } from '../../runtime/values.js';
import type { DType } from '../dense/dense.js';
import type { ReadMatrixAsyncOptions, ReadMatrixOptions } from './types.js';

/** The reader of Matrix Market files. */
function matrixMarket<T>(
  runtime: Runtime,
  operation: string,
  dtype: DType,
  Class: { prototype: T },
): Reading<MatrixMarketReader, RawMatrix, T> {
  const type = check.choice(operation, 'dtype', dtype, dtypes);
  const { MatrixMarketReader } = runtime.raw;
  return {
    refuse: refusing(operation, ['matrixMarket']),
    open: () => MatrixMarketReader.create(type),
    close: (reader) => MatrixMarketReader.finish(reader),
    wrap: (built) => adopt(runtime, operation, Class, built),
  };
}

export function fromMatrixMarket<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  source: TextSource,
  options: ReadMatrixOptions | undefined,
): T {
  const { dtype = 'float64' } = check.options(operation, options, ['dtype']);
  return readText(runtime, operation, source, matrixMarket(runtime, operation, dtype, Class));
}

export async function fromMatrixMarketAsync<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  source: AsyncTextSource,
  options: ReadMatrixAsyncOptions | undefined,
): Promise<T> {
  const given = check.options(operation, options, ['dtype', ...asyncKeys]);
  const reading = matrixMarket(runtime, operation, given.dtype ?? 'float64', Class);
  return readTextAsync(runtime, operation, source, reading, given);
}
