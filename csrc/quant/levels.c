#include "quant/levels.h"

#include <math.h>

#include "simd/round.h"

// Steps relative to the one at which nothing is cut off: of rotated vectors of hundreds of elements
// the best is at 0.5 to 1, of those that have few large elements further down.
enum { SCALES = 13, NARROWER = 2 };
static const float SHRINK = 0.91f;

static sl_f32x4 lesser(sl_f32x4 a, sl_f32x4 b) {
  sl_i32x4 less = (sl_i32x4)(a < b);
  return (sl_f32x4)(((sl_i32x4)a & less) | ((sl_i32x4)b & ~less));
}

// The square of the cosine, up to a factor, of x and x rounded at the scale unit * ratio.
static __attribute__((noinline)) float fit(const float *x, uint32_t n, float unit, float ratio,
                                           float top) {
  sl_f32x4 product = sl_f32x4_splat(0), squares = product;
  for (uint32_t i = 0; i < n; i += 4) {
    sl_f32x4 a = sl_f32x4_abs(sl_f32x4_load(x + i)) * sl_f32x4_splat(unit);
    sl_f32x4 v = lesser(a * sl_f32x4_splat(ratio), sl_f32x4_splat(top));
    v = __builtin_convertvector(__builtin_convertvector(v, sl_i32x4), sl_f32x4) +
        sl_f32x4_splat(0.5f);
    product += a * v;
    squares += v * v;
  }
  float dot = (product[0] + product[1]) + (product[2] + product[3]);
  return dot * dot / ((squares[0] + squares[1]) + (squares[2] + squares[3]));
}

void sl_levels_encode(const float *x, uint32_t n, uint32_t bits, uint8_t *values) {
  uint32_t half = 1u << (bits - 1);
  float most = sl_norm_inf_f32(x, n), best = 0, ratio = 1, chosen = 1, apart = 0.5f * (1 - SHRINK);
  float top = (float)(half - 1);
  float unit = (float)half / most;
  // Of zero, and of what is as good as zero, one value is as right as another.
  if (!isfinite(unit)) unit = 0;
  for (int i = 0; i < SCALES; i++, ratio /= SHRINK) {
    float now = fit(x, n, unit, ratio, top);
    if (!(now > best)) continue;
    best = now;
    chosen = ratio;
  }
  for (int i = 0; i < NARROWER; i++, apart *= 0.5f) {
    float up = chosen * (1 + apart), down = chosen * (1 - apart);
    float above = fit(x, n, unit, up, top), below = fit(x, n, unit, down, top);
    if (above > best || below > best) chosen = above > below ? up : down;
    best = above > best ? above : best;
    best = below > best ? below : best;
  }
  for (uint32_t i = 0; i < n; i++) {
    float y = fabsf(x[i]) * unit * chosen;
    uint32_t m = (uint32_t)(y < top ? y : top);
    values[i] = (uint8_t)(x[i] < 0 ? half - 1 - m : half + m);
  }
}
