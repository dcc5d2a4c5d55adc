#include "leastsquares/least_object.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/scale.h"
#include "simd/kernels.h"

void sl_least_squares_destroy(sl_least_squares *e) {
  if (e == NULL) return;
  sl_least_drop_factor(e);
  sl_csr_destroy(e->a);
  if (e->t != e->a) sl_csr_destroy(e->t);
  sl_blocks_free(&e->blocks);
  sl_free(e);
}

sl_job *sl_least_squares_job(sl_least_squares *e) { return &e->job; }

size_t sl_least_squares_bytes(const sl_least_squares *e) {
  size_t bytes = sizeof *e + e->blocks.bytes + sl_least_factor_bytes(e);
  if (e->a != NULL) bytes += sl_csr_bytes(e->a);
  if (e->t != NULL && e->t != e->a) bytes += sl_csr_bytes(e->t);
  return bytes;
}

// ---- what is given ------------------------------------------------------------------------------

// The exponents by which columns are scaled: that of their norms, or of the largest entry of all.
static sl_status find_exponents(sl_least_squares *e, const sl_csr *matrix, double damping,
                                bool by_column) {
  uint32_t n = e->n;
  int32_t *exponent = e->column_exponent, most = SL_EXPONENT_OF_ZERO;
  for (uint32_t j = 0; j < n; j++) exponent[j] = sl_exponent(damping);
  for (uint32_t p = 0; p < matrix->nnz; p++) {
    int32_t own = sl_exponent(sl_csr_entry(matrix, p)), *at = exponent + matrix->columns[p];
    if (own > *at) *at = own;
  }
  if (by_column) {
    // From the largest entry to the norm, which is 1 to sqrt(rows) times as large.
    double *sum = e->y;
    for (uint32_t j = 0; j < n; j++) {
      double x = sl_times_power(damping, -exponent[j]);
      sum[j] = x * x;
    }
    for (uint32_t p = 0; p < matrix->nnz; p++) {
      uint32_t j = matrix->columns[p];
      double x = sl_times_power(sl_csr_entry(matrix, p), -exponent[j]);
      sum[j] += x * x;
    }
    for (uint32_t j = 0; j < n; j++) {
      if (sum[j] > 0) exponent[j] += sl_exponent(sqrt(sum[j]));
    }
  }
  for (uint32_t j = 0; j < n; j++) most = exponent[j] > most ? exponent[j] : most;
  if (most == SL_EXPONENT_OF_ZERO) most = 0;
  for (uint32_t j = 0; j < n; j++) {
    if (!by_column || exponent[j] == SL_EXPONENT_OF_ZERO) exponent[j] = most;
  }
  e->largest_exponent = most;
  return SL_OK;
}

// [A; damping I], scaled.
static sl_status take_matrix(sl_least_squares *e, const sl_csr *matrix, double damping) {
  uint32_t m = e->m, n = e->n, nnz = matrix->nnz;
  uint32_t more = e->rows - m, *pointers = NULL, *columns = NULL;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, (size_t)e->rows + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, (size_t)nnz + more);
  if (status == SL_OK) status = SL_ALLOC(&values, (size_t)nnz + more);
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    return status;
  }
  memcpy(pointers, matrix->row_pointers, ((size_t)m + 1) * sizeof *pointers);
  memcpy(columns, matrix->columns, nnz * sizeof *columns);
  for (uint32_t p = 0; p < nnz; p++) {
    values[p] = sl_times_power(sl_csr_entry(matrix, p), -e->column_exponent[columns[p]]);
  }
  for (uint32_t j = 0; j < more; j++) {
    columns[nnz + j] = j;
    values[nnz + j] = sl_times_power(damping, -e->column_exponent[j]);
    pointers[m + j + 1] = nnz + j + 1;
  }
  return sl_csr_adopt(e->rows, n, pointers, columns, values, SL_VALUES_F64, &e->a);
}

// Norms of the columns as they were given: each value once more, moved to one exponent for all.
static void find_norms(sl_least_squares *e) {
  const double *values = e->a->values;
  double sum = 0, terms = (double)e->a->nnz + 8;
  for (uint32_t p = 0; p < e->a->nnz; p++) {
    int32_t power = e->column_exponent[e->a->columns[p]] - e->largest_exponent;
    double x = sl_times_power(values[p], power);
    sum += x * x;
  }
  e->norm = sqrt(sum) * (1 - terms * 0x1p-52);
  // What vanished in a square was below 2^-537.
  e->widest = sum > 0 ? sqrt(sum) * (1 + terms * 0x1p-52) + terms * 0x1p-500 : 0;
  e->norm_scaled = sl_norm2_f64(values, e->a->nnz);
}

static sl_status reserve(sl_least_squares *e, const double *b) {
  size_t n = e->n, m = e->m, rows = e->rows, columns = e->columns;
  sl_blocks *blocks = &e->blocks;
#define TAKE(pointer, count)                                                                       \
  SL_TRY(sl_blocks_take(blocks, (count), sizeof **(pointer), true, (void **)(pointer)))
  TAKE(&e->column_exponent, n);
  TAKE(&e->b, m * columns);
  TAKE(&e->answers, n * columns);
  TAKE(&e->facts, SL_LEAST_FACTS * columns);
  TAKE(&e->right, rows);
  TAKE(&e->residual, rows);
  TAKE(&e->u, rows);
  TAKE(&e->base, n);
  TAKE(&e->x, n);
  TAKE(&e->candidate, n);
  TAKE(&e->best, n);
  TAKE(&e->v, n);
  TAKE(&e->w, n);
  TAKE(&e->w_old, n);
  TAKE(&e->y, n);
  if (e->method == SL_LEAST_MINRES) {
    TAKE(&e->normal, n);
    TAKE(&e->left, n);
  }
#undef TAKE
  memcpy(e->b, b, m * columns * sizeof *b);
  return SL_OK;
}

static sl_status take(sl_least_squares *e, const sl_csr *matrix, const double *b, double damping,
                      bool by_column) {
  e->job.kind = &sl_least_squares_kind;
  SL_TRY(reserve(e, b));
  SL_TRY(find_exponents(e, matrix, damping, by_column));
  SL_TRY(take_matrix(e, matrix, damping));
  e->t = e->a;
  if (e->method != SL_LEAST_MINRES && e->method != SL_LEAST_CG) {
    e->t = NULL;
    SL_TRY(sl_csr_transpose(e->a, &e->t));
  }
  find_norms(e);
  e->phase = SL_LEAST_AT_COLUMN;
  sl_job_begin(&e->job);
  return SL_OK;
}

sl_status sl_least_squares_create(sl_csr *matrix, const double *b, size_t b_count, int32_t method,
                                  double damping, double tolerance, uint32_t max_iterations,
                                  double condition_limit, bool column_scaling, double drop,
                                  double fill, sl_least_squares **out) {
  uint32_t m = matrix->rows, n = matrix->cols;
  *out = NULL;
  SL_REQUIRE(method >= SL_LEAST_LSMR && method <= SL_LEAST_QR, SL_ERR_OPTION, "method",
             "lsmr, lsqr, minres, cgIct, gmresIlut or qr");
  SL_REQUIRE(damping >= 0 && damping <= DBL_MAX, SL_ERR_OPTION, "damping", "a finite number >= 0");
  SL_REQUIRE(tolerance >= 0 && tolerance <= 1, SL_ERR_OPTION, "tolerance", "0 .. 1");
  SL_REQUIRE(max_iterations > 0, SL_ERR_OPTION, "max_iterations", "a whole number from 1 on");
  SL_REQUIRE(condition_limit == 0 || (condition_limit >= 1 && condition_limit <= DBL_MAX),
             SL_ERR_OPTION, "condition_limit", "a finite number >= 1, or 0 for none");
  SL_REQUIRE(drop >= 0 && drop <= 1, SL_ERR_OPTION, "drop_tolerance", "0 .. 1");
  SL_REQUIRE(fill >= 0 && fill <= DBL_MAX, SL_ERR_OPTION, "fill", "a finite number >= 0");
  bool symmetric = method == SL_LEAST_MINRES || method == SL_LEAST_CG;
  if (symmetric || method == SL_LEAST_GMRES) {
    SL_REQUIRE(damping == 0, SL_ERR_OPTION, "damping", "0 with minres, cgIct and gmresIlut");
    SL_REQUIRE(!column_scaling || !symmetric, SL_ERR_OPTION, "column_scaling",
               "false with minres and cgIct");
    SL_REQUIRE(m == n, SL_ERR_NOT_SQUARE, "matrix",
               "a square matrix for minres, cgIct and gmresIlut");
    const sl_matrix_class *facts;
    SL_TRY(sl_csr_classify(matrix, &facts));
    SL_REQUIRE(facts->symmetric || !symmetric, SL_ERR_NOT_SYMMETRIC, "matrix",
               "a symmetric matrix for minres and cgIct");
  }
  SL_REQUIRE(method != SL_LEAST_QR || m >= n || damping > 0, SL_ERR_OPTION, "method",
             "lsmr or lsqr where there are more columns than rows: several x are as good");
  SL_REQUIRE(b_count > 0 && b_count % m == 0 && b_count / m <= UINT32_MAX, SL_ERR_SHAPE, "b",
             "as many numbers as the matrix has rows, or a multiple of that");
  bool fits = damping == 0 ||
              ((uint64_t)m + n <= UINT32_MAX - 1 && (uint64_t)matrix->nnz + n <= UINT32_MAX - 1);
  SL_REQUIRE(fits, SL_ERR_OVERFLOW, "matrix", "fewer rows and entries with damping");
  size_t bad = sl_first_not_finite_f64(b, b_count), bytes;
  SL_REQUIRE_AT(bad == b_count, SL_ERR_NOT_FINITE, "b", "finite numbers", bad);
  uint32_t columns = (uint32_t)(b_count / m);
  SL_REQUIRE(!__builtin_mul_overflow(n * sizeof *b, (size_t)columns, &bytes), SL_ERR_OVERFLOW, "b",
             "fewer right-hand sides");
  sl_least_squares *e;
  SL_TRY(SL_ALLOC_ZERO(&e, 1));
  e->m = m;
  e->n = n;
  e->rows = damping > 0 ? m + n : m;
  e->columns = columns;
  e->method = (sl_least_method)method;
  e->tolerance = fmax(tolerance, 0x1p-50);
  e->limit = max_iterations;
  e->condition_limit = condition_limit;
  // Of QR it changes nothing but what counts as depending on other columns.
  bool by_column = column_scaling || method == SL_LEAST_QR;
  sl_status status = take(e, matrix, b, damping, by_column);
  if (status == SL_OK && method >= SL_LEAST_CG) status = sl_least_begin_factor(e, drop, fill);
  if (status != SL_OK) {
    sl_least_squares_destroy(e);
    return status;
  }
  *out = e;
  return SL_OK;
}

sl_status sl_least_squares_begin(sl_least_squares *e, const double *b, uint32_t max_iterations,
                                 bool of_b) {
  size_t count = (size_t)e->m * e->columns, bad = sl_first_not_finite_f64(b, count);
  bool has_factor = e->method >= SL_LEAST_CG;
  SL_REQUIRE(max_iterations > 0, SL_ERR_OPTION, "max_iterations", "a whole number from 1 on");
  SL_REQUIRE(!of_b || e->rows == e->m, SL_ERR_OPTION, "of_b", "false with damping");
  SL_REQUIRE(!has_factor || e->factor != NULL, SL_ERR_STATE, "least", "a factor that was made");
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "b", "finite numbers", bad);
  memcpy(e->b, b, count * sizeof *b);
  e->limit = max_iterations;
  e->of_b = of_b;
  e->column = e->cursor = 0;
  e->work = 0;
  e->outcome = SL_OUTCOME_CONVERGED;
  e->phase = has_factor && !e->made ? SL_LEAST_AT_FACTOR : SL_LEAST_AT_COLUMN;
  sl_job_begin(&e->job);
  return SL_OK;
}

uint64_t sl_least_squares_setup_work(const sl_least_squares *e) { return e->setup; }

// ---- its work -----------------------------------------------------------------------------------

static void begin_pass(sl_least_squares *e) {
  e->base_size = sl_norm2_f64(e->base, e->n);
  e->phase = SL_LEAST_AT_PASS;
  if (e->factor != NULL) {
    sl_least_begin_factored(e);
  } else if (e->method == SL_LEAST_MINRES) {
    sl_least_begin_minres(e);
  } else {
    sl_least_begin_golub_kahan(e);
  }
}

static void load_column(sl_least_squares *e) {
  const double *b = e->b + (size_t)e->column * e->m;
  e->exponent_b = sl_exponent(sl_norm_inf_f64(b, e->m));
  if (e->exponent_b == SL_EXPONENT_OF_ZERO) e->exponent_b = 0;
  for (uint32_t i = 0; i < e->m; i++) e->right[i] = sl_times_power(b[i], -e->exponent_b);
  e->norm_b = sl_norm2_f64(e->right, e->m) * (1 - ((double)e->m + 16) * 0x1p-52);
  e->iterations = e->restarts = 0;
  e->best_error = INFINITY;
  e->condition = 1;
  e->shortens = false;
  e->shortest_error = INFINITY;
}

static void begin_column(sl_least_squares *e) {
  load_column(e);
  memset(e->base, 0, e->n * sizeof *e->base);
  memcpy(e->residual, e->right, e->rows * sizeof *e->right);
  begin_pass(e);
}

static void begin_proof(sl_least_squares *e) {
  sl_least_round_candidate(e);
  e->cursor = 0;
  e->phase = e->proof.error < INFINITY ? SL_LEAST_AT_RESIDUAL : SL_LEAST_AT_JUDGE;
}

static void end_pass(sl_least_squares *e) {
  for (uint32_t j = 0; j < e->n; j++) e->candidate[j] = e->base[j] + e->x[j];
  begin_proof(e);
}

static void keep_best(sl_least_squares *e) {
  memcpy(e->best, e->candidate, e->n * sizeof *e->best);
  e->best_proof = e->proof;
  e->best_error = e->proof.error;
}

// A bound moved to the units it was given in.
static double wide(double bound, int32_t exponent) {
  double moved = sl_times_power(bound, exponent);
  return bound > 0 && moved < 0x1p-1021 ? moved + 0x1p-1074 : moved;
}

static void end_column(sl_least_squares *e, sl_outcome outcome) {
  double *x = e->answers + (size_t)e->column * e->n;
  const sl_least_proof *p = &e->best_proof;
  int32_t largest = e->largest_exponent;
  for (uint32_t j = 0; j < e->n; j++) {
    x[j] = sl_times_power(e->best[j], e->exponent_b - e->column_exponent[j]);
  }
  double facts[SL_LEAST_FACTS] = {outcome,
                                  e->iterations,
                                  e->restarts,
                                  wide(p->residual, e->exponent_b),
                                  wide(p->normal, e->exponent_b + largest),
                                  p->error,
                                  p->consistent,
                                  e->condition,
                                  sl_times_power(p->size, e->exponent_b - largest)};
  memcpy(e->facts + (size_t)e->column * SL_LEAST_FACTS, facts, sizeof facts);
  if (e->outcome == SL_OUTCOME_CONVERGED) e->outcome = outcome;
  e->column++;
  e->phase = SL_LEAST_AT_COLUMN;
}

// x = 0, without a look at the matrix: what is always true of it.
static void end_at_zero(sl_least_squares *e, sl_outcome outcome) {
  memset(e->best, 0, e->n * sizeof *e->best);
  double size = e->norm_b * (1 + ((double)e->m + 20) * 0x1p-51);
  e->best_proof = (sl_least_proof){.residual = size,
                                   .normal = size * e->widest * (1 + 0x1p-51),
                                   .error = size > 0 ? 1 : 0,
                                   .consistent = size == 0};
  end_column(e, outcome);
}

static void begin_again(sl_least_squares *e) {
  e->restarts++;
  memcpy(e->base, e->candidate, e->n * sizeof *e->base);
  if (e->shortens) sl_axpy_f64(-1, e->left, e->residual, e->n);
  begin_pass(e);
}

static sl_outcome outcome_of(const sl_least_squares *e) {
  bool is_shortest = !e->shortens || e->shortest_error <= e->tolerance;
  if (e->best_error <= e->tolerance && is_shortest) return SL_OUTCOME_CONVERGED;
  switch (e->ended_by) {
  case SL_LEAST_BY_ITERATIONS:
    return SL_OUTCOME_ITERATION_LIMIT;
  case SL_LEAST_BY_CONDITION:
    return SL_OUTCOME_SINGULAR;
  case SL_LEAST_FROM_OUTSIDE:
    return e->why;
  default:
    return e->iterations >= e->limit ? SL_OUTCOME_ITERATION_LIMIT : SL_OUTCOME_STAGNATED;
  }
}

// Where the matrix is singular and r = b - A x is not 0, the answer of MINRES has a part along r, and
// may be much longer than others. b - r = A x has an answer, of which MINRES finds the shortest: all its
// vectors then lie in the space of the columns.
static void begin_shortest(sl_least_squares *e) {
  e->shortens = true;
  memcpy(e->left, e->residual, e->n * sizeof *e->left);
  e->left_size = sl_norm2_f64(e->left, e->n);
  memset(e->candidate, 0, e->n * sizeof *e->candidate);
  memcpy(e->residual, e->right, e->n * sizeof *e->right);
  begin_again(e);
}

static void judge_shortest(sl_least_squares *e) {
  double error = e->proof.error, before = e->shortest_error;
  bool improves = error <= before / 2 && e->iterations < e->limit && e->count > 0;
  e->shortest_error = error;
  if (error <= e->tolerance) {
    keep_best(e);
  } else if (improves && e->ended_by == SL_LEAST_BY_RULE) {
    begin_again(e);
    return;
  }
  end_column(e, outcome_of(e));
}

static void judge(sl_least_squares *e) {
  double error = e->proof.error, before = e->best_error;
  if (e->shortens) {
    judge_shortest(e);
    return;
  }
  if (error < before) keep_best(e);
  if (!(e->best_error < INFINITY)) {
    end_at_zero(e, SL_OUTCOME_BREAKDOWN);
    return;
  }
  bool converged = e->best_error <= e->tolerance, own = e->ended_by == SL_LEAST_BY_RULE;
  bool improves = error <= before / 2 && e->iterations < e->limit && e->count > 0;
  bool shortens = e->method == SL_LEAST_MINRES && !e->best_proof.consistent && e->count > 0;
  if (converged && own && shortens) {
    begin_shortest(e);
  } else if (!converged && own && improves) {
    begin_again(e);
  } else {
    end_column(e, outcome_of(e));
  }
}

static bool step_pass(sl_least_squares *e, uint64_t until) {
  if (e->factor != NULL) return sl_least_step_factored(e, until);
  return e->method == SL_LEAST_MINRES ? sl_least_step_minres(e, until)
                                      : sl_least_step_golub_kahan(e, until);
}

// One piece of work, or as many of the pieces of a phase as there is work for.
static void step_once(sl_least_squares *e, uint64_t until) {
  switch (e->phase) {
  case SL_LEAST_AT_COLUMN:
    if (e->column == e->columns) {
      sl_job_end(&e->job, e->outcome);
    } else {
      begin_column(e);
      e->work += e->m;
    }
    return;
  case SL_LEAST_AT_PASS:
    if (step_pass(e, until)) end_pass(e);
    return;
  case SL_LEAST_AT_RESIDUAL:
    if (sl_least_step_residual(e, until)) e->phase = SL_LEAST_AT_NORMAL;
    return;
  case SL_LEAST_AT_NORMAL:
    if (!sl_least_step_normal(e, until)) return;
    sl_least_prove(e);
    e->phase = SL_LEAST_AT_JUDGE;
    return;
  default:
    judge(e);
  }
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_least_squares *e = (sl_least_squares *)job;
  uint64_t until;
  if (__builtin_add_overflow(e->work, work, &until)) until = UINT64_MAX;
  do {
    if (e->phase == SL_LEAST_AT_FACTOR) {
      sl_status status = sl_least_step_factor(e, until);
      if (status != SL_OK) {
        sl_least_drop_factor(e);
        return status;
      }
    } else {
      step_once(e, until);
    }
    e->work++;
  } while (sl_job_is_running(job) && e->work < until);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_least_squares *e = (sl_least_squares *)job;
  e->why = why;
  if (e->phase != SL_LEAST_AT_COLUMN && e->phase != SL_LEAST_AT_FACTOR) {
    // Its answer so far, judged at once.
    uint32_t column = e->column;
    if (e->phase == SL_LEAST_AT_PASS) end_pass(e);
    e->ended_by = SL_LEAST_FROM_OUTSIDE;
    while (e->column == column) step_once(e, UINT64_MAX);
  }
  while (e->column < e->columns) {
    load_column(e);
    end_at_zero(e, why);
  }
  sl_job_end(job, e->outcome);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_least_squares *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  return sl_least_squares_bytes((const sl_least_squares *)job);
}
static void destroy(sl_job *job) { sl_least_squares_destroy((sl_least_squares *)job); }

const sl_job_kind sl_least_squares_kind = {.name = "least_squares",
                                           .step = step,
                                           .stop = stop,
                                           .work = work_done,
                                           .bytes = job_bytes,
                                           .destroy = destroy};

// ---- what has come of it ------------------------------------------------------------------------

void sl_least_squares_shape(const sl_least_squares *e, double *out) {
  out[0] = e->n;
  out[1] = e->columns;
}

sl_status sl_least_squares_read(sl_least_squares *e, double *x, double *facts) {
  SL_TRY(sl_job_require_ended(&e->job));
  memcpy(x, e->answers, (size_t)e->n * e->columns * sizeof *x);
  memcpy(facts, e->facts, (size_t)e->columns * SL_LEAST_FACTS * sizeof *facts);
  return SL_OK;
}
