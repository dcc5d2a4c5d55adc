#include "bandit/numbers.h"

#include <math.h>
#include <string.h>

// log 2 in two parts: the first has 32 trailing zero bits, so that k times it is exact.
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define HALF_LOG_2PI 0.91893853320467274178
#define SQRT_2PI 2.50662827463100050242

static double power_of_two(int k) { // -1022 <= k <= 1023
  const uint64_t bits = (uint64_t)(k + 1023) << 52;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

double sl_steady_exp(double x) {
  if (!(x >= -708)) return x != x ? x : 0;
  if (x > 709.7) return INFINITY;
  const double k = floor(x * 1.44269504088896340736 + 0.5);
  const double high = x - k * LN2_HIGH, low = k * LN2_LOW, r = high - low;
  // |r| <= 0.347: the series after r^13 / 13! adds less than 2^-57.
  double sum = 1.0 / 13;
  for (int i = 12; i >= 2; i--) sum = (1 + r * sum) / i;
  // 1 + r (1 + r (1/2 + ...)), what r lost to rounding put back.
  const double e = 1 + (r + (r * r * sum + ((high - r) - low)));
  const int half = (int)k / 2;
  return e * power_of_two(half) * power_of_two((int)k - half);
}

double sl_steady_log(double x) {
  if (!(x > 0)) return x == 0 ? -INFINITY : NAN;
  if (x == INFINITY) return x;
  int shift = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    shift = -54;
  }
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int k = (int)(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffu) | 0x3ff0000000000000u;
  double m;
  memcpy(&m, &bits, sizeof m);
  if (m > 1.41421356237309504880) {
    m *= 0.5;
    k++;
  }
  k += shift;
  // log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| <= 0.1716.
  const double f = m - 1, s = f / (2 + f), t = s * s;
  double sum = 1.0 / 21;
  for (int i = 19; i >= 3; i -= 2) sum = 1.0 / i + t * sum;
  // 2 s = f - s f, so that the largest term is exact.
  return k * LN2_HIGH + (f - (s * (f - 2 * t * sum) - k * LN2_LOW));
}

double sl_steady_log_gamma(double x) {
  // Stirling's series from 12 on; below, Gamma(x) = Gamma(x + n) / (x (x + 1) ... (x + n - 1)).
  double product = 1;
  while (x < 12) {
    product *= x;
    x += 1;
  }
  const double y = 1 / x, z = y * y;
  const double series =
      y * (1.0 / 12 -
           z * (1.0 / 360 -
                z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188 - z * 691.0 / 360360)))));
  return (x - 0.5) * sl_steady_log(x) - x + HALF_LOG_2PI + series - sl_steady_log(product);
}

double sl_normal_cdf(double x) {
  if (x != x) return x;
  const double a = fabs(x);
  const double density = sl_steady_exp(-0.5 * a * a) / SQRT_2PI;
  if (a < 3.5) {
    // x + x^3/3 + x^5/(3 5) + ...: G. Marsaglia, J. Stat. Softw. 11 (2004), doi:10.18637/jss.v011.i04
    double term = a, sum = a;
    for (int i = 3; term > 0x1p-56 * sum; i += 2) {
      term *= a * a / i;
      sum += term;
    }
    return x < 0 ? 0.5 - density * sum : 0.5 + density * sum;
  }
  // Laplace's continued fraction of the upper tail.
  double fraction = a;
  for (int i = 60; i >= 1; i--) fraction = a + i / fraction;
  const double tail = density / fraction;
  return x < 0 ? tail : 1 - tail;
}

// The continued fraction of the incomplete beta function, by the method of Lentz; it converges fast
// where x < (a + 1) / (a + b + 2).
static double beta_fraction(double x, double a, double b) {
  const double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (fabs(d) < tiny ? tiny : d);
  double product = d;
  for (int m = 1; m < 20000; m++) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (fabs(d) < tiny ? tiny : d);
    c = fabs(c) < tiny ? tiny : c;
    product *= d * c;
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (fabs(d) < tiny ? tiny : d);
    c = fabs(c) < tiny ? tiny : c;
    const double change = d * c;
    product *= change;
    if (fabs(change - 1) < 1e-14) break;
  }
  return product;
}

double sl_beta_cdf(double x, double a, double b) {
  if (!(x > 0)) return 0;
  if (!(x < 1)) return 1;
  const double front =
      sl_steady_exp(a * sl_steady_log(x) + b * sl_steady_log(1 - x) + sl_steady_log_gamma(a + b) -
                    sl_steady_log_gamma(a) - sl_steady_log_gamma(b));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
  return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double sl_draw_normal(sl_rng *rng) {
  for (;;) {
    const double u = 2 * sl_rng_double(rng) - 1, v = 2 * sl_rng_double(rng) - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * sqrt(-2 * sl_steady_log(s) / s);
  }
}

// The logarithm of a draw of Gamma(shape, 1): small shapes give values below the smallest number.
static double draw_log_gamma(sl_rng *rng, double shape) {
  double boost = 0;
  if (shape < 1) {
    boost = sl_steady_log(1 - sl_rng_double(rng)) / shape;
    shape += 1;
  }
  const double d = shape - 1.0 / 3, c = 1 / (3 * sqrt(d));
  for (;;) {
    const double x = sl_draw_normal(rng), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root, u = 1 - sl_rng_double(rng);
    if (u < 1 - 0.0331 * x * x * x * x ||
        sl_steady_log(u) < 0.5 * x * x + d - d * v + d * sl_steady_log(v))
      return sl_steady_log(d * v) + boost;
  }
}

double sl_draw_beta(sl_rng *rng, double a, double b) {
  const double x = draw_log_gamma(rng, a), y = draw_log_gamma(rng, b);
  // x / (x + y) = 1 / (1 + e^(y - x))
  return 1 / (1 + sl_steady_exp(y - x));
}
