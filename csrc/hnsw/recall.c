// How much of the truth a search finds, told by a sample.
#include <string.h>

#include "base/memory.h"
#include "hnsw/graph.h"
#include "hnsw/hnsw.h"

enum { BLOCK = 64 };

// A sample of queries, encoded, and the nearest of each that were seen so far.
typedef struct sample {
  uint32_t count, most;
  unsigned char *queries; // count * store.vector_bytes
  uint32_t *own;          // count: the slot that a query came from, or SL_NO_SLOT
  uint64_t *pools;        // count * most
  uint32_t *found;        // count
  uint32_t *ids;          // most: results of a search
  float *distances;       // most
} sample;

static const float *query_of(const sl_hnsw *index, const sample *s, uint32_t q) {
  return (const float *)(s->queries + (size_t)q * index->store.vector_bytes);
}

// Keys of up to BLOCK slots against a query, of the vectors as well as they are known.
static void exact_keys(const sl_hnsw *index, const float *query, uint32_t *slots, uint32_t count,
                       float *keys) {
  const sl_store *store = &index->store;
  if (store->codes == SL_CODES_NONE) {
    sl_scorer scorer = sl_scorer_make(store, query, index->coded);
    sl_score_any(store->score, &scorer, slots, count, keys);
    return;
  }
  size_t n = sl_metric_padded(store->metric, store->dimension);
  for (uint32_t i = 0; i < count; i++) {
    const float *vector = sl_store_vector(store, slots[i], index->decoded);
    keys[i] = store->metric == SL_METRIC_EUCLIDEAN ? sl_squared1_f32(query, vector, n)
                                                   : -sl_dot1_f32(query, vector, n);
  }
}

static void scan_block(const sl_hnsw *index, sample *s, uint32_t *slots, uint32_t count) {
  const sl_store *store = &index->store;
  size_t n = sl_metric_padded(store->metric, store->dimension);
  if (store->codes == SL_CODES_NONE) {
    float keys[BLOCK];
    for (uint32_t q = 0; q < s->count; q++) {
      exact_keys(index, query_of(index, s, q), slots, count, keys);
      for (uint32_t i = 0; i < count; i++) {
        if (slots[i] == s->own[q]) continue;
        sl_pool_keep(s->pools + (size_t)q * s->most, &s->found[q], s->most,
                     sl_entry(keys[i], slots[i]));
      }
    }
    return;
  }
  // Each row is read once for all queries.
  for (uint32_t i = 0; i < count; i++) {
    const float *vector = sl_store_vector(store, slots[i], index->decoded);
    for (uint32_t q = 0; q < s->count; q++) {
      const float *query = query_of(index, s, q);
      float key = store->metric == SL_METRIC_EUCLIDEAN ? sl_squared1_f32(query, vector, n)
                                                       : -sl_dot1_f32(query, vector, n);
      if (slots[i] == s->own[q]) continue;
      sl_pool_keep(s->pools + (size_t)q * s->most, &s->found[q], s->most, sl_entry(key, slots[i]));
    }
  }
}

static void scan(const sl_hnsw *index, sample *s) {
  const sl_store *store = &index->store;
  uint32_t slots[BLOCK], count = 0;
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (store->states[slot] == SL_SLOT_LIVE) slots[count++] = slot;
    if (count == BLOCK || (count > 0 && slot + 1 == store->used)) {
      scan_block(index, s, slots, count);
      count = 0;
    }
  }
}

// Encodes the queries, or takes them from slots that lie evenly among the live.
static sl_status take_queries(sl_hnsw *index, sample *s, const void *queries) {
  const sl_store *store = &index->store;
  size_t bytes = sl_metric_input_bytes(store->metric, store->dimension);
  uint64_t seen = 0;
  for (uint32_t q = 0, slot = 0; q < s->count; q++) {
    unsigned char *place = s->queries + (size_t)q * store->vector_bytes;
    s->own[q] = SL_NO_SLOT;
    s->found[q] = 0;
    if (queries != NULL) {
      float factor;
      SL_TRY(sl_metric_encode(store->metric, store->dimension,
                              (const char *)queries + (size_t)q * bytes, place, &factor, "queries",
                              q));
      continue;
    }
    // The live vector number q * live / count.
    for (;; slot++) {
      if (store->states[slot] != SL_SLOT_LIVE) continue;
      if (seen++ == (uint64_t)q * store->live / s->count) break;
    }
    s->own[q] = slot;
    memcpy(place, sl_store_vector(store, slot++, index->decoded), store->vector_bytes);
  }
  return SL_OK;
}

// Searches for query q and counts the results that are as near as the nearest there are.
static sl_status count_hits(sl_hnsw *index, sample *s, uint32_t q, uint32_t k, uint32_t ef,
                            uint32_t *hits) {
  const sl_store *store = &index->store;
  uint64_t *pool = s->pools + (size_t)q * s->most;
  uint32_t found, wanted = s->found[q] < k ? s->found[q] : k;
  *hits = 0;
  if (wanted == 0) return SL_OK;
  if (s->most >= SL_HEAP_FROM) sl_pool_sort(pool, s->found[q]);
  float limit = sl_entry_key(pool[wanted - 1]);
  // The stored vector itself, without the padding, is a query like any other.
  SL_TRY(sl_hnsw_search(index, query_of(index, s, q), 1, s->most, ef, NULL, s->ids, s->distances,
                        &found));
  for (uint32_t i = 0; i < found && *hits < wanted; i++) {
    uint32_t slot[4] = {sl_store_find(store, s->ids[i])};
    float keys[4];
    if (slot[0] == s->own[q]) continue;
    exact_keys(index, query_of(index, s, q), slot, 1, keys);
    *hits += keys[0] <= limit;
  }
  return SL_OK;
}

sl_status sl_hnsw_recall(sl_hnsw *index, const void *queries, uint32_t count, uint32_t k,
                         uint32_t ef, uint32_t *hits, uint32_t *wanted) {
  const sl_store *store = &index->store;
  SL_REQUIRE(k > 0, SL_ERR_ARGUMENT, "k", "at least 1");
  SL_REQUIRE(ef > 0, SL_ERR_ARGUMENT, "ef", "at least 1");
  SL_REQUIRE(queries != NULL || count <= store->live, SL_ERR_ARGUMENT, "count",
             "no more stored vectors than there are");
  if (count == 0) return SL_OK;
  // A query that is stored finds itself: one more is looked for.
  uint32_t nearest = k < store->live ? k : store->live;
  sample s = {.count = count, .most = nearest + (queries == NULL)};
  if (s.most == 0) s.most = 1;
  sl_status status = sl_alloc(count, store->vector_bytes, (void **)&s.queries);
  if (status == SL_OK) status = SL_ALLOC(&s.own, count);
  if (status == SL_OK) status = SL_ALLOC(&s.found, count);
  if (status == SL_OK) status = sl_alloc(count, 8 * (size_t)s.most, (void **)&s.pools);
  if (status == SL_OK) status = SL_ALLOC(&s.ids, s.most);
  if (status == SL_OK) status = SL_ALLOC(&s.distances, s.most);
  if (status == SL_OK) status = take_queries(index, &s, queries);
  if (status == SL_OK) scan(index, &s);
  for (uint32_t q = 0; q < count && status == SL_OK; q++) {
    wanted[q] = s.found[q] < k ? s.found[q] : k;
    status = count_hits(index, &s, q, k, ef, &hits[q]);
  }
  sl_free(s.queries);
  sl_free(s.own);
  sl_free(s.found);
  sl_free(s.pools);
  sl_free(s.ids);
  sl_free(s.distances);
  return status;
}
