// One run from sources or from everywhere: its options, its start in C, and what it has found.

import type { OutcomeName } from '../../generated/codes.js';
import { diffusionResult, pagerankOptions } from '../../generated/fields/diffusion.js';
import type {
  Graph as RawGraph,
  HeatKernel as RawHeatKernel,
  PageRank as RawPageRank,
} from '../../generated/raw/network.js';
import { giveOver, take } from '../../runtime/fields.js';
import { numbersOut, viewOf } from '../../runtime/into.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Scratch } from '../../runtime/scratch.js';
import type { AsyncOptions, Begun, Call } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { withNodes } from '../graph/scores.js';
import { methods, ranMethods } from './methods.js';
import type {
  DenseScores,
  PageRankOptions,
  PageRankProgress,
  PersonalizedPageRankOptions,
  ScoresInfo,
  Source,
  SparseScores,
} from './types.js';

export const globalKeys = [
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

/** Unit roundoff of float32, and the largest error of one that is too small to be normal. */
const FLOAT32_ROUNDOFF = 2 ** -24;
const FLOAT32_TINY = 2 ** -150;

export interface AnyOptions
  extends Partial<PersonalizedPageRankOptions>,
    AsyncOptions<PageRankProgress> {
  time?: number;
}

/** What is asked for. */
export type Kind = 'global' | 'personal';

export type AnyResult =
  | SparseScores<Float64Array | Float32Array>
  | DenseScores<Float64Array | Float32Array>;

/** The C workspace of a graph: made once, freed with the graph. */
export function workspace(
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
export function formOf(operation: string, given: AnyOptions, graph: Graph, usuallyDense: boolean) {
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

export function sourceOf(
  operation: string,
  scratch: Scratch,
  graph: Graph,
  source: Source | undefined,
) {
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
