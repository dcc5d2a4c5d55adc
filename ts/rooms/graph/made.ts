// The last steps of making a graph: its labels.

import { type SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import type { NodeLabel, NodeLabels } from '../../runtime/labels.js';
import type { Runtime } from '../../runtime/runtime.js';
import { labelsFor, labelsIn } from './names.js';
import type { GraphNodes } from './nodes.js';

/** Too little memory for nodes up to the largest number has a remedy. */
export function advised(error: Error, numbers: boolean): Error {
  const { code } = error as Partial<SublinearError>;
  if (
    numbers &&
    (code === 'MEMORY' || (code === 'OVERFLOW' && !/^"nodeCount"/.test(error.message)))
  )
    error.message +=
      '; ends are node numbers here: with compactIds: true only those that occur become nodes';
  return error;
}

/** The graph with its labels; it goes when there is not one for each node. */
export function labelled<T extends GraphNodes>(
  operation: string,
  graph: T,
  labels: NodeLabels | undefined,
): T {
  if (labels === undefined) return graph;
  if (labels.length === graph.nodeCount) return graph.withLabels(labels);
  const { nodeCount } = graph;
  graph.dispose();
  const message = `"nodeCount" is ${nodeCount}, but there are ${labels.length} labels`;
  throw new SublinearRangeError('SHAPE', operation, message, { argument: 'nodeCount' });
}

export function withGivenLabels<T extends GraphNodes>(
  operation: string,
  graph: T,
  labels: readonly NodeLabel[] | undefined,
): T {
  if (labels === undefined) return graph;
  try {
    return graph.withLabels(labelsFor(operation, labelsIn(operation, labels), graph.nodeCount));
  } catch (error) {
    graph.dispose();
    throw error;
  }
}

/** -1 for none. */
export function largest(
  runtime: Runtime,
  { address, length }: { address: number; length: number },
) {
  const nodes = runtime.u32.subarray(address / 4, address / 4 + length);
  let found = -1;
  for (let k = 0; k < length; k++) found = Math.max(found, nodes[k] as number);
  return found;
}
