// Random directions that are orthogonal to each other, with the same bits in every build.
#include <math.h>
#include <string.h>

#include "attention/linear_parts.h"
#include "base/rng.h"
#include "simd/kernels.h"

// The natural logarithm of 0 < x < 1, to a few units in the last place, of operations that are exactly
// rounded: those of C libraries differ.
static double logarithm(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int exponent = (int)(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffu) | 0x3ff0000000000000u;
  double m;
  memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) {
    m /= 2;
    exponent++;
  }
  const double f = (m - 1) / (m + 1), s = f * f;
  double sum = 0;
  for (int k = 23; k >= 1; k -= 2) sum = sum * s + 1.0 / k;
  return exponent * 0.6931471805599453 + 2 * f * sum;
}

// A normal number: G. Marsaglia, T. A. Bray, "A convenient method for generating normal variables",
// SIAM Review 6 (1964).
static double normal(sl_rng *rng) {
  for (;;) {
    const double u = 2 * sl_rng_double(rng) - 1, v = 2 * sl_rng_double(rng) - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * sqrt(-2 * logarithm(s) / s);
  }
}

void sl_linear_draw(float *projection, uint32_t features, uint32_t size, uint32_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t row = 0; row < features; row++) {
    float *w = projection + (size_t)row * size;
    const uint32_t first = row - row % size;
    double length;
    do { // what is left of a row that depends on those before it is noise: another one is drawn
      for (uint32_t j = 0; j < size; j++) w[j] = (float)normal(&rng);
      const double before = sl_norm2_f32(w, size);
      // Twice is enough (Kahan; Parlett, "The Symmetric Eigenvalue Problem", 6.9).
      for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = first; i < row; i++) {
          const float *other = projection + (size_t)i * size;
          const double along = sl_dot_f32(w, other, size) / sl_dot_f32(other, other, size);
          sl_axpy_f32((float)-along, other, w, size);
        }
      length = sl_norm2_f32(w, size) / (before > 0 ? before : 1);
    } while (!(length > 1e-3));
    double squares = 0;
    for (uint32_t j = 0; j < size; j++) {
      const double x = normal(&rng);
      squares += x * x;
    }
    sl_scale_f32((float)(sqrt(squares) / sl_norm2_f32(w, size)), w, size);
  }
}
