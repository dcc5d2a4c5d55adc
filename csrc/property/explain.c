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

static sl_status describe(sl_buffer *b, const sl_run *run, const sl_plan *plan, uint32_t depth);

static sl_status line(sl_buffer *b, const sl_run *run, const sl_operator *o, uint32_t depth) {
  for (uint32_t i = 0; i < depth; i++) SL_TRY(say(b, "  "));
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
  SL_TRY(say(b, " rows="));
  SL_TRY(number(b, o->produced));
  SL_TRY(say(b, "\n"));
  return o->plan != NULL ? describe(b, run, o->plan, depth + 1) : SL_OK;
}

static sl_status describe(sl_buffer *b, const sl_run *run, const sl_plan *plan, uint32_t depth) {
  for (uint32_t i = 0; i < plan->count; i++) {
    if (i > 0) SL_TRY(say(b, plan->distinct ? "Union\n" : "UnionAll\n"));
    const sl_pipeline *p = &plan->branches[i];
    for (uint32_t k = 1; k < p->count; k++) {
      const sl_blocks *blocks = p->operators[k].blocks;
      for (uint32_t j = 0; blocks != NULL && j < blocks->count; j++)
        SL_TRY(line(b, run, &blocks->steps[j], depth));
      if (blocks == NULL)
        SL_TRY(line(b, run, &p->operators[k], depth));
      else if (blocks->tail != NULL)
        SL_TRY(line(b, run, blocks->tail, depth));
    }
  }
  return SL_OK;
}

sl_status sl_property_explain(sl_property_query *q, double *numbers) {
  numbers[0] = numbers[1] = 0;
  q->text.count = 0;
  SL_TRY(sl_property_plan(q));
  SL_TRY(describe(&q->text, &q->run, q->run.plan, 0));
  numbers[0] = (double)(uintptr_t)q->text.bytes;
  numbers[1] = (double)q->text.count;
  return SL_OK;
}
