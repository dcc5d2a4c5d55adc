// Based on: K. Goto, R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM
// TOMS 34 (2008), doi:10.1145/1356052.1356053. The tile is 4 x 8 (f32) and 4 x 4 (f64): eight
// accumulators, two vectors of the panel and one splat stay in the 16 registers that V8 has on x64;
// with 6 x 8 some are spilt.
#include "gemm/kernel.h"

#include <string.h>

#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

// One tile of R rows. A macro and no loop over rows: in an array the accumulators would go to memory.
#define STEP(i)                                                                                    \
  {                                                                                                \
    VECTOR x = SPLAT(left[i]);                                                                     \
    s##i##0 += x * b0;                                                                             \
    s##i##1 += x * b1;                                                                             \
  }
#define KEEP(i)                                                                                    \
  {                                                                                                \
    NUMBER *to = sums + (size_t)(i) * stride;                                                      \
    if (add) {                                                                                     \
      s##i##0 = LOAD(to) + s##i##0;                                                                \
      s##i##1 = LOAD(to + LANES) + s##i##1;                                                        \
    }                                                                                              \
    STORE(to, s##i##0);                                                                            \
    STORE(to + LANES, s##i##1);                                                                    \
  }
#define SUM(i) VECTOR s##i##0 = SPLAT(0), s##i##1 = SPLAT(0);
#define EACH_1(M) M(0)
#define EACH_2(M) M(0) M(1)
#define EACH_3(M) M(0) M(1) M(2)
#define EACH_4(M) M(0) M(1) M(2) M(3)
#define TILE(name, R)                                                                              \
  static NOINLINE void name##_##R(uint32_t depth, const NUMBER *left, const NUMBER *right,         \
                                  size_t right_stride, NUMBER *sums, size_t stride, bool add) {    \
    EACH_##R(SUM) for (uint32_t p = 0; p < depth; p++) {                                           \
      VECTOR b0 = LOAD(right), b1 = LOAD(right + LANES);                                           \
      EACH_##R(STEP) left += SL_TILE_ROWS;                                                         \
      right += right_stride;                                                                       \
    }                                                                                              \
    EACH_##R(KEEP)                                                                                 \
  }
#define PANEL(name, tile)                                                                          \
  void name(uint32_t rows, uint32_t depth, const NUMBER *left, const NUMBER *right,                \
            size_t right_stride, NUMBER *sums, size_t stride, bool add) {                          \
    for (; rows >= 4; rows -= 4) {                                                                 \
      tile##_4(depth, left, right, right_stride, sums, stride, add);                               \
      left += (size_t)SL_TILE_ROWS * depth;                                                        \
      sums += SL_TILE_ROWS * stride;                                                               \
    }                                                                                              \
    if (rows == 3) tile##_3(depth, left, right, right_stride, sums, stride, add);                  \
    if (rows == 2) tile##_2(depth, left, right, right_stride, sums, stride, add);                  \
    if (rows == 1) tile##_1(depth, left, right, right_stride, sums, stride, add);                  \
  }

#define NUMBER float
#define VECTOR sl_f32x4
#define LANES 4
#define LOAD sl_f32x4_load
#define STORE sl_f32x4_store
#define SPLAT sl_f32x4_splat
TILE(tile_f32, 1)
TILE(tile_f32, 2)
TILE(tile_f32, 3)
TILE(tile_f32, 4)
PANEL(sl_panel_f32, tile_f32)
#undef NUMBER
#undef VECTOR
#undef LANES
#undef LOAD
#undef STORE
#undef SPLAT

#define NUMBER double
#define VECTOR sl_f64x2
#define LANES 2
#define LOAD sl_f64x2_load
#define STORE sl_f64x2_store
#define SPLAT sl_f64x2_splat
TILE(tile_f64, 1)
TILE(tile_f64, 2)
TILE(tile_f64, 3)
TILE(tile_f64, 4)
PANEL(sl_panel_f64, tile_f64)

// ---- int8 ---------------------------------------------------------------------------------------

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
typedef v128_t pairs8;
static inline pairs8 widen8(const int8_t *p) { return wasm_i16x8_load8x8(p); }
static inline pairs8 wide_pairs(const int16_t *p) { return wasm_v128_load(p); }
static inline pairs8 pair_splat(const int16_t *p) { return wasm_v128_load32_splat(p); }
static inline sl_i32x4 dot_pairs(pairs8 a, pairs8 b) {
  return (sl_i32x4)wasm_i32x4_dot_i16x8(a, b);
}
#define SL_HAS_DOT 1
#elif defined(__SSE2__)
#include <emmintrin.h>
typedef __m128i pairs8;
static inline pairs8 widen8(const int8_t *p) {
  __m128i v = _mm_loadl_epi64((const __m128i *)p);
  return _mm_srai_epi16(_mm_unpacklo_epi8(v, v), 8);
}
static inline pairs8 wide_pairs(const int16_t *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline pairs8 pair_splat(const int16_t *p) {
  int32_t both;
  memcpy(&both, p, sizeof both);
  return _mm_set1_epi32(both);
}
static inline sl_i32x4 dot_pairs(pairs8 a, pairs8 b) { return (sl_i32x4)_mm_madd_epi16(a, b); }
#define SL_HAS_DOT 1
#else
#define SL_HAS_DOT 0
#endif

#if SL_HAS_DOT
#define SUM_I8(i) sl_i32x4 s##i##0 = {0, 0, 0, 0}, s##i##1 = s##i##0;
#define STEP_I8(i)                                                                                 \
  {                                                                                                \
    pairs8 x = pair_splat(left + 2 * (i));                                                         \
    s##i##0 += dot_pairs(x, b0);                                                                   \
    s##i##1 += dot_pairs(x, b1);                                                                   \
  }
#define KEEP_I8(i)                                                                                 \
  {                                                                                                \
    int32_t *to = sums + (size_t)(i) * stride;                                                     \
    sl_i32x4 low = s##i##0, high = s##i##1, old;                                                   \
    if (add) {                                                                                     \
      memcpy(&old, to, sizeof old), low += old;                                                    \
      memcpy(&old, to + 4, sizeof old), high += old;                                               \
    }                                                                                              \
    memcpy(to, &low, sizeof low);                                                                  \
    memcpy(to + 4, &high, sizeof high);                                                            \
  }
// One pair a turn: engines of WebAssembly put all loads of a turn before its arithmetic, and those of
// two turns would push the sums out of the 16 registers that V8 has on x64.
#define TILE_INTEGERS(name, R, NUMBER, WIDE)                                                       \
  static NOINLINE void name##_##R(uint32_t pairs, const int16_t *left, const NUMBER *right,        \
                                  int32_t *sums, size_t stride, bool add) {                        \
    EACH_##R(SUM_I8) for (; pairs > 0; pairs--) {                                                  \
      pairs8 b0 = WIDE(right), b1 = WIDE(right + 8);                                               \
      EACH_##R(STEP_I8) left += 2 * SL_TILE_ROWS;                                                  \
      right += 2 * SL_PANEL_I8;                                                                    \
    }                                                                                              \
    EACH_##R(KEEP_I8)                                                                              \
  }
TILE_INTEGERS(tile_i8, 1, int8_t, widen8)
TILE_INTEGERS(tile_i8, 2, int8_t, widen8)
TILE_INTEGERS(tile_i8, 3, int8_t, widen8)
TILE_INTEGERS(tile_i8, 4, int8_t, widen8)
TILE_INTEGERS(tile_i16, 4, int16_t, wide_pairs)

static void tile_i8(uint32_t rows, uint32_t pairs, const int16_t *left, const int8_t *right,
                    int32_t *sums, size_t stride, bool add) {
  if (rows >= 4) tile_i8_4(pairs, left, right, sums, stride, add);
  if (rows == 3) tile_i8_3(pairs, left, right, sums, stride, add);
  if (rows == 2) tile_i8_2(pairs, left, right, sums, stride, add);
  if (rows == 1) tile_i8_1(pairs, left, right, sums, stride, add);
}
#else
#define PLAIN_TILE(rows)                                                                           \
  {                                                                                                \
    int32_t s[SL_TILE_ROWS][SL_PANEL_I8] = {{0}};                                                  \
    for (uint32_t p = 0; p < pairs; p++, left += 2 * SL_TILE_ROWS, right += 2 * SL_PANEL_I8)       \
      for (uint32_t i = 0; i < rows; i++)                                                          \
        for (uint32_t j = 0; j < SL_PANEL_I8; j++)                                                 \
          s[i][j] += left[2 * i] * right[2 * j] + left[2 * i + 1] * right[2 * j + 1];              \
    for (uint32_t i = 0; i < rows; i++)                                                            \
      for (uint32_t j = 0; j < SL_PANEL_I8; j++)                                                   \
        sums[i * stride + j] = s[i][j] + (add ? sums[i * stride + j] : 0);                         \
  }
static NOINLINE void tile_i8(uint32_t rows, uint32_t pairs, const int16_t *left,
                             const int8_t *right, int32_t *sums, size_t stride, bool add)
    PLAIN_TILE(rows)
static NOINLINE void tile_i16_4(uint32_t pairs, const int16_t *left, const int16_t *right,
                                int32_t *sums, size_t stride, bool add)
    PLAIN_TILE(SL_TILE_ROWS)
#endif

void sl_panel_i8(uint32_t rows, uint32_t pairs, const int16_t *left, const int8_t *right,
                 int32_t *sums, size_t stride, bool add) {
  for (; rows > 0; rows -= rows < 4 ? rows : 4) {
    tile_i8(rows < 4 ? rows : 4, pairs, left, right, sums, stride, add);
    left += (size_t)2 * SL_TILE_ROWS * pairs;
    sums += SL_TILE_ROWS * stride;
  }
}

void sl_panel_i16(uint32_t tiles, uint32_t pairs, const int16_t *left, const int16_t *right,
                  int32_t *sums, size_t stride, bool add) {
  for (; tiles > 0; tiles--) {
    tile_i16_4(pairs, left, right, sums, stride, add);
    left += (size_t)2 * SL_TILE_ROWS * pairs;
    sums += SL_TILE_ROWS * stride;
  }
}

typedef int8_t codes8 __attribute__((vector_size(8)));
typedef int16_t wide8 __attribute__((vector_size(16)));

void sl_widen_panel_i8(const int8_t *from, uint32_t pairs, int16_t *to) {
  for (; pairs > 0; pairs--, from += 2 * SL_PANEL_I8, to += 2 * SL_PANEL_I8) {
    codes8 low, high;
    memcpy(&low, from, sizeof low);
    memcpy(&high, from + 8, sizeof high);
    const wide8 wide[2] = {__builtin_convertvector(low, wide8),
                           __builtin_convertvector(high, wide8)};
    memcpy(to, wide, sizeof wide);
  }
}

// ---- packing ------------------------------------------------------------------------------------

#define PACK_LEFT(name, T)                                                                         \
  void name(const T *from, size_t row_stride, size_t column_stride, uint32_t rows, uint32_t depth, \
            T *to) {                                                                               \
    for (uint32_t first = 0; first < rows; first += SL_TILE_ROWS) {                                \
      uint32_t here = rows - first < SL_TILE_ROWS ? rows - first : SL_TILE_ROWS;                   \
      const T *r0 = from + first * row_stride, *r1 = r0 + (here > 1 ? row_stride : 0),             \
              *r2 = r0 + (here > 2 ? 2 * row_stride : 0),                                          \
              *r3 = r0 + (here > 3 ? 3 * row_stride : 0);                                          \
      for (uint32_t p = 0; p < depth; p++, to += SL_TILE_ROWS) {                                   \
        to[0] = r0[p * column_stride];                                                             \
        to[1] = r1[p * column_stride];                                                             \
        to[2] = r2[p * column_stride];                                                             \
        to[3] = r3[p * column_stride];                                                             \
      }                                                                                            \
    }                                                                                              \
  }
PACK_LEFT(sl_pack_left_f32, float)
PACK_LEFT(sl_pack_left_f64, double)

// Eight elements as int16, seen as four pairs.
static inline sl_i32x4 four_pairs(const int8_t *from) {
  codes8 codes;
  memcpy(&codes, from, sizeof codes);
  return (sl_i32x4) __builtin_convertvector(codes, wide8);
}

// A full tile of rows whose elements lie side by side: two of each row are one number.
static NOINLINE void pack_tile_i8(const int8_t *from, size_t row_stride, uint32_t depth,
                                  int16_t *to) {
  const int8_t *r0 = from, *r1 = r0 + row_stride, *r2 = r1 + row_stride, *r3 = r2 + row_stride;
  uint32_t p = 0;
  for (; p + 8 <= depth; p += 8, to += 32) {
    const sl_i32x4 a = four_pairs(r0 + p), b = four_pairs(r1 + p), c = four_pairs(r2 + p),
                   d = four_pairs(r3 + p);
    const sl_i32x4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
                   cd = __builtin_shufflevector(c, d, 0, 4, 1, 5),
                   ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7),
                   cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    const sl_i32x4 turned[4] = {__builtin_shufflevector(ab, cd, 0, 1, 4, 5),
                                __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                                __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5),
                                __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7)};
    memcpy(to, turned, sizeof turned);
  }
  for (; p < depth; p += 2, to += 8) {
    to[0] = r0[p], to[1] = r0[p + 1];
    to[2] = r1[p], to[3] = r1[p + 1];
    to[4] = r2[p], to[5] = r2[p + 1];
    to[6] = r3[p], to[7] = r3[p + 1];
  }
}

void sl_pack_left_i8(const int8_t *from, size_t row_stride, size_t column_stride, uint32_t rows,
                     uint32_t depth, int16_t *to) {
  for (uint32_t first = 0; first < rows; first += SL_TILE_ROWS) {
    if (rows - first >= SL_TILE_ROWS && column_stride == 1 && depth % 2 == 0) {
      pack_tile_i8(from + first * row_stride, row_stride, depth, to);
      to += (size_t)SL_TILE_ROWS * depth;
      continue;
    }
    for (uint32_t p = 0; p < depth; p += 2)
      for (uint32_t i = 0; i < SL_TILE_ROWS; i++, to += 2) {
        const bool there = first + i < rows;
        const int8_t *at = from + (there ? (first + i) * row_stride + p * column_stride : 0);
        to[0] = there ? at[0] : 0;
        to[1] = there && p + 1 < depth ? at[column_stride] : 0;
      }
  }
}

#define PACK_PANEL(name, T, WIDTH)                                                                 \
  void name(const T *from, size_t row_stride, size_t column_stride, uint32_t depth,                \
            uint32_t columns, T *to) {                                                             \
    if (columns == WIDTH && column_stride == 1) {                                                  \
      for (uint32_t p = 0; p < depth; p++, to += WIDTH, from += row_stride)                        \
        memcpy(to, from, WIDTH * sizeof *to);                                                      \
      return;                                                                                      \
    }                                                                                              \
    for (uint32_t p = 0; p < depth; p++, to += WIDTH, from += row_stride) {                        \
      for (uint32_t j = 0; j < columns; j++) to[j] = from[j * column_stride];                      \
      for (uint32_t j = columns; j < WIDTH; j++) to[j] = 0;                                        \
    }                                                                                              \
  }
PACK_PANEL(sl_pack_panel_f32, float, SL_PANEL_F32)
PACK_PANEL(sl_pack_panel_f64, double, SL_PANEL_F64)

void sl_pack_panel_i8(const int8_t *from, size_t row_stride, size_t column_stride, uint32_t depth,
                      uint32_t columns, int8_t *to) {
  for (uint32_t p = 0; p < depth; p += 2)
    for (uint32_t j = 0; j < SL_PANEL_I8; j++, to += 2) {
      const bool there = j < columns;
      const int8_t *at = from + (there ? p * row_stride + j * column_stride : 0);
      to[0] = there ? at[0] : 0;
      to[1] = there && p + 1 < depth ? at[row_stride] : 0;
    }
}
