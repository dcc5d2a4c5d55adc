// Where the results of searches go: new arrays, or those of the caller.
import { asTyped, make } from '../../runtime/brand.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { SearchResult } from './types.js';

/** Where a search writes its results. */
export type ResultAddresses = readonly [ids: number, distances: number, found: number];

type Into = { ids: Uint32Array; distances: Float32Array };

/** Arrays that the results of one search go into: views of what was given, with room for `length`. */
function viewsOf(operation: string, into: Into, length: number): [Uint32Array, Float32Array] {
  const ids = asTyped(operation, 'into.ids', into.ids, 'Uint32Array');
  const distances = asTyped(operation, 'into.distances', into.distances, 'Float32Array');
  for (const [name, view] of [
    ['into.ids', ids],
    ['into.distances', distances],
  ] as const)
    if (view.length < length) throw check.shapeError(operation, name, length, view.length);
  return [ids, distances];
}

/** Before a search, so that one with too little room does nothing. */
export function assertRoom(operation: string, into: Into, k: number | undefined): void {
  if (typeof into !== 'object' || into === null)
    throw check.typeError(operation, 'into', '{ ids, distances }', into);
  if (k === undefined) throw check.typeError(operation, 'k', 'a number with "into"', k);
  viewsOf(operation, into, check.integer(operation, 'k', k));
}

export function resultOf(
  runtime: Runtime,
  operation: string,
  [idsAt, distancesAt]: ResultAddresses,
  found: number,
  into: Into | undefined,
): SearchResult {
  if (into === undefined)
    return { ids: runtime.copyU32(idsAt, found), distances: runtime.copyF32(distancesAt, found) };
  const [ids, distances] = viewsOf(operation, into, found);
  ids.set(runtime.u32.subarray(idsAt / 4, idsAt / 4 + found));
  distances.set(runtime.f32.subarray(distancesAt / 4, distancesAt / 4 + found));
  return { ids: ids.subarray(0, found), distances: distances.subarray(0, found) };
}

export function resultArrays(
  operation: string,
  into: { ids: Uint32Array; distances: Float32Array } | undefined,
  length: number,
): { given: SearchResult; views: [Uint32Array, Float32Array] } {
  const given = into ?? {
    ids: make(operation, 4 * length, () => new Uint32Array(length)),
    distances: make(operation, 4 * length, () => new Float32Array(length)),
  };
  const ids = asTyped(operation, 'into.ids', given.ids, 'Uint32Array');
  const distances = asTyped(operation, 'into.distances', given.distances, 'Float32Array');
  if (ids.length !== length) throw check.shapeError(operation, 'into.ids', length, ids.length);
  if (distances.length !== length)
    throw check.shapeError(operation, 'into.distances', length, distances.length);
  return { given: { ids: given.ids, distances: given.distances }, views: [ids, distances] };
}
