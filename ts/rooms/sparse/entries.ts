// A matrix as it is read: its entries and what it is.

import type { SparseMatrix as RawMatrix } from '../../generated/raw/solver.js';
import { SublinearError } from '../../runtime/errors.js';
import { WasmObject } from '../../runtime/object.js';
import { F32, F64 } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { CsrArrays, MatrixProperties, ValueType } from './types.js';

const valueTypes = ['pattern', 'float32', 'float64'] as const;
/** SL_MATRIX_FACTS of csrc/sparse/csr.h. */
const FACTS = 14;
/** Elements that an array can have everywhere. */
const MOST_ELEMENTS = 2 ** 31 - 1;

/** What a matrix says about itself. */
export abstract class MatrixEntries extends WasmObject<RawMatrix> {
  /** Number of rows. */
  get rows(): number {
    return this.use('SparseMatrix.rows').rows;
  }

  /** Number of columns. */
  get cols(): number {
    return this.use('SparseMatrix.cols').cols;
  }

  /** Number of stored entries, explicit zeros included. */
  get nnz(): number {
    return this.use('SparseMatrix.nnz').nnz;
  }

  /** Precision of the stored values, `'pattern'` when there are none. */
  get dtype(): ValueType {
    return valueTypes[this.use('SparseMatrix.dtype').valueType] as ValueType;
  }

  /**
   * Bytes that this matrix holds: 4 a row, 4 an entry and the values, and a few for itself; as much again for a copy in
   * another bundle.
   */
  get bytesUsed(): number {
    return this.use('SparseMatrix.bytesUsed').bytes() + this.bytesCopied;
  }

  /** @internal */
  protected override facts() {
    const { rows, cols, nnz, dtype } = this;
    return { rows, cols, nnz, dtype };
  }

  /**
   * One element; 0 when it is not stored. O(log of the row's length).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.identity(2);
   * console.log(a.get(0, 0), a.get(0, 1)); // 1 0
   * ```
   */
  get(row: number, column: number): number {
    const operation = 'SparseMatrix.get';
    const raw = this.use(operation);
    check.integer(operation, 'row', row);
    check.integer(operation, 'column', column);
    this.runtime.check(operation, raw.get(row, column, this.runtime.out));
    return this.runtime.outF64();
  }

  /**
   * The diagonal, min(rows, columns) numbers, 0 where nothing is stored. O(rows log(entries a row)).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [5, 1, 1, 0] });
   * console.log(a.diagonal()); // Float64Array(2) [ 5, 0 ]
   * ```
   */
  diagonal(): Float64Array<ArrayBuffer> {
    const operation = 'SparseMatrix.diagonal';
    const raw = this.use(operation);
    const length = Math.min(raw.rows, raw.cols);
    return this.runtime.scratch(operation, (scratch) => {
      const address = scratch.f64(length);
      raw.diagonal(address);
      return this.runtime.copyF64(address, length);
    });
  }

  /**
   * The entries as arrays: sorted columns, no repetitions. Copies. O(nnz).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 1, cols: 3, values: [0, 8, 9] });
   * const { rowPointers, columns, values } = a.toCsr();
   * console.log(rowPointers, columns, values); // Uint32Array(2) [ 0, 2 ] Uint32Array(2) [ 1, 2 ] Float64Array(2) [ 8, 9 ]
   * ```
   */
  toCsr(): CsrArrays {
    const raw = this.use('SparseMatrix.toCsr');
    const { runtime } = this;
    const { rows, cols, nnz, valueType } = raw;
    raw.transferOut(runtime.out);
    // Where row pointers, columns and values are, each with its size.
    const at = (array: number) => runtime.outF64(2 * array);
    const arrays: CsrArrays = {
      rows,
      cols,
      rowPointers: runtime.copyU32(at(0), rows + 1),
      columns: runtime.copyU32(at(1), nnz),
    };
    if (valueType === F64) arrays.values = runtime.copyF64(at(2), nnz);
    if (valueType === F32) arrays.values = runtime.copyF32(at(2), nnz);
    return arrays;
  }

  /**
   * All elements, row by row, in float64; zeros where nothing is stored. O(rows * columns).
   *
   * @throws SublinearError `MEMORY` when rows * columns is beyond what an array can hold
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromCoo({ rows: 2, cols: 2, rowIndices: [0, 1], columnIndices: [1, 0], values: [5, 6] });
   * console.log(a.toDense()); // Float64Array(4) [ 0, 5, 6, 0 ]
   * ```
   */
  toDense(): Float64Array<ArrayBuffer> {
    const operation = 'SparseMatrix.toDense';
    const { rows, cols } = this.use(operation);
    const count = rows * cols;
    if (count > MOST_ELEMENTS) throw tooLarge(operation, rows, cols);
    let all: Float64Array<ArrayBuffer>;
    try {
      all = new Float64Array(count);
    } catch {
      throw tooLarge(operation, rows, cols);
    }
    const { rowPointers, columns, values } = this.toCsr();
    for (let i = 0; i < rows; i++) {
      const row = i * cols;
      for (let k = rowPointers[i] as number; k < (rowPointers[i + 1] as number); k++)
        all[row + (columns[k] as number)] = values ? (values[k] as number) : 1;
    }
    return all;
  }

  /**
   * The matrix as a Matrix Market file (coordinate, general; `pattern` without values). Reading it back gives the same
   * bits. For a large matrix write {@link SparseMatrix.matrixMarketPieces} one by one. O(nnz).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDiagonal([0.1]);
   * console.log(a.toMatrixMarket().trim().split('\n')[2]); // 1 1 0.1
   * ```
   */
  toMatrixMarket(): string {
    return [...this.matrixMarketPieces()].join('');
  }

  /**
   * The same text in pieces of some thousand lines.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.identity(2);
   * using b = SparseMatrix.fromMatrixMarket(a.matrixMarketPieces());
   * console.log(b.nnz); // 2
   * ```
   */
  *matrixMarketPieces(): Generator<string, void, undefined> {
    const { rows, cols, rowPointers, columns, values } = this.toCsr();
    const field = values ? 'real' : 'pattern';
    yield `%%MatrixMarket matrix coordinate ${field} general\n${rows} ${cols} ${columns.length}\n`;
    let piece = '';
    for (let i = 0, lines = 0; i < rows; i++) {
      for (let k = rowPointers[i] as number; k < (rowPointers[i + 1] as number); k++) {
        const place = `${i + 1} ${(columns[k] as number) + 1}`;
        piece += values ? `${place} ${decimal(values[k] as number)}\n` : `${place}\n`;
        if (++lines % 4096 === 0) {
          yield piece;
          piece = '';
        }
      }
    }
    if (piece !== '') yield piece;
  }

  /**
   * What the matrix is: symmetric, dominant, a Laplacian. Methods are chosen and errors bounded by this. Computed once,
   * O(nnz + rows + columns), and kept.
   *
   * @throws SublinearError `MEMORY`: 24 bytes a row are needed while it is computed
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [2, -1, -1, 2] });
   * const { symmetric, mMatrix, minRowSlack } = a.classify();
   * console.log(symmetric, mMatrix, minRowSlack > 0.999); // true true true
   * ```
   */
  classify(): MatrixProperties {
    const operation = 'SparseMatrix.classify';
    const raw = this.use(operation);
    const { runtime } = this;
    runtime.check(operation, raw.facts(runtime.out));
    const facts = runtime.copyF64(runtime.out, FACTS);
    const at = (i: number) => facts[i] as number;
    return {
      square: at(0) === 1,
      symmetric: at(1) === 1,
      positiveDiagonal: at(2) === 1,
      ...(at(3) >= 0 && { zeroDiagonalRow: at(3) }),
      nonpositiveOffDiagonal: at(4) === 1,
      laplacian: at(5) === 1,
      mMatrix: at(6) === 1,
      minRowSlack: at(7),
      minColumnSlack: at(8),
      minRelativeRowSlack: at(9),
      minRelativeColumnSlack: at(10),
      normInfinity: at(11),
      norm1: at(12),
      maxRowEntries: at(13),
    };
  }
}

function tooLarge(operation: string, rows: number, cols: number): SublinearError {
  const bytesWanted = 8 * rows * cols;
  const message = `${rows} x ${cols} elements are ${bytesWanted} bytes, more than an array can hold`;
  return new SublinearError('MEMORY', operation, message, { bytesWanted });
}

/** The shortest text that reads back as the same number. */
function decimal(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
