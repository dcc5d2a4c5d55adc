// How dense an undirected graph is around each node: cores, triangles, colours; and the least that holds it together.

import type { NodeScore } from '../../runtime/iterable.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { withNodes } from '../graph/scores.js';
import { ask, edgesIn, question, type Timeless, type WeightedEdges, type Work } from './ask.js';

/** What {@link DensityFunctions.coreNumbers} gives. */
export interface CoreNumbers extends Work {
  /** For each node the largest k so that it is in a part of the graph where all have k neighbours of that part. */
  cores: Uint32Array<ArrayBuffer>;
  /** The largest of them. */
  degeneracy: number;
  /** All nodes, so that each has at most `degeneracy` neighbours behind it. */
  order: Uint32Array<ArrayBuffer>;
}

/** What {@link DensityFunctions.triangles} gives. Iterating gives `{ node, score }`, the local coefficients. */
export interface Triangles extends Iterable<NodeScore>, Work {
  /** How many triangles there are. */
  total: number;
  /** How many each node is in. */
  counts: Float64Array<ArrayBuffer>;
  /** Local clustering coefficient of each node: the share of pairs of its neighbours that are neighbours; 0 below degree 2. */
  scores: Float64Array<ArrayBuffer>;
  /** Mean of the local coefficients. */
  averageClustering: number;
  /** Three times the triangles over all pairs of neighbours of a node; 0 where there are none. */
  transitivity: number;
}

/** Options of {@link DensityFunctions.colouring}. */
export interface ColouringOptions {
  /**
   * Which node is next: `'largestFirst'` by falling degree; `'smallestLast'` takes off the node of least degree again and
   * again and colours from behind, with at most degeneracy + 1 colours; `'saturation'` (DSATUR) the one whose neighbours
   * have most colours, exact on bipartite graphs. `'smallestLast'` by default.
   */
  order?: 'largestFirst' | 'smallestLast' | 'saturation';
}

/** What {@link DensityFunctions.colouring} gives. */
export interface Colouring extends Work {
  /** A colour for each node, from 0; neighbours have different ones. */
  colours: Uint32Array<ArrayBuffer>;
  /** How many are used. */
  count: number;
}

/** Options of {@link DensityFunctions.spanningForest}. */
export interface SpanningForestOptions {
  /** The largest total weight instead of the least. `false` by default. */
  maximum?: boolean;
}

/** What {@link DensityFunctions.spanningForest} gives. */
export interface SpanningForest extends WeightedEdges, Work {
  /** Sum of the weights. */
  total: number;
  /** How many trees it has: components of the graph. */
  trees: number;
}

/** The functions of this part of the room. */
export interface DensityFunctions {
  /**
   * Core numbers of an undirected graph, and an order that takes off a node of least degree again and again. Loops are
   * not counted.
   *
   * Batagelj, Zaversnik 2003 (arXiv:cs/0310049). O(edges + nodes).
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, coreNumbers } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 2], to: [1, 2, 0, 3], directed: false });
   * console.log(coreNumbers(graph).cores); // Uint32Array(4) [ 2, 2, 2, 1 ]
   * ```
   */
  coreNumbers(graph: Graph): CoreNumbers;

  /**
   * {@link coreNumbers} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, coreNumbersAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await coreNumbersAsync(edge)).degeneracy); // 1
   * ```
   */
  coreNumbersAsync(graph: Graph, options?: AsyncOptions<WorkProgress>): Promise<CoreNumbers>;

  /**
   * Triangles of an undirected graph, in all and at each node, with the clustering coefficients. Weights and loops do not
   * count.
   *
   * Latapy 2008, doi:10.1016/j.tcs.2008.07.017. O(edges * sqrt(edges)).
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, triangles } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 2], to: [1, 2, 0, 3], directed: false });
   * const { total, counts, transitivity } = triangles(graph);
   * console.log(total, counts, transitivity); // 1 Float64Array(4) [ 1, 1, 1, 0 ] 0.6
   * ```
   */
  triangles(graph: Graph): Triangles;

  /**
   * {@link triangles} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, trianglesAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await trianglesAsync(edge)).total); // 0
   * ```
   */
  trianglesAsync(graph: Graph, options?: AsyncOptions<WorkProgress>): Promise<Triangles>;

  /**
   * Colours for the nodes of an undirected graph so that neighbours differ, by a greedy rule: each node in its turn gets
   * the smallest colour that no neighbour has. The number of colours is no minimum, but for bipartite graphs in the order
   * `'saturation'`.
   *
   * Welsh, Powell 1967; Matula, Beck 1983, doi:10.1145/2402.322385; Brelaz 1979, doi:10.1145/359094.359101. O(edges +
   * nodes), `'saturation'` times log nodes.
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph; a loop: the node is named), `MEMORY`; RangeError `RANGE` (order)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, colouring } = await load();
   * using ring = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 3, 0], directed: false });
   * console.log(colouring(ring, { order: 'saturation' }).colours); // Uint32Array(4) [ 0, 1, 0, 1 ]
   * ```
   */
  colouring(graph: Graph, options?: ColouringOptions): Colouring;

  /**
   * {@link colouring} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, colouringAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await colouringAsync(edge)).count); // 2
   * ```
   */
  colouringAsync(
    graph: Graph,
    options?: ColouringOptions & AsyncOptions<WorkProgress>,
  ): Promise<Colouring>;

  /**
   * A spanning forest of an undirected graph of least (or largest) total weight; edges without weight count 1. Edges of
   * equal weight are taken in the order of their ends, so that the forest is the one of Kruskal's algorithm on sorted
   * edges. `from` is the smaller end, edges ascend.
   *
   * Boruvka 1926, doi:10.1016/S0012-365X(00)00224-7. O(edges log nodes).
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, spanningForest } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0], weights: [1, 2, 3], directed: false });
   * const { from, to, total } = spanningForest(graph);
   * console.log(from, to, total); // Uint32Array(2) [ 0, 1 ] Uint32Array(2) [ 1, 2 ] 3
   * ```
   */
  spanningForest(graph: Graph, options?: SpanningForestOptions): SpanningForest;

  /**
   * {@link spanningForest} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, spanningForestAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], weights: [7], directed: false });
   * console.log((await spanningForestAsync(edge)).total); // 7
   * ```
   */
  spanningForestAsync(
    graph: Graph,
    options?: SpanningForestOptions & AsyncOptions<WorkProgress>,
  ): Promise<SpanningForest>;
}

/** Numbers of the orders in C. */
const orders = { largestFirst: 0, smallestLast: 1, saturation: 2 } as const;

/** @internal */
export function createDensity(runtime: Runtime): DensityFunctions {
  const cores = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.cores, {}, (answer): CoreNumbers => {
      const [, edgeOperations, degeneracy] = answer.numbers as [number, number, number];
      const { nodeCount } = graph;
      return {
        cores: answer.u32(3, nodeCount),
        degeneracy,
        order: answer.u32(4, nodeCount),
        work: { edgeOperations },
      };
    }),
  );

  const three = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.triangles, {}, (answer): Triangles => {
      const [, edgeOperations, total, , , averageClustering, transitivity] =
        answer.numbers as number[];
      const found = {
        total: total as number,
        counts: answer.f64(3, graph.nodeCount),
        scores: answer.f64(4, graph.nodeCount),
        averageClustering: averageClustering as number,
        transitivity: transitivity as number,
        work: { edgeOperations: edgeOperations as number },
      };
      return withNodes(found, graph);
    }),
  );

  const colours = task(
    runtime,
    ['order'] as (keyof ColouringOptions)[],
    (call: Call<Timeless<ColouringOptions>>, graph: Graph) => {
      const { order = 'smallestLast' } = call.options;
      const given = [check.choice<number>(call.operation, 'order', order, orders)];
      return ask(call, graph, question.colouring, { options: given }, (answer): Colouring => {
        const [, edgeOperations, count] = answer.numbers as [number, number, number];
        return { colours: answer.u32(3, graph.nodeCount), count, work: { edgeOperations } };
      });
    },
  );

  const spanning = task(
    runtime,
    ['maximum'] as (keyof SpanningForestOptions)[],
    (call: Call<Timeless<SpanningForestOptions>>, graph: Graph) => {
      const given = [
        Number(check.boolean(call.operation, 'maximum', call.options.maximum ?? false)),
      ];
      return ask(
        call,
        graph,
        question.spanning,
        { options: given },
        (answer): SpanningForest => ({
          ...edgesIn(answer, 2),
          total: answer.numbers[6] as number,
          trees: answer.numbers[7] as number,
          work: { edgeOperations: answer.numbers[1] as number },
        }),
      );
    },
  );

  return {
    coreNumbers: (graph) => cores.now('coreNumbers', graph, undefined),
    coreNumbersAsync: (graph, options) => cores.later('coreNumbersAsync', graph, options),
    triangles: (graph) => three.now('triangles', graph, undefined),
    trianglesAsync: (graph, options) => three.later('trianglesAsync', graph, options),
    colouring: (graph, options) => colours.now('colouring', graph, options),
    colouringAsync: (graph, options) => colours.later('colouringAsync', graph, options),
    spanningForest: (graph, options) => spanning.now('spanningForest', graph, options),
    spanningForestAsync: (graph, options) => spanning.later('spanningForestAsync', graph, options),
  };
}
