// Rows that come while the query runs.
import { outcomes } from '../../generated/codes.js';
import { Scratch } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  asyncOptions,
  orAborted,
  timeBudget,
  type WorkProgress,
  yieldToOthers,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import {
  columnNames,
  factsOf,
  problemOf,
  readColumns,
  readEnd,
  readRows,
  takeRows,
} from './results.js';
import { type Asked, beginRun, failed, type Prepared, queryKeys, type Running } from './run.js';
import type { GraphValue, Parameters, QueryOptions, QuerySummary, RowColumns } from './types.js';

type Options = QueryOptions & AsyncOptions<WorkProgress>;

/** Work of a first slice, and the most of one. */
const FIRST_WORK = 2000;
const MOST_WORK = 1 << 20;
const SLICE_MS = 8;
const TIME_LIMIT = outcomes.indexOf('timeLimit');

interface Forms {
  rows: Record<string, GraphValue>;
  columns: RowColumns;
}

/** A generator of rows, or of the columns of some rows at a time. Arguments are checked at once, it begins with the first row. */
export function streamed<F extends keyof Forms>(
  operation: string,
  query: Prepared,
  parameters: Parameters | undefined,
  given: Options | undefined,
  form: F,
): AsyncGenerator<Forms[F], QuerySummary, undefined> {
  const options = check.options<Options>(operation, given, [...queryKeys, ...asyncKeys]);
  const maxTimeMs = timeBudget(operation, options.maxTimeMs) ?? Number.POSITIVE_INFINITY;
  query.use(operation);
  const asked: Asked = { query, parameters, later: true };
  return run(operation, asked, options, maxTimeMs, form);
}

async function* run<F extends keyof Forms>(
  operation: string,
  asked: Asked,
  options: Options,
  maxTimeMs: number,
  form: F,
): AsyncGenerator<Forms[F], QuerySummary, undefined> {
  const { query } = asked;
  const { runtime } = query;
  const { signal, onProgress } = asyncOptions(operation, options);
  const scratch = new Scratch(runtime, operation);
  let held: Running['holds'] = [];
  let ended = false;
  let holding = false;
  const letGo = () => {
    if (!holding) return;
    holding = false;
    runtime.running--;
    for (const object of held) object.letGo();
  };
  try {
    const call = { runtime, operation, options: { ...options, signal } as never, scratch };
    const { raw, query: rawQuery, holds } = beginRun(call, asked);
    const job = raw.job();
    const columns = columnNames(runtime, operation, rawQuery);
    const { writes } = factsOf(runtime, operation, rawQuery);
    held = holds;
    for (const object of held) object.hold();
    runtime.running++;
    holding = true;
    let work = FIRST_WORK;
    let spent = 0; // without the time in which nobody asked for a row
    for (;;) {
      signal?.throwIfAborted();
      runtime.assertAlive(operation);
      const start = performance.now();
      if (spent >= maxTimeMs) {
        runtime.check(operation, job.stop(TIME_LIMIT));
        ended = true;
      } else {
        runtime.check(operation, job.step(work, runtime.out));
        ended = !runtime.isRunning(runtime.outU32());
      }
      const took = performance.now() - start;
      spent += took;
      work = Math.min(MOST_WORK, Math.ceil(work * Math.min(4, Math.max(0.25, SLICE_MS / took))));
      const summary = ended
        ? summaryOf(readEnd(runtime, operation, rawQuery, job.stopped))
        : undefined;
      if (summary !== undefined) letGo();
      if (ended || !writes) {
        const taken = takeRows(runtime, operation, rawQuery);
        if (form === 'rows') yield* readRows(columns, taken) as Forms[F][];
        else if (taken.count > 0) yield readColumns(columns, taken) as Forms[F];
      }
      if (summary !== undefined) return summary;
      onProgress?.({ edgeOperations: job.work() });
      const pending = job.pending?.();
      const before = performance.now();
      await (pending === undefined
        ? yieldToOthers()
        : signal
          ? orAborted(signal, () => pending)
          : pending);
      if (pending !== undefined) spent += performance.now() - before;
    }
  } catch (error) {
    letGo();
    if (!ended) throw failed(asked, operation, error);
    throw problemOf(runtime, operation, query.graph, error);
  } finally {
    letGo();
    if (!ended) asked.leave?.();
    scratch.release();
  }
}

const summaryOf = ({ columns, rowCount, outcome, changes, plan }: QuerySummary): QuerySummary => ({
  columns,
  rowCount,
  outcome,
  changes,
  ...(plan && { plan }),
});
