// exp, tanh, erf and the functions made of them, four f32 at a time: the same bits in every build.
// Internal to the rooms gemm and attention.
//
// Based on: exp by Cody and Waite's reduction ("Software Manual for the Elementary Functions", 1980)
// and a polynomial of degree 6 of our own fit; tanh and erf by the odd rational functions that Eigen
// uses (G. Guennebaud and others, MathFunctionsImpl.h).
//
// Largest errors, found by trying one f32 in 2053 (test/native/gemm_functions.c asserts them):
//   exp 2 units in the last place (of the smallest normal number below 2^-126), tanh 4e-7 relative,
//   erf 4.5e-7 absolute, 1 / (1 + exp(-x)) 4e-7 relative, 0 below -89
// NaN stays NaN. exp(-inf) = 0, exp(x) = inf where it overflows.
#ifndef SL_GEMM_FUNCTIONS_H
#define SL_GEMM_FUNCTIONS_H

#include <stdint.h>

#include "simd/simd.h"

typedef uint32_t sl_u32x4_ __attribute__((vector_size(16)));

// mask lanes are all ones or zeros
static inline sl_f32x4 sl_f32x4_select(sl_i32x4 mask, sl_f32x4 yes, sl_f32x4 no) {
  return (sl_f32x4)(((sl_i32x4)yes & mask) | ((sl_i32x4)no & ~mask));
}
// a < b ? b : a, and b < a ? b : a: a where one is NaN.
static inline sl_f32x4 sl_f32x4_max(sl_f32x4 a, sl_f32x4 b) {
  return sl_f32x4_select((sl_i32x4)(a < b), b, a);
}
static inline sl_f32x4 sl_f32x4_min(sl_f32x4 a, sl_f32x4 b) {
  return sl_f32x4_select((sl_i32x4)(b < a), b, a);
}
// 2^n for -127 < n < 128, as the bits of the exponent.
static inline sl_f32x4 sl_f32x4_power_of_two_(sl_u32x4_ n) { return (sl_f32x4)((n + 127u) << 23); }

static inline sl_f32x4 sl_f32x4_exp(sl_f32x4 x) {
  // Beyond these it is infinite or rounds to zero.
  x = sl_f32x4_min(sl_f32x4_max(x, sl_f32x4_splat(-104.0f)), sl_f32x4_splat(89.0f));
  // n = x / ln 2, rounded: adding 1.5 * 2^23 leaves it in the low bits.
  const sl_f32x4 magic = sl_f32x4_splat(0x1.8p23f);
  sl_f32x4 shifted = x * 1.44269504f + magic;
  sl_f32x4 n = shifted - magic;
  sl_u32x4_ bits = (sl_u32x4_)shifted - (sl_u32x4_)magic;
  // r = x - n ln 2, with ln 2 in two parts, the first so short that n times it is exact.
  sl_f32x4 r = x - n * 0x1.62e400p-1f;
  r = r - n * 0x1.7f7d1cp-20f;
  sl_f32x4 p = r * 1.3888889e-3f + 8.3333338e-3f;
  p = p * r + 4.1666666e-2f;
  p = p * r + 1.6666667e-1f;
  p = p * r + 0.5f;
  p = (p * r) * r + r;
  p = p + 1.0f;
  // In two factors: 2^n itself may be no normal number.
  sl_u32x4_ half = (sl_u32x4_)((sl_i32x4)bits >> 1);
  return p * sl_f32x4_power_of_two_(half) * sl_f32x4_power_of_two_(bits - half);
}

static inline sl_f32x4 sl_f32x4_sigmoid(sl_f32x4 x) { return 1.0f / (1.0f + sl_f32x4_exp(-x)); }

static inline sl_f32x4 sl_f32x4_tanh(sl_f32x4 x) {
  x = sl_f32x4_min(sl_f32x4_max(x, sl_f32x4_splat(-7.90531110763549805f)),
                   sl_f32x4_splat(7.90531110763549805f));
  sl_f32x4 s = x * x;
  sl_f32x4 p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
  p = p * s + -8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  sl_f32x4 q = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return x * (p / q);
}

static inline sl_f32x4 sl_f32x4_erf(sl_f32x4 x) {
  x = sl_f32x4_min(sl_f32x4_max(x, sl_f32x4_splat(-4.0f)), sl_f32x4_splat(4.0f));
  sl_f32x4 s = x * x;
  sl_f32x4 p = s * -2.72614225801306e-10f + 2.77068142495902e-08f;
  p = p * s + -2.10102402082508e-06f;
  p = p * s + -5.69250639462346e-05f;
  p = p * s + -7.34990630326855e-04f;
  p = p * s + -2.95459980854025e-03f;
  p = p * s + -1.60960333262415e-02f;
  sl_f32x4 q = s * -1.45660718464996e-05f + -2.13374055278905e-04f;
  q = q * s + -1.68282697438203e-03f;
  q = q * s + -7.37332916720468e-03f;
  q = q * s + -1.42647390514189e-02f;
  return x * (p / q);
}

#endif
