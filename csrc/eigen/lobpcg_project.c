// The projected problem of LOBPCG: which combinations of the basis are the next vectors and directions.
#include <math.h>
#include <string.h>

#include "eigen/block.h"
#include "eigen/eigen_object.h"
#include "simd/kernels.h"

// What of a direction is left after all others have been taken away, if less, is rounding.
#define LEAST_DIRECTION 1e-6

void sl_lobpcg_begin_small(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  uint32_t s = sl_lobpcg_columns(l);
  if (s == 0) {
    e->krylov.closed = true;
    e->phase = SL_EIGEN_AT_BOUNDS;
    return;
  }
  for (uint32_t j = 0; j < s; j++) {
    memcpy(e->krylov.small.vectors + (size_t)j * s, e->krylov.t + (size_t)j * l->room,
           s * sizeof(double));
  }
  sl_small_begin(&e->krylov.small, s);
  sl_lobpcg_go_to(l, SL_LOBPCG_SMALL);
}

static double *mix_of(const sl_lobpcg *l, uint32_t j) { return l->mix + (size_t)j * l->room; }

// The coefficients of the smallest pairs, ascending.
void sl_lobpcg_choose(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  uint32_t s = sl_lobpcg_columns(l), *chosen = e->krylov.chosen;
  const double *values = e->krylov.small.values;
  for (uint32_t i = 0; i < s; i++) {
    uint32_t to = i;
    for (; to > 0 && values[i] < values[chosen[to - 1]]; to--) chosen[to] = chosen[to - 1];
    chosen[to] = i;
  }
  l->keep = l->kept = s < l->width ? s : l->width;
  for (uint32_t j = 0; j < l->kept; j++) {
    l->theta[j] = values[chosen[j]];
    memcpy(mix_of(l, j), e->krylov.small.vectors + (size_t)chosen[j] * s, s * sizeof(double));
  }
  for (uint32_t i = 0; i < l->room; i++) chosen[i] = i;
  e->work += (uint64_t)s * l->kept;
  sl_lobpcg_go_to(l, SL_LOBPCG_DIRECT);
}

// The direction by which an active pair came: its coefficients without those of the old vectors, made
// orthonormal to all others.
static void add_direction(sl_eigen *e, uint32_t j) {
  sl_lobpcg *l = e->lobpcg;
  uint32_t s = sl_lobpcg_columns(l);
  double *z = mix_of(l, l->keep);
  memcpy(z, mix_of(l, j), s * sizeof *z);
  memset(z, 0, l->x * sizeof *z);
  double length = sl_norm2_f64(z, s);
  if (!(length > 0x1p-500)) return;
  sl_scale_f64(1 / length, z, s);
  for (int pass = 0; pass < 3; pass++) {
    memset(e->krylov.h, 0, l->keep * sizeof *e->krylov.h);
    sl_block_dots(s, l->keep, l->mix, l->room, z, e->krylov.h);
    sl_block_subtract(s, l->keep, l->mix, l->room, e->krylov.h, z);
    length = sl_norm2_f64(z, s);
    if (!(length > LEAST_DIRECTION)) return;
    sl_scale_f64(1 / length, z, s);
  }
  l->keep++;
  e->work += 6 * (uint64_t)s * l->keep;
}

void sl_lobpcg_step_direct(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  uint64_t begin = e->work;
  // The room that is left is for as many residuals.
  while (l->at < l->count && l->x > 0 && l->keep + 1 < l->room) {
    if (e->work - begin >= work) return;
    if (l->active[l->at] < l->kept) add_direction(e, l->active[l->at]);
    l->at++;
  }
  memset(e->krylov.small.vectors, 0, (size_t)l->keep * l->keep * sizeof(double));
  sl_lobpcg_go_to(l, SL_LOBPCG_PROJECT);
}

// S^T A S of the new basis: Ritz values, and of the directions what their coefficients say. Between
// vectors and directions it is 0.
void sl_lobpcg_step_project(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  uint32_t s = sl_lobpcg_columns(l), keep = l->keep;
  double *next = e->krylov.small.vectors, *image = e->krylov.small.scratch;
  uint64_t spent = 0;
  for (; l->at < keep && spent < work; l->at++) {
    uint32_t j = l->at;
    if (j < l->kept) {
      next[(size_t)j * keep + j] = l->theta[j];
      continue;
    }
    memset(image, 0, s * sizeof *image);
    sl_block_dots(s, s, e->krylov.t, l->room, mix_of(l, j), image);
    double *own = next + (size_t)j * keep;
    sl_block_dots(s, j + 1 - l->kept, mix_of(l, l->kept), l->room, image, own + l->kept);
    spent += (uint64_t)s * (s + j);
  }
  e->work += spent;
  if (l->at < keep) return;
  for (uint32_t j = 0; j < keep; j++) {
    for (uint32_t i = 0; i <= j; i++) {
      double value = next[(size_t)j * keep + i];
      e->krylov.t[(size_t)j * l->room + i] = e->krylov.t[(size_t)i * l->room + j] = value;
    }
  }
  sl_lobpcg_go_to(l, SL_LOBPCG_ROTATE);
}
