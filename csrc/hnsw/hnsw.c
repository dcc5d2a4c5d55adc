#include "hnsw/hnsw.h"

#include <string.h>

#include "base/container.h"
#include "base/memory.h"
#include "base/rng.h"
#include "hnsw/copies.h"
#include "hnsw/graph.h"
#include "hnsw/reach.h"

sl_hnsw_options sl_hnsw_options_default(void) {
  return (sl_hnsw_options){.metric = SL_METRIC_COSINE,
                           .dimension = 0,
                           .m = 16,
                           .ef_construction = 200,
                           .capacity = 0,
                           .max_elements = 0,
                           .seed = 42,
                           .curvature = 1,
                           .codes = SL_CODES_NONE,
                           .exact = SL_EXACT_FLOAT16};
}

static sl_status check_options(const sl_hnsw_options *options) {
  SL_REQUIRE(options->m >= 2 && options->m <= 128, SL_ERR_OPTION, "m", "2 to 128");
  SL_REQUIRE(options->ef_construction >= options->m && options->ef_construction <= 65536,
             SL_ERR_OPTION, "ef_construction", "m to 65536");
  SL_REQUIRE(
      options->codes != SL_CODES_PRODUCT, SL_ERR_OPTION, "codes",
      "others: pq is for Flat, which compares with every row; rabitq or rabitq4 for a graph");
  return SL_OK;
}

// Room for the widest thing one expansion gathers: a list, or in two hops the lists of a list, cut
// off at what fits (gather_two_hops in search.c); and for scoring in fours.
static uint32_t batch_capacity_for(const sl_hnsw *index) { return 4 * index->links0_stride + 8; }

sl_status sl_hnsw_make_scratch(sl_hnsw *index) {
  SL_TRY(SL_ALLOC(&index->query, index->store.vector_bytes));
  SL_TRY(SL_ALLOC(&index->decoded, index->store.vector_bytes));
  SL_TRY(SL_ALLOC(&index->coded, index->store.query_bytes));
  SL_TRY(SL_ALLOC(&index->pair, index->store.query_bytes));
  SL_TRY(SL_ALLOC(&index->batch, index->batch_capacity));
  SL_TRY(SL_ALLOC(&index->keys, index->batch_capacity));
  SL_TRY(SL_ALLOC(&index->found, index->batch_capacity));
  SL_TRY(SL_ALLOC(&index->sorted, index->sorted_capacity));
  return sl_pool_reserve(index, index->options.ef_construction);
}

sl_status sl_hnsw_create(const sl_hnsw_options *options, sl_hnsw **out) {
  *out = NULL;
  SL_TRY(check_options(options));
  sl_hnsw *index;
  SL_TRY(SL_ALLOC_ZERO(&index, 1));
  index->options = *options;
  index->links0_stride = 1 + 2 * options->m;
  index->upper_stride = 1 + options->m;
  sl_chunks_init(&index->links0, 4 * index->links0_stride);
  index->entry = SL_NO_SLOT;
  index->repair_at = SL_NO_SLOT;
  index->ties = sl_ties_by_slot();
  index->batch_capacity = batch_capacity_for(index);
  index->sorted_capacity = 2 * index->links0_stride;
  sl_status status =
      sl_store_init(&index->store, options->metric, options->dimension, options->curvature,
                    options->codes, options->prefix, options->exact);
  if (status == SL_OK) status = sl_hnsw_make_scratch(index);
  if (status == SL_OK) status = sl_hnsw_reserve(index, options->capacity);
  if (status != SL_OK) {
    sl_hnsw_destroy(index);
    return status;
  }
  *out = index;
  return SL_OK;
}

void sl_hnsw_destroy(sl_hnsw *index) {
  if (index == NULL) return;
  if (index->build != NULL) sl_build_let_go(index->build);
  if (index->is_view) sl_view_let_go(index);
  sl_store_free(&index->store);
  sl_writer_destroy(index->saving);
  sl_reach_end(index);
  sl_free(index->copies);
  sl_free(index->hashes);
  sl_free(index->by_row);
  sl_free(index->spread);
  sl_chunks_free(&index->links0);
  sl_free(index->upper);
  sl_free(index->upper_at);
  sl_free(index->levels);
  sl_free(index->visited);
  sl_free(index->pool);
  sl_free(index->sorted);
  sl_free(index->batch);
  sl_free(index->keys);
  sl_free(index->found);
  sl_free(index->query);
  sl_free(index->decoded);
  sl_free(index->coded);
  sl_free(index->pair);
  sl_free(index->staged);
  sl_free(index);
}

// Expected units: the sum over levels of m^-level is 1 / (m - 1); an eighth more, and some for
// luck.
static uint64_t upper_units_for(uint32_t m, uint64_t capacity) {
  return capacity == 0 ? 0 : capacity / (m - 1) * 9 / 8 + 16;
}

// Of everything but the links of level 0.
static uint64_t graph_bytes(const sl_hnsw *index, uint32_t capacity, uint64_t units,
                            uint32_t by_row_size) {
  uint64_t each = sizeof *index->upper_at + sizeof *index->levels + sizeof *index->visited +
                  sizeof *index->copies + sizeof *index->hashes;
  return each * capacity + units * 4 * index->upper_stride + 4 * (uint64_t)by_row_size;
}

static uint64_t scratch_bytes(const sl_hnsw *index) {
  return sizeof *index + 2 * (uint64_t)index->store.vector_bytes +
         2 * (uint64_t)index->store.query_bytes +
         (8 + sizeof *index->found) * (uint64_t)index->batch_capacity +
         8 * (uint64_t)index->sorted_capacity + 8 * (uint64_t)index->pool_capacity +
         8 * (uint64_t)index->spread_capacity +
         (uint64_t)index->staged_count * index->store.vector_bytes;
}

sl_status sl_hnsw_estimate_bytes(const sl_hnsw_options *options, uint32_t count, uint64_t *bytes) {
  SL_TRY(check_options(options));
  sl_hnsw index = {.options = *options,
                   .links0_stride = 1 + 2 * options->m,
                   .upper_stride = 1 + options->m,
                   .pool_capacity = options->ef_construction};
  SL_TRY(sl_store_init(&index.store, options->metric, options->dimension, options->curvature,
                       options->codes, options->prefix, options->exact));
  index.batch_capacity = batch_capacity_for(&index);
  index.sorted_capacity = 2 * index.links0_stride;
  *bytes = scratch_bytes(&index) + sl_store_bytes_for(&index.store, count) +
           sl_chunks_bytes_for(4 * index.links0_stride, count) +
           graph_bytes(&index, count, upper_units_for(options->m, count), sl_copies_room(count));
  return SL_OK;
}

uint64_t sl_hnsw_bytes(const sl_hnsw *index) {
  if (index->is_view) return scratch_bytes(index) + sl_view_bytes(index);
  return scratch_bytes(index) + sl_store_bytes(&index->store) + sl_chunks_bytes(&index->links0) +
         graph_bytes(index, index->graph_capacity, index->upper_capacity, index->by_row_size);
}

// Gives the arrays of the graph that are one block each room for `capacity` slots.
static sl_status size_arrays(sl_hnsw *index, uint32_t capacity) {
  SL_TRY(SL_REALLOC(&index->upper_at, capacity));
  SL_TRY(SL_REALLOC(&index->levels, capacity));
  SL_TRY(SL_REALLOC(&index->copies, capacity));
  SL_TRY(SL_REALLOC(&index->hashes, capacity));
  SL_TRY(SL_REALLOC(&index->visited, capacity));
  if (capacity > index->graph_capacity) {
    memset(index->visited + index->graph_capacity, 0,
           (capacity - index->graph_capacity) * sizeof *index->visited);
  }
  index->graph_capacity = capacity;
  return SL_OK;
}

static sl_status size_upper(sl_hnsw *index, uint64_t units) {
  SL_TRY(sl_realloc((void **)&index->upper, units, 4 * (size_t)index->upper_stride));
  index->upper_capacity = (uint32_t)units;
  return SL_OK;
}

sl_status sl_hnsw_reserve(sl_hnsw *index, uint32_t capacity) {
  SL_TRY(sl_hnsw_may_change(index));
  SL_TRY(sl_store_reserve(&index->store, capacity));
  if (capacity <= index->graph_capacity && capacity <= index->links0.capacity) return SL_OK;
  sl_store_touch(&index->store); // as in sl_store_reserve: what follows moves arrays
  SL_TRY(sl_chunks_reserve(&index->links0, capacity));
  uint64_t units = upper_units_for(index->options.m, capacity);
  if (units > index->upper_capacity) SL_TRY(size_upper(index, units));
  return capacity > index->graph_capacity ? size_arrays(index, capacity) : SL_OK;
}

sl_status sl_graph_reserve_slots(sl_hnsw *index, uint32_t capacity) {
  return capacity > index->graph_capacity ? size_arrays(index, capacity) : SL_OK;
}

sl_status sl_graph_trim(sl_hnsw *index) {
  uint32_t used = index->store.used;
  SL_TRY(sl_chunks_trim(&index->links0, used));
  SL_TRY(size_upper(index, index->upper_used));
  if (used < index->graph_capacity) SL_TRY(size_arrays(index, used));
  return sl_copies_trim(index);
}

// Makes room for one more slot, as sl_store_grow() does.
static sl_status grow(sl_hnsw *index) {
  uint32_t used = index->store.used;
  SL_TRY(sl_store_grow(&index->store));
  if (used >= index->links0.capacity) {
    sl_store_touch(&index->store);
    SL_TRY(sl_chunks_reserve(&index->links0, sl_chunks_next(&index->links0)));
  }
  if (used < index->graph_capacity) return SL_OK;
  sl_store_touch(&index->store);
  return size_arrays(index, index->store.capacity);
}

// The level of the next slot. P(level >= l) = m^-l, by comparing with powers instead of a
// logarithm: exact in every build.
static uint8_t next_level(const sl_hnsw *index) {
  sl_rng rng;
  sl_rng_seed(&rng, index->options.seed ^ (index->drawn * 0x9e3779b97f4a7c15u));
  double u = sl_rng_double(&rng), power = 1.0 / index->options.m;
  uint8_t level = 0;
  while (level < SL_HNSW_LEVEL_LIMIT && u < power) {
    level++;
    power /= index->options.m;
  }
  return level;
}

// Makes sure that one more vector fits: in a free slot, or in a new one.
static sl_status make_room(sl_hnsw *index) {
  SL_TRY(sl_copies_reserve(index));
  if (index->store.free_head != SL_NO_SLOT) return SL_OK;
  SL_TRY(grow(index));
  if (index->upper_used + next_level(index) <= index->upper_capacity) return SL_OK;
  sl_store_touch(&index->store);
  return size_upper(index, (uint64_t)index->upper_capacity + index->upper_capacity / 4 + 16);
}

// Gives the slot that is used for the first time its level, and the lists for it.
static void begin_slot(sl_hnsw *index, uint32_t slot) {
  index->levels[slot] = next_level(index);
  index->drawn++;
  index->upper_at[slot] = index->upper_used;
  index->upper_used += index->levels[slot];
}

sl_status sl_hnsw_put(sl_hnsw *index, uint32_t id, const void *vector, sl_duplicate duplicate,
                      uint32_t position, uint32_t *node) {
  sl_store *store = &index->store;
  uint32_t old = sl_store_find(store, id);
  SL_REQUIRE_AT(old == SL_NO_SLOT || duplicate == SL_DUPLICATE_REPLACE, SL_ERR_ARGUMENT, "ids",
                "an id that is not in use", position);
  uint32_t most = index->options.max_elements;
  SL_REQUIRE_AT(old != SL_NO_SLOT || most == 0 || store->live < most, SL_ERR_RANGE, "count",
                "no more vectors than max_elements", position);
  float factor;
  SL_TRY(sl_metric_encode(store->metric, store->dimension, vector, index->query, &factor, "vectors",
                          position));
  sl_repair_some(index, 1);
  SL_TRY(make_room(index));
  if (old != SL_NO_SLOT) sl_copies_remove(index, sl_store_find(store, id));
  if (store->free_head == SL_NO_SLOT) begin_slot(index, store->used);
  uint32_t slot = sl_store_put(store, id, index->query, factor);
  for (uint32_t level = 0; level <= index->levels[slot]; level++) {
    sl_links(index, slot, level)[0] = 0;
  }
  *node = sl_copies_join(index, slot, index->query) ? SL_NO_SLOT : slot;
  return SL_OK;
}

static sl_status add_one(sl_hnsw *index, uint32_t id, const void *vector, sl_duplicate duplicate,
                         uint32_t position) {
  uint32_t node;
  SL_TRY(sl_hnsw_put(index, id, vector, duplicate, position, &node));
  if (node != SL_NO_SLOT) sl_graph_insert(index, node);
  return SL_OK;
}

sl_status sl_hnsw_add(sl_hnsw *index, const uint32_t *ids, const void *vectors, uint32_t count,
                      sl_duplicate duplicate, uint32_t *added) {
  size_t bytes = sl_metric_input_bytes(index->store.metric, index->store.dimension);
  *added = 0;
  SL_TRY(sl_hnsw_may_change(index));
  for (; *added < count; (*added)++) {
    const char *vector = (const char *)vectors + *added * bytes;
    SL_TRY(add_one(index, ids[*added], vector, duplicate, *added));
  }
  return SL_OK;
}

sl_status sl_hnsw_stage(sl_hnsw *index, uint32_t count, void **rows, uint32_t *stride) {
  SL_TRY(sl_hnsw_may_change(index));
  sl_store *store = &index->store;
  SL_REQUIRE(count <= SL_SLOT_LIMIT - store->used, SL_ERR_OVERFLOW, "count",
             "less than 2^31 vectors");
  uint32_t bytes = store->vector_bytes;
  if (count != index->staged_count) {
    SL_TRY(sl_realloc((void **)&index->staged, count, bytes));
    index->staged_count = count;
  }
  *rows = index->staged;
  *stride = bytes;
  return SL_OK;
}

sl_status sl_hnsw_add_staged(sl_hnsw *index, const uint32_t *ids, uint32_t count, uint32_t *added) {
  sl_store *store = &index->store;
  *added = 0;
  SL_TRY(sl_hnsw_may_change(index));
  SL_REQUIRE(count <= index->staged_count, SL_ERR_STATE, "count",
             "no more vectors than were staged");
  sl_status status = SL_OK;
  for (; *added < count; (*added)++) {
    unsigned char *row = index->staged + (size_t)*added * store->vector_bytes;
    status = add_one(index, ids[*added], row, SL_DUPLICATE_ERROR, *added);
    if (status != SL_OK) break;
  }
  sl_free(index->staged);
  index->staged = NULL;
  index->staged_count = 0;
  return status;
}

sl_status sl_hnsw_remove(sl_hnsw *index, uint32_t id) {
  uint32_t removed;
  SL_TRY(sl_hnsw_may_change(index));
  SL_REQUIRE(sl_hnsw_has(index, id), SL_ERR_INDEX, "id", "an id that is in the index");
  return sl_hnsw_remove_many(index, &id, 1, &removed);
}

sl_status sl_hnsw_remove_many(sl_hnsw *index, const uint32_t *ids, uint32_t count,
                              uint32_t *removed) {
  sl_store *store = &index->store;
  *removed = 0;
  SL_TRY(sl_hnsw_may_change(index));
  for (*removed = 0; *removed < count; (*removed)++) {
    uint32_t slot = sl_store_find(store, ids[*removed]);
    if (slot == SL_NO_SLOT) break;
    sl_copies_remove(index, slot);
    if (store->live == 0) {
      sl_reach_end(index);
      sl_graph_reset(index);
    }
  }
  // May end for want of memory, and goes on with the next removal.
  if (*removed > 0) sl_repair_some(index, *removed);
  SL_REQUIRE_AT(*removed == count, SL_ERR_INDEX, "ids", "an id that is in the index", *removed);
  return SL_OK;
}

sl_status sl_hnsw_get(const sl_hnsw *index, uint32_t id, void *vector) {
  uint32_t slot = sl_store_find(&index->store, id);
  SL_REQUIRE(slot != SL_NO_SLOT, SL_ERR_INDEX, "id", "an id that is in the index");
  memcpy(vector, sl_store_vector(&index->store, slot, index->decoded),
         sl_metric_input_bytes(index->store.metric, index->store.dimension));
  return SL_OK;
}

sl_metric sl_hnsw_metric(const sl_hnsw *index) { return index->store.metric; }
uint32_t sl_hnsw_dimension(const sl_hnsw *index) { return index->store.dimension; }
bool sl_hnsw_has(const sl_hnsw *index, uint32_t id) {
  return sl_store_find(&index->store, id) != SL_NO_SLOT;
}
uint32_t sl_hnsw_size(const sl_hnsw *index) { return index->store.live; }

sl_status sl_hnsw_stats_of(const sl_hnsw *index, sl_hnsw_stats *stats) {
  const sl_store *store = &index->store;
  *stats =
      (sl_hnsw_stats){.size = store->live,
                      .copies = index->copy_count,
                      .removed = store->dead,
                      .free = store->used - store->live - store->dead,
                      .levels = index->entry == SL_NO_SLOT ? 0 : 1u + index->levels[index->entry],
                      .repairs = index->repairs};
  return sl_reach_count(index, &stats->unreachable);
}

uint32_t sl_hnsw_dead(const sl_hnsw *index) { return index->store.dead; }

void sl_hnsw_ids(const sl_hnsw *index, uint32_t *ids) { sl_store_ids(&index->store, ids); }
