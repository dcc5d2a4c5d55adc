// What an index of sparse vectors takes and gives.
import type { IndexArray } from '../../runtime/scratch.js';
import type { FilterObject } from './filter.js';

/**
 * A sparse vector: indices, each at most once and in any order, and a value for each. What is not named is zero. Values are
 * rounded to float32 and may be negative; those that are zero are left out.
 */
export interface SparseVector {
  /** Whole numbers from 0 to 2^32 - 1: words of a vocabulary, features. */
  indices: IndexArray;
  /** As many finite numbers. */
  values: Float32Array | Float64Array | readonly number[];
}

/** Several sparse vectors, one after another, as the rows of a CSR matrix. */
export interface SparseRows extends SparseVector {
  /** Vector i has the indices and values from `starts[i]` to `starts[i + 1]`: one number more than there are vectors. */
  starts: IndexArray;
}

/** Several sparse vectors: a list, or arrays. */
export type SparseVectors = readonly SparseVector[] | SparseRows;

export interface AddSparseOptions {
  /** One for each vector: whole numbers from 0 to 2^32 - 1. */
  ids: IndexArray;
  vectors: SparseVectors;
  /** `'error'` by default. */
  duplicates?: 'error' | 'replace';
}

export interface SparseSearchOptions {
  /** How many, at least 1. 10 by default. */
  k?: number;
  /** Only these ids may be returned. */
  filter?: FilterObject;
}

/** Vectors, those of the largest scores first; equal scores by id, the smallest first. */
export interface SparseResult {
  ids: Uint32Array;
  /** Inner products with the query, in float64. */
  scores: Float64Array;
}

/**
 * Results of several queries: those of query q begin at `q * k`, and there are `found[q]` of them. Behind them, up to `k`, stand
 * the id 4294967295 and the score `-Infinity`.
 */
export interface SparseBatchResult extends SparseResult {
  found: Uint32Array;
  k: number;
}

/** What an index of sparse vectors consists of. */
export interface SparseStats {
  /** Vectors. */
  size: number;
  /** Vectors that were removed or replaced and still take memory. */
  removed: number;
  /** Values of all vectors. */
  values: number;
  /** Different indices that were ever used. */
  dimensions: number;
  /** Vectors whose score was computed in the last search. */
  scored: number;
  /** Values that were read in the last search, of all that the lists of its indices have. */
  read: number;
}

/** How large an index would be. */
export interface SparseEstimate {
  /** Vectors. */
  count: number;
  /** Values of all vectors. */
  values: number;
  /** Different indices. */
  dimensions: number;
}

/** How far many searches have come. */
export interface SearchProgress {
  searched: number;
  total: number;
}
