// QR decompositions that are kept.
import type { Orthogonal as RawOrthogonal } from '../../generated/raw/linalg.js';
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
  LeastSquaresAnswer,
  MatrixInput,
  MatrixResult,
  Numbers,
  RankOptions,
} from './types.js';

/** Parts of sl_orthogonal_read. */
export const VALUES = 0;
export const LEFT = 1;
export const RIGHT = 2;
const PERMUTATION = 3;
export const RESIDUALS = 4;

/** There is no time limit: there is nothing to give before the end. */
type Asked = RankOptions & { maxTimeMs?: never };

/** Options of {@link QrDecomposition.q}. */
export interface QOptions {
  /** True: all columns of Q, rows x rows. False by default: min(rows, columns) of them. */
  full?: boolean;
}

/** In C a tolerance below 0 is the usual one. */
export function toleranceOf(operation: string, tolerance: number | undefined): number {
  if (tolerance === undefined) return -1;
  check.number(operation, 'tolerance', tolerance);
  if (!(tolerance >= 0))
    throw check.rangeError(operation, 'tolerance', 'number in 0..1', tolerance);
  return tolerance;
}

/** A = Q R, or A P = Q R, by {@link Orthogonal.qr}. It holds all it needs. */
export class QrDecomposition extends WasmObject<RawOrthogonal> {
  /** @internal */
  rows = 0;
  /** @internal */
  columns = 0;
  /** Whether columns were exchanged. */
  pivoted = false;

  /** @internal */
  protected override facts() {
    const { rows, columns, pivoted } = this;
    return { rows, columns, pivoted };
  }

  /** Bytes that it holds. */
  get bytesUsed(): number {
    return this.use('QrDecomposition.bytesUsed').bytes();
  }

  /**
   * R: min(rows, columns) x columns, 0 below the diagonal.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qr } = await load();
   * using decomposed = qr([[3], [4]]);
   * console.log(decomposed.r().data); // Float64Array(1) [ -5 ]
   * ```
   */
  r(): MatrixResult {
    const { rows, columns } = this;
    return this.#part('QrDecomposition.r', RIGHT, Math.min(rows, columns), columns);
  }

  /**
   * P: column i of Q R is column `permutation()[i]` of A.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qr } = await load();
   * using decomposed = qr([[1, 2], [0, 3]], { pivoted: true });
   * console.log(decomposed.permutation()); // Uint32Array(2) [ 1, 0 ]
   * ```
   */
  permutation(): Uint32Array<ArrayBuffer> {
    const { data } = this.#part('QrDecomposition.permutation', PERMUTATION, 1, this.columns);
    return Uint32Array.from(data);
  }

  /**
   * How many |R_kk| are above `tolerance` times the largest: the rank of A, where it is pivoted.
   *
   * @throws RangeError `OPTION`, `RANGE` (tolerance)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qr } = await load();
   * using decomposed = qr([[1, 2], [2, 4]], { pivoted: true });
   * console.log(decomposed.rank()); // 1
   * ```
   */
  rank(options?: RankOptions): number {
    const operation = 'QrDecomposition.rank';
    const { runtime } = this;
    const { tolerance } = check.options<RankOptions>(operation, options, ['tolerance']);
    const raw = this.use(operation);
    runtime.check(operation, raw.rank(toleranceOf(operation, tolerance), runtime.out));
    return runtime.outU32();
  }

  /**
   * Q, with orthogonal columns of length 1.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qr } = await load();
   * using decomposed = qr([[3], [4]]);
   * console.log(Array.from(decomposed.q().data, (x) => x.toFixed(2))); // [ '-0.60', '-0.80' ]
   * console.log(decomposed.q({ full: true }).columns); // 2
   * ```
   */
  q(options?: QOptions): MatrixResult {
    const operation = 'QrDecomposition.q';
    const given = check.options<QOptions>(operation, options, ['full']);
    return runNow(this.runtime, operation, {}, (call) => this.#beginQ(call, given));
  }

  /**
   * {@link QrDecomposition.q} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qr } = await load();
   * using decomposed = qr([[0, 2], [1, 0]]);
   * console.log((await decomposed.qAsync()).rows); // 2
   * ```
   */
  async qAsync(options?: QOptions & AsyncOptions<WorkProgress>): Promise<MatrixResult> {
    const operation = 'QrDecomposition.qAsync';
    const keys = ['full', ...asyncKeys] as const;
    const { full, ...control } = check.options<QOptions & AsyncOptions<WorkProgress>>(
      operation,
      options,
      keys,
    );
    const given = full === undefined ? {} : { full };
    return runLater(this.runtime, operation, control, (call) => this.#beginQ(call, given));
  }

  #beginQ({ operation }: Call<object>, { full = false }: QOptions) {
    check.boolean(operation, 'full', full);
    const { runtime, rows } = this;
    const columns = full ? rows : Math.min(rows, this.columns);
    const raw = this.use(operation);
    runtime.check(operation, raw.beginQ(columns));
    const result = () => this.#part(operation, LEFT, rows, columns);
    return { raw, holds: [this], result };
  }

  /**
   * The x that makes |b - A x| smallest, of all of them the shortest: see {@link Orthogonal.leastSquares}. Of a pivoted
   * decomposition.
   *
   * @throws SublinearError `UNSUPPORTED` (not pivoted), `MEMORY`; RangeError `SHAPE`, `NOT_FINITE` (b), `OPTION` (tolerance)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qr } = await load();
   * using decomposed = qr([[1], [1]], { pivoted: true });
   * console.log(decomposed.solve([1, 3]).solution[0]?.toFixed(6)); // 2.000000
   * ```
   */
  solve(b: Numbers | MatrixInput, options?: RankOptions): LeastSquaresAnswer {
    const operation = 'QrDecomposition.solve';
    const given: Asked = check.options<RankOptions>(operation, options, ['tolerance']);
    return runNow(this.runtime, operation, given, (call) => this.beginSolve(call, b));
  }

  /**
   * {@link QrDecomposition.solve} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { qr } = await load();
   * using decomposed = qr([[2]], { pivoted: true });
   * console.log((await decomposed.solveAsync([4])).solution); // Float64Array(1) [ 2 ]
   * ```
   */
  async solveAsync(
    b: Numbers | MatrixInput,
    options?: RankOptions & AsyncOptions<WorkProgress>,
  ): Promise<LeastSquaresAnswer> {
    const operation = 'QrDecomposition.solveAsync';
    const given: Asked & AsyncOptions<WorkProgress> = check.options<
      RankOptions & AsyncOptions<WorkProgress>
    >(operation, options, ['tolerance', ...asyncKeys]);
    return runLater(this.runtime, operation, given, (call) => this.beginSolve(call, b));
  }

  /** @internal */
  beginSolve(
    { operation, options }: Call<Asked>,
    b: Numbers | MatrixInput,
  ): Begun<WorkProgress, LeastSquaresAnswer> {
    const { runtime, rows } = this;
    const tolerance = toleranceOf(operation, options.tolerance);
    this.use(operation);
    const side = readSides(operation, 'b', b, rows);
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.doubles('b', side.data);
      const raw = this.use(operation);
      runtime.check(operation, raw.beginSolve(address, length, side.columns, tolerance));
    });
    const result = () =>
      runtime.scratch(operation, (scratch) => {
        const count = this.columns * side.columns;
        const x = scratch.f64(count);
        const facts = scratch.f64(1 + side.columns);
        runtime.check(operation, this.use(operation).readSolve(x, count, facts));
        const [rank = 0, ...norms] = runtime.copyF64(facts, 1 + side.columns);
        const residualNorms = Float64Array.from(norms);
        return { solution: runtime.copyF64(x, count), rank, residualNorms };
      });
    return { raw: this.use(operation), holds: [this], result };
  }

  #part(operation: string, part: number, rows: number, columns: number): MatrixResult {
    return partOf(this, operation, part, rows, columns);
  }
}

/** A part of a decomposition, row by row. */
export function partOf(
  made: QrDecomposition,
  operation: string,
  part: number,
  rows: number,
  columns: number,
): MatrixResult {
  const { runtime } = made;
  return runtime.scratch(operation, (scratch) => {
    const out = scratch.f64(rows * columns);
    runtime.check(operation, made.use(operation).read(part, out, rows * columns));
    return { data: runtime.copyF64(out, rows * columns), rows, columns };
  });
}
