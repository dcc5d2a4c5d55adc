// Columns of a result as a stream of Apache Arrow: a schema, one batch of rows, an end.
// Based on: Apache Arrow Columnar Format 1.5, "Encapsulated message format", https://arrow.apache.org/docs/format/Columnar.html.
import * as check from '../../runtime/validate.js';
import { FlatBuffer, type Place } from './flatbuffer.js';
import type { GraphTemporal, GraphValue, RowColumns } from './types.js';

// Numbers of format/Schema.fbs and format/Message.fbs.
const VERSION_5 = 4;
const SCHEMA = 1;
const BATCH = 3;
const TYPES = { null: 1, int: 2, float: 3, text: 5, boolean: 6 } as const;

interface Column {
  type: keyof typeof TYPES;
  nulls: number;
  buffers: Uint8Array[];
}

const isTemporal = (value: GraphValue): value is GraphTemporal =>
  typeof value === 'object' && value !== null && 'kind' in value && 'text' in value;

/** What has no type of its own here is JSON. */
const textOf = (value: GraphValue): string =>
  typeof value === 'string'
    ? value
    : isTemporal(value)
      ? value.text
      : JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));

function typeOf(values: readonly GraphValue[]): Column['type'] {
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (kinds.size === 0) return 'null';
  if (kinds.size === 1 && kinds.has('boolean')) return 'boolean';
  if (![...kinds].every((kind) => kind === 'number' || kind === 'bigint')) return 'text';
  // Integers beyond 2^53 keep all their digits, unless there are fractions beside them.
  const whole = values.every((value) => typeof value !== 'number' || Number.isSafeInteger(value));
  return kinds.has('bigint') && whole ? 'int' : 'float';
}

const bytesOf = (array: Float64Array | BigInt64Array | Int32Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function bits(count: number, has: (i: number) => boolean): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(count / 8));
  for (let i = 0; i < count; i++) if (has(i)) bytes[i >> 3]! |= 1 << (i & 7);
  return bytes;
}

function texts(operation: string, values: readonly GraphValue[]): Uint8Array[] {
  const encoder = new TextEncoder();
  const parts = values.map((value) => encoder.encode(value === null ? '' : textOf(value)));
  const ends = new Int32Array(parts.length + 1);
  let total = 0;
  for (const [i, part] of parts.entries()) {
    total += part.length;
    if (total >= 2 ** 31)
      throw check.rangeError(operation, 'values', 'columns of text below 2^31 bytes', total);
    ends[i + 1] = total;
  }
  const bytes = new Uint8Array(total);
  for (const [i, part] of parts.entries()) bytes.set(part, ends[i]);
  return [bytesOf(ends), bytes];
}

function columnOf(operation: string, values: RowColumns[string]): Column {
  if (values instanceof Float64Array)
    return { type: 'float', nulls: 0, buffers: [new Uint8Array(0), bytesOf(values)] };
  const type = typeOf(values);
  const nulls = values.filter((value) => value === null).length;
  const valid = nulls === 0 ? new Uint8Array(0) : bits(values.length, (i) => values[i] !== null);
  switch (type) {
    case 'null':
      return { type, nulls, buffers: [] };
    case 'boolean':
      return { type, nulls, buffers: [valid, bits(values.length, (i) => values[i] === true)] };
    case 'int':
      return {
        type,
        nulls,
        buffers: [valid, bytesOf(BigInt64Array.from(values, (x) => BigInt((x ?? 0) as number)))],
      };
    case 'float':
      return { type, nulls, buffers: [valid, bytesOf(Float64Array.from(values, Number))] };
    default:
      return { type, nulls, buffers: [valid, ...texts(operation, values)] };
  }
}

const padded = (count: number) => Math.ceil(count / 8) * 8;

function message(
  kind: number,
  bodyBytes: number,
  header: (buffer: FlatBuffer) => Place,
): Uint8Array {
  const buffer = new FlatBuffer();
  const at = header(buffer);
  const metadata = buffer.finish(
    buffer.table([
      { size: 2, value: VERSION_5 },
      { size: 1, value: kind },
      { at },
      { size: 8, value: bodyBytes },
    ]),
  );
  const whole = new Uint8Array(8 + metadata.length);
  new DataView(whole.buffer).setInt32(0, -1, true);
  new DataView(whole.buffer).setInt32(4, metadata.length, true);
  whole.set(metadata, 8);
  return whole;
}

function schema(buffer: FlatBuffer, columns: readonly (readonly [string, Column])[]): Place {
  const fields = columns.map(([name, { type }]) => {
    const text = buffer.string(name);
    const children = buffer.list([]);
    const details = buffer.table(
      type === 'int'
        ? [
            { size: 4, value: 64 },
            { size: 1, value: 1 }, // signed
          ]
        : type === 'float'
          ? [{ size: 2, value: 2 }] // double
          : [],
    );
    return buffer.table([
      { at: text },
      { size: 1, value: 1 }, // may be null
      { size: 1, value: TYPES[type] },
      { at: details },
      undefined,
      { at: children },
    ]);
  });
  return buffer.table([undefined, { at: buffer.list(fields) }]);
}

/**
 * Columns of a result as the bytes of an Apache Arrow IPC stream, for `tableFromIPC` of the package apache-arrow, DuckDB, pandas and others.
 * Numbers are float64, or int64 where there are integers beyond 2^53 and no fractions; booleans and strings are what they are;
 * dates, times and durations are their text, and nodes, lists, maps and mixed columns JSON. One batch. O(values).
 *
 * @example
 * ```ts
 * import { load, toArrow } from 'sublinear/property';
 *
 * const { PropertyGraph } = await load();
 * using graph = PropertyGraph.create();
 * graph.addNodes({ count: 3, columns: { x: Float64Array.of(1.5, 2.5, 3.5) } });
 * const bytes = toArrow(graph.queryColumns('MATCH (n) RETURN n.x AS x').values);
 * console.log(bytes.length % 8); // 0
 * ```
 */
export function toArrow(values: RowColumns): Uint8Array<ArrayBuffer> {
  const operation = 'toArrow';
  if (typeof values !== 'object' || values === null)
    throw check.typeError(operation, 'values', 'columns by name', values);
  const entries = Object.entries(values);
  const count = entries[0]?.[1].length ?? 0;
  for (const [name, list] of entries) {
    if (!Array.isArray(list) && !(list instanceof Float64Array))
      throw check.typeError(operation, `values.${name}`, 'a list or a Float64Array', list);
    if (list.length !== count)
      throw check.rangeError(operation, `values.${name}`, `${count} values`, list.length);
  }
  const columns = entries.map(([name, list]): [string, Column] => [
    name,
    columnOf(operation, list),
  ]);
  const buffers = columns.flatMap(([, column]) => column.buffers);
  let at = 0;
  const places = buffers.map((buffer): [number, number] => {
    at += padded(buffer.length);
    return [at - padded(buffer.length), buffer.length];
  });
  const head = message(SCHEMA, 0, (buffer) => schema(buffer, columns));
  const batch = message(BATCH, at, (buffer) => {
    const nodes = buffer.pairs(columns.map(([, { nulls }]) => [count, nulls]));
    const ranges = buffer.pairs(places);
    return buffer.table([{ size: 8, value: count }, { at: nodes }, { at: ranges }]);
  });
  const all = new Uint8Array(head.length + batch.length + at + 8);
  all.set(head);
  all.set(batch, head.length);
  for (const [i, [offset]] of places.entries())
    all.set(buffers[i]!, head.length + batch.length + offset);
  new DataView(all.buffer).setInt32(all.length - 8, -1, true); // the end: no bytes of metadata follow
  return all;
}
