// A chooser that learns from our own solver's runs: a table of systems and methods, as those of ASlib, and how much of the gap
// between the best method for all and the best of each system it closes when it was taught the other systems. Once in edge
// operations, which are the same everywhere, and once in time.
//
//   npm run bench -- chooser [--smoke]
//
// Matrices of SUBLINEAR_DATA are left out where they are not there.
import { readdirSync } from 'node:fs';
import { createEngine } from 'sublinear';
import type { ChooserPolicy, RunTable } from 'sublinear/chooser';
import type { SolveMethod, SolverFeatures } from 'sublinear/solver';
import type { SparseMatrix } from 'sublinear/sparse';
import { dataFolder, hasData, laplacian, readData } from './support/files.js';
import {
  barabasiAlbert,
  type Csr,
  circuit,
  convection,
  gridEdges,
  gridLaplacian,
  randomRegular,
  randomVector,
  rowDominant,
} from './support/generators.js';
import { openBench } from './support/harness.js';

const bench = openBench('chooser', 'Choosing methods by what runs have cost');
const engine = await createEngine({ modules: ['sparse', 'solver', 'direct', 'chooser'] });
const { SparseMatrix: Matrix } = engine.sparse;
const { solve, solverFeatures } = engine.solver;
const { Chooser } = engine.chooser;

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
];
/** Measured as well: what is chosen without learning. */
const AUTO = 'auto';
/** Where a run is given up. */
const LIMITS = { work: 2e8, time: 2000 };

const size = (n: number) => Math.max(8, Math.round(bench.size(n, n / 10)));
const systems: [string, () => Csr][] = [
  ...[20, 30, 50, 70, 100, 160].map((side): [string, () => Csr] => [
    `grid ${side}`,
    () => gridLaplacian(size(side), size(side), 0.001),
  ]),
  ...[800, 1500, 3000, 5000, 10_000].map((n): [string, () => Csr] => [
    `Barabasi-Albert ${n}`,
    () => laplacian(barabasiAlbert(size(n), 5, n), 0.01),
  ]),
  ...[30, 50, 70, 120].map((side): [string, () => Csr] => [
    `grid graph ${side}`,
    () => laplacian(gridEdges(size(side)), 0.01),
  ]),
  ...[1000, 2000, 4000].map((n): [string, () => Csr] => [
    `regular graph ${n}`,
    () => laplacian(randomRegular(2 * Math.round(size(n) / 2), n), 0.001),
  ]),
  ...[
    [1000, 0.5],
    [4000, 0.1],
    [8000, 0.02],
    [16_000, 0.1],
    [2000, 0.002],
    [3000, 0.05],
  ].map(([n, slack]): [string, () => Csr] => [
    `dominant ${n}, slack ${slack}`,
    () => rowDominant(size(n as number), 5, slack as number, n as number),
  ]),
  ...[300, 500, 2000].map((n): [string, () => Csr] => [`circuit ${n}`, () => circuit(size(n), n)]),
  ...[20, 30, 40, 55, 70, 100].map((side): [string, () => Csr] => [
    `convection ${side}`,
    () => convection(size(side)),
  ]),
];

const fromCsr = ({ rows, rowPointers, columns, values }: Csr) =>
  Matrix.fromCsr({ rows, cols: rows, rowPointers, columns, values });
const files = hasData('matrices')
  ? readdirSync(dataFolder('matrices')).filter((file) => file.endsWith('.mtx'))
  : [];
const all: [string, () => SparseMatrix][] = [
  ...systems.map(([name, make]): [string, () => SparseMatrix] => [name, () => fromCsr(make())]),
  ...files.map((file): [string, () => SparseMatrix] => [
    file,
    () => Matrix.fromMatrixMarket(readData(`matrices/${file}`)),
  ]),
];

interface Row {
  name: string;
  features: SolverFeatures;
  work: number[];
  time: number[];
  solved: boolean[];
}

const table: Row[] = [];
for (const [name, make] of all) {
  using matrix = make();
  const b = randomVector(matrix.rows, 1);
  const row: Row = { name, features: solverFeatures(matrix), work: [], time: [], solved: [] };
  for (const method of [...methods, AUTO] as SolveMethod[]) {
    const start = performance.now();
    try {
      const { outcome, work } = solve(matrix, b, { method, maxWork: LIMITS.work });
      row.work.push(work.edgeOperations);
      row.solved.push(outcome === 'converged');
    } catch {
      // It does not suit the matrix: a failure that costs nothing.
      row.work.push(0);
      row.solved.push(false);
    }
    row.time.push(performance.now() - start);
  }
  // A chooser learns of what can be solved.
  if (row.solved.slice(0, methods.length).some(Boolean)) table.push(row);
}

const features = Object.keys((table[0] as Row).features);
const at = methods.length;
compare(
  'generated',
  'systems of generators',
  table.filter(({ name }) => !name.endsWith('.mtx')),
);
compare('all', 'systems, with files each of which is the only one of its kind', table);
bench.close();

function compare(id: string, what: string, from: Row[]): void {
  const out: (string | number)[][] = [];
  for (const cost of ['work', 'time'] as const) {
    const [timeout, worst] = [LIMITS[cost], 10 * LIMITS[cost]];
    const auto = from.reduce(
      (sum, row) => sum + (row.solved[at] ? (row[cost][at] as number) : worst),
      0,
    );
    for (const policy of ['forest', 'nearest', 'thompson'] as ChooserPolicy[]) {
      for (const count of [at, at + 1]) {
        const options = { features, timeout, policy, cost, neighbours: 3, minRuns: 3 };
        using chooser = Chooser.create({ methods: [...methods, AUTO].slice(0, count), ...options });
        const runs: RunTable = {
          features: from.map((row) => row.features),
          costs: from.map((row) => row[cost].slice(0, count)),
          solved: from.map((row) => row.solved.slice(0, count)),
        };
        const found = chooser.evaluate(runs, { folds: from.length });
        out.push([
          cost,
          policy,
          count === at ? 'without auto' : 'with auto',
          count === at ? `${(100 * found.gapClosed).toFixed(0)} %` : '',
          count === at ? found.interval.map((x) => `${(100 * x).toFixed(0)} %`).join(' to ') : '',
          found.singleBestMethod,
          ((found.chooser * found.tasks) / auto).toFixed(3),
          ((found.virtualBest * found.tasks) / auto).toFixed(3),
          `${found.solved} of ${found.tasks}`,
        ]);
      }
    }
  }
  bench.table({
    id: `chooser-${id}`,
    title: `The gap closed on ${from.length} ${what}, ${at} methods`,
    note: 'Each system is chosen for by a chooser that was taught the others; runs that fail count ten times the limit. With auto among the methods there is hardly a gap: what counts is the cost over that of auto.',
    columns: [
      'cost',
      'policy',
      'methods',
      'gap closed',
      '95 %',
      'single best',
      'over auto',
      'best over auto',
      'solved',
    ],
    rows: out,
  });
}
