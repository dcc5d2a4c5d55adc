// Benchmark cases of attention.

import type { AttentionRoom } from '../rooms/attention/attention.js';
import type { Case } from './case.js';

export const benchmarks: Record<'oneHead' | 'linear' | 'selectiveScan', Case<AttentionRoom>> = {
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
  // The same head with features elu + 1, causal.
  linear: {
    defaultSize: 512,
    prepare({ linearAttention }, size) {
      const make = (seed: number) =>
        Float32Array.from({ length: 64 * size }, (_, i) => Math.sin(seed + i));
      const [queries, keys, values] = [make(1), make(2), make(3)];
      const options = { heads: 1, size: 64, causal: true };
      return {
        run: () => linearAttention(queries, keys, values, options),
        operations: 4 * 64 * 64 * size,
        bytes: 16 * 64 * size,
        dispose: () => {},
      };
    },
  },
  // 64 channels of 16 numbers each.
  selectiveScan: {
    defaultSize: 512,
    prepare({ SelectiveScan }, size) {
      const make = (seed: number, length: number) =>
        Float32Array.from({ length }, (_, i) => Math.sin(seed + i));
      const [channels, states] = [64, 16];
      const a = make(1, channels * states).map((x) => -1 - x * x);
      const scan = SelectiveScan.create({ channels, states, a, softplus: true });
      const x = make(2, channels * size);
      const inputs = {
        delta: make(3, channels * size),
        b: make(4, states * size),
        c: make(5, states * size),
      };
      return {
        run: () => scan.run(x, inputs),
        operations: 6 * channels * states * size,
        bytes: 4 * size * (3 * channels + 2 * states),
        dispose: () => scan.dispose(),
      };
    },
  },
};
