// Renumbering: slots in the order of a breadth-first walk, so that neighbours lie near each other,
// and no slot that is free.
#include <string.h>

#include "base/container.h"
#include "base/memory.h"
#include "hnsw/copies.h"
#include "hnsw/graph.h"
#include "hnsw/hnsw.h"
#include "hnsw/learn.h"
#include "hnsw/model.h"

// order[new] = old for every live slot, breadth first from the entry, copies behind their node;
// what the walk does not reach follows in its old order. place[old] = new, SL_NO_SLOT for the
// others. Returns how many.
static uint32_t append(const sl_hnsw *index, uint32_t node, uint32_t *order, uint32_t *place,
                       uint32_t count) {
  uint32_t slot = node;
  do {
    place[slot] = count;
    order[count++] = slot;
    slot = sl_copies_next(index, slot);
  } while (slot != node);
  return count;
}

static uint32_t walk(const sl_hnsw *index, uint32_t *order, uint32_t *place) {
  const sl_store *store = &index->store;
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < store->used; slot++) place[slot] = SL_NO_SLOT;
  for (uint32_t root = 0, next = index->entry, done = 0; root <= store->used; root++) {
    if (root > 0) next = root - 1;
    if (!sl_is_node(index, next) || place[next] != SL_NO_SLOT) continue;
    count = append(index, next, order, place, count);
    for (; done < count; done++) {
      const uint32_t *links = sl_links(index, order[done], 0);
      for (uint32_t i = 1; i <= links[0]; i++) {
        if (place[links[i]] == SL_NO_SLOT) count = append(index, links[i], order, place, count);
      }
    }
  }
  return count;
}

static void renumber_links(uint32_t *links, const uint32_t *place) {
  for (uint32_t i = 1; i <= links[0]; i++) links[i] = place[links[i]];
}

static void copy_slot(sl_hnsw *index, uint32_t to, uint32_t from) {
  sl_store *store = &index->store;
  sl_store_copy_rows(store, to, from);
  memcpy(sl_links(index, to, 0), sl_links(index, from, 0), (size_t)index->links0_stride * 4);
  store->ids[to] = store->ids[from];
  store->states[to] = store->states[from];
  index->levels[to] = index->levels[from];
  index->copies[to] = index->copies[from];
  index->hashes[to] = index->hashes[from];
}

// Pulls slots to their new places along one chain of the permutation, beginning at `to`, whose old
// content is not needed any more. Ends where the content is to come from `last` or from nowhere.
static uint32_t pull_chain(sl_hnsw *index, uint32_t *order, uint32_t count, uint32_t to,
                           uint32_t last) {
  while (to < count && order[to] != last) {
    uint32_t from = order[to];
    copy_slot(index, to, from);
    order[to] = SL_NO_SLOT;
    to = from;
  }
  return to;
}

// Puts slot order[i] into place i. Chains that begin at a free slot first; what then remains are
// cycles, and `spare`, a slot behind the last, holds the one that is pushed out.
static void move_slots(sl_hnsw *index, uint32_t *order, const uint32_t *place, uint32_t count,
                       uint32_t spare) {
  for (uint32_t slot = 0; slot < count; slot++) {
    if (place[slot] == SL_NO_SLOT) pull_chain(index, order, count, slot, SL_NO_SLOT);
  }
  for (uint32_t slot = 0; slot < count; slot++) {
    if (order[slot] == SL_NO_SLOT || order[slot] == slot) continue;
    copy_slot(index, spare, slot);
    uint32_t end = pull_chain(index, order, count, slot, slot);
    copy_slot(index, end, spare);
    order[end] = SL_NO_SLOT;
  }
}

sl_status sl_hnsw_optimize(sl_hnsw *index) {
  SL_TRY(sl_hnsw_repair(index));
  sl_store *store = &index->store;
  if (store->live == 0) return SL_OK;
  if (sl_codes_have_tails(store->codes)) {
    sl_codes_learn(store);
    sl_store_touch(store);
    sl_codes_drop_early(store); // their places would not be the rows' places any more
  }
  uint32_t *order = NULL, *place = NULL, *upper = NULL;
  uint32_t units = 0;
  sl_status status = sl_hnsw_reserve(index, store->used + 1); // a spare slot to move through
  if (status == SL_OK) status = SL_ALLOC(&order, store->used);
  if (status == SL_OK) status = SL_ALLOC(&place, store->used);
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (store->states[slot] == SL_SLOT_LIVE) units += index->levels[slot];
  }
  if (status == SL_OK) {
    status = sl_alloc(units, 4 * (size_t)index->upper_stride, (void **)&upper);
  }
  if (status == SL_OK) {
    uint32_t count = walk(index, order, place), unit = 0;
    size_t unit_bytes = 4 * (size_t)index->upper_stride;
    for (uint32_t i = 0; i < count; i++) {
      uint32_t slot = order[i], levels = index->levels[slot];
      for (uint32_t level = 1; level <= levels; level++, unit++) {
        uint32_t *links = upper + (size_t)unit * index->upper_stride;
        memcpy(links, sl_links(index, slot, level), unit_bytes);
        renumber_links(links, place);
      }
      renumber_links(sl_links(index, slot, 0), place);
      uint32_t next = place[sl_copies_next(index, slot)];
      index->copies[slot] = next | (index->copies[slot] & SL_COPY_MARK);
    }
    index->entry = place[index->entry];
    move_slots(index, order, place, count, store->used);
    sl_free(index->upper);
    index->upper = upper;
    index->upper_used = index->upper_capacity = units;
    unit = 0;
    for (uint32_t slot = 0; slot < count; slot++) {
      index->upper_at[slot] = unit;
      unit += index->levels[slot];
    }
    store->used = count;
    store->free_head = SL_NO_SLOT;
    sl_store_index_ids(store);
    sl_store_touch(store);
    status = sl_copies_index(index); // needs no memory: there are as many nodes as before
  } else {
    sl_free(upper);
  }
  sl_free(order);
  sl_free(place);
  return status;
}

// Gives an array of scratch its first size back.
static sl_status shorten(uint64_t **array, uint32_t *capacity, uint32_t wanted) {
  if (*capacity <= wanted) return SL_OK;
  SL_TRY(SL_REALLOC(array, wanted));
  *capacity = wanted;
  return SL_OK;
}

sl_status sl_hnsw_shrink(sl_hnsw *index) {
  SL_TRY(sl_hnsw_optimize(index));
  sl_writer_destroy(index->saving);
  index->saving = NULL;
  SL_TRY(shorten(&index->pool, &index->pool_capacity, index->options.ef_construction));
  SL_TRY(shorten(&index->spread, &index->spread_capacity, 0));
  SL_TRY(sl_store_trim(&index->store));
  return sl_graph_trim(index);
}
