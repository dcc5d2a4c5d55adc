// How a query is begun.
import { outcomes } from '../../generated/codes.js';
import type {
  PropertyGraph as RawGraph,
  PropertyQuery as RawQuery,
} from '../../generated/raw/property.js';
import type { WasmObject } from '../../runtime/object.js';
import type { RawObject } from '../../runtime/runtime.js';
import type { AsyncOptions, Call, Holdable } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Served } from './host.js';
import { factsOf, problemOf } from './results.js';
import type { Parameters, QueryOptions } from './types.js';
import { WireWriter } from './wire.js';

/** sl_outcome TIME_LIMIT */
const TIME_LIMIT = outcomes.indexOf('timeLimit');

export const queryKeys = ['maxRows', 'maxTimeMs', 'seed'] as const;

/** A prepared query and its graph. */
export type Prepared = WasmObject<RawQuery> & {
  readonly text: string;
  names: string[] | undefined;
  readonly graph: WasmObject<RawGraph & RawObject>;
};

export interface Asked {
  query: Prepared;
  parameters: Parameters | undefined;
  /** Whether procedures may give promises. */
  later: boolean;
  /** Ends what was begun and did not come to its end. */
  leave?: () => void;
}

/** A query that runs. */
export interface Running {
  raw: { job(): Served };
  holds: (WasmObject<RawObject> | Holdable)[];
  query: RawQuery;
}

/** Begins to run a query. */
export function beginRun(
  { runtime, operation, options, scratch }: Call<QueryOptions & AsyncOptions<never>>,
  asked: Asked,
): Running {
  const { query, parameters, later } = asked;
  const { maxRows = Number.POSITIVE_INFINITY, seed = 0 } = options;
  if (maxRows !== Number.POSITIVE_INFINITY) check.integer(operation, 'maxRows', maxRows);
  check.integer(operation, 'seed', seed);
  const writer = new WireWriter(operation, 'parameters');
  writer.parameters(parameters);
  const { bytes } = writer;
  const at = scratch.bytes(bytes.length + 1);
  runtime.u8.set(bytes, at);
  const graph = query.graph.use(operation);
  const raw = query.use(operation);
  const most = maxRows === Number.POSITIVE_INFINITY ? -1 : maxRows;
  runtime.check(operation, raw.begin(at, bytes.length, most, Date.now(), seed));
  // Expressions that never pause must end as well: no unit of work takes less than 10 ns.
  const { maxTimeMs } = options;
  if (maxTimeMs !== undefined)
    raw.limit(Math.min(Math.ceil(maxTimeMs * 1e5), Number.MAX_SAFE_INTEGER));
  asked.leave = () => {
    // Changes are undone, and others may change the graph. What it says of a query that has ended does not matter.
    if (runtime.alive) raw.job()?.stop(TIME_LIMIT);
  };
  const { signal } = options;
  const inner = runtime.made(operation, raw.job());
  const job = new Served({ runtime, operation, query, raw, graph, later, signal }, inner);
  // Who reads keeps a state of the graph, which others may use, but not dispose.
  const { graph: whole } = query;
  const writes = !later || factsOf(runtime, operation, raw).writes;
  const holds = [query, writes ? whole : { hold: () => whole.pin(), letGo: () => whole.unpin() }];
  return { raw: { job: () => job }, holds, query: raw };
}

/** Errors of a run as the language says them; what was begun is left. */
export function failed(asked: Asked, operation: string, error: unknown): unknown {
  const { query } = asked;
  const told = problemOf(query.runtime, operation, query.graph, error);
  asked.leave?.();
  return told;
}
