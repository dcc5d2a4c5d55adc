// Many nodes, relationships and values at once.
#include <string.h>

#include "base/memory.h"
#include "property/graph_object.h"

sl_status sl_property_add_nodes(sl_property *graph, const uint8_t *labels, uint32_t label_bytes,
                                uint32_t count, uint32_t *first) {
  uint32_t ids[64], number = 0, set;
  SL_TRY(sl_property_may_change(graph));
  sl_store *s = graph->live;
  for (uint32_t from = 0; from < label_bytes;) {
    uint32_t to = from;
    while (to < label_bytes && labels[to] != '\n') to++;
    SL_REQUIRE(to > from && number < 64, SL_ERR_RANGE, "labels",
               "at most 64 labels, none of them empty");
    SL_TRY(sl_store_label(s, (const char *)labels + from, to - from, &ids[number++]));
    from = to + 1;
  }
  SL_TRY(sl_store_set_of(s, ids, number, &set));
  return sl_store_add_nodes(s, set, count, first);
}

sl_status sl_property_add_relationships(sl_property *graph, const uint8_t *type,
                                        uint32_t type_bytes, const uint32_t *from,
                                        const uint32_t *to, uint32_t count, uint32_t *first) {
  uint32_t id;
  SL_TRY(sl_property_may_change(graph));
  sl_store *s = graph->live;
  SL_REQUIRE(type_bytes > 0, SL_ERR_EMPTY, "type", "a name");
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(sl_node_is_live(s, from[i]), SL_ERR_INDEX, "from", "ids of nodes", i);
    SL_REQUIRE_AT(sl_node_is_live(s, to[i]), SL_ERR_INDEX, "to", "ids of nodes", i);
  }
  SL_TRY(sl_store_type(s, (const char *)type, type_bytes, &id));
  return sl_store_add_relationships(s, id, from, to, count, first);
}

// A page of numbers that come whole is filled at once.
static sl_status numbers_of(sl_column_kind kind, const void *numbers, uint32_t i,
                            const sl_list *list, sl_value *out) {
  switch (kind) {
  case SL_COLUMN_BOOLEAN:
    *out = sl_boolean(((const uint8_t *)numbers)[i] != 0);
    return SL_OK;
  case SL_COLUMN_INTEGER:
    *out = sl_integer(((const int64_t *)numbers)[i]);
    return SL_OK;
  case SL_COLUMN_FLOAT:
    *out = sl_real(((const double *)numbers)[i]);
    return SL_OK;
  case SL_COLUMN_INT:
    *out = sl_integer(((const int32_t *)numbers)[i]);
    return SL_OK;
  case SL_COLUMN_SINGLE:
    *out = sl_real(((const float *)numbers)[i]);
    return SL_OK;
  case SL_COLUMN_STRING: {
    const uint32_t place = ((const uint32_t *)numbers)[i];
    SL_REQUIRE_AT(place < list->count, SL_ERR_INDEX, "numbers", "places in the list of strings", i);
    *out = list->items[place];
    return SL_OK;
  }
  default:
    *out = list->items[i];
    return SL_OK;
  }
}

static bool storable(sl_value v) {
  if (v.kind != SL_VALUE_LIST) return v.kind <= SL_VALUE_STRING || v.kind == SL_VALUE_TEMPORAL;
  for (uint32_t i = 0; i < v.as.list->count; i++)
    if (!storable(v.as.list->items[i])) return false;
  return true;
}

static sl_status list_of(sl_pool *pool, sl_store *s, sl_column_kind kind, const uint8_t *values,
                         uint32_t value_bytes, uint32_t count, const sl_list **out) {
  sl_value v;
  *out = NULL;
  if (kind != SL_COLUMN_STRING && kind != SL_COLUMN_MIXED) return SL_OK;
  SL_TRY(sl_take_value(pool, values, value_bytes, "values", &v));
  bool right = v.kind == SL_VALUE_LIST && (kind == SL_COLUMN_STRING || v.as.list->count == count);
  for (uint32_t i = 0; right && i < v.as.list->count; i++) {
    const sl_value item = v.as.list->items[i];
    right = kind == SL_COLUMN_STRING ? item.kind == SL_VALUE_STRING : storable(item);
  }
  SL_REQUIRE(right, SL_ERR_FORMAT, "values", "a list of strings, or of a value for each id");
  (void)s;
  *out = v.as.list;
  return SL_OK;
}

sl_status sl_property_set_column(sl_property *graph, bool relationships, uint32_t first,
                                 uint32_t count, const uint8_t *key, uint32_t key_bytes,
                                 sl_column_kind kind, const void *numbers, const uint8_t *present,
                                 const uint8_t *values, uint32_t value_bytes) {
  SL_TRY(sl_property_may_change(graph));
  sl_store *s = graph->live;
  const sl_what what = relationships ? SL_OF_RELATIONSHIPS : SL_OF_NODES;
  const uint32_t ids = relationships ? s->rel_count : s->node_count;
  SL_REQUIRE(key_bytes > 0, SL_ERR_EMPTY, "key", "a name");
  SL_REQUIRE(first <= ids && count <= ids - first, SL_ERR_INDEX, "first", "ids that were given");
  SL_REQUIRE(kind >= SL_COLUMN_BOOLEAN && kind <= SL_COLUMN_SINGLE, SL_ERR_OPTION, "kind",
             "1 to 7");
  sl_pool pool = {0};
  const sl_list *list = NULL;
  uint32_t id = 0;
  sl_status status = list_of(&pool, s, kind, values, value_bytes, count, &list);
  if (status == SL_OK) status = sl_store_key(s, (const char *)key, key_bytes, &id);
  for (uint32_t i = 0; i < count && status == SL_OK; i++) {
    if (present != NULL && present[i] == 0) continue;
    if (!(relationships ? sl_rel_is_live(s, first + i) : sl_node_is_live(s, first + i))) continue;
    sl_value v;
    status = numbers_of(kind, numbers, i, list, &v);
    if (status == SL_OK) status = sl_store_set_property(s, what, first + i, id, v);
  }
  sl_pool_free(&pool);
  return status;
}

sl_status sl_property_compact(sl_property *graph) {
  SL_TRY(sl_property_may_change(graph));
  graph->live->version++;
  return sl_store_compact(graph->live, true);
}
