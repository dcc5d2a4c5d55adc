// Methods that make a factor: conjugate gradients and GMRES with incomplete ones, and QR, beside what is
// known in closed form and a dense factorisation in long double.
#include "base/memory.h"
#include "leastsquares.h"

enum { MOST = 48 };

static sl_status run_any(sl_least_squares *least, uint64_t work) {
  sl_outcome outcome;
  do {
    sl_status status = sl_job_step(sl_least_squares_job(least), work, &outcome);
    if (status != SL_OK) return status;
  } while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

// b = A x for x of these numbers, or others with a lot of digits.
static double *right_side(const sl_csr *a, double *wanted) {
  double *b = calloc(a->rows, sizeof *b);
  for (uint32_t j = 0; j < a->cols; j++) wanted[j] = 1 + sin(j);
  for (uint32_t i = 0; i < a->rows; i++) {
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      b[i] += sl_csr_value(a, p) * wanted[a->columns[p]];
    }
  }
  return b;
}

static double worst(const double *x, const double *wanted, uint32_t n) {
  double most = 0;
  for (uint32_t i = 0; i < n; i++) most = fmax(most, fabs(x[i] - wanted[i]));
  return most;
}

// Fewer entries of the factor: more iterations. With all of them one or two are enough.
static void iterations_fall_with_the_entries_of_the_factor(void **state) {
  (void)state;
  sl_csr *plane = grid(60, 60, 1, 0);
  for (int method = SL_LEAST_CG; method <= SL_LEAST_GMRES; method++) {
    double x[3600], wanted[3600], facts[SL_LEAST_FACTS], before = INFINITY;
    double *b = right_side(plane, wanted);
    double drops[] = {1, 1e-2, 1e-4, 0};
    for (int k = 0; k < 4; k++) {
      asked a = by(method);
      a.drop = drops[k];
      a.fill = k == 3 ? 1e6 : 20;
      a.tolerance = 1e-13;
      assert_int_equal(solve_least(plane, b, 3600, a, 5000, x, facts), SL_OUTCOME_CONVERGED);
      assert_true(worst(x, wanted, 3600) < 1e-8 && facts[5] <= 1e-13);
      assert_true(facts[1] < before);
      before = facts[1];
    }
    assert_true(before <= 3);
    free(b);
  }
  sl_csr_destroy(plane);
}

// Rows in another order, so that the diagonal is empty, with a flow across the grid.
static void solves_without_a_diagonal(void **state) {
  (void)state;
  enum { SIDE = 40, N = SIDE * SIDE };
  entries e = {.n = N};
  for (uint32_t i = 0; i < N; i++) {
    uint32_t row = (i * 7 + 3) % N, x = i % SIDE, y = i / SIDE;
    put(&e, row, i, 4.5);
    if (x > 0) put(&e, row, i - 1, -1.4);
    if (x + 1 < SIDE) put(&e, row, i + 1, -0.6);
    if (y > 0) put(&e, row, i - SIDE, -1.2);
    if (y + 1 < SIDE) put(&e, row, i + SIDE, -0.8);
  }
  sl_csr *matrix = matrix_of(&e);
  double *x = malloc(2 * N * sizeof *x), *wanted = x + N, facts[SL_LEAST_FACTS];
  double *b = right_side(matrix, wanted);
  assert_int_equal(solve_least(matrix, b, N, by(SL_LEAST_GMRES), 5000, x, facts),
                   SL_OUTCOME_CONVERGED);
  assert_true(worst(x, wanted, N) < 1e-8 && facts[1] <= 60);
  free(x);
  free(b);
  sl_csr_destroy(matrix);
}

// Not definite: what is proved of the answer is true whatever comes.
static void conjugate_gradients_need_a_definite_matrix(void **state) {
  (void)state;
  sl_csr *matrix = grid(20, 20, 1, 3.3);
  double x[400], wanted[400], facts[SL_LEAST_FACTS];
  double *b = right_side(matrix, wanted);
  sl_outcome outcome = solve_least(matrix, b, 400, by(SL_LEAST_CG), 5000, x, facts);
  assert_true(outcome == SL_OUTCOME_CONVERGED ? facts[5] <= 1e-12 : facts[5] > 1e-12);
  asked a = by(SL_LEAST_GMRES);
  assert_int_equal(solve_least(matrix, b, 400, a, 5000, x, facts), SL_OUTCOME_CONVERGED);
  assert_true(worst(x, wanted, 400) < 1e-6);
  free(b);
  sl_csr_destroy(matrix);
}

// ---- QR -----------------------------------------------------------------------------------------

typedef long double wide;

// argmin |b - A x| by Householder vectors of the dense matrix. Returns the smallest |r_kk| over the
// largest.
static double dense_least(const sl_csr *a, const double *b, double damping, double *x) {
  static wide q[2 * MOST][MOST], y[2 * MOST];
  uint32_t m = a->rows, n = a->cols, rows = damping > 0 ? m + n : m;
  memset(q, 0, sizeof q);
  memset(y, 0, sizeof y);
  for (uint32_t i = 0; i < m; i++) {
    y[i] = b[i];
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      q[i][a->columns[p]] = sl_csr_value(a, p);
    }
  }
  for (uint32_t j = 0; damping > 0 && j < n; j++) q[m + j][j] = damping;
  double least = INFINITY, most = 0;
  for (uint32_t k = 0; k < n; k++) {
    wide squares = 0;
    for (uint32_t i = k; i < rows; i++) squares += q[i][k] * q[i][k];
    wide size = sqrtl(squares), first = q[k][k] < 0 ? q[k][k] - size : q[k][k] + size;
    wide v[2 * MOST] = {0}, length = 0;
    for (uint32_t i = k; i < rows; i++) {
      v[i] = i == k ? first : q[i][k];
      length += v[i] * v[i];
    }
    for (uint32_t c = k; c <= n && length > 0; c++) {
      wide sum = 0;
      for (uint32_t i = k; i < rows; i++) sum += v[i] * (c == n ? y[i] : q[i][c]);
      for (uint32_t i = k; i < rows; i++) {
        if (c == n)
          y[i] -= 2 * sum / length * v[i];
        else
          q[i][c] -= 2 * sum / length * v[i];
      }
    }
    least = fmin(least, fabs((double)q[k][k]));
    most = fmax(most, fabs((double)q[k][k]));
  }
  for (uint32_t k = n; k-- > 0;) {
    wide sum = y[k];
    for (uint32_t c = k + 1; c < n; c++) sum -= q[k][c] * x[c];
    x[k] = (double)(sum / q[k][k]);
  }
  return least / most;
}

// Structures: scattered, bands, blocks, an arrow, rows and columns that are empty but for one entry,
// differences along a graph, columns of different sizes.
static sl_csr *random_tall(sl_rng *rng, uint32_t kind) {
  uint32_t n = 1 + sl_rng_below(rng, MOST), m = n + sl_rng_below(rng, MOST - n + 1);
  entries e = {.n = n};
  for (uint32_t i = 0; i < m; i++) {
    uint32_t count = 1 + sl_rng_below(rng, 4);
    for (uint32_t k = 0; k < count; k++) {
      uint32_t j = kind == 1   ? (i * n / m + k) % n
                   : kind == 2 ? (i * n / m) / 5 * 5 % n + sl_rng_below(rng, 5)
                   : kind == 3 ? (k == 0 ? 0 : i % n)
                               : sl_rng_below(rng, n);
      double value = 2 * sl_rng_double(rng) - 1;
      if (kind == 4) value = k % 2 ? 1 : -1;
      if (kind == 5) value = ldexp(value, (int)(j % 40) * 10 - 200);
      if (j < n) put(&e, i, j, value);
    }
    if (i < n) put(&e, i, i, kind == 5 ? ldexp(1.5, (int)(i % 40) * 10 - 200) : 1.5);
  }
  return shaped(&e, m, n);
}

static void qr_agrees_with_a_dense_one(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  uint32_t compared = 0, refused = 0;
  for (uint32_t trial = 0; trial < 360; trial++) {
    sl_csr *matrix = random_tall(&rng, trial % 6);
    uint32_t m = matrix->rows, n = matrix->cols;
    double b[2 * MOST], x[2 * MOST], wanted[MOST], facts[2 * SL_LEAST_FACTS];
    for (uint32_t i = 0; i < m; i++) b[i] = 2 * sl_rng_double(&rng) - 1;
    for (uint32_t i = 0; i < m; i++) b[m + i] = 1;
    asked a = by(SL_LEAST_QR);
    if (trial % 12 == 6) a.damping = 0.1;
    double part = dense_least(matrix, b, a.damping, wanted);
    sl_least_squares *least;
    assert_ok(create(matrix, b, 2 * m, a, &least));
    sl_status status = run_any(least, 1 + sl_rng_below(&rng, 500));
    if (status != SL_OK) {
      assert_int_equal(status, SL_ERR_SINGULAR);
      assert_true(sl_last_error()->position < n);
      assert_true(part < 1e-9);
      refused++;
    } else {
      assert_ok(sl_least_squares_read(least, x, facts));
      assert_true(facts[0] == SL_OUTCOME_CONVERGED && facts[5] <= 1e-12 && facts[1] <= 4);
      double scale = 0;
      for (uint32_t j = 0; j < n; j++) scale = fmax(scale, fabs(wanted[j]));
      bool uneven = trial % 6 == 5; // the sizes of x differ by hundreds of orders: |r| decides
      for (uint32_t j = 0; j < n && !uneven; j++) {
        if (!(fabs(x[j] - wanted[j]) <= 1e-12 / part * (1 + 1 / part) * scale))
          fail_msg("trial %u: %g, wanted %g", trial, x[j], wanted[j]);
      }
      compared++;
    }
    sl_least_squares_destroy(least);
    sl_csr_destroy(matrix);
  }
  assert_true(compared >= 300 && refused < 60);
}

static void qr_names_columns_that_depend_on_others(void **state) {
  (void)state;
  double b[6] = {1, 2, 3, 4, 5, 6};
  for (uint32_t kind = 0; kind < 3; kind++) {
    // Column 2 is twice column 0, their sum with column 1, or empty.
    entries e = {0};
    for (uint32_t i = 0; i < 6; i++) {
      double first = i % 3 + 1.0, second = i == 1 || i == 4 ? 0.3 : 0;
      put(&e, i, 0, first);
      if (second != 0) put(&e, i, 1, second);
      if (kind == 0) put(&e, i, 2, 2 * first);
      if (kind == 1) put(&e, i, 2, first + second);
    }
    sl_csr *matrix = shaped(&e, 6, 3);
    sl_least_squares *least;
    assert_ok(create(matrix, b, 6, by(SL_LEAST_QR), &least));
    assert_refused(run_any(least, 3), SL_ERR_SINGULAR, "matrix");
    assert_true(sl_last_error()->position < 3);
    if (kind == 2) assert_true(sl_last_error()->position == 2);
    sl_least_squares_destroy(least);
    // With damping they do not.
    asked a = by(SL_LEAST_QR);
    a.damping = 1e-3;
    double x[3], facts[SL_LEAST_FACTS];
    assert_int_equal(solve_least(matrix, b, 6, a, 3, x, facts), SL_OUTCOME_CONVERGED);
    sl_csr_destroy(matrix);
  }
}

// ---- all of them --------------------------------------------------------------------------------

static void refuses_what_a_method_does_not_take(void **state) {
  (void)state;
  entries e = {0};
  put(&e, 0, 0, 1);
  put(&e, 0, 1, 2);
  sl_csr *wide_one = shaped(&e, 1, 2), *plane = grid(3, 3, 1, 0);
  entries skew = {.n = 2};
  put(&skew, 0, 1, 1);
  put(&skew, 1, 0, 2);
  sl_csr *unsymmetric = matrix_of(&skew);
  double b[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  sl_least_squares *least;
  asked a = by(SL_LEAST_QR);
  assert_refused(create(wide_one, b, 1, a, &least), SL_ERR_OPTION, "method");
  assert_refused(create(wide_one, b, 1, by(SL_LEAST_GMRES), &least), SL_ERR_NOT_SQUARE, "matrix");
  assert_refused(create(unsymmetric, b, 2, by(SL_LEAST_CG), &least), SL_ERR_NOT_SYMMETRIC,
                 "matrix");
  assert_refused(create(plane, b, 9, by(6), &least), SL_ERR_OPTION, "method");
  a = by(SL_LEAST_CG);
  a.column_scaling = true;
  assert_refused(create(plane, b, 9, a, &least), SL_ERR_OPTION, "column_scaling");
  a = by(SL_LEAST_GMRES);
  a.damping = 1;
  assert_refused(create(plane, b, 9, a, &least), SL_ERR_OPTION, "damping");
  a.damping = 0;
  a.drop = NAN;
  assert_refused(create(plane, b, 9, a, &least), SL_ERR_OPTION, "drop_tolerance");
  a.drop = 0;
  a.fill = INFINITY;
  assert_refused(create(plane, b, 9, a, &least), SL_ERR_OPTION, "fill");
  sl_csr_destroy(wide_one);
  sl_csr_destroy(plane);
  sl_csr_destroy(unsymmetric);
}

// The same bits however the work is cut; memory that runs out, and stops from outside, at any time.
static void steps_limits_and_stops(void **state) {
  (void)state;
  sl_csr *plane = grid(14, 13, 1, 0);
  const sl_matrix_class *known;
  assert_ok(sl_csr_classify(plane, &known));
  enum { N = 14 * 13 };
  double b[N], x[N], y[N], facts[SL_LEAST_FACTS], others[SL_LEAST_FACTS];
  for (uint32_t i = 0; i < N; i++) b[i] = sin(i);
  for (int method = SL_LEAST_CG; method <= SL_LEAST_QR; method++) {
    assert_int_equal(solve_least(plane, b, N, by(method), UINT64_MAX, x, facts),
                     SL_OUTCOME_CONVERGED);
    uint64_t works[] = {1, 97, 10000};
    for (int w = 0; w < 3; w++) {
      solve_least(plane, b, N, by(method), works[w], y, others);
      assert_memory_equal(x, y, sizeof x);
      assert_memory_equal(facts, others, sizeof facts);
    }
    uint32_t refused = 0;
    bool whole = false;
    for (size_t bytes = 1000; !whole; bytes += bytes / 30) {
      sl_memory_budget budget;
      sl_least_squares *least = NULL;
      sl_memory_budget_begin(&budget, bytes);
      sl_status status = create(plane, b, N, by(method), &least);
      if (status == SL_OK) status = run_any(least, 500);
      whole = status == SL_OK;
      if (!whole) assert_int_equal(status, SL_ERR_MEMORY);
      refused += !whole;
      sl_least_squares_destroy(least);
      assert_true(sl_memory_budget_end(&budget) == 0);
    }
    assert_true(refused > 20);
    for (uint32_t steps = 0; steps < 60; steps += 1 + steps / 5) {
      sl_least_squares *least;
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      assert_ok(create(plane, b, N, by(method), &least));
      for (uint32_t s = 0; s < steps && outcome == SL_OUTCOME_RUNNING; s++) {
        assert_ok(sl_job_step(sl_least_squares_job(least), 300, &outcome));
      }
      assert_ok(sl_job_stop(sl_least_squares_job(least), SL_OUTCOME_TIME_LIMIT));
      assert_ok(sl_least_squares_read(least, y, others));
      assert_true(others[5] <= 1);
      sl_least_squares_destroy(least);
    }
  }
  sl_csr_destroy(plane);
}

// What was made of the matrix serves the next right-hand side: the same bits as for a new object.
static void begins_with_another_right_hand_side(void **state) {
  (void)state;
  enum { SIDE = 24, N = SIDE * SIDE };
  sl_csr *plane = grid(SIDE, SIDE, 1, 0);
  double b[N], c[N], x[N], y[N], facts[SL_LEAST_FACTS], others[SL_LEAST_FACTS];
  for (uint32_t i = 0; i < N; i++) b[i] = sin(i), c[i] = 1 + cos(3.0 * i);
  for (int method = SL_LEAST_LSMR; method <= SL_LEAST_QR; method++) {
    bool has_factor = method >= SL_LEAST_CG;
    sl_outcome expected = solve_least(plane, c, N, by(method), 2000, y, others);
    for (int stops = 0; stops < 3; stops++) {
      sl_least_squares *least;
      sl_outcome outcome;
      assert_ok(create(plane, b, N, by(method), &least));
      assert_true(sl_least_squares_setup_work(least) == 0);
      if (stops > 0) {
        // Within the factor, or in the middle of the iterations.
        uint64_t work = stops == 1 ? 300 : 60000;
        assert_ok(sl_job_step(sl_least_squares_job(least), work, &outcome));
        assert_ok(sl_job_stop(sl_least_squares_job(least), SL_OUTCOME_TIME_LIMIT));
      } else {
        run_least(least, 2000);
        assert_true((sl_least_squares_setup_work(least) > 0) == has_factor);
      }
      assert_ok(sl_least_squares_begin(least, c, 10000, false));
      assert_int_equal(sl_least_squares_read(least, x, facts), SL_ERR_STATE);
      assert_int_equal(run_least(least, 700), expected);
      assert_ok(sl_least_squares_read(least, x, facts));
      assert_memory_equal(x, y, sizeof x);
      assert_memory_equal(facts, others, sizeof facts);
      assert_ok(sl_least_squares_begin(least, c, 1, false));
      assert_true(run_least(least, 700) <= SL_OUTCOME_ITERATION_LIMIT);
      b[7] = NAN;
      assert_int_equal(sl_least_squares_begin(least, b, 1, false), SL_ERR_NOT_FINITE);
      b[7] = sin(7);
      assert_int_equal(sl_least_squares_begin(least, b, 0, false), SL_ERR_OPTION);
      sl_least_squares_destroy(least);
    }
  }
  sl_csr_destroy(plane);
}

// A large solution: its backward error is small long before its residual is.
static void answers_are_judged_by_the_right_hand_side(void **state) {
  (void)state;
  enum { SIDE = 30, N = SIDE * SIDE };
  sl_csr *plane = grid(SIDE, SIDE, 1, 0);
  double x[N], b[N], facts[SL_LEAST_FACTS];
  for (uint32_t i = 0; i < N; i++) b[i] = 1;
  for (int method = SL_LEAST_LSMR; method <= SL_LEAST_QR; method++) {
    if (method == SL_LEAST_LSQR) continue;
    asked a = by(method);
    a.tolerance = 1e-6;
    sl_least_squares *least;
    assert_ok(create(plane, b, N, a, &least));
    double left[2], told[2];
    for (int of_b = 0; of_b < 2; of_b++) {
      assert_ok(sl_least_squares_begin(least, b, 10000, of_b));
      assert_int_equal(run_least(least, 5000), SL_OUTCOME_CONVERGED);
      assert_ok(sl_least_squares_read(least, x, facts));
      double squares = 0;
      for (uint32_t i = 0; i < N; i++) {
        double r = b[i];
        for (uint32_t p = plane->row_pointers[i]; p < plane->row_pointers[i + 1]; p++) {
          r -= sl_csr_value(plane, p) * x[plane->columns[p]];
        }
        squares += r * r;
      }
      left[of_b] = sqrt(squares / N);
      told[of_b] = facts[5];
    }
    // Sums in double precision know the residual to 1e-13.
    assert_true(left[1] <= told[1] + 1e-12 && told[1] <= 1e-6 && told[0] <= 1e-6);
    // It asks for more; methods with a factor take steps that are larger than the difference.
    if (method < SL_LEAST_CG) assert_true(left[0] > 1e-6);
    // 0 needs nothing.
    memset(x, 0, sizeof x);
    assert_ok(sl_least_squares_begin(least, x, 10, true));
    assert_int_equal(run_least(least, 5000), SL_OUTCOME_CONVERGED);
    sl_least_squares_destroy(least);
  }
  asked damped = by(SL_LEAST_LSMR);
  damped.damping = 1;
  sl_least_squares *least;
  assert_ok(create(plane, b, N, damped, &least));
  assert_int_equal(sl_least_squares_begin(least, b, 10, true), SL_ERR_OPTION);
  sl_least_squares_destroy(least);
  sl_csr_destroy(plane);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(iterations_fall_with_the_entries_of_the_factor),
      property(solves_without_a_diagonal),
      property(conjugate_gradients_need_a_definite_matrix),
      property(qr_agrees_with_a_dense_one),
      property(qr_names_columns_that_depend_on_others),
      property(refuses_what_a_method_does_not_take),
      property(steps_limits_and_stops),
      property(begins_with_another_right_hand_side),
      property(answers_are_judged_by_the_right_hand_side),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
