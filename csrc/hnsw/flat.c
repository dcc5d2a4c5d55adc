#include "hnsw/flat.h"

#include <math.h>
#include <string.h>

#include "base/container.h"
#include "base/memory.h"
#include "hnsw/diverse.h"
#include "hnsw/model.h"
#include "hnsw/rank.h"
#include "hnsw/scan.h"
#include "hnsw/scorer.h"

enum { BLOCK = 256 };

// Everything that a search writes to.
static sl_status make_scratch(sl_flat *flat) {
  const sl_store *store = &flat->store;
  SL_TRY(sl_alloc(4, store->vector_bytes, (void **)&flat->queries));
  if (store->codes == SL_CODES_NONE) return SL_OK;
  SL_TRY(sl_alloc(1, store->query_bytes, (void **)&flat->coded));
  return sl_alloc(1, store->vector_bytes, (void **)&flat->decoded);
}

sl_status sl_flat_create(sl_metric metric, uint32_t dimension, double curvature, uint32_t capacity,
                         sl_flat **out) {
  return sl_flat_create_coded(metric, dimension, curvature, capacity, SL_CODES_NONE, SL_EXACT_NONE,
                              out);
}

sl_status sl_flat_create_coded(sl_metric metric, uint32_t dimension, double curvature,
                               uint32_t capacity, sl_codes codes, sl_exact exact, sl_flat **out) {
  *out = NULL;
  bool for_graphs =
      codes == SL_CODES_BINARY || codes == SL_CODES_SKETCH || codes == SL_CODES_PREFIX;
  SL_REQUIRE(!for_graphs, SL_ERR_OPTION, "codes",
             "none, int8, float16, rabitq, rabitq2, rabitq4, rabitq8 or pq for Flat");
  sl_flat *flat;
  SL_TRY(SL_ALLOC_ZERO(&flat, 1));
  sl_status status = sl_store_init(&flat->store, metric, dimension, curvature, codes, 0, exact);
  if (status == SL_OK) status = sl_store_reserve(&flat->store, capacity);
  if (status == SL_OK) status = make_scratch(flat);
  if (status != SL_OK) {
    sl_flat_destroy(flat);
    return status;
  }
  *out = flat;
  return SL_OK;
}

void sl_flat_destroy(sl_flat *flat) {
  if (flat == NULL) return;
  if (flat->is_view) {
    sl_free(flat->store.model);
  } else {
    sl_store_free(&flat->store);
  }
  sl_free(flat->queries);
  sl_free(flat->coded);
  sl_free(flat->decoded);
  sl_free(flat->pool);
  sl_writer_destroy(flat->saving);
  sl_free(flat);
}

static sl_status may_change(const sl_flat *flat) {
  SL_REQUIRE(!flat->frozen, SL_ERR_STATE, "index", SL_FROZEN);
  return SL_OK;
}

void sl_flat_freeze(sl_flat *flat) { flat->frozen = true; }
bool sl_flat_is_frozen(const sl_flat *flat) { return flat->frozen; }

sl_status sl_flat_view(const sl_flat *flat, sl_flat **out) {
  *out = NULL;
  SL_REQUIRE(flat->frozen, SL_ERR_STATE, "index", "a frozen index");
  sl_flat *view;
  SL_TRY(SL_ALLOC_ZERO(&view, 1));
  view->store = flat->store;
  view->store.model = NULL;
  view->frozen = view->is_view = true;
  sl_store_touch(&view->store); // as in sl_hnsw_view()
  sl_status status = make_scratch(view);
  // With what the codes are measured from stands what they are read into.
  if (status == SL_OK && flat->store.model != NULL) {
    status = sl_codes_copy_model(&view->store, flat->store.model);
  }
  if (status != SL_OK) {
    sl_flat_destroy(view);
    return status;
  }
  *out = view;
  return SL_OK;
}

static sl_status flat_add_one(sl_flat *flat, uint32_t id, const void *vector,
                              sl_duplicate duplicate, uint32_t position) {
  sl_store *store = &flat->store;
  uint32_t slot = sl_store_find(store, id);
  SL_REQUIRE_AT(slot == SL_NO_SLOT || duplicate == SL_DUPLICATE_REPLACE, SL_ERR_ARGUMENT, "ids",
                "an id that is not in use", position);
  float factor;
  SL_TRY(sl_metric_encode(store->metric, store->dimension, vector, flat->queries, &factor,
                          "vectors", position));
  if (slot == SL_NO_SLOT) {
    if (store->free_head == SL_NO_SLOT) SL_TRY(sl_store_grow(store));
    sl_store_put(store, id, flat->queries, factor);
    return SL_OK;
  }
  sl_store_write(store, slot, flat->queries, factor);
  sl_store_touch(store);
  return SL_OK;
}

sl_status sl_flat_add(sl_flat *flat, const uint32_t *ids, const void *vectors, uint32_t count,
                      sl_duplicate duplicate, uint32_t *added) {
  size_t bytes = sl_metric_input_bytes(flat->store.metric, flat->store.dimension);
  *added = 0;
  SL_TRY(may_change(flat));
  for (; *added < count; (*added)++) {
    const char *vector = (const char *)vectors + *added * bytes;
    SL_TRY(flat_add_one(flat, ids[*added], vector, duplicate, *added));
  }
  return SL_OK;
}

sl_status sl_flat_remove(sl_flat *flat, uint32_t id) {
  SL_TRY(may_change(flat));
  uint32_t slot = sl_store_find(&flat->store, id);
  SL_REQUIRE(slot != SL_NO_SLOT, SL_ERR_INDEX, "id", "an id that is in the index");
  sl_store_kill(&flat->store, slot);
  sl_store_release(&flat->store, slot); // no graph leans on it
  return SL_OK;
}

sl_status sl_flat_shrink(sl_flat *flat) {
  SL_TRY(may_change(flat));
  sl_store *store = &flat->store;
  // The vectors of the last slots move into the free ones.
  uint32_t hole = 0;
  while (store->free_head != SL_NO_SLOT && store->used > store->live) {
    uint32_t last = store->used - 1;
    if (store->states[last] == SL_SLOT_LIVE) {
      while (store->states[hole] == SL_SLOT_LIVE) hole++;
      sl_store_move(store, hole, last);
    }
    store->used = last;
  }
  store->free_head = SL_NO_SLOT;
  sl_writer_destroy(flat->saving);
  flat->saving = NULL;
  sl_free(flat->pool);
  flat->pool = NULL;
  flat->pool_capacity = 0;
  return sl_store_trim(store);
}

// One query: four rows at a time.
static __attribute__((noinline)) void scan_block(const sl_store *store, const sl_scorer *scorer,
                                                 uint32_t k, uint32_t *slots, const void **rows,
                                                 uint32_t count, uint64_t *pool,
                                                 uint32_t *pool_count) {
  float keys[BLOCK], limit = sl_pool_limit(pool, *pool_count, k);
  sl_score_any_found(store->score, scorer, slots, rows, count, keys);
  for (uint32_t i = 0; i < count; i++) {
    if (keys[i] > limit) continue; // most of them
    sl_pool_keep(pool, pool_count, k, sl_entry(keys[i], slots[i]));
    limit = sl_pool_limit(pool, *pool_count, k);
  }
}

// Four queries: each row is loaded once. The kernels are symmetric, so the row takes the place of
// the query and gets the same bits.
static __attribute__((noinline)) void scan_block4(const sl_store *store,
                                                  const unsigned char *queries, uint32_t stride,
                                                  uint32_t k, const uint32_t *slots,
                                                  const void *const *rows, uint32_t count,
                                                  uint64_t *pools, uint32_t counts[4]) {
  uint32_t places[4] = {0, 1, 2, 3};
  const void *four[4];
  float limits[4];
  sl_score score = store->score == SL_SCORE_POINCARE ? SL_SCORE_SQUARED : store->score;
  sl_scorer scorer = {.padded = store->padded};
  for (uint32_t q = 0; q < 4; q++) {
    four[q] = queries + (size_t)q * stride;
    limits[q] = sl_pool_limit(pools + (size_t)q * k, counts[q], k);
  }
  for (uint32_t i = 0; i < count; i++) {
    float keys[4];
    scorer.query = rows[i];
    sl_score_any_found(score, &scorer, places, four, 4, keys);
    for (uint32_t q = 0; q < 4; q++) {
      float key = store->factors != NULL ? keys[q] * store->factors[slots[i]] : keys[q];
      if (key > limits[q]) continue;
      uint64_t *pool = pools + (size_t)q * k;
      sl_pool_keep(pool, &counts[q], k, sl_entry(key, slots[i]));
      limits[q] = sl_pool_limit(pool, counts[q], k);
    }
  }
}

uint64_t sl_flat_scan(const sl_store *store, const sl_scorer *scorers, uint32_t query_count,
                      uint32_t k, const uint64_t *bits, uint64_t *pools, uint32_t counts[4]) {
  uint32_t slots[BLOCK];
  const void *rows[BLOCK];
  uint64_t scored = 0;
  for (int q = 0; q < 4; q++) counts[q] = 0;
  for (uint32_t slot = 0, count; (count = sl_scan_next(store, bits, &slot, slots, BLOCK)) > 0;) {
    sl_scan_rows(&store->rows, slots, count, rows);
    if (query_count == 4) {
      scan_block4(store, scorers[0].query, store->vector_bytes, k, slots, rows, count, pools,
                  counts);
    } else {
      for (uint32_t q = 0; q < query_count; q++) {
        scan_block(store, &scorers[q], k, slots, rows, count, pools + (size_t)q * k, &counts[q]);
      }
    }
    scored += (uint64_t)count * query_count;
  }
  for (uint32_t q = 0; q < query_count && k >= SL_HEAP_FROM; q++) {
    sl_pool_sort(pools + (size_t)q * k, counts[q]);
  }
  return scored;
}

void sl_results_end(uint32_t *ids, float *distances, uint32_t found, uint32_t k) {
  for (; found < k; found++) {
    ids[found] = SL_NO_ID;
    distances[found] = INFINITY;
  }
}

sl_status sl_flat_search(sl_flat *flat, const void *queries, uint32_t count, uint32_t k,
                         sl_filter *filter, uint32_t *ids, float *distances, uint32_t *found) {
  sl_store *store = &flat->store;
  SL_REQUIRE(k > 0, SL_ERR_ARGUMENT, "k", "at least 1");
  if (filter != NULL) SL_TRY(sl_filter_bind(filter, store));
  uint32_t most = k < store->live ? k : (store->live > 0 ? store->live : 1);
  if (most > flat->pool_capacity) {
    SL_TRY(sl_realloc((void **)&flat->pool, (size_t)most * 4, sizeof *flat->pool));
    flat->pool_capacity = most;
  }
  size_t bytes = sl_metric_input_bytes(store->metric, store->dimension);
  const uint64_t *bits = filter != NULL ? filter->bits : NULL;
  bool coded = store->codes != SL_CODES_NONE;
  if (store->live == 0) { // codes may have no centre and widths yet
    for (uint32_t q = 0; q < count; q++) {
      float factor;
      SL_TRY(sl_metric_encode(store->metric, store->dimension, (const char *)queries + q * bytes,
                              flat->queries, &factor, "queries", q));
      found[q] = 0;
      sl_results_end(ids + (size_t)q * k, distances + (size_t)q * k, 0, k);
    }
    return SL_OK;
  }
  for (uint32_t first = 0, group; first < count; first += group) {
    uint32_t counts[4];
    group = coded ? 1 : (count - first < 4 ? count - first : 4);
    float factors[4];
    sl_scorer scorers[4];
    for (uint32_t q = 0; q < group; q++) {
      const char *query = (const char *)queries + (first + q) * bytes;
      SL_TRY(sl_metric_encode(store->metric, store->dimension, query,
                              flat->queries + (size_t)q * store->vector_bytes, &factors[q],
                              "queries", first + q));
      scorers[q] =
          sl_scorer_make(store, flat->queries + (size_t)q * store->vector_bytes, flat->coded);
    }
    if (coded) {
      flat->scored += sl_scan_codes(store, (const float *)flat->queries, &scorers[0], most, bits,
                                    flat->pool, &counts[0], flat->decoded);
    } else {
      flat->scored += sl_flat_scan(store, scorers, group, most, bits, flat->pool, counts);
    }
    for (uint32_t q = 0; q < group; q++) {
      size_t row = (size_t)(first + q) * k;
      for (uint32_t i = 0; i < counts[q]; i++) {
        uint64_t entry = flat->pool[(size_t)q * most + i];
        ids[row + i] = store->ids[sl_entry_slot(entry)];
        distances[row + i] = sl_rank_distance(store, sl_entry_key(entry), factors[q]);
      }
      sl_results_end(ids + row, distances + row, counts[q], k);
      found[first + q] = counts[q];
    }
  }
  return SL_OK;
}

sl_status sl_flat_search_radius(sl_flat *flat, const void *query, double radius, uint32_t most,
                                sl_filter *filter, uint32_t *ids, float *distances,
                                uint32_t *found) {
  *found = 0;
  SL_REQUIRE(!isnan(radius), SL_ERR_ARGUMENT, "radius", "a number");
  SL_REQUIRE(most > 0, SL_ERR_ARGUMENT, "most", "at least 1");
  SL_TRY(sl_flat_search(flat, query, 1, most, filter, ids, distances, found));
  while (*found > 0 && distances[*found - 1] > radius) (*found)--;
  return SL_OK;
}

sl_status sl_flat_diversify(const sl_flat *flat, uint32_t *ids, float *distances, uint32_t count,
                            uint32_t k, double diversity) {
  return sl_diversify(&flat->store, ids, distances, count, k, diversity);
}

sl_status sl_flat_remove_many(sl_flat *flat, const uint32_t *ids, uint32_t count,
                              uint32_t *removed) {
  *removed = 0;
  SL_TRY(may_change(flat));
  for (; *removed < count; (*removed)++) {
    SL_REQUIRE_AT(sl_flat_has(flat, ids[*removed]), SL_ERR_INDEX, "ids",
                  "an id that is in the index", *removed);
    SL_TRY(sl_flat_remove(flat, ids[*removed]));
  }
  return SL_OK;
}

sl_status sl_flat_get(const sl_flat *flat, uint32_t id, void *vector) {
  uint32_t slot = sl_store_find(&flat->store, id);
  SL_REQUIRE(slot != SL_NO_SLOT, SL_ERR_INDEX, "id", "an id that is in the index");
  memcpy(vector, sl_store_vector(&flat->store, slot, flat->decoded),
         sl_metric_input_bytes(flat->store.metric, flat->store.dimension));
  return SL_OK;
}

void sl_flat_ids(const sl_flat *flat, uint32_t *ids) { sl_store_ids(&flat->store, ids); }

sl_metric sl_flat_metric(const sl_flat *flat) { return flat->store.metric; }
uint32_t sl_flat_dimension(const sl_flat *flat) { return flat->store.dimension; }
bool sl_flat_has(const sl_flat *flat, uint32_t id) {
  return sl_store_find(&flat->store, id) != SL_NO_SLOT;
}
uint32_t sl_flat_size(const sl_flat *flat) { return flat->store.live; }
uint64_t sl_flat_bytes(const sl_flat *flat) {
  const sl_store *store = &flat->store;
  uint64_t model = store->model != NULL ? sl_codes_model_bytes(store) : 0;
  uint64_t scratch = 4 * (uint64_t)store->vector_bytes;
  if (store->codes != SL_CODES_NONE) scratch += store->query_bytes + (uint64_t)store->vector_bytes;
  return sizeof *flat + (flat->is_view ? model : sl_store_bytes(store)) + scratch +
         32 * (uint64_t)flat->pool_capacity;
}
