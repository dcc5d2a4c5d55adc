// Graphs in the engine's memory.

import type {
  EdgeListReader,
  MetisReader,
  Graph as RawGraph,
  Writer,
} from '../../generated/raw/solver.js';
import type { Benchmark } from '../../runtime/benchmark.js';
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
import {
  idLabels,
  listedLabels,
  loadLabels,
  type NodeLabel,
  type NodeLabels,
} from '../../runtime/labels.js';
import { adopt, rawOf, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { F32, F64, type IndexArray, indexArray, type RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions } from '../../runtime/steps.js';
import {
  type AsyncTextSource,
  type Reading,
  type ReadProgress,
  readText,
  readTextAsync,
  type TextSource,
} from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import type { DType } from '../dense/dense.js';
import { SparseMatrix, valuesIn } from '../sparse/sparse.js';
import { edgesOf, type GraphologyLike } from './graphology.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { NodeLabel } from '../../runtime/labels.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export type { AsyncTextSource, ReadProgress, TextSource } from '../../runtime/text-source.js';
export type { DType } from '../dense/dense.js';
export type { GraphologyLike } from './graphology.js';

/** Edges in any order; parallel ones are merged, their weights added up. */
export interface EdgesInput {
  /** Start of each edge, a node counted from 0. */
  from: IndexArray;
  /** End of each edge. */
  to: IndexArray;
  /** Weight of each edge, finite and > 0. Without it the graph is unweighted. */
  weights?: RealArray;
  /** `true` by default: an edge leads one way. `false`: each edge leads both ways. */
  directed?: boolean;
  /** Number of nodes, 1 to 2^32 - 2; by default the largest node of an edge plus 1. */
  nodeCount?: number;
  /** Precision of the stored weights; by default that of `weights` (`'float64'` for number[]). */
  dtype?: DType;
}

/** Neighbour lists one after the other. In an undirected graph each edge stands in both lists with the same weight. */
export interface GraphCsrInput {
  /** nodes + 1 numbers: the edges of node u are at rowPointers[u] .. rowPointers[u + 1] - 1 of the other two arrays. */
  rowPointers: IndexArray;
  /** End of each edge. */
  columns: IndexArray;
  /** Weight of each edge, finite and > 0. Without it the graph is unweighted. */
  weights?: RealArray;
  /** `true` by default. */
  directed?: boolean;
  /** Precision of the stored weights; by default that of `weights` (`'float64'` for number[]). */
  dtype?: DType;
}

/** Edges as arrays; an undirected edge stands there once, with from <= to. */
export interface EdgeArrays {
  from: Uint32Array<ArrayBuffer>;
  to: Uint32Array<ArrayBuffer>;
  /** Absent for an unweighted graph. */
  weights?: Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

export interface EdgeListOptions {
  /** `true` by default: the line "a b" is an edge from a to b. */
  directed?: boolean;
  /**
   * `false` by default: ids are node numbers, and the graph has as many nodes as the largest id says. `true`: only ids
   * that occur become nodes, numbered in ascending order; `labelOf` and `nodeOf` translate. Ids may then go up to
   * 2^64 - 1.
   */
  compactIds?: boolean;
  /**
   * `'auto'` (default): the first edge says whether there is a third field, the weight; all lines must agree.
   * `'ignore'`: everything after the second field is skipped.
   */
  weights?: 'auto' | 'ignore';
  /** Number of nodes; by default from the ids, which must be below it. Not with `compactIds`. */
  nodeCount?: number;
  /** Precision of the stored weights, `'float64'` by default. */
  dtype?: DType;
}

export interface CsvOptions extends EdgeListOptions {
  /** What stands between fields: a comma by default, or another punctuation character. */
  separator?: string;
}

export interface MetisOptions {
  /** Precision of the stored weights, `'float64'` by default. */
  dtype?: DType;
}

/** Adds `signal` and `onProgress` to the options of a reader. */
export type Async<Options> = Options & AsyncOptions<ReadProgress>;

export interface GraphologyOptions {
  /**
   * The edge attribute that holds the weight, `'weight'` by default; `null` for none. When no edge has it the graph is
   * unweighted; when some have it, all must.
   */
  weight?: string | null;
  /** Precision of the stored weights, `'float64'` by default. */
  dtype?: DType;
}

/** Changes of edges, for {@link Graph.edited}. */
export interface GraphChanges {
  /** Edges that come; with weights exactly when the graph is weighted. */
  add?: { from: IndexArray; to: IndexArray; weights?: RealArray };
  /** Edges that go; undirected ones in either direction. */
  remove?: { from: IndexArray; to: IndexArray };
  /** Number of nodes of the new graph, at least that of this one, which is the default. */
  nodeCount?: number;
}

/** The connected components of a graph. */
export interface Components {
  /** How many there are. */
  count: number;
  /** Component of each node, numbered in the order of their smallest nodes. */
  labels: Uint32Array<ArrayBuffer>;
  /** Number of nodes of each component. */
  sizes: Uint32Array<ArrayBuffer>;
}

/** Size of a graph, for {@link Graph.estimateBytes}. */
export interface GraphSize {
  nodeCount: number;
  /** Undirected edges counted once. */
  edgeCount: number;
  /** `true` by default. */
  directed?: boolean;
  /** Precision of the weights, `'pattern'` (default) for none. */
  dtype?: DType | 'pattern';
}

const dtypes = { float32: F32, float64: F64 } as const;
const edgeListKeys = ['directed', 'compactIds', 'weights', 'nodeCount', 'dtype'] as const;
const csvKeys = [...edgeListKeys, 'separator'] as const;
const asyncKeys = ['signal', 'onProgress'] as const;

/**
 * A graph of nodes 0 .. n - 1, directed or undirected, with or without weights. It never changes after it was made.
 * Parallel edges are merged; loops are kept. Made by the static methods.
 */
export class Graph extends WasmObject<RawGraph> {
  #labels: NodeLabels | undefined;

  /** Number of nodes. */
  get nodeCount(): number {
    return this.use('Graph.nodeCount').nodeCount;
  }

  /** Number of edges; undirected ones and loops are counted once. */
  get edgeCount(): number {
    return this.use('Graph.edgeCount').edgeCount;
  }

  /** Whether edges lead one way only. */
  get directed(): boolean {
    return this.use('Graph.directed').directed;
  }

  /** Whether edges have weights. */
  get weighted(): boolean {
    return this.use('Graph.weighted').valueType() !== 0;
  }

  /** Bytes that this graph holds now. What is derived later (incoming edges, strengths) comes on top when it is. */
  get bytesUsed(): number {
    return this.use('Graph.bytesUsed').bytes();
  }

  /**
   * A graph from its edges. O(edges + nodes).
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
   * ```
   */
  static fromEdges(input: EdgesInput): Graph {
    const operation = 'Graph.fromEdges';
    const runtime = runtimeOf(this, operation);
    const keys = ['from', 'to', 'weights', 'directed', 'nodeCount', 'dtype'] as const;
    const given = check.options(operation, input, keys);
    const directed = check.boolean(operation, 'directed', given.directed ?? true);
    return runtime.scratch(operation, (scratch) => {
      const from = scratch.indices('from', given.from);
      const to = scratch.indices('to', given.to);
      const weights = valuesIn(operation, scratch, 'weights', given.weights, given.dtype);
      if (to.length !== from.length)
        throw check.shapeError(operation, 'to', from.length, to.length);
      if (weights && weights.length !== from.length)
        throw check.shapeError(operation, 'weights', from.length, weights.length);
      const nodeCount =
        given.nodeCount ?? Math.max(largest(runtime, from), largest(runtime, to)) + 1;
      check.integer(operation, 'nodeCount', nodeCount);
      const raw = runtime.raw.Graph.fromEdges(
        nodeCount,
        from.length,
        from.address,
        to.address,
        weights?.address ?? 0,
        weights?.type ?? 0,
        directed,
      );
      return adopt(runtime, operation, Graph, raw);
    });
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
    const keys = ['rowPointers', 'columns', 'weights', 'directed', 'dtype'] as const;
    const given = check.options(operation, input, keys);
    const directed = check.boolean(operation, 'directed', given.directed ?? true);
    return runtime.scratch(operation, (scratch) => {
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
  static fromMatrix(matrix: SparseMatrix, options?: { directed?: boolean }): Graph {
    const operation = 'Graph.fromMatrix';
    const runtime = runtimeOf(this, operation);
    const { directed = true } = check.options(operation, options, ['directed']);
    check.boolean(operation, 'directed', directed);
    const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
    return adopt(runtime, operation, Graph, runtime.raw.Graph.fromMatrix(raw, directed));
  }

  /**
   * Reads an edge list: "from to" or "from to weight" a line, fields between blanks; lines that begin with `#` or `%` and
   * empty ones are skipped. SNAP's files are of this kind. The text goes through in pieces. O(length).
   *
   * @param source - a string, UTF-8 bytes, or an iterable of either
   * @throws SublinearError `PARSE`, `TRUNCATED`, `EMPTY` with `line` and `expected`; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('# a comment\n10 20\n20 30\n', { compactIds: true });
   * console.log(graph.nodeCount, graph.labelOf(2), graph.nodeOf(20)); // 3 30 1
   * ```
   */
  static fromEdgeList(source: TextSource, options?: EdgeListOptions): Graph {
    const operation = 'Graph.fromEdgeList';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, edgeListKeys);
    return readText(runtime, operation, source, edgeList(runtime, operation, given, ''));
  }

  /**
   * The same for text that is still coming: a stream or an async iterable. Between pieces other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for text; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = await Graph.fromEdgeListAsync(new Blob(['0 1\n1 2\n']).stream(), { directed: false });
   * console.log(graph.edgeCount); // 2
   * ```
   */
  static async fromEdgeListAsync(
    source: AsyncTextSource,
    options?: Async<EdgeListOptions>,
  ): Promise<Graph> {
    const operation = 'Graph.fromEdgeListAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, [...edgeListKeys, ...asyncKeys]);
    const reading = edgeList(runtime, operation, given, '');
    return readTextAsync(runtime, operation, source, reading, given);
  }

  /**
   * Reads edges from CSV: "from,to" or "from,to,weight" a line. A first line that begins with a letter is taken for a
   * header and skipped. Node ids are whole numbers; quoted fields are refused. O(length).
   *
   * @throws SublinearError `PARSE`, `TRUNCATED`, `EMPTY` with `line` and `expected`; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromCsv('source,target,weight\n0,1,0.5\n1,2,2\n');
   * console.log(graph.edgeCount, graph.neighborWeights(1)); // 2 Float64Array(1) [ 2 ]
   * ```
   */
  static fromCsv(source: TextSource, options?: CsvOptions): Graph {
    const operation = 'Graph.fromCsv';
    const runtime = runtimeOf(this, operation);
    const { separator = ',', ...given } = check.options(operation, options, csvKeys);
    checkSeparator(operation, separator);
    return readText(runtime, operation, source, edgeList(runtime, operation, given, separator));
  }

  /**
   * The same for text that is still coming: a stream or an async iterable. Between pieces other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for text; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = await Graph.fromCsvAsync(new Blob(['a;b\n0;1\n']).stream(), { separator: ';' });
   * console.log(graph.nodeCount); // 2
   * ```
   */
  static async fromCsvAsync(source: AsyncTextSource, options?: Async<CsvOptions>): Promise<Graph> {
    const operation = 'Graph.fromCsvAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, [...csvKeys, ...asyncKeys]);
    const { separator = ',', ...rest } = given;
    checkSeparator(operation, separator);
    const reading = edgeList(runtime, operation, rest, separator);
    return readTextAsync(runtime, operation, source, reading, rest);
  }

  /**
   * Reads a METIS graph file: undirected, with or without edge weights. Weights and sizes of nodes are skipped. O(length).
   *
   * @throws SublinearError `PARSE` (also for an edge that stands at one of its nodes only), `TRUNCATED`, `FORMAT` with
   *   `line` and `expected`; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using path = Graph.fromMetis('3 2\n2\n1 3\n2\n');
   * console.log(path.directed, path.neighbors(1)); // false Uint32Array(2) [ 0, 2 ]
   * ```
   */
  static fromMetis(source: TextSource, options?: MetisOptions): Graph {
    const operation = 'Graph.fromMetis';
    const runtime = runtimeOf(this, operation);
    const { dtype } = check.options(operation, options, ['dtype']);
    return readText(runtime, operation, source, metis(runtime, operation, dtype));
  }

  /**
   * The same for text that is still coming: a stream or an async iterable. Between pieces other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for text; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using pair = await Graph.fromMetisAsync(new Blob(['2 1\n2\n1\n']).stream());
   * console.log(pair.edgeCount); // 1
   * ```
   */
  static async fromMetisAsync(
    source: AsyncTextSource,
    options?: Async<MetisOptions>,
  ): Promise<Graph> {
    const operation = 'Graph.fromMetisAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['dtype', ...asyncKeys]);
    const reading = metis(runtime, operation, given.dtype);
    return readTextAsync(runtime, operation, source, reading, given);
  }

  /**
   * A copy of a graphology graph. Nodes are numbered in its order; their keys are the labels of this graph. Undirected
   * when it has no directed edge; in a mixed graph each undirected edge leads both ways. Parallel edges are merged. What
   * is changed there later is not seen here. O(edges + nodes).
   *
   * @throws TypeError when an edge's weight is not a number, or missing at some edges only
   * @throws RangeError `NOT_FINITE` (weights), `EMPTY` (no nodes)
   * @throws SublinearError `NOT_POSITIVE` (weights), `MEMORY`
   *
   * @example
   * ```ts
   * import { UndirectedGraph } from 'graphology';
   * import { load } from 'sublinear/graph';
   *
   * const source = new UndirectedGraph();
   * for (const key of ['ann', 'bob', 'cay']) source.addNode(key);
   * source.addEdge('ann', 'bob', { weight: 2 });
   * source.addEdge('bob', 'cay', { weight: 1 });
   *
   * const { Graph } = await load();
   * using graph = Graph.fromGraphology(source);
   * const bob = graph.nodeOf('bob')!;
   * console.log(graph.labelsOf(graph.neighbors(bob))); // [ 'ann', 'cay' ]
   * ```
   */
  static fromGraphology(graph: GraphologyLike, options?: GraphologyOptions): Graph {
    const operation = 'Graph.fromGraphology';
    const runtime = runtimeOf(this, operation);
    const { weight = 'weight', dtype } = check.options(operation, options, ['weight', 'dtype']);
    if (weight !== null) check.string(operation, 'weight', weight);
    const { keys, ...edges } = edgesOf(runtime, operation, graph, weight);
    const made = this.fromEdges({ ...edges, nodeCount: keys.length, ...(dtype && { dtype }) });
    return made.withLabels(listedLabels(keys));
  }

  /**
   * The nodes that edges from `node` lead to, ascending. A copy. O(degree).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using star = Graph.fromEdges({ from: [0, 0, 0], to: [3, 1, 2], directed: false });
   * console.log(star.neighbors(0)); // Uint32Array(3) [ 1, 2, 3 ]
   * ```
   */
  neighbors(node: number): Uint32Array<ArrayBuffer> {
    const operation = 'Graph.neighbors';
    const { address, count } = this.#edgesOf(operation, this.use(operation), node);
    return this.runtime.copyU32(address, count);
  }

  /**
   * The weights of the edges from `node`, in the order of {@link Graph.neighbors}; ones for an unweighted graph. A copy.
   * O(degree).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 0], to: [2, 1], weights: [0.25, 4] });
   * console.log(graph.neighborWeights(0)); // Float64Array(2) [ 4, 0.25 ]
   * ```
   */
  neighborWeights(node: number): Float64Array<ArrayBuffer> {
    const operation = 'Graph.neighborWeights';
    const { count, weights, type } = this.#edgesOf(operation, this.use(operation), node);
    if (type === F64) return this.runtime.copyF64(weights, count);
    if (type === F32) return new Float64Array(this.runtime.copyF32(weights, count));
    return new Float64Array(count).fill(1);
  }

  /**
   * Calls `visit` for each edge from `node`, without copying anything; the weight is 1 in an unweighted graph. O(degree).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 0], to: [1, 2], weights: [1, 3] });
   * let total = 0;
   * graph.forEachNeighbor(0, (neighbor, weight) => (total += weight));
   * console.log(total); // 4
   * ```
   */
  forEachNeighbor(node: number, visit: (neighbor: number, weight: number) => void): void {
    const operation = 'Graph.forEachNeighbor';
    const raw = this.use(operation);
    const { address, count, weights, type } = this.#edgesOf(operation, raw, node);
    if (typeof visit !== 'function') throw check.typeError(operation, 'visit', 'function', visit);
    const { runtime } = this;
    for (let k = 0; k < count; k++) {
      // What was called in between may have moved the memory, or disposed the graph.
      this.use(operation);
      const neighbor = runtime.u32[address / 4 + k] as number;
      const weight =
        type === F64
          ? runtime.f64[weights / 8 + k]
          : type === F32
            ? runtime.f32[weights / 4 + k]
            : 1;
      visit(neighbor, weight as number);
    }
  }

  #edgesOf(operation: string, raw: RawGraph, node: number) {
    const { runtime } = this;
    check.integer(operation, 'node', node);
    runtime.check(operation, raw.neighbors(node, runtime.out, runtime.out + 4));
    runtime.check(operation, raw.neighborWeights(node, runtime.out + 8));
    const [address, count, weights] = [runtime.outU32(0), runtime.outU32(1), runtime.outU32(2)];
    return { address, count, weights, type: raw.valueType() };
  }

  /**
   * Number of edges from `node`; the same as {@link Graph.outDegree}. O(1).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using pair = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log(pair.degree(0), pair.degree(1)); // 1 1
   * ```
   */
  degree(node: number): number {
    return this.#degree('Graph.degree', 'outDegree', node);
  }

  /**
   * Number of edges that lead away from `node`; a loop counts once. O(1).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 0], to: [1, 2] });
   * console.log(graph.outDegree(0), graph.outDegree(1)); // 2 0
   * ```
   */
  outDegree(node: number): number {
    return this.#degree('Graph.outDegree', 'outDegree', node);
  }

  /**
   * Number of edges that lead to `node`; a loop counts once. O(1), but the first call on a directed graph makes the
   * incoming edges and keeps them: O(edges).
   *
   * @throws RangeError `INDEX`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [2, 2] });
   * console.log(graph.inDegree(2)); // 2
   * ```
   */
  inDegree(node: number): number {
    return this.#degree('Graph.inDegree', 'inDegree', node);
  }

  #degree(operation: string, which: 'outDegree' | 'inDegree', node: number): number {
    const raw = this.use(operation);
    check.integer(operation, 'node', node);
    this.runtime.check(operation, raw[which](node, this.runtime.out));
    return this.runtime.outU32();
  }

  /**
   * What `node` is called: its id in the file when it was read with `compactIds`, its key when it came from graphology,
   * else its number. Ids above 2^53 - 1 are bigints. O(1).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('700 800', { compactIds: true });
   * console.log(graph.labelOf(0), graph.labelOf(1)); // 700 800
   * ```
   */
  labelOf(node: number): NodeLabel {
    const operation = 'Graph.labelOf';
    const { nodeCount } = this.use(operation);
    check.integer(operation, 'node', node);
    if (node >= nodeCount) throw nodeError(operation, 'node', node);
    return this.#labels ? this.#labels.of(node) : node;
  }

  /**
   * What several nodes are called, for instance those of a result: `graph.labelsOf(result.nodes)`. O(nodes).
   *
   * @throws TypeError when `nodes` is no list of numbers
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('700 800\n700 900', { compactIds: true });
   * console.log(graph.labelsOf(graph.neighbors(0))); // [ 800, 900 ]
   * ```
   */
  labelsOf(nodes: IndexArray): NodeLabel[] {
    const operation = 'Graph.labelsOf';
    const { nodeCount } = this.use(operation);
    return Array.from(indexArray(operation, 'nodes', nodes), (node, i) => {
      if (node >= nodeCount) throw nodeError(operation, 'nodes', i);
      return this.#labels ? this.#labels.of(node) : node;
    });
  }

  /**
   * The node that is called `label`, or undefined when there is none. O(log nodes) for ids.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('700 800', { compactIds: true });
   * console.log(graph.nodeOf(800), graph.nodeOf(1)); // 1 undefined
   * ```
   */
  nodeOf(label: NodeLabel): number | undefined {
    const { nodeCount } = this.use('Graph.nodeOf');
    if (this.#labels) return this.#labels.find(label);
    return typeof label === 'number' && Number.isInteger(label) && label >= 0 && label < nodeCount
      ? label
      : undefined;
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
    const { tag: letters, bytes } = this.#labels?.save() ?? { tag: '', bytes: new Uint8Array() };
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

  /** @internal */
  get labels(): NodeLabels | undefined {
    return this.#labels;
  }

  /** @internal */
  withLabels(labels: NodeLabels): this {
    this.#labels = labels;
    return this;
  }

  /**
   * A new graph: this one without the removed edges and with the added ones. This graph stays as it is. Removed edges go
   * first, so that an edge in both lists gets a new weight; added edges that exist are merged with them. Labels are kept
   * unless there are new nodes. O(edges + nodes), a fraction of building the graph again.
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
    const nodeCount = check.integer(operation, 'nodeCount', given.nodeCount ?? raw.nodeCount);
    return runtime.scratch(operation, (scratch) => {
      const ends = (name: string, list: { from?: IndexArray; to?: IndexArray }) => {
        const from = scratch.indices(`${name}.from`, list.from ?? []);
        const to = scratch.indices(`${name}.to`, list.to ?? []);
        if (to.length !== from.length)
          throw check.shapeError(operation, `${name}.to`, from.length, to.length);
        return { from: from.address, to: to.address, count: from.length };
      };
      const gone = ends('remove', remove);
      const come = ends('add', add);
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
      const labels = this.#labels;
      return labels && nodeCount === labels.length ? graph.withLabels(labels) : graph;
    });
  }

  /**
   * The connected components: edges are taken both ways, also in a directed graph (weak components). O(edges + nodes) in
   * practice.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 3], to: [2, 4] });
   * const { count, labels, sizes } = graph.components();
   * console.log(count, labels, sizes); // 3 Uint32Array(5) [ 0, 1, 0, 2, 2 ] Uint32Array(3) [ 2, 1, 2 ]
   * ```
   */
  components(): Components {
    const operation = 'Graph.components';
    const raw = this.use(operation);
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const length = raw.nodeCount;
      const address = scratch.u32(length);
      raw.components(address, runtime.out);
      const count = runtime.outU32();
      const labels = runtime.copyU32(address, length);
      const sizes = new Uint32Array(count);
      for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
      return { count, labels, sizes };
    });
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

function checkSeparator(operation: string, separator: string): void {
  check.string(operation, 'separator', separator);
  if (separator.length !== 1)
    throw check.rangeError(operation, 'separator', 'one character', separator);
}

const weightChoices = { auto: false, ignore: true } as const;

function edgeList(
  runtime: Runtime,
  operation: string,
  given: EdgeListOptions,
  separator: string,
): Reading<EdgeListReader, RawGraph, Graph> {
  const { directed = true, compactIds = false, weights = 'auto', nodeCount, dtype } = given;
  check.boolean(operation, 'directed', directed);
  check.boolean(operation, 'compactIds', compactIds);
  const ignoreWeights = check.choice(operation, 'weights', weights, weightChoices);
  if (nodeCount !== undefined) check.integer(operation, 'nodeCount', nodeCount, 1);
  const type = check.choice(operation, 'dtype', dtype ?? 'float64', dtypes);
  const { EdgeListOptions: RawOptions, EdgeListReader: RawReader } = runtime.raw;
  return {
    open() {
      const options = runtime.made(operation, RawOptions.create());
      try {
        options.directed = directed;
        options.compactIds = compactIds;
        options.ignoreWeights = ignoreWeights;
        options.nodeCount = nodeCount ?? 0;
        options.separator = separator === '' ? 0 : separator.charCodeAt(0);
        options.valueType = type;
        return RawReader.create(options);
      } finally {
        options.delete();
      }
    },
    close: (reader) => RawReader.finish(reader),
    wrap(built, reader) {
      const graph = adopt(runtime, operation, Graph, built);
      if (!compactIds) return graph;
      const at = reader.ids();
      const ids = runtime.u8.slice(at, at + 8 * graph.nodeCount);
      return graph.withLabels(idLabels(new BigUint64Array(ids.buffer)));
    },
  };
}

function metis(
  runtime: Runtime,
  operation: string,
  dtype: DType = 'float64',
): Reading<MetisReader, RawGraph, Graph> {
  const type = check.choice(operation, 'dtype', dtype, dtypes);
  const { MetisReader: RawReader } = runtime.raw;
  return {
    open: () => RawReader.create(type),
    close: (reader) => RawReader.finish(reader),
    wrap: (built) => adopt(runtime, operation, Graph, built),
  };
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

/** -1 for none. */
function largest(runtime: Runtime, { address, length }: { address: number; length: number }) {
  const nodes = runtime.u32.subarray(address / 4, address / 4 + length);
  let found = -1;
  for (let k = 0; k < length; k++) found = Math.max(found, nodes[k] as number);
  return found;
}

function nodeError(operation: string, argument: string, position: number) {
  const message = `"${argument}" at position ${position}: index out of range, expected a node of the graph`;
  return new SublinearRangeError('INDEX', operation, message, { argument, position });
}

/** What `engine.use('graph')` and `load()` give. */
export interface GraphRoom {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime): GraphRoom {
  return { Graph: runtime.bind(Graph) };
}

/** @internal */
export const benchmarks: Record<
  'build' | 'readEdgeList' | 'save' | 'load',
  Benchmark<GraphRoom>
> = {
  save: {
    defaultSize: 100_000,
    prepare({ Graph }, size) {
      const graph = Graph.fromEdges({ ...ring(size), nodeCount: size });
      return {
        run: () => graph.save(),
        operations: graph.edgeCount,
        bytes: graph.save().length,
        dispose: () => graph.dispose(),
      };
    },
  },
  load: {
    defaultSize: 100_000,
    prepare({ Graph }, size) {
      const graph = Graph.fromEdges({ ...ring(size), nodeCount: size });
      const bytes = graph.save();
      const operations = graph.edgeCount;
      graph.dispose();
      return {
        run: () => Graph.load(bytes).dispose(),
        operations,
        bytes: bytes.length,
        dispose: () => {},
      };
    },
  },
  build: {
    defaultSize: 100_000,
    prepare({ Graph }, size) {
      const edges = ring(size);
      return {
        run: () => Graph.fromEdges({ ...edges, nodeCount: size }).dispose(),
        operations: edges.from.length,
        bytes: 8 * edges.from.length,
        dispose: () => {},
      };
    },
  },
  readEdgeList: {
    defaultSize: 100_000,
    prepare({ Graph }, size) {
      const { from, to } = ring(size);
      const lines = Array.from(from, (u, k) => `${u}\t${to[k]}\n`);
      const text = new TextEncoder().encode(lines.join(''));
      return {
        run: () => Graph.fromEdgeList(text).dispose(),
        operations: from.length,
        bytes: text.length,
        dispose: () => {},
      };
    },
  },
};

/** Ten edges a node, to places all over. */
function ring(n: number): { from: Uint32Array; to: Uint32Array } {
  const from = new Uint32Array(10 * n);
  const to = new Uint32Array(10 * n);
  for (let k = 0; k < from.length; k++) {
    from[k] = k % n;
    to[k] = (((k % n) + Math.imul(k, 0x9e3779b1)) >>> 0) % n;
  }
  return { from, to };
}
