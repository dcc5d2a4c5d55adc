// Single entries by local push: certificates against exact solutions, locality, hand-over, misuse.
#include <math.h>
#include <stdio.h>

#include "dominant.h"
#include "solver/local_entries.h"
#include "solver/push.h"
#include "systems.h"

#define TRIALS SL_TRIES(10000u)

static sl_local_entries_result query(sl_local_entries *entries, sl_local_entries_options options,
                                     const uint32_t *indices, uint32_t count, uint64_t work) {
  sl_outcome outcome;
  sl_local_entries_result result;
  assert_ok(sl_local_entries_begin(entries, &options, indices, count));
  do assert_ok(sl_job_step(sl_local_entries_job(entries), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_local_entries_finish(entries, &result));
  assert_int_equal(result.outcome, outcome);
  return result;
}

// ---- certificates

// One random system, all entries asked for, with a random tolerance and sometimes a work limit.
static uint32_t violations_of_trial(sl_rng *rng, double *closest) {
  uint32_t n = 1 + sl_rng_below(rng, LARGEST);
  sl_value_type type = sl_rng_below(rng, 2) ? SL_VALUES_F32 : SL_VALUES_F64;
  sl_csr *matrix = random_dominant(rng, n, sl_rng_below(rng, 4), type);
  double b[LARGEST] = {0}, values[LARGEST];
  uint32_t all[LARGEST], places[LARGEST], count = 0;
  bool sparse = sl_rng_below(rng, 2), one_sign = sl_rng_below(rng, 2);
  for (uint32_t i = 0; i < n; i++) {
    all[i] = i;
    if (sparse && sl_rng_below(rng, 3)) continue;
    b[i] = one_sign ? sl_rng_double(rng) : sl_rng_double(rng) * 2 - 1;
    places[count] = i;
    values[count++] = b[i];
  }
  sl_local_entries *entries;
  assert_ok(sl_local_entries_create(matrix, &entries));
  if (sparse)
    assert_ok(sl_local_entries_set_sparse(entries, places, values, count));
  else
    assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
  sl_local_entries_options options = sl_local_entries_options_default();
  options.absolute_error = pow(10, -13 * sl_rng_double(rng));
  options.push_work = sl_rng_below(rng, 2) ? 0 : UINT64_MAX;
  options.max_work = sl_rng_below(rng, 4) ? 0 : 1 + sl_rng_below(rng, 300);
  sl_local_entries_result result = query(entries, options, all, n, 1 + sl_rng_below(rng, 500));

  long double exact[LARGEST];
  solve_exactly(matrix, b, exact);
  uint32_t violations = 0;
  for (uint32_t i = 0; i < n; i++) {
    long double error = fabsl(result.values[i] - exact[i]);
    long double allowance = 1e-16L * fabsl(exact[i]); // of the reference
    if (!(error <= result.error_bounds[i] + allowance)) violations++;
    if (result.error_bounds[i] > 1e-9 && error / result.error_bounds[i] > *closest) {
      *closest = (double)(error / result.error_bounds[i]);
    }
  }
  if (result.outcome == SL_OUTCOME_CONVERGED) {
    assert_true(result.error_bound <= options.absolute_error);
  } else {
    assert_true(result.error_bound > options.absolute_error);
  }
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
  return violations;
}

static void every_bound_holds_in_random_systems(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 20);
  uint32_t violations = 0;
  double closest = 0;
  for (uint32_t k = 0; k < TRIALS; k++) violations += violations_of_trial(&rng, &closest);
  print_message("entries: %u violations in %u systems, largest error / bound %.3f\n", violations,
                TRIALS, closest);
  assert_int_equal(violations, 0);
  // A bound that is never nearly reached would be a poor one, or not tested.
  assert_true(closest > 0.5);
}

// The Green's function of the path with both ends fixed: products of hyperbolic sines.
static void green_function_of_a_path_is_met(void **state) {
  (void)state;
  enum { n = 400 };
  double shift = 0.3, kappa = acosh(1 + shift / 2);
  uint32_t rows[3 * n], columns[3 * n], count = 0;
  double values[3 * n];
  for (uint32_t i = 0; i < n; i++) {
    if (i > 0) rows[count] = i, columns[count] = i - 1, values[count++] = -1;
    rows[count] = columns[count] = i, values[count++] = 2 + shift;
    if (i + 1 < n) rows[count] = i, columns[count] = i + 1, values[count++] = -1;
  }
  sl_csr *matrix;
  sl_local_entries *entries;
  assert_ok(sl_csr_from_coo(n, n, count, rows, columns, values, SL_VALUES_F64, &matrix));
  assert_ok(sl_local_entries_create(matrix, &entries));
  uint32_t place = 200, wanted[] = {0, 150, 199, 200, 201, 207, 399};
  double one = 1;
  assert_ok(sl_local_entries_set_sparse(entries, &place, &one, 1));
  // By default such a small matrix is solved in full.
  sl_local_entries_options options = {.absolute_error = 1e-10, .push_work = 30000};
  sl_local_entries_result result = query(entries, options, wanted, 7, 1000);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(result.method, SL_LOCAL_PUSH);
  for (int k = 0; k < 7; k++) {
    double low = wanted[k] < place ? wanted[k] : place,
           high = wanted[k] < place ? place : wanted[k];
    double exact =
        sinh(kappa * (low + 1)) * sinh(kappa * (n - high)) / (sinh(kappa) * sinh(kappa * (n + 1)));
    assert_true(fabs(result.values[k] - exact) <= result.error_bounds[k] + 1e-14);
  }
  assert_true(result.touched_rows < 7 * 100); // of 7 * 400
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
}

static void rounding_floor_is_reported_as_stagnated(void **state) {
  (void)state;
  sl_csr *matrix = grid(8, 0.4);
  sl_local_entries *entries;
  double b[64];
  uint32_t wanted[] = {27, 5};
  for (int i = 0; i < 64; i++) b[i] = 1 + i;
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
  sl_local_entries_options options = {.absolute_error = 1e-300, .push_work = UINT64_MAX};
  sl_local_entries_result result = query(entries, options, wanted, 2, 100);
  assert_int_equal(result.outcome, SL_OUTCOME_STAGNATED);
  assert_true(result.error_bound > 0 && result.error_bound < 1e-9);
  options.push_work = 1; // the full solve cannot do it either
  result = query(entries, options, wanted, 2, 100);
  assert_int_equal(result.outcome, SL_OUTCOME_STAGNATED);
  assert_true(result.error_bound > 0 && result.error_bound < 1e-9);
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
}

// ---- locality and work

static void touched_rows_do_not_depend_on_n(void **state) {
  (void)state;
  uint64_t touched[2], edges[2];
  for (int size = 0; size < 2; size++) {
    uint32_t m = size ? 300 : 100, centre = m / 2 * m + m / 2;
    sl_csr *matrix = grid(m, 0.4);
    double *b;
    assert_ok(SL_ALLOC(&b, matrix->rows));
    sl_rng rng;
    sl_rng_seed(&rng, 3);
    for (uint32_t i = 0; i < matrix->rows; i++) b[i] = sl_rng_double(&rng) * 2 - 1;
    b[0] = 1;
    sl_local_entries *entries;
    assert_ok(sl_local_entries_create(matrix, &entries));
    assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
    sl_local_entries_options options = {.absolute_error = 1e-2 / 0.4, .push_work = UINT64_MAX};
    sl_local_entries_result result = query(entries, options, &centre, 1, UINT64_MAX);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(result.method, SL_LOCAL_PUSH);
    touched[size] = result.touched_rows;
    edges[size] = result.edge_operations;
    sl_local_entries_destroy(entries);
    sl_free(b);
    sl_csr_destroy(matrix);
  }
  assert_int_equal(touched[0], touched[1]);
  assert_int_equal(edges[0], edges[1]);
  assert_true(touched[0] < 689);
}

static void smaller_errors_take_more_work_and_steps_change_no_bit(void **state) {
  (void)state;
  sl_csr *matrix = grid(60, 0.4);
  double b[3600];
  for (int i = 0; i < 3600; i++) b[i] = sin(i);
  uint32_t centre = 30 * 60 + 30;
  sl_local_entries *entries;
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
  uint64_t before = 0;
  for (double error = 1; error > 1e-6; error /= 4) {
    sl_local_entries_options options = {.absolute_error = error, .push_work = UINT64_MAX};
    sl_local_entries_result whole = query(entries, options, &centre, 1, UINT64_MAX);
    double value = whole.values[0], bound = whole.error_bound;
    assert_true(whole.edge_operations >= before);
    before = whole.edge_operations;
    sl_local_entries_result slices = query(entries, options, &centre, 1, 7);
    assert_memory_equal(&slices.values[0], &value, sizeof value);
    assert_memory_equal(&slices.error_bound, &bound, sizeof bound);
    assert_int_equal(slices.edge_operations, before);
  }
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
}

// On rows with omega = 1 no push can make the bound larger.
static void bounds_shrink_with_the_work_limit(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (int trial = 0; trial < 50; trial++) {
    sl_csr *matrix = random_dominant(&rng, LARGEST, ROWS, SL_VALUES_F64);
    double b[LARGEST];
    for (int i = 0; i < LARGEST; i++) b[i] = sl_rng_double(&rng) - 0.5;
    sl_local_entries *entries;
    assert_ok(sl_local_entries_create(matrix, &entries));
    assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
    double before = INFINITY;
    uint32_t index = 3;
    for (uint64_t limit = 1; limit < 4000; limit *= 2) {
      sl_local_entries_options options = {
          .absolute_error = 1e-9, .push_work = UINT64_MAX, .max_work = limit};
      sl_local_entries_result result = query(entries, options, &index, 1, 64);
      assert_true(result.error_bound <= before * (1 + 1e-12));
      before = result.error_bound;
    }
    sl_local_entries_destroy(entries);
    sl_csr_destroy(matrix);
  }
}

static void push_over_its_limit_hands_over_to_the_full_solve(void **state) {
  (void)state;
  sl_csr *matrix = grid(40, 0.01);
  enum { n = 1600, count = 5 };
  double b[n];
  for (int i = 0; i < n; i++) b[i] = cos(3 * i);
  uint32_t indices[count] = {820, 0, 820, 1599, 77};
  sl_local_entries *entries;
  assert_ok(sl_local_entries_create(matrix, &entries));
  size_t held = sl_bytes_in_use();
  for (int sparse = 0; sparse < 2; sparse++) {
    uint32_t places[n];
    for (uint32_t i = 0; i < n; i++) places[i] = i;
    if (sparse)
      assert_ok(sl_local_entries_set_sparse(entries, places, b, n));
    else
      assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
    sl_local_entries_options options = {.absolute_error = 1e-8, .push_work = UINT64_MAX};
    sl_local_entries_result pushed = query(entries, options, indices, count, 10000);
    double values[count];
    memcpy(values, pushed.values, sizeof values);
    assert_int_equal(pushed.method, SL_LOCAL_PUSH);
    assert_int_equal(pushed.pushed_entries, count);
    options.push_work = 0;
    sl_local_entries_result handed = query(entries, options, indices, count, 10000);
    assert_int_equal(handed.outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(handed.method, SL_LOCAL_PUSH_FULL);
    assert_true(handed.pushed_entries < count);
    assert_true(handed.edge_operations < pushed.edge_operations);
    for (int k = 0; k < count; k++) {
      assert_true(handed.error_bounds[k] <= 1e-8);
      assert_true(fabs(handed.values[k] - values[k]) <= 2e-8);
    }
    assert_true(handed.values[0] == handed.values[2] || handed.error_bounds[0] < 1e-8);
    // What the solve took has been given back.
    assert_true(sl_bytes_in_use() <= held + count * 20);
  }
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
}

// A query of many entries, whatever it does, costs less than two full solves that prove as much.
static void pushing_for_nothing_costs_less_than_a_full_solve(void **state) {
  (void)state;
  enum { COUNT = 1000, SIDE = 100 };
  sl_rng rng;
  sl_rng_seed(&rng, 31);
  const double shifts[] = {4, 1, 0.4, 0.04}, wanted[] = {1e-1, 1e-2, 1e-4};
  double *b = random_vector(&rng, SIDE * SIDE), *x = malloc(SIDE * SIDE * sizeof *x);
  uint32_t indices[COUNT], handed_over = 0;
  for (uint32_t k = 0; k < COUNT; k++) indices[k] = k * 9 + k % 7;
  for (int s = 0; s < 4; s++) {
    sl_csr *matrix = grid_matrix(SIDE, shifts[s]);
    sl_local_entries *entries;
    assert_ok(sl_local_entries_create(matrix, &entries));
    assert_ok(sl_local_entries_set_dense(entries, b, SIDE * SIDE));
    for (int w = 0; w < 3; w++) {
      sl_local_entries_options options = {.absolute_error = wanted[w] / shifts[s]};
      sl_local_entries_result found = query(entries, options, indices, COUNT, UINT64_MAX);
      double full = 0;
      for (double tolerance = 0.5; full == 0; tolerance /= 2) {
        sl_solver_options how = {.method = SL_SOLVER_AUTO, .tolerance = tolerance};
        sl_solver *solver;
        assert_ok(sl_solver_create(matrix, &how, &solver));
        assert_ok(sl_solver_begin(solver, b, NULL));
        sl_solve_result solved = run_solver(solver, UINT64_MAX, x);
        if (solved.error_bound <= options.absolute_error) full = (double)solved.work;
        sl_solver_destroy(solver);
      }
      handed_over += found.method == SL_LOCAL_PUSH_FULL;
      assert_true((double)found.edge_operations < 2 * full);
    }
    sl_local_entries_destroy(entries);
    sl_csr_destroy(matrix);
  }
  assert_true(handed_over > 6);
  free(b);
  free(x);
}

// Nodes with very many neighbours, where r is far from even: the full solve ends when the bound is met, no
// matter what tolerance would have been enough, and takes hardly more than with the largest that is.
static void the_full_solve_ends_as_soon_as_it_proves_enough(void **state) {
  (void)state;
  enum { N = 5000 };
  sl_rng rng;
  sl_rng_seed(&rng, 33);
  entries e = {0};
  for (uint32_t i = 1; i < N; i++) {
    for (uint32_t k = 0; k < 2; k++) {
      double place = sl_rng_double(&rng);
      entries_add_edge(&e, i, (uint32_t)(place * place * place * place * i), 1);
    }
  }
  for (uint32_t i = 0; i < N; i++) entries_add(&e, i, i, 1 + (i % 3));
  sl_csr *matrix = entries_matrix(&e, N);
  double *b = random_vector(&rng, N), *x = malloc(N * sizeof *x);
  sl_local_entries *entries;
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_ok(sl_local_entries_set_dense(entries, b, N));
  uint32_t wanted[] = {5, 4000};
  for (double error = 0.1; error > 1e-9; error /= 10) {
    uint64_t full = 0;
    for (double tolerance = 0.5; full == 0; tolerance *= 0.8) {
      sl_solver_options how = {.method = SL_SOLVER_AUTO, .tolerance = tolerance};
      sl_solver *solver;
      assert_ok(sl_solver_create(matrix, &how, &solver));
      assert_ok(sl_solver_begin(solver, b, NULL));
      sl_solve_result solved = run_solver(solver, UINT64_MAX, x);
      if (solved.error_bound <= error) full = solved.work;
      sl_solver_destroy(solver);
    }
    // One push, then the solve: in one step, and in many.
    sl_local_entries_options options = {.absolute_error = error, .push_work = 1};
    sl_local_entries_result found = query(entries, options, wanted, 2, UINT64_MAX);
    assert_int_equal(found.outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(found.method, SL_LOCAL_PUSH_FULL);
    assert_true(found.error_bound <= error);
    uint64_t work = found.edge_operations;
    assert_true(work <= full + 3 * (uint64_t)matrix->nnz);
    assert_int_equal(query(entries, options, wanted, 2, 1000).edge_operations, work);
  }
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
  free(b);
  free(x);
}

// The same where only rows are dominant, every row is near every other, and two sweeps are enough.
static void pushing_for_nothing_is_given_up_without_dominant_columns(void **state) {
  (void)state;
  enum { N = 3000, A_ROW = 10, COUNT = 10 };
  sl_rng rng;
  sl_rng_seed(&rng, 32);
  uint32_t *rows = malloc(N * A_ROW * sizeof *rows), *columns = malloc(N * A_ROW * sizeof *columns);
  double *values = malloc(N * A_ROW * sizeof *values), *b = random_vector(&rng, N);
  for (uint32_t i = 0, k = 0; i < N; i++) {
    double sum = 0;
    for (uint32_t j = 0; j < A_ROW; j++, k++) {
      rows[k] = i;
      columns[k] = j == 0 ? i : (i + 1 + j * 293 + sl_rng_below(&rng, 290)) % N;
      values[k] = 2 * sl_rng_double(&rng) - 1;
      if (j > 0) sum += fabs(values[k]);
    }
    values[k - A_ROW] = sum / 0.9;
  }
  sl_csr *matrix;
  sl_local_entries *entries;
  assert_ok(sl_csr_from_coo(N, N, N * A_ROW, rows, columns, values, SL_VALUES_F64, &matrix));
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_true(matrix->matrix_class.min_row_slack > 0 &&
              !(matrix->matrix_class.min_column_slack > 0));
  assert_ok(sl_local_entries_set_dense(entries, b, N));
  uint32_t indices[COUNT];
  for (uint32_t k = 0; k < COUNT; k++) indices[k] = k * 299;
  sl_local_entries_options options = {.absolute_error = 0.1 / matrix->matrix_class.min_row_slack};
  sl_local_entries_result found = query(entries, options, indices, COUNT, UINT64_MAX);
  assert_int_equal(found.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(found.method, SL_LOCAL_PUSH_FULL);
  // The full solve takes 4 to 6 passes; pushing for all ten entries would take more than that.
  assert_true(found.edge_operations < 7 * N * A_ROW);
  options.push_work = UINT64_MAX;
  sl_local_entries_result pushed = query(entries, options, indices, COUNT, UINT64_MAX);
  assert_true(pushed.edge_operations > found.edge_operations);
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
  free(rows);
  free(columns);
  free(values);
  free(b);
}

static void limits_and_stops_leave_honest_bounds(void **state) {
  (void)state;
  sl_csr *matrix = grid(40, 0.05);
  enum { n = 1600 };
  double b[n];
  for (int i = 0; i < n; i++) b[i] = cos(3 * i) + 0.2;
  uint32_t indices[] = {820, 3};
  sl_local_entries *entries;
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
  sl_local_entries_options options = {.absolute_error = 1e-10, .push_work = UINT64_MAX};
  sl_local_entries_result result = query(entries, options, indices, 2, 10000);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  double exact[2] = {result.values[0], result.values[1]};
  for (int kind = 0; kind < 4; kind++) {
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    options.push_work = kind < 2 ? UINT64_MAX : 1;
    options.max_work = kind == 3 ? 20000 : 0;
    assert_ok(sl_local_entries_begin(entries, &options, indices, 2));
    if (kind == 3) {
      while (outcome == SL_OUTCOME_RUNNING)
        assert_ok(sl_job_step(sl_local_entries_job(entries), 500, &outcome));
      assert_int_equal(outcome, SL_OUTCOME_WORK_LIMIT);
    } else {
      for (int k = 0; k < 3 * kind; k++)
        assert_ok(sl_job_step(sl_local_entries_job(entries), 500, &outcome));
      assert_int_equal(outcome, SL_OUTCOME_RUNNING);
      assert_int_equal(sl_local_entries_settled(entries), 0);
      assert_int_equal(sl_job_work(sl_local_entries_job(entries)) > 0, kind > 0);
      assert_ok(sl_job_stop(sl_local_entries_job(entries), SL_OUTCOME_TIME_LIMIT));
      // An ended one: no change.
      assert_ok(sl_job_stop(sl_local_entries_job(entries), SL_OUTCOME_TIME_LIMIT));
      assert_ok(sl_job_step(sl_local_entries_job(entries), 500, &outcome));
      assert_int_equal(outcome, SL_OUTCOME_TIME_LIMIT);
    }
    assert_ok(sl_local_entries_finish(entries, &result));
    assert_true(result.error_bound > 1e-10);
    for (int k = 0; k < 2; k++) {
      assert_true(result.error_bounds[k] < INFINITY);
      assert_true(fabs(result.values[k] - exact[k]) <= result.error_bounds[k] + 1e-10);
    }
  }
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
}

// ---- corner cases

static void one_row_diagonals_and_blocks_are_exact(void **state) {
  (void)state;
  uint32_t index = 0, order[] = {2, 0, 1};
  double four = 4, minus = -8, b[] = {1, -2, 6};
  sl_csr *matrix;
  sl_local_entries *entries;
  sl_local_entries_options options = {.absolute_error = 1e-12};
  assert_ok(sl_csr_from_coo(1, 1, 1, &index, &index, &four, SL_VALUES_F64, &matrix));
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_int_equal(sl_local_entries_size(entries), 1);
  assert_ok(sl_local_entries_set_dense(entries, &minus, sl_local_entries_size(entries)));
  assert_true(query(entries, options, &index, 1, 1).values[0] == -2);
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);

  // The identity as a pattern.
  assert_ok(sl_csr_from_coo(3, 3, 3, order, order, NULL, SL_VALUES_PATTERN, &matrix));
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
  sl_local_entries_result result = query(entries, options, order, 3, 1);
  for (int k = 0; k < 3; k++) assert_true(result.values[k] == b[order[k]]);
  // b = 0, with and without entries.
  assert_ok(sl_local_entries_set_sparse(entries, NULL, NULL, 0));
  result = query(entries, options, order, 3, 1);
  assert_true(result.values[1] == 0 && result.error_bound == 0);
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);

  // Two blocks: what is not connected to the entry is never read.
  uint32_t rows[] = {0, 0, 1, 1, 2, 2, 3, 3}, columns[] = {0, 1, 0, 1, 2, 3, 2, 3};
  double values[] = {3, -1, -1, 3, 5, 1, 2, 5}, four_b[] = {2, 6, 0, 0};
  assert_ok(sl_csr_from_coo(4, 4, 8, rows, columns, values, SL_VALUES_F64, &matrix));
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_ok(sl_local_entries_set_dense(entries, four_b, sl_local_entries_size(entries)));
  options.push_work = UINT64_MAX;
  result = query(entries, options, &index, 1, 3);
  assert_true(fabs(result.values[0] - 1.5) <= result.error_bound && result.error_bound <= 1e-12);
  assert_int_equal(result.touched_rows, 2);
  sl_local_entries_destroy(entries);
  sl_csr_destroy(matrix);
}

static void scale_does_not_matter(void **state) {
  (void)state;
  double scales[] = {1e-200, 1e-30, 1, 1e30, 1e200};
  for (int s = 0; s < 5; s++) {
    double scale = scales[s];
    uint32_t rows[] = {0, 0, 1, 1}, columns[] = {0, 1, 0, 1}, index = 1;
    double values[] = {3 * scale, -scale, -scale, 3 * scale}, b[] = {2 * scale, 6 * scale};
    sl_csr *matrix;
    sl_local_entries *entries;
    assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, values, SL_VALUES_F64, &matrix));
    assert_ok(sl_local_entries_create(matrix, &entries));
    assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
    sl_local_entries_options options = {.absolute_error = 1e-10, .push_work = UINT64_MAX};
    sl_local_entries_result result = query(entries, options, &index, 1, 100);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    assert_true(fabs(result.values[0] - 2.5) <= result.error_bound);
    sl_local_entries_destroy(entries);
    sl_csr_destroy(matrix);
  }
}

static void workspace_is_left_zeroed(void **state) {
  (void)state;
  sl_csr *matrix = grid(30, 0.2);
  sl_push *push;
  assert_ok(sl_push_create(matrix, &push));
  sl_push_seed(push, 450, 1);
  sl_push_goal goal = {.allowed = 1e-3, .mass_factor = 1, .largest_factor = INFINITY};
  uint64_t spent = 0;
  while (!sl_push_run(push, &goal, 50, &spent));
  uint32_t t = 450;
  double one = 1;
  sl_push_bounds bounds;
  sl_push_certify(push, &t, &one, 1, &bounds);
  assert_true(bounds.gained_mass <= 1e-3 * (1 + 1e-9));
  assert_true(push->touched_rows > 0 && push->support_count < 900);
  sl_push_clear(push);
  for (uint32_t i = 0; i < 900; i++) {
    assert_true(push->nodes[i].r == 0 && push->nodes[i].p == 0);
    assert_int_equal(push->flags[i], 0);
  }
  sl_push_destroy(push);
  sl_csr_destroy(matrix);
}

// ---- misuse

static void refuses_bad_matrices(void **state) {
  (void)state;
  uint32_t rows[] = {0, 0, 1, 1}, columns[] = {0, 1, 0, 1};
  double weak[] = {1, 1, 1, 1}, hollow[] = {0, 1, 1, 5};
  sl_csr *matrix;
  sl_local_entries *entries;
  assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, weak, SL_VALUES_F64, &matrix));
  assert_refused(sl_local_entries_create(matrix, &entries), SL_ERR_NOT_DOMINANT, "matrix");
  assert_null(entries);
  sl_csr_destroy(matrix);
  assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, hollow, SL_VALUES_F64, &matrix));
  assert_refused(sl_local_entries_create(matrix, &entries), SL_ERR_NOT_DOMINANT, "matrix");
  sl_csr_destroy(matrix);
  assert_ok(sl_csr_from_coo(2, 3, 4, rows, columns, weak, SL_VALUES_F64, &matrix));
  assert_refused(sl_local_entries_create(matrix, &entries), SL_ERR_NOT_SQUARE, "matrix");
  sl_csr_destroy(matrix);
}

static void refuses_bad_arguments_and_stays_usable(void **state) {
  (void)state;
  sl_csr *matrix = grid(5, 0.4);
  sl_local_entries *entries;
  sl_local_entries_result result;
  sl_outcome outcome;
  double b[25] = {0}, pair[] = {1, 2};
  uint32_t twice[] = {3, 3}, outside[] = {3, 25}, index = 12;
  sl_local_entries_options options = {.absolute_error = 1e-6};
  assert_ok(sl_local_entries_create(matrix, &entries));
  assert_refused(sl_local_entries_begin(entries, &options, &index, 1), SL_ERR_STATE, "b");
  assert_refused(sl_job_step(sl_local_entries_job(entries), 1, &outcome), SL_ERR_STATE, "entries");
  assert_refused(sl_job_stop(sl_local_entries_job(entries), SL_OUTCOME_TIME_LIMIT), SL_ERR_STATE,
                 "entries");
  assert_refused(sl_local_entries_finish(entries, &result), SL_ERR_STATE, "entries");
  for (int k = 0; k < 3; k++) {
    b[24] = k == 0 ? NAN : k == 1 ? INFINITY : -INFINITY;
    assert_refused(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)),
                   SL_ERR_NOT_FINITE, "b");
    assert_int_equal(sl_last_error()->position, 24);
  }
  assert_refused(sl_local_entries_set_dense(entries, b, 24), SL_ERR_SHAPE, "b");
  b[24] = 1e308;
  assert_refused(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)),
                 SL_ERR_RANGE, "b");
  b[24] = 1;
  pair[1] = NAN;
  assert_refused(sl_local_entries_set_sparse(entries, outside, pair, 2), SL_ERR_INDEX, "b");
  assert_refused(sl_local_entries_set_sparse(entries, twice, pair, 2), SL_ERR_NOT_FINITE, "b");
  pair[1] = 2;
  assert_refused(sl_local_entries_set_sparse(entries, twice, pair, 2), SL_ERR_ARGUMENT, "b");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_local_entries_begin(entries, &options, &index, 1), SL_ERR_STATE, "b");
  assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
  double wrong[] = {0, -1, NAN, INFINITY};
  for (int k = 0; k < 4; k++) {
    options.absolute_error = wrong[k];
    assert_refused(sl_local_entries_begin(entries, &options, &index, 1), SL_ERR_OPTION,
                   "absolute_error");
  }
  options.absolute_error = 1e-6;
  assert_refused(sl_local_entries_begin(entries, &options, &index, 0), SL_ERR_EMPTY, "indices");
  assert_refused(sl_local_entries_begin(entries, &options, outside, 2), SL_ERR_INDEX, "indices");
  assert_int_equal(sl_last_error()->position, 1);
  assert_ok(sl_local_entries_begin(entries, &options, &index, 1));
  assert_refused(sl_local_entries_finish(entries, &result), SL_ERR_STATE, "entries");
  assert_refused(sl_job_stop(sl_local_entries_job(entries), SL_OUTCOME_CONVERGED), SL_ERR_OPTION,
                 "why");
  assert_int_equal(query(entries, options, &index, 1, 10).outcome, SL_OUTCOME_CONVERGED);
  sl_local_entries_destroy(entries);
  sl_local_entries_destroy(NULL);
  sl_csr_destroy(matrix);
}

// Every allocation in turn fails: in create, in begin, on the way over to the full solve.
static void memory_limit_loses_nothing(void **state) {
  (void)state;
  sl_csr *matrix = grid(30, 0.01);
  const sl_matrix_class *class;
  assert_ok(sl_csr_classify(matrix, &class));
  double b[900];
  for (int i = 0; i < 900; i++) b[i] = i % 7 - 2;
  uint32_t index = 450;
  sl_local_entries_options options = {.absolute_error = 1e-9};
  size_t before = sl_bytes_in_use();
  uint32_t refused = 0;
  for (size_t room = 0;; room += 997) {
    sl_set_memory_limit(before + room);
    sl_local_entries *entries;
    sl_outcome outcome;
    sl_status status = sl_local_entries_create(matrix, &entries);
    if (status == SL_OK) {
      assert_ok(sl_local_entries_set_dense(entries, b, sl_local_entries_size(entries)));
      status = sl_local_entries_begin(entries, &options, &index, 1);
      do {
        if (status == SL_OK) status = sl_job_step(sl_local_entries_job(entries), 1000, &outcome);
      } while (status == SL_OK && outcome == SL_OUTCOME_RUNNING);
    }
    if (status != SL_OK) {
      assert_int_equal(status, SL_ERR_MEMORY);
      refused++;
      sl_set_memory_limit(SIZE_MAX);
      // The object is as good as before.
      if (entries) assert_int_equal(query(entries, options, &index, 1, 99).outcome, 0);
    }
    sl_local_entries_destroy(entries);
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
      property(green_function_of_a_path_is_met),
      property(rounding_floor_is_reported_as_stagnated),
      property(touched_rows_do_not_depend_on_n),
      property(smaller_errors_take_more_work_and_steps_change_no_bit),
      property(bounds_shrink_with_the_work_limit),
      property(push_over_its_limit_hands_over_to_the_full_solve),
      property(pushing_for_nothing_costs_less_than_a_full_solve),
      property(the_full_solve_ends_as_soon_as_it_proves_enough),
      property(pushing_for_nothing_is_given_up_without_dominant_columns),
      property(limits_and_stops_leave_honest_bounds),
      property(one_row_diagonals_and_blocks_are_exact),
      property(scale_does_not_matter),
      property(workspace_is_left_zeroed),
      property(refuses_bad_matrices),
      property(refuses_bad_arguments_and_stays_usable),
      property(memory_limit_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
