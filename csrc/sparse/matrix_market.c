#include "sparse/matrix_market.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum { BANNER, SIZES, ENTRIES };

#define LARGEST_DIMENSION (UINT32_MAX - 1)

sl_status sl_matrix_market_create(sl_value_type value_type, sl_matrix_market **out) {
  *out = NULL;
  SL_REQUIRE(value_type == SL_VALUES_F32 || value_type == SL_VALUES_F64, SL_ERR_OPTION,
             "value_type", "float32 or float64");
  sl_matrix_market *reader;
  SL_TRY(SL_ALLOC_ZERO(&reader, 1));
  // The first line begins with the comment character itself.
  sl_text_begin(&reader->text, "");
  sl_entries_begin(&reader->entries, value_type);
  *out = reader;
  return SL_OK;
}

void sl_matrix_market_destroy(sl_matrix_market *reader) {
  if (reader == NULL) return;
  sl_entries_free(&reader->entries);
  sl_free(reader);
}

size_t sl_matrix_market_bytes(const sl_matrix_market *reader) {
  return sizeof *reader +
         reader->entries.capacity * (8 + sl_csr_value_size(reader->entries.value_type));
}

// Word `field` of the first line.
static sl_status read_banner_word(sl_matrix_market *reader) {
  sl_text *text = &reader->text;
  const char *argument = "text", *expected = "%%MatrixMarket at the beginning";
  sl_status status = SL_ERR_PARSE;
  switch (reader->field++) {
  case 0:
    if (sl_text_is(text, "%%matrixmarket")) return SL_OK;
    break;
  case 1:
    argument = "object", expected = "matrix", status = SL_ERR_FORMAT;
    if (sl_text_is(text, "matrix")) return SL_OK;
    break;
  case 2:
    argument = "format", expected = "coordinate or array", status = SL_ERR_FORMAT;
    reader->array = sl_text_is(text, "array");
    if (reader->array || sl_text_is(text, "coordinate")) return SL_OK;
    break;
  case 3:
    argument = "field", expected = "real, integer or pattern", status = SL_ERR_FORMAT;
    reader->pattern = sl_text_is(text, "pattern");
    reader->integer = sl_text_is(text, "integer");
    if (reader->pattern && reader->array) {
      expected = "real or integer for an array";
      break;
    }
    if (reader->pattern || reader->integer) return SL_OK;
    if (sl_text_is(text, "real") || sl_text_is(text, "double")) return SL_OK;
    break;
  case 4:
    argument = "symmetry", expected = "general, symmetric or skew-symmetric";
    status = SL_ERR_FORMAT;
    reader->symmetric = sl_text_is(text, "symmetric");
    reader->skew = sl_text_is(text, "skew-symmetric");
    if (reader->skew && reader->pattern) {
      expected = "general or symmetric for a pattern";
      break;
    }
    if (reader->symmetric || reader->skew || sl_text_is(text, "general")) return SL_OK;
    break;
  default:
    expected = "the end of the line";
  }
  return sl_text_refuse_as(text, status, argument, expected, SL_TEXT_WORD);
}

static sl_status end_banner(sl_matrix_market *reader) {
  static const char *const expected[5] = {"%%MatrixMarket at the beginning", "matrix",
                                          "coordinate or array", "real, integer or pattern",
                                          "general, symmetric or skew-symmetric"};
  if (reader->field < 5) {
    return sl_text_refuse(&reader->text, "text", expected[reader->field], SL_TEXT_LINE_END);
  }
  if (reader->pattern) sl_entries_begin(&reader->entries, SL_VALUES_PATTERN);
  reader->text.comments = "%";
  reader->stage = SIZES;
  return SL_OK;
}

static sl_status read_size_word(sl_matrix_market *reader) {
  static const char *const names[3] = {"rows", "columns", "entries"};
  static const char *const expected[3] = {"a number of rows, 1 to 2^32 - 2",
                                          "a number of columns, 1 to 2^32 - 2",
                                          "a number of entries below 2^32"};
  sl_text *text = &reader->text;
  uint32_t field = reader->field++;
  if (field >= (reader->array ? 2u : 3u)) {
    return sl_text_refuse(text, "text", "the end of the line", SL_TEXT_WORD);
  }
  uint64_t value;
  SL_TRY(sl_text_whole(text, field < 2 ? LARGEST_DIMENSION : UINT32_MAX, names[field],
                       expected[field], &value));
  if (field < 2 && value == 0) {
    return sl_text_refuse(text, names[field], expected[field], SL_TEXT_WORD);
  }
  if (field == 0)
    reader->rows = (uint32_t)value;
  else if (field == 1)
    reader->cols = (uint32_t)value;
  else
    reader->declared = value;
  return SL_OK;
}

static sl_status end_sizes(sl_matrix_market *reader) {
  if (reader->field < (reader->array ? 2u : 3u)) {
    return sl_text_refuse(&reader->text, "text",
                          reader->array ? "\"rows columns\"" : "\"rows columns entries\"",
                          SL_TEXT_LINE_END);
  }
  bool mirrored = reader->symmetric || reader->skew;
  if (mirrored && reader->rows != reader->cols) {
    return sl_text_refuse(&reader->text, "columns", "as many columns as rows", SL_TEXT_WORD);
  }
  if (reader->array) {
    uint64_t n = reader->rows;
    reader->declared = n * reader->cols;
    if (reader->symmetric) reader->declared = n * (n + 1) / 2;
    if (reader->skew) reader->declared = n * (n - 1) / 2;
    reader->row = reader->skew; // the first entry of the first column
  }
  reader->stage = ENTRIES;
  return SL_OK;
}

// [+-] digits of a value that a double holds exactly, and so do all below it. The text decides, not
// the double: 2^53 + 1 is rounded to 2^53.
static bool is_exact_integer(const char *text, uint32_t length) {
  uint64_t size;
  if (length > 0 && (*text == '-' || *text == '+')) {
    text++;
    length--;
  }
  return sl_parse_u64(text, length, &size) && size <= (uint64_t)1 << 53;
}

static sl_status read_value(sl_matrix_market *reader) {
  sl_text *text = &reader->text;
  double value;
  SL_TRY(sl_text_number(text, "value", &value));
  if (reader->entries.value_type == SL_VALUES_F32 && isinf((float)value)) {
    return sl_text_refuse(text, "value", "a number that fits float32", SL_TEXT_WORD);
  }
  if (reader->integer && !is_exact_integer(text->word, text->word_length)) {
    return sl_text_refuse(text, "value", "a whole number of at most 2^53", SL_TEXT_WORD);
  }
  reader->value = value;
  return SL_OK;
}

static sl_status check_place(sl_matrix_market *reader) {
  if (reader->symmetric && reader->column > reader->row) {
    return sl_text_refuse(&reader->text, "column", "a column on or below the diagonal",
                          SL_TEXT_WORD);
  }
  if (reader->skew && reader->column >= reader->row) {
    return sl_text_refuse(&reader->text, "column", "a column below the diagonal", SL_TEXT_WORD);
  }
  return SL_OK;
}

static sl_status read_entry_word(sl_matrix_market *reader) {
  sl_text *text = &reader->text;
  uint32_t fields = reader->array ? 1 : reader->pattern ? 2 : 3, field = reader->field++;
  if (reader->seen == reader->declared) {
    return sl_text_refuse(text, "text", "no more entries than declared", SL_TEXT_WORD);
  }
  if (field >= fields) return sl_text_refuse(text, "text", "the end of the line", SL_TEXT_WORD);
  if (field + 1 == fields && !reader->pattern) return read_value(reader);
  uint64_t index;
  uint32_t bound = field == 0 ? reader->rows : reader->cols;
  const char *name = field == 0 ? "row" : "column";
  const char *expected = field == 0 ? "a row from 1 to the number of rows"
                                    : "a column from 1 to the number of columns";
  SL_TRY(sl_text_whole(text, bound, name, expected, &index));
  if (index == 0) return sl_text_refuse(text, name, expected, SL_TEXT_WORD);
  if (field == 0)
    reader->row = (uint32_t)index - 1;
  else
    reader->column = (uint32_t)index - 1;
  return field == 1 ? check_place(reader) : SL_OK;
}

// The place of the next value of an array file: down a column, from the diagonal when mirrored.
static void next_place(sl_matrix_market *reader) {
  if (++reader->row < reader->rows) return;
  uint32_t column = ++reader->column;
  reader->row = reader->symmetric ? column : reader->skew ? column + 1 : 0;
}

static sl_status end_entry(sl_matrix_market *reader) {
  uint32_t fields = reader->array ? 1 : reader->pattern ? 2 : 3;
  if (reader->field < fields) {
    return sl_text_refuse(&reader->text, "text",
                          reader->pattern ? "\"row column\"" : "\"row column value\"",
                          SL_TEXT_LINE_END);
  }
  reader->seen++;
  bool stored = !reader->array || reader->value != 0;
  uint32_t row = reader->row, column = reader->column;
  if (reader->array) next_place(reader);
  return stored ? sl_entries_push(&reader->entries, row, column, reader->value) : SL_OK;
}

static sl_status read_events(sl_matrix_market *reader) {
  for (;;) {
    sl_text_event event = sl_text_next(&reader->text);
    if (event == SL_TEXT_MORE || event == SL_TEXT_END) return SL_OK;
    if (event == SL_TEXT_BROKEN) return SL_ERR_PARSE;
    if (event == SL_TEXT_WORD) {
      if (reader->stage == ENTRIES)
        SL_TRY(read_entry_word(reader));
      else if (reader->stage == SIZES)
        SL_TRY(read_size_word(reader));
      else
        SL_TRY(read_banner_word(reader));
      continue;
    }
    // The end of a line; empty ones are skipped, but not before the first.
    if (reader->field == 0 && reader->stage != BANNER) continue;
    if (reader->stage == ENTRIES)
      SL_TRY(end_entry(reader));
    else if (reader->stage == SIZES)
      SL_TRY(end_sizes(reader));
    else
      SL_TRY(end_banner(reader));
    reader->field = 0;
  }
}

sl_status sl_matrix_market_feed(sl_matrix_market *reader, const char *bytes, size_t n) {
  SL_REQUIRE(reader->failed == SL_OK && !reader->finished, SL_ERR_STATE, "reader",
             "a reader that is not at its end");
  sl_text_feed(&reader->text, bytes, n);
  return reader->failed = read_events(reader);
}

static sl_status finish(sl_matrix_market *reader, sl_csr **out) {
  sl_text *text = &reader->text;
  sl_text_finish(text);
  SL_TRY(read_events(reader));
  if (reader->stage == BANNER) return sl_text_truncated(text, "text", "a Matrix Market file");
  if (reader->stage == SIZES) return sl_text_truncated(text, "text", "the line with the sizes");
  if (reader->seen < reader->declared) {
    return sl_text_truncated(text, "text", "as many entries as declared");
  }
  // An array without values (all zero) has no value array yet, but is not a pattern.
  sl_entries *entries = &reader->entries;
  SL_TRY(sl_entries_reserve(entries, 1));
  if (reader->symmetric || reader->skew) {
    return sl_csr_from_half(reader->rows, entries->count, entries->rows, entries->columns,
                            entries->values, entries->value_type, reader->skew, out);
  }
  return sl_csr_from_coo(reader->rows, reader->cols, entries->count, entries->rows,
                         entries->columns, entries->values, entries->value_type, out);
}

sl_status sl_matrix_market_finish(sl_matrix_market *reader, sl_csr **out) {
  *out = NULL;
  SL_REQUIRE(reader->failed == SL_OK && !reader->finished, SL_ERR_STATE, "reader",
             "a reader that is not at its end");
  reader->failed = finish(reader, out);
  reader->finished = true;
  sl_entries_free(&reader->entries);
  return reader->failed;
}

const char *sl_matrix_market_found(const sl_matrix_market *reader) { return reader->text.found; }
