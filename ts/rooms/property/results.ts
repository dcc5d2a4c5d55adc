// What comes of running a query, read out of the module's memory.
import { outcomes } from '../../generated/codes.js';
import type {
  PropertyGraph as RawGraph,
  PropertyQuery as RawQuery,
} from '../../generated/raw/property.js';
import { type ErrorDetails, isSublinearError, SublinearError } from '../../runtime/errors.js';
import type { WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type {
  ColumnsResult,
  CypherErrorDetails,
  GraphChanges,
  GraphValue,
  PlanStep,
  QueryOutcome,
  QueryResult,
  QuerySummary,
  RowColumns,
} from './types.js';
import { put, WireReader } from './wire.js';

/** SL_PROPERTY_PROBLEM, SL_PROPERTY_QUERY_FACTS. */
const PROBLEM = 9;
const FACTS = 12;

/** The text whose address and length stand at an address. */
export function textAt(runtime: Runtime, at: number): string {
  const [address, bytes] = runtime.copyF64(at, 2) as unknown as [number, number];
  return new TextDecoder().decode(runtime.u8.slice(address, address + bytes));
}

/** The error of the core, with what the language says of it where there is something. */
export function problemOf(
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

const outcomeNames: Readonly<Record<string, QueryOutcome>> = {
  workLimit: 'rowLimit',
  timeLimit: 'timeLimit',
};

/** The names of the columns. */
export function columnNames(runtime: Runtime, operation: string, raw: RawQuery): string[] {
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(2);
    runtime.check(operation, raw.columns(at));
    return new WireReader(runtime.u8, runtime.f64[at / 8] as number).value() as string[];
  });
}

/** Whether it changes the graph, and what it has changed. */
export function factsOf(
  runtime: Runtime,
  operation: string,
  raw: RawQuery,
): { writes: boolean; planned: boolean; rowCount: number; changes: GraphChanges } {
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(FACTS);
    raw.facts(at);
    const n = runtime.copyF64(at, FACTS);
    const [, rowCount, nodesCreated, nodesDeleted, relationshipsCreated, relationshipsDeleted] =
      n as unknown as [number, number, number, number, number, number];
    const [propertiesSet, propertiesRemoved, labelsAdded, labelsRemoved, writes, mode] = n.slice(
      6,
    ) as unknown as [number, number, number, number, number, number];
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
    return { writes: writes !== 0, planned: mode !== 0, rowCount, changes };
  });
}

/** The operators of a query, with their rows and hits in its last run. */
export function planOf(runtime: Runtime, operation: string, raw: RawQuery): PlanStep[] {
  const lines = runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(2);
    runtime.check(operation, raw.profile(at));
    return new WireReader(runtime.u8, runtime.f64[at / 8] as number).value();
  }) as [number, string, number, number][];
  const steps: PlanStep[] = [];
  // Where the next step of each depth goes.
  const places = [steps];
  for (const [depth, text, rows, hits] of lines) {
    const [, operator = '', details = ''] = /^(\w+),? ?(.*)$/s.exec(text) ?? [];
    const step: PlanStep = { operator, details, rows, hits, children: [] };
    places[depth]?.push(step);
    places[depth + 1] = step.children;
  }
  return steps;
}

/** Rows since the last time; nothing may allocate before they are read. */
export function takeRows(
  runtime: Runtime,
  operation: string,
  raw: RawQuery,
): { count: number; reader: WireReader } {
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(3);
    raw.take(at);
    const [begin, , count] = runtime.copyF64(at, 3) as unknown as [number, number, number];
    return { count, reader: new WireReader(runtime.u8, begin) };
  });
}

export function readRows(
  columns: readonly string[],
  { count, reader }: { count: number; reader: WireReader },
): Record<string, GraphValue>[] {
  const rows: Record<string, GraphValue>[] = [];
  for (let i = 0; i < count; i++) {
    const row: Record<string, GraphValue> = {};
    for (const name of columns) put(row, name, reader.value());
    rows.push(row);
  }
  return rows;
}

export function readColumns(
  columns: readonly string[],
  { count, reader }: { count: number; reader: WireReader },
): RowColumns {
  const lists = columns.map((): GraphValue[] => []);
  for (let i = 0; i < count; i++) for (const list of lists) list.push(reader.value());
  const values: RowColumns = {};
  for (const [i, list] of lists.entries()) {
    const numbers = list.every((value) => typeof value === 'number');
    put(values, columns[i] as string, numbers ? Float64Array.from(list as number[]) : list);
  }
  return values;
}

/** A query that has ended. */
export interface Ended extends QuerySummary {
  raw: RawQuery;
  writes: boolean;
}

/** The last step has written how it ended, unless it was stopped since. */
export function readEnd(
  runtime: Runtime,
  operation: string,
  raw: RawQuery,
  stopped: boolean,
): Ended {
  const outcome = stopped
    ? 'timeLimit'
    : (outcomeNames[outcomes[runtime.outU32()] ?? ''] ?? 'complete');
  const { writes, planned, changes, rowCount } = factsOf(runtime, operation, raw);
  const columns = columnNames(runtime, operation, raw);
  const plan = planned ? { plan: planOf(runtime, operation, raw) } : {};
  return { raw, writes, columns, rowCount, outcome, changes, ...plan };
}

export const rowsResult = (
  runtime: Runtime,
  operation: string,
  { raw, writes: _, ...end }: Ended,
): QueryResult => ({ ...end, rows: readRows(end.columns, takeRows(runtime, operation, raw)) });

export const columnsResult = (
  runtime: Runtime,
  operation: string,
  { raw, writes: _, ...end }: Ended,
): ColumnsResult => ({
  ...end,
  values: readColumns(end.columns, takeRows(runtime, operation, raw)),
});
