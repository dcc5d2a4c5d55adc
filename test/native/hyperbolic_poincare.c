#include "check.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "hyperbolic/poincare.h"

enum { COUNT = 200, D = 5 };

static float x[COUNT][D], y[COUNT][D], z[COUNT][D];

static float *flat(float (*rows)[D]) { return rows[0]; }

static void make_points(uint64_t seed, double radius) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (int i = 0; i < COUNT; i++) {
    float *all[3] = {x[i], y[i], z[i]};
    for (int k = 0; k < 3; k++) {
      double squares = 0, r = radius * sl_rng_double(&rng);
      for (int j = 0; j < D; j++) {
        all[k][j] = (float)(sl_rng_double(&rng) - 0.5);
        squares += (double)all[k][j] * all[k][j];
      }
      for (int j = 0; j < D; j++) all[k][j] = (float)(all[k][j] * r / sqrt(squares));
    }
  }
}

static void distances_match_closed_forms(void **state) {
  (void)state;
  float origin[2] = {0, 0}, point[2] = {0.6f, 0};
  double d;
  assert_ok(sl_poincare_distance(origin, point, 1, 2, 1, &d));
  assert_true(fabs(d - 2 * atanh((double)0.6f)) < 1e-14); // along a radius
  assert_ok(sl_poincare_distance(origin, point, 1, 2, 4, &d));
  assert_true(fabs(d - atanh((double)0.6f)) < 1e-14);
  assert_ok(sl_poincare_distance(point, point, 1, 2, 1, &d));
  assert_true(d == 0);
  make_points(1, 0.95);
  double xy[COUNT], yx[COUNT], yz[COUNT], xz[COUNT];
  assert_ok(sl_poincare_distance(x[0], y[0], COUNT, D, 1, xy));
  assert_ok(sl_poincare_distance(y[0], x[0], COUNT, D, 1, yx));
  assert_ok(sl_poincare_distance(y[0], z[0], COUNT, D, 1, yz));
  assert_ok(sl_poincare_distance(x[0], z[0], COUNT, D, 1, xz));
  for (int i = 0; i < COUNT; i++) {
    assert_true(xy[i] == yx[i]);
    assert_true(xz[i] <= xy[i] + yz[i] + 1e-12);
  }
}

// x (+) 0 = x, 0 (+) y = y, -x (+) (x (+) y) = y, and translations keep distances.
static void addition_is_a_translation(void **state) {
  (void)state;
  static float minus[COUNT][D], zero[COUNT][D], sum[COUNT][D], back[COUNT][D], other[COUNT][D];
  double before[COUNT], after[COUNT];
  make_points(2, 0.7);
  for (int i = 0; i < COUNT * D; i++) flat(minus)[i] = -flat(x)[i];
  assert_ok(sl_poincare_add(x[0], zero[0], COUNT, D, sum[0]));
  assert_memory_equal(sum, x, sizeof sum);
  assert_ok(sl_poincare_add(zero[0], y[0], COUNT, D, sum[0]));
  assert_memory_equal(sum, y, sizeof sum);
  assert_ok(sl_poincare_add(x[0], y[0], COUNT, D, sum[0]));
  assert_ok(sl_poincare_add(minus[0], sum[0], COUNT, D, back[0]));
  for (int i = 0; i < COUNT * D; i++) assert_true(fabsf(flat(back)[i] - flat(y)[i]) < 2e-6f);
  assert_ok(sl_poincare_add(x[0], z[0], COUNT, D, other[0]));
  assert_ok(sl_poincare_distance(y[0], z[0], COUNT, D, 1, before));
  assert_ok(sl_poincare_distance(sum[0], other[0], COUNT, D, 1, after));
  for (int i = 0; i < COUNT; i++) assert_true(fabs(before[i] - after[i]) < 1e-4);
}

static void logarithm_undoes_exponential(void **state) {
  (void)state;
  static float velocity[COUNT][D], end[COUNT][D];
  double d[COUNT];
  make_points(3, 0.8);
  assert_ok(sl_poincare_log(x[0], y[0], COUNT, D, velocity[0]));
  assert_ok(sl_poincare_exp(x[0], velocity[0], COUNT, D, end[0]));
  for (int i = 0; i < COUNT * D; i++) assert_true(fabsf(flat(end)[i] - flat(y)[i]) < 2e-6f);
  // The length of the velocity in the metric at x is the distance.
  assert_ok(sl_poincare_distance(x[0], y[0], COUNT, D, 1, d));
  for (int i = 0; i < COUNT; i++) {
    double squares = 0, xx = 0;
    for (int j = 0; j < D; j++) {
      squares += (double)velocity[i][j] * velocity[i][j];
      xx += (double)x[i][j] * x[i][j];
    }
    assert_true(fabs(2 / (1 - xx) * sqrt(squares) - d[i]) < 1e-5 * (1 + d[i]));
  }
  assert_ok(sl_poincare_log(x[0], x[0], COUNT, D, velocity[0]));
  for (int i = 0; i < COUNT * D; i++) assert_true(flat(velocity)[i] == 0);
  assert_ok(sl_poincare_exp(x[0], velocity[0], COUNT, D, end[0]));
  assert_memory_equal(end, x, sizeof end);
}

static void far_away_stays_inside(void **state) {
  (void)state;
  float origin[1] = {0}, far[1] = {1e30f}, end[1], edge[1] = {0.9999999f};
  double d;
  assert_ok(sl_poincare_exp(origin, far, 1, 1, end));
  assert_true(end[0] < 1);
  assert_ok(sl_poincare_add(edge, edge, 1, 1, end));
  assert_true(end[0] < 1);
  assert_ok(sl_poincare_distance(end, origin, 1, 1, 1, &d));
  assert_true(isfinite(d));
}

// Points of every length below 1 that f32 has near the rim are legal; adding nothing leaves their
// bits alone, and what lies beyond the rim becomes a point that every function takes.
static void points_near_the_rim_stay_where_they_are(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  uint32_t inside = 0, near = 0;
  for (int trial = 0; trial < SL_TRIES(20000); trial++) {
    float point[3] = {0}, zero[3] = {0}, out[3], far[3];
    double squares = 0, length = 0, d;
    for (int j = 0; j < 3; j++) {
      far[j] = (float)(sl_rng_double(&rng) - 0.5);
      squares += (double)far[j] * far[j];
    }
    double wanted = 1 - sl_rng_double(&rng) * ldexp(1, -20 - trial % 5);
    for (int j = 0; j < 3; j++) {
      point[j] = (float)(far[j] * (wanted / sqrt(squares)));
      length += (double)point[j] * point[j];
      far[j] *= 1000;
    }
    if (length < 1 - 1e-15) {
      inside++;
      assert_ok(sl_poincare_exp(point, zero, 1, 3, out));
      assert_memory_equal(out, point, sizeof out);
      assert_ok(sl_poincare_add(zero, point, 1, 3, out));
      assert_memory_equal(out, point, sizeof out);
    }
    assert_ok(sl_poincare_exp(zero, far, 1, 3, out));
    assert_ok(sl_poincare_distance(out, zero, 1, 3, 1, &d)); // still a point
    length = 0;
    for (int j = 0; j < 3; j++) length += (double)out[j] * out[j];
    near += length > 1 - 4 * ldexp(1, -23);
  }
  assert_true(inside > SL_TRIES(15000));
  assert_int_equal(near, SL_TRIES(20000));
  float last[2] = {0.99999994f, 0}, zero[2] = {0, 0}, out[2];
  assert_ok(sl_poincare_exp(last, zero, 1, 2, out));
  assert_true(out[0] == last[0] && out[1] == 0);
}

static void refuses_what_is_no_point(void **state) {
  (void)state;
  float in[4] = {0.1f, 0, 0.2f, 0}, out[4] = {0.1f, 0, 0.6f, 0.8f}, nan[4] = {0, NAN}, result[4];
  double d[2];
  assert_refused(sl_poincare_distance(in, out, 2, 2, 1, d), SL_ERR_RANGE, "y");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_poincare_distance(nan, in, 2, 2, 1, d), SL_ERR_NOT_FINITE, "x");
  assert_refused(sl_poincare_distance(in, in, 2, 2, 0, d), SL_ERR_OPTION, "curvature");
  assert_refused(sl_poincare_distance(in, in, 0, 0, 1, d), SL_ERR_SHAPE, "dimension");
  assert_refused(sl_poincare_add(out, in, 2, 2, result), SL_ERR_RANGE, "x");
  assert_refused(sl_poincare_exp(out, in, 2, 2, result), SL_ERR_RANGE, "points");
  assert_refused(sl_poincare_exp(in, nan, 2, 2, result), SL_ERR_NOT_FINITE, "tangents");
  assert_refused(sl_poincare_log(in, out, 2, 2, result), SL_ERR_RANGE, "targets");
  assert_ok(sl_poincare_add(in, in, 0, 2, result));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(distances_match_closed_forms),
      property(addition_is_a_translation),
      property(logarithm_undoes_exponential),
      property(far_away_stays_inside),
      property(points_near_the_rim_stay_where_they_are),
      property(refuses_what_is_no_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
