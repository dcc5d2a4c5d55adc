// Real deletes: the links around removed vectors are mended and their slots become free.
//
// Based on: the consolidation of A. Singh, S. J. Subramanya, R. Krishnaswamy, H. V. Simhadri,
// "FreshDiskANN: A fast and accurate graph-based ANN index for streaming similarity search", 2021,
// arXiv:2105.09613, algorithm 4, on every level of the graph. Deviation: links to living neighbours
// stay as they were chosen; only the places of the dead are filled, from the neighbours of the
// dead, by the same rule that chooses neighbours everywhere else. It costs a fraction of choosing
// whole lists anew.
#include <string.h>

#include "hnsw/graph.h"
#include "hnsw/hnsw.h"

// Takes the dead out of a list. Returns how many there were; they come to stand behind the living.
static uint32_t part_dead(const sl_hnsw *index, uint32_t *links) {
  uint32_t live = 0, count = links[0];
  for (uint32_t i = 1; i <= count; i++) {
    uint32_t slot = links[i];
    if (index->store.states[slot] == SL_SLOT_LIVE) {
      links[i] = links[live + 1];
      links[++live] = slot;
    }
  }
  links[0] = live;
  return count - live;
}

// Gathers into index->batch the living, unvisited neighbours of a dead slot.
static uint32_t gather_around(sl_hnsw *index, uint32_t dead, uint32_t level) {
  const uint32_t *links = sl_links(index, dead, level);
  uint32_t gathered = 0;
  for (uint32_t i = 1; i <= links[0]; i++) {
    uint32_t slot = links[i];
    if (index->visited[slot] == index->epoch) continue;
    index->visited[slot] = index->epoch;
    if (index->store.states[slot] == SL_SLOT_LIVE) index->batch[gathered++] = slot;
  }
  return gathered;
}

static void repair_list(sl_hnsw *index, uint32_t slot, uint32_t level) {
  uint32_t *links = sl_links(index, slot, level), before = links[0];
  uint32_t dead = part_dead(index, links), count = 0;
  if (dead == 0) return;
  sl_visited_clear(index);
  index->visited[slot] = index->epoch;
  for (uint32_t i = 1; i <= links[0]; i++) index->visited[links[i]] = index->epoch;
  sl_scorer scorer = sl_scorer_of_slot(&index->store, slot, index->coded);
  for (uint32_t i = links[0] + 1; i <= before; i++) {
    uint32_t gathered = gather_around(index, links[i], level);
    if (gathered == 0) continue;
    sl_score_any(index->store.score, &scorer, index->batch, gathered, index->keys);
    index->scored += gathered;
    for (uint32_t j = 0; j < gathered; j++) {
      sl_pool_insert(index->sorted, &count, index->sorted_capacity,
                     sl_entry(index->keys[j], index->batch[j]));
    }
  }
  links[0] = sl_select_neighbours(index, index->sorted, count, sl_slot_factor(&index->store, slot),
                                  before, links + 1, links[0]);
}

// Frees the slots of the dead, to which nothing living leads any more.
static void release_dead(sl_hnsw *index) {
  sl_store *store = &index->store;
  // From the top down, so that low slots are used first.
  for (uint32_t slot = store->used; slot-- > 0;) {
    if (store->states[slot] != SL_SLOT_DEAD) continue;
    for (uint32_t level = 0; level <= index->levels[slot]; level++) {
      sl_links(index, slot, level)[0] = 0;
    }
    sl_store_release(store, slot);
  }
  if (store->states[index->entry] != SL_SLOT_LIVE) sl_graph_choose_entry(index);
  index->repairs++;
}

sl_status sl_hnsw_repair_step(sl_hnsw *index, uint32_t work, uint32_t *left) {
  sl_store *store = &index->store;
  *left = 0;
  if (store->dead == 0) return SL_OK;
  sl_store_touch(store);
  uint64_t scored = index->scored, lists = 0;
  for (; index->repair_at < store->used; index->repair_at++) {
    uint32_t slot = index->repair_at;
    if (index->scored - scored + lists >= work) {
      *left = store->used - slot;
      return SL_OK;
    }
    if (store->states[slot] != SL_SLOT_LIVE) continue;
    for (uint32_t level = 0; level <= index->levels[slot]; level++, lists++) {
      repair_list(index, slot, level);
    }
  }
  release_dead(index);
  index->repair_at = 0;
  return SL_OK;
}

sl_status sl_hnsw_repair(sl_hnsw *index) {
  uint32_t left;
  do SL_TRY(sl_hnsw_repair_step(index, UINT32_MAX, &left));
  while (left > 0);
  return SL_OK;
}
