// Inner products of codes of 4 or 2 bits an element with a query of 16-bit numbers: exact integers,
// the same in every build.
//
// A group of 16 bytes is eight 16-bit numbers, little endian. Element 8 k + l of the group is the
// k-th four (two) bits of number l, counted from the low end: a mask and a shift give eight
// elements that follow one another, as 16-bit numbers, which is what the multiplication takes.
//
// Queries are signed; |query[i]| times 15 (3) times n is below 2^31. No alignment needed. None
// allocates, none fails. O(n).
#ifndef SL_SIMD_DISTANCE_U4_H
#define SL_SIMD_DISTANCE_U4_H

#include <stddef.h>
#include <stdint.h>

// Elements of a group: n is a multiple of it.
#define SL_U4_STEP 32u
#define SL_U2_STEP 64u

// Values 0..15 (0..3) of n elements, packed and unpacked.
//   codes   n / 2 (n / 4) bytes
//   values  n
void sl_u4_pack(const uint8_t *values, size_t n, uint8_t *codes);
void sl_u2_pack(const uint8_t *values, size_t n, uint8_t *codes);
void sl_u4_unpack(const uint8_t *codes, size_t n, uint8_t *values);
void sl_u2_unpack(const uint8_t *codes, size_t n, uint8_t *values);

// sum query[i] x[i] for four rows; out (4) is written.
void sl_dot4_i16_u4(const int16_t *query, const uint8_t *const rows[4], size_t n, int32_t out[4]);
void sl_dot4_i16_u2(const int16_t *query, const uint8_t *const rows[4], size_t n, int32_t out[4]);

#endif
