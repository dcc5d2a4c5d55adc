// What searches of a collection give: which results, and what is said of each.
import * as check from '../../runtime/validate.js';
import type { Items, Key } from './collection-items.js';
import { fieldOf } from './columns.js';
import type { Metadata, Stored } from './metadata.js';
import type { Match, VectorArray } from './types.js';

/** Options of every search. */
export const FIND = ['k', 'offset', 'ef', 'where', 'select'] as const;

/** Ids of those that are kept, and which results they were. */
export function grouped(
  items: Items,
  ids: Uint32Array,
  like: number | undefined,
  field: string,
  most: number,
): [ids: number[], results: number[]] {
  const [kept, results]: [number[], number[]] = [[], []];
  const counts = new Map<unknown, number>();
  for (const [i, id] of ids.entries()) {
    const place = items.placeOfId(id);
    const value = fieldOf(items.metadataAt(place), field);
    if (place === like || value === undefined) continue;
    if (typeof value === 'object' && value !== null) continue;
    const count = (counts.get(value) ?? 0) + 1;
    if (count > most) continue;
    counts.set(value, count);
    kept.push(id);
    results.push(i);
  }
  return [kept, results];
}

/** `count` results from `from` on. */
export function matchesOf<Meta extends object>(
  items: Items,
  ids: Uint32Array,
  distances: Float32Array,
  from: number,
  count: number,
  like: number | undefined,
  select: readonly string[] | undefined,
): Match<Meta>[] {
  const matches: Match<Meta>[] = [];
  for (let i = from; i < from + count; i++) {
    const place = items.placeOfId(ids[i] as number);
    if (place === like) continue;
    const match: Match<Meta> = { key: items.keyAt(place), distance: distances[i] as number };
    const known = items.metadataAt(place);
    const metadata = select === undefined ? known : partOfMetadata(known, select);
    if (metadata !== undefined) match.metadata = metadata as Stored<Meta>;
    matches.push(match);
  }
  return matches;
}

/** The fields that are asked for; undefined where there are none of them. */
export function partOfMetadata(
  metadata: Metadata | undefined,
  select: readonly string[],
): Metadata | undefined {
  const part: Metadata = {};
  let found = false;
  for (const field of select) {
    const value = fieldOf(metadata, field);
    if (value === undefined) continue;
    found = true;
    Object.defineProperty(part, field, { value, enumerable: true });
  }
  return found ? Object.freeze(part) : undefined;
}

export function selected(operation: string, select: unknown): readonly string[] | undefined {
  if (select === undefined) return undefined;
  if (!Array.isArray(select)) throw check.typeError(operation, 'select', 'array of fields', select);
  return Array.from(select, (field, i) => check.string(operation, `select[${i}]`, field));
}

/** Words alone, or an object without any of what is asked for. Anything else is looked at as a vector. */
export function isNoQuery(query: unknown): boolean {
  if (typeof query === 'string') return true;
  if (typeof query !== 'object' || query === null || 'key' in query) return false;
  return Object.getPrototypeOf(query) === Object.prototype;
}

/** A query by the key of an item. */
export function isLike(query: VectorArray | { key: Key }): query is { key: Key } {
  return (
    typeof query === 'object' && query !== null && 'key' in query && !ArrayBuffer.isView(query)
  );
}
