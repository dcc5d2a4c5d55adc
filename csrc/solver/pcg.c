// Flexible preconditioned conjugate gradients: f64, with a preconditioner in f32.
//
// Based on: Y. Notay, "Flexible conjugate gradients", SIAM J. Sci. Comput. 22 (2000),
// doi:10.1137/S1064827599362314, truncated to one direction: beta uses the change of the residual,
// so that a preconditioner which is not quite symmetric (f32 rounding) does not spoil the
// directions. A preconditioner is positive definite whatever the sign of A, and may return any
// positive multiple of M^-1 r: the factor cancels.
#include <math.h>

#include "simd/kernels.h"
#include "simd/simd.h"
#include "solver/amg.h"
#include "solver/approximate_cholesky.h"
#include "solver/incomplete_cholesky.h"
#include "solver/internal.h"
#include "sparse/spmv.h"

#define NOINLINE __attribute__((noinline))
#define BLOCK 2048u

// vectors: direction p and its image q = A p.
enum { P, Q, PCG_VECTORS };

typedef struct preconditioner {
  sl_status (*build)(sl_solver *solver, bool *done);
  // z = M^-1 (scale r), n f32, valid until the next call; NULL: not yet, to be called again
  const float *(*apply)(sl_solver *solver, const double *r, double scale);
} preconditioner;

// ---- algebraic multigrid ------------------------------------------------------------------------

static sl_status build_amg(sl_solver *solver, bool *done) {
  if (solver->amg == NULL) {
    // Symmetric Gauss-Seidel is the cycle of a hierarchy of one level.
    bool coarsen = solver->plan[solver->plan_at] == SL_SOLVER_AMG;
    SL_TRY(sl_amg_create(solver->matrix, solver->traits.diagonal_sign, solver->options.ordering,
                         coarsen, &solver->amg));
  }
  return sl_amg_build(solver->amg, done, &solver->work);
}

static const float *apply_amg(sl_solver *solver, const double *r, double scale) {
  sl_amg_facts facts;
  sl_amg_describe(solver->amg, &facts);
  solver->work += facts.cycle_work;
  return sl_amg_cycle(solver->amg, r, scale);
}

static const preconditioner amg = {build_amg, apply_amg};

// ---- approximate Cholesky -----------------------------------------------------------------------

static sl_status build_cholesky(sl_solver *solver, bool *done) {
  if (solver->cholesky == NULL) {
    int sign = solver->traits.diagonal_sign;
    SL_TRY(sl_approximate_cholesky_create(solver->matrix, sign, &solver->cholesky));
    solver->work += 2 * (uint64_t)solver->matrix->nnz;
  }
  return sl_approximate_cholesky_build(solver->cholesky, done, &solver->work);
}

static const float *apply_cholesky(sl_solver *solver, const double *r, double scale) {
  return sl_approximate_cholesky_solve(solver->cholesky, r, scale, &solver->piece, &solver->work);
}

static const preconditioner cholesky = {build_cholesky, apply_cholesky};

// ---- incomplete Cholesky ------------------------------------------------------------------------

static sl_status build_incomplete(sl_solver *solver, bool *done) {
  if (solver->incomplete == NULL) {
    bool natural = solver->options.ordering != SL_ORDER_REVERSE_CUTHILL_MCKEE &&
                   !sl_ordering_is_scattered(solver->matrix);
    natural |= solver->options.ordering == SL_ORDER_NATURAL;
    SL_TRY(sl_incomplete_cholesky_create(
        solver->matrix, solver->traits.diagonal_sign,
        natural ? SL_ORDER_NATURAL : SL_ORDER_REVERSE_CUTHILL_MCKEE, &solver->incomplete));
  }
  return sl_incomplete_cholesky_build(solver->incomplete, done, &solver->work);
}

static const float *apply_incomplete(sl_solver *solver, const double *r, double scale) {
  solver->work += 2 * sl_incomplete_cholesky_entries(solver->incomplete);
  return sl_incomplete_cholesky_solve(solver->incomplete, r, scale);
}

static const preconditioner incomplete = {build_incomplete, apply_incomplete};

static const preconditioner *chosen(const sl_solver *solver) {
  switch (solver->plan[solver->plan_at]) {
  case SL_SOLVER_APPROXIMATE_CHOLESKY:
    return &cholesky;
  case SL_SOLVER_INCOMPLETE_CHOLESKY:
    return &incomplete;
  default:
    return &amg;
  }
}

// ---- vector loops -------------------------------------------------------------------------------

typedef struct sums {
  double zr, zq;
} sums;

// z^T r and z^T q of an f32 z.
NOINLINE static void dot_block(const float *z, const double *r, const double *q, uint32_t n,
                               sums *total) {
  sl_f64x2 zr0 = {0, 0}, zr1 = zr0, zq0 = zr0, zq1 = zr0;
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_f64x2 a = sl_f64x2_load_f32(z + i), b = sl_f64x2_load_f32(z + i + 2);
    zr0 += a * sl_f64x2_load(r + i);
    zr1 += b * sl_f64x2_load(r + i + 2);
    zq0 += a * sl_f64x2_load(q + i);
    zq1 += b * sl_f64x2_load(q + i + 2);
  }
  double zr = sl_f64x2_sum(zr0 + zr1), zq = sl_f64x2_sum(zq0 + zq1);
  for (; i < n; i++) {
    zr += (double)z[i] * r[i];
    zq += (double)z[i] * q[i];
  }
  total->zr += zr;
  total->zq += zq;
}

// r -= alpha q; returns r^T r.
NOINLINE static double update_residual(double alpha, const double *q, double *r, uint32_t n) {
  sl_f64x2 factor = sl_f64x2_splat(alpha), rr0 = {0, 0}, rr1 = rr0;
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_f64x2 a = sl_f64x2_load(r + i) - factor * sl_f64x2_load(q + i);
    sl_f64x2 b = sl_f64x2_load(r + i + 2) - factor * sl_f64x2_load(q + i + 2);
    sl_f64x2_store(r + i, a);
    sl_f64x2_store(r + i + 2, b);
    rr0 += a * a;
    rr1 += b * b;
  }
  double rr = sl_f64x2_sum(rr0 + rr1);
  for (; i < n; i++) {
    r[i] -= alpha * q[i];
    rr += r[i] * r[i];
  }
  return rr;
}

// p = z + beta p
NOINLINE static void update_direction(const float *z, double beta, double *p, uint32_t n) {
  sl_f64x2 keep = sl_f64x2_splat(beta);
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    sl_f64x2_store(p + i, sl_f64x2_load_f32(z + i) + keep * sl_f64x2_load(p + i));
  }
  for (; i < n; i++) p[i] = z[i] + beta * p[i];
}

#define FOR_BLOCKS(n)                                                                              \
  for (uint32_t i = 0, count; i < (n) && (count = (n) - i < BLOCK ? (n) - i : BLOCK, true);        \
       i += BLOCK)

// ---- the method ---------------------------------------------------------------------------------

static sl_status setup(sl_solver *solver, bool *done) {
  // A diagonal of both signs: there is nothing to precondition, and iterate says so.
  *done = solver->traits.diagonal_sign == 0;
  if (*done) return SL_OK;
  SL_TRY(sl_solver_reserve_vectors(solver, PCG_VECTORS));
  return chosen(solver)->build(solver, done);
}

static void start(sl_solver *solver) { solver->restart = true; }

// Brings the residual to the middle of f32's range.
static double residual_scale(double norm) {
  int exponent;
  frexp(norm, &exponent);
  return ldexp(1, -exponent);
}

// p = z + beta p. False: the preconditioner is not positive definite.
static bool next_direction(sl_solver *solver, const float *z) {
  uint32_t n = solver->n;
  double *p = solver->vectors[P], *q = solver->vectors[Q];
  sums total = {0, 0};
  if (solver->restart) {
    // q holds nothing yet: dotting r twice keeps to one loop.
    FOR_BLOCKS(n) dot_block(z + i, solver->r + i, solver->r + i, count, &total);
    sl_widen_f32(z, p, n);
    solver->restart = false;
  } else {
    FOR_BLOCKS(n) dot_block(z + i, solver->r + i, q + i, count, &total);
    // z^T (r - r_old) = -alpha z^T q, and rho / alpha = p^T A p of the last iteration.
    double beta = -total.zq * solver->alpha / solver->rho;
    FOR_BLOCKS(n) update_direction(z + i, beta, p + i, count);
  }
  solver->rho = total.zr;
  return total.zr > 0;
}

static sl_outcome iterate(sl_solver *solver) {
  uint32_t n = solver->n;
  if (solver->traits.diagonal_sign == 0) return SL_OUTCOME_INDEFINITE;
  double *p = solver->vectors[P], *q = solver->vectors[Q];
  const float *z = chosen(solver)->apply(solver, solver->r, residual_scale(solver->norm));
  solver->in_iteration = z == NULL;
  if (z == NULL) return SL_OUTCOME_RUNNING;
  if (!next_direction(solver, z)) return SL_OUTCOME_BREAKDOWN;
  sl_csr_multiply(solver->matrix, p, q);
  solver->work += solver->matrix->nnz;
  double curvature = sl_dot_f64(p, q, n);
  if (!(curvature * solver->traits.diagonal_sign > 0)) return SL_OUTCOME_INDEFINITE;
  double alpha = solver->alpha = solver->rho / curvature, rr = 0;
  FOR_BLOCKS(n) rr += update_residual(alpha, q + i, solver->r + i, count);
  solver->norm = sqrt(rr);
  sl_solver_note_norm(solver, solver->norm);
  sl_axpy_f64(alpha, p, solver->x, n);
  return SL_OUTCOME_RUNNING;
}

const sl_method_operations sl_method_pcg = {setup, start, iterate, NULL};
