// Benchmark cases of gnn.

import type { GnnRoom } from '../rooms/gnn/gnn.js';
import type { Case } from './case.js';

export const benchmarks: Record<'smooth', Case<GnnRoom>> = {
  // Sixteen columns over a ring with chords.
  smooth: {
    defaultSize: 20_000,
    prepare(room, size) {
      const from = Uint32Array.from({ length: 4 * size }, (_, i) => i % size);
      const to = from.map((node, i) => (node + 1 + 97 * Math.floor(i / size)) % size);
      const graph = room.Graph.fromEdges({ from, to, nodeCount: size, directed: false });
      const features = new Float32Array(16 * size).fill(1);
      return {
        run() {
          room.smoothFeatures(graph, features, { steps: 5 });
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
};
