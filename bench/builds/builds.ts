// This build against another one of the same package, slice by slice in one run: does a change cost speed?
//
//   OTHER=../before/dist npm run bench:builds          another commit, built in a worktree; `-- --only hnsw` for some of it
//
// The work is that of the other benchmarks, in its smaller sizes. ratio = the other build's time / ours: 1 where nothing
// changed, below 1 where ours has become slower. `accuracy` is computed by code that neither of them has.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { env, exit } from 'node:process';
import { pathToFileURL } from 'node:url';
import { createEngine } from 'sublinear';
import type { DiffusionRoom } from 'sublinear/diffusion';
import type { GraphRoom } from 'sublinear/graph';
import type { HnswRoom } from 'sublinear/hnsw';
import type { SolverRoom } from 'sublinear/solver';
import type { SparseRoom } from 'sublinear/sparse';
import {
  adjacency,
  barabasiAlbert,
  type Csr,
  type Edges,
  gridLaplacian,
  randomVector,
  rmat,
  rowDominant,
  rowIndices,
} from '../support/generators.js';
import { median, openBench } from '../support/harness.js';
import {
  incoming,
  l1Distance,
  oneNode,
  powerIteration,
  relativeResidual,
} from '../support/plain.js';
import { clusters } from '../support/vectors.js';

const other = env.OTHER && resolve(env.OTHER, 'index.js');
if (!other || !existsSync(other)) {
  console.error('bench:builds: OTHER must name the dist/ folder of another build');
  exit(2);
}
const bench = openBench('builds', 'Against another build');

interface Build {
  sparse: SparseRoom;
  graph: GraphRoom;
  solver: SolverRoom;
  diffusion: DiffusionRoom;
  hnsw: HnswRoom;
}
const open = (create: typeof createEngine): Promise<Build> =>
  create({ modules: ['sparse', 'graph', 'solver', 'diffusion', 'hnsw'] });
const builds: [string, Build][] = [
  ['this build', await open(createEngine)],
  ['the other build', await open((await import(pathToFileURL(other).href)).createEngine)],
];
const ratios: number[] = [];

/** One comparison: what both builds make of the same work. */
async function compare<R>(
  id: string,
  accuracy: string,
  work: (build: Build) => { run(): R; release?(result: R): void },
  error: (result: R) => number,
) {
  if (!bench.wants(id)) return;
  const contestants = builds.map(([name, build]) => ({ name, ...work(build), accuracy: error }));
  const result = await bench.compare({ id, title: id, accuracy, contestants });
  const ratio = result?.rows[1]?.ratio;
  if (ratio !== undefined) ratios.push(ratio);
}

/** Without loops, and one of each two nodes' edges: what parallel edges mean is not the question here. */
function once({ nodeCount, from, to, directed }: Edges): Edges {
  const seen = new Set<number>();
  const kept = Array.from(from.keys()).filter((e) => {
    const [low, high] = [Math.min(from[e]!, to[e]!), Math.max(from[e]!, to[e]!)];
    const key = low * nodeCount + high;
    return low !== high && !seen.has(key) && seen.add(key);
  });
  return {
    directed,
    nodeCount,
    from: Uint32Array.from(kept, (e) => from[e]!),
    to: Uint32Array.from(kept, (e) => to[e]!),
  };
}

const RESIDUAL = 'true relative residual';

async function solves(name: string, a: Csr, methods: string[]) {
  const b = randomVector(a.rows, 1);
  for (const method of methods)
    await compare(
      `solve ${name}, ${method}`,
      RESIDUAL,
      ({ sparse: { SparseMatrix }, solver: { solve } }) => {
        const matrix = SparseMatrix.fromCoo({
          rows: a.rows,
          cols: a.rows,
          rowIndices: rowIndices(a),
          columnIndices: a.columns,
          values: a.values,
        });
        const options = { method: method as 'auto', tolerance: 1e-8 };
        return { run: () => solve(matrix, b, options).solution };
      },
      (x) => relativeResidual(a, x, b),
    );
  const exact = builds[0]![1].sparse.SparseMatrix.fromCoo({
    rows: a.rows,
    cols: a.rows,
    rowIndices: rowIndices(a),
    columnIndices: a.columns,
    values: a.values,
  });
  const solution = builds[0]![1].solver.solve(exact, b, { tolerance: 1e-12 }).solution;
  exact.dispose();
  await compare(
    `entries ${name}`,
    'error of one entry',
    ({ sparse: { SparseMatrix }, solver: { solveEntries } }) => {
      const matrix = SparseMatrix.fromCoo({
        rows: a.rows,
        cols: a.rows,
        rowIndices: rowIndices(a),
        columnIndices: a.columns,
        values: a.values,
      });
      const indices = [a.rows >> 1];
      return { run: () => solveEntries(matrix, { b, indices, absoluteError: 1e-6 }) };
    },
    (found) => Math.abs(found.values[0]! - solution[a.rows >> 1]!),
  );
}

const side = bench.size(200, 20);
await solves('grid', gridLaplacian(side, side, 0.01), ['auto', 'cg', 'amg', 'approximateCholesky']);
await solves('dominant', rowDominant(bench.size(50_000, 500), 10, 0.1, 42), [
  'auto',
  'gaussSeidel',
  'bicgstab',
  'gmres',
]);

for (const [name, edges] of [
  ['Barabasi-Albert', barabasiAlbert(bench.size(30_000, 300), 5, 42)],
  ['R-MAT', once(rmat(bench.size(14, 8), bench.size(150_000, 1000), 42))],
] as const) {
  const rows = incoming(adjacency(edges));
  const n = edges.nodeCount;
  const uniform = new Float64Array(n).fill(1 / n);
  const everywhere = powerIteration(rows, uniform, 0.85, 1e-13);
  const near = powerIteration(rows, oneNode(n, n >> 1), 0.85, 1e-13);
  const graphOf = ({ graph: { Graph } }: Build) => Graph.fromEdges({ ...edges, directed: false });
  await compare(
    `pagerank ${name}`,
    'sum of errors',
    (build) => {
      const graph = graphOf(build);
      return { run: () => build.diffusion.pageRank(graph, { tolerance: 1e-8 }).scores };
    },
    (scores) => l1Distance(scores, everywhere),
  );
  await compare(
    `personalised pagerank ${name}`,
    'sum of errors',
    (build) => {
      const graph = graphOf(build);
      const options = { source: n >> 1, tolerance: 1e-4, dense: true } as const;
      return { run: () => build.diffusion.personalizedPageRank(graph, options).scores };
    },
    (scores) => l1Distance(scores, near),
  );
  await compare(
    `build ${name}`,
    'edges too many',
    (build) => ({
      run: () => graphOf(build),
      release: (graph: ReturnType<typeof graphOf>) => graph.dispose(),
    }),
    (graph) => graph.edgeCount - edges.from.length,
  );
}

const set = clusters(bench.size(10_000, 500), 100, 64);
const truth = Array.from({ length: 100 }, (_, q) => {
  const query = set.queries.subarray(q * 64, (q + 1) * 64);
  const scored = Array.from({ length: set.count }, (_, i) => {
    let dot = 0;
    for (let d = 0; d < 64; d++) dot += query[d]! * set.vectors[i * 64 + d]!;
    return [dot, i] as const;
  });
  return new Set(
    scored
      .sort((a, b) => b[0] - a[0])
      .slice(0, 10)
      .map(([, i]) => i),
  );
});
const missed = (lists: ArrayLike<number>[]) =>
  1 - lists.flatMap((ids, q) => Array.from(ids).filter((id) => truth[q]!.has(id))).length / 1000;
const ids = Uint32Array.from({ length: set.count }, (_, i) => i);
const filled = (build: Build, codes: 'none' | 'int8') => {
  const index = build.hnsw.Hnsw.create({
    metric: 'dot',
    dimension: 64,
    m: 16,
    efConstruction: 100,
    codes,
    ...(codes === 'none' ? {} : { rerank: 'float32' }),
  } as never);
  index.addBatch({ ids, vectors: set.vectors });
  return index;
};
for (const codes of ['none', 'int8'] as const) {
  for (const ef of [16, 64, 256])
    await compare(
      `hnsw search, codes ${codes}, ef ${ef}`,
      '1 - recall at 10',
      (build) => {
        const index = filled(build, codes);
        return {
          run: () =>
            truth.map(
              (_, q) => index.search(set.queries.subarray(q * 64, (q + 1) * 64), { k: 10, ef }).ids,
            ),
        };
      },
      missed,
    );
  await compare(
    `hnsw build, codes ${codes}`,
    'vectors lost',
    (build) => ({
      run: () => filled(build, codes),
      release: (index: ReturnType<typeof filled>) => index.dispose(),
    }),
    (index) => index.size - set.count,
  );
}
await compare(
  'flat search',
  '1 - recall at 10',
  (build) => {
    const index = build.hnsw.Flat.create({ metric: 'dot', dimension: 64 });
    index.addBatch({ ids, vectors: set.vectors });
    return {
      run: () =>
        truth.map(
          (_, q) => index.search(set.queries.subarray(q * 64, (q + 1) * 64), { k: 10 }).ids,
        ),
    };
  },
  missed,
);

// Printed and not kept: no reader of the page knows what the other build is.
if (bench.smoke) bench.close();
if (ratios.length > 0)
  console.log(
    `${ratios.length} comparisons: median ratio ${median(ratios).toFixed(2)}, lowest ${Math.min(...ratios).toFixed(2)}`,
  );
