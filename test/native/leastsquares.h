// What the tests of least squares share.
#ifndef SL_TEST_LEASTSQUARES_H
#define SL_TEST_LEASTSQUARES_H

#include "factors.h"
#include "leastsquares/leastsquares.h"

typedef struct asked {
  int method;
  double damping, tolerance, condition_limit;
  uint32_t max_iterations;
  bool column_scaling;
  double drop, fill;
} asked;

static inline asked by(int method) {
  return (asked){
      .method = method, .tolerance = 1e-12, .max_iterations = 10000, .drop = 1e-3, .fill = 10};
}

static inline sl_status create(sl_csr *matrix, const double *b, size_t count, asked a,
                               sl_least_squares **out) {
  return sl_least_squares_create(matrix, b, count, a.method, a.damping, a.tolerance,
                                 a.max_iterations, a.condition_limit, a.column_scaling, a.drop,
                                 a.fill, out);
}

static inline sl_outcome run_least(sl_least_squares *least, uint64_t work) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_least_squares_job(least), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return outcome;
}

// x: n k numbers, facts: SL_LEAST_FACTS k numbers, both written.
static inline sl_outcome solve_least(sl_csr *matrix, const double *b, size_t count, asked a,
                                     uint64_t work, double *x, double *facts) {
  sl_least_squares *least;
  assert_ok(create(matrix, b, count, a, &least));
  sl_outcome outcome = run_least(least, work);
  assert_ok(sl_least_squares_read(least, x, facts));
  sl_least_squares_destroy(least);
  return outcome;
}

// A matrix of any shape.
static inline sl_csr *shaped(entries *e, uint32_t rows, uint32_t cols) {
  sl_csr *matrix;
  assert_ok(sl_csr_from_coo(rows, cols, e->count, e->rows, e->columns, e->values, SL_VALUES_F64,
                            &matrix));
  free(e->rows);
  free(e->columns);
  free(e->values);
  return matrix;
}

#endif
