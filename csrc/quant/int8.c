#include "quant/int8.h"

#include <math.h>

#include "simd/kernels.h"
#include "simd/round.h"

// Halves away from zero, by truncation: the same in every build, unlike a rounding mode.
static int nearest(float x) { return (int)(x < 0 ? x - 0.5f : x + 0.5f); }

static int clamp(int x, int most) { return x > most ? most : (x < -most ? -most : x); }

float sl_int8_encode(const float *x, size_t n, int8_t *codes) {
  float scale = sl_norm_inf_f32(x, n) / SL_INT8_MOST;
  float inverse = 1 / scale;
  // A vector of numbers so small that their scale has no inverse is as good as zero.
  if (!(scale > 0) || !isfinite(inverse)) scale = inverse = 0;
  for (size_t i = 0; i < n; i++) codes[i] = (int8_t)clamp(nearest(x[i] * inverse), SL_INT8_MOST);
  return scale;
}

void sl_int8_decode(const int8_t *codes, size_t n, float scale, float *x) {
  for (size_t i = 0; i < n; i++) x[i] = scale * (float)codes[i];
}

sl_status sl_int8_encode_all(const float *vectors, uint32_t count, uint32_t dimension,
                             int8_t *codes, float *scales) {
  for (uint32_t i = 0; i < count; i++) {
    const float *x = vectors + (size_t)i * dimension;
    SL_REQUIRE_AT(sl_first_not_finite_f32(x, dimension) == dimension, SL_ERR_NOT_FINITE, "vectors",
                  "finite numbers", i);
    scales[i] = sl_int8_encode(x, dimension, codes + (size_t)i * dimension);
  }
  return SL_OK;
}

sl_status sl_int8_decode_all(const int8_t *codes, const float *scales, uint32_t count,
                             uint32_t dimension, float *vectors) {
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(isfinite(scales[i]), SL_ERR_NOT_FINITE, "scales", "finite numbers", i);
    sl_int8_decode(codes + (size_t)i * dimension, dimension, scales[i],
                   vectors + (size_t)i * dimension);
  }
  return SL_OK;
}
