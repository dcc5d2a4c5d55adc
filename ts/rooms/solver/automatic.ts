// The automatic choice with sparse factorisations in it. The C core chooses among iterative methods; here it is watched, and
// where a factorisation of the module `direct` is predicted to cost less, or the core has ended without an answer, that
// answers. Last come the methods that the core has not tried. What each of them says is certified by the C solver.
import type { Solver as RawSolver } from '../../generated/raw/solver.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { StepJob } from '../../runtime/steps.js';
import * as choice from './choice.js';
import {
  BUNDLE,
  COMPANION,
  factsOf,
  type Prediction,
  type Refusal,
  SparseFactor,
  type Why,
} from './factor.js';
import type { AnswerMethod, SolveMethod } from './methods.js';
import { attemptsOf, progressOf, type Told } from './results.js';
import {
  areFinite,
  type Found,
  ITERATION_LIMIT,
  type Leg,
  nameOf,
  number,
  type Question,
  Trials,
  WORK_LIMIT,
} from './trials.js';
import type { SolveAttempt } from './types.js';

const CONVERGED = number('converged');
const RUNNING = number('running');
const STAGNATED = number('stagnated');
const BREAKDOWN = number('breakdown');
/** Ways to end that another method may do better than. */
const FAILURES = [STAGNATED, BREAKDOWN, number('indefinite')];
const LIMITS = [ITERATION_LIMIT, WORK_LIMIT, number('memoryLimit')];
/** A backward error that a factorisation, whose answer has been corrected, does not improve on by trying again. */
const ATTAINABLE = 1e-14;
const MOST_REFINEMENTS = 10;

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
  /** What has been tried, and what came of it. */
  readonly #trials: Trials;
  /** How the first of those that did not do has ended. */
  #failure = STAGNATED;
  /** The solver that has the answer. */
  #answer: RawSolver;
  #method: AnswerMethod | undefined;
  #outcome: number | undefined;

  constructor(question: Question) {
    const { runtime, operation, raw, rawMatrix, kept } = question;
    this.#q = question;
    this.#trials = new Trials(question);
    this.#answer = raw;
    this.#n = raw.size();
    this.#facts = factsOf(runtime, operation, rawMatrix);
    this.#look = choice.firstLook(this.#facts);
    if (kept.factor?.runtime.alive === false) delete kept.factor;
    const begun = kept.factor === undefined ? kept.other : undefined;
    this.#open(begun ?? raw, question.guess);
    if (kept.factor) this.#solveWith(kept.factor, 'prepared');
    else if (begun || !this.#mayFactorise()) this.#look = Number.POSITIVE_INFINITY;
    else if (question.prepares) this.#analyse('prepared');
    else if (this.#peer() && choice.isDirectFirst(this.#facts)) this.#analyse('first');
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
    const found = this.#trials.finish(leg.raw);
    if (
      this.#trials.best &&
      this.#trials.best.residual < found.residual &&
      found.outcome !== CONVERGED
    ) {
      this.#collect(leg, found);
      this.#giveBest(why);
    } else {
      this.#end(leg.raw);
    }
    return 0;
  }

  work(): number {
    return this.#trials.work + (this.#leg?.job.work() ?? 0) + this.#factorWork();
  }

  expected(): number {
    const { job } = this.#leg ?? {};
    const iterates = this.#stage === 'iterate';
    const done = iterates ? (job?.work() ?? 0) : this.#factorWork();
    const all = iterates ? (job?.expected() ?? 0) : (this.#factor?.expected ?? 0);
    return all > 0 ? this.work() - done + all : 0;
  }

  /** The module that it waits for. */
  pending(): Promise<unknown> | undefined {
    return this.#stage === 'load' ? this.#q.runtime.later.get(BUNDLE)?.() : undefined;
  }

  /** What onProgress is told beside the operations. */
  progress(): { method: SolveMethod | AnswerMethod; iterations: number; relativeResidual: number } {
    const { runtime, operation } = this.#q;
    const told = progressOf(runtime, operation, this.#leg?.raw ?? this.#q.raw);
    const before = this.#trials.iterations;
    const factor = this.#stage === 'iterate' ? undefined : this.#factor;
    return {
      ...told,
      ...(factor && { method: factor.method }),
      iterations: before + (this.#leg ? told.iterations : 0),
    };
  }

  /** The solver that has the answer, and what is told of it where more than its own part has happened. */
  result(): { raw: RawSolver; told: Told | undefined } {
    const { runtime, settings } = this.#q;
    const raw = this.#answer;
    if (this.#method === undefined && this.#trials.attempts.length === 0)
      return { raw, told: undefined };
    const leg = this.#leg;
    // What a factor has answered is known already.
    const known = this.#method !== undefined && this.#outcome !== undefined && !leg;
    const found = known ? undefined : this.#trials.finish(raw);
    if (leg && found) this.#collect(leg, found);
    return {
      raw,
      told: {
        method: this.#method ?? nameOf(found?.method as number),
        outcome: runtime.outcome(this.#outcome ?? (found?.outcome as number)),
        iterations: this.#trials.iterations,
        edgeOperations: this.work(),
        attempts: this.#trials.attempts,
        ...(settings.history && { history: this.#trials.history() }),
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
    if (raw === this.#q.raw) this.#trials.tried.add('auto');
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
      if (!this.#trials.best || !LIMITS.includes(outcome)) return this.#end(leg.raw);
      this.#close(leg);
      return this.#giveBest(outcome);
    }
    const mayFactorise = leg.raw === raw && this.#mayFactorise();
    const isAlone = leg.raw === raw && this.#trials.attempts.length === 0 && !mayFactorise;
    if (isAlone && this.#trials.isAtRounding(this.#trials.finish(raw))) return this.#end(raw);
    if (this.#trials.best === undefined) this.#failure = outcome;
    this.#close(leg);
    if (mayFactorise)
      return this.#factor?.prediction ? this.#approve('remains') : this.#analyse('remains');
    return this.#tryNext();
  }

  /** Closes a leg that has ended without an answer. */
  #close(leg: Leg): void {
    this.#trials.record(leg);
    this.#leg = undefined;
  }

  #collect(leg: Leg, found: Found): void {
    this.#trials.collect(leg, found);
    this.#leg = undefined;
  }

  /** The next of the methods that the core's choice leaves out, from the first guess on. */
  #tryNext(): number {
    const { best } = this.#trials;
    if (best && this.#trials.isAtRounding(best)) return this.#giveBest();
    if (!this.#trials.tried.has('auto')) {
      this.#open(this.#q.raw, this.#q.guess);
      return 0;
    }
    for (const method of choice.remaining(this.#facts)) {
      if (this.#trials.tried.has(method)) continue;
      this.#trials.tried.add(method);
      const made = this.#trials.other(method, this.work());
      if (typeof made === 'number') return this.#giveBest(made);
      if (made === undefined) continue;
      this.#look = Number.POSITIVE_INFINITY;
      this.#open(made, this.#q.guess);
      return 0;
    }
    return this.#giveBest();
  }

  /** Nothing has answered: the best iterate, as the first solver gave up, unless a budget says why. */
  #giveBest(outcome = this.#failure): number {
    this.#method = this.#trials.certifyBest();
    this.#outcome = outcome;
    return this.#end(this.#q.raw);
  }

  #end(answer: RawSolver): number {
    this.#stage = 'ended';
    this.#answer = answer;
    return 0;
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
    const outcome = factor.step(Math.min(work, choice.ANALYSIS_STEP));
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
    this.#refinements = tolerance < choice.PLAIN_TOLERANCE ? MOST_REFINEMENTS : 0;
    factor.beginSolve(this.#q.runtime, this.#q.b, this.#n, this.#refinements);
    this.#stage = 'solve';
    return 0;
  }

  #solve(work: number): number {
    const { runtime, operation } = this.#q;
    const factor = this.#factor as SparseFactor;
    const ending = factor.step(work);
    if (ending === 'running') return 0;
    if (ending !== 'ended') return this.#refuse(ending);
    const x = runtime.array(operation, Float64Array, this.#n);
    const corrections = factor.readSolve(x);
    const usable = areFinite(x);
    // What was only begun has nothing to tell.
    if (this.#leg?.job.work() === 0) this.#leg = undefined;
    if (this.#leg) {
      runtime.check(operation, this.#leg.job.stop(WORK_LIMIT));
      const before = this.#trials.attempts.length;
      this.#collect(this.#leg, this.#trials.finish(this.#leg.raw));
      const last = this.#trials.attempts.at(-1);
      if (last && this.#trials.attempts.length > before) last.outcome = undefined;
    }
    const found = this.#trials.certify(usable ? x : new Float64Array(this.#n));
    const met = found.outcome !== WORK_LIMIT;
    if (!met && usable && this.#refinements === 0) {
      this.#refinements = MOST_REFINEMENTS;
      factor.beginSolve(this.#q.runtime, this.#q.b, this.#n, this.#refinements);
      return 0;
    }
    const settled = usable && found.backwardError <= ATTAINABLE;
    const outcome = met ? found.outcome : usable ? STAGNATED : BREAKDOWN;
    this.#tell(factor, runtime.outcome(outcome), 1 + corrections, found.relativeResidual);
    if (met || settled) return this.#settle(factor, outcome, found.residual);
    this.#forget();
    if (this.#trials.best) {
      if (usable && found.residual < this.#trials.best.residual)
        this.#trials.best = { ...found, x, method: factor.method };
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
    if (outcome === STAGNATED && this.#trials.best && this.#trials.best.residual < residual)
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
    const setupWork = outcome === 'converged' || factor.made ? this.#setupWork : factor.work;
    const work = this.#factorWork() - setupWork;
    this.#trials.attempts.push(
      factor.attempt(this.#why, { outcome, iterations, relativeResidual, setupWork, work }),
    );
  }

  /** Neither this solve nor a later one asks for a factorisation again. */
  #forget(): void {
    this.#q.kept.refused = true;
    this.#look = Number.POSITIVE_INFINITY;
    this.#dropFactor();
  }

  #dropFactor(): void {
    this.#trials.work += this.#factorWork();
    this.#factor = undefined;
    delete this.#q.kept.factor;
    this.#q.owner.dropCompanion(COMPANION);
  }
}
