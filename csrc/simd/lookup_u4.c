#include "simd/lookup_u4.h"

#include "simd/lanes.h"

uint32_t sl_lookup1_u4(const uint8_t *tables, const uint8_t *row, size_t bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes; i++, tables += 32) {
    sum += tables[row[i] & 15] + (uint32_t)tables[16 + (row[i] >> 4)];
  }
  return sum;
}

#if defined(__wasm_simd128__)

// Bytes of two vectors in turn, of their low and of their high halves.
#define LOW(a, b) wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b)                                                                                 \
  wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

// Rows to columns of 16 x 16 bytes. Putting bytes of vectors i and i + 8 in turn rotates the eight
// bits of a byte's place, (row, column), by one; four times exchanges row and column.
static inline void transpose(lanes x[16]) {
  lanes y[16];
  for (int round = 0; round < 2; round++) {
    SL_UNROLL_ALL
    for (int i = 0; i < 8; i++) {
      y[2 * i] = LOW(x[i], x[i + 8]);
      y[2 * i + 1] = HIGH(x[i], x[i + 8]);
    }
    SL_UNROLL_ALL
    for (int i = 0; i < 8; i++) {
      x[2 * i] = LOW(y[i], y[i + 8]);
      x[2 * i + 1] = HIGH(y[i], y[i + 8]);
    }
  }
}

void sl_lookup16_u4(const uint8_t *tables, const uint8_t *const rows[16], size_t bytes,
                    uint32_t sums[16]) {
  // Steps whose sums stay below 2^16: 8 * 16 bytes * 2 codes * 255.
  enum { STEPS = 8 };
  memset(sums, 0, 16 * sizeof *sums);
  for (size_t from = 0; from < bytes;) {
    // All bytes as 16-bit numbers, and the odd ones alone: the even ones are the difference.
    lanes all = lanes_zero(), odd = all;
    for (int step = 0; step < STEPS && from < bytes; step++, from += SL_LOOKUP_STEP) {
      lanes x[16];
      for (int r = 0; r < 16; r++) x[r] = wasm_v128_load(rows[r] + from);
      transpose(x);
      for (int i = 0; i < 16; i++, tables += 32) {
        lanes low = wasm_v128_and(x[i], wasm_i8x16_splat(15)), high = wasm_u8x16_shr(x[i], 4);
        lanes a = wasm_i8x16_swizzle(wasm_v128_load(tables), low);
        lanes b = wasm_i8x16_swizzle(wasm_v128_load(tables + 16), high);
        all = wasm_i16x8_add(all, wasm_i16x8_add(a, b));
        odd = wasm_i16x8_add(odd, wasm_i16x8_add(wasm_u16x8_shr(a, 8), wasm_u16x8_shr(b, 8)));
      }
    }
    uint16_t both[2][8];
    lanes even = wasm_i16x8_sub(all, wasm_i16x8_shl(odd, 8));
    wasm_v128_store(both[0], even);
    wasm_v128_store(both[1], odd);
    for (int i = 0; i < 16; i++) sums[i] += both[i % 2][i / 2];
  }
}

#else

void sl_lookup16_u4(const uint8_t *tables, const uint8_t *const rows[16], size_t bytes,
                    uint32_t sums[16]) {
  for (int r = 0; r < 16; r++) sums[r] = sl_lookup1_u4(tables, rows[r], bytes);
}

#endif
