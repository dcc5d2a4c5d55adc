#include "property/blocks.h"

#include <string.h>

#include "base/memory.h"

// ---- planning -----------------------------------------------------------------------------------

// Whether the operator at a place expands from a node that one of those before it finds.
static bool is_step(const sl_pipeline *p, uint32_t at) {
  const sl_operator *o = &p->operators[at];
  if (at >= p->count || o->kind != SL_OP_EXPAND || o->into || o->list || o->hinted) return false;
  for (uint32_t i = 1; i < at; i++)
    if (p->operators[i].to == o->from) return true;
  return false;
}

// The level whose node or relationship is in a slot; false: none has it.
static bool level_of(const sl_blocks *b, uint32_t slot, uint32_t *level, uint8_t *what) {
  for (uint32_t i = 0; i < b->count; i++) {
    *level = i;
    *what = SL_OF_NODES;
    if (b->steps[i].to == slot) return true;
    *what = SL_OF_RELATIONSHIPS;
    if (i > 0 && b->steps[i].relationship == slot) return true;
  }
  return false;
}

static bool measure_of(const sl_blocks *b, const sl_code *call, sl_measure *out) {
  *out = (sl_measure){.key = SL_NO_NAME};
  if (call->distinct || call->count > 1) return false;
  if (call->function == SL_CYPHER_FUNCTION_COUNT_STAR) return true;
  const sl_code *c = call->args[0];
  if (c->kind == SL_CYPHER_VARIABLE) // a node or a relationship, which is there
    return call->function == SL_CYPHER_FUNCTION_COUNT &&
           level_of(b, c->slot, &out->level, &out->what);
  if (c->kind != SL_CYPHER_PROPERTY || c->args[0]->kind != SL_CYPHER_VARIABLE) return false;
  out->key = c->names[0];
  return level_of(b, c->args[0]->slot, &out->level, &out->what);
}

// Marks the level that an expression reads. False: it is not known what it reads.
static bool key_reads(sl_blocks *b, const sl_code *c, bool *first) {
  uint32_t level;
  uint8_t what;
  if (c->kind == SL_CODE_VALUE || c->kind == SL_CYPHER_PARAMETER) return true;
  if (c->kind == SL_CYPHER_VARIABLE) {
    if (!level_of(b, c->slot, &level, &what)) return false;
    if (*first || (b->key_level == level && b->key_what == what)) {
      b->key_level = level;
      b->key_what = what;
    } else
      b->key_level = SL_NO_ID;
    *first = false;
    return true;
  }
  if (c->kind != SL_CYPHER_PROPERTY && c->kind != SL_CYPHER_BINARY &&
      c->kind != SL_CYPHER_COMPARE &&
      (c->kind != SL_CYPHER_CALL || c->function == SL_CYPHER_FUNCTION_RAND))
    return false;
  for (uint32_t i = 0; i < c->count; i++)
    if (!key_reads(b, c->args[i], first)) return false;
  return true;
}

static bool can_group(sl_run *run, sl_blocks *b, sl_operator *project, sl_operator *sink) {
  bool first = true;
  uint32_t level;
  uint8_t what;
  b->key_level = SL_NO_ID;
  b->key = SL_NO_NAME;
  for (uint32_t i = 0; project != NULL && i < project->count; i++)
    if (!key_reads(b, project->codes[i], &first)) return false;
  // What an item has not moved is a key as it is.
  for (uint32_t i = 0; i < sink->key_count; i++) {
    bool projected = false;
    for (uint32_t k = 0; project != NULL && k < project->count; k++)
      projected |= project->slots[k] == sink->key_slots[i];
    const sl_code direct = {.kind = SL_CYPHER_VARIABLE, .slot = sink->key_slots[i]};
    if (!projected && !key_reads(b, &direct, &first)) return false;
  }
  if (sink->key_count == 1 && project != NULL && project->count == 1 &&
      project->codes[0]->kind == SL_CYPHER_PROPERTY)
    b->key = project->codes[0]->names[0];
  for (uint32_t i = 0; i < sink->slot_count; i++)
    if (!level_of(b, sink->slots[i], &level, &what)) return false;
  if (sl_pool_take(&run->plan_pool, (sink->count + 1) * sizeof *b->measures, &b->measures) != SL_OK)
    return false;
  for (uint32_t i = 0; i < sink->count; i++)
    if (!measure_of(b, sink->codes[i], &b->measures[i])) return false;
  b->project = project;
  b->sink = sink;
  return true;
}

sl_status sl_blocks_plan(sl_run *run, sl_pipeline *p) {
  uint32_t end = 2;
  if (run->statement->writes || p->count < 3 || p->operators[1].kind != SL_OP_SCAN) return SL_OK;
  while (end <= SL_MOST_LEVELS && is_step(p, end) && !p->operators[end].counts) end++;
  const bool tail = is_step(p, end) && p->operators[end].counts;
  const uint32_t after = end + tail;
  sl_blocks *b;
  sl_operator *all, *project = NULL;
  SL_TRY(sl_pool_take(&run->plan_pool, sizeof *b, &b));
  memset(b, 0, sizeof *b);
  SL_TRY(sl_pool_take(&run->plan_pool, p->count * sizeof *all, &all));
  memcpy(all, p->operators, p->count * sizeof *all);
  b->steps = all + 1;
  b->count = end - 1;
  b->tail = tail ? &all[end] : NULL;
  uint32_t first = after;
  if (first < p->count && all[first].kind == SL_OP_PROJECT) project = &all[first++];
  const bool grouped = first < p->count && all[first].kind == SL_OP_AGGREGATE &&
                       can_group(run, b, project, &all[first]);
  if (!grouped && b->count == 1) return SL_OK;
  if (!grouped) first = after;
  sl_operator *o = &p->operators[1];
  memset(o, 0, sizeof *o);
  o->kind = SL_OP_BLOCKS;
  o->estimate = -1;
  o->blocks = b;
  memcpy(o + 1, all + first, (p->count - first) * sizeof *o);
  p->count -= first - 2;
  b->sink = grouped ? o + 1 : NULL;
  return SL_OK;
}

void sl_blocks_begin(const sl_run *run, sl_blocks *b) {
  for (uint32_t i = 0; i < b->count; i++) sl_step_begin(run, &b->steps[i]);
  if (b->tail != NULL) sl_step_begin(run, b->tail);
  b->begun = false;
}

void sl_blocks_release(sl_blocks *b) {
  for (uint32_t i = 0; i < b->count; i++) sl_operator_release(&b->steps[i]);
  if (b->tail != NULL) sl_operator_release(b->tail);
  sl_free(b->levels);
  sl_free(b->rows);
  sl_free(b->groups);
  sl_free(b->strings);
  b->levels = NULL;
  b->rows = NULL;
  b->groups = b->strings = NULL;
  b->group_room = b->string_room = 0;
  b->begun = false;
}

// ---- filling ------------------------------------------------------------------------------------

static sl_status begin(sl_run *run, sl_blocks *b) {
  if (b->levels == NULL) {
    SL_TRY(SL_ALLOC(&b->levels, b->count));
    SL_TRY(SL_ALLOC(&b->rows, 1));
  }
  for (uint32_t i = 0; i < b->count; i++) {
    sl_level *l = &b->levels[i];
    const sl_operator *step = &b->steps[i];
    l->count = l->cursor = 0;
    l->room = 4;
    l->open = l->paused = false;
    l->unlike = l->from = 0;
    for (uint32_t k = 0; k < i; k++)
      if (b->steps[k].to == step->from) l->from = k;
    for (uint32_t k = 1; k < i; k++)
      for (uint32_t j = 0; j < step->unlike_count; j++)
        if (step->unlike[j] == b->steps[k].relationship) l->unlike |= 1u << k;
  }
  b->level = b->at = 0;
  b->ready = false;
  b->begun = true;
  return b->steps[0].bound_count > 0 ? sl_scan_begin(run, &b->steps[0]) : SL_OK;
}

static sl_status scan(sl_run *run, sl_operator *step, sl_level *l) {
  const sl_store *s = run->store;
  sl_test *t = &step->tests[SL_OF_NODES];
  uint32_t id = l->cursor, set = SL_NO_ID, marked = 0;
  const bool by_order = step->by_order;
  bool has = true;
  for (; id < s->node_count && l->count < l->room && !l->paused; id++) {
    if (by_order && (id = sl_scan_next(step, id, s->node_count)) == s->node_count) break;
    const uint32_t of = s->node_set[id];
    if (of != set && step->label != SL_NO_NAME) {
      set = of;
      has = sl_set_has(s, of & ~SL_GONE, step->label);
    }
    bool right = has && !(of & SL_GONE);
    if (right) SL_TRY(sl_test_passes(run, t, id, &right));
    if (right) l->nodes[l->count++] = id;
    if (id % 1024 == 1023 || by_order) {
      run->work += by_order ? 1 : 256;
      marked++;
      l->paused = sl_over_budget(run);
    }
  }
  step->hits += by_order ? marked : id - l->cursor;
  l->cursor = id;
  return SL_OK;
}

// All neighbours for rows of the level before, until the block is full.
static void neighbours(const sl_run *run, const sl_blocks *b, sl_level *l) {
  sl_operator *step = &b->steps[b->level];
  const sl_level *before = l - 1;
  uint32_t node, r, count = l->count;
  for (;;) {
    if (!l->open) {
      if (l->cursor == before->count) break;
      uint32_t at = l->cursor, k = b->level - 1;
      for (; k > l->from; k--) at = b->levels[k].parents[at];
      sl_step_walk(run, step, &l->walk, b->levels[k].nodes[at]);
      l->open = true;
    }
    while (count < l->room && sl_step_next(step, &l->walk, &node, &r)) {
      l->nodes[count] = node;
      l->relationships[count] = r;
      l->parents[count++] = l->cursor;
    }
    if (count == l->room) break;
    l->open = false;
    l->cursor++;
  }
  step->hits += count - l->count;
  l->count = count;
}

// Moves a row down where those before it were left out.
static inline void keep(sl_level *l, uint32_t from, uint32_t to) {
  l->nodes[to] = l->nodes[from];
  l->relationships[to] = l->relationships[from];
  l->parents[to] = l->parents[from];
}

// Leaves out rows from `first` on whose relationship the level k has as well.
static void differing(const sl_blocks *b, sl_level *l, uint32_t first, uint32_t k) {
  uint32_t count = first;
  for (uint32_t i = first; i < l->count; i++) {
    uint32_t at = l->parents[i];
    for (uint32_t j = b->level - 1; j > k; j--) at = b->levels[j].parents[at];
    keep(l, i, count);
    count += l->relationships[i] != b->levels[k].relationships[at];
  }
  l->count = count;
}

// And those that do not pass. What is known comes from memory in no order, and a wrong guess would wait for it: no jump
// depends on it.
static sl_status passing(sl_run *run, sl_test *t, sl_level *l, uint32_t first) {
  const uint32_t *ids = t->what == SL_OF_NODES ? l->nodes : l->relationships;
  uint32_t count = first;
  for (uint32_t i = first; i < l->count && t->code != NULL; i++) {
    uint8_t known = ids[i] < t->room ? t->known[ids[i]] : 0;
    if (known == 0) SL_TRY(sl_test_look(run, t, ids[i], &known));
    keep(l, i, count);
    count += known == SL_PASSES;
  }
  if (t->code != NULL) l->count = count;
  return SL_OK;
}

static sl_status expand(sl_run *run, sl_blocks *b) {
  sl_operator *step = &b->steps[b->level];
  sl_level *l = &b->levels[b->level];
  do {
    const uint32_t first = l->count;
    neighbours(run, b, l);
    run->work += l->count - first + 1;
    for (uint32_t k = 1; k < b->level; k++)
      if (l->unlike >> k & 1) differing(b, l, first, k);
    SL_TRY(passing(run, &step->tests[SL_OF_RELATIONSHIPS], l, first));
    SL_TRY(passing(run, &step->tests[SL_OF_NODES], l, first));
    l->paused = sl_over_budget(run);
  } while (!l->paused && l->count <= l->room / 2 && (l->open || l->cursor < l[-1].count));
  return SL_OK;
}

// The next rows of the highest level.
static sl_status fill(sl_run *run, sl_blocks *b, sl_step_result *out) {
  for (;;) {
    sl_level *l = &b->levels[b->level];
    if (!l->paused) {
      l->count = 0;
      l->room = l->room * 4 < SL_BLOCK ? l->room * 4 : SL_BLOCK;
    }
    l->paused = false;
    SL_TRY(b->level == 0 ? scan(run, &b->steps[0], l) : expand(run, b));
    *out = SL_PAUSE;
    if (l->paused) return SL_OK;
    if (l->count == 0) {
      *out = SL_END;
      if (b->level == 0) return SL_OK;
      b->level--;
      continue;
    }
    b->steps[b->level].produced += l->count;
    *out = SL_ROW;
    if (b->level + 1 == b->count) return SL_OK;
    b->level++;
    l[1].cursor = 0;
    l[1].open = false;
  }
}

// ---- rows ---------------------------------------------------------------------------------------

void sl_blocks_row(sl_run *run, const sl_blocks *b, uint32_t row) {
  for (uint32_t i = b->count - 1; i > 0; i--) {
    const sl_level *l = &b->levels[i];
    run->row[b->steps[i].to] = sl_node(l->nodes[row]);
    run->row[b->steps[i].relationship] = sl_relationship(l->relationships[row]);
    row = l->parents[row];
  }
  run->row[b->steps[0].to] = sl_node(b->levels[0].nodes[row]);
}

static sl_status count_tail(sl_run *run, sl_blocks *b, uint32_t row, uint64_t *out) {
  sl_blocks_row(run, b, row);
  SL_TRY(sl_count_from(run, b->tail, run->row[b->tail->from].as.id, out));
  b->tail->produced += *out;
  return SL_OK;
}

sl_status sl_blocks_produce(sl_run *run, sl_operator *o, sl_step_result *out) {
  sl_blocks *b = o->blocks;
  if (!b->begun) SL_TRY(begin(run, b));
  const sl_level *top = &b->levels[b->count - 1];
  for (;;) {
    while (b->ready && b->at < top->count) {
      const uint32_t row = b->at++;
      uint64_t times = 1;
      if (b->tail != NULL) SL_TRY(count_tail(run, b, row, &times));
      if (b->sink == NULL) {
        if (times == 0) continue;
        if (b->tail == NULL) sl_blocks_row(run, b, row);
        run->times = times;
        *out = SL_ROW;
        return SL_OK;
      }
      b->rows->times[row] = times;
      if (b->tail == NULL) b->at = top->count;
      // Counting neighbours is work as well, which may end between two rows.
      else if (sl_over_budget(run)) {
        *out = SL_PAUSE;
        return SL_OK;
      }
    }
    if (b->ready && b->sink != NULL) SL_TRY(sl_blocks_group(run, b));
    b->ready = false;
    SL_TRY(fill(run, b, out));
    if (*out != SL_ROW) return SL_OK;
    b->at = 0;
    b->ready = true;
  }
}
