// Options, budgets, memory, graphs, and mass matrices.
#include "base/memory.h"
#include "eigen.h"

#define PI 3.141592653589793

static sl_csr *path_of(uint32_t n) {
  entries e = {.n = n};
  for (uint32_t i = 0; i < n; i++) {
    put(&e, i, i, (i > 0) + (i + 1 < n));
    if (i + 1 < n) put_both(&e, i, i + 1, -1);
  }
  return matrix_of(&e);
}

static void refuse(sl_csr *matrix, sl_csr *mass, uint32_t option, double value, sl_status status,
                   const char *argument) {
  double options[SL_EIGEN_OPTIONS];
  sl_eigen *eigen = (sl_eigen *)options;
  options_of(options, 2, SL_EIGEN_SMALLEST, SL_EIGEN_AUTO, 0);
  options[option] = value;
  assert_refused(sl_eigen_create(matrix, mass, options, NULL, 0, &eigen), status, argument);
  assert_null(eigen);
}

static void refuses_what_is_no_problem(void **state) {
  (void)state;
  sl_csr *path = path_of(5), *other = path_of(6);
  refuse(path, NULL, 0, 0, SL_ERR_OPTION, "k");
  refuse(path, NULL, 0, 6, SL_ERR_OPTION, "k");
  refuse(path, NULL, 0, 1.5, SL_ERR_OPTION, "k");
  refuse(path, NULL, 0, NAN, SL_ERR_OPTION, "k");
  refuse(path, NULL, 1, 3, SL_ERR_OPTION, "which");
  refuse(path, NULL, 2, 4, SL_ERR_OPTION, "method");
  refuse(path, NULL, 3, INFINITY, SL_ERR_OPTION, "sigma");
  refuse(path, NULL, 4, -1, SL_ERR_OPTION, "tolerance");
  refuse(path, NULL, 4, NAN, SL_ERR_OPTION, "tolerance");
  refuse(path, NULL, 5, 0, SL_ERR_OPTION, "max_iterations");
  refuse(path, NULL, 6, -1, SL_ERR_OPTION, "seed");
  refuse(path, other, 0, 1, SL_ERR_SHAPE, "mass");
  entries skew = {.n = 2}, plain = {.n = 2};
  put(&skew, 0, 1, 1);
  sl_csr *unsymmetric = matrix_of(&skew);
  refuse(unsymmetric, NULL, 0, 1, SL_ERR_NOT_SYMMETRIC, "matrix");
  put(&plain, 0, 0, 1);
  put(&plain, 1, 1, 2);
  sl_csr *diagonal = matrix_of(&plain);
  refuse(diagonal, NULL, 7, 1, SL_ERR_OPTION, "skip_null");
  refuse(diagonal, unsymmetric, 0, 1, SL_ERR_NOT_SYMMETRIC, "mass");
  double options[SL_EIGEN_OPTIONS], initial[5] = {1, NAN, 2, 3, 4};
  sl_eigen *eigen;
  options_of(options, 2, SL_EIGEN_SMALLEST, SL_EIGEN_AUTO, 0);
  assert_refused(sl_eigen_create(path, NULL, options, initial, 5, &eigen), SL_ERR_NOT_FINITE,
                 "initial");
  assert_refused(sl_eigen_create(path, NULL, options, initial, 4, &eigen), SL_ERR_SHAPE, "initial");
  options[7] = 1;
  options[0] = 5;
  assert_refused(sl_eigen_create(path, NULL, options, NULL, 0, &eigen), SL_ERR_OPTION, "k");
  sl_csr_destroy(path);
  sl_csr_destroy(other);
  sl_csr_destroy(unsymmetric);
  sl_csr_destroy(diagonal);
}

// Linear elements on an interval held at its ends: 6 / h^2 (1 - cos) / (2 + cos).
static void knows_finite_elements(void **state) {
  (void)state;
  uint32_t n = 99;
  double h = 1.0 / (n + 1), all[99];
  entries stiff = {.n = n}, heavy = {.n = n};
  for (uint32_t i = 0; i < n; i++) {
    put(&stiff, i, i, 2 / h);
    put(&heavy, i, i, 4 * h / 6);
    if (i + 1 < n) {
      put_both(&stiff, i, i + 1, -1 / h);
      put_both(&heavy, i, i + 1, h / 6);
    }
    double c = cos(PI * (i + 1) * h);
    all[i] = 6 / (h * h) * (1 - c) / (2 + c);
  }
  sl_csr *a = matrix_of(&stiff), *b = matrix_of(&heavy);
  for (int run = 0; run < 5; run++) {
    int which = run % 3, method = run < 3 ? SL_EIGEN_AUTO : SL_EIGEN_LOBPCG;
    double options[SL_EIGEN_OPTIONS];
    options_of(options, 6, which, method, 5000);
    answer got = solve_eigen(a, b, options, 3000);
    check_values(&got, all, n, which, 5000, 1e-9);
    for (uint32_t i = 0; i < 6; i++) {
      assert_true(got.bounds[i] < 1e-5 * got.values[i]);
      double size = 0;
      const double *x = got.vectors + (size_t)i * n;
      for (uint32_t r = 0; r < n; r++) {
        size += 4 * h / 6 * x[r] * x[r] + (r + 1 < n ? h / 3 * x[r] * x[r + 1] : 0);
      }
      assert_true(fabs(size - 1) < 1e-12);
    }
    free_answer(&got);
  }
  sl_csr_destroy(a);
  sl_csr_destroy(b);
}

static void names_the_row_of_a_mass_that_is_not_definite(void **state) {
  (void)state;
  sl_csr *path = path_of(3), *mass, *singular = path_of(3);
  entries e = {.n = 3};
  for (uint32_t i = 0; i < 3; i++) put(&e, i, i, 1);
  put_both(&e, 1, 2, 2);
  mass = matrix_of(&e);
  double options[SL_EIGEN_OPTIONS];
  sl_eigen *eigen;
  options_of(options, 1, SL_EIGEN_SMALLEST, SL_EIGEN_AUTO, 0);
  assert_ok(sl_eigen_create(path, mass, options, NULL, 0, &eigen));
  assert_refused(run_eigen(eigen, 100), SL_ERR_NOT_DEFINITE, "mass");
  sl_eigen_destroy(eigen);
  assert_ok(sl_eigen_create(path, singular, options, NULL, 0, &eigen));
  assert_refused(run_eigen(eigen, 100), SL_ERR_NOT_DEFINITE, "mass");
  sl_eigen_destroy(eigen);
  sl_csr_destroy(singular);
  sl_csr_destroy(path);
  sl_csr_destroy(mass);
}

// The same bits however the work is cut.
static void gives_the_same_in_any_steps(void **state) {
  (void)state;
  sl_csr *matrix = grid(40, 37, 1, 0.3);
  double options[SL_EIGEN_OPTIONS];
  for (int run = 0; run < 5; run++) {
    options_of(options, 5, run % 3, run < 3 ? SL_EIGEN_AUTO : SL_EIGEN_LOBPCG, 1);
    answer a = solve_eigen(matrix, NULL, options, UINT64_MAX / 4);
    uint64_t works[] = {1, 1000, 77777};
    for (int w = 0; w < 3; w++) {
      answer b = solve_eigen(matrix, NULL, options, works[w]);
      assert_memory_equal(a.values, b.values, (4 + 40 * 37) * 5 * sizeof(double));
      free_answer(&b);
    }
    free_answer(&a);
  }
  sl_csr_destroy(matrix);
}

// Whatever it was doing: what has been reached is there, with bounds that hold.
static void stops_from_outside(void **state) {
  (void)state;
  uint32_t x = 30, n = x * x;
  double all[900], options[SL_EIGEN_OPTIONS];
  for (uint32_t i = 0; i < n; i++) {
    all[i] = 4 - 2 * cos(PI * (i % x + 1) / (x + 1)) - 2 * cos(PI * (i / x + 1) / (x + 1));
  }
  sl_csr *matrix = grid(x, x, 1, 0);
  uint32_t with_pairs = 0;
  for (uint32_t steps = 1; steps < 1500; steps += 1 + steps / 9) {
    sl_eigen *eigen;
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    answer a;
    options_of(options, 7, steps % 2 == 0 ? SL_EIGEN_LARGEST : SL_EIGEN_SMALLEST,
               steps % 3 == 0 ? SL_EIGEN_LOBPCG : SL_EIGEN_AUTO, 0);
    assert_ok(sl_eigen_create(matrix, NULL, options, NULL, 0, &eigen));
    for (uint32_t s = 0; s < steps && outcome == SL_OUTCOME_RUNNING; s++) {
      assert_ok(sl_job_step(sl_eigen_job(eigen), 2000, &outcome));
    }
    assert_ok(sl_job_stop(sl_eigen_job(eigen), SL_OUTCOME_TIME_LIMIT));
    read_eigen(eigen, n, 7, &a);
    if (outcome == SL_OUTCOME_RUNNING) assert_int_equal(outcome_of(&a), SL_OUTCOME_TIME_LIMIT);
    with_pairs += a.pairs > 0;
    for (uint32_t i = 0; i < a.pairs; i++) {
      double near = INFINITY;
      for (uint32_t j = 0; j < n; j++) near = fmin(near, fabs(all[j] - a.values[i]));
      assert_true(near <= a.bounds[i] + 1e-14);
    }
    free_answer(&a);
    sl_eigen_destroy(eigen);
  }
  assert_true(with_pairs > 10);
  options_of(options, 7, SL_EIGEN_LARGEST, SL_EIGEN_LANCZOS, 0);
  options[5] = 20;
  answer a = solve_eigen(matrix, NULL, options, 1000);
  assert_int_equal(outcome_of(&a), SL_OUTCOME_ITERATION_LIMIT);
  assert_true(a.pairs == 7 && a.facts[3] <= 21);
  free_answer(&a);
  sl_csr_destroy(matrix);
}

static void gives_everything_back_without_memory(void **state) {
  (void)state;
  sl_csr *matrix = grid(15, 15, 1, 0), *mass = grid(15, 15, 1, -1);
  const sl_matrix_class *facts;
  assert_ok(sl_csr_classify(matrix, &facts));
  assert_ok(sl_csr_classify(mass, &facts));
  bool whole = false, lobpcg = false;
  uint32_t refused = 0;
  for (uint64_t bytes = 1000; !whole || lobpcg; bytes += bytes / 40) {
    sl_memory_budget budget;
    sl_eigen *eigen = NULL;
    double options[SL_EIGEN_OPTIONS];
    lobpcg = !lobpcg;
    options_of(options, 4, SL_EIGEN_SMALLEST, lobpcg ? SL_EIGEN_LOBPCG : SL_EIGEN_SHIFT_INVERT, 0);
    sl_memory_budget_begin(&budget, bytes);
    sl_status status = sl_eigen_create(matrix, mass, options, NULL, 0, &eigen);
    if (status == SL_OK) status = run_eigen(eigen, 10000);
    if (status != SL_OK) {
      assert_int_equal(status, SL_ERR_MEMORY);
      refused++;
    } else {
      double read[SL_EIGEN_FACTS], four[4], others[12], vectors[900];
      assert_ok(sl_eigen_read(eigen, read, four, vectors, others, others + 4, others + 8));
      whole |= !lobpcg && read[6] >= 0; // its counts fit as well
    }
    sl_eigen_destroy(eigen);
    assert_true(sl_memory_budget_end(&budget) == 0);
  }
  assert_true(refused > 50);
  sl_csr_destroy(matrix);
  sl_csr_destroy(mass);
}

// Without room for a factor the method changes.
static void goes_without_a_factor(void **state) {
  (void)state;
  sl_csr *matrix = grid(16, 16, 16, 0), *mass = grid(16, 16, 16, -0.05);
  double options[SL_EIGEN_OPTIONS], least = 6 - 6 * cos(PI / 17);
  sl_memory_budget budget;
  options_of(options, 2, SL_EIGEN_SMALLEST, SL_EIGEN_AUTO, 0);
  options[4] = 1e-6;
  sl_memory_budget_begin(&budget, 2700000);
  answer a = solve_eigen(matrix, NULL, options, 10000);
  sl_memory_budget_end(&budget);
  assert_int_equal(outcome_of(&a), SL_OUTCOME_CONVERGED);
  assert_true(a.facts[2] == SL_EIGEN_LOBPCG && a.facts[3] < 200);
  assert_true(fabs(a.values[0] - least) < 1e-6);
  free_answer(&a);
  // Nor is there for one of the mass matrix: pairs come without bounds then, and are as good.
  options[4] = 1e-9;
  sl_memory_budget_begin(&budget, 3600000);
  a = solve_eigen(matrix, mass, options, 10000);
  sl_memory_budget_end(&budget);
  assert_int_equal(outcome_of(&a), SL_OUTCOME_CONVERGED);
  assert_true(a.facts[2] == SL_EIGEN_LOBPCG && a.facts[6] == -1);
  assert_true(fabs(a.values[0] - least / (0.05 + least)) < 1e-8);
  assert_true(a.bounds[0] == INFINITY && a.residuals[0] < 1e-6);
  free_answer(&a);
  sl_csr_destroy(matrix);
  sl_csr_destroy(mass);
}

// Cycles of 3, 4, 5 and a node alone, and what is left when the null vectors are.
static void knows_graphs_in_parts(void **state) {
  (void)state;
  uint32_t from[12], to[12], edges = 0, at = 0;
  for (uint32_t size = 3; size <= 5; at += size++) {
    for (uint32_t i = 0; i < size; i++) {
      from[edges] = at + i;
      to[edges++] = at + (i + 1) % size;
    }
  }
  sl_graph *graph;
  assert_ok(sl_graph_from_edges(13, edges, from, to, NULL, SL_VALUES_PATTERN, false, &graph));
  double five = 2 - 2 * cos(2 * PI / 5), ten = 2 - 2 * cos(4 * PI / 5);
  double all[] = {0, 0, 0, 0, five, five, 2, 2, 3, 3, ten, ten, 4};
  for (int normalized = 0; normalized < 2; normalized++) {
    for (uint32_t k = 1; k <= 13; k++) {
      for (int skip = 0; skip < 2; skip++) {
        if (skip && k > 9) continue;
        sl_eigen *eigen;
        answer a;
        double options[SL_EIGEN_OPTIONS];
        options_of(options, k, SL_EIGEN_SMALLEST, SL_EIGEN_AUTO, 0);
        options[7] = skip;
        assert_ok(sl_eigen_create_graph(graph, normalized, options, &eigen));
        assert_ok(run_eigen(eigen, 500));
        read_eigen(eigen, 13, k, &a);
        assert_int_equal(outcome_of(&a), SL_OUTCOME_CONVERGED);
        assert_true(a.pairs == k && a.facts[7] == 4);
        for (uint32_t i = 0; i < k; i++) {
          double wanted = all[i + (skip ? 4 : 0)] / (normalized ? 2 : 1);
          assert_true(fabs(a.values[i] - wanted) < 1e-13);
          assert_true(fabs(a.values[i] - wanted) <= a.bounds[i] + 1e-15);
          if (!skip && i < 4) assert_true(a.values[i] == 0 && a.bounds[i] == 0);
        }
        free_answer(&a);
        sl_eigen_destroy(eigen);
      }
    }
  }
  sl_graph_destroy(graph);
  double options[SL_EIGEN_OPTIONS];
  sl_eigen *eigen;
  options_of(options, 1, SL_EIGEN_SMALLEST, SL_EIGEN_AUTO, 0);
  assert_ok(sl_graph_from_edges(2, 1, from, to, NULL, SL_VALUES_PATTERN, true, &graph));
  assert_refused(sl_eigen_create_graph(graph, false, options, &eigen), SL_ERR_UNSUPPORTED, "graph");
  sl_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(refuses_what_is_no_problem),
      property(knows_finite_elements),
      property(names_the_row_of_a_mass_that_is_not_definite),
      property(gives_the_same_in_any_steps),
      property(stops_from_outside),
      property(gives_everything_back_without_memory),
      property(goes_without_a_factor),
      property(knows_graphs_in_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
