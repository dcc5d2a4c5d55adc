// The file of a matrix (docs/format.md, kind MTRX) on its way in. `Class` is the class of matrices.

import type { SparseMatrix as RawMatrix } from '../../generated/raw/solver.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { asyncKeys } from '../../runtime/steps.js';
import { options as checkOptions } from '../../runtime/validate.js';

/** What a saved matrix is read into. */
function matrixFile<T>(
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

export function load<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  bytes: BytesSource,
): T {
  return loadFile(runtime, operation, bytes, matrixFile(runtime, operation, Class));
}

export async function loadAsync<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  bytes: AsyncBytesSource,
  options: LoadAsyncOptions | undefined,
): Promise<T> {
  const given = checkOptions(operation, options, asyncKeys);
  return loadFileAsync(runtime, operation, bytes, matrixFile(runtime, operation, Class), given);
}
