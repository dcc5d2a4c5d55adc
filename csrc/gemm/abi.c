// Raw ABI of gemm/dense_matrix.h, gemm/product.h and gemm/activation.h.
#include "gemm/abi.h"
#include "base/abi_job.h"
#include "gemm/product.h"

const sl_kind SL_HANDLE_DENSE_MATRIX[1] = {{"the handle of a dense matrix"}};

static sl_status get(sl_handle handle, sl_dense_matrix **out) {
  return sl_handle_get(handle, SL_HANDLE_DENSE_MATRIX, (void **)out);
}

static sl_handle give(sl_dense_matrix *matrix) {
  sl_handle handle;
  if (sl_handle_create(SL_HANDLE_DENSE_MATRIX, matrix, &handle) != SL_OK)
    sl_dense_matrix_destroy(matrix);
  return handle;
}

// 0 after a failure. element: sl_element.
sl_handle SL_ABI(sl_abi_dense_matrix_create)(uint32_t rows, uint32_t cols, uint32_t element) {
  sl_dense_matrix *made;
  return sl_dense_matrix_create(rows, cols, element, &made) == SL_OK ? give(made) : 0;
}

// 0 after a failure. shape: rows, columns, transposed, packed. values: rows * columns of value_type
// (sl_element); scales: scale_count f32.
sl_handle SL_ABI(sl_abi_dense_matrix_from)(const void *values, uint32_t value_type,
                                           const uint32_t *shape, uint32_t element,
                                           const float *scales, uint32_t scale_count) {
  sl_dense_matrix *made;
  const double count = (double)shape[0] * shape[1];
  if (count >= (double)(SIZE_MAX / 8)) {
    (void)sl_fail(SL_ERR_OVERFLOW, "shape", "rows * columns that fit into memory", SL_NO_POSITION);
    return 0;
  }
  const sl_status status =
      sl_dense_matrix_from(values, (size_t)count, value_type, shape[0], shape[1], shape[2], element,
                           shape[3], scales, scale_count, &made);
  return status == SL_OK ? give(made) : 0;
}

int32_t SL_ABI(sl_abi_dense_matrix_destroy)(sl_handle handle) {
  sl_dense_matrix *matrix;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_DENSE_MATRIX, (void **)&matrix));
  sl_dense_matrix_destroy(matrix);
  return SL_OK;
}

// out, written: rows, columns, element, packed, bytes held, the address of the data.
int32_t SL_ABI(sl_abi_dense_matrix_info)(sl_handle handle, double *out) {
  sl_dense_matrix *matrix;
  SL_TRY(get(handle, &matrix));
  out[0] = matrix->rows;
  out[1] = matrix->columns;
  out[2] = matrix->element;
  out[3] = matrix->packed;
  out[4] = (double)sl_dense_matrix_bytes(matrix);
  out[5] = (double)(uintptr_t)matrix->data;
  return SL_OK;
}

int32_t SL_ABI(sl_abi_dense_matrix_pack)(sl_handle handle) {
  sl_dense_matrix *matrix;
  SL_TRY(get(handle, &matrix));
  return sl_dense_matrix_pack(matrix);
}

int32_t SL_ABI(sl_abi_dense_matrix_read)(sl_handle handle, uint32_t row, uint32_t row_count,
                                         void *out) {
  sl_dense_matrix *matrix;
  SL_TRY(get(handle, &matrix));
  return sl_dense_matrix_read(matrix, row, row_count, out);
}

int32_t SL_ABI(sl_abi_dense_matrix_gather)(sl_handle handle, const uint32_t *indices,
                                           uint32_t count, void *out) {
  sl_dense_matrix *matrix;
  SL_TRY(get(handle, &matrix));
  return sl_dense_matrix_gather(matrix, indices, count, out);
}

double SL_ABI(sl_abi_dense_matrix_estimate)(uint32_t rows, uint32_t cols, uint32_t element,
                                            uint32_t packed) {
  return sl_dense_matrix_estimate(rows, cols, element, packed);
}

// 0 after a failure.
sl_handle SL_ABI(sl_abi_product_create)(void) {
  sl_product *made;
  return sl_product_create(&made) == SL_OK ? sl_abi_job_register(sl_product_job(made), 0, NULL) : 0;
}

int32_t SL_ABI(sl_abi_product_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_product_kind);
}

static uint32_t whole(double x) { return x > 0 ? x < 4294967295.0 ? (uint32_t)x : UINT32_MAX : 0; }

// operands: 21 numbers, the fields of sl_product_options in their order without the addresses: type,
// batch, rows, depth, columns; left count, row, column and batch stride; the same of right; out
// count, row and batch stride; alpha, beta; bias count, activation, quantize. right_handle: the
// right operand, or 0 for `right`. The arrays must stay until the work has ended.
int32_t SL_ABI(sl_abi_product_begin)(sl_handle handle, sl_handle right_handle,
                                     const double *operands, const void *left, const void *right,
                                     const void *bias, void *out) {
  sl_product *product;
  sl_dense_matrix *matrix = NULL;
  SL_TRY(sl_abi_job_get(handle, &sl_product_kind, &product));
  if (right_handle != 0) SL_TRY(get(right_handle, &matrix));
  uint32_t n[21];
  for (int i = 0; i < 21; i++) n[i] = whole(operands[i]);
  const sl_product_options options = {n[0],         n[1],
                                      n[2],         n[3],
                                      n[4],         left,
                                      n[5],         n[6],
                                      n[7],         n[8],
                                      right,        n[9],
                                      n[10],        n[11],
                                      n[12],        out,
                                      n[13],        n[14],
                                      n[15],        operands[16],
                                      operands[17], n[18] > 0 ? bias : NULL,
                                      n[18],        n[19],
                                      n[20]};
  return sl_product_begin(product, matrix, &options);
}

// x: count f32, read and written.
int32_t SL_ABI(sl_abi_activate)(float *x, uint32_t count, uint32_t activation) {
  return sl_activate(x, count, activation);
}

int32_t SL_ABI(sl_abi_swiglu)(const float *gate, const float *up, float *out, uint32_t count) {
  sl_swiglu(gate, up, out, count);
  return SL_OK;
}

// x: count rows of `dimension` f32, read and written; the same of the norms.
int32_t SL_ABI(sl_abi_softmax)(float *x, uint32_t count, uint32_t dimension) {
  sl_softmax(x, count, dimension);
  return SL_OK;
}

// gain, bias: `dimension` f32 each, or 0.
int32_t SL_ABI(sl_abi_layer_norm)(float *x, uint32_t count, uint32_t dimension, const float *gain,
                                  const float *bias, double epsilon) {
  return sl_layer_norm(x, count, dimension, gain, bias, epsilon);
}

int32_t SL_ABI(sl_abi_rms_norm)(float *x, uint32_t count, uint32_t dimension, const float *gain,
                                double epsilon) {
  return sl_rms_norm(x, count, dimension, gain, epsilon);
}

// shape: tokens, heads, size of a head, rotated elements, interleaved.
int32_t SL_ABI(sl_abi_rotate_positions)(float *x, const uint32_t *shape, double base,
                                        double position) {
  return sl_rotate_positions(x, shape[0], shape[1], shape[2], shape[3], base, position, shape[4]);
}
