#include "hnsw/store.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/instance.h"
#include "base/memory.h"
#include "hnsw/codes.h"
#include "hnsw/learn.h"
#include "hnsw/levels.h"
#include "hnsw/model.h"
#include "hnsw/prefix.h"
#include "quant/binary.h"
#include "quant/float16.h"
#include "simd/bits.h"

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

static sl_score score_of(sl_metric metric, sl_codes codes) {
  static const sl_score plain[] = {SL_SCORE_DOT,       SL_SCORE_DOT,     SL_SCORE_SQUARED,
                                   SL_SCORE_MANHATTAN, SL_SCORE_HAMMING, SL_SCORE_POINCARE};
  switch (codes) {
  case SL_CODES_INT8:
    return SL_SCORE_INT8;
  case SL_CODES_FLOAT16:
    return SL_SCORE_FLOAT16;
  case SL_CODES_RABITQ:
    return SL_SCORE_RABITQ;
  case SL_CODES_RABITQ2:
    return SL_SCORE_RABITQ2;
  case SL_CODES_RABITQ4:
    return SL_SCORE_RABITQ4;
  case SL_CODES_RABITQ8:
    return SL_SCORE_RABITQ8;
  case SL_CODES_PRODUCT:
    return SL_SCORE_PRODUCT;
  case SL_CODES_BINARY:
    return SL_SCORE_HAMMING;
  default:
    return plain[metric];
  }
}

static void init_rows(sl_store *store, sl_codes codes, sl_exact exact) {
  uint32_t n = store->dimension;
  if (codes == SL_CODES_SKETCH) {
    // Everywhere else a row is a vector, as without codes.
    store->sketch = sl_sketch_shape_of(store->metric, n);
    codes = SL_CODES_NONE;
  }
  store->codes = codes;
  // Beside float16 codes the same once more would say nothing new.
  bool same = codes == SL_CODES_FLOAT16 && exact == SL_EXACT_FLOAT16;
  store->exact = codes == SL_CODES_NONE || same ? SL_EXACT_NONE : exact;
  store->score = score_of(store->metric, codes);
  store->vector_bytes = sl_metric_row_bytes(store->metric, n);
  if (codes == SL_CODES_NONE) {
    store->padded = sl_metric_padded(store->metric, n);
    store->row_bytes = store->vector_bytes;
    store->query_bytes = 2 * store->sketch.codes;
  } else if (codes == SL_CODES_BINARY) {
    store->padded = ((n + 7) / 8 + SL_BITS_STEP - 1) / SL_BITS_STEP * SL_BITS_STEP;
    store->row_bytes = store->query_bytes = store->padded;
  } else if (codes == SL_CODES_PREFIX) {
    sl_prefix_shape(store);
  } else {
    sl_codes_shape(store);
  }
  // 16-bit exact rows: the largest difference to the origin as f32, then the others relative to it.
  if (store->exact == SL_EXACT_FLOAT16) store->exact_bytes = 4 + (2 * n + 3) / 4 * 4;
  if (store->exact == SL_EXACT_FLOAT32) store->exact_bytes = 4 * n;
  if (store->exact == SL_EXACT_RABITQ4) store->exact_bytes = sl_levels_exact_bytes(store);
  sl_chunks_init(&store->rows, store->row_bytes);
  sl_chunks_init(&store->exacts, store->exact_bytes);
  sl_chunks_init(&store->sketches, store->sketch.codes > 0 ? sl_sketch_bytes(&store->sketch) : 0);
}

sl_status sl_store_init(sl_store *store, sl_metric metric, uint32_t dimension, double curvature,
                        sl_codes codes, uint32_t prefix, sl_exact exact) {
  memset(store, 0, sizeof *store);
  SL_REQUIRE((unsigned)metric <= SL_METRIC_POINCARE, SL_ERR_OPTION, "metric",
             "cosine, dot, euclidean, manhattan, hamming or poincare");
  SL_REQUIRE(dimension >= 1 && dimension <= SL_DIMENSION_LIMIT, SL_ERR_OPTION, "dimension",
             "1 to 65536");
  SL_REQUIRE(metric != SL_METRIC_HAMMING || dimension % 8 == 0, SL_ERR_OPTION, "dimension",
             "a multiple of 8 for hamming");
  SL_REQUIRE(curvature > 0 && isfinite(curvature), SL_ERR_OPTION, "curvature", "a positive number");
  SL_REQUIRE(
      (unsigned)codes <= SL_CODES_LAST && (unsigned)exact <= SL_EXACT_LAST, SL_ERR_OPTION, "codes",
      "none, int8, binary, sketch, float16, rabitq, rabitq2, rabitq4, rabitq8, pq or prefix");
  SL_REQUIRE(!sl_codes_have_tails(codes) || metric <= SL_METRIC_EUCLIDEAN, SL_ERR_OPTION, "codes",
             "none: int8, float16, rabitq and pq are for cosine, dot and euclidean");
  SL_REQUIRE(exact != SL_EXACT_RABITQ4 || sl_codes_levels(codes) > 0, SL_ERR_OPTION, "exact",
             "none, float16 or float32: rabitq4 says more of rabitq2, rabitq4 and rabitq8");
  SL_REQUIRE(codes != SL_CODES_BINARY || metric == SL_METRIC_COSINE, SL_ERR_OPTION, "codes",
             "none: binary is for cosine");
  SL_REQUIRE(codes != SL_CODES_SKETCH || sl_sketch_shape_of(metric, dimension).codes > 0,
             SL_ERR_OPTION, "codes", "none: sketches are for cosine, dot, euclidean and poincare");
  bool cut = codes == SL_CODES_PREFIX;
  SL_REQUIRE(!cut || metric <= SL_METRIC_EUCLIDEAN, SL_ERR_OPTION, "prefix",
             "none: prefixes are for cosine, dot and euclidean");
  SL_REQUIRE(cut ? prefix >= 1 && prefix < dimension : prefix == 0, SL_ERR_OPTION, "prefix",
             "1 to dimension - 1, and no codes");
  SL_REQUIRE(!cut || exact != SL_EXACT_NONE, SL_ERR_OPTION, "exact",
             "float16 or float32: a prefix alone is not the vector");
  store->metric = metric;
  store->dimension = dimension;
  store->prefix = prefix;
  store->curvature = curvature;
  init_rows(store, codes, exact);
  store->free_head = SL_NO_SLOT;
  sl_store_touch(store);
  return SL_OK;
}

void sl_store_free(sl_store *store) {
  sl_chunks_free(&store->rows);
  sl_chunks_free(&store->exacts);
  sl_chunks_free(&store->sketches);
  sl_free(store->factors);
  sl_free(store->ids);
  sl_free(store->states);
  sl_free(store->table);
  sl_free(store->model);
  sl_free(store->early);
  memset(store, 0, sizeof *store);
}

static uint32_t table_size_for(uint32_t capacity) {
  uint32_t size = 16;
  while (size < 0x80000000u && size / 2 < capacity) size *= 2;
  return size;
}

// A table of another size, with the ids of the live.
static sl_status resize_table(sl_store *store, uint32_t size) {
  uint32_t *table;
  SL_TRY(SL_ALLOC_ZERO(&table, size));
  sl_free(store->table);
  store->table = table;
  store->table_size = size;
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (store->states[slot] == SL_SLOT_LIVE) table_insert(store, store->ids[slot], slot);
  }
  return SL_OK;
}

// Gives the arrays that are one block each room for `capacity` slots.
static sl_status size_arrays(sl_store *store, uint32_t capacity) {
  SL_TRY(SL_REALLOC(&store->ids, capacity));
  SL_TRY(SL_REALLOC(&store->states, capacity));
  if (sl_codes_have_tails(store->codes)) SL_TRY(sl_codes_reserve(store, capacity));
  if (store->metric == SL_METRIC_POINCARE) SL_TRY(SL_REALLOC(&store->factors, capacity));
  if (table_size_for(capacity) != store->table_size) {
    SL_TRY(resize_table(store, table_size_for(capacity)));
  }
  store->capacity = capacity;
  return SL_OK;
}

static sl_status reserve_rows(sl_store *store, uint32_t capacity) {
  SL_TRY(sl_chunks_reserve(&store->rows, capacity));
  SL_TRY(sl_chunks_reserve(&store->exacts, capacity));
  return sl_chunks_reserve(&store->sketches, capacity);
}

sl_status sl_store_reserve(sl_store *store, uint32_t capacity) {
  if (capacity <= store->capacity && capacity <= store->rows.capacity) return SL_OK;
  SL_REQUIRE(capacity <= SL_SLOT_LIMIT, SL_ERR_OVERFLOW, "capacity", "less than 2^31 vectors");
  // Arrays move even when a later one finds no memory: a file that is being written must notice.
  sl_store_touch(store);
  SL_TRY(reserve_rows(store, capacity));
  return capacity > store->capacity ? size_arrays(store, capacity) : SL_OK;
}

sl_status sl_store_reserve_slots(sl_store *store, uint32_t capacity) {
  SL_REQUIRE(capacity <= SL_SLOT_LIMIT, SL_ERR_OVERFLOW, "capacity", "less than 2^31 vectors");
  sl_store_touch(store);
  return capacity > store->capacity ? size_arrays(store, capacity) : SL_OK;
}

sl_status sl_store_grow(sl_store *store) {
  uint32_t used = store->used;
  SL_REQUIRE(used < SL_SLOT_LIMIT, SL_ERR_OVERFLOW, "capacity", "less than 2^31 vectors");
  bool rows = used < store->rows.capacity &&
              (store->exact_bytes == 0 || used < store->exacts.capacity) &&
              (store->sketch.codes == 0 || used < store->sketches.capacity);
  if (rows && used < store->capacity) return SL_OK;
  sl_store_touch(store);
  if (used >= store->rows.capacity) {
    SL_TRY(sl_chunks_reserve(&store->rows, sl_chunks_next(&store->rows)));
  }
  if (used >= store->exacts.capacity) {
    SL_TRY(sl_chunks_reserve(&store->exacts, sl_chunks_next(&store->exacts)));
  }
  if (used >= store->sketches.capacity) {
    SL_TRY(sl_chunks_reserve(&store->sketches, sl_chunks_next(&store->sketches)));
  }
  if (used < store->capacity) return SL_OK;
  uint64_t more = (uint64_t)used + used / 2 + 16;
  return size_arrays(store, more < SL_SLOT_LIMIT ? (uint32_t)more : SL_SLOT_LIMIT);
}

sl_status sl_store_trim(sl_store *store) {
  sl_store_touch(store);
  SL_TRY(sl_chunks_trim(&store->rows, store->used));
  SL_TRY(sl_chunks_trim(&store->exacts, store->used));
  SL_TRY(sl_chunks_trim(&store->sketches, store->used));
  return store->used < store->capacity ? size_arrays(store, store->used) : SL_OK;
}

static uint64_t bytes_of_arrays(const sl_store *store, uint32_t capacity, uint32_t table_size) {
  uint32_t each = sizeof *store->ids + sizeof *store->states;
  if (store->metric == SL_METRIC_POINCARE) each += sizeof *store->factors;
  return (uint64_t)each * capacity + 4 * (uint64_t)table_size;
}

uint64_t sl_store_bytes(const sl_store *store) {
  return sl_chunks_bytes(&store->rows) + sl_chunks_bytes(&store->exacts) +
         sl_chunks_bytes(&store->sketches) +
         bytes_of_arrays(store, store->capacity, store->table_size) +
         (store->model != NULL ? sl_codes_bytes(store) : 0);
}

uint64_t sl_store_bytes_for(const sl_store *store, uint32_t capacity) {
  return sl_chunks_bytes_for(store->rows.item_bytes, capacity) +
         sl_chunks_bytes_for(store->exacts.item_bytes, capacity) +
         sl_chunks_bytes_for(store->sketches.item_bytes, capacity) +
         bytes_of_arrays(store, capacity, capacity > 0 ? table_size_for(capacity) : 0) +
         (capacity > 0 && sl_codes_have_tails(store->codes) ? sl_codes_bytes(store) : 0);
}

static uint32_t table_find(const sl_store *store, uint32_t id) {
  if (store->table_size == 0) return SL_NO_SLOT;
  uint32_t mask = store->table_size - 1;
  for (uint32_t at = home(store, id); store->table[at] != 0; at = (at + 1) & mask) {
    uint32_t slot = store->table[at] - 1;
    if (store->ids[slot] == id) return slot;
  }
  return SL_NO_SLOT;
}

uint32_t sl_store_find(const sl_store *store, uint32_t id) {
  // Ids that are counted up stand where they say: no look into the table.
  if (id < store->used && store->ids[id] == id && store->states[id] == SL_SLOT_LIVE) return id;
  return table_find(store, id);
}

void sl_store_write(sl_store *store, uint32_t slot, const void *row, float factor) {
  unsigned char *place = sl_store_row(store, slot);
  if (store->codes == SL_CODES_NONE) {
    if (place != row) memcpy(place, row, store->row_bytes);
  } else if (store->codes == SL_CODES_BINARY) {
    memset(place, 0, store->row_bytes);
    sl_binary_encode(row, store->dimension, place);
  } else if (store->codes == SL_CODES_PREFIX) {
    sl_prefix_write(store, row, place);
  } else {
    sl_code_write(store, row, place);
  }
  if (slot < store->early_rows) {
    memcpy(store->early + (size_t)slot * store->dimension, row, 4 * (size_t)store->dimension);
  }
  sl_store_write_exact(store, slot, row);
  if (store->factors != NULL) store->factors[slot] = factor;
  if (store->sketch.codes > 0) sl_sketch_write(&store->sketch, row, sl_store_sketch(store, slot));
}

uint32_t sl_store_put(sl_store *store, uint32_t id, const void *row, float factor) {
  uint32_t slot = store->free_head;
  if (slot != SL_NO_SLOT) {
    store->free_head = store->ids[slot];
  } else {
    slot = store->used++;
  }
  sl_store_write(store, slot, row, factor);
  store->ids[slot] = id;
  store->states[slot] = SL_SLOT_LIVE;
  store->live++;
  table_insert(store, id, slot);
  if (sl_codes_have_tails(store->codes)) sl_codes_learn_when_due(store, row);
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

void sl_store_copy_rows(sl_store *store, uint32_t to, uint32_t from) {
  memcpy(sl_store_row(store, to), sl_store_row(store, from), store->row_bytes);
  if (store->exact_bytes > 0) {
    memcpy(sl_store_exact(store, to), sl_store_exact(store, from), store->exact_bytes);
  }
  if (store->sketch.codes > 0) {
    memcpy(sl_store_sketch(store, to), sl_store_sketch(store, from), store->sketches.item_bytes);
  }
  if (store->factors != NULL) store->factors[to] = store->factors[from];
  if (to < store->early_rows && from < store->early_rows) {
    size_t n = store->dimension;
    memcpy(store->early + to * n, store->early + from * n, n * sizeof *store->early);
  }
}

void sl_store_move(sl_store *store, uint32_t slot, uint32_t from) {
  uint32_t id = store->ids[from];
  table_erase(store, from);
  sl_store_copy_rows(store, slot, from);
  store->ids[slot] = id;
  table_insert(store, id, slot);
  store->states[slot] = SL_SLOT_LIVE;
  store->states[from] = SL_SLOT_FREE;
  sl_store_touch(store);
}

void sl_store_replace(sl_store *store, uint32_t slot, uint32_t from) {
  uint32_t id = store->ids[from];
  table_erase(store, slot);
  table_erase(store, from);
  sl_store_copy_rows(store, slot, from);
  store->ids[slot] = id;
  table_insert(store, id, slot);
  store->live--;
  store->dead++;
  sl_store_release(store, from);
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
    if (table_find(store, store->ids[slot]) != SL_NO_SLOT) return false;
    table_insert(store, store->ids[slot], slot);
  }
  return true;
}

void sl_store_ids(const sl_store *store, uint32_t *ids) {
  for (uint32_t slot = 0, count = 0; slot < store->used; slot++) {
    if (store->states[slot] == SL_SLOT_LIVE) ids[count++] = store->ids[slot];
  }
}

uint64_t sl_store_next_version(void) {
  static SL_INSTANCE _Atomic uint64_t latest = 0;
  return 1 + atomic_fetch_add_explicit(&latest, 1, memory_order_relaxed);
}

void sl_store_touch(sl_store *store) { store->version = sl_store_next_version(); }
