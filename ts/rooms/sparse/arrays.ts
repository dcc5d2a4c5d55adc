// Matrices from arrays: of entries, of compressed rows, of all elements, of a diagonal. `Class` is the class of matrices.

import { SublinearRangeError } from '../../runtime/errors.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type Block, F64, type RealArray, realArray, type Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { valuesIn } from '../../runtime/values.js';
import type { CooInput, CsrInput, DenseInput } from './types.js';

function fromCoo<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  input: CooInput,
): T {
  const keys = ['rows', 'cols', 'rowIndices', 'columnIndices', 'values', 'dtype'] as const;
  const { rows, cols, rowIndices, columnIndices, values, dtype } = check.options(
    operation,
    input,
    keys,
  );
  check.integer(operation, 'rows', rows);
  check.integer(operation, 'cols', cols);
  return runtime.scratch(operation, (scratch) => {
    const i = scratch.indices('rowIndices', rowIndices);
    const j = scratch.indices('columnIndices', columnIndices);
    const v = valuesIn(operation, scratch, 'values', values, dtype);
    if (j.length !== i.length)
      throw check.shapeError(operation, 'columnIndices', i.length, j.length);
    if (v && v.length !== i.length) throw check.shapeError(operation, 'values', i.length, v.length);
    const raw = runtime.raw.SparseMatrix.fromCoo(
      rows,
      cols,
      i.length,
      i.address,
      j.address,
      v?.address ?? 0,
      v?.type ?? 0,
    );
    return adopt(runtime, operation, Class, raw);
  });
}

function fromCsr<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  input: CsrInput,
): T {
  const keys = ['rows', 'cols', 'rowPointers', 'columns', 'values', 'dtype'] as const;
  const { rows, cols, rowPointers, columns, values, dtype } = check.options(operation, input, keys);
  check.integer(operation, 'rows', rows);
  check.integer(operation, 'cols', cols);
  return runtime.scratch(operation, (scratch) => {
    const pointers = scratch.indices('rowPointers', rowPointers);
    const j = scratch.indices('columns', columns);
    const v = valuesIn(operation, scratch, 'values', values, dtype);
    const raw = runtime.raw.SparseMatrix.fromCsr(
      rows,
      cols,
      pointers.address,
      pointers.length,
      j.address,
      j.length,
      v?.address ?? 0,
      v?.length ?? 0,
      v?.type ?? 0,
    );
    return adopt(runtime, operation, Class, raw);
  });
}

function fromDense<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  input: DenseInput,
): T {
  const csr = csrOfDense(runtime, operation, input);
  return fromCsr(runtime, 'SparseMatrix.fromCsr', Class, csr);
}

/** The elements that are not zero, as compressed sparse rows. */
function csrOfDense(runtime: Runtime, operation: string, input: DenseInput): CsrInput {
  const keys = ['rows', 'cols', 'values', 'dtype'] as const;
  const { rows, cols, values, dtype } = check.options(operation, input, keys);
  check.integer(operation, 'rows', rows);
  check.integer(operation, 'cols', cols);
  const all = realArray(operation, 'values', values);
  if (all.length !== rows * cols)
    throw check.shapeError(operation, 'values', rows * cols, all.length);
  let nnz = 0;
  for (let k = 0; k < all.length; k++) {
    if (!Number.isFinite(all[k])) throw notFinite(operation, 'values', k);
    if (all[k] !== 0) nnz++;
  }
  const rowPointers = runtime.array(operation, Uint32Array, rows + 1);
  const columns = runtime.array(operation, Uint32Array, nnz);
  const kept: Float32Array | Float64Array =
    all instanceof Float32Array
      ? runtime.array(operation, Float32Array, nnz)
      : runtime.array(operation, Float64Array, nnz);
  for (let i = 0, k = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++, k++) {
      if (all[k] === 0) continue;
      columns[at] = j;
      kept[at++] = all[k] as number;
    }
    rowPointers[i + 1] = at;
  }
  return {
    rows,
    cols,
    rowPointers,
    columns,
    values: kept,
    ...(dtype && { dtype }),
  };
}

function fromDiagonal<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  values: RealArray,
): T {
  return runtime.scratch(operation, (scratch) =>
    diagonalMatrix(runtime, operation, scratch, scratch.reals('values', values), Class),
  );
}

function identity<T>(runtime: Runtime, operation: string, Class: { prototype: T }, n: number): T {
  check.integer(operation, 'n', n);
  return runtime.scratch(operation, (scratch) => {
    const address = scratch.f64(n);
    runtime.f64.fill(1, address / 8, address / 8 + n);
    const ones: Block = { address, length: n, type: F64 };
    return diagonalMatrix(runtime, operation, scratch, ones, Class);
  });
}

/** The matrix of a diagonal that lies in the module; its places are written there as well. */
function diagonalMatrix<T>(
  runtime: Runtime,
  operation: string,
  scratch: Scratch,
  values: Block,
  Class: { prototype: T },
): T {
  const n = values.length;
  // Columns 0 .. n - 1 are also the first n row pointers.
  const places = scratch.u32(n + 1);
  for (let at = 0; at <= n; at += PLACES)
    countUp(runtime.u32, places / 4 + at, at, Math.min(PLACES, n + 1 - at));
  const { address, type } = values;
  const raw = runtime.raw.SparseMatrix.fromCsr(n, n, places, n + 1, places, n, address, n, type);
  return adopt(runtime, operation, Class, raw);
}

/** Numbers that are written at once: a loop that is called often is compiled sooner than one that runs for long. */
const PLACES = 4096;

function countUp(heap: Uint32Array, at: number, first: number, count: number): void {
  for (let i = 0; i < count; i++) heap[at + i] = first + i;
}

function notFinite(operation: string, argument: string, position: number) {
  const message = `"${argument}" at position ${position}: value is NaN or infinite, expected finite numbers`;
  return new SublinearRangeError('NOT_FINITE', operation, message, { argument, position });
}

/** What modules bring that have the class (makers.ts), by the names of its methods. */
export const arrays = { fromCoo, fromCsr, fromDense, fromDiagonal, identity };
