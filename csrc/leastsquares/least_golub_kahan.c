// Based on: C. C. Paige, M. A. Saunders, "LSQR: An algorithm for sparse linear equations and sparse
// least squares", ACM TOMS 8 (1982), doi:10.1145/355984.355989; D. C.-L. Fong, M. A. Saunders,
// "LSMR: An iterative algorithm for sparse least-squares problems", SIAM J. Sci. Comput. 33 (2011),
// doi:10.1137/10079687X. Both on one bidiagonalisation (G. Golub, W. Kahan, SIAM J. Numer. Anal. 2
// (1965), doi:10.1137/0702016). Damping is part of the matrix, so that the recurrences have none.
#include <math.h>
#include <string.h>

#include "leastsquares/least_object.h"
#include "simd/kernels.h"

enum { START, TO_ROWS, TO_COLUMNS, AFTER_COLUMNS };

// Names of e->s for both methods, then for each.
enum { RHOBAR, LEAST_RHO, MOST_RHO, LSMR_RHO, CBAR, SBAR, ALPHABAR, ZETA, ZETABAR };
enum { BETADD = ZETABAR + 1, BETAD, RHO_OLD, TAU_OLD, THETA_OLD };
enum { PHIBAR = LEAST_RHO, SQUARES = MOST_RHO };

// c = a / r, s = b / r, r = |(a, b)|.
static double rotate(double a, double b, double *c, double *s) {
  double r = hypot(a, b);
  *c = r > 0 ? a / r : 1;
  *s = r > 0 ? b / r : 0;
  return r;
}

void sl_least_begin_golub_kahan(sl_least_squares *e) {
  memcpy(e->u, e->residual, e->rows * sizeof *e->u);
  memset(e->x, 0, e->n * sizeof *e->x);
  e->stage = START;
  e->cursor = 0;
  e->count = 0;
  e->beta = sl_norm2_f64(e->u, e->rows);
  if (e->beta > 0) sl_scale_f64(1 / e->beta, e->u, e->rows);
}

static void begin_scalars(sl_least_squares *e) {
  double *s = e->s;
  memset(s, 0, sizeof e->s);
  memcpy(e->w, e->v, e->n * sizeof *e->w);
  if (e->method == SL_LEAST_LSQR) {
    s[RHOBAR] = e->alpha;
    s[PHIBAR] = e->beta;
    return;
  }
  memset(e->w_old, 0, e->n * sizeof *e->w_old);
  s[LSMR_RHO] = s[RHOBAR] = s[CBAR] = s[RHO_OLD] = 1;
  s[ALPHABAR] = e->alpha;
  s[ZETABAR] = e->alpha * e->beta;
  s[BETADD] = e->beta;
  s[LEAST_RHO] = INFINITY;
}

// One step of LSQR; gives the estimates of |r| and |A^T r| / |r|. False: nothing is left to do.
static bool advance_lsqr(sl_least_squares *e, double *residual, double *normal) {
  double *s = e->s, c, sine, rho = rotate(s[RHOBAR], e->beta, &c, &sine);
  if (!(rho > 0)) return false;
  double phi = c * s[PHIBAR];
  s[RHOBAR] = -c * e->alpha;
  s[PHIBAR] *= sine;
  double size = sl_norm2_f64(e->w, e->n) / rho;
  s[SQUARES] += size * size;
  sl_axpy_f64(phi / rho, e->w, e->x, e->n);
  sl_xpby_f64(e->v, -sine * e->alpha / rho, e->w, e->n);
  *residual = fabs(s[PHIBAR]);
  *normal = e->alpha * fabs(c);
  e->condition = fmax(e->condition, e->norm_scaled * sqrt(s[SQUARES]));
  return true;
}

// The same of LSMR.
static bool advance_lsmr(sl_least_squares *e, double *residual, double *normal) {
  double *s = e->s, c, sine, rho_before = s[LSMR_RHO], rhobar_before = s[RHOBAR];
  double rho = rotate(s[ALPHABAR], e->beta, &c, &sine);
  double theta = sine * e->alpha, zeta_before = s[ZETA];
  if (!(rho > 0)) return false;
  s[LSMR_RHO] = rho;
  s[ALPHABAR] = c * e->alpha;
  double thetabar = s[SBAR] * rho, shrunk = s[CBAR] * rho;
  double rhobar = rotate(shrunk, theta, &s[CBAR], &s[SBAR]);
  if (!(rhobar > 0)) return false;
  s[RHOBAR] = rhobar;
  s[ZETA] = s[CBAR] * s[ZETABAR];
  s[ZETABAR] *= -s[SBAR];
  sl_xpby_f64(e->w, -(thetabar / rho_before) * (rho / rhobar_before), e->w_old, e->n);
  sl_axpy_f64(s[ZETA] / rho / rhobar, e->w_old, e->x, e->n);
  sl_xpby_f64(e->v, -theta / rho, e->w, e->n);
  // |r|, by one more rotation.
  double betahat = c * s[BETADD], ctilde, stilde;
  s[BETADD] *= -sine;
  double theta_old = s[THETA_OLD], rho_tilde = rotate(s[RHO_OLD], thetabar, &ctilde, &stilde);
  s[THETA_OLD] = stilde * rhobar;
  s[RHO_OLD] = ctilde * rhobar;
  s[BETAD] = -stilde * s[BETAD] + ctilde * betahat;
  s[TAU_OLD] = (zeta_before - theta_old * s[TAU_OLD]) / rho_tilde;
  double tau = s[RHO_OLD] != 0 ? (s[ZETA] - s[THETA_OLD] * s[TAU_OLD]) / s[RHO_OLD] : 0;
  *residual = hypot(s[BETAD] - tau, s[BETADD]);
  *normal = *residual > 0 ? fabs(s[ZETABAR]) / *residual : 0;
  if (e->count > 1) {
    s[MOST_RHO] = fmax(s[MOST_RHO], rhobar_before);
    s[LEAST_RHO] = fmin(s[LEAST_RHO], rhobar_before);
  }
  double most = fmax(s[MOST_RHO], shrunk), least = fmin(s[LEAST_RHO], shrunk);
  if (least > 0) e->condition = fmax(e->condition, most / least);
  return true;
}

// The basis has grown: the answer follows. True: the pass has ended.
static bool advance(sl_least_squares *e) {
  double residual, normal;
  e->count++;
  e->iterations++;
  bool goes_on = e->method == SL_LEAST_LSQR ? advance_lsqr(e, &residual, &normal)
                                            : advance_lsmr(e, &residual, &normal);
  if (!goes_on || e->beta == 0 || e->alpha == 0 || sl_least_is_enough(e, residual, normal)) {
    e->ended_by = SL_LEAST_BY_RULE;
    return true;
  }
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

bool sl_least_step_golub_kahan(sl_least_squares *e, uint64_t until) {
  do {
    switch (e->stage) {
    case START:
      if (e->beta > 0 && !sl_least_product(e, e->t, e->u, 0, e->v, until)) return false;
      e->alpha = e->beta > 0 ? sl_norm2_f64(e->v, e->n) : 0;
      if (!(e->alpha > 0)) {
        e->ended_by = SL_LEAST_BY_RULE; // A^T b = 0
        return true;
      }
      sl_scale_f64(1 / e->alpha, e->v, e->n);
      begin_scalars(e);
      e->stage = TO_ROWS;
      break;
    case TO_ROWS:
      if (!sl_least_product(e, e->a, e->v, e->alpha, e->u, until)) return false;
      e->beta = sl_norm2_f64(e->u, e->rows);
      if (e->beta > 0) sl_scale_f64(1 / e->beta, e->u, e->rows);
      e->work += e->rows;
      e->stage = TO_COLUMNS;
      break;
    case TO_COLUMNS:
      if (e->beta > 0 && !sl_least_product(e, e->t, e->u, e->beta, e->v, until)) return false;
      e->alpha = e->beta > 0 ? sl_norm2_f64(e->v, e->n) : 0;
      if (e->alpha > 0) sl_scale_f64(1 / e->alpha, e->v, e->n);
      e->work += 4 * (uint64_t)e->n;
      e->stage = AFTER_COLUMNS;
      break;
    default:
      e->stage = TO_ROWS;
      if (advance(e)) return true;
    }
  } while (e->work < until);
  return false;
}
