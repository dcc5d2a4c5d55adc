#include "sparse/algebra.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define NOWHERE UINT32_MAX
#define BLOCK_ROWS 256

// The arrays of a result before it is checked and sorted.
typedef struct parts {
  uint32_t *row_pointers, *columns;
  double *values;
  uint32_t fill;
} parts;

static void free_parts(parts *made) {
  sl_free(made->row_pointers);
  sl_free(made->columns);
  sl_free(made->values);
}

static sl_status alloc_parts(parts *made, uint32_t rows, uint64_t entries, bool values) {
  *made = (parts){0};
  SL_REQUIRE(entries <= UINT32_MAX, SL_ERR_OVERFLOW, "values", "fewer than 2^32 entries");
  sl_status status = SL_ALLOC(&made->row_pointers, (size_t)rows + 1);
  if (status == SL_OK) status = SL_ALLOC(&made->columns, (size_t)entries);
  if (status == SL_OK && values) status = SL_ALLOC(&made->values, (size_t)entries);
  if (status != SL_OK)
    free_parts(made);
  else
    made->row_pointers[0] = 0;
  return status;
}

// f32 when no operand is f64 and one is f32.
static sl_value_type common_type(const sl_csr *a, const sl_csr *b) {
  bool wide = a->value_type == SL_VALUES_F64 || b->value_type == SL_VALUES_F64;
  bool narrow = a->value_type == SL_VALUES_F32 || b->value_type == SL_VALUES_F32;
  return narrow && !wide ? SL_VALUES_F32 : SL_VALUES_F64;
}

// Makes the matrix and frees the parts. Narrowing happens in place, from the front.
static sl_status build(parts *made, uint32_t rows, uint32_t cols, sl_value_type type,
                       sl_csr **out) {
  uint32_t nnz = made->row_pointers[rows];
  if (type == SL_VALUES_F32) {
    for (uint32_t k = 0; k < nnz; k++) {
      float value = (float)made->values[k];
      memcpy((char *)made->values + (size_t)k * sizeof value, &value, sizeof value);
    }
  }
  bool valued = type != SL_VALUES_PATTERN;
  sl_status status =
      sl_csr_from_csr(rows, cols, made->row_pointers, (size_t)rows + 1, made->columns, nnz,
                      valued ? made->values : NULL, valued ? nnz : 0, type, out);
  free_parts(made);
  return status;
}

// One row of alpha A + beta B: the two sorted lists are merged.
static void add_row(double alpha, const sl_csr *a, double beta, const sl_csr *b, uint32_t row,
                    parts *made) {
  uint32_t i = a->row_pointers[row], i_end = a->row_pointers[row + 1];
  uint32_t j = b->row_pointers[row], j_end = b->row_pointers[row + 1];
  while (i < i_end || j < j_end) {
    uint32_t left = i < i_end ? a->columns[i] : NOWHERE;
    uint32_t right = j < j_end ? b->columns[j] : NOWHERE;
    uint32_t column = left < right ? left : right;
    double value = 0;
    if (left == column) value = alpha * sl_csr_value(a, i++);
    if (right == column) {
      double other = beta * sl_csr_value(b, j++);
      value = left == column ? value + other : other;
    }
    made->columns[made->fill] = column;
    made->values[made->fill++] = value;
  }
  made->row_pointers[row + 1] = made->fill;
}

__attribute__((noinline)) static void add_rows(double alpha, const sl_csr *a, double beta,
                                               const sl_csr *b, uint32_t begin, uint32_t end,
                                               parts *made) {
  for (uint32_t row = begin; row < end; row++) add_row(alpha, a, beta, b, row, made);
}

sl_status sl_csr_add(double alpha, const sl_csr *a, double beta, const sl_csr *b, sl_csr **out) {
  *out = NULL;
  SL_REQUIRE(isfinite(alpha), SL_ERR_NOT_FINITE, "alpha", "a finite number");
  SL_REQUIRE(isfinite(beta), SL_ERR_NOT_FINITE, "beta", "a finite number");
  SL_REQUIRE(a->rows == b->rows && a->cols == b->cols, SL_ERR_SHAPE, "other",
             "a matrix of the same shape");
  parts made;
  SL_TRY(alloc_parts(&made, a->rows, (uint64_t)a->nnz + b->nnz, true));
  for (uint32_t row = 0; row < a->rows; row += BLOCK_ROWS) {
    uint32_t end = a->rows - row < BLOCK_ROWS ? a->rows : row + BLOCK_ROWS;
    add_rows(alpha, a, beta, b, row, end, &made);
  }
  return build(&made, a->rows, a->cols, common_type(a, b), out);
}

sl_status sl_csr_scale(const sl_csr *a, double factor, sl_csr **out) {
  *out = NULL;
  SL_REQUIRE(isfinite(factor), SL_ERR_NOT_FINITE, "factor", "a finite number");
  parts made;
  SL_TRY(alloc_parts(&made, a->rows, a->nnz, true));
  memcpy(made.row_pointers, a->row_pointers, ((size_t)a->rows + 1) * sizeof *made.row_pointers);
  if (a->nnz > 0) memcpy(made.columns, a->columns, (size_t)a->nnz * sizeof *made.columns);
  for (uint32_t k = 0; k < a->nnz; k++) made.values[k] = factor * sl_csr_value(a, k);
  return build(&made, a->rows, a->cols, common_type(a, a), out);
}

// What a row of a product is gathered in.
typedef struct gather {
  double *sums;   // a column of B
  uint32_t *seen; // a column of B: the last row in which it occurred, plus 1
} gather;

// Upper bound of the entries of rows begin .. end - 1 of A B; exact, since cancelled entries stay.
__attribute__((noinline)) static uint64_t count_rows(const sl_csr *a, const sl_csr *b,
                                                     uint32_t begin, uint32_t end, uint32_t *seen) {
  uint64_t count = 0;
  for (uint32_t row = begin; row < end; row++) {
    for (uint32_t i = a->row_pointers[row]; i < a->row_pointers[row + 1]; i++) {
      uint32_t middle = a->columns[i];
      for (uint32_t j = b->row_pointers[middle]; j < b->row_pointers[middle + 1]; j++) {
        uint32_t column = b->columns[j];
        count += seen[column] != row + 1;
        seen[column] = row + 1;
      }
    }
  }
  return count;
}

__attribute__((noinline)) static void multiply_rows(const sl_csr *a, const sl_csr *b,
                                                    uint32_t begin, uint32_t end, gather *scratch,
                                                    parts *made) {
  for (uint32_t row = begin; row < end; row++) {
    uint32_t first = made->fill;
    for (uint32_t i = a->row_pointers[row]; i < a->row_pointers[row + 1]; i++) {
      uint32_t middle = a->columns[i];
      double factor = sl_csr_value(a, i);
      for (uint32_t j = b->row_pointers[middle]; j < b->row_pointers[middle + 1]; j++) {
        uint32_t column = b->columns[j];
        double value = factor * sl_csr_value(b, j);
        if (scratch->seen[column] == row + 1) {
          scratch->sums[column] += value;
        } else {
          scratch->seen[column] = row + 1;
          scratch->sums[column] = value;
          made->columns[made->fill++] = column;
        }
      }
    }
    for (uint32_t k = first; k < made->fill; k++) made->values[k] = scratch->sums[made->columns[k]];
    made->row_pointers[row + 1] = made->fill;
  }
}

static sl_status multiply(const sl_csr *a, const sl_csr *b, gather *scratch, sl_csr **out) {
  uint64_t entries = 0;
  for (uint32_t row = 0; row < a->rows; row += BLOCK_ROWS) {
    uint32_t end = a->rows - row < BLOCK_ROWS ? a->rows : row + BLOCK_ROWS;
    entries += count_rows(a, b, row, end, scratch->seen);
  }
  parts made;
  SL_TRY(alloc_parts(&made, a->rows, entries, true));
  memset(scratch->seen, 0, (size_t)b->cols * sizeof *scratch->seen);
  for (uint32_t row = 0; row < a->rows; row += BLOCK_ROWS) {
    uint32_t end = a->rows - row < BLOCK_ROWS ? a->rows : row + BLOCK_ROWS;
    multiply_rows(a, b, row, end, scratch, &made);
  }
  return build(&made, a->rows, b->cols, common_type(a, b), out);
}

sl_status sl_csr_product(const sl_csr *a, const sl_csr *b, sl_csr **out) {
  *out = NULL;
  SL_REQUIRE(a->cols == b->rows, SL_ERR_SHAPE, "other", "as many rows as this one has columns");
  gather scratch = {0};
  sl_status status = SL_ALLOC_ZERO(&scratch.seen, b->cols);
  if (status == SL_OK) status = SL_ALLOC(&scratch.sums, b->cols);
  if (status == SL_OK) status = multiply(a, b, &scratch, out);
  sl_free(scratch.seen);
  sl_free(scratch.sums);
  return status;
}

// places[j] = where column j of A goes to, or NOWHERE.
static sl_status map_columns(const sl_csr *a, const uint32_t *numbers, uint32_t count,
                             uint32_t *places) {
  for (uint32_t j = 0; j < a->cols; j++) places[j] = numbers ? NOWHERE : j;
  for (uint32_t k = 0; numbers && k < count; k++) {
    SL_REQUIRE_AT(numbers[k] < a->cols, SL_ERR_INDEX, "columns", "a column of the matrix", k);
    SL_REQUIRE_AT(places[numbers[k]] == NOWHERE, SL_ERR_ARGUMENT, "columns", "each column once", k);
    places[numbers[k]] = k;
  }
  return SL_OK;
}

static sl_status take_rows(const sl_csr *a, const uint32_t *numbers, uint32_t count,
                           const uint32_t *places, uint32_t cols, sl_csr **out) {
  uint64_t entries = 0;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t row = numbers ? numbers[k] : k;
    SL_REQUIRE_AT(row < a->rows, SL_ERR_INDEX, "rows", "a row of the matrix", k);
    for (uint32_t i = a->row_pointers[row]; i < a->row_pointers[row + 1]; i++)
      entries += places[a->columns[i]] != NOWHERE;
  }
  parts made;
  const bool valued = a->value_type != SL_VALUES_PATTERN;
  SL_TRY(alloc_parts(&made, count, entries, valued));
  for (uint32_t k = 0; k < count; k++) {
    uint32_t row = numbers ? numbers[k] : k;
    for (uint32_t i = a->row_pointers[row]; i < a->row_pointers[row + 1]; i++) {
      uint32_t place = places[a->columns[i]];
      if (place == NOWHERE) continue;
      if (valued) made.values[made.fill] = sl_csr_value(a, i);
      made.columns[made.fill++] = place;
    }
    made.row_pointers[k + 1] = made.fill;
  }
  return build(&made, count, cols, a->value_type, out);
}

sl_status sl_csr_submatrix(const sl_csr *a, const uint32_t *row_numbers, uint32_t row_count,
                           const uint32_t *column_numbers, uint32_t column_count, sl_csr **out) {
  *out = NULL;
  const uint32_t rows = row_numbers ? row_count : a->rows;
  const uint32_t cols = column_numbers ? column_count : a->cols;
  SL_REQUIRE(rows > 0, SL_ERR_EMPTY, "rows", "at least one row");
  SL_REQUIRE(cols > 0, SL_ERR_EMPTY, "columns", "at least one column");
  uint32_t *places;
  SL_TRY(SL_ALLOC(&places, a->cols));
  sl_status status = map_columns(a, column_numbers, column_count, places);
  if (status == SL_OK) status = take_rows(a, row_numbers, rows, places, cols, out);
  sl_free(places);
  return status;
}
