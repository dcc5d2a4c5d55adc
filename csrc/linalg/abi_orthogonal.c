// Raw ABI of the linalg room: linalg/orthogonal.h.
#include "base/abi_job.h"
#include "linalg/orthogonal.h"

static sl_status get(sl_handle handle, sl_orthogonal **out) {
  return sl_abi_job_get(handle, &sl_orthogonal_job_kind, out);
}

// 0 after a failure. values: rows * columns f64, row by row. kind: 0 QR (option: 1 with pivoting), 1
// symmetric eigenvalues, 2 singular values (option: 1 with vectors). The work is done by sl_abi_job_step.
sl_handle SL_ABI(sl_abi_orthogonal_create)(const double *values, uint32_t rows, uint32_t columns,
                                           uint32_t kind, uint32_t option) {
  sl_orthogonal *made;
  const double count = (double)rows * columns;
  if (count >= (double)(SIZE_MAX / 8)) {
    (void)sl_fail(SL_ERR_OVERFLOW, "matrix", "a smaller matrix", SL_NO_POSITION);
    return 0;
  }
  if (sl_orthogonal_create(values, (size_t)count, rows, columns, kind, option, &made) != SL_OK)
    return 0;
  return sl_abi_job_register(sl_orthogonal_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_orthogonal_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_orthogonal_job_kind);
}

// Bytes, as a number: see sl_orthogonal_estimate.
double SL_ABI(sl_abi_orthogonal_estimate)(uint32_t rows, uint32_t columns, uint32_t kind,
                                          uint32_t option) {
  return sl_orthogonal_estimate(rows, columns, kind, option);
}

// part: a value of sl_orthogonal_part. out: out_count f64, written, row by row.
int32_t SL_ABI(sl_abi_orthogonal_read)(sl_handle handle, uint32_t part, double *out,
                                       uint32_t out_count) {
  sl_orthogonal *o;
  SL_TRY(get(handle, &o));
  return sl_orthogonal_read(o, part, out, out_count);
}

// out: a u32, written. tolerance: below 0 the usual one.
int32_t SL_ABI(sl_abi_orthogonal_rank)(sl_handle handle, double tolerance, uint32_t *out) {
  sl_orthogonal *o;
  SL_TRY(get(handle, &o));
  return sl_orthogonal_rank(o, tolerance, out);
}

int32_t SL_ABI(sl_abi_orthogonal_begin_q)(sl_handle handle, uint32_t columns) {
  sl_orthogonal *o;
  SL_TRY(get(handle, &o));
  return sl_orthogonal_begin_q(o, columns);
}

// b: b_count = rows * columns f64, row by row, copied.
int32_t SL_ABI(sl_abi_orthogonal_begin_solve)(sl_handle handle, const double *b, uint32_t b_count,
                                              uint32_t columns, double tolerance) {
  sl_orthogonal *o;
  SL_TRY(get(handle, &o));
  return sl_orthogonal_begin_solve(o, b, b_count, columns, tolerance);
}

// x: x_count f64; facts: the rank, then a norm for each column. Both are written.
int32_t SL_ABI(sl_abi_orthogonal_read_solve)(sl_handle handle, double *x, uint32_t x_count,
                                             double *facts) {
  sl_orthogonal *o;
  SL_TRY(get(handle, &o));
  return sl_orthogonal_read_solve(o, x, x_count, facts);
}
