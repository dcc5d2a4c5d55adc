// Based on: Y. Saad, M. H. Schultz, "GMRES: A generalized minimal residual algorithm for solving
// nonsymmetric linear systems", SIAM J. Sci. Stat. Comput. 7 (1986), doi:10.1137/0907058, preconditioned
// from the right; M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving linear
// systems", J. Res. Nat. Bur. Standards 49 (1952).
#include "leastsquares/least_factor.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"

enum { PRECONDITION, PRODUCT, AFTER_PRODUCT, CORRECT, AGAIN };
enum { RHO };

void sl_least_drop_factor(sl_least_squares *e) {
  if (e->factor == NULL) return;
  sl_incomplete_destroy(e->factor->cholesky);
  sl_ilut_destroy(e->factor->lu);
  sl_sparse_qr_destroy(e->factor->qr);
  sl_free(e->factor->scratch);
  sl_free(e->factor->basis);
  sl_free(e->factor);
  e->factor = NULL;
}

size_t sl_least_factor_bytes(const sl_least_squares *e) {
  const sl_least_factor *f = e->factor;
  if (f == NULL) return 0;
  size_t bytes = sizeof *f;
  if (f->cholesky != NULL) bytes += sl_incomplete_bytes(f->cholesky);
  if (f->lu != NULL) bytes += sl_ilut_bytes(f->lu);
  if (f->qr != NULL) bytes += sl_sparse_qr_bytes(f->qr);
  if (f->basis != NULL) bytes += 8 * (size_t)e->n * (SL_LEAST_CYCLE + 1);
  return bytes + 8 * ((size_t)e->n + (f->qr != NULL ? e->rows : 0));
}

sl_status sl_least_begin_factor(sl_least_squares *e, double drop, double fill) {
  SL_TRY(sl_alloc_zero(1, sizeof *e->factor, (void **)&e->factor));
  sl_least_factor *f = e->factor;
  size_t n = e->n, scratch = n;
  if (e->method == SL_LEAST_CG) {
    SL_TRY(sl_incomplete_begin(e->a, drop, fill, &f->cholesky));
  } else if (e->method == SL_LEAST_GMRES) {
    SL_TRY(sl_ilut_begin(e->a, drop, fill, 0.1, &f->lu));
    SL_TRY(sl_alloc(n, (SL_LEAST_CYCLE + 1) * sizeof *f->basis, (void **)&f->basis));
  } else {
    SL_TRY(sl_sparse_qr_begin(e->a, e->t, &f->qr));
    scratch = sl_sparse_qr_rows(f->qr);
  }
  SL_TRY(SL_ALLOC(&f->scratch, scratch));
  e->phase = SL_LEAST_AT_FACTOR;
  return SL_OK;
}

sl_status sl_least_step_factor(sl_least_squares *e, uint64_t until) {
  sl_least_factor *f = e->factor;
  uint64_t work = until > e->work ? until - e->work : 1, before = e->work;
  bool done;
  if (f->cholesky != NULL)
    SL_TRY(sl_incomplete_step(f->cholesky, work, &e->work, &done));
  else if (f->lu != NULL)
    SL_TRY(sl_ilut_step(f->lu, work, &e->work, &done));
  else
    SL_TRY(sl_sparse_qr_step(f->qr, work, &e->work, &done));
  e->setup += e->work - before;
  e->made = done;
  if (done) e->phase = SL_LEAST_AT_COLUMN;
  return SL_OK;
}

// out = M^-1 in. True: it is there.
static bool solve(sl_least_squares *e, const double *in, double *out, uint64_t until) {
  sl_least_factor *f = e->factor;
  uint64_t work = until > e->work ? until - e->work : 1;
  uint32_t before = f->cursor;
  double entries = f->qr   ? sl_sparse_qr_fill(f->qr)
                   : f->lu ? sl_ilut_fill(f->lu)
                           : sl_incomplete_fill(f->cholesky);
  double pieces = f->qr ? e->n : e->n / 1024 + 1;
  bool done = f->qr   ? sl_sparse_qr_solve(f->qr, in, out, f->scratch, work, &f->cursor)
              : f->lu ? sl_ilut_solve(f->lu, in, out, f->scratch, work, &f->cursor)
                      : sl_incomplete_solve(f->cholesky, in, out, f->scratch, work, &f->cursor);
  e->work += (uint64_t)((f->cursor - before) * (entries / pieces + 1)) + 1;
  if (done) f->cursor = 0;
  return done;
}

static bool is_over(sl_least_squares *e) {
  if (e->condition_limit > 0 && e->condition > e->condition_limit) {
    e->ended_by = SL_LEAST_BY_CONDITION;
    return true;
  }
  if (e->iterations < e->limit) return false;
  e->ended_by = SL_LEAST_BY_ITERATIONS;
  return true;
}

// ---- conjugate gradients: r in u, z in w, p in v, A p in y --------------------------------------

// A p is there. True: the pass has ended.
static bool advance_cg(sl_least_squares *e) {
  uint32_t n = e->n;
  double curvature = sl_dot_f64(e->v, e->y, n);
  e->work += 5 * (uint64_t)n;
  // Not positive: the matrix is not definite, or nothing is left.
  if (!(curvature > 0)) return true;
  double alpha = e->s[RHO] / curvature;
  sl_axpy_f64(alpha, e->v, e->x, n);
  sl_axpy_f64(-alpha, e->y, e->u, n);
  e->count++;
  e->iterations++;
  e->stage = PRECONDITION;
  if (sl_least_is_enough(e, sl_norm2_f64(e->u, n), INFINITY)) return true;
  return is_over(e);
}

static bool step_cg(sl_least_squares *e, uint64_t until) {
  if (e->stage == PRECONDITION) {
    if (!solve(e, e->u, e->w, until)) return false;
    double rho = sl_dot_f64(e->u, e->w, e->n);
    if (!(rho > 0)) return true;
    if (e->count == 0)
      memcpy(e->v, e->w, e->n * sizeof *e->v);
    else
      sl_xpby_f64(e->w, rho / e->s[RHO], e->v, e->n);
    e->s[RHO] = rho;
    e->stage = PRODUCT;
  } else if (e->stage == PRODUCT) {
    if (sl_least_product(e, e->a, e->v, 0, e->y, until)) e->stage = AFTER_PRODUCT;
  } else {
    return advance_cg(e);
  }
  return false;
}

// ---- GMRES: z in w ------------------------------------------------------------------------------

static double *basis(const sl_least_squares *e, uint32_t j) {
  return e->factor->basis + (size_t)j * e->n;
}

// False: nothing is left.
static bool begin_cycle(sl_least_squares *e) {
  sl_least_factor *f = e->factor;
  double size = sl_norm2_f64(e->u, e->n);
  f->j = 0;
  f->g[0] = f->began = size;
  e->stage = PRECONDITION;
  if (!(size > 0 && size < INFINITY)) return false;
  memcpy(basis(e, 0), e->u, e->n * sizeof *e->u);
  sl_scale_f64(1 / size, basis(e, 0), e->n);
  return true;
}

// The product is made orthogonal to the basis, twice, and the least squares problem of its coefficients
// is brought to triangular form. True: the cycle ends.
static bool add_to_basis(sl_least_squares *e) {
  sl_least_factor *f = e->factor;
  uint32_t n = e->n, j = f->j, ld = SL_LEAST_CYCLE + 1;
  double *next = basis(e, j + 1), *h = f->h + (size_t)j * ld;
  memset(h, 0, ld * sizeof *h);
  for (int pass = 0; pass < 2; pass++) {
    for (uint32_t i = 0; i <= j; i++) {
      double part = sl_dot_f64(basis(e, i), next, n);
      sl_axpy_f64(-part, basis(e, i), next, n);
      h[i] += part;
    }
  }
  e->work += 4 * (uint64_t)n * (j + 1);
  double size = sl_norm2_f64(next, n);
  for (uint32_t i = 0; i < j; i++) {
    double x = h[i], y = h[i + 1];
    h[i] = f->cosine[i] * x + f->sine[i] * y;
    h[i + 1] = f->cosine[i] * y - f->sine[i] * x;
  }
  double length = hypot(h[j], size);
  f->j++;
  e->count++;
  e->iterations++;
  if (!(length > 0 && length < INFINITY)) {
    f->j = j; // of no use
    return true;
  }
  f->cosine[j] = h[j] / length;
  f->sine[j] = size / length;
  h[j] = length;
  f->g[j + 1] = -f->sine[j] * f->g[j];
  f->g[j] *= f->cosine[j];
  if (size > 0) sl_scale_f64(1 / size, next, n);
  return f->j == SL_LEAST_CYCLE || size == 0 || is_over(e) ||
         sl_least_is_enough(e, fabs(f->g[f->j]), INFINITY);
}

// y = V times the coefficients.
static void combine(sl_least_squares *e) {
  sl_least_factor *f = e->factor;
  uint32_t ld = SL_LEAST_CYCLE + 1;
  memset(e->y, 0, e->n * sizeof *e->y);
  for (uint32_t j = f->j; j-- > 0;) {
    double x = f->g[j] / f->h[(size_t)j * ld + j];
    for (uint32_t i = 0; i < j; i++) f->g[i] -= f->h[(size_t)j * ld + i] * x;
    sl_axpy_f64(x, basis(e, j), e->y, e->n);
  }
  e->work += (uint64_t)e->n * f->j;
}

static bool step_gmres(sl_least_squares *e, uint64_t until) {
  sl_least_factor *f = e->factor;
  switch (e->stage) {
  case PRECONDITION:
    if (solve(e, basis(e, f->j), e->w, until)) e->stage = PRODUCT;
    return false;
  case PRODUCT:
    if (sl_least_product(e, e->a, e->w, 0, basis(e, f->j + 1), until)) e->stage = AFTER_PRODUCT;
    return false;
  case AFTER_PRODUCT:
    e->stage = PRECONDITION;
    if (!add_to_basis(e)) return false;
    if (f->j == 0) return true;
    combine(e);
    e->stage = CORRECT;
    return false;
  case CORRECT:
    if (!solve(e, e->y, e->w, until)) return false;
    sl_axpy_f64(1, e->w, e->x, e->n);
    if (e->ended_by != SL_LEAST_BY_RULE) return true;
    e->stage = AGAIN;
    return false;
  default:
    // What is left, computed anew.
    if (!sl_least_product(e, e->a, e->x, 0, e->u, until)) return false;
    for (uint32_t i = 0; i < e->n; i++) e->u[i] = e->residual[i] - e->u[i];
    double left = sl_norm2_f64(e->u, e->n);
    if (sl_least_is_enough(e, left, INFINITY) || !(left < 0.99 * f->began)) return true;
    return !begin_cycle(e);
  }
}

// ---- passes -------------------------------------------------------------------------------------

void sl_least_begin_factored(sl_least_squares *e) {
  memset(e->x, 0, e->n * sizeof *e->x);
  e->count = 0;
  e->cursor = 0;
  e->factor->cursor = 0;
  e->stage = PRECONDITION;
  e->ended_by = SL_LEAST_BY_RULE;
  memcpy(e->u, e->residual, e->rows * sizeof *e->u);
  if (e->method == SL_LEAST_GMRES && !begin_cycle(e)) e->stage = AGAIN;
}

// One application of the factor is one iteration.
static bool step_qr(sl_least_squares *e, uint64_t until) {
  if (!solve(e, e->u, e->x, until)) return false;
  e->count++;
  e->iterations++;
  e->condition = fmax(e->condition, sl_sparse_qr_condition(e->factor->qr));
  is_over(e);
  return true;
}

bool sl_least_step_factored(sl_least_squares *e, uint64_t until) {
  do {
    bool ended = e->method == SL_LEAST_CG      ? step_cg(e, until)
                 : e->method == SL_LEAST_GMRES ? step_gmres(e, until)
                                               : step_qr(e, until);
    if (ended) return true;
  } while (e->work < until);
  return false;
}
