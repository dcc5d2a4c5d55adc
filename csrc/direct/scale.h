// Scaling by powers of two over more than the range of a number. Internal to the room.
#ifndef SL_DIRECT_SCALE_H
#define SL_DIRECT_SCALE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Below every exponent and every sum of some of them, which do not wrap.
#define SL_EXPONENT_OF_ZERO (-(1 << 29))

// e with 2^e <= |x| < 2^(e + 1); SL_EXPONENT_OF_ZERO for 0. x finite.
static inline int32_t sl_exponent(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int32_t biased = (int32_t)(bits >> 52 & 0x7ff);
  if (biased > 0) return biased - 1023;
  if (x == 0) return SL_EXPONENT_OF_ZERO;
  int exponent;
  frexp(x, &exponent);
  return exponent - 1;
}

// The exponent of x as it is stored: that of 2^-1022 is 1, and 0 is that of 0 and of what is smaller.
static inline int32_t sl_biased_exponent(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (int32_t)(bits >> 52 & 0x7ff);
}

// |x| as a number that is compared as |x| is, NaN above infinity: engines of WebAssembly choose between
// integers without a branch, between numbers of floating point with one.
static inline uint64_t sl_size_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits & INT64_MAX;
}
static inline double sl_size_of_bits(uint64_t bits) {
  double size;
  memcpy(&size, &bits, sizeof size);
  return size;
}

// x 2^exponent, rounded once where it is subnormal.
static inline double sl_times_power(double x, int32_t exponent) {
  if (exponent < -1022 || exponent > 1023) {
    return ldexp(x, exponent < -5000 ? -5000 : exponent > 5000 ? 5000 : exponent);
  }
  uint64_t bits = (uint64_t)(exponent + 1023) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  return x * power;
}

// The same where the power itself is a normal number: -1022 <= exponent <= 1023.
static inline double sl_times_normal_power(double x, int32_t exponent) {
  uint64_t bits = (uint64_t)(uint32_t)(exponent + 1023) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  return x * power;
}

// y = x 2^(exponents + more), number by number. Zeros come out positive.
//   returns   true: all of them are normal numbers, so that nothing was rounded; false: it may have been
static inline bool sl_times_powers(const double *x, const int32_t *exponents, int32_t more,
                                   size_t n, double *y) {
  // No branch depends on a value.
  uint32_t outside = 0;
  int32_t least = 0x7ff, most = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t exponent = exponents[i] + more;
    outside |= (uint32_t)(exponent + 1022) > 2045;
    double product = sl_times_normal_power(x[i] + 0.0, exponent);
    int32_t biased = sl_biased_exponent(product);
    least = biased < least ? biased : least;
    most = biased > most ? biased : most;
    y[i] = product;
  }
  if (outside == 0) return least > 0 && most < 0x7ff;
  for (size_t i = 0; i < n; i++) y[i] = sl_times_power(x[i] + 0.0, exponents[i] + more);
  return false;
}

#endif
