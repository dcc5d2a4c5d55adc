// Vectors as signed bytes with one scale each: x[i] is about scale * code[i].
//
// Codes are -SL_INT8_MOST..SL_INT8_MOST. The error of an element is at most scale / 2, that is
// max |x| / 252.
#ifndef SL_QUANT_INT8_H
#define SL_QUANT_INT8_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SL_INT8_MOST 126

// Codes of one vector.
//   x      n elements, read; finite
//   codes  n, written; each the nearest to x[i] / scale, halves away from zero
// Returns the scale, max |x| / 126; for the zero vector 0, with codes of 0. O(n).
float sl_int8_encode(const float *x, size_t n, int8_t *codes);

// x[i] = scale * codes[i]. O(n).
void sl_int8_decode(const int8_t *codes, size_t n, float scale, float *x);

// Codes of `count` vectors at once.
//   vectors  count * dimension f32, read
//   codes    count * dimension, written
//   scales   count, written
//   Errors: ERR_NOT_FINITE (position = the vector); what comes before it is written. O(elements).
sl_status sl_int8_encode_all(const float *vectors, uint32_t count, uint32_t dimension,
                             int8_t *codes, float *scales);

// The vectors of codes. Errors: ERR_NOT_FINITE (a scale). O(elements).
sl_status sl_int8_decode_all(const int8_t *codes, const float *scales, uint32_t count,
                             uint32_t dimension, float *vectors);

#endif
