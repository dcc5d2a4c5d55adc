// Saves a graph into a folder, and finds it there again.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'sublinear/diffusion';
import { fileStore } from 'sublinear/store/node';

const { Graph, personalizedPageRank } = await load();
const folder = await mkdtemp(join(tmpdir(), 'sublinear-'));
const store = fileStore(folder);

using graph = Graph.fromEdgeList('10 20\n20 30\n30 10\n30 40\n', { compactIds: true });
await store.put('friends', graph.saveInPieces());
for (const { key, size } of await store.list()) console.log(`${key}: ${size} bytes`);

const stream = await store.get('friends');
if (stream === undefined) throw new Error('it is gone');
using again = await Graph.loadAsync(stream);
const { nodes } = personalizedPageRank(again, { source: again.nodeOf(10) as number, topK: 2 });
console.log(`closest to 10: ${again.labelsOf(nodes).join(', ')}`);
await rm(folder, { recursive: true });
