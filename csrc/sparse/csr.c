#include "sparse/csr.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

#ifndef NDEBUG
static bool is_canonical(uint32_t rows, uint32_t cols, const uint32_t *row_pointers,
                         const uint32_t *columns) {
  if (row_pointers[0] != 0) return false;
  for (uint32_t i = 0; i < rows; i++) {
    if (row_pointers[i + 1] < row_pointers[i]) return false;
    for (uint32_t k = row_pointers[i]; k < row_pointers[i + 1]; k++) {
      if (columns[k] >= cols) return false;
      if (k > row_pointers[i] && columns[k] <= columns[k - 1]) return false;
    }
  }
  return true;
}
#endif

// Puts the arrays into an object, canonical or not; frees them on failure.
static sl_status wrap(uint32_t rows, uint32_t cols, uint32_t *row_pointers, uint32_t *columns,
                      void *values, sl_value_type value_type, sl_csr **out) {
  sl_csr *matrix;
  sl_status status = SL_ALLOC_ZERO(&matrix, 1);
  if (status != SL_OK) {
    sl_free(row_pointers);
    sl_free(columns);
    sl_free(values);
    *out = NULL;
    return status;
  }
  matrix->rows = rows;
  matrix->cols = cols;
  matrix->nnz = row_pointers[rows];
  matrix->value_type = value_type;
  matrix->row_pointers = row_pointers;
  matrix->columns = columns;
  matrix->values = values;
  *out = matrix;
  return SL_OK;
}

sl_status sl_csr_adopt(uint32_t rows, uint32_t cols, uint32_t *row_pointers, uint32_t *columns,
                       void *values, sl_value_type value_type, sl_csr **out) {
  assert(is_canonical(rows, cols, row_pointers, columns));
  assert((values == NULL) == (value_type == SL_VALUES_PATTERN));
  return wrap(rows, cols, row_pointers, columns, values, value_type, out);
}

void sl_csr_destroy(sl_csr *matrix) {
  if (matrix == NULL) return;
  sl_free(matrix->row_pointers);
  sl_free(matrix->columns);
  sl_free(matrix->values);
  sl_free(matrix);
}

size_t sl_csr_bytes(const sl_csr *matrix) {
  return sl_csr_estimate_bytes(matrix->rows, matrix->nnz, matrix->value_type);
}

size_t sl_csr_estimate_bytes(uint32_t rows, uint32_t nnz, sl_value_type value_type) {
  uint64_t bytes = sizeof(sl_csr) + ((uint64_t)rows + 1) * sizeof(uint32_t) +
                   (uint64_t)nnz * (sizeof(uint32_t) + sl_csr_value_size(value_type));
  return bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

// A stable counting sort by column. With rows visited in ascending order the result is sorted, also
// when the matrix is not canonical yet (csr_build.c sorts by transposing twice).
static void scatter_by_column(const sl_csr *matrix, uint32_t *next, uint32_t *rows_out,
                              void *values_out) {
  const uint32_t *columns = matrix->columns;
  const double *from64 = matrix->values;
  const float *from32 = matrix->values;
  double *to64 = values_out;
  float *to32 = values_out;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      uint32_t place = next[columns[k]]++;
      rows_out[place] = i;
      if (matrix->value_type == SL_VALUES_F64)
        to64[place] = from64[k];
      else if (matrix->value_type == SL_VALUES_F32)
        to32[place] = from32[k];
    }
  }
}

sl_status sl_csr_transpose(const sl_csr *matrix, sl_csr **out) {
  *out = NULL;
  uint32_t *pointers = NULL, *rows = NULL;
  void *values = NULL;
  uint32_t cols = matrix->cols;
  sl_status status = SL_ALLOC_ZERO(&pointers, (size_t)cols + 1);
  if (status == SL_OK) status = SL_ALLOC(&rows, matrix->nnz);
  if (status == SL_OK && matrix->value_type != SL_VALUES_PATTERN) {
    status = sl_alloc(matrix->nnz, sl_csr_value_size(matrix->value_type), &values);
  }
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(rows);
    return status;
  }
  for (uint32_t k = 0; k < matrix->nnz; k++) pointers[matrix->columns[k] + 1]++;
  for (uint32_t j = 0; j < cols; j++) pointers[j + 1] += pointers[j];
  scatter_by_column(matrix, pointers, rows, values);
  // The scatter moved each pointer to the start of the next column: shift them back by one.
  memmove(pointers + 1, pointers, (size_t)cols * sizeof *pointers);
  pointers[0] = 0;
  return wrap(cols, matrix->rows, pointers, rows, values, matrix->value_type, out);
}

// First k in [begin, end) with columns[k] >= column, or end.
static uint32_t lower_bound(const uint32_t *columns, uint32_t begin, uint32_t end,
                            uint32_t column) {
  uint32_t length = end - begin;
  // Halved without a branch on what is found, which could not be predicted.
  while (length > 1) {
    uint32_t half = length / 2;
    begin += columns[begin + half - 1] < column ? half : 0;
    length -= half;
  }
  return begin + (length == 1 && columns[begin] < column);
}

double sl_csr_entry(const sl_csr *matrix, size_t k) { return sl_csr_value(matrix, k); }

sl_status sl_csr_get(const sl_csr *matrix, uint32_t row, uint32_t column, double *out) {
  SL_REQUIRE_AT(row < matrix->rows, SL_ERR_INDEX, "row", "an index below the number of rows", row);
  SL_REQUIRE_AT(column < matrix->cols, SL_ERR_INDEX, "column",
                "an index below the number of columns", column);
  uint32_t end = matrix->row_pointers[row + 1];
  uint32_t k = lower_bound(matrix->columns, matrix->row_pointers[row], end, column);
  *out = k < end && matrix->columns[k] == column ? sl_csr_entry(matrix, k) : 0.0;
  return SL_OK;
}

void sl_csr_diagonal(const sl_csr *matrix, double *diagonal) {
  uint32_t n = matrix->rows < matrix->cols ? matrix->rows : matrix->cols;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t end = matrix->row_pointers[i + 1];
    uint32_t k = lower_bound(matrix->columns, matrix->row_pointers[i], end, i);
    diagonal[i] = k < end && matrix->columns[k] == i ? sl_csr_entry(matrix, k) : 0.0;
  }
}
