// Householder reflectors, one by one and in blocks.
#include <math.h>
#include <string.h>

#include "direct/scale.h"
#include "linalg/orthogonal_object.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

NOINLINE double sl_column_dot(const double *x, const double *y, uint32_t n) {
  sl_f64x2 s0 = sl_f64x2_splat(0), s1 = s0, s2 = s0, s3 = s0;
  uint32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 += sl_f64x2_load(x + i) * sl_f64x2_load(y + i);
    s1 += sl_f64x2_load(x + i + 2) * sl_f64x2_load(y + i + 2);
    s2 += sl_f64x2_load(x + i + 4) * sl_f64x2_load(y + i + 4);
    s3 += sl_f64x2_load(x + i + 6) * sl_f64x2_load(y + i + 6);
  }
  double s = sl_f64x2_sum((s0 + s1) + (s2 + s3));
  for (; i < n; i++) s += x[i] * y[i];
  return s;
}

NOINLINE void sl_column_add(uint32_t n, double by, const double *x, double *y) {
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2)
    sl_f64x2_store(y + i, sl_f64x2_load(y + i) + by * sl_f64x2_load(x + i));
  for (; i < n; i++) y[i] += by * x[i];
}

double sl_reflector(double *x, uint32_t n) {
  double most = 0;
  for (uint32_t i = 1; i < n; i++) most = fabs(x[i]) > most ? fabs(x[i]) : most;
  if (most == 0) return 0;
  most = fabs(x[0]) > most ? fabs(x[0]) : most;
  // Squares of small numbers would be lost.
  const int32_t down = sl_exponent(most) < -300 ? sl_exponent(most) : 0;
  if (down != 0)
    for (uint32_t i = 0; i < n; i++) x[i] = sl_times_power(x[i], -down);
  const double norm = sqrt(sl_column_dot(x, x, n)), alpha = x[0];
  const double beta = alpha > 0 ? -norm : norm, first = alpha - beta;
  for (uint32_t i = 1; i < n; i++) x[i] /= first;
  x[0] = sl_times_power(beta, down);
  return (beta - alpha) / beta;
}

void sl_reflectors_pack(sl_orthogonal *o, uint32_t first, uint32_t count) {
  const uint32_t row = first + o->below, rows = o->m - row;
  for (uint32_t j = 0; j < count; j++) {
    double *const to = o->v + j * o->ld;
    const double *from = o->a + row + (first + j) * o->ld;
    memset(to, 0, j * sizeof *to);
    to[j] = 1;
    memcpy(to + j + 1, from + j + 1, (rows - j - 1) * sizeof *to);
  }
  // T column by column: T_jj = tau_j, above it -tau_j T (V^T v_j).
  for (uint32_t j = 0; j < count; j++) {
    const double tau = o->tau[first + j];
    double *const column = o->t + j * SL_REFLECTORS, dots[SL_REFLECTORS];
    for (uint32_t i = 0; i < j; i++)
      dots[i] = sl_column_dot(o->v + j + i * o->ld, o->v + j + j * o->ld, rows - j);
    for (uint32_t i = 0; i < SL_REFLECTORS; i++) column[i] = 0;
    for (uint32_t i = 0; i < j; i++) {
      double s = 0;
      for (uint32_t p = i; p < j; p++) s += o->t[i + p * SL_REFLECTORS] * dots[p];
      column[i] = -tau * s;
    }
    column[j] = tau;
  }
}

void sl_reflectors_apply(sl_orthogonal *o, uint32_t first, uint32_t count, double *c, size_t ldc,
                         uint32_t columns, bool transposed) {
  const uint32_t rows = o->m - first - o->below;
  // Columns of w are 3 longer than what is written to them.
  const size_t wd = SL_REFLECTORS + 4;
  double *const w = o->w, *const turned = o->w + wd * SL_REFLECTED;
  const sl_view v = {o->v, 1, (ptrdiff_t)o->ld};
  const sl_view t =
      transposed ? (sl_view){o->t, SL_REFLECTORS, 1} : (sl_view){o->t, 1, SL_REFLECTORS};
  memset(w, 0, 2 * wd * SL_REFLECTED * sizeof *w);
  sl_block_add(count, columns, rows, sl_view_turned(v), (sl_view){c, 1, (ptrdiff_t)ldc}, false, w,
               wd, o->scratch);
  sl_block_add(count, columns, count, t, (sl_view){w, 1, (ptrdiff_t)wd}, false, turned, wd,
               o->scratch);
  sl_block_add(rows, columns, count, v, (sl_view){turned, 1, (ptrdiff_t)wd}, true, c, ldc,
               o->scratch);
}

static uint32_t reflectors(const sl_orthogonal *o) {
  const uint32_t last = o->m > o->below ? o->m - o->below : 0;
  return o->n < last ? o->n : last;
}
static uint32_t panels(const sl_orthogonal *o) {
  return (reflectors(o) + SL_REFLECTORS - 1) / SL_REFLECTORS;
}

void sl_reflecting_begin(sl_orthogonal *o, double *x, uint32_t columns, bool transposed) {
  o->reflecting = (sl_reflecting){.x = x, .columns = columns, .transposed = transposed};
}

bool sl_reflecting_step(sl_orthogonal *o) {
  sl_reflecting *r = &o->reflecting;
  const uint32_t all = panels(o);
  if (all == 0 || r->columns == 0) return true;
  // Q is the product of the reflectors in their order: Q^T takes the first one first.
  const uint32_t panel = r->transposed ? r->panel : all - 1 - r->panel;
  const uint32_t first = panel * SL_REFLECTORS, left = reflectors(o) - first;
  const uint32_t count = left < SL_REFLECTORS ? left : SL_REFLECTORS;
  if (r->first == 0) sl_reflectors_pack(o, first, count);
  const uint32_t rest = r->columns - r->first, here = rest < SL_REFLECTED ? rest : SL_REFLECTED;
  sl_reflectors_apply(o, first, count, r->x + first + o->below + r->first * o->ld, o->ld, here,
                      r->transposed);
  o->work += (uint64_t)2 * count * here * (o->m - first - o->below);
  r->first += here;
  if (r->first < r->columns) return false;
  r->first = 0;
  return ++r->panel == all;
}
