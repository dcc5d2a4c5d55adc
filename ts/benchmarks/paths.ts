// Benchmark cases of paths.

import type { PathsRoom } from '../rooms/paths/paths.js';
import type { Case } from './case.js';

export const benchmarks: Record<'grid', Case<PathsRoom>> = {
  // Distances from a corner of a square grid with lengths 1 .. 1000.
  grid: {
    defaultSize: 40_000,
    prepare(room, size) {
      const side = Math.max(2, Math.round(Math.sqrt(size)));
      const [from, to, weights]: [number[], number[], number[]] = [[], [], []];
      for (let at = 0; at < side * side; at++) {
        for (const next of [at % side === side - 1 ? -1 : at + 1, at + side]) {
          if (next < 0 || next >= side * side) continue;
          from.push(at);
          to.push(next);
          weights.push(1 + ((at * 7919 + next * 104729) % 1000));
        }
      }
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
