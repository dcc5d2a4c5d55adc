// Queries that are prepared, and what comes of running them.
import type {
  PropertyGraph as RawGraph,
  PropertyQuery as RawQuery,
} from '../../generated/raw/property.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Begun, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { writeText } from './bytes.js';
import { type Direct, runDirect } from './direct.js';
import {
  columnsResult,
  planOf,
  problemOf,
  readColumns,
  readEnd,
  readRows,
  rowsResult,
  textAt,
} from './results.js';
import { type Asked, beginRun, failed, queryKeys } from './run.js';
import { streamed } from './stream.js';
import type {
  ColumnsResult,
  GraphChanges,
  GraphValue,
  Parameters,
  PlanStep,
  QueryOptions,
  QueryResult,
  QuerySummary,
  RowColumns,
} from './types.js';

/** A query that was parsed once and runs many times: {@link PropertyGraph.prepare}. It belongs to its graph. */
export class PropertyQuery extends WasmObject<RawQuery> {
  /** @internal */
  declare graph: WasmObject<RawGraph & RawObject>;

  /** @internal What the answers have in common, once one was read; undefined where the query changes the graph. */
  declare names: string[] | undefined;

  /** The query. */
  declare readonly text: string;

  /** @internal */
  static make(
    runtime: Runtime,
    operation: string,
    graph: WasmObject<RawGraph & RawObject>,
    text: string,
  ): PropertyQuery {
    check.string(operation, 'text', text);
    const raw = runtime.scratch(operation, (scratch) => {
      const { address, bytes } = writeText(runtime, scratch, text);
      return runtime.raw.PropertyGraph.prepare(graph.use(operation), address, bytes);
    });
    if (raw === null) throw problemOf(runtime, operation, graph, runtime.failure(operation));
    const query = adopt(runtime, operation, PropertyQuery, raw);
    query.graph = graph;
    Object.defineProperty(query, 'text', { value: text, enumerable: true });
    return query;
  }

  /** @internal */
  protected override facts(): Readonly<Record<string, unknown>> {
    return { text: this.text };
  }

  /**
   * Runs it: all its rows as objects.
   *
   * @throws SublinearError `ARGUMENT` with `type`, `detail`, `line` and `column` for what fails while it runs, `STATE` (another
   *   query is changing the graph), `MEMORY`; TypeError or RangeError for parameters and options
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ label: 'City', count: 2, columns: { name: ['Oslo', 'Rome'] } });
   * using query = graph.prepare('MATCH (c:City {name: $name}) RETURN id(c) AS id');
   * console.log(query.run({ name: 'Rome' }).rows); // [ { id: 1 } ]
   * ```
   */
  run(parameters?: Parameters, options?: QueryOptions): QueryResult {
    const operation = 'PropertyQuery.run';
    const direct = options === undefined && directly(this, operation, parameters);
    if (direct) return { ...direct, rows: readRows(direct.columns, direct.rows) };
    return tasksOf(this.runtime).rows.now(
      'PropertyQuery.run',
      { query: this, parameters, later: false },
      options,
    );
  }

  /**
   * The same in slices of about 8 ms. The query is busy meanwhile, and its graph where it changes it; one that reads sees the graph
   * as it was at its beginning.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; nothing has changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using query = graph.prepare('UNWIND range(1, $n) AS i RETURN sum(i) AS sum');
   * console.log((await query.runAsync({ n: 1000 })).rows); // [ { sum: 500500 } ]
   * ```
   */
  runAsync(
    parameters?: Parameters,
    options?: QueryOptions & AsyncOptions<WorkProgress>,
  ): Promise<QueryResult> {
    const { rows } = tasksOf(this.runtime);
    return rows.later('PropertyQuery.runAsync', { query: this, parameters, later: true }, options);
  }

  /**
   * Runs it: its rows as a column each, numbers in typed arrays.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using query = graph.prepare('UNWIND range(1, 3) AS i RETURN i, i * 0.5 AS half');
   * console.log(query.columns().values.half); // Float64Array(3) [ 0.5, 1, 1.5 ]
   * ```
   */
  columns(parameters?: Parameters, options?: QueryOptions): ColumnsResult {
    const direct = options === undefined && directly(this, 'PropertyQuery.columns', parameters);
    if (direct) {
      const { rows, ...summary } = direct;
      return { ...summary, values: readColumns(summary.columns, rows) };
    }
    const { columns } = tasksOf(this.runtime);
    return columns.now('PropertyQuery.columns', { query: this, parameters, later: false }, options);
  }

  /**
   * The same in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using query = graph.prepare('RETURN 1 AS one');
   * console.log((await query.columnsAsync()).values.one); // Float64Array(1) [ 1 ]
   * ```
   */
  columnsAsync(
    parameters?: Parameters,
    options?: QueryOptions & AsyncOptions<WorkProgress>,
  ): Promise<ColumnsResult> {
    const { columns } = tasksOf(this.runtime);
    return columns.later(
      'PropertyQuery.columnsAsync',
      { query: this, parameters, later: true },
      options,
    );
  }

  /**
   * Runs it and gives each row as soon as it is found: the query goes on when the next row is asked for, and rows that were given
   * stay so when it is aborted. The rows of a query that changes the graph come when it has ended, because a change that fails
   * undoes all. The query is busy until the last row, and its graph where it changes it; one that reads gives rows of the graph as it
   * was at the first one. Leaving the loop ends the query. What the generator returns after the last row says how it ended.
   *
   * @throws the `signal`'s reason; otherwise as {@link PropertyQuery.run}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using query = graph.prepare('UNWIND range(1, 1000000000) AS i RETURN i');
   * for await (const { i } of query.stream()) if (Number(i) >= 3) break;
   * const rows = query.stream({}, { maxRows: 1 });
   * console.log((await rows.next()).value); // { i: 1 }
   * const { done, value } = await rows.next();
   * console.log(done, value.outcome); // true rowLimit
   * ```
   */
  stream(
    parameters?: Parameters,
    options?: QueryOptions & AsyncOptions<WorkProgress>,
  ): AsyncGenerator<Record<string, GraphValue>, QuerySummary, undefined> {
    return streamed('PropertyQuery.stream', this, parameters, options, 'rows');
  }

  /**
   * The same with the rows of a slice of about 8 ms at a time, as a column each: numbers in typed arrays.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using query = graph.prepare('UNWIND range(1, $n) AS i RETURN i');
   * let sum = 0;
   * for await (const { i } of query.streamColumns({ n: 1000 })) for (const x of i ?? []) sum += Number(x);
   * console.log(sum); // 500500
   * ```
   */
  streamColumns(
    parameters?: Parameters,
    options?: QueryOptions & AsyncOptions<WorkProgress>,
  ): AsyncGenerator<RowColumns, QuerySummary, undefined> {
    return streamed('PropertyQuery.streamColumns', this, parameters, options, 'columns');
  }

  /**
   * How it is run: a line an operator, with the rows that each gave in the last run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using query = graph.prepare('MATCH (a:Person)-[:KNOWS]->(b) RETURN count(*)');
   * console.log(query.explain().split('\n').length > 2); // true
   * ```
   */
  explain(): string {
    const operation = 'PropertyQuery.explain';
    const { runtime } = this;
    const raw = this.use(operation);
    return asking(this, operation, () =>
      runtime.scratch(operation, (scratch) => {
        const at = scratch.f64(2);
        runtime.check(operation, raw.explain(at));
        return textAt(runtime, at);
      }),
    );
  }

  /**
   * The same as objects: each operator with the rows that it gave in the last run, and its hits: how many nodes, relationships and
   * entries of indexes it looked at. Queries whose text begins with `PROFILE` have it in their result.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ label: 'City', count: 2 });
   * graph.addNodes({ label: 'Person', count: 3 });
   * using query = graph.prepare('MATCH (c:City) RETURN c');
   * query.run();
   * const [scan] = query.profile();
   * console.log(scan?.operator, scan?.details, scan?.rows, scan?.hits); // Scan (c:City) 2 5
   * console.log(graph.query('PROFILE MATCH (c:City) RETURN c').plan?.[0]?.rows); // 2
   * ```
   */
  profile(): PlanStep[] {
    const operation = 'PropertyQuery.profile';
    const raw = this.use(operation);
    return asking(this, operation, () => planOf(this.runtime, operation, raw));
  }
}

function asking<T>({ runtime, graph }: PropertyQuery, operation: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw problemOf(runtime, operation, graph, error);
  }
}

/** The answer of a query that only reads, in one call; undefined where that is not known of it yet. */
function directly(
  query: PropertyQuery,
  operation: string,
  parameters: Parameters | undefined,
): (QuerySummary & { rows: Direct }) | undefined {
  const { names, runtime, graph } = query;
  if (names === undefined) return undefined;
  try {
    const raw = () => {
      graph.use(operation);
      return query.use(operation);
    };
    const rows = runDirect(runtime, operation, raw, parameters);
    const { count: rowCount } = rows;
    return { columns: [...names], rowCount, outcome: 'complete', changes: noChanges(), rows };
  } catch (error) {
    throw problemOf(runtime, operation, graph, error);
  }
}

function noChanges(): GraphChanges {
  return {
    nodesCreated: 0,
    nodesDeleted: 0,
    relationshipsCreated: 0,
    relationshipsDeleted: 0,
    propertiesSet: 0,
    propertiesRemoved: 0,
    labelsAdded: 0,
    labelsRemoved: 0,
  };
}

/** Both forms of running a query, with each form of its result; made once for each module. */
function makeTasks(runtime: Runtime) {
  const form = <Result>(read: typeof rowsResult | typeof columnsResult) => {
    const both = task<Asked, QueryOptions, WorkProgress, Result>(
      runtime,
      queryKeys,
      (call, asked): Begun<WorkProgress, Result> => {
        const { query, raw, holds } = beginRun(call, asked);
        const { operation } = call;
        const result = () => {
          const end = readEnd(runtime, operation, query, raw.job().stopped);
          // What waits for a procedure of the program cannot be done in one call.
          const { query: prepared } = asked;
          if (!end.writes && !end.plan && !/\bcall\b/i.test(prepared.text))
            prepared.names = [...end.columns];
          return read(runtime, operation, end) as Result;
        };
        return { raw, holds, result };
      },
    );
    return {
      now(operation: string, asked: Asked, options: QueryOptions | undefined): Result {
        try {
          return both.now(operation, asked, options);
        } catch (error) {
          throw failed(asked, operation, error);
        }
      },
      async later(
        operation: string,
        asked: Asked,
        options: (QueryOptions & AsyncOptions<WorkProgress>) | undefined,
      ): Promise<Result> {
        try {
          return await both.later(operation, asked, options);
        } catch (error) {
          throw failed(asked, operation, error);
        }
      },
    };
  };
  return { rows: form<QueryResult>(rowsResult), columns: form<ColumnsResult>(columnsResult) };
}

const made = new WeakMap<Runtime, ReturnType<typeof makeTasks>>();

function tasksOf(runtime: Runtime): ReturnType<typeof makeTasks> {
  const found = made.get(runtime) ?? makeTasks(runtime);
  made.set(runtime, found);
  return found;
}
