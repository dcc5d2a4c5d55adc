// Graphs from arrays and matrices: their edges, neighbour lists, adjacency matrices. `Class` is the class of graphs.

import { adopt, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type Block, F32 } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { dtypes, valuesIn } from '../../runtime/values.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { advised, labelled, largest, withGivenLabels } from './made.js';
import { labelsIn, numberedEnds } from './names.js';
import type { GraphNodes } from './nodes.js';
import type { EdgesInput, GraphCsrInput, GraphMatrixOptions, GraphSize } from './types.js';

export const parallelChoices = { add: true, once: false } as const;

const edgesKeys = [
  'from',
  'to',
  'weights',
  'directed',
  'nodeCount',
  'compactIds',
  'labels',
  'parallel',
  'dtype',
] as const;

export function graphOfEdges<T extends GraphNodes>(
  runtime: Runtime,
  operation: string,
  input: EdgesInput,
  Class: { prototype: T },
): T {
  const given = check.options(operation, input, edgesKeys);
  const directed = check.boolean(operation, 'directed', given.directed ?? true);
  const compact = check.boolean(operation, 'compactIds', given.compactIds ?? false);
  const add = check.choice(operation, 'parallel', given.parallel ?? 'add', parallelChoices);
  const names = given.labels === undefined ? undefined : labelsIn(operation, given.labels);
  const ends = numberedEnds(operation, given.from, given.to, compact, names);
  const type = given.dtype && check.choice(operation, 'dtype', given.dtype, dtypes);
  const graph = runtime.scratch(operation, (scratch) => {
    const from = scratch.indices('from', ends.from);
    const to = scratch.indices('to', ends.to);
    const weights = valuesIn(operation, scratch, 'weights', given.weights, given.dtype);
    if (to.length !== from.length) throw check.shapeError(operation, 'to', from.length, to.length);
    if (weights && weights.length !== from.length)
      throw check.shapeError(operation, 'weights', from.length, weights.length);
    const nodeCount =
      given.nodeCount ??
      ends.labels?.length ??
      Math.max(largest(runtime, from), largest(runtime, to)) + 1;
    check.integer(operation, 'nodeCount', nodeCount);
    const build = (values: Block | undefined) =>
      runtime.raw.Graph.fromEdges(
        nodeCount,
        from.length,
        from.address,
        to.address,
        values?.address ?? 0,
        values?.type ?? 0,
        directed,
      );
    const raw = build(weights);
    if (raw === null) throw advised(runtime.failure(operation), ends.labels === undefined);
    if (weights || !add || raw.edgeCount === from.length)
      return adopt(runtime, operation, Class, raw);
    // Some came more than once: each counts 1.
    raw.delete();
    const ones = new (type === F32 ? Float32Array : Float64Array)(from.length).fill(1);
    return adopt(runtime, operation, Class, build(scratch.reals('weights', ones)));
  });
  return labelled(operation, graph, ends.labels);
}

export function graphOfCsr<T extends GraphNodes>(
  runtime: Runtime,
  operation: string,
  input: GraphCsrInput,
  Class: { prototype: T },
): T {
  const keys = ['rowPointers', 'columns', 'weights', 'directed', 'labels', 'dtype'] as const;
  const given = check.options(operation, input, keys);
  const directed = check.boolean(operation, 'directed', given.directed ?? true);
  const graph = runtime.scratch(operation, (scratch) => {
    const pointers = scratch.indices('rowPointers', given.rowPointers);
    const columns = scratch.indices('columns', given.columns);
    const weights = valuesIn(operation, scratch, 'weights', given.weights, given.dtype);
    const raw = runtime.raw.Graph.fromCsr(
      Math.max(0, pointers.length - 1),
      pointers.address,
      pointers.length,
      columns.address,
      columns.length,
      weights?.address ?? 0,
      weights?.length ?? 0,
      weights?.type ?? 0,
      directed,
    );
    return adopt(runtime, operation, Class, raw);
  });
  return withGivenLabels(operation, graph, given.labels);
}

export function graphOfMatrix<T extends GraphNodes>(
  runtime: Runtime,
  operation: string,
  matrix: SparseMatrix,
  options: GraphMatrixOptions | undefined,
  Class: { prototype: T },
): T {
  const { directed = true, labels } = check.options(operation, options, ['directed', 'labels']);
  check.boolean(operation, 'directed', directed);
  const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
  try {
    const graph = adopt(runtime, operation, Class, runtime.raw.Graph.fromMatrix(raw, directed));
    return withGivenLabels(operation, graph, labels);
  } finally {
    // The graph has a copy of its own: one made for this call has served.
    matrix.dropCopyIn(runtime);
  }
}

/** Bytes that a graph of this size will hold. */
export function bytesOfGraph(runtime: Runtime, operation: string, size: GraphSize): number {
  const keys = ['nodeCount', 'edgeCount', 'directed', 'dtype'] as const;
  const given = check.options(operation, size, keys);
  check.integer(operation, 'nodeCount', given.nodeCount);
  check.integer(operation, 'edgeCount', given.edgeCount);
  const directed = check.boolean(operation, 'directed', given.directed ?? true);
  const types = { pattern: 0, ...dtypes };
  const type = check.choice(operation, 'dtype', given.dtype ?? 'pattern', types);
  return runtime.raw.estimateGraphBytes(given.nodeCount, given.edgeCount, type, directed);
}
