// What partitions are worth, and how alike two of them are.

import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Call,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { ask, type EdgeOptions, labelsIn, question, weightedOf } from './ask.js';

/** Options of {@link QualityFunctions.modularity} and {@link QualityFunctions.cpmQuality}. */
export interface QualityOptions extends EdgeOptions {
  /** A number >= 0, 1 by default. */
  resolution?: number;
}

/** What {@link QualityFunctions.compareLabels} gives. */
export interface LabelComparison {
  /** Normalised mutual information, 2 I(a, b) / (H(a) + H(b)): 1 for equal partitions, 0 for independent ones. */
  nmi: number;
  /** Adjusted Rand index: 1 for equal partitions, around 0 for unrelated ones, at least -0.5. */
  adjustedRand: number;
  /** Variation of information in nats, a distance: 0 for equal partitions, at most log(nodes). */
  variationOfInformation: number;
  /** Rand index: the share of pairs about which both agree. */
  rand: number;
  /** Communities of each. */
  counts: [number, number];
}

/** The functions of this part of the room. */
export interface QualityFunctions {
  /**
   * Modularity of a partition: the share of edge weight within communities, less `resolution` times what it would be if
   * edges were drawn between nodes by their strengths alone. Directed graphs by Leicht and Newman: strengths out times
   * strengths in. A loop counts twice in the strength of its node in undirected graphs, as in networkx and igraph. 0 for a
   * graph without edges.
   *
   * Newman, Girvan 2004, doi:10.1103/PhysRevE.69.026113; Leicht, Newman 2008, doi:10.1103/PhysRevLett.100.118703. O(edges).
   *
   * @throws RangeError `SHAPE` (labels), `OPTION` (resolution); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, modularity } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 3, 4, 5, 2], to: [1, 2, 0, 4, 5, 3, 3], directed: false });
   * console.log(modularity(graph, [0, 0, 0, 1, 1, 1]).toFixed(4)); // 0.3571
   * ```
   */
  modularity(graph: Graph, labels: IndexArray, options?: QualityOptions): number;

  /**
   * {@link modularity} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, modularityAsync } = await load();
   * using edges = Graph.fromEdges({ from: [0, 2], to: [1, 3], directed: false });
   * console.log(await modularityAsync(edges, [0, 0, 1, 1])); // 0.5
   * ```
   */
  modularityAsync(
    graph: Graph,
    labels: IndexArray,
    options?: QualityOptions & AsyncOptions<WorkProgress>,
  ): Promise<number>;

  /**
   * Quality of a partition in the constant Potts model: for each community the weight of its edges less `resolution` times
   * its number of pairs of nodes (of ordered pairs when the graph is directed).
   *
   * Traag, Van Dooren, Nesterov 2011, doi:10.1103/PhysRevE.84.016114. O(edges).
   *
   * @throws RangeError `SHAPE` (labels), `OPTION` (resolution), `RANGE` (beyond f64); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, cpmQuality } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0], directed: false });
   * console.log(cpmQuality(graph, [0, 0, 0], { resolution: 0.5 })); // 1.5
   * ```
   */
  cpmQuality(graph: Graph, labels: IndexArray, options?: QualityOptions): number;

  /**
   * {@link cpmQuality} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, cpmQualityAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log(await cpmQualityAsync(edge, [0, 0], { resolution: 0.25 })); // 0.75
   * ```
   */
  cpmQualityAsync(
    graph: Graph,
    labels: IndexArray,
    options?: QualityOptions & AsyncOptions<WorkProgress>,
  ): Promise<number>;

  /**
   * How alike two partitions of the same things are. Only which of them share a label counts. O(length).
   *
   * Hubert, Arabie 1985, doi:10.1007/BF01908075; Meila 2003, doi:10.1007/978-3-540-45167-9_14.
   *
   * @throws RangeError `SHAPE` (b), `EMPTY`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { compareLabels } = await load();
   * console.log(compareLabels([0, 0, 1, 1], [5, 5, 2, 2]).nmi); // 1
   * console.log(compareLabels([0, 0, 1, 1], [0, 1, 0, 1]).adjustedRand.toFixed(2)); // -0.50
   * ```
   */
  compareLabels(a: IndexArray, b: IndexArray): LabelComparison;
}

/** @internal */
export function createQuality(runtime: Runtime): QualityFunctions {
  const keys = ['weighted', 'resolution'] as const;

  const begin =
    (potts: boolean, graph: Graph, labels: IndexArray) =>
    (call: Call<QualityOptions & { maxTimeMs?: never }>) => {
      const { operation, options } = call;
      const weighted = weightedOf(call, graph, options.weighted);
      const resolution = check.number(operation, 'resolution', options.resolution ?? 1);
      const given = labelsIn(call, graph, 'labels', labels);
      const numbers = [weighted, Number(potts), resolution];
      return ask(call, graph, question.quality, numbers, given, (answer) => {
        const [, , , quality] = answer.numbers as number[];
        return quality as number;
      });
    };

  const now =
    (operation: string, potts: boolean) =>
    (graph: Graph, labels: IndexArray, given?: QualityOptions): number =>
      runNow(
        runtime,
        operation,
        check.options(operation, given, keys),
        begin(potts, graph, labels),
      );
  const later =
    (operation: string, potts: boolean) =>
    async (
      graph: Graph,
      labels: IndexArray,
      given?: QualityOptions & AsyncOptions<WorkProgress>,
    ): Promise<number> =>
      runLater(
        runtime,
        operation,
        check.options(operation, given, [...keys, ...asyncKeys]),
        begin(potts, graph, labels),
      );

  return {
    modularity: now('modularity', false),
    modularityAsync: later('modularityAsync', false),
    cpmQuality: now('cpmQuality', true),
    cpmQualityAsync: later('cpmQualityAsync', true),
    compareLabels(a, b) {
      const operation = 'compareLabels';
      return runtime.scratch(operation, (scratch) => {
        const [first, second] = [scratch.indices('a', a), scratch.indices('b', b)];
        if (first.length !== second.length)
          throw check.shapeError(operation, 'b', first.length, second.length);
        const at = scratch.f64(6);
        runtime.check(
          operation,
          runtime.raw.compareLabels(first.length, first.address, second.address, at),
        );
        const [nmi, adjustedRand, variationOfInformation, rand, inA, inB] = runtime.copyF64(at, 6);
        return {
          nmi: nmi as number,
          adjustedRand: adjustedRand as number,
          variationOfInformation: variationOfInformation as number,
          rand: rand as number,
          counts: [inA as number, inB as number],
        };
      });
    },
  };
}
