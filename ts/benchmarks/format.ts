// Benchmark cases of format.

import type { FormatRoom } from '../rooms/format/format.js';
import type { Case } from './case.js';

export const benchmarks: Record<'publish', Case<FormatRoom>> = {
  publish: {
    defaultSize: 2000,
    prepare({ writeRemoteIndex }, size) {
      const vectors = Float32Array.from({ length: size * 32 }, (_, i) => Math.sin(i * 12.9898));
      return {
        run: () => writeRemoteIndex(vectors, { dimension: 32 }),
        // Each vector is compared with the centre of each of 1.6 sqrt(size) cells: fourteen times, as far as the sample goes.
        operations: 14 * 32 * 1.6 * size ** 1.5,
        bytes: 128 * size,
        dispose: () => {},
      };
    },
  },
};
