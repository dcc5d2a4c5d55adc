// Benchmark cases of attention.

import type { AttentionRoom } from '../rooms/attention/attention.js';
import type { Case } from './case.js';

export const benchmarks: Record<'oneHead', Case<AttentionRoom>> = {
  // One head of 64 elements over a sequence.
  oneHead: {
    defaultSize: 512,
    prepare({ attention }, size) {
      const make = (seed: number) =>
        Float32Array.from({ length: 64 * size }, (_, i) => Math.sin(seed + i));
      const [queries, keys, values] = [make(1), make(2), make(3)];
      const into = new Float32Array(64 * size);
      return {
        run: () => attention(queries, keys, values, { heads: 1, size: 64, into }),
        operations: 4 * 64 * size * size,
        bytes: 16 * 64 * size,
        dispose: () => {},
      };
    },
  },
};
