// A property graph as queries see it.
import type { PropertyGraph as RawGraph } from '../../generated/raw/property.js';
import { runMade, runMadeAsync } from '../../runtime/making.js';
import { WasmObject } from '../../runtime/object.js';
import type { RawObject } from '../../runtime/runtime.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import { PropertyQuery } from './query.js';
import type {
  ColumnsResult,
  GraphValue,
  Parameters,
  QueryOptions,
  QueryResult,
  QuerySummary,
} from './types.js';

export type Raw = RawGraph & RawObject;

/** What can be asked of a graph. */
export abstract class GraphQueries extends WasmObject<Raw> {
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
   * The same in slices of about 8 ms. A query that changes the graph keeps it busy meanwhile; one that reads sees the graph as it
   * was at its beginning, whatever is changed before it ends.
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
   * Runs a query and gives each row as soon as it is found, as {@link PropertyQuery.stream} says: rows of the graph as it was at
   * the first one, whatever is changed meanwhile. Leaving the loop ends the query.
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
}
