#include "property/index.h"

#include <string.h>

#include "base/memory.h"
#include "property/store.h"

// But not the order.
static void forget(sl_index *x) {
  const sl_ordered ordered = x->ordered;
  sl_free(x->table);
  sl_free(x->entries);
  *x = (sl_index){.ordered = ordered};
}

void sl_index_free(sl_index *x) {
  forget(x);
  sl_ordered_free(&x->ordered);
}

size_t sl_index_bytes(const sl_index *x) {
  return sizeof *x + x->size * 4u + x->room * sizeof *x->entries +
         ((size_t)x->ordered.count[0] + x->ordered.room) * sizeof(sl_ordered_entry);
}

uint32_t sl_index_first(const sl_index *x, uint32_t hash) {
  uint32_t e = x->table[hash & (x->size - 1)];
  while (e != 0 && x->entries[e - 1].hash != hash) e = x->entries[e - 1].next;
  return e;
}

uint32_t sl_index_after(const sl_index *x, uint32_t entry) {
  const uint32_t hash = x->entries[entry - 1].hash;
  uint32_t e = x->entries[entry - 1].next;
  while (e != 0 && x->entries[e - 1].hash != hash) e = x->entries[e - 1].next;
  return e;
}

static void link(sl_index *x, uint32_t entry) {
  uint32_t *head = &x->table[x->entries[entry].hash & (x->size - 1)];
  x->entries[entry].next = *head;
  *head = entry + 1;
}

static sl_status add(sl_index *x, uint32_t hash, uint32_t node) {
  if (x->count == x->room) {
    const uint32_t room = x->room < 16 ? 16 : x->room * 2;
    SL_TRY(SL_REALLOC(&x->entries, room));
    x->room = room;
  }
  if (x->count >= x->size) {
    uint32_t *table;
    const uint32_t size = x->size < 16 ? 16 : x->size * 2;
    SL_TRY(SL_ALLOC_ZERO(&table, size));
    sl_free(x->table);
    x->table = table;
    x->size = size;
    for (uint32_t i = 0; i < x->count; i++) link(x, i);
  }
  x->entries[x->count] = (sl_index_entry){hash, node, 0};
  link(x, x->count++);
  return SL_OK;
}

sl_status sl_index_of(struct sl_store *s, uint32_t key, sl_index **out) {
  const uint32_t count = s->column_count[SL_OF_NODES];
  *out = NULL;
  if (key >= count) return SL_OK;
  if (key >= s->index_count) {
    SL_TRY(SL_REALLOC(&s->indexes, count));
    memset(s->indexes + s->index_count, 0, (count - s->index_count) * sizeof *s->indexes);
    s->index_count = count;
  }
  *out = &s->indexes[key];
  return SL_OK;
}

sl_status sl_index_make(struct sl_store *s, uint32_t key, bool *there) {
  sl_index *x;
  *there = false;
  SL_TRY(sl_index_of(s, key, &x));
  if (x == NULL) return SL_OK;
  if (x->there || x->useless) {
    *there = x->there;
    return SL_OK;
  }
  const sl_column *c = &s->columns[SL_OF_NODES][key];
  if (c->count < 64 && !sl_declared_has(&s->declared, key)) return SL_OK;
  uint32_t different = 0;
  sl_status status = SL_OK;
  for (uint32_t p = 0; p < c->page_count && status == SL_OK; p++) {
    for (uint32_t i = 0; i < SL_PAGE && c->pages[p] != NULL && status == SL_OK; i++) {
      if (!sl_page_has(c->pages[p], i)) continue;
      const uint32_t hash = sl_value_hash(sl_page_value(c->pages[p], i, &s->strings));
      if (x->count == 0 || sl_index_first(x, hash) == 0) different++;
      status = add(x, hash, p * SL_PAGE + i);
    }
    // Chains of equal values make the building itself slow: there is no use in going on.
    if (x->count > 4096 && different < x->count / 64) break;
  }
  if (status != SL_OK || different < x->count / 64) {
    forget(x);
    x->useless = status == SL_OK;
    return status;
  }
  // Without entries there is no table to look into: it is made when there are values.
  x->there = x->count > 0;
  x->built = x->count;
  *there = x->there;
  return SL_OK;
}

void sl_index_set(struct sl_store *s, uint32_t key, uint32_t node, sl_value v) {
  if (key >= s->index_count || sl_is_null(v)) return;
  sl_index *x = &s->indexes[key];
  sl_ordered_set(s, key, node);
  x->useless = x->useless && s->columns[SL_OF_NODES][key].count % 4096 != 0;
  if (!x->there) return;
  const uint32_t hash = sl_value_hash(v);
  uint32_t looked = 0;
  for (uint32_t e = sl_index_first(x, hash); e != 0; e = sl_index_after(x, e)) {
    if (x->entries[e - 1].node == node) return;
    if (++looked > 256) {
      forget(x);
      return;
    }
  }
  if (x->count > 2 * (x->built + 4096) && x->count > 2 * s->columns[SL_OF_NODES][key].count) {
    forget(x); // mostly stale: built again when it is asked for
    return;
  }
  if (add(x, hash, node) != SL_OK) forget(x);
}
