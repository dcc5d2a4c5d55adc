// Clauses as operators.
#include <string.h>

#include "base/memory.h"
#include "property/blocks.h"
#include "property/plan.h"

enum { MOST_OPERATORS = 20000 };

sl_status sl_operator_add(sl_run *run, sl_pipeline *p, sl_operator_kind kind, sl_operator **out) {
  if (p->count == p->room) {
    sl_operator *more;
    const uint32_t room = p->room < 4 ? 4 : p->room * 2;
    SL_TRY(sl_pool_take(&run->plan_pool, room * sizeof *more, &more));
    if (p->count > 0) memcpy(more, p->operators, p->count * sizeof *more);
    p->operators = more;
    p->room = room;
  }
  SL_REQUIRE(++run->operator_count <= MOST_OPERATORS, SL_ERR_OVERFLOW, "query",
             "a query with fewer clauses and patterns");
  *out = &p->operators[p->count++];
  memset(*out, 0, sizeof **out);
  (*out)->kind = (uint8_t)kind;
  (*out)->estimate = -1;
  return SL_OK;
}

sl_status sl_plan_new(sl_run *run, uint32_t branches, sl_plan **out) {
  SL_TRY(sl_pool_take(&run->plan_pool, sizeof **out, out));
  memset(*out, 0, sizeof **out);
  SL_TRY(sl_pool_take(&run->plan_pool, branches * sizeof(sl_pipeline), &(*out)->branches));
  memset((*out)->branches, 0, branches * sizeof(sl_pipeline));
  (*out)->count = branches;
  for (uint32_t i = 0; i < branches; i++) {
    sl_operator *o;
    SL_TRY(sl_operator_add(run, &(*out)->branches[i], SL_OP_ONCE, &o));
  }
  return SL_OK;
}

// What is kept of a row: the slots that a later clause can name.
typedef struct scope {
  sl_run *run;
  sl_pipeline *p;
  bool *live;
  bool nested; // in an expression
} scope;

static uint32_t live_count(const scope *s) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->run->statement->slot_count; i++) count += s->live[i];
  return count;
}

static sl_status live_slots(const scope *s, uint32_t **out, uint32_t *count) {
  SL_TRY(sl_pool_take(&s->run->plan_pool, (live_count(s) + 1) * sizeof **out, out));
  *count = 0;
  for (uint32_t i = 0; i < s->run->statement->slot_count; i++)
    if (s->live[i]) (*out)[(*count)++] = i;
  return SL_OK;
}

static void live_part(scope *s, const sl_cypher_part *p) {
  for (uint32_t i = 0; i <= p->length; i++) s->live[p->nodes[i].slot] |= p->nodes[i].named;
  for (uint32_t i = 0; i < p->length; i++)
    s->live[p->relationships[i].slot] |= p->relationships[i].named;
  if (p->slot != SL_CYPHER_NONE) s->live[p->slot] = true;
}

static sl_status filter(sl_run *run, sl_pipeline *p, const sl_cypher_expression *e) {
  sl_operator *o;
  if (e == NULL) return SL_OK;
  sl_code *code;
  SL_TRY(sl_code_make(run, e, &code));
  SL_TRY(sl_operator_add(run, p, SL_OP_FILTER, &o));
  o->code = code;
  return SL_OK;
}

// ---- MATCH --------------------------------------------------------------------------------------

static sl_status match(scope *s, const sl_cypher_clause *c) {
  const sl_cypher_pattern *pattern = &c->match.pattern;
  if (!c->match.optional) {
    SL_TRY(sl_plan_match(s->run, s->p, pattern->parts, pattern->count, c->match.where, !s->nested));
    for (uint32_t i = 0; i < pattern->count; i++) live_part(s, pattern->parts[i]);
    return SL_OK;
  }
  sl_plan *plan;
  sl_operator *o;
  SL_TRY(sl_plan_new(s->run, 1, &plan));
  SL_TRY(sl_plan_match(s->run, &plan->branches[0], pattern->parts, pattern->count, c->match.where,
                       !s->nested));
  SL_TRY(sl_operator_add(s->run, s->p, SL_OP_OPTIONAL, &o));
  o->plan = plan;
  bool *before;
  const uint32_t slots = s->run->statement->slot_count;
  SL_TRY(sl_pool_take(&s->run->plan_pool, slots, &before));
  memcpy(before, s->live, slots);
  for (uint32_t i = 0; i < pattern->count; i++) live_part(s, pattern->parts[i]);
  SL_TRY(sl_pool_take(&s->run->plan_pool, slots * sizeof(uint32_t), &o->slots));
  for (uint32_t i = 0; i < slots; i++)
    if (s->live[i] && !before[i]) o->slots[o->slot_count++] = i;
  return SL_OK;
}

// ---- WITH and RETURN ----------------------------------------------------------------------------

// Whether the rows of an operator only count: nothing reads what it binds.
static bool only_counts(scope *s, const sl_operator *o, const sl_cypher_projection *p,
                        bool *reads) {
  if (o->kind != SL_OP_EXPAND || o->into || o->list || o->hinted) return false;
  memset(reads, 0, s->run->statement->slot_count);
  reads[o->to] = reads[o->relationship] = true;
  for (uint32_t i = 0; i < p->item_count; i++)
    if (sl_reads(p->items[i].expression, reads)) return false;
  for (uint32_t i = 0; i < p->sort_count; i++)
    if (sl_reads(p->sorts[i].expression, reads)) return false;
  for (uint32_t i = 0; i < p->aggregate_count; i++)
    if (!sl_is_steady(p->aggregates[i]) || sl_reads(p->aggregates[i], reads)) return false;
  for (uint32_t i = 0; i < o->unlike_count; i++) {
    for (uint32_t k = 0; k < s->p->count; k++) { // a list of relationships
      const sl_operator *x = &s->p->operators[k];
      if (x->kind == SL_OP_VARIABLE && x->relationship == o->unlike[i]) return false;
    }
  }
  return true;
}

// The neighbours of the last relationships need not be walked where only their number counts.
static void count_neighbours(scope *s, const sl_cypher_projection *p) {
  bool *reads;
  if (sl_pool_take(&s->run->plan_pool, s->run->statement->slot_count, &reads) != SL_OK) return;
  const uint32_t last = s->p->count - 1;
  sl_operator *o = &s->p->operators[last];
  if (!only_counts(s, o, p, reads)) return;
  o->counts = true;
  if (last < 2) return;
  sl_operator *before = &s->p->operators[last - 1];
  if (before->to != o->from || !only_counts(s, before, p, reads)) return;
  sl_operator *inner;
  if (sl_pool_take(&s->run->plan_pool, sizeof *inner, &inner) != SL_OK) return;
  *inner = *o;
  before->inner = inner;
  before->counts = true;
  s->p->count--;
}

static sl_status project(scope *s, const sl_cypher_projection *p, bool aggregated) {
  sl_operator *o;
  SL_TRY(sl_operator_add(s->run, s->p, SL_OP_PROJECT, &o));
  sl_code **codes;
  uint32_t *slots, count = 0;
  SL_TRY(sl_pool_take(&s->run->plan_pool, p->item_count * sizeof(sl_code *), &codes));
  SL_TRY(sl_pool_take(&s->run->plan_pool, p->item_count * sizeof(uint32_t), &slots));
  for (uint32_t i = 0; i < p->item_count; i++) {
    const sl_cypher_item *item = &p->items[i];
    if (p->aggregate_count > 0 && item->expression->aggregates != aggregated) continue;
    if (item->expression->kind == SL_CYPHER_VARIABLE && item->expression->slot == item->slot)
      continue;
    slots[count] = item->slot;
    SL_TRY(sl_code_make(s->run, item->expression, &codes[count++]));
  }
  o = &s->p->operators[s->p->count - 1];
  o->codes = codes;
  o->slots = slots;
  o->count = o->slot_count = count;
  if (count == 0) s->p->count--;
  return SL_OK;
}

// Slots of the old row that items and ORDER BY read after grouping.
static sl_status kept_of_group(scope *s, const sl_cypher_projection *p, uint32_t **out,
                               uint32_t *count) {
  const uint32_t slots = s->run->statement->slot_count;
  bool *one;
  SL_TRY(sl_pool_take(&s->run->plan_pool, slots, &one));
  SL_TRY(sl_pool_take(&s->run->plan_pool, (live_count(s) + 1) * sizeof **out, out));
  memset(one, 0, slots);
  *count = 0;
  for (uint32_t i = 0; i < slots; i++) {
    if (!s->live[i]) continue;
    one[i] = true;
    bool read = false;
    for (uint32_t k = 0; k < p->item_count && !read; k++)
      read = p->items[k].expression->aggregates && sl_reads(p->items[k].expression, one);
    for (uint32_t k = 0; k < p->sort_count && !read; k++)
      read = sl_reads(p->sorts[k].expression, one);
    if (read) (*out)[(*count)++] = i;
    one[i] = false;
  }
  return SL_OK;
}

static sl_status aggregate(scope *s, const sl_cypher_projection *p) {
  count_neighbours(s, p);
  SL_TRY(project(s, p, false));
  sl_operator made = {0}, *o;
  sl_pool *pool = &s->run->plan_pool;
  SL_TRY(sl_pool_take(pool, p->item_count * sizeof(uint32_t), &made.key_slots));
  for (uint32_t i = 0; i < p->item_count; i++)
    if (!p->items[i].expression->aggregates) made.key_slots[made.key_count++] = p->items[i].slot;
  SL_TRY(sl_pool_take(pool, p->aggregate_count * sizeof(sl_code *), &made.codes));
  for (uint32_t i = 0; i < p->aggregate_count; i++)
    SL_TRY(sl_code_aggregate(s->run, p->aggregates[i], &made.codes[i]));
  SL_TRY(kept_of_group(s, p, &made.slots, &made.slot_count));
  SL_TRY(sl_operator_add(s->run, s->p, SL_OP_AGGREGATE, &o));
  o->key_slots = made.key_slots;
  o->key_count = made.key_count;
  o->codes = made.codes;
  o->count = p->aggregate_count;
  o->slots = made.slots;
  o->slot_count = made.slot_count;
  return project(s, p, true);
}

static sl_status sort(scope *s, const sl_cypher_projection *p) {
  sl_code **codes;
  bool *down;
  sl_operator *o;
  SL_TRY(sl_pool_take(&s->run->plan_pool, p->sort_count * sizeof(sl_code *), &codes));
  SL_TRY(sl_pool_take(&s->run->plan_pool, p->sort_count, &down));
  for (uint32_t i = 0; i < p->sort_count; i++) {
    SL_TRY(sl_code_make(s->run, p->sorts[i].expression, &codes[i]));
    down[i] = p->sorts[i].descending;
  }
  SL_TRY(sl_operator_add(s->run, s->p, SL_OP_SORT, &o));
  o->codes = codes;
  o->down = down;
  o->count = p->sort_count;
  if (p->limit != NULL) SL_TRY(sl_code_make(s->run, p->limit, &o->code));
  if (p->skip != NULL) SL_TRY(sl_code_make(s->run, p->skip, &o->where));
  return live_slots(s, &o->slots, &o->slot_count);
}

static sl_status cut(scope *s, sl_operator_kind kind, const sl_cypher_expression *e) {
  sl_operator *o;
  sl_code *code;
  if (e == NULL) return SL_OK;
  SL_TRY(sl_code_make(s->run, e, &code));
  SL_TRY(sl_operator_add(s->run, s->p, kind, &o));
  o->code = code;
  return SL_OK;
}

static sl_status projection(scope *s, const sl_cypher_projection *p) {
  const uint32_t slots = s->run->statement->slot_count;
  if (p->aggregate_count > 0)
    SL_TRY(aggregate(s, p));
  else
    SL_TRY(project(s, p, false));
  uint32_t *columns;
  SL_TRY(sl_pool_take(&s->run->plan_pool, p->item_count * sizeof *columns, &columns));
  for (uint32_t i = 0; i < p->item_count; i++) columns[i] = p->items[i].slot;
  s->p->columns = columns;
  if (p->distinct) {
    sl_operator *o;
    SL_TRY(sl_operator_add(s->run, s->p, SL_OP_DISTINCT, &o));
    o->key_slots = columns;
    o->key_count = p->item_count;
  }
  // ORDER BY still sees the old row; what it does not read need not be kept.
  bool *after;
  SL_TRY(sl_pool_take(&s->run->plan_pool, slots, &after));
  memset(after, 0, slots);
  for (uint32_t i = 0; i < p->item_count; i++) after[p->items[i].slot] = true;
  if (p->where != NULL && p->aggregate_count == 0 && !p->distinct)
    for (uint32_t i = 0; i < slots; i++) s->live[i] |= after[i]; // WHERE still sees it
  else
    memcpy(s->live, after, slots);
  if (p->sort_count > 0) SL_TRY(sort(s, p));
  memcpy(s->live, after, slots);
  SL_TRY(cut(s, SL_OP_SKIP, p->skip));
  SL_TRY(cut(s, SL_OP_LIMIT, p->limit));
  return filter(s->run, s->p, p->where);
}

// ---- the rest -----------------------------------------------------------------------------------

static sl_status unwind(scope *s, const sl_cypher_clause *c) {
  sl_operator *o;
  sl_code *code;
  SL_TRY(sl_code_make(s->run, c->unwind.list, &code));
  SL_TRY(sl_operator_add(s->run, s->p, SL_OP_UNWIND, &o));
  o->code = code;
  o->slot = c->unwind.slot;
  s->live[o->slot] = true;
  return SL_OK;
}

static sl_status update(scope *s, const sl_cypher_clause *c) {
  SL_TRY(sl_plan_update(s->run, s->p, c));
  sl_operator *o = &s->p->operators[s->p->count - 1];
  if (c->kind == SL_CYPHER_CREATE)
    for (uint32_t i = 0; i < c->create.pattern.count; i++) live_part(s, c->create.pattern.parts[i]);
  if (c->kind == SL_CYPHER_MERGE) live_part(s, c->merge.pattern.parts[0]);
  return live_slots(s, &o->slots, &o->slot_count);
}

static sl_status procedure(scope *s, const sl_cypher_clause *c) {
  sl_operator *o;
  sl_code **codes;
  SL_TRY(sl_pool_take(&s->run->plan_pool, (c->call.count + 1) * sizeof *codes, &codes));
  for (uint32_t i = 0; i < c->call.count; i++)
    SL_TRY(sl_code_make(s->run, c->call.args[i], &codes[i]));
  SL_TRY(sl_operator_add(s->run, s->p, SL_OP_PROCEDURE, &o));
  o->codes = codes;
  o->count = c->call.count;
  o->number = c->call.procedure;
  SL_TRY(sl_pool_take(&s->run->plan_pool, (2 * (size_t)c->call.yield_count + 1) * sizeof(uint32_t),
                      &o->slots));
  for (uint32_t i = 0; i < c->call.yield_count; i++) {
    o->slots[2 * i] = c->call.yields[i].output;
    o->slots[2 * i + 1] = c->call.yields[i].slot;
    s->live[c->call.yields[i].slot] = true;
  }
  o->slot_count = c->call.yield_count;
  if (c->call.standalone) {
    SL_TRY(sl_pool_take(&s->run->plan_pool, (c->call.yield_count + 1) * sizeof(uint32_t),
                        &s->p->columns));
    for (uint32_t i = 0; i < c->call.yield_count; i++) s->p->columns[i] = c->call.yields[i].slot;
  }
  return filter(s->run, s->p, c->call.where);
}

static sl_status clauses(sl_run *run, sl_pipeline *p, const sl_cypher_single *single, bool nested) {
  scope s = {.run = run, .p = p, .nested = nested};
  SL_TRY(sl_pool_take(&run->plan_pool, run->statement->slot_count, &s.live));
  memset(s.live, 0, run->statement->slot_count);
  for (uint32_t i = 0; i < single->count; i++) {
    const sl_cypher_clause *c = &single->clauses[i];
    switch (c->kind) {
    case SL_CYPHER_MATCH:
      SL_TRY(match(&s, c));
      break;
    case SL_CYPHER_UNWIND:
      SL_TRY(unwind(&s, c));
      break;
    case SL_CYPHER_WITH:
    case SL_CYPHER_RETURN:
      SL_TRY(projection(&s, &c->projection));
      break;
    case SL_CYPHER_CALL_PROCEDURE:
      SL_TRY(procedure(&s, c));
      break;
    default:
      SL_TRY(update(&s, c));
    }
  }
  return nested ? SL_OK : sl_blocks_plan(run, p);
}

static sl_status query(sl_run *run, const sl_cypher_query *q, bool nested, sl_plan **out) {
  SL_TRY(sl_plan_new(run, q->count, out));
  (*out)->distinct = q->count > 1 && !q->all;
  for (uint32_t i = 0; i < q->count; i++) {
    SL_TRY(clauses(run, &(*out)->branches[i], &q->branches[i], nested));
    const sl_cypher_clause *last = &q->branches[i].clauses[q->branches[i].count - 1];
    if (last->kind == SL_CYPHER_RETURN)
      (*out)->column_count = last->projection.item_count;
    else if (last->kind != SL_CYPHER_CALL_PROCEDURE || last->call.yield_count == 0)
      (*out)->branches[i].columns = NULL;
  }
  return SL_OK;
}

sl_status sl_plan_query(sl_run *run, const sl_cypher_query *q, sl_plan **out) {
  return query(run, q, true, out);
}

sl_status sl_plan_pattern(sl_run *run, const sl_cypher_part *part,
                          const sl_cypher_expression *where, sl_plan **out) {
  sl_cypher_part *parts[1] = {(sl_cypher_part *)part};
  SL_TRY(sl_plan_new(run, 1, out));
  return sl_plan_match(run, &(*out)->branches[0], parts, 1, where, false);
}

sl_status sl_plan_make(sl_run *run) {
  run->slot_count = run->statement->slot_count;
  run->operator_count = 0;
  SL_TRY(query(run, &run->statement->query, false, &run->plan));
  run->plan->column_count = run->statement->column_count;
  const uint32_t slots = run->slot_count + 1;
  sl_free(run->row);
  run->row = NULL;
  SL_TRY(SL_ALLOC_ZERO(&run->row, slots));
  return SL_OK;
}
