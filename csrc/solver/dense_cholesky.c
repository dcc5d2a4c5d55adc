// Dense Cholesky factorisation with iterative refinement, for small symmetric definite matrices.
//
// Based on: G. H. Golub, C. F. Van Loan, "Matrix computations", 4th ed. (2013), 4.2, in rows. A
// pivot that is zero up to rounding beside its diagonal entry is skipped and its unknown set to
// zero, so that a consistent semidefinite system (a Laplacian) still gets a solution.
#include "solver/dense_cholesky.h"

#include <math.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/method.h"

#define ROWS_A_PIECE 16u

// Diagonal entries of the factor are stored inverted; 0 where the pivot was zero up to rounding, so
// that its unknown becomes zero.
typedef struct dense_cholesky {
  uint32_t n;
  uint32_t next_row; // factorised so far
  uint32_t rank;     // pivots that are not zero
  int sign;          // of the diagonal: sign * A is factorised
  bool indefinite;   // a pivot was negative beyond rounding; nothing else holds
  double *factor;    // n x n, row by row; the upper triangle is not used
  double *y;         // n: scratch
} dense_cholesky;

double sl_dense_cholesky_row(double *l, size_t n, size_t i) {
  double *row = l + i * n;
  for (size_t j = 0; j < i; j++) {
    row[j] = (row[j] - sl_dot_f64(row, l + j * n, j)) * l[j * n + j];
  }
  return row[i] - sl_dot_f64(row, row, i);
}

void sl_dense_cholesky_solve(const double *l, size_t n, double *y) {
  for (size_t i = 0; i < n; i++) y[i] = (y[i] - sl_dot_f64(l + i * n, y, i)) * l[i * n + i];
  for (size_t i = n; i-- > 0;) {
    y[i] *= l[i * n + i];
    sl_axpy_f64(-y[i], l + i * n, y, i);
  }
}

static void destroy(void *of) {
  dense_cholesky *state = of;
  sl_free(state->factor);
  sl_free(state->y);
}

static size_t bytes(const void *of) {
  const dense_cholesky *state = of;
  return ((size_t)state->n + 1) * state->n * sizeof(double);
}

static sl_status create(sl_solver *solver, dense_cholesky *state) {
  const sl_csr *matrix = solver->matrix;
  size_t n = solver->n;
  state->n = solver->n;
  state->sign = solver->traits.diagonal_sign;
  SL_TRY(SL_ALLOC(&state->y, n));
  SL_TRY(SL_ALLOC_ZERO(&state->factor, n * n));
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      state->factor[i * n + matrix->columns[k]] = state->sign * sl_csr_entry(matrix, k);
    }
  }
  return SL_OK;
}

static void factorise_row(dense_cholesky *state) {
  size_t n = state->n, i = state->next_row++;
  double *at = state->factor + i * n + i, rounding = (double)n * 0x1p-52 * *at;
  double pivot = sl_dense_cholesky_row(state->factor, n, i);
  *at = 0;
  if (pivot > rounding) {
    *at = 1 / sqrt(pivot);
    state->rank++;
  } else if (!(pivot >= -rounding)) {
    state->indefinite = true;
  }
}

static sl_status prepare(sl_solver *solver, bool *done) {
  dense_cholesky *state = sl_solver_state(solver);
  if (state->factor == NULL) SL_TRY(create(solver, state));
  // A diagonal of both signs tells it at once.
  state->indefinite |= state->sign == 0;
  for (uint32_t k = 0; k < ROWS_A_PIECE && state->next_row < state->n && !state->indefinite; k++) {
    solver->work += (uint64_t)state->next_row * state->next_row / 2 + 1;
    factorise_row(state);
  }
  *done = state->indefinite || state->next_row == state->n;
  return SL_OK;
}

static void start(sl_solver *solver) {
  const dense_cholesky *state = sl_solver_state(solver);
  solver->numerically_singular =
      !state->indefinite && state->rank + solver->null_space.count < solver->n;
}

static void add_correction(sl_solver *solver) {
  dense_cholesky *state = sl_solver_state(solver);
  for (uint32_t i = 0; i < state->n; i++) state->y[i] = state->sign * solver->r[i];
  sl_dense_cholesky_solve(state->factor, state->n, state->y);
  sl_axpy_f64(1, state->y, solver->x, state->n);
}

static sl_outcome step(sl_solver *solver) {
  const dense_cholesky *state = sl_solver_state(solver);
  if (state->indefinite) return SL_OUTCOME_INDEFINITE;
  return sl_solver_refine(solver, add_correction);
}

const sl_method sl_method_CHOLESKY = {
    .prepare = prepare,
    .start = start,
    .step = step,
    .size = sizeof(dense_cholesky),
    .bytes = bytes,
    .destroy = destroy,
    .definite = true,
    .diagonal = true,
    .dense = true,
    .true_residual = true,
};
