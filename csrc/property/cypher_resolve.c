// Expressions: names become slots, and what can only fail is refused before it runs.
#include <string.h>

#include "property/cypher_scope.h"

typedef sl_cypher_expression expression;
typedef sl_cypher_known known;

static known refuse(sl_cypher_analysis *a, sl_cypher_detail detail, uint32_t position,
                    const char *what) {
  sl_cypher_refuse_syntax(a->parser, detail, position, what);
  return SL_CYPHER_IS(ANY);
}

static known resolve_variable(sl_cypher_analysis *a, expression *e) {
  if (e->name_count == 0) { // the subject of a label test in a pattern
    e->slot = a->subject;
    return a->known[e->slot];
  }
  const uint32_t i = sl_cypher_names_find(&a->scope, e->names[0]);
  if (i == SL_CYPHER_NOT_FOUND) {
    sl_cypher_refuse_name(a->parser, SL_CYPHER_UNDEFINED_VARIABLE, e->begin, "Variable ",
                          e->names[0], " is not defined");
    return SL_CYPHER_IS(ANY);
  }
  if (i < a->hidden)
    return refuse(a, SL_CYPHER_NON_CONSTANT_EXPRESSION, e->begin,
                  "SKIP and LIMIT do not depend on variables");
  e->slot = a->scope.entries[i].slot;
  return a->known[e->slot];
}

static known resolve_parameter(sl_cypher_analysis *a, expression *e) {
  uint32_t i = sl_cypher_names_find(&a->parameters, e->names[0]);
  if (i == SL_CYPHER_NOT_FOUND) {
    i = a->parameters.count;
    sl_cypher_names_push(a->parser, &a->parameters, e->names[0], e->begin);
  }
  e->index = i;
  return SL_CYPHER_IS(ANY);
}

static known resolve_property(sl_cypher_analysis *a, expression *e) {
  const uint8_t type = sl_cypher_resolve(a, e->args[0], false).type;
  if (type == SL_CYPHER_TYPE_PATH || type == SL_CYPHER_TYPE_RELATIONSHIPS)
    return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->begin, "Paths have no properties");
  if (sl_cypher_is_number(type) || sl_cypher_is_list(type) || type == SL_CYPHER_TYPE_STRING ||
      type == SL_CYPHER_TYPE_BOOLEAN)
    sl_cypher_refuse(a->parser, SL_CYPHER_ERROR_TYPE, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->begin,
                     "Only nodes, relationships, maps and temporal values have properties");
  return SL_CYPHER_IS(ANY);
}

static known resolve_boolean(sl_cypher_analysis *a, expression *e, bool predicate) {
  for (uint32_t i = 0; i < e->count; i++) {
    const uint8_t type = sl_cypher_resolve(a, e->args[i], predicate).type;
    if (type != SL_CYPHER_TYPE_BOOLEAN && !sl_cypher_is_open(type))
      return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->args[i]->begin,
                    "NOT, AND, OR and XOR take booleans");
  }
  return SL_CYPHER_IS(BOOLEAN);
}

static bool computes(uint8_t type) {
  return sl_cypher_is_number(type) || sl_cypher_is_open(type) || type == SL_CYPHER_TYPE_TEMPORAL;
}

static known number_of(known x, known y) {
  if (!sl_cypher_is_number(x.type) || !sl_cypher_is_number(y.type)) return SL_CYPHER_IS(ANY);
  const bool whole = x.type == SL_CYPHER_TYPE_INTEGER && y.type == SL_CYPHER_TYPE_INTEGER;
  return whole ? SL_CYPHER_IS(INTEGER) : SL_CYPHER_IS(NUMBER);
}

static known resolve_binary(sl_cypher_analysis *a, expression *e) {
  const known x = sl_cypher_resolve(a, e->args[0], false);
  const known y = sl_cypher_resolve(a, e->args[1], false);
  switch (e->op) {
  case SL_CYPHER_IN:
    if (!sl_cypher_is_list(y.type) && !sl_cypher_is_open(y.type))
      return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->args[1]->begin, "IN takes a list");
    return SL_CYPHER_IS(BOOLEAN);
  case SL_CYPHER_STARTS_WITH:
  case SL_CYPHER_ENDS_WITH:
  case SL_CYPHER_CONTAINS:
  case SL_CYPHER_REGEX:
    return SL_CYPHER_IS(BOOLEAN);
  case SL_CYPHER_ADD:
    return number_of(x, y);
  default:
    break;
  }
  for (uint32_t i = 0; i < 2; i++)
    if (!computes(i == 0 ? x.type : y.type))
      return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->args[i]->begin,
                    "This operator takes numbers");
  return e->op == SL_CYPHER_POWER && sl_cypher_is_number(x.type) ? SL_CYPHER_IS(FLOAT)
                                                                 : number_of(x, y);
}

static known resolve_unary(sl_cypher_analysis *a, expression *e, bool predicate) {
  if (e->op == SL_CYPHER_NOT) return resolve_boolean(a, e, predicate);
  const known x = sl_cypher_resolve(a, e->args[0], false);
  if (e->op == SL_CYPHER_IS_NULL || e->op == SL_CYPHER_IS_NOT_NULL) return SL_CYPHER_IS(BOOLEAN);
  if (!computes(x.type))
    return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->args[0]->begin,
                  "A sign stands before a "
                  "number");
  return x;
}

static known resolve_call(sl_cypher_analysis *a, expression *e) {
  const sl_cypher_function f = (sl_cypher_function)e->function;
  const bool aggregates = sl_cypher_function_read(f)->aggregates;
  known args[3] = {{0, 0}, {0, 0}, {0, 0}};
  if (aggregates) {
    if (a->in_aggregate)
      return refuse(a, SL_CYPHER_NESTED_AGGREGATION, e->begin,
                    "An aggregating function stands in another one: use WITH between them");
    if (!a->aggregates_allowed)
      return refuse(a, SL_CYPHER_INVALID_AGGREGATION, e->begin,
                    "Aggregating functions stand in WITH and RETURN only");
  }
  if (a->in_aggregate && f == SL_CYPHER_FUNCTION_RAND)
    return refuse(a, SL_CYPHER_NON_CONSTANT_EXPRESSION, e->begin,
                  "rand() may not stand in an aggregating function");
  if (aggregates) a->in_aggregate = true;
  for (uint32_t i = 0; i < e->count; i++) {
    const known k = sl_cypher_resolve(a, e->args[i], f == SL_CYPHER_FUNCTION_EXISTS);
    if (i < 3) args[i] = k;
  }
  if (aggregates) a->in_aggregate = false;
  if (e->count > 0 && sl_cypher_call_refuses(f, args[0].type)) {
    sl_cypher_refuse_name(a->parser, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->args[0]->begin,
                          "Function ", e->names[0], " does not take this kind of value");
    return SL_CYPHER_IS(ANY);
  }
  const known type = sl_cypher_call_type(f, args, e->count);
  if (aggregates) {
    const sl_cypher_name none = {NULL, 0};
    e->aggregates = true;
    e->slot = sl_cypher_slot_make(a, none, type);
    sl_cypher_pend(a->parser, e);
  }
  return type;
}

static known resolve_case(sl_cypher_analysis *a, expression *e) {
  for (uint32_t i = 0; i < e->count; i++)
    if (e->args[i] != NULL) {
      const bool condition = i % 2 == 1 && i + 1 < e->count && e->args[0] == NULL;
      sl_cypher_resolve(a, e->args[i], condition);
    }
  return SL_CYPHER_IS(ANY);
}

// What stands behind the | or WHERE of a comprehension is evaluated for each element: no
// aggregation there.
static known resolve_inside(sl_cypher_analysis *a, expression *e, bool predicate) {
  const bool allowed = a->aggregates_allowed;
  a->aggregates_allowed = false;
  const known type = sl_cypher_resolve(a, e, predicate);
  a->aggregates_allowed = allowed;
  return type;
}

static bool must_be_boolean(sl_cypher_analysis *a, const expression *e, known type) {
  if (type.type != SL_CYPHER_TYPE_BOOLEAN && !sl_cypher_is_open(type.type))
    refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->begin, "WHERE takes a boolean");
  return a->parser->status == SL_OK;
}

static known resolve_filter(sl_cypher_analysis *a, expression *e) {
  const known list = sl_cypher_resolve(a, e->args[0], false);
  const uint32_t before = a->scope.count;
  known result = list;
  if (!sl_cypher_is_list(list.type) && !sl_cypher_is_open(list.type))
    return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->args[0]->begin, "IN takes a list");
  e->slot = sl_cypher_declare(a, e->names[0], sl_cypher_element_of(list));
  if (e->args[1] != NULL && a->parser->status == SL_OK)
    must_be_boolean(a, e->args[1], resolve_inside(a, e->args[1], true));
  if (e->kind == SL_CYPHER_QUANTIFIER)
    result = SL_CYPHER_IS(BOOLEAN);
  else if (e->args[2] != NULL)
    result = (known){SL_CYPHER_TYPE_LIST, resolve_inside(a, e->args[2], false).type};
  else if (list.type == SL_CYPHER_TYPE_ANY)
    result = SL_CYPHER_IS(LIST);
  sl_cypher_names_cut(&a->scope, before);
  return result;
}

static known resolve_reduce(sl_cypher_analysis *a, expression *e) {
  const known list = sl_cypher_resolve(a, e->args[1], false);
  const uint32_t before = a->scope.count;
  sl_cypher_resolve(a, e->args[0], false);
  e->slot = sl_cypher_declare(a, e->names[0], SL_CYPHER_IS(ANY));
  e->element_slot = sl_cypher_declare(a, e->names[1], sl_cypher_element_of(list));
  if (a->parser->status == SL_OK) resolve_inside(a, e->args[2], false);
  sl_cypher_names_cut(&a->scope, before);
  return SL_CYPHER_IS(ANY);
}

static known resolve_pattern(sl_cypher_analysis *a, expression *e, bool predicate) {
  const uint32_t before = a->scope.count, first = a->clause_first;
  const bool allowed = a->aggregates_allowed;
  known type = SL_CYPHER_IS(BOOLEAN);
  if (e->kind == SL_CYPHER_PATTERN && !predicate)
    return refuse(a, SL_CYPHER_UNEXPECTED_SYNTAX, e->begin,
                  "A pattern stands where a condition does; elsewhere write exists(pattern), or "
                  "[pattern | value] for a list");
  a->clause_first = a->slot_count;
  a->aggregates_allowed = false;
  const sl_cypher_use use =
      e->kind == SL_CYPHER_PATTERN_COMPREHENSION ? SL_CYPHER_USE_MATCH : SL_CYPHER_USE_PREDICATE;
  if (sl_cypher_declare_part(a, e->part, use) && sl_cypher_resolve_part(a, e->part, use) &&
      e->kind == SL_CYPHER_PATTERN_COMPREHENSION) {
    sl_cypher_resolve_where(a, e->args[0]);
    type = (known){SL_CYPHER_TYPE_LIST, sl_cypher_resolve(a, e->args[1], false).type};
  }
  if (e->kind == SL_CYPHER_SHORTEST)
    type = e->part->shortest == SL_CYPHER_ONE_SHORTEST
               ? SL_CYPHER_IS(PATH)
               : (known){SL_CYPHER_TYPE_LIST, SL_CYPHER_TYPE_PATH};
  a->aggregates_allowed = allowed;
  a->clause_first = first;
  sl_cypher_names_cut(&a->scope, before);
  return type;
}

static known resolve_subquery(sl_cypher_analysis *a, expression *e) {
  const sl_cypher_analysis outer = *a;
  a->scope_base = a->scope.count;
  a->aggregates_allowed = a->in_aggregate = false;
  a->in_subquery = true;
  sl_cypher_resolve_query(a, e->query);
  a->scope_base = outer.scope_base;
  a->aggregates_allowed = outer.aggregates_allowed;
  a->in_aggregate = outer.in_aggregate;
  a->in_subquery = outer.in_subquery;
  a->clause_first = outer.clause_first;
  return e->kind == SL_CYPHER_EXISTS ? SL_CYPHER_IS(BOOLEAN) : SL_CYPHER_IS(INTEGER);
}

static known resolve_index(sl_cypher_analysis *a, expression *e) {
  const known list = sl_cypher_resolve(a, e->args[0], false);
  for (uint32_t i = 1; i < e->count; i++)
    if (e->args[i] != NULL) sl_cypher_resolve(a, e->args[i], false);
  return e->kind == SL_CYPHER_SLICE ? list : sl_cypher_element_of(list);
}

static known resolve_list(sl_cypher_analysis *a, expression *e) {
  known type = {SL_CYPHER_TYPE_LIST, SL_CYPHER_TYPE_NULL};
  for (uint32_t i = 0; i < e->count; i++)
    type.element = sl_cypher_common(type.element, sl_cypher_resolve(a, e->args[i], false).type);
  if (type.element == SL_CYPHER_TYPE_NULL) type.element = SL_CYPHER_TYPE_ANY;
  return type;
}

static known resolve_kind(sl_cypher_analysis *a, expression *e, bool predicate) {
  switch (e->kind) {
  case SL_CYPHER_NULL:
    return SL_CYPHER_IS(NULL);
  case SL_CYPHER_BOOLEAN:
    return SL_CYPHER_IS(BOOLEAN);
  case SL_CYPHER_INTEGER:
    return SL_CYPHER_IS(INTEGER);
  case SL_CYPHER_FLOAT:
    return SL_CYPHER_IS(FLOAT);
  case SL_CYPHER_STRING:
    return SL_CYPHER_IS(STRING);
  case SL_CYPHER_LIST:
    return resolve_list(a, e);
  case SL_CYPHER_PARAMETER:
    return resolve_parameter(a, e);
  case SL_CYPHER_VARIABLE:
    return resolve_variable(a, e);
  case SL_CYPHER_PROPERTY:
    return resolve_property(a, e);
  case SL_CYPHER_INDEX:
  case SL_CYPHER_SLICE:
    return resolve_index(a, e);
  case SL_CYPHER_UNARY:
    return resolve_unary(a, e, predicate);
  case SL_CYPHER_BINARY:
    return resolve_binary(a, e);
  case SL_CYPHER_AND:
  case SL_CYPHER_OR:
  case SL_CYPHER_XOR:
    return resolve_boolean(a, e, predicate);
  case SL_CYPHER_CALL:
    return resolve_call(a, e);
  case SL_CYPHER_CASE:
    return resolve_case(a, e);
  case SL_CYPHER_LIST_COMPREHENSION:
  case SL_CYPHER_QUANTIFIER:
    return resolve_filter(a, e);
  case SL_CYPHER_REDUCE:
    return resolve_reduce(a, e);
  case SL_CYPHER_PATTERN_COMPREHENSION:
  case SL_CYPHER_PATTERN:
  case SL_CYPHER_SHORTEST:
    return resolve_pattern(a, e, predicate);
  case SL_CYPHER_EXISTS:
  case SL_CYPHER_COUNT_ROWS:
    return resolve_subquery(a, e);
  default: // MAP, HAS_LABELS, COMPARE
    for (uint32_t i = 0; i < e->count; i++) sl_cypher_resolve(a, e->args[i], false);
    return e->kind == SL_CYPHER_MAP ? SL_CYPHER_IS(MAP) : SL_CYPHER_IS(BOOLEAN);
  }
}

known sl_cypher_resolve(sl_cypher_analysis *a, expression *e, bool predicate) {
  if (e == NULL || a->parser->status != SL_OK) return SL_CYPHER_IS(ANY);
  const known type = resolve_kind(a, e, predicate);
  e->constant = e->kind != SL_CYPHER_VARIABLE && e->kind < SL_CYPHER_PATTERN_COMPREHENSION;
  for (uint32_t i = 0; i < e->count; i++)
    if (e->args[i] != NULL) {
      e->aggregates = e->aggregates || e->args[i]->aggregates;
      e->constant = e->constant && e->args[i]->constant;
    }
  return a->parser->status == SL_OK ? type : SL_CYPHER_IS(ANY);
}

bool sl_cypher_resolve_where(sl_cypher_analysis *a, expression *e) {
  if (e == NULL) return a->parser->status == SL_OK;
  return must_be_boolean(a, e, sl_cypher_resolve(a, e, true));
}

bool sl_cypher_equal(const expression *a, const expression *b) {
  if (a == b) return true;
  if (a == NULL || b == NULL || a->kind != b->kind || a->op != b->op ||
      a->function != b->function || a->distinct != b->distinct || a->count != b->count ||
      a->height != b->height)
    return false;
  switch (a->kind) {
  case SL_CYPHER_BOOLEAN:
    if (a->boolean != b->boolean) return false;
    break;
  case SL_CYPHER_INTEGER:
    if (a->integer != b->integer) return false;
    break;
  case SL_CYPHER_FLOAT:
    if (memcmp(&a->real, &b->real, sizeof a->real) != 0) return false;
    break;
  case SL_CYPHER_STRING:
    if (!sl_cypher_same(a->string, b->string)) return false;
    break;
  case SL_CYPHER_PARAMETER:
    return a->index == b->index;
  case SL_CYPHER_VARIABLE:
    return a->slot == b->slot;
  case SL_CYPHER_COMPARE:
    if (memcmp(a->ops, b->ops, a->count - 1) != 0) return false;
    break;
  case SL_CYPHER_CALL:
    break;
  case SL_CYPHER_LIST_COMPREHENSION:
  case SL_CYPHER_PATTERN_COMPREHENSION:
  case SL_CYPHER_QUANTIFIER:
  case SL_CYPHER_REDUCE:
  case SL_CYPHER_PATTERN:
  case SL_CYPHER_SHORTEST:
  case SL_CYPHER_EXISTS:
  case SL_CYPHER_COUNT_ROWS:
    return false; // each has its own slots
  default:
    break;
  }
  if (a->kind != SL_CYPHER_CALL) {
    if (a->name_count != b->name_count) return false;
    for (uint32_t i = 0; i < a->name_count; i++)
      if (!sl_cypher_same(a->names[i], b->names[i])) return false;
  }
  for (uint32_t i = 0; i < a->count; i++)
    if (!sl_cypher_equal(a->args[i], b->args[i])) return false;
  return true;
}
