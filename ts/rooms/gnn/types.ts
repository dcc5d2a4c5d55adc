// What graph networks are asked with, and what they answer.
import type { OutcomeName } from '../../generated/codes.js';
import type { NodeList } from '../graph/types.js';

/** Options of `GraphNetwork.predict`. */
export interface AskOptions {
  /** The nodes that are asked for, each once, by numbers or names. All by default. */
  nodes?: NodeList;
  /** `false`: every edge has weight 1. Only `'gcn'` layers read weights. */
  weighted?: boolean;
  /** Milliseconds; then there is no answer: `outcome` is `'timeLimit'` and `outputs` is empty. No limit by default. */
  maxTimeMs?: number;
}

/** What `GraphNetwork.predict` gives. */
export interface NetworkAnswer {
  /** The nodes that were asked for, in the order of the rows. */
  nodes: Uint32Array;
  /** `columns` numbers a node, node after node: what the last layer gives, before any softmax. */
  outputs: Float32Array<ArrayBuffer>;
  columns: number;
  /** The place of the largest of them for each node, the smallest of several. */
  labels: Uint32Array<ArrayBuffer>;
  /** Nodes whose features were read, and edges that were followed. */
  readNodes: number;
  readEdges: number;
  outcome: OutcomeName;
  work: { edgeOperations: number };
}
