// The class of graphs. Reading files of them is code of its own (reading.ts), which a page fetches when it first reads one.

import type { Graph as RawGraph } from '../../generated/raw/network.js';
import { runtimeOf } from '../../runtime/bind.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import type { AsyncTextSource, TextSource } from '../../runtime/text-source.js';
import type { Transfer } from '../../runtime/transfer.js';
import type { SparseMatrix } from '../sparse/matrix.js';
import { bytesOfGraph, graphOfCsr, graphOfEdges, graphOfMatrix } from './arrays.js';
import { edgesOfGraphology, type GraphologyLike } from './graphology.js';
import { GraphParts } from './parts.js';
import { readers } from './readers.js';
import type {
  Async,
  CsvOptions,
  EdgeListOptions,
  EdgesInput,
  GraphCsrInput,
  GraphFileOptions,
  GraphMarketOptions,
  GraphMatrixOptions,
  GraphologyOptions,
  GraphSize,
  MetisOptions,
  ReadGraphOptions,
} from './types.js';

/**
 * A graph of nodes 0 .. n - 1, directed or undirected, with or without weights, whose nodes may have names. It never changes
 * after it was made. Parallel edges are merged; loops are kept. Made by the static methods.
 *
 * In a page without the module `graph` the methods that read files fetch their code first, and the synchronous ones throw
 * `NOT_LOADED` until it is there.
 */
export class Graph extends GraphParts {
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
    return graphOfEdges(runtimeOf(this, operation), operation, input, Graph);
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
    return graphOfCsr(runtimeOf(this, operation), operation, input, Graph);
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
    return graphOfMatrix(runtimeOf(this, operation), operation, matrix, options, Graph);
  }

  /**
   * Reads an edge list: "from to" or "from to weight" a line, fields between blanks; lines that begin with `#` or `%` and
   * empty ones are skipped. SNAP's files are of this kind. The text goes through in pieces. O(length).
   *
   * @param source - a string, UTF-8 bytes, or an iterable of either
   * @throws SublinearError `PARSE`, `TRUNCATED`, `EMPTY` with `line` and `expected`; `FORMAT` for what is known to be
   *   something else; `MEMORY`
   * @throws RangeError `OPTION` (`header` has to be said, a column that is not there)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('# a comment\n10 20\n20 30\n', { compactIds: true });
   * console.log(graph.nodeCount, graph.labelOf(2), graph.nodeOf(20)); // 3 30 1
   * using friends = Graph.fromEdgeList('ann bob\nbob cay\n', { compactIds: true });
   * console.log(friends.labelsOf(friends.neighbors('bob'))); // [ 'cay' ]
   * ```
   */
  static fromEdgeList(source: TextSource, options?: EdgeListOptions): Graph {
    return readNow(this, 'fromEdgeList', source, options);
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
    return readLater(this, 'fromEdgeListAsync', source, options);
  }

  /**
   * Reads edges from CSV or TSV, as RFC 4180 has it: fields may stand in quotes. By default columns with well-known names
   * such as `source`, `target` and `weight` are taken, or else the first two and a third one that holds numbers; all others
   * are skipped. Ids are node numbers, or with `compactIds` whatever they are. Lines that begin with `#` or `%` and empty ones
   * are skipped. O(length).
   *
   * @throws SublinearError `PARSE`, `TRUNCATED`, `EMPTY` with `line` and `expected`; `FORMAT` for what is known to be
   *   something else; `MEMORY`
   * @throws RangeError `OPTION` (`header` has to be said, a column that is not there)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromCsv('source,target,weight\n0,1,0.5\n1,2,2\n');
   * console.log(graph.edgeCount, graph.neighborWeights(1)); // 2 Float64Array(1) [ 2 ]
   *
   * const table = 'when,who,whom,amount\n2024-01-31,"Lovelace, Ada",Bob,3\n2024-02-01,Bob,Cay,4\n';
   * using paid = Graph.fromCsv(table, {
   *   compactIds: true,
   *   fromColumn: 'who',
   *   toColumn: 'whom',
   *   weightColumn: 'amount',
   *   timeColumn: 'when',
   *   until: new Date('2024-02-01'),
   * });
   * console.log(paid.labelOf(0), paid.neighborWeights('Lovelace, Ada')); // Lovelace, Ada Float64Array(1) [ 3 ]
   * ```
   */
  static fromCsv(source: TextSource, options?: CsvOptions): Graph {
    return readNow(this, 'fromCsv', source, options);
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
    return readLater(this, 'fromCsvAsync', source, options);
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
    return readNow(this, 'fromMetis', source, options);
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
    return readLater(this, 'fromMetisAsync', source, options);
  }

  /**
   * A graph from JSON in the form of node-link data: what networkx, graphology, D3, Cytoscape and sigma write. Nodes stand in
   * `nodes` with an `id`, `key` or `name`, edges in `edges` or `links` with `source` and `target`. O(nodes + edges).
   *
   * @param data - the object, or its text
   * @throws SublinearError `PARSE`, which says where; `NOT_POSITIVE` (weights), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromJson({
   *   directed: false,
   *   nodes: [{ id: 'ann' }, { id: 'bob' }],
   *   links: [{ source: 'ann', target: 'bob', weight: 2 }],
   * });
   * console.log(graph.directed, graph.neighborWeights('bob')); // false Float64Array(1) [ 2 ]
   * ```
   */
  static fromJson(data: unknown, options?: GraphFileOptions): Graph {
    const operation = 'Graph.fromJson';
    runtimeOf(this, operation);
    return this.fromEdges(readers.now(operation).edgesOfJson(operation, data, options));
  }

  /**
   * A graph from a file of any format that is known: an edge list, CSV or TSV, Matrix Market, JSON (see
   * {@link Graph.fromJson}), GraphML, GEXF, Pajek, METIS, or what `save()` wrote; also compressed by gzip. The first
   * bytes say which it is. Nodes are called what they are called in the file: `compactIds` is `true` here by default. Of
   * Matrix Market a symmetric matrix is an undirected graph. Edge lists, CSV, METIS and Matrix Market go through in pieces,
   * GraphML and GEXF element by element; JSON and Pajek are gathered first. O(length).
   *
   * @param source - a Response, a Blob or File, a stream, text or bytes, or a promise of one: `fetch(url)`
   * @throws SublinearError `FORMAT` for what is known to be none of these, `PARSE`, `TRUNCATED`, `EMPTY`, `MEMORY`, and
   *   `LOAD_FAILED` for a Response that is not ok
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * const file = new Blob([`<graphml><graph edgedefault="undirected">
   *   <node id="ann"/><node id="bob"/><edge source="ann" target="bob"/>
   * </graph></graphml>`]);
   * using graph = await Graph.readAsync(file);
   * console.log(graph.nodeCount, graph.labelsOf(graph.neighbors('ann'))); // 2 [ 'bob' ]
   * ```
   */
  static async readAsync(
    source: AsyncTextSource,
    options?: Async<ReadGraphOptions>,
  ): Promise<Graph> {
    return readLater(this, 'readAsync', source, options);
  }

  /**
   * Reads a Matrix Market file as the graph whose adjacency matrix it is: entry (u, v) is the weight of the edge from u to v,
   * and all are above 0. A matrix that the file calls symmetric is an undirected graph by default, others are directed.
   * Nodes count from 0, where the file counts from 1. O(length).
   *
   * @throws SublinearError `PARSE`, `TRUNCATED`, `FORMAT` with `line` and `expected`; `NOT_SQUARE`, `NOT_POSITIVE`,
   *   `NOT_SYMMETRIC` (with `directed: false`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromMatrixMarket('%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 2\n');
   * console.log(graph.directed, graph.neighbors(1)); // false Uint32Array(2) [ 0, 2 ]
   * ```
   */
  static fromMatrixMarket(source: TextSource, options?: GraphMarketOptions): Graph {
    return readNow(this, 'fromMatrixMarket', source, options);
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
   * const file = new Blob(['%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 0.5\n']);
   * using graph = await Graph.fromMatrixMarketAsync(file);
   * console.log(graph.neighborWeights(0)); // Float64Array(1) [ 0.5 ]
   * ```
   */
  static async fromMatrixMarketAsync(
    source: AsyncTextSource,
    options?: Async<GraphMarketOptions>,
  ): Promise<Graph> {
    return readLater(this, 'fromMatrixMarketAsync', source, options);
  }

  /**
   * A copy of a graphology graph. Nodes are numbered in its order; their keys are the labels of this graph. Undirected
   * when it has no directed edge; in a mixed graph each undirected edge leads both ways. Parallel edges are merged, their
   * weights added up. What is changed there later is not seen here. O(edges + nodes).
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
    return this.fromEdges(edgesOfGraphology(runtime, operation, graph, options));
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
    return readNow(this, 'load', bytes);
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
    return readLater(this, 'loadAsync', bytes, options);
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
    return bytesOfGraph(runtimeOf(this, operation), operation, size);
  }
}

// What reads files comes with the module graph, or is fetched: by the names of the methods. `Bound` is the class of an engine.

type Readers = NonNullable<typeof readers.held>;

/** What a method passes on. */
type Given<Method> = Method extends (
  operation: never,
  Bound: never,
  ...given: infer Rest
) => unknown
  ? Rest
  : never;

type Method<Result> = (operation: string, Bound: unknown, ...given: unknown[]) => Result;

function readNow<
  Name extends 'load' | 'fromCsv' | 'fromEdgeList' | 'fromMatrixMarket' | 'fromMetis',
>(Bound: unknown, name: Name, ...given: Given<Readers[Name]>) {
  const operation = `Graph.${name}`;
  runtimeOf(Bound, operation);
  return (readers.now(operation)[name] as Method<Graph>)(operation, Bound, ...given);
}

async function readLater<Name extends keyof Readers & `${string}Async`>(
  Bound: unknown,
  name: Name,
  ...given: Given<Readers[Name]>
): Promise<Graph> {
  const operation = `Graph.${name}`;
  runtimeOf(Bound, operation);
  return readers.later(operation, (code) =>
    (code[name] as Method<Promise<Graph>>)(operation, Bound, ...given),
  );
}
