#include "graph/edge_list.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "graph/date.h"

// What a field can be. The order is that of csv.columns.
enum { FROM, TO, WEIGHT, TIME, OTHER };

sl_edge_list_options sl_edge_list_options_default(void) {
  return (sl_edge_list_options){.directed = true,
                                .value_type = SL_VALUES_F64,
                                .to_column = 1,
                                .weight_column = SL_COLUMN_AUTO,
                                .time_column = SL_COLUMN_NONE,
                                .since = -INFINITY,
                                .until = INFINITY};
}

static bool is_separator(uint32_t c) {
  if (c == ' ' || c == '\t') return true;
  return c > ' ' && c < 127 && (c < '0' || c > '9') && c != '#' && c != '%' && c != '"';
}

static sl_status check_columns(const sl_edge_list_options *options) {
  const uint32_t columns[4] = {options->from_column, options->to_column, options->weight_column,
                               options->time_column};
  static const char *const names[4] = {"from_column", "to_column", "weight_column", "time_column"};
  for (int k = 0; k < 4; k++) {
    bool there = columns[k] < SL_COLUMN_AUTO;
    SL_REQUIRE(there || k > TO, SL_ERR_OPTION, names[k], "a column");
    for (int other = 0; other < k; other++) {
      SL_REQUIRE(!there || columns[k] != columns[other], SL_ERR_OPTION, names[k],
                 "a column of its own");
    }
  }
  return SL_OK;
}

static sl_status check_options(const sl_edge_list_options *options) {
  SL_REQUIRE(options->separator == 0 || is_separator(options->separator), SL_ERR_OPTION,
             "separator", "blanks or one punctuation character such as a comma");
  SL_REQUIRE(options->value_type == SL_VALUES_F32 || options->value_type == SL_VALUES_F64,
             SL_ERR_OPTION, "value_type", "float32 or float64");
  SL_REQUIRE(options->node_count < UINT32_MAX, SL_ERR_OPTION, "node_count", "at most 2^32 - 2");
  SL_REQUIRE(options->node_count == 0 || options->ids == SL_IDS_NODES, SL_ERR_OPTION, "node_count",
             "no number of nodes together with compact ids");
  SL_REQUIRE(options->ids <= SL_IDS_AUTO, SL_ERR_OPTION, "ids", "one of four kinds");
  SL_REQUIRE(options->header <= SL_HEADER_SKIP, SL_ERR_OPTION, "header", "one of three ways");
  SL_REQUIRE(!isnan(options->since), SL_ERR_OPTION, "since", "a number");
  SL_REQUIRE(!isnan(options->until), SL_ERR_OPTION, "until", "a number");
  return check_columns(options);
}

sl_status sl_edge_list_create(const sl_edge_list_options *options, sl_edge_list **out) {
  *out = NULL;
  SL_TRY(check_options(options));
  sl_edge_list *reader;
  SL_TRY(SL_ALLOC_ZERO(&reader, 1));
  reader->options = *options;
  if (options->ignore_weights) reader->options.weight_column = SL_COLUMN_NONE;
  sl_text_begin(&reader->text, "#%");
  sl_csv_begin(&reader->csv, (char)options->separator);
  sl_node_ids_begin(&reader->ids, options->ids, options->node_count);
  uint32_t *columns = reader->csv.columns;
  columns[FROM] = options->from_column;
  columns[TO] = options->to_column;
  columns[WEIGHT] = reader->options.weight_column;
  columns[TIME] = options->time_column;
  if (columns[WEIGHT] == SL_COLUMN_AUTO) columns[WEIGHT] = 2;
  *out = reader;
  return SL_OK;
}

static void free_gathered(sl_edge_list *reader) {
  sl_entries_free(&reader->entries);
  sl_node_ids_free_table(&reader->ids);
}

void sl_edge_list_destroy(sl_edge_list *reader) {
  if (reader == NULL) return;
  free_gathered(reader);
  sl_node_ids_free(&reader->ids);
  sl_free(reader);
}

size_t sl_edge_list_bytes(const sl_edge_list *reader) {
  size_t value = sl_csr_value_size(reader->entries.value_type);
  return sizeof *reader + sl_node_ids_bytes(&reader->ids) + reader->entries.capacity * (8 + value);
}

static bool is_done(const sl_edge_list *reader) {
  return reader->finished && reader->failed == SL_OK;
}

const uint64_t *sl_edge_list_ids(const sl_edge_list *reader) {
  return is_done(reader) ? reader->ids.ids : NULL;
}

const char *sl_edge_list_name_text(const sl_edge_list *reader) {
  return is_done(reader) && reader->ids.ends ? reader->ids.text : NULL;
}

const uint32_t *sl_edge_list_name_ends(const sl_edge_list *reader) {
  return is_done(reader) ? reader->ids.ends : NULL;
}

static sl_status read_id(sl_edge_list *reader, const char *argument, uint32_t *out) {
  sl_text *text = &reader->text;
  const char *expected = "";
  sl_status status = sl_node_ids_place(&reader->ids, text->word, text->word_length, out, &expected);
  if (status != SL_ERR_PARSE) return status;
  return sl_text_refuse(text, argument, expected, SL_TEXT_WORD);
}

static sl_status read_weight(sl_edge_list *reader) {
  sl_text *text = &reader->text;
  SL_TRY(sl_text_number(text, "weight", &reader->weight));
  double kept =
      reader->options.value_type == SL_VALUES_F32 ? (double)(float)reader->weight : reader->weight;
  if (kept > 0 && isfinite(kept)) return SL_OK;
  return sl_text_refuse(text, "weight", "a finite number above 0", SL_TEXT_WORD);
}

static sl_status read_time(sl_edge_list *reader) {
  sl_text *text = &reader->text;
  if (!reader->options.dates) return sl_text_number(text, "time", &reader->time);
  if (sl_parse_date(text->word, text->word_length, &reader->time)) return SL_OK;
  return sl_text_refuse(text, "time", "a date as in 2024-01-31 or 2024-01-31T10:20:30Z",
                        SL_TEXT_WORD);
}

// The word of a field of this kind.
static sl_status read_field(sl_edge_list *reader, int kind) {
  reader->seen |= 1u << kind;
  switch (kind) {
  case FROM:
    return read_id(reader, "from", &reader->from);
  case TO:
    return read_id(reader, "to", &reader->to);
  case WEIGHT:
    return read_weight(reader);
  case TIME:
    return read_time(reader);
  default:
    return SL_OK;
  }
}

// Takes the edge that was read, with a weight or without.
static sl_status push_edge(sl_edge_list *reader) {
  const sl_edge_list_options *options = &reader->options;
  if (!reader->begun) {
    reader->begun = true;
    reader->weighted = (reader->seen & 1u << WEIGHT) != 0;
    sl_entries_begin(&reader->entries, reader->weighted ? options->value_type : SL_VALUES_PATTERN);
  }
  bool timed = options->time_column != SL_COLUMN_NONE;
  if (timed && !(reader->time >= options->since && reader->time < options->until)) return SL_OK;
  return sl_entries_push(&reader->entries, reader->from, reader->to, reader->weight);
}

// Lines of words between blanks ---------------------------------------------------------------

static int kind_of(const sl_edge_list *reader, uint32_t field) {
  const uint32_t *columns = reader->csv.columns;
  if (field == columns[FROM]) return FROM;
  if (field == columns[TO]) return TO;
  if (field == columns[WEIGHT]) return WEIGHT;
  return field == columns[TIME] ? TIME : OTHER;
}

// Bits of the fields that every line must have.
static uint32_t needed(const sl_edge_list *reader) {
  uint32_t bits = 1u << FROM | 1u << TO;
  bool weight = reader->options.weight_column != SL_COLUMN_NONE &&
                (reader->options.weight_column != SL_COLUMN_AUTO || reader->weighted);
  if (weight) bits |= 1u << WEIGHT;
  if (reader->options.time_column != SL_COLUMN_NONE) bits |= 1u << TIME;
  return bits;
}

static sl_status read_word(sl_edge_list *reader) {
  sl_text *text = &reader->text;
  uint32_t field = reader->field++;
  if (!reader->past_header && reader->options.header == SL_HEADER_SKIP) reader->skip_line = true;
  if (reader->skip_line) return SL_OK;
  int kind = kind_of(reader, field);
  bool free_form = reader->options.weight_column == SL_COLUMN_AUTO;
  if (free_form && kind == WEIGHT && reader->begun && !reader->weighted) {
    return sl_text_refuse(text, "text", "the end of the line, as on the lines before",
                          SL_TEXT_WORD);
  }
  if (free_form && kind == OTHER && field > 2) {
    return sl_text_refuse(text, "text", "the end of the line", SL_TEXT_WORD);
  }
  SL_TRY(read_field(reader, kind));
  // Comments and other text may follow what is read.
  reader->skip_line = !free_form && (reader->seen & needed(reader)) == needed(reader);
  return SL_OK;
}

static sl_status end_line(sl_edge_list *reader) {
  if (reader->field == 0) return SL_OK;
  bool header = !reader->past_header && reader->options.header == SL_HEADER_SKIP;
  reader->past_header = true;
  uint32_t want = needed(reader);
  if (!header && (reader->seen & want) != want) {
    const char *expected = "as many fields as the columns that are read need";
    if (reader->options.weight_column == SL_COLUMN_AUTO || reader->options.ignore_weights)
      expected = reader->weighted ? "\"from to weight\"" : "\"from to\"";
    return sl_text_refuse(&reader->text, "text", expected, SL_TEXT_LINE_END);
  }
  if (!header) SL_TRY(push_edge(reader));
  reader->field = reader->seen = 0;
  reader->skip_line = false;
  return SL_OK;
}

static sl_status read_lines(sl_edge_list *reader) {
  for (;;) {
    switch (sl_text_next(&reader->text)) {
    case SL_TEXT_MORE:
    case SL_TEXT_END:
      return SL_OK;
    case SL_TEXT_BROKEN:
      return SL_ERR_PARSE;
    case SL_TEXT_LINE_END:
      SL_TRY(end_line(reader));
      break;
    default:
      SL_TRY(read_word(reader));
      break;
    }
  }
}

// Records of separated values ------------------------------------------------------------------

static bool is_header(const sl_edge_list *reader) {
  if (reader->past_header || reader->options.header == SL_HEADER_NONE) return false;
  if (reader->options.header == SL_HEADER_SKIP) return true;
  const sl_csv_field *from = &reader->csv.kept[FROM];
  uint64_t id;
  if (from->text == NULL || from->length == 0) return false;
  if (sl_parse_u64(from->text, from->length, &id)) return false;
  unsigned char c = (unsigned char)from->text[0];
  return from->quoted || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 128;
}

static sl_status check_width(sl_edge_list *reader) {
  uint32_t fields = reader->csv.fields, most = 0;
  const uint32_t *columns = reader->csv.columns;
  for (int k = 0; k < SL_CSV_KEPT; k++) {
    bool must = k != WEIGHT || reader->options.weight_column != SL_COLUMN_AUTO;
    if (must && columns[k] != SL_CSV_NONE && columns[k] + 1 > most) most = columns[k] + 1;
  }
  if (fields < most) {
    return sl_text_refuse(&reader->text, "text", "a separator and another field", SL_TEXT_LINE_END);
  }
  if (reader->options.weight_column == SL_COLUMN_AUTO && fields > 3) {
    return sl_text_refuse(&reader->text, "text", "from, to and weight, or columns that are chosen",
                          SL_TEXT_LINE_END);
  }
  if (reader->width == 0) reader->width = fields;
  if (fields == reader->width) return SL_OK;
  return sl_text_refuse(&reader->text, "text", "as many fields as in the records before",
                        SL_TEXT_LINE_END);
}

static sl_status read_record(sl_edge_list *reader) {
  if (is_header(reader)) {
    reader->past_header = true;
    return SL_OK;
  }
  reader->past_header = true;
  SL_TRY(check_width(reader));
  reader->seen = 0;
  for (int kind = 0; kind < SL_CSV_KEPT; kind++) {
    const sl_csv_field *field = &reader->csv.kept[kind];
    if (field->text == NULL) continue;
    reader->text.word = field->text;
    reader->text.word_length = field->length;
    if (field->length == 0) return sl_text_refuse(&reader->text, "text", "a field", SL_TEXT_WORD);
    SL_TRY(read_field(reader, kind));
  }
  return push_edge(reader);
}

static sl_status read_records(sl_edge_list *reader) {
  for (;;) {
    switch (sl_csv_next(&reader->csv, &reader->text)) {
    case SL_CSV_MORE:
      return SL_OK;
    case SL_CSV_END:
      reader->text.line = reader->csv.line;
      return SL_OK;
    case SL_CSV_BROKEN:
      return sl_last_error()->status;
    case SL_CSV_LINE:
      SL_TRY(read_record(reader));
      break;
    }
  }
}

static sl_status read_more(sl_edge_list *reader) {
  return reader->options.separator == 0 ? read_lines(reader) : read_records(reader);
}

sl_status sl_edge_list_feed(sl_edge_list *reader, const char *bytes, size_t n) {
  SL_REQUIRE(reader->failed == SL_OK && !reader->finished, SL_ERR_STATE, "reader",
             "a reader that is not at its end");
  if (reader->options.separator == 0)
    sl_text_feed(&reader->text, bytes, n);
  else
    sl_csv_feed(&reader->csv, bytes, n);
  return reader->failed = read_more(reader);
}

// Without weights: each edge once, or weighted with how often it came.
static sl_status build_plain(sl_edge_list *reader, uint32_t nodes, sl_graph **out) {
  sl_entries *edges = &reader->entries;
  const bool directed = reader->options.directed;
  SL_TRY(sl_graph_from_edges(nodes, edges->count, edges->rows, edges->columns, NULL,
                             SL_VALUES_PATTERN, directed, out));
  if (!reader->options.count_parallel || (*out)->edge_count == edges->count) return SL_OK;
  sl_graph_destroy(*out);
  *out = NULL;
  sl_value_type type = reader->options.value_type;
  SL_TRY(sl_alloc(edges->count, sl_csr_value_size(type), &edges->values));
  edges->value_type = type;
  for (uint32_t k = 0; k < edges->count; k++) {
    if (type == SL_VALUES_F64)
      ((double *)edges->values)[k] = 1;
    else
      ((float *)edges->values)[k] = 1;
  }
  return sl_graph_from_edges(nodes, edges->count, edges->rows, edges->columns, edges->values, type,
                             directed, out);
}

static sl_status finish(sl_edge_list *reader, sl_graph **out) {
  sl_text_finish(&reader->text);
  sl_csv_finish(&reader->csv);
  SL_TRY(read_more(reader));
  sl_entries *edges = &reader->entries;
  if (edges->count == 0) {
    const char *expected = reader->begun ? "at least one edge in this time" : "at least one edge";
    return sl_text_refuse_as(&reader->text, SL_ERR_EMPTY, "text", expected, SL_TEXT_END);
  }
  uint32_t nodes;
  SL_TRY(sl_node_ids_finish(&reader->ids, edges, &nodes));
  if (!reader->weighted) return build_plain(reader, nodes, out);
  return sl_graph_from_edges(nodes, edges->count, edges->rows, edges->columns, edges->values,
                             edges->value_type, reader->options.directed, out);
}

sl_status sl_edge_list_finish(sl_edge_list *reader, sl_graph **out) {
  *out = NULL;
  SL_REQUIRE(reader->failed == SL_OK && !reader->finished, SL_ERR_STATE, "reader",
             "a reader that is not at its end");
  reader->failed = finish(reader, out);
  reader->finished = true;
  free_gathered(reader);
  return reader->failed;
}

const char *sl_edge_list_found(const sl_edge_list *reader) { return reader->text.found; }
