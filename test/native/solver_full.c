#include "systems.h"

static const sl_solver_method every_method[] = {
#define X(name, value, text) SL_SOLVER_##name,
    SL_SOLVER_METHOD_LIST(X)
#undef X
};
#define METHODS (sizeof every_method / sizeof *every_method)

static sl_solver_options by(sl_solver_method method) {
  sl_solver_options options = sl_solver_options_default();
  options.method = method;
  return options;
}

// Solves a dense system given as rows and compares with the wanted x.
static void expect_solution(const double *a, uint32_t n, const double *b, const double *wanted,
                            sl_solver_method method, double tolerance) {
  sl_csr *matrix = matrix_from_dense(a, n);
  double *x = malloc(n * sizeof *x);
  sl_solver_options options = by(method);
  options.tolerance = 1e-12;
  sl_solve_result result = solve_system(matrix, b, &options, x);
  assert_string_equal(sl_outcome_name(result.outcome), "converged");
  for (uint32_t i = 0; i < n; i++) assert_close(x[i], wanted[i], tolerance);
  free(x);
  sl_csr_destroy(matrix);
}

static void solves_one_equation(void **state) {
  (void)state;
  double a[] = {-4}, b[] = {2}, x[] = {-0.5};
  for (size_t m = 0; m < METHODS; m++) expect_solution(a, 1, b, x, every_method[m], 1e-15);
}

static void solves_two_equations_by_every_method(void **state) {
  (void)state;
  double a[] = {4, 1, 1, 3}, b[] = {1, 2}, x[] = {1.0 / 11, 7.0 / 11};
  for (size_t m = 0; m < METHODS; m++) expect_solution(a, 2, b, x, every_method[m], 1e-11);
}

static void solves_diagonal_matrices_of_any_sign(void **state) {
  (void)state;
  double a[] = {2, 0, 0, 0, -5, 0, 0, 0, 1e-9}, b[] = {1, 1, 1}, x[] = {0.5, -0.2, 1e9};
  sl_csr *matrix = matrix_from_dense(a, 3);
  double got[3];
  sl_solve_result result = solve_system(matrix, b, NULL, got);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  for (int i = 0; i < 3; i++) assert_close(got[i] / x[i], 1, 1e-7);
  sl_csr_destroy(matrix);
}

static void solves_permutation_with_zero_diagonal(void **state) {
  (void)state;
  double a[] = {0, 1, 0, 0, 0, 2, 4, 0, 0}, b[] = {1, 2, 4}, x[] = {1, 1, 1};
  expect_solution(a, 3, b, x, SL_SOLVER_AUTO, 1e-15);
  expect_solution(a, 3, b, x, SL_SOLVER_BICGSTAB, 1e-10);
  expect_solution(a, 3, b, x, SL_SOLVER_GMRES, 1e-10);
}

static void solves_negative_definite_by_cg(void **state) {
  (void)state;
  double a[] = {-2, 1, 0, 1, -2, 1, 0, 1, -2}, b[] = {-1, 0, 0}, x[] = {0.75, 0.5, 0.25};
  expect_solution(a, 3, b, x, SL_SOLVER_CG, 1e-12);
  expect_solution(a, 3, b, x, SL_SOLVER_AMG, 1e-11);
  expect_solution(a, 3, b, x, SL_SOLVER_AUTO, 1e-12);
}

static void solves_badly_scaled_systems(void **state) {
  (void)state;
  // The same 2 x 2 system with rows and columns in wildly different units.
  double a[] = {4e200, 1e-100, 1e100, 3e-200}, b[] = {1e200, 2e-100};
  sl_csr *matrix = matrix_from_dense(a, 2);
  double x[2];
  sl_solver_options options = by(SL_SOLVER_LU);
  sl_solve_result result = solve_system(matrix, b, &options, x);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  sl_csr_destroy(matrix);
}

static void answers_zero_for_zero(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(5, 0.1);
  double b[25] = {0}, guess[25], x[25];
  for (int i = 0; i < 25; i++) guess[i] = i;
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, NULL, &solver));
  assert_ok(sl_solver_begin(solver, b, guess));
  sl_solve_result result = run_solver(solver, 1, x);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_true(result.residual == 0 && result.relative_residual == 0 && result.backward_error == 0);
  for (int i = 0; i < 25; i++) assert_true(x[i] == 0);
  sl_solver_destroy(solver);
  sl_csr_destroy(matrix);
}

static void keeps_tiny_and_huge_right_hand_sides(void **state) {
  (void)state;
  const double sizes[] = {1e-300, 1e-200, 1e200, 1e300};
  sl_csr *matrix = grid_matrix(6, 0.5);
  double unit[36], b[36], x[36], reference[36];
  for (int i = 0; i < 36; i++) unit[i] = (i % 5) - 1.5;
  solve_system(matrix, unit, NULL, reference);
  for (int s = 0; s < 4; s++) {
    for (int i = 0; i < 36; i++) b[i] = unit[i] * sizes[s];
    sl_solver *solver;
    assert_ok(sl_solver_create(matrix, NULL, &solver));
    assert_ok(sl_solver_begin(solver, b, NULL));
    sl_solve_result result = run_solver(solver, 1000, x);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    for (int i = 0; i < 36; i++) assert_close(x[i] / sizes[s], reference[i], 1e-7);
    sl_solver_destroy(solver);
  }
  sl_csr_destroy(matrix);
}

static void finds_no_solution_worse_than_the_guess(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(20, 0.01);
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  double *b = random_vector(&rng, 400), *x = malloc(400 * sizeof *x);
  solve_system(matrix, b, NULL, x);
  sl_solver_options options = sl_solver_options_default();
  options.max_iterations = 1;
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, &options, &solver));
  assert_ok(sl_solver_begin(solver, b, x));
  sl_solve_result warm = run_solver(solver, 1, x);
  assert_int_equal(warm.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(warm.iterations, 0);
  sl_solver_destroy(solver);
  free(b);
  free(x);
  sl_csr_destroy(matrix);
}

// ---- what cannot be solved ----------------------------------------------------------------------

static void calls_indefinite_indefinite(void **state) {
  (void)state;
  double mixed[] = {1, 0, 0, -1}, hidden[] = {1, 2, 2, 1}, b[] = {1, -1}, x[2];
  const double *matrices[] = {mixed, hidden};
  for (int m = 0; m < 2; m++) {
    sl_csr *matrix = matrix_from_dense(matrices[m], 2);
    sl_solver_options options = by(SL_SOLVER_CG);
    sl_solve_result result = solve_system(matrix, b, &options, x);
    assert_int_equal(result.outcome, SL_OUTCOME_INDEFINITE);
    // The automatic choice solves it all the same.
    result = solve_system(matrix, b, NULL, x);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    sl_csr_destroy(matrix);
  }
}

static void calls_singular_singular(void **state) {
  (void)state;
  double a[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, b[] = {1, 0, 0}, x[3];
  sl_csr *matrix = matrix_from_dense(a, 3);
  assert_int_equal(solve_system(matrix, b, NULL, x).outcome, SL_OUTCOME_SINGULAR);
  // A right-hand side in the range is met exactly, and the outcome still says it.
  double inside[] = {6, 15, 24};
  sl_solve_result result = solve_system(matrix, inside, NULL, x);
  assert_int_equal(result.outcome, SL_OUTCOME_SINGULAR);
  assert_true(result.relative_residual < 1e-14);
  sl_csr_destroy(matrix);
  double empty_row[] = {1, 1, 0, 0};
  matrix = matrix_from_dense(empty_row, 2);
  assert_int_equal(solve_system(matrix, b, NULL, x).outcome, SL_OUTCOME_SINGULAR);
  sl_csr_destroy(matrix);
}

static void solves_laplacians_off_the_null_vector(void **state) {
  (void)state;
  for (size_t m = 0; m < METHODS; m++) {
    sl_csr *matrix = grid_matrix(7, 0);
    double b[49] = {0}, x[49], sum = 0;
    b[0] = 1;
    b[48] = -1;
    sl_solver_options options = by(every_method[m]);
    sl_solve_result result = solve_system(matrix, b, &options, x);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    for (int i = 0; i < 49; i++) sum += x[i];
    assert_true(fabs(sum) < 1e-12);
    // Inconsistent: one unit flows in and none out. The 1/49 a node that remains is reported.
    b[48] = 0;
    result = solve_system(matrix, b, &options, x);
    assert_int_equal(result.outcome, SL_OUTCOME_INCONSISTENT);
    assert_close(result.residual, 1.0 / 7, 1e-7);
    sl_csr_destroy(matrix);
  }
}

static void treats_each_component_for_itself(void **state) {
  (void)state;
  // A triangle, an edge, an isolated node (all singular), and a grounded edge (regular).
  entries e = {0};
  entries_add_edge(&e, 0, 1, 1);
  entries_add_edge(&e, 1, 2, 2);
  entries_add_edge(&e, 2, 0, 3);
  entries_add_edge(&e, 3, 4, 0.5);
  entries_add_edge(&e, 6, 7, 1);
  entries_add(&e, 6, 6, 1);
  sl_csr *matrix = entries_matrix(&e, 8);
  double b[] = {1, -3, 2, 1, -1, 0, 1, 0}, x[8];
  assert_int_equal(solve_system(matrix, b, NULL, x).outcome, SL_OUTCOME_CONVERGED);
  assert_close(x[0] + x[1] + x[2], 0, 1e-12);
  assert_close(x[3], 1, 1e-7);
  assert_close(x[4], -1, 1e-7);
  assert_true(x[5] == 0);
  assert_close(x[6], 1, 1e-7);
  assert_close(x[7], 1, 1e-7);
  b[5] = 1e-3; // nothing flows out of the isolated node
  sl_solve_result result = solve_system(matrix, b, NULL, x);
  assert_int_equal(result.outcome, SL_OUTCOME_INCONSISTENT);
  assert_close(result.residual, 1e-3, 1e-7);
  sl_csr_destroy(matrix);
}

static void finds_signed_null_vectors(void **state) {
  (void)state;
  // A path with one positive coupling: null vector (1, 1, -1). An odd cycle of positive couplings
  // has none: it is regular although it has no slack.
  double path[] = {1, -1, 0, -1, 2, 1, 0, 1, 1}, b[] = {1, 0, 1}, x[3];
  sl_csr *matrix = matrix_from_dense(path, 3);
  assert_int_equal(solve_system(matrix, b, NULL, x).outcome, SL_OUTCOME_CONVERGED);
  assert_close(x[0] + x[1] - x[2], 0, 1e-12);
  b[2] = 0;
  assert_int_equal(solve_system(matrix, b, NULL, x).outcome, SL_OUTCOME_INCONSISTENT);
  sl_csr_destroy(matrix);
  double cycle[] = {2, 1, 1, 1, 2, 1, 1, 1, 2}, wanted[] = {0.75, -0.25, -0.25};
  b[0] = 1;
  expect_solution(cycle, 3, b, wanted, SL_SOLVER_AUTO, 1e-10);
}

static void solves_the_zero_matrix_for_zero_only(void **state) {
  (void)state;
  entries e = {0};
  sl_csr *matrix = entries_matrix(&e, 3);
  double zero[3] = {0}, b[] = {0, 1, 0}, x[3];
  assert_int_equal(solve_system(matrix, zero, NULL, x).outcome, SL_OUTCOME_CONVERGED);
  sl_solve_result result = solve_system(matrix, b, NULL, x);
  assert_int_equal(result.outcome, SL_OUTCOME_INCONSISTENT);
  assert_true(result.residual == 1 && x[1] == 0);
  sl_csr_destroy(matrix);
}

static void stagnates_where_rounding_ends_it(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  sl_csr *matrices[] = {grid_matrix(30, 1e-6), dominant_matrix(&rng, 900, 6, 0.05)};
  double *b = random_vector(&rng, 900), *x = malloc(900 * sizeof *x);
  const sl_solver_method methods[] = {SL_SOLVER_AUTO, SL_SOLVER_GAUSS_SEIDEL, SL_SOLVER_BICGSTAB};
  for (int k = 0; k < 2; k++) {
    for (int m = 0; m < 3; m++) {
      if (k == 0 && m == 1) continue; // 10^5 sweeps
      sl_solver_options options = by(methods[m]);
      options.tolerance = 1e-18;
      sl_solve_result result = solve_system(matrices[k], b, &options, x);
      assert_int_equal(result.outcome, SL_OUTCOME_STAGNATED);
      assert_true(result.backward_error < 1e-14);
    }
    sl_csr_destroy(matrices[k]);
  }
  free(b);
  free(x);
}

// ---- refusals -----------------------------------------------------------------------------------

static void refuses_what_a_method_cannot_take(void **state) {
  (void)state;
  double a[] = {0, 1, 2, 1};
  sl_csr *matrix = matrix_from_dense(a, 2);
  sl_solver *solver;
  sl_solver_options options = by(SL_SOLVER_CG);
  assert_refused(sl_solver_create(matrix, &options, &solver), SL_ERR_NOT_SYMMETRIC, "matrix");
  assert_null(solver);
  options.method = SL_SOLVER_GAUSS_SEIDEL;
  assert_refused(sl_solver_create(matrix, &options, &solver), SL_ERR_ZERO_DIAGONAL, "matrix");
  assert_int_equal(sl_last_error()->position, 0);
  options.method = (sl_solver_method)77;
  assert_refused(sl_solver_create(matrix, &options, &solver), SL_ERR_OPTION, "method");
  options = sl_solver_options_default();
  const double tolerances[] = {0, -1, 1, NAN, INFINITY};
  for (int k = 0; k < 5; k++) {
    options.tolerance = tolerances[k];
    assert_refused(sl_solver_create(matrix, &options, &solver), SL_ERR_OPTION, "tolerance");
  }
  sl_csr_destroy(matrix);
  double symmetric[] = {1, 1, 1, 0};
  matrix = matrix_from_dense(symmetric, 2);
  options = by(SL_SOLVER_CG);
  assert_refused(sl_solver_create(matrix, &options, &solver), SL_ERR_ZERO_DIAGONAL, "matrix");
  assert_int_equal(sl_last_error()->position, 1);
  sl_csr_destroy(matrix);
  matrix = grid_matrix(21, 1);
  options = by(SL_SOLVER_LU);
  assert_refused(sl_solver_create(matrix, &options, &solver), SL_ERR_UNSUPPORTED, "method");
  sl_csr_destroy(matrix);
  uint32_t row = 0, column = 1;
  double value = 1;
  assert_ok(sl_csr_from_coo(1, 2, 1, &row, &column, &value, SL_VALUES_F64, &matrix));
  assert_refused(sl_solver_create(matrix, NULL, &solver), SL_ERR_NOT_SQUARE, "matrix");
  sl_csr_destroy(matrix);
}

static void refuses_numbers_that_are_none_and_goes_on(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(3, 1);
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, NULL, &solver));
  double b[9] = {1}, bad[9] = {0}, x[9];
  sl_outcome outcome;
  sl_solve_result result;
  sl_solve_progress progress;
  assert_refused(sl_job_step(sl_solver_job(solver), 1, &outcome), SL_ERR_STATE, "solver");
  assert_refused(sl_solver_finish(solver, x, &result), SL_ERR_STATE, "solver");
  assert_refused(sl_job_stop(sl_solver_job(solver), SL_OUTCOME_TIME_LIMIT), SL_ERR_STATE, "solver");
  assert_refused(sl_solver_progress(solver, &progress), SL_ERR_STATE, "solver");
  bad[4] = NAN;
  assert_refused(sl_solver_begin(solver, bad, NULL), SL_ERR_NOT_FINITE, "b");
  assert_int_equal(sl_last_error()->position, 4);
  assert_refused(sl_solver_begin(solver, b, bad), SL_ERR_NOT_FINITE, "initial_guess");
  for (int i = 0; i < 9; i++) bad[i] = 1.7e308;
  assert_refused(sl_solver_begin(solver, bad, NULL), SL_ERR_RANGE, "b");
  assert_refused(sl_job_step(sl_solver_job(solver), 1, &outcome), SL_ERR_STATE, "solver");
  assert_ok(sl_solver_begin(solver, b, NULL));
  assert_refused(sl_solver_finish(solver, x, &result), SL_ERR_STATE, "solver");
  assert_refused(sl_job_stop(sl_solver_job(solver), SL_OUTCOME_CONVERGED), SL_ERR_OPTION, "why");
  assert_int_equal(run_solver(solver, 1, x).outcome, SL_OUTCOME_CONVERGED);
  sl_solver_destroy(solver);
  sl_solver_destroy(NULL);
  sl_csr_destroy(matrix);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  sl_csr *matrices[] = {grid_matrix(8, 0), grid_matrix(8, 0.1), grid_matrix(8, 0.1),
                        grid_matrix(8, 0.1), grid_matrix(8, 0.1)};
  const sl_solver_method methods[] = {SL_SOLVER_AUTO, SL_SOLVER_BICGSTAB, SL_SOLVER_AMG,
                                      SL_SOLVER_APPROXIMATE_CHOLESKY, SL_SOLVER_GMRES};
  double b[64] = {1, -1}, x[64];
  for (int m = 0; m < 5; m++) {
    size_t held = sl_bytes_in_use();
    bool solved = false;
    for (size_t limit = held; !solved; limit += 64) {
      sl_set_memory_limit(limit);
      sl_solver *solver;
      sl_solver_options options = by(methods[m]);
      options.record_history = true;
      sl_status status = sl_solver_create(matrices[m], &options, &solver);
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      if (status == SL_OK) status = sl_solver_begin(solver, b, NULL);
      while (status == SL_OK && outcome == SL_OUTCOME_RUNNING) {
        status = sl_job_step(sl_solver_job(solver), 100, &outcome);
      }
      if (status != SL_OK) assert_int_equal(status, SL_ERR_MEMORY);
      sl_solve_result result;
      if (status == SL_OK) {
        assert_ok(sl_solver_finish(solver, x, &result));
        solved = result.outcome == SL_OUTCOME_CONVERGED;
      }
      sl_solver_destroy(solver);
      assert_int_equal(sl_bytes_in_use(), held);
    }
    sl_set_memory_limit(SIZE_MAX);
    sl_csr_destroy(matrices[m]);
  }
}

// ---- budgets and steps --------------------------------------------------------------------------

static void gives_the_same_bits_in_steps_of_any_size(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  sl_csr *matrices[] = {grid_matrix(15, 0.01), dominant_matrix(&rng, 225, 5, 0.1),
                        dominant_matrix(&rng, 225, 5, -0.2)};
  double *b = random_vector(&rng, 225), x[225], y[225];
  const uint64_t sizes[] = {0, 1, 777, 100000};
  for (int m = 0; m < 3; m++) {
    sl_solve_result whole = solve_system(matrices[m], b, NULL, x);
    for (int s = 0; s < 4; s++) {
      sl_solver *solver;
      assert_ok(sl_solver_create(matrices[m], NULL, &solver));
      assert_ok(sl_solver_begin(solver, b, NULL));
      sl_solve_result result = run_solver(solver, sizes[s], y);
      assert_memory_equal(x, y, sizeof x);
      assert_int_equal(result.work, whole.work);
      assert_int_equal(result.iterations, whole.iterations);
      sl_solver_destroy(solver);
    }
    sl_csr_destroy(matrices[m]);
  }
  free(b);
}

// Where an iteration would take long it comes in parts, each a step: the same bits at last, and
// what is stopped between two parts is an honest iterate.
static void long_iterations_come_in_parts(void **state) {
  (void)state;
  const uint32_t side = 380, n = side * side;
  const sl_solver_method methods[] = {SL_SOLVER_APPROXIMATE_CHOLESKY, SL_SOLVER_GMRES};
  sl_rng rng;
  sl_rng_seed(&rng, 14);
  sl_csr *matrix = grid_matrix(side, 0.002);
  double *b = random_vector(&rng, n), *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
  for (int m = 0; m < 2; m++) {
    sl_solver_options options = sl_solver_options_default();
    options.method = methods[m];
    sl_solve_result whole = solve_system(matrix, b, &options, x);
    assert_int_equal(whole.outcome, SL_OUTCOME_CONVERGED);
    sl_solver *solver;
    assert_ok(sl_solver_create(matrix, &options, &solver));
    assert_ok(sl_solver_begin(solver, b, NULL));
    sl_solve_progress progress = {0};
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    uint32_t parts = 0, last = 0;
    for (; outcome == SL_OUTCOME_RUNNING; last = progress.iterations) {
      assert_ok(sl_job_step(sl_solver_job(solver), 1, &outcome));
      assert_ok(sl_solver_progress(solver, &progress));
      if (last > 0 && last == progress.iterations) parts++;
    }
    assert_true(parts > 0);
    sl_solve_result result;
    assert_ok(sl_solver_finish(solver, y, &result));
    assert_memory_equal(x, y, n * sizeof *x);
    assert_int_equal(result.work, whole.work);
    assert_int_equal(result.iterations, whole.iterations);
    assert_ok(sl_solver_begin(solver, b, NULL));
    for (last = parts = 0; parts == 0; last = progress.iterations) {
      assert_ok(sl_job_step(sl_solver_job(solver), 1, &outcome));
      assert_ok(sl_solver_progress(solver, &progress));
      if (last > 0 && last == progress.iterations) parts++;
    }
    assert_ok(sl_job_stop(sl_solver_job(solver), SL_OUTCOME_TIME_LIMIT));
    assert_ok(sl_solver_finish(solver, y, &result));
    assert_int_equal(result.outcome, SL_OUTCOME_TIME_LIMIT);
    assert_true(result.relative_residual < 1 && result.relative_residual > whole.relative_residual);
    assert_ok(sl_solver_begin(solver, b, NULL));
    assert_int_equal(run_solver(solver, 1000000, y).iterations, whole.iterations);
    assert_memory_equal(x, y, n * sizeof *x);
    sl_solver_destroy(solver);
  }
  sl_csr_destroy(matrix);
  free(b);
  free(x);
  free(y);
}

static void solves_again_with_another_right_hand_side(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  sl_csr *matrix = dominant_matrix(&rng, 300, 8, -0.3);
  sl_solver *solver;
  sl_solver_options options = by(SL_SOLVER_LU);
  assert_ok(sl_solver_create(matrix, &options, &solver));
  uint64_t first_setup = 0;
  for (int k = 0; k < 3; k++) {
    double *b = random_vector(&rng, 300), x[300], y[300];
    assert_ok(sl_solver_begin(solver, b, NULL));
    sl_solve_result result = run_solver(solver, 1000, x);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    sl_solve_attempt only;
    assert_ok(sl_solver_attempt(solver, 0, &only));
    assert_int_equal(only.reason, SL_REASON_ASKED);
    assert_int_equal(only.method, SL_SOLVER_LU);
    assert_refused(sl_solver_attempt(solver, 1, &only), SL_ERR_INDEX, "index");
    if (k == 0)
      first_setup = result.attempts[0].setup_work;
    else
      assert_true(only.setup_work == 0);
    solve_system(matrix, b, &options, y);
    assert_memory_equal(x, y, sizeof x);
    free(b);
  }
  assert_true(first_setup > 0);
  sl_solver_destroy(solver);
  sl_csr_destroy(matrix);
}

static void leaves_the_best_iterate_at_each_budget(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 6);
  sl_csr *matrix = grid_matrix(40, 1e-4);
  double *b = random_vector(&rng, 1600), *x = malloc(1600 * sizeof *x), last = INFINITY;
  for (uint32_t budget = 1; budget < 60; budget++) {
    sl_solver_options options = by(SL_SOLVER_CG);
    options.max_iterations = budget;
    sl_solve_result result = solve_system(matrix, b, &options, x);
    assert_int_equal(result.outcome, SL_OUTCOME_ITERATION_LIMIT);
    assert_int_equal(result.iterations, budget);
    assert_true(result.residual <= last * (1 + 1e-12));
    last = result.residual;
  }
  sl_solver_options options = sl_solver_options_default();
  options.max_work = matrix->nnz * 5;
  sl_solve_result result = solve_system(matrix, b, &options, x);
  assert_int_equal(result.outcome, SL_OUTCOME_WORK_LIMIT);
  assert_true(result.work >= options.max_work && result.work <= options.max_work + 3 * matrix->nnz);
  assert_true(result.relative_residual < 1);
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, NULL, &solver));
  assert_ok(sl_solver_begin(solver, b, NULL));
  sl_outcome outcome;
  assert_ok(sl_job_step(sl_solver_job(solver), 50000, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_RUNNING);
  sl_solve_progress progress;
  assert_ok(sl_solver_progress(solver, &progress));
  assert_true(progress.iterations > 0 && progress.work >= 50000);
  assert_ok(sl_job_stop(sl_solver_job(solver), SL_OUTCOME_TIME_LIMIT));
  assert_ok(sl_solver_finish(solver, x, &result));
  assert_int_equal(result.outcome, SL_OUTCOME_TIME_LIMIT);
  assert_close(result.residual, exact_residual(matrix, x, b), 1e-12);
  sl_solver_destroy(solver);
  free(b);
  free(x);
  sl_csr_destroy(matrix);
}

static void certifies_another_x(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 7);
  sl_csr *matrix = dominant_matrix(&rng, 500, 6, 0.1);
  double *b = random_vector(&rng, 500), x[500];
  sl_solver_options options = sl_solver_options_default();
  options.record_history = true;
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, &options, &solver));
  assert_ok(sl_solver_begin(solver, b, NULL));
  sl_solve_result result = run_solver(solver, 1, x);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(result.history_length, result.iterations);
  assert_true(result.history[0] > result.history[result.history_length - 1]);
  for (int i = 0; i < 500; i++) x[i] = (float)x[i];
  assert_ok(sl_solver_certify(solver, x, &result));
  assert_int_equal(result.outcome, SL_OUTCOME_STAGNATED);
  assert_close(result.residual, exact_residual(matrix, x, b), 1e-12);
  assert_true(result.relative_residual > 1e-8 && result.relative_residual < 1e-6);
  x[3] = INFINITY;
  assert_refused(sl_solver_certify(solver, x, &result), SL_ERR_NOT_FINITE, "x");
  assert_true(sl_solver_bytes(solver) > 500 * 8 * 5);
  assert_int_equal(sl_solver_size(solver), 500);
  sl_solver_destroy(solver);
  free(b);
  sl_csr_destroy(matrix);
}

// ---- correctness at random ----------------------------------------------------------------------

// Exact solutions with integer entries: b = A x is computed without rounding.
static void bounds_hold_for_known_solutions(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  for (int trial = 0; trial < SL_TRIES(300); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, 60);
    bool transpose = trial % 2 == 1;
    entries e = {0};
    double *sum = calloc(n, sizeof *sum), *exact = malloc(n * sizeof *exact);
    double *b = calloc(n, sizeof *b), *x = malloc(n * sizeof *x);
    for (uint32_t k = 0; k < 4 * n; k++) {
      uint32_t i = sl_rng_below(&rng, n), j = sl_rng_below(&rng, n);
      double value = (double)sl_rng_below(&rng, 21) - 10;
      if (i == j) continue;
      entries_add(&e, transpose ? j : i, transpose ? i : j, value);
      sum[i] += fabs(value);
    }
    for (uint32_t i = 0; i < n; i++) {
      double sign = sl_rng_below(&rng, 2) ? 1 : -1;
      entries_add(&e, i, i, sign * (sum[i] + 1 + sl_rng_below(&rng, 3)));
      exact[i] = (double)sl_rng_below(&rng, 2001) - 1000;
    }
    sl_csr *matrix = entries_matrix(&e, n);
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
        b[i] += sl_csr_value(matrix, k) * exact[matrix->columns[k]];
      }
    }
    sl_solver_options options = sl_solver_options_default();
    options.tolerance = trial % 3 == 0 ? 1e-3 : trial % 3 == 1 ? 1e-8 : 1e-14;
    sl_solve_result result = solve_system(matrix, b, &options, x);
    assert_true(result.outcome == SL_OUTCOME_CONVERGED || result.outcome == SL_OUTCOME_STAGNATED);
    double largest = 0, total = 0;
    for (uint32_t i = 0; i < n; i++) {
      largest = fmax(largest, fabs(x[i] - exact[i]));
      total += fabs(x[i] - exact[i]);
    }
    assert_true(result.error_bound_norm != SL_BOUND_NONE);
    assert_true((result.error_bound_norm == SL_BOUND_INF ? largest : total) <= result.error_bound);
    sl_csr_destroy(matrix);
    free(sum);
    free(exact);
    free(b);
    free(x);
  }
}

static void never_claims_a_wrong_answer(void **state) {
  (void)state;
  // Random matrices of every kind; solve_system checks each claim against long double.
  sl_rng rng;
  sl_rng_seed(&rng, 12);
  uint32_t outcomes[10] = {0};
  for (int trial = 0; trial < SL_TRIES(600); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, 30);
    double *a = calloc((size_t)n * n, sizeof *a), *b = random_vector(&rng, n), x[30];
    for (uint32_t k = 0; k < 3 * n; k++) {
      uint32_t i = sl_rng_below(&rng, n), j = sl_rng_below(&rng, n);
      double value = sl_rng_double(&rng) * 2 - 1;
      if (sl_rng_below(&rng, 8) == 0) value *= 1e6;
      a[i * n + j] += value;
      if (trial % 2 == 0) a[j * n + i] = a[i * n + j];
    }
    sl_csr *matrix = matrix_from_dense(a, n);
    outcomes[solve_system(matrix, b, NULL, x).outcome]++;
    const sl_solver_method methods[] = {SL_SOLVER_CG, SL_SOLVER_GAUSS_SEIDEL, SL_SOLVER_BICGSTAB,
                                        SL_SOLVER_AMG, SL_SOLVER_GMRES};
    for (int m = 0; m < 5; m++) {
      sl_solver *solver;
      sl_solver_options options = by(methods[m]);
      options.max_iterations = 3000;
      sl_status status = sl_solver_create(matrix, &options, &solver);
      sl_solver_destroy(solver);
      if (status == SL_OK) solve_system(matrix, b, &options, x);
    }
    sl_csr_destroy(matrix);
    free(a);
    free(b);
  }
  assert_true(outcomes[SL_OUTCOME_CONVERGED] > SL_TRIES(100) &&
              outcomes[SL_OUTCOME_SINGULAR] > SL_TRIES(10));
  assert_int_equal(outcomes[SL_OUTCOME_CONVERGED] + outcomes[SL_OUTCOME_SINGULAR] +
                       outcomes[SL_OUTCOME_INCONSISTENT] + outcomes[SL_OUTCOME_STAGNATED],
                   SL_TRIES(600));
}

static void takes_values_of_every_type(void **state) {
  (void)state;
  // The same triangular matrix of ones below a dominant diagonal, stored three ways.
  uint32_t pointers[] = {0, 1, 2, 4}, columns[] = {0, 1, 0, 2};
  float f32[] = {1, 1, 1, 1};
  double f64[] = {1, 1, 1, 1}, b[] = {1, 2, 4};
  const void *values[] = {NULL, f32, f64};
  for (int type = 0; type < 3; type++) {
    sl_csr *matrix;
    assert_ok(sl_csr_from_csr(3, 3, pointers, 4, columns, 4, values[type], type ? 4 : 0,
                              (sl_value_type)type, &matrix));
    const sl_solver_method methods[] = {SL_SOLVER_AUTO, SL_SOLVER_GAUSS_SEIDEL, SL_SOLVER_LU,
                                        SL_SOLVER_BICGSTAB};
    for (int m = 0; m < 4; m++) {
      double x[3];
      sl_solver_options options = by(methods[m]);
      assert_int_equal(solve_system(matrix, b, &options, x).outcome, SL_OUTCOME_CONVERGED);
      assert_close(x[2], 3, 1e-7);
    }
    sl_csr_destroy(matrix);
  }
}

static void solves_large_systems(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 13);
  sl_csr *matrices[] = {grid_matrix(100, 0.01), grid_matrix(100, 0),
                        dominant_matrix(&rng, 10000, 10, 0.1),
                        dominant_matrix(&rng, 10000, 10, 0.001)};
  double *b = random_vector(&rng, 10000), *x = malloc(10000 * sizeof *x), mean = 0;
  for (int i = 0; i < 10000; i++) mean += b[i] / 10000;
  for (int i = 0; i < 10000; i++) b[i] -= mean;
  for (int m = 0; m < 4; m++) {
    sl_solve_result result = solve_system(matrices[m], b, NULL, x);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    sl_csr_destroy(matrices[m]);
  }
  free(b);
  free(x);
}

static void names_methods_both_ways(void **state) {
  (void)state;
  sl_solver_method method;
#define X(name, value, text)                                                                       \
  assert_string_equal(sl_solver_method_name(SL_SOLVER_##name), text);                              \
  assert_ok(sl_solver_method_from_name(text, &method));                                            \
  assert_int_equal(method, value);
  SL_SOLVER_METHOD_LIST(X)
#undef X
  assert_string_equal(sl_solver_method_name((sl_solver_method)99), "unknown");
  assert_refused(sl_solver_method_from_name("jacobi", &method), SL_ERR_OPTION, "method");
#define X(name, value, text) assert_string_equal(sl_solver_reason_text(SL_REASON_##name), text);
  SL_SOLVER_REASON_LIST(X)
#undef X
  assert_string_equal(sl_solver_reason_text((sl_solver_reason)99), "unknown");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(solves_one_equation),
      property(solves_two_equations_by_every_method),
      property(solves_diagonal_matrices_of_any_sign),
      property(solves_permutation_with_zero_diagonal),
      property(solves_negative_definite_by_cg),
      property(solves_badly_scaled_systems),
      property(answers_zero_for_zero),
      property(keeps_tiny_and_huge_right_hand_sides),
      property(finds_no_solution_worse_than_the_guess),
      property(calls_indefinite_indefinite),
      property(calls_singular_singular),
      property(solves_laplacians_off_the_null_vector),
      property(treats_each_component_for_itself),
      property(finds_signed_null_vectors),
      property(solves_the_zero_matrix_for_zero_only),
      property(stagnates_where_rounding_ends_it),
      property(refuses_what_a_method_cannot_take),
      property(refuses_numbers_that_are_none_and_goes_on),
      property(survives_every_failing_allocation),
      property(gives_the_same_bits_in_steps_of_any_size),
      property(long_iterations_come_in_parts),
      property(solves_again_with_another_right_hand_side),
      property(leaves_the_best_iterate_at_each_budget),
      property(certifies_another_x),
      property(bounds_hold_for_known_solutions),
      property(never_claims_a_wrong_answer),
      property(takes_values_of_every_type),
      property(solves_large_systems),
      property(names_methods_both_ways),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
