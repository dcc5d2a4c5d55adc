#include "simd/round.h"

#include <math.h>

float sl_norm_inf_f32(const float *x, size_t n) {
  sl_f32x4 a = sl_f32x4_splat(0), b = a;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    a = sl_f32x4_pmax(a, sl_f32x4_abs(sl_f32x4_load(x + i)));
    b = sl_f32x4_pmax(b, sl_f32x4_abs(sl_f32x4_load(x + i + 4)));
  }
  a = sl_f32x4_pmax(a, b);
  float most = 0;
  for (int lane = 0; lane < 4; lane++) most = most < a[lane] ? a[lane] : most;
  for (; i < n; i++) most = most < fabsf(x[i]) ? fabsf(x[i]) : most;
  return most;
}
