// Bit vectors: Hamming distance and population count.
//
// Vectors are bytes; `bytes` is their padded length, a multiple of SL_BITS_STEP, the padding equal
// in both arguments. No alignment needed. Exact integers: the same in every build. O(bytes).
#ifndef SL_SIMD_BITS_H
#define SL_SIMD_BITS_H

#include <stddef.h>
#include <stdint.h>

#define SL_BITS_STEP 16u

// Number of bits in which x and y differ. bytes <= 2^28.
uint32_t sl_hamming1(const uint8_t *x, const uint8_t *y, size_t bytes);

// The same for one query and four rows; out (4) is written.
void sl_hamming4(const uint8_t *query, const uint8_t *const rows[4], size_t bytes, uint32_t out[4]);

// Number of bits set in `words` 64-bit words.
uint64_t sl_popcount(const uint64_t *bits, size_t words);

#endif
