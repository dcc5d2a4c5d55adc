// What the files of the index share: links, levels, layer search, neighbour selection.
#ifndef SL_HNSW_GRAPH_H
#define SL_HNSW_GRAPH_H

#include "hnsw/index.h"
#include "hnsw/score.h"

// The links of a slot on a level: count, then slots.
static inline uint32_t *sl_links(const sl_hnsw *index, uint32_t slot, uint32_t level) {
  if (level == 0) return (uint32_t *)sl_chunks_at(&index->links0, slot);
  return index->upper + (size_t)(index->upper_at[slot] + level - 1) * index->upper_stride;
}
static inline uint32_t sl_links_most(const sl_hnsw *index, uint32_t level) {
  return (level == 0 ? index->links0_stride : index->upper_stride) - 1;
}

// Starts a new set of visited slots.
void sl_visited_clear(sl_hnsw *index);

// Makes the pool hold `ef` entries. Errors: ERR_MEMORY.
sl_status sl_pool_reserve(sl_hnsw *index, uint32_t ef);

// Walks down greedily from the entry to `level` + 1 and returns the nearest slot found; `key` gets
// its key. The index is not empty.
uint32_t sl_descend(sl_hnsw *index, const sl_scorer *scorer, uint32_t level, float *key);

// Algorithm 2: fills the pool with the (up to) ef nearest of a level, dead slots among them, seen
// from `start`. The pool must have room for ef.
void sl_search_layer(sl_hnsw *index, const sl_scorer *scorer, uint32_t level, uint32_t ef,
                     uint32_t start, float start_key);

// Algorithm 4 without its two extensions: from `count` ascending candidates (keys relative to a
// vector with `factor`) keeps those that are nearer to that vector than to any kept before, up to
// `most`. kept: the first `already` are given, the rest is written. Returns how many are kept.
uint32_t sl_select_neighbours(sl_hnsw *index, const uint64_t *candidates, uint32_t count,
                              float factor, uint32_t most, uint32_t *kept, uint32_t already);

// Links a slot that stands in the store into the graph. Scratch must be reserved.
void sl_graph_insert(sl_hnsw *index, uint32_t slot);

// Draws the level of a slot that is used for the first time and gives it its units; sl_hnsw_reserve
// has made room. Errors: ERR_MEMORY (more units needed).
sl_status sl_graph_new_slot(sl_hnsw *index, uint32_t slot);

// The live slot of the highest level becomes the entry; SL_NO_SLOT when none is live. O(used).
void sl_graph_choose_entry(sl_hnsw *index);

// Forgets every slot. O(1).
void sl_graph_reset(sl_hnsw *index);

static inline float sl_slot_factor(const sl_store *store, uint32_t slot) {
  return store->factors != NULL ? store->factors[slot] : 1;
}

#endif
