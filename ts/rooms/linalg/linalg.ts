// Dense linear algebra: decompositions, and what is asked of a matrix once.
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncKeys,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { DenseMatrix } from '../gemm/dense-matrix.js';
import type { GemmRoom } from '../gemm/gemm.js';
import { matmul, matmulAsync } from '../gemm/product.js';
import type { MatmulAsyncOptions, MatmulOptions, MatrixOperand } from '../gemm/types.js';
import {
  CholeskyDecomposition,
  type Decomposition,
  LuDecomposition,
  solveKeys,
} from './decomposition.js';
import { readMatrix } from './input.js';
import { Matrix } from './matrix.js';
import { giveFunctions } from './matrix-functions.js';
import { controlOf, createOrthogonal } from './orthogonal.js';
import type { Orthogonal } from './orthogonal-types.js';
import { QrDecomposition } from './qr.js';
import type { Systems } from './systems-types.js';
import {
  type DecompositionKind,
  type Determinant,
  type EstimateOptions,
  estimated,
  kinds,
  type LinearSolveOptions,
  type MatrixInput,
} from './types.js';

export * from '../../runtime/errors.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { DenseMatrix, DenseMatrixOptions } from '../gemm/dense-matrix.js';
export type {
  MatmulAsyncOptions,
  MatmulOptions,
  MatrixArray,
  MatrixOperand,
  ProductOf,
} from '../gemm/types.js';
export type { CholeskyDecomposition, Decomposition, LuDecomposition } from './decomposition.js';
export {
  Matrix,
  type MatrixEigen,
  type MatrixLu,
  type MatrixQr,
  type MatrixSolveAsyncOptions,
  type MatrixSvd,
} from './matrix.js';
export type { IntoAsyncOptions, IntoOptions } from './matrix-arithmetic.js';
export type { MatrixFromOptions, MatrixNorm, MatrixTerm, Precision } from './matrix-types.js';
export type { Orthogonal } from './orthogonal-types.js';
export type { QOptions, QrDecomposition } from './qr.js';
export type { Systems } from './systems-types.js';
export type {
  DecompositionKind,
  Determinant,
  EstimateOptions,
  LeastSquaresAnswer,
  LinearColumn,
  LinearSolution,
  LinearSolveOptions,
  MatrixInput,
  MatrixResult,
  MatrixValues,
  Numbers,
  QrOptions,
  RankOptions,
  SingularValues,
  SymmetricEigen,
  VectorsOptions,
} from './types.js';

/** What `engine.use('linalg')` and `load()` give: its own, and the matrices and products of `sublinear/gemm`. */
export interface LinalgRoom
  extends Systems,
    Orthogonal,
    Pick<GemmRoom, 'DenseMatrix' | 'matmul' | 'matmulAsync'> {
  readonly Matrix: typeof Matrix;
  readonly LuDecomposition: typeof LuDecomposition;
  readonly CholeskyDecomposition: typeof CholeskyDecomposition;
  readonly QrDecomposition: typeof QrDecomposition;

  /**
   * The determinant, by LU; 1 of a matrix without rows.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { determinant } = await load();
   * console.log(determinant([[0, 2], [3, 4]])); // -6
   * ```
   */
  determinant(matrix: MatrixInput): number;

  /**
   * Its sign and the logarithm of its size, which do not leave the range of numbers.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { logDeterminant } = await load();
   * console.log(logDeterminant([[1, 0], [0, -1]])); // { sign: -1, logarithm: 0 }
   * ```
   */
  logDeterminant(matrix: MatrixInput): Determinant;

  /**
   * The bytes that a decomposition takes at most, before it is made; of `'lu'` and `'cholesky'` 16 n^2 and a little.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { estimateBytes } = await load();
   * const bytes = estimateBytes({ size: 1000, method: 'lu' });
   * console.log(bytes > 16e6 && bytes < 17e6); // true
   * ```
   */
  estimateBytes(options: EstimateOptions): number;
}

const classes = { lu: LuDecomposition, cholesky: CholeskyDecomposition };
type Made<Kind extends DecompositionKind> = (typeof classes)[Kind]['prototype'];

/** @internal */
export function createRoom(runtime: Runtime): LinalgRoom {
  function make<Kind extends DecompositionKind>(
    operation: string,
    kind: Kind,
    matrix: MatrixInput,
  ): Made<Kind> {
    runtime.assertAlive(operation);
    const { data, rows, columns } = readMatrix(operation, 'matrix', matrix);
    return runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.doubles('matrix', data);
      const raw = runtime.raw.Decomposition.create(address, length, rows, columns, kinds[kind]);
      return adopt(runtime, operation, classes[kind] as never, raw) as Made<Kind>;
    });
  }
  function now<Kind extends DecompositionKind>(operation: string, kind: Kind, matrix: MatrixInput) {
    const made = make(operation, kind, matrix);
    const whole: Decomposition = made;
    return runMade(made, () => {
      runNow(runtime, operation, {}, () => begunMaking(whole, operation));
      return made;
    });
  }
  async function later<Kind extends DecompositionKind>(
    operation: string,
    kind: Kind,
    matrix: MatrixInput,
    options: AsyncOptions<WorkProgress> | undefined,
  ) {
    const given = check.options(operation, options, asyncKeys);
    const made = make(operation, kind, matrix);
    const whole: Decomposition = made;
    return runMadeAsync(made, async () => {
      await runLater(runtime, operation, controlOf(given), () => begunMaking(whole, operation));
      return made;
    });
  }
  /** What is asked of a decomposition that is not kept. */
  function once<Result>(
    operation: string,
    matrix: MatrixInput,
    ask: (made: LuDecomposition) => Result,
  ): Result {
    const made = now(operation, 'lu', matrix);
    try {
      return ask(made);
    } finally {
      made.dispose();
    }
  }
  async function onceLater<Result>(
    operation: string,
    matrix: MatrixInput,
    options: AsyncOptions<WorkProgress>,
    ask: (made: LuDecomposition) => Promise<Result>,
  ): Promise<Result> {
    const made = await later(operation, 'lu', matrix, controlOf(options));
    try {
      return await ask(made);
    } finally {
      made.dispose();
    }
  }
  const classOf = <Class extends typeof LuDecomposition | typeof CholeskyDecomposition>(
    base: Class,
  ) => runtime.bind(base);

  const room: LinalgRoom = {
    DenseMatrix: runtime.bind(DenseMatrix),
    Matrix: runtime.bind(Matrix),
    LuDecomposition: classOf(LuDecomposition),
    CholeskyDecomposition: classOf(CholeskyDecomposition),
    QrDecomposition: runtime.bind(QrDecomposition),
    ...createOrthogonal(runtime),
    matmul: ((left: MatrixOperand, right: MatrixOperand, options?: MatmulOptions) =>
      matmul(runtime, left, right, options)) as LinalgRoom['matmul'],
    matmulAsync: ((left: MatrixOperand, right: MatrixOperand, options?: MatmulAsyncOptions) =>
      matmulAsync(runtime, left, right, options)) as LinalgRoom['matmulAsync'],
    lu: (matrix) => now('lu', 'lu', matrix),
    luAsync: (matrix, options) => later('luAsync', 'lu', matrix, options),
    cholesky: (matrix) => now('cholesky', 'cholesky', matrix),
    choleskyAsync: (matrix, options) => later('choleskyAsync', 'cholesky', matrix, options),
    solve(matrix, b, options) {
      const operation = 'solve';
      const given: LinearSolveOptions & { maxTimeMs?: never } = check.options<LinearSolveOptions>(
        operation,
        options,
        solveKeys,
      );
      return once(operation, matrix, (made) =>
        runNow(runtime, operation, given, (call) => made.beginSolve(call, b)),
      );
    },
    async solveAsync(matrix, b, options) {
      const operation = 'solveAsync';
      const keys = [...solveKeys, ...asyncKeys];
      const given: LinearSolveOptions & AsyncOptions<WorkProgress> & { maxTimeMs?: never } =
        check.options<LinearSolveOptions & AsyncOptions<WorkProgress>>(operation, options, keys);
      return onceLater(operation, matrix, given, (made) =>
        runLater(runtime, operation, given, (call) => made.beginSolve(call, b)),
      );
    },
    inverse: (matrix) =>
      once('inverse', matrix, (made) =>
        runNow(runtime, 'inverse', {}, (call) => made.beginInverse(call)),
      ),
    async inverseAsync(matrix, options) {
      const operation = 'inverseAsync';
      const given = check.options(operation, options, asyncKeys);
      return onceLater(operation, matrix, given, (made) =>
        runLater(runtime, operation, given, (call) => made.beginInverse(call)),
      );
    },
    determinant: (matrix) => once('determinant', matrix, (made) => made.determinant()),
    logDeterminant: (matrix) => once('logDeterminant', matrix, (made) => made.logDeterminant()),
    estimateBytes(options) {
      const operation = 'estimateBytes';
      const names = ['size', 'columns', 'method', 'vectors'] as const;
      const given = check.options<EstimateOptions>(operation, options, names);
      const { size, columns, method = 'lu', vectors } = given;
      check.integer(operation, 'size', size);
      const kind = check.choice(operation, 'method', method, estimated);
      if (columns !== undefined) {
        check.integer(operation, 'columns', columns);
        if (method !== 'qr' && method !== 'svd')
          throw check.rangeError(operation, 'columns', "method 'qr' or 'svd' with it", columns);
      }
      if (vectors !== undefined) {
        check.boolean(operation, 'vectors', vectors);
        if (method !== 'eigen' && method !== 'svd')
          throw check.rangeError(operation, 'vectors', "method 'eigen' or 'svd' with it", vectors);
      }
      runtime.assertAlive(operation);
      const { raw } = runtime;
      return kind < estimated.qr
        ? raw.estimateDecompositionBytes(size, size, kind)
        : raw.estimateOrthogonalBytes(
            size,
            columns ?? size,
            kind - estimated.qr,
            Number(vectors ?? true),
          );
    },
  };
  giveFunctions(runtime, room);
  return room;
}
