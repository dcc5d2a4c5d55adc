// Sparse matrices in the engine's memory: the class, with the readers of all files of matrices.

import type { Runtime } from '../../runtime/runtime.js';
import { arrays } from './arrays.js';
import { makers } from './makers.js';
import { SparseMatrix } from './matrix.js';
import { readers } from './readers.js';
import { reading } from './reading.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { IntoOption } from '../../runtime/into.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export type { AsyncTextSource, ReadProgress, TextSource } from '../../runtime/text-source.js';
export type { DType } from '../dense/dense.js';
export type { MatrixAlgebra } from './algebra.js';
export type { MatrixEntries } from './entries.js';
export { SparseMatrix } from './matrix.js';
export type * from './types.js';

/** What `engine.use('sparse')` and `load()` give. */
export interface SparseRoom {
  readonly SparseMatrix: typeof SparseMatrix;
}

/** @internal */
export function createRoom(runtime: Runtime): SparseRoom {
  makers.give({ arrays, readers });
  readers.give(reading);
  return { SparseMatrix: runtime.bind(SparseMatrix) };
}
