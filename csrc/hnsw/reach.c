#include "hnsw/reach.h"

#include "base/memory.h"
#include "hnsw/copies.h"
#include "hnsw/graph.h"

typedef struct sl_reach {
  uint64_t version; // of the store that it looks at
  uint32_t used;    // slots that it looks at
  uint32_t level;
  uint32_t head, tail; // of the queue: lists looked at, slots found
  uint32_t next;       // slots below have been found, or linked
  uint32_t *queue;     // used
  uint32_t *parent;    // used: the slot whose link led here, SL_NO_SLOT: not found
  uint8_t *marks;      // used: flags of this level
  uint32_t host;       // in the queue: linked slots below have no link left to give away
} sl_reach;

enum { GAVE = 1, LINKED = 2 }; // gave a link away for a slot that was missing; was missing itself

static void reach_free(sl_reach *reach) {
  if (reach == NULL) return;
  sl_free(reach->queue);
  sl_free(reach->parent);
  sl_free(reach->marks);
  sl_free(reach);
}

void sl_reach_end(sl_hnsw *index) {
  reach_free(index->reach);
  index->reach = NULL;
}

static void found(sl_reach *reach, uint32_t slot, uint32_t parent) {
  reach->parent[slot] = parent;
  reach->queue[reach->tail++] = slot;
}

static void begin_level(const sl_hnsw *index, sl_reach *reach, uint32_t level) {
  reach->level = level;
  reach->head = reach->tail = reach->next = reach->host = 0;
  for (uint32_t slot = 0; slot < reach->used; slot++) {
    reach->parent[slot] = SL_NO_SLOT;
    reach->marks[slot] = 0;
  }
  if (index->entry < reach->used) found(reach, index->entry, index->entry);
}

static uint32_t top_level(const sl_hnsw *index) {
  return index->entry == SL_NO_SLOT ? 0 : index->levels[index->entry];
}

static sl_status reach_begin(const sl_hnsw *index, uint32_t level, sl_reach **out) {
  *out = NULL;
  sl_reach *reach;
  SL_TRY(SL_ALLOC_ZERO(&reach, 1));
  reach->used = index->store.used;
  reach->version = index->store.version;
  sl_status status = SL_ALLOC(&reach->queue, reach->used);
  if (status == SL_OK) status = SL_ALLOC(&reach->parent, reach->used);
  if (status == SL_OK) status = SL_ALLOC(&reach->marks, reach->used);
  if (status != SL_OK) {
    reach_free(reach);
    return status;
  }
  begin_level(index, reach, level);
  *out = reach;
  return SL_OK;
}

static void look_at_links(const sl_hnsw *index, sl_reach *reach) {
  uint32_t from = reach->queue[reach->head++];
  const uint32_t *links = sl_links(index, from, reach->level);
  for (uint32_t i = 1; i <= links[0]; i++) {
    uint32_t to = links[i];
    if (to < reach->used && reach->parent[to] == SL_NO_SLOT) found(reach, to, from);
  }
}

// A node of the level that has not been found.
static bool is_missing(const sl_hnsw *index, const sl_reach *reach, uint32_t slot) {
  return reach->parent[slot] == SL_NO_SLOT && index->levels[slot] >= reach->level &&
         sl_is_node(index, slot);
}

// Links `from`, which is found, to `slot`: where there is room, or in the place of the last link
// behind the first `kept` that the walk did not need. False where there is neither.
static bool link_from(sl_hnsw *index, sl_reach *reach, uint32_t from, uint32_t slot,
                      uint32_t kept) {
  if (from >= reach->used || from == slot || !sl_is_node(index, from)) return false;
  if (reach->parent[from] == SL_NO_SLOT) return false;
  uint32_t *links = sl_links(index, from, reach->level), place = links[0] + 1;
  for (uint32_t i = 1; i <= links[0]; i++) {
    if (links[i] != slot) continue; // linked since the walk was there
    found(reach, slot, from);
    return true;
  }
  if (place > sl_links_most(index, reach->level)) {
    for (place = links[0]; place > kept; place--) {
      uint32_t to = links[place];
      if (to < reach->used && reach->parent[to] != from) break;
    }
    if (place <= kept) return false;
    reach->marks[from] |= GAVE;
  } else {
    links[0] = place;
  }
  links[place] = slot;
  uint32_t *own = sl_links(index, slot, reach->level);
  if (own[0] == 0) own[++own[0]] = from;
  found(reach, slot, from);
  reach->marks[slot] |= LINKED;
  return true;
}

// From slots that were missing themselves: their links lead where everybody's do.
static bool link_from_linked(sl_hnsw *index, sl_reach *reach, uint32_t slot) {
  const uint32_t kept = sl_links_most(index, reach->level) / 2;
  for (; reach->host < reach->tail; reach->host++) {
    const uint32_t from = reach->queue[reach->host];
    if (reach->marks[from] & LINKED && link_from(index, reach, from, slot, kept)) return true;
  }
  return false;
}

static void link_slot(sl_hnsw *index, sl_reach *reach, uint32_t slot) {
  sl_scorer scorer = sl_scorer_of_slot(&index->store, slot, index->coded);
  float key;
  uint32_t start = sl_descend(index, &scorer, reach->level, &key);
  index->scored_most = UINT64_MAX;
  sl_search_layer(index, &scorer, reach->level, index->options.ef_construction, start, key);
  // A near slot that has room, or that has not given a link away yet: where thousands are missing, as
  // with inner products of vectors of different lengths, a few are near to all of them, and searches
  // need their links.
  const uint32_t most = sl_links_most(index, reach->level);
  for (uint32_t i = 0; i < index->pool_count; i++) {
    if (link_from(index, reach, sl_entry_slot(index->pool[i]), slot, most)) return;
  }
  for (uint32_t i = 0; i < index->pool_count; i++) {
    const uint32_t from = sl_entry_slot(index->pool[i]);
    if (from < reach->used && reach->marks[from] & GAVE) continue;
    if (link_from(index, reach, from, slot, 0)) return;
  }
  if (link_from_linked(index, reach, slot)) return;
  // Somebody has a link to give away: the walk needs fewer than one for each slot that it found.
  for (uint32_t i = reach->tail; i-- > 0;) {
    if (link_from(index, reach, reach->queue[i], slot, 0)) return;
  }
}

uint64_t sl_reach_work(const sl_hnsw *index) {
  return (top_level(index) + 1) * (2 * (uint64_t)index->store.used + 1) + 1;
}

static uint32_t lists_left(const sl_reach *reach) {
  uint64_t each = 2 * (uint64_t)reach->used + 1;
  uint64_t left = 1 + reach->level * each + each - reach->head - reach->next;
  return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

sl_status sl_reach_step(sl_hnsw *index, uint32_t work, bool strict, uint32_t *left) {
  sl_store *store = &index->store;
  if (index->reach != NULL && strict && index->reach->version != store->version) {
    sl_reach_end(index);
  }
  if (index->reach == NULL) SL_TRY(reach_begin(index, top_level(index), &index->reach));
  sl_reach *reach = index->reach;
  uint64_t scored = index->scored, lists = 0;
  for (;;) {
    if (index->scored - scored + lists >= work) {
      *left = lists_left(reach);
      return SL_OK;
    }
    if (reach->head < reach->tail) {
      look_at_links(index, reach);
      lists++;
    } else if (reach->next < reach->used) {
      uint32_t slot = reach->next++;
      lists += reach->level == 0;
      if (!is_missing(index, reach, slot)) continue;
      link_slot(index, reach, slot);
      sl_store_touch(store);
      reach->version = store->version;
    } else if (reach->level > 0) {
      begin_level(index, reach, reach->level - 1);
    } else {
      break;
    }
  }
  *left = 0;
  sl_reach_end(index);
  return SL_OK;
}

sl_status sl_reach_all(sl_hnsw *index) {
  uint32_t left;
  sl_reach_end(index);
  do SL_TRY(sl_reach_step(index, UINT32_MAX, true, &left));
  while (left > 0);
  return SL_OK;
}

sl_status sl_reach_count(const sl_hnsw *index, uint32_t *unreachable) {
  sl_reach *reach;
  SL_TRY(reach_begin(index, 0, &reach));
  while (reach->head < reach->tail) look_at_links(index, reach);
  *unreachable = 0;
  for (uint32_t slot = 0; slot < reach->used; slot++) {
    *unreachable += is_missing(index, reach, slot);
  }
  reach_free(reach);
  return SL_OK;
}
