// SparseMatrix: compressed sparse rows (CSR), the one matrix format of the library.
//
// Canonical form, checked or made once when the matrix is created and true ever after:
//   row_pointers[0] = 0, non-decreasing, row_pointers[rows] = nnz
//   in each row the columns are strictly increasing (sorted, no duplicate), each < cols
//   every value is finite; explicit zeros are kept
// A created matrix is immutable, so that what is derived from it (the class) stays true.
#ifndef SL_SPARSE_CSR_H
#define SL_SPARSE_CSR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Type of the stored values. PATTERN stores none: every entry counts as 1.
typedef enum sl_value_type {
  SL_VALUES_PATTERN = 0,
  SL_VALUES_F32 = 1,
  SL_VALUES_F64 = 2,
} sl_value_type;

// Facts about a matrix; see sl_csr_classify.
typedef struct sl_matrix_class {
  bool square;
  bool symmetric;         // structure and values exactly
  bool positive_diagonal; // every a_ii stored and > 0
  bool zero_diagonal;     // some a_ii is missing or 0; the first such row follows
  uint32_t zero_diagonal_row;
  bool nonpositive_off_diagonal; // a_ij <= 0 for i != j
  bool laplacian;                // symmetric, off-diagonals <= 0, every row sum zero up to rounding
  bool m_matrix; // nonsingular M-matrix, proved: off-diagonals <= 0, diagonal > 0, and strictly row
                 // or column dominant
  // slack_i = |a_ii| - sum_{j != i} |a_ij|, each rounded down so that a positive value is proved.
  double min_row_slack;          // over all rows; > 0: strictly row dominant
  double min_column_slack;       // over all columns; > 0: strictly column dominant
  double min_relative_row_slack; // min over rows of slack_i / |a_ii|; -inf with a zero diagonal
  double min_relative_column_slack;
  double norm_inf;      // max over rows of sum |a_ij|
  double norm_1;        // max over columns of sum |a_ij|
  uint32_t max_row_nnz; // longest row
} sl_matrix_class;

typedef struct sl_csr {
  uint32_t rows, cols;
  uint32_t nnz;
  sl_value_type value_type;
  uint32_t *row_pointers; // rows + 1
  uint32_t *columns;      // nnz
  void *values;           // nnz of value_type; NULL for PATTERN
  bool classified;        // matrix_class is filled in
  // A solver has looked for components with null vectors of known signs, and found none; it need not again.
  bool has_no_null_vectors;
  sl_matrix_class matrix_class;
} sl_csr;

// Builds from coordinates. Entries with the same (row, column) are summed in f64 in the order
// given.
//   rows, cols                    1 .. 2^32 - 2
//   row_indices, column_indices   count entries, read; any order
//   values                        count entries of value_type, read; NULL exactly for PATTERN
//                                 (duplicates then become one entry)
//   Errors: ERR_EMPTY (rows or cols 0), ERR_OVERFLOW, ERR_INDEX ("row_indices" or
//           "column_indices", position), ERR_NOT_FINITE ("values", position; a sum that overflows
//           has no position), ERR_MEMORY, ERR_ARGUMENT (values and value_type disagree).
//   Allocates. O(count + rows + cols); scratch 1 copy of the entries. Safe on untrusted data: yes.
sl_status sl_csr_from_coo(uint32_t rows, uint32_t cols, uint32_t count, const uint32_t *row_indices,
                          const uint32_t *column_indices, const void *values,
                          sl_value_type value_type, sl_csr **out);

// Builds an n x n matrix from half of its entries: each one off the diagonal stands for its mirror
// image as well, with the other sign when `skew`. Otherwise as above: places given twice, or from
// both sides, are summed.
//   Errors: as above; ERR_OVERFLOW also when the mirror images make 2^32 entries.
sl_status sl_csr_from_half(uint32_t n, uint32_t count, const uint32_t *row_indices,
                           const uint32_t *column_indices, const void *values,
                           sl_value_type value_type, bool skew, sl_csr **out);

// Builds from CSR arrays (copied). Rows may be unsorted and hold duplicates: they are then sorted
// and summed; canonical input is copied as it is.
//   row_pointers   rows + 1, read
//   columns        nnz, read
//   values         nnz, read; NULL exactly for PATTERN
//   pointer_count, column_count, value_count   lengths of the arrays, checked against each other
//   Errors: as above and ERR_SHAPE ("row_pointers": length, start or end; "values": length),
//           ERR_ARGUMENT ("row_pointers", position: decreasing).
//   Allocates. O(nnz + rows) when canonical. Safe on untrusted data: yes.
sl_status sl_csr_from_csr(uint32_t rows, uint32_t cols, const uint32_t *row_pointers,
                          size_t pointer_count, const uint32_t *columns, size_t column_count,
                          const void *values, size_t value_count, sl_value_type value_type,
                          sl_csr **out);

// Takes over arrays that were allocated with sl_alloc and are canonical already (a builder's
// output; checked by assert only). On failure the arrays are freed.
sl_status sl_csr_adopt(uint32_t rows, uint32_t cols, uint32_t *row_pointers, uint32_t *columns,
                       void *values, sl_value_type value_type, sl_csr **out);

// A matrix of its own with the same entries. Errors: ERR_MEMORY. Allocates. O(nnz + rows).
sl_status sl_csr_copy(const sl_csr *matrix, sl_csr **out);

// Frees it. NULL is allowed.
void sl_csr_destroy(sl_csr *matrix);

// New matrix A^T with the same value type. Errors: ERR_MEMORY. Allocates. O(nnz + rows + cols).
sl_status sl_csr_transpose(const sl_csr *matrix, sl_csr **out);

// Bytes held, the object itself included.
size_t sl_csr_bytes(const sl_csr *matrix);

// Bytes that a matrix of this size will hold, before building it; SIZE_MAX when it cannot exist.
size_t sl_csr_estimate_bytes(uint32_t rows, uint32_t nnz, sl_value_type value_type);

// Bytes of one stored value: 8, 4 or 0.
static inline size_t sl_csr_value_size(sl_value_type type) {
  return type == SL_VALUES_F64 ? sizeof(double) : type == SL_VALUES_F32 ? sizeof(float) : 0;
}

// Entry k (0 <= k < nnz) of the value array as f64; 1 for PATTERN.
static inline double sl_csr_value(const sl_csr *matrix, size_t k) {
  switch (matrix->value_type) {
  case SL_VALUES_F64:
    return ((const double *)matrix->values)[k];
  case SL_VALUES_F32:
    return (double)((const float *)matrix->values)[k];
  default:
    return 1.0;
  }
}

// The same out of line: smaller, for loops in which the call is not what costs.
double sl_csr_entry(const sl_csr *matrix, size_t k);

// a_ij, or 0 when it is not stored. Errors: ERR_INDEX ("row" or "column"). O(log row length).
sl_status sl_csr_get(const sl_csr *matrix, uint32_t row, uint32_t column, double *out);

// diagonal[i] = a_ii (0 when not stored) for i < min(rows, cols); diagonal is written. O(nnz).
void sl_csr_diagonal(const sl_csr *matrix, double *diagonal);

// Facts about the matrix, computed on the first call and kept: one pass over the entries, with
// 4 bytes of scratch a row when it is symmetric and 20 when it is not. Errors: ERR_MEMORY.
// O(nnz + rows + cols).
sl_status sl_csr_classify(sl_csr *matrix, const sl_matrix_class **out);

// The same facts as plain numbers, for hosts that cannot read the struct: flags are 0 or 1.
//   0 square, 1 symmetric, 2 positive_diagonal, 3 the first row with a zero diagonal or -1,
//   4 nonpositive_off_diagonal, 5 laplacian, 6 m_matrix, 7 min_row_slack, 8 min_column_slack,
//   9 min_relative_row_slack, 10 min_relative_column_slack, 11 norm_inf, 12 norm_1, 13 max_row_nnz
//   out: SL_MATRIX_FACTS numbers, written.
#define SL_MATRIX_FACTS 14
sl_status sl_csr_facts(sl_csr *matrix, double *out);

// slack_i = |a_ii| - sum_{j != i} |a_ij| of row `row`, rounded down. O(row length).
double sl_csr_row_slack(const sl_csr *matrix, uint32_t row);

// A sum of `terms` absolute values computed in any order is at least (1 - terms u) of the exact
// one; scaled by 1 + (terms + 2) 2^-52 it is an upper bound, over the scaling's own rounding too.
static inline double sl_sum_upper(double sum, double terms) {
  return sum * (1 + (terms + 2) * 0x1p-52);
}

// |diagonal| - off-diagonal sum of `terms` absolute values, rounded down.
static inline double sl_slack_lower(double diagonal, double off_sum, double terms) {
  double slack = diagonal - sl_sum_upper(off_sum, terms);
  double size = slack < 0 ? -slack : slack;
  return slack - size * 0x1p-52;
}

#endif
