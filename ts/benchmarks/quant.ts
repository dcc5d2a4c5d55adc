// Benchmark cases of quant.

import type { QuantRoom } from '../rooms/quant/quant.js';
import type { Case } from './case.js';

export const benchmarks: Record<'int8', Case<QuantRoom>> = {
  int8: {
    defaultSize: 100_000,
    prepare({ quantizeInt8 }, size) {
      const vectors = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
      return {
        run: () => quantizeInt8(vectors, { dimension: size }),
        operations: 3 * size,
        bytes: 5 * size,
        dispose: () => {},
      };
    },
  },
};
