// Procedures that CALL may name.
#include "property/graph_object.h"

static const sl_cypher_field label[1] = {{"label", SL_CYPHER_TYPE_STRING}};
static const sl_cypher_field type[1] = {{"relationshipType", SL_CYPHER_TYPE_STRING}};
static const sl_cypher_field key[1] = {{"propertyKey", SL_CYPHER_TYPE_STRING}};

enum { LABELS, TYPES, KEYS, PROCEDURES };

static const sl_cypher_procedure procedures[PROCEDURES] = {
    [LABELS] = {"db.labels", 0, 1, NULL, label},
    [TYPES] = {"db.relationshipTypes", 0, 1, NULL, type},
    [KEYS] = {"db.propertyKeys", 0, 1, NULL, key},
};

const sl_cypher_setting sl_property_setting = {.procedure_count = PROCEDURES,
                                               .procedures = procedures};

// The arguments once, as a list.
sl_status sl_procedure_start(sl_run *run, sl_operator *o) {
  sl_list *list;
  o->at = 0;
  SL_TRY(sl_list_make(&run->pool, o->count, &list));
  for (uint32_t i = 0; i < o->count; i++) SL_TRY(sl_eval(run, o->codes[i], &list->items[i]));
  return sl_list_close(list, &o->list_value);
}

// One that is a table.
static sl_step_result defined(sl_run *run, sl_operator *o, const sl_defined *d) {
  if (d->facts.output_count == 0) return o->at++ == 0 ? SL_ROW : SL_END;
  const uint32_t before = o->at, inputs = d->facts.input_count;
  const sl_list *row = sl_defined_next(d, o->list_value.as.list->items, &o->at);
  run->work += o->at - before;
  if (row == NULL) return SL_END;
  for (uint32_t i = 0; i < o->slot_count; i++)
    run->row[o->slots[2 * i + 1]] = row->items[inputs + o->slots[2 * i]];
  return SL_ROW;
}

// Whether something has the name now: names stay when the last that had them is gone.
static bool in_use(const sl_store *s, uint32_t procedure, uint32_t i) {
  if (procedure == LABELS) return s->label_counts[i] > 0;
  if (procedure == TYPES) return s->type_counts[i] > 0;
  for (int w = 0; w < 2; w++)
    if (i < s->column_count[w] && s->columns[w][i].count > 0) return true;
  return false;
}

sl_status sl_procedure_produce(sl_run *run, sl_operator *o, sl_step_result *out) {
  const sl_store *s = run->store;
  if (o->number >= PROCEDURES) {
    *out = defined(run, o, run->defined->items[o->number - PROCEDURES]);
    return SL_OK;
  }
  const sl_names *names = o->number == LABELS  ? &s->labels
                          : o->number == TYPES ? &s->types
                                               : &s->keys;
  *out = SL_END;
  while (o->at < names->count && !in_use(s, o->number, o->at)) o->at++;
  if (o->at >= names->count) return SL_OK;
  for (uint32_t i = 0; i < o->slot_count; i++)
    run->row[o->slots[2 * i + 1]] = sl_string(names->items[o->at]);
  o->at++;
  *out = SL_ROW;
  return SL_OK;
}
