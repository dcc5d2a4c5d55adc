// Items that belong together, asked for with several vectors at once: MaxSim.
//
// Based on: O. Khattab, M. Zaharia, "ColBERT: efficient and effective passage search via contextualized late interaction over
// BERT", SIGIR 2020, doi:10.1145/3397271.3401075 (the score), and R. Fagin, A. Lotem, M. Naor, "Optimal aggregation algorithms for
// middleware", PODS 2001, doi:10.1145/375551.375567 (when to stop).
import type { Runtime } from '../../runtime/runtime.js';
import { realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { Items, Key } from './collection-items.js';
import { fieldOf } from './columns.js';
import { Filter } from './filter.js';
import type { Flat } from './flat.js';
import type { Hnsw } from './hnsw-index.js';
import type { MaxSimMatch, MaxSimOptions, Metric, VectorArray } from './types.js';

/** What groups are called by. */
type Value = string | number | boolean;

/** Groups that are looked at exactly at once, and neighbours of each vector that are looked at first. */
const GROUPS = 64;
const DEPTH = 64;
const DEEPER = 4;

/** What is asked, and where. */
interface Asked {
  index: Flat | Hnsw;
  items: Items;
  queries: VectorArray;
  count: number;
  how: { ef?: number };
}

/** The groups of a field, and the ids of their items; kept until the collection changes. */
export class Groups {
  readonly #items: Items;
  readonly #known = new Map<string, Map<Value, number[]>>();
  #changes = -1;

  constructor(items: Items) {
    this.#items = items;
  }

  of(field: string): ReadonlyMap<Value, readonly number[]> {
    const items = this.#items;
    if (this.#changes !== items.changes) this.#known.clear();
    this.#changes = items.changes;
    let groups = this.#known.get(field);
    if (groups !== undefined) return groups;
    groups = new Map();
    for (const key of items.keys()) {
      const place = items.placeOf(key) as number;
      const value = groupOf(items, place, field);
      if (value === undefined) continue;
      const ids = groups.get(value);
      if (ids === undefined) groups.set(value, [items.idAt(place)]);
      else ids.push(items.idAt(place));
    }
    this.#known.set(field, groups);
    return groups;
  }
}

function groupOf(items: Items, place: number, field: string): Value | undefined {
  const value = fieldOf(items.metadataAt(place), field);
  return typeof value === 'object' || value === undefined ? undefined : value;
}

/** How alike by a distance: what is added. */
const alike = (metric: Metric, distance: number) =>
  metric === 'cosine' ? 1 - distance : 0 - distance;

export function maxSim(
  runtime: Runtime,
  operation: string,
  index: Flat | Hnsw,
  items: Items,
  known: Groups,
  vectors: VectorArray,
  options: MaxSimOptions,
): MaxSimMatch[] {
  const keys = ['groupBy', 'k', 'offset', 'where', 'ef'] as const;
  const given = check.options(operation, options, keys);
  const { k = 10, offset = 0, groupBy, where, ef } = given;
  check.string(operation, 'groupBy', groupBy);
  check.integer(operation, 'k', k);
  check.integer(operation, 'offset', offset);
  if (ef !== undefined) check.integer(operation, 'ef', ef);
  // They are searched with several times.
  const queries = Array.isArray(vectors) ? realArray(operation, 'queries', vectors) : vectors;
  const filter = where === undefined ? undefined : items.filter(runtime, operation, where);
  const how = ef === undefined ? {} : { ef };
  // Of what may be found, what belongs to no group is as if it were not there.
  const groups = known.of(groupBy);
  const first = index.searchBatch(queries, { k: 1, ...how, ...(filter && { filter }) });
  const asked: Asked = { index, items, queries, count: first.found.length, how };
  const wanted = k + offset;
  const allowed = where === undefined ? undefined : new Set(items.matching(operation, where));
  const exact = new Map<Value, MaxSimMatch>();
  const ranked: MaxSimMatch[] = [];
  for (let depth = DEPTH; wanted > 0 && asked.count > 0; depth *= DEEPER) {
    const most = Math.min(depth, Math.max(1, index.size));
    const { bounds, unseen } = candidates(asked, groupBy, most, filter);
    const order = [...bounds].filter(([value]) => !exact.has(value));
    order.sort((a, b) => b[1] - a[1]);
    /** The score that a group must reach to be among those that are wanted. */
    const least = () => ranked[wanted - 1]?.score ?? Number.NEGATIVE_INFINITY;
    for (let at = 0; at < order.length && (order[at]?.[1] as number) >= least(); at += GROUPS) {
      const values = order.slice(at, at + GROUPS).map(([value]) => value);
      const ids = values.map((value) => {
        const all = groups.get(value) as readonly number[];
        return allowed ? all.filter((id) => allowed.has(items.keyAt(items.placeOfId(id)))) : all;
      });
      for (const match of scored(runtime, asked, values, ids, groupBy)) {
        exact.set(match.group, match);
        ranked.push(match);
      }
      const place = (match: MaxSimMatch) => groups.get(match.group)?.[0] as number;
      ranked.sort((a, b) => b.score - a.score || place(a) - place(b));
    }
    if (unseen < least() || most >= index.size) break;
  }
  return ranked.slice(offset, wanted);
}

/** Groups among the `most` nearest of each vector, with the most that they can score; and that of groups which are not there. */
function candidates(
  { index, items, queries, count, how }: Asked,
  field: string,
  most: number,
  filter: Filter | undefined,
): { bounds: Map<Value, number>; unseen: number } {
  const { metric } = index;
  const near = index.searchBatch(queries, { k: most, ...how, ...(filter && { filter }) });
  const best = new Map<Value, Float64Array>();
  const last = new Float64Array(count);
  for (let q = 0; q < count; q++) {
    const found = near.found[q] as number;
    // A list that ends has everything: what is not there cannot be found by this vector.
    last[q] =
      found < most
        ? Number.NEGATIVE_INFINITY
        : alike(metric, near.distances[q * most + found - 1] as number);
    for (let i = q * most; i < q * most + found; i++) {
      const value = groupOf(items, items.placeOfId(near.ids[i] as number), field);
      if (value === undefined) continue;
      let row = best.get(value);
      if (row === undefined) {
        row = new Float64Array(count).fill(Number.NaN);
        best.set(value, row);
      }
      // The nearest of a group comes first.
      if (Number.isNaN(row[q])) row[q] = alike(metric, near.distances[i] as number);
    }
  }
  const bounds = new Map<Value, number>();
  for (const [value, row] of best) {
    let bound = 0;
    for (let q = 0; q < count; q++)
      bound += Number.isNaN(row[q]) ? (last[q] as number) : (row[q] as number);
    bounds.set(value, bound);
  }
  return { bounds, unseen: last.reduce((sum, each) => sum + each, 0) };
}

/** Groups with their scores: all their items are compared with each vector. */
function scored(
  runtime: Runtime,
  { index, items, queries, count, how }: Asked,
  values: readonly Value[],
  ids: readonly (readonly number[])[],
  field: string,
): MaxSimMatch[] {
  const all = Uint32Array.from(ids.flat());
  const filter = runtime.bind(Filter).from(all);
  try {
    const near = index.searchBatch(queries, { k: all.length, ...how, filter });
    const matches = new Map<Value, MaxSimMatch>(
      values.map((group) => [group, { group, score: 0, best: [] }]),
    );
    for (let q = 0; q < count; q++) {
      for (let i = 0; i < (near.found[q] as number); i++) {
        const place = items.placeOfId(near.ids[q * all.length + i] as number);
        const match = matches.get(groupOf(items, place, field) as Value) as MaxSimMatch;
        if (match.best.length > q) continue;
        const similarity = alike(index.metric, near.distances[q * all.length + i] as number);
        match.best.push({ key: items.keyAt(place) as Key, similarity });
        match.score += similarity;
      }
    }
    return [...matches.values()];
  } finally {
    filter.dispose();
  }
}
