// Indexes that are walked by the first numbers of vectors, as users ask for them.
import type { HnswOptions } from 'sublinear/hnsw';
import { describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { withRoom } from '../support/room.js';

const room = withRoom('hnsw');

const [COUNT, WIDE, PREFIX, QUERIES, K] = [2000, 128, 32, 25, 10];
const ids = Uint32Array.from({ length: COUNT }, (_, i) => i);
// As embeddings of the kind: the first numbers say most, and the same crowds are in all of them.
const next = random(8);
const spread = Array.from({ length: WIDE }, (_, j) => 0.5 ** (j / 20));
const crowds = Float32Array.from({ length: 30 * WIDE }, () => 2 * next() - 1);
const all = new Float32Array((COUNT + QUERIES) * WIDE);
for (let i = 0; i < COUNT + QUERIES; i++) {
  const crowd = Math.floor(30 * next()) * WIDE;
  for (let j = 0; j < WIDE; j++)
    all[i * WIDE + j] = spread[j]! * (crowds[crowd + j]! + 2 * next() - 1);
}
const vectors = all.subarray(0, COUNT * WIDE);
const queries = all.subarray(COUNT * WIDE);
const row = (i: number) => all.subarray(i * WIDE, (i + 1) * WIDE);
const shape = { metric: 'cosine', dimension: WIDE, m: 12, efConstruction: 80 } as const;

const cosine = (x: Float32Array, y: Float32Array, n: number) => {
  let [xy, xx, yy] = [0, 0, 0];
  for (let j = 0; j < n; j++) {
    xy += x[j]! * y[j]!;
    xx += x[j]! ** 2;
    yy += y[j]! ** 2;
  }
  return xy / Math.sqrt(xx * yy);
};
/** The nearest of some ids by the first n numbers. */
const nearest = (query: Float32Array, among: number[], n: number, k: number) =>
  among
    .map((id) => ({ id, near: cosine(query, row(id), n) }))
    .sort((a, b) => b.near - a.near)
    .slice(0, k)
    .map(({ id }) => id);
const share = (found: ArrayLike<number>, right: number[]) =>
  Array.from(found).filter((id) => right.includes(id)).length / right.length;

describe('a prefix', () => {
  test('finds what a shortlist by prefixes, ranked again, has', () => {
    using index = room.Hnsw.create({ ...shape, prefix: PREFIX, rerank: 'float32' });
    index.addBatch({ ids, vectors });
    const [ef, names] = [40, [...ids]];
    let [hits, exact] = [0, 0];
    for (let q = 0; q < QUERIES; q++) {
      const query = row(COUNT + q);
      const { ids: found, distances } = index.search(query, { k: K, ef });
      const list = nearest(query, names, PREFIX, ef);
      hits += share(found, nearest(query, list, WIDE, K)) / QUERIES;
      exact += share(found, nearest(query, names, WIDE, K)) / QUERIES;
      for (const [i, id] of found.entries())
        expect(distances[i]).toBeCloseTo(1 - cosine(query, row(id), WIDE), 5);
    }
    expect(hits).toBeGreaterThan(0.98);
    expect(exact).toBeGreaterThan(0.8);
    expect(index.search(row(5), { k: 1 }).ids[0]).toBe(5);
    expect([...index.get(5)!.slice(-2)].every((x) => x !== 0)).toBe(true);
    // A sample tells the recall against whole vectors.
    const told = index.recallEstimate({ queries, k: K, ef });
    expect(told.recall).toBeCloseTo(exact, 2);
  });

  test('holds a fourth of a row more at most, as estimateBytes says, and goes through files', async () => {
    const bytes = (more: Partial<HnswOptions>) => {
      using index = room.Hnsw.create({ ...shape, ...more, capacity: COUNT });
      index.addBatch({ ids, vectors });
      index.shrink();
      const told = room.Hnsw.estimateBytes({ ...shape, ...more }, COUNT);
      expect(Math.abs(told / index.bytesUsed - 1)).toBeLessThan(0.1);
      return index.bytesUsed;
    };
    const plain = bytes({});
    expect(bytes({ prefix: PREFIX, rerank: 'float32' })).toBeLessThan(1.25 * plain);
    expect(bytes({ prefix: PREFIX })).toBeLessThan(0.9 * plain);
    using index = room.Hnsw.create({ ...shape, prefix: PREFIX });
    index.addBatch({ ids, vectors });
    using again = room.Hnsw.load(index.save());
    expect(again.searchBatch(queries)).toEqual(index.searchBatch(queries));
    expect(again.save()).toEqual(index.save());
    // Built together, and opened where it was built.
    const shared = await room.Hnsw.buildShared(
      { ...shape, prefix: PREFIX, rerank: 'float32' },
      { ids, vectors },
    );
    using reader = await room.Hnsw.openShared(shared);
    expect(reader.search(row(9), { k: 1 }).ids[0]).toBe(9);
  });

  // Candidates come in the order of their prefixes (or signs), so that one beyond the radius says
  // nothing of those behind it.
  test.each([
    ['euclidean', { prefix: PREFIX / 2 }, 0.95],
    ['cosine', { prefix: PREFIX / 2 }, 0.95],
    ['dot', { prefix: PREFIX / 2 }, 0.95],
    ['cosine', { codes: 'binary' }, 0.6],
  ] as const)('finds what lies within a radius: %s, %o', (metric, how, least) => {
    using index = room.Hnsw.create({ ...shape, metric, ...how });
    using exact = room.Flat.create({ metric, dimension: WIDE });
    for (const each of [index, exact]) each.addBatch({ ids, vectors });
    for (const many of [40, 300]) {
      let [hits, wanted] = [0, 0];
      for (let q = 0; q < QUERIES; q++) {
        const query = row(COUNT + q);
        const radius = exact.search(query, { k: many }).distances[many - 1]!;
        const right = exact.search(query, { radius }).ids;
        const { ids: found, distances } = index.search(query, { radius });
        expect(Math.max(...distances)).toBeLessThanOrEqual(radius);
        hits += [...found].filter((id) => right.includes(id)).length;
        wanted += right.length;
      }
      expect(hits / wanted).toBeGreaterThan(least);
    }
  });

  test('is an option of collections', () => {
    using collection = room.Collection.create({ ...shape, prefix: PREFIX });
    for (let i = 0; i < 60; i++) collection.add({ key: `item ${i}`, vector: row(i) });
    using again = room.Collection.load(collection.save());
    for (const each of [collection, again])
      expect(each.search(row(7), { k: 1 })[0]!.key).toBe('item 7');
  });

  test('is refused where it is none', () => {
    const refused = (more: object) =>
      refusalOf(() => room.Hnsw.create({ ...shape, prefix: PREFIX, ...more } as never));
    for (const prefix of [0, WIDE, 1e6])
      expect(refused({ prefix })).toMatchObject({ code: 'OPTION', argument: 'prefix' });
    for (const prefix of [-1, 1.5, Number.NaN, '3'])
      expect(refused({ prefix })).toMatchObject({ argument: 'prefix' });
    expect(refused({ codes: 'int8' })).toMatchObject({ argument: 'codes' });
    expect(refused({ rerank: 'none' })).toMatchObject({ argument: 'rerank' });
    expect(refused({ rerank: 'rabitq4' })).toMatchObject({ argument: 'rerank' });
    expect(refused({ metric: 'manhattan' })).toMatchObject({ argument: 'prefix' });
    const flat = { metric: 'cosine', dimension: WIDE, prefix: PREFIX };
    for (const make of [
      () => room.Flat.create(flat as never),
      () => room.Collection.create({ ...flat, index: 'flat' } as never),
    ])
      expect(refusalOf(make).message).toContain('"prefix" is not an option');
  });
});
