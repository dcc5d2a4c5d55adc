// Systems of numbers of every size: every method ends, by counts, with a defined outcome and with
// numbers in its answer. Single systems that once did not, or whose bounds were too small.
#include "range_systems.h"
#include "solver/local_dot.h"
#include "solver/local_entries.h"
#include "solver/local_sparse.h"
#include "solver/solver.h"

// Any matrix: about half full, with numbers of any size and sign, symmetric in half of the cases.
static sl_csr *any_matrix(sl_rng *rng, uint32_t *n) {
  dense_system a = {{0}};
  const spread s = some_spread(rng);
  const bool symmetric = sl_rng_below(rng, 2), positive = sl_rng_below(rng, 2);
  *n = 1 + sl_rng_below(rng, EXACT_ROWS);
  if (sl_rng_below(rng, 2)) {
    fill_dominant(rng, *n, (range_kind)sl_rng_below(rng, 4), s, a);
    return range_matrix(*n, a);
  }
  for (uint32_t i = 0; i < *n; i++) {
    for (uint32_t j = 0; j < *n; j++) {
      a[i][j] = sl_rng_below(rng, 2) || i == j ? some_number(rng, s) : 0;
      if (i == j && positive) a[i][j] = some_size(rng, s);
      if (symmetric && j < i) a[i][j] = a[j][i];
    }
  }
  return range_matrix(*n, a);
}

static void fill_any(sl_rng *rng, uint32_t n, double *v) {
  const spread s = some_spread(rng);
  for (uint32_t i = 0; i < n; i++) v[i] = some_number(rng, s);
}

static void expect_numbers(const double *x, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) assert_true(isfinite(x[i]));
}

// Nothing but its own limits ends a run: max_iterations by default, which is 10 n + 1000, and work
// in one of three. No step does nothing, so there are no more of them than there is work.
static void every_method_ends(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 41);
  for (uint32_t trial = 0; trial < 20 * trials_wanted(); trial++) {
    uint32_t n;
    sl_csr *matrix = any_matrix(&rng, &n);
    double b[EXACT_ROWS], guess[EXACT_ROWS], x[EXACT_ROWS];
    fill_any(&rng, n, b);
    fill_any(&rng, n, guess);
    for (int method = SL_SOLVER_AUTO; method <= SL_SOLVER_BICGSTAB_ILU; method++) {
      sl_solver_options options = sl_solver_options_default();
      options.method = (sl_solver_method)method;
      options.tolerance = sl_rng_below(&rng, 2) ? 1e-8 : 1e-15;
      if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 200);
      sl_solver *solver;
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      sl_solve_result result;
      if (sl_solver_create(matrix, &options, &solver) != SL_OK) continue;
      if (sl_solver_begin(solver, b, sl_rng_below(&rng, 2) ? guess : NULL) == SL_OK) {
        uint32_t steps = 0;
        for (; outcome == SL_OUTCOME_RUNNING; steps++) {
          assert_ok(sl_job_step(sl_solver_job(solver), 1, &outcome));
          assert_true(steps < 4 * SL_SOLVER_MAX_ATTEMPTS * (10 * n + 1000));
        }
        assert_ok(sl_solver_finish(solver, x, &result));
        assert_true(result.iterations <= 10 * n + 1000);
        expect_numbers(x, n);
        assert_false(isnan(result.error_bound) || isnan(result.residual) ||
                     isnan(result.relative_residual) || isnan(result.backward_error));
      }
      sl_solver_destroy(solver);
    }
    sl_csr_destroy(matrix);
  }
}

// Work that a local answer may take on a few rows: pushes until they give way (30,000), a full
// solve, and certificates between.
#define MOST_LOCAL_STEPS 400000u

static void local_answers_end(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 42);
  for (uint32_t trial = 0; trial < 10 * trials_wanted(); trial++) {
    uint32_t n, indices[EXACT_ROWS], steps = 0;
    sl_csr *matrix = any_matrix(&rng, &n);
    double b[EXACT_ROWS], t[EXACT_ROWS];
    fill_any(&rng, n, b);
    fill_any(&rng, n, t);
    for (uint32_t i = 0; i < n; i++) indices[i] = i;
    const double wanted = some_size(&rng, (spread){-1074, 1023});
    const uint64_t limit = sl_rng_below(&rng, 2) ? 0 : 1 + sl_rng_below(&rng, 60);
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    sl_status status = SL_OK;
    sl_local_entries *entries;
    if (sl_local_entries_create(matrix, &entries) == SL_OK) {
      const sl_local_entries_options options = {.absolute_error = wanted, .max_work = limit};
      sl_local_entries_result result;
      if (sl_local_entries_set_dense(entries, b, n) == SL_OK) {
        assert_ok(sl_local_entries_begin(entries, &options, indices, n));
        while (status == SL_OK && outcome == SL_OUTCOME_RUNNING) {
          status = sl_job_step(sl_local_entries_job(entries), 1, &outcome);
          assert_true(++steps < MOST_LOCAL_STEPS);
        }
        assert_true(status == SL_OK || status == SL_ERR_RANGE);
        if (status == SL_OK) {
          assert_ok(sl_local_entries_finish(entries, &result));
          expect_numbers(result.values, n);
          for (uint32_t i = 0; i < n; i++) assert_true(result.error_bounds[i] >= 0);
        }
      }
      sl_local_entries_destroy(entries);
    }
    sl_local_sparse *sparse;
    if (sl_local_sparse_create(matrix, &sparse) == SL_OK) {
      const sl_local_sparse_options options = {.absolute_error = wanted, .max_work = limit};
      sl_local_sparse_result result;
      assert_ok(sl_local_sparse_begin(sparse, &options, indices, b, n));
      outcome = SL_OUTCOME_RUNNING;
      status = SL_OK;
      steps = 0;
      while (status == SL_OK && outcome == SL_OUTCOME_RUNNING) {
        status = sl_job_step(sl_local_sparse_job(sparse), 1, &outcome);
        assert_true(++steps < MOST_LOCAL_STEPS);
      }
      assert_true(status == SL_OK || status == SL_ERR_RANGE);
      if (status == SL_OK) {
        assert_ok(sl_local_sparse_finish(sparse, &result));
        expect_numbers(result.values, result.count);
        assert_true(result.error_bound >= 0);
      }
      sl_local_sparse_destroy(sparse);
    }
    sl_local_dot *dot;
    if (sl_local_dot_create(matrix, &dot) == SL_OK) {
      sl_local_dot_options options = {.absolute_error = wanted, .max_work = limit, .seed = trial};
      if (sl_rng_below(&rng, 2)) options.confidence = 0.9;
      const sl_local_vector left = {.dense = t},
                            right = {.indices = indices, .values = b, .count = n};
      sl_local_dot_result result;
      if (sl_local_dot_begin(dot, &options, &left, &right) == SL_OK) {
        outcome = SL_OUTCOME_RUNNING;
        status = SL_OK;
        steps = 0;
        while (status == SL_OK && outcome == SL_OUTCOME_RUNNING) {
          status = sl_job_step(sl_local_dot_job(dot), 1, &outcome);
          assert_true(++steps < MOST_LOCAL_STEPS);
        }
        assert_true(status == SL_OK || status == SL_ERR_RANGE);
        if (status == SL_OK) {
          assert_ok(sl_local_dot_finish(dot, &result));
          assert_true(isfinite(result.value) && result.error_bound >= 0);
        }
      }
      sl_local_dot_destroy(dot);
    }
    sl_csr_destroy(matrix);
  }
}

// ---- single systems

static double one_entry(sl_csr *matrix, const double *b, uint32_t index, double wanted,
                        double *bound) {
  const sl_local_entries_options options = {.absolute_error = wanted};
  sl_local_entries *local;
  sl_outcome outcome;
  sl_local_entries_result result;
  assert_ok(sl_local_entries_create(matrix, &local));
  assert_ok(sl_local_entries_set_dense(local, b, matrix->rows));
  assert_ok(sl_local_entries_begin(local, &options, &index, 1));
  do assert_ok(sl_job_step(sl_local_entries_job(local), 1000, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_local_entries_finish(local, &result));
  const double value = result.values[0];
  *bound = result.error_bounds[0];
  sl_local_entries_destroy(local);
  sl_csr_destroy(matrix);
  return value;
}

// Residuals times the inverse diagonal are below the smallest number; b makes them count again.
static void entry_whose_steps_underflow(void **state) {
  (void)state;
  enum { N = 1001 };
  static uint32_t rows[2 * N], columns[2 * N];
  static double values[2 * N], b[N];
  const double a = 0x1p1023, off = a * (0.49 * 0x1p-51), exact = -1000 * 0.49 * 0x1p-51 * 0x1p-13;
  uint32_t count = 0;
  for (uint32_t j = 0; j < N; j++) {
    rows[count] = columns[count] = j;
    values[count++] = a;
    b[j] = j > 0 ? 0x1p1010 : 0;
    if (j == 0) continue;
    rows[count] = 0;
    columns[count] = j;
    values[count++] = off;
  }
  sl_csr *matrix;
  double bound;
  assert_ok(sl_csr_from_coo(N, N, count, rows, columns, values, SL_VALUES_F64, &matrix));
  const double value = one_entry(matrix, b, 0, 1e-20, &bound);
  assert_true(fabs(value - exact) <= bound);
  assert_true(bound < 1e-18);
}

static sl_csr *two(double a, double b, double c, double d) {
  dense_system dense = {{a, b}, {c, d}};
  return range_matrix(2, dense);
}

// x = (0.9, 1) and t^T x = 9e-171.
static void dot_whose_steps_underflow(void **state) {
  (void)state;
  const double t[] = {1e-170, 0}, b[] = {1, 1e155}, wanted[] = {1e-6, 1e-190};
  const sl_local_vector left = {.dense = t}, right = {.dense = b};
  sl_csr *matrix = two(1, 0.1, 0, 1e155);
  sl_local_dot *dot;
  sl_outcome outcome;
  sl_local_dot_result result;
  assert_ok(sl_local_dot_create(matrix, &dot));
  for (int k = 0; k < 2; k++) {
    const sl_local_dot_options options = {.absolute_error = wanted[k]};
    assert_ok(sl_local_dot_begin(dot, &options, &left, &right));
    do assert_ok(sl_job_step(sl_local_dot_job(dot), 1000, &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    assert_ok(sl_local_dot_finish(dot, &result));
    assert_true(fabs(result.value - 9e-171) <= result.error_bound);
  }
  assert_true(result.error_bound < 1e-184);
  sl_local_dot_destroy(dot);
  sl_csr_destroy(matrix);
}

static sl_local_sparse_result some_solution(sl_local_sparse *local, double wanted, uint64_t work,
                                            const double *b, uint32_t n) {
  const uint32_t places[] = {0, 1, 2};
  const sl_local_sparse_options options = {.absolute_error = wanted, .max_work = work};
  sl_outcome outcome;
  sl_local_sparse_result result;
  uint32_t steps = 0;
  assert_ok(sl_local_sparse_begin(local, &options, places, b, n));
  do {
    assert_ok(sl_job_step(sl_local_sparse_job(local), 1000, &outcome));
    assert_true(++steps < 1000);
  } while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_local_sparse_finish(local, &result));
  return result;
}

// Sums of b that overflow, answers beyond the largest number, steps below the smallest one.
static void sparse_solutions_of_extremes_end(void **state) {
  (void)state;
  const double large[] = {1e308, -1e308}, beyond[] = {1e300, 1e300, 1e300};
  const double small[] = {-1.63e-322, -1.1};
  sl_local_sparse *local;
  sl_csr *matrix = two(4, 1, 2, 4);
  assert_ok(sl_local_sparse_create(matrix, &local));
  sl_local_sparse_result result = some_solution(local, 1e-6, 0, large, 2);
  assert_int_equal(result.outcome, SL_OUTCOME_STAGNATED);
  // x = (5, -6) / 14 * 1e308, which the full solve finds.
  assert_int_equal(result.count, 2);
  for (uint32_t k = 0; k < 2; k++) {
    const double exact = result.indices[k] == 0 ? 1e308 / 14 * 5 : -1e308 / 14 * 6;
    assert_true(fabs(result.values[k] - exact) <= 1e294);
  }
  sl_local_sparse_destroy(local);
  sl_csr_destroy(matrix);

  dense_system dense = {{1e-10, 1e-11, 0}, {1e-11, 1e-10, 1e-11}, {0, 1e-11, 1e-10}};
  matrix = range_matrix(3, dense);
  assert_ok(sl_local_sparse_create(matrix, &local));
  result = some_solution(local, 1e-6, 0, beyond, 3);
  assert_int_equal(result.outcome, SL_OUTCOME_STAGNATED);
  assert_true(result.error_bound == INFINITY);
  sl_local_sparse_destroy(local);
  sl_csr_destroy(matrix);

  matrix = two(5.1e-43, 0, 3.4e-43, -1.5e45);
  assert_ok(sl_local_sparse_create(matrix, &local));
  result = some_solution(local, 1e-300, 30, small, 2);
  assert_true(result.outcome == SL_OUTCOME_WORK_LIMIT || result.outcome == SL_OUTCOME_STAGNATED);
  sl_local_sparse_destroy(local);
  sl_csr_destroy(matrix);
}

// Scaled by no more than 2^1023: the largest power of two.
static void incomplete_cholesky_of_denormal_numbers_ends(void **state) {
  (void)state;
  const double b[] = {1e-310, 1e-310};
  sl_csr *matrix = two(4e-310, 1e-310, 1e-310, 4e-310);
  sl_solver_options options = sl_solver_options_default();
  options.method = SL_SOLVER_INCOMPLETE_CHOLESKY;
  sl_solver *solver;
  sl_outcome outcome;
  sl_solve_result result;
  double x[2];
  uint32_t steps = 0;
  assert_ok(sl_solver_create(matrix, &options, &solver));
  assert_ok(sl_solver_begin(solver, b, NULL));
  do {
    assert_ok(sl_job_step(sl_solver_job(solver), 1, &outcome));
    assert_true(++steps < 5000);
  } while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_solver_finish(solver, x, &result));
  for (int i = 0; i < 2; i++) assert_true(fabs(x[i] - 0.2) <= result.error_bound);
  sl_solver_destroy(solver);
  sl_csr_destroy(matrix);
}

// x is within the range of numbers and A x is not: x = 0 leaves less.
static void gives_no_solution_whose_residual_overflows(void **state) {
  (void)state;
  const double b[] = {-0x1p910, -0x1p630};
  sl_csr *matrix = two(0x1p32, -0x1p510, -0x1p730, 0x1p710);
  for (int method = SL_SOLVER_AUTO; method <= SL_SOLVER_LU; method++) {
    sl_solver_options options = sl_solver_options_default();
    options.method = (sl_solver_method)method;
    sl_solver *solver;
    sl_outcome outcome;
    sl_solve_result result;
    double x[2];
    if (sl_solver_create(matrix, &options, &solver) != SL_OK) continue;
    assert_ok(sl_solver_begin(solver, b, NULL));
    do assert_ok(sl_job_step(sl_solver_job(solver), 1, &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    assert_ok(sl_solver_finish(solver, x, &result));
    expect_numbers(x, 2);
    assert_true(result.relative_residual <= 1 && result.backward_error <= 1);
    assert_true(result.outcome != SL_OUTCOME_CONVERGED || result.relative_residual <= 1e-8);
    sl_solver_destroy(solver);
  }
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_method_ends),
      property(local_answers_end),
      property(entry_whose_steps_underflow),
      property(dot_whose_steps_underflow),
      property(sparse_solutions_of_extremes_end),
      property(incomplete_cholesky_of_denormal_numbers_ends),
      property(gives_no_solution_whose_residual_overflows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
