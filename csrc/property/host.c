// Procedures whose rows the host gives: while a query waits for them, or before.
#include "property/host.h"

#include "property/graph_object.h"

// ---- what is waited for -------------------------------------------------------------------------

// Nodes and relationships go out as their ids: the host has no use for copies of their properties. It calls itself for what is
// nested, at most SL_MOST_NESTED deep.
static sl_status put_argument(sl_buffer *b, const sl_store *s, sl_value v) {
  const uint8_t list[1] = {SL_WIRE_LIST}, map[1] = {SL_WIRE_MAP};
  if (v.kind == SL_VALUE_NODE || v.kind == SL_VALUE_RELATIONSHIP)
    return sl_put_value(b, s, sl_integer(v.as.id));
  if (v.kind == SL_VALUE_MAP) {
    SL_TRY(sl_put_bytes(b, map, 1));
    SL_TRY(sl_put_count(b, v.as.map->count));
    for (uint32_t i = 0; i < v.as.map->count; i++) {
      const sl_map_entry *e = &v.as.map->entries[i];
      SL_TRY(sl_put_text(b, e->key->text, e->key->bytes));
      SL_TRY(put_argument(b, s, e->value));
    }
    return SL_OK;
  }
  if (v.kind != SL_VALUE_LIST) return sl_put_value(b, s, v);
  SL_TRY(sl_put_bytes(b, list, 1));
  SL_TRY(sl_put_count(b, v.as.list->count));
  for (uint32_t i = 0; i < v.as.list->count; i++) SL_TRY(put_argument(b, s, v.as.list->items[i]));
  return SL_OK;
}

sl_status sl_property_wanted(sl_property_query *q, double *numbers) {
  const sl_operator *o = q->run.wanted;
  for (int i = 0; i < SL_PROPERTY_WANTED; i++) numbers[i] = 0;
  if (o == NULL || sl_property_state(q->graph) == NULL) return SL_OK;
  const char *name = q->graph->root->defined.all[o->number].name;
  q->text.count = 0;
  SL_TRY(put_argument(&q->text, q->run.store, o->list_value));
  numbers[0] = (double)(uintptr_t)name;
  while (name[(uint32_t)numbers[1]] != 0) numbers[1]++;
  numbers[2] = (double)(uintptr_t)q->text.bytes;
  numbers[3] = (double)q->text.count;
  return SL_OK;
}

sl_status sl_property_answer(sl_property_query *q, const uint8_t *rows, uint32_t row_bytes) {
  sl_operator *o = q->run.wanted;
  SL_REQUIRE(o != NULL && sl_property_state(q->graph) != NULL, SL_ERR_STATE, "query",
             "a query that waits for rows");
  const uint32_t width = q->graph->root->defined.all[o->number].output_count;
  sl_value v;
  SL_TRY(sl_take_rows(&q->run.pool, rows, row_bytes, width, &v));
  o->list_value = v;
  o->found = true;
  q->run.wanted = NULL;
  return SL_OK;
}

sl_status sl_take_rows(sl_pool *pool, const uint8_t *rows, size_t row_bytes, uint32_t width,
                       sl_value *out) {
  SL_TRY(sl_take_value(pool, rows, row_bytes, "rows", out));
  bool right = out->kind == SL_VALUE_LIST;
  for (uint32_t i = 0; right && i < out->as.list->count; i++) {
    const sl_value *row = &out->as.list->items[i];
    right = row->kind == SL_VALUE_LIST && row->as.list->count == width;
  }
  SL_REQUIRE(right, SL_ERR_FORMAT, "rows",
             "a list of lists with a value for each input and output");
  return SL_OK;
}

// ---- outputs ------------------------------------------------------------------------------------

static bool is_id(const sl_value *v) {
  return v->kind == SL_VALUE_INTEGER && v->as.integer >= 0 && v->as.integer < SL_GONE;
}

// A node, then relationships that lead on from it.
static sl_status path_of(sl_run *run, sl_value *v, bool *there) {
  const sl_store *s = run->store;
  bool right = v->kind == SL_VALUE_LIST && v->as.list->count > 0;
  for (uint32_t i = 0; right && i < v->as.list->count; i++) right = is_id(&v->as.list->items[i]);
  SL_REQUIRE(right, SL_ERR_FORMAT, "rows", "for a path a node and relationships, by their ids");
  const sl_value *items = v->as.list->items;
  const uint32_t length = v->as.list->count - 1;
  sl_path_value *path;
  SL_TRY(
      sl_pool_take(&run->pool, sizeof *path + (2 * (size_t)length + 1) * sizeof(uint32_t), &path));
  path->length = length;
  uint32_t node = (uint32_t)items[0].as.integer;
  *there = sl_node_is_live(s, node);
  path->ids[0] = node;
  for (uint32_t i = 0; *there && i < length; i++) {
    const uint32_t r = (uint32_t)items[i + 1].as.integer;
    *there = sl_rel_is_live(s, r);
    if (!*there) break;
    SL_REQUIRE(s->rel_from[r] == node || s->rel_to[r] == node, SL_ERR_FORMAT, "rows",
               "for a path relationships that follow each other");
    node = s->rel_from[r] == node ? s->rel_to[r] : s->rel_from[r];
    path->ids[2 * i + 1] = r;
    path->ids[2 * i + 2] = node;
  }
  *v = (sl_value){.kind = SL_VALUE_PATH, .as.path = path};
  return SL_OK;
}

sl_status sl_host_output(sl_run *run, uint8_t type, sl_value *v, bool *there) {
  *there = true;
  if (sl_is_null(*v)) return SL_OK;
  if (type == SL_CYPHER_TYPE_PATH) return path_of(run, v, there);
  if (type != SL_CYPHER_TYPE_NODE && type != SL_CYPHER_TYPE_RELATIONSHIP) return SL_OK;
  SL_REQUIRE(v->kind == SL_VALUE_INTEGER, SL_ERR_FORMAT, "rows",
             "for nodes and relationships their ids");
  const uint32_t id = is_id(v) ? (uint32_t)v->as.integer : SL_NO_ID;
  const bool node = type == SL_CYPHER_TYPE_NODE;
  *there = node ? sl_node_is_live(run->store, id) : sl_rel_is_live(run->store, id);
  *v = node ? sl_node(id) : sl_relationship(id);
  return SL_OK;
}

// ---- the graph as arrays ------------------------------------------------------------------------

void sl_property_list_nodes(const sl_property *graph, const uint8_t *label, uint32_t label_bytes,
                            uint32_t *ids, uint32_t *count) {
  const sl_store *s = sl_property_state(graph);
  *count = 0;
  if (s == NULL) return;
  const uint32_t wanted =
      label_bytes == 0 ? SL_NO_NAME : sl_names_find(&s->labels, (const char *)label, label_bytes);
  uint32_t n = 0;
  for (uint32_t i = 0; i < s->node_count; i++) {
    if (!sl_node_is_live(s, i)) continue;
    if (label_bytes > 0 && (wanted == SL_NO_NAME || !sl_node_has_label(s, i, wanted))) continue;
    ids[n++] = i;
  }
  *count = n;
}

void sl_property_list_relationships(const sl_property *graph, const uint8_t *type,
                                    uint32_t type_bytes, const uint8_t *key, uint32_t key_bytes,
                                    uint32_t *ids, uint32_t *from, uint32_t *to, double *weights,
                                    uint32_t *count) {
  const sl_store *s = sl_property_state(graph);
  *count = 0;
  if (s == NULL) return;
  const uint32_t wanted =
      type_bytes == 0 ? SL_NO_NAME : sl_names_find(&s->types, (const char *)type, type_bytes);
  const uint32_t k =
      key_bytes == 0 ? SL_NO_NAME : sl_names_find(&s->keys, (const char *)key, key_bytes);
  uint32_t n = 0;
  for (uint32_t i = 0; i < s->rel_count; i++) {
    if (!sl_rel_is_live(s, i)) continue;
    if (type_bytes > 0 && s->rel_type[i] != wanted) continue;
    double w = 1;
    if (key_bytes > 0) {
      const sl_value v = k == SL_NO_NAME ? sl_null() : sl_store_get(s, SL_OF_RELATIONSHIPS, i, k);
      w = v.kind == SL_VALUE_INTEGER ? (double)v.as.integer
          : v.kind == SL_VALUE_FLOAT ? v.as.real
                                     : __builtin_nan("");
    }
    ids[n] = i;
    from[n] = s->rel_from[i];
    to[n] = s->rel_to[i];
    weights[n++] = w;
  }
  *count = n;
}
