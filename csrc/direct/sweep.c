// Solving with a symmetric factor: down through the panels with L, up with D and L^T.
#include <string.h>

#include "direct/symmetric.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

// t += the columns of a times x.
NOINLINE static void add_columns(uint32_t count, uint32_t columns, const double *a, size_t ld,
                                 const double *x, double *t) {
  uint32_t j = 0;
  for (; j + 4 <= columns; j += 4, a += 4 * ld) {
    const double *a1 = a + ld, *a2 = a1 + ld, *a3 = a2 + ld;
    sl_f64x2 x0 = sl_f64x2_splat(x[j]), x1 = sl_f64x2_splat(x[j + 1]);
    sl_f64x2 x2 = sl_f64x2_splat(x[j + 2]), x3 = sl_f64x2_splat(x[j + 3]);
    uint32_t i = 0;
    for (; i + 2 <= count; i += 2) {
      sl_f64x2 s = sl_f64x2_load(a + i) * x0 + sl_f64x2_load(a1 + i) * x1;
      s += sl_f64x2_load(a2 + i) * x2 + sl_f64x2_load(a3 + i) * x3;
      sl_f64x2_store(t + i, sl_f64x2_load(t + i) + s);
    }
    if (i < count) {
      double s = a[i] * x[j] + a1[i] * x[j + 1];
      s += a2[i] * x[j + 2] + a3[i] * x[j + 3];
      t[i] += s;
    }
  }
  for (; j < columns; j++, a += ld) {
    for (uint32_t i = 0; i < count; i++) t[i] += a[i] * x[j];
  }
}

// x -= the columns' inner products with t.
NOINLINE static void subtract_dots(uint32_t count, uint32_t columns, const double *a, size_t ld,
                                   const double *t, double *x) {
  uint32_t j = 0;
  for (; j + 2 <= columns; j += 2, a += 2 * ld) {
    const double *b = a + ld;
    sl_f64x2 s0 = {0, 0}, s1 = s0;
    uint32_t i = 0;
    for (; i + 2 <= count; i += 2) {
      sl_f64x2 ti = sl_f64x2_load(t + i);
      s0 += sl_f64x2_load(a + i) * ti;
      s1 += sl_f64x2_load(b + i) * ti;
    }
    double d0 = sl_f64x2_sum(s0), d1 = sl_f64x2_sum(s1);
    if (i < count) {
      d0 += a[i] * t[i];
      d1 += b[i] * t[i];
    }
    x[j] -= d0;
    x[j + 1] -= d1;
  }
  if (j < columns) {
    double d = 0;
    for (uint32_t i = 0; i < count; i++) d += a[i] * t[i];
    x[j] -= d;
  }
}

static void down(const sl_symmetric *s, const sl_panel *panel, double *y, double *scratch) {
  const uint32_t *rows = s->analysis->rows + panel->rows_at;
  const double *values = s->values + panel->values_at;
  uint32_t width = panel->width, count = panel->count;
  double *own = y + panel->first, x[SL_PANEL_WIDTH];
  for (uint32_t j = 0; j < width; j++) x[j] = own[s->exchanged[panel->first + j]];
  for (uint32_t j = 0; j < width; j++) {
    const double *column = values + (size_t)j * count;
    for (uint32_t i = j + 1; i < width; i++) x[i] -= column[i] * x[j];
  }
  memcpy(own, x, width * sizeof *x);
  uint32_t below = count - width;
  if (below == 0) return;
  memset(scratch, 0, below * sizeof *scratch);
  add_columns(below, width, values + width, count, x, scratch);
  for (uint32_t i = 0; i < below; i++) y[rows[width + i]] -= scratch[i];
}

// y = D^-1 y in the panel.
static void divide(const sl_symmetric *s, const sl_panel *panel, double *y) {
  for (uint32_t k = panel->first; k < panel->first + panel->width; k++) {
    if (s->e[k] == 0) {
      y[k] /= s->d[k];
      continue;
    }
    double off = s->e[k], r0 = s->d[k] / off, r1 = s->d[k + 1] / off;
    double x = y[k] / off, z = y[k + 1] / off, scale = 1 / (r0 * r1 - 1);
    y[k] = (r1 * x - z) * scale;
    y[k + 1] = (r0 * z - x) * scale;
    k++;
  }
}

static void up(const sl_symmetric *s, const sl_panel *panel, double *y, double *scratch) {
  const uint32_t *rows = s->analysis->rows + panel->rows_at;
  const double *values = s->values + panel->values_at;
  uint32_t width = panel->width, count = panel->count, below = count - width;
  double *own = y + panel->first, x[SL_PANEL_WIDTH];
  divide(s, panel, y);
  for (uint32_t i = 0; i < below; i++) scratch[i] = y[rows[width + i]];
  subtract_dots(below, width, values + width, count, scratch, own);
  for (uint32_t j = width; j-- > 0;) {
    const double *column = values + (size_t)j * count;
    double sum = own[j];
    for (uint32_t i = j + 1; i < width; i++) sum -= column[i] * own[i];
    own[j] = sum;
  }
  memcpy(x, own, width * sizeof *x);
  for (uint32_t j = 0; j < width; j++) own[s->exchanged[panel->first + j]] = x[j];
}

NOINLINE static uint32_t simple_down(const sl_symmetric *s, double *y, uint32_t k, uint64_t work) {
  const sl_analysis *a = s->analysis;
  for (uint64_t done = 0; k < a->n && done < work; k++) {
    const sl_panel *column = a->panel + k;
    const uint32_t *rows = a->rows + column->rows_at;
    const double *values = s->values + column->values_at;
    double x = y[k];
    for (uint32_t p = 1; p < column->count; p++) y[rows[p]] -= values[p] * x;
    done += column->count;
  }
  return k;
}

// k: columns that are left.
NOINLINE static uint32_t simple_up(const sl_symmetric *s, double *y, uint32_t k, uint64_t work) {
  const sl_analysis *a = s->analysis;
  for (uint64_t done = 0; k > 0 && done < work; k--) {
    const sl_panel *column = a->panel + k - 1;
    const uint32_t *rows = a->rows + column->rows_at;
    const double *values = s->values + column->values_at;
    double sum = y[k - 1] / s->d[k - 1];
    for (uint32_t p = 1; p < column->count; p++) sum -= values[p] * y[rows[p]];
    y[k - 1] = sum;
    done += column->count;
  }
  return k;
}

void sl_symmetric_solve(const sl_symmetric *s, double *y, double *scratch, uint64_t work,
                        uint32_t *cursor) {
  const sl_analysis *a = s->analysis;
  uint32_t panels = a->panels;
  if (a->simple) {
    if (*cursor < panels)
      *cursor = simple_down(s, y, *cursor, work);
    else
      *cursor = 2 * panels - simple_up(s, y, 2 * panels - *cursor, work);
    return;
  }
  for (uint64_t done = 0; *cursor < 2 * panels && done < work; ++*cursor) {
    const sl_panel *panel = a->panel + (*cursor < panels ? *cursor : 2 * panels - 1 - *cursor);
    if (*cursor < panels)
      down(s, panel, y, scratch);
    else
      up(s, panel, y, scratch);
    done += (uint64_t)panel->count * panel->width;
  }
}
