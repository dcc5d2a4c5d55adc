// Conjugate gradients with the diagonal as preconditioner.
//
// Based on: M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving linear
// systems", J. Res. Natl. Bur. Stand. 49 (1952), doi:10.6028/jres.049.044, with the diagonal of A
// as preconditioner. A negative definite A needs no change: preconditioner and curvature are then
// both negative. What the sign of the curvature p^T A p says about A is checked in every iteration.
#include <math.h>

#include "simd/kernels.h"
#include "simd/simd.h"
#include "solver/lanczos.h"
#include "solver/method.h"
#include "sparse/spmv.h"

#define NOINLINE __attribute__((noinline))
#define BLOCK 2048u

// vectors: direction p and its image q = A p.
enum { P, Q, CG_VECTORS };

typedef struct cg {
  double rho;         // r^T D^-1 r
  sl_lanczos lanczos; // of the first iterations
} cg;

typedef struct sums {
  double rr, rz; // r^T r and r^T D^-1 r
} sums;

// r -= alpha q, and its sums.
NOINLINE static void update_residual(double alpha, const double *q, const double *inverse,
                                     double *r, uint32_t n, sums *total) {
  sl_f64x2 factor = sl_f64x2_splat(alpha);
  sl_f64x2 rr0 = {0, 0}, rr1 = rr0, rz0 = rr0, rz1 = rr0;
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_f64x2 a = sl_f64x2_load(r + i) - factor * sl_f64x2_load(q + i);
    sl_f64x2 b = sl_f64x2_load(r + i + 2) - factor * sl_f64x2_load(q + i + 2);
    sl_f64x2_store(r + i, a);
    sl_f64x2_store(r + i + 2, b);
    sl_f64x2 aa = a * a, bb = b * b;
    rr0 += aa;
    rr1 += bb;
    rz0 += aa * sl_f64x2_load(inverse + i);
    rz1 += bb * sl_f64x2_load(inverse + i + 2);
  }
  double rr = sl_f64x2_sum(rr0 + rr1), rz = sl_f64x2_sum(rz0 + rz1);
  for (; i < n; i++) {
    r[i] -= alpha * q[i];
    rr += r[i] * r[i];
    rz += r[i] * r[i] * inverse[i];
  }
  total->rr += rr;
  total->rz += rz;
}

// x += alpha p and p = D^-1 r + beta p, so that p is read once.
NOINLINE static void update_direction(double alpha, double beta, const double *r,
                                      const double *inverse, double *p, double *x, uint32_t n) {
  sl_f64x2 step = sl_f64x2_splat(alpha), keep = sl_f64x2_splat(beta);
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    sl_f64x2 d = sl_f64x2_load(p + i);
    sl_f64x2_store(x + i, sl_f64x2_load(x + i) + step * d);
    sl_f64x2_store(p + i, sl_f64x2_load(r + i) * sl_f64x2_load(inverse + i) + keep * d);
  }
  for (; i < n; i++) {
    double d = p[i];
    x[i] += alpha * d;
    p[i] = r[i] * inverse[i] + beta * d;
  }
}

static sums update_residual_all(sl_solver *solver, double alpha) {
  sums total = {0, 0};
  const double *q = solver->vectors[Q], *inverse = solver->inverse_diagonal;
  for (uint32_t i = 0; i < solver->n; i += BLOCK) {
    uint32_t count = solver->n - i < BLOCK ? solver->n - i : BLOCK;
    update_residual(alpha, q + i, inverse + i, solver->r + i, count, &total);
  }
  return total;
}

static void update_direction_all(sl_solver *solver, double alpha, double beta) {
  for (uint32_t i = 0; i < solver->n; i += BLOCK) {
    uint32_t count = solver->n - i < BLOCK ? solver->n - i : BLOCK;
    update_direction(alpha, beta, solver->r + i, solver->inverse_diagonal + i,
                     solver->vectors[P] + i, solver->x + i, count);
  }
}

static sl_status prepare(sl_solver *solver, bool *done) {
  *done = true;
  return sl_solver_reserve_vectors(solver, CG_VECTORS);
}

static void start(sl_solver *solver) {
  cg *state = sl_solver_state(solver);
  double *p = solver->vectors[P], rz = 0;
  for (uint32_t i = 0; i < solver->n; i++) {
    p[i] = solver->r[i] * solver->inverse_diagonal[i];
    rz += p[i] * solver->r[i];
  }
  state->rho = rz;
  sl_lanczos_clear(&state->lanczos);
}

// p^T A p has the wrong sign: a direction of negative curvature, or of none up to rounding, which
// is a null vector and no proof of indefiniteness.
static sl_outcome wrong_curvature(const sl_solver *solver, double curvature) {
  double scale = 0;
  const double *p = solver->vectors[P];
  for (uint32_t i = 0; i < solver->n; i++) {
    scale += fabs(p[i] * p[i] / solver->inverse_diagonal[i]);
  }
  double rounding = 0x1p-50 * (solver->facts->max_row_nnz + 2.0) * scale;
  return fabs(curvature) > rounding ? SL_OUTCOME_INDEFINITE : SL_OUTCOME_BREAKDOWN;
}

static sl_outcome step(sl_solver *solver) {
  cg *state = sl_solver_state(solver);
  uint32_t n = solver->n;
  int sign = solver->traits.diagonal_sign;
  if (sign == 0) return SL_OUTCOME_INDEFINITE; // e_i^T A e_i = a_ii has both signs
  double *p = solver->vectors[P], *q = solver->vectors[Q];
  sl_csr_multiply(solver->matrix, p, q);
  solver->work += solver->matrix->nnz;
  double curvature = sl_dot_f64(p, q, n);
  if (!(curvature * sign > 0)) return wrong_curvature(solver, curvature);
  double alpha = state->rho / curvature;
  sums total = update_residual_all(solver, alpha);
  solver->norm = sqrt(total.rr);
  sl_solver_note_norm(solver, solver->norm);
  sl_lanczos_add(&state->lanczos, alpha, total.rz / state->rho);
  update_direction_all(solver, alpha, total.rz / state->rho);
  state->rho = total.rz;
  return SL_OUTCOME_RUNNING;
}

static bool gives_way(sl_solver *solver) {
  const cg *state = sl_solver_state(solver);
  return sl_solver_leaves_cg(solver, &state->lanczos);
}

const sl_method sl_method_CG = {
    .prepare = prepare,
    .start = start,
    .step = step,
    .gives_way = gives_way,
    .size = sizeof(cg),
    .definite = true,
    .diagonal = true,
};
