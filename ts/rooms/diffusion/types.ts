// What runs of PageRank and of the heat kernel, and sweep cuts, take and give.

import type { OutcomeName } from '../../generated/codes.js';
import type { Given, OutputArray } from '../../runtime/given.js';
import type { IntoOption } from '../../runtime/into.js';
import type { NodeScore } from '../../runtime/iterable.js';
import type { RealArray } from '../../runtime/scratch.js';
import type { WorkProgress } from '../../runtime/steps.js';
import type { NodeList, NodeRef } from '../graph/types.js';
import type { PageRankMethod } from './methods.js';

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
