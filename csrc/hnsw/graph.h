// What the files of the index share: links, levels, layer search, neighbour selection.
#ifndef SL_HNSW_GRAPH_H
#define SL_HNSW_GRAPH_H

#include "hnsw/flat.h"
#include "hnsw/index.h"
#include "hnsw/scorer.h"

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
// from `start`. The pool must have room for ef. Equal keys are in the order of index->ties. Returns
// false when index->scored passed index->scored_most: the pool is not finished then.
bool sl_search_layer(sl_hnsw *index, const sl_scorer *scorer, uint32_t level, uint32_t ef,
                     uint32_t start, float start_key);

// Algorithm 4 without its two extensions: from `count` ascending candidates (keys relative to a
// vector with `factor`) keeps those that are nearer to that vector than to any kept before, up to
// `most`. kept: the first `already` are given, the rest is written. Returns how many are kept.
uint32_t sl_select_neighbours(sl_hnsw *index, const uint64_t *candidates, uint32_t count,
                              float factor, uint32_t most, uint32_t *kept, uint32_t already);

// The order of equal keys while links are chosen: another one, as good as random, for each list.
// Where many vectors are equally far from each other, each of them then links to others, and no few
// are preferred by all. Searches take the order of slots.
static inline sl_tie_order sl_ties_by_slot(void) { return (sl_tie_order){0, 1, 1}; }
static inline sl_tie_order sl_ties_by_chance(uint32_t a, uint32_t b) {
  uint64_t hash = (a ^ (uint64_t)b << 32) * 0x9e3779b97f4a7c15u;
  hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
  return (sl_tie_order){(uint32_t)(hash >> 33), 0x2c1b3c6du, 0x64ea2d65u};
}

// A permutation of the 31-bit numbers, to stand for slots in entries, and back. The product of the
// factors is 1 modulo 2^31.
static inline uint32_t sl_tie_rank(sl_tie_order order, uint32_t slot) {
  return (slot ^ order.salt) * order.factor & SL_SLOT_LIMIT;
}
static inline uint32_t sl_tie_slot(sl_tie_order order, uint32_t rank) {
  return (rank * order.inverse & SL_SLOT_LIMIT) ^ order.salt;
}

// Entries of ranks become entries of their slots, in the same places.
static inline void sl_ties_end(uint64_t *entries, uint32_t count, sl_tie_order order) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t slot = sl_tie_slot(order, sl_entry_slot(entries[i]));
    entries[i] = (entries[i] >> 32 << 32) | (uint64_t)slot << 1 | (entries[i] & 1);
  }
}

// Takes a vector into the store. *node: its slot, with empty lists, to be linked into the graph;
// SL_NO_SLOT where it is a copy of another one, and done. Errors: as sl_hnsw_add.
sl_status sl_hnsw_put(sl_hnsw *index, uint32_t id, const void *vector, sl_duplicate duplicate,
                      uint32_t position, uint32_t *node);

// Links a slot that stands in the store, with empty lists, into the graph. Scratch must be
// reserved.
void sl_graph_insert(sl_hnsw *index, uint32_t slot);

// A scorer for a node, with its sketch where there are sketches; it uses index->coded.
sl_scorer sl_scorer_of_node(const sl_hnsw *index, uint32_t slot);

// Adds `slot` to the links of `to`; a full list is chosen anew from its members and the newcomer.
void sl_link_back(sl_hnsw *index, uint32_t to, uint32_t slot, uint32_t level);

// The node of the highest level becomes the entry; SL_NO_SLOT when none is live. O(used).
void sl_graph_choose_entry(sl_hnsw *index);

// Searches a level for a node, fills its links up to m with what the rule of a new vector chooses
// beside them, and links back. Scratch must be reserved.
void sl_graph_link(sl_hnsw *index, uint32_t slot, uint32_t level);

// Makes room for `capacity` slots in everything but the links of level 0. Errors: ERR_MEMORY.
sl_status sl_graph_reserve_slots(sl_hnsw *index, uint32_t capacity);

// Gives back the room of the graph behind the slots that are used. Errors: ERR_MEMORY.
sl_status sl_graph_trim(sl_hnsw *index);

// The scratch of an index, which is its own also where its arrays are another's (view.h). Errors:
// ERR_MEMORY (some of it may be there).
sl_status sl_hnsw_make_scratch(sl_hnsw *index);

// ERR_STATE where an index is frozen or being built: what begins every change.
sl_status sl_hnsw_may_change(const sl_hnsw *index);

// A view of an index, frozen or not: what it shares must not move while it is there. Errors:
// ERR_MEMORY.
sl_status sl_view_make(const sl_hnsw *index, sl_hnsw **out);

// What a view forgets before it is freed, and the bytes that it has beyond the scratch of an index.
void sl_view_let_go(sl_hnsw *view);
uint64_t sl_view_bytes(const sl_hnsw *view);

// The index that a build works on is no more (build.h).
void sl_build_let_go(struct sl_hnsw_build *build);

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
