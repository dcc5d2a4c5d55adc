// Graphs in the engine's memory.

import type { Graph as RawGraph, Writer } from '../../generated/raw/network.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  type Loading,
  loadFile,
  loadFileAsync,
  savePieces,
  saveWhole,
  tag,
} from '../../runtime/file.js';
import { listedLabels, loadLabels, type NodeLabel, type NodeLabels } from '../../runtime/labels.js';
import { adopt, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type Block, F32 } from '../../runtime/scratch.js';
import type { Transfer } from '../../runtime/transfer.js';
import * as check from '../../runtime/validate.js';
import { SparseMatrix } from '../sparse/sparse.js';
import { dtypes, valuesIn } from '../sparse/values.js';
import { parallelChoices } from './lines.js';
import { isName, labelIn, labelsFor, labelsIn, numberedEnds } from './names.js';
import { GraphReaders } from './readers.js';
import type {
  EdgeArrays,
  EdgesInput,
  GraphChanges,
  GraphCsrInput,
  GraphMatrixOptions,
  GraphSize,
  NodeList,
} from './types.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { NodeLabel } from '../../runtime/labels.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export type { AsyncTextSource, ReadProgress, TextSource } from '../../runtime/text-source.js';
export type { DType } from '../dense/dense.js';
export { benchmarks } from './benchmarks.js';
export type { GraphologyLike } from './graphology.js';
export type { GraphNodes } from './nodes.js';
export type { GraphReaders } from './readers.js';
export type * from './types.js';

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
const asyncKeys = ['signal', 'onProgress'] as const;

/**
 * A graph of nodes 0 .. n - 1, directed or undirected, with or without weights, whose nodes may have names. It never changes
 * after it was made. Parallel edges are merged; loops are kept. Made by the static methods.
 */
export class Graph extends GraphReaders {
  /** @internal */
  static readonly transfer: Transfer<RawGraph> = {
    arrays: 3,
    numbers: 27,
    // Where graphs are only received, their C objects have fewer functions.
    receive: ({ raw }, description) => raw.Graph.transferIn(description) as RawGraph | null,
  };

  /**
   * A graph from its edges, between node numbers or names. O(edges + nodes).
   *
   * @throws RangeError `INDEX`, `NOT_FINITE`, `SHAPE` (arrays of different lengths), `EMPTY` (no nodes); the message names
   *   the array
   * @throws SublinearError `NOT_POSITIVE` (weights), `MEMORY` above the engine's limit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 0, 2], to: [1, 2, 1] });
   * console.log(graph.nodeCount, graph.neighbors(0)); // 3 Uint32Array(2) [ 1, 2 ]
   *
   * using friends = Graph.fromEdges({ from: ['Ada', 'Ada'], to: ['Bob', 'Cay'], directed: false });
   * console.log(friends.nodeOf('Cay'), friends.labelsOf(friends.neighbors('Ada'))); // 2 [ 'Bob', 'Cay' ]
   * ```
   */
  static fromEdges(input: EdgesInput): Graph {
    const operation = 'Graph.fromEdges';
    const runtime = runtimeOf(this, operation);
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
      if (to.length !== from.length)
        throw check.shapeError(operation, 'to', from.length, to.length);
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
        return adopt(runtime, operation, Graph, raw);
      // Some came more than once: each counts 1.
      raw.delete();
      const ones = new (type === F32 ? Float32Array : Float64Array)(from.length).fill(1);
      return adopt(runtime, operation, Graph, build(scratch.reals('weights', ones)));
    });
    return labelled(operation, graph, ends.labels);
  }

  /**
   * A graph from neighbour lists (compressed sparse rows), checked and copied. O(edges + nodes).
   *
   * @throws RangeError `SHAPE`, `ARGUMENT` (`rowPointers`), `INDEX`, `NOT_FINITE`, `EMPTY`
   * @throws SublinearError `NOT_POSITIVE` (weights), `NOT_SYMMETRIC` when an undirected graph has an edge in one list only,
   *   `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using path = Graph.fromCsr({ rowPointers: [0, 1, 3, 4], columns: [1, 0, 2, 1], directed: false });
   * console.log(path.nodeCount, path.edgeCount); // 3 2
   * ```
   */
  static fromCsr(input: GraphCsrInput): Graph {
    const operation = 'Graph.fromCsr';
    const runtime = runtimeOf(this, operation);
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
      return adopt(runtime, operation, Graph, raw);
    });
    return withGivenLabels(operation, graph, given.labels);
  }

  /**
   * The graph whose adjacency matrix this is: entry (u, v) is the weight of the edge from u to v. A copy: the matrix stays
   * as it is. O(entries).
   *
   * @throws SublinearError `NOT_SQUARE`, `NOT_SYMMETRIC` (when `directed: false`), `NOT_POSITIVE`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   * import { load as loadSparse } from 'sublinear/sparse';
   *
   * const { Graph } = await load();
   * const { SparseMatrix } = await loadSparse();
   * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [0, 3, 0, 0] });
   * using graph = Graph.fromMatrix(matrix);
   * console.log(graph.edgeCount, graph.weighted); // 1 true
   * ```
   */
  static fromMatrix(matrix: SparseMatrix, options?: GraphMatrixOptions): Graph {
    const operation = 'Graph.fromMatrix';
    const runtime = runtimeOf(this, operation);
    const { directed = true, labels } = check.options(operation, options, ['directed', 'labels']);
    check.boolean(operation, 'directed', directed);
    const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
    try {
      const graph = adopt(runtime, operation, Graph, runtime.raw.Graph.fromMatrix(raw, directed));
      return withGivenLabels(operation, graph, labels);
    } finally {
      // The graph has a copy of its own: one made for this call has served.
      matrix.dropCopyIn(runtime);
    }
  }

  /**
   * The graph as bytes: its edges, weights, direction and labels. {@link Graph.load} takes them, in every engine and on every
   * machine. One copy of the file; see {@link Graph.saveInPieces} for a large one. O(size).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('700 800', { compactIds: true });
   * using again = Graph.load(graph.save());
   * console.log(again.edgeCount, again.labelOf(1)); // 1 800
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'Graph.save';
    return saveWhole(this.runtime, operation, () => this.#file(operation));
  }

  /**
   * The same bytes piece by piece (up to 1 MB each), for files and streams: beside a piece only the labels are held in memory a
   * second time. A `Store` of `sublinear/store` takes them as they are.
   *
   * @throws SublinearError `DISPOSED` when the graph is disposed between two pieces
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0], to: [1] });
   * let bytes = 0;
   * for (const piece of graph.saveInPieces()) bytes += piece.length;
   * console.log(bytes === graph.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'Graph.saveInPieces';
    const use = () => this.use(operation);
    return savePieces(this.runtime, operation, () => this.#file(operation), use);
  }

  #file(operation: string): Writer | null {
    const { runtime } = this;
    const raw = this.use(operation);
    const { tag: letters, bytes } = this.labels?.save() ?? { tag: '', bytes: new Uint8Array() };
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(bytes.length);
      runtime.u8.set(bytes, address);
      return runtime.raw.Graph.save(raw, tag(letters), address, bytes.length);
    });
  }

  /**
   * A graph from the bytes that {@link Graph.save} gave: the same bits. Untrusted bytes are safe: what is wrong is an error,
   * and what loads is a graph. O(size).
   *
   * @param bytes - the file as one array, or its pieces
   * @throws SublinearError `FORMAT` (not such a file, a newer version, another kind, contradictory numbers; `position` is the
   *   byte), `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], weights: [0.5, 2], directed: false });
   * using again = Graph.load(graph.saveInPieces());
   * console.log(again.directed, again.neighborWeights(1)); // false Float64Array(2) [ 0.5, 2 ]
   * ```
   */
  static load(bytes: BytesSource): Graph {
    const operation = 'Graph.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, graphFile(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable. They are checked while they come, and no more
   * memory is taken than twice what has come. Between pieces other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for bytes; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0], to: [1] });
   * using again = await Graph.loadAsync(new Blob([graph.save()]).stream());
   * console.log(again.nodeCount); // 2
   * ```
   */
  static async loadAsync(bytes: AsyncBytesSource, options?: LoadAsyncOptions): Promise<Graph> {
    const operation = 'Graph.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, graphFile(runtime, operation), given);
  }

  /**
   * A new graph: this one without the removed edges and with the added ones. This graph stays as it is. Removed edges go
   * first, so that an edge in both lists gets a new weight; added edges that exist are merged with them (without
   * weights they stay one edge). Ends may be names; new ones in `add` become nodes. Labels are kept unless there are new nodes
   * without names. O(edges + nodes), a fraction of building the graph again.
   *
   * @throws SublinearError `ARGUMENT` (`removed`: no such edge, or twice; `weights`: missing for a weighted graph),
   *   `NOT_POSITIVE`, `MEMORY`
   * @throws RangeError `OPTION` (nodeCount below that of the graph), `INDEX`, `NOT_FINITE`, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * using next = graph.edited({ remove: { from: [0], to: [1] }, add: { from: [2], to: [3] }, nodeCount: 4 });
   * console.log(next.edgeCount, next.neighbors(2), graph.edgeCount); // 2 Uint32Array(2) [ 1, 3 ] 2
   * ```
   */
  edited(changes: GraphChanges): Graph {
    const operation = 'Graph.edited';
    const raw = this.use(operation);
    const { runtime } = this;
    const given = check.options(operation, changes, ['add', 'remove', 'nodeCount'] as const);
    const add = check.options(operation, given.add, ['from', 'to', 'weights'] as const);
    const remove = check.options(operation, given.remove, ['from', 'to'] as const);
    const named = this.#named(operation, add.from, add.to);
    const least = named?.labels.length ?? raw.nodeCount;
    const nodeCount = check.integer(operation, 'nodeCount', given.nodeCount ?? least);
    return runtime.scratch(operation, (scratch) => {
      const ends = (name: string, list: { from?: NodeList; to?: NodeList }) => {
        const numbers = (side: 'from' | 'to') =>
          scratch.indices(
            `${name}.${side}`,
            this.numbersOf(operation, `${name}.${side}`, list[side] ?? []),
          );
        const [from, to] = [numbers('from'), numbers('to')];
        if (to.length !== from.length)
          throw check.shapeError(operation, `${name}.to`, from.length, to.length);
        return { from: from.address, to: to.address, count: from.length };
      };
      const gone = ends('remove', remove);
      const come = ends('add', named ?? add);
      const type = raw.valueType();
      const given = add.weights ?? (type === 0 || come.count > 0 ? undefined : []);
      const dtype = type === F32 ? 'float32' : 'float64';
      const weights = valuesIn(operation, scratch, 'add.weights', given, given && dtype);
      if (weights && weights.length !== come.count)
        throw check.shapeError(operation, 'add.weights', come.count, weights.length);
      const edited = runtime.raw.Graph.edit(
        raw,
        nodeCount,
        gone.count,
        gone.from,
        gone.to,
        come.count,
        come.from,
        come.to,
        weights?.address ?? 0,
        weights?.type ?? 0,
      );
      const graph = adopt(runtime, operation, Graph, edited);
      const labels = named ? listedLabels(named.labels) : this.labels;
      return labels && nodeCount === labels.length ? graph.withLabels(labels) : graph;
    });
  }

  /** The ends of edges that come by names of which some may be new; undefined for numbers. */
  #named(operation: string, from: NodeList | undefined, to: NodeList | undefined) {
    const { labels } = this;
    const lists = [from, to].map((list) => (Array.isArray(list) ? list : []));
    if (!labels || !lists.some((list) => list.some(isName))) return undefined;
    const all = Array.from({ length: labels.length }, (_, node) => labels.of(node));
    const fresh = new Map<NodeLabel, number>();
    const place = (argument: string) => (value: unknown, i: number) => {
      const label = labelIn(operation, `${argument}[${i}]`, value);
      const known = labels.find(label) ?? fresh.get(label);
      if (known !== undefined) return known;
      fresh.set(label, all.length);
      return all.push(label) - 1;
    };
    const [starts, ends] = lists as [unknown[], unknown[]];
    return {
      from: starts.map(place('add.from')),
      to: ends.map(place('add.to')),
      labels: all,
    };
  }

  /**
   * The Laplacian D - W (plus `shift` on the diagonal) of an undirected graph; loops do not count. Without shift it is
   * singular: constants are its null space on each component. O(edges).
   *
   * @throws SublinearError `UNSUPPORTED` for a directed graph, `MEMORY`
   * @throws RangeError `OPTION` for a shift that is negative or not finite
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using pair = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * using laplacian = pair.laplacian({ shift: 0.5 });
   * console.log(laplacian.toCsr().values); // Float64Array(4) [ 1.5, -1, -1, 1.5 ]
   * ```
   */
  laplacian(options?: { shift?: number }): SparseMatrix {
    const operation = 'Graph.laplacian';
    const raw = this.use(operation);
    const { shift = 0 } = check.options(operation, options, ['shift']);
    check.number(operation, 'shift', shift);
    const built = this.runtime.raw.Graph.laplacian(raw, shift);
    return adopt(this.runtime, operation, SparseMatrix, built);
  }

  /**
   * The adjacency matrix: entry (u, v) is the weight of the edge from u to v. A copy. O(edges).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0], to: [1] });
   * using matrix = graph.adjacency();
   * console.log(matrix.dtype, matrix.get(0, 1)); // pattern 1
   * ```
   */
  adjacency(): SparseMatrix {
    const operation = 'Graph.adjacency';
    const raw = this.use(operation);
    return adopt(this.runtime, operation, SparseMatrix, this.runtime.raw.Graph.adjacency(raw));
  }

  /**
   * The edges as arrays, by start, then by end; undirected ones once, with from <= to. Copies. O(edges).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [2, 1], to: [0, 0], directed: false });
   * console.log(graph.toEdges()); // { from: Uint32Array(2) [ 0, 0 ], to: Uint32Array(2) [ 1, 2 ] }
   * ```
   */
  toEdges(): EdgeArrays {
    const operation = 'Graph.toEdges';
    const { directed, edgeCount } = this.use(operation);
    const matrix = this.adjacency();
    const { rows, rowPointers, columns, values } = matrix.toCsr();
    matrix.dispose();
    const { runtime } = this;
    const from = runtime.array(operation, Uint32Array, edgeCount);
    const to = runtime.array(operation, Uint32Array, edgeCount);
    const weights = values && new (values.constructor as Float64ArrayConstructor)(edgeCount);
    for (let u = 0, at = 0; u < rows; u++) {
      for (let k = rowPointers[u] as number; k < (rowPointers[u + 1] as number); k++) {
        const v = columns[k] as number;
        if (!directed && v < u) continue;
        from[at] = u;
        to[at] = v;
        if (weights && values) weights[at] = values[k] as number;
        at++;
      }
    }
    return { from, to, ...(weights && { weights }) };
  }

  /**
   * Bytes that a graph of this size will hold, before building it. Building takes up to four times as much for a moment.
   * O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * console.log(Graph.estimateBytes({ nodeCount: 1e6, edgeCount: 1e7 }) / 1e6 < 45); // true
   * ```
   */
  static estimateBytes(size: GraphSize): number {
    const operation = 'Graph.estimateBytes';
    const runtime = runtimeOf(this, operation);
    const keys = ['nodeCount', 'edgeCount', 'directed', 'dtype'] as const;
    const given = check.options(operation, size, keys);
    check.integer(operation, 'nodeCount', given.nodeCount);
    check.integer(operation, 'edgeCount', given.edgeCount);
    const directed = check.boolean(operation, 'directed', given.directed ?? true);
    const types = { pattern: 0, ...dtypes };
    const type = check.choice(operation, 'dtype', given.dtype ?? 'pattern', types);
    return runtime.raw.estimateGraphBytes(given.nodeCount, given.edgeCount, type, directed);
  }
}

function graphFile(runtime: Runtime, operation: string): Loading<RawGraph, Graph> {
  return {
    kind: 'GRPH',
    build: (reader) => runtime.raw.Graph.load(reader),
    wrap(built, reader) {
      const graph = adopt(runtime, operation, Graph, built);
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
function advised(error: Error, numbers: boolean): Error {
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
function labelled(operation: string, graph: Graph, labels: NodeLabels | undefined): Graph {
  if (labels === undefined) return graph;
  if (labels.length === graph.nodeCount) return graph.withLabels(labels);
  const { nodeCount } = graph;
  graph.dispose();
  const message = `"nodeCount" is ${nodeCount}, but there are ${labels.length} labels`;
  throw new SublinearRangeError('SHAPE', operation, message, { argument: 'nodeCount' });
}

function withGivenLabels(
  operation: string,
  graph: Graph,
  labels: readonly NodeLabel[] | undefined,
): Graph {
  if (labels === undefined) return graph;
  try {
    return graph.withLabels(labelsFor(operation, labelsIn(operation, labels), graph.nodeCount));
  } catch (error) {
    graph.dispose();
    throw error;
  }
}

/** -1 for none. */
function largest(runtime: Runtime, { address, length }: { address: number; length: number }) {
  const nodes = runtime.u32.subarray(address / 4, address / 4 + length);
  let found = -1;
  for (let k = 0; k < length; k++) found = Math.max(found, nodes[k] as number);
  return found;
}

/** What `engine.use('graph')` and `load()` give. */
export interface GraphRoom {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime): GraphRoom {
  return { Graph: runtime.bind(Graph) };
}
