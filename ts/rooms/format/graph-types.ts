// What questions to a remote graph take and give.
import type { NodeLabel } from '../../runtime/labels.js';
import type { RealArray } from '../../runtime/scratch.js';
import type { Traffic } from './traffic.js';

/** Options of every question. */
export interface RemoteReadOptions {
  /**
   * Bytes that may be read for this question. No limit by default; what does not fit is left out, and `complete` is false. Tables
   * that lead from a name to its node, which the first question reads, count but are always read.
   */
  maxBytes?: number;
  /** Aborting it rejects the promise with `signal.reason`. */
  signal?: AbortSignal;
}

/** Options of {@link RemoteGraph.hops}. */
export interface RemoteHopsOptions extends RemoteReadOptions {
  /** Steps, an integer >= 0. 1 by default. */
  hops?: number;
}

/** Options of {@link RemoteGraph.path}. */
export interface RemotePathOptions extends RemoteReadOptions {
  /** Longer paths are not looked for. An integer >= 0; 1,000,000 by default. */
  maxHops?: number;
}

/** Options of {@link RemoteGraph.personalizedPageRank}. */
export interface RemoteRankOptions extends RemoteReadOptions {
  /** Where walks begin and restart: one node, or several, all alike or with weights. */
  source:
    | NodeLabel
    | {
        nodes: readonly NodeLabel[];
        /** >= 0, finite, not all zero; scaled to sum 1. */
        weights?: RealArray;
      };
  /** Probability of following an edge instead of restarting, above 0, below 1. 0.85 by default. */
  damping?: number;
  /**
   * A node is followed while its residual is at least this times its degree. 1e-18 .. 1; 1e-5 by default, with `tolerance`
   * 1e-16.
   */
  epsilon?: number;
  /** L1 error to reach. Absent by default: `epsilon` alone says when to stop. */
  tolerance?: number;
  /** Return only the best ones, at most so many. All nodes with a score by default. */
  topK?: number;
}

/** What all answers tell about themselves. */
export interface RemoteAnswer extends Traffic {
  /** False where `maxBytes` left something out. */
  complete: boolean;
}

/** Neighbours of a node. */
export interface RemoteNeighbors extends RemoteAnswer {
  nodes: NodeLabel[];
  /** Of the edges to them; ones in a graph without weights. */
  weights: Float64Array;
}

/** Nodes around others. */
export interface RemoteHops extends RemoteAnswer {
  /** By their distance. */
  nodes: NodeLabel[];
  /** Steps to each of them. */
  distances: Uint32Array;
}

/** A shortest path. */
export interface RemotePath extends RemoteAnswer {
  /** Its edges; Infinity where there is no path, none of at most `maxHops`, or none was found within `maxBytes`. */
  hops: number;
  /** From the first node to the last one; empty where there is none. */
  nodes: NodeLabel[];
}

/** Personalised PageRank. */
export interface RemoteRanks extends RemoteAnswer {
  /** Nodes with a score, the largest first. */
  nodes: NodeLabel[];
  /** Scores of `nodes`. */
  scores: Float64Array;
  /**
   * How far each of these scores can be off, rounding included. In an undirected graph this takes the file's word that each
   * edge is in both of its rows and that degrees are at least what it says; in a directed one each is `errorBound`.
   */
  bounds: Float64Array;
  /** Proved from the rows that were read alone: the sum of |score - exact score| over all nodes of the graph. */
  errorBound: number;
  /** `'converged'`: `tolerance`, or `epsilon`, was reached. `'byteLimit'`: `maxBytes` ended it. `'stagnated'`: rounding did. */
  outcome: 'converged' | 'byteLimit' | 'stagnated';
  /** Nodes with a score, listed or not. */
  touchedNodes: number;
  /** Edges that were followed, those for the proof included. */
  edgeOperations: number;
}
