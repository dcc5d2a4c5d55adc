// What an index of sparse vectors weighs, in memory and as a file. docs/format.md describes every
// byte.
#include <math.h>
#include <string.h>

#include "hnsw/file.h"
#include "hnsw/inverted_index.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_IDS SL_TAG('I', 'D', 'S', ' ')
#define TAG_LENGTHS SL_TAG('L', 'E', 'N', 'S')
#define TAG_INDICES SL_TAG('I', 'N', 'D', 'X')
#define TAG_VALUES SL_TAG('V', 'A', 'L', 'S')

// Section `META`, as it stands in the file.
typedef struct meta {
  uint32_t vectors, reserved;
  uint64_t entries;
} meta;

// ---- bytes --------------------------------------------------------------------------------------

uint64_t sl_inverted_bytes(const sl_inverted *index) {
  uint64_t bytes = sizeof *index + index->held;
  bytes += 8 * ((uint64_t)index->by_id.size + index->by_index.size);
  bytes += (uint64_t)index->list_room * sizeof *index->lists;
  bytes += (uint64_t)index->part_room * sizeof *index->parts;
  bytes += (uint64_t)index->row_room * sizeof *index->rows + 8 * (uint64_t)index->live_room;
  bytes += 8 * (uint64_t)index->sorted_room;
  bytes += 4 * ((uint64_t)index->indices_room + index->values_room + index->by_bound_room);
  // A term and a hit of a search have 32 and 16 bytes at most.
  bytes += 32 * (uint64_t)index->term_room + 16 * (uint64_t)index->hit_room;
  return bytes + 8 * (uint64_t)index->bound_room;
}

// Of a table with so many numbers in it.
static double table_bytes(double count) {
  double size = 16;
  while (size / 2 < count) size *= 2;
  return 8 * size;
}

double sl_inverted_estimate_bytes(double count, double entries, double dimensions) {
  if (!(count >= 0) || !(entries >= 0) || !(dimensions >= 0)) return NAN;
  const double blocks = ceil(count / SL_INV_BLOCK);
  // Each list has at most a head for each block, and for each of its values.
  const double heads = dimensions * blocks < entries ? dimensions * blocks : entries;
  const double parts = ceil(2 * entries / SL_SPARSE_LIMIT) + 1;
  return (double)sizeof(sl_inverted) + 13 * entries + heads * (double)sizeof(sl_inv_head) +
         dimensions * (double)sizeof(sl_inv_list) + count * (double)sizeof(sl_inv_row) +
         table_bytes(count) + table_bytes(dimensions) + count / 8 * 1.5 + 64 +
         2 * parts * (double)sizeof(sl_inv_part) + 512;
}

// ---- files --------------------------------------------------------------------------------------

static const void *piece_of(const void *source, uint32_t tag, uint32_t slot, size_t *bytes) {
  const sl_inverted *index = source;
  const sl_inv_row *row = &index->rows[slot];
  const sl_inv_part *part = &index->parts[row->part];
  const bool live = sl_inv_is_live(index, slot);
  if (tag == TAG_IDS || tag == TAG_LENGTHS) {
    *bytes = live ? 4 : 0;
    return tag == TAG_IDS ? &row->id : &row->length;
  }
  *bytes = live ? 4 * (size_t)row->length : 0;
  return tag == TAG_INDICES ? (const void *)(part->indices + row->start)
                            : (const void *)(part->values + row->start);
}

sl_status sl_inverted_save(sl_inverted *index, sl_writer **out) {
  SL_TRY(sl_writer_create(SL_FILE_SPARSE, out));
  const meta m = {.vectors = index->size, .entries = index->entries};
  sl_writer_add_copy(*out, TAG_META, &m, sizeof m);
  const uint32_t tags[] = {TAG_IDS, TAG_LENGTHS, TAG_INDICES, TAG_VALUES};
  for (uint32_t i = 0; i < 4; i++)
    sl_writer_add_pieces(*out, tags[i], index, index->slots, piece_of);
  sl_writer_watch(*out, &index->version);
  return SL_OK;
}

static uint32_t u32_at(const sl_view *view, uint64_t i) {
  uint32_t value;
  memcpy(&value, view->data + 4 * i, 4);
  return value;
}

// A vector as it was written: ascending indices, finite values other than zero.
static sl_status read_row(sl_inverted *index, const sl_view views[5], uint32_t i, uint64_t at,
                          uint32_t length) {
  for (uint32_t j = 0; j < length; j++) {
    const uint32_t key = u32_at(&views[3], at + j), bits = u32_at(&views[4], at + j);
    memcpy(&index->values[j], &bits, 4);
    index->indices[j] = key;
    if (j > 0 && key <= index->indices[j - 1])
      return sl_bad_file("ascending indices in a vector", views[3].at);
    if (!isfinite(index->values[j]) || index->values[j] == 0)
      return sl_bad_file("finite values other than zero", views[4].at);
  }
  const uint32_t id = u32_at(&views[1], i);
  if (sl_inverted_has(index, id)) return sl_bad_file("each id once", views[1].at);
  return sl_inv_append(index, id, index->indices, index->values, length);
}

static sl_status read_rows(sl_inverted *index, const sl_view views[5]) {
  meta m;
  if (views[0].bytes != sizeof m) return sl_bad_file("a section META of 16 bytes", views[0].at);
  memcpy(&m, views[0].data, sizeof m);
  const uint64_t small = 4 * (uint64_t)m.vectors;
  if (m.reserved != 0 || m.entries > (uint64_t)m.vectors * SL_SPARSE_LIMIT ||
      views[1].bytes != small || views[2].bytes != small || views[3].bytes != 4 * m.entries ||
      views[4].bytes != 4 * m.entries)
    return sl_bad_file("sections as long as META says", views[0].at);
  uint64_t at = 0;
  for (uint32_t i = 0; i < m.vectors; i++) {
    const uint32_t length = u32_at(&views[2], i);
    if (length > SL_SPARSE_LIMIT || length > m.entries - at)
      return sl_bad_file("vectors as long as all values", views[2].at);
    SL_TRY(SL_INV_ROOM(&index->indices, &index->indices_room, length, NULL));
    SL_TRY(SL_INV_ROOM(&index->values, &index->values_room, length, NULL));
    SL_TRY(read_row(index, views, i, at, length));
    at += length;
  }
  return at == m.entries ? SL_OK : sl_bad_file("vectors as long as all values", views[2].at);
}

sl_status sl_inverted_load(sl_reader *reader, sl_inverted **out) {
  *out = NULL;
  const uint32_t tags[] = {TAG_META, TAG_IDS, TAG_LENGTHS, TAG_INDICES, TAG_VALUES};
  sl_view views[5];
  SL_TRY(sl_reader_views(reader, tags, 5, views));
  sl_inverted *index;
  SL_TRY(sl_inverted_create(&index));
  const sl_status status = read_rows(index, views);
  if (status == SL_OK)
    *out = index;
  else
    sl_inverted_destroy(index);
  return status;
}
