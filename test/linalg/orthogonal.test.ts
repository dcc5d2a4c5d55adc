// Orthogonal decompositions as TypeScript users meet them. What both doors share is in orthogonal.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { drawn } from './linalg.cases.js';
import { orthogonalCases, orthogonalDoors } from './orthogonal.cases.js';

describeCases(orthogonalDoors, orthogonalCases);

describe('orthogonal decompositions', () => {
  const own = inRoom('linalg', {});

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;
  const large = (n: number, definite = false) => {
    const { matrix } = drawn(n, definite);
    return { data: matrix as Float64Array, rows: n, columns: n };
  };

  test('pseudoinverse, rank, condition number', () => {
    const flat = { data: [1, 2, 2, 4, 3, 6], rows: 3, columns: 2 };
    const { data, rows, columns } = own.room.pseudoinverse(flat);
    expect([rows, columns]).toEqual([2, 3]);
    // a b^T has the pseudoinverse b a^T / (|a|^2 |b|^2).
    [1, 2, 3, 2, 4, 6].forEach((x, i) => {
      expect(data[i]).toBeCloseTo(x / 70, 14);
    });
    expect(own.room.rank(flat)).toBe(1);
    expect(
      own.room.rank(
        [
          [1, 0],
          [0, 0.01],
        ],
        { tolerance: 0.1 },
      ),
    ).toBe(1);
    expect(
      own.room.pseudoinverse(
        [
          [1, 0],
          [0, 0.01],
        ],
        { tolerance: 0.1 },
      ).data[3],
    ).toBeCloseTo(0, 14);
    expect(Array.from(own.room.pseudoinverse([[0, 0]]).data)).toEqual([0, 0]);
    expect(
      own.room.conditionNumber([
        [2, 0],
        [0, 1e-3],
      ]),
    ).toBeCloseTo(2000, 9);
    expect(
      own.room.conditionNumber([
        [0, 0],
        [0, 0],
      ]),
    ).toBe(Number.POSITIVE_INFINITY);
    expect(own.room.conditionNumber([])).toBe(0);
  });

  test('the bounds of residuals hold for the vectors that are returned', () => {
    const matrix = large(70, true);
    const { values, vectors, residuals } = own.room.eigenSymmetric(matrix);
    for (let k = 0; k < 70; k++) {
      let sum = 0;
      for (let i = 0; i < 70; i++) {
        let r = -values[k]! * vectors!.data[i * 70 + k]!;
        for (let j = 0; j < 70; j++) r += matrix.data[i * 70 + j]! * vectors!.data[j * 70 + k]!;
        sum += r * r;
      }
      expect(Math.sqrt(sum)).toBeLessThanOrEqual(residuals![k]!);
    }
  });

  test('asynchronous: the same bits, an abort', async () => {
    const matrix = large(150, true);
    const b = Float64Array.from({ length: 150 }, (_, i) => Math.cos(i));
    let told = 0;
    const onProgress = () => told++;
    expect(await own.room.eigenSymmetricAsync(matrix, { onProgress })).toEqual(
      own.room.eigenSymmetric(matrix),
    );
    expect(await own.room.svdAsync(matrix, { onProgress })).toEqual(own.room.svd(matrix));
    expect(told).toBeGreaterThan(0);
    expect(await own.room.leastSquaresAsync(matrix, b)).toEqual(own.room.leastSquares(matrix, b));
    using now = own.room.qr(matrix, { pivoted: true });
    using later = await own.room.qrAsync(matrix, { pivoted: true });
    expect(await later.qAsync({ full: true })).toEqual(now.q());
    expect(await later.solveAsync(b)).toEqual(now.solve(b));
    expect(later.r()).toEqual(now.r());
    const controller = new AbortController();
    const aborted = own.room.svdAsync(large(300), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
  });

  test('refuses what is no option', () => {
    const two = [
      [2, 1],
      [1, 3],
    ];
    using plain = own.room.qr(two);
    const bad: [() => unknown, string][] = [
      [() => own.room.qr(two, any({ pivot: true })), 'pivot'],
      [() => own.room.qr(two, any({ pivoted: 1 })), 'pivoted'],
      [() => own.room.svd(two, any({ vectors: 'left' })), 'vectors'],
      [() => own.room.eigenSymmetric(two, any({ k: 1 })), 'k'],
      [() => own.room.rank(two, { tolerance: -1 }), 'tolerance'],
      [() => own.room.rank(two, { tolerance: 2 }), 'tolerance'],
      [() => own.room.leastSquares(two, [1]), 'b'],
      [() => own.room.estimateBytes({ size: 2, columns: 3 }), 'columns'],
      [() => own.room.estimateBytes({ size: 2, method: 'qr', vectors: true }), 'vectors'],
      [() => plain.q(any({ full: 1 })), 'full'],
      [() => plain.solve([1, 2]), 'pivoting'],
    ];
    for (const [call, name] of bad) expect(call, name).toThrow(name);
  });
});
