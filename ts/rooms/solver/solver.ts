// Systems of linear equations A x = b.

import { type OutcomeName, outcomes } from '../../generated/codes.js';
import { solveAttempt, solveProgress, solveResult, solverOptions } from '../../generated/fields.js';
import type { SparseMatrix as RawMatrix, Solver as RawSolver } from '../../generated/raw/solver.js';
import type { Benchmark } from '../../runtime/benchmark.js';
import { runtimeOf } from '../../runtime/bind.js';
import { lengthOfList } from '../../runtime/brand.js';
import { isSublinearError } from '../../runtime/errors.js';
import { give, take } from '../../runtime/fields.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import type { Given, OutputArray } from '../../runtime/given.js';
import { type IntoOption, numbersOut, viewOf } from '../../runtime/into.js';
import { adopt, rawOf, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { SparseMatrix } from '../sparse/sparse.js';
import {
  badSolverFile,
  type LoadedSolver,
  loadSolver,
  loadSolverAsync,
  META_AT,
  type SolverSettings,
  saveSolverPieces,
  saveSolverWhole,
} from './file.js';
import { createLocal, type LocalSolver } from './local.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { IntoOption } from '../../runtime/into.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { SparseMatrix } from '../sparse/sparse.js';
export type {
  EstimateDotOptions,
  EstimateDotResult,
  LocalProgress,
  LocalSolver,
  SolveEntriesOptions,
  SolveEntriesProgress,
  SolveEntriesResult,
  SolveSparseOptions,
  SolveSparseResult,
  SparseVector,
} from './local.js';

// In the order of their numbers in csrc/solver/solver.h, which a test compares.
const methodNames = [
  'auto',
  'cg',
  'gaussSeidel',
  'bicgstab',
  'lu',
  'amg',
  'approximateCholesky',
  'gmres',
  'symmetricGaussSeidel',
  'incompleteCholesky',
  'cholesky',
  'bicgstabIlu',
] as const;

const methods = Object.fromEntries(methodNames.map((name, number) => [name, number]));

const orderings = { auto: 0, natural: 1, reverseCuthillMckee: 2, topological: 3 } as const;

/**
 * In which order the rows of a matrix are worked on:
 *
 * - `'auto'` another order than the matrix's own where it is found to pay (default)
 * - `'natural'` as the rows come
 * - `'reverseCuthillMckee'` rows that are coupled lie close together, which the caches like and an incomplete
 *   factorisation, too: with `'amg'`, `'symmetricGaussSeidel'` and `'incompleteCholesky'`
 * - `'topological'` each row after those it depends on, as far as there are no cycles: with `'gaussSeidel'`, which then
 *   needs few sweeps on a matrix that is triangular, or nearly so, but for the order of its rows
 */
export type RowOrdering = keyof typeof orderings;

/**
 * How a system is solved:
 *
 * - `'auto'` looks at the matrix and chooses; when a method fails, the next sensible one goes on (default)
 * - `'cg'` conjugate gradients with the diagonal as preconditioner: symmetric, positive or negative definite
 * - `'gaussSeidel'` sweeps: dominant in rows or columns, or symmetric definite
 * - `'bicgstab'` stabilised bi-conjugate gradients: any matrix, without a promise
 * - `'bicgstabIlu'` the same with an incomplete LU factor in place of the diagonal
 * - `'gmres'` restarted minimal residuals with an incomplete LU factor: any matrix, without a promise
 * - `'amg'` conjugate gradients with algebraic multigrid: as `'cg'`, several times faster on meshes and grids
 * - `'symmetricGaussSeidel'` conjugate gradients with a symmetric sweep: as `'cg'`, about half the iterations
 * - `'incompleteCholesky'` conjugate gradients with an incomplete factor without fill, IC(0), its diagonal shifted where
 *   it breaks down: as `'cg'`, about a third of the iterations on meshes
 * - `'approximateCholesky'` conjugate gradients with a randomised factorisation: symmetric, diagonally dominant
 *   matrices of any structure, such as Laplacians of social graphs
 * - `'cholesky'` dense factorisation: symmetric, definite or semidefinite, of at most 400 rows; half the work of `'lu'`
 * - `'lu'` dense factorisation with partial pivoting: any matrix of at most 400 rows
 */
export type SolveMethod = (typeof methodNames)[number];

/** Norm of an error bound: the largest error of a component, or the sum of all errors. */
export type BoundNorm = 'infinity' | 1;

const norms = [undefined, 'infinity', 1] as const;

/** Options that are fixed when a matrix is prepared. */
export interface PrepareOptions {
  /** `'auto'` by default. */
  method?: SolveMethod;
  /** In which order the method works on the rows; `'auto'` by default, other values with the methods they name. */
  ordering?: RowOrdering;
  /**
   * Converged when `||b - A x|| <= tolerance * ||b||` in the Euclidean norm. Between 0 and 1, both excluded; 1e-8 by
   * default, 1e-5 with `output: 'float32'`.
   */
  tolerance?: number;
  /** Most iterations, over all methods tried. 10 n + 1000 by default. */
  maxIterations?: number;
  /** Most edge operations (matrix entries multiplied). No limit by default. */
  maxWork?: number;
  /**
   * Most bytes of WebAssembly memory that the solver may hold beside the matrix and its `history`. A method that needs more
   * is passed over as one that failed; where no other is left the outcome is `'memoryLimit'`, with the best iterate. No
   * limit by default but the engine's own.
   */
  maxBytes?: number;
  /** Keep the relative residual of each iteration. False by default. */
  history?: boolean;
  /**
   * Precision of the solution. `'float32'` rounds once at the end; residual and bounds are then those of the rounded
   * array, and a tolerance that it misses makes the outcome `'stagnated'`. `'float64'` by default.
   */
  output?: 'float64' | 'float32';
}

/** Options of one right-hand side. */
export interface RightHandSideOptions extends IntoOption {
  /** Where to begin; n numbers, zero by default. */
  initialGuess?: RealArray;
  /** Time budget in milliseconds. No limit by default. */
  maxTimeMs?: number;
}

/** Options of {@link SolverRoom.solve}. */
export interface SolveOptions extends PrepareOptions, RightHandSideOptions {}

/** Where a running solve is. */
export interface SolveProgress extends WorkProgress {
  /** The method at work. */
  method: SolveMethod;
  iterations: number;
  /** `||r|| / ||b||` as the running method sees it. */
  relativeResidual: number;
}

/** One method that was tried. */
export interface SolveAttempt {
  method: Exclude<SolveMethod, 'auto'>;
  /** Why it was tried, in words. */
  reason: string;
  /** `undefined` when it was given up before it ended. */
  outcome: OutcomeName | undefined;
  iterations: number;
  /** When it ended. */
  relativeResidual: number;
  /** Edge operations to build a factorisation or preconditioner, 0 when one from before was used. */
  setupWork: number;
  /** Edge operations of the iterations. */
  work: number;
  /** Condition number with the diagonal as preconditioner, estimated from the first iterations of `'cg'`. */
  condition?: number;
  /** Iterations that `'cg'` was predicted to need after those; it stays when they cost less than something stronger. */
  predictedIterations?: number;
}

/** The array type of a solver that came from a file: which one, the file says. */
export type LoadedArray = Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** The array type that options ask for. */
export type SolutionArray<O> = OutputArray<Given<O, 'output'>>;

/** What a solve gives. */
export interface SolveResult<A = Float64Array<ArrayBuffer>> {
  /** x: n numbers, a copy. When `outcome` is not `'converged'`, the iterate with the smallest residual. */
  solution: A;
  /** How it ended; see `docs/glossary.md`. */
  outcome: OutcomeName;
  /** The method that gave the solution. */
  method: Exclude<SolveMethod, 'auto'>;
  /** Over all methods tried. */
  iterations: number;
  /** `||b - A x||`, Euclidean, computed anew for the array in `solution`. */
  residual: number;
  /** `residual / ||b||`; the residual itself when b = 0. */
  relativeResidual: number;
  /** `max|b - A x| / (norm(A) max|x| + max|b|)`; about 1e-16 is the best that float64 can do. */
  backwardError: number;
  /** The error of `solution` is at most this, rounding included. Absent when no bound is known. */
  errorBound?: number;
  /** Which norm `errorBound` is in. */
  errorBoundNorm?: BoundNorm;
  work: {
    /** Entries of the matrix or of a preconditioner that were multiplied. */
    edgeOperations: number;
    /** Rows of the matrix that were read: all of them. */
    touchedRows: number;
  };
  /** What was tried, in order, and why. */
  decision: { attempts: SolveAttempt[] };
  /** Relative residual after each iteration, when `history: true`. */
  history?: Float64Array<ArrayBuffer>;
}

interface Settings extends SolverSettings {
  matrix: SparseMatrix;
  /** The matrix came out of a file with the solver, and goes with it. */
  owned: boolean;
}

const prepareKeys = [
  'method',
  'ordering',
  'tolerance',
  'maxIterations',
  'maxWork',
  'maxBytes',
  'history',
  'output',
] as const;
const sideKeys = ['initialGuess', 'maxTimeMs', 'into'] as const;
const domains = { methods: methodNames.length, orderings: Object.keys(orderings).length };
const outputs = { float64: false, float32: true } as const;
const RUNNING = outcomes.indexOf('running');
const FITTING_OUTPUT = "'float64', as the solution is beyond the range of float32";

/**
 * A matrix made ready for several right-hand sides: what a method builds in the first solve (a factorisation, a
 * preconditioner) is kept for the next. Made by {@link SolverRoom.prepare}. The matrix must stay alive.
 *
 * @typeParam A - the array type of the solutions
 */
export class PreparedSolver<A = Float64Array<ArrayBuffer>> extends WasmObject<RawSolver> {
  #settings: Settings | undefined;

  /** @internal */
  protected override facts() {
    return { size: this.size };
  }

  /** Number of rows: the length of b and of the solution. */
  get size(): number {
    return this.use('PreparedSolver.size').size();
  }

  /** Bytes that the solver holds, without the matrix. */
  get bytesUsed(): number {
    return this.use('PreparedSolver.bytesUsed').bytes();
  }

  /**
   * Solves for one right-hand side. O(iterations * nnz).
   *
   * @param b - n numbers
   * @throws RangeError `SHAPE`, `NOT_FINITE` for b or initialGuess, `RANGE` for `output: 'float32'` where the solution is
   *   beyond its range
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 2, cols: 2, rowIndices: [0, 0, 1, 1], columnIndices: [0, 1, 0, 1], values: [4, 1, 1, 3] });
   * using prepared = prepare(matrix);
   * const x = new Float64Array(2);
   * for (const b of [[1, 0], [0, 1]]) console.log(prepared.solve(b, { into: x }).outcome); // converged
   * ```
   */
  solve(b: RealArray, options?: RightHandSideOptions): SolveResult<A> {
    const operation = 'PreparedSolver.solve';
    return this.now(operation, b, check.options(operation, options, sideKeys));
  }

  /**
   * As {@link PreparedSolver.solve}, in slices of about 8 ms. The solver and its matrix are busy until it ends.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
   * using prepared = prepare(matrix);
   * const { solution } = await prepared.solveAsync([2], { signal: AbortSignal.timeout(1000) });
   * console.log(solution); // Float64Array(1) [ 0.5 ]
   * ```
   */
  async solveAsync(
    b: RealArray,
    options?: RightHandSideOptions & AsyncOptions<SolveProgress>,
  ): Promise<SolveResult<A>> {
    const operation = 'PreparedSolver.solveAsync';
    return this.later(operation, b, check.options(operation, options, [...sideKeys, ...asyncKeys]));
  }

  /**
   * Solves for several right-hand sides, one after the other.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
   * using prepared = prepare(matrix);
   * console.log(prepared.solveMany([[2], [8]]).map(({ solution }) => solution[0])); // [ 0.5, 2 ]
   * ```
   */
  solveMany(
    bs: readonly RealArray[],
    options?: Omit<RightHandSideOptions, 'into'>,
  ): SolveResult<A>[] {
    const operation = 'PreparedSolver.solveMany';
    if (!Array.isArray(bs)) throw check.typeError(operation, 'bs', 'array of right-hand sides', bs);
    const count = lengthOfList(operation, 'bs', bs);
    // The solutions lie outside the module, where its limit would not stop them.
    const bytes = 8 * count * this.use(operation).size();
    if (bytes > this.runtime.memoryLimit) throw this.runtime.memoryError(operation, bytes);
    const given = check.options(operation, options, ['initialGuess', 'maxTimeMs']);
    const results: SolveResult<A>[] = [];
    for (let i = 0; i < count; i++) results.push(this.solve(bs[i], given));
    return results;
  }

  /**
   * The solver as bytes: its matrix and its options. {@link PreparedSolver.load} takes them, in every engine and on every
   * machine. What the method has built is not among them: the file is as small as the matrix's, and a loaded solver builds
   * it again in its first solve. O(nnz).
   *
   * @throws SublinearError `DISPOSED` (also when only the matrix was), `BUSY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, PreparedSolver, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
   * using prepared = prepare(matrix, { tolerance: 1e-10 });
   * using again = PreparedSolver.load(prepared.save());
   * console.log(again.solve([2]).solution); // Float64Array(1) [ 0.5 ]
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'PreparedSolver.save';
    this.#use(operation);
    const settings = this.#settings as Settings;
    return saveSolverWhole(this.runtime, operation, settings, () => this.#file(operation));
  }

  /**
   * The same bytes piece by piece (up to 1 MB each), for files and streams: nothing but a piece is held in memory a second
   * time. The solver and its matrix must stay alive until the end.
   *
   * @throws SublinearError `DISPOSED`, `BUSY`, when the pieces are asked for
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
   * using prepared = prepare(matrix);
   * let bytes = 0;
   * for (const piece of prepared.saveInPieces()) bytes += piece.length;
   * console.log(bytes === prepared.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'PreparedSolver.saveInPieces';
    const settings = this.#settings as Settings;
    const use = () => this.#use(operation);
    return saveSolverPieces(this.runtime, operation, settings, () => this.#file(operation), use);
  }

  #file(operation: string) {
    const { matrix } = this.#settings as Settings;
    return this.runtime.raw.SparseMatrix.save(matrix.use(operation));
  }

  /**
   * A solver from the bytes that {@link PreparedSolver.save} gave. It has its own matrix, which is freed with it, and the same
   * options; its answers are, to the bit, those of a solver that has just been prepared. Its first solve does the setup,
   * as every solver's does. Untrusted bytes are safe: what is wrong is an error, and what loads is a solver. O(nnz).
   *
   * @param bytes - the file as one array, or its pieces
   * @throws SublinearError `FORMAT` (not such a file, a newer version, another kind, contradictory numbers; `position` is the
   *   byte), `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, PreparedSolver, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
   * using prepared = prepare(matrix, { output: 'float32' });
   * using again = PreparedSolver.load(prepared.saveInPieces());
   * console.log(again.solve([2]).solution); // Float32Array(1) [ 0.5 ]
   * ```
   */
  static load(bytes: BytesSource): PreparedSolver<LoadedArray> {
    const operation = 'PreparedSolver.load';
    const runtime = runtimeOf(this, operation);
    const wrap = (raw: RawMatrix) => adopt(runtime, operation, SparseMatrix, raw);
    return fromFile(runtime, operation, loadSolver(runtime, operation, bytes, domains, wrap));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable. They are checked while they come, and no more
   * memory is taken than twice what has come. Between pieces other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for bytes; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, PreparedSolver, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
   * using prepared = prepare(matrix);
   * using again = await PreparedSolver.loadAsync(new Blob([prepared.save()]).stream());
   * console.log(again.size); // 1
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<PreparedSolver<LoadedArray>> {
    const operation = 'PreparedSolver.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    const wrap = (raw: RawMatrix) => adopt(runtime, operation, SparseMatrix, raw);
    const loaded = await loadSolverAsync(runtime, operation, bytes, domains, wrap, given);
    return fromFile(runtime, operation, loaded);
  }

  /**
   * Frees the memory of the solver, and of its matrix when both came from a file. Calling it again does nothing. Throws `BUSY`
   * during a running `...Async` call.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
   * const prepared = prepare(matrix);
   * prepared.dispose();
   * console.log(prepared.disposed, matrix.disposed); // true false
   * ```
   */
  override dispose(): void {
    super.dispose();
    const { matrix, owned } = this.#settings as Settings;
    if (owned) matrix.dispose();
  }

  /** @internal */
  now(operation: string, b: RealArray, options: RightHandSideOptions): SolveResult<A> {
    return runNow(this.runtime, operation, options, (call) => this.#begin(call, b));
  }

  /** @internal */
  later(
    operation: string,
    b: RealArray,
    options: RightHandSideOptions & AsyncOptions<SolveProgress>,
  ): Promise<SolveResult<A>> {
    return runLater(this.runtime, operation, options, (call) => this.#begin(call, b));
  }

  /** @internal Called once, by prepare and load. */
  configure(settings: Settings): this {
    this.#settings = settings;
    return this;
  }

  // The C solver reads the matrix in each call: a matrix that was disposed must not be reached.
  #use(operation: string): RawSolver {
    const raw = this.use(operation);
    (this.#settings as Settings).matrix.use(operation);
    return raw;
  }

  #begin(
    { operation, options: { initialGuess, into } }: Call<RightHandSideOptions>,
    b: RealArray,
  ): Begun<SolveProgress, SolveResult<A>> {
    const { runtime } = this;
    const raw = this.#use(operation);
    const n = raw.size();
    const { float32 } = this.#settings as Settings;
    if (into !== undefined) viewOf(operation, into, n, float32);
    runtime.scratch(operation, (scratch) => {
      const take = (name: string, values: RealArray) => {
        const block = scratch.doubles(name, values);
        if (block.length !== n) throw check.shapeError(operation, name, n, block.length);
        return block.address;
      };
      const from = take('b', b);
      const guess = initialGuess === undefined ? 0 : take('initialGuess', initialGuess);
      // A list runs the code of its getters while it is read, which may have disposed the matrix.
      this.#use(operation);
      runtime.check(operation, raw.begin(from, guess));
    });
    return {
      raw,
      holds: [this, (this.#settings as Settings).matrix],
      progress: () => this.#progress(operation, raw),
      result: () => this.#finish(operation, into),
    };
  }

  #progress(operation: string, raw: RawSolver): Omit<SolveProgress, keyof WorkProgress> {
    const { runtime } = this;
    runtime.check(operation, raw.progress(runtime.out));
    const { method, iterations, relativeResidual } = take(runtime, solveProgress);
    return { method: methodNames[method] as SolveMethod, iterations, relativeResidual };
  }

  #finish(operation: string, into: RightHandSideOptions['into']): SolveResult<A> {
    const { runtime } = this;
    const raw = this.#use(operation);
    const { float32, history } = this.#settings as Settings;
    return runtime.scratch(operation, (scratch) => {
      const n = raw.size();
      const x = scratch.f64(n);
      runtime.check(operation, raw.finish(x, runtime.out));
      let found = take(runtime, solveResult);
      const past = history ? runtime.copyF64(found.history, found.historyLength) : undefined;
      const solution = numbersOut(runtime, operation, [x, n], float32, into);
      if (float32) {
        if (!solution.every(Number.isFinite))
          throw check.rangeError(operation, 'output', FITTING_OUTPUT, 'float32');
        runtime.f64.set(solution, x / 8);
        runtime.check(operation, raw.certify(x, runtime.out));
        found = take(runtime, solveResult);
      }
      const norm = norms[found.errorBoundNorm];
      const result: SolveResult<A> = {
        solution: solution as A,
        outcome: runtime.outcome(found.outcome),
        method: concrete(found.method),
        iterations: found.iterations,
        residual: found.residual,
        relativeResidual: found.relativeResidual,
        backwardError: found.backwardError,
        ...(norm && { errorBound: found.errorBound, errorBoundNorm: norm }),
        work: { edgeOperations: found.work, touchedRows: found.touchedRows },
        decision: { attempts: this.#attempts(operation, raw, found.attemptCount) },
        ...(past && { history: past }),
      };
      return result;
    });
  }

  #attempts(operation: string, raw: RawSolver, count: number): SolveAttempt[] {
    const { runtime } = this;
    return Array.from({ length: count }, (_, index) => {
      runtime.check(operation, raw.attempt(index, runtime.out));
      const found = take(runtime, solveAttempt);
      return {
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
      };
    });
  }
}

function concrete(number: number): Exclude<SolveMethod, 'auto'> {
  return methodNames[number] as Exclude<SolveMethod, 'auto'>;
}

/** What `engine.use('solver')` and `load()` give. */
export interface SolverRoom extends LocalSolver {
  readonly SparseMatrix: typeof SparseMatrix;
  readonly PreparedSolver: typeof PreparedSolver;

  /**
   * Solves A x = b for a square sparse matrix. The residual in the result is computed anew for the solution that is
   * returned; budgets and failures are outcomes, never exceptions, and the best iterate comes with each of them.
   * Singular Laplacians are solved on each connected component with zero mean. O(iterations * nnz).
   *
   * @param matrix - n x n
   * @param b - n numbers
   * @throws SublinearError `NOT_SQUARE`, `NOT_SYMMETRIC` or `ZERO_DIAGONAL` (the method asked for needs it),
   *   `UNSUPPORTED` (`'lu'` or `'cholesky'` above 400 rows), `MEMORY`
   * @throws RangeError `SHAPE`, `NOT_FINITE` (b, initialGuess), `OPTION` (tolerance; an ordering that the method does not take),
   *   `RANGE` (`output: 'float32'` where the solution is beyond its range)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { solve, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 2, cols: 2, rowIndices: [0, 0, 1, 1], columnIndices: [0, 1, 0, 1], values: [4, 1, 1, 3] });
   * const { solution, outcome, residual } = solve(matrix, [1, 2], { tolerance: 1e-12 });
   * console.log(outcome, residual < 1e-11); // converged true
   * console.log(Array.from(solution, (x) => x.toFixed(3))); // [ '0.091', '0.636' ]
   * ```
   */
  solve<O extends SolveOptions = SolveOptions & { output?: 'float64' }>(
    matrix: SparseMatrix,
    b: RealArray,
    options?: O,
  ): SolveResult<SolutionArray<O>>;

  /**
   * As {@link SolverRoom.solve}, in slices of about 8 ms so that the thread stays responsive. The matrix is busy until
   * it ends. Aborting rejects with `signal.reason` within 50 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { solveAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 1, cols: 1, rowIndices: [0], columnIndices: [0], values: [4] });
   * const { solution } = await solveAsync(matrix, [2], { onProgress: ({ relativeResidual }) => relativeResidual });
   * console.log(solution); // Float64Array(1) [ 0.5 ]
   * ```
   */
  solveAsync<
    O extends SolveOptions & AsyncOptions<SolveProgress> = SolveOptions &
      AsyncOptions<SolveProgress> & { output?: 'float64' },
  >(matrix: SparseMatrix, b: RealArray, options?: O): Promise<SolveResult<SolutionArray<O>>>;

  /**
   * Makes a matrix ready for several right-hand sides. Dispose the result when done; the matrix must live as long.
   * Throws as {@link SolverRoom.solve} does for the matrix and the options. O(nnz).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { prepare, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 2, cols: 2, rowIndices: [0, 1, 1], columnIndices: [0, 0, 1], values: [2, 1, 4] });
   * using prepared = prepare(matrix, { method: 'lu' });
   * console.log(prepared.solve([2, 5]).solution); // Float64Array(2) [ 1, 1 ]
   * ```
   */
  prepare<O extends PrepareOptions = PrepareOptions & { output?: 'float64' }>(
    matrix: SparseMatrix,
    options?: O,
  ): PreparedSolver<SolutionArray<O>>;
}

// What array type it gives depends on the options; the callers say which.
function prepareWith<A>(
  runtime: Runtime,
  operation: string,
  matrix: SparseMatrix,
  given: PrepareOptions,
): PreparedSolver<A> {
  const rawMatrix = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
  const { method = 'auto', ordering = 'auto', output = 'float64', history = false } = given;
  const float32 = check.choice(operation, 'output', output, outputs);
  const { tolerance = float32 ? 1e-5 : 1e-8, maxIterations = 0, maxWork = 0 } = given;
  const { maxBytes = 0 } = given;
  return make(runtime, operation, rawMatrix, {
    matrix,
    owned: false,
    method: check.choice(operation, 'method', method, methods),
    ordering: check.choice(operation, 'ordering', ordering, orderings),
    tolerance: check.number(operation, 'tolerance', tolerance),
    maxIterations: limit(operation, 'maxIterations', maxIterations, given, 0xffff_ffff),
    maxWork: limit(operation, 'maxWork', maxWork, given, Number.MAX_SAFE_INTEGER),
    maxBytes: limit(operation, 'maxBytes', maxBytes, given, Number.MAX_SAFE_INTEGER),
    history: check.boolean(operation, 'history', history),
    float32,
  });
}

function make<A>(
  runtime: Runtime,
  operation: string,
  rawMatrix: RawMatrix,
  settings: Settings,
): PreparedSolver<A> {
  const { method, ordering, tolerance, maxIterations, maxWork, history, maxBytes } = settings;
  const given = { method, ordering, tolerance, maxIterations, maxWork, recordHistory: history };
  const made = runtime.raw.Solver.create(rawMatrix, give(runtime, solverOptions, given));
  const prepared = adopt(runtime, operation, PreparedSolver, made) as PreparedSolver<A>;
  prepared.configure(settings);
  try {
    const solver = prepared.use(operation);
    if (maxBytes > 0) {
      // The vectors of a solve are there already: the error tells how much they take.
      check.integer(operation, 'maxBytes', maxBytes, solver.bytes(), Number.MAX_SAFE_INTEGER);
    }
    runtime.check(operation, solver.setMaxBytes(maxBytes));
  } catch (error) {
    prepared.dispose();
    throw error;
  }
  return prepared;
}

// A matrix and options that are right, each for itself, may still not go together: that is a fault of the file.
function fromFile(
  runtime: Runtime,
  operation: string,
  { matrix, settings }: LoadedSolver<SparseMatrix>,
): PreparedSolver<LoadedArray> {
  try {
    const rawMatrix = matrix.use(operation);
    return make(runtime, operation, rawMatrix, { ...settings, matrix, owned: true });
  } catch (error) {
    matrix.dispose();
    if (!isSublinearError(error) || error.code === 'MEMORY') throw error;
    throw badSolverFile(operation, META_AT, 'options that suit the matrix', error);
  }
}

// 0 means "none" in C; a user who writes it gets an error instead of a surprise.
function limit(
  operation: string,
  name: 'maxIterations' | 'maxWork' | 'maxBytes',
  value: number,
  given: PrepareOptions,
  most: number,
): number {
  return given[name] === undefined ? 0 : check.integer(operation, name, value, 1, most);
}

/** @internal */
export function createRoom(runtime: Runtime): SolverRoom {
  return {
    ...createLocal(runtime),
    SparseMatrix: runtime.bind(SparseMatrix),
    PreparedSolver: runtime.bind(PreparedSolver),
    solve<O extends SolveOptions>(matrix: SparseMatrix, b: RealArray, options?: O) {
      const operation = 'solve';
      const all = check.options<SolveOptions>(operation, options, [...prepareKeys, ...sideKeys]);
      const prepared = prepareWith<SolutionArray<O>>(runtime, operation, matrix, all);
      try {
        return prepared.now(operation, b, all);
      } finally {
        prepared.dispose();
      }
    },
    async solveAsync<O extends SolveOptions & AsyncOptions<SolveProgress>>(
      matrix: SparseMatrix,
      b: RealArray,
      options?: O,
    ) {
      const operation = 'solveAsync';
      const keys = [...prepareKeys, ...sideKeys, ...asyncKeys] as const;
      const all = check.options<SolveOptions & AsyncOptions<SolveProgress>>(
        operation,
        options,
        keys,
      );
      const prepared = prepareWith<SolutionArray<O>>(runtime, operation, matrix, all);
      try {
        return await prepared.later(operation, b, all);
      } finally {
        prepared.dispose();
      }
    },
    prepare<O extends PrepareOptions>(matrix: SparseMatrix, options?: O) {
      const operation = 'prepare';
      const all = check.options<PrepareOptions>(operation, options, prepareKeys);
      return prepareWith<SolutionArray<O>>(runtime, operation, matrix, all);
    },
  };
}

/** @internal */
export const benchmarks: Record<'grid', Benchmark<SolverRoom>> = {
  // Laplacian of a square grid + 0.01 I, to 1e-8.
  grid: {
    defaultSize: 40_000,
    prepare(room, size) {
      const side = Math.max(2, Math.round(Math.sqrt(size)));
      const matrix = gridMatrix(room, side);
      const b = Float64Array.from({ length: side * side }, (_, i) => Math.sin(i));
      return {
        run: () => room.solve(matrix, b),
        // A multiplication and an addition for each entry; those on vectors alone are not counted.
        operations: 2 * room.solve(matrix, b).work.edgeOperations,
        bytes: 0,
        dispose: () => matrix.dispose(),
      };
    },
  },
};

function gridMatrix(room: SolverRoom, side: number): SparseMatrix {
  const rowIndices: number[] = [];
  const columnIndices: number[] = [];
  const values: number[] = [];
  const add = (i: number, j: number, value: number) => {
    rowIndices.push(i);
    columnIndices.push(j);
    values.push(value);
  };
  for (let i = 0; i < side * side; i++) {
    let degree = 0;
    const link = (j: number, exists: boolean) => {
      if (exists) {
        add(i, j, -1);
        degree++;
      }
    };
    link(i - side, i >= side);
    link(i - 1, i % side > 0);
    link(i + 1, i % side < side - 1);
    link(i + side, i < side * (side - 1));
    add(i, i, degree + 0.01);
  }
  const n = side * side;
  return room.SparseMatrix.fromCoo({ rows: n, cols: n, rowIndices, columnIndices, values });
}
