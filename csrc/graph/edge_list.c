#include "graph/edge_list.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define LARGEST_NODE (UINT32_MAX - 2)

sl_edge_list_options sl_edge_list_options_default(void) {
  return (sl_edge_list_options){.directed = true, .value_type = SL_VALUES_F64};
}

static sl_status check_options(const sl_edge_list_options *options) {
  uint32_t c = options->separator;
  SL_REQUIRE(c == 0 || (c > ' ' && c < 127 && (c < '0' || c > '9') && c != '#' && c != '%'),
             SL_ERR_OPTION, "separator", "blanks or one punctuation character such as a comma");
  SL_REQUIRE(options->value_type == SL_VALUES_F32 || options->value_type == SL_VALUES_F64,
             SL_ERR_OPTION, "value_type", "float32 or float64");
  SL_REQUIRE(options->node_count < UINT32_MAX, SL_ERR_OPTION, "node_count", "at most 2^32 - 2");
  SL_REQUIRE(options->node_count == 0 || !options->compact_ids, SL_ERR_OPTION, "node_count",
             "no number of nodes together with compact ids");
  return SL_OK;
}

sl_status sl_edge_list_create(const sl_edge_list_options *options, sl_edge_list **out) {
  *out = NULL;
  SL_TRY(check_options(options));
  sl_edge_list *reader;
  SL_TRY(SL_ALLOC_ZERO(&reader, 1));
  reader->options = *options;
  sl_text_begin(&reader->text, "#%", (char)options->separator);
  *out = reader;
  return SL_OK;
}

static void free_gathered(sl_edge_list *reader) {
  sl_entries_free(&reader->entries);
  sl_free(reader->slots);
  reader->slots = NULL;
  reader->slot_bits = 0;
}

void sl_edge_list_destroy(sl_edge_list *reader) {
  if (reader == NULL) return;
  free_gathered(reader);
  sl_free(reader->ids);
  sl_free(reader);
}

size_t sl_edge_list_bytes(const sl_edge_list *reader) {
  size_t bytes = sizeof *reader + (size_t)reader->id_capacity * sizeof *reader->ids;
  if (reader->slots) bytes += ((size_t)1 << reader->slot_bits) * sizeof *reader->slots;
  return bytes + reader->entries.capacity * (8 + sl_csr_value_size(reader->entries.value_type));
}

const uint64_t *sl_edge_list_ids(const sl_edge_list *reader) {
  return reader->finished && reader->failed == SL_OK ? reader->ids : NULL;
}

// The finaliser of splitmix64: neighbouring ids spread over the whole table.
static uint32_t first_slot(uint64_t id, uint32_t bits) {
  id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9u;
  id = (id ^ (id >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)((id ^ (id >> 31)) >> (64 - bits));
}

// The slot that holds `id`, or the free one where it belongs (linear probing).
static uint32_t find_slot(const sl_edge_list *reader, uint64_t id) {
  uint32_t mask = ((uint32_t)1 << reader->slot_bits) - 1;
  uint32_t at = first_slot(id, reader->slot_bits);
  while (reader->slots[at] != 0 && reader->ids[reader->slots[at] - 1] != id) at = (at + 1) & mask;
  return at;
}

// Keeps the table at most half full and room for one more id.
static sl_status grow_ids(sl_edge_list *reader) {
  if (reader->id_count == reader->id_capacity) {
    uint64_t grown = (uint64_t)reader->id_capacity + reader->id_capacity / 2 + 256;
    if (grown > LARGEST_NODE) grown = LARGEST_NODE;
    SL_REQUIRE(grown > reader->id_count, SL_ERR_OVERFLOW, "ids", "fewer than 2^32 nodes");
    SL_TRY(SL_REALLOC(&reader->ids, (size_t)grown));
    reader->id_capacity = (uint32_t)grown;
  }
  if (reader->slots && reader->id_count < (uint32_t)1 << (reader->slot_bits - 1)) return SL_OK;
  uint32_t bits = reader->slots ? reader->slot_bits + 1 : 9, *slots;
  SL_REQUIRE(bits < 32, SL_ERR_OVERFLOW, "ids", "fewer than 2^30 nodes with compact ids");
  SL_TRY(SL_ALLOC_ZERO(&slots, (size_t)1 << bits));
  sl_free(reader->slots);
  reader->slots = slots;
  reader->slot_bits = bits;
  for (uint32_t k = 0; k < reader->id_count; k++) slots[find_slot(reader, reader->ids[k])] = k + 1;
  return SL_OK;
}

static sl_status place_of(sl_edge_list *reader, uint64_t id, uint32_t *out) {
  SL_TRY(grow_ids(reader));
  uint32_t at = find_slot(reader, id);
  if (reader->slots[at] == 0) {
    reader->ids[reader->id_count++] = id;
    reader->slots[at] = reader->id_count;
  }
  *out = reader->slots[at] - 1;
  return SL_OK;
}

static sl_status read_id(sl_edge_list *reader, const char *argument, uint64_t *out) {
  const sl_edge_list_options *options = &reader->options;
  uint64_t bound = LARGEST_NODE;
  const char *expected = "a node id, 0 to 4294967293";
  if (options->compact_ids) {
    bound = UINT64_MAX;
    expected = "a node id, 0 to 2^64 - 1";
  } else if (options->node_count > 0) {
    bound = options->node_count - 1;
    expected = "a node id below the number of nodes";
  }
  SL_TRY(sl_text_whole(&reader->text, bound, argument, expected, out));
  if (*out > reader->largest) reader->largest = *out;
  return SL_OK;
}

static sl_status read_weight(sl_edge_list *reader) {
  sl_text *text = &reader->text;
  SL_TRY(sl_text_number(text, "weight", &reader->weight));
  double kept =
      reader->options.value_type == SL_VALUES_F32 ? (double)(float)reader->weight : reader->weight;
  if (kept > 0 && isfinite(kept)) return SL_OK;
  return sl_text_refuse(text, "weight", "a finite number above 0", SL_TEXT_WORD);
}

static bool begins_header(const sl_edge_list *reader) {
  if (reader->past_header || reader->field > 0 || reader->options.separator == 0) return false;
  unsigned char c = (unsigned char)reader->text.word[0];
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '"' || c >= 128;
}

static sl_status read_word(sl_edge_list *reader) {
  sl_text *text = &reader->text;
  if (reader->skip_line) return SL_OK;
  if (reader->options.separator != 0 && reader->field > 0 && !reader->after_separator) {
    return sl_text_refuse(text, "text", "a separator between fields", SL_TEXT_WORD);
  }
  reader->after_separator = false;
  if (begins_header(reader)) {
    reader->skip_line = true;
    return SL_OK;
  }
  switch (reader->field++) {
  case 0:
    return read_id(reader, "from", &reader->from);
  case 1:
    return read_id(reader, "to", &reader->to);
  case 2:
    if (reader->options.ignore_weights) break;
    if (reader->entries.count > 0 && !reader->weighted) {
      return sl_text_refuse(text, "text", "the end of the line, as on the lines before",
                            SL_TEXT_WORD);
    }
    return read_weight(reader);
  default:
    if (!reader->options.ignore_weights) {
      return sl_text_refuse(text, "text", "the end of the line", SL_TEXT_WORD);
    }
  }
  reader->skip_line = true;
  return SL_OK;
}

static sl_status read_separator(sl_edge_list *reader) {
  if (reader->skip_line) return SL_OK;
  if (reader->field == 0 || reader->after_separator) {
    return sl_text_refuse(&reader->text, "text", "a field", SL_TEXT_SEPARATOR);
  }
  reader->after_separator = true;
  // Whatever follows the second field may be empty when it is not read.
  reader->skip_line = reader->options.ignore_weights && reader->field >= 2;
  return SL_OK;
}

static sl_status end_line(sl_edge_list *reader) {
  bool empty = reader->field == 0;
  bool short_line = reader->field < 2 || (reader->weighted && reader->field < 3) ||
                    (reader->after_separator && !reader->skip_line);
  if (!empty && short_line) {
    return sl_text_refuse(&reader->text, "text",
                          reader->weighted ? "\"from to weight\"" : "\"from to\"",
                          SL_TEXT_LINE_END);
  }
  bool header = empty && reader->skip_line;
  reader->skip_line = reader->after_separator = false;
  if (header) reader->past_header = true;
  if (empty) return SL_OK;
  if (reader->entries.count == 0) {
    reader->weighted = reader->field == 3 && !reader->options.ignore_weights;
    sl_entries_begin(&reader->entries,
                     reader->weighted ? reader->options.value_type : SL_VALUES_PATTERN);
  }
  reader->past_header = true;
  reader->field = 0;
  uint32_t from = (uint32_t)reader->from, to = (uint32_t)reader->to;
  if (reader->options.compact_ids) {
    SL_TRY(place_of(reader, reader->from, &from));
    SL_TRY(place_of(reader, reader->to, &to));
  }
  return sl_entries_push(&reader->entries, from, to, reader->weight);
}

static sl_status read_events(sl_edge_list *reader) {
  for (;;) {
    switch (sl_text_next(&reader->text)) {
    case SL_TEXT_MORE:
    case SL_TEXT_END:
      return SL_OK;
    case SL_TEXT_BROKEN:
      return SL_ERR_PARSE;
    case SL_TEXT_WORD:
      SL_TRY(read_word(reader));
      break;
    case SL_TEXT_SEPARATOR:
      SL_TRY(read_separator(reader));
      break;
    case SL_TEXT_LINE_END:
      SL_TRY(end_line(reader));
      break;
    }
  }
}

sl_status sl_edge_list_feed(sl_edge_list *reader, const char *bytes, size_t n) {
  SL_REQUIRE(reader->failed == SL_OK && !reader->finished, SL_ERR_STATE, "reader",
             "a reader that has neither failed nor finished");
  sl_text_feed(&reader->text, bytes, n);
  return reader->failed = read_events(reader);
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

// Sorts the ids ascending and renumbers the edges. scratch: 2 id_count places.
static void renumber(sl_edge_list *reader, uint32_t *scratch, uint64_t *sorted) {
  uint32_t n = reader->id_count, *order = scratch, *other = scratch + n;
  for (uint32_t k = 0; k < n; k++) order[k] = k;
  for (uint64_t run = 1; run < n; run *= 2) {
    for (uint64_t begin = 0; begin < n; begin += 2 * run) {
      uint64_t middle = begin + run < n ? begin + run : n,
               end = middle + run < n ? middle + run : n;
      merge(reader->ids, order, other, (uint32_t)begin, (uint32_t)middle, (uint32_t)end);
    }
    uint32_t *swap = order;
    order = other;
    other = swap;
  }
  for (uint32_t k = 0; k < n; k++) {
    sorted[k] = reader->ids[order[k]];
    other[order[k]] = k;
  }
  for (uint32_t k = 0; k < reader->entries.count; k++) {
    reader->entries.rows[k] = other[reader->entries.rows[k]];
    reader->entries.columns[k] = other[reader->entries.columns[k]];
  }
}

static sl_status sort_ids(sl_edge_list *reader) {
  uint32_t *scratch;
  uint64_t *sorted;
  sl_free(reader->slots);
  reader->slots = NULL;
  SL_TRY(SL_ALLOC(&scratch, (size_t)reader->id_count * 2));
  sl_status status = SL_ALLOC(&sorted, reader->id_count);
  if (status == SL_OK) {
    renumber(reader, scratch, sorted);
    sl_free(reader->ids);
    reader->ids = sorted;
    reader->id_capacity = reader->id_count;
  }
  sl_free(scratch);
  return status;
}

static sl_status finish(sl_edge_list *reader, sl_graph **out) {
  sl_text_finish(&reader->text);
  SL_TRY(read_events(reader));
  sl_entries *edges = &reader->entries;
  if (edges->count == 0) {
    return sl_text_refuse_as(&reader->text, SL_ERR_EMPTY, "text", "at least one edge", SL_TEXT_END);
  }
  uint32_t nodes = reader->options.node_count;
  if (reader->options.compact_ids) {
    SL_TRY(sort_ids(reader));
    nodes = reader->id_count;
  } else if (nodes == 0) {
    nodes = (uint32_t)reader->largest + 1;
  }
  return sl_graph_from_edges(nodes, edges->count, edges->rows, edges->columns, edges->values,
                             edges->value_type, reader->options.directed, out);
}

sl_status sl_edge_list_finish(sl_edge_list *reader, sl_graph **out) {
  *out = NULL;
  SL_REQUIRE(reader->failed == SL_OK && !reader->finished, SL_ERR_STATE, "reader",
             "a reader that has neither failed nor finished");
  reader->failed = finish(reader, out);
  reader->finished = true;
  free_gathered(reader);
  return reader->failed;
}

const char *sl_edge_list_found(const sl_edge_list *reader) { return reader->text.found; }
