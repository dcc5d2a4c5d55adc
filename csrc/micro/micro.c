#include "micro/micro.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "hnsw/score.h"

enum { LEVEL_LIMIT = 15 };
#define NONE UINT32_MAX

struct sl_micro {
  sl_metric metric;
  uint32_t dimension, padded, stride; // of a row, in floats
  uint32_t m, ef_construction;
  uint64_t seed;
  uint32_t size, capacity;
  uint32_t entry;
  float *rows;
  uint32_t *links;    // capacity * (1 + 2 m): level 0: count, then ids
  uint32_t *upper;    // upper_capacity * (1 + m): the levels above, of one vector after another
  uint32_t *upper_at; // capacity: the first of a vector
  uint32_t upper_used, upper_capacity;
  uint8_t *levels;   // capacity
  uint16_t *visited; // capacity: epoch of the last visit
  uint16_t epoch;
  uint64_t *pool; // the sorted candidates of a search
  uint32_t pool_capacity, pool_count;
  uint64_t *sorted; // 2 m + 1 candidates of a list that is full
  uint32_t *batch;  // gathered ids of one expansion, rounded up to whole fours
  float *keys;      // and their keys
  float *query;     // one encoded vector
};

static sl_status reserve(sl_micro *index, uint32_t capacity) {
  if (capacity <= index->capacity) return SL_OK;
  SL_REQUIRE(capacity <= SL_SLOT_LIMIT, SL_ERR_OVERFLOW, "capacity", "less than 2^31 vectors");
  uint32_t visited = index->capacity;
  SL_TRY(sl_realloc((void **)&index->rows, capacity, 4 * (size_t)index->stride));
  SL_TRY(sl_realloc((void **)&index->links, capacity, 4 * (2 * (size_t)index->m + 1)));
  SL_TRY(SL_REALLOC(&index->upper_at, capacity));
  SL_TRY(SL_REALLOC(&index->levels, capacity));
  SL_TRY(SL_REALLOC(&index->visited, capacity));
  memset(index->visited + visited, 0, (capacity - visited) * sizeof *index->visited);
  index->capacity = capacity;
  return SL_OK;
}

void sl_micro_destroy(sl_micro *index) {
  if (index == NULL) return;
  void *const blocks[] = {index->rows,   index->links, index->upper,   index->upper_at,
                          index->levels, index->pool,  index->visited, index->sorted,
                          index->batch,  index->keys,  index->query,   index};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) sl_free(blocks[i]);
}

uint32_t sl_micro_size(const sl_micro *index) { return index->size; }

sl_status sl_micro_create(sl_metric metric, uint32_t dimension, uint32_t m,
                          uint32_t ef_construction, uint32_t capacity, uint64_t seed,
                          sl_micro **out) {
  *out = NULL;
  SL_REQUIRE((unsigned)metric <= SL_METRIC_EUCLIDEAN, SL_ERR_OPTION, "metric",
             "cosine, dot or euclidean");
  SL_REQUIRE(dimension >= 1 && dimension <= SL_DIMENSION_LIMIT, SL_ERR_OPTION, "dimension",
             "1 to 65536");
  SL_REQUIRE(m >= 2 && m <= 128, SL_ERR_OPTION, "m", "2 to 128");
  SL_REQUIRE(ef_construction >= m && ef_construction <= 65536, SL_ERR_OPTION, "ef_construction",
             "m to 65536");
  sl_micro *index;
  SL_TRY(SL_ALLOC_ZERO(&index, 1));
  index->metric = metric;
  index->dimension = dimension;
  index->padded = sl_metric_padded(metric, dimension);
  index->stride = sl_metric_row_bytes(metric, dimension) / 4;
  index->m = m;
  index->ef_construction = ef_construction;
  index->seed = seed;
  index->entry = NONE;
  sl_status status = SL_ALLOC(&index->query, index->stride);
  if (status == SL_OK) status = SL_ALLOC(&index->sorted, 2 * m + 1);
  if (status == SL_OK) status = SL_ALLOC(&index->batch, 2 * m + 4);
  if (status == SL_OK) status = SL_ALLOC(&index->keys, 2 * m + 4);
  if (status == SL_OK) status = SL_ALLOC(&index->pool, ef_construction);
  index->pool_capacity = ef_construction;
  if (status == SL_OK) status = reserve(index, capacity);
  if (status != SL_OK) {
    sl_micro_destroy(index);
    return status;
  }
  *out = index;
  return SL_OK;
}

static float *row_of(const sl_micro *index, uint32_t id) {
  return index->rows + (size_t)id * index->stride;
}

// The links of a vector on a level: count, then ids.
static uint32_t *links_of(const sl_micro *index, uint32_t id, uint32_t level) {
  if (level == 0) return index->links + (size_t)id * (2 * index->m + 1);
  return index->upper + (size_t)(index->upper_at[id] + level - 1) * (index->m + 1);
}

// Keys of `count` ids; both arrays have room for whole fours.
static __attribute__((noinline)) void score(const sl_micro *index, const float *query,
                                            uint32_t *ids, uint32_t count, float *keys) {
  for (uint32_t i = count; i % 4 != 0; i++) ids[i] = ids[count - 1];
  for (uint32_t i = 0; i < count; i += 4) {
    const float *rows[4];
    for (int r = 0; r < 4; r++) rows[r] = row_of(index, ids[i + r]);
    if (index->metric == SL_METRIC_EUCLIDEAN) {
      sl_squared4_f32(query, rows, index->padded, keys + i);
    } else {
      sl_dot4_f32(query, rows, index->padded, keys + i);
      for (int r = 0; r < 4; r++) keys[i + r] = -keys[i + r];
    }
  }
}

// One row is scored as one of four: every form gives it the same bits.
static uint64_t scored(const sl_micro *index, const float *query, uint32_t id) {
  uint32_t four[4] = {id};
  float keys[4];
  score(index, query, four, 1, keys);
  return sl_entry(keys[0], id);
}

static __attribute__((noinline)) uint32_t insert(uint64_t *pool, uint32_t *count, uint32_t capacity,
                                                 uint64_t entry) {
  return sl_pool_insert(pool, count, capacity, entry);
}

// Greedily from the entry down to `level` + 1: the nearest found.
static uint64_t descend(sl_micro *index, const float *query, uint32_t level) {
  uint64_t best = scored(index, query, index->entry);
  for (uint32_t l = index->levels[index->entry]; l > level; l--) {
    for (bool moved = true; moved;) {
      moved = false;
      const uint32_t *links = links_of(index, sl_entry_slot(best), l);
      uint32_t count = links[0];
      if (count == 0) break;
      memcpy(index->batch, links + 1, count * sizeof *links);
      score(index, query, index->batch, count, index->keys);
      float key = sl_entry_key(best);
      for (uint32_t i = 0; i < count; i++) {
        if (index->keys[i] < key) {
          key = index->keys[i];
          best = sl_entry(key, index->batch[i]);
          moved = true;
        }
      }
    }
  }
  return best;
}

// Algorithm 2: the pool gets the ef nearest of a level, seen from `start`; it has room for them.
static void search_level(sl_micro *index, const float *query, uint32_t level, uint32_t ef,
                         uint64_t start) {
  if (++index->epoch == 0) { // every 65,535 searches
    memset(index->visited, 0, index->capacity * sizeof *index->visited);
    index->epoch = 1;
  }
  uint64_t *pool = index->pool;
  uint32_t count = 1, cursor = 0;
  pool[0] = start;
  index->visited[sl_entry_slot(start)] = index->epoch;
  while (cursor < count) {
    if (pool[cursor] & 1) {
      cursor++;
      continue;
    }
    const uint32_t *links = links_of(index, sl_entry_slot(pool[cursor]), level);
    pool[cursor] |= 1;
    uint32_t gathered = 0;
    for (uint32_t i = 1; i <= links[0]; i++) {
      index->batch[gathered] = links[i];
      gathered += index->visited[links[i]] != index->epoch;
      index->visited[links[i]] = index->epoch;
    }
    if (gathered == 0) continue;
    score(index, query, index->batch, gathered, index->keys);
    for (uint32_t i = 0; i < gathered; i++) {
      uint32_t at = insert(pool, &count, ef, sl_entry(index->keys[i], index->batch[i]));
      if (at < cursor) cursor = at;
    }
  }
  index->pool_count = count;
}

// Algorithm 4: of ascending candidates keeps those that are nearer to the vector that their keys
// are relative to than to any kept before, up to `most`. links: count, then ids; written.
static void select_links(sl_micro *index, const uint64_t *candidates, uint32_t count, uint32_t most,
                         uint32_t *links) {
  links[0] = 0;
  for (uint32_t i = 0; i < count && links[0] < most; i++) {
    uint32_t id = sl_entry_slot(candidates[i]), kept = 0;
    while (kept < links[0] && sl_entry_key(scored(index, row_of(index, id), links[1 + kept])) >=
                                  sl_entry_key(candidates[i])) {
      kept++;
    }
    if (kept == links[0]) links[++links[0]] = id;
  }
}

// Adds `id` to the links of `to`; a full list is chosen anew from its members and the newcomer.
static void link_back(sl_micro *index, uint32_t to, uint32_t id, uint32_t level) {
  uint32_t *links = links_of(index, to, level), most = index->m << (level == 0);
  if (links[0] < most) {
    links[++links[0]] = id;
    return;
  }
  uint32_t count = 0;
  memcpy(index->batch, links + 1, most * sizeof *links);
  index->batch[most] = id;
  score(index, row_of(index, to), index->batch, most + 1, index->keys);
  for (uint32_t i = 0; i <= most; i++) {
    insert(index->sorted, &count, most + 1, sl_entry(index->keys[i], index->batch[i]));
  }
  select_links(index, index->sorted, count, most, links);
}

// P(level >= l) = m^-l, drawn as hnsw/hnsw.c does.
static uint32_t draw_level(const sl_micro *index, uint32_t id) {
  sl_rng rng;
  sl_rng_seed(&rng, index->seed ^ (id * 0x9e3779b97f4a7c15u));
  double u = sl_rng_double(&rng), power = 1.0 / index->m;
  uint32_t level = 0;
  for (; level < LEVEL_LIMIT && u < power; level++) power /= index->m;
  return level;
}

// The vector stands in `query`. On failure nothing has changed.
static sl_status append(sl_micro *index) {
  uint32_t id = index->size, level = draw_level(index, id), top = 0;
  if (id == index->capacity) SL_TRY(reserve(index, id + id / 2 + 16));
  if (index->upper_used + level > index->upper_capacity) {
    uint32_t units = index->upper_capacity + index->upper_capacity / 4 + 16;
    SL_TRY(sl_realloc((void **)&index->upper, units, 4 * ((size_t)index->m + 1)));
    index->upper_capacity = units;
  }
  memcpy(row_of(index, id), index->query, 4 * (size_t)index->stride);
  index->levels[id] = (uint8_t)level;
  index->upper_at[id] = index->upper_used;
  index->upper_used += level;
  index->size++;
  for (uint32_t l = 0; l <= level; l++) links_of(index, id, l)[0] = 0;
  if (index->entry != NONE) {
    top = index->levels[index->entry];
    uint64_t start = descend(index, index->query, level);
    for (uint32_t l = (level < top ? level : top) + 1; l-- > 0;) {
      search_level(index, index->query, l, index->ef_construction, start);
      start = index->pool[0] & ~(uint64_t)1;
      uint32_t *links = links_of(index, id, l);
      select_links(index, index->pool, index->pool_count, index->m, links);
      for (uint32_t i = 1; i <= links[0]; i++) link_back(index, links[i], id, l);
    }
  }
  if (index->entry == NONE || level > top) index->entry = id;
  return SL_OK;
}

static sl_status encode(sl_micro *index, const float *vector, const char *argument, uint32_t at) {
  float factor;
  return sl_metric_encode(index->metric, index->dimension, vector, index->query, &factor, argument,
                          at);
}

sl_status sl_micro_add(sl_micro *index, const float *vectors, uint32_t count, uint32_t *added) {
  *added = 0;
  for (; *added < count; (*added)++) {
    SL_TRY(encode(index, vectors + (size_t)*added * index->dimension, "vectors", *added));
    SL_TRY(append(index));
  }
  return SL_OK;
}

// Every vector: what an incomplete graph leaves as the last resort.
static void scan(sl_micro *index, uint32_t most) {
  index->pool_count = 0;
  for (uint32_t id = 0; id < index->size; id++) {
    insert(index->pool, &index->pool_count, most, scored(index, index->query, id));
  }
}

// Fills the pool. A walk that ends with less than there is to find (an island of the graph) is
// repeated wider, and at last replaced by the scan.
static sl_status search_one(sl_micro *index, uint32_t wanted, uint32_t width) {
  uint64_t start = descend(index, index->query, 0);
  for (uint64_t ef = width;; ef *= 4) {
    if (ef > index->size) ef = index->size;
    if (ef > index->pool_capacity) {
      SL_TRY(SL_REALLOC(&index->pool, (size_t)ef));
      index->pool_capacity = (uint32_t)ef;
    }
    search_level(index, index->query, 0, (uint32_t)ef, start);
    if (index->pool_count >= wanted) return SL_OK;
    if (ef * 4 >= index->size) break;
  }
  scan(index, wanted);
  return SL_OK;
}

sl_status sl_micro_search(sl_micro *index, const float *queries, uint32_t count, uint32_t k,
                          uint32_t ef, uint32_t *ids, float *distances, uint32_t *found) {
  SL_REQUIRE(k > 0, SL_ERR_ARGUMENT, "k", "at least 1");
  SL_REQUIRE(ef > 0, SL_ERR_ARGUMENT, "ef", "at least 1");
  uint32_t wanted = k < index->size ? k : index->size;
  for (uint32_t q = 0; q < count; q++, ids += k, distances += k) {
    SL_TRY(encode(index, queries + (size_t)q * index->dimension, "queries", q));
    found[q] = wanted;
    if (wanted == 0) continue;
    SL_TRY(search_one(index, wanted, ef < k ? k : ef));
    for (uint32_t i = 0; i < wanted; i++) {
      float key = sl_entry_key(index->pool[i]);
      ids[i] = sl_entry_slot(index->pool[i]);
      distances[i] = sl_metric_distance(index->metric, key, 1, 1);
    }
  }
  return SL_OK;
}
