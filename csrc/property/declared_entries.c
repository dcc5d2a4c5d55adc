#include "property/declared.h"

#include <string.h>

#include "base/memory.h"
#include "property/run.h"

void sl_declared_free(sl_declared_set *set) {
  sl_names_free(&set->names);
  sl_free(set->items);
}

size_t sl_declared_bytes(const sl_declared_set *set) {
  return sl_names_bytes(&set->names) + set->room * sizeof *set->items;
}

bool sl_declared_has(const sl_declared_set *set, uint32_t key) {
  for (uint32_t i = 0; i < set->count; i++)
    if (set->items[i].key == key) return true;
  return false;
}

static sl_status refuse(sl_run *run, const char *what) {
  return sl_run_fail(run, 0, SL_CYPHER_ERROR_PROCEDURE, SL_CYPHER_INVALID_ARGUMENT_VALUE, what);
}

// What the arguments name, each a number of the store. Errors: those of procedures. Older states have no indexes but what their
// queries make for themselves.
static sl_status named(sl_run *run, const sl_value *args, sl_declared *out) {
  if (run->store->newer != NULL)
    return refuse(run,
                  "Indexes are made and dropped in the graph, or in its open transaction, not in "
                  "a snapshot");
  for (int i = 0; i < 3; i++)
    if (args[i].kind != SL_VALUE_STRING) return refuse(run, "Names of indexes are strings");
  const sl_chars *label = args[1].as.chars, *key = args[2].as.chars;
  sl_store *s = run->store;
  SL_TRY(sl_names_add(&s->declared.names, args[0].as.chars->text, args[0].as.chars->bytes,
                      &out->name));
  SL_TRY(sl_store_label(s, label->text, label->bytes, &out->label));
  return sl_store_key(s, key->text, key->bytes, &out->key);
}

sl_status sl_declared_add(sl_run *run, const sl_value *args) {
  sl_store *s = run->store;
  sl_declared_set *set = &s->declared;
  sl_declared made;
  bool there;
  SL_TRY(named(run, args, &made));
  for (uint32_t i = 0; i < set->count; i++) {
    const sl_declared *d = &set->items[i];
    if (d->name != made.name && (d->label != made.label || d->key != made.key)) continue;
    if (args[3].kind == SL_VALUE_BOOLEAN && args[3].as.boolean) return SL_OK;
    return refuse(run, "There is an index of this name, or of this label and property: IF NOT "
                       "EXISTS leaves it as it is");
  }
  if (set->count == set->room) {
    const uint32_t room = set->room < 4 ? 4 : set->room * 2;
    SL_TRY(SL_REALLOC(&set->items, room));
    set->room = room;
  }
  set->items[set->count++] = made;
  sl_status status = sl_index_make(s, made.key, &there);
  if (status == SL_OK) status = sl_ordered_make(s, made.key, &there);
  if (status != SL_OK) set->count--;
  s->version++;
  return status;
}

sl_status sl_declared_drop(sl_run *run, const sl_value *args) {
  sl_store *s = run->store;
  sl_declared_set *set = &s->declared;
  sl_declared wanted;
  SL_TRY(named(run, args, &wanted));
  const bool by_name = args[0].as.chars->bytes > 0;
  uint32_t i = 0;
  while (i < set->count &&
         (by_name ? set->items[i].name != wanted.name
                  : set->items[i].label != wanted.label || set->items[i].key != wanted.key))
    i++;
  if (i == set->count) {
    if (args[3].kind == SL_VALUE_BOOLEAN && args[3].as.boolean) return SL_OK;
    return refuse(run, "There is no such index: IF EXISTS lets that pass");
  }
  const uint32_t key = set->items[i].key;
  memmove(set->items + i, set->items + i + 1, (--set->count - i) * sizeof *set->items);
  if (key < s->index_count && !sl_declared_has(set, key)) {
    sl_index_free(&s->indexes[key]);
    memset(&s->indexes[key], 0, sizeof s->indexes[key]);
  }
  s->version++; // queries that read an index do not go on
  return SL_OK;
}

static sl_status list_of(sl_run *run, const sl_chars *name, sl_value *out) {
  sl_list *list;
  SL_TRY(sl_list_make(&run->pool, 1, &list));
  list->items[0] = sl_string(name);
  return sl_list_close(list, out);
}

sl_status sl_declared_show(sl_run *run, uint32_t i, sl_value *outputs) {
  const sl_store *s = run->store;
  const sl_declared *d = &s->declared.items[i];
  outputs[0] = sl_string(s->declared.names.items[d->name]);
  SL_TRY(sl_chars_make(&run->pool, "RANGE", 5, &outputs[1]));
  SL_TRY(list_of(run, s->labels.items[d->label], &outputs[2]));
  return list_of(run, s->keys.items[d->key], &outputs[3]);
}
