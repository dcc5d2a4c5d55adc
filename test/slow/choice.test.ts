// Everything that is not singular is solved to the rounding unit by the automatic choice: random systems of twelve structures,
// the backward error by sums in JavaScript.
import { createEngine } from 'sublinear';
import type { SparseMatrix } from 'sublinear/sparse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from '../support/door.js';

type Put = (i: number, j: number, value: number) => void;
type Make = (n: number, next: () => number, put: Put) => void;

/** Entries anywhere, `perRow` a row. */
const scatter =
  (perRow: number, diagonal: (next: () => number) => number): Make =>
  (n, next, put) => {
    for (let i = 0; i < n; i++) {
      put(i, i, diagonal(next));
      for (let k = 0; k < perRow; k++) put(i, Math.floor(next() * n), 2 * next() - 1);
    }
  };

/** Edges of a ring and as many chords, with what `weight` gives. */
const network =
  (weight: (next: () => number) => number, ground: (next: () => number) => number): Make =>
  (n, next, put) => {
    for (let i = 0; i < n; i++) {
      put(i, i, ground(next));
      for (const j of [(i + 1) % n, Math.floor(next() * n)]) {
        if (j === i) continue;
        const w = weight(next);
        put(i, i, Math.abs(w));
        put(j, j, Math.abs(w));
        put(i, j, -w);
        put(j, i, -w);
      }
    }
  };

const structures: Record<string, Make> = {
  'scattered, small diagonal': scatter(2, (next) => 0.1 * (next() - 0.5)),
  'scattered, diagonal of its size': scatter(3, (next) => 2 * next() - 1),
  'dominant or nearly': scatter(4, (next) => 2.5 + next()),
  'conductances over eight decades': network(
    (next) => 10 ** (8 * next() - 4),
    () => 1e-6,
  ),
  'springs of both signs': network(
    (next) => 2 * next() - 1,
    (next) => next() - 0.5,
  ),
  'indefinite by a shift': network(
    () => 1,
    () => -0.73,
  ),
  tridiagonal: (n, next, put) => {
    for (let i = 0; i < n; i++) {
      put(i, i, next() - 0.5);
      if (i > 0) put(i, i - 1, 1 + next());
      if (i + 1 < n) put(i, i + 1, 1 + next());
    }
  },
  'saddle point': (n, next, put) => {
    const m = Math.floor(n / 3);
    for (let i = 0; i < n - m; i++) put(i, i, 1 + next());
    for (let k = 0; k < m; k++) {
      for (const j of [2 * k, Math.floor(next() * (n - m))]) {
        const value = 1 + next();
        put(n - m + k, j, value);
        put(j, n - m + k, value);
      }
    }
  },
  'permuted triangle': (n, next, put) => {
    for (let i = 0; i < n; i++) {
      put(i, (7 * i + 3) % n, 1 + next());
      for (let k = 0; k < 2; k++) put(i, (7 * Math.floor(next() * i) + 3) % n, next() - 0.5);
    }
  },
  arrow: (n, next, put) => {
    for (let i = 0; i < n; i++) {
      put(i, i, 0.5 + next());
      if (i === 0) continue;
      put(0, i, next() - 0.5);
      put(i, 0, next() - 0.5);
    }
  },
  convection: (n, next, put) => {
    const side = Math.floor(Math.sqrt(n));
    for (let i = 0; i < n; i++) {
      const p = 2 * next() - 1;
      put(i, i, 4);
      if (i > 0) put(i, i - 1, -1 - p);
      if (i + 1 < n) put(i, i + 1, -1 + p);
      if (i >= side) put(i, i - side, -1);
      if (i + side < n) put(i, i + side, -1);
    }
  },
  'rows over twelve decades': (n, next, put) => {
    for (let i = 0; i < n; i++) {
      const size = 10 ** (12 * next() - 6);
      put(i, (i + 1) % n, size * (1 + next()));
      put(i, i, size * (next() - 0.5));
      put(i, Math.floor(next() * n), size * (next() - 0.5));
    }
  },
};

let engine: Awaited<ReturnType<typeof open>>;
const open = () => createEngine({ modules: ['solver', 'direct'] });
beforeAll(async () => {
  engine = await open();
});
afterAll(() => engine.dispose());

function backwardError(matrix: SparseMatrix, x: Float64Array, b: Float64Array): number {
  const { rowPointers, columns, values } = matrix.toCsr();
  let [residual, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    let [r, sum] = [b[i]!, 0];
    for (let p = rowPointers[i]!; p < rowPointers[i + 1]!; p++) {
      r -= values![p]! * x[columns[p]!]!;
      sum += Math.abs(values![p]!);
    }
    residual = Math.max(residual, Math.abs(r));
    norm = Math.max(norm, sum);
  }
  const largest = (v: Float64Array) => v.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  return residual / (norm * largest(x) + largest(b));
}

test.each(Object.entries(structures))('25 systems: %s', (_, make) => {
  const { SparseMatrix: Matrix, solve } = engine.solver;
  for (let seed = 1; seed <= 25; seed++) {
    const next = random(seed);
    const n = 70 + Math.floor(next() * 700);
    const [rowIndices, columnIndices, entries]: number[][] = [[], [], []];
    make(n, next, (i, j, value) => {
      rowIndices!.push(i);
      columnIndices!.push(j);
      entries!.push(value);
    });
    using matrix = Matrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rowIndices!,
      columnIndices: columnIndices!,
      values: Float64Array.from(entries!),
    });
    const b = Float64Array.from({ length: n }, () => 2 * next() - 1);
    const { solution, outcome, decision } = solve(matrix, b, { tolerance: 1e-14 });
    if (outcome === 'singular') {
      // Said by a factorisation that looked for every pivot, or by an empty row or column.
      expect(decision.attempts.some(({ outcome }) => outcome === 'singular')).toBe(true);
      continue;
    }
    expect(backwardError(matrix, solution, b), `seed ${seed}`).toBeLessThan(1e-14);
  }
});
