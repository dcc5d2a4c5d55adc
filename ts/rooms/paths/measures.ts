// How large a graph is and which nodes are in the middle: measures that rest on distances.

import type { OutcomeName } from '../../generated/codes.js';
import type { NodeScore } from '../../runtime/iterable.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { withNodes } from '../graph/scores.js';
import type { NodeList } from '../graph/types.js';
import {
  ask,
  type LengthOptions,
  nodesIn,
  question,
  type Timeless,
  type Work,
  weightedOf,
} from './ask.js';

/** Options of {@link MeasureFunctions.diameter} and {@link MeasureFunctions.eccentricities}. */
export type ExtentOptions = LengthOptions;

/** What {@link MeasureFunctions.diameter} gives. */
export interface Diameter {
  /** The largest distance between two nodes of which one reaches the other. */
  diameter: number;
  /** Two nodes that far apart. */
  from: number;
  to: number;
  /** Whether every node reaches every other. Pairs without a path are left out otherwise. */
  connected: boolean;
  work: { edgeOperations: number; searches: number };
}

/** What {@link MeasureFunctions.eccentricities} gives. */
export interface Eccentricities extends Diameter {
  /** For each node the distance of the node that is furthest from it, of those it reaches. */
  eccentricities: Float64Array<ArrayBuffer>;
  /** The least of them, and the smallest node that has it. */
  radius: number;
  centre: number;
}

/** Options of {@link MeasureFunctions.closeness}. */
export interface ClosenessOptions extends LengthOptions {
  /** Only of these nodes, which is cheaper for a few. All by default. */
  nodes?: NodeList;
  /** `'closeness'`: by the sum of distances. `'harmonic'`: the sum of their inverses. `'closeness'` by default. */
  kind?: 'closeness' | 'harmonic';
  /** `'in'`: distances to the node, as networkx has it; `'out'`: from it. `'in'` by default. */
  direction?: 'in' | 'out';
}

/** What {@link MeasureFunctions.closeness} gives. Iterating gives `{ node, score }`. */
export interface Closeness extends Iterable<NodeScore>, Work {
  /** The nodes asked for, when they were. */
  nodes?: Uint32Array<ArrayBuffer>;
  /** One for each of them, else for each node of the graph. */
  scores: Float64Array<ArrayBuffer>;
}

/** Options of {@link MeasureFunctions.betweenness}. */
export interface BetweennessOptions extends LengthOptions {
  /** Divide by the number of pairs of other nodes. `true` by default. */
  normalized?: boolean;
}

/** What {@link MeasureFunctions.betweenness} gives. Iterating gives `{ node, score }`. */
export interface Betweenness extends Iterable<NodeScore>, Work {
  /** One for each node. */
  scores: Float64Array<ArrayBuffer>;
}

/** Options of {@link MeasureFunctions.betweennessSampled}. */
export interface BetweennessSampledOptions extends LengthOptions {
  /** How far off a score may be, between 0 and 1. 0.01 by default; half of it costs up to four times as much. */
  epsilon?: number;
  /** Probability that no score is further off than `halfWidth`, between 0 and 1. 0.9 by default. */
  confidence?: number;
  /** Seed of the pairs, an integer >= 0. 0 by default. */
  seed?: number;
  /** Milliseconds; then `halfWidth` is what was reached. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link MeasureFunctions.betweennessSampled} gives. Iterating gives `{ node, score }`. */
export interface BetweennessSampled extends Betweenness {
  /** With probability `confidence` no score, of any node, is further off. */
  halfWidth: number;
  confidence: number;
  seed: number;
  /** Pairs that were drawn. */
  samples: number;
  /** `'converged'`: `halfWidth` is at most `epsilon`. */
  outcome: OutcomeName;
}

/** The functions of this part of the room. */
export interface MeasureFunctions {
  /**
   * The exact diameter: the largest distance between nodes that reach each other, by a few searches whose distances bound
   * those of all other nodes. Directed graphs that are not strongly connected take a search from each node.
   *
   * Takes, Kosters 2013, doi:10.3390/a6010100.
   *
   * @throws SublinearError `MEMORY`; RangeError `RANGE` (weights)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, diameter } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
   * const { diameter: length, from, to } = diameter(path);
   * console.log(length, Math.abs(from - to)); // 3 3
   * ```
   */
  diameter(graph: Graph, options?: ExtentOptions): Diameter;

  /**
   * {@link diameter} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, diameterAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await diameterAsync(edge)).diameter); // 1
   * ```
   */
  diameterAsync(
    graph: Graph,
    options?: ExtentOptions & AsyncOptions<WorkProgress>,
  ): Promise<Diameter>;

  /**
   * The exact eccentricity of every node, with radius and diameter, by the same bounds as {@link diameter}: where they meet,
   * a node needs no search of its own.
   *
   * Takes, Kosters 2013, doi:10.3390/a6010100.
   *
   * @throws SublinearError `MEMORY`; RangeError `RANGE` (weights)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, eccentricities } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * const found = eccentricities(path);
   * console.log(found.eccentricities, found.radius, found.centre); // Float64Array(3) [ 2, 1, 2 ] 1 1
   * ```
   */
  eccentricities(graph: Graph, options?: ExtentOptions): Eccentricities;

  /**
   * {@link eccentricities} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, eccentricitiesAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await eccentricitiesAsync(edge)).radius); // 1
   * ```
   */
  eccentricitiesAsync(
    graph: Graph,
    options?: ExtentOptions & AsyncOptions<WorkProgress>,
  ): Promise<Eccentricities>;

  /**
   * Closeness: (r - 1) / (sum of distances), times (r - 1) / (nodes - 1) for a node that r nodes reach, itself included
   * (Wasserman, Faust 1994; 0 when nobody else does). Harmonic: the sum of inverse distances. Without weights 64 searches
   * run at once, a bit each.
   *
   * Then et al. 2014, doi:10.14778/2735496.2735507.
   *
   * @throws RangeError `INDEX` (nodes), `RANGE` (weights); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, closeness } = await load();
   * using star = Graph.fromEdges({ from: [0, 0, 0], to: [1, 2, 3], directed: false });
   * console.log(closeness(star).scores[0], closeness(star, { kind: 'harmonic' }).scores[1]); // 1 2
   * ```
   */
  closeness(graph: Graph, options?: ClosenessOptions): Closeness;

  /**
   * {@link closeness} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, closenessAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await closenessAsync(edge)).scores); // Float64Array(2) [ 1, 1 ]
   * ```
   */
  closenessAsync(
    graph: Graph,
    options?: ClosenessOptions & AsyncOptions<WorkProgress>,
  ): Promise<Closeness>;

  /**
   * Betweenness: for each node the share of shortest paths between two others that lead through it, summed over the pairs;
   * exact. Without `normalized` undirected pairs count once. {@link betweennessSampled} is the one for more than some ten
   * thousand nodes. Paths tie when their f64 sums are equal. Without weights the trees that hang on an undirected graph are
   * folded first (Sariyuce and others 2013, doi:10.1137/1.9781611972832.76): they cost next to nothing.
   *
   * Brandes 2001, doi:10.1080/0022250X.2001.9990249. O(nodes * (edges + nodes)), with weights times log nodes.
   *
   * @throws RangeError `RANGE` (weights; more than 10^308 shortest paths between two nodes); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, betweenness } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * console.log(betweenness(path).scores); // Float64Array(3) [ 0, 1, 0 ]
   * ```
   */
  betweenness(graph: Graph, options?: BetweennessOptions): Betweenness;

  /**
   * {@link betweenness} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, betweennessAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await betweennessAsync(edge)).scores); // Float64Array(2) [ 0, 0 ]
   * ```
   */
  betweennessAsync(
    graph: Graph,
    options?: BetweennessOptions & AsyncOptions<WorkProgress>,
  ): Promise<Betweenness>;

  /**
   * Betweenness from random pairs: with the probability `confidence` no node's score is off by more than `halfWidth`. Each
   * sample is a random shortest path between two random nodes, found from both ends; sampling ends when Chernoff's bound,
   * for all nodes and all times it was looked at together, is at most `epsilon`. A score is the probability to be strictly
   * inside of such a path: divided by nodes * (nodes - 1), not by (nodes - 1) * (nodes - 2) as {@link betweenness} has it.
   *
   * Riondato, Kornaropoulos 2014, doi:10.1145/2556195.2556224; Borassi, Natale 2016 (arXiv:1604.08553).
   *
   * @throws RangeError `OPTION` (epsilon, confidence), `RANGE`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, betweennessSampled } = await load();
   * using star = Graph.fromEdges({ from: [0, 0, 0], to: [1, 2, 3], directed: false });
   * const { scores, halfWidth } = betweennessSampled(star, { epsilon: 0.05, confidence: 0.99 });
   * console.log(Math.abs(scores[0]! - 0.5) <= halfWidth, halfWidth <= 0.05); // true true
   * ```
   */
  betweennessSampled(graph: Graph, options?: BetweennessSampledOptions): BetweennessSampled;

  /**
   * {@link betweennessSampled} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { Graph, betweennessSampledAsync } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * console.log((await betweennessSampledAsync(path, { epsilon: 0.1 })).halfWidth <= 0.1); // true
   * ```
   */
  betweennessSampledAsync(
    graph: Graph,
    options?: BetweennessSampledOptions & AsyncOptions<WorkProgress>,
  ): Promise<BetweennessSampled>;
}

/** @internal */
export function createMeasures(runtime: Runtime): MeasureFunctions {
  const extent = (each: boolean) =>
    task(
      runtime,
      ['weighted'] as (keyof ExtentOptions)[],
      (call: Call<Timeless<ExtentOptions>>, graph: Graph) => {
        const { operation, options } = call;
        const given = [weightedOf(runtime, operation, graph, options.weighted), each ? 2 : 0];
        const { nodeCount } = graph;
        return ask(
          call,
          graph,
          question.eccentricity,
          { options: given },
          (answer): Eccentricities => {
            const [, edgeOperations, diameter, from, to, radius, centre, searches] =
              answer.numbers as [number, number, number, number, number, number, number, number];
            const found = { diameter, from, to, connected: answer.numbers[9] === 1 };
            const work = { edgeOperations, searches };
            if (!each) return { ...found, work } as Eccentricities;
            return { ...found, eccentricities: answer.f64(8, nodeCount), radius, centre, work };
          },
        );
      },
    );
  const diameter = extent(false);
  const eccentricities = extent(true);

  const close = task(
    runtime,
    ['weighted', 'nodes', 'kind', 'direction'] as (keyof ClosenessOptions)[],
    (call: Call<Timeless<ClosenessOptions>>, graph: Graph) => {
      const { operation, options } = call;
      const { kind = 'closeness', direction = 'in' } = options;
      const harmonic = check.choice(operation, 'kind', kind, { closeness: false, harmonic: true });
      const given = [
        weightedOf(runtime, operation, graph, options.weighted),
        check.choice(operation, 'direction', direction, { in: 0, out: 1 }),
      ];
      const nodes =
        options.nodes === undefined ? undefined : nodesIn(call, graph, 'nodes', options.nodes);
      const { nodeCount } = graph;
      const begun = { options: given, ...(nodes && { nodes }) };
      if (nodes && nodes.length === 0)
        throw check.rangeError(operation, 'nodes', 'at least one node', options.nodes);
      return ask(call, graph, question.closeness, begun, (answer): Closeness => {
        const [, edgeOperations, count] = answer.numbers as [number, number, number];
        const scores = answer.f64(harmonic ? 4 : 3, count);
        if (!harmonic) {
          const reached = answer.u32(5, count);
          for (const [i, sum] of scores.entries()) {
            const others = (reached[i] as number) - 1;
            scores[i] = sum > 0 ? (others / sum) * (others / (nodeCount - 1)) : 0;
          }
        }
        return withNodes(
          {
            ...(nodes && { nodes: runtime.copyU32(nodes.address, nodes.length) }),
            scores,
            work: { edgeOperations },
          },
          graph,
        );
      });
    },
  );

  const between = task(
    runtime,
    ['weighted', 'normalized'] as (keyof BetweennessOptions)[],
    (call: Call<Timeless<BetweennessOptions>>, graph: Graph) => {
      const { operation, options } = call;
      const given = [weightedOf(runtime, operation, graph, options.weighted)];
      const normalized = check.boolean(operation, 'normalized', options.normalized ?? true);
      const { nodeCount, directed } = graph;
      return ask(call, graph, question.betweenness, { options: given }, (answer): Betweenness => {
        const [, edgeOperations] = answer.numbers as [number, number];
        const scores = answer.f64(2, nodeCount);
        const pairs = (nodeCount - 1) * (nodeCount - 2);
        const divisor = normalized ? Math.max(1, pairs) : directed ? 1 : 2;
        for (const [u, score] of scores.entries()) scores[u] = score / divisor;
        return withNodes({ scores, work: { edgeOperations } }, graph);
      });
    },
  );

  const sampled = task(
    runtime,
    [
      'weighted',
      'epsilon',
      'confidence',
      'seed',
      'maxTimeMs',
    ] as (keyof BetweennessSampledOptions)[],
    (call: Call<BetweennessSampledOptions>, graph: Graph) => {
      const { operation, options } = call;
      const { epsilon = 0.01, confidence = 0.9, seed = 0 } = options;
      const given = [
        weightedOf(runtime, operation, graph, options.weighted),
        check.number(operation, 'epsilon', epsilon),
        check.number(operation, 'confidence', confidence),
        check.integer(operation, 'seed', seed, 0, Number.MAX_SAFE_INTEGER),
      ];
      const { nodeCount } = graph;
      return ask(
        call,
        graph,
        question.sampled,
        { options: given },
        (answer): BetweennessSampled => {
          const [outcome, edgeOperations, , halfWidth, samples] = answer.numbers as [
            number,
            number,
            number,
            number,
            number,
          ];
          const found = {
            scores: answer.f64(2, nodeCount),
            halfWidth,
            confidence,
            seed,
            samples,
            outcome: runtime.outcome(outcome),
            work: { edgeOperations },
          };
          return withNodes(found, graph);
        },
      );
    },
  );

  return {
    diameter: (graph, options) => diameter.now('diameter', graph, options),
    diameterAsync: (graph, options) => diameter.later('diameterAsync', graph, options),
    eccentricities: (graph, options) => eccentricities.now('eccentricities', graph, options),
    eccentricitiesAsync: (graph, options) =>
      eccentricities.later('eccentricitiesAsync', graph, options),
    closeness: (graph, options) => close.now('closeness', graph, options),
    closenessAsync: (graph, options) => close.later('closenessAsync', graph, options),
    betweenness: (graph, options) => between.now('betweenness', graph, options),
    betweennessAsync: (graph, options) => between.later('betweennessAsync', graph, options),
    betweennessSampled: (graph, options) => sampled.now('betweennessSampled', graph, options),
    betweennessSampledAsync: (graph, options) =>
      sampled.later('betweennessSampledAsync', graph, options),
  };
}
