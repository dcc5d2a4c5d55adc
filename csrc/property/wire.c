#include "property/wire.h"

#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "property/temporal.h"

void sl_buffer_free(sl_buffer *b) {
  sl_free(b->bytes);
  *b = (sl_buffer){0};
}

sl_status sl_put_bytes(sl_buffer *b, const void *bytes, size_t count) {
  if (count > b->room - b->count) {
    size_t room = b->room < 256 ? 256 : b->room * 2;
    if (room - b->count < count) room = b->count + count;
    SL_TRY(SL_REALLOC(&b->bytes, room));
    b->room = room;
  }
  if (count > 0) memcpy(b->bytes + b->count, bytes, count);
  b->count += count;
  return SL_OK;
}

static sl_status put_tag(sl_buffer *b, uint8_t tag) { return sl_put_bytes(b, &tag, 1); }
sl_status sl_put_count(sl_buffer *b, uint32_t count) {
  return sl_put_bytes(b, &count, sizeof count);
}

sl_status sl_put_text(sl_buffer *b, const char *text, size_t bytes) {
  SL_TRY(sl_put_count(b, (uint32_t)bytes));
  return sl_put_bytes(b, text, bytes);
}

static sl_status put_properties(sl_buffer *b, const sl_store *s, sl_what what, uint32_t id) {
  uint32_t count = 0;
  const bool alive = what == SL_OF_NODES ? sl_node_is_live(s, id) : sl_rel_is_live(s, id);
  const uint32_t keys = alive ? s->column_count[what] : 0;
  for (uint32_t k = 0; k < keys; k++) count += !sl_is_null(sl_store_get(s, what, id, k));
  SL_TRY(sl_put_count(b, count));
  for (uint32_t k = 0; k < keys; k++) {
    const sl_value v = sl_store_get(s, what, id, k);
    if (sl_is_null(v)) continue;
    SL_TRY(sl_put_text(b, s->keys.items[k]->text, s->keys.items[k]->bytes));
    SL_TRY(sl_put_value(b, s, v));
  }
  return SL_OK;
}

static sl_status put_node(sl_buffer *b, const sl_store *s, uint32_t id) {
  SL_TRY(put_tag(b, SL_WIRE_NODE));
  SL_TRY(sl_put_count(b, id));
  const sl_label_set none = {0}, *set = sl_node_is_live(s, id) ? &s->sets[s->node_set[id]] : &none;
  SL_TRY(sl_put_count(b, set->count));
  for (uint32_t i = 0; i < set->count; i++) {
    const sl_chars *name = s->labels.items[set->labels[i]];
    SL_TRY(sl_put_text(b, name->text, name->bytes));
  }
  return put_properties(b, s, SL_OF_NODES, id);
}

static sl_status put_relationship(sl_buffer *b, const sl_store *s, uint32_t id) {
  SL_TRY(put_tag(b, SL_WIRE_RELATIONSHIP));
  SL_TRY(sl_put_count(b, id));
  SL_TRY(sl_put_count(b, s->rel_from[id]));
  SL_TRY(sl_put_count(b, s->rel_to[id]));
  const sl_chars *name = s->types.items[s->rel_type[id] & ~SL_GONE];
  SL_TRY(sl_put_text(b, name->text, name->bytes));
  return put_properties(b, s, SL_OF_RELATIONSHIPS, id);
}

sl_status sl_put_value(sl_buffer *b, const sl_store *s, sl_value v) {
  switch (v.kind) {
  case SL_VALUE_NULL:
    return put_tag(b, SL_WIRE_NULL);
  case SL_VALUE_BOOLEAN:
    return put_tag(b, v.as.boolean ? SL_WIRE_TRUE : SL_WIRE_FALSE);
  case SL_VALUE_INTEGER: {
    const int32_t small = (int32_t)v.as.integer;
    if (small == v.as.integer) {
      SL_TRY(put_tag(b, SL_WIRE_INT));
      return sl_put_bytes(b, &small, sizeof small);
    }
    SL_TRY(put_tag(b, SL_WIRE_LONG));
    return sl_put_bytes(b, &v.as.integer, sizeof v.as.integer);
  }
  case SL_VALUE_FLOAT:
    SL_TRY(put_tag(b, SL_WIRE_FLOAT));
    return sl_put_bytes(b, &v.as.real, sizeof v.as.real);
  case SL_VALUE_STRING:
    SL_TRY(put_tag(b, SL_WIRE_STRING));
    return sl_put_text(b, v.as.chars->text, v.as.chars->bytes);
  case SL_VALUE_LIST:
    SL_TRY(put_tag(b, SL_WIRE_LIST));
    SL_TRY(sl_put_count(b, v.as.list->count));
    for (uint32_t i = 0; i < v.as.list->count; i++) SL_TRY(sl_put_value(b, s, v.as.list->items[i]));
    return SL_OK;
  case SL_VALUE_MAP:
    SL_TRY(put_tag(b, SL_WIRE_MAP));
    SL_TRY(sl_put_count(b, v.as.map->count));
    for (uint32_t i = 0; i < v.as.map->count; i++) {
      const sl_map_entry *e = &v.as.map->entries[i];
      SL_TRY(sl_put_text(b, e->key->text, e->key->bytes));
      SL_TRY(sl_put_value(b, s, e->value));
    }
    return SL_OK;
  case SL_VALUE_NODE:
    return put_node(b, s, v.as.id);
  case SL_VALUE_RELATIONSHIP:
    return put_relationship(b, s, v.as.id);
  case SL_VALUE_TEMPORAL: {
    char text[SL_TEMPORAL_TEXT];
    SL_TRY(put_tag(b, SL_WIRE_TEMPORAL));
    SL_TRY(put_tag(b, v.as.temporal->type));
    return sl_put_text(b, text, sl_temporal_text(v.as.temporal, text));
  }
  default: // PATH
    SL_TRY(put_tag(b, SL_WIRE_PATH));
    SL_TRY(sl_put_count(b, v.as.path->length));
    for (uint32_t i = 0; i <= 2 * v.as.path->length; i++)
      SL_TRY(i % 2 == 0 ? put_node(b, s, v.as.path->ids[i])
                        : put_relationship(b, s, v.as.path->ids[i]));
    return SL_OK;
  }
}

// ---- reading ------------------------------------------------------------------------------------

typedef struct source {
  const uint8_t *at, *end, *begin;
  const char *argument;
  sl_pool *pool;
} source;

static sl_status bad(const source *s) {
  return sl_fail(SL_ERR_FORMAT, s->argument, "values as sl_wire says",
                 (uint64_t)(s->at - s->begin));
}

static sl_status get(source *s, void *to, size_t bytes) {
  if ((size_t)(s->end - s->at) < bytes) return bad(s);
  memcpy(to, s->at, bytes);
  s->at += bytes;
  return SL_OK;
}

static bool is_utf8(const uint8_t *p, size_t n) {
  for (size_t i = 0; i < n;) {
    if (p[i] < 0x80) {
      i++;
      continue;
    }
    const size_t more = p[i] >= 0xf0 ? 3 : p[i] >= 0xe0 ? 2 : 1;
    if (p[i] < 0xc2 || p[i] > 0xf4 || n - i <= more) return false;
    for (size_t k = 1; k <= more; k++)
      if ((p[i + k] & 0xc0) != 0x80) return false;
    if ((p[i] == 0xe0 && p[i + 1] < 0xa0) || (p[i] == 0xed && p[i + 1] > 0x9f) ||
        (p[i] == 0xf0 && p[i + 1] < 0x90) || (p[i] == 0xf4 && p[i + 1] > 0x8f))
      return false;
    i += more + 1;
  }
  return true;
}

static sl_status get_text(source *s, sl_value *out) {
  uint32_t bytes;
  SL_TRY(get(s, &bytes, sizeof bytes));
  if ((size_t)(s->end - s->at) < bytes || !is_utf8(s->at, bytes)) return bad(s);
  SL_TRY(sl_chars_make(s->pool, (const char *)s->at, bytes, out));
  s->at += bytes;
  return SL_OK;
}

static sl_status get_value(source *s, uint32_t depth, sl_value *out) {
  uint8_t tag;
  int32_t small;
  uint32_t count;
  *out = sl_null();
  SL_TRY(get(s, &tag, 1));
  switch (tag) {
  case SL_WIRE_NULL:
    return SL_OK;
  case SL_WIRE_FALSE:
  case SL_WIRE_TRUE:
    *out = sl_boolean(tag == SL_WIRE_TRUE);
    return SL_OK;
  case SL_WIRE_INT:
    SL_TRY(get(s, &small, sizeof small));
    *out = sl_integer(small);
    return SL_OK;
  case SL_WIRE_LONG:
    out->kind = SL_VALUE_INTEGER;
    return get(s, &out->as.integer, 8);
  case SL_WIRE_FLOAT:
    out->kind = SL_VALUE_FLOAT;
    return get(s, &out->as.real, 8);
  case SL_WIRE_STRING:
    return get_text(s, out);
  case SL_WIRE_LIST: {
    sl_list *list;
    SL_TRY(get(s, &count, sizeof count));
    if (depth >= SL_MOST_NESTED || count > (size_t)(s->end - s->at)) return bad(s);
    SL_TRY(sl_list_make(s->pool, count, &list));
    for (uint32_t i = 0; i < count; i++) SL_TRY(get_value(s, depth + 1, &list->items[i]));
    return sl_list_close(list, out);
  }
  case SL_WIRE_MAP: {
    sl_map_entry *entries;
    SL_TRY(get(s, &count, sizeof count));
    if (depth >= SL_MOST_NESTED || count > (size_t)(s->end - s->at) / 5) return bad(s);
    SL_TRY(sl_pool_take(s->pool, count * sizeof *entries, &entries));
    for (uint32_t i = 0; i < count; i++) {
      sl_value key;
      SL_TRY(get_text(s, &key));
      entries[i].key = key.as.chars;
      SL_TRY(get_value(s, depth + 1, &entries[i].value));
    }
    return sl_map_make(s->pool, entries, count, out);
  }
  case SL_WIRE_TEMPORAL: {
    sl_temporal t;
    SL_TRY(get(s, &tag, 1));
    SL_TRY(get_text(s, out));
    if (tag > SL_TEMPORAL_DURATION ||
        !sl_temporal_parse((sl_temporal_type)tag, out->as.chars->text, out->as.chars->bytes, &t))
      return bad(s);
    return sl_temporal_value(s->pool, &t, out);
  }
  default:
    s->at--;
    return bad(s);
  }
}

sl_status sl_take_value(sl_pool *pool, const uint8_t *bytes, size_t count, const char *argument,
                        sl_value *out) {
  source s = {bytes, bytes + count, bytes, argument, pool};
  SL_TRY(get_value(&s, 0, out));
  return s.at == s.end ? SL_OK : bad(&s);
}
