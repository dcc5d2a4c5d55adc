#include "graph/node_ids.h"

#include <string.h>

#include "base/memory.h"
#include "sparse/number.h"

#define LARGEST_NODE (UINT32_MAX - 2)

void sl_node_ids_begin(sl_node_ids *ids, sl_id_kind kind, uint32_t node_count) {
  *ids = (sl_node_ids){.kind = kind, .node_count = node_count};
}

void sl_node_ids_free_table(sl_node_ids *ids) {
  sl_free(ids->slots);
  ids->slots = NULL;
  ids->slot_bits = 0;
}

void sl_node_ids_free(sl_node_ids *ids) {
  sl_node_ids_free_table(ids);
  sl_free(ids->ids);
  sl_free(ids->ends);
  sl_free(ids->text);
  ids->ids = NULL;
  ids->ends = NULL;
  ids->text = NULL;
}

size_t sl_node_ids_bytes(const sl_node_ids *ids) {
  size_t bytes = (size_t)ids->text_capacity;
  if (ids->ids) bytes += (size_t)ids->capacity * sizeof *ids->ids;
  if (ids->ends) bytes += (size_t)ids->capacity * sizeof *ids->ends;
  if (ids->slots) bytes += ((size_t)1 << ids->slot_bits) * sizeof *ids->slots;
  return bytes;
}

// The finaliser of splitmix64: neighbouring ids spread over the whole table.
static uint64_t mixed(uint64_t hash) {
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

// FNV-1a, and mixed because its low bits carry most.
static uint64_t hash_of_name(const char *word, uint32_t length) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint32_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)word[i]) * 0x100000001b3u;
  return mixed(hash);
}

static const char *name_at(const sl_node_ids *ids, uint32_t place, uint32_t *length) {
  uint32_t begin = place == 0 ? 0 : ids->ends[place - 1];
  *length = ids->ends[place] - begin;
  return ids->text + begin;
}

static bool is_name(const sl_node_ids *ids, uint32_t place, const char *word, uint32_t length) {
  uint32_t found;
  const char *name = name_at(ids, place, &found);
  return found == length && (length == 0 || memcmp(name, word, length) == 0);
}

// The slot that holds the id, or the free one where it belongs (linear probing).
static uint32_t find_number(const sl_node_ids *ids, uint64_t id) {
  uint32_t mask = ((uint32_t)1 << ids->slot_bits) - 1;
  uint32_t at = (uint32_t)(mixed(id) >> (64 - ids->slot_bits));
  while (ids->slots[at] != 0 && ids->ids[ids->slots[at] - 1] != id) at = (at + 1) & mask;
  return at;
}

static uint32_t find_name(const sl_node_ids *ids, const char *word, uint32_t length) {
  uint32_t mask = ((uint32_t)1 << ids->slot_bits) - 1;
  uint32_t at = (uint32_t)(hash_of_name(word, length) >> (64 - ids->slot_bits));
  while (ids->slots[at] != 0 && !is_name(ids, ids->slots[at] - 1, word, length))
    at = (at + 1) & mask;
  return at;
}

// Fills the table anew with what is known, from its own arrays.
static void fill_table(sl_node_ids *ids, bool names) {
  for (uint32_t k = 0; k < ids->count; k++) {
    uint32_t length = 0;
    const char *name = names ? name_at(ids, k, &length) : NULL;
    uint32_t at = names ? find_name(ids, name, length) : find_number(ids, ids->ids[k]);
    ids->slots[at] = k + 1;
  }
}

// Keeps the table at most half full and room for one more id.
static sl_status grow(sl_node_ids *ids, bool names) {
  if (ids->count == ids->capacity) {
    uint64_t grown = (uint64_t)ids->capacity + ids->capacity / 2 + 256;
    if (grown > LARGEST_NODE) grown = LARGEST_NODE;
    SL_REQUIRE(grown > ids->count, SL_ERR_OVERFLOW, "ids", "fewer than 2^32 nodes");
    if (names)
      SL_TRY(SL_REALLOC(&ids->ends, (size_t)grown));
    else
      SL_TRY(SL_REALLOC(&ids->ids, (size_t)grown));
    ids->capacity = (uint32_t)grown;
  }
  if (ids->slots && ids->count < (uint32_t)1 << (ids->slot_bits - 1)) return SL_OK;
  uint32_t bits = ids->slots ? ids->slot_bits + 1 : 9, *slots;
  SL_REQUIRE(bits < 32, SL_ERR_OVERFLOW, "ids", "fewer than 2^30 nodes with compact ids");
  SL_TRY(SL_ALLOC_ZERO(&slots, (size_t)1 << bits));
  sl_free(ids->slots);
  ids->slots = slots;
  ids->slot_bits = bits;
  fill_table(ids, names);
  return SL_OK;
}

static sl_status append_text(sl_node_ids *ids, const char *word, uint32_t length) {
  uint64_t wanted = ids->text_size + length;
  SL_REQUIRE(wanted < UINT32_MAX, SL_ERR_OVERFLOW, "ids", "names of less than 2^32 bytes together");
  if (wanted > ids->text_capacity) {
    uint64_t grown = ids->text_capacity + ids->text_capacity / 2 + 1024;
    if (grown < wanted) grown = wanted;
    SL_TRY(SL_REALLOC(&ids->text, (size_t)grown));
    ids->text_capacity = grown;
  }
  if (length > 0) memcpy(ids->text + ids->text_size, word, length);
  ids->text_size = wanted;
  return SL_OK;
}

static sl_status place_name(sl_node_ids *ids, const char *word, uint32_t length, uint32_t *place) {
  SL_TRY(grow(ids, true));
  uint32_t at = find_name(ids, word, length);
  if (ids->slots[at] == 0) {
    SL_TRY(append_text(ids, word, length));
    ids->ends[ids->count++] = (uint32_t)ids->text_size;
    ids->slots[at] = ids->count;
  }
  *place = ids->slots[at] - 1;
  return SL_OK;
}

static sl_status place_number(sl_node_ids *ids, uint64_t id, uint32_t *place) {
  SL_TRY(grow(ids, false));
  uint32_t at = find_number(ids, id);
  if (ids->slots[at] == 0) {
    ids->ids[ids->count++] = id;
    ids->slots[at] = ids->count;
  }
  *place = ids->slots[at] - 1;
  return SL_OK;
}

static uint32_t write_number(uint64_t id, char out[20]) {
  char reversed[20];
  uint32_t length = 0;
  do reversed[length++] = (char)('0' + id % 10);
  while ((id /= 10) > 0);
  for (uint32_t i = 0; i < length; i++) out[i] = reversed[length - 1 - i];
  return length;
}

// The first name of a file whose ids were numbers so far: these become names as well, at the places
// that they have.
static sl_status turn_into_names(sl_node_ids *ids) {
  for (uint32_t k = 0; k < ids->count; k++) {
    char digits[20];
    SL_TRY(append_text(ids, digits, write_number(ids->ids[k], digits)));
  }
  if (ids->capacity > 0) SL_TRY(SL_ALLOC(&ids->ends, ids->capacity));
  uint32_t end = 0;
  for (uint32_t k = 0; k < ids->count; k++) {
    char digits[20];
    ids->ends[k] = end += write_number(ids->ids[k], digits);
  }
  sl_free(ids->ids);
  ids->ids = NULL;
  ids->kind = SL_IDS_NAMES;
  if (ids->slots == NULL) return SL_OK;
  memset(ids->slots, 0, ((size_t)1 << ids->slot_bits) * sizeof *ids->slots);
  fill_table(ids, true);
  return SL_OK;
}

sl_status sl_node_ids_place(sl_node_ids *ids, const char *word, uint32_t length, uint32_t *place,
                            const char **expected) {
  if (ids->kind == SL_IDS_NAMES) return place_name(ids, word, length, place);
  uint64_t id;
  bool whole = sl_parse_u64(word, length, &id);
  if (ids->kind == SL_IDS_NODES) {
    uint64_t bound = ids->node_count > 0 ? ids->node_count - 1 : LARGEST_NODE;
    *expected =
        ids->node_count > 0 ? "a node id below the number of nodes" : "a node id, 0 to 4294967293";
    if (!whole || id > bound) return SL_ERR_PARSE;
    if (id > ids->largest) ids->largest = id;
    *place = (uint32_t)id;
    return SL_OK;
  }
  *expected = "a node id, 0 to 2^64 - 1";
  if (whole) {
    ids->padded |= length > 1 && *word == '0';
    return place_number(ids, id, place);
  }
  if (ids->kind == SL_IDS_COMPACT) return SL_ERR_PARSE;
  // Where ids are numbers, -1, 0.5 and 2^64 are more likely a wrong column than a name.
  double number;
  if (sl_parse_double(word, length, &number) == SL_NUMBER_OK) return SL_ERR_PARSE;
  *expected = "a number, as ids with leading zeros before it were taken for";
  if (ids->padded) return SL_ERR_PARSE;
  SL_TRY(turn_into_names(ids));
  return place_name(ids, word, length, place);
}

// One merge of two sorted runs of places, by id.
static void merge(const uint64_t *ids, const uint32_t *from, uint32_t *to, uint32_t begin,
                  uint32_t middle, uint32_t end) {
  uint32_t left = begin, right = middle;
  for (uint32_t k = begin; k < end; k++) {
    bool take_left = left < middle && (right == end || ids[from[left]] < ids[from[right]]);
    to[k] = take_left ? from[left++] : from[right++];
  }
}

// Sorts the ids ascending and renumbers the edges. scratch: 2 count places.
static void renumber(const sl_node_ids *ids, sl_entries *edges, uint32_t *scratch,
                     uint64_t *sorted) {
  uint32_t n = ids->count, *order = scratch, *other = scratch + n;
  for (uint32_t k = 0; k < n; k++) order[k] = k;
  for (uint64_t run = 1; run < n; run *= 2) {
    for (uint64_t begin = 0; begin < n; begin += 2 * run) {
      uint64_t middle = begin + run < n ? begin + run : n,
               end = middle + run < n ? middle + run : n;
      merge(ids->ids, order, other, (uint32_t)begin, (uint32_t)middle, (uint32_t)end);
    }
    uint32_t *swap = order;
    order = other;
    other = swap;
  }
  for (uint32_t k = 0; k < n; k++) {
    sorted[k] = ids->ids[order[k]];
    other[order[k]] = k;
  }
  for (uint32_t k = 0; k < edges->count; k++) {
    edges->rows[k] = other[edges->rows[k]];
    edges->columns[k] = other[edges->columns[k]];
  }
}

static sl_status sort_numbers(sl_node_ids *ids, sl_entries *edges) {
  uint32_t *scratch;
  uint64_t *sorted;
  SL_TRY(SL_ALLOC(&scratch, (size_t)ids->count * 2));
  sl_status status = SL_ALLOC(&sorted, ids->count);
  if (status == SL_OK) {
    renumber(ids, edges, scratch, sorted);
    sl_free(ids->ids);
    ids->ids = sorted;
    ids->capacity = ids->count;
  }
  sl_free(scratch);
  return status;
}

sl_status sl_node_ids_finish(sl_node_ids *ids, sl_entries *edges, uint32_t *node_count) {
  sl_node_ids_free_table(ids);
  if (ids->kind == SL_IDS_NODES) {
    *node_count = ids->node_count > 0 ? ids->node_count : (uint32_t)ids->largest + 1;
    return SL_OK;
  }
  *node_count = ids->count;
  return ids->kind == SL_IDS_NAMES ? SL_OK : sort_numbers(ids, edges);
}
