#include "format/remote.h"

#include <math.h>
#include <string.h>

#include "base/blocks.h"
#include "base/memory.h"
#include "format/hash_tree.h"
#include "format/head.h"
#include "format/reader.h"
#include "format/segments.h"

#define ROWS_MOST (1u << 30)

static sl_status read_index(sl_remote *r, const uint8_t *bytes, size_t count) {
  sl_segment s;
  uint32_t w[INDEX_WORDS];
  SL_TRY(sl_head_find(bytes, "index", SL_SEGMENT_U32, INDEX_WORDS, 0, &s));
  SL_REQUIRE_AT(s.offset + s.length <= count, SL_ERR_TRUNCATED, "bytes", "its whole head", count);
  memcpy(w, bytes + s.offset, sizeof w);
  if (r->verify) SL_TRY(sl_hash_tree_check(w, sizeof w, s.root));
  const uint64_t at = s.offset;
  if (w[INDEX_VERSION] != INDEX_VERSION_NUMBER)
    return sl_head_bad("version 1 of a remote index", at);
  if (w[INDEX_METRIC] > SL_REMOTE_EUCLIDEAN) return sl_head_bad("a metric, 0 to 2", at + 4);
  if (w[INDEX_DIMENSION] < 1 || w[INDEX_DIMENSION] > 65536)
    return sl_head_bad("1 to 65,536", at + 8);
  if (w[INDEX_ROWS] < 1 || w[INDEX_ROWS] > ROWS_MOST) return sl_head_bad("1 to 2^30 rows", at + 12);
  if (w[INDEX_CELLS] < 1 || w[INDEX_CELLS] > 65536)
    return sl_head_bad("1 to 65,536 cells", at + 16);
  if (w[INDEX_COPIES] < 1 || w[INDEX_COPIES] > 2) return sl_head_bad("1 or 2 copies", at + 20);
  if (w[INDEX_ENTRIES] != w[INDEX_ROWS] * w[INDEX_COPIES])
    return sl_head_bad("copies of rows", at + 24);
  if (w[INDEX_GROUP] != INDEX_GROUP_ROWS) return sl_head_bad("groups of 16 rows", at + 28);
  if (w[INDEX_KEYS] > 2) return sl_head_bad("a kind of keys, 0 to 2", at + 32);
  if (w[INDEX_RECALLS] > w[INDEX_CELLS])
    return sl_head_bad("a recall for each cell at most", at + 36);
  for (uint32_t i = INDEX_RECALLS + 1; i < INDEX_WORDS; i++)
    if (w[i] != 0) return sl_head_bad("zeros", at + 4 * i);
  memcpy(r->index, w, sizeof w);
  return SL_OK;
}

// Sizes of cells and details against each other.
static sl_status check_sizes(sl_remote *r, const uint8_t *bytes) {
  const uint32_t *w = r->index, n = w[INDEX_CELLS], plane = sl_nibbles_bytes(w[INDEX_DIMENSION]);
  const uint64_t each = plane + (w[INDEX_KEYS] != 0 ? 2u : 0u);
  uint64_t entries = 0, cells = 0, details = 0;
  for (uint32_t i = 0; i < n; i++) {
    entries += r->counts[i];
    cells += index_cell_of(w[INDEX_METRIC], w[INDEX_DIMENSION], r->counts[i]).bytes;
    const uint64_t least = each * r->counts[i];
    const uint64_t most = least + (w[INDEX_KEYS] != 0 ? (uint64_t)UINT16_MAX * r->counts[i] : 0);
    if (r->cell_ends[i] != cells) return sl_head_bad("cells of the sizes that their rows need", i);
    if (r->detail_ends[i] < details || r->detail_ends[i] - details < least ||
        r->detail_ends[i] - details > most)
      return sl_head_bad("details of the sizes that their rows need", i);
    details = r->detail_ends[i];
  }
  if (entries != w[INDEX_ENTRIES]) return sl_head_bad("as many entries as cells have", n);
  sl_segment s;
  uint32_t i = sl_segments_find(bytes, "cells");
  if (i == UINT32_MAX) return sl_head_bad("a segment \"cells\"", SL_SEGMENTS_HEADER);
  sl_segments_get(bytes, i, &s);
  if (s.type != SL_SEGMENT_U8 || s.rank != 1 || s.length != cells)
    return sl_head_bad("cells as long as they all are", s.offset);
  r->cells_at = s.offset;
  if (r->verify) {
    uint8_t root[SL_SHA256_BYTES];
    sl_hash_tree_root(r->cell_hashes, n, root);
    SL_REQUIRE(memcmp(root, s.root, sizeof root) == 0, SL_ERR_CHECKSUM, "bytes",
               "the hashes of cells that the root belongs to");
  }
  i = sl_segments_find(bytes, "details");
  if (i == UINT32_MAX) return sl_head_bad("a segment \"details\"", SL_SEGMENTS_HEADER);
  sl_segments_get(bytes, i, &s);
  if (s.type != SL_SEGMENT_U8 || s.rank != 1 || s.length != details)
    return sl_head_bad("details as long as they all are", s.offset);
  r->details_at = s.offset;
  return SL_OK;
}

static sl_status check_numbers(sl_remote *r) {
  const uint32_t *w = r->index, n = w[INDEX_CELLS], d = w[INDEX_DIMENSION];
  for (uint32_t j = 0; j < d; j++)
    if (!(r->widths[j] >= 0 && r->widths[j] <= 1e17f))
      return sl_head_bad("widths from 0 to 1e17", j);
  for (uint32_t i = 0; i < w[INDEX_RECALLS]; i++)
    if (!(r->recall[i] >= 0 && r->recall[i] <= 1)) return sl_head_bad("recalls from 0 to 1", i);
  for (uint32_t i = 0; i < n; i++) {
    if (!(r->scales[i] >= 0 && r->scales[i] <= 1e16f))
      return sl_head_bad("scales from 0 to 1e16", i);
    const int8_t *codes = r->centroids + (size_t)i * d;
    double square = 0;
    for (uint32_t j = 0; j < d; j++) square += (double)codes[j] * codes[j];
    r->squares[i] = square * r->scales[i] * r->scales[i];
  }
  return SL_OK;
}

static sl_status fill(sl_remote *r, const uint8_t *bytes, size_t count) {
  SL_TRY(read_index(r, bytes, count));
  const uint32_t n = r->index[INDEX_CELLS], d = r->index[INDEX_DIMENSION];
  SL_TRY(sl_head_copy(&r->blocks, r->verify, bytes, count, "widths", SL_SEGMENT_F32, d, 0,
                      &r->widths));
  SL_TRY(sl_head_copy(&r->blocks, r->verify, bytes, count, "scales", SL_SEGMENT_F32, n, 0,
                      &r->scales));
  SL_TRY(sl_head_copy(&r->blocks, r->verify, bytes, count, "counts", SL_SEGMENT_U32, n, 0,
                      &r->counts));
  SL_TRY(sl_head_copy(&r->blocks, r->verify, bytes, count, "centroids", SL_SEGMENT_I8, n, d,
                      &r->centroids));
  SL_TRY(sl_head_copy(&r->blocks, r->verify, bytes, count, "cells.ends", SL_SEGMENT_U64, n, 0,
                      &r->cell_ends));
  SL_TRY(sl_head_copy(&r->blocks, r->verify, bytes, count, "details.ends", SL_SEGMENT_U64, n, 0,
                      &r->detail_ends));
  SL_TRY(sl_head_copy(&r->blocks, r->verify, bytes, count, "recall", SL_SEGMENT_F32,
                      r->index[INDEX_RECALLS], 0, &r->recall));
  SL_TRY(sl_head_copy(&r->blocks, r->verify, bytes, count, "cells.hashes", SL_SEGMENT_U8, n,
                      SL_SHA256_BYTES, &r->cell_hashes));
  SL_TRY(sl_blocks_take(&r->blocks, n, sizeof *r->squares, false, (void **)&r->squares));
  SL_TRY(check_sizes(r, bytes));
  return check_numbers(r);
}

sl_status sl_remote_create(const uint8_t *bytes, size_t count, uint32_t verify, sl_remote **out) {
  *out = NULL;
  SL_TRY(sl_segments_check(bytes, count, SL_REMOTE_KIND, 0));
  sl_remote *r;
  SL_TRY(SL_ALLOC_ZERO(&r, 1));
  r->verify = verify != 0;
  r->users = 1;
  const sl_status status = fill(r, bytes, count);
  if (status != SL_OK) {
    sl_remote_destroy(r);
    return status;
  }
  *out = r;
  return SL_OK;
}

void sl_remote_destroy(sl_remote *r) {
  if (r == NULL || --r->users > 0) return;
  sl_blocks_free(&r->blocks);
  sl_free(r);
}

size_t sl_remote_bytes(const sl_remote *r) { return sizeof *r + r->blocks.bytes; }

void sl_remote_read(const sl_remote *r, double *numbers) {
  const uint32_t *w = r->index;
  const double all[SL_REMOTE_NUMBERS] = {w[INDEX_METRIC],
                                         w[INDEX_DIMENSION],
                                         w[INDEX_ROWS],
                                         w[INDEX_CELLS],
                                         w[INDEX_COPIES],
                                         w[INDEX_ENTRIES],
                                         w[INDEX_GROUP],
                                         w[INDEX_KEYS],
                                         (double)r->cells_at,
                                         (double)r->details_at,
                                         (double)(uintptr_t)r->recall,
                                         w[INDEX_RECALLS],
                                         r->verify};
  memcpy(numbers, all, sizeof all);
}

static uint64_t begin_of(const uint64_t *ends, uint32_t i) { return i == 0 ? 0 : ends[i - 1]; }

sl_status sl_remote_place(const sl_remote *r, uint32_t cell, double *place) {
  SL_REQUIRE(cell < r->index[INDEX_CELLS], SL_ERR_INDEX, "cell", "a cell of the file");
  const uint64_t from = begin_of(r->cell_ends, cell);
  place[0] = (double)(r->cells_at + from);
  place[1] = (double)(r->cell_ends[cell] - from);
  place[2] = (double)(r->details_at + begin_of(r->detail_ends, cell));
  place[3] = r->counts[cell];
  return SL_OK;
}

sl_status sl_remote_cell_layout(const sl_remote *r, uint32_t cell, size_t count, index_cell *out) {
  SL_REQUIRE(cell < r->index[INDEX_CELLS], SL_ERR_INDEX, "cell", "a cell of the file");
  *out = index_cell_of(r->index[INDEX_METRIC], r->index[INDEX_DIMENSION], r->counts[cell]);
  SL_REQUIRE_AT(count == out->bytes, SL_ERR_TRUNCATED, "bytes", "the whole block of the cell",
                count);
  return SL_OK;
}

sl_status sl_remote_check_cell(const sl_remote *r, uint32_t cell, const uint8_t *bytes,
                               size_t count) {
  index_cell c;
  SL_TRY(sl_remote_cell_layout(r, cell, count, &c));
  if (r->verify)
    SL_TRY(sl_hash_tree_check(bytes, count, r->cell_hashes + (size_t)cell * SL_SHA256_BYTES));
  const uint32_t rows = r->counts[cell], groups = index_groups(rows);
  for (uint32_t i = 0; i < rows; i++) {
    if (sl_get_u32(bytes + 4 * (size_t)i) >= r->index[INDEX_ROWS])
      return sl_head_bad("rows of the file",
                         r->cells_at + begin_of(r->cell_ends, cell) + 4 * (uint64_t)i);
    const float scale = index_get_f32(bytes + c.scales + 4 * (size_t)i);
    float square = 0;
    if (r->index[INDEX_METRIC] == SL_REMOTE_EUCLIDEAN)
      square = index_get_f32(bytes + c.squares + 4 * (size_t)i);
    if (!(scale >= 0 && scale <= 1e17f && square >= 0 && square <= 3e38f))
      return sl_head_bad("scales and lengths that are finite and not negative",
                         r->cells_at + begin_of(r->cell_ends, cell) + c.scales + 4 * (uint64_t)i);
  }
  uint64_t details = 0;
  const uint32_t plane = sl_nibbles_bytes(r->index[INDEX_DIMENSION]);
  for (uint32_t g = 0; g < groups; g++) {
    const uint32_t length = sl_get_u32(bytes + c.details + (size_t)g * INDEX_DETAIL_BYTES);
    const uint32_t left = rows - g * INDEX_GROUP_ROWS;
    const uint64_t in_group = left < INDEX_GROUP_ROWS ? left : INDEX_GROUP_ROWS;
    const uint64_t least = in_group * (plane + (r->index[INDEX_KEYS] != 0 ? 2u : 0u));
    if (length < least || (r->index[INDEX_KEYS] == 0 && length != least))
      return sl_head_bad("details of the size that their rows need", g);
    details += length;
  }
  if (details != r->detail_ends[cell] - begin_of(r->detail_ends, cell))
    return sl_head_bad("details of the size that the cell has", cell);
  return SL_OK;
}

sl_status sl_remote_group(const sl_remote *r, uint32_t cell, const uint8_t *block,
                          size_t block_count, uint32_t group, double *place) {
  index_cell c;
  SL_TRY(sl_remote_cell_layout(r, cell, block_count, &c));
  SL_REQUIRE(group < index_groups(r->counts[cell]), SL_ERR_INDEX, "group", "a group of the cell");
  uint64_t from = begin_of(r->detail_ends, cell);
  for (uint32_t g = 0; g < group; g++)
    from += sl_get_u32(block + c.details + (size_t)g * INDEX_DETAIL_BYTES);
  place[0] = (double)(r->details_at + from);
  place[1] = sl_get_u32(block + c.details + (size_t)group * INDEX_DETAIL_BYTES);
  return SL_OK;
}

// Rows in a group, and the least bytes of its details.
static uint32_t rows_in(const sl_remote *r, uint32_t cell, uint32_t group) {
  const uint32_t left = r->counts[cell] - group * INDEX_GROUP_ROWS;
  return left < INDEX_GROUP_ROWS ? left : INDEX_GROUP_ROWS;
}

sl_status sl_remote_group_size(const sl_remote *r, uint32_t cell, uint32_t group, size_t count) {
  SL_REQUIRE(cell < r->index[INDEX_CELLS], SL_ERR_INDEX, "cell", "a cell of the file");
  SL_REQUIRE(group < index_groups(r->counts[cell]), SL_ERR_INDEX, "group", "a group of the cell");
  const uint64_t each =
      sl_nibbles_bytes(r->index[INDEX_DIMENSION]) + (r->index[INDEX_KEYS] != 0 ? 2u : 0u);
  SL_REQUIRE_AT(count >= each * rows_in(r, cell, group), SL_ERR_TRUNCATED, "bytes",
                "the details of all rows of the group", count);
  return SL_OK;
}

static uint32_t key_bytes(const uint8_t *lengths, uint32_t i) {
  return lengths[2 * i] | (uint32_t)lengths[2 * i + 1] << 8;
}

sl_status sl_remote_check_group(const sl_remote *r, uint32_t cell, const uint8_t *block,
                                size_t block_count, uint32_t group, const uint8_t *bytes,
                                size_t count) {
  double place[SL_REMOTE_PLACE];
  index_cell c;
  SL_TRY(sl_remote_group(r, cell, block, block_count, group, place));
  SL_TRY(sl_remote_cell_layout(r, cell, block_count, &c));
  SL_REQUIRE_AT((double)count == place[1], SL_ERR_TRUNCATED, "bytes", "the whole group", count);
  SL_TRY(sl_remote_group_size(r, cell, group, count));
  if (r->verify)
    SL_TRY(sl_hash_tree_check(bytes, count,
                              block + c.details + (size_t)group * INDEX_DETAIL_BYTES + 4));
  if (r->index[INDEX_KEYS] == 0) return SL_OK;
  const uint32_t rows = rows_in(r, cell, group);
  const uint8_t *lengths = bytes + (size_t)rows * sl_nibbles_bytes(r->index[INDEX_DIMENSION]);
  uint64_t end = (uint64_t)(lengths - bytes) + 2 * (uint64_t)rows;
  for (uint32_t i = 0; i < rows; i++) end += key_bytes(lengths, i);
  return end == count ? SL_OK
                      : sl_head_bad("keys that fill the details of the group", (uint64_t)place[0]);
}

sl_status sl_remote_key(const sl_remote *r, uint32_t cell, uint32_t entry, const uint8_t *bytes,
                        size_t count, double *place) {
  SL_REQUIRE(cell < r->index[INDEX_CELLS], SL_ERR_INDEX, "cell", "a cell of the file");
  SL_REQUIRE(entry < r->counts[cell] && r->index[INDEX_KEYS] != 0, SL_ERR_INDEX, "entry",
             "an entry of the cell, in a file with keys");
  const uint32_t group = entry / INDEX_GROUP_ROWS, rows = rows_in(r, cell, group);
  SL_TRY(sl_remote_group_size(r, cell, group, count));
  const uint8_t *lengths = bytes + (size_t)rows * sl_nibbles_bytes(r->index[INDEX_DIMENSION]);
  uint64_t from = (uint64_t)(lengths - bytes) + 2 * (uint64_t)rows;
  for (uint32_t i = 0; i < entry % INDEX_GROUP_ROWS; i++) from += key_bytes(lengths, i);
  const uint32_t length = key_bytes(lengths, entry % INDEX_GROUP_ROWS);
  if (from + length > count) return sl_head_bad("keys within the details of the group", from);
  place[0] = (double)from;
  place[1] = length;
  return SL_OK;
}
