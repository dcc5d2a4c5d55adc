// A system of equations that is painted or opened: its solution, how each method gets there, and single entries of it.
import type { SolveMethod, SolveResult } from 'sublinear/solver';
import type { MatrixProperties } from 'sublinear/sparse';
import { Chart, type Line } from '../chart.js';
import { engine } from '../engine.js';
import {
  code,
  dropZone,
  frame,
  h,
  latest,
  milliseconds,
  slider,
  small,
  status,
  whole,
} from '../ui.js';
import { Field } from './field.js';
import { Grid, HEIGHT, type Tool, WIDTH } from './grid.js';

const tools: Record<Tool, string> = {
  source: 'Source',
  sink: 'Sink',
  wall: 'Wall',
  erase: 'Erase',
  ask: 'Ask for one cell',
};
const solverRoom = async () => (await engine()).use('solver');
type Matrix = Awaited<ReturnType<typeof fromCoo>>;
async function fromCoo(input: {
  rows: number;
  cols: number;
  rowIndices: Uint32Array;
  columnIndices: Uint32Array;
  values: Float64Array;
}) {
  const { SparseMatrix } = await solverRoom();
  return SparseMatrix.fromCoo(input);
}

interface Problem {
  matrix: Matrix;
  b: Float64Array;
  methods: readonly Method[];
}

type Method = Exclude<SolveMethod, 'auto'>;

/** The methods that such a matrix can be given to. */
function suited({ symmetric, minRowSlack }: MatrixProperties): readonly Method[] {
  if (!symmetric) return ['gaussSeidel', 'bicgstab', 'gmres'];
  return minRowSlack >= 0
    ? ['cg', 'symmetricGaussSeidel', 'approximateCholesky', 'amg']
    : ['cg', 'symmetricGaussSeidel', 'incompleteCholesky', 'amg'];
}

export async function show(panel: HTMLElement): Promise<void> {
  const told = status();
  const { line, say, fail } = told;
  const grid = new Grid();
  grid.example();
  const field = new Field(grid);
  let tool: Tool = 'source';
  let problem: Problem | undefined;
  let solution: Float64Array | Float32Array | undefined;

  const convergence = new Chart({ x: 'readings of the matrix', y: 'relative residual', log: true });
  const profile = new Chart({ x: 'row', y: 'x', height: 180 });
  const decision = h('ol', { className: 'decision' });
  const summary = h('p', { className: 'status' });
  const entry = h('p', { className: 'status', role: 'status' });
  const compared = h('p', { className: 'status' });
  const program = code();
  program.show(`
import { load } from 'sublinear/solver';

const { SparseMatrix, solve, solveEntries } = await load();
using matrix = SparseMatrix.fromCoo({ rows, cols: rows, rowIndices, columnIndices, values });
const { solution, outcome, errorBound } = solve(matrix, b, { tolerance: 1e-9 });
// One entry, without the others:
const { values: [x], errorBounds } = solveEntries(matrix, { b, indices: [row], absoluteError: 1e-3 });`);
  const newest = latest(told);
  const newestEntry = latest(told);

  const leak = slider({
    label: 'Leak to the ground',
    min: -4,
    max: 0,
    step: 0.1,
    at: -2.3, // so little that the current reaches the walls, and so much that one cell does not ask for all rows
    value: (x) => 10 ** x,
    text: small,
    onchange: () => paint(),
    state: ['solve', 'leak'],
  });
  const brush = slider({ label: 'Brush', min: 0, max: 5, step: 1, at: 1, onchange: () => {} });

  /** Solves what is painted now, draws it, and then lets the methods run side by side. */
  async function paint(): Promise<void> {
    profileBox.hidden = true;
    fieldBox.hidden = false;
    field.lit = undefined;
    entry.textContent = '';
    field.draw(solution?.length === countOpen() ? solution : undefined);
    await newest(async (signal) => {
      await frame();
      signal.throwIfAborted();
      const { b, rows, ...entries } = grid.system(leak.value);
      if (rows === 0) throw new RangeError('There is no open cell left: erase some walls.');
      const matrix = await fromCoo({ rows, cols: rows, ...entries });
      const methods = ['cg', 'symmetricGaussSeidel', 'approximateCholesky', 'amg'] as const;
      await solveProblem({ matrix, b, methods }, signal);
      say(`${whole(rows)} open cells.`);
      field.draw(solution);
    });
  }

  const countOpen = () => grid.walls.reduce((sum, wall) => sum + 1 - wall, 0);

  /** Takes the matrix over: it is freed when another problem takes its place, or when it could not be solved. */
  async function solveProblem(next: Problem, signal: AbortSignal): Promise<void> {
    try {
      convergence.outdate();
      compared.textContent = '';
      const { solveAsync } = await solverRoom();
      signal.throwIfAborted();
      const start = performance.now();
      const answer = await solveAsync(next.matrix, next.b, { tolerance: 1e-9, signal });
      const took = performance.now() - start;
      signal.throwIfAborted();
      [problem, next] = [next, problem ?? next];
      tell(answer, took);
      compare(problem, signal);
    } finally {
      if (next !== problem) await next.matrix.dispose();
    }
  }

  function tell(answer: SolveResult<Float64Array | Float32Array>, took: number): void {
    solution = answer.solution;
    const bound =
      answer.errorBound === undefined
        ? ''
        : `, no entry is off by more than ${small(answer.errorBound)}`;
    summary.textContent = `${whole(solution.length)} unknowns: ${answer.outcome} with ${answer.method} in ${answer.iterations} iterations, ${milliseconds(took)}, relative residual ${small(answer.relativeResidual)}${bound}.`;
    decision.replaceChildren(
      ...answer.decision.attempts.map(({ method, reason, iterations, outcome }) =>
        h(
          'li',
          {},
          h('strong', {}, method),
          ` ${reason} (${iterations} iterations${outcome ? `, ${outcome}` : ''})`,
        ),
      ),
    );
  }

  // The curves come after the picture, one by one, and stop when something newer is painted.
  async function compare({ matrix, b, methods }: Problem, signal: AbortSignal): Promise<void> {
    const { solveAsync } = await solverRoom();
    const lines: Line[] = [];
    const told: string[] = [];
    try {
      const nnz = await matrix.nnz;
      for (const method of methods) {
        const answer = await solveAsync(matrix, b, {
          method,
          tolerance: 1e-9,
          maxIterations: 2000,
          history: true,
          signal,
        }).catch((error) => {
          signal.throwIfAborted();
          told.push(`${method}: ${error instanceof Error ? error.message : error}`);
        });
        signal.throwIfAborted();
        if (answer) {
          const past = answer.history!;
          const { setupWork, work } = answer.decision.attempts.at(-1)!;
          // Iterations of different methods cost differently: all are counted in readings of the matrix, set-up included.
          const x = Array.from(past, (_, i) => (setupWork + (work * (i + 1)) / past.length) / nnz);
          const y = Array.from(past, (value) => Math.max(value, 1e-16));
          lines.push({ name: method, x, y });
          told.push(
            `${method}: ${answer.outcome} after ${answer.iterations} iterations, ${small((setupWork + work) / nnz)} readings`,
          );
        }
        await frame();
        if (lines.length > 0) convergence.draw(lines, told.join('. '));
        compared.textContent = told.join(' · ');
      }
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  }

  /** One entry of x, and the rows that it takes. */
  async function ask(row: number, cell?: number): Promise<void> {
    const current = problem;
    if (!current) return;
    await newestEntry(async (signal) => {
      const { solveEntriesAsync } = await solverRoom();
      // A proved error of a tenth of the largest potential: what the colours tell apart.
      let largest = 0;
      for (const value of solution!) largest = Math.max(largest, Math.abs(value));
      const start = performance.now();
      const answer = await solveEntriesAsync(current.matrix, {
        b: current.b,
        indices: [row],
        absoluteError: largest / 10 || 1,
        // A full solve of so small a system would take less; here it is to be seen what has to be read.
        pushWork: 5e6,
        touched: true,
        signal,
      });
      const took = performance.now() - start;
      if (current !== problem) return;
      const rows = answer.method === 'push' ? new Set(answer.touched) : 'all';
      const read = rows === 'all' ? 'all' : `${whole(rows.size)} of ${whole(current.b.length)}`;
      const value = answer.values[0]!;
      entry.textContent = `x[${row}] = ${small(value)} ± ${small(answer.errorBound)} (proved), ${answer.method}, ${read} rows read, ${milliseconds(took)}; the full solution has ${small(solution![row]!)}.`;
      if (cell === undefined) return;
      field.lit = { asked: cell, rows };
      field.draw(solution);
    });
  }

  function touch(x: number, y: number): void {
    if (tool === 'ask') {
      const cell = y * WIDTH + x;
      const row = grid.rows[cell]!;
      if (row < 0) fail('A wall has no potential: choose an open cell.');
      else ask(row, cell);
      return;
    }
    grid.paint(tool, x, y, brush.value);
    paint();
  }

  const buttons = Object.entries(tools).map(([name, text]) => {
    const button = h('button', { type: 'button', 'aria-pressed': name === tool }, text);
    button.addEventListener('click', () => {
      tool = name as Tool;
      for (const other of buttons) other.ariaPressed = String(other === button);
    });
    return button;
  });
  const clear = h('button', { type: 'button' }, 'Clear');
  clear.addEventListener('click', () => {
    grid.clear();
    paint();
  });
  const example = h('button', { type: 'button' }, 'Example');
  example.addEventListener('click', () => {
    grid.example();
    paint();
  });

  const { canvas } = field;
  canvas.ariaLabel = `Grid of ${WIDTH} by ${HEIGHT} cells. Arrow keys move, Shift makes steps of ten, Space uses the tool.`;
  let down = false;
  canvas.addEventListener('pointerdown', (event) => {
    down = true;
    canvas.setPointerCapture(event.pointerId);
    field.cursor = undefined;
    const { x, y } = field.at(event);
    touch(x, y);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!down || tool === 'ask') return;
    const { x, y } = field.at(event);
    touch(x, y);
  });
  for (const end of ['pointerup', 'pointercancel'] as const)
    canvas.addEventListener(end, () => {
      down = false;
    });
  canvas.addEventListener('keydown', (event) => {
    const step = event.shiftKey ? 10 : 1;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    field.cursor ??= { x: WIDTH >> 1, y: HEIGHT >> 1 };
    if (way) {
      field.cursor.x = Math.min(WIDTH - 1, Math.max(0, field.cursor.x + step * way[0]!));
      field.cursor.y = Math.min(HEIGHT - 1, Math.max(0, field.cursor.y + step * way[1]!));
      say(`Column ${field.cursor.x}, row ${field.cursor.y}.`);
      field.draw(solution);
    } else if (event.key === ' ' || event.key === 'Enter') touch(field.cursor.x, field.cursor.y);
    else return;
    event.preventDefault();
  });

  const wanted = h('input', { type: 'number', id: 'entry', min: '0', value: '0' });
  const entryForm = h(
    'form',
    { className: 'control' },
    h('label', { for: 'entry' }, 'One entry: row'),
    h('button', { type: 'submit' }, 'Ask'),
    wanted,
  );
  entryForm.addEventListener('submit', (event) => {
    event.preventDefault();
    ask(wanted.valueAsNumber);
  });
  const zone = dropZone('Drop a Matrix Market file here, or choose one', '.mtx', (file) =>
    newest(async (signal) => {
      say(`Reading ${file.name}…`);
      const { SparseMatrix } = await solverRoom();
      const matrix = await SparseMatrix.fromMatrixMarketAsync(file.stream(), { signal });
      const { b, properties } = await onesOf(matrix);
      await solveProblem({ matrix, b, methods: suited(properties) }, signal);
      fieldBox.hidden = true;
      profileBox.hidden = false;
      entry.textContent = '';
      const rows = b.length;
      say(
        `${file.name}: ${whole(rows)} rows, ${whole(await matrix.nnz)} entries; b = A · 1, so that each x is 1.`,
      );
      const step = Math.max(1, Math.ceil(rows / 1000));
      const x = Array.from({ length: Math.ceil(rows / step) }, (_, i) => i * step);
      profile.draw(
        [{ name: 'x', x, y: x.map((i) => solution![i]!) }],
        `The solution over ${rows} rows`,
      );
    }),
  );

  /** A right-hand side whose solution is all ones, so that everybody sees whether it was found. */
  async function onesOf(matrix: Matrix) {
    try {
      const properties = await matrix.classify();
      const b = Float64Array.from(
        await matrix.multiply(new Float64Array(await matrix.cols).fill(1)),
      );
      return { b, properties };
    } catch (error) {
      await matrix.dispose();
      throw error;
    }
  }

  const fieldBox = h('div', { className: 'card' }, canvas);
  const profileBox = h('div', { className: 'card', hidden: true }, profile.element);
  panel.append(
    h(
      'p',
      { className: 'intro' },
      'A plate that conducts: current enters at red cells and leaves at blue ones, walls stop it, and some of it leaks away everywhere. The potential is the solution of one large system of equations.',
    ),
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        h(
          'div',
          { className: 'tools', role: 'group', 'aria-label': 'Tools' },
          ...buttons,
          clear,
          example,
        ),
        brush.row,
        leak.row,
        entryForm,
        zone,
        line,
      ),
      h('div', { className: 'card' }, h('h2', {}, 'What was chosen, and why'), decision),
    ),
    h(
      'div',
      { className: 'stage' },
      // Above the picture: what was asked for is in view on a low window.
      summary,
      entry,
      fieldBox,
      profileBox,
      program.element,
      h(
        'div',
        { className: 'card' },
        h('h2', {}, 'Methods side by side'),
        convergence.element,
        compared,
      ),
    ),
  );
  await frame();
  await paint();
}
