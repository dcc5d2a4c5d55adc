// Benchmark cases of attention.

import type { AttentionRoom } from '../rooms/attention/attention.js';
import type { Case } from './case.js';

export const benchmarks: Record<
  'oneHead' | 'linear' | 'selectiveScan' | 'hyperbolic' | 'fixedBlock',
  Case<AttentionRoom>
> = {
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
  // One head of 16 numbers on the Poincare ball.
  hyperbolic: {
    defaultSize: 256,
    prepare({ hyperbolicAttention }, size) {
      const x = Float32Array.from({ length: 16 * size }, (_, i) => Math.sin(i) / 5);
      return {
        run: () => hyperbolicAttention(x, x, x, { heads: 1, size: 16 }),
        operations: 4 * 16 * size * size,
        bytes: 16 * 16 * size,
        dispose: () => {},
      };
    },
  },
  // 128 numbers a token, 4 heads, 512 between the products.
  fixedBlock: {
    defaultSize: 64,
    prepare({ FixedBlock }, size) {
      const scale = FixedBlock.scale(1 / 256);
      const part = (count: number) => ({
        values: Int8Array.from({ length: count * 128 }, (_, i) => ((i * 7919) % 255) - 127),
        ...scale,
      });
      const [own, wide] = [part(128), part(512)];
      const weights = { query: own, key: own, value: own, output: own, up: wide, down: wide };
      const block = FixedBlock.create({ width: 128, heads: 4, inner: 512, scores: scale, weights });
      const x = Int32Array.from({ length: 128 * size }, (_, i) => (i * 7919) % 2000);
      return {
        run: () => block.run(x),
        operations: 2 * size * 128 * (4 * 128 + 2 * 512 + 2 * size),
        bytes: 128 * (4 * 128 + 2 * 512) + 8 * 128 * size,
        dispose: () => block.dispose(),
      };
    },
  },
};
