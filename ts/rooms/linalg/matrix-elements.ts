// What a matrix says of its elements.
import type { DenseMatrix as RawDenseMatrix } from '../../generated/raw/linalg.js';
import * as check from '../../runtime/validate.js';
import { DenseMatrix } from '../gemm/dense-matrix.js';
import { F64 } from '../gemm/elements.js';
import { type MatrixNorm, norms, type Precision } from './matrix-types.js';

/** Elements as they lie in memory, or a copy of some. */
type Elements = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

// The static methods of Matrix take other arguments than those of DenseMatrix, which TypeScript does not let a subclass do.
const Base = DenseMatrix as unknown as abstract new (raw: RawDenseMatrix) => DenseMatrix;

/** A matrix of float32 or float64 numbers whose elements are read and written one by one: see {@link Matrix}. */
export abstract class MatrixElements extends Base {
  protected constructor(raw: RawDenseMatrix) {
    super(raw);
  }

  /** How elements are kept. */
  override get type(): Precision {
    return super.type as Precision;
  }

  /**
   * The elements row by row as they lie in memory, without a copy: reading and writing it reads and writes the matrix. **Use
   * it at once**: any call that may allocate can move the memory and leave this array empty (length 0), and after `dispose()`
   * it shows other data. Calling `view()` again is cheap. O(1).
   *
   * @throws RangeError `RANGE` of a matrix that is packed
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.zeros(2, 2, { type: 'float32' });
   * a.view()[3] = 7;
   * console.log(a.toArray()); // Float32Array(4) [ 0, 0, 0, 7 ]
   * ```
   */
  view(): Float32Array | Float64Array {
    return this.#view('Matrix.view');
  }

  /**
   * Element (i, j). O(1).
   *
   * @throws RangeError `RANGE` (row, column)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]]);
   * console.log(a.get(1, 0)); // 3
   * ```
   */
  get(row: number, column: number): number {
    const operation = 'Matrix.get';
    return this.#view(operation)[this.#place(operation, row, column)] as number;
  }

  /**
   * Overwrites element (i, j), rounded to the precision of the matrix. Returns the matrix. O(1).
   *
   * @throws RangeError `RANGE` (row, column)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.identity(2);
   * console.log(a.set(0, 1, 5).toArray()); // Float64Array(4) [ 1, 5, 0, 1 ]
   * ```
   */
  set(row: number, column: number, value: number): this {
    const operation = 'Matrix.set';
    if (typeof value !== 'number') throw check.typeError(operation, 'value', 'number', value);
    this.#view(operation)[this.#place(operation, row, column)] = value;
    return this;
  }

  /**
   * A copy of a row. O(columns).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]]);
   * console.log(a.row(1)); // Float64Array(2) [ 3, 4 ]
   * ```
   */
  row(row: number): Elements {
    const operation = 'Matrix.row';
    const { rows, columns } = this.use(operation);
    check.integer(operation, 'row', row, 0, rows - 1);
    return this.#view(operation).slice(row * columns, (row + 1) * columns) as Elements;
  }

  /**
   * A copy of a column. O(rows).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]]);
   * console.log(a.column(1)); // Float64Array(2) [ 2, 4 ]
   * ```
   */
  column(column: number): Elements {
    const operation = 'Matrix.column';
    const { rows, columns } = this.use(operation);
    check.integer(operation, 'column', column, 0, columns - 1);
    return this.#every(operation, rows, column, columns);
  }

  /**
   * A copy of the diagonal, min(rows, columns) elements.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [3, 4]]);
   * console.log(a.diagonal()); // Float64Array(2) [ 1, 4 ]
   * ```
   */
  diagonal(): Elements {
    const operation = 'Matrix.diagonal';
    const { rows, columns } = this.use(operation);
    return this.#every(operation, Math.min(rows, columns), 0, columns + 1);
  }

  /**
   * A norm, with sums in float64: of the elements as a vector (`'frobenius'`, the default), the largest sum of magnitudes of a
   * column (1) or row (`'infinity'`), or the largest magnitude (`'max'`). O(rows columns).
   *
   * @throws RangeError `OPTION` (kind, or a matrix that is packed)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[3, 0], [0, -4]]);
   * console.log(a.norm(), a.norm(1), a.norm('max')); // 5 4 4
   * ```
   */
  norm(kind: MatrixNorm = 'frobenius'): number {
    const operation = 'Matrix.norm';
    const { runtime } = this;
    const code = check.choice(operation, 'kind', kind, norms);
    const raw = this.use(operation);
    runtime.check(operation, runtime.raw.matrixNorm(raw, code, runtime.out));
    return runtime.outF64();
  }

  #place(operation: string, row: number, column: number): number {
    const { rows, columns } = this.use(operation);
    check.integer(operation, 'row', row, 0, rows - 1);
    check.integer(operation, 'column', column, 0, columns - 1);
    return row * columns + column;
  }

  #every(operation: string, count: number, first: number, step: number): Elements {
    const view = this.#view(operation);
    const found = view instanceof Float64Array ? new Float64Array(count) : new Float32Array(count);
    for (let i = 0; i < count; i++) found[i] = view[first + i * step] as number;
    return found;
  }

  #view(operation: string): Float32Array | Float64Array {
    const raw = this.use(operation);
    if (raw.packed) throw check.rangeError(operation, 'packed', 'false', true);
    const { f32, f64 } = this.runtime;
    const length = raw.rows * raw.columns;
    return raw.element === F64
      ? f64.subarray(raw.data / 8, raw.data / 8 + length)
      : f32.subarray(raw.data / 4, raw.data / 4 + length);
  }
}
