// Files of Apache Parquet, read by the library `hyparquet`.
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import type { Collection } from '../rooms/hnsw/collection.js';
import { isArrayBuffer } from '../runtime/brand.js';
import type { AsyncBytesSource } from '../runtime/file.js';
import { bytesOf, damaged, given, messageOf } from './collect.js';
import { collectedRows, type Row, type RowOptions } from './rows.js';

export type { Collection } from '../rooms/hnsw/collection.js';
export type { Key } from '../rooms/hnsw/collection-items.js';
export * from '../runtime/errors.js';
export type { AsyncBytesSource, BytesSource } from '../runtime/file.js';
export type { AsyncOptions } from '../runtime/steps.js';
export type { ImportOptions, ImportProgress } from './collect.js';
export type { RowOptions } from './rows.js';

export interface ParquetOptions extends RowOptions {
  /** Decompressors beside Snappy: `compressors` of the package hyparquet-compressors. */
  compressors?: Compressors;
}

/**
 * A collection of the rows of a Parquet file: its bytes, or a file of which parts are read (`asyncBufferFromFile` and
 * `asyncBufferFromUrl` of hyparquet). Only the columns that are used are read, a group of rows at a time. The
 * column of vectors is a list of numbers; columns of structures and maps are left out. A row without a vector needs a text. O(rows), and the index is built.
 *
 * Needs the package `hyparquet` beside this one. It checks what stands in the pages of a file as it goes, but not how much it is: a file
 * that is made to do harm can keep it busy. Read files of strangers in a worker that you can end.
 *
 * @throws SublinearError `FORMAT` for a file that is damaged, compressed in a way that `compressors` does not have, or has values
 *   that are no vector or key; RangeError for a column that is not there; rejects with `signal.reason` after an abort
 *
 * @example
 * ```ts
 * import { parquetWriteBuffer } from 'hyparquet-writer';
 * import { fromParquet } from 'sublinear/import/parquet';
 *
 * const file = parquetWriteBuffer({
 *   schema: [
 *     { name: 'root', num_children: 2 },
 *     { name: 'word', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
 *     { name: 'embedding', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
 *     { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
 *     { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
 *   ],
 *   columnData: [
 *     { name: 'word', data: ['up', 'right'] },
 *     { name: 'embedding', data: [[0, 1], [1, 0]] },
 *   ],
 * });
 * using words = await fromParquet(file, { key: 'word' });
 * console.log(words.search([0.1, 1])[0]?.key); // up
 * ```
 */
export async function fromParquet(
  source: AsyncBytesSource | AsyncBuffer,
  options?: ParquetOptions,
): Promise<Collection> {
  const operation = 'fromParquet';
  const { compressors, ...asked } = given(operation, options);
  const file = await fileOf(operation, source);
  const { metadata, tree } = await guarded(operation, async () => {
    const metadata = await parquetMetadataAsync(file);
    return { metadata, tree: parquetSchema(metadata) };
  });
  const names = tree.children.map(({ element }) => element.name);
  if (names.length === 0 || names.some((name) => typeof name !== 'string'))
    throw damaged(operation, 'a Parquet file without names of columns');
  const groups = metadata.row_groups.map((group) => Number(group.num_rows));
  const total = groups.reduce((sum, rows) => sum + rows, 0);
  if (Number(metadata.num_rows) !== total || groups.some((rows) => !(rows >= 0)))
    throw damaged(operation, `${metadata.num_rows} rows, but groups of ${total} in all`);
  const how = { file, metadata, ...(compressors && { compressors }) };
  return collectedRows(
    operation,
    {
      columns: tree.children.filter(isPlainColumn).map(({ element }) => element.name),
      vectors: tree.children.filter(hasVectors).map(({ element }) => element.name),
      total,
      read: (columns) => rowsOf(operation, how, columns, groups),
    },
    asked,
  );
}

interface How {
  file: AsyncBuffer;
  metadata: FileMetaData;
  compressors?: Compressors;
}

// A column of a group at a time: the library reads what it is asked for at once, and where two parts are damaged nobody would
// wait for the second error.
async function* rowsOf(
  operation: string,
  how: How,
  columns: readonly string[],
  groups: readonly number[],
): AsyncGenerator<Row> {
  let first = 0;
  for (const rows of groups) {
    const group: Record<string, unknown>[] = [];
    for (const name of columns) {
      const range = { rowStart: first, rowEnd: first + rows };
      const column = await guarded(operation, () =>
        parquetReadObjects({ ...how, columns: [name], ...range }),
      );
      if (column.length !== rows)
        throw damaged(operation, `${column.length} values of "${name}" in a group of ${rows} rows`);
      for (const [i, value] of column.entries()) {
        group[i] ??= {};
        (group[i] as Record<string, unknown>)[name] = value[name];
      }
    }
    yield* group;
    first += rows;
  }
}

/** A column of values, or of lists of values: one part of the file in each group. */
function isPlainColumn({ children }: SchemaTree): boolean {
  const [child, ...more] = children;
  return child === undefined || (more.length === 0 && isPlainColumn(child));
}

/** A part of a file is asked for as the library asks; bytes are there as a whole. */
async function fileOf(
  operation: string,
  source: AsyncBytesSource | AsyncBuffer,
): Promise<AsyncBuffer> {
  const { byteLength, slice } = (source ?? {}) as Partial<AsyncBuffer>;
  const isFile = typeof byteLength === 'number' && typeof slice === 'function';
  if (isFile && !ArrayBuffer.isView(source) && !isArrayBuffer(source)) return source as AsyncBuffer;
  const { buffer, byteOffset, length } = await bytesOf(operation, source as AsyncBytesSource);
  return buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
}

/** A column of lists of floats. */
function hasVectors({ element, children }: SchemaTree): boolean {
  const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
  const values = children[0]?.children[0]?.element ?? children[0]?.element;
  if (!isList || values === undefined) return false;
  const { type, logical_type: logical } = values;
  return type === 'FLOAT' || type === 'DOUBLE' || logical?.type === 'FLOAT16';
}

async function guarded<T>(operation: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    throw damaged(operation, `a Parquet file that cannot be read: ${messageOf(cause)}`, cause);
  }
}
