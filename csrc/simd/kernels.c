#include "simd/kernels.h"

#include <math.h>

#include "simd/simd.h"

// Four independent two-lane sums hide the latency of an f64 add (3-4 cycles) on every wasm engine.
#define SUM4(a, b, c, d) (sl_f64x2_sum(((a) + (b)) + ((c) + (d))))

double sl_dot_f64(const double *x, const double *y, size_t n) {
  sl_f64x2 a = {0, 0}, b = a, c = a, d = a;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    a += sl_f64x2_load(x + i) * sl_f64x2_load(y + i);
    b += sl_f64x2_load(x + i + 2) * sl_f64x2_load(y + i + 2);
    c += sl_f64x2_load(x + i + 4) * sl_f64x2_load(y + i + 4);
    d += sl_f64x2_load(x + i + 6) * sl_f64x2_load(y + i + 6);
  }
  double sum = SUM4(a, b, c, d);
  for (; i < n; i++) sum += x[i] * y[i];
  return sum;
}

double sl_dot_f32(const float *x, const float *y, size_t n) {
  sl_f64x2 a = {0, 0}, b = a, c = a, d = a;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    a += sl_f64x2_load_f32(x + i) * sl_f64x2_load_f32(y + i);
    b += sl_f64x2_load_f32(x + i + 2) * sl_f64x2_load_f32(y + i + 2);
    c += sl_f64x2_load_f32(x + i + 4) * sl_f64x2_load_f32(y + i + 4);
    d += sl_f64x2_load_f32(x + i + 6) * sl_f64x2_load_f32(y + i + 6);
  }
  double sum = SUM4(a, b, c, d);
  for (; i < n; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

void sl_axpy_f32(float alpha, const float *x, float *y, size_t n) {
  sl_f32x4 factor = sl_f32x4_splat(alpha);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_f32x4_store(y + i, sl_f32x4_load(y + i) + factor * sl_f32x4_load(x + i));
  }
  for (; i < n; i++) y[i] += alpha * x[i];
}

void sl_axpy_f64(double alpha, const double *x, double *y, size_t n) {
  sl_f64x2 factor = sl_f64x2_splat(alpha);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_f64x2_store(y + i, sl_f64x2_load(y + i) + factor * sl_f64x2_load(x + i));
    sl_f64x2_store(y + i + 2, sl_f64x2_load(y + i + 2) + factor * sl_f64x2_load(x + i + 2));
  }
  for (; i < n; i++) y[i] += alpha * x[i];
}

void sl_xpby_f64(const double *x, double beta, double *y, size_t n) {
  sl_f64x2 factor = sl_f64x2_splat(beta);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_f64x2_store(y + i, sl_f64x2_load(x + i) + factor * sl_f64x2_load(y + i));
    sl_f64x2_store(y + i + 2, sl_f64x2_load(x + i + 2) + factor * sl_f64x2_load(y + i + 2));
  }
  for (; i < n; i++) y[i] = x[i] + beta * y[i];
}

void sl_scale_f32(float alpha, float *x, size_t n) {
  sl_f32x4 factor = sl_f32x4_splat(alpha);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) sl_f32x4_store(x + i, factor * sl_f32x4_load(x + i));
  for (; i < n; i++) x[i] *= alpha;
}

void sl_scale_f64(double alpha, double *x, size_t n) {
  sl_f64x2 factor = sl_f64x2_splat(alpha);
  size_t i = 0;
  for (; i + 2 <= n; i += 2) sl_f64x2_store(x + i, factor * sl_f64x2_load(x + i));
  for (; i < n; i++) x[i] *= alpha;
}

double sl_norm1_f64(const double *x, size_t n) {
  sl_f64x2 a = {0, 0}, b = a, c = a, d = a;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    a += sl_f64x2_abs(sl_f64x2_load(x + i));
    b += sl_f64x2_abs(sl_f64x2_load(x + i + 2));
    c += sl_f64x2_abs(sl_f64x2_load(x + i + 4));
    d += sl_f64x2_abs(sl_f64x2_load(x + i + 6));
  }
  double sum = SUM4(a, b, c, d);
  for (; i < n; i++) sum += fabs(x[i]);
  return sum;
}

double sl_norm_inf_f64(const double *x, size_t n) {
  sl_f64x2 a = {0, 0}, b = a;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    a = sl_f64x2_pmax(a, sl_f64x2_abs(sl_f64x2_load(x + i)));
    b = sl_f64x2_pmax(b, sl_f64x2_abs(sl_f64x2_load(x + i + 2)));
  }
  a = sl_f64x2_pmax(a, b);
  double most = a[0] < a[1] ? a[1] : a[0];
  for (; i < n; i++) most = most < fabs(x[i]) ? fabs(x[i]) : most;
  return most;
}

double sl_sum_f64(const double *x, size_t n) {
  sl_f64x2 a = {0, 0}, b = a, c = a, d = a;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    a += sl_f64x2_load(x + i);
    b += sl_f64x2_load(x + i + 2);
    c += sl_f64x2_load(x + i + 4);
    d += sl_f64x2_load(x + i + 6);
  }
  double sum = SUM4(a, b, c, d);
  for (; i < n; i++) sum += x[i];
  return sum;
}

double sl_norm2_f32(const float *x, size_t n) {
  return sqrt(sl_dot_f32(x, x, n)); // squares of f32 neither overflow nor vanish in f64
}

double sl_norm2_f64(const double *x, size_t n) {
  double squares = sl_dot_f64(x, x, n);
  // In the safe middle the plain sum of squares is exact enough; only the rare ends are rescaled.
  if (squares > 0x1p-900 && squares < 0x1p1000) return sqrt(squares);
  double most = sl_norm_inf_f64(x, n);
  if (most == 0 || !isfinite(most)) return isnan(squares) ? squares : most;
  int exponent;
  frexp(most, &exponent);
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double scaled = ldexp(x[i], -exponent);
    sum += scaled * scaled;
  }
  return ldexp(sqrt(sum), exponent);
}

// x - x is 0 for a finite x and NaN otherwise; the sum of zeros stays zero. A found block is then
// searched lane by lane.
size_t sl_first_not_finite_f64(const double *x, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    sl_f64x2 a = sl_f64x2_load(x + i), b = sl_f64x2_load(x + i + 2);
    sl_f64x2 c = sl_f64x2_load(x + i + 4), d = sl_f64x2_load(x + i + 6);
    sl_f64x2 zero = ((a - a) + (b - b)) + ((c - c) + (d - d));
    if (!(zero[0] + zero[1] == 0)) break;
  }
  for (; i < n; i++) {
    if (!isfinite(x[i])) return i;
  }
  return n;
}

size_t sl_first_not_finite_f32(const float *x, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    sl_f32x4 a = sl_f32x4_load(x + i), b = sl_f32x4_load(x + i + 4);
    sl_f32x4 zero = (a - a) + (b - b);
    if (!((zero[0] + zero[1]) + (zero[2] + zero[3]) == 0)) break;
  }
  for (; i < n; i++) {
    if (!isfinite(x[i])) return i;
  }
  return n;
}

void sl_widen_f32(const float *x, double *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = x[i];
}

void sl_narrow_f64(const double *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = (float)x[i];
}
