// Local answers of the solver room: entries of a solution without the solution. ts/solver.ts hands them out.
import { SparseMatrix } from '../sparse.js';
import type { OutcomeName } from './codes.js';
import { rawOf, type WasmObject } from './object.js';
import type { LocalEntries, LocalEntriesOptions } from './raw/solver.js';
import type { RawObject, Runtime } from './runtime.js';
import { type IndexArray, type RealArray, Scratch, WasmArray } from './scratch.js';
import {
  type AsyncOptions,
  asyncOptions,
  type Ending,
  type Job,
  runAsync,
  runSync,
  timeBudget,
} from './steps.js';
import * as check from './validate.js';

/** A vector that is zero but in a few places: `values[k]` stands at `indices[k]`. Each index at most once. */
export interface SparseVector {
  indices: IndexArray;
  values: RealArray;
}

/** Options of {@link LocalSolver.solveEntries}. */
export interface SolveEntriesOptions {
  /**
   * Right-hand side, one number a row, or a {@link SparseVector}. A dense one is looked at once (O(n), for the bounds
   * of x) and copied unless it is a float64 `Vector`; a sparse one costs nothing of the order of n.
   */
  b: RealArray | SparseVector;
  /** The entries of x that are wanted; any order, may repeat. */
  indices: IndexArray;
  /** How far off each value may be, in the unit of x: a finite number > 0. */
  absoluteError: number;
  /**
   * Edge operations after which pushing for one entry gives way to a full solve. By default 0.3 times the stored entries
   * of the matrix for one entry and 8 times for all, each at least 30,000.
   */
  pushWork?: number;
  /** Edge operations in all, those of a full solve included; then the outcome is `'workLimit'`. No limit by default. */
  maxWork?: number;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link LocalSolver.solveEntries} gives. */
export interface SolveEntriesResult {
  /** The entries, in the order of `indices`. */
  values: Float64Array<ArrayBuffer>;
  /** Proved: entry k of the exact solution is at most `errorBounds[k]` away from `values[k]`, all rounding included. */
  errorBounds: Float64Array<ArrayBuffer>;
  /** The largest of them. */
  errorBound: number;
  /**
   * `'converged'`: every bound is at most `absoluteError`. `'stagnated'`: rounding is larger than that. `'workLimit'`,
   * `'timeLimit'`: a budget ended it. The bounds hold in every case.
   */
  outcome: OutcomeName;
  /** `'push'`, or `'push+full'` when pushing gave way to a full solve. */
  method: 'push' | 'push+full';
  /** How many of the entries were answered by push alone. */
  pushedEntries: number;
  work: {
    /** Rows of the matrix that were read, distinct for each entry and added up; n more for each full solve. */
    touchedRows: number;
    /** Stored entries of the matrix that were multiplied, proofs and full solves included. */
    edgeOperations: number;
  };
}

/** Where a running `solveEntriesAsync` is. */
export interface SolveEntriesProgress {
  /** Entries that are answered. */
  settledEntries: number;
  edgeOperations: number;
}

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
}

const optionNames = [
  'b',
  'indices',
  'absoluteError',
  'pushWork',
  'maxWork',
  'maxTimeMs',
] as const satisfies (keyof SolveEntriesOptions)[];

/** Outcomes of the C core that users never see, or give. */
const RUNNING = 9;
const TIME_LIMIT = 3;
const methods = ['push', 'push+full'] as const;

/** @internal */
export function createLocal(runtime: Runtime): LocalSolver {
  return {
    solveEntries(matrix, options) {
      return runtime.scratch('solveEntries', (scratch) => {
        const query = begin(runtime, 'solveEntries', scratch, matrix, options, optionNames);
        return query.finish(runSync(query.job));
      });
    },

    async solveEntriesAsync(matrix, options) {
      const operation = 'solveEntriesAsync';
      const scratch = new Scratch(runtime, operation);
      try {
        const names = [...optionNames, 'signal', 'onProgress'] as const;
        const query = begin(runtime, operation, scratch, matrix, options, names);
        const ending = runAsync(query.job, query.objects, asyncOptions(operation, options));
        return query.finish(await ending);
      } finally {
        scratch.release();
      }
    },
  };
}

interface Query {
  job: Job<SolveEntriesProgress>;
  /** What must stay as it is while the job runs. */
  objects: WasmObject<RawObject>[];
  finish: (ending: Ending) => SolveEntriesResult;
}

function begin<T extends SolveEntriesOptions>(
  runtime: Runtime,
  operation: string,
  scratch: Scratch,
  matrix: SparseMatrix,
  options: T,
  names: readonly (keyof T)[],
): Query {
  const rawMatrix = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
  const { b, indices, absoluteError, pushWork, maxWork, maxTimeMs } = check.options(
    operation,
    options,
    names,
  );
  check.number(operation, 'absoluteError', absoluteError);
  const budget = timeBudget(operation, maxTimeMs);
  const entries = matrix.companion('localEntries', () =>
    runtime.made(operation, runtime.raw.LocalEntries.create(rawMatrix)),
  );
  const wanted = scratch.indices('indices', indices);
  runtime.check(operation, setRightHandSide(operation, scratch, entries, b));
  withOptions(runtime, operation, (limits) => {
    limits.absoluteError = absoluteError;
    limits.pushWork = work(operation, 'pushWork', pushWork);
    limits.maxWork = work(operation, 'maxWork', maxWork);
    runtime.check(operation, entries.begin(limits, wanted.address, wanted.length));
  });
  const step = (units: number): boolean => {
    runtime.check(operation, entries.step(units, runtime.out));
    return runtime.outU32() !== RUNNING;
  };
  const progress = (): SolveEntriesProgress => {
    entries.progress(runtime.out, runtime.out + 8);
    return { settledEntries: runtime.outU32(), edgeOperations: runtime.outF64(1) };
  };
  return {
    job: { runtime, operation, step, progress, maxTimeMs: budget },
    objects: b instanceof WasmArray ? [matrix, b] : [matrix],
    finish(ending) {
      if (ending === 'timeLimit') runtime.check(operation, entries.stop(TIME_LIMIT));
      return result(runtime, operation, entries);
    },
  };
}

function setRightHandSide(
  operation: string,
  scratch: Scratch,
  entries: LocalEntries,
  b: RealArray | SparseVector,
): number {
  if (!isSparse(b)) {
    const dense = scratch.doubles('b', b);
    return entries.setDense(dense.address, dense.length);
  }
  const indices = scratch.indices('b.indices', b.indices);
  const values = scratch.doubles('b.values', b.values);
  if (values.length !== indices.length)
    throw check.shapeError(operation, 'b.values', indices.length, values.length);
  return entries.setSparse(indices.address, values.address, indices.length);
}

function isSparse(b: RealArray | SparseVector): b is SparseVector {
  return typeof b === 'object' && b !== null && 'indices' in b && 'values' in b;
}

/** A budget in edge operations; 0 is what C takes for "not given". */
function work(operation: string, argument: string, value: number | undefined): number {
  if (value === undefined) return 0;
  return check.integer(operation, argument, value, 1, Number.MAX_SAFE_INTEGER);
}

function withOptions(
  runtime: Runtime,
  operation: string,
  use: (options: LocalEntriesOptions) => void,
): void {
  const options = runtime.made(operation, runtime.raw.LocalEntriesOptions.create());
  try {
    use(options);
  } finally {
    if (runtime.alive) options.delete();
  }
}

function result(runtime: Runtime, operation: string, entries: LocalEntries): SolveEntriesResult {
  const raw = runtime.made(operation, runtime.raw.LocalEntriesResult.create());
  try {
    runtime.check(operation, entries.finish(raw));
    return {
      values: runtime.copyF64(raw.values, raw.count),
      errorBounds: runtime.copyF64(raw.errorBounds, raw.count),
      errorBound: raw.errorBound,
      outcome: runtime.outcome(raw.outcome),
      method: methods[raw.method] ?? 'push',
      pushedEntries: raw.pushedEntries,
      work: { touchedRows: raw.touchedRows, edgeOperations: raw.edgeOperations },
    };
  } finally {
    if (runtime.alive) raw.delete();
  }
}
