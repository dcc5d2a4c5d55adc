// Factors of A - sigma B: that of the operator, those that bound the mass matrix, and what a factor is
// off by.
//
// The error of a factor: N. J. Higham, "Accuracy and Stability of Numerical Algorithms", SIAM (2002),
// doi:10.1137/1.9780898718027, theorem 11.3: |L||D||L^T| times a few rounding units for each entry of
// a row. That a factorisation which ends well proves a matrix definite: S. M. Rump, "Verification of
// positive definiteness", BIT 46 (2006), doi:10.1007/s10543-006-0056-1.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/scale.h"
#include "eigen/eigen_object.h"
#include "sparse/algebra.h"

#define MOST_FLOPS 0x1p41
#define MOST_LOWERED 48

void sl_eigen_drop_factor(sl_factor **factor) {
  sl_factor_destroy(*factor);
  *factor = NULL;
}

// A diagonal matrix; NULL for ones.
static sl_status diagonal_matrix(uint32_t n, const double *diagonal, sl_csr **out) {
  uint32_t *pointers = NULL, *columns = NULL;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, (size_t)n + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, (size_t)n);
  if (status == SL_OK) status = SL_ALLOC(&values, (size_t)n);
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    return status;
  }
  for (uint32_t i = 0; i < n; i++) {
    pointers[i] = columns[i] = i;
    values[i] = diagonal != NULL ? diagonal[i] : 1;
  }
  pointers[n] = n;
  return sl_csr_adopt(n, n, pointers, columns, values, SL_VALUES_F64, out);
}

sl_status sl_eigen_shifted(const sl_eigen *e, double sigma, sl_csr **out) {
  if (e->b != NULL) return sl_csr_add(1, e->a, -sigma, e->b, out);
  sl_csr *identity;
  SL_TRY(diagonal_matrix(e->n, NULL, &identity));
  sl_status status = sl_csr_add(1, e->a, -sigma, identity, out);
  sl_csr_destroy(identity);
  return status;
}

// ---- what a factor is off by --------------------------------------------------------------------

// Entries of each row of L, by places.
static uint64_t count_panel(const sl_symmetric *s, uint32_t k, double *count) {
  const sl_panel *panel = s->analysis->panel + k;
  const uint32_t *rows = s->analysis->rows + panel->rows_at;
  for (uint32_t i = 0; i < panel->count; i++) count[rows[i]] += panel->width;
  return panel->count;
}

static uint32_t place_in(const sl_symmetric *s, const sl_panel *panel, uint32_t j) {
  return s->exchanged != NULL ? s->exchanged[panel->first + j] : j;
}

// The part of t = |L^T| t that is the panel's, first to last.
static uint64_t up_panel(const sl_symmetric *s, uint32_t k, double *t) {
  const sl_panel *panel = s->analysis->panel + k;
  const uint32_t *rows = s->analysis->rows + panel->rows_at;
  double x[SL_PANEL_WIDTH], *own = t + panel->first;
  for (uint32_t j = 0; j < panel->width; j++) x[j] = own[place_in(s, panel, j)];
  for (uint32_t j = 0; j < panel->width; j++) {
    const double *values = s->values + panel->values_at + (size_t)j * panel->count;
    double sum = x[j];
    for (uint32_t i = j + 1; i < panel->width; i++) sum += fabs(values[i]) * x[i];
    for (uint32_t i = panel->width; i < panel->count; i++) sum += fabs(values[i]) * t[rows[i]];
    own[j] = sum;
  }
  return (uint64_t)panel->count * panel->width;
}

static void divide(const sl_symmetric *s, double *t) {
  for (uint32_t k = 0; k < s->analysis->n; k++) {
    double d = fabs(s->d[k]), e = s->e != NULL ? fabs(s->e[k]) : 0;
    if (e == 0) {
      t[k] *= d;
      continue;
    }
    double x = t[k], y = t[k + 1];
    t[k] = d * x + e * y;
    t[k + 1] = e * x + fabs(s->d[k + 1]) * y;
    k++;
  }
}

// The part of t = |L| t that is the panel's, last to first.
static uint64_t down_panel(const sl_symmetric *s, uint32_t k, double *t) {
  const sl_panel *panel = s->analysis->panel + k;
  const uint32_t *rows = s->analysis->rows + panel->rows_at;
  double x[SL_PANEL_WIDTH], *own = t + panel->first;
  memcpy(x, own, panel->width * sizeof *x);
  for (uint32_t j = 0; j < panel->width; j++) {
    const double *values = s->values + panel->values_at + (size_t)j * panel->count;
    for (uint32_t i = j + 1; i < panel->width; i++) x[i] += fabs(values[i]) * own[j];
    for (uint32_t i = panel->width; i < panel->count; i++) t[rows[i]] += fabs(values[i]) * own[j];
  }
  for (uint32_t j = 0; j < panel->width; j++) own[place_in(s, panel, j)] = x[j];
  return (uint64_t)panel->count * panel->width;
}

enum { COUNT, UP, DOWN };

static double weight_of(const sl_eigen *e, uint32_t i) {
  return e->weight != NULL ? e->weight[i] : 1;
}

sl_status sl_eigen_begin_error(const sl_eigen *e, sl_growth *g) {
  sl_growth_drop(g);
  return sl_alloc_zero(2 * (size_t)e->n, sizeof *g->t, (void **)&g->t);
}

void sl_growth_drop(sl_growth *g) {
  sl_free(g->t);
  *g = (sl_growth){0};
}

// Entry (i, j) of what is lost is a few units of as many terms as rows i and j have entries in common:
// no more than row j has.
static void begin_up(const sl_eigen *e, const sl_factor *f, sl_growth *g) {
  double *t = g->t, *count = t + e->n;
  for (uint32_t k = 0; k < e->n; k++) {
    uint32_t i = f->analysis.order[k];
    t[k] = sl_times_power(weight_of(e, i), -f->row_exponent[i]) * (count[k] + 8);
  }
}

// The largest row sum of W E W, W the weights.
static double largest_row(const sl_eigen *e, const sl_factor *f, const double *t) {
  double most = 0;
  for (uint32_t k = 0; k < e->n; k++) {
    uint32_t i = f->analysis.order[k];
    double row = sl_times_power(t[k] * weight_of(e, i), -f->row_exponent[i]);
    if (!(row <= most)) most = row;
  }
  return most * (32 * 0x1p-53);
}

bool sl_eigen_step_error(sl_eigen *e, const sl_factor *f, sl_growth *g, uint64_t work) {
  const sl_symmetric *s = &f->numbers;
  uint64_t done = 0;
  if (f->lu != NULL) {
    g->result = INFINITY;
    return true;
  }
  uint32_t panels = f->analysis.panels;
  for (; g->cursor < panels && done < work; g->cursor++) {
    if (g->stage == COUNT)
      done += count_panel(s, g->cursor, g->t + e->n);
    else if (g->stage == UP)
      done += up_panel(s, g->cursor, g->t);
    else
      done += down_panel(s, panels - 1 - g->cursor, g->t);
  }
  e->work += done;
  if (g->cursor < panels) return false;
  g->cursor = 0;
  if (g->stage == COUNT) begin_up(e, f, g);
  if (g->stage == UP) divide(s, g->t);
  if (g->stage == DOWN) {
    g->result = largest_row(e, f, g->t);
    return true;
  }
  g->stage++;
  return false;
}

double sl_eigen_shift_error(const sl_eigen *e, double growth, double sigma) {
  double most = 0;
  const double *a = e->a->values, *b = e->b != NULL ? e->b->values : NULL;
  // Each entry of A - sigma B was rounded twice.
  for (uint32_t i = 0; i < e->n; i++) {
    double sum = b == NULL ? fabs(sigma) : 0;
    for (uint32_t p = e->a->row_pointers[i]; p < e->a->row_pointers[i + 1]; p++) {
      sum += fabs(a[p]) * weight_of(e, e->a->columns[p]);
    }
    for (uint32_t p = b != NULL ? e->b->row_pointers[i] : 0;
         b != NULL && p < e->b->row_pointers[i + 1]; p++) {
      sum += fabs(sigma * b[p]) * e->weight[e->b->columns[p]];
    }
    sum *= weight_of(e, i);
    if (!(sum <= most)) most = sum;
  }
  double error = growth + most * 0x1p-51;
  if (e->b != NULL) error /= e->mass_least;
  return error < INFINITY ? error : INFINITY;
}

// ---- the mass matrix ----------------------------------------------------------------------------

static const double parts[] = {0.25, 0x1p-4, 0x1p-8, 0x1p-14, 0x1p-22, 0x1p-32, 0};
#define PARTS (sizeof parts / sizeof *parts)

// Gershgorin's discs of W B W: enough where B is diagonal or nearly so.
static double least_by_rows(const sl_eigen *e) {
  const double *values = e->b->values;
  double least = 1;
  for (uint32_t i = 0; i < e->n; i++) {
    double sum = 0;
    for (uint32_t p = e->b->row_pointers[i]; p < e->b->row_pointers[i + 1]; p++) {
      uint32_t j = e->b->columns[p];
      if (j != i) sum += fabs(values[p]) * e->weight[j] * e->weight[i];
    }
    double slack = sum == 0 ? 1 : 1 - sum * (1 + (e->b->matrix_class.max_row_nnz + 8) * 0x1p-52);
    if (slack < least) least = slack;
  }
  return least;
}

static sl_status begin_trial(sl_eigen *e) {
  sl_csr *diagonal, *shifted;
  double *values;
  SL_TRY(SL_ALLOC(&values, (size_t)e->n));
  sl_csr_diagonal(e->b, values);
  sl_status status = diagonal_matrix(e->n, values, &diagonal);
  sl_free(values);
  SL_TRY(status);
  status = sl_csr_add(1, e->b, -parts[e->trials], diagonal, &shifted);
  sl_csr_destroy(diagonal);
  SL_TRY(status);
  status = sl_factor_create(shifted, SL_FACTOR_CHOLESKY, SL_FACTOR_ORDER_AUTO, &e->counter);
  sl_csr_destroy(shifted);
  return status;
}

static void end_mass(sl_eigen *e) {
  // Null vectors may be all that is wanted.
  e->phase = e->wanted == 0 ? SL_EIGEN_AT_ENDED : SL_EIGEN_AT_CHOOSE;
}

static sl_status not_definite(void) {
  return sl_fail(SL_ERR_NOT_DEFINITE, "mass", "a positive definite matrix",
                 sl_last_error()->position);
}

static bool is_costly(const sl_factor *f) {
  return f->lu == NULL && f->phase == SL_FACTOR_ANALYSING && sl_analysis_has_counts(&f->analysis) &&
         f->analysis.flops > MOST_FLOPS;
}

// LOBPCG needs no factor of the mass matrix: where it takes too much, pairs come without bounds.
static bool goes_without(sl_eigen *e, sl_status status) {
  bool is_short = status == SL_ERR_MEMORY || status == SL_ERR_OVERFLOW;
  bool may =
      e->asked == SL_EIGEN_LOBPCG || (e->asked == SL_EIGEN_AUTO && e->which != SL_EIGEN_NEAREST);
  if (!is_short || !may) return false;
  sl_growth_drop(&e->growth);
  sl_eigen_drop_factor(&e->counter);
  e->mass_least = 0;
  e->method = SL_EIGEN_LOBPCG;
  e->inverts = false;
  end_mass(e);
  return true;
}

sl_status sl_eigen_step_mass(sl_eigen *e, uint64_t work) {
  if (e->counter == NULL) {
    double least = e->trials == 0 ? least_by_rows(e) : 0;
    if (least > 0x1p-5) {
      e->mass_least = least;
      end_mass(e);
      return SL_OK;
    }
    sl_status status = begin_trial(e);
    e->factors++;
    if (goes_without(e, status)) return SL_OK;
    return status == SL_ERR_SINGULAR ? not_definite() : status;
  }
  sl_outcome outcome = SL_OUTCOME_CONVERGED;
  uint64_t before = sl_job_work(&e->counter->job);
  sl_status status = SL_OK;
  if (e->growth.t == NULL) status = sl_job_step(&e->counter->job, work, &outcome);
  if (status == SL_ERR_NOT_DEFINITE) {
    sl_eigen_drop_factor(&e->counter);
    return ++e->trials == PARTS ? not_definite() : SL_OK;
  }
  if (goes_without(e, status)) return SL_OK;
  SL_TRY(status);
  e->work += sl_job_work(&e->counter->job) - before;
  if (outcome == SL_OUTCOME_RUNNING) {
    if (is_costly(e->counter)) goes_without(e, SL_ERR_MEMORY);
    return SL_OK;
  }
  if (e->growth.t == NULL) {
    SL_TRY(sl_eigen_begin_error(e, &e->growth));
    return SL_OK;
  }
  if (!sl_eigen_step_error(e, e->counter, &e->growth, work)) return SL_OK;
  double part = parts[e->trials];
  double least = part - e->growth.result - 0x1p-51 * (1 + part);
  sl_growth_drop(&e->growth);
  e->mass_least = least > part / 2 ? least : 0;
  sl_eigen_drop_factor(&e->counter);
  end_mass(e);
  return SL_OK;
}

// ---- the operator -------------------------------------------------------------------------------

static double scale_of(const sl_eigen *e) {
  double a = e->norm_a > 0 ? e->norm_a : 1;
  return e->b != NULL ? a / e->norm_b : a;
}

// Where the sizes of values do not say that all are positive, the shift is lowered in greater steps.
static void first_shift(sl_eigen *e) {
  double scale = scale_of(e);
  if (e->which == SL_EIGEN_NEAREST) {
    e->sigma_base = e->sigma_asked;
    e->sigma_step = 0x1p-40 * fmax(scale, fabs(e->sigma_asked));
  } else {
    e->sigma_base = 0;
    e->sigma_step = (e->components > 0 ? 0x1p-40 : 0x1p-33) * scale;
  }
  e->lowered = 0;
}

static sl_status shift_again(sl_eigen *e, sl_status status) {
  if (e->lowered++ == MOST_LOWERED) {
    if (status != SL_ERR_NOT_DEFINITE) return status;
    return sl_fail(SL_ERR_RANGE, "mass",
                   "eigenvalues that are not farther from |A| / |B| than 2^150", SL_NO_POSITION);
  }
  sl_eigen_drop_factor(&e->factor);
  return SL_OK;
}

void sl_eigen_move_shift(sl_eigen *e, double first, double last) {
  double apart = fmax(last - first, 0x1p-30 * fmax(fabs(first), 0x1p-10 * scale_of(e)));
  e->sigma_base = first;
  e->sigma_step = apart;
  e->lowered = 0;
  e->moved++;
  sl_eigen_drop_factor(&e->factor);
  e->phase = SL_EIGEN_AT_CHOOSE;
}

bool sl_eigen_leave_value(sl_eigen *e) {
  if (e->which != SL_EIGEN_NEAREST || !e->inverts || e->moved > 0) return false;
  double scale = fmax(scale_of(e), fabs(e->sigma));
  if (!(e->krylov.size * scale > 0x1p30)) return false;
  e->sigma_base = e->sigma + 0x1p-22 * scale;
  e->lowered = 0;
  e->moved++;
  sl_eigen_drop_factor(&e->factor);
  e->phase = SL_EIGEN_AT_CHOOSE;
  return true;
}

// No factor.
static void change_to_lobpcg(sl_eigen *e) {
  sl_eigen_drop_factor(&e->factor);
  e->method = SL_EIGEN_LOBPCG;
  e->inverts = false;
  e->phase = SL_EIGEN_AT_CHOOSE;
}

static bool may_change(const sl_eigen *e) {
  return e->asked == SL_EIGEN_AUTO && e->inverts && e->which != SL_EIGEN_NEAREST &&
         e->krylov.q == NULL;
}

sl_status sl_eigen_choose(sl_eigen *e) {
  sl_csr *shifted = NULL;
  e->phase = SL_EIGEN_AT_FACTOR;
  e->judged = e->refines = false;
  if (e->method == SL_EIGEN_LOBPCG) return sl_eigen_begin_preconditioner(e);
  if (!e->inverts) {
    if (e->b == NULL) return sl_eigen_begin_lanczos(e);
    return sl_factor_create(e->b, SL_FACTOR_CHOLESKY, SL_FACTOR_ORDER_AUTO, &e->factor);
  }
  if (e->sigma_step == 0) first_shift(e);
  bool nearest = e->which == SL_EIGEN_NEAREST;
  double way = nearest ? (e->lowered % 2 == 0 ? 1 : -1) * (double)((e->lowered + 1) / 2)
                       : -sl_times_power(1, 4 * (int32_t)e->lowered);
  e->sigma = e->sigma_base + way * e->sigma_step;
  sl_status status = sl_eigen_shifted(e, e->sigma, &shifted);
  if (status == SL_OK) {
    status = sl_factor_create(shifted, nearest ? SL_FACTOR_AUTO : SL_FACTOR_CHOLESKY,
                              SL_FACTOR_ORDER_AUTO, &e->factor);
  }
  sl_csr_destroy(shifted);
  if (status == SL_ERR_SINGULAR) {
    e->phase = SL_EIGEN_AT_CHOOSE;
    return shift_again(e, status);
  }
  if ((status == SL_ERR_MEMORY || status == SL_ERR_OVERFLOW) && may_change(e)) {
    change_to_lobpcg(e);
    return SL_OK;
  }
  return status;
}

sl_status sl_eigen_step_factor(sl_eigen *e, uint64_t work) {
  if (e->lobpcg != NULL) return sl_eigen_step_preconditioner(e, work);
  sl_outcome outcome;
  sl_factor *f = e->factor;
  uint64_t before = sl_job_work(&f->job);
  sl_status status = sl_job_step(&f->job, work, &outcome);
  if (e->inverts && (status == SL_ERR_NOT_DEFINITE || status == SL_ERR_SINGULAR)) {
    e->phase = SL_EIGEN_AT_CHOOSE;
    return shift_again(e, status);
  }
  if ((status == SL_ERR_MEMORY || status == SL_ERR_OVERFLOW) && may_change(e)) {
    change_to_lobpcg(e);
    return SL_OK;
  }
  SL_TRY(status);
  e->work += sl_job_work(&f->job) - before;
  if (outcome == SL_OUTCOME_RUNNING) {
    if (is_costly(f) && may_change(e)) change_to_lobpcg(e);
    return SL_OK;
  }
  double facts[SL_FACTOR_FACTS];
  sl_factor_facts(f, facts);
  e->factors++;
  e->fill = facts[4];
  if (e->inverts) e->below = facts[12];
  status = sl_eigen_begin_lanczos(e);
  // The basis is smaller than the factor was.
  if (status == SL_ERR_MEMORY && may_change(e)) {
    change_to_lobpcg(e);
    return SL_OK;
  }
  return status;
}
