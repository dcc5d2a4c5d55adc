// Benchmark cases of paths.

import type { PathsRoom } from '../rooms/paths/paths.js';
import type { Case } from './case.js';
import { gridEdges } from './workload.js';

export const benchmarks: Record<'grid', Case<PathsRoom>> = {
  // Distances from a corner of a square grid with lengths 1 .. 1000.
  grid: {
    defaultSize: 40_000,
    prepare(room, size) {
      const { from, to, weights } = gridEdges(size);
      const graph = room.Graph.fromEdges({ from, to, weights, directed: false });
      return {
        run() {
          room.shortestPaths(graph, { source: 0 });
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
};
