// Raw ABI of the linalg room: linalg/linalg.h.
#include "base/abi_job.h"
#include "linalg/linalg.h"

static sl_status get(sl_handle handle, sl_decomposition **out) {
  return sl_abi_job_get(handle, &sl_decomposition_job_kind, out);
}

// 0 after a failure. values: rows * columns f64, row by row. kind: 0 LU, 1 Cholesky. The work is done by
// sl_abi_job_step.
sl_handle SL_ABI(sl_abi_decomposition_create)(const double *values, uint32_t rows, uint32_t columns,
                                              uint32_t kind) {
  sl_decomposition *made;
  const double count = (double)rows * columns;
  if (count >= (double)(SIZE_MAX / 8)) {
    (void)sl_fail(SL_ERR_OVERFLOW, "matrix", "a smaller matrix", SL_NO_POSITION);
    return 0;
  }
  if (sl_decomposition_create(values, (size_t)count, rows, columns, kind, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_decomposition_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_decomposition_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_decomposition_job_kind);
}

// Bytes, as a number: see sl_decomposition_estimate.
double SL_ABI(sl_abi_decomposition_estimate)(uint32_t rows, uint32_t columns, uint32_t kind) {
  return sl_decomposition_estimate(rows, columns, kind);
}

// Eight numbers: kind, rows, columns, first pivot that is 0 or -1, sign, log |determinant|,
// determinant, scaled.
int32_t SL_ABI(sl_abi_decomposition_facts)(sl_handle handle, double *out8) {
  sl_decomposition *d;
  sl_decomposition_facts f;
  SL_TRY(get(handle, &d));
  SL_TRY(sl_decomposition_facts_read(d, &f));
  out8[0] = f.kind, out8[1] = f.rows, out8[2] = f.columns, out8[3] = f.pivot;
  out8[4] = f.sign, out8[5] = f.log_determinant, out8[6] = f.determinant, out8[7] = f.scaled;
  return SL_OK;
}

// part: 0 L, 1 U, 2 the permutation. out: out_count f64, written, row by row.
int32_t SL_ABI(sl_abi_decomposition_read)(sl_handle handle, uint32_t part, double *out,
                                          uint32_t out_count) {
  sl_decomposition *d;
  SL_TRY(get(handle, &d));
  return sl_decomposition_read(d, part, out, out_count);
}

// b: b_count = n * columns f64, row by row, copied. transposed: 0 or 1.
int32_t SL_ABI(sl_abi_decomposition_begin_solve)(sl_handle handle, const double *b,
                                                 uint32_t b_count, uint32_t columns,
                                                 uint32_t transposed, uint32_t refinements,
                                                 double tolerance) {
  sl_decomposition *d;
  SL_TRY(get(handle, &d));
  return sl_decomposition_begin_solve(d, b, b_count, columns, transposed != 0, refinements,
                                      tolerance);
}

// x: x_count = n * columns f64; facts: three f64 for each column. Both are written.
int32_t SL_ABI(sl_abi_decomposition_read_solve)(sl_handle handle, double *x, uint32_t x_count,
                                                double *facts) {
  sl_decomposition *d;
  SL_TRY(get(handle, &d));
  return sl_decomposition_read_solve(d, x, x_count, facts);
}

int32_t SL_ABI(sl_abi_decomposition_begin_inverse)(sl_handle handle) {
  sl_decomposition *d;
  SL_TRY(get(handle, &d));
  return sl_decomposition_begin_inverse(d);
}

// out: out_count = n * n f64, written.
int32_t SL_ABI(sl_abi_decomposition_read_inverse)(sl_handle handle, double *out,
                                                  uint32_t out_count) {
  sl_decomposition *d;
  SL_TRY(get(handle, &d));
  return sl_decomposition_read_inverse(d, out, out_count);
}

int32_t SL_ABI(sl_abi_decomposition_begin_condition)(sl_handle handle) {
  sl_decomposition *d;
  SL_TRY(get(handle, &d));
  return sl_decomposition_begin_condition(d);
}

// out: one f64, written.
int32_t SL_ABI(sl_abi_decomposition_read_condition)(sl_handle handle, double *out) {
  sl_decomposition *d;
  SL_TRY(get(handle, &d));
  return sl_decomposition_read_condition(d, out);
}
