// Codes of 2, 4 or 8 bits an element that point in nearly the direction of a vector: the code
// values u of 0..2^bits - 1 stand for v = u - (2^bits - 1) / 2, and are chosen so that the angle
// between v and x is small.
//
// Based on: J. Gao, Y. Gou, Y. Xu, Y. Yang, C. Long, R. C.-W. Wong, "Practical and asymptotically
// optimal quantization of high-dimensional vectors in Euclidean space for approximate nearest
// neighbor search", SIGMOD 2025, arXiv:2409.09913: the code of section 3, the nearest in direction
// of the vectors of this grid. It is always x rounded at some scale; the paper tries all scales at
// which an element is rounded otherwise. Deviation: 17 scales are tried; native tests compare with all.
#ifndef SL_QUANT_LEVELS_H
#define SL_QUANT_LEVELS_H

#include <stdint.h>

// What a code value stands for.
static inline float sl_level(uint32_t value, uint32_t bits) {
  return (float)value - 0.5f * (float)((1u << bits) - 1);
}

// Chooses the values of x.
//   x       n numbers, read: a rotated vector (quant/rotation.h); n is a multiple of 4
//   bits    2, 4 or 8
//   values  n, written
// Never allocates. O(n).
void sl_levels_encode(const float *x, uint32_t n, uint32_t bits, uint8_t *values);

#endif
