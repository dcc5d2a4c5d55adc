// Distances from sources, and the trees of shortest paths.

import { asTyped } from '../../runtime/brand.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import type { NodeList, NodeRef } from '../graph/types.js';
import {
  ask,
  type LengthOptions,
  NONE,
  nodesIn,
  question,
  type Timeless,
  type Work,
  weightedOf,
} from './ask.js';

/** Options of {@link TreeFunctions.breadthFirst}. */
export interface BreadthFirstOptions {
  /** Where the search begins: a node, or several at once. */
  source: NodeRef | NodeList;
  /** Nodes that are more steps away are not reached. No limit by default. */
  maxDepth?: number;
  /** Follow edges backwards: distances to the source. `false` by default. */
  reverse?: boolean;
  /** `false`: levels alone, in less time; `predecessors` and `sources` are empty then. `true` by default. */
  predecessors?: boolean;
}

/** What {@link TreeFunctions.breadthFirst} gives. */
export interface BreadthFirst extends Work {
  /** Steps from the nearest source, one number for each node; 4294967295 where there is no path. */
  levels: Uint32Array<ArrayBuffer>;
  /** The node before on a shortest path, the smallest where several tie; 4294967295 for sources and unreached nodes. */
  predecessors: Uint32Array<ArrayBuffer>;
  /** The source that each node belongs to; 4294967295 where there is no path. */
  sources: Uint32Array<ArrayBuffer>;
  /** Nodes that were reached, sources included. */
  reached: number;
}

/** Options of {@link TreeFunctions.shortestPaths}. */
export interface ShortestPathsOptions extends LengthOptions {
  /** Where paths begin: a node, or several, of which each node belongs to the nearest. */
  source: NodeRef | NodeList;
  /** Nodes that are further away are not reached. No limit by default. */
  maxDistance?: number;
  /** Follow edges backwards: distances to the source. `false` by default. */
  reverse?: boolean;
  /** `false`: distances alone, in less time; `predecessors` and `sources` are empty then. `true` by default. */
  predecessors?: boolean;
}

/** What {@link TreeFunctions.shortestPaths} gives. */
export interface ShortestPaths extends Work {
  /** Distance from the nearest source, one number for each node; `Infinity` where there is no path. */
  distances: Float64Array<ArrayBuffer>;
  /** The node before on a shortest path, the smallest where several tie; 4294967295 for sources and unreached nodes. */
  predecessors: Uint32Array<ArrayBuffer>;
  /** The source that each node belongs to; 4294967295 where there is no path. */
  sources: Uint32Array<ArrayBuffer>;
  /** Nodes that were reached, sources included. */
  reached: number;
}

/** Options of {@link TreeFunctions.allDistances}. */
export type AllDistancesOptions = LengthOptions;

/** What {@link TreeFunctions.allDistances} gives. */
export interface AllDistances extends Work {
  /** nodes * nodes numbers, a row for each source: from u to v at `u * nodeCount + v`; `Infinity` without a path. */
  distances: Float64Array<ArrayBuffer>;
  nodeCount: number;
}

/** The functions of this part of the room. */
export interface TreeFunctions {
  /**
   * Breadth-first search: how many steps every node is away from the sources, whatever the weights. Where a level is large
   * the nodes that are left look for it, and not the other way round.
   *
   * Beamer, Asanovic, Patterson 2012, doi:10.1109/SC.2012.50. O(edges + nodes).
   *
   * @throws RangeError `INDEX` (source), `EMPTY` (no source); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, breadthFirst } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
   * console.log(breadthFirst(path, { source: 1 }).levels); // Uint32Array(4) [ 1, 0, 1, 2 ]
   * ```
   */
  breadthFirst(graph: Graph, options: BreadthFirstOptions): BreadthFirst;

  /**
   * {@link breadthFirst} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, breadthFirstAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * console.log((await breadthFirstAsync(edge, { source: 0 })).levels); // Uint32Array(2) [ 0, 1 ]
   * ```
   */
  breadthFirstAsync(
    graph: Graph,
    options: BreadthFirstOptions & AsyncOptions<WorkProgress>,
  ): Promise<BreadthFirst>;

  /**
   * Dijkstra's algorithm: the distance of every node from the nearest source, and the tree of shortest paths. Lengths are
   * the weights, which a graph keeps positive; parallel edges were merged and their weights added up when the graph was
   * made. Nodes wait in buckets a quarter of a mean edge wide and are worked off bucket by bucket; where weights are of very
   * different sizes they wait in a radix heap (whole weights whose sums stay below 2^32) or a 4-ary heap; lengths of 1 go
   * through breadth-first search. The results are the same: sums in f64 from the source on, exact for whole numbers. Two paths
   * tie when their sums are the same double.
   *
   * Dijkstra 1959; Meyer, Sanders 2003, doi:10.1016/S0196-6774(03)00076-2 (one after the other); Ahuja, Mehlhorn, Orlin,
   * Tarjan 1990, doi:10.1145/77600.77615. O((edges + nodes) log nodes).
   *
   * @throws RangeError `INDEX` (source), `EMPTY` (no source), `OPTION` (maxDistance), `RANGE` (weights whose largest times
   *   the number of nodes is above 2^1023); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, shortestPaths } = await load();
   * using roads = Graph.fromEdges({ from: [0, 0, 1], to: [1, 2, 2], weights: [4, 9, 3], nodeCount: 4 });
   * const { distances, predecessors } = shortestPaths(roads, { source: 0 });
   * console.log(distances); // Float64Array(4) [ 0, 4, 7, Infinity ]
   * console.log(predecessors[2], predecessors[0]); // 1 4294967295
   * ```
   */
  shortestPaths(graph: Graph, options: ShortestPathsOptions): ShortestPaths;

  /**
   * {@link shortestPaths} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, shortestPathsAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], weights: [2.5] });
   * console.log((await shortestPathsAsync(edge, { source: 0 })).distances[1]); // 2.5
   * ```
   */
  shortestPathsAsync(
    graph: Graph,
    options: ShortestPathsOptions & AsyncOptions<WorkProgress>,
  ): Promise<ShortestPaths>;

  /**
   * The nodes on the path that a tree has to a node, from its source on; empty where the node was not reached. With
   * `reverse` trees the path leads from the node to the source, and is given in that direction. O(length of the path).
   *
   * @throws RangeError `INDEX` (node)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, shortestPaths, pathTo } = await load();
   * using roads = Graph.fromEdges({ from: ['A', 'B', 'A'], to: ['B', 'C', 'C'], weights: [1, 2, 5] });
   * const tree = shortestPaths(roads, { source: 'A' });
   * console.log(roads.labelsOf(pathTo(roads, tree, 'C'))); // [ 'A', 'B', 'C' ]
   * ```
   */
  pathTo(
    graph: Graph,
    tree: { predecessors: Uint32Array; sources: Uint32Array },
    node: NodeRef,
    options?: { reverse?: boolean },
  ): Uint32Array<ArrayBuffer>;

  /**
   * The distances between all pairs: a search from every node. 8 bytes a pair, in the module and once more in the result:
   * what does not fit is refused before anything is computed. O(nodes * (edges + nodes) log nodes).
   *
   * @throws SublinearError `MEMORY`; RangeError `RANGE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, allDistances } = await load();
   * using ring = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0] });
   * console.log(allDistances(ring).distances.join(' ')); // 0 1 2 2 0 1 1 2 0
   * ```
   */
  allDistances(graph: Graph, options?: AllDistancesOptions): AllDistances;

  /**
   * {@link allDistances} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, allDistancesAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * console.log(Array.from((await allDistancesAsync(edge)).distances)); // [ 0, 1, Infinity, 0 ]
   * ```
   */
  allDistancesAsync(
    graph: Graph,
    options?: AllDistancesOptions & AsyncOptions<WorkProgress>,
  ): Promise<AllDistances>;
}

/** @internal */
export function createTrees(runtime: Runtime): TreeFunctions {
  const breadth = task(
    runtime,
    ['source', 'maxDepth', 'reverse', 'predecessors'] as (keyof BreadthFirstOptions)[],
    (call: Call<Timeless<BreadthFirstOptions>>, graph: Graph) => {
      const { operation, options } = call;
      const { maxDepth, reverse = false, predecessors = true } = options;
      const nodes = nodesIn(call, graph, 'source', options.source);
      const { nodeCount } = graph;
      const given = [
        0,
        Number(check.boolean(operation, 'reverse', reverse)),
        maxDepth === undefined ? Infinity : check.integer(operation, 'maxDepth', maxDepth),
        0,
        Number(!check.boolean(operation, 'predecessors', predecessors)),
      ];
      return ask(call, graph, question.tree, { options: given, nodes }, (answer): BreadthFirst => {
        const [, edgeOperations, reached] = answer.numbers as [number, number, number];
        return {
          levels: answer.u32(3, nodeCount),
          predecessors: answer.u32(4, predecessors ? nodeCount : 0),
          sources: answer.u32(5, predecessors ? nodeCount : 0),
          reached,
          work: { edgeOperations },
        };
      });
    },
  );

  const tree = task(
    runtime,
    [
      'source',
      'maxDistance',
      'reverse',
      'weighted',
      'predecessors',
    ] as (keyof ShortestPathsOptions)[],
    (call: Call<Timeless<ShortestPathsOptions>>, graph: Graph) => {
      const { operation, options } = call;
      const { maxDistance = Infinity, reverse = false, predecessors = true } = options;
      const nodes = nodesIn(call, graph, 'source', options.source);
      const { nodeCount } = graph;
      if (!(check.number(operation, 'maxDistance', maxDistance) >= 0))
        throw check.rangeError(operation, 'maxDistance', 'number >= 0', maxDistance);
      const given = [
        weightedOf(runtime, operation, graph, options.weighted),
        Number(check.boolean(operation, 'reverse', reverse)),
        maxDistance,
        1,
        Number(!check.boolean(operation, 'predecessors', predecessors)),
      ];
      return ask(call, graph, question.tree, { options: given, nodes }, (answer): ShortestPaths => {
        const [, edgeOperations, reached] = answer.numbers as [number, number, number];
        return {
          distances: answer.f64(3, nodeCount),
          predecessors: answer.u32(4, predecessors ? nodeCount : 0),
          sources: answer.u32(5, predecessors ? nodeCount : 0),
          reached,
          work: { edgeOperations },
        };
      });
    },
  );

  const all = task(
    runtime,
    ['weighted'] as (keyof AllDistancesOptions)[],
    (call: Call<Timeless<AllDistancesOptions>>, graph: Graph) => {
      const { operation, options } = call;
      const given = [weightedOf(runtime, operation, graph, options.weighted)];
      const { nodeCount } = graph;
      const bytes = 16 * nodeCount * nodeCount;
      if (bytes > runtime.memoryLimit) throw runtime.memoryError(operation, bytes);
      return ask(call, graph, question.all, { options: given }, (answer): AllDistances => {
        const [, edgeOperations] = answer.numbers as [number, number];
        const distances = answer.f64(2, nodeCount * nodeCount);
        return { distances, nodeCount, work: { edgeOperations } };
      });
    },
  );

  return {
    breadthFirst: (graph, options) => breadth.now('breadthFirst', graph, options),
    breadthFirstAsync: (graph, options) => breadth.later('breadthFirstAsync', graph, options),
    shortestPaths: (graph, options) => tree.now('shortestPaths', graph, options),
    shortestPathsAsync: (graph, options) => tree.later('shortestPathsAsync', graph, options),
    pathTo: (graph, found, node, options) => pathTo(runtime, graph, found, node, options),
    allDistances: (graph, options) => all.now('allDistances', graph, options),
    allDistancesAsync: (graph, options) => all.later('allDistancesAsync', graph, options),
  };
}

function pathTo(
  runtime: Runtime,
  graph: Graph,
  tree: { predecessors: Uint32Array; sources: Uint32Array },
  node: NodeRef,
  given?: { reverse?: boolean },
): Uint32Array<ArrayBuffer> {
  const operation = 'pathTo';
  rawOf(runtime, operation, 'graph', graph, Graph);
  const { reverse = false } = check.options(operation, given, ['reverse']);
  check.boolean(operation, 'reverse', reverse);
  if (typeof tree !== 'object' || tree === null)
    throw check.typeError(operation, 'tree', 'a result of shortestPaths or breadthFirst', tree);
  const predecessors = asTyped(operation, 'tree.predecessors', tree.predecessors, 'Uint32Array');
  const sources = asTyped(operation, 'tree.sources', tree.sources, 'Uint32Array');
  const { nodeCount } = graph;
  for (const { length } of [predecessors, sources])
    if (length !== nodeCount) throw check.shapeError(operation, 'tree', nodeCount, length);
  const end = graph.numberOf(operation, 'node', node);
  if (end >= nodeCount) throw check.rangeError(operation, 'node', `integer < ${nodeCount}`, end);
  if (sources[end] === NONE) return new Uint32Array(0);
  const path: number[] = [];
  for (let at = end; at !== NONE; at = predecessors[at] as number) {
    // What is not a tree would lead in circles.
    if (at >= nodeCount || path.length === nodeCount)
      throw check.typeError(operation, 'tree', 'predecessors that lead to a source', tree);
    path.push(at);
  }
  if (!reverse) path.reverse();
  return Uint32Array.from(path);
}
