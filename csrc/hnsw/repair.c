// Real deletes: the links around removed vectors are mended and their slots become free.
//
// Based on: the consolidation of A. Singh, S. J. Subramanya, R. Krishnaswamy, H. V. Simhadri,
// "FreshDiskANN: A fast and accurate graph-based ANN index for streaming similarity search", 2021,
// arXiv:2105.09613, algorithm 4, on every level of the graph. Deviations: links to living
// neighbours stay as they were chosen; only the places of the dead are filled, from the neighbours
// of the dead, by the same rule that chooses neighbours everywhere else. It costs a fraction of
// choosing whole lists anew. On the upper levels, which have few nodes and lead everywhere,
// lists are filled by searches. And a pass can be spread over many calls: it takes out the
// slots that were dead when it began, and what dies meanwhile waits for the next one.
#include <string.h>

#include "hnsw/copies.h"
#include "hnsw/graph.h"
#include "hnsw/hnsw.h"
#include "hnsw/reach.h"

// A pass begins by itself when one slot in so many is dead, and at least so many are.
enum { DEAD_SHARE = 16, DEAD_LEAST = 32 };
// What one addition or removal does of a pass: rows to compare, and at most so many bytes of them;
// and a call that removes many does as much as so many of them.
// One dead slot costs a pass about 1,500 rows with 32 links: a pass ends before as many vectors are
// removed again as it takes out.
enum { SOME_ROWS = 8192, SOME_BYTES = 1 << 26, SOME_MOST = 8 };

enum { LINKS_MOST = 2 * 128 };

// Takes those that are leaving out of a list. Returns how many there were; they come to stand
// behind the others.
static uint32_t part_leaving(const sl_hnsw *index, uint32_t *links) {
  uint32_t stay = 0, count = links[0];
  for (uint32_t i = 1; i <= count; i++) {
    uint32_t slot = links[i];
    if (index->store.states[slot] != SL_SLOT_LEAVING) {
      links[i] = links[stay + 1];
      links[++stay] = slot;
    }
  }
  links[0] = stay;
  return count - stay;
}

// Gathers into index->batch the living, unvisited neighbours of a slot that is leaving.
static uint32_t gather_around(sl_hnsw *index, uint32_t leaving, uint32_t level) {
  const uint32_t *links = sl_links(index, leaving, level);
  uint32_t gathered = 0;
  for (uint32_t i = 1; i <= links[0]; i++) {
    uint32_t slot = links[i];
    if (index->visited[slot] == index->epoch) continue;
    index->visited[slot] = index->epoch;
    if (index->store.states[slot] == SL_SLOT_LIVE) index->batch[gathered++] = slot;
  }
  return gathered;
}

// Links a slot to the living neighbour that is nearest to one that is leaving: it takes over that
// link. The rule that chooses neighbours prefers near ones in different directions; without this
// the few links between clusters would go with the vectors that they led to.
static void take_over(sl_hnsw *index, uint32_t slot, uint32_t level, uint32_t leaving) {
  uint32_t *links = sl_links(index, slot, level);
  sl_visited_clear(index);
  index->visited[slot] = index->epoch;
  uint32_t gathered = gather_around(index, leaving, level), nearest = 0;
  if (gathered == 0) return;
  sl_scorer scorer = sl_scorer_of_slot(&index->store, leaving, index->pair);
  sl_score_any(index->store.score, &scorer, index->batch, gathered, index->keys);
  index->scored += gathered;
  for (uint32_t i = 1; i < gathered; i++) {
    if (index->keys[i] < index->keys[nearest]) nearest = i;
  }
  uint32_t heir = index->batch[nearest];
  for (uint32_t i = 1; i <= links[0]; i++) {
    if (links[i] == heir) return;
  }
  links[++links[0]] = heir;
}

static void repair_list(sl_hnsw *index, uint32_t slot, uint32_t level) {
  uint32_t *links = sl_links(index, slot, level), before = links[0];
  uint32_t leaving = part_leaving(index, links), count = 0;
  if (leaving == 0) return;
  if (2 * leaving > before) { // too little is left to be mended
    sl_graph_link(index, slot, level);
    return;
  }
  sl_visited_clear(index);
  index->visited[slot] = index->epoch;
  for (uint32_t i = 1; i <= links[0]; i++) index->visited[links[i]] = index->epoch;
  uint32_t gone[LINKS_MOST];
  memcpy(gone, links + links[0] + 1, leaving * sizeof *gone);
  sl_tie_order ties = sl_ties_by_chance(slot, level);
  sl_scorer scorer = sl_scorer_of_slot(&index->store, slot, index->coded);
  for (uint32_t i = links[0] + 1; i <= before; i++) {
    uint32_t gathered = gather_around(index, links[i], level);
    if (gathered == 0) continue;
    sl_score_any(index->store.score, &scorer, index->batch, gathered, index->keys);
    index->scored += gathered;
    for (uint32_t j = 0; j < gathered; j++) {
      sl_pool_insert(index->sorted, &count, index->sorted_capacity,
                     sl_entry(index->keys[j], sl_tie_rank(ties, index->batch[j])));
    }
  }
  sl_ties_end(index->sorted, count, ties);
  links[0] = sl_select_neighbours(index, index->sorted, count, sl_slot_factor(&index->store, slot),
                                  before, links + 1, links[0]);
  for (uint32_t i = 0; i < leaving && links[0] < before; i++) {
    take_over(index, slot, level, gone[i]);
  }
}

// On the upper levels, which have few nodes and lead everywhere, a list that loses a link is filled
// as that of a new vector: from what a search of the level finds.
static void refill_list(sl_hnsw *index, uint32_t slot, uint32_t level) {
  uint32_t *links = sl_links(index, slot, level);
  if (part_leaving(index, links) == 0) return;
  sl_graph_link(index, slot, level);
}

static void repair_slot(sl_hnsw *index, uint32_t slot) {
  repair_list(index, slot, 0);
  for (uint32_t level = 1; level <= index->levels[slot]; level++) refill_list(index, slot, level);
}

// A new slot in a place that the pass has behind it may have found nothing but dead neighbours.
void sl_repair_new(sl_hnsw *index, uint32_t slot) {
  if (index->repair_at != SL_NO_SLOT && slot < index->repair_at) repair_slot(index, slot);
}

static void begin_pass(sl_hnsw *index) {
  sl_store *store = &index->store;
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (store->states[slot] == SL_SLOT_DEAD) store->states[slot] = SL_SLOT_LEAVING;
  }
  index->repair_at = 0;
}

// Frees the slots that are leaving, to which nothing leads any more.
static void end_pass(sl_hnsw *index) {
  sl_store *store = &index->store;
  // From the top down, so that low slots are used first.
  for (uint32_t slot = store->used; slot-- > 0;) {
    if (store->states[slot] != SL_SLOT_LEAVING) continue;
    for (uint32_t level = 0; level <= index->levels[slot]; level++) {
      sl_links(index, slot, level)[0] = 0;
    }
    sl_store_release(store, slot);
  }
  if (store->states[index->entry] == SL_SLOT_FREE) sl_graph_choose_entry(index);
  index->repair_at = SL_NO_SLOT;
  index->repairs++;
}

// Does part of a pass, and begins one when none is under way. Returns whether it ended.
static bool pass_step(sl_hnsw *index, uint32_t work) {
  sl_store *store = &index->store;
  sl_store_touch(store);
  if (index->repair_at == SL_NO_SLOT) begin_pass(index);
  uint64_t scored = index->scored, lists = 0;
  for (; index->repair_at < store->used; index->repair_at++) {
    uint32_t slot = index->repair_at;
    if (index->scored - scored + lists >= work) return false;
    sl_slot_state state = (sl_slot_state)store->states[slot];
    if (state == SL_SLOT_FREE || state == SL_SLOT_LEAVING) continue;
    // The dead of the next pass as well: their links must not lead to slots that are free.
    repair_slot(index, slot);
    lists += 1 + index->levels[slot];
  }
  end_pass(index);
  return true;
}

void sl_repair_some(sl_hnsw *index, uint32_t changes) {
  const sl_store *store = &index->store;
  uint32_t rows = SOME_BYTES / store->row_bytes, left;
  if (rows > SOME_ROWS) rows = SOME_ROWS;
  uint32_t work = rows * (changes < SOME_MOST ? changes : SOME_MOST);
  // Between two passes: what the last one has cut off. Without memory for that it waits for the
  // next one.
  if (index->reach != NULL) {
    if (sl_reach_step(index, work, false, &left) != SL_OK) sl_reach_end(index);
    return;
  }
  bool due = store->dead >= DEAD_LEAST && store->dead >= (store->live + store->dead) / DEAD_SHARE;
  if (!due && index->repair_at == SL_NO_SLOT) return;
  if (pass_step(index, work)) sl_reach_step(index, 0, false, &left);
}

sl_status sl_hnsw_repair_step(sl_hnsw *index, uint32_t work, uint32_t *left) {
  sl_store *store = &index->store;
  SL_TRY(sl_hnsw_may_change(index));
  if (store->dead == 0) return sl_reach_step(index, work, true, left);
  sl_reach_end(index);
  bool ended = pass_step(index, work);
  uint64_t lists = sl_reach_work(index) + (ended ? 0 : store->used - index->repair_at);
  *left = lists < UINT32_MAX ? (uint32_t)lists : UINT32_MAX;
  return SL_OK;
}

sl_status sl_hnsw_repair(sl_hnsw *index) {
  uint32_t left;
  do SL_TRY(sl_hnsw_repair_step(index, UINT32_MAX, &left));
  while (left > 0);
  return SL_OK;
}
