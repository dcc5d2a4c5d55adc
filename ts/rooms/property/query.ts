// Queries that are prepared, and what comes of running them.
import { outcomes } from '../../generated/codes.js';
import type {
  PropertyGraph as RawGraph,
  PropertyQuery as RawQuery,
} from '../../generated/raw/property.js';
import { type ErrorDetails, isSublinearError, SublinearError } from '../../runtime/errors.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, type Begun, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { writeText } from './bytes.js';
import { runDirect } from './direct.js';
import type {
  ColumnsResult,
  CypherErrorDetails,
  GraphChanges,
  GraphValue,
  Parameters,
  QueryOptions,
  QueryOutcome,
  QueryResult,
} from './types.js';
import { put, WireReader, WireWriter } from './wire.js';

/** SL_PROPERTY_PROBLEM, SL_PROPERTY_QUERY_FACTS. */
const PROBLEM = 9;
const FACTS = 11;

const queryKeys = ['maxRows', 'maxTimeMs', 'seed'] as const;

interface Asked {
  query: PropertyQuery;
  parameters: Parameters | undefined;
}

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
    if (direct) return rowsOf(direct);
    return tasksOf(this.runtime).rows.now(
      'PropertyQuery.run',
      { query: this, parameters },
      options,
    );
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
   * using query = graph.prepare('UNWIND range(1, $n) AS i RETURN sum(i) AS sum');
   * console.log((await query.runAsync({ n: 1000 })).rows); // [ { sum: 500500 } ]
   * ```
   */
  runAsync(
    parameters?: Parameters,
    options?: QueryOptions & AsyncOptions<WorkProgress>,
  ): Promise<QueryResult> {
    const { rows } = tasksOf(this.runtime);
    return rows.later('PropertyQuery.runAsync', { query: this, parameters }, options);
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
    if (direct) return columnsOf(direct);
    const { columns } = tasksOf(this.runtime);
    return columns.now('PropertyQuery.columns', { query: this, parameters }, options);
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
    return columns.later('PropertyQuery.columnsAsync', { query: this, parameters }, options);
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
}

/** The text whose address and length stand at an address. */
function textAt(runtime: Runtime, at: number): string {
  const [address, bytes] = runtime.copyF64(at, 2) as unknown as [number, number];
  return new TextDecoder().decode(runtime.u8.slice(address, address + bytes));
}

/** The error of the core, with what the language says of it where there is something. */
function problemOf(
  runtime: Runtime,
  operation: string,
  graph: WasmObject<RawGraph & RawObject>,
  error: unknown,
): unknown {
  if (!isSublinearError(error) || !runtime.alive) return error;
  if (error.code !== 'PARSE' && error.code !== 'ARGUMENT') return error;
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(PROBLEM);
    graph.use(operation).problem(at);
    const numbers = runtime.copyF64(at, PROBLEM);
    if (numbers[1] === 0 || numbers[6] === 0) return error;
    const details: ErrorDetails & CypherErrorDetails = {
      argument: error.argument ?? 'text',
      position: numbers[2] as number,
      line: numbers[3] as number,
      column: numbers[4] as number,
      type: textAt(runtime, at + 40),
      detail: textAt(runtime, at + 56),
    };
    return new SublinearError(error.code, operation, textAt(runtime, at), details);
  });
}

function asking<T>({ runtime, graph }: PropertyQuery, operation: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw problemOf(runtime, operation, graph, error);
  }
}

const outcomeNames: Readonly<Record<string, QueryOutcome>> = {
  workLimit: 'rowLimit',
  timeLimit: 'timeLimit',
};

interface Answer {
  columns: string[];
  rowCount: number;
  outcome: QueryOutcome;
  changes: GraphChanges;
  reader: WireReader;
}

function readAnswer(runtime: Runtime, operation: string, query: PropertyQuery): Answer {
  // What is running is not to be told from what has ended by the graph: the step has written its outcome.
  const outcome = outcomeNames[outcomes[runtime.outU32()] ?? ''] ?? 'complete';
  const raw = query.use(operation);
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(FACTS);
    runtime.check(operation, raw.columns(at));
    const columns = new WireReader(runtime.u8, runtime.f64[at / 8] as number).value() as string[];
    raw.facts(at);
    const facts = runtime.copyF64(at, FACTS) as unknown as number[];
    if (facts[10] === 0) query.names = [...columns];
    raw.take(at);
    const [begin, , rowCount] = runtime.copyF64(at, 3) as unknown as [number, number, number];
    const [, , nodesCreated, nodesDeleted, relationshipsCreated, relationshipsDeleted] =
      facts as unknown as [number, number, number, number, number, number];
    const [propertiesSet, propertiesRemoved, labelsAdded, labelsRemoved] = facts.slice(
      6,
    ) as unknown as [number, number, number, number];
    const changes: GraphChanges = {
      nodesCreated,
      nodesDeleted,
      relationshipsCreated,
      relationshipsDeleted,
      propertiesSet,
      propertiesRemoved,
      labelsAdded,
      labelsRemoved,
    };
    return { columns, rowCount, outcome, changes, reader: new WireReader(runtime.u8, begin) };
  });
}

function rowsOf({ reader, columns, rowCount, outcome, changes }: Answer): QueryResult {
  const rows: Record<string, GraphValue>[] = [];
  for (let i = 0; i < rowCount; i++) {
    const row: Record<string, GraphValue> = {};
    for (const name of columns) put(row, name, reader.value());
    rows.push(row);
  }
  return { columns, rowCount, outcome, changes, rows };
}

/** The answer of a query that only reads, in one call; undefined where that is not known of it yet. */
function directly(
  query: PropertyQuery,
  operation: string,
  parameters: Parameters | undefined,
): Answer | undefined {
  const { names, runtime, graph } = query;
  if (names === undefined) return undefined;
  try {
    const raw = () => {
      graph.use(operation);
      return query.use(operation);
    };
    const { rowCount, reader } = runDirect(runtime, operation, raw, parameters);
    return { columns: [...names], rowCount, outcome: 'complete', changes: noChanges(), reader };
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

function columnsOf({ reader, ...answer }: Answer): ColumnsResult {
  const { columns, rowCount } = answer;
  const lists = columns.map((): GraphValue[] => []);
  for (let i = 0; i < rowCount; i++) for (const list of lists) list.push(reader.value());
  const values: ColumnsResult['values'] = {};
  for (const [i, list] of lists.entries()) {
    const numbers = list.every((value) => typeof value === 'number');
    put(values, columns[i] as string, numbers ? Float64Array.from(list as number[]) : list);
  }
  return { ...answer, values };
}

/** Both forms of running a query, with each form of its result; made once for each module. */
function makeTasks(runtime: Runtime) {
  const form = <Result>(read: (answer: Answer) => Result) => {
    const both = task<Asked, QueryOptions, WorkProgress, Result>(
      runtime,
      queryKeys,
      ({ operation, options, scratch }, { query, parameters }): Begun<WorkProgress, Result> => {
        const { maxRows = Number.POSITIVE_INFINITY, seed = 0 } = options;
        if (maxRows !== Number.POSITIVE_INFINITY) check.integer(operation, 'maxRows', maxRows);
        check.integer(operation, 'seed', seed);
        const writer = new WireWriter(operation, 'parameters');
        if (parameters !== undefined) writer.value(parameters);
        const { bytes } = writer;
        const at = scratch.bytes(bytes.length + 1);
        runtime.u8.set(bytes, at);
        query.graph.use(operation);
        const raw = query.use(operation);
        const most = maxRows === Number.POSITIVE_INFINITY ? -1 : maxRows;
        runtime.check(operation, raw.begin(at, bytes.length, most, Date.now(), seed));
        return {
          raw,
          holds: [query, query.graph],
          result: () => read(readAnswer(runtime, operation, query)),
        };
      },
    );
    return {
      now: (operation: string, asked: Asked, options: QueryOptions | undefined) =>
        asking(asked.query, operation, () => both.now(operation, asked, options)),
      later: async (
        operation: string,
        asked: Asked,
        options: (QueryOptions & AsyncOptions<WorkProgress>) | undefined,
      ) => {
        try {
          return await both.later(operation, asked, options);
        } catch (error) {
          throw problemOf(runtime, operation, asked.query.graph, error);
        }
      },
    };
  };
  return { rows: form(rowsOf), columns: form(columnsOf) };
}

const made = new WeakMap<Runtime, ReturnType<typeof makeTasks>>();

function tasksOf(runtime: Runtime): ReturnType<typeof makeTasks> {
  const found = made.get(runtime) ?? makeTasks(runtime);
  made.set(runtime, found);
  return found;
}
