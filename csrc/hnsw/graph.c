#include "hnsw/graph.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "hnsw/copies.h"
#include "hnsw/heads.h"

void sl_visited_clear(sl_hnsw *index) {
  if (++index->epoch == 0) { // every 65,535 sets
    memset(index->visited, 0, (size_t)index->graph_capacity * sizeof *index->visited);
    index->epoch = 1;
  }
}

sl_status sl_pool_reserve(sl_hnsw *index, uint32_t ef) {
  if (ef <= index->pool_capacity) return SL_OK;
  SL_TRY(SL_REALLOC(&index->pool, ef));
  index->pool_capacity = ef;
  return SL_OK;
}

// Slots of `links` that were not visited before, into the batch; returns how many.
static inline __attribute__((always_inline)) uint32_t gather(const uint32_t *links, uint32_t *batch,
                                                             uint16_t *visited, uint16_t epoch) {
  uint32_t gathered = 0;
  for (uint32_t i = 1, end = links[0]; i <= end; i++) {
    uint32_t slot = links[i];
    batch[gathered] = slot;
    gathered += visited[slot] != epoch; // no branch to mispredict: half of them are visited
    visited[slot] = epoch;
  }
  return gathered;
}

// What was compared once, on this level or above, is not nearer than the best.
uint32_t sl_descend(sl_hnsw *index, const sl_scorer *scorer, uint32_t level, float *key) {
  uint32_t slot = index->entry, one[4] = {slot};
  float keys[4];
  sl_score_any(index->store.score, scorer, one, 1, keys);
  float best = keys[0];
  sl_visited_clear(index);
  index->visited[slot] = index->epoch;
  for (uint32_t l = index->levels[slot]; l > level; l--) {
    for (bool moved = true; moved;) {
      moved = false;
      uint32_t count = gather(sl_links(index, slot, l), index->batch, index->visited, index->epoch);
      if (count == 0) break;
      sl_touch_rows(&scorer->rows, index->batch, count, index->found);
      sl_score_any_found(index->store.score, scorer, index->batch, index->found, count,
                         index->keys);
      index->scored += count;
      for (uint32_t i = 0; i < count; i++) {
        if (index->keys[i] < best) {
          best = index->keys[i];
          slot = index->batch[i];
          moved = true;
        }
      }
    }
  }
  *key = best;
  return slot;
}

// The candidate that is likely to be expanded next: its links arrive while others are scored.
static inline __attribute__((always_inline)) void touch_next(const sl_hnsw *index, uint32_t level,
                                                             uint32_t count, uint32_t cursor,
                                                             sl_tie_order ties) {
  uint32_t next = cursor + 1;
  while (next < count && index->pool[next] & 1) next++;
  if (next == count) return;
  sl_touch(sl_links(index, sl_tie_slot(ties, sl_entry_slot(index->pool[next])), level),
           4 * (size_t)(level == 0 ? index->links0_stride : index->upper_stride));
}

// The loop that everything is made for. Three phases an expansion: the unvisited neighbours are
// gathered (a pass over small data), their rows are called from memory all at once, and they are
// scored four at a time. On 100,000 vectors of 100 numbers three quarters of the time was waiting
// for memory before the second phase was there. Where the pool is full and the index has sketches,
// these rule out most of the neighbours before their rows are looked at.
static inline __attribute__((always_inline)) bool
search_layer(sl_score score, sl_hnsw *index, const sl_scorer *scorer, uint32_t level, uint32_t ef) {
  uint64_t *pool = index->pool;
  uint32_t *batch = index->batch;
  float *keys = index->keys;
  uint16_t *visited = index->visited;
  const uint16_t epoch = index->epoch;
  const sl_tie_order ties = index->ties;
  uint32_t count = index->pool_count, cursor = 0;
  uint64_t scored = index->scored;
  const uint64_t scored_most = index->scored_most;
  while (cursor < count && scored <= scored_most) {
    if (pool[cursor] & 1) {
      cursor++;
      continue;
    }
    const uint32_t *links = sl_links(index, sl_tie_slot(ties, sl_entry_slot(pool[cursor])), level);
    pool[cursor] |= 1;
    uint32_t gathered = gather(links, batch, visited, epoch);
    if (gathered == 0) continue;
    scored += gathered;
    touch_next(index, level, count, cursor, ties);
    if (count == ef && scorer->sketch.codes != NULL) {
      float limit = sl_entry_key(pool[ef - 1]);
      sl_touch_rows(&index->store.sketches, batch, gathered, index->found);
      gathered = sl_sketch_sieve(&index->store.sketch, &index->store.sketches, &scorer->sketch,
                                 batch, gathered, limit);
      if (gathered == 0) continue;
    }
    float limit = count == ef ? sl_entry_key(pool[ef - 1]) : INFINITY;
    if (sl_score_has_heads(score) && scorer->head > 0 && count == ef) {
      gathered = sl_heads_sieve(score, scorer, batch, gathered, limit, keys);
    } else {
      sl_touch_rows(&scorer->rows, batch, gathered, index->found);
      sl_score_found(score, scorer, batch, index->found, gathered, keys);
    }
    uint32_t lowest = cursor;
    for (uint32_t i = 0; i < gathered; i++) {
      if (keys[i] > limit) continue; // most of them, once the pool is full
      uint32_t at =
          sl_pool_insert(pool, &count, ef, sl_entry(keys[i], sl_tie_rank(ties, batch[i])));
      if (at < lowest) lowest = at;
      if (count == ef) limit = sl_entry_key(pool[ef - 1]);
    }
    cursor = lowest;
  }
  index->pool_count = count;
  index->scored = scored;
  return cursor >= count;
}

#define DEFINE_SEARCH(name, score)                                                                 \
  static __attribute__((noinline)) bool search_##name(sl_hnsw *index, const sl_scorer *scorer,     \
                                                      uint32_t level, uint32_t ef) {               \
    return search_layer(score, index, scorer, level, ef);                                          \
  }
DEFINE_SEARCH(dot, SL_SCORE_DOT)
DEFINE_SEARCH(squared, SL_SCORE_SQUARED)
DEFINE_SEARCH(manhattan, SL_SCORE_MANHATTAN)
DEFINE_SEARCH(hamming, SL_SCORE_HAMMING)
DEFINE_SEARCH(poincare, SL_SCORE_POINCARE)
DEFINE_SEARCH(int8, SL_SCORE_INT8)
DEFINE_SEARCH(float16, SL_SCORE_FLOAT16)
DEFINE_SEARCH(rabitq, SL_SCORE_RABITQ)
DEFINE_SEARCH(rabitq2, SL_SCORE_RABITQ2)
DEFINE_SEARCH(rabitq4, SL_SCORE_RABITQ4)
DEFINE_SEARCH(rabitq8, SL_SCORE_RABITQ8)

bool sl_search_layer(sl_hnsw *index, const sl_scorer *scorer, uint32_t level, uint32_t ef,
                     uint32_t start, float start_key) {
  sl_visited_clear(index);
  index->visited[start] = index->epoch;
  index->pool[0] = sl_entry(start_key, sl_tie_rank(index->ties, start));
  index->pool_count = 1;
  switch (index->store.score) {
  case SL_SCORE_DOT:
    return search_dot(index, scorer, level, ef);
  case SL_SCORE_SQUARED:
    return search_squared(index, scorer, level, ef);
  case SL_SCORE_MANHATTAN:
    return search_manhattan(index, scorer, level, ef);
  case SL_SCORE_HAMMING:
    return search_hamming(index, scorer, level, ef);
  case SL_SCORE_POINCARE:
    return search_poincare(index, scorer, level, ef);
  case SL_SCORE_INT8:
    return search_int8(index, scorer, level, ef);
  case SL_SCORE_FLOAT16:
    return search_float16(index, scorer, level, ef);
  case SL_SCORE_RABITQ:
    return search_rabitq(index, scorer, level, ef);
  case SL_SCORE_RABITQ2:
    return search_rabitq2(index, scorer, level, ef);
  case SL_SCORE_RABITQ4:
    return search_rabitq4(index, scorer, level, ef);
  case SL_SCORE_RABITQ8:
    return search_rabitq8(index, scorer, level, ef);
  case SL_SCORE_PRODUCT: // sl_hnsw_create() refuses these codes
    break;
  }
  return true;
}

// Is the vector of the scorer nearer to one of the kept slots than `limit`? rows: of those.
static bool is_covered(sl_hnsw *index, const sl_scorer *scorer, float limit, const uint32_t *kept,
                       const void *const *rows, uint32_t count) {
  for (uint32_t i = 0; i < count; i += 4) {
    uint32_t four[4], n = count - i < 4 ? count - i : 4;
    const void *found[4];
    float keys[4];
    for (uint32_t r = 0; r < n; r++) {
      four[r] = kept[i + r];
      found[r] = rows[i + r];
    }
    sl_score_any_found(index->store.score, scorer, four, found, n, keys);
    index->scored += n;
    for (uint32_t r = 0; r < n; r++) {
      if (keys[r] < limit) return true;
    }
  }
  return false;
}

uint32_t sl_select_neighbours(sl_hnsw *index, const uint64_t *candidates, uint32_t count,
                              float factor, uint32_t most, uint32_t *kept, uint32_t already) {
  const sl_store *store = &index->store;
  sl_scorer scorer = sl_scorer_over(store);
  uint32_t n = already;
  for (uint32_t i = 0; i < n; i++) index->found[i] = sl_store_row(store, kept[i]);
  for (uint32_t i = 0; i < count && n < most; i++) {
    uint32_t slot = sl_entry_slot(candidates[i]);
    // Poincare keys lack the factor of the point they were measured from: put both on one scale.
    float limit = sl_entry_key(candidates[i]);
    if (store->factors != NULL) limit *= factor / store->factors[slot];
    if (n > 0) sl_scorer_turn(store, slot, index->pair, &scorer);
    if (is_covered(index, &scorer, limit, kept, index->found, n)) continue;
    index->found[n] = sl_store_row(store, slot);
    kept[n++] = slot;
  }
  return n;
}

// Which of equally near ones has to go is left to chance: were it always the newcomer, or always
// the same slot, vectors that are equally far from all others could not be reached.
void sl_link_back(sl_hnsw *index, uint32_t to, uint32_t slot, uint32_t level) {
  uint32_t *links = sl_links(index, to, level), most = sl_links_most(index, level);
  if (links[0] < most) {
    links[++links[0]] = slot;
    return;
  }
  uint32_t count = 0;
  memcpy(index->batch, links + 1, most * sizeof *links);
  index->batch[most] = slot;
  sl_tie_order ties = sl_ties_by_chance(to, slot);
  sl_scorer scorer = sl_scorer_of_slot(&index->store, to, index->pair);
  sl_touch_rows(&scorer.rows, index->batch, most + 1, index->found);
  sl_score_any_found(index->store.score, &scorer, index->batch, index->found, most + 1,
                     index->keys);
  index->scored += most + 1;
  for (uint32_t i = 0; i <= most; i++) {
    sl_pool_insert(index->sorted, &count, most + 1,
                   sl_entry(index->keys[i], sl_tie_rank(ties, index->batch[i])));
  }
  sl_ties_end(index->sorted, count, ties);
  links[0] = sl_select_neighbours(index, index->sorted, count, sl_slot_factor(&index->store, to),
                                  most, links + 1, 0);
}

sl_scorer sl_scorer_of_node(const sl_hnsw *index, uint32_t slot) {
  const sl_store *store = &index->store;
  sl_scorer scorer = sl_scorer_of_slot(store, slot, index->coded);
  if (store->sketch.codes > 0) {
    const float *row = (const float *)sl_store_row(store, slot);
    scorer.sketch = sl_sketch_query_make(&store->sketch, row, (int16_t *)index->coded);
  }
  return scorer;
}

// Takes the dead out of the pool, unless nothing would be left: a repair will replace them.
static void drop_dead(sl_hnsw *index) {
  uint32_t live = 0;
  if (index->store.dead == 0) return;
  for (uint32_t i = 0; i < index->pool_count; i++) {
    uint64_t entry = index->pool[i];
    if (index->store.states[sl_entry_slot(entry)] == SL_SLOT_LIVE) index->pool[live++] = entry;
  }
  if (live > 0) index->pool_count = live;
}

void sl_graph_insert(sl_hnsw *index, uint32_t slot) {
  sl_store *store = &index->store;
  uint32_t level = index->levels[slot];
  if (index->entry == SL_NO_SLOT) {
    index->entry = slot;
    return;
  }
  uint32_t top = index->levels[index->entry];
  sl_scorer scorer = sl_scorer_of_node(index, slot);
  float key;
  uint32_t start = sl_descend(index, &scorer, level, &key);
  index->ties = sl_ties_by_chance(slot, slot);
  index->scored_most = UINT64_MAX;
  for (uint32_t l = level < top ? level : top;; l--) {
    sl_search_layer(index, &scorer, l, index->options.ef_construction, start, key);
    sl_ties_end(index->pool, index->pool_count, index->ties);
    start = sl_entry_slot(index->pool[0]);
    key = sl_entry_key(index->pool[0]);
    drop_dead(index);
    uint32_t *links = sl_links(index, slot, l);
    links[0] = sl_select_neighbours(index, index->pool, index->pool_count,
                                    sl_slot_factor(store, slot), index->options.m, links + 1, 0);
    for (uint32_t i = 1; i <= links[0]; i++) sl_link_back(index, links[i], slot, l);
    if (l == 0) break;
  }
  index->ties = sl_ties_by_slot();
  sl_repair_new(index, slot);
  if (level > top) index->entry = slot;
}

void sl_graph_link(sl_hnsw *index, uint32_t slot, uint32_t level) {
  sl_store *store = &index->store;
  if (level > index->levels[index->entry]) return; // nothing to search
  uint32_t *links = sl_links(index, slot, level), live = 0;
  sl_scorer scorer = sl_scorer_of_slot(store, slot, index->coded);
  float key;
  uint32_t start = sl_descend(index, &scorer, level, &key);
  index->ties = sl_ties_by_chance(slot, slot);
  index->scored_most = UINT64_MAX;
  sl_search_layer(index, &scorer, level, index->options.ef_construction, start, key);
  sl_ties_end(index->pool, index->pool_count, index->ties);
  index->ties = sl_ties_by_slot();
  for (uint32_t i = 0; i < index->pool_count; i++) {
    uint32_t found = sl_entry_slot(index->pool[i]);
    bool fresh = found != slot && store->states[found] == SL_SLOT_LIVE;
    for (uint32_t j = 1; j <= links[0]; j++) fresh &= links[j] != found;
    if (fresh) index->pool[live++] = index->pool[i];
  }
  uint32_t most = links[0] > index->options.m ? links[0] : index->options.m;
  links[0] = sl_select_neighbours(index, index->pool, live, sl_slot_factor(store, slot), most,
                                  links + 1, links[0]);
  for (uint32_t i = 1; i <= links[0]; i++) {
    const uint32_t *back = sl_links(index, links[i], level);
    bool linked = false;
    for (uint32_t j = 1; j <= back[0]; j++) linked |= back[j] == slot;
    if (!linked) sl_link_back(index, links[i], slot, level);
  }
}

void sl_graph_choose_entry(sl_hnsw *index) {
  index->entry = SL_NO_SLOT;
  for (uint32_t slot = 0; slot < index->store.used; slot++) {
    if (!sl_is_node(index, slot)) continue;
    if (index->entry == SL_NO_SLOT || index->levels[slot] > index->levels[index->entry]) {
      index->entry = slot;
    }
  }
}

void sl_graph_reset(sl_hnsw *index) {
  index->store.used = index->store.live = index->store.dead = 0;
  index->store.free_head = SL_NO_SLOT;
  index->upper_used = 0;
  index->entry = SL_NO_SLOT;
  index->repair_at = SL_NO_SLOT;
  index->by_row_count = 0;
  if (index->by_row_size > 0) {
    memset(index->by_row, 0, (size_t)index->by_row_size * sizeof *index->by_row);
  }
  sl_store_touch(&index->store);
}
