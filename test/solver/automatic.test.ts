// The automatic choice with factorisations of another module in it, and what it does where the core's own choice ends
// without an answer. Which method answers is a matter of counts, never of clocks.
import { createEngine, type Engine } from 'sublinear';
import type { SolverRoom } from 'sublinear/solver';
import { createWorkerEngine } from 'sublinear/worker';
import { afterEach, describe, expect, test } from 'vitest';
import { distFile, random } from '../support/door.js';
import { type Coo, grid, norm, residualOf } from './solver.cases.js';

let engine: Engine;
afterEach(() => {
  if (engine.disposed) return;
  for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
  engine.dispose();
});

async function solver(...others: 'direct'[]): Promise<SolverRoom> {
  engine = await createEngine({ modules: ['solver', ...others] });
  return engine.use('solver');
}

const loaded = () =>
  engine
    .stats()
    .modules.map(({ rooms }) => rooms.includes('direct'))
    .includes(true);

function made(room: SolverRoom, { n, rows, columns, values }: Coo) {
  return room.SparseMatrix.fromCoo({
    rows: n,
    cols: n,
    rowIndices: rows,
    columnIndices: columns,
    values: Float64Array.from(values ?? rows, (value) => value),
  });
}

const side = (n: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(i));

/** Conductances and controlled sources: restarted minimal residuals stagnate on it, and so does BiCGSTAB without ILU. */
function circuit(): Coo {
  const n = 450;
  let state = 2;
  const next = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const [rows, columns, values]: number[][] = [[], [], []];
  const put = (i: number, j: number, value: number) => {
    rows!.push(i);
    columns!.push(j);
    values!.push(value);
  };
  for (let i = 0; i < n; i++) {
    put(i, i, 1e-9);
    for (const isNear of [true, false]) {
      const j = isNear ? (i + 1) % n : Math.floor(next() * n);
      if (j === i) continue;
      const g = 10 ** (2 * (next() - 0.5));
      put(i, i, g);
      put(j, j, g);
      put(i, j, -g);
      put(j, i, -g);
    }
  }
  for (let k = 0; k < 45; k++) {
    const [i, plus, minus] = [0, 0, 0].map(() => Math.floor(next() * n)) as [
      number,
      number,
      number,
    ];
    const gain = next();
    put(i, plus, gain);
    put(i, minus, -gain);
  }
  return { n, rows: rows!, columns: columns!, values: values! };
}

/** Two or three entries a row anywhere, none of them large: no iteration of ours gets anywhere. */
function scattered(n: number, seed: number): Coo {
  const next = random(seed);
  const entries = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    entries.set(i * n + ((7 * i + 3) % n), 2 * next() - 1);
    for (let k = 0; k < 2; k++) entries.set(i * n + Math.floor(next() * n), next() - 0.5);
  }
  const keys = [...entries.keys()];
  return {
    n,
    rows: keys.map((key) => Math.floor(key / n)),
    columns: keys.map((key) => key % n),
    values: [...entries.values()],
  };
}

/** Dominant rows, but in another order than the columns: no diagonal, and factors that fill. */
function disordered(n: number): Coo {
  const next = random(11);
  const place = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [place[i], place[j]] = [place[j]!, place[i]!];
  }
  const [rows, columns, values]: number[][] = [[], [], []];
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < 4; k++) {
      rows!.push(i);
      columns!.push(place[k === 0 ? i : Math.floor(next() * n)]!);
      values!.push(k === 0 ? 4 + next() : 2 * next() - 1);
    }
  }
  return { n, rows: rows!, columns: columns!, values: values! };
}

/** A cube whose conductances differ by eight orders: positive definite, and iterations end above a residual of 1e-8. */
function contrasts(side: number): Coo {
  const next = random(5);
  const n = side ** 3;
  const diagonal = new Float64Array(n).fill(1e-9);
  const [rows, columns, values]: number[][] = [[], [], []];
  const put = (i: number, j: number, value: number) => {
    rows!.push(i);
    columns!.push(j);
    values!.push(value);
  };
  const edge = (i: number, j: number) => {
    const g = 10 ** (8 * (next() - 0.5));
    diagonal[i]! += g;
    diagonal[j]! += g;
    put(i, j, -g);
    put(j, i, -g);
  };
  for (let i = 0; i < n; i++) {
    if (i % side < side - 1) edge(i, i + 1);
    if (i % side ** 2 < side * (side - 1)) edge(i, i + side);
    if (i + side ** 2 < n) edge(i, i + side ** 2);
  }
  for (const [i, value] of diagonal.entries()) put(i, i, value);
  return { n, rows: rows!, columns: columns!, values: values! };
}

/** A chain with springs to the ground that point the wrong way: symmetric, and neither definite nor dominant. */
function indefinite(n: number): Coo {
  const [rows, columns, values]: number[][] = [[], [], []];
  for (let i = 0; i < n; i++) {
    rows!.push(i);
    columns!.push(i);
    values!.push(i % 3 === 0 ? -1.37 : 1.91);
    if (i === 0) continue;
    rows!.push(i, i - 1);
    columns!.push(i - 1, i);
    values!.push(1, 1);
  }
  return { n, rows: rows!, columns: columns!, values: values! };
}

describe('without the module of factorisations', () => {
  test('a method that the core has not tried answers where those that it tried stagnate', async () => {
    const room = await solver();
    const { solve, prepare } = room;
    const coo = circuit();
    using matrix = made(room, coo);
    const b = side(coo.n);
    for (const method of ['gmres', 'bicgstab'] as const)
      expect(solve(matrix, b, { method }).outcome).toBe('stagnated');
    const { method, outcome, solution, iterations, decision, work } = solve(matrix, b);
    expect([method, outcome]).toEqual(['bicgstabIlu', 'converged']);
    expect(residualOf(coo, solution, b)).toBeLessThan(2e-8 * norm(b));
    expect(decision.attempts.length).toBeGreaterThan(1);
    expect(decision.attempts.at(-1)?.method).toBe('bicgstabIlu');
    const sum = (key: 'iterations' | 'work' | 'setupWork') =>
      decision.attempts.reduce((total, each) => total + each[key], 0);
    expect(sum('iterations')).toBe(iterations);
    expect(work.edgeOperations).toBeGreaterThanOrEqual(sum('work') + sum('setupWork'));
    expect(loaded()).toBe(false);
    // The next right-hand side begins with what answered the last one.
    using prepared = prepare(matrix);
    expect(prepared.solve(b).method).toBe('bicgstabIlu');
    expect(prepared.solve(b).decision.attempts.map((each) => each.method)).toEqual(['bicgstabIlu']);
    const history = solve(matrix, b, { history: true });
    expect(history.history?.length).toBe(history.iterations);
  });

  test('budgets hold over all methods', async () => {
    const room = await solver();
    const coo = circuit();
    using matrix = made(room, coo);
    const b = side(coo.n);
    const all = room.solve(matrix, b);
    const first = all.decision.attempts[0]!;
    const limited = room.solve(matrix, b, { maxIterations: first.iterations + 3 });
    expect([limited.outcome, limited.iterations]).toEqual(['iterationLimit', first.iterations + 3]);
    const maxWork = first.work + first.setupWork + 1000;
    const worked = room.solve(matrix, b, { maxWork });
    expect(worked.outcome).toBe('workLimit');
    expect(worked.work.edgeOperations).toBeLessThan(2 * maxWork);
    // The best iterate comes back whatever ended it.
    for (const { relativeResidual, solution } of [limited, worked]) {
      expect(relativeResidual).toBeLessThanOrEqual(first.relativeResidual * 1.001);
      expect(residualOf(coo, solution, b) / norm(b)).toBeCloseTo(relativeResidual, 7);
    }
    expect(room.solve(matrix, b, { maxTimeMs: 1e-9 }).outcome).toBe('timeLimit');
  });

  test('the best of all iterates comes back where nothing answers', async () => {
    const room = await solver();
    const coo = scattered(600, 7);
    using matrix = made(room, coo);
    const b = side(coo.n);
    const { outcome, relativeResidual, solution, decision } = room.solve(matrix, b);
    expect(outcome).toBe('stagnated');
    expect(decision.attempts.map(({ method }) => method)).toContain('bicgstabIlu');
    const best = Math.min(...decision.attempts.map((each) => each.relativeResidual));
    expect(relativeResidual).toBeLessThanOrEqual(best * 1.001);
    expect(residualOf(coo, solution, b) / norm(b)).toBeCloseTo(relativeResidual, 10);
  });
});

describe('small systems', () => {
  const dense = (room: SolverRoom, values: number[]) => {
    const n = Math.sqrt(values.length);
    return room.SparseMatrix.fromDense({ rows: n, cols: n, values });
  };

  // The rounding of A x is as large as b here for iterations, and the normwise backward error as small as it gets.
  test('a dense factor is tried where iterations are at rounding and yet far from b', async () => {
    const room = await solver();
    const values = [
      ...[-0.21604882879182696, 0, -0.07598477508872747],
      ...[0, -0.43456162605434656, 0],
      ...[-0.2160488287918272, 0, -0.07598477508872763],
    ];
    using matrix = dense(room, values);
    const b = [-0.36654794914647937, -0.508885657414794, -0.6783762420527637];
    const { outcome, method, relativeResidual } = room.solve(matrix, b, { tolerance: 1e-13 });
    expect([outcome, method]).toEqual(['converged', 'lu']);
    expect(relativeResidual).toBeLessThanOrEqual(1e-13);
  });
});

describe('with the module of factorisations', () => {
  test.each([
    ['unsymmetric', scattered(600, 7), 'direct-lu'],
    ['unsymmetric and small', scattered(200, 3), 'direct-lu'],
    ['indefinite', indefinite(900), 'direct-l'],
    ['a circuit', circuit(), 'direct-lu'],
  ] as const)('it answers: %s', async (_, coo, expected) => {
    const room = await solver('direct');
    using matrix = made(room, coo);
    const b = side(coo.n);
    const { method, outcome, solution, backwardError, decision } = room.solve(matrix, b);
    expect(outcome).toBe('converged');
    expect(method).toContain(expected);
    expect(residualOf(coo, solution, b)).toBeLessThan(2e-8 * norm(b));
    const last = decision.attempts.at(-1)!;
    expect(last).toMatchObject({ method, outcome: 'converged' });
    expect(last.reason).toContain('factorisation');
    expect(last.setupWork).toBeGreaterThan(0);
    expect(backwardError).toBeLessThan(1e-8);
    // As small as the residual of the corrected answer can be.
    const fine = room.solve(matrix, b, { tolerance: 1e-15 });
    expect(fine.method).toContain('direct');
    expect(fine.backwardError).toBeLessThan(1e-15);
    expect(['converged', 'stagnated']).toContain(fine.outcome);
  });

  test('iterations that are cheaper answer themselves, to the bit', async () => {
    const alone = await solver();
    const coo = grid(60, 0.01);
    const b = side(coo.n);
    const without = alone.solve(made(alone, coo), b);
    engine.dispose();
    const room = await solver('direct');
    using matrix = made(room, coo);
    expect(room.solve(matrix, b)).toEqual(without);
  });

  test.each([500, 2_000, 20_000])('of %i operations an analysis takes no more', async (maxWork) => {
    const room = await solver('direct');
    let analysed = 0;
    for (const coo of [scattered(600, 7), scattered(200, 3)]) {
      using matrix = made(room, coo);
      const { decision, outcome } = room.solve(matrix, side(coo.n), { maxWork });
      expect(outcome).toBe('workLimit');
      for (const { method, setupWork } of decision.attempts)
        if (method.startsWith('direct')) {
          analysed++;
          expect(setupWork).toBeLessThan(1.1 * maxWork + 100);
        }
    }
    expect(analysed).toBeGreaterThan(0);
  });

  test('a prepared solver answers after an abort and a time limit in the middle of a solve', async () => {
    const room = await solver('direct');
    const coo = grid(60, 0.01);
    using matrix = made(room, coo);
    using prepared = room.prepare(matrix, { tolerance: 1e-12 });
    const b = side(coo.n);
    const { solution, method } = prepared.solve(b);
    expect(method).toBe('direct-cholesky');
    for (let slices = 0; slices < 3; slices++) {
      const control = new AbortController();
      let count = 0;
      const onProgress = () => {
        if (count++ === slices) control.abort(new Error('enough'));
      };
      await prepared.solveAsync(b, { signal: control.signal, onProgress }).catch((error) => {
        expect(error.message).toBe('enough');
      });
      expect(prepared.solve(b).solution).toEqual(solution);
    }
    prepared.solve(b, { maxTimeMs: 1e-9 });
    expect(prepared.solve(b).solution).toEqual(solution);
  });

  test('a prepared solver keeps the factor, and gives it back', async () => {
    const room = await solver('direct');
    const coo = grid(40, 0.01);
    using matrix = made(room, coo);
    const prepared = room.prepare(matrix);
    const alone = prepared.bytesUsed;
    const b = side(coo.n);
    const first = prepared.solve(b);
    expect(first).toMatchObject({ method: 'direct-cholesky', outcome: 'converged' });
    const [{ setupWork, fill, flops, reason }] = first.decision.attempts as [
      (typeof first.decision.attempts)[0],
    ];
    expect(setupWork).toBeGreaterThan(0);
    expect(fill).toBeGreaterThan(coo.n);
    expect(flops).toBeGreaterThan(0);
    expect(reason).toContain('several right-hand sides');
    expect(prepared.bytesUsed).toBeGreaterThan(alone + 8 * coo.n);
    const second = await prepared.solveAsync(b);
    expect(second.decision.attempts.map((each) => each.setupWork)).toEqual([0]);
    expect(second.solution).toEqual(first.solution);
    expect(second.work.edgeOperations).toBeLessThan(first.work.edgeOperations);
    // Zero, and an array for the answer.
    const into = new Float64Array(coo.n).fill(1);
    expect(prepared.solve(new Float64Array(coo.n), { into }).solution).toBe(into);
    expect(into.every((x) => x === 0)).toBe(true);
    prepared.dispose();
    expect(engine.stats().modules.find(({ rooms }) => rooms.includes('direct'))?.bytesInUse).toBe(
      0,
    );
  });

  test('what does not fit is passed over, and said', async () => {
    const room = await solver('direct');
    const coo = grid(40, 0.01);
    using matrix = made(room, coo);
    using prepared = room.prepare(matrix);
    const maxBytes = prepared.bytesUsed + 20_000;
    const { method, outcome, decision } = room.prepare(matrix, { maxBytes }).solve(side(coo.n));
    expect(outcome).toBe('converged');
    expect(method).not.toContain('direct');
    expect(decision.attempts[0]).toMatchObject({
      method: 'direct-cholesky',
      outcome: 'memoryLimit',
    });
    const worked = room.prepare(matrix, { maxWork: 30_000 }).solve(side(coo.n));
    expect(worked.outcome).toBe('workLimit');
    expect(room.prepare(matrix).solve(side(coo.n), { maxTimeMs: 1e-9 }).outcome).toBe('timeLimit');
    engine.dispose();
  });

  test('singular systems are answered as without it', async () => {
    const room = await solver('direct');
    const ring = { ...grid(9, 0), n: 81 };
    using laplacian = made(room, ring);
    const b = side(81);
    const mean = b.reduce((sum, each) => sum + each, 0) / 81;
    const fitting = b.map((each) => each - mean);
    for (const solve of [
      (side: Float64Array) => room.solve(laplacian, side),
      (side: Float64Array) => {
        using prepared = room.prepare(laplacian);
        return prepared.solve(side);
      },
    ]) {
      const { outcome, solution } = solve(fitting);
      expect(outcome).toBe('converged');
      expect(Math.abs(solution.reduce((sum, each) => sum + each, 0))).toBeLessThan(1e-9);
      expect(solve(b).outcome).toBe('inconsistent');
    }
    const coo = scattered(300, 5);
    const rows = Array.from(coo.rows, (row) => (row === 7 ? 8 : row));
    using empty = made(room, { ...coo, rows });
    expect(room.solve(empty, side(300)).outcome).toBe('singular');
  });

  test('an initial guess that is right, single precision, the range of exponents', async () => {
    const room = await solver('direct');
    const coo = scattered(600, 7);
    using matrix = made(room, coo);
    const b = side(coo.n);
    const { solution } = room.solve(matrix, b);
    expect(room.solve(matrix, b, { initialGuess: solution }).outcome).toBe('converged');
    const single = room.solve(matrix, b, { output: 'float32' });
    expect(single.solution).toBeInstanceOf(Float32Array);
    expect(single.relativeResidual).toBeGreaterThan(1e-12);
    for (const exponent of [-600, 600]) {
      const scaled = b.map((each) => each * 2 ** exponent);
      const answer = room.solve(matrix, scaled);
      expect(answer.outcome).toBe('converged');
      expect(answer.solution[3]! / solution[3]!).toBeCloseTo(2 ** exponent, 5);
    }
  });
});

describe('where a factor does not fit', () => {
  /** Room for incomplete factors, but not for whole ones. */
  const little = (room: SolverRoom, matrix: ReturnType<typeof made>) => {
    using prepared = room.prepare(matrix);
    return prepared.bytesUsed + 2_600_000;
  };

  test.each([
    ['unsymmetric', disordered(1500), 'gmresIlut', (x: number, i: number) => Math.cos(3 * i) - x],
    // Others have residuals that rounding keeps above 1e-8.
    ['definite', contrasts(15), 'cgIct', (x: number) => -2.5 * x],
  ] as const)(
    'incomplete factors that drop small entries answer: %s',
    async (_, coo, expected, change) => {
      const room = await solver('direct');
      using matrix = made(room, coo);
      const b = side(coo.n);
      const maxBytes = little(room, matrix);
      for (const { method, outcome, solution, decision, iterations, work } of [
        room.solve(matrix, b, { maxBytes }),
        await room.solveAsync(matrix, b, { maxBytes }),
      ]) {
        expect([method, outcome]).toEqual([expected, 'converged']);
        expect(residualOf(coo, solution, b)).toBeLessThan(1.01e-8 * norm(b));
        const { attempts } = decision;
        expect(attempts[0]).toMatchObject({ outcome: 'memoryLimit' });
        expect(attempts.some((each) => each.outcome === 'stagnated')).toBe(true);
        const last = attempts.at(-1)!;
        expect(last).toMatchObject({ method, outcome });
        expect(last.reason).toContain('incomplete factor');
        expect(last.setupWork).toBeGreaterThan(coo.n);
        const sum = (key: 'iterations' | 'work' | 'setupWork') =>
          attempts.reduce((total, each) => total + each[key], 0);
        expect(sum('iterations')).toBe(iterations);
        expect(work.edgeOperations).toBeGreaterThanOrEqual(sum('work') + sum('setupWork'));
      }
      // A prepared solver keeps the incomplete factor, and begins with it.
      using prepared = room.prepare(matrix, { maxBytes });
      const first = prepared.solve(b);
      const held = prepared.bytesUsed;
      expect(held).toBeLessThanOrEqual(maxBytes);
      const other = b.map(change);
      const second = prepared.solve(other);
      expect(second.decision.attempts.map((each) => [each.method, each.setupWork])).toEqual([
        [expected, 0],
      ]);
      expect(second.outcome).toBe('converged');
      expect(residualOf(coo, second.solution, other)).toBeLessThan(1.01e-8 * norm(other));
      expect(prepared.solve(b).solution).toEqual(first.solution);
      expect(prepared.bytesUsed).toBe(held);
      expect(prepared.solve(b, { initialGuess: first.solution }).outcome).toBe('converged');
      expect(prepared.solve(new Float64Array(coo.n)).solution.every((x) => x === 0)).toBe(true);
    },
  );

  test('budgets hold in these methods as well, and the best iterate comes back', async () => {
    const room = await solver('direct');
    const coo = contrasts(15);
    using matrix = made(room, coo);
    const b = side(coo.n);
    const maxBytes = little(room, matrix);
    const all = room.solve(matrix, b, { maxBytes });
    const before = all.decision.attempts.slice(0, -1);
    const iterations = before.reduce((sum, each) => sum + each.iterations, 0);
    const limited = room.solve(matrix, b, { maxBytes, maxIterations: iterations + 3 });
    expect([limited.outcome, limited.iterations]).toEqual(['iterationLimit', iterations + 3]);
    const best = Math.min(...limited.decision.attempts.map((each) => each.relativeResidual));
    expect(limited.decision.attempts.at(-1)).toMatchObject({ method: 'cgIct', iterations: 3 });
    expect(limited.relativeResidual).toBeLessThanOrEqual(best * 1.001);
    // Near what rounding allows: sums in another order differ a little.
    expect(residualOf(coo, limited.solution, b) / norm(b)).toBeLessThan(1.2 * best);
    const work = before.reduce((sum, each) => sum + each.work + each.setupWork, 0);
    const { setupWork } = all.decision.attempts.at(-1)!;
    const maxWork = Math.floor(work + 2 * setupWork + 1e6);
    const worked = room.solve(matrix, b, { maxBytes, maxWork });
    expect(worked.outcome).toBe('workLimit');
    expect(worked.work.edgeOperations).toBeLessThan(1.1 * maxWork);
    expect(worked.relativeResidual).toBeLessThan(1e-6);
    expect(room.solve(matrix, b, { maxBytes, maxTimeMs: 1e-9 }).outcome).toBe('timeLimit');
  });

  test('an abort ends them, and nothing is left behind', async () => {
    const room = await solver('direct');
    const coo = contrasts(15);
    using matrix = made(room, coo);
    const b = side(coo.n);
    using prepared = room.prepare(matrix, { maxBytes: little(room, matrix) });
    const controller = new AbortController();
    const stopped = prepared.solveAsync(b, {
      signal: controller.signal,
      onProgress({ method }) {
        if (method === 'cgIct') controller.abort(new Error('enough'));
      },
    });
    await stopped.then(
      ({ method }) => expect(method).toBe('cgIct'), // it took one slice
      (error) => expect(error.message).toBe('enough'),
    );
    expect(prepared.solve(b)).toMatchObject({ method: 'cgIct', outcome: 'converged' });
  });

  test('what finds no room is passed over, and least squares come last', async () => {
    const room = await solver('direct');
    const coo = disordered(1500);
    using matrix = made(room, coo);
    using empty = room.prepare(matrix);
    const maxBytes = empty.bytesUsed + 1_000_000;
    const { method, outcome, decision } = room.solve(matrix, side(coo.n), { maxBytes });
    expect([method, outcome]).toEqual(['lsmr', 'converged']);
    const ilut = decision.attempts.find((each) => each.method === 'gmresIlut');
    expect(ilut).toMatchObject({ outcome: 'memoryLimit', work: 0 });
  });
});

describe('asynchronous solves', () => {
  test('load the module when it pays, and only then', async () => {
    const room = await solver();
    using easy = made(room, grid(30, 0.01));
    expect((await room.solveAsync(easy, side(900))).method).toBe('amg');
    expect(loaded()).toBe(false);
    const coo = scattered(600, 7);
    using hard = made(room, coo);
    const { method, outcome } = await room.solveAsync(hard, side(coo.n));
    expect([method, outcome]).toEqual(['direct-lu', 'converged']);
    expect(loaded()).toBe(true);
    // From now on also at once.
    expect(room.solve(hard, side(coo.n)).method).toBe('direct-lu');
  });

  test('hold their objects, report, and stop', async () => {
    const room = await solver('direct');
    const coo = scattered(900, 7);
    using matrix = made(room, coo);
    const controller = new AbortController();
    const stopped = room.solveAsync(matrix, side(coo.n), {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    expect(() => matrix.dispose()).toThrow(/in use/);
    await stopped.then(
      ({ outcome }) => expect(outcome).toBe('converged'), // it took one slice
      (error) => expect(error.message).toBe('enough'),
    );
    const { outcome } = await room.solveAsync(matrix, side(coo.n), {
      onProgress({ edgeOperations, iterations, method }) {
        expect(edgeOperations).toBeGreaterThan(0);
        expect(iterations).toBeGreaterThanOrEqual(0);
        expect(method).toBeTypeOf('string');
      },
    });
    expect(outcome).toBe('converged');
  });

  test('do without a module that cannot be had', async () => {
    const coo = circuit();
    const bytes = (file: string) => distFile(`wasm/${file}`);
    const only = await bytes('solver.simd.wasm');
    for (const wasm of [
      only,
      (file: string) =>
        file.startsWith('direct') ? Promise.reject(new Error('no such file')) : bytes(file),
    ]) {
      engine = await createEngine({ modules: ['solver'], variant: 'simd', wasm });
      const room = await engine.use('solver');
      using matrix = made(room, coo);
      const { method, outcome } = await room.solveAsync(matrix, side(coo.n));
      expect([method, outcome]).toEqual(['bicgstabIlu', 'converged']);
      expect(loaded()).toBe(false);
      matrix.dispose();
      engine.dispose();
    }
  });

  test('choose the same in a worker', async () => {
    await solver();
    await using worker = await createWorkerEngine({ modules: ['solver'] });
    const { SparseMatrix, solve } = worker.solver;
    const { n, rows, columns, values } = scattered(600, 7);
    using matrix = await SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: Uint32Array.from(rows),
      columnIndices: Uint32Array.from(columns),
      values: Float64Array.from(values ?? []),
    });
    const { method, outcome } = await solve(matrix, side(n));
    expect([method, outcome]).toEqual(['direct-lu', 'converged']);
  });
});
