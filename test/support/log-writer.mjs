// Writes to a log in a folder:      node log-writer.mjs <folder> <key>
// `a` opens it and stays; `limit` meets the limit of its file size; `items` adds items to a collection until it is killed and
// says which are flushed.
import { argv } from 'node:process';
import { load } from 'sublinear/hnsw';
import { fileStore } from 'sublinear/store/node';

const [folder, key] = argv.slice(2);
const store = fileStore(folder, { staleAfterMs: 0 });

if (key === 'limit') {
  const log = await store.openLog(key);
  await log.replace(new Uint8Array(1000).fill(7));
  const error = await log.append(new Uint8Array(5_000_000)).catch((thrown) => thrown);
  const { size } = log;
  await log.append(new Uint8Array(500).fill(7));
  await log.replace(
    new Uint8Array(await new Response(await store.get(key)).arrayBuffer()).subarray(0, log.size),
  );
  const now = new Uint8Array(await new Response(await store.get(key)).arrayBuffer());
  const whole = now.every((byte) => byte === 7);
  console.log(`${error.code}; size ${size}; then ${now.length}; whole: ${whole}`);
  await log.close();
} else if (key === 'items') {
  const { CollectionLog } = await load();
  const log = await CollectionLog.open(store, 'items', {
    ...{ metric: 'euclidean', dimension: 2 },
    ...{ compactMinBytes: 20_000, compactRatio: 0.1 },
  });
  const { collection } = log;
  console.log(`open ${collection.size}`);
  for (let i = collection.size; ; i++) {
    // Each item is replaced once: changes of two kinds.
    collection.add({ key: i, vector: [i, 0] });
    collection.update(i, { metadata: { i } });
    if (i % 7 !== 0) continue;
    await log.flush();
    console.log(`flushed ${i}`);
  }
} else {
  const log = await store.openLog(key);
  await log.replace(new Uint8Array(10));
  console.log('open');
  setInterval(() => {}, 1000);
}
