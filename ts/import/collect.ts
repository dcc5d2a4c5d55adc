// What the readers of other libraries' files have in common: how values are cleaned, and how a collection is made of items.
import { loadRoom } from '../engine/engine.js';
import { hnsw } from '../generated/entry/hnsw.js';
import type { Collection } from '../rooms/hnsw/collection.js';
import type { Key } from '../rooms/hnsw/collection-items.js';
import type { Json, Metadata } from '../rooms/hnsw/metadata.js';
import type {
  CollectionOptions,
  CreateCollectionOptions,
  Item,
  Metric,
  TextOptions,
  VectorArray,
} from '../rooms/hnsw/types.js';
import { isPlain } from '../runtime/brand.js';
import { gathered } from '../runtime/coming.js';
import {
  isSublinearError,
  SublinearError,
  SublinearRangeError,
  SublinearTypeError,
} from '../runtime/errors.js';
import type { AsyncBytesSource } from '../runtime/file.js';
import { kindOfBytes } from '../runtime/pieces.js';
import type { AsyncOptions } from '../runtime/steps.js';
import * as check from '../runtime/validate.js';

/** How far an import has come. */
export interface ImportProgress {
  added: number;
  /** Not known where rows are still being read. */
  total: number | undefined;
}

/** What every import into a collection takes. */
export interface ImportOptions
  extends Omit<CollectionOptions, 'metric' | 'dimension' | 'capacity'>,
    Pick<TextOptions, 'language' | 'stem' | 'stopWords' | 'positions'>,
    AsyncOptions<ImportProgress> {
  /** How distances are measured; `'cosine'` by default. */
  metric?: Metric;
  /** The class that the collection is made with: that of an engine of your own. That of the shared engine by default. */
  Collection?: typeof Collection;
}

/** What a file holds, as a collection takes it. */
export interface Contents {
  /** Numbers in a vector; undefined where there are none. */
  dimension: number | undefined;
  /** Names of the fields of texts. */
  text: readonly string[];
  items: Iterable<Item> | AsyncIterable<Item>;
  /** Of the items, where it is known. */
  total?: number;
}

/** The error for a file that is damaged or holds something else. */
export function damaged(operation: string, message: string, cause?: unknown): SublinearError {
  return new SublinearError('FORMAT', operation, `"bytes": ${message}`, {
    argument: 'bytes',
    ...(cause !== undefined && { cause }),
  });
}

/** All bytes of a file. */
export function bytesOf(operation: string, source: AsyncBytesSource): Promise<Uint8Array> {
  return gathered(source, kindOfBytes(operation));
}

/** What a JSON file says. */
export async function jsonOf(operation: string, source: AsyncBytesSource): Promise<unknown> {
  const bytes = await bytesOf(operation, source);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw damaged(operation, `no JSON: ${messageOf(cause)}`, cause);
  }
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : check.show(error);

/**
 * Makes the collection and fills it. What the file is to blame for is a `FORMAT` error with the item's position; what the options
 * are to blame for stays what it is.
 */
export async function collected(
  operation: string,
  { Collection, metric = 'cosine', signal, onProgress, ...rest }: ImportOptions,
  { dimension, text, items, total }: Contents,
): Promise<Collection> {
  signal?.throwIfAborted();
  const Class = Collection ?? (await loadRoom(hnsw, undefined)).Collection;
  const vectors = dimension !== undefined && {
    metric,
    dimension,
    ...(total !== undefined && { capacity: total }),
  };
  const options = { ...rest, ...vectors, ...(text.length > 0 && { text }) };
  const collection = await Class.createAsync(options as CreateCollectionOptions);
  try {
    await collection.addAllAsync(items, {
      ...(signal && { signal }),
      ...(onProgress && {
        onProgress: ({ added }: ImportProgress) => onProgress({ added, total }),
      }),
    });
    return collection;
  } catch (error) {
    collection.dispose();
    throw blamed(operation, error);
  }
}

/** A value of the file that the index refuses is a fault of the file. */
export function blamed(operation: string, error: unknown): unknown {
  const refused = error instanceof SublinearTypeError || error instanceof SublinearRangeError;
  // What this import itself refuses is named already.
  if (!refused || !isSublinearError(error) || error.operation === operation) return error;
  const { position } = error;
  const place = position === undefined ? '' : `item ${position}: `;
  const made = damaged(operation, `${place}${error.message}`, error);
  return position === undefined ? made : Object.assign(made, { position });
}

/** A key of a collection; undefined for everything else. */
export function keyOf(value: unknown): Key | undefined {
  if (typeof value === 'bigint') return plainNumber(value);
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The numbers of a vector: an array or a typed array; undefined for everything else. */
export function vectorOf(value: unknown): VectorArray | undefined {
  if (value instanceof Float32Array || value instanceof Float64Array) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const list = value as unknown as ArrayLike<number | bigint>;
    return Float64Array.from(list, Number);
  }
  if (!Array.isArray(value)) return undefined;
  return value.every((each) => typeof each === 'number') ? (value as number[]) : undefined;
}

/** A number where it is exact, else its digits. */
function plainNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** Deeper than metadata may be: what is beyond stays as it is, and is refused by name. */
const DEEP = 101;

/**
 * A value as metadata can hold it: what is undefined or a function is left out, numbers that JSON cannot say are null, long
 * integers are numbers where they are exact and else text, typed arrays are arrays. Fields named in `left` (`'a.b'` for those of
 * inner objects) are left out.
 */
export function cleaned(value: unknown, left?: ReadonlySet<string>): unknown {
  const clean = (part: unknown, path: string, depth: number): unknown => {
    if (typeof part === 'bigint') return plainNumber(part);
    if (typeof part === 'number') return Number.isFinite(part) ? part : null;
    if (typeof part !== 'object' || part === null) return isNothing(part) ? undefined : part;
    if (part instanceof Date) return Number.isFinite(part.getTime()) ? part : null;
    if (depth === DEEP) return part;
    if (part instanceof Map) return clean(Object.fromEntries(part), path, depth + 1);
    if (ArrayBuffer.isView(part) && !(part instanceof DataView))
      return Array.from(part as unknown as ArrayLike<unknown>, (each) =>
        clean(each, path, depth + 1),
      );
    // A hole of a list must stay one: places mean something.
    if (Array.isArray(part)) return part.map((each) => clean(each, path, depth + 1) ?? null);
    const { toJSON } = part as { toJSON?: unknown };
    if (typeof toJSON === 'function') return clean(toJSON.call(part), path, depth + 1);
    if (!isPlain(part)) return part;
    const made: [string, unknown][] = [];
    for (const [name, each] of Object.entries(part)) {
      const inner = path === '' ? name : `${path}.${name}`;
      if (left?.has(inner)) continue;
      const kept = clean(each, inner, depth + 1);
      if (kept !== undefined) made.push([name, kept]);
    }
    return Object.fromEntries(made);
  };
  return clean(value, '', 0);
}

const isNothing = (value: unknown) => ['undefined', 'function', 'symbol'].includes(typeof value);

/** Metadata of what is left of an object; undefined where nothing is. */
export function metadataOf(value: unknown, left?: ReadonlySet<string>): Metadata | undefined {
  const made = cleaned(value, left);
  if (typeof made !== 'object' || made === null || Array.isArray(made)) return undefined;
  return Object.keys(made).length > 0 ? (made as { [key: string]: Json }) : undefined;
}

/** What stands at `'a.b'` of an object. */
export function at(value: unknown, path: string): unknown {
  let part = value;
  for (const name of path.split('.')) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) return undefined;
    part = (part as Record<string, unknown>)[name];
  }
  return part;
}

/** The texts of a field: one, several, or none. Numbers and truth values are written. */
export function textOf(value: unknown): string | string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && Symbol.iterator in value)
    return Array.from(value as Iterable<unknown>, (each) => String(each ?? ''));
  return typeof value === 'object' ? JSON.stringify(cleaned(value)) : String(value);
}

/** Names that are given as an option. */
export function namesOf(
  operation: string,
  argument: string,
  value: readonly string[] | undefined,
): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string'))
    throw check.typeError(operation, argument, 'array of names', value);
  return value;
}

/** Options must be an object: its fields are taken apart before anything looks at them. */
export function given<T extends object>(operation: string, options: T | undefined): T {
  if (options === undefined) return {} as T;
  if (!isPlain(options)) throw check.typeError(operation, 'options', 'object', options);
  return options;
}
