// Products of small dense matrices of f32 as forward and backward passes need them: operands of any
// strides, so that a transposed one is the same array, and sums added to what is there. Nothing is
// allocated. Internal to the rooms that learn.
//
// The order of summation is that of gemm/product.h, the same bits in every build.
#ifndef SL_TRAIN_MATRIX_H
#define SL_TRAIN_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An operand: element (i, j) is data[i * row + j * column].
typedef struct sl_operand {
  const float *data;
  size_t row, column;
} sl_operand;

// Rows side by side with `columns` numbers each, and the same array transposed.
static inline sl_operand sl_rows_of(const float *data, size_t columns) {
  return (sl_operand){data, columns, 1};
}
static inline sl_operand sl_columns_of(const float *data, size_t columns) {
  return (sl_operand){data, 1, columns};
}

// f32 of work space that a product takes, at most.
enum { SL_MULTIPLY_WORK = 64 * 256 + 256 * 8 + 64 * 8 };

// out = alpha left right, or out + alpha left right where `add`.
//   left    rows x depth, read
//   right   depth x columns, read
//   out     rows x columns, columns side by side, `out_stride` numbers from one row to the next; read
//           where `add`, written; not an operand
//   work    SL_MULTIPLY_WORK, written
//   depth 0: out = 0. O(rows * depth * columns).
void sl_multiply(uint32_t rows, uint32_t depth, uint32_t columns, float alpha, sl_operand left,
                 sl_operand right, float *out, size_t out_stride, bool add, float *work);

#endif
