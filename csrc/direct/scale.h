// Scaling by powers of two over more than the range of a number. Internal to the room.
#ifndef SL_DIRECT_SCALE_H
#define SL_DIRECT_SCALE_H

#include <math.h>
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

#endif
