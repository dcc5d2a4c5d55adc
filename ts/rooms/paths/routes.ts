// One path between two nodes, several of them, and edges of negative length.

import type { OutcomeName } from '../../generated/codes.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import type { NodeLabel, NodeLabels } from '../../runtime/labels.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { numberedEnds } from '../graph/names.js';
import { endsIn } from '../graph/questions.js';
import type { NodeList, NodeRef } from '../graph/types.js';
import {
  ask,
  type LengthOptions,
  NONE,
  question,
  type Timeless,
  type Work,
  weightedOf,
} from './ask.js';

/** Options of {@link RouteFunctions.shortestPath}. */
export interface ShortestPathOptions extends LengthOptions {
  source: NodeRef;
  target: NodeRef;
}

/** A path. */
export interface Path {
  /** Sum of the lengths from the source on; `Infinity` when there is no path. */
  length: number;
  /** From the source to the target; empty when there is no path. */
  nodes: Uint32Array<ArrayBuffer>;
}

/** What {@link RouteFunctions.shortestPath} gives. */
export interface ShortestPath extends Path {
  work: { edgeOperations: number; settledNodes: number };
}

/** Options of {@link RouteFunctions.prepareRoutes}. */
export interface PrepareRoutesOptions extends LengthOptions {
  /** How many, 1 to 64. 16 by default. Each is two searches (one of an undirected graph) and 4 or 8 bytes a node. */
  landmarks?: number;
}

/** What {@link RouteFunctions.prepareRoutes} gives. */
export interface PreparedRoutes extends Work {
  /** Landmarks made: fewer than asked for where the graph has no more nodes. */
  landmarks: number;
}

/** Options of {@link RouteFunctions.shortestSimplePaths}. */
export interface SimplePathsOptions extends ShortestPathOptions {
  /** How many, 1 to 65,536. */
  k: number;
  /** Milliseconds; then there are fewer paths, and the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link RouteFunctions.shortestSimplePaths} gives. */
export interface SimplePaths extends Work {
  /** By rising length; fewer than `k` when there are no more. */
  paths: Path[];
  outcome: OutcomeName;
}

/** Edges of any length, for {@link RouteFunctions.bellmanFord}. Parallel edges and loops are allowed. */
export interface SignedEdges {
  /** Start and end of each edge: node numbers, or names as `Graph.fromEdges` takes them. */
  from: NodeList;
  to: NodeList;
  /** Length of each edge, finite, of either sign. */
  lengths: RealArray;
  /** By default the largest node of an edge plus 1, or as many as there are names. */
  nodeCount?: number;
}

/** Options of {@link RouteFunctions.bellmanFord}. */
export interface BellmanFordOptions {
  /** A node, by number or name; without it paths begin in every node, and any negative cycle is found. */
  source?: NodeRef;
}

/** What {@link RouteFunctions.bellmanFord} gives. */
export interface BellmanFord extends Work {
  /** One for each node; `Infinity` where there is no path. Of no meaning with a negative cycle. */
  distances: Float64Array<ArrayBuffer>;
  /** The node before; 4294967295 for sources and unreached nodes. */
  predecessors: Uint32Array<ArrayBuffer>;
  /** Numbers of the edges by which the nodes are reached; 4294967295 where there is none. */
  edges: Uint32Array<ArrayBuffer>;
  /** A cycle of negative length that the source reaches: numbers of its edges one after the other, and their sum. */
  negativeCycle?: {
    edges: Uint32Array<ArrayBuffer>;
    nodes: Uint32Array<ArrayBuffer>;
    length: number;
  };
  /** What each node is called, when the edges came by names; nodes that only `nodeCount` adds have none. */
  labels?: NodeLabel[];
  /** `'stagnated'`: a cycle of length 0 keeps changing the last bits of distances, which are right up to rounding. */
  outcome: OutcomeName;
}

/** The functions of this part of the room. */
export interface RouteFunctions {
  /**
   * A shortest path between two nodes: searches from both ends until they have met for certain; after
   * {@link prepareRoutes} a search towards the target. The first call on a graph makes a workspace (96 bytes a node, kept
   * with the graph); the next ones cost what they touch. Where several paths are shortest, which of them is given depends
   * on the method; the same call gives the same one. Its length is the sum in f64 from the source on; another path may be
   * shorter by rounding of these sums, not by more.
   *
   * Nicholson 1966, doi:10.1093/comjnl/9.3.275; Goldberg, Harrelson 2005.
   *
   * @throws RangeError `INDEX` (source, target), `RANGE` (weights); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, shortestPath } = await load();
   * using roads = Graph.fromEdges({ from: [0, 1, 0], to: [1, 2, 2], weights: [1, 1, 5], nodeCount: 4 });
   * console.log(shortestPath(roads, { source: 0, target: 2 }).nodes); // Uint32Array(3) [ 0, 1, 2 ]
   * console.log(shortestPath(roads, { source: 0, target: 3 }).length); // Infinity
   * ```
   */
  shortestPath(graph: Graph, options: ShortestPathOptions): ShortestPath;

  /**
   * {@link shortestPath} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, shortestPathAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * console.log((await shortestPathAsync(edge, { source: 0, target: 1 })).length); // 1
   * ```
   */
  shortestPathAsync(
    graph: Graph,
    options: ShortestPathOptions & AsyncOptions<WorkProgress>,
  ): Promise<ShortestPath>;

  /**
   * Prepares a graph for many calls of {@link shortestPath}: distances from and to some nodes far apart bound the distance
   * between any two, and the search goes where the bounds allow. Kept with the graph until it is disposed; calling it again
   * replaces the landmarks. Lengths are those that `weighted` says; {@link shortestPath} with others goes without. No
   * `maxTimeMs`: a call that is aborted leaves what was there before.
   *
   * Goldberg, Harrelson 2005 (ALT). O(landmarks * (edges + nodes) log nodes).
   *
   * @throws RangeError `OPTION` (landmarks), `RANGE` (distances whose largest is outside of 2^-100 .. 2^120);
   *   SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, prepareRoutes, shortestPath } = await load();
   * using ring = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 3, 0], directed: false });
   * console.log(prepareRoutes(ring, { landmarks: 2 }).landmarks); // 2
   * console.log(shortestPath(ring, { source: 0, target: 3 }).length); // 1
   * ```
   */
  prepareRoutes(graph: Graph, options?: PrepareRoutesOptions): PreparedRoutes;

  /**
   * {@link prepareRoutes} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, prepareRoutesAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await prepareRoutesAsync(edge)).landmarks); // 2
   * ```
   */
  prepareRoutesAsync(
    graph: Graph,
    options?: PrepareRoutesOptions & AsyncOptions<WorkProgress>,
  ): Promise<PreparedRoutes>;

  /**
   * The `k` shortest paths from one node to another that visit no node twice, by rising length. Searches towards the target
   * with the true distances as guide, so that each deviation costs little.
   *
   * Yen 1971, doi:10.1287/mnsc.17.11.712; Lawler 1972. O(k * nodes) searches at worst, of which most follow their path.
   *
   * @throws RangeError `INDEX` (source, target), `OPTION` (k; target = source); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, shortestSimplePaths } = await load();
   * using roads = Graph.fromEdges({ from: [0, 1, 0], to: [1, 2, 2], weights: [1, 1, 5] });
   * const { paths } = shortestSimplePaths(roads, { source: 0, target: 2, k: 3 });
   * console.log(paths.map(({ length }) => length)); // [ 2, 5 ]
   * ```
   */
  shortestSimplePaths(graph: Graph, options: SimplePathsOptions): SimplePaths;

  /**
   * {@link shortestSimplePaths} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, shortestSimplePathsAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * const { paths } = await shortestSimplePathsAsync(edge, { source: 0, target: 1, k: 9 });
   * console.log(paths.length); // 1
   * ```
   */
  shortestSimplePathsAsync(
    graph: Graph,
    options: SimplePathsOptions & AsyncOptions<WorkProgress>,
  ): Promise<SimplePaths>;

  /**
   * Shortest paths where edges may have negative lengths, from a list of edges (a graph holds positive weights only): the
   * distances, or a cycle of negative length that proves that there are none. At most nodes rounds over the edges; it ends
   * with the first one that changes nothing or closes such a cycle.
   *
   * Bellman 1958, doi:10.1090/qam/102435; Cherkassky, Goldberg 1999, doi:10.1007/s101070050058. O(nodes * edges) at worst.
   *
   * @throws RangeError `INDEX` (from, to, source), `NOT_FINITE` (lengths), `SHAPE`, `EMPTY`, `RANGE` (lengths);
   *   SublinearError `MEMORY`. The message names the edge.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { bellmanFord } = await load();
   * const edges = { from: [0, 1, 2], to: [1, 2, 1] };
   * console.log(bellmanFord({ ...edges, lengths: [2, -1, 3] }, { source: 0 }).distances); // Float64Array(3) [ 0, 2, 1 ]
   * console.log(bellmanFord({ ...edges, lengths: [2, -1, 0.5] }).negativeCycle?.length); // -0.5
   * const money = { from: ['EUR', 'USD'], to: ['USD', 'GBP'], lengths: [-0.1, 0.3] };
   * console.log(bellmanFord(money, { source: 'EUR' }).labels); // [ 'EUR', 'USD', 'GBP' ]
   * ```
   */
  bellmanFord(edges: SignedEdges, options?: BellmanFordOptions): BellmanFord;
}

/** @internal */
export function createRoutes(runtime: Runtime): RouteFunctions {
  const one = task(
    runtime,
    ['source', 'target', 'weighted'] as (keyof ShortestPathOptions)[],
    (call: Call<Timeless<ShortestPathOptions>>, graph: Graph) => {
      const { operation, options } = call;
      const given = [weightedOf(runtime, operation, graph, options.weighted)];
      const nodes = endsIn(call, graph);
      return ask(call, graph, question.route, { options: given, nodes }, (answer): ShortestPath => {
        const [, edgeOperations, length, count, , settledNodes] = answer.numbers as number[];
        return {
          length: length as number,
          nodes: answer.u32(4, count as number),
          work: { edgeOperations: edgeOperations as number, settledNodes: settledNodes as number },
        };
      });
    },
  );

  const prepare = task(
    runtime,
    ['landmarks', 'weighted'] as (keyof PrepareRoutesOptions)[],
    (call: Call<Timeless<PrepareRoutesOptions>>, graph: Graph) => {
      const { operation, options } = call;
      const given = [
        weightedOf(runtime, operation, graph, options.weighted),
        check.integer(operation, 'landmarks', options.landmarks ?? 16, 1, 64),
      ];
      return ask(call, graph, question.prepare, { options: given }, (answer): PreparedRoutes => {
        const [, edgeOperations, landmarks] = answer.numbers as [number, number, number];
        return { landmarks, work: { edgeOperations } };
      });
    },
  );

  const several = task(
    runtime,
    ['source', 'target', 'weighted', 'k', 'maxTimeMs'] as (keyof SimplePathsOptions)[],
    (call: Call<SimplePathsOptions>, graph: Graph) => {
      const { operation, options } = call;
      const given = [
        weightedOf(runtime, operation, graph, options.weighted),
        check.integer(operation, 'k', options.k, 1, 65536),
      ];
      const nodes = endsIn(call, graph);
      return ask(call, graph, question.simple, { options: given, nodes }, (answer): SimplePaths => {
        const [outcome, edgeOperations, count] = answer.numbers as [number, number, number];
        const lengths = answer.f64(3, count);
        const offsets = answer.u32(4, count + 1);
        const all = answer.u32(5, offsets[count] as number);
        return {
          paths: Array.from(lengths, (length, i) => ({
            length,
            nodes: all.slice(offsets[i], offsets[i + 1]),
          })),
          outcome: runtime.outcome(outcome),
          work: { edgeOperations },
        };
      });
    },
  );

  return {
    shortestPath: (graph, options) => one.now('shortestPath', graph, options),
    shortestPathAsync: (graph, options) => one.later('shortestPathAsync', graph, options),
    prepareRoutes: (graph, options) => prepare.now('prepareRoutes', graph, options),
    prepareRoutesAsync: (graph, options) => prepare.later('prepareRoutesAsync', graph, options),
    shortestSimplePaths: (graph, options) => several.now('shortestSimplePaths', graph, options),
    shortestSimplePathsAsync: (graph, options) =>
      several.later('shortestSimplePathsAsync', graph, options),
    bellmanFord: (edges, options) => bellmanFord(runtime, edges, options),
  };
}

/** Edge operations a call of the C core: short enough that a crash or a dispose between them is noticed. */
const STEP = 1e8;

function bellmanFord(
  runtime: Runtime,
  edges: SignedEdges,
  given: BellmanFordOptions | undefined,
): BellmanFord {
  const operation = 'bellmanFord';
  if (typeof edges !== 'object' || edges === null)
    throw check.typeError(operation, 'edges', '{ from, to, lengths }', edges);
  const input = check.options(operation, edges, ['from', 'to', 'lengths', 'nodeCount']);
  const { source } = check.options(operation, given, ['source']);
  return runtime.scratch(operation, (scratch) => {
    const ends = numberedEnds(operation, input.from, input.to, false, undefined);
    const from = scratch.indices('from', ends.from);
    const to = scratch.indices('to', ends.to);
    const lengths = scratch.doubles('lengths', input.lengths);
    for (const [name, { length }] of Object.entries({ to, lengths }))
      if (length !== from.length) throw check.shapeError(operation, name, from.length, length);
    let nodeCount = input.nodeCount ?? ends.labels?.length;
    if (nodeCount === undefined) {
      nodeCount = 0;
      for (const { address, length } of [from, to])
        for (let i = 0; i < length; i++)
          nodeCount = Math.max(nodeCount, (runtime.u32[address / 4 + i] as number) + 1);
    }
    check.integer(operation, 'nodeCount', nodeCount);
    const first = source === undefined ? NONE : sourceIn(operation, source, ends.labels);
    const raw = runtime.made(
      operation,
      runtime.raw.BellmanFord.create(
        nodeCount,
        from.length,
        from.address,
        to.address,
        lengths.address,
        first,
      ),
    );
    try {
      const job = runtime.made(operation, raw.job());
      do runtime.check(operation, job.step(STEP, runtime.out));
      while (runtime.isRunning(runtime.outU32()));
      const at = scratch.f64(8);
      runtime.check(operation, raw.read(at));
      const [outcome, edgeOperations, distances, predecessors, reached, count, cycle, length] =
        Array.from(runtime.copyF64(at, 8)) as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ];
      const circle = runtime.copyU32(cycle, count);
      return {
        distances: runtime.copyF64(distances, nodeCount),
        predecessors: runtime.copyU32(predecessors, nodeCount),
        edges: runtime.copyU32(reached, nodeCount),
        ...(count > 0 && {
          negativeCycle: {
            edges: circle,
            nodes: circle.map((edge) => runtime.u32[from.address / 4 + edge] as number),
            length,
          },
        }),
        ...(ends.labels && { labels: namesIn(ends.labels) }),
        outcome: runtime.outcome(outcome),
        work: { edgeOperations },
      };
    } finally {
      if (runtime.alive) raw.delete();
    }
  });
}

/** The number of the node that paths begin in. */
function sourceIn(operation: string, source: NodeRef, labels: NodeLabels | undefined): number {
  if (typeof source !== 'string' && typeof source !== 'bigint')
    return check.integer(operation, 'source', source, 0, NONE - 1);
  const node = labels?.find(source);
  if (node !== undefined) return node;
  const why = labels ? 'a node of an edge' : 'a node number: these edges have no names';
  const message = `"source" expected ${why}, got ${check.show(source)}`;
  throw new SublinearRangeError('INDEX', operation, message, { argument: 'source' });
}

function namesIn(labels: NodeLabels): NodeLabel[] {
  return Array.from({ length: labels.length }, (_, node) => labels.of(node));
}
