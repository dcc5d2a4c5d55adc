// Benchmark cases of linalg.

import type { LinalgRoom, Precision } from '../rooms/linalg/linalg.js';
import type { Case } from './case.js';
import { random } from './workload.js';

/** A matrix of numbers in -1 .. 1; definite: symmetric with a large diagonal. */
export function denseMatrix(size: number, definite: boolean) {
  const draw = random(5);
  const data = Float64Array.from({ length: size * size }, () => 2 * draw() - 1);
  for (let i = 0; definite && i < size; i++) {
    for (let j = 0; j < i; j++) data[i * size + j] = data[j * size + i] as number;
    data[i * size + i] = (data[i * size + i] as number) + size;
  }
  return { data, rows: size, columns: size };
}

function decomposition(kind: 'lu' | 'cholesky'): Case<LinalgRoom> {
  return {
    defaultSize: 512,
    prepare(room, size) {
      const matrix = denseMatrix(size, kind === 'cholesky');
      return {
        run: () => room[kind](matrix).dispose(),
        operations: ((kind === 'lu' ? 2 : 1) * size ** 3) / 3,
        bytes: 8 * size * size,
        dispose: () => undefined,
      };
    },
  };
}

/** A product of matrices that lie in memory. */
function product(type: Precision): Case<LinalgRoom> {
  return {
    defaultSize: 512,
    prepare(room, size) {
      const matrix = room.Matrix.from(denseMatrix(size, false), { type });
      const into = room.Matrix.zeros(size, size, { type });
      return {
        run: () => matrix.matmul(matrix, { into }).get(0, 0),
        operations: 2 * size ** 3,
        bytes: (type === 'float32' ? 4 : 8) * size * size,
        dispose() {
          matrix.dispose();
          into.dispose();
        },
      };
    },
  };
}

type Name = 'lu' | 'cholesky' | 'solve' | 'eigen' | 'svd' | 'product32' | 'product64';
export const benchmarks: Record<Name, Case<LinalgRoom>> = {
  product32: product('float32'),
  product64: product('float64'),
  lu: decomposition('lu'),
  cholesky: decomposition('cholesky'),
  // Decomposed, solved and corrected.
  solve: {
    defaultSize: 512,
    prepare(room, size) {
      const matrix = denseMatrix(size, false);
      const b = Float64Array.from({ length: size }, (_, i) => Math.sin(i));
      return {
        run: () => room.solve(matrix, b).solution,
        operations: (2 * size ** 3) / 3,
        bytes: 8 * size * size,
        dispose: () => undefined,
      };
    },
  }, // With vectors.
  eigen: {
    defaultSize: 256,
    prepare(room, size) {
      const matrix = denseMatrix(size, true);
      return {
        run: () => room.eigenSymmetric(matrix).values,
        operations: 10 * size ** 3,
        bytes: 8 * size * size,
        dispose: () => undefined,
      };
    },
  },
  svd: {
    defaultSize: 128,
    prepare(room, size) {
      const matrix = denseMatrix(size, false);
      return {
        run: () => room.svd(matrix).values,
        operations: 0,
        bytes: 8 * size * size,
        dispose: () => undefined,
      };
    },
  },
};
