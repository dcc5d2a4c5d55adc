// The distance of two points of hyperbolic space from what the models of it give. Internal to the rooms
// hyperbolic and attention.
#ifndef SL_HYPERBOLIC_DISTANCE_H
#define SL_HYPERBOLIC_DISTANCE_H

#include <math.h>
#include <stdint.h>

// |x - y|^2 without the cancellation of |x|^2 - 2 x.y + |y|^2.
static inline double sl_squared_difference(const float *x, const float *y, uint32_t n) {
  double sum = 0;
  for (uint32_t j = 0; j < n; j++) sum += ((double)x[j] - y[j]) * ((double)x[j] - y[j]);
  return sum;
}

// arcosh(1 + t), t >= 0, exact for small t. In the Poincare ball t = 2 |x - y|^2 / ((1 - |x|^2)
// (1 - |y|^2)), on the hyperboloid half of the Lorentz square of x - y.
static inline double sl_arcosh_of_more(double t) { return log1p(t + sqrt(t * (t + 2))); }

#endif
