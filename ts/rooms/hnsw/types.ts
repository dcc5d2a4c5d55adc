// What the indexes take and give.
import type { IndexArray } from '../../runtime/scratch.js';
import type { FilterObject } from './filter.js';

/**
 * What "near" means, and what a distance is:
 *
 * - `'cosine'` 1 - cos of the angle, 0 to 2. Vectors are stored with length 1; a zero vector is refused
 * - `'dot'` the negated inner product: the largest product comes first
 * - `'euclidean'` length of the difference
 * - `'manhattan'` sum of the absolute differences
 * - `'hamming'` number of differing bits; vectors are Uint8Array, eight bits a byte
 * - `'poincare'` hyperbolic distance in the Poincare ball; vectors have a length below 1
 */
export type Metric = 'cosine' | 'dot' | 'euclidean' | 'manhattan' | 'hamming' | 'poincare';

/** One vector, or several one after another. Numbers are rounded to float32; `'hamming'` takes bytes. */
export type VectorArray = Float32Array | Float64Array | readonly number[] | Uint8Array;

/** What to do with an id that is in use: refuse it, or put the new vector in the place of the old one. */
export type Duplicates = 'error' | 'replace';

export interface AddOptions {
  /** `'error'` by default. */
  duplicates?: Duplicates;
}

export interface AddBatchOptions extends AddOptions {
  /** One for each vector: whole numbers from 0 to 2^32 - 1. */
  ids: IndexArray;
  /** The vectors, one after another: `ids.length * dimension` numbers. */
  vectors: VectorArray;
}

/** How far a batch has come. */
export interface AddProgress {
  added: number;
  total: number;
}

/** What one search and many have in common. */
export interface NeighbourOptions {
  /** How many neighbours, at least 1. 10 by default. */
  k?: number;
  /** Candidates that an approximate search keeps, 64 by default, never less than `k`. An exact index ignores it. */
  ef?: number;
  /** Only these ids may be returned. */
  filter?: FilterObject;
}

export interface SearchOptions extends NeighbourOptions {
  /** Only vectors that are at most so far away; all of them when `k` is not given. */
  radius?: number;
  /**
   * 0 to 1: how much it counts that results differ from each other (maximal marginal relevance). 0 keeps the nearest, 1
   * looks only at how far apart they are. The first result is the nearest all the same.
   */
  diversity?: number;
  /** With `diversity`: the nearest among which results are chosen, 4 `k` by default. */
  candidates?: number;
  /**
   * Where to write instead of new arrays, each of at least `k` elements, which has to be given then. The result's arrays are
   * views of the part that was written.
   */
  into?: { ids: Uint32Array; distances: Float32Array };
}

export interface SearchBatchOptions extends NeighbourOptions {
  /** Where to write instead of new arrays, each of `count * k` elements. */
  into?: { ids: Uint32Array; distances: Float32Array };
}

/** Neighbours, nearest first (with `diversity` in the order in which they were chosen). Fewer than `k` when no more may be returned. */
export interface SearchResult {
  ids: Uint32Array;
  distances: Float32Array;
}

/**
 * Neighbours of several queries: those of query q begin at `q * k`, and there are `found[q]` of them. Behind them, up to
 * `k`, stand the id 4294967295 and the distance `Infinity`.
 */
export interface BatchResult extends SearchResult {
  found: Uint32Array;
  k: number;
}

export interface LoadOptions {
  /** Compare checksums, true by default. Without it damaged numbers may go unseen; it is safe all the same. */
  verify?: boolean;
}
