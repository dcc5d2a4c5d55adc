// Views of a frozen index: the same bits from several threads at once, and no change.
#define HNSW_POINTS 3000
#include "hnsw_points.h"

#include <pthread.h>
#include <stdlib.h>

#include "hnsw/file.h"
#include "hnsw/view.h"

enum { THREADS = 4, ROUNDS = 8 };

typedef struct answers {
  uint32_t ids[QUERIES * K], found[QUERIES], filtered_ids[QUERIES * K], filtered[QUERIES];
  float distances[QUERIES * K], filtered_distances[QUERIES * K];
  uint32_t near_ids[64], near;
  float near_distances[64];
} answers;

// Ids that a search may return: every third.
static sl_filter *make_filter(void) {
  uint32_t ids[N / 3];
  for (uint32_t i = 0; i < N / 3; i++) ids[i] = all_ids[3 * i];
  sl_filter *filter;
  assert_ok(sl_filter_create(ids, N / 3, &filter));
  return filter;
}

static sl_status ask(sl_hnsw *index, sl_filter *filter, answers *out) {
  memset(out, 0, sizeof *out);
  SL_TRY(
      sl_hnsw_search(index, queries, QUERIES, K, 40, NULL, out->ids, out->distances, out->found));
  SL_TRY(sl_hnsw_search(index, queries, QUERIES, K, 40, filter, out->filtered_ids,
                        out->filtered_distances, out->filtered));
  return sl_hnsw_search_radius(index, queries[0], 0.2, 64, 40, filter, out->near_ids,
                               out->near_distances, &out->near);
}

typedef struct reader {
  pthread_t thread;
  const sl_hnsw *index;
  sl_filter *filter;
  const answers *expected;
  const char *wrong;
} reader;

static void *read_along(void *argument) {
  reader *r = argument;
  sl_hnsw *view;
  answers *got = calloc(1, sizeof *got);
  r->wrong = sl_hnsw_view(r->index, &view) == SL_OK ? NULL : "no view";
  for (int i = 0; i < ROUNDS && r->wrong == NULL; i++) {
    if (ask(view, r->filter, got) != SL_OK)
      r->wrong = "a search failed";
    else if (memcmp(got, r->expected, sizeof *got) != 0)
      r->wrong = "other bits";
  }
  sl_hnsw_destroy(view);
  free(got);
  return NULL;
}

static void check_threads(sl_hnsw *index) {
  answers *expected = calloc(1, sizeof *expected);
  sl_filter *filter = make_filter();
  assert_ok(sl_hnsw_freeze(index));
  assert_ok(ask(index, filter, expected));
  reader readers[THREADS];
  for (int t = 0; t < THREADS; t++) {
    readers[t] = (reader){.index = index, .filter = make_filter(), .expected = expected};
    assert_int_equal(pthread_create(&readers[t].thread, NULL, read_along, &readers[t]), 0);
  }
  for (int t = 0; t < THREADS; t++) {
    pthread_join(readers[t].thread, NULL);
  }
  for (int t = 0; t < THREADS; t++) {
    if (readers[t].wrong != NULL) fail_msg("thread %d: %s", t, readers[t].wrong);
    sl_filter_destroy(readers[t].filter);
  }
  sl_filter_destroy(filter);
  free(expected);
  sl_hnsw_destroy(index);
}

static void threads_get_the_same_bits(void **state) {
  (void)state;
  make_points(11);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    if (metric != SL_METRIC_HAMMING) check_threads(make_full(metric));
  }
  for (sl_codes codes = SL_CODES_INT8; codes <= SL_CODES_RABITQ8; codes++) {
    for (sl_exact exact = SL_EXACT_NONE; exact <= SL_EXACT_FLOAT32; exact++) {
      check_threads(make_coded(SL_METRIC_COSINE, codes, exact));
    }
  }
}

static void copies_and_the_removed_are_seen_alike(void **state) {
  (void)state;
  make_points(12);
  for (uint32_t i = 0; i < N; i += 4) memcpy(vectors[i], vectors[0], sizeof vectors[0]);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  for (uint32_t i = 5; i < N; i += 16) remove_only(index, all_ids[i]);
  check_threads(index);
}

static void a_frozen_index_refuses_changes(void **state) {
  (void)state;
  make_points(13);
  sl_hnsw *index = make_full(SL_METRIC_COSINE), *view, *inner;
  assert_int_equal(sl_hnsw_view(index, &view), SL_ERR_STATE);
  assert_null(view);
  assert_ok(sl_hnsw_freeze(index));
  assert_ok(sl_hnsw_freeze(index));
  assert_ok(sl_hnsw_view(index, &view));
  assert_ok(sl_hnsw_view(view, &inner));
  sl_hnsw *all[] = {index, view, inner};
  for (int i = 0; i < 3; i++) {
    sl_hnsw *each = all[i];
    assert_true(sl_hnsw_is_frozen(each));
    uint32_t id = 1, done = 7, left, stride;
    void *rows;
    assert_int_equal(sl_hnsw_add(each, &id, queries, 1, SL_DUPLICATE_ERROR, &done), SL_ERR_STATE);
    assert_int_equal(done, 0);
    assert_int_equal(sl_hnsw_stage(each, 1, &rows, &stride), SL_ERR_STATE);
    assert_int_equal(sl_hnsw_add_staged(each, &id, 0, &done), SL_ERR_STATE);
    assert_int_equal(sl_hnsw_remove(each, all_ids[0]), SL_ERR_STATE);
    done = 7;
    assert_int_equal(sl_hnsw_remove_many(each, all_ids, 2, &done), SL_ERR_STATE);
    assert_int_equal(done, 0);
    assert_int_equal(sl_hnsw_reserve(each, 2 * N), SL_ERR_STATE);
    assert_int_equal(sl_hnsw_repair(each), SL_ERR_STATE);
    assert_int_equal(sl_hnsw_repair_step(each, 1, &left), SL_ERR_STATE);
    assert_int_equal(sl_hnsw_optimize(each), SL_ERR_STATE);
    assert_int_equal(sl_hnsw_shrink(each), SL_ERR_STATE);
    assert_string_equal(sl_last_error()->argument, "index");
    assert_int_equal(sl_hnsw_size(each), N);
  }
  // A view outlives the one that it was made from, which leaves the arrays where they are.
  sl_hnsw_destroy(view);
  assert_true(sl_hnsw_has(inner, all_ids[5]));
  uint32_t ids[K], found;
  float distances[K];
  assert_ok(sl_hnsw_search(inner, vectors[5], 1, K, 40, NULL, ids, distances, &found));
  assert_int_equal(ids[0], all_ids[5]);
  sl_hnsw_destroy(inner);
  check_graph(index);
  sl_hnsw_destroy(index);
}

static void a_view_is_saved_as_its_index_is(void **state) {
  (void)state;
  make_points(14);
  sl_hnsw *index = make_coded(SL_METRIC_EUCLIDEAN, SL_CODES_INT8, SL_EXACT_FLOAT16), *view;
  assert_ok(sl_hnsw_freeze(index));
  assert_ok(sl_hnsw_view(index, &view));
  uint32_t bytes = (uint32_t)sl_hnsw_file_size(index), written;
  assert_int_equal(sl_hnsw_file_size(view), bytes);
  uint8_t *a = malloc(bytes), *b = malloc(bytes);
  assert_ok(sl_hnsw_save(index, 0, a, bytes, &written));
  assert_ok(sl_hnsw_save(view, 0, b, bytes, &written));
  assert_int_equal(written, bytes);
  assert_memory_equal(a, b, bytes);
  sl_hnsw_stats from_index, from_view;
  assert_ok(sl_hnsw_stats_of(index, &from_index));
  assert_ok(sl_hnsw_stats_of(view, &from_view));
  assert_memory_equal(&from_index, &from_view, sizeof from_view);
  free(a);
  free(b);
  sl_hnsw_destroy(view);
  sl_hnsw_destroy(index);
}

static void a_view_holds_little(void **state) {
  (void)state;
  make_points(15);
  sl_hnsw *index = make_full(SL_METRIC_COSINE), *view;
  assert_ok(sl_hnsw_freeze(index));
  size_t before = sl_bytes_in_use();
  assert_ok(sl_hnsw_view(index, &view));
  assert_int_equal(sl_hnsw_bytes(view), sl_bytes_in_use() - before);
  assert_true(sl_hnsw_bytes(view) < 2 * N + 8192);
  sl_hnsw_destroy(view);
  assert_int_equal(sl_bytes_in_use(), before);
  // Without memory for one of its parts there is no view, and nothing is left behind.
  for (size_t room = 0;; room += 64) {
    sl_set_memory_limit(before + room);
    if (sl_hnsw_view(index, &view) == SL_OK) break;
    assert_int_equal(sl_last_error()->status, SL_ERR_MEMORY);
    assert_null(view);
    assert_int_equal(sl_bytes_in_use(), before);
  }
  sl_set_memory_limit(SIZE_MAX);
  sl_hnsw_destroy(view);
  sl_hnsw_destroy(index);
}

static void an_exact_index_has_views(void **state) {
  (void)state;
  make_points(16);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    if (metric == SL_METRIC_HAMMING) continue;
    sl_flat *flat, *view;
    sl_filter *filter = make_filter();
    uint32_t done, ids[2][K], found[2];
    float distances[2][K];
    assert_ok(sl_flat_create(metric, D, 1, 0, &flat));
    assert_ok(sl_flat_add(flat, all_ids, vectors, N, SL_DUPLICATE_ERROR, &done));
    assert_int_equal(sl_flat_view(flat, &view), SL_ERR_STATE);
    sl_flat_freeze(flat);
    size_t before = sl_bytes_in_use();
    assert_ok(sl_flat_view(flat, &view));
    assert_int_equal(sl_flat_bytes(view), sl_bytes_in_use() - before);
    sl_flat *both[] = {flat, view};
    for (int q = 0; q < 2 * QUERIES; q++) {
      for (int i = 0; i < 2; i++) {
        assert_ok(sl_flat_search(both[i], queries[q / 2], 1, K, q % 2 == 0 ? NULL : filter, ids[i],
                                 distances[i], &found[i]));
      }
      assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
      assert_memory_equal(distances[0], distances[1], sizeof distances[0]);
    }
    for (int i = 0; i < 2; i++) {
      uint32_t id = 1;
      assert_true(sl_flat_is_frozen(both[i]));
      assert_int_equal(sl_flat_add(both[i], &id, queries, 1, SL_DUPLICATE_ERROR, &done),
                       SL_ERR_STATE);
      assert_int_equal(sl_flat_remove(both[i], all_ids[0]), SL_ERR_STATE);
      assert_int_equal(sl_flat_remove_many(both[i], all_ids, 2, &done), SL_ERR_STATE);
      assert_int_equal(done, 0);
      assert_int_equal(sl_flat_shrink(both[i]), SL_ERR_STATE);
      assert_string_equal(sl_last_error()->argument, "index");
    }
    sl_flat_destroy(view);
    assert_int_equal(sl_flat_size(flat), N);
    sl_flat_destroy(flat);
    sl_filter_destroy(filter);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(threads_get_the_same_bits),
      property(copies_and_the_removed_are_seen_alike),
      property(a_frozen_index_refuses_changes),
      property(a_view_is_saved_as_its_index_is),
      property(a_view_holds_little),
      property(an_exact_index_has_views),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
