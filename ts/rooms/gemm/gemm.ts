// Dense matrices: products of them, and the functions that neural networks put between products.

import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { DenseMatrix } from './dense-matrix.js';
import { type ElementType, elements } from './elements.js';
import { type EmbeddingOptions, type EmbeddingTable, embedding } from './embedding.js';
import { createExperts } from './experts.js';
import type { Experts } from './experts-types.js';
import type { Layers } from './layer-types.js';
import { createLayers } from './layers.js';
import { matmul, matmulAsync } from './product.js';
import { createRecurrent, RecurrentLayer } from './recurrent.js';
import type { RecurrentFunctions } from './recurrent-types.js';
import { SparseFeedForward } from './sparse-feed-forward.js';
import type { MatmulAsyncOptions, MatmulOptions, MatrixOperand, ProductOf } from './types.js';

export * from '../../runtime/errors.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export { DenseMatrix, type DenseMatrixOptions } from './dense-matrix.js';
export type { ElementType } from './elements.js';
export type { EmbeddingOptions, EmbeddingTable } from './embedding.js';
export type { Expert, Experts, RouteOptions, Routing } from './experts-types.js';
export type {
  Changed,
  Conv1dAsyncOptions,
  Conv1dOptions,
  IntoFloats,
  LayerNormOptions,
  Layers,
  NormOptions,
  RotaryOptions,
  RowOptions,
  Rows,
} from './layer-types.js';
export { RecurrentLayer } from './recurrent.js';
export type {
  RecurrentCallAsyncOptions,
  RecurrentCallOptions,
  RecurrentFunctions,
  RecurrentLayerOptions,
  RecurrentOptions,
  RecurrentResult,
  RecurrentRunAsyncOptions,
  RecurrentRunOptions,
  RecurrentState,
  RecurrentWeights,
} from './recurrent-types.js';
export type {
  SparseFeedForwardOptions,
  SparseResult,
  SparseRunAsyncOptions,
  SparseRunOptions,
} from './sparse-feed-forward.js';
export { SparseFeedForward } from './sparse-feed-forward.js';
export type {
  Activation,
  MatmulAsyncOptions,
  MatmulOptions,
  MatmulResult,
  MatrixArray,
  MatrixOperand,
  ProductOf,
} from './types.js';

/** What `engine.use('gemm')` and `load()` give. */
export interface GemmRoom extends Layers, RecurrentFunctions, Experts {
  readonly DenseMatrix: typeof DenseMatrix;
  readonly RecurrentLayer: typeof RecurrentLayer;
  readonly SparseFeedForward: typeof SparseFeedForward;

  /**
   * The product of two matrices, or of many pairs (`batch`): `activation(alpha * left * right + beta * into + bias)`, row by
   * row. Of float32 (a Float32Array), float64, or int8 (exact sums, an Int32Array); a list of numbers takes the type of the
   * other operand. Sums have one order in all variants, so that every engine gives the same bits.
   * O(batch rows depth columns).
   *
   * @param left - not a packed matrix
   * @throws RangeError `SHAPE` names the operand that does not fit, `OPTION`, `ARGUMENT` when `into` is an operand
   * @throws TypeError for operands of different precision
   * @throws SublinearError `MEMORY`, before anything is computed
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix, matmul } = await load();
   * using weights = DenseMatrix.from([1, 0, 2, 0, 1, 3], { rows: 2, columns: 3, packed: true });
   * const x = { data: Float32Array.of(1, 2, 3, 4), rows: 2, columns: 2 };
   * console.log(matmul(x, weights, { bias: [0, 0, -10], activation: 'relu' })); // Float32Array(6) [ 1, 2, 0, 3, 4, 8 ]
   * const square = { data: [1, 2, 3, 4], rows: 2, columns: 2 };
   * console.log(matmul(square, square)); // Float64Array(4) [ 7, 10, 15, 22 ]
   * ```
   */
  matmul<Into extends NonNullable<MatmulOptions['into']>>(
    left: MatrixOperand,
    right: MatrixOperand,
    options: MatmulOptions & { into: Into },
  ): Into;
  matmul<Left extends MatrixOperand>(
    left: Left,
    right: MatrixOperand,
    options?: MatmulOptions,
  ): ProductOf<Left>;

  /**
   * The same in slices of 8 ms, which can be aborted. Matrices are busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { matmulAsync } = await load();
   * const x = { data: [1, 2, 3, 4], rows: 2, columns: 2 };
   * console.log(await matmulAsync(x, x)); // Float64Array(4) [ 7, 10, 15, 22 ]
   * ```
   */
  matmulAsync<Into extends NonNullable<MatmulOptions['into']>>(
    left: MatrixOperand,
    right: MatrixOperand,
    options: MatmulAsyncOptions & { into: Into },
  ): Promise<Into>;
  matmulAsync<Left extends MatrixOperand>(
    left: Left,
    right: MatrixOperand,
    options?: MatmulAsyncOptions,
  ): Promise<ProductOf<Left>>;

  /**
   * Rows of a table by number, as `torch.nn.Embedding`: ids x columns float32 numbers. Rounded tables (int8, int4) give the numbers that
   * they stand for. O(ids columns).
   *
   * @throws RangeError `INDEX` with the position of an id that is not in the table, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { embedding } = await load();
   * const table = { data: [0, 0, 1, 2, 3, 4], columns: 2 };
   * console.log(embedding(table, [2, 0, 1], { padding: 0 })); // Float32Array(6) [ 3, 4, 0, 0, 1, 2 ]
   * ```
   */
  embedding(table: EmbeddingTable, ids: IndexArray, options?: EmbeddingOptions): Float32Array;

  /**
   * Bytes that a matrix will hold, before it is made.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { estimateDenseMatrixBytes } = await load();
   * const bytes = estimateDenseMatrixBytes({ rows: 512, columns: 1536, type: 'int4' });
   * console.log(bytes < 0.6 * 512 * 1536); // true
   * ```
   */
  estimateDenseMatrixBytes(options: {
    rows: number;
    columns: number;
    type?: ElementType;
    packed?: boolean;
  }): number;
}

/** @internal */
export function createRoom(runtime: Runtime): GemmRoom {
  const layers = createLayers(runtime);
  return {
    DenseMatrix: runtime.bind(DenseMatrix),
    RecurrentLayer: runtime.bind(RecurrentLayer),
    SparseFeedForward: runtime.bind(SparseFeedForward),
    ...layers,
    ...createExperts(runtime, layers.swiglu),
    ...createRecurrent(runtime),
    embedding: (table, ids, options) => embedding(runtime, table, ids, options),
    matmul: ((left: MatrixOperand, right: MatrixOperand, options?: MatmulOptions) =>
      matmul(runtime, left, right, options)) as GemmRoom['matmul'],
    matmulAsync: ((left: MatrixOperand, right: MatrixOperand, options?: MatmulAsyncOptions) =>
      matmulAsync(runtime, left, right, options)) as GemmRoom['matmulAsync'],
    estimateDenseMatrixBytes(options) {
      const operation = 'estimateDenseMatrixBytes';
      const keys = ['rows', 'columns', 'type', 'packed'] as const;
      const given = check.options(operation, options, keys);
      const { rows, columns, type = 'float32', packed = false } = given;
      check.integer(operation, 'rows', rows);
      check.integer(operation, 'columns', columns);
      check.boolean(operation, 'packed', packed);
      const element = check.choice(operation, 'type', type, elements);
      runtime.assertAlive(operation);
      return runtime.raw.estimateDenseMatrixBytes(rows, columns, element, Number(packed));
    },
  };
}
