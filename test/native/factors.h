// Symmetric matrices for the tests of direct factorisations, and what every answer must satisfy.
#ifndef SL_TEST_FACTORS_H
#define SL_TEST_FACTORS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "direct/factor.h"
#include "sparse/csr.h"

typedef struct entries {
  uint32_t n, count, room;
  uint32_t *rows, *columns;
  double *values;
} entries;

static inline void put(entries *e, uint32_t i, uint32_t j, double value) {
  if (e->count + 2 > e->room) {
    e->room = 2 * e->room + 64;
    e->rows = realloc(e->rows, e->room * sizeof(uint32_t));
    e->columns = realloc(e->columns, e->room * sizeof(uint32_t));
    e->values = realloc(e->values, e->room * sizeof(double));
  }
  e->rows[e->count] = i;
  e->columns[e->count] = j;
  e->values[e->count++] = value;
}

// Both a_ij and a_ji.
static inline void put_both(entries *e, uint32_t i, uint32_t j, double value) {
  put(e, i, j, value);
  if (i != j) put(e, j, i, value);
}

static inline sl_csr *matrix_of(entries *e) {
  sl_csr *matrix;
  assert_ok(sl_csr_from_coo(e->n, e->n, e->count, e->rows, e->columns, e->values, SL_VALUES_F64,
                            &matrix));
  free(e->rows);
  free(e->columns);
  free(e->values);
  return matrix;
}

// The Laplacian of a grid with its boundary held, minus shift: eigenvalues are sums of
// 2 - 2 cos(pi i / (x + 1)) over the directions, minus shift.
static inline sl_csr *grid(uint32_t x, uint32_t y, uint32_t z, double shift) {
  entries e = {.n = x * y * z};
  double diagonal = (x > 1 ? 2 : 0) + (y > 1 ? 2 : 0) + (z > 1 ? 2 : 0);
  for (uint32_t k = 0; k < z; k++) {
    for (uint32_t j = 0; j < y; j++) {
      for (uint32_t i = 0; i < x; i++) {
        uint32_t at = (k * y + j) * x + i;
        put(&e, at, at, diagonal - shift);
        if (i > 0) put_both(&e, at, at - 1, -1);
        if (j > 0) put_both(&e, at, at - x, -1);
        if (k > 0) put_both(&e, at, at - x * y, -1);
      }
    }
  }
  return matrix_of(&e);
}

static inline sl_status run(sl_factor *factor, uint64_t work) {
  sl_outcome outcome;
  do {
    sl_status status = sl_job_step(sl_factor_job(factor), work, &outcome);
    if (status != SL_OK) return status;
  } while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

static inline sl_factor *factorize(sl_csr *matrix, sl_factor_method method) {
  sl_factor *factor;
  assert_ok(sl_factor_create(matrix, method, SL_FACTOR_ORDER_AMD, &factor));
  assert_ok(run(factor, UINT64_MAX));
  return factor;
}

// The componentwise backward error of x, in 128-bit numbers.
static inline double backward_error(const sl_csr *matrix, const double *b, const double *x) {
  double worst = 0;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    __float128 sum = b[i], size = b[i] < 0 ? -b[i] : b[i];
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      __float128 term = (__float128)sl_csr_value(matrix, k) * x[matrix->columns[k]];
      sum -= term;
      size += term < 0 ? -term : term;
    }
    if (sum < 0) sum = -sum;
    double error = size > 0 ? (double)(sum / size) : 0;
    if (error > worst) worst = error;
  }
  return worst;
}

// Solves and checks that the reported backward error is right and at most `wanted`.
static inline void solve_well(sl_factor *factor, const sl_csr *matrix, const double *b, double *x,
                              double wanted) {
  double out[4], error;
  assert_ok(sl_factor_begin_solve(factor, b, 1, false, 10, 1e-14));
  assert_ok(run(factor, UINT64_MAX));
  assert_ok(sl_factor_read_solve(factor, x, out, &error));
  double exact = backward_error(matrix, b, x);
  assert_true(fabs(exact - out[1]) <= 1e-6 * exact + 1e-24);
  if (!(out[1] <= wanted)) fail_msg("backward error %g after %g corrections", out[1], out[3]);
}

#endif
