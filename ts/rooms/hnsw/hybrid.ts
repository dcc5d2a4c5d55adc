// Searching by words and by meaning at once: the lists of both parts as one, with what each part has to do with a result.
import { type FusedHit, type FuseOptions, fuse } from '../../runtime/fuse.js';
import * as check from '../../runtime/validate.js';
import { scoreKeys } from '../text/score-keys.js';
import type { Items, Key } from './collection-items.js';
import { fieldOf } from './columns.js';
import type { Flat } from './flat.js';
import type { Hnsw } from './hnsw-index.js';
import type { ItemTexts } from './item-texts.js';
import { partOfMetadata, selected } from './matches.js';
import type { Metadata, Stored } from './metadata.js';
import { readSparse } from './sparse-arrays.js';
import type { SparseIndex } from './sparse-index.js';
import type { SparseVector } from './sparse-types.js';
import type { HybridMatch, HybridQuery, VectorArray } from './types.js';
import type { Where } from './where.js';

/** What is searched. */
export interface Parts {
  index: Flat | Hnsw;
  texts: ItemTexts | undefined;
  sparse: SparseIndex | undefined;
  /** Whether no item has a vector. */
  alone: boolean;
  items: Items;
}

const keys = [
  'text',
  'vector',
  'sparse',
  'key',
  'where',
  'k',
  'offset',
  'ef',
  'fuse',
  'weights',
  'depth',
  'diversity',
  'groupBy',
  'perGroup',
  'select',
  'rerank',
  'words',
] as const satisfies readonly (keyof HybridQuery)[];

/** Each further layer looks so many times as deep. */
const DEEPER = 4;

/** Whether a query is one of parts and options. A vector is none, and neither is a key alone. */
export function isHybrid(query: unknown): boolean {
  if (typeof query !== 'object' || query === null) return false;
  if (ArrayBuffer.isView(query) || Array.isArray(query)) return false;
  if ('text' in query || 'vector' in query || 'sparse' in query) return true;
  // What stands beside a key is asked for, or refused by its name.
  return 'key' in query && Object.keys(query).length > 1;
}

/** What concerns the parts themselves. */
type Given = Omit<HybridQuery, 'rerank'>;

interface Asked {
  text: string | undefined;
  vector: VectorArray | undefined;
  sparse: SparseVector | undefined;
  /** The place of the item that the query is like. */
  like: number | undefined;
}

/**
 * Results come in layers. The first one is what the `depth` best of each part make together; where more is asked for than that,
 * the next one looks deeper and gives what is not in the first, and so on. None of this depends on how many are asked for: pages
 * fit together.
 */
export function searchHybrid<Meta extends object>(
  operation: string,
  parts: Parts,
  query: HybridQuery<Meta>,
): HybridMatch<Meta>[] {
  const given = check.options(operation, query, keys);
  const { k = 10, offset = 0, depth = 100, diversity = 0, rerank } = given;
  check.integer(operation, 'k', k);
  check.integer(operation, 'offset', offset);
  check.integer(operation, 'depth', depth, 1);
  if (!(check.number(operation, 'diversity', diversity) >= 0 && diversity <= 1))
    throw check.rangeError(operation, 'diversity', 'number from 0 to 1', diversity);
  if (rerank !== undefined && typeof rerank !== 'function')
    throw check.typeError(operation, 'rerank', 'function', rerank);
  const select = selected(operation, given.select);
  const fits = groups(operation, parts, given.groupBy, given.perGroup);
  const asked = read(operation, parts, given);
  const how = fusing(operation, given, asked);
  const match = (hit: FusedHit) => matchOf<Meta>(parts, asked, hit, select);
  const wanted = offset + k;
  const found: HybridMatch<Meta>[] = [];
  const seen = new Set<number>();
  for (let most = depth; found.length < wanted; most *= DEEPER) {
    const { hits, ended } = candidates(operation, parts, asked, given, how, most);
    const fresh = hits.filter(({ id }) => !seen.has(id as number));
    for (const { id } of fresh) seen.add(id as number);
    let layer = fresh;
    let matches: HybridMatch<Meta>[] | undefined;
    if (rerank !== undefined) {
      const ranked = reranked(operation, layer, layer.map(match), rerank);
      [layer, matches] = [ranked.hits, ranked.matches];
    }
    if (diversity > 0) {
      const order = diverse(
        parts.index,
        layer,
        diversity,
        fits ? layer.length : wanted - found.length,
      );
      matches = order.map((i) => matches?.[i] ?? match(layer[i] as FusedHit));
      layer = order.map((i) => layer[i] as FusedHit);
    }
    for (let i = 0; i < layer.length && found.length < wanted; i++) {
      const hit = layer[i] as FusedHit;
      if (fits === undefined || fits(hit.id as number)) found.push(matches?.[i] ?? match(hit));
    }
    if (ended) break;
  }
  return found.slice(offset);
}

function read(operation: string, parts: Parts, given: Given): Asked {
  const { text, key } = given;
  let { vector, sparse } = given;
  if (text !== undefined) {
    check.string(operation, 'text', text);
    if (parts.texts === undefined) throw withoutTexts(operation, text);
    check.options(operation, given.words, scoreKeys);
  } else if (given.words !== undefined)
    throw check.rangeError(operation, 'words', 'nothing without "text"', given.words);
  if (vector !== undefined && parts.alone) throw withoutVectors(operation, vector);
  if (sparse !== undefined) {
    if (parts.sparse === undefined) throw withoutSparse(operation, sparse);
    sparse = readSparse(operation, 'sparse', sparse);
  }
  let like: number | undefined;
  if (key !== undefined) {
    if (vector !== undefined)
      throw check.rangeError(operation, 'key', 'nothing beside "vector"', key);
    like = parts.items.find(operation, key as Key);
    const id = parts.items.idAt(like);
    // An item without a vector is like no other one; its words may be asked for all the same.
    if (parts.index.has(id)) vector = parts.index.get(id);
    if (sparse === undefined && parts.sparse?.has(id)) sparse = parts.sparse.get(id);
  }
  if (text === undefined && vector === undefined && sparse === undefined) {
    if (like === undefined)
      throw check.typeError(operation, 'query', 'text, vector, sparse or key', undefined);
    throw check.rangeError(operation, 'key', 'an item with a vector, or text beside it', key);
  }
  return { text, vector, sparse, like };
}

export function withoutTexts(operation: string, value: unknown) {
  const expected = 'nothing in a collection without texts (Collection.create({ text }) makes one)';
  return check.typeError(operation, 'text', expected, value);
}

export function withoutSparse(operation: string, value: unknown) {
  const expected =
    'nothing in a collection without sparse vectors (Collection.create({ sparse: true }) makes one)';
  return check.typeError(operation, 'sparse', expected, value);
}

export function withoutVectors(operation: string, value: unknown) {
  return check.typeError(operation, 'vector', 'nothing in a collection without "dimension"', value);
}

function fusing(operation: string, given: Given, asked: Asked): FuseOptions {
  const method = given.fuse ?? 'rrf';
  check.choice(operation, 'fuse', method, { rrf: 0, weighted: 0 });
  const weights = check.options(operation, given.weights, ['text', 'vector', 'sparse']);
  const { text = 1, vector = 1, sparse = 1 } = weights;
  for (const [name, weight] of Object.entries({ text, vector, sparse })) {
    check.number(operation, `weights.${name}`, weight);
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw check.rangeError(operation, `weights.${name}`, 'number >= 0', weight);
  }
  const list = [];
  if (asked.text !== undefined) list.push(text);
  if (asked.vector !== undefined) list.push(vector);
  if (asked.sparse !== undefined) list.push(sparse);
  return { method, weights: list };
}

/** What the `most` best of each part make together. Ended: there is no more in any. */
function candidates(
  operation: string,
  { index, texts, sparse: sparseIndex, items }: Parts,
  { text, vector, sparse, like }: Asked,
  given: Given,
  how: FuseOptions,
  most: number,
): { hits: FusedHit[]; ended: boolean } {
  const where = given.where as Where | undefined;
  const lists: Parameters<typeof fuse>[0][number][] = [];
  const own = like === undefined ? undefined : items.idAt(like);
  const room = most + (own === undefined ? 0 : 1);
  let ended = true;
  if (text !== undefined && texts !== undefined) {
    const hits = texts.search(operation, text, room, items, where, given.words);
    if (hits.length >= room) ended = false;
    lists.push(own === undefined ? hits : hits.filter(({ id }) => id !== own));
  }
  if (vector !== undefined) {
    const filter = where === undefined ? undefined : items.filter(index.runtime, operation, where);
    const { ef } = given;
    const k = Math.min(room, Math.max(1, index.size));
    const found = index.search(vector, {
      k,
      ...(ef !== undefined && { ef }),
      ...(filter && { filter }),
    });
    if (found.ids.length >= room) ended = false;
    lists.push(own === undefined ? found : without(found, own));
  }
  if (sparse !== undefined && sparseIndex !== undefined) {
    const { runtime } = sparseIndex;
    const filter = where === undefined ? undefined : items.filter(runtime, operation, where, 's');
    const k = Math.min(room, Math.max(1, sparseIndex.size));
    const { ids, scores } = sparseIndex.search(sparse, { k, ...(filter && { filter }) });
    if (ids.length >= room) ended = false;
    const hits = Array.from(ids, (id, i) => ({ id, score: scores[i] as number }));
    lists.push(own === undefined ? hits : hits.filter(({ id }) => id !== own));
  }
  return { hits: fuse(lists, { ...how, k: 2 ** 32 - 1 }), ended };
}

function without({ ids, distances }: { ids: Uint32Array; distances: Float32Array }, id: number) {
  const at = ids.indexOf(id);
  const kept = <T>(_: T, i: number) => i !== at;
  return { ids: ids.filter(kept), distances: distances.filter(kept) };
}

function matchOf<Meta extends object>(
  { texts, items }: Parts,
  { text, vector, sparse }: Asked,
  { id, score, parts }: FusedHit,
  select: readonly string[] | undefined,
): HybridMatch<Meta> {
  const place = items.placeOfId(id as number);
  const match: HybridMatch<Meta> = { key: items.keyAt(place), score, parts: {} };
  // The lists are in this order.
  const names = (['text', 'vector', 'sparse'] as const).filter(
    (name) => ({ text, vector, sparse })[name] !== undefined,
  );
  for (const { list, rank, value, score: adds } of parts) {
    const name = names[list];
    if (name === 'vector') match.parts.vector = { rank, distance: value, adds };
    else if (name !== undefined) match.parts[name] = { rank, score: value, adds };
  }
  const known = items.metadataAt(place);
  const metadata: Metadata | undefined =
    select === undefined ? known : partOfMetadata(known, select);
  if (metadata !== undefined) match.metadata = metadata as Stored<Meta>;
  const shown = texts?.shownOf(id as number);
  if (shown !== undefined) match.text = shown;
  return match;
}

/** In the order of the user's scores; equal ones stay as they were. */
function reranked<Meta extends object>(
  operation: string,
  hits: readonly FusedHit[],
  matches: readonly HybridMatch<Meta>[],
  rerank: (matches: readonly HybridMatch<Meta>[]) => readonly number[],
): { hits: FusedHit[]; matches: HybridMatch<Meta>[] } {
  if (hits.length === 0) return { hits: [], matches: [] };
  const scores = rerank(matches);
  const expected = `a function that returns ${hits.length} numbers, one for each match`;
  if (typeof scores !== 'object' || scores === null || scores.length !== hits.length)
    throw check.typeError(operation, 'rerank', expected, scores);
  const order = hits.map((hit, i) => {
    const score = scores[i];
    if (typeof score !== 'number' || Number.isNaN(score))
      throw check.typeError(operation, 'rerank', expected, score);
    return { hit: { ...hit, score }, match: { ...(matches[i] as HybridMatch<Meta>), score } };
  });
  order.sort((a, b) => b.match.score - a.match.score || 0);
  return { hits: order.map(({ hit }) => hit), matches: order.map(({ match }) => match) };
}

/** The condition of groups: not more than some of each value of a field. */
function groups(
  operation: string,
  { items }: Parts,
  groupBy: string | undefined,
  perGroup: number | undefined,
): ((id: number) => boolean) | undefined {
  if (groupBy === undefined) {
    if (perGroup !== undefined)
      throw check.rangeError(operation, 'perGroup', 'nothing without "groupBy"', perGroup);
    return undefined;
  }
  check.string(operation, 'groupBy', groupBy);
  const most = check.integer(operation, 'perGroup', perGroup ?? 1);
  const counts = new Map<unknown, number>();
  return (id) => {
    const value = fieldOf(items.metadataAt(items.placeOfId(id)), groupBy);
    if (value === undefined || (typeof value === 'object' && value !== null)) return false;
    const count = counts.get(value) ?? 0;
    if (count >= most) return false;
    counts.set(value, count + 1);
    return true;
  };
}

/**
 * Places in the list in an order that weighs how good a result is against how like it is to those before it (maximal marginal
 * relevance, doi:10.1145/290941.291025). Scores are stretched to 0 and 1; likeness is the cosine of vectors, or the share of equal
 * bits; what has no vector is like nothing. O(most * hits * dimension).
 */
function diverse(
  index: Flat | Hnsw,
  hits: readonly FusedHit[],
  diversity: number,
  most: number,
): number[] {
  const vectors = hits.map(({ id }) =>
    index.has(id as number) ? unit(index.get(id as number)) : undefined,
  );
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { score } of hits)
    [least, greatest] = [Math.min(least, score), Math.max(greatest, score)];
  const width = greatest - least;
  const good = hits.map(({ score }) => (width > 0 ? (score - least) / width : 1));
  const like = new Float64Array(hits.length).fill(0);
  const left = new Set(hits.keys());
  const order: number[] = [];
  while (left.size > 0 && order.length < most) {
    let [best, bestValue] = [-1, Number.NEGATIVE_INFINITY];
    for (const i of left) {
      const value = (1 - diversity) * (good[i] as number) - diversity * (like[i] as number);
      // The first one is the best, whatever differs.
      if (best < 0 || (order.length > 0 && value > bestValue)) [best, bestValue] = [i, value];
    }
    left.delete(best);
    order.push(best);
    const chosen = vectors[best];
    if (chosen === undefined) continue;
    for (const i of left) {
      const other = vectors[i];
      if (other !== undefined) like[i] = Math.max(like[i] as number, likeness(chosen, other));
    }
  }
  return order;
}

type Unit = Float32Array | Uint8Array;

/** A vector of length 1; bits stay what they are. */
function unit(vector: Unit): Unit {
  if (vector instanceof Uint8Array) return vector;
  let most = 0;
  for (const each of vector) most = Math.max(most, Math.abs(each));
  if (most === 0) return vector;
  let sum = 0;
  for (const each of vector) sum += (each / most) ** 2;
  const length = Math.sqrt(sum);
  return vector.map((each) => each / most / length);
}

function likeness(a: Unit, b: Unit): number {
  let sum = 0;
  if (a instanceof Uint8Array) {
    for (let i = 0; i < a.length; i++) sum += bits((a[i] as number) ^ (b[i] as number));
    return 1 - sum / (8 * a.length);
  }
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function bits(byte: number): number {
  let count = 0;
  for (let left = byte; left > 0; left &= left - 1) count++;
  return count;
}
