// Work off the main thread: a solve that is aborted, one that is not, and queries spread over two workers, which share one
// index of vectors.
//
//   node --import tsx examples/worker.ts
import { load } from 'sublinear/hnsw';
import { createPool, createWorkerEngine } from 'sublinear/worker';

// A grid of 300 x 300 cells.
const side = 300;
const from: number[] = [];
const to: number[] = [];
for (let i = 0; i < side * side; i++) {
  const link = (j: number) => to.push(j) === from.push(i);
  if (i % side < side - 1) link(i + 1);
  if (i < side * (side - 1)) link(i + side);
}
const edges = { from: Uint32Array.from(from), to: Uint32Array.from(to), directed: false };

const engine = await createWorkerEngine({ modules: ['graph', 'solver'] });
const graph = await engine.graph.Graph.fromEdges(edges);
const matrix = await graph.laplacian({ shift: 1e-6 });
const heat = Float64Array.from({ length: side * side }, (_, i) => Math.sin(i));

// Nobody wants this one any more after 50 ms.
const hopeless = { method: 'cg', tolerance: 1e-14, maxIterations: 1e6 } as const;
const signal = AbortSignal.timeout(50);
try {
  await engine.solver.solve(matrix, heat, { ...hopeless, signal });
} catch (error) {
  console.log('aborted:', error === signal.reason);
}

// The worker is free at once, and the matrix as good as before.
const { outcome, relativeResidual } = await engine.solver.solve(matrix, heat, {
  onProgress: ({ iterations }) => process.stderr.isTTY && process.stderr.write(`${iterations}\r`),
});
console.log('solved:', outcome, relativeResidual < 1e-8);
await engine.dispose();

// The same graph in two workers, and a queue of questions.
await using pool = await createPool({ size: 2, modules: ['graph', 'diffusion', 'hnsw'] });
const replica = await pool.replicate(edges, ({ graph }, given) => graph.Graph.fromEdges(given));
const sources = Array.from({ length: 40 }, (_, i) => i * 2000);
const nearest = await replica.map(sources, async (graph, source, { diffusion }) => {
  const { nodes } = await diffusion.personalizedPageRank(graph, { source, topK: 5 });
  return nodes?.[0];
});
console.log(
  'nearest to themselves:',
  nearest.every((node, i) => node === sources[i]),
);

// An index of vectors that is there once: both workers search it in memory that they share.
const { Hnsw } = await load();
const dimension = 8;
const count = 3000;
const vectors = Float32Array.from({ length: count * dimension }, (_, i) => Math.sin(i * i));
const index = Hnsw.create({ metric: 'euclidean', dimension });
index.addBatch({ ids: Uint32Array.from({ length: count }, (_, i) => i), vectors });
const shared = await index.share();
const readers = await pool.replicate(shared, ({ hnsw }, given) => hnsw.Hnsw.openShared(given));
const { ids } = await readers.batch(vectors, dimension, (there, part) =>
  there.searchBatch(part, { k: 1 }),
);
console.log(
  'one index for both:',
  shared.place !== undefined,
  ids.every((id, i) => id === i),
);
