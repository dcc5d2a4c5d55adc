// What is calculated with matrices: element by element, and products.
import type { DenseMatrix as RawDenseMatrix } from '../../generated/raw/linalg.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import { isInstance, rawOf } from '../../runtime/object.js';
import { type AsyncOptions, asyncKeys, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { DenseMatrix } from '../gemm/dense-matrix.js';
import { matmul, matmulAsync } from '../gemm/product.js';
import { MatrixElements } from './matrix-elements.js';
import { Matrices, make, makeFrom, written } from './matrix-make.js';
import {
  type MatrixTerm,
  operations,
  type Precision,
  precisionGiven,
  precisions,
} from './matrix-types.js';
import type { MatrixInput } from './types.js';

export interface IntoOptions {
  /** The `Matrix` that the result goes into, which is then what is returned: of its shape and precision. */
  into?: MatrixElements;
}

export interface IntoAsyncOptions extends IntoOptions, AsyncOptions<WorkProgress> {}

/** A matrix with which one calculates: see {@link Matrix}. */
export abstract class MatrixArithmetic extends MatrixElements {
  /**
   * A copy in the precision named: float64 to float32 rounds to nearest. O(rows columns).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[0.1]]);
   * using b = a.as('float32');
   * console.log(b.get(0, 0) === Math.fround(0.1), b.bytesUsed < a.bytesUsed); // true true
   * ```
   */
  as(type: Precision): this {
    return this.#as('Matrix.as', type);
  }

  /**
   * A copy.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.identity(1);
   * using b = a.clone().set(0, 0, 2);
   * console.log(a.get(0, 0), b.get(0, 0)); // 1 2
   * ```
   */
  clone(): this {
    return this.#as('Matrix.clone', this.type);
  }

  /**
   * The transpose, a copy. O(rows columns).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2, 3]]);
   * using b = a.transpose();
   * console.log(b.rows, b.columns); // 3 1
   * ```
   */
  transpose(): this {
    const operation = 'Matrix.transpose';
    const { runtime } = this;
    const { rows, columns } = this.use(operation);
    const made = make<this>(this.constructor, runtime, operation, columns, rows, this.type);
    return written(made, operation, (out) => runtime.raw.transposeMatrix(this.use(operation), out));
  }

  /**
   * The sum, element by element. A number, or a matrix of one row or column, is added to all. Each element is rounded once, to
   * float32 where both are, else float64. O(rows columns).
   *
   * @param options - `into`: where the sum goes; the matrix itself is allowed
   * @throws RangeError `SHAPE` (right, into), `RANGE` (into: of another precision); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]]);
   * using b = a.add([[10, 20]]); // a row, to each row
   * console.log(b.toArray()); // Float64Array(4) [ 11, 22, 13, 24 ]
   * console.log(a.add(a, { into: a }).toArray()); // Float64Array(4) [ 2, 4, 6, 8 ]
   * ```
   */
  add(right: MatrixTerm, options?: IntoOptions): this {
    return this.#combine('add', right, options);
  }

  /**
   * The difference, as {@link Matrix.add}.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]]);
   * using b = a.subtract(1);
   * console.log(b.toArray()); // Float64Array(4) [ 0, 1, 2, 3 ]
   * ```
   */
  subtract(right: MatrixTerm, options?: IntoOptions): this {
    return this.#combine('subtract', right, options);
  }

  /**
   * The product element by element, as {@link Matrix.add}; {@link Matrix.matmul} is that of matrices.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]]);
   * using b = a.multiply(a);
   * console.log(b.toArray()); // Float64Array(4) [ 1, 4, 9, 16 ]
   * ```
   */
  multiply(right: MatrixTerm, options?: IntoOptions): this {
    return this.#combine('multiply', right, options);
  }

  /**
   * The quotient element by element, as {@link Matrix.add}. Division by 0 is that of numbers.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]]);
   * using b = a.divide([[1], [2]]); // a column
   * console.log(b.toArray()); // Float64Array(4) [ 1, 2, 1.5, 2 ]
   * ```
   */
  divide(right: MatrixTerm, options?: IntoOptions): this {
    return this.#combine('divide', right, options);
  }

  /**
   * The product of two matrices; sums in the precision of the result. O(rows depth columns).
   *
   * @param options - `into`: where the product goes, no operand
   * @throws RangeError `SHAPE` (right), `RANGE`, `ARGUMENT` (into); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]], { type: 'float32' });
   * using b = a.matmul([[1], [1]]);
   * console.log(b.toArray()); // Float32Array(2) [ 3, 7 ]
   * ```
   */
  matmul(right: MatrixInput, options?: IntoOptions): this {
    const operation = 'Matrix.matmul';
    const { into } = check.options<IntoOptions>(operation, options, ['into']);
    const call = new Matrices();
    try {
      const { left, other, out } = this.#product(call, operation, right, into);
      matmul(this.runtime, left, other, { into: out });
      return call.keep(out) as this;
    } finally {
      call.end();
    }
  }

  /**
   * {@link Matrix.matmul} in slices of about 8 ms that let other tasks run; an abort takes at most 50 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.identity(2);
   * using b = await a.matmulAsync([[1], [2]]);
   * console.log(b.toArray()); // Float64Array(2) [ 1, 2 ]
   * ```
   */
  async matmulAsync(right: MatrixInput, options?: IntoAsyncOptions): Promise<this> {
    const operation = 'Matrix.matmulAsync';
    const keys = ['into', ...asyncKeys] as const;
    const { into, ...control } = check.options<IntoAsyncOptions>(operation, options, keys);
    const call = new Matrices();
    try {
      const { left, other, out } = this.#product(call, operation, right, into);
      await matmulAsync(this.runtime, left, other, { ...control, into: out });
      return call.keep(out) as this;
    } finally {
      call.end();
    }
  }

  /** @internal The precision of what comes of this matrix and another argument. */
  protected precisionWith(operation: string, value: unknown): Precision {
    const { type } = this;
    return precisionGiven(operation, value) === 'float64' ? 'float64' : type;
  }

  #as(operation: string, type: Precision): this {
    const { runtime } = this;
    const { rows, columns } = this.use(operation);
    const made = make<this>(this.constructor, runtime, operation, rows, columns, type);
    return written(made, operation, (out) => runtime.raw.convertMatrix(this.use(operation), out));
  }

  #combine(name: keyof typeof operations, right: MatrixTerm, options?: IntoOptions): this {
    const operation = `Matrix.${name}`;
    const { into } = check.options<IntoOptions>(operation, options, ['into']);
    const { runtime } = this;
    const type = this.precisionWith(operation, right);
    const call = new Matrices();
    try {
      const term = termOf(call, this, operation, right);
      const [own, other] = [this.use(operation), term.use(operation)];
      const rows = own.rows === 1 ? other.rows : own.rows;
      const columns = own.columns === 1 ? other.columns : own.columns;
      if (
        (other.rows !== rows && other.rows !== 1) ||
        (other.columns !== columns && other.columns !== 1)
      ) {
        const message = `"right" expected ${own.rows} x ${own.columns}, or one row or column of it, got ${other.rows} x ${other.columns}`;
        throw new SublinearRangeError('SHAPE', operation, message, { argument: 'right' });
      }
      const out =
        into ?? call.add(make<this>(this.constructor, runtime, operation, rows, columns, type));
      const to = intoOf(this, operation, out, rows, columns, type);
      runtime.check(operation, runtime.raw.combineMatrices(own, other, operations[name], to));
      return call.keep(out) as this;
    } finally {
      call.end();
    }
  }

  #product(
    call: Matrices,
    operation: string,
    right: MatrixInput,
    into: MatrixElements | undefined,
  ) {
    const { runtime } = this;
    const type = this.precisionWith(operation, right);
    const left = this.type === type ? this : call.add(this.#as(operation, type));
    const here = isInstance(right, DenseMatrix) && right.runtime === runtime;
    const other =
      here && right.use(operation).element === precisions[type]
        ? right
        : call.add(makeFrom<this>(this.constructor, runtime, operation, 'right', right, { type }));
    const { rows } = this.use(operation);
    const { columns } = other.use(operation);
    const out =
      into ?? call.add(make<this>(this.constructor, runtime, operation, rows, columns, type));
    intoOf(this, operation, out, rows, columns, type);
    return { left, other, out };
  }
}

/** What is added: a matrix that lies in this module is used where it is. A number is a matrix of one element. */
function termOf(
  call: Matrices,
  own: MatrixElements,
  operation: string,
  value: MatrixTerm,
): DenseMatrix {
  const { runtime, type } = own;
  if (typeof value === 'number')
    return call.add(makeFrom(own.constructor, runtime, operation, 'right', [[value]], { type }));
  if (isInstance(value, DenseMatrix) && value.runtime === runtime) {
    const { packed } = value.use(operation);
    if (!packed) return value;
  }
  if (ArrayBuffer.isView(value) || (Array.isArray(value) && typeof value[0] === 'number')) {
    const wanted = 'a number, a matrix or rows of numbers: [[1, 2]] is a row, [[1], [2]] a column';
    throw check.typeError(operation, 'right', wanted, value);
  }
  const given = precisionGiven(operation, value) ?? type;
  return call.add(makeFrom(own.constructor, runtime, operation, 'right', value, { type: given }));
}

/** The matrix for a result, checked. */
function intoOf(
  own: MatrixElements,
  operation: string,
  into: MatrixElements,
  rows: number,
  columns: number,
  type: Precision,
): RawDenseMatrix {
  const raw = rawOf(own.runtime, operation, 'into', into, MatrixElements, 'Matrix');
  if (
    raw.rows === rows &&
    raw.columns === columns &&
    raw.element === precisions[type] &&
    !raw.packed
  )
    return raw;
  const remedy = type === 'float64' && raw.element !== precisions.float64 ? " (as('float64'))" : '';
  const wanted = `a ${type} matrix of ${rows} x ${columns} that is not packed${remedy}`;
  throw check.rangeError(operation, 'into', wanted, into);
}
