// Systems of equations for the tests of rooms that solve them.
#ifndef SL_TEST_SYSTEMS_H
#define SL_TEST_SYSTEMS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "solver/solver.h"
#include "sparse/csr.h"

static inline void assert_close_at(double got, double wanted, double tolerance, const char *file,
                                   int line) {
  if (fabs(got - wanted) <= tolerance) return;
  print_error("got %.17g, wanted %.17g within %g\n", got, wanted, tolerance);
  _fail(file, line);
}
#define assert_close(got, wanted, tolerance)                                                       \
  assert_close_at((got), (wanted), (tolerance), __FILE__, __LINE__)

// Coordinates that grow; turned into a matrix by entries_matrix.
typedef struct entries {
  uint32_t *rows, *columns;
  double *values;
  uint32_t count, capacity;
} entries;

static inline void entries_add(entries *e, uint32_t i, uint32_t j, double value) {
  if (e->count == e->capacity) {
    e->capacity = e->capacity * 2 + 64;
    e->rows = realloc(e->rows, e->capacity * sizeof *e->rows);
    e->columns = realloc(e->columns, e->capacity * sizeof *e->columns);
    e->values = realloc(e->values, e->capacity * sizeof *e->values);
  }
  e->rows[e->count] = i;
  e->columns[e->count] = j;
  e->values[e->count++] = value;
}

// The edge i - j of a Laplacian.
static inline void entries_add_edge(entries *e, uint32_t i, uint32_t j, double weight) {
  entries_add(e, i, j, -weight);
  entries_add(e, j, i, -weight);
  entries_add(e, i, i, weight);
  entries_add(e, j, j, weight);
}

// Frees the entries.
static inline sl_csr *entries_matrix(entries *e, uint32_t n) {
  sl_csr *matrix;
  double none = 0;
  assert_ok(sl_csr_from_coo(n, n, e->count, e->rows, e->columns, e->count ? e->values : &none,
                            SL_VALUES_F64, &matrix));
  free(e->rows);
  free(e->columns);
  free(e->values);
  memset(e, 0, sizeof *e);
  return matrix;
}

// A dense n x n array, zeros left out.
static inline sl_csr *matrix_from_dense(const double *a, uint32_t n) {
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) {
      if (a[i * n + j] != 0) entries_add(&e, i, j, a[i * n + j]);
    }
  }
  return entries_matrix(&e, n);
}

// Laplacian of the side x side grid + shift I.
static inline sl_csr *grid_matrix(uint32_t side, double shift) {
  entries e = {0};
  for (uint32_t i = 0; i < side; i++) {
    for (uint32_t j = 0; j < side; j++) {
      uint32_t at = i * side + j;
      if (j + 1 < side) entries_add_edge(&e, at, at + 1, 1);
      if (i + 1 < side) entries_add_edge(&e, at, at + side, 1);
      if (shift != 0) entries_add(&e, at, at, shift);
    }
  }
  return entries_matrix(&e, side * side);
}

// Asymmetric, `degree` random off-diagonal entries a row, slack = part of the off-diagonal sum.
static inline sl_csr *dominant_matrix(sl_rng *rng, uint32_t n, uint32_t degree, double slack) {
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    double sum = 0;
    for (uint32_t k = 0; k < degree; k++) {
      uint32_t j = sl_rng_below(rng, n);
      if (j == i) continue;
      double value = sl_rng_double(rng) * 2 - 1;
      sum += fabs(value);
      entries_add(&e, i, j, value);
    }
    entries_add(&e, i, i, (sum + 0.01) * (1 + slack));
  }
  return entries_matrix(&e, n);
}

static inline double *random_vector(sl_rng *rng, uint32_t n) {
  double *v = malloc(n * sizeof *v);
  for (uint32_t i = 0; i < n; i++) v[i] = sl_rng_double(rng) * 2 - 1;
  return v;
}

// ||b - A x||_2 in long double: nothing in common with the library's own loops.
static inline double exact_residual(const sl_csr *matrix, const double *x, const double *b) {
  long double squares = 0;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    long double sum = b[i];
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      sum -= (long double)sl_csr_value(matrix, k) * x[matrix->columns[k]];
    }
    squares += sum * sum;
  }
  return (double)sqrtl(squares);
}

static inline double two_norm(const double *v, uint32_t n) {
  long double squares = 0;
  for (uint32_t i = 0; i < n; i++) squares += (long double)v[i] * v[i];
  return (double)sqrtl(squares);
}

// Most by which a residual norm computed in f64 can differ from the exact one.
static inline double residual_rounding(const sl_csr *matrix, const double *x, const double *b) {
  double squares = 0;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    double size = fabs(b[i]);
    uint32_t begin = matrix->row_pointers[i], end = matrix->row_pointers[i + 1];
    for (uint32_t k = begin; k < end; k++) {
      size += fabs(sl_csr_value(matrix, k) * x[matrix->columns[k]]);
    }
    size *= (end - begin + 3) * 0x1p-53;
    squares += size * size;
  }
  return sqrt(squares);
}

// Runs a begun solve to its end in steps of `work`.
static inline sl_solve_result run_solver(sl_solver *solver, uint64_t work, double *x) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_solver_job(solver), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  sl_solve_result result;
  assert_ok(sl_solver_finish(solver, x, &result));
  return result;
}

// The whole of a solve. What the result says about the residual is checked against long double.
static inline sl_solve_result solve_system(sl_csr *matrix, const double *b,
                                           const sl_solver_options *options, double *x) {
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, options, &solver));
  assert_ok(sl_solver_begin(solver, b, NULL));
  sl_solve_result result = run_solver(solver, UINT64_MAX, x);
  double residual = exact_residual(matrix, x, b), norm = two_norm(b, matrix->rows);
  double rounding = residual_rounding(matrix, x, b);
  assert_close(result.residual, residual, rounding + 1e-14 * residual);
  if (result.outcome == SL_OUTCOME_CONVERGED) {
    double tolerance = options != NULL ? options->tolerance : 1e-8;
    assert_true(residual <= tolerance * norm + rounding);
  }
  result.history = NULL;
  result.attempts = NULL;
  sl_solver_destroy(solver);
  return result;
}

#endif
