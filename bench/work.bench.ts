// Work, counted: edge operations (matrix entries multiplied) and rows read of one certified entry of a solution against n,
// tolerance and slack, beside a full solve that proves the same bound; and how the methods of full solves converge.
//
// All numbers here are counts of seeded computations: the same on every machine, whatever else runs on it.
//
//   npm run bench -- work [--smoke] [--only TEXT]
import { getEngine } from 'sublinear';
import type { SolveMethod } from 'sublinear/solver';
import type { SparseMatrix } from 'sublinear/sparse';
import {
  barabasiAlbert,
  type Edges,
  gridEdges,
  randomNodes,
  randomRegular,
  randomVector,
  slackLaplacian,
} from './support/generators.js';
import { median, openBench } from './support/harness.js';

const bench = openBench('work', 'Work, counted');
const engine = await getEngine();
const { Vector } = await engine.use('dense');
const { SparseMatrix: Matrix, estimateDot, solve, solveEntries } = await engine.use('solver');

const ENTRIES = bench.size(5, 2);
const CONFIDENCE = 0.99;
/** Beyond this many times the work of the full solve, nobody wants the local answer. */
const GIVE_UP = 10;

const GRID = 'grid';
const EXPANDER = 'random 4-regular graph';
const NETWORK = 'Barabasi-Albert graph';
const graphs: Record<string, (n: number) => Edges> = {
  [GRID]: (n) => gridEdges(Math.round(Math.sqrt(n))),
  [EXPANDER]: (n) => randomRegular(n, 42),
  [NETWORK]: (n) => barabasiAlbert(n, 5, 42),
};

const PUSH = 'one entry, push, proved';
const WALKS = `one entry, push + walks, ${100 * CONFIDENCE} %`;
const FULL = 'full solve, same proved bound';
const READ = 'entries of the matrix';

/** What was counted for one matrix and one tolerance. Undefined: not reached within GIVE_UP times the full solve. */
interface Counted {
  graph: string;
  x: number;
  nnz: number;
  full: number;
  method: string;
  push?: number | undefined;
  walks?: number | undefined;
  rows?: number | undefined;
  /** Largest true error of the answers by push, in units of the tolerance. */
  error: number;
  /** Answers whose true error exceeds their proved bound. */
  violations: number;
}

const violations: number[] = [];
againstN();
againstTolerance();
againstSlack();
convergence();
bounds();
if (violations.length > 0)
  bench.claim({
    id: 'bounds',
    text: `answers of ${violations.length} sweeps that are further off than their proved bound`,
    value: violations.reduce((sum, count) => sum + count),
    limit: 0,
    relation: '<=',
  });
bench.close();

/** Counts for one matrix A = L + slack D, a dense right-hand side of both signs and a tolerance. */
function count(
  graph: string,
  x: number,
  { edges, slack, tolerance }: { edges: Edges; slack: number; tolerance: number },
): Counted {
  const a = slackLaplacian(edges, slack);
  const b = randomVector(a.rows, 1);
  using matrix = Matrix.fromCsr({
    rows: a.rows,
    cols: a.rows,
    rowPointers: a.rowPointers,
    columns: a.columns,
    values: a.values,
  });
  using vector = Vector.from(b);
  // The largest that an entry of x can be (Varah 1975): the scale of the tolerance.
  let scale = 0;
  for (let i = 0; i < a.rows; i++) {
    const degree = a.rowPointers[i + 1]! - a.rowPointers[i]! - 1;
    scale = Math.max(scale, Math.abs(b[i]!) / (slack * degree));
  }
  const absoluteError = tolerance * scale;
  const full = loosest(matrix, b, absoluteError);
  const exact = solve(matrix, b, { tolerance: 1e-13 }).solution;
  const maxWork = GIVE_UP * full.work.edgeOperations;

  const push: number[] = [];
  const walks: number[] = [];
  const rows: number[] = [];
  let error = 0;
  let violated = 0;
  for (const index of randomNodes(a.rows, ENTRIES, 7)) {
    const local = solveEntries(matrix, {
      b: vector,
      indices: [index],
      absoluteError,
      pushWork: 1e12,
      maxWork,
    });
    const off = Math.abs(local.values[0]! - exact[index]!);
    if (off > local.errorBound) violated++;
    if (local.outcome === 'converged' && local.method === 'push') {
      push.push(local.work.edgeOperations);
      rows.push(local.work.touchedRows);
      error = Math.max(error, off / absoluteError);
    }
    const dot = estimateDot(matrix, {
      t: { indices: [index], values: [1] },
      b: vector,
      absoluteError,
      confidence: CONFIDENCE,
      maxWork,
    });
    if (dot.outcome === 'converged' && dot.method !== 'push+full')
      walks.push(dot.work.edgeOperations);
  }
  violations.push(violated);
  const all = (values: number[]) => (values.length === ENTRIES ? median(values) : undefined);
  return {
    graph,
    x,
    nnz: a.columns.length,
    full: full.work.edgeOperations,
    method: full.method,
    push: all(push),
    walks: all(walks),
    rows: all(rows),
    error,
    violations: violated,
  };
}

/** The full solve with the loosest tolerance (within 20 %) that proves the bound: the fair opponent. */
function loosest(matrix: SparseMatrix, b: Float64Array, errorBound: number) {
  const at = (tolerance: number) => solve(matrix, b, { tolerance });
  const proves = (r: ReturnType<typeof at>) =>
    (r.errorBound ?? Number.POSITIVE_INFINITY) <= errorBound;
  let high = 0.5;
  let best = at(high);
  if (proves(best)) return best;
  let low = high;
  while (!proves(best)) {
    if (low < 1e-14) throw new Error('the full solve does not prove this bound');
    high = low;
    low /= 4;
    best = at(low);
  }
  while (high / low > 1.2) {
    const middle = Math.sqrt(low * high);
    const r = at(middle);
    if (proves(r)) {
      low = middle;
      best = r;
    } else high = middle;
  }
  return best;
}

function againstN(): void {
  if (!bench.wants('n')) return;
  const sizes = bench.size([1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000], [400, 900]);
  const counted = Object.entries(graphs).flatMap(([graph, make]) =>
    sizes.map((size) => {
      const edges = make(size);
      return count(graph, edges.nodeCount, { edges, slack: 0.1, tolerance: 1e-2 });
    }),
  );
  record('n', counted, {
    title: 'Work for one entry of x against n',
    note: 'A = L + 0.1 D: slack of 10 % of the degree; b random in [-1, 1]; certified to 1e-2 of the largest that x can be. Median over five entries.',
    label: 'n',
  });
  const grid = counted.filter(({ graph }) => graph === GRID).slice(-2);
  const [before, last] = grid;
  bench.claim({
    id: 'n-grid',
    text: 'grid: entries multiplied for one entry of x, largest n / the one before',
    value: (last?.push ?? Number.NaN) / (before?.push ?? Number.NaN),
    limit: bench.size(1.1, 100),
    relation: '<=',
  });
  bench.claim({
    id: 'n-ratio',
    text: `grid, n = ${last?.x}: work of the full solve / of one entry`,
    value: (last?.full ?? Number.NaN) / (last?.push ?? Number.NaN),
    limit: bench.size(100, 0),
    unit: 'x',
    relation: '>=',
  });
}

function againstTolerance(): void {
  if (!bench.wants('tolerance')) return;
  const digits = bench.size([1, 2, 3, 4, 5, 6, 7, 8], [1, 2]);
  const counted = Object.entries(graphs).flatMap(([graph, make]) => {
    const edges = make(bench.size(100_000, 400));
    return digits.map((k) => {
      const tolerance = Number(`1e-${k}`);
      return count(graph, tolerance, { edges, slack: 0.1, tolerance });
    });
  });
  record('tolerance', counted, {
    title: `Work for one entry of x against the tolerance, n = ${bench.size('100,000', '400')}`,
    note: 'As before, slack 10 %; the tolerance is in units of the largest that x can be.',
    label: 'tolerance',
    reverse: true,
  });
}

function againstSlack(): void {
  if (!bench.wants('slack')) return;
  const slacks = bench.size([1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001], [1, 0.1]);
  const counted = Object.entries(graphs).flatMap(([graph, make]) => {
    const edges = make(bench.size(100_000, 400));
    return slacks.map((slack) => count(graph, slack, { edges, slack, tolerance: 1e-2 }));
  });
  record('slack', counted, {
    title: `Work for one entry of x against the slack, n = ${bench.size('100,000', '400')}`,
    note: 'A = L + slack D, certified to 1e-2 of the largest that x can be (which grows as the slack shrinks).',
    label: 'slack, as a share of the degree',
    reverse: true,
  });
}

/** The picture, the crossovers and the table of a sweep. */
function record(
  id: string,
  counted: readonly Counted[],
  { title, note, label, reverse }: { title: string; note: string; label: string; reverse?: true },
): void {
  const panels = Object.keys(graphs);
  const of = (panel: string, pick: (c: Counted) => number | undefined) =>
    counted
      .filter(({ graph }) => graph === panel)
      .flatMap((c) => {
        const work = pick(c);
        return work === undefined ? [] : [{ [label]: c.x, work }];
      });
  const series = panels.flatMap((panel) => [
    { name: PUSH, panel, points: of(panel, ({ push }) => push) },
    { name: WALKS, panel, points: of(panel, ({ walks }) => walks) },
    { name: FULL, panel, points: of(panel, ({ full }) => full) },
    { name: READ, panel, points: of(panel, ({ nnz }) => nnz), reference: true },
  ]);
  const marks = panels.flatMap((panel) => {
    const [push, walks, full] = series.filter((one) => one.panel === panel);
    return [
      ...crossings(push!.points, full!.points, label).map((point) => ({
        panel,
        point,
        text: 'push costs as much as the full solve',
      })),
      ...crossings(walks!.points, full!.points, label).map((point) => ({
        panel,
        point,
        text: 'push + walks cost as much as the full solve',
      })),
    ];
  });
  bench.curve({
    id,
    title,
    note: `${note} A line ends where the local answer would take more than ${GIVE_UP} times the full solve.`,
    x: { key: label, label, scale: 'log', ...(reverse && { reverse }) },
    y: { key: 'work', label: 'edge operations', scale: 'log' },
    series: series.filter(({ points }) => points.length > 0),
    marks,
  });
  bench.table({
    id: `${id}-counts`,
    title: `${title}: the counts`,
    columns: [
      'graph',
      label,
      'entries of A',
      'rows read, push',
      'push',
      'push + walks',
      'full solve',
      'full / push',
      'largest true error / asked',
      'full by',
    ],
    rows: counted.map((c) => [
      c.graph,
      c.x,
      c.nnz,
      c.rows ?? 'not reached',
      c.push ?? 'not reached',
      c.walks ?? 'not reached',
      c.full,
      c.push === undefined ? '' : c.full / c.push,
      c.push === undefined ? '' : c.error,
      c.method,
    ]),
  });
}

/** Where one curve crosses another for good, between two points with the same abscissae, on logarithmic axes. */
function crossings(
  one: readonly Record<string, number>[],
  other: readonly Record<string, number>[],
  key: string,
): Record<string, number>[] {
  const found: Record<string, number>[] = [];
  const pairs = one.flatMap((point) => {
    const against = other.find((each) => each[key] === point[key]);
    return against === undefined
      ? []
      : [
          {
            x: Math.log(point[key]!),
            y: Math.log(against.work!),
            gap: Math.log(point.work! / against.work!),
          },
        ];
  });
  for (const [k, b] of pairs.entries()) {
    const a = pairs[k - 1];
    if (a === undefined || a.gap < 0 === b.gap < 0) continue;
    const t = a.gap / (a.gap - b.gap);
    found.push({
      [key]: Math.exp(a.x + t * (b.x - a.x)),
      work: Math.exp(a.y + t * (b.y - a.y)),
    });
  }
  return found.slice(-1);
}

/** Residuals of the full solves, iteration by iteration, from the history that a solve keeps. */
function convergence(): void {
  const id = 'convergence';
  if (!bench.wants(id)) return;
  const methods: SolveMethod[] = [
    'cg',
    'symmetricGaussSeidel',
    'incompleteCholesky',
    'amg',
    'approximateCholesky',
  ];
  const n = bench.size(100_000, 400);
  const systems = [
    { panel: 'grid + 0.01 I', edges: gridEdges(Math.round(Math.sqrt(n))), shift: 0.01 },
    { panel: 'Barabasi-Albert graph + 0.001 I', edges: barabasiAlbert(n, 10, 42), shift: 0.001 },
  ];
  const series = systems.flatMap(({ panel, edges, shift }) => {
    const a = slackLaplacian(edges, 0, shift);
    using matrix = Matrix.fromCsr({
      rows: a.rows,
      cols: a.rows,
      rowPointers: a.rowPointers,
      columns: a.columns,
      values: a.values,
    });
    const b = randomVector(a.rows, 1);
    const nnz = a.columns.length;
    return methods.map((method) => {
      const r = solve(matrix, b, { method, tolerance: 1e-10, history: true });
      const history = r.history!;
      const { setupWork, work } = r.decision.attempts[0]!;
      const every = Math.max(1, Math.ceil(history.length / 60));
      const points = [{ reads: setupWork / nnz, residual: 1 }];
      for (const [k, residual] of history.entries())
        if ((k + 1) % every === 0 || k === history.length - 1)
          points.push({ reads: (setupWork + (work * (k + 1)) / history.length) / nnz, residual });
      return { name: method, panel, points };
    });
  });
  bench.curve({
    id,
    title: `How the methods converge, n = ${n.toLocaleString('en-US')}`,
    note: 'Relative residual against work, in readings of the matrix (edge operations / entries); what a method builds first is the start of its line. On a grid multigrid wins, on a social network its preparation alone costs more than all of plain conjugate gradients: the automatic choice looks at the first iterations before it builds anything.',
    x: { key: 'reads', label: 'readings of the matrix', scale: 'log' },
    y: { key: 'residual', label: 'relative residual', scale: 'log' },
    series,
  });
}

/** What is proved beside what is true, while work goes on: a full solve, one entry by push, one entry by walks. */
function bounds(): void {
  const id = 'bounds';
  if (!bench.wants(id)) return;
  const n = bench.size(10_000, 400);
  const made = (edges: Edges) => {
    const a = slackLaplacian(edges, 0.1);
    const b = randomVector(a.rows, 1);
    const matrix = Matrix.fromCsr({
      rows: a.rows,
      cols: a.rows,
      rowPointers: a.rowPointers,
      columns: a.columns,
      values: a.values,
    });
    return { matrix, b, exact: solve(matrix, b, { tolerance: 1e-14 }).solution };
  };
  const index = Math.round(n / 2 + Math.sqrt(n) / 2);
  const steps = bench.size(28, 4);
  const panels: { panel: string; proved: string; points: Point[] }[] = [];
  {
    const { matrix, b, exact } = made(gridEdges(Math.round(Math.sqrt(n))));
    const full: Point[] = [];
    for (let maxIterations = 1; maxIterations <= steps; maxIterations++) {
      const r = solve(matrix, b, { method: 'cg', tolerance: 1e-12, maxIterations });
      const off = r.solution.reduce((most, x, i) => Math.max(most, Math.abs(x - exact[i]!)), 0);
      full.push({ work: r.work.edgeOperations, off, bound: r.errorBound! });
    }
    panels.push({ panel: 'all of x: cg, grid', proved: 'proved bound', points: full });
    const local: Point[] = [];
    for (let k = 0; k < steps; k++) {
      const r = solveEntries(matrix, {
        b,
        indices: [index],
        absoluteError: 1e-9,
        pushWork: 1e12,
        maxWork: Math.round(20 * 1.55 ** k),
      });
      if (r.method !== 'push') break;
      const off = Math.abs(r.values[0]! - exact[index]!);
      local.push({ work: r.work.edgeOperations, off, bound: r.errorBound });
    }
    panels.push({ panel: 'one entry: push, grid', proved: 'proved bound', points: local });
    matrix.dispose();
  }
  {
    const { matrix, b, exact } = made(randomRegular(bench.size(100_000, 400), 42));
    const walked: Point[] = [];
    for (let k = 1; k <= bench.size(12, 3); k++) {
      const r = estimateDot(matrix, {
        t: { indices: [index], values: [1] },
        b,
        absoluteError: 4 * 0.7 ** k,
        confidence: CONFIDENCE,
        pushWork: 30_000,
        maxWork: 1e8,
      });
      if (r.method !== 'push+walks') continue;
      const off = Math.abs(r.value - exact[index]!);
      walked.push({ work: r.work.edgeOperations, off, bound: r.interval!.halfWidth });
    }
    panels.push({
      panel: 'one entry: walks, random graph',
      proved: `interval, ${100 * CONFIDENCE} %`,
      points: walked,
    });
    matrix.dispose();
  }
  bench.curve({
    id,
    title: 'What is proved, and how far off the answer really is',
    note: 'A = L + 0.1 D, b random in [-1, 1]; the true error is taken from a full solve to 1e-14. Each point is an answer that a caller gets when work is limited there.',
    x: { key: 'work', label: 'edge operations', scale: 'log' },
    y: { key: 'error', label: 'error', scale: 'log' },
    series: panels.flatMap(({ panel, proved, points }) => [
      { name: proved, panel, points: points.map(({ work, bound }) => ({ work, error: bound })) },
      { name: 'true error', panel, points: points.map(({ work, off }) => ({ work, error: off })) },
    ]),
  });
  const above = panels.flatMap(({ points }) => points).filter(({ off, bound }) => off > bound);
  bench.claim({
    id,
    text: 'points of that picture where the true error exceeds what was said',
    value: above.length,
    limit: 0,
    relation: '<=',
  });
}

interface Point {
  work: number;
  off: number;
  bound: number;
}
