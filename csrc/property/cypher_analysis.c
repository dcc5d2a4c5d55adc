#include "property/cypher_analysis.h"

#include <string.h>

#include "base/memory.h"
#include "property/cypher_scope.h"

typedef sl_cypher_clause clause;

static bool refuse(sl_cypher_analysis *a, sl_cypher_detail detail, uint32_t position,
                   const char *what) {
  return sl_cypher_refuse_syntax(a->parser, detail, position, what) != NULL;
}

static bool already(sl_cypher_analysis *a, uint32_t position, sl_cypher_name name) {
  return sl_cypher_refuse_name(a->parser, SL_CYPHER_VARIABLE_ALREADY_BOUND, position, "Variable ",
                               name, " is bound already: choose another name") != NULL;
}

static bool resolve_pattern(sl_cypher_analysis *a, const sl_cypher_pattern *pattern,
                            sl_cypher_use use) {
  for (uint32_t i = 0; i < pattern->count; i++)
    if (!sl_cypher_declare_part(a, pattern->parts[i], use)) return false;
  for (uint32_t i = 0; i < pattern->count; i++)
    if (!sl_cypher_resolve_part(a, pattern->parts[i], use)) return false;
  return true;
}

static bool resolve_sets(sl_cypher_analysis *a, sl_cypher_set *sets, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t type = sl_cypher_resolve(a, sets[i].target, false).type;
    if (a->parser->status != SL_OK) return false;
    const bool map = type == SL_CYPHER_TYPE_MAP && sets[i].kind == SL_CYPHER_SET_PROPERTY;
    if (type != SL_CYPHER_TYPE_NODE && type != SL_CYPHER_TYPE_RELATIONSHIP && !map &&
        !sl_cypher_is_open(type))
      return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, sets[i].target->begin,
                    "Only nodes and relationships are changed");
    sl_cypher_resolve(a, sets[i].value, false);
  }
  return a->parser->status == SL_OK;
}

static bool resolve_delete(sl_cypher_analysis *a, const clause *c) {
  for (uint32_t i = 0; i < c->deletion.count; i++) {
    sl_cypher_expression *e = c->deletion.targets[i];
    const uint8_t type = sl_cypher_resolve(a, e, false).type;
    if (a->parser->status != SL_OK) return false;
    if (e->kind == SL_CYPHER_HAS_LABELS)
      return refuse(a, SL_CYPHER_INVALID_DELETE, e->begin,
                    "Labels are taken away by REMOVE, and types not at all");
    if (type != SL_CYPHER_TYPE_NODE && type != SL_CYPHER_TYPE_RELATIONSHIP &&
        type != SL_CYPHER_TYPE_PATH && !sl_cypher_is_open(type))
      return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, e->begin,
                    "Only nodes, relationships and paths are deleted");
  }
  return true;
}

static bool resolve_unwind(sl_cypher_analysis *a, clause *c) {
  const sl_cypher_known list = sl_cypher_resolve(a, c->unwind.list, false);
  if (a->parser->status != SL_OK) return false;
  if (sl_cypher_lookup(a, c->unwind.name) != SL_CYPHER_NONE)
    return already(a, c->begin, c->unwind.name);
  c->unwind.slot = sl_cypher_declare(a, c->unwind.name, sl_cypher_element_of(list));
  return c->unwind.slot != SL_CYPHER_NONE;
}

// ---------------------------------------------------------------------- CALL

static sl_cypher_name name_of(const char *text) {
  return (sl_cypher_name){text, (uint32_t)strlen(text)};
}

static bool accepts(uint8_t wanted, uint8_t type) {
  if (wanted == type || sl_cypher_is_open(wanted) || sl_cypher_is_open(type)) return true;
  if (sl_cypher_is_list(wanted)) return sl_cypher_is_list(type);
  return wanted != SL_CYPHER_TYPE_INTEGER ? sl_cypher_is_number(wanted) && sl_cypher_is_number(type)
                                          : type == SL_CYPHER_TYPE_NUMBER;
}

static bool parameter_given(const sl_cypher_setting *setting, const char *name) {
  if (!setting->parameters_known) return true;
  for (uint32_t i = 0; i < setting->parameter_count; i++)
    if (strcmp(setting->parameters[i], name) == 0) return true;
  return false;
}

// CALL name: the arguments are parameters that have the names of the inputs.
static bool implicit_arguments(sl_cypher_analysis *a, clause *c, const sl_cypher_procedure *p) {
  sl_cypher_parser *parser = a->parser;
  c->call.count = p->input_count;
  c->call.args = SL_CYPHER_TAKE(parser, sl_cypher_expression *, p->input_count + 1);
  for (uint32_t i = 0; i < p->input_count && c->call.args != NULL; i++) {
    sl_cypher_expression *e =
        sl_cypher_expression_make(parser, SL_CYPHER_PARAMETER, c->begin, c->end, 0);
    sl_cypher_name *name = SL_CYPHER_TAKE(parser, sl_cypher_name, 1);
    if (name == NULL) return false;
    *name = sl_cypher_copy(parser, p->inputs[i].name, strlen(p->inputs[i].name));
    e->names = name;
    e->name_count = 1;
    c->call.args[i] = e;
    if (!parameter_given(parser->setting, p->inputs[i].name)) {
      sl_cypher_refuse(parser, SL_CYPHER_ERROR_PARAMETER_MISSING, SL_CYPHER_MISSING_PARAMETER,
                       c->begin, "A parameter that the procedure takes is not given");
      return false;
    }
  }
  return parser->status == SL_OK;
}

static bool resolve_arguments(sl_cypher_analysis *a, clause *c, const sl_cypher_procedure *p) {
  if (c->call.implicit) {
    if (!c->call.standalone)
      return refuse(a, SL_CYPHER_INVALID_ARGUMENT_PASSING_MODE, c->begin,
                    "Within a query a call has its arguments in parentheses");
    if (!implicit_arguments(a, c, p)) return false;
  }
  if (c->call.count != p->input_count)
    return refuse(a, SL_CYPHER_INVALID_NUMBER_OF_ARGUMENTS, c->begin,
                  "The procedure does not take this number of arguments");
  for (uint32_t i = 0; i < c->call.count; i++) {
    const uint8_t type = sl_cypher_resolve(a, c->call.args[i], false).type;
    if (a->parser->status != SL_OK) return false;
    if (!accepts(p->inputs[i].type, type))
      return refuse(a, SL_CYPHER_INVALID_ARGUMENT_TYPE, c->call.args[i]->begin,
                    "The procedure does not take this kind of value");
  }
  return true;
}

static bool all_outputs(sl_cypher_analysis *a, clause *c, const sl_cypher_procedure *p) {
  c->call.yield_count = p->output_count;
  c->call.yields = SL_CYPHER_TAKE(a->parser, sl_cypher_yield, p->output_count + 1);
  if (c->call.yields == NULL) return false;
  for (uint32_t i = 0; i < p->output_count; i++) {
    const char *name = p->outputs[i].name;
    c->call.yields[i].name = c->call.yields[i].field =
        sl_cypher_copy(a->parser, name, strlen(name));
    c->call.yields[i].position = c->begin;
  }
  return a->parser->status == SL_OK;
}

static bool resolve_yields(sl_cypher_analysis *a, clause *c, const sl_cypher_procedure *p) {
  if (c->call.yield_star && !c->call.standalone)
    return refuse(a, SL_CYPHER_UNEXPECTED_SYNTAX, c->begin,
                  "YIELD * stands in a query that is nothing but a call: name the outputs");
  if (c->call.standalone && c->call.yield_count == 0 && !all_outputs(a, c, p)) return false;
  for (uint32_t i = 0; i < c->call.yield_count; i++) {
    sl_cypher_yield *y = c->call.yields + i;
    uint32_t output = 0;
    while (output < p->output_count && !sl_cypher_same(name_of(p->outputs[output].name), y->field))
      output++;
    if (output == p->output_count)
      return sl_cypher_refuse_name(a->parser, SL_CYPHER_UNDEFINED_VARIABLE, y->position,
                                   "The procedure has no output ", y->field, "") != NULL;
    if (sl_cypher_lookup(a, y->name) != SL_CYPHER_NONE) return already(a, y->position, y->name);
    const sl_cypher_known known = {p->outputs[output].type, SL_CYPHER_TYPE_ANY};
    y->output = output;
    y->slot = sl_cypher_declare(a, y->name, known);
    if (y->slot == SL_CYPHER_NONE) return false;
  }
  return sl_cypher_resolve_where(a, c->call.where);
}

static bool resolve_call(sl_cypher_analysis *a, clause *c) {
  const sl_cypher_setting *setting = a->parser->setting;
  for (uint32_t i = 0; i < setting->procedure_count; i++)
    if (sl_cypher_same(name_of(setting->procedures[i].name), c->call.name)) {
      c->call.procedure = i;
      return resolve_arguments(a, c, setting->procedures + i) &&
             resolve_yields(a, c, setting->procedures + i);
    }
  sl_cypher_refuse(
      a->parser, SL_CYPHER_ERROR_PROCEDURE, SL_CYPHER_PROCEDURE_NOT_FOUND, c->begin,
      (a->parser->lexer.text[c->begin] | 32) == 'l'
          ? "LOAD CSV takes rows of the procedure sublinear.loadCsv, which is not defined"
          : "There is no procedure of this name: define it before (useProcedures defines those of "
            "sublinear)");
  return false;
}

// -------------------------------------------------------------------- queries

static bool updates(const clause *c) {
  return c->kind >= SL_CYPHER_CREATE && c->kind <= SL_CYPHER_DELETE;
}

static bool resolve_clause(sl_cypher_analysis *a, clause *c) {
  a->clause_first = a->slot_count;
  if (updates(c)) {
    if (a->in_subquery)
      return refuse(a, SL_CYPHER_INVALID_CLAUSE_COMPOSITION, c->begin, "A subquery only reads");
    a->parser->tree->statement.writes = true;
  }
  switch (c->kind) {
  case SL_CYPHER_MATCH:
    return resolve_pattern(a, &c->match.pattern, SL_CYPHER_USE_MATCH) &&
           sl_cypher_resolve_where(a, c->match.where);
  case SL_CYPHER_UNWIND:
    return resolve_unwind(a, c);
  case SL_CYPHER_CREATE:
    return resolve_pattern(a, &c->create.pattern, SL_CYPHER_USE_CREATE);
  case SL_CYPHER_MERGE:
    return resolve_pattern(a, &c->merge.pattern, SL_CYPHER_USE_MERGE) &&
           resolve_sets(a, c->merge.on_create, c->merge.on_create_count) &&
           resolve_sets(a, c->merge.on_match, c->merge.on_match_count);
  case SL_CYPHER_SET:
  case SL_CYPHER_REMOVE:
    return resolve_sets(a, c->set.items, c->set.count);
  case SL_CYPHER_DELETE:
    return resolve_delete(a, c);
  case SL_CYPHER_CALL_PROCEDURE:
    return resolve_call(a, c);
  default:
    return sl_cypher_resolve_projection(a, c);
  }
}

// The items or yields that are columns of a branch.
static uint32_t columns_of(const sl_cypher_single *s, uint32_t i, sl_cypher_name *name,
                           uint32_t *slot) {
  const clause *c = s->clauses + s->count - 1;
  if (c->kind == SL_CYPHER_RETURN) {
    if (i < c->projection.item_count) {
      *name = c->projection.items[i].name;
      *slot = c->projection.items[i].slot;
    }
    return c->projection.item_count;
  }
  if (c->kind != SL_CYPHER_CALL_PROCEDURE || !c->call.standalone) return 0;
  if (i < c->call.yield_count) {
    *name = c->call.yields[i].name;
    *slot = c->call.yields[i].slot;
  }
  return c->call.yield_count;
}

static bool same_columns(sl_cypher_analysis *a, const sl_cypher_query *q, uint32_t branch) {
  sl_cypher_name x = {NULL, 0}, y = {NULL, 0};
  uint32_t slot;
  const uint32_t count = columns_of(q->branches, 0, &x, &slot);
  bool same = columns_of(q->branches + branch, 0, &y, &slot) == count;
  for (uint32_t i = 0; i < count && same; i++) {
    columns_of(q->branches, i, &x, &slot);
    columns_of(q->branches + branch, i, &y, &slot);
    same = sl_cypher_same(x, y);
  }
  const clause *last = q->branches[branch].clauses + q->branches[branch].count - 1;
  return same || refuse(a, SL_CYPHER_DIFFERENT_COLUMNS_IN_UNION, last->begin,
                        "All branches of a UNION have the same columns in the same order");
}

bool sl_cypher_resolve_query(sl_cypher_analysis *a, sl_cypher_query *q) {
  const uint32_t visible = a->scope.count;
  for (uint32_t b = 0; b < q->count; b++) {
    const sl_cypher_single *s = q->branches + b;
    for (uint32_t i = 0; i < s->count; i++) {
      clause *c = s->clauses + i;
      if (c->kind == SL_CYPHER_CALL_PROCEDURE)
        c->call.standalone = !a->in_subquery && q->count == 1 && s->count == 1;
      if (!resolve_clause(a, c)) return false;
    }
    sl_cypher_names_cut(&a->scope, visible);
    if (b > 0 && !same_columns(a, q, b)) return false;
  }
  return true;
}

static void finish(sl_cypher_analysis *a) {
  sl_cypher_statement *s = &a->parser->tree->statement;
  sl_cypher_name name = {NULL, 0};
  uint32_t slot = 0;
  s->column_count = columns_of(s->query.branches, 0, &name, &slot);
  s->columns = SL_CYPHER_TAKE(a->parser, sl_cypher_name, s->column_count + 1);
  s->column_slots = SL_CYPHER_TAKE(a->parser, uint32_t, s->column_count + 1);
  s->slots = SL_CYPHER_TAKE(a->parser, sl_cypher_slot, a->slot_count + 1);
  s->parameters = SL_CYPHER_TAKE(a->parser, sl_cypher_name, a->parameters.count + 1);
  s->parameter_begins = SL_CYPHER_TAKE(a->parser, uint32_t, a->parameters.count + 1);
  if (s->parameter_begins == NULL) return;
  for (uint32_t i = 0; i < s->column_count; i++)
    columns_of(s->query.branches, i, s->columns + i, s->column_slots + i);
  s->slot_count = a->slot_count;
  if (a->slot_count > 0) memcpy(s->slots, a->slots, a->slot_count * sizeof *s->slots);
  s->parameter_count = a->parameters.count;
  for (uint32_t i = 0; i < s->parameter_count; i++) {
    s->parameters[i] = a->parameters.entries[i].name;
    s->parameter_begins[i] = a->parameters.entries[i].slot;
  }
}

void sl_cypher_analyse(sl_cypher_parser *parser) {
  sl_cypher_analysis a;
  memset(&a, 0, sizeof a);
  a.parser = parser;
  parser->depth = 0; // heights were checked while reading
  if (sl_cypher_resolve_query(&a, &parser->tree->statement.query)) finish(&a);
  sl_cypher_names_free(&a.scope);
  sl_cypher_names_free(&a.parameters);
  sl_free(a.slots);
  sl_free(a.known);
}
