// Residuals in twice the precision, and the backward error that they prove. Internal to the room.
//
// Based on: T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26
// (2005), doi:10.1137/030601818 (Dot2); T. J. Dekker, Numer. Math. 18 (1971) (products without
// fused operations, which WebAssembly lacks); W. Oettli, W. Prager, Numer. Math. 6 (1964).
#ifndef SL_DIRECT_RESIDUAL_H
#define SL_DIRECT_RESIDUAL_H

#include <stdint.h>

// x + y = sum + error, exactly, unless the sum overflows.
static inline double sl_two_sum(double x, double y, double *error) {
  double sum = x + y, part = sum - x;
  *error = (x - (sum - part)) + (y - part);
  return sum;
}

// x y = product + error, exactly where |x|, |y| < 2^996 and |x y| > 2^-967 or is 0.
static inline double sl_two_product(double x, double y, double *error) {
  double product = x * y;
  double c = 0x1.0000002p27 * x, xh = c - (c - x), xl = x - xh;
  c = 0x1.0000002p27 * y;
  double yh = c - (c - y), yl = y - yh;
  *error = xl * yl - (((product - xh * yh) - xl * yh) - xh * yl);
  return product;
}

// A sum that is being made, and the sum of the sizes of its terms.
typedef struct sl_accurate_sum {
  double sum, error, size;
} sl_accurate_sum;

// Subtracts a x.
static inline void sl_subtract_product(sl_accurate_sum *s, double a, double x) {
  double lost, rounded, product = sl_two_product(a, x, &lost);
  s->sum = sl_two_sum(s->sum, -product, &rounded);
  s->error += rounded - lost;
  s->size += product < 0 ? -product : product;
}

#endif
