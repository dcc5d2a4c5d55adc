// Unsymmetric matrices through the one object of all factorisations.
#include "direct/residual.h"
#include "factors.h"
#include "files.h"

static double facts_of(sl_factor *factor, int which) {
  double facts[SL_FACTOR_FACTS];
  sl_factor_facts(factor, facts);
  return facts[which];
}

// Convection and diffusion on a square, the flow much stronger than what spreads.
static sl_csr *convection(uint32_t side, double flow) {
  entries e = {.n = side * side};
  for (uint32_t i = 0; i < e.n; i++) {
    put(&e, i, i, 4 + flow);
    if (i % side > 0) put(&e, i, i - 1, -1 - flow);
    if (i % side + 1 < side) put(&e, i, i + 1, -1);
    if (i >= side) put(&e, i, i - side, -1);
    if (i + side < e.n) put(&e, i, i + side, -1);
  }
  return matrix_of(&e);
}

static sl_csr *random_matrix(uint64_t seed, uint32_t n) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  entries e = {.n = n};
  for (uint32_t i = 0; i < n; i++) {
    put(&e, i, (i * 7 + 3) % n, 1 + sl_rng_double(&rng)); // off the diagonal; regular where 7 and n
                                                          // have no common factor
    for (int k = 0; k < 3; k++) {
      put(&e, i, sl_rng_below(&rng, n),
          ldexp(sl_rng_double(&rng) - 0.5, (int)sl_rng_below(&rng, 20)));
    }
  }
  return matrix_of(&e);
}

static void fill_random(double *b, uint32_t n) {
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  for (uint32_t i = 0; i < n; i++) b[i] = 2 * sl_rng_double(&rng) - 1;
}

static void solves_both_ways(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 12; seed++) {
    sl_csr *matrix = seed < 2 ? convection(20, seed == 0 ? 0.3 : 500)
                              : random_matrix(seed, 101 + 7 * (uint32_t)seed);
    sl_csr *transposed;
    assert_ok(sl_csr_transpose(matrix, &transposed));
    uint32_t n = matrix->rows;
    sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
    assert_true(facts_of(factor, 2) == SL_FACTOR_LU);
    double b[400], x[400], out[4], error;
    fill_random(b, n);
    solve_well(factor, matrix, b, x, 1e-14);
    assert_ok(sl_factor_begin_solve(factor, b, 1, true, 10, 1e-14));
    assert_ok(run(factor, 1));
    assert_ok(sl_factor_read_solve(factor, x, out, &error));
    double exact = backward_error(transposed, b, x);
    assert_true(exact <= 1e-14 && fabs(exact - out[1]) <= 1e-6 * exact + 1e-24);
    assert_true(out[2] == INFINITY);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
    sl_csr_destroy(transposed);
  }
}

// An upper bidiagonal matrix: the inverse is known, and so are its norm and the determinant.
static void knows_condition_and_determinant_of_bidiagonals(void **state) {
  (void)state;
  for (uint32_t n = 2; n < 60; n += 19) {
    entries e = {.n = n};
    for (uint32_t i = 0; i < n; i++) {
      put(&e, i, i, i == 0 ? -3 : 1);
      if (i + 1 < n) put(&e, i, i + 1, -1);
    }
    sl_csr *matrix = matrix_of(&e);
    sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
    double condition;
    assert_ok(sl_factor_begin_condition(factor));
    assert_ok(run(factor, 100));
    assert_ok(sl_factor_read_condition(factor, &condition));
    // Column j of the inverse: ones from row 1 to j, and in row 0 -1/3.
    double norm = n == 2 ? 3 : 3, inverse = (n - 1) + 1.0 / 3;
    assert_true(fabs(condition - norm * inverse) <= 1e-10 * norm * inverse);
    assert_true(facts_of(factor, 13) == -1 && fabs(facts_of(factor, 14) - log(3)) < 1e-13);
    assert_true(facts_of(factor, 15) == n && facts_of(factor, 16) == 1); // triangular
    assert_true(facts_of(factor, 11) == -1 && facts_of(factor, 12) == -1);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
}

static void proves_errors_of_dominant_matrices(void **state) {
  (void)state;
  sl_csr *matrix = convection(15, 2);
  double *values = matrix->values;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      if (matrix->columns[k] == i) values[k] += 0.5;
    }
  }
  sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
  double b[225] = {0}, x[225], out[4];
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      b[i] += values[k] * (matrix->columns[k] % 13); // whole numbers and halves: exact
    }
  }
  solve_well(factor, matrix, b, x, 1e-15);
  assert_ok(sl_factor_read_solve(factor, x, out, NULL));
  assert_true(out[2] < 1e-13);
  for (uint32_t i = 0; i < matrix->rows; i++) assert_true(fabs(x[i] - i % 13) <= out[2]);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

// What is known of the matrix follows the values. Without refinement the backward error holds too.
static void knows_what_other_values_prove(void **state) {
  (void)state;
  entries e = {.n = 2};
  put(&e, 0, 0, 4);
  put(&e, 0, 1, 1);
  put(&e, 1, 0, 0.5);
  put(&e, 1, 1, 4);
  sl_csr *matrix = matrix_of(&e);
  sl_factor *factor = factorize(matrix, SL_FACTOR_LU);
  // Dominant, with the inverse [[4, -1], [-0.5, 4]] / 15.5; and not, with [[-1, 4], [0.5, -1]].
  const double values[2][4] = {{4, 1, 0.5, 4}, {1, 4, 0.5, 1}}, b[] = {5, 4.5};
  const double conditions[] = {5 * 5 / 15.5, 25};
  for (int k = 0; k < 4; k++) {
    double x[2], out[4], condition;
    memcpy(matrix->values, values[k % 2], sizeof *values);
    assert_ok(sl_factor_begin_values(factor, values[k % 2], 4));
    assert_ok(run(factor, 1));
    for (uint32_t refinements = 0; refinements < 2; refinements++) {
      assert_ok(sl_factor_begin_solve(factor, b, 1, false, refinements, 1e-14));
      assert_ok(run(factor, 1));
      assert_ok(sl_factor_read_solve(factor, x, out, NULL));
      assert_int_equal((int)out[0], SL_OUTCOME_CONVERGED);
      assert_true(backward_error(matrix, b, x) <= out[1] && out[1] < 1e-15);
      assert_true(k % 2 == 0 ? out[2] < 1e-14 : out[2] == INFINITY);
      if (k % 2 == 0) assert_true(fabs(x[0] - 1) <= out[2] && fabs(x[1] - 1) <= out[2]);
    }
    assert_ok(sl_factor_begin_condition(factor));
    assert_ok(run(factor, 1));
    assert_ok(sl_factor_read_condition(factor, &condition));
    assert_true(fabs(condition - conditions[k % 2]) < 1e-12);
  }
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

static void takes_other_values_and_other_pivots(void **state) {
  (void)state;
  sl_csr *matrix = random_matrix(3, 103);
  sl_factor *factor = factorize(matrix, SL_FACTOR_LU);
  double b[103], x[103], *values = malloc(matrix->nnz * sizeof *values);
  fill_random(b, 103);
  for (uint32_t trial = 0; trial < 6; trial++) {
    sl_rng rng;
    sl_rng_seed(&rng, trial);
    sl_csr *other;
    assert_ok(sl_csr_copy(matrix, &other));
    double *entries_of = other->values;
    // First nearly the same, then anything: old pivots may be worthless.
    for (uint32_t k = 0; k < matrix->nnz; k++) {
      double factor_of = trial < 3
                             ? 1 + 0.1 * sl_rng_double(&rng)
                             : ldexp(1 + sl_rng_double(&rng), (int)sl_rng_below(&rng, 60) - 30);
      entries_of[k] *= factor_of;
    }
    if (trial % 2 == 0)
      assert_ok(sl_factor_begin_matrix(factor, other));
    else
      assert_ok(sl_factor_begin_values(factor, entries_of, other->nnz));
    assert_ok(run(factor, 50));
    solve_well(factor, other, b, x, 1e-14);
    sl_csr_destroy(other);
  }
  free(values);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

// Rows of more entries than a cache holds are copied some at a time, wherever a step ends.
static void takes_large_matrices_in_any_steps(void **state) {
  (void)state;
  sl_csr *matrix = convection(120, 0.3);
  uint32_t n = matrix->rows;
  assert_true(matrix->nnz > 65536 + 128 * 5);
  double *b = malloc(3 * n * sizeof *b), *x = b + n, *y = x + n;
  fill_random(b, n);
  sl_factor *whole = factorize(matrix, SL_FACTOR_LU), *steps;
  assert_ok(sl_factor_create(matrix, SL_FACTOR_LU, SL_FACTOR_ORDER_AMD, &steps));
  assert_ok(run(steps, 777));
  for (int round = 0; round < 2; round++) {
    solve_well(whole, matrix, b, x, 1e-15);
    solve_well(steps, matrix, b, y, 1e-15);
    assert_memory_equal(x, y, n * sizeof *x);
    double *values = matrix->values;
    for (uint32_t k = 0; k < matrix->nnz; k++) values[k] *= 1 + 0.01 * (k % 7);
    assert_ok(sl_factor_begin_values(whole, values, matrix->nnz));
    assert_ok(run(whole, UINT64_MAX));
    assert_ok(sl_factor_begin_values(steps, values, matrix->nnz));
    assert_ok(run(steps, 777));
  }
  sl_factor_destroy(whole);
  sl_factor_destroy(steps);
  sl_csr_destroy(matrix);
  free(b);
}

// Without corrections rounding may be counted as a part of the error, but only within the tolerance.
static void judges_answers_without_corrections(void **state) {
  (void)state;
  uint32_t counted = 0;
  for (uint64_t seed = 2; seed < 200; seed++) {
    sl_csr *matrix = random_matrix(seed, 101 + 7 * (uint32_t)(seed % 12));
    sl_factor *factor = factorize(matrix, SL_FACTOR_LU);
    double b[200], x[200], out[4];
    fill_random(b, matrix->rows);
    for (int k = 0; k < 3; k++) {
      double tolerance = k == 0 ? 0 : k == 1 ? 2e-15 : 1e-12;
      assert_ok(sl_factor_begin_solve(factor, b, 1, false, 0, tolerance));
      assert_ok(run(factor, 100));
      assert_ok(sl_factor_read_solve(factor, x, out, NULL));
      double exact = backward_error(matrix, b, x), most = exact * (1 + 1e-6) + 1e-24;
      if (most < tolerance) most = tolerance < exact + 0x1p-47 ? tolerance : exact + 0x1p-47;
      assert_true(out[1] >= exact * (1 - 1e-12) && out[1] <= most);
      assert_true((out[0] == SL_OUTCOME_CONVERGED) == (out[1] <= tolerance));
      counted += out[1] > exact * (1 + 1e-6);
    }
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
  assert_true(counted > 100);
}

// Against 128-bit numbers, where the terms nearly cancel.
static void residuals_of_rows_are_as_precise_as_they_say(void **state) {
  (void)state;
  enum { MOST = 70 };
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  double worst = 0;
  for (int trial = 0; trial < 20000; trial++) {
    uint32_t count = sl_rng_below(&rng, MOST), columns[MOST];
    double a[MOST], x[MOST], size;
    __float128 sum = 0;
    for (uint32_t k = 0; k < count; k++) {
      columns[k] = count - 1 - k;
      a[k] = ldexp(2 * sl_rng_double(&rng) - 1, (int)sl_rng_below(&rng, 40) - 20);
      x[columns[k]] = ldexp(2 * sl_rng_double(&rng) - 1, (int)sl_rng_below(&rng, 40) - 20);
    }
    for (uint32_t k = 0; k < count; k++) sum += (__float128)a[k] * x[columns[k]];
    double b = trial % 5 == 0 ? 2 * sl_rng_double(&rng) - 1 : (double)sum;
    double residual = sl_row_residual(b, a, columns, count, x, &size);
    __float128 exact = b - sum, terms = fabs(b);
    for (uint32_t k = 0; k < count; k++) terms += fabs(a[k] * x[columns[k]]);
    double bound = (count + 10) * 0x1p-78 + (count + 2.0) * (count + 2.0) * 0x1p-104;
    double off = fabs((double)(residual - exact)) - fabs((double)exact) * 0x1p-52;
    assert_true(off <= bound * (double)terms);
    assert_true(fabs((double)(size - terms)) <= 0x1p-22 * (double)terms);
    if (terms > 0 && off / (double)terms > worst) worst = off / (double)terms;
  }
  assert_true(worst > 0x1p-90); // the bound is of something
}

// The first entries of a matrix may look symmetric.
static void sees_what_makes_a_matrix_unsymmetric(void **state) {
  (void)state;
  enum { N = 400 };
  const struct {
    uint32_t row;
    double value; // of a(row, row - 1); 0: it is not there
  } cases[] = {{1, 0}, {1, -1.5}, {90, -1.5}, {N - 1, 0}, {N - 1, -1.5}, {N / 2, -1}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    entries e = {.n = N};
    for (uint32_t i = 0; i < N; i++) {
      put(&e, i, i, 4);
      if (i + 1 < N) put(&e, i, i + 1, -1);
      double value = i == cases[c].row ? cases[c].value : -1;
      if (i > 0 && value != 0) put(&e, i, i - 1, value);
    }
    sl_csr *matrix = matrix_of(&e);
    bool symmetric = cases[c].value == -1;
    sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO), *none;
    assert_true(facts_of(factor, 2) == (symmetric ? SL_FACTOR_CHOLESKY : SL_FACTOR_LU));
    double b[N], x[N];
    fill_random(b, N);
    solve_well(factor, matrix, b, x, 1e-15);
    sl_factor_destroy(factor);
    if (!symmetric) {
      assert_refused(sl_factor_create(matrix, SL_FACTOR_LDLT, SL_FACTOR_ORDER_AMD, &none),
                     SL_ERR_NOT_SYMMETRIC, "matrix");
    }
    sl_csr_destroy(matrix);
  }
}

static void names_rows_of_singular_matrices(void **state) {
  (void)state;
  sl_factor *factor;
  // Rows 1, 2 and 3 have only columns 0 and 1 among them.
  uint32_t rows[] = {0, 1, 1, 2, 2, 3, 3}, columns[] = {3, 0, 1, 0, 1, 0, 1};
  double values[] = {1, 1, 2, 3, 4, 5, 6};
  sl_csr *structural, *numerical;
  assert_ok(sl_csr_from_coo(4, 4, 7, rows, columns, values, SL_VALUES_F64, &structural));
  assert_ok(sl_factor_create(structural, SL_FACTOR_AUTO, 0, &factor));
  assert_refused(run(factor, 1), SL_ERR_SINGULAR, "matrix");
  assert_int_equal(sl_last_error()->position, 1);
  sl_factor_destroy(factor);
  uint32_t r[] = {0, 0, 1, 1, 2}, c[] = {0, 1, 0, 1, 2};
  double v[] = {1, 2, 2, 4, 1};
  assert_ok(sl_csr_from_coo(3, 3, 5, r, c, v, SL_VALUES_F64, &numerical));
  assert_ok(sl_factor_create(numerical, SL_FACTOR_AUTO, 0, &factor));
  assert_refused(run(factor, 1), SL_ERR_SINGULAR, "matrix");
  assert_true(sl_last_error()->position <= 1);
  double repaired[] = {1, 2, 2, 5, 1}, b[] = {3, 7, 1}, x[3];
  sl_csr *regular;
  assert_ok(sl_csr_from_coo(3, 3, 5, r, c, repaired, SL_VALUES_F64, &regular));
  assert_ok(sl_factor_begin_values(factor, repaired, 5));
  assert_ok(run(factor, 1));
  solve_well(factor, regular, b, x, 1e-15);
  sl_factor_destroy(factor);
  sl_csr_destroy(structural);
  sl_csr_destroy(numerical);
  sl_csr_destroy(regular);
}

// Symmetric, and panels alone do not get through: pivots are sought everywhere.
static void takes_over_where_pivots_were_replaced(void **state) {
  (void)state;
  uint32_t taken_over = 0;
  for (uint64_t seed = 0; seed < 30; seed++) {
    sl_rng rng;
    sl_rng_seed(&rng, seed);
    entries e = {.n = 61};
    for (uint32_t i = 1; i < 61; i++) { // zeros on all of the diagonal, and an odd row
      put_both(&e, i, sl_rng_below(&rng, i), 1 + sl_rng_double(&rng));
      put_both(&e, i, sl_rng_below(&rng, i), sl_rng_double(&rng));
    }
    sl_csr *matrix = matrix_of(&e);
    sl_factor *factor;
    double b[61], x[61];
    fill_random(b, 61);
    assert_ok(sl_factor_create(matrix, SL_FACTOR_AUTO, 0, &factor));
    if (run(factor, 200) == SL_OK) {
      taken_over += facts_of(factor, 2) == SL_FACTOR_LU;
      solve_well(factor, matrix, b, x, 1e-14);
      assert_true(facts_of(factor, 9) == 0);
    }
    sl_factor_destroy(factor);
    sl_csr_destroy(matrix);
  }
  assert_true(taken_over > 0);
}

static void predicts(void **state) {
  (void)state;
  sl_csr *matrix = convection(30, 2);
  sl_factor *estimate, *factor = factorize(matrix, SL_FACTOR_LU);
  assert_ok(sl_factor_create_estimate(matrix, SL_FACTOR_AUTO, 0, &estimate));
  assert_ok(run(estimate, 100));
  assert_true(facts_of(estimate, 2) == SL_FACTOR_LU);
  assert_true(facts_of(estimate, 4) >= facts_of(factor, 4) * 0.8);
  assert_true(facts_of(estimate, 7) > 0.5 * facts_of(factor, 6));
  sl_factor_destroy(estimate);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

static void comes_back_from_a_file(void **state) {
  (void)state;
  sl_csr *matrix = convection(12, 3);
  sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO), *again;
  sl_writer *writer;
  sl_reader *reader;
  double b[144], x[144], y[144];
  fill_random(b, 144);
  assert_ok(sl_factor_save(factor, &writer));
  file f = write_file(writer, 777);
  assert_ok(read_file(SL_FILE_FACTOR, f.bytes, f.length, &reader));
  assert_ok(sl_factor_load(reader, &again));
  sl_reader_destroy(reader);
  assert_ok(run(again, 10));
  solve_well(factor, matrix, b, x, 1e-15);
  solve_well(again, matrix, b, y, 1e-15);
  assert_memory_equal(x, y, sizeof x);
  free(f.bytes);
  sl_factor_destroy(factor);
  sl_factor_destroy(again);
  sl_csr_destroy(matrix);
}

// Terms of an equation may sum up to more than the largest number: its error is seen all the same. Factors
// that are a little wrong come from a file.
static void sees_errors_of_the_largest_terms(void **state) {
  (void)state;
  const double pivot = 1.2531, wrong = pivot * (1 + 0x1p-10);
  entries e = {.n = 4};
  // u + v, u + v + 2^-1023 w and v + w: w is near the largest number, and so are the others.
  for (uint32_t j = 0; j < 2; j++) {
    put(&e, 0, j, 1);
    put(&e, 1, j, 1);
    put(&e, 2, j + 1, 1);
  }
  put(&e, 1, 2, 0x1p-1023);
  put(&e, 3, 0, 0.5);
  put(&e, 3, 2, 0.25);
  put(&e, 3, 3, pivot);
  sl_csr *matrix = matrix_of(&e);
  sl_factor *factor = factorize(matrix, SL_FACTOR_LU), *off;
  sl_writer *writer;
  sl_reader *reader;
  assert_ok(sl_factor_save(factor, &writer));
  file f = write_file(writer, 1000);
  uint64_t at = f.length - sizeof pivot; // the last one: those of the matrix come first
  while (at > 0 && memcmp(f.bytes + at, &pivot, sizeof pivot) != 0) at--;
  assert_true(at > 0);
  memcpy(f.bytes + at, &wrong, sizeof wrong);
  mend_file(f.bytes, f.length);
  assert_ok(read_file(SL_FILE_FACTOR, f.bytes, f.length, &reader));
  assert_ok(sl_factor_load(reader, &off));
  sl_reader_destroy(reader);
  assert_ok(run(off, 10));
  const double b[] = {0, 1.89, 0, 0};
  double x[4], out[4];
  assert_ok(sl_factor_begin_solve(off, b, 1, false, 0, 0));
  assert_ok(run(off, 10));
  assert_ok(sl_factor_read_solve(off, x, out, NULL));
  // Of the last equation; halves of its terms have a sum.
  double residual = 0.25 * x[0] + 0.125 * x[2] + pivot / 2 * x[3];
  double terms = 0.25 * fabs(x[0]) + 0.125 * fabs(x[2]) + pivot / 2 * fabs(x[3]);
  double error = fabs(residual) / terms;
  assert_true(terms > 0x1p1023 && terms < INFINITY && error > 0x1p-12);
  assert_true(out[1] >= error * (1 - 0x1p-40) && out[1] < 4 * error);
  free(f.bytes);
  sl_factor_destroy(factor);
  sl_factor_destroy(off);
  sl_csr_destroy(matrix);
}

static void gives_everything_back_without_memory(void **state) {
  (void)state;
  sl_csr *matrix = convection(12, 3);
  const sl_matrix_class *facts;
  assert_ok(sl_csr_classify(matrix, &facts));
  size_t before = sl_bytes_in_use();
  double b[144] = {1}, x[144], out[4];
  for (size_t limit = before; limit < before + 120000; limit += 900) {
    sl_set_memory_limit(limit);
    sl_factor *factor;
    sl_status status = sl_factor_create(matrix, 0, 0, &factor);
    if (status == SL_OK) {
      status = run(factor, 1000);
      if (status == SL_OK) status = sl_factor_begin_solve(factor, b, 1, true, 5, 0);
      if (status == SL_OK) status = run(factor, 100);
      if (status == SL_OK) assert_ok(sl_factor_read_solve(factor, x, out, NULL));
      sl_factor_destroy(factor);
    }
    if (status != SL_OK) assert_int_equal(status, SL_ERR_MEMORY);
    assert_int_equal(sl_bytes_in_use(), before);
  }
  sl_set_memory_limit(SIZE_MAX);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(solves_both_ways),
      property(knows_condition_and_determinant_of_bidiagonals),
      property(proves_errors_of_dominant_matrices),
      property(knows_what_other_values_prove),
      property(takes_other_values_and_other_pivots),
      property(takes_large_matrices_in_any_steps),
      property(judges_answers_without_corrections),
      property(residuals_of_rows_are_as_precise_as_they_say),
      property(sees_what_makes_a_matrix_unsymmetric),
      property(names_rows_of_singular_matrices),
      property(takes_over_where_pivots_were_replaced),
      property(predicts),
      property(comes_back_from_a_file),
      property(sees_errors_of_the_largest_terms),
      property(gives_everything_back_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
