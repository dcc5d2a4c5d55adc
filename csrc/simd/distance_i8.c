#include "simd/distance_i8.h"

#include "simd/lanes.h"

#if defined(__wasm_simd128__)
// Eight products added into four i32 lanes. The load widens by itself.
static inline v128_t step16(v128_t q, const int8_t *x, v128_t sum) {
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(x), q));
}
static inline v128_t load16(const int16_t *q) { return wasm_v128_load(q); }
static inline v128_t weigh8(const int8_t *x, const int16_t *weights, uint32_t shift) {
  v128_t v = wasm_i16x8_shl(wasm_i16x8_load8x8(x), shift);
  return wasm_i16x8_q15mulr_sat(v, wasm_v128_load(weights));
}
static inline v128_t magnitude8(v128_t v) { return wasm_v128_xor(v, wasm_i16x8_shr(v, 15)); }
static inline v128_t or8(v128_t a, v128_t b) { return wasm_v128_or(a, b); }
#elif defined(__SSE2__)
static inline __m128i step16(__m128i q, const int8_t *x, __m128i sum) {
  __m128i v = _mm_loadl_epi64((const __m128i *)x);
  return _mm_add_epi32(sum, _mm_madd_epi16(_mm_srai_epi16(_mm_unpacklo_epi8(v, v), 8), q));
}
static inline __m128i load16(const int16_t *q) { return _mm_loadu_si128((const __m128i *)q); }
// (v w + 2^14) / 2^15, rounded down: the two highest bits of the low half of a product say how.
static inline __m128i weigh8(const int8_t *x, const int16_t *weights, uint32_t shift) {
  __m128i v = _mm_loadl_epi64((const __m128i *)x), w = load16(weights);
  v = _mm_sll_epi16(_mm_srai_epi16(_mm_unpacklo_epi8(v, v), 8), _mm_cvtsi32_si128((int)shift));
  __m128i low = _mm_srli_epi16(_mm_mullo_epi16(v, w), 14), high = _mm_mulhi_epi16(v, w);
  __m128i up = _mm_srli_epi16(_mm_add_epi16(low, _mm_set1_epi16(1)), 1);
  return _mm_add_epi16(_mm_slli_epi16(high, 1), up);
}
static inline __m128i magnitude8(__m128i v) { return _mm_xor_si128(v, _mm_srai_epi16(v, 15)); }
static inline __m128i or8(__m128i a, __m128i b) { return _mm_or_si128(a, b); }
#endif

#ifdef SL_LANES
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

// The smallest 2^k - 1 that is not below x < 2^15.
static inline uint32_t filled(uint32_t x) {
  x |= x >> 1;
  x |= x >> 2;
  x |= x >> 4;
  return x | x >> 8;
}

#ifdef SL_LANES
// The same of all eight numbers.
static inline uint32_t whole(lanes v) {
  uint32_t parts[4];
  memcpy(parts, &v, sizeof parts);
  uint32_t all = parts[0] | parts[1] | parts[2] | parts[3];
  return filled((all | all >> 16) & 0xffff);
}
#endif

#if defined(__wasm_relaxed_simd__)

// The low seven bits of all values, then the high seven.
void sl_i14_pack(const uint16_t *values, size_t n, void *packed) {
  uint8_t *low = packed, *high = low + n;
  for (size_t i = 0; i < n; i++) {
    low[i] = values[i] & 127;
    high[i] = (uint8_t)(values[i] >> 7);
  }
}

enum { MIDDLE = 1 << 13 };

uint32_t sl_i14_weigh(const int8_t *x, const int16_t *weights, size_t n, uint32_t shift,
                      void *packed, int32_t *zero) {
  uint8_t *low = packed, *high = low + n;
  const v128_t middle = wasm_i16x8_splat(MIDDLE), seven = wasm_i16x8_splat(127);
  v128_t all = lanes_zero();
  *zero = MIDDLE;
  for (size_t i = 0; i < n; i += 16) {
    v128_t v = weigh8(x + i, weights + i, shift), w = weigh8(x + i + 8, weights + i + 8, shift);
    all = or8(all, or8(magnitude8(v), magnitude8(w)));
    v = wasm_i16x8_add(v, middle), w = wasm_i16x8_add(w, middle);
    v128_t bytes = wasm_u8x16_narrow_i16x8(wasm_v128_and(v, seven), wasm_v128_and(w, seven));
    wasm_v128_store(low + i, bytes);
    bytes = wasm_u8x16_narrow_i16x8(wasm_u16x8_shr(v, 7), wasm_u16x8_shr(w, 7));
    wasm_v128_store(high + i, bytes);
  }
  return whole(all);
}

// First operand signed 8 bits, second 7 bits: within both limits nothing is relaxed any more.
static inline v128_t step7(v128_t q, v128_t x, v128_t sum) {
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(x, q, sum);
}
static inline v128_t joined(v128_t low, v128_t high) {
  return wasm_i32x4_add(low, wasm_i32x4_shl(high, 7));
}

void sl_dot4_i14_i8(const void *packed, const int8_t *const rows[4], size_t n, int32_t out[4]) {
  const uint8_t *q = packed;
  const int8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  v128_t a = lanes_zero(), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (size_t i = 0; i < n; i += 16) {
    v128_t low = wasm_v128_load(q + i), high = wasm_v128_load(q + n + i);
    v128_t x = wasm_v128_load(r0 + i), y = wasm_v128_load(r1 + i);
    a = step7(low, x, a), e = step7(high, x, e);
    b = step7(low, y, b), f = step7(high, y, f);
    x = wasm_v128_load(r2 + i), y = wasm_v128_load(r3 + i);
    c = step7(low, x, c), g = step7(high, x, g);
    d = step7(low, y, d), h = step7(high, y, h);
  }
  lanes_sum4(joined(a, e), joined(b, f), joined(c, g), joined(d, h), out);
}

#else

void sl_i14_pack(const uint16_t *values, size_t n, void *packed) {
  memcpy(packed, values, n * sizeof *values);
}

uint32_t sl_i14_weigh(const int8_t *x, const int16_t *weights, size_t n, uint32_t shift,
                      void *packed, int32_t *zero) {
  int16_t *values = packed;
  *zero = 0;
#ifdef SL_LANES
  lanes all = lanes_zero();
  for (size_t i = 0; i < n; i += 8) {
    lanes v = weigh8(x + i, weights + i, shift);
    all = or8(all, magnitude8(v));
    memcpy(values + i, &v, sizeof v);
  }
  return whole(all);
#else
  uint32_t all = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t v = (x[i] * (1 << shift) * weights[i] + (1 << 14)) >> 15;
    all |= (uint32_t)(v ^ v >> 31);
    values[i] = (int16_t)v;
  }
  return filled(all);
#endif
}

void sl_dot4_i14_i8(const void *packed, const int8_t *const rows[4], size_t n, int32_t out[4]) {
  sl_dot4_i16_i8(packed, rows, n, out);
}

#endif

int32_t sl_sum_i8(const int8_t *x, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  return sum;
}
