// Metadata in a file of vectors: a segment for each field, of which the block of a cell is a JSON array with the values of
// its entries. Only the fields that a condition names are read, and only of the cells that are searched.

import type { Runtime } from '../../runtime/runtime.js';
import { Columns } from '../hnsw/columns.js';
import type { Json, Metadata } from '../hnsw/metadata.js';
import { type Conditions, Masks, maskOf } from '../hnsw/where.js';
import { endsOf, hashLeaf, malformed, type Part } from './directory.js';

/** Fields that a file may have. */
const FIELDS_MOST = 1000;

/** The segments of the metadata of `entries`, which are the rows of one cell after another, `counts` in each. */
export function metadataParts(
  runtime: Runtime,
  operation: string,
  metadata: readonly (Metadata | undefined)[],
  entries: Uint32Array,
  counts: Uint32Array,
): Part[] {
  const fields = new Set<string>();
  for (const each of metadata) for (const name of Object.keys(each ?? {})) fields.add(name);
  if (fields.size === 0) return [];
  const text = new TextEncoder();
  const names = text.encode(JSON.stringify([...fields]));
  const small: Part[] = [{ name: 'columns', type: 'text', shape: [names.length], bytes: names }];
  const large: Part[] = [];
  let place = 0;
  for (const field of fields) {
    const blocks: Uint8Array[] = [];
    const hashes = new Uint8Array(32 * counts.length);
    let from = 0;
    for (const [cell, count] of counts.entries()) {
      const values = Array.from(entries.subarray(from, from + count), (row) =>
        packed(metadata[row], field),
      );
      const block = text.encode(JSON.stringify(values));
      blocks.push(block);
      hashes.set(hashLeaf(runtime, operation, block), 32 * cell);
      from += count;
    }
    const bytes = joined(blocks);
    const name = `column.${place++}`;
    const ends = endsOf(blocks.map(({ length }) => length));
    small.push(
      { name: `${name}.ends`, type: 'uint64', shape: [counts.length], bytes: ends },
      { name: `${name}.hashes`, type: 'uint8', shape: [counts.length, 32], bytes: hashes },
    );
    large.push({
      name,
      type: 'text',
      shape: [bytes.length],
      bytes,
      hashes: `${name}.hashes`,
      ends: `${name}.ends`,
    });
  }
  return [...small, ...large];
}

/** A value as it stands in a block: scalars as they are, lists and objects in a list, what is absent as an empty one. */
function packed(metadata: Metadata | undefined, field: string): Json {
  if (metadata === undefined || !Object.hasOwn(metadata, field)) return [];
  const value = metadata[field] as Json;
  return typeof value === 'object' && value !== null ? [value] : value;
}

function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

/** The names of the fields, in the order of their segments. */
export function fieldNames(operation: string, bytes: Uint8Array): string[] {
  const names = parsed(operation, bytes);
  if (
    !Array.isArray(names) ||
    names.length > FIELDS_MOST ||
    !names.every((name) => typeof name === 'string')
  )
    throw malformed(operation, 'a list of names in "columns"');
  return names as string[];
}

/** The values of a block, undefined where there is none. */
export function valuesOf(
  operation: string,
  bytes: Uint8Array,
  count: number,
): (Json | undefined)[] {
  const values = parsed(operation, bytes);
  if (!Array.isArray(values) || values.length !== count)
    throw malformed(operation, 'a value for each entry of a cell');
  return values.map((value) => (Array.isArray(value) ? (value[0] as Json | undefined) : value));
}

function parsed(operation: string, bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
  } catch {
    throw malformed(operation, 'JSON in the columns of metadata');
  }
}

/** The fields that conditions may read, of those that there are: `a` and `a.b` for a condition on `a.b`. */
export function fieldsRead(conditions: Conditions, names: readonly string[]): Set<string> {
  const read = new Set<string>();
  const walk = ({ and = [], or = [], not: none, fields }: Conditions) => {
    for (const [field] of fields)
      for (const name of names) if (field === name || field.startsWith(`${name}.`)) read.add(name);
    for (const part of [...and, ...or, ...(none ? [none] : [])]) walk(part);
  };
  walk(conditions);
  return read;
}

/** The metadata of the entries of a cell, of the fields that were read. */
export function metadataOf(
  columns: ReadonlyMap<string, readonly (Json | undefined)[]>,
  entry: number,
): Metadata {
  const metadata: Metadata = {};
  for (const [name, values] of columns) {
    const value = values[entry];
    if (value === undefined) continue;
    if (name === '__proto__')
      Object.defineProperty(metadata, name, { value, enumerable: true, configurable: true });
    else metadata[name] = value;
  }
  return metadata;
}

/** A byte for each of `count` entries: 1 where the conditions hold. */
export function allowedBy(
  conditions: Conditions,
  columns: ReadonlyMap<string, readonly (Json | undefined)[]>,
  count: number,
): Uint8Array {
  const masks = new Masks();
  masks.resize(Math.ceil(count / 4) * 4);
  const places = { end: count, metadataAt: (place: number) => metadataOf(columns, place) };
  return maskOf(conditions, new Columns(places).upTo(Math.ceil(count / 4) * 4), masks).subarray(
    0,
    count,
  );
}
