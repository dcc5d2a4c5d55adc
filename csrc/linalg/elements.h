// Matrices element by element: sums, products and quotients with broadcasting, transposes, copies in
// another precision, norms. Of float32 and float64, in the memory of the matrices of gemm.
//
// Arguments are matrices of F32 or F64 that are not packed. A result goes into a matrix that is there:
// the caller makes it of the shape and precision that are asked for, and may use it again.
#ifndef SL_LINALG_ELEMENTS_H
#define SL_LINALG_ELEMENTS_H

#include <stdint.h>

#include "base/status.h"
#include "gemm/dense_matrix.h"

typedef enum sl_matrix_operation {
  SL_MATRIX_ADD = 0,
  SL_MATRIX_SUBTRACT = 1,
  SL_MATRIX_MULTIPLY = 2, // element by element
  SL_MATRIX_DIVIDE = 3,
} sl_matrix_operation;

typedef enum sl_matrix_norm_kind {
  SL_MATRIX_FROBENIUS = 0,
  SL_MATRIX_ONE = 1,      // largest sum of magnitudes of a column
  SL_MATRIX_INFINITY = 2, // largest sum of magnitudes of a row
  SL_MATRIX_LARGEST = 3,  // largest magnitude
} sl_matrix_norm_kind;

// out = left o right, each element rounded once, in the precision of out.
//   left, right   a matrix of one row is every row of the result, one of one column every column:
//                 (m x n) o (1 x n), (m x 1) o (1 x n), (m x n) o (1 x 1)
//   operation     sl_matrix_operation
//   out           written; of the shape that both have after that; F64 where one of them is, else F32.
//                 It may be left or right
//   Errors: ERR_OPTION ("operation", and the name of a matrix that is packed or rounded), ERR_SHAPE
//   ("right", "out"), ERR_RANGE ("out", of another precision), ERR_STATE ("out", a product is
//   reading it). Division by 0 is as IEEE 754 says. O(rows * columns).
sl_status sl_matrix_combine(const sl_dense_matrix *left, const sl_dense_matrix *right,
                            uint32_t operation, sl_dense_matrix *out);

// out = matrix^T, of the precision of the matrix; another matrix.
//   Errors: ERR_OPTION, ERR_SHAPE ("out"), ERR_RANGE ("out"), ERR_ARGUMENT ("out": the matrix itself),
//   ERR_STATE. O(rows * columns).
sl_status sl_matrix_transpose(const sl_dense_matrix *matrix, sl_dense_matrix *out);

// out = matrix, in the precision of out: to F32 rounded to nearest, infinite above its range.
//   Errors: ERR_OPTION, ERR_SHAPE ("out"), ERR_STATE. O(rows * columns).
sl_status sl_matrix_convert(const sl_dense_matrix *matrix, sl_dense_matrix *out);

// A norm, with sums in f64; 0 of a matrix without elements, NaN where an element is NaN.
//   kind   sl_matrix_norm_kind
//   out    one f64, written
//   Errors: ERR_OPTION ("kind", "matrix"). O(rows * columns).
sl_status sl_matrix_norm(const sl_dense_matrix *matrix, uint32_t kind, double *out);

#endif
