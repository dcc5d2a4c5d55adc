// Benchmark cases of cuts.

import type { CutsRoom } from '../rooms/cuts/cuts.js';
import type { Case } from './case.js';
import { gridEdges } from './workload.js';

export const benchmarks: Record<'grid', Case<CutsRoom>> = {
  // The flow between two corners of a square grid with capacities 1 .. 1000.
  grid: {
    defaultSize: 40_000,
    prepare(room, size) {
      const { side, from, to, weights } = gridEdges(size);
      const graph = room.Graph.fromEdges({ from, to, weights, directed: false });
      return {
        run() {
          room.maxFlow(graph, { source: 0, target: side * side - 1 });
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
};
