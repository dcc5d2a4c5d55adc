// Raw ABI of the local answers: solver/local_entries.h, local_sparse.h, local_dot.h.
#include "base/abi_job.h"
#include "solver/local_dot.h"
#include "solver/local_entries.h"
#include "solver/local_sparse.h"
#include "sparse/abi.h"

// ---- entries

static sl_status get(sl_handle handle, sl_local_entries **out) {
  return sl_abi_job_get(handle, &sl_local_entries_kind, out);
}

// 0 after a failure. The matrix must outlive the object.
sl_handle SL_ABI(sl_abi_local_entries_create)(sl_handle matrix) {
  sl_csr *csr;
  sl_local_entries *made;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  if (sl_local_entries_create(csr, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_local_entries_job(made), matrix, SL_HANDLE_MATRIX);
}

int32_t SL_ABI(sl_abi_local_entries_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_local_entries_kind);
}

int32_t SL_ABI(sl_abi_local_entries_bytes)(sl_handle handle, size_t *bytes) {
  sl_local_entries *entries;
  SL_TRY(get(handle, &entries));
  *bytes = sl_local_entries_bytes(entries);
  return SL_OK;
}

// b stays the host's: unchanged and alive until another is set.
int32_t SL_ABI(sl_abi_local_entries_set_dense)(sl_handle handle, const double *b, size_t length) {
  sl_local_entries *entries;
  SL_TRY(get(handle, &entries));
  return sl_local_entries_set_dense(entries, b, length);
}

int32_t SL_ABI(sl_abi_local_entries_set_sparse)(sl_handle handle, const uint32_t *indices,
                                                const double *values, uint32_t count) {
  sl_local_entries *entries;
  SL_TRY(get(handle, &entries));
  return sl_local_entries_set_sparse(entries, indices, values, count);
}

// 0 for push_work and max_work means their defaults.
int32_t SL_ABI(sl_abi_local_entries_begin)(sl_handle handle, double absolute_error,
                                           double push_work, double max_work,
                                           const uint32_t *indices, uint32_t count) {
  sl_local_entries *entries;
  sl_local_entries_options options = {.absolute_error = absolute_error};
  SL_TRY(get(handle, &entries));
  SL_TRY(sl_abi_count(push_work, "push_work", &options.push_work));
  SL_TRY(sl_abi_count(max_work, "max_work", &options.max_work));
  return sl_local_entries_begin(entries, &options, indices, count);
}

int32_t SL_ABI(sl_abi_local_entries_progress)(sl_handle handle, uint32_t *settled,
                                              double *edge_operations) {
  sl_local_entries *entries;
  SL_TRY(get(handle, &entries));
  *settled = sl_local_entries_settled(entries);
  *edge_operations = (double)sl_job_work(sl_local_entries_job(entries));
  return SL_OK;
}

// Writes 4 whole numbers (outcome, method, count, pushed entries), 3 real ones (largest bound,
// touched rows, edge operations) and the addresses of the values and their bounds, valid until the
// next begin.
int32_t SL_ABI(sl_abi_local_entries_finish)(sl_handle handle, int32_t *whole, double *real,
                                            const double **values, const double **error_bounds) {
  sl_local_entries *entries;
  sl_local_entries_result result;
  SL_TRY(get(handle, &entries));
  SL_TRY(sl_local_entries_finish(entries, &result));
  whole[0] = (int32_t)result.outcome;
  whole[1] = (int32_t)result.method;
  whole[2] = (int32_t)result.count;
  whole[3] = (int32_t)result.pushed_entries;
  real[0] = result.error_bound;
  real[1] = (double)result.touched_rows;
  real[2] = (double)result.edge_operations;
  *values = result.values;
  *error_bounds = result.error_bounds;
  return SL_OK;
}

int32_t SL_ABI(sl_abi_local_entries_keep_touched)(sl_handle handle, int32_t keep) {
  sl_local_entries *entries;
  SL_TRY(get(handle, &entries));
  return sl_local_entries_keep_touched(entries, keep != 0);
}

int32_t SL_ABI(sl_abi_local_entries_touched)(sl_handle handle, const uint32_t **rows,
                                             uint32_t *count) {
  sl_local_entries *entries;
  SL_TRY(get(handle, &entries));
  return sl_local_entries_touched(entries, rows, count);
}

const char *SL_ABI(sl_abi_local_method_name)(int32_t method) {
  return sl_local_method_name((sl_local_method)method);
}

// ---- sparse solutions

static sl_status get_sparse(sl_handle handle, sl_local_sparse **out) {
  return sl_abi_job_get(handle, &sl_local_sparse_kind, out);
}

// 0 after a failure. The matrix must outlive the object.
sl_handle SL_ABI(sl_abi_local_sparse_create)(sl_handle matrix) {
  sl_csr *csr;
  sl_local_sparse *made;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  if (sl_local_sparse_create(csr, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_local_sparse_job(made), matrix, SL_HANDLE_MATRIX);
}

int32_t SL_ABI(sl_abi_local_sparse_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_local_sparse_kind);
}

// norm: 0 chooses, 1 largest error, 2 sum of errors. b is copied.
int32_t SL_ABI(sl_abi_local_sparse_begin)(sl_handle handle, double absolute_error, int32_t norm,
                                          double push_work, double max_work,
                                          const uint32_t *indices, const double *values,
                                          uint32_t count) {
  sl_local_sparse *sparse;
  sl_local_sparse_options options = {.absolute_error = absolute_error, .norm = (sl_bound_norm)norm};
  SL_TRY(get_sparse(handle, &sparse));
  SL_TRY(sl_abi_count(push_work, "push_work", &options.push_work));
  SL_TRY(sl_abi_count(max_work, "max_work", &options.max_work));
  return sl_local_sparse_begin(sparse, &options, indices, values, count);
}

// Writes 4 whole numbers (outcome, method, count, norm), 3 real ones (bound, touched columns, edge
// operations) and the addresses of the indices and values, valid until the next begin.
int32_t SL_ABI(sl_abi_local_sparse_finish)(sl_handle handle, int32_t *whole, double *real,
                                           const uint32_t **indices, const double **values) {
  sl_local_sparse *sparse;
  sl_local_sparse_result result;
  SL_TRY(get_sparse(handle, &sparse));
  SL_TRY(sl_local_sparse_finish(sparse, &result));
  whole[0] = (int32_t)result.outcome;
  whole[1] = (int32_t)result.method;
  whole[2] = (int32_t)result.count;
  whole[3] = (int32_t)result.error_bound_norm;
  real[0] = result.error_bound;
  real[1] = (double)result.touched_columns;
  real[2] = (double)result.edge_operations;
  *indices = result.indices;
  *values = result.values;
  return SL_OK;
}

// ---- t^T x

static sl_status get_dot(sl_handle handle, sl_local_dot **out) {
  return sl_abi_job_get(handle, &sl_local_dot_kind, out);
}

// 0 after a failure. The matrix must outlive the object.
sl_handle SL_ABI(sl_abi_local_dot_create)(sl_handle matrix) {
  sl_csr *csr;
  sl_local_dot *made;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  if (sl_local_dot_create(csr, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_local_dot_job(made), matrix, SL_HANDLE_MATRIX);
}

int32_t SL_ABI(sl_abi_local_dot_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_local_dot_kind);
}

// Five numbers: absolute_error, confidence (0: proved bounds only), seed, push_work and max_work
// (0: defaults). Indices of 0: that vector is dense. t and b stay the host's until the query has
// ended.
int32_t SL_ABI(sl_abi_local_dot_begin)(sl_handle handle, const double *numbers,
                                       const uint32_t *t_indices, const double *t_values,
                                       uint32_t t_count, const uint32_t *b_indices,
                                       const double *b_values, uint32_t b_count) {
  sl_local_dot *dot;
  sl_local_dot_options options = {.absolute_error = numbers[0], .confidence = numbers[1]};
  SL_TRY(get_dot(handle, &dot));
  SL_TRY(sl_abi_count(numbers[2], "seed", &options.seed));
  SL_TRY(sl_abi_count(numbers[3], "push_work", &options.push_work));
  SL_TRY(sl_abi_count(numbers[4], "max_work", &options.max_work));
  return sl_local_dot_begin_arrays(dot, &options, t_indices, t_values, t_count, b_indices, b_values,
                                   b_count);
}

// Writes eight f64: outcome, method, value, proved bound, half width (infinite without walks),
// walks, touched rows, edge operations.
int32_t SL_ABI(sl_abi_local_dot_finish)(sl_handle handle, double *out) {
  sl_local_dot *dot;
  sl_local_dot_result result;
  SL_TRY(get_dot(handle, &dot));
  SL_TRY(sl_local_dot_finish(dot, &result));
  out[0] = result.outcome;
  out[1] = result.method;
  out[2] = result.value;
  out[3] = result.error_bound;
  out[4] = result.half_width;
  out[5] = (double)result.walks;
  out[6] = (double)result.touched_rows;
  out[7] = (double)result.edge_operations;
  return SL_OK;
}
