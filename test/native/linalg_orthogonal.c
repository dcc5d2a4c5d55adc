// QR, eigenpairs and singular values of dense matrices: closed forms, orthogonality and residuals of random
// matrices of any shape and size of entries, steps of any size, misuse.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "linalg/orthogonal.h"

static sl_rng rng;

static double uniform(void) { return 2 * sl_rng_double(&rng) - 1; }

static void run(sl_orthogonal *o, uint64_t work) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_orthogonal_job(o), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
}

static sl_orthogonal *decompose(const double *a, uint32_t m, uint32_t n, uint32_t kind,
                                uint32_t option, uint64_t work) {
  sl_orthogonal *o;
  assert_ok(sl_orthogonal_create(a, (size_t)m * n, m, n, kind, option, &o));
  run(o, work);
  assert_true((double)sl_orthogonal_bytes(o) <= sl_orthogonal_estimate(m, n, kind, option));
  return o;
}

static double *numbers(size_t count) { return calloc(count + 1, sizeof(double)); }

static double *part(sl_orthogonal *o, uint32_t which, size_t count) {
  double *out = numbers(count);
  assert_ok(sl_orthogonal_read(o, which, out, count));
  return out;
}

// |Q^T Q - I| in its largest element.
static double unorthogonal(const double *q, uint32_t rows, uint32_t columns) {
  double worst = 0;
  for (uint32_t i = 0; i < columns; i++)
    for (uint32_t j = 0; j <= i; j++) {
      double sum = i == j ? -1 : 0;
      for (uint32_t r = 0; r < rows; r++)
        sum += q[(size_t)r * columns + i] * q[(size_t)r * columns + j];
      worst = fmax(worst, fabs(sum));
    }
  return worst;
}

// The largest element of left diag(values) right^T - a, over the largest of a. right: n x k.
static double off_product(const double *a, const double *left, const double *values,
                          const double *right, uint32_t m, uint32_t n, uint32_t k) {
  double worst = 0, size = 0x1p-1074;
  for (uint32_t i = 0; i < m; i++)
    for (uint32_t j = 0; j < n; j++) {
      double sum = -a[(size_t)i * n + j];
      for (uint32_t p = 0; p < k; p++)
        sum += left[(size_t)i * k + p] * values[p] * right[(size_t)j * k + p];
      worst = fmax(worst, fabs(sum));
      size = fmax(size, fabs(a[(size_t)i * n + j]));
    }
  return worst / size;
}

// Eigenvalues of the second differences are 2 - 2 cos(pi k / (n + 1)).
static void toeplitz_values(void **state) {
  (void)state;
  const uint32_t n = 90;
  double *a = numbers(n * n);
  for (uint32_t i = 0; i < n; i++) {
    a[i * n + i] = 2;
    if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
  }
  for (uint32_t option = 0; option < 2; option++) {
    sl_orthogonal *eigen = decompose(a, n, n, SL_ORTHOGONAL_EIGEN, option, 1000);
    sl_orthogonal *svd = decompose(a, n, n, SL_ORTHOGONAL_SVD, option, 1000);
    double *values = part(eigen, SL_ORTHOGONAL_VALUES, n);
    double *singular = part(svd, SL_ORTHOGONAL_VALUES, n);
    for (uint32_t k = 0; k < n; k++) {
      const double s = sin(3.14159265358979323846 * (k + 1) / (2 * (n + 1)));
      assert_true(fabs(values[k] - 4 * s * s) < 1e-14 * n);
      assert_true(fabs(singular[n - 1 - k] - 4 * s * s) < 1e-14 * n);
    }
    free(values), free(singular);
    sl_orthogonal_destroy(eigen);
    sl_orthogonal_destroy(svd);
  }
  free(a);
}

static void eigenpairs(void **state) {
  (void)state;
  for (int trial = 0; trial < SL_TRIES(150); trial++) {
    const uint32_t n = trial < 60 ? 1 + trial % 12 : 1 + (uint32_t)(sl_rng_double(&rng) * 80);
    double *a = numbers((size_t)n * n), scale = ldexp(1, (int)(uniform() * 1000));
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t j = 0; j <= i; j++) {
        double x = uniform();
        if (trial % 3 == 1) x = floor(2 * x);             // many values alike
        if (trial % 3 == 2) x *= pow(10, -0.4 * (i + j)); // graded
        a[(size_t)i * n + j] = a[(size_t)j * n + i] = x * scale;
      }
    sl_orthogonal *o = decompose(a, n, n, SL_ORTHOGONAL_EIGEN, 1, 1 + trial * 100);
    double *values = part(o, SL_ORTHOGONAL_VALUES, n);
    double *x = part(o, SL_ORTHOGONAL_LEFT, (size_t)n * n);
    double *residuals = part(o, SL_ORTHOGONAL_RESIDUALS, n);
    assert_true(unorthogonal(x, n, n) < 1e-15 * (n + 9));
    double norm = 0, trace = 0;
    for (size_t i = 0; i < (size_t)n * n; i++) norm = fmax(norm, fabs(a[i]) / scale);
    for (uint32_t k = 0; k < n; k++) {
      assert_true(k == 0 || values[k - 1] <= values[k]);
      long double sum = 0;
      for (uint32_t i = 0; i < n; i++) {
        long double r = -(long double)values[k] * x[(size_t)i * n + k];
        for (uint32_t j = 0; j < n; j++)
          r += (long double)a[(size_t)i * n + j] * x[(size_t)j * n + k];
        sum += r / scale * (r / scale);
      }
      // The bound holds, and is no worse than rounding explains.
      assert_true(sqrtl(sum) <= residuals[k] / scale);
      assert_true(residuals[k] / scale <= 1e-13 * (n + 9) * norm);
      trace += values[k] / scale - a[(size_t)k * n + k] / scale;
    }
    assert_true(fabs(trace) <= 1e-14 * n * (norm + 1e-300));
    sl_orthogonal *plain = decompose(a, n, n, SL_ORTHOGONAL_EIGEN, 0, UINT64_MAX);
    double *same = part(plain, SL_ORTHOGONAL_VALUES, n);
    assert_memory_equal(values, same, n * sizeof *same);
    sl_orthogonal_destroy(plain);
    sl_orthogonal_destroy(o);
    free(a), free(values), free(x), free(residuals), free(same);
  }
}

static void fill(double *a, uint32_t m, uint32_t n, int form, double scale) {
  const size_t all = (size_t)m * n;
  for (size_t i = 0; i < all; i++) a[i] = uniform() * scale;
  if (form == 1 && m > 1) // rows twice
    memcpy(a + (m - 1) * (size_t)n, a, n * sizeof *a);
  if (form == 2)
    for (size_t i = 0; i < all; i++) a[i] *= pow(10, -0.5 * (i / n + i % n)); // graded
  if (form == 3) memset(a, 0, all * sizeof *a);
  if (form == 4) // of rank one
    for (size_t i = 0; i < all; i++) a[i] = (1.0 + i / n) * (2.0 + i % n) * scale;
}

static void singular_values(void **state) {
  (void)state;
  for (int trial = 0; trial < SL_TRIES(200); trial++) {
    const uint32_t m = 1 + (uint32_t)(sl_rng_double(&rng) * 40),
                   n = 1 + (uint32_t)(sl_rng_double(&rng) * 40), k = m < n ? m : n;
    const double scale = ldexp(1, (int)(uniform() * 900));
    double *a = numbers((size_t)m * n);
    fill(a, m, n, trial % 5, scale);
    sl_orthogonal *o = decompose(a, m, n, SL_ORTHOGONAL_SVD, 1, 1 + trial * 10);
    double *values = part(o, SL_ORTHOGONAL_VALUES, k);
    double *left = part(o, SL_ORTHOGONAL_LEFT, (size_t)m * k);
    double *right = part(o, SL_ORTHOGONAL_RIGHT, (size_t)n * k);
    assert_true(unorthogonal(left, m, k) < 2e-15 * (m + n + 9));
    assert_true(unorthogonal(right, n, k) < 2e-15 * (m + n + 9));
    assert_true(off_product(a, left, values, right, m, n, k) < 2e-15 * (m + n + 9));
    for (uint32_t i = 0; i < k; i++)
      assert_true(values[i] >= 0 && (i == 0 || values[i] <= values[i - 1]));
    uint32_t rank;
    assert_ok(sl_orthogonal_rank(o, -1, &rank));
    if (trial % 5 == 0) assert_int_equal(rank, k);
    if (trial % 5 == 3) assert_int_equal(rank, 0);
    if (trial % 5 == 4) assert_int_equal(rank, 1);
    sl_orthogonal *plain = decompose(a, m, n, SL_ORTHOGONAL_SVD, 0, UINT64_MAX);
    double *same = part(plain, SL_ORTHOGONAL_VALUES, k);
    assert_memory_equal(values, same, k * sizeof *same);
    sl_orthogonal_destroy(plain);
    sl_orthogonal_destroy(o);
    free(a), free(values), free(left), free(right), free(same);
  }
}

static void orthogonal_triangular(void **state) {
  (void)state;
  for (int trial = 0; trial < SL_TRIES(150); trial++) {
    const uint32_t most = trial % 10 == 0 ? 120 : 40;
    const uint32_t m = 1 + (uint32_t)(sl_rng_double(&rng) * most),
                   n = 1 + (uint32_t)(sl_rng_double(&rng) * most), k = m < n ? m : n;
    const uint32_t option = trial % 2;
    double *a = numbers((size_t)m * n), scale = ldexp(1, (int)(uniform() * 900));
    fill(a, m, n, trial % 5, scale);
    sl_orthogonal *o = decompose(a, m, n, SL_ORTHOGONAL_QR, option, 1 + trial * 10);
    double *r = part(o, SL_ORTHOGONAL_RIGHT, (size_t)k * n);
    double *order = part(o, SL_ORTHOGONAL_PERMUTATION, n);
    double *diagonal = part(o, SL_ORTHOGONAL_VALUES, k);
    const uint32_t columns[] = {k, m};
    for (int full = 0; full < 2; full++) {
      const uint32_t c = columns[full];
      assert_ok(sl_orthogonal_begin_q(o, c));
      run(o, 1 + trial);
      double *q = part(o, SL_ORTHOGONAL_LEFT, (size_t)m * c);
      assert_true(unorthogonal(q, m, c) < 1e-15 * (m + 9));
      double worst = 0, size = 0x1p-1074;
      for (uint32_t i = 0; i < m; i++)
        for (uint32_t j = 0; j < n; j++) {
          double sum = -a[(size_t)i * n + (uint32_t)order[j]];
          size = fmax(size, fabs(sum));
          for (uint32_t p = 0; p < k; p++) sum += q[(size_t)i * c + p] * r[(size_t)p * n + j];
          worst = fmax(worst, fabs(sum));
        }
      assert_true(worst <= 1e-15 * (m + n + 9) * size);
      free(q);
    }
    for (uint32_t i = 0; i < k; i++) {
      assert_true(diagonal[i] == r[(size_t)i * n + i]);
      for (uint32_t j = 0; j < i; j++) assert_true(r[(size_t)i * n + j] == 0);
      if (option && i > 0) assert_true(fabs(diagonal[i]) <= fabs(diagonal[i - 1]) * (1 + 1e-14));
    }
    sl_orthogonal_destroy(o);
    free(a), free(r), free(order), free(diagonal);
  }
}

// The normal equations, and of all answers the shortest: x lies in the space of the rows.
static void least_squares(void **state) {
  (void)state;
  for (int trial = 0; trial < SL_TRIES(150); trial++) {
    const uint32_t m = 1 + (uint32_t)(sl_rng_double(&rng) * 30),
                   n = 1 + (uint32_t)(sl_rng_double(&rng) * 30), sides = 1 + trial % 3;
    const int form = trial % 5 == 2 ? 0 : trial % 5;
    const double scale = ldexp(1, (int)(uniform() * 400));
    double *a = numbers((size_t)m * n), *b = numbers((size_t)m * sides);
    double *x = numbers((size_t)n * sides), *facts = numbers(sides + 1);
    fill(a, m, n, form, scale);
    for (size_t i = 0; i < (size_t)m * sides; i++) b[i] = uniform() * scale;
    sl_orthogonal *o = decompose(a, m, n, SL_ORTHOGONAL_QR, 1, 100);
    assert_ok(sl_orthogonal_begin_solve(o, b, (size_t)m * sides, sides, -1));
    run(o, 1 + trial * 7);
    assert_ok(sl_orthogonal_read_solve(o, x, (size_t)n * sides, facts));
    const uint32_t k = m < n ? m : n, rank = (uint32_t)facts[0];
    if (form == 0) assert_int_equal(rank, k);
    if (form == 1) assert_int_equal(rank, m > 1 && k == m ? k - 1 : k);
    if (form == 3) assert_int_equal(rank, 0);
    if (form == 4) assert_int_equal(rank, 1);
    // The pseudoinverse, by the singular values.
    sl_orthogonal *svd = decompose(a, m, n, SL_ORTHOGONAL_SVD, 1, 1000000);
    double *values = part(svd, SL_ORTHOGONAL_VALUES, k);
    double *left = part(svd, SL_ORTHOGONAL_LEFT, (size_t)m * k);
    double *right = part(svd, SL_ORTHOGONAL_RIGHT, (size_t)n * k);
    const double condition = rank > 0 ? values[0] / values[rank - 1] : 1;
    for (uint32_t c = 0; c < sides; c++) {
      double length = 0, r2 = 0, worst = 0;
      for (uint32_t j = 0; j < n; j++) {
        double wanted = 0;
        for (uint32_t p = 0; p < rank; p++) {
          double along = 0;
          for (uint32_t i = 0; i < m; i++) along += left[(size_t)i * k + p] * b[i * sides + c];
          wanted += right[(size_t)j * k + p] * (along / values[p]);
        }
        worst = fmax(worst, fabs(wanted - x[j * sides + c]));
        length = fmax(length, fabs(wanted));
      }
      for (uint32_t i = 0; i < m; i++) {
        double r = b[i * sides + c] / scale;
        for (uint32_t j = 0; j < n; j++) r -= a[(size_t)i * n + j] / scale * x[j * sides + c];
        r2 += r * r;
      }
      assert_true(worst <= 1e-13 * condition * condition * (length + 1));
      assert_true(fabs(sqrt(r2) - facts[1 + c] / scale) < 1e-13 * condition * (length + 1));
    }
    sl_orthogonal_destroy(svd);
    sl_orthogonal_destroy(o);
    free(a), free(b), free(x), free(facts), free(values), free(left), free(right);
  }
}

// Entries far apart: what is small beside the largest is lost by no overflow, and QR scales its columns.
static void far_apart(void **state) {
  (void)state;
  const double a[4] = {1e300, 0, 0, 1e-300};
  sl_orthogonal *qr = decompose(a, 2, 2, SL_ORTHOGONAL_QR, 0, 1);
  double *diagonal = part(qr, SL_ORTHOGONAL_VALUES, 2);
  assert_true(fabs(fabs(diagonal[0]) / 1e300 - 1) < 1e-15);
  assert_true(fabs(fabs(diagonal[1]) / 1e-300 - 1) < 1e-15);
  const double b[4] = {1.5e308, 1.5e308, 1.5e308, -1.5e308};
  sl_orthogonal *eigen = decompose(b, 2, 2, SL_ORTHOGONAL_EIGEN, 1, 1);
  double *values = part(eigen, SL_ORTHOGONAL_VALUES, 2);
  assert_true(values[0] == -INFINITY && values[1] == INFINITY); // 2.1e308
  const double c[4] = {1e-310, 2e-310, 3e-310, 4e-310};
  sl_orthogonal *svd = decompose(c, 2, 2, SL_ORTHOGONAL_SVD, 1, 1);
  double *singular = part(svd, SL_ORTHOGONAL_VALUES, 2);
  assert_true(fabs(singular[0] / 5.4649857042190426e-310 - 1) < 1e-12);
  sl_orthogonal_destroy(qr), sl_orthogonal_destroy(eigen), sl_orthogonal_destroy(svd);
  free(diagonal), free(values), free(singular);
}

static void empty_stopped_and_refused(void **state) {
  (void)state;
  double a[6] = {1, 2, 3, 4, 5, 6}, x[9], facts[4];
  const uint32_t shapes[3][2] = {{0, 0}, {0, 3}, {3, 0}};
  sl_orthogonal *o;
  for (uint32_t kind = 0; kind < 3; kind++)
    for (int s = 0; s < 3; s++) {
      if (kind == SL_ORTHOGONAL_EIGEN && s > 0) continue;
      for (uint32_t option = 0; option < 2; option++) {
        o = decompose(a, shapes[s][0], shapes[s][1], kind, option, 1);
        assert_ok(sl_orthogonal_read(o, SL_ORTHOGONAL_VALUES, x, 0));
        if (kind == SL_ORTHOGONAL_QR && option) {
          assert_ok(sl_orthogonal_begin_solve(o, a, shapes[s][0], 1, -1));
          run(o, 1);
          assert_ok(sl_orthogonal_read_solve(o, x, shapes[s][1], facts));
          assert_true(facts[0] == 0);
        }
        sl_orthogonal_destroy(o);
      }
    }
  assert_ok(sl_orthogonal_create(a, 6, 2, 3, SL_ORTHOGONAL_QR, 1, &o));
  assert_refused(sl_orthogonal_begin_q(o, 2), SL_ERR_STATE, "decomposition");
  assert_ok(sl_job_stop(sl_orthogonal_job(o), SL_OUTCOME_WORK_LIMIT));
  assert_refused(sl_orthogonal_read(o, 0, x, 2), SL_ERR_STATE, "decomposition");
  sl_orthogonal_destroy(o);
  o = decompose(a, 2, 3, SL_ORTHOGONAL_QR, 1, 1);
  assert_refused(sl_orthogonal_read(o, SL_ORTHOGONAL_LEFT, x, 4), SL_ERR_STATE, "decomposition");
  assert_refused(sl_orthogonal_read(o, SL_ORTHOGONAL_RESIDUALS, x, 2), SL_ERR_OPTION, "part");
  assert_refused(sl_orthogonal_read(o, SL_ORTHOGONAL_RIGHT, x, 5), SL_ERR_SHAPE, "out");
  assert_refused(sl_orthogonal_begin_q(o, 3), SL_ERR_OPTION, "columns");
  assert_refused(sl_orthogonal_begin_solve(o, a, 3, 1, -1), SL_ERR_SHAPE, "b");
  assert_refused(sl_orthogonal_begin_solve(o, a, 2, 1, NAN), SL_ERR_OPTION, "tolerance");
  assert_refused(sl_orthogonal_read_solve(o, x, 3, facts), SL_ERR_STATE, "decomposition");
  x[0] = 1, x[1] = NAN;
  assert_refused(sl_orthogonal_begin_solve(o, x, 2, 1, -1), SL_ERR_NOT_FINITE, "b");
  sl_set_memory_limit(sl_bytes_in_use() + 8);
  assert_int_equal(sl_orthogonal_begin_solve(o, a, 2, 1, -1), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  // Other work that cannot begin ends the work that is under way.
  sl_outcome outcome;
  assert_ok(sl_orthogonal_begin_solve(o, a, 2, 1, -1));
  sl_set_memory_limit(0);
  assert_int_equal(sl_orthogonal_begin_q(o, 2), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_int_equal(sl_job_step(sl_orthogonal_job(o), 1, &outcome), SL_ERR_STATE);
  sl_orthogonal_destroy(o);
  o = decompose(a, 2, 3, SL_ORTHOGONAL_QR, 0, 1);
  assert_refused(sl_orthogonal_begin_solve(o, a, 2, 1, -1), SL_ERR_UNSUPPORTED, "matrix");
  sl_orthogonal_destroy(o);
  sl_orthogonal_destroy(NULL);
  assert_refused(sl_orthogonal_create(a, 6, 2, 3, 3, 0, &o), SL_ERR_OPTION, "kind");
  assert_refused(sl_orthogonal_create(a, 6, 2, 3, 0, 2, &o), SL_ERR_OPTION, "option");
  assert_refused(sl_orthogonal_create(a, 5, 2, 3, 0, 0, &o), SL_ERR_SHAPE, "matrix");
  assert_refused(sl_orthogonal_create(a, 6, 2, 3, 1, 0, &o), SL_ERR_NOT_SQUARE, "matrix");
  assert_refused(sl_orthogonal_create(a, 4, 2, 2, 1, 0, &o), SL_ERR_NOT_SYMMETRIC, "matrix");
  assert_int_equal(sl_last_error()->position, 1);
  a[3] = INFINITY;
  assert_refused(sl_orthogonal_create(a, 6, 2, 3, 2, 0, &o), SL_ERR_NOT_FINITE, "matrix");
  assert_int_equal(sl_last_error()->position, 3);
}

int main(void) {
  sl_rng_seed(&rng, 21);
  const struct CMUnitTest tests[] = {
      property(toeplitz_values),           property(eigenpairs),    property(singular_values),
      property(orthogonal_triangular),     property(least_squares), property(far_apart),
      property(empty_stopped_and_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
