// The class of sparse matrices. Reading files of them is code of its own (reading.ts), which a page fetches when it first
// reads one.

import type { SparseMatrix as RawMatrix } from '../../generated/raw/solver.js';
import { runtimeOf } from '../../runtime/bind.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import type { AsyncTextSource, TextSource } from '../../runtime/text-source.js';
import type { Transfer } from '../../runtime/transfer.js';
import * as check from '../../runtime/validate.js';
import { dtypes } from '../../runtime/values.js';
import { MatrixAlgebra } from './algebra.js';
import { makers } from './makers.js';
import type {
  CooInput,
  CsrInput,
  DenseInput,
  ReadMatrixAsyncOptions,
  ReadMatrixOptions,
  ValueType,
} from './types.js';

const typeNumbers = { pattern: 0, ...dtypes } as const;

/**
 * A sparse matrix of real numbers, in compressed sparse rows. It never changes after it was made. Made by the static
 * methods.
 *
 * In a page without the module `sparse` the methods that read files fetch their code first, and the synchronous ones throw
 * `NOT_LOADED` until it is there.
 */
export class SparseMatrix extends MatrixAlgebra {
  /** @internal */
  static readonly transfer: Transfer<RawMatrix> = {
    arrays: 3,
    numbers: 25,
    receive: ({ raw }, description) => raw.SparseMatrix.transferIn(description),
  };

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
    return made(this, 'fromCoo', input);
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
    return made(this, 'fromCsr', input);
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
    return made(this, 'fromDense', input);
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
    return made(this, 'fromDiagonal', values);
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
    return made(this, 'identity', n);
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
    return readNow(this, 'fromMatrixMarket', source, options);
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
    return readLater(this, 'fromMatrixMarketAsync', source, options);
  }

  /**
   * Reads a matrix that SciPy has saved: `scipy.sparse.save_npz`, in the formats csr, csc, coo, dia and bsr. float32 stays as it
   * is, integers become float64, and a matrix of truth values that are all true becomes a pattern. O(length).
   *
   * @param source - a Response, a Blob or File, a stream, bytes, or a promise of one: `fetch(url)`
   * @throws SublinearError `FORMAT` for a file that is damaged or holds something else, `MEMORY`; and what
   *   {@link SparseMatrix.fromCoo} throws
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/sparse';
   *
   * const { SparseMatrix } = await load();
   * const code = await SparseMatrix.fromNpzAsync(new Blob(['no archive'])).catch((error) => error.code);
   * console.log(code); // FORMAT
   * ```
   */
  static async fromNpzAsync(
    source: AsyncBytesSource,
    options?: ReadMatrixOptions,
  ): Promise<SparseMatrix> {
    return readLater(this, 'fromNpzAsync', source, options);
  }

  /**
   * The matrix as bytes, which `SparseMatrix.load` takes in every engine and on every machine. One copy of the file; see
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
    return readNow(this, 'load', bytes);
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
    return readLater(this, 'loadAsync', bytes, options);
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

// What the static methods do comes with the modules that have the class, by their names. `Bound` is the class of an engine.

type Arrays = NonNullable<typeof makers.held>['arrays'];
type Readers = NonNullable<NonNullable<typeof makers.held>['readers']['held']>;

/** What a method passes on. */
type Given<Method> = Method extends (
  runtime: never,
  operation: never,
  Class: never,
  ...given: infer Rest
) => unknown
  ? Rest
  : never;

type Method<Result = SparseMatrix> = (
  runtime: Runtime,
  operation: string,
  Class: { prototype: SparseMatrix },
  ...given: unknown[]
) => Result;

function made<Name extends keyof Arrays>(
  Bound: unknown,
  name: Name,
  ...given: Given<Arrays[Name]>
) {
  const operation = `SparseMatrix.${name}`;
  const runtime = runtimeOf(Bound, operation);
  const method = makers.now(operation).arrays[name] as Method;
  return method(runtime, operation, SparseMatrix, ...given);
}

function readNow<Name extends 'load' | 'fromMatrixMarket'>(
  Bound: unknown,
  name: Name,
  ...given: Given<Readers[Name]>
) {
  const operation = `SparseMatrix.${name}`;
  const runtime = runtimeOf(Bound, operation);
  const method = makers.now(operation).readers.now(operation)[name] as Method;
  return method(runtime, operation, SparseMatrix, ...given);
}

async function readLater<Name extends keyof Readers & `${string}Async`>(
  Bound: unknown,
  name: Name,
  ...given: Given<Readers[Name]>
): Promise<SparseMatrix> {
  const operation = `SparseMatrix.${name}`;
  const runtime = runtimeOf(Bound, operation);
  return makers
    .now(operation)
    .readers.later(operation, (code) =>
      (code[name] as Method<Promise<SparseMatrix>>)(runtime, operation, SparseMatrix, ...given),
    );
}
