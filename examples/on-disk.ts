// A collection whose changes last, and the file that is made of it: searched with a quarter of its bytes as memory.
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from 'sublinear';
import { load as loadFormat } from 'sublinear/format';
import { load } from 'sublinear/hnsw';
import { fileStore } from 'sublinear/store/node';

const folder = await mkdtemp(join(tmpdir(), 'sublinear-'));
const store = fileStore(folder);
const { CollectionLog } = await load();

const log = await CollectionLog.open(store, 'points', { metric: 'euclidean', dimension: 32 });
let state = 1;
const random = () => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
};
for (let i = 0; i < 5000; i++) {
  const vector = Array.from({ length: 32 }, (_, j) => ((i * 7 + j) % 11) + random());
  log.collection.add({ key: `point ${i}`, vector, metadata: { part: i % 3 } });
  if (i % 1000 === 999) await log.flush(); // from here on these are safe
}
await log.close();

// As after a crash: what was flushed is there.
const again = await CollectionLog.open(store, 'points');
console.log(`opened: ${again.collection.size} points, ${again.opened.droppedBytes} bytes dropped`);
const query = again.collection.get('point 7')?.vector as Float32Array;

const { writeRemoteIndexAsync } = await loadFormat();
const path = join(folder, 'points.slvr');
await writeFile(path, await writeRemoteIndexAsync(again.collection, { exact: true }));
await again.close();

const { size } = await stat(path);
const engine = await createEngine({ memory: Math.floor(size / 4), modules: ['format'] });
const handle = await open(path);
const index = await engine.format.RemoteIndex.open(handle, { cacheBytes: 100_000 });
const found = await index.search(query, { k: 1, where: { part: 1 }, exact: true });
console.log(`nearest: ${found.keys?.[0]} at ${found.distances[0]}`);
console.log(`read ${found.bytes} of ${size} bytes, of which ${index.cachedBytes} are kept`);
index.dispose();
await handle.close();
engine.dispose();
await rm(folder, { recursive: true });
