#include "gemm/rows.h"

#include <math.h>
#include <string.h>

#include "gemm/functions.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

// ---- rounding to int8 ---------------------------------------------------------------------------

// Four elements from i on; zeros beyond n.
static inline sl_f32x4 four(const float *x, size_t stride, uint32_t i, uint32_t n) {
  if (stride == 1 && n - i >= 4) return sl_f32x4_load(x + i);
  sl_f32x4 v = sl_f32x4_splat(0);
  for (uint32_t j = 0; j < 4 && i + j < n; j++) v[j] = x[(i + j) * stride];
  return v;
}

static inline sl_i32x4 magnitude(sl_f32x4 v) {
  return (sl_i32x4)v & (sl_i32x4){INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};
}

static inline sl_i32x4 larger(sl_i32x4 a, sl_i32x4 b) {
  const sl_i32x4 less = a < b;
  return (b & less) | (a & ~less);
}

// The largest magnitude of a row, NaN where an element is none or infinite.
static NOINLINE float largest(const float *x, size_t stride, uint32_t n) {
  // As integers magnitudes are in the same order, and what is no number is above all.
  sl_i32x4 most = {0, 0, 0, 0};
  for (uint32_t i = 0; i < n; i += 4) most = larger(most, magnitude(four(x, stride, i, n)));
  const int32_t a = most[0] < most[1] ? most[1] : most[0],
                b = most[2] < most[3] ? most[3] : most[2];
  const int32_t bits = a < b ? b : a;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value < INFINITY ? value : NAN;
}

typedef int8_t bytes16 __attribute__((vector_size(16)));

// The codes of four elements are the low bytes of the sums: 1.5 * 2^23 rounds to a whole number.
static inline bytes16 rounded(sl_f32x4 v, float up, float inverse) {
  return (bytes16)(v * up * inverse + sl_f32x4_splat(0x1.8p23f));
}

static NOINLINE void round_row(const float *x, size_t stride, uint32_t n, float up, float inverse,
                               int8_t *codes) {
  uint32_t i = 0;
  if (stride == 1)
    for (; i + 16 <= n; i += 16) {
      const bytes16 a = rounded(sl_f32x4_load(x + i), up, inverse),
                    b = rounded(sl_f32x4_load(x + i + 4), up, inverse),
                    c = rounded(sl_f32x4_load(x + i + 8), up, inverse),
                    d = rounded(sl_f32x4_load(x + i + 12), up, inverse);
      const bytes16 ab =
          __builtin_shufflevector(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
      const bytes16 cd =
          __builtin_shufflevector(c, d, 0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
      const bytes16 all =
          __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
      memcpy(codes + i, &all, sizeof all);
    }
  for (; i < n; i += 4) {
    const bytes16 v = rounded(four(x, stride, i, n), up, inverse);
    for (uint32_t j = 0; j < 4 && i + j < n; j++) codes[i + j] = v[4 * j];
  }
}

double sl_quantize_row(const float *x, size_t stride, uint32_t n, int8_t *codes) {
  const float most = largest(x, stride, n);
  if (!(most > 0)) {
    memset(codes, 0, n);
    return (double)most;
  }
  // Small rows are brought up first, so that 127 / most is a number.
  const float up = most < 0x1p-60f ? 0x1p60f : 1;
  round_row(x, stride, n, up, 127.0f / (most * up), codes);
  return (double)most / 127;
}

// ---- after the sums -----------------------------------------------------------------------------

NOINLINE void sl_scale_sums(int32_t *sums, uint32_t columns, double row_scale,
                            const float *scales) {
  typedef int32_t whole2 __attribute__((vector_size(8)));
  const sl_f64x2 by = sl_f64x2_splat(row_scale);
  for (uint32_t j = 0; j < columns; j += 4, sums += 4, scales += 4) {
    whole2 low, high;
    memcpy(&low, sums, sizeof low);
    memcpy(&high, sums + 2, sizeof high);
    const sl_f64x2 a = __builtin_convertvector(low, sl_f64x2) * (by * sl_f64x2_load_f32(scales));
    const sl_f64x2 b =
        __builtin_convertvector(high, sl_f64x2) * (by * sl_f64x2_load_f32(scales + 2));
    const sl_f32x2 first = __builtin_convertvector(a, sl_f32x2),
                   last = __builtin_convertvector(b, sl_f32x2);
    memcpy(sums, &first, sizeof first);
    memcpy(sums + 2, &last, sizeof last);
  }
}

// Columns that are fewer than four go through copies. Each column is computed alike.
NOINLINE void sl_end_row(const float *sums, uint32_t columns, const sl_row_end *end, float *out) {
  const float *scales = end->scales, *bias = end->bias;
  const float alpha = end->alpha, beta = end->beta;
  float own[4] = {0}, added[4] = {0};
  for (uint32_t j = 0; j < columns; j += 4) {
    const uint32_t rest = columns - j;
    const float *to = out + j, *more = bias == NULL ? NULL : bias + j;
    if (rest < 4) {
      if (beta != 0) memcpy(own, to, rest * sizeof *own);
      if (bias != NULL) memcpy(added, more, rest * sizeof *added);
      to = own, more = added;
    }
    sl_f32x4 value = sl_f32x4_load(sums + j);
    if (scales != NULL) value *= sl_f32x4_load(scales + j);
    if (alpha != 1) value *= alpha;
    if (beta != 0) value += beta * sl_f32x4_load(to);
    if (bias != NULL) value += sl_f32x4_load(more);
    if (rest >= 4)
      sl_f32x4_store(out + j, value);
    else
      memcpy(out + j, &value, rest * sizeof *out);
  }
}
