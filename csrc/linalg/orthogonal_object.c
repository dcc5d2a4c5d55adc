#include "linalg/orthogonal_object.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/scale.h"
#include "simd/kernels.h"

void sl_orthogonal_destroy(sl_orthogonal *o) {
  if (o == NULL) return;
  sl_orthogonal_drop_solve(o);
  void *const all[] = {o->a, o->tau,     o->column_exponent, o->order, o->norms,     o->v,    o->w,
                       o->t, o->scratch, o->values,          o->off,   o->rotations, o->copy, o->x,
                       o->z, o->left,    o->residuals};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) sl_free(all[i]);
  sl_free(o);
}

// Numbers of each array, in the order in which they are reserved.
enum {
  A,
  TAU,
  NORMS,
  V,
  W,
  T,
  SCRATCH,
  VALUES,
  OFF,
  ROTATIONS,
  COPY,
  X,
  Z,
  LEFT,
  RESIDUALS,
  ARRAYS
};

static void sizes(const sl_orthogonal *o, double *out) {
  const double ld = (double)o->ld, xd = (double)o->xd, n = o->n;
  const bool symmetric = o->kind == SL_ORTHOGONAL_EIGEN, svd = o->kind == SL_ORTHOGONAL_SVD;
  const bool vectors = o->option && (symmetric || svd);
  out[A] = ld * n;
  out[TAU] = o->k;
  out[NORMS] = 2 * n;
  out[V] = ld * SL_REFLECTORS;
  out[W] = 2.0 * (SL_REFLECTORS + 4) * SL_REFLECTED;
  out[T] = SL_REFLECTORS * SL_REFLECTORS;
  out[SCRATCH] = SL_BLOCK_SCRATCH;
  out[VALUES] = symmetric || svd ? n : 0;
  out[OFF] = symmetric ? n : 0;
  out[ROTATIONS] = symmetric ? 2 * n : 0;
  out[COPY] = symmetric && vectors ? ld * n : 0;
  out[X] = svd || vectors ? xd * n : 0;
  out[Z] = !vectors ? 0 : svd ? xd * n : ld * SL_REFLECTORS;
  out[LEFT] = svd && vectors ? ld * n : 0;
  out[RESIDUALS] = symmetric && vectors ? n : 0;
}

static double bytes_of(const sl_orthogonal *o) {
  double all[ARRAYS], sum = sizeof *o + 8.0 * o->n;
  sizes(o, all);
  for (int i = 0; i < ARRAYS; i++) sum += 8 * all[i];
  return sum;
}

// What is kept of a matrix of this shape.
static sl_orthogonal shaped(uint32_t rows, uint32_t columns, uint32_t kind, uint32_t option) {
  const bool turned = kind == SL_ORTHOGONAL_SVD && rows < columns;
  sl_orthogonal o = {.kind = kind, .option = option, .rows = rows, .columns = columns};
  o.turned = turned;
  o.m = turned ? columns : rows;
  o.n = turned ? rows : columns;
  o.k = o.m < o.n ? o.m : o.n;
  o.below = kind == SL_ORTHOGONAL_EIGEN;
  o.ld = sl_block_stride(o.m);
  o.xd = sl_block_stride(o.n);
  return o;
}

double sl_orthogonal_estimate(uint32_t rows, uint32_t columns, uint32_t kind, uint32_t option) {
  const sl_orthogonal o = shaped(rows, columns, kind, option);
  return bytes_of(&o);
}

size_t sl_orthogonal_bytes(const sl_orthogonal *o) {
  double sum = bytes_of(o);
  if (o->q != NULL) sum += 8.0 * (double)o->ld * o->q_columns;
  if (o->b != NULL)
    sum += ((double)o->ld + (double)sl_block_stride(o->n) + 1) * 8 * o->sides + 4.0 * o->sides;
  if (o->inner != NULL) sum += (double)sl_orthogonal_bytes(o->inner);
  return (size_t)sum;
}

static sl_status reserve(sl_orthogonal *o) {
  double all[ARRAYS];
  double **const arrays[ARRAYS] = {&o->a,    &o->tau,     &o->norms,  &o->v,    &o->w,
                                   &o->t,    &o->scratch, &o->values, &o->off,  &o->rotations,
                                   &o->copy, &o->x,       &o->z,      &o->left, &o->residuals};
  sizes(o, all);
  SL_REQUIRE(bytes_of(o) < (double)(SIZE_MAX / 2), SL_ERR_OVERFLOW, "matrix", "a smaller matrix");
  SL_TRY(SL_ALLOC_ZERO(&o->column_exponent, (size_t)o->n));
  SL_TRY(SL_ALLOC_ZERO(&o->order, (size_t)o->n));
  for (int i = 0; i < ARRAYS; i++)
    if (all[i] > 0) SL_TRY(SL_ALLOC_ZERO(arrays[i], (size_t)all[i]));
  return SL_OK;
}

// Element (i, j) of what is kept.
static double given(const sl_orthogonal *o, const double *values, uint32_t i, uint32_t j) {
  return o->turned ? values[(size_t)j * o->columns + i] : values[(size_t)i * o->columns + j];
}

static void take(sl_orthogonal *o, const double *values) {
  const size_t count = (size_t)o->rows * o->columns;
  const int32_t most = sl_exponent(sl_norm_inf_f64(values, count));
  o->exponent = most == SL_EXPONENT_OF_ZERO ? 0 : most;
  for (uint32_t j = 0; j < o->n; j++) {
    double largest = 0;
    for (uint32_t i = 0; i < o->m; i++) largest = fmax(largest, fabs(given(o, values, i, j)));
    const bool alone = o->kind == SL_ORTHOGONAL_QR && !o->option && largest > 0;
    o->column_exponent[j] = alone ? sl_exponent(largest) - o->exponent : 0;
    const int32_t down = -o->exponent - o->column_exponent[j];
    for (uint32_t i = 0; i < o->m; i++)
      o->a[i + j * o->ld] = sl_times_power(given(o, values, i, j), down);
    // Of EIGEN the places of the values are filled in when these are there.
    o->order[j] = j;
  }
  if (o->copy != NULL) memcpy(o->copy, o->a, o->ld * o->n * sizeof *o->a);
}

static double work_of(const sl_orthogonal *o) {
  const double m = o->m, n = o->n, k = o->k;
  if (o->kind == SL_ORTHOGONAL_QR) return k * k * (m + n - 2 * k / 3) + m * n;
  if (o->kind == SL_ORTHOGONAL_EIGEN) return n * n * n * (o->option ? 5.5 : 0.4) + 60 * n * n;
  // Sweeps are a guess.
  return n * n * m + n * n * n * (o->option ? 14 : 9);
}

static sl_status check_values(const double *values, uint32_t rows, uint32_t columns,
                              bool symmetric) {
  const size_t count = (size_t)rows * columns, bad = sl_first_not_finite_f64(values, count);
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "matrix", "finite numbers", bad);
  for (uint32_t i = 0; symmetric && i < rows; i++)
    for (uint32_t j = 0; j < i; j++)
      SL_REQUIRE_AT(values[(size_t)i * rows + j] == values[(size_t)j * rows + i],
                    SL_ERR_NOT_SYMMETRIC, "matrix", "a symmetric matrix", i);
  return SL_OK;
}

sl_status sl_orthogonal_create(const double *values, size_t count, uint32_t rows, uint32_t columns,
                               uint32_t kind, uint32_t option, sl_orthogonal **out) {
  *out = NULL;
  SL_REQUIRE(kind <= SL_ORTHOGONAL_SVD, SL_ERR_OPTION, "kind", "one of sl_orthogonal_kind");
  SL_REQUIRE(option <= 1, SL_ERR_OPTION, "option", "0 or 1");
  SL_REQUIRE((double)count == (double)rows * columns, SL_ERR_SHAPE, "matrix",
             "rows * columns numbers");
  const bool symmetric = kind == SL_ORTHOGONAL_EIGEN;
  SL_REQUIRE(!symmetric || rows == columns, SL_ERR_NOT_SQUARE, "matrix", "a square matrix");
  sl_orthogonal *o;
  SL_TRY(SL_ALLOC_ZERO(&o, 1));
  *o = shaped(rows, columns, kind, option);
  o->job.kind = &sl_orthogonal_job_kind;
  // Memory first: a matrix that does not fit is not read.
  sl_status status = reserve(o);
  if (status == SL_OK) status = check_values(values, rows, columns, symmetric);
  if (status != SL_OK) {
    sl_orthogonal_destroy(o);
    return status;
  }
  take(o, values);
  sl_orthogonal_begin(o, SL_AT_FACTOR, work_of(o));
  *out = o;
  return SL_OK;
}

// ---- the job ------------------------------------------------------------------------------------

void sl_orthogonal_begin(sl_orthogonal *o, sl_orthogonal_phase phase, double work) {
  o->phase = phase;
  o->work = 0;
  o->expected = work < 0x1p63 ? (uint64_t)work : 0;
  sl_job_begin(&o->job);
}

static sl_status step_once(sl_orthogonal *o, bool *done) {
  if (o->phase == SL_AT_Q) {
    *done = o->solved = sl_reflecting_step(o);
    return SL_OK;
  }
  if (o->phase == SL_AT_SOLVE) return sl_orthogonal_step_solve(o, done);
  SL_TRY(o->kind == SL_ORTHOGONAL_QR      ? sl_qr_step_(o, done)
         : o->kind == SL_ORTHOGONAL_EIGEN ? sl_symmetric_step_(o, done)
                                          : sl_svd_step_(o, done));
  o->whole = *done;
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_orthogonal *o = (sl_orthogonal *)job;
  const uint64_t until = work > UINT64_MAX - o->work ? UINT64_MAX : o->work + work;
  bool done = false;
  do SL_TRY(step_once(o, &done));
  while (!done && o->work < until);
  if (done) sl_job_end(job, o->stagnated ? SL_OUTCOME_STAGNATED : SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_orthogonal *)job)->work; }
static uint64_t work_expected(const sl_job *job) { return ((const sl_orthogonal *)job)->expected; }
static size_t job_bytes(const sl_job *job) {
  return sl_orthogonal_bytes((const sl_orthogonal *)job);
}
static void destroy(sl_job *job) { sl_orthogonal_destroy((sl_orthogonal *)job); }

const sl_job_kind sl_orthogonal_job_kind = {"decomposition", step,      sl_job_stop_here, work_done,
                                            work_expected,   job_bytes, destroy};

sl_job *sl_orthogonal_job(sl_orthogonal *o) { return &o->job; }

// ---- what has come of it ------------------------------------------------------------------------

sl_status sl_orthogonal_require_whole(const sl_orthogonal *o) {
  SL_REQUIRE(o->whole, SL_ERR_STATE, "decomposition", "work that was not stopped");
  return SL_OK;
}

// A value as it was kept, and as it is: of R the exponent of its column besides.
static double value_of(const sl_orthogonal *o, uint32_t i) {
  if (o->kind == SL_ORTHOGONAL_QR) return o->a[i + i * o->ld];
  return o->values[o->kind == SL_ORTHOGONAL_EIGEN ? o->order[i] : i];
}

double sl_orthogonal_threshold(const sl_orthogonal *o, double tolerance) {
  const uint32_t most = o->m > o->n ? o->m : o->n;
  double largest = 0;
  for (uint32_t i = 0; i < o->k; i++) largest = fmax(largest, fabs(value_of(o, i)));
  return (tolerance < 0 ? 0x1p-52 * most : tolerance) * largest;
}

sl_status sl_orthogonal_rank(const sl_orthogonal *o, double tolerance, uint32_t *out) {
  SL_TRY(sl_orthogonal_require_whole(o));
  SL_REQUIRE(tolerance <= 1, SL_ERR_OPTION, "tolerance", "0 .. 1");
  const double threshold = sl_orthogonal_threshold(o, tolerance);
  *out = 0;
  for (uint32_t i = 0; i < o->k; i++) *out += fabs(value_of(o, i)) > threshold;
  return SL_OK;
}

static void read_values(const sl_orthogonal *o, double *out) {
  for (uint32_t i = 0; i < o->k; i++)
    out[i] = sl_times_power(value_of(o, i), o->exponent + o->column_exponent[i]);
}

static void read_r(const sl_orthogonal *o, double *out) {
  for (uint32_t i = 0; i < o->k; i++)
    for (uint32_t j = 0; j < o->n; j++, out++)
      *out = j < i ? 0 : sl_times_power(o->a[i + j * o->ld], o->exponent + o->column_exponent[j]);
}

// Vectors in columns, each made to have its largest entry positive: those of the other side as well.
static double sign_of(const sl_orthogonal *o, uint32_t column) {
  const double *x =
      o->kind == SL_ORTHOGONAL_EIGEN ? o->x + column * o->xd : o->left + column * o->ld;
  const uint32_t n = o->kind == SL_ORTHOGONAL_EIGEN ? o->n : o->m;
  double most = 0, sign = 1;
  for (uint32_t i = 0; i < n; i++) {
    // Entries that are as large but for rounding count alike: the first of them decides.
    if (fabs(x[i]) <= most * (1 + 0x1p-30)) continue;
    most = fabs(x[i]);
    sign = x[i] < 0 ? -1 : 1;
  }
  return sign;
}

static void read_vectors(const sl_orthogonal *o, bool left, double *out) {
  for (uint32_t j = 0; j < o->k; j++) {
    const double sign = sign_of(o, o->kind == SL_ORTHOGONAL_EIGEN ? o->order[j] : j);
    if (o->kind == SL_ORTHOGONAL_EIGEN) {
      const double *x = o->x + o->order[j] * o->xd;
      for (uint32_t i = 0; i < o->n; i++) out[(size_t)i * o->k + j] = sign * x[i];
    } else if (left != o->turned) {
      for (uint32_t i = 0; i < o->m; i++) out[(size_t)i * o->k + j] = sign * o->left[i + j * o->ld];
    } else {
      for (uint32_t i = 0; i < o->n; i++)
        out[(size_t)o->order[i] * o->k + j] = sign * o->x[i + j * o->xd];
    }
  }
}

sl_status sl_orthogonal_read(const sl_orthogonal *o, uint32_t part, double *out, size_t out_count) {
  SL_TRY(sl_orthogonal_require_whole(o));
  const bool qr = o->kind == SL_ORTHOGONAL_QR, symmetric = o->kind == SL_ORTHOGONAL_EIGEN;
  const bool there = part == SL_ORTHOGONAL_VALUES        ? true
                     : part == SL_ORTHOGONAL_LEFT        ? qr || o->option
                     : part == SL_ORTHOGONAL_RIGHT       ? qr || (!symmetric && o->option)
                     : part == SL_ORTHOGONAL_PERMUTATION ? qr
                     : part == SL_ORTHOGONAL_RESIDUALS   ? symmetric && o->option
                                                         : false;
  SL_REQUIRE(there, SL_ERR_OPTION, "part", "a part of this decomposition");
  SL_REQUIRE(!qr || part != SL_ORTHOGONAL_LEFT || (o->q != NULL && o->solved), SL_ERR_STATE,
             "decomposition", "a Q that was begun");
  const double k = o->k;
  const double wanted = part == SL_ORTHOGONAL_LEFT          ? (qr ? o->q_columns : k) * o->rows
                        : part == SL_ORTHOGONAL_RIGHT       ? k * o->columns
                        : part == SL_ORTHOGONAL_PERMUTATION ? o->columns
                                                            : k;
  SL_REQUIRE((double)out_count == wanted, SL_ERR_SHAPE, "out", "as many numbers as the part");
  if (part == SL_ORTHOGONAL_VALUES) read_values(o, out);
  if (part == SL_ORTHOGONAL_PERMUTATION)
    for (uint32_t i = 0; i < o->n; i++) out[i] = o->order[i];
  if (part == SL_ORTHOGONAL_RESIDUALS)
    for (uint32_t i = 0; i < o->n; i++)
      out[i] = sl_times_power(o->residuals[o->order[i]], o->exponent);
  if (part == SL_ORTHOGONAL_LEFT && qr) {
    for (uint32_t i = 0; i < o->m; i++)
      for (uint32_t j = 0; j < o->q_columns; j++, out++) *out = o->q[i + j * o->ld];
  } else if (part == SL_ORTHOGONAL_RIGHT && qr) {
    read_r(o, out);
  } else if (part == SL_ORTHOGONAL_LEFT || part == SL_ORTHOGONAL_RIGHT) {
    read_vectors(o, part == SL_ORTHOGONAL_LEFT, out);
  }
  return SL_OK;
}
