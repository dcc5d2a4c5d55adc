// What the functions of the room take and give.
import type { OutcomeName } from '../../generated/codes.js';
import type { RealArray } from '../../runtime/scratch.js';
import type { SparseMatrix } from '../sparse/matrix.js';

/** In the order of their numbers in csrc/eigen/eigen.h. */
export const whichNames = ['smallest', 'largest', 'nearest'] as const;
export const methodNames = ['auto', 'shiftInvert', 'lanczos', 'lobpcg'] as const;

/** Which eigenvalues: of an end of the spectrum, or those nearest to `sigma`. */
export type EigenWhich = (typeof whichNames)[number];

/**
 * How eigenpairs are found:
 *
 * - `'auto'` chooses (default): `'lanczos'` for the largest of A x = lambda x, and where about a third of all pairs or more
 *   are wanted; `'lobpcg'` where a factor would not fit memory or take more than 2 * 10^12 operations; else `'shiftInvert'`
 * - `'shiftInvert'` Lanczos on (A - sigma B)^-1 B by a sparse factor of A - sigma B
 * - `'lanczos'` Lanczos on B^-1 A: without a factor where there is no mass matrix
 * - `'lobpcg'` a block of vectors that goes down the Rayleigh quotient, with an incomplete Cholesky factor of A: no factor of
 *   A or B. Knyazev 2001, doi:10.1137/S1064827500366124; Duersch, Shao, Yang, Gu 2018, doi:10.1137/17M1129830
 */
export type EigenMethod = (typeof methodNames)[number];

/** Options that all functions of the room take. */
export interface EigenLimits {
  /** Pairs are sought until |A x - lambda B x| is about this part of |A| + |lambda| |B|. 1e-12 by default. */
  tolerance?: number;
  /** Applications of the operator in all; then the outcome is `'iterationLimit'`. 10 000 by default. */
  maxIterations?: number;
  /** Of the random vectors to begin with, a whole number from 0 on: the same seed gives the same bits. 0 by default. */
  seed?: number;
  /**
   * Whether shift-invert, and the others on at most 2048 rows, counts the eigenvalues with another factor, so that none is
   * missing, and those that occur several times are found as often. True by default; it takes about as long as factorising
   * does.
   */
  verify?: boolean;
  method?: EigenMethod;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** Options of {@link EigenRoom.eigenpairs}. */
export interface EigenOptions extends EigenLimits {
  /** How many pairs, 1 .. n. 6 by default, or n. */
  k?: number;
  /** `'smallest'` by default; `'nearest'` where sigma is given. */
  which?: EigenWhich;
  /** With `'nearest'`: where. 0 by default. */
  sigma?: number;
  /** B of A x = lambda B x: symmetric positive definite. The identity by default. */
  mass?: SparseMatrix;
  /** n numbers to begin with. */
  initial?: RealArray;
  /**
   * Of the smallest of a Laplacian: leave out the vectors that are constant on a component of its graph, whose eigenvalue is
   * 0. False by default.
   */
  skipNull?: boolean;
}

/** What {@link EigenRoom.eigenpairs} gives. */
export interface EigenPairs {
  /**
   * Ascending; with `'largest'` descending, with `'nearest'` by distance from sigma. As many as were asked for, or fewer
   * where the outcome is not `'converged'`.
   */
  values: Float64Array<ArrayBuffer>;
  /** Column after column, n numbers each: x^T B x = 1, the largest entry positive. */
  vectors: Float64Array<ArrayBuffer>;
  /** At least |A x - lambda B x| / |x| of each pair, for the arrays that are returned, rounding included. */
  residuals: Float64Array<ArrayBuffer>;
  /**
   * Proved: some eigenvalue is no farther than this from each value, rounding included. `Infinity` where the mass matrix
   * could not be bounded from below.
   */
  errorBounds: Float64Array<ArrayBuffer>;
  /**
   * Bounds of the sine of the angle between each vector and the eigenvector; 1 where it is not known, as for eigenvalues
   * that occur several times.
   */
  angleBounds: Float64Array<ArrayBuffer>;
  outcome: OutcomeName;
  /** Pairs whose residual reached the tolerance. */
  converged: number;
  /**
   * Leading pairs of which the inertia of a factor says that no other eigenvalue lies between or before them; the others, if
   * any, are as good as equal to the last. `undefined` where that was not checked.
   */
  certified?: number;
  /** Applications of the operator. */
  iterations: number;
  method: Exclude<EigenMethod, 'auto'>;
  /** Of shift-invert: the factor was of A - sigma B. */
  sigma?: number;
  /** Eigenvalues below that sigma, by the inertia of the factor. */
  countBelow?: number;
  /** Of the smallest of a Laplacian: components of its graph, which is how often 0 occurs. */
  components?: number;
  /** Factorisations, and the entries of the last factor or of LOBPCG's incomplete one. */
  factorizations: number;
  fill: number;
}

/** What {@link EigenRoom.fiedler} gives. */
export interface FiedlerPair {
  /** The second smallest eigenvalue of the Laplacian: the algebraic connectivity. 0 where the graph is not connected. */
  value: number;
  /**
   * A number for each node, of norm 1: its signs cut the graph at a narrow place. Where the graph is not connected it is
   * constant on a component and 0 elsewhere.
   */
  vector: Float64Array<ArrayBuffer>;
  /** Proved: an eigenvalue is no farther from the value. */
  errorBound: number;
  /** A bound of the sine of the angle between the vector and the eigenvector; 1 where it is not known. */
  angleBound: number;
  residual: number;
  /** Components of the graph: 1 where it is connected. */
  components: number;
  outcome: OutcomeName;
  /** 2 where it was checked that no eigenvalue was missed. */
  certified?: number;
  iterations: number;
}

/** Options of {@link EigenRoom.spectralEmbedding}. */
export interface EmbeddingOptions extends EigenLimits {
  /** Coordinates of each node, at least 1. 2 by default. */
  dimensions?: number;
  /** Of I - D^-1 W, the walk on the graph, in place of D - W. True by default. */
  normalized?: boolean;
}

/** What {@link EigenRoom.spectralEmbedding} gives. */
export interface SpectralEmbedding {
  /** Row after row: the coordinates of node i begin at i times dimensions. */
  embedding: Float64Array<ArrayBuffer>;
  dimensions: number;
  /** The eigenvalue of each coordinate, ascending. */
  values: Float64Array<ArrayBuffer>;
  errorBounds: Float64Array<ArrayBuffer>;
  /** Components of the graph: where there are several, coordinates tell nodes of one component apart, not components. */
  components: number;
  outcome: OutcomeName;
  certified?: number;
  iterations: number;
}

/** Options of {@link EigenRoom.singularTriplets}. */
export interface SingularOptions extends EigenLimits {
  /** How many, 1 to the smaller of rows and columns. 6 by default, or as many as there are. */
  k?: number;
}

/** What {@link EigenRoom.singularTriplets} gives: A v = s u, A^T u = s v. */
export interface SingularTriplets {
  /** Descending. */
  values: Float64Array<ArrayBuffer>;
  /** The vectors u, column after column: as many numbers each as A has rows. Of norm 1 where the value is not near 0. */
  left: Float64Array<ArrayBuffer>;
  /** The vectors v, column after column: as many numbers each as A has columns. */
  right: Float64Array<ArrayBuffer>;
  /** At least the norm of [A v - s u; A^T u - s v] over that of [u; v], rounding included. */
  residuals: Float64Array<ArrayBuffer>;
  /** Proved: some singular value, or 0 if A is not square, is no farther than this from each value. */
  errorBounds: Float64Array<ArrayBuffer>;
  outcome: OutcomeName;
  converged: number;
  certified?: number;
  iterations: number;
}
