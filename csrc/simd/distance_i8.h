// Inner products of int8 codes with a 7-bit query: exact integers, the same in every build.
//
// The query has values 0..127 (a signed 7-bit value shifted by SL_I8_QUERY_ZERO), rows have values
// -127..127. The shift is undone with the row's sum: q . x = (shifted q) . x - 64 sum(x). Seven
// bits are what makes the relaxed SIMD instruction exact, so every variant uses them.
// n is the padded length, a multiple of SL_I8_STEP with zero padding in the rows, n <= 65,536 (the
// sum stays below 2^30). No alignment needed. None allocates, none fails. O(n).
#ifndef SL_SIMD_DISTANCE_I8_H
#define SL_SIMD_DISTANCE_I8_H

#include <stddef.h>
#include <stdint.h>

#define SL_I8_STEP 16u
#define SL_I8_QUERY_ZERO 64
#define SL_I16_QUERY_MOST 16383

// sum query[i] x[i]
int32_t sl_dot1_i8(const uint8_t *query, const int8_t *x, size_t n);

// The same for four rows; out (4) is written.
void sl_dot4_i8(const uint8_t *query, const int8_t *const rows[4], size_t n, int32_t out[4]);

// The same with a 16-bit query of at most SL_I16_QUERY_MOST and 2^31 / (128 n) in magnitude:
// products as good as those of an unrounded query, for about as much work. In every build alike.
void sl_dot4_i16_i8(const int16_t *query, const int8_t *const rows[4], size_t n, int32_t out[4]);

// sum x[i]
int32_t sl_sum_i8(const int8_t *x, size_t n);

#endif
