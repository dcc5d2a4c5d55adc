// Matchings of largest weight.

import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { ask, question, type Timeless, type Work } from './ask.js';

/** Options of {@link WeightedFunctions.weightedMatching}. */
export interface WeightedMatchingOptions {
  /** The heaviest of those with as many edges as there can be, instead of the heaviest of all. `false` by default. */
  maximumCardinality?: boolean;
}

/**
 * Prices that prove a matching to be the heaviest. For each edge the prices of its ends and of all sets that both are in
 * add up to its weight at least, and to its weight if it is taken; each set has an odd number of nodes, and of one whose
 * price is not 0 all nodes but one are matched in it. So no matching weighs more than all prices of nodes together and those
 * of sets, each times half its nodes rounded down, and this one weighs as much.
 */
export interface MatchingPrices {
  /**
   * One of each node. Not negative, and 0 for those without a partner; with `maximumCardinality` those have the least price
   * of all, which may be negative.
   */
  nodes: Float64Array<ArrayBuffer>;
  /** The smallest set that each node is in; 4294967295: in none. */
  setOf: Uint32Array<ArrayBuffer>;
  /** The smallest set around each set; 4294967295: none. */
  around: Uint32Array<ArrayBuffer>;
  /** The price of each set, not negative. */
  sets: Float64Array<ArrayBuffer>;
}

/** What {@link WeightedFunctions.weightedMatching} gives. */
export interface WeightedMatching extends Work {
  /** How many edges it has. */
  size: number;
  /** The partner of each node; 4294967295 for those without. */
  mates: Uint32Array<ArrayBuffer>;
  /** Sum of the weights of its edges. */
  weight: number;
  /** No matching is heavier by more: 0 for whole weights whose largest times nodes is below 2^53, else rounding. */
  errorBound: number;
  /** The proof. */
  prices: MatchingPrices;
  /**
   * With `maximumCardinality`: nodes without which the graph has barrier.length + nodeCount - 2 size components of odd size,
   * so that no matching has more edges (Tutte, Berge).
   */
  barrier?: Uint32Array<ArrayBuffer>;
}

/** The functions of this part of the room. */
export interface WeightedFunctions {
  /**
   * A matching of an undirected graph whose edges weigh most in all, with prices that prove it. Edges without weights count 1
   * each: then `maximumMatching` is quicker. Loops are no part of it. Weights become whole numbers of a tiny unit, rounded
   * down, so that whole ones are exact and `errorBound` says what others can lose.
   *
   * Edmonds 1965, doi:10.6028/jres.069B.013; Galil 1986, doi:10.1145/6462.6502. O(nodes^2 edges) at worst, about nodes times
   * edges in practice.
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, weightedMatching } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], weights: [2, 5, 2], directed: false });
   * const { weight, mates, prices } = weightedMatching(path);
   * console.log(weight, mates[1], prices.nodes); // 5 2 Float64Array(4) [ 0, 2.5, 2.5, 0 ]
   * console.log(weightedMatching(path, { maximumCardinality: true }).weight); // 4
   * ```
   */
  weightedMatching(graph: Graph, options?: WeightedMatchingOptions): WeightedMatching;

  /**
   * {@link weightedMatching} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, weightedMatchingAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], weights: [3], directed: false });
   * console.log((await weightedMatchingAsync(edge)).weight); // 3
   * ```
   */
  weightedMatchingAsync(
    graph: Graph,
    options?: WeightedMatchingOptions & AsyncOptions<WorkProgress>,
  ): Promise<WeightedMatching>;
}

/** @internal */
export function createWeighted(runtime: Runtime): WeightedFunctions {
  const weighted = task(
    runtime,
    ['maximumCardinality'] as (keyof WeightedMatchingOptions)[],
    (call: Call<Timeless<WeightedMatchingOptions>>, graph: Graph) => {
      const { operation, options } = call;
      const most = check.boolean(
        operation,
        'maximumCardinality',
        options.maximumCardinality ?? false,
      );
      const given = { options: [Number(most)] };
      return ask(call, graph, question.weighted, given, (answer): WeightedMatching => {
        const { nodeCount } = graph;
        const [, edgeOperations, size, , weight, errorBound, , sets, , , , barrier] =
          answer.numbers as number[] & { length: 16 };
        return {
          size: size as number,
          mates: answer.u32(3, nodeCount),
          weight: weight as number,
          errorBound: errorBound as number,
          prices: {
            nodes: answer.f64(6, nodeCount),
            setOf: answer.u32(8, nodeCount),
            around: answer.u32(9, sets as number),
            sets: answer.f64(10, sets as number),
          },
          ...(most && { barrier: answer.u32(12, barrier as number) }),
          work: { edgeOperations: edgeOperations as number },
        };
      });
    },
  );

  return {
    weightedMatching: (graph, options) => weighted.now('weightedMatching', graph, options),
    weightedMatchingAsync: (graph, options) =>
      weighted.later('weightedMatchingAsync', graph, options),
  };
}
