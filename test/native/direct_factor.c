// Symmetric factorisations: closed forms, every structure, every misuse.
#include "factors.h"

static double facts_of(sl_factor *factor, int which) {
  double facts[SL_FACTOR_FACTS];
  sl_factor_facts(factor, facts);
  return facts[which];
}

static double condition_of(sl_factor *factor) {
  double condition;
  assert_ok(sl_factor_begin_condition(factor));
  assert_ok(run(factor, 1));
  assert_ok(sl_factor_read_condition(factor, &condition));
  return condition;
}

static void fill_random(double *b, uint32_t n, uint64_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < n; i++) b[i] = 2 * sl_rng_double(&rng) - 1;
}

// tridiagonal(-1, 2, -1): the determinant is n + 1, the inverse has its largest column sum in the
// middle, (n + 1)^2 / 8.
static void knows_the_second_difference(void **state) {
  (void)state;
  for (uint32_t n = 3; n <= 299; n += 148) {
    sl_csr *matrix = grid(n, 1, 1, 0);
    for (int method = SL_FACTOR_CHOLESKY; method <= SL_FACTOR_LDLT; method++) {
      sl_factor *factor = factorize(matrix, method);
      double m = n + 1;
      assert_true(fabs(facts_of(factor, 14) - log(m)) < 1e-12 * n);
      assert_true(facts_of(factor, 13) == 1);
      assert_true(facts_of(factor, 11) == n && facts_of(factor, 12) == 0);
      double condition = condition_of(factor);
      double norm = 4;
      assert_true(fabs(condition - norm * m * m / 8) < 1e-10 * m * m);
      sl_factor_destroy(factor);
    }
    sl_csr_destroy(matrix);
  }
}

static uint32_t negative_on_grid(uint32_t x, uint32_t y, double shift, double *log_size) {
  uint32_t negative = 0;
  *log_size = 0;
  for (uint32_t i = 1; i <= x; i++) {
    for (uint32_t j = 1; j <= y; j++) {
      double value = 4 - 2 * cos(3.141592653589793 * i / (x + 1)) -
                     2 * cos(3.141592653589793 * j / (y + 1)) - shift;
      negative += value < 0;
      *log_size += log(fabs(value));
    }
  }
  return negative;
}

// The eigenvalues of a shifted grid are known, and with them inertia and determinant.
static void counts_eigenvalues_of_shifted_grids(void **state) {
  (void)state;
  double shifts[] = {0, 0.1, 0.77, 1.93, 3.01, 4.123, 6.5, 9};
  for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
    uint32_t x = 37, y = 29, n = x * y;
    double log_size, b[37 * 29], solution[37 * 29];
    uint32_t negative = negative_on_grid(x, y, shifts[k], &log_size);
    sl_csr *matrix = grid(x, y, 1, shifts[k]);
    sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
    assert_true(facts_of(factor, 2) == (negative == 0 ? SL_FACTOR_CHOLESKY : SL_FACTOR_LDLT));
    assert_true(facts_of(factor, 9) == 0);
    assert_true(facts_of(factor, 12) == negative);
    assert_true(facts_of(factor, 11) == n - negative);
    assert_true(facts_of(factor, 13) == (negative % 2 == 0 ? 1 : -1));
    assert_true(fabs(facts_of(factor, 14) - log_size) < 1e-9);
    fill_random(b, n, k);
    solve_well(factor, matrix, b, solution, 0x1p-52);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

// Panels and rows: an answer that is known, with a proved bound where the matrix is dominant.
static void solves_grids_in_three_dimensions(void **state) {
  (void)state;
  for (int dominant = 0; dominant < 2; dominant++) {
    sl_csr *matrix = grid(14, 13, 12, dominant ? -0.5 : 0);
    uint32_t n = matrix->rows;
    sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
    assert_true(facts_of(factor, 8) == 1);
    double *b = calloc(n, sizeof *b), *x = malloc(n * sizeof *x), out[4];
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
        b[i] += sl_csr_value(matrix, k) * (matrix->columns[k] % 17);
      }
    }
    solve_well(factor, matrix, b, x, 0x1p-53);
    assert_ok(sl_factor_read_solve(factor, x, out, NULL));
    assert_true(dominant ? out[2] < 1e-13 : out[2] == INFINITY);
    double worst = 0;
    for (uint32_t i = 0; i < n; i++) worst = fmax(worst, fabs(x[i] - i % 17));
    assert_true(worst <= (dominant ? out[2] : 1e-11));
    free(b);
    free(x);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

// A = L D L^T of small whole numbers: exact, with a known determinant and inertia. Pairs of D are
// (0 1; 1 0) with some scale.
static sl_csr *known_congruence(sl_rng *rng, uint32_t n, uint32_t *negative, double *log_size) {
  double *l = calloc((size_t)n * n, sizeof *l), *ld = calloc((size_t)n * n, sizeof *ld);
  *negative = 0;
  *log_size = 0;
  for (uint32_t i = 0; i < n; i++) {
    l[i * n + i] = 1;
    for (int k = 0; k < 2 && i > 0; k++) {
      l[i * n + sl_rng_below(rng, i)] = (double)sl_rng_below(rng, 5) - 2;
    }
  }
  for (uint32_t j = 0; j < n;) {
    double size = 1 + sl_rng_below(rng, 9);
    bool pair = j + 1 < n && sl_rng_below(rng, 3) == 0;
    bool minus = sl_rng_below(rng, 2) == 0;
    for (uint32_t i = 0; i < n; i++) {
      if (pair) {
        ld[i * n + j] = l[i * n + j + 1] * size;
        ld[i * n + j + 1] = l[i * n + j] * size;
      } else {
        ld[i * n + j] = l[i * n + j] * (minus ? -size : size);
      }
    }
    *negative += pair || minus;
    *log_size += log(size) * (pair ? 2 : 1);
    j += pair ? 2 : 1;
  }
  entries e = {.n = n};
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j <= i; j++) {
      double sum = 0;
      for (uint32_t k = 0; k < n; k++) sum += ld[i * n + k] * l[j * n + k];
      if (sum != 0) put_both(&e, i, j, sum);
    }
  }
  free(l);
  free(ld);
  return matrix_of(&e);
}

static void knows_inertia_and_determinant_of_congruences(void **state) {
  (void)state;
  uint32_t clean = 0, trials = 150;
  for (uint32_t seed = 0; seed < trials; seed++) {
    sl_rng rng;
    sl_rng_seed(&rng, seed);
    uint32_t n = 1 + sl_rng_below(&rng, 40), negative;
    double log_size, b[64], x[64];
    sl_csr *matrix = known_congruence(&rng, n, &negative, &log_size);
    sl_factor *factor = factorize(matrix, SL_FACTOR_LDLT);
    if (facts_of(factor, 9) == 0 && condition_of(factor) < 1e9) {
      clean++;
      assert_true(facts_of(factor, 12) == negative);
      assert_true(facts_of(factor, 11) == n - negative);
      assert_true(fabs(facts_of(factor, 14) - log_size) < 1e-5);
      fill_random(b, n, seed);
      solve_well(factor, matrix, b, x, 1e-14);
    }
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
  assert_true(clean > trials * 3 / 5);
}

// Saddle points: zeros on half of the diagonal.
static void solves_saddle_points(void **state) {
  (void)state;
  for (uint32_t seed = 0; seed < 40; seed++) {
    sl_rng rng;
    sl_rng_seed(&rng, seed);
    uint32_t n = 20 + sl_rng_below(&rng, 200), m = n / 3;
    entries e = {.n = n + m};
    for (uint32_t i = 0; i < n; i++) {
      put(&e, i, i, 2 + sl_rng_double(&rng));
      if (i > 0) put_both(&e, i, i - 1, -1);
    }
    for (uint32_t i = 0; i < m; i++) {
      put_both(&e, n + i, 3 * i, 1);
      put_both(&e, n + i, 3 * i + 1 + sl_rng_below(&rng, 2), 1 + sl_rng_double(&rng));
    }
    sl_csr *matrix = matrix_of(&e);
    sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
    double b[300], x[300];
    fill_random(b, n + m, seed);
    solve_well(factor, matrix, b, x, 1e-14);
    if (facts_of(factor, 9) == 0) assert_true(facts_of(factor, 12) == m);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

// The whole range of exponents: D A D with powers of two gives the same answer to the last bit.
static void does_not_see_scales(void **state) {
  (void)state;
  uint32_t n = 300;
  entries plain = {.n = n}, scaled = {.n = n};
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  int powers[300];
  for (uint32_t i = 0; i < n; i++) powers[i] = 2 * ((int)sl_rng_below(&rng, 400) - 200);
  for (uint32_t i = 0; i < n; i++) {
    put(&plain, i, i, 4);
    put(&scaled, i, i, ldexp(4, 2 * powers[i]));
    uint32_t j = i > 0 ? sl_rng_below(&rng, i) : 0;
    if (i == 0) continue;
    put_both(&plain, i, j, -1);
    put_both(&scaled, i, j, ldexp(-1, powers[i] + powers[j]));
  }
  sl_csr *a = matrix_of(&plain), *s = matrix_of(&scaled);
  double b[300], x[300], y[300];
  fill_random(b, n, 3);
  for (int method = SL_FACTOR_CHOLESKY; method <= SL_FACTOR_LDLT; method++) {
    sl_factor *first = factorize(a, method), *second = factorize(s, method);
    solve_well(first, a, b, x, 1e-15);
    double c[300];
    for (uint32_t i = 0; i < n; i++) c[i] = ldexp(b[i], powers[i]);
    solve_well(second, s, c, y, 1e-15);
    for (uint32_t i = 0; i < n; i++) {
      assert_true(fabs(ldexp(y[i], powers[i]) - x[i]) <= 1e-13 * (fabs(x[i]) + 1e-3));
    }
    sl_factor_destroy(first);
    sl_factor_destroy(second);
  }
  sl_csr_destroy(a);
  sl_csr_destroy(s);
}

// Numbers near the largest beside one that scaling would round away: twice the precision splits numbers into parts that
// overflow, which the answer has nothing to do with.
static void judges_numbers_near_the_largest(void **state) {
  (void)state;
  entries e = {.n = 2};
  put(&e, 0, 0, 4e300);
  put_both(&e, 0, 1, 1e-320);
  put(&e, 1, 1, 3);
  sl_csr *matrix = matrix_of(&e);
  const double b[] = {4e300, 3, 2e300, -1, 3e300, 3};
  const sl_factor_method methods[] = {SL_FACTOR_CHOLESKY, SL_FACTOR_LU};
  for (int which = 0; which < 2; which++) {
    sl_factor *factor = factorize(matrix, methods[which]);
    double x[6], out[4], errors[3];
    for (uint32_t ask = 0; ask < 4; ask++) { // the matrix is its own transpose
      assert_ok(sl_factor_begin_solve(factor, b, 3, ask > 1, ask % 2 * 3, 1e-14));
      assert_ok(run(factor, 1));
      assert_ok(sl_factor_read_solve(factor, x, out, errors));
      assert_true(out[0] == SL_OUTCOME_CONVERGED);
      for (int c = 0; c < 3; c++) {
        double exact = backward_error(matrix, b + 2 * c, x + 2 * c);
        assert_true(exact <= errors[c] && errors[c] <= out[1] && out[1] <= 1e-14);
      }
    }
    sl_factor_destroy(factor);
  }
  sl_csr_destroy(matrix);
}

static void names_the_pivot_that_is_not_positive(void **state) {
  (void)state;
  sl_csr *small = grid(20, 20, 1, 0), *large = grid(12, 12, 12, 0);
  for (int which = 0; which < 2; which++) {
    sl_csr *matrix = which == 0 ? small : large;
    double *values = matrix->values;
    uint32_t row = matrix->rows / 2;
    for (uint32_t k = matrix->row_pointers[row]; k < matrix->row_pointers[row + 1]; k++) {
      if (matrix->columns[k] == row) values[k] = -1;
    }
    sl_factor *factor;
    double b = 1;
    assert_ok(sl_factor_create(matrix, SL_FACTOR_CHOLESKY, SL_FACTOR_ORDER_AMD, &factor));
    assert_refused(run(factor, UINT64_MAX), SL_ERR_NOT_DEFINITE, "matrix");
    assert_int_equal(sl_last_error()->position, row);
    assert_refused(sl_factor_begin_solve(factor, &b, 1, false, 1, 0), SL_ERR_STATE, "factor");
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

// A singular matrix: pivots are replaced, and the inertia is not told.
static void tells_when_pivots_were_replaced(void **state) {
  (void)state;
  entries e = {.n = 6};
  for (uint32_t i = 0; i < 6; i++) {
    put(&e, i, i, i == 0 || i == 5 ? 1 : 2);
    if (i > 0) put_both(&e, i, i - 1, -1);
  }
  sl_csr *matrix = matrix_of(&e); // the Laplacian of a path
  sl_factor *factor = factorize(matrix, SL_FACTOR_LDLT);
  assert_true(facts_of(factor, 9) == 1);
  assert_true(facts_of(factor, 11) == -1 && facts_of(factor, 12) == -1);
  assert_true(facts_of(factor, 10) >= 0 && facts_of(factor, 10) < 6);
  double b[6] = {1, 0, 0, 0, 0, -1}, inconsistent[6] = {1, 0, 0, 0, 0, 0}, x[6], out[4];
  solve_well(factor, matrix, b, x, 1e-14);
  assert_ok(sl_factor_begin_solve(factor, inconsistent, 1, false, 10, 1e-14));
  assert_ok(run(factor, 1));
  assert_ok(sl_factor_read_solve(factor, x, out, NULL));
  assert_true(out[1] == 0 || out[0] != SL_OUTCOME_CONVERGED ||
              backward_error(matrix, inconsistent, x) <= 1e-14);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

// Differences of numbers near the largest leave the range, and are no numbers then: there is no other row to
// exchange the last one with. An entry that no scaling leaves exact keeps the numbers as large as they are.
static void survives_pivots_that_are_no_numbers(void **state) {
  (void)state;
  entries e = {.n = 4};
  for (uint32_t i = 0; i < 4; i++) {
    for (uint32_t j = 0; j < i; j++) {
      if (i != 1 && j != 1) put_both(&e, i, j, j == 0 ? 0x1.8p1023 : -0x1.8p1023);
    }
  }
  put_both(&e, 0, 1, 0x1p-1074);
  double diagonal[] = {0x1.8p1023, 0x1p1000, -0x1.8p1023, -0x1.8p1023}, b[] = {1, 1, 1, 1};
  for (uint32_t i = 0; i < 4; i++) put(&e, i, i, diagonal[i]);
  sl_csr *matrix = matrix_of(&e);
  sl_factor *factor;
  assert_ok(sl_factor_create(matrix, SL_FACTOR_LDLT, SL_FACTOR_ORDER_NATURAL, &factor));
  assert_ok(run(factor, UINT64_MAX));
  double x[4], out[4], facts[SL_FACTOR_FACTS];
  sl_factor_facts(factor, facts);
  assert_true(facts[9] > 0);
  assert_ok(sl_factor_begin_solve(factor, b, 1, false, 2, 1e-14));
  assert_ok(run(factor, 100));
  assert_ok(sl_factor_read_solve(factor, x, out, NULL));
  if (out[0] == SL_OUTCOME_CONVERGED) assert_true(backward_error(matrix, b, x) <= 1.001e-14);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

static void takes_one_row(void **state) {
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2) {
    entries e = {.n = 1};
    put(&e, 0, 0, 4 * sign);
    sl_csr *matrix = matrix_of(&e);
    sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
    double b = 2, x;
    solve_well(factor, matrix, &b, &x, 0);
    assert_true(x == 0.5 * sign);
    assert_true(fabs(condition_of(factor) - 1) < 1e-14);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

static void factors_other_values(void **state) {
  (void)state;
  sl_csr *first = grid(30, 20, 1, 0), *second = grid(30, 20, 1, -1), *third = grid(30, 20, 1, 2.2);
  sl_csr *other = grid(20, 30, 1, 0);
  double b[600], x[600], y[600];
  fill_random(b, 600, 1);
  sl_factor *factor = factorize(first, SL_FACTOR_AUTO), *fresh = factorize(second, SL_FACTOR_AUTO);
  assert_refused(sl_factor_begin_matrix(factor, other), SL_ERR_ARGUMENT, "matrix");
  assert_int_equal(sl_last_error()->position, 0);
  assert_refused(sl_factor_begin_values(factor, second->values, 5), SL_ERR_SHAPE, "values");
  solve_well(factor, first, b, x, 0x1p-52); // what was refused changed nothing
  assert_ok(sl_factor_begin_values(factor, second->values, second->nnz));
  assert_ok(run(factor, 7));
  solve_well(factor, second, b, x, 0x1p-52);
  solve_well(fresh, second, b, y, 0x1p-52);
  assert_memory_equal(x, y, sizeof x);
  // Not definite any more: the other method takes over.
  assert_ok(sl_factor_begin_matrix(factor, third));
  assert_ok(run(factor, 7));
  assert_true(facts_of(factor, 2) == SL_FACTOR_LDLT);
  solve_well(factor, third, b, x, 0x1p-52);
  double *values = malloc(first->nnz * sizeof *values);
  memcpy(values, first->values, first->nnz * sizeof *values);
  values[7] = NAN;
  assert_refused(sl_factor_begin_values(factor, values, first->nnz), SL_ERR_NOT_FINITE, "values");
  assert_int_equal(sl_last_error()->position, 7);
  values[7] = 11;
  values[8] = 12;
  assert_refused(sl_factor_begin_values(factor, values, first->nnz), SL_ERR_NOT_SYMMETRIC,
                 "matrix");
  memset(values, 0, first->nnz * sizeof *values);
  assert_refused(sl_factor_begin_values(factor, values, first->nnz), SL_ERR_SINGULAR, "matrix");
  solve_well(factor, third, b, y, 0x1p-52);
  assert_memory_equal(x, y, sizeof x);
  free(values);
  sl_factor_destroy(factor);
  sl_factor_destroy(fresh);
  sl_csr_destroy(first);
  sl_csr_destroy(second);
  sl_csr_destroy(third);
  sl_csr_destroy(other);
}

static void refuses_what_is_no_input(void **state) {
  (void)state;
  sl_factor *factor;
  sl_csr *matrix = grid(5, 5, 1, 0), *wide, *skew, *hollow;
  uint32_t rows[] = {0, 1}, columns[] = {1, 2};
  double values[] = {1, 1}, b[50] = {0}, x[50], out[4];
  assert_ok(sl_csr_from_coo(2, 3, 2, rows, columns, values, SL_VALUES_F64, &wide));
  assert_ok(sl_csr_from_coo(3, 3, 2, rows, columns, values, SL_VALUES_F64, &skew));
  entries e = {.n = 3};
  put(&e, 0, 0, 1);
  put(&e, 2, 2, 1);
  hollow = matrix_of(&e);
  assert_refused(sl_factor_create(wide, 0, 0, &factor), SL_ERR_NOT_SQUARE, "matrix");
  assert_refused(sl_factor_create(skew, 1, 0, &factor), SL_ERR_NOT_SYMMETRIC, "matrix");
  assert_refused(sl_factor_create(hollow, 0, 0, &factor), SL_ERR_SINGULAR, "matrix");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_factor_create(matrix, 9, 0, &factor), SL_ERR_OPTION, "method");
  assert_refused(sl_factor_create(matrix, 0, 9, &factor), SL_ERR_OPTION, "ordering");
  assert_ok(sl_factor_create(matrix, 0, 0, &factor));
  assert_refused(sl_factor_begin_solve(factor, b, 1, false, 1, 0), SL_ERR_STATE, "factor");
  assert_ok(run(factor, 1));
  assert_refused(sl_factor_begin_solve(factor, b, 0, false, 1, 0), SL_ERR_EMPTY, "b");
  assert_refused(sl_factor_begin_solve(factor, b, 1, false, 101, 0), SL_ERR_OPTION, "refinements");
  assert_refused(sl_factor_begin_solve(factor, b, 1, false, 1, NAN), SL_ERR_OPTION, "tolerance");
  assert_refused(sl_factor_read_solve(factor, x, out, NULL), SL_ERR_STATE, "factor");
  b[30] = INFINITY;
  assert_refused(sl_factor_begin_solve(factor, b, 2, false, 1, 0), SL_ERR_NOT_FINITE, "b");
  assert_int_equal(sl_last_error()->position, 30);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
  sl_csr_destroy(wide);
  sl_csr_destroy(skew);
  sl_csr_destroy(hollow);
}

// However the work is cut, the bits are the same; several columns are as each alone; the transpose
// of a symmetric matrix is itself.
static void gives_the_same_in_any_steps(void **state) {
  (void)state;
  sl_csr *matrix = grid(11, 10, 9, 1.5);
  uint32_t n = matrix->rows;
  double *b = malloc(3 * n * sizeof *b), *x = malloc(3 * n * sizeof *x), *y = malloc(n * sizeof *y);
  double out[4], errors[3];
  fill_random(b, 3 * n, 8);
  sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO), *slow;
  assert_ok(sl_factor_create(matrix, 0, 0, &slow));
  assert_ok(run(slow, 1));
  assert_ok(sl_factor_begin_solve(factor, b, 3, true, 10, 1e-14));
  assert_ok(run(factor, UINT64_MAX));
  assert_ok(sl_factor_read_solve(factor, x, out, errors));
  assert_true(out[0] == SL_OUTCOME_CONVERGED);
  for (uint32_t c = 0; c < 3; c++) {
    double single[4];
    assert_ok(sl_factor_begin_solve(slow, b + c * n, 1, false, 10, 1e-14));
    assert_ok(run(slow, 1));
    assert_ok(sl_factor_read_solve(slow, y, single, NULL));
    assert_memory_equal(x + c * n, y, n * sizeof *y);
    assert_true(single[1] == errors[c] && errors[c] <= out[1]);
  }
  sl_factor_destroy(factor);
  sl_factor_destroy(slow);
  sl_csr_destroy(matrix);
  free(b);
  free(x);
  free(y);
}

// An estimate says beforehand what is needed, and the object never takes more.
static void predicts_fill_and_memory(void **state) {
  (void)state;
  for (int which = 0; which < 3; which++) {
    sl_csr *matrix = which == 0 ? grid(40, 40, 1, 0) : grid(12, 12, 12, which == 1 ? 0 : 2);
    sl_factor *estimate, *factor;
    size_t before = sl_bytes_in_use();
    assert_ok(sl_factor_create_estimate(matrix, 0, 0, &estimate));
    assert_ok(run(estimate, 100));
    double bytes = facts_of(estimate, 7), fill = facts_of(estimate, 4);
    assert_refused(sl_factor_begin_values(estimate, matrix->values, matrix->nnz), SL_ERR_STATE,
                   "factor");
    sl_factor_destroy(estimate);
    assert_ok(sl_factor_create(matrix, 0, 0, &factor));
    sl_bytes_peak_reset();
    assert_ok(run(factor, UINT64_MAX));
    assert_true(facts_of(factor, 4) == fill);
    if (which < 2) {
      double peak = (double)(sl_bytes_peak() - before);
      assert_true(peak < bytes * 1.25 && peak > bytes * 0.6);
    }
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

static void gives_everything_back_without_memory(void **state) {
  (void)state;
  for (int which = 0; which < 2; which++) {
    sl_csr *matrix = grid(8, 8, 8, which == 0 ? 0 : 1);
    const sl_matrix_class *facts;
    assert_ok(sl_csr_classify(matrix, &facts));
    size_t before = sl_bytes_in_use();
    double b[512] = {1};
    for (size_t limit = before; limit < before + 400000; limit += 3000) {
      sl_set_memory_limit(limit);
      sl_factor *factor;
      sl_status status = sl_factor_create(matrix, 0, 0, &factor);
      if (status == SL_OK) {
        status = run(factor, 1000);
        if (status == SL_OK) status = sl_factor_begin_solve(factor, b, 1, false, 5, 0);
        if (status == SL_OK) assert_ok(run(factor, UINT64_MAX));
        sl_set_memory_limit(SIZE_MAX);
        if (status != SL_OK) { // usable again
          assert_ok(sl_factor_begin_values(factor, matrix->values, matrix->nnz));
          assert_ok(run(factor, UINT64_MAX));
        }
        sl_factor_destroy(factor);
      }
      if (status != SL_OK) assert_int_equal(status, SL_ERR_MEMORY);
      assert_int_equal(sl_bytes_in_use(), before);
    }
    sl_set_memory_limit(SIZE_MAX);
    sl_csr_destroy(matrix);
  }
}

// Other values that there is no memory for leave the factor that there was, however far they came.
static void keeps_the_factor_when_memory_is_out(void **state) {
  (void)state;
  for (int which = 0; which < 3; which++) {
    sl_csr *matrix = grid(7, 6, 1, which == 1 ? 1 : 0);
    sl_factor *factor = factorize(matrix, which == 2 ? SL_FACTOR_LU : SL_FACTOR_AUTO);
    double b[42], x[42], y[42], out[4], *values = malloc(matrix->nnz * sizeof *values);
    for (int i = 0; i < 42; i++) b[i] = 1 + i % 3;
    // The diagonal stays positive and is the smallest of all then.
    for (uint32_t k = 0; k < matrix->nnz; k++) {
      double value = ((const double *)matrix->values)[k];
      values[k] = value > 0 ? 0x1p-40 : 1000 * value;
    }
    solve_well(factor, matrix, b, x, 1e-14);
    size_t before = sl_bytes_in_use();
    sl_status status = SL_ERR_MEMORY;
    for (size_t more = 0; status == SL_ERR_MEMORY; more += 16) {
      sl_set_memory_limit(before + more);
      status = sl_factor_begin_values(factor, values, matrix->nnz);
      sl_set_memory_limit(SIZE_MAX);
      if (status != SL_ERR_MEMORY || sl_bytes_in_use() != before) break;
      assert_ok(sl_factor_begin_solve(factor, b, 1, false, 10, 1e-14));
      assert_ok(run(factor, UINT64_MAX));
      assert_ok(sl_factor_read_solve(factor, y, out, NULL));
      assert_memory_equal(x, y, sizeof x);
    }
    free(values);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

static void stops_from_outside(void **state) {
  (void)state;
  sl_csr *matrix = grid(20, 20, 1, 0);
  double b[800], x[800], out[4];
  fill_random(b, 800, 2);
  sl_factor *factor;
  sl_outcome outcome;
  assert_ok(sl_factor_create(matrix, 0, 0, &factor));
  assert_ok(sl_job_step(sl_factor_job(factor), 10, &outcome));
  assert_ok(sl_job_stop(sl_factor_job(factor), SL_OUTCOME_TIME_LIMIT));
  assert_refused(sl_factor_begin_solve(factor, b, 1, false, 5, 0), SL_ERR_STATE, "factor");
  assert_ok(sl_factor_begin_values(factor, matrix->values, matrix->nnz));
  assert_ok(run(factor, 100));
  assert_ok(sl_factor_begin_solve(factor, b, 2, false, 5, 0));
  assert_ok(sl_job_step(sl_factor_job(factor), 10, &outcome));
  assert_ok(sl_job_stop(sl_factor_job(factor), SL_OUTCOME_WORK_LIMIT));
  assert_ok(sl_factor_read_solve(factor, x, out, NULL));
  assert_true(out[0] == SL_OUTCOME_WORK_LIMIT && out[1] == 1 && out[2] == INFINITY);
  for (uint32_t i = 0; i < 800; i++) assert_true(x[i] == 0);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

// What is refused for want of memory, or for a number in the last column, leaves the answer readable.
static void keeps_the_answer_when_the_next_solve_is_refused(void **state) {
  (void)state;
  sl_csr *matrix = grid(20, 20, 1, 0);
  double b[3 * 400], x[400], out[4];
  fill_random(b, 3 * 400, 4);
  sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
  solve_well(factor, matrix, b, x, 0x1p-52);
  for (uint64_t bytes = 0; bytes <= 19200; bytes += 9600) { // 19,200 are b and x, not the errors
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    sl_status status = sl_factor_begin_solve(factor, b, 3, false, 5, 0);
    sl_memory_budget_end(&budget);
    assert_refused(status, SL_ERR_MEMORY, "memory");
  }
  b[1199] = NAN;
  assert_refused(sl_factor_begin_solve(factor, b, 3, false, 5, 0), SL_ERR_NOT_FINITE, "b");
  double again[400];
  assert_ok(sl_factor_read_solve(factor, again, out, NULL));
  assert_memory_equal(x, again, sizeof x);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(knows_the_second_difference),
      property(counts_eigenvalues_of_shifted_grids),
      property(solves_grids_in_three_dimensions),
      property(knows_inertia_and_determinant_of_congruences),
      property(solves_saddle_points),
      property(does_not_see_scales),
      property(judges_numbers_near_the_largest),
      property(names_the_pivot_that_is_not_positive),
      property(tells_when_pivots_were_replaced),
      property(survives_pivots_that_are_no_numbers),
      property(takes_one_row),
      property(factors_other_values),
      property(refuses_what_is_no_input),
      property(gives_the_same_in_any_steps),
      property(predicts_fill_and_memory),
      property(gives_everything_back_without_memory),
      property(keeps_the_factor_when_memory_is_out),
      property(stops_from_outside),
      property(keeps_the_answer_when_the_next_solve_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
