// The Poincare ball model of hyperbolic space: points x of n numbers with |x| < 1.
//
// Based on: O.-E. Ganea, G. Becigneul, T. Hofmann, "Hyperbolic neural networks", NeurIPS 2018,
// arXiv:1805.09112, section 2.4, in the coordinates of the unit ball. A space of curvature -c is
// the same ball with distances divided by sqrt(c); addition, exponential and logarithm do not
// depend on it in these coordinates, because geodesics do not.
//
// For all functions: arrays hold `count` vectors of `dimension` f32, one after another; computed in
// f64, rounded at the end; nothing is allocated. Results that rounding puts onto or beyond the
// boundary are scaled back to |x| of about 1 - 2^-24, so that they are points again; all others stay
// where they are. O(count * dimension).
// Errors: ERR_SHAPE (dimension 0), ERR_NOT_FINITE, ERR_RANGE (a point on or outside the ball), with
// the argument's name and position = the vector; what comes before it is written.
#ifndef SL_HYPERBOLIC_POINCARE_H
#define SL_HYPERBOLIC_POINCARE_H

#include <stdint.h>

#include "base/status.h"

// out[i] = arcosh(1 + 2 |x - y|^2 / ((1 - |x|^2) (1 - |y|^2))) / sqrt(curvature). curvature > 0
// (ERR_OPTION). x, y read, out (count f64) written.
sl_status sl_poincare_distance(const float *x, const float *y, uint32_t count, uint32_t dimension,
                               double curvature, double *out);

// Moebius addition x (+) y: the translation of y that takes the origin to x. out may be x or y.
sl_status sl_poincare_add(const float *x, const float *y, uint32_t count, uint32_t dimension,
                          float *out);

// Exponential map: the end of the geodesic that starts at `points` with the velocity `tangents`
// (any finite vectors) and takes time 1. out may be either.
sl_status sl_poincare_exp(const float *points, const float *tangents, uint32_t count,
                          uint32_t dimension, float *out);

// Logarithmic map, its inverse: the velocity at `points` that leads to `targets` in time 1.
sl_status sl_poincare_log(const float *points, const float *targets, uint32_t count,
                          uint32_t dimension, float *out);

#endif
