// Eigenpairs of matrices whose eigenvalues are known in closed form.
#include "eigen.h"

#define PI 3.141592653589793

static sl_csr *laplacian_of(entries *e) {
  double *degree = calloc(e->n, sizeof(double));
  for (uint32_t k = 0; k < e->count; k++) degree[e->rows[k]] -= e->values[k];
  for (uint32_t i = 0; i < e->n; i++) put(e, i, i, degree[i]);
  free(degree);
  return matrix_of(e);
}

static void try_all(sl_csr *matrix, double *all, uint32_t n, double slack) {
  qsort(all, n, sizeof(double), ascending);
  uint32_t counts[] = {1, 2, 5, 9, n / 2, n - 1, n};
  double middle = 0.37 * all[0] + 0.63 * all[n - 1] + 1e-3;
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    uint32_t k = counts[c];
    if (k == 0 || k > n || (k > 60 && c < 5)) continue;
    for (int which = 0; which < 3; which++) {
      for (int method = 0; method < 4; method++) {
        if (which == SL_EIGEN_NEAREST && method >= SL_EIGEN_LANCZOS) continue;
        double options[SL_EIGEN_OPTIONS];
        options_of(options, k, which, method, middle);
        answer a = solve_eigen(matrix, NULL, options, method == 1 ? 1000 : UINT64_MAX / 2);
        check_values(&a, all, n, which, middle, slack);
        free_answer(&a);
      }
    }
  }
}

static void knows_paths(void **state) {
  (void)state;
  for (uint32_t n = 1; n <= 130; n = 3 * n + 1) {
    entries e = {.n = n};
    double *all = malloc(n * sizeof(double));
    for (uint32_t i = 0; i + 1 < n; i++) put_both(&e, i, i + 1, -1);
    for (uint32_t i = 0; i < n; i++) all[i] = 2 - 2 * cos(PI * i / n);
    sl_csr *matrix = laplacian_of(&e);
    try_all(matrix, all, n, 1e-13);
    sl_csr_destroy(matrix);
    free(all);
  }
}

static void knows_cycles(void **state) {
  (void)state;
  for (uint32_t n = 3; n <= 150; n = 3 * n + 1) {
    entries e = {.n = n};
    double *all = malloc(n * sizeof(double));
    for (uint32_t i = 0; i < n; i++) put_both(&e, i, (i + 1) % n, -1);
    for (uint32_t i = 0; i < n; i++) all[i] = 2 - 2 * cos(2 * PI * i / n);
    sl_csr *matrix = laplacian_of(&e);
    try_all(matrix, all, n, 1e-13);
    sl_csr_destroy(matrix);
    free(all);
  }
}

// 0, 1 (n - 2 times), n; and 0, n (n - 1 times).
static void knows_stars_and_complete_graphs(void **state) {
  (void)state;
  for (uint32_t n = 2; n <= 60; n = 2 * n + 3) {
    entries star = {.n = n}, complete = {.n = n};
    double all[160];
    for (uint32_t i = 1; i < n; i++) put_both(&star, 0, i, -1);
    for (uint32_t i = 0; i < n; i++) all[i] = 1;
    all[0] = 0;
    all[n - 1] = n;
    sl_csr *matrix = laplacian_of(&star);
    try_all(matrix, all, n, 1e-13 * n);
    sl_csr_destroy(matrix);
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < i; j++) put_both(&complete, i, j, -1);
    }
    for (uint32_t i = 0; i < n; i++) all[i] = i == 0 ? 0 : n;
    matrix = laplacian_of(&complete);
    try_all(matrix, all, n, 1e-13 * n);
    sl_csr_destroy(matrix);
  }
}

static void knows_shifted_grids(void **state) {
  (void)state;
  double shifts[] = {0, 3.3};
  for (size_t s = 0; s < 2; s++) {
    uint32_t x = 11, n = x * x;
    double all[11 * 11];
    for (uint32_t i = 0; i < n; i++) {
      all[i] =
          4 - 2 * cos(PI * (i % x + 1) / (x + 1)) - 2 * cos(PI * (i / x + 1) / (x + 1)) - shifts[s];
    }
    sl_csr *matrix = grid(x, x, 1, shifts[s]);
    try_all(matrix, all, n, 1e-13);
    sl_csr_destroy(matrix);
  }
}

// Equal values many times: the identity, and a diagonal.
static void knows_diagonals(void **state) {
  (void)state;
  for (uint32_t n = 1; n <= 53; n = 3 * n + 2) {
    entries identity = {.n = n}, diagonal = {.n = n}, zero = {.n = n};
    double all[160], ones[160], none[160] = {0};
    for (uint32_t i = 0; i < n; i++) {
      ones[i] = 1;
      all[i] = (double)(i / 7) - 3;
      put(&identity, i, i, 1);
      put(&diagonal, i, i, all[i]);
    }
    put(&zero, 0, 0, 0);
    sl_csr *a = matrix_of(&identity), *b = matrix_of(&diagonal), *c = matrix_of(&zero);
    try_all(a, ones, n, 1e-15);
    try_all(b, all, n, 1e-14);
    try_all(c, none, n, 1e-15);
    sl_csr_destroy(a);
    sl_csr_destroy(b);
    sl_csr_destroy(c);
  }
}

// All multiplicities of a large grid's smallest are found, and counted.
static void counts_what_it_finds(void **state) {
  (void)state;
  uint32_t x = 60;
  double all[3600], options[SL_EIGEN_OPTIONS];
  for (uint32_t i = 0; i < x * x; i++) {
    all[i] = 4 - 2 * cos(PI * (i % x + 1) / (x + 1)) - 2 * cos(PI * (i / x + 1) / (x + 1));
  }
  qsort(all, x * x, sizeof(double), ascending);
  sl_csr *matrix = grid(x, x, 1, 0);
  options_of(options, 10, SL_EIGEN_SMALLEST, SL_EIGEN_SHIFT_INVERT, 0);
  answer a = solve_eigen(matrix, NULL, options, 5000);
  check_values(&a, all, x * x, SL_EIGEN_SMALLEST, 0, 1e-14);
  assert_true(a.facts[6] == 10);
  for (uint32_t i = 0; i < 10; i++) {
    assert_true(a.bounds[i] < 1e-9);
    // 2, 5, 5, 8, 10, 10, 13, 13, 17, 17
    bool alone = i == 0 || i == 3;
    assert_true(alone ? a.angles[i] < 1e-8 : a.angles[i] == 1);
    if (alone) assert_true(a.bounds[i] < 1e-14);
  }
  free_answer(&a);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(knows_paths),
      property(knows_cycles),
      property(knows_stars_and_complete_graphs),
      property(knows_shifted_grids),
      property(knows_diagonals),
      property(counts_what_it_finds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
