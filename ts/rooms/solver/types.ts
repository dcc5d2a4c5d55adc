// What the functions of the room take and give.

import type { OutcomeName } from '../../generated/codes.js';
import type { Given, OutputArray } from '../../runtime/given.js';
import type { IntoOption } from '../../runtime/into.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import type { WorkProgress } from '../../runtime/steps.js';
import type { AnswerMethod, RowOrdering, SolveMethod } from './methods.js';

/** Norm of an error bound: the largest error of a component, or the sum of all errors. */
export type BoundNorm = 'infinity' | 1;

/** Options that are fixed when a matrix is prepared. */
export interface PrepareOptions {
  /** `'auto'` by default. */
  method?: SolveMethod;
  /** In which order the method works on the rows; `'auto'` by default, other values with the methods they name. */
  ordering?: RowOrdering;
  /**
   * Converged when `||b - A x|| <= tolerance * ||b||` in the Euclidean norm. Between 0 and 1, both excluded; 1e-8 by
   * default, 1e-5 with `output: 'float32'`.
   */
  tolerance?: number;
  /** Most iterations, over all methods tried. 10 n + 1000 by default, for each method that is tried after others have failed. */
  maxIterations?: number;
  /** Most edge operations (matrix entries multiplied). No limit by default. */
  maxWork?: number;
  /**
   * Most bytes of WebAssembly memory that the solver may hold beside the matrix and its `history`. A method that needs more
   * is passed over as one that failed; where no other is left the outcome is `'memoryLimit'`, with the best iterate. No
   * limit by default but the engine's own.
   */
  maxBytes?: number;
  /** Keep the relative residual of each iteration. False by default. */
  history?: boolean;
  /**
   * Precision of the solution. `'float32'` rounds once at the end; residual and bounds are then those of the rounded
   * array, and a tolerance that it misses makes the outcome `'stagnated'`. `'float64'` by default.
   */
  output?: 'float64' | 'float32';
}

/** Options of one right-hand side. */
export interface RightHandSideOptions extends IntoOption {
  /** Where to begin; n numbers, zero by default. */
  initialGuess?: RealArray;
  /** Time budget in milliseconds. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link SolverRoom.solverFeatures} gives. Sizes are numbers of rows and entries, slacks parts of the diagonal. */
export interface SolverFeatures {
  rows: number;
  entries: number;
  /** Stored entries a row, and in the longest one in parts of that. */
  entriesPerRow: number;
  longestRow: number;
  symmetric: boolean;
  positiveDiagonal: boolean;
  zeroDiagonal: boolean;
  nonpositiveOffDiagonal: boolean;
  laplacian: boolean;
  mMatrix: boolean;
  /** Smallest `(|a_ii| - sum |a_ij|) / |a_ii|` of a row, and of a column. */
  rowSlack: number;
  columnSlack: number;
  /** Largest sum of absolute values of a row over that of a column. */
  normRatio: number;
  /** Entries beside those of a tree, in parts of the rows: a symmetric matrix that is nearly a tree hardly fills. */
  cycles: number;
  [name: string]: number | boolean;
}

/** A `Chooser` of `sublinear/chooser`, or anything that learns in the same way. */
export interface LearnedChoice {
  /** Names of {@link SolveMethod}; others are never eligible. */
  readonly methods: readonly string[];
  /** `'work'`: costs are edge operations, the same on every machine; otherwise milliseconds. */
  readonly cost: string;
  readonly choose: (
    features: SolverFeatures,
    options: { eligible: readonly string[] },
  ) => { method: string; id: number };
  readonly report: (
    id: number,
    method: string,
    run: { cost: number; solved: boolean; censored: boolean },
  ) => void;
}

/** Options of {@link SolverRoom.solve}. */
export interface SolveOptions extends PrepareOptions, RightHandSideOptions {
  /**
   * A `Chooser` of `sublinear/chooser` that chooses the method from {@link SolverRoom.solverFeatures}, and is told what it has
   * cost; in place of `method`. Where what it has chosen fails, `'auto'` goes on, and that is reported, too, if it is one of
   * the chooser's methods.
   */
  learn?: LearnedChoice;
}

/** Where a running solve is. */
export interface SolveProgress extends WorkProgress {
  /** The method at work. */
  method: SolveMethod | AnswerMethod;
  iterations: number;
  /** `||r|| / ||b||` as the running method sees it. */
  relativeResidual: number;
}

/** One method that was tried. */
export interface SolveAttempt {
  method: AnswerMethod;
  /** Why it was tried, in words. */
  reason: string;
  /** `undefined` when it was given up before it ended. */
  outcome: OutcomeName | undefined;
  iterations: number;
  /** When it ended. */
  relativeResidual: number;
  /** Edge operations to build a factorisation or preconditioner, 0 when one from before was used. */
  setupWork: number;
  /** Edge operations of the iterations. */
  work: number;
  /** Condition number with the diagonal as preconditioner, estimated from the first iterations of `'cg'`. */
  condition?: number;
  /** Iterations that `'cg'` was predicted to need after those; it stays when they cost less than something stronger. */
  predictedIterations?: number;
  /** Entries of a sparse factor, as its analysis predicted them. */
  fill?: number;
  /** Floating-point operations of a sparse factorisation, as its analysis predicted them. */
  flops?: number;
}

/** The array type of a solver that came from a file: which one, the file says. */
export type LoadedArray = Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** The array type that options ask for. */
export type SolutionArray<O> = OutputArray<Given<O, 'output'>>;

/** What a solve gives. */
export interface SolveResult<A = Float64Array<ArrayBuffer>> {
  /** x: n numbers, a copy. When `outcome` is not `'converged'`, the iterate with the smallest residual. */
  solution: A;
  /** How it ended; see `docs/choosing.md`. */
  outcome: OutcomeName;
  /**
   * The method that gave the solution. Where `'auto'` chose: `'direct-...'` for a factorisation of `sublinear/direct`, or one of
   * `sublinear/leastsquares` (`'cgIct'`, `'gmresIlut'`, `'minres'`, `'lsmr'`).
   */
  method: AnswerMethod;
  /** Over all methods tried. */
  iterations: number;
  /** `||b - A x||`, Euclidean, computed anew for the array in `solution`. */
  residual: number;
  /** `residual / ||b||`; the residual itself when b = 0. */
  relativeResidual: number;
  /** `max|b - A x| / (norm(A) max|x| + max|b|)`; about 1e-16 is the best that float64 can do. */
  backwardError: number;
  /** The error of `solution` is at most this, rounding included. Absent when no bound is known. */
  errorBound?: number;
  /** Which norm `errorBound` is in. */
  errorBoundNorm?: BoundNorm;
  work: {
    /** Entries of the matrix or of a preconditioner that were multiplied. */
    edgeOperations: number;
    /** Rows of the matrix that were read: all of them. */
    touchedRows: number;
  };
  /** What was tried, in order, and why. */
  decision: { attempts: SolveAttempt[] };
  /** Relative residual after each iteration, when `history: true`; those of `sublinear/leastsquares` keep none. */
  history?: Float64Array<ArrayBuffer>;
}

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
   * of the matrix for one entry, at least 30,000; less where pushing for all of them would cost more than about a third of
   * what the full solve is expected to.
   */
  pushWork?: number;
  /** Edge operations in all, those of a full solve included; then the outcome is `'workLimit'`. No limit by default. */
  maxWork?: number;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
  /** List the rows that were read, in `touched`. Takes 5 bytes a row. False by default. */
  touched?: boolean;
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
  /**
   * With `touched: true` the rows that pushing has read, each once, in no order: all that the answer depends on when the
   * method is `'push'`. A full solve reads every row and adds none to the list.
   */
  touched?: Uint32Array<ArrayBuffer>;
  work: {
    /** Rows of the matrix that were read, distinct for each entry and added up; n more for each full solve. */
    touchedRows: number;
    /** Stored entries of the matrix that were multiplied, proofs and full solves included. */
    edgeOperations: number;
  };
}

/** Where a running `solveEntriesAsync` is. */
export interface SolveEntriesProgress extends WorkProgress {
  /** Entries that are answered. */
  settledEntries: number;
  /** Entries that were asked for. */
  totalEntries: number;
}

/** Options of {@link LocalSolver.solveSparse}. */
export interface SolveSparseOptions {
  /** Right-hand side: only the places where it is not zero. */
  b: SparseVector;
  /** How far off x may be in `norm`, in the unit of x: a finite number > 0. */
  absoluteError: number;
  /**
   * `'infinity'`: the largest error of an entry; `1`: the sum of all errors, which needs dominant columns. By default
   * `'infinity'` where rows are dominant and `1` elsewhere.
   */
  norm?: BoundNorm;
  /**
   * Edge operations after which pushing gives way to a full solve. By default 0.3 times the stored entries of the matrix,
   * at least 30,000, and less when it will not make it.
   */
  pushWork?: number;
  /** Edge operations in all, those of a full solve included; then the outcome is `'workLimit'`. No limit by default. */
  maxWork?: number;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link LocalSolver.solveSparse} gives. */
export interface SolveSparseResult {
  /** Where x is not zero, in the order in which push reached it (ascending after a full solve). */
  indices: Uint32Array<ArrayBuffer>;
  /** The entries of x there. */
  values: Float64Array<ArrayBuffer>;
  /** Proved, all rounding included: the error of x over all n entries is at most this in `errorBoundNorm`. */
  errorBound: number;
  errorBoundNorm: BoundNorm;
  /** As in {@link SolveEntriesResult}. */
  outcome: OutcomeName;
  /** `'push'`, or `'push+full'` when pushing gave way to a full solve, which started from what push had. */
  method: 'push' | 'push+full';
  work: {
    /** Columns of the matrix that were read; n more for each full solve. */
    touchedColumns: number;
    /** Stored entries of the matrix that were multiplied. */
    edgeOperations: number;
  };
}

/** Options of {@link LocalSolver.estimateDot}. */
export interface EstimateDotOptions {
  /** Weights of the entries of x, one number a row or only those that are not zero. */
  t: RealArray | SparseVector;
  /** Right-hand side, one number a row or only those that are not zero. */
  b: RealArray | SparseVector;
  /** How far off the value may be: a finite number > 0. Asked of the proved bound, or of the interval. */
  absoluteError: number;
  /** Between 0 and 1: random walks may be used, and their interval holds with at least this probability. Default: none. */
  confidence?: number;
  /** Seed of the walks, an integer >= 0; the same seed gives the same bits. 0 by default. */
  seed?: number;
  /**
   * Edge operations for pushing on each side. By default 0.3 times the stored entries of the matrix, at least 30,000, and
   * less when it will not make it.
   */
  pushWork?: number;
  /** Edge operations in all; then the outcome is `'workLimit'`. No limit by default. */
  maxWork?: number;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** What {@link LocalSolver.estimateDot} gives. */
export interface EstimateDotResult {
  value: number;
  /** Proved, all rounding included: the exact number is at most this far from `value`. */
  errorBound: number;
  /** When walks were used: the exact number is within `halfWidth` of `value` with probability `confidence` at least. */
  interval?: { halfWidth: number; confidence: number; walks: number; seed: number };
  /** `'converged'`: `errorBound` or `interval.halfWidth` is at most `absoluteError`. */
  outcome: OutcomeName;
  method: 'push' | 'push+walks' | 'push+full';
  work: {
    /** Rows read by push, distinct on each side; n more for each full solve. */
    touchedRows: number;
    /** Stored entries of the matrix that were read, by push, walks and full solve. */
    edgeOperations: number;
  };
}

/** Where a running `solveSparseAsync` or `estimateDotAsync` is. */
export type LocalProgress = WorkProgress;
