#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "quant/float16.h"
#include "simd/bits.h"
#include "simd/distance_f16.h"
#include "simd/distance_f32.h"
#include "simd/distance_i8.h"
#include "simd/round.h"

#define LONGEST 1040

static float query[LONGEST], rows[4][LONGEST];

static void fill(uint64_t seed, size_t n) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (size_t i = 0; i < n; i++) {
    query[i] = (float)(sl_rng_double(&rng) * 2 - 1);
    for (int r = 0; r < 4; r++) rows[r][i] = (float)(sl_rng_double(&rng) * 2 - 1);
  }
}

static void distances_match_long_double(void **state) {
  (void)state;
  for (size_t n = 0; n <= LONGEST; n += n < 128 ? 8 : 304) {
    fill(n + 1, n);
    long double dot = 0, squared = 0, manhattan = 0;
    for (size_t i = 0; i < n; i++) {
      long double x = query[i], y = rows[0][i];
      dot += x * y;
      squared += (x - y) * (x - y);
      manhattan += fabsl(x - y);
    }
    long double bound = (n / 8 + 4) * 0x1p-24L * (n + 1);
    assert_true(fabsl(sl_dot1_f32(query, rows[0], n) - dot) <= bound);
    assert_true(fabsl(sl_squared1_f32(query, rows[0], n) - squared) <= 4 * bound);
    assert_true(fabsl(sl_manhattan1_f32(query, rows[0], n) - manhattan) <= 2 * bound);
  }
}

typedef void four_rows(const float *, const float *const[4], size_t, float[4]);
typedef float one_row(const float *, const float *, size_t);

static void check_four(one_row *one, four_rows *four) {
  for (size_t n = 0; n <= LONGEST; n += 8) { // beyond two of the blocks that rows are cut into
    fill(n + 77, n);
    const float *const four_of[4] = {rows[2], rows[0], rows[3], rows[1]};
    float out[4], out_back;
    four(query, four_of, n, out);
    for (int r = 0; r < 4; r++) {
      out_back = one(four_of[r], query, n); // symmetric as well
      assert_memory_equal(&out[r], &out_back, sizeof out_back);
    }
  }
}

static void four_rows_give_the_bits_of_one_row(void **state) {
  (void)state;
  check_four(sl_dot1_f32, sl_dot4_f32);
  check_four(sl_squared1_f32, sl_squared4_f32);
  check_four(sl_manhattan1_f32, sl_manhattan4_f32);
}

static void zero_padding_changes_nothing(void **state) {
  (void)state;
  memset(query, 0, sizeof query);
  memset(rows, 0, sizeof rows);
  fill(5, 37);
  float dot = sl_dot1_f32(query, rows[0], 40), squared = sl_squared1_f32(query, rows[0], 40);
  assert_true(sl_dot1_f32(query, rows[0], 1040) == dot);
  assert_true(sl_squared1_f32(query, rows[0], 1040) == squared);
}

static void the_limit_never_overflows(void **state) {
  (void)state;
  static float x[SL_DISTANCE_STEP * 8192], y[SL_DISTANCE_STEP * 8192];
  for (size_t i = 0; i < 65536; i++) {
    x[i] = SL_DISTANCE_LIMIT;
    y[i] = -SL_DISTANCE_LIMIT;
  }
  assert_true(isfinite(sl_dot1_f32(x, y, 65536)));
  assert_true(isfinite(sl_squared1_f32(x, y, 65536)));
  assert_true(isfinite(sl_manhattan1_f32(x, y, 65536)));
}

static void normalizes(void **state) {
  (void)state;
  float x[3] = {3, 0, -4}, y[8];
  assert_true(sl_normalize_f32(x, 3, y, 8) == 5);
  float expected[8] = {0.6f, 0, -0.8f};
  assert_memory_equal(y, expected, sizeof y);
  float zero[2] = {0, 0};
  assert_true(sl_normalize_f32(zero, 2, y, 8) == 0);
  assert_true(y[0] == 0 && y[1] == 0);
  float tiny[2] = {1e-45f, 0}; // its square would vanish in f32
  sl_normalize_f32(tiny, 2, y, 8);
  assert_true(y[0] == 1);
}

static void finds_what_is_beyond(void **state) {
  (void)state;
  float x[4] = {1, -2, NAN, 9};
  assert_int_equal(sl_first_beyond_f32(x, 4, 10), 2);
  assert_int_equal(sl_first_beyond_f32(x, 4, 1.5f), 1);
  assert_int_equal(sl_first_beyond_f32(x, 2, 10), 2);
  assert_int_equal(sl_first_beyond_f32(x, 0, 10), 0);
  // At every place of lengths with and without whole blocks.
  float many[40];
  const float beyond[] = {NAN, INFINITY, -INFINITY, -10.5f, 10.5f};
  for (size_t n = 1; n <= 40; n++) {
    for (size_t at = 0; at < n; at++) {
      for (size_t i = 0; i < n; i++) many[i] = i % 2 == 0 ? 10 : -10;
      assert_int_equal(sl_first_beyond_f32(many, n, 10), n);
      many[at] = beyond[(n + at) % 5];
      many[n - 1] = n - 1 == at ? many[at] : 11;
      assert_int_equal(sl_first_beyond_f32(many, n, 10), at);
    }
  }
  x[2] = -INFINITY;
  assert_int_equal(sl_first_beyond_f32(x, 4, 10), 2);
}

// Rounding without branches is rounding with them, and the largest is the largest at every place.
static void rounds_as_one_number_does(void **state) {
  (void)state;
  const float some[] = {0.0f, -0.0f, 0.5f, -0.5f, 0.49999997f, -0.49999997f, 1.5f,    -2.5f,
                        7.2f, -7.8f, 8191, -8191, 8190.5f,     1e-40f,       -1e-40f, 1e8f};
  for (size_t i = 0; i < sizeof some / sizeof *some; i += 4) {
    sl_i32x4 whole = sl_f32x4_round(sl_f32x4_load(some + i));
    for (size_t l = 0; l < 4; l++) {
      float x = some[i + l];
      assert_int_equal(whole[l], (int32_t)(x < 0 ? x - 0.5f : x + 0.5f));
    }
  }
  float x[40];
  for (size_t n = 0; n <= 40; n++) {
    for (size_t at = 0; at < n; at++) {
      for (size_t i = 0; i < n; i++) x[i] = i % 3 == 0 ? NAN : 1;
      x[at] = at % 2 == 0 ? -3.0f : 3.0f;
      assert_true(sl_norm_inf_f32(x, n) == 3);
    }
  }
  assert_true(sl_norm_inf_f32(x, 0) == 0);
}

static void int8_products_are_exact(void **state) {
  (void)state;
  static uint16_t q[1024];
  static uint8_t packed[2048];
  static int8_t codes[4][1024];
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (size_t n = 0; n <= 1024; n += n < 64 ? 16 : 320) {
    const int8_t *const four[4] = {codes[0], codes[1], codes[2], codes[3]};
    int32_t out[4], expected[4] = {0}, sums[4] = {0};
    for (size_t i = 0; i < n; i++) {
      q[i] = (uint16_t)sl_rng_below(&rng, SL_I14_QUERY_MOST + 1);
      for (int r = 0; r < 4; r++) {
        codes[r][i] = (int8_t)((int)sl_rng_below(&rng, 255) - 127);
        expected[r] += q[i] * codes[r][i];
        sums[r] += codes[r][i];
      }
    }
    sl_i14_pack(q, n, packed);
    sl_dot4_i14_i8(packed, four, n, out);
    for (int r = 0; r < 4; r++) {
      assert_int_equal(out[r], expected[r]);
      assert_int_equal(sl_sum_i8(codes[r], n), sums[r]);
    }
  }
  // The largest sum there is, and its opposite.
  for (int i = 0; i < 1024; i++) q[i] = SL_I14_QUERY_MOST;
  memset(codes[0], -127, sizeof codes[0]);
  memset(codes[1], 127, sizeof codes[1]);
  const int8_t *const two[4] = {codes[0], codes[1], codes[0], codes[1]};
  int32_t out[4];
  sl_i14_pack(q, 1024, packed);
  sl_dot4_i14_i8(packed, two, 1024, out);
  assert_int_equal(out[0], -127 * 16383 * 1024);
  assert_int_equal(out[3], 127 * 16383 * 1024);
}

// Rows with the elements weighted, as queries: against the formula, and what the products say.
static void weighted_rows_are_queries(void **state) {
  (void)state;
  static uint8_t packed[2048];
  static int8_t codes[2][1024];
  static int16_t weights[1024];
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (size_t n = 0; n <= 1024; n += n < 64 ? 16 : 320) {
    for (uint32_t shift = 0; shift <= 6; shift += 2) {
      int32_t out[4], expected = 0, sum = 0, most = 0, zero = -1;
      for (size_t i = 0; i < n; i++) {
        for (int r = 0; r < 2; r++) codes[r][i] = (int8_t)((int)sl_rng_below(&rng, 255) - 127);
        weights[i] = (int16_t)sl_rng_below(&rng, n == 32 ? 100 : 32768);
        if (i == 0) codes[0][i] = -127, weights[i] = 32767;
        int32_t value =
            (int32_t)floor(ldexp(codes[0][i] * (double)weights[i], (int)shift - 15) + 0.5);
        expected += value * codes[1][i];
        sum += codes[1][i];
        most = abs(value) > most ? abs(value) : most;
      }
      uint32_t bound = sl_i14_weigh(codes[0], weights, n, shift, packed, &zero);
      const int8_t *const four[4] = {codes[1], codes[1], codes[1], codes[1]};
      sl_dot4_i14_i8(packed, four, n, out);
      for (int r = 0; r < 4; r++) assert_int_equal(out[r] - zero * sum, expected);
      assert_int_equal(bound & (bound + 1), 0);
      // Of a negative value -v the magnitude that counts is v - 1.
      assert_true((int32_t)bound >= most - 1 && (int32_t)bound <= 2 * most);
    }
  }
}

// Against sums of doubles, numbers with and without a normal exponent among them.
static void float16_products_are_those_of_the_numbers(void **state) {
  (void)state;
  static float q[72];
  static uint16_t halves[4][72];
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  for (size_t n = 0; n <= 72; n += 8) {
    const uint16_t *const four[4] = {halves[0], halves[1], halves[2], halves[3]};
    double expected[4] = {0}, size[4] = {0};
    float out[4];
    for (size_t i = 0; i < n; i++) {
      double x = sl_rng_double(&rng) - 0.5;
      q[i] = (float)x * 0x1p112f;
      for (int r = 0; r < 4; r++) {
        double y = (sl_rng_double(&rng) - 0.5) * (r == 3 ? 1e-6 : 2);
        halves[r][i] = sl_float16_from_f32((float)y);
        double term = (double)(float)x * sl_float16_to_f32(halves[r][i]);
        expected[r] += term;
        size[r] += fabs(term);
      }
    }
    sl_dot4_f16(q, four, n, out);
    for (int r = 0; r < 4; r++) assert_true(fabs(out[r] - expected[r]) <= size[r] * 1e-5);
  }
}

static void hamming_counts_bits(void **state) {
  (void)state;
  static uint8_t x[4096], y[4096], rows4[4][4096];
  for (size_t n = 0; n <= 4096; n += n < 64 ? 16 : 1008) {
    const uint8_t *const four[4] = {rows4[0], rows4[1], rows4[2], rows4[3]};
    uint32_t expected[4] = {0}, out[4];
    sl_rng rng;
    sl_rng_seed(&rng, n);
    for (size_t i = 0; i < n; i++) {
      x[i] = (uint8_t)sl_rng_next(&rng);
      for (int r = 0; r < 4; r++) {
        rows4[r][i] = (uint8_t)sl_rng_next(&rng);
        expected[r] += (uint32_t)__builtin_popcount(x[i] ^ rows4[r][i]);
      }
    }
    sl_hamming4(x, four, n, out);
    for (int r = 0; r < 4; r++) {
      assert_int_equal(out[r], expected[r]);
      assert_int_equal(sl_hamming1(x, four[r], n), expected[r]);
    }
  }
  memset(x, 255, sizeof x);
  memset(y, 0, sizeof y);
  assert_int_equal(sl_hamming1(x, y, 4096), 4096 * 8);
  const uint8_t *const opposite[4] = {y, x, y, y}; // every byte counts as much as it can
  uint32_t out[4];
  sl_hamming4(x, opposite, 4096, out);
  for (int r = 0; r < 4; r++) assert_int_equal(out[r], r == 1 ? 0 : 4096 * 8);
  uint64_t words[3] = {UINT64_MAX, 0, 5};
  assert_int_equal(sl_popcount(words, 3), 66);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(distances_match_long_double),
      cmocka_unit_test(four_rows_give_the_bits_of_one_row),
      cmocka_unit_test(zero_padding_changes_nothing),
      cmocka_unit_test(the_limit_never_overflows),
      cmocka_unit_test(normalizes),
      cmocka_unit_test(finds_what_is_beyond),
      cmocka_unit_test(rounds_as_one_number_does),
      cmocka_unit_test(int8_products_are_exact),
      cmocka_unit_test(weighted_rows_are_queries),
      cmocka_unit_test(float16_products_are_those_of_the_numbers),
      cmocka_unit_test(hamming_counts_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
