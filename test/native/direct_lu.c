// The LU factorisation: closed forms, determinants of SuperLU, scales, singular matrices, new
// values, misuse.
#include "direct_lu.h"

#include <stdio.h>

#include "sparse/matrix_market.h"

// The solution of b = A 1 and of A^T 1.
static void solves_ones(const sl_csr *matrix, const sl_lu_options *options, double tolerance) {
  uint32_t n = matrix->rows;
  sl_lu *lu = factorised(matrix, options);
  double *b = calloc(n, sizeof *b), *x = malloc(n * sizeof *x);
  for (int transpose = 0; transpose < 2; transpose++) {
    memset(b, 0, n * sizeof *b);
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
        b[transpose ? matrix->columns[k] : i] += sl_csr_value(matrix, k);
      }
    }
    assert_ok((transpose ? sl_lu_solve_transpose : sl_lu_solve)(lu, b, x, 1));
    for (uint32_t i = 0; i < n; i++) assert_close(x[i], 1, tolerance);
  }
  free(b);
  free(x);
  sl_lu_destroy(lu);
}

static sl_lu_facts facts_of(const sl_csr *matrix, const sl_lu_options *options) {
  sl_lu *lu = factorised(matrix, options);
  sl_lu_facts facts;
  assert_ok(sl_lu_get_facts(lu, &facts));
  assert_true(facts.bytes == (double)sl_lu_bytes(lu));
  sl_lu_destroy(lu);
  return facts;
}

// Off-diagonals below and above: det = prod over k of (d + 2 sqrt(below above) cos(k pi / (n + 1))).
static sl_csr *toeplitz(uint32_t n, double below, double diagonal, double above) {
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, i, diagonal);
    if (i > 0) entries_add(&e, i, i - 1, below);
    if (i + 1 < n) entries_add(&e, i, i + 1, above);
  }
  return entries_matrix(&e, n);
}

static void tridiagonal_determinants_are_known(void **state) {
  (void)state;
  for (uint32_t n = 1; n <= 1000; n = 3 * n + 1) {
    sl_csr *matrix = toeplitz(n, -1.5, 4, -0.5);
    double log_determinant = 0;
    for (uint32_t k = 1; k <= n; k++) {
      log_determinant += log(4 + 2 * sqrt(0.75) * cos(k * 3.14159265358979323846 / (n + 1)));
    }
    sl_lu_facts facts = facts_of(matrix, NULL);
    assert_close(facts.log_determinant, log_determinant, 1e-13 * n);
    assert_int_equal(facts.determinant_sign, 1);
    assert_true(facts.reciprocal_growth > 0.5 && facts.smallest_pivot > 0.5);
    assert_true(facts.fill == 3.0 * n - 2);
    solves_ones(matrix, NULL, 1e-14);
    sl_csr_destroy(matrix);
  }
}

static void determinants_agree_with_superlu(void **state) {
  (void)state;
  FILE *file = fopen("test/vectors/direct/determinants.txt", "r");
  assert_non_null(file);
  uint32_t n, count, matrices = 0;
  double log_determinant, value;
  int sign;
  while (fscanf(file, "%u %u %la %d", &n, &count, &log_determinant, &sign) == 4) {
    entries e = {0};
    for (uint32_t k = 0; k < count; k++) {
      uint32_t i, j;
      assert_int_equal(fscanf(file, "%u %u %la", &i, &j, &value), 3);
      entries_add(&e, i, j, value);
    }
    sl_csr *matrix = entries_matrix(&e, n);
    for (int m = SL_LU_MATCHING_AUTO; m <= SL_LU_MATCHING_PRODUCT; m++) {
      sl_lu_options options = {.pivot_threshold = m == 0 ? 1 : 0.1, .matching = (sl_lu_matching)m};
      sl_lu_facts facts = facts_of(matrix, &options);
      assert_close(facts.log_determinant, log_determinant, 1e-10);
      assert_int_equal(facts.determinant_sign, sign);
    }
    sl_csr_destroy(matrix);
    matrices++;
  }
  fclose(file);
  assert_int_equal(matrices, 12);
}

static void a_permutation_is_solved_exactly(void **state) {
  (void)state;
  enum { N = 101 };
  entries e = {0};
  for (uint32_t i = 0; i < N; i++) entries_add(&e, i, (37 * i + 5) % N, i % 3 == 0 ? -2 : 0.25);
  sl_csr *matrix = entries_matrix(&e, N);
  sl_lu *lu = factorised(matrix, NULL);
  double b[N], x[N], y[N];
  for (uint32_t i = 0; i < N; i++) b[i] = i * 0.1;
  assert_ok(sl_lu_solve(lu, b, x, 1));
  assert_ok(sl_lu_solve_transpose(lu, b, y, 1));
  for (uint32_t i = 0; i < N; i++) {
    double value = i % 3 == 0 ? -2 : 0.25;
    assert_true(x[(37 * i + 5) % N] == b[i] / value);
    assert_true(y[i] == b[(37 * i + 5) % N] / value);
  }
  sl_lu_facts facts;
  assert_ok(sl_lu_get_facts(lu, &facts));
  assert_int_equal(facts.blocks, N);
  assert_true(facts.fill == N);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

// [[4, 1], [2, 3]]: solved by hand.
static void two_by_two_is_solved(void **state) {
  (void)state;
  double a[] = {4, 1, 2, 3}, b[] = {1, 2}, x[2];
  sl_csr *matrix = matrix_from_dense(a, 2);
  sl_lu *lu = factorised(matrix, NULL);
  assert_ok(sl_lu_solve(lu, b, x, 1));
  assert_close(x[0], 0.1, 1e-16);
  assert_close(x[1], 0.6, 1e-15);
  assert_ok(sl_lu_solve_transpose(lu, b, b, 1));
  assert_close(b[0], -0.1, 1e-15);
  assert_close(b[1], 0.7, 1e-15);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

// ---- scales -------------------------------------------------------------------------------------

static sl_csr *scaled_matrix(const sl_csr *matrix, const int *row, const int *column) {
  sl_csr *copy;
  assert_ok(sl_csr_copy(matrix, &copy));
  for (uint32_t i = 0; i < copy->rows; i++) {
    for (uint32_t k = copy->row_pointers[i]; k < copy->row_pointers[i + 1]; k++) {
      double *value = (double *)copy->values + k;
      *value = ldexp(*value, row[i] + column[copy->columns[k]]);
    }
  }
  return copy;
}

// Powers of two change neither the pivots nor a bit of the solution, but by what they say.
static void scaling_by_powers_of_two_changes_no_bit(void **state) {
  (void)state;
  enum { N = 60 };
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  sl_csr *matrix = dominant_matrix(&rng, N, 4, 0.1);
  double b[N], c[N], x[N], y[N];
  sl_lu *lu = factorised(matrix, NULL);
  for (uint32_t i = 0; i < N; i++) b[i] = sl_rng_double(&rng) - 0.5;
  assert_ok(sl_lu_solve(lu, b, x, 1));
  int rows[N], none[N] = {0};
  const int most[] = {3, 60, 900};
  for (int m = 0; m < 3; m++) {
    for (uint32_t i = 0; i < N; i++) {
      rows[i] = (int)sl_rng_below(&rng, 2 * (uint32_t)most[m]) - most[m];
      c[i] = ldexp(b[i], rows[i]);
    }
    sl_csr *other = scaled_matrix(matrix, rows, none);
    sl_lu *factors = factorised(other, NULL);
    assert_ok(sl_lu_solve(factors, c, y, 1));
    assert_memory_equal(x, y, sizeof x);
    sl_lu_destroy(factors);
    sl_csr_destroy(other);
  }
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

static void every_scale_is_solved(void **state) {
  (void)state;
  enum { N = 50 };
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (int trial = 0; trial < 40; trial++) {
    sl_csr *matrix = dominant_matrix(&rng, N, 3, 0.2);
    int rows[N], columns[N];
    for (uint32_t i = 0; i < N; i++) {
      rows[i] = (int)sl_rng_below(&rng, 1000) - 500;
      columns[i] = (int)sl_rng_below(&rng, 900) - 450;
    }
    sl_csr *other = scaled_matrix(matrix, rows, columns);
    double x[N], b[N];
    for (uint32_t i = 0; i < N; i++) b[i] = ldexp(sl_rng_double(&rng), rows[i]);
    sl_lu_options options = {.pivot_threshold = 0.1, .matching = SL_LU_MATCHING_PRODUCT};
    sl_lu *lu = factorised(other, &options);
    assert_true(backward_error(other, lu, false, b, x, 1) < 1e-15);
    sl_lu_destroy(lu);
    lu = factorised(other, NULL);
    assert_true(backward_error(other, lu, false, b, x, 1) < 1e-15);
    sl_lu_destroy(lu);
    sl_csr_destroy(matrix);
    sl_csr_destroy(other);
  }
}

static void right_sides_of_every_size_are_solved(void **state) {
  (void)state;
  double a[] = {0x1p1000, 0x1p999, -0x1p998, 0x1p1000}, x[2];
  sl_csr *matrix = matrix_from_dense(a, 2);
  sl_lu *lu = factorised(matrix, NULL);
  double b[] = {0x1p-20, 0x1p-21};
  assert_true(backward_error(matrix, lu, false, b, x, 0) < 1e-15);
  assert_true(x[0] > 0x1p-1022);
  double zero[] = {0, 0}, odd[] = {INFINITY, 1};
  assert_ok(sl_lu_solve(lu, zero, x, 1));
  assert_true(x[0] == 0 && x[1] == 0);
  assert_ok(sl_lu_solve(lu, odd, x, 1));
  assert_false(isfinite(x[0]));
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

// Row 1 has a pivot that the other entries of its row and column dwarf.
static void a_pivot_that_scaling_would_lose_is_kept(void **state) {
  (void)state;
  entries e = {0};
  entries_add(&e, 0, 0, 1);
  entries_add(&e, 1, 0, 1e300);
  entries_add(&e, 1, 1, 1e-300);
  entries_add(&e, 2, 1, 1e300);
  entries_add(&e, 2, 2, 1);
  sl_csr *matrix = entries_matrix(&e, 3);
  sl_lu *lu = factorised(matrix, NULL);
  const double b[] = {0, 1e-300, 0};
  double x[3];
  assert_ok(sl_lu_solve(lu, b, x, 1));
  assert_true(x[0] == 0 && x[1] == 1 && x[2] == -1e300);
  sl_lu_facts facts;
  assert_ok(sl_lu_get_facts(lu, &facts));
  assert_close(facts.log_determinant, log(1e-300), 1e-10);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

// Where there is nothing to scale, saying so changes no bit; nor does it keep a product matching from
// scaling.
static void what_the_caller_scaled_is_taken_as_it_is(void **state) {
  (void)state;
  enum { N = 50 };
  sl_csr *matrix = toeplitz(N, -0.5, 1, -0.25);
  double b[N], x[N], y[N];
  for (int m = SL_LU_MATCHING_AUTO; m <= SL_LU_MATCHING_PRODUCT; m++) {
    sl_lu_options options = {.pivot_threshold = 0.1, .matching = (sl_lu_matching)m};
    sl_lu *plain = factorised(matrix, &options), *lu;
    assert_ok(sl_lu_create(matrix, &options, &lu));
    sl_lu_set_scaled(lu, true);
    assert_ok(sl_lu_begin(lu));
    assert_int_equal(run_lu(lu, 10), SL_OUTCOME_CONVERGED);
    for (int size = -900; size <= 900; size += 450) {
      for (uint32_t i = 0; i < N; i++) b[i] = ldexp(1.0 + i, size);
      assert_ok(sl_lu_solve(plain, b, x, 1));
      assert_ok(sl_lu_solve(lu, b, y, 1));
      assert_memory_equal(x, y, sizeof x);
      assert_ok(sl_lu_solve_transpose(plain, b, x, 1));
      assert_ok(sl_lu_solve_transpose(lu, b, y, 1));
      assert_memory_equal(x, y, sizeof x);
    }
    sl_lu_destroy(plain);
    sl_lu_destroy(lu);
  }
  sl_csr_destroy(matrix);
}

// ---- singular -----------------------------------------------------------------------------------

static void structurally_singular_names_rows_and_columns(void **state) {
  (void)state;
  entries e = {0}; // rows 1, 2 and 4 share columns 0 and 3
  entries_add(&e, 0, 0, 1);
  entries_add(&e, 0, 1, 1);
  entries_add(&e, 0, 2, 1);
  entries_add(&e, 1, 0, 1);
  entries_add(&e, 1, 3, 2);
  entries_add(&e, 2, 3, 1);
  entries_add(&e, 3, 4, 1);
  entries_add(&e, 4, 0, 5);
  sl_csr *matrix = entries_matrix(&e, 5);
  sl_lu *lu;
  assert_ok(sl_lu_create(matrix, NULL, &lu));
  assert_ok(sl_lu_begin(lu));
  assert_int_equal(run_lu(lu, 1), SL_OUTCOME_SINGULAR);
  assert_int_equal(sl_lu_get_singularity(lu, NULL, NULL), SL_LU_STRUCTURAL);
  const uint8_t *rows, *columns, wanted_rows[] = {0, 1, 1, 0, 1},
                                 wanted_columns[] = {0, 1, 1, 0, 0};
  uint32_t rank;
  sl_lu_get_deficient(lu, &rows, &columns, &rank);
  assert_int_equal(rank, 4);
  assert_memory_equal(rows, wanted_rows, 5);
  assert_memory_equal(columns, wanted_columns, 5);
  double b[5] = {0};
  assert_refused(sl_lu_solve(lu, b, b, 1), SL_ERR_STATE, "lu");
  sl_lu_facts facts;
  assert_refused(sl_lu_get_facts(lu, &facts), SL_ERR_STATE, "lu");
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
  sl_csr *empty;
  const uint32_t pointers[] = {0, 0, 0};
  assert_ok(sl_csr_from_csr(2, 2, pointers, 3, NULL, 0, NULL, 0, SL_VALUES_PATTERN, &empty));
  assert_ok(sl_lu_create(empty, NULL, &lu));
  assert_ok(sl_lu_begin_analysis(lu));
  assert_int_equal(run_lu(lu, 1), SL_OUTCOME_SINGULAR);
  sl_lu_get_deficient(lu, &rows, &columns, &rank);
  assert_int_equal(rank, 0);
  sl_lu_destroy(lu);
  sl_csr_destroy(empty);
}

static void numerically_singular_names_the_row(void **state) {
  (void)state;
  double a[] = {1, 2, 0, 2, 4, 0, 0, 0, 1};
  sl_csr *matrix = matrix_from_dense(a, 3);
  sl_lu *lu;
  assert_ok(sl_lu_create(matrix, NULL, &lu));
  assert_ok(sl_lu_begin(lu));
  assert_int_equal(run_lu(lu, 1), SL_OUTCOME_SINGULAR);
  uint32_t row, column;
  assert_int_equal(sl_lu_get_singularity(lu, &row, &column), SL_LU_NUMERICAL);
  assert_true(row < 2 && column < 2);
  // Other values on the same pattern are not singular.
  const double values[] = {1, 2, 2, 3, 1};
  assert_ok(sl_lu_begin_values(lu, values, 5, SL_VALUES_F64));
  assert_int_equal(run_lu(lu, 1), SL_OUTCOME_CONVERGED);
  sl_lu_facts facts;
  assert_ok(sl_lu_get_facts(lu, &facts));
  assert_int_equal(sl_lu_get_singularity(lu, &row, &column), SL_LU_REGULAR);
  assert_close(facts.log_determinant, 0, 1e-15);
  assert_int_equal(facts.determinant_sign, -1);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
  // A stored zero.
  const uint32_t rows[] = {0, 1}, columns[] = {0, 1};
  const double zero[] = {1, 0};
  assert_ok(sl_csr_from_coo(2, 2, 2, rows, columns, zero, SL_VALUES_F64, &matrix));
  for (int m = SL_LU_MATCHING_AUTO; m <= SL_LU_MATCHING_PRODUCT; m++) {
    sl_lu_options options = {.pivot_threshold = 0.1, .matching = (sl_lu_matching)m};
    assert_ok(sl_lu_create(matrix, &options, &lu));
    assert_ok(sl_lu_begin(lu));
    assert_int_equal(run_lu(lu, 1), SL_OUTCOME_SINGULAR);
    assert_int_equal(sl_lu_get_singularity(lu, &row, &column), SL_LU_NUMERICAL);
    assert_true(row == 1 && column == 1);
    sl_lu_destroy(lu);
  }
  sl_csr_destroy(matrix);
}

// The Laplacian of a grid: its last pivot is rounding.
static void the_smallest_pivot_shows_a_singular_matrix(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(12, 0);
  sl_lu *lu;
  assert_ok(sl_lu_create(matrix, NULL, &lu));
  assert_ok(sl_lu_begin(lu));
  if (run_lu(lu, 1000) == SL_OUTCOME_CONVERGED) {
    sl_lu_facts facts;
    assert_ok(sl_lu_get_facts(lu, &facts));
    assert_true(facts.smallest_pivot < 1e-14);
  }
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

// ---- new values ---------------------------------------------------------------------------------

static void refactoring_with_the_same_values_changes_no_bit(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 6);
  for (uint32_t trial = 0; trial < 20; trial++) {
    uint32_t n = 1 + 7 * trial;
    entries e = {0};
    for (uint32_t i = 0; i < n; i++) entries_add(&e, i, (i + 3) % n, sl_rng_double(&rng) + 1);
    for (uint32_t k = 0; k < 3 * n; k++) {
      entries_add(&e, sl_rng_below(&rng, n), sl_rng_below(&rng, n), sl_rng_double(&rng) - 0.5);
    }
    sl_csr *matrix = entries_matrix(&e, n);
    double *b = random_vector(&rng, n), *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    sl_lu *lu = factorised(matrix, NULL);
    assert_true(sl_lu_has_pattern(lu, matrix));
    assert_ok(sl_lu_solve(lu, b, x, 1));
    assert_ok(sl_lu_begin_refactor(lu, matrix->values, matrix->nnz, SL_VALUES_F64));
    assert_int_equal(run_lu(lu, 1 + trial), SL_OUTCOME_CONVERGED);
    assert_ok(sl_lu_solve(lu, b, y, 1));
    assert_memory_equal(x, y, n * sizeof *x);
    // Others, near them: the same pivots; far from them: new ones.
    double *values = malloc(matrix->nnz * sizeof *values);
    for (int far = 0; far < 2; far++) {
      for (uint32_t k = 0; k < matrix->nnz; k++) {
        double value = ((double *)matrix->values)[k];
        values[k] = far ? sl_rng_double(&rng) : value * (1 + 1e-3 * sl_rng_double(&rng));
      }
      assert_ok(far ? sl_lu_begin_values(lu, values, matrix->nnz, SL_VALUES_F64)
                    : sl_lu_begin_refactor(lu, values, matrix->nnz, SL_VALUES_F64));
      assert_int_equal(run_lu(lu, 1 + trial), SL_OUTCOME_CONVERGED);
      sl_csr *other;
      assert_ok(sl_csr_copy(matrix, &other));
      memcpy(other->values, values, matrix->nnz * sizeof *values);
      assert_true(backward_error(other, lu, false, b, x, 1) < 1e-14);
      assert_true(backward_error(other, lu, true, b, x, 1) < 1e-14);
      sl_csr_destroy(other);
    }
    free(values);
    free(b);
    free(x);
    free(y);
    sl_lu_destroy(lu);
    sl_csr_destroy(matrix);
  }
}

static void pivots_that_no_longer_do_are_reported(void **state) {
  (void)state;
  double a[] = {2, 1, 1, 2};
  sl_csr *matrix = matrix_from_dense(a, 2);
  const double bad[][4] = {{1e-30, 1, 1, 1e-30}, {0, 1, 1, 0}, {1, 1, 1, 1}};
  for (int k = 0; k < 3; k++) {
    sl_lu *lu = factorised(matrix, NULL);
    assert_ok(sl_lu_begin_refactor(lu, bad[k], 4, SL_VALUES_F64));
    assert_int_equal(run_lu(lu, 1), SL_OUTCOME_BREAKDOWN);
    double b[] = {1, 2};
    assert_refused(sl_lu_solve(lu, b, b, 1), SL_ERR_STATE, "lu");
    assert_refused(sl_lu_begin_refactor(lu, bad[k], 4, SL_VALUES_F64), SL_ERR_STATE, "lu");
    assert_ok(sl_lu_begin_values(lu, bad[k], 4, SL_VALUES_F64));
    assert_int_equal(run_lu(lu, 1), k == 2 ? SL_OUTCOME_SINGULAR : SL_OUTCOME_CONVERGED);
    if (k < 2) {
      assert_ok(sl_lu_solve(lu, b, b, 1));
      assert_close(b[0], 2, 1e-14);
      assert_close(b[1], 1, 1e-14);
    }
    sl_lu_destroy(lu);
  }
  sl_csr_destroy(matrix);
}

// ---- in any pieces ------------------------------------------------------------------------------

static void how_it_is_cut_and_how_many_sides_change_no_bit(void **state) {
  (void)state;
  enum { N = 300, SIDES = 7 };
  sl_rng rng;
  sl_rng_seed(&rng, 7);
  sl_csr *matrix = dominant_matrix(&rng, N, 3, -0.7);
  double *b = random_vector(&rng, SIDES * N), *x = malloc(SIDES * N * sizeof *x);
  double *y = malloc(SIDES * N * sizeof *y);
  sl_lu *whole, *steps;
  assert_ok(sl_lu_create(matrix, NULL, &whole));
  assert_ok(sl_lu_begin(whole));
  run_lu(whole, UINT64_MAX);
  assert_ok(sl_lu_create(matrix, NULL, &steps));
  assert_ok(sl_lu_begin_analysis(steps));
  run_lu(steps, 1);
  sl_lu_prediction prediction;
  assert_ok(sl_lu_get_prediction(steps, &prediction));
  assert_ok(sl_lu_begin(steps));
  run_lu(steps, 1);
  for (int transpose = 0; transpose < 2; transpose++) {
    sl_status (*solve)(const sl_lu *, const double *, double *, size_t) =
        transpose ? sl_lu_solve_transpose : sl_lu_solve;
    assert_ok(solve(whole, b, x, SIDES));
    assert_ok(solve(steps, b, y, SIDES));
    assert_memory_equal(x, y, SIDES * N * sizeof *x);
    for (int j = 0; j < SIDES; j++) {
      assert_ok(solve(steps, b + j * N, y, 1));
      for (int i = 0; i < N; i++) {
        assert_close(y[i], x[j * N + i], 1e-10 * (1 + fabs(y[i])));
      }
    }
  }
  assert_ok(sl_lu_solve(whole, b, x, 0));
  for (int transpose = 0; transpose < 2; transpose++) {
    assert_ok((transpose ? sl_lu_solve_transpose : sl_lu_solve)(whole, b, x, 1));
    sl_lu_pass pass;
    uint64_t spent = 0;
    uint32_t steps_taken = 1;
    double *workspace = x + N;
    sl_lu_pass_begin(whole, transpose, b, workspace, &pass);
    while (!sl_lu_pass_step(whole, workspace, 10, &spent, &pass)) steps_taken++;
    sl_lu_pass_end(whole, workspace, &pass, y);
    assert_memory_equal(x, y, N * sizeof *x);
    assert_true(steps_taken > 20);
  }
  sl_lu_destroy(whole);
  sl_lu_destroy(steps);
  sl_csr_destroy(matrix);
  free(b);
  free(x);
  free(y);
}

// On a symmetric pattern with pivots on the diagonal nothing is left to chance.
static void the_prediction_is_what_a_dominant_grid_takes(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(30, 1);
  sl_lu *lu;
  assert_ok(sl_lu_create(matrix, NULL, &lu));
  assert_ok(sl_lu_begin_analysis(lu));
  run_lu(lu, 50);
  sl_lu_prediction prediction;
  assert_ok(sl_lu_get_prediction(lu, &prediction));
  assert_ok(sl_lu_begin(lu));
  run_lu(lu, 50);
  sl_lu_facts facts;
  assert_ok(sl_lu_get_facts(lu, &facts));
  assert_true(prediction.fill == facts.fill && prediction.flops == facts.flops);
  assert_true(prediction.bytes == facts.bytes);
  assert_int_equal(prediction.blocks, 1);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

// Stopped after any number of steps, it can be begun again.
static void stopping_leaves_the_object_usable(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  sl_csr *matrix = dominant_matrix(&rng, 40, 3, -0.5);
  sl_lu *whole = factorised(matrix, NULL), *lu;
  double *b = random_vector(&rng, 40), x[40], y[40];
  assert_ok(sl_lu_solve(whole, b, x, 1));
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  for (int steps = 0; outcome == SL_OUTCOME_RUNNING; steps++) {
    assert_ok(sl_lu_create(matrix, NULL, &lu));
    assert_ok(sl_lu_begin(lu));
    assert_refused(sl_lu_begin(lu), SL_ERR_STATE, "lu");
    for (int k = 0; k <= steps; k++) assert_ok(sl_job_step(sl_lu_job(lu), 20, &outcome));
    assert_ok(sl_job_stop(sl_lu_job(lu), SL_OUTCOME_WORK_LIMIT));
    if (outcome == SL_OUTCOME_RUNNING) {
      assert_refused(sl_lu_solve(lu, b, y, 1), SL_ERR_STATE, "lu");
      assert_ok(sl_lu_begin(lu));
      assert_int_equal(run_lu(lu, 100), SL_OUTCOME_CONVERGED);
    }
    assert_ok(sl_lu_solve(lu, b, y, 1));
    for (int i = 0; i < 40; i++) assert_close(x[i], y[i], 1e-12);
    sl_lu_destroy(lu);
  }
  sl_lu_destroy(whole);
  sl_csr_destroy(matrix);
  free(b);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  sl_csr *matrix = dominant_matrix(&rng, 60, 2, -0.5);
  double b[60] = {1, -1}, x[60];
  size_t held = sl_bytes_in_use();
  for (int m = SL_LU_MATCHING_STRUCTURE; m <= SL_LU_MATCHING_PRODUCT; m++) {
    sl_lu_options options = {.pivot_threshold = 0.5, .matching = (sl_lu_matching)m};
    bool solved = false;
    for (size_t limit = held; !solved; limit += 64) {
      sl_set_memory_limit(limit);
      sl_lu *lu = NULL;
      sl_status status = sl_lu_create(matrix, &options, &lu);
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      if (status == SL_OK) status = sl_lu_begin(lu);
      while (status == SL_OK && outcome == SL_OUTCOME_RUNNING) {
        status = sl_job_step(sl_lu_job(lu), 100, &outcome);
      }
      if (status == SL_OK) status = sl_lu_solve(lu, b, x, 1);
      if (status == SL_OK) {
        assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
        solved = true;
      } else {
        assert_int_equal(status, SL_ERR_MEMORY);
      }
      sl_lu_destroy(lu);
      assert_int_equal(sl_bytes_in_use(), held);
    }
    sl_set_memory_limit(SIZE_MAX);
  }
  sl_csr_destroy(matrix);
}

static void refuses_misuse(void **state) {
  (void)state;
  sl_lu *lu;
  const uint32_t pointers[] = {0, 1}, columns[] = {1};
  const double values[] = {2};
  sl_csr *wide;
  assert_ok(sl_csr_from_csr(1, 2, pointers, 2, columns, 1, values, 1, SL_VALUES_F64, &wide));
  assert_refused(sl_lu_create(wide, NULL, &lu), SL_ERR_NOT_SQUARE, "matrix");
  assert_null(lu);
  sl_csr_destroy(wide);
  double a[] = {2, 1, 1, 2}, b[2] = {1, 1};
  sl_csr *matrix = matrix_from_dense(a, 2);
  const double thresholds[] = {0, -1, 1.5, NAN};
  for (int k = 0; k < 4; k++) {
    sl_lu_options options = {.pivot_threshold = thresholds[k]};
    assert_refused(sl_lu_create(matrix, &options, &lu), SL_ERR_OPTION, "pivot_threshold");
  }
  sl_lu_options options = {.pivot_threshold = 1, .matching = (sl_lu_matching)3};
  assert_refused(sl_lu_create(matrix, &options, &lu), SL_ERR_OPTION, "matching");
  assert_ok(sl_lu_create(matrix, NULL, &lu));
  sl_outcome outcome;
  assert_refused(sl_job_step(sl_lu_job(lu), 1, &outcome), SL_ERR_STATE, "lu");
  assert_refused(sl_lu_begin_values(lu, a, 4, SL_VALUES_F64), SL_ERR_STATE, "lu");
  sl_lu_prediction prediction;
  assert_refused(sl_lu_get_prediction(lu, &prediction), SL_ERR_STATE, "lu");
  assert_false(sl_lu_has_pattern(lu, matrix));
  assert_refused(sl_lu_solve(lu, b, b, 1), SL_ERR_STATE, "lu");
  assert_ok(sl_lu_begin(lu));
  run_lu(lu, 1);
  assert_refused(sl_lu_begin(lu), SL_ERR_STATE, "lu"); // the matrix is not kept
  assert_refused(sl_lu_begin_values(lu, a, 3, SL_VALUES_F64), SL_ERR_SHAPE, "values");
  a[2] = NAN;
  assert_refused(sl_lu_begin_refactor(lu, a, 4, SL_VALUES_F64), SL_ERR_NOT_FINITE, "values");
  assert_int_equal(sl_last_error()->position, 2);
  assert_ok(sl_lu_solve(lu, b, b, 1)); // nothing was begun: the factors are there
  double *stored = matrix->values;
  stored[3] = INFINITY; // as nothing in the library makes them
  sl_lu *other;
  assert_ok(sl_lu_create(matrix, NULL, &other));
  assert_ok(sl_lu_begin(other));
  assert_refused(sl_job_step(sl_lu_job(other), 100, &outcome), SL_ERR_NOT_FINITE, "matrix");
  assert_int_equal(sl_last_error()->position, 3);
  sl_lu_destroy(other);
  sl_lu_destroy(lu);
  sl_lu_destroy(NULL);
  sl_csr_destroy(matrix);
}

// f32 values, and none.
static void every_type_of_value_is_taken(void **state) {
  (void)state;
  const uint32_t pointers[] = {0, 2, 4, 5}, columns[] = {0, 1, 0, 2, 2};
  const float values[] = {1.5f, 2, 3, -1, 0.25f};
  sl_csr *matrix;
  assert_ok(sl_csr_from_csr(3, 3, pointers, 4, columns, 5, values, 5, SL_VALUES_F32, &matrix));
  solves_ones(matrix, NULL, 1e-15);
  sl_csr_destroy(matrix);
  assert_ok(sl_csr_from_csr(3, 3, pointers, 4, columns, 5, NULL, 0, SL_VALUES_PATTERN, &matrix));
  solves_ones(matrix, NULL, 1e-15);
  sl_csr_destroy(matrix);
}

// ---- matrices that are handed over --------------------------------------------------------------

static sl_csr *read_matrix(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  sl_matrix_market *reader;
  assert_ok(sl_matrix_market_create(SL_VALUES_F64, &reader));
  char bytes[4096];
  size_t count;
  while ((count = fread(bytes, 1, sizeof bytes, file)) > 0) {
    assert_ok(sl_matrix_market_feed(reader, bytes, count));
  }
  fclose(file);
  sl_csr *matrix;
  assert_ok(sl_matrix_market_finish(reader, &matrix));
  sl_matrix_market_destroy(reader);
  return matrix;
}

static void real_matrices_are_solved(void **state) {
  (void)state;
  const struct {
    const char *name;
    double log_determinant; // scipy.sparse.linalg.splu (SuperLU), permc_spec="COLAMD"
  } known[] = {{"west0479", 307.61759629169075},
               {"adder_dcop_05", -14536.453705987537},
               {"jagmesh7", 199.69534649333454}};
  for (int k = 0; k < 3; k++) {
    char path[256];
    snprintf(path, sizeof path, "../shared/data/matrices/%s.mtx", known[k].name);
    sl_csr *matrix = read_matrix(path);
    if (matrix == NULL) {
      print_message("%s is not there: skipped\n", path);
      continue;
    }
    uint32_t n = matrix->rows;
    double *b = malloc(n * sizeof *b), *x = malloc(n * sizeof *x);
    for (uint32_t i = 0; i < n; i++) b[i] = 1;
    for (int m = SL_LU_MATCHING_AUTO; m <= SL_LU_MATCHING_PRODUCT; m++) {
      sl_lu_options options = {.pivot_threshold = 0.1, .matching = (sl_lu_matching)m};
      sl_lu *lu = factorised(matrix, &options);
      sl_lu_facts facts;
      assert_ok(sl_lu_get_facts(lu, &facts));
      assert_close(facts.log_determinant, known[k].log_determinant, 1e-7);
      assert_true(backward_error(matrix, lu, false, b, x, 1) < 1e-15);
      assert_true(backward_error(matrix, lu, true, b, x, 1) < 1e-15);
      sl_lu_destroy(lu);
    }
    free(b);
    free(x);
    sl_csr_destroy(matrix);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(tridiagonal_determinants_are_known),
      property(determinants_agree_with_superlu),
      property(a_permutation_is_solved_exactly),
      property(two_by_two_is_solved),
      property(scaling_by_powers_of_two_changes_no_bit),
      property(every_scale_is_solved),
      property(right_sides_of_every_size_are_solved),
      property(a_pivot_that_scaling_would_lose_is_kept),
      property(what_the_caller_scaled_is_taken_as_it_is),
      property(structurally_singular_names_rows_and_columns),
      property(numerically_singular_names_the_row),
      property(the_smallest_pivot_shows_a_singular_matrix),
      property(refactoring_with_the_same_values_changes_no_bit),
      property(pivots_that_no_longer_do_are_reported),
      property(how_it_is_cut_and_how_many_sides_change_no_bit),
      property(the_prediction_is_what_a_dominant_grid_takes),
      property(stopping_leaves_the_object_usable),
      property(survives_every_failing_allocation),
      property(refuses_misuse),
      property(every_type_of_value_is_taken),
      property(real_matrices_are_solved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
