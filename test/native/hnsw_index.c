#include "hnsw_points.h"

#include <math.h>

static void recall_is_high_in_every_metric(void **state) {
  (void)state;
  make_points(1);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    sl_hnsw *index = make_full(metric);
    check_graph(index);
    double share = recall(index, 100, NULL);
    if (share < (metric == SL_METRIC_HAMMING ? 0.8 : 0.97)) {
      fail_msg("metric %d: recall %f", metric, share);
    }
    sl_hnsw_destroy(index);
  }
}

// Closed forms in long double, for one pair of points.
static void distances_match_their_definition(void **state) {
  (void)state;
  make_points(2);
  const float *x = vectors[0], *y = vectors[1];
  long double dot = 0, xx = 0, yy = 0, squared = 0, manhattan = 0;
  for (int i = 0; i < D; i++) {
    dot += (long double)x[i] * y[i];
    xx += (long double)x[i] * x[i];
    yy += (long double)y[i] * y[i];
    squared += ((long double)x[i] - y[i]) * ((long double)x[i] - y[i]);
    manhattan += fabsl((long double)x[i] - y[i]);
  }
  long double expected[] = {1 - dot / sqrtl(xx * yy),
                            -dot,
                            sqrtl(squared),
                            manhattan,
                            0,
                            acoshl(1 + 2 * squared / ((1 - xx) * (1 - yy))) / sqrtl(1)};
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    if (metric == SL_METRIC_HAMMING) continue;
    sl_hnsw *index = make_index(metric, D);
    uint32_t id = 9, added, ids[3], found;
    float distances[3], out[D];
    assert_ok(sl_hnsw_add(index, &id, y, 1, SL_DUPLICATE_ERROR, &added));
    assert_ok(sl_hnsw_search(index, x, 1, 3, 10, NULL, ids, distances, &found));
    assert_int_equal(found, 1);
    assert_int_equal(ids[0], 9);
    assert_true(fabsl(distances[0] - expected[metric]) < 2e-6);
    assert_ok(sl_hnsw_get(index, 9, out));
    if (metric != SL_METRIC_COSINE) assert_memory_equal(out, y, sizeof out);
    sl_hnsw_destroy(index);
  }
}

static void hamming_counts_differing_bits(void **state) {
  (void)state;
  sl_hnsw *index = make_index(SL_METRIC_HAMMING, 24);
  const uint8_t rows[3][3] = {{0xff, 0, 0}, {0xff, 1, 0}, {0, 0, 0x80}};
  const uint8_t query[3] = {0xff, 0, 0};
  uint32_t ids[3] = {1, 2, 3}, added, out[3], found;
  float distances[3];
  assert_ok(sl_hnsw_add(index, ids, rows, 3, SL_DUPLICATE_ERROR, &added));
  assert_ok(sl_hnsw_search(index, query, 1, 3, 3, NULL, out, distances, &found));
  assert_int_equal(found, 3);
  const uint32_t order[3] = {1, 2, 3};
  assert_memory_equal(out, order, sizeof order);
  assert_true(distances[0] == 0 && distances[1] == 1 && distances[2] == 9);
  sl_hnsw_destroy(index);
}

static void empty_and_single(void **state) {
  (void)state;
  sl_hnsw *index = make_index(SL_METRIC_EUCLIDEAN, 3);
  float point[3] = {1, 2, 3}, distances[4];
  uint32_t id = UINT32_MAX, added, ids[4], found = 7;
  assert_ok(sl_hnsw_search(index, point, 1, 4, 4, NULL, ids, distances, &found));
  assert_int_equal(found, 0);
  assert_refused(sl_hnsw_remove(index, 0), SL_ERR_INDEX, "id");
  assert_ok(sl_hnsw_repair(index));
  assert_ok(sl_hnsw_optimize(index));
  assert_ok(sl_hnsw_add(index, &id, point, 1, SL_DUPLICATE_ERROR, &added));
  assert_ok(sl_hnsw_search(index, point, 1, 4, 1, NULL, ids, distances, &found));
  assert_int_equal(found, 1);
  assert_int_equal(ids[0], UINT32_MAX);
  assert_true(distances[0] == 0);
  assert_ok(sl_hnsw_optimize(index));
  assert_ok(sl_hnsw_remove(index, id));
  assert_int_equal(sl_hnsw_size(index), 0);
  assert_ok(sl_hnsw_search(index, point, 1, 4, 1, NULL, ids, distances, &found));
  assert_int_equal(found, 0);
  assert_ok(sl_hnsw_add(index, &id, point, 1, SL_DUPLICATE_ERROR, &added));
  assert_int_equal(sl_hnsw_size(index), 1);
  sl_hnsw_destroy(index);
}

static void all_equal_vectors_are_all_found(void **state) {
  (void)state;
  sl_hnsw *index = make_index(SL_METRIC_EUCLIDEAN, 2);
  float point[2] = {1, 1}, distances[300];
  uint32_t added, ids[300], found;
  for (uint32_t id = 0; id < 300; id++) {
    assert_ok(sl_hnsw_add(index, &id, point, 1, SL_DUPLICATE_ERROR, &added));
  }
  check_graph(index);
  assert_ok(sl_hnsw_search(index, point, 1, 300, 1, NULL, ids, distances, &found));
  assert_int_equal(found, 300);
  sl_hnsw_destroy(index);
}

static void ten_rounds_of_replacing_a_tenth(void **state) {
  (void)state;
  make_points(3);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  double fresh = recall(index, 40, NULL);
  uint64_t bytes = sl_hnsw_bytes(index);
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  for (int round = 0; round < 10; round++) {
    for (uint32_t i = 0; i < N / 10; i++) {
      uint32_t id = all_ids[sl_rng_below(&rng, N)];
      if (sl_hnsw_has(index, id)) assert_ok(sl_hnsw_remove(index, id));
    }
    for (uint32_t i = 0; i < N; i++) {
      uint32_t added;
      if (sl_hnsw_has(index, all_ids[i])) continue;
      assert_ok(sl_hnsw_add(index, &all_ids[i], vectors[i], 1, SL_DUPLICATE_ERROR, &added));
    }
    check_graph(index);
  }
  assert_int_equal(sl_hnsw_size(index), N);
  assert_true(sl_hnsw_bytes(index) <= bytes + bytes / 20);
  assert_true(index->repairs >= 5);
  assert_true(recall(index, 40, NULL) >= fresh - 0.005);
  sl_hnsw_destroy(index);
}

// A crowd of removed vectors around the query must not hide the others.
static void the_removed_do_not_hide_the_living(void **state) {
  (void)state;
  make_points(5);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  uint32_t ids[N], found;
  float distances[N];
  assert_ok(sl_hnsw_search(index, queries[0], 1, 300, 300, NULL, ids, distances, &found));
  for (int i = 0; i < 300; i++) remove_only(index, ids[i]);
  assert_int_equal(index->store.dead, 300);
  uint32_t after[20];
  assert_ok(sl_hnsw_search(index, queries[0], 1, 20, 20, NULL, after, distances, &found));
  assert_int_equal(found, 20);
  for (int i = 0; i < 20; i++) assert_true(sl_hnsw_has(index, after[i]));
  for (uint32_t i = 0; i < N; i++) {
    if (sl_hnsw_has(index, all_ids[i])) assert_ok(sl_hnsw_remove(index, all_ids[i]));
  }
  assert_int_equal(sl_hnsw_size(index), 0);
  assert_int_equal(index->store.used, 0);
  sl_hnsw_destroy(index);
}

static void optimize_keeps_every_answer(void **state) {
  (void)state;
  make_points(9);
  for (int removed = 0; removed < 400; removed += 200) {
    sl_hnsw *index = make_full(SL_METRIC_POINCARE);
    uint32_t before[QUERIES][K], after[QUERIES][K], found[QUERIES];
    float near_before[QUERIES][K], near_after[QUERIES][K], row[D], again[D];
    for (int i = 0; i < removed; i++) assert_ok(sl_hnsw_remove(index, all_ids[i * 5]));
    assert_ok(sl_hnsw_repair(index));
    assert_ok(
        sl_hnsw_search(index, queries, QUERIES, K, 50, NULL, before[0], near_before[0], found));
    assert_ok(sl_hnsw_get(index, all_ids[4], row));
    assert_ok(sl_hnsw_optimize(index));
    check_graph(index);
    assert_int_equal(index->store.used, N - removed);
    assert_ok(sl_hnsw_search(index, queries, QUERIES, K, 50, NULL, after[0], near_after[0], found));
    assert_memory_equal(before, after, sizeof before);
    assert_memory_equal(near_before, near_after, sizeof near_before);
    assert_ok(sl_hnsw_get(index, all_ids[4], again));
    assert_memory_equal(row, again, sizeof row);
    for (int i = 0; i < removed; i++) { // it grows again
      uint32_t added;
      assert_ok(sl_hnsw_add(index, &all_ids[i * 5], vectors[i * 5], 1, SL_DUPLICATE_ERROR, &added));
    }
    check_graph(index);
    assert_true(recall(index, 100, NULL) > 0.97);
    sl_hnsw_destroy(index);
  }
}

static void assert_same_graph(const sl_hnsw *a, const sl_hnsw *b) {
  assert_int_equal(a->store.used, b->store.used);
  assert_int_equal(a->store.free_head, b->store.free_head);
  assert_int_equal(a->entry, b->entry);
  for (uint32_t slot = 0; slot < a->store.used; slot++) {
    assert_int_equal(a->store.states[slot], b->store.states[slot]);
    assert_int_equal(a->levels[slot], b->levels[slot]);
    for (uint32_t level = 0; level <= a->levels[slot]; level++) {
      const uint32_t *x = sl_links(a, slot, level), *y = sl_links(b, slot, level);
      assert_memory_equal(x, y, 4 * (1 + x[0]));
    }
  }
}

static void a_repair_in_steps_is_the_same_repair(void **state) {
  (void)state;
  make_points(12);
  for (uint32_t work = 1; work < 1000000; work *= 30) {
    sl_hnsw *whole = make_full(SL_METRIC_EUCLIDEAN), *steps = make_full(SL_METRIC_EUCLIDEAN);
    for (int i = 0; i < 300; i++) {
      remove_only(whole, all_ids[5 * i]);
      remove_only(steps, all_ids[5 * i]);
    }
    assert_ok(sl_hnsw_repair(whole));
    uint32_t left = UINT32_MAX, before = UINT32_MAX, count = 0;
    for (; left > 0; before = left, count++) {
      assert_ok(sl_hnsw_repair_step(steps, work, &left));
      assert_true(left < before);
      check_graph(steps);
      if (count % 50 == 0) assert_true(recall(steps, 100, NULL) > 0.97);
    }
    assert_true(work > 1000 ? count <= 3 * N : count > 30);
    assert_int_equal(steps->store.dead, 0);
    assert_same_graph(whole, steps);
    sl_hnsw_destroy(whole);
    sl_hnsw_destroy(steps);
  }
}

// What dies or is born behind the place that a repair has reached must not be forgotten.
static void changes_between_the_steps_of_a_repair(void **state) {
  (void)state;
  make_points(13);
  sl_hnsw *index = make_full(SL_METRIC_COSINE);
  for (int i = 0; i < 200; i++) remove_only(index, all_ids[5 * i]);
  uint32_t left = UINT32_MAX, added;
  for (uint32_t change = 0; left > 0; change++) {
    assert_ok(sl_hnsw_repair_step(index, change < 40 ? 1500 : 100000, &left));
    if (change >= 40) continue;
    assert_true(left > 0);
    uint32_t id = all_ids[5 * (700 + change) % N + 1];
    if (change % 2 == 0) {
      assert_ok(sl_hnsw_remove(index, id));
    } else {
      assert_ok(sl_hnsw_add(index, &id, vectors[change], 1, SL_DUPLICATE_REPLACE, &added));
    }
    check_graph(index);
  }
  assert_int_equal(index->store.dead, 0);
  check_graph(index); // no list leads to a free slot
  assert_int_equal(sl_hnsw_size(index), N - 220);
  sl_hnsw_destroy(index);
}

static void replaces_or_refuses_an_id(void **state) {
  (void)state;
  sl_hnsw *index = make_index(SL_METRIC_EUCLIDEAN, 2);
  float a[2] = {0, 0}, b[2] = {5, 5}, out[2], distance;
  uint32_t id = 4, added, ids, found;
  assert_ok(sl_hnsw_add(index, &id, a, 1, SL_DUPLICATE_ERROR, &added));
  assert_refused(sl_hnsw_add(index, &id, b, 1, SL_DUPLICATE_ERROR, &added), SL_ERR_ARGUMENT, "ids");
  assert_int_equal(added, 0);
  for (int i = 0; i < 200; i++) {
    b[0] = 5 + (float)i;
    assert_ok(sl_hnsw_add(index, &id, b, 1, SL_DUPLICATE_REPLACE, &added));
  }
  assert_int_equal(sl_hnsw_size(index), 1);
  assert_ok(sl_hnsw_get(index, 4, out));
  assert_memory_equal(out, b, sizeof b);
  assert_ok(sl_hnsw_search(index, a, 1, 1, 1, NULL, &ids, &distance, &found));
  assert_int_equal(found, 1);
  assert_true(index->store.used < 100);
  sl_hnsw_destroy(index);
}

static void staged_vectors_need_no_copy(void **state) {
  (void)state;
  make_points(10);
  sl_hnsw *copied = make_full(SL_METRIC_COSINE), *staged = make_index(SL_METRIC_COSINE, D);
  void *rows;
  uint32_t stride, added;
  assert_ok(sl_hnsw_stage(staged, N, &rows, &stride));
  assert_int_equal(stride, 64);
  for (uint32_t i = 0; i < N; i++) memcpy((char *)rows + i * stride, vectors[i], sizeof vectors[i]);
  assert_ok(sl_hnsw_add_staged(staged, all_ids, N, &added));
  assert_int_equal(added, N);
  check_graph(staged);
  for (uint32_t slot = 0; slot < N; slot++) {
    assert_memory_equal(sl_store_row(&copied->store, slot), sl_store_row(&staged->store, slot), 64);
  }
  for (uint32_t slot = 0; slot < N; slot++) {
    const uint32_t *a = sl_links(copied, slot, 0), *b = sl_links(staged, slot, 0);
    assert_memory_equal(a, b, 4 * (1 + a[0]));
  }
  // Into free slots and behind them.
  for (uint32_t i = 0; i < 500; i++) assert_ok(sl_hnsw_remove(staged, all_ids[i]));
  assert_ok(sl_hnsw_repair(staged));
  assert_ok(sl_hnsw_stage(staged, 600, &rows, &stride));
  uint32_t fresh[600];
  for (uint32_t i = 0; i < 600; i++) {
    fresh[i] = 100000 + i;
    memcpy((char *)rows + i * stride, vectors[i], sizeof vectors[i]);
  }
  assert_ok(sl_hnsw_add_staged(staged, fresh, 600, &added));
  check_graph(staged);
  assert_int_equal(sl_hnsw_size(staged), N + 100);
  float a[D], b[D];
  for (uint32_t i = 0; i < 600; i++) {
    assert_ok(sl_hnsw_get(staged, fresh[i], a));
    assert_ok(sl_hnsw_get(copied, all_ids[i], b));
    assert_memory_equal(a, b, sizeof a);
  }
  assert_refused(sl_hnsw_add_staged(staged, fresh, 1 << 30, &added), SL_ERR_STATE, "count");
  sl_hnsw_destroy(copied);
  sl_hnsw_destroy(staged);
}

static void refuses_bad_vectors_and_options(void **state) {
  (void)state;
  sl_hnsw_options options = sl_hnsw_options_default();
  sl_hnsw *index;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "dimension");
  options.dimension = 65537;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "dimension");
  options.dimension = 2;
  options.m = 1;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "m");
  options.m = 16;
  options.ef_construction = 15;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "ef_construction");
  options.ef_construction = 16;
  options.metric = (sl_metric)17;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "metric");
  options.metric = SL_METRIC_POINCARE;
  options.curvature = 0;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "curvature");
  options.metric = SL_METRIC_HAMMING;
  options.curvature = 1;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "dimension");

  float bad[4][2] = {{1, NAN}, {INFINITY, 1}, {1e17f, 0}, {0, 0}}, good[2] = {0.5f, 0};
  sl_status wanted[4] = {SL_ERR_NOT_FINITE, SL_ERR_NOT_FINITE, SL_ERR_RANGE, SL_ERR_RANGE};
  uint32_t ids[2] = {1, 2}, added, out[2], found;
  float distances[2], two[2][2] = {{1, 0}};
  index = make_index(SL_METRIC_COSINE, 2);
  assert_ok(sl_hnsw_add(index, ids, good, 1, SL_DUPLICATE_ERROR, &added));
  for (int i = 0; i < 4; i++) {
    uint32_t pair[2] = {10 + (uint32_t)i, 20 + (uint32_t)i};
    memcpy(two[1], bad[i], sizeof two[1]);
    assert_refused(sl_hnsw_add(index, pair, two, 2, SL_DUPLICATE_ERROR, &added), wanted[i],
                   "vectors");
    assert_int_equal(added, 1); // what came before it is in
    assert_int_equal(sl_last_error()->position, 1);
    assert_true(sl_hnsw_has(index, pair[0]) && !sl_hnsw_has(index, pair[1]));
    assert_refused(sl_hnsw_search(index, bad[i], 1, 1, 1, NULL, out, distances, &found), wanted[i],
                   "queries");
  }
  assert_refused(sl_hnsw_search(index, good, 1, 0, 1, NULL, out, distances, &found),
                 SL_ERR_ARGUMENT, "k");
  assert_refused(sl_hnsw_search(index, good, 1, 1, 0, NULL, out, distances, &found),
                 SL_ERR_ARGUMENT, "ef");
  sl_hnsw_destroy(index);
  index = make_index(SL_METRIC_POINCARE, 2);
  float outside[2] = {0.8f, 0.6f};
  assert_refused(sl_hnsw_add(index, ids, outside, 1, SL_DUPLICATE_ERROR, &added), SL_ERR_RANGE,
                 "vectors");
  sl_hnsw_destroy(index);
}

static void limits_in_the_middle_of_a_batch(void **state) {
  (void)state;
  make_points(11);
  sl_hnsw *index = make_index(SL_METRIC_EUCLIDEAN, D);
  uint32_t added, ids[4], found;
  float distances[4];
  sl_set_memory_limit(sl_bytes_in_use() + 100000);
  assert_int_equal(sl_hnsw_add(index, all_ids, vectors, N, SL_DUPLICATE_ERROR, &added),
                   SL_ERR_MEMORY);
  assert_true(added > 50 && added < N);
  assert_int_equal(sl_hnsw_size(index), added);
  check_graph(index);
  assert_ok(sl_hnsw_search(index, vectors[added - 1], 1, 1, 50, NULL, ids, distances, &found));
  assert_int_equal(ids[0], all_ids[added - 1]);
  sl_set_memory_limit(SIZE_MAX);
  uint32_t more;
  assert_ok(
      sl_hnsw_add(index, all_ids + added, vectors[added], N - added, SL_DUPLICATE_ERROR, &more));
  assert_true(recall(index, 100, NULL) > 0.97);
  sl_hnsw_destroy(index);

  sl_hnsw_options options = sl_hnsw_options_default();
  options.dimension = D;
  options.max_elements = 5;
  assert_ok(sl_hnsw_create(&options, &index));
  assert_refused(sl_hnsw_add(index, all_ids, vectors, 7, SL_DUPLICATE_ERROR, &added), SL_ERR_RANGE,
                 "count");
  assert_int_equal(added, 5);
  sl_hnsw_destroy(index);
}

static void the_estimate_is_what_is_held(void **state) {
  (void)state;
  make_points(12);
  sl_hnsw_options options = sl_hnsw_options_default();
  options.dimension = D;
  options.capacity = N;
  uint64_t bytes;
  assert_ok(sl_hnsw_estimate_bytes(&options, N, &bytes));
  sl_hnsw *index;
  uint32_t added;
  assert_ok(sl_hnsw_create(&options, &index));
  assert_ok(sl_hnsw_add(index, all_ids, vectors, N, SL_DUPLICATE_ERROR, &added));
  assert_int_equal(sl_hnsw_bytes(index), sl_bytes_in_use());
  assert_true(bytes >= sl_bytes_in_use() * 0.98 && bytes <= sl_bytes_in_use() * 1.02);
  sl_hnsw_destroy(index);
}

static void batches_of_flat_give_the_bits_of_single_queries(void **state) {
  (void)state;
  make_points(13);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    sl_flat *flat;
    uint32_t added, ids[7][K], one[K], found[7], found_one;
    float distances[7][K], distances_one[K];
    assert_ok(sl_flat_create(metric, metric == SL_METRIC_HAMMING ? D * 32 : D, 1, 0, &flat));
    assert_ok(sl_flat_add(flat, all_ids, vectors, N, SL_DUPLICATE_ERROR, &added));
    for (int i = 0; i < 100; i++) assert_ok(sl_flat_remove(flat, all_ids[i * 3]));
    assert_ok(sl_flat_search(flat, queries, 7, K, NULL, ids[0], distances[0], found));
    for (int q = 0; q < 7; q++) {
      assert_ok(sl_flat_search(flat, queries[q], 1, K, NULL, one, distances_one, &found_one));
      assert_int_equal(found[q], K);
      assert_memory_equal(one, ids[q], sizeof one);
      assert_memory_equal(distances_one, distances[q], sizeof distances_one);
      for (int i = 0; i < K; i++) assert_true(sl_flat_has(flat, one[i]));
    }
    assert_ok(sl_flat_add(flat, all_ids, vectors, N, SL_DUPLICATE_REPLACE, &added));
    assert_int_equal(sl_flat_size(flat), N);
    assert_int_equal(flat->store.used, N);
    assert_int_equal(sl_flat_bytes(flat), sl_bytes_in_use());
    sl_flat_destroy(flat);
  }
}

// All of them, most, and few, beyond where a heap collects: one answer is the beginning of another,
// of one query and of four.
static void large_k_continues_small_k(void **state) {
  (void)state;
  make_points(22);
  sl_flat *flat;
  uint32_t added, few[K], found[4];
  static uint32_t all[4 * N], more[4 * N];
  float near[K];
  static float distances[4 * N], same[4 * N];
  assert_ok(sl_flat_create(SL_METRIC_EUCLIDEAN, D, 1, N, &flat));
  assert_ok(sl_flat_add(flat, all_ids, vectors, N, SL_DUPLICATE_ERROR, &added));
  // Copies: equal distances, whose order is that of the slots.
  for (uint32_t i = 0; i < 100; i++) {
    assert_ok(sl_flat_add(flat, &all_ids[i + 900], vectors[i], 1, SL_DUPLICATE_REPLACE, &added));
  }
  assert_ok(sl_flat_search(flat, queries, 1, K, NULL, few, near, found));
  const uint32_t sizes[] = {255, 256, 257, 1000, N};
  for (int s = 0; s < 5; s++) {
    uint32_t k = sizes[s];
    assert_ok(sl_flat_search(flat, queries, 1, k, NULL, all, distances, found));
    assert_int_equal(found[0], k);
    assert_memory_equal(all, few, sizeof few);
    assert_memory_equal(distances, near, sizeof near);
    for (uint32_t i = 1; i < k; i++) {
      assert_true(distances[i - 1] <= distances[i]);
      if (distances[i - 1] == distances[i]) assert_true(all[i - 1] < all[i]); // ids grow with slots
    }
    assert_ok(sl_flat_search(flat, queries, 4, k, NULL, more, same, found));
    assert_memory_equal(all, more, k * sizeof *all);
    assert_memory_equal(distances, same, k * sizeof *same);
  }
  sl_flat_destroy(flat);
}

static void ids_of_any_kind_survive_the_table(void **state) {
  (void)state;
  sl_flat *flat;
  sl_rng rng;
  static uint32_t present[4000];
  uint32_t count = 0;
  float value = 1;
  assert_ok(sl_flat_create(SL_METRIC_EUCLIDEAN, 1, 1, 0, &flat));
  sl_rng_seed(&rng, 14);
  for (int i = 0; i < 20000; i++) {
    uint32_t added;
    if (count == 0 || (count < 3000 && sl_rng_below(&rng, 3) != 0)) {
      uint32_t id = sl_rng_below(&rng, 2) ? (uint32_t)sl_rng_next(&rng) : 4096 * (uint32_t)i;
      if (sl_flat_has(flat, id)) continue;
      assert_ok(sl_flat_add(flat, &id, &value, 1, SL_DUPLICATE_ERROR, &added));
      present[count++] = id;
    } else {
      uint32_t at = sl_rng_below(&rng, count);
      assert_ok(sl_flat_remove(flat, present[at]));
      assert_false(sl_flat_has(flat, present[at]));
      present[at] = present[--count];
    }
  }
  for (uint32_t i = 0; i < count; i++) assert_true(sl_flat_has(flat, present[i]));
  assert_int_equal(sl_flat_size(flat), count);
  sl_flat_destroy(flat);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(recall_is_high_in_every_metric),
      property(distances_match_their_definition),
      property(hamming_counts_differing_bits),
      property(empty_and_single),
      property(all_equal_vectors_are_all_found),
      property(ten_rounds_of_replacing_a_tenth),
      property(the_removed_do_not_hide_the_living),
      property(optimize_keeps_every_answer),
      property(a_repair_in_steps_is_the_same_repair),
      property(changes_between_the_steps_of_a_repair),
      property(replaces_or_refuses_an_id),
      property(staged_vectors_need_no_copy),
      property(refuses_bad_vectors_and_options),
      property(limits_in_the_middle_of_a_batch),
      property(the_estimate_is_what_is_held),
      property(batches_of_flat_give_the_bits_of_single_queries),
      property(large_k_continues_small_k),
      property(ids_of_any_kind_survive_the_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
