// What questions about graphs have in common.

import type { WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';

/** Where a running `...Async` call of these questions is. */
export type QuestionProgress = WorkProgress;

/** A limit of edge operations: 0 when it is not given. */
export function limit(operation: string, name: string, value: number | undefined): number {
  if (value === undefined) return 0;
  return check.integer(operation, name, value, 1, Number.MAX_SAFE_INTEGER);
}
