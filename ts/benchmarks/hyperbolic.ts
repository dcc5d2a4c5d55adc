// Benchmark cases of hyperbolic.

import type { HyperbolicRoom } from '../rooms/hyperbolic/hyperbolic.js';
import type { Case } from './case.js';

export const benchmarks: Record<'distance', Case<HyperbolicRoom>> = {
  distance: {
    defaultSize: 10_000,
    prepare({ poincareDistance }, size) {
      const x = Float32Array.from({ length: size * 8 }, (_, i) => 0.3 * Math.sin(i));
      const y = Float32Array.from({ length: size * 8 }, (_, i) => 0.3 * Math.cos(i));
      return {
        run: () => poincareDistance(x, y, { dimension: 8 }),
        operations: 60 * size,
        bytes: 72 * size,
        dispose: () => {},
      };
    },
  },
};
