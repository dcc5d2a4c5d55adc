// Benchmark cases of solver.

import type { Case, PreparedAnswer } from './case.js';
import {
  type Csr,
  conjugateGradient,
  gridLaplacian,
  randomVector,
  relativeResidual,
  rowIndices,
} from './workload.js';

/** What is used of the module, whichever build it is of. */
interface Room {
  readonly SparseMatrix: { fromCoo(input: Entries): Disposed };
  solve(
    matrix: Disposed,
    b: Float64Array,
    options: { tolerance: number },
  ): { solution: Float64Array; work: { edgeOperations: number } };
}

interface Entries {
  rows: number;
  cols: number;
  rowIndices: Uint32Array;
  columnIndices: Uint32Array;
  values: Float64Array;
}

interface Disposed {
  dispose(): void;
}

/** A x = b. */
interface System {
  a: Csr;
  b: Float64Array;
  tolerance: number;
}

export const benchmarks: Record<'grid', Case<Room, PreparedAnswer<System>>> = {
  // Laplacian of a grid + 0.01 I, b random.
  grid: {
    title: (size) => `solve A x = b to 1e-8, grid of ${shapeOf(size).join(' x ')} unknowns`,
    defaultSize: 40_000,
    prepare({ SparseMatrix, solve }, size) {
      const a = gridLaplacian(...shapeOf(size), 0.01);
      const b = randomVector(a.rows, 1);
      const tolerance = 1e-8;
      const { rows, columns, values } = a;
      const matrix = SparseMatrix.fromCoo({
        rows,
        cols: rows,
        rowIndices: rowIndices(a),
        columnIndices: columns,
        values,
      });
      return {
        run: () => solve(matrix, b, { tolerance }).solution,
        // A multiplication and an addition for each entry; those on vectors alone are not counted.
        operations: 2 * solve(matrix, b, { tolerance }).work.edgeOperations,
        bytes: 0,
        dispose: () => matrix.dispose(),
        answer: {
          accuracyIs: 'relative residual',
          asked: tolerance,
          accuracy: (x) => relativeResidual(a, x, b),
          plain: {
            name: 'plain JavaScript, CG + diagonal',
            run: () => conjugateGradient(a, b, tolerance),
          },
        },
        data: { a, b, tolerance },
      };
    },
  },
};

/** About so many cells, eight wide to five high. */
function shapeOf(size: number): [number, number] {
  const width = Math.max(2, Math.round(Math.sqrt(1.6 * size)));
  return [width, Math.max(2, Math.round(size / width))];
}
