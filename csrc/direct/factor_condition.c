// Based on: W. W. Hager, "Condition estimates", SIAM J. Sci. Stat. Comput. 5 (1984),
// doi:10.1137/0905023; N. J. Higham, "FORTRAN codes for estimating the one-norm of a real or complex
// matrix, with applications to condition estimation", ACM TOMS 14 (1988), doi:10.1145/50063.214386.
#include <math.h>
#include <string.h>

#include "direct/factor_object.h"
#include "direct/scale.h"

// In one round: x = A^-1 v, then z = A^-T sign(x), whose largest entry tells the next v. At the end
// an x that no sign pattern can fool.
enum { FORWARD, BACKWARD, LAST };

#define MOST_ROUNDS 5

// Begins A^-1 v, or A^-T v, for v in `correction`.
static void begin(sl_factor *f, bool transpose) {
  const int32_t *exponents = transpose ? f->column_exponent : f->row_exponent;
  for (uint32_t i = 0; i < f->matrix->rows; i++) {
    f->scaled_b[i] = sl_times_power(f->correction[i], exponents[i]);
  }
  sl_factor_pass_begin(f, f->scaled_b, transpose);
}

static double norm_1(const double *x, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += fabs(x[i]);
  return sum;
}

sl_status sl_factor_begin_condition(sl_factor *f) {
  uint32_t n = f->matrix->rows;
  SL_TRY(sl_factor_require_made(f));
  SL_TRY(sl_factor_reserve(f));
  const sl_matrix_class *facts; // of other values, not known yet
  SL_TRY(sl_csr_classify(f->matrix, &facts));
  f->condition = (sl_factor_condition){.stage = FORWARD, .last = UINT32_MAX};
  for (uint32_t i = 0; i < n; i++) f->correction[i] = 1.0 / n;
  begin(f, false);
  sl_factor_begin_phase(f, SL_FACTOR_ESTIMATING);
  return SL_OK;
}

static void begin_last(sl_factor *f) {
  uint32_t n = f->matrix->rows;
  for (uint32_t i = 0; i < n; i++) {
    double size = 1 + (double)i / (n > 1 ? n - 1 : 1);
    f->correction[i] = i % 2 == 0 ? size : -size;
  }
  f->condition.stage = LAST;
  begin(f, false);
}

// x = A^-1 v is in scaled_x. True: the estimate does not grow any more.
static bool judge_forward(sl_factor *f) {
  sl_factor_condition *c = &f->condition;
  uint32_t n = f->matrix->rows;
  double norm = norm_1(f->scaled_x, n);
  bool grew = !(norm <= c->estimate);
  if (grew) c->estimate = norm;
  if (n == 1 || (!grew && c->rounds > 0) || c->rounds == MOST_ROUNDS) return true;
  for (uint32_t i = 0; i < n; i++) f->correction[i] = f->scaled_x[i] < 0 ? -1 : 1;
  c->stage = BACKWARD;
  c->rounds++;
  begin(f, true);
  return false;
}

static void judge_backward(sl_factor *f) {
  sl_factor_condition *c = &f->condition;
  uint32_t n = f->matrix->rows, most = 0;
  for (uint32_t i = 1; i < n; i++) {
    if (fabs(f->scaled_x[i]) > fabs(f->scaled_x[most])) most = i;
  }
  if (most == c->last) {
    begin_last(f);
    return;
  }
  c->last = most;
  memset(f->correction, 0, n * sizeof *f->correction);
  f->correction[most] = 1;
  c->stage = FORWARD;
  begin(f, false);
}

sl_status sl_factor_step_condition(sl_factor *f, uint64_t work, bool *done) {
  sl_factor_condition *c = &f->condition;
  uint32_t n = f->matrix->rows;
  if (!sl_factor_pass_step(f, work, f->scaled_x)) return SL_OK;
  const int32_t *exponents = c->stage == BACKWARD ? f->row_exponent : f->column_exponent;
  for (uint32_t i = 0; i < n; i++) f->scaled_x[i] = sl_times_power(f->scaled_x[i], exponents[i]);
  if (c->stage == BACKWARD) {
    judge_backward(f);
  } else if (c->stage == FORWARD) {
    if (judge_forward(f)) begin_last(f);
  } else {
    double other = 2 * norm_1(f->scaled_x, n) / (3.0 * n);
    if (!(other <= c->estimate)) c->estimate = other;
    c->result = c->estimate * f->matrix->matrix_class.norm_1;
    if (!(c->result <= INFINITY)) c->result = INFINITY;
    *done = true;
  }
  return SL_OK;
}

sl_status sl_factor_read_condition(sl_factor *f, double *out) {
  SL_TRY(sl_job_require_ended(&f->job));
  SL_REQUIRE(f->phase == SL_FACTOR_ESTIMATING, SL_ERR_STATE, "factor",
             "an estimate that was begun");
  *out = f->condition.result;
  return SL_OK;
}
