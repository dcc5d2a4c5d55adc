// Off the main thread: what a call to a worker costs, what two workers give over one, and how fast an abort is heard.
//
//   npm run bench -- worker [--smoke] [--only TEXT]
import { availableParallelism } from 'node:os';
import { createEngine } from 'sublinear';
import { createPool, createWorkerEngine } from 'sublinear/worker';
import { gridLaplacian, random, randomNodes, rmat } from './support/generators.js';
import { openBench, quantile } from './support/harness.js';

const bench = openBench('worker', 'Workers');
const local = await createEngine();
const engine = await createWorkerEngine();

await throughput();
await shared();
await building();
await sources();
await overhead();
await aborts();
await engine.dispose();
bench.close();

function vectorsOf(count: number, dimension: number, seed: number) {
  const next = random(seed);
  return Float32Array.from({ length: count * dimension }, () => next());
}

/** Results that differ from those of this thread. */
function differing(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let count = Math.abs(found.length - expected.length);
  for (let i = 0; i < expected.length; i++) if (found[i] !== expected[i]) count++;
  return count;
}

// The same batch of queries on an index in two workers and in one.
async function throughput() {
  const [count, asked] = bench.smoke ? [500, 64] : [20_000, 3000];
  const dimension = 64;
  const { Hnsw } = await local.use('hnsw');
  const index = Hnsw.create({ metric: 'euclidean', dimension, m: 12, efConstruction: 60 });
  const ids = Uint32Array.from({ length: count }, (_, i) => i);
  index.addBatch({ ids, vectors: vectorsOf(count, dimension, 1) });
  const queries = vectorsOf(asked, dimension, 2);
  const how = { k: 10, ef: 100 };
  const expected = index.searchBatch(queries, how);
  const bytes = index.save();
  const pools = [];
  for (const size of [2, 1]) {
    const pool = await createPool({ size, modules: ['hnsw'] });
    const replica = await pool.replicate(bytes, ({ hnsw }, snapshot) => hnsw.Hnsw.load(snapshot));
    pools.push({ pool, replica });
  }
  // The same parts for both, so that only the number of workers differs.
  const rowsPerJob = Math.ceil(asked / 12);
  const contestants = pools.map(({ pool, replica }) => ({
    name: pool.size === 1 ? 'one worker' : `${pool.size} workers`,
    run: () =>
      replica.batch(queries, dimension, (there, part) => there.searchBatch(part, how), {
        rowsPerJob,
      }),
    accuracy: (found: { ids: Uint32Array }) => differing(found.ids, expected.ids),
  }));
  const result = await bench.compare({
    id: 'throughput',
    title: `A batch of ${asked} searches, ${count} vectors x ${dimension}`,
    note: `Random vectors, seed 1; k = 10, ef = 100; ${availableParallelism()} threads run at once. The index is loaded into each worker from one snapshot before.`,
    accuracy: 'ids that differ from one thread',
    contestants: [
      ...contestants,
      {
        name: 'this thread',
        run: () => index.searchBatch(queries, how),
        accuracy: (found: { ids: Uint32Array }) => differing(found.ids, expected.ids),
      },
    ],
    calls: 1,
    maxSeconds: 25,
  } as Parameters<typeof bench.compare>[0]);
  const ratio = result?.rows[1]?.ratio;
  if (ratio !== undefined)
    bench.claim({
      id: 'two-workers',
      text: 'throughput of two workers over one',
      value: ratio,
      limit: 1.4,
      goal: 1.8,
      relation: '>=',
    });
  for (const { pool } of pools) await pool.dispose();
  index.dispose();
}

// The same with one copy of the index, which the workers share: throughput, and bytes.
async function shared() {
  const [count, asked] = bench.smoke ? [1500, 64] : [50_000, 4000];
  const dimension = 64;
  const { Hnsw } = await local.use('hnsw');
  const index = Hnsw.create({ metric: 'euclidean', dimension, m: 12, efConstruction: 60 });
  const ids = Uint32Array.from({ length: count }, (_, i) => i);
  index.addBatch({ ids, vectors: vectorsOf(count, dimension, 1) });
  const queries = vectorsOf(asked, dimension, 2);
  const how = { k: 10, ef: 100 };
  const bytes: number[] = [];
  const opened = [];
  for (const size of [2, 1]) {
    const copy = await index.share();
    const pool = await createPool({ size, modules: ['hnsw'] });
    const replica = await pool.replicate(copy, ({ hnsw }, given) => hnsw.Hnsw.openShared(given));
    const run = () =>
      replica.batch(queries, dimension, (there, part) => there.searchBatch(part, how), {
        rowsPerJob: Math.ceil(asked / 16),
      });
    await run();
    bytes.push(copy.place?.memory.buffer.byteLength ?? Number.NaN);
    opened.push({ pool, run });
  }
  // Sharing links what could not be reached, as saving does: afterwards the index finds what its copies find.
  const expected = index.searchBatch(queries, how);
  const result = await bench.compare({
    id: 'shared',
    title: `A batch of ${asked} searches, ${count} vectors x ${dimension}, one index for all workers`,
    note: `As above, with \`share()\` and \`openShared()\`. Bytes are those of the shared memory; ${availableParallelism()} threads run at once.`,
    accuracy: 'ids that differ from one thread',
    contestants: opened.map(({ pool, run }) => ({
      name: pool.size === 1 ? 'one worker' : `${pool.size} workers`,
      run,
      accuracy: (found: { ids: Uint32Array }) => differing(found.ids, expected.ids),
    })),
    calls: 1,
    maxSeconds: 25,
  } as Parameters<typeof bench.compare>[0]);
  if (result !== undefined) {
    const [two = Number.NaN, one = Number.NaN] = bytes;
    bench.claim({
      id: 'shared-bytes',
      text: `memory of two workers over one, an index of ${Math.round(index.bytesUsed / 1e5) / 10} MB`,
      value: two / one,
      limit: 1.2,
      goal: 1.15,
      relation: '<=',
    });
  }
  const ratio = result?.rows[1]?.ratio;
  if (ratio !== undefined)
    bench.claim({
      id: 'shared-throughput',
      text: 'throughput of two workers over one, one index for both',
      value: ratio,
      limit: 1.4,
      goal: 1.8,
      relation: '>=',
    });
  for (const { pool } of opened) await pool.dispose();
  index.dispose();
}

// An index built by the workers of a pool, beside one addition after another in this thread.
async function building() {
  const count = bench.smoke ? 1500 : 50_000;
  const [dimension, asked] = [64, bench.smoke ? 40 : 500];
  const { Flat, Hnsw } = await local.use('hnsw');
  const options = { metric: 'euclidean', dimension, m: 16, efConstruction: 200 } as const;
  const ids = Uint32Array.from({ length: count }, (_, i) => i);
  const vectors = vectorsOf(count, dimension, 1);
  const queries = vectorsOf(asked, dimension, 2);
  const flat = Flat.create({ metric: 'euclidean', dimension, capacity: count });
  const truth = flat.addBatch({ ids, vectors }).searchBatch(queries, { k: 10 });
  flat.dispose();
  const missed = (index: ReturnType<typeof Hnsw.create>) => {
    const found = index.searchBatch(queries, { k: 10, ef: 200 }).ids;
    let hits = 0;
    for (let q = 0; q < asked; q++) {
      const expected = new Set(truth.ids.subarray(10 * q, 10 * q + 10));
      for (const id of found.subarray(10 * q, 10 * q + 10)) hits += Number(expected.has(id));
    }
    index.dispose();
    return 1 - hits / (10 * asked);
  };
  const pools = [];
  for (const size of [2, 1]) pools.push(await createPool({ size, modules: ['hnsw'] }));
  const result = await bench.compare({
    id: 'building',
    title: `An index of ${count} vectors x ${dimension} is built`,
    note: `Random vectors, seed 1; m = 16, efConstruction = 200, searches with ef = 200. \`buildShared()\` with pools, \`addBatch()\` in this thread; ${availableParallelism()} threads run at once.`,
    accuracy: 'share of the ten nearest that searches miss',
    contestants: [
      ...pools.map((pool) => ({
        name: pool.size === 1 ? 'one worker' : `${pool.size} workers`,
        run: () => Hnsw.buildShared(options, { ids, vectors }, { pool }),
        accuracy: async (shared: Awaited<ReturnType<typeof Hnsw.buildShared>>) =>
          missed(await Hnsw.openShared(shared)),
      })),
      {
        name: 'this thread, addBatch',
        run: () => Hnsw.create(options).addBatch({ ids, vectors }),
        accuracy: missed,
      },
    ],
    calls: 1,
    slices: 5,
    maxSeconds: 120,
  } as Parameters<typeof bench.compare>[0]);
  const [two, , added] = result?.rows ?? [];
  if (two?.accuracy !== undefined && added?.accuracy !== undefined)
    bench.claim({
      id: 'building-recall',
      text: 'recall of addBatch over that of two workers, less',
      value: two.accuracy - added.accuracy,
      limit: 0.005,
      goal: 0.002,
      relation: '<=',
    });
  for (const [row, id, text] of [
    [1, 'building-workers', 'time of one worker over two, building an index'],
    [2, 'building-threads', 'time of addBatch in this thread over two workers'],
  ] as const) {
    const ratio = result?.rows[row]?.ratio;
    if (ratio !== undefined)
      bench.claim({ id, text, value: ratio, limit: 1.4, goal: 1.7, relation: '>=' });
  }
  for (const pool of pools) await pool.dispose();
}

// Rankings from many sources: a table in one call, cut by a pool, and a message for each source.
async function sources() {
  const [scale, links, asked] = bench.smoke ? [9, 2000, 40] : [15, 315_000, 1000];
  const { Graph, personalizedPageRankBatch } = await local.use('diffusion');
  const edges = { ...rmat(scale, links, 3), directed: false };
  const graph = Graph.fromEdges(edges);
  const list = Uint32Array.from(randomNodes(graph.nodeCount, asked, 5));
  const how = { topK: 50 } as const;
  const expected = personalizedPageRankBatch(graph, { sources: list, ...how });
  const pool = await createPool({ size: 2, modules: ['graph', 'diffusion'] });
  const replica = await pool.replicate(edges, ({ graph }, given) => graph.Graph.fromEdges(given));
  const result = await bench.compare({
    id: 'sources',
    title: `Rankings from ${asked} sources, a graph of ${graph.edgeCount} edges`,
    note: `R-MAT graph, seed 3; the 50 nodes nearest to each source, without a tolerance; ${availableParallelism()} threads run at once.`,
    accuracy: 'nodes that differ from one thread',
    contestants: [
      {
        name: '2 workers, batch',
        run: () =>
          replica.batch(list, 1, (there, part, { diffusion }) =>
            diffusion.personalizedPageRankBatch(there, { sources: part, ...how }),
          ),
        accuracy: (found: { nodes: Uint32Array }) => differing(found.nodes, expected.nodes),
      },
      {
        name: 'this thread',
        run: () => personalizedPageRankBatch(graph, { sources: list, ...how }),
        accuracy: (found: { nodes: Uint32Array }) => differing(found.nodes, expected.nodes),
      },
      {
        name: '2 workers, map',
        run: async () => {
          const rows = await replica.map(list, (there, source, { diffusion }) =>
            diffusion.personalizedPageRank(there, { source, ...how }),
          );
          return { nodes: Uint32Array.from(rows.flatMap(({ nodes }) => [...(nodes ?? [])])) };
        },
        accuracy: (found: { nodes: Uint32Array }) => differing(found.nodes, expected.nodes),
      },
    ],
    calls: 1,
    maxSeconds: 25,
  } as Parameters<typeof bench.compare>[0]);
  const ratio = result?.rows[1]?.ratio;
  if (ratio !== undefined)
    bench.claim({
      id: 'sources-in-a-pool',
      text: 'rankings from many sources, two workers over one thread',
      value: ratio,
      limit: 1,
      goal: 1.8,
      relation: '>=',
    });
  await pool.dispose();
  graph.dispose();
}

// What the way to the worker and back costs: the smallest call, and one that carries a megabyte each way.
async function overhead() {
  const { Vector } = await local.use('dense');
  const { Vector: RemoteVector } = await engine.use('dense');
  const small = Vector.from([3, 4]);
  const remote = await RemoteVector.from([3, 4]);
  await bench.compare({
    id: 'call',
    title: 'One small call',
    note: 'The norm of a vector of two numbers: next to no work, so the time is the way there and back.',
    accuracy: 'error',
    contestants: [
      {
        name: 'in a worker',
        run: () => remote.norm(),
        accuracy: (norm: number) => Math.abs(norm - 5),
      },
      { name: 'this thread', run: () => small.norm(), accuracy: (norm) => Math.abs(norm - 5) },
    ],
    maxSeconds: 6,
  });
  const values = new Float64Array(bench.smoke ? 1000 : 131_072).fill(0.5);
  const through = async (value: { toArray(): unknown; dispose(): unknown }) => {
    const array = (await value.toArray()) as Float64Array;
    await value.dispose();
    return array;
  };
  const accuracy = (array: Float64Array) => differing(array, values);
  await bench.compare({
    id: 'megabyte',
    title: 'A megabyte there and back',
    note: 'A vector is made of an array of float64 and read back: copied on the way in, moved on the way out.',
    accuracy: 'numbers that differ',
    contestants: [
      { name: 'in a worker', run: async () => through(await RemoteVector.from(values)), accuracy },
      { name: 'this thread', run: () => through(Vector.from(values)), accuracy },
    ],
    maxSeconds: 6,
  });
  small.dispose();
}

// From the abort to the worker's next answer, at random times of a solve that would not end.
async function aborts() {
  const side = bench.smoke ? 120 : 300;
  const { SparseMatrix, solve } = await engine.use('solver');
  const { rows, rowPointers, columns, values } = gridLaplacian(side, side, 1e-9);
  const matrix = await SparseMatrix.fromCsr({ rows, cols: rows, rowPointers, columns, values });
  const b = Float64Array.from({ length: rows }, (_, i) => Math.sin(i));
  const how = { method: 'cg', tolerance: 1e-15, maxIterations: 1e6 } as const;
  const next = random(4);
  const rejected: number[] = [];
  const free: number[] = [];
  for (let k = 0; k < (bench.smoke ? 5 : 120); k++) {
    const controller = new AbortController();
    let start = 0;
    setTimeout(() => {
      start = performance.now();
      controller.abort();
    }, 60 * next());
    const reason = await solve(matrix, b, { ...how, signal: controller.signal }).catch((e) => e);
    if (reason !== controller.signal.reason) continue;
    rejected.push(performance.now() - start);
    await engine.capabilities();
    free.push(performance.now() - start);
  }
  const row = (name: string, times: number[]) => [
    name,
    quantile(times, 0.5),
    quantile(times, 0.99),
    times.length,
  ];
  bench.table({
    id: 'aborts',
    title: 'An abort, in ms after the signal',
    note: `Conjugate gradients on a grid of ${rows} unknowns, aborted at random times.`,
    columns: ['', 'median', 'p99', 'aborts'],
    rows: [row('the promise is rejected', rejected), row('the worker answers the next call', free)],
  });
  bench.claim({
    id: 'abort-p99',
    text: 'abort until the worker is free, p99',
    value: quantile(free, 0.99),
    limit: 50,
    relation: '<=',
    unit: 'ms',
  });
  await matrix.dispose();
}
