// The PageRank family from sources: one distribution, every node, the heat kernel; and sweep cuts over them.

import { sweepCutResult } from '../../generated/fields/diffusion.js';
import { take } from '../../runtime/fields.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, type Begun, type Call, task } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { limit } from '../graph/question.js';
import type { NodeList } from '../graph/types.js';
import {
  type AnyOptions,
  type AnyResult,
  begin,
  formOf,
  globalKeys,
  type Kind,
  personalKeys,
  result,
  sourceOf,
  workspace,
} from './single-run.js';
import type {
  HeatKernelOptions,
  PageRankOptions,
  PageRankProgress,
  PageRankResult,
  PersonalizedPageRankOptions,
  PersonalizedPageRankResult,
  SweepCut,
  SweepCutOptions,
} from './types.js';

/** The functions of this part of the room. */
export interface PageRankFunctions {
  /**
   * Personalised PageRank: how likely a walker is to be at each node who begins at the source, follows an edge with
   * probability `damping` (in proportion to the weights) and otherwise starts again at the source. In a node without
   * outgoing edges the walker starts again too, as in networkx. Scores are >= 0 and sum to 1.
   *
   * At a coarse tolerance, or with `topK` and no tolerance, only a small part of the graph is touched: that part depends
   * on tolerance and damping, not on the size of the graph. On graphs where everything is a few steps away a fine
   * tolerance needs every node; `'auto'` sees that coming and changes to a method that goes over the whole graph.
   *
   * **`topK` without `tolerance`** ranks as well as a small budget allows and proves nothing: on undirected graphs it takes
   * what has not been followed yet as mixed, looks once around each candidate, and usually gets 98 % and more of the top 50
   * right. `errorBound` still holds. With a tolerance `provedPlaces` counts the places that are certain.
   *
   * The first call for a graph prepares a workspace of about 40 bytes a node (O(edges)), kept until the graph is disposed.
   * After that a call costs what it touches.
   *
   * Push: Andersen, Chung, Lang 2006; Wu et al. 2021 (arXiv:2101.03652).
   *
   * @throws RangeError `OPTION` (damping, tolerance, topK), `INDEX` (a source that does not exist), `EMPTY`, `NOT_FINITE`,
   *   `NOT_POSITIVE` (source), `SHAPE` (source.weights)
   * @throws SublinearError `UNSUPPORTED` (conjugate gradients on a directed graph), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, personalizedPageRank } = await load();
   * // Two triangles joined by the edge 2 - 3.
   * using graph = Graph.fromEdges({ from: [0, 0, 1, 2, 3, 3, 4], to: [1, 2, 2, 3, 4, 5, 5], directed: false });
   * const near = personalizedPageRank(graph, { source: 0, topK: 3, tolerance: 1e-9 });
   * console.log(near.nodes, near.provedPlaces); // Uint32Array(3) [ 0, 2, 1 ] 3
   * for (const { node, score } of near) console.log(node, score.toFixed(3));
   * const all = personalizedPageRank(graph, { source: { nodes: [0, 5], weights: [3, 1] }, dense: true });
   * console.log(all.scores.length, all.errorBound <= 1e-6); // 6 true
   * ```
   */
  personalizedPageRank<const O extends PersonalizedPageRankOptions>(
    graph: Graph,
    options: O,
  ): PersonalizedPageRankResult<O>;

  /**
   * {@link personalizedPageRank} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile. Aborting
   * `signal` rejects with its reason and leaves the graph usable.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, personalizedPageRankAsync } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0] });
   * const { nodes } = await personalizedPageRankAsync(graph, { source: 1, topK: 1, tolerance: 1e-6 });
   * console.log(nodes[0]); // 1
   * ```
   */
  personalizedPageRankAsync<
    const O extends PersonalizedPageRankOptions & AsyncOptions<PageRankProgress>,
  >(graph: Graph, options: O): Promise<PersonalizedPageRankResult<O>>;

  /**
   * PageRank with every node as a source: the importance of each node in the whole graph. See
   * {@link personalizedPageRank}. O(edges log(1 / tolerance)).
   *
   * @throws RangeError `OPTION`; SublinearError `UNSUPPORTED`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, pageRank } = await load();
   * using web = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 1, 1] });
   * const { scores } = pageRank(web);
   * console.log(scores.indexOf(Math.max(...scores))); // 1
   * pageRank(web, { into: scores, damping: 0.5 }); // the same array again
   * console.log(scores[1]?.toFixed(3)); // 0.417
   * console.log(pageRank(web, { topK: 2 }).nodes); // Uint32Array(2) [ 1, 2 ]
   * ```
   */
  pageRank<const O extends PageRankOptions = Record<never, never>>(
    graph: Graph,
    options?: O,
  ): PageRankResult<O>;

  /**
   * {@link pageRank} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, pageRankAsync } = await load();
   * using ring = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 3, 0] });
   * const { scores } = await pageRankAsync(ring, { signal: AbortSignal.timeout(10_000) });
   * console.log(scores[2]?.toFixed(6)); // 0.250000
   * ```
   */
  pageRankAsync<
    const O extends PageRankOptions & AsyncOptions<PageRankProgress> = Record<never, never>,
  >(graph: Graph, options?: O): Promise<PageRankResult<O>>;

  /**
   * The heat kernel: where a walker is who begins at the source and takes a Poisson-distributed number of steps, `time` on
   * average, without restart. In a node without outgoing edges the walker stays. Unlike PageRank it forgets far places
   * fast, which often gives tighter clusters. Touches what `time` and `tolerance` need.
   *
   * Chung 2007; Kloster, Gleich 2014 (arXiv:1403.3148).
   *
   * @throws RangeError `OPTION` (time, tolerance, topK), and what {@link personalizedPageRank} throws for `source`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, heatKernel } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * const { scores } = heatKernel(edge, { source: 0, time: 0.5, dense: true, tolerance: 1e-9 });
   * console.log(scores[0]?.toFixed(6), (0.5 + 0.5 * Math.exp(-1)).toFixed(6)); // 0.683940 0.683940
   * ```
   */
  heatKernel<const O extends HeatKernelOptions>(
    graph: Graph,
    options: O,
  ): PersonalizedPageRankResult<O>;

  /**
   * {@link heatKernel} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, heatKernelAsync } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
   * const { nodes } = await heatKernelAsync(path, { source: 0, time: 2, topK: 2, tolerance: 1e-6 });
   * console.log(nodes); // Uint32Array(2) [ 1, 0 ]
   * ```
   */
  heatKernelAsync<const O extends HeatKernelOptions & AsyncOptions<PageRankProgress>>(
    graph: Graph,
    options: O,
  ): Promise<PersonalizedPageRankResult<O>>;

  /**
   * Local clustering in an undirected graph: orders nodes by score / strength and takes the prefix that is separated best,
   * the one of least conductance. With the scores of {@link personalizedPageRank} or {@link heatKernel} it finds a cluster
   * around the source and never looks at the rest of the graph. O((nodes + their edges) log nodes).
   *
   * `maxNodes` and `maxVolume` keep the cluster small: only prefixes within them count. When the first node alone exceeds
   * `maxVolume` the cluster is empty.
   *
   * Andersen, Chung, Lang 2006.
   *
   * @param scores - distinct nodes and their scores, >= 0: a result of this module, or your own
   * @throws SublinearError `UNSUPPORTED` (directed graph), `MEMORY`
   * @throws RangeError `EMPTY`, `INDEX`, `ARGUMENT` (a node twice), `NOT_FINITE`, `NOT_POSITIVE`, `SHAPE`, `RANGE` (maxNodes),
   *   `OPTION` (maxVolume)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, personalizedPageRank, sweepCut } = await load();
   * // Two triangles joined by the edge 2 - 3.
   * using graph = Graph.fromEdges({ from: [0, 0, 1, 2, 3, 3, 4], to: [1, 2, 2, 3, 4, 5, 5], directed: false });
   * const scores = personalizedPageRank(graph, { source: 0 });
   * const cluster = sweepCut(graph, scores);
   * console.log(cluster.nodes.sort(), cluster.cut, cluster.volume); // Uint32Array(3) [ 0, 1, 2 ] 1 7
   * console.log(sweepCut(graph, scores, { maxNodes: 2 }).nodes.length); // 2
   * ```
   */
  sweepCut(
    graph: Graph,
    scores: { nodes: NodeList; scores: RealArray },
    options?: SweepCutOptions,
  ): SweepCut;
}

const heatKeys = [
  'source',
  'time',
  'dense',
  'tolerance',
  'topK',
  'maxWork',
  'maxTimeMs',
  'output',
  'into',
] as const satisfies (keyof HeatKernelOptions)[];

const sweepKeys = ['maxNodes', 'maxVolume'] as const satisfies (keyof SweepCutOptions)[];

/** @internal */
export function createPageRank(runtime: Runtime): PageRankFunctions {
  const method = (keys: readonly (keyof AnyOptions)[], kind: Kind) =>
    task(runtime, keys, (call: Call<AnyOptions>, graph: Graph) => begin(call, graph, kind));
  const personal = method(personalKeys, 'personal');
  const global = method(globalKeys, 'global');
  const heat = task(runtime, heatKeys as readonly (keyof AnyOptions)[], beginHeat);
  // The types of the results follow from the options; what is behind them does not know the options' type.
  return {
    personalizedPageRank: (graph: Graph, options: object) =>
      personal.now('personalizedPageRank', graph, options as AnyOptions) as never,
    personalizedPageRankAsync: (graph: Graph, options: object) =>
      personal.later('personalizedPageRankAsync', graph, options as AnyOptions) as never,
    pageRank: (graph: Graph, options?: object) =>
      global.now('pageRank', graph, options as AnyOptions | undefined) as never,
    pageRankAsync: (graph: Graph, options?: object) =>
      global.later('pageRankAsync', graph, options as AnyOptions | undefined) as never,
    heatKernel: (graph: Graph, options: object) =>
      heat.now('heatKernel', graph, options as AnyOptions) as never,
    heatKernelAsync: (graph: Graph, options: object) =>
      heat.later('heatKernelAsync', graph, options as AnyOptions) as never,
    sweepCut: (graph, scores, options) => sweepCut(runtime, graph, scores, options),
  };
}

function beginHeat(
  { runtime, operation, options: given }: Call<AnyOptions>,
  graph: Graph,
): Begun<PageRankProgress, AnyResult> {
  const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
  const form = formOf(operation, given, graph, false);
  const time = check.number(operation, 'time', given.time);
  const { tolerance = 1e-6, topK = 0 } = given;
  const numbers = [
    time,
    check.number(operation, 'tolerance', tolerance),
    topK,
    limit(operation, 'maxWork', given.maxWork),
  ];
  const kernel = graph.companion(runtime, 'heatKernel', () =>
    runtime.made(operation, runtime.raw.HeatKernel.create(rawGraph)),
  );
  runtime.scratch(operation, (scratch) => {
    const { nodes, weights, count } = sourceOf(operation, scratch, graph, given.source);
    const address = scratch.f64(numbers.length);
    runtime.f64.set(numbers, address / 8);
    runtime.check(operation, kernel.begin(address, nodes, weights, count));
  });
  return {
    raw: kernel,
    holds: [graph],
    progress: () => ({ error: kernel.error() }),
    result: () => result(runtime, operation, kernel, graph, form),
  };
}

function sweepCut(
  runtime: Runtime,
  graph: Graph,
  given: { nodes: NodeList; scores: RealArray },
  options: SweepCutOptions | undefined,
): SweepCut {
  const operation = 'sweepCut';
  const { maxNodes, maxVolume = Number.POSITIVE_INFINITY } = check.options(
    operation,
    options,
    sweepKeys,
  );
  const most = maxNodes === undefined ? 0 : check.integer(operation, 'maxNodes', maxNodes, 1);
  check.number(operation, 'maxVolume', maxVolume);
  const pageRank = workspace(
    runtime,
    operation,
    graph,
    rawOf(runtime, operation, 'graph', graph, Graph),
  );
  if (typeof given !== 'object' || given === null)
    throw check.typeError(operation, 'scores', '{ nodes, scores }', given);
  return runtime.scratch(operation, (scratch) => {
    const nodes = scratch.indices('nodes', graph.numbersOf(operation, 'nodes', given.nodes));
    const scores = scratch.doubles('scores', given.scores);
    if (scores.length !== nodes.length)
      throw check.shapeError(operation, 'scores', nodes.length, scores.length);
    const order = scratch.u32(nodes.length);
    const { address, length } = nodes;
    const limits = [most, maxVolume] as const;
    const at = [order, runtime.out] as const;
    const status = pageRank.sweepCut(address, scores.address, length, ...limits, ...at);
    runtime.check(operation, status);
    const { size, conductance, cut, volume } = take(runtime, sweepCutResult);
    return { nodes: runtime.copyU32(order, size), conductance, cut, volume };
  });
}
