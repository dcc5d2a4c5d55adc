// Based on: W. W. Hager, "Condition estimates", SIAM J. Sci. Stat. Comput. 5 (1984),
// doi:10.1137/0905023; N. J. Higham, "FORTRAN codes for estimating the one-norm of a real or complex
// matrix, with applications to condition estimation", ACM TOMS 14 (1988), doi:10.1145/50063.214386.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/scale.h"
#include "linalg/object.h"

// In one round: x = A^-1 v, then z = A^-T sign(x), whose largest entry tells the next v. At the end
// an x that no sign pattern can fool.
enum { FORWARD, BACKWARD, LAST };
enum { MOST_ROUNDS = 5 };

// A^-1 x or A^-T x for x in `correction`, with exponents that are 0 at most: a factor of the whole
// matrix does not change its condition.
static void begin(sl_decomposition *d, int stage) {
  sl_condition *c = &d->condition;
  c->stage = stage;
  const bool back = stage == BACKWARD;
  const int32_t *before = back ? d->column_exponent : d->row_exponent;
  const int32_t base = back ? c->base_column : c->base_row;
  for (uint32_t i = 0; i < d->n; i++)
    d->correction[i] = sl_times_power(d->correction[i], base - before[i]);
  sl_sweep_begin(d, d->correction, 1, back);
}

static void end_pass(sl_decomposition *d) {
  const sl_condition *c = &d->condition;
  const bool back = c->stage == BACKWARD;
  const int32_t *after = back ? d->row_exponent : d->column_exponent;
  const int32_t base = back ? c->base_row : c->base_column;
  for (uint32_t i = 0; i < d->n; i++)
    d->correction[i] = sl_times_power(d->correction[i], base - after[i]);
}

static double norm_1(const double *x, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += fabs(x[i]);
  return sum;
}

static int32_t most_of(const int32_t *x, uint32_t n) {
  int32_t most = n > 0 ? x[0] : 0;
  for (uint32_t i = 1; i < n; i++) most = x[i] > most ? x[i] : most;
  return most;
}

sl_status sl_decomposition_begin_condition(sl_decomposition *d) {
  SL_TRY(sl_linalg_require_whole(d));
  sl_linalg_drop_solve(d);
  SL_TRY(SL_ALLOC_ZERO(&d->correction, d->ld));
  const uint32_t n = d->n;
  d->condition = (sl_condition){.last = UINT32_MAX,
                                .base_row = most_of(d->row_exponent, n),
                                .base_column = most_of(d->column_exponent, n)};
  for (uint32_t i = 0; i < n; i++) d->correction[i] = 1.0 / n;
  d->column = 0;
  begin(d, FORWARD);
  sl_linalg_begin(d, SL_LINALG_CONDITION, 7.0 * n * n);
  return SL_OK;
}

static void begin_last(sl_decomposition *d) {
  const uint32_t n = d->n;
  for (uint32_t i = 0; i < n; i++) {
    const double size = 1 + (double)i / (n > 1 ? n - 1 : 1);
    d->correction[i] = i % 2 == 0 ? size : -size;
  }
  begin(d, LAST);
}

static void judge_forward(sl_decomposition *d) {
  sl_condition *c = &d->condition;
  const double norm = norm_1(d->correction, d->n);
  const bool grew = !(norm <= c->estimate);
  if (grew) c->estimate = norm;
  if (d->n == 1 || (!grew && c->rounds > 0) || c->rounds == MOST_ROUNDS) {
    begin_last(d);
    return;
  }
  c->rounds++;
  for (uint32_t i = 0; i < d->n; i++) d->correction[i] = d->correction[i] < 0 ? -1 : 1;
  begin(d, BACKWARD);
}

static void judge_backward(sl_decomposition *d) {
  sl_condition *c = &d->condition;
  uint32_t most = 0;
  for (uint32_t i = 1; i < d->n; i++)
    if (fabs(d->correction[i]) > fabs(d->correction[most])) most = i;
  if (most == c->last) {
    begin_last(d);
    return;
  }
  c->last = most;
  memset(d->correction, 0, d->n * sizeof *d->correction);
  d->correction[most] = 1;
  begin(d, FORWARD);
}

// The norm of column `column` of the matrix, in the same scale.
static void step_norm(sl_decomposition *d) {
  sl_condition *c = &d->condition;
  const double *a = d->copy + d->column * d->ld;
  double sum = 0;
  for (uint32_t i = 0; i < d->n; i++)
    sum += fabs(sl_times_power(a[i], d->row_exponent[i] - c->base_row));
  sum = sl_times_power(sum, d->column_exponent[d->column] - c->base_column);
  if (!(sum <= c->norm)) c->norm = sum;
  d->column++;
  d->work += d->n;
}

sl_status sl_linalg_step_condition(sl_decomposition *d, bool *done) {
  sl_condition *c = &d->condition;
  if (d->n == 0 || d->zero < d->n) {
    c->result = d->n == 0 ? 0 : INFINITY;
    *done = d->estimated = true;
    return SL_OK;
  }
  if (d->column < d->n) {
    step_norm(d);
    return SL_OK;
  }
  if (!sl_sweep_step(d)) return SL_OK;
  end_pass(d);
  if (c->stage == FORWARD) {
    judge_forward(d);
  } else if (c->stage == BACKWARD) {
    judge_backward(d);
  } else {
    const double other = 2 * norm_1(d->correction, d->n) / (3.0 * d->n);
    if (!(other <= c->estimate)) c->estimate = other;
    c->result = c->estimate * c->norm;
    if (!(c->result <= INFINITY)) c->result = INFINITY;
    *done = d->estimated = true;
  }
  return SL_OK;
}

sl_status sl_decomposition_read_condition(const sl_decomposition *d, double *out) {
  SL_TRY(sl_job_require_ended(&d->job));
  SL_REQUIRE(d->estimated, SL_ERR_STATE, "decomposition", "an estimate that was begun");
  *out = d->condition.result;
  return SL_OK;
}
