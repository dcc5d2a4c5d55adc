// Least squares as TypeScript users meet them. What both doors share is in leastsquares.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { LeastsquaresRoom } from 'sublinear/leastsquares';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { ladder, leastSquaresCases, leastSquaresDoors } from './leastsquares.cases.js';

describeCases(leastSquaresDoors, leastSquaresCases);

describe('solveLeastSquares', () => {
  let engine: Engine;
  let room: LeastsquaresRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('leastsquares');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;
  const made = (n: number, more: number) => {
    const { values, ...rest } = ladder(n, more);
    return room.SparseMatrix.fromCoo({ ...rest, values: new Float64Array(values) });
  };
  const side = (count: number) => Float64Array.from({ length: count }, (_, i) => Math.sin(i));

  test('its residuals bound those of the array that is returned', () => {
    using matrix = made(50, 30);
    const b = side(80);
    const { solution, residualNorm, normalResidualNorm, solutionNorm, method } =
      room.solveLeastSquares(matrix, b);
    const r = matrix.multiply(solution).map((x, i) => b[i]! - x);
    using transposed = matrix.transpose();
    expect(Math.hypot(...r)).toBeLessThanOrEqual(residualNorm * (1 + 1e-13));
    expect(residualNorm).toBeLessThan(Math.hypot(...r) * (1 + 1e-12));
    expect(Math.hypot(...transposed.multiply(r))).toBeLessThan(normalResidualNorm + 1e-13);
    expect(solutionNorm).toBeCloseTo(Math.hypot(...solution), 10);
    expect(method).toBe('lsmr');
  });

  test('of many right-hand sides the worst one is told', () => {
    using matrix = made(20, 0);
    const b = new Float64Array(60);
    b.set(side(20), 20);
    b.set(matrix.multiply(new Float64Array(20).fill(1)), 40);
    const { columns, outcome, iterations } = room.solveLeastSquares(matrix, b, {
      maxIterations: 9,
    });
    expect(columns.map((column) => column.iterations)).toEqual([0, 9, 9]);
    expect([outcome, iterations, columns[0]?.outcome]).toEqual(['iterationLimit', 9, 'converged']);
    const whole = room.solveLeastSquares(matrix, b);
    expect(whole.outcome).toBe('converged');
    expect(whole.backwardError).toBe(
      Math.max(...whole.columns.map(({ backwardError }) => backwardError)),
    );
    for (const x of whole.solution.subarray(40)) expect(x).toBeCloseTo(1, 7);
  });

  test('refuses what is no option', () => {
    using matrix = made(4, 2);
    const bad: [object, string][] = [
      [{ method: 'svd' }, 'method'],
      [{ damping: '1' }, 'damping'],
      [{ damping: Number.NaN }, 'damping'],
      [{ tolerance: Number.NaN }, 'tolerance'],
      [{ maxIterations: 1.5 }, 'maxIterations'],
      [{ conditionLimit: 0 }, 'conditionLimit'],
      [{ columnScaling: 1 }, 'columnScaling'],
      [{ maxTimeMs: 0 }, 'maxTimeMs'],
      [{ scaling: true }, 'scaling'],
    ];
    for (const [options, name] of bad)
      expect(() => room.solveLeastSquares(matrix, side(6), any(options)), name).toThrow(name);
    expect(() => room.solveLeastSquares(any({}), side(6))).toThrow(TypeError);
    expect(() => room.solveLeastSquares(matrix, any('b'))).toThrow('b');
    matrix.dispose();
    expect(() => room.solveLeastSquares(matrix, side(6))).toThrow(/dispose/);
  });

  test('asynchronous: the same bits, progress, abort, a budget', async () => {
    using matrix = made(3000, 1500);
    const b = side(9000);
    const now = room.solveLeastSquares(matrix, b);
    let told = 0;
    const later = await room.solveLeastSquaresAsync(matrix, b, { onProgress: () => told++ });
    expect(later).toEqual(now);
    expect(told).toBeGreaterThan(0);
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = room.solveLeastSquaresAsync(matrix, b, { signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const short = room.solveLeastSquares(matrix, b, { maxTimeMs: 1e-3 });
    expect([short.outcome, short.columns.length]).toEqual(['timeLimit', 2]);
  });

  test('in a worker', async () => {
    const worker = await createWorkerEngine({ modules: ['leastsquares'] });
    try {
      const { solveLeastSquares, SparseMatrix } = worker.leastsquares;
      const matrix = await SparseMatrix.fromDense({ rows: 2, cols: 1, values: [1, 1] });
      const { solution } = await solveLeastSquares(matrix, [1, 3]);
      expect(solution[0]).toBeCloseTo(2, 12);
    } finally {
      await worker.dispose();
    }
  });
});
