#include "hnsw/metric.h"

#include <math.h>
#include <string.h>

#include "simd/bits.h"
#include "simd/distance_f32.h"
#include "simd/kernels.h"

size_t sl_metric_input_bytes(sl_metric metric, uint32_t dimension) {
  return metric == SL_METRIC_HAMMING ? dimension / 8 : (size_t)dimension * sizeof(float);
}

uint32_t sl_metric_padded(sl_metric metric, uint32_t dimension) {
  uint32_t length = metric == SL_METRIC_HAMMING ? dimension / 8 : dimension;
  uint32_t step = metric == SL_METRIC_HAMMING ? SL_BITS_STEP : SL_DISTANCE_STEP;
  return (length + step - 1) / step * step;
}

uint32_t sl_metric_row_bytes(sl_metric metric, uint32_t dimension) {
  uint32_t padded = sl_metric_padded(metric, dimension);
  return metric == SL_METRIC_HAMMING ? padded : (padded * 4 + 63) / 64 * 64;
}

sl_status sl_metric_encode(sl_metric metric, uint32_t dimension, const void *vector, void *row,
                           float *factor, const char *argument, uint64_t position) {
  size_t bytes = sl_metric_input_bytes(metric, dimension);
  size_t stride = sl_metric_row_bytes(metric, dimension);
  *factor = 1;
  if (metric == SL_METRIC_HAMMING) {
    memmove(row, vector, bytes);
    memset((char *)row + bytes, 0, stride - bytes);
    return SL_OK;
  }
  const float *x = vector;
  size_t bad = sl_first_beyond_f32(x, dimension, SL_DISTANCE_LIMIT);
  if (bad < dimension) {
    if (!isfinite(x[bad])) {
      return sl_fail(SL_ERR_NOT_FINITE, argument, "finite numbers", position);
    }
    return sl_fail(SL_ERR_RANGE, argument, "elements of magnitude at most 1e16", position);
  }
  if (metric == SL_METRIC_COSINE) {
    SL_REQUIRE_AT(sl_norm2_f32(x, dimension) > 0, SL_ERR_RANGE, argument,
                  "a vector that is not zero: cosine needs a direction", position);
    sl_normalize_f32(x, dimension, row, stride / 4);
    return SL_OK;
  }
  if (metric == SL_METRIC_POINCARE) {
    double rest = 1 - sl_dot_f32(x, x, dimension);
    SL_REQUIRE_AT(rest >= 0x1p-40, SL_ERR_RANGE, argument, "a point inside the unit ball",
                  position);
    *factor = (float)(1 / rest);
  }
  memmove(row, vector, bytes);
  memset((char *)row + bytes, 0, stride - bytes);
  return SL_OK;
}

bool sl_metric_is_unit(const float *row, uint32_t dimension) {
  return fabs(sl_dot_f32(row, row, dimension) - 1) <= 1e-5;
}

float sl_metric_distance(sl_metric metric, float key, float query_factor, double curvature) {
  switch (metric) {
  case SL_METRIC_COSINE: {
    float distance = 1 + key;
    return distance > 0 ? distance : 0; // rounding: a vector is not nearer than itself
  }
  case SL_METRIC_EUCLIDEAN:
    return sqrtf(key);
  case SL_METRIC_POINCARE: {
    // arcosh(1 + t) = log1p(t + sqrt(t (t + 2))): no cancellation for near points.
    double t = 2.0 * (double)key * (double)query_factor;
    return (float)(log1p(t + sqrt(t * (t + 2))) / sqrt(curvature));
  }
  default:
    return key;
  }
}
