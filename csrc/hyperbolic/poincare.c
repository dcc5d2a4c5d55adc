#include "hyperbolic/poincare.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "hyperbolic/distance.h"
#include "simd/kernels.h"

// Checks vector i of an array; `inside`: it must be a point of the ball.
static sl_status check(const float *x, uint32_t i, uint32_t dimension, bool inside,
                       const char *argument) {
  const float *row = x + (size_t)i * dimension;
  SL_REQUIRE_AT(sl_first_not_finite_f32(row, dimension) == dimension, SL_ERR_NOT_FINITE, argument,
                "finite numbers", i);
  SL_REQUIRE_AT(!inside || sl_dot_f32(row, row, dimension) < 1, SL_ERR_RANGE, argument,
                "a point inside the unit ball", i);
  return SL_OK;
}

// scale_x x + scale_y y, rounded to f32. What then is no point as check() sees it, and only that,
// is drawn back, to the first length below 1 that still is below when its numbers are rounded.
static void combine(const float *x, double scale_x, const float *y, double scale_y, uint32_t n,
                    float *out) {
  for (uint32_t j = 0; j < n; j++) out[j] = (float)(scale_x * x[j] + scale_y * y[j]);
  double squares = sl_dot_f32(out, out, n);
  for (double length = 1 - 0x1p-24; squares >= 1; length -= 0x1p-24) {
    double shrink = length / sqrt(squares);
    for (uint32_t j = 0; j < n; j++) out[j] = (float)(shrink * out[j]);
    squares = sl_dot_f32(out, out, n);
  }
}

// The factors of x (+) s y: (a x + b s y).
typedef struct factors {
  double x, y;
} factors;

static factors addition(const float *x, const float *y, double s, uint32_t n) {
  double xx = sl_dot_f32(x, x, n), yy = s * s * sl_dot_f32(y, y, n), xy = s * sl_dot_f32(x, y, n);
  double below = 1 + 2 * xy + xx * yy;
  return (factors){(1 + 2 * xy + yy) / below, (1 - xx) * s / below};
}

sl_status sl_poincare_distance(const float *x, const float *y, uint32_t count, uint32_t dimension,
                               double curvature, double *out) {
  SL_REQUIRE(dimension > 0, SL_ERR_SHAPE, "dimension", "at least 1");
  SL_REQUIRE(curvature > 0 && isfinite(curvature), SL_ERR_OPTION, "curvature", "a positive number");
  for (uint32_t i = 0; i < count; i++) {
    SL_TRY(check(x, i, dimension, true, "x"));
    SL_TRY(check(y, i, dimension, true, "y"));
    const float *a = x + (size_t)i * dimension, *b = y + (size_t)i * dimension;
    double t = 2 * sl_squared_difference(a, b, dimension) /
               ((1 - sl_dot_f32(a, a, dimension)) * (1 - sl_dot_f32(b, b, dimension)));
    out[i] = sl_arcosh_of_more(t) / sqrt(curvature);
  }
  return SL_OK;
}

sl_status sl_poincare_add(const float *x, const float *y, uint32_t count, uint32_t dimension,
                          float *out) {
  SL_REQUIRE(dimension > 0, SL_ERR_SHAPE, "dimension", "at least 1");
  for (uint32_t i = 0; i < count; i++) {
    SL_TRY(check(x, i, dimension, true, "x"));
    SL_TRY(check(y, i, dimension, true, "y"));
    const float *a = x + (size_t)i * dimension, *b = y + (size_t)i * dimension;
    factors f = addition(a, b, 1, dimension);
    combine(a, f.x, b, f.y, dimension, out + (size_t)i * dimension);
  }
  return SL_OK;
}

sl_status sl_poincare_exp(const float *points, const float *tangents, uint32_t count,
                          uint32_t dimension, float *out) {
  SL_REQUIRE(dimension > 0, SL_ERR_SHAPE, "dimension", "at least 1");
  for (uint32_t i = 0; i < count; i++) {
    SL_TRY(check(points, i, dimension, true, "points"));
    SL_TRY(check(tangents, i, dimension, false, "tangents"));
    const float *x = points + (size_t)i * dimension, *v = tangents + (size_t)i * dimension;
    double length = sl_norm2_f32(v, dimension);
    // Half the conformal factor 2 / (1 - |x|^2) times the length is how far the way leads.
    double reach = tanh(length / (1 - sl_dot_f32(x, x, dimension)));
    if (reach >= 1) reach = nextafter(1, 0);
    factors f = addition(x, v, length > 0 ? reach / length : 0, dimension);
    combine(x, f.x, v, f.y, dimension, out + (size_t)i * dimension);
  }
  return SL_OK;
}

sl_status sl_poincare_log(const float *points, const float *targets, uint32_t count,
                          uint32_t dimension, float *out) {
  SL_REQUIRE(dimension > 0, SL_ERR_SHAPE, "dimension", "at least 1");
  for (uint32_t i = 0; i < count; i++) {
    SL_TRY(check(points, i, dimension, true, "points"));
    SL_TRY(check(targets, i, dimension, true, "targets"));
    const float *x = points + (size_t)i * dimension, *y = targets + (size_t)i * dimension;
    // -x (+) y = a (-x) + b y; its length is |x - y| / sqrt(1 - 2 x.y + |x|^2 |y|^2).
    double xx = sl_dot_f32(x, x, dimension), yy = sl_dot_f32(y, y, dimension);
    double below = 1 - 2 * sl_dot_f32(x, y, dimension) + xx * yy;
    double length = sqrt(sl_squared_difference(x, y, dimension) / below);
    if (length >= 1) length = nextafter(1, 0);
    double scale = length > 0 ? (1 - xx) * atanh(length) / length / below : 0;
    // a = (1 - 2 x.y + |y|^2) / below, b = (1 - |x|^2) / below; written with y - x, which is exact
    // where both are near: a (-x) + b y = (b (y - x) - (a - b) x), a - b = |x - y|^2 / below.
    double near = sl_squared_difference(x, y, dimension);
    for (uint32_t j = 0; j < dimension; j++) {
      double step = (1 - xx) * ((double)y[j] - x[j]) - near * x[j];
      out[(size_t)i * dimension + j] = (float)(scale * step);
    }
  }
  return SL_OK;
}
