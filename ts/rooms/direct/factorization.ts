// A matrix that has been factorised.
import type { Factor as RawFactor } from '../../generated/raw/direct.js';
import { runtimeOf } from '../../runtime/bind.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt, isInstance, rawOf } from '../../runtime/object.js';
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
import { SparseMatrix } from '../sparse/matrix.js';
import { FactorFacts } from './facts.js';
import { intoView, readSolution } from './solution.js';
import type { FactorSolution, FactorSolveOptions } from './types.js';

const solveKeys = ['into', 'refinements', 'tolerance', 'maxTimeMs'] as const;

/**
 * A factorised matrix, for many right-hand sides. Made by {@link DirectRoom.factorize}. It holds all it needs: the matrix may
 * be disposed.
 */
export class Factorization extends FactorFacts {
  #rows: number | undefined;

  /**
   * Solves A x = b, or A X = B for several right-hand sides at once, and corrects each answer until its backward error is
   * near the rounding unit. O(fill + nnz) a correction and column.
   *
   * Arioli, Demmel, Duff 1989, doi:10.1137/0610013.
   *
   * @param b - n numbers; for several right-hand sides, column after column
   * @throws RangeError `SHAPE`, `NOT_FINITE` (b), `SHAPE` (into), `OPTION` (refinements, tolerance); SublinearError `MEMORY`,
   *   `STATE` (the last refactorisation failed)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [4, 1, 1, 3] });
   * using factor = factorize(matrix);
   * const { solution, backwardError } = factor.solve([5, 4, 1, 3]); // two right-hand sides
   * console.log(solution, backwardError < 1e-15); // Float64Array(4) [ 1, 1, 0, 1 ] true
   * ```
   */
  solve(b: RealArray, options?: FactorSolveOptions): FactorSolution {
    return this.#now('Factorization.solve', false, b, options);
  }

  /**
   * {@link Factorization.solve} in slices of about 8 ms that let other tasks run. The factorisation is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = factorize(matrix);
   * const { solution } = await factor.solveAsync([2], { signal: AbortSignal.timeout(1000) });
   * console.log(solution); // Float64Array(1) [ 0.5 ]
   * ```
   */
  async solveAsync(
    b: RealArray,
    options?: FactorSolveOptions & AsyncOptions<WorkProgress>,
  ): Promise<FactorSolution> {
    return this.#later('Factorization.solveAsync', false, b, options);
  }

  /**
   * Solves A^T x = b. As {@link Factorization.solve}; `errorBound` is not known for it unless A is symmetric.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [2, 1, 1, 2] });
   * using factor = factorize(matrix);
   * console.log(factor.solveTranspose([3, 3]).solution); // Float64Array(2) [ 1, 1 ]
   * ```
   */
  solveTranspose(b: RealArray, options?: FactorSolveOptions): FactorSolution {
    return this.#now('Factorization.solveTranspose', true, b, options);
  }

  /**
   * {@link Factorization.solveTranspose} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = factorize(matrix);
   * console.log((await factor.solveTransposeAsync([2])).solution); // Float64Array(1) [ 0.5 ]
   * ```
   */
  async solveTransposeAsync(
    b: RealArray,
    options?: FactorSolveOptions & AsyncOptions<WorkProgress>,
  ): Promise<FactorSolution> {
    return this.#later('Factorization.solveTransposeAsync', true, b, options);
  }

  /**
   * Factorises other values on the same pattern: the order of elimination and its analysis are used again. Where the new
   * values are refused the factorisation stays as it was; where factorising them fails there is none until the next call.
   *
   * @param values - a matrix of the same pattern, or its values: one for each entry, row by row
   * @throws RangeError `SHAPE` or `NOT_FINITE` (values); SublinearError `ARGUMENT` (another pattern; `position` is the first
   *   row that differs), `NOT_SYMMETRIC`, `SINGULAR` (a row of zeros), `NOT_DEFINITE` (method `'cholesky'`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [4, 1, 1, 3] });
   * using factor = factorize(matrix);
   * factor.refactorize([2, 1, 1, 2]);
   * console.log(factor.solve([3, 3]).solution); // Float64Array(2) [ 1, 1 ]
   * ```
   */
  refactorize(values: RealArray | SparseMatrix): this {
    const operation = 'Factorization.refactorize';
    return runNow(this.runtime, operation, {}, (call) => this.#refactorize(call, values));
  }

  /**
   * {@link Factorization.refactorize} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = factorize(matrix);
   * await factor.refactorizeAsync([8]);
   * console.log(factor.solve([2]).solution); // Float64Array(1) [ 0.25 ]
   * ```
   */
  async refactorizeAsync(
    values: RealArray | SparseMatrix,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<this> {
    const operation = 'Factorization.refactorizeAsync';
    const given = check.options(operation, options, asyncKeys);
    return runLater(this.runtime, operation, given, (call) => this.#refactorize(call, values));
  }

  /**
   * An estimate of the condition number `||A||_1 ||A^-1||_1`, by at most 11 solves: at least a hundredth part of it in
   * practice, and mostly all of it, but never more by more than rounding.
   *
   * Hager 1984, doi:10.1137/0905023; Higham 1988, doi:10.1145/50063.214386.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [1000, 0, 0, 1] });
   * using factor = factorize(matrix);
   * console.log(factor.conditionEstimate().toFixed(3)); // 1000.000
   * ```
   */
  conditionEstimate(): number {
    const operation = 'Factorization.conditionEstimate';
    return runNow(this.runtime, operation, {}, (call) => this.#condition(call));
  }

  /**
   * {@link Factorization.conditionEstimate} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = factorize(matrix);
   * console.log((await factor.conditionEstimateAsync()).toFixed(6)); // 1.000000
   * ```
   */
  async conditionEstimateAsync(options?: AsyncOptions<WorkProgress>): Promise<number> {
    const operation = 'Factorization.conditionEstimateAsync';
    const given = check.options(operation, options, asyncKeys);
    return runLater(this.runtime, operation, given, (call) => this.#condition(call));
  }

  /**
   * The factorisation as bytes, with the matrix: `Factorization.load` takes them, in every engine and on every machine,
   * without factorising again.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, Factorization, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = factorize(matrix);
   * using again = Factorization.load(factor.save());
   * console.log(again.solve([2]).solution); // Float64Array(1) [ 0.5 ]
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'Factorization.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.Factor.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB, so that the whole file is never in memory. Refactorising before the end makes it
   * fail with `STATE`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = factorize(matrix);
   * let bytes = 0;
   * for (const piece of factor.saveInPieces()) bytes += piece.length;
   * console.log(bytes === factor.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'Factorization.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.Factor.save(use()), use);
  }

  /**
   * A factorisation from the bytes that {@link Factorization.save} gave: the same bits. The analysis is made again, the
   * factorisation is not. Untrusted bytes are safe: what is wrong is an error, and what loads can be used; that the parts
   * belong to the matrix shows in the backward errors of its answers.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, Factorization, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = factorize(matrix);
   * using again = Factorization.load(factor.saveInPieces());
   * console.log(again.size); // 1
   * ```
   */
  static load(bytes: BytesSource): Factorization {
    const operation = 'Factorization.load';
    const runtime = runtimeOf(this, operation);
    const made = loadFile(runtime, operation, bytes, factorFile(runtime, operation));
    return runMade(made, () => runNow(runtime, operation, {}, () => begunMaking(made, operation)));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, Factorization, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = factorize(matrix);
   * using again = await Factorization.loadAsync(new Blob([factor.save()]).stream());
   * console.log(again.size); // 1
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<Factorization> {
    const operation = 'Factorization.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    const { signal } = given;
    const made = await loadFileAsync(
      runtime,
      operation,
      bytes,
      factorFile(runtime, operation),
      given,
    );
    const control = signal === undefined ? {} : { signal };
    return runMadeAsync(made, () =>
      runLater(runtime, operation, control, () => begunMaking(made, operation)),
    );
  }

  #now(
    operation: string,
    transpose: boolean,
    b: RealArray,
    options: FactorSolveOptions | undefined,
  ): FactorSolution {
    const given = check.options(operation, options, solveKeys);
    return runNow(this.runtime, operation, given, (call) => this.#solve(call, b, transpose));
  }

  #later(
    operation: string,
    transpose: boolean,
    b: RealArray,
    options: (FactorSolveOptions & AsyncOptions<WorkProgress>) | undefined,
  ): Promise<FactorSolution> {
    const given = check.options<FactorSolveOptions & AsyncOptions<WorkProgress>>(
      operation,
      options,
      [...solveKeys, ...asyncKeys],
    );
    return runLater(this.runtime, operation, given, (call) => this.#solve(call, b, transpose));
  }

  #solve(
    { operation, options }: Call<FactorSolveOptions>,
    b: RealArray,
    transpose: boolean,
  ): Begun<WorkProgress, FactorSolution> {
    const { runtime } = this;
    const { into, refinements = 10, tolerance = 1e-14 } = options;
    const raw = this.use(operation);
    this.#rows ??= raw.rows();
    const n = this.#rows;
    check.integer(operation, 'refinements', refinements, 0, 0xffff_ffff);
    check.number(operation, 'tolerance', tolerance);
    const columns = runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.doubles('b', b);
      if (length % n !== 0 || length === 0)
        throw check.shapeError(operation, 'b', Math.max(1, Math.ceil(length / n)) * n, length);
      if (into !== undefined) intoView(operation, into, length);
      // A list runs the code of its getters while it is read.
      const again = this.use(operation);
      const count = length / n;
      const status = again.beginSolve(address, count, transpose, refinements, tolerance);
      runtime.check(operation, status);
      return count;
    });
    const result = () => readSolution(runtime, operation, this.use(operation), n, columns, into);
    return { raw, holds: [this], result, stopped: true };
  }

  #refactorize(
    { operation }: Call<object>,
    values: RealArray | SparseMatrix,
  ): Begun<WorkProgress, this> {
    const { runtime } = this;
    const raw = this.use(operation);
    if (isInstance(values, SparseMatrix)) {
      const matrix = rawOf(runtime, operation, 'matrix', values, SparseMatrix);
      const status = raw.beginMatrix(matrix);
      values.dropCopyIn(runtime);
      runtime.check(operation, status);
    } else {
      runtime.scratch(operation, (scratch) => {
        const { address, length } = scratch.doubles('values', values);
        runtime.check(operation, this.use(operation).beginValues(address, length));
      });
    }
    return { raw, holds: [this], result: () => this, stopped: true };
  }

  #condition({ operation }: Call<object>): Begun<WorkProgress, number> {
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.check(operation, raw.beginCondition());
    const result = () => {
      runtime.check(operation, raw.readCondition(runtime.out));
      return runtime.outF64();
    };
    return { raw, holds: [this], result, stopped: true };
  }
}

function factorFile(runtime: Runtime, operation: string): Loading<RawFactor, Factorization> {
  return {
    kind: 'FACT',
    build: (reader) => runtime.raw.Factor.load(reader),
    wrap: (raw) => adopt(runtime, operation, Factorization, raw),
  };
}
