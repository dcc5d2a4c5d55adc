// Answers: bounds that must hold; inertia, determinant and condition number against LAPACK's (test/vectors/direct/inertia.py).
#include "factors.h"

#include <stdio.h>

static void agrees_with_lapack(void **state) {
  (void)state;
  FILE *file = fopen("test/vectors/direct/inertia.txt", "r");
  assert_non_null(file);
  uint32_t n, count, matrices = 0, known = 0;
  double positive, negative, log_size, condition;
  while (fscanf(file, "%u %u %lf %lf %lf %lf", &n, &count, &positive, &negative, &log_size,
                &condition) == 6) {
    entries e = {.n = n};
    for (uint32_t k = 0; k < count; k++) {
      uint32_t i, j;
      double value;
      assert_int_equal(fscanf(file, "%u %u %lf", &i, &j, &value), 3);
      put_both(&e, i, j, value);
    }
    sl_csr *matrix = matrix_of(&e);
    for (int method = SL_FACTOR_AUTO; method <= SL_FACTOR_LU; method++) {
      if (method == SL_FACTOR_CHOLESKY && negative > 0) continue;
      sl_factor *factor = factorize(matrix, (sl_factor_method)method);
      double facts[SL_FACTOR_FACTS], estimate, b[32], x[32];
      sl_factor_facts(factor, facts);
      if (facts[11] >= 0) {
        assert_true(facts[11] == positive && facts[12] == negative);
        known++;
      }
      assert_true(facts[9] == 0 ? facts[10] == -1 : facts[10] < n);
      if (facts[9] == 0) {
        assert_true(facts[13] == (fmod(negative, 2) == 0 ? 1 : -1));
        assert_true(fabs(facts[14] - log_size) < 1e-9);
        assert_ok(sl_factor_begin_condition(factor));
        assert_ok(run(factor, 1));
        assert_ok(sl_factor_read_condition(factor, &estimate));
        assert_true(estimate <= condition * (1 + 1e-8) && estimate >= condition / 3);
      }
      for (uint32_t i = 0; i < n; i++) b[i] = 1 + i % 3;
      solve_well(factor, matrix, b, x, 1e-14);
      sl_factor_destroy(factor);
    }
    sl_csr_destroy(matrix);
    matrices++;
  }
  fclose(file);
  assert_int_equal(matrices, 60);
  assert_true(known > 120);
}

// Random dominant matrices of eighths and an answer of whole numbers, so that the right-hand side is
// exact; slacks down to 2^-30 of the diagonal.
static void bounds_hold(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < SL_TRIES(10000); seed++) {
    sl_rng rng;
    sl_rng_seed(&rng, seed);
    uint32_t n = 1 + sl_rng_below(&rng, 20);
    double dense[20][20] = {{0}}, x[20], b[20] = {0}, y[20], out[4];
    bool symmetric = seed % 2 == 0;
    for (uint32_t k = 0; k < 3 * n; k++) {
      uint32_t i = sl_rng_below(&rng, n), j = sl_rng_below(&rng, n);
      dense[i][j] = ((double)sl_rng_below(&rng, 64) - 32) / 8;
      if (symmetric) dense[j][i] = dense[i][j];
    }
    double slack = ldexp(1, -(int)sl_rng_below(&rng, 31));
    entries e = {.n = n};
    for (uint32_t i = 0; i < n; i++) {
      double sum = slack;
      for (uint32_t j = 0; j < n; j++) sum += j != i ? fabs(dense[i][j]) : 0;
      dense[i][i] = sl_rng_below(&rng, 2) ? sum : -sum;
      x[i] = (double)sl_rng_below(&rng, 2000) - 1000;
      for (uint32_t j = 0; j < n; j++) {
        if (dense[i][j] != 0) put(&e, i, j, dense[i][j]);
      }
    }
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < n; j++) b[i] += dense[i][j] * x[j];
    }
    sl_csr *matrix = matrix_of(&e);
    sl_factor *factor = factorize(matrix, seed % 3 == 0 ? SL_FACTOR_LU : SL_FACTOR_AUTO);
    uint32_t refinements = sl_rng_below(&rng, 3);
    assert_ok(sl_factor_begin_solve(factor, b, 1, false, refinements, 1e-14));
    assert_ok(run(factor, 100));
    assert_ok(sl_factor_read_solve(factor, y, out, NULL));
    assert_true(out[2] < INFINITY);
    for (uint32_t i = 0; i < n; i++) assert_true(fabs(y[i] - x[i]) <= out[2]);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

// With a tolerance that every answer meets, no residual is computed: the same bits of x, an error of 1.
static void answers_may_go_unjudged(void **state) {
  (void)state;
  sl_csr *matrix = grid(6, 5, 1, -1);
  for (int transpose = 0; transpose < 2; transpose++) {
    for (int method = SL_FACTOR_CHOLESKY; method <= SL_FACTOR_LU; method++) {
      double b[60], x[60], y[60], out[4], errors[2];
      sl_factor *factor = factorize(matrix, (sl_factor_method)method);
      for (uint32_t i = 0; i < 60; i++) b[i] = 1.0 / (1 + i);
      assert_ok(sl_factor_begin_solve(factor, b, 2, transpose, 0, 1e-14));
      assert_ok(run(factor, 10));
      assert_ok(sl_factor_read_solve(factor, x, out, errors));
      assert_true(out[0] == SL_OUTCOME_CONVERGED && out[1] < 1e-14);
      assert_true(out[2] < 1e-12 || (transpose && method == SL_FACTOR_LU));
      assert_ok(sl_factor_begin_solve(factor, b, 2, transpose, 0, 1));
      assert_ok(run(factor, 10));
      assert_ok(sl_factor_read_solve(factor, y, out, errors));
      assert_memory_equal(x, y, sizeof x);
      assert_true(out[0] == SL_OUTCOME_CONVERGED && out[1] == 1 && out[2] == INFINITY);
      assert_true(errors[0] == 1 && errors[1] == 1 && out[3] == 0);
      sl_factor_destroy(factor);
    }
  }
  sl_csr_destroy(matrix);
  // An answer beyond the range of numbers is none.
  entries e = {.n = 1};
  put(&e, 0, 0, 1e-300);
  matrix = matrix_of(&e);
  sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
  double b = 1e300, x, out[4];
  assert_ok(sl_factor_begin_solve(factor, &b, 1, false, 0, 1));
  assert_ok(run(factor, 10));
  assert_ok(sl_factor_read_solve(factor, &x, out, NULL));
  assert_true(out[0] == SL_OUTCOME_BREAKDOWN && out[1] == INFINITY);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

static void solve_once(sl_factor *factor, const double *b, double *x, uint32_t columns,
                       bool transpose, double *out, double *errors) {
  assert_ok(sl_factor_begin_solve(factor, b, columns, transpose, 2, 1e-14));
  assert_ok(run(factor, 3));
  assert_ok(sl_factor_read_solve(factor, x, out, errors));
}

// 0 = 0 has no error. A zero that is stored does not make a term of what it stands at.
static void nothing_but_zeros_is_exact(void **state) {
  (void)state;
  for (int method = SL_FACTOR_CHOLESKY; method <= SL_FACTOR_LU; method++) {
    for (int transpose = 0; transpose < 2; transpose++) {
      entries e = {.n = 3};
      for (uint32_t i = 0; i < 3; i++) put(&e, i, i, 2 + i);
      put_both(&e, 0, 1, 0);
      put_both(&e, 1, 2, 0);
      sl_csr *matrix = matrix_of(&e);
      sl_factor *factor = factorize(matrix, (sl_factor_method)method);
      double b[] = {1, 0, 1}, x[3], out[4];
      solve_once(factor, b, x, 1, transpose, out, NULL);
      assert_true(x[1] == 0 && out[0] == SL_OUTCOME_CONVERGED && out[1] <= 0x1p-53);
      sl_factor_destroy(factor);
      sl_csr_destroy(matrix);
    }
  }
}

// Terms that vanish when they are scaled are some nevertheless. 2^900 x0 = 2^-20, x0 + x1 = 0, x2 = 2^500:
// beside the last one x0 is too small for x1 to be found, which is 2^-920 and not 0.
static void terms_that_vanish_count(void **state) {
  (void)state;
  entries e = {.n = 3};
  put(&e, 0, 0, 0x1p900);
  put(&e, 0, 1, 1);
  put(&e, 1, 1, 1);
  put(&e, 2, 2, 1);
  sl_csr *matrix = matrix_of(&e);
  sl_factor *factor = factorize(matrix, SL_FACTOR_LU);
  double b[] = {0x1p-20, 0, 0x1p500}, x[3], out[4];
  solve_once(factor, b, x, 1, true, out, NULL);
  assert_true(x[0] == 0x1p-920 && x[1] == 0 && x[2] == 0x1p500);
  assert_true(out[0] != SL_OUTCOME_CONVERGED && out[1] >= 1);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

// A column without an answer is told when the next one is not waited for.
static void stopping_hides_no_breakdown(void **state) {
  (void)state;
  entries e = {.n = 1};
  put(&e, 0, 0, 1e-300);
  sl_csr *matrix = matrix_of(&e);
  sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
  double b[] = {1e300, 1, 1}, x[3], out[4], errors[3] = {0};
  sl_outcome outcome;
  for (int k = 0; k < 100 && errors[0] != INFINITY; k++) {
    assert_ok(sl_factor_begin_solve(factor, b, 3, false, 0, 0));
    for (int t = 0; t <= k; t++) assert_ok(sl_job_step(sl_factor_job(factor), 1, &outcome));
    assert_int_equal(outcome, SL_OUTCOME_RUNNING);
    assert_ok(sl_job_stop(sl_factor_job(factor), SL_OUTCOME_WORK_LIMIT));
    assert_ok(sl_factor_read_solve(factor, x, out, errors));
    assert_true(out[1] >= errors[0] && errors[1] == 1 && errors[2] == 1);
  }
  assert_true(errors[0] == INFINITY && out[1] == INFINITY);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(agrees_with_lapack),      property(bounds_hold),
      property(answers_may_go_unjudged), property(nothing_but_zeros_is_exact),
      property(terms_that_vanish_count), property(stopping_hides_no_breakdown)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
