// Tables of Apache Arrow: files and streams, read by the library `apache-arrow`.
import { DataType, type Field, Precision, type Table, tableFromIPC, Vector } from 'apache-arrow';
import type { Collection } from '../rooms/hnsw/collection.js';
import { isSublinearError } from '../runtime/errors.js';
import type { AsyncBytesSource } from '../runtime/file.js';
import { checkArrow } from './arrow-check.js';
import { bytesOf, damaged, given, messageOf } from './collect.js';
import { collectedRows, type Row, type RowOptions } from './rows.js';

export type { Collection } from '../rooms/hnsw/collection.js';
export type { Key } from '../rooms/hnsw/collection-items.js';
export * from '../runtime/errors.js';
export type { AsyncBytesSource, BytesSource } from '../runtime/file.js';
export type { AsyncOptions } from '../runtime/steps.js';
export type { ImportOptions, ImportProgress } from './collect.js';
export type { RowOptions } from './rows.js';

/**
 * A collection of the rows of an Arrow table: the bytes of a file or of a stream (Feather 2 is one), or a `Table` of apache-arrow.
 * The column of vectors is of FixedSizeList, List or LargeList, its numbers of any kind. A row without a vector needs a text.
 * O(rows), and the index is built.
 *
 * Needs the package `apache-arrow` beside this one.
 *
 * @throws SublinearError `FORMAT` for a file that is damaged, compressed in a way that apache-arrow does not read, or has values
 *   that are no vector or key; RangeError for a column that is not there; rejects with `signal.reason` after an abort
 *
 * @example
 * ```ts
 * import { Field, FixedSizeList, Float32, Table, vectorFromArray } from 'apache-arrow';
 * import { fromArrow } from 'sublinear/import/arrow';
 *
 * const pairs = new FixedSizeList(2, new Field('item', new Float32()));
 * const table = new Table({
 *   id: vectorFromArray(['up', 'right']),
 *   length: vectorFromArray([1, 2]),
 *   embedding: vectorFromArray([[0, 1], [1, 0]], pairs),
 * });
 * using words = await fromArrow(table);
 * console.log(words.search([0, 2])[0]); // { key: 'up', distance: 0, metadata: { length: 1 } }
 * ```
 */
export async function fromArrow(
  source: AsyncBytesSource | Table,
  options?: RowOptions,
): Promise<Collection> {
  const operation = 'fromArrow';
  const asked = given(operation, options);
  const table = isTable(source) ? source : await tableIn(operation, source);
  const { fields } = table.schema;
  return collectedRows(
    operation,
    {
      columns: fields.map(({ name }) => name),
      vectors: fields.filter(hasVectors).map(({ name }) => name),
      total: table.numRows,
      read: (columns) => rowsOf(operation, table, columns),
    },
    asked,
  );
}

/** A table of this copy of the library or of another one. */
function isTable(value: unknown): value is Table {
  const { schema, batches } = (value ?? {}) as Partial<Table>;
  return typeof schema === 'object' && Array.isArray(batches);
}

async function tableIn(operation: string, source: AsyncBytesSource): Promise<Table> {
  const bytes = await bytesOf(operation, source);
  try {
    checkArrow(bytes);
    const table = tableFromIPC(bytes);
    // Something that is no file at all is read as a stream without a schema.
    if (table.schema.fields.length > 0) return table;
  } catch (cause) {
    throw damaged(operation, `no Arrow file or stream: ${messageOf(cause)}`, cause);
  }
  throw damaged(operation, 'no Arrow file or stream, or one without columns');
}

const LARGE_LIST = 21;

function hasVectors({ type }: Field): boolean {
  const isList = DataType.isList(type) || DataType.isFixedSizeList(type);
  return (isList || type.typeId === LARGE_LIST) && DataType.isFloat(type.children?.[0]?.type);
}

function* rowsOf(operation: string, table: Table, columns: readonly string[]): Generator<Row> {
  try {
    for (const batch of table.batches) {
      const vectors = columns.map((name) => [name, batch.getChild(name)] as const);
      for (let row = 0; row < batch.numRows; row++)
        yield Object.fromEntries(
          vectors.map(([name, vector]) => [name, plain(vector?.get(row))] as const),
        );
    }
  } catch (cause) {
    throw isSublinearError(cause)
      ? cause
      : damaged(operation, `a damaged Arrow table: ${messageOf(cause)}`, cause);
  }
}

/** Lists as arrays, those of numbers as typed arrays; what else Arrow has knows how to become JSON. */
function plain(value: unknown): unknown {
  if (!(value instanceof Vector)) return value;
  const { type } = value;
  const halves = DataType.isFloat(type) && type.precision === Precision.HALF;
  if (value.nullCount === 0 && DataType.isFloat(type) && !halves) return value.toArray();
  return Array.from(value as Iterable<unknown>, plain);
}
