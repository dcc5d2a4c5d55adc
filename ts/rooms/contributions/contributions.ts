// PageRank seen from a target: contributions of all sources, and the score of one pair. Graphs live in another module than
// the systems that are solved here; a copy is made at the first question and kept with the graph.

import type { OutcomeName } from '../../generated/codes.js';
import { contributionsOptions, contributionsResult } from '../../generated/fields/contributions.js';
import { give, take } from '../../runtime/fields.js';
import type { NodeScore } from '../../runtime/iterable.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Begun, type Call, task } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { limit, type QuestionProgress } from '../graph/question.js';
import { withNodes } from '../graph/scores.js';
import type { NodeRef } from '../graph/types.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { NodeScore } from '../../runtime/iterable.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { QuestionProgress } from '../graph/question.js';

/** Options of {@link ContributionFunctions.contributions}. */
export interface ContributionsOptions {
  /** The node whose score is looked at. */
  target: NodeRef;
  /** Probability of following an edge instead of restarting, between 0 and 1, both excluded. 0.85 by default. */
  damping?: number;
  /** How far off each score may be: a finite number > 0. 1e-6 by default. */
  tolerance?: number;
  /** Return only the `topK` largest, largest first. */
  topK?: number;
  /** Edge operations of pushing before a full solve takes over. By default 0.3 of the edges, at least 30,000. */
  pushWork?: number;
  /** Edge operations in all; then the outcome is `'workLimit'`. No limit by default. */
  maxWork?: number;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link ContributionFunctions.contributions} gives. Iterating gives `{ node, score }`. */
export interface Contributions extends Iterable<NodeScore> {
  /** Sources, rising; with `topK` by falling score. A copy. */
  nodes: Uint32Array<ArrayBuffer>;
  /** `scores[i]` is the personalised PageRank of the target from source `nodes[i]`. A copy. */
  scores: Float64Array<ArrayBuffer>;
  /** Proved, rounding included: no score is further off than this; nodes that are not listed without `topK` count as 0. */
  errorBound: number;
  /** `errorBound` is in the infinity norm: of each score, not of their sum. */
  errorBoundNorm: 'infinity';
  /** `'converged'`: `errorBound` is at most the tolerance. `'stagnated'`: rounding is larger than that. */
  outcome: OutcomeName;
  method: 'push' | 'push+full';
  work: { touchedNodes: number; edgeOperations: number };
}

/** Options of {@link ContributionFunctions.pairPageRank}. */
export interface PairPageRankOptions extends Omit<ContributionsOptions, 'topK'> {
  /** The node where walks begin and restart. */
  source: NodeRef;
  /** Between 0 and 1: random walks may be used, and their interval holds with at least this probability. Default: none. */
  confidence?: number;
  /** Seed of the walks, an integer >= 0; the same seed gives the same bits. 0 by default. */
  seed?: number;
}

/** What {@link ContributionFunctions.pairPageRank} gives. */
export interface PairPageRank {
  /** The score of the target from the source, between 0 and 1. */
  score: number;
  /** Proved, rounding included. */
  errorBound: number;
  /** When walks were used: the exact score is within `halfWidth` with probability `confidence` at least. */
  interval?: { halfWidth: number; confidence: number; walks: number; seed: number };
  /** `'converged'`: `errorBound` or `interval.halfWidth` is at most the tolerance. */
  outcome: OutcomeName;
  method: 'push' | 'push+walks' | 'push+full';
  work: { touchedNodes: number; edgeOperations: number };
}

/** The functions of this part of the room. */
export interface ContributionFunctions {
  /**
   * Who contributes to a node: the personalised PageRank of `target` from every source, by pushing against the edges. In
   * contrast to `personalizedPageRank` of the module diffusion the bound is of each score. Touches the part of the graph that
   * leads to the target and not the rest, as long as the tolerance is coarse and the target is no hub.
   *
   * The first call for a graph and a damping prepares a matrix and a workspace (about 24 bytes an edge and 80 a node, kept
   * with the graph). A graph with dangling nodes costs one full solve the first time: where walks end and restart is
   * known for all sources from then on.
   *
   * Andersen et al. 2007, doi:10.1007/978-3-540-77004-6_12.
   *
   * @throws RangeError `INDEX` (target), `OPTION` (damping, tolerance); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/contributions';
   *
   * const { Graph, contributions } = await load();
   * using web = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 0, 2] });
   * const { nodes, scores, errorBound } = contributions(web, { target: 2, topK: 2 });
   * console.log(nodes, errorBound <= 1e-6); // Uint32Array(2) [ 2, 1 ] true
   * console.log(scores[0]?.toFixed(4)); // 0.3887
   * ```
   */
  contributions(graph: Graph, options: ContributionsOptions): Contributions;

  /**
   * {@link contributions} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/contributions';
   *
   * const { Graph, contributionsAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * const { nodes } = await contributionsAsync(edge, { target: 1 });
   * console.log(nodes); // Uint32Array(2) [ 0, 1 ]
   * ```
   */
  contributionsAsync(
    graph: Graph,
    options: ContributionsOptions & AsyncOptions<QuestionProgress>,
  ): Promise<Contributions>;

  /**
   * One score: the personalised PageRank of `target` from `source`, without the others. Pushes from both ends; with a
   * `confidence` random walks estimate what the two leave between them, which is what helps where everything is near.
   * `errorBound` is proved in every case.
   *
   * Lofgren, Banerjee, Goel 2016 (arXiv:1507.05999); the interval is that of Maurer and Pontil 2009 (arXiv:0907.3740).
   *
   * @throws RangeError `INDEX` (source, target), `OPTION` (damping, tolerance, confidence); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/contributions';
   *
   * const { Graph, pairPageRank } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 0, 2] });
   * const proved = pairPageRank(graph, { source: 3, target: 0, tolerance: 1e-9 });
   * console.log(proved.score.toFixed(6), proved.errorBound <= 1e-9); // 0.280855 true
   * const likely = pairPageRank(graph, { source: 3, target: 0, tolerance: 0.05, confidence: 0.99, pushWork: 1 });
   * console.log(Math.abs(likely.score - proved.score) <= 0.05); // true
   * ```
   */
  pairPageRank(graph: Graph, options: PairPageRankOptions): PairPageRank;

  /**
   * {@link pairPageRank} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/contributions';
   *
   * const { Graph, pairPageRankAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * const { score } = await pairPageRankAsync(edge, { source: 0, target: 0 });
   * console.log(score.toFixed(4)); // 0.5405
   * ```
   */
  pairPageRankAsync(
    graph: Graph,
    options: PairPageRankOptions & AsyncOptions<QuestionProgress>,
  ): Promise<PairPageRank>;
}

/** What the module has. */
export interface ContributionsRoom extends ContributionFunctions {
  readonly Graph: typeof Graph;
}

const limitNames = ['damping', 'tolerance', 'pushWork', 'maxWork', 'maxTimeMs'] as const;
const methods = ['push', 'push+full', 'push+walks'] as const;

/** The answer as C writes it. */
type Found = Record<(typeof contributionsResult)[number], number>;

const workOf = ({ touchedNodes, edgeOperations }: Found) => ({ touchedNodes, edgeOperations });

/** C's word for every source. */
const EVERY_SOURCE = 0xffff_ffff;

function createContributions(runtime: Runtime): ContributionFunctions {
  /** Begins a question; `read` gets the numbers of the answer. */
  function ask<Result>(
    { operation, options }: Call<ContributionsOptions & Partial<PairPageRankOptions>>,
    graph: Graph,
    source: number,
    read: (found: Found) => Result,
  ): Begun<QuestionProgress, Result> {
    const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
    const { damping = 0.85, tolerance = 1e-6, confidence, seed = 0 } = options;
    check.number(operation, 'damping', damping);
    const target = graph.numberOf(operation, 'target', options.target, EVERY_SOURCE - 1);
    if (confidence !== undefined && check.number(operation, 'confidence', confidence) === 0)
      throw check.rangeError(operation, 'confidence', 'a number in (0, 1)', 0);
    const given = {
      tolerance: check.number(operation, 'tolerance', tolerance),
      confidence: confidence ?? 0,
      seed: check.integer(operation, 'seed', seed, 0, Number.MAX_SAFE_INTEGER),
      pushWork: limit(operation, 'pushWork', options.pushWork),
      maxWork: limit(operation, 'maxWork', options.maxWork),
    };
    const raw = graph.companion(runtime, `contributions ${damping}`, () =>
      runtime.made(operation, runtime.raw.Contributions.create(rawGraph, damping)),
    );
    const at = give(runtime, contributionsOptions, given);
    runtime.check(operation, raw.begin(at, source, target));
    const result = () => {
      runtime.check(operation, raw.finish(runtime.out));
      return read(take(runtime, contributionsResult));
    };
    return { raw, holds: [graph], result };
  }

  const target = task(
    runtime,
    ['target', 'topK', ...limitNames] as (keyof ContributionsOptions)[],
    (call: Call<ContributionsOptions>, graph: Graph) => {
      const { operation, options } = call;
      const { topK } = options;
      if (topK !== undefined) check.integer(operation, 'topK', topK, 1);
      return ask(call, graph, EVERY_SOURCE, (found): Contributions => {
        let nodes = runtime.copyU32(found.nodes, found.count);
        let scores = runtime.copyF64(found.scores, found.count);
        if (topK !== undefined) [nodes, scores] = largest(nodes, scores, topK);
        const answer = {
          nodes,
          scores,
          errorBound: found.errorBound,
          errorBoundNorm: 'infinity' as const,
          outcome: runtime.outcome(found.outcome),
          method: methods[found.method] as Contributions['method'],
          work: workOf(found),
        };
        return withNodes(answer, graph);
      });
    },
  );

  const pair = task(
    runtime,
    ['source', 'target', 'confidence', 'seed', ...limitNames] as (keyof PairPageRankOptions)[],
    (call: Call<PairPageRankOptions>, graph: Graph) => {
      const { operation, options } = call;
      rawOf(runtime, operation, 'graph', graph, Graph);
      const source = graph.numberOf(operation, 'source', options.source, EVERY_SOURCE - 1);
      const { confidence = 0, seed = 0 } = options;
      return ask(call, graph, source, (found): PairPageRank => {
        const { halfWidth, walks } = found;
        return {
          score: found.value,
          errorBound: found.errorBound,
          ...(walks > 0 && { interval: { halfWidth, confidence, walks, seed } }),
          outcome: runtime.outcome(found.outcome),
          method: methods[found.method] ?? 'push',
          work: workOf(found),
        };
      });
    },
  );

  return {
    contributions: (graph, options) => target.now('contributions', graph, options),
    contributionsAsync: (graph, options) => target.later('contributionsAsync', graph, options),
    pairPageRank: (graph, options) => pair.now('pairPageRank', graph, options),
    pairPageRankAsync: (graph, options) => pair.later('pairPageRankAsync', graph, options),
  };
}

/** @internal */
export function createRoom(runtime: Runtime, network: Runtime): ContributionsRoom {
  return { Graph: network.bind(Graph), ...createContributions(runtime) };
}

/** The `count` largest, ties by rising node. */
function largest(
  nodes: Uint32Array<ArrayBuffer>,
  scores: Float64Array<ArrayBuffer>,
  count: number,
): [Uint32Array<ArrayBuffer>, Float64Array<ArrayBuffer>] {
  const order = Array.from(nodes.keys());
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const best = order.slice(0, count);
  return [
    Uint32Array.from(best, (i) => nodes[i] as number),
    Float64Array.from(best, (i) => scores[i] as number),
  ];
}
