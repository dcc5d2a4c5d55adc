// Maximum flows and minimum cuts.

import { asTyped } from '../../runtime/brand.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { endsIn, NONE } from '../graph/questions.js';
import type { NodeRef } from '../graph/types.js';
import {
  ask,
  type Cut,
  edgesIn,
  question,
  sideOf,
  type Timeless,
  type WeightedEdges,
  type Work,
} from './ask.js';

/** Options of {@link FlowFunctions.maxFlow}. */
export interface MaxFlowOptions {
  source: NodeRef;
  target: NodeRef;
}

/** What {@link FlowFunctions.maxFlow} gives. `side` has the source and is the smallest side of a minimum cut. */
export interface MaxFlow extends Cut, Work {
  /** The capacity of the cut, which is the value of the flow. */
  value: number;
  /** No flow and no cut is better by more: 0 for whole capacities whose sums are below 2^53, else rounding. */
  errorBound: number;
  /**
   * The edges that carry something: `weights` is how much. Undirected ones lead where the flow goes. Some of it may go in
   * circles, which changes no balance.
   */
  flow: WeightedEdges;
}

/** What {@link FlowFunctions.minimumCut} gives. */
export interface MinimumCut extends Cut, Work {
  /** Weight of the edges between the sides. */
  value: number;
  /** No cut is lighter by more: 0 for whole weights whose sum is below 2^53, else rounding. */
  errorBound: number;
}

/** What {@link FlowFunctions.cutTree} gives. */
export interface CutTree extends Work {
  /** The node towards the root, one number a node; 4294967295 at the root, node 0. */
  parents: Uint32Array<ArrayBuffer>;
  /** Weight of the minimum cut between each node and its parent; 0 at the root. */
  values: Float64Array<ArrayBuffer>;
  /** No cut is lighter than its value by more: 0 for whole weights whose sum is below 2^53, else rounding. */
  errorBound: number;
}

/** Options of {@link FlowFunctions.minimumCutBetween}. */
export interface MinimumCutBetweenOptions {
  source: NodeRef;
  target: NodeRef;
}

/** What {@link FlowFunctions.minimumCutBetween} gives. */
export interface CutBetween {
  /** Weight of the edges between the sides. */
  value: number;
  /** The nodes on the side of the source, ascending. */
  side: Uint32Array<ArrayBuffer>;
}

/** The functions of this part of the room. */
export interface FlowFunctions {
  /**
   * The largest flow from a source to a target, with a minimum cut that proves it: the edges across are full, and their
   * capacities add up to the value. Capacities are the weights (1 without), which a graph keeps positive and finite;
   * parallel edges were added up when the graph was made; loops carry nothing. An undirected edge carries its capacity
   * one way or the other. A target that cannot be reached gives 0. Capacities become whole numbers of a tiny unit, rounded
   * down, so that whole ones are exact and `errorBound` says what others can lose.
   *
   * Goldberg, Tarjan 1988, doi:10.1145/48014.61051 (push-relabel: highest label, global relabelling, gaps), after some
   * single paths from both ends where few are enough. O(nodes^2 sqrt(edges)) at worst.
   *
   * @throws RangeError `INDEX` (source, target), `OPTION` (the target is the source), `RANGE` (capacities whose sums leave
   *   f64); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, maxFlow } = await load();
   * using pipes = Graph.fromEdges({ from: [0, 0, 1, 2], to: [1, 2, 3, 3], weights: [4, 2, 1, 9] });
   * const { value, flow, side, cut } = maxFlow(pipes, { source: 0, target: 3 });
   * console.log(value, flow.weights, side); // 3 Float64Array(4) [ 1, 2, 1, 2 ] Uint32Array(2) [ 0, 1 ]
   * console.log(cut.from, cut.to); // Uint32Array(2) [ 0, 1 ] Uint32Array(2) [ 2, 3 ]
   * ```
   */
  maxFlow(graph: Graph, options: MaxFlowOptions): MaxFlow;

  /**
   * {@link maxFlow} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, maxFlowAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], weights: [5] });
   * console.log((await maxFlowAsync(edge, { source: 0, target: 1 })).value); // 5
   * ```
   */
  maxFlowAsync(
    graph: Graph,
    options: MaxFlowOptions & AsyncOptions<WorkProgress>,
  ): Promise<MaxFlow>;

  /**
   * A lightest cut of an undirected graph: the edges of least total weight without which it falls apart; exact. A graph
   * in several parts has one of value 0.
   *
   * Nagamochi, Ono, Ibaraki 1994, doi:10.1007/BF01582226; Henzinger, Noe, Schulz 2019, doi:10.1109/IPDPS.2019.00013;
   * Padberg, Rinaldi 1990, doi:10.1007/BF01580850. O(nodes (edges + nodes) log nodes) at worst, a few readings of the graph
   * in practice.
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`; a single node), `MEMORY`;
   *   RangeError `RANGE` (weights whose sum leaves f64)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, minimumCut } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 2, 3], to: [1, 2, 0, 3, 4], weights: [5, 5, 5, 1, 9], directed: false });
   * const { value, cut } = minimumCut(graph);
   * console.log(value, cut.weights); // 1 Float64Array(1) [ 1 ]
   * ```
   */
  minimumCut(graph: Graph): MinimumCut;

  /**
   * {@link minimumCut} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, minimumCutAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await minimumCutAsync(edge)).value); // 1
   * ```
   */
  minimumCutAsync(graph: Graph, options?: AsyncOptions<WorkProgress>): Promise<MinimumCut>;

  /**
   * The tree of Gomory and Hu of an undirected graph: the minimum cut between any two nodes is the least value on the way
   * between them in the tree, and divides the nodes as the tree without that edge. {@link minimumCutBetween} reads it.
   *
   * Gusfield 1990, doi:10.1137/0219009: nodes - 1 flows.
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`), `MEMORY`; RangeError `RANGE`
   *   (weights whose sum leaves f64)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, cutTree, minimumCutBetween } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], weights: [3, 1, 2], directed: false });
   * const tree = cutTree(graph);
   * console.log(minimumCutBetween(graph, tree, { source: 0, target: 3 })); // { value: 1, side: Uint32Array(2) [ 0, 1 ] }
   * ```
   */
  cutTree(graph: Graph): CutTree;

  /**
   * {@link cutTree} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, cutTreeAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await cutTreeAsync(edge)).values); // Float64Array(2) [ 0, 1 ]
   * ```
   */
  cutTreeAsync(graph: Graph, options?: AsyncOptions<WorkProgress>): Promise<CutTree>;

  /**
   * The minimum cut between two nodes, from a tree of cuts of the same graph. O(nodes).
   *
   * @throws RangeError `RANGE` (source, target, which must differ), `SHAPE`; TypeError (what is no tree)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, cutTree, minimumCutBetween } = await load();
   * using graph = Graph.fromEdges({ from: ['A', 'B'], to: ['B', 'C'], weights: [3, 1], directed: false });
   * const { value, side } = minimumCutBetween(graph, cutTree(graph), { source: 'C', target: 'A' });
   * console.log(value, graph.labelsOf(side)); // 1 [ 'C' ]
   * ```
   */
  minimumCutBetween(
    graph: Graph,
    tree: { parents: Uint32Array; values: Float64Array },
    options: MinimumCutBetweenOptions,
  ): CutBetween;
}

/** @internal */
export function createFlows(runtime: Runtime): FlowFunctions {
  const flow = task(
    runtime,
    ['source', 'target'] as (keyof MaxFlowOptions)[],
    (call: Call<Timeless<MaxFlowOptions>>, graph: Graph) =>
      ask(call, graph, question.flow, { nodes: endsIn(call, graph) }, (answer): MaxFlow => {
        const [, edgeOperations, value, errorBound] = answer.numbers as number[] & { length: 16 };
        return {
          value: value as number,
          errorBound: errorBound as number,
          side: sideOf(answer.u32(4, graph.nodeCount)),
          flow: edgesIn(answer, 5),
          cut: edgesIn(answer, 9),
          work: { edgeOperations: edgeOperations as number },
        };
      }),
  );

  const minimum = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.minimum, {}, (answer): MinimumCut => {
      const [, edgeOperations, value, errorBound] = answer.numbers as number[] & { length: 16 };
      return {
        value: value as number,
        errorBound: errorBound as number,
        side: sideOf(answer.u32(4, graph.nodeCount)),
        cut: edgesIn(answer, 5),
        work: { edgeOperations: edgeOperations as number },
      };
    }),
  );

  const tree = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.tree, {}, (answer): CutTree => {
      const [, edgeOperations, , , errorBound] = answer.numbers as number[] & { length: 16 };
      return {
        parents: answer.u32(2, graph.nodeCount),
        values: answer.f64(3, graph.nodeCount),
        errorBound: errorBound as number,
        work: { edgeOperations: edgeOperations as number },
      };
    }),
  );

  return {
    maxFlow: (graph, options) => flow.now('maxFlow', graph, options),
    maxFlowAsync: (graph, options) => flow.later('maxFlowAsync', graph, options),
    minimumCut: (graph) => minimum.now('minimumCut', graph, undefined),
    minimumCutAsync: (graph, options) => minimum.later('minimumCutAsync', graph, options),
    cutTree: (graph) => tree.now('cutTree', graph, undefined),
    cutTreeAsync: (graph, options) => tree.later('cutTreeAsync', graph, options),
    minimumCutBetween: (graph, found, options) => cutBetween(runtime, graph, found, options),
  };
}

/** Steps from each node to the root; throws where that does not lead to node 0. */
function depthsOf(operation: string, tree: unknown, parents: Uint32Array): Uint32Array {
  const n = parents.length;
  const depths = new Uint32Array(n).fill(NONE);
  const path: number[] = [];
  const wrong = () =>
    check.typeError(operation, 'tree', 'parents that lead from every node to node 0', tree);
  if (n > 0 && parents[0] !== NONE) throw wrong();
  depths[0] = 0;
  for (let node = 1; node < n; node++) {
    let at = node;
    while (depths[at] === NONE) {
      path.push(at);
      if (path.length > n) throw wrong();
      at = parents[at] as number;
      if (at >= n) throw wrong();
    }
    for (let depth = depths[at] as number; path.length > 0; )
      depths[path.pop() as number] = ++depth;
  }
  return depths;
}

function cutBetween(
  runtime: Runtime,
  graph: Graph,
  tree: { parents: Uint32Array; values: Float64Array },
  given: MinimumCutBetweenOptions,
): CutBetween {
  const operation = 'minimumCutBetween';
  rawOf(runtime, operation, 'graph', graph, Graph);
  const ends = check.options(operation, given, ['source', 'target']);
  if (typeof tree !== 'object' || tree === null)
    throw check.typeError(operation, 'tree', 'a result of cutTree', tree);
  const parents = asTyped(operation, 'tree.parents', tree.parents, 'Uint32Array');
  const values = asTyped(operation, 'tree.values', tree.values, 'Float64Array');
  const { nodeCount } = graph;
  for (const { length } of [parents, values])
    if (length !== nodeCount) throw check.shapeError(operation, 'tree', nodeCount, length);
  const [source, target] = (['source', 'target'] as const).map((name) => {
    const node = graph.numberOf(operation, name, ends[name] as NodeRef);
    if (node >= nodeCount) throw check.rangeError(operation, name, `integer < ${nodeCount}`, node);
    return node;
  }) as [number, number];
  if (source === target)
    throw check.rangeError(operation, 'target', 'another node than the source', target);
  const depths = depthsOf(operation, tree, parents);
  // Up from both ends to where they meet; the lightest edge on the way is that of its lower end.
  let least = NONE;
  for (let a = source, b = target; a !== b; ) {
    const lower = (depths[a] as number) >= (depths[b] as number) ? a : b;
    if (least === NONE || (values[lower] as number) < (values[least] as number)) least = lower;
    if (lower === a) a = parents[a] as number;
    else b = parents[b] as number;
  }
  return { value: values[least] as number, side: sideBelow(parents, depths, least, source) };
}

/** The part of the tree below a node, or the other part, whichever has the source. */
function sideBelow(
  parents: Uint32Array,
  depths: Uint32Array,
  top: number,
  source: number,
): Uint32Array<ArrayBuffer> {
  const n = parents.length;
  const below = new Uint8Array(n);
  const order = Uint32Array.from({ length: n }, (_, node) => node);
  order.sort((a, b) => (depths[a] as number) - (depths[b] as number));
  for (const node of order)
    below[node] = Number(node === top || (node !== 0 && below[parents[node] as number] === 1));
  const wanted = below[source];
  return Uint32Array.from(order.sort()).filter((node) => below[node] === wanted);
}
