// Options, budgets, memory, large and odd shapes.
#include "base/memory.h"
#include "leastsquares.h"
#include "sparse/spmv.h"

static sl_csr *random_matrix(uint32_t m, uint32_t n, uint32_t in_row, uint64_t seed) {
  sl_rng rng;
  entries e = {0};
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < m; i++) {
    for (uint32_t k = 0; k < in_row; k++) {
      put(&e, i, (uint32_t)(sl_rng_double(&rng) * n), sl_rng_double(&rng) - 0.3);
    }
  }
  return shaped(&e, m, n);
}

static void refuse(sl_csr *matrix, const double *b, size_t count, asked a, sl_status status,
                   const char *argument) {
  sl_least_squares *least = (sl_least_squares *)&a;
  assert_refused(create(matrix, b, count, a, &least), status, argument);
  assert_null(least);
}

static void refuses_what_is_no_problem(void **state) {
  (void)state;
  sl_csr *tall = random_matrix(6, 4, 2, 1), *square = random_matrix(4, 4, 2, 2);
  double b[12] = {1, 2, 3, 4, 5, 6}, nan[6] = {1, 2, NAN, 4, 5, 6};
  asked good = by(SL_LEAST_LSMR), a;
#define REFUSE(field, value, name)                                                                 \
  a = good;                                                                                        \
  a.field = (value);                                                                               \
  refuse(tall, b, 6, a, SL_ERR_OPTION, name)
  REFUSE(method, -1, "method");
  REFUSE(method, 6, "method");
  REFUSE(damping, -1, "damping");
  REFUSE(damping, NAN, "damping");
  REFUSE(damping, INFINITY, "damping");
  REFUSE(tolerance, -1e-9, "tolerance");
  REFUSE(tolerance, 1.5, "tolerance");
  REFUSE(tolerance, NAN, "tolerance");
  REFUSE(max_iterations, 0, "max_iterations");
  REFUSE(condition_limit, 0.5, "condition_limit");
  REFUSE(condition_limit, INFINITY, "condition_limit");
  REFUSE(condition_limit, NAN, "condition_limit");
#undef REFUSE
  refuse(tall, b, 0, good, SL_ERR_SHAPE, "b");
  refuse(tall, b, 5, good, SL_ERR_SHAPE, "b");
  refuse(tall, b, 7, good, SL_ERR_SHAPE, "b");
  refuse(tall, nan, 6, good, SL_ERR_NOT_FINITE, "b");
  assert_int_equal(sl_last_error()->position, 2);
  a = by(SL_LEAST_MINRES);
  refuse(tall, b, 6, a, SL_ERR_NOT_SQUARE, "matrix");
  refuse(square, b, 4, a, SL_ERR_NOT_SYMMETRIC, "matrix");
  a.damping = 1;
  refuse(square, b, 4, a, SL_ERR_OPTION, "damping");
  a.damping = 0;
  a.column_scaling = true;
  refuse(square, b, 4, a, SL_ERR_OPTION, "column_scaling");
  sl_least_squares *least;
  double x[4], facts[SL_LEAST_FACTS];
  assert_ok(create(tall, b, 6, good, &least));
  assert_refused(sl_least_squares_read(least, x, facts), SL_ERR_STATE, "least_squares");
  sl_least_squares_destroy(least);
  sl_csr_destroy(tall);
  sl_csr_destroy(square);
}

// The same bits however the work is cut, and as in calls of their own.
static void gives_the_same_in_any_steps(void **state) {
  (void)state;
  enum { M = 700, N = 300, K = 3 };
  sl_csr *general = random_matrix(M, N, 4, 5), *symmetric = grid(20, 15, 1, 0.7);
  static double b[M * K], x[N * K], y[N * K];
  double facts[SL_LEAST_FACTS * K], others[SL_LEAST_FACTS * K];
  for (uint32_t i = 0; i < M * K; i++) b[i] = sin(i);
  for (int method = 0; method < 3; method++) {
    sl_csr *matrix = method == SL_LEAST_MINRES ? symmetric : general;
    uint32_t m = matrix->rows;
    sl_outcome outcome = solve_least(matrix, b, m * K, by(method), UINT64_MAX, x, facts);
    assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
    uint64_t works[] = {1, 999, 77777};
    for (int w = 0; w < 3; w++) {
      solve_least(matrix, b, m * K, by(method), works[w], y, others);
      assert_memory_equal(x, y, sizeof x);
      assert_memory_equal(facts, others, sizeof facts);
    }
    for (uint32_t c = 0; c < K; c++) {
      solve_least(matrix, b + c * m, m, by(method), 5000, y, others);
      assert_memory_equal(x + c * N, y, N * sizeof *y);
      assert_memory_equal(facts + c * SL_LEAST_FACTS, others, SL_LEAST_FACTS * sizeof *facts);
    }
  }
  sl_csr_destroy(general);
  sl_csr_destroy(symmetric);
}

static double norm(const double *x, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sqrt(sum);
}

// Whatever it was doing: what has been reached is there, with bounds that hold.
static void stops_from_outside(void **state) {
  (void)state;
  enum { M = 500, N = 300, K = 2 };
  sl_csr *general = random_matrix(M, N, 3, 9), *symmetric = grid(20, 15, 1, 0.7);
  static double b[M * K], x[N * K];
  double facts[SL_LEAST_FACTS * K];
  uint32_t ended = 0, halfway = 0;
  for (uint32_t i = 0; i < M * K; i++) b[i] = cos(i);
  for (uint32_t steps = 0; steps < 900; steps += 1 + steps / 10) {
    for (int method = 0; method < 3; method++) {
      sl_csr *matrix = method == SL_LEAST_MINRES ? symmetric : general;
      uint32_t m = matrix->rows, n = matrix->cols;
      sl_least_squares *least;
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      assert_ok(create(matrix, b, m * K, by(method), &least));
      for (uint32_t s = 0; s < steps && outcome == SL_OUTCOME_RUNNING; s++) {
        assert_ok(sl_job_step(sl_least_squares_job(least), 3000, &outcome));
      }
      assert_ok(sl_job_stop(sl_least_squares_job(least), SL_OUTCOME_TIME_LIMIT));
      assert_ok(sl_least_squares_read(least, x, facts));
      ended += outcome != SL_OUTCOME_RUNNING;
      for (uint32_t c = 0; c < K; c++) {
        const double *own = facts + c * SL_LEAST_FACTS;
        double r[M];
        sl_csr_multiply(matrix, x + c * n, r);
        for (uint32_t i = 0; i < m; i++) r[i] = b[c * m + i] - r[i];
        assert_true(norm(r, m) <= own[3] * (1 + 1e-12));
        assert_true(own[0] == SL_OUTCOME_CONVERGED || own[0] == SL_OUTCOME_TIME_LIMIT);
        halfway += own[0] == SL_OUTCOME_TIME_LIMIT && own[1] > 0 && own[3] < 0.9 * norm(b, m);
      }
      sl_least_squares_destroy(least);
    }
  }
  assert_true(ended > 2 && halfway > 10);
  asked few = by(SL_LEAST_LSQR);
  few.max_iterations = 5;
  assert_int_equal(solve_least(general, b, M, few, 100, x, facts), SL_OUTCOME_ITERATION_LIMIT);
  assert_true(facts[1] == 5);
  asked wary = by(SL_LEAST_LSMR);
  wary.condition_limit = 2;
  assert_int_equal(solve_least(general, b, M, wary, 100, x, facts), SL_OUTCOME_SINGULAR);
  assert_true(facts[7] > 2);
  sl_csr_destroy(general);
  sl_csr_destroy(symmetric);
}

static void gives_everything_back_without_memory(void **state) {
  (void)state;
  enum { M = 60, N = 40 };
  sl_csr *matrix = random_matrix(M, N, 3, 4), *symmetric = grid(10, 4, 1, 0.7);
  const sl_matrix_class *known;
  assert_ok(sl_csr_classify(symmetric, &known));
  double b[M] = {1, 2, 3}, x[N], facts[SL_LEAST_FACTS];
  for (int method = 0; method < 3; method++) {
    uint32_t refused = 0;
    bool whole = false;
    for (uint64_t bytes = 0; !whole; bytes += 97) {
      sl_csr *a = method == SL_LEAST_MINRES ? symmetric : matrix;
      sl_memory_budget budget;
      sl_least_squares *least;
      sl_memory_budget_begin(&budget, bytes);
      sl_status status = create(a, b, a->rows, by(method), &least);
      if (status == SL_OK) {
        run_least(least, 1000);
        assert_ok(sl_least_squares_read(least, x, facts));
        assert_true(sl_least_squares_bytes(least) <= bytes);
        sl_least_squares_destroy(least);
        whole = true;
      } else {
        assert_int_equal(status, SL_ERR_MEMORY);
        refused++;
      }
      assert_true(sl_memory_budget_end(&budget) == 0);
    }
    assert_true(refused > 20);
  }
  sl_csr_destroy(matrix);
  sl_csr_destroy(symmetric);
}

// A star: one row that touches every column, or one column that every row touches.
static void takes_stars(void **state) {
  (void)state;
  enum { N = 20000 };
  static double b[N + 2], x[N + 1];
  double facts[SL_LEAST_FACTS];
  for (int down = 0; down < 2; down++) {
    entries e = {0};
    for (uint32_t i = 0; i < N; i++) put(&e, down ? i : 0, down ? 0 : i, 1 + i % 3);
    put(&e, down ? N : 0, down ? 0 : N, 1);
    sl_csr *matrix = shaped(&e, down ? N + 1 : 1, down ? 1 : N + 1);
    for (uint32_t i = 0; i <= N + 1; i++) b[i] = i % 7;
    for (int method = 0; method < 2; method++) {
      assert_int_equal(solve_least(matrix, b + 1, matrix->rows, by(method), 1000, x, facts),
                       SL_OUTCOME_CONVERGED);
      assert_true(facts[1] <= 3);
    }
    sl_csr_destroy(matrix);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(refuses_what_is_no_problem),
      property(gives_the_same_in_any_steps),
      property(stops_from_outside),
      property(gives_everything_back_without_memory),
      property(takes_stars),
  };
  return cmocka_run_group_tests_name("leastsquares_limits", tests, NULL, NULL);
}
