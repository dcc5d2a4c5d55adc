// Based on: M. Arioli, J. W. Demmel, I. S. Duff, "Solving sparse linear systems with sparse backward
// error", SIAM J. Matrix Anal. Appl. 10 (1989), doi:10.1137/0610013: refinement until the
// componentwise backward error is at the rounding unit or no longer halves.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/factor_object.h"
#include "direct/residual.h"
#include "direct/scale.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))
#define LONG_ROW 40

enum { BEGIN, PASS, RESIDUAL, JUDGE };

sl_status sl_factor_reserve(sl_factor *f) {
  size_t n = f->matrix->rows;
  if (f->y == NULL) SL_TRY(SL_ALLOC(&f->y, n));
  if (f->scratch == NULL) SL_TRY(SL_ALLOC(&f->scratch, (size_t)f->analysis.largest_count));
  if (f->scaled_b == NULL) SL_TRY(SL_ALLOC(&f->scaled_b, n));
  if (f->scaled_x == NULL) SL_TRY(SL_ALLOC(&f->scaled_x, n));
  if (f->kept == NULL) SL_TRY(SL_ALLOC(&f->kept, n));
  if (f->correction == NULL) SL_TRY(SL_ALLOC(&f->correction, n));
  return SL_OK;
}

void sl_factor_pass_begin(sl_factor *f, const double *b, bool transpose) {
  f->pass = (sl_factor_pass){.cursor = 0};
  if (f->lu != NULL) {
    sl_lu_pass_begin(f->lu, transpose, b, f->y, &f->pass.lu);
    return;
  }
  const uint32_t *order = f->analysis.order;
  for (uint32_t k = 0; k < f->analysis.n; k++) f->y[k] = b[order[k]];
}

bool sl_factor_pass_step(sl_factor *f, uint64_t work, double *x) {
  if (f->lu != NULL) {
    if (!sl_lu_pass_step(f->lu, f->y, work, &f->work, &f->pass.lu)) return false;
    sl_lu_pass_end(f->lu, f->y, &f->pass.lu, x);
    return true;
  }
  const sl_analysis *a = &f->analysis;
  uint32_t before = f->pass.cursor;
  sl_symmetric_solve(&f->numbers, f->y, f->scratch, work, &f->pass.cursor);
  // Of `panels` panels down and up; about as many values in each.
  double part = (double)(f->pass.cursor - before) / a->panels;
  f->work += (uint64_t)(part * a->value_count) + 1;
  if (f->pass.cursor < 2 * a->panels) return false;
  for (uint32_t k = 0; k < a->n; k++) x[a->order[k]] = f->y[k];
  return true;
}

static sl_status require_finite(const double *b, size_t count) {
  size_t bad = sl_first_not_finite_f64(b, count);
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "b", "finite numbers", bad);
  return SL_OK;
}

// Room for the `count` numbers of b, once they were looked at, and as many of x. What was refused
// leaves the last answer where it is.
static sl_status reserve_columns(sl_factor_solve *s, const double *b, size_t count,
                                 uint32_t columns) {
  if (columns <= s->room && s->room <= 2 * columns) return require_finite(b, count);
  double *kept, *errors;
  SL_TRY(sl_alloc(2, count * sizeof *kept, (void **)&kept));
  sl_status status = SL_ALLOC(&errors, (size_t)columns);
  if (status == SL_OK) status = require_finite(b, count);
  if (status != SL_OK) {
    sl_free(kept);
    sl_free(errors);
    return status;
  }
  sl_free(s->b);
  sl_free(s->errors);
  s->b = kept;
  s->errors = errors;
  s->room = columns;
  return SL_OK;
}

sl_status sl_factor_begin_solve(sl_factor *f, const double *b, uint32_t columns, bool transpose,
                                uint32_t refinements, double tolerance) {
  size_t n = f->matrix->rows, bytes;
  SL_TRY(sl_factor_require_made(f));
  SL_REQUIRE(columns > 0, SL_ERR_EMPTY, "b", "at least one column");
  SL_REQUIRE(!__builtin_mul_overflow(n * sizeof *b, (size_t)columns, &bytes), SL_ERR_OVERFLOW, "b",
             "fewer columns");
  SL_REQUIRE(refinements <= 100, SL_ERR_OPTION, "refinements", "0 .. 100");
  SL_REQUIRE(tolerance >= 0 && tolerance <= 1, SL_ERR_OPTION, "tolerance", "0 .. 1");
  SL_TRY(sl_factor_reserve(f));
  bool scatters = transpose && !f->symmetric;
  if (scatters && f->sums == NULL) SL_TRY(SL_ALLOC(&f->sums, 3 * n));
  sl_factor_solve *s = &f->solve;
  SL_TRY(reserve_columns(s, b, n * columns, columns));
  *s = (sl_factor_solve){.b = s->b,
                         .x = s->b + n * columns,
                         .columns = columns,
                         .transpose = scatters,
                         .limit = refinements,
                         .tolerance = tolerance,
                         .outcome = SL_OUTCOME_CONVERGED,
                         .errors = s->errors,
                         .room = s->room};
  memcpy(s->b, b, n * columns * sizeof *b);
  // The first one is written before anything can be read of it.
  memset(s->x + n, 0, n * (columns - 1) * sizeof *b);
  for (uint32_t c = 0; c < columns; c++) s->errors[c] = 1;
  sl_factor_begin_phase(f, SL_FACTOR_SOLVING);
  return SL_OK;
}

// The exponents of equations and of unknowns.
static const int32_t *equations(const sl_factor *f) {
  return f->solve.transpose ? f->column_exponent : f->row_exponent;
}
static const int32_t *unknowns(const sl_factor *f) {
  return f->solve.transpose ? f->row_exponent : f->column_exponent;
}

// Largest exponent of the scaled right-hand side; 0 where it is nothing but zeros. No branch depends on
// a value, unless one is subnormal.
NOINLINE static int32_t largest_exponent(const double *b, const int32_t *exponents, uint32_t n) {
  int32_t most = SL_EXPONENT_OF_ZERO / 2, subnormal = 0;
  for (uint32_t i = 0; i < n; i++) {
    int32_t biased = sl_biased_exponent(b[i]), e = biased - 1023 + exponents[i];
    e = biased == 0 ? SL_EXPONENT_OF_ZERO / 2 : e;
    most = e > most ? e : most;
    subnormal |= (biased == 0) & (b[i] != 0);
  }
  for (uint32_t i = 0; i < n && subnormal; i++) {
    int32_t e = sl_exponent(b[i]) + exponents[i];
    most = e > most ? e : most;
  }
  return most == SL_EXPONENT_OF_ZERO / 2 ? 0 : most;
}

// The right-hand side in the scaled equations, its largest entry brought to 1.
static void begin_column(sl_factor *f) {
  sl_factor_solve *s = &f->solve;
  uint32_t n = f->matrix->rows;
  const double *b = s->b + (size_t)s->column * n;
  const int32_t *exponents = equations(f);
  s->exponent = largest_exponent(b, exponents, n);
  sl_times_powers(b, exponents, -s->exponent, n, f->scaled_b);
  s->refinements = 0;
  s->large = false;
  s->best = INFINITY;
  sl_factor_pass_begin(f, f->scaled_b, s->transpose);
}

// The answer as it is returned, and what that stands for in the scaled equations: the same, unless
// numbers left the range.
//
// Underflow rounds to a multiple of 2^-1074. A term a x of a residual is made of four products, each
// off by 2^-1075 at most; so are b and x when they are scaled, and a, which counts |x| times.
NOINLINE static void round_trip(sl_factor *f) {
  sl_factor_solve *s = &f->solve;
  uint32_t n = f->matrix->rows;
  double *x = s->x + (size_t)s->column * n, *scaled = f->scaled_x, most = 0;
  const int32_t *exponents = unknowns(f);
  bool all_exact = sl_times_powers(scaled, exponents, s->exponent, n, x);
  for (uint32_t i = 0; i < n && !all_exact; i++) {
    double size = fabs(x[i]);
    if (!(size < INFINITY)) most = INFINITY;
    bool exact = size >= 0x1p-1022 && size < INFINITY; // nothing was lost
    if (!exact) scaled[i] = sl_times_power(x[i], -(exponents[i] + s->exponent));
  }
  double largest = sl_norm_inf_f64(scaled, n);
  if (!(largest <= most)) most = largest;
  for (uint32_t i = 0; i < n && !all_exact; i++) {
    if (!(fabs(scaled[i]) < INFINITY)) most = INFINITY;
  }
  double terms = f->matrix->matrix_class.max_row_nnz + 2;
  s->lost = terms * (0x1p-1070 + 0x1p-1072 * most);
}

// Is there nothing but zeros in equation i? Its terms may have vanished only when they were scaled. Those of
// an entry that is 0 are none, whatever x is there. Of transposed ones `correction` tells, by mark_terms.
static bool is_empty(const sl_factor *f, uint32_t i) {
  const sl_factor_solve *s = &f->solve;
  const sl_csr *m = f->matrix;
  const double *values = m->values;
  size_t at = (size_t)s->column * m->rows;
  if (s->b[at + i] != 0) return false;
  if (s->transpose) return f->correction[i] == 0;
  for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) {
    if (values[p] != 0 && s->x[at + m->columns[p]] != 0) return false;
  }
  return true;
}

// Notes which equations of A^T x have a term, where one looks as if it had none.
static void mark_terms(sl_factor *f, const sl_accurate_sum *sums) {
  const sl_csr *m = f->matrix;
  const double *values = m->values, *x = f->solve.x + (size_t)f->solve.column * m->rows;
  double *marks = f->correction;
  uint32_t n = m->rows, j = 0;
  while (j < n && sums[j].size != 0) j++;
  if (j == n) return;
  memset(marks, 0, n * sizeof *marks);
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1] && x[i] != 0; p++) {
      if (values[p] != 0) marks[m->columns[p]] = 1;
    }
  }
}

// Judges equation i from its residual, which goes to y[i], and the sum of the sizes of its terms.
//   rounding  of the residual, as a part of that sum
//   included  counted as part of the backward error: where it may be most of the residual
NOINLINE static void judge_closely(sl_factor *f, uint32_t i, double size, double terms,
                                   double rounding, double included) {
  sl_factor_solve *s = &f->solve;
  double lost = s->lost, most = terms == INFINITY ? 0x1p1023 : terms; // no more than there are
  if (terms < 0x1p-950) {
    if (terms == 0 && is_empty(f, i)) lost = 0;
    size += lost; // it may be all there is
  }
  // NaN and infinity count as the worst. The division is left out where its result could not be the largest.
  if (!(size <= (s->error - included) * most * (1 - 0x1p-50)) || size == INFINITY) {
    double error = (size / most + included) * (1 + 0x1p-51 * (included > 0));
    if (!(error <= s->error)) s->error = error - error == 0 ? error : INFINITY;
  }
  if (f->solve.bound < INFINITY) {
    // Divided where nothing can underflow, and moved to the size of x at the end.
    double least = sl_csr_row_slack(f->matrix, i);
    int32_t e = sl_exponent(least);
    double wide = (size + terms * rounding + lost) / sl_times_power(least, -e) * (1 + 0x1p-49);
    double bound = sl_times_power(wide, s->exponent - f->row_exponent[i] - e);
    if (bound < 0x1p-1021 && wide > 0) bound += 0x1p-1074;
    if (!(bound <= s->bound)) s->bound = bound < INFINITY ? bound : INFINITY;
  }
}

// Most equations are not the worst, which a product tells.
static inline void judge_row(sl_factor *f, uint32_t i, double residual, double terms,
                             double rounding, double included) {
  const sl_factor_solve *s = &f->solve;
  double size = fabs(residual);
  f->y[i] = residual;
  bool is_less = size <= (s->error - included) * terms * (1 - 0x1p-50) && size < INFINITY;
  if (is_less && terms >= 0x1p-950 && terms < INFINITY && s->bound == INFINITY) return;
  judge_closely(f, i, size, terms, rounding, included);
}

// Dot2 is off by no more than (terms 2^-53)^2 of the sizes, beside a rounding of its result.
static inline void judge_sum(sl_factor *f, uint32_t i, const sl_accurate_sum *sum) {
  double terms = f->matrix->matrix_class.max_row_nnz + 2;
  judge_row(f, i, sum->sum + sum->error, sum->size, terms * terms * 0x1p-104, 0);
}

NOINLINE static void gather_row_exactly(sl_factor *f, uint32_t i) {
  const sl_csr *m = f->matrix;
  sl_accurate_sum sum = {.sum = f->scaled_b[i], .size = fabs(f->scaled_b[i])};
  for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) {
    sl_subtract_product(&sum, f->scaled[p], f->scaled_x[m->columns[p]]);
  }
  judge_sum(f, i, &sum);
}

// A residual that is precise enough for a correction; only those that may be the worst are computed
// as exactly as what is said of them.
static inline void gather_row(sl_factor *f, uint32_t i, uint32_t begin, uint32_t end) {
  const uint32_t *columns = f->matrix->columns;
  double size, residual = sl_row_residual(f->scaled_b[i], f->scaled + begin, columns + begin,
                                          end - begin, f->scaled_x, &size);
  double terms = end - begin + 2;
  double rounding = (terms + 8) * 0x1.001p-78 + terms * terms * 0x1p-104;
  double less = (f->solve.error - rounding) * size * (1 - 0x1p-50);
  if (fabs(residual) <= less && size < INFINITY) {
    judge_row(f, i, residual, size, rounding, rounding);
  } else {
    gather_row_exactly(f, i);
  }
}

NOINLINE static uint32_t gather_rows(sl_factor *f, uint32_t i, uint64_t *work) {
  const sl_csr *m = f->matrix;
  for (; i < m->rows && *work > 0; i++) {
    uint32_t begin = m->row_pointers[i], end = m->row_pointers[i + 1];
    gather_row(f, i, begin, end);
    *work = *work > end - begin + 1 ? *work - (end - begin + 1) : 0;
  }
  return i;
}

// Judges a row from its residual in double precision, rounding counted as an error of the answer. One
// that this does not prove to be within the tolerance, nor better than a row before, is computed again:
// what was counted may be all there is.
NOINLINE static void judge_once(sl_factor *f, uint32_t i, double residual, double size,
                                double rounding) {
  const sl_factor_solve *s = &f->solve;
  double most = s->error > s->tolerance ? s->error : s->tolerance;
  bool is_proved = fabs(residual) <= (most - rounding) * size * (1 - 0x1p-50);
  if (is_proved || !(size < INFINITY) || s->large) {
    judge_row(f, i, residual, size, rounding, rounding);
  } else {
    gather_row(f, i, f->matrix->row_pointers[i], f->matrix->row_pointers[i + 1]);
  }
}

// b less the products of a row with x, and the sum of the sizes of the terms, two products at a time.
static inline double residual_once(double b, const double *a, const uint32_t *columns,
                                   uint32_t count, const double *x, double *size) {
  const double *end = a + count;
  sl_f64x2 sum = {b, 0}, sizes = {fabs(b), 0};
  for (; end - a >= 2; a += 2, columns += 2) {
    sl_f64x2 product = sl_f64x2_load(a) * (sl_f64x2){x[columns[0]], x[columns[1]]};
    sum -= product;
    sizes += sl_f64x2_abs(product);
  }
  if (a < end) {
    sl_f64x2 product = {*a * x[*columns], 0};
    sum -= product;
    sizes += sl_f64x2_abs(product);
  }
  *size = sizes[0] + sizes[1];
  return sum[0] + sum[1];
}

// Where there is no correction to come, residuals need not be more precise than what they prove, and are
// not kept. Long rows would round too much.
NOINLINE static uint32_t gather_rows_once(sl_factor *f, uint32_t i, uint64_t *work) {
  const sl_csr *m = f->matrix;
  const double *scaled = f->scaled, *x = f->scaled_x, *b = f->scaled_b;
  const uint32_t *columns = m->columns, *pointers = m->row_pointers;
  uint32_t begin = pointers[i], first = begin, most = *work < m->nnz ? (uint32_t)*work : m->nnz;
  // Where every row has a part in the bound, or in a correction.
  bool each = f->solve.bound < INFINITY || f->solve.large;
  double worst = each ? -1 : f->solve.error;
  for (; i < m->rows && begin - first < most; i++) {
    uint32_t end = pointers[i + 1];
    if (end - begin > LONG_ROW && !f->solve.large) {
      gather_row(f, i, begin, end);
      worst = each ? -1 : f->solve.error;
      begin = end;
      continue;
    }
    // Each of end - begin products and differences rounds; and so does the sum of the sizes.
    double rounding = (double)(end - begin + 2) * 0x1.001p-53;
    double size,
        residual = residual_once(b[i], scaled + begin, columns + begin, end - begin, x, &size);
    begin = end;
    bool is_less = fabs(residual) <= (worst - rounding) * size * (1 - 0x1p-50);
    if (is_less && size >= 0x1p-950 && size < INFINITY) continue;
    judge_once(f, i, residual, size, rounding);
    worst = each ? -1 : f->solve.error;
  }
  *work -= begin - first < *work ? begin - first : *work;
  return i;
}

// Subtracts row i of A^T x from the sums; `error` counts the terms of each where numbers are large.
NOINLINE static void scatter_large_row(const sl_factor *f, uint32_t i, sl_accurate_sum *sums) {
  const sl_csr *m = f->matrix;
  for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) {
    sl_accurate_sum *sum = sums + m->columns[p];
    double product = f->scaled[p] * f->scaled_x[i];
    sum->sum -= product;
    sum->size += fabs(product);
    sum->error++;
  }
}

static void judge_sums(sl_factor *f, const sl_accurate_sum *sums) {
  mark_terms(f, sums);
  for (uint32_t j = 0; j < f->matrix->rows; j++) {
    if (f->solve.large) {
      double rounding = (sums[j].error + 2) * 0x1.001p-53;
      judge_row(f, j, sums[j].sum, sums[j].size, rounding, rounding);
    } else {
      judge_sum(f, j, sums + j);
    }
  }
}

// Of A^T x: the sums of all equations grow together.
NOINLINE static uint32_t scatter_rows(sl_factor *f, uint32_t i, uint64_t *work) {
  const sl_csr *m = f->matrix;
  sl_accurate_sum *sums = (sl_accurate_sum *)f->sums;
  if (i == 0) {
    for (uint32_t j = 0; j < m->rows; j++) {
      sums[j] = (sl_accurate_sum){.sum = f->scaled_b[j], .size = fabs(f->scaled_b[j])};
    }
  }
  for (; i < m->rows && *work > 0; i++) {
    uint32_t begin = m->row_pointers[i], end = m->row_pointers[i + 1];
    if (f->solve.large) scatter_large_row(f, i, sums);
    for (uint32_t p = begin; p < end && !f->solve.large; p++) {
      sl_subtract_product(sums + m->columns[p], f->scaled[p], f->scaled_x[i]);
    }
    *work = *work > end - begin + 1 ? *work - (end - begin + 1) : 0;
  }
  if (i == m->rows) judge_sums(f, sums);
  return i;
}

// A bound of the answer itself: A is strictly row dominant.
static double bound_to_begin(const sl_factor *f) {
  return !f->solve.transpose && f->matrix->matrix_class.min_row_slack > 0 ? 0 : INFINITY;
}

static void begin_residual(sl_factor *f, bool precise) {
  sl_factor_solve *s = &f->solve;
  s->precise = precise;
  s->stage = RESIDUAL;
  s->cursor = 0;
  s->error = 0;
  s->bound = bound_to_begin(f);
}

static void end_column(sl_factor *f) {
  sl_factor_solve *s = &f->solve;
  sl_outcome outcome = s->error <= s->tolerance ? SL_OUTCOME_CONVERGED
                       : s->error < INFINITY    ? SL_OUTCOME_STAGNATED
                                                : SL_OUTCOME_BREAKDOWN;
  if (s->outcome == SL_OUTCOME_CONVERGED || outcome == SL_OUTCOME_BREAKDOWN) s->outcome = outcome;
  s->errors[s->column] = s->error;
  if (!(s->error <= s->most_error)) s->most_error = s->error;
  if (!(s->bound <= s->most_bound)) s->most_bound = s->bound;
  if (s->refinements > s->most_refinements) s->most_refinements = s->refinements;
  s->column++;
  s->stage = BEGIN;
}

// Another correction, or the best answer so far.
static void judge(sl_factor *f) {
  sl_factor_solve *s = &f->solve;
  uint32_t n = f->matrix->rows;
  double *x = s->x + (size_t)s->column * n;
  bool better = s->error < s->best;
  bool much = s->error <= s->best / 2;
  if (!better && s->refinements > 0) {
    // The one before was no worse: it comes back, with what was computed for it.
    memcpy(x, f->kept, n * sizeof *x);
    s->error = s->best;
    s->bound = s->best_bound;
    end_column(f);
    return;
  }
  bool enough =
      s->error <= 0x1p-53 || s->refinements == s->limit || !(s->error < INFINITY) || !much;
  if (enough) {
    end_column(f);
    return;
  }
  memcpy(f->kept, x, n * sizeof *x);
  s->best = s->error;
  s->best_bound = s->bound;
  s->refinements++;
  // The residual lies in y by rows: it is put in order through the correction's array.
  memcpy(f->correction, f->y, n * sizeof *x);
  sl_factor_pass_begin(f, f->correction, s->transpose);
  s->stage = PASS;
}

sl_status sl_factor_step_solve(sl_factor *f, uint64_t work, bool *done) {
  sl_factor_solve *s = &f->solve;
  uint32_t n = f->matrix->rows;
  uint64_t left = work;
  switch (s->stage) {
  case BEGIN:
    begin_column(f);
    s->stage = PASS;
    f->work += n;
    break;
  case PASS:
    if (!sl_factor_pass_step(f, work, s->refinements == 0 ? f->scaled_x : f->correction)) break;
    for (uint32_t i = 0; i < n && s->refinements > 0; i++) f->scaled_x[i] += f->correction[i];
    round_trip(f);
    // No answer has a backward error of more than 1, by the triangle inequality: none is asked for then.
    if (s->limit == 0 && s->tolerance >= 1) {
      s->error = s->lost < INFINITY ? 1 : INFINITY;
      s->bound = INFINITY;
      s->stage = JUDGE;
      break;
    }
    begin_residual(f, (s->limit > 0 && !s->large) || s->transpose);
    break;
  case RESIDUAL:
    s->cursor = s->transpose ? scatter_rows(f, s->cursor, &left)
                : s->precise ? gather_rows(f, s->cursor, &left)
                             : gather_rows_once(f, s->cursor, &left);
    f->work += work - left;
    if (s->cursor < n) break;
    s->stage = JUDGE;
    // Parts of numbers near the largest overflow, which numbers themselves may not.
    if (!s->large && !(s->error < INFINITY)) {
      s->large = true;
      begin_residual(f, false);
    }
    break;
  default:
    judge(f);
    *done = s->column == s->columns;
  }
  return SL_OK;
}

void sl_factor_stop_solve(sl_factor *f, sl_outcome why) {
  sl_factor_solve *s = &f->solve;
  uint32_t n = f->matrix->rows;
  // A column that is being refined keeps its best answer.
  if (s->column < s->columns && s->stage != BEGIN && s->best < INFINITY) {
    memcpy(s->x + (size_t)s->column * n, f->kept, n * sizeof *s->x);
    s->error = s->best;
    s->bound = s->best_bound;
    end_column(f);
  } else if (s->column < s->columns) {
    memset(s->x + (size_t)s->column * n, 0, n * sizeof *s->x);
  }
  if (s->column < s->columns) {
    if (s->most_error < 1) s->most_error = 1; // a column before may have no answer at all
    s->most_bound = INFINITY;
  }
  s->outcome = why;
}

sl_status sl_factor_view_solve(const sl_factor *f, double *out) {
  SL_TRY(sl_job_require_ended(&f->job));
  SL_REQUIRE(f->phase == SL_FACTOR_SOLVING, SL_ERR_STATE, "factor", "a solve that was begun");
  const sl_factor_solve *s = &f->solve;
  out[0] = s->outcome;
  out[1] = s->most_error;
  out[2] = s->most_bound;
  out[3] = s->most_refinements;
  out[4] = (double)(uintptr_t)s->x;
  out[5] = (double)(uintptr_t)s->errors;
  return SL_OK;
}

sl_status sl_factor_read_solve(const sl_factor *f, double *x, double *out, double *errors) {
  double view[SL_FACTOR_VIEW];
  SL_TRY(sl_factor_view_solve(f, view));
  const sl_factor_solve *s = &f->solve;
  memcpy(out, view, 4 * sizeof *out);
  memcpy(x, s->x, (size_t)s->columns * f->matrix->rows * sizeof *x);
  if (errors != NULL) memcpy(errors, s->errors, s->columns * sizeof *errors);
  return SL_OK;
}
