// Several lists of results as one: words and meaning together.
import * as check from './validate.js';

/** Results of one search, the best first: hits of a text index, matches of a collection, or arrays of ids and distances. */
export type RankedList =
  | readonly { readonly id: string | number; readonly score: number }[]
  | readonly { readonly key: string | number; readonly distance: number }[]
  | { readonly ids: ArrayLike<string | number>; readonly distances: ArrayLike<number> };

export interface FuseOptions {
  /**
   * `'rrf'` (default) adds 1 / (60 + rank + 1) for ranks from 0 on: ranks alone count, so that scores of any kind go together. `'weighted'` adds scores
   * that are stretched to 0 for the worst and 1 for the best of their list.
   */
  method?: 'rrf' | 'weighted';
  /** What each list counts, 0 or more; 1 each by default. */
  weights?: readonly number[];
  /** Results, 10 by default. */
  k?: number;
  /** Results that are passed over, 0 by default. */
  offset?: number;
  /** The 60 of `'rrf'`: a smaller number lets the first ranks count more. */
  rankConstant?: number;
}

/** A result of {@link TextRoom.fuse}, with what each list has to do with it. */
export interface FusedHit {
  id: string | number;
  score: number;
  /** For each list that has the id: its place from 0 on, the score or distance there, and what that adds. */
  parts: { list: number; rank: number; value: number; score: number }[];
}

interface Entry {
  id: string | number;
  value: number;
}

const keys = ['method', 'weights', 'k', 'offset', 'rankConstant'] as const;

/** See {@link TextRoom.fuse}. */
export function fuse(lists: readonly RankedList[], options?: FuseOptions): FusedHit[] {
  const operation = 'fuse';
  const given = check.options(operation, options, keys);
  const { method = 'rrf', k = 10, offset = 0, rankConstant = 60 } = given;
  if (!Array.isArray(lists)) throw check.typeError(operation, 'lists', 'array of results', lists);
  const results = Array.from(lists as readonly RankedList[], (list, i) => read(operation, list, i));
  const weights = weightsOf(operation, given.weights, results.length);
  const weighted = check.choice(operation, 'method', method, { rrf: false, weighted: true });
  check.integer(operation, 'k', k, 1);
  check.integer(operation, 'offset', offset);
  check.number(operation, 'rankConstant', rankConstant);
  if (!(rankConstant >= 0 && rankConstant < Number.POSITIVE_INFINITY))
    throw check.rangeError(operation, 'rankConstant', 'number >= 0', rankConstant);
  const found = new Map<string | number, FusedHit>();
  results.forEach(({ entries, ascending }, number) => {
    const { least, width } = spread(entries);
    const seen = new Set<string | number>();
    entries.forEach(({ id, value }, rank) => {
      // The first place of an id is the one that counts.
      if (seen.has(id)) return;
      seen.add(id);
      const share =
        width === 0 ? 1 : ascending ? 1 - (value - least) / width : (value - least) / width;
      const score =
        (weights[number] as number) * (weighted ? share : 1 / (rankConstant + rank + 1));
      let hit = found.get(id);
      if (hit === undefined) {
        hit = { id, score: 0, parts: [] };
        found.set(id, hit);
      }
      hit.score += score;
      hit.parts.push({ list: number, rank, value, score });
    });
  });
  // Equal scores stay in the order in which they were found: the sort is stable.
  return [...found.values()].sort((a, b) => b.score - a.score).slice(offset, offset + k);
}

function weightsOf(operation: string, weights: readonly number[] | undefined, count: number) {
  if (weights === undefined) return new Array<number>(count).fill(1);
  if (!Array.isArray(weights))
    throw check.typeError(operation, 'weights', 'array of numbers', weights);
  if (weights.length !== count)
    throw check.rangeError(
      operation,
      'weights',
      `a number for each of ${count} lists`,
      weights.length,
    );
  return Array.from(weights as readonly number[], (weight) => {
    check.number(operation, 'weights', weight);
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw check.rangeError(operation, 'weights', 'numbers >= 0', weight);
    return weight;
  });
}

// Distances ascend: the nearest is the best.
function read(
  operation: string,
  list: RankedList,
  number: number,
): { entries: Entry[]; ascending: boolean } {
  const argument = `lists[${number}]`;
  const expected = '{ id, score }, { key, distance } or { ids, distances }';
  const bad = (value: unknown) => check.typeError(operation, argument, expected, value);
  if (typeof list !== 'object' || list === null) throw bad(list);
  const entry = (id: unknown, value: unknown): Entry => {
    if (typeof id !== 'string' && typeof id !== 'number') throw bad(id);
    if (typeof value !== 'number' || Number.isNaN(value)) throw bad(value);
    return { id, value };
  };
  let entries: Entry[];
  let ascending = true;
  if ('ids' in list && 'distances' in list) {
    const { ids, distances } = list;
    entries = Array.from(ids, (id, i) => entry(id, distances[i]));
  } else {
    if (!Array.isArray(list)) throw bad(list);
    const hits = list as readonly {
      id?: string | number;
      key?: string | number;
      score?: number;
      distance?: number;
    }[];
    ascending = hits.length > 0 && hits[0]?.score === undefined;
    entries = Array.from(hits, (hit) =>
      entry(hit?.id ?? hit?.key, ascending ? hit?.distance : hit?.score),
    );
  }
  return { entries, ascending };
}

function spread(entries: readonly Entry[]): { least: number; width: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { value } of entries) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, width: most - least };
}
