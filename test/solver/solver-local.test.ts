// Local answers as TypeScript users meet them. What both doors share is in solver-local.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { SolveEntriesOptions, SolverRoom } from 'sublinear/solver';
import type { SparseMatrix } from 'sublinear/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refused } from '../support/refused.js';
import { type Coo, grid, localCases, localDoors } from './solver-local.cases.js';

describeCases(localDoors, localCases);

describe('solveEntries', () => {
  let engine: Engine;
  let room: SolverRoom;
  let matrix: SparseMatrix;
  const next = random(1);
  const b = Float64Array.from({ length: 2500 }, () => 2 * next() - 1);
  const options = { b, indices: [1275, 0], absoluteError: 1e-6 };

  const made = ({ n, rows, columns, values }: Coo) =>
    room.SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      values: new Float64Array(values),
    });

  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('solver');
    matrix = made(grid(50, 0.3));
  });
  afterAll(() => {
    matrix.dispose();
    engine.dispose();
  });

  test('takes every kind of right-hand side, with the same answer', async () => {
    const { Vector } = await engine.use('dense');
    using vector = Vector.from(b);
    const expected = room.solveEntries(matrix, options);
    expect(expected.outcome).toBe('converged');
    for (const side of [Array.from(b), vector])
      expect(room.solveEntries(matrix, { ...options, b: side })).toEqual(expected);
    const sparse = { indices: Uint32Array.from(b.keys()), values: b };
    const { values } = room.solveEntries(matrix, { ...options, b: sparse });
    for (const [k, value] of values.entries())
      expect(Math.abs(value - expected.values[k]!)).toBeLessThanOrEqual(2e-6);
  });

  test('agrees with the full solve', () => {
    const { solution } = room.solve(matrix, b, { tolerance: 1e-13 });
    const indices = Uint32Array.from({ length: 60 }, (_, k) => 41 * k);
    const { values, errorBounds } = room.solveEntries(matrix, { ...options, indices });
    for (const [k, i] of indices.entries())
      expect(Math.abs(values[k]! - solution[i]!)).toBeLessThanOrEqual(errorBounds[k]! + 1e-12);
  });

  test('keeps its workspace with the matrix and frees it with the matrix', () => {
    const held = () => engine.stats().modules[0]!.bytesInUse;
    const before = held();
    const other = made(grid(20, 0.5));
    room.solveEntries(other, {
      b: { indices: [3], values: [1] },
      indices: [7],
      absoluteError: 1e-3,
    });
    const after = held();
    expect(after - before).toBeGreaterThan(400 * 49);
    for (let k = 0; k < 10; k++)
      room.solveEntries(other, {
        b: { indices: [3], values: [1] },
        indices: [7],
        absoluteError: 1e-3,
      });
    expect(held()).toBe(after);
    other.dispose();
    expect(held()).toBe(before);
  });

  test('gives nothing away after a refusal', () => {
    room.solveEntries(matrix, options);
    const held = engine.stats().modules[0]!.bytesInUse;
    for (let k = 0; k < 1000; k++)
      expect(() => room.solveEntries(matrix, { ...options, indices: [2500] })).toThrow(RangeError);
    expect(engine.stats().modules[0]!.bytesInUse).toBe(held);
    expect(room.solveEntries(matrix, options).outcome).toBe('converged');
  });

  test('refuses wrong types by the name of the option', () => {
    const call = (wrong: object) => () =>
      room.solveEntries(matrix, { ...options, ...wrong } as SolveEntriesOptions);
    const operation = 'solveEntries';
    refused(call({ b: 'x' }), TypeError, 'TYPE', operation, /^"b" expected/);
    refused(call({ b: [1, 'x'] }), TypeError, 'TYPE', operation, /^"b\[1\]" expected number/);
    refused(call({ indices: 3 }), TypeError, 'TYPE', operation, /^"indices" expected/);
    refused(
      call({ indices: [1.5] }),
      RangeError,
      'RANGE',
      operation,
      /^"indices\[0\]" expected integer/,
    );
    refused(
      call({ absoluteError: '1' }),
      TypeError,
      'TYPE',
      operation,
      /^"absoluteError" expected number/,
    );
    refused(call({ absoluteError: undefined }), TypeError, 'TYPE', operation, /^"absoluteError"/);
    refused(call({ pushWork: 0 }), RangeError, 'RANGE', operation, /^"pushWork" expected integer/);
    refused(call({ maxWork: -1 }), RangeError, 'RANGE', operation, /^"maxWork" expected integer/);
    refused(
      call({ maxTimeMs: 0 }),
      RangeError,
      'RANGE',
      operation,
      /^"maxTimeMs" expected number > 0/,
    );
    refused(call({ tolerance: 1 }), TypeError, 'TYPE', operation, /^"tolerance" is not an option/);
    refused(
      call({ b: { indices: [1, 2], values: [1] } }),
      RangeError,
      'SHAPE',
      operation,
      /^"b.values" expected length 2, got 1/,
    );
    refused(
      () => room.solveEntries({} as SparseMatrix, options),
      TypeError,
      'TYPE',
      operation,
      /^"matrix" expected SparseMatrix/,
    );
    using tall = room.SparseMatrix.fromCoo({
      rows: 2,
      cols: 1,
      rowIndices: [0],
      columnIndices: [0],
      values: [1],
    });
    refused(() => room.solveEntries(tall, options), Error, 'NOT_SQUARE', operation, /^"matrix"/);
    const gone = made(grid(2, 1));
    gone.dispose();
    refused(() => room.solveEntries(gone, options), Error, 'DISPOSED', operation, /disposed/);
  });

  test('a time limit is an outcome and its bounds hold', () => {
    using hard = made(grid(120, 1e-4));
    const wanted = { b: new Float64Array(14400).fill(1), indices: [7000], absoluteError: 1e-9 };
    const { outcome, errorBound, values } = room.solveEntries(hard, {
      ...wanted,
      pushWork: 1e12,
      maxTimeMs: 1e-3,
    });
    expect(outcome).toBe('timeLimit');
    // A constant b gives the constant solution b / shift.
    expect(Math.abs(values[0]! - 1e4)).toBeLessThanOrEqual(errorBound);
  });

  test('the asynchronous form gives the same answer, reports progress and holds its objects', async () => {
    const { Vector } = await engine.use('dense');
    using vector = Vector.from(b);
    using hard = made(grid(50, 0.03));
    const wanted = { b: vector, indices: [1275, 9, 2000], absoluteError: 1e-8, pushWork: 1e12 };
    const steps: number[] = [];
    const running = room.solveEntriesAsync(hard, {
      ...wanted,
      onProgress: ({ edgeOperations, settledEntries, totalEntries }) => {
        expect(settledEntries).toBeLessThanOrEqual(totalEntries);
        expect(totalEntries).toBe(3);
        steps.push(edgeOperations);
        refused(() => hard.dispose(), Error, 'BUSY', 'dispose', /in use/);
        refused(() => room.solveEntries(hard, wanted), Error, 'BUSY', 'solveEntries', /in use/);
        refused(() => vector.fill(0), Error, 'BUSY', 'Vector.fill', /in use/);
      },
    });
    const result = await running;
    expect(steps.length).toBeGreaterThan(0);
    expect(steps).toEqual([...steps].sort((x, y) => x - y));
    expect(room.solveEntries(hard, wanted)).toEqual(result);
  });

  test('aborting rejects with the reason and leaves everything usable', async () => {
    using hard = made(grid(100, 1e-3));
    const abort = new AbortController();
    const wanted = { b: new Float64Array(10_000).fill(1), indices: [5050], absoluteError: 1e-9 };
    const running = room.solveEntriesAsync(hard, {
      ...wanted,
      pushWork: 1e12,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await expect(
      room.solveEntriesAsync(hard, { ...wanted, signal: AbortSignal.abort(new Error('before')) }),
    ).rejects.toThrow('before');
    await expect(room.solveEntriesAsync(hard, { ...wanted, indices: [] })).rejects.toMatchObject({
      code: 'EMPTY',
      operation: 'solveEntriesAsync',
    });
    expect(room.solveEntries(hard, { ...wanted, absoluteError: 1 }).outcome).toBe('converged');
  });
});

describe('solveSparse and estimateDot', () => {
  let engine: Engine;
  let room: SolverRoom;
  let matrix: SparseMatrix;
  const next = random(4);
  const b = Float64Array.from({ length: 900 }, () => 2 * next() - 1);

  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('solver');
    const { n, rows, columns, values } = grid(30, 0.3);
    matrix = room.SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      values: new Float64Array(values),
    });
  });
  afterAll(() => {
    matrix.dispose();
    expect(engine.stats().modules[0]!.bytesInUse).toBe(0);
    engine.dispose();
  });

  test('agree with the full solve', () => {
    const { solution } = room.solve(matrix, b, { tolerance: 1e-13 });
    const sparse = { indices: Uint32Array.from(b.keys()), values: b };
    const { indices, values, errorBound } = room.solveSparse(matrix, {
      b: sparse,
      absoluteError: 1e-6,
    });
    for (const [k, i] of indices.entries())
      expect(Math.abs(values[k]! - solution[i]!)).toBeLessThanOrEqual(errorBound + 1e-12);
    const sum = solution.reduce((all, value) => all + value, 0);
    const t = new Float32Array(900).fill(1);
    const r = room.estimateDot(matrix, { t, b, absoluteError: 1e-3 });
    expect(Math.abs(r.value - sum)).toBeLessThanOrEqual(r.errorBound + 1e-9);
    expect(r.interval).toBeUndefined();
  });

  test('the asynchronous forms give the same answers and hold their objects', async () => {
    const { Vector } = await engine.use('dense');
    using vector = Vector.from(b);
    const t = { indices: [450, 3], values: [1, 2] };
    const asked = { t, b: vector, absoluteError: 1e-8, pushWork: 1e9 };
    let busy = 0;
    const r = await room.estimateDotAsync(matrix, {
      ...asked,
      onProgress: ({ edgeOperations }) => {
        expect(edgeOperations).toBeGreaterThan(0);
        expect(() => matrix.dispose()).toThrow(/in use/);
        expect(() => vector.fill(0)).toThrow(/in use/);
        busy++;
      },
    });
    expect(r).toEqual(room.estimateDot(matrix, asked));
    const wanted = { b: t, absoluteError: 1e-7 };
    expect(await room.solveSparseAsync(matrix, wanted)).toEqual(room.solveSparse(matrix, wanted));
    const signal = AbortSignal.abort(new Error('no'));
    await expect(room.solveSparseAsync(matrix, { ...wanted, signal })).rejects.toThrow('no');
    await expect(room.estimateDotAsync(matrix, { ...asked, signal })).rejects.toThrow('no');
    expect(busy).toBeGreaterThanOrEqual(0);
  });

  test('refuse wrong types by the name of the option', () => {
    const sparse = (wrong: object) => () =>
      room.solveSparse(matrix, { b: { indices: [1], values: [1] }, absoluteError: 1, ...wrong });
    refused(
      sparse({ b: [1, 2] }),
      TypeError,
      'TYPE',
      'solveSparse',
      /^"b" expected { indices, values }/,
    );
    refused(sparse({ norm: 2 }), RangeError, 'RANGE', 'solveSparse', /^"norm" expected/);
    refused(sparse({ maxWork: 0 }), RangeError, 'RANGE', 'solveSparse', /^"maxWork" expected/);
    refused(
      sparse({ indices: [1] }),
      TypeError,
      'TYPE',
      'solveSparse',
      /^"indices" is not an option/,
    );
    const estimate = (wrong: object) => () =>
      room.estimateDot(matrix, { t: b, b, absoluteError: 1, ...wrong });
    refused(estimate({ t: 'x' }), TypeError, 'TYPE', 'estimateDot', /^"t" expected/);
    refused(estimate({ seed: -1 }), RangeError, 'RANGE', 'estimateDot', /^"seed" expected/);
    refused(estimate({ seed: 0.5 }), RangeError, 'RANGE', 'estimateDot', /^"seed" expected/);
    refused(
      estimate({ confidence: 0 }),
      RangeError,
      'RANGE',
      'estimateDot',
      /^"confidence" expected/,
    );
    refused(
      estimate({ confidence: '1' }),
      TypeError,
      'TYPE',
      'estimateDot',
      /^"confidence" expected/,
    );
  });

  test('a time limit is an outcome and its bounds hold', () => {
    const t = { indices: [450], values: [1] };
    const r = room.estimateDot(matrix, {
      t,
      b: new Float64Array(900).fill(1),
      absoluteError: 1e-9,
      pushWork: 1e12,
      maxTimeMs: 1e-3,
    });
    expect(['timeLimit', 'converged']).toContain(r.outcome);
    expect(Math.abs(r.value - 1 / 0.3)).toBeLessThanOrEqual(r.errorBound);
    const s = room.solveSparse(matrix, {
      b: t,
      absoluteError: 1e-12,
      pushWork: 1e12,
      maxTimeMs: 1e-3,
    });
    expect(['timeLimit', 'converged', 'stagnated']).toContain(s.outcome);
  });
});
