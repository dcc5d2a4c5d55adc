// Indexes in files of a browser: handles of its private file system, keys of stores.
import { createEngine } from 'sublinear';
import { load } from 'sublinear/format';
import { opfsStore } from 'sublinear/store';
import { indexedDBStore } from 'sublinear/store/indexeddb';
import { expect, test } from 'vitest';
import { random } from '../support/door.js';

const [COUNT, DIMENSION] = [9000, 48];
const next = random(3);
const vectors = Float32Array.from({ length: COUNT * DIMENSION }, () => next() - 0.5);
const keys = Array.from({ length: COUNT }, (_, i) => `point ${i}`);
const metadata = keys.map((_, i) => ({ part: i % 4 }));
const { writeRemoteIndex } = await load();
const file = writeRemoteIndex(vectors, { dimension: DIMENSION, keys, metadata });
const queryAt = (i: number) => vectors.subarray(i * DIMENSION, (i + 1) * DIMENSION);

async function written(name: string): Promise<FileSystemFileHandle> {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  await writable.write(file);
  await writable.close();
  return handle;
}

test('an index of four times the memory limit answers from OPFS and from IndexedDB', async () => {
  const engine = await createEngine({ memory: Math.floor(file.length / 4) });
  const { RemoteIndex } = await engine.use('format');
  const stores = [opfsStore('indexes'), indexedDBStore('indexes')];
  for (const store of stores) await store.put('points', file);
  const handle = await written('points.slvr');
  const picked = await handle.getFile();
  const sources = [handle, picked, ...stores.map((store) => ({ store, key: 'points' }))];
  for (const source of sources) {
    using index = await RemoteIndex.open(source, { cacheBytes: 100_000 });
    for (let i = 0; i < 20; i++) {
      const found = await index.search(queryAt(i), { k: 1, probes: 4 });
      expect(found.keys).toEqual([`point ${i}`]);
      expect(found.bytes).toBeLessThan(file.length / 4);
      const some = await index.search(queryAt(i), { k: 3, probes: 4, where: { part: 1 } });
      expect(some.ids.every((id) => id % 4 === 1)).toBe(true);
      expect(index.cachedBytes).toBeLessThanOrEqual(100_000);
    }
  }
  engine.dispose();
});

test('an access handle in a worker', async () => {
  await written('access.slvr');
  const worker = new Worker(new URL('../support/index-worker.ts', import.meta.url), {
    type: 'module',
  });
  const said = await new Promise<unknown>((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(['access.slvr', [...queryAt(77)]]);
  });
  worker.terminate();
  expect((said as { keys?: string[] }).keys?.[0] ?? said).toBe('point 77');
});

test('a file that is replaced in OPFS while it is searched', async () => {
  const small = (x: number) =>
    writeRemoteIndex([x, 0, 0, 1], { dimension: 2, keys: ['x', String(x)] });
  for (const store of [opfsStore('replaced'), indexedDBStore('replaced')]) {
    await store.put('k', small(1));
    const { RemoteIndex } = await load();
    using index = await RemoteIndex.open({ store, key: 'k' }, { cacheBytes: 0 });
    await store.put('k', small(2));
    const { keys: found } = await index.search([0, 1], { k: 1 });
    expect(['1', '2']).toContain(found?.[0]);
  }
});
