// Benchmark cases of direct.

import type { DirectRoom } from '../rooms/direct/direct.js';
import type { Case } from './case.js';

export const benchmarks: Record<'grid', Case<DirectRoom>> = {
  // Cholesky factorisation of the Laplacian of a square grid, and one solve.
  grid: {
    defaultSize: 20_000,
    prepare(room, size) {
      const side = Math.max(2, Math.round(Math.sqrt(size)));
      const n = side * side;
      const rowIndices: number[] = [];
      const columnIndices: number[] = [];
      const values: number[] = [];
      const put = (i: number, j: number, value: number) => {
        rowIndices.push(i);
        columnIndices.push(j);
        values.push(value);
      };
      for (let i = 0; i < n; i++) {
        put(i, i, 4.01);
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
      const b = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
      return {
        run() {
          const factor = room.factorize(matrix);
          factor.solve(b);
          factor.dispose();
        },
        operations: room.estimateFactor(matrix).flops,
        bytes: 0,
        dispose: () => matrix.dispose(),
      };
    },
  },
};
