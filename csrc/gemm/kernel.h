// The innermost loops of products: a few packed rows of the left operand times one panel of the
// right one. Internal to the rooms gemm and attention.
//
// Packed left operand, `depth` deep: tiles of SL_TILE_ROWS rows, of each tile for every place p the
// SL_TILE_ROWS elements of column p, zeros where rows are missing. Packed right operand: panels of
// SL_PANEL_F32 (SL_PANEL_F64) columns, of each panel for every p the elements of row p, zeros where
// columns are missing.
//
// Order of summation, in every build the same: over p = 0, 1, 2, ... into one number of the
// operands' type, products rounded before they are added. Integers are exact.
#ifndef SL_GEMM_KERNEL_H
#define SL_GEMM_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  SL_TILE_ROWS = 4,
  SL_PANEL_F32 = 8,
  SL_PANEL_F64 = 4,
  SL_PANEL_I8 = 8,
  // A sum over more than this is made of the sums of blocks, added in their order.
  SL_BLOCK_DEPTH = 256,
  SL_BLOCK_ROWS = 64,
};

// sums[i * stride + j] = the product, or += where `add`.
//   rows      1 and more; tiles that are not full are computed as far as there are rows
//   left      packed, ceil(rows / 4) tiles; read
//   right     a panel; `right_stride` elements from one p to the next (8 where it is packed); read
//   sums      rows x 8 (4 for f64); read where `add`, written
// O(rows * depth).
void sl_panel_f32(uint32_t rows, uint32_t depth, const float *left, const float *right,
                  size_t right_stride, float *sums, size_t stride, bool add);
void sl_panel_f64(uint32_t rows, uint32_t depth, const double *left, const double *right,
                  size_t right_stride, double *sums, size_t stride, bool add);

// The same of int8 in pairs: left[tile][pair][row][2] as int16, right[pair][column][2].
//   pairs    ceil(depth / 2); sums of up to 2^17 products of int8 fit into an int32
void sl_panel_i8(uint32_t rows, uint32_t pairs, const int16_t *left, const int8_t *right,
                 int32_t *sums, size_t stride, bool add);

// The same of a panel that was widened before, which is as much faster as there are rows that share
// it; of whole tiles: sums has 4 rows for each of them.
void sl_panel_i16(uint32_t tiles, uint32_t pairs, const int16_t *left, const int16_t *right,
                  int32_t *sums, size_t stride, bool add);
// A packed panel of int8 as int16: pairs x 8 x 2 elements, read and written.
void sl_widen_panel_i8(const int8_t *from, uint32_t pairs, int16_t *to);

// Packs rows x depth elements of `from` (element (i, p) at i * row_stride + p * column_stride).
void sl_pack_left_f32(const float *from, size_t row_stride, size_t column_stride, uint32_t rows,
                      uint32_t depth, float *to);
void sl_pack_left_f64(const double *from, size_t row_stride, size_t column_stride, uint32_t rows,
                      uint32_t depth, double *to);
void sl_pack_left_i8(const int8_t *from, size_t row_stride, size_t column_stride, uint32_t rows,
                     uint32_t depth, int16_t *to);

// Packs one panel: depth x `columns` (1 .. 8, or .. 4 for f64) elements of `from`.
void sl_pack_panel_f32(const float *from, size_t row_stride, size_t column_stride, uint32_t depth,
                       uint32_t columns, float *to);
void sl_pack_panel_f64(const double *from, size_t row_stride, size_t column_stride, uint32_t depth,
                       uint32_t columns, double *to);
void sl_pack_panel_i8(const int8_t *from, size_t row_stride, size_t column_stride, uint32_t depth,
                      uint32_t columns, int8_t *to);

#endif
