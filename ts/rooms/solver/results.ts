// What a solve has come to, read from the C solver.

import { type OutcomeName, outcomes } from '../../generated/codes.js';
import { solveAttempt, solveProgress, solveResult } from '../../generated/fields/solver.js';
import type { Solver as RawSolver } from '../../generated/raw/solver.js';
import { take } from '../../runtime/fields.js';
import { numbersOut } from '../../runtime/into.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { SolverSettings } from './file.js';
import { type AnswerMethod, methodNames, type SolveMethod } from './methods.js';
import type { RightHandSideOptions, SolveAttempt, SolveProgress, SolveResult } from './types.js';

const norms = [undefined, 'infinity', 1] as const;
const RUNNING = outcomes.indexOf('running');
const FITTING_OUTPUT = "'float64', as the solution is beyond the range of float32";

/** Where a running solve is. */
export function progressOf(
  runtime: Runtime,
  operation: string,
  raw: RawSolver,
): Omit<SolveProgress, keyof WorkProgress> {
  runtime.check(operation, raw.progress(runtime.out));
  const { method, iterations, relativeResidual } = take(runtime, solveProgress);
  return { method: methodNames[method] as SolveMethod, iterations, relativeResidual };
}

/** What is told otherwise than the C solver, which knows only its own part, would tell it. */
export interface Told {
  method: AnswerMethod;
  outcome: OutcomeName;
  iterations: number;
  edgeOperations: number;
  attempts: SolveAttempt[];
  history?: Float64Array<ArrayBuffer>;
}

/** Ends a solve: its solution, in `into` when that is given, and what it tells about itself. */
export function resultOf<A>(
  runtime: Runtime,
  operation: string,
  raw: RawSolver,
  { float32, history }: SolverSettings,
  into: RightHandSideOptions['into'],
  told?: Told,
): SolveResult<A> {
  return runtime.scratch(operation, (scratch) => {
    const n = raw.size();
    const x = scratch.f64(n);
    runtime.check(operation, raw.finish(x, runtime.out));
    let found = take(runtime, solveResult);
    const past =
      told?.history ?? (history ? runtime.copyF64(found.history, found.historyLength) : undefined);
    const solution = numbersOut(runtime, operation, [x, n], float32, into);
    if (float32) {
      if (!solution.every(Number.isFinite))
        throw check.rangeError(operation, 'output', FITTING_OUTPUT, 'float32');
      runtime.f64.set(solution, x / 8);
      runtime.check(operation, raw.certify(x, runtime.out));
      found = take(runtime, solveResult);
    }
    // The core's own outcome where rounding to float32 has made another one of it.
    const outcome = runtime.outcome(found.outcome);
    const rounded = float32 && outcome === 'stagnated';
    const norm = norms[found.errorBoundNorm];
    const result: SolveResult<A> = {
      solution: solution as A,
      outcome: told && !rounded ? told.outcome : outcome,
      method: told?.method ?? concrete(found.method),
      iterations: told?.iterations ?? found.iterations,
      residual: found.residual,
      relativeResidual: found.relativeResidual,
      backwardError: found.backwardError,
      ...(norm && { errorBound: found.errorBound, errorBoundNorm: norm }),
      work: {
        edgeOperations: told?.edgeOperations ?? found.work,
        touchedRows: found.touchedRows,
      },
      decision: { attempts: told?.attempts ?? attemptsOf(runtime, operation, raw) },
      ...(past && { history: past }),
    };
    return result;
  });
}

/** The methods that the C solver has tried in its last solve, which may still be running. */
export function attemptsOf(runtime: Runtime, operation: string, raw: RawSolver): SolveAttempt[] {
  const attempts: SolveAttempt[] = [];
  // It has tried one at least, and says which index is the first that stands for none.
  while (raw.attempt(attempts.length, runtime.out) === 0 || attempts.length === 0) {
    if (attempts.length === 0) runtime.check(operation, raw.attempt(0, runtime.out));
    const found = take(runtime, solveAttempt);
    attempts.push({
      method: concrete(found.method),
      reason: runtime.text(runtime.raw.solverReasonText(found.reason)),
      outcome: found.outcome === RUNNING ? undefined : runtime.outcome(found.outcome),
      iterations: found.iterations,
      relativeResidual: found.relativeResidual,
      setupWork: found.setupWork,
      work: found.work,
      ...(found.predicted > 0 && {
        condition: found.condition,
        predictedIterations: found.predicted,
      }),
    });
  }
  return attempts;
}

function concrete(number: number): Exclude<SolveMethod, 'auto'> {
  return methodNames[number] as Exclude<SolveMethod, 'auto'>;
}
