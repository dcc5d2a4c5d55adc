// Vectors that are equal, or equally far from each other: every one of them must be found.
#define HNSW_POINTS 3000
#include "hnsw_points.h"

#include <math.h>
#include <stdlib.h>

#include "hnsw/file.h"
#include "hnsw/reach.h"

static sl_hnsw *make(sl_metric metric, uint32_t dimension, uint32_t m) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = metric;
  options.dimension = dimension;
  options.m = m;
  options.ef_construction = 40;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  return index;
}

static void add(sl_hnsw *index, uint32_t id, const void *vector) {
  uint32_t added;
  assert_ok(sl_hnsw_add(index, &id, vector, 1, SL_DUPLICATE_ERROR, &added));
}

static uint32_t unreachable(const sl_hnsw *index) {
  sl_hnsw_stats stats;
  assert_ok(sl_hnsw_stats_of(index, &stats));
  return stats.unreachable;
}

// A walk of the whole of level 0 from the entry: how many nodes it meets.
static uint32_t met(sl_hnsw *index) {
  float key = 0;
  assert_ok(sl_pool_reserve(index, index->store.used));
  sl_scorer scorer = sl_scorer_of_slot(&index->store, index->entry, index->coded);
  index->scored_most = UINT64_MAX;
  assert_true(sl_search_layer(index, &scorer, 0, index->store.used, index->entry, key));
  return index->pool_count;
}

// Copies of one vector among others, before, between and behind them, in every metric.
static void copies_hide_nobody(void **state) {
  (void)state;
  make_points(31);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    for (int order = 0; order < 3; order++) {
      sl_hnsw *index = make(metric, metric == SL_METRIC_HAMMING ? D * 32 : D, 8);
      uint32_t copies = 0;
      for (uint32_t i = 0; i < N; i++) {
        bool copy = order == 0 ? i < 1000 : order == 1 ? i % 3 == 0 : i >= 2000;
        copies += copy;
        add(index, i, copy ? vectors[0] : vectors[i]);
      }
      check_graph(index);
      assert_true(index->copy_count >= copies - 1);
      assert_int_equal(index->store.used, N);
      uint32_t missed = 0, ids[2], asked = 0;
      for (uint32_t i = 0; i < N; i += 7, asked++) {
        uint32_t slot = sl_store_find(&index->store, i), found;
        float out[D];
        if (sl_is_copy(index, slot)) continue;
        assert_ok(sl_hnsw_get(index, i, out));
        found = walk(index, out, 1, 64, ids);
        assert_int_equal(found, 1);
        // Under dot another may be nearer than the vector itself.
        if (metric != SL_METRIC_DOT) missed += ids[0] != i;
      }
      if (missed > asked / 100) fail_msg("metric %d order %d: %u missed", metric, order, missed);
      sl_hnsw_destroy(index);
    }
  }
}

// The k nearest of a crowd of copies are copies, each once, and their removal leaves no trace.
static void copies_come_and_go(void **state) {
  (void)state;
  make_points(32);
  sl_hnsw *index = make(SL_METRIC_EUCLIDEAN, D, 8);
  for (uint32_t i = 0; i < N; i++) add(index, i, vectors[i % 500]);
  assert_int_equal(index->copy_count, N - 500);
  check_graph(index);
  static uint32_t ids[N];
  static float distances[N];
  uint32_t found;
  for (uint32_t i = 0; i < 500; i += 50) {
    assert_ok(sl_hnsw_search(index, vectors[i], 1, 6, 32, NULL, ids, distances, &found));
    assert_int_equal(found, 6);
    for (int j = 0; j < 6; j++) {
      assert_true(distances[j] == 0 && ids[j] % 500 == i);
      for (int l = 0; l < j; l++) assert_int_not_equal(ids[l], ids[j]);
    }
  }
  // In three orders: those that came first, those that came last, and the rest.
  for (uint32_t i = 0; i < N; i++) {
    uint32_t id = i < N / 3 ? i : i < 2 * N / 3 ? N - 1 - (i - N / 3) : i - N / 3;
    bool last = index->copies[sl_store_find(&index->store, id)] == sl_store_find(&index->store, id);
    uint32_t dead = index->store.dead;
    assert_ok(sl_hnsw_remove(index, id));
    assert_false(sl_hnsw_has(index, id));
    if (!last) assert_true(index->store.dead <= dead);
    if (i % 250 == 0) check_graph(index);
  }
  assert_int_equal(sl_hnsw_size(index), 0);
  assert_int_equal(index->copy_count, 0);
  sl_hnsw_destroy(index);
}

// -0 and 0 are the same number.
static void signs_of_zero_make_copies(void **state) {
  (void)state;
  sl_hnsw *index = make(SL_METRIC_EUCLIDEAN, 3, 8);
  float a[3] = {1, 0.0f, 2}, b[3] = {1, -0.0f, 2}, c[3] = {1, 1e-30f, 2};
  add(index, 1, a);
  add(index, 2, b);
  add(index, 3, c);
  assert_int_equal(index->copy_count, 1);
  sl_hnsw_destroy(index);
}

static sl_hnsw *saved_and_loaded(sl_hnsw *index) {
  uint32_t size = (uint32_t)sl_hnsw_file_size(index), written;
  uint8_t *bytes = malloc(size);
  sl_hnsw *loaded;
  assert_ok(sl_hnsw_save(index, 0, bytes, size, &written));
  assert_int_equal(written, size);
  assert_ok(sl_hnsw_load(bytes, size, true, &loaded));
  free(bytes);
  sl_hnsw_destroy(index);
  return loaded;
}

// Rows that are coded anew from rounded rows have other bits than those of an equal vector that
// comes later. It is known all the same: before and behind a file, and after optimize().
static void codes_that_are_learned_anew_know_copies(void **state) {
  (void)state;
  static const sl_codes forms[] = {SL_CODES_INT8, SL_CODES_RABITQ, SL_CODES_FLOAT16,
                                   SL_CODES_RABITQ4};
  static const sl_metric metrics[] = {SL_METRIC_COSINE, SL_METRIC_DOT, SL_METRIC_EUCLIDEAN,
                                      SL_METRIC_EUCLIDEAN};
  make_points(34);
  for (int form = 0; form < 4; form++) {
    sl_hnsw_options options = sl_hnsw_options_default();
    options.metric = metrics[form];
    options.dimension = D;
    options.m = 8;
    options.ef_construction = 40;
    options.codes = forms[form];
    options.exact = SL_EXACT_FLOAT16;
    sl_hnsw *index;
    assert_ok(sl_hnsw_create(&options, &index));
    uint32_t copies = 0, id = 0;
    for (uint32_t i = 0; i < N; i++) {
      add(index, id++, vectors[i]);
      if (i % 3 != 0) continue;
      add(index, id++, vectors[i / 2]);
      copies++;
    }
    assert_true(index->store.recodings > 2);
    assert_int_equal(index->copy_count, copies);
    index = saved_and_loaded(index);
    for (uint32_t i = 0; i < 100; i++) add(index, id++, vectors[i * 29]);
    assert_int_equal(index->copy_count, copies + 100);
    for (uint32_t i = 0; i < 100; i++) assert_ok(sl_hnsw_remove(index, 4 * i));
    assert_ok(sl_hnsw_optimize(index));
    copies = index->copy_count;
    for (uint32_t i = 0; i < 100; i++) add(index, id++, vectors[2000 + i]);
    assert_int_equal(index->copy_count, copies + 100);
    check_graph(index);
    sl_hnsw_destroy(index);
  }
}

// A filter may allow a copy and not the node that stands for it.
static void filters_see_copies(void **state) {
  (void)state;
  make_points(33);
  sl_hnsw *index = make(SL_METRIC_EUCLIDEAN, D, 8);
  for (uint32_t i = 0; i < 2 * N; i++) add(index, i, vectors[i % N]);
  static uint32_t second[N];
  for (uint32_t i = 0; i < N; i++) second[i] = N + i;
  sl_filter *filter;
  assert_ok(sl_filter_create(second, N, &filter));
  uint32_t ids[K], found, hits = 0;
  float distances[K];
  for (uint32_t q = 0; q < 200; q++) {
    assert_ok(sl_hnsw_search(index, vectors[q * 7], 1, K, 40, filter, ids, distances, &found));
    assert_int_equal(found, K);
    for (int i = 0; i < K; i++) assert_true(ids[i] >= N);
    hits += ids[0] == N + q * 7;
  }
  assert_true(hits >= 198);
  sl_filter_destroy(filter);
  sl_hnsw_destroy(index);
}

// One-hot vectors are all equally far from each other. A walk sees a part of them, and each has the
// same chance; links lead to all of them.
static void equidistant_vectors_are_linked(void **state) {
  (void)state;
  enum { HOT = 1536 };
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_MANHATTAN; metric++) {
    sl_hnsw *index = make(metric, HOT, 8);
    float *x = calloc(HOT, sizeof *x);
    for (uint32_t i = 0; i < HOT; i++) {
      x[i] = 1;
      add(index, i, x);
      x[i] = 0;
    }
    check_graph(index);
    assert_ok(sl_hnsw_repair(index));
    assert_int_equal(unreachable(index), 0);
    assert_int_equal(met(index), HOT);
    uint32_t hits = 0, ids[1];
    for (uint32_t i = 0; i < HOT; i++) {
      x[i] = 1;
      hits += walk(index, x, 1, 64, ids) == 1 && ids[0] == i;
      x[i] = 0;
    }
    // 64 expansions of up to 16 links: about a third of all.
    if (hits < HOT / 4) fail_msg("metric %d: %u of %d", metric, hits, HOT);
    // An ef of all is complete.
    float distance;
    uint32_t found;
    for (uint32_t i = 0; i < HOT; i += 97) {
      x[i] = 1;
      assert_ok(sl_hnsw_search(index, x, 1, 1, HOT, NULL, ids, &distance, &found));
      assert_int_equal(ids[0], i);
      x[i] = 0;
    }
    free(x);
    sl_hnsw_destroy(index);
  }
}

// Points around one in their middle, which is nearest to all of them: they link to it alone, and it
// cannot link to all. What cannot be reached is counted, and linked by repair, optimize and save.
static void the_unreachable_are_counted_and_linked(void **state) {
  (void)state;
  for (int how = 0; how < 4; how++) {
    sl_rng rng;
    sl_rng_seed(&rng, 34);
    sl_hnsw *index = make(SL_METRIC_EUCLIDEAN, 32, 4);
    float x[32] = {0};
    add(index, 0, x);
    for (uint32_t i = 1; i < 2000; i++) {
      for (int j = 0; j < 32; j++) x[j] = (float)(sl_rng_double(&rng) - 0.5);
      add(index, i, x);
    }
    uint32_t before = unreachable(index), left = UINT32_MAX;
    assert_true(before > 0);
    uint64_t version = index->store.version;
    if (how == 0) assert_ok(sl_hnsw_repair(index));
    if (how == 1) assert_ok(sl_hnsw_optimize(index));
    if (how == 2) assert_ok(sl_reach_all(index));
    if (how == 3) {
      for (uint32_t last = left; left > 0; last = left) {
        assert_ok(sl_hnsw_repair_step(index, 50, &left));
        assert_true(left < last);
      }
    }
    assert_true(index->store.version != version);
    assert_int_equal(unreachable(index), 0);
    assert_int_equal(met(index), 2000);
    check_graph(index);
    version = index->store.version;
    assert_ok(sl_reach_all(index)); // nothing to do: nothing changes
    assert_true(index->store.version == version);
    sl_hnsw_destroy(index);
  }
}

// Rows that are not numbers, as memory that was overwritten: every loop ends.
static void loops_end_on_what_is_not_a_number(void **state) {
  (void)state;
  make_points(35);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    if (metric == SL_METRIC_HAMMING) continue;
    sl_hnsw *index = make(metric, D, 8);
    for (uint32_t i = 0; i < N; i++) add(index, i, vectors[i]);
    for (uint32_t slot = 0; slot < N; slot++) {
      float *row = (float *)sl_store_row(&index->store, slot);
      if (slot % 3 != 0) row[slot % D] = slot % 2 == 0 ? NAN : INFINITY;
    }
    uint32_t ids[K], found;
    float distances[K];
    assert_ok(sl_hnsw_search(index, queries[0], 1, K, 64, NULL, ids, distances, &found));
    for (uint32_t i = 0; i < 200; i++) {
      remove_only(index, i * 5);
      add(index, N + i, vectors[i]);
    }
    assert_ok(sl_hnsw_repair(index));
    assert_ok(sl_hnsw_shrink(index));
    assert_ok(sl_hnsw_search(index, queries[1], 1, K, 64, NULL, ids, distances, &found));
    sl_hnsw_destroy(index);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(copies_hide_nobody),
      property(copies_come_and_go),
      property(signs_of_zero_make_copies),
      property(codes_that_are_learned_anew_know_copies),
      property(filters_see_copies),
      property(equidistant_vectors_are_linked),
      property(the_unreachable_are_counted_and_linked),
      property(loops_end_on_what_is_not_a_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
