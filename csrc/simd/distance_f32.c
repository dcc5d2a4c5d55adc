#include "simd/distance_f32.h"

#include <math.h>

#include "simd/kernels.h"
#include "simd/simd.h"

typedef int32_t sl_i32x4 __attribute__((vector_size(16)));

static inline sl_f32x4 product(sl_f32x4 x, sl_f32x4 y) { return x * y; }
static inline sl_f32x4 squared(sl_f32x4 x, sl_f32x4 y) {
  sl_f32x4 d = x - y;
  return d * d;
}
static inline sl_f32x4 absolute(sl_f32x4 x, sl_f32x4 y) {
  const sl_i32x4 mask = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};
  return (sl_f32x4)((sl_i32x4)(x - y) & mask);
}

static inline float lanes_sum(sl_f32x4 v) { return (v[0] + v[1]) + (v[2] + v[3]); }

// The lane sums of four accumulators at once, each in the order of lanes_sum().
static inline void lanes_sum4(sl_f32x4 a, sl_f32x4 b, sl_f32x4 c, sl_f32x4 d, float out[4]) {
  sl_f32x4 ab_low = __builtin_shufflevector(a, b, 0, 4, 2, 6);
  sl_f32x4 ab_high = __builtin_shufflevector(a, b, 1, 5, 3, 7);
  sl_f32x4 cd_low = __builtin_shufflevector(c, d, 0, 4, 2, 6);
  sl_f32x4 cd_high = __builtin_shufflevector(c, d, 1, 5, 3, 7);
  sl_f32x4 ab = ab_low + ab_high; // a01 b01 a23 b23
  sl_f32x4 cd = cd_low + cd_high;
  sl_f32x4 first = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  sl_f32x4 second = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  sl_f32x4_store(out, first + second);
}

// Two accumulators a row: eight independent chains for four rows, which is what hides the latency
// of an add and what still fits in sixteen registers.
#define DEFINE_DISTANCE(name, term)                                                                \
  float sl_##name##1_f32(const float *x, const float *y, size_t n) {                               \
    sl_f32x4 a = {0, 0, 0, 0}, b = a;                                                              \
    for (size_t i = 0; i < n; i += 8) {                                                            \
      a += term(sl_f32x4_load(x + i), sl_f32x4_load(y + i));                                       \
      b += term(sl_f32x4_load(x + i + 4), sl_f32x4_load(y + i + 4));                               \
    }                                                                                              \
    return lanes_sum(a + b);                                                                       \
  }                                                                                                \
  void sl_##name##4_f32(const float *query, const float *const rows[4], size_t n, float out[4]) {  \
    const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];                        \
    sl_f32x4 a0 = {0, 0, 0, 0}, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;     \
    for (size_t i = 0; i < n; i += 8) {                                                            \
      sl_f32x4 q = sl_f32x4_load(query + i), p = sl_f32x4_load(query + i + 4);                     \
      a0 += term(q, sl_f32x4_load(r0 + i));                                                        \
      a1 += term(q, sl_f32x4_load(r1 + i));                                                        \
      a2 += term(q, sl_f32x4_load(r2 + i));                                                        \
      a3 += term(q, sl_f32x4_load(r3 + i));                                                        \
      b0 += term(p, sl_f32x4_load(r0 + i + 4));                                                    \
      b1 += term(p, sl_f32x4_load(r1 + i + 4));                                                    \
      b2 += term(p, sl_f32x4_load(r2 + i + 4));                                                    \
      b3 += term(p, sl_f32x4_load(r3 + i + 4));                                                    \
    }                                                                                              \
    lanes_sum4(a0 + b0, a1 + b1, a2 + b2, a3 + b3, out);                                           \
  }

DEFINE_DISTANCE(dot, product)
DEFINE_DISTANCE(squared, squared)
DEFINE_DISTANCE(manhattan, absolute)

double sl_normalize_f32(const float *x, size_t count, float *y, size_t n) {
  double norm = sl_norm2_f32(x, count);
  double inverse = norm > 0 ? 1 / norm : 0;
  for (size_t i = 0; i < count; i++) y[i] = (float)(x[i] * inverse);
  for (size_t i = count; i < n; i++) y[i] = 0;
  return norm;
}

size_t sl_first_beyond_f32(const float *x, size_t n, float limit) {
  size_t i = 0;
  while (i < n && fabsf(x[i]) <= limit) i++; // false for NaN as well
  return i;
}
