// One copy of an index for all workers: in shared memory where threads share it (Node, isolated pages), else as its file. The
// answers are the same bits. Runs in Node and, through worker.browser.test.ts, in a page that is not isolated; in one that is:
// isolated.site.test.ts.
import { createEngine, type Engine } from 'sublinear';
import type { HnswOptions, SharedIndex } from 'sublinear/hnsw';
import { createPool, createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';

const isSharing =
  typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;

let local: Engine;
beforeAll(async () => {
  local = await createEngine();
});
afterAll(() => local.dispose());

const DIMENSION = 24;
const COUNT = 3000;

/** Vectors in clusters, so that codes have something to tell apart. */
function points(count: number, seed: number, dimension = DIMENSION) {
  const next = random(seed);
  return Float32Array.from(
    { length: count * dimension },
    (_, i) => next() - 0.5 + (Math.floor(i / dimension) % 7) / 10,
  );
}
const idsOf = (count: number) => Uint32Array.from({ length: count }, (_, i) => 3 * i + 1);

async function makeIndex(options: Partial<HnswOptions> = {}) {
  const { Hnsw } = await local.use('hnsw');
  const given = { metric: 'cosine', dimension: DIMENSION, m: 8, efConstruction: 60, ...options };
  const index = Hnsw.create(given as HnswOptions);
  index.addBatch({ ids: idsOf(COUNT), vectors: points(COUNT, 1) });
  return index;
}

const kinds: [string, Partial<HnswOptions>][] = [
  ['float32', {}],
  ['euclidean', { metric: 'euclidean' }],
  ['int8', { codes: 'int8' }],
  ['float16', { codes: 'float16' }],
  ['rabitq', { codes: 'rabitq' }],
  ['rabitq of four bits', { codes: 'rabitq4', rerank: 'rabitq4' }],
  ['rabitq alone', { codes: 'rabitq', rerank: 'none' } as Partial<HnswOptions>],
];

describe('searches of two workers give the bits of one thread', () => {
  test.each(kinds)('%s', async (_name, options) => {
    using index = await makeIndex(options);
    await using pool = await createPool({ size: 2, modules: ['hnsw'] });
    const shared = await index.share();
    expect(shared.place !== undefined).toBe(isSharing);
    const replica = await pool.replicate(shared, ({ hnsw }, given) => hnsw.Hnsw.openShared(given));
    // 1,800 queries of each kind: more than 10,000 in all.
    const queries = points(1800, 9);
    for (const ef of [16, 80]) {
      const expected = index.searchBatch(queries, { k: 10, ef });
      const found = await replica.batch(queries, DIMENSION, (there, part) =>
        there.searchBatch(part, { k: 10, ef }),
      );
      expect(found).toEqual(expected);
    }
    const some = Array.from({ length: 50 }, (_, q) =>
      queries.slice(q * DIMENSION, (q + 1) * DIMENSION),
    );
    for (const how of [{ k: 3 }, { radius: 0.4 }, { k: 5, diversity: 0.4 }])
      expect(await replica.map(some, (there, query) => there.search(query, how))).toEqual(
        some.map((query) => index.search(query, how)),
      );
    expect(await replica.run((there) => there.get(7))).toEqual(index.get(7));
    expect(await replica.run((there) => there.stats())).toEqual(index.stats());
    expect(await replica.run((there) => there.recallEstimate({ sample: 20 }))).toEqual(
      index.recallEstimate({ sample: 20 }),
    );
  });
});

test('an exact index: the same bits, in place or copied', async () => {
  const { Filter, Flat } = await local.use('hnsw');
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  const queries = points(300, 7);
  for (const metric of ['cosine', 'euclidean', 'manhattan'] as const) {
    using index = Flat.create({ metric, dimension: DIMENSION });
    index.addBatch({ ids: idsOf(COUNT), vectors: points(COUNT, 1) });
    index.remove(4);
    const shared = await index.share();
    expect([shared.kind, shared.place !== undefined]).toEqual(['flat', isSharing]);
    await using replica = await pool.replicate(shared, ({ hnsw }, given) =>
      hnsw.Flat.openShared(given),
    );
    const found = await replica.batch(queries, DIMENSION, (there, part) =>
      there.searchBatch(part, { k: 10 }),
    );
    expect(found).toEqual(index.searchBatch(queries, { k: 10 }));
    using reader = await Flat.openShared(shared);
    using filter = Filter.from(idsOf(300));
    const query = points(1, 5);
    for (const how of [{ filter }, { radius: 1.2 }, { k: 4, diversity: 0.5 }])
      expect(reader.search(query, how)).toEqual(index.search(query, how));
    expect([reader.size, reader.has(4), reader.has(7), reader.frozen]).toEqual([
      COUNT - 1,
      false,
      true,
      true,
    ]);
    const refused = { code: 'STATE', argument: 'index' };
    const vector = points(1, 8);
    expect(() => reader.add(2, vector)).toThrow(expect.objectContaining(refused));
    expect(() => reader.remove(1)).toThrow(expect.objectContaining(refused));
    expect(() => reader.removeMany([1])).toThrow(expect.objectContaining(refused));
    expect(() => reader.shrink()).toThrow(expect.objectContaining(refused));
    expect(reader.save()).toEqual(index.save());
    if (isSharing) expect(reader.bytesUsed).toBeLessThan(index.bytesUsed / 4);
  }
});

test('filters of the worker, and of an engine beside a shared index', async () => {
  const { Filter, Hnsw } = await local.use('hnsw');
  using index = await makeIndex();
  const allowed = { few: idsOf(60), third: idsOf(COUNT).filter((_, i) => i % 3 === 0) };
  const query = points(1, 4);
  await using engine = await createWorkerEngine({ modules: ['hnsw'] });
  const shared = await index.share();
  using here = await Hnsw.openShared(shared);
  using there = await engine.hnsw.Hnsw.openShared(shared);
  for (const ids of Object.values(allowed)) {
    using filter = Filter.from(ids);
    const expected = index.search(query, { k: 20, filter });
    expect(expected.ids.length).toBe(20);
    expect(here.search(query, { k: 20, filter })).toEqual(expected);
    expect(here.search(query, { k: 20, filter })).toEqual(expected);
    using remote = await engine.hnsw.Filter.from(ids);
    expect(await there.search(query, { k: 20, filter: remote })).toEqual(expected);
  }
  using other = await createEngine({ modules: ['hnsw'] }).then(({ hnsw }) => hnsw.Filter.from([1]));
  expect(() => here.search(query, { filter: other })).toThrow(/another engine/);
});

test('collections: keys, metadata and conditions', async () => {
  const { Collection } = await local.use('hnsw');
  using films = Collection.create({ metric: 'euclidean', dimension: DIMENSION, m: 8 });
  const vectors = points(COUNT, 3);
  films.addAll(
    Array.from({ length: COUNT }, (_, i) => ({
      key: i % 2 === 0 ? `film ${i}` : i,
      vector: vectors.subarray(i * DIMENSION, (i + 1) * DIMENSION),
      metadata: { year: 1950 + (i % 70), tags: [i % 3 === 0 ? 'x' : 'y'] },
    })),
  );
  const queries = points(40, 5);
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  const replica = await pool.replicate(await films.share(), ({ hnsw }, shared) =>
    hnsw.Collection.openShared(shared),
  );
  const where = { year: { gte: 2000 }, tags: { contains: 'x' } };
  for (const how of [{ k: 8 }, { k: 8, where }]) {
    const found = await replica.batch(queries, DIMENSION, (there, part) =>
      there.searchBatch(part, how),
    );
    expect(found).toEqual(films.searchBatch(queries, how));
  }
  expect(await replica.run((there) => there.get('film 8'))).toEqual(films.get('film 8'));
  expect(await replica.run((there) => there.filter(where))).toEqual(films.filter(where));
  // Its vectors are frozen, and nothing is half done.
  const refused = replica.run((there) => there.add({ key: 'new', vector: new Float32Array(24) }));
  await expect(refused).rejects.toMatchObject({ code: 'STATE', argument: 'index' });
  expect(await replica.run((there) => there.has('new'))).toBe(false);
  expect(await replica.run((there) => there.size)).toBe(COUNT);
});

test('collections with texts, and over an exact index', async () => {
  const { Collection } = await local.use('hnsw');
  await using engine = await createWorkerEngine({ modules: ['hnsw'] });
  using notes = await Collection.createAsync({ metric: 'cosine', dimension: 2, text: ['title'] });
  notes.add({ key: 1, vector: [1, 0], text: 'The sea rises' });
  notes.add({ key: 2, vector: [0.9, 0.3], text: 'The lodge' });
  using there = await engine.hnsw.Collection.openShared(await notes.share());
  const asked = { text: 'sea', vector: [0.8, 0.2], k: 2 };
  expect(await there.search(asked)).toEqual(notes.search(asked));
  using exact = Collection.create({ metric: 'dot', dimension: 2, index: 'flat' });
  exact.add({ key: 'a', vector: [1, 2] });
  const shared = await exact.share();
  expect(shared.place !== undefined).toBe(isSharing);
  using copy = await engine.hnsw.Collection.openShared(shared);
  expect(await copy.searchBatch([1, 1])).toEqual(exact.searchBatch([1, 1]));
});

test('every change of a shared index is refused by name', async () => {
  const { Hnsw } = await local.use('hnsw');
  using index = await makeIndex();
  using reader = await Hnsw.openShared(await index.share());
  const vector = points(1, 8);
  const changes: [string, () => unknown][] = [
    ['add', () => reader.add(2, vector)],
    ['add', () => reader.add(1, vector, { duplicates: 'replace' })],
    ['addInPlace', () => reader.addInPlace({ ids: [2], write: () => {} })],
    ['remove', () => reader.remove(1)],
    ['removeMany', () => reader.removeMany([1, 4])],
    ['update', () => reader.update(1, vector)],
    ['reserve', () => reader.reserve(2 * COUNT)],
    ['repair', () => reader.repair()],
    ['optimize', () => reader.optimize()],
    ['shrink', () => reader.shrink()],
  ];
  for (const [name, change] of changes) {
    const expected = { code: 'STATE', argument: 'index', operation: `Hnsw.${name}` };
    expect(change, name).toThrow(expect.objectContaining(expected));
  }
  await expect(reader.addBatchAsync({ ids: [2], vectors: vector })).rejects.toMatchObject({
    code: 'STATE',
  });
  expect([reader.size, reader.frozen, index.frozen]).toEqual([COUNT, true, false]);
  // What is shared has been copied: the index goes its own way.
  index.remove(1);
  expect([index.has(1), reader.has(1)]).toEqual([false, true]);
  // And what is saved of it can be changed again.
  using again = Hnsw.load(reader.save());
  expect(again.remove(4).size).toBe(COUNT - 1);
});

test('freeze() refuses changes of an index in place', async () => {
  using index = await makeIndex({ codes: 'int8' });
  const query = points(1, 6);
  const before = index.search(query);
  expect(index.freeze().frozen).toBe(true);
  expect(index.search(query)).toEqual(before);
  expect(() => index.remove(1)).toThrow(expect.objectContaining({ code: 'STATE' }));
});

test('an index that a worker made is shared by it', async () => {
  await using maker = await createWorkerEngine({ modules: ['hnsw'] });
  await using reader = await createWorkerEngine({ modules: ['hnsw'] });
  const made = await maker.hnsw.Hnsw.create({ metric: 'euclidean', dimension: DIMENSION, m: 8 });
  await made.addBatch({ ids: idsOf(COUNT), vectors: points(COUNT, 1) });
  const shared = await made.share();
  const query = points(1, 2);
  const expected = await made.search(query);
  await maker.dispose();
  using there = await reader.hnsw.Hnsw.openShared(shared);
  expect(await there.search(query)).toEqual(expected);
});

test('says what is wrong with what is no shared index', async () => {
  const { Collection, Hnsw } = await local.use('hnsw');
  using index = await makeIndex();
  const shared = await index.share();
  const open = (given: unknown) => Hnsw.openShared(given as SharedIndex);
  for (const wrong of [null, 7, new Uint8Array(9), index, undefined])
    await expect(open(wrong)).rejects.toMatchObject({ code: 'TYPE', argument: 'shared' });
  await expect(open({ ...shared, kind: 'collection' })).rejects.toThrow(/Hnsw\.share\(\)/);
  await expect(Collection.openShared(shared)).rejects.toThrow(/Collection\.share\(\)/);
  await expect(open({ ...shared, version: '0.0.1' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('0.0.1'),
  });
  const { place: _, file: __, ...empty } = shared;
  await expect(open(empty)).rejects.toMatchObject({ code: 'TYPE', argument: 'shared' });
  await expect(open({ ...empty, file: Uint8Array.of(1, 2) })).rejects.toMatchObject({
    operation: 'Hnsw.load',
  });
  const alien = { memory: new WebAssembly.Memory({ initial: 4 }), regions: 1, index: 1 };
  await expect(open({ ...empty, place: alien })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await expect(open({ ...empty, place: { memory: {}, regions: 1, index: 1 } })).rejects.toThrow(
    /Hnsw\.share\(\)/,
  );
});
