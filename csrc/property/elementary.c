// Based on: M. H. Payne, R. N. Hanek, Radian Reduction for Trigonometric Functions, SIGNUM Newsletter 18(1), 1983, for angles
// of any size, with whole numbers: the C library's form of it takes 5 KB. J. W. J. Williams, Algorithm 232: Heapsort, CACM
// 7(6), 1964.
#include "property/elementary.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Bits of 2 / pi behind the point, behind two words that are zero.
static const uint32_t TWO_OVER_PI[39] = {
    0,          0,          0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041,
    0xfe5163ab, 0xdebbc561, 0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e,
    0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b,
    0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d,
    0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046};

// a * b, and what rounding took away from it.
static double product(double a, double b, double *rest) {
  const double p = a * b, x = a * 0x8000001p+0, y = b * 0x8000001p+0;
  const double ah = x - (x - a), al = a - ah, bh = y - (y - b), bl = b - bh;
  *rest = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
  return p;
}

// The angle, at most pi / 4, to the nearest multiple of pi / 2 as a sum of two; gives the multiple modulo 4.
static unsigned reduce(double x, double *high, double *low) {
  enum { LIMBS = 6 };
  *high = x;
  *low = 0;
  const double size = fabs(x);
  if (!(size > 0x1.921fb54442d18p-1)) return 0;
  // size = m 2^e. Bits of 2 / pi whose product with m is a multiple of 4 are left out: the first two bits of the product of m
  // with those that follow are the multiple, and the rest is a fraction of pi / 2. An angle cannot be nearer than 2^-62 to one.
  uint64_t bits, sum = 0;
  memcpy(&bits, &size, sizeof bits);
  const uint32_t skipped = 64 + (uint32_t)(bits >> 52) - 1075 - 2;
  const uint64_t m = (bits & (UINT64_MAX >> 12)) | 1ull << 52;
  uint32_t window[LIMBS], r[LIMBS];
  for (int i = LIMBS - 1; i >= 0; i--) {
    const uint32_t *word = TWO_OVER_PI + skipped / 32 + i;
    window[i] = (uint32_t)(((uint64_t)word[0] << 32 | word[1]) >> (32 - skipped % 32));
    sum += window[i] * (m & UINT32_MAX);
    r[i] = (uint32_t)sum;
    sum >>= 32;
  }
  sum = 0;
  for (int i = LIMBS - 2; i >= 0; i--) {
    sum += window[i + 1] * (m >> 32) + r[i];
    r[i] = (uint32_t)sum;
    sum >>= 32;
  }
  unsigned quadrant = r[0] >> 30;
  // The fraction in words of 32 bits, the first one signed.
  const int32_t f = (int32_t)(r[0] << 2 | r[1] >> 30);
  if (f < 0) quadrant++;
  const double a = f * 0x1p-32, b = (r[1] << 2 | r[2] >> 30) * 0x1p-64;
  const double s = a + b,
               e = b - (s - a) + (r[2] << 2 | r[3] >> 30) * 0x1p-96 + (r[3] << 2) * 0x1p-128;
  double rest;
  const double fraction = s + e, behind = e - (fraction - s);
  const double p = product(fraction, 0x1.921fb54442d18p+0, &rest);
  rest += fraction * 0x1.1a62633145c07p-54 + behind * 0x1.921fb54442d18p+0;
  *high = p + rest;
  *low = rest - (*high - p);
  if (x >= 0) return quadrant;
  *high = -*high;
  *low = -*low;
  return 0 - quadrant;
}

// Sine or cosine of an angle of at most pi / 4, by their series: x (1 - z/6 (1 - z/20 (1 - ...))), 1 - z/2 (1 - z/12 (...)).
static double series(double x, double low, bool cosine) {
  const double z = x * x, half = z / 2, w = 1 - half;
  double sum = 0;
  for (int k = cosine ? 18 : 19; k > 3; k -= 2) sum = z / (k * (k - 1)) * (1 - sum);
  if (!cosine) return x + (low * w - z * x * (1 - sum) / 6);
  return w + ((1 - w - half) + (half * sum - x * low));
}

static double sine(double x, unsigned quarter) {
  double high, low;
  if (!(fabs(x) <= 0x1.fffffffffffffp+1023)) return NAN;
  quarter += reduce(x, &high, &low);
  const double v = series(high, low, quarter & 1);
  return quarter & 2 ? -v : v;
}

double sl_sin(double x) { return x == 0 ? x : sine(x, 0); }
double sl_cos(double x) { return sine(x, 1); }
double sl_tan(double x) { return sl_sin(x) / sl_cos(x); }

double sl_asin(double x) { return atan2(x, sqrt((1 - x) * (1 + x))); }
double sl_acos(double x) { return atan2(sqrt((1 - x) * (1 + x)), x); }

// The power of the number nearest to e, and what e is more.
double sl_exp(double x) {
  const double p = pow(0x1.5bf0a8b145769p+1, x);
  return p > 0 && p < INFINITY ? p + p * (x * 0x1.ea8556644e4cep-55) : p;
}

double sl_log10(double x) {
  const double r = log(x) * 0x1.bcb7b1526e50ep-2, whole = round(r);
  return pow(10, whole) == x ? whole : r;
}

static void swap(char *a, char *b, size_t size) {
  char kept[32];
  memcpy(kept, a, size);
  memcpy(a, b, size);
  memcpy(b, kept, size);
}

void sl_sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *)) {
  char *at = items;
  for (size_t left = count, start = count / 2; left > 1;) {
    if (start > 0)
      start--;
    else
      swap(at, at + --left * size, size);
    for (size_t root = start, child; (child = 2 * root + 1) < left; root = child) {
      if (child + 1 < left && order(at + child * size, at + (child + 1) * size) < 0) child++;
      if (order(at + root * size, at + child * size) >= 0) break;
      swap(at + root * size, at + child * size, size);
    }
  }
}
