// Benchmark cases of dense.

import type { DenseRoom, Vector } from '../rooms/dense/dense.js';
import type { Case } from './case.js';

export const benchmarks: Record<'dot' | 'axpy' | 'norm', Case<DenseRoom>> = {
  dot: pair(2, 8, (x, y) => x.dot(y)),
  axpy: pair(2, 12, (x, y) => y.axpy(1e-9, x)),
  norm: pair(2, 4, (x) => x.norm()),
};

function pair(
  operations: number,
  bytes: number,
  run: (x: Vector, y: Vector) => unknown,
): Case<DenseRoom> {
  return {
    defaultSize: 100_000,
    prepare({ Vector }, size) {
      const [x, y] = [Vector.zeros(size).fill(0.5), Vector.zeros(size).fill(0.25)];
      return {
        run: () => run(x, y),
        operations: operations * size,
        bytes: bytes * size,
        dispose() {
          x.dispose();
          y.dispose();
        },
      };
    },
  };
}
