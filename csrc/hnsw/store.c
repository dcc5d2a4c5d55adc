#include "hnsw/store.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

// Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): consecutive ids spread.
static uint32_t home(const sl_store *store, uint32_t id) {
  return (uint32_t)(((uint64_t)(id * 2654435769u) * store->table_size) >> 32);
}

static void table_insert(sl_store *store, uint32_t id, uint32_t slot) {
  uint32_t mask = store->table_size - 1, at = home(store, id);
  while (store->table[at] != 0) at = (at + 1) & mask;
  store->table[at] = slot + 1;
}

// Linear probing without tombstones: entries behind the hole move up when their home allows it.
static void table_erase(sl_store *store, uint32_t slot) {
  uint32_t mask = store->table_size - 1, hole = home(store, store->ids[slot]);
  while (store->table[hole] != slot + 1) hole = (hole + 1) & mask;
  for (uint32_t at = (hole + 1) & mask; store->table[at] != 0; at = (at + 1) & mask) {
    uint32_t from = home(store, store->ids[store->table[at] - 1]);
    if (((at - from) & mask) >= ((at - hole) & mask)) {
      store->table[hole] = store->table[at];
      hole = at;
    }
  }
  store->table[hole] = 0;
}

sl_status sl_store_init(sl_store *store, sl_metric metric, uint32_t dimension, double curvature) {
  memset(store, 0, sizeof *store);
  SL_REQUIRE((unsigned)metric <= SL_METRIC_POINCARE, SL_ERR_OPTION, "metric",
             "cosine, dot, euclidean, manhattan, hamming or poincare");
  SL_REQUIRE(dimension >= 1 && dimension <= SL_DIMENSION_LIMIT, SL_ERR_OPTION, "dimension",
             "1 to 65536");
  SL_REQUIRE(metric != SL_METRIC_HAMMING || dimension % 8 == 0, SL_ERR_OPTION, "dimension",
             "a multiple of 8 for hamming");
  SL_REQUIRE(curvature > 0 && isfinite(curvature), SL_ERR_OPTION, "curvature", "a positive number");
  store->metric = metric;
  store->dimension = dimension;
  store->curvature = curvature;
  store->padded = sl_metric_padded(metric, dimension);
  store->row_bytes = sl_metric_row_bytes(metric, dimension);
  store->free_head = SL_NO_SLOT;
  sl_store_touch(store);
  return SL_OK;
}

void sl_store_free(sl_store *store) {
  sl_free(store->rows);
  sl_free(store->factors);
  sl_free(store->ids);
  sl_free(store->states);
  sl_free(store->table);
  memset(store, 0, sizeof *store);
}

static uint32_t table_size_for(uint32_t capacity) {
  uint32_t size = 16;
  while (size < 0x80000000u && size / 2 < capacity) size *= 2;
  return size;
}

sl_status sl_store_reserve(sl_store *store, uint32_t capacity) {
  if (capacity <= store->capacity) return SL_OK;
  SL_REQUIRE(capacity <= SL_SLOT_LIMIT, SL_ERR_OVERFLOW, "capacity", "less than 2^31 vectors");
  uint32_t table_size = table_size_for(capacity);
  uint32_t *table = NULL;
  if (table_size != store->table_size) SL_TRY(SL_ALLOC_ZERO(&table, table_size));
  sl_status status = sl_realloc((void **)&store->rows, capacity, store->row_bytes);
  if (status == SL_OK) status = SL_REALLOC(&store->ids, capacity);
  if (status == SL_OK) status = SL_REALLOC(&store->states, capacity);
  if (status == SL_OK && store->metric == SL_METRIC_POINCARE) {
    status = SL_REALLOC(&store->factors, capacity);
  }
  if (status != SL_OK) {
    sl_free(table);
    return status;
  }
  if (table != NULL) {
    sl_free(store->table);
    store->table = table;
    store->table_size = table_size;
    for (uint32_t slot = 0; slot < store->used; slot++) {
      if (store->states[slot] == SL_SLOT_LIVE) table_insert(store, store->ids[slot], slot);
    }
  }
  store->capacity = capacity;
  return SL_OK;
}

uint64_t sl_store_bytes(const sl_store *store, uint32_t capacity) {
  uint64_t each = store->row_bytes + sizeof(uint32_t) + 1;
  if (store->metric == SL_METRIC_POINCARE) each += sizeof(float);
  return each * capacity + (capacity > 0 ? 4 * (uint64_t)table_size_for(capacity) : 0);
}

uint32_t sl_store_find(const sl_store *store, uint32_t id) {
  if (store->table_size == 0) return SL_NO_SLOT;
  uint32_t mask = store->table_size - 1;
  for (uint32_t at = home(store, id); store->table[at] != 0; at = (at + 1) & mask) {
    uint32_t slot = store->table[at] - 1;
    if (store->ids[slot] == id) return slot;
  }
  return SL_NO_SLOT;
}

uint32_t sl_store_put(sl_store *store, uint32_t id, const void *row, float factor) {
  uint32_t slot = store->free_head;
  if (slot != SL_NO_SLOT) {
    store->free_head = store->ids[slot];
  } else {
    slot = store->used++;
  }
  unsigned char *place = sl_store_row(store, slot);
  if (place != row) memcpy(place, row, store->row_bytes);
  if (store->factors != NULL) store->factors[slot] = factor;
  store->ids[slot] = id;
  store->states[slot] = SL_SLOT_LIVE;
  store->live++;
  table_insert(store, id, slot);
  sl_store_touch(store);
  return slot;
}

void sl_store_kill(sl_store *store, uint32_t slot) {
  table_erase(store, slot);
  store->states[slot] = SL_SLOT_DEAD;
  store->live--;
  store->dead++;
  sl_store_touch(store);
}

void sl_store_release(sl_store *store, uint32_t slot) {
  store->states[slot] = SL_SLOT_FREE;
  store->dead--;
  store->ids[slot] = store->free_head;
  store->free_head = slot;
  sl_store_touch(store);
}

bool sl_store_index_ids(sl_store *store) {
  if (store->table_size > 0)
    memset(store->table, 0, (size_t)store->table_size * sizeof *store->table);
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (store->states[slot] != SL_SLOT_LIVE) continue;
    if (sl_store_find(store, store->ids[slot]) != SL_NO_SLOT) return false;
    table_insert(store, store->ids[slot], slot);
  }
  return true;
}

void sl_store_ids(const sl_store *store, uint32_t *ids) {
  for (uint32_t slot = 0, count = 0; slot < store->used; slot++) {
    if (store->states[slot] == SL_SLOT_LIVE) ids[count++] = store->ids[slot];
  }
}

void sl_store_touch(sl_store *store) {
  static uint64_t latest = 0;
  store->version = ++latest;
}
