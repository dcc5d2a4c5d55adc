// Indexes that are walked by the first elements of vectors.
#include "hnsw_points.h"

#include <math.h>
#include <stdlib.h>

#include "hnsw/build.h"
#include "hnsw/file.h"
#include "hnsw/prefix.h"
#include "hnsw/view.h"

enum { COUNT = 1600, WIDE = 96, PREFIX = 20, ASKED = 40, EF = 60 };
static float rows[COUNT + ASKED][WIDE];

// Elements that say less and less, as embeddings of the kind do: in crowds, each element half as wide
// after 16 more.
static void make_rows(void) {
  static float centres[40][WIDE];
  sl_rng rng;
  sl_rng_seed(&rng, 133);
  for (int i = 0; i < 40; i++) {
    for (int j = 0; j < WIDE; j++) centres[i][j] = (float)(2 * sl_rng_double(&rng) - 1);
  }
  for (int i = 0; i < COUNT + ASKED; i++) {
    uint32_t crowd = sl_rng_below(&rng, 40);
    for (int j = 0; j < WIDE; j++) {
      double x = centres[crowd][j] + 2 * sl_rng_double(&rng) - 1;
      rows[i][j] = (float)(x * pow(0.5, j / 16.0));
    }
  }
}

static sl_hnsw_options options_of(sl_metric metric, sl_exact exact, uint32_t prefix) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = metric;
  options.dimension = WIDE;
  options.m = 12;
  options.ef_construction = 80;
  options.codes = prefix > 0 ? SL_CODES_PREFIX : SL_CODES_NONE;
  options.exact = exact;
  options.prefix = prefix;
  return options;
}

static sl_hnsw *make(sl_metric metric, sl_exact exact, uint32_t prefix) {
  sl_hnsw_options options = options_of(metric, exact, prefix);
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  for (uint32_t i = 0; i < COUNT; i++) {
    uint32_t added;
    assert_ok(sl_hnsw_add(index, &i, rows[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  return index;
}

// The distance between the first n elements, by the words of the metric, in f64.
static double distance_of(sl_metric metric, const float *x, const float *y, uint32_t n) {
  double xy = 0, xx = 0, yy = 0, dd = 0;
  for (uint32_t j = 0; j < n; j++) {
    double d = (double)x[j] - y[j];
    xy += (double)x[j] * y[j];
    xx += (double)x[j] * x[j];
    yy += (double)y[j] * y[j];
    dd += d * d;
  }
  if (metric == SL_METRIC_EUCLIDEAN) return sqrt(dd);
  return metric == SL_METRIC_DOT ? -xy : 1 - xy / sqrt(xx * yy);
}

typedef struct ranked {
  double distance;
  uint32_t id;
} ranked;
static int by_distance(const void *a, const void *b) {
  double x = ((const ranked *)a)->distance, y = ((const ranked *)b)->distance;
  return (x > y) - (x < y);
}

// The two passes as they are described: the `ef` nearest by prefixes, the K nearest of these.
static void reference(sl_metric metric, const float *query, uint32_t ef, ranked *best) {
  static ranked all[COUNT];
  for (uint32_t i = 0; i < COUNT; i++) {
    all[i] = (ranked){distance_of(metric, query, rows[i], PREFIX), i};
  }
  qsort(all, COUNT, sizeof *all, by_distance);
  for (uint32_t i = 0; i < ef; i++) {
    all[i].distance = distance_of(metric, query, rows[all[i].id], WIDE);
  }
  qsort(all, ef, sizeof *all, by_distance);
  memcpy(best, all, K * sizeof *best);
}

static double share_of_reference(sl_hnsw *index, sl_metric metric, uint32_t ef) {
  uint32_t hits = 0;
  for (uint32_t q = 0; q < ASKED; q++) {
    ranked best[K];
    uint32_t ids[K], found;
    float distances[K];
    reference(metric, rows[COUNT + q], ef, best);
    assert_ok(sl_hnsw_search(index, rows[COUNT + q], 1, K, ef, NULL, ids, distances, &found));
    assert_int_equal(found, K);
    for (int i = 0; i < K; i++) {
      double right = distance_of(metric, rows[COUNT + q], rows[ids[i]], WIDE);
      double slack = index->store.exact == SL_EXACT_FLOAT16 ? 4e-3 : 2e-5;
      if (fabs(distances[i] - right) > slack) fail_msg("%f, not %f", distances[i], right);
      for (int j = 0; j < K; j++) hits += ids[i] == best[j].id;
    }
  }
  return (double)hits / (ASKED * K);
}

static void searches_take_two_passes(void **state) {
  (void)state;
  make_rows();
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    for (sl_exact exact = SL_EXACT_FLOAT16; exact <= SL_EXACT_FLOAT32; exact++) {
      sl_hnsw *index = make(metric, exact, PREFIX);
      check_graph(index);
      double share = share_of_reference(index, metric, EF);
      if (share < 0.97) fail_msg("metric %d, exact %d: %f", metric, exact, share);
      // All candidates: nothing but the second pass decides.
      share = share_of_reference(index, metric, COUNT);
      if (share < (exact == SL_EXACT_FLOAT32 ? 1 : 0.98)) fail_msg("all: %f", share);
      float vector[WIDE];
      assert_ok(sl_hnsw_get(index, 7, vector));
      double apart = distance_of(metric, vector, rows[7], WIDE);
      if (metric != SL_METRIC_DOT) assert_true(apart < (exact == SL_EXACT_FLOAT32 ? 1e-6 : 1e-2));
      sl_hnsw_options options = options_of(metric, exact, PREFIX);
      uint64_t bytes;
      assert_ok(sl_hnsw_estimate_bytes(&options, COUNT, &bytes));
      double held = (double)sl_hnsw_bytes(index);
      assert_true(bytes > 0.75 * held && bytes < 1.25 * held);
      sl_hnsw_destroy(index);
    }
  }
}

// Keys of the first pass are those of prefixes alone, whatever stands behind them.
static void prefixes_are_scaled_under_cosine(void **state) {
  (void)state;
  make_rows();
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    sl_hnsw *index = make(metric, SL_EXACT_FLOAT32, PREFIX);
    for (uint32_t q = 0; q < ASKED; q++) {
      float factor, keys[4];
      assert_ok(sl_metric_encode(metric, WIDE, rows[COUNT + q], index->query, &factor, "q", 0));
      sl_scorer scorer = sl_scorer_make(&index->store, index->query, index->coded);
      for (uint32_t slot = 0; slot < 200; slot++) {
        uint32_t one[4] = {slot};
        sl_score_any(index->store.score, &scorer, one, 1, keys);
        double right = distance_of(metric, rows[COUNT + q], rows[slot], PREFIX);
        float said = sl_metric_distance(metric, keys[0], 1, 1);
        assert_true(fabs(said - right) <= 1e-5 * (1 + fabs(right)));
      }
    }
    sl_hnsw_destroy(index);
  }
}

// Removed, repaired, put in order, replaced, seen through a view, with a filter.
static void prefixes_live_as_other_rows_do(void **state) {
  (void)state;
  make_rows();
  sl_hnsw *index = make(SL_METRIC_EUCLIDEAN, SL_EXACT_FLOAT32, PREFIX), *view;
  uint32_t added, ids[K], found;
  float distances[K];
  for (uint32_t i = 0; i < 600; i++) assert_ok(sl_hnsw_remove(index, i));
  assert_ok(sl_hnsw_optimize(index));
  check_graph(index);
  for (uint32_t i = 0; i < 600; i++) {
    assert_ok(sl_hnsw_add(index, &i, rows[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  // Two ids of one vector, one of another with the same prefix, which is looked for elsewhere.
  uint32_t more[] = {COUNT, COUNT + 1};
  float other[WIDE];
  memcpy(other, rows[3], sizeof other);
  other[WIDE - 2] += 50;
  assert_ok(sl_hnsw_add(index, more, rows[3], 1, SL_DUPLICATE_ERROR, &added));
  assert_ok(sl_hnsw_add(index, more + 1, other, 1, SL_DUPLICATE_ERROR, &added));
  check_graph(index);
  const sl_store *store = &index->store;
  assert_int_equal(index->copy_count, 1);
  assert_int_not_equal(index->hashes[sl_store_find(store, COUNT + 1)],
                       index->hashes[sl_store_find(store, 3)]);
  assert_ok(sl_hnsw_search(index, rows[3], 1, 3, EF, NULL, ids, distances, &found));
  assert_true((ids[0] == 3 && ids[1] == COUNT) || (ids[0] == COUNT && ids[1] == 3));
  assert_ok(sl_hnsw_search(index, other, 1, 1, EF, NULL, ids, distances, &found));
  assert_int_equal(ids[0], COUNT + 1);
  assert_ok(sl_hnsw_remove(index, COUNT));
  assert_ok(sl_hnsw_remove(index, COUNT + 1));
  assert_true(share_of_reference(index, SL_METRIC_EUCLIDEAN, EF) > 0.95);
  uint32_t some[50];
  sl_filter *filter;
  for (uint32_t i = 0; i < 50; i++) some[i] = 30 * i;
  assert_ok(sl_filter_create(some, 50, &filter));
  assert_ok(sl_hnsw_search(index, rows[60], 1, K, EF, filter, ids, distances, &found));
  assert_int_equal(ids[0], 60);
  for (uint32_t i = 0; i < found; i++) assert_int_equal(ids[i] % 30, 0);
  sl_filter_destroy(filter);
  assert_ok(sl_hnsw_freeze(index));
  assert_ok(sl_hnsw_view(index, &view));
  assert_true(share_of_reference(view, SL_METRIC_EUCLIDEAN, EF) > 0.95);
  sl_hnsw_destroy(view);
  sl_hnsw_destroy(index);
}

static uint8_t *save(sl_hnsw *index, uint64_t *length) {
  *length = sl_hnsw_file_size(index);
  uint8_t *bytes = malloc(*length);
  uint32_t written;
  assert_ok(sl_hnsw_save(index, 0, bytes, (uint32_t)*length, &written));
  assert_int_equal(written, *length);
  return bytes;
}

static void files_keep_prefixes(void **state) {
  (void)state;
  make_rows();
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    sl_hnsw *index = make(metric, SL_EXACT_FLOAT16, PREFIX), *again;
    uint64_t length, other;
    uint8_t *bytes = save(index, &length);
    assert_ok(sl_hnsw_load(bytes, length, true, &again));
    assert_int_equal(again->store.prefix, PREFIX);
    for (uint32_t q = 0; q < ASKED; q++) {
      uint32_t ids[2][K], found[2];
      float distances[2][K];
      const float *x = rows[COUNT + q];
      assert_ok(sl_hnsw_search(index, x, 1, K, EF, NULL, ids[0], distances[0], found));
      assert_ok(sl_hnsw_search(again, x, 1, K, EF, NULL, ids[1], distances[1], found + 1));
      assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
      assert_memory_equal(distances[0], distances[1], sizeof distances[0]);
    }
    uint8_t *copy = save(again, &other);
    assert_int_equal(length, other);
    assert_memory_equal(bytes, copy, length);
    sl_hnsw_destroy(again);
    for (uint64_t cut = 0; cut < length; cut += 1 + length / 97) {
      assert_true(sl_hnsw_load(bytes, cut, false, &again) != SL_OK);
    }
    // Every byte of the head and of the first rows that may be wrong: an error or an index, no crash.
    for (uint64_t at = 0; at < length; at += at < 600 ? 1 : 1 + length / 211) {
      memcpy(copy, bytes, length);
      copy[at] ^= 0x55;
      if (sl_hnsw_load(copy, length, false, &again) != SL_OK) continue;
      uint32_t ids[K], found;
      float distances[K];
      if (sl_hnsw_dimension(again) == WIDE) {
        (void)sl_hnsw_search(again, rows[0], 1, K, EF, NULL, ids, distances, &found);
      }
      sl_hnsw_destroy(again);
    }
    free(copy);
    free(bytes);
    sl_hnsw_destroy(index);
  }
}

// Vectors whose prefix is zero have no direction there; they are found all the same.
static void a_prefix_may_be_zero(void **state) {
  (void)state;
  enum { FEW = 50 };
  sl_hnsw_options options = options_of(SL_METRIC_COSINE, SL_EXACT_FLOAT32, PREFIX);
  sl_hnsw *index, *again;
  make_rows();
  assert_ok(sl_hnsw_create(&options, &index));
  for (uint32_t i = 0; i < FEW; i++) {
    uint32_t added;
    if (i % 2 == 0) memset(rows[i], 0, PREFIX * sizeof(float));
    assert_ok(sl_hnsw_add(index, &i, rows[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  for (uint32_t i = 0; i < FEW; i++) {
    uint32_t id, found;
    float distance;
    assert_ok(sl_hnsw_search(index, rows[i], 1, 1, FEW, NULL, &id, &distance, &found));
    assert_int_equal(id, i);
    assert_true(distance < 1e-6f);
  }
  uint64_t length;
  uint8_t *bytes = save(index, &length);
  assert_ok(sl_hnsw_load(bytes, length, true, &again));
  sl_hnsw_destroy(again);
  free(bytes);
  sl_hnsw_destroy(index);
}

static void refuse(sl_metric metric, sl_codes codes, sl_exact exact, uint32_t prefix,
                   const char *argument) {
  sl_hnsw_options options = options_of(metric, exact, prefix);
  sl_hnsw *index;
  uint64_t bytes;
  options.codes = codes;
  assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, argument);
  assert_refused(sl_hnsw_estimate_bytes(&options, 10, &bytes), SL_ERR_OPTION, argument);
}

static void prefixes_that_are_none_are_refused(void **state) {
  (void)state;
  refuse(SL_METRIC_COSINE, SL_CODES_PREFIX, SL_EXACT_FLOAT32, 0, "prefix");
  refuse(SL_METRIC_COSINE, SL_CODES_PREFIX, SL_EXACT_FLOAT32, WIDE, "prefix");
  refuse(SL_METRIC_COSINE, SL_CODES_PREFIX, SL_EXACT_FLOAT32, UINT32_MAX, "prefix");
  refuse(SL_METRIC_COSINE, SL_CODES_INT8, SL_EXACT_FLOAT32, PREFIX, "prefix");
  refuse(SL_METRIC_MANHATTAN, SL_CODES_PREFIX, SL_EXACT_FLOAT32, PREFIX, "prefix");
  refuse(SL_METRIC_COSINE, SL_CODES_PREFIX, SL_EXACT_NONE, PREFIX, "exact");
  refuse(SL_METRIC_COSINE, SL_CODES_PREFIX, SL_EXACT_RABITQ4, PREFIX, "exact");
  sl_flat *flat;
  assert_refused(
      sl_flat_create_coded(SL_METRIC_COSINE, WIDE, 1, 0, SL_CODES_PREFIX, SL_EXACT_FLOAT32, &flat),
      SL_ERR_OPTION, "codes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(searches_take_two_passes),       property(prefixes_are_scaled_under_cosine),
      property(prefixes_live_as_other_rows_do), property(files_keep_prefixes),
      property(a_prefix_may_be_zero),           property(prefixes_that_are_none_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
