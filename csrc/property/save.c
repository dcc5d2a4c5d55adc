// Saving property graphs, and what has changed in them.
#include <string.h>

#include "base/memory.h"
#include "property/file.h"
#include "property/file_parts.h"
#include "property/graph_object.h"

static sl_status put_names(sl_buffer *b, const sl_names *names) {
  const uint8_t list[1] = {SL_WIRE_LIST}, text[1] = {SL_WIRE_STRING};
  SL_TRY(sl_put_bytes(b, list, 1));
  SL_TRY(sl_put_count(b, names->count));
  for (uint32_t i = 0; i < names->count; i++) {
    SL_TRY(sl_put_bytes(b, text, 1));
    SL_TRY(sl_put_text(b, names->items[i]->text, names->items[i]->bytes));
  }
  return SL_OK;
}

static sl_status add_names(const sl_store *s, sl_writer *w, sl_buffer *b) {
  const uint8_t list[1] = {SL_WIRE_LIST};
  b->count = 0;
  SL_TRY(sl_put_bytes(b, list, 1));
  SL_TRY(sl_put_count(b, 3));
  SL_TRY(put_names(b, &s->labels));
  SL_TRY(put_names(b, &s->types));
  SL_TRY(put_names(b, &s->keys));
  sl_writer_add_copy(w, TAG_NAMES, b->bytes, b->count);
  b->count = 0;
  for (uint32_t i = 0; i < s->set_count; i++) {
    SL_TRY(sl_put_count(b, s->sets[i].count));
    SL_TRY(sl_put_bytes(b, s->sets[i].labels, s->sets[i].count * sizeof(uint32_t)));
  }
  sl_writer_add_copy(w, TAG_SETS, b->bytes, b->count);
  return SL_OK;
}

// node: the new id of each.
static sl_status add_elements(const sl_store *s, sl_writer *w, sl_buffer *b, const uint32_t *node) {
  b->count = 0;
  for (uint32_t i = 0; i < s->node_count; i++)
    if (sl_node_is_live(s, i)) SL_TRY(sl_put_count(b, s->node_set[i]));
  sl_writer_add_copy(w, TAG_NODES, b->bytes, b->count);
  const uint32_t tags[3] = {TAG_FROM, TAG_TO, TAG_TYPES};
  for (int k = 0; k < 3; k++) {
    b->count = 0;
    for (uint32_t r = 0; r < s->rel_count; r++) {
      if (!sl_rel_is_live(s, r)) continue;
      SL_TRY(sl_put_count(b, k == 0   ? node[s->rel_from[r]]
                             : k == 1 ? node[s->rel_to[r]]
                                      : s->rel_type[r]));
    }
    sl_writer_add_copy(w, tags[k], b->bytes, b->count);
  }
  return SL_OK;
}

// Whether a value and those around it are as they were.
static bool is_same_page(const sl_store *s, const sl_store *before, sl_what what, uint32_t key,
                         uint32_t id) {
  if (before == NULL || key >= before->column_count[what]) return false;
  const sl_column *a = &s->columns[what][key], *b = &before->columns[what][key];
  const uint32_t p = id / SL_PAGE;
  return a->pages == b->pages ||
         (p < a->page_count && p < b->page_count && a->pages[p] == b->pages[p]);
}

static bool is_same_value(sl_value a, sl_value b) {
  return a.kind == b.kind && sl_value_same(a, b);
}

// ids: new ones, or NULL. before: only what differs is added, also what is null now.
static sl_status add_column(const sl_store *s, const sl_store *before, sl_writer *w, sl_buffer *b,
                            sl_what what, uint32_t key, const uint32_t *ids) {
  const uint8_t list[1] = {SL_WIRE_LIST};
  const uint32_t count = what == SL_OF_NODES ? s->node_count : s->rel_count;
  uint32_t values = 0;
  b->count = 0;
  SL_TRY(sl_put_count(b, (uint32_t)what));
  SL_TRY(sl_put_count(b, key));
  SL_TRY(sl_put_bytes(b, list, 1));
  const size_t place = b->count;
  SL_TRY(sl_put_count(b, 0));
  for (uint32_t i = 0; i < count; i++) {
    if (i % SL_PAGE == 0 && is_same_page(s, before, what, key, i)) {
      i += SL_PAGE - 1;
      continue;
    }
    if (ids != NULL && ids[i] == SL_NO_ID) continue;
    const sl_value v = sl_store_get(s, what, i, key);
    const sl_value old = before == NULL ? sl_null() : sl_store_get(before, what, i, key);
    if (is_same_value(v, old)) continue;
    SL_TRY(sl_put_value(b, s, sl_integer(ids == NULL ? i : ids[i])));
    SL_TRY(sl_put_value(b, s, v));
    values += 2;
  }
  memcpy(b->bytes + place, &values, sizeof values);
  sl_writer_add_copy(w, TAG_COLUMN, b->bytes, b->count);
  return SL_OK;
}

// Columns that may differ.
static bool is_changed(const sl_store *s, const sl_store *before, sl_what what, uint32_t key) {
  if (before == NULL || key >= before->column_count[what]) return s->columns[what][key].count > 0;
  return s->columns[what][key].pages != before->columns[what][key].pages;
}

static sl_status add_columns(const sl_store *s, const sl_store *before, sl_writer *w, sl_buffer *b,
                             const uint32_t *const ids[2]) {
  for (int what = 0; what < 2; what++)
    for (uint32_t k = 0; k < s->column_count[what]; k++)
      if (is_changed(s, before, (sl_what)what, k))
        SL_TRY(add_column(s, before, w, b, (sl_what)what, k, ids[what]));
  return SL_OK;
}

static sl_status count_columns(const sl_store *s, const sl_store *before, uint32_t *count) {
  *count = 0;
  for (int what = 0; what < 2; what++)
    for (uint32_t k = 0; k < s->column_count[what]; k++)
      *count += is_changed(s, before, (sl_what)what, k);
  SL_REQUIRE(*count <= SL_FILE_MOST_COLUMNS, SL_ERR_OVERFLOW, "graph",
             "at most 1000 columns of properties in a file");
  return SL_OK;
}

static sl_status add_all(const sl_store *s, sl_writer *w, sl_buffer *b, uint32_t *node,
                         uint32_t *rel) {
  sl_file_meta m = {.nodes = s->node_live, .relationships = s->rel_live, .sets = s->set_count};
  uint32_t next = 0;
  for (uint32_t i = 0; i < s->node_count; i++) node[i] = sl_node_is_live(s, i) ? next++ : SL_NO_ID;
  next = 0;
  for (uint32_t i = 0; i < s->rel_count; i++) rel[i] = sl_rel_is_live(s, i) ? next++ : SL_NO_ID;
  SL_TRY(count_columns(s, NULL, &m.columns));
  sl_writer_add_copy(w, TAG_META, &m, sizeof m);
  SL_TRY(add_names(s, w, b));
  SL_TRY(add_elements(s, w, b, node));
  const uint32_t *const ids[2] = {node, rel};
  return add_columns(s, NULL, w, b, ids);
}

sl_status sl_property_save(sl_property *graph, sl_writer **out) {
  const sl_store *s = sl_property_state(graph);
  sl_buffer buffer = {0};
  uint32_t *node = NULL, *rel = NULL;
  *out = NULL;
  SL_REQUIRE(s != NULL, SL_ERR_STATE, "graph", "a graph that is there");
  SL_REQUIRE(s != graph->root->live || graph->root->writer == NULL, SL_ERR_STATE, "graph",
             "no query that is changing it");
  sl_status status = SL_ALLOC(&node, s->node_count);
  if (status == SL_OK) status = SL_ALLOC(&rel, s->rel_count);
  if (status == SL_OK) status = sl_writer_create(SL_FILE_PROPERTY, out);
  if (status == SL_OK) status = add_all(s, *out, &buffer, node, rel);
  sl_free(node);
  sl_free(rel);
  sl_buffer_free(&buffer);
  if (status != SL_OK) {
    sl_writer_destroy(*out);
    *out = NULL;
  }
  return status;
}

// Ids of the first ones whose words differ, with the words where these are wanted.
static sl_status add_different(sl_writer *w, sl_buffer *b, uint32_t tag, uint32_t count,
                               const uint32_t *now, const uint32_t *before, bool words) {
  b->count = 0;
  for (uint32_t i = 0; i < count && now != before; i++) {
    if (now[i] == before[i]) continue;
    SL_TRY(sl_put_count(b, i));
    if (words) SL_TRY(sl_put_count(b, now[i]));
  }
  sl_writer_add_copy(w, tag, b->bytes, b->count);
  return SL_OK;
}

static void add_new(sl_writer *w, uint32_t tag, const uint32_t *words, uint32_t before,
                    uint32_t count) {
  sl_writer_add_copy(w, tag, count == before ? NULL : words + before,
                     (count - before) * sizeof(uint32_t));
}

static sl_status add_segment(const sl_store *s, const sl_store *before, sl_writer *w,
                             sl_buffer *b) {
  sl_segment_meta m = {.nodes = s->node_count, .relationships = s->rel_count, .sets = s->set_count};
  if (before != NULL) {
    m.nodes_before = before->node_count;
    m.relationships_before = before->rel_count;
  }
  SL_TRY(count_columns(s, before, &m.columns));
  sl_writer_add_copy(w, TAG_META, &m, sizeof m);
  SL_TRY(add_names(s, w, b));
  const uint32_t nodes = m.nodes_before, rels = m.relationships_before;
  const uint32_t *const of[3] = {s->rel_from, s->rel_to, s->rel_type};
  const uint32_t tags[3] = {TAG_FROM, TAG_TO, TAG_TYPES};
  add_new(w, TAG_NODES, s->node_set, nodes, m.nodes);
  SL_TRY(add_different(w, b, TAG_CHANGED, nodes, s->node_set,
                       before == NULL ? NULL : before->node_set, true));
  for (int i = 0; i < 3; i++) add_new(w, tags[i], of[i], rels, m.relationships);
  SL_TRY(add_different(w, b, TAG_GONE, rels, s->rel_type, before == NULL ? NULL : before->rel_type,
                       false));
  const uint32_t *const ids[2] = {NULL, NULL};
  return add_columns(s, before, w, b, ids);
}

sl_status sl_property_save_since(sl_property *graph, sl_property *before, sl_writer **out) {
  const sl_store *s = sl_property_state(graph), *old = NULL;
  sl_buffer buffer = {0};
  *out = NULL;
  SL_REQUIRE(s != NULL && graph->as == SL_PROPERTY_SNAPSHOT, SL_ERR_STATE, "graph", "a snapshot");
  if (before != NULL) {
    old = sl_property_state(before);
    SL_REQUIRE(old != NULL && before->root == graph->root && before->as == SL_PROPERTY_SNAPSHOT &&
                   old->epoch <= s->epoch,
               SL_ERR_STATE, "before", "an older snapshot of the same graph");
  }
  sl_status status = sl_writer_create(SL_FILE_PROPERTY_SEGMENT, out);
  if (status == SL_OK) status = add_segment(s, old, *out, &buffer);
  sl_buffer_free(&buffer);
  if (status != SL_OK) {
    sl_writer_destroy(*out);
    *out = NULL;
  }
  return status;
}
