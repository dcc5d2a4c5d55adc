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

export const benchmarks: Record<'tall', Case<LeastsquaresRoom>> = {
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
