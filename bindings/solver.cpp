#include "common.hpp"

extern "C" {
#include "solver/solver.h"
}

SL_OBJECT(sl_solver, sl_solver_destroy)

SL_FIELDS(sl_solver_options, method, tolerance, max_iterations, max_work, record_history, ordering)
SL_FIELDS(sl_solve_result, outcome, method, iterations, residual, relative_residual, backward_error,
          error_bound, error_bound_norm, work, touched_rows, history, history_length, attempt_count)
SL_FIELDS(sl_solve_attempt, method, reason, outcome, iterations, relative_residual, setup_work,
          work, condition, predicted)
SL_FIELDS(sl_solve_progress, method, iterations, relative_residual)

EMSCRIPTEN_BINDINGS(solver) {
  sl::object<sl_solver>("Solver")
      .create<sl_solver_create>("create")
      .method<sl_solver_set_max_bytes>("setMaxBytes")
      .method<sl_solver_begin>("begin")
      .method<sl_solver_job>("job")
      .method<sl_solver_finish>("finish")
      .method<sl_solver_certify>("certify")
      .method<sl_solver_attempt>("attempt")
      .method<sl_solver_progress>("progress")
      .method<sl_solver_bytes>("bytes")
      .method<sl_solver_size>("size");
  sl::function<sl_solver_reason_text>("solverReasonText");
}
