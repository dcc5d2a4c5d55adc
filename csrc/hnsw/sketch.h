// A short form of each vector that proves most candidates too far away, without a look at them.
//
// Based on: R. Weber, H.-J. Schek, S. Blott, "A quantitative analysis and performance study for
// similarity-search methods in high-dimensional spaces", VLDB 1998 (the VA-file): approximations
// bound distances from below, and only vectors whose bound is small enough are looked at. Here the
// approximation is a row of int8 codes, a quarter of the vector, and the bound is that of Cauchy
// and Schwarz on what the codes lose, plus the rounding of the float32 key itself. So a candidate
// that is ruled out would not have entered the pool: answers keep every bit.
//
// Poincare points are sketched in the tangent space of the origin, where lengths are hyperbolic
// distances from it. Hyperbolic space is a CAT(0) space: the exponential map never brings points
// nearer (M. R. Bridson, A. Haefliger, "Metric spaces of non-positive curvature", 1999, II.1.7 and
// II.4), so the distance of tangent vectors is a lower bound of the distance of points.
#ifndef SL_HNSW_SKETCH_H
#define SL_HNSW_SKETCH_H

#include "hnsw/chunks.h"
#include "hnsw/metric.h"

// What the sketches of an index have in common.
typedef struct sl_sketch_shape {
  sl_metric metric;
  uint32_t dimension;
  uint32_t padded; // elements that the kernels of the metric run over (sl_metric_padded)
  uint32_t codes;  // of a sketch (padded); 0: there are no sketches
} sl_sketch_shape;

// Behind the codes of a sketch. x is the sketched vector, x^ what the codes stand for.
typedef struct sl_sketch_tail {
  float scale;      // x^ = scale * codes
  float error;      // not less than |x - x^|, and what rounding can add
  float length;     // not less than |x^|
  uint32_t squares; // of the codes: |x^|^2 = scale^2 * squares
} sl_sketch_tail;

// A query, and what does not depend on the row.
typedef struct sl_sketch_query {
  const int16_t *codes; // shape->codes of them
  double scale;         // q^ = scale * codes
  double length;        // not less than |q|
  double error;         // not less than |q - q^|
  double squares;       // |q^|^2
  double factor;        // 1 / (1 - |q|^2) for poincare
} sl_sketch_query;

// The shape of sketches; codes = 0 for a metric that has none.
sl_sketch_shape sl_sketch_shape_of(sl_metric metric, uint32_t dimension);

// Bytes of a sketch: codes and tail.
static inline uint32_t sl_sketch_bytes(const sl_sketch_shape *shape) {
  return shape->codes + (uint32_t)sizeof(sl_sketch_tail);
}

// Writes the sketch of an encoded vector. sketch: sl_sketch_bytes(), written. O(dimension).
void sl_sketch_write(const sl_sketch_shape *shape, const float *vector, unsigned char *sketch);

// A query from an encoded vector. buffer: shape->codes numbers, written, kept by the caller.
sl_sketch_query sl_sketch_query_make(const sl_sketch_shape *shape, const float *vector,
                                     int16_t *buffer);

// Keeps those of `count` slots whose key may be at most `limit`; the others' keys are above it.
//   sketches  by slot
//   slots     read, room for count rounded up to a multiple of 4; the kept come to stand in front
// Returns how many. O(count * dimension / 4).
uint32_t sl_sketch_sieve(const sl_sketch_shape *shape, const sl_chunks *sketches,
                         const sl_sketch_query *query, uint32_t *slots, uint32_t count,
                         float limit);

#endif
