#include "simd/bits.h"

#include <string.h>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#ifdef __wasm_simd128__
// Bytes count up to 8 a step, so 31 steps fit a byte; longer vectors are summed in blocks.
enum { STEPS_A_BLOCK = 31 };

uint32_t sl_hamming1(const uint8_t *x, const uint8_t *y, size_t bytes) {
  v128_t total = wasm_i32x4_const_splat(0);
  size_t i = 0;
  while (i < bytes) {
    size_t end = bytes - i > STEPS_A_BLOCK * 16 ? i + STEPS_A_BLOCK * 16 : bytes;
    v128_t sum = wasm_i8x16_const_splat(0);
    for (; i < end; i += 16) {
      v128_t differ = wasm_v128_xor(wasm_v128_load(x + i), wasm_v128_load(y + i));
      sum = wasm_i8x16_add(sum, wasm_i8x16_popcnt(differ));
    }
    v128_t wide = wasm_u16x8_extadd_pairwise_u8x16(sum);
    total = wasm_i32x4_add(total, wasm_u32x4_extadd_pairwise_u16x8(wide));
  }
  return (uint32_t)wasm_i32x4_extract_lane(total, 0) + (uint32_t)wasm_i32x4_extract_lane(total, 1) +
         (uint32_t)wasm_i32x4_extract_lane(total, 2) + (uint32_t)wasm_i32x4_extract_lane(total, 3);
}
#else
static inline uint64_t load64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

uint32_t sl_hamming1(const uint8_t *x, const uint8_t *y, size_t bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes; i += 8) {
    sum += (uint64_t)__builtin_popcountll(load64(x + i) ^ load64(y + i));
  }
  return (uint32_t)sum;
}
#endif

void sl_hamming4(const uint8_t *query, const uint8_t *const rows[4], size_t bytes,
                 uint32_t out[4]) {
  for (int r = 0; r < 4; r++) out[r] = sl_hamming1(query, rows[r], bytes);
}

uint64_t sl_popcount(const uint64_t *bits, size_t words) {
  uint64_t sum = 0;
  for (size_t i = 0; i < words; i++) sum += (uint64_t)__builtin_popcountll(bits[i]);
  return sum;
}
