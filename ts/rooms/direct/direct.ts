// Sparse factorisations that are kept: one elimination, many right-hand sides.
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { arrays } from '../sparse/arrays.js';
import { makers } from '../sparse/makers.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { readers } from '../sparse/readers.js';
import { Factorization } from './factorization.js';
import { factsOf } from './facts.js';
import {
  type FactorMethod,
  type FactorOrdering,
  methodName,
  methods,
  orderingName,
  orderings,
} from './methods.js';
import type { FactorizeOptions } from './types.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { SparseMatrix } from '../sparse/matrix.js';
export type { Factorization } from './factorization.js';
export type { FactorMethod, FactorOrdering } from './methods.js';
export type * from './types.js';

/** What {@link DirectRoom.estimateFactor} gives. */
export interface FactorEstimate {
  /** The method that would be tried first. */
  method: Exclude<FactorMethod, 'auto'>;
  /** The order of elimination that it would take. */
  ordering: Exclude<FactorOrdering, 'auto'>;
  /** Entries of the factor, its diagonal included. */
  fill: number;
  /** Floating-point operations of the factorisation. */
  flops: number;
  /** Bytes that factorising takes at most, the result included. */
  bytes: number;
}

/** What `engine.use('direct')` and `load()` give. */
export interface DirectRoom {
  readonly SparseMatrix: typeof SparseMatrix;
  readonly Factorization: typeof Factorization;

  /**
   * Factorises a sparse matrix, for many right-hand sides or one that iterations do not get to. Rows are ordered by
   * approximate minimum degree or nested dissection; where the factor fills, dense panels are factorised in SIMD. Dispose the
   * result when done; the matrix is copied.
   *
   * All memory of a symmetric factor is taken before the work that it is for: what does not fit fails at once, and says how
   * much was wanted. {@link estimateFactor} says it beforehand, for LU as well.
   *
   * Amestoy, Davis, Duff 1996, doi:10.1137/S0895479894278952; George, Liu 1978, doi:10.1137/0715069; Ng, Peyton 1993, doi:10.1137/0914063; Bunch, Kaufman 1977,
   * doi:10.1090/S0025-5718-1977-0428694-0.
   *
   * @param matrix - n x n
   * @throws SublinearError `NOT_SQUARE`, `NOT_SYMMETRIC`, `SINGULAR` (`position`: a row of zeros), `NOT_DEFINITE` (method
   *   `'cholesky'`; `position`: the row whose pivot is not positive), `MEMORY`; RangeError `RANGE` (method, ordering),
   *   `OPTION` (an ordering that the method does not take)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({ rows: 3, cols: 3, rowIndices: [0, 1, 2, 0, 1], columnIndices: [0, 1, 2, 1, 0], values: [2, 2, 1, -1, -1] });
   * using factor = factorize(matrix);
   * console.log(factor.method, factor.fill, factor.solve([1, 1, 5]).solution); // cholesky 4 Float64Array(3) [ 1, 1, 5 ]
   * ```
   */
  factorize(matrix: SparseMatrix, options?: FactorizeOptions): Factorization;

  /**
   * {@link factorize} in slices of about 8 ms that let other tasks run; an abort takes at most 50 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorizeAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * using factor = await factorizeAsync(matrix, { method: 'cholesky' });
   * console.log(factor.solve([1]).solution); // Float64Array(1) [ 0.25 ]
   * ```
   */
  factorizeAsync(
    matrix: SparseMatrix,
    options?: FactorizeOptions & AsyncOptions<WorkProgress>,
  ): Promise<Factorization>;

  /**
   * What a factorisation will take: orders the rows and counts the entries of the factor without computing it. About
   * O(nnz log n). Throws as {@link factorize} does for the matrix and the options.
   *
   * Gilbert, Ng, Peyton 1994, doi:10.1137/S0895479892236921.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { estimateFactor, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 3, cols: 3, values: [4, 1, 1, 1, 3, 0, 1, 0, 2] });
   * const { method, fill } = estimateFactor(matrix);
   * console.log(method, fill); // cholesky 5
   * ```
   */
  estimateFactor(matrix: SparseMatrix, options?: FactorizeOptions): FactorEstimate;

  /**
   * {@link estimateFactor} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { estimateFactorAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 1, values: [4] });
   * console.log((await estimateFactorAsync(matrix)).fill); // 1
   * ```
   */
  estimateFactorAsync(
    matrix: SparseMatrix,
    options?: FactorizeOptions & AsyncOptions<WorkProgress>,
  ): Promise<FactorEstimate>;
}

const keys = ['method', 'ordering'] as const;
const allKeys = [...keys, ...asyncKeys] as const;
type AsyncFactorizeOptions = FactorizeOptions & AsyncOptions<WorkProgress>;

/** @internal */
export function createRoom(runtime: Runtime, solver: Runtime): DirectRoom {
  makers.give({ arrays, readers });
  function make(
    operation: string,
    matrix: SparseMatrix,
    { method = 'auto', ordering = 'auto' }: FactorizeOptions,
    create: 'create' | 'createEstimate',
  ): Factorization {
    const methodNumber = check.choice(operation, 'method', method, methods);
    const orderingNumber = check.choice(operation, 'ordering', ordering, orderings);
    const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
    const made = runtime.raw.Factor[create](raw, methodNumber, orderingNumber);
    // The factorisation has a copy of its own.
    matrix.dropCopyIn(runtime);
    return adopt(runtime, operation, Factorization, made);
  }

  const estimated = (
    made: Factorization,
    operation: string,
  ): Begun<WorkProgress, FactorEstimate> => ({
    raw: made.use(operation),
    holds: [made],
    result() {
      const facts = factsOf(runtime, operation, made.use(operation));
      const [method, ordering, fill, flops, , bytes] = facts.slice(2) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      made.dispose();
      return {
        method: methodName(method),
        ordering: orderingName(ordering),
        fill,
        flops,
        bytes,
      };
    },
  });

  return {
    SparseMatrix: solver.bind(SparseMatrix),
    Factorization: runtime.bind(Factorization),
    factorize(matrix, options) {
      const operation = 'factorize';
      const given = check.options<FactorizeOptions>(operation, options, keys);
      const made = make(operation, matrix, given, 'create');
      return runMade(made, () =>
        runNow(runtime, operation, {}, () => begunMaking(made, operation)),
      );
    },
    async factorizeAsync(matrix, options) {
      const operation = 'factorizeAsync';
      const given = check.options<AsyncFactorizeOptions>(operation, options, allKeys);
      const made = make(operation, matrix, given, 'create');
      return runMadeAsync(made, () =>
        runLater(runtime, operation, controlOf(given), () => begunMaking(made, operation)),
      );
    },
    estimateFactor(matrix, options) {
      const operation = 'estimateFactor';
      const given = check.options<FactorizeOptions>(operation, options, keys);
      const made = make(operation, matrix, given, 'createEstimate');
      return runMade(made, () => runNow(runtime, operation, {}, () => estimated(made, operation)));
    },
    async estimateFactorAsync(matrix, options) {
      const operation = 'estimateFactorAsync';
      const given = check.options<AsyncFactorizeOptions>(operation, options, allKeys);
      const made = make(operation, matrix, given, 'createEstimate');
      return runMadeAsync(made, () =>
        runLater(runtime, operation, controlOf(given), () => estimated(made, operation)),
      );
    },
  };
}

function controlOf({ signal, onProgress }: AsyncOptions<WorkProgress>): AsyncOptions<WorkProgress> {
  return { ...(signal && { signal }), ...(onProgress && { onProgress }) };
}
