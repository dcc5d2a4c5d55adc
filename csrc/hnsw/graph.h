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
// from `start`. The pool must have room for ef. Of equal keys the least slot ^ index->salt comes
// first. Returns false when index->scored passed index->scored_most: the pool is not finished then.
bool sl_search_layer(sl_hnsw *index, const sl_scorer *scorer, uint32_t level, uint32_t ef,
                     uint32_t start, float start_key);

// Algorithm 4 without its two extensions: from `count` ascending candidates (keys relative to a
// vector with `factor`) keeps those that are nearer to that vector than to any kept before, up to
// `most`. kept: the first `already` are given, the rest is written. Returns how many are kept.
uint32_t sl_select_neighbours(sl_hnsw *index, const uint64_t *candidates, uint32_t count,
                              float factor, uint32_t most, uint32_t *kept, uint32_t already);

// Entries that were ordered with a salt become entries of their slots, in the same places.
static inline void sl_take_salt(uint64_t *entries, uint32_t count, uint32_t salt) {
  for (uint32_t i = 0; i < count; i++) entries[i] ^= (uint64_t)salt << 1;
}

// A salt (31 bits). Equal keys are met in another order by each slot: where many vectors are
// equally far from each other, each of them links to others, and no few are preferred by all.
static inline uint32_t sl_salt_of(uint32_t a, uint32_t b) {
  uint64_t hash = (a ^ (uint64_t)b << 32) * 0x9e3779b97f4a7c15u;
  hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
  return (uint32_t)(hash >> 33);
}

// Links a slot that stands in the store into the graph. Scratch must be reserved.
void sl_graph_insert(sl_hnsw *index, uint32_t slot);

// The node of the highest level becomes the entry; SL_NO_SLOT when none is live. O(used).
void sl_graph_choose_entry(sl_hnsw *index);

// Gives back the room of the graph behind the slots that are used. Errors: ERR_MEMORY.
sl_status sl_graph_trim(sl_hnsw *index);

// Forgets every slot. O(1).
void sl_graph_reset(sl_hnsw *index);

// Does a part of a repair when enough slots are dead or one is under way: what `changes` additions
// or removals have to do, but never more than a few of them (repair.c).
void sl_repair_some(sl_hnsw *index, uint32_t changes);

// Takes the slots that are leaving out of the links of a new slot (repair.c).
void sl_repair_new(sl_hnsw *index, uint32_t slot);

static inline float sl_slot_factor(const sl_store *store, uint32_t slot) {
  return store->factors != NULL ? store->factors[slot] : 1;
}

#endif
