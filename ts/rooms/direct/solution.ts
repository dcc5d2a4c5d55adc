// The answers of a factorisation.
import type { Factor as RawFactor } from '../../generated/raw/direct.js';
import { asTyped } from '../../runtime/brand.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { FactorSolution } from './types.js';

/** What a solve that has ended left behind; `into` has the room that it needs, or the call fails. */
export function readSolution(
  runtime: Runtime,
  operation: string,
  raw: RawFactor,
  n: number,
  columns: number,
  into: Float64Array | undefined,
): FactorSolution {
  const length = n * columns;
  // Numbers of sl_factor_view_solve. Small solves are made often: nothing is copied but what is returned.
  runtime.check(operation, raw.viewSolve(runtime.out));
  const backwardError = runtime.outF64(1);
  const bound = runtime.outF64(2);
  const x = runtime.outF64(4);
  if (into !== undefined) {
    intoView(operation, into, length).set(runtime.f64.subarray(x / 8, x / 8 + length));
  }
  const result: FactorSolution = {
    solution: into ?? runtime.copyF64(x, length),
    outcome: runtime.outcome(runtime.outF64(0)),
    backwardError,
    // That of a single one is the largest.
    backwardErrors:
      columns === 1 ? Float64Array.of(backwardError) : runtime.copyF64(runtime.outF64(5), columns),
    refinements: runtime.outF64(3),
  };
  if (bound < Number.POSITIVE_INFINITY) {
    result.errorBound = bound;
    result.errorBoundNorm = 'infinity';
  }
  return result;
}

/** `into` as an array of `length` numbers. */
export function intoView(operation: string, into: Float64Array, length: number): Float64Array {
  const view = asTyped(operation, 'into', into, 'Float64Array');
  if (view.length !== length) throw check.shapeError(operation, 'into', length, view.length);
  return view;
}
