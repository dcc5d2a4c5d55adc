#include "train/loss.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bandit/numbers.h"
#include "gemm/functions.h"
#include "simd/kernels.h"
#include "train/matrix.h"

#define NOINLINE __attribute__((noinline))

static NOINLINE double squares(const float *y, const float *t, size_t n, double by,
                               float *gradient) {
  sl_f64x2 low = {0, 0}, high = low;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const sl_f64x2 a = sl_f64x2_load_f32(y + i) - sl_f64x2_load_f32(t + i);
    const sl_f64x2 b = sl_f64x2_load_f32(y + i + 2) - sl_f64x2_load_f32(t + i + 2);
    low += a * a;
    high += b * b;
    if (gradient == NULL) continue;
    const sl_f32x2 first = __builtin_convertvector(a * by, sl_f32x2);
    const sl_f32x2 second = __builtin_convertvector(b * by, sl_f32x2);
    memcpy(gradient + i, &first, sizeof first);
    memcpy(gradient + i + 2, &second, sizeof second);
  }
  double sums[4] = {low[0], low[1], high[0], high[1]};
  for (; i < n; i++) {
    const double d = (double)y[i] - (double)t[i];
    sums[i & 3] += d * d;
    if (gradient != NULL) gradient[i] = (float)(d * by);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double sl_loss_squared(const float *y, const float *t, size_t n, float *gradient) {
  if (n == 0) return 0;
  return squares(y, t, n, 2 / (double)n, gradient) / (double)n;
}

// out = e^(x - shift); the sum.
static NOINLINE double exponentials(const float *x, size_t n, float shift, float *out) {
  double sums[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < n; i += 4) {
    const size_t here = n - i < 4 ? n - i : 4;
    float part[4] = {0, 0, 0, 0};
    memcpy(part, x + i, here * sizeof *x);
    sl_f32x4_store(part, sl_f32x4_exp(sl_f32x4_load(part) - shift));
    for (size_t j = 0; j < here; j++) sums[j] += (double)part[j];
    memcpy(out + i, part, here * sizeof *x);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static float largest(const float *x, size_t n) {
  float most = -INFINITY;
  for (size_t i = 0; i < n; i++) most = most < x[i] ? x[i] : most;
  return most;
}

// The loss of one row; e becomes the gradient times `rows`, e being scores or apart.
static double row_loss(const float *scores, size_t n, uint32_t label, float *e) {
  const float own = scores[label], most = largest(scores, n);
  const double sum = exponentials(scores, n, most, e), all = 1 / sum;
  // What the others have: not 1 - p, which has no digits where p is near 1.
  const double mine = (double)e[label];
  e[label] = 0;
  double others = 0;
  for (size_t j = 0; j < n; j++) others += (double)e[j];
  sl_scale_f32((float)all, e, n);
  e[label] = (float)(-others * all);
  // log(1 + x) = x - x^2 / 2 + ... for the same reason.
  const double x = others / mine;
  if (x < 1e-4) return x * (1 - x * (0.5 - x * (1.0 / 3 - x * 0.25)));
  return sl_steady_log(sum) - ((double)own - (double)most);
}

double sl_loss_cross_entropy(const float *scores, uint32_t rows, uint32_t classes,
                             const uint32_t *labels, float *gradient, float *work) {
  double loss = 0;
  for (uint32_t i = 0; i < rows; i++) {
    const float *row = scores + (size_t)i * classes;
    loss += row_loss(row, classes, labels[i], work);
    if (gradient == NULL) continue;
    sl_scale_f32((float)(1 / (double)rows), work, classes);
    memcpy(gradient + (size_t)i * classes, work, classes * sizeof *work);
  }
  return rows > 0 ? loss / rows : 0;
}

size_t sl_info_nce_work(uint32_t rows, uint32_t count) {
  return (size_t)rows * count + SL_MULTIPLY_WORK;
}

double sl_loss_info_nce(const float *queries, uint32_t rows, uint32_t first, const float *keys,
                        uint32_t count, uint32_t dimension, const uint32_t *same,
                        double temperature, double share, float *query_gradient,
                        float *key_gradient, float *work) {
  float *scores = work + SL_MULTIPLY_WORK;
  const float heat = (float)(1 / temperature), each = (float)(share / temperature);
  sl_multiply(rows, dimension, count, heat, sl_rows_of(queries, dimension),
              sl_columns_of(keys, dimension), scores, count, false, work);
  double loss = 0;
  for (uint32_t i = 0; i < rows; i++) {
    const uint32_t own = first + i;
    float *row = scores + (size_t)i * count;
    if (same != NULL)
      for (uint32_t j = 0; j < count; j++)
        if (j != own && same[j] == same[own]) row[j] = -INFINITY;
    loss += row_loss(row, count, own, row);
  }
  if (query_gradient != NULL)
    sl_multiply(rows, count, dimension, each, sl_rows_of(scores, count),
                sl_rows_of(keys, dimension), query_gradient, dimension, false, work);
  if (key_gradient != NULL)
    sl_multiply(count, rows, dimension, each, sl_columns_of(scores, count),
                sl_rows_of(queries, dimension), key_gradient, dimension, true, work);
  return loss * share;
}

void sl_unit_rows(const float *x, uint32_t rows, uint32_t dimension, float *out, double *lengths) {
  for (uint32_t i = 0; i < rows; i++) {
    const size_t at = (size_t)i * dimension;
    lengths[i] = sl_norm2_f32(x + at, dimension);
    const double by = lengths[i] > 0 ? 1 / lengths[i] : 0;
    for (uint32_t j = 0; j < dimension; j++) out[at + j] = (float)((double)x[at + j] * by);
  }
}

void sl_unit_rows_gradient(const float *unit, const double *lengths, uint32_t rows,
                           uint32_t dimension, float *gradient) {
  for (uint32_t i = 0; i < rows; i++) {
    const size_t at = (size_t)i * dimension;
    const double along = sl_dot_f32(unit + at, gradient + at, dimension);
    const double by = lengths[i] > 0 ? 1 / lengths[i] : 0;
    for (uint32_t j = 0; j < dimension; j++)
      gradient[at + j] = (float)(((double)gradient[at + j] - along * (double)unit[at + j]) * by);
  }
}
