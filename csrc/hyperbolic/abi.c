// Raw ABI of hyperbolic/poincare.h: arrays in, arrays out, no objects.
#include "base/abi.h"

#include "hyperbolic/poincare.h"

int32_t SL_ABI(sl_abi_poincare_distance)(const float *x, const float *y, uint32_t count,
                                         uint32_t dimension, double curvature, double *out) {
  return sl_poincare_distance(x, y, count, dimension, curvature, out);
}
int32_t SL_ABI(sl_abi_poincare_add)(const float *x, const float *y, uint32_t count,
                                    uint32_t dimension, float *out) {
  return sl_poincare_add(x, y, count, dimension, out);
}
int32_t SL_ABI(sl_abi_poincare_exp)(const float *points, const float *tangents, uint32_t count,
                                    uint32_t dimension, float *out) {
  return sl_poincare_exp(points, tangents, count, dimension, out);
}
int32_t SL_ABI(sl_abi_poincare_log)(const float *points, const float *targets, uint32_t count,
                                    uint32_t dimension, float *out) {
  return sl_poincare_log(points, targets, count, dimension, out);
}
