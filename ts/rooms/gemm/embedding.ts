// Rows of tables by number.
import { SublinearRangeError } from '../../runtime/errors.js';
import { isInstance } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type IndexArray,
  indexArray,
  isInMemory,
  type RealArray,
  realArray,
} from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { DenseMatrix } from './dense-matrix.js';

/** A table: a matrix, or its numbers row by row, which are not copied. */
export type EmbeddingTable = DenseMatrix | { readonly data: RealArray; readonly columns: number };

export interface EmbeddingOptions {
  /** An id that stands for nothing: its rows are 0, whatever the table has there. */
  padding?: number;
}

export function embedding(
  runtime: Runtime,
  table: EmbeddingTable,
  ids: IndexArray,
  options: EmbeddingOptions | undefined,
): Float32Array {
  const operation = 'embedding';
  const { padding } = check.options(operation, options, ['padding']);
  runtime.assertAlive(operation);
  const list = Uint32Array.from(indexArray(operation, 'ids', ids));
  const own = isInstance(table, DenseMatrix) ? table : undefined;
  const data = own ? undefined : numbersOf(operation, table);
  const columns = own ? own.columns : (table as { columns: number }).columns;
  if (!own) check.integer(operation, 'columns', columns, 1);
  if (data && data.length % columns !== 0)
    throw check.shapeError(
      operation,
      'data',
      Math.ceil(data.length / columns) * columns,
      data.length,
    );
  const rows = own ? own.rows : (data?.length ?? 0) / columns;
  if (padding !== undefined) {
    check.integer(operation, 'padding', padding);
    if (padding >= rows) throw check.rangeError(operation, 'padding', `a row of ${rows}`, padding);
  }
  const position = list.findIndex((id) => id >= rows);
  if (position >= 0) {
    const message = `"ids[${position}]" expected a row of ${rows}, got ${list[position]}`;
    throw new SublinearRangeError('INDEX', operation, message, { argument: 'ids', position });
  }
  if (own) {
    const gathered = Float32Array.from(own.gather(list));
    for (const [i, id] of list.entries())
      if (id === padding) gathered.fill(0, i * columns, (i + 1) * columns);
    return gathered;
  }
  const out = runtime.array(operation, Float32Array, list.length * columns);
  for (const [i, id] of list.entries())
    if (id !== padding)
      out.set((data as Float32Array).subarray(id * columns, (id + 1) * columns), i * columns);
  return out;
}

function numbersOf(operation: string, table: EmbeddingTable): Float32Array | Float64Array {
  const given =
    typeof table === 'object' && table !== null ? (table as { data: RealArray }).data : undefined;
  if (given === undefined)
    throw check.typeError(operation, 'table', 'DenseMatrix or { data, columns }', table);
  return realArray(operation, 'data', isInMemory(given) ? given.toArray() : given);
}
