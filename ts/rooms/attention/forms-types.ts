// What attention in hyperbolic space and masks of graphs take and give.
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { AttentionOptions } from './types.js';

export interface HyperbolicAttentionOptions
  extends Pick<AttentionOptions, 'heads' | 'kvHeads' | 'size' | 'batch' | 'causal' | 'mask'> {
  /**
   * `'poincare'`, the default: points of the ball, `size` numbers with |x| < 1. `'lorentz'`: points of the hyperboloid, `size` numbers,
   * the first of which is sqrt(1 + |rest|^2).
   */
  model?: 'poincare' | 'lorentz';
  /** Scores are -beta times the distance: 1 by default. */
  beta?: number;
  /** c of a space of curvature -c, whose distances are divided by sqrt(c): 1 by default. */
  curvature?: number;
}
export interface HyperbolicAttentionAsyncOptions
  extends HyperbolicAttentionOptions,
    AsyncOptions<WorkProgress> {}

/** Edges of a directed graph. */
export interface DagEdges {
  nodeCount: number;
  from: IndexArray;
  /** As long as `from`. */
  to: IndexArray;
  /** Lengths of the edges, >= 0: 1 by default. */
  weights?: RealArray;
}

/** A directed graph that knows its neighbours, as `Graph` of `sublinear/graph` does; its edges have length 1 here. */
export interface DirectedGraph {
  readonly nodeCount: number;
  readonly directed: boolean;
  readonly neighbors: (node: number) => Uint32Array;
}

export interface DagMaskOptions {
  /**
   * What a node sees, itself always: `'ancestors'`, from which a path leads to it; `'topological'`, all that are not after it in the
   * order; `'criticalPath'`, those of the longest path that ends in it; `'cutGated'`, its ancestors, but beyond a cut only those
   * that have an edge across it.
   */
  sees: 'ancestors' | 'topological' | 'criticalPath' | 'cutGated';
  /** With `'cutGated'`, and only with it: the nodes on one side of the cut, as `side` of `minimumCut` of `sublinear/cuts`. */
  side?: IndexArray;
}

export interface DagMask {
  /** nodes x nodes: 1 where the row's node sees the column's. For `mask` of `attention`. */
  mask: Uint8Array;
  /** A topological order: always the smallest number that is possible next. */
  order: Uint32Array;
  /** Of each node the length of the longest path that ends in it. */
  longest: Float64Array;
}

/** Other forms of attention. */
export interface AttentionForms {
  /**
   * Attention in hyperbolic space (Gulcehre and others 2018): weights are softmax(-beta d(q, k)), and the output is the Einstein
   * midpoint of the values. Points on the ball or the hyperboloid go in and come out. A query that sees nothing gives the
   * origin. Distances and sums are float64. O(batch heads queries keys size).
   *
   * @param queries - batch x queries x heads x size
   * @param keys - batch x keys x kvHeads x size
   * @param values - as long as keys
   * @throws RangeError `SHAPE`, `OPTION`, `RANGE` with the number of what is no point, `NOT_FINITE`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { hyperbolicAttention } = await load();
   * // Both keys are as far: the midpoint of two points beside the origin is the origin.
   * const y = hyperbolicAttention([0, 0], [0.5, 0, -0.5, 0], [0.9, 0, -0.9, 0], { heads: 1, size: 2 });
   * console.log(y); // Float32Array(2) [ 0, 0 ]
   * ```
   */
  hyperbolicAttention(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    options: HyperbolicAttentionOptions,
  ): Float32Array;

  /**
   * The same in slices of 8 ms, which can be aborted.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { hyperbolicAttentionAsync } = await load();
   * console.log(await hyperbolicAttentionAsync([0], [0.5], [0.25], { heads: 1, size: 1 })); // Float32Array(1) [ 0.25 ]
   * ```
   */
  hyperbolicAttentionAsync(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    options: HyperbolicAttentionAsyncOptions,
  ): Promise<Float32Array>;

  /**
   * What nodes of a directed graph without cycles see of each other, as a mask for `attention` of one token a node.
   * O(edges log nodes + nodes^2); `'ancestors'` and `'cutGated'`: O(edges nodes).
   *
   * @param graph - up to 32,768 nodes: edges, or a directed `Graph` (of this thread: through a worker, edges)
   * @throws SublinearError `UNSUPPORTED` names the nodes of a cycle, or an undirected graph
   * @throws RangeError `INDEX`, `RANGE`, `NOT_FINITE` with the position, `SHAPE`, `OPTION`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { dagMask } = await load();
   * // 0 -> 2 <- 1
   * const { mask } = dagMask({ nodeCount: 3, from: [0, 1], to: [2, 2] }, { sees: 'ancestors' });
   * console.log([0, 3, 6].map((at) => mask.slice(at, at + 3).join(' '))); // [ '1 0 0', '0 1 0', '1 1 1' ]
   * ```
   */
  dagMask(graph: DagEdges | DirectedGraph, options: DagMaskOptions): DagMask;
}
