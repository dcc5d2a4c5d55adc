// A property graph.
import { runtimeOf } from '../../runtime/bind.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { runMade } from '../../runtime/making.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { indexArray } from '../../runtime/scratch.js';
import { asyncKeys } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Store } from '../../store/common.js';
import type { GraphologyLike } from '../graph/graphology.js';
import { readColumns, setColumns, writeText } from './bytes.js';
import { GraphProcedures } from './define.js';
import { bytesOfProperties } from './estimate.js';
import { takeGraphology } from './exchange.js';
import type { Raw } from './queries.js';
import { openIn, saveIn } from './saving.js';
import type {
  EdgesInput,
  GraphOpenOptions,
  GraphologyNames,
  GraphSaved,
  GraphSaveOptions,
  NodesInput,
  PropertyGraphSize,
} from './types.js';
import { GraphSnapshot, GraphTransaction, within } from './views.js';

/**
 * Nodes with labels, relationships (edges) of one type each, and properties of both, asked in openCypher.
 *
 * Ids are numbers from 0 in the order of making, and are not used again. A statement does all that it says or, when it fails or is
 * stopped, nothing; a transaction ({@link PropertyGraph.transaction}) holds several. One of them changes the graph at a time. Who
 * reads meanwhile, in a query whose rows are still coming or in a snapshot ({@link PropertyGraph.snapshot}), keeps the graph of
 * the beginning.
 */
export class PropertyGraph extends GraphProcedures {
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

  /**
   * About the bytes that a graph of this size will hold, before it is made: what {@link PropertyGraph.bytesUsed} says after
   * `addNodes`, `addEdges` and `compact` is at most this. Ids of a graph that grows bit by bit take up to twice as much. Indexes,
   * snapshots and texts of more than 64 KiB are not in it. O(1).
   *
   * @throws TypeError or RangeError for wrong sizes
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * const bytes = PropertyGraph.estimateBytes({
   *   nodeCount: 100_000,
   *   edgeCount: 1_000_000,
   *   nodes: { strings: 2, numbers: 1 },
   *   edges: { numbers: 1 },
   *   texts: { count: 100_050, bytes: 1_200_000 },
   * });
   * console.log(bytes > 40e6, bytes < 50e6); // true true
   * ```
   */
  static estimateBytes(size: PropertyGraphSize): number {
    const operation = 'PropertyGraph.estimateBytes';
    return bytesOfProperties(runtimeOf(this, operation), operation, size);
  }

  /** Bytes that the graph holds in the module's memory, with what snapshots and queries that run keep of it. */
  get bytesUsed(): number {
    return this.numbers('PropertyGraph.bytesUsed')[7] as number;
  }

  /**
   * Older states of the graph that somebody still reads, and the bytes that only they take. A snapshot that is forgotten is
   * seen here.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * const snapshot = graph.snapshot();
   * console.log(graph.kept.states); // 0
   * graph.query('CREATE (:Item)');
   * console.log(graph.kept.states, graph.kept.bytes > 0); // 1 true
   * snapshot.dispose();
   * console.log(graph.kept.states); // 0
   * ```
   */
  get kept(): { states: number; bytes: number } {
    const numbers = this.numbers('PropertyGraph.kept');
    return { states: numbers[10] as number, bytes: numbers[11] as number };
  }

  /**
   * The graph as it is now, to be read while it is changed; during a transaction, as it was before. Nothing is copied at once: a
   * later change copies the part that it changes. Dispose it when you are done, for what it keeps takes memory ({@link PropertyGraph.kept}).
   *
   * @throws SublinearError `STATE` while a statement changes the graph, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query('CREATE (:Item {n: 1})');
   * using snapshot = graph.snapshot();
   * graph.query('MATCH (i:Item) SET i.n = 2');
   * console.log(snapshot.query('MATCH (i:Item) RETURN i.n AS n').rows); // [ { n: 1 } ]
   * console.log(graph.query('MATCH (i:Item) RETURN i.n AS n').rows); // [ { n: 2 } ]
   * ```
   */
  snapshot(): GraphSnapshot {
    return GraphSnapshot.of('PropertyGraph.snapshot', this);
  }

  /**
   * Begins a transaction: statements that are committed or rolled back together. Until then only the transaction sees what it has
   * changed, nothing else can change the graph, and disposing the transaction rolls it back.
   *
   * @throws SublinearError `STATE` when another transaction is open or a statement changes the graph, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using transaction = graph.begin();
   * transaction.query("CREATE (:Account {name: 'a', money: 5})");
   * transaction.query("CREATE (:Account {name: 'b', money: 0})");
   * console.log(transaction.nodeCount, graph.nodeCount); // 2 0
   * console.log(transaction.commit().nodesCreated, graph.nodeCount); // 2 2
   * ```
   */
  begin(): GraphTransaction {
    return GraphTransaction.of('PropertyGraph.begin', this);
  }

  /**
   * Runs `body` in a transaction, which is committed when it returns and rolled back when it throws; the same for a promise.
   *
   * @param body - a function; in an engine in a worker use {@link PropertyGraph.begin}
   * @returns what `body` returns
   *
   * @throws what `body` throws; SublinearError as {@link PropertyGraph.begin} and {@link GraphTransaction.commit}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query("CREATE (:Account {name: 'a', money: 5}), (:Account {name: 'b', money: 0})");
   * const pay = (amount: number) =>
   *   graph.transaction((transaction) => {
   *     transaction.query("MATCH (b:Account {name: 'b'}) SET b.money = b.money + $amount", { amount });
   *     const { rows } = transaction.query("MATCH (a:Account {name: 'a'}) SET a.money = a.money - $amount RETURN a.money AS rest", { amount });
   *     if (Number(rows[0]?.rest) < 0) throw new Error('not enough money');
   *   });
   * pay(3);
   * try {
   *   pay(3);
   * } catch (error) {
   *   console.log((error as Error).message); // not enough money
   * }
   * console.log(graph.query('MATCH (a:Account) RETURN a.money AS money ORDER BY a.name').rows); // [ { money: 2 }, { money: 3 } ]
   * ```
   */
  transaction<T>(body: (transaction: GraphTransaction) => T): T {
    const operation = 'PropertyGraph.transaction';
    if (typeof body !== 'function') throw check.typeError(operation, 'body', 'function', body);
    return within(GraphTransaction.of(operation, this), body);
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
   * Saves the graph under a key of a store: whole for the first time, afterwards only what has changed since. Each file is all
   * or nothing, so that a save that fails or is cut off leaves the graph of the save before; when the changes have become larger
   * than the graph, it is saved whole again, and the older files are deleted. Ids stay as they are. What is saved is the graph at the
   * time of the call, without an open transaction; it may go on changing.
   *
   * @param store - the object with which it was opened; the first save by another one replaces what is under the key
   * @param key - the files are `key/...`
   *
   * @throws SublinearError `CHANGED` when another writer has saved under the key since this graph was opened or saved there,
   *   `STATE` while a statement changes the graph, `QUOTA`, `STORE`, `MEMORY`; the `signal`'s reason
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   * import { memoryStore } from 'sublinear/store';
   *
   * const { PropertyGraph } = await load();
   * const store = memoryStore();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ label: 'Item', count: 10000, columns: { n: Int32Array.from({ length: 10000 }, (_, i) => i) } });
   * const first = await graph.saveIn(store, 'items');
   * graph.query('MATCH (i:Item {n: 7}) SET i.n = -7');
   * const second = await graph.saveIn(store, 'items');
   * console.log(first.whole, second.whole, second.bytes * 100 < first.bytes); // true false true
   * ```
   */
  saveIn(store: Store, key: string, options?: GraphSaveOptions): Promise<GraphSaved> {
    return saveIn('PropertyGraph.saveIn', this, store, key, options);
  }

  /**
   * The graph that {@link PropertyGraph.saveIn} has saved under a key, or an empty one where there is none. Saving it there again
   * saves what has changed.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM` for files that are damaged, but for the last one, which is left out
   *   then; `CHANGED`, `STORE`, `MEMORY`; the `signal`'s reason
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   * import { memoryStore } from 'sublinear/store';
   *
   * const { PropertyGraph } = await load();
   * const store = memoryStore();
   * using graph = await PropertyGraph.openIn(store, 'people');
   * graph.query("CREATE (:Person {name: 'Ada'})");
   * await graph.saveIn(store, 'people');
   * using again = await PropertyGraph.openIn(store, 'people');
   * console.log(again.query('MATCH (p) RETURN p.name AS name').rows); // [ { name: 'Ada' } ]
   * ```
   */
  static async openIn(
    store: Store,
    key: string,
    options?: GraphOpenOptions,
  ): Promise<PropertyGraph> {
    return openIn('PropertyGraph.openIn', () => this.create(), store, key, options);
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
