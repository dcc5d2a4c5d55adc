// Product quantisation: k-means of parts, and sums of table entries.
#include "check.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/rng.h"
#include "quant/product.h"
#include "simd/lookup_u4.h"

enum { PARTS = 9, WIDE = SL_PART * PARTS, COUNT = 700 };
static float rows[COUNT][WIDE];

static double normal(sl_rng *rng) {
  return sqrt(-2 * log(1 - sl_rng_double(rng))) * cos(6.283185307179586 * sl_rng_double(rng));
}

// Sixteen clusters in each part, apart from each other; which one is drawn anew for each part.
static void make_rows(double spread) {
  static float centres[PARTS][SL_CENTROIDS][SL_PART];
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (int p = 0; p < PARTS; p++) {
    for (int c = 0; c < SL_CENTROIDS; c++) {
      for (int i = 0; i < SL_PART; i++) centres[p][c][i] = (float)(10 * normal(&rng));
    }
  }
  for (int r = 0; r < COUNT; r++) {
    for (int j = 0; j < WIDE; j++) {
      static uint32_t c;
      if (j % SL_PART == 0) c = sl_rng_below(&rng, SL_CENTROIDS);
      rows[r][j] = centres[j / SL_PART][c][j % SL_PART] + (float)(spread * normal(&rng));
    }
  }
}

static float book[PARTS * SL_PART_BOOK];

static float centroid(uint32_t part, uint32_t c, uint32_t i) {
  return book[SL_PART_BOOK * part + SL_CENTROIDS * i + c];
}

static void draw(void) {
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (uint32_t chosen = 0; chosen < SL_CENTROIDS; chosen++) {
    float totals[PARTS] = {0};
    for (int r = 0; r < COUNT; r++) {
      sl_product_draw(rows[r], book, PARTS, chosen, totals, &rng);
    }
  }
}

static double step(void) {
  float sums[PARTS * SL_PART_BOOK] = {0}, counts[PARTS * SL_CENTROIDS] = {0};
  double lost = 0;
  for (int r = 0; r < COUNT; r++) lost += sl_product_gather(rows[r], book, PARTS, sums, counts);
  double all = 0;
  for (int i = 0; i < PARTS * SL_CENTROIDS; i++) all += counts[i];
  assert_true(all == (double)PARTS * COUNT);
  sl_product_move(book, PARTS, sums, counts);
  return lost;
}

// The nearest centroids by a plain search, in f64.
static double plain_loss(const uint8_t *values, const float *x) {
  double lost = 0;
  for (uint32_t p = 0; p < PARTS; p++) {
    double best = INFINITY, own = 0;
    for (uint32_t c = 0; c < SL_CENTROIDS; c++) {
      double d = 0;
      for (uint32_t i = 0; i < SL_PART; i++) d += pow(x[SL_PART * p + i] - centroid(p, c, i), 2);
      if (c == values[p]) own = d;
      best = d < best ? d : best;
    }
    assert_true(own <= best * (1 + 1e-5) + 1e-9);
    lost += best;
  }
  return lost;
}

static void k_means_falls_to_what_there_is_to_find(void **state) {
  (void)state;
  make_rows(0.1);
  draw();
  double before = INFINITY, lost = 0;
  for (int round = 0; round < 12; round++, before = lost) {
    lost = step();
    assert_true(lost <= before * (1 + 1e-6));
  }
  // Every drawn point is one of the vectors' parts, so most clusters have been found at once; two
  // clusters that share a centroid would lose about a hundred times as much as their spread.
  double all = 0, plain = 0;
  for (int r = 0; r < COUNT; r++) {
    uint8_t values[PARTS];
    all += sl_product_encode(rows[r], book, PARTS, values);
    plain += plain_loss(values, rows[r]);
    float x[WIDE], products[PARTS * SL_CENTROIDS];
    sl_product_decode(values, book, PARTS, x);
    sl_product_table(rows[r], book, PARTS, products);
    double direct = 0, sum = 0, size = 0;
    for (int j = 0; j < WIDE; j++) {
      direct += (double)x[j] * rows[r][j];
      size += fabs((double)x[j] * rows[r][j]);
      assert_true(x[j] ==
                  centroid((uint32_t)j / SL_PART, values[j / SL_PART], (uint32_t)j % SL_PART));
    }
    for (int p = 0; p < PARTS; p++) sum += products[SL_CENTROIDS * p + values[p]];
    assert_true(fabs(direct - sum) <= 1e-6 * size);
  }
  assert_true(fabs(all - plain) <= 1e-4 * plain);
  double variance = 0, mean[WIDE] = {0};
  for (int r = 0; r < COUNT; r++) {
    for (int j = 0; j < WIDE; j++) mean[j] += rows[r][j] / COUNT;
  }
  for (int r = 0; r < COUNT; r++) {
    for (int j = 0; j < WIDE; j++) variance += pow(rows[r][j] - mean[j], 2);
  }
  assert_true(plain < 0.05 * variance);
}

// Fewer different vectors than centroids: each is a centroid, and nothing is lost.
static void few_vectors_are_kept_as_they_are(void **state) {
  (void)state;
  make_rows(1);
  for (int r = 0; r < COUNT; r++) memcpy(rows[r], rows[r % 11], sizeof rows[r]);
  memset(book, 0, sizeof book);
  draw();
  for (int round = 0; round < 3; round++) step();
  for (int r = 0; r < 11; r++) {
    uint8_t values[PARTS];
    double size = 0;
    for (int j = 0; j < WIDE; j++) size += (double)rows[r][j] * rows[r][j];
    assert_true(sl_product_encode(rows[r], book, PARTS, values) <= 1e-9 * size);
  }
}

static void sums_of_tables_are_exact(void **state) {
  (void)state;
  enum { MOST = 2304 };
  static uint8_t tables[32 * MOST], codes[16][MOST];
  const uint8_t *pointers[16];
  for (int r = 0; r < 16; r++) pointers[r] = codes[r];
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  for (size_t bytes = SL_LOOKUP_STEP; bytes <= MOST; bytes += 11 * SL_LOOKUP_STEP) {
    bool full = bytes > MOST / 2;
    for (size_t i = 0; i < 32 * bytes; i++) {
      tables[i] = (uint8_t)(full ? 255 : sl_rng_next(&rng) & 255);
    }
    for (int r = 0; r < 16; r++) {
      for (size_t i = 0; i < bytes; i++) codes[r][i] = (uint8_t)sl_rng_next(&rng);
    }
    uint32_t sums[16];
    sl_lookup16_u4(tables, pointers, bytes, sums);
    for (int r = 0; r < 16; r++) {
      uint64_t sum = 0;
      for (size_t t = 0; t < 2 * bytes; t++) {
        sum += tables[16 * t + (codes[r][t / 2] >> (t % 2 == 0 ? 0 : 4)) % 16];
      }
      assert_int_equal(sums[r], sum);
      assert_int_equal(sl_lookup1_u4(tables, codes[r], bytes), sum);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(k_means_falls_to_what_there_is_to_find),
      cmocka_unit_test(few_vectors_are_kept_as_they_are),
      cmocka_unit_test(sums_of_tables_are_exact),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
