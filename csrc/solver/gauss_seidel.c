// Gauss-Seidel sweeps in row order, in f32 inside an f64 refinement.
//
// Based on: Y. Saad, "Iterative methods for sparse linear systems", 2nd ed. (2003), 4.1,
// doi:10.1137/1.9780898718003, and iterative refinement with a solver of lower precision (C. B.
// Moler, "Iterative refinement in floating point", J. ACM 14 (1967), doi:10.1145/321386.321394).
// Sweeps are bound by the gathers of the unknowns, which f32 halves: A d = r is swept in f32 as far
// as f32 carries, then x += d and r = b - A x are computed in f64. Rows are divided by their
// diagonal entry beforehand. What a sweep sees of the residual is an estimate one sweep old and
// costs nothing; the driver computes the true residual when the estimate says that it is time.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/internal.h"
#include "sparse/spmv.h"

#define NOINLINE __attribute__((noinline))
#define BLOCK_ROWS 1024u

// Reduction of the residual by sweeps in f32, then its rounding shows.
#define LEAST_REDUCTION 4e-6

// Growth of the residual at which sweeps are called divergent.
#define DIVERGED 1e4

typedef struct gauss_seidel {
  float *values; // nnz: a_ij / a_ii
  float *d, *r;  // n: correction, and scale * r_i / a_ii
  double scale;
  double first, last; // size of the residual met by the first and the last sweep since r was made
  double outer_norm;  // ||r||_2 in f64
  size_t bytes;
  double correction; // what the estimate has been wrong by
} gauss_seidel;

void sl_gauss_seidel_destroy(gauss_seidel *state) {
  if (state == NULL) return;
  sl_free(state->values);
  sl_free(state->d);
  sl_free(state->r);
  sl_free(state);
}

size_t sl_gauss_seidel_bytes(const gauss_seidel *state) { return state ? state->bytes : 0; }

static sl_status setup(sl_solver *solver, bool *done) {
  *done = true;
  if (solver->gauss_seidel != NULL) return SL_OK;
  const sl_csr *matrix = solver->matrix;
  SL_TRY(SL_ALLOC_ZERO(&solver->gauss_seidel, 1));
  gauss_seidel *state = solver->gauss_seidel;
  state->bytes = sizeof *state + (matrix->nnz + 2 * (size_t)solver->n) * sizeof(float);
  SL_TRY(SL_ALLOC(&state->values, matrix->nnz));
  SL_TRY(SL_ALLOC(&state->d, solver->n));
  SL_TRY(SL_ALLOC(&state->r, solver->n));
  for (uint32_t i = 0; i < solver->n; i++) {
    double inverse = solver->inverse_diagonal[i];
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      state->values[k] = (float)(sl_csr_value(matrix, k) * inverse);
    }
  }
  solver->work += matrix->nnz;
  return SL_OK;
}

// A sweep over rows begin .. end - 1; returns the sum of squares of the residuals met. Two partial
// sums hide the latency of an add.
NOINLINE static double sweep_rows(const sl_csr *matrix, const float *values, const float *r,
                                  float *d, uint32_t begin, uint32_t end) {
  const uint32_t *pointers = matrix->row_pointers, *columns = matrix->columns;
  double squares = 0;
  for (uint32_t i = begin; i < end; i++) {
    float even = r[i], odd = 0;
    uint32_t k = pointers[i], stop = pointers[i + 1];
    for (; k + 1 < stop; k += 2) {
      even -= values[k] * d[columns[k]];
      odd -= values[k + 1] * d[columns[k + 1]];
    }
    if (k < stop) even -= values[k] * d[columns[k]];
    double change = (double)(even + odd);
    squares += change * change;
    d[i] += (float)change;
  }
  return squares;
}

static double sweep(sl_solver *solver) {
  gauss_seidel *state = solver->gauss_seidel;
  double squares = 0;
  for (uint32_t begin = 0, end; begin < solver->n; begin = end) {
    end = solver->n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : solver->n;
    squares += sweep_rows(solver->matrix, state->values, state->r, state->d, begin, end);
  }
  solver->work += solver->matrix->nnz;
  return sqrt(squares);
}

// Begins the sweeps for the r and norm that solver holds.
static void begin_sweeps(sl_solver *solver) {
  gauss_seidel *state = solver->gauss_seidel;
  int exponent = 0;
  frexp(solver->norm, &exponent);
  state->scale = ldexp(1, -exponent);
  for (uint32_t i = 0; i < solver->n; i++) {
    state->r[i] = (float)(solver->r[i] * state->scale * solver->inverse_diagonal[i]);
  }
  memset(state->d, 0, solver->n * sizeof *state->d);
  state->outer_norm = solver->norm;
  state->first = state->last = 0;
}

static void start(sl_solver *solver) {
  gauss_seidel *state = solver->gauss_seidel;
  // After a claim that did not hold, the estimate is corrected by what it was wrong by.
  bool corrects = isfinite(solver->verified_norm) && state->last > 0;
  double estimate = state->correction * state->outer_norm * state->last / state->first;
  state->correction = corrects ? fmax(1, 1.1 * state->correction * solver->norm / estimate) : 1;
  solver->stall_norm = INFINITY;
  solver->stall_iteration = solver->iterations;
  begin_sweeps(solver);
}

// x += d, when that is an improvement.
static void settle(sl_solver *solver) {
  gauss_seidel *state = solver->gauss_seidel;
  if (state->first == 0 || !(state->last < state->first)) {
    solver->norm = state->outer_norm;
    return;
  }
  double back = 1 / state->scale;
  for (uint32_t i = 0; i < solver->n; i++) solver->x[i] += state->d[i] * back;
  state->first = 0;
}

// The residual of the improved x, and sweeps on it.
static sl_outcome refine(sl_solver *solver) {
  gauss_seidel *state = solver->gauss_seidel;
  memcpy(solver->best, solver->x, solver->n * sizeof *solver->x);
  solver->best_norm = state->outer_norm;
  settle(solver);
  sl_csr_residual(solver->matrix, solver->x, solver->b, solver->r);
  solver->work += solver->matrix->nnz;
  solver->norm = sl_norm2_f64(solver->r, solver->n);
  solver->best_in_x = solver->norm < solver->best_norm;
  if (!(solver->norm < 0.5 * state->outer_norm)) return SL_OUTCOME_STAGNATED;
  solver->best_norm = solver->norm;
  begin_sweeps(solver);
  return SL_OUTCOME_RUNNING;
}

static sl_outcome iterate(sl_solver *solver) {
  gauss_seidel *state = solver->gauss_seidel;
  double before = state->last, met = sweep(solver);
  state->last = met;
  if (state->first == 0) state->first = met;
  // What a sweep meets belongs to the iterate before it; the last gain tells what it made of it.
  double gain = before > 0 && met < before ? met / before : 1, reduction = met / state->first;
  solver->norm = state->correction * state->outer_norm * reduction * gain;
  if (!(met <= DIVERGED * state->first)) return SL_OUTCOME_BREAKDOWN;
  if (met == 0 || solver->norm <= 0.9 * solver->target) return SL_OUTCOME_CONVERGED;
  if (reduction <= LEAST_REDUCTION || (reduction < 1e-4 && gain > 0.95)) return refine(solver);
  if (solver->norm < 0.9 * solver->stall_norm) {
    solver->stall_norm = solver->norm;
    solver->stall_iteration = solver->iterations;
  }
  // A tenth in a thousand sweeps: anything else is faster.
  return solver->iterations - solver->stall_iteration > 1000 ? SL_OUTCOME_STAGNATED
                                                             : SL_OUTCOME_RUNNING;
}

const sl_method_operations sl_method_gauss_seidel = {setup, start, iterate, settle};
