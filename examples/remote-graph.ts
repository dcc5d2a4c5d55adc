// Writes a graph into one file, serves it as any web server does, and asks it questions there: nothing is downloaded but the rows
// that a question follows.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { load } from 'sublinear/format';
import { load as loadGraph } from 'sublinear/graph';

const { RemoteGraph, writeRemoteGraph } = await load();
const { Graph } = await loadGraph();

// Four hundred groups of fifty friends each, some of whom know somebody elsewhere.
const [GROUPS, SIZE] = [400, 50];
let state = 1;
const below = (n: number) => {
  state = (state * 48_271) % 2_147_483_647;
  return state % n;
};
const people = GROUPS * SIZE;
const from: string[] = [];
const to: string[] = [];
for (let i = 0; i < 6 * people; i++) {
  const one = below(people);
  const group = Math.floor(one / SIZE) * SIZE;
  from.push(`person ${one}`);
  to.push(`person ${below(20) === 0 ? below(people) : group + below(SIZE)}`);
}
using graph = Graph.fromEdges({ from, to, directed: false });
const file = writeRemoteGraph(graph);

// Stands for a host of static files: it knows one file, and ranges of it.
const server = createServer((request, response) => {
  const [, begin = '0', end = String(file.length - 1)] =
    /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const part = file.subarray(Number(begin), Number(end) + 1);
  response
    .writeHead(206, { 'content-range': `bytes ${begin}-${end}/${file.length}`, etag: '"1"' })
    .end(part);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

using remote = await RemoteGraph.open(`http://127.0.0.1:${port}/friends.slgr`);
console.log(
  `the file: ${file.length} bytes, ${remote.nodeCount} people, ${remote.edgeCount} pairs`,
);
const near = await remote.personalizedPageRank({ source: 'person 7', epsilon: 1e-4, topK: 5 });
console.log(`nearest to person 7: ${near.nodes.join(', ')}`);
console.log(
  `read: ${near.bytes} bytes in ${near.rounds} rounds, all errors together below ${near.errorBound.toFixed(2)}`,
);
const path = await remote.path('person 7', 'person 19993');
console.log(`person 7 knows person 19993 over ${path.hops} handshakes: ${path.bytes} bytes more`);
server.close();
