// Small random matrices and dense checks for the tests of rooms that work on matrices.
#ifndef SL_TEST_MATRICES_H
#define SL_TEST_MATRICES_H

#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "sparse/csr.h"

#define LARGEST 12 // rows and columns of a dense check

// The matrix as a dense array [LARGEST][LARGEST], entries that are not stored 0.
static inline void to_dense(const sl_csr *matrix, double dense[LARGEST][LARGEST]) {
  memset(dense, 0, sizeof(double) * LARGEST * LARGEST);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      dense[i][matrix->columns[k]] = sl_csr_value(matrix, k);
    }
  }
}

// Fails unless every promise of csr.h about a created matrix holds.
static inline void assert_canonical(const sl_csr *matrix) {
  assert_int_equal(matrix->row_pointers[0], 0);
  assert_int_equal(matrix->row_pointers[matrix->rows], matrix->nnz);
  assert_int_equal(matrix->values == NULL, matrix->value_type == SL_VALUES_PATTERN);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    assert_true(matrix->row_pointers[i] <= matrix->row_pointers[i + 1]);
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      assert_true(matrix->columns[k] < matrix->cols);
      if (k > matrix->row_pointers[i]) assert_true(matrix->columns[k - 1] < matrix->columns[k]);
      double value = sl_csr_value(matrix, k);
      assert_true(value - value == 0);
    }
  }
}

// Fails unless a and b are the same matrix, bit by bit.
static inline void assert_same_matrix(const sl_csr *a, const sl_csr *b) {
  assert_int_equal(a->rows, b->rows);
  assert_int_equal(a->cols, b->cols);
  assert_int_equal(a->nnz, b->nnz);
  assert_int_equal(a->value_type, b->value_type);
  assert_memory_equal(a->row_pointers, b->row_pointers, ((size_t)a->rows + 1) * sizeof(uint32_t));
  assert_memory_equal(a->columns, b->columns, a->nnz * sizeof(uint32_t));
  if (a->values)
    assert_memory_equal(a->values, b->values, a->nnz * sl_csr_value_size(a->value_type));
}

#endif
