// Numbers of neighbours, where nothing of them is read: how many rows a pattern has from a node, without a row of them.
//
// Relationships that differ make the rows of one step depend on those before. So what is kept for a node counts all its
// neighbours, and what was walked already is taken off for each row.
#include <string.h>

#include "base/memory.h"
#include "property/run.h"

void sl_step_begin(const sl_run *run, sl_operator *o) {
  const sl_adjacency *a = &run->store->adjacency;
  const uint32_t *type = o->types.ids;
  o->plain = !run->statement->writes && a->removed == 0 &&
             run->store->rel_count == a->relationships && o->towards != SL_TOWARDS_BOTH &&
             a->out.begin != NULL && a->out.type == NULL &&
             (o->types.count == 0 || (o->types.count == 1 && type[0] == 0));
  if (o->inner != NULL) sl_step_begin(run, o->inner);
}

void sl_step_walk(const sl_run *run, const sl_operator *o, sl_walk *w, uint32_t from) {
  const sl_adjacency *a = &run->store->adjacency;
  if (!o->plain) {
    sl_walk_begin(w, run->store, from, (sl_towards)o->towards, &o->types);
    return;
  }
  const sl_neighbours *n = o->towards == SL_TOWARDS_OUT ? &a->out : &a->in;
  w->node = n->node;
  w->relationship = n->relationship;
  w->at = from < a->nodes ? n->begin[from] : 0;
  w->end = from < a->nodes ? n->begin[from + 1] : 0;
}

sl_status sl_step_passes(sl_run *run, sl_operator *o, uint32_t node, uint32_t relationship,
                         bool *out) {
  SL_TRY(sl_test_passes(run, &o->tests[SL_OF_RELATIONSHIPS], relationship, out));
  return *out ? sl_test_passes(run, &o->tests[SL_OF_NODES], node, out) : SL_OK;
}

// A relationship that leaves a node where an operator walks, and its other end.
static bool leaves(const sl_store *s, const sl_operator *o, uint32_t r, uint32_t node,
                   uint32_t *to) {
  if (!sl_types_have(&o->types, s->rel_type[r])) return false;
  *to = s->rel_to[r];
  if (o->towards & SL_TOWARDS_OUT && s->rel_from[r] == node) return true;
  if (!(o->towards & SL_TOWARDS_IN) || *to != node) return false;
  *to = s->rel_from[r];
  return true;
}

// All neighbours of a node that pass, whatever was walked before.
static sl_status sum_of(sl_run *run, sl_operator *o, uint32_t from, uint64_t *out) {
  enum { FEW = 64 };
  const sl_store *s = run->store;
  if (o->tests[0].code == NULL && o->tests[1].code == NULL) {
    if (o->plain && from < s->adjacency.nodes) {
      const uint32_t *begin =
          (o->towards == SL_TOWARDS_OUT ? s->adjacency.out : s->adjacency.in).begin;
      *out = begin[from + 1] - begin[from];
    } else
      *out = sl_store_degree(s, from, (sl_towards)o->towards, &o->types);
    return SL_OK;
  }
  if (from < o->sums_room && o->sums[from] != 0) {
    *out = o->sums[from] - 1;
    return SL_OK;
  }
  if (o->summed < FEW)
    o->summed++;
  else if (o->sums_room < s->node_count && !run->statement->writes) {
    SL_TRY(SL_REALLOC(&o->sums, s->node_count));
    memset(o->sums + o->sums_room, 0, (s->node_count - o->sums_room) * sizeof *o->sums);
    o->sums_room = s->node_count;
    SL_TRY(sl_test_look_at_all(run, &o->tests[SL_OF_NODES]));
  }
  sl_walk walk;
  uint32_t node, r, count = 0, looked = 0;
  const uint8_t *known = o->tests[SL_OF_NODES].known;
  sl_step_walk(run, o, &walk, from);
  if (o->plain && o->tests[SL_OF_RELATIONSHIPS].code == NULL && o->tests[SL_OF_NODES].full) {
    looked = walk.end - walk.at;
    for (; walk.at < walk.end; walk.at++) count += known[walk.node[walk.at]] == SL_PASSES;
  }
  while (sl_step_next(o, &walk, &node, &r)) {
    bool right;
    looked++;
    SL_TRY(sl_step_passes(run, o, node, r, &right));
    count += right;
  }
  run->work += looked;
  o->hits += looked;
  if (from < o->sums_room) o->sums[from] = count + 1;
  *out = count;
  return SL_OK;
}

// The same by relationships that differ from those before. But not from that in `skipped`.
static sl_status sum_unlike(sl_run *run, sl_operator *o, uint32_t from, uint32_t skipped,
                            uint64_t *out) {
  SL_TRY(sum_of(run, o, from, out));
  for (uint32_t i = 0; i < o->unlike_count; i++) {
    const sl_value v = run->row[o->unlike[i]];
    uint32_t to;
    bool right = true;
    if (o->unlike[i] == skipped || v.kind != SL_VALUE_RELATIONSHIP) continue;
    if (!leaves(run->store, o, v.as.id, from, &to)) continue;
    SL_TRY(sl_step_passes(run, o, to, v.as.id, &right));
    *out -= right;
  }
  return SL_OK;
}

sl_status sl_count_from(sl_run *run, sl_operator *o, uint32_t from, uint64_t *out) {
  sl_operator *inner = o->inner;
  if (inner == NULL) return sum_unlike(run, o, from, SL_NO_ID, out);
  sl_walk walk;
  uint32_t node, r;
  uint64_t total = 0, looked = 0;
  bool unlike = false;
  for (uint32_t i = 0; i < inner->unlike_count; i++) unlike |= inner->unlike[i] == o->relationship;
  const bool alone = inner->unlike_count == (uint32_t)unlike;
  // Whether the relationship that was walked can leave its far end again: one to and one from a node can only as a loop.
  const bool loops = o->towards == inner->towards && o->towards != SL_TOWARDS_BOTH;
  sl_step_walk(run, o, &walk, from);
  while (sl_step_next(o, &walk, &node, &r)) {
    bool right;
    uint64_t more;
    uint32_t to;
    looked++;
    if (alone && node != from && loops && node < inner->sums_room && inner->sums[node] != 0 &&
        o->unlike_count == 0) {
      SL_TRY(sl_step_passes(run, o, node, r, &right));
      total += (inner->sums[node] - 1) & -(uint32_t)right;
      continue;
    }
    if (o->unlike_count > 0 && !sl_is_unlike(run, o, r)) continue;
    SL_TRY(sl_step_passes(run, o, node, r, &right));
    if (!right) continue;
    SL_TRY(sum_unlike(run, inner, node, o->relationship, &more));
    if (unlike && (!loops || from == node) && leaves(run->store, inner, r, node, &to)) {
      SL_TRY(sl_step_passes(run, inner, to, r, &right));
      more -= right;
    }
    total += more;
  }
  run->work += looked;
  o->hits += looked;
  *out = total;
  return SL_OK;
}
