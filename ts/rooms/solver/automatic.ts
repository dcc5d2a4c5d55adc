// The automatic choice. The C core chooses among iterative methods; here it is watched, and where a factorisation of the module
// `direct` is predicted to cost less, or the core has ended without an answer, that answers (factoring.ts). Last come the
// methods that the core has not tried. What each of them says is certified by the C solver.
import type { Solver as RawSolver } from '../../generated/raw/solver.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { StepJob } from '../../runtime/steps.js';
import * as choice from './choice.js';
import type { Why } from './factor.js';
import { BUNDLE, type Factoring, type Further, type Host } from './host.js';
import type { AnswerMethod, SolveMethod } from './methods.js';
import { factoring } from './readers.js';
import { attemptsOf, progressOf, type Told } from './results.js';
import {
  type Found,
  factsOf,
  ITERATION_LIMIT,
  type Leg,
  nameOf,
  number,
  type Question,
  Trials,
  WORK_LIMIT,
} from './trials.js';

const CONVERGED = number('converged');
const RUNNING = number('running');
const STAGNATED = number('stagnated');
/** Ways to end that another method may do better than. */
const FAILURES = [STAGNATED, number('breakdown'), number('indefinite')];
const LIMITS = [ITERATION_LIMIT, WORK_LIMIT, number('memoryLimit')];

export class Automatic implements StepJob, Host {
  readonly question: Question;
  readonly n: number;
  readonly facts: choice.MatrixFacts;
  readonly trials: Trials;
  stage: Host['stage'] = 'iterate';
  leg: Leg | undefined;
  look: number;
  method: AnswerMethod | undefined;
  outcome: number | undefined;
  #factoring: Factoring | undefined;
  #further: Further | undefined;
  /** Why a factorisation is made once its module is there. */
  #why: Why = 'cheaper';
  /** How the first of those that did not do has ended. */
  #failure = STAGNATED;
  /** The solver that has the answer. */
  #answer: RawSolver;

  constructor(question: Question) {
    const { runtime, operation, raw, rawMatrix, kept, guess } = question;
    this.question = question;
    this.trials = new Trials(question);
    this.#answer = raw;
    this.n = this.trials.n;
    this.facts = factsOf(runtime, operation, rawMatrix);
    this.look = choice.firstLook(this.facts);
    if (kept.factor?.runtime.alive === false) delete kept.factor;
    if (kept.further?.runtime.alive === false) delete kept.further;
    const begun = kept.factor === undefined ? kept.other : undefined;
    this.#open(begun ?? raw, guess);
    if (kept.factor) this.#begun().solveWith(kept.factor);
    else if (kept.further) this.#tries()?.solveWith(kept.further);
    else if (begun || !this.#mayFactorise()) this.look = Number.POSITIVE_INFINITY;
    else if (question.prepares) this.#analyse('prepared');
    else if (this.peer() && choice.isDirectFirst(this.facts)) this.#analyse('first');
  }

  // --- the job ------------------------------------------------------------------------------------------------------

  step(work: number, out: number): number {
    const status = this.#step(work);
    this.question.runtime.u32[out / 4] = this.stage === 'ended' ? CONVERGED : RUNNING;
    return status;
  }

  stop(why: number): number {
    const { runtime, operation } = this.question;
    if (this.stage === 'ended') return 0;
    if (this.#further?.method) return this.#further.stop(why);
    this.stage = 'ended';
    this.#factoring?.stop();
    const { leg, trials } = this;
    if (leg === undefined) {
      // The factor was about to correct its answer, which the C solver has.
      this.outcome = why;
      this.method = this.#factoring?.method;
      return 0;
    }
    runtime.check(operation, leg.job.stop(why));
    const found = trials.finish(leg.raw);
    const { best } = trials;
    if (best && best.residual < found.residual && found.outcome !== CONVERGED) {
      this.collect(leg, found);
      this.giveBest(why);
    } else {
      this.end(leg.raw);
    }
    return 0;
  }

  work(): number {
    const others = (this.#factoring?.work() ?? 0) + (this.#further?.work() ?? 0);
    return this.trials.work + (this.leg?.job.work() ?? 0) + others;
  }

  expected(): number {
    const job = this.stage === 'iterate' ? this.leg?.job : this.#factoring;
    if (this.stage === 'further') return 0;
    const all = job?.expected() ?? 0;
    return all > 0 ? this.work() - (job?.work() ?? 0) + all : 0;
  }

  /** The module that it waits for. */
  pending(): Promise<unknown> | undefined {
    return this.stage === 'load' ? this.question.runtime.later.get(BUNDLE)?.() : undefined;
  }

  /** What onProgress is told beside the operations. */
  progress(): { method: SolveMethod | AnswerMethod; iterations: number; relativeResidual: number } {
    const { runtime, operation, raw } = this.question;
    const told = progressOf(runtime, operation, this.leg?.raw ?? raw);
    const other = this.#further?.method ?? this.#factoring?.method;
    const method = this.stage === 'iterate' ? undefined : other;
    return {
      ...told,
      ...(method && { method }),
      iterations: this.trials.iterations + (this.leg ? told.iterations : 0),
    };
  }

  /** The solver that has the answer, and what is told of it where more than its own part has happened. */
  result(): { raw: RawSolver; told: Told | undefined } {
    const { runtime, settings } = this.question;
    const { leg, trials } = this;
    const raw = this.#answer;
    if (this.method === undefined && trials.attempts.length === 0) return { raw, told: undefined };
    // What a factor has answered is known already.
    const known = this.method !== undefined && this.outcome !== undefined && !leg;
    const found = known ? undefined : trials.finish(raw);
    if (leg && found) this.collect(leg, found);
    return {
      raw,
      told: {
        method: this.method ?? nameOf(found?.method as number),
        outcome: runtime.outcome(this.outcome ?? (found?.outcome as number)),
        iterations: trials.iterations,
        edgeOperations: this.work(),
        attempts: trials.attempts,
        ...(settings.history && { history: trials.history() }),
      },
    };
  }

  #step(work: number): number {
    switch (this.stage) {
      case 'iterate':
        return this.#iterate(work);
      case 'load':
        // It has come, or it will not.
        return this.peer() ? this.#analyse(this.#why) : this.#without();
      case 'factor':
        return (this.#factoring as Factoring).step(work);
      case 'further':
        return (this.#further as Further).step(work);
      default:
        return 0;
    }
  }

  // --- iterations ---------------------------------------------------------------------------------------------------

  restart(): void {
    this.#open(this.question.raw, this.question.guess);
  }

  #open(raw: RawSolver, guess: number): void {
    const { runtime, operation, b } = this.question;
    runtime.check(operation, raw.begin(b, guess));
    this.leg = { raw, job: runtime.made(operation, raw.job()) };
    this.stage = 'iterate';
    if (raw === this.question.raw) this.trials.tried.add('auto');
  }

  #iterate(work: number): number {
    const { runtime } = this.question;
    const { job } = this.leg as Leg;
    const until = Math.max(1, this.look - job.work());
    const { maxWork } = this.question.settings;
    // The C solver knows only of its own part.
    const left = maxWork > 0 ? Math.max(1, maxWork - this.work()) : work;
    const status = job.step(Math.min(work, until, left), runtime.out);
    if (status !== 0) return status;
    const outcome = runtime.outU32();
    if (outcome !== RUNNING) return this.#iterated(outcome);
    if (maxWork > 0 && this.work() >= maxWork) return this.stop(WORK_LIMIT);
    return job.work() >= this.look ? this.#lookAt(job) : 0;
  }

  /** Is what is left worth an analysis, or the factorisation that was analysed before? */
  #lookAt(job: StepJob): number {
    const done = job.work();
    const edges = this.#edgesLeft();
    this.look = edges === undefined ? done + choice.firstLook(this.facts) / 4 : 2 * done;
    if (edges === undefined) return 0;
    const left = choice.iterationCost(edges);
    const decided = this.#factoring?.cheaper(left);
    if (decided !== undefined) return decided;
    const isLoaded = this.peer() !== undefined;
    if (!isLoaded && !this.question.waits) this.look = Number.POSITIVE_INFINITY;
    else if (choice.isWorthAnalysing(this.facts, left, isLoaded)) return this.#analyse('cheaper');
    return 0;
  }

  get analysisCost(): number {
    return choice.analysisCost(this.facts);
  }

  costLeft(): number | undefined {
    const edges = this.#edgesLeft();
    return edges && choice.iterationCost(edges);
  }

  iterateFor(cost: number): void {
    this.look = (this.leg as Leg).job.work() + choice.edgesFor(cost);
  }

  /** Edge operations that are left by the last iterations; undefined while nothing has been iterated. */
  #edgesLeft(): number | undefined {
    const { runtime, operation, settings } = this.question;
    const { raw, job } = this.leg as Leg;
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
    const { settings, kept, raw } = this.question;
    const { trials } = this;
    const leg = this.leg as Leg;
    const isDefault = outcome === ITERATION_LIMIT && settings.maxIterations === 0;
    if (!FAILURES.includes(outcome) && !isDefault) {
      if (leg.raw !== raw && outcome === CONVERGED) kept.other = leg.raw;
      if (!trials.best || !LIMITS.includes(outcome)) return this.end(leg.raw);
      this.#close(leg);
      return this.giveBest(outcome);
    }
    const mayFactorise = leg.raw === raw && this.#mayFactorise();
    const isAlone = leg.raw === raw && trials.attempts.length === 0 && !mayFactorise;
    if (isAlone && trials.isAtRounding(trials.finish(raw))) return this.end(raw);
    if (trials.best === undefined) this.#failure = outcome;
    this.#close(leg);
    if (mayFactorise) return this.#factoring?.remaining() ?? this.#analyse('remains');
    return this.tryNext();
  }

  /** Closes a leg that has ended without an answer. */
  #close(leg: Leg): void {
    this.trials.record(leg);
    this.leg = undefined;
  }

  collect(leg: Leg, found: Found): void {
    this.trials.collect(leg, found);
    this.leg = undefined;
  }

  /** From the first guess on. */
  tryNext(): number {
    const { trials } = this;
    const { best, tried } = trials;
    if (best && trials.isAtRounding(best)) return this.giveBest();
    if (!tried.has('auto')) {
      this.restart();
      return 0;
    }
    for (const method of choice.remaining(this.facts)) {
      if (tried.has(method)) continue;
      tried.add(method);
      if (choice.isFurther(method)) {
        const begun = this.#tries()?.begin(method);
        if (begun === undefined) continue;
        return begun > 0 ? this.giveBest(begun) : 0;
      }
      const made = trials.other(method, this.work());
      if (typeof made === 'number') return this.giveBest(made);
      if (made === undefined) continue;
      this.look = Number.POSITIVE_INFINITY;
      this.#open(made, this.question.guess);
      return 0;
    }
    return this.giveBest();
  }

  /** As the first solver gave up, unless a budget says why. */
  giveBest(outcome = this.#failure): number {
    this.method = this.trials.certifyBest();
    this.outcome = outcome;
    return this.end();
  }

  end(answer = this.question.raw): number {
    this.stage = 'ended';
    this.#answer = answer;
    return 0;
  }

  // --- the factorisation --------------------------------------------------------------------------------------------

  /** With the code that uses it, which comes with it. */
  peer(): Runtime | undefined {
    return factoring.held && this.question.runtime.peer(BUNDLE);
  }

  /** Whether a factorisation is possible at all, now or once its module is loaded. */
  #mayFactorise(): boolean {
    const { kept, runtime, waits } = this.question;
    if (kept.refused || this.n < choice.FEW_ROWS) return false;
    return this.peer() !== undefined || (waits && runtime.later.has(BUNDLE));
  }

  /** Methods of the module of factorisations, where it is there. */
  #tries(): Further | undefined {
    if (this.peer() !== undefined)
      this.#further ??= factoring.now(this.question.operation).beginFurther(this);
    return this.#further;
  }

  #begun(): Factoring {
    this.#factoring ??= factoring.now(this.question.operation).beginFactoring(this);
    return this.#factoring;
  }

  /** Begins an analysis, or the loading of the module that makes it. */
  #analyse(why: Why): number {
    const peer = this.peer();
    if (peer !== undefined) return this.#begun().analyse(peer, why);
    this.#why = why;
    this.stage = 'load';
    return 0;
  }

  /** The module did not come: the iterations go on, or the methods that are left are tried. */
  #without(): number {
    this.question.kept.refused = true;
    this.look = Number.POSITIVE_INFINITY;
    this.stage = 'iterate';
    return this.leg ? 0 : this.tryNext();
  }
}
