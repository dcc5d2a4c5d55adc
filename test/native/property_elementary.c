// Functions of real numbers against the C library's with 64-bit fractions, published values of hard cases, and sorting.
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "property/elementary.h"

// How many units in the last place of the exact value they differ by.
static double distance(double got, long double exact) {
  const double nearest = (double)exact;
  const double unit = nextafter(fabs(nearest), INFINITY) - fabs(nearest);
  return (double)(fabsl((long double)got - exact) / (long double)unit);
}

static void assert_near(const char *name, double x, double got, long double exact, double most) {
  const double d = distance(got, exact);
  if (!(d <= most)) fail_msg("%s(%a) = %a, %g units away", name, x, got, d);
}

static double of_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static void angles_of_any_size(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (uint32_t i = 0; i < 400000; i++) {
    const uint64_t bits = sl_rng_next(&rng);
    // Of all magnitudes, and of those that programs use.
    const double x = i % 2 == 0 ? of_bits(bits) : ((double)bits * 0x1p-64 - 0.5) * 2000;
    if (!isfinite(x)) continue;
    assert_near("sin", x, sl_sin(x), sinl(x), 1);
    assert_near("cos", x, sl_cos(x), cosl(x), 1);
    assert_near("tan", x, sl_tan(x), tanl(x), 3);
  }
  for (int64_t k = 1; k < 100000; k++) { // near multiples of pi / 2
    const double x = (double)k * 0x1.921fb54442d18p+0;
    assert_near("sin", x, sl_sin(x), sinl(x), 1);
    assert_near("cos", -x, sl_cos(-x), cosl(-x), 1);
  }
}

static void published_angles(void **state) {
  (void)state;
  // K. C. Ng, Argument reduction for huge arguments, 1992: sin(10^22). J.-M. Muller, Elementary Functions, table of worst
  // cases: 6381956970095103 * 2^797 is the double nearest to a multiple of pi / 2; its cosine there is -4.6871659e-19.
  assert_near("sin", 1e22, sl_sin(1e22), -0.8522008497671888017727058937530293682618L, 1);
  const double hard = ldexp(6381956970095103.0, 797);
  assert_true(fabs(sl_cos(hard) + 4.6871659242546276e-19) < 1e-30);
  assert_true(sl_sin(hard) == 1);
  assert_true(isnan(sl_sin(INFINITY)) && isnan(sl_cos(-INFINITY)) && isnan(sl_tan(NAN)));
  assert_true(signbit(sl_sin(-0.0)) && sl_cos(0) == 1 && sl_tan(0) == 0);
}

static void inverses_powers_and_logarithms(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  for (uint32_t i = 0; i < 200000; i++) {
    const double x = sl_rng_double(&rng) * 2 - 1, y = (sl_rng_double(&rng) - 0.5) * 1400;
    const double z = of_bits(sl_rng_next(&rng) & INT64_MAX);
    assert_near("asin", x, sl_asin(x), asinl(x), 2);
    assert_near("acos", x, sl_acos(x), acosl(x), 2);
    assert_near("exp", y, sl_exp(y), expl(y), 2);
    if (isfinite(z)) assert_near("log10", z, sl_log10(z), log10l(z), 2);
  }
  for (int k = -307; k <= 308; k++) {
    char text[8];
    (void)snprintf(text, sizeof text, "1e%d", k);
    const double power = strtod(text, NULL);
    if (sl_log10(power) != k) fail_msg("log10(1e%d) = %a", k, sl_log10(power));
  }
  assert_true(sl_exp(0) == 1 && sl_exp(-INFINITY) == 0 && sl_exp(INFINITY) == INFINITY);
  assert_true(sl_exp(710) == INFINITY && sl_exp(-746) == 0 && isnan(sl_exp(NAN)));
  assert_true(isnan(sl_asin(1.5)) && isnan(sl_acos(-1.5)) && sl_acos(1) == 0);
  assert_true(sl_asin(1) == 0x1.921fb54442d18p+0 && sl_acos(-1) == 0x1.921fb54442d18p+1);
  assert_true(sl_log10(0) == -INFINITY && isnan(sl_log10(-1)) && sl_log10(INFINITY) == INFINITY);
}

static int ascending(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void sorting(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (uint32_t n = 0; n < 200; n++) {
    uint32_t items[200], copy[200];
    for (uint32_t i = 0; i < n; i++)
      items[i] = copy[i] = (uint32_t)sl_rng_next(&rng) % (n % 7 == 0 ? 5 : 1u << 31);
    sl_sort(items, n, sizeof *items, ascending);
    qsort(copy, n, sizeof *copy, ascending);
    if (n > 0) assert_memory_equal(items, copy, n * sizeof *items);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(angles_of_any_size),
      cmocka_unit_test(published_angles),
      cmocka_unit_test(inverses_powers_and_logarithms),
      cmocka_unit_test(sorting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
