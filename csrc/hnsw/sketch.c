#include "hnsw/sketch.h"

#include <math.h>
#include <string.h>

#include "quant/int8.h"
#include "simd/distance_i8.h"
#include "simd/kernels.h"

// Everything is computed in f64 from f32 numbers; this covers the rounding of a few operations.
static const double UP = 1 + 0x1p-40;

sl_sketch_shape sl_sketch_shape_of(sl_metric metric, uint32_t dimension) {
  sl_sketch_shape shape = {
      .metric = metric, .dimension = dimension, .padded = sl_metric_padded(metric, dimension)};
  if (metric == SL_METRIC_MANHATTAN || metric == SL_METRIC_HAMMING) return shape;
  shape.codes = (dimension + SL_I8_STEP - 1) / SL_I8_STEP * SL_I8_STEP;
  return shape;
}

// Not less than x, as an f32.
static float f32_above(double x) { return nextafterf((float)(x * UP), INFINITY); }

// The factor from a point of the ball to its tangent vector at the origin: 2 atanh(|x|) / |x|.
static double tangent_factor(const float *point, uint32_t n) {
  double length = sl_norm2_f32(point, n);
  return length > 0 ? 2 * atanh(length) / length : 2;
}

// Relative error of a key: of the f32 sum (see distance_f32.h), and of its few factors.
static double key_error(const sl_sketch_shape *shape) { return (shape->padded / 8 + 16) * 0x1p-24; }

// And absolute: squares and products below the smallest f32.
static double key_underflow(const sl_sketch_shape *shape) { return shape->padded * 0x1p-148; }

// What rounding of 1 - |x|^2 near the edge of the ball does to a hyperbolic length.
static double edge_error(const sl_sketch_shape *shape, const float *point) {
  if (shape->metric != SL_METRIC_POINCARE) return 0;
  uint32_t n = shape->dimension;
  return 8 * (n + 8) * 0x1p-53 / (1 - sl_dot_f32(point, point, n));
}

void sl_sketch_write(const sl_sketch_shape *shape, const float *vector, unsigned char *sketch) {
  uint32_t n = shape->dimension, codes_padded = shape->codes;
  int8_t *codes = (int8_t *)sketch;
  double factor = shape->metric == SL_METRIC_POINCARE ? tangent_factor(vector, n) : 1;
  sl_sketch_tail tail = {0};
  memset(codes + n, 0, codes_padded - n);
  double scale = (double)sl_int8_encode(vector, n, codes) * factor;
  tail.scale = (float)scale;
  double lost = 0, length = 0;
  uint32_t squares = 0;
  for (uint32_t i = 0; i < n; i++) {
    double x = factor * vector[i], d = x - (double)tail.scale * codes[i];
    lost += d * d;
    length += x * x;
    squares += (uint32_t)(codes[i] * codes[i]);
  }
  tail.squares = squares;
  tail.error = f32_above(sqrt(lost) + sqrt(length) * (0x1p-40 + key_error(shape)) +
                         edge_error(shape, vector));
  tail.length = f32_above(tail.scale * sqrt((double)squares));
  memcpy(sketch + codes_padded, &tail, sizeof tail);
}

sl_sketch_query sl_sketch_query_make(const sl_sketch_shape *shape, const float *vector,
                                     int16_t *buffer) {
  uint32_t n = shape->dimension;
  double factor = shape->metric == SL_METRIC_POINCARE ? tangent_factor(vector, n) : 1;
  uint32_t most = 0x7fffffffu / (128 * shape->codes);
  if (most > SL_I16_QUERY_MOST) most = SL_I16_QUERY_MOST;
  float largest = 0;
  for (uint32_t i = 0; i < n; i++)
    largest = largest < fabsf(vector[i]) ? fabsf(vector[i]) : largest;
  double inverse = largest > 0 ? most / (double)largest : 0;
  double scale = largest > 0 ? factor * largest / most : 0;
  double lost = 0, length = 0, squares = 0;
  for (uint32_t i = 0; i < shape->codes; i++) {
    double x = i < n ? vector[i] : 0, code = x * inverse;
    int32_t rounded = (int32_t)(code < 0 ? code - 0.5 : code + 0.5);
    buffer[i] = (int16_t)rounded;
    double d = factor * x - scale * rounded;
    lost += d * d;
    length += factor * x * factor * x;
    squares += (double)rounded * rounded;
  }
  sl_sketch_query q = {.codes = buffer, .scale = scale, .squares = scale * scale * squares};
  q.length = sqrt(length) * UP;
  q.error = sqrt(lost) * UP + q.length * 0x1p-40 + edge_error(shape, vector);
  q.factor = shape->metric == SL_METRIC_POINCARE ? 1 / (1 - sl_dot_f32(vector, vector, n)) : 1;
  return q;
}

// What a distance may be at most so that the key is at most `limit`.
static double distance_limit(const sl_sketch_shape *shape, const sl_sketch_query *q, float limit) {
  double key = (double)limit * (1 + key_error(shape)) + key_underflow(shape);
  if (shape->metric != SL_METRIC_POINCARE) return sqrt(key);
  double t = 2 * key * q->factor;
  return log1p(t + sqrt(t * (t + 2))) * (1 + 0x1p-30);
}

// Can a row whose codes have this product with the query's have a key of at most `limit`? Written
// so that what is not a number counts as near.
static inline bool may_be_near(const sl_sketch_query *q, const sl_sketch_tail *tail,
                               int32_t product, double limit, bool inner_product) {
  double dot = q->scale * tail->scale * product;
  if (inner_product) return !(dot + tail->error * q->length + tail->length * q->error < -limit);
  double own = (double)tail->scale * tail->scale * tail->squares;
  // |x^ - q^|^2 is known to within a few units in the last place of its largest term.
  double squared = own + q->squares - 2 * dot - (own + q->squares) * 0x1p-48;
  double reach = limit + tail->error;
  return !(squared > reach * reach);
}

uint32_t sl_sketch_sieve(const sl_sketch_shape *shape, const sl_chunks *sketches,
                         const sl_sketch_query *q, uint32_t *slots, uint32_t count, float limit) {
  bool inner_product = shape->metric <= SL_METRIC_DOT;
  double most = inner_product ? (double)limit + key_underflow(shape)
                              : (distance_limit(shape, q, limit) + q->error) * UP;
  uint32_t kept = 0, codes = shape->codes;
  for (uint32_t i = count; i % 4 != 0; i++) slots[i] = slots[count - 1];
  for (uint32_t i = 0; i < count; i += 4) {
    const int8_t *rows[4];
    int32_t products[4];
    for (uint32_t r = 0; r < 4; r++) rows[r] = (const int8_t *)sl_chunks_at(sketches, slots[i + r]);
    sl_dot4_i16_i8(q->codes, rows, codes, products);
    for (uint32_t r = 0; r < 4 && i + r < count; r++) {
      const sl_sketch_tail *tail = (const sl_sketch_tail *)(rows[r] + codes);
      slots[kept] = slots[i + r];
      kept += may_be_near(q, tail, products[r], most, inner_product);
    }
  }
  return kept;
}
