// Procedures that CALL may name.
#include "property/graph_object.h"
#include "property/host.h"

static const sl_cypher_field label[1] = {{"label", SL_CYPHER_TYPE_STRING}};
static const sl_cypher_field type[1] = {{"relationshipType", SL_CYPHER_TYPE_STRING}};
static const sl_cypher_field key[1] = {{"propertyKey", SL_CYPHER_TYPE_STRING}};

static const sl_cypher_field index[4] = {{"name", SL_CYPHER_TYPE_STRING},
                                         {"label", SL_CYPHER_TYPE_STRING},
                                         {"property", SL_CYPHER_TYPE_STRING},
                                         {"lenient", SL_CYPHER_TYPE_BOOLEAN}};
static const sl_cypher_field indexes[SL_DECLARED_OUTPUTS] = {{"name", SL_CYPHER_TYPE_STRING},
                                                             {"type", SL_CYPHER_TYPE_STRING},
                                                             {"labelsOrTypes", SL_CYPHER_TYPE_LIST},
                                                             {"properties", SL_CYPHER_TYPE_LIST}};

enum { LABELS, TYPES, KEYS, CREATE_INDEX, DROP_INDEX, INDEXES, PROCEDURES };

static const sl_cypher_procedure procedures[PROCEDURES] = {
    [LABELS] = {"db.labels", 0, 1, NULL, label},
    [TYPES] = {"db.relationshipTypes", 0, 1, NULL, type},
    [KEYS] = {"db.propertyKeys", 0, 1, NULL, key},
    [CREATE_INDEX] = {"db.createIndex", 4, 0, index, NULL},
    [DROP_INDEX] = {"db.dropIndex", 4, 0, index, NULL},
    [INDEXES] = {"db.indexes", 0, SL_DECLARED_OUTPUTS, NULL, indexes},
};

const sl_cypher_setting sl_property_setting = {.procedure_count = PROCEDURES,
                                               .procedures = procedures};

// The arguments once, as a list.
sl_status sl_procedure_start(sl_run *run, sl_operator *o) {
  sl_list *list;
  o->at = 0;
  o->found = false;
  SL_TRY(sl_list_make(&run->pool, o->count, &list));
  for (uint32_t i = 0; i < o->count; i++) SL_TRY(sl_eval(run, o->codes[i], &list->items[i]));
  return sl_list_close(list, &o->list_value);
}

// The row's outputs; there: all that they name is.
static sl_status give(sl_run *run, const sl_operator *o, const sl_defined *d,
                      const sl_value *outputs, bool *there) {
  *there = true;
  for (uint32_t i = 0; *there && i < o->slot_count; i++) {
    const uint32_t output = o->slots[2 * i];
    sl_value v = outputs[output];
    SL_TRY(sl_host_output(run, d->facts.outputs[output].type, &v, there));
    run->row[o->slots[2 * i + 1]] = v;
  }
  return SL_OK;
}

// One whose rows the host gives while the query waits.
static sl_status awaited(sl_run *run, sl_operator *o, const sl_defined *d, sl_step_result *out) {
  if (!o->found) {
    if (run->cannot_pause)
      return sl_run_fail(run, 0, SL_CYPHER_ERROR_PROCEDURE, SL_CYPHER_PROCEDURE_NOT_FOUND,
                         "A procedure that the program computes cannot be called in a subquery");
    run->wanted = o;
    *out = SL_PAUSE;
    return SL_OK;
  }
  bool there = false;
  const sl_list *rows = o->list_value.as.list;
  while (!there && o->at < rows->count)
    SL_TRY(give(run, o, d, rows->items[o->at++].as.list->items, &there));
  *out = there ? SL_ROW : SL_END;
  return SL_OK;
}

// One that is a table.
static sl_status defined(sl_run *run, sl_operator *o, const sl_defined *d, sl_step_result *out) {
  *out = SL_ROW;
  if (d->rows == NULL) return awaited(run, o, d, out);
  if (d->facts.output_count == 0) {
    if (o->at++ != 0) *out = SL_END;
    return SL_OK;
  }
  for (bool there = false; !there;) {
    const uint32_t before = o->at;
    const sl_list *row = sl_defined_next(d, o->list_value.as.list->items, &o->at);
    run->work += o->at - before;
    o->hits += o->at - before;
    if (row == NULL) {
      *out = SL_END;
      return SL_OK;
    }
    SL_TRY(give(run, o, d, row->items + d->facts.input_count, &there));
  }
  return SL_OK;
}

// Whether something has the name now: names stay when the last that had them is gone.
static bool in_use(const sl_store *s, uint32_t procedure, uint32_t i) {
  if (procedure == LABELS) return sl_label_count(s, i) > 0;
  if (procedure == TYPES) return sl_type_count(s, i) > 0;
  for (int w = 0; w < 2; w++)
    if (i < s->column_count[w] && s->columns[w][i].count > 0) return true;
  return false;
}

static sl_status show(sl_run *run, sl_operator *o, sl_step_result *out) {
  sl_value outputs[SL_DECLARED_OUTPUTS];
  if (o->at >= run->store->declared.count) return SL_OK;
  SL_TRY(sl_declared_show(run, o->at++, outputs));
  for (uint32_t i = 0; i < o->slot_count; i++)
    run->row[o->slots[2 * i + 1]] = outputs[o->slots[2 * i]];
  *out = SL_ROW;
  return SL_OK;
}

sl_status sl_procedure_produce(sl_run *run, sl_operator *o, sl_step_result *out) {
  const sl_store *s = run->store;
  if (o->number >= PROCEDURES)
    return defined(run, o, run->defined->items[o->number - PROCEDURES], out);
  *out = SL_END;
  if (o->number == INDEXES) return show(run, o, out);
  if (o->number == CREATE_INDEX || o->number == DROP_INDEX) {
    if (o->at++ != 0) return SL_OK;
    *out = SL_ROW; // it has no outputs: its row goes on
    const sl_value *args = o->list_value.as.list->items;
    return o->number == CREATE_INDEX ? sl_declared_add(run, args) : sl_declared_drop(run, args);
  }
  const sl_names *names = o->number == LABELS  ? &s->labels
                          : o->number == TYPES ? &s->types
                                               : &s->keys;
  while (o->at < names->count && !in_use(s, o->number, o->at)) o->at++;
  if (o->at >= names->count) return SL_OK;
  for (uint32_t i = 0; i < o->slot_count; i++)
    run->row[o->slots[2 * i + 1]] = sl_string(names->items[o->at]);
  o->at++;
  *out = SL_ROW;
  return SL_OK;
}
