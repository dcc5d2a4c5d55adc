#include "hnsw/reach.h"

#include "base/memory.h"
#include "hnsw/copies.h"
#include "hnsw/graph.h"

typedef struct sl_reach {
  uint64_t version;    // of the store that it looks at
  uint32_t head, tail; // of the queue: lists looked at, slots found
  uint32_t next;       // slots below have been found, or linked
  uint32_t *queue;     // used
  uint32_t *parent;    // used: the slot whose link led here, SL_NO_SLOT: not found
} sl_reach;

static void reach_free(sl_reach *reach) {
  if (reach == NULL) return;
  sl_free(reach->queue);
  sl_free(reach->parent);
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

static sl_status reach_begin(const sl_hnsw *index, sl_reach **out) {
  uint32_t used = index->store.used;
  *out = NULL;
  sl_reach *reach;
  SL_TRY(SL_ALLOC_ZERO(&reach, 1));
  sl_status status = SL_ALLOC(&reach->queue, used);
  if (status == SL_OK) status = SL_ALLOC(&reach->parent, used);
  if (status != SL_OK) {
    reach_free(reach);
    return status;
  }
  for (uint32_t slot = 0; slot < used; slot++) reach->parent[slot] = SL_NO_SLOT;
  if (index->entry != SL_NO_SLOT) found(reach, index->entry, index->entry);
  reach->version = index->store.version;
  *out = reach;
  return SL_OK;
}

static void look_at_links(const sl_hnsw *index, sl_reach *reach) {
  uint32_t from = reach->queue[reach->head++];
  const uint32_t *links = sl_links(index, from, 0);
  for (uint32_t i = 1; i <= links[0]; i++) {
    if (reach->parent[links[i]] == SL_NO_SLOT) found(reach, links[i], from);
  }
}

// Links `from`, which is found, to `slot`: where there is room, or in the place of the last link
// that the walk did not need. False where there is neither.
static bool link_from(sl_hnsw *index, sl_reach *reach, uint32_t from, uint32_t slot) {
  if (!sl_is_node(index, from) || reach->parent[from] == SL_NO_SLOT) return false;
  uint32_t *links = sl_links(index, from, 0), place = links[0] + 1;
  if (place > sl_links_most(index, 0)) {
    for (place = links[0]; place > 0 && reach->parent[links[place]] == from;) place--;
    if (place == 0) return false;
  } else {
    links[0] = place;
  }
  links[place] = slot;
  uint32_t *own = sl_links(index, slot, 0);
  if (own[0] == 0) own[++own[0]] = from;
  found(reach, slot, from);
  return true;
}

static void link_slot(sl_hnsw *index, sl_reach *reach, uint32_t slot) {
  sl_scorer scorer = sl_scorer_of_slot(&index->store, slot, index->coded);
  float key;
  uint32_t start = sl_descend(index, &scorer, 0, &key);
  index->scored_most = UINT64_MAX;
  sl_search_layer(index, &scorer, 0, index->options.ef_construction, start, key);
  for (uint32_t i = 0; i < index->pool_count; i++) {
    if (link_from(index, reach, sl_entry_slot(index->pool[i]), slot)) return;
  }
  // Somebody has a link to give away: the walk needs fewer than one for each slot that it found.
  for (uint32_t i = reach->tail; i-- > 0;) {
    if (link_from(index, reach, reach->queue[i], slot)) return;
  }
}

sl_status sl_reach_step(sl_hnsw *index, uint32_t work, uint32_t *left) {
  sl_store *store = &index->store;
  if (index->reach == NULL || index->reach->version != store->version) {
    sl_reach_end(index);
    SL_TRY(reach_begin(index, &index->reach));
  }
  sl_reach *reach = index->reach;
  uint64_t scored = index->scored, lists = 0;
  while (reach->head < reach->tail || reach->next < store->used) {
    if (index->scored - scored + lists >= work) {
      *left = 1 + 2 * store->used - reach->head - reach->next;
      return SL_OK;
    }
    lists++;
    if (reach->head < reach->tail) {
      look_at_links(index, reach);
      continue;
    }
    uint32_t slot = reach->next++;
    if (!sl_is_node(index, slot) || reach->parent[slot] != SL_NO_SLOT) continue;
    link_slot(index, reach, slot);
    sl_store_touch(store);
    reach->version = store->version;
  }
  *left = 0;
  sl_reach_end(index);
  return SL_OK;
}

sl_status sl_reach_all(sl_hnsw *index) {
  uint32_t left;
  do SL_TRY(sl_reach_step(index, UINT32_MAX, &left));
  while (left > 0);
  return SL_OK;
}

sl_status sl_reach_count(const sl_hnsw *index, uint32_t *unreachable) {
  sl_reach *reach;
  SL_TRY(reach_begin(index, &reach));
  while (reach->head < reach->tail) look_at_links(index, reach);
  *unreachable = 0;
  for (uint32_t slot = 0; slot < index->store.used; slot++) {
    *unreachable += sl_is_node(index, slot) && reach->parent[slot] == SL_NO_SLOT;
  }
  reach_free(reach);
  return SL_OK;
}
