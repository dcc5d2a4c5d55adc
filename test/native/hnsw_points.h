// What the tests of the index share: clustered points, indexes of them, the checks of a graph and
// of its recall against the exact scan.
#ifndef SL_TEST_HNSW_POINTS_H
#define SL_TEST_HNSW_POINTS_H

#include "check.h"

#include <string.h>

#include "base/rng.h"
#include "hnsw/copies.h"
#include "hnsw/flat.h"
#include "hnsw/graph.h"
#include "hnsw/hnsw.h"

#ifndef HNSW_POINTS
#define HNSW_POINTS 1500 // in a graph; searches of 1,000 vectors and fewer are scans
#endif
enum { N = HNSW_POINTS, D = 12, K = 10, QUERIES = 40 };

static float vectors[N][D], queries[QUERIES][D];
static uint32_t all_ids[N];

// Ten clusters inside the unit ball, so that every metric accepts the points.
static inline void make_points(uint64_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (int i = 0; i < N + QUERIES; i++) {
    float *x = i < N ? vectors[i] : queries[i - N];
    uint32_t cluster = sl_rng_below(&rng, 10);
    for (uint32_t j = 0; j < D; j++) {
      float centre = (cluster >> (j % 4) & 1) != 0 ? 0.12f : -0.1f;
      x[j] = centre + 0.15f * (float)(sl_rng_double(&rng) - 0.5);
    }
  }
  for (uint32_t i = 0; i < N; i++) all_ids[i] = i * 7 + 3;
}

static inline sl_hnsw *make_index(sl_metric metric, uint32_t dimension) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = metric;
  options.dimension = dimension;
  options.m = 8;
  options.ef_construction = 60;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  return index;
}

// An index of rows of any dimension by codes; id i is row i.
static inline sl_hnsw *make_coded_of(sl_metric metric, sl_codes codes, sl_exact exact,
                                     uint32_t dimension, const float *rows, uint32_t count) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = metric;
  options.dimension = dimension;
  options.ef_construction = 80;
  options.codes = codes;
  options.exact = exact;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  for (uint32_t i = 0; i < count; i++) {
    uint32_t added;
    const float *row = rows + (size_t)i * dimension;
    assert_ok(sl_hnsw_add(index, &i, row, 1, SL_DUPLICATE_ERROR, &added));
  }
  return index;
}

// What searches compare, in f64: the squared distance, or the negative inner product.
static inline double exact_key(sl_metric metric, const float *x, const float *y, int dimension) {
  double sum = 0;
  for (int j = 0; j < dimension; j++) {
    double d = (double)x[j] - y[j];
    sum += metric == SL_METRIC_DOT ? -(double)x[j] * y[j] : d * d;
  }
  return sum;
}

static inline sl_hnsw *make_coded(sl_metric metric, sl_codes codes, sl_exact exact) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = metric;
  options.dimension = D;
  options.m = 8;
  options.ef_construction = 60;
  options.codes = codes;
  options.exact = exact;
  sl_hnsw *index;
  uint32_t added;
  assert_ok(sl_hnsw_create(&options, &index));
  assert_ok(sl_hnsw_add(index, all_ids, vectors, N, SL_DUPLICATE_ERROR, &added));
  return index;
}

// Removes a vector and leaves everything else to a later repair.
static inline void remove_only(sl_hnsw *index, uint32_t id) {
  sl_copies_remove(index, sl_store_find(&index->store, id));
}

static inline sl_hnsw *make_full(sl_metric metric) {
  sl_hnsw *index = make_index(metric, metric == SL_METRIC_HAMMING ? D * 32 : D);
  uint32_t added;
  assert_ok(sl_hnsw_add(index, all_ids, vectors, N, SL_DUPLICATE_ERROR, &added));
  assert_int_equal(added, N);
  return index;
}

// Every list within its limit, without repetition, to live or dead slots that have the level.
static inline void check_graph(const sl_hnsw *index) {
  uint32_t levels = 0;
  for (uint32_t slot = 0; slot < index->store.used; slot++) {
    assert_int_equal(index->upper_at[slot], levels);
    levels += index->levels[slot];
    for (uint32_t level = 0; level <= index->levels[slot]; level++) {
      const uint32_t *links = sl_links(index, slot, level);
      assert_true(links[0] <= sl_links_most(index, level));
      assert_true(links[0] == 0 || index->store.states[slot] != SL_SLOT_FREE);
      for (uint32_t i = 1; i <= links[0]; i++) {
        assert_true(links[i] < index->store.used && links[i] != slot);
        assert_true(index->levels[links[i]] >= level);
        assert_false(sl_is_copy(index, links[i]));
        assert_int_not_equal(index->store.states[links[i]], SL_SLOT_FREE);
        for (uint32_t j = 1; j < i; j++) assert_int_not_equal(links[i], links[j]);
      }
    }
  }
  assert_int_equal(index->upper_used, levels);
  // Rings: from each node through its copies, which have equal rows, back to it.
  uint32_t copies = 0;
  for (uint32_t node = 0; node < index->store.used; node++) {
    if (!sl_is_node(index, node)) {
      assert_true(sl_is_copy(index, node) || index->copies[node] == node ||
                  index->store.states[node] != SL_SLOT_LIVE);
      continue;
    }
    for (uint32_t slot = sl_copies_next(index, node); slot != node; copies++) {
      assert_true(sl_is_copy(index, slot));
      assert_int_equal(index->store.states[slot], SL_SLOT_LIVE);
      assert_int_equal(sl_links(index, slot, 0)[0], 0);
      slot = sl_copies_next(index, slot);
    }
  }
  assert_int_equal(index->copy_count, copies);
}

// A walk on level 0 alone, whatever a search would do: the graph itself is what is tested.
static inline uint32_t walk(sl_hnsw *index, const void *query, uint32_t k, uint32_t ef,
                            uint32_t *ids) {
  float factor, key;
  const sl_store *store = &index->store;
  assert_ok(sl_metric_encode(store->metric, store->dimension, query, index->query, &factor,
                             "queries", 0));
  sl_scorer scorer = sl_scorer_make(store, index->query, index->coded);
  assert_ok(sl_pool_reserve(index, ef));
  uint32_t start = sl_descend(index, &scorer, 0, &key), found = 0;
  index->scored_most = UINT64_MAX;
  assert_true(sl_search_layer(index, &scorer, 0, ef, start, key));
  for (uint32_t i = 0; i < index->pool_count && found < k; i++) {
    uint32_t slot = sl_entry_slot(index->pool[i]);
    if (store->states[slot] == SL_SLOT_LIVE) ids[found++] = store->ids[slot];
  }
  return found;
}

// The vector that was given for a slot: of an index with codes the original, otherwise what it
// holds.
static inline const void *truth_of(const sl_store *store, uint32_t slot) {
  return store->codes == SL_CODES_NONE ? (const void *)sl_store_row(store, slot)
                                       : vectors[(store->ids[slot] - 3) / 7];
}

// The share of the true K nearest that the index finds: by a walk where there are no filter and no
// codes, and by searches, which may prefer a scan and must not find less.
static inline double recall(sl_hnsw *index, uint32_t ef, sl_filter *filter) {
  uint32_t truth[K], ids[K], found_truth, found, hits = 0, walked = 0, wanted = 0;
  bool walks = filter == NULL && index->store.codes == SL_CODES_NONE && index->copy_count == 0;
  float exact[K], distances[K];
  sl_flat *flat;
  const sl_store *store = &index->store;
  assert_ok(sl_flat_create(store->metric, store->dimension, 1, N, &flat));
  for (uint32_t slot = 0; slot < store->used; slot++) {
    uint32_t added;
    if (store->states[slot] != SL_SLOT_LIVE) continue;
    assert_ok(
        sl_flat_add(flat, &store->ids[slot], truth_of(store, slot), 1, SL_DUPLICATE_ERROR, &added));
  }
  for (int q = 0; q < QUERIES; q++) {
    assert_ok(sl_flat_search(flat, queries[q], 1, K, filter, truth, exact, &found_truth));
    assert_ok(sl_hnsw_search(index, queries[q], 1, K, ef, filter, ids, distances, &found));
    assert_int_equal(found, found_truth);
    wanted += found;
    for (uint32_t i = 0; i < found; i++) {
      assert_true(i == 0 || distances[i] >= distances[i - 1]);
      for (uint32_t j = 0; j < found_truth; j++) hits += ids[i] == truth[j];
    }
    if (!walks || found == 0) continue;
    found = walk(index, queries[q], K, ef, ids);
    for (uint32_t i = 0; i < found; i++) {
      for (uint32_t j = 0; j < found_truth; j++) walked += ids[i] == truth[j];
    }
  }
  sl_flat_destroy(flat);
  if (walks) assert_true(hits >= walked);
  return wanted == 0 ? 1 : (double)(walks ? walked : hits) / wanted;
}

#endif
