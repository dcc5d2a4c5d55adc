// What parts a graph has: components of several kinds, blocks, two sides.

import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { ask, question, type Timeless, type Work } from './ask.js';

/** What {@link PartFunctions.connectedComponents} gives. */
export interface ConnectedComponents extends Work {
  /** How many there are. */
  count: number;
  /** The component of each node, numbered in the order of their smallest node. */
  labels: Uint32Array<ArrayBuffer>;
  /** Nodes in each component. */
  sizes: Uint32Array<ArrayBuffer>;
}

/** Options of {@link PartFunctions.stronglyConnectedComponents}. */
export interface StrongOptions {
  /** Give the edges between components too. `false` by default. */
  condensation?: boolean;
}

/** What {@link PartFunctions.stronglyConnectedComponents} gives. */
export interface StrongComponents extends Work {
  /** How many there are. */
  count: number;
  /** The component of each node. Every edge goes to the same component or to one of a larger number. */
  labels: Uint32Array<ArrayBuffer>;
  /** Nodes in each component. */
  sizes: Uint32Array<ArrayBuffer>;
  /** With `condensation`: the edges between components, each pair once, by rising `from`. */
  condensation?: { from: Uint32Array<ArrayBuffer>; to: Uint32Array<ArrayBuffer> };
}

/** What {@link PartFunctions.biconnectedComponents} gives. */
export interface Biconnected extends Work {
  /** The nodes of each block, ascending. Blocks share articulation points; a node without edges is in none. */
  blocks: Uint32Array<ArrayBuffer>[];
  /** Nodes whose removal leaves more components than there were, ascending. */
  articulationPoints: Uint32Array<ArrayBuffer>;
  /** Edges whose removal does, `from` the smaller end, ascending. */
  bridges: { from: Uint32Array<ArrayBuffer>; to: Uint32Array<ArrayBuffer> };
  /** The components without the bridges: the one of each node, numbered by their smallest node. */
  twoEdgeComponents: Uint32Array<ArrayBuffer>;
  /** How many of those there are. */
  twoEdgeCount: number;
}

/** What {@link PartFunctions.bipartition} gives: two sides, or an odd cycle that proves that there are none. */
export type Bipartition = Work &
  (
    | { bipartite: true; sides: Uint32Array<ArrayBuffer>; oddCycle?: undefined }
    | { bipartite: false; oddCycle: Uint32Array<ArrayBuffer>; sides?: undefined }
  );

/** The functions of this part of the room. */
export interface PartFunctions {
  /**
   * Connected components; edges of a directed graph are taken both ways (weak components).
   *
   * Tarjan, van Leeuwen 1984, doi:10.1145/62.2160; Sutton, Ben-Nun, Barak 2018, doi:10.1109/IPDPS.2018.00012. O(edges +
   * nodes) in practice.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, connectedComponents } = await load();
   * using graph = Graph.fromEdges({ from: [0, 3], to: [2, 4] });
   * const { count, labels, sizes } = connectedComponents(graph);
   * console.log(count, labels, sizes); // 3 Uint32Array(5) [ 0, 1, 0, 2, 2 ] Uint32Array(3) [ 2, 1, 2 ]
   * ```
   */
  connectedComponents(graph: Graph): ConnectedComponents;

  /**
   * {@link connectedComponents} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, connectedComponentsAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * console.log((await connectedComponentsAsync(edge)).count); // 1
   * ```
   */
  connectedComponentsAsync(
    graph: Graph,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<ConnectedComponents>;

  /**
   * Strongly connected components: nodes that reach each other along the edges. They are numbered in an order of the
   * condensation, so that every edge goes to a larger number or stays. In an undirected graph they are the connected
   * components.
   *
   * Tarjan 1972, doi:10.1137/0201010; Pearce 2016, doi:10.1016/j.ipl.2015.08.010. O(edges + nodes).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, stronglyConnectedComponents } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 1], to: [1, 0, 2] });
   * const { labels, condensation } = stronglyConnectedComponents(graph, { condensation: true });
   * console.log(labels, condensation?.from, condensation?.to); // Uint32Array(3) [ 0, 0, 1 ] Uint32Array(1) [ 0 ] Uint32Array(1) [ 1 ]
   * ```
   */
  stronglyConnectedComponents(graph: Graph, options?: StrongOptions): StrongComponents;

  /**
   * {@link stronglyConnectedComponents} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, stronglyConnectedComponentsAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * console.log((await stronglyConnectedComponentsAsync(edge)).count); // 2
   * ```
   */
  stronglyConnectedComponentsAsync(
    graph: Graph,
    options?: StrongOptions & AsyncOptions<WorkProgress>,
  ): Promise<StrongComponents>;

  /**
   * Where one node or one edge holds an undirected graph together: its blocks (biconnected components), articulation
   * points, bridges, and what is left without the bridges. Parallel edges were merged when the graph was made: a pair of
   * nodes that had several counts as one edge.
   *
   * Hopcroft, Tarjan 1973, doi:10.1145/362248.362272. O(edges + nodes).
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, biconnectedComponents } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 2], to: [1, 2, 0, 3], directed: false });
   * const { blocks, articulationPoints, bridges } = biconnectedComponents(graph);
   * console.log(blocks.length, articulationPoints, bridges.from, bridges.to); // 2 Uint32Array(1) [ 2 ] Uint32Array(1) [ 2 ] Uint32Array(1) [ 3 ]
   * ```
   */
  biconnectedComponents(graph: Graph): Biconnected;

  /**
   * {@link biconnectedComponents} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, biconnectedComponentsAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await biconnectedComponentsAsync(edge)).bridges.to); // Uint32Array(1) [ 1 ]
   * ```
   */
  biconnectedComponentsAsync(
    graph: Graph,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<Biconnected>;

  /**
   * Whether the nodes have two sides without an edge inside one: the sides, the smallest node of each component on side
   * 0, or an odd cycle, its nodes in order (one node: a loop). Edges of a directed graph are taken both ways. O(edges +
   * nodes).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, bipartition } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2] });
   * console.log(bipartition(path).sides); // Uint32Array(3) [ 0, 1, 0 ]
   * using ring = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0] });
   * console.log(bipartition(ring).oddCycle?.length); // 3
   * ```
   */
  bipartition(graph: Graph): Bipartition;

  /**
   * {@link bipartition} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, bipartitionAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * console.log((await bipartitionAsync(edge)).bipartite); // true
   * ```
   */
  bipartitionAsync(graph: Graph, options?: AsyncOptions<WorkProgress>): Promise<Bipartition>;
}

/** @internal */
export function createParts(runtime: Runtime): PartFunctions {
  const components = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.components, {}, (answer): ConnectedComponents => {
      const [, edgeOperations, count] = answer.numbers as [number, number, number];
      const labels = answer.u32(3, graph.nodeCount);
      return { count, labels, sizes: answer.u32(4, count), work: { edgeOperations } };
    }),
  );

  const strong = task(
    runtime,
    ['condensation'] as (keyof StrongOptions)[],
    (call: Call<Timeless<StrongOptions>>, graph: Graph) => {
      const { condensation = false } = call.options;
      const given = [Number(check.boolean(call.operation, 'condensation', condensation))];
      return ask(call, graph, question.strong, { options: given }, (answer): StrongComponents => {
        const [, edgeOperations, count, , , edges] = answer.numbers as number[] & { length: 16 };
        return {
          count: count as number,
          labels: answer.u32(3, graph.nodeCount),
          sizes: answer.u32(4, count as number),
          ...(condensation && {
            condensation: {
              from: answer.u32(6, edges as number),
              to: answer.u32(7, edges as number),
            },
          }),
          work: { edgeOperations: edgeOperations as number },
        };
      });
    },
  );

  const blocks = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.blocks, {}, (answer): Biconnected => {
      const { numbers } = answer;
      const count = numbers[2] as number;
      const offsets = answer.u32(3, count + 1);
      const nodes = answer.u32(4, offsets[count] as number);
      const bridges = numbers[7] as number;
      return {
        blocks: Array.from({ length: count }, (_, i) => nodes.slice(offsets[i], offsets[i + 1])),
        articulationPoints: answer.u32(6, numbers[5] as number),
        bridges: { from: answer.u32(8, bridges), to: answer.u32(9, bridges) },
        twoEdgeComponents: answer.u32(11, graph.nodeCount),
        twoEdgeCount: numbers[10] as number,
        work: { edgeOperations: numbers[1] as number },
      };
    }),
  );

  const sides = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.bipartite, {}, (answer): Bipartition => {
      const [, edgeOperations, length] = answer.numbers as [number, number, number];
      const work = { edgeOperations };
      return length === 0
        ? { bipartite: true, sides: answer.u32(4, graph.nodeCount), work }
        : { bipartite: false, oddCycle: answer.u32(3, length), work };
    }),
  );

  return {
    connectedComponents: (graph) => components.now('connectedComponents', graph, undefined),
    connectedComponentsAsync: (graph, options) =>
      components.later('connectedComponentsAsync', graph, options),
    stronglyConnectedComponents: (graph, options) =>
      strong.now('stronglyConnectedComponents', graph, options),
    stronglyConnectedComponentsAsync: (graph, options) =>
      strong.later('stronglyConnectedComponentsAsync', graph, options),
    biconnectedComponents: (graph) => blocks.now('biconnectedComponents', graph, undefined),
    biconnectedComponentsAsync: (graph, options) =>
      blocks.later('biconnectedComponentsAsync', graph, options),
    bipartition: (graph) => sides.now('bipartition', graph, undefined),
    bipartitionAsync: (graph, options) => sides.later('bipartitionAsync', graph, options),
  };
}
