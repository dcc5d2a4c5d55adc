#include "property/states.h"

#include <string.h>

#include "base/memory.h"

// ---- blocks -------------------------------------------------------------------------------------

sl_status sl_keep_room(sl_store *s, uint32_t blocks) {
  sl_states *x = s->states;
  if (s->older == NULL || x->room - x->count >= blocks) return SL_OK;
  const uint32_t room = 2 * x->count + blocks;
  SL_TRY(SL_REALLOC(&x->kept, room));
  x->room = room;
  return SL_OK;
}

void sl_block_drop(sl_store *s, void *block, uint32_t born, size_t bytes) {
  if (block == NULL) return;
  if (!sl_is_shared(s, born)) {
    sl_free(block);
    return;
  }
  sl_states *x = s->states;
  x->kept[x->count++] = (sl_kept){block, born, s->epoch, (uint32_t)bytes};
  x->bytes += bytes;
}

// A copy in place of a block that is shared.
static sl_status copy(sl_store *s, void **block, uint32_t *born, size_t used, size_t room,
                      size_t before) {
  void *made;
  SL_TRY(sl_keep_room(s, 1));
  SL_TRY(sl_alloc(1, room, &made));
  if (used > 0) memcpy(made, *block, used);
  sl_block_drop(s, *block, *born, before);
  *block = made;
  *born = s->epoch;
  return SL_OK;
}

sl_status sl_block_own(sl_store *s, uint32_t **block, uint32_t *born, uint64_t used,
                       uint64_t room) {
  if (!sl_is_shared(s, *born)) return SL_OK;
  return copy(s, (void **)block, born, (size_t)used * 4, (size_t)room * 4, (size_t)room * 4);
}

sl_status sl_block_room(sl_store *s, uint32_t **block, uint32_t *born, uint64_t used,
                        uint64_t room) {
  if (!sl_is_shared(s, *born)) return SL_REALLOC(block, (size_t)room);
  return copy(s, (void **)block, born, (size_t)used * 4, (size_t)room * 4, (size_t)used * 4);
}

sl_status sl_column_own(sl_store *s, sl_column *c, uint32_t id) {
  const uint32_t p = id / SL_PAGE;
  c->epoch = s->epoch;
  if (s->older == NULL) return SL_OK;
  if (c->pages == NULL) c->born = s->epoch;
  if (sl_is_shared(s, c->born)) {
    const size_t bytes = c->page_count * sizeof *c->pages;
    SL_TRY(copy(s, (void **)&c->pages, &c->born, bytes, bytes, bytes));
  }
  if (p >= c->page_count || c->pages[p] == NULL || !sl_is_shared(s, c->pages[p]->born))
    return SL_OK;
  const size_t bytes = sl_page_bytes(c->pages[p]);
  uint32_t born = c->pages[p]->born;
  SL_TRY(copy(s, (void **)&c->pages[p], &born, bytes, bytes, bytes));
  c->pages[p]->born = born;
  return SL_OK;
}

// ---- states -------------------------------------------------------------------------------------

// A copy of an array that each state has for itself.
static sl_status twin(void *array, size_t count, size_t size) {
  void **at = (void **)array, *made;
  const void *from = *at;
  *at = NULL;
  if (count == 0) return SL_OK;
  SL_TRY(sl_alloc(count, size, &made));
  memcpy(made, from, count * size);
  *at = made;
  return SL_OK;
}

static void drop_own(sl_store *s) {
  for (int w = 0; w < 2; w++) sl_free(s->columns[w]);
  sl_free(s->label_counts);
  sl_free(s->type_counts);
  for (uint32_t k = 0; k < s->index_count; k++) sl_index_free(&s->indexes[k]);
  sl_free(s->indexes);
  sl_free(s);
}

sl_status sl_store_freeze(sl_store **live) {
  sl_store *s = *live, *n;
  SL_TRY(SL_ALLOC(&n, 1));
  *n = *s;
  n->indexes = NULL;
  n->index_count = 0;
  n->label_counts = n->type_counts = NULL;
  sl_status status = SL_OK;
  for (int w = 0; w < 2; w++) n->columns[w] = NULL;
  for (int w = 0; w < 2 && status == SL_OK; w++) {
    n->columns[w] = s->columns[w];
    status = twin(&n->columns[w], s->column_count[w], sizeof(sl_column));
  }
  if (status == SL_OK) {
    n->label_counts = s->label_counts;
    status = twin(&n->label_counts, s->label_room, sizeof(uint32_t));
  }
  if (status == SL_OK) {
    n->type_counts = s->type_counts;
    status = twin(&n->type_counts, s->type_room, sizeof(uint32_t));
  }
  if (status != SL_OK) {
    drop_own(n);
    return status;
  }
  if (s->readers == 0) { // what looks something up in the older state makes an index of its own
    n->indexes = s->indexes;
    n->index_count = s->index_count;
    s->indexes = NULL;
    s->index_count = 0;
  }
  s->log = NULL;
  s->log_count = s->log_room = 0;
  s->newer = n;
  n->older = s;
  n->epoch = s->epoch + 1;
  n->pins = n->readers = 0;
  s->states->frozen++;
  *live = n;
  return SL_OK;
}

void sl_store_pin(sl_store *s) { s->pins++; }

void sl_store_unpin(sl_store *s) {
  if (--s->pins > 0 || s->newer == NULL) return;
  sl_states *x = s->states;
  sl_store *older = s->older, *newer = s->newer;
  // Only what died after this state was read by it. Of the states, those beside it tell whether another one reads it.
  const bool last = newer->newer == NULL; // the live state does not count
  uint32_t from = x->count;
  while (from > 0 && x->kept[from - 1].died > s->epoch) from--;
  uint32_t to = from;
  for (uint32_t i = from; i < x->count; i++) {
    const sl_kept *k = &x->kept[i];
    if ((older != NULL && older->epoch >= k->born) || (!last && newer->epoch < k->died)) {
      x->kept[to++] = *k;
    } else {
      x->bytes -= k->bytes;
      sl_free(k->block);
    }
  }
  x->count = to;
  if (x->room > 64 && to == 0) {
    sl_free(x->kept);
    x->kept = NULL;
    x->room = 0;
  }
  newer->older = older;
  if (older != NULL) older->newer = newer;
  x->frozen--;
  drop_own(s);
}

// ---- what is in common --------------------------------------------------------------------------

#define IN_COMMON offsetof(sl_store, node_count)

void sl_store_see(sl_store *s, const sl_store *live) {
  if (s != live) memcpy(s, live, IN_COMMON);
}

void sl_store_tell(const sl_store *s, sl_store *live) {
  if (s != live) memcpy(live, s, IN_COMMON);
}

// ---- all of them --------------------------------------------------------------------------------

sl_status sl_states_begin(sl_store **live) {
  SL_TRY(SL_ALLOC_ZERO(live, 1));
  sl_status status = SL_ALLOC_ZERO(&(*live)->states, 1);
  if (status == SL_OK) status = sl_store_begin(*live);
  if (status != SL_OK) {
    sl_free((*live)->states);
    sl_store_drop(*live);
    sl_free(*live);
    *live = NULL;
  }
  return status;
}

size_t sl_states_bytes(const sl_store *live) {
  const sl_states *x = live->states;
  size_t bytes = x->bytes + x->room * sizeof *x->kept;
  for (const sl_store *s = live->older; s != NULL; s = s->older) {
    bytes += sizeof *s + (s->label_room + s->type_room) * sizeof(uint32_t);
    for (int w = 0; w < 2; w++) bytes += s->column_count[w] * sizeof(sl_column);
    for (uint32_t k = 0; k < s->index_count; k++) bytes += sl_index_bytes(&s->indexes[k]);
  }
  return bytes;
}

void sl_states_drop(sl_store *live) {
  sl_states *x = live->states;
  for (uint32_t i = 0; i < x->count; i++) sl_free(x->kept[i].block);
  sl_free(x->kept);
  sl_free(x);
  for (sl_store *s = live->older, *next; s != NULL; s = next) {
    next = s->older;
    drop_own(s);
  }
  sl_store_drop(live);
  sl_free(live);
}
