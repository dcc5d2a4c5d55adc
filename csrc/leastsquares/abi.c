// Raw ABI of the leastsquares room: leastsquares/leastsquares.h.
#include "sparse/abi.h"
#include "base/abi_job.h"
#include "leastsquares/leastsquares.h"

// 0 after a failure. b: b_count numbers, a multiple of the rows of the matrix, which is copied.
// column_scaling: 0 or 1. drop and fill: of the methods with an incomplete factor. The work is done by
// sl_abi_job_step.
sl_handle SL_ABI(sl_abi_least_squares_create)(sl_handle matrix, const double *b, uint32_t b_count,
                                              int32_t method, double damping, double tolerance,
                                              uint32_t max_iterations, double condition_limit,
                                              int32_t column_scaling, double drop, double fill) {
  sl_csr *csr;
  sl_least_squares *made;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  sl_status status =
      sl_least_squares_create(csr, b, b_count, method, damping, tolerance, max_iterations,
                              condition_limit, column_scaling != 0, drop, fill, &made);
  return status == SL_OK ? sl_abi_job_register(sl_least_squares_job(made), 0, NULL) : 0;
}

int32_t SL_ABI(sl_abi_least_squares_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_least_squares_kind);
}

// Other right-hand sides, as many as before; what was made of the matrix is kept. of_b: 0 or 1. See
// sl_least_squares_begin.
int32_t SL_ABI(sl_abi_least_squares_begin)(sl_handle handle, const double *b,
                                           uint32_t max_iterations, int32_t of_b) {
  sl_least_squares *least;
  SL_TRY(sl_abi_job_get(handle, &sl_least_squares_kind, &least));
  return sl_least_squares_begin(least, b, max_iterations, of_b != 0);
}

// The work that a factor has taken so far; 0 without one, and for a handle of something else.
double SL_ABI(sl_abi_least_squares_setup_work)(sl_handle handle) {
  sl_least_squares *least;
  if (sl_abi_job_get(handle, &sl_least_squares_kind, &least) != SL_OK) return 0;
  return (double)sl_least_squares_setup_work(least);
}

// out: two numbers, written: columns of the matrix, and right-hand sides.
int32_t SL_ABI(sl_abi_least_squares_shape)(sl_handle handle, double *out) {
  sl_least_squares *least;
  SL_TRY(sl_abi_job_get(handle, &sl_least_squares_kind, &least));
  sl_least_squares_shape(least, out);
  return SL_OK;
}

// x: as many numbers as the matrix has columns, for each right-hand side; numbers: nine for each.
// Both are written: see sl_least_squares_read.
int32_t SL_ABI(sl_abi_least_squares_read)(sl_handle handle, double *x, double *numbers) {
  sl_least_squares *least;
  SL_TRY(sl_abi_job_get(handle, &sl_least_squares_kind, &least));
  return sl_least_squares_read(least, x, numbers);
}
