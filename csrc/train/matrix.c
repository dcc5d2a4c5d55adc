#include "train/matrix.h"

#include <string.h>

#include "gemm/kernel.h"
#include "simd/simd.h"

static void keep(uint32_t rows, uint32_t columns, float alpha, const float *sums, float *out,
                 size_t out_stride, bool add) {
  for (uint32_t i = 0; i < rows; i++, sums += SL_PANEL_F32, out += out_stride) {
    if (columns == SL_PANEL_F32) {
      sl_f32x4 low = alpha * sl_f32x4_load(sums), high = alpha * sl_f32x4_load(sums + 4);
      if (add) {
        low += sl_f32x4_load(out);
        high += sl_f32x4_load(out + 4);
      }
      sl_f32x4_store(out, low);
      sl_f32x4_store(out + 4, high);
      continue;
    }
    for (uint32_t j = 0; j < columns; j++) out[j] = alpha * sums[j] + (add ? out[j] : 0);
  }
}

void sl_multiply(uint32_t rows, uint32_t depth, uint32_t columns, float alpha, sl_operand left,
                 sl_operand right, float *out, size_t out_stride, bool add, float *work) {
  float *packed = work, *panel = packed + SL_BLOCK_ROWS * SL_BLOCK_DEPTH;
  float *sums = panel + SL_BLOCK_DEPTH * SL_PANEL_F32;
  if (depth == 0 && !add)
    for (uint32_t i = 0; i < rows; i++) memset(out + i * out_stride, 0, columns * sizeof *out);
  for (uint32_t i = 0; i < rows; i += SL_BLOCK_ROWS) {
    const uint32_t high = rows - i < SL_BLOCK_ROWS ? rows - i : SL_BLOCK_ROWS;
    for (uint32_t p = 0; p < depth; p += SL_BLOCK_DEPTH) {
      const uint32_t deep = depth - p < SL_BLOCK_DEPTH ? depth - p : SL_BLOCK_DEPTH;
      sl_pack_left_f32(left.data + i * left.row + p * left.column, left.row, left.column, high,
                       deep, packed);
      for (uint32_t j = 0; j < columns; j += SL_PANEL_F32) {
        const uint32_t wide = columns - j < SL_PANEL_F32 ? columns - j : SL_PANEL_F32;
        const float *from = right.data + p * right.row + j * right.column;
        size_t stride = right.row;
        if (wide < SL_PANEL_F32 || right.column != 1) {
          sl_pack_panel_f32(from, right.row, right.column, deep, wide, panel);
          from = panel;
          stride = SL_PANEL_F32;
        }
        sl_panel_f32(high, deep, packed, from, stride, sums, SL_PANEL_F32, false);
        keep(high, wide, alpha, sums, out + i * out_stride + j, out_stride, add || p > 0);
      }
    }
  }
}
