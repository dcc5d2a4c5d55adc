// Least squares with sparse matrices of any shape.
import type { LeastSquares as RawLeastSquares } from '../../generated/raw/direct.js';
import { rawOf } from '../../runtime/object.js';
import { ownedLater, ownedNow } from '../../runtime/owned.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncKeys, type Call, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { arrays } from '../sparse/arrays.js';
import { makers } from '../sparse/makers.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { readers } from '../sparse/readers.js';
import {
  type LeastSquaresColumn,
  type LeastSquaresMethod,
  type LeastSquaresOptions,
  type LeastSquaresSolution,
  methodNames,
} from './types.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { SparseMatrix } from '../sparse/matrix.js';
export type {
  LeastSquaresColumn,
  LeastSquaresMethod,
  LeastSquaresOptions,
  LeastSquaresSolution,
} from './types.js';

/** What `engine.use('leastsquares')` and `load()` give. */
export interface LeastsquaresRoom {
  readonly SparseMatrix: typeof SparseMatrix;

  /**
   * The x that makes |b - A x|^2 + damping^2 |x|^2 smallest: A of any shape, for one right-hand side or many. Where several x are as
   * good the shortest is found. Its residuals are computed anew, with sums in twice the precision, and prove a backward error.
   *
   * An iteration takes two products with A, and memory for two copies of it and about 15 vectors. It needs few iterations
   * where the condition number is small; see `damping` and `columnScaling` where it is not.
   *
   * Fong, Saunders 2011, doi:10.1137/10079687X; Paige, Saunders 1982, doi:10.1145/355984.355989; Paige, Saunders 1975,
   * doi:10.1137/0712047. `method` names a factorisation, or an iteration with an incomplete one, for square matrices too.
   *
   * @param matrix - m x n
   * @param b - m numbers, or a multiple of it: right-hand sides, column after column
   * @throws RangeError `SHAPE` (b), `NOT_FINITE` (b), `OPTION` (an option); SublinearError `NOT_SQUARE`, `NOT_SYMMETRIC`
   *   (`method`), `SINGULAR` (method `'qr'`; `position`: a column that depends on others), `OVERFLOW`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/leastsquares';
   *
   * const { solveLeastSquares, SparseMatrix } = await load();
   * // The line through (0, 1), (1, 3), (2, 5), (3, 7.4)
   * using matrix = SparseMatrix.fromDense({ rows: 4, cols: 2, values: [1, 0, 1, 1, 1, 2, 1, 3] });
   * const { solution, residualNorm, outcome } = solveLeastSquares(matrix, [1, 3, 5, 7.4]);
   * console.log(Array.from(solution, (x) => x.toFixed(6)), residualNorm.toFixed(6), outcome); // [ '0.920000', '2.120000' ] 0.219089 converged
   * ```
   */
  solveLeastSquares(
    matrix: SparseMatrix,
    b: RealArray,
    options?: LeastSquaresOptions,
  ): LeastSquaresSolution;

  /**
   * {@link solveLeastSquares} in slices of about 8 ms that let other tasks run; an abort takes at most 50 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/leastsquares';
   *
   * const { solveLeastSquaresAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 2, values: [3, 4] });
   * const { solution } = await solveLeastSquaresAsync(matrix, [25]);
   * console.log(Array.from(solution, (x) => x.toFixed(6))); // [ '3.000000', '4.000000' ]
   * ```
   */
  solveLeastSquaresAsync(
    matrix: SparseMatrix,
    b: RealArray,
    options?: LeastSquaresOptions & AsyncOptions<WorkProgress>,
  ): Promise<LeastSquaresSolution>;
}

/** Numbers of sl_least_squares_read for each right-hand side. */
const FACTS = 9;

const keys = [
  'method',
  'damping',
  'tolerance',
  'maxIterations',
  'conditionLimit',
  'columnScaling',
  'dropTolerance',
  'fill',
  'maxTimeMs',
] as const;

const methodNumbers = Object.fromEntries(
  methodNames.map((name, number) => [name, number]),
) as Record<LeastSquaresMethod, number>;

/** @internal */
export function createRoom(runtime: Runtime, solver: Runtime): LeastsquaresRoom {
  makers.give({ arrays, readers });
  const make = (matrix: SparseMatrix, b: RealArray) => (call: Call<LeastSquaresOptions>) => {
    const { operation, options, scratch } = call;
    const { method = 'lsmr', damping = 0, tolerance = 1e-10, columnScaling = false } = options;
    const { dropTolerance = 1e-3, fill = 10 } = options;
    rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
    const most = 100 + 10 * Math.min(matrix.rows, matrix.cols);
    const { maxIterations = Math.min(most, 0xffff_ffff), conditionLimit } = options;
    const given = [
      check.choice(operation, 'method', method, methodNumbers),
      check.number(operation, 'damping', damping),
      check.number(operation, 'tolerance', tolerance),
      check.integer(operation, 'maxIterations', maxIterations, 0, 0xffff_ffff),
      // In C 0 is none.
      conditionLimit === undefined
        ? 0
        : check.number(operation, 'conditionLimit', conditionLimit) || -1,
      check.boolean(operation, 'columnScaling', columnScaling),
      check.number(operation, 'dropTolerance', dropTolerance),
      check.number(operation, 'fill', fill),
    ] as const;
    const side = scratch.doubles('b', b);
    // Reading b can run code of the user's.
    const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
    const made = runtime.raw.LeastSquares.create(raw, side.address, side.length, ...given);
    matrix.dropCopyIn(runtime);
    return made;
  };
  const reader =
    (operation: string, { method = 'lsmr' }: LeastSquaresOptions) =>
    (raw: RawLeastSquares) =>
      readSolution(runtime, operation, raw, method);

  return {
    SparseMatrix: solver.bind(SparseMatrix),
    solveLeastSquares(matrix, b, options) {
      const operation = 'solveLeastSquares';
      const given = check.options<LeastSquaresOptions>(operation, options, keys);
      return ownedNow(runtime, operation, given, make(matrix, b), reader(operation, given));
    },
    async solveLeastSquaresAsync(matrix, b, options) {
      const operation = 'solveLeastSquaresAsync';
      const given = check.options<LeastSquaresOptions & AsyncOptions<WorkProgress>>(
        operation,
        options,
        [...keys, ...asyncKeys],
      );
      return ownedLater(runtime, operation, given, make(matrix, b), reader(operation, given));
    },
  };
}

function readSolution(
  runtime: Runtime,
  operation: string,
  raw: RawLeastSquares,
  method: LeastSquaresMethod,
): LeastSquaresSolution {
  raw.shape(runtime.out);
  const [n, count] = [runtime.outF64(), runtime.outF64(1)];
  return runtime.scratch(operation, (scratch) => {
    const x = scratch.f64(n * count);
    const facts = scratch.f64(FACTS * count);
    runtime.check(operation, raw.read(x, facts));
    const numbers = runtime.copyF64(facts, FACTS * count);
    const columns = Array.from({ length: count }, (_, c) =>
      columnOf(runtime, numbers.subarray(FACTS * c, FACTS * (c + 1))),
    );
    return { ...worstOf(columns), solution: runtime.copyF64(x, n * count), method, columns };
  });
}

function columnOf(runtime: Runtime, numbers: Float64Array): LeastSquaresColumn {
  const at = (place: number) => numbers[place] as number;
  return {
    outcome: runtime.outcome(at(0)),
    iterations: at(1),
    restarts: at(2),
    residualNorm: at(3),
    normalResidualNorm: at(4),
    backwardError: at(5),
    consistent: at(6) === 1,
    conditionEstimate: at(7),
    solutionNorm: at(8),
  };
}

/** The first that has not converged; where all have, the one with the largest backward error. */
function worstOf(columns: readonly LeastSquaresColumn[]): LeastSquaresColumn {
  const rank = ({ outcome, backwardError }: LeastSquaresColumn) =>
    outcome === 'converged' ? backwardError : Number.POSITIVE_INFINITY;
  return columns.reduce((worst, column) => (rank(column) > rank(worst) ? column : worst));
}
