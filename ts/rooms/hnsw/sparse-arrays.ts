// Sparse vectors on their way into the module's memory.
import { isPlain } from '../../runtime/brand.js';
import type { Runtime } from '../../runtime/runtime.js';
import { indexArray, realArray, type Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { SparseRows, SparseVector, SparseVectors } from './sparse-types.js';

/** Where vectors lie: starts, indices and values as sl_inverted_add() takes them. */
export interface SparseBlock {
  starts: number;
  indices: number;
  values: number;
  entries: number;
  count: number;
}

/** Indices and values of one vector, which nobody else can shorten. */
export interface OwnSparse {
  indices: Uint32Array;
  values: Float64Array | Float32Array;
}

const rowKeys = ['starts', 'indices', 'values'] as const;

/** Reads one vector; lists of numbers are copied. */
export function readSparse(operation: string, argument: string, vector: unknown): OwnSparse {
  if (!isPlain(vector)) throw check.typeError(operation, argument, '{ indices, values }', vector);
  const given = vector as Partial<SparseVector>;
  const indices = indexArray(operation, `${argument}.indices`, given.indices);
  const values = realArray(operation, `${argument}.values`, given.values);
  if (values.length !== indices.length)
    throw check.shapeError(operation, `${argument}.values`, indices.length, values.length);
  return { indices, values };
}

/** Copies vectors in. */
export function sparseIn(
  runtime: Runtime,
  scratch: Scratch,
  operation: string,
  argument: string,
  vectors: SparseVectors,
): SparseBlock {
  const list = Array.isArray(vectors) ? (vectors as readonly SparseVector[]) : undefined;
  if (list === undefined)
    return rowsIn(runtime, scratch, operation, argument, vectors as SparseRows);
  const read = Array.from(list, (vector, i) => readSparse(operation, `${argument}[${i}]`, vector));
  return ownIn(runtime, scratch, read);
}

/** Copies in what was read. */
export function ownIn(
  runtime: Runtime,
  scratch: Scratch,
  vectors: readonly OwnSparse[],
): SparseBlock {
  const entries = vectors.reduce((sum, { indices }) => sum + indices.length, 0);
  const starts = scratch.u32(vectors.length + 1);
  const [indices, values] = [scratch.u32(entries), scratch.u32(entries)];
  const { u32, f32 } = runtime;
  let at = 0;
  vectors.forEach((vector, i) => {
    u32[starts / 4 + i] = at;
    u32.set(vector.indices, indices / 4 + at);
    f32.set(vector.values, values / 4 + at);
    at += vector.indices.length;
  });
  u32[starts / 4 + vectors.length] = at;
  return { starts, indices, values, entries, count: vectors.length };
}

function rowsIn(
  runtime: Runtime,
  scratch: Scratch,
  operation: string,
  argument: string,
  rows: SparseRows,
): SparseBlock {
  if (!isPlain(rows))
    throw check.typeError(
      operation,
      argument,
      'array of { indices, values }, or { starts, indices, values }',
      rows,
    );
  const given = check.options(operation, rows, rowKeys);
  const indices = scratch.indices(`${argument}.indices`, given.indices);
  const values = scratch.floats(`${argument}.values`, given.values);
  const starts = scratch.indices(`${argument}.starts`, given.starts);
  if (values.length !== indices.length)
    throw check.shapeError(operation, `${argument}.values`, indices.length, values.length);
  if (starts.length === 0) throw check.shapeError(operation, `${argument}.starts`, 1, 0);
  const from = starts.address / 4;
  const first = runtime.u32[from] as number;
  const last = runtime.u32[from + starts.length - 1] as number;
  if (first !== 0 || last !== indices.length)
    throw check.rangeError(
      operation,
      `${argument}.starts`,
      `numbers from 0 to ${indices.length}, the number of values`,
      first !== 0 ? first : last,
    );
  return {
    starts: starts.address,
    indices: indices.address,
    values: values.address,
    entries: indices.length,
    count: starts.length - 1,
  };
}
