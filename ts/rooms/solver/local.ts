// Local answers of the solver room: entries of a solution without the solution. ts/solver.ts hands them out.

import {
  localDotOptions,
  localDotResult,
  localEntriesOptions,
  localEntriesResult,
  localSparseOptions,
  localSparseResult,
} from '../../generated/fields/solver_local.js';
import type { SparseMatrix as RawSparseMatrix } from '../../generated/raw/solver.js';
import { give, take } from '../../runtime/fields.js';
import { rawOf, WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, type Begun, type Call, task } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { rangeError, typeError } from '../../runtime/validate.js';
import { SparseMatrix } from '../sparse/matrix.js';
import type {
  EstimateDotOptions,
  EstimateDotResult,
  LocalProgress,
  SolveEntriesOptions,
  SolveEntriesProgress,
  SolveEntriesResult,
  SolveSparseOptions,
  SolveSparseResult,
  SparseVector,
} from './types.js';

/** The part of the solver room that answers without solving in full. */
export interface LocalSolver {
  /**
   * Single entries of x with A x = b, each with a proved error bound, reading only the rows of A that they need. For
   * matrices of any sign that are strictly diagonally dominant in their rows or in their columns.
   *
   * How many rows that takes depends on the slack (the diagonal entry minus the other absolute values of its row or
   * column), on `absoluteError` and on how many rows are near, not on n. Where they are too many - slack of a few per
   * cent, fine tolerance, an expander - the work limit hands over to the full solve, which then starts from what push
   * has proved; `method` says so.
   *
   * The first call for a matrix prepares a workspace of 49 to 57 bytes a row (O(entries)), kept until the matrix is
   * disposed. After that a call costs what it touches, and one look at `b` when that is dense.
   *
   * Push: Andersen, Chung, Lang 2006; Andersen et al. 2007; for dominant systems Kwok, Wei, Yang 2025
   * (arXiv:2509.13891). The bounds follow from slack (Varah 1975).
   *
   * @throws SublinearError `NOT_DOMINANT`, `NOT_SQUARE` for the matrix, `MEMORY`
   * @throws RangeError `SHAPE`, `NOT_FINITE`, `INDEX`, `ARGUMENT` (an index of a sparse b occurs twice) for `b`;
   *   `EMPTY`, `INDEX` for `indices`; `OPTION` for `absoluteError`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { solveEntries, SparseMatrix } = await load();
   * // A path of 100,000 nodes, each held by a spring: -1, 2.5, -1.
   * const n = 100_000;
   * const [rowIndices, columnIndices, values]: [number[], number[], number[]] = [[], [], []];
   * for (let i = 0; i < n; i++) {
   *   for (const [j, value] of [[i - 1, -1], [i, 2.5], [i + 1, -1]] as const) {
   *     if (j >= 0 && j < n) rowIndices.push(i), columnIndices.push(j), values.push(value);
   *   }
   * }
   * using matrix = SparseMatrix.fromCoo({ rows: n, cols: n, rowIndices, columnIndices, values });
   * const b = { indices: [50_000], values: [1] };
   * const r = solveEntries(matrix, { b, indices: [50_000, 50_001], absoluteError: 1e-6 });
   * console.log([...r.values].map((x) => x.toFixed(4)), r.errorBound <= 1e-6); // [ '0.6667', '0.3333' ] true
   * console.log(r.method, r.work.touchedRows < 100); // push true
   * ```
   */
  solveEntries(matrix: SparseMatrix, options: SolveEntriesOptions): SolveEntriesResult;

  /**
   * {@link solveEntries} in slices of about 8 ms that let other tasks run. The matrix (and `b`, when it is a `Vector`)
   * is busy meanwhile. Aborting `signal` rejects with its reason and leaves both usable.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { solveEntriesAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromCoo({
   *   rows: 2, cols: 2, rowIndices: [0, 0, 1, 1], columnIndices: [0, 1, 0, 1], values: [4, 1, 2, 4],
   * });
   * const { values } = await solveEntriesAsync(matrix, { b: [6, 10], indices: [1], absoluteError: 1e-9 });
   * console.log(values[0]?.toFixed(6)); // 2.000000
   * ```
   */
  solveEntriesAsync(
    matrix: SparseMatrix,
    options: SolveEntriesOptions & AsyncOptions<SolveEntriesProgress>,
  ): Promise<SolveEntriesResult>;

  /**
   * The whole of x with A x = b where b is sparse and x nearly is: what is far from where b is not zero is left at zero,
   * and `errorBound` says how wrong that is. For matrices of any sign that are strictly diagonally dominant in their
   * columns or in their rows.
   *
   * The first call for a matrix transposes it (unless it is symmetric) and prepares a workspace of 49 bytes a row, kept
   * until the matrix is disposed. After that a call costs what it touches.
   *
   * Andersen, Chung, Lang 2006 (push from the source); Kwok, Wei, Yang 2025, arXiv:2509.13891.
   *
   * @throws SublinearError `NOT_DOMINANT` (the matrix; or `norm: 1` without dominant columns), `NOT_SQUARE`, `MEMORY`
   * @throws RangeError `INDEX`, `ARGUMENT`, `NOT_FINITE`, `SHAPE` for `b`; `OPTION` for `absoluteError`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { solveSparse, SparseMatrix } = await load();
   * const n = 100_000;
   * const [rowIndices, columnIndices, values]: [number[], number[], number[]] = [[], [], []];
   * for (let i = 0; i < n; i++) {
   *   for (const [j, value] of [[i - 1, -1], [i, 2.5], [i + 1, -1]] as const) {
   *     if (j >= 0 && j < n) rowIndices.push(i), columnIndices.push(j), values.push(value);
   *   }
   * }
   * using matrix = SparseMatrix.fromCoo({ rows: n, cols: n, rowIndices, columnIndices, values });
   * const r = solveSparse(matrix, { b: { indices: [50_000], values: [3] }, absoluteError: 1e-3 });
   * const at = (i: number) => r.values[r.indices.indexOf(i)]?.toFixed(2);
   * console.log(at(50_000), at(50_001), at(50_002)); // 2.00 1.00 0.50
   * console.log(r.indices.length < 50, r.errorBound <= 1e-3); // true true
   * ```
   */
  solveSparse(matrix: SparseMatrix, options: SolveSparseOptions): SolveSparseResult;

  /**
   * {@link solveSparse} in slices of about 8 ms that let other tasks run. The matrix is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { solveSparseAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDiagonal([2, 4, 8]);
   * const { indices, values } = await solveSparseAsync(matrix, { b: { indices: [1], values: [1] }, absoluteError: 1e-9 });
   * console.log(indices, values); // Uint32Array(1) [ 1 ] Float64Array(1) [ 0.25 ]
   * ```
   */
  solveSparseAsync(
    matrix: SparseMatrix,
    options: SolveSparseOptions & AsyncOptions<LocalProgress>,
  ): Promise<SolveSparseResult>;

  /**
   * One number t^T x with A x = b, without x: push from `t`, push from `b` when that is sparse, and, when a `confidence`
   * is given, random walks between what both have left over. For matrices of any sign that are strictly diagonally
   * dominant in their rows or in their columns.
   *
   * `errorBound` is proved. It is loose where signs cancel or where everything is near (expanders): there ask for a
   * `confidence`, and the interval of the walks is the useful one. Where neither gets there at a reasonable cost, a full
   * solve takes over.
   *
   * The first call for a matrix prepares a workspace of 49 bytes a row (twice that, and the transpose of a matrix that is
   * not symmetric, once both vectors are sparse), kept until the matrix is disposed. A dense vector is looked at once.
   *
   * Lofgren, Banerjee, Goel 2016 (both sides); Kwok, Wei, Yang 2025, arXiv:2509.13891; the interval is that of Maurer and
   * Pontil 2009, arXiv:0907.3740, theorem 4.
   *
   * @throws SublinearError `NOT_DOMINANT`, `NOT_SQUARE` for the matrix, `MEMORY`
   * @throws RangeError `SHAPE`, `NOT_FINITE`, `INDEX`, `ARGUMENT`, `RANGE` for `t` and `b`; `OPTION` for `absoluteError`
   *   and `confidence`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { estimateDot, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 3, cols: 3, values: [4, -1, 0, -1, 4, -1, 0, -1, 4] });
   * // The mean of x where A x = [3, 2, 3]: x is all ones.
   * const t = [1 / 3, 1 / 3, 1 / 3];
   * const r = estimateDot(matrix, { t, b: [3, 2, 3], absoluteError: 1e-9 });
   * console.log(r.value.toFixed(6), r.errorBound <= 1e-9); // 1.000000 true
   * const s = estimateDot(matrix, { t, b: [3, 2, 3], absoluteError: 0.1, confidence: 0.99, pushWork: 1 });
   * console.log(Math.abs(s.value - 1) <= 0.1, s.method, s.interval?.confidence); // true push+walks 0.99
   * ```
   */
  estimateDot(matrix: SparseMatrix, options: EstimateDotOptions): EstimateDotResult;

  /**
   * {@link estimateDot} in slices of about 8 ms that let other tasks run. The matrix, and `t` and `b` when they are
   * `Vector`s, are busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/solver';
   *
   * const { estimateDotAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDiagonal([2, 4, 8]);
   * const { value } = await estimateDotAsync(matrix, { t: [1, 1, 1], b: [2, 4, 8], absoluteError: 1e-9 });
   * console.log(value); // 3
   * ```
   */
  estimateDotAsync(
    matrix: SparseMatrix,
    options: EstimateDotOptions & AsyncOptions<LocalProgress>,
  ): Promise<EstimateDotResult>;
}

const limitNames = ['pushWork', 'maxWork', 'maxTimeMs'] as const;
const entriesNames = ['b', 'indices', 'absoluteError', 'touched', ...limitNames] as const;
const sparseNames = ['b', 'absoluteError', 'norm', ...limitNames] as const;
const dotNames = ['t', 'b', 'absoluteError', 'confidence', 'seed', ...limitNames] as const;
const methods = ['push', 'push+full', 'push+walks'] as const;
const norms = { infinity: 1, 1: 2 } as const;
/** C's word for the norm in which the matrix is dominant. */
const ANY_NORM = 0;

/** @internal */
export function createLocal(runtime: Runtime): LocalSolver {
  const entries = task(runtime, entriesNames, beginEntries);
  const sparse = task(runtime, sparseNames, beginSparse);
  const dot = task(runtime, dotNames, beginDot);
  return {
    solveEntries: (matrix, options) => entries.now('solveEntries', matrix, options),
    solveEntriesAsync: (matrix, options) => entries.later('solveEntriesAsync', matrix, options),
    solveSparse: (matrix, options) => sparse.now('solveSparse', matrix, options),
    solveSparseAsync: (matrix, options) => sparse.later('solveSparseAsync', matrix, options),
    estimateDot: (matrix, options) => dot.now('estimateDot', matrix, options),
    estimateDotAsync: (matrix, options) => dot.later('estimateDotAsync', matrix, options),
  };
}

interface Limits {
  pushWork?: number;
  maxWork?: number;
}

/** The vectors of a call that lie in objects of the user's: they are read until it has ended. */
function objectsOf(matrix: SparseMatrix, ...vectors: unknown[]): WasmObject<RawObject>[] {
  return [matrix, ...vectors.filter((each) => each instanceof WasmObject)];
}

function beginEntries(
  call: Call<SolveEntriesOptions>,
  matrix: SparseMatrix,
): Begun<SolveEntriesProgress, SolveEntriesResult> {
  const { runtime, operation, scratch, options } = call;
  const raw = workspace(call, matrix, 'localEntries', runtime.raw.LocalEntries);
  const wanted = scratch.indices('indices', options.indices);
  const b = vector(call, 'b', options.b);
  runtime.check(
    operation,
    b.indices === 0
      ? raw.setDense(b.values, b.length)
      : raw.setSparse(b.indices, b.values, b.length),
  );
  const { touched = false } = options;
  runtime.check(operation, raw.keepTouched(check.boolean(operation, 'touched', touched)));
  const limits = give(runtime, localEntriesOptions, limitsOf(call));
  runtime.check(operation, raw.begin(limits, wanted.address, wanted.length));
  return {
    raw,
    holds: objectsOf(matrix, options.b),
    progress: () => ({ settledEntries: raw.settled(), totalEntries: wanted.length }),
    result() {
      runtime.check(operation, raw.finish(runtime.out));
      const found = take(runtime, localEntriesResult);
      return {
        values: runtime.copyF64(found.values, found.count),
        errorBounds: runtime.copyF64(found.errorBounds, found.count),
        errorBound: found.errorBound,
        outcome: runtime.outcome(found.outcome),
        method: methods[found.method] as SolveEntriesResult['method'],
        pushedEntries: found.pushedEntries,
        ...(touched && { touched: touchedRows(runtime, operation, raw) }),
        work: { touchedRows: found.touchedRows, edgeOperations: found.edgeOperations },
      };
    },
  };
}

function touchedRows(
  runtime: Runtime,
  operation: string,
  raw: { touched(rows: number, count: number): number },
): Uint32Array<ArrayBuffer> {
  runtime.check(operation, raw.touched(runtime.out, runtime.out + 4));
  const address = runtime.outU32(0);
  return runtime.copyU32(address, runtime.outU32(1));
}

function beginSparse(
  call: Call<SolveSparseOptions>,
  matrix: SparseMatrix,
): Begun<LocalProgress, SolveSparseResult> {
  const { runtime, operation, options } = call;
  const raw = workspace(call, matrix, 'localSparse', runtime.raw.LocalSparse);
  if (!isSparse(options.b)) throw typeError(operation, 'b', '{ indices, values }', options.b);
  const b = vector(call, 'b', options.b);
  const limits = limitsOf(call);
  const norm =
    options.norm === undefined ? ANY_NORM : check.choice(operation, 'norm', options.norm, norms);
  const given = give(runtime, localSparseOptions, { ...limits, norm });
  runtime.check(operation, raw.begin(given, b.indices, b.values, b.length));
  return {
    raw,
    holds: [matrix],
    result() {
      runtime.check(operation, raw.finish(runtime.out));
      const found = take(runtime, localSparseResult);
      return {
        indices: runtime.copyU32(found.indices, found.count),
        values: runtime.copyF64(found.values, found.count),
        errorBound: found.errorBound,
        errorBoundNorm: found.errorBoundNorm === norms.infinity ? 'infinity' : 1,
        outcome: runtime.outcome(found.outcome),
        method: methods[found.method] as SolveSparseResult['method'],
        work: { touchedColumns: found.touchedColumns, edgeOperations: found.edgeOperations },
      };
    },
  };
}

function beginDot(
  call: Call<EstimateDotOptions>,
  matrix: SparseMatrix,
): Begun<LocalProgress, EstimateDotResult> {
  const { runtime, operation, options } = call;
  const raw = workspace(call, matrix, 'localDot', runtime.raw.LocalDot);
  const { confidence, seed = 0 } = options;
  check.integer(operation, 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  const t = vector(call, 't', options.t);
  const b = vector(call, 'b', options.b);
  const limits = limitsOf(call);
  // 0 is what C takes for "not given".
  if (confidence !== undefined && check.number(operation, 'confidence', confidence) === 0)
    throw rangeError(operation, 'confidence', 'a number in (0, 1)', 0);
  const given = give(runtime, localDotOptions, { ...limits, confidence: confidence ?? 0, seed });
  const arrays = [t.indices, t.values, t.length, b.indices, b.values, b.length] as const;
  runtime.check(operation, raw.begin(given, ...arrays));
  return {
    raw,
    holds: objectsOf(matrix, options.t, options.b),
    result() {
      runtime.check(operation, raw.finish(runtime.out));
      const found = take(runtime, localDotResult);
      const { value, errorBound, halfWidth, walks } = found;
      return {
        value,
        errorBound,
        ...(walks > 0 && { interval: { halfWidth, confidence: confidence ?? 0, walks, seed } }),
        outcome: runtime.outcome(found.outcome),
        method: methods[found.method] ?? 'push',
        work: { touchedRows: found.touchedRows, edgeOperations: found.edgeOperations },
      };
    },
  };
}

/** The C object that answers questions about this matrix: made by the first one, kept with the matrix. */
function workspace<T extends RawObject>(
  { runtime, operation }: Call<unknown>,
  matrix: SparseMatrix,
  name: string,
  Class: { create(matrix: RawSparseMatrix): T | null },
): T {
  const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
  return matrix.companion(runtime, name, () => runtime.made(operation, Class.create(raw)));
}

/** Addresses of a vector: `indices` is 0 for a dense one. */
function vector(
  { operation, scratch }: Call<unknown>,
  argument: string,
  value: RealArray | SparseVector,
): { indices: number; values: number; length: number } {
  if (!isSparse(value)) {
    const { address, length } = scratch.doubles(argument, value);
    return { indices: 0, values: address, length };
  }
  const indices = scratch.indices(`${argument}.indices`, value.indices);
  const values = scratch.doubles(`${argument}.values`, value.values);
  if (values.length !== indices.length)
    throw check.shapeError(operation, `${argument}.values`, indices.length, values.length);
  return { indices: indices.address, values: values.address, length: indices.length };
}

function isSparse(value: unknown): value is SparseVector {
  return typeof value === 'object' && value !== null && 'indices' in value && 'values' in value;
}

/** The options that all questions have. 0 is what C takes for a limit that was not given. */
function limitsOf({ operation, options }: Call<Limits & { absoluteError: number }>) {
  const { absoluteError, pushWork, maxWork } = options;
  return {
    absoluteError: check.number(operation, 'absoluteError', absoluteError),
    pushWork: work(operation, 'pushWork', pushWork),
    maxWork: work(operation, 'maxWork', maxWork),
  };
}

function work(operation: string, argument: string, value: number | undefined): number {
  if (value === undefined) return 0;
  return check.integer(operation, argument, value, 1, Number.MAX_SAFE_INTEGER);
}
