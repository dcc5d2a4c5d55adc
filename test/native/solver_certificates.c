// The solver's local answers and full solves on random small systems, against elimination in long
// double: is the error ever larger than the certificate says?
#include "certificates.h"
#include "dominant.h"
#include "solver/local_dot.h"
#include "solver/local_entries.h"
#include "solver/local_sparse.h"
#include "solver/solver.h"

// What elimination in long double may be off by, for solutions of this size.
static double reference_error(const long double *x, uint32_t n) {
  long double size = 0;
  for (uint32_t i = 0; i < n; i++) size = fmaxl(size, fabsl(x[i]));
  return (double)size * 1e-14 * 0x1p-10;
}

typedef struct problem {
  sl_csr *matrix;
  uint32_t n, count, places[LARGEST]; // where b is not zero
  double b[LARGEST], values[LARGEST];
  long double x[LARGEST];
} problem;

static problem some_problem(sl_rng *rng) {
  problem it = {.n = 1 + sl_rng_below(rng, LARGEST)};
  const sl_value_type type = sl_rng_below(rng, 2) ? SL_VALUES_F32 : SL_VALUES_F64;
  it.matrix = random_dominant(rng, it.n, (dominance)sl_rng_below(rng, 4), type);
  for (uint32_t i = 0; i < it.n; i++) {
    if (sl_rng_below(rng, 3)) continue;
    it.b[i] = sl_rng_double(rng) * 2 - 1;
    it.places[it.count] = i;
    it.values[it.count++] = it.b[i];
  }
  solve_exactly(it.matrix, it.b, it.x);
  return it;
}

static double some_error(sl_rng *rng) { return pow(10, -13 * sl_rng_double(rng)); }
static uint64_t some_limit(sl_rng *rng) {
  return sl_rng_below(rng, 3) ? 0 : 1 + sl_rng_below(rng, 300);
}
static uint64_t some_work(sl_rng *rng) { return 1 + sl_rng_below(rng, 500); }

static void full_solves(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 21);
  tally largest = {0}, sum = {0};
  while (largest.trials < trials_wanted() || sum.trials < trials_wanted()) {
    problem it = some_problem(&rng);
    sl_solver_options options = sl_solver_options_default();
    options.tolerance = 0.5 * some_error(&rng);
    options.max_work = some_limit(&rng);
    sl_solver *solver;
    sl_outcome outcome;
    sl_solve_result result;
    double x[LARGEST];
    assert_ok(sl_solver_create(it.matrix, &options, &solver));
    assert_ok(sl_solver_begin(solver, it.b, NULL));
    const uint64_t work = some_work(&rng);
    do assert_ok(sl_job_step(sl_solver_job(solver), work, &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    assert_ok(sl_solver_finish(solver, x, &result));
    long double most = 0, total = 0;
    for (uint32_t i = 0; i < it.n; i++) {
      most = fmaxl(most, fabsl(x[i] - it.x[i]));
      total += fabsl(x[i] - it.x[i]);
    }
    const double reference = reference_error(it.x, it.n);
    if (result.error_bound_norm == SL_BOUND_INF)
      count(&largest, most, result.error_bound, reference);
    if (result.error_bound_norm == SL_BOUND_ONE) {
      count(&sum, total, result.error_bound, it.n * reference);
    }
    sl_solver_destroy(solver);
    sl_csr_destroy(it.matrix);
  }
  report("solve, largest error", &largest, 1);
  report("solve, sum of errors", &sum, 1);
}

static void entries(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 22);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    problem given = some_problem(&rng);
    const uint32_t index = sl_rng_below(&rng, given.n);
    sl_local_entries_options options = {.absolute_error = some_error(&rng),
                                        .push_work = some_limit(&rng),
                                        .max_work = some_limit(&rng)};
    sl_local_entries *local;
    sl_outcome outcome;
    sl_local_entries_result result;
    assert_ok(sl_local_entries_create(given.matrix, &local));
    if (sl_rng_below(&rng, 2))
      assert_ok(sl_local_entries_set_dense(local, given.b, given.n));
    else
      assert_ok(sl_local_entries_set_sparse(local, given.places, given.values, given.count));
    assert_ok(sl_local_entries_begin(local, &options, &index, 1));
    const uint64_t work = some_work(&rng);
    do assert_ok(sl_job_step(sl_local_entries_job(local), work, &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    assert_ok(sl_local_entries_finish(local, &result));
    count(&it, fabsl(result.values[0] - given.x[index]), result.error_bounds[0],
          reference_error(given.x, given.n));
    sl_local_entries_destroy(local);
    sl_csr_destroy(given.matrix);
  }
  report("solveEntries", &it, 1);
}

static void sparse_solutions(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 23);
  tally largest = {0}, sum = {0};
  while (largest.trials < trials_wanted() || sum.trials < trials_wanted()) {
    problem given = some_problem(&rng);
    const sl_matrix_class *class;
    assert_ok(sl_csr_classify(given.matrix, &class));
    const bool one = class->min_column_slack > 0 && sl_rng_below(&rng, 2);
    sl_local_sparse_options options = {.absolute_error = some_error(&rng),
                                       .norm = one ? SL_BOUND_ONE : SL_BOUND_NONE,
                                       .push_work = some_limit(&rng),
                                       .max_work = some_limit(&rng)};
    sl_local_sparse *local;
    sl_outcome outcome;
    sl_local_sparse_result result;
    assert_ok(sl_local_sparse_create(given.matrix, &local));
    assert_ok(sl_local_sparse_begin(local, &options, given.places, given.values, given.count));
    const uint64_t work = some_work(&rng);
    do assert_ok(sl_job_step(sl_local_sparse_job(local), work, &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    assert_ok(sl_local_sparse_finish(local, &result));
    double x[LARGEST] = {0};
    long double most = 0, total = 0;
    for (uint32_t k = 0; k < result.count; k++) x[result.indices[k]] = result.values[k];
    for (uint32_t i = 0; i < given.n; i++) {
      most = fmaxl(most, fabsl(x[i] - given.x[i]));
      total += fabsl(x[i] - given.x[i]);
    }
    const double reference = reference_error(given.x, given.n);
    if (result.error_bound_norm == SL_BOUND_ONE)
      count(&sum, total, result.error_bound, given.n * reference);
    else
      count(&largest, most, result.error_bound, reference);
    sl_local_sparse_destroy(local);
    sl_csr_destroy(given.matrix);
  }
  report("solveSparse, largest error", &largest, 1);
  report("solveSparse, sum of errors", &sum, 1);
}

// t^T x; with walks, little is pushed, so that there is something left to estimate.
static void dots(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 24);
  tally proved = {0}, with_walks = {0}, intervals = {0};
  const double confidence = 0.9;
  while (proved.trials < trials_wanted() || intervals.trials < trials_wanted()) {
    problem given = some_problem(&rng);
    double t[LARGEST], size = 0;
    long double exact = 0;
    for (uint32_t i = 0; i < given.n; i++) {
      t[i] = sl_rng_double(&rng) * 2 - 1;
      exact += t[i] * given.x[i];
      size += fabs(t[i]);
    }
    const double reference = size * reference_error(given.x, given.n);
    const sl_local_vector left = {.dense = t};
    const sl_local_vector right = sl_rng_below(&rng, 2) ? (sl_local_vector){.dense = given.b}
                                                        : (sl_local_vector){.indices = given.places,
                                                                            .values = given.values,
                                                                            .count = given.count};
    sl_local_dot *dot;
    assert_ok(sl_local_dot_create(given.matrix, &dot));
    for (int walks = 0; walks < 2; walks++) {
      sl_local_dot_options options = {.absolute_error = some_error(&rng),
                                      .push_work = some_limit(&rng),
                                      .max_work = some_limit(&rng)};
      if (walks) {
        options = (sl_local_dot_options){.absolute_error = 1e-6,
                                         .confidence = confidence,
                                         .seed = sl_rng_next(&rng),
                                         .push_work = 1 + sl_rng_below(&rng, 30),
                                         .max_work = 4000 + sl_rng_below(&rng, 10000)};
      }
      sl_outcome outcome;
      sl_local_dot_result result;
      assert_ok(sl_local_dot_begin(dot, &options, &left, &right));
      const uint64_t work = some_work(&rng);
      do assert_ok(sl_job_step(sl_local_dot_job(dot), work, &outcome));
      while (outcome == SL_OUTCOME_RUNNING);
      assert_ok(sl_local_dot_finish(dot, &result));
      const long double error = fabsl(result.value - exact);
      count(walks ? &with_walks : &proved, error, result.error_bound, reference);
      if (result.walks > 0) count(&intervals, error, result.half_width, reference);
    }
    sl_local_dot_destroy(dot);
    sl_csr_destroy(given.matrix);
  }
  report("estimateDot, bound", &proved, 1);
  report("estimateDot with walks, bound", &with_walks, 1);
  report("estimateDot with walks, interval of 90 %", &intervals, confidence);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(full_solves), property(entries),
                                     property(sparse_solutions), property(dots)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
