#include "dense/vector.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"

sl_status sl_vector_create(size_t length, sl_dtype dtype, sl_vector **out) {
  *out = NULL;
  SL_REQUIRE(dtype == SL_F32 || dtype == SL_F64, SL_ERR_OPTION, "dtype", "float32 or float64");
#ifdef SL_TEST_HOOKS
  // The test build's way to a trap: no import or export differs from the real variants.
  if (length == 0xdead) __builtin_trap();
#endif
  void *data;
  SL_TRY(sl_alloc_zero(length, dtype == SL_F32 ? sizeof(float) : sizeof(double), &data));
  sl_vector *vector;
  sl_status status = SL_ALLOC(&vector, 1);
  if (status != SL_OK) {
    sl_free(data);
    return status;
  }
  *vector = (sl_vector){data, length, dtype};
  *out = vector;
  return SL_OK;
}

void sl_vector_destroy(sl_vector *vector) {
  if (vector == NULL) return;
  sl_free(vector->data);
  sl_free(vector);
}

size_t sl_vector_bytes(const sl_vector *vector) {
  return sizeof *vector +
         vector->length * (vector->dtype == SL_F32 ? sizeof(float) : sizeof(double));
}

static sl_status same_kind(const sl_vector *x, const sl_vector *y) {
  SL_REQUIRE(x->length == y->length, SL_ERR_SHAPE, "other", "a vector of the same length");
  SL_REQUIRE(x->dtype == y->dtype, SL_ERR_ARGUMENT, "other", "a vector of the same dtype");
  return SL_OK;
}

sl_status sl_vector_dot(const sl_vector *x, const sl_vector *y, double *out) {
  SL_TRY(same_kind(x, y));
  *out = x->dtype == SL_F32 ? sl_dot_f32(x->data, y->data, x->length)
                            : sl_dot_f64(x->data, y->data, x->length);
  return SL_OK;
}

sl_status sl_vector_axpy(sl_vector *y, double alpha, const sl_vector *x) {
  SL_TRY(same_kind(y, x));
  SL_REQUIRE(isfinite(alpha), SL_ERR_NOT_FINITE, "alpha", "a finite number");
  if (x->dtype == SL_F32) {
    sl_axpy_f32((float)alpha, x->data, y->data, x->length);
  } else {
    sl_axpy_f64(alpha, x->data, y->data, x->length);
  }
  return SL_OK;
}

sl_status sl_vector_scale(sl_vector *x, double alpha) {
  SL_REQUIRE(isfinite(alpha), SL_ERR_NOT_FINITE, "alpha", "a finite number");
  if (x->dtype == SL_F32) {
    sl_scale_f32((float)alpha, x->data, x->length);
  } else {
    sl_scale_f64(alpha, x->data, x->length);
  }
  return SL_OK;
}

sl_status sl_vector_fill(sl_vector *x, double value) {
  SL_REQUIRE(isfinite(value), SL_ERR_NOT_FINITE, "value", "a finite number");
  const bool narrow = x->dtype == SL_F32;
  const float rounded = (float)value;
  const size_t size = narrow ? sizeof rounded : sizeof value, bytes = x->length * size;
  if (bytes == 0) return SL_OK;
  // What is filled is copied behind itself.
  memcpy(x->data, narrow ? (const void *)&rounded : &value, size);
  char *data = x->data;
  for (size_t done = size; done < bytes; done *= 2) {
    memcpy(data + done, data, done < bytes - done ? done : bytes - done);
  }
  return SL_OK;
}

static double norm_f32(const float *x, size_t n, sl_norm_kind kind) {
  if (kind == SL_NORM_2) return sl_norm2_f32(x, n);
  double sum = 0, most = 0;
  for (size_t i = 0; i < n; i++) {
    double size = fabs((double)x[i]);
    sum += size;
    most = most < size ? size : most;
  }
  return kind == SL_NORM_1 || isnan(sum) ? sum : most;
}

static double norm_f64(const double *x, size_t n, sl_norm_kind kind) {
  if (kind == SL_NORM_2) return sl_norm2_f64(x, n);
  if (kind == SL_NORM_1) return sl_norm1_f64(x, n);
  size_t bad = sl_first_not_finite_f64(x, n);
  return bad < n ? fabs(x[bad]) : sl_norm_inf_f64(x, n);
}

sl_status sl_vector_norm(const sl_vector *x, sl_norm_kind kind, double *out) {
  SL_REQUIRE(kind == SL_NORM_2 || kind == SL_NORM_1 || kind == SL_NORM_INF, SL_ERR_OPTION, "norm",
             "2, 1 or infinity");
  *out =
      x->dtype == SL_F32 ? norm_f32(x->data, x->length, kind) : norm_f64(x->data, x->length, kind);
  return SL_OK;
}
