// Solutions, corrected until they are exact but for rounding of the matrix; inverses.
//
// Based on: T. Ogita, S. M. Rump, S. Oishi, SIAM J. Sci. Comput. 26 (2005), doi:10.1137/030601818 (sums
// in twice the precision); W. Oettli, W. Prager, Numer. Math. 6 (1964), doi:10.1007/BF01386090.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/residual.h"
#include "direct/scale.h"
#include "linalg/object.h"
#include "simd/kernels.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

enum { MOST_REFINEMENTS = 100 };
enum { AT_SWEEP, AT_RESIDUAL, AT_CORRECTION };

void sl_linalg_drop_solve(sl_decomposition *d) {
  double **arrays[] = {&d->b, &d->x, &d->correction, &d->size, &d->best, &d->facts, &d->inverse};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    sl_free(*arrays[i]);
    *arrays[i] = NULL;
  }
  sl_free(d->side_exponent);
  d->side_exponent = NULL;
  d->solved = d->inverted = d->estimated = false;
  d->sides = 0;
  // Work that is under way has lost its arrays: where no other begins, no step may go on with it.
  sl_job_drop(&d->job);
}

size_t sl_linalg_solve_bytes(const sl_decomposition *d) {
  const size_t column = d->ld * sizeof(double), sides = d->sides;
  size_t bytes = 0;
  if (d->b != NULL) bytes += 2 * column * sides + 3 * sides * 8 + 4 * sides;
  if (d->correction != NULL) bytes += 4 * column;
  if (d->inverse != NULL) bytes += column * d->n;
  return bytes;
}

// ---- residuals ----------------------------------------------------------------------------------

// s + error += x y, two at a time, and size += |x y|.
typedef struct sums2 {
  sl_f64x2 s, error, size;
} sums2;

static inline void subtract2(sums2 *to, sl_f64x2 x, sl_f64x2 y) {
  const sl_f64x2 product = x * y;
  sl_f64x2 c = 0x1.0000002p27 * x;
  const sl_f64x2 xh = c - (c - x), xl = x - xh;
  c = 0x1.0000002p27 * y;
  const sl_f64x2 yh = c - (c - y), yl = y - yh;
  const sl_f64x2 lost = xl * yl - (((product - xh * yh) - xl * yh) - xh * yl);
  const sl_f64x2 sum = to->s - product, part = sum - to->s;
  const sl_f64x2 rounded = (to->s - (sum - part)) + (-product - part);
  to->s = sum;
  to->error += rounded - lost;
  to->size += sl_f64x2_abs(product);
}

// One column of the matrix times one number, off sums of `rows` (even, there is room).
static NOINLINE void subtract_column(uint32_t rows, const double *a, double x, double *s,
                                     double *error, double *size) {
  for (uint32_t i = 0; i < rows; i += 2) {
    sums2 two = {sl_f64x2_load(s + i), sl_f64x2_load(error + i), sl_f64x2_load(size + i)};
    subtract2(&two, sl_f64x2_load(a + i), sl_f64x2_splat(x));
    sl_f64x2_store(s + i, two.s);
    sl_f64x2_store(error + i, two.error);
    sl_f64x2_store(size + i, two.size);
  }
}

// b less a column times x.
static NOINLINE double subtract_row(uint32_t rows, const double *a, const double *x, double b,
                                    double *size) {
  sums2 two = {{b, 0}, {0, 0}, {fabs(b), 0}};
  for (uint32_t i = 0; i < rows; i += 2)
    subtract2(&two, sl_f64x2_load(a + i), sl_f64x2_load(x + i));
  double lost;
  const double sum = sl_two_sum(two.s[0], two.s[1], &lost);
  *size = two.size[0] + two.size[1];
  return sum + (lost + (two.error[0] + two.error[1]));
}

// The residual of column `current` goes into `correction`, |A'| |x| + |b| into `size`.
static bool step_residual(sl_decomposition *d) {
  const uint32_t n = d->n, even = (n + 1) & ~1u;
  const double *x = d->x + d->current * d->ld, *b = d->b + d->current * d->ld;
  double *const r = d->correction, *const error = r + d->ld;
  if (d->column == 0 && !d->sweep.transposed) {
    memcpy(r, b, even * sizeof *r);
    memset(error, 0, even * sizeof *error);
    for (uint32_t i = 0; i < even; i++) d->size[i] = fabs(b[i]);
  }
  const uint32_t most = (1u << 20) / (n + 1) + 1;
  const uint32_t end = n - d->column < most ? n : d->column + most;
  d->work += (uint64_t)(end - d->column) * n * 4;
  for (; d->column < end; d->column++) {
    const double *a = d->copy + d->column * d->ld;
    if (d->sweep.transposed)
      r[d->column] = subtract_row(even, a, x, b[d->column], d->size + d->column);
    else
      subtract_column(even, a, x[d->column], r, error, d->size);
  }
  if (d->column < n) return false;
  d->column = 0;
  if (!d->sweep.transposed)
    for (uint32_t i = 0; i < n; i++) r[i] += error[i];
  return true;
}

// ---- solving ------------------------------------------------------------------------------------

static const int32_t *exponents(const sl_decomposition *d, bool of_rows) {
  return of_rows != d->sweep.transposed ? d->row_exponent : d->column_exponent;
}

static sl_status reserve(sl_decomposition *d, uint32_t columns) {
  const size_t all = d->ld * columns;
  SL_REQUIRE(columns == 0 || all / columns == d->ld, SL_ERR_OVERFLOW, "b", "fewer columns");
  SL_TRY(SL_ALLOC_ZERO(&d->b, all));
  SL_TRY(SL_ALLOC_ZERO(&d->x, all));
  SL_TRY(SL_ALLOC_ZERO(&d->correction, 2 * d->ld));
  SL_TRY(SL_ALLOC_ZERO(&d->size, d->ld));
  SL_TRY(SL_ALLOC_ZERO(&d->best, d->ld));
  SL_TRY(SL_ALLOC_ZERO(&d->facts, (size_t)SL_SOLVE_FACTS * columns));
  return SL_ALLOC_ZERO(&d->side_exponent, (size_t)columns);
}

sl_status sl_decomposition_begin_solve(sl_decomposition *d, const double *b, size_t b_count,
                                       uint32_t columns, bool transposed, uint32_t refinements,
                                       double tolerance) {
  SL_TRY(sl_linalg_require_whole(d));
  SL_REQUIRE((double)b_count == (double)d->n * columns, SL_ERR_SHAPE, "b",
             "as many rows as the matrix");
  SL_REQUIRE(refinements <= MOST_REFINEMENTS, SL_ERR_OPTION, "refinements", "0 .. 100");
  SL_REQUIRE(tolerance >= 0 && tolerance <= 1, SL_ERR_OPTION, "tolerance", "0 .. 1");
  const size_t bad = sl_first_not_finite_f64(b, b_count);
  SL_REQUIRE_AT(bad == b_count, SL_ERR_NOT_FINITE, "b", "finite numbers", bad);
  SL_TRY(sl_linalg_require_regular(d));
  sl_linalg_drop_solve(d);
  const sl_status status = reserve(d, columns);
  if (status != SL_OK) {
    sl_linalg_drop_solve(d);
    return status;
  }
  d->sides = columns;
  d->refinements = refinements;
  d->tolerance = tolerance;
  d->current = d->corrections = d->column = 0;
  d->stage = AT_SWEEP;
  d->sweep.transposed = transposed;
  const int32_t *of_rows = exponents(d, true);
  for (uint32_t j = 0; j < columns; j++) {
    int32_t most = 2 * SL_EXPONENT_OF_ZERO;
    for (uint32_t i = 0; i < d->n; i++) {
      const int32_t e = sl_exponent(b[(size_t)i * columns + j]) - of_rows[i];
      most = e > most ? e : most;
    }
    if (most < SL_EXPONENT_OF_ZERO / 2) most = 0;
    d->side_exponent[j] = most;
    double *const to = d->b + j * d->ld;
    for (uint32_t i = 0; i < d->n; i++)
      to[i] = sl_times_power(b[(size_t)i * columns + j], -of_rows[i] - most);
  }
  memcpy(d->x, d->b, d->ld * columns * sizeof *d->x);
  sl_sweep_begin(d, d->x, columns, transposed);
  const double square = (double)d->n * d->n;
  sl_linalg_begin(d, SL_LINALG_SOLVE, square * columns * (refinements > 0 ? 10 : 5));
  return SL_OK;
}

// |b - A x| of the residual in `correction`, without squares that overflow.
static double residual_norm(const sl_decomposition *d) {
  const int32_t *of_rows = exponents(d, true), side = d->side_exponent[d->current];
  int32_t most = 2 * SL_EXPONENT_OF_ZERO;
  for (uint32_t i = 0; i < d->n; i++) {
    const int32_t e = sl_exponent(d->correction[i]) + of_rows[i];
    most = e > most ? e : most;
  }
  double sum = 0;
  for (uint32_t i = 0; i < d->n; i++) {
    const double r = sl_times_power(d->correction[i], of_rows[i] - most);
    sum += r * r;
  }
  return sum > 0 ? sl_times_power(sqrt(sum), most + side) : 0;
}

static double backward_error(const sl_decomposition *d) {
  double most = 0;
  for (uint32_t i = 0; i < d->n; i++) {
    const double r = fabs(d->correction[i]), size = d->size[i];
    const double error = r == 0 ? 0 : r / size;
    if (!(error <= most)) most = error < INFINITY ? error : INFINITY;
  }
  return most;
}

// The residual of the current column is there: a correction, or the next column. True: all are done.
static bool judge(sl_decomposition *d) {
  double *const x = d->x + d->current * d->ld, *const facts =
                                                   d->facts + d->current * SL_SOLVE_FACTS;
  const double error = backward_error(d);
  const bool better = d->corrections == 0 || error < d->last;
  if (better) {
    facts[0] = error;
    facts[2] = residual_norm(d);
    facts[1] = d->corrections;
  } else {
    memcpy(x, d->best, d->n * sizeof *x);
  }
  const bool slow = d->corrections > 0 && !(error <= d->last / 2);
  if (error > d->tolerance && d->corrections < d->refinements && !slow) {
    d->last = error;
    d->corrections++;
    memcpy(d->best, x, d->n * sizeof *x);
    sl_sweep_begin(d, d->correction, 1, d->sweep.transposed);
    d->stage = AT_CORRECTION;
    return false;
  }
  d->corrections = 0;
  d->stage = AT_RESIDUAL;
  return ++d->current >= d->sides;
}

sl_status sl_linalg_step_solve(sl_decomposition *d, bool *done) {
  if (d->stage == AT_SWEEP) {
    if (!sl_sweep_step(d)) return SL_OK;
    d->stage = AT_RESIDUAL;
    *done = d->sides == 0;
  } else if (d->stage == AT_RESIDUAL) {
    if (step_residual(d)) *done = judge(d);
  } else if (sl_sweep_step(d)) {
    double *const x = d->x + d->current * d->ld;
    for (uint32_t i = 0; i < d->n; i++) x[i] += d->correction[i];
    d->stage = AT_RESIDUAL;
  }
  if (*done) d->solved = true;
  return SL_OK;
}

sl_status sl_decomposition_read_solve(const sl_decomposition *d, double *x, size_t x_count,
                                      double *facts) {
  SL_TRY(sl_job_require_ended(&d->job));
  SL_REQUIRE(d->solved, SL_ERR_STATE, "decomposition", "a solution that was begun");
  SL_REQUIRE((double)x_count == (double)d->n * d->sides, SL_ERR_SHAPE, "x",
             "as many numbers as the solution");
  const int32_t *of_columns = exponents(d, false);
  for (uint32_t i = 0; i < d->n; i++)
    for (uint32_t j = 0; j < d->sides; j++)
      x[(size_t)i * d->sides + j] =
          sl_times_power(d->x[i + j * d->ld], d->side_exponent[j] - of_columns[i]);
  memcpy(facts, d->facts, (size_t)SL_SOLVE_FACTS * d->sides * sizeof *facts);
  return SL_OK;
}

// ---- the inverse --------------------------------------------------------------------------------

sl_status sl_decomposition_begin_inverse(sl_decomposition *d) {
  SL_TRY(sl_linalg_require_whole(d));
  SL_TRY(sl_linalg_require_regular(d));
  sl_linalg_drop_solve(d);
  SL_TRY(SL_ALLOC_ZERO(&d->inverse, d->ld * d->n));
  for (uint32_t j = 0; j < d->n; j++) d->inverse[j + j * d->ld] = 1;
  sl_sweep_begin(d, d->inverse, d->n, false);
  sl_linalg_begin(d, SL_LINALG_INVERSE, (double)d->n * d->n * d->n);
  return SL_OK;
}

sl_status sl_linalg_step_inverse(sl_decomposition *d, bool *done) {
  *done = d->inverted = sl_sweep_step(d);
  return SL_OK;
}

sl_status sl_decomposition_read_inverse(const sl_decomposition *d, double *out, size_t out_count) {
  SL_TRY(sl_job_require_ended(&d->job));
  SL_REQUIRE(d->inverted, SL_ERR_STATE, "decomposition", "an inverse that was begun");
  SL_REQUIRE((double)out_count == (double)d->n * d->n, SL_ERR_SHAPE, "out", "n * n numbers");
  for (uint32_t i = 0; i < d->n; i++)
    for (uint32_t j = 0; j < d->n; j++)
      out[(size_t)i * d->n + j] =
          sl_times_power(d->inverse[i + j * d->ld], -d->column_exponent[i] - d->row_exponent[j]);
  return SL_OK;
}
