// Sparse matrices in the engine's memory.

import type { MatrixMarketReader, SparseMatrix as RawMatrix } from '../../generated/raw/solver.js';
import type { Benchmark } from '../../runtime/benchmark.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  type Loading,
  loadFile,
  loadFileAsync,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type Block,
  F32,
  F64,
  type IndexArray,
  type RealArray,
  realArray,
  type Scratch,
} from '../../runtime/scratch.js';
import type { AsyncOptions } from '../../runtime/steps.js';
import {
  type AsyncTextSource,
  type Reading,
  type ReadProgress,
  readText,
  readTextAsync,
  type TextSource,
} from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import type { DType } from '../dense/dense.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export type { AsyncTextSource, ReadProgress, TextSource } from '../../runtime/text-source.js';
export type { DType } from '../dense/dense.js';

/** Precision of the stored values; `'pattern'`: none are stored, every entry counts as 1. */
export type ValueType = DType | 'pattern';

/** Entries in any order; those with the same row and column are added up. */
export interface CooInput {
  /** Number of rows and of columns, 1 to 2^32 - 2. */
  rows: number;
  cols: number;
  /** Row and column of each entry, counted from 0. */
  rowIndices: IndexArray;
  columnIndices: IndexArray;
  /** Value of each entry, finite. Without it the matrix is a pattern. */
  values?: RealArray;
  /** Precision of the stored values; by default that of `values` (`'float64'` for number[]). */
  dtype?: DType;
}

/** Compressed sparse rows. Columns of a row may be unsorted and repeated: they are sorted and added up. */
export interface CsrInput {
  rows: number;
  cols: number;
  /** rows + 1 numbers: row i is at rowPointers[i] .. rowPointers[i + 1] - 1 of the other two arrays. */
  rowPointers: IndexArray;
  /** Column of each entry, counted from 0. */
  columns: IndexArray;
  /** Value of each entry, finite. Without it the matrix is a pattern. */
  values?: RealArray;
  /** Precision of the stored values; by default that of `values` (`'float64'` for number[]). */
  dtype?: DType;
}

/** A matrix written out, row by row. */
export interface DenseInput {
  rows: number;
  cols: number;
  /** rows * cols numbers; zeros are not stored. */
  values: Float64Array | Float32Array | readonly number[];
  /** Precision of the stored values; by default that of `values` (`'float64'` for number[]). */
  dtype?: DType;
}

/** Compressed sparse rows with sorted columns and no repetitions, as copies. */
export interface CsrArrays {
  rows: number;
  cols: number;
  rowPointers: Uint32Array<ArrayBuffer>;
  columns: Uint32Array<ArrayBuffer>;
  /** Absent for a pattern. */
  values?: Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/**
 * What a matrix is. A slack is |a_ii| minus the sum of the other sizes in its row (column), rounded down, so that a
 * positive one is proved; norms are rounded up. For a matrix that is not square the flags are false and the slacks
 * -Infinity.
 */
export interface MatrixProperties {
  square: boolean;
  /** Structure and values, exactly. */
  symmetric: boolean;
  /** Every diagonal entry is stored and > 0. */
  positiveDiagonal: boolean;
  /** The first row whose diagonal entry is 0 or not stored. */
  zeroDiagonalRow?: number;
  /** No entry off the diagonal is > 0. */
  nonpositiveOffDiagonal: boolean;
  /** Symmetric, off-diagonal entries <= 0, and every row adds up to 0 within rounding. */
  laplacian: boolean;
  /** Proved to be a nonsingular M-matrix by row or column dominance. */
  mMatrix: boolean;
  /** Smallest slack of the rows; > 0: strictly row dominant. */
  minRowSlack: number;
  /** Smallest slack of the columns; > 0: strictly column dominant. */
  minColumnSlack: number;
  /** Smallest of slack / |a_ii|. */
  minRelativeRowSlack: number;
  minRelativeColumnSlack: number;
  /** Largest sum of sizes in a row. */
  normInfinity: number;
  /** Largest sum of sizes in a column. */
  norm1: number;
  /** Entries in the longest row. */
  maxRowEntries: number;
}

export interface ReadMatrixOptions {
  /** Precision of the stored values, `'float64'` by default. A pattern file gives a pattern either way. */
  dtype?: DType;
}

/** Options of the asynchronous reader. */
export interface ReadMatrixAsyncOptions extends ReadMatrixOptions, AsyncOptions<ReadProgress> {}

export interface ProductOptions {
  /** Precision of the result; the sums are float64 either way. */
  output?: DType;
}

const dtypes = { float32: F32, float64: F64 } as const;
const valueTypes = ['pattern', 'float32', 'float64'] as const;
const typeNumbers = { pattern: 0, ...dtypes } as const;
/** SL_MATRIX_FACTS of csrc/sparse/csr.h. */
const FACTS = 14;

/**
 * A sparse matrix of real numbers, in compressed sparse rows. It never changes after it was made. Made by the static
 * methods.
 */
export class SparseMatrix extends WasmObject<RawMatrix> {
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

  /** Bytes that this matrix holds: 4 a row, 4 an entry and the values, and a few for itself. */
  get bytesUsed(): number {
    return this.use('SparseMatrix.bytesUsed').bytes();
  }

  /**
   * A matrix from coordinates. Entries with the same place are added up in float64, in the order given. O(entries + rows
   * + columns).
   *
   * @throws RangeError `INDEX`, `NOT_FINITE`, `SHAPE` (arrays of different lengths), `EMPTY`; the message names the array
   * @throws SublinearError `MEMORY` above the engine's limit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromCoo({
   *   rows: 2,
   *   cols: 2,
   *   rowIndices: [0, 1, 1],
   *   columnIndices: [0, 0, 1],
   *   values: [4, -1, 3],
   * });
   * console.log(a.nnz, a.get(1, 0)); // 3 -1
   * ```
   */
  static fromCoo(input: CooInput): SparseMatrix {
    const operation = 'SparseMatrix.fromCoo';
    const runtime = runtimeOf(this, operation);
    const keys = ['rows', 'cols', 'rowIndices', 'columnIndices', 'values', 'dtype'] as const;
    const { rows, cols, rowIndices, columnIndices, values, dtype } = check.options(
      operation,
      input,
      keys,
    );
    check.integer(operation, 'rows', rows);
    check.integer(operation, 'cols', cols);
    return runtime.scratch(operation, (scratch) => {
      const i = scratch.indices('rowIndices', rowIndices);
      const j = scratch.indices('columnIndices', columnIndices);
      const v = valuesIn(operation, scratch, 'values', values, dtype);
      if (j.length !== i.length)
        throw check.shapeError(operation, 'columnIndices', i.length, j.length);
      if (v && v.length !== i.length)
        throw check.shapeError(operation, 'values', i.length, v.length);
      const raw = runtime.raw.SparseMatrix.fromCoo(
        rows,
        cols,
        i.length,
        i.address,
        j.address,
        v?.address ?? 0,
        v?.type ?? 0,
      );
      return adopt(runtime, operation, SparseMatrix, raw);
    });
  }

  /**
   * A matrix from compressed sparse rows, checked once and copied. O(entries + rows) when the columns are sorted.
   *
   * @throws RangeError `SHAPE` (length, start or end of `rowPointers`, lengths), `ARGUMENT` (`rowPointers` decrease),
   *   `INDEX`, `NOT_FINITE`, `EMPTY`
   * @throws SublinearError `MEMORY` above the engine's limit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromCsr({ rows: 2, cols: 3, rowPointers: [0, 1, 3], columns: [2, 0, 1], values: [5, 6, 7] });
   * console.log(a.multiply([1, 1, 1])); // Float64Array(2) [ 5, 13 ]
   * ```
   */
  static fromCsr(input: CsrInput): SparseMatrix {
    const operation = 'SparseMatrix.fromCsr';
    const runtime = runtimeOf(this, operation);
    const keys = ['rows', 'cols', 'rowPointers', 'columns', 'values', 'dtype'] as const;
    const { rows, cols, rowPointers, columns, values, dtype } = check.options(
      operation,
      input,
      keys,
    );
    check.integer(operation, 'rows', rows);
    check.integer(operation, 'cols', cols);
    return runtime.scratch(operation, (scratch) => {
      const pointers = scratch.indices('rowPointers', rowPointers);
      const j = scratch.indices('columns', columns);
      const v = valuesIn(operation, scratch, 'values', values, dtype);
      const raw = runtime.raw.SparseMatrix.fromCsr(
        rows,
        cols,
        pointers.address,
        pointers.length,
        j.address,
        j.length,
        v?.address ?? 0,
        v?.length ?? 0,
        v?.type ?? 0,
      );
      return adopt(runtime, operation, SparseMatrix, raw);
    });
  }

  /**
   * A matrix from an array of all its elements, row by row. Zeros are left out. O(rows * columns).
   *
   * @throws RangeError `SHAPE` (not rows * cols elements), `NOT_FINITE`, `EMPTY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [2, 0, -1, 2] });
   * console.log(a.nnz); // 3
   * ```
   */
  static fromDense(input: DenseInput): SparseMatrix {
    const operation = 'SparseMatrix.fromDense';
    const keys = ['rows', 'cols', 'values', 'dtype'] as const;
    const { rows, cols, values, dtype } = check.options(operation, input, keys);
    check.integer(operation, 'rows', rows);
    check.integer(operation, 'cols', cols);
    const all = realArray(operation, 'values', values);
    const runtime = runtimeOf(this, operation);
    if (all.length !== rows * cols)
      throw check.shapeError(operation, 'values', rows * cols, all.length);
    let nnz = 0;
    for (let k = 0; k < all.length; k++) {
      if (!Number.isFinite(all[k])) throw notFinite(operation, 'values', k);
      if (all[k] !== 0) nnz++;
    }
    const rowPointers = runtime.array(operation, Uint32Array, rows + 1);
    const columns = runtime.array(operation, Uint32Array, nnz);
    const kept: Float32Array | Float64Array =
      all instanceof Float32Array
        ? runtime.array(operation, Float32Array, nnz)
        : runtime.array(operation, Float64Array, nnz);
    for (let i = 0, k = 0, at = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, k++) {
        if (all[k] === 0) continue;
        columns[at] = j;
        kept[at++] = all[k] as number;
      }
      rowPointers[i + 1] = at;
    }
    return this.fromCsr({
      rows,
      cols,
      rowPointers,
      columns,
      values: kept,
      ...(dtype && { dtype }),
    });
  }

  /**
   * A square matrix with these numbers on its diagonal, all of them stored. O(n).
   *
   * @throws RangeError `NOT_FINITE`, `EMPTY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDiagonal([1, 2, 3]);
   * console.log(a.multiply([1, 1, 1])); // Float64Array(3) [ 1, 2, 3 ]
   * ```
   */
  static fromDiagonal(values: RealArray): SparseMatrix {
    const operation = 'SparseMatrix.fromDiagonal';
    const runtime = runtimeOf(this, operation);
    return runtime.scratch(operation, (scratch) =>
      diagonal(runtime, operation, scratch, scratch.reals('values', values)),
    );
  }

  /**
   * The identity matrix. O(n).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using one = SparseMatrix.identity(3);
   * console.log(one.classify().symmetric); // true
   * ```
   */
  static identity(n: number): SparseMatrix {
    const operation = 'SparseMatrix.identity';
    const runtime = runtimeOf(this, operation);
    check.integer(operation, 'n', n);
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.f64(n);
      runtime.f64.fill(1, address / 8, address / 8 + n);
      return diagonal(runtime, operation, scratch, { address, length: n, type: F64 });
    });
  }

  /**
   * Reads a Matrix Market file: coordinate or array; real, integer or pattern; general, symmetric or skew-symmetric. The
   * text goes through in pieces: of a large file, pass the pieces and it is never in memory as a whole. O(length).
   *
   * @param source - a string, UTF-8 bytes, or an iterable of either
   * @throws SublinearError `PARSE`, `TRUNCATED`, `FORMAT` (complex, hermitian) with `line` and `expected`; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromMatrixMarket(`%%MatrixMarket matrix coordinate real symmetric
   * 2 2 2
   * 1 1 4
   * 2 1 -1
   * `);
   * console.log(a.nnz, a.get(0, 1)); // 3 -1
   * ```
   */
  static fromMatrixMarket(source: TextSource, options?: ReadMatrixOptions): SparseMatrix {
    const operation = 'SparseMatrix.fromMatrixMarket';
    const runtime = runtimeOf(this, operation);
    const { dtype = 'float64' } = check.options(operation, options, ['dtype']);
    return readText(runtime, operation, source, matrixMarket(runtime, operation, dtype));
  }

  /**
   * The same for text that is still coming: a stream or an async iterable. Between pieces other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for text; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * const text = '%%MatrixMarket matrix array real general\n2 1\n0.5\n2\n';
   * using a = await SparseMatrix.fromMatrixMarketAsync(new Blob([text]).stream());
   * console.log(a.rows, a.get(1, 0)); // 2 2
   * ```
   */
  static async fromMatrixMarketAsync(
    source: AsyncTextSource,
    options?: ReadMatrixAsyncOptions,
  ): Promise<SparseMatrix> {
    const operation = 'SparseMatrix.fromMatrixMarketAsync';
    const runtime = runtimeOf(this, operation);
    const keys = ['dtype', 'signal', 'onProgress'] as const;
    const given = check.options(operation, options, keys);
    const reading = matrixMarket(runtime, operation, given.dtype ?? 'float64');
    return readTextAsync(runtime, operation, source, reading, given);
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
    const { rows, cols, nnz } = raw;
    const arrays: CsrArrays = {
      rows,
      cols,
      rowPointers: runtime.copyU32(raw.rowPointers, rows + 1),
      columns: runtime.copyU32(raw.columns, nnz),
    };
    if (raw.valueType === F64) arrays.values = runtime.copyF64(raw.values, nnz);
    if (raw.valueType === F32) arrays.values = runtime.copyF32(raw.values, nnz);
    return arrays;
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
   * The matrix as bytes, which {@link SparseMatrix.load} takes in every engine and on every machine. One copy of the file; see
   * {@link SparseMatrix.saveInPieces} for a large one. O(size).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDiagonal([0.1, 2]);
   * using again = SparseMatrix.load(a.save());
   * console.log(again.get(0, 0)); // 0.1
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'SparseMatrix.save';
    const { runtime } = this;
    return saveWhole(runtime, operation, () => runtime.raw.SparseMatrix.save(this.use(operation)));
  }

  /**
   * The same bytes piece by piece (up to 1 MB each), for files and streams: nothing but a piece is held in memory a second
   * time. A `Store` of `sublinear/store` takes them as they are.
   *
   * @throws SublinearError `DISPOSED` when the matrix is disposed between two pieces
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.identity(2);
   * let bytes = 0;
   * for (const piece of a.saveInPieces()) bytes += piece.length;
   * console.log(bytes === a.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'SparseMatrix.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.SparseMatrix.save(use()), use);
  }

  /**
   * A matrix from the bytes that {@link SparseMatrix.save} gave: the same bits. Untrusted bytes are safe: what is wrong is an
   * error, and what loads is a matrix. O(size).
   *
   * @param bytes - the file as one array, or its pieces
   * @throws SublinearError `FORMAT` (not such a file, a newer version, another kind, contradictory numbers; `position` is the
   *   byte), `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.identity(3);
   * using again = SparseMatrix.load(a.saveInPieces());
   * console.log(again.nnz); // 3
   * ```
   */
  static load(bytes: BytesSource): SparseMatrix {
    const operation = 'SparseMatrix.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, matrixFile(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable. They are checked while they come, and no more
   * memory is taken than twice what has come. Between pieces other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for bytes; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.identity(3);
   * using again = await SparseMatrix.loadAsync(new Blob([a.save()]).stream());
   * console.log(again.rows); // 3
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<SparseMatrix> {
    const operation = 'SparseMatrix.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['signal', 'onProgress']);
    return loadFileAsync(runtime, operation, bytes, matrixFile(runtime, operation), given);
  }

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
  transpose(): SparseMatrix {
    const operation = 'SparseMatrix.transpose';
    const raw = this.runtime.raw.SparseMatrix.transpose(this.use(operation));
    return adopt(this.runtime, operation, SparseMatrix, raw);
  }

  /**
   * The product A x, with sums in float64 in a fixed order: every engine gives the same bits. O(nnz).
   *
   * @param x - as many numbers as there are columns; NaN and infinities go where they go
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * using a = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [2, 1, 0, 3] });
   * console.log(a.multiply([1, 10])); // Float64Array(2) [ 12, 30 ]
   * ```
   */
  multiply(x: RealArray): Float64Array<ArrayBuffer>;
  multiply(x: RealArray, options: { output: 'float32' }): Float32Array<ArrayBuffer>;
  multiply(
    x: RealArray,
    options?: ProductOptions,
  ): Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  multiply(x: RealArray, options?: ProductOptions) {
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

  #apply(operation: string, transposed: boolean, x: RealArray, options?: ProductOptions) {
    const raw = this.use(operation);
    const { runtime } = this;
    const { output = 'float64' } = check.options(operation, options, ['output']);
    const narrow = check.choice(operation, 'output', output, dtypes) === F32;
    const length = transposed ? raw.cols : raw.rows;
    return runtime.scratch(operation, (scratch) => {
      const input = scratch.doubles('x', x);
      const y = scratch.f64(length);
      runtime.check(operation, raw.apply(transposed, input.address, input.length, y, length));
      const result = runtime.copyF64(y, length);
      return narrow ? new Float32Array(result) : result;
    });
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

  /**
   * Bytes that a matrix of this size will hold, before building it. Building takes up to four times as much for a
   * moment. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * console.log(SparseMatrix.estimateBytes({ rows: 1e6, nnz: 5e6 }) / 1e6 < 65); // true
   * ```
   */
  static estimateBytes({
    rows,
    nnz,
    dtype = 'float64',
  }: {
    rows: number;
    nnz: number;
    /** `'float64'` by default. */
    dtype?: ValueType;
  }): number {
    const operation = 'SparseMatrix.estimateBytes';
    const runtime = runtimeOf(this, operation);
    check.integer(operation, 'rows', rows);
    check.integer(operation, 'nnz', nnz);
    const type = check.choice(operation, 'dtype', dtype, typeNumbers);
    return runtime.raw.estimateMatrixBytes(rows, nnz, type);
  }
}

/**
 * Values as they go into the C core: in their own precision, or in the one that was asked for.
 *
 * @internal
 */
export function valuesIn(
  operation: string,
  scratch: Scratch,
  argument: string,
  values: RealArray | undefined,
  dtype: DType | undefined,
): Block | undefined {
  const type = dtype === undefined ? undefined : check.choice(operation, 'dtype', dtype, dtypes);
  if (values === undefined) return undefined;
  if (type === F64) return scratch.doubles(argument, values);
  return type === undefined ? scratch.reals(argument, values) : scratch.floats(argument, values);
}

/** The matrix of a diagonal that lies in the module; its places are written there as well. */
function diagonal(runtime: Runtime, operation: string, scratch: Scratch, values: Block) {
  const n = values.length;
  // Columns 0 .. n - 1 are also the first n row pointers.
  const places = scratch.u32(n + 1);
  for (let at = 0; at <= n; at += PLACES)
    countUp(runtime.u32, places / 4 + at, at, Math.min(PLACES, n + 1 - at));
  const { address, type } = values;
  const raw = runtime.raw.SparseMatrix.fromCsr(n, n, places, n + 1, places, n, address, n, type);
  return adopt(runtime, operation, SparseMatrix, raw);
}

/** Numbers that are written at once: a loop that is called often is compiled sooner than one that runs for long. */
const PLACES = 4096;

function countUp(heap: Uint32Array, at: number, first: number, count: number): void {
  for (let i = 0; i < count; i++) heap[at + i] = first + i;
}

function matrixMarket(
  runtime: Runtime,
  operation: string,
  dtype: DType,
): Reading<MatrixMarketReader, RawMatrix, SparseMatrix> {
  const type = check.choice(operation, 'dtype', dtype, dtypes);
  const { MatrixMarketReader } = runtime.raw;
  return {
    open: () => MatrixMarketReader.create(type),
    close: (reader) => MatrixMarketReader.finish(reader),
    wrap: (built) => adopt(runtime, operation, SparseMatrix, built),
  };
}

function matrixFile(runtime: Runtime, operation: string): Loading<RawMatrix, SparseMatrix> {
  return {
    kind: 'MTRX',
    build: (reader) => runtime.raw.SparseMatrix.load(reader),
    wrap: (built) => adopt(runtime, operation, SparseMatrix, built),
  };
}

/** The shortest text that reads back as the same number. */
function decimal(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function notFinite(operation: string, argument: string, position: number) {
  const message = `"${argument}" at position ${position}: value is NaN or infinite, expected finite numbers`;
  return new SublinearRangeError('NOT_FINITE', operation, message, { argument, position });
}

/** What `engine.use('sparse')` and `load()` give. */
export interface SparseRoom {
  readonly SparseMatrix: typeof SparseMatrix;
}

/** @internal */
export function createRoom(runtime: Runtime): SparseRoom {
  return { SparseMatrix: runtime.bind(SparseMatrix) };
}

/** @internal */
export const benchmarks: Record<
  'multiply' | 'multiplyTranspose' | 'read',
  Benchmark<SparseRoom>
> = {
  multiply: product((a, x) => a.multiply(x)),
  multiplyTranspose: product((a, x) => a.multiplyTranspose(x)),
  read: {
    defaultSize: 100_000,
    prepare({ SparseMatrix }, size) {
      const a = pentadiagonal(SparseMatrix, size);
      const text = new TextEncoder().encode(a.toMatrixMarket());
      a.dispose();
      return {
        run: () => SparseMatrix.fromMatrixMarket(text).dispose(),
        operations: 5 * size,
        bytes: text.length,
        dispose: () => {},
      };
    },
  },
};

function product(run: (a: SparseMatrix, x: Float64Array) => unknown): Benchmark<SparseRoom> {
  return {
    defaultSize: 100_000,
    prepare({ SparseMatrix }, size) {
      const a = pentadiagonal(SparseMatrix, size);
      const x = new Float64Array(size).fill(0.5);
      return {
        run: () => run(a, x),
        operations: 2 * a.nnz,
        bytes: a.bytesUsed + 16 * size,
        dispose: () => a.dispose(),
      };
    },
  };
}

/** Five entries a row, like a grid's. */
function pentadiagonal(Matrix: SparseRoom['SparseMatrix'], n: number): SparseMatrix {
  const rowIndices: number[] = [];
  const columnIndices: number[] = [];
  const values: number[] = [];
  const stride = Math.max(2, Math.round(Math.sqrt(n)));
  for (let i = 0; i < n; i++) {
    for (const j of [i - stride, i - 1, i, i + 1, i + stride]) {
      if (j < 0 || j >= n) continue;
      rowIndices.push(i);
      columnIndices.push(j);
      values.push(i === j ? 4.01 : -1);
    }
  }
  return Matrix.fromCoo({ rows: n, cols: n, rowIndices, columnIndices, values });
}
