// The automatic choice against each method that it may choose, factorisations included: one interleaved run a system. What it
// loses is its time over that of the best of them.
//
//   npm run bench -- choice [--smoke] [--only TEXT]
//
// Matrices and graphs of SUBLINEAR_DATA are left out where they are not there.
import { readdirSync } from 'node:fs';
import { createEngine } from 'sublinear';
import type { SolveMethod } from 'sublinear/solver';
import type { SparseMatrix } from 'sublinear/sparse';
import { dataFolder, hasData, laplacian, readData, readEdges } from './support/files.js';
import {
  barabasiAlbert,
  type Csr,
  circuit,
  convection,
  gridEdges,
  gridLaplacian,
  randomVector,
  rowDominant,
} from './support/generators.js';
import { type Contestant, openBench } from './support/harness.js';
import { relativeResidual } from './support/plain.js';

const bench = openBench('choice', 'The automatic choice');
const engine = await createEngine({ modules: ['sparse', 'solver', 'direct'] });
const { SparseMatrix: Matrix } = engine.sparse;
const { solve } = engine.solver;
const { factorize } = engine.direct;

const TOLERANCE = 1e-8;
/** A method that takes so many times as long as the choice is not measured. */
const GIVE_UP = 4;
const methods: SolveMethod[] = [
  'cg',
  'symmetricGaussSeidel',
  'incompleteCholesky',
  'approximateCholesky',
  'amg',
  'gaussSeidel',
  'gmres',
  'bicgstab',
  'bicgstabIlu',
  'lu',
  'cholesky',
];

interface System {
  id: string;
  title: string;
  make(): SparseMatrix;
}

const fromCsr = (a: Csr) =>
  Matrix.fromCsr({
    rows: a.rows,
    cols: a.rows,
    rowPointers: a.rowPointers,
    columns: a.columns,
    values: a.values,
  });

const systems: System[] = [
  ...[1 / 3, 1].map((part) => {
    const side = Math.round(bench.size(300, 20) * part);
    return {
      id: `grid-${side}`,
      title: `Grid ${side} x ${side}, shift 0.001`,
      make: () => fromCsr(gridLaplacian(side, side, 0.001)),
    };
  }),
  {
    id: 'ba',
    title: 'Barabasi-Albert graph, shift 0.01',
    make: () => fromCsr(laplacian(barabasiAlbert(bench.size(20_000, 400), 5, 42), 0.01)),
  },
  {
    id: 'grid-graph',
    title: 'Grid 100 x 100 of a graph, shift 0.01',
    make: () => fromCsr(laplacian(gridEdges(bench.size(100, 12)), 0.01)),
  },
  {
    id: 'dominant',
    title: 'Row dominant by 10 %, unsymmetric',
    make: () => fromCsr(rowDominant(bench.size(20_000, 300), 5, 0.1, 42)),
  },
  {
    id: 'circuit',
    title: 'Circuit',
    make: () => fromCsr(circuit(bench.size(10_000, 300), 42)),
  },
  {
    id: 'convection',
    title: 'Convection and diffusion on a grid',
    make: () => fromCsr(convection(bench.size(100, 15))),
  },
  ...matricesOf('matrices').map((file) => ({
    id: file.replace(/\.mtx$/, ''),
    title: `${file}, uniform right-hand side`,
    make: () => Matrix.fromMatrixMarket(readData(`matrices/${file}`)),
  })),
  ...['wing.graph', 'delaunay_n15.graph', 'astro-ph.graph', 'as20graph.txt', 'wiki-Vote.txt']
    .filter((file) => !bench.smoke && hasData(file))
    .map((file) => ({
      id: file.replace(/\.\w+$/, ''),
      title: `${file}: Laplacian, shift 0.01`,
      make: () => fromCsr(laplacian(readEdges(file), 0.01)),
    })),
];

const lost: { id: string; ratio: number }[] = [];
const rows: (string | number)[][] = [];
for (const system of systems) {
  if (!bench.wants(system.id)) continue;
  using matrix = system.make();
  await measure(system, matrix);
}
bench.table({
  id: 'choice-summary',
  title: 'What the choice loses',
  note: 'Time of the automatic choice over that of the best method, from the interleaved runs above.',
  columns: ['system', 'rows', 'answered by', 'best', 'choice / best', 'backward error at 1e-14'],
  rows,
});
const worst = lost.reduce((most, each) => (each.ratio > most.ratio ? each : most), {
  id: '',
  ratio: 0,
});
if (lost.length > 0)
  bench.claim({
    id: 'choice',
    text: `automatic choice over the best own method, at worst (${worst.id})`,
    value: worst.ratio,
    limit: 1.3,
    goal: 1.15,
    relation: '<=',
  });
bench.close();

async function measure({ id, title }: System, matrix: SparseMatrix): Promise<void> {
  const b = randomVector(matrix.rows, 1);
  const csr = matrix.toCsr();
  const values = csr.values ?? new Float64Array(matrix.nnz).fill(1);
  const a: Csr = { ...csr, values: Float64Array.from(values) };
  const accuracy = ({ solution }: { solution: Float64Array }) => relativeResidual(a, solution, b);
  const time = (run: () => unknown) => {
    const start = performance.now();
    run();
    return performance.now() - start;
  };
  const choose = () => solve(matrix, b, { tolerance: TOLERANCE });
  choose();
  const own = Math.min(time(choose), time(choose));
  const contestants: Contestant[] = [
    { name: 'auto', run: choose, accuracy, note: ({ method }) => method },
  ];
  for (const method of methods) {
    const run = () => solve(matrix, b, { tolerance: TOLERANCE, method });
    try {
      const maxTimeMs = 50 + 2 * GIVE_UP * own;
      if (solve(matrix, b, { tolerance: TOLERANCE, method, maxTimeMs }).outcome !== 'converged')
        continue;
      if (Math.min(time(run), time(run)) <= GIVE_UP * own)
        contestants.push({ name: method, run, accuracy });
    } catch {
      // It does not apply to such a matrix.
    }
  }
  const direct = () => {
    const factor = factorize(matrix);
    const answer = factor.solve(b, { refinements: 0, tolerance: 1e-10 });
    factor.dispose();
    return answer;
  };
  const { flops } = engine.direct.estimateFactor(matrix);
  if (flops < 1e9 || flops < 2e6 * GIVE_UP * own) {
    direct();
    if (Math.min(time(direct), time(direct)) <= GIVE_UP * own)
      contestants.push({ name: 'factorize and solve', run: direct, accuracy });
  }
  const result = await bench.compare({
    id,
    title,
    note: `n = ${matrix.rows}, ${matrix.nnz} entries, tolerance 1e-8; methods that converge within ${GIVE_UP} times the time.`,
    accuracy: 'true relative residual',
    contestants,
    // Of systems that take half a millisecond, shorter slices end before the engine has compiled the choice as well as its methods.
    sliceMs: 30,
    maxSeconds: 20,
  });
  if (result === undefined) return;
  const best = result.rows.reduce((least, row) =>
    (row.ratio ?? 9) < (least.ratio ?? 9) ? row : least,
  );
  const ratio = 1 / (best.ratio ?? 1);
  lost.push({ id, ratio });
  // The other promise: everything that is not singular is solved to the rounding unit.
  const fine = solve(matrix, b, { tolerance: 1e-14 });
  rows.push([id, matrix.rows, choose().method, best.name, ratio, fine.backwardError]);
}

function matricesOf(folder: string): string[] {
  return hasData(folder)
    ? readdirSync(dataFolder(folder)).filter((file) => file.endsWith('.mtx'))
    : [];
}
