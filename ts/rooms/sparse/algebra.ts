// Matrices out of matrices, and products with vectors.

import { numbersOut, viewOf } from '../../runtime/into.js';
import { adoptAs, rawOf } from '../../runtime/object.js';
import { F32, type IndexArray, type RealArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { dtypes } from '../../runtime/values.js';
import { MatrixEntries } from './entries.js';
import type { AddOptions, PartInput, ProductOptions } from './types.js';

/** What can be computed with a matrix. */
export abstract class MatrixAlgebra extends MatrixEntries {
  /**
   * The transpose, a matrix of its own. O(nnz + rows + columns).
   *
   * @throws SublinearError `MEMORY` above the engine's limit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 1, cols: 2, values: [3, 4] });
   * using t = a.transpose();
   * console.log(t.rows, t.cols, t.get(1, 0)); // 2 1 4
   * ```
   */
  transpose(): this {
    const operation = 'SparseMatrix.transpose';
    const raw = this.runtime.raw.SparseMatrix.transpose(this.use(operation));
    return adoptAs(this.runtime, operation, this.constructor, raw);
  }

  /**
   * The sum alpha A + beta B of this matrix and another one of its shape, a matrix of its own. Entries that cancel are kept as
   * zeros. Values are float32 when no operand has more, else float64. O(entries + rows).
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE` (also when an entry overflows)
   * @throws SublinearError `MEMORY`, `OVERFLOW` for 2^32 entries
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [1, 2, 0, 3] });
   * using shifted = a.add(SparseMatrix.identity(2), { beta: 10 });
   * console.log(shifted.toDense()); // Float64Array(4) [ 11, 2, 0, 13 ]
   * ```
   */
  add(other: MatrixEntries, options?: AddOptions): this {
    const operation = 'SparseMatrix.add';
    const raw = this.use(operation);
    const { alpha = 1, beta = 1 } = check.options(operation, options, ['alpha', 'beta']);
    check.number(operation, 'alpha', alpha);
    check.number(operation, 'beta', beta);
    const second = this.#other(operation, other);
    const sum = this.runtime.raw.SparseMatrix.add(alpha, raw, beta, second);
    return adoptAs(this.runtime, operation, this.constructor, sum);
  }

  /**
   * The matrix with each entry multiplied by `factor`, a matrix of its own. A pattern becomes float64. O(nnz).
   *
   * @throws RangeError `NOT_FINITE` (also when an entry overflows); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDiagonal([1, 2]);
   * using half = a.scale(0.5);
   * console.log(half.diagonal()); // Float64Array(2) [ 0.5, 1 ]
   * ```
   */
  scale(factor: number): this {
    const operation = 'SparseMatrix.scale';
    const raw = this.use(operation);
    check.number(operation, 'factor', factor);
    const scaled = this.runtime.raw.SparseMatrix.scale(raw, factor);
    return adoptAs(this.runtime, operation, this.constructor, scaled);
  }

  /**
   * The part with these rows and columns, in this order: a matrix of its own. A permutation of all of them reorders the matrix.
   * O(entries of the rows + columns).
   *
   * @throws RangeError `INDEX`, `EMPTY`, `ARGUMENT` (a column twice); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 2, cols: 3, values: [1, 2, 3, 4, 5, 6] });
   * using part = a.submatrix({ rows: [1, 0], columns: [2, 0] });
   * console.log(part.toDense()); // Float64Array(4) [ 6, 4, 3, 1 ]
   * ```
   */
  submatrix(part: PartInput): this {
    const operation = 'SparseMatrix.submatrix';
    const raw = this.use(operation);
    const { runtime } = this;
    const { rows, columns } = check.options(operation, part, ['rows', 'columns']);
    return runtime.scratch(operation, (scratch) => {
      const list = (name: string, numbers: IndexArray | undefined) =>
        numbers === undefined ? { address: 0, length: 0 } : scratch.indices(name, numbers);
      const [i, j] = [list('rows', rows), list('columns', columns)];
      const made = runtime.raw.SparseMatrix.submatrix(
        raw,
        i.address,
        i.length,
        j.address,
        j.length,
      );
      return adoptAs<this>(runtime, operation, this.constructor, made);
    });
  }

  /**
   * The product A x with a vector, or A B with a matrix, with sums in float64 in a fixed order: every engine gives the same
   * bits. O(nnz); of matrices O(multiplications + rows + columns).
   *
   * @param x - as many numbers as there are columns; NaN and infinities go where they go. Or a matrix with as many rows
   * @throws RangeError `SHAPE` (x, into), `NOT_FINITE` (an entry of a product of matrices overflows)
   * @throws TypeError `TYPE` for an `into` of another precision than the result's
   * @throws SublinearError `MEMORY`, `OVERFLOW` for 2^32 entries
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [2, 1, 0, 3] });
   * console.log(a.multiply([1, 10])); // Float64Array(2) [ 12, 30 ]
   * const y = new Float64Array(2);
   * console.log(a.multiply([1, 1], { into: y }) === y, y); // true Float64Array(2) [ 3, 3 ]
   * using square = a.multiply(a);
   * console.log(square.toDense()); // Float64Array(4) [ 4, 5, 0, 9 ]
   * ```
   */
  multiply(x: MatrixEntries): this;
  multiply(x: RealArray): Float64Array<ArrayBuffer>;
  multiply(x: RealArray, options: { output: 'float32' }): Float32Array<ArrayBuffer>;
  multiply(
    x: RealArray,
    options?: ProductOptions,
  ): Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  multiply(x: RealArray | MatrixEntries, options?: ProductOptions) {
    if (x instanceof MatrixEntries) return this.#product(x);
    return this.#apply('SparseMatrix.multiply', false, x, options);
  }

  /**
   * The product of the transpose with x, without making the transpose. It scatters: when it is needed more than about
   * three times, `transpose()` once and `multiply` are faster. O(nnz).
   *
   * @param x - as many numbers as there are rows
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [2, 1, 0, 3] });
   * console.log(a.multiplyTranspose([1, 10])); // Float64Array(2) [ 2, 31 ]
   * ```
   */
  multiplyTranspose(x: RealArray): Float64Array<ArrayBuffer>;
  multiplyTranspose(x: RealArray, options: { output: 'float32' }): Float32Array<ArrayBuffer>;
  multiplyTranspose(
    x: RealArray,
    options?: ProductOptions,
  ): Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  multiplyTranspose(x: RealArray, options?: ProductOptions) {
    return this.#apply('SparseMatrix.multiplyTranspose', true, x, options);
  }

  #other(operation: string, other: MatrixEntries) {
    return rawOf(this.runtime, operation, 'other', other, MatrixEntries, 'SparseMatrix');
  }

  #product(other: MatrixEntries): this {
    const operation = 'SparseMatrix.multiply';
    const raw = this.use(operation);
    const second = this.#other(operation, other);
    const product = this.runtime.raw.SparseMatrix.product(raw, second);
    return adoptAs(this.runtime, operation, this.constructor, product);
  }

  #apply(operation: string, transposed: boolean, x: RealArray, options?: ProductOptions) {
    const raw = this.use(operation);
    const { runtime } = this;
    const { output = 'float64', into } = check.options(operation, options, ['output', 'into']);
    const narrow = check.choice(operation, 'output', output, dtypes) === F32;
    const length = transposed ? raw.cols : raw.rows;
    if (into !== undefined) viewOf(operation, into, length, narrow);
    return runtime.scratch(operation, (scratch) => {
      const input = scratch.doubles('x', x);
      const y = scratch.f64(length);
      runtime.check(operation, raw.apply(transposed, input.address, input.length, y, length));
      return numbersOut(runtime, operation, [y, length], narrow, into);
    });
  }
}
