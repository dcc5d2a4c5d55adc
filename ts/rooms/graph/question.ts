// Both forms of a question about a graph: at once, and in slices.

import type { RawObject, Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncOptions,
  type Ending,
  type Job,
  runAsync,
  runSync,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from './graph.js';

/** Where a running `...Async` call of these questions is. */
export interface QuestionProgress {
  edgeOperations: number;
}

/** sl_outcome TIME_LIMIT */
const TIME_LIMIT = 3;

/** What the C objects of these questions have in common. */
interface RawQuestion extends RawObject {
  step(work: number, out: number): number;
  stop(why: number): number;
  work(): number;
}

/** A question that was begun. */
export interface Asked<Result> {
  job: Job<QuestionProgress>;
  result: (ending: Ending) => Result;
}

/** The job of one question on one C object. */
export function asked<Result>(
  runtime: Runtime,
  operation: string,
  raw: RawQuestion,
  maxTimeMs: number | undefined,
  read: () => Result,
): Asked<Result> {
  return {
    job: {
      runtime,
      operation,
      maxTimeMs,
      step(work) {
        runtime.check(operation, raw.step(work, runtime.out));
        return !runtime.isRunning(runtime.outU32());
      },
      progress: () => ({ edgeOperations: raw.work() }),
    },
    result(ending) {
      if (ending === 'timeLimit') runtime.check(operation, raw.stop(TIME_LIMIT));
      return read();
    },
  };
}

/** The function `name` and its asynchronous form. `ask` checks everything and begins. */
export function bothWays<Options extends object, Result>(
  names: readonly (keyof Options)[],
  ask: (operation: string, graph: Graph, options: Options) => Asked<Result>,
) {
  return {
    now(operation: string, graph: Graph, given: Options): Result {
      const { job, result } = ask(operation, graph, check.options(operation, given, names));
      return result(runSync(job));
    },
    async later(
      operation: string,
      graph: Graph,
      given: Options & AsyncOptions<QuestionProgress>,
    ): Promise<Result> {
      const options = check.options(operation, given, [...names, 'signal', 'onProgress']);
      const control = asyncOptions(operation, options);
      const { job, result } = ask(operation, graph, options);
      return result(await runAsync(job, [graph], control));
    },
  };
}

/** Options as the doubles that C reads; what is not given is 0, C's word for the default. */
export function numbers(
  runtime: Runtime,
  operation: string,
  values: number[],
  use: (address: number) => number,
): void {
  runtime.scratch(operation, (scratch) => {
    const address = scratch.f64(values.length);
    runtime.f64.set(values, address / 8);
    runtime.check(operation, use(address));
  });
}

/** A limit of edge operations: 0 when it is not given. */
export function limit(operation: string, name: string, value: number | undefined): number {
  if (value === undefined) return 0;
  return check.integer(operation, name, value, 1, Number.MAX_SAFE_INTEGER);
}
