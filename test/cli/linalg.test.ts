// sublinear linalg: dense matrices of NumPy's files; what does not fit is refused.
import { expect, test } from 'vitest';
import { file, sublinear } from '../support/cli.js';

/** An array of f64 as NumPy writes it. */
function npy(name: string, shape: number[], values: number[]): string {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const head = new TextEncoder().encode(`${text.padEnd(117)}\n`);
  const data = Float64Array.from(values);
  const bytes = new Uint8Array(10 + head.length + data.byteLength);
  bytes.set([0x93, 78, 85, 77, 80, 89, 1, 0, head.length, 0]);
  bytes.set(head, 10);
  bytes.set(new Uint8Array(data.buffer), 10 + head.length);
  return file(name, bytes);
}

test('solves, with the backward error', async () => {
  npy('A.npy', [2, 2], [4, 2, 2, 5]);
  npy('b.npy', [2], [6, 7]);
  npy('B.npy', [2, 2], [6, 4, 7, 2]);
  for (const more of [[], ['--definite']]) {
    const ran = await sublinear(['linalg', 'solve', 'A.npy', 'b.npy', '--json', ...more]);
    expect(ran.code).toBe(0);
    const { solution, backwardError, rows } = JSON.parse(ran.stdout);
    expect({ solution, rows }).toEqual({ solution: [1, 1], rows: 2 });
    expect(backwardError).toBeLessThan(1e-15);
  }
  const table = await sublinear(['linalg', 'solve', 'A.npy', 'B.npy', '--format', 'csv']);
  expect(table.stdout.trim().split('\n')).toEqual(['row,x0,x1', '0,1,1', '1,1,0']);
});

test('determinant, inverse, condition', async () => {
  npy('C.npy', [2, 2], [0, 2, 4, 0]);
  npy('S.npy', [2, 2], [1, 2, 2, 4]);
  const json = async (...asked: string[]) => {
    const { code, stdout } = await sublinear(['linalg', ...asked, '--json']);
    return { code, ...JSON.parse(stdout) };
  };
  expect(await json('determinant', 'C.npy')).toMatchObject({ determinant: -8, sign: -1 });
  expect(await json('inverse', 'C.npy')).toMatchObject({ inverse: [0, 0.25, 0.5, 0] });
  expect(await json('condition', 'C.npy')).toMatchObject({ code: 0, condition: 2 });
  expect(await json('condition', 'S.npy')).toMatchObject({ code: 1, singular: true });
});

test('least squares, eigenvalues, singular values', async () => {
  npy('T.npy', [4, 2], [1, 0, 1, 1, 1, 2, 1, 3]);
  npy('t.npy', [4], [1, 3, 5, 7.4]);
  npy('Y.npy', [2, 2], [2, 1, 1, 2]);
  const json = async (...asked: string[]) =>
    JSON.parse((await sublinear(['linalg', ...asked, '--json'])).stdout);
  const fitted = await json('least-squares', 'T.npy', 't.npy');
  expect(fitted.rank).toBe(2);
  expect(fitted.solution[0]).toBeCloseTo(0.92, 12);
  expect(fitted.residualNorms[0]).toBeCloseTo(Math.sqrt(0.048), 12);
  const { values, residuals } = await json('eigen', 'Y.npy');
  expect([values[0], values[1]].map((x: number) => x.toFixed(9))).toEqual([
    '1.000000000',
    '3.000000000',
  ]);
  expect(residuals[0]).toBeLessThan(1e-12);
  expect((await json('svd', 'T.npy')).rank).toBe(2);
});

test('refuses what does not fit', async () => {
  npy('D.npy', [1, 2], [1, 2]);
  npy('E.npy', [2, 2], [1, 2, 2, 1]);
  npy('F.npy', [1, 1, 1], [1]);
  file('G.npy', 'no array');
  const bad: [string[], RegExp][] = [
    [['determinant', 'D.npy'], /square/],
    [['determinant', 'E.npy', '--definite'], /definite/],
    [['determinant', 'F.npy'], /3 axes/],
    [['determinant', 'G.npy'], /G\.npy/],
    [['determinant', 'E.npy', 'D.npy'], /solve/],
    [['solve', 'E.npy'], /solve/],
    [['solve', 'E.npy', 'D.npy'], /rows/],
    [['eigen', 'D.npy'], /square/],
    [['svd', 'E.npy', '--definite'], /Jacobi/],
    [['trace', 'E.npy'], /eigen/],
  ];
  for (const [asked, message] of bad) {
    const ran = await sublinear(['linalg', ...asked]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(message);
  }
});
