// Nodes as vectors: FastRP.

import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { ask, type EdgeOptions, question, type Work, weightedOf } from './ask.js';

/** Options of {@link EmbeddingFunctions.fastRP}. */
export interface FastRPOptions extends EdgeOptions {
  /** Numbers a vector, 1 to 4,096. 128 by default. */
  dimension?: number;
  /**
   * What one averaging over neighbours, two and so on count for in the sum; one to eight numbers. `[0, 1, 1]` by default:
   * nodes are alike by what is two and three steps away. Larger numbers towards the end look further.
   */
  iterationWeights?: readonly number[];
  /** Negative: neighbours with many edges count for less; positive: for more. -4 .. 4, 0 by default. */
  normalizationStrength?: number;
  /** Seed of the random matrix, an integer >= 0. 0 by default. */
  seed?: number;
}

/** What {@link EmbeddingFunctions.fastRP} gives. */
export interface Embedding extends Work {
  /** `dimension` numbers for each node, one node after the other. */
  vectors: Float32Array<ArrayBuffer>;
  dimension: number;
}

/** The functions of this part of the room. */
export interface EmbeddingFunctions {
  /**
   * A vector for each node, so that nodes with alike neighbourhoods have vectors at small angles: ready for an index of
   * nearest neighbours with the metric `'cosine'`. A very sparse random matrix is averaged over neighbours several times;
   * each time rows are made unit vectors and added up. Directions and loops do not count; a node without neighbours gets a
   * vector of zeros. Vectors of different calls can be compared when seed, options and the nodes' numbers are the same.
   *
   * Chen et al. 2019 (arXiv:1908.11512). O(weights * edges * dimension); 12 bytes a number meanwhile.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Graph, fastRP } = await engine.use('communities');
   * const { Flat } = await engine.use('hnsw');
   * // Two triangles: nodes of one are alike.
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 3, 4, 5], to: [1, 2, 0, 4, 5, 3], directed: false });
   * const { vectors, dimension } = fastRP(graph, { dimension: 32 });
   * using index = Flat.create({ dimension, metric: 'cosine' });
   * index.addBatch({ ids: Uint32Array.from({ length: 6 }, (_, node) => node), vectors });
   * const { ids } = index.search(vectors.slice(dimension, 2 * dimension), { k: 3 });
   * console.log(Array.from(ids).sort()); // [ 0, 1, 2 ]
   * ```
   */
  fastRP(graph: Graph, options?: FastRPOptions): Embedding;

  /**
   * {@link fastRP} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, fastRPAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await fastRPAsync(edge, { dimension: 8 })).vectors.length); // 16
   * ```
   */
  fastRPAsync(
    graph: Graph,
    options?: FastRPOptions & AsyncOptions<WorkProgress>,
  ): Promise<Embedding>;
}

/** @internal */
export function createEmbeddings(runtime: Runtime): EmbeddingFunctions {
  const embedding = task(
    runtime,
    [
      'dimension',
      'iterationWeights',
      'normalizationStrength',
      'seed',
      'weighted',
    ] as (keyof FastRPOptions)[],
    (call: Call<FastRPOptions & { maxTimeMs?: never }>, graph: Graph) => {
      const { operation, options } = call;
      const { iterationWeights = [0, 1, 1] } = options;
      const weighted = weightedOf(call, graph, options.weighted);
      if (!Array.isArray(iterationWeights))
        throw check.typeError(operation, 'iterationWeights', 'number[]', iterationWeights);
      const weights = iterationWeights
        .slice(0, 9)
        .map((weight) => check.number(operation, 'iterationWeights', weight));
      const dimension = check.integer(operation, 'dimension', options.dimension ?? 128);
      const given = [
        weighted,
        dimension,
        check.number(operation, 'normalizationStrength', options.normalizationStrength ?? 0),
        check.integer(operation, 'seed', options.seed ?? 0),
        weights.length,
        ...weights,
      ];
      const { nodeCount } = graph;
      return ask(call, graph, question.embedding, given, undefined, (answer): Embedding => {
        const [, , , , address] = answer.numbers as number[];
        const vectors = answer.f32(address as number, nodeCount * dimension);
        return { vectors, dimension, work: answer.work };
      });
    },
  );
  return {
    fastRP: (graph, options) => embedding.now('fastRP', graph, options),
    fastRPAsync: (graph, options) => embedding.later('fastRPAsync', graph, options),
  };
}
