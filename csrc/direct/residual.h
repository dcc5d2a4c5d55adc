// Residuals in twice the precision, and the backward error that they prove. Internal to the room.
//
// Based on: T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26
// (2005), doi:10.1137/030601818 (Dot2); T. J. Dekker, Numer. Math. 18 (1971) (products without
// fused operations, which WebAssembly lacks); W. Oettli, W. Prager, Numer. Math. 6 (1964).
#ifndef SL_DIRECT_RESIDUAL_H
#define SL_DIRECT_RESIDUAL_H

#include <math.h>
#include <stdint.h>

#include "simd/simd.h"

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

// Two such sums side by side, faster and less precise: each number is cut into 26 leading bits and the
// rest, so that products of leading parts are exact and what is left is 2^-24 of them at most.
typedef struct sl_residual_pair {
  sl_f64x2 sum, rest,
      size; // size: of the leading products alone, less than 2^-23 of itself too small
} sl_residual_pair;

static inline sl_f64x2 sl_leading_bits(sl_f64x2 v) {
  return (sl_f64x2)((sl_i64x2)v & (sl_i64x2){-(INT64_C(1) << 27), -(INT64_C(1) << 27)});
}

// Subtracts a x.
static inline void sl_subtract_pair(sl_residual_pair *s, sl_f64x2 a, sl_f64x2 x) {
  sl_f64x2 high = sl_leading_bits(a), low = a - high, x_high = sl_leading_bits(x);
  sl_f64x2 product = high * x_high, sum = s->sum - product, part = sum - s->sum;
  sl_f64x2 rounded = (s->sum - (sum - part)) - (product + part);
  s->rest += rounded - (high * (x - x_high) + low * x);
  s->size += sl_f64x2_abs(product);
  s->sum = sum;
}

// b less the products of a row with x.
//   size      written: the sum of the sizes of the terms
//   returns   the residual, rounded once more; before that it is off by no more than
//             (count + 10) 2^-78 + (count + 2)^2 2^-104 of the size, beside underflow
static inline double sl_row_residual(double b, const double *a, const uint32_t *columns,
                                     uint32_t count, const double *x, double *size) {
  sl_residual_pair s = {.sum = {b, 0}, .rest = {0, 0}, .size = {fabs(b), 0}};
  uint32_t t = 0;
  for (; t + 1 < count; t += 2) {
    sl_subtract_pair(&s, sl_f64x2_load(a + t), (sl_f64x2){x[columns[t]], x[columns[t + 1]]});
  }
  if (t < count) sl_subtract_pair(&s, (sl_f64x2){0, a[t]}, (sl_f64x2){0, x[columns[t]]});
  double rounded, sum = sl_two_sum(s.sum[0], s.sum[1], &rounded);
  *size = s.size[0] + s.size[1];
  return sum + (rounded + (s.rest[0] + s.rest[1]));
}

#endif
