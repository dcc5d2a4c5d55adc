#include "format/nibbles.h"

#include <string.h>

#include "simd/simd.h"

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

int32_t sl_nibbles_most(uint32_t n) {
  const int32_t most = (int32_t)(INT32_MAX / (15 * ((int64_t)n + 1)));
  return most < SL_NIBBLES_QUERY_MOST ? most : SL_NIBBLES_QUERY_MOST;
}

#if defined(__wasm_simd128__)
int32_t sl_nibbles_dot(const int16_t *query, const uint8_t *row, uint32_t n) {
  const uint32_t padded = sl_nibbles_padded(n);
  const int16_t *high = query + padded;
  v128_t a = wasm_i32x4_splat(0), b = a;
  for (uint32_t i = 0; i < padded; i += 16) {
    const v128_t x = wasm_v128_load(row + i);
    const v128_t lo = wasm_v128_and(x, wasm_i8x16_splat(15)), hi = wasm_u8x16_shr(x, 4);
    a = wasm_i32x4_add(
        a, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(lo), wasm_v128_load(query + i)));
    b = wasm_i32x4_add(
        b, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(lo), wasm_v128_load(query + i + 8)));
    a = wasm_i32x4_add(
        a, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(hi), wasm_v128_load(high + i)));
    b = wasm_i32x4_add(
        b, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(hi), wasm_v128_load(high + i + 8)));
  }
  const sl_i32x4 sum = (sl_i32x4)wasm_i32x4_add(a, b);
  return sum[0] + sum[1] + sum[2] + sum[3];
}
#elif defined(__SSE2__)
static inline __m128i load(const void *p) { return _mm_loadu_si128((const __m128i *)p); }

int32_t sl_nibbles_dot(const int16_t *query, const uint8_t *row, uint32_t n) {
  const uint32_t padded = sl_nibbles_padded(n);
  const int16_t *high = query + padded;
  const __m128i zero = _mm_setzero_si128(), mask = _mm_set1_epi8(15);
  __m128i a = zero, b = zero;
  for (uint32_t i = 0; i < padded; i += 16) {
    const __m128i x = load(row + i);
    const __m128i lo = _mm_and_si128(x, mask), hi = _mm_and_si128(_mm_srli_epi16(x, 4), mask);
    a = _mm_add_epi32(a, _mm_madd_epi16(_mm_unpacklo_epi8(lo, zero), load(query + i)));
    b = _mm_add_epi32(b, _mm_madd_epi16(_mm_unpackhi_epi8(lo, zero), load(query + i + 8)));
    a = _mm_add_epi32(a, _mm_madd_epi16(_mm_unpacklo_epi8(hi, zero), load(high + i)));
    b = _mm_add_epi32(b, _mm_madd_epi16(_mm_unpackhi_epi8(hi, zero), load(high + i + 8)));
  }
  const sl_i32x4 sum = (sl_i32x4)_mm_add_epi32(a, b);
  return sum[0] + sum[1] + sum[2] + sum[3];
}
#else
int32_t sl_nibbles_dot(const int16_t *query, const uint8_t *row, uint32_t n) {
  const uint32_t bytes = sl_nibbles_bytes(n);
  const int16_t *high = query + sl_nibbles_padded(n);
  int32_t sum = 0;
  for (uint32_t i = 0; i < bytes; i++) sum += query[i] * (row[i] & 15) + high[i] * (row[i] >> 4);
  return sum;
}
#endif

void sl_nibbles_split(const uint8_t *values, uint32_t n, uint8_t *high, uint8_t *low) {
  const uint32_t bytes = sl_nibbles_bytes(n);
  for (uint32_t i = 0; i < bytes; i++) {
    const uint8_t first = values[i], second = i + bytes < n ? values[i + bytes] : 0;
    high[i] = (uint8_t)(first >> 4 | (second & 0xf0));
    low[i] = (uint8_t)((first & 15) | second << 4);
  }
}
