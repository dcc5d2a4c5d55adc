// Inner products of int8 codes with queries of more bits: exact integers, the same in every build.
//
// Rows have values -127..127. n is the padded length, a multiple of SL_I8_STEP, n <= 65,536. No
// alignment needed. None allocates, none fails. O(n).
#ifndef SL_SIMD_DISTANCE_I8_H
#define SL_SIMD_DISTANCE_I8_H

#include <stddef.h>
#include <stdint.h>

#define SL_I8_STEP 16u
#define SL_I14_QUERY_MOST 16383u
#define SL_I16_QUERY_MOST 16383

// A query of unsigned values of at most SL_I14_QUERY_MOST and 2^31 / (127 n), in the form that
// sl_dot4_i14_i8 takes. Fourteen bits are two times the seven that make the relaxed SIMD
// instruction exact; where there is no such instruction the values stay 16-bit numbers.
//   values  n, read
//   packed  2 n bytes, written; not the same memory
void sl_i14_pack(const uint16_t *values, size_t n, void *packed);

// A query, in the same form, of signed values round(2^shift x[i] weights[i] / 2^15): the inner
// product of its row x with another row, the elements weighted.
//   weights  n, read, 0..32767
//   shift    127 * 2^shift <= 8191 and 2^30 / (127 n)
//   packed   2 n bytes, written; not the same memory as x
//   zero     written: what stands in the query for 0
// Returns the smallest 2^k - 1 that is not below any value v, nor below -v - 1.
uint32_t sl_i14_weigh(const int8_t *x, const int16_t *weights, size_t n, uint32_t shift,
                      void *packed, int32_t *zero);

// sum query[i] x[i] for four rows; out (4) is written.
void sl_dot4_i14_i8(const void *packed, const int8_t *const rows[4], size_t n, int32_t out[4]);

// The same with a signed 16-bit query of at most SL_I16_QUERY_MOST and 2^31 / (128 n) in magnitude.
void sl_dot4_i16_i8(const int16_t *query, const int8_t *const rows[4], size_t n, int32_t out[4]);

// sum x[i]
int32_t sl_sum_i8(const int8_t *x, size_t n);

#endif
