// Operators that find nodes and relationships.
#include <string.h>

#include "base/memory.h"
#include "property/run.h"

bool sl_is_unlike(const sl_run *run, const sl_operator *o, uint32_t relationship) {
  for (uint32_t i = 0; i < o->unlike_count; i++) {
    const sl_value v = run->row[o->unlike[i]];
    if (v.kind == SL_VALUE_RELATIONSHIP && v.as.id == relationship) return false;
    if (v.kind != SL_VALUE_LIST) continue;
    for (uint32_t k = 0; k < v.as.list->count; k++)
      if (v.as.list->items[k].as.id == relationship) return false;
  }
  return true;
}

sl_status sl_hop_passes(sl_run *run, const sl_operator *o, uint32_t relationship, bool *out) {
  sl_truth t = SL_TRUE;
  if (o->where != NULL) {
    const sl_pool_mark mark = sl_pool_here(&run->pool);
    run->row[o->hop_slot] = sl_relationship(relationship);
    SL_TRY(sl_eval_truth(run, o->where, &t));
    sl_pool_release(&run->pool, mark);
  }
  *out = t == SL_TRUE;
  return SL_OK;
}

// ---- nodes --------------------------------------------------------------------------------------

static sl_status scan(sl_run *run, sl_operator *o, sl_step_result *out) {
  const sl_store *s = run->store;
  uint32_t id = o->at, checked = 0, set = SL_NO_ID;
  const bool by_order = o->by_order;
  bool has = false;
  for (; id < o->end; id++) {
    if (by_order && (id = sl_scan_next(o, id, o->end)) == o->end) break;
    const uint32_t of = s->node_set[id];
    if (++checked == 4096) {
      run->work += checked;
      o->hits += --checked; // it comes again
      o->at = id;
      if (sl_over_budget(run)) {
        *out = SL_PAUSE;
        return SL_OK;
      }
      checked = 1;
    }
    if (of & SL_GONE) continue;
    if (o->label != SL_NO_NAME && of != set) {
      set = of;
      has = sl_set_has(s, of, o->label);
    }
    if (o->label != SL_NO_NAME && !has) continue;
    bool right;
    SL_TRY(sl_test_passes(run, &o->tests[SL_OF_NODES], id, &right));
    if (!right) continue;
    run->row[o->to] = sl_node(id);
    o->at = id + 1;
    o->hits += checked;
    *out = SL_ROW;
    return SL_OK;
  }
  run->work += checked / 16;
  o->hits += checked;
  o->at = id;
  *out = SL_END;
  return SL_OK;
}

static sl_status seek_start(sl_run *run, sl_operator *o) {
  SL_TRY(sl_eval(run, o->code, &o->list_value));
  o->found = false;
  if (sl_is_null(o->list_value)) {
    o->end = 0;
    return SL_OK;
  }
  SL_TRY(sl_index_make(run->store, o->key, &o->found));
  if (!o->found) return sl_scan_begin(run, o); // values that repeat often
  o->at = sl_index_first(&run->store->indexes[o->key], sl_value_hash(o->list_value));
  return SL_OK;
}

static sl_status seek(sl_run *run, sl_operator *o, sl_step_result *out) {
  sl_store *s = run->store;
  while (!o->found) {
    SL_TRY(scan(run, o, out));
    if (*out != SL_ROW) return SL_OK;
    const uint32_t node = run->row[o->to].as.id;
    if (sl_value_equal(sl_store_get(s, SL_OF_NODES, node, o->key), o->list_value) == SL_TRUE)
      return SL_OK;
    run->work++;
    if (sl_over_budget(run)) {
      *out = SL_PAUSE;
      return SL_OK;
    }
  }
  const sl_index *x = &s->indexes[o->key];
  *out = SL_END;
  while (o->at != 0 && x->there) {
    const uint32_t node = x->entries[o->at - 1].node;
    o->at = sl_index_after(x, o->at);
    run->work++;
    o->hits++;
    if (!sl_node_is_live(s, node)) continue;
    if (o->label != SL_NO_NAME && !sl_node_has_label(s, node, o->label)) continue;
    if (sl_value_equal(sl_store_get(s, SL_OF_NODES, node, o->key), o->list_value) != SL_TRUE)
      continue;
    run->row[o->to] = sl_node(node);
    *out = SL_ROW;
    return SL_OK;
  }
  return SL_OK;
}

bool sl_fits(const sl_run *run, const sl_operator *o, uint32_t r) {
  return sl_rel_is_live(run->store, r) && sl_types_have(&o->types, run->store->rel_type[r]) &&
         sl_is_unlike(run, o, r);
}

static sl_status ends(sl_run *run, sl_operator *o, sl_step_result *out) {
  const sl_value v = run->row[o->relationship];
  *out = SL_END;
  for (; v.kind == SL_VALUE_RELATIONSHIP && o->at < 2;) {
    const bool back = o->at++ == 1;
    const uint32_t r = v.as.id;
    o->hits += !back;
    if (!(o->towards & (back ? SL_TOWARDS_IN : SL_TOWARDS_OUT)) || !sl_fits(run, o, r)) continue;
    const uint32_t a = run->store->rel_from[r], b = run->store->rel_to[r];
    if (o->from == o->to && a != b) continue;
    if (back && o->towards == SL_TOWARDS_BOTH && a == b) continue;
    run->row[o->from] = sl_node(back ? b : a);
    run->row[o->to] = sl_node(back ? a : b);
    *out = SL_ROW;
    return SL_OK;
  }
  return SL_OK;
}

// ---- neighbours ---------------------------------------------------------------------------------

static uint32_t first_of(const uint32_t *nodes, uint32_t begin, uint32_t end, uint32_t wanted) {
  while (begin < end) {
    const uint32_t middle = begin + (end - begin) / 2;
    if (nodes[middle] < wanted)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

// Between two nodes: in the shorter of their two rows, where these are sorted by neighbour.
static void between(sl_run *run, sl_operator *o, uint32_t from, uint32_t to) {
  const sl_store *s = run->store;
  const sl_adjacency *a = &s->adjacency;
  sl_walk *w = &o->walk;
  uint32_t begin[2], end[2];
  const sl_towards there = (sl_towards)o->towards,
                   back = there == SL_TOWARDS_OUT ? SL_TOWARDS_IN : SL_TOWARDS_OUT;
  o->number = to;
  if ((o->types.count != 1 && a->out.type != NULL) ||
      !sl_store_row(s, from, there, &o->types, &begin[0], &end[0]) ||
      !sl_store_row(s, to, back, &o->types, &begin[1], &end[1])) {
    sl_walk_begin(w, s, from, there, &o->types);
    return;
  }
  const bool other = end[1] - begin[1] < end[0] - begin[0];
  o->number = other ? from : to;
  sl_walk_begin(w, s, other ? to : from, other ? back : there, &o->types);
  w->at = first_of(w->node, begin[other], end[other], o->number);
  w->end = first_of(w->node, w->at, end[other], o->number + 1);
}

// Neighbours that are those of another node as well: only where both rows are sorted by neighbour.
static void take_hint(sl_run *run, sl_operator *o, uint32_t from) {
  const sl_store *s = run->store;
  const sl_value other = run->row[o->hint];
  uint32_t begin, end;
  o->hint_nodes = NULL;
  if (other.kind != SL_VALUE_NODE) return;
  const bool typed = s->adjacency.out.type != NULL;
  if (typed && (o->types.count != 1 || o->hint_types.count != 1)) return;
  if (!sl_store_row(s, from, (sl_towards)o->towards, &o->types, &begin, &end)) return;
  if (!sl_store_row(s, other.as.id, (sl_towards)o->hint_towards, &o->hint_types, &o->hint_at,
                    &o->hint_end))
    return;
  o->hint_nodes = o->hint_towards == SL_TOWARDS_OUT ? s->adjacency.out.node : s->adjacency.in.node;
}

// Moves on to the next neighbour that both rows have.
static void to_common(sl_operator *o) {
  const uint32_t *a = o->walk.node, *b = o->hint_nodes;
  uint32_t i = o->walk.at, k = o->hint_at;
  const uint32_t end = o->walk.end, last = o->hint_end;
  while (i < end && k < last && a[i] != b[k]) {
    if (a[i] < b[k])
      i++;
    else
      k++;
  }
  o->walk.at = k < last ? i : end;
  o->hint_at = k;
}

static sl_status expand_start(sl_run *run, sl_operator *o) {
  const sl_value from = run->row[o->from];
  o->finished = from.kind != SL_VALUE_NODE;
  if (o->finished) return SL_OK;
  if (o->counts) {
    SL_TRY(sl_count_from(run, o, from.as.id, &run->times));
    o->found = run->times > 0;
    if (!o->found) run->times = 1; // no row: the next one stands for itself
    return SL_OK;
  }
  if (o->list) { // the relationship is known
    const sl_value r = run->row[o->relationship];
    o->hits += r.kind == SL_VALUE_RELATIONSHIP;
    o->at = r.kind == SL_VALUE_RELATIONSHIP && sl_fits(run, o, r.as.id) ? 0 : 2;
    return SL_OK;
  }
  if (!o->into) {
    sl_walk_begin(&o->walk, run->store, from.as.id, (sl_towards)o->towards, &o->types);
    if (o->hinted) take_hint(run, o, from.as.id);
    return SL_OK;
  }
  const sl_value to = run->row[o->to];
  o->finished = to.kind != SL_VALUE_NODE;
  if (!o->finished) between(run, o, from.as.id, to.as.id);
  return SL_OK;
}

static sl_status expand_known(sl_run *run, sl_operator *o, sl_step_result *out) {
  const uint32_t r = run->row[o->relationship].as.id, from = run->row[o->from].as.id;
  *out = SL_END;
  while (o->at < 2) {
    const bool back = o->at++ == 1;
    if (!(o->towards & (back ? SL_TOWARDS_IN : SL_TOWARDS_OUT))) continue;
    const uint32_t a = run->store->rel_from[r], b = run->store->rel_to[r];
    if ((back ? b : a) != from || (back && o->towards == SL_TOWARDS_BOTH && a == b)) continue;
    const uint32_t to = back ? a : b;
    if (o->into && (run->row[o->to].kind != SL_VALUE_NODE || run->row[o->to].as.id != to)) continue;
    bool right;
    SL_TRY(sl_step_passes(run, o, to, r, &right));
    if (!right) continue;
    run->row[o->to] = sl_node(to);
    *out = SL_ROW;
    return SL_OK;
  }
  return SL_OK;
}

static sl_status expand(sl_run *run, sl_operator *o, sl_step_result *out) {
  uint32_t node, r, looked = 0;
  *out = SL_END;
  if (o->finished) return SL_OK;
  if (o->counts) {
    *out = o->found ? SL_ROW : SL_END;
    o->found = false;
    return SL_OK;
  }
  if (o->list) return expand_known(run, o, out);
  for (;;) {
    if (o->hinted && o->hint_nodes != NULL) to_common(o);
    if (!sl_walk_next(&o->walk, &node, &r)) break;
    o->hits++;
    if (++looked % 1024 == 0) {
      run->work += 1024;
      if (sl_over_budget(run)) {
        *out = SL_PAUSE; // this neighbour has to come again
        if (o->walk.at > 0 && o->walk.newer == SL_NO_ID && o->walk.at <= o->walk.end &&
            o->walk.relationship != NULL && o->walk.relationship[o->walk.at - 1] == r) {
          o->walk.at--;
          o->hits--;
          return SL_OK;
        }
      }
    }
    if (o->into && node != o->number) continue;
    if (o->unlike_count > 0 && !sl_is_unlike(run, o, r)) continue;
    bool right;
    SL_TRY(sl_step_passes(run, o, node, r, &right));
    if (!right) continue;
    if (!o->into) run->row[o->to] = sl_node(node);
    run->row[o->relationship] = sl_relationship(r);
    *out = SL_ROW;
    return SL_OK;
  }
  *out = SL_END;
  return SL_OK;
}

sl_status sl_match_start(sl_run *run, sl_operator *o) {
  o->at = 0;
  o->end = run->store->node_count;
  switch (o->kind) {
  case SL_OP_SCAN:
    return o->bound_count > 0 ? sl_scan_begin(run, o) : SL_OK;
  case SL_OP_SEEK:
    return seek_start(run, o);
  case SL_OP_EXPAND:
    return expand_start(run, o);
  case SL_OP_VARIABLE:
    return sl_variable_start(run, o);
  default:
    return SL_OK;
  }
}

sl_status sl_match_produce(sl_run *run, sl_operator *o, sl_step_result *out) {
  switch (o->kind) {
  case SL_OP_SCAN:
    return scan(run, o, out);
  case SL_OP_SEEK:
    return seek(run, o, out);
  case SL_OP_ENDS:
    return ends(run, o, out);
  case SL_OP_EXPAND:
    return expand(run, o, out);
  default:
    return sl_variable_produce(run, o, out);
  }
}
