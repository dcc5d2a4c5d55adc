// Dense networks, forwards and backwards.
//
// Based on: D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning representations by
// back-propagating errors", Nature 323 (1986), doi:10.1038/323533a0. First weights: X. Glorot,
// Y. Bengio, AISTATS 2010; K. He and others, arXiv:1502.01852. The squares of each example's
// gradient need no gradient of their own: that of a weight is x_i d_j, its square x_i^2 d_j^2, so
// their sum is the same product of squared factors (I. Goodfellow, arXiv:1510.01799).
#include "continual/net.h"

#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"
#include "gemm/functions.h"
#include "train/matrix.h"

sl_status sl_net_shape(uint32_t inputs, const uint32_t *hidden, uint32_t hidden_count,
                       uint32_t outputs, uint32_t function, sl_net *out) {
  SL_REQUIRE(inputs >= 1 && inputs <= SL_NET_MOST_WIDTH, SL_ERR_OPTION, "inputs", "1 to 2^16");
  SL_REQUIRE(outputs >= 1 && outputs <= SL_NET_MOST_WIDTH, SL_ERR_OPTION, "outputs", "1 to 2^16");
  SL_REQUIRE(hidden_count < SL_NET_MOST_LAYERS, SL_ERR_OPTION, "hidden", "4 layers at most");
  SL_REQUIRE(function <= SL_NET_TANH, SL_ERR_OPTION, "activation", "relu or tanh");
  *out = (sl_net){.layers = hidden_count + 1, .function = function, .widths = {inputs}};
  uint64_t parameters = 0;
  for (uint32_t l = 0; l <= hidden_count; l++) {
    const uint32_t width = l < hidden_count ? hidden[l] : outputs;
    SL_REQUIRE_AT(width >= 1 && width <= SL_NET_MOST_WIDTH, SL_ERR_OPTION, "hidden", "1 to 2^16",
                  l);
    out->widths[l + 1] = width;
    if (width > out->widest) out->widest = width;
    parameters += ((uint64_t)out->widths[l] + 1) * width;
  }
  SL_REQUIRE(parameters <= SL_NET_MOST_PARAMETERS, SL_ERR_OVERFLOW, "hidden",
             "a network of at most 2^22 parameters");
  out->parameters = (uint32_t)parameters;
  return SL_OK;
}

void sl_net_draw(const sl_net *net, sl_rng *rng, double last, float *parameters) {
  for (uint32_t l = 0; l < net->layers; l++) {
    const uint32_t in = net->widths[l], out = net->widths[l + 1];
    const bool ends = l + 1 == net->layers;
    const double scale =
        net->function == SL_NET_RELU && !ends ? sqrt(2.0 / in) : sqrt(2.0 / ((double)in + out));
    const uint32_t weights = in * out;
    for (uint32_t i = 0; i < weights; i++)
      parameters[i] = (float)(sl_draw_normal(rng) * scale * (ends ? last : 1));
    memset(parameters + weights, 0, out * sizeof *parameters);
    parameters += weights + out;
  }
}

uint32_t sl_net_rows(const sl_net *net, uint32_t most) {
  const uint32_t fit = (1u << 21) / net->parameters + 1;
  return most < fit ? most : fit;
}

sl_status sl_net_work_create(const sl_net *net, uint32_t rows, sl_net_work *out) {
  *out = (sl_net_work){.rows = rows};
  size_t widest = net->widest;
  if (net->widths[0] > widest) widest = net->widths[0];
  for (uint32_t l = 0; l < net->layers; l++) {
    SL_TRY(SL_ALLOC(&out->given[l], (size_t)rows * net->widths[l + 1]));
  }
  SL_TRY(SL_ALLOC(&out->delta, (size_t)rows * net->widest));
  SL_TRY(SL_ALLOC(&out->other, (size_t)rows * net->widest));
  SL_TRY(SL_ALLOC(&out->squares, rows * widest * 2));
  return SL_ALLOC(&out->product, (size_t)SL_MULTIPLY_WORK);
}

void sl_net_work_free(sl_net_work *work) {
  for (uint32_t l = 0; l < SL_NET_MOST_LAYERS; l++) sl_free(work->given[l]);
  sl_free(work->delta);
  sl_free(work->other);
  sl_free(work->squares);
  sl_free(work->product);
  memset(work, 0, sizeof *work);
}

// ---- passes -------------------------------------------------------------------------------------

__attribute__((noinline)) static void apply(float *x, size_t n, uint32_t function) {
  if (function == SL_NET_RELU) {
    for (size_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i];
  } else {
    size_t i = 0;
    for (; i + 4 <= n; i += 4) sl_f32x4_store(x + i, sl_f32x4_tanh(sl_f32x4_load(x + i)));
    for (; i < n; i++) x[i] = sl_f32x4_tanh(sl_f32x4_splat(x[i]))[0];
  }
}

float *sl_net_forward(const sl_net *net, const float *parameters, const float *x, uint32_t rows,
                      sl_net_work *work) {
  for (uint32_t l = 0; l < net->layers; l++) {
    const uint32_t in = net->widths[l], out = net->widths[l + 1];
    const float *biases = parameters + (size_t)in * out;
    float *y = work->given[l];
    for (uint32_t r = 0; r < rows; r++) memcpy(y + (size_t)r * out, biases, out * sizeof *y);
    sl_multiply(rows, in, out, 1, sl_rows_of(x, in), sl_rows_of(parameters, out), y, out, true,
                work->product);
    if (l + 1 < net->layers) apply(y, (size_t)rows * out, net->function);
    parameters = biases + out;
    x = y;
  }
  return work->given[net->layers - 1];
}

// delta times the slope of the function where it gave y.
__attribute__((noinline)) static void slope(const float *y, size_t n, uint32_t function,
                                            float *delta) {
  if (function == SL_NET_RELU) {
    for (size_t i = 0; i < n; i++) delta[i] = y[i] > 0 ? delta[i] : 0;
  } else {
    for (size_t i = 0; i < n; i++) delta[i] *= 1 - y[i] * y[i];
  }
}

__attribute__((noinline)) static void square(const float *x, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = x[i] * x[i];
}

void sl_net_backward(const sl_net *net, const float *parameters, const float *x, uint32_t rows,
                     const float *last, bool squared, sl_net_work *work, float *gradient) {
  memcpy(work->delta, last, (size_t)rows * net->widths[net->layers] * sizeof *last);
  size_t at = net->parameters;
  for (uint32_t l = net->layers; l-- > 0;) {
    const uint32_t in = net->widths[l], out = net->widths[l + 1];
    at -= ((size_t)in + 1) * out;
    const float *a = l > 0 ? work->given[l - 1] : x, *d = work->delta;
    if (squared) {
      float *a2 = work->squares, *d2 = a2 + (size_t)rows * in;
      square(a, (size_t)rows * in, a2);
      // Both fit: `squares` has twice the widest of inputs and outputs.
      square(d, (size_t)rows * out, d2);
      a = a2;
      d = d2;
    }
    float *weights = gradient + at, *biases = weights + (size_t)in * out;
    sl_multiply(in, rows, out, 1, sl_columns_of(a, in), sl_rows_of(d, out), weights, out, true,
                work->product);
    for (uint32_t r = 0; r < rows; r++)
      for (uint32_t j = 0; j < out; j++) biases[j] += d[(size_t)r * out + j];
    if (l == 0) return;
    sl_multiply(rows, out, in, 1, sl_rows_of(work->delta, out), sl_columns_of(parameters + at, out),
                work->other, in, false, work->product);
    slope(work->given[l - 1], (size_t)rows * in, net->function, work->other);
    float *swap = work->delta;
    work->delta = work->other;
    work->other = swap;
  }
}
