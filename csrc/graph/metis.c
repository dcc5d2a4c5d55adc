#include "graph/metis.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define LARGEST_COUNT (UINT32_MAX - 1)

sl_status sl_metis_create(sl_value_type value_type, sl_metis **out) {
  *out = NULL;
  SL_REQUIRE(value_type == SL_VALUES_F32 || value_type == SL_VALUES_F64, SL_ERR_OPTION,
             "value_type", "float32 or float64");
  sl_metis *reader;
  SL_TRY(SL_ALLOC_ZERO(&reader, 1));
  sl_text_begin(&reader->text, "%");
  sl_entries_begin(&reader->entries, value_type);
  reader->constraints = 1;
  *out = reader;
  return SL_OK;
}

static void free_gathered(sl_metis *reader) {
  sl_entries_free(&reader->entries);
  sl_free(reader->comments);
  reader->comments = NULL;
  reader->comment_capacity = 0;
}

void sl_metis_destroy(sl_metis *reader) {
  if (reader == NULL) return;
  free_gathered(reader);
  sl_free(reader);
}

size_t sl_metis_bytes(const sl_metis *reader) {
  return sizeof *reader + (size_t)reader->comment_capacity * sizeof *reader->comments +
         reader->entries.capacity * (8 + sl_csr_value_size(reader->entries.value_type));
}

// "011": digits from the right, missing ones are 0.
static sl_status read_format(sl_metis *reader) {
  sl_text *text = &reader->text;
  bool *const digits[3] = {&reader->has_edge_weights, &reader->has_node_weights,
                           &reader->has_sizes};
  bool good = text->word_length <= 3;
  for (uint32_t i = 0; good && i < text->word_length; i++) {
    char c = text->word[text->word_length - 1 - i];
    good = c == '0' || c == '1';
    *digits[i] = c == '1';
  }
  if (good) return SL_OK;
  return sl_text_refuse_as(text, SL_ERR_FORMAT, "format", "up to three digits 0 or 1",
                           SL_TEXT_WORD);
}

static sl_status read_header_word(sl_metis *reader) {
  sl_text *text = &reader->text;
  uint64_t value;
  switch (reader->field++) {
  case 0:
    SL_TRY(sl_text_whole(text, LARGEST_COUNT, "nodes", "a number of nodes, 1 to 2^32 - 2", &value));
    reader->node_count = (uint32_t)value;
    if (value > 0) return SL_OK;
    return sl_text_refuse(text, "nodes", "a number of nodes, 1 to 2^32 - 2", SL_TEXT_WORD);
  case 1:
    return sl_text_whole(text, UINT32_MAX / 2, "edges", "a number of edges below 2^31",
                         &reader->edge_count);
  case 2:
    return read_format(reader);
  case 3:
    return sl_text_whole(text, 1000, "constraints", "a number of weights a node, 0 to 1000",
                         &reader->constraints);
  default:
    return sl_text_refuse(text, "text", "the end of the line", SL_TEXT_WORD);
  }
}

static sl_status end_header(sl_metis *reader) {
  if (reader->field < 2) {
    return sl_text_refuse(&reader->text, "text", "\"nodes edges\"", SL_TEXT_LINE_END);
  }
  if (!reader->has_edge_weights) sl_entries_begin(&reader->entries, SL_VALUES_PATTERN);
  if (!reader->has_node_weights) reader->constraints = 0;
  reader->in_body = true;
  reader->first_line = reader->text.line + 1;
  return SL_OK;
}

static sl_status push(sl_metis *reader, double weight) {
  if (reader->entries.count / 2 >= reader->edge_count) {
    return sl_text_refuse(&reader->text, "edges", "no more edges than declared", SL_TEXT_WORD);
  }
  return sl_entries_push(&reader->entries, reader->node, reader->neighbor, weight);
}

static sl_status read_weight(sl_metis *reader) {
  double weight;
  SL_TRY(sl_text_number(&reader->text, "weight", &weight));
  bool narrow = reader->entries.value_type == SL_VALUES_F32;
  double kept = narrow ? (double)(float)weight : weight;
  if (!(kept > 0 && isfinite(kept))) {
    return sl_text_refuse(&reader->text, "weight", "a finite number above 0", SL_TEXT_WORD);
  }
  reader->awaits_weight = false;
  return push(reader, weight);
}

static sl_status read_body_word(sl_metis *reader) {
  sl_text *text = &reader->text;
  uint64_t value;
  if (reader->node == reader->node_count) {
    return sl_text_refuse(text, "text", "no more lines than nodes", SL_TEXT_WORD);
  }
  if (reader->field++ < reader->has_sizes + reader->constraints) {
    return sl_text_whole(text, UINT64_MAX, "node weight", "a whole number", &value);
  }
  if (reader->awaits_weight) return read_weight(reader);
  const char *expected = "a neighbour from 1 to the number of nodes";
  SL_TRY(sl_text_whole(text, reader->node_count, "neighbor", expected, &value));
  if (value == 0) return sl_text_refuse(text, "neighbor", expected, SL_TEXT_WORD);
  reader->neighbor = (uint32_t)value - 1;
  if (reader->neighbor == reader->node) {
    return sl_text_refuse(text, "neighbor", "a neighbour other than the node itself", SL_TEXT_WORD);
  }
  reader->awaits_weight = reader->has_edge_weights;
  return reader->awaits_weight ? SL_OK : push(reader, 1);
}

// Keeps what is needed to say on which line a node stands.
static sl_status note_comments(sl_metis *reader) {
  while (reader->text.line > reader->first_line + reader->node + reader->comment_count) {
    if (reader->comment_count == reader->comment_capacity) {
      uint64_t grown = (uint64_t)reader->comment_capacity + reader->comment_capacity / 2 + 16;
      SL_REQUIRE(grown <= UINT32_MAX, SL_ERR_OVERFLOW, "comments", "fewer than 2^32 comment lines");
      SL_TRY(SL_REALLOC(&reader->comments, (size_t)grown));
      reader->comment_capacity = (uint32_t)grown;
    }
    reader->comments[reader->comment_count++] = reader->node;
  }
  return SL_OK;
}

static uint64_t line_of(const sl_metis *reader, uint32_t node) {
  uint64_t line = reader->first_line + node;
  for (uint32_t k = 0; k < reader->comment_count && reader->comments[k] <= node; k++) line++;
  return line;
}

static sl_status end_body_line(sl_metis *reader) {
  if (reader->node == reader->node_count) return SL_OK;
  if (reader->awaits_weight) {
    return sl_text_refuse(&reader->text, "weight", "the weight of the last neighbour",
                          SL_TEXT_LINE_END);
  }
  if (reader->field < reader->has_sizes + reader->constraints) {
    return sl_text_refuse(&reader->text, "node weight", "the size and weights of the node",
                          SL_TEXT_LINE_END);
  }
  SL_TRY(note_comments(reader));
  reader->node++;
  return SL_OK;
}

static sl_status read_events(sl_metis *reader) {
  for (;;) {
    sl_text_event event = sl_text_next(&reader->text);
    if (event == SL_TEXT_MORE || event == SL_TEXT_END) return SL_OK;
    if (event == SL_TEXT_BROKEN) return SL_ERR_PARSE;
    if (event == SL_TEXT_WORD) {
      if (reader->in_body)
        SL_TRY(read_body_word(reader));
      else
        SL_TRY(read_header_word(reader));
      continue;
    }
    // Empty lines are nodes, but not before the first line.
    if (reader->in_body)
      SL_TRY(end_body_line(reader));
    else if (reader->field > 0)
      SL_TRY(end_header(reader));
    reader->field = 0;
  }
}

sl_status sl_metis_feed(sl_metis *reader, const char *bytes, size_t n) {
  SL_REQUIRE(reader->failed == SL_OK && !reader->finished, SL_ERR_STATE, "reader",
             "a reader that is not at its end");
  sl_text_feed(&reader->text, bytes, n);
  return reader->failed = read_events(reader);
}

// The node that names a neighbour twice, or node_count. seen: node_count marks.
static uint32_t find_repetition(const sl_metis *reader, uint32_t *seen) {
  const sl_entries *entries = &reader->entries;
  for (uint32_t k = 0; k < entries->count; k++) {
    uint32_t *mark = &seen[entries->columns[k]];
    if (*mark == entries->rows[k] + 1) return entries->rows[k];
    *mark = entries->rows[k] + 1;
  }
  return reader->node_count;
}

// The first node with an edge that the other node does not have, or has with another weight.
static sl_status find_one_sided(const sl_csr *matrix, uint32_t *out) {
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      double back = 0;
      SL_TRY(sl_csr_get(matrix, matrix->columns[k], i, &back));
      if (back != sl_csr_value(matrix, k)) {
        *out = i;
        return SL_OK;
      }
    }
  }
  *out = matrix->rows;
  return SL_OK;
}

static sl_status refuse_node(const sl_metis *reader, uint32_t node, const char *expected) {
  return sl_fail(SL_ERR_PARSE, "neighbor", expected, line_of(reader, node));
}

static sl_status build(sl_metis *reader, sl_graph **out) {
  sl_entries *entries = &reader->entries;
  uint32_t n = reader->node_count, *seen, bad;
  SL_TRY(SL_ALLOC_ZERO(&seen, n));
  bad = find_repetition(reader, seen);
  sl_free(seen);
  if (bad < n) return refuse_node(reader, bad, "each neighbour once");
  SL_TRY(sl_entries_reserve(entries, 1));
  sl_csr *matrix;
  SL_TRY(sl_csr_from_coo(n, n, entries->count, entries->rows, entries->columns, entries->values,
                         entries->value_type, &matrix));
  const sl_matrix_class *facts;
  sl_status status = sl_csr_classify(matrix, &facts);
  if (status == SL_OK && !facts->symmetric) {
    status = find_one_sided(matrix, &bad);
    if (status == SL_OK) status = refuse_node(reader, bad, "the same edge at its other node");
  }
  if (status != SL_OK) {
    sl_csr_destroy(matrix);
    return status;
  }
  return sl_graph_from_csr(matrix, false, out);
}

static sl_status finish(sl_metis *reader, sl_graph **out) {
  sl_text *text = &reader->text;
  sl_text_finish(text);
  SL_TRY(read_events(reader));
  if (!reader->in_body) return sl_text_truncated(text, "text", "the line with nodes and edges");
  // An empty last line without line feed cannot be seen: it is there if just one is missing.
  if (reader->node + 1 == reader->node_count) SL_TRY(end_body_line(reader));
  if (reader->node < reader->node_count) {
    return sl_text_truncated(text, "text", "a line for every node");
  }
  if (reader->entries.count != 2 * reader->edge_count) {
    return sl_text_truncated(text, "edges", "as many edges as declared");
  }
  return build(reader, out);
}

sl_status sl_metis_finish(sl_metis *reader, sl_graph **out) {
  *out = NULL;
  SL_REQUIRE(reader->failed == SL_OK && !reader->finished, SL_ERR_STATE, "reader",
             "a reader that is not at its end");
  reader->failed = finish(reader, out);
  reader->finished = true;
  free_gathered(reader);
  return reader->failed;
}

const char *sl_metis_found(const sl_metis *reader) { return reader->text.found; }
