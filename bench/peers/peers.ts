// Against native libraries, slice by slice in one run: Eigen, CHOLMOD, igraph and our own C core compiled natively.
//
//   npm run bench:peers          installs what is missing (Debian), builds, measures, writes bench/results/peers.json
//
// Peers get -O3 -march=native and their fastest applicable method, and time themselves. Ours is WebAssembly simd on one
// thread, as a user runs it. Every run is complete: what a method builds from the matrix is in its time.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngine } from 'sublinear';
import { hasData, laplacian, readData, readEdges } from '../support/files.js';
import {
  adjacency,
  barabasiAlbert,
  type Csr,
  circuit,
  convection,
  type Edges,
  gridLaplacian,
  randomVector,
  rmat,
  rowDominant,
  rowIndices,
} from '../support/generators.js';
import { type ComparisonResult, type Contestant, median, openBench } from '../support/harness.js';
import {
  incoming,
  l1Distance,
  oneNode,
  powerIteration,
  relativeResidual,
} from '../support/plain.js';
import { build, graphFile, NativePeer, type NativeRun, systemFile } from './native.js';

const bench = openBench('peers', 'Against native libraries');
const engine = await createEngine({
  modules: ['dense', 'sparse', 'graph', 'solver', 'direct', 'eigen', 'diffusion'],
});
const { SparseMatrix } = engine.sparse;
const { Graph } = engine.graph;
const { solve, solveEntries } = engine.solver;
const { factorize } = engine.direct;
const { eigenpairs } = engine.eigen;
const TOLERANCE = 1e-8;

// A peer that cannot be built is skipped, with the reason in the table.
const missing = new Map<string, string>();
const peers = new Map<string, NativePeer>();
function start(name: string, recipe: Parameters<typeof build>[1], needs: string) {
  if (process.env.SUBLINEAR_PEERS === 'none') {
    missing.set(name, 'SUBLINEAR_PEERS=none');
    return;
  }
  try {
    peers.set(name, new NativePeer(name, build(name, recipe)));
  } catch {
    missing.set(name, `not built: it needs ${needs}`);
  }
}
if (process.env.SUBLINEAR_PEERS === 'none') missing.set('arpack', 'SUBLINEAR_PEERS=none');
else if (spawnSync('/usr/bin/python3', ['-c', 'import scipy']).status !== 0)
  missing.set('arpack', 'not there: it needs python3-scipy');
else peers.set('arpack', new NativePeer('arpack', '/usr/bin/python3', ['bench/peers/arpack.py']));
const cFiles = ['base', 'simd', 'sparse', 'solver'].flatMap((room) => {
  const folder = fileURLToPath(new URL(`../../csrc/${room}/`, import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.c') && !name.startsWith('abi'))
    .map((name) => join(folder, name));
});
start(
  'eigen',
  {
    compiler: 'g++',
    sources: ['bench/peers/eigen.cpp'],
    flags: ['-std=c++17', '-isystem', '/usr/include/eigen3'],
  },
  'g++ and libeigen3-dev',
);
start(
  'cholmod',
  { compiler: 'cc', sources: ['bench/peers/cholmod.c'], flags: ['-lcholmod', '-lm'] },
  'libsuitesparse-dev',
);
start(
  'klu',
  { compiler: 'cc', sources: ['bench/peers/klu.c'], flags: ['-lklu', '-lm'] },
  'libsuitesparse-dev',
);
start(
  'umfpack',
  { compiler: 'cc', sources: ['bench/peers/umfpack.c'], flags: ['-lumfpack', '-lm'] },
  'libsuitesparse-dev',
);
start(
  'igraph',
  { compiler: 'cc', sources: ['bench/peers/igraph.c'], flags: ['-ligraph', '-lm'] },
  'libigraph-dev',
);
start(
  'core',
  {
    compiler: 'clang-19',
    sources: ['bench/peers/core.c', ...cFiles],
    flags: ['-std=gnu17', '-ffp-contract=fast', '-Icsrc', '-lm'],
  },
  'clang-19',
);

/** A peer's run as a contestant. */
function native(
  peer: string,
  method: string,
  label: string,
  error: (x: Float64Array) => number,
): Contestant<NativeRun> {
  const running = peers.get(peer);
  if (running === undefined) return { name: label, run: never, skip: missing.get(peer)! };
  return {
    name: label,
    run: () => running.run(method, TOLERANCE),
    elapsed: (run) => run.ms,
    accuracy: async () => error(await running.result()),
  };
}

const never = () => Promise.reject(new Error('a skipped peer does not run'));

const automatic: { id: string; ratio: number }[] = [];
const wasmNative: { id: string; ratio: number }[] = [];

interface Rival {
  peer: string;
  method: string;
  label: string;
  floor: number;
  goal: number;
}

const diagonal = (floor: number, goal: number): Rival => ({
  peer: 'eigen',
  method: 'cg-diagonal',
  label: 'Eigen CG + diagonal',
  floor,
  goal,
});

/** One system: ours (automatic and each fixed method), our core natively, and the rivals. */
async function system(
  id: string,
  title: string,
  a: Csr,
  rivals: Rival[],
  fixed: string[],
  slices: number,
) {
  if (!bench.wants(id)) return undefined;
  const b = randomVector(a.rows, 7);
  using matrix = SparseMatrix.fromCoo({
    rows: a.rows,
    cols: a.rows,
    rowIndices: rowIndices(a),
    columnIndices: a.columns,
    values: a.values,
  });
  const file = systemFile(a, b);
  for (const name of ['eigen', 'cholmod', 'core']) await peers.get(name)?.load(file);
  const error = (x: ArrayLike<number>) => relativeResidual(a, x, b);
  const ours = (name: string, method: string): Contestant => ({
    name,
    run: () => solve(matrix, b, { method: method as 'auto', tolerance: TOLERANCE }),
    accuracy: (r: ReturnType<typeof solve>) => error(r.solution),
    note: (r: ReturnType<typeof solve>) =>
      `${r.method}, ${r.iterations} iterations${r.outcome === 'converged' ? '' : `, ${r.outcome}`}`,
  });
  const result = await bench.compare({
    id,
    title,
    note: `n = ${a.rows}, ${a.columns.length} entries, b random (seed 7), to 1e-8.`,
    accuracy: 'true relative residual',
    slices,
    maxSeconds: 150,
    contestants: [
      ours('sublinear', 'auto'),
      native('core', 'auto', 'the same C, native', error),
      ...rivals.map((rival) => native(rival.peer, rival.method, rival.label, error)),
      ...fixed.map((method) => ours(`sublinear, ${method}`, method)),
    ],
  });
  if (result === undefined) return undefined;
  for (const rival of rivals) claimRatio(result, rival, id);
  const own = result.rows[1]!.ratio;
  if (own !== undefined) wasmNative.push({ id, ratio: own });
  const best = result.rows.filter(
    (row) => row.name.startsWith('sublinear, ') && row.accuracy! <= 2 * TOLERANCE,
  );
  if (best.length > 0)
    automatic.push({ id, ratio: 1 / Math.min(...best.map((row) => row.ratio!)) });
  return result;
}

function claimRatio(result: ComparisonResult, { label, floor, goal }: Rival, id: string) {
  const row = result.rows.find((each) => each.name === label)!;
  if (row.ratio === undefined) return;
  const text = `${result.title}: ${label} / ours`;
  bench.claim({
    id: `${id}-${label}`,
    text,
    value: row.ratio,
    limit: bench.size(floor, 0),
    goal,
    unit: 'x',
    relation: '>=',
  });
}

await grids();
await graphs();
await dominant();
await factorisations();
await keptFactors();
await smallestEigenpairs();
await oneEntry();
await ranking();
summary();
bench.close();
for (const peer of peers.values()) peer.stop();

async function grids() {
  const floors = [
    { side: [100, 100], ic: [1.2, 2], super: [0.5, 1], ldlt: [0.9, 2], slices: 15 },
    { side: [400, 250], ic: [2.5, 4], super: [2, 4], ldlt: [3, 5], slices: 7 },
    { side: [1000, 1000], ic: [1.8, 4], super: [2, 4], ldlt: [7, 12], slices: 3 },
  ] as const;
  const times: { n: number; ms: number }[] = [];
  for (const { side, ic, super: nodal, ldlt, slices } of bench.smoke
    ? floors.slice(0, 1)
    : floors) {
    const a = gridLaplacian(bench.size(side[0], 30), bench.size(side[1], 20), 0.01);
    const rivals: Rival[] = [
      {
        peer: 'eigen',
        method: 'cg-ic0',
        label: 'Eigen CG + IncompleteCholesky',
        floor: ic[0],
        goal: ic[1],
      },
      {
        peer: 'cholmod',
        method: 'supernodal',
        label: 'CHOLMOD supernodal',
        floor: nodal[0],
        goal: nodal[1],
      },
      {
        peer: 'eigen',
        method: 'ldlt',
        label: 'Eigen SimplicialLDLT',
        floor: ldlt[0],
        goal: ldlt[1],
      },
    ];
    const id = `grid-${side[0] * side[1]}`;
    const result = await system(
      id,
      `2-D grid Laplacian + 0.01 I, n = ${a.rows}`,
      a,
      rivals,
      ['cg', 'amg', 'incompleteCholesky', 'approximateCholesky'],
      slices,
    );
    if (result !== undefined) times.push({ n: a.rows, ms: result.rows[0]!.medianMs! });
  }
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || first === last) return;
  bench.claim({
    id: 'grid-growth',
    text: 'growth of the full solve on grids, exponent of n from 10^4 to 10^6',
    value: Math.log(last.ms / first.ms) / Math.log(last.n / first.n),
    limit: 1.1,
    goal: 1.05,
    relation: '<=',
  });
}

async function graphs() {
  const cases: {
    id: string;
    title: string;
    edges: () => Edges;
    file?: string;
    floor: number;
    goal: number;
  }[] = [
    {
      id: 'astro-ph',
      title: 'Laplacian + 0.001 I, astro-ph (co-authors)',
      file: 'astro-ph.graph',
      edges: () => readEdges('astro-ph.graph'),
      floor: 2.5,
      goal: 4,
    },
    {
      id: 'wing',
      title: 'Laplacian + 0.001 I, wing (mesh)',
      file: 'wing.graph',
      edges: () => readEdges('wing.graph'),
      floor: 1.5,
      goal: 3,
    },
    {
      id: 'delaunay',
      title: 'Laplacian + 0.001 I, delaunay_n15 (mesh)',
      file: 'delaunay_n15.graph',
      edges: () => readEdges('delaunay_n15.graph'),
      floor: 3,
      goal: 5,
    },
    {
      id: 'barabasi-albert',
      title: 'Laplacian + 0.001 I, Barabasi-Albert 10^5',
      edges: () => barabasiAlbert(bench.size(100_000, 1000), 10, 42),
      floor: 0.5,
      goal: 0.8,
    },
    {
      id: 'blogcatalog',
      title: 'Laplacian + 0.001 I, BlogCatalog (friends)',
      file: 'blogcatalog.csv',
      edges: () => readEdges('blogcatalog.csv'),
      floor: 0.5,
      goal: 0.8,
    },
  ];
  for (const { id, title, edges, file, floor, goal } of bench.smoke ? cases.slice(3, 4) : cases) {
    if (!bench.wants(id)) continue;
    if (file !== undefined && !hasData(file)) {
      bench.table({
        id,
        title,
        columns: ['not run'],
        rows: [[`${file} is not here; SUBLINEAR_DATA names the folder`]],
      });
      continue;
    }
    await system(
      id,
      title,
      laplacian(edges(), 1e-3),
      [diagonal(floor, goal)],
      ['cg', 'amg', 'incompleteCholesky', 'approximateCholesky'],
      7,
    );
  }
}

async function dominant() {
  const a = rowDominant(bench.size(100_000, 1000), 10, 0.1, 42);
  const rival = {
    peer: 'eigen',
    method: 'bicgstab-diagonal',
    label: 'Eigen BiCGSTAB + diagonal',
    floor: 1.4,
    goal: 2,
  };
  const title = 'asymmetric row-dominant, 10 entries a row, 10 % slack';
  await system('dominant', title, a, [rival], ['gaussSeidel', 'bicgstab', 'gmres'], 15);
}

/** One certified entry against our own full solve at the same accuracy. */
// Order, analysis, elimination and one solve with its refinement; the peers solve without.
async function factorisations() {
  const cases: { id: string; title: string; matrix: () => Csr; file?: string; rivals: Rival[] }[] =
    [
      {
        id: 'direct-grid-2d',
        title: 'Factorisation and solve: 2-D grid Laplacian + 0.01 I, 300 x 300',
        matrix: () => gridLaplacian(bench.size(300, 20), bench.size(300, 20), 0.01),
        rivals: [eigenDirect(0.7, 1), cholmodDirect(0.35, 0.6)],
      },
      {
        id: 'direct-grid-3d',
        title: 'Factorisation and solve: 3-D Poisson, 30 x 30 x 30',
        matrix: () => cubeLaplacian(bench.size(30, 6)),
        rivals: [cholmodDirect(0.35, 0.6)],
      },
      {
        id: 'direct-circuit',
        title: 'Factorisation and solve: circuit, 100,000 nodes',
        matrix: () => circuit(bench.size(100_000, 500), 1),
        rivals: [rival('klu', 'factor', 'KLU', 0.6, 0.9)],
      },
      {
        id: 'direct-convection',
        title: 'Factorisation and solve: 2-D convection, 200 x 200',
        matrix: () => convection(bench.size(200, 20)),
        rivals: [rival('umfpack', 'factor', 'UMFPACK', 0.4, 0.7)],
      },
      ...[
        { name: '1138_bus', rivals: [eigenDirect(0.7, 1), cholmodDirect(0.35, 0.6)] },
        { name: 'bcsstk13', rivals: [cholmodDirect(0.35, 0.6)] },
        { name: 'adder_dcop_05', rivals: [rival('klu', 'factor', 'KLU', 0.6, 0.9)] },
        { name: 'west0479', rivals: [rival('umfpack', 'factor', 'UMFPACK', 0.4, 0.7)] },
      ].map(({ name, rivals }) => ({
        id: `direct-${name}`,
        title: `Factorisation and solve: ${name}`,
        matrix: () => readMatrix(`matrices/${name}.mtx`),
        file: `matrices/${name}.mtx`,
        rivals,
      })),
    ];
  for (const { id, title, matrix, file, rivals } of bench.smoke ? cases.slice(0, 2) : cases) {
    if (!bench.wants(id)) continue;
    if (file !== undefined && !hasData(file)) {
      const rows = [[`${file} is not here; SUBLINEAR_DATA names the folder`]];
      bench.table({ id, title, columns: ['not run'], rows });
      continue;
    }
    const a = matrix();
    const b = randomVector(a.rows, 7);
    using ours = SparseMatrix.fromCoo({
      rows: a.rows,
      cols: a.rows,
      rowIndices: rowIndices(a),
      columnIndices: a.columns,
      values: a.values,
    });
    const path = systemFile(a, b);
    for (const { peer } of rivals) await peers.get(peer)?.load(path);
    const error = (x: ArrayLike<number>) => relativeResidual(a, x, b);
    const result = await bench.compare({
      id,
      title,
      note: `n = ${a.rows}, ${a.columns.length} entries, b random (seed 7).`,
      accuracy: 'true relative residual',
      slices: 9,
      maxSeconds: 120,
      contestants: [
        {
          name: 'sublinear/direct',
          run() {
            using factor = factorize(ours);
            return { ...factor.solve(b), method: factor.method, fill: factor.fill };
          },
          accuracy: ({ solution }) => error(solution),
          note: ({ method, fill }) => `${method}, ${fill} entries in the factor`,
        },
        ...rivals.map((rival) => native(rival.peer, rival.method, rival.label, error)),
      ],
    });
    if (result === undefined) continue;
    for (const rival of rivals) claimRatio(result, rival, id);
  }
}

// One more right-hand side, and other values on the same pattern, with the factors that are there: without refinement, as
// the peers do it, and with it.
async function keptFactors() {
  const cases = [
    {
      id: 'circuit',
      title: 'circuit, 100,000 nodes',
      make: () => circuit(bench.size(100_000, 500), 1),
    },
    {
      id: 'convection',
      title: '2-D convection, 200 x 200',
      make: () => convection(bench.size(200, 20)),
    },
    {
      id: 'west0479',
      title: 'west0479',
      file: 'matrices/west0479.mtx',
      make: () => readMatrix('matrices/west0479.mtx'),
    },
  ];
  for (const { id, title, make, file } of cases) {
    if (!bench.wants(`direct-${id}`)) continue;
    if (file !== undefined && !hasData(file)) continue; // as direct-west0479 says
    const a = make();
    const b = randomVector(a.rows, 7);
    using matrix = SparseMatrix.fromCoo({
      rows: a.rows,
      cols: a.rows,
      rowIndices: rowIndices(a),
      columnIndices: a.columns,
      values: a.values,
    });
    using factor = factorize(matrix);
    const path = systemFile(a, b);
    for (const peer of ['klu', 'umfpack']) {
      await peers.get(peer)?.load(path);
      await peers.get(peer)?.run('factor');
    }
    const error = (x: ArrayLike<number>) => relativeResidual(a, x, b);
    const kept = (name: string, again: boolean, refinements: number): Contestant => ({
      name,
      run() {
        if (again) factor.refactorize(a.values);
        return factor.solve(b, { refinements });
      },
      accuracy: (r: ReturnType<typeof factor.solve>) => error(r.solution),
    });
    // Other values come to circuits and to steps in time.
    for (const again of file === undefined ? [false, true] : [false]) {
      const work = again ? 'again' : 'solve';
      const rivals = [rival('klu', work, 'KLU', 0.6, 0.9)];
      if (!again) rivals.push(rival('umfpack', work, 'UMFPACK', 0.6, 0.9));
      const result = await bench.compare({
        id: `direct-${id}-${work}`,
        title: `${again ? 'Other values on the same pattern' : 'One more right-hand side'}: ${title}`,
        note: `n = ${a.rows}, ${a.columns.length} entries, b random (seed 7).`,
        accuracy: 'true relative residual',
        slices: 15,
        maxSeconds: 60,
        contestants: [
          kept('sublinear/direct', again, 0),
          kept('sublinear/direct, refined', again, 10),
          ...rivals.map((each) => native(each.peer, each.method, each.label, error)),
        ],
      });
      if (result === undefined) continue;
      for (const each of rivals) claimRatio(result, each, `direct-${id}-${work}`);
    }
  }
}

// Ten eigenvalues from the lower end, the factor of shift-invert included. Ours counts by a second factor that none is missing.
async function smallestEigenpairs() {
  const cases = [
    {
      id: 'eigen-grid-2d',
      title: '10 smallest eigenpairs: 2-D grid Laplacian, 300 x 300',
      matrix: () => gridLaplacian(bench.size(300, 20), bench.size(300, 20), 0),
    },
    {
      id: 'eigen-wing',
      title: '10 smallest eigenpairs: Laplacian of wing',
      file: 'wing.graph',
      matrix: () => laplacian(readEdges('wing.graph'), 0),
    },
  ];
  for (const { id, title, matrix, file } of bench.smoke ? cases.slice(0, 1) : cases) {
    if (!bench.wants(id)) continue;
    if (file !== undefined && !hasData(file)) {
      const rows = [[`${file} is not here; SUBLINEAR_DATA names the folder`]];
      bench.table({ id, title, columns: ['not run'], rows });
      continue;
    }
    const a = matrix();
    using ours = SparseMatrix.fromCoo({
      rows: a.rows,
      cols: a.rows,
      rowIndices: rowIndices(a),
      columnIndices: a.columns,
      values: a.values,
    });
    await peers.get('arpack')?.load(systemFile(a, new Float64Array(a.rows)));
    const { values } = eigenpairs(ours, { k: 10, seed: 99 });
    const error = (found: ArrayLike<number>) =>
      Math.max(...values.map((value, i) => Math.abs(value - found[i]!))) / values[9]!;
    const running = peers.get('arpack');
    const label = 'scipy eigsh, shift-invert';
    const result = await bench.compare({
      id,
      title,
      note: `n = ${a.rows}, ${a.columns.length} entries.`,
      accuracy: 'largest difference from another run of ours, over the tenth value',
      slices: 7,
      maxSeconds: 240,
      contestants: [
        {
          name: 'sublinear/eigen',
          run: () => eigenpairs(ours, { k: 10 }),
          accuracy: ({ values: found }: ReturnType<typeof eigenpairs>) => error(found),
          note: ({ method, iterations, certified }: ReturnType<typeof eigenpairs>) =>
            `${method}, ${iterations} solves, certified ${certified}`,
        },
        running === undefined
          ? { name: label, run: never, skip: missing.get('arpack')! }
          : {
              name: label,
              // Laplacians are singular: the shift lies a little below 0.
              run: () => running.run('smallest10', -1e-6),
              elapsed: (run: NativeRun) => run.ms,
              accuracy: async () => error(await running.result()),
            },
      ],
    });
    if (result !== undefined) claimRatio(result, rival('arpack', '', label, 0.5, 1), id);
  }
}

function rival(peer: string, method: string, label: string, floor: number, goal: number): Rival {
  return { peer, method, label, floor, goal };
}

function eigenDirect(floor: number, goal: number): Rival {
  return { peer: 'eigen', method: 'ldlt', label: 'Eigen SimplicialLDLT', floor, goal };
}

function cholmodDirect(floor: number, goal: number): Rival {
  return { peer: 'cholmod', method: 'auto', label: 'CHOLMOD', floor, goal };
}

/** 7-point differences in a cube with its boundary held. */
function cubeLaplacian(side: number): Csr {
  const n = side ** 3;
  const rowPointers = new Uint32Array(n + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < n; i++) {
    const at = [i % side, Math.floor(i / side) % side, Math.floor(i / side ** 2)] as const;
    const put = (j: number, value: number) => {
      columns.push(j);
      values.push(value);
    };
    for (const axis of [2, 1, 0] as const) if (at[axis] > 0) put(i - side ** axis, -1);
    put(i, 6);
    for (const axis of [0, 1, 2] as const) if (at[axis] < side - 1) put(i + side ** axis, -1);
    rowPointers[i + 1] = columns.length;
  }
  return {
    rows: n,
    rowPointers,
    columns: Uint32Array.from(columns),
    values: Float64Array.from(values),
  };
}

/** A Matrix Market file of the folder of data. */
function readMatrix(file: string): Csr {
  using matrix = SparseMatrix.fromMatrixMarket(readData(file));
  const { rows, rowPointers, columns, values } = matrix.toCsr();
  return { rows, rowPointers, columns, values: Float64Array.from(values ?? []) };
}

async function oneEntry() {
  const id = 'one-entry';
  if (!bench.wants(id)) return;
  const side = bench.size(1000, 60);
  const a = gridLaplacian(side, side, 0.4);
  const b = randomVector(a.rows, 3);
  let largest = 0;
  for (const value of b) largest = Math.max(largest, Math.abs(value));
  const absoluteError = (1e-2 * largest) / 0.4;
  const index = (side >> 1) * side + (side >> 1);
  using matrix = SparseMatrix.fromCoo({
    rows: a.rows,
    cols: a.rows,
    rowIndices: rowIndices(a),
    columnIndices: a.columns,
    values: a.values,
  });
  using side64 = engine.dense.Vector.from(b);
  const exact = solve(matrix, b, { tolerance: 1e-12 }).solution[index]!;
  let tolerance = 0.5;
  while (tolerance > 1e-10 && (solve(matrix, b, { tolerance }).errorBound ?? 1) > absoluteError)
    tolerance /= 2;
  const result = await bench.compare({
    id,
    title: `One entry, certified to 1e-2 max|b| / slack, grid + 0.4 I, n = ${a.rows}`,
    note: `The full solve is asked for a tolerance (${tolerance.toExponential(1)}) whose proved error is the same. b is a Vector.`,
    accuracy: 'true error',
    slices: 5,
    contestants: [
      {
        name: 'solveEntries',
        run: () => solveEntries(matrix, { b: side64, indices: [index], absoluteError }),
        accuracy: (r: ReturnType<typeof solveEntries>) => Math.abs(r.values[0]! - exact),
        note: (r: ReturnType<typeof solveEntries>) =>
          `${r.work.touchedRows} rows, certified ${r.errorBound.toExponential(1)}`,
      },
      {
        name: 'full solve',
        run: () => solve(matrix, b, { tolerance }),
        accuracy: (r: ReturnType<typeof solve>) => Math.abs(r.solution[index]! - exact),
        note: (r: ReturnType<typeof solve>) =>
          `${r.method}, certified ${r.errorBound?.toExponential(1)}`,
      },
    ],
  });
  const ratio = result!.rows[1]!.ratio!;
  bench.claim({
    id,
    text: result!.title,
    value: ratio,
    limit: bench.size(100, 0),
    goal: 500,
    unit: 'x',
    relation: '>=',
  });
}

/** Personalised PageRank to an L1 error of 1e-10. */
async function ranking() {
  const cases: {
    id: string;
    title: string;
    edges: () => Edges;
    file?: string;
    floor: number;
    goal: number;
  }[] = [
    {
      id: 'ppr-ba',
      title: 'Barabasi-Albert 10^5',
      edges: () => barabasiAlbert(bench.size(100_000, 1000), 10, 42),
      floor: 3,
      goal: 5,
    },
    {
      id: 'ppr-rmat',
      title: 'R-MAT 2^17, 10^6 edges, directed',
      edges: () => rmat(bench.size(17, 10), bench.size(1_000_000, 5000), 42),
      floor: 3,
      goal: 5,
    },
    {
      id: 'ppr-blogcatalog',
      title: 'BlogCatalog',
      file: 'blogcatalog.csv',
      edges: () => readEdges('blogcatalog.csv'),
      floor: 2,
      goal: 3,
    },
    {
      id: 'ppr-wiki-vote',
      title: 'wiki-Vote, directed',
      file: 'wiki-Vote.txt',
      edges: () => readEdges('wiki-Vote.txt', true),
      floor: 2,
      goal: 3,
    },
  ];
  for (const { id, title, edges, file, floor, goal } of bench.smoke ? cases.slice(0, 1) : cases) {
    if (!bench.wants(id)) continue;
    if (file !== undefined && !hasData(file)) {
      bench.table({
        id,
        title,
        columns: ['not run'],
        rows: [[`${file} is not here; SUBLINEAR_DATA names the folder`]],
      });
      continue;
    }
    const all = edges();
    const out = adjacency(all);
    // A source with edges to follow, in the middle of the numbering.
    let source = all.nodeCount >> 1;
    while (out.rowPointers[source] === out.rowPointers[source + 1])
      source = (source + 1) % all.nodeCount;
    const arrows = incoming(out);
    const exact = powerIteration(arrows, oneNode(all.nodeCount, source), 0.85, 1e-14, 3000);
    await peers.get('igraph')?.load(graphFile(out, source));
    const error = (scores: ArrayLike<number>) => l1Distance(scores, exact);
    using graph = Graph.fromEdges({ ...all, parallel: 'once' });
    const { personalizedPageRank } = engine.diffusion;
    const label = 'igraph PRPACK';
    const result = await bench.compare({
      id,
      title: `Personalised PageRank, ${title}`,
      note: `${all.nodeCount} nodes, ${out.columns.length} stored edges, damping 0.85, L1 error 1e-10, graphs built before.`,
      accuracy: 'L1 error',
      slices: 7,
      contestants: [
        {
          name: 'sublinear',
          run: () => personalizedPageRank(graph, { source, tolerance: 1e-10, dense: true }),
          accuracy: (r: { scores: ArrayLike<number> }) => error(r.scores),
          note: (r: { method: string; errorBound: number }) =>
            `${r.method}, certified ${r.errorBound.toExponential(1)}`,
        },
        native('igraph', 'prpack', label, error),
      ],
    });
    claimRatio(result!, { peer: 'igraph', method: '', label, floor, goal }, id);
  }
}

function summary() {
  for (const { id, ratio } of automatic) {
    bench.claim({
      id: `auto-${id}`,
      text: `automatic choice / our best fixed method, ${id}`,
      value: ratio,
      limit: bench.size(1.3, 1e9),
      goal: 1.15,
      unit: 'x',
      relation: '<=',
    });
  }
  if (wasmNative.length === 0) return;
  bench.claim({
    id: 'wasm-native',
    text: 'native C / WebAssembly, median over the solves above',
    value: median(wasmNative.map(({ ratio }) => ratio)),
    limit: bench.size(0.5, 0),
    goal: 0.7,
    unit: 'x',
    relation: '>=',
  });
  for (const { id, ratio } of wasmNative) {
    bench.claim({
      id: `wasm-native-${id}`,
      text: `native C / WebAssembly, ${id}`,
      value: ratio,
      limit: bench.size(0.5, 0),
      goal: 0.7,
      unit: 'x',
      relation: '>=',
    });
  }
}
