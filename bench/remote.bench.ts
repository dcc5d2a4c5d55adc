// Vector search in a file on a server of this machine, with 40 ms of latency: requests, bytes, rounds, recall, and the bytes of
// the first answer against downloading the file.
//
//   npm run bench -- remote [--smoke] [--only TEXT]
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEngine } from 'sublinear';
import type { RemoteIndex, RemoteSearchOptions } from 'sublinear/format';
import { median, openBench } from './support/harness.js';
import { clusters, glove, type VectorSet } from './support/vectors.js';

const bench = openBench('remote', 'Remote search');
const { RemoteIndex: Remote, writeRemoteIndexAsync } = await (await createEngine()).use('format');
const K = 10;
const LATENCY_MS = 40;
const wants = (id: string) => bench.only === undefined || id.includes(bench.only);

/** The k nearest of each query by cosine, computed in float64. */
function nearest({ vectors, queries, dimension, count, queryCount }: VectorSet): Set<number>[] {
  const norms = Float64Array.from({ length: count }, (_, i) =>
    Math.hypot(...vectors.subarray(i * dimension, (i + 1) * dimension)),
  );
  return Array.from({ length: queryCount }, (_, q) => {
    const best: { i: number; key: number }[] = [];
    const query = queries.subarray(q * dimension, (q + 1) * dimension);
    for (let i = 0; i < count; i++) {
      let product = 0;
      for (let j = 0; j < dimension; j++)
        product += (query[j] as number) * (vectors[i * dimension + j] as number);
      const key = -product / (norms[i] as number);
      if (best.length === K && key >= (best[K - 1] as { key: number }).key) continue;
      best.push({ i, key });
      best.sort((a, b) => a.key - b.key);
      best.length = Math.min(best.length, K);
    }
    return new Set(best.map(({ i }) => i));
  });
}

async function serve(file: Uint8Array) {
  const server = createServer((request, response) => {
    const [, from = '0', to = '0'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = file.subarray(Number(from), Number(to) + 1);
    setTimeout(() => {
      response.writeHead(206, {
        'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${file.length}`,
        etag: '"1"',
      });
      response.end(part);
    }, LATENCY_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/index.slvr`, close };
}

interface Row {
  recall: number;
  requests: number[];
  bytes: number[];
  rounds: number;
  ms: number[];
}

/** Every query as the first one of a page: nothing is known but the head. */
async function ask(
  index: RemoteIndex,
  { queries, dimension, queryCount }: VectorSet,
  truth: readonly Set<number>[],
  options: RemoteSearchOptions,
): Promise<Row> {
  const row: Row = { recall: 0, requests: [], bytes: [], rounds: 0, ms: [] };
  for (let q = 0; q < queryCount; q++) {
    const query = queries.subarray(q * dimension, (q + 1) * dimension);
    const started = performance.now();
    const found = await index.search(query, { k: K, ...options });
    row.ms.push(performance.now() - started);
    row.requests.push(found.requests);
    row.bytes.push(found.bytes);
    row.rounds = Math.max(row.rounds, found.rounds);
    const hits = [...found.ids].filter((id) => truth[q]?.has(id)).length;
    row.recall += hits / K / queryCount;
  }
  return row;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const kB = (bytes: number) => Math.round(bytes / 1e3);

// 100,000 words.
if (wants('glove')) {
  const set = glove(bench.smoke ? 5000 : 100_000, bench.smoke ? 20 : 200);
  const truth = nearest(set);
  const file = await writeRemoteIndexAsync(set.vectors, { dimension: set.dimension });
  const { url, close } = await serve(file);
  const index = await Remote.open(url, { cacheBytes: 0 });
  const rows: (string | number)[][] = [];
  const probes: (number | 'auto')[] = [4, 8, 10, 12, 16, 'auto'];
  let chosen: Row | undefined;
  for (const each of probes) {
    const row = await ask(index, set, truth, { probes: each });
    if (each === 10) chosen = row;
    rows.push([
      each,
      row.recall.toFixed(3),
      mean(row.requests).toFixed(1),
      Math.max(...row.requests),
      row.rounds,
      kB(mean(row.bytes)),
      Math.round(median(row.ms)),
    ]);
  }
  bench.table({
    id: 'glove',
    title: `${set.count} GloVe words of ${set.dimension} numbers, ${set.queryCount} queries, top ${K}, ${LATENCY_MS} ms of latency`,
    note: `The file has ${kB(file.length)} kB in ${index.cells} cells; opening takes ${index.opening.requests} request and ${kB(index.opening.bytes)} kB. Nothing is kept between queries. Kept whole as one byte a number the vectors would be ${kB(set.count * set.dimension)} kB.`,
    columns: ['cells read', 'recall', 'requests', 'most', 'rounds', 'kB', 'ms'],
    rows,
  });
  if (chosen !== undefined && !bench.smoke) {
    bench.claim({
      id: 'glove-recall',
      text: 'recall with 10 cells',
      value: chosen.recall,
      limit: 0.92,
      relation: '>=',
    });
    bench.claim({
      id: 'glove-requests',
      text: 'requests of a query with 10 cells, mean',
      value: mean(chosen.requests),
      limit: 16,
      relation: '<=',
    });
    bench.claim({
      id: 'glove-bytes',
      text: 'kB of a query with 10 cells, mean',
      value: kB(mean(chosen.bytes)),
      limit: 400,
      relation: '<=',
    });
    bench.claim({
      id: 'glove-open',
      text: 'kB of opening',
      value: kB(index.opening.bytes),
      limit: 200,
      relation: '<=',
    });
  }
  index.dispose();
  close();
}

// A million points around seeded centres.
if (wants('million')) {
  const set = clusters(bench.smoke ? 10_000 : 1_000_000, 20);
  const truth = nearest(set);
  const cells = bench.smoke ? 200 : 2048;
  const file = await writeRemoteIndexAsync(set.vectors, { dimension: set.dimension, cells });
  const { url, close } = await serve(file);
  const rows: (string | number)[][] = [];
  let least = 0;
  for (const probes of [4, 8, 16, 32]) {
    const index = await Remote.open(url, { cacheBytes: 0 });
    const row = await ask(index, set, truth, { probes });
    const first = index.opening.bytes + mean(row.bytes);
    if (row.recall >= 0.9 && least === 0) least = file.length / first;
    rows.push([
      probes,
      row.recall.toFixed(3),
      mean(row.requests).toFixed(1),
      kB(first),
      Math.round(file.length / first),
      Math.round(median(row.ms)),
    ]);
    index.dispose();
  }
  bench.table({
    id: 'million',
    title: `${set.count} points of ${set.dimension} numbers: the first answer against downloading the file`,
    note: `Seeded clusters; ${cells} cells, a file of ${kB(file.length)} kB.`,
    columns: ['cells read', 'recall', 'requests', 'kB with opening', 'times fewer bytes', 'ms'],
    rows,
  });
  if (!bench.smoke)
    bench.claim({
      id: 'million-bytes',
      text: 'bytes of the file over those of a first answer with recall 0.9',
      value: least,
      limit: 50,
      relation: '>=',
    });
  close();
}

bench.close();
