// What must hold for the tree of any query that was accepted: shared by the native tests and the fuzzer.
#ifndef SL_TEST_CYPHER_TREE_H
#define SL_TEST_CYPHER_TREE_H

#include <stdio.h>
#include <stdlib.h>

#include "property/ast.h"

#define TREE_HOLDS(condition)                                                                      \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                              \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

static void check_query(const sl_cypher_statement *s, const sl_cypher_query *q, uint32_t depth);
static void check_part(const sl_cypher_statement *s, const sl_cypher_part *p, uint32_t depth);

static void check_names(const sl_cypher_name *names, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) TREE_HOLDS(names[i].text != NULL);
}

static void check_slot(const sl_cypher_statement *s, uint32_t slot) {
  TREE_HOLDS(slot < s->slot_count);
}

// Returns the height.
static uint32_t check_expression(const sl_cypher_statement *s, const sl_cypher_expression *e,
                                 uint32_t depth) {
  uint32_t height = 1;
  if (e == NULL) return 0;
  TREE_HOLDS(depth <= SL_CYPHER_MOST_DEPTH + 8);
  TREE_HOLDS(e->begin <= e->end && e->end <= s->text.length);
  check_names(e->names, e->name_count);
  for (uint32_t i = 0; i < e->count; i++) {
    const uint32_t below = check_expression(s, e->args[i], depth + 1);
    if (below >= height) height = below + 1;
  }
  switch (e->kind) {
  case SL_CYPHER_VARIABLE:
    check_slot(s, e->slot);
    break;
  case SL_CYPHER_PARAMETER:
    TREE_HOLDS(e->index < s->parameter_count);
    break;
  case SL_CYPHER_CALL:
    TREE_HOLDS(e->function < SL_CYPHER_FUNCTIONS);
    if (sl_cypher_function_read(e->function)->aggregates) check_slot(s, e->slot);
    break;
  case SL_CYPHER_REDUCE:
    check_slot(s, e->element_slot); // and its own
  // fall through
  case SL_CYPHER_LIST_COMPREHENSION:
  case SL_CYPHER_QUANTIFIER:
    check_slot(s, e->slot);
    break;
  case SL_CYPHER_PATTERN:
  case SL_CYPHER_PATTERN_COMPREHENSION:
  case SL_CYPHER_SHORTEST:
    check_part(s, e->part, depth + 1);
    break;
  case SL_CYPHER_EXISTS:
  case SL_CYPHER_COUNT_ROWS:
    check_query(s, e->query, depth + 1);
    break;
  case SL_CYPHER_COMPARE:
    TREE_HOLDS(e->count >= 2);
    for (uint32_t i = 0; i + 1 < e->count; i++)
      TREE_HOLDS(e->ops[i] >= SL_CYPHER_EQUAL && e->ops[i] <= SL_CYPHER_AT_LEAST);
    break;
  case SL_CYPHER_CASE:
    TREE_HOLDS(e->count % 2 == 0 && e->count >= 4);
    break;
  case SL_CYPHER_MAP:
    TREE_HOLDS(e->count == e->name_count);
    break;
  default:
    break;
  }
  TREE_HOLDS(e->height >= 1 && e->height <= SL_CYPHER_MOST_DEPTH);
  return height;
}

static void check_part(const sl_cypher_statement *s, const sl_cypher_part *p, uint32_t depth) {
  if (p->name.length > 0) check_slot(s, p->slot);
  for (uint32_t i = 0; i <= p->length; i++) {
    check_slot(s, p->nodes[i].slot);
    check_names(p->nodes[i].labels, p->nodes[i].label_count);
    check_expression(s, p->nodes[i].properties, depth);
    check_expression(s, p->nodes[i].where, depth);
  }
  for (uint32_t i = 0; i < p->length; i++) {
    check_slot(s, p->relationships[i].slot);
    check_names(p->relationships[i].types, p->relationships[i].type_count);
    check_expression(s, p->relationships[i].properties, depth);
    check_expression(s, p->relationships[i].where, depth);
    TREE_HOLDS(!p->relationships[i].variable || p->relationships[i].where == NULL);
  }
}

static void check_pattern(const sl_cypher_statement *s, const sl_cypher_pattern *p,
                          uint32_t depth) {
  TREE_HOLDS(p->count > 0);
  for (uint32_t i = 0; i < p->count; i++) check_part(s, p->parts[i], depth);
}

static void check_sets(const sl_cypher_statement *s, const sl_cypher_set *sets, uint32_t count,
                       uint32_t depth) {
  for (uint32_t i = 0; i < count; i++) {
    TREE_HOLDS(sets[i].target != NULL);
    check_expression(s, sets[i].target, depth);
    check_expression(s, sets[i].value, depth);
    check_names(sets[i].names, sets[i].name_count);
  }
}

static void check_projection(const sl_cypher_statement *s, const sl_cypher_projection *p,
                             uint32_t depth) {
  for (uint32_t i = 0; i < p->item_count; i++) {
    check_slot(s, p->items[i].slot);
    TREE_HOLDS(p->items[i].expression != NULL);
    check_expression(s, p->items[i].expression, depth);
  }
  for (uint32_t i = 0; i < p->aggregate_count; i++) {
    TREE_HOLDS(p->aggregates[i]->kind == SL_CYPHER_CALL);
    check_slot(s, p->aggregates[i]->slot);
  }
  for (uint32_t i = 0; i < p->sort_count; i++) check_expression(s, p->sorts[i].expression, depth);
  check_expression(s, p->skip, depth);
  check_expression(s, p->limit, depth);
  check_expression(s, p->where, depth);
}

static void check_clause(const sl_cypher_statement *s, const sl_cypher_clause *c, uint32_t depth) {
  TREE_HOLDS(c->begin <= c->end && c->end <= s->text.length);
  switch (c->kind) {
  case SL_CYPHER_MATCH:
    check_pattern(s, &c->match.pattern, depth);
    check_expression(s, c->match.where, depth);
    break;
  case SL_CYPHER_UNWIND:
    check_expression(s, c->unwind.list, depth);
    check_slot(s, c->unwind.slot);
    break;
  case SL_CYPHER_WITH:
  case SL_CYPHER_RETURN:
    check_projection(s, &c->projection, depth);
    break;
  case SL_CYPHER_CREATE:
    check_pattern(s, &c->create.pattern, depth);
    break;
  case SL_CYPHER_MERGE:
    TREE_HOLDS(c->merge.pattern.count == 1);
    check_pattern(s, &c->merge.pattern, depth);
    check_sets(s, c->merge.on_create, c->merge.on_create_count, depth);
    check_sets(s, c->merge.on_match, c->merge.on_match_count, depth);
    break;
  case SL_CYPHER_SET:
  case SL_CYPHER_REMOVE:
    check_sets(s, c->set.items, c->set.count, depth);
    break;
  case SL_CYPHER_DELETE:
    for (uint32_t i = 0; i < c->deletion.count; i++)
      check_expression(s, c->deletion.targets[i], depth);
    break;
  default:
    TREE_HOLDS(c->kind == SL_CYPHER_CALL_PROCEDURE);
    for (uint32_t i = 0; i < c->call.count; i++) check_expression(s, c->call.args[i], depth);
    for (uint32_t i = 0; i < c->call.yield_count; i++) check_slot(s, c->call.yields[i].slot);
    check_expression(s, c->call.where, depth);
  }
}

static void check_query(const sl_cypher_statement *s, const sl_cypher_query *q, uint32_t depth) {
  TREE_HOLDS(q->count > 0);
  for (uint32_t b = 0; b < q->count; b++) {
    TREE_HOLDS(q->branches[b].count > 0);
    for (uint32_t i = 0; i < q->branches[b].count; i++)
      check_clause(s, q->branches[b].clauses + i, depth);
  }
}

static void check_statement(const sl_cypher_statement *s) {
  check_query(s, &s->query, 0);
  check_names(s->columns, s->column_count);
  for (uint32_t i = 0; i < s->column_count; i++) check_slot(s, s->column_slots[i]);
}

#endif
