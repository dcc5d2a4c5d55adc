// Logarithms and exponentials against libm, bounds and tails against scipy's numbers, variates
// against their moments.
#include "check.h"

#include <float.h>
#include <math.h>

#include "chooser/number.h"

static void logarithms_are_those_of_libm(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (int i = 0; i < 200000; i++) {
    const double x = ldexp(1 + sl_rng_double(&rng), (int)sl_rng_below(&rng, 2040) - 1020);
    const double wanted = log(x), got = sl_chooser_log(x);
    if (!(fabs(got - wanted) <= 4e-16 * fabs(wanted) + 1e-300))
      fail_msg("log %a: %a, not %a", x, got, wanted);
    const double y = 1400 * sl_rng_double(&rng) - 700, power = exp(y);
    if (!(fabs(sl_chooser_exp(y) - power) <= 1e-15 * power)) fail_msg("exp %a", y);
  }
  assert_true(sl_chooser_log(1) == 0 && sl_chooser_exp(0) == 1);
  assert_true(fabs(sl_chooser_log(0x1p-1074) - log(0x1p-1074)) < 1e-12);
  assert_true(fabs(sl_chooser_log(DBL_MAX) - log(DBL_MAX)) < 1e-12);
  assert_true(sl_chooser_exp(-746) == 0 && sl_chooser_exp(1e300) == DBL_MAX &&
              sl_chooser_exp(-744) > 0);
  assert_true(sl_chooser_signed_log(0) == 0 &&
              sl_chooser_signed_log(-3) == -sl_chooser_signed_log(3));
  assert_true(isfinite(sl_chooser_signed_log(1e308)));
}

// scipy.stats.beta.ppf(confidence, failures + 1, count - failures)
static void bounds_are_those_of_clopper_and_pearson(void **state) {
  (void)state;
  static const struct {
    uint32_t failures, count;
    double confidence, bound;
  } cases[] = {
      {0, 10, 0.95, 0.25886554804120985}, {1, 10, 0.95, 0.39416337},
      {5, 10, 0.95, 0.77755892},          {0, 1, 0.95, 0.95},
      {3, 1000, 0.99, 0.01000974},        {450, 500, 0.9, 0.917212},
  };
  for (size_t i = 0; i < 4; i++) {
    const double bound =
        sl_chooser_failure_bound(cases[i].failures, cases[i].count, cases[i].confidence);
    if (fabs(bound - cases[i].bound) > 1e-7) fail_msg("%zu: %.9f", i, bound);
  }
  // Whatever the scipy at hand: the bound is where the binomial tail is 1 - confidence.
  for (uint32_t n = 1; n < 60; n += 7) {
    for (uint32_t k = 0; k < n; k++) {
      const double p = sl_chooser_failure_bound(k, n, 0.9);
      double tail = 0;
      for (uint32_t i = 0; i <= k; i++)
        tail += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(p) +
                    (n - i) * log1p(-p));
      if (fabs(tail - 0.1) > 1e-9) fail_msg("%u of %u: %g", k, n, tail);
    }
  }
  assert_true(sl_chooser_failure_bound(0, 0, 0.95) == 1 &&
              sl_chooser_failure_bound(7, 7, 0.95) == 1);
  const double large = sl_chooser_failure_bound(1000, 1000000, 0.95);
  assert_true(large > 0.001 && large < 0.0011);
}

static void means_above_are_those_of_the_normal_distribution(void **state) {
  (void)state;
  for (double z = -6; z < 8; z += 0.01) {
    const double wanted = exp(-0.5 * z * z) / 2.5066282746310002 / (0.5 * erfc(z / sqrt(2)));
    if (fabs(sl_chooser_mean_above(z) - wanted) > 1e-5 * wanted + 1e-12) fail_msg("%g", z);
  }
  assert_true(sl_chooser_mean_above(1e6) >= 1e6 && sl_chooser_mean_above(-1e6) == 0);
}

static void variates_have_their_moments(void **state) {
  (void)state;
  enum { N = 200000 };
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  double sum = 0, squares = 0;
  for (int i = 0; i < N; i++) {
    const double x = sl_chooser_normal(&rng);
    sum += x;
    squares += x * x;
  }
  assert_true(fabs(sum / N) < 0.01 && fabs(squares / N - 1) < 0.02);
  static const double shapes[] = {0.1, 0.5, 1, 2.5, 40};
  for (size_t s = 0; s < 5; s++) {
    sum = squares = 0;
    for (int i = 0; i < N; i++) {
      const double x = sl_chooser_gamma(&rng, shapes[s]);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / N;
    assert_true(fabs(mean - shapes[s]) < 0.05 * shapes[s]);
    assert_true(fabs(squares / N - mean * mean - shapes[s]) < 0.1 * shapes[s]);
  }
  sum = 0;
  for (int i = 0; i < N; i++) {
    const double x = sl_chooser_beta(&rng, 0.02, 3);
    assert_true(x >= 0 && x <= 1);
    sum += x;
  }
  assert_true(fabs(sum / N - 0.02 / 3.02) < 0.002);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(logarithms_are_those_of_libm),
      property(bounds_are_those_of_clopper_and_pearson),
      property(means_above_are_those_of_the_normal_distribution),
      property(variates_have_their_moments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
