#define HNSW_POINTS 6000
#include "hnsw_points.h"

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
      property(filters_of_every_selectivity),
      property(two_hops_reach_what_is_allowed),
      property(filters_that_follow_the_clusters),
      property(a_filter_follows_its_index),
      property(bits_stand_for_ids),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
