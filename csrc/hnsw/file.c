#include "hnsw/file.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "hnsw/graph.h"
#include "quant/int8.h"
#include "simd/distance_f32.h"

static const uint8_t MAGIC[8] = {'s', 'l', 'v', 'e', 'c', '\r', '\n', 0x1a};

enum { KIND_FLAT = 1, KIND_HNSW = 2 };
enum { META, IDS, STATES, ROWS, LEVELS, LINKS, UPPER, EXACT, SECTIONS };
enum { CRC_AT = 20, HEAD_BYTES = 24, ENTRY_BYTES = 24, META_BYTES = 80 };

static const char TAGS[SECTIONS][5] = {"META", "IDS ", "STAT", "ROWS",
                                       "LEVL", "LNK0", "LNKU", "EXCT"};

// What is saved: an index, or with index == NULL a bare store.
typedef struct source {
  const sl_store *store;
  const sl_hnsw *index;
  uint8_t meta[META_BYTES];
} source;

static uint32_t section_count(const source *s) { return s->index != NULL ? SECTIONS : ROWS + 1; }

static void fill_meta(source *s) {
  const sl_store *store = s->store;
  const sl_hnsw *index = s->index;
  uint8_t *p = s->meta;
  memset(p, 0, META_BYTES);
  sl_put_u32(p + 0, index != NULL ? KIND_HNSW : KIND_FLAT);
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
  sl_put_u32(p + 64, (uint32_t)store->codes);
  sl_put_u32(p + 68, (uint32_t)store->exact);
}

// A section is a row of pieces that lie somewhere in memory.
static uint32_t piece_count(const source *s, uint32_t section) {
  if (section == ROWS || section == LINKS || section == EXACT) return s->store->used;
  return section == UPPER ? s->index->upper_used : 1;
}

// Vectors without their padding, codes as they stand.
static size_t saved_row_bytes(const sl_store *store) {
  return store->codes == SL_CODES_NONE ? sl_metric_input_bytes(store->metric, store->dimension)
                                       : store->row_bytes;
}

static const void *piece(const source *s, uint32_t section, uint32_t i, size_t *bytes) {
  const sl_store *store = s->store;
  const uint32_t *links;
  switch (section) {
  case META:
    *bytes = META_BYTES;
    return s->meta;
  case IDS:
    *bytes = 4 * (size_t)store->used;
    return store->ids;
  case STATES:
    *bytes = store->used;
    return store->states;
  case ROWS:
    *bytes = saved_row_bytes(store);
    return sl_store_row(store, i);
  case LEVELS:
    *bytes = store->used;
    return s->index->levels;
  case EXACT:
    *bytes = store->exact_bytes;
    return store->exact_bytes > 0 ? sl_store_exact(store, i) : store->rows;
  case LINKS:
    links = sl_links(s->index, i, 0);
    break;
  default:
    links = s->index->upper + (size_t)i * s->index->upper_stride;
    break;
  }
  *bytes = 4 * (size_t)(1 + links[0]);
  return links;
}

static uint64_t section_bytes(const source *s, uint32_t section) {
  uint64_t total = 0;
  for (uint32_t i = 0, n = piece_count(s, section); i < n; i++) {
    size_t bytes;
    piece(s, section, i, &bytes);
    total += bytes;
  }
  return total;
}

static uint64_t align16(uint64_t n) { return (n + 15) & ~(uint64_t)15; }

static uint64_t header_bytes(const source *s) {
  return align16(HEAD_BYTES + (uint64_t)section_count(s) * ENTRY_BYTES);
}

static uint64_t file_size(const source *s) {
  uint64_t size = header_bytes(s);
  for (uint32_t i = 0; i < section_count(s); i++) size += align16(section_bytes(s, i));
  return size;
}

// Of everything before the sum and of the table behind it.
static uint32_t header_crc(const uint8_t *header, uint32_t sections) {
  uint32_t crc = sl_crc32c(0, header, CRC_AT);
  return sl_crc32c(crc, header + HEAD_BYTES, (size_t)sections * ENTRY_BYTES);
}

static void fill_header(const source *s, uint8_t *header) {
  uint64_t at = header_bytes(s);
  uint32_t sections = section_count(s);
  memset(header, 0, at);
  for (uint32_t section = 0; section < sections; section++) {
    uint8_t *entry = header + HEAD_BYTES + section * ENTRY_BYTES;
    uint32_t crc = 0;
    for (uint32_t i = 0, n = piece_count(s, section); i < n; i++) {
      size_t bytes;
      const void *data = piece(s, section, i, &bytes);
      crc = sl_crc32c(crc, data, bytes);
    }
    memcpy(entry, TAGS[section], 4);
    sl_put_u32(entry + 4, crc);
    sl_put_u64(entry + 8, at);
    sl_put_u64(entry + 16, section_bytes(s, section));
    at += align16(section_bytes(s, section));
  }
  memcpy(header, MAGIC, sizeof MAGIC);
  sl_put_u32(header + 8, SL_FILE_VERSION);
  sl_put_u32(header + 12, sections);
  sl_put_u32(header + CRC_AT, header_crc(header, sections));
}

typedef struct cursor {
  uint8_t *buffer;
  uint32_t capacity, written;
} cursor;

// Copies what is left of `data` (NULL: zeros), of which `within` bytes are written already. Returns
// false when the buffer is full before the piece is finished.
static bool emit(cursor *c, const void *data, uint64_t bytes, uint64_t *within) {
  uint64_t rest = bytes - *within, room = c->capacity - c->written;
  size_t now = (size_t)(rest < room ? rest : room);
  if (data != NULL) {
    memcpy(c->buffer + c->written, (const uint8_t *)data + *within, now);
  } else {
    memset(c->buffer + c->written, 0, now);
  }
  c->written += (uint32_t)now;
  *within += now;
  if (*within < bytes) return false;
  *within = 0;
  return true;
}

static sl_status save(const sl_store *store, const sl_hnsw *index, sl_save_state *state,
                      uint64_t offset, void *buffer, uint32_t capacity, uint32_t *written) {
  source s = {.store = store, .index = index};
  *written = 0;
  fill_meta(&s);
  if (offset == 0) {
    memset(state, 0, sizeof *state);
    state->version = store->version;
    fill_header(&s, state->header);
  }
  SL_REQUIRE(offset == state->offset && state->version == store->version, SL_ERR_STATE, "offset",
             "the end of the last piece, of an index that has not changed since");
  cursor c = {buffer, capacity, 0};
  bool room = true;
  if (!state->in_sections) {
    room = emit(&c, state->header, header_bytes(&s), &state->within);
    state->in_sections = room;
  }
  while (room && state->section < section_count(&s)) {
    if (state->piece < piece_count(&s, state->section)) {
      size_t bytes;
      const void *data = piece(&s, state->section, state->piece, &bytes);
      room = emit(&c, data, bytes, &state->within);
      if (room) {
        state->piece++;
        state->section_bytes += bytes;
      }
    } else {
      uint64_t padding = align16(state->section_bytes) - state->section_bytes;
      room = emit(&c, NULL, padding, &state->within);
      if (room) {
        state->section++;
        state->piece = 0;
        state->section_bytes = 0;
      }
    }
  }
  *written = c.written;
  state->offset += c.written;
  return SL_OK;
}

uint64_t sl_hnsw_file_size(const sl_hnsw *index) {
  return file_size(&(source){.store = &index->store, .index = index});
}
uint64_t sl_flat_file_size(const sl_flat *flat) {
  return file_size(&(source){.store = &flat->store});
}
sl_status sl_hnsw_save(sl_hnsw *index, uint64_t offset, void *buffer, uint32_t capacity,
                       uint32_t *written) {
  return save(&index->store, index, &index->saving, offset, buffer, capacity, written);
}
sl_status sl_flat_save(sl_flat *flat, uint64_t offset, void *buffer, uint32_t capacity,
                       uint32_t *written) {
  return save(&flat->store, NULL, &flat->saving, offset, buffer, capacity, written);
}

// --- loading -------------------------------------------------------------------------------------

typedef struct view {
  const uint8_t *data[SECTIONS];
  uint64_t bytes[SECTIONS];
  uint64_t at[SECTIONS];
} view;

static sl_status bad(const char *expected, uint64_t position) {
  return sl_fail(SL_ERR_FORMAT, "bytes", expected, position);
}

static bool is_zero(const uint8_t *bytes, uint64_t from, uint64_t to) {
  while (from < to && bytes[from] == 0) from++;
  return from == to;
}

static sl_status read_header(const uint8_t *bytes, uint64_t length, bool verify, uint32_t kind,
                             view *v) {
  uint32_t wanted = kind == KIND_HNSW ? SECTIONS : ROWS + 1;
  SL_REQUIRE(length >= sizeof MAGIC, SL_ERR_TRUNCATED, "bytes", "a whole file");
  if (memcmp(bytes, MAGIC, sizeof MAGIC) != 0) return bad("a vector index file of this library", 0);
  SL_REQUIRE(length >= HEAD_BYTES, SL_ERR_TRUNCATED, "bytes", "a whole file");
  if (sl_get_u32(bytes + 8) != SL_FILE_VERSION) return bad("version 1 of the format", 8);
  uint32_t sections = sl_get_u32(bytes + 12);
  if (sections != wanted) {
    return bad(kind == KIND_HNSW ? "a file of an Hnsw index" : "a file of a Flat index", 12);
  }
  uint64_t table = (uint64_t)sections * ENTRY_BYTES, after = align16(HEAD_BYTES + table);
  SL_REQUIRE(length >= after, SL_ERR_TRUNCATED, "bytes", "a whole file");
  if (verify && sl_get_u32(bytes + CRC_AT) != header_crc(bytes, sections)) {
    return sl_fail(SL_ERR_CHECKSUM, "bytes", "an undamaged table of sections", CRC_AT);
  }
  if (sl_get_u32(bytes + 16) != 0 || !is_zero(bytes, HEAD_BYTES + table, after)) {
    return bad("zeros where nothing is said", 16);
  }
  for (uint32_t i = 0; i < sections; i++) {
    const uint8_t *entry = bytes + HEAD_BYTES + i * ENTRY_BYTES;
    uint64_t at = sl_get_u64(entry + 8), size = sl_get_u64(entry + 16);
    if (memcmp(entry, TAGS[i], 4) != 0 || at != after) return bad("sections in their order", at);
    SL_REQUIRE_AT(at <= length && size <= length - at, SL_ERR_TRUNCATED, "bytes", "a whole file",
                  at);
    after = at + align16(size);
    SL_REQUIRE_AT(after <= length, SL_ERR_TRUNCATED, "bytes", "a whole file", at);
    if (!is_zero(bytes, at + size, after)) return bad("zeros between sections", at + size);
    v->data[i] = bytes + at;
    v->bytes[i] = size;
    v->at[i] = at;
    if (verify && sl_get_u32(entry + 4) != sl_crc32c(0, v->data[i], (size_t)size)) {
      return sl_fail(SL_ERR_CHECKSUM, "bytes", "an undamaged section", at);
    }
  }
  // Not "at least": bytes that nobody looks at are a place to hide things in.
  if (length > after) return bad("nothing behind the last section", after);
  return SL_OK;
}

// Could a row of codes have been written by sl_store_write()?
static bool codes_are_valid(const sl_store *store, const unsigned char *row) {
  uint32_t n = store->dimension;
  if (store->codes == SL_CODES_BINARY) {
    if (n % 8 != 0 && row[n / 8] >> (n % 8) != 0) return false;
    return is_zero(row, (n + 7) / 8, store->row_bytes);
  }
  const int8_t *codes = (const int8_t *)row;
  for (uint32_t i = 0; i < n; i++) {
    if (codes[i] < -SL_INT8_MOST || codes[i] > SL_INT8_MOST) return false;
  }
  sl_int8_tail tail, again = {0};
  memcpy(&tail, row + store->padded, sizeof tail);
  if (!(tail.scale >= 0 && tail.scale <= SL_DISTANCE_LIMIT)) return false;
  again.scale = tail.scale;
  sl_int8_finish(codes, store->padded, &again);
  return is_zero(row, n, store->padded) && memcmp(&tail, &again, sizeof tail) == 0;
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
  return most >= 0 && most <= SL_DISTANCE_LIMIT &&
         is_zero(exact, sizeof most + 2 * (size_t)n, store->exact_bytes);
}

static sl_status read_exacts(const view *v, sl_store *store) {
  if (v->bytes[EXACT] != (uint64_t)store->exact_bytes * store->used) {
    return bad("an exact row for each slot", v->at[EXACT]);
  }
  for (uint32_t slot = 0; slot < store->used && store->exact_bytes > 0; slot++) {
    uint64_t at = (uint64_t)slot * store->exact_bytes;
    memcpy(sl_store_exact(store, slot), v->data[EXACT] + at, store->exact_bytes);
    if (store->states[slot] != SL_SLOT_FREE &&
        !exact_is_valid(store, sl_store_exact(store, slot))) {
      return bad("exact rows of finite numbers", v->at[EXACT] + at);
    }
  }
  return SL_OK;
}

// Fills an empty store. `used` is plausible: the sections have the sizes that it asks for.
static sl_status read_store(const view *v, sl_store *store, uint32_t used) {
  const uint8_t *meta = v->data[META];
  size_t each = saved_row_bytes(store);
  if (v->bytes[IDS] != 4 * (uint64_t)used) return bad("an id for each slot", v->at[IDS]);
  if (v->bytes[STATES] != used) return bad("a state for each slot", v->at[STATES]);
  if (v->bytes[ROWS] != each * (uint64_t)used) return bad("a row for each slot", v->at[ROWS]);
  SL_TRY(sl_store_reserve(store, used));
  uint32_t free_slots = 0;
  store->used = used;
  if (used > 0) memcpy(store->ids, v->data[IDS], 4 * (size_t)used);
  if (used > 0) memcpy(store->states, v->data[STATES], used);
  for (uint32_t slot = 0; slot < used; slot++) {
    float factor;
    unsigned char *row = sl_store_row(store, slot);
    if (store->states[slot] > SL_SLOT_DEAD)
      return bad("a state of 0, 1 or 2", v->at[STATES] + slot);
    store->live += store->states[slot] == SL_SLOT_LIVE;
    store->dead += store->states[slot] == SL_SLOT_DEAD;
    free_slots += store->states[slot] == SL_SLOT_FREE;
    memset(row, 0, store->row_bytes);
    memcpy(row, v->data[ROWS] + slot * each, each);
    if (store->metric == SL_METRIC_HAMMING || store->states[slot] == SL_SLOT_FREE) continue;
    if (store->codes != SL_CODES_NONE) {
      if (codes_are_valid(store, row)) continue;
      return bad("codes within their limits", v->at[ROWS] + slot * each);
    }
    // Encoding in place checks the row and gives its factor. Not under cosine: scaling a vector of
    // length 1 to length 1 once more could change its last bits.
    if (store->metric == SL_METRIC_COSINE) {
      if (sl_metric_is_unit((const float *)row, store->dimension)) continue;
      return bad("vectors of length 1", v->at[ROWS] + slot * each);
    }
    if (sl_metric_encode(store->metric, store->dimension, row, row, &factor, "bytes", slot) !=
        SL_OK) {
      return bad("vectors that the metric allows", v->at[ROWS] + slot * each);
    }
    if (store->factors != NULL) store->factors[slot] = factor;
  }
  if (store->live != sl_get_u32(meta + 16)) return bad("the number of vectors", v->at[META] + 16);
  if (!sl_store_index_ids(store)) return bad("ids that are used once", v->at[IDS]);
  store->free_head = SL_NO_SLOT;
  for (uint32_t slot = used; free_slots > 0 && slot-- > 0;) {
    if (store->states[slot] != SL_SLOT_FREE) continue;
    store->ids[slot] = store->free_head;
    store->free_head = slot;
  }
  sl_store_touch(store);
  return SL_OK;
}

sl_status sl_flat_load(const uint8_t *bytes, uint64_t length, bool verify, sl_flat **out) {
  *out = NULL;
  view v;
  SL_TRY(read_header(bytes, length, verify, KIND_FLAT, &v));
  if (v.bytes[META] != META_BYTES) return bad("80 bytes", v.at[META]);
  const uint8_t *meta = v.data[META];
  if (sl_get_u32(meta) != KIND_FLAT) return bad("a file of a Flat index", v.at[META]);
  if (!is_zero(meta, 20, 24) || !is_zero(meta, 32, META_BYTES)) {
    return bad("zeros where nothing is said", v.at[META] + 20);
  }
  sl_flat *flat;
  sl_status status = sl_flat_create((sl_metric)sl_get_u32(meta + 4), sl_get_u32(meta + 8),
                                    sl_get_f64(meta + 24), 0, &flat);
  if (status == SL_ERR_OPTION) return bad("options in their domains", v.at[META]);
  SL_TRY(status);
  status = read_store(&v, &flat->store, sl_get_u32(meta + 12));
  if (status != SL_OK) {
    sl_flat_destroy(flat);
    return status;
  }
  *out = flat;
  return SL_OK;
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

static sl_status read_graph(const view *v, sl_hnsw *index) {
  const uint8_t *meta = v->data[META];
  const sl_store *store = &index->store;
  uint32_t used = store->used;
  if (v->bytes[LEVELS] != used) return bad("a level for each slot", v->at[LEVELS]);
  if (used > 0) memcpy(index->levels, v->data[LEVELS], used);
  uint64_t units = 0;
  for (uint32_t slot = 0; slot < used; slot++) {
    if (index->levels[slot] > SL_HNSW_LEVEL_LIMIT) return bad("levels up to 15", v->at[LEVELS]);
    index->upper_at[slot] = (uint32_t)units;
    units += index->levels[slot];
  }
  if (units != sl_get_u32(meta + 44)) return bad("as many lists as levels", v->at[LEVELS]);
  // Every list takes four bytes at least: no more memory than a multiple of the file.
  if (units * 4 > v->bytes[UPPER]) return bad("as many lists as levels", v->at[UPPER]);
  if (units > index->upper_capacity) {
    SL_TRY(sl_realloc((void **)&index->upper, (size_t)units, 4 * (size_t)index->upper_stride));
    index->upper_capacity = (uint32_t)units;
  }
  index->upper_used = (uint32_t)units;
  const uint8_t *low = v->data[LINKS], *low_end = low + v->bytes[LINKS];
  const uint8_t *high = v->data[UPPER], *high_end = high + v->bytes[UPPER];
  for (uint32_t slot = 0; slot < used; slot++) {
    if (!read_links(index, &low, low_end, sl_links(index, slot, 0), 0)) {
      return bad("links to slots that exist", v->at[LINKS]);
    }
    for (uint32_t level = 1; level <= index->levels[slot]; level++) {
      if (!read_links(index, &high, high_end, sl_links(index, slot, level), level)) {
        return bad("links to slots that exist on their level", v->at[UPPER]);
      }
    }
  }
  if (low != low_end || high != high_end) return bad("nothing behind the last list", v->at[LINKS]);
  index->entry = sl_get_u32(meta + 20);
  bool empty = store->live + store->dead == 0;
  if (empty ? index->entry != SL_NO_SLOT
            : index->entry >= used || store->states[index->entry] == SL_SLOT_FREE) {
    return bad("an entry that exists", v->at[META] + 20);
  }
  return SL_OK;
}

sl_status sl_hnsw_load(const uint8_t *bytes, uint64_t length, bool verify, sl_hnsw **out) {
  *out = NULL;
  view v;
  SL_TRY(read_header(bytes, length, verify, KIND_HNSW, &v));
  if (v.bytes[META] != META_BYTES) return bad("80 bytes", v.at[META]);
  const uint8_t *meta = v.data[META];
  if (sl_get_u32(meta) != KIND_HNSW) return bad("a file of an Hnsw index", v.at[META]);
  if (!is_zero(meta, 72, META_BYTES)) return bad("zeros where nothing is said", v.at[META] + 72);
  uint32_t used = sl_get_u32(meta + 12);
  if (v.bytes[STATES] != used) return bad("a state for each slot", v.at[STATES]);
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
  if (options.codes == SL_CODES_NONE && options.exact != SL_EXACT_NONE) {
    return bad("no exact rows without codes", v.at[META] + 68);
  }
  sl_hnsw *index;
  sl_status status = sl_hnsw_create(&options, &index);
  if (status == SL_ERR_OPTION) return bad("options in their domains", v.at[META]);
  SL_TRY(status);
  status = read_store(&v, &index->store, used);
  if (status == SL_OK) status = read_exacts(&v, &index->store);
  if (status == SL_OK) status = sl_hnsw_reserve(index, used);
  if (status == SL_OK) status = read_graph(&v, index);
  if (status != SL_OK) {
    sl_hnsw_destroy(index);
    return status;
  }
  index->drawn = sl_get_u64(meta + 56);
  *out = index;
  return SL_OK;
}
