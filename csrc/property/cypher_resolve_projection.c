// WITH and RETURN: *, names, grouping, and what ORDER BY and WHERE may see.
#include <string.h>

#include "property/cypher_scope.h"
#include "property/elementary.h"

typedef sl_cypher_expression expression;

static bool refuse(sl_cypher_analysis *a, sl_cypher_detail detail, uint32_t position,
                   const char *what) {
  return sl_cypher_refuse_syntax(a->parser, detail, position, what) != NULL;
}

// Expressions behind groups are compared with each item: this bounds what a long text can cost.
#define MOST_COLUMNS 4096

// ------------------------------------------------------------------------- *

static int by_name(const void *a, const void *b) {
  const sl_cypher_name x = ((const sl_cypher_item *)a)->name, y = ((const sl_cypher_item *)b)->name;
  const uint32_t n = x.length < y.length ? x.length : y.length;
  const int order = n > 0 ? memcmp(x.text, y.text, n) : 0;
  return order != 0 ? order : x.length < y.length ? -1 : x.length > y.length;
}

static bool expand_star(sl_cypher_analysis *a, sl_cypher_clause *clause) {
  sl_cypher_projection *p = &clause->projection;
  uint32_t visible = 0;
  sl_cypher_item *items =
      SL_CYPHER_TAKE(a->parser, sl_cypher_item, a->scope.count - a->scope_base + p->item_count + 1);
  if (items == NULL) return false;
  for (uint32_t i = a->scope_base; i < a->scope.count; i++) {
    const sl_cypher_visible *v = a->scope.entries + i;
    if (sl_cypher_names_find(&a->scope, v->name) != i) continue;
    expression *e =
        sl_cypher_expression_make(a->parser, SL_CYPHER_VARIABLE, clause->begin, clause->begin, 0);
    sl_cypher_name *name = SL_CYPHER_TAKE(a->parser, sl_cypher_name, 1);
    if (name == NULL) return false;
    *name = v->name;
    e->names = name;
    e->name_count = 1;
    items[visible++] = (sl_cypher_item){e, v->name, false, SL_CYPHER_NONE};
  }
  if (visible == 0 && clause->kind == SL_CYPHER_RETURN)
    return refuse(a, SL_CYPHER_NO_VARIABLES_IN_SCOPE, clause->begin,
                  "RETURN * needs at least one variable");
  sl_sort(items, visible, sizeof *items, by_name);
  memcpy(items + visible, p->items, p->item_count * sizeof *items);
  p->items = items;
  p->item_count += visible;
  return true;
}

// ---------------------------------------------------------------------- items

static bool resolve_items(sl_cypher_analysis *a, sl_cypher_projection *p) {
  for (uint32_t i = 0; i < p->item_count; i++) {
    sl_cypher_item *item = p->items + i;
    expression *e = item->expression;
    a->aggregates_allowed = true;
    const sl_cypher_known known = sl_cypher_resolve(a, e, false);
    a->aggregates_allowed = false;
    if (a->parser->status != SL_OK) return false;
    const bool handed_on = e->kind == SL_CYPHER_VARIABLE && sl_cypher_same(e->names[0], item->name);
    item->slot = handed_on ? e->slot : sl_cypher_slot_make(a, item->name, known);
  }
  return a->parser->status == SL_OK;
}

static bool is_simple(const expression *e) {
  while (e->kind == SL_CYPHER_PROPERTY) e = e->args[0];
  return e->kind == SL_CYPHER_VARIABLE;
}

// The item whose expression this is, or NULL. `simple`: only variables and their properties.
static sl_cypher_item *item_of(sl_cypher_projection *p, const expression *e, bool simple) {
  if (simple && !is_simple(e) && !e->aggregates) return NULL;
  for (uint32_t i = 0; i < p->item_count; i++)
    if (sl_cypher_equal(p->items[i].expression, e)) return p->items + i;
  return NULL;
}

static bool ambiguous(sl_cypher_analysis *a, uint32_t position) {
  return refuse(a, SL_CYPHER_AMBIGUOUS_AGGREGATION, position,
                "Beside an aggregating function stands what is not grouped by: make it an item of "
                "its own, in a WITH before");
}

// An item that aggregates reads nothing but grouping keys outside of its aggregating calls. `first`:
// the first slot that was made for the item itself.
static bool check_grouping(sl_cypher_analysis *a, sl_cypher_projection *p, const expression *e,
                           uint32_t first) {
  if (e == NULL) return true;
  if (e->kind == SL_CYPHER_CALL && sl_cypher_function_read(e->function)->aggregates) return true;
  if (!e->aggregates && item_of(p, e, true) != NULL) return true;
  if (e->kind == SL_CYPHER_VARIABLE && e->slot < first) return ambiguous(a, e->begin);
  for (uint32_t i = 0; i < e->count; i++)
    if (!check_grouping(a, p, e->args[i], first)) return false;
  return true;
}

// ---------------------------------------------------- ORDER BY, WHERE after groups

typedef struct after {
  sl_cypher_analysis *a;
  sl_cypher_projection *p;
  uint32_t first; // slots from here on were made for this expression
  bool mixed;     // the whole expression aggregates
} after;

static bool uses(const expression *e, uint32_t slot) {
  if (e == NULL) return false;
  if (e->kind == SL_CYPHER_VARIABLE && e->slot == slot) return true;
  for (uint32_t i = 0; i < e->count; i++)
    if (uses(e->args[i], slot)) return true;
  return false;
}

static sl_cypher_item *item_at(sl_cypher_projection *p, uint32_t slot) {
  for (uint32_t i = 0; i < p->item_count; i++)
    if (p->items[i].slot == slot) return p->items + i;
  return NULL;
}

static bool gone(after *s, const expression *e, bool in_aggregate) {
  for (uint32_t i = 0; i < s->p->item_count; i++)
    if (s->mixed && !in_aggregate && !s->p->items[i].expression->aggregates &&
        uses(s->p->items[i].expression, e->slot))
      return ambiguous(s->a, e->begin);
  sl_cypher_refuse_name(s->a->parser, SL_CYPHER_UNDEFINED_VARIABLE, e->begin, "Variable ",
                        e->names[0], " is not defined behind DISTINCT or aggregating functions");
  return false;
}

// Args of a new aggregating call: they are evaluated before the items, on what the items are made
// of.
static bool fit_argument(after *s, expression **e) {
  if (*e == NULL) return true;
  if ((*e)->kind == SL_CYPHER_VARIABLE && (*e)->slot < s->first) {
    const sl_cypher_item *item = item_at(s->p, (*e)->slot);
    if (item == NULL) return gone(s, *e, true);
    if (item->expression->aggregates)
      return refuse(s->a, SL_CYPHER_NESTED_AGGREGATION, (*e)->begin,
                    "An aggregating function stands in another one: use WITH between them");
    *e = item->expression;
    return true;
  }
  for (uint32_t i = 0; i < (*e)->count; i++)
    if (!fit_argument(s, (*e)->args + i)) return false;
  return true;
}

// Replaces what is an item by the item's variable; refuses what is not there any more.
static bool fit(after *s, expression **e, bool whole) {
  if (*e == NULL) return true;
  sl_cypher_item *item = item_of(s->p, *e, s->mixed && !whole);
  if (item != NULL) {
    expression *v =
        sl_cypher_expression_make(s->a->parser, SL_CYPHER_VARIABLE, (*e)->begin, (*e)->end, 0);
    sl_cypher_name *name = SL_CYPHER_TAKE(s->a->parser, sl_cypher_name, 1);
    if (name == NULL) return false;
    *name = item->name;
    v->names = name;
    v->name_count = 1;
    v->slot = item->slot;
    *e = v;
    return true;
  }
  if ((*e)->kind == SL_CYPHER_VARIABLE && (*e)->slot < s->first)
    return item_at(s->p, (*e)->slot) != NULL || gone(s, *e, false);
  if ((*e)->kind == SL_CYPHER_CALL && sl_cypher_function_read((*e)->function)->aggregates) {
    for (uint32_t i = 0; i < (*e)->count; i++)
      if (!fit_argument(s, (*e)->args + i)) return false;
    return sl_cypher_pend(s->a->parser, *e);
  }
  for (uint32_t i = 0; i < (*e)->count; i++)
    if (!fit(s, (*e)->args + i, false)) return false;
  return true;
}

static bool resolve_after(sl_cypher_analysis *a, sl_cypher_projection *p, expression **e,
                          bool groups, bool predicate) {
  const uint32_t first = a->slot_count, list = a->parser->pending_count;
  a->aggregates_allowed = groups && !predicate;
  if (predicate)
    sl_cypher_resolve_where(a, *e);
  else
    sl_cypher_resolve(a, *e, false);
  a->aggregates_allowed = false;
  if (a->parser->status != SL_OK) return false;
  // The calls found just now are pended again by `fit`, when they are not items.
  a->parser->pending_count = list;
  if (!groups && !p->distinct) return true;
  after s = {a, p, first, (*e)->aggregates};
  return fit(&s, e, true);
}

// ------------------------------------------------------------- SKIP and LIMIT

static bool resolve_count(sl_cypher_analysis *a, expression *e) {
  if (e == NULL) return true;
  a->hidden = a->scope.count;
  const uint8_t type = sl_cypher_resolve(a, e, false).type;
  a->hidden = 0;
  if (a->parser->status != SL_OK) return false;
  if (e->kind == SL_CYPHER_INTEGER && e->integer < 0)
    return refuse(a, SL_CYPHER_NEGATIVE_INTEGER_ARGUMENT, e->begin,
                  "SKIP and LIMIT take a whole number from 0");
  if (e->kind >= SL_CYPHER_PATTERN)
    return refuse(a, SL_CYPHER_NON_CONSTANT_EXPRESSION, e->begin,
                  "SKIP and LIMIT do not depend on the graph");
  if (type != SL_CYPHER_TYPE_INTEGER && type != SL_CYPHER_TYPE_NUMBER && !sl_cypher_is_open(type))
    return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->begin,
                  "SKIP and LIMIT take a whole number from 0");
  return true;
}

// --------------------------------------------------------------- all together

// Puts the items' names above those that were visible; refuses names that come twice.
static bool push_names(sl_cypher_analysis *a, sl_cypher_clause *clause) {
  const sl_cypher_projection *p = &clause->projection;
  const uint32_t before = a->scope.count;
  for (uint32_t i = 0; i < p->item_count; i++) {
    const sl_cypher_item *item = p->items + i;
    const uint32_t same = sl_cypher_names_find(&a->scope, item->name);
    if (same != SL_CYPHER_NOT_FOUND && same >= before)
      return sl_cypher_refuse_name(a->parser, SL_CYPHER_COLUMN_NAME_CONFLICT,
                                   item->expression->begin, "Two columns are named ", item->name,
                                   "") != NULL;
    if (!sl_cypher_names_push(a->parser, &a->scope, item->name, item->slot)) return false;
  }
  return true;
}

// The text of an expression is the name of a column, and not of a variable.
static void drop_unnamed(sl_cypher_analysis *a, const sl_cypher_projection *p, uint32_t before) {
  sl_cypher_names_cut(&a->scope, before);
  for (uint32_t i = 0; i < p->item_count; i++)
    if (p->items[i].aliased || p->items[i].expression->kind == SL_CYPHER_VARIABLE)
      sl_cypher_names_push(a->parser, &a->scope, p->items[i].name, p->items[i].slot);
}

static bool unnamed(sl_cypher_analysis *a, const sl_cypher_projection *p) {
  for (uint32_t i = 0; i < p->item_count; i++)
    if (!p->items[i].aliased && p->items[i].expression->kind != SL_CYPHER_VARIABLE)
      return refuse(a, SL_CYPHER_NO_EXPRESSION_ALIAS, p->items[i].expression->begin,
                    "An expression in WITH needs a name: write AS and the name behind it");
  return true;
}

bool sl_cypher_resolve_projection(sl_cypher_analysis *a, sl_cypher_clause *clause) {
  sl_cypher_projection *p = &clause->projection;
  const uint32_t list = a->parser->pending_count, before = a->scope.count, base = a->scope_base;
  const uint32_t first = a->slot_count;
  bool groups = false;
  if (p->star && !expand_star(a, clause)) return false;
  if (p->item_count > MOST_COLUMNS)
    return refuse(a, SL_CYPHER_UNEXPECTED_SYNTAX, clause->begin,
                  "There are more than 4,096 columns");
  if (!resolve_items(a, p)) return false;
  for (uint32_t i = 0; i < p->item_count; i++) {
    const expression *e = p->items[i].expression;
    groups = groups || e->aggregates;
    if (e->aggregates && !check_grouping(a, p, e, first)) return false;
  }
  if (!push_names(a, clause)) return false;
  drop_unnamed(a, p, before);
  for (uint32_t i = 0; i < p->sort_count; i++)
    if (!resolve_after(a, p, &p->sorts[i].expression, groups, false)) return false;
  if (clause->kind == SL_CYPHER_WITH && !unnamed(a, p)) return false;
  if (p->where != NULL && !resolve_after(a, p, &p->where, groups, true)) return false;
  p->aggregates = (expression **)sl_cypher_collect(a->parser, list, &p->aggregate_count);
  if (!resolve_count(a, p->skip) || !resolve_count(a, p->limit)) return false;
  // From here on only the items are visible.
  sl_cypher_names_cut(&a->scope, base);
  drop_unnamed(a, p, base);
  return a->parser->status == SL_OK;
}
