#include "simd/bits.h"

#include <string.h>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

static inline uint64_t load64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline uint32_t count_words(const uint8_t *x, const uint8_t *y, size_t bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes; i += 8) {
    sum += (uint64_t)__builtin_popcountll(load64(x + i) ^ load64(y + i));
  }
  return (uint32_t)sum;
}

#ifdef __wasm_simd128__
// Bytes count up to 8 a step, so 31 steps fit a byte; longer vectors are summed in blocks. Short
// ones are counted by words: adding lanes up costs more than that.
enum { STEPS_A_BLOCK = 31, SHORT_BYTES = 32, FOUR_BYTES = 256 };

static inline v128_t count_step(v128_t sum, v128_t x, const uint8_t *y) {
  return wasm_i8x16_add(sum, wasm_i8x16_popcnt(wasm_v128_xor(x, wasm_v128_load(y))));
}

// The bytes of a block added to four sums.
static inline v128_t add_block(v128_t total, v128_t sum) {
  v128_t wide = wasm_u16x8_extadd_pairwise_u8x16(sum);
  return wasm_i32x4_add(total, wasm_u32x4_extadd_pairwise_u16x8(wide));
}

uint32_t sl_hamming1(const uint8_t *x, const uint8_t *y, size_t bytes) {
  if (bytes <= SHORT_BYTES) return count_words(x, y, bytes);
  v128_t total = wasm_i32x4_const_splat(0);
  for (size_t i = 0; i < bytes;) {
    size_t end = bytes - i > STEPS_A_BLOCK * 16 ? i + STEPS_A_BLOCK * 16 : bytes;
    v128_t sum = wasm_i8x16_const_splat(0);
    for (; i < end; i += 16) sum = count_step(sum, wasm_v128_load(x + i), y + i);
    total = add_block(total, sum);
  }
  return (uint32_t)wasm_i32x4_extract_lane(total, 0) + (uint32_t)wasm_i32x4_extract_lane(total, 1) +
         (uint32_t)wasm_i32x4_extract_lane(total, 2) + (uint32_t)wasm_i32x4_extract_lane(total, 3);
}

// One load of the query serves four rows, whose loads do not wait for each other: a quarter less
// time up to 256 bytes. Longer rows that come from memory took twice as long that way as one behind
// the other, which is how the processor fetches ahead.
void sl_hamming4(const uint8_t *query, const uint8_t *const rows[4], size_t bytes,
                 uint32_t out[4]) {
  const uint8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  if (bytes <= SHORT_BYTES || bytes > FOUR_BYTES) {
    for (int r = 0; r < 4; r++) out[r] = sl_hamming1(query, rows[r], bytes);
    return;
  }
  v128_t zero = wasm_i32x4_const_splat(0), e = zero, f = zero, g = zero, h = zero;
  for (size_t i = 0; i < bytes; i += 16) { // no more steps than a byte holds
    v128_t q = wasm_v128_load(query + i);
    e = count_step(e, q, r0 + i);
    f = count_step(f, q, r1 + i);
    g = count_step(g, q, r2 + i);
    h = count_step(h, q, r3 + i);
  }
  v128_t a = add_block(zero, e), b = add_block(zero, f), c = add_block(zero, g),
         d = add_block(zero, h);
  // The sums of four vectors of four lanes in one go.
  v128_t ab =
      wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 4, 2, 6), wasm_i32x4_shuffle(a, b, 1, 5, 3, 7));
  v128_t cd =
      wasm_i32x4_add(wasm_i32x4_shuffle(c, d, 0, 4, 2, 6), wasm_i32x4_shuffle(c, d, 1, 5, 3, 7));
  wasm_v128_store(out, wasm_i32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5),
                                      wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7)));
}
#else
uint32_t sl_hamming1(const uint8_t *x, const uint8_t *y, size_t bytes) {
  return count_words(x, y, bytes);
}

void sl_hamming4(const uint8_t *query, const uint8_t *const rows[4], size_t bytes,
                 uint32_t out[4]) {
  uint64_t a = 0, b = 0, c = 0, d = 0;
  for (size_t i = 0; i < bytes; i += 8) {
    uint64_t q = load64(query + i);
    a += (uint64_t)__builtin_popcountll(q ^ load64(rows[0] + i));
    b += (uint64_t)__builtin_popcountll(q ^ load64(rows[1] + i));
    c += (uint64_t)__builtin_popcountll(q ^ load64(rows[2] + i));
    d += (uint64_t)__builtin_popcountll(q ^ load64(rows[3] + i));
  }
  out[0] = (uint32_t)a, out[1] = (uint32_t)b, out[2] = (uint32_t)c, out[3] = (uint32_t)d;
}
#endif

uint64_t sl_popcount(const uint64_t *bits, size_t words) {
  uint64_t sum = 0;
  for (size_t i = 0; i < words; i++) sum += (uint64_t)__builtin_popcountll(bits[i]);
  return sum;
}
