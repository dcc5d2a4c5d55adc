// Systems of linear equations A x = b.

import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncKeys } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { arrays } from '../sparse/arrays.js';
import { makers } from '../sparse/makers.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { readers } from '../sparse/readers.js';
import { BUNDLE } from './host.js';
import { featuresOf, solveLearned, solveLearnedLater } from './learn.js';
import { createLocal, type LocalSolver } from './local.js';
import { methods, orderings } from './methods.js';
import { makePrepared, PreparedSolver, sideKeys } from './prepared.js';
import { factoring } from './readers.js';
import type {
  PrepareOptions,
  SolutionArray,
  SolveOptions,
  SolveProgress,
  SolveResult,
  SolverFeatures,
} from './types.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { IntoOption } from '../../runtime/into.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { SparseMatrix } from '../sparse/matrix.js';
/** @internal */
export type { LocalSolver } from './local.js';
export type {
  AnswerMethod,
  FactorMethodName,
  FurtherMethodName,
  RowOrdering,
  SolveMethod,
} from './methods.js';
export { PreparedSolver } from './prepared.js';
export type * from './types.js';

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
const outputs = { float64: false, float32: true } as const;

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

  /**
   * What a chooser can learn from: facts of a matrix that the automatic choice reads as well. {@link SolveOptions.learn} hands
   * them over by their names, so that a chooser may be made with any of them as its features. O(nnz) at the first call for a
   * matrix.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { solverFeatures, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDiagonal([1, 2, 4]);
   * const { rows, symmetric, rowSlack } = solverFeatures(matrix);
   * console.log(rows, symmetric, rowSlack > 0.99); // 3 true true
   * ```
   */
  solverFeatures(matrix: SparseMatrix): SolverFeatures;
}

// What array type it gives depends on the options; the callers say which.
function prepareWith<A>(
  runtime: Runtime,
  operation: string,
  matrix: SparseMatrix,
  given: PrepareOptions,
  once: boolean,
): PreparedSolver<A> {
  const rawMatrix = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
  const { method = 'auto', ordering = 'auto', output = 'float64', history = false } = given;
  const float32 = check.choice(operation, 'output', output, outputs);
  const { tolerance = float32 ? 1e-5 : 1e-8, maxIterations = 0, maxWork = 0 } = given;
  const { maxBytes = 0 } = given;
  return makePrepared(runtime, operation, rawMatrix, {
    matrix,
    owned: false,
    once,
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
  makers.give({ arrays, readers });
  runtime.beside.set(BUNDLE, () => factoring.later('engine.use', async () => {}));
  return {
    ...createLocal(runtime),
    SparseMatrix: runtime.bind(SparseMatrix),
    PreparedSolver: runtime.bind(PreparedSolver),
    solve<O extends SolveOptions>(matrix: SparseMatrix, b: RealArray, options?: O) {
      const operation = 'solve';
      const keys = [...prepareKeys, ...sideKeys, 'learn'] as const;
      const all = check.options<SolveOptions>(operation, options, keys);
      const run = (given: SolveOptions) => {
        const prepared = prepareWith<SolutionArray<O>>(runtime, operation, matrix, given, true);
        try {
          return prepared.now(operation, b, given);
        } finally {
          prepared.dispose();
        }
      };
      if (all.learn === undefined) return run(all);
      const result = solveLearned(runtime, operation, matrix, all, run);
      return result as SolveResult<SolutionArray<O>>;
    },
    async solveAsync<O extends SolveOptions & AsyncOptions<SolveProgress>>(
      matrix: SparseMatrix,
      b: RealArray,
      options?: O,
    ) {
      const operation = 'solveAsync';
      const keys = [...prepareKeys, ...sideKeys, ...asyncKeys, 'learn'] as const;
      const all = check.options<SolveOptions & AsyncOptions<SolveProgress>>(
        operation,
        options,
        keys,
      );
      const run = async (given: SolveOptions & AsyncOptions<SolveProgress>) => {
        const prepared = prepareWith<SolutionArray<O>>(runtime, operation, matrix, given, true);
        try {
          return await prepared.later(operation, b, given);
        } finally {
          prepared.dispose();
        }
      };
      if (all.learn === undefined) return run(all);
      const result = await solveLearnedLater(runtime, operation, matrix, all, run);
      return result as SolveResult<SolutionArray<O>>;
    },
    solverFeatures: (matrix) => featuresOf(runtime, 'solverFeatures', matrix),
    prepare<O extends PrepareOptions>(matrix: SparseMatrix, options?: O) {
      const operation = 'prepare';
      const all = check.options<PrepareOptions>(operation, options, prepareKeys);
      return prepareWith<SolutionArray<O>>(runtime, operation, matrix, all, false);
    },
  };
}
