#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/container.h"
#include "base/memory.h"
#include "hnsw/codes.h"
#include "hnsw/copies.h"
#include "hnsw/file.h"
#include "hnsw/file_parts.h"
#include "hnsw/graph.h"
#include "hnsw/levels.h"
#include "hnsw/model.h"
#include "hnsw/prefix.h"
#include "hnsw/reach.h"
#include "quant/float16.h"
#include "simd/distance_f32.h"

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
  if (store->codes == SL_CODES_PREFIX) return sl_prefix_is_valid(store, row);
  return sl_code_is_valid(store, row);
}

// The same for an exact row.
static bool exact_is_valid(const sl_store *store, const unsigned char *exact) {
  uint32_t n = store->dimension;
  if (store->exact == SL_EXACT_FLOAT32) {
    return sl_first_beyond_f32((const float *)exact, n, SL_DISTANCE_LIMIT) == n;
  }
  if (store->exact == SL_EXACT_RABITQ4) return sl_levels_exact_is_valid(store, exact);
  float most;
  memcpy(&most, exact, sizeof most);
  const uint16_t *halves = (const uint16_t *)(exact + sizeof most);
  for (uint32_t i = 0; i < n; i++) {
    if ((halves[i] & 0x7fff) > 0x3c00) return false; // beyond 1
  }
  return most >= 0 && most <= 2.1f * SL_DISTANCE_LIMIT && // a difference of two
         is_zero(exact, sizeof most + 2 * (size_t)n, store->exact_bytes);
}

// The sections of a file and where each is read.
typedef struct source {
  sl_reader *reader; // holds them, or NULL
  sl_view views[SECTIONS];
  sl_cursor cursors[SECTIONS];
  uint8_t meta[META_BYTES];
  uint32_t version; // 0: from before copies, and the order of free slots, were saved
  bool flat;        // exact rows stand behind the rows
} source;

static sl_status open_source(source *s, uint32_t sections) {
  for (uint32_t i = 0; i < sections; i++) {
    s->cursors[i] = sl_cursor_at(&s->views[i], s->reader, i);
  }
  size_t bytes = (size_t)s->views[META].bytes;
  if (bytes != META_BYTES && bytes != META_BYTES_0) {
    return sl_bad_file("80 or 88 bytes", s->views[META].at);
  }
  sl_cursor_read(&s->cursors[META], s->meta, bytes);
  s->version = sl_get_u32(s->meta);
  if (s->version > META_HASHES) {
    return sl_bad_file("version 0 to 2 of this kind; a newer sublinear reads others",
                       s->views[META].at);
  }
  if (bytes != (s->version == 0 ? META_BYTES_0 : META_BYTES)) {
    return sl_bad_file("the bytes of its version", s->views[META].at);
  }
  return SL_OK;
}

// An error in section i, behind what was read of it.
static sl_status bad_section(const source *s, uint32_t i, const char *expected) {
  return sl_bad_file(expected, s->views[i].at + (i == META ? 0 : s->cursors[i].offset));
}

// Gives back a section that has been read; one in pieces is gone already.
static void close_section(source *s, uint32_t i) { sl_reader_drop(s->reader, i); }

// Older files have 16-bit exact rows of the vectors, beside int8 codes now of what these have lost.
static void renew_exact(sl_store *store, uint32_t slot) {
  const unsigned char *exact = sl_store_exact(store, slot);
  float *vector = sl_codes_read_buffer(store), most;
  memcpy(&most, exact, sizeof most);
  sl_float16_decode((const uint16_t *)(exact + sizeof most), store->dimension, vector);
  for (uint32_t i = 0; i < store->dimension; i++) vector[i] *= most;
  sl_store_write_exact(store, slot, vector);
}

static sl_status read_exact_rows(source *s, sl_store *store, uint32_t section) {
  for (uint32_t slot = 0; slot < store->used && store->exact_bytes > 0; slot++) {
    SL_TRY(sl_chunks_reach(&store->exacts, slot, store->used));
    sl_cursor_read(&s->cursors[section], sl_store_exact(store, slot), store->exact_bytes);
    if (store->states[slot] != SL_SLOT_FREE &&
        !exact_is_valid(store, sl_store_exact(store, slot))) {
      return bad_section(s, section, "exact rows of finite numbers");
    }
  }
  return SL_OK;
}

static sl_status read_exacts(source *s, sl_hnsw *index) {
  sl_store *store = &index->store;
  bool older = store->codes == SL_CODES_INT8 && store->exact == SL_EXACT_FLOAT16 &&
               sl_get_u32(s->meta + 76) == NO_MODEL;
  bool keep = sl_copies_keep_hashes(store), hashes = s->version == META_HASHES;
  if (hashes && !keep) return bad_section(s, META, "hashes beside 16-bit exact rows only");
  uint64_t each = store->exact_bytes + (hashes ? sizeof *index->hashes : 0);
  if (s->views[EXACT].bytes != each * store->used) {
    return bad_section(s, EXACT, "an exact row for each slot");
  }
  SL_TRY(read_exact_rows(s, store, EXACT));
  for (uint32_t slot = 0; slot < store->used && older && store->exact_bytes > 0; slot++) {
    if (store->states[slot] != SL_SLOT_FREE) renew_exact(store, slot);
  }
  if (hashes) {
    sl_cursor_read(&s->cursors[EXACT], index->hashes, sizeof *index->hashes * (size_t)store->used);
  } else if (keep) {
    sl_copies_hash_vectors(index);
  }
  close_section(s, EXACT);
  return SL_OK;
}

// Centre and widths, and the first vectors where they are kept.
static sl_status read_model(source *s, sl_store *store, bool early, uint32_t used) {
  size_t bytes = sizeof(float) * sl_codes_model_numbers(store);
  void *numbers;
  SL_TRY(sl_alloc(bytes, 1, &numbers));
  sl_cursor_read(&s->cursors[ROWS], numbers, bytes);
  bool good = sl_codes_set_model(store, numbers);
  sl_free(numbers);
  if (!good) return bad_section(s, ROWS, "centre and widths that vectors can have");
  store->learned = sl_get_u32(s->meta + 72);
  if (!early) return SL_OK;
  size_t count = (size_t)used * store->dimension;
  sl_cursor_read(&s->cursors[ROWS], store->early, count * sizeof(float));
  if (sl_first_beyond_f32(store->early, count, SL_DISTANCE_LIMIT) < count) {
    return bad_section(s, ROWS, "early vectors of finite numbers");
  }
  return SL_OK;
}

// What stands in front of the rows, and room for the slots. `older`, written: the rows are of a
// time when int8 codes had no centre.
static sl_status begin_rows(source *s, sl_store *store, uint32_t used, bool *older) {
  uint32_t model = sl_get_u32(s->meta + 76);
  bool tails = sl_codes_have_tails(store->codes);
  uint64_t head = model == NO_MODEL ? 0 : sizeof(float) * (uint64_t)sl_codes_model_numbers(store);
  if (model == MODEL_AND_EARLY) head += sizeof(float) * (uint64_t)store->dimension * used;
  bool known = tails ? model <= MODEL_AND_EARLY && (model == NO_MODEL || used > 0)
                     : model == NO_MODEL && sl_get_u32(s->meta + 72) == 0;
  *older = tails && model == NO_MODEL;
  if (!known || (*older && store->codes != SL_CODES_INT8 && used > 0) ||
      (model == MODEL_AND_EARLY && used > store->early_limit)) {
    return bad_section(s, META, "centre and widths of codes");
  }
  if (s->flat && *older && used > 0) return bad_section(s, META, "centre and widths of codes");
  uint64_t each = saved_row_bytes(store) + (uint64_t)(s->flat ? store->exact_bytes : 0);
  if (s->views[ROWS].bytes != head + each * used) {
    return bad_section(s, ROWS, "a row for each slot");
  }
  if (model == MODEL || (*older && used > 0)) sl_codes_drop_early(store);
  SL_TRY(sl_store_reserve_slots(store, used));
  if (model != NO_MODEL) SL_TRY(read_model(s, store, model == MODEL_AND_EARLY, used));
  if (*older) store->learned = used;
  return SL_OK;
}

static sl_status read_row(source *s, sl_store *store, uint32_t slot, bool older) {
  SL_TRY(sl_chunks_reach(&store->rows, slot, store->used));
  if (store->sketch.codes > 0) SL_TRY(sl_chunks_reach(&store->sketches, slot, store->used));
  unsigned char *row = sl_store_row(store, slot);
  memset(row, 0, store->row_bytes);
  sl_cursor_read(&s->cursors[ROWS], row, saved_row_bytes(store));
  if (store->states[slot] == SL_SLOT_FREE || store->metric == SL_METRIC_HAMMING) return SL_OK;
  if (store->codes != SL_CODES_NONE) {
    bool good = older ? sl_code_from_older(store, row) : codes_are_valid(store, row);
    return good ? SL_OK : bad_section(s, ROWS, "codes within their limits");
  }
  // Encoding in place checks the row and gives its factor. Not under cosine: scaling a vector of
  // length 1 to length 1 once more could change its last bits.
  float factor = 1;
  if (store->metric == SL_METRIC_COSINE) {
    if (!sl_metric_is_unit((const float *)row, store->dimension)) {
      return bad_section(s, ROWS, "vectors of length 1");
    }
  } else if (sl_metric_encode(store->metric, store->dimension, row, row, &factor, "bytes", slot) !=
             SL_OK) {
    return bad_section(s, ROWS, "vectors that the metric allows");
  }
  sl_store_write(store, slot, row, factor);
  return SL_OK;
}

// The chain of free slots, in the order in which they will be used.
static sl_status read_free(const source *s, sl_store *store, uint32_t free_slots) {
  if (s->version == 0) { // not in the file: from the bottom up
    store->free_head = SL_NO_SLOT;
    for (uint32_t slot = store->used; free_slots > 0 && slot-- > 0;) {
      if (store->states[slot] != SL_SLOT_FREE) continue;
      store->ids[slot] = store->free_head;
      store->free_head = slot;
    }
    return SL_OK;
  }
  store->free_head = sl_get_u32(s->meta + 80);
  uint32_t slot = store->free_head;
  // A chain of this length that ends has no slot twice.
  for (; free_slots > 0; free_slots--, slot = store->ids[slot]) {
    if (slot >= store->used || store->states[slot] != SL_SLOT_FREE) break;
  }
  if (free_slots == 0 && slot == SL_NO_SLOT) return SL_OK;
  return bad_section(s, IDS, "a chain of all free slots");
}

// Fills an empty store. `used` is plausible: the sections have the sizes that it asks for. Slots of
// copies are live here; in `states` they are as the file has them.
static sl_status read_store(source *s, sl_store *store, uint32_t used, uint8_t *states) {
  if (s->views[IDS].bytes != 4 * (uint64_t)used) return bad_section(s, IDS, "an id for each slot");
  if (s->views[STATES].bytes != used) return bad_section(s, STATES, "a state for each slot");
  bool older;
  SL_TRY(begin_rows(s, store, used, &older));
  store->used = used;
  sl_cursor_read(&s->cursors[IDS], store->ids, 4 * (size_t)used);
  sl_cursor_read(&s->cursors[STATES], states, used);
  close_section(s, IDS);
  close_section(s, STATES);
  uint8_t most = s->version == 0 ? SL_SLOT_DEAD : STATE_COPY;
  for (uint32_t slot = 0; slot < used; slot++) {
    if (states[slot] > most) return bad_section(s, STATES, "a state of 0 to 4");
    store->states[slot] = states[slot] == STATE_COPY ? SL_SLOT_LIVE : states[slot];
    store->live += store->states[slot] == SL_SLOT_LIVE;
    store->dead += store->states[slot] >= SL_SLOT_DEAD;
  }
  for (uint32_t slot = 0; slot < used; slot++) SL_TRY(read_row(s, store, slot, older));
  if (s->flat && store->exact_bytes > 0) SL_TRY(read_exact_rows(s, store, ROWS));
  close_section(s, ROWS);
  if (store->live != sl_get_u32(s->meta + 16)) {
    return bad_section(s, META, "the number of vectors");
  }
  if (!sl_store_index_ids(store)) return bad_section(s, IDS, "ids that are used once");
  SL_TRY(read_free(s, store, used - store->live - store->dead));
  sl_store_touch(store);
  return SL_OK;
}

// With room for the states as they stand in the file.
static sl_status read_with_states(source *s, sl_store *store, uint32_t used, uint8_t **states) {
  if (s->views[STATES].bytes != used) return bad_section(s, STATES, "a state for each slot");
  SL_TRY(SL_ALLOC(states, used));
  return read_store(s, store, used, *states);
}

static sl_status make_flat(source *s, sl_flat **out) {
  SL_TRY(open_source(s, ROWS + 1));
  const uint8_t *meta = s->meta;
  sl_codes codes = (sl_codes)sl_get_u32(meta + 64);
  sl_exact exact = (sl_exact)sl_get_u32(meta + 68);
  bool coded = codes != SL_CODES_NONE;
  if (!is_zero(meta, 20, 24) || !is_zero(meta, 32, 64) || !is_zero(meta, 84, META_BYTES) ||
      (!coded && exact != SL_EXACT_NONE) || (coded && s->version == 0)) {
    return bad_section(s, META, "zeros where nothing is said");
  }
  s->flat = true;
  sl_flat *flat;
  uint8_t *states = NULL;
  sl_status status = sl_flat_create_coded((sl_metric)sl_get_u32(meta + 4), sl_get_u32(meta + 8),
                                          sl_get_f64(meta + 24), 0, codes, exact, &flat);
  if (status == SL_ERR_OPTION) return bad_section(s, META, "options in their domains");
  SL_TRY(status);
  status = read_with_states(s, &flat->store, sl_get_u32(meta + 12), &states);
  for (uint32_t i = 0; status == SL_OK && s->version > 0 && i < flat->store.used; i++) {
    if (states[i] > SL_SLOT_LIVE) status = bad_section(s, STATES, "a state of 0 or 1");
  }
  sl_free(states);
  if (status != SL_OK) {
    sl_flat_destroy(flat);
    return status;
  }
  *out = flat;
  return SL_OK;
}

sl_status sl_flat_load(const uint8_t *bytes, uint64_t length, bool verify, sl_flat **out) {
  *out = NULL;
  source s = {0};
  SL_TRY(sl_view_file(bytes, length, SL_FILE_FLAT, verify, TAGS, ROWS + 1, s.views));
  return make_flat(&s, out);
}

sl_status sl_flat_read(sl_reader *reader, sl_flat **out) {
  *out = NULL;
  source s = {.reader = reader};
  SL_TRY(sl_reader_views(reader, TAGS, ROWS + 1, s.views));
  return make_flat(&s, out);
}

// Is a link of `from` to `to` on a level one that the index can have?
static bool link_is_valid(const sl_hnsw *index, uint32_t from, uint32_t to, uint32_t level) {
  const sl_store *store = &index->store;
  if (to >= store->used || index->levels[to] < level) return false;
  if (store->states[to] == SL_SLOT_FREE || sl_is_copy(index, to)) return false;
  // What a repair has behind it leads to nothing that it takes out.
  bool repaired = index->repair_at != SL_NO_SLOT && from < index->repair_at &&
                  store->states[from] != SL_SLOT_LEAVING;
  return !repaired || store->states[to] != SL_SLOT_LEAVING;
}

// One list of links: within its limits, of a slot that may have links.
static bool read_links(const sl_hnsw *index, sl_cursor *cursor, uint32_t from, uint32_t level) {
  uint32_t *links = sl_links(index, from, level), count;
  if (!sl_cursor_read(cursor, &count, sizeof count)) return false;
  bool none = index->store.states[from] == SL_SLOT_FREE || sl_is_copy(index, from);
  if (count > (none ? 0 : sl_links_most(index, level))) return false;
  links[0] = count;
  if (!sl_cursor_read(cursor, links + 1, 4 * (size_t)count)) return false;
  for (uint32_t i = 1; i <= count; i++) {
    if (!link_is_valid(index, from, links[i], level)) return false;
  }
  return true;
}

// The list of a copy: the next slot of its ring.
static bool read_ring(sl_hnsw *index, sl_cursor *cursor, uint32_t copy) {
  uint32_t list[2];
  if (!sl_cursor_read(cursor, list, sizeof list) || list[0] != 1) return false;
  if (list[1] >= index->store.used || index->store.states[list[1]] != SL_SLOT_LIVE) return false;
  index->copies[copy] = list[1] | SL_COPY_MARK;
  sl_links(index, copy, 0)[0] = 0;
  return list[1] != copy;
}

// Closes the rings: in the file each copy names the next, but a node does not name its first copy,
// which is the one that no other copy leads to. False when copies are left over, as in a circle of
// copies, or when two lead to one slot. Uses `visited`, which is all zero.
static bool close_rings(sl_hnsw *index) {
  uint32_t closed = 0, used = index->store.used;
  for (uint32_t slot = 0; slot < used; slot++) {
    if (!sl_is_copy(index, slot)) continue;
    uint32_t next = sl_copies_next(index, slot);
    if (index->visited[next] != 0) return false;
    index->visited[next] = 1;
  }
  for (uint32_t first = 0; first < used; first++) {
    if (!sl_is_copy(index, first) || index->visited[first] != 0) continue;
    uint32_t slot = first;
    while (sl_is_copy(index, slot)) { // ends: no slot is led to twice, and nothing leads to `first`
      slot = sl_copies_next(index, slot);
      closed++;
    }
    index->copies[slot] = first;
  }
  if (used > 0) memset(index->visited, 0, (size_t)used * sizeof *index->visited);
  return closed == index->copy_count;
}

static sl_status read_levels(source *s, sl_hnsw *index) {
  uint32_t used = index->store.used;
  if (s->views[LEVELS].bytes != used) return bad_section(s, LEVELS, "a level for each slot");
  sl_cursor_read(&s->cursors[LEVELS], index->levels, used);
  close_section(s, LEVELS);
  uint64_t units = 0;
  for (uint32_t slot = 0; slot < used; slot++) {
    if (index->levels[slot] > SL_HNSW_LEVEL_LIMIT) {
      return bad_section(s, LEVELS, "levels up to 15");
    }
    index->upper_at[slot] = (uint32_t)units;
    units += index->levels[slot];
  }
  if (units != sl_get_u32(s->meta + 44)) {
    return bad_section(s, LEVELS, "as many lists as levels");
  }
  // Every list takes four bytes at least: no more memory than a multiple of the file.
  if (units * 4 > s->views[UPPER].bytes) return bad_section(s, UPPER, "as many lists as levels");
  if (units > index->upper_capacity) {
    SL_TRY(sl_realloc((void **)&index->upper, (size_t)units, 4 * (size_t)index->upper_stride));
    index->upper_capacity = (uint32_t)units;
  }
  index->upper_used = (uint32_t)units;
  return SL_OK;
}

static sl_status read_graph(source *s, sl_hnsw *index, const uint8_t *states) {
  const sl_store *store = &index->store;
  sl_cursor *low = &s->cursors[LINKS], *high = &s->cursors[UPPER];
  uint32_t used = store->used;
  index->repair_at = s->version == 0 ? SL_NO_SLOT : sl_get_u32(s->meta + 84);
  if (index->repair_at != SL_NO_SLOT && index->repair_at > used) {
    return bad_section(s, META, "a repair within the slots");
  }
  for (uint32_t slot = 0; slot < used; slot++) {
    bool copy = states[slot] == STATE_COPY;
    index->copies[slot] = copy ? slot | SL_COPY_MARK : slot;
    index->copy_count += copy;
    if (states[slot] == SL_SLOT_LEAVING && index->repair_at == SL_NO_SLOT) {
      return bad_section(s, STATES, "slots that leave only while a repair is under way");
    }
  }
  SL_TRY(read_levels(s, index));
  for (uint32_t slot = 0; slot < used; slot++) {
    SL_TRY(sl_chunks_reach(&index->links0, slot, used));
    bool good =
        states[slot] == STATE_COPY ? read_ring(index, low, slot) : read_links(index, low, slot, 0);
    if (!good) return bad_section(s, LINKS, "links to slots that exist");
    for (uint32_t level = 1; level <= index->levels[slot]; level++) {
      if (read_links(index, high, slot, level)) continue;
      return bad_section(s, UPPER, "links to slots that exist on their level");
    }
  }
  if (low->offset != low->view.bytes || high->offset != high->view.bytes) {
    return bad_section(s, LINKS, "nothing behind the last list");
  }
  if (!close_rings(index)) return bad_section(s, LINKS, "copies that each lead to another slot");
  close_section(s, LINKS);
  close_section(s, UPPER);
  index->entry = sl_get_u32(s->meta + 20);
  bool empty = store->live + store->dead == 0;
  if (empty ? index->entry != SL_NO_SLOT
            : index->entry >= used || store->states[index->entry] == SL_SLOT_FREE ||
                  sl_is_copy(index, index->entry)) {
    return bad_section(s, META, "an entry that exists");
  }
  SL_TRY(sl_copies_index(index));
  return sl_reach_all(index);
}

// Fills an empty index.
static sl_status read_index(source *s, sl_hnsw *index, uint8_t **states) {
  uint32_t used = sl_get_u32(s->meta + 12);
  SL_TRY(read_with_states(s, &index->store, used, states));
  SL_TRY(sl_graph_reserve_slots(index, used));
  SL_TRY(read_exacts(s, index));
  return read_graph(s, index, *states);
}

static sl_status make_hnsw(source *s, sl_hnsw **out) {
  SL_TRY(open_source(s, SECTIONS));
  const uint8_t *meta = s->meta;
  uint32_t codes = sl_get_u32(meta + 64);
  sl_hnsw_options options = {.metric = (sl_metric)sl_get_u32(meta + 4),
                             .dimension = sl_get_u32(meta + 8),
                             .m = sl_get_u32(meta + 32),
                             .ef_construction = sl_get_u32(meta + 36),
                             .max_elements = sl_get_u32(meta + 40),
                             .capacity = 0,
                             .seed = sl_get_u64(meta + 48),
                             .curvature = sl_get_f64(meta + 24),
                             .codes = (sl_codes)(codes & ((1u << PREFIX_SHIFT) - 1)),
                             .prefix = codes >> PREFIX_SHIFT,
                             .exact = (sl_exact)sl_get_u32(meta + 68)};
  bool coded = sl_codes_have_tails(options.codes) || options.codes == SL_CODES_BINARY ||
               options.codes == SL_CODES_PREFIX;
  if (!coded && options.exact != SL_EXACT_NONE) {
    return bad_section(s, META, "no exact rows without codes");
  }
  sl_hnsw *index;
  uint8_t *states = NULL;
  sl_status status = sl_hnsw_create(&options, &index);
  if (status == SL_ERR_OPTION) return bad_section(s, META, "options in their domains");
  SL_TRY(status);
  status = read_index(s, index, &states);
  sl_free(states);
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
  source s = {0};
  SL_TRY(sl_view_file(bytes, length, SL_FILE_HNSW, verify, TAGS, SECTIONS, s.views));
  return make_hnsw(&s, out);
}

sl_status sl_hnsw_read(sl_reader *reader, sl_hnsw **out) {
  *out = NULL;
  source s = {.reader = reader};
  SL_TRY(sl_reader_views(reader, TAGS, SECTIONS, s.views));
  return make_hnsw(&s, out);
}
