// The last steps of making a graph: its labels, and what a file of it says.

import type { Graph as RawGraph } from '../../generated/raw/network.js';
import { SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import { type Loading, tag } from '../../runtime/file.js';
import { loadLabels, type NodeLabel, type NodeLabels } from '../../runtime/labels.js';
import { adoptAs } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { labelsFor, labelsIn } from './names.js';
import type { GraphNodes } from './nodes.js';
import type { GraphClass } from './types.js';

export function graphFile<T extends GraphNodes>(
  runtime: Runtime,
  operation: string,
  Bound: GraphClass<T>,
): Loading<RawGraph, T> {
  return {
    kind: 'GRPH',
    build: (reader) => runtime.raw.Graph.load(reader),
    wrap(built, reader) {
      const graph = adoptAs<T>(runtime, operation, Bound, built);
      const found = reader.peek(runtime.out);
      if (found === 0) return graph;
      const letters = found === tag('LIDS') ? 'LIDS' : 'LTXT';
      const at = runtime.outU32(1);
      const bytes = runtime.u8.slice(at, at + runtime.outU32(2));
      const labels = loadLabels(letters, bytes, graph.nodeCount);
      if (labels !== undefined) return graph.withLabels(labels);
      graph.dispose();
      const message = '"bytes": unknown or unsupported format, expected a label for each node';
      throw new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
    },
  };
}

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
