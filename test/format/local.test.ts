// Indexes in files of this machine: larger than the memory of the module, read through open files and stores.
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from 'sublinear';
import { load } from 'sublinear/format';
import { memoryStore, type Store } from 'sublinear/store';
import { fileStore } from 'sublinear/store/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { failure } from '../support/range-server.js';

const { Bundle, RemoteGraph, RemoteIndex, writeRemoteIndex, writeRemoteGraph } = await load();
const [COUNT, DIMENSION, QUERIES, K] = [12_000, 48, 25, 10];
const CACHE = 200_000;

let folder: string;
let limited: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sublinear-local-'));
  await writeFile(path(), file);
  limited = await createEngine({ memory: Math.floor(file.length / 4) });
});
afterAll(async () => {
  limited.dispose();
  await rm(folder, { recursive: true });
});
const path = () => join(folder, 'points.slvr');

/** Points around seeded centres; the last ones are the queries. */
const all = (() => {
  const next = random(17);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const centres = Float32Array.from({ length: 80 * DIMENSION }, normal);
  return Float32Array.from({ length: (COUNT + QUERIES) * DIMENSION }, (_, i) => {
    const centre = (Math.floor(i / DIMENSION) * 2654435761) % 80;
    return (centres[centre * DIMENSION + (i % DIMENSION)] as number) + normal();
  });
})();
const vectors = all.subarray(0, COUNT * DIMENSION);
const queryAt = (q: number) => all.subarray((COUNT + q) * DIMENSION, (COUNT + q + 1) * DIMENSION);
const file = writeRemoteIndex(vectors, {
  ...{ dimension: DIMENSION, metric: 'euclidean' },
  keys: Array.from({ length: COUNT }, (_, i) => `point ${i}`),
  metadata: Array.from({ length: COUNT }, (_, i) => ({ part: i % 3, note: `the note of ${i}` })),
});

function nearest(query: Float32Array, allowed: (i: number) => boolean): string[] {
  const distances: { i: number; sum: number }[] = [];
  for (let i = 0; i < COUNT; i++) {
    if (!allowed(i)) continue;
    let sum = 0;
    for (let j = 0; j < DIMENSION; j++)
      sum += ((query[j] as number) - (vectors[i * DIMENSION + j] as number)) ** 2;
    distances.push({ i, sum });
  }
  return distances
    .sort((a, b) => a.sum - b.sum)
    .slice(0, K)
    .map(({ i }) => `point ${i}`);
}

describe('an index of four times the memory limit', () => {
  test('does not fit as a whole', async () => {
    const { Hnsw } = await limited.use('hnsw');
    const ids = Uint32Array.from({ length: COUNT }, (_, i) => i);
    const build = () => {
      using index = Hnsw.create({ metric: 'euclidean', dimension: DIMENSION });
      index.addBatch({ ids, vectors });
    };
    expect(build).toThrow(expect.objectContaining({ code: 'MEMORY' }));
  });

  test('answers from the disk within the limits, and says what it has read', async () => {
    const { RemoteIndex } = await limited.use('format');
    const handle = await open(path());
    const index = await RemoteIndex.open(handle, { cacheBytes: CACHE });
    expect(index.opening.bytes).toBeLessThan(file.length / 20);
    let [hits, filtered, bytes] = [0, 0, 0];
    for (let q = 0; q < QUERIES; q++) {
      const query = queryAt(q);
      const found = await index.search(query);
      const wanted = new Set(nearest(query, () => true));
      hits += found.keys?.filter((key) => wanted.has(String(key))).length ?? 0;
      expect(found.complete).toBe(true);
      expect(found.expectedRecall).toBeGreaterThanOrEqual(0.95);
      bytes += found.bytes;
      const where = { part: 1 };
      const some = await index.search(query, { where, metadata: true });
      const allowed = new Set(nearest(query, (i) => i % 3 === 1));
      filtered += some.keys?.filter((key) => allowed.has(String(key))).length ?? 0;
      for (const [i, known] of (some.metadata ?? []).entries())
        expect(known).toEqual({ part: 1, note: `the note of ${some.ids[i]}` });
      expect(index.cachedBytes).toBeLessThanOrEqual(CACHE);
    }
    expect(hits / (K * QUERIES)).toBeGreaterThanOrEqual(0.92);
    expect(filtered / (K * QUERIES)).toBeGreaterThanOrEqual(0.92);
    // From the disk, some of it more than once: the cache holds a part of it.
    expect(bytes).toBeGreaterThan(CACHE);
    expect(bytes / QUERIES).toBeLessThan(file.length / 10);
    const { memoryLimit, bytesInUse } = limited
      .stats()
      .modules.find(({ bytesInUse }) => bytesInUse > 0) ?? {
      memoryLimit: 0,
      bytesInUse: 0,
    };
    expect(4 * memoryLimit).toBeLessThanOrEqual(file.length);
    expect(bytesInUse).toBeLessThan(memoryLimit);
    index.dispose();
    // It belongs to the caller.
    expect((await handle.stat()).size).toBe(file.length);
    await handle.close();
  });

  test('keeps to a budget of bytes for each question', async () => {
    const handle = await open(path());
    using index = await RemoteIndex.open(handle, { cacheBytes: 0 });
    const whole = await index.search(queryAt(1));
    const some = await index.search(queryAt(1), { maxBytes: whole.bytes / 2 });
    expect(some.bytes).toBeLessThanOrEqual(whole.bytes / 2);
    expect(some.complete).toBe(false);
    await handle.close();
  });
});

describe('the vectors themselves', () => {
  for (const metric of ['euclidean', 'cosine', 'dot'] as const)
    test(`${metric}: distances are exact, in the file and out of it`, async () => {
      const some = vectors.subarray(0, 3000 * DIMENSION);
      const exact = writeRemoteIndex(some, { dimension: DIMENSION, metric, exact: true });
      using index = await RemoteIndex.open(exact);
      expect(index.exact).toBe(true);
      const { Flat } = await (await import('sublinear/hnsw')).load();
      using flat = Flat.create({ metric, dimension: DIMENSION });
      flat.addBatch({ ids: Uint32Array.from({ length: 3000 }, (_, i) => i), vectors: some });
      for (let q = 0; q < 10; q++) {
        const all = { k: 10, probes: index.cells };
        const found = await index.search(queryAt(q), { ...all, exact: true });
        const wanted = flat.search(queryAt(q), { k: 10 });
        expect([...found.ids]).toEqual([...wanted.ids]);
        for (const [i, distance] of found.distances.entries())
          expect(distance).toBeCloseTo(wanted.distances[i] as number, 4);
        expect(found.rounds).toBeLessThanOrEqual(4);
        expect(found.complete).toBe(true);
        const codes = await index.search(queryAt(q), all);
        expect(codes.distances).not.toEqual(found.distances);
      }
      // The table of tensors has them as well.
      const bundle = await Bundle.open(exact);
      const { data } = await bundle.read('vectors', { from: 77, to: 78 });
      expect(data).toEqual(some.slice(77 * DIMENSION, 78 * DIMENSION));
    });

  test('count against a budget, are checked, and are refused where there are none', async () => {
    const exact = writeRemoteIndex(vectors, { dimension: DIMENSION, exact: true, cells: 60 });
    const index = await RemoteIndex.open(new Blob([exact]), { cacheBytes: 0 });
    const whole = await index.search(queryAt(2), { exact: true });
    expect(whole.bytes).toBeGreaterThan(10 * 4 * DIMENSION);
    const codes = await index.search(queryAt(2));
    const maxBytes = codes.bytes + 60_000;
    const some = await index.search(queryAt(2), { exact: true, maxBytes });
    expect(some.bytes).toBeLessThanOrEqual(maxBytes);
    expect(some.complete).toBe(false);
    index.dispose();
    const none = await RemoteIndex.open(file);
    expect(await failure(none.search(queryAt(0), { exact: true }))).toMatchObject({
      argument: 'exact',
    });
    none.dispose();
    // The last blocks are vectors.
    const damaged = exact.slice();
    damaged.fill(1, damaged.length - 4 * vectors.length + 100);
    const bad = await RemoteIndex.open(damaged);
    expect(await failure(bad.search(queryAt(2), { exact: true }))).toMatchObject({
      code: 'CHECKSUM',
    });
    expect((await bad.search(queryAt(2))).ids).toEqual(codes.ids);
    bad.dispose();
    expect(() => writeRemoteIndex(vectors, { dimension: DIMENSION, exact: 1 as never })).toThrow(
      TypeError,
    );
  });
});

describe('where a file may be', () => {
  const stores: Record<string, () => Store> = {
    memory: () => memoryStore(),
    files: () => fileStore(join(folder, 'store')),
  };
  for (const [kind, make] of Object.entries(stores))
    test(`in a store of ${kind}, as in an open file and in bytes`, async () => {
      const store = make();
      await store.put('maps/points', file);
      const handle = await open(path());
      const wanted = await RemoteIndex.open(file);
      const sources = [{ store, key: 'maps/points' }, handle, new Blob([file])];
      for (const source of sources) {
        using index = await RemoteIndex.open(source, { hash: wanted.hash });
        const found = await index.search(queryAt(3), { where: { part: 2 } });
        const same = await wanted.search(queryAt(3), { where: { part: 2 } });
        expect([found.ids, found.distances, found.cells]).toEqual([
          same.ids,
          same.distances,
          same.cells,
        ]);
        expect(found.bytes).toBeGreaterThan(1000);
        expect(found.requests).toBeGreaterThan(1);
      }
      wanted.dispose();
      await handle.close();
    });

  test('a file that is replaced meanwhile is opened again', async () => {
    for (const make of Object.values(stores)) {
      const store = make();
      const small = (x: number) =>
        writeRemoteIndex([x, 0, 0, 1], { dimension: 2, keys: ['x', `${x}`] });
      await store.put('k', small(1));
      using index = await RemoteIndex.open({ store, key: 'k' }, { cacheBytes: 0 });
      await store.put('k', small(2));
      const found = await index.search([0, 1], { k: 1 });
      // What was opened stays what it was, or the new one answers.
      expect(['1', '2']).toContain(found.keys?.[0]);
    }
  });

  test('graphs and bundles are read from there as well', async () => {
    const store = stores.files?.() as Store;
    const { Graph } = await (await import('sublinear/graph')).load();
    using graph = Graph.fromEdges({ from: ['Ada', 'Bob'], to: ['Bob', 'Cay'], directed: false });
    await store.put('graph', writeRemoteGraph(graph));
    using remote = await RemoteGraph.open({ store, key: 'graph' });
    expect((await remote.path('Ada', 'Cay')).nodes).toEqual(['Ada', 'Bob', 'Cay']);
    await store.put('saved', graph.save());
    const bundle = await Bundle.open({ store, key: 'saved' });
    expect(bundle.segments.length).toBeGreaterThan(2);
    const handle = await open(path());
    expect((await Bundle.open(handle)).segments.map(({ name }) => name)).toContain('cells');
    await handle.close();
  });

  test('what is not there, is closed, is cut or cannot be read is an error that says so', async () => {
    const store = memoryStore();
    const missing = await failure(RemoteIndex.open({ store, key: 'x' }));
    expect(missing).toMatchObject({ code: 'STORE' });
    expect(missing.message).toMatch(/"x".*no such file/);
    await store.put('cut', file.slice(0, 2000));
    expect(await failure(RemoteIndex.open({ store, key: 'cut' }))).toMatchObject({
      code: 'TRUNCATED',
    });
    await store.put('other', new Uint8Array(100));
    expect(await failure(RemoteIndex.open({ store, key: 'other' }))).toMatchObject({
      code: 'FORMAT',
    });
    const handle = await open(path());
    using index = await RemoteIndex.open(handle, { cacheBytes: 0 });
    await handle.close();
    expect(await failure(index.search(queryAt(0)))).toMatchObject({ code: 'STORE' });
    const { openFile: _, ...without } = store;
    const refused = [
      { store: without, key: 'x' },
      { store, key: 5 },
      { store: undefined, key: 'x' },
      { fd: 3 },
      {},
    ];
    for (const source of refused)
      expect(await failure(RemoteIndex.open(source as never))).toMatchObject({ code: 'TYPE' });
  });
});
