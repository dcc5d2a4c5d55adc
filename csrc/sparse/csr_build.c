// Building a canonical CSR matrix from what users have: coordinates or someone else's CSR.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "sparse/csr.h"

#define MAX_DIMENSION (UINT32_MAX - 1)

static sl_status check_shape(uint32_t rows, uint32_t cols, const void *values,
                             sl_value_type value_type) {
  SL_REQUIRE(rows > 0, SL_ERR_EMPTY, "rows", "at least 1");
  SL_REQUIRE(cols > 0, SL_ERR_EMPTY, "cols", "at least 1");
  SL_REQUIRE(rows <= MAX_DIMENSION, SL_ERR_OVERFLOW, "rows", "at most 2^32 - 2");
  SL_REQUIRE(cols <= MAX_DIMENSION, SL_ERR_OVERFLOW, "cols", "at most 2^32 - 2");
  SL_REQUIRE(value_type == SL_VALUES_PATTERN || value_type == SL_VALUES_F32 ||
                 value_type == SL_VALUES_F64,
             SL_ERR_OPTION, "value_type", "none, float32 or float64");
  SL_REQUIRE((values == NULL) == (value_type == SL_VALUES_PATTERN), SL_ERR_ARGUMENT, "values",
             "an array exactly when the matrix has values");
  return SL_OK;
}

static sl_status check_values(const void *values, sl_value_type value_type, size_t count) {
  size_t bad = count;
  if (value_type == SL_VALUES_F64) bad = sl_first_not_finite_f64(values, count);
  if (value_type == SL_VALUES_F32) bad = sl_first_not_finite_f32(values, count);
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "values", "finite numbers", bad);
  return SL_OK;
}

static sl_status check_indices(const uint32_t *indices, size_t count, uint32_t bound,
                               const char *name) {
  for (size_t k = 0; k < count; k++) {
    SL_REQUIRE_AT(indices[k] < bound, SL_ERR_INDEX, name, "an index inside the matrix", k);
  }
  return SL_OK;
}

typedef enum row_order { SORTED, SORTED_WITH_DUPLICATES, UNSORTED } row_order;

static row_order find_order(const uint32_t *row_pointers, const uint32_t *columns, uint32_t rows) {
  row_order order = SORTED;
  for (uint32_t i = 0; i < rows; i++) {
    for (uint32_t k = row_pointers[i] + 1; k < row_pointers[i + 1]; k++) {
      if (columns[k] < columns[k - 1]) return UNSORTED;
      if (columns[k] == columns[k - 1]) order = SORTED_WITH_DUPLICATES;
    }
  }
  return order;
}

// Sums runs of equal columns in place, in f64 and in the order given, and closes the gaps.
static sl_status merge_duplicates(uint32_t rows, uint32_t *row_pointers, uint32_t *columns,
                                  void *values, sl_value_type value_type) {
  double *values64 = values;
  float *values32 = values;
  uint32_t to = 0, begin = 0;
  for (uint32_t i = 0; i < rows; i++) {
    uint32_t end = row_pointers[i + 1];
    for (uint32_t k = begin; k < end;) {
      uint32_t column = columns[k];
      // From -0, so that a lone -0 stays what it is.
      double sum = -0.0;
      for (; k < end && columns[k] == column; k++) {
        if (value_type == SL_VALUES_F64)
          sum += values64[k];
        else if (value_type == SL_VALUES_F32)
          sum += (double)values32[k];
      }
      columns[to] = column;
      if (value_type == SL_VALUES_F64)
        values64[to] = sum;
      else if (value_type == SL_VALUES_F32)
        values32[to] = (float)sum;
      bool finite = value_type == SL_VALUES_F32 ? isfinite((float)sum) : isfinite(sum);
      SL_REQUIRE(finite, SL_ERR_NOT_FINITE, "values", "duplicates whose sum is finite");
      to++;
    }
    begin = end;
    row_pointers[i + 1] = to;
  }
  return SL_OK;
}

// Row-sorted arrays that may have unsorted columns and duplicates -> canonical matrix. Owns and, on
// failure, frees the arrays.
static sl_status canonicalise(uint32_t rows, uint32_t cols, uint32_t *row_pointers,
                              uint32_t *columns, void *values, sl_value_type value_type,
                              sl_csr **out) {
  sl_csr raw = {.rows = rows,
                .cols = cols,
                .nnz = row_pointers[rows],
                .value_type = value_type,
                .row_pointers = row_pointers,
                .columns = columns,
                .values = values};
  row_order order = find_order(row_pointers, columns, rows);
  if (order == UNSORTED) {
    // Two stable counting sorts: transposing twice sorts the columns and keeps the order of
    // duplicates, in linear time whatever the length of the rows.
    sl_csr *once = NULL, *twice = NULL;
    sl_status status = sl_csr_transpose(&raw, &once);
    sl_free(row_pointers);
    sl_free(columns);
    sl_free(values);
    if (status == SL_OK) status = sl_csr_transpose(once, &twice);
    sl_csr_destroy(once);
    if (status != SL_OK) return status;
    raw = *twice;
    sl_free(twice);
  }
  if (order != SORTED) {
    sl_status status =
        merge_duplicates(rows, raw.row_pointers, raw.columns, raw.values, value_type);
    uint32_t nnz = raw.row_pointers[rows];
    // Shrinking may fail for lack of memory; the longer block is then simply kept.
    if (status == SL_OK && nnz < raw.nnz) {
      (void)SL_REALLOC(&raw.columns, nnz);
      if (raw.values) (void)sl_realloc(&raw.values, nnz, sl_csr_value_size(value_type));
    }
    if (status != SL_OK) {
      sl_free(raw.row_pointers);
      sl_free(raw.columns);
      sl_free(raw.values);
      return status;
    }
  }
  return sl_csr_adopt(rows, cols, raw.row_pointers, raw.columns, raw.values, value_type, out);
}

// Allocates the three arrays of a matrix; all or nothing.
static sl_status alloc_arrays(uint32_t rows, size_t nnz, sl_value_type value_type,
                              uint32_t **row_pointers, uint32_t **columns, void **values) {
  *columns = NULL;
  *values = NULL;
  sl_status status = SL_ALLOC_ZERO(row_pointers, (size_t)rows + 1);
  if (status == SL_OK) status = SL_ALLOC(columns, nnz);
  if (status == SL_OK && value_type != SL_VALUES_PATTERN) {
    status = sl_alloc(nnz, sl_csr_value_size(value_type), values);
  }
  if (status == SL_OK) return SL_OK;
  sl_free(*row_pointers);
  sl_free(*columns);
  return status;
}

static void put(sl_value_type value_type, void *to, uint32_t place, const void *from, uint32_t k,
                double sign) {
  if (value_type == SL_VALUES_F64)
    ((double *)to)[place] = sign * ((const double *)from)[k];
  else if (value_type == SL_VALUES_F32)
    ((float *)to)[place] = (float)sign * ((const float *)from)[k];
}

// Counting sort by row, stable, of checked entries. mirror_sign 0: the entries as they are; else
// each entry off the diagonal is followed by its mirror image, times mirror_sign. total: entries in
// all.
static sl_status sort_by_row(uint32_t rows, uint32_t cols, uint32_t count, uint32_t total,
                             const uint32_t *row_indices, const uint32_t *column_indices,
                             const void *values, sl_value_type value_type, double mirror_sign,
                             sl_csr **out) {
  bool mirrored = mirror_sign != 0;
  uint32_t *pointers, *columns;
  void *sorted;
  SL_TRY(alloc_arrays(rows, total, value_type, &pointers, &columns, &sorted));
  for (uint32_t k = 0; k < count; k++) {
    uint32_t i = row_indices[k], j = column_indices[k];
    pointers[i + 1]++;
    if (mirrored && i != j) pointers[j + 1]++;
  }
  for (uint32_t i = 0; i < rows; i++) pointers[i + 1] += pointers[i];
  for (uint32_t k = 0; k < count; k++) {
    uint32_t i = row_indices[k], j = column_indices[k], place = pointers[i]++;
    columns[place] = j;
    put(value_type, sorted, place, values, k, 1);
    if (!mirrored || i == j) continue;
    place = pointers[j]++;
    columns[place] = i;
    put(value_type, sorted, place, values, k, mirror_sign);
  }
  memmove(pointers + 1, pointers, (size_t)rows * sizeof *pointers);
  pointers[0] = 0;
  return canonicalise(rows, cols, pointers, columns, sorted, value_type, out);
}

sl_status sl_csr_from_coo(uint32_t rows, uint32_t cols, uint32_t count, const uint32_t *row_indices,
                          const uint32_t *column_indices, const void *values,
                          sl_value_type value_type, sl_csr **out) {
  *out = NULL;
  SL_TRY(check_shape(rows, cols, values, value_type));
  SL_TRY(check_indices(row_indices, count, rows, "row_indices"));
  SL_TRY(check_indices(column_indices, count, cols, "column_indices"));
  SL_TRY(check_values(values, value_type, count));
  return sort_by_row(rows, cols, count, count, row_indices, column_indices, values, value_type, 0,
                     out);
}

sl_status sl_csr_from_half(uint32_t n, uint32_t count, const uint32_t *row_indices,
                           const uint32_t *column_indices, const void *values,
                           sl_value_type value_type, bool skew, sl_csr **out) {
  *out = NULL;
  SL_TRY(check_shape(n, n, values, value_type));
  SL_TRY(check_indices(row_indices, count, n, "row_indices"));
  SL_TRY(check_indices(column_indices, count, n, "column_indices"));
  SL_TRY(check_values(values, value_type, count));
  uint64_t total = count;
  for (uint32_t k = 0; k < count; k++) total += row_indices[k] != column_indices[k];
  SL_REQUIRE(total <= UINT32_MAX, SL_ERR_OVERFLOW, "row_indices",
             "fewer than 2^32 entries, mirrored ones too");
  return sort_by_row(n, n, count, (uint32_t)total, row_indices, column_indices, values, value_type,
                     skew ? -1 : 1, out);
}

sl_status sl_csr_from_csr(uint32_t rows, uint32_t cols, const uint32_t *row_pointers,
                          size_t pointer_count, const uint32_t *columns, size_t column_count,
                          const void *values, size_t value_count, sl_value_type value_type,
                          sl_csr **out) {
  *out = NULL;
  SL_TRY(check_shape(rows, cols, values, value_type));
  SL_REQUIRE(pointer_count == (size_t)rows + 1, SL_ERR_SHAPE, "row_pointers",
             "one element more than there are rows");
  SL_REQUIRE_AT(row_pointers[0] == 0, SL_ERR_SHAPE, "row_pointers", "0 as the first element", 0);
  for (uint32_t i = 0; i < rows; i++) {
    SL_REQUIRE_AT(row_pointers[i] <= row_pointers[i + 1], SL_ERR_ARGUMENT, "row_pointers",
                  "elements that never decrease", (uint64_t)i + 1);
  }
  SL_REQUIRE_AT(row_pointers[rows] == column_count, SL_ERR_SHAPE, "row_pointers",
                "the number of columns as the last element", rows);
  SL_REQUIRE(value_type == SL_VALUES_PATTERN || value_count == column_count, SL_ERR_SHAPE, "values",
             "as many elements as columns");
  SL_TRY(check_indices(columns, column_count, cols, "columns"));
  SL_TRY(check_values(values, value_type, column_count));

  uint32_t *own_pointers, *own_columns;
  void *own_values;
  SL_TRY(alloc_arrays(rows, column_count, value_type, &own_pointers, &own_columns, &own_values));
  memcpy(own_pointers, row_pointers, pointer_count * sizeof *row_pointers);
  if (column_count > 0) {
    memcpy(own_columns, columns, column_count * sizeof *columns);
    if (values) memcpy(own_values, values, column_count * sl_csr_value_size(value_type));
  }
  return canonicalise(rows, cols, own_pointers, own_columns, own_values, value_type, out);
}

sl_status sl_csr_copy(const sl_csr *matrix, sl_csr **out) {
  return sl_csr_from_csr(matrix->rows, matrix->cols, matrix->row_pointers, (size_t)matrix->rows + 1,
                         matrix->columns, matrix->nnz, matrix->values, matrix->nnz,
                         matrix->value_type, out);
}
