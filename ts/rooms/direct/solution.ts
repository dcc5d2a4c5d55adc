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
  return runtime.scratch(operation, (scratch) => {
    const x = scratch.f64(length);
    const errors = scratch.f64(columns);
    const numbers = scratch.f64(4);
    runtime.check(operation, raw.readSolve(x, numbers, errors));
    // Not copied as an array: that is a part of what a small solve costs.
    const number = (i: number) => runtime.f64[numbers / 8 + i] as number;
    const [outcome, backwardError] = [number(0), number(1)];
    const [bound, refinements] = [number(2), number(3)];
    if (into !== undefined) {
      intoView(operation, into, length).set(runtime.f64.subarray(x / 8, x / 8 + length));
    }
    return {
      solution: into ?? runtime.copyF64(x, length),
      outcome: runtime.outcome(outcome),
      backwardError,
      backwardErrors: runtime.copyF64(errors, columns),
      ...(bound < Number.POSITIVE_INFINITY && {
        errorBound: bound,
        errorBoundNorm: 'infinity' as const,
      }),
      refinements,
    };
  });
}

/** `into` as an array of `length` numbers. */
export function intoView(operation: string, into: Float64Array, length: number): Float64Array {
  const view = asTyped(operation, 'into', into, 'Float64Array');
  if (view.length !== length) throw check.shapeError(operation, 'into', length, view.length);
  return view;
}
