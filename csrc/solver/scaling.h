// Bringing a matrix into the middle of f32's range.
#ifndef SL_SOLVER_SCALING_H
#define SL_SOLVER_SCALING_H

#include <math.h>

#include "sparse/csr.h"

// sign * 2^k, so that the largest absolute value of the matrix becomes one in [0.5, 1); a smaller
// one where that is denormal, because 2^1023 is the most there is. O(nnz).
static inline double sl_unit_scale(const sl_csr *matrix, int sign) {
  double largest = 0;
  for (size_t k = 0; k < matrix->nnz; k++) {
    double size = fabs(sl_csr_value(matrix, k));
    if (size > largest) largest = size;
  }
  int exponent = 0;
  if (largest > 0) frexp(largest, &exponent);
  if (exponent < -1023) exponent = -1023;
  return ldexp(sign, -exponent);
}

#endif
