// What "near" means, and how vectors are laid out for it.
//
// Inside the index a distance is an f32 key that orders rows as the metric does but costs less
// (squared distances, negated inner products). sl_metric_distance() turns a key into the distance
// that users see.
#ifndef SL_HNSW_METRIC_H
#define SL_HNSW_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

//  metric      vectors                          distance                           key
//  cosine      f32, stored with length 1        1 - cos(x, y), 0..2                -x.y
//  dot         f32                              -x.y (not a metric: MIPS)          -x.y
//  euclidean   f32                              |x - y|                            |x - y|^2
//  manhattan   f32                              sum |x_i - y_i|                    the same
//  hamming     bits, eight a byte               number of differing bits           the same
//  poincare    f32, |x| < 1                     arcosh(1 + 2 |x - y|^2 / (a b)),   |x - y|^2 / b
//                                               divided by sqrt(c)
//              with a = 1 - |x|^2, b = 1 - |y|^2 and curvature -c
typedef enum sl_metric {
  SL_METRIC_COSINE = 0,
  SL_METRIC_DOT = 1,
  SL_METRIC_EUCLIDEAN = 2,
  SL_METRIC_MANHATTAN = 3,
  SL_METRIC_HAMMING = 4,
  SL_METRIC_POINCARE = 5,
} sl_metric;

#define SL_DIMENSION_LIMIT 65536u

// Bytes of a user's vector: 4 an element, for hamming dimension / 8 (a whole number).
size_t sl_metric_input_bytes(sl_metric metric, uint32_t dimension);

// Elements (f32) or bytes (hamming) that the kernels run over: the length padded with zeros.
uint32_t sl_metric_padded(sl_metric metric, uint32_t dimension);

// Bytes from one stored row to the next: a multiple of 64 for f32, of 16 for bits.
uint32_t sl_metric_row_bytes(sl_metric metric, uint32_t dimension);

// Checks a user's vector and writes its row.
//   vector   sl_metric_input_bytes(), read; may be the row itself
//   row      sl_metric_row_bytes(), written, zero-padded; untouched on failure
//   factor   written: 1 / (1 - |x|^2) for poincare, 1 otherwise
//   argument, position   what an error names
//   Errors: ERR_NOT_FINITE (NaN or Inf), ERR_RANGE (|x_i| > 1e16; a zero vector under cosine; a
//   point on or outside the unit ball under poincare). O(dimension). Never allocates.
//   Products and squares are f32: of numbers below about 1e-19 they lose digits, below 1e-23 they
//   are 0.
sl_status sl_metric_encode(sl_metric metric, uint32_t dimension, const void *vector, void *row,
                           float *factor, const char *argument, uint64_t position);

// Does a stored cosine row have length 1, up to rounding? False for NaN. O(dimension).
bool sl_metric_is_unit(const float *row, uint32_t dimension);

// The distance that users see.
//   query_factor  the factor of the query (poincare)
//   curvature     c > 0 of the space's curvature -c (poincare)
float sl_metric_distance(sl_metric metric, float key, float query_factor, double curvature);

#endif
