#include "check.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "dense/vector.h"
#include "simd/kernels.h"

#define LONGEST 70

static double doubles[2][LONGEST];
static float floats[2][LONGEST];

static void fill(uint64_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (int i = 0; i < LONGEST; i++) {
    for (int side = 0; side < 2; side++) {
      doubles[side][i] = sl_rng_double(&rng) * 2 - 1;
      floats[side][i] = (float)(sl_rng_double(&rng) * 2 - 1);
    }
  }
}

// Every length 0..69 from every alignment of a vector, against long double.
static void reductions_match_long_double(void **state) {
  (void)state;
  fill(1);
  for (size_t start = 0; start < 4; start++) {
    for (size_t n = 0; n + start <= LONGEST; n++) {
      const double *x = doubles[0] + start, *y = doubles[1] + start;
      const float *f = floats[0] + start, *g = floats[1] + start;
      long double dot = 0, dot32 = 0, norm1 = 0, sum = 0, most = 0;
      for (size_t i = 0; i < n; i++) {
        dot += (long double)x[i] * y[i];
        dot32 += (long double)f[i] * g[i];
        norm1 += fabs(x[i]);
        sum += x[i];
        most = fabs(x[i]) > most ? fabs(x[i]) : most;
      }
      assert_true(fabsl(sl_dot_f64(x, y, n) - dot) <= 1e-15L * (n + 1));
      assert_true(fabsl(sl_dot_f32(f, g, n) - dot32) <= 1e-15L * (n + 1));
      assert_true(fabsl(sl_norm1_f64(x, n) - norm1) <= 1e-15L * (n + 1));
      assert_true(fabsl(sl_sum_f64(x, n) - sum) <= 1e-15L * (n + 1));
      assert_true(sl_norm_inf_f64(x, n) == (double)most);
    }
  }
}

static void updates_match_the_plain_loop_exactly(void **state) {
  (void)state;
  for (size_t n = 0; n <= LONGEST; n++) {
    double y[LONGEST], z[LONGEST];
    float g[LONGEST];
    fill(n + 2);
    memcpy(y, doubles[1], sizeof y);
    memcpy(z, doubles[1], sizeof z);
    memcpy(g, floats[1], sizeof g);
    sl_axpy_f64(0.3, doubles[0], y, n);
    sl_xpby_f64(doubles[0], 0.3, z, n);
    sl_axpy_f32(0.3f, floats[0], g, n);
    for (size_t i = 0; i < LONGEST; i++) {
      double old = doubles[1][i], x = doubles[0][i];
      assert_true(y[i] == (i < n ? old + 0.3 * x : old));
      assert_true(z[i] == (i < n ? x + 0.3 * old : old));
      assert_true(g[i] == (i < n ? floats[1][i] + 0.3f * floats[0][i] : floats[1][i]));
    }
    sl_scale_f64(-2, y, n);
    sl_scale_f32(-2, g, n);
    for (size_t i = 0; i < n; i++) assert_true(y[i] == -2 * (doubles[1][i] + 0.3 * doubles[0][i]));
  }
}

static void finds_the_first_value_that_is_not_finite(void **state) {
  (void)state;
  const double bad[3] = {NAN, INFINITY, -INFINITY};
  for (int kind = 0; kind < 3; kind++) {
    for (size_t at = 0; at < LONGEST; at++) {
      fill(3);
      doubles[0][at] = bad[kind];
      floats[0][at] = (float)bad[kind];
      if (at + 5 < LONGEST) doubles[0][at + 5] = floats[0][at + 5] = NAN;
      assert_int_equal(sl_first_not_finite_f64(doubles[0], LONGEST), at);
      assert_int_equal(sl_first_not_finite_f32(floats[0], LONGEST), at);
      assert_int_equal(sl_first_not_finite_f64(doubles[0], at), at);
    }
  }
  // The largest finite numbers are finite, whatever their sum is.
  for (int i = 0; i < LONGEST; i++) doubles[0][i] = 0x1.fffffffffffffp1023;
  assert_int_equal(sl_first_not_finite_f64(doubles[0], LONGEST), LONGEST);
}

static void norm2_neither_overflows_nor_vanishes(void **state) {
  (void)state;
  double big[2] = {3e300, 4e300}, small[2] = {3e-300, 4e-300}, zero[2] = {0, 0};
  assert_true(fabs(sl_norm2_f64(big, 2) / 5e300 - 1) < 1e-15);
  assert_true(fabs(sl_norm2_f64(small, 2) / 5e-300 - 1) < 1e-15);
  assert_true(sl_norm2_f64(zero, 2) == 0);
  big[1] = NAN;
  assert_true(isnan(sl_norm2_f64(big, 2)));
  big[1] = INFINITY;
  assert_true(isinf(sl_norm2_f64(big, 2)));
}

static void vector_operations_check_shape_and_dtype(void **state) {
  (void)state;
  sl_vector *a, *b, *c, *none = (sl_vector *)1;
  double value;
  assert_refused(sl_vector_create(3, (sl_dtype)7, &none), SL_ERR_OPTION, "dtype");
  assert_null(none);
  assert_ok(sl_vector_create(3, SL_F64, &a));
  assert_ok(sl_vector_create(4, SL_F64, &b));
  assert_ok(sl_vector_create(3, SL_F32, &c));
  assert_refused(sl_vector_dot(a, b, &value), SL_ERR_SHAPE, "other");
  assert_refused(sl_vector_dot(a, c, &value), SL_ERR_ARGUMENT, "other");
  assert_refused(sl_vector_axpy(a, NAN, a), SL_ERR_NOT_FINITE, "alpha");
  assert_refused(sl_vector_scale(a, INFINITY), SL_ERR_NOT_FINITE, "alpha");
  assert_refused(sl_vector_fill(a, NAN), SL_ERR_NOT_FINITE, "value");
  assert_refused(sl_vector_norm(a, (sl_norm_kind)9, &value), SL_ERR_OPTION, "norm");
  assert_ok(sl_vector_fill(a, 2));
  assert_ok(sl_vector_axpy(a, 0.5, a));
  assert_ok(sl_vector_dot(a, a, &value));
  assert_true(value == 27);
  assert_ok(sl_vector_norm(a, SL_NORM_1, &value));
  assert_true(value == 9);
  assert_ok(sl_vector_fill(c, -2));
  assert_ok(sl_vector_norm(c, SL_NORM_INF, &value));
  assert_true(value == 2);
  sl_vector_destroy(a);
  sl_vector_destroy(b);
  sl_vector_destroy(c);
  sl_vector_destroy(NULL);
}

static void empty_vector_is_a_vector(void **state) {
  (void)state;
  sl_vector *empty;
  double value = 1;
  assert_ok(sl_vector_create(0, SL_F32, &empty));
  assert_ok(sl_vector_dot(empty, empty, &value));
  assert_true(value == 0);
  assert_ok(sl_vector_norm(empty, SL_NORM_INF, &value));
  assert_true(value == 0);
  sl_vector_destroy(empty);
}

static void creation_fails_whole_under_a_memory_limit(void **state) {
  (void)state;
  sl_vector *vector;
  for (size_t limit = 0; limit < 100 * sizeof(double) + sizeof *vector; limit += 8) {
    sl_set_memory_limit(limit);
    assert_refused(sl_vector_create(100, SL_F64, &vector), SL_ERR_MEMORY, "memory");
    assert_null(vector);
    assert_int_equal(sl_bytes_in_use(), 0);
  }
  sl_set_memory_limit(100 * sizeof(double) + sizeof *vector);
  assert_ok(sl_vector_create(100, SL_F64, &vector));
  assert_int_equal(sl_vector_bytes(vector), sl_bytes_in_use());
  sl_vector_destroy(vector);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(reductions_match_long_double),
      property(updates_match_the_plain_loop_exactly),
      property(finds_the_first_value_that_is_not_finite),
      property(norm2_neither_overflows_nor_vanishes),
      property(vector_operations_check_shape_and_dtype),
      property(empty_vector_is_a_vector),
      property(creation_fails_whole_under_a_memory_limit),
  };
  return cmocka_run_group_tests_name("dense_vector", tests, NULL, NULL);
}
