// Rows and queries of product codes: a part of codes.c. Four elements of x - c are a
// part, four bits say which of the part's sixteen centroids is nearest (quant/product.h), two parts
// a byte. Elements that depend on their neighbours are told best as they are; where most elements
// hardly differ, or errors of parts go the same way, all are mixed by a rotation first
// (quant/rotation.h). Both are learned, and the one of the smaller estimate of the error is kept.
//
// x^ is what the centroids make up. The key's product is that of the query q with s x^, where
// s = |x - c|^2 / <x - c, x^> makes the rest r = x - c - s x^ stand at a right angle to x - c, so
// that neither the keys of far vectors nor those of near ones are too small or too large on average.
// s is 4 at most, and where it would be more the tail makes up for it: squared keys add
// 2 s <x - c, x^> - |x - c|^2, which is |x - c|^2 otherwise (dot: s is 0 where it would be more
// than 2^20, and nothing is known of the row). Then exactly, of q and x without c,
//
//   |q - x|^2 = key - 2 <q - x, r>
//
// with the key that euclidean has. The error estimate: |<q - x, r>| <= share |q - x| |r|. |r| stands
// in the tail; the share is three standard deviations of the cosine between the two over pairs of
// the vectors that were learned from, and 1, which is certain, while there are few. So a distance D
// is at least as large as D^2 + 2 share |r| D = key says, and a product <q, x> at most
// (|q|^2 + |x|^2 - D^2) / 2. It is measured, not proven: queries that are unlike the vectors may be
// farther off. Tables have entries of eight bits; what their rounding loses at most is known for
// each query and part of the estimate.
//
// Based on: quant/product.h; tables of bytes: simd/lookup_u4.h. The factor s is that of RaBitQ
// (codes.h).
#ifndef SL_HNSW_PRODUCT_H
#define SL_HNSW_PRODUCT_H

#include "hnsw/model.h"
#include "hnsw/score.h"
#include "quant/rotation.h"

// Sizes of a store whose dimension and codes are set.
void sl_pq_shape(sl_store *store);

// Codes a vector. x: `padded` numbers, x - c and zeros, overwritten; add: of the tail, under dot.
void sl_pq_write(const sl_store *store, float *x, double add, unsigned char *row);

// x^ of a row. x: `padded` numbers, written.
void sl_pq_read(const sl_store *store, const unsigned char *row, float *x);

// Sets factor and zero of a scorer and writes the tables. x as above. Returns what a product may be
// off by for the rounding, to be multiplied with a row's scale.
double sl_pq_query(const sl_store *store, float *x, uint8_t *tables, sl_scorer *scorer);

// sl_code_key_least() of a row with this tail.
double sl_pq_key_least(const sl_store *store, const sl_scorer *scorer, const sl_code_tail *tail,
                       float key);

// What is left of x - c, as the codebook of a set has it, when its code with the row's scale is taken
// away. rest: `padded` numbers, written.
void sl_pq_rest(const sl_store *store, const float *x, bool other, float *rest);

// Rotates x where the codebook of a set is of rotated vectors.
static inline void sl_pq_turn(const sl_store *store, float *x, bool other) {
  if (*sl_codes_turned(store, other) > 0) sl_rotate(x, store->padded);
}

#endif
