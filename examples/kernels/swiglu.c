// Based on: N. Shazeer, "GLU Variants Improve Transformer", 2020.
#include "kernel.h"

typedef int i32x4 __attribute__((vector_size(16)));

// e^x to about 2e-7 of its value for x in [-87, 88], by the remainder of x / ln 2 and a polynomial.
static inline f32x4 exponential(f32x4 x) {
  x = __builtin_wasm_max_f32x4(__builtin_wasm_min_f32x4(x, all(88)), all(-87));
  const f32x4 n = __builtin_wasm_nearest_f32x4(x * all(1.44269504f));
  const f32x4 r = x - n * all(0.693359375f) + n * all(2.12194440e-4f);
  f32x4 p = all(1.9875691500e-4f);
  p = p * r + all(1.3981999507e-3f);
  p = p * r + all(8.3334519073e-3f);
  p = p * r + all(4.1665795894e-2f);
  p = p * r + all(1.6666665459e-1f);
  p = p * r + all(5.0000001201e-1f);
  p = p * r * r + r + all(1);
  const i32x4 power = (__builtin_convertvector(n, i32x4) + 127) << 23;
  return p * (f32x4)power;
}

// y = gate / (1 + e^-gate) * up, number by number.
KERNEL(swiglu)
void swiglu(const float *restrict gate, const float *restrict up, float *restrict y, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const f32x4 g = load(gate + i);
    store(y + i, g / (all(1) + exponential(-g)) * load(up + i));
  }
  for (; i < count; i++) y[i] = gate[i] / (1 + exponential(all(-gate[i]))[0]) * up[i];
}
