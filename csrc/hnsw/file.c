#include "hnsw/file.h"

#include <string.h>

#include "base/bytes.h"
#include "base/container.h"
#include "hnsw/codes.h"
#include "hnsw/copies.h"
#include "hnsw/file_parts.h"
#include "hnsw/graph.h"
#include "hnsw/model.h"
#include "hnsw/reach.h"

static bool has_model(const sl_store *store) {
  return sl_codes_have_tails(store->codes) && store->used > 0;
}
static bool has_early(const sl_store *store) {
  return store->early_rows > 0 && store->used <= store->early_rows;
}

static void fill_meta(const sl_store *store, const sl_hnsw *index, uint8_t *p) {
  memset(p, 0, META_BYTES);
  sl_put_u32(p, index != NULL && sl_copies_keep_hashes(store) ? META_HASHES : META_VERSION);
  sl_put_u32(p + 4, (uint32_t)store->metric);
  sl_put_u32(p + 8, store->dimension);
  sl_put_u32(p + 12, store->used);
  sl_put_u32(p + 16, store->live);
  sl_put_f64(p + 24, store->curvature);
  sl_put_u32(p + 80, store->free_head);
  sl_codes codes = index != NULL ? index->options.codes : store->codes;
  sl_put_u32(p + 64, (uint32_t)codes | store->prefix << PREFIX_SHIFT);
  sl_put_u32(p + 68, (uint32_t)store->exact);
  if (has_model(store)) {
    sl_put_u32(p + 72, store->learned);
    sl_put_u32(p + 76, has_early(store) ? MODEL_AND_EARLY : MODEL);
  }
  if (index == NULL) return;
  sl_put_u32(p + 20, index->entry);
  sl_put_u32(p + 32, index->options.m);
  sl_put_u32(p + 36, index->options.ef_construction);
  sl_put_u32(p + 40, index->options.max_elements);
  sl_put_u32(p + 44, index->upper_used);
  sl_put_u64(p + 48, index->options.seed);
  sl_put_u64(p + 56, index->drawn);
  sl_put_u32(p + 84, index->repair_at);
}

static const void *row_piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  const sl_store *store = source;
  bool exact = tag == TAGS[EXACT];
  *bytes = exact ? store->exact_bytes : saved_row_bytes(store);
  return exact ? sl_store_exact(store, i) : sl_store_row(store, i);
}

// The rows of codes with tails: first what they are read with, then the early vectors; of a bare
// store the exact rows come last.
static const void *coded_piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  const sl_store *store = source;
  if (i >= 2 && i - 2 >= store->used)
    return row_piece(source, TAGS[EXACT], i - 2 - store->used, bytes);
  if (i >= 2) return row_piece(source, tag, i - 2, bytes);
  if (i == 0) {
    *bytes = sizeof(float) * sl_codes_model_numbers(store);
    return sl_codes_model(store);
  }
  *bytes = has_early(store) ? sizeof(float) * (size_t)store->used * store->dimension : 0;
  return store->early;
}

static const void *state_piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  (void)tag;
  static const uint8_t copy = STATE_COPY;
  const sl_hnsw *index = source;
  *bytes = 1;
  bool is_copy = index->store.states[i] == SL_SLOT_LIVE && sl_is_copy(index, i);
  return is_copy ? &copy : &index->store.states[i];
}

// Exact rows, and behind them the hashes that are kept.
static const void *exact_piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  const sl_hnsw *index = source;
  if (i < index->store.used) return row_piece(&index->store, tag, i, bytes);
  *bytes = sizeof *index->hashes * (size_t)index->store.used;
  return index->hashes;
}

static const void *links_piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  sl_hnsw *index = (sl_hnsw *)(uintptr_t)source; // only its scratch is written
  if (tag == TAGS[LINKS] && index->store.states[i] == SL_SLOT_LIVE && sl_is_copy(index, i)) {
    index->ring[0] = 1;
    index->ring[1] = sl_copies_next(index, i);
    *bytes = sizeof index->ring;
    return index->ring;
  }
  const uint32_t *links =
      tag == TAGS[LINKS] ? sl_links(index, i, 0) : index->upper + (size_t)i * index->upper_stride;
  *bytes = 4 * (size_t)(1 + links[0]);
  return links;
}

// index == NULL: of a bare store.
static sl_status make_writer(const sl_store *store, const sl_hnsw *index, sl_writer **out) {
  uint8_t meta[META_BYTES];
  SL_TRY(sl_writer_create(index != NULL ? SL_FILE_HNSW : SL_FILE_FLAT, out));
  fill_meta(store, index, meta);
  sl_writer_add_copy(*out, TAGS[META], meta, META_BYTES);
  sl_writer_add(*out, TAGS[IDS], store->ids, 4 * (uint64_t)store->used);
  if (index == NULL || index->copy_count == 0) {
    sl_writer_add(*out, TAGS[STATES], store->states, store->used);
  } else {
    sl_writer_add_pieces(*out, TAGS[STATES], index, store->used, state_piece);
  }
  if (has_model(store)) {
    uint32_t more = index == NULL && store->exact_bytes > 0 ? store->used : 0;
    sl_writer_add_pieces(*out, TAGS[ROWS], store, store->used + 2 + more, coded_piece);
  } else {
    sl_writer_add_pieces(*out, TAGS[ROWS], store, store->used, row_piece);
  }
  sl_writer_watch(*out, &store->version);
  if (index == NULL) return SL_OK;
  sl_writer_add(*out, TAGS[LEVELS], index->levels, store->used);
  sl_writer_add_pieces(*out, TAGS[LINKS], index, store->used, links_piece);
  sl_writer_add_pieces(*out, TAGS[UPPER], index, index->upper_used, links_piece);
  uint32_t exacts = store->exact_bytes > 0 ? store->used : 0;
  if (sl_copies_keep_hashes(store) && exacts > 0) exacts++;
  sl_writer_add_pieces(*out, TAGS[EXACT], index, exacts, exact_piece);
  return SL_OK;
}

static uint64_t file_size(const sl_store *store, const sl_hnsw *index) {
  sl_writer *writer;
  if (make_writer(store, index, &writer) != SL_OK) return 0;
  uint64_t size = sl_writer_size(writer);
  sl_writer_destroy(writer);
  return size;
}

static sl_status save(const sl_store *store, const sl_hnsw *index, sl_writer **saving,
                      uint64_t offset, void *buffer, uint32_t capacity, uint32_t *written) {
  *written = 0;
  if (offset == 0) {
    sl_writer_destroy(*saving);
    *saving = NULL;
    SL_TRY(make_writer(store, index, saving));
  }
  SL_REQUIRE(
      *saving != NULL && offset == sl_writer_offset(*saving) && sl_writer_is_current(*saving),
      SL_ERR_STATE, "offset", "the end of the last piece, of an index that has not changed since");
  return sl_writer_next(*saving, buffer, capacity, written);
}

uint64_t sl_hnsw_file_size(sl_hnsw *index) {
  if (index->build != NULL) return 0;
  bool whole = index->frozen || sl_reach_all(index) == SL_OK;
  return whole ? file_size(&index->store, index) : 0;
}
uint64_t sl_flat_file_size(const sl_flat *flat) { return file_size(&flat->store, NULL); }

sl_status sl_hnsw_save(sl_hnsw *index, uint64_t offset, void *buffer, uint32_t capacity,
                       uint32_t *written) {
  SL_REQUIRE(index->build == NULL, SL_ERR_STATE, "index", SL_BUILDING);
  if (offset == 0 && !index->frozen) SL_TRY(sl_reach_all(index));
  return save(&index->store, index, &index->saving, offset, buffer, capacity, written);
}
sl_status sl_flat_save(sl_flat *flat, uint64_t offset, void *buffer, uint32_t capacity,
                       uint32_t *written) {
  return save(&flat->store, NULL, &flat->saving, offset, buffer, capacity, written);
}
