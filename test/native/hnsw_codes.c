#include "hnsw_points.h"

#include <math.h>

// What the codes lose, the exact rows bring back.
static void codes_find_what_vectors_find(void **state) {
  (void)state;
  make_points(15);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    for (sl_exact exact = SL_EXACT_NONE; exact <= SL_EXACT_FLOAT32; exact++) {
      sl_hnsw *index = make_coded(metric, SL_CODES_INT8, exact);
      check_graph(index);
      double share = recall(index, 100, NULL);
      if (share < (exact == SL_EXACT_NONE ? 0.85 : 0.97)) {
        fail_msg("metric %d, exact %d: recall %f", metric, exact, share);
      }
      sl_hnsw_destroy(index);
    }
  }
}

// 256 signs tell half the set from the other half; the exact rows find the nearest in it.
static void signs_are_a_first_pass(void **state) {
  (void)state;
  enum { COUNT = 400, WIDE = 256, NEAREST = 5 };
  static float wide[COUNT][WIDE];
  sl_rng rng;
  sl_rng_seed(&rng, 18);
  sl_hnsw_options options = sl_hnsw_options_default();
  options.dimension = WIDE;
  options.codes = SL_CODES_BINARY;
  options.exact = SL_EXACT_FLOAT32;
  sl_hnsw *index;
  sl_flat *flat;
  assert_ok(sl_hnsw_create(&options, &index));
  assert_ok(sl_flat_create(SL_METRIC_COSINE, WIDE, 1, 0, &flat));
  for (uint32_t i = 0; i < COUNT; i++) {
    uint32_t added;
    for (int j = 0; j < WIDE; j++) wide[i][j] = (float)(sl_rng_double(&rng) - 0.5);
    assert_ok(sl_hnsw_add(index, &i, wide[i], 1, SL_DUPLICATE_ERROR, &added));
    assert_ok(sl_flat_add(flat, &i, wide[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  uint32_t hits = 0;
  for (uint32_t q = 0; q < 40; q++) {
    uint32_t near[NEAREST], truth[NEAREST], found;
    float distances[NEAREST], exact[NEAREST];
    assert_ok(sl_hnsw_search(index, wide[q], 1, NEAREST, 150, NULL, near, distances, &found));
    assert_ok(sl_flat_search(flat, wide[q], 1, NEAREST, NULL, truth, exact, &found));
    assert_int_equal(near[0], q);
    assert_true(distances[0] < 1e-6);
    for (int i = 0; i < NEAREST; i++) {
      for (int j = 0; j < NEAREST; j++) hits += near[i] == truth[j];
    }
  }
  assert_true(hits > 40 * NEAREST * 0.85);
  sl_hnsw_destroy(index);
  sl_flat_destroy(flat);
}

static void codes_keep_distances_and_vectors(void **state) {
  (void)state;
  make_points(16);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    sl_hnsw *exact = make_full(metric);
    for (sl_exact kind = SL_EXACT_NONE; kind <= SL_EXACT_FLOAT32; kind++) {
      const float tolerance[] = {1.0f / 100, 1.0f / 1500, 1e-6f};
      sl_hnsw *index = make_coded(metric, SL_CODES_INT8, kind);
      uint32_t ids[K], found, same[K];
      float distances[K], right[K], a[D], b[D];
      for (int q = 0; q < 5; q++) {
        assert_ok(sl_hnsw_search(index, queries[q], 1, K, 200, NULL, ids, distances, &found));
        assert_ok(sl_hnsw_search(exact, queries[q], 1, K, 200, NULL, same, right, &found));
        for (int i = 0; i < K; i++) {
          assert_true(fabsf(distances[i] - right[i]) <= 3 * tolerance[kind]);
        }
      }
      for (uint32_t i = 0; i < 50; i++) {
        assert_ok(sl_hnsw_get(index, all_ids[i], a));
        assert_ok(sl_hnsw_get(exact, all_ids[i], b));
        for (int j = 0; j < D; j++) assert_true(fabsf(a[j] - b[j]) <= tolerance[kind]);
      }
      assert_int_equal(sl_hnsw_bytes(index) + sl_hnsw_bytes(exact), sl_bytes_in_use());
      sl_hnsw_destroy(index);
    }
    sl_hnsw_destroy(exact);
  }
}

static void codes_live_through_removal_and_renumbering(void **state) {
  (void)state;
  make_points(17);
  sl_hnsw *index = make_coded(SL_METRIC_EUCLIDEAN, SL_CODES_INT8, SL_EXACT_FLOAT16);
  for (uint32_t i = 0; i < 700; i++) assert_ok(sl_hnsw_remove(index, all_ids[i * 2]));
  assert_ok(sl_hnsw_optimize(index));
  check_graph(index);
  assert_true(recall(index, 100, NULL) > 0.97);
  for (uint32_t i = 0; i < 700; i++) {
    uint32_t added;
    assert_ok(sl_hnsw_add(index, &all_ids[i * 2], vectors[i * 2], 1, SL_DUPLICATE_ERROR, &added));
  }
  check_graph(index);
  assert_true(recall(index, 100, NULL) > 0.97);
  sl_filter *filter;
  assert_ok(sl_filter_create(all_ids, 100, &filter));
  assert_true(recall(index, 30, filter) > 0.97);
  sl_filter_destroy(filter);
  void *rows;
  uint32_t stride, staged = 7, added;
  float again[D];
  assert_ok(sl_hnsw_stage(index, 1, &rows, &stride));
  memcpy(rows, vectors[3], sizeof vectors[3]);
  assert_ok(sl_hnsw_add_staged(index, &staged, 1, &added));
  assert_ok(sl_hnsw_get(index, staged, again));
  for (int i = 0; i < D; i++) assert_true(fabsf(again[i] - vectors[3][i]) < 1e-3f);
  sl_hnsw_destroy(index);
  sl_hnsw_options options = sl_hnsw_options_default();
  options.dimension = 8;
  options.codes = SL_CODES_INT8;
  options.metric = SL_METRIC_MANHATTAN;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "codes");
  options.codes = SL_CODES_BINARY;
  options.metric = SL_METRIC_DOT;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "codes");
  options.codes = (sl_codes)6;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "codes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(codes_find_what_vectors_find),
      property(signs_are_a_first_pass),
      property(codes_keep_distances_and_vectors),
      property(codes_live_through_removal_and_renumbering),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
