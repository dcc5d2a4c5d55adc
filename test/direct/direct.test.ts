// Factorisations as TypeScript users meet them. What both doors share is in direct.cases.ts.
import { createEngine, type Engine, SublinearError } from 'sublinear';
import type { DirectRoom, SparseMatrix } from 'sublinear/direct';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Coo } from '../solver/solver.cases.js';
import { describeCases } from '../support/door.js';
import { refused } from '../support/refused.js';
import {
  convection,
  cubeOf,
  directCases,
  directDoors,
  held,
  shiftedMesh,
  side,
} from './direct.cases.js';

describeCases(directDoors, directCases);

describe('factorize', () => {
  let engine: Engine;
  let room: DirectRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('direct');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;
  const made = ({ n, rows, columns, values }: Coo): SparseMatrix =>
    room.SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      values: new Float64Array(values ?? []),
    });

  test('outlives its matrix', () => {
    const matrix = made(held(5, 5, 0));
    using factor = room.factorize(matrix);
    matrix.dispose();
    expect(factor.solve(side(25, 1)).outcome).toBe('converged');
    expect(factor.size).toBe(25);
    expect([factor.method, factor.ordering]).toEqual(['cholesky', 'amd']);
    expect(factor.bytesUsed).toBeGreaterThan(8 * factor.fill);
  });

  test('the natural order fills a band', () => {
    using matrix = made(held(6, 30, 0));
    using natural = room.factorize(matrix, { ordering: 'natural' });
    using amd = room.factorize(matrix);
    expect(natural.ordering).toBe('natural');
    // Each column reaches one line of the grid ahead; the band is not full in the first line.
    expect(natural.fill).toBe(180 + 6 * 174 + (5 * 6) / 2 - (4 + 3 + 2 + 1));
    expect(amd.fill).toBeLessThan(natural.fill);
  });

  test('the order is chosen by what it is predicted to fill', () => {
    using cube = made(cubeOf(22));
    using natural = room.factorize(cube, { ordering: 'amd' });
    using chosen = room.factorize(cube);
    expect([natural.ordering, chosen.ordering]).toEqual(['amd', 'nested']);
    expect(chosen.flops).toBeLessThan(0.7 * natural.flops);
    const { ordering, fill } = room.estimateFactor(cube);
    expect([ordering, fill]).toEqual(['nested', chosen.fill]);
    expect(chosen.solve(side(22 ** 3, 1)).backwardError).toBeLessThan(1e-14);
    // A mesh whose rows stand far from their columns.
    using shifted = made(shiftedMesh(1500));
    using lu = room.factorize(shifted);
    using plain = room.factorize(shifted, { ordering: 'amd' });
    expect([lu.ordering, plain.ordering]).toEqual(['columns', 'amd']);
    expect(lu.flops).toBeLessThan(plain.flops);
    expect(lu.solve(side(1500, 1)).backwardError).toBeLessThan(1e-14);
  });

  test('writes into an array', () => {
    using matrix = made(held(3, 3, 0));
    using factor = room.factorize(matrix);
    const into = new Float64Array(18);
    const { solution } = factor.solve(side(18, 2), { into });
    expect(solution).toBe(into);
    expect(into.some((x) => x !== 0)).toBe(true);
    const short = new Float64Array(9);
    const operation = 'Factorization.solve';
    refused(
      () => factor.solve(side(18, 2), { into: short }),
      RangeError,
      'SHAPE',
      operation,
      /"into"/,
    );
    refused(
      () => factor.solve(side(9, 2), { into: any([]) }),
      TypeError,
      'TYPE',
      operation,
      /"into"/,
    );
  });

  test('without refinement it tells the error of the first answer', () => {
    using matrix = made(held(40, 40, 0));
    using factor = room.factorize(matrix);
    const first = factor.solve(side(1600, 3), { refinements: 0 });
    const refined = factor.solve(side(1600, 3));
    expect(first.refinements).toBe(0);
    expect(refined.backwardError).toBeLessThanOrEqual(first.backwardError);
    expect(factor.solve(side(1600, 3), { refinements: 0, tolerance: 0 }).outcome).toBe('stagnated');
  });

  test('a factorisation that failed is none, until the next', () => {
    using matrix = made(held(3, 3, 0));
    using factor = room.factorize(matrix, { method: 'cholesky' });
    const values = Array.from(matrix.toCsr().values ?? []);
    const negative = values.map((value) => -value);
    const solve = () => factor.solve(side(9, 1));
    refused(
      () => factor.refactorize(negative),
      SublinearError,
      'NOT_DEFINITE',
      'Factorization.refactorize',
      /definite/,
    );
    refused(solve, SublinearError, 'STATE', 'Factorization.solve', /factor/);
    refused(
      () => factor.logDeterminant(),
      SublinearError,
      'STATE',
      'Factorization.logDeterminant',
      /factor/,
    );
    expect(factor.refactorize(values)).toBe(factor);
    expect(solve().outcome).toBe('converged');
  });

  test('refuses what is no argument', () => {
    using matrix = made(held(3, 3, 0));
    using factor = room.factorize(matrix);
    const { factorize, estimateFactor } = room;
    const solve = 'Factorization.solve';
    refused(() => factorize(any({})), TypeError, 'TYPE', 'factorize', /"matrix"/);
    refused(
      () => factorize(matrix, { method: any('qr') }),
      RangeError,
      'RANGE',
      'factorize',
      /"method"/,
    );
    refused(
      () => factorize(matrix, any({ methods: 1 })),
      TypeError,
      'TYPE',
      'factorize',
      /methods/,
    );
    refused(
      () => estimateFactor(matrix, { ordering: any(1) }),
      RangeError,
      'RANGE',
      'estimateFactor',
      /"ordering"/,
    );
    refused(() => factor.solve([1, 2]), RangeError, 'SHAPE', solve, /"b"/);
    refused(() => factor.solve([]), RangeError, 'SHAPE', solve, /"b"/);
    refused(() => factor.solve(any('b')), TypeError, 'TYPE', solve, /"b"/);
    refused(
      () => factor.solve(side(9, 1), { refinements: 101 }),
      RangeError,
      'OPTION',
      solve,
      /refinements/,
    );
    refused(
      () => factor.solve(side(9, 1), { tolerance: -1 }),
      RangeError,
      'OPTION',
      solve,
      /tolerance/,
    );
    refused(
      () => factor.refactorize(any(3)),
      TypeError,
      'TYPE',
      'Factorization.refactorize',
      /"values"/,
    );
  });

  test('says how much memory was wanted before it works', async () => {
    const small = await createEngine({ memory: 16_000_000 });
    const { SparseMatrix, factorize, estimateFactor } = await small.use('direct');
    const { n, rows, columns, values } = held(250, 250, 0);
    using matrix = SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      values: values as number[],
    });
    let error: unknown;
    try {
      const { bytes } = estimateFactor(matrix);
      expect(bytes).toBeGreaterThan(16_000_000);
      factorize(matrix);
    } catch (thrown) {
      error = thrown;
    }
    expect((error as SublinearError).code).toBe('MEMORY');
    matrix.dispose();
    for (const { bytesInUse } of small.stats().modules) expect(bytesInUse).toBe(0);
    small.dispose();
  });

  test('in slices: the same bits, progress, busy meanwhile', async () => {
    using matrix = made(held(60, 60, 0.3));
    using now = room.factorize(matrix);
    let calls = 0;
    using later = await room.factorizeAsync(matrix, { onProgress: () => calls++ });
    expect(calls).toBeGreaterThan(0);
    const b = side(3600, 4);
    const running = later.solveAsync(b);
    refused(() => later.solve(b), SublinearError, 'BUSY', 'Factorization.solve', /use/);
    expect((await running).solution).toEqual(now.solve(b).solution);
    expect((await later.solveTransposeAsync(b)).solution).toEqual(now.solve(b).solution);
    expect(await later.conditionEstimateAsync()).toBe(now.conditionEstimate());
    expect(await room.estimateFactorAsync(matrix)).toEqual(room.estimateFactor(matrix));
    await later.refactorizeAsync(matrix);
    expect(later.solve(b).solution).toEqual(now.solve(b).solution);
    using loaded = await room.Factorization.loadAsync(new Blob([now.save()]).stream());
    expect(loaded.solve(b).solution).toEqual(now.solve(b).solution);
  });

  test.each([
    ['symmetric', held(150, 150, 0)],
    ['not symmetric', convection(80, 2)],
  ])('aborts while it factorises: %s', async (_name, coo) => {
    using matrix = made(coo);
    const inUse = () => engine.stats().modules.map(({ bytesInUse }) => bytesInUse);
    const before = inUse();
    for (const method of ['factorizeAsync', 'estimateFactorAsync'] as const) {
      const control = new AbortController();
      const onProgress = () => control.abort(new Error('enough'));
      await expect(room[method](matrix, { signal: control.signal, onProgress })).rejects.toThrow(
        'enough',
      );
    }
    // Not even the copy that the matrix came in.
    expect(inUse()).toEqual(before);
  });

  test('what was aborted leaves a factor that answers', async () => {
    using matrix = made(held(100, 100, 0));
    using factor = room.factorize(matrix);
    const b = side(10_000, 2);
    const { solution } = factor.solve(b);
    const condition = factor.conditionEstimate();
    const giveUp = async (begin: (how: object) => Promise<unknown>) => {
      const control = new AbortController();
      const onProgress = () => control.abort(new Error('enough'));
      await expect(begin({ signal: control.signal, onProgress })).rejects.toThrow('enough');
    };
    await giveUp((how) => factor.solveAsync(b, how));
    expect(factor.solve(b).solution).toEqual(solution);
    await giveUp((how) => factor.solveTransposeAsync(b, how));
    await giveUp((how) => factor.conditionEstimateAsync(how));
    expect(factor.conditionEstimate()).toBe(condition);
    // With other values half in it there is no factor, and the next call can make one.
    await giveUp((how) => factor.refactorizeAsync(matrix, how));
    refused(() => factor.solve(b), SublinearError, 'STATE', 'Factorization.solve', /succeeded/);
    expect(factor.refactorize(matrix).solve(b).solution).toEqual(solution);
  });

  test('one answer more costs no memory', () => {
    using matrix = made(held(20, 20, 0));
    using factor = room.factorize(matrix);
    factor.solve(side(400, 1));
    const held400 = factor.bytesUsed;
    for (let i = 0; i < 5; i++) factor.solve(side(400, i));
    expect(factor.bytesUsed).toBe(held400);
  });
});

test('works in a worker', async () => {
  const engine = await createWorkerEngine({ modules: ['direct'] });
  try {
    const { SparseMatrix, factorize } = engine.direct;
    const matrix = await SparseMatrix.fromDense({ rows: 2, cols: 2, values: [4, 1, 1, 3] });
    const factor = await factorize(matrix);
    const { solution } = await factor.solve([5, 4]);
    expect(Array.from(solution)).toEqual([1, 1]);
    expect(await factor.method).toBe('cholesky');
  } finally {
    await engine.dispose();
  }
});
