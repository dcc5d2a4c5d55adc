// Saving and loading property graphs.
//
// META   u32: nodes, relationships, sets of labels, columns
// NAME   a list of three lists: labels, types, keys
// SETS   for each set its size and its labels, u32
// NODE   the set of each node, u32
// FROM, TO.., TYPE   of each relationship, u32
// COLU   for each column: u32 0 nodes, 1 relationships; u32 key; then a list: ids ascending, as integers, and values, by turns
//
// Only what lives is saved, and ids follow each other without gaps.
#include "property/file.h"

#include <string.h>

#include "base/memory.h"
#include "property/graph_object.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_NAMES SL_TAG('N', 'A', 'M', 'E')
#define TAG_SETS SL_TAG('S', 'E', 'T', 'S')
#define TAG_NODES SL_TAG('N', 'O', 'D', 'E')
#define TAG_FROM SL_TAG('F', 'R', 'O', 'M')
#define TAG_TO SL_TAG('T', 'O', '.', '.')
#define TAG_TYPES SL_TAG('T', 'Y', 'P', 'E')
#define TAG_COLUMN SL_TAG('C', 'O', 'L', 'U')

enum { MOST_COLUMNS = 1000 };

typedef struct meta {
  uint32_t nodes, relationships, sets, columns;
} meta;

// ---- saving -------------------------------------------------------------------------------------

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

static sl_status add_column(const sl_store *s, sl_writer *w, sl_buffer *b, sl_what what,
                            uint32_t key, const uint32_t *ids) {
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
    if (ids[i] == SL_NO_ID) continue;
    const sl_value v = sl_store_get(s, what, i, key);
    if (sl_is_null(v)) continue;
    SL_TRY(sl_put_value(b, s, sl_integer(ids[i])));
    SL_TRY(sl_put_value(b, s, v));
    values += 2;
  }
  memcpy(b->bytes + place, &values, sizeof values);
  sl_writer_add_copy(w, TAG_COLUMN, b->bytes, b->count);
  return SL_OK;
}

static sl_status add_all(const sl_store *s, sl_writer *w, sl_buffer *b, uint32_t *node,
                         uint32_t *rel) {
  meta m = {.nodes = s->node_live, .relationships = s->rel_live, .sets = s->set_count};
  uint32_t next = 0;
  for (uint32_t i = 0; i < s->node_count; i++) node[i] = sl_node_is_live(s, i) ? next++ : SL_NO_ID;
  next = 0;
  for (uint32_t i = 0; i < s->rel_count; i++) rel[i] = sl_rel_is_live(s, i) ? next++ : SL_NO_ID;
  for (int what = 0; what < 2; what++)
    for (uint32_t k = 0; k < s->column_count[what]; k++) m.columns += s->columns[what][k].count > 0;
  SL_REQUIRE(m.columns <= MOST_COLUMNS, SL_ERR_OVERFLOW, "graph",
             "at most 1000 columns of properties in a file");
  sl_writer_add_copy(w, TAG_META, &m, sizeof m);
  SL_TRY(add_names(s, w, b));
  SL_TRY(add_elements(s, w, b, node));
  for (int what = 0; what < 2; what++)
    for (uint32_t k = 0; k < s->column_count[what]; k++)
      if (s->columns[what][k].count > 0)
        SL_TRY(add_column(s, w, b, (sl_what)what, k, what == 0 ? node : rel));
  return SL_OK;
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

// ---- loading ------------------------------------------------------------------------------------

static sl_status load_names(sl_store *s, sl_pool *pool, sl_reader *reader, sl_value list,
                            int kind) {
  bool right = list.kind == SL_VALUE_LIST;
  (void)pool;
  for (uint32_t i = 0; right && i < list.as.list->count; i++) {
    const sl_value v = list.as.list->items[i];
    uint32_t number = SL_NO_NAME;
    if (v.kind == SL_VALUE_STRING) {
      const char *text = v.as.chars->text;
      const size_t bytes = v.as.chars->bytes;
      SL_TRY(kind == 0   ? sl_store_label(s, text, bytes, &number)
             : kind == 1 ? sl_store_type(s, text, bytes, &number)
                         : sl_store_key(s, text, bytes, &number));
    }
    right = number == i;
  }
  return right ? SL_OK : sl_reader_bad(reader, "three lists of different names");
}

// Takes the block of the next section. The caller frees it.
static sl_status take(sl_reader *reader, uint32_t tag, void **block, size_t *bytes) {
  sl_section section;
  *block = NULL;
  SL_TRY(sl_reader_section(reader, &section));
  *bytes = section.bytes;
  return sl_reader_take(reader, tag, section.bytes, block);
}

static sl_status take_names(sl_store *s, sl_reader *reader) {
  void *block;
  size_t bytes;
  sl_pool pool = {0};
  sl_value all;
  SL_TRY(take(reader, TAG_NAMES, &block, &bytes));
  sl_status status = sl_take_value(&pool, block, bytes, "bytes", &all);
  if (status == SL_OK && (all.kind != SL_VALUE_LIST || all.as.list->count != 3))
    status = sl_reader_bad(reader, "three lists of different names");
  for (int i = 0; i < 3 && status == SL_OK; i++)
    status = load_names(s, &pool, reader, all.as.list->items[i], i);
  sl_pool_free(&pool);
  sl_free(block);
  return status;
}

static sl_status sets_of(sl_store *s, sl_reader *reader, const uint32_t *at, size_t count,
                         uint32_t sets) {
  size_t i = 0;
  for (uint32_t k = 0; k < sets; k++) {
    uint32_t number;
    if (i >= count || at[i] > count - i - 1) return sl_reader_bad(reader, "sets of labels");
    const uint32_t size = at[i++];
    for (uint32_t j = 0; j < size; j++)
      if (at[i + j] >= s->labels.count || (j > 0 && at[i + j] <= at[i + j - 1]))
        return sl_reader_bad(reader, "labels that ascend");
    SL_TRY(sl_store_set_of(s, at + i, size, &number));
    if (number != k) return sl_reader_bad(reader, "sets that differ, the empty one first");
    i += size;
  }
  return i == count ? SL_OK : sl_reader_bad(reader, "as many sets as it says");
}

static sl_status take_sets(sl_store *s, sl_reader *reader, uint32_t sets) {
  void *block;
  size_t bytes;
  SL_TRY(take(reader, TAG_SETS, &block, &bytes));
  const sl_status status = bytes % 4 == 0 ? sets_of(s, reader, block, bytes / 4, sets)
                                          : sl_reader_bad(reader, "sets of labels");
  sl_free(block);
  return status;
}

static sl_status take_nodes(sl_store *s, sl_reader *reader, uint32_t count) {
  uint32_t *set, first;
  SL_TRY(sl_reader_take(reader, TAG_NODES, (uint64_t)count * 4, (void **)&set));
  sl_status status = SL_OK;
  for (uint32_t i = 0; i < count && status == SL_OK;) {
    uint32_t end = i;
    while (end < count && set[end] == set[i]) end++;
    if (set[i] >= s->set_count)
      status = sl_reader_bad(reader, "sets that there are");
    else
      status = sl_store_add_nodes(s, set[i], end - i, &first);
    i = end;
  }
  sl_free(set);
  return status;
}

static sl_status relationships_of(sl_store *s, sl_reader *reader, uint32_t *const *of,
                                  uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (of[0][i] >= s->node_count || of[1][i] >= s->node_count || of[2][i] >= s->types.count)
      return sl_reader_bad(reader, "nodes and types that there are");
  for (uint32_t i = 0; i < count;) {
    uint32_t end = i, first;
    while (end < count && of[2][end] == of[2][i]) end++;
    SL_TRY(sl_store_add_relationships(s, of[2][i], of[0] + i, of[1] + i, end - i, &first));
    i = end;
  }
  return SL_OK;
}

static sl_status take_relationships(sl_store *s, sl_reader *reader, uint32_t count) {
  uint32_t *of[3] = {NULL, NULL, NULL};
  const uint32_t tags[3] = {TAG_FROM, TAG_TO, TAG_TYPES};
  sl_status status = SL_OK;
  for (int i = 0; i < 3 && status == SL_OK; i++)
    status = sl_reader_take(reader, tags[i], (uint64_t)count * 4, (void **)&of[i]);
  if (status == SL_OK) status = relationships_of(s, reader, of, count);
  for (int i = 0; i < 3; i++) sl_free(of[i]);
  return status;
}

static bool plain(sl_value v) {
  if (v.kind != SL_VALUE_LIST)
    return (v.kind > SL_VALUE_NULL && v.kind <= SL_VALUE_STRING) || v.kind == SL_VALUE_TEMPORAL;
  for (uint32_t i = 0; i < v.as.list->count; i++)
    if (!sl_is_null(v.as.list->items[i]) && !plain(v.as.list->items[i])) return false;
  return true;
}

static sl_status column_of(sl_store *s, sl_reader *reader, sl_pool *pool, const uint8_t *block,
                           size_t bytes) {
  uint32_t head[2];
  sl_value v;
  if (bytes < sizeof head) return sl_reader_bad(reader, "a column");
  memcpy(head, block, sizeof head);
  SL_TRY(sl_take_value(pool, block + sizeof head, bytes - sizeof head, "bytes", &v));
  bool right = head[0] < 2 && head[1] < s->keys.count && v.kind == SL_VALUE_LIST &&
               v.as.list->count % 2 == 0;
  const uint32_t ids = head[0] == 0 ? s->node_count : s->rel_count;
  int64_t before = -1;
  for (uint32_t i = 0; right && i < v.as.list->count; i += 2) {
    const sl_value id = v.as.list->items[i], value = v.as.list->items[i + 1];
    right = id.kind == SL_VALUE_INTEGER && id.as.integer > before && id.as.integer < ids &&
            plain(value);
    if (!right) break;
    before = id.as.integer;
    SL_TRY(sl_store_set_property(s, (sl_what)head[0], (uint32_t)before, head[1], value));
  }
  return right ? SL_OK : sl_reader_bad(reader, "ids that ascend and their values");
}

static sl_status take_column(sl_store *s, sl_reader *reader) {
  void *block;
  size_t bytes;
  sl_pool pool = {0};
  SL_TRY(take(reader, TAG_COLUMN, &block, &bytes));
  const sl_status status = column_of(s, reader, &pool, block, bytes);
  sl_pool_free(&pool);
  sl_free(block);
  return status;
}

static sl_status read_file(sl_store *s, sl_reader *reader) {
  meta m;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  if (m.columns > MOST_COLUMNS) return sl_reader_bad(reader, "at most 1000 columns");
  SL_TRY(take_names(s, reader));
  SL_TRY(take_sets(s, reader, m.sets));
  SL_TRY(take_nodes(s, reader, m.nodes));
  SL_TRY(take_relationships(s, reader, m.relationships));
  for (uint32_t i = 0; i < m.columns; i++) SL_TRY(take_column(s, reader));
  SL_TRY(sl_reader_close(reader));
  return sl_store_compact(s, true);
}

sl_status sl_property_load(sl_reader *reader, sl_property **out) {
  SL_TRY(sl_property_create(out));
  const sl_status status = read_file((*out)->live, reader);
  if (status != SL_OK) {
    sl_property_destroy(*out);
    *out = NULL;
  }
  return status;
}
