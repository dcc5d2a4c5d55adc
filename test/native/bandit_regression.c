// Functions of numbers against those of the C library and closed forms; factors after 10^5 updates
// against one that is made afresh in long double.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/numbers.h"
#include "bandit/regression.h"

static double apart(double x, double wanted) { return fabs(x - wanted) / (1e-300 + fabs(wanted)); }

static void functions_are_those_of_the_library(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (int i = 0; i < 200000; i++) {
    const double x = 1400 * (sl_rng_double(&rng) - 0.5);
    if (apart(sl_steady_exp(x), exp(x)) > 1e-15) fail_msg("exp(%.17g)", x);
    const double y = exp(x);
    if (fabs(sl_steady_log(y) - log(y)) > 4e-16 * fmax(fabs(log(y)), 1)) fail_msg("log(%.17g)", y);
    const double near = 1 + 0.3 * (sl_rng_double(&rng) - 0.5);
    if (apart(sl_steady_log(near), log(near)) > 1e-15) fail_msg("log(%.17g)", near);
    const double g = exp(16 * sl_rng_double(&rng) - 8);
    if (fabs(sl_steady_log_gamma(g) - lgamma(g)) > 2e-14 * (1 + fabs(lgamma(g))))
      fail_msg("lgamma(%.17g)", g);
    const double z = 60 * (sl_rng_double(&rng) - 0.5), cdf = 0.5 * erfc(-z / sqrt(2));
    if (fabs(sl_normal_cdf(z) - cdf) > 2e-15) fail_msg("cdf(%.17g)", z);
    if (z < -3.5 && apart(sl_normal_cdf(z), cdf) > 1e-12) fail_msg("tail(%.17g)", z);
  }
  assert_true(sl_steady_exp(0) == 1 && sl_steady_log(1) == 0 && sl_normal_cdf(0) == 0.5);
  assert_true(sl_steady_exp(-INFINITY) == 0 && sl_steady_exp(1000) == INFINITY);
  assert_true(sl_steady_log(0) == -INFINITY && isnan(sl_steady_log(-1)) &&
              isnan(sl_steady_exp(NAN)));
  assert_true(apart(sl_steady_log(0x1p-1074), -1074 * log(2)) < 1e-15);
  assert_true(sl_normal_cdf(-INFINITY) == 0 && sl_normal_cdf(INFINITY) == 1);
}

// P(Bin(n, x) >= a) = I_x(a, n - a + 1)
static double binomial_tail(int n, int a, double x) {
  double sum = 0;
  for (int k = a; k <= n; k++)
    sum += exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) + k * log(x) +
               (n - k) * log1p(-x));
  return sum;
}

static void beta_is_that_of_closed_forms(void **state) {
  (void)state;
  for (double x = 0.01; x < 1; x += 0.07) {
    for (double a = 0.25; a < 2000; a *= 3.1) {
      assert_true(fabs(sl_beta_cdf(x, a, 1) - pow(x, a)) < 1e-11);
      assert_true(fabs(sl_beta_cdf(x, 1, a) + expm1(a * log1p(-x))) < 1e-11);
      assert_true(fabs(sl_beta_cdf(x, a, 7) + sl_beta_cdf(1 - x, 7, a) - 1) < 1e-11);
    }
    for (int n = 1; n < 400; n = 3 * n + 1)
      for (int a = 1; a <= n; a += 1 + n / 5)
        assert_true(fabs(sl_beta_cdf(x, a, n - a + 1) - binomial_tail(n, a, x)) < 1e-10);
  }
  assert_true(fabs(sl_beta_cdf(0.5, 1e6, 1e6) - 0.5) < 1e-9);
  assert_true(sl_beta_cdf(0, 2, 3) == 0 && sl_beta_cdf(1, 2, 3) == 1);
}

static void draws_have_their_moments(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  enum { N = 200000 };
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < N; i++) {
    const double z = sl_draw_normal(&rng);
    sum += z, squares += z * z, fourth += z * z * z * z;
  }
  assert_true(fabs(sum / N) < 5 / sqrt(N) && fabs(squares / N - 1) < 5 * sqrt(2.0 / N));
  assert_true(fabs(fourth / N - 3) < 5 * sqrt(96.0 / N));
  static const double shapes[][2] = {{1, 1}, {0.05, 0.3}, {3, 0.5}, {200, 900}, {0.001, 0.001}};
  for (int s = 0; s < 5; s++) {
    const double a = shapes[s][0], b = shapes[s][1], mean = a / (a + b);
    const double variance = mean * (1 - mean) / (a + b + 1);
    double total = 0, spread = 0;
    for (int i = 0; i < N; i++) {
      const double x = sl_draw_beta(&rng, a, b);
      assert_true(x >= 0 && x <= 1);
      total += x, spread += (x - mean) * (x - mean);
    }
    assert_true(fabs(total / N - mean) < 5 * sqrt(variance / N));
    assert_true(fabs(spread / N / variance - 1) < 0.05);
  }
}

// ---- factors ------------------------------------------------------------------------------------

enum { D = 19, WINDOW = 300 };

// Mean and variance of the regression on `rows`, by a Cholesky factor in long double.
static void fresh(double (*x)[D], const double *r, int rows, double ridge, const double *at,
                  double *mean, double *variance) {
  static long double a[D][D], w[D], y[D];
  memset(a, 0, sizeof a);
  memset(y, 0, sizeof y);
  for (int i = 0; i < D; i++) a[i][i] = ridge;
  for (int n = 0; n < rows; n++)
    for (int i = 0; i < D; i++) {
      y[i] += (long double)x[n][i] * r[n];
      for (int j = 0; j <= i; j++) a[i][j] += (long double)x[n][i] * x[n][j];
    }
  long double m = 0, v = 0;
  for (int i = 0; i < D; i++) {
    w[i] = at[i];
    for (int j = 0; j < i; j++) {
      for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
      w[i] -= a[i][j] * w[j];
      y[i] -= a[i][j] * y[j];
    }
    for (int k = 0; k < i; k++) a[i][i] -= a[i][k] * a[i][k];
    a[i][i] = sqrtl(a[i][i]);
    w[i] /= a[i][i];
    y[i] /= a[i][i];
    m += w[i] * y[i];
    v += w[i] * w[i];
  }
  *mean = (double)m;
  *variance = (double)v;
}

static void read(sl_regression f, const double *at, double *mean, double *variance) {
  double w[D];
  memcpy(w, at, sizeof w);
  sl_regression_solve(f, w);
  *mean = 0;
  for (int i = 0; i < D; i++) *mean += f.y[i] * w[i];
  *variance = sl_regression_variance(f, w);
}

static double *block(void) { return malloc(sl_regression_size(D, 0) * sizeof(double)); }

// Rows come and go 10^5 times: what has gone leaves no more than rounding.
static void a_hundred_thousand_updates_do_not_drift(void **state) {
  (void)state;
  static double rows[WINDOW][D], rewards[WINDOW];
  sl_rng rng;
  sl_rng_seed(&rng, 21);
  for (int kind = 0; kind < 3; kind++) {
    const double ridge = kind == 2 ? 1e-3 : 1;
    double *memory = block(), at[D], x[D];
    sl_regression f = sl_regression_at(memory, D, 0);
    sl_regression_reset(f, ridge);
    for (int i = 0; i < D; i++) at[i] = sl_draw_normal(&rng);
    double worst = 0;
    for (int n = 0; n < 100000; n++) {
      double *row = rows[n % WINDOW];
      if (n >= WINDOW && kind > 0) {
        memcpy(x, row, sizeof x);
        double r = rewards[n % WINDOW];
        assert_true(sl_regression_add(f, -1, x, NULL, &r) != 0);
      }
      // Nearly along one direction, of sizes 1e-3 to 1e3 where nothing is taken out.
      const double common = sl_draw_normal(&rng);
      const double size = kind == 0 ? exp(6.9 * (2 * sl_rng_double(&rng) - 1)) : 1;
      for (int i = 0; i < D; i++) row[i] = size * (common + 0.1 * sl_draw_normal(&rng));
      rewards[n % WINDOW] = sl_draw_normal(&rng) + common;
      memcpy(x, row, sizeof x);
      double r = rewards[n % WINDOW];
      const double weight = sl_regression_add(f, 1, x, NULL, &r);
      assert_true(weight > 0 && weight <= 1);
      if (kind > 0 && n % 2500 == WINDOW) {
        double m, v, mean, variance;
        fresh(rows, rewards, WINDOW, ridge, at, &mean, &variance);
        read(f, at, &m, &v);
        worst = fmax(worst, fmax(fabs(m - mean) / (1 + fabs(mean)), apart(v, variance)));
      }
    }
    if (kind == 0) {
      // All 10^5 rows again, added in long double.
      sl_rng_seed(&rng, 77);
      static double many[100000][D], gains[100000];
      sl_regression_reset(f, ridge);
      for (int n = 0; n < 100000; n++) {
        for (int i = 0; i < D; i++) many[n][i] = sl_draw_normal(&rng) + (i > 0) * many[n][0];
        double r = gains[n] = sl_draw_normal(&rng);
        memcpy(x, many[n], sizeof x);
        sl_regression_add(f, 1, x, NULL, &r);
      }
      double m, v, mean, variance;
      fresh(many, gains, 100000, ridge, at, &mean, &variance);
      read(f, at, &m, &v);
      worst = fmax(fabs(m - mean), apart(v, variance));
    }
    print_message("drift, kind %d: %.1e\n", kind, worst);
    assert_true(worst < (kind == 0 ? 1e-11 : 1e-8));
    free(memory);
  }
}

static void refreshing_adds_a_ridge(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  double *memory = block(), work[D * D + D], at[D], x[D], rows[40][D], gains[40];
  sl_regression f = sl_regression_at(memory, D, 0);
  sl_regression_reset(f, 2);
  for (int n = 0; n < 40; n++) {
    for (int i = 0; i < D; i++) x[i] = rows[n][i] = sl_draw_normal(&rng);
    double r = gains[n] = sl_draw_normal(&rng);
    sl_regression_add(f, 1, x, NULL, &r);
    // scale 0.5: rows count half, the ridge is 0.5 * 2 + 1 again
    const double half = sqrt(0.5);
    for (int i = 0; i < D; i++) rows[n][i] *= half;
    gains[n] *= half;
    at[n % D] = x[n % D] + 1;
  }
  sl_regression_refresh(f, 0.5, 1, work);
  double m, v, mean, variance;
  fresh(rows, gains, 40, 2, at, &mean, &variance);
  read(f, at, &m, &v);
  assert_true(fabs(m - mean) < 1e-12 * (1 + fabs(mean)) && apart(v, variance) < 1e-12);
  // Weights by back substitution give the same mean.
  memcpy(x, f.y, sizeof x);
  sl_regression_solve_back(f, x);
  m = 0;
  for (int i = 0; i < D; i++) m += x[i] * at[i];
  assert_true(fabs(m - mean) < 1e-12 * (1 + fabs(mean)));
  free(memory);
}

// What would leave nothing is refused.
static void more_than_there_is_cannot_be_taken_out(void **state) {
  (void)state;
  double *memory = block(), x[D] = {0}, r = 1;
  sl_regression f = sl_regression_at(memory, D, 0);
  sl_regression_reset(f, 1);
  x[3] = 1;
  assert_true(sl_regression_add(f, -1, x, NULL, &r) == 0);
  free(memory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(functions_are_those_of_the_library),
      property(beta_is_that_of_closed_forms),
      property(draws_have_their_moments),
      property(a_hundred_thousand_updates_do_not_drift),
      property(refreshing_adds_a_ridge),
      property(more_than_there_is_cannot_be_taken_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
