// Benchmark cases of leastsquares.

import type { LeastsquaresRoom } from '../rooms/leastsquares/leastsquares.js';
import type { Case } from './case.js';
import { type Csr, random } from './workload.js';

/** A tall matrix with four entries in each row: columns that are drawn, numbers of -1 to 1. */
export function tallMatrix(cols: number): Csr & { cols: number } {
  const rows = 3 * cols;
  const draw = random(11);
  const columns = new Uint32Array(4 * rows);
  const values = Float64Array.from({ length: 4 * rows }, () => 2 * draw() - 1);
  for (let i = 0; i < rows; i++) {
    // One from each quarter, so that none comes twice.
    for (let k = 0; k < 4; k++) {
      const [from, to] = [Math.floor((k * cols) / 4), Math.floor(((k + 1) * cols) / 4)];
      columns[4 * i + k] = from + Math.floor(draw() * (to - from));
    }
  }
  const rowPointers = Uint32Array.from({ length: rows + 1 }, (_, i) => 4 * i);
  return { rows, cols, rowPointers, columns, values };
}

/** The Laplacian of a square grid with its boundary held. */
function plane(size: number): Csr {
  const side = Math.max(2, Math.round(Math.sqrt(size)));
  const rows = side * side;
  const rowPointers = new Uint32Array(rows + 1);
  const [columns, values]: [number[], number[]] = [[], []];
  for (let i = 0; i < rows; i++) {
    const around = [
      [i - side, i >= side],
      [i - 1, i % side > 0],
      [i, true],
      [i + 1, i % side < side - 1],
      [i + side, i + side < rows],
    ] as const;
    for (const [j, there] of around) {
      if (!there) continue;
      columns.push(j);
      values.push(i === j ? 4 : -1);
    }
    rowPointers[i + 1] = columns.length;
  }
  return {
    rows,
    rowPointers,
    columns: Uint32Array.from(columns),
    values: Float64Array.from(values),
  };
}

/** A square system by an iteration with an incomplete factorisation. */
const incomplete = (method: 'cgIct' | 'gmresIlut'): Case<LeastsquaresRoom> => ({
  defaultSize: 10_000,
  prepare(room, size) {
    const made = plane(size);
    const matrix = room.SparseMatrix.fromCsr({ ...made, cols: made.rows });
    const b = Float64Array.from({ length: made.rows }, (_, i) => Math.sin(i));
    const { iterations } = room.solveLeastSquares(matrix, b, { method });
    return {
      run() {
        room.solveLeastSquares(matrix, b, { method });
      },
      operations: 20 * made.values.length * iterations,
      bytes: 0,
      dispose: () => matrix.dispose(),
    };
  },
});

export const benchmarks: Record<'tall' | 'qr' | 'cgIct' | 'gmresIlut', Case<LeastsquaresRoom>> = {
  cgIct: incomplete('cgIct'),
  gmresIlut: incomplete('gmresIlut'),
  // The coefficients of a band, by sparse QR.
  qr: {
    defaultSize: 5_000,
    prepare(room, size) {
      const cols = Math.max(8, size);
      const rows = 2 * cols;
      const rowPointers = Uint32Array.from({ length: rows + 1 }, (_, i) => 3 * i);
      const columns = Uint32Array.from(
        { length: 3 * rows },
        (_, p) => Math.min(Math.floor(p / 6), cols - 3) + (p % 3),
      );
      const values = Float64Array.from({ length: 3 * rows }, (_, p) => 1 + Math.cos(p));
      const matrix = room.SparseMatrix.fromCsr({ rows, cols, rowPointers, columns, values });
      const b = Float64Array.from({ length: rows }, (_, i) => Math.sin(i));
      return {
        run() {
          room.solveLeastSquares(matrix, b, { method: 'qr' });
        },
        operations: 60 * values.length,
        bytes: 0,
        dispose: () => matrix.dispose(),
      };
    },
  },
  // Least squares with three times as many equations as unknowns, by LSMR.
  tall: {
    defaultSize: 10_000,
    prepare(room, size) {
      const made = tallMatrix(Math.max(8, size));
      const matrix = room.SparseMatrix.fromCsr(made);
      const b = Float64Array.from({ length: made.rows }, (_, i) => Math.sin(i));
      const { iterations } = room.solveLeastSquares(matrix, b);
      return {
        run() {
          room.solveLeastSquares(matrix, b);
        },
        operations: 4 * made.values.length * iterations,
        bytes: 0,
        dispose: () => matrix.dispose(),
      };
    },
  },
};
