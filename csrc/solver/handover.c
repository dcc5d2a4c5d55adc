// Bounded regret: pushing may cost a fraction of a full solve; then the full solve takes over.
#include "solver/handover.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "sparse/spmv.h"

// Solves with a tighter tolerance when the bound of the first was not enough.
#define MAX_SOLVES 8u
// Rows that are looked at to guess a tolerance.
#define SAMPLE 32u
// Tolerances that few iterations are enough for.
#define LOOSE 0.01
#define LEAST_TOLERANCE 0x1p-52

static double clamp_tolerance(double tolerance) {
  if (!(tolerance > LEAST_TOLERANCE)) return LEAST_TOLERANCE;
  return tolerance < 0.5 ? tolerance : 0.5;
}

// How much more slack a row has than the least, on average over a few.
static double slack_ratio(const sl_csr *matrix) {
  double sum = 0;
  uint32_t step = matrix->rows / SAMPLE + 1, count = 0;
  for (uint64_t i = 0; i < matrix->rows; i += step, count++) sum += sl_csr_row_slack(matrix, i);
  return sum / count / matrix->matrix_class.min_row_slack;
}

// The tolerance at which x probably meets the demanded bound: certain for sums, for maxima with the
// residual spread evenly. Too optimistic costs another, warm solve; too careful costs iterations.
static double first_tolerance(const sl_handover *handover) {
  const sl_matrix_class *class = &handover->matrix->matrix_class;
  double root = sqrt((double)handover->matrix->rows);
  double size = sl_norm2_f64(handover->b, handover->matrix->rows);
  double each = handover->demand / size;
  if (handover->norm != SL_BOUND_INF || !(class->min_row_slack > 0))
    return clamp_tolerance(each * class->min_column_slack / root);
  // The bound is the largest |r_i| / slack_i. Where slacks differ, both are rarely extreme in the
  // same row as long as few iterations have made r uneven.
  double tolerance = each * class->min_row_slack * root / 4;
  if (tolerance > LOOSE) tolerance *= 0.75 + 0.25 * slack_ratio(handover->matrix);
  return clamp_tolerance(tolerance);
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
  return sl_solver_begin(handover->solver, handover->b, handover->x);
}

static sl_status reserve(sl_handover *handover, const sl_local_vector *b, const double *guess) {
  size_t n = handover->matrix->rows;
  SL_TRY(SL_ALLOC_ZERO(&handover->x, n));
  // What a push makes of numbers near the ends of f64 may have overflowed: zero is a guess, too.
  if (guess && sl_first_not_finite_f64(guess, n) == n)
    memcpy(handover->x, guess, n * sizeof *guess);
  if (handover->norm == SL_BOUND_ONE) SL_TRY(SL_ALLOC(&handover->scratch, 2 * n));
  handover->b = b->dense;
  if (b->dense) return SL_OK;
  SL_TRY(SL_ALLOC_ZERO(&handover->b_copy, n));
  for (uint32_t k = 0; k < b->count; k++) handover->b_copy[b->indices[k]] = b->values[k];
  handover->b = handover->b_copy;
  return SL_OK;
}

sl_status sl_handover_begin(sl_handover *handover, const sl_method_set *methods, sl_csr *matrix,
                            const sl_local_vector *b, const double *guess, sl_bound_norm norm,
                            double demand, uint64_t max_work) {
  sl_handover_drop(handover);
  handover->methods = methods;
  handover->matrix = matrix;
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
// rows are dominant as well that may be the other one.
static double bound_sum(const sl_handover *handover) {
  size_t n = handover->matrix->rows;
  double *r = handover->scratch, *rounding = r + n;
  sl_csr_residual_bound(handover->matrix, handover->x, handover->b, r, rounding);
  double sum = (sl_norm1_f64(r, n) + sl_norm1_f64(rounding, n)) * (1 + sl_push_rounding(2.0 * n));
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

sl_status sl_handover_step(sl_handover *handover, uint64_t work, bool *ended) {
  sl_outcome outcome;
  *ended = false;
  SL_TRY(sl_job_step(sl_solver_job(handover->solver), work, &outcome));
  if (outcome == SL_OUTCOME_RUNNING) return SL_OK;
  SL_TRY(take_solution(handover));
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
  sl_free(handover->scratch);
  *handover = (sl_handover){0};
}

uint64_t sl_handover_work(const sl_handover *handover) {
  sl_job *solve = handover->solver != NULL ? sl_solver_job(handover->solver) : NULL;
  bool running = solve != NULL && sl_job_is_running(solve);
  return handover->work + (running ? sl_job_work(solve) : 0);
}

size_t sl_handover_bytes(const sl_handover *handover) {
  if (handover->x == NULL) return 0;
  size_t a_row = sizeof(double) * (1 + (handover->b_copy ? 1 : 0) + (handover->scratch ? 2 : 0));
  size_t solver = handover->solver ? sl_solver_bytes(handover->solver) : 0;
  return handover->matrix->rows * a_row + solver;
}
