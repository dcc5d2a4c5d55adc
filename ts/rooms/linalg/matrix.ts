// Matrices in float32 or float64: what makes them, and what solves and decomposes them.
import { runtimeOf } from '../../runtime/bind.js';
import { disposing } from '../../runtime/object.js';
import type { RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { MatrixArithmetic } from './matrix-arithmetic.js';
import { functionsOf } from './matrix-functions.js';
import { Matrices, make, makeFrom } from './matrix-make.js';
import type { MatrixFromOptions, Precision } from './matrix-types.js';
import type {
  LinearSolveOptions,
  MatrixInput,
  MatrixResult,
  Numbers,
  RankOptions,
} from './types.js';

export interface MatrixSolveAsyncOptions extends LinearSolveOptions, AsyncOptions<WorkProgress> {}

/** What {@link Matrix.lu} gives: row i of `lower` times `upper` is row `permutation[i]` of the matrix. */
export interface MatrixLu {
  lower: Matrix;
  upper: Matrix;
  permutation: Uint32Array<ArrayBuffer>;
}

/** What {@link Matrix.qr} gives. */
export interface MatrixQr {
  /** rows x min(rows, columns), with orthogonal columns of length 1. */
  q: Matrix;
  /** min(rows, columns) x columns, 0 below the diagonal. */
  r: Matrix;
}

/** What {@link Matrix.eigenSymmetric} gives. */
export interface MatrixEigen {
  /** Ascending. */
  values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  /** In columns, of length 1, orthogonal. */
  vectors: Matrix;
}

/** What {@link Matrix.svd} gives: the matrix is left diag(values) right^T. */
export interface MatrixSvd {
  /** Descending, min(rows, columns) of them. */
  values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  left: Matrix;
  right: Matrix;
}

/**
 * A matrix of float32 or float64 numbers in the engine's memory, row by row, with which one calculates. Made by
 * {@link Matrix.from}, {@link Matrix.zeros} and {@link Matrix.identity}; every function of the room takes it too. float32 takes
 * half the memory. Where precisions differ the result is float64, as in NumPy; numbers and lists take the precision of the
 * matrix.
 *
 * Systems and decompositions are computed in float64, whatever the matrix: a float32 result is that of float64 rounded once,
 * and a float32 matrix is widened for the call, 8 bytes an element and what {@link LinalgRoom.estimateBytes} says.
 */
export class Matrix extends MatrixArithmetic {
  /**
   * A matrix of zeros, float64 by default. O(rows columns).
   *
   * @throws SublinearError `MEMORY` above the engine's limit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.zeros(2, 3, { type: 'float32' });
   * console.log(a.rows, a.columns, a.type); // 2 3 float32
   * ```
   */
  static zeros(rows: number, columns: number, options?: { type?: Precision }): Matrix {
    const operation = 'Matrix.zeros';
    const runtime = runtimeOf(this, operation);
    const { type = 'float64' } = check.options(operation, options, ['type']);
    return make<Matrix>(this, runtime, operation, rows, columns, type);
  }

  /**
   * 1 on the diagonal, 0 beside it; float64 by default.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.identity(2);
   * console.log(a.toArray()); // Float64Array(4) [ 1, 0, 0, 1 ]
   * ```
   */
  static identity(size: number, options?: { type?: Precision }): Matrix {
    const operation = 'Matrix.identity';
    const runtime = runtimeOf(this, operation);
    const { type = 'float64' } = check.options(operation, options, ['type']);
    check.integer(operation, 'size', size);
    const made = make<Matrix>(this, runtime, operation, size, size, type);
    const view = made.view();
    for (let i = 0; i < size; i++) view[i * (size + 1)] = 1;
    return made;
  }

  /**
   * A matrix with a copy of the values: a list of rows, a matrix, what a function of the room returned, or numbers row by row
   * with `rows` and `columns`. float32 of a Float32Array or a float32 matrix, else float64. O(rows columns).
   *
   * @throws RangeError `SHAPE` when there are not rows * columns values, `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from(Float32Array.of(1, 2, 3, 4), { rows: 2, columns: 2 });
   * using b = Matrix.from([[1, 2], [3, 4]], { type: 'float32' });
   * console.log(a.type, b.toArray()); // float32 Float32Array(4) [ 1, 2, 3, 4 ]
   * ```
   */
  static from(values: RealArray | MatrixInput, options?: MatrixFromOptions): Matrix {
    const operation = 'Matrix.from';
    return makeFrom<Matrix>(this, runtimeOf(this, operation), operation, 'values', values, options);
  }

  /**
   * The x of A x = b, by LU and corrected: {@link LinalgRoom.solve}, which tells the backward error too.
   *
   * @param b - numbers are one column
   * @throws as {@link LinalgRoom.solve} does: SublinearError `SINGULAR`, `NOT_SQUARE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[2, 1], [1, 3]], { type: 'float32' });
   * using x = a.solve([3, 4]);
   * console.log(x.toArray()); // Float32Array(2) [ 1, 1 ]
   * ```
   */
  solve(b: Numbers | MatrixInput, options?: LinearSolveOptions): Matrix {
    const operation = 'Matrix.solve';
    const type = this.precisionWith(operation, b);
    const { solution, columns } = functionsOf(this.runtime).solve(this, b, options);
    return this.#rounded(operation, solution, columns.length, type);
  }

  /**
   * {@link Matrix.solve} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[4]]);
   * using x = await a.solveAsync([2]);
   * console.log(x.get(0, 0)); // 0.5
   * ```
   */
  async solveAsync(b: Numbers | MatrixInput, options?: MatrixSolveAsyncOptions): Promise<Matrix> {
    const operation = 'Matrix.solveAsync';
    const type = this.precisionWith(operation, b);
    const { solution, columns } = await functionsOf(this.runtime).solveAsync(this, b, options);
    return this.#rounded(operation, solution, columns.length, type);
  }

  /**
   * The shortest x that makes |b - A x| smallest, whatever the shape and rank: {@link Orthogonal.leastSquares}.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1], [1]], { type: 'float32' });
   * using x = a.leastSquares([1, 3]);
   * console.log(x.toArray()); // Float32Array(1) [ 2 ]
   * ```
   */
  leastSquares(b: Numbers | MatrixInput, options?: RankOptions): Matrix {
    const operation = 'Matrix.leastSquares';
    const type = this.precisionWith(operation, b);
    const functions = functionsOf(this.runtime);
    const { solution, residualNorms } = functions.leastSquares(this, b, options);
    return this.#rounded(operation, solution, residualNorms.length, type);
  }

  /**
   * The inverse, by LU: {@link LinalgRoom.inverse}.
   *
   * @throws SublinearError `SINGULAR`, `NOT_SQUARE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[2, 0], [0, 4]]);
   * using b = a.inverse();
   * console.log(b.toArray()); // Float64Array(4) [ 0.5, 0, 0, 0.25 ]
   * ```
   */
  inverse(): Matrix {
    const operation = 'Matrix.inverse';
    const { data, columns } = functionsOf(this.runtime).inverse(this);
    return this.#rounded(operation, data, columns);
  }

  /**
   * {@link Matrix.inverse} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[2]]);
   * using b = await a.inverseAsync();
   * console.log(b.get(0, 0)); // 0.5
   * ```
   */
  async inverseAsync(options?: AsyncOptions<WorkProgress>): Promise<Matrix> {
    const operation = 'Matrix.inverseAsync';
    const { type } = this;
    const { data, columns } = await functionsOf(this.runtime).inverseAsync(this, options);
    return this.#rounded(operation, data, columns, type);
  }

  /**
   * P A = L U with partial pivoting: {@link LinalgRoom.lu}, whose decomposition solves as well.
   *
   * @throws SublinearError `NOT_SQUARE`, `UNSUPPORTED`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[1, 2], [4, 4]], { type: 'float32' });
   * const { lower, upper, permutation } = a.lu();
   * console.log(lower.get(1, 0), upper.get(0, 0), permutation[0]); // 0.25 4 1
   * lower.dispose();
   * upper.dispose();
   * ```
   */
  lu(): MatrixLu {
    return disposing(functionsOf(this.runtime).lu(this), (decomposed) => {
      const permutation = decomposed.permutation();
      const [lower, upper] = this.#all('Matrix.lu', [decomposed.lower(), decomposed.upper()]);
      return { lower, upper, permutation };
    });
  }

  /**
   * L of A = L L^T: {@link LinalgRoom.cholesky}.
   *
   * @throws SublinearError `NOT_DEFINITE`, `NOT_SYMMETRIC`, `NOT_SQUARE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[4, 2], [2, 10]]);
   * using lower = a.cholesky();
   * console.log(lower.toArray()); // Float64Array(4) [ 2, 0, 1, 3 ]
   * ```
   */
  cholesky(): Matrix {
    const { cholesky } = functionsOf(this.runtime);
    return disposing(cholesky(this), (of) => this.#all('Matrix.cholesky', [of.lower()])[0]);
  }

  /**
   * A = Q R: {@link Orthogonal.qr}.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[3], [4]], { type: 'float32' });
   * const { q, r } = a.qr();
   * console.log(q.rows, r.toArray()); // 2 Float32Array(1) [ -5 ]
   * q.dispose();
   * r.dispose();
   * ```
   */
  qr(): MatrixQr {
    return disposing(functionsOf(this.runtime).qr(this), (decomposed) => {
      const [q, r] = this.#all('Matrix.qr', [decomposed.q(), decomposed.r()]);
      return { q, r };
    });
  }

  /**
   * Eigenvalues and eigenvectors of a symmetric matrix: {@link Orthogonal.eigenSymmetric}.
   *
   * @throws SublinearError `NOT_SYMMETRIC`, `NOT_SQUARE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[2, 0], [0, 1]], { type: 'float32' });
   * const { values, vectors } = a.eigenSymmetric();
   * console.log(values); // Float32Array(2) [ 1, 2 ]
   * vectors.dispose();
   * ```
   */
  eigenSymmetric(): MatrixEigen {
    const found = functionsOf(this.runtime).eigenSymmetric(this);
    const [vectors] = this.#all('Matrix.eigenSymmetric', [found.vectors as MatrixResult]);
    return { values: this.#list(found.values), vectors };
  }

  /**
   * The singular value decomposition, left diag(values) right^T: {@link Orthogonal.svd}.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/linalg';
   *
   * const { Matrix } = await load();
   * using a = Matrix.from([[3, 0], [0, 4], [0, 0]], { type: 'float32' });
   * const { values, left, right } = a.svd();
   * console.log(values, left.rows, right.rows); // Float32Array(2) [ 4, 3 ] 3 2
   * left.dispose();
   * right.dispose();
   * ```
   */
  svd(): MatrixSvd {
    const found = functionsOf(this.runtime).svd(this);
    const parts = [found.left as MatrixResult, found.right as MatrixResult] as const;
    const [left, right] = this.#all('Matrix.svd', parts);
    return { values: this.#list(found.values), left, right };
  }

  #list(values: Float64Array<ArrayBuffer>) {
    return this.type === 'float64' ? values : Float32Array.from(values);
  }

  #rounded(operation: string, data: Float64Array, columns: number, type = this.type): Matrix {
    const rows = columns === 0 ? this.columns : data.length / columns;
    return makeFrom<Matrix>(this.constructor, this.runtime, operation, 'result', data, {
      rows,
      columns,
      type,
    });
  }

  /** All of them, or none and an error. */
  #all<const Results extends readonly MatrixResult[]>(
    operation: string,
    results: Results,
  ): { -readonly [I in keyof Results]: Matrix } {
    const call = new Matrices();
    const { runtime, type } = this;
    try {
      const made = results.map((result) =>
        call.add(
          makeFrom<Matrix>(this.constructor, runtime, operation, 'result', result, { type }),
        ),
      );
      for (const each of made) call.keep(each);
      return made as { -readonly [I in keyof Results]: Matrix };
    } finally {
      call.end();
    }
  }
}
