// Decompositions of square matrices that are kept: one elimination, many right-hand sides.
import { decompositionFacts } from '../../generated/fields/linalg.js';
import type { Decomposition as RawDecomposition } from '../../generated/raw/linalg.js';
import { take } from '../../runtime/fields.js';
import { WasmObject } from '../../runtime/object.js';
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
import { readSides } from './input.js';
import type {
  Determinant,
  LinearColumn,
  LinearSolution,
  LinearSolveOptions,
  MatrixInput,
  MatrixResult,
  Numbers,
} from './types.js';

/** There is no time limit: there is nothing to give before the end. */
type Asked = LinearSolveOptions & { maxTimeMs?: never };

/** Numbers of sl_decomposition_read_solve for each right-hand side. */
const SOLVE_FACTS = 3;

export const solveKeys = ['transposed', 'refinements', 'tolerance'] as const;

/** What a decomposition of a square matrix answers. It holds all it needs: the matrix may be disposed. */
export abstract class Decomposition extends WasmObject<RawDecomposition> {
  /** @internal */
  protected override facts() {
    return { size: this.size, singular: this.singular };
  }

  /** @internal */
  protected numbers(operation: string) {
    const { runtime } = this;
    runtime.check(operation, this.use(operation).facts(runtime.out));
    return take(runtime, decompositionFacts);
  }

  /** Number of rows. */
  get size(): number {
    return this.numbers('size').rows;
  }
  /** Whether a pivot is exactly 0. A matrix that is singular but for rounding shows in `conditionEstimate()`. */
  get singular(): boolean {
    return this.numbers('singular').pivot >= 0;
  }
  /** Bytes that it holds, a copy of the matrix included. */
  get bytesUsed(): number {
    return this.use('bytesUsed').bytes();
  }

  /**
   * The determinant; infinite or 0 where it is beyond the range of numbers: see {@link Decomposition.logDeterminant}.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[0, 2], [3, 4]]);
   * console.log(decomposed.determinant()); // -6
   * ```
   */
  determinant(): number {
    return this.numbers('determinant').determinant;
  }

  /**
   * The sign of the determinant and the logarithm of its size, which do not leave the range of numbers.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[1e200, 0], [0, -1e200]]);
   * console.log(decomposed.determinant(), decomposed.logDeterminant().sign); // -Infinity -1
   * console.log((decomposed.logDeterminant().logarithm / Math.LN10).toFixed(6)); // 400.000000
   * ```
   */
  logDeterminant(): Determinant {
    const { sign, logDeterminant } = this.numbers('logDeterminant');
    return { sign, logarithm: logDeterminant };
  }

  /**
   * Solves A x = b, or A X = B for many right-hand sides at once, and corrects each answer by its residual, which is computed
   * in twice the precision. O(n^2) a right-hand side.
   *
   * Higham 2002, Accuracy and Stability of Numerical Algorithms, doi:10.1137/1.9780898718027, chapter 12.
   *
   * @param b - n numbers, or a matrix of n rows
   * @throws RangeError `SHAPE`, `NOT_FINITE` (b), `OPTION` (refinements, tolerance); SublinearError `SINGULAR` (`position`: the
   *   pivot that is 0), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[2, 1], [1, 3]]);
   * const { solution, backwardError } = decomposed.solve([[3, 2], [4, 1]]); // two right-hand sides
   * console.log(solution, backwardError < 1e-15); // Float64Array(4) [ 1, 1, 1, 0 ] true
   * ```
   */
  solve(b: Numbers | MatrixInput, options?: LinearSolveOptions): LinearSolution {
    const operation = 'Decomposition.solve';
    const given: Asked = check.options<LinearSolveOptions>(operation, options, solveKeys);
    return runNow(this.runtime, operation, given, (call) => this.beginSolve(call, b));
  }

  /**
   * {@link Decomposition.solve} in slices of about 8 ms that let other tasks run. The decomposition is busy meanwhile.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { cholesky } = await load();
   * using decomposed = cholesky([[4, 2], [2, 5]]);
   * const { solution } = await decomposed.solveAsync([6, 7], { signal: AbortSignal.timeout(1000) });
   * console.log(solution); // Float64Array(2) [ 1, 1 ]
   * ```
   */
  async solveAsync(
    b: Numbers | MatrixInput,
    options?: LinearSolveOptions & AsyncOptions<WorkProgress>,
  ): Promise<LinearSolution> {
    const operation = 'Decomposition.solveAsync';
    const given: Asked & AsyncOptions<WorkProgress> = check.options<
      LinearSolveOptions & AsyncOptions<WorkProgress>
    >(operation, options, [...solveKeys, ...asyncKeys]);
    return runLater(this.runtime, operation, given, (call) => this.beginSolve(call, b));
  }

  /** @internal */
  beginSolve(
    { operation, options }: Call<Asked>,
    b: Numbers | MatrixInput,
  ): Begun<WorkProgress, LinearSolution> {
    const { runtime } = this;
    const { transposed = false, refinements = 10, tolerance = 2 ** -52 } = options;
    check.boolean(operation, 'transposed', transposed);
    check.integer(operation, 'refinements', refinements, 0, 0xffff_ffff);
    check.number(operation, 'tolerance', tolerance);
    const { rows } = this.numbers(operation);
    const side = readSides(operation, 'b', b, rows);
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.doubles('b', side.data);
      // Reading b can run code of the user's.
      const raw = this.use(operation);
      const { columns } = side;
      runtime.check(
        operation,
        raw.beginSolve(address, length, columns, transposed, refinements, tolerance),
      );
    });
    const raw = this.use(operation);
    return { raw, holds: [this], result: () => this.#solution(operation, rows, side.columns) };
  }

  #solution(operation: string, rows: number, sides: number): LinearSolution {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const x = scratch.f64(rows * sides);
      const facts = scratch.f64(SOLVE_FACTS * sides);
      runtime.check(operation, this.use(operation).readSolve(x, rows * sides, facts));
      const numbers = runtime.copyF64(facts, SOLVE_FACTS * sides);
      const columns = Array.from({ length: sides }, (_, j): LinearColumn => {
        const [backwardError = 0, refinements = 0, residualNorm = 0] = numbers.subarray(
          SOLVE_FACTS * j,
        );
        return { backwardError, refinements, residualNorm };
      });
      const most = (name: keyof LinearColumn) =>
        columns.reduce((largest, column) => Math.max(largest, column[name]), 0);
      return {
        solution: runtime.copyF64(x, rows * sides),
        backwardError: most('backwardError'),
        refinements: most('refinements'),
        residualNorm: most('residualNorm'),
        columns,
      };
    });
  }

  /**
   * The inverse. To solve systems, `solve()` is faster and more accurate. n^3 multiplications.
   *
   * @throws SublinearError `SINGULAR`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[2, 0], [0, 4]]);
   * console.log(decomposed.inverse().data); // Float64Array(4) [ 0.5, 0, 0, 0.25 ]
   * ```
   */
  inverse(): MatrixResult {
    return runNow(this.runtime, 'Decomposition.inverse', {}, (call) => this.beginInverse(call));
  }

  /**
   * {@link Decomposition.inverse} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[2]]);
   * console.log((await decomposed.inverseAsync()).data); // Float64Array(1) [ 0.5 ]
   * ```
   */
  async inverseAsync(options?: AsyncOptions<WorkProgress>): Promise<MatrixResult> {
    const operation = 'Decomposition.inverseAsync';
    const given = check.options(operation, options, asyncKeys);
    return runLater(this.runtime, operation, given, (call) => this.beginInverse(call));
  }

  /** @internal */
  beginInverse({ operation }: Call<object>): Begun<WorkProgress, MatrixResult> {
    const { runtime } = this;
    const { rows } = this.numbers(operation);
    const raw = this.use(operation);
    runtime.check(operation, raw.beginInverse());
    const result = () => this.matrix(operation, rows, (out, n) => raw.readInverse(out, n));
    return { raw, holds: [this], result };
  }

  /**
   * An estimate of the condition number |A|_1 |A^-1|_1 by at most 11 solves: seldom below a third of it, and but for rounding
   * never above. Infinite where the matrix is singular.
   *
   * Hager 1984, doi:10.1137/0905023; Higham 1988, doi:10.1145/50063.214386.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[1000, 0], [0, 1]]);
   * console.log(decomposed.conditionEstimate().toFixed(3)); // 1000.000
   * ```
   */
  conditionEstimate(): number {
    const operation = 'Decomposition.conditionEstimate';
    return runNow(this.runtime, operation, {}, (call) => this.#condition(call));
  }

  /**
   * {@link Decomposition.conditionEstimate} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[4]]);
   * console.log(await decomposed.conditionEstimateAsync()); // 1
   * ```
   */
  async conditionEstimateAsync(options?: AsyncOptions<WorkProgress>): Promise<number> {
    const operation = 'Decomposition.conditionEstimateAsync';
    const given = check.options(operation, options, asyncKeys);
    return runLater(this.runtime, operation, given, (call) => this.#condition(call));
  }

  #condition({ operation }: Call<object>): Begun<WorkProgress, number> {
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.check(operation, raw.beginCondition());
    const result = () => {
      runtime.check(operation, this.use(operation).readCondition(runtime.out));
      return runtime.outF64();
    };
    return { raw, holds: [this], result };
  }

  /** @internal A square matrix that C writes. */
  protected matrix(
    operation: string,
    size: number,
    write: (out: number, count: number) => number,
  ): MatrixResult {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const out = scratch.f64(size * size);
      runtime.check(operation, write(out, size * size));
      return { data: runtime.copyF64(out, size * size), rows: size, columns: size };
    });
  }

  /** @internal */
  protected part(operation: string, part: number): MatrixResult {
    const { rows } = this.numbers(operation);
    return this.matrix(operation, rows, (out, count) => this.use(operation).read(part, out, count));
  }
}

/** P A = L U, by {@link LinalgRoom.lu}. */
export class LuDecomposition extends Decomposition {
  /**
   * L: 1 on the diagonal, nothing larger below, 0 above.
   *
   * @throws SublinearError `UNSUPPORTED` where the matrix was scaled row by row because its entries span more than 2^900
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[1, 2], [4, 4]]);
   * console.log(decomposed.lower().data); // Float64Array(4) [ 1, 0, 0.25, 1 ]
   * ```
   */
  lower(): MatrixResult {
    return this.part('LuDecomposition.lower', 0);
  }

  /**
   * U. Throws as {@link LuDecomposition.lower} does.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[1, 2], [4, 4]]);
   * console.log(decomposed.upper().data); // Float64Array(4) [ 4, 4, 0, 1 ]
   * ```
   */
  upper(): MatrixResult {
    return this.part('LuDecomposition.upper', 1);
  }

  /**
   * P: row i of L U is row `permutation()[i]` of A. Throws as {@link LuDecomposition.lower} does.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { lu } = await load();
   * using decomposed = lu([[1, 2], [4, 4]]);
   * console.log(decomposed.permutation()); // Uint32Array(2) [ 1, 0 ]
   * ```
   */
  permutation(): Uint32Array<ArrayBuffer> {
    const operation = 'LuDecomposition.permutation';
    const { runtime } = this;
    const { rows } = this.numbers(operation);
    return runtime.scratch(operation, (scratch) => {
      const out = scratch.f64(rows);
      runtime.check(operation, this.use(operation).read(2, out, rows));
      return Uint32Array.from(runtime.copyF64(out, rows));
    });
  }
}

/** A = L L^T, by {@link LinalgRoom.cholesky}. */
export class CholeskyDecomposition extends Decomposition {
  /**
   * L: positive on the diagonal, 0 above.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { cholesky } = await load();
   * using decomposed = cholesky([[4, 2], [2, 10]]);
   * console.log(decomposed.lower().data); // Float64Array(4) [ 2, 0, 1, 3 ]
   * ```
   */
  lower(): MatrixResult {
    return this.part('CholeskyDecomposition.lower', 0);
  }
}
