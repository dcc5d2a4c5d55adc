// Stabilised bi-conjugate gradients, preconditioned by the diagonal or by ILU(0) from the right.
//
// Based on: H. A. van der Vorst, "Bi-CGSTAB: a fast and smoothly converging variant of Bi-CG for
// the solution of nonsymmetric linear systems", SIAM J. Sci. Stat. Comput. 13 (1992),
// doi:10.1137/0913035. Preconditioning from the right keeps the recurrence's residual that of the
// system itself. When the residual has become orthogonal to its shadow, the shadow is renewed.
#include <math.h>
#include <string.h>

#include "simd/kernels.h"
#include "solver/ilu.h"
#include "solver/internal.h"
#include "sparse/spmv.h"

enum { P, V, T, SHADOW, P_HAT, S_HAT, BICGSTAB_VECTORS };

static bool uses_ilu(const sl_solver *solver) {
  return solver->plan[solver->plan_at] == SL_SOLVER_BICGSTAB_ILU;
}

static sl_status setup(sl_solver *solver, bool *done) {
  *done = true;
  SL_TRY(sl_solver_reserve_vectors(solver, BICGSTAB_VECTORS));
  return uses_ilu(solver) ? sl_solver_build_ilu(solver, done) : SL_OK;
}

static void start(sl_solver *solver) {
  solver->restart = true;
  solver->stall_norm = solver->norm;
  solver->stall_iteration = solver->iterations;
}

static void precondition(sl_solver *solver, const double *v, double *out) {
  if (uses_ilu(solver)) {
    sl_ilu_solve(solver->ilu, v, out);
    solver->work += sl_ilu_entries(solver->ilu);
    return;
  }
  for (uint32_t i = 0; i < solver->n; i++) out[i] = v[i] * solver->inverse_diagonal[i];
}

// p = r + beta (p - omega v)
static void update_direction(sl_solver *solver, double beta) {
  double *p = solver->vectors[P];
  const double *v = solver->vectors[V], *r = solver->r;
  for (uint32_t i = 0; i < solver->n; i++) p[i] = r[i] + beta * (p[i] - solver->omega * v[i]);
}

// Cosine below which two vectors count as orthogonal.
#define ORTHOGONAL 0x1p-50

// A breakdown is cured by a new shadow once; a second one in the next iteration is final.
static sl_outcome break_down(sl_solver *solver, bool fresh) {
  solver->restart = true;
  return fresh ? SL_OUTCOME_BREAKDOWN : SL_OUTCOME_RUNNING;
}

static sl_outcome begin_direction(sl_solver *solver, bool *fresh) {
  uint32_t n = solver->n;
  double *shadow = solver->vectors[SHADOW];
  double rho = sl_dot_f64(shadow, solver->r, n);
  if (!solver->restart) {
    double size = sl_norm2_f64(shadow, n) * solver->norm;
    if (fabs(rho) <= ORTHOGONAL * size) solver->restart = true;
  }
  *fresh = solver->restart;
  if (solver->restart) {
    memcpy(shadow, solver->r, n * sizeof *shadow);
    memcpy(solver->vectors[P], solver->r, n * sizeof *shadow);
    rho = sl_dot_f64(solver->r, solver->r, n);
    solver->restart = false;
  } else {
    update_direction(solver, rho / solver->rho * (solver->alpha / solver->omega));
  }
  solver->rho = rho;
  return isfinite(rho) && rho != 0 ? SL_OUTCOME_RUNNING : SL_OUTCOME_BREAKDOWN;
}

// A thousand iterations without the residual falling by a tenth.
static sl_outcome check_stall(sl_solver *solver) {
  if (solver->norm < 0.9 * solver->stall_norm) {
    solver->stall_norm = solver->norm;
    solver->stall_iteration = solver->iterations;
  }
  return solver->iterations - solver->stall_iteration > 1000 ? SL_OUTCOME_STAGNATED
                                                             : SL_OUTCOME_RUNNING;
}

static sl_outcome iterate(sl_solver *solver) {
  uint32_t n = solver->n;
  double *r = solver->r, *v = solver->vectors[V], *t = solver->vectors[T];
  double *p_hat = solver->vectors[P_HAT], *s_hat = solver->vectors[S_HAT];
  bool fresh;
  if (begin_direction(solver, &fresh) != SL_OUTCOME_RUNNING) return SL_OUTCOME_BREAKDOWN;
  precondition(solver, solver->vectors[P], p_hat);
  sl_csr_multiply(solver->matrix, p_hat, v);
  solver->work += solver->matrix->nnz;
  double projection = sl_dot_f64(solver->vectors[SHADOW], v, n);
  double size = sl_norm2_f64(solver->vectors[SHADOW], n) * sl_norm2_f64(v, n);
  if (!(fabs(projection) > ORTHOGONAL * size)) return break_down(solver, fresh);
  double alpha = solver->alpha = solver->rho / projection;
  sl_axpy_f64(-alpha, v, r, n); // r is now s
  precondition(solver, r, s_hat);
  sl_csr_multiply(solver->matrix, s_hat, t);
  solver->work += solver->matrix->nnz;
  double tt = sl_dot_f64(t, t, n), ts = sl_dot_f64(t, r, n);
  double omega = solver->omega = tt > 0 ? ts / tt : 0;
  sl_axpy_f64(-omega, t, r, n);
  solver->norm = sl_norm2_f64(r, n);
  sl_solver_note_norm(solver, solver->norm);
  sl_axpy_f64(alpha, p_hat, solver->x, n);
  sl_axpy_f64(omega, s_hat, solver->x, n);
  if (solver->norm <= 0.9 * solver->target) return SL_OUTCOME_CONVERGED;
  double s_norm = sqrt(fabs(solver->norm * solver->norm + omega * omega * tt));
  if (fabs(ts) <= ORTHOGONAL * sqrt(tt) * s_norm) return break_down(solver, fresh);
  return check_stall(solver);
}

const sl_method_operations sl_method_bicgstab = {setup, start, iterate, NULL};
