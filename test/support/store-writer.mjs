// Saves snapshots into a store of files until it is killed:      node store-writer.mjs <folder> <first version>
// With `limit` in place of the version: meets the limit of its file size and says what is left.
import { readdir } from 'node:fs/promises';
import { argv } from 'node:process';
import { load } from 'sublinear/graph';
import { fileStore } from 'sublinear/store/node';

const [folder, from] = argv.slice(2);
const store = fileStore(folder, { staleAfterMs: 0 });

if (from === 'limit') {
  const old = new Uint8Array(500_000).fill(7);
  await store.put('file', old);
  const error = await store.put('file', new Uint8Array(5_000_000)).catch((thrown) => thrown);
  const now = new Uint8Array(await new Response(await store.get('file')).arrayBuffer());
  const whole = now.length === old.length && now.every((byte) => byte === 7);
  const left = (await readdir(folder)).length - 1;
  console.log(`${error.code}; old file whole: ${whole}; left behind: ${left}`);
} else {
  const { Graph } = await load();
  const to = Uint32Array.from({ length: 50_000 }, (_, i) => (i * 7 + 1) % 50_000);
  console.log('ready');
  for (let version = Number(from); ; version++) {
    // Every weight says which version it belongs to: a mix would show.
    const weights = new Float64Array(50_000).fill(version);
    const graph = Graph.fromEdges({ from: to.map((_, i) => i), to, weights });
    await store.put('snapshot', graph.saveInPieces());
    graph.dispose();
    console.log(`saved ${version}`);
  }
}
