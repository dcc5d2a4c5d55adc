// Benchmark cases of graph.

import type { GraphNodes } from '../rooms/graph/nodes.js';
import type { EdgesInput } from '../rooms/graph/types.js';
import type { Case } from './case.js';

/** What is used of the room. */
interface Room {
  readonly Graph: {
    fromEdges(input: EdgesInput): GraphNodes & { save(): Uint8Array };
    fromEdgeList(text: Uint8Array): GraphNodes;
    load(bytes: Uint8Array): GraphNodes;
  };
}

export const benchmarks: Record<'build' | 'readEdgeList' | 'save' | 'load', Case<Room>> = {
  save: {
    defaultSize: 100_000,
    prepare({ Graph }, size) {
      const graph = Graph.fromEdges({ ...ring(size), nodeCount: size });
      return {
        run: () => graph.save(),
        operations: graph.edgeCount,
        bytes: graph.save().length,
        dispose: () => graph.dispose(),
      };
    },
  },
  load: {
    defaultSize: 100_000,
    prepare({ Graph }, size) {
      const graph = Graph.fromEdges({ ...ring(size), nodeCount: size });
      const bytes = graph.save();
      const operations = graph.edgeCount;
      graph.dispose();
      return {
        run: () => Graph.load(bytes).dispose(),
        operations,
        bytes: bytes.length,
        dispose: () => {},
      };
    },
  },
  build: {
    defaultSize: 100_000,
    prepare({ Graph }, size) {
      const edges = ring(size);
      return {
        run: () => Graph.fromEdges({ ...edges, nodeCount: size }).dispose(),
        operations: edges.from.length,
        bytes: 8 * edges.from.length,
        dispose: () => {},
      };
    },
  },
  readEdgeList: {
    defaultSize: 100_000,
    prepare({ Graph }, size) {
      const { from, to } = ring(size);
      const lines = Array.from(from, (u, k) => `${u}\t${to[k]}\n`);
      const text = new TextEncoder().encode(lines.join(''));
      return {
        run: () => Graph.fromEdgeList(text).dispose(),
        operations: from.length,
        bytes: text.length,
        dispose: () => {},
      };
    },
  },
};

/** Ten edges a node, to places all over. */
function ring(n: number): { from: Uint32Array; to: Uint32Array } {
  const from = new Uint32Array(10 * n);
  const to = new Uint32Array(10 * n);
  for (let k = 0; k < from.length; k++) {
    from[k] = k % n;
    to[k] = (((k % n) + Math.imul(k, 0x9e3779b1)) >>> 0) % n;
  }
  return { from, to };
}
