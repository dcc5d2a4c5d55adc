// Cases of engine.benchmark() for solvers.

import type { Benchmark } from '../../runtime/benchmark.js';
import type { SparseMatrix } from '../sparse/matrix.js';
import type { CooInput } from '../sparse/types.js';
import type { SolveResult } from './types.js';

/** What is used of the room. */
interface Room {
  readonly SparseMatrix: { fromCoo(input: CooInput): SparseMatrix };
  solve(matrix: SparseMatrix, b: Float64Array): SolveResult;
}

/** @internal */
export const benchmarks: Record<'grid', Benchmark<Room>> = {
  // Laplacian of a square grid + 0.01 I, to 1e-8.
  grid: {
    defaultSize: 40_000,
    prepare(room, size) {
      const side = Math.max(2, Math.round(Math.sqrt(size)));
      const matrix = gridMatrix(room, side);
      const b = Float64Array.from({ length: side * side }, (_, i) => Math.sin(i));
      return {
        run: () => room.solve(matrix, b),
        // A multiplication and an addition for each entry; those on vectors alone are not counted.
        operations: 2 * room.solve(matrix, b).work.edgeOperations,
        bytes: 0,
        dispose: () => matrix.dispose(),
      };
    },
  },
};

function gridMatrix(room: Room, side: number): SparseMatrix {
  const rowIndices: number[] = [];
  const columnIndices: number[] = [];
  const values: number[] = [];
  const add = (i: number, j: number, value: number) => {
    rowIndices.push(i);
    columnIndices.push(j);
    values.push(value);
  };
  for (let i = 0; i < side * side; i++) {
    let degree = 0;
    const link = (j: number, exists: boolean) => {
      if (exists) {
        add(i, j, -1);
        degree++;
      }
    };
    link(i - side, i >= side);
    link(i - 1, i % side > 0);
    link(i + 1, i % side < side - 1);
    link(i + side, i < side * (side - 1));
    add(i, i, degree + 0.01);
  }
  const n = side * side;
  return room.SparseMatrix.fromCoo({ rows: n, cols: n, rowIndices, columnIndices, values });
}
