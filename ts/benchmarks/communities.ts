// Benchmark cases of communities.

import type { CommunitiesRoom } from '../rooms/communities/communities.js';
import type { Case } from './case.js';

export const benchmarks: Record<'leiden', Case<CommunitiesRoom>> = {
  // Groups of 32 nodes, each with eight edges inside and one to another group.
  leiden: {
    defaultSize: 20_000,
    prepare(room, size) {
      const count = Math.max(64, 32 * Math.round(size / 32));
      const [from, to]: [number[], number[]] = [[], []];
      for (let at = 0; at < count; at++) {
        const group = at - (at % 32);
        for (let i = 1; i <= 8; i++) {
          from.push(at);
          to.push(group + ((at + i * 5) % 32));
        }
        from.push(at);
        to.push((at * 7919 + 13) % count);
      }
      const graph = room.Graph.fromEdges({ from, to, directed: false });
      return {
        run() {
          room.leiden(graph);
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
};
