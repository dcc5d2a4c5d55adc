// Solving by a sparse factorisation of the module `direct`: analysed, made where it pays and fits, and kept for further right-hand
// sides. A page fetches this with that module.
import { outcomes } from '../../generated/codes.js';
import type { Runtime } from '../../runtime/runtime.js';
import { COMPANION, type Prediction, type Refusal, SparseFactor, type Why } from './factor.js';
import * as choice from './factor-choice.js';
import type { Factoring, Host } from './host.js';
import type { AnswerMethod } from './methods.js';
import type { SolveAttempt } from './types.js';

// Nothing here imports a value of what is there before it: a bundler would make a file of its own of that.
const [STAGNATED, BREAKDOWN, WORK_LIMIT] = (['stagnated', 'breakdown', 'workLimit'] as const).map(
  (name) => outcomes.indexOf(name),
) as [number, number, number];

/** A backward error that a factorisation, whose answer has been corrected, does not improve on by trying again. */
const ATTAINABLE = 1e-14;
const MOST_REFINEMENTS = 10;

class Factorising implements Factoring {
  readonly #host: Host;
  #stage: 'analyse' | 'eliminate' | 'solve' = 'analyse';
  #factor: SparseFactor | undefined;
  #why: Why = 'cheaper';
  #refinements = 0;
  /** Multiplications of the factorisation, of this call; and of all that the factor had done before its solve. */
  #setupWork = 0;
  #workBefore = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  get method(): AnswerMethod | undefined {
    return this.#factor?.method;
  }

  work(): number {
    return this.#factor ? this.#factor.work - this.#workBefore : 0;
  }

  expected(): number {
    return this.#factor?.expected ?? 0;
  }

  step(work: number): number {
    if (this.#stage === 'analyse') return this.#analysing(work);
    return this.#stage === 'eliminate' ? this.#eliminate(work) : this.#solve(work);
  }

  /** What was only begun is given up. */
  stop(): void {
    if (this.#factor && !this.#factor.made) this.#drop();
  }

  cheaper(left: number): number | undefined {
    const prediction = this.#factor?.prediction;
    if (prediction === undefined) return undefined;
    const isCheaper = choice.factorCost(this.#host.facts, prediction) < left;
    return isCheaper ? this.#approve('cheaper') : 0;
  }

  remaining(): number | undefined {
    return this.#factor?.prediction && this.#approve('remains');
  }

  analyse(peer: Runtime, why: Why): number {
    const { operation, matrix, owner } = this.#host.question;
    this.#why = why;
    const factor = SparseFactor.begin(peer, operation, matrix, owner);
    if (typeof factor === 'string') return this.#refuse(factor);
    this.#factor = factor;
    this.#workBefore = 0;
    this.#goOn('analyse');
    return 0;
  }

  solveWith(factor: SparseFactor): number {
    return this.#solveWith(factor, 'prepared');
  }

  #goOn(stage: 'analyse' | 'eliminate' | 'solve'): void {
    this.#host.stage = 'factor';
    this.#stage = stage;
  }

  #analysing(work: number): number {
    const host = this.#host;
    const factor = this.#factor as SparseFactor;
    const { maxWork } = host.question.settings;
    const budget = maxWork > 0 ? maxWork - host.work() : work;
    if (budget <= 0) return this.#refuse('workLimit');
    const outcome = factor.step(Math.min(work, choice.ANALYSIS_STEP, budget));
    if (outcome === 'ended') return this.#made(factor);
    if (outcome !== 'running') return this.#refuse(outcome);
    const prediction = factor.predict();
    if (prediction === undefined) return 0;
    const why = this.#why;
    if (why === 'prepared' || why === 'remains') {
      const within = choice.isWithin(prediction.flops, why);
      return within ? this.#approve(why) : this.#refuse('workLimit');
    }
    const cost = choice.factorCost(host.facts, prediction);
    const left = why === 'first' ? undefined : host.costLeft();
    const isBetter = left !== undefined && cost < left;
    if (isBetter || (why === 'first' && choice.isCheap(cost, host.analysisCost)))
      return this.#approve(why);
    // Not now. Iterations that take as long as it would were predicted too well.
    host.stage = 'iterate';
    if (why !== 'first') host.iterateFor(cost);
    return 0;
  }

  /** Makes the factor that was analysed, unless it would not fit. */
  #approve(why: Why): number {
    const { maxWork } = this.#host.question.settings;
    const { flops, bytes, fill } = (this.#factor as SparseFactor).prediction as Prediction;
    this.#why = why;
    if (bytes > this.#bytesLeft()) return this.#refuse('memoryLimit');
    if (maxWork > 0 && this.#host.work() + flops / 2 + 2 * fill > maxWork)
      return this.#refuse('workLimit');
    this.#goOn('eliminate');
    return 0;
  }

  /** Bytes that a factor may take in all. */
  #bytesLeft(): number {
    const { settings, raw } = this.#host.question;
    const { memoryLimit, raw: there } = this.#host.peer() as Runtime;
    const free = memoryLimit - there.bytesInUse() + (this.#factor?.bytesHeld ?? 0);
    return settings.maxBytes > 0 ? Math.min(free, settings.maxBytes - raw.bytes()) : free;
  }

  #eliminate(work: number): number {
    const host = this.#host;
    const { maxWork } = host.question.settings;
    const factor = this.#factor as SparseFactor;
    const outcome = factor.step(work);
    if (outcome === 'ended') return this.#made(factor);
    if (outcome !== 'running') return this.#refuse(outcome);
    // Pivots off the diagonal may make more of it than was predicted.
    if (factor.bytesHeld > this.#bytesLeft()) return this.#refuse('memoryLimit');
    return maxWork > 0 && host.work() > maxWork ? host.stop(WORK_LIMIT) : 0;
  }

  #made(factor: SparseFactor): number {
    factor.made = true;
    this.#setupWork = factor.work;
    return this.#solveWith(factor, this.#why);
  }

  #solveWith(factor: SparseFactor, why: Why): number {
    const { tolerance } = this.#host.question.settings;
    this.#factor = factor;
    this.#why = why;
    this.#workBefore = factor.work - this.#setupWork;
    this.#beginSolve(factor, tolerance < choice.PLAIN_TOLERANCE ? MOST_REFINEMENTS : 0);
    this.#goOn('solve');
    return 0;
  }

  #beginSolve(factor: SparseFactor, refinements: number): void {
    const { question, n } = this.#host;
    this.#refinements = refinements;
    factor.beginSolve(question.runtime, question.b, n, refinements);
  }

  #solve(work: number): number {
    const host = this.#host;
    const { trials } = host;
    const { runtime, operation } = host.question;
    const factor = this.#factor as SparseFactor;
    const ending = factor.step(work);
    if (ending === 'running') return 0;
    if (ending !== 'ended') return this.#refuse(ending);
    // What was only begun has nothing to tell.
    if (host.leg?.job.work() === 0) host.leg = undefined;
    if (host.leg) {
      runtime.check(operation, host.leg.job.stop(WORK_LIMIT));
      const before = trials.attempts.length;
      host.collect(host.leg, trials.finish(host.leg.raw));
      const last = trials.attempts.at(-1);
      if (last && trials.attempts.length > before) last.outcome = undefined;
    }
    const place = trials.place();
    const corrections = factor.readSolve(place);
    const usable = areFinite(place);
    if (!usable) place.fill(0);
    const found = trials.certify();
    const met = found.outcome !== WORK_LIMIT;
    if (!met && usable && this.#refinements === 0) {
      this.#beginSolve(factor, MOST_REFINEMENTS);
      return 0;
    }
    const settled = usable && found.backwardError <= ATTAINABLE;
    const outcome = met ? found.outcome : usable ? STAGNATED : BREAKDOWN;
    this.#tell(factor, runtime.outcome(outcome), 1 + corrections, found.relativeResidual);
    if (met || settled) return this.#settle(factor, outcome, found.residual);
    this.#forget();
    if (trials.best) {
      if (usable) trials.keepBest(factor.method, found);
      return host.tryNext();
    }
    // Pivots that were worth little have still found where the iterations may begin.
    host.restart();
    return 0;
  }

  /** The factor has the answer. */
  #settle(factor: SparseFactor, outcome: number, residual: number): number {
    const host = this.#host;
    const { best } = host.trials;
    host.question.kept.factor = factor;
    host.outcome = outcome;
    // Rounding does not allow the tolerance; but what iterated may have come closer.
    if (outcome === STAGNATED && best && best.residual < residual) return host.giveBest();
    host.method = factor.method;
    return host.end();
  }

  /** There is no factorisation: the iterations go on, or the methods that are left are tried. */
  #refuse(outcome: Refusal): number {
    if (this.#factor) this.#tell(this.#factor, outcome, 0, 1);
    this.#forget();
    this.#host.stage = 'iterate';
    return this.#host.leg ? 0 : this.#host.tryNext();
  }

  #tell(
    factor: SparseFactor,
    outcome: SolveAttempt['outcome'],
    iterations: number,
    relativeResidual: number,
  ): void {
    const setupWork = outcome === 'converged' || factor.made ? this.#setupWork : factor.work;
    const work = this.work() - setupWork;
    this.#host.trials.attempts.push(
      factor.attempt(this.#why, { outcome, iterations, relativeResidual, setupWork, work }),
    );
  }

  /** Neither this solve nor a later one asks for a factorisation again. */
  #forget(): void {
    this.#host.question.kept.refused = true;
    this.#host.look = Number.POSITIVE_INFINITY;
    this.#drop();
  }

  #drop(): void {
    const { trials, question } = this.#host;
    trials.work += this.work();
    this.#factor = undefined;
    delete question.kept.factor;
    question.owner.dropCompanion(COMPANION);
  }
}

/** `every(Number.isFinite)` calls a function for each number. */
function areFinite(x: Float64Array): boolean {
  // Of what is not, the difference is NaN, and so is every sum with it.
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! - x[i]!;
  return sum === 0;
}

// One part that is fetched: both are needed with the same module.
export { beginFurther } from './further.js';

export function beginFactoring(host: Host): Factoring {
  return new Factorising(host);
}
