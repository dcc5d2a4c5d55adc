// The end of a statement: what it has changed is undone, or counted.
#include <string.h>

#include "base/memory.h"
#include "property/elementary.h"
#include "property/store.h"

void sl_store_log(sl_store *s) {
  s->log_begin = s->log_count;
  s->logging = true;
}

static void undo(sl_store *s, const sl_change *c) {
  sl_adjacency *a = &s->adjacency;
  switch (c->kind) {
  case SL_MADE_NODE:
    for (uint32_t i = 0; i < s->sets[s->node_set[c->id]].count; i++)
      s->label_counts[s->sets[s->node_set[c->id]].labels[i]]--;
    s->node_count--;
    s->node_live--;
    break;
  case SL_MADE_RELATIONSHIP: // the newest: the first of both lists
    a->first_out[s->rel_from[c->id]] = a->next_out[c->id - a->relationships];
    a->first_in[s->rel_to[c->id]] = a->next_in[c->id - a->relationships];
    s->type_counts[s->rel_type[c->id]]--;
    s->rel_count--;
    s->rel_live--;
    break;
  case SL_GONE_NODE:
    s->node_set[c->id] &= ~SL_GONE;
    s->node_live++;
    for (uint32_t i = 0; i < s->sets[s->node_set[c->id]].count; i++)
      s->label_counts[s->sets[s->node_set[c->id]].labels[i]]++;
    break;
  case SL_GONE_RELATIONSHIP:
    s->rel_type[c->id] &= ~SL_GONE;
    s->type_counts[s->rel_type[c->id]]++;
    s->rel_live++;
    if (c->id < a->relationships) a->removed--;
    break;
  case SL_CHANGED_LABELS:
    (void)sl_store_set_labels(s, c->id, c->key); // not logged: cannot fail
    break;
  default: {
    const sl_what what = c->kind == SL_CHANGED_NODE ? SL_OF_NODES : SL_OF_RELATIONSHIPS;
    (void)sl_column_set(&s->columns[what][c->key], c->id, c->before, &s->strings);
    if (what == SL_OF_NODES) sl_index_set(s, c->key, c->id, c->before);
  }
  }
}

void sl_store_undo(sl_store *s) {
  s->logging = false;
  while (s->log_count > s->log_begin) undo(s, &s->log[--s->log_count]);
  s->version++;
}

// By entity and key, the first change of each first.
static int by_place(const void *a, const void *b) {
  const sl_change *x = *(const sl_change *const *)a, *y = *(const sl_change *const *)b;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  if (x->id != y->id) return x->id < y->id ? -1 : 1;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return x < y ? -1 : x > y;
}

// A property that was changed. Of what is gone now the value before has gone as well, whatever it has now.
static void count_property(const sl_store *s, const sl_change *c, uint32_t old_nodes,
                           uint32_t old_rels, sl_changes *out) {
  const bool node = c->kind == SL_CHANGED_NODE;
  const bool old = c->id < (node ? old_nodes : old_rels);
  const sl_value before = old ? c->before : sl_null();
  const sl_value now = sl_store_get(s, node ? SL_OF_NODES : SL_OF_RELATIONSHIPS, c->id, c->key);
  if (!(node ? sl_node_is_live(s, c->id) : sl_rel_is_live(s, c->id))) {
    // What it has now is counted with it.
    if (old) out->properties_removed += (uint64_t)!sl_is_null(before) - !sl_is_null(now);
    return;
  }
  if (sl_is_null(now) && sl_is_null(before)) return;
  if (now.kind == before.kind && sl_value_same(now, before)) return;
  if (!sl_is_null(now)) out->properties_set++;
  if (!sl_is_null(before)) out->properties_removed++;
}

// Properties that go with what was deleted.
static void count_gone(const sl_store *s, sl_what what, uint32_t id, sl_changes *out) {
  for (uint32_t k = 0; k < s->column_count[what]; k++)
    out->properties_removed += !sl_is_null(sl_store_get(s, what, id, k));
}

// Takes away what has been deleted still has; in the log as well.
static sl_status clear_gone(sl_store *s) {
  for (uint32_t i = s->log_begin, end = s->log_count; i < end; i++) {
    const sl_change c = s->log[i];
    if (c.kind != SL_GONE_NODE && c.kind != SL_GONE_RELATIONSHIP) continue;
    const sl_what what = c.kind == SL_GONE_NODE ? SL_OF_NODES : SL_OF_RELATIONSHIPS;
    for (uint32_t k = 0; k < s->column_count[what]; k++)
      SL_TRY(sl_store_set_property(s, what, c.id, k, sl_null()));
  }
  return SL_OK;
}

static void count_label_changes(const sl_store *s, const sl_change *c, sl_changes *out) {
  const sl_label_set *before = &s->sets[c->key];
  const sl_label_set *now = &s->sets[s->node_set[c->id] & ~SL_GONE];
  for (uint32_t i = 0; i < now->count; i++)
    out->labels_added += !sl_set_has(s, c->key, now->labels[i]);
  for (uint32_t i = 0; i < before->count; i++)
    out->labels_removed += !sl_set_has(s, s->node_set[c->id] & ~SL_GONE, before->labels[i]);
}

static sl_status count_changes(const sl_store *s, sl_changes *out) {
  const sl_change *log = s->log + s->log_begin, **sorted;
  const uint32_t count = s->log_count - s->log_begin;
  SL_TRY(SL_ALLOC(&sorted, count));
  uint32_t made_nodes = 0, made_rels = 0;
  for (uint32_t i = 0; i < count; i++) {
    sorted[i] = &log[i];
    made_nodes += log[i].kind == SL_MADE_NODE;
    made_rels += log[i].kind == SL_MADE_RELATIONSHIP;
  }
  sl_sort((void *)sorted, count, sizeof *sorted, by_place);
  const uint32_t old_nodes = s->node_count - made_nodes, old_rels = s->rel_count - made_rels;
  for (uint32_t i = count; i > 0; i--) {
    const sl_change *c = sorted[i - 1];
    const bool first = i == 1 || sorted[i - 2]->kind != c->kind || sorted[i - 2]->id != c->id;
    const bool first_of_key = first || sorted[i - 2]->key != c->key;
    switch (c->kind) {
    case SL_MADE_NODE:
      out->nodes_created += sl_node_is_live(s, c->id);
      if (sl_node_is_live(s, c->id)) out->labels_added += s->sets[s->node_set[c->id]].count;
      break;
    case SL_MADE_RELATIONSHIP:
      out->relationships_created += sl_rel_is_live(s, c->id);
      break;
    case SL_GONE_NODE:
      if (c->id >= old_nodes) break;
      out->nodes_deleted++;
      count_gone(s, SL_OF_NODES, c->id, out);
      break;
    case SL_GONE_RELATIONSHIP:
      if (c->id >= old_rels) break;
      out->relationships_deleted++;
      count_gone(s, SL_OF_RELATIONSHIPS, c->id, out);
      break;
    case SL_CHANGED_LABELS: {
      // The order is by the set before: the first change is the one that was logged first.
      if (!first || c->id >= old_nodes || !sl_node_is_live(s, c->id)) break;
      const sl_change *oldest = c;
      for (uint32_t j = i; j < count && sorted[j]->kind == c->kind && sorted[j]->id == c->id; j++)
        oldest = sorted[j] < oldest ? sorted[j] : oldest;
      count_label_changes(s, oldest, out);
      break;
    }
    default:
      if (first_of_key) count_property(s, c, old_nodes, old_rels, out);
    }
  }
  sl_free((void *)sorted);
  return SL_OK;
}

sl_status sl_store_commit(sl_store *s, sl_changes *out) {
  memset(out, 0, sizeof *out);
  if (s->log_count > s->log_begin) {
    SL_TRY(count_changes(s, out));
    SL_TRY(clear_gone(s));
  }
  s->logging = false;
  if (s->open) return SL_OK;
  s->log_count = 0;
  if (s->log_room > 65536) {
    sl_free(s->log);
    s->log = NULL;
    s->log_room = 0;
  }
  return SL_OK;
}
