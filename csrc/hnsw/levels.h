// Rows and queries of RaBitQ codes of 2, 4 and 8 bits a dimension, and the exact rows that say four
// bits more: parts of codes.c and exact.c.
//
//   code   the values of R (x - c) (quant/levels.h), packed (simd/distance_u4.h; of 8 bits as
//          signed bytes, value - 128), and a tail like that of one bit
//   exact  the values of what the code leaves of R (x - c), in 4 bits, and two numbers:
//          x^ = scale * v + part * w stands for R (x - c), v of the code and w of the exact row
//
// Based on: arXiv:2409.09913 (quant/levels.h); estimator and bound are those of one bit (codes.h),
// with the angle of the code. Deviation: the further bits are a code of their own of what is left,
// not the low bits of one code.
#ifndef SL_HNSW_LEVELS_H
#define SL_HNSW_LEVELS_H

#include "hnsw/score.h"

// Sizes of a store whose dimension and codes are set.
void sl_levels_shape(sl_store *store);

static inline uint32_t sl_levels_exact_bytes(const sl_store *store) {
  return store->padded / 2 + 2 * (uint32_t)sizeof(float);
}

// Codes a vector. add: of the tail, under dot. x: sl_codes_bits() numbers, x - c and zeros, overwritten.
void sl_levels_write(const sl_store *store, float *x, double add, unsigned char *row);

// R (x - c) as the row says it, and as the row and the exact row of a slot together do.
// x: sl_codes_bits() numbers, written.
void sl_levels_read(const sl_store *store, const unsigned char *row, float *x);
void sl_levels_read_exact(const sl_store *store, uint32_t slot, float *x);

// Sets factor and zero of a scorer, and writes the query. x as above, overwritten. Returns what a
// product may be off by for the rounding of the query, to be multiplied with a row's scale.
double sl_levels_query(const sl_store *store, float *x, int16_t *query, sl_scorer *scorer);

// The same for one of the rows.
void sl_levels_query_of_row(const sl_store *store, const unsigned char *row, int16_t *query,
                            sl_scorer *scorer);

// Writes the exact row of a slot whose row is written. x as above, overwritten.
void sl_levels_write_exact(const sl_store *store, uint32_t slot, float *x);

// The keys of the exact rows of four slots.
void sl_levels_exact_keys(const sl_store *store, const sl_scorer *scorer, const uint32_t slots[4],
                          float keys[4]);

// Could an exact row have been written by sl_levels_write_exact()? Safe on any bytes.
bool sl_levels_exact_is_valid(const sl_store *store, const unsigned char *exact);

#endif
