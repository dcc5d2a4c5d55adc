// Flat with codes.
#include "hnsw_points.h"

#include <math.h>
#include <stdlib.h>

#include "hnsw/file.h"
#include "hnsw/model.h"

enum { COUNT = 1200, WIDE = 40, ASKED = 25 };
static float rows[COUNT + ASKED][WIDE];

static void make_rows(void) {
  sl_rng rng;
  sl_rng_seed(&rng, 91);
  for (int i = 0; i < COUNT + ASKED; i++) {
    float centre = (float)sl_rng_below(&rng, 5);
    for (int j = 0; j < WIDE; j++) rows[i][j] = 2 + centre * (j % 3) + (float)sl_rng_double(&rng);
  }
}

static sl_flat *make(sl_metric metric, sl_codes codes, sl_exact exact) {
  sl_flat *flat;
  assert_ok(sl_flat_create_coded(metric, WIDE, 1, 0, codes, exact, &flat));
  for (uint32_t i = 0; i < COUNT; i++) {
    uint32_t added, id = 3 * i;
    assert_ok(sl_flat_add(flat, &id, rows[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  return flat;
}

static double share(sl_flat *flat, sl_flat *plain, sl_filter *filter) {
  uint32_t hits = 0, all = 0;
  for (uint32_t q = 0; q < ASKED; q++) {
    uint32_t near[K], right[K], found, wanted;
    float distances[K], exact[K];
    assert_ok(sl_flat_search(flat, rows[COUNT + q], 1, K, filter, near, distances, &found));
    assert_ok(sl_flat_search(plain, rows[COUNT + q], 1, K, filter, right, exact, &wanted));
    assert_int_equal(found, wanted);
    for (uint32_t i = 0; i < found; i++) {
      if (i > 0) assert_true(distances[i] >= distances[i - 1]);
      for (uint32_t j = 0; j < wanted; j++) hits += near[i] == right[j];
    }
    all += wanted;
  }
  return (double)hits / all;
}

static const sl_codes kinds[] = {SL_CODES_INT8,    SL_CODES_FLOAT16, SL_CODES_RABITQ,
                                 SL_CODES_RABITQ2, SL_CODES_RABITQ4, SL_CODES_RABITQ8,
                                 SL_CODES_PRODUCT};
enum { KINDS = sizeof kinds / sizeof *kinds };

// With the vectors beside the codes nothing is lost, whatever the codes; few rows are looked at.
static void exact_rows_make_codes_exact(void **state) {
  (void)state;
  make_rows();
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    sl_flat *plain = make(metric, SL_CODES_NONE, SL_EXACT_NONE);
    uint32_t some[300];
    for (uint32_t i = 0; i < 300; i++) some[i] = 12 * i;
    sl_filter *filter;
    assert_ok(sl_filter_create(some, 300, &filter));
    for (int kind = 0; kind < KINDS; kind++) {
      sl_flat *flat = make(metric, kinds[kind], SL_EXACT_FLOAT32);
      uint64_t scored = flat->scored;
      double all = share(flat, plain, NULL);
      double looked = (double)(flat->scored - scored - (uint64_t)ASKED * COUNT) / (ASKED * COUNT);
      if (all < 0.99) fail_msg("metric %d, codes %d: %f", metric, kinds[kind], all);
      // One bit tells little of forty dimensions.
      double most = kinds[kind] == SL_CODES_RABITQ ? 0.9 : 0.5;
      if (looked > most) fail_msg("codes %d: %f looked at", kinds[kind], looked);
      assert_true(share(flat, plain, filter) >= 0.99);
      sl_flat_destroy(flat);
    }
    sl_filter_destroy(filter);
    sl_flat_destroy(plain);
  }
}

static void codes_alone_find_what_they_tell_apart(void **state) {
  (void)state;
  static const double least[KINDS] = {0.9, 0.95, 0.1, 0.25, 0.55, 0.9, 0.1};
  make_rows();
  sl_flat *plain = make(SL_METRIC_EUCLIDEAN, SL_CODES_NONE, SL_EXACT_NONE);
  for (int kind = 0; kind < KINDS; kind++) {
    sl_flat *flat = make(SL_METRIC_EUCLIDEAN, kinds[kind], SL_EXACT_NONE);
    double found = share(flat, plain, NULL);
    if (found < least[kind]) fail_msg("codes %d: %f", kinds[kind], found);
    assert_true(sl_flat_bytes(flat) < sl_flat_bytes(plain));
    sl_flat_destroy(flat);
  }
  sl_flat_destroy(plain);
}

static uint8_t *save(sl_flat *flat, uint32_t step, uint64_t *length) {
  *length = sl_flat_file_size(flat);
  uint8_t *bytes = malloc(*length);
  for (uint64_t at = 0; at < *length;) {
    uint32_t written, room = *length - at < step ? (uint32_t)(*length - at) : step;
    assert_ok(sl_flat_save(flat, at, bytes + at, room, &written));
    assert_true(written > 0);
    at += written;
  }
  return bytes;
}

static void same(sl_flat *a, sl_flat *b) {
  for (uint32_t q = 0; q < ASKED; q++) {
    uint32_t ids[2][K], found[2];
    float distances[2][K];
    assert_ok(sl_flat_search(a, rows[COUNT + q], 1, K, NULL, ids[0], distances[0], found));
    assert_ok(sl_flat_search(b, rows[COUNT + q], 1, K, NULL, ids[1], distances[1], found + 1));
    assert_int_equal(found[0], found[1]);
    assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
    assert_memory_equal(distances[0], distances[1], sizeof distances[0]);
  }
}

// Saved and loaded, seen through a view, shrunk after removals, replaced: the same answers. A file
// that ends early is refused.
static void codes_live_through_files_views_and_removals(void **state) {
  (void)state;
  make_rows();
  for (int kind = 0; kind < KINDS; kind++) {
    for (sl_exact exact = SL_EXACT_NONE; exact <= SL_EXACT_LAST; exact++) {
      if (exact == SL_EXACT_RABITQ4 && sl_codes_levels(kinds[kind]) == 0) continue;
      for (uint32_t count = 0; count < 2; count++) {
        sl_flat *flat = make(SL_METRIC_COSINE, kinds[kind], exact), *again, *view;
        for (uint32_t i = 0; i < (count == 0 ? 700u : COUNT - 40u); i++) {
          assert_ok(sl_flat_remove(flat, 3 * i));
        }
        uint64_t length, other;
        uint8_t *bytes = save(flat, 1000, &length), *whole = save(flat, 1 << 24, &other);
        assert_int_equal(length, other);
        assert_memory_equal(bytes, whole, length);
        assert_ok(sl_flat_load(bytes, length, true, &again));
        same(flat, again);
        uint32_t id = 3 * COUNT, added;
        for (int i = 0; i < 2; i++) { // new, and in its own place
          sl_duplicate duplicate = i == 0 ? SL_DUPLICATE_ERROR : SL_DUPLICATE_REPLACE;
          assert_ok(sl_flat_add(flat, &id, rows[7 + i], 1, duplicate, &added));
          assert_ok(sl_flat_add(again, &id, rows[7 + i], 1, duplicate, &added));
        }
        same(flat, again);
        assert_ok(sl_flat_shrink(flat));
        sl_flat_freeze(again);
        assert_ok(sl_flat_view(again, &view));
        same(again, view);
        float vector[WIDE], shrunk[WIDE];
        assert_ok(sl_flat_get(view, id, vector));
        assert_ok(sl_flat_get(flat, id, shrunk));
        assert_memory_equal(vector, shrunk, sizeof vector);
        sl_flat_destroy(view);
        sl_flat_destroy(again);
        for (uint64_t cut = 0; cut < length; cut += 1 + length / 50) {
          assert_true(sl_flat_load(bytes, cut, false, &again) != SL_OK);
        }
        free(bytes);
        free(whole);
        sl_flat_destroy(flat);
      }
    }
  }
}

static void an_empty_index_finds_nothing(void **state) {
  (void)state;
  for (int kind = 0; kind < KINDS; kind++) {
    sl_flat *flat, *again;
    uint32_t id, found = 9;
    float distance, query[WIDE] = {1}, bad[WIDE] = {NAN};
    assert_ok(sl_flat_create_coded(SL_METRIC_DOT, WIDE, 1, 10, kinds[kind], SL_EXACT_NONE, &flat));
    assert_ok(sl_flat_search(flat, query, 1, 1, NULL, &id, &distance, &found));
    assert_int_equal(found, 0);
    assert_true(isinf(distance));
    assert_refused(sl_flat_search(flat, bad, 1, 1, NULL, &id, &distance, &found), SL_ERR_NOT_FINITE,
                   "queries");
    uint64_t length;
    uint8_t *bytes = save(flat, 64, &length);
    assert_ok(sl_flat_load(bytes, length, true, &again));
    assert_int_equal(sl_flat_size(again), 0);
    free(bytes);
    sl_flat_destroy(again);
    sl_flat_destroy(flat);
  }
}

static void some_codes_are_for_graphs(void **state) {
  (void)state;
  sl_flat *flat;
  assert_refused(
      sl_flat_create_coded(SL_METRIC_COSINE, 8, 1, 0, SL_CODES_BINARY, SL_EXACT_NONE, &flat),
      SL_ERR_OPTION, "codes");
  assert_refused(
      sl_flat_create_coded(SL_METRIC_COSINE, 8, 1, 0, SL_CODES_SKETCH, SL_EXACT_NONE, &flat),
      SL_ERR_OPTION, "codes");
  assert_refused(
      sl_flat_create_coded(SL_METRIC_HAMMING, 8, 1, 0, SL_CODES_RABITQ4, SL_EXACT_NONE, &flat),
      SL_ERR_OPTION, "codes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(exact_rows_make_codes_exact),
      property(codes_alone_find_what_they_tell_apart),
      property(codes_live_through_files_views_and_removals),
      property(an_empty_index_finds_nothing),
      property(some_codes_are_for_graphs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
