// The automatic choice between plain conjugate gradients and stronger preconditioners.
//
// There is no universal winner: on meshes multigrid wins by a factor of five, on social graphs the
// diagonal is enough and everything else is waste. So the first iterations of CG on the real system
// are looked at, and a preconditioner is set up only when the iterations that remain would cost
// more. What CG has done by then is not lost: the next method starts from its iterate.
#include <math.h>

#include "solver/lanczos.h"
#include "solver/method.h"

// Iterations of CG before the prediction.
#define PROBE 14u

// Work of a solve with multigrid, in entries of the matrix: the setup, and a dozen iterations of a
// cycle and a product each. Vectors are counted in rows.
#define STRONG_SETUP 20.0
#define STRONG_ITERATIONS 12.0
#define STRONG_ENTRIES 5.0
#define STRONG_ROWS 4.0
#define CG_ROWS 3.0
// The approximate factorisation, whose entries are reached at random, costs so many times as much.
#define SCATTERED 3.0

// A prediction that was wrong by this much is given up.
#define PATIENCE 2.0

static sl_solve_attempt *current(sl_solver *solver) {
  return &solver->attempts[solver->attempt_count - 1];
}

// Where the next method is no multigrid: the matrix is that of a social network or the like.
static bool is_scattered(const sl_solver *solver) {
  return solver->plan.entries[solver->plan.at + 1].id != SL_SOLVER_AMG;
}

// Iterations of plain CG that cost as much as everything a stronger method needs.
static double affordable_iterations(const sl_solver *solver) {
  double entries = solver->matrix->nnz, rows = solver->n;
  double strong =
      STRONG_SETUP * entries + STRONG_ITERATIONS * (STRONG_ENTRIES * entries + STRONG_ROWS * rows);
  if (is_scattered(solver)) strong *= SCATTERED;
  return strong / (entries + CG_ROWS * rows);
}

bool sl_solver_leaves_cg(sl_solver *solver, const sl_lanczos *lanczos) {
  sl_solve_attempt *attempt = current(solver);
  if (attempt->iterations < PROBE) return false;
  double afford = affordable_iterations(solver);
  if (attempt->iterations == PROBE) {
    double factor = solver->target / solver->norm;
    attempt->condition = sl_lanczos_condition(lanczos);
    attempt->predicted = sl_lanczos_iterations(lanczos, factor);
    // There some eigenvalues lie apart, and by the condition alone it would be too many.
    double gained = log(attempt->relative_residual * solver->b_norm / solver->norm);
    double observed = PROBE * -log(factor) / gained;
    if (is_scattered(solver) && observed > 0 && observed < attempt->predicted)
      attempt->predicted = sqrt(attempt->predicted * observed);
    // In exact arithmetic it ends after n iterations, and on small systems it nearly does.
    attempt->predicted = fmin(attempt->predicted, 1.5 * solver->n);
    return attempt->predicted > afford;
  }
  // Stayed, and the prediction did not come true.
  return attempt->iterations > PROBE + PATIENCE * attempt->predicted + 0.5 * afford;
}

double sl_solver_predicted_left(const sl_solver *solver) {
  const sl_solve_attempt *attempt = &solver->attempts[solver->attempt_count - 1];
  if (!(attempt->predicted > 0)) return 0;
  return PROBE + ceil(attempt->predicted) - attempt->iterations;
}

bool sl_solver_gives_way(sl_solver *solver) {
  const sl_plan_entry *entry = sl_solver_running(solver);
  if (entry->reason == SL_REASON_ASKED || entry->reason == SL_REASON_REMAINS) return false;
  return entry->method->gives_way != NULL && entry->method->gives_way(solver);
}
