#include "quant/float16.h"

#include <string.h>

typedef uint16_t sl_u16x4 __attribute__((vector_size(8)));
typedef uint32_t sl_u32x4 __attribute__((vector_size(16)));
typedef float sl_f32x4_ __attribute__((vector_size(16)));

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

uint16_t sl_float16_from_f32(float x) {
  uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000u, rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);  // NaN
  if (rest >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u); // rounds to 65,536 or more
  if (rest < 0x38800000u) {
    // Subnormal: adding 0.5 leaves the multiple of 2^-24 in the low bits, rounded by the hardware.
    return (uint16_t)(sign | (bits_of(float_of(rest) + 0.5f) - 0x3f000000u));
  }
  // The exponent's bias changes by 112; half of the last place and its own bit round to even.
  return (uint16_t)(sign | ((rest - 0x38000000u + 0x0fffu + (rest >> 13 & 1)) >> 13));
}

float sl_float16_to_f32(uint16_t bits) {
  uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, rest = bits & 0x7fffu;
  if (rest >= 0x7c00u) return float_of(sign | 0x7f800000u | (rest & 0x3ffu) << 13);
  // Read as an f32 the exponent is 112 too small, for subnormal numbers as well.
  return float_of(sign | bits_of(float_of(rest << 13) * 0x1p112f));
}

void sl_float16_encode(const float *from, size_t n, uint16_t *to) {
  for (size_t i = 0; i < n; i++) to[i] = sl_float16_from_f32(from[i]);
}

void sl_float16_decode(const uint16_t *from, size_t n, float *to) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_u16x4 half;
    memcpy(&half, from + i, sizeof half);
    sl_u32x4 bits = __builtin_convertvector(half, sl_u32x4), rest = bits & 0x7fff;
    sl_u32x4 special = (sl_u32x4)(rest >= 0x7c00u);
    sl_u32x4 plain = (sl_u32x4)((sl_f32x4_)(rest << 13) * 0x1p112f);
    sl_u32x4 magnitude = (plain & ~special) | ((0x7f800000u | (rest & 0x3ff) << 13) & special);
    magnitude |= (bits & 0x8000u) << 16;
    memcpy(to + i, &magnitude, sizeof magnitude);
  }
  for (; i < n; i++) to[i] = sl_float16_to_f32(from[i]);
}
