// The automatic choice, the predictions it rests on, and the preconditioners it chooses from.
#include "systems.h"

#include "solver/amg.h"
#include "solver/approximate_cholesky.h"
#include "solver/lanczos.h"

// Preferential attachment: every node comes with `degree` edges to ends of earlier edges. Then
// every `every`-th node gets a chain of `length` more nodes; 0 for none.
static sl_csr *social_matrix(uint32_t core, uint32_t degree, uint32_t every, uint32_t length,
                             double shift) {
  sl_rng rng;
  sl_rng_seed(&rng, 42);
  entries e = {0};
  uint32_t *ends = malloc(2 * (size_t)core * degree * sizeof *ends), count = 0, n = core;
  for (uint32_t i = 1; i < core; i++) {
    for (uint32_t k = 0; k < degree && k < i; k++) {
      uint32_t j = count > 0 ? ends[sl_rng_below(&rng, count)] : 0;
      if (j == i) continue;
      entries_add_edge(&e, i, j, 1);
      ends[count++] = i;
      ends[count++] = j;
    }
  }
  for (uint32_t i = 0; every > 0 && i < core; i += every) {
    for (uint32_t k = 0, last = i; k < length; k++, last = n++) entries_add_edge(&e, last, n, 1);
  }
  for (uint32_t i = 0; i < n; i++) entries_add(&e, i, i, shift);
  free(ends);
  return entries_matrix(&e, n);
}

static sl_solve_result choose(sl_csr *matrix, sl_solve_attempt *attempts) {
  uint32_t n = matrix->rows;
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  double *b = random_vector(&rng, n), *x = malloc(n * sizeof *x);
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, NULL, &solver));
  assert_ok(sl_solver_begin(solver, b, NULL));
  sl_solve_result result = run_solver(solver, 100000, x);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_true(exact_residual(matrix, x, b) <= 1.0000001e-8 * two_norm(b, n));
  for (uint32_t k = 0; k < result.attempt_count; k++) attempts[k] = result.attempts[k];
  // A second solve begins with the method that worked.
  assert_ok(sl_solver_begin(solver, b, NULL));
  sl_solve_result again = run_solver(solver, 100000, x);
  assert_int_equal(again.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(again.attempts[0].method, result.method);
  assert_true(again.attempts[0].setup_work == 0);
  sl_solver_destroy(solver);
  sl_csr_destroy(matrix);
  free(b);
  free(x);
  return result;
}

static void takes_multigrid_on_a_grid(void **state) {
  (void)state;
  sl_solve_attempt attempts[SL_SOLVER_MAX_ATTEMPTS];
  sl_solve_result result = choose(grid_matrix(120, 0.001), attempts);
  assert_int_equal(result.method, SL_SOLVER_AMG);
  assert_int_equal(result.attempt_count, 2);
  assert_int_equal(attempts[0].method, SL_SOLVER_CG);
  assert_int_equal(attempts[0].outcome, SL_OUTCOME_RUNNING);
  assert_true(attempts[0].iterations >= 12 && attempts[0].iterations <= 16);
  assert_true(attempts[0].predicted > 50);
  assert_int_equal(attempts[1].reason, SL_REASON_PREDICTED);
  assert_true(attempts[1].iterations < 20);
}

static void stays_with_the_diagonal_on_a_social_graph(void **state) {
  (void)state;
  sl_solve_attempt attempts[SL_SOLVER_MAX_ATTEMPTS];
  sl_solve_result result = choose(social_matrix(5000, 8, 0, 0, 0.001), attempts);
  assert_int_equal(result.method, SL_SOLVER_CG);
  assert_int_equal(result.attempt_count, 1);
  assert_true(attempts[0].predicted > 0 && attempts[0].condition < 20);
}

// A slack of two per cent of every diagonal entry: the least eigenvalue lies apart from the others, but not
// so far that the condition is taken without it. It costs few iterations, as the residual shows.
static void stays_with_the_diagonal_where_an_eigenvalue_lies_apart(void **state) {
  (void)state;
  entries e = {0};
  sl_csr *core = social_matrix(3000, 2, 3, 1, 0);
  uint32_t n = core->rows;
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t k = core->row_pointers[i]; k < core->row_pointers[i + 1]; k++) {
      double value = sl_csr_value(core, k);
      entries_add(&e, i, core->columns[k], core->columns[k] == i ? 1.02 * value : value);
    }
  }
  sl_csr_destroy(core);
  sl_csr *matrix = entries_matrix(&e, n);
  double *b = malloc(n * sizeof *b), *x = malloc(n * sizeof *x);
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  for (uint32_t i = 0; i < n; i++) b[i] = sl_rng_double(&rng);
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, NULL, &solver));
  assert_ok(sl_solver_begin(solver, b, NULL));
  sl_solve_result result = run_solver(solver, 100000, x);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(result.method, SL_SOLVER_CG);
  assert_int_equal(result.attempt_count, 1);
  assert_true(result.attempts[0].condition > 50);
  assert_true(result.iterations < 50);
  sl_solver_destroy(solver);
  sl_csr_destroy(matrix);
  free(b);
  free(x);
}

static void tells_how_much_work_conjugate_gradients_have_left(void **state) {
  (void)state;
  sl_csr *matrix = social_matrix(5000, 8, 0, 0, 0.001);
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  double *b = random_vector(&rng, matrix->rows), *x = malloc(matrix->rows * sizeof *x);
  sl_solver *solver;
  assert_ok(sl_solver_create(matrix, NULL, &solver));
  assert_ok(sl_solver_begin(solver, b, NULL));
  sl_job *job = sl_solver_job(solver);
  uint64_t first = 0;
  sl_outcome outcome;
  uint32_t iterations = 0;
  do {
    assert_ok(sl_job_step(job, 1, &outcome));
    sl_solve_progress progress;
    assert_ok(sl_solver_progress(solver, &progress));
    iterations = progress.iterations;
    uint64_t expected = sl_job_expected(job);
    if (iterations < 14) assert_int_equal(expected, 0); // nothing is known yet
    if (expected > 0) assert_true(expected > sl_job_work(job));
    if (first == 0) first = expected;
  } while (outcome == SL_OUTCOME_RUNNING);
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
  assert_true(iterations > 14 && first > 0);
  // The prediction was made after 14 iterations, of the iterations that were still to come.
  double ratio = (double)first / (double)sl_job_work(job);
  assert_true(ratio > 0.5 && ratio < 2);
  assert_int_equal(sl_job_expected(job), 0);
  sl_solver_destroy(solver);
  sl_csr_destroy(matrix);
  free(b);
  free(x);
}

static void passes_multigrid_over_where_rows_are_long(void **state) {
  (void)state;
  sl_solve_attempt attempts[SL_SOLVER_MAX_ATTEMPTS];
  sl_solve_result result = choose(social_matrix(4000, 16, 40, 60, 1e-5), attempts);
  assert_int_equal(result.method, SL_SOLVER_APPROXIMATE_CHOLESKY);
  assert_int_equal(result.attempt_count, 2);
  assert_int_equal(attempts[1].reason, SL_REASON_COARSENS_BADLY);
}

// No row is long, and edges over five powers of ten go anywhere.
static void leaves_multigrid_where_it_fills_up(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  entries e = {0};
  const uint32_t n = 6000;
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, i, 1e-4);
    for (uint32_t k = 0; k < 6; k++) {
      uint32_t j = sl_rng_below(&rng, n);
      if (j != i) entries_add_edge(&e, i, j, pow(10, 5 * sl_rng_double(&rng) - 2.5));
    }
  }
  sl_solve_attempt attempts[SL_SOLVER_MAX_ATTEMPTS];
  sl_solve_result result = choose(entries_matrix(&e, n), attempts);
  assert_int_equal(result.method, SL_SOLVER_APPROXIMATE_CHOLESKY);
  assert_int_equal(attempts[1].method, SL_SOLVER_AMG);
  assert_int_equal(attempts[1].outcome, SL_OUTCOME_RUNNING);
}

// Rows and columns that are dominant by nothing, and not symmetric.
static void takes_an_incomplete_factor_without_slack(void **state) {
  (void)state;
  for (uint32_t side = 15; side <= 45; side += 30) {
    entries e = {0};
    for (uint32_t i = 0; i < side * side; i++) {
      entries_add(&e, i, i, 4);
      if (i % side > 0) entries_add(&e, i, i - 1, -1.5);
      if (i % side + 1 < side) entries_add(&e, i, i + 1, -0.5);
      if (i >= side) entries_add(&e, i, i - side, -1.25);
      if (i + side < side * side) entries_add(&e, i, i + side, -0.75);
    }
    sl_solve_attempt attempts[SL_SOLVER_MAX_ATTEMPTS];
    sl_solve_result result = choose(entries_matrix(&e, side * side), attempts);
    assert_int_equal(result.method, SL_SOLVER_BICGSTAB_ILU);
    assert_int_equal(attempts[0].reason, SL_REASON_DOMINANT);
  }
}

static void needs_nothing_strong_for_a_diagonal(void **state) {
  (void)state;
  entries e = {0};
  for (uint32_t i = 0; i < 1000; i++) entries_add(&e, i, i, 1 + i % 7);
  sl_solve_attempt attempts[SL_SOLVER_MAX_ATTEMPTS];
  sl_solve_result result = choose(entries_matrix(&e, 1000), attempts);
  assert_int_equal(result.attempt_count, 1);
  assert_true(result.iterations <= 2);
}

// ---- Ritz values --------------------------------------------------------------------------------

// Lanczos coefficients of a diagonal matrix with the given eigenvalues, by CG on it.
static sl_lanczos coefficients(const double *eigenvalues, uint32_t n, uint32_t steps) {
  double r[32], p[32], rho = 0;
  for (uint32_t i = 0; i < n; i++) {
    r[i] = p[i] = 1;
    rho += 1;
  }
  sl_lanczos found;
  sl_lanczos_clear(&found);
  for (uint32_t k = 0; k < steps; k++) {
    double curvature = 0, next = 0;
    for (uint32_t i = 0; i < n; i++) curvature += eigenvalues[i] * p[i] * p[i];
    double alpha = rho / curvature;
    for (uint32_t i = 0; i < n; i++) {
      r[i] -= alpha * eigenvalues[i] * p[i];
      next += r[i] * r[i];
    }
    for (uint32_t i = 0; i < n; i++) p[i] = r[i] + next / rho * p[i];
    sl_lanczos_add(&found, alpha, next / rho);
    rho = next;
  }
  return found;
}

static void finds_the_condition_number(void **state) {
  (void)state;
  double spread[] = {0.5, 1, 2, 3, 5, 8}, alone[] = {1e-6, 1, 2, 3, 4};
  sl_lanczos found = coefficients(spread, 6, 6);
  assert_close(sl_lanczos_condition(&found), 16, 1e-6);
  // One tiny eigenvalue costs one iteration: it does not count.
  found = coefficients(alone, 5, 5);
  assert_close(sl_lanczos_condition(&found), 4, 1e-4);
  sl_lanczos_clear(&found);
  assert_true(sl_lanczos_condition(&found) == 1);
  sl_lanczos_add(&found, 0.25, 0.5);
  assert_close(sl_lanczos_condition(&found), 1, 1e-9);
}

static void predicts_more_for_a_finer_goal(void **state) {
  (void)state;
  double eigenvalues[30];
  for (int i = 0; i < 30; i++) eigenvalues[i] = 0.01 + i * 0.07;
  sl_lanczos found = coefficients(eigenvalues, 30, SL_LANCZOS_STEPS);
  assert_int_equal(found.count, SL_LANCZOS_STEPS);
  sl_lanczos_add(&found, 1, 1); // one too many is left out
  assert_int_equal(found.count, SL_LANCZOS_STEPS);
  double last = 0;
  for (double goal = 0.1; goal > 1e-12; goal /= 10) {
    double predicted = sl_lanczos_iterations(&found, goal);
    assert_true(predicted > last);
    last = predicted;
  }
  assert_true(sl_lanczos_iterations(&found, 10) == 0);
}

// ---- preconditioners ----------------------------------------------------------------------------

// z = M^-1 r for all unit vectors gives M^-1 as a whole: it must be symmetric and positive
// definite.
static void check_definite(const float *(*apply)(void *, const double *), void *it, uint32_t n) {
  double *inverse = malloc((size_t)n * n * sizeof *inverse), r[64] = {0}, largest = 0;
  for (uint32_t j = 0; j < n; j++) {
    r[j] = 1;
    const float *z = apply(it, r);
    r[j] = 0;
    for (uint32_t i = 0; i < n; i++) {
      inverse[i * n + j] = z[i];
      largest = fmax(largest, fabs(z[i]));
    }
  }
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < i; j++) {
      assert_close(inverse[i * n + j], inverse[j * n + i], 2e-5 * largest);
    }
  }
  // Cholesky of its symmetric part must run to the end.
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j <= i; j++) {
      double sum = 0.5 * (inverse[i * n + j] + inverse[j * n + i]);
      for (uint32_t k = 0; k < j; k++) sum -= inverse[i * n + k] * inverse[j * n + k];
      if (j < i)
        inverse[i * n + j] = sum / inverse[j * n + j];
      else
        assert_true(sum > 0);
      if (j == i)
        inverse[i * n + i] = sqrt(sum);
      else
        inverse[j * n + i] = inverse[i * n + j] * 0 + inverse[j * n + i];
    }
  }
  free(inverse);
}

static const float *apply_amg(void *it, const double *r) { return sl_amg_cycle(it, r, 1); }
static const float *apply_cholesky(void *it, const double *r) {
  uint32_t piece = 0;
  uint64_t work = 0;
  const float *z;
  do z = sl_approximate_cholesky_solve(it, r, 1, &piece, &work);
  while (z == NULL);
  assert_int_equal(work, 2 * sl_approximate_cholesky_entries(it));
  return z;
}

static void preconditioners_are_symmetric_and_definite(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(8, 0.3);
  sl_amg *amg;
  sl_approximate_cholesky *cholesky;
  bool done = false;
  uint64_t work = 0;
  assert_ok(sl_amg_create(matrix, 1, SL_ORDER_AUTO, true, &amg));
  while (!done) assert_ok(sl_amg_build(amg, &done, &work));
  sl_amg_facts facts;
  sl_amg_describe(amg, &facts);
  assert_true(facts.levels >= 2 && facts.operator_complexity < 2);
  assert_false(sl_amg_is_poor(amg));
  check_definite(apply_amg, amg, 64);
  sl_amg_destroy(amg);
  assert_ok(sl_amg_create(matrix, 1, SL_ORDER_AUTO, false, &amg));
  done = false;
  while (!done) assert_ok(sl_amg_build(amg, &done, &work));
  sl_amg_describe(amg, &facts);
  assert_int_equal(facts.levels, 1);
  check_definite(apply_amg, amg, 64);
  sl_amg_destroy(amg);
  assert_ok(sl_approximate_cholesky_create(matrix, 1, &cholesky));
  done = false;
  while (!done) assert_ok(sl_approximate_cholesky_build(cholesky, &done, &work));
  check_definite(apply_cholesky, cholesky, 64);
  assert_true(sl_approximate_cholesky_entries(cholesky) >= 112);
  sl_approximate_cholesky_destroy(cholesky);
  sl_csr_destroy(matrix);
}

// A tree has no fill, so that nothing is left to chance: the factorisation is exact.
static void approximate_cholesky_is_exact_on_trees(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  entries e = {0};
  for (uint32_t i = 1; i < 200; i++) {
    // Mixed signs go through the double cover.
    double weight = 0.5 + sl_rng_double(&rng), sign = sl_rng_below(&rng, 2) ? 1 : -1;
    uint32_t j = sl_rng_below(&rng, i);
    entries_add(&e, i, j, sign * weight);
    entries_add(&e, j, i, sign * weight);
    entries_add(&e, i, i, weight);
    entries_add(&e, j, j, weight);
  }
  for (uint32_t i = 0; i < 200; i++) entries_add(&e, i, i, 0.2);
  sl_csr *matrix = entries_matrix(&e, 200);
  double *b = random_vector(&rng, 200), x[200];
  sl_solver_options options = sl_solver_options_default();
  options.method = SL_SOLVER_APPROXIMATE_CHOLESKY;
  sl_solve_result result = solve_system(matrix, b, &options, x);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_true(result.iterations <= 3); // f32 rounding only
  free(b);
  sl_csr_destroy(matrix);
}

static void leaves_what_float32_cannot_hold(void **state) {
  (void)state;
  double a[] = {1, 0, 0, 1e-200}, b[] = {1, 1e-200}, x[2];
  sl_csr *matrix = matrix_from_dense(a, 2);
  sl_solver_options options = sl_solver_options_default();
  options.method = SL_SOLVER_AMG;
  sl_solver *solver;
  assert_int_equal(solve_system(matrix, b, &options, x).outcome, SL_OUTCOME_BREAKDOWN);
  assert_int_equal(solve_system(matrix, b, NULL, x).outcome, SL_OUTCOME_CONVERGED);
  sl_csr_destroy(matrix);
  double loose[] = {1, 2, 2, 5};
  matrix = matrix_from_dense(loose, 2);
  options.method = SL_SOLVER_APPROXIMATE_CHOLESKY;
  assert_refused(sl_solver_create(matrix, &options, &solver), SL_ERR_NOT_DOMINANT, "matrix");
  sl_csr_destroy(matrix);
}

static void tries_the_methods_of_its_set_only(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(120, 0.001);
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  double *b = random_vector(&rng, matrix->rows), *x = malloc(matrix->rows * sizeof *x);
  sl_solver *solver;
  assert_ok(sl_solver_create_of(&sl_light_methods, matrix, NULL, &solver));
  assert_ok(sl_solver_begin(solver, b, NULL));
  const sl_solve_result result = run_solver(solver, 100000, x);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(result.attempt_count, 1);
  assert_int_equal(result.method, SL_SOLVER_CG);
  sl_solver_destroy(solver);
  sl_solver_options options = sl_solver_options_default();
  options.method = SL_SOLVER_AMG;
  assert_refused(sl_solver_create_of(&sl_light_methods, matrix, &options, &solver), SL_ERR_OPTION,
                 "method");
  sl_csr_destroy(matrix);
  free(b);
  free(x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(takes_multigrid_on_a_grid),
      property(stays_with_the_diagonal_on_a_social_graph),
      property(stays_with_the_diagonal_where_an_eigenvalue_lies_apart),
      property(tells_how_much_work_conjugate_gradients_have_left),
      property(passes_multigrid_over_where_rows_are_long),
      property(leaves_multigrid_where_it_fills_up),
      property(takes_an_incomplete_factor_without_slack),
      property(needs_nothing_strong_for_a_diagonal),
      property(finds_the_condition_number),
      property(predicts_more_for_a_finer_goal),
      property(preconditioners_are_symmetric_and_definite),
      property(approximate_cholesky_is_exact_on_trees),
      property(leaves_what_float32_cannot_hold),
      property(tries_the_methods_of_its_set_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
