// Raw ABI of dense/vector.h.
#include "base/abi.h"

#include "dense/vector.h"

static const sl_kind SL_HANDLE_VECTOR[1] = {{"the handle of a vector"}};

static sl_status get(sl_handle handle, sl_vector **out) {
  return sl_handle_get(handle, SL_HANDLE_VECTOR, (void **)out);
}

// 0 after a failure.
sl_handle SL_ABI(sl_abi_vector_create)(size_t length, int32_t dtype) {
  sl_vector *vector;
  sl_handle handle;
  if (sl_vector_create(length, (sl_dtype)dtype, &vector) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_VECTOR, vector, &handle) != SL_OK) sl_vector_destroy(vector);
  return handle;
}

int32_t SL_ABI(sl_abi_vector_destroy)(sl_handle handle) {
  sl_vector *vector;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_VECTOR, (void **)&vector));
  sl_vector_destroy(vector);
  return SL_OK;
}

// Writes the address of the elements, their number, their dtype and the bytes held; each may be
// NULL.
int32_t SL_ABI(sl_abi_vector_info)(sl_handle handle, void **data, size_t *length, int32_t *dtype,
                                   size_t *bytes) {
  sl_vector *vector;
  SL_TRY(get(handle, &vector));
  if (data) *data = vector->data;
  if (length) *length = vector->length;
  if (dtype) *dtype = (int32_t)vector->dtype;
  if (bytes) *bytes = sl_vector_bytes(vector);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_vector_dot)(sl_handle handle, sl_handle other, double *out) {
  sl_vector *x, *y;
  SL_TRY(get(handle, &x));
  SL_TRY(get(other, &y));
  return sl_vector_dot(x, y, out);
}

int32_t SL_ABI(sl_abi_vector_axpy)(sl_handle handle, double alpha, sl_handle other) {
  sl_vector *x, *y;
  SL_TRY(get(handle, &y));
  SL_TRY(get(other, &x));
  return sl_vector_axpy(y, alpha, x);
}

int32_t SL_ABI(sl_abi_vector_scale)(sl_handle handle, double alpha) {
  sl_vector *vector;
  SL_TRY(get(handle, &vector));
  return sl_vector_scale(vector, alpha);
}

int32_t SL_ABI(sl_abi_vector_fill)(sl_handle handle, double value) {
  sl_vector *vector;
  SL_TRY(get(handle, &vector));
  return sl_vector_fill(vector, value);
}

int32_t SL_ABI(sl_abi_vector_norm)(sl_handle handle, int32_t kind, double *out) {
  sl_vector *vector;
  SL_TRY(get(handle, &vector));
  return sl_vector_norm(vector, (sl_norm_kind)kind, out);
}
