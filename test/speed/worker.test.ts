// How long an abort takes until the worker is free for the next call, run alone (`npm run test:speed`).
import { createWorkerEngine, type WorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gridLaplacian, random, rmat } from '../../bench/support/generators.js';
import { quantile } from '../../bench/support/harness.js';

let engine: WorkerEngine;
beforeAll(async () => {
  engine = await createWorkerEngine();
});
afterAll(() => engine.dispose());

const ABORTS = 100;

/** Aborts calls at random times; the times until the promise is rejected, and until the worker answers again. */
async function latencies(begin: (signal: AbortSignal) => Promise<unknown>, seed: number) {
  const next = random(seed);
  const rejected: number[] = [];
  const free: number[] = [];
  while (free.length < ABORTS) {
    const controller = new AbortController();
    const running = begin(controller.signal);
    let start = 0;
    setTimeout(() => {
      start = performance.now();
      controller.abort();
    }, 60 * next());
    const failed = await running.then(
      () => false,
      (reason) => reason === controller.signal.reason,
    );
    if (!failed) throw new Error('the call ended before its abort: take a longer one');
    rejected.push(performance.now() - start);
    await engine.capabilities();
    free.push(performance.now() - start);
  }
  return { rejected, free };
}

// Once more when it failed: a machine that is busy with something else stops the worker as well.
const twice = { timeout: 60_000, retry: 1 };

async function check(name: string, begin: (signal: AbortSignal) => Promise<unknown>, seed: number) {
  const { rejected, free } = await latencies(begin, seed);
  const [p50, p99] = [quantile(free, 0.5), quantile(free, 0.99)];
  console.log(
    `abort of ${name}: worker free after ${p50.toFixed(1)} ms (median), ${p99.toFixed(1)} ms (p99), promise rejected after ${quantile(rejected, 0.99).toFixed(1)} ms (p99)`,
  );
  expect(p99).toBeLessThanOrEqual(50);
  expect(quantile(rejected, 0.99)).toBeLessThanOrEqual(50);
}

test('solve', twice, async () => {
  const { SparseMatrix, solve } = await engine.use('solver');
  const { rows, rowPointers, columns, values } = gridLaplacian(300, 300, 1e-9);
  const matrix = await SparseMatrix.fromCsr({ rows, cols: rows, rowPointers, columns, values });
  const b = Float64Array.from({ length: rows }, (_, i) => Math.sin(i));
  const how = { method: 'cg', tolerance: 1e-14, maxIterations: 1e6 } as const;
  await check('solve', (signal) => solve(matrix, b, { ...how, signal }), 1);
  await matrix.dispose();
});

test('PageRank', twice, async () => {
  const { Graph, pageRank } = await engine.use('diffusion');
  const { from, to, nodeCount } = rmat(16, 600_000, 2);
  const graph = await Graph.fromEdges({ from, to, nodeCount });
  const how = { method: 'power', damping: 0.9999, tolerance: 1e-14, maxIterations: 1e6 } as const;
  await check('PageRank', (signal) => pageRank(graph, { ...how, signal }), 2);
  await graph.dispose();
});

test('building an index', twice, async () => {
  const { Hnsw } = await engine.use('hnsw');
  const next = random(3);
  const count = 10_000;
  const vectors = Float32Array.from({ length: count * 64 }, () => next());
  const ids = Uint32Array.from({ length: count }, (_, i) => i);
  const begin = async (signal: AbortSignal) => {
    using index = await Hnsw.create({ metric: 'euclidean', dimension: 64 });
    await index.addBatch({ ids, vectors }, { signal });
  };
  await check('building an index', begin, 3);
});
