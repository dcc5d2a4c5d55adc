// Benchmark cases of eigen.

import type { EigenRoom } from '../rooms/eigen/eigen.js';
import type { Case } from './case.js';

export const benchmarks: Record<'grid', Case<EigenRoom>> = {
  // The ten smallest eigenpairs of the Laplacian of a square grid with its boundary held.
  grid: {
    defaultSize: 20_000,
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
      return {
        run() {
          room.eigenpairs(matrix, { k: 10 });
        },
        operations: room.eigenpairs(matrix, { k: 10 }).fill * 200,
        bytes: 0,
        dispose: () => matrix.dispose(),
      };
    },
  },
};
