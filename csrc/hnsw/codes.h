// Rows that are codes of vectors, all of one form: a code of x - c, c the centre of the vectors,
// and a tail of a few numbers, so that a key is
//
//   key = query.base + tail.add - query.factor * tail.scale * product(query, code)
//
// squared distances under euclidean and cosine (of unit vectors: twice 1 - cos), negated inner
// products under dot. The forms differ in the product only:
//
//   int8     a byte an element, of (x_i - c_i) / w_i with a width w_i for each dimension, relative
//            to the largest of the row. The query is multiplied by the widths and has 14 bits; where
//            it is a row, its codes are multiplied by the squares of the widths, in integers.
//   float16  binary16 numbers of x - c relative to the largest; the query is float32.
//   rabitq   the signs of R (x - c) with a rotation R; the query has 4 bits a dimension.
//   rabitq2, rabitq4, rabitq8   2, 4 and 8 bits an element of R (x - c); the query has 14: levels.h.
//   product  for each four elements of x - c the nearest of sixteen centroids; the query is a table
//            of products with all of them: product.h.
//
// A common offset, a large constant element, a dimension that dominates: none of them is in x - c
// over w. Centre and widths are learned from the vectors: from the first one, and again whenever
// there are four times as many, as long as the vectors themselves are known (early vectors are kept
// beside the rows until there are enough of them) and the recoding takes no longer than some tens
// of milliseconds; and by sl_codes_learn(): learn.h.
//
// Based on: for rabitq J. Gao, C. Long, "RaBitQ: Quantizing high-dimensional vectors with a
// theoretical error bound for approximate nearest neighbor search", SIGMOD 2024,
// doi:10.1145/3654970, arXiv:2405.12497: codes, estimator and bound of section 3. Deviations: one
// centre; the rotation is a product of sign flips and Hadamard transforms (quant/rotation.h); the
// query is rounded to the nearest of its 16 steps, not at random, and the rounding enters the
// bound.
#ifndef SL_HNSW_CODES_H
#define SL_HNSW_CODES_H

#include "hnsw/score.h"

// Sizes of rows and queries of a store whose metric, dimension and codes are set.
void sl_codes_shape(sl_store *store);

// Codes a vector. row: store->row_bytes, written. O(dimension), rabitq O(dimension log dimension).
void sl_code_write(const sl_store *store, const float *vector, unsigned char *row);

// The vector that a row stands for. vector: store->dimension, written.
void sl_code_read(const sl_store *store, const unsigned char *row, float *vector);

// x - c in scratch, zero up to `padded`; and a rotated x - c, overwritten, as a vector.
float *sl_code_centred(const sl_store *store, const float *vector, uint32_t padded);
void sl_code_turn_back(const sl_store *store, float *x, float *vector);

// Completes a scorer over the rows for a vector, or for one of the rows (all but rabitq of one bit
// and product).
//   buffer  store->query_bytes, written, kept by the scorer
void sl_code_query(const sl_store *store, const float *vector, void *buffer, sl_scorer *scorer);
void sl_code_query_of_slot(const sl_store *store, uint32_t slot, void *buffer, sl_scorer *scorer);

// The least that the key of the vector itself may be, where the key of its code is `key`; -infinity
// where nothing is known; what rounding does to the keys is in it. int8 and float16: never more than
// the key. rabitq: nearly always, by the paper's bound for epsilon_0 = 1.9; by the normal
// distribution one pair in thirty is nearer than that, over rotations. product: product.h.
// sl_code_key_likely(): with about that probability for int8 as well, which is much nearer to the
// key where there are many dimensions.
double sl_code_key_likely(const sl_store *store, const sl_scorer *scorer, uint32_t slot, float key);
double sl_code_key_least(const sl_store *store, const sl_scorer *scorer, uint32_t slot, float key);

// Could a row have been written by sl_code_write()? Safe on any bytes.
bool sl_code_is_valid(const sl_store *store, const unsigned char *row);

// Turns a row of an older file (16-byte tail: scale and what followed from it) into one of this
// form with centre 0 and widths 1. False where it could not have been written.
bool sl_code_from_older(const sl_store *store, unsigned char *row);

#endif
