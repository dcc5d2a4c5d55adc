// The automatic choice with sparse factorisations in it. The C core chooses among iterative methods; here it is watched, and
// where a factorisation of the module `direct` is predicted to cost less, or the core has ended without an answer, that
// answers. Last come the methods that the core has not tried. What each of them says is certified by the C solver.
import { outcomes } from '../../generated/codes.js';
import { solveResult, solverOptions } from '../../generated/fields.js';
import type { SparseMatrix as RawMatrix, Solver as RawSolver } from '../../generated/raw/solver.js';
import { isSublinearError } from '../../runtime/errors.js';
import { give, take } from '../../runtime/fields.js';
import type { WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type { Scratch } from '../../runtime/scratch.js';
import type { StepJob } from '../../runtime/steps.js';
import type { SparseMatrix } from '../sparse/matrix.js';
import * as choice from './choice.js';
import { BUNDLE, COMPANION, type Prediction, type Refusal, SparseFactor } from './factor.js';
import type { SolverSettings } from './file.js';
import { type AnswerMethod, methodNames, methods, type SolveMethod } from './methods.js';
import { attemptsOf, progressOf, type Told } from './results.js';
import type { SolveAttempt } from './types.js';

/** What a prepared solver keeps from one solve to the next. */
export interface Kept {
  factor?: SparseFactor;
  /** It was tried and will not be again. */
  refused?: boolean;
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

type Why = 'cheaper' | 'first' | 'prepared' | 'remains';

const reasons: Record<Why, string> = {
  cheaper: 'a sparse factorisation was predicted to cost less than the iterations that were left',
  first: 'a sparse factorisation of such a matrix is cheap',
  prepared: 'a sparse factorisation, kept for several right-hand sides',
  remains: 'a sparse factorisation, as the methods before ended without an answer',
};

const number = (name: (typeof outcomes)[number]) => outcomes.indexOf(name);
const CONVERGED = number('converged');
const RUNNING = number('running');
const ITERATION_LIMIT = number('iterationLimit');
const WORK_LIMIT = number('workLimit');
const STAGNATED = number('stagnated');
const BREAKDOWN = number('breakdown');
/** Ways to end that another method may do better than. */
const FAILURES = [STAGNATED, BREAKDOWN, number('indefinite')];
const LIMITS = [ITERATION_LIMIT, WORK_LIMIT, number('memoryLimit')];
/** A backward error that a factorisation, whose answer has been corrected, does not improve on by trying again. */
const ATTAINABLE = 1e-14;
/** One that nothing in double precision improves on much: enough where the tolerance is as small as rounding. */
const ROUNDING = 4e-16;
const TINY_TOLERANCE = 1e-12;
/** Multiplications between two looks at an analysis. */
const ANALYSIS_STEP = 50_000;
/** Where the residual needs no more than this, an answer of a factor is not corrected at first. */
const PLAIN_TOLERANCE = 1e-11;
const MOST_REFINEMENTS = 10;
/** The solver of a method that the core's choice leaves out, among the companions of the first. */
const OTHER = 'other';

/** A solver of the C core at work. */
interface Leg {
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

export class Automatic implements StepJob {
  readonly #q: Question;
  readonly #n: number;
  readonly #facts: choice.MatrixFacts;
  #stage: 'iterate' | 'load' | 'analyse' | 'eliminate' | 'solve' | 'ended' = 'iterate';
  /** The solver that iterates, or would if there were no factor. */
  #leg: Leg | undefined;
  /** Edge operations of it after which it is looked at. */
  #look: number;
  #factor: SparseFactor | undefined;
  #why: Why = 'cheaper';
  #refinements = 0;
  /** Multiplications of the factorisation, of this call; and of all that the factor had done before its solve. */
  #setupWork = 0;
  #workBefore = 0;
  /** Of methods that are done with. */
  #work = 0;
  readonly #attempts: SolveAttempt[] = [];
  readonly #history: Float64Array[] = [];
  readonly #tried = new Set<string>();
  /** The best iterate of those that did not do, and how the first of them ended. */
  #best: Best | undefined;
  #failure = STAGNATED;
  /** The solver that has the answer. */
  #answer: RawSolver;
  #method: AnswerMethod | undefined;
  #outcome: number | undefined;
  #address: number | undefined;

  constructor(question: Question) {
    const { runtime, operation, raw, rawMatrix, kept } = question;
    this.#q = question;
    this.#answer = raw;
    this.#n = raw.size();
    this.#facts = factsOf(runtime, operation, rawMatrix);
    this.#look = choice.firstLook(this.#facts);
    if (kept.factor?.runtime.alive === false) delete kept.factor;
    const begun = kept.factor === undefined ? kept.other : undefined;
    this.#open(begun ?? raw, question.guess);
    if (kept.factor) this.#solveWith(kept.factor, 'prepared');
    else if (begun || !this.#mayFactorise()) this.#look = Number.POSITIVE_INFINITY;
    else this.#beginWell();
  }

  // --- the job ------------------------------------------------------------------------------------------------------

  step(work: number, out: number): number {
    const status = this.#step(work);
    this.#q.runtime.u32[out / 4] = this.#stage === 'ended' ? CONVERGED : RUNNING;
    return status;
  }

  stop(why: number): number {
    const { runtime, operation } = this.#q;
    if (this.#stage === 'ended') return 0;
    this.#stage = 'ended';
    if (this.#factor && !this.#factor.made) this.#dropFactor();
    const leg = this.#leg;
    if (leg === undefined) {
      // The factor was about to correct its answer, which the C solver has.
      this.#outcome = why;
      this.#method = this.#factor?.method;
      return 0;
    }
    runtime.check(operation, leg.job.stop(why));
    const found = this.#finish(leg.raw);
    if (this.#best && this.#best.residual < found.residual && found.outcome !== CONVERGED) {
      this.#collect(leg, found);
      this.#giveBest(why);
    } else {
      this.#end(leg.raw);
    }
    return 0;
  }

  work(): number {
    return this.#work + (this.#leg?.job.work() ?? 0) + this.#factorWork();
  }

  expected(): number {
    const left =
      this.#stage === 'iterate' ? (this.#leg?.job.expected() ?? 0) : (this.#factor?.expected ?? 0);
    const beside =
      this.work() - (this.#stage === 'iterate' ? (this.#leg?.job.work() ?? 0) : this.#factorWork());
    return left > 0 ? beside + left : 0;
  }

  /** The module that it waits for. */
  pending(): Promise<unknown> | undefined {
    return this.#stage === 'load' ? this.#q.runtime.later.get(BUNDLE)?.() : undefined;
  }

  /** What onProgress is told beside the operations. */
  progress(): { method: SolveMethod | AnswerMethod; iterations: number; relativeResidual: number } {
    const { runtime, operation } = this.#q;
    const told = progressOf(runtime, operation, this.#leg?.raw ?? this.#q.raw);
    const before = this.#attempts.reduce((sum, { iterations }) => sum + iterations, 0);
    const factor = this.#stage === 'iterate' ? undefined : this.#factor;
    return {
      ...told,
      ...(factor && { method: factor.method }),
      iterations: before + (this.#leg ? told.iterations : 0),
    };
  }

  /** The solver that has the answer, and what is told of it where more than its own part has happened. */
  result(): { raw: RawSolver; told: Told | undefined } {
    const { runtime, operation, settings } = this.#q;
    const raw = this.#answer;
    if (this.#method === undefined && this.#attempts.length === 0) return { raw, told: undefined };
    const leg = this.#leg;
    const found = this.#finish(raw);
    if (leg) this.#collect(leg, found);
    return {
      raw,
      told: {
        method: this.#method ?? nameOf(found.method),
        outcome: runtime.outcome(this.#outcome ?? found.outcome),
        iterations: this.#attempts.reduce((sum, { iterations }) => sum + iterations, 0),
        edgeOperations: this.work(),
        attempts: this.#attempts,
        ...(settings.history && { history: joined(runtime, operation, this.#history) }),
      },
    };
  }

  #step(work: number): number {
    switch (this.#stage) {
      case 'iterate':
        return this.#iterate(work);
      case 'load':
        // It has come, or it will not.
        return this.#peer() ? this.#analyse(this.#why) : this.#refuse(undefined);
      case 'analyse':
        return this.#analysing(work);
      case 'eliminate':
        return this.#eliminate(work);
      case 'solve':
        return this.#solve(work);
      default:
        return 0;
    }
  }

  // --- iterations ---------------------------------------------------------------------------------------------------

  #open(raw: RawSolver, guess: number): void {
    const { runtime, operation, b } = this.#q;
    runtime.check(operation, raw.begin(b, guess));
    this.#leg = { raw, job: runtime.made(operation, raw.job()) };
    this.#stage = 'iterate';
    if (raw === this.#q.raw) this.#tried.add('auto');
  }

  #iterate(work: number): number {
    const { runtime } = this.#q;
    const { job } = this.#leg as Leg;
    const until = Math.max(1, this.#look - job.work());
    const status = job.step(Math.min(work, until), runtime.out);
    if (status !== 0) return status;
    const outcome = runtime.outU32();
    if (outcome !== RUNNING) return this.#iterated(outcome);
    return job.work() >= this.#look ? this.#lookAt(job) : 0;
  }

  /** Is what is left worth an analysis, or the factorisation that was analysed before? */
  #lookAt(job: StepJob): number {
    const done = job.work();
    const edges = this.#edgesLeft();
    this.#look = edges === undefined ? done + choice.firstLook(this.#facts) / 4 : 2 * done;
    if (edges === undefined) return 0;
    const left = choice.iterationCost(edges);
    const prediction = this.#factor?.prediction;
    if (prediction)
      return choice.factorCost(this.#facts, prediction) < left ? this.#approve('cheaper') : 0;
    const isLoaded = this.#peer() !== undefined;
    if (!isLoaded && !this.#q.waits) this.#look = Number.POSITIVE_INFINITY;
    else if (choice.isWorthAnalysing(this.#facts, left, isLoaded)) return this.#analyse('cheaper');
    return 0;
  }

  /** Edge operations that are left by the last iterations; undefined while nothing has been iterated. */
  #edgesLeft(): number | undefined {
    const { runtime, operation, settings } = this.#q;
    const { raw, job } = this.#leg as Leg;
    const done = job.work();
    const expected = job.expected();
    if (expected > done) return expected - done;
    const { relativeResidual } = progressOf(runtime, operation, raw);
    // Of an attempt that runs: where it began.
    const running = attemptsOf(runtime, operation, raw).at(-1);
    if (running === undefined || running.iterations === 0) return undefined;
    const before = running.relativeResidual;
    return choice.edgesLeft(running.work, before, relativeResidual, settings.tolerance);
  }

  #iterated(outcome: number): number {
    const { settings, kept, raw } = this.#q;
    const leg = this.#leg as Leg;
    const isDefault = outcome === ITERATION_LIMIT && settings.maxIterations === 0;
    if (!FAILURES.includes(outcome) && !isDefault) {
      if (leg.raw !== raw && outcome === CONVERGED) kept.other = leg.raw;
      if (!this.#best || !LIMITS.includes(outcome)) return this.#end(leg.raw);
      this.#record(leg);
      return this.#giveBest(outcome);
    }
    const mayFactorise = leg.raw === raw && this.#mayFactorise();
    const isAlone = leg.raw === raw && this.#attempts.length === 0 && !mayFactorise;
    if (isAlone && this.#isAtRounding(this.#finish(raw))) return this.#end(raw);
    if (this.#best === undefined) this.#failure = outcome;
    this.#record(leg);
    if (mayFactorise)
      return this.#factor?.prediction ? this.#approve('remains') : this.#analyse('remains');
    return this.#tryNext();
  }

  #isAtRounding({ backwardError }: { backwardError: number }): boolean {
    return backwardError <= ROUNDING && this.#q.settings.tolerance < TINY_TOLERANCE;
  }

  /** Closes a leg that has ended without an answer. Its iterate is kept when it is the best so far. */
  #record(leg: Leg): void {
    const { runtime, operation } = this.#q;
    const found = this.#finish(leg.raw);
    const at = this.#space();
    const { residual, backwardError } = found;
    if (!this.#best || residual < this.#best.residual) {
      const x = runtime.array(operation, Float64Array, this.#n);
      x.set(runtime.f64.subarray(at / 8, at / 8 + this.#n));
      this.#best = { x, method: nameOf(found.method), residual, backwardError };
    }
    this.#collect(leg, found);
  }

  /** Takes over what a leg that is done with has to tell. */
  #collect(
    { raw, job }: Leg,
    { history, historyLength }: { history: number; historyLength: number },
  ) {
    const { runtime, operation, settings } = this.#q;
    const tried = attemptsOf(runtime, operation, raw).filter(
      (each) => each.setupWork + each.work > 0,
    );
    // The first began where it was asked to; those after it, where that one stopped.
    if (tried[0]) this.#tried.add(tried[0].method);
    this.#attempts.push(...tried);
    this.#work += job.work();
    if (settings.history) this.#history.push(runtime.copyF64(history, historyLength));
    this.#leg = undefined;
  }

  /** The next of the methods that the core's choice leaves out, from the first guess on. */
  #tryNext(): number {
    const best = this.#best as Best;
    if (this.#isAtRounding(best)) return this.#giveBest();
    if (!this.#tried.has('auto')) {
      this.#open(this.#q.raw, this.#q.guess);
      return 0;
    }
    for (const method of choice.remaining(this.#facts)) {
      if (this.#tried.has(method)) continue;
      this.#tried.add(method);
      const made = this.#other(method);
      if (typeof made === 'number') return this.#giveBest(made);
      if (made === undefined) continue;
      this.#look = Number.POSITIVE_INFINITY;
      this.#open(made, this.#q.guess);
      return 0;
    }
    return this.#giveBest();
  }

  /** A solver of one method, with what is left of the budgets; or the budget that leaves nothing. */
  #other(method: string): RawSolver | number | undefined {
    const { runtime, operation, owner, rawMatrix, raw, settings, kept } = this.#q;
    const { tolerance, history, maxBytes } = settings;
    const used = this.#attempts.reduce((sum, { iterations }) => sum + iterations, 0);
    const maxIterations = settings.maxIterations > 0 ? settings.maxIterations - used : 0;
    const maxWork = settings.maxWork > 0 ? settings.maxWork - this.work() : 0;
    if (maxIterations < 0 || (settings.maxIterations > 0 && maxIterations === 0))
      return ITERATION_LIMIT;
    if (maxWork < 0 || (settings.maxWork > 0 && maxWork === 0)) return WORK_LIMIT;
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

  /** Nothing has answered: the best iterate, as the first solver gave up, unless a budget says why. */
  #giveBest(outcome = this.#failure): number {
    const { x, method } = this.#best as Best;
    this.#certify(x);
    this.#method = method;
    this.#outcome = outcome;
    return this.#end(this.#q.raw);
  }

  #end(answer: RawSolver): number {
    this.#stage = 'ended';
    this.#answer = answer;
    return 0;
  }

  /** What a solver that has ended says of its iterate, which it writes to `#space`. */
  #finish(raw: RawSolver) {
    const { runtime, operation } = this.#q;
    runtime.check(operation, raw.finish(this.#space(), runtime.out));
    return take(runtime, solveResult);
  }

  /** n numbers in the module's memory. */
  #space(): number {
    this.#address ??= this.#q.scratch.f64(this.#n);
    return this.#address;
  }

  /** Makes x the iterate of the first solver, and finds what it is worth. On singular components it gets zero mean. */
  #certify(x: Float64Array) {
    const { runtime, operation, raw, b } = this.#q;
    const at = this.#space();
    runtime.f64.set(x, at / 8);
    runtime.check(operation, raw.begin(b, at));
    const job = runtime.made(operation, raw.job());
    runtime.check(operation, job.stop(WORK_LIMIT));
    this.#work += job.work();
    return this.#finish(raw);
  }

  // --- the factorisation --------------------------------------------------------------------------------------------

  #peer(): Runtime | undefined {
    return this.#q.runtime.peer(BUNDLE);
  }

  #factorWork(): number {
    return this.#factor ? this.#factor.work - this.#workBefore : 0;
  }

  /** Whether a factorisation is possible at all, now or once its module is loaded. */
  #mayFactorise(): boolean {
    const { kept, runtime, waits } = this.#q;
    if (kept.refused || this.#n < choice.FEW_ROWS) return false;
    return this.#peer() !== undefined || (waits && runtime.later.has(BUNDLE));
  }

  #beginWell(): void {
    if (this.#q.prepares) this.#analyse('prepared');
    else if (this.#peer() && choice.isDirectFirst(this.#facts)) this.#analyse('first');
  }

  /** Begins an analysis, or the loading of the module that makes it. */
  #analyse(why: Why): number {
    const { operation, matrix, owner } = this.#q;
    const peer = this.#peer();
    this.#why = why;
    if (peer === undefined) {
      this.#stage = 'load';
      return 0;
    }
    const factor = SparseFactor.begin(peer, operation, matrix, owner);
    if (typeof factor === 'string') return this.#refuse(factor);
    this.#factor = factor;
    this.#workBefore = 0;
    this.#stage = 'analyse';
    return 0;
  }

  #analysing(work: number): number {
    const factor = this.#factor as SparseFactor;
    const outcome = factor.step(Math.min(work, ANALYSIS_STEP));
    if (outcome === 'ended') return this.#made(factor);
    if (outcome !== 'running') return this.#refuse(outcome);
    const prediction = factor.predict();
    if (prediction === undefined) return 0;
    const why = this.#why;
    if (why === 'prepared' || why === 'remains') {
      const within = choice.isWithin(prediction.flops, why);
      return within ? this.#approve(why) : this.#refuse('workLimit');
    }
    const cost = choice.factorCost(this.#facts, prediction);
    const left = why === 'first' ? undefined : this.#edgesLeft();
    const isBetter = left !== undefined && cost < choice.iterationCost(left);
    if (isBetter || (why === 'first' && choice.isCheap(this.#facts, prediction)))
      return this.#approve(why);
    // Not now. Iterations that take as long as it would were predicted too well.
    this.#stage = 'iterate';
    if (why !== 'first') this.#look = (this.#leg as Leg).job.work() + choice.edgesFor(cost);
    return 0;
  }

  /** Makes the factor that was analysed, unless it would not fit. */
  #approve(why: Why): number {
    const { maxWork } = this.#q.settings;
    const { flops, bytes, fill } = (this.#factor as SparseFactor).prediction as Prediction;
    this.#why = why;
    if (bytes > this.#bytesLeft()) return this.#refuse('memoryLimit');
    if (maxWork > 0 && this.work() + flops / 2 + 2 * fill > maxWork)
      return this.#refuse('workLimit');
    this.#stage = 'eliminate';
    return 0;
  }

  /** Bytes that a factor may take in all. */
  #bytesLeft(): number {
    const { settings, raw } = this.#q;
    const { memoryLimit, raw: there } = this.#peer() as Runtime;
    const free = memoryLimit - there.bytesInUse() + (this.#factor?.bytesHeld ?? 0);
    return settings.maxBytes > 0 ? Math.min(free, settings.maxBytes - raw.bytes()) : free;
  }

  #eliminate(work: number): number {
    const { maxWork } = this.#q.settings;
    const factor = this.#factor as SparseFactor;
    const outcome = factor.step(work);
    if (outcome === 'ended') return this.#made(factor);
    if (outcome !== 'running') return this.#refuse(outcome);
    // Pivots off the diagonal may make more of it than was predicted.
    if (factor.bytesHeld > this.#bytesLeft()) return this.#refuse('memoryLimit');
    return maxWork > 0 && this.work() > maxWork ? this.stop(WORK_LIMIT) : 0;
  }

  #made(factor: SparseFactor): number {
    factor.made = true;
    this.#setupWork = factor.work;
    return this.#solveWith(factor, this.#why);
  }

  #solveWith(factor: SparseFactor, why: Why): number {
    const { tolerance } = this.#q.settings;
    this.#factor = factor;
    this.#why = why;
    this.#workBefore = factor.work - this.#setupWork;
    this.#refinements = tolerance < PLAIN_TOLERANCE ? MOST_REFINEMENTS : 0;
    this.#beginSolve();
    this.#stage = 'solve';
    return 0;
  }

  #beginSolve(): void {
    const { runtime, b } = this.#q;
    const side = runtime.f64.subarray(b / 8, b / 8 + this.#n);
    (this.#factor as SparseFactor).beginSolve(side, this.#refinements);
  }

  #solve(work: number): number {
    const { runtime, operation } = this.#q;
    const factor = this.#factor as SparseFactor;
    const ending = factor.step(work);
    if (ending === 'running') return 0;
    if (ending !== 'ended') return this.#refuse(ending);
    const x = runtime.array(operation, Float64Array, this.#n);
    const corrections = factor.readSolve(x);
    const usable = x.every(Number.isFinite);
    if (this.#leg) {
      runtime.check(operation, this.#leg.job.stop(WORK_LIMIT));
      const before = this.#attempts.length;
      this.#collect(this.#leg, this.#finish(this.#leg.raw));
      const last = this.#attempts.at(-1);
      if (last && this.#attempts.length > before) last.outcome = undefined;
    }
    const found = this.#certify(usable ? x : new Float64Array(this.#n));
    const met = found.outcome !== WORK_LIMIT;
    if (!met && usable && this.#refinements === 0) {
      this.#refinements = MOST_REFINEMENTS;
      this.#beginSolve();
      return 0;
    }
    const settled = usable && found.backwardError <= ATTAINABLE;
    const outcome = met ? found.outcome : usable ? STAGNATED : BREAKDOWN;
    this.#tell(factor, runtime.outcome(outcome), 1 + corrections, found.relativeResidual);
    if (met || settled) return this.#settle(factor, outcome, found.residual);
    this.#forget();
    if (this.#best) {
      if (usable && found.residual < this.#best.residual)
        this.#best = { ...found, x, method: factor.method };
      return this.#tryNext();
    }
    // Pivots that were worth little have still found where the iterations may begin.
    this.#open(this.#q.raw, this.#q.guess);
    return 0;
  }

  /** The factor has the answer. */
  #settle(factor: SparseFactor, outcome: number, residual: number): number {
    const { kept, raw } = this.#q;
    kept.factor = factor;
    this.#outcome = outcome;
    // Rounding does not allow the tolerance; but what iterated may have come closer.
    if (outcome === STAGNATED && this.#best && this.#best.residual < residual)
      return this.#giveBest();
    this.#method = factor.method;
    return this.#end(raw);
  }

  /** There is no factorisation: the iterations go on, or the methods that are left are tried. */
  #refuse(outcome: Refusal | undefined): number {
    if (this.#factor && outcome) this.#tell(this.#factor, outcome, 0, 1);
    this.#forget();
    this.#stage = 'iterate';
    return this.#leg ? 0 : this.#tryNext();
  }

  #tell(
    factor: SparseFactor,
    outcome: SolveAttempt['outcome'],
    iterations: number,
    relativeResidual: number,
  ): void {
    const { fill, flops } = factor.prediction ?? { fill: 0, flops: 0 };
    const setupWork = outcome === 'converged' || factor.made ? this.#setupWork : factor.work;
    this.#attempts.push({
      method: factor.method,
      reason: reasons[this.#why],
      outcome,
      iterations,
      relativeResidual,
      setupWork,
      work: this.#factorWork() - setupWork,
      ...(setupWork > 0 && fill > 0 && { fill, flops }),
    });
  }

  /** Neither this solve nor a later one asks for a factorisation again. */
  #forget(): void {
    this.#q.kept.refused = true;
    this.#look = Number.POSITIVE_INFINITY;
    this.#dropFactor();
  }

  #dropFactor(): void {
    this.#work += this.#factorWork();
    this.#factor = undefined;
    delete this.#q.kept.factor;
    this.#q.owner.dropCompanion(COMPANION);
  }
}

function factsOf(runtime: Runtime, operation: string, matrix: RawMatrix): choice.MatrixFacts {
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

function nameOf(method: number): AnswerMethod {
  return methodNames[method] as AnswerMethod;
}

function joined(
  runtime: Runtime,
  operation: string,
  parts: readonly Float64Array[],
): Float64Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = runtime.array(operation, Float64Array, length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
