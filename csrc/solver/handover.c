// Bounded regret: pushing may cost a fraction of a full solve; then the full solve takes over.
#include "solver/handover.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/method.h"

// Solves with a tighter tolerance when the bound of the first was not enough.
#define MAX_SOLVES 8u
#define LEAST_TOLERANCE 0x1p-52
// Of the demanded bound: what rounding and the step from kept to computed residuals take.
#define SAFE_SHARE 0.98
#define OLD_SHARE 0.5

static double clamp_tolerance(double tolerance) {
  if (!(tolerance > LEAST_TOLERANCE)) return LEAST_TOLERANCE;
  return tolerance < 0.5 ? tolerance : 0.5;
}

// Whether the bound is the largest |r_i| / slack_i of the rows, or the sum of |r_i| over the least
// slack of the columns.
static bool is_by_rows(const sl_handover *handover) {
  return handover->norm == SL_BOUND_INF && handover->matrix->matrix_class.min_row_slack > 0;
}

// The tolerance at which x surely meets the demanded bound for sums, and for maxima with the
// residual spread evenly but for a factor. Too optimistic costs another, warm solve. Where the
// matrix is symmetric methods keep r up to date and end as soon as it is enough: then too careful
// costs nothing, and the tolerance only says what is ahead.
static double first_tolerance(const sl_handover *handover) {
  const sl_matrix_class *class = &handover->matrix->matrix_class;
  double root = sqrt((double)handover->matrix->rows);
  double each = handover->demand / sl_norm2_f64(handover->b, handover->matrix->rows);
  if (!is_by_rows(handover)) return clamp_tolerance(each * class->min_column_slack / root);
  double spread = fmax(root / (class->symmetric ? 32 : 4), 1);
  return clamp_tolerance(each * class->min_row_slack * spread);
}

static sl_status start_solver(sl_handover *handover) {
  sl_solver_options options = sl_solver_options_default();
  options.tolerance = handover->tolerance;
  uint64_t left = handover->max_work > handover->work ? handover->max_work - handover->work : 1;
  options.max_work = handover->max_work == UINT64_MAX ? 0 : left;
  sl_solver_destroy(handover->solver);
  handover->solver = NULL;
  SL_TRY(sl_solver_create_of(handover->methods, handover->matrix, &options, &handover->solver));
  handover->solves++;
  handover->look = INFINITY;
  return sl_solver_begin(handover->solver, handover->b, handover->x);
}

static sl_status reserve(sl_handover *handover, const sl_local_vector *b, const double *guess) {
  size_t n = handover->matrix->rows;
  SL_TRY(SL_ALLOC_ZERO(&handover->x, n));
  // What a push makes of numbers near the ends of f64 may have overflowed: zero is a guess, too.
  if (guess && sl_first_not_finite_f64(guess, n) == n)
    memcpy(handover->x, guess, n * sizeof *guess);
  handover->b = b->dense;
  if (b->dense) return SL_OK;
  SL_TRY(SL_ALLOC_ZERO(&handover->b_copy, n));
  for (uint32_t k = 0; k < b->count; k++) handover->b_copy[b->indices[k]] = b->values[k];
  handover->b = handover->b_copy;
  return SL_OK;
}

sl_status sl_handover_begin(sl_handover *handover, const sl_method_set *methods, sl_csr *matrix,
                            const sl_row_slack *slack, const sl_local_vector *b,
                            const double *guess, sl_bound_norm norm, double demand,
                            uint64_t max_work) {
  sl_handover_drop(handover);
  handover->methods = methods;
  handover->matrix = matrix;
  handover->slack = slack;
  handover->norm = norm;
  handover->demand = demand;
  handover->max_work = max_work;
  handover->outcome = SL_OUTCOME_RUNNING;
  handover->bound = INFINITY;
  sl_status status = reserve(handover, b, guess);
  if (status == SL_OK) {
    handover->tolerance = first_tolerance(handover);
    status = start_solver(handover);
  }
  if (status != SL_OK) sl_handover_drop(handover);
  return status;
}

// ||x - exact||_1 <= ||b - A x||_1 / min column slack. The solver proves one norm only, and where
// rows are dominant as well that may be the other one; r and its rounding are those of x.
static double bound_sum(const sl_handover *handover) {
  const sl_solver *solver = handover->solver;
  size_t n = solver->n;
  double sum = (sl_norm1_f64(solver->r, n) + sl_norm1_f64(solver->vectors[0], n)) *
               (1 + sl_push_rounding(2.0 * n));
  return sum / handover->matrix->matrix_class.min_column_slack * (1 + 0x1p-50) + 0x1p-1072;
}

static sl_status take_solution(sl_handover *handover) {
  sl_solve_result solved;
  SL_TRY(sl_solver_finish(handover->solver, handover->x, &solved));
  handover->work += solved.work;
  handover->touched_rows += solved.touched_rows;
  handover->outcome = solved.outcome;
  bool known = solved.error_bound_norm != SL_BOUND_NONE;
  double bound = known ? solved.error_bound : INFINITY;
  if (handover->norm == SL_BOUND_ONE && solved.error_bound_norm != SL_BOUND_ONE) {
    bound = bound_sum(handover);
  }
  handover->bound = bound <= INFINITY ? bound : INFINITY;
  return SL_OK;
}

// The bound of x by the r that the method keeps, without rounding.
static double kept_bound(const sl_handover *handover) {
  const sl_matrix_class *class = &handover->matrix->matrix_class;
  const double *r = handover->solver->r;
  uint32_t n = handover->matrix->rows;
  if (!is_by_rows(handover)) return sl_norm1_f64(r, n) / class->min_column_slack;
  if (handover->slack == NULL || handover->slack->inverse == NULL)
    return sl_norm_inf_f64(r, n) / class->min_row_slack;
  double most = 0;
  for (uint32_t i = 0; i < n; i++) {
    double each = fabs(r[i]) * handover->slack->inverse[i];
    if (each > most) most = each;
  }
  return most;
}

// Whether x is probably good enough. Looked at again when half of what is missing to the last order
// of magnitude has been gained, and then in each iteration; until it is the method is kept from
// ending by its norm alone.
static bool is_enough(sl_handover *handover) {
  sl_solver *solver = handover->solver;
  bool ready = solver->phase == SL_PHASE_ITERATE && solver->best_in_x;
  if (!ready || !(solver->norm <= handover->look)) return false;
  // Where r is older than x, it is taken to have shrunk as the norm has.
  bool is_old = sl_solver_running(solver)->method->true_residual;
  double shrunk = is_old ? solver->norm / sl_norm2_f64(solver->r, solver->n) : 1;
  double bound = ldexp(kept_bound(handover) * shrunk, solver->right_side.exponent);
  double share = (is_old ? OLD_SHARE : SAFE_SHARE) * handover->demand / bound;
  double target = fmax(solver->norm * share / 2, LEAST_TOLERANCE * solver->b_norm);
  if (target < solver->target) {
    solver->claim *= target / solver->target;
    solver->target = target;
  }
  handover->look = solver->norm * fmin(sqrt(10 * share), 1);
  return share >= 1;
}

sl_status sl_handover_step(sl_handover *handover, uint64_t work, bool *ended) {
  sl_job *job = sl_solver_job(handover->solver);
  uint64_t before = sl_job_work(job);
  sl_outcome outcome;
  bool enough = false;
  *ended = false;
  // One iteration at a time; what takes no work is a step of its own.
  do {
    SL_TRY(sl_job_step(job, 1, &outcome));
    enough = outcome == SL_OUTCOME_RUNNING && is_enough(handover);
    if (enough) SL_TRY(sl_job_stop(job, SL_OUTCOME_WORK_LIMIT));
  } while (sl_job_is_running(job) && handover->solver->request != SL_REQUEST_REST &&
           sl_job_work(job) - before < work);
  if (sl_job_is_running(job)) return SL_OK;
  SL_TRY(take_solution(handover));
  if (enough) handover->outcome = SL_OUTCOME_CONVERGED;
  *ended = true;
  bool worth_another = handover->outcome == SL_OUTCOME_CONVERGED && handover->solves < MAX_SOLVES &&
                       handover->tolerance > LEAST_TOLERANCE && handover->work < handover->max_work;
  if (handover->bound <= handover->demand || !worth_another) return SL_OK;
  double factor = handover->demand / handover->bound / 2;
  handover->tolerance = clamp_tolerance(handover->tolerance * (factor > 1e-4 ? factor : 1e-4));
  *ended = false;
  return start_solver(handover);
}

sl_status sl_handover_stop(sl_handover *handover, sl_outcome why) {
  SL_TRY(sl_job_stop(sl_solver_job(handover->solver), why));
  return take_solution(handover);
}

void sl_handover_drop(sl_handover *handover) {
  sl_solver_destroy(handover->solver);
  sl_free(handover->x);
  sl_free(handover->b_copy);
  *handover = (sl_handover){0};
}

uint64_t sl_handover_work(const sl_handover *handover) {
  sl_job *solve = handover->solver != NULL ? sl_solver_job(handover->solver) : NULL;
  bool running = solve != NULL && sl_job_is_running(solve);
  return handover->work + (running ? sl_job_work(solve) : 0);
}

size_t sl_handover_bytes(const sl_handover *handover) {
  if (handover->x == NULL) return 0;
  size_t a_row = sizeof(double) * (handover->b_copy ? 2 : 1);
  size_t solver = handover->solver ? sl_solver_bytes(handover->solver) : 0;
  return handover->matrix->rows * a_row + solver;
}
