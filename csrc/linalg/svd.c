// Singular values by one-sided Jacobi on the transpose of R, which pivoting has graded: few sweeps, and
// small values are as accurate as the columns allow.
#include <math.h>
#include <string.h>

#include "direct/scale.h"
#include "linalg/orthogonal_object.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

enum { MOST_SWEEPS = 60 };

static NOINLINE void rotate(uint32_t n, double c, double s, double *x, double *y) {
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    const sl_f64x2 a = sl_f64x2_load(x + i), b = sl_f64x2_load(y + i);
    sl_f64x2_store(x + i, c * a - s * b);
    sl_f64x2_store(y + i, s * a + c * b);
  }
  for (; i < n; i++) {
    const double a = x[i], b = y[i];
    x[i] = c * a - s * b;
    y[i] = s * a + c * b;
  }
}

static void exchange(uint32_t n, double *x, double *y) {
  for (uint32_t i = 0; i < n; i++) {
    const double kept = x[i];
    x[i] = y[i];
    y[i] = kept;
  }
}

// Columns whose squares would be lost are 0.
static void measure(sl_orthogonal *o) {
  for (uint32_t j = 0; j < o->n; j++) {
    double *const x = o->x + j * o->xd;
    const double square = sl_column_dot(x, x, o->n);
    o->values[j] = square;
    if (square >= 0x1p-1000) continue;
    o->values[j] = 0;
    memset(x, 0, o->n * sizeof *x);
  }
}

// The longest column from p on comes first.
static void select_column(sl_orthogonal *o, uint32_t p) {
  const uint32_t n = o->n;
  uint32_t most = p;
  for (uint32_t q = p + 1; q < n; q++)
    if (o->values[q] > o->values[most]) most = q;
  double *const x = o->x + p * o->xd, *const z = o->option ? o->z + p * o->xd : NULL;
  if (most != p) {
    exchange(n, x, o->x + most * o->xd);
    if (o->option) exchange(n, z, o->z + most * o->xd);
    const double kept = o->values[p];
    o->values[p] = o->values[most];
    o->values[most] = kept;
  }
}

// Column p against all that follow, some at a time. True: against all.
static bool pass(sl_orthogonal *o, uint32_t p) {
  const uint32_t n = o->n;
  if (o->column == 0) {
    select_column(o, p);
    o->column = p + 1;
  }
  double *const x = o->x + p * o->xd, *const z = o->option ? o->z + p * o->xd : NULL;
  const uint64_t until = o->work + (1u << 22);
  const double close = 0x1p-52 * sqrt((double)n);
  for (; o->column < n && o->work < until; o->column++) {
    const uint32_t q = o->column;
    o->work += n;
    const double alpha = o->values[p], beta = o->values[q];
    if (alpha == 0 || beta == 0) continue;
    double *const y = o->x + q * o->xd;
    const double gamma = sl_column_dot(x, y, n);
    if (fabs(gamma) <= close * sqrt(alpha) * sqrt(beta)) continue;
    const double zeta = (beta - alpha) / (2 * gamma);
    const double size = fabs(zeta), root = size < 0x1p500 ? sqrt(1 + size * size) : size;
    const double t = (zeta < 0 ? -1 : 1) / (size + root), c = 1 / sqrt(1 + t * t);
    rotate(n, c, c * t, x, y);
    if (o->option) rotate(n, c, c * t, z, o->z + q * o->xd);
    // What cancels is computed anew; so are all before the next sweep.
    const double more = alpha - t * gamma, less = beta + t * gamma;
    o->values[p] = more > 0.5 * alpha ? more : sl_column_dot(x, x, n);
    o->values[q] = less > 0.5 * beta ? less : sl_column_dot(y, y, n);
    o->rotated++;
    o->work += (uint64_t)6 * n;
  }
  if (o->column < n) return false;
  o->column = 0;
  o->work += n;
  return true;
}

// Columns of length 0 become what the others leave: any will do.
static void complete(sl_orthogonal *o, double *x, uint32_t j) {
  const uint32_t n = o->n;
  for (uint32_t i = 0; i < n; i++) {
    memset(x, 0, n * sizeof *x);
    x[i] = 1;
    for (int twice = 0; twice < 2; twice++)
      for (uint32_t k = 0; k < j; k++) {
        const double *other = o->x + k * o->xd;
        sl_column_add(n, -sl_column_dot(other, x, n), other, x);
      }
    const double norm = sqrt(sl_column_dot(x, x, n));
    // Of n unit vectors one has at least this part outside of j directions.
    if (norm * norm * n < 0.5) continue;
    for (uint32_t r = 0; r < n; r++) x[r] /= norm;
    return;
  }
}

static bool finish_column(sl_orthogonal *o) {
  const uint32_t j = o->at, n = o->n;
  double *const x = o->x + j * o->xd;
  const double value = sqrt(o->values[j]);
  o->values[j] = value;
  if (!o->option) return ++o->at >= n;
  if (value > 0)
    for (uint32_t i = 0; i < n; i++) x[i] /= value;
  else
    complete(o, x, j);
  memcpy(o->left + j * o->ld, o->z + j * o->xd, n * sizeof *x);
  o->work += (uint64_t)n * (value > 0 ? 1 : 2 * n * (uint64_t)j + 1);
  return ++o->at >= n;
}

sl_status sl_svd_step_(sl_orthogonal *o, bool *done) {
  const uint32_t n = o->n;
  switch (o->phase) {
  case SL_AT_FACTOR: {
    bool whole = false;
    SL_TRY(sl_qr_step_(o, &whole));
    if (!whole) return SL_OK;
    for (uint32_t j = 0; j < n; j++)
      for (uint32_t i = 0; i <= j; i++) o->x[j + i * o->xd] = o->a[i + j * o->ld];
    if (o->option)
      for (uint32_t j = 0; j < n; j++) o->z[j + j * o->xd] = 1;
    measure(o);
    o->at = o->column = 0;
    o->phase = n > 1 ? SL_AT_ITERATE : SL_AT_FINISH;
    o->work++;
    return SL_OK;
  }
  case SL_AT_ITERATE:
    if (!pass(o, o->at) || ++o->at < n) return SL_OK;
    o->at = 0;
    if (o->rotated == 0 || ++o->turns > MOST_SWEEPS) {
      o->stagnated = o->rotated > 0;
      o->phase = SL_AT_FINISH;
    }
    o->rotated = 0;
    measure(o);
    return SL_OK;
  case SL_AT_FINISH:
    if (n > 0 && o->at < n) {
      if (!finish_column(o)) return SL_OK;
    }
    *done = !o->option;
    if (*done) return SL_OK;
    sl_reflecting_begin(o, o->left, n, false);
    o->phase = SL_AT_FORM;
    return SL_OK;
  default:
    *done = sl_reflecting_step(o);
    return SL_OK;
  }
}
