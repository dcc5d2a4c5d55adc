#include "gemm/activation.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "gemm/functions.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))

static inline __attribute__((always_inline)) sl_f32x4 apply(sl_f32x4 x, uint32_t activation) {
  switch (activation) {
  case SL_ACTIVATION_RELU:
    return sl_f32x4_select((sl_i32x4)(x < sl_f32x4_splat(0)), sl_f32x4_splat(0), x);
  case SL_ACTIVATION_GELU:
    return 0.5f * x * (1.0f + sl_f32x4_erf(x * 0.70710678f));
  case SL_ACTIVATION_GELU_TANH:
    return 0.5f * x * (1.0f + sl_f32x4_tanh(0.79788456f * (x + 0.044715f * (x * x * x))));
  case SL_ACTIVATION_SILU:
    return x / (1.0f + sl_f32x4_exp(-x));
  case SL_ACTIVATION_TANH:
    return sl_f32x4_tanh(x);
  default:
    return sl_f32x4_sigmoid(x);
  }
}

// One loop each, so that what to do is not asked for every four numbers.
#define LOOP(name, activation)                                                                     \
  static NOINLINE void name(float *x, size_t n) {                                                  \
    for (size_t i = 0; i + 4 <= n; i += 4)                                                         \
      sl_f32x4_store(x + i, apply(sl_f32x4_load(x + i), activation));                              \
  }
LOOP(relu, SL_ACTIVATION_RELU)
LOOP(gelu, SL_ACTIVATION_GELU)
LOOP(gelu_tanh, SL_ACTIVATION_GELU_TANH)
LOOP(silu, SL_ACTIVATION_SILU)
LOOP(tanh_4, SL_ACTIVATION_TANH)
LOOP(sigmoid, SL_ACTIVATION_SIGMOID)

sl_status sl_activate(float *x, size_t n, uint32_t activation) {
  static void (*const loops[SL_ACTIVATIONS])(float *, size_t) = {NULL, relu,   gelu,   gelu_tanh,
                                                                 silu, tanh_4, sigmoid};
  SL_REQUIRE(activation < SL_ACTIVATIONS, SL_ERR_OPTION, "activation", "one of sl_activation");
  if (activation == SL_ACTIVATION_NONE) return SL_OK;
  loops[activation](x, n);
  const size_t rest = n % 4;
  if (rest > 0) {
    float last[4] = {0, 0, 0, 0};
    memcpy(last, x + (n - rest), rest * sizeof *x);
    loops[activation](last, 4);
    memcpy(x + (n - rest), last, rest * sizeof *x);
  }
  return SL_OK;
}

void sl_swiglu(const float *gate, const float *up, float *out, size_t n) {
  for (size_t i = 0; i < n; i += 4) {
    const size_t here = n - i < 4 ? n - i : 4;
    float g[4] = {0, 0, 0, 0}, u[4] = {0, 0, 0, 0};
    memcpy(g, gate + i, here * sizeof *g);
    memcpy(u, up + i, here * sizeof *u);
    sl_f32x4 made = apply(sl_f32x4_load(g), SL_ACTIVATION_SILU) * sl_f32x4_load(u);
    memcpy(out + i, &made, here * sizeof *out);
  }
}

static NOINLINE void softmax_row(float *x, size_t n) {
  float most = -INFINITY;
  bool broken = false;
  for (size_t i = 0; i < n; i++) {
    broken = broken || x[i] != x[i];
    most = most < x[i] ? x[i] : most;
  }
  if (broken) most = NAN;
  const sl_f32x4 shift = sl_f32x4_splat(most);
  double sums[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < n; i += 4) {
    const size_t here = n - i < 4 ? n - i : 4;
    float part[4] = {0, 0, 0, 0};
    memcpy(part, x + i, here * sizeof *x);
    sl_f32x4 e = sl_f32x4_exp(sl_f32x4_load(part) - shift);
    sl_f32x4_store(part, e);
    for (size_t j = 0; j < here; j++) sums[j] += (double)part[j];
    memcpy(x + i, part, here * sizeof *x);
  }
  sl_scale_f32((float)(1 / ((sums[0] + sums[1]) + (sums[2] + sums[3]))), x, n);
}

void sl_softmax(float *x, size_t rows, size_t columns) {
  for (size_t i = 0; i < rows; i++) softmax_row(x + i * columns, columns);
}

// x = (x - shift) * scale * gain + bias, rounded once.
static NOINLINE void normalize_row(float *x, size_t n, double shift, double scale,
                                   const float *gain, const float *bias) {
  for (size_t i = 0; i < n; i++) {
    double value = ((double)x[i] - shift) * scale;
    if (gain != NULL) value *= (double)gain[i];
    if (bias != NULL) value += (double)bias[i];
    x[i] = (float)value;
  }
}

static NOINLINE double sum_row(const float *x, size_t n, double shift, bool squares) {
  double sums[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < n; i++) {
    const double d = (double)x[i] - shift;
    sums[i & 3] += squares ? d * d : d;
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static sl_status check_epsilon(double epsilon) {
  SL_REQUIRE(epsilon >= 0 && epsilon < INFINITY, SL_ERR_OPTION, "epsilon", "a finite number >= 0");
  return SL_OK;
}

sl_status sl_layer_norm(float *x, size_t rows, size_t columns, const float *gain, const float *bias,
                        double epsilon) {
  SL_TRY(check_epsilon(epsilon));
  for (size_t i = 0; i < rows; i++, x += columns) {
    const double mean = sum_row(x, columns, 0, false) / (double)columns;
    const double variance = sum_row(x, columns, mean, true) / (double)columns;
    normalize_row(x, columns, mean, 1 / sqrt(variance + epsilon), gain, bias);
  }
  return SL_OK;
}

sl_status sl_rms_norm(float *x, size_t rows, size_t columns, const float *gain, double epsilon) {
  SL_TRY(check_epsilon(epsilon));
  for (size_t i = 0; i < rows; i++, x += columns) {
    const double mean = sum_row(x, columns, 0, true) / (double)columns;
    normalize_row(x, columns, 0, 1 / sqrt(mean + epsilon), gain, NULL);
  }
  return SL_OK;
}

sl_status sl_rotate_positions(float *x, uint32_t tokens, uint32_t heads, uint32_t size,
                              uint32_t rotated, double base, double position,
                              uint32_t interleaved) {
  SL_REQUIRE(rotated <= size && rotated % 2 == 0, SL_ERR_OPTION, "rotated",
             "an even number, at most the size of a head");
  SL_REQUIRE(base > 0 && base < INFINITY, SL_ERR_OPTION, "base", "a finite number > 0");
  SL_REQUIRE(position - position == 0, SL_ERR_OPTION, "position", "a finite number");
  const uint32_t pairs = rotated / 2;
  const uint32_t step = interleaved != 0 ? 2 : 1, apart = interleaved != 0 ? 1 : pairs;
  for (uint32_t i = 0; i < pairs; i++) {
    const double frequency = pow(base, -2.0 * i / rotated);
    for (uint32_t t = 0; t < tokens; t++) {
      const double angle = (position + t) * frequency, c = cos(angle), s = sin(angle);
      float *at = x + (size_t)t * heads * size + (size_t)i * step;
      for (uint32_t h = 0; h < heads; h++, at += size) {
        const double a = (double)at[0], b = (double)at[apart];
        at[0] = (float)(a * c - b * s);
        at[apart] = (float)(a * s + b * c);
      }
    }
  }
  return SL_OK;
}
