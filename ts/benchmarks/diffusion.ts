// Benchmark cases of diffusion.

import type { Case, PreparedAnswer } from './case.js';
import {
  adjacency,
  barabasiAlbert,
  counted,
  type Edges,
  type Incoming,
  incoming,
  l1Distance,
  oneNode,
  powerIteration,
} from './workload.js';

/** What is used of the module, whichever build it is of. */
interface Room {
  readonly Graph: { fromEdges(input: Edges & { parallel: 'once' }): Made };
  pageRank(
    graph: Made,
    options: { damping: number; tolerance: number },
  ): { scores: ArrayLike<number> };
  personalizedPageRank(
    graph: Made,
    options: { source: number; damping: number; tolerance: number; dense: true },
  ): { scores: ArrayLike<number> };
  personalizedPageRank(graph: Made, options: { source: number; topK: number }): unknown;
}

interface Made {
  readonly nodeCount: number;
  dispose(): void;
}

const DAMPING = 0.85;
const LINKS = 10;

/** A graph and what is asked of it. */
interface Ranking {
  edges: Edges;
  /** The same turned round, for power iterations. */
  arrows: Incoming;
  /** Where walks start. */
  teleport: Float64Array;
  damping: number;
  tolerance: number;
}

type Ranked = Case<Room, PreparedAnswer<Ranking>>;

export const benchmarks: Record<'pageRank' | 'nearness', Ranked> & Record<'top50', Case<Room>> = {
  // The 50 nodes nearest to one node of a scale-free graph with ten edges a node.
  top50: {
    defaultSize: 20_000,
    prepare(room, size) {
      const graph = room.Graph.fromEdges(network(size));
      let source = 0;
      return {
        run() {
          source = (source + 7919) % graph.nodeCount;
          room.personalizedPageRank(graph, { source, topK: 50 });
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
  pageRank: {
    title: (size) =>
      `PageRank of all nodes to 1e-6, network of ${counted(size)} nodes, ${LINKS} edges a node`,
    defaultSize: 20_000,
    prepare({ Graph, pageRank }, size) {
      const edges = network(size);
      const { nodeCount } = edges;
      const teleport = new Float64Array(nodeCount).fill(1 / nodeCount);
      const graph = Graph.fromEdges(edges);
      const [damping, tolerance] = [DAMPING, 1e-6];
      return {
        ...ranking({ edges, teleport, tolerance }),
        run: () => pageRank(graph, { damping, tolerance }).scores,
        dispose: () => graph.dispose(),
      };
    },
  },
  nearness: {
    title: (size) =>
      `nearness to one node to 1e-4, network of ${counted(size)} nodes, ${LINKS} edges a node`,
    defaultSize: 20_000,
    prepare({ Graph, personalizedPageRank }, size) {
      const edges = network(size);
      const source = edges.nodeCount >> 1;
      const graph = Graph.fromEdges(edges);
      const [damping, tolerance] = [DAMPING, 1e-4];
      return {
        ...ranking({ edges, teleport: oneNode(edges.nodeCount, source), tolerance }),
        run: () => personalizedPageRank(graph, { source, damping, tolerance, dense: true }).scores,
        dispose: () => graph.dispose(),
      };
    },
  },
};

/** Undirected, parallel edges once. */
function network(size: number) {
  return { ...barabasiAlbert(Math.max(2 * LINKS + 2, size), LINKS, 42), parallel: 'once' as const };
}

/** What is the same for all rankings. The exact scores are computed when they are first compared with. */
function ranking({ edges, teleport, tolerance }: Omit<Ranking, 'arrows' | 'damping'>) {
  const arrows = incoming(adjacency(edges));
  let exact: Float64Array | undefined;
  return {
    operations: 0,
    bytes: 0,
    answer: {
      accuracyIs: 'sum of errors',
      asked: tolerance,
      accuracy(scores: ArrayLike<number>) {
        exact ??= powerIteration(arrows, teleport, DAMPING, 1e-13);
        return l1Distance(scores, exact);
      },
      plain: {
        name: 'plain JavaScript, power iteration',
        run: () => powerIteration(arrows, teleport, DAMPING, tolerance),
      },
    },
    data: { edges, arrows, teleport, damping: DAMPING, tolerance },
  };
}
