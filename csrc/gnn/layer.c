// Based on: T. Kipf, M. Welling, "Semi-supervised classification with graph convolutional networks",
// ICLR 2017, arXiv:1609.02907; W. Hamilton, R. Ying, J. Leskovec, NIPS 2017, arXiv:1706.02216 (mean
// aggregator); P. Velickovic et al., "Graph attention networks", ICLR 2018, arXiv:1710.10903.
#include "gnn/layer.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/simd.h"

static const float LEAK = 0.2f;

// A matrix of rows for outputs as one of rows for inputs.
static sl_status turn(const sl_layer *l, const float *from, float **out) {
  SL_TRY(SL_ALLOC_ZERO(out, (size_t)l->inputs * l->stride));
  for (uint32_t o = 0; o < l->width; o++)
    for (uint32_t i = 0; i < l->inputs; i++)
      (*out)[(size_t)i * l->stride + o] = from[(size_t)o * l->inputs + i];
  return SL_OK;
}

static sl_status copy(const float *from, size_t count, size_t room, float **out) {
  SL_TRY(SL_ALLOC_ZERO(out, room));
  memcpy(*out, from, count * sizeof *from);
  return SL_OK;
}

sl_status sl_layer_make(sl_layer *l, const uint32_t *shape, const float *p) {
  *l = (sl_layer){.kind = shape[0],
                  .inputs = shape[1],
                  .outputs = shape[2],
                  .heads = shape[3],
                  .averaged = shape[4] != 0,
                  .activation = shape[5],
                  .width = sl_gnn_width(shape),
                  .given = sl_gnn_given(shape)};
  l->stride = (l->width + 3) / 4 * 4;
  SL_TRY(turn(l, p, &l->matrix));
  p += (size_t)l->width * l->inputs;
  if (l->kind == SL_GNN_GAT) {
    SL_TRY(copy(p, l->width, l->width, &l->source));
    SL_TRY(copy(p + l->width, l->width, l->width, &l->target));
    p += 2 * (size_t)l->width;
  }
  SL_TRY(copy(p, l->given, l->stride, &l->constant));
  if (l->kind == SL_GNN_SAGE) SL_TRY(turn(l, p + l->given, &l->for_self));
  return SL_OK;
}

void sl_layer_free(sl_layer *l) {
  sl_free(l->matrix);
  sl_free(l->for_self);
  sl_free(l->constant);
  sl_free(l->source);
  sl_free(l->target);
  *l = (sl_layer){0};
}

// y += by x
static void add_times(float *y, const float *x, float by, uint32_t count) {
  const sl_f32x4 factor = sl_f32x4_splat(by);
  for (uint32_t c = 0; c < count; c += 4)
    sl_f32x4_store(y + c, sl_f32x4_load(y + c) + factor * sl_f32x4_load(x + c));
}

// y += x M: rows of the matrix for numbers that are not 0, since features are often few.
static uint64_t add_product(float *y, const float *x, const float *matrix, uint32_t inputs,
                            uint32_t stride) {
  uint64_t used = 0;
  for (uint32_t i = 0; i < inputs; i++) {
    if (x[i] == 0) continue;
    add_times(y, matrix + (size_t)i * stride, x[i], stride);
    used++;
  }
  return used * stride / 4 + inputs / 4 + 1;
}

uint64_t sl_layer_change(sl_layer_rows *r, uint32_t i) {
  const sl_layer *l = r->layer;
  float *y = r->changed + (size_t)i * l->stride;
  memset(y, 0, l->stride * sizeof *y);
  const uint64_t done =
      add_product(y, r->features + (size_t)i * r->x_stride, l->matrix, l->inputs, l->stride);
  for (uint32_t h = 0; l->kind == SL_GNN_GAT && h < l->heads; h++) {
    double source = 0, target = 0;
    for (uint32_t c = h * l->outputs; c < (h + 1) * l->outputs; c++) {
      source += (double)l->source[c] * y[c];
      target += (double)l->target[c] * y[c];
    }
    r->as_source[(size_t)i * l->heads + h] = source;
    r->as_target[(size_t)i * l->heads + h] = target;
  }
  return done;
}

static double attention_of(const sl_layer_rows *r, uint32_t h, uint32_t from, uint32_t to) {
  const double z = r->as_source[(size_t)from * r->layer->heads + h] +
                   r->as_target[(size_t)to * r->layer->heads + h];
  return z > 0 ? z : LEAK * z;
}

// One head: the neighbours and the node itself, by the softmax of their attention.
static void attend(const sl_layer_rows *r, uint32_t i, uint32_t h, float *next) {
  const sl_layer *l = r->layer;
  const uint32_t *neighbours = r->reach->neighbours;
  const uint32_t begin = r->reach->rows[i], end = r->reach->rows[i + 1], first = h * l->outputs;
  double most = attention_of(r, h, i, i), sum = 0;
  for (uint32_t k = begin; k < end; k++) most = fmax(most, attention_of(r, h, neighbours[k], i));
  for (uint32_t k = begin; k <= end; k++) {
    const uint32_t j = k < end ? neighbours[k] : i;
    const double share = exp(attention_of(r, h, j, i) - most);
    const float *from = r->changed + (size_t)j * l->stride + first;
    sum += share;
    for (uint32_t c = 0; c < l->outputs; c++) next[first + c] += (float)share * from[c];
  }
  for (uint32_t c = 0; c < l->outputs; c++) next[first + c] /= (float)sum;
}

// The mean of all heads at the place of the first.
static void average(const sl_layer *l, float *next) {
  for (uint32_t c = 0; c < l->outputs; c++) {
    float sum = 0;
    for (uint32_t h = 0; h < l->heads; h++) sum += next[h * l->outputs + c];
    next[c] = sum / (float)l->heads;
  }
}

static void activate(const sl_layer *l, float *next) {
  for (uint32_t c = 0; c < l->given; c++) {
    next[c] += l->constant[c];
    if (next[c] >= 0 || l->activation == SL_GNN_NONE) continue;
    next[c] = l->activation == SL_GNN_RELU ? 0 : expm1f(next[c]);
  }
}

uint64_t sl_layer_gather(sl_layer_rows *r, uint32_t i) {
  const sl_layer *l = r->layer;
  const sl_reach *reach = r->reach;
  const uint32_t begin = reach->rows[i], end = reach->rows[i + 1], stride = l->stride;
  float *next = r->next + (size_t)i * stride;
  uint64_t done = (uint64_t)(end - begin + 1) * stride / 4;
  memset(next, 0, stride * sizeof *next);
  if (l->kind == SL_GNN_GCN) {
    add_times(next, r->changed + (size_t)i * stride, (float)reach->own[i], stride);
    for (uint32_t k = begin; k < end; k++)
      add_times(next, r->changed + (size_t)reach->neighbours[k] * stride,
                (float)reach->coefficients[k], stride);
  } else if (l->kind == SL_GNN_SAGE) {
    const uint32_t count = end - begin + reach->loops[i];
    const float share = count > 0 ? 1 / (float)count : 0;
    for (uint32_t k = begin; k < end; k++)
      add_times(next, r->changed + (size_t)reach->neighbours[k] * stride, share, stride);
    if (reach->loops[i]) add_times(next, r->changed + (size_t)i * stride, share, stride);
    done +=
        add_product(next, r->features + (size_t)i * r->x_stride, l->for_self, l->inputs, stride);
  } else {
    for (uint32_t h = 0; h < l->heads; h++) attend(r, i, h, next);
    if (l->averaged) average(l, next);
    done *= 2;
  }
  activate(l, next);
  return done;
}
