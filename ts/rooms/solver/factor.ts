// A sparse factorisation as one of the methods of a solve. It is made in the module of `sublinear/direct`, which this room does
// without where it is not loaded.
import { outcomes } from '../../generated/codes.js';
import type { Factor as RawFactor } from '../../generated/raw/direct.js';
import { isSublinearError } from '../../runtime/errors.js';
import { rawOf, type WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type { StepJob } from '../../runtime/steps.js';
import { SparseMatrix } from '../sparse/matrix.js';
import type { FactorMethodName } from './methods.js';
import type { SolveAttempt } from './types.js';

/** Numbers of sl_factor_facts: which one is what, and how many there are. */
const [FILL, FLOPS, BYTES_HELD, BYTES, COUNT] = [4, 5, 6, 7, 17] as const;
const WORK_LIMIT = outcomes.indexOf('workLimit');
const names = [undefined, 'direct-cholesky', 'direct-ldlt', 'direct-lu'] as const;

/** What its analysis says of a factorisation. */
export interface Prediction {
  fill: number;
  flops: number;
  /** Of the factorisation at its largest. */
  bytes: number;
}

/** Why there is no factorisation. */
export type Refusal = 'memoryLimit' | 'singular' | 'breakdown' | 'stagnated' | 'workLimit';

export class SparseFactor {
  readonly runtime: Runtime;
  readonly raw: RawFactor;
  readonly #job: StepJob;
  readonly #operation: string;
  /** Known once the analysis has ended. */
  prediction: Prediction | undefined;
  made = false;
  /** Multiplications in all, those of earlier solves included. */
  #workBefore = 0;

  private constructor(runtime: Runtime, operation: string, raw: RawFactor) {
    this.runtime = runtime;
    this.raw = raw;
    this.#operation = operation;
    // Borrowed, as in steps.ts.
    this.#job = runtime.made(operation, raw.job());
  }

  /** Begins one, which belongs to `prepared`. Nothing is copied but the matrix. */
  static begin(
    runtime: Runtime,
    operation: string,
    matrix: SparseMatrix,
    prepared: WasmObject<RawObject>,
  ): SparseFactor | Refusal {
    try {
      const raw = prepared.companion(runtime, COMPANION, () => {
        const copy = matrix.lend(() => rawOf(runtime, operation, 'matrix', matrix, SparseMatrix));
        const made = runtime.raw.Factor.create(copy, 0, 0);
        // It has a copy of its own.
        if (copy !== matrix.lend(() => matrix.use(operation))) matrix.dropCopyIn(runtime);
        return runtime.made(operation, made);
      });
      return new SparseFactor(runtime, operation, raw);
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Goes on for about `work` multiplications; why it failed, where it did. */
  step(work: number): 'running' | 'ended' | Refusal {
    const { runtime } = this;
    try {
      runtime.check(this.#operation, this.#job.step(work, runtime.out));
    } catch (error) {
      return refusalOf(error);
    }
    return runtime.isRunning(runtime.outU32()) ? 'running' : 'ended';
  }

  /** Looks whether the analysis has ended. */
  predict(): Prediction | undefined {
    if (this.prediction === undefined) {
      const [fill, flops, bytes] = this.#facts(FILL, FLOPS, BYTES);
      if (fill > 0) this.prediction = { fill, flops, bytes };
    }
    return this.prediction;
  }

  get bytesHeld(): number {
    return this.#facts(BYTES_HELD)[0];
  }

  get method(): FactorMethodName {
    return names[this.raw.method()] as FactorMethodName;
  }

  /** Multiplications of everything that it has done. */
  get work(): number {
    return this.#workBefore + this.#job.work();
  }

  /** Multiplications at the end of what it does, or 0. */
  get expected(): number {
    return this.#job.expected();
  }

  /** Begins a solve for the `n` numbers at `b` in the solver's module, which judges the answer. Throws what is wrong. */
  beginSolve(home: Runtime, b: number, n: number, refinements: number): void {
    const { runtime } = this;
    // An abort or a time limit has left it in the middle of the solve before. Where nothing is begun there is nothing to stop.
    this.#job.stop(WORK_LIMIT);
    const before = this.work;
    runtime.scratch(this.#operation, (scratch) => {
      const address = scratch.f64(n);
      runtime.f64.set(home.f64.subarray(b / 8, b / 8 + n), address / 8);
      const tolerance = refinements > 0 ? 1e-14 : 1;
      const status = this.raw.beginSolve(address, 1, false, refinements, tolerance);
      runtime.check(this.#operation, status);
    });
    this.#workBefore = before;
  }

  /** The solution, once its solve has ended, into `x`; how many corrections it took. */
  readSolve(x: Float64Array): number {
    const { runtime } = this;
    runtime.check(this.#operation, this.raw.viewSolve(runtime.out));
    const address = runtime.outF64(4);
    x.set(runtime.f64.subarray(address / 8, address / 8 + x.length));
    return runtime.outF64(3);
  }

  /** What is told of a factorisation that was tried, and why it was. */
  attempt(
    why: Why,
    told: Omit<SolveAttempt, 'method' | 'reason' | 'fill' | 'flops'>,
  ): SolveAttempt {
    const { fill, flops } = this.prediction ?? { fill: 0, flops: 0 };
    return {
      method: this.method,
      reason: reasons[why],
      ...told,
      ...(told.setupWork > 0 && fill > 0 && { fill, flops }),
    };
  }

  /** Numbers of sl_factor_facts. */
  #facts<Which extends number[]>(...which: Which): { [I in keyof Which]: number } {
    const { runtime } = this;
    return runtime.scratch(this.#operation, (scratch) => {
      const address = scratch.f64(COUNT);
      this.raw.facts(address);
      return which.map((i) => runtime.f64[address / 8 + i]) as { [I in keyof Which]: number };
    });
  }
}

/** Its name among the companions of a solver. */
export const COMPANION = 'factor';

/** Errors that say something of the matrix, or of memory. All others are thrown. */
function refusalOf(error: unknown): Refusal {
  const code = isSublinearError(error) ? error.code : '';
  if (code === 'MEMORY' || code === 'OVERFLOW') return 'memoryLimit';
  if (code === 'SINGULAR') return 'singular';
  if (code === 'RANGE' || code === 'NOT_DEFINITE') return 'breakdown';
  throw error;
}

/** Why a factorisation is made. */
export type Why = 'cheaper' | 'first' | 'prepared' | 'remains';

const reasons: Record<Why, string> = {
  cheaper: 'a sparse factorisation was predicted to cost less than the iterations that were left',
  first: 'a sparse factorisation of such a matrix is cheap',
  prepared: 'a sparse factorisation, kept for several right-hand sides',
  remains: 'a sparse factorisation, as the methods before ended without an answer',
};
