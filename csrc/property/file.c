// Loading property graphs, and what has changed in them.
#include <string.h>

#include "base/memory.h"
#include "property/file.h"
#include "property/file_parts.h"
#include "property/graph_object.h"

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
    if ((set[i] & ~SL_GONE) >= s->set_count)
      status = sl_reader_bad(reader, "sets that there are");
    else
      status = sl_store_add_nodes(s, set[i] & ~SL_GONE, end - i, &first);
    for (; i < end && status == SL_OK; i++, first++)
      if (set[i] & SL_GONE) status = sl_store_delete_node(s, first);
  }
  sl_free(set);
  return status;
}

static sl_status relationships_of(sl_store *s, sl_reader *reader, uint32_t *const *of,
                                  uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (of[0][i] >= s->node_count || of[1][i] >= s->node_count ||
        (of[2][i] & ~SL_GONE) >= s->types.count)
      return sl_reader_bad(reader, "nodes and types that there are");
  for (uint32_t i = 0; i < count;) {
    uint32_t end = i, first;
    while (end < count && of[2][end] == of[2][i]) end++;
    SL_TRY(
        sl_store_add_relationships(s, of[2][i] & ~SL_GONE, of[0] + i, of[1] + i, end - i, &first));
    for (; i < end; i++, first++)
      if (of[2][i] & SL_GONE) SL_TRY(sl_store_delete_relationship(s, first));
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
            (sl_is_null(value) || plain(value));
    if (!right) break;
    before = id.as.integer;
    // What is gone has no values.
    right = sl_is_null(value) || (head[0] == 0 ? sl_node_is_live(s, (uint32_t)before)
                                               : sl_rel_is_live(s, (uint32_t)before));
    if (!right) break;
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

static sl_status check_ends(const sl_store *s, sl_reader *reader) {
  for (uint32_t r = 0; r < s->rel_count; r++)
    if (sl_rel_is_live(s, r) &&
        !(sl_node_is_live(s, s->rel_from[r]) && sl_node_is_live(s, s->rel_to[r])))
      return sl_reader_bad(reader, "relationships between nodes that are not gone");
  return SL_OK;
}

static sl_status read_file(sl_store *s, sl_reader *reader) {
  sl_file_meta m;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  if (m.columns > SL_FILE_MOST_COLUMNS) return sl_reader_bad(reader, "at most 1000 columns");
  SL_TRY(take_names(s, reader));
  SL_TRY(take_sets(s, reader, m.sets));
  SL_TRY(take_nodes(s, reader, m.nodes));
  SL_TRY(take_relationships(s, reader, m.relationships));
  SL_TRY(check_ends(s, reader));
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

// ---- segments -----------------------------------------------------------------------------------

static sl_status change_nodes(sl_store *s, sl_reader *reader, const uint32_t *at, size_t count) {
  for (size_t i = 0; i < count; i += 2) {
    const uint32_t id = at[i], set = at[i + 1];
    if (!sl_node_is_live(s, id) || (set & ~SL_GONE) >= s->set_count)
      return sl_reader_bad(reader, "sets of nodes that there are");
    SL_TRY(sl_store_set_labels(s, id, set & ~SL_GONE));
    if (set & SL_GONE) SL_TRY(sl_store_delete_node(s, id));
  }
  return SL_OK;
}

static sl_status take_gone(sl_store *s, sl_reader *reader, const uint32_t *at, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!sl_rel_is_live(s, at[i])) return sl_reader_bad(reader, "relationships that there are");
    SL_TRY(sl_store_delete_relationship(s, at[i]));
  }
  return SL_OK;
}

// A section of words, a multiple of `of` of them.
static sl_status take_words(sl_store *s, sl_reader *reader, uint32_t tag, size_t of,
                            sl_status (*use)(sl_store *, sl_reader *, const uint32_t *, size_t)) {
  void *block;
  size_t bytes;
  SL_TRY(take(reader, tag, &block, &bytes));
  const sl_status status = bytes % (of * sizeof(uint32_t)) == 0
                               ? use(s, reader, block, bytes / sizeof(uint32_t))
                               : sl_reader_bad(reader, "whole numbers");
  sl_free(block);
  return status;
}

sl_status sl_property_apply(sl_property *graph, sl_reader *reader) {
  sl_segment_meta m;
  SL_TRY(sl_property_may_change(graph));
  sl_store *s = graph->live;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  if (m.nodes_before != s->node_count || m.relationships_before != s->rel_count ||
      m.nodes < m.nodes_before || m.relationships < m.relationships_before ||
      m.columns > SL_FILE_MOST_COLUMNS)
    return sl_reader_bad(reader, "the segment that follows the one before");
  SL_TRY(take_names(s, reader));
  SL_TRY(take_sets(s, reader, m.sets));
  SL_TRY(take_nodes(s, reader, m.nodes - m.nodes_before));
  SL_TRY(take_words(s, reader, TAG_CHANGED, 2, change_nodes));
  SL_TRY(take_relationships(s, reader, m.relationships - m.relationships_before));
  SL_TRY(take_words(s, reader, TAG_GONE, 1, take_gone));
  SL_TRY(check_ends(s, reader));
  for (uint32_t i = 0; i < m.columns; i++) SL_TRY(take_column(s, reader));
  return sl_reader_close(reader);
}
