// Tables of rows, as Arrow and Parquet have them, as items of a collection.

import type { Collection } from '../rooms/hnsw/collection.js';
import type { Item, VectorArray } from '../rooms/hnsw/types.js';
import * as check from '../runtime/validate.js';
import {
  collected,
  damaged,
  type ImportOptions,
  keyOf,
  metadataOf,
  namesOf,
  textOf,
  vectorOf,
} from './collect.js';

export interface RowOptions extends ImportOptions {
  /** The column of vectors. By default the only one of lists of floats; none where there is none. */
  vector?: string;
  /** The column of keys, texts or numbers. By default `id` where there is one, else rows are counted from 0 on. */
  key?: string;
  /** Columns that are searched by words; none by default. */
  text?: readonly string[];
  /** Columns that are kept for conditions; all others by default, but those of lists of floats. */
  metadata?: readonly string[];
}

/** A row: values by column. */
export type Row = Readonly<Record<string, unknown>>;

/** A table, whose rows are read when its columns have been chosen. */
export interface Rows {
  columns: readonly string[];
  /** Columns of lists of floats. */
  vectors: readonly string[];
  /** How many rows there are. */
  total: number;
  /** The rows one after another, with these columns. */
  read(columns: readonly string[]): AsyncIterable<Row> | Iterable<Row>;
}

/** Makes the collection. */
export async function collectedRows(
  operation: string,
  table: Rows,
  { vector, key, text, metadata, ...rest }: RowOptions,
): Promise<Collection> {
  const { columns, vectors, total } = table;
  const named = (argument: string, name: string) => {
    if (columns.includes(check.string(operation, argument, name))) return name;
    throw check.rangeError(operation, argument, `a column (${columns.join(', ')})`, name);
  };
  if (vector === undefined && vectors.length > 1)
    throw check.rangeError(
      operation,
      'vector',
      `one of ${vectors.join(', ')}, as there are several`,
      vector,
    );
  const from = vector === undefined ? vectors[0] : named('vector', vector);
  const searched = (namesOf(operation, 'text', text) ?? []).map((name) => named('text', name));
  const id = key === undefined ? (columns.includes('id') ? 'id' : undefined) : named('key', key);
  const left = new Set([...vectors, ...searched, from, id]);
  const kept = (
    namesOf(operation, 'metadata', metadata) ?? columns.filter((name) => !left.has(name))
  ).map((name) => named('metadata', name));
  if (from === undefined && searched.length === 0)
    throw check.rangeError(
      operation,
      'vector',
      `a column of vectors, or "text" with columns of texts (${columns.join(', ')})`,
      vector,
    );
  const bits = rest.metric === 'hamming';
  const wanted = new Set([from, id, ...searched, ...kept].filter((name) => name !== undefined));

  let place = 0;
  const itemOf = (row: Row): Item => {
    const own = from === undefined ? undefined : vectorIn(operation, row[from], bits, place);
    const name = id === undefined ? place : keyOf(row[id]);
    if (name === undefined)
      throw damaged(
        operation,
        `row ${place}: "${id}" is ${check.show(row[id as string])}, expected a text or a number as key`,
      );
    const texts = searched.map((column) => [column, textOf(row[column])] as const);
    // Said at once: a damaged table may claim any number of rows.
    if (own === undefined && texts.every(([, text]) => text === undefined))
      throw damaged(operation, `row ${place} has neither a vector nor a text`);
    place++;
    const known = metadataOf(Object.fromEntries(kept.map((column) => [column, row[column]])));
    return {
      key: name,
      ...(own && { vector: own }),
      ...(searched.length > 0 && {
        text: Object.fromEntries(texts),
      }),
      ...(known && { metadata: known }),
    };
  };
  // How long vectors are is known from the first one.
  const rows = iterated(table.read([...wanted]));
  const first: Item[] = [];
  let dimension: number | undefined;
  while (from !== undefined && dimension === undefined) {
    const { done, value } = await rows.next();
    if (done) throw damaged(operation, `"${from}" has no vector in any row`);
    const item = itemOf(value);
    first.push(item);
    dimension = item.vector && item.vector.length * (bits ? 8 : 1);
  }
  async function* items(): AsyncGenerator<Item> {
    yield* first;
    for (;;) {
      const { done, value } = await rows.next();
      if (done) return;
      yield itemOf(value);
    }
  }
  return collected(operation, rest, { dimension, text: searched, items: items(), total });
}

function iterated(rows: AsyncIterable<Row> | Iterable<Row>): AsyncIterator<Row, undefined> {
  async function* all(): AsyncGenerator<Row, undefined> {
    for await (const row of rows) yield row;
    return undefined;
  }
  return all();
}

/** A row without a vector has none; anything but numbers is refused. */
function vectorIn(
  operation: string,
  value: unknown,
  bits: boolean,
  place: number,
): VectorArray | undefined {
  if (value === undefined || value === null) return undefined;
  const vector = vectorOf(value);
  if (vector === undefined || vector.length === 0)
    throw damaged(operation, `row ${place}: expected a list of numbers, got ${check.show(value)}`);
  return bits ? Uint8Array.from(vector) : vector;
}
