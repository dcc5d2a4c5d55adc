// Dense linear algebra as TypeScript users meet it. What both doors share is in linalg.cases.ts.
import { createWorkerEngine } from 'sublinear/worker';
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { drawn, linalgCases, linalgDoors } from './linalg.cases.js';

describeCases(linalgDoors, linalgCases);

describe('linalg', () => {
  const own = inRoom('linalg', {});

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;
  const large = (n: number, definite = false) => {
    const { matrix } = drawn(n, definite);
    return { data: matrix as Float64Array, rows: n, columns: n };
  };

  test('takes matrices in every form', () => {
    const wanted = Float64Array.of(1, 1);
    const b = [3, 5];
    using dense = own.room.DenseMatrix.from([1, 2, 1, 4], { rows: 2, columns: 2, type: 'float64' });
    using rounded = own.room.DenseMatrix.from([1, 2, 1, 4], { rows: 2, columns: 2 });
    const forms = [
      [
        [1, 2],
        [1, 4],
      ],
      [Float32Array.of(1, 2), Float64Array.of(1, 4)],
      { data: [1, 2, 1, 4], rows: 2, columns: 2 },
      { data: Float32Array.of(1, 1, 2, 4), rows: 2, columns: 2, transposed: true },
      dense,
      rounded,
    ];
    for (const form of forms) expect(own.room.solve(any(form), b).solution).toEqual(wanted);
    for (const side of [Float32Array.of(3, 5), [[3], [5]], { data: b, rows: 2, columns: 1 }])
      expect(own.room.solve(dense, any(side)).solution).toEqual(wanted);
    expect(
      own.room.solve(dense, { data: [3, 5, 1, 1], rows: 2, columns: 2, transposed: true }).solution,
    ).toEqual(Float64Array.of(1, 1, 1, 0));
  });

  test('takes a matrix of another bundle', async () => {
    const { DenseMatrix } = await own.engine.use('gemm');
    using matrix = DenseMatrix.from([2, 1, 1, 3], { rows: 2, columns: 2 });
    expect(own.room.solve(matrix, [3, 4]).solution).toEqual(Float64Array.of(1, 1));
  });

  test('the product of a matrix and its inverse', () => {
    const matrix = large(90);
    const product = own.room.matmul(matrix, own.room.inverse(matrix));
    product.forEach((x: number, i: number) => {
      expect(Math.abs(x - (i % 91 === 0 ? 1 : 0))).toBeLessThan(1e-11);
    });
  });

  test('determinants', () => {
    expect(
      own.room.determinant([
        [0, 2],
        [3, 4],
      ]),
    ).toBe(-6);
    expect(own.room.determinant([])).toBe(1);
    const { sign, logarithm } = own.room.logDeterminant(large(300));
    expect(Math.abs(sign)).toBe(1);
    expect(Number.isFinite(logarithm)).toBe(true);
  });

  test('refuses what is no matrix and no option', () => {
    const two = [
      [2, 1],
      [1, 3],
    ];
    const bad: [() => unknown, string][] = [
      [() => own.room.lu(any('a')), 'matrix'],
      [() => own.room.lu(any([1, 2])), 'matrix[0]'],
      [() => own.room.lu(any([[1, 2], [3]])), 'matrix[1]'],
      [
        () =>
          own.room.lu(
            any([
              [1, 'x'],
              [3, 4],
            ]),
          ),
        'matrix[0]',
      ],
      [() => own.room.lu({ data: [1, 2, 3], rows: 2, columns: 2 }), 'matrix.data'],
      [() => own.room.lu({ data: [1, 2], rows: -1, columns: 2 }), 'matrix.rows'],
      [() => own.room.lu(any({ data: [1], rows: 1, columns: 1, stride: 2 })), 'stride'],
      [() => own.room.lu([[1, 2]]), 'matrix'],
      [() => own.room.solve(two, [1]), 'b'],
      [() => own.room.solve(two, [[1]]), 'b'],
      [() => own.room.solve(two, [1, 2], any({ refine: 1 })), 'refine'],
      [() => own.room.solve(two, [1, 2], { refinements: 1.5 }), 'refinements'],
      [() => own.room.solve(two, [1, 2], any({ transposed: 1 })), 'transposed'],
      [() => own.room.estimateBytes(any({ size: 2, method: 'schur' })), 'method'],
    ];
    for (const [call, name] of bad) expect(call, name).toThrow(name);
    expect(() => own.room.lu([[1, 2]])).toThrow(/square/);
    const decomposed = own.room.lu(two);
    decomposed.dispose();
    expect(() => decomposed.solve([1, 2])).toThrow(/dispose/);
  });

  test('asynchronous: the same bits, progress, an abort within 50 ms of work', async () => {
    const matrix = large(600);
    const b = Float64Array.from({ length: 600 }, (_, i) => Math.cos(i));
    using now = own.room.lu(matrix);
    let told = 0;
    using later = await own.room.luAsync(matrix, {
      onProgress({ edgeOperations, expectedOperations }) {
        told++;
        expect(edgeOperations).toBeLessThan(2 * expectedOperations!);
      },
    });
    expect(told).toBeGreaterThan(0);
    expect(later.upper()).toEqual(now.upper());
    expect(await later.solveAsync(b)).toEqual(now.solve(b));
    expect(await own.room.solveAsync(matrix, b)).toEqual(now.solve(b));
    expect(await later.conditionEstimateAsync()).toBe(now.conditionEstimate());
    const small = large(80);
    expect(await own.room.inverseAsync(small)).toEqual(own.room.inverse(small));
    using definite = await own.room.choleskyAsync(large(80, true));
    using same = own.room.cholesky(large(80, true));
    expect(await definite.inverseAsync()).toEqual(same.inverse());
    const controller = new AbortController();
    const aborted = own.room.luAsync(matrix, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const busy = later.inverseAsync();
    expect(() => later.determinant()).toThrow(/BUSY|use/);
    await busy;
  });

  test('in a worker', async () => {
    const worker = await createWorkerEngine({ modules: ['linalg'] });
    try {
      const { solve, lu } = worker.linalg;
      expect(
        (
          await solve(
            [
              [2, 1],
              [1, 3],
            ],
            [3, 4],
          )
        ).solution,
      ).toEqual(Float64Array.of(1, 1));
      const decomposed = await lu([
        [0, 2],
        [3, 4],
      ]);
      expect(await decomposed.determinant()).toBe(-6);
    } finally {
      await worker.dispose();
    }
  });
});
