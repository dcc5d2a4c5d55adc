// A property graph.
import { runtimeOf } from '../../runtime/bind.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { runMade } from '../../runtime/making.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { indexArray } from '../../runtime/scratch.js';
import { asyncKeys } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { GraphologyLike } from '../graph/graphology.js';
import { readColumns, setColumns, writeText } from './bytes.js';
import { giveGraphology, projectedEdges, takeGraphology } from './exchange.js';
import { GraphQueries, type Raw } from './queries.js';
import type {
  EdgesInput,
  GraphologyNames,
  GraphologyTarget,
  NodesInput,
  PartOptions,
  ProjectedEdges,
} from './types.js';

/** SL_PROPERTY_FACTS */
const FACTS = 10;

/**
 * Nodes with labels, relationships (edges) of one type each, and properties of both, asked in openCypher.
 *
 * Ids are numbers from 0 in the order of making, and are not used again. A statement does all that it says or, when it fails or is
 * stopped, nothing. One statement changes the graph at a time.
 */
export class PropertyGraph extends GraphQueries {
  /**
   * An empty graph.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query("CREATE (:Person {name: 'Ada'})-[:KNOWS {since: 1833}]->(:Person {name: 'Charles'})");
   * const { rows } = graph.query('MATCH (a)-[k:KNOWS]->(b) RETURN a.name AS a, k.since AS since, b.name AS b');
   * console.log(rows); // [ { a: 'Ada', since: 1833, b: 'Charles' } ]
   * ```
   */
  static create(): PropertyGraph {
    const operation = 'PropertyGraph.create';
    const runtime = runtimeOf(this, operation);
    return adopt(runtime, operation, PropertyGraph, runtime.raw.PropertyGraph.create());
  }

  #facts(operation: string): Float64Array {
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(FACTS);
      raw.facts(at);
      return runtime.copyF64(at, FACTS);
    });
  }

  /** How many nodes there are. */
  get nodeCount(): number {
    return this.#facts('PropertyGraph.nodeCount')[0] as number;
  }

  /** How many relationships there are. */
  get edgeCount(): number {
    return this.#facts('PropertyGraph.edgeCount')[1] as number;
  }

  /** Bytes that the graph holds in the module's memory. */
  get bytesUsed(): number {
    return this.#facts('PropertyGraph.bytesUsed')[7] as number;
  }

  /** @internal */
  protected override facts(): Readonly<Record<string, unknown>> {
    return { nodes: this.nodeCount, edges: this.edgeCount };
  }

  /**
   * Adds nodes that share their labels. O(count) for each column.
   *
   * @returns the id of the first one; the others follow
   *
   * @throws TypeError or RangeError for wrong labels, counts and columns; SublinearError `STATE`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ label: 'City', count: 2, columns: { name: ['Oslo', 'Rome'], area: Float64Array.of(454, 1285) } });
   * console.log(graph.query('MATCH (c:City) RETURN c.name, c.area ORDER BY c.area DESC LIMIT 1').rows);
   * // [ { 'c.name': 'Rome', 'c.area': 1285 } ]
   * ```
   */
  addNodes(nodes: NodesInput): number {
    const operation = 'PropertyGraph.addNodes';
    const { runtime } = this;
    const { label, count, columns } = check.options<NodesInput>(operation, nodes, [
      'label',
      'count',
      'columns',
    ]);
    check.integer(operation, 'count', count, 0, 2 ** 30);
    const labels = typeof label === 'string' ? [label] : (label ?? []);
    if (!Array.isArray(labels)) throw check.typeError(operation, 'label', 'string or list', label);
    for (const name of labels) {
      check.string(operation, 'label', name);
      if (name === '' || name.includes('\n'))
        throw check.rangeError(operation, 'label', 'a name without line feeds', name);
    }
    const read = readColumns(operation, columns, count);
    const first = runtime.scratch(operation, (scratch) => {
      const { address, bytes } = writeText(runtime, scratch, labels.join('\n'));
      runtime.check(operation, this.use(operation).addNodes(address, bytes, count, runtime.out));
      return runtime.outU32();
    });
    setColumns(runtime, operation, () => this.use(operation), false, first, count, read);
    return first;
  }

  /**
   * Adds relationships of one type between nodes that are there. O(count) for each column.
   *
   * @returns the id of the first one; the others follow
   *
   * @throws RangeError `INDEX` for an id that is no node's, `SHAPE`; TypeError; SublinearError `STATE`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ label: 'Page', count: 3 });
   * graph.addEdges({ type: 'LINK', from: [0, 1], to: [1, 2], columns: { weight: Float32Array.of(0.5, 2) } });
   * console.log(graph.query('MATCH ()-[r:LINK]->(b) WHERE r.weight > 1 RETURN id(b) AS id').rows); // [ { id: 2 } ]
   * ```
   */
  addEdges(edges: EdgesInput): number {
    const operation = 'PropertyGraph.addEdges';
    const { runtime } = this;
    const given = check.options<EdgesInput>(operation, edges, ['type', 'from', 'to', 'columns']);
    check.string(operation, 'type', given.type);
    const from = indexArray(operation, 'from', given.from);
    const to = indexArray(operation, 'to', given.to);
    const count = from.length;
    if (to.length !== count) throw check.shapeError(operation, 'to', count, to.length);
    const read = readColumns(operation, given.columns, count);
    const first = runtime.scratch(operation, (scratch) => {
      const [a, b] = [scratch.u32(count + 1), scratch.u32(count + 1)];
      const { address, bytes } = writeText(runtime, scratch, given.type);
      runtime.u32.set(from, a / 4);
      runtime.u32.set(to, b / 4);
      const raw = this.use(operation);
      runtime.check(operation, raw.addRelationships(address, bytes, a, b, count, runtime.out));
      return runtime.outU32();
    });
    setColumns(runtime, operation, () => this.use(operation), true, first, count, read);
    return first;
  }

  /**
   * A graph of the graphology library: attributes become properties. An undirected edge leads from its source to its target.
   *
   * @throws TypeError for attributes that are no values of properties, `label of node ...`, `type of edge ...`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { MultiGraph } from 'graphology';
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * const source = new MultiGraph();
   * source.addNode('ada', { label: 'Person', born: 1815 });
   * source.addNode('charles', { label: 'Person' });
   * source.addEdge('ada', 'charles', { type: 'KNOWS' });
   * using graph = PropertyGraph.fromGraphology(source);
   * console.log(graph.query('MATCH (a:Person {born: 1815})-[:KNOWS]->(b) RETURN b.key AS key').rows); // [ { key: 'charles' } ]
   * ```
   */
  static fromGraphology(graph: GraphologyLike, options?: GraphologyNames): PropertyGraph {
    const operation = 'PropertyGraph.fromGraphology';
    const runtime = runtimeOf(this, operation);
    const made = adopt(runtime, operation, PropertyGraph, runtime.raw.PropertyGraph.create());
    return runMade(made, () => {
      takeGraphology(operation, made, graph, options);
      return made;
    });
  }

  /**
   * Gives nodes and relationships to a graphology graph, which must be a directed one that allows parallel edges: keys are the ids,
   * labels and types the attributes `label` and `type`.
   *
   * @returns `into`
   *
   * @example
   * ```ts
   * import { MultiDirectedGraph } from 'graphology';
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query("CREATE (:Person {name: 'Ada'})-[:KNOWS]->(:Person {name: 'Charles'})");
   * const other = graph.toGraphology(new MultiDirectedGraph());
   * console.log(other.order, other.getNodeAttributes('0')); // 2 { name: 'Ada', label: 'Person' }
   * ```
   */
  toGraphology<G extends GraphologyTarget>(into: G): G {
    return giveGraphology('PropertyGraph.toGraphology', this, into);
  }

  /**
   * A part of the graph as arrays: `Graph.fromEdges(graph.project({ type: 'LINK' }).edges)` is a graph that the other modules take.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query('CREATE (:Other), (:Page)-[:LINK {n: 2}]->(:Page)');
   * const { nodes, edges } = graph.project({ label: 'Page', weight: 'n' });
   * console.log(nodes, edges.to, edges.weights); // Uint32Array(2) [ 1, 2 ] Uint32Array(1) [ 1 ] Float64Array(1) [ 2 ]
   * ```
   */
  project(options?: PartOptions): ProjectedEdges {
    const operation = 'PropertyGraph.project';
    const { runtime } = this;
    const raw = this.use(operation);
    return projectedEdges(
      { runtime, operation, graph: raw, later: false, signal: undefined },
      options,
    );
  }

  /**
   * Sorts in the relationships that were made one by one. Queries do it themselves where there are many.
   *
   * @throws SublinearError `STATE`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query('CREATE ()-[:A]->()-[:B]->()');
   * graph.compact();
   * console.log(graph.edgeCount); // 2
   * ```
   */
  compact(): void {
    const operation = 'PropertyGraph.compact';
    this.runtime.check(operation, this.use(operation).compact());
  }

  /**
   * The graph as bytes: `PropertyGraph.load` takes them, in every engine and on every machine. Ids of what was deleted are not
   * kept: those above them move down.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query("CREATE (:Person {name: 'Ada'})");
   * using again = PropertyGraph.load(graph.save());
   * console.log(again.query('MATCH (p) RETURN p.name AS name').rows); // [ { name: 'Ada' } ]
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'PropertyGraph.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.PropertyGraph.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB: the graph as it was at the first one.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * let bytes = 0;
   * for (const piece of graph.saveInPieces()) bytes += piece.length;
   * console.log(bytes === graph.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'PropertyGraph.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.PropertyGraph.save(use()), use);
  }

  /**
   * A graph from the bytes that {@link PropertyGraph.save} gave. Untrusted bytes are safe: what is wrong is an error.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using again = PropertyGraph.load(graph.saveInPieces());
   * console.log(again.nodeCount); // 0
   * ```
   */
  static load(bytes: BytesSource): PropertyGraph {
    const operation = 'PropertyGraph.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, graphFile(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using again = await PropertyGraph.loadAsync(new Blob([graph.save()]).stream());
   * console.log(again.edgeCount); // 0
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<PropertyGraph> {
    const operation = 'PropertyGraph.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, graphFile(runtime, operation), given);
  }
}

function graphFile(runtime: Runtime, operation: string): Loading<Raw, PropertyGraph> {
  return {
    kind: 'PROP',
    build: (reader) => runtime.raw.PropertyGraph.load(reader),
    wrap: (raw) => adopt(runtime, operation, PropertyGraph, raw),
  };
}
