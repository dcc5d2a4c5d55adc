#include "eigen/eigen.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/scale.h"
#include "eigen/eigen_object.h"
#include "simd/kernels.h"

sl_job *sl_eigen_job(sl_eigen *e) { return &e->job; }

void sl_eigen_destroy(sl_eigen *e) {
  if (e == NULL) return;
  sl_csr_destroy(e->a);
  sl_csr_destroy(e->b);
  sl_free(e->initial);
  sl_free(e->label);
  sl_free(e->null_size);
  sl_free(e->null_sum);
  sl_free(e->row_sum);
  sl_free(e->weight);
  sl_factor_destroy(e->factor);
  sl_factor_destroy(e->counter);
  sl_growth_drop(&e->growth);
  sl_krylov_destroy(&e->krylov);
  sl_lobpcg_destroy(e->lobpcg);
  sl_free(e->theta);
  sl_free(e->sorted);
  sl_free(e->cluster);
  sl_free(e);
}

size_t sl_eigen_bytes(const sl_eigen *e) {
  size_t n = e->n, bytes = sizeof *e + sl_csr_bytes(e->a);
  if (e->b != NULL) bytes += sl_csr_bytes(e->b) + 8 * n;
  if (e->initial != NULL) bytes += 8 * n;
  if (e->label != NULL) bytes += 4 * n + 16 * (size_t)e->components;
  if (e->row_sum != NULL) bytes += 8 * n;
  if (e->factor != NULL) bytes += sl_factor_bytes(e->factor);
  if (e->counter != NULL) bytes += sl_factor_bytes(e->counter);
  if (e->growth.t != NULL) bytes += 16 * n;
  bytes += (size_t)e->wanted * (5 * 8 + 4 + sizeof *e->cluster) + 2 * sizeof *e->cluster;
  if (e->lobpcg != NULL) bytes += sl_lobpcg_bytes(e->lobpcg, n);
  return bytes + sl_krylov_bytes(&e->krylov, n);
}

// ---- making it ----------------------------------------------------------------------------------

// A copy whose largest entry is brought to 1 .. 2, or 1 .. 4 with an even exponent.
static sl_status take_scaled(const sl_csr *matrix, bool even, bool flip, int32_t *exponent,
                             double *norm, sl_csr **out) {
  size_t n = matrix->rows, nnz = matrix->nnz;
  uint32_t *pointers = NULL, *columns = NULL;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, n + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, nnz);
  if (status == SL_OK) status = SL_ALLOC(&values, nnz);
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    return status;
  }
  int32_t most = SL_EXPONENT_OF_ZERO;
  for (size_t k = 0; k < nnz; k++) {
    values[k] = sl_csr_value(matrix, k);
    int32_t own = sl_exponent(values[k]);
    most = own > most ? own : most;
  }
  if (most == SL_EXPONENT_OF_ZERO) most = 0;
  if (even && most % 2 != 0) most--;
  for (size_t k = 0; k < nnz; k++) {
    double scaled = sl_times_power(values[k], -most);
    values[k] = flip ? -scaled : scaled;
  }
  memcpy(pointers, matrix->row_pointers, (n + 1) * sizeof *pointers);
  memcpy(columns, matrix->columns, nnz * sizeof *columns);
  *exponent = most;
  SL_TRY(sl_csr_adopt(matrix->rows, matrix->cols, pointers, columns, values, SL_VALUES_F64, out));
  const sl_matrix_class *facts;
  SL_TRY(sl_csr_classify(*out, &facts));
  *norm = facts->norm_inf;
  return SL_OK;
}

static sl_status require_symmetric(sl_csr *matrix, const char *argument) {
  const sl_matrix_class *facts;
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, argument, "a square matrix");
  SL_TRY(sl_csr_classify(matrix, &facts));
  SL_REQUIRE(facts->symmetric, SL_ERR_NOT_SYMMETRIC, argument,
             "a symmetric matrix: (A + A^T) / 2 is one");
  return SL_OK;
}

static bool is_count(double number, double least, double most) {
  return number >= least && number <= most && number == floor(number);
}

static sl_status check_options(const double *options, uint32_t n) {
  SL_REQUIRE(is_count(options[0], 1, n), SL_ERR_OPTION, "k",
             "1 .. the number of rows: there are no more eigenvalues");
  SL_REQUIRE(is_count(options[1], SL_EIGEN_SMALLEST, SL_EIGEN_NEAREST), SL_ERR_OPTION, "which",
             "smallest, largest or nearest");
  SL_REQUIRE(is_count(options[2], SL_EIGEN_AUTO, SL_EIGEN_LOBPCG), SL_ERR_OPTION, "method",
             "auto, shiftInvert, lanczos or lobpcg");
  SL_REQUIRE(options[2] <= SL_EIGEN_SHIFT_INVERT || options[1] != SL_EIGEN_NEAREST, SL_ERR_OPTION,
             "method", "auto or shiftInvert for the nearest eigenvalues");
  SL_REQUIRE(options[3] - options[3] == 0, SL_ERR_OPTION, "sigma", "a finite number");
  SL_REQUIRE(options[4] >= 0 && options[4] <= 1, SL_ERR_OPTION, "tolerance", "0 .. 1");
  SL_REQUIRE(is_count(options[5], 1, UINT32_MAX), SL_ERR_OPTION, "max_iterations",
             "a whole number from 1 on");
  SL_REQUIRE(is_count(options[6], 0, 0x1p53), SL_ERR_OPTION, "seed", "a whole number from 0 on");
  return SL_OK;
}

// d^-1/2 of the diagonal of b.
static sl_status find_weights(sl_eigen *e) {
  SL_TRY(SL_ALLOC(&e->weight, (size_t)e->n));
  sl_csr_diagonal(e->b, e->weight);
  for (uint32_t i = 0; i < e->n; i++) {
    SL_REQUIRE_AT(e->weight[i] > 0, SL_ERR_NOT_DEFINITE, "mass", "a positive definite matrix", i);
    // Rounded up, so that it makes residuals larger and not smaller.
    e->weight[i] = 1 / sqrt(e->weight[i]) * (1 + 0x1p-50);
  }
  return SL_OK;
}

// What the answer needs.
static sl_status reserve_answer(sl_eigen *e) {
  size_t w = e->wanted;
  SL_TRY(SL_ALLOC_ZERO(&e->theta, 5 * w + 1));
  e->residual = e->theta + w;
  e->proved = e->residual + w;
  e->sine = e->proved + w;
  e->drift = e->sine + w;
  SL_TRY(SL_ALLOC(&e->sorted, w + 1));
  return SL_ALLOC(&e->cluster, w + 2);
}

static sl_status choose_method(sl_eigen *e) {
  bool most = 3 * (uint64_t)e->wanted + 30 >= e->n - e->components;
  e->method = e->asked;
  if (e->asked == SL_EIGEN_AUTO) {
    e->method = SL_EIGEN_SHIFT_INVERT;
    if (most || (e->flipped && e->b == NULL)) e->method = SL_EIGEN_LANCZOS;
    // The whole space needs no factor.
    if (e->which == SL_EIGEN_NEAREST && most) e->sigma = e->sigma_asked;
  }
  e->inverts = e->method == SL_EIGEN_SHIFT_INVERT;
  return SL_OK;
}

static sl_status take(sl_eigen *e, const sl_csr *matrix, const sl_csr *mass, const double *options,
                      const double *initial) {
  bool laplacian = matrix->matrix_class.laplacian, skip = options[7] != 0;
  e->job.kind = &sl_eigen_kind;
  e->n = matrix->rows;
  e->k = (uint32_t)options[0];
  e->which = (sl_eigen_which)options[1];
  e->asked = (sl_eigen_method)options[2];
  e->tolerance = fmax(options[4], 0x1p-51);
  e->limit = (uint32_t)options[5];
  e->counts = options[8] != 0;
  sl_rng_seed(&e->rng, (uint64_t)options[6]);
  e->flipped = e->which == SL_EIGEN_LARGEST;
  SL_REQUIRE(!skip || (laplacian && e->which == SL_EIGEN_SMALLEST), SL_ERR_OPTION, "skip_null",
             "the smallest eigenvalues of a Laplacian: symmetric, no entry above 0 off the "
             "diagonal, rows that add up to 0");
  SL_TRY(take_scaled(matrix, false, e->flipped, &e->exponent_a, &e->norm_a, &e->a));
  if (mass != NULL) {
    SL_TRY(take_scaled(mass, true, false, &e->exponent_b, &e->norm_b, &e->b));
    SL_TRY(find_weights(e));
  }
  double sigma = sl_times_power(options[3], e->exponent_b - e->exponent_a);
  if (e->which == SL_EIGEN_NEAREST && e->b == NULL) {
    // Beyond all eigenvalues the nearest ones are the same.
    double most = 2 * e->norm_a;
    sigma = fmax(-most, fmin(most, sigma));
  }
  SL_REQUIRE(e->which != SL_EIGEN_NEAREST || fabs(sigma) < 0x1p500, SL_ERR_OPTION, "sigma",
             "a number nearer to the eigenvalues");
  e->sigma_asked = sigma;
  if (laplacian && e->which == SL_EIGEN_SMALLEST) SL_TRY(sl_eigen_find_nulls(e));
  if (!skip) e->nulls = e->components < e->k ? e->components : e->k;
  e->wanted = e->k - e->nulls;
  SL_REQUIRE(e->wanted <= e->n - e->components, SL_ERR_OPTION, "k",
             "at most the rows less the null vectors that are left out");
  if (initial != NULL) {
    size_t bad = sl_first_not_finite_f64(initial, e->n);
    SL_REQUIRE_AT(bad == e->n, SL_ERR_NOT_FINITE, "initial", "finite numbers", bad);
    SL_TRY(SL_ALLOC(&e->initial, (size_t)e->n));
    int32_t most = sl_exponent(sl_norm_inf_f64(initial, e->n));
    for (uint32_t i = 0; i < e->n; i++) e->initial[i] = sl_times_power(initial[i], -most);
  }
  e->sigma = NAN;
  e->below = e->complete = -1;
  SL_TRY(reserve_answer(e));
  SL_TRY(choose_method(e));
  e->phase = e->b != NULL ? SL_EIGEN_AT_MASS : SL_EIGEN_AT_CHOOSE;
  if (e->wanted == 0) {
    if (e->b == NULL) e->phase = SL_EIGEN_AT_ENDED;
    e->complete = e->k;
    e->converged = true;
  }
  sl_job_begin(&e->job);
  return SL_OK;
}

sl_status sl_eigen_create(sl_csr *matrix, sl_csr *mass, const double *problem,
                          const double *initial, size_t initial_count, sl_eigen **out) {
  *out = NULL;
  SL_TRY(require_symmetric(matrix, "matrix"));
  if (mass != NULL) {
    SL_TRY(require_symmetric(mass, "mass"));
    SL_REQUIRE(mass->rows == matrix->rows, SL_ERR_SHAPE, "mass", "as many rows as the matrix");
  }
  SL_TRY(check_options(problem, matrix->rows));
  SL_REQUIRE(initial == NULL || initial_count == matrix->rows, SL_ERR_SHAPE, "initial",
             "as many numbers as the matrix has rows");
  sl_eigen *e;
  SL_TRY(sl_alloc_zero(1, sizeof *e, (void **)&e));
  sl_status status = take(e, matrix, mass, problem, initial);
  if (status != SL_OK) {
    sl_eigen_destroy(e);
    return status;
  }
  *out = e;
  return SL_OK;
}

// The degrees as a matrix; 1 where there is no edge.
static sl_status degrees_of(const sl_csr *laplacian, sl_csr **out) {
  size_t n = laplacian->rows;
  uint32_t *pointers = NULL, *columns = NULL;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, n + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, n);
  if (status == SL_OK) status = SL_ALLOC(&values, n);
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    return status;
  }
  sl_csr_diagonal(laplacian, values);
  for (uint32_t i = 0; i < n; i++) {
    pointers[i] = columns[i] = i;
    if (values[i] == 0) values[i] = 1;
  }
  pointers[n] = (uint32_t)n;
  return sl_csr_adopt(laplacian->rows, laplacian->rows, pointers, columns, values, SL_VALUES_F64,
                      out);
}

sl_status sl_eigen_create_graph(const sl_graph *graph, bool normalized, const double *problem,
                                sl_eigen **out) {
  sl_csr *laplacian, *degrees = NULL;
  *out = NULL;
  SL_TRY(sl_graph_laplacian(graph, 0, &laplacian));
  sl_status status = normalized ? degrees_of(laplacian, &degrees) : SL_OK;
  if (status == SL_OK) status = sl_eigen_create(laplacian, degrees, problem, NULL, 0, out);
  sl_csr_destroy(laplacian);
  sl_csr_destroy(degrees);
  return status;
}

// ---- its work -----------------------------------------------------------------------------------

static bool is_within(const sl_eigen *e, uint32_t pair, double tolerance) {
  double size = e->norm_a + fabs(e->theta[pair]) * (e->b != NULL ? e->norm_b : 1);
  return e->residual[pair] <= tolerance * size;
}

// A factor that is worth little shows only in the residuals.
static bool is_off(const sl_eigen *e) {
  for (uint32_t i = 0; i < e->found; i++) {
    if (!is_within(e, i, fmax(1e4 * e->tolerance, 0x1p-36))) return true;
  }
  return false;
}

static void end(sl_eigen *e) {
  sl_eigen_close_bounds(e);
  sl_eigen_drop_factor(&e->factor);
  sl_outcome outcome = e->converged       ? SL_OUTCOME_CONVERGED
                       : e->krylov.closed ? SL_OUTCOME_BREAKDOWN
                                          : SL_OUTCOME_ITERATION_LIMIT;
  if (outcome == SL_OUTCOME_CONVERGED && is_off(e)) outcome = SL_OUTCOME_STAGNATED;
  sl_job_end(&e->job, outcome);
}

static sl_status step_once(sl_eigen *e, uint64_t work) {
  switch (e->phase) {
  case SL_EIGEN_AT_MASS:
    return sl_eigen_step_mass(e, work);
  case SL_EIGEN_AT_CHOOSE:
    return sl_eigen_choose(e);
  case SL_EIGEN_AT_FACTOR:
    return sl_eigen_step_factor(e, work);
  case SL_EIGEN_AT_BASIS:
    return e->lobpcg != NULL ? sl_eigen_step_lobpcg(e, work) : sl_eigen_step_lanczos(e, work);
  case SL_EIGEN_AT_BOUNDS: {
    bool done;
    SL_TRY(sl_eigen_step_bounds(e, work, &done));
    if (done && is_off(e) && sl_eigen_leave_value(e)) {
      sl_eigen_begin_again(e);
      return SL_OK;
    }
    return done ? sl_eigen_begin_count(e) : SL_OK;
  }
  case SL_EIGEN_AT_COUNT:
    return sl_eigen_step_count(e, work);
  default:
    end(e);
    return SL_OK;
  }
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_eigen *e = (sl_eigen *)job;
  uint64_t begin = e->work;
  do {
    sl_status status = step_once(e, work - (e->work - begin));
    if (status != SL_OK) {
      sl_eigen_drop_factor(&e->factor);
      sl_eigen_drop_factor(&e->counter);
      sl_growth_drop(&e->growth);
      sl_krylov_destroy(&e->krylov);
      return status;
    }
    e->work++;
  } while (sl_job_is_running(job) && e->work - begin < work);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_eigen *e = (sl_eigen *)job;
  bool done = false;
  if (e->phase == SL_EIGEN_AT_BASIS) sl_eigen_extract(e);
  if (e->phase == SL_EIGEN_AT_BOUNDS) sl_eigen_step_bounds(e, UINT64_MAX, &done);
  sl_eigen_drop_factor(&e->factor);
  sl_eigen_drop_factor(&e->counter);
  sl_growth_drop(&e->growth);
  e->complete = -1;
  e->phase = SL_EIGEN_AT_ENDED;
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_eigen *)job)->work; }
static size_t job_bytes(const sl_job *job) { return sl_eigen_bytes((const sl_eigen *)job); }
static void destroy(sl_job *job) { sl_eigen_destroy((sl_eigen *)job); }

const sl_job_kind sl_eigen_kind = {.name = "eigen",
                                   .step = step,
                                   .stop = stop,
                                   .work = work_done,
                                   .bytes = job_bytes,
                                   .destroy = destroy};

// ---- what has come of it ------------------------------------------------------------------------

void sl_eigen_shape(const sl_eigen *e, double *out) {
  out[0] = e->n;
  out[1] = e->k;
}

static double wide(double bound, int32_t exponent) {
  double moved = sl_times_power(bound, exponent);
  return bound > 0 && moved < 0x1p-1021 ? moved + 0x1p-1074 : moved;
}

static void order_pairs(sl_eigen *e) {
  for (uint32_t i = 0; i < e->found; i++) {
    uint32_t at = i;
    double own = e->which == SL_EIGEN_NEAREST ? fabs(e->theta[i] - e->sigma_asked) : e->theta[i];
    for (; at > 0; at--) {
      double other = e->theta[e->sorted[at - 1]];
      if (e->which == SL_EIGEN_NEAREST) other = fabs(other - e->sigma_asked);
      if (!(own < other)) break;
      e->sorted[at] = e->sorted[at - 1];
    }
    e->sorted[at] = i;
  }
}

static void write_null(const sl_eigen *e, uint32_t component, double *x) {
  double entry = sl_times_power(1 / sqrt(e->null_size[component]), -e->exponent_b / 2);
  for (uint32_t i = 0; i < e->n; i++) x[i] = e->label[i] == component ? entry : 0;
}

// The largest entry is made positive.
static void write_vector(const sl_eigen *e, const double *from, double *x) {
  double most = 0, sign = 1;
  for (uint32_t i = 0; i < e->n; i++) {
    // Entries that are as large but for rounding count alike: the first of them decides.
    if (fabs(from[i]) > most * (1 + 0x1p-30)) {
      most = fabs(from[i]);
      sign = from[i] < 0 ? -1 : 1;
    }
  }
  for (uint32_t i = 0; i < e->n; i++) {
    x[i] = sign * sl_times_power(from[i], -e->exponent_b / 2);
  }
}

static void write_facts(const sl_eigen *e, double *out) {
  double pairs = e->nulls + (double)e->found, good = e->nulls;
  int32_t exponent = e->exponent_a - e->exponent_b;
  for (uint32_t i = 0; i < e->found; i++) good += is_within(e, i, fmax(8 * e->tolerance, 0x1p-44));
  double sigma = e->inverts ? sl_times_power(e->flipped ? -e->sigma : e->sigma, exponent) : NAN;
  double below = e->below < 0 || !e->flipped ? e->below : e->n - e->below;
  double all[SL_EIGEN_FACTS] = {
      e->job.outcome, pairs,      e->method, e->applications,           sigma, below, e->complete,
      e->components,  e->factors, e->fill,   (double)sl_eigen_bytes(e), good};
  memcpy(out, all, sizeof all);
}

sl_status sl_eigen_read(sl_eigen *e, double *out, double *values, double *vectors,
                        double *residuals, double *bounds, double *angles) {
  SL_TRY(sl_job_require_ended(&e->job));
  size_t n = e->n, k = e->k;
  int32_t exponent = e->exponent_a - e->exponent_b;
  memset(values, 0, k * sizeof *values);
  memset(residuals, 0, k * sizeof *values);
  memset(bounds, 0, k * sizeof *values);
  memset(angles, 0, k * sizeof *values);
  memset(vectors, 0, n * k * sizeof *values);
  write_facts(e, out);
  order_pairs(e);
  uint32_t nulls = e->nulls, null = 0;
  double ratio = 1;
  for (uint32_t i = 0; e->b != NULL && i < n && nulls > 0; i++) {
    ratio = fmax(ratio, e->weight[i] * e->weight[i]);
  }
  for (uint32_t i = 0, at = 0; i < nulls + e->found; i++) {
    // Rounding may have made a small value negative: those come first.
    bool is_null = null < nulls && (at == e->found || e->theta[e->sorted[at]] >= 0);
    if (is_null) {
      residuals[i] = wide(e->null_bound, e->exponent_a);
      bounds[i] = wide(e->null_bound * (e->b != NULL ? ratio / e->mass_least : 1), exponent);
      if (e->null_bound == 0) bounds[i] = 0;
      angles[i] = e->null_bound == 0 ? 0 : 1;
      write_null(e, null++, vectors + i * n);
      continue;
    }
    uint32_t pair = e->sorted[at++];
    double theta = e->flipped ? -e->theta[pair] : e->theta[pair];
    values[i] = sl_times_power(theta, exponent);
    residuals[i] = wide(e->residual[pair], e->exponent_a);
    bounds[i] = wide(e->proved[pair], exponent);
    if (fabs(values[i]) < 0x1p-1021 && theta != 0) bounds[i] += 0x1p-1074;
    if (!(fabs(values[i]) < INFINITY)) bounds[i] = INFINITY;
    angles[i] = e->sine[pair];
    write_vector(e, e->krylov.q + pair * n, vectors + i * n);
  }
  return SL_OK;
}
