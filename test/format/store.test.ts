// Blocks of remote files in a store: what was read before is not read from the server again, whatever has become of the store.
import { load } from 'sublinear/format';
import { load as loadGraph } from 'sublinear/graph';
import { memoryStore, type Store } from 'sublinear/store';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { failure, type RangeServer, serveFile } from '../support/range-server.js';

const { RemoteGraph, RemoteIndex, writeRemoteGraph, writeRemoteIndex } = await load();

const next = random(4);
const vectors = Float32Array.from({ length: 4000 * 24 }, () => next() - 0.5);
const keys = Array.from({ length: 4000 }, (_, i) => `point ${i}`);
const metadata = keys.map((_, i) => ({ part: i % 5 }));
const file = writeRemoteIndex(vectors, { dimension: 24, keys, metadata });
const query = vectors.subarray(240, 264);
const asking = { probes: 6, where: { part: 0 } };

let server: RangeServer;
beforeAll(async () => {
  server = await serveFile(file);
});
afterAll(() => server.close());
beforeEach(() => server.reset());

/** Answers do not wait for the store. */
async function written(store: Store, count: number): Promise<void> {
  await expect.poll(async () => (await store.list('remote/')).length).toBeGreaterThanOrEqual(count);
}

/** A first visit, of which everything has come into the store. */
async function visit(store: Store) {
  using index = await RemoteIndex.open(server.url, { store });
  const found = await index.search(query, asking);
  // The head, tables of the metadata, cells, columns and details.
  await written(store, 1 + 3 + 2 * found.cells + 1);
  return { hash: index.hash, ids: found.ids };
}

test('a second visit reads the header and nothing else; with the hash nothing at all', async () => {
  const store = memoryStore();
  const { hash, ids } = await visit(store);
  await expect
    .poll(async () => {
      using again = await RemoteIndex.open(server.url, { store });
      expect(again.opening).toEqual({ requests: 1, bytes: 64, rounds: 1 });
      const found = await again.search(query, asking);
      expect(found.ids).toEqual(ids);
      return [found.requests, found.bytes, found.rounds];
    })
    .toEqual([0, 0, 0]);
  server.asked.length = 0;
  using known = await RemoteIndex.open(server.url, { store, hash });
  expect((await known.search(query, { ...asking, metadata: true })).ids).toEqual(ids);
  expect(server.asked).toEqual([]);
  const gone = await serveFile(file);
  await gone.close();
  using offline = await RemoteIndex.open(gone.url, { store, hash });
  expect((await offline.search(query, asking)).ids).toEqual(ids);
});

test('another file has other blocks; what is damaged in the store is read from the server', async () => {
  const store = memoryStore();
  const { ids } = await visit(store);
  server.behaviour.bytes = writeRemoteIndex(vectors, { dimension: 24, metadata, cells: 30 });
  using other = await RemoteIndex.open(server.url, { store });
  expect(other.cells).toBe(30);
  expect((await other.search(query, asking)).requests).toBeGreaterThan(0);
  server.reset();
  for (const { key, size } of await store.list('remote/'))
    await store.put(key, new Uint8Array(size).fill(7));
  using index = await RemoteIndex.open(server.url, { store });
  const found = await index.search(query, asking);
  expect([found.ids, found.requests > 0]).toEqual([ids, true]);
});

test('a limit is kept, and a store that fails loses nothing', async () => {
  const store = memoryStore();
  const storeBytes = 150_000;
  using index = await RemoteIndex.open(server.url, { store, storeBytes });
  for (let i = 0; i < 20; i++) {
    await index.search(vectors.subarray(i * 2400, i * 2400 + 24), { probes: 8 });
    const entries = await store.list('remote/');
    expect(entries.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(storeBytes);
  }
  const broken = () => Promise.reject(new Error('full'));
  const failing: Store = { put: broken, get: broken, delete: broken, list: broken, clean: broken };
  using other = await RemoteIndex.open(server.url, { store: failing });
  expect((await other.search(query)).ids[0]).toBe(10);
  const listed: Store = { ...store, get: broken, put: broken };
  using third = await RemoteIndex.open(server.url, { store: listed });
  expect((await third.search(query)).ids[0]).toBe(10);
});

test('walks through a graph', async () => {
  const { Graph } = await loadGraph();
  const from = Array.from({ length: 9000 }, (_, i) => `n${i % 3000}`);
  const to = Array.from({ length: 9000 }, () => `n${Math.floor(next() * 3000)}`);
  using graph = Graph.fromEdges({ from, to, directed: false });
  server.behaviour.bytes = writeRemoteGraph(graph);
  const store = memoryStore();
  using first = await RemoteGraph.open(server.url, { store });
  const near = await first.personalizedPageRank({ source: 'n7', topK: 5 });
  await written(store, 10);
  await expect
    .poll(async () => {
      using again = await RemoteGraph.open(server.url, { store, hash: first.hash });
      const found = await again.personalizedPageRank({ source: 'n7', topK: 5 });
      expect([again.opening.requests, found.nodes]).toEqual([0, near.nodes]);
      return found.requests;
    })
    .toBe(0);
});

test('what is no store is refused', async () => {
  const wrong = async (options: object) => (await failure(RemoteIndex.open(file, options))).code;
  expect(await wrong({ store: {} })).toBe('TYPE');
  expect(await wrong({ store: null })).toBe('TYPE');
  expect(await wrong({ storeBytes: -1 })).toBe('RANGE');
});
