// A matrix that was made ready for several right-hand sides.

import { solverOptions } from '../../generated/fields/solver.js';
import type { SparseMatrix as RawMatrix, Solver as RawSolver } from '../../generated/raw/solver.js';
import { runtimeOf } from '../../runtime/bind.js';
import { lengthOfList } from '../../runtime/brand.js';
import { isSublinearError } from '../../runtime/errors.js';
import { give } from '../../runtime/fields.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { viewOf } from '../../runtime/into.js';
import { adopt, rawOf, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray, Scratch } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { Automatic } from './automatic.js';
import {
  badSolverFile,
  type LoadedSolver,
  loadSolver,
  META_AT,
  SolverFile,
  type SolverSettings,
  saveSolverPieces,
  saveSolverWhole,
} from './file.js';
import { methodNames, orderings } from './methods.js';
import { readers } from './readers.js';
import { progressOf, resultOf } from './results.js';
import type { Kept } from './trials.js';
import type { LoadedArray, RightHandSideOptions, SolveProgress, SolveResult } from './types.js';

/** The options that a solver was made with, and its matrix. */
interface Settings extends SolverSettings {
  matrix: SparseMatrix;
  /** The matrix came out of a file with the solver, and goes with it. */
  owned: boolean;
  /** Made for one right-hand side. */
  once?: boolean;
}

export const sideKeys = ['initialGuess', 'maxTimeMs', 'into'] as const;
const domains = { methods: methodNames.length, orderings: Object.keys(orderings).length };

/**
 * A matrix made ready for several right-hand sides: what a method builds in the first solve (a factorisation, a
 * preconditioner) is kept for the next. Made by {@link SolverRoom.prepare}. The matrix must stay alive.
 *
 * @typeParam A - the array type of the solutions
 */
export class PreparedSolver<A = Float64Array<ArrayBuffer>> extends WasmObject<RawSolver> {
  #settings: Settings | undefined;
  readonly #kept: Kept = {};

  /** @internal */
  protected override facts() {
    return { size: this.size };
  }

  /** Number of rows: the length of b and of the solution. */
  get size(): number {
    return this.use('PreparedSolver.size').size();
  }

  /** Bytes that the solver holds, without the matrix; a factorisation that it has made in another module included. */
  get bytesUsed(): number {
    const { factor, further, other } = this.#kept;
    const held = factor?.runtime.alive ? factor.bytesHeld : 0;
    const more = further?.runtime.alive ? further.raw.bytes() : 0;
    return this.use('PreparedSolver.bytesUsed').bytes() + held + more + (other?.bytes() ?? 0);
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
    return fromFile(runtime, operation, loadSolver(fileOf(runtime, operation, bytes), bytes));
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
    const file = fileOf(runtime, operation, bytes);
    const loaded = await readers.later(operation, ({ loadSolverAsync }) =>
      loadSolverAsync(file, bytes, given),
    );
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
    return runNow(this.runtime, operation, options, (call) => this.#begin(call, b, false));
  }

  /** @internal */
  later(
    operation: string,
    b: RealArray,
    options: RightHandSideOptions & AsyncOptions<SolveProgress>,
  ): Promise<SolveResult<A>> {
    return runLater(this.runtime, operation, options, (call) => this.#begin(call, b, true));
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
    { operation, options: { initialGuess, into }, scratch }: Call<RightHandSideOptions>,
    b: RealArray,
    waits: boolean,
  ): Begun<SolveProgress, SolveResult<A>> {
    const { runtime } = this;
    const raw = this.#use(operation);
    const n = raw.size();
    const settings = this.#settings as Settings;
    const { matrix, float32, method, once = false } = settings;
    if (into !== undefined) viewOf(operation, into, n, float32);
    const isAutomatic = method === 0;
    const begin = (memory: Scratch) => {
      const take = (name: string, values: RealArray) => {
        const block = memory.doubles(name, values);
        if (block.length !== n) throw check.shapeError(operation, name, n, block.length);
        return block.address;
      };
      const from = take('b', b);
      const guess = initialGuess === undefined ? 0 : take('initialGuess', initialGuess);
      // A list runs the code of its getters while it is read, which may have disposed the matrix.
      this.#use(operation);
      if (!isAutomatic) {
        runtime.check(operation, raw.begin(from, guess));
        return undefined;
      }
      return new Automatic({
        runtime,
        operation,
        owner: this,
        raw,
        matrix,
        rawMatrix: rawOf(runtime, operation, 'matrix', matrix, SparseMatrix),
        settings,
        kept: this.#kept,
        prepares: !once,
        waits,
        scratch,
        b: from,
        guess,
      });
    };
    // The automatic choice may begin again.
    const automatic = isAutomatic ? begin(scratch) : runtime.scratch(operation, begin);
    return {
      raw: automatic ? { job: () => automatic } : raw,
      holds: [this, matrix],
      progress: () => automatic?.progress() ?? progressOf(runtime, operation, raw),
      result: () => {
        this.#use(operation);
        const { raw: answer, told } = automatic?.result() ?? { raw, told: undefined };
        return resultOf(runtime, operation, answer, settings, into, told);
      },
    };
  }
}

/** The solver of these settings. */
export function makePrepared<A>(
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

function fileOf(runtime: Runtime, operation: string, bytes: AsyncBytesSource) {
  const wrap = (raw: RawMatrix) => adopt(runtime, operation, SparseMatrix, raw);
  return new SolverFile(runtime, operation, bytes, domains, wrap);
}

// A matrix and options that are right, each for itself, may still not go together: that is a fault of the file.
function fromFile(
  runtime: Runtime,
  operation: string,
  { matrix, settings }: LoadedSolver<SparseMatrix>,
): PreparedSolver<LoadedArray> {
  try {
    const rawMatrix = matrix.use(operation);
    return makePrepared(runtime, operation, rawMatrix, { ...settings, matrix, owned: true });
  } catch (error) {
    matrix.dispose();
    if (!isSublinearError(error) || error.code === 'MEMORY') throw error;
    throw badSolverFile(operation, META_AT, 'options that suit the matrix', error);
  }
}
