// DenseMatrix: a matrix in the library's memory, as it comes (row by row) or packed for being the
// right operand of products.
//
// A packed matrix costs a product no rearranging, however often it is used; it may be int8 or 4-bit,
// which takes 1/4 and about 1/7 of the memory of f32. Shapes are those of x W: `rows` inputs,
// `columns` outputs. Files of models keep weights the other way round: `transposed`.
#ifndef SL_GEMM_DENSE_MATRIX_H
#define SL_GEMM_DENSE_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// How elements are kept.
//   I8   value = scale of its column * code, codes -127 .. 127 (-128 in codes that are given)
//   I4   value = scale of its column and group * code, codes -8 .. 7; a group is 32 rows, its scale
//        binary16
typedef enum sl_element {
  SL_ELEMENT_F32 = 1,
  SL_ELEMENT_F64 = 2,
  SL_ELEMENT_I8 = 3,
  SL_ELEMENT_I4 = 4,
} sl_element;

enum { SL_GROUP_ROWS = 32 };

typedef struct sl_dense_matrix {
  uint32_t rows, columns;
  uint32_t element; // sl_element
  bool packed;      // I8 and I4 always are
  void *data;       // row by row, or packed; owned
  float *scales;    // of I8: one a column, padded to a panel; else NULL
  size_t bytes;     // of data and scales
  uint32_t holders; // products that are reading it, and whoever made it
} sl_dense_matrix;

// Zeros, not packed. F32 or F64. rows or columns may be 0.
//   Errors: ERR_OPTION ("element"), ERR_MEMORY, ERR_OVERFLOW. O(rows * columns).
sl_status sl_dense_matrix_create(uint32_t rows, uint32_t columns, uint32_t element,
                                 sl_dense_matrix **out);

// A matrix with a copy of values, converted to `element`: F64 to F32 is rounded; I8 is
// round(value / scale) to even with scale = largest |value| of the column / 127; I4 the same of each
// group with scale = largest |value| / 8 of the opposite sign, rounded to binary16 (Q4_0 of GGUF).
//   values       count elements of value_type (F32, F64, I8); element (i, j) at i * columns + j, or
//                at j * rows + i where `transposed`
//   count        rows * columns
//   scales       of values that are I8 codes: one a column, or NULL for 1; else not read
//   scale_count  columns, or 0 for NULL
//   packed       F32 and F64 only: the others always are
//   Errors: ERR_OPTION ("element", "value_type": I8 codes become I8 only), ERR_SHAPE ("values",
//   "scales"), ERR_NOT_FINITE ("values", of what is to become I8 or I4; "scales"), ERR_MEMORY,
//   ERR_OVERFLOW. O(rows * columns).
sl_status sl_dense_matrix_from(const void *values, size_t count, uint32_t value_type, uint32_t rows,
                               uint32_t columns, uint32_t transposed, uint32_t element,
                               uint32_t packed, const float *scales, uint32_t scale_count,
                               sl_dense_matrix **out);

// Frees it, or leaves that to the last product that is reading it. NULL is allowed.
void sl_dense_matrix_destroy(sl_dense_matrix *matrix);

// Packs it where it lies row by row; nothing happens where it is packed. It takes twice its memory
// while it does. Errors: ERR_STATE (a product is reading it), ERR_MEMORY; it stays as it was.
// O(rows * columns).
sl_status sl_dense_matrix_pack(sl_dense_matrix *matrix);

// The elements row by row.
//   first_row, row_count   which
//   out                    row_count * columns f32, of an F64 matrix f64; written
//   Errors: ERR_INDEX ("first_row", "row_count"). O(row_count * columns).
sl_status sl_dense_matrix_read(const sl_dense_matrix *matrix, uint32_t first_row,
                               uint32_t row_count, void *out);

// Rows by number: out[i] = row indices[i]; the table of an embedding.
//   count   of indices
//   out     count * columns f32 (f64); written
//   Errors: ERR_INDEX ("indices", with its position; nothing is written). O(count * columns).
sl_status sl_dense_matrix_gather(const sl_dense_matrix *matrix, const uint32_t *indices,
                                 uint32_t count, void *out);

// Bytes held, the object itself included; and those that a matrix will hold, as a number.
size_t sl_dense_matrix_bytes(const sl_dense_matrix *matrix);
double sl_dense_matrix_estimate(uint32_t rows, uint32_t columns, uint32_t element, uint32_t packed);

// ---- internal to the room -----------------------------------------------------------------------

// Where packed data lie. A block is SL_BLOCK_DEPTH rows of all columns (all rows for I8): panel j of
// the block that begins with row `first`, which is `depth` rows deep.
const void *sl_dense_matrix_panel(const sl_dense_matrix *matrix, uint32_t first, uint32_t panel);

// Codes of I8 as f32 (their scales are left to the caller), values of I4: a panel as f32.
void sl_dense_matrix_unpack(const sl_dense_matrix *matrix, uint32_t first, uint32_t depth,
                            uint32_t panel, float *out);

// One more holder; sl_dense_matrix_destroy for each.
static inline void sl_dense_matrix_hold(sl_dense_matrix *matrix) { matrix->holders++; }

uint32_t sl_dense_matrix_panels(uint32_t columns, uint32_t element);

#endif
