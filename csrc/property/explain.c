// A plan as text.
#include <string.h>

#include "property/blocks.h"
#include "property/graph_object.h"
#include "property/number_text.h"

static sl_status say(sl_buffer *b, const char *text) { return sl_put_bytes(b, text, strlen(text)); }

static sl_status name(sl_buffer *b, const sl_chars *chars) {
  return sl_put_bytes(b, chars->text, chars->bytes);
}

static sl_status number(sl_buffer *b, uint64_t n) {
  char text[SL_NUMBER_TEXT];
  return sl_put_bytes(b, text, sl_integer_text((int64_t)n, text));
}

static sl_status variable(sl_buffer *b, const sl_run *run, uint32_t slot) {
  const sl_cypher_statement *s = run->statement;
  if (slot < s->slot_count && s->slots[slot].name.length > 0)
    return sl_put_bytes(b, s->slots[slot].name.text, s->slots[slot].name.length);
  SL_TRY(say(b, "_"));
  return number(b, slot);
}

static sl_status arrow(sl_buffer *b, const sl_run *run, const sl_operator *o) {
  SL_TRY(say(b, " ("));
  SL_TRY(variable(b, run, o->from));
  SL_TRY(say(b, o->towards == SL_TOWARDS_IN ? ")<-[" : ")-["));
  for (uint32_t i = 0; i < o->types.count; i++) {
    SL_TRY(say(b, i == 0 ? ":" : "|"));
    SL_TRY(name(b, run->store->types.items[o->types.ids[i]]));
  }
  if (o->kind == SL_OP_VARIABLE || (o->kind == SL_OP_SHORTEST && o->list)) {
    SL_TRY(say(b, "*"));
    SL_TRY(number(b, o->least));
    SL_TRY(say(b, ".."));
    if (o->most != SL_CYPHER_NONE) SL_TRY(number(b, o->most));
  }
  SL_TRY(say(b, o->towards == SL_TOWARDS_OUT ? "]->(" : "]-("));
  SL_TRY(variable(b, run, o->to));
  return say(b, o->into ? "), both bound" : ")");
}

static const char *const names[] = {[SL_OP_ONCE] = "Start",
                                    [SL_OP_SCAN] = "Scan",
                                    [SL_OP_SEEK] = "Seek",
                                    [SL_OP_ENDS] = "Ends",
                                    [SL_OP_EXPAND] = "Expand",
                                    [SL_OP_VARIABLE] = "ExpandVariable",
                                    [SL_OP_SHORTEST] = "ShortestPath",
                                    [SL_OP_FILTER] = "Filter",
                                    [SL_OP_PATH] = "Path",
                                    [SL_OP_OPTIONAL] = "Optional",
                                    [SL_OP_UNWIND] = "Unwind",
                                    [SL_OP_PROJECT] = "Project",
                                    [SL_OP_DISTINCT] = "Distinct",
                                    [SL_OP_SKIP] = "Skip",
                                    [SL_OP_LIMIT] = "Limit",
                                    [SL_OP_PROCEDURE] = "Call",
                                    [SL_OP_AGGREGATE] = "Aggregate",
                                    [SL_OP_SORT] = "Sort",
                                    [SL_OP_UPDATE] = "Update"};

static const char *const updates[] = {[SL_CYPHER_CREATE] = "Create",
                                      [SL_CYPHER_MERGE] = "Merge",
                                      [SL_CYPHER_SET] = "Set",
                                      [SL_CYPHER_REMOVE] = "Remove",
                                      [SL_CYPHER_DELETE] = "Delete"};

// What a plan is written to: lines of text, or a list of values.
typedef struct listing {
  sl_buffer *b;
  const sl_run *run;
  bool values;
  uint32_t count; // lines
  size_t begun;   // where the length of the text of a line goes
} listing;

static sl_status begin_line(listing *l, uint32_t depth) {
  const uint8_t head[15] = {SL_WIRE_LIST,  4, 0, 0, 0, SL_WIRE_INT, (uint8_t)depth, 0, 0, 0,
                            SL_WIRE_STRING};
  l->count++;
  if (l->values) {
    l->begun = l->b->count + sizeof head;
    return sl_put_bytes(l->b, head, sizeof head);
  }
  for (uint32_t i = 0; i < depth; i++) SL_TRY(say(l->b, "  "));
  return SL_OK;
}

static sl_status end_line(listing *l, uint64_t rows, uint64_t hits) {
  sl_buffer *b = l->b;
  if (l->values) {
    const uint32_t bytes = (uint32_t)(b->count - l->begun);
    memcpy(b->bytes + l->begun - sizeof bytes, &bytes, sizeof bytes);
    SL_TRY(sl_put_value(b, l->run->store, sl_integer((int64_t)rows)));
    return sl_put_value(b, l->run->store, sl_integer((int64_t)hits));
  }
  SL_TRY(say(b, " rows="));
  SL_TRY(number(b, rows));
  SL_TRY(say(b, " hits="));
  SL_TRY(number(b, hits));
  return say(b, "\n");
}

static sl_status describe(listing *l, const sl_plan *plan, uint32_t depth);

static sl_status line(listing *l, const sl_operator *o, uint32_t depth) {
  sl_buffer *b = l->b;
  const sl_run *run = l->run;
  SL_TRY(begin_line(l, depth));
  SL_TRY(say(b, o->kind == SL_OP_UPDATE ? updates[o->update->kind] : names[o->kind]));
  if (o->kind == SL_OP_SCAN || o->kind == SL_OP_SEEK) {
    SL_TRY(say(b, " ("));
    SL_TRY(variable(b, run, o->to));
    if (o->label != SL_NO_NAME) {
      SL_TRY(say(b, ":"));
      SL_TRY(name(b, run->store->labels.items[o->label]));
    }
    if (o->kind == SL_OP_SEEK) {
      SL_TRY(say(b, " {"));
      SL_TRY(name(b, run->store->keys.items[o->key]));
      SL_TRY(say(b, "}"));
    }
    SL_TRY(say(b, ")"));
  }
  for (uint32_t i = 0; i < o->bound_count; i++) {
    const uint32_t key = o->bounds[i].key;
    bool again = key >= run->store->index_count || !run->store->indexes[key].ordered.there;
    for (uint32_t k = 0; k < i; k++) again |= o->bounds[k].key == key;
    if (again) continue;
    SL_TRY(say(b, ", ordered index of "));
    SL_TRY(name(b, run->store->keys.items[key]));
  }
  if (o->kind == SL_OP_EXPAND || o->kind == SL_OP_VARIABLE || o->kind == SL_OP_SHORTEST)
    SL_TRY(arrow(b, run, o));
  if (o->tests[0].code != NULL || o->tests[1].code != NULL) SL_TRY(say(b, ", filtered"));
  if (o->counts) SL_TRY(say(b, ", counted only"));
  if (o->kind == SL_OP_SORT && o->code != NULL) SL_TRY(say(b, ", the first rows only"));
  // What the next one of two that count has looked at, which has no line of its own.
  SL_TRY(end_line(l, o->produced, o->hits + (o->inner != NULL ? o->inner->hits : 0)));
  return o->plan != NULL ? describe(l, o->plan, depth + 1) : SL_OK;
}

static sl_status describe(listing *l, const sl_plan *plan, uint32_t depth) {
  for (uint32_t i = 0; i < plan->count; i++) {
    if (i > 0) {
      SL_TRY(begin_line(l, depth));
      SL_TRY(say(l->b, plan->distinct ? "Union" : "UnionAll"));
      SL_TRY(end_line(l, plan->produced, 0));
    }
    const sl_pipeline *p = &plan->branches[i];
    for (uint32_t k = 1; k < p->count; k++) {
      const sl_blocks *blocks = p->operators[k].blocks;
      for (uint32_t j = 0; blocks != NULL && j < blocks->count; j++)
        SL_TRY(line(l, &blocks->steps[j], depth));
      if (blocks == NULL)
        SL_TRY(line(l, &p->operators[k], depth));
      else if (blocks->tail != NULL)
        SL_TRY(line(l, blocks->tail, depth));
    }
  }
  return SL_OK;
}

static void forget(sl_operator *o) {
  o->produced = o->hits = 0;
  if (o->inner != NULL) forget(o->inner);
  if (o->plan != NULL) sl_plan_forget(o->plan);
  for (uint32_t j = 0; o->blocks != NULL && j < o->blocks->count; j++) forget(&o->blocks->steps[j]);
  if (o->blocks != NULL && o->blocks->tail != NULL) forget(o->blocks->tail);
}

void sl_plan_forget(sl_plan *plan) {
  plan->produced = 0;
  for (uint32_t i = 0; i < plan->count; i++)
    for (uint32_t k = 1; k < plan->branches[i].count; k++) forget(&plan->branches[i].operators[k]);
}

static sl_status list(sl_property_query *q, bool values, double *numbers) {
  const uint8_t head[5] = {SL_WIRE_LIST};
  sl_buffer *b = &q->text;
  listing l = {.b = b, .run = &q->run, .values = values};
  numbers[0] = numbers[1] = 0;
  b->count = 0;
  SL_TRY(sl_property_plan(q));
  if (values) SL_TRY(sl_put_bytes(b, head, sizeof head));
  SL_TRY(describe(&l, q->run.plan, 0));
  if (values) memcpy(b->bytes + 1, &l.count, sizeof l.count);
  numbers[0] = (double)(uintptr_t)b->bytes;
  numbers[1] = (double)b->count;
  return SL_OK;
}

sl_status sl_property_explain(sl_property_query *q, double *numbers) {
  return list(q, false, numbers);
}

sl_status sl_property_profile(sl_property_query *q, double *numbers) {
  return list(q, true, numbers);
}
