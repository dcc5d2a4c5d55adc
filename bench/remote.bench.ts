// Vector search and walks through graphs in files on a server of this machine, with 40 ms of latency: requests, bytes, rounds,
// recall, and the bytes of the first answer against downloading the file.
//
//   npm run bench -- remote [--smoke] [--only TEXT]
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEngine } from 'sublinear';
import type { RemoteIndex, RemoteSearchOptions } from 'sublinear/format';
import type { Graph } from 'sublinear/graph';
import { hasData, readEdges } from './support/files.js';
import { random } from './support/generators.js';
import { median, openBench } from './support/harness.js';
import { glove, layered, nearestByCosine, type VectorSet } from './support/vectors.js';

const bench = openBench('remote', 'Remote search');
const engine = await createEngine();
const {
  RemoteGraph,
  RemoteIndex: Remote,
  RemoteText,
  writeRemoteGraphAsync,
  writeRemoteIndexAsync,
  writeRemoteText,
} = await engine.use('format');
const K = 10;
const LATENCY_MS = 40;
const wants = (id: string) => bench.only === undefined || id.includes(bench.only);

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

// Words of 100,000 documents of 5 to 60 words, whose ranks are those of a language.
if (wants('text')) {
  const { TextIndex } = await engine.use('text');
  const [count, asked] = bench.smoke ? [2000, 20] : [100_000, 200];
  const next = random(5);
  // Zipf's law: the word of rank r is 1 / r as frequent as the first one.
  const word = () => `w${Math.floor(40_000 ** next())}x`;
  const index = TextIndex.create({ fields: ['text'] });
  for (let id = 0; id < count; id += 1000)
    index.addMany(
      Array.from({ length: Math.min(1000, count - id) }, (_, i) => ({
        id: id + i,
        fields: { text: Array.from({ length: 5 + Math.floor(56 * next()) }, word).join(' ') },
      })),
    );
  const file = writeRemoteText(index);
  const { url, close } = await serve(file);
  const queries = Array.from({ length: asked }, (_, i) =>
    Array.from({ length: 2 + (i % 2) }, word).join(' '),
  );
  const rows: (string | number)[][] = [];
  let [others, most] = [0, 0];
  let opening = { requests: 0, bytes: 0 };
  for (const [name, cacheBytes] of [
    ['nothing is kept', 0],
    ['16 MiB are kept', 2 ** 24],
  ] as const) {
    const remote = await RemoteText.open(url, { cacheBytes });
    const row: Row = { recall: 0, requests: [], bytes: [], rounds: 0, ms: [] };
    for (const query of queries) {
      const started = performance.now();
      const { hits, requests, bytes, rounds } = await remote.search(query, { k: K });
      row.ms.push(performance.now() - started);
      row.requests.push(requests);
      row.bytes.push(bytes);
      row.rounds = Math.max(row.rounds, rounds);
      const own = index.search(query, { k: K }).hits;
      const isSame = ({ id, score }: (typeof own)[number], i: number) =>
        hits[i]?.id === id && hits[i].score === score;
      if (hits.length !== own.length || !own.every(isSame)) others++;
    }
    most = Math.max(most, ...row.requests);
    rows.push([
      name,
      mean(row.requests).toFixed(1),
      Math.max(...row.requests),
      row.rounds,
      kB(median(row.bytes)),
      kB(mean(row.bytes)),
      Math.round(median(row.ms)),
      kB(remote.cachedBytes),
    ]);
    opening = remote.opening;
    remote.dispose();
  }
  close();
  bench.table({
    id: 'text',
    title: `${count} documents, ${asked} queries of two or three words, top ${K}, ${LATENCY_MS} ms of latency`,
    note: `The file has ${kB(file.length)} kB, in memory the index takes ${kB(index.bytesUsed)} kB; opening takes ${opening.requests} requests and ${kB(opening.bytes)} kB. All hits and scores were compared with those of the index in memory.`,
    columns: ['lists', 'requests', 'most', 'rounds', 'kB, median', 'kB, mean', 'ms', 'kB kept'],
    rows,
  });
  bench.claim({
    id: 'text-others',
    text: 'queries with other hits or scores than in memory',
    value: others,
    limit: 0,
    relation: '<=',
  });
  if (!bench.smoke)
    bench.claim({
      id: 'text-requests',
      text: 'requests of a query of two or three words, most',
      value: most,
      limit: 3,
      relation: '<=',
    });
  index.dispose();
}

// 100,000 words.
if (wants('glove')) {
  const set = glove(bench.smoke ? 5000 : 100_000, bench.smoke ? 20 : 200);
  const truth = nearestByCosine(set, K);
  const file = await writeRemoteIndexAsync(set.vectors, { dimension: set.dimension });
  const { url, close } = await serve(file);
  const index = await Remote.open(url, { cacheBytes: 0 });
  const rows: (string | number)[][] = [];
  const settings: [probes: number | 'auto', maxRequests: number][] = [
    [4, 16],
    [8, 8],
    [8, 16],
    [10, 10],
    [10, 16],
    [12, 12],
    [12, 16],
    [14, 16],
    [16, 16],
    ['auto', 16],
  ];
  let chosen: Row | undefined;
  for (const [probes, maxRequests] of settings) {
    const row = await ask(index, set, truth, { probes, maxRequests });
    if (probes === 12 && maxRequests === 16) chosen = row;
    rows.push([
      probes,
      maxRequests,
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
    columns: ['cells read', 'allowed', 'recall', 'requests', 'most', 'rounds', 'kB', 'ms'],
    rows,
  });
  if (chosen !== undefined && !bench.smoke) {
    bench.claim({
      id: 'glove-recall',
      text: 'recall with 12 cells',
      value: chosen.recall,
      limit: 0.92,
      relation: '>=',
    });
    bench.claim({
      id: 'glove-requests',
      text: 'requests of a query with 12 cells, most',
      value: Math.max(...chosen.requests),
      limit: 16,
      relation: '<=',
    });
    bench.claim({
      id: 'glove-bytes',
      text: 'kB of a query with 12 cells, mean',
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

// A million seeded points: 1000 centres, and variances that fall from one dimension to the next as in embeddings.
if (wants('million')) {
  const set = layered(bench.smoke ? 10_000 : 1_000_000, 50);
  const truth = nearestByCosine(set, K);
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
    note: `Seeded: 1000 centres, standard deviations of (1 + j)^(-1/2) in dimension j; ${cells} cells, a file of ${kB(file.length)} kB.`,
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

/** Communities of 20 to 200 nodes, degrees by a power law, a fifth of the edges between communities; nodes in random order. */
function communities(nodes: number, edges: number): { from: Uint32Array; to: Uint32Array } {
  const next = random(5);
  const name = Uint32Array.from({ length: nodes }, (_, i) => i);
  for (let i = nodes - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [name[i], name[j]] = [name[j] as number, name[i] as number];
  }
  const begin = new Uint32Array(nodes);
  const end = new Uint32Array(nodes);
  for (let at = 0; at < nodes; ) {
    const to = Math.min(nodes, at + 20 + Math.floor(180 * next()));
    begin.fill(at, at, to);
    end.fill(to, at, to);
    at = to;
  }
  const [from, to] = [new Uint32Array(edges), new Uint32Array(edges)];
  // The first nodes of a community have the most edges: a share of u^2 falls into the first sqrt of it.
  const within = (low: number, high: number) => low + Math.floor((high - low) * next() ** 2);
  for (let e = 0; e < edges; e++) {
    const some = Math.floor(next() * nodes);
    const [low, high] = [begin[some] as number, end[some] as number];
    from[e] = name[within(low, high)] as number;
    to[e] = name[next() < 0.2 ? Math.floor(next() * nodes) : within(low, high)] as number;
  }
  return { from, to };
}

/** PageRank near some nodes of a graph that is on a server, each as the first question of a page. */
async function walks(id: string, title: string, graph: Graph): Promise<void> {
  const { personalizedPageRank } = await engine.use('diffusion');
  const file = await writeRemoteGraphAsync(graph);
  const { url, close } = await serve(file);
  const rows: (string | number)[][] = [];
  let share = 0;
  const sources = Array.from({ length: bench.smoke ? 3 : 20 }, (_, i) =>
    Math.floor((graph.nodeCount * (i + 0.5)) / 20),
  );
  const truth = sources.map(
    (source) => new Set(personalizedPageRank(graph, { source, topK: K, tolerance: 1e-5 }).nodes),
  );
  for (const epsilon of [1e-3, 1e-4, 1e-5]) {
    const [parts, requests, rounds, same, ms]: number[][] = [[], [], [], [], []];
    for (const [i, source] of sources.entries()) {
      const remote = await RemoteGraph.open(url, { cacheBytes: 0 });
      const started = performance.now();
      const found = await remote.personalizedPageRank({ source, epsilon, topK: K });
      ms?.push(performance.now() - started);
      parts?.push((remote.opening.bytes + found.bytes) / file.length);
      requests?.push(remote.opening.requests + found.requests);
      rounds?.push(remote.opening.rounds + found.rounds);
      const best = truth[i] as Set<number>;
      same?.push(found.nodes.filter((node) => best.has(node as number)).length / best.size);
      remote.dispose();
    }
    if (epsilon === 1e-4) share = 100 * mean(parts ?? []);
    rows.push([
      epsilon.toExponential(0),
      (100 * mean(parts ?? [])).toFixed(2),
      (100 * Math.max(...(parts ?? []))).toFixed(2),
      mean(requests ?? []).toFixed(1),
      mean(rounds ?? []).toFixed(1),
      mean(same ?? []).toFixed(2),
      Math.round(median(ms ?? [])),
    ]);
  }
  bench.table({
    id,
    title: `${title}: ${graph.nodeCount} nodes, ${graph.edgeCount} edges`,
    note: `A file of ${kB(file.length)} kB; opening included, nothing kept between questions. The last but one column is the share of the ${K} best nodes of an exact ranking that was found.`,
    columns: ['epsilon', '% of the file', 'most', 'requests', 'rounds', 'right', 'ms'],
    rows,
  });
  if (!bench.smoke && !id.startsWith('graph-small'))
    bench.claim({
      id: `${id}-share`,
      text: `percent of the file that PageRank with epsilon 1e-4 reads (${id})`,
      value: share,
      limit: 3,
      relation: '<=',
    });
  close();
}

if (wants('graph-communities')) {
  const { Graph: Graphs } = await engine.use('graph');
  const edges = communities(bench.smoke ? 5000 : 100_000, bench.smoke ? 50_000 : 1_175_000);
  const graph = Graphs.fromEdges({ ...edges, directed: false });
  await walks('graph-communities', 'Seeded communities', graph);
  graph.dispose();
}

// Small real graphs, of which a neighbourhood is a large part: docs/remote.md says so with these numbers.
for (const [name, file] of [
  ['blogcatalog', 'blogcatalog.csv'],
  ['wing', 'wing.graph'],
  ['astro-ph', 'astro-ph.graph'],
  ['wiki-Vote', 'wiki-Vote.txt'],
] as const) {
  if (!wants(`graph-small-${name}`) || !hasData(file)) continue;
  const { Graph: Graphs } = await engine.use('graph');
  const graph = Graphs.fromEdges(readEdges(file, name === 'wiki-Vote'));
  await walks(`graph-small-${name}`, name, graph);
  graph.dispose();
}

// Real data: each GloVe word with its ten nearest.
if (wants('graph-words')) {
  const { Graph: Graphs } = await engine.use('graph');
  const { Hnsw } = await engine.use('hnsw');
  const set = glove(bench.smoke ? 2000 : 100_000, 1);
  const index = Hnsw.create({ metric: 'cosine', dimension: set.dimension });
  index.addBatch({
    ids: Uint32Array.from({ length: set.count }, (_, i) => i),
    vectors: set.vectors,
  });
  const [from, to]: [number[], number[]] = [[], []];
  for (let i = 0; i < set.count; i++) {
    const query = set.vectors.subarray(i * set.dimension, (i + 1) * set.dimension);
    for (const id of index.search(query, { k: K + 1 }).ids)
      if (id !== i) {
        from.push(i);
        to.push(id);
      }
  }
  index.dispose();
  const graph = Graphs.fromEdges({ from, to, nodeCount: set.count });
  await walks('graph-words', 'GloVe words and their ten nearest', graph);
  graph.dispose();
}

bench.close();
