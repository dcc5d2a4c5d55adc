#include "simd/distance_i8.h"

#include "simd/simd.h"

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

// One step of 16 products added into four i32 lanes; how the sixteen are spread over the lanes
// differs between builds, their integer sum does not.
#if defined(__wasm_relaxed_simd__)

typedef v128_t lanes;
typedef v128_t wide_query;
static inline wide_query query_load(const uint8_t *q) { return wasm_v128_load(q); }
static inline lanes step(wide_query q, const int8_t *x, lanes sum) {
  // First operand signed 8 bits, second 7 bits: within both limits nothing is relaxed any more.
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load(x), q, sum);
}

#elif defined(__wasm_simd128__)

typedef v128_t lanes;
typedef struct wide_query {
  v128_t low, high;
} wide_query;
static inline wide_query query_load(const uint8_t *q) {
  v128_t v = wasm_v128_load(q);
  return (wide_query){wasm_u16x8_extend_low_u8x16(v), wasm_u16x8_extend_high_u8x16(v)};
}
static inline lanes step(wide_query q, const int8_t *x, lanes sum) {
  v128_t v = wasm_v128_load(x);
  sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(v), q.low));
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(v), q.high));
}

#elif defined(__SSE2__)

typedef __m128i lanes;
typedef struct wide_query {
  __m128i low, high;
} wide_query;
static inline wide_query query_load(const uint8_t *q) {
  __m128i v = _mm_loadu_si128((const __m128i *)q), zero = _mm_setzero_si128();
  return (wide_query){_mm_unpacklo_epi8(v, zero), _mm_unpackhi_epi8(v, zero)};
}
static inline lanes step(wide_query q, const int8_t *x, lanes sum) {
  __m128i v = _mm_loadu_si128((const __m128i *)x);
  __m128i low = _mm_srai_epi16(_mm_unpacklo_epi8(v, v), 8);
  __m128i high = _mm_srai_epi16(_mm_unpackhi_epi8(v, v), 8);
  sum = _mm_add_epi32(sum, _mm_madd_epi16(low, q.low));
  return _mm_add_epi32(sum, _mm_madd_epi16(high, q.high));
}

#endif

#if defined(__wasm_simd128__) || defined(__SSE2__)

static inline lanes lanes_zero(void) { return (lanes){0}; }

static inline int32_t lanes_sum(lanes v) {
  sl_i32x4 sum = (sl_i32x4)v;
  sum += __builtin_shufflevector(sum, sum, 2, 3, 0, 1);
  sum += __builtin_shufflevector(sum, sum, 1, 0, 3, 2);
  return sum[0];
}

// The lane sums of four accumulators: taking lanes out one by one costs as much as a hundred
// products.
static inline void lanes_sum4(lanes a, lanes b, lanes c, lanes d, int32_t out[4]) {
  sl_i32x4 ab = __builtin_shufflevector((sl_i32x4)a, (sl_i32x4)b, 0, 4, 2, 6) +
                __builtin_shufflevector((sl_i32x4)a, (sl_i32x4)b, 1, 5, 3, 7);
  sl_i32x4 cd = __builtin_shufflevector((sl_i32x4)c, (sl_i32x4)d, 0, 4, 2, 6) +
                __builtin_shufflevector((sl_i32x4)c, (sl_i32x4)d, 1, 5, 3, 7);
  sl_i32x4 sums =
      __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  memcpy(out, &sums, sizeof sums);
}

int32_t sl_dot1_i8(const uint8_t *query, const int8_t *x, size_t n) {
  lanes sum = lanes_zero();
  SL_UNROLL_2 for (size_t steps = n / 16; steps > 0; steps--) {
    sum = step(query_load(query), x, sum);
    query += 16, x += 16;
  }
  return lanes_sum(sum);
}

void sl_dot4_i8(const uint8_t *query, const int8_t *const rows[4], size_t n, int32_t out[4]) {
  const int8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  lanes a = lanes_zero(), b = a, c = a, d = a;
  SL_UNROLL_2 for (size_t steps = n / 16; steps > 0; steps--) {
    wide_query q = query_load(query);
    a = step(q, r0, a);
    b = step(q, r1, b);
    c = step(q, r2, c);
    d = step(q, r3, d);
    query += 16, r0 += 16, r1 += 16, r2 += 16, r3 += 16;
  }
  lanes_sum4(a, b, c, d, out);
}

#else

int32_t sl_dot1_i8(const uint8_t *query, const int8_t *x, size_t n) {
  int32_t a = 0, b = 0, c = 0, d = 0;
  for (size_t i = 0; i < n; i += 4) {
    a += query[i] * x[i];
    b += query[i + 1] * x[i + 1];
    c += query[i + 2] * x[i + 2];
    d += query[i + 3] * x[i + 3];
  }
  return (a + b) + (c + d);
}

void sl_dot4_i8(const uint8_t *query, const int8_t *const rows[4], size_t n, int32_t out[4]) {
  for (int r = 0; r < 4; r++) out[r] = sl_dot1_i8(query, rows[r], n);
}

#endif

// --- 16-bit queries ------------------------------------------------------------------------------

#if defined(__wasm_simd128__)
// Eight products added into four i32 lanes. The load widens by itself.
static inline v128_t step16(v128_t q, const int8_t *x, v128_t sum) {
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(x), q));
}
static inline v128_t load16(const int16_t *q) { return wasm_v128_load(q); }
#elif defined(__SSE2__)
static inline __m128i step16(__m128i q, const int8_t *x, __m128i sum) {
  __m128i v = _mm_loadl_epi64((const __m128i *)x);
  return _mm_add_epi32(sum, _mm_madd_epi16(_mm_srai_epi16(_mm_unpacklo_epi8(v, v), 8), q));
}
static inline __m128i load16(const int16_t *q) { return _mm_loadu_si128((const __m128i *)q); }
#endif

#if defined(__wasm_simd128__) || defined(__SSE2__)
void sl_dot4_i16_i8(const int16_t *query, const int8_t *const rows[4], size_t n, int32_t out[4]) {
  const int8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  lanes a = lanes_zero(), b = a, c = a, d = a;
  for (size_t i = 0; i < n; i += 16) {
    lanes low = load16(query + i), high = load16(query + i + 8);
    a = step16(high, r0 + i + 8, step16(low, r0 + i, a));
    b = step16(high, r1 + i + 8, step16(low, r1 + i, b));
    c = step16(high, r2 + i + 8, step16(low, r2 + i, c));
    d = step16(high, r3 + i + 8, step16(low, r3 + i, d));
  }
  lanes_sum4(a, b, c, d, out);
}
#else
void sl_dot4_i16_i8(const int16_t *query, const int8_t *const rows[4], size_t n, int32_t out[4]) {
  const int8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  int32_t a = 0, b = 0, c = 0, d = 0;
  for (size_t i = 0; i < n; i += 2) {
    int32_t q = query[i], p = query[i + 1];
    a += q * r0[i] + p * r0[i + 1];
    b += q * r1[i] + p * r1[i + 1];
    c += q * r2[i] + p * r2[i + 1];
    d += q * r3[i] + p * r3[i + 1];
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}
#endif

int32_t sl_sum_i8(const int8_t *x, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  return sum;
}
