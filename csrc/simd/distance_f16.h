// Inner products of binary16 rows with float32 queries.
//
// Sums in a fixed order of four lanes, so that every build gives the same bits.
#ifndef SL_SIMD_DISTANCE_F16_H
#define SL_SIMD_DISTANCE_F16_H

#include <stddef.h>
#include <stdint.h>

#define SL_F16_STEP 8u

// sum query[i] * 2^-112 row[i] for four rows; out (4) is written. The bits of a binary16 number,
// moved to those of a float32, stand for 2^-112 of it: a query that is 2^112 times as large saves
// the multiplication that would bring each number back.
//   query  n, read
//   rows   4 * n numbers of at most 65,504 in magnitude, read; no alignment needed
//   n      a multiple of SL_F16_STEP
// Never allocates. O(n).
void sl_dot4_f16(const float *query, const uint16_t *const rows[4], size_t n, float out[4]);

#endif
