// A system of equations that is painted or opened: its solution, how each method gets there, and single entries of it.
import { Chart, type Line } from '../chart.js';
import { engine } from '../engine.js';
import { dropZone, h, latest, milliseconds, slider, small, status, whole } from '../ui.js';
import { Field } from './field.js';
import { Grid, HEIGHT, type Tool, WIDTH } from './grid.js';

const tools: Record<Tool, string> = {
  source: 'Source',
  sink: 'Sink',
  wall: 'Wall',
  erase: 'Erase',
  ask: 'Ask for one cell',
};
const compared = ['cg', 'symmetricGaussSeidel', 'approximateCholesky', 'amg'] as const;

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
  leak: number;
}

export async function show(panel: HTMLElement): Promise<void> {
  const { line, say, fail } = status();
  const grid = new Grid();
  grid.example();
  const field = new Field(grid);
  let tool: Tool = 'source';
  let problem: Problem | undefined;
  let solution: Float64Array | Float32Array | undefined;

  const convergence = new Chart({ x: 'iteration', y: 'relative residual', log: true });
  const profile = new Chart({ x: 'row', y: 'x', height: 180 });
  const decision = h('ol', { className: 'decision' });
  const summary = h('p', { className: 'status' });
  const entry = h('p', { className: 'status', role: 'status' });
  const newest = latest(fail);
  const newestEntry = latest(fail);

  const leak = slider({
    label: 'Leak to the ground',
    min: -4,
    max: 0,
    step: 0.1,
    at: -0.5,
    value: (x) => 10 ** x,
    text: small,
    onchange: () => paint(),
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
      const { b, rows, ...entries } = grid.system(leak.value);
      if (rows === 0) throw new RangeError('There is no open cell left: erase some walls.');
      const matrix = await fromCoo({ rows, cols: rows, ...entries });
      await solveProblem({ matrix, b, leak: leak.value }, signal);
      field.draw(solution);
    });
  }

  const countOpen = () => grid.walls.reduce((sum, wall) => sum + 1 - wall, 0);

  async function solveProblem(next: Problem, signal: AbortSignal): Promise<void> {
    const { solveAsync } = await solverRoom();
    if (signal.aborted) return void next.matrix.dispose();
    const old = problem?.matrix;
    problem = next;
    const start = performance.now();
    const answer = await solveAsync(next.matrix, next.b, { tolerance: 1e-9, signal });
    const took = performance.now() - start;
    signal.throwIfAborted();
    await old?.dispose();
    solution = answer.solution;
    summary.textContent = `${whole(next.b.length)} unknowns: ${answer.outcome} with ${answer.method} in ${answer.iterations} iterations, ${milliseconds(took)}, relative residual ${small(answer.relativeResidual)}${
      answer.errorBound === undefined
        ? ''
        : `, no entry is off by more than ${small(answer.errorBound)}`
    }.`;
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
    compare(next, signal);
  }

  // The curves come after the picture, one by one, and stop when something newer is painted.
  async function compare({ matrix, b }: Problem, signal: AbortSignal): Promise<void> {
    const { solveAsync } = await solverRoom();
    const lines: Line[] = [];
    const told: string[] = [];
    for (const method of compared) {
      try {
        const { history, outcome, iterations } = await solveAsync(matrix, b, {
          method,
          tolerance: 1e-9,
          maxIterations: 2000,
          history: true,
          signal,
        });
        const x = Array.from(history!, (_, i) => i + 1);
        lines.push({ name: method, x, y: Array.from(history!, (value) => Math.max(value, 1e-16)) });
        told.push(`${method}: ${outcome} after ${iterations} iterations`);
      } catch (error) {
        if (signal.aborted) return;
        told.push(`${method}: ${error instanceof Error ? error.message : error}`);
      }
      if (signal.aborted) return;
      if (lines.length > 0) convergence.draw(lines, told.join('. '));
      methods.textContent = told.join(' · ');
    }
  }
  const methods = h('p', { className: 'status' });

  /** One entry of x, and the rows that it takes. */
  async function ask(row: number, cell?: number): Promise<void> {
    const current = problem;
    if (!current) return;
    await newestEntry(async (signal) => {
      const { solveEntriesAsync, solveSparseAsync } = await solverRoom();
      // A proved error of a fiftieth of the largest value that the slack allows.
      const largest = current.b.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
      const slack = current.leak || 1;
      const absoluteError = (0.02 * largest) / slack;
      const start = performance.now();
      const answer = await solveEntriesAsync(current.matrix, {
        b: current.b,
        indices: [row],
        absoluteError,
        signal,
      });
      const took = performance.now() - start;
      const value = answer.values[0]!;
      const truth = solution?.[row];
      entry.textContent = `x[${row}] = ${small(value)} ± ${small(answer.errorBound)} (proved), ${answer.method}, ${whole(answer.work.touchedRows)} of ${whole(current.b.length)} rows read, ${milliseconds(took)}${
        truth === undefined ? '' : `; the full solution has ${small(truth)}`
      }.`;
      if (cell === undefined) return;
      if (answer.method === 'push') {
        // The matrix is symmetric: the rows that this entry depends on are those that a unit source in its cell reaches.
        const reached = await solveSparseAsync(current.matrix, {
          b: { indices: [row], values: [1] },
          absoluteError: 0.02 / slack,
          signal,
        });
        if (signal.aborted || current !== problem) return;
        const cells = new Map(Array.from(grid.rows, (of, at) => [of, at]));
        field.lit = {
          asked: cell,
          cells: new Set(Array.from(reached.indices, (of) => cells.get(of)!)),
        };
      } else field.lit = { asked: cell, cells: new Set(grid.rows.keys()) }; // a full solve: all of them
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
      const matrix = await SparseMatrix.fromMatrixMarketAsync(await file.text(), { signal });
      const rows = await matrix.rows;
      fieldBox.hidden = true;
      profileBox.hidden = false;
      const properties = await matrix.classify();
      const slack = Math.max(properties.minRowSlack, properties.minColumnSlack);
      // A right-hand side whose solution is all ones, so that everybody sees whether it was found.
      const b = Float64Array.from(await matrix.multiply(new Float64Array(rows).fill(1)));
      await solveProblem({ matrix, b, leak: slack > 0 ? slack : 1 }, signal);
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
      fieldBox,
      profileBox,
      summary,
      entry,
      h(
        'div',
        { className: 'card' },
        h('h2', {}, 'Methods side by side'),
        convergence.element,
        methods,
      ),
    ),
  );
  await paint();
}
