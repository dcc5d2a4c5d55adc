// Answers that are known in closed form.
#include "leastsquares.h"

static const int methods[] = {SL_LEAST_LSMR, SL_LEAST_LSQR};

// The line through points: slope and height by the textbook.
static void fits_a_line(void **state) {
  (void)state;
  enum { M = 40 };
  double b[M], x[2], facts[SL_LEAST_FACTS], t = 0, tt = 0, y = 0, ty = 0;
  entries e = {0};
  for (uint32_t i = 0; i < M; i++) {
    b[i] = 3 + 2.0 * i + sin(i);
    put(&e, i, 0, 1);
    put(&e, i, 1, i);
    t += i;
    tt += (double)i * i;
    y += b[i];
    ty += i * b[i];
  }
  double slope = (M * ty - t * y) / (M * tt - t * t);
  sl_csr *matrix = shaped(&e, M, 2);
  for (int k = 0; k < 4; k++) {
    asked a = by(methods[k / 2]);
    a.column_scaling = k % 2;
    assert_int_equal(solve_least(matrix, b, M, a, 100, x, facts), SL_OUTCOME_CONVERGED);
    assert_true(fabs(x[1] - slope) < 1e-9 && fabs(x[0] - (y - slope * t) / M) < 1e-9);
    assert_true(facts[6] == 0 && facts[5] <= 1e-12 && facts[1] <= 6);
    assert_true(facts[3] > 1 && facts[3] < sqrt(M));
    assert_true(fabs(facts[8] - hypot(x[0], x[1])) < 1e-12 * facts[8]);
  }
  sl_csr_destroy(matrix);
}

// Differences along the edges of a path and back: potentials but for a constant, those of sum 0.
static void finds_the_shortest_of_many(void **state) {
  (void)state;
  enum { N = 30 };
  double b[N], x[N], facts[SL_LEAST_FACTS];
  entries e = {0};
  for (uint32_t i = 0; i < N; i++) {
    put(&e, i, i, -1);
    put(&e, i, (i + 1) % N, 1);
    b[i] = cos(i);
  }
  sl_csr *matrix = shaped(&e, N, N);
  // The best answer takes from each edge of the circle the same.
  double mean = 0, wanted[N], sum = 0;
  for (uint32_t i = 0; i < N; i++) mean += b[i] / N;
  wanted[0] = 0;
  for (uint32_t i = 0; i + 1 < N; i++) wanted[i + 1] = wanted[i] + b[i] - mean;
  for (uint32_t i = 0; i < N; i++) sum += wanted[i] / N;
  for (int k = 0; k < 2; k++) {
    assert_int_equal(solve_least(matrix, b, N, by(methods[k]), 100, x, facts),
                     SL_OUTCOME_CONVERGED);
    for (uint32_t i = 0; i < N; i++) assert_true(fabs(x[i] - wanted[i] + sum) < 1e-9);
    assert_true(fabs(facts[3] - fabs(mean) * sqrt(N)) < 1e-9);
  }
  sl_csr_destroy(matrix);
}

// One equation: x along its coefficients.
static void solves_what_has_more_unknowns(void **state) {
  (void)state;
  double b = 10, x[3], facts[SL_LEAST_FACTS];
  entries e = {0};
  for (uint32_t j = 0; j < 3; j++) put(&e, 0, j, j + 1);
  sl_csr *matrix = shaped(&e, 1, 3);
  for (int k = 0; k < 2; k++) {
    assert_int_equal(solve_least(matrix, &b, 1, by(methods[k]), 1, x, facts), SL_OUTCOME_CONVERGED);
    for (uint32_t j = 0; j < 3; j++) assert_true(fabs(x[j] - b * (j + 1) / 14) < 1e-12);
    assert_true(facts[6] == 1);
  }
  sl_csr_destroy(matrix);
}

// With damping: a b / (a^2 + damping^2) for each row of a diagonal.
static void damps(void **state) {
  (void)state;
  enum { N = 9 };
  double b[2 * N], x[2 * N], facts[2 * SL_LEAST_FACTS];
  entries e = {0};
  for (uint32_t i = 0; i < N; i++) {
    put(&e, i, i, ldexp(1, -(int)i));
    b[i] = 1;
    b[N + i] = i;
  }
  sl_csr *matrix = shaped(&e, N, N);
  for (int k = 0; k < 4; k++) {
    asked a = by(methods[k / 2]);
    a.damping = 0.1;
    a.column_scaling = k % 2;
    assert_int_equal(solve_least(matrix, b, 2 * N, a, 50, x, facts), SL_OUTCOME_CONVERGED);
    for (uint32_t i = 0; i < 2 * N; i++) {
      double d = ldexp(1, -(int)(i % N));
      assert_true(fabs(x[i] - d * b[i] / (d * d + 0.01)) < 1e-9);
    }
  }
  sl_csr_destroy(matrix);
}

// Indefinite, and singular with what does not fit: the answer of least length, of MINRES as of others.
static void minres_knows_singular_matrices(void **state) {
  (void)state;
  enum { N = 50 };
  double b[N], x[N], y[N], facts[SL_LEAST_FACTS];
  for (int shift = 0; shift < 2; shift++) {
    entries e = {.n = N};
    for (uint32_t i = 0; i < N; i++) {
      put(&e, i, i, shift ? -0.7 : i == 0 || i == N - 1 ? 1 : 2);
      if (i > 0) put_both(&e, i, i - 1, -1);
      b[i] = sin(1.0 + i * i);
    }
    sl_csr *matrix = matrix_of(&e);
    asked a = by(SL_LEAST_MINRES);
    a.tolerance = 1e-11;
    assert_int_equal(solve_least(matrix, b, N, a, 99, x, facts), SL_OUTCOME_CONVERGED);
    assert_true(facts[6] == (shift ? 1 : 0));
    assert_int_equal(solve_least(matrix, b, N, by(SL_LEAST_LSQR), 99, y, facts),
                     SL_OUTCOME_CONVERGED);
    for (uint32_t i = 0; i < N; i++)
      if (!(fabs(x[i] - y[i]) < 1e-6))
        fail_msg("shift %d %u: %g %g; %g %g %g %g", shift, i, x[i], y[i], facts[1], facts[2],
                 facts[5], facts[8]);
    if (!shift) {
      double sum = 0;
      for (uint32_t i = 0; i < N; i++) sum += x[i];
      assert_true(fabs(sum) < 1e-6);
    }
    sl_csr_destroy(matrix);
  }
}

// Columns whose sizes differ by 10^6: with scaling a few iterations do.
static void scales_columns(void **state) {
  (void)state;
  enum { M = 60, N = 20 };
  double b[M], x[N], facts[SL_LEAST_FACTS];
  entries e = {0};
  for (uint32_t i = 0; i < M; i++) {
    put(&e, i, i % N, pow(10, 6.0 * (i % N) / N) * (1 + 0.1 * sin(i)));
    put(&e, i, (i * 7 + 3) % N, 0.1 * pow(10, 6.0 * ((i * 7 + 3) % N) / N));
    b[i] = 1 + cos(i);
  }
  sl_csr *matrix = shaped(&e, M, N);
  for (int k = 0; k < 2; k++) {
    asked a = by(methods[k]);
    a.column_scaling = true;
    assert_int_equal(solve_least(matrix, b, M, a, 1000, x, facts), SL_OUTCOME_CONVERGED);
    double scaled = facts[1];
    assert_true(scaled < 60);
    a.column_scaling = false;
    solve_least(matrix, b, M, a, 1000, x, facts);
    assert_true(facts[1] > 1.5 * scaled);
  }
  sl_csr_destroy(matrix);
}

static void gives_zero_for_zero(void **state) {
  (void)state;
  sl_csr *matrix = grid(3, 1, 1, 0);
  double b[6] = {0, 0, 0, 1, 2, 3}, x[6], facts[2 * SL_LEAST_FACTS];
  for (int method = 0; method < 3; method++) {
    assert_int_equal(solve_least(matrix, b, 6, by(method), 1, x, facts), SL_OUTCOME_CONVERGED);
    for (int i = 0; i < 3; i++) assert_true(x[i] == 0);
    for (int i = 1; i < 6; i++) assert_true(facts[i] == 0);
    assert_true(facts[6] == 1 && x[3] != 0);
  }
  sl_csr_destroy(matrix);
}

// Numbers from all over the range, and what has no entries.
static void takes_any_numbers(void **state) {
  (void)state;
  double x[2], facts[SL_LEAST_FACTS];
  for (int power = -1060; power <= 1000; power += 103) {
    entries e = {0};
    put(&e, 0, 0, ldexp(3, power));
    put(&e, 1, 1, ldexp(5, power));
    put(&e, 2, 1, ldexp(1, power));
    double b[] = {ldexp(6, power), ldexp(26, power), 0};
    sl_csr *matrix = shaped(&e, 3, 2);
    for (int k = 0; k < 2; k++) {
      solve_least(matrix, b, 3, by(methods[k]), 1, x, facts);
      assert_true(fabs(x[0] - 2) < 1e-9 && fabs(x[1] - 5) < 1e-9);
    }
    sl_csr_destroy(matrix);
  }
  entries none = {0};
  put(&none, 0, 0, 0);
  sl_csr *zero = shaped(&none, 2, 2);
  double b[] = {3, 4};
  for (int method = 0; method < 3; method++) {
    assert_int_equal(solve_least(zero, b, 2, by(method), 1, x, facts), SL_OUTCOME_CONVERGED);
    assert_true(x[0] == 0 && x[1] == 0 && facts[4] == 0 && facts[5] == 0);
    assert_true(facts[3] >= 5 && facts[3] < 5 + 1e-12);
    double nothing[] = {0, 0};
    assert_int_equal(solve_least(zero, nothing, 2, by(method), 1, x, facts), SL_OUTCOME_CONVERGED);
    assert_true(facts[3] == 0 && facts[6] == 1);
  }
  sl_csr_destroy(zero);
  // An answer beyond the range.
  entries tiny = {0};
  put(&tiny, 0, 0, 0x1p-1000);
  sl_csr *small = shaped(&tiny, 1, 1);
  double huge = 0x1p1000;
  for (int method = 0; method < 3; method++) {
    assert_int_equal(solve_least(small, &huge, 1, by(method), 1, x, facts), SL_OUTCOME_BREAKDOWN);
    assert_true(x[0] == 0 && facts[5] == 1);
  }
  sl_csr_destroy(small);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(fits_a_line),
      property(finds_the_shortest_of_many),
      property(solves_what_has_more_unknowns),
      property(damps),
      property(minres_knows_singular_matrices),
      property(scales_columns),
      property(gives_zero_for_zero),
      property(takes_any_numbers),
  };
  return cmocka_run_group_tests_name("leastsquares_answers", tests, NULL, NULL);
}
