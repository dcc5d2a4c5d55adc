#include "simd/distance_u4.h"

#include "simd/lanes.h"

// Elements are `bits` wide; their shift within a 16-bit number grows with the element.
static inline __attribute__((always_inline)) void pack(const uint8_t *values, size_t n,
                                                       uint8_t *codes, uint32_t bits) {
  size_t group = 128 / bits;
  for (size_t from = 0; from < n; from += group, codes += 16) {
    for (size_t l = 0; l < 8; l++) {
      uint32_t number = 0;
      for (size_t k = 0; k < 16 / bits; k++) {
        number |= (uint32_t)values[from + 8 * k + l] << bits * k;
      }
      codes[2 * l] = (uint8_t)number;
      codes[2 * l + 1] = (uint8_t)(number >> 8);
    }
  }
}

static inline __attribute__((always_inline)) void unpack(const uint8_t *codes, size_t n,
                                                         uint8_t *values, uint32_t bits) {
  size_t group = 128 / bits;
  for (size_t from = 0; from < n; from += group, codes += 16) {
    for (size_t l = 0; l < 8; l++) {
      uint32_t number = codes[2 * l] | (uint32_t)codes[2 * l + 1] << 8;
      for (size_t k = 0; k < 16 / bits; k++) {
        values[from + 8 * k + l] = (uint8_t)(number >> bits * k & ((1u << bits) - 1));
      }
    }
  }
}

void sl_u4_pack(const uint8_t *values, size_t n, uint8_t *codes) { pack(values, n, codes, 4); }
void sl_u2_pack(const uint8_t *values, size_t n, uint8_t *codes) { pack(values, n, codes, 2); }
void sl_u4_unpack(const uint8_t *codes, size_t n, uint8_t *values) { unpack(codes, n, values, 4); }
void sl_u2_unpack(const uint8_t *codes, size_t n, uint8_t *values) { unpack(codes, n, values, 2); }

#ifdef SL_LANES

#if defined(__wasm_simd128__)
#define SHIFT(x, by) wasm_u16x8_shr(x, by)
static inline lanes load(const void *p) { return wasm_v128_load(p); }
static inline lanes masked(lanes x, uint16_t mask) {
  return wasm_v128_and(x, wasm_u16x8_splat(mask));
}
static inline lanes add_products(lanes q, lanes x, lanes sum) {
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(x, q));
}
#else
#define SHIFT(x, by) _mm_srli_epi16(x, by)
static inline lanes load(const void *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline lanes masked(lanes x, uint16_t mask) {
  return _mm_and_si128(x, _mm_set1_epi16((short)mask));
}
static inline lanes add_products(lanes q, lanes x, lanes sum) {
  return _mm_add_epi32(sum, _mm_madd_epi16(x, q));
}
#endif

static inline lanes step4(lanes q0, lanes q1, lanes q2, lanes q3, const uint8_t *codes, lanes sum) {
  lanes x = load(codes);
  sum = add_products(q0, masked(x, 15), sum);
  sum = add_products(q1, masked(SHIFT(x, 4), 15), sum);
  sum = add_products(q2, masked(SHIFT(x, 8), 15), sum);
  return add_products(q3, SHIFT(x, 12), sum);
}

void sl_dot4_i16_u4(const int16_t *query, const uint8_t *const rows[4], size_t n, int32_t out[4]) {
  const uint8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  lanes a = lanes_zero(), b = a, c = a, d = a;
  for (size_t i = 0; i < n; i += SL_U4_STEP) {
    lanes q0 = load(query + i), q1 = load(query + i + 8);
    lanes q2 = load(query + i + 16), q3 = load(query + i + 24);
    a = step4(q0, q1, q2, q3, r0 + i / 2, a);
    b = step4(q0, q1, q2, q3, r1 + i / 2, b);
    c = step4(q0, q1, q2, q3, r2 + i / 2, c);
    d = step4(q0, q1, q2, q3, r3 + i / 2, d);
  }
  lanes_sum4(a, b, c, d, out);
}

static inline lanes step2(const int16_t *q, const uint8_t *codes, lanes sum) {
  lanes x = load(codes);
  sum = add_products(load(q), masked(x, 3), sum);
  sum = add_products(load(q + 8), masked(SHIFT(x, 2), 3), sum);
  sum = add_products(load(q + 16), masked(SHIFT(x, 4), 3), sum);
  sum = add_products(load(q + 24), masked(SHIFT(x, 6), 3), sum);
  sum = add_products(load(q + 32), masked(SHIFT(x, 8), 3), sum);
  sum = add_products(load(q + 40), masked(SHIFT(x, 10), 3), sum);
  sum = add_products(load(q + 48), masked(SHIFT(x, 12), 3), sum);
  return add_products(load(q + 56), SHIFT(x, 14), sum);
}

void sl_dot4_i16_u2(const int16_t *query, const uint8_t *const rows[4], size_t n, int32_t out[4]) {
  const uint8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  lanes a = lanes_zero(), b = a, c = a, d = a;
  for (size_t i = 0; i < n; i += SL_U2_STEP) {
    a = step2(query + i, r0 + i / 4, a);
    b = step2(query + i, r1 + i / 4, b);
    c = step2(query + i, r2 + i / 4, c);
    d = step2(query + i, r3 + i / 4, d);
  }
  lanes_sum4(a, b, c, d, out);
}

#else

static inline __attribute__((always_inline)) void
dot4(const int16_t *query, const uint8_t *const rows[4], size_t n, uint32_t bits, int32_t out[4]) {
  size_t group = 128 / bits;
  for (int r = 0; r < 4; r++) {
    int32_t sum = 0;
    const uint8_t *codes = rows[r];
    for (size_t from = 0; from < n; from += group, codes += 16) {
      for (size_t l = 0; l < 8; l++) {
        uint32_t number = codes[2 * l] | (uint32_t)codes[2 * l + 1] << 8;
        for (size_t k = 0; k < 16 / bits; k++) {
          sum += query[from + 8 * k + l] * (int32_t)(number >> bits * k & ((1u << bits) - 1));
        }
      }
    }
    out[r] = sum;
  }
}

void sl_dot4_i16_u4(const int16_t *query, const uint8_t *const rows[4], size_t n, int32_t out[4]) {
  dot4(query, rows, n, 4, out);
}
void sl_dot4_i16_u2(const int16_t *query, const uint8_t *const rows[4], size_t n, int32_t out[4]) {
  dot4(query, rows, n, 2, out);
}

#endif
