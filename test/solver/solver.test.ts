// Full solves as TypeScript users meet them. What both doors share is in solver.cases.ts.
import fc from 'fast-check';
import { createEngine, type Engine } from 'sublinear';
import type {
  SolveMethod,
  SolveOptions,
  SolveProgress,
  SolverRoom,
  SparseMatrix,
} from 'sublinear/solver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, distFile, random } from '../support/door.js';
import { RawFailure, RawModule } from '../support/raw.js';
import { refused } from '../support/refused.js';
import {
  type Coo,
  grid,
  methods,
  norm,
  residualOf,
  rowDominant,
  solverCases,
  solverDoors,
} from './solver.cases.js';

describeCases(solverDoors, solverCases);

describe('solve', () => {
  let engine: Engine;
  let room: SolverRoom;
  let matrix: SparseMatrix;
  const small = grid(30, 0.01);
  const next = random(1);
  const b = Float64Array.from({ length: 900 }, () => 2 * next() - 1);

  const made = ({ n, rows, columns, values }: Coo) =>
    room.SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      values: new Float64Array(values ?? []),
    });

  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('solver');
    matrix = made(small);
  });
  afterAll(() => {
    matrix.dispose();
    expect(engine.stats().modules[0]?.bytesInUse).toBe(0);
    engine.dispose();
  });

  test('reaches 1e-8 on large systems, by an independent residual', () => {
    for (const coo of [grid(317, 0.01), rowDominant(100_000, 5)]) {
      using large = made(coo);
      const draw = random(9);
      const side = Float64Array.from({ length: coo.n }, () => 2 * draw() - 1);
      const { solution, outcome, relativeResidual, errorBound } = room.solve(large, side);
      expect(outcome).toBe('converged');
      const found = residualOf(coo, solution, side) / norm(side);
      expect(found).toBeLessThanOrEqual(1e-8);
      expect(Math.abs(found - relativeResidual)).toBeLessThan(1e-14);
      expect(errorBound).toBeLessThan(1e-3);
    }
  });

  test('takes every kind of right-hand side, with the same answer', async () => {
    const { Vector } = await engine.use('dense');
    using vector = Vector.from(b);
    const { solution } = room.solve(matrix, b);
    for (const side of [Array.from(b), vector])
      expect(room.solve(matrix, side).solution).toEqual(solution);
    const single = Float32Array.from(b);
    expect(room.solve(matrix, single).solution).toEqual(
      room.solve(matrix, Float64Array.from(single)).solution,
    );
  });

  test('rounds to float32 and certifies what it returns', () => {
    const { solution, outcome, residual } = room.solve(matrix, b, { output: 'float32' });
    expect(solution).toBeInstanceOf(Float32Array);
    expect(outcome).toBe('converged');
    expect(Math.abs(residualOf(small, solution, b) - residual)).toBeLessThan(1e-12);
    const strict = room.solve(matrix, b, { output: 'float32', tolerance: 1e-12 });
    expect(strict.outcome).toBe('stagnated');
    expect(strict.relativeResidual).toBeGreaterThan(1e-12);
  });

  test('writes the solution where it is asked to, as often as it is asked to', async () => {
    const x = new Float64Array(b.length);
    using prepared = room.prepare(matrix);
    expect(prepared.solve(b, { into: x }).solution).toBe(x);
    const { solution } = room.solve(matrix, b);
    expect(room.solve(matrix, b, { into: x }).solution).toBe(x);
    expect(x).toEqual(solution);
    x.fill(0);
    expect((await room.solveAsync(matrix, b, { into: x })).solution).toBe(x);
    expect(x).toEqual(solution);
    const rounded = new Float32Array(b.length);
    expect(room.solve(matrix, b, { output: 'float32', into: rounded }).solution).toBe(rounded);
    expect(rounded).toEqual(room.solve(matrix, b, { output: 'float32' }).solution);
    const before = Float64Array.from(x);
    for (const [into, code, type] of [
      [x.subarray(1), 'SHAPE', RangeError],
      [new Float64Array(b.length + 1), 'SHAPE', RangeError],
      [rounded, 'TYPE', TypeError],
      [Array.from(x), 'TYPE', TypeError],
    ] as const)
      refused(
        () => prepared.solve(b, { into: into as never }),
        type,
        code,
        'PreparedSolver.solve',
        /^"into"/,
      );
    expect(x).toEqual(before);
    const gone = new Float64Array(b.length);
    const moved = room.solveAsync(matrix, b, { into: gone });
    structuredClone(gone, { transfer: [gone.buffer] });
    await expect(moved).rejects.toMatchObject({ code: 'TYPE', argument: 'into' });
    refused(
      () => prepared.solveMany([b], { into: x } as never),
      TypeError,
      'TYPE',
      'PreparedSolver.solveMany',
      /^"into" is not an option/,
    );
  });

  test('names the output where a solution does not fit into float32, and stays usable', () => {
    using tiny = made({ n: 1, rows: [0], columns: [0], values: [1e-30] });
    using prepared = room.prepare(tiny, { output: 'float32' });
    const message = /"output" expected 'float64', as the solution is beyond the range of float32/;
    refused(() => prepared.solve([1e20]), RangeError, 'RANGE', 'PreparedSolver.solve', message);
    expect(prepared.solve([1e-30]).solution).toEqual(new Float32Array([1]));
  });

  test('solveAsync gives the same bits and reports progress', async () => {
    const seen: SolveProgress[] = [];
    using large = made(grid(150, 0.0001));
    const side = Float64Array.from({ length: 22_500 }, (_, i) => Math.sin(i * i));
    const options: SolveOptions & { output?: 'float64' } = { method: 'cg' };
    const expected = room.solve(large, side, options);
    const pending = room.solveAsync(large, side, { ...options, onProgress: (at) => seen.push(at) });
    expect(() => large.rows).toThrow(/BUSY|in use/);
    expect(await pending).toEqual(expected);
    expect(seen.length).toBeGreaterThan(0);
    for (const { method, iterations, edgeOperations } of seen) {
      expect(method).toBe('cg');
      expect(iterations).toBeGreaterThanOrEqual(0);
      expect(edgeOperations).toBeGreaterThan(0);
    }
  });

  test('an abort rejects with its reason and leaves everything usable', async () => {
    using large = made(grid(300, 1e-7));
    const side = Float64Array.from({ length: 90_000 }, (_, i) => Math.cos(i * i));
    const reason = new Error('enough');
    const control = new AbortController();
    const onProgress = () => {
      expect(control.signal.aborted).toBe(false);
      control.abort(reason);
    };
    await expect(
      room.solveAsync(large, side, { signal: control.signal, onProgress, tolerance: 1e-12 }),
    ).rejects.toBe(reason);
    expect(large.rows).toBe(90_000);
    const gone = AbortSignal.abort(reason);
    await expect(room.solveAsync(large, side, { signal: gone })).rejects.toBe(reason);
    const oops = new Error('in the callback');
    const broken = () => {
      throw oops;
    };
    await expect(room.solveAsync(large, side, { onProgress: broken })).rejects.toBe(oops);
  });

  test('a time limit is an outcome, with the best iterate', () => {
    using large = made(grid(400, 1e-7));
    const side = Float64Array.from({ length: 160_000 }, (_, i) => Math.cos(i * i));
    const result = room.solve(large, side, { method: 'cg', maxTimeMs: 30, tolerance: 1e-12 });
    expect(result.outcome).toBe('timeLimit');
    expect(result.relativeResidual).toBeLessThanOrEqual(1);
    expect(result.solution.length).toBe(160_000);
  });

  test('prepared solvers: sizes, many sides, end of life', async () => {
    const own = made(small);
    const prepared = room.prepare(own, { method: 'amg' });
    expect(prepared).toBeInstanceOf(room.PreparedSolver);
    expect(prepared.size).toBe(900);
    const before = prepared.bytesUsed;
    const [one, two] = prepared.solveMany([b, b.map((x) => 2 * x)]);
    expect(prepared.bytesUsed).toBeGreaterThan(before);
    expect(two!.solution[0]).toBeCloseTo(2 * one!.solution[0]!, 6);
    expect(one!.decision.attempts[0]!.setupWork).toBeGreaterThan(0);
    expect(two!.decision.attempts[0]!.setupWork).toBe(0);
    expect((await prepared.solveAsync(b)).solution).toEqual(one!.solution);
    const pending = prepared.solveAsync(b);
    expect(() => prepared.dispose()).toThrow(/in use/);
    await pending;
    own.dispose();
    refused(() => prepared.solve(b), Error, 'DISPOSED', 'PreparedSolver.solve', /disposed/);
    prepared.dispose();
    prepared.dispose();
    refused(() => prepared.solve(b), Error, 'DISPOSED', 'PreparedSolver.solve', /disposed/);
    refused(() => prepared.size, Error, 'DISPOSED', 'PreparedSolver.size', /disposed/);
  });

  test('refuses wrong types and shapes by name', () => {
    const solve =
      (options: object, side: unknown = b) =>
      () =>
        room.solve(matrix, side as number[], options as SolveOptions);
    refused(solve({}, [1, 2]), RangeError, 'SHAPE', 'solve', /^"b" expected length 900, got 2/);
    refused(solve({}, 'b'), TypeError, 'TYPE', 'solve', /^"b" expected/);
    refused(
      solve({ initialGuess: [1] }),
      RangeError,
      'SHAPE',
      'solve',
      /^"initialGuess" expected length 900/,
    );
    refused(
      solve({ method: 'gauss' }),
      RangeError,
      'RANGE',
      'solve',
      /^"method" expected 'auto' or/,
    );
    refused(
      solve({ ordering: 'rcm' }),
      RangeError,
      'RANGE',
      'solve',
      /^"ordering" expected 'auto' or/,
    );
    refused(solve({ ordering: 'topological' }), RangeError, 'OPTION', 'solve', /^"ordering"/);
    refused(solve({ method: 3 }), RangeError, 'RANGE', 'solve', /^"method"/);
    refused(
      solve({ tolerance: '1e-8' }),
      TypeError,
      'TYPE',
      'solve',
      /^"tolerance" expected number/,
    );
    refused(solve({ tolerance: 0 }), RangeError, 'OPTION', 'solve', /^"tolerance"/);
    refused(
      solve({ maxIterations: 0 }),
      RangeError,
      'RANGE',
      'solve',
      /^"maxIterations" expected integer in 1/,
    );
    refused(solve({ maxIterations: 1.5 }), RangeError, 'RANGE', 'solve', /^"maxIterations"/);
    refused(solve({ maxWork: -1 }), RangeError, 'RANGE', 'solve', /^"maxWork"/);
    // 900 rows and at least five vectors.
    refused(
      solve({ maxBytes: 36_000 }),
      RangeError,
      'RANGE',
      'solve',
      /^"maxBytes" expected integer in [3-9]\d{4}\.\./,
    );
    refused(solve({ maxTimeMs: 0 }), RangeError, 'RANGE', 'solve', /^"maxTimeMs"/);
    refused(solve({ output: 'f32' }), RangeError, 'RANGE', 'solve', /^"output"/);
    refused(solve({ history: 1 }), TypeError, 'TYPE', 'solve', /^"history"/);
    refused(solve({ tol: 1 }), TypeError, 'TYPE', 'solve', /^"tol" is not an option/);
    refused(() => room.solve({} as SparseMatrix, b), TypeError, 'TYPE', 'solve', /^"matrix"/);
    refused(
      () => room.prepare(matrix, { method: 'lu' }),
      Error,
      'UNSUPPORTED',
      'prepare',
      /^"method"/,
    );
    const wide = room.SparseMatrix.fromCoo({
      rows: 1,
      cols: 2,
      rowIndices: [0],
      columnIndices: [1],
      values: [1],
    });
    refused(() => room.solve(wide, [1]), Error, 'NOT_SQUARE', 'solve', /^"matrix"/);
    wide.dispose();
    refused(() => room.solve(wide, [1]), Error, 'DISPOSED', 'solve', /disposed/);
    expect(room.solve(matrix, b).outcome).toBe('converged');
  });

  test('a memory limit in the middle of a solve is an error that loses nothing', async () => {
    const tight = await createEngine({ memory: 6_000_000 });
    const { SparseMatrix: Matrix, solve } = await tight.use('solver');
    const { n, rows, columns, values } = grid(150, 0.01);
    using large = Matrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      values: new Float64Array(values!),
    });
    const side = new Float64Array(n).fill(1);
    const held = tight.stats().modules[0]!.bytesInUse;
    refused(() => solve(large, side, { method: 'amg' }), Error, 'MEMORY', 'solve', /limit/);
    expect(tight.stats().modules[0]!.bytesInUse).toBe(held);
    expect(solve(large, side, { method: 'cg' }).outcome).toBe('converged');
    large.dispose();
    tight.dispose();
  });

  test('a budget of bytes leads the automatic choice around what does not fit', () => {
    const coo = grid(60, 0.001);
    using a = made(coo);
    const side = Array.from({ length: coo.n }, (_, i) => ((7 * i) % 11) - 5);
    const free = room.solve(a, side);
    expect(free.method).toBe('amg');
    using prepared = room.prepare(a, { maxBytes: 250_000 });
    const bound = prepared.solve(side);
    expect(bound.outcome).toBe('converged');
    expect(prepared.bytesUsed).toBeLessThanOrEqual(250_000);
    const outcomes = bound.decision.attempts.map(({ method, outcome }) => [method, outcome]);
    expect(outcomes).toContainEqual(['amg', 'memoryLimit']);
  });

  test('the residual is that of the solution, and bounds hold, for random systems', () => {
    const system = fc.record({
      n: fc.integer({ min: 1, max: 25 }),
      seed: fc.integer(),
      slack: fc.double({ min: -0.5, max: 2, noNaN: true }),
      symmetric: fc.boolean(),
      method: fc.constantFrom<SolveMethod>(
        'auto',
        'bicgstab',
        'bicgstabIlu',
        'gmres',
        'lu',
        'gaussSeidel',
      ),
    });
    fc.assert(
      fc.property(system, ({ n, seed, slack, symmetric, method }) => {
        const draw = random(seed);
        const coo = wholeNumbers(n, draw, slack, symmetric);
        const exact = Array.from({ length: n }, () => Math.round(draw() * 200) - 100);
        // Whole numbers: this product is exact.
        const side = new Array<number>(n).fill(0);
        coo.rows.forEach((i, k) => {
          side[i]! += coo.values[k]! * exact[coo.columns[k]!]!;
        });
        using a = made(coo);
        const r = room.solve(a, side, { method, maxIterations: 5000 });
        const size = norm(coo.values) * (1 + norm(r.solution)) + norm(side);
        expect(Math.abs(residualOf(coo, r.solution, side) - r.residual)).toBeLessThanOrEqual(
          1e-14 * size,
        );
        if (r.outcome === 'converged') expect(r.relativeResidual).toBeLessThanOrEqual(1e-8);
        const error = exact.map((x, i) => Math.abs(x - r.solution[i]!));
        if (r.errorBoundNorm === 'infinity')
          expect(Math.max(...error)).toBeLessThanOrEqual(r.errorBound!);
        if (r.errorBoundNorm === 1)
          expect(error.reduce((s, x) => s + x, 0)).toBeLessThanOrEqual(r.errorBound! * (1 + 1e-12));
        if (slack > 0.01) expect(r.errorBoundNorm).toBeDefined();
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  test.each(methods)('%s: sums, multiples and renumberings agree within the bounds', (method) => {
    const system = fc.record({
      n: fc.integer({ min: 1, max: 30 }),
      seed: fc.integer(),
      slack: fc.double({ min: 0, max: 2, noNaN: true }),
      symmetric: fc.boolean(),
      factors: fc.tuple(
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 1, max: 1000 }),
      ),
      tolerance: fc.constantFrom(1e-2, 1e-6, 1e-10),
    });
    const takesAsymmetric = ['auto', 'gaussSeidel', 'bicgstab', 'bicgstabIlu', 'gmres', 'lu'];
    let loosest = 0;
    fc.assert(
      fc.property(system, ({ n, seed, slack, symmetric, factors, tolerance }) => {
        const draw = random(seed);
        const coo = wholeNumbers(n, draw, slack, symmetric || !takesAsymmetric.includes(method));
        const solved = (each: Coo, side: number[]) => {
          using a = made(each);
          const r = room.solve(a, side, { method, tolerance });
          expect(r.outcome).toBe('converged');
          expect(r.errorBoundNorm).toBe('infinity');
          const size = norm(each.values!) * norm(r.solution) + norm(side);
          expect(Math.abs(residualOf(each, r.solution, side) - r.residual)).toBeLessThanOrEqual(
            1e-14 * size,
          );
          return { x: r.solution, bound: r.errorBound! };
        };
        // No further apart than both bounds allow; only the arithmetic of this comparison is added.
        const agree = (x: Float64Array, y: number[], bound: number) => {
          x.forEach((each, i) => {
            expect(Math.abs(each - y[i]!)).toBeLessThanOrEqual(
              bound * (1 + 1e-14) + 1e-14 * Math.max(...y.map(Math.abs)),
            );
          });
          loosest = Math.max(loosest, bound);
        };
        // Whole numbers: the sums and products of the sides and of the matrix are exact.
        const [one, two] = [1, 2].map(() =>
          Array.from({ length: n }, () => Math.round(draw() * 200) - 100),
        );
        const [p, q, scale] = factors;
        const [first, second] = [solved(coo, one!), solved(coo, two!)];
        const both = solved(
          coo,
          one!.map((b, i) => p * b + q * two![i]!),
        );
        const parts = Array.from(first.x, (x, i) => [p * x, q * second.x[i]!] as const);
        const largest = Math.max(...parts.flat().map(Math.abs));
        agree(
          both.x,
          parts.map(([x, y]) => x + y),
          both.bound + Math.abs(p) * first.bound + Math.abs(q) * second.bound + 1e-15 * largest,
        );
        const scaled = solved(
          { ...coo, values: coo.values.map((x) => scale * x) },
          one!.map((x) => scale * x),
        );
        agree(scaled.x, Array.from(first.x), scaled.bound + first.bound);
        const place = Array.from({ length: n }, (_, i) => ({ i, key: draw() }))
          .sort((u, v) => u.key - v.key)
          .map(({ i }) => i);
        const moved = new Array<number>(n);
        place.forEach((to, i) => {
          moved[to] = one![i]!;
        });
        const renumbered = solved(
          {
            ...coo,
            rows: coo.rows.map((i) => place[i]!),
            columns: coo.columns.map((j) => place[j]!),
          },
          moved,
        );
        agree(
          first.x,
          place.map((to) => renumbered.x[to]!),
          renumbered.bound + first.bound,
        );
      }),
      { numRuns: 60, seed: 11 },
    );
    // The bounds were put to the test: some solve stopped short of the exact solution, and said by how much.
    expect(loosest).toBeGreaterThan(0);
    expect(loosest).toBeLessThan(1e6);
  });
});

/** Random whole numbers, each diagonal entry about 1 + slack times the others of its row (and 1 more). */
function wholeNumbers(n: number, draw: () => number, slack: number, symmetric: boolean) {
  const dense = Array.from({ length: n }, () => new Float64Array(n));
  for (let k = 0; k < 3 * n; k++) {
    const [i, j] = [Math.floor(draw() * n), Math.floor(draw() * n)];
    dense[i]![j] = Math.round(draw() * 20) - 10;
    if (symmetric) dense[j]![i] = dense[i]![j]!;
  }
  const coo = { n, rows: [] as number[], columns: [] as number[], values: [] as number[] };
  for (let i = 0; i < n; i++) {
    const others = dense[i]!.reduce((sum, x, j) => sum + (j === i ? 0 : Math.abs(x)), 0);
    dense[i]![i] = Math.round((others + 1) * (1 + slack)) || 1;
    for (let j = 0; j < n; j++) {
      if (dense[i]![j] === 0) continue;
      coo.rows.push(i);
      coo.columns.push(j);
      coo.values.push(dense[i]![j]!);
    }
  }
  return coo;
}

test('the raw door notices stale handles and a matrix that is gone', async () => {
  const module = await RawModule.open(await distFile('raw/solver.simd.wasm'));
  const { call } = module;
  const one = [new Uint32Array([0]), new Float64Array([4]), new Float64Array(13)];
  module.with(one, (index, value, out) => {
    const matrix = module.made(call.sl_abi_matrix_from_coo!(1, 1, 1, index!, index!, value!, 2));
    const solver = module.made(call.sl_abi_solver_create!(matrix, 0, 1e-8, 0, 0, 0));
    expect(() => module.made(call.sl_abi_solver_create!(solver, 0, 1e-8, 0, 0, 0))).toThrow(
      RawFailure,
    );
    module.check(call.sl_abi_solver_begin!(solver, value!, 0));
    module.check(call.sl_abi_matrix_destroy!(matrix));
    for (const result of [
      call.sl_abi_job_step!(solver, 1, out!),
      call.sl_abi_solver_finish!(solver, out!, out!, 0),
      call.sl_abi_solver_begin!(matrix, value!, 0),
      call.sl_abi_solver_info!(0, out!, out! + 8),
      call.sl_abi_job_stop!(solver + 65536, 3),
    ]) {
      expect(result).toBe(-21);
    }
    module.check(call.sl_abi_solver_destroy!(solver));
    expect(call.sl_abi_solver_destroy!(solver)).toBe(-21);
  });
  expect([call.sl_abi_bytes_in_use!(), call.sl_abi_handle_count!()]).toEqual([0, 0]);
});
