// What files of matrices are read into. `Class` is the class of matrices.

import type { MatrixMarketReader, SparseMatrix as RawMatrix } from '../../generated/raw/solver.js';
import type { Loading } from '../../runtime/file.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Reading } from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import type { DType } from '../dense/dense.js';
import { dtypes } from './values.js';

/** The reader of Matrix Market files. */
export function matrixMarket<T>(
  runtime: Runtime,
  operation: string,
  dtype: DType,
  Class: { prototype: T },
): Reading<MatrixMarketReader, RawMatrix, T> {
  const type = check.choice(operation, 'dtype', dtype, dtypes);
  const { MatrixMarketReader } = runtime.raw;
  return {
    formats: ['matrixMarket'],
    open: () => MatrixMarketReader.create(type),
    close: (reader) => MatrixMarketReader.finish(reader),
    wrap: (built) => adopt(runtime, operation, Class, built),
  };
}

/** What a saved matrix is read into. */
export function matrixFile<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
): Loading<RawMatrix, T> {
  return {
    kind: 'MTRX',
    build: (reader) => runtime.raw.SparseMatrix.load(reader),
    wrap: (built) => adopt(runtime, operation, Class, built),
  };
}
