// Directed graphs without cycles: an order, the longest path, and the edges that say it all.

import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { ask, type LengthOptions, question, type Timeless, type Work, weightedOf } from './ask.js';

/** What {@link OrderFunctions.topologicalOrder} gives: an order of all nodes, or a cycle that proves that there is none. */
export type TopologicalOrder = Work &
  (
    | { order: Uint32Array<ArrayBuffer>; cycle?: undefined }
    | { order?: undefined; cycle: Uint32Array<ArrayBuffer> }
  );

/** Options of {@link OrderFunctions.criticalPath}. */
export interface CriticalPathOptions extends LengthOptions {
  /** How long each node takes, one number >= 0 a node. By default nodes take no time. */
  durations?: RealArray;
}

/** What {@link OrderFunctions.criticalPath} gives. */
export interface CriticalPath extends Work {
  /** Of the longest path: the least time in which everything can be done. */
  length: number;
  /** The nodes of a longest path, of several predecessors always the smallest. */
  nodes: Uint32Array<ArrayBuffer>;
  /** When each node can begin at the earliest, and at the latest without making the whole longer. */
  earliest: Float64Array<ArrayBuffer>;
  latest: Float64Array<ArrayBuffer>;
  /** latest - earliest; 0 on the path, and for others up to rounding when their lengths are not whole numbers. */
  slack: Float64Array<ArrayBuffer>;
}

/** What {@link OrderFunctions.transitiveReduction} gives: edges, by their ends. */
export interface TransitiveReduction extends Work {
  /** Ascending; of one node by ascending `to`. */
  from: Uint32Array<ArrayBuffer>;
  to: Uint32Array<ArrayBuffer>;
  /** Their weights, where the graph has some. */
  weights?: Float64Array<ArrayBuffer>;
}

/** The functions of this part of the room. */
export interface OrderFunctions {
  /**
   * An order of the nodes of a directed graph in which every edge goes forward; of the nodes that may come next always the
   * smallest number. A graph with a cycle has none: then the cycle is given, its nodes in the direction of the edges.
   *
   * Kahn 1962, doi:10.1145/368996.369025. O(edges + nodes log nodes).
   *
   * @throws SublinearError `UNSUPPORTED` (undirected graph), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, topologicalOrder } = await load();
   * using tasks = Graph.fromEdges({ from: [2, 0], to: [0, 1] });
   * console.log(topologicalOrder(tasks).order); // Uint32Array(3) [ 2, 0, 1 ]
   * using ring = Graph.fromEdges({ from: [0, 1], to: [1, 0] });
   * console.log(topologicalOrder(ring).cycle?.length); // 2
   * ```
   */
  topologicalOrder(graph: Graph): TopologicalOrder;

  /**
   * {@link topologicalOrder} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, topologicalOrderAsync } = await load();
   * using tasks = Graph.fromEdges({ from: [1], to: [0] });
   * console.log((await topologicalOrderAsync(tasks)).order); // Uint32Array(2) [ 1, 0 ]
   * ```
   */
  topologicalOrderAsync(
    graph: Graph,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<TopologicalOrder>;

  /**
   * The critical path of a directed graph without cycles: its longest path, and how much later each node may begin without
   * making it longer. A node begins when all its predecessors are done and their edges have passed. Edges take their weight
   * (in a graph without weights: 1, and 0 when `durations` are given).
   *
   * Kelley 1961, doi:10.1287/opre.9.3.296. O(edges + nodes log nodes).
   *
   * @throws SublinearError `UNSUPPORTED` (undirected, or a cycle: {@link topologicalOrder} gives it), `NOT_POSITIVE`
   *   (durations), `MEMORY`; RangeError `SHAPE`, `RANGE` (durations, weights)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, criticalPath } = await load();
   * using tasks = Graph.fromEdges({ from: [0, 0, 1, 2], to: [1, 2, 3, 3] });
   * const { length, nodes, slack } = criticalPath(tasks, { durations: [1, 5, 2, 1] });
   * console.log(length, nodes, slack[2]); // 7 Uint32Array(3) [ 0, 1, 3 ] 3
   * ```
   */
  criticalPath(graph: Graph, options?: CriticalPathOptions): CriticalPath;

  /**
   * {@link criticalPath} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, criticalPathAsync } = await load();
   * using tasks = Graph.fromEdges({ from: [0, 1], to: [1, 2], weights: [3, 4] });
   * console.log((await criticalPathAsync(tasks)).length); // 7
   * ```
   */
  criticalPathAsync(
    graph: Graph,
    options?: CriticalPathOptions & AsyncOptions<WorkProgress>,
  ): Promise<CriticalPath>;

  /**
   * The edges of a directed graph without cycles that say all of its order: those whose ends no longer path joins. There is one
   * such set, and with it every node reaches what it reached before.
   *
   * Aho, Garey, Ullman 1972, doi:10.1137/0201008. O(nodes edges) at worst; a node reads what lies between it and the last of
   * its successors.
   *
   * @throws SublinearError `UNSUPPORTED` (undirected, or a cycle: {@link topologicalOrder} gives it), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, transitiveReduction } = await load();
   * using tasks = Graph.fromEdges({ from: [0, 1, 0], to: [1, 2, 2] });
   * const { from, to } = transitiveReduction(tasks);
   * console.log(from, to); // Uint32Array(2) [ 0, 1 ] Uint32Array(2) [ 1, 2 ]
   * ```
   */
  transitiveReduction(graph: Graph): TransitiveReduction;

  /**
   * {@link transitiveReduction} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, transitiveReductionAsync } = await load();
   * using tasks = Graph.fromEdges({ from: [0], to: [1], weights: [5] });
   * console.log((await transitiveReductionAsync(tasks)).weights); // Float64Array(1) [ 5 ]
   * ```
   */
  transitiveReductionAsync(
    graph: Graph,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<TransitiveReduction>;
}

/** @internal */
export function createOrders(runtime: Runtime): OrderFunctions {
  const order = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.order, {}, (answer): TopologicalOrder => {
      const [, edgeOperations, count, , length] = answer.numbers as number[];
      const work = { edgeOperations: edgeOperations as number };
      return length === 0
        ? { order: answer.u32(3, count as number), work }
        : { cycle: answer.u32(5, length as number), work };
    }),
  );

  const critical = task(
    runtime,
    ['durations', 'weighted'] as (keyof CriticalPathOptions)[],
    (call: Call<Timeless<CriticalPathOptions>>, graph: Graph) => {
      const { operation, options, scratch } = call;
      const weighted = weightedOf(runtime, operation, graph, options.weighted);
      const { nodeCount } = graph;
      const durations =
        options.durations === undefined
          ? undefined
          : scratch.doubles('durations', options.durations);
      if (durations && durations.length !== nodeCount)
        throw check.shapeError(operation, 'durations', nodeCount, durations.length);
      const given = [weighted, durations?.address ?? 0, durations ? 0 : 1];
      return ask(call, graph, question.critical, { options: given }, (answer): CriticalPath => {
        const [, edgeOperations, length, count] = answer.numbers as number[];
        return {
          length: length as number,
          nodes: answer.u32(4, count as number),
          earliest: answer.f64(5, nodeCount),
          latest: answer.f64(6, nodeCount),
          slack: answer.f64(7, nodeCount),
          work: { edgeOperations: edgeOperations as number },
        };
      });
    },
  );

  const reduction = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.reduction, {}, (answer): TransitiveReduction => {
      const [, edgeOperations, count, , , weights] = answer.numbers as number[];
      return {
        from: answer.u32(3, count as number),
        to: answer.u32(4, count as number),
        ...(weights !== 0 && { weights: answer.f64(5, count as number) }),
        work: { edgeOperations: edgeOperations as number },
      };
    }),
  );

  return {
    topologicalOrder: (graph) => order.now('topologicalOrder', graph, undefined),
    topologicalOrderAsync: (graph, options) => order.later('topologicalOrderAsync', graph, options),
    criticalPath: (graph, options) => critical.now('criticalPath', graph, options),
    criticalPathAsync: (graph, options) => critical.later('criticalPathAsync', graph, options),
    transitiveReduction: (graph) => reduction.now('transitiveReduction', graph, undefined),
    transitiveReductionAsync: (graph, options) =>
      reduction.later('transitiveReductionAsync', graph, options),
  };
}
