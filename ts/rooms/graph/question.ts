// What questions about graphs have in common.

import type { Runtime } from '../../runtime/runtime.js';
import type { WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';

/** Where a running `...Async` call of these questions is. */
export type QuestionProgress = WorkProgress;

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
