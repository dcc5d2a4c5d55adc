// The error bounds of factorisations on small systems of numbers of every size, against exact
// solutions.
#include "direct/factor.h"
#include "range_systems.h"

static void factorisations(void **state) {
  (void)state;
  static range_problem it;
  sl_rng rng;
  sl_rng_seed(&rng, 35);
  tally largest = {0};
  while (largest.trials < trials_wanted()) {
    some_range_problem(&rng, &it);
    const sl_matrix_class *class;
    assert_ok(sl_csr_classify(it.matrix, &class));
    sl_factor *factor;
    sl_outcome outcome;
    const int32_t method = sl_rng_below(&rng, 2) ? SL_FACTOR_AUTO : SL_FACTOR_LU;
    if (class->min_row_slack > 0 && sl_factor_create(it.matrix, method, 0, &factor) == SL_OK) {
      // Numbers as far apart as these may leave a pivot of 0: a refusal, and no wrong answer.
      sl_status status;
      do status = sl_job_step(sl_factor_job(factor), 1000, &outcome);
      while (status == SL_OK && outcome == SL_OUTCOME_RUNNING);
      const uint32_t refinements = sl_rng_below(&rng, 3);
      double x[RANGE_ROWS_MOST], out[4];
      if (status == SL_OK &&
          sl_factor_begin_solve(factor, it.b, 1, false, refinements, 1e-14) == SL_OK) {
        do assert_ok(sl_job_step(sl_factor_job(factor), 1000, &outcome));
        while (outcome == SL_OUTCOME_RUNNING);
        assert_ok(sl_factor_read_solve(factor, x, out, NULL));
        exact most = {0};
        bool finite = true;
        for (uint32_t i = 0; i < it.n; i++) finite = finite && isfinite(x[i]);
        const double outcome_of_infinity = SL_OUTCOME_BREAKDOWN;
        assert_true(finite ||
                    (out[2] == INFINITY && out[1] == INFINITY && out[0] == outcome_of_infinity));
        for (uint32_t i = 0; finite && i < it.n; i++) {
          exact_most_error(&most, x[i], &it.x[i], &it.determinant);
        }
        if (finite) count_exact(&largest, &most, out[2], &it.determinant);
      }
      sl_factor_destroy(factor);
    }
    sl_csr_destroy(it.matrix);
  }
  report("factorize, largest error, any exponent", &largest, 1);
  printf("%-44s %7.1f %% finite\n", "", 100.0 * largest.finite / largest.trials);
  assert_true(largest.finite >= 0.5 * largest.trials);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(factorisations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
