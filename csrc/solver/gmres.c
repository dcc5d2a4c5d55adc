// Restarted GMRES, preconditioned by ILU(0) from the right.
//
// Based on: Y. Saad, M. H. Schultz, "GMRES: a generalized minimal residual algorithm for solving
// nonsymmetric linear systems", SIAM J. Sci. Stat. Comput. 7 (1986), doi:10.1137/0907058, with
// modified Gram-Schmidt and Givens rotations. Preconditioning from the right keeps the residual
// that of the system itself. One iteration is one step of Arnoldi; x changes at the end of a cycle.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/ilu.h"
#include "solver/method.h"
#include "sparse/spmv.h"

#define CYCLE 30u

// How many numbers of basis vectors a part of an iteration reads: a few ms.
#define NUMBERS_A_PART (1u << 22)

// A whole cycle that leaves this much of the residual is called stagnation.
#define STALLED 0.99

typedef struct gmres {
  sl_ilu *ilu;
  uint32_t piece;             // of the iteration, from which it goes on
  double *basis;              // (CYCLE + 1) vectors of n
  double *z;                  // n
  uint32_t n, k;              // steps done in this cycle
  double r[CYCLE][CYCLE + 1]; // column j: the Hessenberg matrix, rotated to a triangle
  double cosine[CYCLE], sine[CYCLE];
  double g[CYCLE + 1]; // rotated right-hand side; |g[k]| is the residual norm
  double cycle_norm;
  double new_norm; // of A M^-1 v_k before it is made orthogonal
} gmres;

static void destroy(void *of) {
  gmres *state = of;
  sl_ilu_destroy(state->ilu);
  sl_free(state->basis);
  sl_free(state->z);
}

static size_t bytes(const void *of) {
  const gmres *state = of;
  return (CYCLE + 2) * (size_t)state->n * sizeof(double) + sl_ilu_bytes(state->ilu);
}

static sl_status create(sl_solver *solver, gmres *state) {
  state->n = solver->n;
  SL_TRY(SL_ALLOC(&state->z, solver->n));
  SL_TRY(sl_alloc((size_t)solver->n, (CYCLE + 1) * sizeof(double), (void **)&state->basis));
  return sl_ilu_create(solver->matrix, &state->ilu);
}

static sl_status prepare(sl_solver *solver, bool *done) {
  gmres *state = sl_solver_state(solver);
  if (state->ilu == NULL) SL_TRY(create(solver, state));
  *done = sl_ilu_build(state->ilu, &solver->work);
  return SL_OK;
}

static double *vector(gmres *state, uint32_t k) { return state->basis + (size_t)k * state->n; }

// Begins a cycle with the r and norm that solver holds.
static void start(sl_solver *solver) {
  gmres *state = sl_solver_state(solver);
  state->k = state->piece = 0;
  state->cycle_norm = solver->norm;
  memset(state->g, 0, sizeof state->g);
  state->g[0] = solver->norm;
  memcpy(vector(state, 0), solver->r, solver->n * sizeof(double));
  sl_scale_f64(1 / solver->norm, vector(state, 0), solver->n);
}

// x += M^-1 V y with the y that makes the residual least.
static void settle(sl_solver *solver) {
  gmres *state = sl_solver_state(solver);
  uint32_t n = solver->n, k = state->k;
  double y[CYCLE];
  if (k == 0) return;
  for (uint32_t i = k; i-- > 0;) {
    double sum = state->g[i];
    for (uint32_t j = i + 1; j < k; j++) sum -= state->r[j][i] * y[j];
    y[i] = state->r[i][i] != 0 ? sum / state->r[i][i] : 0;
  }
  memset(state->z, 0, n * sizeof *state->z);
  for (uint32_t j = 0; j < k; j++) sl_axpy_f64(y[j], vector(state, j), state->z, n);
  sl_ilu_solve(state->ilu, state->z, state->z);
  solver->work += sl_ilu_entries(state->ilu);
  memcpy(solver->best, solver->x, n * sizeof *solver->x);
  sl_axpy_f64(1, state->z, solver->x, n);
  solver->best_norm = state->cycle_norm;
  solver->norm = fabs(state->g[k]);
  solver->best_in_x = solver->norm <= solver->best_norm;
  state->k = 0;
}

static sl_outcome finish_cycle(sl_solver *solver) {
  gmres *state = sl_solver_state(solver);
  settle(solver);
  sl_csr_residual(solver->matrix, solver->x, solver->b, solver->r);
  solver->work += solver->matrix->nnz;
  solver->norm = sl_norm2_f64(solver->r, solver->n);
  // Both are true residuals now: the better x is kept.
  solver->best_in_x = solver->norm < solver->best_norm;
  if (!(solver->norm < STALLED * state->cycle_norm)) return SL_OUTCOME_STAGNATED;
  solver->best_norm = solver->norm;
  start(solver);
  return SL_OUTCOME_RUNNING;
}

// Rotates the new column into the triangle, and the residual with it.
static void rotate(gmres *state, double *column, double last) {
  uint32_t k = state->k;
  for (uint32_t i = 0; i < k; i++) {
    double upper = column[i], lower = column[i + 1];
    column[i] = state->cosine[i] * upper + state->sine[i] * lower;
    column[i + 1] = state->cosine[i] * lower - state->sine[i] * upper;
  }
  double size = sqrt(column[k] * column[k] + last * last);
  state->cosine[k] = size > 0 ? column[k] / size : 1;
  state->sine[k] = size > 0 ? last / size : 0;
  column[k] = size;
  state->g[k + 1] = -state->sine[k] * state->g[k];
  state->g[k] *= state->cosine[k];
}

// A M^-1 v_k
static void extend(sl_solver *solver) {
  gmres *state = sl_solver_state(solver);
  double *next = vector(state, state->k + 1);
  sl_ilu_solve(state->ilu, vector(state, state->k), state->z);
  sl_csr_multiply(solver->matrix, state->z, next);
  solver->work += sl_ilu_entries(state->ilu) + solver->matrix->nnz;
  state->new_norm = sl_norm2_f64(next, solver->n);
}

// Takes out of the newest vector what lies along the next few others. True: along none any more.
static bool orthogonalise(sl_solver *solver) {
  gmres *state = sl_solver_state(solver);
  uint32_t n = solver->n, left = state->k + 1 - state->piece, count = NUMBERS_A_PART / n + 1;
  double *next = vector(state, state->k + 1), *column = state->r[state->k];
  for (uint32_t end = state->piece + (left < count ? left : count); state->piece < end;) {
    const double *other = vector(state, state->piece);
    double along = sl_dot_f64(other, next, n);
    sl_axpy_f64(-along, other, next, n);
    column[state->piece++] = along;
  }
  return state->piece == state->k + 1;
}

// Parts: the new vector and what lies along the first others; along the next ones; the rest. A
// finished cycle has a part of its own.
static sl_outcome step(sl_solver *solver) {
  gmres *state = sl_solver_state(solver);
  uint32_t n = solver->n, k = state->k;
  bool long_cycle = n > NUMBERS_A_PART / CYCLE;
  if (k == CYCLE) return finish_cycle(solver);
  if (state->piece == 0) extend(solver);
  if (!orthogonalise(solver)) {
    solver->request = SL_REQUEST_REST;
    return SL_OUTCOME_RUNNING;
  }
  state->piece = 0;
  double *next = vector(state, k + 1), *column = state->r[k];
  double last = sl_norm2_f64(next, n);
  if (!isfinite(last)) return SL_OUTCOME_BREAKDOWN;
  // Nothing new left in the space: its best x is exact, or the matrix is singular.
  bool exhausted = last <= 0x1p-50 * state->new_norm;
  if (!exhausted) sl_scale_f64(1 / last, next, n);
  rotate(state, column, exhausted ? 0 : last);
  state->k++;
  solver->norm = fabs(state->g[state->k]);
  if (solver->norm <= 0.9 * solver->target) return SL_OUTCOME_CONVERGED;
  if (!exhausted && state->k < CYCLE) return SL_OUTCOME_RUNNING;
  if (!(long_cycle && state->k == CYCLE)) return finish_cycle(solver);
  solver->request = SL_REQUEST_REST;
  return SL_OUTCOME_RUNNING;
}

const sl_method sl_method_GMRES = {
    .prepare = prepare,
    .start = start,
    .step = step,
    .settle = settle,
    .size = sizeof(gmres),
    .bytes = bytes,
    .destroy = destroy,
    .true_residual = true,
};
