// Based on: C. C. Paige, M. A. Saunders, "Solution of sparse indefinite systems of linear equations",
// SIAM J. Numer. Anal. 12 (1975), doi:10.1137/0712047.
//
// Where the matrix is singular and b does not fit, the last diagonal entry of the factor becomes 0
// as |A r| does: the pass looks at the entry before it divides by it, and ends where that would bring
// in little but rounding.
#include <math.h>
#include <string.h>

#include "leastsquares/least_object.h"
#include "simd/kernels.h"

enum { PRODUCT, AFTER_PRODUCT };
enum { BETA_BEFORE, DBAR, EPSILON, PHIBAR, COSINE, SINE, MOST, LEAST };

// r1, r2: the last two Lanczos vectors, unnormalised, in e->u and e->normal; v in e->v.
void sl_least_begin_minres(sl_least_squares *e) {
  size_t bytes = e->n * sizeof *e->u;
  double *s = e->s;
  memset(s, 0, sizeof e->s);
  memset(e->x, 0, bytes);
  memset(e->w, 0, bytes);
  memset(e->w_old, 0, bytes);
  memcpy(e->u, e->residual, bytes);
  memcpy(e->normal, e->residual, bytes);
  e->beta = sl_norm2_f64(e->u, e->n);
  s[PHIBAR] = e->beta;
  s[COSINE] = -1;
  s[LEAST] = INFINITY;
  e->stage = PRODUCT;
  e->cursor = 0;
  e->count = 0;
  memcpy(e->v, e->u, bytes);
  if (e->beta > 0) sl_scale_f64(1 / e->beta, e->v, e->n);
}

static void swap(double **x, double **y) {
  double *kept = *x;
  *x = *y;
  *y = kept;
}

// y = A v is there. True: the pass has ended.
static bool advance(sl_least_squares *e) {
  double *s = e->s;
  uint32_t n = e->n;
  if (e->count > 0) sl_axpy_f64(-e->beta / s[BETA_BEFORE], e->u, e->y, n);
  double alpha = sl_dot_f64(e->v, e->y, n);
  sl_axpy_f64(-alpha / e->beta, e->normal, e->y, n);
  swap(&e->u, &e->normal);
  swap(&e->normal, &e->y);
  s[BETA_BEFORE] = e->beta;
  double beta = sl_norm2_f64(e->normal, n);
  double epsilon = s[EPSILON], delta = s[COSINE] * s[DBAR] + s[SINE] * alpha;
  double gbar = s[SINE] * s[DBAR] - s[COSINE] * alpha;
  s[EPSILON] = s[SINE] * beta;
  s[DBAR] = -s[COSINE] * beta;
  // |A r| / |r| of the answer so far.
  double normal = hypot(gbar, s[DBAR]), gamma = hypot(gbar, beta);
  if (sl_least_is_enough(e, fabs(s[PHIBAR]), normal)) return true;
  if (!(gamma > 0x1p-46 * e->norm_scaled)) return true;
  e->count++;
  e->iterations++;
  s[COSINE] = gbar / gamma;
  s[SINE] = beta / gamma;
  double phi = s[COSINE] * s[PHIBAR];
  s[PHIBAR] *= s[SINE];
  s[MOST] = fmax(s[MOST], gamma);
  s[LEAST] = fmin(s[LEAST], gamma);
  e->condition = fmax(e->condition, s[MOST] / s[LEAST]);
  // w = (v - epsilon w_before - delta w) / gamma, the oldest one making room.
  swap(&e->w, &e->w_old);
  sl_xpby_f64(e->v, -epsilon, e->w, n);
  sl_axpy_f64(-delta, e->w_old, e->w, n);
  sl_scale_f64(1 / gamma, e->w, n);
  sl_axpy_f64(phi, e->w, e->x, n);
  e->beta = beta;
  e->work += 8 * (uint64_t)n;
  if (beta == 0) return true;
  memcpy(e->v, e->normal, n * sizeof *e->v);
  sl_scale_f64(1 / beta, e->v, n);
  if (sl_least_is_enough(e, fabs(s[PHIBAR]), INFINITY)) return true;
  if (e->condition_limit > 0 && e->condition > e->condition_limit) {
    e->ended_by = SL_LEAST_BY_CONDITION;
    return true;
  }
  if (e->iterations >= e->limit) {
    e->ended_by = SL_LEAST_BY_ITERATIONS;
    return true;
  }
  return false;
}

bool sl_least_step_minres(sl_least_squares *e, uint64_t until) {
  e->ended_by = SL_LEAST_BY_RULE;
  if (!(e->beta > 0)) return true;
  do {
    if (e->stage == PRODUCT) {
      if (!sl_least_product(e, e->a, e->v, 0, e->y, until)) return false;
      e->stage = AFTER_PRODUCT;
    } else {
      e->stage = PRODUCT;
      if (advance(e)) return true;
    }
  } while (e->work < until);
  return false;
}
