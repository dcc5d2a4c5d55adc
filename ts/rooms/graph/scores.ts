// What all results of the diffusion room have in common: nodes with scores, and their labels.

import {
  type EdgeResistance,
  edges,
  type NodeScore,
  nodeScores,
  type ResultIterator,
  withIterator,
  withOwnIterator,
} from '../../runtime/iterable.js';
import type { Graph } from './class.js';

/** Lets a result be iterated node by node, with the graph's labels where it has them. */
export function withNodes<T extends object>(
  result: T,
  graph: Graph,
  iterate: ResultIterator = nodeScores,
): T & Iterable<NodeScore> {
  const found = withIterator(result, iterate) as T & Iterable<NodeScore>;
  const { labels } = graph;
  if (labels === undefined) return found;
  const plain = found[Symbol.iterator];
  const labelled = function* (): Generator<NodeScore, void, undefined> {
    const rest = { [Symbol.iterator]: () => plain.call(found) };
    for (const each of rest) yield { ...each, label: labels.of(each.node) };
  };
  return withOwnIterator({ ...result }, labelled, iterate) as T & Iterable<NodeScore>;
}

/** Lets resistances be iterated edge by edge, with the labels of both ends where the graph has them. */
export function withEdges<T extends object>(result: T, graph: Graph): T & Iterable<EdgeResistance> {
  const found = withIterator(result, edges) as T & Iterable<EdgeResistance>;
  const { labels } = graph;
  if (labels === undefined) return found;
  const plain = found[Symbol.iterator];
  const labelled = function* (): Generator<EdgeResistance, void, undefined> {
    const rest = { [Symbol.iterator]: () => plain.call(found) };
    for (const each of rest)
      yield { ...each, fromLabel: labels.of(each.from), toLabel: labels.of(each.to) };
  };
  return withOwnIterator({ ...result }, labelled, edges) as T & Iterable<EdgeResistance>;
}
