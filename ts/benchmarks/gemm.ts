// Benchmark cases of gemm.

import type { ElementType, GemmRoom } from '../rooms/gemm/gemm.js';
import type { Case } from './case.js';

/** Square products with packed weights. */
function square(type: ElementType, rows?: number): Case<GemmRoom> {
  return {
    defaultSize: 512,
    prepare({ DenseMatrix, matmul }, size) {
      const values = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i));
      const count = rows ?? size;
      const weights = DenseMatrix.from(values, { rows: size, columns: size, type, packed: true });
      const left = { data: values.slice(0, count * size), rows: count, columns: size };
      const into = new Float32Array(count * size);
      const quantize = type === 'int8';
      return {
        run: () => matmul(left, weights, { into, quantize }),
        operations: 2 * count * size * size,
        bytes: 4 * (2 * count * size) + weights.bytesUsed,
        dispose: () => weights.dispose(),
      };
    },
  };
}

export const benchmarks: Record<
  'float32' | 'int8' | 'int4Row' | 'lstm' | 'sparse',
  Case<GemmRoom>
> = {
  float32: square('float32'),
  int8: square('int8'),
  // One row: what a token costs.
  int4Row: square('int4', 1),
  // A sequence of as many tokens, 128 numbers in and out.
  lstm: {
    defaultSize: 100,
    prepare({ RecurrentLayer }, size) {
      const make = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i) / 8);
      const weights = { input: make(512 * 128), own: make(512 * 128) };
      const layer = RecurrentLayer.create({ type: 'lstm', size: 128, weights });
      const x = make(128 * size);
      return {
        run: () => layer.run(x),
        operations: 2 * 512 * 256 * size,
        bytes: 4 * 2 * 512 * 128 + 8 * 128 * size,
        dispose: () => layer.dispose(),
      };
    },
  },
  // As many tokens of 256 numbers, a tenth of 1,024 inner elements, a predictor of rank 16.
  sparse: {
    defaultSize: 32,
    prepare({ SparseFeedForward }, size) {
      const make = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i));
      const [width, inner, rank, top] = [256, 1024, 16, 102];
      const [up, down] = [make(inner * width), make(inner * width)];
      const [reduce, expand] = [make(rank * width), make(inner * rank)];
      const layer = SparseFeedForward.create({ width, inner, up, down, reduce, expand });
      const x = make(width * size);
      return {
        run: () => layer.run(x, { top }),
        operations: 2 * size * (rank * (width + inner) + 2 * top * width),
        bytes: 4 * (rank * (width + inner) + 2 * top * width),
        dispose: () => layer.dispose(),
      };
    },
  },
};
