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

// exp(x - shift) of four elements in their place; each is added to its sum.
static inline __attribute__((always_inline)) void weigh_four(float *x, sl_f32x4 shift,
                                                             sl_f64x2 sums[2]) {
  const sl_f32x4 e = sl_f32x4_exp(sl_f32x4_load(x) - shift);
  sl_f32x4_store(x, e);
  sums[0] += (sl_f64x2){(double)e[0], (double)e[1]};
  sums[1] += (sl_f64x2){(double)e[2], (double)e[3]};
}

static NOINLINE void softmax_row(float *x, size_t n) {
  sl_f32x4 most = sl_f32x4_splat(-INFINITY);
  sl_i32x4 broken = {0, 0, 0, 0};
  float last[4];
  sl_f32x4_store(last, most);
  const size_t whole = n - n % 4;
  memcpy(last, x + whole, (n - whole) * sizeof *x);
  for (size_t i = 0; i <= whole; i += 4) {
    const sl_f32x4 v = sl_f32x4_load(i < whole ? x + i : last);
    broken |= (sl_i32x4)(v != v);
    most = sl_f32x4_max(most, v);
  }
  const float a = most[0] < most[1] ? most[1] : most[0], b = most[2] < most[3] ? most[3] : most[2];
  const bool number = (broken[0] | broken[1] | broken[2] | broken[3]) == 0;
  const sl_f32x4 shift = sl_f32x4_splat(number ? a < b ? b : a : NAN);
  sl_f64x2 sums[2] = {{0, 0}, {0, 0}};
  for (size_t i = 0; i < whole; i += 4) weigh_four(x + i, shift, sums);
  if (n > whole) {
    weigh_four(last, shift, sums); // what is not there is exp(-inf) = 0
    memcpy(x + whole, last, (n - whole) * sizeof *x);
  }
  const double sum = (sums[0][0] + sums[0][1]) + (sums[1][0] + sums[1][1]);
  sl_scale_f32((float)(1 / sum), x, n);
}

void sl_softmax(float *x, size_t rows, size_t columns) {
  for (size_t i = 0; i < rows; i++) softmax_row(x + i * columns, columns);
}

// Four elements in float64, as two pairs.
typedef struct fours {
  sl_f64x2 low, high;
} fours;
static inline fours load_fours(const float *x) {
  return (fours){sl_f64x2_load_f32(x), sl_f64x2_load_f32(x + 2)};
}
static inline void store_fours(float *x, fours v) {
  const sl_f32x2 low = __builtin_convertvector(v.low, sl_f32x2),
                 high = __builtin_convertvector(v.high, sl_f32x2);
  memcpy(x, &low, sizeof low);
  memcpy(x + 2, &high, sizeof high);
}

// x = (x - shift) * scale * gain + bias, rounded once.
static NOINLINE void normalize_row(float *x, size_t n, double shift, double scale,
                                   const float *gain, const float *bias) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    fours v = load_fours(x + i);
    v.low = (v.low - shift) * scale, v.high = (v.high - shift) * scale;
    if (gain != NULL) {
      const fours by = load_fours(gain + i);
      v.low *= by.low, v.high *= by.high;
    }
    if (bias != NULL) {
      const fours more = load_fours(bias + i);
      v.low += more.low, v.high += more.high;
    }
    store_fours(x + i, v);
  }
  for (; i < n; i++) {
    double value = ((double)x[i] - shift) * scale;
    if (gain != NULL) value *= (double)gain[i];
    if (bias != NULL) value += (double)bias[i];
    x[i] = (float)value;
  }
}

// The sum of every fourth element is one of four, which are added up at the end.
static NOINLINE double sum_row(const float *x, size_t n, double shift, bool squares) {
  sl_f64x2 low = sl_f64x2_splat(0), high = low;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    fours d = load_fours(x + i);
    d.low -= shift, d.high -= shift;
    low += squares ? d.low * d.low : d.low;
    high += squares ? d.high * d.high : d.high;
  }
  double sums[4] = {low[0], low[1], high[0], high[1]};
  for (; i < n; i++) {
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
