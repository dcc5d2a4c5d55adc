// Unsymmetric systems, and how well they are solved, for the tests of the LU factorisation.
#ifndef SL_TEST_DIRECT_LU_H
#define SL_TEST_DIRECT_LU_H

#include "direct/lu.h"
#include "systems.h"

static inline sl_outcome run_lu(sl_lu *lu, uint64_t work) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_lu_job(lu), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return outcome;
}

static inline sl_lu *factorised(const sl_csr *matrix, const sl_lu_options *options) {
  sl_lu *lu;
  assert_ok(sl_lu_create(matrix, options, &lu));
  assert_ok(sl_lu_begin(lu));
  assert_int_equal(run_lu(lu, 1000), SL_OUTCOME_CONVERGED);
  return lu;
}

// The numbers below n in any order, to be freed.
static inline uint32_t *shuffle(sl_rng *rng, uint32_t n) {
  uint32_t *places = malloc(n * sizeof *places);
  for (uint32_t i = 0; i < n; i++) places[i] = i;
  for (uint32_t i = n; i-- > 1;) {
    uint32_t j = sl_rng_below(rng, i + 1), moved = places[i];
    places[i] = places[j];
    places[j] = moved;
  }
  return places;
}

// How far off x is: max_i |r_i| / size_i with r = b - A x, or b - A^T x, in long double.
typedef struct backward_errors {
  double componentwise; // size = |A| |x| + |b| (Oettli and Prager)
  double rowwise;       // size_i = sum_j |a_ij| max |x| + |b_i|
} backward_errors;

static inline backward_errors residual(const sl_csr *matrix, bool transpose, const double *x,
                                       const double *b, double *r) {
  uint32_t n = matrix->rows;
  long double *sum = calloc(n, sizeof *sum), *size = calloc(n, sizeof *size);
  long double *row = calloc(n, sizeof *row), largest = 0;
  for (uint32_t i = 0; i < n; i++) {
    sum[i] = b[i];
    size[i] = fabsl(b[i]);
    if (!(fabsl(x[i]) <= largest)) largest = fabsl(x[i]);
  }
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      uint32_t to = transpose ? matrix->columns[k] : i, from = transpose ? i : matrix->columns[k];
      long double value = sl_csr_value(matrix, k), product = value * x[from];
      sum[to] -= product;
      size[to] += fabsl(product);
      row[to] += fabsl(value) * largest;
    }
  }
  backward_errors worst = {0, 0};
  for (uint32_t i = 0; i < n; i++) {
    r[i] = (double)sum[i];
    long double error = fabsl(sum[i]), all = row[i] + fabsl(b[i]);
    double part = size[i] > 0 ? (double)(error / size[i]) : 0;
    double whole = all > 0 ? (double)(error / all) : 0;
    if (!(part <= worst.componentwise)) worst.componentwise = part;
    if (!(whole <= worst.rowwise)) worst.rowwise = whole;
  }
  free(sum);
  free(size);
  free(row);
  return worst;
}

// Solves with so many steps of refinement.
static inline backward_errors solve_refined(const sl_csr *matrix, const sl_lu *lu, bool transpose,
                                            const double *b, double *x, int refinements) {
  uint32_t n = matrix->rows;
  double *r = malloc(n * sizeof *r), *d = malloc(n * sizeof *d);
  backward_errors errors;
  assert_ok((transpose ? sl_lu_solve_transpose : sl_lu_solve)(lu, b, x, 1));
  for (int step = 0;; step++) {
    errors = residual(matrix, transpose, x, b, r);
    if (step == refinements) break;
    assert_ok((transpose ? sl_lu_solve_transpose : sl_lu_solve)(lu, r, d, 1));
    for (uint32_t i = 0; i < n; i++) x[i] += d[i];
  }
  free(r);
  free(d);
  return errors;
}

static inline double backward_error(const sl_csr *matrix, const sl_lu *lu, bool transpose,
                                    const double *b, double *x, int refinements) {
  return solve_refined(matrix, lu, transpose, b, x, refinements).componentwise;
}

#endif
