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
#include "solver/method.h"
#include "sparse/spmv.h"

enum { P, V, T, SHADOW, P_HAT, S_HAT, BICGSTAB_VECTORS };

typedef struct bicgstab {
  sl_ilu *ilu; // NULL: the diagonal
  double rho, alpha, omega;
  bool restart;             // take a new shadow residual
  double stall_norm;        // best norm when progress was last seen ...
  uint32_t stall_iteration; // ... and when
} bicgstab;

static void destroy(void *of) {
  bicgstab *state = of;
  sl_ilu_destroy(state->ilu);
}

static size_t bytes(const void *of) {
  const bicgstab *state = of;
  return sl_ilu_bytes(state->ilu);
}

static const bool with_ilu = true;

static sl_status prepare(sl_solver *solver, bool *done) {
  bicgstab *state = sl_solver_state(solver);
  *done = true;
  SL_TRY(sl_solver_reserve_vectors(solver, BICGSTAB_VECTORS));
  if (sl_solver_running(solver)->method->variant != &with_ilu) return SL_OK;
  if (state->ilu == NULL) SL_TRY(sl_ilu_create(solver->matrix, &state->ilu));
  *done = sl_ilu_build(state->ilu, &solver->work);
  return SL_OK;
}

static void start(sl_solver *solver) {
  bicgstab *state = sl_solver_state(solver);
  state->restart = true;
  state->stall_norm = solver->norm;
  state->stall_iteration = solver->iterations;
}

static void precondition(sl_solver *solver, const double *v, double *out) {
  const bicgstab *state = sl_solver_state(solver);
  if (state->ilu != NULL) {
    sl_ilu_solve(state->ilu, v, out);
    solver->work += sl_ilu_entries(state->ilu);
    return;
  }
  for (uint32_t i = 0; i < solver->n; i++) out[i] = v[i] * solver->inverse_diagonal[i];
}

// p = r + beta (p - omega v)
static void update_direction(sl_solver *solver, double beta) {
  const bicgstab *state = sl_solver_state(solver);
  double omega = state->omega;
  double *p = solver->vectors[P];
  const double *v = solver->vectors[V], *r = solver->r;
  for (uint32_t i = 0; i < solver->n; i++) p[i] = r[i] + beta * (p[i] - omega * v[i]);
}

// Cosine below which two vectors count as orthogonal.
#define ORTHOGONAL 0x1p-50

// A breakdown is cured by a new shadow once; a second one in the next iteration is final.
static sl_outcome break_down(bicgstab *state, bool fresh) {
  state->restart = true;
  return fresh ? SL_OUTCOME_BREAKDOWN : SL_OUTCOME_RUNNING;
}

static sl_outcome begin_direction(sl_solver *solver, bool *fresh) {
  bicgstab *state = sl_solver_state(solver);
  uint32_t n = solver->n;
  double *shadow = solver->vectors[SHADOW];
  double rho = sl_dot_f64(shadow, solver->r, n);
  if (!state->restart) {
    double size = sl_norm2_f64(shadow, n) * solver->norm;
    if (fabs(rho) <= ORTHOGONAL * size) state->restart = true;
  }
  *fresh = state->restart;
  if (state->restart) {
    memcpy(shadow, solver->r, n * sizeof *shadow);
    memcpy(solver->vectors[P], solver->r, n * sizeof *shadow);
    rho = sl_dot_f64(solver->r, solver->r, n);
    state->restart = false;
  } else {
    update_direction(solver, rho / state->rho * (state->alpha / state->omega));
  }
  state->rho = rho;
  return isfinite(rho) && rho != 0 ? SL_OUTCOME_RUNNING : SL_OUTCOME_BREAKDOWN;
}

// A thousand iterations without the residual falling by a tenth.
static sl_outcome check_stall(const sl_solver *solver, bicgstab *state) {
  if (solver->norm < 0.9 * state->stall_norm) {
    state->stall_norm = solver->norm;
    state->stall_iteration = solver->iterations;
  }
  return solver->iterations - state->stall_iteration > 1000 ? SL_OUTCOME_STAGNATED
                                                            : SL_OUTCOME_RUNNING;
}

static sl_outcome step(sl_solver *solver) {
  bicgstab *state = sl_solver_state(solver);
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
  if (!(fabs(projection) > ORTHOGONAL * size)) return break_down(state, fresh);
  double alpha = state->alpha = state->rho / projection;
  sl_axpy_f64(-alpha, v, r, n); // r is now s
  precondition(solver, r, s_hat);
  sl_csr_multiply(solver->matrix, s_hat, t);
  solver->work += solver->matrix->nnz;
  double tt = sl_dot_f64(t, t, n), ts = sl_dot_f64(t, r, n);
  double omega = state->omega = tt > 0 ? ts / tt : 0;
  sl_axpy_f64(-omega, t, r, n);
  solver->norm = sl_norm2_f64(r, n);
  sl_solver_note_norm(solver, solver->norm);
  sl_axpy_f64(alpha, p_hat, solver->x, n);
  sl_axpy_f64(omega, s_hat, solver->x, n);
  if (solver->norm <= 0.9 * solver->target) return SL_OUTCOME_CONVERGED;
  double s_norm = sqrt(fabs(solver->norm * solver->norm + omega * omega * tt));
  if (fabs(ts) <= ORTHOGONAL * sqrt(tt) * s_norm) return break_down(state, fresh);
  return check_stall(solver, state);
}

#define SHARED                                                                                     \
  .prepare = prepare, .start = start, .step = step, .size = sizeof(bicgstab), .bytes = bytes,      \
  .destroy = destroy

const sl_method sl_method_BICGSTAB = {SHARED};
const sl_method sl_method_BICGSTAB_ILU = {SHARED, .variant = &with_ilu};
