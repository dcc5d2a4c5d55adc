#include "bandit/regression.h"

#include <string.h>

#include "simd/kernels.h"
#include "simd/simd.h"

sl_regression sl_regression_at(double *block, uint32_t d, uint32_t k) {
  sl_regression f = {.d = d, .k = k, .l = block};
  f.pivot = block + sl_regression_triangle(d);
  f.inverse = f.pivot + d;
  f.y = f.inverse + d;
  f.m = f.y + d;
  return f;
}

void sl_regression_reset(sl_regression f, double ridge) {
  memset(f.l, 0, sl_regression_size(f.d, f.k) * sizeof *f.l);
  for (uint32_t j = 0; j < f.d; j++) {
    f.pivot[j] = ridge;
    f.inverse[j] = 1 / ridge;
  }
}

// ---- solves -------------------------------------------------------------------------------------

// Four columns of L at once: the numbers of L^-1 x they belong to, and what the rows below lose of
// them, x[i] -= x[0] c0[i] + ... in this order.
//   l   the first column, whose n - 1 numbers begin below the diagonal
__attribute__((noinline)) static void eliminate4(const double *l, double *x, size_t n) {
  const double *p = l, *q = p + n - 1, *r = q + n - 2, *s = r + n - 3;
  const double a = x[0];
  const double b = x[1] - a * p[0];
  const double c = (x[2] - a * p[1]) - b * q[0];
  const double d = ((x[3] - a * p[2]) - b * q[1]) - c * r[0];
  x[1] = b;
  x[2] = c;
  x[3] = d;
  const sl_f64x2 a2 = sl_f64x2_splat(a), b2 = sl_f64x2_splat(b), c2 = sl_f64x2_splat(c),
                 d2 = sl_f64x2_splat(d);
  x += 4;
  p += 3;
  q += 2;
  r += 1;
  n -= 4;
#define SUBTRACT(k)                                                                                \
  sl_f64x2_store(x + (k), (((sl_f64x2_load(x + (k)) - a2 * sl_f64x2_load(p + (k))) -               \
                            b2 * sl_f64x2_load(q + (k))) -                                         \
                           c2 * sl_f64x2_load(r + (k))) -                                          \
                              d2 * sl_f64x2_load(s + (k)))
  // Constant offsets from five pointers: an index would be added to each of them for every load.
  for (; n >= 8; n -= 8) {
    SUBTRACT(0);
    SUBTRACT(2);
    SUBTRACT(4);
    SUBTRACT(6);
    x += 8;
    p += 8;
    q += 8;
    r += 8;
    s += 8;
  }
  size_t i = 0;
  for (; i + 2 <= n; i += 2) SUBTRACT(i);
#undef SUBTRACT
  for (; i < n; i++) x[i] = (((x[i] - a * p[i]) - b * q[i]) - c * r[i]) - d * s[i];
}

void sl_regression_solve(sl_regression f, double *x) {
  const double *l = f.l;
  size_t n = f.d;
  for (; n >= 4; n -= 4) {
    eliminate4(l, x, n);
    x += 4;
    l += 4 * n - 10;
  }
  for (; n > 1; n--) {
    sl_axpy_f64(-x[0], l, x + 1, n - 1);
    l += n - 1;
    x++;
  }
}

void sl_regression_solve_back(sl_regression f, double *x) {
  const double *l = f.l + sl_regression_triangle(f.d);
  for (uint32_t j = f.d; j-- > 0;) {
    const size_t n = f.d - j - 1;
    l -= n;
    x[j] -= sl_dot_f64(l, x + j + 1, n);
  }
}

double sl_regression_variance(sl_regression f, const double *w) {
  sl_f64x2 a = {0, 0}, b = a;
  size_t i = 0;
  for (; i + 4 <= f.d; i += 4) {
    const sl_f64x2 u = sl_f64x2_load(w + i), v = sl_f64x2_load(w + i + 2);
    a += u * u * sl_f64x2_load(f.inverse + i);
    b += v * v * sl_f64x2_load(f.inverse + i + 2);
  }
  double sum = sl_f64x2_sum(a + b);
  for (; i < f.d; i++) sum += w[i] * w[i] * f.inverse[i];
  return sum;
}

// ---- updates ------------------------------------------------------------------------------------

// What one column does: the rest of x loses p times the column, which gains b times that rest.
typedef struct turn {
  double p, b;
} turn;

// The pivot takes the weight of x in. False where almost nothing is left of it.
static inline bool take_in(double *pivot, double *inverse, double *weight, double p, turn *out) {
  *out = (turn){p, 0};
  if (p == 0) return true;
  const double before = *pivot, moved = *weight * p, now = before + moved * p;
  if (!(now > 1e-12 * before)) return false;
  const double over = 1 / now;
  *pivot = now;
  *inverse = over;
  out->b = moved * over;
  *weight *= before * over;
  return true;
}

static inline void apply(turn t, double *l, double *x, size_t n) {
  const sl_f64x2 p = sl_f64x2_splat(t.p), b = sl_f64x2_splat(t.b);
  size_t i = 0;
  for (; i + 2 <= n; i += 2) {
    const sl_f64x2 old = sl_f64x2_load(l + i), rest = sl_f64x2_load(x + i) - p * old;
    sl_f64x2_store(x + i, rest);
    sl_f64x2_store(l + i, old + b * rest);
  }
  for (; i < n; i++) {
    x[i] -= t.p * l[i];
    l[i] += t.b * x[i];
  }
}

// Two columns in one pass over x.
__attribute__((noinline)) static void apply2(const turn t[2], double *l, double *m, double *x,
                                             size_t n) {
  const sl_f64x2 p = sl_f64x2_splat(t[0].p), b = sl_f64x2_splat(t[0].b);
  const sl_f64x2 q = sl_f64x2_splat(t[1].p), c = sl_f64x2_splat(t[1].b);
#define APPLY(k)                                                                                   \
  do {                                                                                             \
    const sl_f64x2 first = sl_f64x2_load(l + (k)), second = sl_f64x2_load(m + (k));                \
    const sl_f64x2 u = sl_f64x2_load(x + (k)) - p * first, v = u - q * second;                     \
    sl_f64x2_store(l + (k), first + b * u);                                                        \
    sl_f64x2_store(m + (k), second + c * v);                                                       \
    sl_f64x2_store(x + (k), v);                                                                    \
  } while (0)
  for (; n >= 4; n -= 4) {
    APPLY(0);
    APPLY(2);
    l += 4;
    m += 4;
    x += 4;
  }
  size_t i = 0;
  for (; i + 2 <= n; i += 2) APPLY(i);
#undef APPLY
  if (i < n) {
    apply(t[0], l + i, x + i, 1);
    apply(t[1], m + i, x + i, 1);
  }
}

static void apply_right(sl_regression f, turn t, uint32_t j, double *z, double *r) {
  if (f.k > 0) apply(t, f.m + (size_t)j * f.k, z, f.k);
  apply(t, f.y + j, r, 1);
}

double sl_regression_add(sl_regression f, double weight, double *x, double *z, double *r) {
  double *l = f.l;
  uint32_t j = 0;
  for (; j + 2 <= f.d; j += 2) {
    const size_t n = f.d - j - 2; // rows below both
    turn t[2];
    if (!take_in(f.pivot + j, f.inverse + j, &weight, x[j], &t[0])) return 0;
    apply(t[0], l, x + j + 1, 1);
    if (!take_in(f.pivot + j + 1, f.inverse + j + 1, &weight, x[j + 1], &t[1])) return 0;
    apply2(t, l + 1, l + 1 + n, x + j + 2, n);
    apply_right(f, t[0], j, z, r);
    apply_right(f, t[1], j + 1, z, r);
    l += 2 * n + 1;
  }
  if (j < f.d) {
    turn t;
    if (!take_in(f.pivot + j, f.inverse + j, &weight, x[j], &t)) return 0;
    apply_right(f, t, j, z, r);
  }
  return weight;
}

void sl_regression_refresh(sl_regression f, double scale, double ridge, double *work) {
  const uint32_t d = f.d;
  double *below = work, *diagonal = work + sl_regression_triangle(d);
  // b = scale L D y, over y: row i needs the entries before it as they are.
  for (uint32_t j = 0; j < d; j++) f.y[j] *= scale * f.pivot[j];
  for (uint32_t i = d; i-- > 0;) {
    const double *l = f.l;
    for (uint32_t j = 0; j < i; j++) {
      f.y[i] += l[i - j - 1] * f.y[j];
      l += d - j - 1;
    }
  }
  // A = scale L D L' + ridge I: each column of L, times itself, into the columns from its own on.
  for (uint32_t j = 0; j < d; j++) diagonal[j] = ridge + scale * f.pivot[j];
  double *to = below;
  const double *l = f.l;
  for (uint32_t j = 0; j < d; j++) {
    const size_t n = d - j - 1;
    for (size_t i = 0; i < n; i++) to[i] = scale * f.pivot[j] * l[i];
    to += n;
    l += n;
  }
  l = f.l;
  to = below;
  for (uint32_t j = 0; j < d; j++) {
    const size_t n = d - j - 1;
    double *column = to + n; // of row j + 1
    for (size_t c = 0; c < n; c++) {
      const double factor = scale * f.pivot[j] * l[c];
      diagonal[j + 1 + c] += factor * l[c];
      sl_axpy_f64(factor, l + c + 1, column, n - c - 1);
      column += n - c - 1;
    }
    l += n;
    to += n;
  }
  // L D L' of it.
  to = below;
  for (uint32_t j = 0; j < d; j++) {
    const size_t n = d - j - 1;
    const double inverse = 1 / diagonal[j];
    double *column = to + n;
    for (size_t c = 0; c < n; c++) {
      const double factor = to[c] * inverse;
      diagonal[j + 1 + c] -= factor * to[c];
      sl_axpy_f64(-factor, to + c + 1, column, n - c - 1);
      column += n - c - 1;
    }
    sl_scale_f64(inverse, to, n);
    f.pivot[j] = diagonal[j];
    f.inverse[j] = inverse;
    to += n;
  }
  memcpy(f.l, below, sl_regression_triangle(d) * sizeof *below);
  sl_regression_solve(f, f.y);
  for (uint32_t j = 0; j < d; j++) f.y[j] *= f.inverse[j];
}
