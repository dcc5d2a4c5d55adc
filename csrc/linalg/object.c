#include "linalg/object.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/scale.h"
#include "simd/kernels.h"

enum {
  // Entries that span fewer powers of two than this need no scaling of single rows.
  SPAN = 900,
  // Of a definite matrix with a diagonal of about 1 no entry is larger than about 2^2.
  LARGE = 500,
};

void sl_decomposition_destroy(sl_decomposition *d) {
  if (d == NULL) return;
  sl_linalg_drop_solve(d);
  sl_free(d->a);
  sl_free(d->copy);
  sl_free(d->row_exponent);
  sl_free(d->column_exponent);
  sl_free(d->pivots);
  sl_free(d->scratch);
  sl_free(d);
}

double sl_decomposition_estimate(uint32_t rows, uint32_t columns, uint32_t kind) {
  (void)kind;
  const double stride = (double)sl_block_stride(rows);
  return (double)sizeof(sl_decomposition) + 16 * stride * columns + 4.0 * (rows + 2.0 * columns) +
         8.0 * SL_BLOCK_SCRATCH;
}

size_t sl_decomposition_bytes(const sl_decomposition *d) {
  return (size_t)sl_decomposition_estimate(d->n, d->n, d->kind) + sl_linalg_solve_bytes(d);
}

// ---- taking a matrix ----------------------------------------------------------------------------

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

static void scale_rows(sl_decomposition *d, const double *values) {
  const uint32_t n = d->n;
  int32_t most = SL_EXPONENT_OF_ZERO, least = -SL_EXPONENT_OF_ZERO;
  for (size_t k = 0; k < (size_t)n * n; k++) {
    const int32_t e = sl_exponent(values[k]);
    most = larger(most, e);
    if (e != SL_EXPONENT_OF_ZERO && e < least) least = e;
  }
  if (most == SL_EXPONENT_OF_ZERO) return;
  d->scaled = most - least > SPAN;
  for (uint32_t i = 0; i < n; i++) d->row_exponent[i] = most;
  if (!d->scaled) return;
  for (uint32_t i = 0; i < n; i++) {
    int32_t own = SL_EXPONENT_OF_ZERO;
    for (uint32_t j = 0; j < n; j++) own = larger(own, sl_exponent(values[(size_t)i * n + j]));
    d->row_exponent[i] = own == SL_EXPONENT_OF_ZERO ? 0 : own;
  }
  for (uint32_t j = 0; j < n; j++) {
    int32_t own = SL_EXPONENT_OF_ZERO;
    for (uint32_t i = 0; i < n; i++) {
      const double x = values[(size_t)i * n + j];
      if (x != 0) own = larger(own, sl_exponent(x) - d->row_exponent[i]);
    }
    d->column_exponent[j] = own == SL_EXPONENT_OF_ZERO ? 0 : own;
  }
}

// The diagonal comes near to 1. Where it is not positive the largest entry of the row counts.
static sl_status scale_symmetric(sl_decomposition *d, const double *values) {
  const uint32_t n = d->n;
  for (uint32_t i = 0; i < n; i++) {
    const double own = values[(size_t)i * n + i];
    int32_t e = sl_exponent(own);
    if (!(own > 0)) {
      e = SL_EXPONENT_OF_ZERO;
      for (uint32_t j = 0; j < n; j++) e = larger(e, sl_exponent(values[(size_t)i * n + j]));
    }
    if (e == SL_EXPONENT_OF_ZERO) e = 0;
    d->row_exponent[i] = d->column_exponent[i] = e >> 1;
  }
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j <= i; j++) {
      const double x = values[(size_t)i * n + j];
      SL_REQUIRE_AT(x == values[(size_t)j * n + i], SL_ERR_NOT_SYMMETRIC, "matrix",
                    "a symmetric matrix", i);
      SL_REQUIRE_AT(x == 0 || sl_exponent(x) - d->row_exponent[i] - d->row_exponent[j] < LARGE,
                    SL_ERR_NOT_DEFINITE, "matrix", "a positive definite matrix", i);
    }
  return SL_OK;
}

// Rows become columns, eight rows at a time.
static void take(sl_decomposition *d, const double *values) {
  const uint32_t n = d->n;
  for (uint32_t first = 0; first < n; first += 8) {
    const uint32_t end = n - first < 8 ? n : first + 8;
    for (uint32_t j = 0; j < n; j++)
      for (uint32_t i = first; i < end; i++)
        d->copy[i + j * d->ld] =
            sl_times_power(values[(size_t)i * n + j], -d->row_exponent[i] - d->column_exponent[j]);
  }
  memcpy(d->a, d->copy, d->ld * n * sizeof *d->a);
}

static sl_status reserve(sl_decomposition *d) {
  const size_t n = d->n;
  SL_REQUIRE(n == 0 || d->ld <= SIZE_MAX / 8 / n, SL_ERR_OVERFLOW, "matrix", "a smaller matrix");
  SL_TRY(SL_ALLOC_ZERO(&d->a, d->ld * n));
  SL_TRY(SL_ALLOC_ZERO(&d->copy, d->ld * n));
  SL_TRY(SL_ALLOC_ZERO(&d->row_exponent, n));
  SL_TRY(SL_ALLOC_ZERO(&d->column_exponent, n));
  SL_TRY(SL_ALLOC_ZERO(&d->pivots, n));
  return SL_ALLOC(&d->scratch, (size_t)SL_BLOCK_SCRATCH);
}

static sl_status check_finite(const double *values, size_t count) {
  const size_t bad = sl_first_not_finite_f64(values, count);
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "matrix", "finite numbers", bad);
  return SL_OK;
}

sl_status sl_decomposition_create(const double *values, size_t count, uint32_t rows,
                                  uint32_t columns, uint32_t kind, sl_decomposition **out) {
  *out = NULL;
  SL_REQUIRE(kind <= SL_DECOMPOSITION_CHOLESKY, SL_ERR_OPTION, "kind",
             "one of sl_decomposition_kind");
  SL_REQUIRE((double)count == (double)rows * columns, SL_ERR_SHAPE, "matrix",
             "rows * columns numbers");
  SL_REQUIRE(rows == columns, SL_ERR_NOT_SQUARE, "matrix", "a square matrix");
  sl_decomposition *d;
  SL_TRY(SL_ALLOC_ZERO(&d, 1));
  d->job.kind = &sl_decomposition_job_kind;
  d->kind = kind;
  d->n = d->zero = rows;
  d->ld = sl_block_stride(rows);
  // Memory first: a matrix that does not fit is not read.
  sl_status status = reserve(d);
  if (status == SL_OK) status = check_finite(values, count);
  if (status == SL_OK && kind == SL_DECOMPOSITION_CHOLESKY) status = scale_symmetric(d, values);
  if (status != SL_OK) {
    sl_decomposition_destroy(d);
    return status;
  }
  if (kind == SL_DECOMPOSITION_LU) scale_rows(d, values);
  take(d, values);
  const double cube = (double)rows * rows * rows;
  sl_linalg_begin(d, SL_LINALG_FACTOR, kind == SL_DECOMPOSITION_LU ? cube / 3 : cube / 6);
  *out = d;
  return SL_OK;
}

// ---- the job ------------------------------------------------------------------------------------

void sl_linalg_begin(sl_decomposition *d, sl_linalg_phase phase, double work) {
  d->phase = phase;
  d->work = 0;
  d->expected = work < 0x1p63 ? (uint64_t)work : 0;
  sl_job_begin(&d->job);
}

static sl_status step_once(sl_decomposition *d, bool *done) {
  switch (d->phase) {
  case SL_LINALG_FACTOR:
    if (d->n == 0)
      *done = true;
    else
      SL_TRY(d->kind == SL_DECOMPOSITION_LU ? sl_lu_step_(d, done) : sl_cholesky_step_(d, done));
    d->whole = *done;
    return SL_OK;
  case SL_LINALG_SOLVE:
    return sl_linalg_step_solve(d, done);
  case SL_LINALG_INVERSE:
    return sl_linalg_step_inverse(d, done);
  default:
    return sl_linalg_step_condition(d, done);
  }
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_decomposition *d = (sl_decomposition *)job;
  const uint64_t until = work > UINT64_MAX - d->work ? UINT64_MAX : d->work + work;
  bool done = false;
  do SL_TRY(step_once(d, &done));
  while (!done && d->work < until);
  if (done) sl_job_end(job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_decomposition *)job)->work; }
static uint64_t work_expected(const sl_job *job) {
  return ((const sl_decomposition *)job)->expected;
}
static size_t job_bytes(const sl_job *job) {
  return sl_decomposition_bytes((const sl_decomposition *)job);
}
static void destroy(sl_job *job) { sl_decomposition_destroy((sl_decomposition *)job); }

const sl_job_kind sl_decomposition_job_kind = {
    "decomposition", step, sl_job_stop_here, work_done, work_expected, job_bytes, destroy};

sl_job *sl_decomposition_job(sl_decomposition *d) { return &d->job; }

// ---- what has come of it ------------------------------------------------------------------------

sl_status sl_linalg_require_whole(const sl_decomposition *d) {
  SL_REQUIRE(d->whole, SL_ERR_STATE, "decomposition", "work that was not stopped");
  return SL_OK;
}

sl_status sl_linalg_require_regular(const sl_decomposition *d) {
  SL_REQUIRE_AT(d->zero == d->n, SL_ERR_SINGULAR, "matrix", "a matrix that is not singular",
                d->zero);
  return SL_OK;
}

sl_status sl_decomposition_facts_read(const sl_decomposition *d, sl_decomposition_facts *out) {
  SL_TRY(sl_linalg_require_whole(d));
  *out = (sl_decomposition_facts){.kind = d->kind, .rows = d->n, .columns = d->n};
  out->scaled = d->scaled;
  out->pivot = d->zero < d->n ? (double)d->zero : -1;
  const bool lu = d->kind == SL_DECOMPOSITION_LU;
  double sign = 1, mantissa = 1, logarithm;
  int64_t exponent = 0;
  for (uint32_t i = 0; i < d->n; i++) {
    double pivot = d->a[i + i * d->ld];
    if (lu && d->pivots[i] != i) sign = -sign;
    if (pivot < 0) sign = -sign;
    // The square of a pivot of L has two of its exponents.
    for (int k = lu ? 1 : 2; k > 0; k--) {
      int part;
      mantissa = frexp(mantissa * fabs(pivot), &part);
      exponent += part;
    }
    exponent += d->row_exponent[i] + d->column_exponent[i];
  }
  logarithm = log(mantissa) + (double)exponent * 0.693147180559945309417;
  if (d->zero < d->n) sign = mantissa = 0, logarithm = -INFINITY;
  out->sign = sign;
  out->log_determinant = logarithm;
  const int64_t most = exponent > 5000 ? 5000 : exponent < -5000 ? -5000 : exponent;
  out->determinant = sign == 0 ? 0 : sign * sl_times_power(mantissa, (int32_t)most);
  return SL_OK;
}

static void read_permutation(const sl_decomposition *d, double *out) {
  for (uint32_t i = 0; i < d->n; i++) out[i] = i;
  for (uint32_t i = 0; i < d->n; i++) {
    const double kept = out[i];
    out[i] = out[d->pivots[i]];
    out[d->pivots[i]] = kept;
  }
}

sl_status sl_decomposition_read(const sl_decomposition *d, uint32_t part, double *out,
                                size_t out_count) {
  SL_TRY(sl_linalg_require_whole(d));
  const bool lu = d->kind == SL_DECOMPOSITION_LU, lower = part == SL_PART_LOWER;
  SL_REQUIRE(part <= (lu ? SL_PART_PERMUTATION : SL_PART_UPPER), SL_ERR_OPTION, "part",
             "a part of this decomposition");
  SL_REQUIRE(!d->scaled, SL_ERR_UNSUPPORTED, "part",
             "a matrix whose entries span less than 2^900: this one was scaled row by row");
  SL_REQUIRE((double)out_count == (double)d->n * (part == SL_PART_PERMUTATION ? 1 : d->n),
             SL_ERR_SHAPE, "out", "as many numbers as the part");
  if (part == SL_PART_PERMUTATION) {
    read_permutation(d, out);
    return SL_OK;
  }
  for (uint32_t i = 0; i < d->n; i++)
    for (uint32_t j = 0; j < d->n; j++, out++) {
      const uint32_t row = lu || lower ? i : j, column = lu || lower ? j : i;
      const double x = d->a[row + column * d->ld];
      // Rows of L of a Cholesky decomposition have their own scale, all of U the matrix's.
      if (lower ? j > i : j < i)
        *out = 0;
      else if (!lu)
        *out = sl_times_power(x, d->row_exponent[row]);
      else
        *out = !lower ? sl_times_power(x, d->row_exponent[0]) : i == j ? 1 : x;
    }
  return SL_OK;
}
