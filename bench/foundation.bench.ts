// The foundation's table: solves, PageRank and local answers against npm packages and plain typed-array JavaScript, all in
// one run, with the accuracy of every answer beside its time; then how fast the package loads and how large it is.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { createEngine, getEngine } from 'sublinear';
import { benchmarks as diffusion } from '../ts/benchmarks/diffusion.js';
import { benchmarks as solver } from '../ts/benchmarks/solver.js';
import {
  adjacency,
  barabasiAlbert,
  type Csr,
  gridLaplacian,
  randomNodes,
  randomVector,
  rowDominant,
  rowIndices,
} from './support/generators.js';
import { median, openBench, quantile } from './support/harness.js';
import {
  graphology,
  graphologyPageRank,
  ngraph,
  ngraphPageRank,
  sublinearTimeSolver,
  versionOf,
} from './support/peers.js';
import {
  conjugateGradient,
  gaussSeidel,
  incoming,
  oneNode,
  powerIteration,
  precisionAt,
  relativeResidual,
} from './support/plain.js';

/** Of the table that `engine.benchmark()`, `sublinear bench` and the playground share. */
const cases = { diffusion, solver };

const bench = openBench('foundation', 'Foundation: against npm packages and plain JavaScript');
const engine = await getEngine();
const { SparseMatrix } = await engine.use('sparse');
const { Graph } = await engine.use('graph');
const { solve, solveEntries } = await engine.use('solver');
const { pageRank, personalizedPageRank } = await engine.use('diffusion');
const peer = await sublinearTimeSolver();

const PAGERANK_SCRIPT = 'JavaScript of PageRank in a page';
const TOLERANCE = 1e-8;
const DAMPING = 0.85;
const RESIDUAL = 'true relative residual';
const solverName = versionOf('sublinear-time-solver');

const sparse = (a: Csr) =>
  SparseMatrix.fromCoo({
    rows: a.rows,
    cols: a.rows,
    rowIndices: rowIndices(a),
    columnIndices: a.columns,
    values: a.values,
  });

await gridSolve();
await dominantSolve();
await smallSolve();
await documentedPeer();
await localEntries();
await dominantEntry();
await globalRanking();
await topRanking();
await simdSpeedUp();
await memoryPeak();
loading();
sizes();
bench.close();

/** A symmetric positive definite system. */
async function gridSolve() {
  const id = 'solve-grid';
  if (!bench.wants(id)) return;
  const size = bench.size(100_000, 1000);
  const made = cases.solver.grid.prepare(await engine.use('solver'), size);
  const { a, b } = made.data;
  const { accuracy, plain } = made.answer;
  const inner = peer.conjugateGradient(a, TOLERANCE);
  const result = await bench.compare({
    id,
    title: `Solve: Laplacian of a grid + 0.01 I, n = ${a.rows}`,
    note: `To ||b - A x|| <= ${TOLERANCE} ||b||, b random (seed 1); everything from the matrix to x is timed. sublinear-time-solver: its conjugate gradients for compressed rows, which the package does not export; its documented solver looks through all entries for each diagonal element and cannot take this size.`,
    accuracy: RESIDUAL,
    contestants: [
      { name: 'sublinear', run: made.run, accuracy },
      { ...plain, accuracy },
      { name: `${solverName}, inner CG`, run: () => inner.solve(b), accuracy },
    ],
  });
  made.dispose();
  bench.claim({
    id,
    text: `true relative residual, grid, n = ${a.rows}`,
    value: result!.rows[0]!.accuracy!,
    limit: TOLERANCE,
    relation: '<=',
  });
}

/** An asymmetric system. */
async function dominantSolve() {
  const id = 'solve-dominant';
  if (!bench.wants(id)) return;
  const a = rowDominant(bench.size(100_000, 1000), 10, 0.1, 42);
  const b = randomVector(a.rows, 2);
  using matrix = sparse(a);
  const accuracy = (x: ArrayLike<number>) => relativeResidual(a, x, b);
  const result = await bench.compare({
    id,
    title: `Solve: random asymmetric row-dominant matrix, n = ${a.rows}, 10 entries a row, 10 % slack`,
    note: `Seed 42, to ||b - A x|| <= ${TOLERANCE} ||b||.`,
    accuracy: RESIDUAL,
    contestants: [
      { name: 'sublinear', run: () => solve(matrix, b).solution, accuracy },
      { name: 'plain JavaScript, Gauss-Seidel', run: () => gaussSeidel(a, b, TOLERANCE), accuracy },
      {
        name: solverName,
        run: () => undefined,
        skip: 'its conjugate gradients need a symmetric matrix, its documented solver O(n nnz) operations for the diagonal alone; see below for a size that it can take',
      },
    ],
  });
  bench.claim({
    id,
    text: `true relative residual, asymmetric row-dominant, n = ${a.rows}`,
    value: result!.rows[0]!.accuracy!,
    limit: TOLERANCE,
    relation: '<=',
  });
}

/** The best that the documented API of sublinear-time-solver does: a flat dense matrix. */
async function smallSolve() {
  const id = 'solve-dense-peer';
  if (!bench.wants(id)) return;
  const a = gridLaplacian(bench.size(50, 8), bench.size(50, 8), 0.01);
  const b = randomVector(a.rows, 3);
  using matrix = sparse(a);
  const data = new Array(a.rows * a.rows).fill(0);
  for (let i = 0; i < a.rows; i++) {
    for (let k = a.rowPointers[i]!; k < a.rowPointers[i + 1]!; k++) {
      data[i * a.rows + a.columns[k]!] = a.values[k];
    }
  }
  const dense = { rows: a.rows, cols: a.rows, format: 'dense', data };
  const vector = Array.from(b);
  const epsilon = TOLERANCE * Math.hypot(...b); // its tolerance is absolute
  const accuracy = (x: ArrayLike<number>) => relativeResidual(a, x, b);
  await bench.compare({
    id,
    title: `Solve: the same grid, n = ${a.rows}, where ${solverName} works as documented`,
    note: 'SolverTools.solve with a flat dense matrix of n^2 numbers, its fastest documented way.',
    accuracy: RESIDUAL,
    contestants: [
      { name: 'sublinear', run: () => solve(matrix, b).solution, accuracy },
      {
        name: 'plain JavaScript, CG + diagonal',
        run: () => conjugateGradient(a, b, TOLERANCE),
        accuracy,
      },
      {
        name: `${solverName}, SolverTools.solve`,
        run: async () => (await peer.tools.solve({ matrix: dense, vector, epsilon })).solution,
        accuracy,
      },
    ],
  });
}

/** Each documented method of sublinear-time-solver on a system small enough for it. */
async function documentedPeer() {
  const id = 'documented-peer';
  if (!bench.wants(id)) return;
  const a = gridLaplacian(10, 10, 0.4);
  const b = randomVector(a.rows, 4);
  using matrix = sparse(a);
  const coo = {
    rows: a.rows,
    cols: a.rows,
    format: 'coo',
    values: Array.from(a.values),
    rowIndices: Array.from(rowIndices(a)),
    colIndices: Array.from(a.columns),
  };
  const vector = Array.from(b);
  const peerSolve = async (method: string) => {
    const options = { method, epsilon: 1e-6, maxIterations: 20_000, timeout: 30_000 };
    return (await new peer.Solver(options).solve(coo, vector)).solution;
  };
  const accuracy = (x: ArrayLike<number>) => relativeResidual(a, x, b);
  const contestants = ['forward-push', 'neumann'].map((method) => ({
    name: `${solverName}, SublinearSolver, ${method}`,
    run: () => peerSolve(method),
    accuracy,
    ...(method === 'neumann' && {
      note: 'its series adds terms whose signs should alternate: another system is solved',
    }),
  }));
  await bench.compare({
    id,
    title: 'Solve: grid + 0.4 I, n = 100, the documented sparse solver of the peer',
    note: 'Asked for 1e-6. Its backward-push and bidirectional methods call forward-push; random-walk did not end within 30 s.',
    accuracy: RESIDUAL,
    slices: 5,
    contestants: [
      { name: 'sublinear', run: () => solve(matrix, b, { tolerance: 1e-6 }).solution, accuracy },
      ...contestants,
    ],
  });
}

/** One entry of x, certified, reading only the rows that it needs. */
async function localEntries() {
  const id = 'local-entry';
  if (!bench.wants(id)) return;
  const rows: (string | number)[][] = [];
  const touched: number[] = [];
  let slowest = 0;
  for (const side of bench.size([100, 316, 1000], [20, 40])) {
    const a = gridLaplacian(side, side, 0.4);
    const b = new Float64Array(a.rows).fill(1);
    using matrix = sparse(a);
    const absoluteError = 1e-2 / 0.4; // max |b| / slack
    const index = (side >> 1) * side + (side >> 1);
    const query = { b, indices: [index], absoluteError };
    let result = solveEntries(matrix, query);
    const times: number[] = [];
    for (let k = 0; k < bench.size(200, 5); k++) {
      const start = performance.now();
      result = solveEntries(matrix, query);
      times.push(performance.now() - start);
    }
    // Every row of the matrix sums to 0.4, so x is 1 / 0.4 everywhere.
    const error = Math.abs(result.values[0]! - 1 / 0.4);
    rows.push([
      a.rows,
      result.work.touchedRows,
      median(times),
      quantile(times, 0.99),
      error,
      result.errorBound,
    ]);
    touched.push(result.work.touchedRows);
    slowest = Math.max(slowest, median(times));
  }
  bench.table({
    id,
    title: 'One entry of the solution: grid + 0.4 I, b = 1, certified to 1e-2 max|b| / slack',
    note: 'The entry in the middle of the grid. b is a dense array, which is looked at once in each call.',
    columns: ['n', 'rows touched', 'median ms', 'p99 ms', 'true error', 'certified error'],
    rows,
  });
  bench.claim({
    id: `${id}-touched`,
    text: 'rows touched for one entry: largest less smallest over n',
    value: bench.size(Math.max(...touched) - Math.min(...touched), 0),
    limit: 0,
    relation: '<=',
  });
  bench.claim({
    id: `${id}-time`,
    text: 'one certified entry, slowest median over n',
    value: slowest,
    limit: 2,
    unit: 'ms',
    relation: '<=',
  });
}

/** The same where it is hard: neighbours of neighbours are soon everybody. */
async function dominantEntry() {
  const id = 'local-entry-expander';
  if (!bench.wants(id)) return;
  const a = rowDominant(bench.size(100_000, 1000), 10, 0.1, 42);
  const b = randomVector(a.rows, 5);
  using matrix = sparse(a);
  const exact = solve(matrix, b, { tolerance: 1e-13 }).solution;
  let slack = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.rows; i++) {
    let left = 0;
    for (let k = a.rowPointers[i]!; k < a.rowPointers[i + 1]!; k++) {
      left += a.columns[k] === i ? a.values[k]! : -Math.abs(a.values[k]!);
    }
    slack = Math.min(slack, left);
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  const absoluteError = (1e-2 * largest) / slack;
  const index = 12_345 % a.rows;
  const note = (r: { errorBound: number; work: { touchedRows: number }; method: string }) =>
    `certified ${r.errorBound.toExponential(1)}, ${r.method}, ${r.work.touchedRows} rows`;
  await bench.compare({
    id,
    title: `One entry of the random row-dominant system, n = ${a.rows}, certified to 1e-2 max|b| / slack`,
    note: 'Every row is a few steps from every other (an expander), so the certificate is loose: the true error is far smaller than what can be proved locally. The full solve is asked for the same certified error.',
    accuracy: 'true error of the entry',
    contestants: [
      {
        name: 'solveEntries',
        run: () => solveEntries(matrix, { b, indices: [index], absoluteError }),
        accuracy: (r) => Math.abs(r.values[0] - exact[index]!),
        note,
      },
      fullSolveWithBound(),
    ],
  });

  // The loosest tolerance whose proved error bound is small enough.
  function fullSolveWithBound() {
    let tolerance = 0.1;
    while (tolerance > 1e-12) {
      const { errorBound, errorBoundNorm } = solve(matrix, b, { tolerance });
      if (errorBoundNorm === 'infinity' && errorBound !== undefined && errorBound <= absoluteError)
        break;
      tolerance /= 2;
    }
    return {
      name: `full solve, tolerance ${tolerance.toExponential(1)}`,
      run: () => solve(matrix, b, { tolerance }),
      accuracy: (r: ReturnType<typeof solve>) => Math.abs(r.solution[index]! - exact[index]!),
      note: (r: ReturnType<typeof solve>) =>
        `certified ${(r.errorBound ?? Number.NaN).toExponential(1)}`,
    };
  }
}

/** PageRank of a whole graph. */
async function globalRanking() {
  const id = 'pagerank-global';
  if (!bench.wants(id)) return;
  const made = cases.diffusion.pageRank.prepare(
    await engine.use('diffusion'),
    bench.size(100_000, 500),
  );
  const { edges, teleport: everywhere, tolerance } = made.data;
  const n = edges.nodeCount;
  const { accuracy, plain } = made.answer;
  const ngraphName = versionOf('ngraph.pagerank');
  const graphologyName = versionOf('graphology-metrics');
  const skip =
    'builds an n x n dense matrix with a scan of all entries for each of its n^2 elements: 10^16 steps here';
  {
    const theirs = ngraph(edges);
    const other = graphology(edges);
    await bench.compare({
      id,
      title: `Global PageRank to 1e-6, Barabasi-Albert graph, n = ${n}, 10 edges a node`,
      note: 'Seed 42, damping 0.85. The graph is built before the clock starts. Peers stop when the L1 change is below 1e-6; ours when the L1 error is proved to be.',
      accuracy: 'L1 error',
      contestants: [
        { name: 'sublinear', run: made.run, accuracy },
        { ...plain, accuracy },
        { name: ngraphName, run: () => ngraphPageRank(theirs, DAMPING, tolerance), accuracy },
        {
          name: graphologyName,
          run: () => graphologyPageRank(other, DAMPING, tolerance),
          accuracy,
        },
        { name: solverName, run: () => undefined, skip },
      ],
    });
    made.dispose();
  }
  await bench.compare({
    id: `${id}-build`,
    title: 'The same with the graph built from an edge list each time',
    accuracy: 'L1 error',
    slices: 3,
    maxSeconds: 90,
    contestants: [
      {
        name: 'sublinear',
        run: () => {
          using graph = Graph.fromEdges({ ...edges, parallel: 'once' });
          return pageRank(graph, { tolerance }).scores;
        },
        accuracy,
      },
      {
        name: 'plain JavaScript, power iteration',
        run: () => powerIteration(incoming(adjacency(edges)), everywhere, DAMPING, tolerance),
        accuracy,
      },
      { name: ngraphName, run: () => ngraphPageRank(ngraph(edges), DAMPING, tolerance), accuracy },
      {
        name: graphologyName,
        run: () => graphologyPageRank(graphology(edges), DAMPING, tolerance),
        accuracy,
      },
    ],
  });
}

/** The 50 nodes nearest to a node. */
async function topRanking() {
  const id = 'top-50';
  if (!bench.wants(id)) return;
  const k = 50;
  const edges = barabasiAlbert(bench.size(100_000, 2000), 10, 42);
  const n = edges.nodeCount;
  const arrows = incoming(adjacency(edges));
  const sources = randomNodes(n, bench.size(20, 3), 42);
  const exact = sources.map((source) => powerIteration(arrows, oneNode(n, source), DAMPING, 1e-12));
  using graph = Graph.fromEdges({ ...edges, parallel: 'once' });
  const all = <T>(work: (source: number) => T) => sources.map(work);
  const accuracy = (answers: ArrayLike<number>[]) =>
    answers.reduce((sum, nodes, i) => sum + precisionAt(nodes, exact[i]!, k), 0) / answers.length;
  const result = await bench.compare({
    id,
    title: `The 50 nodes nearest to a node, Barabasi-Albert graph, n = ${n}, ${sources.length} sources`,
    note: 'Uncertified: push stops when the ranking looks settled. Precision is the mean share of the true top 50 by power iteration to 1e-12. One call answers all sources. The peers have no personalised PageRank that can take this size.',
    accuracy: 'precision at 50',
    slices: 5,
    contestants: [
      {
        name: 'sublinear, settled ranking',
        run: () => all((source) => personalizedPageRank(graph, { source, topK: k }).nodes),
        accuracy,
      },
      {
        name: 'sublinear, power iteration to 1e-6',
        run: () =>
          all(
            (source) =>
              personalizedPageRank(graph, { source, topK: k, method: 'power', tolerance: 1e-6 })
                .nodes,
          ),
        accuracy,
      },
      {
        name: 'plain JavaScript, power iteration to 1e-6',
        run: () => all((source) => powerIteration(arrows, oneNode(n, source), DAMPING, 1e-6)),
        accuracy: (answers: Float64Array[]) =>
          answers.reduce((sum, scores, i) => {
            const best = Array.from(scores.keys()).sort((x, y) => scores[y]! - scores[x]!);
            return sum + precisionAt(best.slice(0, k), exact[i]!, k);
          }, 0) / answers.length,
      },
    ],
  });
  const [ours, power] = result!.rows;
  bench.claim({
    id: `${id}-precision`,
    text: 'top 50, mean precision',
    value: ours!.accuracy!,
    limit: bench.size(0.98, 0.5),
    relation: '>=',
  });
  bench.claim({
    id: `${id}-ratio`,
    text: 'top 50, faster than our own power iteration',
    value: power!.ratio!,
    limit: bench.size(10, 0),
    unit: 'x',
    relation: '>=',
    goal: 30,
  });
}

/** Scalar against simd, kernel by kernel. */
async function simdSpeedUp() {
  const id = 'simd';
  if (!bench.wants(id)) return;
  const scalar = await createEngine({ variant: 'scalar' });
  const simd = await createEngine({ variant: 'simd' });
  const minTimeMs = bench.size(60, 2);
  const rows: (string | number)[][] = [];
  const names = [
    'dense.dot',
    'dense.axpy',
    'dense.norm',
    'sparse.multiply',
    'sparse.multiplyTranspose',
    'solver.grid',
    'diffusion.top50',
    'quant.int8',
    'hnsw.flat',
    'hnsw.search',
    'hyperbolic.distance',
  ];
  for (const name of names) {
    const options = { minTimeMs, ...(bench.smoke && { size: 400 }) };
    const ratios: number[] = [];
    for (let slice = 0; slice < bench.size(7, 2); slice++) {
      const a = await scalar.benchmark(name, options);
      const b = await simd.benchmark(name, options);
      ratios.push(a.medianMs / b.medianMs);
    }
    rows.push([name, median(ratios), quantile(ratios, 0.25), quantile(ratios, 0.75)]);
  }
  bench.table({
    id,
    title: 'SIMD: time of the scalar variant / time of the simd variant',
    note: 'Both give the same bits; the tests compare them. WebAssembly has no gather, so sparse kernels gain little.',
    columns: ['kernel', 'median', 'quartile', 'quartile'],
    rows,
  });
  scalar.dispose();
  simd.dispose();
}

/** The most that objects and scratch memory hold together, and what the module took for it. */
async function memoryPeak() {
  const id = 'memory';
  if (!bench.wants(id)) return;
  const grid = gridLaplacian(bench.size(400, 40), bench.size(250, 25), 0.01);
  const edges = barabasiAlbert(bench.size(100_000, 500), 10, 42);
  const b = randomVector(grid.rows, 1);
  const works: [string, (engine: Awaited<ReturnType<typeof fresh>>) => number][] = [
    [
      `solve, grid, n = ${grid.rows}`,
      ({ sparse: { SparseMatrix: Matrix }, solver }) => {
        using matrix = Matrix.fromCoo({
          rows: grid.rows,
          cols: grid.rows,
          rowIndices: rowIndices(grid),
          columnIndices: grid.columns,
          values: grid.values,
        });
        solver.solve(matrix, b);
        return matrix.bytesUsed;
      },
    ],
    [
      `global PageRank to 1e-6, Barabasi-Albert, n = ${edges.nodeCount}`,
      ({ graph, diffusion }) => {
        using made = graph.Graph.fromEdges({ ...edges, parallel: 'once' });
        diffusion.pageRank(made, { tolerance: 1e-6 });
        return made.bytesUsed;
      },
    ],
  ];
  const rows = [];
  for (const [what, work] of works) {
    const alone = await fresh();
    const data = work(alone);
    const { modules } = alone.stats();
    const sum = (of: (module: (typeof modules)[0]) => number) =>
      modules.reduce((total, module) => total + of(module), 0) / 1e6;
    rows.push([what, sum((m) => m.bytesPeak), data / 1e6, sum((m) => m.memoryBytes)]);
    alone.dispose();
  }
  bench.table({
    id,
    title: 'Memory, MB',
    note: 'Counted, not sampled: every allocation of the C core goes through one counter. The data itself (matrix, graph) is part of the peak. The same on every machine.',
    columns: [
      'what',
      'peak of objects and scratch',
      'the data alone',
      'WebAssembly memory at the end',
    ],
    rows,
  });
}

function fresh() {
  return createEngine({ modules: ['sparse', 'graph', 'solver', 'diffusion'] });
}

/** From importing the package to the first answer, in fresh processes. */
function loading() {
  const id = 'load';
  if (!bench.wants(id)) return;
  const program = `
    const start = performance.now();
    const { load } = await import('sublinear/solver');
    const { solve, SparseMatrix } = await load();
    const matrix = SparseMatrix.fromCoo({ rows: 2, cols: 2, rowIndices: [0, 0, 1, 1], columnIndices: [0, 1, 0, 1], values: [4, 1, 1, 3] });
    const { solution } = solve(matrix, [1, 2]);
    const end = performance.now();
    if (!(Math.abs(4 * solution[0] + solution[1] - 1) < 1e-6)) throw new Error('wrong answer');
    console.log(end - start, end);`;
  const times: number[] = [];
  const totals: number[] = [];
  for (let run = 0; run < bench.size(15, 2); run++) {
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    const [ms, total] = out.trim().split(' ').map(Number);
    times.push(ms!);
    totals.push(total!);
  }
  bench.table({
    id,
    title: 'Loading, in fresh Node processes',
    columns: ['what', 'median ms', 'fastest', 'slowest'],
    rows: [
      [
        'import, load, build a matrix, solve',
        median(times),
        Math.min(...times),
        Math.max(...times),
      ],
      ['the same with the start of Node', median(totals), Math.min(...totals), Math.max(...totals)],
    ],
  });
  bench.claim({
    id,
    text: 'load to first answer, fresh Node process',
    value: median(times),
    limit: bench.size(30, 1000),
    unit: 'ms',
    relation: '<=',
  });
}

/** What a user downloads. */
function sizes() {
  const id = 'sizes';
  if (!bench.wants(id)) return;
  const dist = fileURLToPath(new URL('../dist/', import.meta.url));
  const found = ['wasm', 'raw'].flatMap((folder) =>
    existsSync(dist + folder)
      ? readdirSync(dist + folder)
          .filter((name) => /\.(wasm|js)$/.test(name))
          .map((name) => `${folder}/${name}`)
      : [],
  );
  const rows = [
    ...found.map((name) => [name, readFileSync(dist + name)] as const),
    pageRankScript(),
  ].map(([name, bytes]) => {
    const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    return [name, bytes.length, gzipSync(bytes, { level: 9 }).length, brotli.length];
  });
  bench.table({ id, title: 'Bytes', columns: ['file', 'raw', 'gzip', 'brotli'], rows });
  const of = (name: string, column: number) =>
    Number(rows.find((row) => row[0] === name)?.[column] ?? Number.NaN);
  for (const [claim, bundle, goal] of [
    ['simd', 'solver', 140_000],
    ['network', 'network', 150_000],
    ['vector', 'vector', 80_000],
  ] as const)
    bench.claim({
      id: `${id}-${claim}`,
      text: `${bundle}.simd.wasm`,
      value: of(`wasm/${bundle}.simd.wasm`, 1),
      limit: 200_000,
      goal,
      unit: 'bytes',
      relation: '<=',
    });
  bench.claim({
    id: `${id}-script`,
    text: 'JavaScript of PageRank in a page, gzip',
    value: of(PAGERANK_SCRIPT, 2),
    limit: 30_000,
    unit: 'bytes',
    relation: '<=',
  });
}

/** What a page carries that ranks a graph: one script, without what is fetched later. */
function pageRankScript() {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `import { load } from 'sublinear/diffusion'; load().then((room) => { globalThis.room = room; });`,
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['browser'],
    write: false,
    outdir: 'page',
    entryNames: 'page',
    logLevel: 'silent',
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const carried = new Set(['page.js']);
  for (const name of carried)
    for (const [, next] of texts.get(name)!.matchAll(/(?:from|import)"\.\/([^"]+)"/g))
      carried.add(next!);
  const all = [...carried].map((name) => texts.get(name)!).join('');
  return [PAGERANK_SCRIPT, new TextEncoder().encode(all)] as const;
}
