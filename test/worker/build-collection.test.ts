// Collections whose vectors the workers of a pool link: the same bytes with any number of them, the same items as by `add`, and as
// good. Runs in Node and, through worker.browser.test.ts, in a page where threads share no memory.
import type { Collection, CreateCollectionOptions, Item } from 'sublinear/hnsw';
import { createPool, type Pool } from 'sublinear/worker';
import { describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { isSharing, withPools } from '../support/pools.js';

const DIMENSION = 16;
const COUNT = 2500;
const here = withPools();
const { pools } = here;

const words = ['tide', 'sea', 'harbour', 'lamp', 'salt', 'wind', 'gull', 'rope', 'storm', 'quay'];

/** Items of all kinds: each tenth has no vector, each fourth no text, each sixth a sparse vector, some equal vectors. */
function itemsOf(count: number, seed: number, parts: { text?: boolean; sparse?: boolean }): Item[] {
  const next = random(seed);
  let before = new Float32Array(DIMENSION);
  return Array.from({ length: count }, (_, i) => {
    if (i % 9 !== 8) before = Float32Array.from(before, () => next() - 0.5);
    const alone = !parts.text || i % 10 !== 9;
    const text = Array.from({ length: 4 }, () => words[Math.floor(next() * 10)]).join(' ');
    return {
      key: i % 3 === 0 ? i : `item ${i}`,
      ...(alone && { vector: before.slice() }),
      ...(parts.text && (i % 4 !== 3 || !alone) && { text }),
      ...(parts.sparse &&
        i % 6 === 0 && { sparse: { indices: [i % 50, 60], values: [1 + next(), 2] } }),
      ...(i % 2 === 0 && { metadata: { year: 1900 + (i % 100), tags: [`t${i % 7}`] } }),
    };
  });
}

const shape = { metric: 'cosine', dimension: DIMENSION, m: 8, efConstruction: 60 } as const;
const kinds: [string, CreateCollectionOptions, { text?: boolean; sparse?: boolean }][] = [
  ['vectors', shape, {}],
  ['int8 codes', { ...shape, codes: 'int8' as const, capacity: 3000 }, {}],
  ['texts', { ...shape, text: ['note'] }, { text: true }],
  [
    'texts and sparse vectors',
    { ...shape, text: ['note'], sparse: true },
    { text: true, sparse: true },
  ],
  ['an exact index', { metric: 'cosine', dimension: DIMENSION, index: 'flat' }, {}],
];

describe.each(kinds)('%s', (_, options, parts) => {
  test('the same bytes with any number of workers; items and answers as by add', async () => {
    const { Collection } = await here.local.use('hnsw');
    const items = itemsOf(COUNT, 1, parts);
    using added = await Collection.createAsync(options);
    added.addAll(items);
    const shared = await Collection.buildShared(options, items);
    expect([shared.kind, shared.version]).toEqual(['collection', expect.any(String)]);
    using alone = await Collection.openShared(shared);
    const expected = alone.save();
    for (const pool of pools) {
      const built = await Collection.buildShared(options, items, { pool });
      expect(built.place !== undefined).toBe(isSharing);
      using reader = await Collection.openShared(built);
      expect(reader.save()).toEqual(expected);
    }
    expect(alone.keys).toEqual(added.keys);
    for (const key of [0, 'item 1', 9, 'item 19', 'item 2000', 2499])
      expect(alone.get(key)).toEqual(added.get(key));
    const where = { year: { gte: 1950 }, tags: { in: ['t1', 't4'] } };
    expect(alone.filter(where)).toEqual(added.filter(where));
    if (parts.text)
      expect(alone.search({ text: 'sea harbour', k: 50 })).toEqual(
        added.search({ text: 'sea harbour', k: 50 }),
      );
    if (parts.sparse) {
      const sparse = { indices: [12, 60], values: [1, 0.5] };
      expect(alone.search({ sparse, k: 20 })).toEqual(added.search({ sparse, k: 20 }));
    }
    const recall = [alone, added].map((each) => recallOf(each, items)) as [number, number];
    expect(recall[0]).toBeGreaterThan(0.9);
    expect(recall[0]).toBeGreaterThan(recall[1] - 0.02);
    // A copy that can be changed.
    using copy = Collection.load(expected);
    copy.add({ key: 'new', vector: new Float32Array(DIMENSION).fill(1) }).remove(0);
    expect([copy.size, copy.has('new'), copy.has(0)]).toEqual([COUNT, true, false]);
    expect(() => alone.remove(0)).toThrow(/frozen|read/i);
  });
});

/** The share of the ten nearest by all distances that a search finds. */
function recallOf(collection: Collection, items: readonly Item[]): number {
  const vectors = items.filter(({ vector }) => vector !== undefined);
  const next = random(77);
  let hits = 0;
  for (let round = 0; round < 60; round++) {
    const query = Float32Array.from({ length: DIMENSION }, () => next() - 0.5);
    const exact = vectors
      .map(({ key, vector }) => ({ key, distance: 1 - cosine(query, vector as Float32Array) }))
      .sort((a, b) => a.distance - b.distance);
    // Equal vectors are equally near.
    const last = (exact[9] as { distance: number }).distance + 1e-5;
    for (const { distance } of collection.search(query, { k: 10, ef: 64 }))
      if (distance <= last) hits++;
  }
  return hits / 600;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

test('bits, texts alone, nothing, and items that come later', async () => {
  const { Collection } = await here.local.use('hnsw');
  const next = random(5);
  const bits = Array.from({ length: 900 }, (_, i) => ({
    key: i,
    vector: Uint8Array.from({ length: 8 }, () => 256 * next()),
  }));
  const pool = pools[1] as Pool<'hnsw'>;
  const hamming = { metric: 'hamming', dimension: 64, m: 8, efConstruction: 40 } as const;
  using binary = await Collection.openShared(await Collection.buildShared(hamming, bits, { pool }));
  expect(binary.search((bits[31] as { vector: Uint8Array }).vector, { k: 1 })[0]).toMatchObject({
    key: 31,
    distance: 0,
  });

  async function* later() {
    for (const [i, word] of words.entries()) yield { key: word, text: `the ${word} of ${i}` };
  }
  using texts = await Collection.openShared(
    await Collection.buildShared({ text: ['note'] }, later(), { pool }),
  );
  expect(texts.search({ text: 'gull' }).map(({ key }) => key)).toEqual(['gull']);

  for (const each of [[], new Set<Item>()]) {
    using none = await Collection.openShared(await Collection.buildShared(shape, each, { pool }));
    expect([none.size, none.search(new Float32Array(DIMENSION).fill(1))]).toEqual([0, []]);
  }
});

test('says what is wrong with which item, and leaves nothing behind', async () => {
  const { Collection } = await here.local.use('hnsw');
  await here.local.use('text');
  const objects = () => here.local.stats().modules.map((module) => module.objects);
  const before = objects();
  const items = itemsOf(600, 3, {});
  const operation = 'Collection.buildShared';
  const withItem = (at: number, item: unknown) =>
    items.map((each, i) => (i === at ? item : each)) as Item[];
  for (const pool of [undefined, pools[1]]) {
    const build = (options: object, given: Iterable<Item>, how: object = {}) =>
      Collection.buildShared({ ...shape, ...options } as CreateCollectionOptions, given, {
        ...(pool && { pool }),
        ...how,
      });
    const one = items[17] as Item;
    await expect(build({}, withItem(401, one))).rejects.toMatchObject({
      ...{ code: 'ARGUMENT', argument: 'key', position: 401, operation },
      message: expect.stringMatching(/each key once, got "item 17" again/),
    });
    const broken = Float32Array.from({ length: DIMENSION }, (_, i) => (i === 3 ? Number.NaN : 1));
    await expect(build({}, withItem(555, { key: 'x', vector: broken }))).rejects.toMatchObject({
      ...{ code: 'NOT_FINITE', position: 555, operation },
    });
    // Its place among the items, where others before it have no vector.
    const some = withItem(555, { key: 'x', vector: broken });
    some[3] = { key: 'y', text: 'no vector' };
    await expect(build({ text: ['note'] }, some)).rejects.toMatchObject({
      ...{ code: 'NOT_FINITE', position: 555, operation },
      message: expect.stringMatching(/position 555/),
    });
    await expect(build({}, withItem(9, { key: 'x', vector: [1, 2] }))).rejects.toMatchObject({
      ...{ code: 'SHAPE', argument: 'vector', position: 9, operation },
    });
    for (const bad of [undefined, 7, { vector: one.vector }, { key: Number.NaN }, { key: 'x' }])
      await expect(build({}, withItem(2, bad))).rejects.toMatchObject({
        code: 'TYPE',
        position: 2,
      });
    await expect(build({}, withItem(2, { ...one, text: 'words' }))).rejects.toMatchObject({
      ...{ code: 'TYPE', argument: 'text', position: 2 },
    });
    const loop: { inner?: unknown } = {};
    loop.inner = loop;
    await expect(
      build({}, withItem(2, { key: 'x', vector: one.vector, metadata: loop })),
    ).rejects.toMatchObject({ code: 'TYPE', argument: 'metadata' });
    await expect(build({ m: 1 }, items)).rejects.toMatchObject({ code: 'OPTION' });
    await expect(build({ capacity: -1 }, items)).rejects.toMatchObject({ argument: 'capacity' });
    await expect(build({}, 7 as never)).rejects.toMatchObject({ argument: 'items' });
    await expect(build({}, items, { workers: 2 })).rejects.toThrow(/workers/);
    await expect(build({}, items, { pool: {} })).rejects.toMatchObject({ argument: 'pool' });
    // What a generator throws comes as it is, and it is told that no more is wanted.
    let ended = false;
    function* some2() {
      try {
        yield one;
        yield one;
      } finally {
        ended = true;
      }
    }
    await expect(build({}, some2())).rejects.toMatchObject({ position: 1 });
    expect(ended).toBe(true);
    const mine = function* (): Generator<Item> {
      yield one;
      throw new Error('mine');
    };
    await expect(build({}, mine())).rejects.toThrow('mine');
  }
  expect(objects()).toEqual(before);
});

test('an abort while items are read and while they are linked, and a pool that is gone', async () => {
  const { Collection } = await here.local.use('hnsw');
  const items = itemsOf(COUNT, 1, {});
  const reason = new Error('enough');
  const aborted = AbortSignal.abort(reason);
  await expect(Collection.buildShared(shape, items, { signal: aborted })).rejects.toBe(reason);
  const reading = new AbortController();
  async function* slowly() {
    yield* items.slice(0, 300);
    reading.abort(reason);
    yield* items.slice(300);
  }
  await expect(
    Collection.buildShared(shape, slowly(), { signal: reading.signal, pool: pools[1]! }),
  ).rejects.toBe(reason);
  const linking = new AbortController();
  const totals = new Set<number>();
  await expect(
    Collection.buildShared(shape, items, {
      pool: pools[1]!,
      signal: linking.signal,
      onProgress: ({ total }) => {
        totals.add(total);
        linking.abort(reason);
      },
    }),
  ).rejects.toBe(reason);
  expect([...totals]).toEqual([COUNT]);
  const gone = await createPool({ size: 1, modules: ['hnsw'] });
  await gone.dispose();
  if (isSharing)
    await expect(Collection.buildShared(shape, items, { pool: gone })).rejects.toMatchObject({
      code: 'DISPOSED',
    });
  // The workers are free again.
  using reader = await Collection.openShared(
    await Collection.buildShared(shape, items, { pool: pools[1]! }),
  );
  expect(reader.size).toBe(COUNT);
});
