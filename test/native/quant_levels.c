#include "check.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/rng.h"
#include "quant/levels.h"
#include "simd/distance_u4.h"

enum { WIDE = 1024 };

static double normal(sl_rng *rng) {
  return sqrt(-2 * log(1 - sl_rng_double(rng))) * cos(6.283185307179586 * sl_rng_double(rng));
}

// Products against a plain sum over bits that are taken out one element at a time.
static void products_are_exact(void **state) {
  (void)state;
  static int16_t query[WIDE];
  static uint8_t codes[4][WIDE / 2], values[4][WIDE], again[WIDE];
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (uint32_t bits = 2; bits <= 4; bits += 2) {
    uint32_t step = 128 / bits, largest = (1u << bits) - 1;
    for (uint32_t n = step; n <= WIDE; n += step) {
      const uint8_t *rows[4] = {codes[0], codes[1], codes[2], codes[3]};
      for (uint32_t i = 0; i < n; i++) {
        bool extreme = n == WIDE;
        query[i] = extreme ? (int16_t)(i % 2 == 0 ? 8191 : -8191)
                           : (int16_t)((int)sl_rng_below(&rng, 16383) - 8191);
        for (int r = 0; r < 4; r++) {
          values[r][i] = (uint8_t)(extreme ? (i % 2 == (uint32_t)r % 2 ? largest : 0)
                                           : sl_rng_below(&rng, largest + 1));
        }
      }
      for (int r = 0; r < 4; r++) {
        memset(codes[r], 0xaa, sizeof codes[r]);
        (bits == 4 ? sl_u4_pack : sl_u2_pack)(values[r], n, codes[r]);
        (bits == 4 ? sl_u4_unpack : sl_u2_unpack)(codes[r], n, again);
        assert_memory_equal(again, values[r], n);
      }
      int32_t products[4];
      (bits == 4 ? sl_dot4_i16_u4 : sl_dot4_i16_u2)(query, rows, n, products);
      for (int r = 0; r < 4; r++) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < n; i++) sum += (int64_t)query[i] * values[r][i];
        assert_int_equal(products[r], sum);
      }
    }
  }
  // The place of an element, as files have it.
  memset(values[0], 0, WIDE);
  values[0][8 * 2 + 3] = 9;
  sl_u4_pack(values[0], 32, codes[0]);
  for (int i = 0; i < 16; i++) assert_int_equal(codes[0][i], i == 7 ? 9 : 0);
}

static double cosine_of(const float *x, uint32_t n, uint32_t bits, const uint8_t *values) {
  double xx = 0, xv = 0, vv = 0;
  for (uint32_t i = 0; i < n; i++) {
    double v = values[i] - 0.5 * ((1u << bits) - 1);
    xx += (double)x[i] * x[i];
    xv += x[i] * v;
    vv += v * v;
  }
  return xv / sqrt(xx * vv);
}

// The largest cosine there is: all scales at which an element goes over into its next value.
static double best_cosine(const float *x, uint32_t n, uint32_t bits) {
  double best = 0, xx = 0;
  uint32_t half = 1u << (bits - 1);
  for (uint32_t i = 0; i < n; i++) xx += (double)x[i] * x[i];
  for (uint32_t at = 0; at < n; at++) {
    for (uint32_t value = 0; value < half && x[at] != 0; value++) {
      double scale = value == 0 ? 0 : value / fabs((double)x[at]) * (1 + 1e-12), xv = 0, vv = 0;
      for (uint32_t i = 0; i < n; i++) {
        double y = floor(fabs((double)x[i]) * scale), v = (y < half - 1 ? y : half - 1) + 0.5;
        xv += fabs((double)x[i]) * v;
        vv += v * v;
      }
      if (xv / sqrt(xx * vv) > best) best = xv / sqrt(xx * vv);
    }
  }
  return best;
}

// Few scales find nearly what all of them would: the angle is at most a fiftieth larger, of 8 bits,
// where chance decides between hundreds of scales, an eighth.
static void directions_are_as_near_as_they_can_be(void **state) {
  (void)state;
  enum { N = 64, KINDS = 5 };
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  for (uint32_t bits = 2; bits <= 8; bits *= 2) {
    for (int kind = 0; kind < KINDS; kind++) {
      double lost = 0, least = 0;
      for (int turn = 0; turn < 10; turn++) {
        float x[N];
        uint8_t values[N];
        for (int i = 0; i < N; i++) {
          x[i] = kind == 0   ? (float)normal(&rng)
                 : kind == 1 ? (float)(sl_rng_double(&rng) - 0.5)
                 : kind == 2 ? (float)(i < 4 ? normal(&rng) : 0.01 * normal(&rng))
                 : kind == 3 ? (float)(normal(&rng) > 0 ? 1e-30 : -1e-30)
                             : (float)(1e16 * normal(&rng));
        }
        sl_levels_encode(x, N, bits, values);
        double cosine = cosine_of(x, N, bits, values);
        lost += sqrt(1 - cosine * cosine);
        double best = best_cosine(x, N, bits);
        assert_true(cosine <= best * (1 + 1e-9));
        least += sqrt(1 - best * best);
      }
      if (lost > least * (bits == 8 ? 1.125 : 1.02) + 1e-5) {
        fail_msg("%u bits, kind %d: %f, at best %f", bits, kind, lost / 10, least / 10);
      }
    }
  }
}

// J. Max, "Quantizing for minimum distortion", IRE Trans. Inform. Theory 6 (1960), table II: the
// least mean squared error of uniform quantisers of a normal variable, of 4 and of 16 values.
static void normal_numbers_lose_what_they_must(void **state) {
  (void)state;
  static const double least[] = {0.1188, 0.01154};
  static float x[WIDE];
  static uint8_t values[WIDE];
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (uint32_t bits = 2, row = 0; bits <= 4; bits += 2, row++) {
    double lost = 0;
    for (int turn = 0; turn < 50; turn++) {
      for (int i = 0; i < WIDE; i++) x[i] = (float)normal(&rng);
      sl_levels_encode(x, WIDE, bits, values);
      double cosine = cosine_of(x, WIDE, bits, values);
      lost += (1 - cosine * cosine) / 50;
    }
    if (fabs(lost / least[row] - 1) > 0.02) fail_msg("%u bits: %f", bits, lost);
  }
}

// What has no direction, or one that is hard to see, still has values in their domain.
static void every_vector_has_a_code(void **state) {
  (void)state;
  float x[32] = {0};
  uint8_t values[32];
  static const float odd[] = {0, 1e-45f, -1e-38f, 3e38f, -1};
  for (uint32_t bits = 2; bits <= 8; bits *= 2) {
    for (int kind = 0; kind < 5; kind++) {
      x[5] = odd[kind];
      memset(values, 255, sizeof values);
      sl_levels_encode(x, 32, bits, values);
      for (int i = 0; i < 32; i++) assert_true(values[i] < 1u << bits);
      uint32_t half = 1u << (bits - 1);
      if (kind == 3) assert_int_equal(values[5], 2 * half - 1);
      if (kind == 4) assert_int_equal(values[5], 0);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(products_are_exact),
      property(directions_are_as_near_as_they_can_be),
      property(normal_numbers_lose_what_they_must),
      property(every_vector_has_a_code),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
