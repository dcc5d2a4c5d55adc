// Linear systems with dense matrices: closed forms, random matrices over the whole range of numbers, steps
// of any size, misuse.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "linalg/linalg.h"

static sl_rng rng;

static double uniform(void) { return 2 * sl_rng_double(&rng) - 1; }

static sl_status run(sl_decomposition *d, uint64_t work) {
  sl_outcome outcome;
  do SL_TRY(sl_job_step(sl_decomposition_job(d), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_decomposition *decompose(const double *a, uint32_t n, uint32_t kind, uint64_t work) {
  sl_decomposition *d;
  assert_ok(sl_decomposition_create(a, (size_t)n * n, n, n, kind, &d));
  assert_ok(run(d, work));
  return d;
}

static double *numbers(size_t count) { return calloc(count + 1, sizeof(double)); }

static void solve(sl_decomposition *d, const double *b, uint32_t n, uint32_t columns, bool turned,
                  double *x, double *facts) {
  assert_ok(sl_decomposition_begin_solve(d, b, (size_t)n * columns, columns, turned, 10, 0x1p-52));
  assert_ok(run(d, 12345));
  assert_ok(sl_decomposition_read_solve(d, x, (size_t)n * columns, facts));
}

// |A x - b| <= eps n (|A| |x| + |b|), element by element, in long double.
static double componentwise(const double *a, const double *x, const double *b, uint32_t n,
                            uint32_t columns, bool turned) {
  long double worst = 0;
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t c = 0; c < columns; c++) {
      long double r = b[i * columns + c], size = fabsl(r);
      for (uint32_t j = 0; j < n; j++) {
        const long double part =
            (long double)(turned ? a[(size_t)j * n + i] : a[(size_t)i * n + j]) *
            x[(size_t)j * columns + c];
        r -= part;
        size += fabsl(part);
      }
      if (r != 0 && !(fabsl(r) / size <= worst)) worst = fabsl(r) / size;
    }
  return (double)worst;
}

static void hilbert_determinants(void **state) {
  (void)state;
  // det H_n = c_n^4 / c_2n, c_n = 1! 2! ... (n - 1)!; H_n is rounded, so small n only.
  double logarithm = 0, factorials[25] = {0};
  for (int i = 1; i < 25; i++) factorials[i] = factorials[i - 1] + log(i);
  for (uint32_t n = 1; n <= 6; n++) {
    double a[36];
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t j = 0; j < n; j++) a[i * n + j] = 1.0 / (i + j + 1);
    logarithm = 0;
    for (uint32_t i = 1; i < n; i++) logarithm += 4 * factorials[i];
    for (uint32_t i = 1; i < 2 * n; i++) logarithm -= factorials[i];
    for (uint32_t kind = 0; kind < 2; kind++) {
      sl_decomposition *d = decompose(a, n, kind, 1);
      sl_decomposition_facts facts;
      assert_ok(sl_decomposition_facts_read(d, &facts));
      assert_true(facts.sign == 1);
      assert_true(fabs(facts.log_determinant - logarithm) < 1e-9);
      assert_true(fabs(facts.determinant / exp(logarithm) - 1) < 1e-9);
      sl_decomposition_destroy(d);
    }
  }
}

// The second differences: det = n + 1, inverse min(i, j) (n + 1 - max(i, j)) / (n + 1).
static void toeplitz_inverse(void **state) {
  (void)state;
  const uint32_t n = 150;
  double *a = numbers(n * n), *inverse = numbers(n * n);
  for (uint32_t i = 0; i < n; i++) {
    a[i * n + i] = 2;
    if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
  }
  for (uint32_t kind = 0; kind < 2; kind++) {
    sl_decomposition *d = decompose(a, n, kind, 1000);
    sl_decomposition_facts facts;
    assert_ok(sl_decomposition_facts_read(d, &facts));
    assert_true(fabs(facts.determinant - (n + 1)) < 1e-10 * n);
    assert_ok(sl_decomposition_begin_inverse(d));
    assert_ok(run(d, 777));
    assert_ok(sl_decomposition_read_inverse(d, inverse, n * n));
    double norm = 0;
    for (uint32_t i = 0; i < n; i++) {
      double sum = 0;
      for (uint32_t j = 0; j < n; j++) {
        const uint32_t low = i < j ? i : j, high = i < j ? j : i;
        const double wanted = (low + 1.0) * (n - high) / (n + 1.0);
        assert_true(fabs(inverse[i * n + j] - wanted) < 1e-10);
        sum += wanted;
      }
      norm = fmax(norm, sum);
    }
    double condition;
    assert_ok(sl_decomposition_begin_condition(d));
    assert_ok(run(d, 1));
    assert_ok(sl_decomposition_read_condition(d, &condition));
    assert_true(fabs(condition / (4 * norm) - 1) < 1e-10);
    sl_decomposition_destroy(d);
  }
  free(a);
  free(inverse);
}

// P A = L U and A = L L^T, element by element.
static void parts_give_the_matrix(void **state) {
  (void)state;
  const uint32_t sizes[] = {1, 2, 3, 4, 7, 8, 9, 16, 31, 63, 64, 65, 100, 129, 200};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    const uint32_t n = sizes[s];
    const size_t all = (size_t)n * n;
    double *a = numbers(all), *l = numbers(all), *u = numbers(all), *p = numbers(n);
    for (uint32_t kind = 0; kind < 2; kind++) {
      for (size_t i = 0; i < all; i++) a[i] = uniform();
      for (uint32_t i = 0; kind == 1 && i < n; i++) {
        for (uint32_t j = 0; j < i; j++) a[(size_t)i * n + j] = a[(size_t)j * n + i];
        a[(size_t)i * n + i] += n;
      }
      sl_decomposition *d = decompose(a, n, kind, 5000);
      assert_ok(sl_decomposition_read(d, SL_PART_LOWER, l, all));
      assert_ok(sl_decomposition_read(d, SL_PART_UPPER, u, all));
      for (uint32_t i = 0; i < n; i++) p[i] = i;
      if (kind == 0) assert_ok(sl_decomposition_read(d, SL_PART_PERMUTATION, p, n));
      for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
          double sum = 0, size = 0;
          for (uint32_t k = 0; k < n; k++) {
            sum += l[(size_t)i * n + k] * u[(size_t)k * n + j];
            size += fabs(l[(size_t)i * n + k] * u[(size_t)k * n + j]);
          }
          // N. J. Higham 2002, theorem 9.3, and the rounding of this sum.
          assert_true(fabs(sum - a[(size_t)p[i] * n + j]) <= 2 * n * 0x1p-52 * size);
          if (kind == 0) assert_true(fabs(l[(size_t)i * n + j]) <= 1);
        }
      sl_decomposition_destroy(d);
    }
    free(a), free(l), free(u), free(p);
  }
}

// Rows and columns of any size: what is returned solves a system that differs by a rounding unit.
static void random_systems_over_the_range(void **state) {
  (void)state;
  uint32_t answered = 0;
  for (int trial = 0; trial < SL_TRIES(1000); trial++) {
    const uint32_t n = 1 + (uint32_t)(sl_rng_double(&rng) * 24), columns = 1 + trial % 3;
    const int span = trial % 4 == 0 ? 0 : trial % 4 == 1 ? 60 : trial % 4 == 2 ? 400 : 1000;
    double a[24 * 24], b[72], x[72], facts[9];
    int rows[24], cols[24];
    for (uint32_t i = 0; i < n; i++) {
      rows[i] = (int)(uniform() * span * 0.49);
      cols[i] = (int)(uniform() * span * 0.49);
    }
    const bool definite = trial % 5 == 0;
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t j = 0; j < n; j++)
        if (!definite || j <= i)
          a[i * n + j] = ldexp(uniform() + (definite && i == j ? n : 0),
                               definite ? rows[i] + rows[j] : rows[i] + cols[j]);
    for (uint32_t i = 0; definite && i < n; i++)
      for (uint32_t j = i + 1; j < n; j++) a[i * n + j] = a[j * n + i];
    for (uint32_t i = 0; i < n * columns; i++) b[i] = ldexp(uniform(), rows[i / columns]);
    sl_decomposition *d = decompose(a, n, definite, 1 + trial);
    for (int turned = 0; turned < 2; turned++) {
      solve(d, b, n, columns, turned, x, facts);
      bool finite = true;
      // What is next to the smallest numbers has lost bits.
      for (uint32_t i = 0; i < n * columns; i++)
        finite = finite && fabs(x[i]) < INFINITY && (x[i] == 0 || fabs(x[i]) > 0x1p-1000);
      for (uint32_t c = 0; c < columns; c++) assert_true(facts[3 * c] < 1e-15 * n);
      if (!finite || span > 400) continue;
      answered++;
      assert_true(componentwise(a, x, b, n, columns, turned) < 4e-16 * n);
    }
    sl_decomposition_destroy(d);
  }
  assert_true(answered > SL_TRIES(1000));
}

static void huge_and_tiny(void **state) {
  (void)state;
  double x[2], facts[3];
  const double a[4] = {1e300, 0, 0, 1e-300}, b[2] = {2e300, 3e-300};
  for (uint32_t kind = 0; kind < 2; kind++) {
    sl_decomposition *d = decompose(a, 2, kind, 1);
    solve(d, b, 2, 1, false, x, facts);
    assert_true(fabs(x[0] - 2) < 1e-15 && fabs(x[1] - 3) < 1e-15);
    sl_decomposition_facts known;
    assert_ok(sl_decomposition_facts_read(d, &known));
    assert_true(fabs(known.determinant - 1) < 1e-14 && known.scaled == (kind == 0));
    double part[4];
    if (kind == 0)
      assert_refused(sl_decomposition_read(d, SL_PART_LOWER, part, 4), SL_ERR_UNSUPPORTED, "part");
    sl_decomposition_destroy(d);
  }
  const double big[4] = {1.5e308, 1.5e308, -1.5e308, 1.5e308}, side[2] = {1.5e308, 1.5e308};
  sl_decomposition *d = decompose(big, 2, SL_DECOMPOSITION_LU, 1);
  solve(d, side, 2, 1, false, x, facts);
  assert_true(fabs(x[0]) < 1e-15 && fabs(x[1] - 1) < 1e-15);
  sl_decomposition_destroy(d);
}

static void singular_matrices(void **state) {
  (void)state;
  const double zero[9] = {0}, twice[9] = {1, 2, 3, 4, 5, 6, 1, 2, 3};
  const double *all[] = {zero, twice};
  const double b[3] = {1, 1, 1};
  for (int i = 0; i < 2; i++) {
    sl_decomposition *d = decompose(all[i], 3, SL_DECOMPOSITION_LU, 1);
    sl_decomposition_facts facts;
    assert_ok(sl_decomposition_facts_read(d, &facts));
    assert_true(facts.pivot == (i == 0 ? 0 : 2) && facts.sign == 0 && facts.determinant == 0);
    assert_true(facts.log_determinant == -INFINITY);
    assert_refused(sl_decomposition_begin_solve(d, b, 3, 1, false, 0, 0), SL_ERR_SINGULAR,
                   "matrix");
    assert_int_equal(sl_last_error()->position, i == 0 ? 0 : 2);
    assert_refused(sl_decomposition_begin_inverse(d), SL_ERR_SINGULAR, "matrix");
    double condition;
    assert_ok(sl_decomposition_begin_condition(d));
    assert_ok(run(d, 1));
    assert_ok(sl_decomposition_read_condition(d, &condition));
    assert_true(condition == INFINITY);
    sl_decomposition_destroy(d);
  }
  // The pivot that is not positive is told.
  for (uint32_t n = 2; n < 150; n += 37) {
    double *a = numbers((size_t)n * n);
    for (uint32_t i = 0; i < n; i++) a[(size_t)i * n + i] = 2;
    a[1] = a[n] = 2.5;
    sl_decomposition *d;
    assert_ok(sl_decomposition_create(a, (size_t)n * n, n, n, SL_DECOMPOSITION_CHOLESKY, &d));
    assert_refused(run(d, 1), SL_ERR_NOT_DEFINITE, "matrix");
    assert_int_equal(sl_last_error()->position, 1);
    sl_decomposition_destroy(d);
    a[1] = a[n] = 0, a[(size_t)n * n - 1] = -1;
    assert_ok(sl_decomposition_create(a, (size_t)n * n, n, n, SL_DECOMPOSITION_CHOLESKY, &d));
    assert_refused(run(d, 1), SL_ERR_NOT_DEFINITE, "matrix");
    assert_int_equal(sl_last_error()->position, n - 1);
    assert_refused(sl_decomposition_begin_inverse(d), SL_ERR_STATE, "decomposition");
    sl_decomposition_destroy(d);
    free(a);
  }
}

static void nothing_at_all(void **state) {
  (void)state;
  double none[1] = {7}, facts[3];
  for (uint32_t kind = 0; kind < 2; kind++) {
    sl_decomposition *d = decompose(none, 0, kind, 1);
    sl_decomposition_facts known;
    assert_ok(sl_decomposition_facts_read(d, &known));
    assert_true(known.determinant == 1 && known.sign == 1 && known.log_determinant == 0);
    assert_ok(sl_decomposition_read(d, SL_PART_LOWER, none, 0));
    solve(d, none, 0, 1, false, none, facts);
    assert_ok(sl_decomposition_begin_inverse(d));
    assert_ok(run(d, 1));
    sl_decomposition_destroy(d);
    const double one = 4;
    d = decompose(&one, 1, kind, 1);
    solve(d, none, 1, 0, false, none, facts);
    assert_true(none[0] == 7);
    sl_decomposition_destroy(d);
  }
}

static void the_same_bits_in_any_steps(void **state) {
  (void)state;
  const uint32_t n = 170;
  const size_t all = (size_t)n * n;
  double *a = numbers(all), *b = numbers(3 * n), *x = numbers(3 * n), *y = numbers(3 * n);
  double *l = numbers(all), *m = numbers(all), facts[9];
  for (size_t i = 0; i < all; i++) a[i] = uniform();
  for (size_t i = 0; i < 3 * n; i++) b[i] = uniform();
  sl_decomposition *whole = decompose(a, n, 0, UINT64_MAX), *steps = decompose(a, n, 0, 1);
  assert_ok(sl_decomposition_read(whole, SL_PART_UPPER, l, all));
  assert_ok(sl_decomposition_read(steps, SL_PART_UPPER, m, all));
  assert_memory_equal(l, m, all * sizeof *l);
  solve(whole, b, n, 3, true, x, facts);
  solve(steps, b, n, 3, true, y, facts);
  assert_memory_equal(x, y, 3 * n * sizeof *x);
  // More memory than was said is never held.
  assert_true((double)sl_decomposition_bytes(whole) <=
              sl_decomposition_estimate(n, n, 0) + 16.0 * (n + 8) * 3 + 32.0 * (n + 8) + 100);
  sl_decomposition_destroy(whole);
  sl_decomposition_destroy(steps);
  free(a), free(b), free(x), free(y), free(l), free(m);
}

static void stopped_and_refused(void **state) {
  (void)state;
  double a[9] = {2, 1, 0, 1, 2, 1, 0, 1, 2}, b[3] = {1, 2, 3}, x[9], facts[3];
  sl_decomposition *d;
  sl_outcome outcome;
  assert_ok(sl_decomposition_create(a, 9, 3, 3, 0, &d));
  assert_refused(sl_decomposition_begin_solve(d, b, 3, 1, false, 0, 0), SL_ERR_STATE,
                 "decomposition");
  assert_ok(sl_job_stop(sl_decomposition_job(d), SL_OUTCOME_TIME_LIMIT));
  assert_ok(sl_job_step(sl_decomposition_job(d), 1, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_TIME_LIMIT);
  sl_decomposition_facts known;
  assert_refused(sl_decomposition_facts_read(d, &known), SL_ERR_STATE, "decomposition");
  sl_decomposition_destroy(d);
  d = decompose(a, 3, 0, 1);
  assert_refused(sl_decomposition_read_solve(d, x, 3, facts), SL_ERR_STATE, "decomposition");
  assert_refused(sl_decomposition_begin_solve(d, b, 2, 1, false, 0, 0), SL_ERR_SHAPE, "b");
  assert_refused(sl_decomposition_begin_solve(d, b, 3, 1, false, 101, 0), SL_ERR_OPTION,
                 "refinements");
  assert_refused(sl_decomposition_begin_solve(d, b, 3, 1, false, 0, NAN), SL_ERR_OPTION,
                 "tolerance");
  b[1] = INFINITY;
  assert_refused(sl_decomposition_begin_solve(d, b, 3, 1, false, 0, 0), SL_ERR_NOT_FINITE, "b");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_decomposition_read(d, 3, x, 9), SL_ERR_OPTION, "part");
  assert_refused(sl_decomposition_read(d, 0, x, 8), SL_ERR_SHAPE, "out");
  assert_refused(sl_decomposition_read_inverse(d, x, 9), SL_ERR_STATE, "decomposition");
  assert_refused(sl_decomposition_read_condition(d, x), SL_ERR_STATE, "decomposition");
  sl_set_memory_limit(sl_bytes_in_use() + 8);
  assert_int_equal(sl_decomposition_begin_inverse(d), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(sl_decomposition_begin_inverse(d));
  // Other work that cannot begin ends the work that is under way.
  assert_ok(sl_decomposition_begin_condition(d));
  sl_set_memory_limit(0);
  assert_int_equal(sl_decomposition_begin_inverse(d), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_int_equal(sl_job_step(sl_decomposition_job(d), 1, &outcome), SL_ERR_STATE);
  assert_refused(sl_decomposition_read_condition(d, x), SL_ERR_STATE, "decomposition");
  sl_decomposition_destroy(d);
  sl_decomposition_destroy(NULL);
  assert_refused(sl_decomposition_create(a, 9, 3, 3, 9, &d), SL_ERR_OPTION, "kind");
  assert_refused(sl_decomposition_create(a, 8, 3, 3, 0, &d), SL_ERR_SHAPE, "matrix");
  assert_refused(sl_decomposition_create(a, 6, 2, 3, 0, &d), SL_ERR_NOT_SQUARE, "matrix");
  a[5] = 3;
  assert_refused(sl_decomposition_create(a, 9, 3, 3, 1, &d), SL_ERR_NOT_SYMMETRIC, "matrix");
  assert_int_equal(sl_last_error()->position, 2);
  a[7] = NAN;
  assert_refused(sl_decomposition_create(a, 9, 3, 3, 0, &d), SL_ERR_NOT_FINITE, "matrix");
  assert_int_equal(sl_last_error()->position, 7);
  sl_set_memory_limit(sl_bytes_in_use() + 1000);
  a[7] = 3;
  assert_int_equal(sl_decomposition_create(a, 9, 3, 3, 0, &d), SL_ERR_MEMORY);
}

int main(void) {
  sl_rng_seed(&rng, 20);
  const struct CMUnitTest tests[] = {
      property(hilbert_determinants),  property(toeplitz_inverse),
      property(parts_give_the_matrix), property(random_systems_over_the_range),
      property(huge_and_tiny),         property(singular_matrices),
      property(nothing_at_all),        property(the_same_bits_in_any_steps),
      property(stopped_and_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
