#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "quant/binary.h"
#include "quant/float16.h"
#include "quant/int8.h"
#include "quant/rotation.h"

// The value of binary16 bits by its definition (IEEE 754-2008, 3.4).
static double defined(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double magnitude = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

static void every_float16_decodes_to_its_definition(void **state) {
  (void)state;
  static uint16_t all[65536];
  static float decoded[65536];
  for (uint32_t bits = 0; bits < 65536; bits++) all[bits] = (uint16_t)bits;
  sl_float16_decode(all, 65536, decoded);
  for (uint32_t bits = 0; bits < 65536; bits++) {
    float one = sl_float16_to_f32((uint16_t)bits);
    if ((bits & 0x7fff) > 0x7c00) {
      assert_true(isnan(one) && isnan(decoded[bits]));
      assert_true(isnan(sl_float16_to_f32(sl_float16_from_f32(one))));
      continue;
    }
    if ((bits & 0x7fff) == 0x7c00) {
      assert_true(isinf(one) && (one < 0) == (bits >> 15));
    } else {
      assert_true(one == (float)defined((uint16_t)bits));
    }
    assert_memory_equal(&one, &decoded[bits], sizeof one);
    assert_int_equal(sl_float16_from_f32(one), bits);
  }
}

// Between each pair of neighbours: the middle goes to the even one, a hair beside it to the nearer.
static void float16_rounds_to_nearest_even(void **state) {
  (void)state;
  for (uint16_t bits = 0; bits < 0x7bff; bits++) {
    float low = (float)defined(bits), high = (float)defined((uint16_t)(bits + 1));
    float middle = low + (high - low) / 2;
    assert_int_equal(sl_float16_from_f32(middle), bits + (bits & 1));
    assert_int_equal(sl_float16_from_f32(nextafterf(middle, 0)), bits);
    assert_int_equal(sl_float16_from_f32(nextafterf(middle, high)), bits + 1);
    assert_int_equal(sl_float16_from_f32(-middle), 0x8000 | (bits + (bits & 1)));
  }
  assert_int_equal(sl_float16_from_f32(65519.996f), 0x7bff);
  assert_int_equal(sl_float16_from_f32(65520), 0x7c00);
  assert_int_equal(sl_float16_from_f32(INFINITY), 0x7c00);
  assert_int_equal(sl_float16_from_f32(1e-30f), 0);
}

static void int8_errs_by_at_most_half_a_step(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (size_t n = 1; n < 70; n++) {
    float x[70], back[70];
    int8_t codes[70];
    for (size_t i = 0; i < n; i++) x[i] = (float)((sl_rng_double(&rng) - 0.5) * 37);
    float scale = sl_int8_encode(x, n, codes);
    sl_int8_decode(codes, n, scale, back);
    for (size_t i = 0; i < n; i++) {
      assert_true(codes[i] >= -126 && codes[i] <= 126);
      assert_true(fabsf(back[i] - x[i]) <= scale * 0.5001f);
    }
  }
}

static void int8_of_extremes(void **state) {
  (void)state;
  float zero[3] = {0, -0.0f, 0}, tiny[2] = {1e-45f, -1e-45f}, huge[2] = {3e38f, -3e38f}, back[2];
  int8_t codes[3];
  assert_true(sl_int8_encode(zero, 3, codes) == 0);
  assert_true(codes[0] == 0 && codes[1] == 0 && codes[2] == 0);
  assert_true(sl_int8_encode(tiny, 2, codes) == 0);
  assert_true(codes[0] == 0);
  float scale = sl_int8_encode(huge, 2, codes);
  assert_int_equal(codes[0], 126);
  sl_int8_decode(codes, 2, scale, back);
  assert_true(fabsf(back[1] / -3e38f - 1) < 1e-6f);
}

// A rotation: lengths and angles stay, turning back gives the vector, and a single element comes to
// be spread over all.
static void rotations_keep_lengths_and_spread(void **state) {
  (void)state;
  static const uint32_t lengths[] = {8, 16, 128, 136, 384, 640, 896, 1024};
  static float x[1024], y[1024], back[1024];
  sl_rng rng;
  sl_rng_seed(&rng, 6);
  for (int l = 0; l < 8; l++) {
    uint32_t n = lengths[l];
    double before = 0, after = 0, xx = 0, turned = 0;
    for (uint32_t i = 0; i < n; i++) {
      x[i] = back[i] = (float)(sl_rng_double(&rng) - 0.5);
      y[i] = i == n - 1 ? 1 : 0;
      before += (double)x[i] * y[i];
      xx += (double)x[i] * x[i];
    }
    sl_rotate(back, n);
    sl_rotate(y, n);
    double largest = 0;
    for (uint32_t i = 0; i < n; i++) {
      after += (double)back[i] * y[i];
      turned += (double)back[i] * back[i];
      largest = largest < fabs((double)y[i]) ? fabs((double)y[i]) : largest;
    }
    assert_true(fabs(after - before) < 1e-5 && fabs(turned / xx - 1) < 1e-5);
    assert_true(largest < 6 / sqrt(n));
    sl_rotate_back(back, n);
    for (uint32_t i = 0; i < n; i++) assert_true(fabsf(back[i] - x[i]) < 1e-5f);
  }
}

static void batches_name_the_vector_that_is_refused(void **state) {
  (void)state;
  float vectors[3][8] = {{1, -2, 3, -4, 5, -6, 7, -8}, {0.5f, 0, -1}, {1, NAN}}, back[2][8];
  int8_t codes[24];
  float scales[3];
  uint8_t bits[3];
  assert_ok(sl_int8_encode_all(vectors[0], 2, 8, codes, scales));
  assert_ok(sl_int8_decode_all(codes, scales, 2, 8, back[0]));
  for (int i = 0; i < 8; i++) assert_true(fabsf(back[0][i] - vectors[0][i]) <= 8.0f / 252 * 1.001f);
  assert_refused(sl_int8_encode_all(vectors[0], 3, 8, codes, scales), SL_ERR_NOT_FINITE, "vectors");
  assert_int_equal(sl_last_error()->position, 2);
  scales[1] = INFINITY;
  assert_refused(sl_int8_decode_all(codes, scales, 2, 8, back[0]), SL_ERR_NOT_FINITE, "scales");
  assert_ok(sl_binary_encode_all(vectors[0], 2, 8, bits));
  assert_int_equal(bits[0], 0x55);
  assert_int_equal(bits[1], 0x01);
  assert_refused(sl_binary_encode_all(vectors[0], 2, 7, bits), SL_ERR_SHAPE, "dimension");
  assert_refused(sl_binary_encode_all(vectors[0], 3, 8, bits), SL_ERR_NOT_FINITE, "vectors");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_float16_decodes_to_its_definition),
      property(float16_rounds_to_nearest_even),
      property(int8_errs_by_at_most_half_a_step),
      property(int8_of_extremes),
      property(rotations_keep_lengths_and_spread),
      property(batches_name_the_vector_that_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
