// What codes of vectors are made with: numbers rounded to integers, eight or four at a time, the same
// bits in every build.
#ifndef SL_SIMD_ROUND_H
#define SL_SIMD_ROUND_H

#include <stddef.h>

#include "simd/simd.h"

typedef int16_t sl_i16x8 __attribute__((vector_size(16)));
typedef int16_t sl_i16x4 __attribute__((vector_size(8)));

// Two lanes of four, the lower or the higher ones, widened to f64 (exact).
static inline sl_f64x2 sl_f64x2_low(sl_f32x4 v) {
  return __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1), sl_f64x2);
}
static inline sl_f64x2 sl_f64x2_high(sl_f32x4 v) {
  return __builtin_convertvector(__builtin_shufflevector(v, v, 2, 3), sl_f64x2);
}

// (int)(v < 0 ? v - 0.5f : v + 0.5f) lane by lane, for |v| below 2^30: no branch on signs, which are
// as good as random.
static inline sl_i32x4 sl_f32x4_round(sl_f32x4 v) {
  sl_i32x4 sign = (sl_i32x4)v & (sl_i32x4){INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
  sl_f32x4 half = (sl_f32x4)((sl_i32x4)sl_f32x4_splat(0.5f) | sign);
  return __builtin_convertvector(v + half, sl_i32x4);
}

// Eight numbers of 32 bits that fit into 16.
static inline sl_i16x8 sl_i16x8_narrow(sl_i32x4 low, sl_i32x4 high) {
  return __builtin_shufflevector((sl_i16x8)low, (sl_i16x8)high, 0, 2, 4, 6, 8, 10, 12, 14);
}

// Four of them from memory, as integers and as f32 (exact).
static inline sl_i32x4 sl_i32x4_load_i16(const int16_t *p) {
  sl_i16x4 v;
  memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, sl_i32x4);
}
static inline sl_f32x4 sl_f32x4_load_i16(const int16_t *p) {
  return __builtin_convertvector(sl_i32x4_load_i16(p), sl_f32x4);
}

// Absolute value by clearing the sign bit (also of NaN: the payload stays).
static inline sl_f32x4 sl_f32x4_abs(sl_f32x4 v) {
  return (sl_f32x4)((sl_i32x4)v & (sl_i32x4){INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX});
}

// a < b ? b : a lane by lane (pmax): keeps a where b is NaN.
static inline sl_f32x4 sl_f32x4_pmax(sl_f32x4 a, sl_f32x4 b) {
  sl_i32x4 less = (sl_i32x4)(a < b);
  return (sl_f32x4)(((sl_i32x4)b & less) | ((sl_i32x4)a & ~less));
}

// max |x[i]| of n elements; 0 for n = 0. A NaN is skipped. O(n).
float sl_norm_inf_f32(const float *x, size_t n);

#endif
