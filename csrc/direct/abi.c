// Raw ABI of the direct room: direct/factor.h.
#include "sparse/abi.h"
#include "base/abi_container.h"
#include "base/abi_job.h"
#include "direct/factor.h"

static sl_status get(sl_handle handle, sl_factor **out) {
  return sl_abi_job_get(handle, &sl_factor_kind, out);
}

// 0 after a failure. The matrix is copied. method: a value of sl_factor_method; ordering: of
// sl_factor_ordering; estimate: 1 for the analysis alone. The work is done by sl_abi_job_step.
sl_handle SL_ABI(sl_abi_factor_create)(sl_handle matrix, int32_t method, int32_t ordering,
                                       int32_t estimate) {
  sl_csr *csr;
  sl_factor *factor;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  sl_status status = estimate != 0 ? sl_factor_create_estimate(csr, method, ordering, &factor)
                                   : sl_factor_create(csr, method, ordering, &factor);
  return status == SL_OK ? sl_abi_job_register(sl_factor_job(factor), 0, NULL) : 0;
}

int32_t SL_ABI(sl_abi_factor_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_factor_kind);
}

// values: count numbers, one for each entry of the pattern, row by row.
int32_t SL_ABI(sl_abi_factor_begin_values)(sl_handle handle, const double *values, uint32_t count) {
  sl_factor *factor;
  SL_TRY(get(handle, &factor));
  return sl_factor_begin_values(factor, values, count);
}

int32_t SL_ABI(sl_abi_factor_begin_matrix)(sl_handle handle, sl_handle matrix) {
  sl_factor *factor;
  sl_csr *csr;
  SL_TRY(get(handle, &factor));
  SL_TRY(sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr));
  return sl_factor_begin_matrix(factor, csr);
}

// b: as many numbers as the matrix has rows, times columns; copied.
int32_t SL_ABI(sl_abi_factor_begin_solve)(sl_handle handle, const double *b, uint32_t columns,
                                          int32_t transpose, uint32_t refinements,
                                          double tolerance) {
  sl_factor *factor;
  SL_TRY(get(handle, &factor));
  return sl_factor_begin_solve(factor, b, columns, transpose != 0, refinements, tolerance);
}

// x: as b, written. out: four numbers, written: outcome, largest backward error, bound of the error,
// corrections. errors: the backward error of each column, written; may be NULL.
int32_t SL_ABI(sl_abi_factor_read_solve)(sl_handle handle, double *x, double *out, double *errors) {
  sl_factor *factor;
  SL_TRY(get(handle, &factor));
  return sl_factor_read_solve(factor, x, out, errors);
}

int32_t SL_ABI(sl_abi_factor_begin_condition)(sl_handle handle) {
  sl_factor *factor;
  SL_TRY(get(handle, &factor));
  return sl_factor_begin_condition(factor);
}

int32_t SL_ABI(sl_abi_factor_read_condition)(sl_handle handle, double *out) {
  sl_factor *factor;
  SL_TRY(get(handle, &factor));
  return sl_factor_read_condition(factor, out);
}

// out: fifteen numbers, written: see sl_factor_facts.
int32_t SL_ABI(sl_abi_factor_facts)(sl_handle handle, double *out) {
  sl_factor *factor;
  SL_TRY(get(handle, &factor));
  sl_factor_facts(factor, out);
  return SL_OK;
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_factor_save)(sl_handle handle) {
  sl_factor *factor;
  sl_writer *writer = NULL;
  if (get(handle, &factor) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_factor_save(factor, &writer), writer, handle, SL_HANDLE_JOB);
}

// The factor, or 0; sl_abi_job_step puts it together. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_factor_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_factor *factor;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  if (sl_factor_load(reader, &factor) != SL_OK) return 0;
  return sl_abi_job_register(sl_factor_job(factor), 0, NULL);
}
