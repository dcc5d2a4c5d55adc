// Writes vectors with names into one file, serves it as any web server does, and searches it there: nothing is downloaded but
// what a query needs.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { load } from 'sublinear/format';

const { RemoteIndex, writeRemoteIndex } = await load();

// Twenty thousand points around two hundred centres.
const [COUNT, DIMENSION] = [20_000, 32];
let state = 1;
const random = () => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
};
const centres = Float32Array.from({ length: 200 * DIMENSION }, () => 4 * random() - 2);
const vectors = Float32Array.from({ length: COUNT * DIMENSION }, (_, i) => {
  const centre = Math.floor(i / DIMENSION) % 200;
  return (centres[centre * DIMENSION + (i % DIMENSION)] as number) + random() - 0.5;
});
const keys = Array.from({ length: COUNT }, (_, i) => `point ${i}`);
const file = writeRemoteIndex(vectors, { dimension: DIMENSION, metric: 'euclidean', keys });

// Stands for a host of static files: it knows one file, and ranges of it.
const server = createServer((request, response) => {
  const [, from = '0', to = String(file.length - 1)] =
    /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const part = file.subarray(Number(from), Number(to) + 1);
  response
    .writeHead(206, { 'content-range': `bytes ${from}-${to}/${file.length}`, etag: '"1"' })
    .end(part);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

using index = await RemoteIndex.open(`http://127.0.0.1:${port}/points.slvr`);
const found = await index.search(vectors.subarray(0, DIMENSION), { k: 3 });
console.log(`the file: ${file.length} bytes, ${index.size} vectors`);
console.log(`opening: ${index.opening.requests} request, ${index.opening.bytes} bytes`);
console.log(`a search: ${found.requests} requests in ${found.rounds} rounds, ${found.bytes} bytes`);
console.log(`nearest: ${found.keys?.[0]}`);
server.close();
