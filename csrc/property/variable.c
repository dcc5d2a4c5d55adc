// Paths of several lengths, and paths as values.
#include "base/memory.h"
#include "property/run.h"

static sl_status deeper(sl_run *run, sl_operator *o, uint32_t node) {
  if (o->depth == o->trail_room) {
    const uint32_t room = o->trail_room < 8 ? 8 : o->trail_room * 2;
    SL_TRY(SL_REALLOC(&o->trail, room));
    SL_TRY(SL_REALLOC(&o->trail_ids, room));
    o->trail_room = room;
  }
  sl_walk_begin(&o->trail[o->depth++], run->store, node, (sl_towards)o->towards, &o->types);
  return SL_OK;
}

sl_status sl_variable_start(sl_run *run, sl_operator *o) {
  const sl_value from = run->row[o->from];
  o->depth = 0;
  o->started = false;
  o->finished = from.kind != SL_VALUE_NODE || o->least > o->most;
  if (o->into && run->row[o->to].kind != SL_VALUE_NODE) o->finished = true;
  o->number = o->into && !o->finished ? run->row[o->to].as.id : 0;
  return SL_OK;
}

static sl_status arrive(sl_run *run, sl_operator *o, uint32_t node, uint32_t length) {
  if (!o->into) run->row[o->to] = sl_node(node);
  if (!o->wanted || o->list) return SL_OK;
  sl_list *list;
  SL_TRY(sl_list_make(&run->pool, length, &list));
  for (uint32_t i = 0; i < length; i++)
    list->items[i] = sl_relationship(o->trail_ids[o->swapped ? length - 1 - i : i]);
  return sl_list_close(list, &run->row[o->relationship]);
}

// The list of relationships is given: where does it lead?
static sl_status along(sl_run *run, sl_operator *o, sl_step_result *out) {
  const sl_value v = run->row[o->relationship];
  const sl_store *s = run->store;
  *out = SL_END;
  if (o->started || v.kind != SL_VALUE_LIST) return SL_OK;
  o->started = true;
  const uint32_t count = v.as.list->count;
  if (count < o->least || count > o->most) return SL_OK;
  uint32_t at = run->row[o->from].as.id;
  for (uint32_t i = 0; i < count; i++) {
    const sl_value r = v.as.list->items[o->swapped ? count - 1 - i : i];
    bool right;
    o->hits++;
    if (r.kind != SL_VALUE_RELATIONSHIP || !sl_fits(run, o, r.as.id)) return SL_OK;
    SL_TRY(sl_hop_passes(run, o, r.as.id, &right));
    if (!right) return SL_OK;
    for (uint32_t k = 0; k < i; k++)
      if (v.as.list->items[o->swapped ? count - 1 - k : k].as.id == r.as.id) return SL_OK;
    if (o->towards & SL_TOWARDS_OUT && s->rel_from[r.as.id] == at)
      at = s->rel_to[r.as.id];
    else if (o->towards & SL_TOWARDS_IN && s->rel_to[r.as.id] == at)
      at = s->rel_from[r.as.id];
    else
      return SL_OK;
  }
  if (o->into && at != o->number) return SL_OK;
  if (!o->into) run->row[o->to] = sl_node(at);
  *out = SL_ROW;
  return SL_OK;
}

sl_status sl_variable_produce(sl_run *run, sl_operator *o, sl_step_result *out) {
  *out = SL_END;
  if (o->finished) return SL_OK;
  if (o->list) return along(run, o, out);
  if (!o->started) {
    const uint32_t from = run->row[o->from].as.id;
    o->started = true;
    if (o->most > 0) SL_TRY(deeper(run, o, from));
    if (o->least == 0 && (!o->into || from == o->number)) {
      *out = SL_ROW;
      return arrive(run, o, from, 0);
    }
  }
  while (o->depth > 0) {
    uint32_t node, r;
    const uint32_t length = o->depth;
    run->work++;
    if (sl_over_budget(run)) {
      *out = SL_PAUSE;
      return SL_OK;
    }
    if (!sl_walk_next(&o->trail[length - 1], &node, &r)) {
      o->depth--;
      continue;
    }
    o->hits++;
    bool right = sl_is_unlike(run, o, r);
    for (uint32_t i = 0; i + 1 < length && right; i++) right = o->trail_ids[i] != r;
    if (right) SL_TRY(sl_hop_passes(run, o, r, &right));
    if (!right) continue;
    o->trail_ids[length - 1] = r;
    if (length < o->most) SL_TRY(deeper(run, o, node));
    if (length < o->least || (o->into && node != o->number)) continue;
    *out = SL_ROW;
    return arrive(run, o, node, length);
  }
  return SL_OK;
}

sl_status sl_path_of(sl_run *run, const uint32_t *slots, uint32_t count, sl_value *out) {
  uint32_t length = 0, at = 0;
  *out = sl_null();
  for (uint32_t i = 0; i < count; i++) {
    const sl_value v = run->row[slots[i]];
    if (sl_is_null(v)) return SL_OK;
    if (i % 2 == 1) length += v.kind == SL_VALUE_LIST ? v.as.list->count : 1;
  }
  sl_path_value *path;
  SL_TRY(
      sl_pool_take(&run->pool, sizeof *path + (2 * (size_t)length + 1) * sizeof(uint32_t), &path));
  path->length = length;
  uint32_t node = run->row[slots[0]].as.id;
  path->ids[at++] = node;
  for (uint32_t i = 1; i < count; i += 2) {
    const sl_value v = run->row[slots[i]];
    const sl_value *items = v.kind == SL_VALUE_LIST ? v.as.list->items : &v;
    const uint32_t items_count = v.kind == SL_VALUE_LIST ? v.as.list->count : 1;
    for (uint32_t k = 0; k < items_count; k++) {
      const uint32_t r = items[k].as.id;
      node = run->store->rel_from[r] == node ? run->store->rel_to[r] : run->store->rel_from[r];
      path->ids[at++] = r;
      path->ids[at++] = node;
    }
  }
  *out = (sl_value){.kind = SL_VALUE_PATH, .as.path = path};
  return SL_OK;
}
