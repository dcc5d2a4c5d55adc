// Operators in their pipelines.
#include <string.h>

#include "base/memory.h"
#include "property/blocks.h"

// ---- life ---------------------------------------------------------------------------------------

static void free_tallies(sl_operator *o) {
  for (uint32_t i = 0; i < o->tally_room; i++) sl_tally_free(&o->tallies[i]);
  sl_free(o->tallies);
  o->tallies = NULL;
  o->tally_room = 0;
}

void sl_operator_release(sl_operator *o) {
  sl_table_free(&o->table);
  sl_distinct_free(&o->distinct);
  free_tallies(o);
  sl_free(o->trail);
  sl_free(o->trail_ids);
  sl_free(o->sums);
  for (int i = 0; i < 2; i++) sl_test_release(&o->tests[i]);
  for (int i = 0; i < 4; i++) sl_free(o->places[i]);
  o->trail = NULL;
  o->trail_ids = NULL;
  o->sums = NULL;
  memset((void *)o->places, 0, sizeof o->places);
  o->trail_room = o->sums_room = o->summed = o->place_room = o->depth = o->end = 0;
  if (o->inner != NULL) sl_operator_release(o->inner);
  if (o->blocks != NULL) sl_blocks_release(o->blocks);
  if (o->plan != NULL) sl_plan_release(o->plan);
  if (o->update != NULL && o->update->match != NULL) sl_plan_release(o->update->match);
}

static void release_code(sl_code *c) {
  if (c == NULL) return;
  if (c->plan != NULL) sl_plan_release(c->plan);
  for (uint32_t i = 0; i < c->count && c->kind != SL_CYPHER_SHORTEST; i++) release_code(c->args[i]);
}

static void release_sets(sl_assignment *sets, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    release_code(sets[i].target);
    release_code(sets[i].value);
  }
}

static void release_update(sl_update *u) {
  for (uint32_t i = 0; i < u->part_count; i++) {
    for (uint32_t k = 0; k < u->parts[i].node_count; k++)
      release_code(u->parts[i].nodes[k].properties);
    for (uint32_t k = 0; k < u->parts[i].relationship_count; k++)
      release_code(u->parts[i].relationships[k].properties);
  }
  if (u->sets != NULL) release_sets(u->sets, u->count);
  release_sets(u->on_create, u->on_create_count);
  release_sets(u->on_match, u->on_match_count);
  for (uint32_t i = 0; u->targets != NULL && i < u->count; i++) release_code(u->targets[i]);
}

void sl_plan_release(sl_plan *plan) {
  sl_distinct_free(&plan->seen);
  for (uint32_t b = 0; b < plan->count; b++) {
    sl_pipeline *p = &plan->branches[b];
    p->begun = false;
    for (uint32_t i = 0; i < p->count; i++) {
      sl_operator *o = &p->operators[i];
      sl_operator_release(o);
      release_code(o->code);
      release_code(o->where);
      for (uint32_t k = 0; k < o->count; k++) release_code(o->codes[k]);
      if (o->update != NULL) release_update(o->update);
    }
  }
}

void sl_plan_reset(sl_plan *plan) {
  plan->branch = 0;
  plan->started = false;
  for (uint32_t b = 0; b < plan->count; b++) plan->branches[b].begun = false;
}

static sl_status row_limit(sl_run *run, const sl_code *code, const char *what, uint64_t *out) {
  sl_value v;
  SL_TRY(sl_eval(run, code, &v));
  if (v.kind != SL_VALUE_INTEGER)
    return sl_run_fail(run, code->begin, SL_CYPHER_ERROR_SYNTAX, SL_CYPHER_INVALID_ARGUMENT_TYPE,
                       what);
  if (v.as.integer < 0)
    return sl_run_fail(run, code->begin, SL_CYPHER_ERROR_SYNTAX,
                       SL_CYPHER_NEGATIVE_INTEGER_ARGUMENT, what);
  *out = (uint64_t)v.as.integer;
  return SL_OK;
}

sl_status sl_operator_begin(sl_run *run, sl_operator *o) {
  o->started = o->finished = o->found = false;
  o->at = 0;
  o->limit = UINT64_MAX;
  if (o->kind == SL_OP_EXPAND) sl_step_begin(run, o);
  if (o->kind == SL_OP_BLOCKS) sl_blocks_begin(run, o->blocks);
  if (o->table.count > 0 || o->table.pool.top != NULL) sl_table_free(&o->table);
  if (o->distinct.table.room > 0) sl_distinct_free(&o->distinct);
  if (o->tally_room > 0) free_tallies(o);
  if (o->kind == SL_OP_SHORTEST && o->place_room > 0) {
    for (uint32_t i = 0; i < o->end; i++) o->places[0][o->places[3][i]] = SL_NO_ID;
    o->end = 0;
  }
  if (o->kind == SL_OP_SKIP || o->kind == SL_OP_LIMIT)
    return row_limit(run, o->code, "SKIP and LIMIT take an integer from 0 on", &o->limit);
  if (o->kind == SL_OP_SORT && o->code != NULL) {
    uint64_t skip = 0;
    SL_TRY(row_limit(run, o->code, "LIMIT takes an integer from 0 on", &o->limit));
    if (o->where != NULL)
      SL_TRY(row_limit(run, o->where, "SKIP takes an integer from 0 on", &skip));
    o->limit = o->limit + skip < skip ? UINT64_MAX : o->limit + skip;
  }
  return SL_OK;
}

// ---- sorting ------------------------------------------------------------------------------------

static int sort_order(const sl_operator *o, const sl_value *a, const sl_value *b) {
  for (uint32_t i = 0; i < o->count; i++) {
    const int order = sl_value_order(a[i], b[i]);
    if (order != 0) return o->down[i] ? -order : order;
  }
  return 0;
}

// The heap of the `limit` first rows, the last of them on top.
static void sift_down(const sl_operator *o, sl_value **rows, uint32_t count, uint32_t at) {
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && sort_order(o, rows[child + 1], rows[child]) > 0) child++;
    if (sort_order(o, rows[child], rows[at]) <= 0) return;
    sl_value *row = rows[at];
    rows[at] = rows[child];
    rows[child] = row;
    at = child;
  }
}

static void sift_up(const sl_operator *o, sl_value **rows, uint32_t at) {
  while (at > 0 && sort_order(o, rows[at], rows[(at - 1) / 2]) > 0) {
    sl_value *row = rows[at];
    rows[at] = rows[(at - 1) / 2];
    rows[(at - 1) / 2] = row;
    at = (at - 1) / 2;
  }
}

static sl_status sort_take(sl_run *run, sl_operator *o) {
  sl_value few[8], *keys = few;
  sl_table *t = &o->table;
  if (o->limit == 0) return SL_OK;
  if (o->count > 8) SL_TRY(sl_pool_take(&run->pool, o->count * sizeof *keys, &keys));
  for (uint32_t i = 0; i < o->count; i++) SL_TRY(sl_eval(run, o->codes[i], &keys[i]));
  sl_value *row;
  if (t->count == o->limit) {
    row = t->rows[0];
    if (sort_order(o, keys, row) >= 0) return SL_OK;
  } else {
    if (t->count == t->room) {
      const uint32_t room = t->room < 4 ? 4 : t->room * 2;
      SL_TRY(SL_REALLOC(&t->rows, room));
      t->room = room;
    }
    SL_TRY(sl_pool_take(&t->pool, (o->count + (size_t)o->slot_count) * sizeof *row, &row));
    t->rows[t->count++] = row;
  }
  memcpy(row, keys, o->count * sizeof *row);
  for (uint32_t i = 0; i < o->slot_count; i++) row[o->count + i] = run->row[o->slots[i]];
  if (o->limit != UINT64_MAX) {
    if (t->count == o->limit) sift_down(o, t->rows, t->count, 0);
    if (row == t->rows[t->count - 1]) sift_up(o, t->rows, t->count - 1);
  }
  return SL_OK;
}

// Merges runs of `width` rows, a pair at a time. o->number: the width; o->end: the next pair; places[0] not used.
static sl_status sort_step(sl_run *run, sl_operator *o, bool *done) {
  sl_table *t = &o->table;
  sl_value **from = t->rows, **to;
  *done = false;
  if (!o->started) {
    o->started = true;
    o->number = 1;
    o->end = 0;
    SL_TRY(sl_pool_take(&t->pool, (size_t)t->count * sizeof *to, &to));
    o->list_value.as.list = (const sl_list *)(void *)to;
  }
  to = (sl_value **)(void *)o->list_value.as.list;
  while (o->number < t->count) {
    while (o->end < t->count) {
      const uint64_t w = o->number, n = t->count;
      uint64_t a = o->end, ends = a + w < n ? a + w : n, b = ends,
               limit = a + 2 * w < n ? a + 2 * w : n, k = a;
      while (a < ends && b < limit)
        to[k++] = sort_order(o, from[a], from[b]) <= 0 ? from[a++] : from[b++];
      while (a < ends) to[k++] = from[a++];
      while (b < limit) to[k++] = from[b++];
      run->work += limit - o->end;
      o->end = (uint32_t)limit;
      if (sl_over_budget(run)) return SL_OK;
    }
    memcpy((void *)from, (const void *)to, (size_t)t->count * sizeof *from);
    o->end = 0;
    o->number = o->number > t->count / 2 ? t->count : o->number * 2;
  }
  *done = true;
  return SL_OK;
}

static void load(sl_run *run, const sl_value *from, const uint32_t *slots, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) run->row[slots[i]] = from[i];
}

// ---- grouping -----------------------------------------------------------------------------------

sl_status sl_group_of_row(sl_run *run, sl_operator *o, uint32_t *number) {
  bool fresh = o->table.count == 0;
  *number = 0;
  if (o->key_count > 0)
    SL_TRY(sl_distinct_add(&o->distinct, run->row, o->key_slots, o->key_count, number, &fresh));
  if (!fresh) return SL_OK;
  SL_TRY(sl_table_add(&o->table, run->row, o->slots, o->slot_count, NULL));
  const size_t wanted = (size_t)o->table.count * o->count;
  if (wanted > o->tally_room) {
    const size_t tallies = o->tally_room * 2 > wanted ? (size_t)o->tally_room * 2 : wanted;
    SL_TRY(SL_REALLOC(&o->tallies, tallies));
    memset(o->tallies + o->tally_room, 0, (tallies - o->tally_room) * sizeof *o->tallies);
    o->tally_room = (uint32_t)tallies;
  }
  return SL_OK;
}

static sl_status aggregate_take(sl_run *run, sl_operator *o) {
  uint32_t number;
  const uint64_t times = run->times;
  run->times = 1;
  SL_TRY(sl_group_of_row(run, o, &number));
  sl_tally *tallies = o->tallies + (size_t)number * o->count;
  for (uint32_t i = 0; i < o->count; i++)
    SL_TRY(sl_tally_add(run, o->codes[i], &tallies[i], times));
  return SL_OK;
}

static sl_status aggregate_give(sl_run *run, sl_operator *o, sl_step_result *out) {
  if (o->table.count == 0 && o->key_count == 0) { // no rows are a group as well
    for (uint32_t i = 0; i < o->slot_count; i++) run->row[o->slots[i]] = sl_null();
    SL_TRY(sl_table_add(&o->table, run->row, o->slots, o->slot_count, NULL));
    SL_TRY(SL_ALLOC_ZERO(&o->tallies, (size_t)o->count + 1));
    o->tally_room = o->count + 1;
  }
  *out = SL_END;
  if (o->at >= o->table.count) return SL_OK;
  if (o->key_count > 0) load(run, o->distinct.table.rows[o->at], o->key_slots, o->key_count);
  load(run, o->table.rows[o->at], o->slots, o->slot_count);
  for (uint32_t i = 0; i < o->count; i++)
    SL_TRY(sl_tally_result(run, o->codes[i], &o->tallies[(size_t)o->at * o->count + i],
                           &run->row[o->codes[i]->slot]));
  o->at++;
  *out = SL_ROW;
  return SL_OK;
}

// ---- UNWIND -------------------------------------------------------------------------------------

static sl_status unwind_start(sl_run *run, sl_operator *o) {
  const sl_code *c = o->code;
  o->at = o->end = 0;
  o->found = false;
  if (c->kind == SL_CYPHER_CALL && c->function == SL_CYPHER_FUNCTION_RANGE) { // no list is made
    sl_value v[3] = {{0}, {0}, sl_integer(1)};
    for (uint32_t i = 0; i < c->count; i++) SL_TRY(sl_eval(run, c->args[i], &v[i]));
    const bool plain = v[0].kind == SL_VALUE_INTEGER && v[1].kind == SL_VALUE_INTEGER &&
                       v[2].kind == SL_VALUE_INTEGER && v[2].as.integer != 0;
    if (plain) {
      const bool up = v[2].as.integer > 0;
      o->found = up ? v[0].as.integer <= v[1].as.integer : v[0].as.integer >= v[1].as.integer;
      o->integer = v[0].as.integer;
      o->last = v[1].as.integer;
      o->step_by = v[2].as.integer;
      return SL_OK;
    }
    SL_TRY(sl_call(run, c, v, &o->list_value));
  } else
    SL_TRY(sl_eval(run, c, &o->list_value));
  if (o->list_value.kind == SL_VALUE_LIST)
    o->end = o->list_value.as.list->count;
  else
    o->end = sl_is_null(o->list_value) ? 0 : 1;
  return SL_OK;
}

static sl_step_result unwind(sl_run *run, sl_operator *o) {
  if (o->found) {
    int64_t next;
    run->row[o->slot] = sl_integer(o->integer);
    o->found = !__builtin_add_overflow(o->integer, o->step_by, &next) &&
               (o->step_by > 0 ? next <= o->last : next >= o->last);
    o->integer = next;
    return SL_ROW;
  }
  if (o->at >= o->end) return SL_END;
  run->row[o->slot] =
      o->list_value.kind == SL_VALUE_LIST ? o->list_value.as.list->items[o->at] : o->list_value;
  o->at++;
  return SL_ROW;
}

// ---- all operators ------------------------------------------------------------------------------

static sl_status test(sl_run *run, sl_operator *o) {
  sl_truth t;
  const sl_pool_mark mark = sl_pool_here(&run->pool);
  SL_TRY(sl_eval_truth(run, o->code, &t));
  sl_pool_release(&run->pool, mark);
  o->found = t == SL_TRUE;
  return SL_OK;
}

sl_status sl_start(sl_run *run, sl_operator *o) {
  uint32_t number;
  switch (o->kind) {
  case SL_OP_ONCE:
    o->found = true;
    return SL_OK;
  case SL_OP_BLOCKS:
    return SL_OK;
  case SL_OP_FILTER:
    return test(run, o);
  case SL_OP_PATH:
    o->found = true;
    return sl_path_of(run, o->slots, o->slot_count, &run->row[o->slot]);
  case SL_OP_OPTIONAL:
    o->found = o->finished = false;
    sl_plan_reset(o->plan);
    return SL_OK;
  case SL_OP_UNWIND:
    return unwind_start(run, o);
  case SL_OP_PROJECT:
    for (uint32_t i = 0; i < o->count; i++)
      SL_TRY(sl_eval(run, o->codes[i], &run->row[o->slots[i]]));
    o->found = true;
    return SL_OK;
  case SL_OP_DISTINCT:
    return sl_distinct_add(&o->distinct, run->row, o->key_slots, o->key_count, &number, &o->found);
  case SL_OP_SKIP:
    o->found = o->limit == 0;
    if (!o->found) o->limit--;
    return SL_OK;
  case SL_OP_LIMIT:
    o->found = o->limit > 0;
    if (o->found) o->limit--;
    return SL_OK;
  case SL_OP_AGGREGATE:
    return aggregate_take(run, o);
  case SL_OP_SORT:
    return sort_take(run, o);
  case SL_OP_UPDATE:
    return sl_table_add(&o->table, run->row, o->slots, o->slot_count, NULL);
  case SL_OP_SHORTEST:
    return sl_shortest_start(run, o);
  case SL_OP_PROCEDURE:
    return sl_procedure_start(run, o);
  default:
    return sl_match_start(run, o);
  }
}

static sl_status optional(sl_run *run, sl_operator *o, sl_step_result *out) {
  *out = SL_END;
  if (o->finished) return SL_OK;
  SL_TRY(sl_plan_step(run, o->plan, out));
  if (*out == SL_ROW) o->found = true;
  if (*out != SL_END) return SL_OK;
  o->finished = true;
  if (o->found) return SL_OK;
  for (uint32_t i = 0; i < o->slot_count; i++) run->row[o->slots[i]] = sl_null();
  *out = SL_ROW;
  return SL_OK;
}

static sl_status sorted(sl_run *run, sl_operator *o, sl_step_result *out) {
  if (!o->found) {
    SL_TRY(sort_step(run, o, &o->found));
    *out = SL_PAUSE;
    if (!o->found) return SL_OK;
  }
  *out = SL_END;
  if (o->at >= o->table.count) return SL_OK;
  load(run, o->table.rows[o->at++] + o->count, o->slots, o->slot_count);
  *out = SL_ROW;
  return SL_OK;
}

sl_status sl_produce(sl_run *run, sl_operator *o, sl_step_result *out) {
  switch (o->kind) {
  case SL_OP_ONCE:
  case SL_OP_FILTER:
  case SL_OP_PATH:
  case SL_OP_PROJECT:
  case SL_OP_DISTINCT:
  case SL_OP_SKIP:
  case SL_OP_LIMIT:
    *out = o->found ? SL_ROW : SL_END;
    o->found = false;
    return SL_OK;
  case SL_OP_BLOCKS:
    return sl_blocks_produce(run, o, out);
  case SL_OP_OPTIONAL:
    return optional(run, o, out);
  case SL_OP_UNWIND:
    *out = unwind(run, o);
    return SL_OK;
  case SL_OP_SHORTEST:
    return sl_shortest_produce(run, o, out);
  case SL_OP_PROCEDURE:
    return sl_procedure_produce(run, o, out);
  case SL_OP_AGGREGATE:
  case SL_OP_SORT:
  case SL_OP_UPDATE:
    *out = SL_END;
    if (!o->finished) return SL_OK;
    return o->kind == SL_OP_AGGREGATE ? aggregate_give(run, o, out)
           : o->kind == SL_OP_SORT    ? sorted(run, o, out)
                                      : sl_update_apply(run, o, out);
  default:
    return sl_match_produce(run, o, out);
  }
}

// ---- pipelines ----------------------------------------------------------------------------------

// The next operator that has waited for all rows, which are there now. False: there is none.
static bool next_source(sl_pipeline *p) {
  for (uint32_t i = p->base + 1; i < p->count; i++) {
    if (p->operators[i].kind < SL_OP_AGGREGATE) continue;
    p->operators[i].finished = true;
    p->at = p->base = i;
    return true;
  }
  return false;
}

static sl_status pipeline_step(sl_run *run, sl_pipeline *p, sl_step_result *out) {
  if (!p->begun) {
    p->begun = true;
    p->at = p->base = 0;
    for (uint32_t i = 0; i < p->count; i++) SL_TRY(sl_operator_begin(run, &p->operators[i]));
    SL_TRY(sl_start(run, &p->operators[0]));
  }
  for (;;) {
    sl_operator *o = &p->operators[p->at];
    run->work++;
    if (sl_over_budget(run)) {
      *out = SL_PAUSE;
      return run->cannot_pause ? sl_end_if_too_long(run) : SL_OK;
    }
    SL_TRY(sl_produce(run, o, out));
    if (*out == SL_PAUSE) {
      if (!run->cannot_pause) return SL_OK;
      SL_TRY(sl_end_if_too_long(run));
      continue;
    }
    if (*out == SL_ROW) {
      o->produced += o->counts ? run->times : 1;
      if (p->at == p->count - 1) return SL_OK;
      SL_TRY(sl_start(run, &p->operators[++p->at]));
      continue;
    }
    // The last row of LIMIT is out: nothing before it is needed.
    if (o->kind == SL_OP_LIMIT && o->limit == 0) p->base = p->at;
    if (p->at > p->base)
      p->at--;
    else if (!next_source(p)) {
      *out = SL_END;
      return SL_OK;
    }
  }
}

sl_status sl_plan_step(sl_run *run, sl_plan *plan, sl_step_result *out) {
  if (!plan->started) {
    plan->started = true;
    sl_distinct_free(&plan->seen);
  }
  *out = SL_END;
  while (plan->branch < plan->count) {
    sl_pipeline *p = &plan->branches[plan->branch];
    SL_TRY(pipeline_step(run, p, out));
    if (*out == SL_PAUSE) return SL_OK;
    if (*out == SL_END) {
      plan->branch++;
      continue;
    }
    plan->produced++;
    if (!plan->distinct || p->columns == NULL) return SL_OK;
    uint32_t number;
    bool fresh;
    SL_TRY(sl_distinct_add(&plan->seen, run->row, p->columns, plan->column_count, &number, &fresh));
    if (fresh) return SL_OK;
    plan->produced--;
  }
  return SL_OK;
}

void sl_run_free(sl_run *run) {
  if (run->plan != NULL) sl_plan_release(run->plan);
  sl_pool_free(&run->plan_pool);
  sl_pool_free(&run->pool);
  sl_free(run->row);
  run->row = NULL;
  run->plan = NULL;
}
