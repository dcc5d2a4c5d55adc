#include "simd/distance_f32.h"

#include <math.h>

#include "simd/kernels.h"
#include "simd/round.h"
#include "simd/simd.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

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

// Two accumulators a row hide the latency of an add. V8 moves all loads of a loop's body to its
// front, so that a body which loads more than the registers hold besides the sums spills: four rows
// are summed in two passes, over the even and over the odd halves of each step, with ten loads and
// four sums. BLOCK elements at a time, so that the second pass finds them in the L1 cache.
#define BLOCK 512u

#define DEFINE_DISTANCE(name, term)                                                                \
  float sl_##name##1_f32(const float *x, const float *y, size_t n) {                               \
    sl_f32x4 a = {0, 0, 0, 0}, b = a;                                                              \
    for (size_t i = 0; i < n; i += 8) {                                                            \
      a += term(sl_f32x4_load(x + i), sl_f32x4_load(y + i));                                       \
      b += term(sl_f32x4_load(x + i + 4), sl_f32x4_load(y + i + 4));                               \
    }                                                                                              \
    return lanes_sum(a + b);                                                                       \
  }                                                                                                \
  static ALWAYS_INLINE void name##_half(const float *query, const float *const rows[4],            \
                                        size_t start, size_t steps, sl_f32x4 sums[4]) {            \
    const float *q = query + start, *r0 = rows[0] + start, *r1 = rows[1] + start;                  \
    const float *r2 = rows[2] + start, *r3 = rows[3] + start;                                      \
    sl_f32x4 s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];                               \
    SL_UNROLL_2 for (; steps > 0; steps--) {                                                       \
      sl_f32x4 x = sl_f32x4_load(q);                                                               \
      s0 += term(x, sl_f32x4_load(r0));                                                            \
      s1 += term(x, sl_f32x4_load(r1));                                                            \
      s2 += term(x, sl_f32x4_load(r2));                                                            \
      s3 += term(x, sl_f32x4_load(r3));                                                            \
      q += 8, r0 += 8, r1 += 8, r2 += 8, r3 += 8;                                                  \
    }                                                                                              \
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;                                        \
  }                                                                                                \
  void sl_##name##4_f32(const float *query, const float *const rows[4], size_t n, float out[4]) {  \
    sl_f32x4 a[4] = {{0}}, b[4] = {{0}};                                                           \
    for (size_t start = 0; start < n; start += BLOCK) {                                            \
      size_t steps = (n - start < BLOCK ? n - start : BLOCK) / 8;                                  \
      name##_half(query, rows, start, steps, a);                                                   \
      name##_half(query, rows, start + 4, steps, b);                                               \
    }                                                                                              \
    lanes_sum4(a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], out);                           \
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
  const sl_f32x4 most = sl_f32x4_splat(limit);
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    sl_i32x4 low = (sl_i32x4)(sl_f32x4_abs(sl_f32x4_load(x + i)) <= most);
    sl_i64x2 both = (sl_i64x2)(low & (sl_i32x4)(sl_f32x4_abs(sl_f32x4_load(x + i + 4)) <= most));
    if ((both[0] & both[1]) != -1) break;
  }
  while (i < n && fabsf(x[i]) <= limit) i++; // false for NaN as well
  return i;
}
