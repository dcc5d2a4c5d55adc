// Orders of rows, the incomplete and dense factorisations, and the methods that stand on them.
#include "systems.h"

#include "solver/ilu.h"
#include "solver/incomplete_cholesky.h"
#include "solver/ordering.h"

static sl_solver_options by(sl_solver_method method, sl_ordering_kind ordering) {
  sl_solver_options options = sl_solver_options_default();
  options.method = method;
  options.ordering = ordering;
  return options;
}

static uint32_t *shuffled(uint32_t n, uint64_t seed) {
  uint32_t *places = malloc(n * sizeof *places);
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < n; i++) places[i] = i;
  for (uint32_t i = n; i-- > 1;) {
    uint32_t j = sl_rng_below(&rng, i + 1), moved = places[i];
    places[i] = places[j];
    places[j] = moved;
  }
  return places;
}

// Row and column i of `matrix`, which is freed, become row and column places[i].
static sl_csr *permuted(sl_csr *matrix, const uint32_t *places) {
  entries e = {0};
  uint32_t n = matrix->rows;
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      entries_add(&e, places[i], places[matrix->columns[k]], sl_csr_value(matrix, k));
    }
  }
  sl_csr_destroy(matrix);
  return entries_matrix(&e, n);
}

// Lower triangular, three couplings a row that together exceed the diagonal, plus `upper` of each
// above the diagonal.
static sl_csr *triangular_matrix(uint32_t n, double upper, uint64_t seed) {
  entries e = {0};
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, i, 1);
    for (int k = 0; k < 3 && i > 0; k++) {
      uint32_t j = i - 1 - sl_rng_below(&rng, i < 40 ? i : 40);
      double value = -0.3 - 0.02 * sl_rng_double(&rng);
      entries_add(&e, i, j, value);
      if (upper != 0) entries_add(&e, j, i, upper * value);
    }
  }
  return entries_matrix(&e, n);
}

static void make_order(const sl_csr *matrix, sl_ordering_kind kind, uint64_t piece,
                       sl_ordering *out) {
  uint64_t spent = 0;
  uint32_t n = matrix->rows, pieces = 1;
  assert_ok(sl_ordering_begin(matrix, kind, out));
  while (!sl_ordering_step(out, piece, &spent)) pieces++;
  assert_true(pieces > spent / (piece + 4 * (uint64_t)n) && spent >= n);
  assert_int_equal(out->count, n);
  for (uint32_t k = 0; k < n; k++) assert_int_equal(out->places[out->order[k]], k);
}

static void orders_are_permutations_whatever_the_piece(void **state) {
  (void)state;
  entries e = {0};
  entries_add_edge(&e, 1, 4, 1); // isolated nodes, a pair and a triangle
  entries_add_edge(&e, 2, 6, 1);
  entries_add_edge(&e, 6, 7, 2);
  entries_add_edge(&e, 7, 2, 3);
  double one = 2;
  sl_csr *matrices[] = {entries_matrix(&e, 9), matrix_from_dense(&one, 1), grid_matrix(9, 0),
                        triangular_matrix(60, 0.1, 5)};
  const sl_ordering_kind kinds[] = {SL_ORDER_REVERSE_CUTHILL_MCKEE, SL_ORDER_TOPOLOGICAL};
  for (int m = 0; m < 4; m++) {
    for (int k = 0; k < 2; k++) {
      sl_ordering whole, steps;
      make_order(matrices[m], kinds[k], UINT64_MAX / 2, &whole);
      make_order(matrices[m], kinds[k], 1, &steps);
      assert_memory_equal(whole.order, steps.order, matrices[m]->rows * sizeof *whole.order);
      assert_true(sl_ordering_bytes(&whole) == 8 * (size_t)matrices[m]->rows);
      sl_ordering_destroy(&whole);
      sl_ordering_destroy(&steps);
    }
    sl_csr_destroy(matrices[m]);
  }
}

static uint32_t bandwidth(const sl_csr *matrix, const uint32_t *places) {
  uint32_t most = 0;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      uint32_t a = places[i], b = places[matrix->columns[k]], distance = a > b ? a - b : b - a;
      if (distance > most) most = distance;
    }
  }
  return most;
}

static void cuthill_mckee_finds_the_band_of_a_shuffled_grid(void **state) {
  (void)state;
  uint32_t *places = shuffled(900, 3);
  sl_csr *matrix = permuted(grid_matrix(30, 1), places);
  for (uint32_t i = 0; i < 900; i++) places[i] = i;
  assert_true(bandwidth(matrix, places) > 600);
  sl_ordering ordering;
  make_order(matrix, SL_ORDER_REVERSE_CUTHILL_MCKEE, 100, &ordering);
  // Two neighbouring levels of a breadth-first search, which are diagonals of the grid.
  assert_true(bandwidth(matrix, ordering.places) <= 2 * 60);
  sl_ordering_destroy(&ordering);
  sl_csr_destroy(matrix);
  free(places);
}

static void topological_order_makes_a_shuffled_triangle_lower(void **state) {
  (void)state;
  uint32_t *places = shuffled(500, 4);
  sl_csr *matrix = permuted(triangular_matrix(500, 0, 1), places);
  double *ones = malloc(500 * sizeof *ones), lag[2] = {0, 0};
  for (int i = 0; i < 500; i++) ones[i] = 1;
  sl_ordering ordering;
  make_order(matrix, SL_ORDER_TOPOLOGICAL, 50, &ordering);
  sl_ordering_add_lag(&ordering, ones, 0, 500, lag);
  assert_true(lag[0] > 100 && lag[1] == 0);
  sl_ordering_destroy(&ordering);
  sl_csr_destroy(matrix);
  free(ones);
  free(places);
}

// A chain as long as the matrix: what recursion would die of.
static void topological_order_follows_a_long_chain(void **state) {
  (void)state;
  enum { N = 300000 };
  entries e = {0};
  for (uint32_t i = 0; i < N; i++) {
    entries_add(&e, i, i, 2);
    if (i + 1 < N) entries_add(&e, i, i + 1, -1);
  }
  sl_csr *matrix = entries_matrix(&e, N);
  sl_ordering ordering;
  make_order(matrix, SL_ORDER_TOPOLOGICAL, 10000, &ordering);
  for (uint32_t k = 0; k < N; k++) assert_int_equal(ordering.order[k], N - 1 - k);
  sl_ordering_destroy(&ordering);
  sl_csr_destroy(matrix);
}

static void gauss_seidel_solves_a_shuffled_triangle_in_few_sweeps(void **state) {
  (void)state;
  enum { N = 4000 };
  uint32_t *places = shuffled(N, 8);
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  double *b = random_vector(&rng, N), *x = malloc(N * sizeof *x);
  sl_csr *matrix = permuted(triangular_matrix(N, 0.01, 6), places);
  uint32_t iterations[3];
  const sl_ordering_kind kinds[] = {SL_ORDER_NATURAL, SL_ORDER_TOPOLOGICAL, SL_ORDER_AUTO};
  for (int k = 0; k < 3; k++) {
    sl_solver_options options = by(SL_SOLVER_GAUSS_SEIDEL, kinds[k]);
    sl_solve_result result = solve_system(matrix, b, &options, x);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    iterations[k] = result.iterations;
  }
  assert_true(iterations[1] <= 12 && iterations[0] > 5 * iterations[1]);
  // The slow start is noticed, and what follows is as if it had been asked for.
  assert_true(iterations[2] <= 12 + iterations[1] + 1);
  sl_csr_destroy(matrix);
  free(places);
  free(b);
  free(x);
}

static void a_symmetric_matrix_keeps_its_order(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  double *b = random_vector(&rng, 400), x[400], y[400];
  sl_csr *matrix = grid_matrix(20, 0.2);
  sl_solver_options automatic = by(SL_SOLVER_GAUSS_SEIDEL, SL_ORDER_AUTO);
  sl_solver_options natural = by(SL_SOLVER_GAUSS_SEIDEL, SL_ORDER_NATURAL);
  sl_solve_result looked = solve_system(matrix, b, &automatic, x);
  sl_solve_result plain = solve_system(matrix, b, &natural, y);
  assert_true(looked.iterations <= plain.iterations + 3 && looked.work > plain.work);
  sl_csr_destroy(matrix);
  free(b);
}

// ---- incomplete Cholesky ------------------------------------------------------------------------

static sl_incomplete_cholesky *factorise(const sl_csr *matrix, sl_ordering_kind kind) {
  sl_incomplete_cholesky *factor;
  bool done = false;
  uint64_t work = 0;
  assert_ok(sl_incomplete_cholesky_create(matrix, 1, kind, &factor));
  while (!done) assert_ok(sl_incomplete_cholesky_build(factor, &done, &work));
  assert_true(work >= matrix->nnz);
  return factor;
}

// Without fill there is nothing incomplete: the factor of a band of three is exact, in any order
// that keeps the band.
static void incomplete_cholesky_is_exact_without_fill(void **state) {
  (void)state;
  enum { N = 5000 };
  entries e = {0};
  for (uint32_t i = 0; i < N; i++) {
    entries_add(&e, i, i, 2.5);
    if (i + 1 < N) entries_add(&e, i, i + 1, -1);
    if (i > 0) entries_add(&e, i, i - 1, -1);
  }
  uint32_t *places = shuffled(N, 11);
  sl_csr *matrix = permuted(entries_matrix(&e, N), places);
  const sl_ordering_kind kinds[] = {SL_ORDER_REVERSE_CUTHILL_MCKEE, SL_ORDER_NATURAL};
  uint32_t iterations[2];
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  double *b = random_vector(&rng, N), *x = malloc(N * sizeof *x);
  for (int k = 0; k < 2; k++) {
    sl_solver_options options = by(SL_SOLVER_INCOMPLETE_CHOLESKY, kinds[k]);
    sl_solve_result result = solve_system(matrix, b, &options, x);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    iterations[k] = result.iterations;
  }
  assert_true(iterations[0] <= 2 && iterations[1] > 4);
  sl_csr_destroy(matrix);
  free(places);
  free(b);
  free(x);
}

// D. S. Kershaw, "The incomplete Cholesky - conjugate gradient method ...", J. Comput. Phys. 26
// (1978): positive definite, and its last pivot without fill is negative.
static void incomplete_cholesky_shifts_where_it_breaks_down(void **state) {
  (void)state;
  double a[] = {3, -2, 0, 2, -2, 3, -2, 0, 0, -2, 3, -2, 2, 0, -2, 3}, b[] = {1, 0, 0, 0}, x[4];
  sl_csr *matrix = matrix_from_dense(a, 4);
  sl_incomplete_cholesky *factor = factorise(matrix, SL_ORDER_NATURAL);
  // Scaled, the pivots are 1, 5/9, 1/5 and 1 - 4/9 - 20/9 plus shifts: the shift that mends the
  // last one is above 1/8.
  assert_true(factor->shift > 0.125 && factor->shift < 1);
  assert_true(log2(factor->shift / 1e-3) == floor(log2(factor->shift / 1e-3)));
  sl_incomplete_cholesky_destroy(factor);
  sl_solver_options options = by(SL_SOLVER_INCOMPLETE_CHOLESKY, SL_ORDER_AUTO);
  options.tolerance = 1e-12;
  sl_solve_result result = solve_system(matrix, b, &options, x);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  sl_csr_destroy(matrix);
  sl_csr *grid = grid_matrix(9, 0.5);
  factor = factorise(grid, SL_ORDER_NATURAL);
  assert_true(factor->shift == 0); // an M-matrix needs none
  assert_true(sl_incomplete_cholesky_bytes(factor) > 0 &&
              sl_incomplete_cholesky_entries(factor) == 81 + 144);
  sl_incomplete_cholesky_destroy(factor);
  sl_csr_destroy(grid);
}

static void incomplete_cholesky_refuses_what_f32_cannot_hold(void **state) {
  (void)state;
  double a[] = {1e200, 0, 0, 1e-200};
  sl_csr *matrix = matrix_from_dense(a, 2);
  sl_incomplete_cholesky *factor;
  bool done;
  uint64_t work = 0;
  assert_ok(sl_incomplete_cholesky_create(matrix, 1, SL_ORDER_NATURAL, &factor));
  assert_ok(sl_incomplete_cholesky_build(factor, &done, &work));
  assert_refused(sl_incomplete_cholesky_build(factor, &done, &work), SL_ERR_UNSUPPORTED, "matrix");
  sl_incomplete_cholesky_destroy(factor);
  sl_incomplete_cholesky_destroy(NULL);
  sl_csr_destroy(matrix);
}

// ---- direct and with ILU(0) ---------------------------------------------------------------------

static void cholesky_agrees_with_lu(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 12);
  for (uint32_t n = 1; n <= 70; n += 23) {
    double *a = calloc((size_t)n * n, sizeof *a), *b = random_vector(&rng, n);
    double *m = random_vector(&rng, n * n), *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < n; j++) {
        a[i * n + j] = i == j;
        for (uint32_t k = 0; k < n; k++) a[i * n + j] += m[k * n + i] * m[k * n + j];
      }
    }
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < i; j++) a[i * n + j] = a[j * n + i];
    }
    for (int negative = 0; negative < 2; negative++) {
      sl_csr *matrix = matrix_from_dense(a, n);
      sl_solver_options options = by(SL_SOLVER_CHOLESKY, SL_ORDER_AUTO);
      options.tolerance = 1e-13;
      assert_int_equal(solve_system(matrix, b, &options, x).outcome, SL_OUTCOME_CONVERGED);
      options.method = SL_SOLVER_LU;
      assert_int_equal(solve_system(matrix, b, &options, y).outcome, SL_OUTCOME_CONVERGED);
      for (uint32_t i = 0; i < n; i++) assert_close(x[i], y[i], 1e-11);
      sl_csr_destroy(matrix);
      for (uint32_t k = 0; k < n * n; k++) a[k] = -a[k];
    }
    free(a);
    free(b);
    free(m);
    free(x);
    free(y);
  }
}

static void cholesky_says_indefinite_and_singular(void **state) {
  (void)state;
  double hidden[] = {1, 2, 2, 1}, mixed[] = {1, 0, 0, -1}, rank_one[] = {1, 2, 2, 4};
  double b[] = {1, 2}, x[2];
  sl_solver_options options = by(SL_SOLVER_CHOLESKY, SL_ORDER_AUTO);
  const double *indefinite[] = {hidden, mixed};
  for (int k = 0; k < 2; k++) {
    sl_csr *matrix = matrix_from_dense(indefinite[k], 2);
    assert_int_equal(solve_system(matrix, b, &options, x).outcome, SL_OUTCOME_INDEFINITE);
    assert_int_equal(solve_system(matrix, b, NULL, x).outcome, SL_OUTCOME_CONVERGED);
    sl_csr_destroy(matrix);
  }
  sl_csr *matrix = matrix_from_dense(rank_one, 2);
  sl_solve_result result = solve_system(matrix, b, &options, x);
  assert_int_equal(result.outcome, SL_OUTCOME_SINGULAR);
  assert_true(result.relative_residual < 1e-15);
  sl_csr_destroy(matrix);
}

static void bicgstab_with_ilu_needs_fewer_iterations(void **state) {
  (void)state;
  enum { SIDE = 60, N = SIDE * SIDE };
  entries e = {0};
  for (uint32_t i = 0; i < N; i++) {
    uint32_t column = i % SIDE;
    entries_add(&e, i, i, 4);
    if (column > 0) entries_add(&e, i, i - 1, -1.4);
    if (column + 1 < SIDE) entries_add(&e, i, i + 1, -0.6);
    if (i >= SIDE) entries_add(&e, i, i - SIDE, -1.2);
    if (i + SIDE < N) entries_add(&e, i, i + SIDE, -0.8);
  }
  sl_csr *matrix = entries_matrix(&e, N);
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  double *b = random_vector(&rng, N), *x = malloc(N * sizeof *x);
  sl_solver_options plain = by(SL_SOLVER_BICGSTAB, SL_ORDER_AUTO);
  sl_solver_options ilu = by(SL_SOLVER_BICGSTAB_ILU, SL_ORDER_AUTO);
  sl_solve_result with = solve_system(matrix, b, &ilu, x);
  sl_solve_result without = solve_system(matrix, b, &plain, x);
  assert_int_equal(with.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(without.outcome, SL_OUTCOME_CONVERGED);
  assert_true(2 * with.iterations < without.iterations);
  sl_csr_destroy(matrix);
  // A triangle is its own factor, up to f32.
  matrix = triangular_matrix(N, 0, 3);
  assert_true(solve_system(matrix, b, &ilu, x).iterations <= 2);
  sl_csr_destroy(matrix);
  free(b);
  free(x);
}

// ---- both kinds of misuse -----------------------------------------------------------------------

static void refuses_orders_that_a_method_does_not_take(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(4, 1);
  sl_solver *solver;
  for (int m = 0; sl_solver_method_name(m)[0] != 'u'; m++) {
    bool symmetric = m == SL_SOLVER_AMG || m == SL_SOLVER_SYMMETRIC_GAUSS_SEIDEL ||
                     m == SL_SOLVER_INCOMPLETE_CHOLESKY;
    bool sweeps = m == SL_SOLVER_GAUSS_SEIDEL;
    const bool taken[] = {true, symmetric || sweeps, symmetric, sweeps, false};
    for (int k = 0; k < 5; k++) {
      sl_solver_options options = by((sl_solver_method)m, (sl_ordering_kind)k);
      sl_status status = sl_solver_create(matrix, &options, &solver);
      if (taken[k]) {
        assert_ok(status);
        sl_solver_destroy(solver);
      } else {
        assert_refused(status, SL_ERR_OPTION, "ordering");
      }
    }
  }
  sl_csr_destroy(matrix);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  uint32_t *places = shuffled(100, 2);
  sl_csr *matrices[] = {grid_matrix(10, 0.1), permuted(triangular_matrix(100, 0.05, 1), places)};
  const struct {
    sl_solver_method method;
    sl_ordering_kind ordering;
    int matrix;
  } runs[] = {{SL_SOLVER_INCOMPLETE_CHOLESKY, SL_ORDER_REVERSE_CUTHILL_MCKEE, 0},
              {SL_SOLVER_AMG, SL_ORDER_REVERSE_CUTHILL_MCKEE, 0},
              {SL_SOLVER_CHOLESKY, SL_ORDER_AUTO, 0},
              {SL_SOLVER_BICGSTAB_ILU, SL_ORDER_AUTO, 1},
              {SL_SOLVER_GAUSS_SEIDEL, SL_ORDER_TOPOLOGICAL, 1},
              {SL_SOLVER_GAUSS_SEIDEL, SL_ORDER_AUTO, 1}};
  double b[100] = {1, -1}, x[100];
  for (size_t m = 0; m < sizeof runs / sizeof *runs; m++) {
    size_t held = sl_bytes_in_use();
    bool solved = false;
    for (size_t limit = held; !solved; limit += 128) {
      sl_set_memory_limit(limit);
      sl_solver *solver;
      sl_solver_options options = by(runs[m].method, runs[m].ordering);
      sl_status status = sl_solver_create(matrices[runs[m].matrix], &options, &solver);
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      if (status == SL_OK) status = sl_solver_begin(solver, b, NULL);
      while (status == SL_OK && outcome == SL_OUTCOME_RUNNING) {
        status = sl_job_step(sl_solver_job(solver), 100, &outcome);
      }
      if (status != SL_OK) assert_int_equal(status, SL_ERR_MEMORY);
      sl_solve_result result;
      if (status == SL_OK) {
        assert_ok(sl_solver_finish(solver, x, &result));
        assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
        solved = true;
      }
      sl_solver_destroy(solver);
      assert_int_equal(sl_bytes_in_use(), held);
    }
    sl_set_memory_limit(SIZE_MAX);
  }
  for (int m = 0; m < 2; m++) sl_csr_destroy(matrices[m]);
  free(places);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(orders_are_permutations_whatever_the_piece),
      property(cuthill_mckee_finds_the_band_of_a_shuffled_grid),
      property(topological_order_makes_a_shuffled_triangle_lower),
      property(topological_order_follows_a_long_chain),
      property(gauss_seidel_solves_a_shuffled_triangle_in_few_sweeps),
      property(a_symmetric_matrix_keeps_its_order),
      property(incomplete_cholesky_is_exact_without_fill),
      property(incomplete_cholesky_shifts_where_it_breaks_down),
      property(incomplete_cholesky_refuses_what_f32_cannot_hold),
      property(cholesky_agrees_with_lu),
      property(cholesky_says_indefinite_and_singular),
      property(bicgstab_with_ilu_needs_fewer_iterations),
      property(refuses_orders_that_a_method_does_not_take),
      property(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
