#include "common.hpp"

extern "C" {
#include "solver/solver.h"
}

SL_OBJECT(sl_solver, sl_solver_destroy)
SL_OBJECT(sl_solver_options, sl_free)
SL_OBJECT(sl_solve_result, sl_free)
SL_OBJECT(sl_solve_attempt, sl_free)
SL_OBJECT(sl_solve_progress, sl_free)

EMSCRIPTEN_BINDINGS(solver) {
  sl::object<sl_solver_options>("SolverOptions")
      .defaults<sl_solver_options_default>("create")
      .option<&sl_solver_options::method>("method")
      .option<&sl_solver_options::tolerance>("tolerance")
      .option<&sl_solver_options::max_iterations>("maxIterations")
      .option<&sl_solver_options::max_work>("maxWork")
      .option<&sl_solver_options::record_history>("recordHistory")
      .option<&sl_solver_options::ordering>("ordering");
  sl::object<sl_solve_result>("SolveResult")
      .zeroed("create")
      .field<&sl_solve_result::outcome>("outcome")
      .field<&sl_solve_result::method>("method")
      .field<&sl_solve_result::iterations>("iterations")
      .field<&sl_solve_result::residual>("residual")
      .field<&sl_solve_result::relative_residual>("relativeResidual")
      .field<&sl_solve_result::backward_error>("backwardError")
      .field<&sl_solve_result::error_bound>("errorBound")
      .field<&sl_solve_result::error_bound_norm>("errorBoundNorm")
      .field<&sl_solve_result::work>("work")
      .field<&sl_solve_result::touched_rows>("touchedRows")
      .field<&sl_solve_result::history>("history")
      .field<&sl_solve_result::history_length>("historyLength")
      .field<&sl_solve_result::attempt_count>("attemptCount");
  sl::object<sl_solve_attempt>("SolveAttempt")
      .zeroed("create")
      .field<&sl_solve_attempt::method>("method")
      .field<&sl_solve_attempt::reason>("reason")
      .field<&sl_solve_attempt::outcome>("outcome")
      .field<&sl_solve_attempt::iterations>("iterations")
      .field<&sl_solve_attempt::relative_residual>("relativeResidual")
      .field<&sl_solve_attempt::setup_work>("setupWork")
      .field<&sl_solve_attempt::work>("work")
      .field<&sl_solve_attempt::condition>("condition")
      .field<&sl_solve_attempt::predicted>("predicted");
  sl::object<sl_solve_progress>("SolveProgress")
      .zeroed("create")
      .field<&sl_solve_progress::method>("method")
      .field<&sl_solve_progress::iterations>("iterations")
      .field<&sl_solve_progress::relative_residual>("relativeResidual");
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
