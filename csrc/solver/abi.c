// Raw ABI of the solver room.
#include "sparse/abi.h"
#include "base/abi_job.h"
#include "solver/solver.h"

// ---- full solves: solver/solver.h ---------------------------------------------------------------

static sl_status get(sl_handle handle, sl_solver **out) {
  return sl_abi_job_get(handle, &sl_solver_kind, out);
}

// 0 after a failure. method: a value of SL_SOLVER_METHOD_LIST; ordering: of sl_ordering_kind;
// limits: 0 for none.
sl_handle SL_ABI(sl_abi_solver_create_ordered)(sl_handle matrix, int32_t method, int32_t ordering,
                                               double tolerance, uint32_t max_iterations,
                                               double max_work, int32_t record_history) {
  sl_csr *csr;
  sl_solver *solver;
  sl_solver_options options = {.method = (sl_solver_method)method,
                               .tolerance = tolerance,
                               .max_iterations = max_iterations,
                               .record_history = record_history != 0,
                               .ordering = (sl_ordering_kind)ordering};
  if (sl_abi_count(max_work, "max_work", &options.max_work) != SL_OK) return 0;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  if (sl_solver_create(csr, &options, &solver) != SL_OK) return 0;
  return sl_abi_job_register(sl_solver_job(solver), matrix, SL_HANDLE_MATRIX);
}

// The same with the method's choice of an ordering.
sl_handle SL_ABI(sl_abi_solver_create)(sl_handle matrix, int32_t method, double tolerance,
                                       uint32_t max_iterations, double max_work,
                                       int32_t record_history) {
  return sl_abi_solver_create_ordered(matrix, method, SL_ORDER_AUTO, tolerance, max_iterations,
                                      max_work, record_history);
}

int32_t SL_ABI(sl_abi_solver_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_solver_kind);
}

// bytes: whole, exact below 2^53; 0 for no limit. SL_ERR_OPTION when less is asked than is held.
int32_t SL_ABI(sl_abi_solver_set_max_bytes)(sl_handle handle, double bytes) {
  sl_solver *solver;
  SL_TRY(get(handle, &solver));
  SL_REQUIRE(bytes >= 0 && bytes <= 0x1p53, SL_ERR_OPTION, "max_bytes", "0 .. 2^53");
  return sl_solver_set_max_bytes(solver, (uint64_t)bytes);
}

// Writes the number of rows and the bytes held; each may be NULL.
int32_t SL_ABI(sl_abi_solver_info)(sl_handle handle, uint32_t *size, size_t *bytes) {
  sl_solver *solver;
  SL_TRY(get(handle, &solver));
  if (size) *size = sl_solver_size(solver);
  if (bytes) *bytes = sl_solver_bytes(solver);
  return SL_OK;
}

// b, initial_guess: as many doubles as the matrix has rows; initial_guess may be NULL.
int32_t SL_ABI(sl_abi_solver_begin)(sl_handle handle, const double *b,
                                    const double *initial_guess) {
  sl_solver *solver;
  SL_TRY(get(handle, &solver));
  return sl_solver_begin(solver, b, initial_guess);
}

// A result as twelve doubles: outcome, method, iterations, residual, relative residual, backward
// error, error bound, its norm (0 none, 1 infinity, 2 one), edge operations, touched rows, length
// of the history, attempts.
static void write_result(const sl_solve_result *from, double *to) {
  const double numbers[12] = {from->outcome,           from->method,
                              from->iterations,        from->residual,
                              from->relative_residual, from->backward_error,
                              from->error_bound,       from->error_bound_norm,
                              (double)from->work,      (double)from->touched_rows,
                              from->history_length,    from->attempt_count};
  for (int k = 0; k < 12; k++) to[k] = numbers[k];
}

// x: the solution, written. result: twelve doubles, written. history: where the relative residuals
// lie until the next begin, written; may be NULL.
int32_t SL_ABI(sl_abi_solver_finish)(sl_handle handle, double *x, double *result,
                                     const double **history) {
  sl_solver *solver;
  sl_solve_result found;
  SL_TRY(get(handle, &solver));
  SL_TRY(sl_solver_finish(solver, x, &found));
  write_result(&found, result);
  if (history) *history = found.history;
  return SL_OK;
}

// The result that finish would give for another x, which is read.
int32_t SL_ABI(sl_abi_solver_certify)(sl_handle handle, const double *x, double *result) {
  sl_solver *solver;
  sl_solve_result found;
  SL_TRY(get(handle, &solver));
  SL_TRY(sl_solver_certify(solver, x, &found));
  write_result(&found, result);
  return SL_OK;
}

// Attempt `index` as nine doubles: method, reason, outcome, iterations, relative residual, edge
// operations of its setup and of its iterations, estimated condition number and predicted
// iterations (0: none were made).
int32_t SL_ABI(sl_abi_solver_attempt)(sl_handle handle, uint32_t index, double *out) {
  sl_solver *solver;
  sl_solve_attempt found;
  SL_TRY(get(handle, &solver));
  SL_TRY(sl_solver_attempt(solver, index, &found));
  out[0] = found.method;
  out[1] = found.reason;
  out[2] = found.outcome;
  out[3] = found.iterations;
  out[4] = found.relative_residual;
  out[5] = (double)found.setup_work;
  out[6] = (double)found.work;
  out[7] = found.condition;
  out[8] = found.predicted;
  return SL_OK;
}

// Where a running solve is, as five doubles: outcome, method, iterations, relative residual, work.
int32_t SL_ABI(sl_abi_solver_progress)(sl_handle handle, double *out) {
  sl_solver *solver;
  sl_solve_progress progress;
  SL_TRY(get(handle, &solver));
  SL_TRY(sl_solver_progress(solver, &progress));
  out[0] = progress.outcome;
  out[1] = progress.method;
  out[2] = progress.iterations;
  out[3] = progress.relative_residual;
  out[4] = (double)progress.work;
  return SL_OK;
}

const char *SL_ABI(sl_abi_solver_method_name)(int32_t method) {
  return sl_solver_method_name((sl_solver_method)method);
}
const char *SL_ABI(sl_abi_solver_reason_text)(int32_t reason) {
  return sl_solver_reason_text((sl_solver_reason)reason);
}
