#include "eigen/tridiagonal.h"

#include <math.h>
#include <string.h>

#include "simd/kernels.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

enum { REDUCE, GATHER, ROTATE, DONE };

void sl_small_begin(sl_small *s, uint32_t n) {
  s->n = n;
  s->stage = REDUCE;
  s->at = 0;
  s->turns = 0;
}

// Column k below the diagonal becomes a multiple of e_1: the reflector 1 - v v^T of |v|^2 = 2 takes
// its place, or v = 0.
NOINLINE static void reduce(sl_small *s, uint32_t k) {
  uint32_t n = s->n, m = n - k - 1;
  double *column = s->vectors + (size_t)k * n + k + 1, *p = s->scratch;
  double norm = sl_norm2_f64(column, m), rest = sl_norm2_f64(column + 1, m - 1);
  s->values[k] = column[-1];
  if (rest == 0) {
    s->off[k] = column[0];
    memset(column, 0, m * sizeof *column);
    return;
  }
  double head = column[0], sign = head < 0 ? -1 : 1;
  s->off[k] = -sign * norm;
  // v = x + sign |x| e_1, divided first so that its square cannot underflow.
  for (uint32_t i = 0; i < m; i++) column[i] /= norm;
  column[0] += sign;
  double scale = sqrt(2 / sl_dot_f64(column, column, m));
  sl_scale_f64(scale, column, m);
  double *square = s->vectors + (size_t)(k + 1) * n + k + 1;
  memset(p, 0, m * sizeof *p);
  for (uint32_t j = 0; j < m; j++) sl_axpy_f64(column[j], square + (size_t)j * n, p, m);
  sl_axpy_f64(-sl_dot_f64(p, column, m) / 2, column, p, m);
  for (uint32_t j = 0; j < m; j++) {
    double *to = square + (size_t)j * n;
    sl_axpy_f64(-column[j], p, to, m);
    sl_axpy_f64(-p[j], column, to, m);
  }
}

// The product of the reflectors from k on, in place of those.
NOINLINE static void gather(sl_small *s, uint32_t k) {
  uint32_t n = s->n, m = n - k - 1;
  double *v = s->scratch;
  memcpy(v, s->vectors + (size_t)k * n + k + 1, m * sizeof *v);
  for (uint32_t j = k + 1; j < n; j++) {
    double *column = s->vectors + (size_t)j * n;
    column[k] = 0;
    sl_axpy_f64(-sl_dot_f64(v, column + k + 1, m), v, column + k + 1, m);
  }
  double *own = s->vectors + (size_t)k * n;
  memset(own, 0, n * sizeof *own);
  own[k] = 1;
}

NOINLINE static void rotate(uint32_t n, double c, double s, double *x, double *y) {
  sl_f64x2 vc = sl_f64x2_splat(c), vs = sl_f64x2_splat(s);
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    sl_f64x2 a = sl_f64x2_load(x + i), b = sl_f64x2_load(y + i);
    sl_f64x2_store(y + i, vs * a + vc * b);
    sl_f64x2_store(x + i, vc * a - vs * b);
  }
  if (i < n) {
    double a = x[i], b = y[i];
    y[i] = s * a + c * b;
    x[i] = c * a - s * b;
  }
}

// One turn of QL on eigenvalue l. True: it is found.
static bool turn(sl_small *small, uint32_t l, uint64_t *spent) {
  uint32_t n = small->n, m = l;
  double *d = small->values, *e = small->off;
  for (; m + 1 < n; m++) {
    double size = fabs(d[m]) + fabs(d[m + 1]);
    if (fabs(e[m]) <= 0x1p-53 * size) break;
  }
  // Turns are few; a matrix for which they do not end keeps what is left off the diagonal.
  if (m == l || ++small->turns > 90) return true;
  double g = (d[l + 1] - d[l]) / (2 * e[l]), r = sqrt(g * g + 1);
  if (!(r < INFINITY)) r = fabs(g);
  g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r));
  double s = 1, c = 1, p = 0;
  uint32_t i = m;
  while (i-- > l) {
    double f = s * e[i], b = c * e[i];
    r = sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r == 0) {
      d[i + 1] -= p;
      e[m] = 0;
      return false;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    double *x = small->vectors + (size_t)i * n;
    rotate(n, c, s, x, x + n);
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
  *spent += (uint64_t)4 * n * (m - l);
  return false;
}

static void begin_gathering(sl_small *s) {
  uint32_t n = s->n;
  double *v = s->vectors;
  if (n == 1) {
    s->values[0] = v[0];
    v[0] = 1;
  } else {
    double *last = v + (size_t)(n - 2) * n + n - 2;
    s->values[n - 2] = last[0];
    s->off[n - 2] = last[1];
    s->values[n - 1] = last[n + 1];
    last[0] = last[n + 1] = 1;
    last[1] = last[n] = 0;
    for (uint32_t i = 0; i + 2 < n; i++) {
      v[(size_t)(n - 2) * n + i] = 0;
      v[(size_t)(n - 1) * n + i] = 0;
    }
  }
  s->off[n - 1] = 0;
  s->stage = GATHER;
  s->at = n < 2 ? 0 : n - 2;
}

bool sl_small_step(sl_small *s, uint64_t work, uint64_t *spent) {
  uint64_t done = 0, n = s->n;
  while (s->stage != DONE && done < work) {
    if (s->stage == REDUCE) {
      if (s->at + 2 >= n) {
        begin_gathering(s);
        continue;
      }
      reduce(s, s->at++);
      done += 3 * (n - s->at) * (n - s->at) + 1;
    } else if (s->stage == GATHER) {
      if (s->at == 0) {
        s->stage = ROTATE;
        continue;
      }
      gather(s, --s->at);
      done += 2 * (n - s->at) * (n - s->at);
    } else {
      done++;
      if (!turn(s, s->at, &done)) continue;
      s->turns = 0;
      if (++s->at == n) s->stage = DONE;
    }
  }
  *spent += done;
  return s->stage == DONE;
}
