#include "sparse/transfer.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define SIZES (2 * SL_CSR_ARRAYS)
#define FACTS (SIZES + 5)

void sl_csr_transfer_out(sl_csr *matrix, double *out) {
  const void *arrays[SL_CSR_ARRAYS] = {matrix->row_pointers, matrix->columns, matrix->values};
  const size_t bytes[SL_CSR_ARRAYS] = {
      ((size_t)matrix->rows + 1) * sizeof(uint32_t),
      (size_t)matrix->nnz * sizeof(uint32_t),
      (size_t)matrix->nnz * sl_csr_value_size(matrix->value_type),
  };
  for (int i = 0; i < SL_CSR_ARRAYS; i++) {
    out[2 * i] = (double)(uintptr_t)arrays[i];
    out[2 * i + 1] = (double)bytes[i];
  }
  out[SIZES] = matrix->rows;
  out[SIZES + 1] = matrix->cols;
  out[SIZES + 2] = matrix->nnz;
  out[SIZES + 3] = matrix->value_type;
  out[SIZES + 4] = matrix->classified;
  memset(out + FACTS, 0, SL_MATRIX_FACTS * sizeof *out);
  if (matrix->classified) (void)sl_csr_facts(matrix, out + FACTS);
}

// In the order of sl_csr_facts.
static sl_matrix_class class_of(const double *facts) {
  return (sl_matrix_class){
      .square = facts[0] != 0,
      .symmetric = facts[1] != 0,
      .positive_diagonal = facts[2] != 0,
      .zero_diagonal = facts[3] >= 0,
      .zero_diagonal_row = facts[3] >= 0 ? (uint32_t)facts[3] : 0,
      .nonpositive_off_diagonal = facts[4] != 0,
      .laplacian = facts[5] != 0,
      .m_matrix = facts[6] != 0,
      .min_row_slack = facts[7],
      .min_column_slack = facts[8],
      .min_relative_row_slack = facts[9],
      .min_relative_column_slack = facts[10],
      .norm_inf = facts[11],
      .norm_1 = facts[12],
      .max_row_nnz = (uint32_t)facts[13],
  };
}

static sl_status allocate(sl_csr *matrix) {
  const size_t value_size = sl_csr_value_size(matrix->value_type);
  // One growth of the memory instead of one for each array.
  void *all;
  SL_TRY(sl_alloc(sl_csr_bytes(matrix) - sizeof *matrix, 1, &all));
  sl_free(all);
  SL_TRY(SL_ALLOC(&matrix->row_pointers, (size_t)matrix->rows + 1));
  SL_TRY(SL_ALLOC(&matrix->columns, matrix->nnz));
  return value_size > 0 ? sl_alloc(matrix->nnz, value_size, &matrix->values) : SL_OK;
}

sl_status sl_csr_transfer_in(const double *described, sl_csr **out) {
  *out = NULL;
  sl_csr *matrix;
  SL_TRY(SL_ALLOC_ZERO(&matrix, 1));
  matrix->rows = (uint32_t)described[SIZES];
  matrix->cols = (uint32_t)described[SIZES + 1];
  matrix->nnz = (uint32_t)described[SIZES + 2];
  matrix->value_type = (sl_value_type)described[SIZES + 3];
  matrix->classified = described[SIZES + 4] != 0;
  if (matrix->classified) matrix->matrix_class = class_of(described + FACTS);
  const sl_status status = allocate(matrix);
  if (status != SL_OK) {
    sl_csr_destroy(matrix);
    return status;
  }
  *out = matrix;
  return SL_OK;
}

static bool is_count(double number, double least, double most) {
  return number >= least && number <= most && number == floor(number);
}

sl_status sl_csr_transfer_reserve(const double *described, sl_csr **out) {
  const double most[] = {UINT32_MAX - 1.0, UINT32_MAX - 1.0, UINT32_MAX, SL_VALUES_F64};
  double known[SL_CSR_TRANSFER] = {0};
  *out = NULL;
  for (int i = 0; i < 4; i++) {
    const double number = described[SIZES + i];
    SL_REQUIRE_AT(is_count(number, i < 2, most[i]), SL_ERR_ARGUMENT, "described",
                  "what describes a matrix", SIZES + i);
    known[SIZES + i] = number;
  }
  SL_TRY(sl_csr_transfer_in(known, out));
  sl_csr *matrix = *out;
  memset(matrix->row_pointers, 0, ((size_t)matrix->rows + 1) * sizeof(uint32_t));
  memset(matrix->columns, 0, matrix->nnz * sizeof(uint32_t));
  if (matrix->values != NULL)
    memset(matrix->values, 0, matrix->nnz * sl_csr_value_size(matrix->value_type));
  return SL_OK;
}
