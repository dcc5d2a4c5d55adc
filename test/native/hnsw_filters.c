#define HNSW_POINTS 6000
#include "hnsw_points.h"

#include <math.h>
#include <stdlib.h>

static void filters_of_every_selectivity(void **state) {
  (void)state;
  make_points(6);
  sl_hnsw *index = make_full(SL_METRIC_COSINE);
  for (uint32_t share = 1; share <= 1000; share = share * 2 + 37) {
    uint32_t ids[N], count = 0;
    sl_rng rng;
    sl_rng_seed(&rng, share);
    for (uint32_t i = 0; i < N; i++) {
      if (sl_rng_below(&rng, 1000) < share) ids[count++] = all_ids[i];
    }
    sl_filter *filter;
    assert_ok(sl_filter_create(ids, count, &filter));
    assert_true(recall(index, 30, filter) >= 0.95);
    sl_filter_destroy(filter);
  }
  sl_hnsw_destroy(index);
}

// Small ef and a filter in the middle range: the walk in two hops is what answers.
static void two_hops_reach_what_is_allowed(void **state) {
  (void)state;
  make_points(7);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  uint32_t ids[N], count = 0;
  for (uint32_t i = 0; i < N; i++) {
    if (i % 8 < 3) ids[count++] = all_ids[i];
  }
  sl_filter *filter;
  assert_ok(sl_filter_create(ids, count, &filter));
  uint64_t before = index->scored;
  assert_true(recall(index, 20, filter) >= 0.9);
  assert_true(index->scored - before < (uint64_t)QUERIES * count); // not a scan
  sl_filter_destroy(filter);
  sl_hnsw_destroy(index);
}

// Filters that go along with the vectors: some clusters are allowed, and of the others one vector
// in a hundred. Most queries then stand in a crowd of forbidden vectors.
static void filters_that_follow_the_clusters(void **state) {
  (void)state;
  enum { COUNT = 12000, CLUSTERS = 40, ASKED = 100, WIDE = 16 };
  static float centres[CLUSTERS][WIDE], rows[COUNT][WIDE], asked[ASKED][WIDE];
  static uint32_t ids[COUNT], cluster[COUNT], some[COUNT];
  sl_rng rng;
  sl_rng_seed(&rng, 21);
  for (int i = 0; i < CLUSTERS * WIDE; i++)
    centres[i / WIDE][i % WIDE] = (float)sl_rng_double(&rng);
  for (uint32_t i = 0; i < COUNT + ASKED; i++) {
    float *x = i < COUNT ? rows[i] : asked[i - COUNT];
    uint32_t c = sl_rng_below(&rng, CLUSTERS);
    for (int j = 0; j < WIDE; j++) {
      x[j] = centres[c][j] + 0.3f * (float)(sl_rng_double(&rng) - 0.5);
    }
    if (i < COUNT) cluster[i] = c, ids[i] = i;
  }
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = SL_METRIC_EUCLIDEAN;
  options.dimension = WIDE;
  options.m = 8;
  options.ef_construction = 60;
  sl_hnsw *index;
  sl_flat *flat;
  uint32_t added;
  assert_ok(sl_hnsw_create(&options, &index));
  assert_ok(sl_hnsw_add(index, ids, rows, COUNT, SL_DUPLICATE_ERROR, &added));
  assert_ok(sl_flat_create(SL_METRIC_EUCLIDEAN, WIDE, 1, COUNT, &flat));
  assert_ok(sl_flat_add(flat, ids, rows, COUNT, SL_DUPLICATE_ERROR, &added));
  // Of 40 clusters: about 1, 10, 20, 30 and 50 % of the vectors.
  const uint32_t allowed[] = {0, 4, 8, 12, 20};
  for (int part = 0; part < 5; part++) {
    uint32_t count = 0, hits = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
      if (cluster[i] < allowed[part] || sl_rng_below(&rng, 100) == 0) some[count++] = i;
    }
    sl_filter *filter;
    assert_ok(sl_filter_create(some, count, &filter));
    for (int q = 0; q < ASKED; q++) {
      uint32_t truth[K], near[K], found;
      float distances[K];
      assert_ok(sl_flat_search(flat, asked[q], 1, K, filter, truth, distances, &found));
      assert_ok(sl_hnsw_search(index, asked[q], 1, K, 40, filter, near, distances, &found));
      assert_int_equal(found, K);
      for (int i = 0; i < K * K; i++) hits += near[i / K] == truth[i % K];
    }
    if (hits < 0.95 * K * ASKED) fail_msg("%u of %d: recall %f", count, COUNT, hits / 1000.0);
    sl_filter_destroy(filter);
  }
  sl_hnsw_destroy(index);
  sl_flat_destroy(flat);
}

static double squared_to(const float *x, const float *y) {
  double sum = 0;
  for (int j = 0; j < D; j++) sum += ((double)x[j] - y[j]) * ((double)x[j] - y[j]);
  return sum;
}

static const float *sorted_to;
static int by_distance(const void *a, const void *b) {
  double x = squared_to(vectors[*(const uint32_t *)a], sorted_to);
  double y = squared_to(vectors[*(const uint32_t *)b], sorted_to);
  return (x > y) - (x < y);
}

// From one vector in 6,000 to all but some, near the query, far from it, and anywhere: a search
// compares at most 1.25 times as many rows as the scan of the allowed, and one list (2 m rows at
// most are gathered in two hops from each of 2 m, cut off at 4 (1 + 2 m)), and the way down.
static void no_filter_costs_more_than_two_scans(void **state) {
  (void)state;
  make_points(23);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  static uint32_t order[N], some[N];
  const double shares[] = {1.0 / N, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3,
                           0.39,    0.41,  0.5,  0.7,  0.9, 0.99};
  for (int way = 0; way < 3; way++) {
    for (int i = 0; i < 13; i++) {
      uint32_t count = (uint32_t)(shares[i] * N + 0.5), hits = 0;
      uint64_t rows = 0;
      for (int q = 0; q < 8; q++) {
        for (uint32_t j = 0; j < N; j++) order[j] = j;
        sorted_to = queries[q];
        if (way < 2) qsort(order, N, sizeof *order, by_distance);
        sl_rng rng;
        sl_rng_seed(&rng, (uint64_t)(100 * i + q));
        for (uint32_t j = 0; j < count; j++) {
          uint32_t other = j + sl_rng_below(&rng, N - j), kept = order[j];
          if (way == 2) order[j] = order[other], order[other] = kept;
          some[j] = all_ids[order[way == 1 ? N - 1 - j : j]];
        }
        sl_filter *filter;
        assert_ok(sl_filter_create(some, count, &filter));
        uint32_t ids[K], found;
        float distances[K];
        uint64_t before = index->scored;
        assert_ok(sl_hnsw_search(index, queries[q], 1, K, 32, filter, ids, distances, &found));
        uint64_t now = index->scored - before;
        sl_filter_destroy(filter);
        assert_int_equal(found, count < K ? count : K);
        if (4 * now > 5 * (uint64_t)count + 4 * 150) {
          fail_msg("way %d, %u allowed: %u rows", way, count, (unsigned)now);
        }
        rows += now;
        // Nearest of the allowed, where their order is known.
        for (uint32_t j = 0; way < 2 && j < found; j++) {
          uint32_t at = way == 0 ? j : N - count + j;
          hits += distances[j] <= (float)sqrt(squared_to(vectors[order[at]], queries[q])) + 1e-5f;
        }
      }
      if (way < 2) assert_true(hits >= 0.9 * 8 * (count < K ? count : K));
      if (way == 2 && count > N / 2) assert_true(rows < 8 * (uint64_t)count / 2); // a walk
    }
  }
  sl_hnsw_destroy(index);
}

static void a_filter_follows_its_index(void **state) {
  (void)state;
  make_points(8);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  uint32_t wanted[4] = {all_ids[5], all_ids[6], 999999, all_ids[6]}, ids[8], found;
  float distances[8];
  sl_filter *filter, *nothing;
  assert_ok(sl_filter_create(wanted, 4, &filter));
  assert_ok(sl_filter_create(NULL, 0, &nothing));
  assert_ok(sl_hnsw_search(index, queries[0], 1, 8, 8, filter, ids, distances, &found));
  assert_int_equal(found, 2);
  assert_ok(sl_hnsw_remove(index, all_ids[5]));
  assert_ok(sl_hnsw_search(index, queries[0], 1, 8, 8, filter, ids, distances, &found));
  assert_int_equal(found, 1);
  assert_ok(sl_hnsw_optimize(index)); // slots move
  assert_ok(sl_hnsw_search(index, queries[0], 1, 8, 8, filter, ids, distances, &found));
  assert_int_equal(found, 1);
  assert_int_equal(ids[0], all_ids[6]);
  assert_ok(sl_hnsw_search(index, queries[0], 1, 8, 8, nothing, ids, distances, &found));
  assert_int_equal(found, 0);
  sl_filter_destroy(nothing);
  sl_filter_destroy(filter);
  sl_hnsw_destroy(index);
}

static void bits_stand_for_ids(void **state) {
  (void)state;
  static uint8_t bits[1400];
  static uint32_t ids[8 * 1400];
  uint32_t count = 0;
  sl_rng rng;
  sl_rng_seed(&rng, 23);
  for (uint32_t i = 0; i < 8 * sizeof bits; i++) {
    if (sl_rng_below(&rng, 3) != 0 && i != 8 * sizeof bits - 1) continue;
    bits[i / 8] |= (uint8_t)(1 << i % 8);
    ids[count++] = i;
  }
  sl_filter *filter;
  assert_ok(sl_filter_from_bits(bits, sizeof bits, &filter));
  assert_int_equal(filter->count, count);
  assert_memory_equal(filter->ids, ids, count * sizeof *ids);
  sl_filter_destroy(filter);
  assert_ok(sl_filter_from_bits(NULL, 0, &filter));
  assert_int_equal(filter->count, 0);
  sl_filter_destroy(filter);
  assert_refused(sl_filter_from_bits(bits, (1u << 29) + 1, &filter), SL_ERR_OVERFLOW, "bits");
  size_t held = sl_bytes_in_use();
  sl_set_memory_limit(held + 1000);
  assert_int_equal(sl_filter_from_bits(bits, sizeof bits, &filter), SL_ERR_MEMORY);
  assert_null(filter);
  assert_int_equal(sl_bytes_in_use(), held);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(filters_of_every_selectivity),     property(two_hops_reach_what_is_allowed),
      property(filters_that_follow_the_clusters), property(no_filter_costs_more_than_two_scans),
      property(a_filter_follows_its_index),       property(bits_stand_for_ids),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
