// Raw ABI of the local answers: solver/local_entries.h.
#include "base/abi.h"
#include "base/memory.h"
#include "solver/local_entries.h"

// The matrix's handle is kept, so that destroying the matrix first is an error and not a read of
// freed memory.
typedef struct abi_local_entries {
  sl_local_entries *entries;
  sl_handle matrix;
} abi_local_entries;

static sl_status get(sl_handle handle, sl_local_entries **out) {
  abi_local_entries *found;
  void *matrix;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_LOCAL_ENTRIES, (void **)&found));
  SL_TRY(sl_handle_get(found->matrix, SL_HANDLE_MATRIX, &matrix));
  *out = found->entries;
  return SL_OK;
}

// A count of edge operations from a host that has no 64-bit integers. Above 2^63 is no limit.
static sl_status work_from(double number, const char *argument, uint64_t *out) {
  SL_REQUIRE(number >= 0, SL_ERR_OPTION, argument, "a number >= 0");
  *out = number < 0x1p63 ? (uint64_t)number : UINT64_MAX;
  return SL_OK;
}

// 0 after a failure. The matrix must outlive the object.
sl_handle SL_ABI(sl_abi_local_entries_create)(sl_handle matrix) {
  sl_csr *csr;
  abi_local_entries *made;
  sl_handle handle;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  if (SL_ALLOC_ZERO(&made, 1) != SL_OK) return 0;
  made->matrix = matrix;
  sl_status status = sl_local_entries_create(csr, &made->entries);
  if (status == SL_OK) status = sl_handle_create(SL_HANDLE_LOCAL_ENTRIES, made, &handle);
  if (status == SL_OK) return handle;
  sl_local_entries_destroy(made->entries);
  sl_free(made);
  return 0;
}

int32_t SL_ABI(sl_abi_local_entries_destroy)(sl_handle handle) {
  abi_local_entries *found;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_LOCAL_ENTRIES, (void **)&found));
  sl_local_entries_destroy(found->entries);
  sl_free(found);
  return SL_OK;
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
  SL_TRY(work_from(push_work, "push_work", &options.push_work));
  SL_TRY(work_from(max_work, "max_work", &options.max_work));
  return sl_local_entries_begin(entries, &options, indices, count);
}

int32_t SL_ABI(sl_abi_local_entries_step)(sl_handle handle, double work, int32_t *outcome) {
  sl_local_entries *entries;
  uint64_t units;
  sl_outcome reached;
  SL_TRY(get(handle, &entries));
  SL_TRY(work_from(work, "work", &units));
  SL_TRY(sl_local_entries_step(entries, units, &reached));
  *outcome = (int32_t)reached;
  return SL_OK;
}

int32_t SL_ABI(sl_abi_local_entries_stop)(sl_handle handle, int32_t why) {
  sl_local_entries *entries;
  SL_TRY(get(handle, &entries));
  return sl_local_entries_stop(entries, (sl_outcome)why);
}

int32_t SL_ABI(sl_abi_local_entries_progress)(sl_handle handle, uint32_t *settled,
                                              double *edge_operations) {
  sl_local_entries *entries;
  SL_TRY(get(handle, &entries));
  sl_local_entries_progress(entries, settled, edge_operations);
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

const char *SL_ABI(sl_abi_local_method_name)(int32_t method) {
  return sl_local_method_name((sl_local_method)method);
}
