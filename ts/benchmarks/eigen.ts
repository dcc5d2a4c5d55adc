// Benchmark cases of eigen.

import type { EigenRoom } from '../rooms/eigen/eigen.js';
import type { Case } from './case.js';

/** The ten smallest eigenpairs of the Laplacian of a square grid with its boundary held. */
function smallest(method: 'shiftInvert' | 'lobpcg', defaultSize: number): Case<EigenRoom> {
  return {
    defaultSize,
    prepare(room, size) {
      const side = Math.max(5, Math.round(Math.sqrt(size)));
      const n = side * side;
      const [rowIndices, columnIndices, values]: [number[], number[], number[]] = [[], [], []];
      const put = (i: number, j: number, value: number) => {
        rowIndices.push(i);
        columnIndices.push(j);
        values.push(value);
      };
      for (let i = 0; i < n; i++) {
        put(i, i, 4);
        for (const j of [i % side > 0 ? i - 1 : -1, i - side]) {
          if (j < 0) continue;
          put(i, j, -1);
          put(j, i, -1);
        }
      }
      const matrix = room.SparseMatrix.fromCoo({
        rows: n,
        cols: n,
        rowIndices,
        columnIndices,
        values,
      });
      const pairs = () => room.eigenpairs(matrix, { k: 10, method });
      const { fill, iterations } = pairs();
      return {
        run() {
          pairs();
        },
        // Solves with the factor, or products with blocks of 45 vectors.
        operations: method === 'lobpcg' ? iterations * 4 * 45 * n : fill * 200,
        bytes: 0,
        dispose: () => matrix.dispose(),
      };
    },
  };
}

export const benchmarks: Record<'grid' | 'lobpcg', Case<EigenRoom>> = {
  grid: smallest('shiftInvert', 20_000),
  lobpcg: smallest('lobpcg', 5_000),
};
