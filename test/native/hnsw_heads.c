// Walks that compare the first part of a row before the rest.
#include "hnsw_points.h"

#include <math.h>
#include <stdlib.h>

#include "hnsw/heads.h"
#include "hnsw/model.h"
#include "quant/rotation.h"

enum { COUNT = 1500, WIDE = 320, ASKED = 40 };
static float rows[COUNT + ASKED][WIDE];

static double uniform(sl_rng *rng) { return 2 * sl_rng_double(rng) - 1; }

// Clusters with an offset, whose dimensions vary less and less; the last rows are the queries.
static void make_rows(float scale) {
  static float centres[20][WIDE];
  sl_rng rng;
  sl_rng_seed(&rng, 29);
  for (int c = 0; c < 20; c++) {
    for (int j = 0; j < WIDE; j++) centres[c][j] = (float)(uniform(&rng) / sqrt(1 + j));
  }
  for (int i = 0; i < COUNT + ASKED; i++) {
    uint32_t c = sl_rng_below(&rng, 20);
    for (int j = 0; j < WIDE; j++) {
      double x = (uniform(&rng) + uniform(&rng)) / sqrt(1 + j);
      rows[i][j] = scale * (float)(0.2 + centres[c][j] + x);
    }
  }
}

static sl_hnsw *make(sl_metric metric, sl_codes codes) {
  return make_coded_of(metric, codes, SL_EXACT_NONE, WIDE, rows[0], COUNT);
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

typedef struct tally {
  uint32_t queries;
  uint32_t near, lost;     // keys at most the limit, and those of them that were left out
  uint32_t nearer, missed; // the nearer half of them
  uint32_t far, kept;      // keys above the limit, and those of them that were kept
} tally;

// All slots through the sieve, with the key of place `place` as the limit.
static void sieve_all(sl_hnsw *index, const float *query, uint32_t place, tally *t) {
  sl_store *store = &index->store;
  float factor;
  assert_ok(sl_metric_encode(store->metric, WIDE, query, index->query, &factor, "q", 0));
  sl_scorer scorer = sl_scorer_make(store, index->query, index->coded);
  assert_int_equal(scorer.head, 0); // not for those that choose links
  uint32_t slots[COUNT + 4];
  float keys[COUNT + 4], sorted[COUNT], some[COUNT];
  for (uint32_t i = 0; i < COUNT; i++) slots[i] = COUNT - 1 - i;
  sl_score_any(store->score, &scorer, slots, COUNT, keys);
  memcpy(sorted, keys, sizeof sorted);
  qsort(sorted, COUNT, sizeof *sorted, ascending);
  float limit = sorted[place], half = sorted[place / 2];
  sl_heads_query(store, &scorer);
  if (scorer.head == 0) return; // a query that is as good as zero
  assert_true(scorer.head >= WIDE / 4 && scorer.head <= WIDE / 2);
  t->queries++;
  uint32_t kept = sl_heads_sieve(store->score, &scorer, slots, COUNT, limit, some), at = 0;
  for (uint32_t i = 0; i < COUNT; i++) {
    // What is kept keeps its order, and its key has the bits that it has without heads.
    bool is_kept = at < kept && slots[at] == COUNT - 1 - i;
    if (is_kept) assert_memory_equal(&some[at++], &keys[i], sizeof *keys);
    t->near += keys[i] <= limit;
    t->lost += keys[i] <= limit && !is_kept;
    t->nearer += keys[i] <= half;
    t->missed += keys[i] <= half && !is_kept;
    t->far += keys[i] > limit;
    t->kept += keys[i] > limit && is_kept;
  }
  assert_int_equal(at, kept);
}

static void heads_rule_out_what_is_far(void **state) {
  (void)state;
  make_rows(1);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    for (sl_codes codes = SL_CODES_RABITQ2; codes <= SL_CODES_RABITQ8; codes++) {
      sl_hnsw *index = make(metric, codes);
      tally t = {0};
      for (uint32_t q = 0; q < ASKED; q++) sieve_all(index, rows[COUNT + q], 30, &t);
      assert_int_equal(t.queries, ASKED);
      // Two standard deviations are passed by 2.3 % of those that lie at the limit, by the normal
      // distribution.
      if (t.lost > 0.023 * t.near || t.missed > 0.005 * t.nearer) {
        fail_msg("metric %d, codes %d: %u of %u lost, %u of %u", metric, codes, t.lost, t.near,
                 t.missed, t.nearer);
      }
      if (t.kept > 0.5 * t.far) {
        fail_msg("metric %d, codes %d: %u of %u kept", metric, codes, t.kept, t.far);
      }
      sl_hnsw_destroy(index);
    }
  }
}

// Numbers whose squares vanish or pass what f32 holds: nothing is lost that is near.
static void sizes_at_the_ends_lose_nothing_more(void **state) {
  (void)state;
  const float scales[] = {1e-35f, 1e-20f, 1e-12f, 1e12f, 1e15f};
  for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
    make_rows(scales[i]);
    for (sl_metric metric = SL_METRIC_DOT; metric <= SL_METRIC_EUCLIDEAN; metric++) {
      sl_hnsw *index = make(metric, SL_CODES_RABITQ4);
      tally t = {0};
      for (uint32_t q = 0; q < ASKED; q++) sieve_all(index, rows[COUNT + q], 30, &t);
      assert_int_equal(t.queries, scales[i] < 1e-30f ? 0 : ASKED);
      if (t.lost > 0.023 * t.near) {
        fail_msg("%g, metric %d: %u of %u", scales[i], metric, t.lost, t.near);
      }
      sl_hnsw_destroy(index);
    }
  }
}

// Of queries that have little in their heads, these say little, and that is known.
static void heads_of_little_weight_rule_out_less(void **state) {
  (void)state;
  make_rows(1);
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (sl_metric metric = SL_METRIC_DOT; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    sl_hnsw *index = make(metric, SL_CODES_RABITQ4);
    const float *centre = sl_model_centre(&index->store);
    tally t = {0};
    for (uint32_t q = 0; q < ASKED; q++) {
      float query[WIDE];
      for (int j = 0; j < WIDE; j++) query[j] = (float)uniform(&rng) * (j < WIDE / 2 ? 0.02f : 1);
      sl_rotate_back(query, WIDE);
      for (int j = 0; j < WIDE; j++) query[j] = centre[j] + 0.3f * query[j];
      sieve_all(index, query, 30, &t);
    }
    assert_int_equal(t.queries, ASKED);
    // Of as many standard deviations for every head alike half would be lost. All lie near the limit.
    if (t.lost > 0.05 * t.near) fail_msg("metric %d: %u of %u lost", metric, t.lost, t.near);
    sl_hnsw_destroy(index);
  }
}

static double share_of(sl_hnsw *index, sl_flat *flat, uint32_t ef) {
  uint32_t hits = 0;
  for (uint32_t q = 0; q < ASKED; q++) {
    uint32_t near[K], truth[K], found;
    float distances[K];
    assert_ok(sl_flat_search(flat, rows[COUNT + q], 1, K, NULL, truth, distances, &found));
    assert_ok(sl_hnsw_search(index, rows[COUNT + q], 1, K, ef, NULL, near, distances, &found));
    for (uint32_t i = 0; i < found; i++) {
      for (int j = 0; j < K; j++) hits += near[i] == truth[j];
    }
  }
  return hits / (double)(ASKED * K);
}

// Also of a query that is one of the vectors, and of one that is zero.
static void searches_find_the_nearest(void **state) {
  (void)state;
  make_rows(1);
  memcpy(rows[COUNT], rows[7], sizeof rows[7]);
  memset(rows[COUNT + 1], 0, sizeof rows[0]);
  for (sl_metric metric = SL_METRIC_DOT; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    sl_hnsw *index =
        make_coded_of(metric, SL_CODES_RABITQ4, SL_EXACT_RABITQ4, WIDE, rows[0], COUNT);
    sl_flat *flat;
    assert_ok(sl_flat_create(metric, WIDE, 1, COUNT, &flat));
    static uint32_t ids[COUNT];
    uint32_t added;
    for (uint32_t i = 0; i < COUNT; i++) ids[i] = i;
    assert_ok(sl_flat_add(flat, ids, rows[0], COUNT, SL_DUPLICATE_ERROR, &added));
    double share = share_of(index, flat, 60);
    if (share < 0.96) fail_msg("metric %d: %g", metric, share);
    sl_flat_destroy(flat);
    sl_hnsw_destroy(index);
  }
}

// Below 256 elements, and of other codes, a row is compared at once.
static void short_rows_have_no_head(void **state) {
  (void)state;
  make_rows(1);
  const struct {
    sl_codes codes;
    uint32_t dimension;
  } none[] = {{SL_CODES_RABITQ4, 200}, {SL_CODES_INT8, WIDE}, {SL_CODES_RABITQ, WIDE}};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    uint32_t n = none[i].dimension;
    sl_hnsw *index = make_coded_of(SL_METRIC_DOT, none[i].codes, SL_EXACT_NONE, n, rows[0], 50);
    float factor;
    assert_ok(sl_metric_encode(SL_METRIC_DOT, n, rows[60], index->query, &factor, "q", 0));
    sl_scorer scorer = sl_scorer_make(&index->store, index->query, index->coded);
    sl_heads_query(&index->store, &scorer);
    assert_int_equal(scorer.head, 0);
    sl_hnsw_destroy(index);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(heads_rule_out_what_is_far),
      property(sizes_at_the_ends_lose_nothing_more),
      property(heads_of_little_weight_rule_out_less),
      property(searches_find_the_nearest),
      property(short_rows_have_no_head),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
