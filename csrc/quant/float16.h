// IEEE 754 binary16 numbers in software, for storage: wasm has no instruction for them.
#ifndef SL_QUANT_FLOAT16_H
#define SL_QUANT_FLOAT16_H

#include <stddef.h>
#include <stdint.h>

// To the nearest, ties to even; beyond 65,519 infinity; NaN stays NaN. Bits, not numbers: uint16_t.
uint16_t sl_float16_from_f32(float x);

// Exact.
float sl_float16_to_f32(uint16_t bits);

// Arrays of n elements; from is read, to is written. O(n).
void sl_float16_encode(const float *from, size_t n, uint16_t *to);
void sl_float16_decode(const uint16_t *from, size_t n, float *to);

#endif
