#include "hnsw/file.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/container.h"
#include "base/memory.h"
#include "hnsw/codes.h"
#include "hnsw/graph.h"
#include "quant/float16.h"
#include "simd/distance_f32.h"

enum { META, IDS, STATES, ROWS, LEVELS, LINKS, UPPER, EXACT, SECTIONS };
enum { META_BYTES = 80 };

static const uint32_t TAGS[SECTIONS] = {SL_TAG('M', 'E', 'T', 'A'), SL_TAG('I', 'D', 'S', ' '),
                                        SL_TAG('S', 'T', 'A', 'T'), SL_TAG('R', 'O', 'W', 'S'),
                                        SL_TAG('L', 'E', 'V', 'L'), SL_TAG('L', 'N', 'K', '0'),
                                        SL_TAG('L', 'N', 'K', 'U'), SL_TAG('E', 'X', 'C', 'T')};

// What stands in front of rows of codes with tails.
enum { NO_MODEL, MODEL, MODEL_AND_EARLY };
static bool has_model(const sl_store *store) {
  return sl_codes_have_tails(store->codes) && store->used > 0;
}
static bool has_early(const sl_store *store) {
  return store->early_rows > 0 && store->used <= store->early_rows;
}

static void fill_meta(const sl_store *store, const sl_hnsw *index, uint8_t *p) {
  memset(p, 0, META_BYTES);
  sl_put_u32(p + 4, (uint32_t)store->metric);
  sl_put_u32(p + 8, store->dimension);
  sl_put_u32(p + 12, store->used);
  sl_put_u32(p + 16, store->live);
  sl_put_f64(p + 24, store->curvature);
  if (index == NULL) return;
  sl_put_u32(p + 20, index->entry);
  sl_put_u32(p + 32, index->options.m);
  sl_put_u32(p + 36, index->options.ef_construction);
  sl_put_u32(p + 40, index->options.max_elements);
  sl_put_u32(p + 44, index->upper_used);
  sl_put_u64(p + 48, index->options.seed);
  sl_put_u64(p + 56, index->drawn);
  sl_put_u32(p + 64, (uint32_t)index->options.codes);
  sl_put_u32(p + 68, (uint32_t)store->exact);
  if (!has_model(store)) return;
  sl_put_u32(p + 72, store->learned);
  sl_put_u32(p + 76, has_early(store) ? MODEL_AND_EARLY : MODEL);
}

// Vectors without their padding, codes as they stand.
static size_t saved_row_bytes(const sl_store *store) {
  return store->codes == SL_CODES_NONE ? sl_metric_input_bytes(store->metric, store->dimension)
                                       : store->row_bytes;
}

static const void *row_piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  const sl_store *store = source;
  bool exact = tag == TAGS[EXACT];
  *bytes = exact ? store->exact_bytes : saved_row_bytes(store);
  return exact ? sl_store_exact(store, i) : sl_store_row(store, i);
}

// The rows of codes with tails: first what they are read with, then the early vectors.
static const void *coded_piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  const sl_store *store = source;
  if (i >= 2) return row_piece(source, tag, i - 2, bytes);
  if (i == 0) {
    *bytes = sizeof(float) * sl_codes_model_numbers(store);
    return sl_codes_model(store);
  }
  *bytes = has_early(store) ? sizeof(float) * (size_t)store->used * store->dimension : 0;
  return store->early;
}

static const void *links_piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  const sl_hnsw *index = source;
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
  sl_writer_add(*out, TAGS[STATES], store->states, store->used);
  if (has_model(store)) {
    sl_writer_add_pieces(*out, TAGS[ROWS], store, store->used + 2, coded_piece);
  } else {
    sl_writer_add_pieces(*out, TAGS[ROWS], store, store->used, row_piece);
  }
  sl_writer_watch(*out, &store->version);
  if (index == NULL) return SL_OK;
  sl_writer_add(*out, TAGS[LEVELS], index->levels, store->used);
  sl_writer_add_pieces(*out, TAGS[LINKS], index, store->used, links_piece);
  sl_writer_add_pieces(*out, TAGS[UPPER], index, index->upper_used, links_piece);
  sl_writer_add_pieces(*out, TAGS[EXACT], store, store->exact_bytes > 0 ? store->used : 0,
                       row_piece);
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

uint64_t sl_hnsw_file_size(const sl_hnsw *index) { return file_size(&index->store, index); }
uint64_t sl_flat_file_size(const sl_flat *flat) { return file_size(&flat->store, NULL); }

sl_status sl_hnsw_save(sl_hnsw *index, uint64_t offset, void *buffer, uint32_t capacity,
                       uint32_t *written) {
  return save(&index->store, index, &index->saving, offset, buffer, capacity, written);
}
sl_status sl_flat_save(sl_flat *flat, uint64_t offset, void *buffer, uint32_t capacity,
                       uint32_t *written) {
  return save(&flat->store, NULL, &flat->saving, offset, buffer, capacity, written);
}

// --- loading -------------------------------------------------------------------------------------

static bool is_zero(const uint8_t *bytes, uint64_t from, uint64_t to) {
  while (from < to && bytes[from] == 0) from++;
  return from == to;
}

// Could a row of codes have been written by sl_store_write()?
static bool codes_are_valid(const sl_store *store, const unsigned char *row) {
  uint32_t n = store->dimension;
  if (store->codes == SL_CODES_BINARY) {
    if (n % 8 != 0 && row[n / 8] >> (n % 8) != 0) return false;
    return is_zero(row, (n + 7) / 8, store->row_bytes);
  }
  return sl_code_is_valid(store, row);
}

// The same for an exact row.
static bool exact_is_valid(const sl_store *store, const unsigned char *exact) {
  uint32_t n = store->dimension;
  if (store->exact == SL_EXACT_FLOAT32) {
    return sl_first_beyond_f32((const float *)exact, n, SL_DISTANCE_LIMIT) == n;
  }
  float most;
  memcpy(&most, exact, sizeof most);
  const uint16_t *halves = (const uint16_t *)(exact + sizeof most);
  for (uint32_t i = 0; i < n; i++) {
    if ((halves[i] & 0x7fff) > 0x3c00) return false; // beyond 1
  }
  return most >= 0 && most <= 2.1f * SL_DISTANCE_LIMIT && // a difference of two

         is_zero(exact, sizeof most + 2 * (size_t)n, store->exact_bytes);
}

// Older files have 16-bit exact rows of the vectors, beside int8 codes now of what these have lost.
static void renew_exact(sl_store *store, uint32_t slot) {
  const unsigned char *exact = sl_store_exact(store, slot);
  float *vector = sl_codes_read_buffer(store), most;
  memcpy(&most, exact, sizeof most);
  sl_float16_decode((const uint16_t *)(exact + sizeof most), store->dimension, vector);
  for (uint32_t i = 0; i < store->dimension; i++) vector[i] *= most;
  sl_store_write_exact(store, slot, vector);
}

static sl_status read_exacts(const sl_view *v, sl_store *store) {
  bool older = store->codes == SL_CODES_INT8 && store->exact == SL_EXACT_FLOAT16 &&
               sl_get_u32(v[META].data + 76) == NO_MODEL;
  if (v[EXACT].bytes != (uint64_t)store->exact_bytes * store->used) {
    return sl_bad_file("an exact row for each slot", v[EXACT].at);
  }
  for (uint32_t slot = 0; slot < store->used && store->exact_bytes > 0; slot++) {
    uint64_t at = (uint64_t)slot * store->exact_bytes;
    memcpy(sl_store_exact(store, slot), v[EXACT].data + at, store->exact_bytes);
    if (store->states[slot] != SL_SLOT_FREE &&
        !exact_is_valid(store, sl_store_exact(store, slot))) {
      return sl_bad_file("exact rows of finite numbers", v[EXACT].at + at);
    }
    if (older && store->states[slot] != SL_SLOT_FREE) renew_exact(store, slot);
  }
  return SL_OK;
}

// Centre and widths, and the first vectors where they are kept.
static sl_status read_model(const sl_view *v, sl_store *store, bool early, uint32_t used) {
  const unsigned char *data = v[ROWS].data;
  size_t bytes = sizeof(float) * sl_codes_model_numbers(store);
  if (!sl_codes_set_model(store, data)) {
    return sl_bad_file("centre and widths that vectors can have", v[ROWS].at);
  }
  store->learned = sl_get_u32(v[META].data + 72);
  size_t numbers = (size_t)used * store->dimension;
  if (!early) return SL_OK;
  memcpy(store->early, data + bytes, numbers * sizeof(float));
  if (sl_first_beyond_f32(store->early, numbers, SL_DISTANCE_LIMIT) < numbers) {
    return sl_bad_file("early vectors of finite numbers", v[ROWS].at + bytes);
  }
  return SL_OK;
}

// Fills an empty store. `used` is plausible: the sections have the sizes that it asks for.
static sl_status read_store(const sl_view *v, sl_store *store, uint32_t used) {
  const uint8_t *meta = v[META].data;
  size_t each = saved_row_bytes(store);
  if (v[IDS].bytes != 4 * (uint64_t)used) return sl_bad_file("an id for each slot", v[IDS].at);
  if (v[STATES].bytes != used) return sl_bad_file("a state for each slot", v[STATES].at);
  uint32_t model = sl_get_u32(meta + 76);
  bool tails = sl_codes_have_tails(store->codes);
  uint64_t head = model == NO_MODEL ? 0 : sizeof(float) * (uint64_t)sl_codes_model_numbers(store);
  if (model == MODEL_AND_EARLY) head += sizeof(float) * (uint64_t)store->dimension * used;
  if (!tails ? model != NO_MODEL : model > MODEL_AND_EARLY || (model != NO_MODEL && used == 0)) {
    return sl_bad_file("centre and widths of codes", v[META].at + 76);
  }
  // Without them the file is of a time when int8 codes had none.
  bool older = tails && model == NO_MODEL;
  if ((older && store->codes != SL_CODES_INT8 && used > 0) ||
      (model == MODEL_AND_EARLY && used > store->early_limit)) {
    return sl_bad_file("centre and widths of codes", v[META].at + 76);
  }
  if (v[ROWS].bytes != head + each * (uint64_t)used) {
    return sl_bad_file("a row for each slot", v[ROWS].at);
  }
  const unsigned char *rows = v[ROWS].data + head;
  if (model == MODEL || (older && used > 0)) sl_codes_drop_early(store);
  SL_TRY(sl_store_reserve(store, used));
  if (model != NO_MODEL) SL_TRY(read_model(v, store, model == MODEL_AND_EARLY, used));
  if (older) store->learned = used;
  uint32_t free_slots = 0;
  store->used = used;
  if (used > 0) memcpy(store->ids, v[IDS].data, 4 * (size_t)used);
  if (used > 0) memcpy(store->states, v[STATES].data, used);
  for (uint32_t slot = 0; slot < used; slot++) {
    float factor;
    unsigned char *row = sl_store_row(store, slot);
    if (store->states[slot] > SL_SLOT_DEAD)
      return sl_bad_file("a state of 0, 1 or 2", v[STATES].at + slot);
    store->live += store->states[slot] == SL_SLOT_LIVE;
    store->dead += store->states[slot] == SL_SLOT_DEAD;
    free_slots += store->states[slot] == SL_SLOT_FREE;
    memset(row, 0, store->row_bytes);
    memcpy(row, rows + slot * each, each);
    if (store->metric == SL_METRIC_HAMMING || store->states[slot] == SL_SLOT_FREE) continue;
    if (store->codes != SL_CODES_NONE) {
      if (older ? sl_code_from_older(store, row) : codes_are_valid(store, row)) continue;
      return sl_bad_file("codes within their limits", v[ROWS].at + head + slot * each);
    }
    // Encoding in place checks the row and gives its factor. Not under cosine: scaling a vector of
    // length 1 to length 1 once more could change its last bits.
    if (store->metric == SL_METRIC_COSINE) {
      if (!sl_metric_is_unit((const float *)row, store->dimension)) {
        return sl_bad_file("vectors of length 1", v[ROWS].at + slot * each);
      }
      factor = 1;
    } else if (sl_metric_encode(store->metric, store->dimension, row, row, &factor, "bytes",
                                slot) != SL_OK) {
      return sl_bad_file("vectors that the metric allows", v[ROWS].at + slot * each);
    }
    sl_store_write(store, slot, row, factor);
  }
  if (store->live != sl_get_u32(meta + 16))
    return sl_bad_file("the number of vectors", v[META].at + 16);
  if (!sl_store_index_ids(store)) return sl_bad_file("ids that are used once", v[IDS].at);
  store->free_head = SL_NO_SLOT;
  for (uint32_t slot = used; free_slots > 0 && slot-- > 0;) {
    if (store->states[slot] != SL_SLOT_FREE) continue;
    store->ids[slot] = store->free_head;
    store->free_head = slot;
  }
  sl_store_touch(store);
  return SL_OK;
}

static sl_status make_flat(const sl_view *v, sl_flat **out) {
  if (v[META].bytes != META_BYTES) return sl_bad_file("80 bytes", v[META].at);
  const uint8_t *meta = v[META].data;
  if (!is_zero(meta, 0, 4) || !is_zero(meta, 20, 24) || !is_zero(meta, 32, META_BYTES)) {
    return sl_bad_file("zeros where nothing is said", v[META].at);
  }
  sl_flat *flat;
  sl_status status = sl_flat_create((sl_metric)sl_get_u32(meta + 4), sl_get_u32(meta + 8),
                                    sl_get_f64(meta + 24), 0, &flat);
  if (status == SL_ERR_OPTION) return sl_bad_file("options in their domains", v[META].at);
  SL_TRY(status);
  status = read_store(v, &flat->store, sl_get_u32(meta + 12));
  if (status != SL_OK) {
    sl_flat_destroy(flat);
    return status;
  }
  *out = flat;
  return SL_OK;
}

sl_status sl_flat_load(const uint8_t *bytes, uint64_t length, bool verify, sl_flat **out) {
  *out = NULL;
  sl_view v[SECTIONS];
  SL_TRY(sl_view_file(bytes, length, SL_FILE_FLAT, verify, TAGS, ROWS + 1, v));
  return make_flat(v, out);
}

sl_status sl_flat_read(sl_reader *reader, sl_flat **out) {
  *out = NULL;
  sl_view v[SECTIONS];
  SL_TRY(sl_reader_views(reader, TAGS, ROWS + 1, v));
  return make_flat(v, out);
}

// One list of links: within its limits, to slots that have the level and are not free.
static bool read_links(const sl_hnsw *index, const uint8_t **p, const uint8_t *end, uint32_t *links,
                       uint32_t level) {
  const sl_store *store = &index->store;
  if (end - *p < 4) return false;
  uint32_t count = sl_get_u32(*p);
  if (count > sl_links_most(index, level) || (uint64_t)(end - *p) < 4 * ((uint64_t)count + 1)) {
    return false;
  }
  memcpy(links, *p, 4 * ((size_t)count + 1));
  *p += 4 * ((size_t)count + 1);
  for (uint32_t i = 1; i <= count; i++) {
    uint32_t to = links[i];
    if (to >= store->used || index->levels[to] < level) return false;
    if (store->states[to] == SL_SLOT_FREE) return false;
  }
  return true;
}

static sl_status read_graph(const sl_view *v, sl_hnsw *index) {
  const uint8_t *meta = v[META].data;
  const sl_store *store = &index->store;
  uint32_t used = store->used;
  if (v[LEVELS].bytes != used) return sl_bad_file("a level for each slot", v[LEVELS].at);
  if (used > 0) memcpy(index->levels, v[LEVELS].data, used);
  uint64_t units = 0;
  for (uint32_t slot = 0; slot < used; slot++) {
    if (index->levels[slot] > SL_HNSW_LEVEL_LIMIT)
      return sl_bad_file("levels up to 15", v[LEVELS].at);
    index->upper_at[slot] = (uint32_t)units;
    units += index->levels[slot];
  }
  if (units != sl_get_u32(meta + 44)) return sl_bad_file("as many lists as levels", v[LEVELS].at);
  // Every list takes four bytes at least: no more memory than a multiple of the file.
  if (units * 4 > v[UPPER].bytes) return sl_bad_file("as many lists as levels", v[UPPER].at);
  if (units > index->upper_capacity) {
    SL_TRY(sl_realloc((void **)&index->upper, (size_t)units, 4 * (size_t)index->upper_stride));
    index->upper_capacity = (uint32_t)units;
  }
  index->upper_used = (uint32_t)units;
  const uint8_t *low = v[LINKS].data, *low_end = low + v[LINKS].bytes;
  const uint8_t *high = v[UPPER].data, *high_end = high + v[UPPER].bytes;
  for (uint32_t slot = 0; slot < used; slot++) {
    if (!read_links(index, &low, low_end, sl_links(index, slot, 0), 0)) {
      return sl_bad_file("links to slots that exist", v[LINKS].at);
    }
    for (uint32_t level = 1; level <= index->levels[slot]; level++) {
      if (!read_links(index, &high, high_end, sl_links(index, slot, level), level)) {
        return sl_bad_file("links to slots that exist on their level", v[UPPER].at);
      }
    }
  }
  if (low != low_end || high != high_end)
    return sl_bad_file("nothing behind the last list", v[LINKS].at);
  index->entry = sl_get_u32(meta + 20);
  bool empty = store->live + store->dead == 0;
  if (empty ? index->entry != SL_NO_SLOT
            : index->entry >= used || store->states[index->entry] == SL_SLOT_FREE) {
    return sl_bad_file("an entry that exists", v[META].at + 20);
  }
  return SL_OK;
}

// reader: holds the views, or NULL; what is in the store is dropped before links take memory.
static sl_status make_hnsw(const sl_view *v, sl_reader *reader, sl_hnsw **out) {
  if (v[META].bytes != META_BYTES) return sl_bad_file("80 bytes", v[META].at);
  const uint8_t *meta = v[META].data;
  if (!is_zero(meta, 0, 4) ||
      (sl_get_u32(meta + 76) == NO_MODEL && !is_zero(meta, 72, META_BYTES))) {
    return sl_bad_file("zeros where nothing is said", v[META].at);
  }
  uint32_t used = sl_get_u32(meta + 12);
  if (v[STATES].bytes != used) return sl_bad_file("a state for each slot", v[STATES].at);
  sl_hnsw_options options = {.metric = (sl_metric)sl_get_u32(meta + 4),
                             .dimension = sl_get_u32(meta + 8),
                             .m = sl_get_u32(meta + 32),
                             .ef_construction = sl_get_u32(meta + 36),
                             .max_elements = sl_get_u32(meta + 40),
                             .capacity = 0,
                             .seed = sl_get_u64(meta + 48),
                             .curvature = sl_get_f64(meta + 24),
                             .codes = (sl_codes)sl_get_u32(meta + 64),
                             .exact = (sl_exact)sl_get_u32(meta + 68)};
  bool coded = sl_codes_have_tails(options.codes) || options.codes == SL_CODES_BINARY;
  if (!coded && options.exact != SL_EXACT_NONE) {
    return sl_bad_file("no exact rows without codes", v[META].at + 68);
  }
  sl_hnsw *index;
  sl_status status = sl_hnsw_create(&options, &index);
  if (status == SL_ERR_OPTION) return sl_bad_file("options in their domains", v[META].at);
  SL_TRY(status);
  status = read_store(v, &index->store, used);
  if (status == SL_OK) status = read_exacts(v, &index->store);
  sl_reader_drop(reader, IDS);
  sl_reader_drop(reader, STATES);
  sl_reader_drop(reader, ROWS);
  sl_reader_drop(reader, EXACT);
  if (status == SL_OK) status = sl_hnsw_reserve(index, used);
  if (status == SL_OK) status = read_graph(v, index);
  if (status != SL_OK) {
    sl_hnsw_destroy(index);
    return status;
  }
  index->drawn = sl_get_u64(meta + 56);
  *out = index;
  return SL_OK;
}

sl_status sl_hnsw_load(const uint8_t *bytes, uint64_t length, bool verify, sl_hnsw **out) {
  *out = NULL;
  sl_view v[SECTIONS];
  SL_TRY(sl_view_file(bytes, length, SL_FILE_HNSW, verify, TAGS, SECTIONS, v));
  return make_hnsw(v, NULL, out);
}

sl_status sl_hnsw_read(sl_reader *reader, sl_hnsw **out) {
  *out = NULL;
  sl_view v[SECTIONS];
  SL_TRY(sl_reader_views(reader, TAGS, SECTIONS, v));
  return make_hnsw(v, reader, out);
}
