// Expressions of the tree as code whose names are numbers of the store.
#include <string.h>

#include "property/plan.h"

static sl_status name_to_key(sl_run *run, sl_cypher_name name, uint32_t *number,
                             const sl_chars **chars) {
  SL_TRY(sl_store_key(run->store, name.text, name.length, number));
  *chars = run->store->keys.items[*number];
  return SL_OK;
}

sl_status sl_code_new(sl_run *run, uint8_t kind, uint32_t count, sl_code **out) {
  SL_TRY(sl_pool_take(&run->plan_pool, sizeof **out, out));
  memset(*out, 0, sizeof **out);
  (*out)->kind = kind;
  (*out)->count = count;
  SL_TRY(sl_pool_take(&run->plan_pool, count * sizeof(sl_code *), &(*out)->args));
  if (count > 0) memset((void *)(*out)->args, 0, count * sizeof(sl_code *));
  return SL_OK;
}

sl_status sl_code_variable(sl_run *run, uint32_t slot, sl_code **out) {
  SL_TRY(sl_code_new(run, SL_CYPHER_VARIABLE, 0, out));
  (*out)->slot = slot;
  return SL_OK;
}

sl_status sl_code_labels(sl_run *run, uint32_t slot, const sl_cypher_name *names, uint32_t count,
                         sl_code **out) {
  SL_TRY(sl_code_new(run, SL_CYPHER_HAS_LABELS, 1, out));
  SL_TRY(sl_code_variable(run, slot, &(*out)->args[0]));
  (*out)->name_count = count;
  SL_TRY(sl_pool_take(&run->plan_pool, (size_t)count * sizeof(uint32_t), &(*out)->names));
  for (uint32_t i = 0; i < count; i++)
    SL_TRY(sl_store_label(run->store, names[i].text, names[i].length, &(*out)->names[i]));
  return SL_OK;
}

// args[0].key = args[1]
sl_status sl_code_property_equals(sl_run *run, uint32_t slot, sl_cypher_name key,
                                  const sl_cypher_expression *value, sl_code **out) {
  static const uint8_t equal[1] = {SL_CYPHER_EQUAL};
  sl_code *property;
  SL_TRY(sl_code_new(run, SL_CYPHER_COMPARE, 2, out));
  (*out)->ops = equal;
  SL_TRY(sl_code_new(run, SL_CYPHER_PROPERTY, 1, &property));
  property->begin = (*out)->begin = value->begin;
  SL_TRY(sl_code_variable(run, slot, &property->args[0]));
  SL_TRY(sl_pool_take(&run->plan_pool, sizeof(uint32_t), &property->names));
  SL_TRY(sl_pool_take(&run->plan_pool, sizeof(void *), &property->keys));
  SL_TRY(name_to_key(run, key, property->names, property->keys));
  (*out)->args[0] = property;
  return sl_code_make(run, value, &(*out)->args[1]);
}

static sl_status literal(sl_run *run, const sl_cypher_expression *e, sl_code *c) {
  c->kind = SL_CODE_VALUE;
  switch (e->kind) {
  case SL_CYPHER_BOOLEAN:
    c->value = sl_boolean(e->boolean);
    return SL_OK;
  case SL_CYPHER_INTEGER:
    c->value = sl_integer(e->integer);
    return SL_OK;
  case SL_CYPHER_FLOAT:
    c->value = sl_real(e->real);
    return SL_OK;
  case SL_CYPHER_STRING:
    return sl_chars_make(&run->plan_pool, e->string.text, e->string.length, &c->value);
  default:
    c->value = sl_null();
    return SL_OK;
  }
}

// A list of literals is one itself.
static sl_status fold(sl_run *run, sl_code *c) {
  sl_list *list;
  for (uint32_t i = 0; i < c->count; i++)
    if (c->args[i]->kind != SL_CODE_VALUE) return SL_OK;
  SL_TRY(sl_list_make(&run->plan_pool, c->count, &list));
  for (uint32_t i = 0; i < c->count; i++) list->items[i] = c->args[i]->value;
  SL_TRY(sl_list_close(list, &c->value));
  c->kind = SL_CODE_VALUE;
  return SL_OK;
}

static sl_status keys_of(sl_run *run, const sl_cypher_expression *e, sl_code *c) {
  SL_TRY(sl_pool_take(&run->plan_pool, e->name_count * sizeof(uint32_t), &c->names));
  SL_TRY(sl_pool_take(&run->plan_pool, e->name_count * sizeof(void *), &c->keys));
  for (uint32_t i = 0; i < e->name_count; i++)
    SL_TRY(name_to_key(run, e->names[i], &c->names[i], &c->keys[i]));
  return SL_OK;
}

static sl_status labels_of(sl_run *run, const sl_cypher_expression *e, sl_code *c) {
  c->name_count = e->name_count;
  SL_TRY(sl_pool_take(&run->plan_pool, e->name_count * sizeof(uint32_t), &c->names));
  for (uint32_t i = 0; i < e->name_count; i++)
    SL_TRY(sl_store_label(run->store, e->names[i].text, e->names[i].length, &c->names[i]));
  return SL_OK;
}

static sl_status copy_ops(sl_run *run, const sl_cypher_expression *e, sl_code *c) {
  uint8_t *ops;
  SL_TRY(sl_pool_take(&run->plan_pool, e->count, &ops));
  memcpy(ops, e->ops, e->count - 1);
  c->ops = ops;
  return SL_OK;
}

static sl_status pattern(sl_run *run, const sl_cypher_expression *e, sl_code *c) {
  const sl_cypher_expression *where =
      e->kind == SL_CYPHER_PATTERN_COMPREHENSION ? e->args[0] : NULL;
  SL_TRY(sl_plan_pattern(run, e->part, where, &c->plan));
  if (e->kind != SL_CYPHER_SHORTEST) return SL_OK;
  const sl_operator *last = &c->plan->branches[0].operators[c->plan->branches[0].count - 1];
  c->distinct = e->part->shortest == SL_CYPHER_ALL_SHORTEST;
  c->slot = last->slot;
  SL_TRY(sl_pool_take(&run->plan_pool, 2 * sizeof(sl_code *), &c->args));
  c->args[0] = NULL;
  return sl_code_variable(run, c->slot, &c->args[1]);
}

sl_status sl_code_make(sl_run *run, const sl_cypher_expression *e, sl_code **out) {
  const bool call = e->kind == SL_CYPHER_CALL;
  SL_TRY(sl_code_new(run, e->kind, e->count, out));
  sl_code *c = *out;
  c->op = e->op;
  c->function = e->function;
  c->distinct = e->distinct;
  c->begin = e->begin;
  c->slot = e->slot;
  c->element_slot = e->element_slot;
  if (e->kind <= SL_CYPHER_STRING && e->kind != SL_CYPHER_LIST) return literal(run, e, c);
  if (call && sl_cypher_function_read(e->function)->aggregates) {
    c->kind = SL_CODE_AGGREGATED;
    return SL_OK;
  }
  if (e->kind == SL_CYPHER_BINARY && e->op == SL_CYPHER_REGEX)
    return sl_run_fail(run, e->begin, SL_CYPHER_ERROR_SYNTAX, SL_CYPHER_UNEXPECTED_SYNTAX,
                       "Regular expressions are not supported");
  for (uint32_t i = 0; i < e->count; i++)
    if (e->args[i] != NULL) SL_TRY(sl_code_make(run, e->args[i], &c->args[i]));
  switch (e->kind) {
  case SL_CYPHER_LIST:
    return fold(run, c);
  case SL_CYPHER_MAP:
  case SL_CYPHER_PROPERTY:
    return keys_of(run, e, c);
  case SL_CYPHER_PARAMETER:
    c->index = e->index;
    return SL_OK;
  case SL_CYPHER_HAS_LABELS:
    return labels_of(run, e, c);
  case SL_CYPHER_COMPARE:
    return copy_ops(run, e, c);
  case SL_CYPHER_PATTERN:
  case SL_CYPHER_PATTERN_COMPREHENSION:
  case SL_CYPHER_SHORTEST:
    return pattern(run, e, c);
  case SL_CYPHER_EXISTS:
  case SL_CYPHER_COUNT_ROWS:
    return sl_plan_query(run, e->query, &c->plan);
  default:
    return SL_OK;
  }
}

// An aggregating call with its arguments, as sl_tally_add() takes it.
sl_status sl_code_aggregate(sl_run *run, const sl_cypher_expression *e, sl_code **out) {
  SL_TRY(sl_code_new(run, SL_CYPHER_CALL, e->count, out));
  (*out)->function = e->function;
  (*out)->distinct = e->distinct;
  (*out)->begin = e->begin;
  (*out)->slot = e->slot;
  for (uint32_t i = 0; i < e->count; i++) SL_TRY(sl_code_make(run, e->args[i], &(*out)->args[i]));
  return SL_OK;
}

// ---- what an expression reads -------------------------------------------------------------------

static bool part_reads(const sl_cypher_part *p, const bool *slots) {
  for (uint32_t i = 0; i <= p->length; i++) {
    const sl_cypher_node *n = &p->nodes[i];
    if (slots[n->slot] || (n->properties != NULL && sl_reads(n->properties, slots)) ||
        (n->where != NULL && sl_reads(n->where, slots)))
      return true;
  }
  for (uint32_t i = 0; i < p->length; i++) {
    const sl_cypher_relationship *r = &p->relationships[i];
    if (slots[r->slot] || (r->properties != NULL && sl_reads(r->properties, slots)) ||
        (r->where != NULL && sl_reads(r->where, slots)))
      return true;
  }
  return false;
}

static bool any_reads(const sl_cypher_expression *e, const bool *slots) {
  return e != NULL && sl_reads(e, slots);
}

static bool clause_reads(const sl_cypher_clause *c, const bool *slots) {
  switch (c->kind) {
  case SL_CYPHER_MATCH:
    for (uint32_t i = 0; i < c->match.pattern.count; i++)
      if (part_reads(c->match.pattern.parts[i], slots)) return true;
    return any_reads(c->match.where, slots);
  case SL_CYPHER_UNWIND:
    return sl_reads(c->unwind.list, slots);
  case SL_CYPHER_WITH:
  case SL_CYPHER_RETURN: {
    const sl_cypher_projection *p = &c->projection;
    for (uint32_t i = 0; i < p->item_count; i++)
      if (sl_reads(p->items[i].expression, slots)) return true;
    for (uint32_t i = 0; i < p->sort_count; i++)
      if (sl_reads(p->sorts[i].expression, slots)) return true;
    return any_reads(p->skip, slots) || any_reads(p->limit, slots) || any_reads(p->where, slots);
  }
  case SL_CYPHER_CALL_PROCEDURE:
    for (uint32_t i = 0; i < c->call.count; i++)
      if (sl_reads(c->call.args[i], slots)) return true;
    return any_reads(c->call.where, slots);
  default:
    return false; // subqueries change nothing
  }
}

static bool query_reads(const sl_cypher_query *q, const bool *slots) {
  for (uint32_t b = 0; b < q->count; b++)
    for (uint32_t i = 0; i < q->branches[b].count; i++)
      if (clause_reads(&q->branches[b].clauses[i], slots)) return true;
  return false;
}

bool sl_reads(const sl_cypher_expression *e, const bool *slots) {
  switch (e->kind) {
  case SL_CYPHER_VARIABLE:
    return slots[e->slot];
  case SL_CYPHER_EXISTS:
  case SL_CYPHER_COUNT_ROWS:
    return query_reads(e->query, slots);
  case SL_CYPHER_PATTERN:
  case SL_CYPHER_PATTERN_COMPREHENSION:
  case SL_CYPHER_SHORTEST:
    if (part_reads(e->part, slots)) return true;
    break;
  default:
    break;
  }
  for (uint32_t i = 0; i < e->count; i++)
    if (e->args[i] != NULL && sl_reads(e->args[i], slots)) return true;
  return false;
}

bool sl_is_steady(const sl_cypher_expression *e) {
  if (e->kind == SL_CYPHER_EXISTS || e->kind == SL_CYPHER_COUNT_ROWS ||
      e->kind == SL_CYPHER_PATTERN || e->kind == SL_CYPHER_PATTERN_COMPREHENSION ||
      e->kind == SL_CYPHER_SHORTEST ||
      (e->kind == SL_CYPHER_CALL && e->function == SL_CYPHER_FUNCTION_RAND))
    return false;
  for (uint32_t i = 0; i < e->count; i++)
    if (e->args[i] != NULL && !sl_is_steady(e->args[i])) return false;
  return true;
}
