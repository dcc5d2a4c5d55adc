// Vector: a dense array that lives in the library's memory, so that it can be passed to any
// computation without a copy and be seen from JavaScript as a live typed array.
#ifndef SL_DENSE_VECTOR_H
#define SL_DENSE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum sl_dtype {
  SL_F32 = 1,
  SL_F64 = 2,
} sl_dtype;

typedef struct sl_vector {
  void *data; // length elements of dtype, 16-byte aligned, owned
  size_t length;
  sl_dtype dtype;
} sl_vector;

// Creates a vector of zeros. length 0 is allowed (an empty vector). Allocates.
//   Errors: ERR_OPTION (dtype), ERR_MEMORY, ERR_OVERFLOW. O(length).
sl_status sl_vector_create(size_t length, sl_dtype dtype, sl_vector **out);

// Frees it. NULL is allowed.
void sl_vector_destroy(sl_vector *vector);

// Bytes held, the object itself included.
size_t sl_vector_bytes(const sl_vector *vector);

// Inner product in f64. x and y may be the same. Errors: ERR_SHAPE, ERR_ARGUMENT (dtypes differ).
// O(n).
sl_status sl_vector_dot(const sl_vector *x, const sl_vector *y, double *out);

// y += alpha x; x and y may be the same. Errors: ERR_SHAPE, ERR_ARGUMENT (dtypes differ),
// ERR_NOT_FINITE (alpha). On an error y is unchanged. O(n).
sl_status sl_vector_axpy(sl_vector *y, double alpha, const sl_vector *x);

// x *= alpha. Errors: ERR_NOT_FINITE (alpha); x is then unchanged. O(n).
sl_status sl_vector_scale(sl_vector *x, double alpha);

// Every element = value (rounded to the dtype). Errors: ERR_NOT_FINITE. O(n).
sl_status sl_vector_fill(sl_vector *x, double value);

// Norms: Euclidean, 1 and infinity, computed in f64. NaN elements give NaN. O(n).
typedef enum sl_norm_kind { SL_NORM_2 = 0, SL_NORM_1 = 1, SL_NORM_INF = 2 } sl_norm_kind;
sl_status sl_vector_norm(const sl_vector *x, sl_norm_kind kind, double *out);

#endif
