// Eigenpairs of symmetric matrices: reflectors to tridiagonal form, implicit QL, residuals.
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/orthogonal_object.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

enum { MOST_TURNS = 60 };

// ---- to tridiagonal form ------------------------------------------------------------------------

// y += column times x and, by symmetry, the product of column (below its first place) and x: returned.
// One pass over memory for both.
static NOINLINE double column_product(uint32_t n, const double *column, double by, const double *x,
                                      double *y) {
  sl_f64x2 s = sl_f64x2_splat(0);
  const sl_f64x2 factor = sl_f64x2_splat(by);
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    const sl_f64x2 a = sl_f64x2_load(column + i);
    s += a * sl_f64x2_load(x + i);
    sl_f64x2_store(y + i, sl_f64x2_load(y + i) + factor * a);
  }
  double sum = sl_f64x2_sum(s);
  for (; i < n; i++) {
    sum += column[i] * x[i];
    y[i] += by * column[i];
  }
  return sum;
}

// column -= p v + q w
static NOINLINE void subtract_two(uint32_t n, double p, const double *v, double q, const double *w,
                                  double *column) {
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2)
    sl_f64x2_store(column + i, sl_f64x2_load(column + i) -
                                   (p * sl_f64x2_load(v + i) + q * sl_f64x2_load(w + i)));
  for (; i < n; i++) column[i] -= p * v[i] + q * w[i];
}

// Row and column j of the lower half are done: a reflector from both sides.
static void step_reduction(sl_orthogonal *o) {
  const uint32_t j = o->at, n = o->n, rest = n - j - 1;
  double *const column = o->a + j * o->ld;
  o->values[j] = column[j];
  o->at++;
  if (rest == 0) return;
  const double tau = rest > 1 ? sl_reflector(column + j + 1, rest) : 0;
  o->off[j] = column[j + 1];
  if (j < o->k) o->tau[j] = tau;
  o->work += (uint64_t)rest * rest + 1;
  if (tau == 0) return;
  double *const v = column + j + 1, *const p = o->norms;
  v[0] = 1;
  memset(p, 0, rest * sizeof *p);
  for (uint32_t i = 0; i < rest; i++) {
    const double *a = o->a + (j + 1 + i) + (j + 1 + i) * o->ld;
    p[i] += a[0] * v[i] + column_product(rest - i - 1, a + 1, v[i], v + i + 1, p + i + 1);
  }
  const double half = tau * tau * sl_column_dot(p, v, rest) / 2;
  for (uint32_t i = 0; i < rest; i++) p[i] = tau * p[i] - half * v[i];
  for (uint32_t i = 0; i < rest; i++)
    subtract_two(rest - i, p[i], v + i, v[i], p + i, o->a + (j + 1 + i) + (j + 1 + i) * o->ld);
  v[0] = o->off[j];
}

// ---- implicit QL --------------------------------------------------------------------------------

// The rotations of one turn, columns last, last - 1 .. first with the column before each, eight rows at a
// time: of each column one load and one store.
static NOINLINE void rotate_rows(double *x, size_t ld, uint32_t first, uint32_t last,
                                 const double *cs, uint32_t rows) {
  if (rows == 8) {
    double *at = x + last * ld;
    sl_f64x2 h0 = sl_f64x2_load(at), h1 = sl_f64x2_load(at + 2), h2 = sl_f64x2_load(at + 4),
             h3 = sl_f64x2_load(at + 6);
    for (uint32_t i = last; i > first; i--, at -= ld) {
      const double *low = at - ld;
      const sl_f64x2 c = sl_f64x2_splat(cs[2 * (i - 1)]), s = sl_f64x2_splat(cs[2 * (i - 1) + 1]);
      const sl_f64x2 l0 = sl_f64x2_load(low), l1 = sl_f64x2_load(low + 2),
                     l2 = sl_f64x2_load(low + 4), l3 = sl_f64x2_load(low + 6);
      sl_f64x2_store(at, s * l0 + c * h0);
      sl_f64x2_store(at + 2, s * l1 + c * h1);
      sl_f64x2_store(at + 4, s * l2 + c * h2);
      sl_f64x2_store(at + 6, s * l3 + c * h3);
      h0 = c * l0 - s * h0;
      h1 = c * l1 - s * h1;
      h2 = c * l2 - s * h2;
      h3 = c * l3 - s * h3;
    }
    sl_f64x2_store(at, h0);
    sl_f64x2_store(at + 2, h1);
    sl_f64x2_store(at + 4, h2);
    sl_f64x2_store(at + 6, h3);
    return;
  }
  for (uint32_t r = 0; r < rows; r++) {
    double high = x[r + last * ld];
    for (uint32_t i = last; i > first; i--) {
      const double c = cs[2 * (i - 1)], s = cs[2 * (i - 1) + 1], low = x[r + (i - 1) * ld];
      x[r + i * ld] = s * low + c * high;
      high = c * low - s * high;
    }
    x[r + first * ld] = high;
  }
}

// One turn on the eigenvalue `at`, of the block at .. end. True: it splits off.
static bool turn(sl_orthogonal *o) {
  double *const d = o->values, *const e = o->off;
  const uint32_t l = o->at, n = o->n;
  uint32_t end = l;
  for (; end + 1 < n; end++) {
    const double size = fabs(d[end]) + fabs(d[end + 1]);
    if (fabs(e[end]) <= DBL_EPSILON * size || fabs(e[end]) < 0x1p-500) break;
  }
  if (end == l) return true;
  double g = (d[l + 1] - d[l]) / (2 * e[l]), r = sqrt(g * g + 1);
  g = d[end] - d[l] + e[l] / (g + (g < 0 ? -r : r));
  double s = 1, c = 1, p = 0;
  uint32_t i = end;
  bool early = false;
  while (i-- > l) {
    const double f = s * e[i], b = c * e[i];
    r = sqrt(f * f + g * g);
    if (i + 1 < n) e[i + 1] = r;
    if (r == 0) {
      d[i + 1] -= p;
      e[end] = 0;
      early = true;
      break;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    o->rotations[2 * i] = c;
    o->rotations[2 * i + 1] = s;
  }
  const uint32_t first = early ? i + 1 : l;
  if (!early) {
    d[l] -= p;
    e[l] = g;
    if (end < n) e[end] = 0;
  }
  o->work += 4 * (uint64_t)(end - l) + 1;
  if (o->option && end > first) {
    for (uint32_t row = 0; row < n; row += 8)
      rotate_rows(o->x + row, o->xd, first, end, o->rotations, n - row < 8 ? n - row : 8);
    o->work += (uint64_t)3 * n * (end - first);
  }
  return false;
}

// ---- residuals ----------------------------------------------------------------------------------

// |A x - value x| of some columns, from products of blocks: `z` holds them. A bound: each element errs by
// at most about n / 256 + 258 units of |A| |x|.
static void step_residuals(sl_orthogonal *o) {
  const uint32_t n = o->n;
  const double few = 0x1p23 / ((double)n * n);
  const uint32_t most = few < 8 ? 8 : few > 32 ? 32 : (uint32_t)few;
  const uint32_t here = n - o->at < most ? n - o->at : most;
  double *const y = o->z;
  memset(y, 0, o->ld * here * sizeof *y);
  sl_block_add(n, here, n, (sl_view){o->copy, 1, (ptrdiff_t)o->ld},
               (sl_view){o->x + o->at * o->xd, 1, (ptrdiff_t)o->xd}, false, y, o->ld, o->scratch);
  const double unit = 0x1p-53 * (n / 256 + 262.0) * (1 + 0x1p-20);
  for (uint32_t c = 0; c < here; c++) {
    const double *x = o->x + (o->at + c) * o->xd;
    const double value = o->values[o->at + c], length = sqrt(sl_column_dot(x, x, n));
    sl_column_add(n, -value, x, y + c * o->ld);
    const double r = sqrt(sl_column_dot(y + c * o->ld, y + c * o->ld, n));
    o->residuals[o->at + c] =
        (r * (1 + n * 0x1p-52) + unit * (o->norms[2 * n - 1] + fabs(value)) * length) *
        (1 + 0x1p-40);
  }
  o->at += here;
  o->work += (uint64_t)here * n * n;
}

// The Frobenius norm, which bounds that of |A|.
static double whole_norm(const sl_orthogonal *o) {
  double sum = 0;
  for (uint32_t j = 0; j < o->n; j++)
    sum += sl_column_dot(o->copy + j * o->ld, o->copy + j * o->ld, o->n);
  return sqrt(sum);
}

static void order_values(sl_orthogonal *o) {
  for (uint32_t i = 0; i < o->n; i++) {
    uint32_t at = i;
    for (; at > 0 && o->values[i] < o->values[o->order[at - 1]]; at--)
      o->order[at] = o->order[at - 1];
    o->order[at] = i;
  }
}

sl_status sl_symmetric_step_(sl_orthogonal *o, bool *done) {
  const uint32_t n = o->n;
  switch (o->phase) {
  case SL_AT_FACTOR:
    if (o->at < n) step_reduction(o);
    if (o->at < n) return SL_OK;
    o->at = 0;
    o->phase = o->option ? SL_AT_FORM : SL_AT_ITERATE;
    if (!o->option) return SL_OK;
    for (uint32_t j = 0; j < n; j++) o->x[j + j * o->xd] = 1;
    sl_reflecting_begin(o, o->x, n, false);
    return SL_OK;
  case SL_AT_FORM:
    if (sl_reflecting_step(o)) o->phase = SL_AT_ITERATE;
    return SL_OK;
  case SL_AT_ITERATE:
    if (o->at < n && turn(o)) {
      o->at++;
      o->turns = 0;
    } else if (o->at < n && ++o->turns > MOST_TURNS) {
      o->stagnated = true;
      o->at = n;
    }
    o->work++;
    if (o->at < n) return SL_OK;
    order_values(o);
    o->at = 0;
    o->phase = SL_AT_FINISH;
    if (o->option && n > 0) o->norms[2 * n - 1] = whole_norm(o);
    return SL_OK;
  default:
    if (o->option && o->at < n) step_residuals(o);
    *done = !o->option || o->at >= n;
    return SL_OK;
  }
}
