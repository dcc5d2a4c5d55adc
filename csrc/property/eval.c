// The value of an expression on the row of a run.
#include <string.h>

#include "property/run.h"
#include "property/temporal.h"

sl_status sl_run_fail(sl_run *run, uint32_t position, sl_cypher_error error,
                      sl_cypher_detail detail, const char *what) {
  const sl_cypher_name *text = &run->statement->text;
  sl_cypher_problem_set(run->problem, error, detail, text->text, text->length, position, what);
  return sl_fail(SL_ERR_ARGUMENT, "query", "values that it can be computed with", position);
}

sl_status sl_bad_type(sl_run *run, uint32_t position, const char *what) {
  return sl_run_fail(run, position, SL_CYPHER_ERROR_TYPE, SL_CYPHER_INVALID_ARGUMENT_TYPE, what);
}

sl_status sl_require_alive(sl_run *run, const sl_code *code, sl_value v) {
  const bool alive = v.kind == SL_VALUE_NODE ? sl_node_is_live(run->store, v.as.id)
                                             : sl_rel_is_live(run->store, v.as.id);
  if (alive) return SL_OK;
  return sl_run_fail(run, code->begin, SL_CYPHER_ERROR_ENTITY_NOT_FOUND,
                     SL_CYPHER_DELETED_ENTITY_ACCESS, "This was deleted before in the query");
}

sl_status sl_properties_of(sl_run *run, sl_what what, uint32_t id, sl_value *out) {
  const sl_store *s = run->store;
  sl_map_entry *entries;
  const sl_pool_mark mark = sl_pool_here(&run->pool);
  (void)mark;
  uint32_t count = 0;
  for (uint32_t k = 0; k < s->column_count[what]; k++)
    count += !sl_is_null(sl_store_get(s, what, id, k));
  SL_TRY(sl_pool_take(&run->pool, (count + 1) * sizeof *entries, &entries));
  count = 0;
  for (uint32_t k = 0; k < s->column_count[what]; k++) {
    const sl_value v = sl_store_get(s, what, id, k);
    if (!sl_is_null(v)) entries[count++] = (sl_map_entry){s->keys.items[k], v};
  }
  return sl_map_make(&run->pool, entries, count, out);
}

static sl_status property(sl_run *run, const sl_code *c, sl_value from, uint32_t key,
                          const sl_chars *name, sl_value *out) {
  *out = sl_null();
  switch (from.kind) {
  case SL_VALUE_NULL:
    return SL_OK;
  case SL_VALUE_NODE:
  case SL_VALUE_RELATIONSHIP: {
    SL_TRY(sl_require_alive(run, c, from));
    if (key == SL_NO_NAME) return SL_OK;
    *out = sl_store_get(run->store, from.kind == SL_VALUE_NODE ? SL_OF_NODES : SL_OF_RELATIONSHIPS,
                        from.as.id, key);
    return SL_OK;
  }
  case SL_VALUE_MAP: {
    const sl_value *found = sl_map_find(from.as.map, name);
    if (found != NULL) *out = *found;
    return SL_OK;
  }
  case SL_VALUE_TEMPORAL:
    return sl_temporal_component(&run->pool, from.as.temporal, name->text, name->bytes, out);
  default:
    return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_TYPE, SL_CYPHER_PROPERTY_ACCESS_ON_NON_MAP,
                       "Only nodes, relationships and maps have properties");
  }
}

static sl_status index_of(sl_run *run, const sl_code *c, sl_value *out) {
  sl_value from, at;
  *out = sl_null();
  SL_TRY(sl_eval(run, c->args[0], &from));
  SL_TRY(sl_eval(run, c->args[1], &at));
  if (sl_is_null(from)) return SL_OK;
  if (from.kind == SL_VALUE_LIST) {
    if (sl_is_null(at)) return SL_OK;
    if (at.kind != SL_VALUE_INTEGER)
      return sl_run_fail(run, c->args[1]->begin, SL_CYPHER_ERROR_TYPE,
                         SL_CYPHER_LIST_ELEMENT_ACCESS_BY_NON_INTEGER,
                         "Elements of a list are taken by integers");
    const int64_t count = from.as.list->count;
    const int64_t i = at.as.integer < 0 ? at.as.integer + count : at.as.integer;
    if (i >= 0 && i < count) *out = from.as.list->items[i];
    return SL_OK;
  }
  if (from.kind == SL_VALUE_MAP || from.kind == SL_VALUE_NODE ||
      from.kind == SL_VALUE_RELATIONSHIP) {
    if (sl_is_null(at)) return SL_OK;
    if (at.kind != SL_VALUE_STRING)
      return sl_run_fail(run, c->args[1]->begin, SL_CYPHER_ERROR_TYPE,
                         SL_CYPHER_MAP_ELEMENT_ACCESS_BY_NON_STRING,
                         "Elements of a map are taken by strings");
    const uint32_t key = sl_names_find(&run->store->keys, at.as.chars->text, at.as.chars->bytes);
    return property(run, c, from, key, at.as.chars, out);
  }
  return sl_bad_type(run, c->begin, "Only lists, maps, nodes and relationships have elements");
}

static sl_status slice(sl_run *run, const sl_code *c, sl_value *out) {
  sl_value from, at[2] = {sl_integer(0), sl_integer(INT64_MAX)};
  *out = sl_null();
  SL_TRY(sl_eval(run, c->args[0], &from));
  for (int i = 0; i < 2; i++) {
    if (c->args[i + 1] == NULL) continue;
    SL_TRY(sl_eval(run, c->args[i + 1], &at[i]));
    if (!sl_is_null(at[i]) && at[i].kind != SL_VALUE_INTEGER)
      return sl_bad_type(run, c->args[i + 1]->begin, "A list is cut at integers");
  }
  if (sl_is_null(from) || sl_is_null(at[0]) || sl_is_null(at[1])) return SL_OK;
  if (from.kind != SL_VALUE_LIST) return sl_bad_type(run, c->begin, "Only lists can be cut");
  const int64_t count = from.as.list->count;
  int64_t cut[2];
  for (int i = 0; i < 2; i++) {
    cut[i] = at[i].as.integer < 0 ? at[i].as.integer + count : at[i].as.integer;
    cut[i] = cut[i] < 0 ? 0 : cut[i] > count ? count : cut[i];
  }
  sl_list *list;
  const int64_t length = cut[1] > cut[0] ? cut[1] - cut[0] : 0;
  SL_TRY(sl_list_make(&run->pool, (size_t)length, &list));
  if (length > 0)
    memcpy(list->items, from.as.list->items + cut[0], (size_t)length * sizeof *list->items);
  return sl_list_close(list, out);
}

static sl_status binary(sl_run *run, const sl_code *c, sl_value *out) {
  sl_value a, b;
  SL_TRY(sl_eval(run, c->args[0], &a));
  SL_TRY(sl_eval(run, c->args[1], &b));
  return sl_binary(run, c, a, b, out);
}

static sl_status compare(sl_run *run, const sl_code *c, sl_truth *out) {
  sl_value a, b;
  *out = SL_TRUE;
  SL_TRY(sl_eval(run, c->args[0], &a));
  for (uint32_t i = 1; i < c->count; i++) {
    SL_TRY(sl_eval(run, c->args[i], &b));
    const sl_truth t = sl_holds(c->ops[i - 1], a, b);
    if (t == SL_FALSE) {
      *out = SL_FALSE;
      return SL_OK;
    }
    if (t == SL_UNKNOWN) *out = SL_UNKNOWN;
    a = b;
  }
  return SL_OK;
}

static sl_status logic(sl_run *run, const sl_code *c, sl_truth *out) {
  const bool xor = c->kind == SL_CYPHER_XOR;
  const sl_truth ends = c->kind == SL_CYPHER_AND ? SL_FALSE : SL_TRUE;
  sl_truth all = c->kind == SL_CYPHER_AND ? SL_TRUE : SL_FALSE;
  for (uint32_t i = 0; i < c->count; i++) {
    sl_truth t;
    SL_TRY(sl_eval_truth(run, c->args[i], &t));
    if (xor) {
      all = all == SL_UNKNOWN || t == SL_UNKNOWN ? SL_UNKNOWN : all == t ? SL_FALSE : SL_TRUE;
    } else if (t == ends) {
      *out = ends;
      return SL_OK;
    } else if (t == SL_UNKNOWN)
      all = SL_UNKNOWN;
  }
  *out = all;
  return SL_OK;
}

static sl_status has_labels(sl_run *run, const sl_code *c, sl_truth *out) {
  sl_value v;
  SL_TRY(sl_eval(run, c->args[0], &v));
  *out = SL_UNKNOWN;
  if (sl_is_null(v)) return SL_OK;
  if (v.kind != SL_VALUE_NODE && v.kind != SL_VALUE_RELATIONSHIP)
    return sl_bad_type(run, c->begin, "Only nodes and relationships have labels and types");
  SL_TRY(sl_require_alive(run, c, v));
  bool all = true;
  for (uint32_t i = 0; i < c->name_count; i++)
    all = all && (v.kind == SL_VALUE_NODE
                      ? sl_node_has_label(run->store, v.as.id, c->names[i])
                      : sl_chars_same(run->store->types.items[run->store->rel_type[v.as.id]],
                                      run->store->labels.items[c->names[i]]));
  *out = all ? SL_TRUE : SL_FALSE;
  return SL_OK;
}

static sl_status has_map(sl_run *run, const sl_code *c, sl_truth *out) {
  sl_value v, map, have;
  *out = SL_TRUE;
  SL_TRY(sl_eval(run, c->args[0], &v));
  SL_TRY(sl_eval(run, c->args[1], &map));
  if (map.kind != SL_VALUE_MAP) return sl_bad_type(run, c->begin, "Properties come as a map");
  for (uint32_t i = 0; i < map.as.map->count && *out == SL_TRUE; i++) {
    const sl_map_entry *e = &map.as.map->entries[i];
    const uint32_t key = sl_names_find(&run->store->keys, e->key->text, e->key->bytes);
    SL_TRY(property(run, c, v, key, e->key, &have));
    *out = sl_value_equal(have, e->value);
  }
  return SL_OK;
}

static sl_status choose(sl_run *run, const sl_code *c, sl_value *out) {
  sl_value with = sl_null(), when;
  *out = sl_null();
  if (c->args[0] != NULL) SL_TRY(sl_eval(run, c->args[0], &with));
  for (uint32_t i = 1; i + 2 < c->count; i += 2) {
    sl_truth t;
    if (c->args[0] == NULL)
      SL_TRY(sl_eval_truth(run, c->args[i], &t));
    else {
      SL_TRY(sl_eval(run, c->args[i], &when));
      t = sl_value_equal(with, when);
    }
    if (t == SL_TRUE) return sl_eval(run, c->args[i + 1], out);
  }
  return c->args[c->count - 1] == NULL ? SL_OK : sl_eval(run, c->args[c->count - 1], out);
}

// The list that is gone through; NULL where it is null.
static sl_status list_of(sl_run *run, const sl_code *c, const sl_list **out) {
  sl_value v;
  *out = NULL;
  SL_TRY(sl_eval(run, c, &v));
  if (sl_is_null(v)) return SL_OK;
  if (v.kind != SL_VALUE_LIST) return sl_bad_type(run, c->begin, "A list is needed here");
  *out = v.as.list;
  return SL_OK;
}

static sl_status comprehension(sl_run *run, const sl_code *c, sl_value *out) {
  const sl_list *from;
  sl_list *list;
  *out = sl_null();
  SL_TRY(list_of(run, c->args[0], &from));
  if (from == NULL) return SL_OK;
  SL_TRY(sl_list_make(&run->pool, from->count, &list));
  uint32_t count = 0;
  for (uint32_t i = 0; i < from->count; i++) {
    sl_truth t = SL_TRUE;
    run->row[c->slot] = from->items[i];
    if (c->args[1] != NULL) SL_TRY(sl_eval_truth(run, c->args[1], &t));
    if (t != SL_TRUE) continue;
    if (c->args[2] == NULL)
      list->items[count++] = from->items[i];
    else
      SL_TRY(sl_eval(run, c->args[2], &list->items[count++]));
  }
  run->work += from->count;
  SL_TRY(sl_end_if_too_long(run));
  list->count = count;
  return sl_list_close(list, out);
}

static sl_status quantify(sl_run *run, const sl_code *c, sl_truth *out) {
  const sl_list *from;
  SL_TRY(list_of(run, c->args[0], &from));
  *out = SL_UNKNOWN;
  if (from == NULL) return SL_OK;
  uint32_t count[3] = {0, 0, 0};
  for (uint32_t i = 0; i < from->count; i++) {
    sl_truth t;
    run->row[c->slot] = from->items[i];
    if (c->args[1] != NULL)
      SL_TRY(sl_eval_truth(run, c->args[1], &t));
    else
      t = from->items[i].kind == SL_VALUE_BOOLEAN && from->items[i].as.boolean;
    count[t]++;
  }
  run->work += from->count;
  SL_TRY(sl_end_if_too_long(run));
  const bool unknown = count[SL_UNKNOWN] > 0;
  switch (c->op) {
  case SL_CYPHER_ALL:
    *out = count[SL_FALSE] > 0 ? SL_FALSE : unknown ? SL_UNKNOWN : SL_TRUE;
    break;
  case SL_CYPHER_ANY:
    *out = count[SL_TRUE] > 0 ? SL_TRUE : unknown ? SL_UNKNOWN : SL_FALSE;
    break;
  case SL_CYPHER_NO:
    *out = count[SL_TRUE] > 0 ? SL_FALSE : unknown ? SL_UNKNOWN : SL_TRUE;
    break;
  default:
    *out = count[SL_TRUE] > 1 ? SL_FALSE : unknown ? SL_UNKNOWN : (sl_truth)(count[SL_TRUE] == 1);
  }
  return SL_OK;
}

static sl_status reduce(sl_run *run, const sl_code *c, sl_value *out) {
  const sl_list *from;
  sl_value value;
  *out = sl_null();
  SL_TRY(sl_eval(run, c->args[0], &value));
  SL_TRY(list_of(run, c->args[1], &from));
  if (from == NULL) return SL_OK;
  for (uint32_t i = 0; i < from->count; i++) {
    run->row[c->slot] = value;
    run->row[c->element_slot] = from->items[i];
    SL_TRY(sl_eval(run, c->args[2], &value));
  }
  run->work += from->count;
  SL_TRY(sl_end_if_too_long(run));
  *out = value;
  return SL_OK;
}

static sl_status pattern_list(sl_run *run, const sl_code *c, sl_value *out) {
  sl_value *items = NULL;
  uint32_t count = 0, room = 0;
  sl_step_result step = SL_ROW;
  sl_list *list;
  sl_plan_reset(c->plan);
  const bool could_not = run->cannot_pause;
  run->cannot_pause = true;
  sl_status status = SL_OK;
  for (;;) {
    status = sl_plan_step(run, c->plan, &step);
    if (status != SL_OK || step != SL_ROW) break;
    if (count == room) {
      sl_value *more;
      room = room == 0 ? 8 : room * 2;
      status = sl_pool_take(&run->pool, room * sizeof *items, &more);
      if (status != SL_OK) break;
      if (count > 0) memcpy(more, items, count * sizeof *items);
      items = more;
    }
    status = sl_eval(run, c->args[1], &items[count]);
    if (status != SL_OK) break;
    count++;
  }
  run->cannot_pause = could_not;
  SL_TRY(status);
  SL_TRY(sl_list_make(&run->pool, count, &list));
  if (count > 0) memcpy(list->items, items, count * sizeof *items);
  return sl_list_close(list, out);
}

sl_status sl_plan_count(sl_run *run, sl_plan *plan, uint64_t most, uint64_t *out) {
  sl_step_result step = SL_ROW;
  uint64_t count = 0;
  const bool could_not = run->cannot_pause;
  const uint64_t times = run->times;
  sl_plan_reset(plan);
  run->cannot_pause = true;
  sl_status status = SL_OK;
  while (status == SL_OK && count < most) {
    status = sl_plan_step(run, plan, &step);
    if (step != SL_ROW) break;
    count++;
  }
  run->cannot_pause = could_not;
  run->times = times;
  *out = count;
  return status;
}

// Expressions whose value is a truth.
static sl_status truth_of(sl_run *run, const sl_code *c, sl_truth *out) {
  uint64_t count;
  sl_value v;
  switch (c->kind) {
  case SL_CYPHER_COMPARE:
    return compare(run, c, out);
  case SL_CYPHER_AND:
  case SL_CYPHER_OR:
  case SL_CYPHER_XOR:
    return logic(run, c, out);
  case SL_CYPHER_HAS_LABELS:
    return has_labels(run, c, out);
  case SL_CODE_HAS_MAP:
    return has_map(run, c, out);
  case SL_CYPHER_QUANTIFIER:
    return quantify(run, c, out);
  case SL_CYPHER_PATTERN:
  case SL_CYPHER_EXISTS:
    SL_TRY(sl_plan_count(run, c->plan, 1, &count));
    *out = count > 0 ? SL_TRUE : SL_FALSE;
    return SL_OK;
  default: // NOT, IS NULL, IS NOT NULL
    if (c->op == SL_CYPHER_NOT) {
      SL_TRY(sl_eval_truth(run, c->args[0], out));
      if (*out != SL_UNKNOWN) *out = *out == SL_TRUE ? SL_FALSE : SL_TRUE;
      return SL_OK;
    }
    SL_TRY(sl_eval(run, c->args[0], &v));
    *out = sl_is_null(v) == (c->op == SL_CYPHER_IS_NULL) ? SL_TRUE : SL_FALSE;
    return SL_OK;
  }
}

static bool is_truth(const sl_code *c) {
  switch (c->kind) {
  case SL_CYPHER_COMPARE:
  case SL_CYPHER_AND:
  case SL_CYPHER_OR:
  case SL_CYPHER_XOR:
  case SL_CYPHER_HAS_LABELS:
  case SL_CODE_HAS_MAP:
  case SL_CYPHER_QUANTIFIER:
  case SL_CYPHER_PATTERN:
  case SL_CYPHER_EXISTS:
    return true;
  case SL_CYPHER_UNARY:
    return c->op != SL_CYPHER_NEGATE && c->op != SL_CYPHER_PLUS;
  default:
    return false;
  }
}

sl_status sl_eval_truth(sl_run *run, const sl_code *c, sl_truth *out) {
  if (is_truth(c)) return truth_of(run, c, out);
  sl_value v;
  SL_TRY(sl_eval(run, c, &v));
  *out = SL_UNKNOWN;
  if (sl_is_null(v)) return SL_OK;
  if (v.kind != SL_VALUE_BOOLEAN)
    return sl_bad_type(run, c->begin, "A condition has to be true, false or null");
  *out = v.as.boolean ? SL_TRUE : SL_FALSE;
  return SL_OK;
}

static sl_status sign(sl_run *run, const sl_code *c, sl_value *out) {
  SL_TRY(sl_eval(run, c->args[0], out));
  if (sl_is_null(*out)) return SL_OK;
  if (!sl_is_number(*out)) return sl_bad_type(run, c->begin, "Only numbers have a sign");
  if (c->op == SL_CYPHER_PLUS) return SL_OK;
  if (out->kind == SL_VALUE_FLOAT)
    *out = sl_real(-out->as.real);
  else if (out->as.integer == INT64_MIN)
    return sl_overflowed(run, c);
  else
    *out = sl_integer(-out->as.integer);
  return SL_OK;
}

static sl_status made_list(sl_run *run, const sl_code *c, sl_value *out) {
  sl_list *list;
  SL_TRY(sl_list_make(&run->pool, c->count, &list));
  for (uint32_t i = 0; i < c->count; i++) SL_TRY(sl_eval(run, c->args[i], &list->items[i]));
  return sl_list_close(list, out);
}

static sl_status made_map(sl_run *run, const sl_code *c, sl_value *out) {
  sl_map_entry *entries;
  SL_TRY(sl_pool_take(&run->pool, (size_t)c->count * sizeof *entries, &entries));
  for (uint32_t i = 0; i < c->count; i++) {
    entries[i].key = c->keys[i];
    SL_TRY(sl_eval(run, c->args[i], &entries[i].value));
  }
  return sl_map_make(&run->pool, entries, c->count, out);
}

static sl_status call(sl_run *run, const sl_code *c, sl_value *out) {
  sl_value few[4], *args = few;
  if (c->function == SL_CYPHER_FUNCTION_COALESCE) {
    *out = sl_null();
    for (uint32_t i = 0; i < c->count && sl_is_null(*out); i++)
      SL_TRY(sl_eval(run, c->args[i], out));
    return SL_OK;
  }
  if (c->count > 4) SL_TRY(sl_pool_take(&run->pool, c->count * sizeof *args, &args));
  for (uint32_t i = 0; i < c->count; i++) SL_TRY(sl_eval(run, c->args[i], &args[i]));
  return sl_call(run, c, args, out);
}

static sl_status counted(sl_run *run, const sl_code *c, sl_value *out) {
  uint64_t count;
  SL_TRY(sl_plan_count(run, c->plan, UINT64_MAX, &count));
  *out = sl_integer((int64_t)count);
  return SL_OK;
}

static sl_status shortest(sl_run *run, const sl_code *c, sl_value *out) {
  if (c->distinct) return pattern_list(run, c, out); // all of them
  sl_step_result step;
  sl_plan_reset(c->plan);
  const bool could_not = run->cannot_pause;
  run->cannot_pause = true;
  const sl_status status = sl_plan_step(run, c->plan, &step);
  run->cannot_pause = could_not;
  SL_TRY(status);
  *out = step == SL_ROW ? run->row[c->slot] : sl_null();
  return SL_OK;
}

sl_status sl_eval(sl_run *run, const sl_code *c, sl_value *out) {
  switch (c->kind) {
  case SL_CODE_VALUE:
    *out = c->value;
    return SL_OK;
  case SL_CYPHER_VARIABLE:
  case SL_CODE_AGGREGATED:
    *out = run->row[c->slot];
    return SL_OK;
  case SL_CYPHER_PARAMETER:
    *out = run->parameters[c->index];
    return SL_OK;
  case SL_CYPHER_PROPERTY: {
    sl_value from;
    SL_TRY(sl_eval(run, c->args[0], &from));
    return property(run, c, from, c->names[0], c->keys[0], out);
  }
  case SL_CYPHER_LIST:
    return made_list(run, c, out);
  case SL_CYPHER_MAP:
    return made_map(run, c, out);
  case SL_CYPHER_INDEX:
    return index_of(run, c, out);
  case SL_CYPHER_SLICE:
    return slice(run, c, out);
  case SL_CYPHER_BINARY:
    return binary(run, c, out);
  case SL_CYPHER_CALL:
    return call(run, c, out);
  case SL_CYPHER_CASE:
    return choose(run, c, out);
  case SL_CYPHER_LIST_COMPREHENSION:
    return comprehension(run, c, out);
  case SL_CYPHER_PATTERN_COMPREHENSION:
    return pattern_list(run, c, out);
  case SL_CYPHER_REDUCE:
    return reduce(run, c, out);
  case SL_CYPHER_COUNT_ROWS:
    return counted(run, c, out);
  case SL_CYPHER_SHORTEST:
    return shortest(run, c, out);
  default:
    break;
  }
  if (c->kind == SL_CYPHER_UNARY && !is_truth(c)) return sign(run, c, out);
  sl_truth t;
  SL_TRY(truth_of(run, c, &t));
  *out = sl_truth_value(t);
  return SL_OK;
}
