// Benchmark cases of resistance.

import type { ResistanceRoom } from '../rooms/resistance/resistance.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Case } from './case.js';

export const benchmarks: Record<'pair' | 'copy', Case<ResistanceRoom>> = {
  // The resistance between two corners of a square grid.
  pair: {
    defaultSize: 20_000,
    prepare(room, size) {
      const side = Math.max(2, Math.round(Math.sqrt(size)));
      const graph = room.Graph.fromEdges(grid(side));
      return {
        run() {
          room.effectiveResistance(graph, { source: 0, target: side * side - 1 });
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
  // A graph with so many edges comes into the solver's memory, which has grown before.
  copy: {
    defaultSize: 1_000_000,
    prepare(room, size) {
      const graph = room.Graph.fromEdges(cycle(size));
      const { transfer } = room.Graph;
      const target = [...graph.runtime.group].find(({ bundle }) =>
        bundle.rooms.includes('resistance'),
      );
      return {
        run() {
          graph.copyIn(target as Runtime, 'benchmark', transfer);
          graph.dropCopyIn(target as Runtime);
        },
        operations: 0,
        bytes: graph.bytesUsed,
        dispose: () => graph.dispose(),
      };
    },
  },
};

function cycle(length: number) {
  const from = Uint32Array.from({ length }, (_, u) => u);
  return { from, to: from.map((u) => (u + 1) % length), directed: true };
}

function grid(side: number) {
  const [from, to]: [number[], number[]] = [[], []];
  for (let at = 0; at < side * side; at++) {
    if (at % side !== side - 1) {
      from.push(at);
      to.push(at + 1);
    }
    if (at + side < side * side) {
      from.push(at);
      to.push(at + side);
    }
  }
  return { from, to, directed: false };
}
