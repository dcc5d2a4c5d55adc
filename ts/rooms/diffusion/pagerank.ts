// The PageRank family from sources: one distribution, every node, the heat kernel; and sweep cuts over them.

import type { OutcomeName } from '../../generated/codes.js';
import { diffusionResult, pagerankOptions, sweepCutResult } from '../../generated/fields.js';
import type {
  Graph as RawGraph,
  HeatKernel as RawHeatKernel,
  PageRank as RawPageRank,
} from '../../generated/raw/network.js';
import { giveOver, take } from '../../runtime/fields.js';
import type { Given, OutputArray } from '../../runtime/given.js';
import { type IntoOption, numbersOut, viewOf } from '../../runtime/into.js';
import type { NodeScore } from '../../runtime/iterable.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray, RealArray, Scratch } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  type Begun,
  type Call,
  task,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/graph.js';
import { limit } from '../graph/question.js';
import { withNodes } from '../graph/scores.js';
import type { NodeList, NodeRef } from '../graph/types.js';

// In the order of their numbers in csrc/diffusion/types.h, which a test compares.
const methodNames = ['auto', 'push', 'power', 'gaussSeidel', 'conjugateGradient'] as const;
const ranMethods = [...methodNames, 'series'] as const;

const methods = {
  ...Object.fromEntries(methodNames.map((name, number) => [name, number])),
  pushPower: 6,
};

/**
 * How scores are computed:
 *
 * - `'auto'` forward push while it stays cheap, then one of the last two from where push stopped (default)
 * - `'push'` forward push: touches only the nodes that matter at the tolerance
 * - `'power'` power iteration: the textbook method, for comparison
 * - `'gaussSeidel'` sweeps over all nodes that push what they find
 * - `'pushPower'` push, and when its predicted work is too much, power iteration from where push stopped
 * - `'conjugateGradient'` undirected graphs only, and the fastest there for a fine tolerance
 */
export type PageRankMethod = (typeof methodNames)[number] | 'pushPower';

/** Where walks begin and restart: one node, or several. */
export type Source =
  | NodeRef
  | {
      /** Numbers or names. A node may repeat; its weights add up. */
      nodes: NodeList;
      /** How much of the start each node gets: >= 0, finite, not all zero. Scaled to sum 1. All alike by default. */
      weights?: RealArray;
    };

/** Options of {@link DiffusionRoom.pageRank}. */
export interface PageRankOptions extends IntoOption {
  /** Probability of following an edge instead of restarting, between 0 and 1, both excluded. 0.85 by default. */
  damping?: number;
  /**
   * L1 error to reach: the sum over all nodes of |score - exact score|. 1e-6 by default, except for
   * `personalizedPageRank` with `topK`, where leaving it out asks for the fast, unproved ranking.
   */
  tolerance?: number;
  /** `'auto'` by default. */
  method?: PageRankMethod;
  /** Return only the `topK` best nodes, best first. */
  topK?: number;
  /**
   * With `topK`: once the tolerance is met (1e-2 when it is not given), go on until every place of the list is proved.
   * Places that differ by less than rounding cannot be: then the outcome is `'stagnated'`. False by default.
   */
  proveRanking?: boolean;
  /** Most sweeps or iterations over the whole graph; then the outcome is `'iterationLimit'`. 10,000 by default. */
  maxIterations?: number;
  /** Most edge operations; then the outcome is `'workLimit'`. No limit by default. */
  maxWork?: number;
  /** Time budget in milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
  /** Precision of the scores; `errorBound` includes the rounding to float32. `'float64'` by default. */
  output?: 'float64' | 'float32';
}

/** Options of {@link DiffusionRoom.personalizedPageRank}. */
export interface PersonalizedPageRankOptions extends PageRankOptions {
  source: Source;
  /** Return one score for each node of the graph instead of a list of nodes. Not with `topK`. False by default. */
  dense?: boolean;
}

/** Options of {@link DiffusionRoom.heatKernel}. */
export interface HeatKernelOptions
  extends Pick<
    PersonalizedPageRankOptions,
    'source' | 'dense' | 'tolerance' | 'topK' | 'maxWork' | 'maxTimeMs' | 'output' | 'into'
  > {
  /** How long to walk: the mean number of steps, above 0 and at most 500. */
  time: number;
}

/** Options of {@link PageRankFunctions.sweepCut}: how large the cluster may become. */
export interface SweepCutOptions {
  /** Most nodes, at least 1. No limit by default. */
  maxNodes?: number;
  /** Largest volume: the sum of the strengths (degrees) of its nodes, above 0. No limit by default. */
  maxVolume?: number;
}

/** A cluster and how well it is separated. */
export interface SweepCut {
  /** The nodes of the cluster, by falling score / strength; empty when no cut is possible. A copy. */
  nodes: Uint32Array<ArrayBuffer>;
  /** `cut / min(volume, volume of the rest)`, between 0 (separate) and 1. */
  conductance: number;
  /** Weight of the edges that leave the cluster. */
  cut: number;
  /** Sum of the strengths (degrees) in the cluster; a loop counts once. */
  volume: number;
}

/** Where a running `...Async` call is. */
export interface PageRankProgress extends WorkProgress {
  /** The L1 error as far as it is known, not yet proved. */
  error: number;
}

/** What all results tell about themselves. Iterating gives `{ node, score }`. */
export interface ScoresInfo extends Iterable<NodeScore> {
  /**
   * `'converged'`: `errorBound` is at most the tolerance, or - without a tolerance - the ranking looks settled.
   * `'workLimit'`, `'timeLimit'`, `'iterationLimit'`: a budget ended it (without a tolerance: its own). `'stagnated'`:
   * the tolerance lies below what float64 can reach here. `errorBound` holds in every case.
   */
  outcome: OutcomeName;
  /**
   * Proved, rounding included: the sum of |score - exact score| over all nodes (nodes that are not listed count with
   * what they would have got; without `topK` that is 0). For a `topK` list without a tolerance: over the listed nodes.
   */
  errorBound: number;
  /** `errorBound` is in the 1-norm. */
  errorBoundNorm: 1;
  /** The method that gave the scores; `'series'` for the heat kernel. */
  method: Exclude<PageRankMethod, 'auto' | 'pushPower'> | 'series';
  /** Sweeps or iterations over the whole graph; 0 when push alone did it. */
  iterations: number;
  work: {
    /** Nodes that got a score. */
    touchedNodes: number;
    /** Edges that were followed, those for the proof included. */
    edgeOperations: number;
  };
}

/** A list of nodes with their scores. */
export interface SparseScores<A = Float64Array<ArrayBuffer>> extends ScoresInfo {
  /** With `topK` by falling score, ties by rising node; else every node with a score, rising. A copy. */
  nodes: Uint32Array<ArrayBuffer>;
  /** `scores[i]` belongs to `nodes[i]`. A copy. */
  scores: A;
  /**
   * With `topK`: how many places of the list are proved to hold the right node, because the gaps around them are larger
   * than `errorBound`. 0 without a tolerance: nothing is proved then.
   */
  provedPlaces: number;
}

/** One score for each node. */
export interface DenseScores<A = Float64Array<ArrayBuffer>> extends ScoresInfo {
  /** `scores[node]`, for all nodes. They sum to 1 up to `errorBound`. A copy. */
  scores: A;
}

type Scores<O> = OutputArray<Given<O, 'output'>>;

/** What `personalizedPageRank` returns for options of type O. */
export type PersonalizedPageRankResult<O> =
  Given<O, 'dense'> extends true
    ? DenseScores<Scores<O>>
    : true extends Given<O, 'dense'>
      ? SparseScores<Scores<O>> | DenseScores<Scores<O>>
      : SparseScores<Scores<O>>;

/** What `pageRank` returns for options of type O. */
export type PageRankResult<O> =
  Given<O, 'topK'> extends number
    ? SparseScores<Scores<O>>
    : Given<O, 'topK'> extends undefined
      ? DenseScores<Scores<O>>
      : SparseScores<Scores<O>> | DenseScores<Scores<O>>;

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
    scores: { nodes: IndexArray; scores: RealArray },
    options?: SweepCutOptions,
  ): SweepCut;
}

const globalKeys = [
  'damping',
  'tolerance',
  'method',
  'topK',
  'proveRanking',
  'maxIterations',
  'maxWork',
  'maxTimeMs',
  'output',
  'into',
] as const satisfies (keyof PageRankOptions)[];
export const personalKeys = [...globalKeys, 'source', 'dense'] as const;
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

/** Unit roundoff of float32, and the largest error of one that is too small to be normal. */
const FLOAT32_ROUNDOFF = 2 ** -24;
const FLOAT32_TINY = 2 ** -150;

export interface AnyOptions
  extends Partial<PersonalizedPageRankOptions>,
    AsyncOptions<PageRankProgress> {
  time?: number;
}

/** What is asked for. */
type Kind = 'global' | 'personal';

type AnyResult =
  | SparseScores<Float64Array | Float32Array>
  | DenseScores<Float64Array | Float32Array>;

/** The C workspace of a graph: made once, freed with the graph. */
function workspace(
  runtime: Runtime,
  operation: string,
  graph: Graph,
  rawGraph: RawGraph,
  name = 'pageRank',
) {
  return graph.companion(runtime, name, () =>
    runtime.made(operation, runtime.raw.PageRank.create(rawGraph)),
  );
}

/** What a result looks like, and where its scores go. */
interface Form {
  dense: boolean;
  output: 'float64' | 'float32';
  into?: Float64Array | Float32Array;
}

/** What the options say about the form of the result. */
function formOf(operation: string, given: AnyOptions, graph: Graph, usuallyDense: boolean) {
  const { topK, output = 'float64', into } = given;
  const dense = check.boolean(operation, 'dense', given.dense ?? usuallyDense);
  check.choice(operation, 'output', output, { float64: 1, float32: 1 });
  if (topK !== undefined) check.integer(operation, 'topK', topK, 1);
  if (dense && topK !== undefined)
    throw check.rangeError(operation, 'dense', 'false with topK', dense);
  if (into !== undefined) {
    if (!dense)
      throw check.typeError(operation, 'into', 'no array for a list of nodes; dense: true', into);
    viewOf(operation, into, graph.use(operation).nodeCount, output === 'float32');
  }
  return { dense, output, ...(into && { into }) };
}

/** Checks everything, and begins a run on the graph's workspace. */
export function begin(
  { runtime, operation, options: given }: Call<AnyOptions>,
  graph: Graph,
  kind: Kind,
  name?: string,
): Begun<PageRankProgress, AnyResult> {
  const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
  const everywhere = kind === 'global';
  const form = formOf(operation, given, graph, everywhere && given.topK === undefined);
  const pageRank = workspace(runtime, operation, graph, rawGraph, name);
  const options = optionsOf(operation, given, kind);
  runtime.scratch(operation, (scratch) => {
    if (everywhere)
      return runtime.check(operation, pageRank.beginGlobal(giveOptions(runtime, options)));
    const { nodes, weights, count } = sourceOf(operation, scratch, graph, given.source);
    const at = giveOptions(runtime, options);
    runtime.check(operation, pageRank.begin(at, nodes, weights, count));
  });
  return {
    raw: pageRank,
    holds: [graph],
    progress: () => ({ error: pageRank.error() }),
    result: () => result(runtime, operation, pageRank, graph, form),
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

/** What `optionsOf` gives; undefined is what C takes by default. */
type RankOptions = { [Name in (typeof pagerankOptions)[number]]: number | boolean | undefined };

/** The options of a run, checked. */
export function optionsOf(operation: string, given: PageRankOptions, kind: Kind): RankOptions {
  const { damping, method = 'auto', topK, proveRanking = false, maxIterations, maxWork } = given;
  const tolerance = given.tolerance ?? (proveRanking ? 1e-2 : undefined);
  if (damping !== undefined) check.number(operation, 'damping', damping);
  if (tolerance !== undefined) check.number(operation, 'tolerance', tolerance);
  const pushes = method === 'auto' || method === 'push';
  const options = {
    damping,
    tolerance,
    method: check.choice(operation, 'method', method, methods),
    topK: topK ?? 0,
    settleRanking: kind === 'personal' && topK !== undefined && tolerance === undefined && pushes,
    proveRanking: check.boolean(operation, 'proveRanking', proveRanking),
    maxIterations,
    maxWork,
  };
  if (maxIterations !== undefined) check.integer(operation, 'maxIterations', maxIterations, 1);
  if (maxWork !== undefined)
    check.integer(operation, 'maxWork', maxWork, 1, Number.MAX_SAFE_INTEGER);
  return options;
}

/** Puts them where C reads them, as the last thing before the call. */
export function giveOptions(runtime: Runtime, options: RankOptions): number {
  return giveOver(runtime, pagerankOptions, runtime.raw.pageRankDefaults, options);
}

function sourceOf(operation: string, scratch: Scratch, graph: Graph, source: Source | undefined) {
  if (typeof source === 'number' || typeof source === 'string' || typeof source === 'bigint') {
    const nodes = scratch.indices('source', [graph.numberOf(operation, 'source', source)]);
    return { nodes: nodes.address, weights: 0, count: 1 };
  }
  if (typeof source !== 'object' || source === null || !('nodes' in source))
    throw check.typeError(operation, 'source', 'node or { nodes, weights }', source);
  const numbers = graph.numbersOf(operation, 'source.nodes', source.nodes);
  const nodes = scratch.indices('source.nodes', numbers);
  if (source.weights === undefined)
    return { nodes: nodes.address, weights: 0, count: nodes.length };
  const weights = scratch.doubles('source.weights', source.weights);
  if (weights.length !== nodes.length)
    throw check.shapeError(operation, 'source.weights', nodes.length, weights.length);
  return { nodes: nodes.address, weights: weights.address, count: nodes.length };
}

export function result(
  runtime: Runtime,
  operation: string,
  ran: RawPageRank | RawHeatKernel,
  graph: Graph,
  { dense, output, into }: Form,
): AnyResult {
  runtime.check(operation, ran.finish(runtime.out));
  const found = take(runtime, diffusionResult);
  if (!dense) {
    const nodes = runtime.copyU32(found.nodes, found.count);
    const scores = inPrecision(runtime.copyF64(found.scores, found.count), output);
    const { provedPlaces } = found;
    return withNodes({ nodes, scores, provedPlaces, ...info(runtime, found, scores) }, graph);
  }
  return runtime.scratch(operation, (scratch) => {
    const { nodeCount } = graph.use(operation); // not the public getter: a subclass may say anything
    const address = scratch.f64(nodeCount);
    runtime.check(operation, ran.scores(address));
    const place = [address, nodeCount] as const;
    const scores = numbersOut(runtime, operation, place, output === 'float32', into);
    return withNodes({ scores, ...info(runtime, found, scores) }, graph);
  });
}

function inPrecision(scores: Float64Array<ArrayBuffer>, output: 'float64' | 'float32') {
  return output === 'float32' ? new Float32Array(scores) : scores;
}

function info(
  runtime: Runtime,
  found: Record<(typeof diffusionResult)[number], number>,
  scores: Float64Array | Float32Array,
): Omit<ScoresInfo, typeof Symbol.iterator> {
  // All scores together are at most 1 + errorBound, and rounding takes at most that share of them.
  const { errorBound } = found;
  const rounding = (1 + errorBound) * FLOAT32_ROUNDOFF + scores.length * FLOAT32_TINY;
  return {
    outcome: runtime.outcome(found.outcome) as OutcomeName,
    errorBound:
      scores instanceof Float32Array ? (errorBound + rounding) * (1 + 2 ** -50) : errorBound,
    errorBoundNorm: 1,
    method: ranMethods[found.method] as ScoresInfo['method'],
    iterations: found.iterations,
    work: { touchedNodes: found.touchedNodes, edgeOperations: found.edgeOperations },
  };
}

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

function sweepCut(
  runtime: Runtime,
  graph: Graph,
  given: { nodes: IndexArray; scores: RealArray },
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
    const nodes = scratch.indices('nodes', given.nodes);
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
