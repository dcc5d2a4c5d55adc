// Iterations of the room `leastsquares` as the last ways of a solve: with incomplete factors that have a drop tolerance, and
// those that need no factor. They are in the module that makes factorisations, and a page fetches this with that module.
import { outcomes } from '../../generated/codes.js';
import type { LeastSquares as RawLeastSquares } from '../../generated/raw/direct.js';
import { isSublinearError } from '../../runtime/errors.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { StepJob } from '../../runtime/steps.js';
import { SparseMatrix } from '../sparse/matrix.js';
import type { Further, Host } from './host.js';
import type { FurtherMethodName } from './methods.js';
import type { FurtherSolver } from './trials.js';

// Nothing here imports a value of what is there before it, as in factoring.ts.
const [CONVERGED, STAGNATED, WORK_LIMIT] = (['converged', 'stagnated', 'workLimit'] as const).map(
  (name) => outcomes.indexOf(name),
) as [number, number, number];

/** Numbers of sl_least_method. */
const numbers: Record<FurtherMethodName, number> = { lsmr: 0, minres: 2, cgIct: 3, gmresIlut: 4 };
/** Of incomplete factors: entries below this part of a row are left out, and so many times those of A are kept at most. */
const DROP = 1e-3;
const FILL = 10;
/** Bytes of such a factor while it grows, for each entry; of everything else, for each entry of A and for each row. */
const [FILL_BYTES, ENTRY_BYTES] = [30, 36];
const rowBytes: Record<FurtherMethodName, number> = {
  lsmr: 160,
  minres: 180,
  cgIct: 250,
  gmresIlut: 600,
};
/** Numbers of sl_least_squares_read. */
const FACTS = 9;
/** Its name among the companions of a solver. */
const COMPANION = 'further';

const reasons: Record<FurtherMethodName, string> = {
  cgIct:
    'conjugate gradients with a denser incomplete factor, as the methods before ended without an answer',
  gmresIlut:
    'minimal residuals with denser incomplete factors that pivot, as the methods before ended without an answer',
  minres: 'a symmetric matrix that need not be definite, with nothing else left but least squares',
  lsmr: 'least squares, as all other methods ended without an answer',
};

class Trying implements Further {
  readonly #host: Host;
  #solver: FurtherSolver | undefined;
  #job: StepJob | undefined;
  /** Work on the factor before this right-hand side. */
  #setupBefore = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  get method(): FurtherMethodName | undefined {
    return this.#solver?.method;
  }

  work(): number {
    return this.#job?.work() ?? 0;
  }

  begin(method: FurtherMethodName): number | undefined {
    const host = this.#host;
    const { owner } = host.question;
    const peer = host.peer() as Runtime;
    const left = host.trials.left(host.work());
    if (typeof left === 'number') return left;
    owner.dropCompanion(COMPANION);
    try {
      const raw = owner.companion(peer, COMPANION, () => this.#make(peer, method));
      this.#beginSolve({ runtime: peer, raw, method }, left.maxIterations);
      return 0;
    } catch (error) {
      this.#drop();
      const { trials } = this.#host;
      if (!isForLackOfRoom(error)) throw error;
      const outcome = 'memoryLimit';
      const nothing = { iterations: 0, relativeResidual: 1, setupWork: 0, work: 0 };
      trials.attempts.push({ method, reason: reasons[method], outcome, ...nothing });
      return undefined;
    }
  }

  solveWith(solver: FurtherSolver): void {
    const host = this.#host;
    const { tried } = host.trials;
    host.leg = undefined;
    tried.add(solver.method);
    // If it does not answer this time, the first solver begins as if nothing had been tried.
    tried.delete('auto');
    this.#beginSolve(solver, host.question.settings.maxIterations);
  }

  step(work: number): number {
    const host = this.#host;
    const { operation, settings } = host.question;
    const { maxWork } = settings;
    const { runtime } = this.#solver as FurtherSolver;
    const left = maxWork > 0 ? Math.max(1, maxWork - host.work()) : work;
    try {
      runtime.check(operation, (this.#job as StepJob).step(Math.min(work, left), runtime.out));
    } catch (error) {
      // The factor has grown more than there is room for.
      if (!isForLackOfRoom(error)) throw error;
      this.#tell('memoryLimit', 0, 1);
      this.#drop();
      return host.tryNext();
    }
    const outcome = runtime.outU32();
    if (!runtime.isRunning(outcome)) return this.#ended(outcome, () => host.tryNext());
    return maxWork > 0 && host.work() >= maxWork ? host.stop(WORK_LIMIT) : 0;
  }

  stop(why: number): number {
    const { runtime } = this.#solver as FurtherSolver;
    runtime.check(this.#host.question.operation, (this.#job as StepJob).stop(why));
    return this.#ended(why, () => this.#host.giveBest(why));
  }

  /** Throws where there is no room. */
  #make(peer: Runtime, method: FurtherMethodName): RawLeastSquares {
    const { operation, matrix, settings, runtime: home, b } = this.#host.question;
    const { n, facts } = this.#host;
    const own = rowBytes[method] * n + ENTRY_BYTES * facts.entries;
    const left = this.#bytesLeft(peer) - own;
    const hasFactor = method === 'cgIct' || method === 'gmresIlut';
    const fill = Math.min(FILL, left / FILL_BYTES / Math.max(facts.entries, 1));
    if (left < 0 || (hasFactor && fill < 1)) throw peer.memoryError(operation, own);
    return peer.scratch(operation, (scratch) => {
      const copy = matrix.lend(() => rawOf(peer, operation, 'matrix', matrix, SparseMatrix));
      const side = scratch.f64(n);
      peer.f64.set(home.f64.subarray(b / 8, b / 8 + n), side / 8);
      const { tolerance } = settings;
      const number = numbers[method];
      const made = peer.raw.LeastSquares.create(
        ...([copy, side, n, number, 0, tolerance, 1, 0, false, DROP, fill] as const),
      );
      if (copy !== matrix.lend(() => matrix.use(operation))) matrix.dropCopyIn(peer);
      return peer.made(operation, made);
    });
  }

  #bytesLeft(peer: Runtime): number {
    const { settings, raw } = this.#host.question;
    const free = peer.memoryLimit - peer.raw.bytesInUse();
    return settings.maxBytes > 0 ? Math.min(free, settings.maxBytes - raw.bytes()) : free;
  }

  /** maxIterations: 0 for as many as every other method may take. */
  #beginSolve(solver: FurtherSolver, maxIterations: number): void {
    const { n, question } = this.#host;
    const { operation, runtime: home, b } = question;
    const { runtime, raw } = solver;
    runtime.scratch(operation, (scratch) => {
      const side = scratch.f64(n);
      runtime.f64.set(home.f64.subarray(b / 8, b / 8 + n), side / 8);
      const most = maxIterations > 0 ? maxIterations : Math.min(10 * n + 1000, 0xffff_ffff);
      runtime.check(operation, raw.begin(side, most, true));
    });
    this.#solver = solver;
    this.#setupBefore = raw.setupWork();
    // Borrowed, as in steps.ts.
    this.#job = runtime.made(operation, raw.job());
    this.#host.stage = 'further';
  }

  #ended(outcome: number, otherwise: () => number): number {
    const host = this.#host;
    const { trials, question } = host;
    const solver = this.#solver as FurtherSolver;
    const found = this.#judge(outcome);
    if (found === undefined) {
      this.#drop();
      return otherwise();
    }
    question.kept.further = solver;
    trials.work += this.work();
    this.#solver = undefined;
    this.#job = undefined;
    host.method = solver.method;
    host.outcome = found;
    return host.end();
  }

  /** The iterate of what has ended becomes that of the first solver; its outcome where it will do. */
  #judge(outcome: number): number | undefined {
    const host = this.#host;
    const { trials, n, question } = host;
    const { operation } = question;
    const { runtime, raw, method } = this.#solver as FurtherSolver;
    const iterations = runtime.scratch(operation, (scratch) => {
      const [at, facts] = [scratch.f64(n), scratch.f64(FACTS)];
      runtime.check(operation, raw.read(at, facts));
      trials.place().set(runtime.f64.subarray(at / 8, at / 8 + n));
      return runtime.f64[facts / 8 + 1] as number;
    });
    const found = trials.certify();
    const met = found.outcome !== WORK_LIMIT;
    const own = outcome === CONVERGED ? STAGNATED : outcome;
    this.#tell(runtime.outcome(met ? found.outcome : own), iterations, found.relativeResidual);
    if (met) return found.outcome;
    trials.keepBest(method, found);
    return undefined;
  }

  #tell(
    outcome: ReturnType<Runtime['outcome']>,
    iterations: number,
    relativeResidual: number,
  ): void {
    const { raw, method } = this.#solver as FurtherSolver;
    const setupWork = raw.setupWork() - this.#setupBefore;
    const work = Math.max(0, this.work() - setupWork);
    this.#host.trials.attempts.push({
      ...{ method, reason: reasons[method], outcome, iterations, relativeResidual },
      setupWork,
      work,
    });
  }

  #drop(): void {
    const { trials, question } = this.#host;
    trials.work += this.work();
    this.#solver = undefined;
    this.#job = undefined;
    delete question.kept.further;
    question.owner.dropCompanion(COMPANION);
  }
}

function isForLackOfRoom(error: unknown): boolean {
  return isSublinearError(error) && (error.code === 'MEMORY' || error.code === 'OVERFLOW');
}

export function beginFurther(host: Host): Further {
  return new Trying(host);
}
