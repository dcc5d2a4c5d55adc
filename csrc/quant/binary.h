// Vectors as bits: the sign of each element. The Hamming distance of two such codes grows with the
// angle between the vectors (M. S. Charikar, "Similarity estimation techniques from rounding
// algorithms", STOC 2002, doi:10.1145/509907.509965, with the axes as hyperplanes).
#ifndef SL_QUANT_BINARY_H
#define SL_QUANT_BINARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Bit i % 8 of byte i / 8 is set where x[i] > 0.
//   x     n elements, read
//   bits  (n + 7) / 8 bytes, written; bits beyond n are 0
void sl_binary_encode(const float *x, size_t n, uint8_t *bits);

// The same for `count` vectors of `dimension` elements, a multiple of 8.
//   Errors: ERR_SHAPE (dimension), ERR_NOT_FINITE (position = the vector).
sl_status sl_binary_encode_all(const float *vectors, uint32_t count, uint32_t dimension,
                               uint8_t *bits);

#endif
