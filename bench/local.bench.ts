// Local answers: how much work one entry of a solution takes, against n, the tolerance and the slack, and where the full
// solve takes over.
//
//   npm run bench -- local [--smoke] [--only TEXT]
import { getEngine } from 'sublinear';
import type { SparseMatrix } from 'sublinear/sparse';
import {
  type Csr,
  gridLaplacian,
  random,
  randomVector,
  rowDominant,
} from './support/generators.js';
import { type Contestant, median, openBench } from './support/harness.js';
import { gaussSeidel } from './support/plain.js';

const bench = openBench('local', 'Local answers');
const engine = await getEngine();
const { Vector } = await engine.use('dense');
const {
  SparseMatrix: Matrix,
  estimateDot,
  solve,
  solveEntries,
  solveSparse,
} = await engine.use('solver');

const made = ({ rows, rowPointers, columns, values }: Csr): SparseMatrix =>
  Matrix.fromCsr({ rows, cols: rows, rowPointers, columns, values });

/** max |b_i|: with the slack, the scale that tolerances are given in. */
const largest = (b: Float64Array) => b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The loosest tolerance at which a full solve proves the bound: the fair opponent at equal accuracy. */
function fullTolerance(matrix: SparseMatrix, b: Float64Array, errorBound: number): number {
  for (let tolerance = 0.5; tolerance > 1e-14; tolerance *= 0.8) {
    if ((solve(matrix, b, { tolerance }).errorBound ?? Number.POSITIVE_INFINITY) <= errorBound)
      return tolerance;
  }
  throw new Error('the full solve does not prove this bound');
}

function timeOf(run: () => unknown, calls: number): number {
  const times: number[] = [];
  for (let k = 0; k < calls; k++) {
    const begin = performance.now();
    run();
    times.push(performance.now() - begin);
  }
  return median(times);
}

await againstN();
await againstTolerance();
await againstSlack();
await expander();
await otherAnswers();
bench.close();

// The same question on ever larger grids.
async function againstN() {
  const rows: (string | number)[][] = [];
  const touched: number[] = [];
  for (const side of bench.size([100, 316, 1000], [40, 60, 80])) {
    const id = `grid-${side * side}`;
    if (!bench.wants(id) && !bench.wants('work-n')) continue;
    const a = gridLaplacian(side, side, 0.4);
    const b = randomVector(a.rows, 1);
    using matrix = made(a);
    using vector = Vector.from(b);
    const exact = gaussSeidel(a, b, 1e-13);
    const absoluteError = (1e-2 * largest(b)) / 0.4;
    const middle = (side >> 1) * side + (side >> 1);
    const unit = new Float64Array(a.rows);
    unit[middle] = 1;
    const green = gaussSeidel(a, unit, 1e-13)[middle]!;
    const centre = solveEntries(matrix, { b: vector, indices: [middle], absoluteError });
    touched.push(centre.work.touchedRows);
    const next = random(2);
    const picks = Array.from({ length: 100 }, () => Math.floor(next() * a.rows));
    let turn = 0;
    const tolerance = fullTolerance(matrix, b, absoluteError);
    const error = (indices: ArrayLike<number>, values: ArrayLike<number>) =>
      Array.from(indices, (i, k) => Math.abs(values[k]! - exact[i]!)).reduce((x, y) =>
        Math.max(x, y),
      ) / absoluteError;
    const contestants: Contestant[] = [
      {
        name: 'one entry, dense b (Vector)',
        run: () => {
          const indices = [picks[turn++ % picks.length] ?? 0];
          return { indices, ...solveEntries(matrix, { b: vector, indices, absoluteError }) };
        },
        accuracy: ({ indices, values }) => error(indices, values),
        note: ({ errorBound }) => `certified ${(errorBound / absoluteError).toFixed(3)}`,
      },
      {
        name: 'one of 100 entries in a call',
        run: () =>
          solveEntries(matrix, { b: vector, indices: picks, absoluteError, pushWork: 1e7 }),
        accuracy: ({ values }) => error(picks, values),
        note: '100 entries; divide by 100',
      },
      {
        name: 'one entry, b of one number',
        run: () =>
          solveEntries(matrix, {
            b: { indices: [middle], values: [1] },
            indices: [middle],
            absoluteError: 1e-2 / 0.4,
          }),
        accuracy: ({ values }) => Math.abs(values[0] - green) / (1e-2 / 0.4),
        note: 'nothing of the order of n',
      },
      {
        name: 'full solve, equal bound',
        run: () => solve(matrix, vector, { tolerance }),
        accuracy: ({ solution }) =>
          error(
            picks,
            picks.map((i) => solution[i]!),
          ),
        note: ({ iterations, method }) => `${method}, ${iterations} iterations`,
      },
    ];
    const result = await bench.compare({
      id,
      title: `One entry of the grid + 0.4 I, n = ${a.rows}`,
      note: 'b random in [-1, 1]; certified to 1e-2 max|b| / slack; entries at random places. The full solve proves the same bound for all of x.',
      accuracy: 'error / asked',
      contestants,
    });
    const [one, many, , full] = result?.rows ?? [];
    rows.push([
      a.rows,
      centre.work.touchedRows,
      centre.work.edgeOperations,
      Math.abs(centre.values[0]! - exact[middle]!) / absoluteError,
      centre.errorBound / absoluteError,
      one?.medianMs ?? Number.NaN,
      (many?.medianMs ?? Number.NaN) / 100,
      full?.medianMs ?? Number.NaN,
    ]);
    if (one?.medianMs !== undefined)
      bench.claim({
        id,
        text: `one entry, n = ${a.rows}`,
        value: one.medianMs,
        limit: 2,
        relation: '<=',
        unit: 'ms',
      });
    if (side === 1000 && full?.ratio !== undefined)
      bench.claim({
        id,
        text: 'full solve at equal bound / one entry',
        value: full.ratio,
        limit: 100,
        relation: '>=',
        goal: 500,
      });
  }
  if (rows.length === 0) return;
  bench.table({
    id: 'work-n',
    title: 'Work for one entry against n',
    note: 'Grid + 0.4 I, b random in [-1, 1], the entry in the middle, certified to 1e-2 max|b| / slack; errors in units of that.',
    columns: [
      'n',
      'rows touched',
      'edge operations',
      'true error',
      'certified',
      'ms, one',
      'ms, of 100',
      'ms, full solve',
    ],
    rows,
  });
  const spread = Math.max(...touched) - Math.min(...touched);
  bench.claim({
    id: 'touched',
    text: 'rows touched: largest less smallest over n',
    value: bench.size(spread, 0),
    limit: 0,
    relation: '<=',
  });
  bench.claim({
    id: 'touched',
    text: 'rows touched',
    value: Math.max(...touched),
    limit: 689,
    relation: '<=',
  });
}

// Ever finer tolerances: the rows grow with the square of the number of digits in the plane, until the full solve is cheaper.
async function againstTolerance() {
  const id = 'work-tolerance';
  if (!bench.wants(id)) return;
  const side = bench.size(500, 60);
  const a = gridLaplacian(side, side, 0.4);
  const b = randomVector(a.rows, 1);
  using matrix = made(a);
  using vector = Vector.from(b);
  const exact = gaussSeidel(a, b, 1e-14);
  const middle = (side >> 1) * side + (side >> 1);
  const rows = bench.size([1, 2, 3, 4, 6, 8, 10], [1, 3]).map((digits) => {
    const absoluteError = (10 ** -digits * largest(b)) / 0.4;
    const asked = { b: vector, indices: [middle], absoluteError };
    const query = { ...asked, pushWork: 1e9 };
    const r = solveEntries(matrix, query);
    const tolerance = fullTolerance(matrix, b, absoluteError);
    return [
      `1e-${digits}`,
      r.work.touchedRows,
      r.work.edgeOperations,
      Math.abs(r.values[0]! - exact[middle]!) / absoluteError,
      r.errorBound / absoluteError,
      timeOf(() => solveEntries(matrix, query), 7),
      timeOf(() => solve(matrix, vector, { tolerance }), 3),
      solveEntries(matrix, asked).method,
    ];
  });
  bench.table({
    id,
    title: 'Work for one entry against the tolerance',
    note: `Grid + 0.4 I, n = ${a.rows}; tolerance in units of max|b| / slack, errors in units of the tolerance. Last column: what the default work limit of 0.3 nnz does.`,
    columns: [
      'tolerance',
      'rows touched',
      'edge operations',
      'true error',
      'certified',
      'ms, push',
      'ms, full solve',
      'by default',
    ],
    rows,
  });
}

// Ever smaller slack: the reach grows as its inverse root, the rows in the plane as its inverse.
async function againstSlack() {
  const id = 'work-slack';
  if (!bench.wants(id)) return;
  const side = bench.size(500, 60);
  const rows = bench.size([4, 1, 0.4, 0.1, 0.04, 0.01, 0.004, 0.001], [1, 0.1]).map((slack) => {
    const a = gridLaplacian(side, side, slack);
    const b = randomVector(a.rows, 1);
    using matrix = made(a);
    using vector = Vector.from(b);
    const absoluteError = (1e-2 * largest(b)) / slack;
    const middle = (side >> 1) * side + (side >> 1);
    const asked = { b: vector, indices: [middle], absoluteError };
    const query = { ...asked, pushWork: 1e9 };
    const r = solveEntries(matrix, query);
    const tolerance = fullTolerance(matrix, b, absoluteError);
    const { solution } = solve(matrix, b, { tolerance: 1e-12 });
    return [
      slack,
      r.work.touchedRows,
      r.work.edgeOperations,
      Math.abs(r.values[0]! - solution[middle]!) / absoluteError,
      r.errorBound / absoluteError,
      timeOf(() => solveEntries(matrix, query), 7),
      timeOf(() => solve(matrix, vector, { tolerance }), 3),
      solveEntries(matrix, asked).method,
    ];
  });
  bench.table({
    id,
    title: 'Work for one entry against the slack',
    note: `Grid + slack I, n = ${side * side}; certified to 1e-2 max|b| / slack; errors in units of that. The true error is taken from a full solve to 1e-12.`,
    columns: [
      'slack',
      'rows touched',
      'edge operations',
      'true error',
      'certified',
      'ms, push',
      'ms, full solve',
      'by default',
    ],
    rows,
  });
}

// Where everything is near: the certificate is loose, because it cannot know that signs cancel.
async function expander() {
  const id = 'random-dominant';
  if (!bench.wants(id)) return;
  const a = rowDominant(bench.size(100_000, 1000), 10, 0.1, 1);
  const b = randomVector(a.rows, 2);
  using matrix = made(a);
  using vector = Vector.from(b);
  const exact = gaussSeidel(a, b, 1e-13);
  const slack = matrix.classify().minRowSlack;
  const scale = largest(b) / slack;
  const absoluteError = 1e-2 * scale;
  const index = a.rows >> 1;
  const error = (value: number) => Math.abs(value - exact[index]!) / scale;
  const tolerance = fullTolerance(matrix, b, absoluteError);
  await bench.compare({
    id,
    title: `One entry of a random row-dominant matrix, n = ${a.rows}, 10 a row, slack 10 %`,
    note: 'Certified to 1e-2 max|b| / min slack; errors in units of max|b| / min slack. Every row is a few steps from every other, so push alone does not get there: it stops at its work limit, and the full solve goes on.',
    accuracy: 'true error',
    contestants: [
      {
        name: 'solveEntries',
        run: () => solveEntries(matrix, { b: vector, indices: [index], absoluteError }),
        accuracy: (r) => error(r.values[0]),
        note: (r) =>
          `${r.method}, certified ${(r.errorBound / scale).toExponential(1)}, ${r.work.edgeOperations} edges`,
      },
      {
        name: 'estimateDot, confidence 0.99',
        run: () =>
          estimateDot(matrix, {
            t: { indices: [index], values: [1] },
            b: vector,
            absoluteError,
            confidence: 0.99,
          }),
        accuracy: (r) => error(r.value),
        note: (r) =>
          `${r.method}, ${r.interval ? `interval ${(r.interval.halfWidth / scale).toExponential(1)} from ${r.interval.walks} walks, ` : ''}proved ${(r.errorBound / scale).toExponential(1)}, ${r.work.edgeOperations} edges`,
      },
      {
        name: 'push only, 0.3 nnz',
        run: () =>
          solveEntries(matrix, {
            b: vector,
            indices: [index],
            absoluteError,
            pushWork: 1e9,
            maxWork: Math.round(0.3 * matrix.nnz),
          }),
        accuracy: (r) => error(r.values[0]),
        note: (r) =>
          `certified ${(r.errorBound / scale).toExponential(1)}, ${r.work.touchedRows} rows`,
      },
      {
        name: 'full solve, equal bound',
        run: () => solve(matrix, vector, { tolerance }),
        accuracy: (r) => error(r.solution[index]),
        note: (r) => `${r.method}, certified ${(r.errorBound / scale).toExponential(1)}`,
      },
    ],
  });
}

// The other two questions, on grids of growing size.
async function otherAnswers() {
  const id = 'work-others';
  if (!bench.wants(id)) return;
  const rows: (string | number)[][] = [];
  for (const side of bench.size([100, 316, 1000], [40, 60])) {
    const a = gridLaplacian(side, side, 0.4);
    using matrix = made(a);
    const middle = (side >> 1) * side + (side >> 1);
    const source = { indices: [middle], values: [1] };
    const absoluteError = 1e-4;
    const { solution } = solve(
      matrix,
      Float64Array.from({ length: a.rows }, (_, i) => (i === middle ? 1 : 0)),
      { tolerance: 1e-13 },
    );
    const sparse = solveSparse(matrix, { b: source, absoluteError });
    const errors = new Float64Array(solution);
    for (const [k, i] of sparse.indices.entries()) errors[i] = errors[i]! - sparse.values[k]!;
    rows.push([
      'solveSparse',
      a.rows,
      sparse.work.touchedColumns,
      sparse.work.edgeOperations,
      largest(errors) / absoluteError,
      sparse.errorBound / absoluteError,
      timeOf(() => solveSparse(matrix, { b: source, absoluteError }), 31),
    ]);
    const t = { indices: [middle + 2], values: [1] };
    for (const digits of [4, 8]) {
      const asked = { t, b: source, absoluteError: 10 ** -digits };
      const pair = estimateDot(matrix, asked);
      rows.push([
        `estimateDot, one pair, 1e-${digits}`,
        a.rows,
        pair.work.touchedRows,
        pair.work.edgeOperations,
        Math.abs(pair.value - solution[middle + 2]!) / asked.absoluteError,
        pair.errorBound / asked.absoluteError,
        timeOf(() => estimateDot(matrix, asked), 31),
      ]);
    }
  }
  bench.table({
    id,
    title: 'Sparse solutions and single pairs',
    note: 'Grid + 0.4 I, b = 1 in the middle; solveSparse to 1e-4 in the largest entry. Errors in units of the tolerance; the true ones are taken from a full solve to 1e-13.',
    columns: ['question', 'n', 'rows touched', 'edge operations', 'true error', 'certified', 'ms'],
    rows,
  });
}
