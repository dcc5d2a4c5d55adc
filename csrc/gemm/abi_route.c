// Raw ABI of gemm/route.h.
#include "base/abi.h"
#include "gemm/route.h"

// asked: tokens, experts, top, capacity (2^32 - 1: all), renormalize. logits: tokens * experts f32.
// chosen, rows, order: tokens * top u32 each; weights: as many f32; offsets: experts + 1 u32; scratch:
// experts f32. All but logits are written.
int32_t SL_ABI(sl_abi_route)(const uint32_t *asked, const float *logits, uint32_t *chosen,
                             float *weights, uint32_t *rows, uint32_t *order, uint32_t *offsets,
                             float *scratch) {
  const double count = (double)asked[0] * asked[1];
  SL_REQUIRE(count < (double)(SIZE_MAX / 8), SL_ERR_OVERFLOW, "logits", "fewer tokens");
  const sl_route_options options = {logits,   (size_t)count, asked[0], asked[1], asked[2],
                                    asked[3], asked[4],      chosen,   weights,  rows,
                                    order,    offsets,       scratch};
  return sl_route(&options);
}

// shape: rows of from, columns, tokens, top. from: rows * columns f32; rows, weights: tokens * top;
// out: tokens * columns f32, written.
int32_t SL_ABI(sl_abi_combine)(const uint32_t *shape, const float *from, const uint32_t *rows,
                               const float *weights, float *out) {
  return sl_combine(from, shape[0], shape[1], rows, weights, shape[2], shape[3], out);
}
