// What the tests of eigenpairs share: runs with every check that does not need the true values.
#ifndef SL_TEST_EIGEN_H
#define SL_TEST_EIGEN_H

#include "eigen/eigen.h"
#include "factors.h"

typedef struct answer {
  uint32_t n, k, pairs;
  double facts[SL_EIGEN_FACTS];
  double *values, *vectors, *residuals, *bounds, *angles;
} answer;

static inline void free_answer(answer *a) { free(a->values); }

static inline int outcome_of(const answer *a) { return (int)a->facts[0]; }

// k, which, method, sigma
static inline void options_of(double *o, double k, int which, int method, double sigma) {
  double all[SL_EIGEN_OPTIONS] = {k, which, method, sigma, 1e-12, 100000, 1, 0, 1};
  memcpy(o, all, sizeof all);
}

static inline sl_status run_eigen(sl_eigen *eigen, uint64_t work) {
  sl_outcome outcome;
  do {
    sl_status status = sl_job_step(sl_eigen_job(eigen), work, &outcome);
    if (status != SL_OK) return status;
  } while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

static inline void read_eigen(sl_eigen *eigen, uint32_t n, uint32_t k, answer *a) {
  a->n = n;
  a->k = k;
  a->values = malloc((4 + (size_t)n) * k * sizeof(double));
  a->residuals = a->values + k;
  a->bounds = a->residuals + k;
  a->angles = a->bounds + k;
  a->vectors = a->angles + k;
  assert_ok(
      sl_eigen_read(eigen, a->facts, a->values, a->vectors, a->residuals, a->bounds, a->angles));
  a->pairs = (uint32_t)a->facts[1];
}

static inline answer solve_eigen(sl_csr *matrix, sl_csr *mass, const double *options,
                                 uint64_t work) {
  sl_eigen *eigen;
  answer a;
  assert_ok(sl_eigen_create(matrix, mass, options, NULL, 0, &eigen));
  assert_ok(run_eigen(eigen, work));
  read_eigen(eigen, matrix->rows, (uint32_t)options[0], &a);
  sl_eigen_destroy(eigen);
  return a;
}

static inline int ascending(const void *x, const void *y) {
  double a = *(const double *)x, b = *(const double *)y;
  return a < b ? -1 : a > b;
}

// Each value is one of `all` (ascending; off by `slack`) within its bound, and they are the wanted
// ones, in their order.
static inline void check_values(const answer *a, const double *all, uint32_t count, int which,
                                double sigma, double slack) {
  double *wanted = malloc(count * sizeof(double));
  memcpy(wanted, all, count * sizeof(double));
  assert_int_equal(outcome_of(a), SL_OUTCOME_CONVERGED);
  assert_int_equal(a->pairs, a->k);
  for (uint32_t i = 0; i < a->k; i++) {
    double near = INFINITY;
    for (uint32_t j = 0; j < count; j++) near = fmin(near, fabs(all[j] - a->values[i]));
    if (!(near <= a->bounds[i] + slack))
      fail_msg("pair %u: %g off, bound %g", i, near, a->bounds[i]);
    uint32_t best = 0;
    for (uint32_t j = 1; j < count - i; j++) {
      bool better = which == SL_EIGEN_SMALLEST ? wanted[j] < wanted[best]
                    : which == SL_EIGEN_LARGEST
                        ? wanted[j] > wanted[best]
                        : fabs(wanted[j] - sigma) < fabs(wanted[best] - sigma);
      if (better) best = j;
    }
    double off = which == SL_EIGEN_NEAREST
                     ? fabs(fabs(wanted[best] - sigma) - fabs(a->values[i] - sigma))
                     : fabs(wanted[best] - a->values[i]);
    if (!(off <= 1e3 * slack))
      fail_msg("pair %u: %.17g, wanted %.17g", i, a->values[i], wanted[best]);
    wanted[best] = wanted[count - i - 1];
  }
  free(wanted);
}

#endif
