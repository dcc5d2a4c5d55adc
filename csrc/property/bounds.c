// Ranges of a property in conditions, and which nodes an ordered index leaves for them.
#include <string.h>

#include "base/memory.h"
#include "property/plan.h"

uint8_t sl_turned(uint8_t op) {
  return op == SL_CYPHER_LESS       ? SL_CYPHER_GREATER
         : op == SL_CYPHER_GREATER  ? SL_CYPHER_LESS
         : op == SL_CYPHER_AT_MOST  ? SL_CYPHER_AT_LEAST
         : op == SL_CYPHER_AT_LEAST ? SL_CYPHER_AT_MOST
                                    : op;
}

static bool is_property(const sl_cypher_expression *e, uint32_t slot) {
  return e->kind == SL_CYPHER_PROPERTY && e->args[0]->kind == SL_CYPHER_VARIABLE &&
         e->args[0]->slot == slot;
}

uint32_t sl_ranges_of(const sl_cypher_expression *e, uint32_t slot, sl_range *out, uint32_t count) {
  if (e->kind == SL_CYPHER_AND)
    for (uint32_t i = 0; i < e->count; i++) count = sl_ranges_of(e->args[i], slot, out, count);
  if (e->kind == SL_CYPHER_BINARY && e->op == SL_CYPHER_STARTS_WITH &&
      is_property(e->args[0], slot) && count < SL_MOST_BOUNDS)
    out[count++] = (sl_range){e->op, e->args[0], e->args[1]};
  // a < b < c is a < b AND b < c.
  for (uint32_t i = 0; e->kind == SL_CYPHER_COMPARE && i + 1 < e->count; i++) {
    const sl_cypher_expression *a = e->args[i], *b = e->args[i + 1];
    if (e->ops[i] == SL_CYPHER_UNEQUAL || count == SL_MOST_BOUNDS) continue;
    if (is_property(a, slot))
      out[count++] = (sl_range){e->ops[i], a, b};
    else if (is_property(b, slot))
      out[count++] = (sl_range){sl_turned(e->ops[i]), b, a};
  }
  return count;
}

sl_status sl_bounds_add(sl_run *run, sl_operator *o, const sl_range *ranges, uint32_t count) {
  SL_TRY(sl_pool_take(&run->plan_pool, (count + 1) * sizeof(sl_bound), &o->bounds));
  for (uint32_t i = 0; i < count; i++) {
    const sl_cypher_name key = ranges[i].property->names[0];
    sl_bound *b = &o->bounds[i];
    *b = (sl_bound){.op = ranges[i].op};
    SL_TRY(sl_store_key(run->store, key.text, key.length, &b->key));
    SL_TRY(sl_code_make(run, ranges[i].value, &b->code));
  }
  o->bound_count = count;
  return SL_OK;
}

// The span of a property; false: it has no index, or an earlier bound is of the same property.
static sl_status span_of(sl_run *run, const sl_operator *o, uint32_t i, sl_span *out, bool *there) {
  const uint32_t key = o->bounds[i].key;
  *there = false;
  for (uint32_t k = 0; k < i; k++)
    if (o->bounds[k].key == key) return SL_OK;
  SL_TRY(sl_ordered_make(run->store, key, there));
  if (!*there) return SL_OK;
  const sl_ordered *x = &run->store->indexes[key].ordered;
  *out = sl_ordered_all(x);
  for (uint32_t k = i; k < o->bound_count; k++)
    if (o->bounds[k].key == key) sl_ordered_narrow(x, o->bounds[k].op, o->bounds[k].value, out);
  return SL_OK;
}

sl_status sl_scan_begin(sl_run *run, sl_operator *o) {
  const uint32_t nodes = run->store->node_count, words = nodes / 32 + 1;
  const sl_pool_mark mark = sl_pool_here(&run->pool);
  // Above an eighth of the nodes, to look at all of them in their order is faster.
  uint32_t fewest = nodes / 8, best = SL_NO_NAME;
  sl_span span = {{0, 0}, {0, 0}};
  o->by_order = false;
  for (uint32_t i = 0; i < o->bound_count; i++) {
    const sl_status status = sl_eval(run, o->bounds[i].code, &o->bounds[i].value);
    // What cannot be evaluated is refused where there is a node to compare with.
    if (status == SL_ERR_ARGUMENT)
      o->bounds[i].value = sl_null();
    else
      SL_TRY(status);
  }
  for (uint32_t i = 0; i < o->bound_count; i++) {
    sl_span found;
    bool there;
    SL_TRY(span_of(run, o, i, &found, &there));
    if (!there || sl_span_size(&found) > fewest) continue;
    fewest = sl_span_size(&found);
    best = o->bounds[i].key;
    span = found;
  }
  sl_pool_release(&run->pool, mark);
  if (best == SL_NO_NAME) return SL_OK;
  if (words > o->place_room) {
    SL_TRY(SL_REALLOC(&o->places[0], words));
    o->place_room = words;
  }
  memset(o->places[0], 0, words * sizeof *o->places[0]);
  sl_ordered_mark(&run->store->indexes[best].ordered, &span, o->places[0], nodes);
  o->by_order = true;
  return SL_OK;
}
