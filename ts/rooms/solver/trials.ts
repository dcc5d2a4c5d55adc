// What the automatic choice has tried: the attempts of every solver that is done with, the best iterate among them, and the
// solvers of the methods that the C core's own choice leaves out.
import { outcomes } from '../../generated/codes.js';
import { solveResult, solverOptions } from '../../generated/fields/solver.js';
import type { LeastSquares as RawLeastSquares } from '../../generated/raw/direct.js';
import type { SparseMatrix as RawMatrix, Solver as RawSolver } from '../../generated/raw/solver.js';
import { isSublinearError } from '../../runtime/errors.js';
import { give, take } from '../../runtime/fields.js';
import type { WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type { Scratch } from '../../runtime/scratch.js';
import type { StepJob } from '../../runtime/steps.js';
import type { SparseMatrix } from '../sparse/matrix.js';
import type { MatrixFacts } from './choice.js';
import type { SparseFactor } from './factor.js';
import type { SolverSettings } from './file.js';
import { type AnswerMethod, type FurtherMethodName, methodNames, methods } from './methods.js';
import { attemptsOf } from './results.js';
import type { SolveAttempt } from './types.js';

/** A method of the room `leastsquares` for a matrix: it serves further right-hand sides. */
export interface FurtherSolver {
  readonly runtime: Runtime;
  readonly raw: RawLeastSquares;
  readonly method: FurtherMethodName;
}

/** What a prepared solver keeps from one solve to the next. */
export interface Kept {
  factor?: SparseFactor;
  /** It was tried and will not be again. */
  refused?: boolean;
  /** A method of the module that makes factorisations, which has answered where nothing else did. */
  further?: FurtherSolver;
  /** The solver of a method that has answered where the core's choice did not. */
  other?: RawSolver;
}

/** One right-hand side. */
export interface Question {
  runtime: Runtime;
  operation: string;
  /** Where what is built belongs. */
  owner: WasmObject<RawObject>;
  raw: RawSolver;
  matrix: SparseMatrix;
  rawMatrix: RawMatrix;
  settings: SolverSettings;
  kept: Kept;
  /** There will be more of them. */
  prepares: boolean;
  /** It may wait for a module to be loaded. */
  waits: boolean;
  scratch: Scratch;
  /** n numbers each; 0 for no guess. */
  b: number;
  guess: number;
}

/** The numbers of outcomes. */
export const number = (name: (typeof outcomes)[number]) => outcomes.indexOf(name);
export const ITERATION_LIMIT = number('iterationLimit');
export const WORK_LIMIT = number('workLimit');
/** One that nothing in double precision improves on much: enough where the tolerance is as small as rounding. */
const ROUNDING = 4e-16;
const TINY_TOLERANCE = 1e-12;
/** The solver of a method that the core's choice leaves out, among the companions of the first. */
const OTHER = 'other';

/** A solver of the C core at work. */
export interface Leg {
  raw: RawSolver;
  job: StepJob;
}

/** An iterate with its certificate. */
interface Best {
  x: Float64Array<ArrayBuffer>;
  method: AnswerMethod;
  residual: number;
  backwardError: number;
}

/** What `finish` gives. */
export type Found = ReturnType<Trials['finish']>;

export class Trials {
  readonly #q: Question;
  /** Rows. */
  readonly n: number;
  /** Edge operations of what is done with. */
  work = 0;
  readonly attempts: SolveAttempt[] = [];
  readonly tried = new Set<string>();
  /** The best iterate of those that did not do. */
  best: Best | undefined;
  readonly #history: Float64Array[] = [];
  #address: number | undefined;

  constructor(question: Question) {
    this.#q = question;
    this.n = question.raw.size();
  }

  /** Iterations of all attempts. */
  get iterations(): number {
    return this.attempts.reduce((sum, { iterations }) => sum + iterations, 0);
  }

  /** Residuals of all of them, one after the other. */
  history(): Float64Array<ArrayBuffer> {
    const { runtime, operation } = this.#q;
    const length = this.#history.reduce((sum, part) => sum + part.length, 0);
    const all = runtime.array(operation, Float64Array, length);
    let at = 0;
    for (const part of this.#history) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  isAtRounding({ backwardError }: { backwardError: number }): boolean {
    return backwardError <= ROUNDING && this.#q.settings.tolerance < TINY_TOLERANCE;
  }

  /** Closes a leg that has ended without an answer. Its iterate is kept when it is the best so far. */
  record(leg: Leg): void {
    const found = this.finish(leg.raw);
    this.keepBest(nameOf(found.method), found);
    this.collect(leg, found);
  }

  /** Keeps what `place` holds when it is the best so far. */
  keepBest(
    method: AnswerMethod,
    { residual, backwardError }: Pick<Found, 'residual' | 'backwardError'>,
  ): void {
    if (this.best && !(residual < this.best.residual)) return;
    const { runtime, operation } = this.#q;
    const x = runtime.array(operation, Float64Array, this.n);
    x.set(this.place());
    this.best = { x, method, residual, backwardError };
  }

  /** Takes over what a leg that is done with has to tell. */
  collect(
    { raw, job }: Leg,
    { history, historyLength }: { history: number; historyLength: number },
  ) {
    const { runtime, operation, settings } = this.#q;
    const tried = attemptsOf(runtime, operation, raw).filter(
      (each) => each.setupWork + each.work > 0,
    );
    // The first began where it was asked to; those after it, where that one stopped.
    if (tried[0]) this.tried.add(tried[0].method);
    this.attempts.push(...tried);
    this.work += job.work();
    if (settings.history) this.#history.push(runtime.copyF64(history, historyLength));
  }

  /** What is left of the budgets, 0 for one that was not set; or the budget that leaves nothing. */
  left(work: number): { maxIterations: number; maxWork: number } | number {
    const { settings } = this.#q;
    const maxIterations = settings.maxIterations > 0 ? settings.maxIterations - this.iterations : 0;
    const maxWork = settings.maxWork > 0 ? settings.maxWork - work : 0;
    if (maxIterations < 0 || (settings.maxIterations > 0 && maxIterations === 0))
      return ITERATION_LIMIT;
    if (maxWork < 0 || (settings.maxWork > 0 && maxWork === 0)) return WORK_LIMIT;
    return { maxIterations, maxWork };
  }

  /** A solver of one method, with what is left of the budgets; or the budget that leaves nothing. */
  other(method: string, work: number): RawSolver | number | undefined {
    const { runtime, operation, owner, rawMatrix, raw, settings, kept } = this.#q;
    const { tolerance, history, maxBytes } = settings;
    const left = this.left(work);
    if (typeof left === 'number') return left;
    const { maxIterations, maxWork } = left;
    delete kept.other;
    owner.dropCompanion(OTHER);
    const options = {
      method: methods[method] as number,
      ordering: 0,
      tolerance,
      maxIterations,
      maxWork,
      recordHistory: history,
    };
    try {
      const made = owner.companion(runtime, OTHER, () =>
        runtime.made(
          operation,
          runtime.raw.Solver.create(rawMatrix, give(runtime, solverOptions, options)),
        ),
      );
      const limit = maxBytes > 0 ? maxBytes - raw.bytes() : 0;
      if (maxBytes > 0 && limit < made.bytes()) return undefined;
      runtime.check(operation, made.setMaxBytes(limit));
      return made;
    } catch (error) {
      // It does not suit the matrix, or has no room.
      if (isSublinearError(error) && error.code !== 'CRASHED') return undefined;
      throw error;
    }
  }

  /** What a solver that has ended says of its iterate, which it writes to `place`. */
  finish(raw: RawSolver) {
    const { runtime, operation } = this.#q;
    runtime.check(operation, raw.finish(this.#at(), runtime.out));
    return take(runtime, solveResult);
  }

  #at(): number {
    this.#address ??= this.#q.scratch.f64(this.n);
    return this.#address;
  }

  /** n numbers in the module's memory, until that grows. */
  place(): Float64Array {
    const at = this.#at() / 8;
    return this.#q.runtime.f64.subarray(at, at + this.n);
  }

  /**
   * Makes what `place` holds the iterate of the first solver, and finds what it is worth. On singular components it gets zero
   * mean.
   */
  certify() {
    const { runtime, operation, raw, b } = this.#q;
    const at = this.#at();
    runtime.check(operation, raw.begin(b, at));
    const job = runtime.made(operation, raw.job());
    runtime.check(operation, job.stop(WORK_LIMIT));
    this.work += job.work();
    return this.finish(raw);
  }

  /** Makes the best iterate that of the first solver; the method that has found it. */
  certifyBest(): AnswerMethod {
    const { x, method } = this.best as Best;
    this.place().set(x);
    this.certify();
    return method;
  }
}

export function nameOf(method: number): AnswerMethod {
  return methodNames[method] as AnswerMethod;
}

/** What the choice reads of a matrix. */
export function factsOf(runtime: Runtime, operation: string, matrix: RawMatrix): MatrixFacts {
  runtime.check(operation, matrix.facts(runtime.out));
  const [symmetric, rowSlack, columnSlack] = [1, 9, 10].map((i) => runtime.outF64(i)) as [
    number,
    number,
    number,
  ];
  return {
    rows: matrix.rows,
    entries: matrix.nnz,
    symmetric: symmetric === 1,
    slack: Math.max(rowSlack, columnSlack),
  };
}
