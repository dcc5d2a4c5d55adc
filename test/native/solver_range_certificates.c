// The bounds of full solves and of local answers on small systems of numbers of every size, against
// exact solutions.
#include "range_systems.h"
#include "solver/local_dot.h"
#include "solver/local_entries.h"
#include "solver/local_sparse.h"
#include "solver/solver.h"

// A bound may always be infinite, so how many are not is looked at as well.
static void report_range(const char *kind, const tally *it, double least_finite) {
  report(kind, it, 1);
  printf("%-44s %7.1f %% finite\n", "", 100.0 * it->finite / it->trials);
  assert_true(it->finite >= least_finite * it->trials);
}

static void full_solves(void **state) {
  (void)state;
  static range_problem it;
  sl_rng rng;
  sl_rng_seed(&rng, 31);
  tally largest = {0}, sum = {0};
  while (largest.trials < trials_wanted() || sum.trials < trials_wanted()) {
    some_range_problem(&rng, &it);
    sl_solver_options options = sl_solver_options_default();
    options.tolerance = ldexp(0.5, -(int)sl_rng_below(&rng, 50));
    options.method = (sl_solver_method)sl_rng_below(&rng, 12);
    options.max_work = some_range_limit(&rng);
    sl_solver *solver;
    sl_outcome outcome;
    sl_solve_result result;
    double x[RANGE_ROWS_MOST];
    if (sl_solver_create(it.matrix, &options, &solver) != SL_OK) {
      options.method = SL_SOLVER_AUTO;
      assert_ok(sl_solver_create(it.matrix, &options, &solver));
    }
    if (sl_solver_begin(solver, it.b, NULL) == SL_OK) {
      do assert_ok(sl_job_step(sl_solver_job(solver), 1000, &outcome));
      while (outcome == SL_OUTCOME_RUNNING);
      assert_ok(sl_solver_finish(solver, x, &result));
      exact most = {0}, total = {0};
      for (uint32_t i = 0; i < it.n; i++) {
        exact_most_error(&most, x[i], &it.x[i], &it.determinant);
        exact_add_error(&total, x[i], &it.x[i], &it.determinant);
      }
      // The same number of systems has dominant columns only as dominant rows.
      const bool one = it.matrix->matrix_class.min_row_slack <= 0;
      if (one)
        count_exact(&sum, &total, result.error_bound, &it.determinant);
      else
        count_exact(&largest, &most, result.error_bound, &it.determinant);
    }
    sl_solver_destroy(solver);
    sl_csr_destroy(it.matrix);
  }
  report_range("solve, largest error, any exponent", &largest, 0.5);
  report_range("solve, sum of errors, any exponent", &sum, 0.4);
}

static void entries(void **state) {
  (void)state;
  static range_problem given;
  sl_rng rng;
  sl_rng_seed(&rng, 32);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    some_range_problem(&rng, &given);
    const uint32_t index = sl_rng_below(&rng, given.n);
    sl_local_entries_options options = {.absolute_error = some_wanted_error(&rng, given.largest),
                                        .push_work = some_range_limit(&rng),
                                        .max_work = some_range_limit(&rng)};
    sl_local_entries *local;
    sl_outcome outcome;
    sl_local_entries_result result;
    if (sl_local_entries_create(given.matrix, &local) == SL_OK) {
      const sl_status status =
          sl_rng_below(&rng, 2)
              ? sl_local_entries_set_dense(local, given.b, given.n)
              : sl_local_entries_set_sparse(local, given.places, given.values, given.count);
      if (status == SL_OK) {
        assert_ok(sl_local_entries_begin(local, &options, &index, 1));
        sl_status went;
        do went = sl_job_step(sl_local_entries_job(local), 1 + sl_rng_below(&rng, 500), &outcome);
        while (went == SL_OK && outcome == SL_OUTCOME_RUNNING);
        // The norm of b overflows in a full solve: the only refusal.
        assert_true(went == SL_OK || went == SL_ERR_RANGE);
        if (went == SL_OK) {
          assert_ok(sl_local_entries_finish(local, &result));
          exact error = {0};
          exact_add_error(&error, result.values[0], &given.x[index], &given.determinant);
          count_exact(&it, &error, result.error_bounds[0], &given.determinant);
        }
      }
      sl_local_entries_destroy(local);
    }
    sl_csr_destroy(given.matrix);
  }
  report_range("solveEntries, any exponent", &it, 0.5);
}

static void sparse_solutions(void **state) {
  (void)state;
  static range_problem given;
  sl_rng rng;
  sl_rng_seed(&rng, 33);
  tally largest = {0}, sum = {0};
  while (largest.trials < trials_wanted() || sum.trials < trials_wanted()) {
    some_range_problem(&rng, &given);
    const sl_matrix_class *class;
    assert_ok(sl_csr_classify(given.matrix, &class));
    const bool one = class->min_column_slack > 0 && sl_rng_below(&rng, 2);
    sl_local_sparse_options options = {.absolute_error = some_wanted_error(&rng, given.largest),
                                       .norm = one ? SL_BOUND_ONE : SL_BOUND_NONE,
                                       .push_work = some_range_limit(&rng),
                                       .max_work = some_range_limit(&rng)};
    sl_local_sparse *local;
    sl_outcome outcome;
    sl_local_sparse_result result;
    if (sl_local_sparse_create(given.matrix, &local) == SL_OK) {
      assert_ok(sl_local_sparse_begin(local, &options, given.places, given.values, given.count));
      sl_status went;
      do went = sl_job_step(sl_local_sparse_job(local), 1 + sl_rng_below(&rng, 500), &outcome);
      while (went == SL_OK && outcome == SL_OUTCOME_RUNNING);
      assert_true(went == SL_OK || went == SL_ERR_RANGE);
      if (went == SL_OK) {
        assert_ok(sl_local_sparse_finish(local, &result));
        double x[RANGE_ROWS_MOST] = {0};
        exact most = {0}, total = {0};
        for (uint32_t k = 0; k < result.count; k++) x[result.indices[k]] = result.values[k];
        for (uint32_t i = 0; i < given.n; i++) {
          exact_most_error(&most, x[i], &given.x[i], &given.determinant);
          exact_add_error(&total, x[i], &given.x[i], &given.determinant);
        }
        if (result.error_bound_norm == SL_BOUND_ONE)
          count_exact(&sum, &total, result.error_bound, &given.determinant);
        else
          count_exact(&largest, &most, result.error_bound, &given.determinant);
      }
      sl_local_sparse_destroy(local);
    }
    sl_csr_destroy(given.matrix);
  }
  report_range("solveSparse, largest error, any exponent", &largest, 0.5);
  report_range("solveSparse, sum of errors, any exponent", &sum, 0.4);
}

static void dots(void **state) {
  (void)state;
  static range_problem given;
  sl_rng rng;
  sl_rng_seed(&rng, 34);
  tally proved = {0}, with_walks = {0}, intervals = {0};
  const double confidence = 0.9;
  while (proved.trials < trials_wanted() || intervals.trials < trials_wanted()) {
    some_range_problem(&rng, &given);
    double t[RANGE_ROWS_MOST];
    const spread s = some_spread(&rng);
    exact above = {0}, term;
    for (uint32_t i = 0; i < given.n; i++) {
      t[i] = some_number(&rng, s);
      exact_from(&term, t[i]);
      exact_multiply(&term, &term, &given.x[i]);
      exact_add(&above, &above, &term, 1);
    }
    const long double about = fabsl(exact_round(&above) / exact_round(&given.determinant));
    const double size = about > DBL_MAX ? DBL_MAX : (double)about;
    const sl_local_vector left = {.dense = t};
    const sl_local_vector right = sl_rng_below(&rng, 2) ? (sl_local_vector){.dense = given.b}
                                                        : (sl_local_vector){.indices = given.places,
                                                                            .values = given.values,
                                                                            .count = given.count};
    sl_local_dot *dot = NULL;
    const bool dominant = sl_local_dot_create(given.matrix, &dot) == SL_OK;
    // Few queries come to walk, so the proved ones are not repeated once there are enough.
    for (int walks = proved.trials >= trials_wanted(); dominant && walks < 2; walks++) {
      sl_local_dot_options options = {.absolute_error = some_wanted_error(&rng, size),
                                      .push_work = some_range_limit(&rng),
                                      .max_work = some_range_limit(&rng)};
      if (walks) {
        if (size > 0)
          options.absolute_error = fmax(ldexp(size, -1 - (int)sl_rng_below(&rng, 6)), 0x1p-1074);
        options.confidence = confidence;
        options.seed = sl_rng_next(&rng);
        options.push_work = 1 + sl_rng_below(&rng, 5);
        options.max_work = 2000;
      }
      sl_outcome outcome;
      sl_local_dot_result result;
      if (sl_local_dot_begin(dot, &options, &left, &right) != SL_OK) continue;
      sl_status went;
      do went = sl_job_step(sl_local_dot_job(dot), 1 + sl_rng_below(&rng, 500), &outcome);
      while (went == SL_OK && outcome == SL_OUTCOME_RUNNING);
      assert_true(went == SL_OK || went == SL_ERR_RANGE);
      if (went != SL_OK) continue;
      assert_ok(sl_local_dot_finish(dot, &result));
      exact error = {0};
      exact_add_error(&error, result.value, &above, &given.determinant);
      count_exact(walks ? &with_walks : &proved, &error, result.error_bound, &given.determinant);
      if (result.walks > 0) count_exact(&intervals, &error, result.half_width, &given.determinant);
    }
    sl_local_dot_destroy(dot);
    sl_csr_destroy(given.matrix);
  }
  report_range("estimateDot, bound, any exponent", &proved, 0.5);
  report_range("estimateDot with walks, bound, any exponent", &with_walks, 0.5);
  report("estimateDot, interval of 90 %, any exponent", &intervals, confidence);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(full_solves), property(entries),
                                     property(sparse_solutions), property(dots)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
