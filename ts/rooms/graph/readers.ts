// Graphs out of files and of other libraries' objects.

import { runtimeOf } from '../../runtime/bind.js';
import {
  type AsyncTextSource,
  readText,
  readTextAsync,
  type TextSource,
} from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import { graphFileKeys } from './gather.js';
import { edgesOf, type GraphologyLike } from './graphology.js';
import {
  csvKeys,
  edgeListKeys,
  edgeListReading,
  matrixMarketReading,
  metisReading,
} from './lines.js';
import { nodeLinkEdges } from './node-link.js';
import { GraphNodes } from './nodes.js';
import { type GraphMethods, readGraphFile } from './read.js';
import type {
  Async,
  CsvOptions,
  EdgeListOptions,
  GraphClass,
  GraphFileOptions,
  GraphMarketOptions,
  GraphologyOptions,
  MetisOptions,
  ReadGraphOptions,
} from './types.js';

const asyncKeys = ['signal', 'onProgress'] as const;

/** The readers of a graph. */
export abstract class GraphReaders extends GraphNodes {
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
  static fromEdgeList<T extends GraphNodes>(
    this: GraphClass<T>,
    source: TextSource,
    options?: EdgeListOptions,
  ): T {
    const operation = 'Graph.fromEdgeList';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, edgeListKeys);
    const reading = edgeListReading(runtime, operation, given, false, this);
    return readText(runtime, operation, source, reading);
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
  static async fromEdgeListAsync<T extends GraphNodes>(
    this: GraphClass<T>,
    source: AsyncTextSource,
    options?: Async<EdgeListOptions>,
  ): Promise<T> {
    const operation = 'Graph.fromEdgeListAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, [...edgeListKeys, ...asyncKeys]);
    const reading = edgeListReading(runtime, operation, given, false, this);
    return readTextAsync(runtime, operation, source, reading, given);
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
  static fromCsv<T extends GraphNodes>(
    this: GraphClass<T>,
    source: TextSource,
    options?: CsvOptions,
  ): T {
    const operation = 'Graph.fromCsv';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, csvKeys);
    const reading = edgeListReading(runtime, operation, given, true, this);
    return readText(runtime, operation, source, reading);
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
  static async fromCsvAsync<T extends GraphNodes>(
    this: GraphClass<T>,
    source: AsyncTextSource,
    options?: Async<CsvOptions>,
  ): Promise<T> {
    const operation = 'Graph.fromCsvAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, [...csvKeys, ...asyncKeys]);
    const reading = edgeListReading(runtime, operation, given, true, this);
    return readTextAsync(runtime, operation, source, reading, given);
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
  static fromMetis<T extends GraphNodes>(
    this: GraphClass<T>,
    source: TextSource,
    options?: MetisOptions,
  ): T {
    const operation = 'Graph.fromMetis';
    const runtime = runtimeOf(this, operation);
    const { dtype } = check.options(operation, options, ['dtype']);
    return readText(runtime, operation, source, metisReading(runtime, operation, dtype, this));
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
  static async fromMetisAsync<T extends GraphNodes>(
    this: GraphClass<T>,
    source: AsyncTextSource,
    options?: Async<MetisOptions>,
  ): Promise<T> {
    const operation = 'Graph.fromMetisAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['dtype', ...asyncKeys]);
    const reading = metisReading(runtime, operation, given.dtype, this);
    return readTextAsync(runtime, operation, source, reading, given);
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
  static fromJson<T extends GraphNodes>(
    this: GraphClass<T>,
    data: unknown,
    options?: GraphFileOptions,
  ): T {
    const operation = 'Graph.fromJson';
    runtimeOf(this, operation);
    const given = check.options(operation, options, graphFileKeys);
    const edges = nodeLinkEdges(operation, data, given);
    return (this as unknown as GraphMethods<T>).fromEdges(edges);
  }

  /**
   * A graph from a file of any format that is known: an edge list, CSV or TSV, Matrix Market, JSON (see
   * {@link GraphReaders.fromJson}), GraphML, GEXF, Pajek, METIS, or what `save()` wrote; also compressed by gzip. The first
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
  static async readAsync<T extends GraphNodes>(
    this: GraphClass<T>,
    source: AsyncTextSource,
    options?: Async<ReadGraphOptions>,
  ): Promise<T> {
    const operation = 'Graph.readAsync';
    runtimeOf(this, operation);
    return readGraphFile(operation, this as unknown as GraphMethods<T>, source, options);
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
  static fromMatrixMarket<T extends GraphNodes>(
    this: GraphClass<T>,
    source: TextSource,
    options?: GraphMarketOptions,
  ): T {
    const operation = 'Graph.fromMatrixMarket';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['directed', 'dtype']);
    const reading = matrixMarketReading(runtime, operation, given, this);
    return readText(runtime, operation, source, reading);
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
  static async fromMatrixMarketAsync<T extends GraphNodes>(
    this: GraphClass<T>,
    source: AsyncTextSource,
    options?: Async<GraphMarketOptions>,
  ): Promise<T> {
    const operation = 'Graph.fromMatrixMarketAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['directed', 'dtype', ...asyncKeys]);
    const reading = matrixMarketReading(runtime, operation, given, this);
    return readTextAsync(runtime, operation, source, reading, given);
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
  static fromGraphology<T extends GraphNodes>(
    this: GraphClass<T>,
    graph: GraphologyLike,
    options?: GraphologyOptions,
  ): T {
    const operation = 'Graph.fromGraphology';
    const runtime = runtimeOf(this, operation);
    const keys = ['weight', 'parallel', 'dtype'] as const;
    const { weight = 'weight', ...how } = check.options(operation, options, keys);
    if (weight !== null) check.string(operation, 'weight', weight);
    const { keys: labels, ...edges } = edgesOf(runtime, operation, graph, weight);
    return (this as unknown as GraphMethods<T>).fromEdges({ ...edges, labels, ...how });
  }
}
