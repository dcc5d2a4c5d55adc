// Matrices in float32 and float64 as TypeScript users meet them. What both doors share is in matrix.cases.ts.
import type { Matrix } from 'sublinear/linalg';
import { createWorkerEngine } from 'sublinear/worker';
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { drawn } from './linalg.cases.js';
import { given, matrixCases, matrixDoors } from './matrix.cases.js';

describeCases(matrixDoors, matrixCases);

describe('matrices', () => {
  const own = inRoom('linalg');

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;
  const free = (...matrices: Matrix[]) => {
    for (const matrix of matrices) matrix.dispose();
  };
  /** The same random numbers in both precisions: float32 holds them exactly. */
  const pair = (n: number, definite = false) => {
    const { matrix } = drawn(n, definite);
    const narrow = own.room.Matrix.from(Float32Array.from(matrix), { rows: n, columns: n });
    return [narrow, narrow.as('float64')] as const;
  };

  test('are made of everything that is a matrix', () => {
    const { DenseMatrix, Matrix, inverse } = own.room;
    const rows = [
      [1, 2],
      [3, 4],
    ];
    using dense = DenseMatrix.from([1, 2, 3, 4], { rows: 2, columns: 2 });
    using rounded = DenseMatrix.from([127, 0, 0, 127], { rows: 2, columns: 2, type: 'int8' });
    const made: [Matrix, string, number[]][] = [
      [Matrix.from(rows), 'float64', [1, 2, 3, 4]],
      [Matrix.from(rows, { type: 'float32' }), 'float32', [1, 2, 3, 4]],
      [Matrix.from(dense), 'float32', [1, 2, 3, 4]],
      [Matrix.from(rounded), 'float32', [127, 0, 0, 127]],
      [Matrix.from(dense, { type: 'float64' }), 'float64', [1, 2, 3, 4]],
      [Matrix.from([1, 2, 3, 4], { rows: 2, columns: 2 }), 'float64', [1, 2, 3, 4]],
      [
        Matrix.from(Float32Array.of(1, 2, 3, 4), { rows: 2, columns: 2, transposed: true }),
        'float32',
        [1, 3, 2, 4],
      ],
      [
        Matrix.from({ data: Float32Array.of(1, 2, 3, 4), rows: 2, columns: 2 }),
        'float32',
        [1, 2, 3, 4],
      ],
      [Matrix.from(inverse([[0.5]])), 'float64', [2]],
      [Matrix.zeros(1, 2), 'float64', [0, 0]],
      [Matrix.identity(2, { type: 'float32' }), 'float32', [1, 0, 0, 1]],
      [Matrix.from([]), 'float64', []],
      [Matrix.zeros(0, 3), 'float64', []],
    ];
    for (const [matrix, type, values] of made) {
      expect(matrix).toBeInstanceOf(Matrix);
      expect(matrix.type).toBe(type);
      expect(Array.from(matrix.toArray())).toEqual(values);
      expect(matrix.toArray()).toBeInstanceOf(type === 'float32' ? Float32Array : Float64Array);
      matrix.dispose();
    }
  });

  test('a float32 matrix takes half the memory', () => {
    const { Matrix } = own.room;
    using narrow = Matrix.zeros(100, 100, { type: 'float32' });
    using wide = Matrix.zeros(100, 100);
    expect(wide.bytesUsed - narrow.bytesUsed).toBe(40_000);
  });

  test('elements, rows, columns and the memory itself', () => {
    using a = own.room.Matrix.from(given(3, 4, false).data, { rows: 3, columns: 4 });
    const { data } = given(3, 4, false);
    expect(a.get(2, 1)).toBe(data[9]);
    expect(a.row(1)).toEqual(data.slice(4, 8));
    expect(a.column(3)).toEqual(Float32Array.of(data[3]!, data[7]!, data[11]!));
    expect(a.diagonal()).toEqual(Float32Array.of(data[0]!, data[5]!, data[10]!));
    a.view()[11] = 0.1;
    expect(a.get(2, 3)).toBe(Math.fround(0.1));
    expect(a.set(0, 0, Number.NaN).get(0, 0)).toBeNaN();
    const copy = a.row(0);
    copy[1] = 77;
    expect(a.get(0, 1)).toBe(data[1]);
    using b = a.clone();
    b.set(0, 1, 5);
    expect(a.get(0, 1)).toBe(data[1]);
  });

  test('products have the bits of matmul; mixed ones are float64', () => {
    const { Matrix, matmul } = own.room;
    const [a, b] = [given(30, 41, false), given(41, 20, false, 2)];
    using left = Matrix.from(a);
    using right = Matrix.from(b);
    using wide = right.as('float64');
    using narrow = left.matmul(right);
    expect(narrow.type).toBe('float32');
    expect(narrow.toArray()).toEqual(matmul(a, b));
    using mixed = left.matmul(wide);
    using turned = wide.transpose();
    using other = left.transpose();
    using mirrored = turned.matmul(other);
    const double = matmul(
      { ...a, data: Float64Array.from(a.data) },
      { ...b, data: Float64Array.from(b.data) },
    );
    expect(mixed.toArray()).toEqual(double);
    using back = mirrored.transpose();
    expect(back.toArray()).toEqual(double);
    // Against float64: 41 products of numbers below 1, and as many roundings.
    narrow.toArray().forEach((x, i) => {
      expect(Math.abs(x - double[i]!)).toBeLessThan(41 * 41 * 2 ** -24);
    });
    using into = Matrix.zeros(30, 20, { type: 'float32' });
    expect(left.matmul(right, { into })).toBe(into);
    expect(into.toArray()).toEqual(narrow.toArray());
    right.pack();
    using packed = left.matmul(right);
    expect(packed.toArray()).toEqual(narrow.toArray());
    using sum = narrow.add(packed);
    expect(sum.get(3, 3)).toBe(2 * narrow.get(3, 3));
  });

  test('numbers and lists take the precision of the matrix', () => {
    using a = own.room.Matrix.from([[1, 2]], { type: 'float32' });
    using tenth = a.multiply(0.1);
    expect(tenth.toArray()).toEqual(Float32Array.of(0.1, 0.2));
    using lists = a.add([[0.1, 0.1]]);
    expect(lists.type).toBe('float32');
    using wide = a.add({ data: Float64Array.of(0.1, 0.1), rows: 1, columns: 2 });
    expect(wide.toArray()).toEqual(Float64Array.of(1.1, 2.1));
  });

  test('takes a matrix of another bundle', async () => {
    const { DenseMatrix } = await own.engine.use('gemm');
    using other = DenseMatrix.from([1, 2], { rows: 1, columns: 2 });
    using a = own.room.Matrix.from([[10, 20]], { type: 'float32' });
    using sum = a.add(other);
    using product = a.transpose();
    using outer = product.matmul(other);
    expect(sum.toArray()).toEqual(Float32Array.of(11, 22));
    expect(outer.toArray()).toEqual(Float32Array.of(10, 20, 20, 40));
  });

  test('what float32 systems give is the float64 answer rounded once', () => {
    const [a, wide] = pair(60);
    const [spd, wideSpd] = pair(40, true);
    const b = Float32Array.from({ length: 60 }, (_, i) => ((37 * i) % 19) / 16 - 0.5);
    const same = (narrow: Matrix, double: Matrix) => {
      expect([narrow.type, double.type]).toEqual(['float32', 'float64']);
      expect([narrow.rows, narrow.columns]).toEqual([double.rows, double.columns]);
      expect(narrow.toArray()).toEqual(Float32Array.from(double.toArray()));
      free(narrow, double);
    };
    same(a.solve(b), wide.solve(b));
    same(a.solve(b, { transposed: true }), wide.solve(b, { transposed: true }));
    same(a.inverse(), wide.inverse());
    same(a.leastSquares(b), wide.leastSquares(b));
    same(spd.cholesky(), wideSpd.cholesky());
    const [lu, luWide] = [a.lu(), wide.lu()];
    expect(lu.permutation).toEqual(luWide.permutation);
    same(lu.lower, luWide.lower);
    same(lu.upper, luWide.upper);
    const [qr, qrWide] = [a.qr(), wide.qr()];
    same(qr.q, qrWide.q);
    same(qr.r, qrWide.r);
    const [eigen, eigenWide] = [spd.eigenSymmetric(), wideSpd.eigenSymmetric()];
    expect(eigen.values).toEqual(Float32Array.from(eigenWide.values));
    same(eigen.vectors, eigenWide.vectors);
    const [svd, svdWide] = [a.svd(), wide.svd()];
    expect(svd.values).toEqual(Float32Array.from(svdWide.values));
    same(svd.left, svdWide.left);
    same(svd.right, svdWide.right);
    // float64 where the right-hand side is.
    using x = a.solve(Float64Array.from(b));
    expect(x.type).toBe('float64');
    free(a, wide, spd, wideSpd);
  });

  test('what float32 decompositions give multiplies to the matrix', () => {
    const near = (found: Matrix, wanted: Matrix) => {
      using off = found.subtract(wanted);
      expect(off.norm()).toBeLessThan(1e-6 * Math.sqrt(wanted.rows) * wanted.norm());
      found.dispose();
    };
    const [a, wide] = pair(50);
    const [spd, wideSpd] = pair(50, true);
    const { q, r } = a.qr();
    near(q.matmul(r), a);
    const { values, left, right } = a.svd();
    left.multiply({ data: values, rows: 1, columns: 50 }, { into: left });
    using turned = right.transpose();
    near(left.matmul(turned), a);
    using lower = spd.cholesky();
    using upper = lower.transpose();
    near(lower.matmul(upper), spd);
    using inverse = a.inverse();
    using one = own.room.Matrix.identity(50, { type: 'float32' });
    using product = a.matmul(inverse);
    using off = product.subtract(one);
    expect(off.norm('max')).toBeLessThan(1e-6 * 50 * inverse.norm('max'));
    free(a, wide, spd, wideSpd, q, r, left, right);
  });

  test('closed forms', () => {
    const { Matrix } = own.room;
    using hilbert = Matrix.from(
      [
        [1, 1 / 2, 1 / 4],
        [1 / 2, 1 / 4, 1 / 2],
        [1 / 4, 1 / 2, 1],
      ],
      { type: 'float32' },
    );
    using x = hilbert.solve([1.75, 1.25, 1.75]);
    expect(x.toArray()).toEqual(Float32Array.of(1, 1, 1));
    using many = hilbert.solve([
      [1, 2],
      [0.5, 1],
      [0.25, 0.5],
    ]);
    expect(many.toArray()).toEqual(Float32Array.of(1, 2, 0, 0, 0, 0));
    using none = Matrix.zeros(0, 0, { type: 'float32' });
    using nothing = none.inverse();
    expect([nothing.rows, nothing.type]).toEqual([0, 'float32']);
    using tall = Matrix.from(
      [
        [1, 0],
        [1, 1],
        [1, 2],
      ],
      { type: 'float32' },
    );
    using line = tall.leastSquares([1, 3, 5]);
    expect(line.toArray()).toEqual(Float32Array.of(1, 2));
  });

  test('asynchronous: the same bits, an abort leaves nothing', async () => {
    const [a, wide] = pair(80);
    const b = given(80, 3, false);
    using now = a.solve(b);
    using later = await a.solveAsync(b);
    expect(later.toArray()).toEqual(now.toArray());
    using inverse = a.inverse();
    using inverseLater = await a.inverseAsync();
    expect(inverseLater.toArray()).toEqual(inverse.toArray());
    using product = a.matmul(wide);
    using productLater = await a.matmulAsync(wide);
    expect(productLater.toArray()).toEqual(product.toArray());
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    const { signal } = controller;
    await expect(a.matmulAsync(wide, { signal })).rejects.toThrow('enough');
    await expect(a.inverseAsync({ signal })).rejects.toThrow('enough');
    free(a, wide);
  });

  test('refuses what does not fit, and leaves nothing behind', () => {
    const { Matrix } = own.room;
    using a = Matrix.from(given(2, 3, false));
    using square = Matrix.from(
      [
        [1, 2],
        [2, 4],
      ],
      { type: 'float32' },
    );
    using wide = a.as('float64');
    using packed = Matrix.from(given(2, 3, false)).pack();
    const bad: [() => unknown, string, string][] = [
      [() => Matrix.from(any('a')), 'TYPE', 'values'],
      [() => Matrix.from([1, 2, 3], { rows: 2, columns: 2 }), 'SHAPE', 'values'],
      [() => Matrix.from(any([1, 2, 3])), 'TYPE', 'values[0]'],
      [() => Matrix.from([1, 2], { rows: 2 }), 'TYPE', 'columns'],
      [() => Matrix.from([[1]], { type: any('int8') }), 'RANGE', 'type'],
      [() => Matrix.zeros(-1, 2), 'RANGE', 'rows'],
      [() => Matrix.zeros(2, 2, { type: any(3) }), 'RANGE', 'type'],
      [() => Matrix.identity(any('2')), 'TYPE', 'size'],
      [() => Matrix.zeros(4e9, 4e9), 'MEMORY', ''],
      [() => a.as(any('float16')), 'RANGE', 'type'],
      [() => a.add([[1, 2]]), 'SHAPE', 'right'],
      [() => a.add(any('1')), 'TYPE', 'right'],
      [() => a.add(any([1, 2, 3])), 'TYPE', 'right'],
      [() => a.add(any(Float64Array.of(1, 2, 3))), 'TYPE', 'right'],
      [() => a.add(wide, { into: a }), 'RANGE', 'into'],
      [() => a.add(a, { into: square }), 'RANGE', 'into'],
      [() => a.add(1, { into: any({}) }), 'TYPE', 'into'],
      [() => a.add(1, any({ out: a })), 'TYPE', 'out'],
      [() => a.matmul(a), 'SHAPE', 'right'],
      [() => square.matmul(a, { into: a }), 'ARGUMENT', 'into'],
      [() => packed.add(1), 'OPTION', 'left'],
      [() => packed.view(), 'RANGE', 'packed'],
      [() => packed.as('float64'), 'OPTION', 'matrix'],
      [() => a.get(2, 0), 'RANGE', 'row'],
      [() => a.set(0, -1, 1), 'RANGE', 'column'],
      [() => a.set(0, 0, any('1')), 'TYPE', 'value'],
      [() => a.column(3), 'RANGE', 'column'],
      [() => a.norm(any('two')), 'RANGE', 'kind'],
      [() => square.inverse(), 'SINGULAR', 'matrix'],
      [() => a.solve([1, 2]), 'NOT_SQUARE', 'matrix'],
      [() => square.cholesky(), 'NOT_DEFINITE', 'matrix'],
      [() => a.eigenSymmetric(), 'NOT_SQUARE', 'matrix'],
    ];
    for (const [call, code, argument] of bad) {
      let error: { code?: string; argument?: string } = {};
      try {
        call();
      } catch (thrown) {
        error = thrown as typeof error;
      }
      expect({ code: error.code, argument: error.argument ?? '' }, String(call)).toEqual({
        code,
        argument,
      });
    }
    expect(() => a.add(wide, { into: a })).toThrow(/float64 matrix of 2 x 3.*as\('float64'\)/);
    const gone = a.clone();
    gone.dispose();
    expect(() => gone.add(1)).toThrow(/dispose/);
    expect(() => a.add(gone)).toThrow(/dispose/);
  });

  test('in a worker', async () => {
    const worker = await createWorkerEngine({ modules: ['linalg'] });
    try {
      const { Matrix } = worker.linalg;
      const a = await Matrix.from(Float32Array.of(2, 1, 1, 3), { rows: 2, columns: 2 });
      const x = await a.solve([3, 4]);
      expect(await x.toArray()).toEqual(Float32Array.of(1, 1));
      const sum = await a.add(a);
      expect(await sum.toArray()).toEqual(Float32Array.of(4, 2, 2, 6));
    } finally {
      await worker.dispose();
    }
  });
});
