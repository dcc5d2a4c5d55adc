// Raw ABI of the linalg room: linalg/elements.h. Handles are those of sl_abi_dense_matrix_create.
#include "gemm/abi.h"
#include "linalg/elements.h"

static sl_status get(sl_handle handle, sl_dense_matrix **out) {
  return sl_handle_get(handle, SL_HANDLE_DENSE_MATRIX, (void **)out);
}

// operation: sl_matrix_operation. out_matrix: a handle of its own or that of an operand.
int32_t SL_ABI(sl_abi_dense_matrix_combine)(sl_handle left, sl_handle right, uint32_t operation,
                                            sl_handle out_matrix) {
  sl_dense_matrix *a, *b, *made;
  SL_TRY(get(left, &a));
  SL_TRY(get(right, &b));
  SL_TRY(get(out_matrix, &made));
  return sl_matrix_combine(a, b, operation, made);
}

int32_t SL_ABI(sl_abi_dense_matrix_transpose)(sl_handle handle, sl_handle out_matrix) {
  sl_dense_matrix *matrix, *made;
  SL_TRY(get(handle, &matrix));
  SL_TRY(get(out_matrix, &made));
  return sl_matrix_transpose(matrix, made);
}

int32_t SL_ABI(sl_abi_dense_matrix_convert)(sl_handle handle, sl_handle out_matrix) {
  sl_dense_matrix *matrix, *made;
  SL_TRY(get(handle, &matrix));
  SL_TRY(get(out_matrix, &made));
  return sl_matrix_convert(matrix, made);
}

// kind: sl_matrix_norm_kind. out: one f64, written.
int32_t SL_ABI(sl_abi_dense_matrix_norm)(sl_handle handle, uint32_t kind, double *out) {
  sl_dense_matrix *matrix;
  SL_TRY(get(handle, &matrix));
  return sl_matrix_norm(matrix, kind, out);
}
