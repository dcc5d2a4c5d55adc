// Shortest paths by numbers of relationships: searches from both ends that meet; all of them by the distances of
// one search, walked back.
//
// Based on: I. Pohl, "Bi-directional search", Machine Intelligence 6 (1971).
#include <string.h>

#include "base/memory.h"
#include "property/run.h"

// places[0], [1]: of each node, the relationship by which the search from the start, from the end, came to it.
// places[2]: distances (of both, + 1 each). places[3]: the two queues.
#define UNSEEN SL_NO_ID

static sl_status room(sl_run *run, sl_operator *o) {
  const uint32_t n = run->store->node_count;
  if (o->place_room < n) {
    for (int i = 0; i < 4; i++) SL_TRY(SL_REALLOC(&o->places[i], 2 * (size_t)n));
    o->place_room = n;
    for (int i = 0; i < 2; i++) memset(o->places[i], 0xff, n * sizeof(uint32_t));
  }
  return SL_OK;
}

typedef struct side {
  uint32_t *by, *depth, *queue, begin, end, level;
  sl_towards towards;
} side;

static sl_towards reversed(uint8_t towards) {
  return towards == SL_TOWARDS_BOTH  ? SL_TOWARDS_BOTH
         : towards == SL_TOWARDS_OUT ? SL_TOWARDS_IN
                                     : SL_TOWARDS_OUT;
}

static void see(side *s, uint32_t node, uint32_t by) {
  s->by[node] = by;
  s->depth[node] = s->level;
  s->queue[s->end++] = node;
}

// All nodes of the next level of one side. met: the node where the shortest path so far passes.
static sl_status level(sl_run *run, sl_operator *o, side *s, const side *other, uint32_t *met,
                       uint32_t *length) {
  const uint32_t end = s->end;
  s->level++;
  for (; s->begin < end; s->begin++) {
    sl_walk walk;
    uint32_t node, r;
    sl_walk_begin(&walk, run->store, s->queue[s->begin], s->towards, &o->types);
    while (sl_walk_next(&walk, &node, &r)) {
      run->work++;
      o->hits++;
      if (s->by[node] != UNSEEN) continue;
      bool right = sl_is_unlike(run, o, r);
      if (right) SL_TRY(sl_hop_passes(run, o, r, &right));
      if (!right) continue;
      see(s, node, r);
      if (other != NULL && other->by[node] != UNSEEN && s->level + other->depth[node] < *length) {
        *met = node;
        *length = s->level + other->depth[node];
      }
    }
  }
  return SL_OK;
}

static uint32_t across(const sl_store *s, uint32_t r, uint32_t node) {
  return s->rel_from[r] == node ? s->rel_to[r] : s->rel_from[r];
}

static sl_status hand_out(sl_run *run, sl_operator *o, sl_path_value *path) {
  run->row[o->slot] = (sl_value){.kind = SL_VALUE_PATH, .as.path = path};
  if (!o->list) {
    run->row[o->relationship] = sl_relationship(path->ids[1]);
    return SL_OK;
  }
  sl_list *list;
  SL_TRY(sl_list_make(&run->pool, path->length, &list));
  for (uint32_t i = 0; i < path->length; i++)
    list->items[i] = sl_relationship(path->ids[2 * i + 1]);
  return sl_list_close(list, &run->row[o->relationship]);
}

static sl_status new_path(sl_run *run, uint32_t length, sl_path_value **out) {
  SL_TRY(sl_pool_take(&run->pool, sizeof **out + (2 * (size_t)length + 1) * sizeof(uint32_t), out));
  (*out)->length = length;
  return SL_OK;
}

static sl_status one(sl_run *run, sl_operator *o, side *a, side *b) {
  uint32_t met = SL_NO_ID, length = UINT32_MAX;
  while (a->begin < a->end && b->begin < b->end && length > a->level + b->level + 1) {
    if (o->most != SL_CYPHER_NONE && a->level + b->level >= o->most) break;
    side *less = a->end - a->begin <= b->end - b->begin ? a : b;
    SL_TRY(level(run, o, less, less == a ? b : a, &met, &length));
  }
  if (met == SL_NO_ID || length < o->least || length > o->most) return SL_OK;
  sl_path_value *path;
  SL_TRY(new_path(run, length, &path));
  uint32_t node = met, at = 2 * a->depth[met];
  path->ids[at] = met;
  while (at > 0) {
    path->ids[at - 1] = a->by[node];
    node = across(run->store, a->by[node], node);
    at -= 2;
    path->ids[at] = node;
  }
  node = met;
  for (at = 2 * a->depth[met]; at < 2 * length; at += 2) {
    path->ids[at + 1] = b->by[node];
    node = across(run->store, b->by[node], node);
    path->ids[at + 2] = node;
  }
  o->found = true;
  return hand_out(run, o, path);
}

static sl_status distances(sl_run *run, sl_operator *o, side *a, uint32_t to) {
  uint32_t met = 0, length = 0;
  while (a->begin < a->end && a->by[to] == UNSEEN && a->level < o->most)
    SL_TRY(level(run, o, a, NULL, &met, &length));
  o->number = a->by[to] == UNSEEN ? SL_NO_ID : a->depth[to];
  o->depth = 0;
  if (o->number == SL_NO_ID || o->number < o->least) {
    o->number = SL_NO_ID;
    return SL_OK;
  }
  if (o->trail_room <= o->number) {
    SL_TRY(SL_REALLOC(&o->trail, (size_t)o->number + 1));
    SL_TRY(SL_REALLOC(&o->trail_ids, 2 * ((size_t)o->number + 1)));
    o->trail_room = o->number + 1;
  }
  o->trail_ids[0] = to;
  sl_walk_begin(&o->trail[0], run->store, to, reversed(o->towards), &o->types);
  o->depth = 1;
  return SL_OK;
}

static void forget(side *s) {
  for (uint32_t i = 0; i < s->end; i++) s->by[s->queue[i]] = UNSEEN;
}

sl_status sl_shortest_start(sl_run *run, sl_operator *o) {
  const sl_value from = run->row[o->from], to = run->row[o->to];
  o->found = false;
  o->number = SL_NO_ID;
  o->depth = 0;
  if (from.kind != SL_VALUE_NODE || to.kind != SL_VALUE_NODE || o->least > o->most) return SL_OK;
  if (from.as.id == to.as.id) { // no way leads back in fewer steps than none
    if (o->least > 0 || !o->list) return SL_OK;
    sl_path_value *path;
    SL_TRY(new_path(run, 0, &path));
    path->ids[0] = from.as.id;
    o->found = true;
    return hand_out(run, o, path);
  }
  SL_TRY(room(run, o));
  const uint32_t n = o->place_room;
  side a = {o->places[0], o->places[2], o->places[3], 0, 0, 0, (sl_towards)o->towards};
  side b = {o->places[1], o->places[2] + n, o->places[3] + n, 0, 0, 0, reversed(o->towards)};
  // The ends are reached by no relationship: any number that is not UNSEEN.
  see(&a, from.as.id, 0);
  sl_status status;
  if (o->shortest == SL_CYPHER_ALL_SHORTEST) {
    status = distances(run, o, &a, to.as.id);
    o->end = a.end; // distances stay until the paths are out
    if (status != SL_OK || o->number == SL_NO_ID) forget(&a), o->end = 0;
    return status;
  }
  see(&b, to.as.id, 0);
  status = one(run, o, &a, &b);
  forget(&a);
  forget(&b);
  return status;
}

static sl_status next_of_all(sl_run *run, sl_operator *o, sl_step_result *out) {
  const uint32_t from = run->row[o->from].as.id, length = o->number, *depth = o->places[2];
  while (o->depth > 0) {
    uint32_t node, r;
    const uint32_t d = o->depth;
    run->work++;
    if (sl_over_budget(run)) {
      *out = SL_PAUSE;
      return SL_OK;
    }
    if (!sl_walk_next(&o->trail[d - 1], &node, &r)) {
      o->depth--;
      continue;
    }
    o->hits++;
    if (o->places[0][node] == UNSEEN || depth[node] != length - d) continue;
    bool right = sl_is_unlike(run, o, r);
    if (right) SL_TRY(sl_hop_passes(run, o, r, &right));
    if (!right) continue;
    o->trail_ids[2 * d - 1] = r;
    o->trail_ids[2 * d] = node;
    if (d < length) {
      sl_walk_begin(&o->trail[o->depth++], run->store, node, reversed(o->towards), &o->types);
      continue;
    }
    if (node != from) continue;
    sl_path_value *path;
    SL_TRY(new_path(run, length, &path));
    for (uint32_t i = 0; i <= 2 * length; i++) path->ids[i] = o->trail_ids[2 * length - i];
    *out = SL_ROW;
    return hand_out(run, o, path);
  }
  side a = {o->places[0], o->places[2], o->places[3], 0, o->end, 0, SL_TOWARDS_OUT};
  forget(&a);
  o->number = SL_NO_ID;
  o->end = 0;
  *out = SL_END;
  return SL_OK;
}

sl_status sl_shortest_produce(sl_run *run, sl_operator *o, sl_step_result *out) {
  if (o->number != SL_NO_ID) return next_of_all(run, o, out);
  *out = o->found ? SL_ROW : SL_END;
  o->found = false;
  return SL_OK;
}
