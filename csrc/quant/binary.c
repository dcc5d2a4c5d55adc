#include "quant/binary.h"

#include <math.h>
#include <string.h>

#include "simd/kernels.h"

void sl_binary_encode(const float *x, size_t n, uint8_t *bits) {
  memset(bits, 0, (n + 7) / 8);
  for (size_t i = 0; i < n; i++) bits[i / 8] |= (uint8_t)((x[i] > 0) << (i % 8));
}

sl_status sl_binary_encode_all(const float *vectors, uint32_t count, uint32_t dimension,
                               uint8_t *bits) {
  SL_REQUIRE(dimension > 0 && dimension % 8 == 0, SL_ERR_SHAPE, "dimension", "a multiple of 8");
  for (uint32_t i = 0; i < count; i++) {
    const float *x = vectors + (size_t)i * dimension;
    SL_REQUIRE_AT(sl_first_not_finite_f32(x, dimension) == dimension, SL_ERR_NOT_FINITE, "vectors",
                  "finite numbers", i);
    sl_binary_encode(x, dimension, bits + (size_t)i * (dimension / 8));
  }
  return SL_OK;
}
