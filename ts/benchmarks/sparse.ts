// Benchmark cases of sparse.

import type { MatrixAlgebra } from '../rooms/sparse/algebra.js';
import type { CooInput } from '../rooms/sparse/types.js';
import type { Case } from './case.js';

/** What is used of the room. */
interface Room {
  readonly SparseMatrix: {
    fromCoo(input: CooInput): MatrixAlgebra;
    fromMatrixMarket(text: Uint8Array): MatrixAlgebra;
  };
}

export const benchmarks: Record<'multiply' | 'multiplyTranspose' | 'read', Case<Room>> = {
  multiply: product((a, x) => a.multiply(x)),
  multiplyTranspose: product((a, x) => a.multiplyTranspose(x)),
  read: {
    defaultSize: 100_000,
    prepare({ SparseMatrix }, size) {
      const a = pentadiagonal(SparseMatrix, size);
      const text = new TextEncoder().encode(a.toMatrixMarket());
      a.dispose();
      return {
        run: () => SparseMatrix.fromMatrixMarket(text).dispose(),
        operations: 5 * size,
        bytes: text.length,
        dispose: () => {},
      };
    },
  },
};

function product(run: (a: MatrixAlgebra, x: Float64Array) => unknown): Case<Room> {
  return {
    defaultSize: 100_000,
    prepare({ SparseMatrix }, size) {
      const a = pentadiagonal(SparseMatrix, size);
      const x = new Float64Array(size).fill(0.5);
      return {
        run: () => run(a, x),
        operations: 2 * a.nnz,
        bytes: a.bytesUsed + 16 * size,
        dispose: () => a.dispose(),
      };
    },
  };
}

/** Five entries a row, like a grid's. */
function pentadiagonal(Matrix: Room['SparseMatrix'], n: number): MatrixAlgebra {
  const rowIndices: number[] = [];
  const columnIndices: number[] = [];
  const values: number[] = [];
  const stride = Math.max(2, Math.round(Math.sqrt(n)));
  for (let i = 0; i < n; i++) {
    for (const j of [i - stride, i - 1, i, i + 1, i + stride]) {
      if (j < 0 || j >= n) continue;
      rowIndices.push(i);
      columnIndices.push(j);
      values.push(i === j ? 4.01 : -1);
    }
  }
  return Matrix.fromCoo({ rows: n, cols: n, rowIndices, columnIndices, values });
}
