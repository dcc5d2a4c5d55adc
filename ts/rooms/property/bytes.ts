// Texts and columns in the module's memory.
import type { PropertyGraph as RawGraph } from '../../generated/raw/property.js';
import { asTyped, kindOf, lengthOfList } from '../../runtime/brand.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type { Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { PropertyColumn } from './types.js';
import { WireWriter } from './wire.js';

const encoder = new TextEncoder();

/** sl_column_kind */
const kinds = {
  Uint8Array: 1,
  BigInt64Array: 2,
  Float64Array: 3,
  Int32Array: 5,
  Float32Array: 7,
} as const;
const STRINGS = 4;
const MIXED = 6;

/** Writes a text to scratch memory. */
export function writeText(
  runtime: Runtime,
  scratch: Scratch,
  text: string,
): { address: number; bytes: number } {
  const room = 3 * text.length + 1;
  const address = scratch.bytes(room);
  const { written } = encoder.encodeInto(text, runtime.u8.subarray(address, address + room));
  return { address, bytes: written };
}

/** Numbers of a kind, which of them there are, and values as bytes. */
interface Written {
  kind: number;
  numbers: Uint8Array;
  present?: Uint8Array;
  values?: Uint8Array;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Strings, each different one once. Undefined: there are other values as well. */
function strings(
  operation: string,
  argument: string,
  list: readonly unknown[],
): Written | undefined {
  const places = new Map<string, number>();
  const numbers = new Uint32Array(list.length);
  const present = new Uint8Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const text = list[i];
    if (text === null || text === undefined) continue;
    if (typeof text !== 'string') return undefined;
    let place = places.get(text);
    if (place === undefined) {
      place = places.size;
      places.set(text, place);
    }
    numbers[i] = place;
    present[i] = 1;
  }
  const writer = new WireWriter(operation, argument);
  writer.list(places.size);
  for (const text of places.keys()) writer.value(text);
  return { kind: STRINGS, numbers: bytesOf(numbers), present, values: writer.bytes };
}

function written(operation: string, argument: string, column: unknown, count: number): Written {
  const kind = kindOf(column);
  if (kind === undefined && !Array.isArray(column))
    throw check.typeError(operation, argument, 'a typed array or a list', column);
  if (kind !== undefined) {
    if (!(kind in kinds))
      throw check.typeError(
        operation,
        argument,
        'Float64Array, Float32Array, Int32Array, BigInt64Array or Uint8Array',
        column,
      );
    const known = kind as keyof typeof kinds;
    const view = asTyped(operation, argument, column, known);
    if (view.length !== count) throw check.shapeError(operation, argument, count, view.length);
    return { kind: kinds[known], numbers: bytesOf(view) };
  }
  const length = lengthOfList(operation, argument, column as readonly unknown[]);
  if (length !== count) throw check.shapeError(operation, argument, count, length);
  const list = Array.from({ length }, (_, i) => (column as readonly unknown[])[i]);
  const texts = strings(operation, argument, list);
  if (texts !== undefined) return texts;
  const writer = new WireWriter(operation, argument);
  writer.list(list.length);
  for (const value of list) writer.value(value);
  return { kind: MIXED, numbers: new Uint8Array(0), values: writer.bytes };
}

/** What is to be set, checked before anything is changed. */
export type Columns = [key: string, column: Written][];

export function readColumns(
  operation: string,
  columns: Readonly<Record<string, PropertyColumn>> | undefined,
  count: number,
): Columns {
  if (columns === undefined) return [];
  if (typeof columns !== 'object' || columns === null)
    throw check.typeError(operation, 'columns', 'object of columns', columns);
  return Object.entries(columns).map(([key, column]) => [
    key,
    written(operation, `columns.${key}`, column, count),
  ]);
}

export function setColumns(
  runtime: Runtime,
  operation: string,
  use: () => RawGraph & RawObject,
  relationships: boolean,
  first: number,
  count: number,
  columns: Columns,
): void {
  const none = new Uint8Array(0);
  for (const [key, { kind, numbers, present, values = none }] of columns) {
    runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(Math.ceil(numbers.length / 8) + 1);
      const marks = present === undefined ? 0 : scratch.bytes(present.length + 1);
      const list = scratch.bytes(values.length + 1);
      const name = writeText(runtime, scratch, key);
      runtime.u8.set(numbers, at);
      if (present !== undefined) runtime.u8.set(present, marks);
      runtime.u8.set(values, list);
      runtime.check(
        operation,
        use().setColumn(
          relationships,
          first,
          count,
          name.address,
          name.bytes,
          kind,
          at,
          marks,
          list,
          values.length,
        ),
      );
    });
  }
}
