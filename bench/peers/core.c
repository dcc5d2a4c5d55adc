// Our own C core, native: what WebAssembly costs. Methods are those of the solver.
#include "protocol.h"

#include "solver/solver.h"
#include "sparse/csr.h"

static sl_csr *matrix;
static double *b, *x;

static void check(sl_status status) {
  if (status == SL_OK) return;
  fprintf(stderr, "core: %s\n", sl_status_text(status));
  exit(1);
}

static void load(const char *path) {
  peer_system s = peer_read_system(path);
  sl_csr_destroy(matrix);
  check(sl_csr_from_csr(s.n, s.n, s.row_pointers, s.n + (size_t)1, s.columns, s.nnz, s.values,
                        s.nnz, SL_VALUES_F64, &matrix));
  const sl_matrix_class *class;
  check(sl_csr_classify(matrix, &class));
  free(b);
  free(x);
  b = s.b;
  x = calloc(s.n, sizeof *x);
  free(s.row_pointers);
  free(s.columns);
  free(s.values);
}

static const char *run(const char *method, double tolerance, peer_answer *answer) {
  sl_solver_options options = sl_solver_options_default();
  if (sl_solver_method_from_name(method, &options.method) != SL_OK) return "unknown method";
  options.tolerance = tolerance;
  double start = peer_now();
  sl_solver *solver;
  sl_solve_result result;
  sl_outcome outcome;
  check(sl_solver_create(matrix, &options, &solver));
  check(sl_solver_begin(solver, b, NULL));
  do check(sl_job_step(sl_solver_job(solver), 10000000, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  check(sl_solver_finish(solver, x, &result));
  sl_solver_destroy(solver);
  answer->milliseconds = peer_now() - start;
  answer->iterations = (long)result.iterations;
  answer->result = x;
  answer->length = matrix->rows;
  return outcome == SL_OUTCOME_CONVERGED ? NULL : sl_outcome_name(outcome);
}

int main(void) { return peer_serve(load, run); }
