// A rotation that spreads every vector evenly over its elements: what a code of signs needs.
//
// Based on: N. Ailon, B. Chazelle, "The fast Johnson-Lindenstrauss transform and approximate
// nearest neighbors", SIAM J. Comput. 39 (2009), doi:10.1137/060673096: random signs, then a
// Hadamard transform. Deviations: no sampling; two rounds where the length is a power of two,
// otherwise four, which take the first and the last power of two in turn. The signs are fixed, not
// drawn: a stored code means the same in every build.
#ifndef SL_QUANT_ROTATION_H
#define SL_QUANT_ROTATION_H

#include <stdint.h>

// Rotates x (n numbers, read and written) in place; lengths and angles stay, up to rounding. The
// same bits in every build. n is a multiple of 8. Never allocates. O(n log n).
void sl_rotate(float *x, uint32_t n);

// Undoes it.
void sl_rotate_back(float *x, uint32_t n);

#endif
