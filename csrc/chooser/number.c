#include "chooser/number.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 0x1.a39ef35793c76p-33

static double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

double sl_chooser_log(double x) {
  int exponent = -1023;
  uint64_t bits;
  if (x < DBL_MIN) {
    x *= 0x1p54;
    exponent -= 54;
  }
  memcpy(&bits, &x, sizeof bits);
  exponent += (int)(bits >> 52);
  double m = from_bits((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  // log m = 2 artanh((m - 1) / (m + 1)), a series in at most 0.0295.
  const double s = (m - 1) / (m + 1), z = s * s;
  double sum = 0;
  for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * z;
  return exponent * LN2_HIGH + (2 * s + (2 * s * sum + exponent * LN2_LOW));
}

double sl_chooser_exp(double x) {
  if (x < -745) return 0;
  if (x >= 709.7) return DBL_MAX;
  const double k = floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - k * LN2_HIGH) - k * LN2_LOW;
  double sum = 1;
  for (int i = 13; i >= 1; i--) sum = 1 + sum * r / i;
  // Two factors: 2^k itself may be subnormal.
  const int half = (int)k / 2, rest = (int)k - half;
  return sum * from_bits((uint64_t)(1023 + half) << 52) * from_bits((uint64_t)(1023 + rest) << 52);
}

double sl_chooser_signed_log(double x) {
  const double size = fabs(x);
  if (size < 1e-8) return x;
  const double value = sl_chooser_log(1 + fmin(size, 1e308));
  return x < 0 ? -value : value;
}

double sl_chooser_mean_above(double z) {
  if (z > 2) {
    // Laplace's continued fraction.
    double tail = z;
    for (int k = 60; k >= 1; k--) tail = z + k / tail;
    return tail;
  }
  const double t = 1 / (1 + 0.2316419 * fabs(z));
  const double sum =
      t *
      (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  // Abramowitz and Stegun 26.2.17: the tail is density * sum.
  if (z >= 0) return 1 / sum;
  const double density = 0.3989422804014327 * sl_chooser_exp(-0.5 * z * z);
  return density / (1 - density * sum);
}

double sl_chooser_normal(sl_rng *rng) {
  for (;;) {
    const double u = 2 * sl_rng_double(rng) - 1, v = 2 * sl_rng_double(rng) - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * sqrt(-2 * sl_chooser_log(s) / s);
  }
}

double sl_chooser_gamma(sl_rng *rng, double shape) {
  double factor = 1;
  if (shape < 1) {
    const double u = fmax(sl_rng_double(rng), 0x1p-54);
    factor = sl_chooser_exp(sl_chooser_log(u) / shape);
    shape += 1;
  }
  const double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    const double x = sl_chooser_normal(rng);
    double v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    const double u = fmax(sl_rng_double(rng), 0x1p-54);
    if (sl_chooser_log(u) < 0.5 * x * x + d - d * v + d * sl_chooser_log(v)) return factor * d * v;
  }
}

double sl_chooser_beta(sl_rng *rng, double a, double b) {
  const double x = sl_chooser_gamma(rng, a), y = sl_chooser_gamma(rng, b);
  return x + y > 0 ? x / (x + y) : a / (a + b);
}

// P(X <= k) of a binomial variable: its terms relative to the largest one.
static double at_most(uint32_t k, uint32_t n, double p) {
  const double odds = p / (1 - p);
  const uint32_t mode = (uint32_t)fmin((n + 1.0) * p, n);
  double below = mode <= k ? 1 : 0, all = 1, term = 1;
  for (uint32_t i = mode; i > 0 && term > 1e-18; i--) {
    term *= i / ((n - i + 1.0) * odds);
    all += term;
    if (i - 1 <= k) below += term;
  }
  term = 1;
  for (uint32_t i = mode; i < n && term > 1e-18; i++) {
    term *= (n - i) * odds / (i + 1.0);
    all += term;
    if (i + 1 <= k) below += term;
  }
  return below / all;
}

double sl_chooser_failure_bound(uint32_t failures, uint32_t count, double confidence) {
  if (count == 0 || failures >= count) return 1;
  double low = (double)failures / count, high = 1;
  for (int i = 0; i < 50; i++) {
    const double p = 0.5 * (low + high);
    if (p >= 1) break;
    if (at_most(failures, count, p) > (1 - confidence) * (1 - 1e-12))
      low = p;
    else
      high = p;
  }
  return high;
}
