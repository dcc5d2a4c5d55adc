// Finding communities: Leiden, Louvain, label propagation.

import type { OutcomeName } from '../../generated/codes.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray } from '../../runtime/scratch.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import {
  type Answer,
  ask,
  type EdgeOptions,
  labelsIn,
  question,
  type Work,
  weightedOf,
} from './ask.js';

/** Options of {@link PartitionFunctions.louvain}. */
export interface LouvainOptions extends EdgeOptions {
  /**
   * What is to be large: `'modularity'`, or `'cpm'`, the constant Potts model, in which a community is a set whose edges are
   * denser than `resolution`. `'modularity'` by default.
   */
  objective?: 'modularity' | 'cpm';
  /** A number >= 0; the larger, the smaller the communities. 1 by default. */
  resolution?: number;
  /** How often to begin again from what was found, at least 1; `Infinity`: until that changes nothing. */
  iterations?: number;
  /** Seed of the orders in which nodes are visited, an integer >= 0. 0 by default. */
  seed?: number;
  /** Labels to start from, one a node, any numbers: the quality does not fall below theirs. Every node alone by default. */
  initial?: IndexArray;
  /** Whether to give the levels. `false` by default; they hold 4 bytes a node each. */
  hierarchy?: boolean;
  /** Milliseconds; then the result is what was reached. No limit by default. */
  maxTimeMs?: number;
}

/** Options of {@link PartitionFunctions.leiden}. */
export interface LeidenOptions extends LouvainOptions {
  /**
   * Randomness of the refinement, in mean edge weights: a gain of this much is e times as probable as none. 0 takes always
   * the best. 0.01 by default.
   */
  randomness?: number;
}

/** A partition of the nodes. */
export interface Communities extends Work {
  /** The community of each node: 0 .. count - 1, by falling size, those of one size by their smallest node. */
  labels: Uint32Array<ArrayBuffer>;
  count: number;
}

/** What {@link PartitionFunctions.leiden} and {@link PartitionFunctions.louvain} give. */
export interface ScoredCommunities extends Communities {
  /** The quality of `labels`, computed from them: what `modularity` or `cpmQuality` says of them. */
  quality: number;
  /** Iterations that were done. */
  iterations: number;
  /** `'converged'`: the last iteration changed nothing. `'iterationLimit'`, `'timeLimit'` otherwise. */
  outcome: OutcomeName;
  /** With `hierarchy`: labels from the finest level to `labels` itself, each within the next. */
  hierarchy?: Uint32Array<ArrayBuffer>[];
}

/** Options of {@link PartitionFunctions.labelPropagation}. */
export interface LabelPropagationOptions extends EdgeOptions {
  /**
   * `'queue'`: nodes in random order, ties at random; again only those with a neighbour that has changed. `'deterministic'`:
   * all nodes of one colour at once, colour by colour; of labels that tie the largest. `'queue'` by default.
   */
  method?: 'queue' | 'deterministic';
  /** Seed of `'queue'`, an integer >= 0. 0 by default. */
  seed?: number;
  /** Labels to start from, one a node, any numbers. By default every node has its own. */
  initial?: IndexArray;
  /** Milliseconds; then the result is what was reached. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link PartitionFunctions.labelPropagation} gives. */
export interface PropagatedLabels extends Communities {
  /** `'converged'`: every node has a label that most of its edges lead to. */
  outcome: OutcomeName;
}

/** The functions of this part of the room. */
export interface PartitionFunctions {
  /**
   * Communities by the Leiden algorithm: nodes move to the community where they add most, each community is refined into
   * parts that are well connected, the parts become nodes, and so on. Every community is connected. In a result that
   * converged no node gains by moving, and no two communities by merging. It is a heuristic: another seed may find a better
   * partition. Edges of directed graphs count by Leicht and Newman's modularity.
   *
   * Traag, Waltman, van Eck 2019, doi:10.1038/s41598-019-41695-z. O(edges) a level in practice.
   *
   * @throws RangeError `OPTION`, `SHAPE` (initial), `RANGE` (a quality beyond f64); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, leiden } = await load();
   * // Two triangles with an edge between them.
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 3, 4, 5, 2], to: [1, 2, 0, 4, 5, 3, 3], directed: false });
   * const { labels, count, quality } = leiden(graph);
   * console.log(labels, count, quality.toFixed(4)); // Uint32Array(6) [ 0, 0, 0, 1, 1, 1 ] 2 0.3571
   * ```
   */
  leiden(graph: Graph, options?: LeidenOptions): ScoredCommunities;

  /**
   * {@link leiden} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, leidenAsync } = await load();
   * using edges = Graph.fromEdges({ from: [0, 2], to: [1, 3], directed: false });
   * console.log((await leidenAsync(edges)).labels); // Uint32Array(4) [ 0, 0, 1, 1 ]
   * ```
   */
  leidenAsync(
    graph: Graph,
    options?: LeidenOptions & AsyncOptions<WorkProgress>,
  ): Promise<ScoredCommunities>;

  /**
   * Communities by the Louvain algorithm, with a queue of the nodes whose neighbours have moved. Its communities may be
   * disconnected; {@link leiden} is better and takes about twice as long. One iteration by default.
   *
   * Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008. O(edges) a level in practice.
   *
   * @throws RangeError `OPTION`, `SHAPE` (initial), `RANGE` (a quality beyond f64); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, louvain } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 3, 4, 5, 2], to: [1, 2, 0, 4, 5, 3, 3], directed: false });
   * console.log(louvain(graph).labels); // Uint32Array(6) [ 0, 0, 0, 1, 1, 1 ]
   * ```
   */
  louvain(graph: Graph, options?: LouvainOptions): ScoredCommunities;

  /**
   * {@link louvain} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, louvainAsync } = await load();
   * using edges = Graph.fromEdges({ from: [0, 2], to: [1, 3], directed: false });
   * console.log((await louvainAsync(edges)).count); // 2
   * ```
   */
  louvainAsync(
    graph: Graph,
    options?: LouvainOptions & AsyncOptions<WorkProgress>,
  ): Promise<ScoredCommunities>;

  /**
   * Communities by label propagation: every node takes the label that most of its edges lead to, by weight, until all have
   * such a label. A node keeps its label when that is among the best, so it ends. Directions are ignored; a loop is a vote
   * for the node's own label. Fast, and without an objective; communities may be disconnected.
   *
   * Raghavan, Albert, Kumara 2007, doi:10.1103/PhysRevE.76.036106; Traag, Subelj 2023, doi:10.1038/s41598-023-29610-z;
   * Cordasco, Gargano 2010 (arXiv:1103.4550). O(edges) for each time that labels go round.
   *
   * @throws RangeError `OPTION`, `SHAPE` (initial); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, labelPropagation } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 3, 4, 5], to: [1, 2, 0, 4, 5, 3], directed: false });
   * console.log(labelPropagation(graph, { method: 'deterministic' }).labels); // Uint32Array(6) [ 0, 0, 0, 1, 1, 1 ]
   * ```
   */
  labelPropagation(graph: Graph, options?: LabelPropagationOptions): PropagatedLabels;

  /**
   * {@link labelPropagation} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, labelPropagationAsync } = await load();
   * using edges = Graph.fromEdges({ from: [0, 2], to: [1, 3], directed: false });
   * console.log((await labelPropagationAsync(edges)).count); // 2
   * ```
   */
  labelPropagationAsync(
    graph: Graph,
    options?: LabelPropagationOptions & AsyncOptions<WorkProgress>,
  ): Promise<PropagatedLabels>;
}

const objectives = { modularity: 0, cpm: 1 } as const;
const methods = { queue: 0, deterministic: 1 } as const;

/** @internal */
export function createPartitions(runtime: Runtime): PartitionFunctions {
  const keys = [
    'objective',
    'resolution',
    'iterations',
    'seed',
    'initial',
    'weighted',
    'hierarchy',
    'maxTimeMs',
  ] as const;

  const begin = (
    call: Call<LeidenOptions>,
    graph: Graph,
    what: typeof question.leiden | typeof question.louvain,
  ) => {
    const { operation, options } = call;
    const leiden = what === question.leiden;
    const { objective = 'modularity', initial, hierarchy = false } = options;
    const weighted = weightedOf(call, graph, options.weighted);
    const start = initial === undefined ? undefined : labelsIn(call, graph, 'initial', initial);
    const keeps = check.boolean(operation, 'hierarchy', hierarchy);
    const given = [
      weighted,
      check.choice(operation, 'objective', objective, objectives),
      check.number(operation, 'resolution', options.resolution ?? 1),
      check.number(operation, 'iterations', options.iterations ?? (leiden ? 2 : 1)),
      check.number(operation, 'randomness', options.randomness ?? 0.01),
      check.integer(operation, 'seed', options.seed ?? 0),
      Number(keeps),
    ];
    const { nodeCount } = graph;
    return ask(call, graph, what, given, start, (answer): ScoredCommunities => {
      const [, , count, quality, , iterations] = answer.numbers as number[];
      return {
        labels: answer.labels(),
        count: count as number,
        quality: quality as number,
        iterations: iterations as number,
        outcome: answer.outcome,
        ...(keeps && { hierarchy: levels(answer, nodeCount) }),
        work: answer.work,
      };
    });
  };

  const leiden = task(
    runtime,
    [...keys, 'randomness'] as (keyof LeidenOptions)[],
    (call: Call<LeidenOptions>, graph: Graph) => begin(call, graph, question.leiden),
  );
  const louvain = task(
    runtime,
    keys as readonly (keyof LouvainOptions)[],
    (call: Call<LouvainOptions>, graph: Graph) => begin(call, graph, question.louvain),
  );

  const propagation = task(
    runtime,
    ['method', 'seed', 'initial', 'weighted', 'maxTimeMs'] as (keyof LabelPropagationOptions)[],
    (call: Call<LabelPropagationOptions>, graph: Graph) => {
      const { operation, options } = call;
      const { method = 'queue', initial } = options;
      const weighted = weightedOf(call, graph, options.weighted);
      const start = initial === undefined ? undefined : labelsIn(call, graph, 'initial', initial);
      const given = [
        weighted,
        check.choice(operation, 'method', method, methods),
        check.integer(operation, 'seed', options.seed ?? 0),
        Infinity,
      ];
      return ask(call, graph, question.propagation, given, start, (answer): PropagatedLabels => {
        const [, , count] = answer.numbers as number[];
        const { outcome, work } = answer;
        return { labels: answer.labels(), count: count as number, outcome, work };
      });
    },
  );

  return {
    leiden: (graph, options) => leiden.now('leiden', graph, options),
    leidenAsync: (graph, options) => leiden.later('leidenAsync', graph, options),
    louvain: (graph, options) => louvain.now('louvain', graph, options),
    louvainAsync: (graph, options) => louvain.later('louvainAsync', graph, options),
    labelPropagation: (graph, options) => propagation.now('labelPropagation', graph, options),
    labelPropagationAsync: (graph, options) =>
      propagation.later('labelPropagationAsync', graph, options),
  };
}

function levels({ numbers, u32 }: Answer, nodeCount: number): Uint32Array<ArrayBuffer>[] {
  const [, , , , , , count, address] = numbers as number[];
  return Array.from({ length: count as number }, (_, i) =>
    u32((address as number) + 4 * nodeCount * i, nodeCount),
  );
}
