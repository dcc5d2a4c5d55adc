// Sparse solutions by push on columns: certificates against exact solutions, locality, misuse.
#include <math.h>
#include <stdio.h>

#include "dominant.h"
#include "solver/local_sparse.h"

#define TRIALS SL_TRIES(10000u)

static sl_local_sparse_result query(sl_local_sparse *sparse, sl_local_sparse_options options,
                                    const uint32_t *indices, const double *values, uint32_t count,
                                    uint64_t work) {
  sl_outcome outcome;
  sl_local_sparse_result result;
  assert_ok(sl_local_sparse_begin(sparse, &options, indices, values, count));
  do assert_ok(sl_job_step(sl_local_sparse_job(sparse), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_local_sparse_finish(sparse, &result));
  assert_int_equal(result.outcome, outcome);
  return result;
}

static bool violated_in_trial(sl_rng *rng, double *closest) {
  uint32_t n = 1 + sl_rng_below(rng, LARGEST);
  sl_value_type type = sl_rng_below(rng, 2) ? SL_VALUES_F32 : SL_VALUES_F64;
  sl_csr *matrix = random_dominant(rng, n, sl_rng_below(rng, 4), type);
  const sl_matrix_class *class;
  assert_ok(sl_csr_classify(matrix, &class));
  double b[LARGEST] = {0}, values[LARGEST];
  uint32_t places[LARGEST], count = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (sl_rng_below(rng, 3)) continue;
    b[i] = sl_rng_double(rng) * 2 - 1;
    places[count] = i;
    values[count++] = b[i];
  }
  sl_local_sparse *sparse;
  assert_ok(sl_local_sparse_create(matrix, &sparse));
  sl_local_sparse_options options = {
      .absolute_error = pow(10, -13 * sl_rng_double(rng)),
      .push_work = sl_rng_below(rng, 3) ? UINT64_MAX : 1 + sl_rng_below(rng, 100),
      .max_work = sl_rng_below(rng, 4) ? 0 : 1 + sl_rng_below(rng, 300),
  };
  if (sl_rng_below(rng, 2))
    options.norm = SL_BOUND_INF;
  else if (class->min_column_slack > 0 && sl_rng_below(rng, 2))
    options.norm = SL_BOUND_ONE;
  sl_local_sparse_result result =
      query(sparse, options, places, values, count, 1 + sl_rng_below(rng, 500));
  assert_true(result.error_bound_norm == SL_BOUND_INF || class->min_column_slack > 0);
  if (options.norm != SL_BOUND_NONE) assert_int_equal(result.error_bound_norm, options.norm);
  assert_int_equal(result.outcome == SL_OUTCOME_CONVERGED,
                   result.error_bound <= options.absolute_error);

  long double exact[LARGEST], error = 0, size = 0;
  double x[LARGEST] = {0};
  solve_exactly(matrix, b, exact);
  for (uint32_t k = 0; k < result.count; k++) {
    assert_true(x[result.indices[k]] == 0); // each index once
    x[result.indices[k]] = result.values[k];
  }
  for (uint32_t i = 0; i < n; i++) {
    long double e = fabsl(x[i] - exact[i]);
    size += fabsl(exact[i]);
    if (result.error_bound_norm == SL_BOUND_ONE)
      error += e;
    else if (e > error)
      error = e;
  }
  bool violated = !(error <= result.error_bound + 1e-16L * size);
  if (result.error_bound > 1e-9 && error / result.error_bound > *closest) {
    *closest = (double)(error / result.error_bound);
  }
  sl_local_sparse_destroy(sparse);
  sl_csr_destroy(matrix);
  return violated;
}

static void every_bound_holds_in_random_systems(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 21);
  uint32_t violations = 0;
  double closest = 0;
  for (uint32_t k = 0; k < TRIALS; k++) violations += violated_in_trial(&rng, &closest);
  print_message("sparse solutions: %u violations in %u systems, largest error / bound %.3f\n",
                violations, TRIALS, closest);
  assert_int_equal(violations, 0);
  assert_true(closest > 0.5);
}

static void touched_columns_do_not_depend_on_n(void **state) {
  (void)state;
  uint64_t touched[2], edges[2];
  uint32_t counts[2];
  for (int size = 0; size < 2; size++) {
    uint32_t m = size ? 300 : 100, places[] = {m / 2 * m + m / 2, m / 2 * m + m / 2 + 3};
    double values[] = {1, -2};
    sl_csr *matrix = grid(m, 0.4);
    sl_local_sparse *sparse;
    assert_ok(sl_local_sparse_create(matrix, &sparse));
    sl_local_sparse_options options = {.absolute_error = 1e-4};
    sl_local_sparse_result result = query(sparse, options, places, values, 2, UINT64_MAX);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(result.method, SL_LOCAL_PUSH);
    touched[size] = result.touched_columns;
    edges[size] = result.edge_operations;
    counts[size] = result.count;
    sl_local_sparse_destroy(sparse);
    sl_csr_destroy(matrix);
  }
  assert_int_equal(touched[0], touched[1]);
  assert_int_equal(edges[0], edges[1]);
  assert_int_equal(counts[0], counts[1]);
  assert_true(counts[0] > 50 && counts[0] < 2000);
}

static void gives_way_to_the_full_solve_from_where_it_is(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 22);
  sl_csr *matrix = grid(60, 0.003);
  sl_local_sparse *sparse;
  assert_ok(sl_local_sparse_create(matrix, &sparse));
  size_t held = sl_bytes_in_use();
  uint32_t place = 1830;
  double one = 1;
  for (int norm = SL_BOUND_INF; norm <= SL_BOUND_ONE; norm++) {
    sl_local_sparse_options options = {.absolute_error = 1e-7, .norm = (sl_bound_norm)norm};
    sl_local_sparse_result result = query(sparse, options, &place, &one, 1, 1000);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(result.method, SL_LOCAL_PUSH_FULL);
    assert_true(result.error_bound <= 1e-7);
    assert_int_equal(result.error_bound_norm, norm);
    // The matrix maps 1 to 0.003, so the entries of x add up to 1 / 0.003.
    double sum = 0;
    for (uint32_t k = 0; k < result.count; k++) sum += result.values[k];
    assert_true(fabs(sum - 1 / 0.003) < 3600 * 1e-7);
    assert_true(result.touched_columns >= 3600);
  }
  // Stopped in the middle of the solve: what is there has a bound that holds.
  sl_local_sparse_options options = {.absolute_error = 1e-9, .push_work = 10};
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  assert_ok(sl_local_sparse_begin(sparse, &options, &place, &one, 1));
  for (int k = 0; k < 3; k++) assert_ok(sl_job_step(sl_local_sparse_job(sparse), 20000, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_RUNNING);
  assert_true(sl_job_work(sl_local_sparse_job(sparse)) > 10);
  assert_ok(sl_job_stop(sl_local_sparse_job(sparse), SL_OUTCOME_TIME_LIMIT));
  sl_local_sparse_result result;
  assert_ok(sl_local_sparse_finish(sparse, &result));
  assert_int_equal(result.outcome, SL_OUTCOME_TIME_LIMIT);
  assert_true(result.error_bound > 1e-9 && result.error_bound < INFINITY);
  assert_ok(sl_local_sparse_begin(sparse, &options, &place, &one, 0));
  assert_true(sl_bytes_in_use() <= held + 64);
  sl_local_sparse_destroy(sparse);
  sl_csr_destroy(matrix);
}

static void refuses_bad_arguments_and_stays_usable(void **state) {
  (void)state;
  uint32_t rows[] = {0, 0, 1, 1}, columns[] = {0, 1, 0, 1}, twice[] = {1, 1}, outside[] = {0, 2};
  double by_rows[] = {3, 2, 4, 5}, b[] = {1, 2}, hollow[] = {0, 1, 1, 5};
  sl_csr *matrix;
  sl_local_sparse *sparse;
  sl_local_sparse_result result;
  sl_outcome outcome;
  assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, hollow, SL_VALUES_F64, &matrix));
  assert_refused(sl_local_sparse_create(matrix, &sparse), SL_ERR_NOT_DOMINANT, "matrix");
  sl_csr_destroy(matrix);
  assert_ok(sl_csr_from_coo(2, 3, 4, rows, columns, hollow, SL_VALUES_F64, &matrix));
  assert_refused(sl_local_sparse_create(matrix, &sparse), SL_ERR_NOT_SQUARE, "matrix");
  sl_csr_destroy(matrix);

  // Dominant in rows, not in columns.
  assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, by_rows, SL_VALUES_F64, &matrix));
  assert_ok(sl_local_sparse_create(matrix, &sparse));
  sl_local_sparse_options options = {.absolute_error = 1e-12};
  assert_refused(sl_job_step(sl_local_sparse_job(sparse), 1, &outcome), SL_ERR_STATE, "sparse");
  assert_refused(sl_local_sparse_finish(sparse, &result), SL_ERR_STATE, "sparse");
  assert_refused(sl_job_stop(sl_local_sparse_job(sparse), SL_OUTCOME_TIME_LIMIT), SL_ERR_STATE,
                 "sparse");
  double wrong[] = {0, -1, NAN, INFINITY};
  for (int k = 0; k < 4; k++) {
    sl_local_sparse_options bad = {.absolute_error = wrong[k]};
    assert_refused(sl_local_sparse_begin(sparse, &bad, twice, b, 1), SL_ERR_OPTION,
                   "absolute_error");
  }
  sl_local_sparse_options sum = {.absolute_error = 1, .norm = SL_BOUND_ONE};
  assert_refused(sl_local_sparse_begin(sparse, &sum, twice, b, 1), SL_ERR_NOT_DOMINANT, "norm");
  sl_local_sparse_options odd = {.absolute_error = 1, .norm = (sl_bound_norm)7};
  assert_refused(sl_local_sparse_begin(sparse, &odd, twice, b, 1), SL_ERR_OPTION, "norm");
  assert_refused(sl_local_sparse_begin(sparse, &options, twice, b, 2), SL_ERR_ARGUMENT, "b");
  assert_refused(sl_local_sparse_begin(sparse, &options, outside, b, 2), SL_ERR_INDEX, "b");
  double nan_b[] = {1, NAN};
  assert_refused(sl_local_sparse_begin(sparse, &options, rows + 1, nan_b, 2), SL_ERR_NOT_FINITE,
                 "b");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_job_step(sl_local_sparse_job(sparse), 1, &outcome), SL_ERR_STATE, "sparse");

  // 3 x + 2 y = 1, 4 x + 5 y = 2
  result = query(sparse, options, rows + 1, b, 2, 1);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  for (uint32_t k = 0; k < 2; k++) {
    double exact = result.indices[k] == 0 ? 1.0 / 7 : 2.0 / 7;
    assert_true(fabs(result.values[k] - exact) <= 1e-12);
  }
  assert_refused(sl_job_stop(sl_local_sparse_job(sparse), SL_OUTCOME_CONVERGED), SL_ERR_OPTION,
                 "why");
  // b = 0
  result = query(sparse, options, NULL, NULL, 0, 1);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(result.count, 0);
  assert_true(result.error_bound == 0);
  sl_local_sparse_destroy(sparse);
  sl_local_sparse_destroy(NULL);
  sl_csr_destroy(matrix);
}

static void memory_limit_loses_nothing(void **state) {
  (void)state;
  sl_csr *matrix = grid(30, 0.01);
  const sl_matrix_class *class;
  assert_ok(sl_csr_classify(matrix, &class));
  uint32_t place = 450;
  double one = 1;
  sl_local_sparse_options options = {.absolute_error = 1e-9};
  size_t before = sl_bytes_in_use();
  uint32_t refused = 0;
  for (size_t room = 0;; room += 997) {
    sl_set_memory_limit(before + room);
    sl_local_sparse *sparse;
    sl_outcome outcome;
    sl_status status = sl_local_sparse_create(matrix, &sparse);
    if (status == SL_OK) {
      status = sl_local_sparse_begin(sparse, &options, &place, &one, 1);
      do {
        if (status == SL_OK) status = sl_job_step(sl_local_sparse_job(sparse), 1000, &outcome);
      } while (status == SL_OK && outcome == SL_OUTCOME_RUNNING);
    }
    if (status != SL_OK) {
      assert_int_equal(status, SL_ERR_MEMORY);
      refused++;
      sl_set_memory_limit(SIZE_MAX);
      if (sparse) assert_int_equal(query(sparse, options, &place, &one, 1, 99).outcome, 0);
    }
    sl_local_sparse_destroy(sparse);
    assert_int_equal(sl_bytes_in_use(), before);
    if (status == SL_OK) break;
  }
  assert_true(refused > 40);
  sl_set_memory_limit(SIZE_MAX);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_bound_holds_in_random_systems),
      property(touched_columns_do_not_depend_on_n),
      property(gives_way_to_the_full_solve_from_where_it_is),
      property(refuses_bad_arguments_and_stays_usable),
      property(memory_limit_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
