// A property graph as queries see it.
import type { PropertyGraph as RawGraph } from '../../generated/raw/property.js';
import { runMade, runMadeAsync } from '../../runtime/making.js';
import { WasmObject } from '../../runtime/object.js';
import type { RawObject } from '../../runtime/runtime.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { writeText } from './bytes.js';
import { bytesOfRows, type Host, hostsOf } from './host.js';
import { type Modules, proceduresOf } from './procedures.js';
import { Projections } from './projection.js';
import { PropertyQuery } from './query.js';
import type {
  ColumnsResult,
  GraphValue,
  Parameter,
  Parameters,
  Procedure,
  QueryOptions,
  QueryResult,
  QuerySummary,
} from './types.js';

export type Raw = RawGraph & RawObject;

/** What can be asked of a graph. */
export abstract class GraphQueries extends WasmObject<Raw> {
  static {
    // A graph in a worker asks for the rows of a function, which stays with the program.
    Object.assign(GraphQueries.prototype.defineProcedure, { keepsFunctions: true });
  }

  /**
   * Parses and checks a query, to run it many times. It is to be disposed like every object.
   *
   * @throws SublinearError `PARSE` with `type`, `detail`, `line` and `column`: the message shows the place with a caret
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using create = graph.prepare('CREATE (:Item {n: $n})');
   * for (let n = 0; n < 3; n++) create.run({ n });
   * console.log(graph.query('MATCH (i:Item) RETURN collect(i.n) AS all').rows); // [ { all: [ 0, 1, 2 ] } ]
   * ```
   */
  prepare(text: string): PropertyQuery {
    return PropertyQuery.make(this.runtime, 'PropertyGraph.prepare', this, text);
  }

  /**
   * Runs a query. Values go in as parameters: `$name` in the text can never become a part of the query.
   *
   * @throws SublinearError `PARSE` and `ARGUMENT` with `type`, `detail`, `line` and `column`, `STATE`, `MEMORY`; TypeError or
   *   RangeError for parameters and options
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * const { changes } = graph.query('UNWIND $names AS name CREATE (:Person {name: name})', { names: ['Ada', 'Bob'] });
   * console.log(changes.nodesCreated, graph.query('MATCH (p:Person) RETURN count(*) AS n').rows); // 2 [ { n: 2 } ]
   * try {
   *   graph.query('MATCH (p) RETURN q');
   * } catch (error) {
   *   console.log((error as Error).message.split('\n')[1]); // MATCH (p) RETURN q
   * }
   * ```
   */
  query(text: string, parameters?: Parameters, options?: QueryOptions): QueryResult {
    const query = PropertyQuery.make(this.runtime, 'PropertyGraph.query', this, text);
    try {
      return query.run(parameters, options);
    } finally {
      query.dispose();
    }
  }

  /**
   * The same in slices of about 8 ms. The graph is busy meanwhile.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; nothing has changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * const { rows } = await graph.queryAsync('UNWIND [3, 1, 2] AS n RETURN n ORDER BY n', {}, { maxTimeMs: 1000 });
   * console.log(rows); // [ { n: 1 }, { n: 2 }, { n: 3 } ]
   * ```
   */
  async queryAsync(
    text: string,
    parameters?: Parameters,
    options?: QueryOptions & AsyncOptions<WorkProgress>,
  ): Promise<QueryResult> {
    const query = PropertyQuery.make(this.runtime, 'PropertyGraph.queryAsync', this, text);
    const result = await runMadeAsync(query, () => query.runAsync(parameters, options));
    query.dispose();
    return result;
  }

  /**
   * Runs a query and gives each row as soon as it is found, as {@link PropertyQuery.stream} says. The graph is busy until the last
   * row; leaving the loop ends the query.
   *
   * @throws the `signal`'s reason; otherwise as {@link PropertyGraph.query}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ label: 'City', count: 3, columns: { name: ['Oslo', 'Rome', 'Bern'] } });
   * const names: unknown[] = [];
   * for await (const { name } of graph.stream('MATCH (c:City) RETURN c.name AS name')) names.push(name);
   * console.log(names); // [ 'Oslo', 'Rome', 'Bern' ]
   * ```
   */
  async *stream(
    text: string,
    parameters?: Parameters,
    options?: QueryOptions & AsyncOptions<WorkProgress>,
  ): AsyncGenerator<Record<string, GraphValue>, QuerySummary, undefined> {
    const query = PropertyQuery.make(this.runtime, 'PropertyGraph.stream', this, text);
    try {
      return yield* query.stream(parameters, options);
    } finally {
      query.dispose();
    }
  }

  /**
   * Runs a query: its rows as a column each, numbers in typed arrays.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ count: 3, columns: { x: Float64Array.of(1.5, 2.5, 3.5) } });
   * console.log(graph.queryColumns('MATCH (n) RETURN n.x AS x').values.x); // Float64Array(3) [ 1.5, 2.5, 3.5 ]
   * ```
   */
  queryColumns(text: string, parameters?: Parameters, options?: QueryOptions): ColumnsResult {
    const query = PropertyQuery.make(this.runtime, 'PropertyGraph.queryColumns', this, text);
    try {
      return query.columns(parameters, options);
    } finally {
      query.dispose();
    }
  }

  /**
   * How a query would be run: a line an operator, in their order.
   *
   * @throws SublinearError `PARSE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * console.log(graph.explain('MATCH (a:Person) RETURN a.name').split('\n')[0]); // Scan (a:Person) rows=0 hits=0
   * ```
   */
  explain(text: string): string {
    const query = PropertyQuery.make(this.runtime, 'PropertyGraph.explain', this, text);
    return runMade(query, () => {
      const plan = query.explain();
      query.dispose();
      return plan;
    });
  }

  /**
   * Defines a procedure for `CALL`, so that what is computed elsewhere joins in a query. Not saved with the graph.
   *
   * A table gives the outputs of the rows whose inputs equal the arguments. A function computes rows of outputs from the arguments of
   * each call, while the query waits; an asynchronous query waits for promises as well. Such a procedure cannot be called in a
   * subquery that is an expression (`EXISTS { }`, `COUNT { }`), and the graph is busy while it runs.
   *
   * @param signature `name(input :: TYPE, ...) :: (output :: TYPE, ...)`, with INTEGER, FLOAT, NUMBER, STRING, BOOLEAN, MAP, LIST, NODE,
   *   RELATIONSHIP, PATH, ANY. In rows a node or relationship is its id, and a path a list: the id of its first node, then those of the
   *   relationships that lead on. Rows that name what is not there any more are left out
   * @param rows a list for each row: a value for each input, then for each output; or a function
   *
   * @throws SublinearError `FORMAT` (signature, rows), `STATE` (there are prepared queries), `MEMORY`; TypeError
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ label: 'Page', count: 3, columns: { name: ['a', 'b', 'c'] } });
   * graph.defineProcedure('rank() :: (node :: NODE, score :: FLOAT)', [[2, 0.7], [0, 0.3]]);
   * console.log(graph.query('CALL rank() YIELD node, score RETURN node.name AS name ORDER BY score DESC').rows);
   * // [ { name: 'c' }, { name: 'a' } ]
   * graph.defineProcedure('after(node :: ANY) :: (next :: NODE)', (node) => [[Number(node) + 1]]);
   * console.log(graph.query("MATCH (p {name: 'a'}) CALL after(p) YIELD next RETURN next.name AS name").rows); // [ { name: 'b' } ]
   * ```
   */
  defineProcedure(
    signature: string,
    rows: readonly (readonly Parameter[])[] | Procedure = [],
  ): void {
    const operation = 'PropertyGraph.defineProcedure';
    if (typeof rows !== 'function' && !Array.isArray(rows))
      throw check.typeError(operation, 'rows', 'list of lists or function', rows);
    const given: Uint8Array | Host =
      typeof rows === 'function'
        ? (_, values) => rows(...values)
        : bytesOfRows(operation, 'rows', rows as readonly (readonly Parameter[])[]);
    this.#define(operation, signature, given);
  }

  #define(operation: string, signature: string, rows: Uint8Array | Host): void {
    const { runtime } = this;
    check.string(operation, 'signature', signature);
    const bytes = typeof rows === 'function' ? undefined : rows;
    runtime.scratch(operation, (scratch) => {
      const list = bytes === undefined ? 0 : scratch.bytes(bytes.length + 1);
      const text = writeText(runtime, scratch, signature);
      if (bytes !== undefined) runtime.u8.set(bytes, list);
      const raw = this.use(operation);
      runtime.check(operation, raw.define(text.address, text.bytes, list, bytes?.length ?? 0));
    });
    const name = signature.slice(0, signature.indexOf('(')).trim();
    if (typeof rows === 'function') hostsOf(this).set(name, rows);
    else hostsOf(this).delete(name);
  }

  /**
   * Lets queries call what other modules of the same engine compute: `CALL sublinear.pagerank`, `.personalized`, `.communities`,
   * `.shortestPath`, `.vectorSearch`, `.vectorSearchAmong`, `.embed`, `.loadCsv` and `.loadJson`, those for whose modules are given. `docs/property.md` has
   * their signatures. A graph is copied for them at the first call after a change.
   *
   * @throws TypeError for modules that are none; SublinearError `STATE` (there are prepared queries), `MEMORY`
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { PropertyGraph } = await engine.use('property');
   * using graph = PropertyGraph.create();
   * graph.query("CREATE (a:Page {name: 'a'})-[:LINK]->(b:Page {name: 'b'})-[:LINK]->(a), (:Page {name: 'c'})-[:LINK]->(b)");
   * graph.useProcedures({ diffusion: await engine.use('diffusion') });
   * const { rows } = graph.query(`
   *   CALL sublinear.pagerank({type: 'LINK'}) YIELD node, score, errorBound
   *   RETURN node.name AS name, round(score * 100) AS percent, errorBound < 0.00001 AS sure ORDER BY score DESC LIMIT 1`);
   * console.log(rows); // [ { name: 'b', percent: 49, sure: true } ]
   * ```
   */
  useProcedures(modules: Modules): void {
    const operation = 'PropertyGraph.useProcedures';
    const kept = new Projections();
    const procedures = proceduresOf(operation, modules, kept);
    this.use(operation);
    this.dropCompanion('procedures');
    this.companion(this.runtime, 'procedures', () => ({ delete: () => kept.clear() }));
    for (const [signature, host] of procedures) this.#define(operation, signature, host);
  }
}
