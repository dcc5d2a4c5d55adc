// Raw ABI of sparse/csr.h, sparse/algebra.h, sparse/file.h, sparse/spmv.h and
// sparse/matrix_market.h.
#include "sparse/abi.h"

#include "base/abi_container.h"
#include "sparse/algebra.h"
#include "sparse/file.h"
#include "sparse/matrix_market.h"
#include "sparse/spmv.h"

static const sl_kind SL_HANDLE_MATRIX_MARKET[1] = {{"the handle of a Matrix Market reader"}};

static sl_status get(sl_handle handle, sl_csr **out) {
  return sl_handle_get(handle, SL_HANDLE_MATRIX, (void **)out);
}

// 0 when `status` is a failure or no handle can be made; the matrix is destroyed then.
static sl_handle hand_out(sl_status status, sl_csr *matrix) {
  sl_handle handle = 0;
  if (status != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_MATRIX, matrix, &handle) != SL_OK) sl_csr_destroy(matrix);
  return handle;
}

sl_handle SL_ABI(sl_abi_matrix_from_coo)(uint32_t rows, uint32_t cols, uint32_t count,
                                         const uint32_t *row_indices,
                                         const uint32_t *column_indices, const void *values,
                                         int32_t value_type) {
  sl_csr *matrix;
  return hand_out(sl_csr_from_coo(rows, cols, count, row_indices, column_indices, values,
                                  (sl_value_type)value_type, &matrix),
                  matrix);
}

sl_handle SL_ABI(sl_abi_matrix_from_csr)(uint32_t rows, uint32_t cols, const uint32_t *row_pointers,
                                         size_t pointer_count, const uint32_t *columns,
                                         size_t column_count, const void *values,
                                         size_t value_count, int32_t value_type) {
  sl_csr *matrix;
  return hand_out(sl_csr_from_csr(rows, cols, row_pointers, pointer_count, columns, column_count,
                                  values, value_count, (sl_value_type)value_type, &matrix),
                  matrix);
}

sl_handle SL_ABI(sl_abi_matrix_transpose)(sl_handle handle) {
  sl_csr *matrix, *transposed;
  if (get(handle, &matrix) != SL_OK) return 0;
  return hand_out(sl_csr_transpose(matrix, &transposed), transposed);
}

sl_handle SL_ABI(sl_abi_matrix_add)(double alpha, sl_handle handle, double beta, sl_handle other) {
  sl_csr *a, *b, *sum;
  if (get(handle, &a) != SL_OK || get(other, &b) != SL_OK) return 0;
  return hand_out(sl_csr_add(alpha, a, beta, b, &sum), sum);
}

sl_handle SL_ABI(sl_abi_matrix_scale)(sl_handle handle, double factor) {
  sl_csr *matrix, *scaled;
  if (get(handle, &matrix) != SL_OK) return 0;
  return hand_out(sl_csr_scale(matrix, factor, &scaled), scaled);
}

sl_handle SL_ABI(sl_abi_matrix_product)(sl_handle handle, sl_handle other) {
  sl_csr *a, *b, *product;
  if (get(handle, &a) != SL_OK || get(other, &b) != SL_OK) return 0;
  return hand_out(sl_csr_product(a, b, &product), product);
}

// Row and column numbers: u32, or address 0 for all.
sl_handle SL_ABI(sl_abi_matrix_submatrix)(sl_handle handle, const uint32_t *row_numbers,
                                          uint32_t row_count, const uint32_t *column_numbers,
                                          uint32_t column_count) {
  sl_csr *matrix, *part;
  if (get(handle, &matrix) != SL_OK) return 0;
  return hand_out(
      sl_csr_submatrix(matrix, row_numbers, row_count, column_numbers, column_count, &part), part);
}

// Writes eight u32: rows, cols, nnz, value type, the addresses of row pointers, columns and values
// (0 for none), bytes held. The arrays belong to the matrix: read them only.
int32_t SL_ABI(sl_abi_matrix_info)(sl_handle handle, uint32_t *out) {
  sl_csr *matrix;
  SL_TRY(get(handle, &matrix));
  out[0] = matrix->rows;
  out[1] = matrix->cols;
  out[2] = matrix->nnz;
  out[3] = (uint32_t)matrix->value_type;
  out[4] = (uint32_t)(uintptr_t)matrix->row_pointers;
  out[5] = (uint32_t)(uintptr_t)matrix->columns;
  out[6] = (uint32_t)(uintptr_t)matrix->values;
  out[7] = (uint32_t)sl_csr_bytes(matrix);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_matrix_get)(sl_handle handle, uint32_t row, uint32_t column, double *out) {
  sl_csr *matrix;
  SL_TRY(get(handle, &matrix));
  return sl_csr_get(matrix, row, column, out);
}

int32_t SL_ABI(sl_abi_matrix_diagonal)(sl_handle handle, double *out) {
  sl_csr *matrix;
  SL_TRY(get(handle, &matrix));
  sl_csr_diagonal(matrix, out);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_matrix_facts)(sl_handle handle, double *out) {
  sl_csr *matrix;
  SL_TRY(get(handle, &matrix));
  return sl_csr_facts(matrix, out);
}

int32_t SL_ABI(sl_abi_matrix_apply)(sl_handle handle, int32_t transposed, const double *x,
                                    size_t x_length, double *y, size_t y_length) {
  sl_csr *matrix;
  SL_TRY(get(handle, &matrix));
  return sl_csr_apply(matrix, transposed != 0, x, x_length, y, y_length);
}

size_t SL_ABI(sl_abi_matrix_estimate_bytes)(uint32_t rows, uint32_t nnz, int32_t value_type) {
  return sl_csr_estimate_bytes(rows, nnz, (sl_value_type)value_type);
}

static sl_status get_reader(sl_handle handle, sl_matrix_market **out) {
  return sl_handle_get(handle, SL_HANDLE_MATRIX_MARKET, (void **)out);
}

sl_handle SL_ABI(sl_abi_matrix_market_create)(int32_t value_type) {
  sl_matrix_market *reader;
  sl_handle handle;
  if (sl_matrix_market_create((sl_value_type)value_type, &reader) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_MATRIX_MARKET, reader, &handle) != SL_OK) {
    sl_matrix_market_destroy(reader);
  }
  return handle;
}

int32_t SL_ABI(sl_abi_matrix_market_destroy)(sl_handle handle) {
  sl_matrix_market *reader;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_MATRIX_MARKET, (void **)&reader));
  sl_matrix_market_destroy(reader);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_matrix_market_feed)(sl_handle handle, const char *bytes, size_t n) {
  sl_matrix_market *reader;
  SL_TRY(get_reader(handle, &reader));
  return sl_matrix_market_feed(reader, bytes, n);
}

// The matrix, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_matrix_market_finish)(sl_handle handle) {
  sl_matrix_market *reader;
  sl_csr *matrix;
  if (get_reader(handle, &reader) != SL_OK) return 0;
  return hand_out(sl_matrix_market_finish(reader, &matrix), matrix);
}

// Text, or 0 when the handle is none.
const char *SL_ABI(sl_abi_matrix_market_found)(sl_handle handle) {
  sl_matrix_market *reader;
  return get_reader(handle, &reader) == SL_OK ? sl_matrix_market_found(reader) : NULL;
}

// The handle of a writer (base/container.h), or 0.
sl_handle SL_ABI(sl_abi_matrix_save)(sl_handle handle) {
  sl_csr *matrix;
  sl_writer *writer;
  if (get(handle, &matrix) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_csr_save(matrix, &writer), writer, handle, SL_HANDLE_MATRIX);
}

// The matrix, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_matrix_load)(sl_handle handle) {
  sl_reader *reader;
  sl_csr *matrix;
  if (sl_abi_get_reader(handle, &reader) != SL_OK) return 0;
  return hand_out(sl_csr_load(reader, &matrix), matrix);
}
