// Small random graphs with loops and parallel edges, and questions to them, for properties that hold on each.
import * as fc from 'fast-check';
import type { Graph } from 'sublinear/graph';

/** Nodes of each. */
export const SIZE = 9;

const arbitrary = fc.record({
  edges: fc.array(fc.tuple(fc.nat(SIZE - 1), fc.nat(SIZE - 1), fc.integer({ min: 1, max: 9 })), {
    maxLength: 30,
  }),
  directed: fc.boolean(),
  damping: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  a: fc.nat(SIZE - 1),
  b: fc.nat(SIZE - 1),
  c: fc.nat(SIZE - 1),
  exponent: fc.integer({ min: -10, max: -1 }),
});
export type Drawn = typeof arbitrary extends fc.Arbitrary<infer T> ? T : never;

/** The graph of edges that were drawn. The caller disposes it. */
export function drawnGraph(graphs: typeof Graph, edges: Drawn['edges'], directed: boolean): Graph {
  return graphs.fromEdges({
    nodeCount: SIZE,
    from: edges.map(([u]) => u),
    to: edges.map(([, v]) => v),
    weights: edges.map(([, , w]) => w),
    directed,
  });
}

/** Checks 200 graphs. `directed`: in place of what was drawn. */
export function onRandomGraphs(
  graphs: typeof Graph,
  check: (graph: Graph, drawn: Drawn) => void,
  directed?: boolean,
): void {
  const property = fc.property(arbitrary, (drawn) => {
    using graph = drawnGraph(graphs, drawn.edges, directed ?? drawn.directed);
    check(graph, drawn);
  });
  fc.assert(property, { numRuns: 200, seed: 29 });
}
