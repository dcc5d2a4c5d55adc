#include "graph/csv.h"

#include <string.h>

// Where the scanner is in a field.
enum {
  BEFORE, // nothing but blanks so far
  PLAIN,  // in a field without quotes
  QUOTED, // behind the opening quote
  QUOTE,  // behind a quote inside: it closes the field, unless another one follows
  CLOSED, // behind the closing quote and blanks
};

void sl_csv_begin(sl_csv *csv, char separator) {
  memset(csv, 0, offsetof(sl_csv, bytes));
  csv->separator = separator;
  csv->line = 1;
  csv->fresh = true;
}

void sl_csv_feed(sl_csv *csv, const char *bytes, size_t n) {
  csv->next = bytes;
  csv->end = bytes + n;
}

void sl_csv_finish(sl_csv *csv) {
  csv->next = csv->end = NULL;
  csv->at_end = true;
}

static bool is_blank(const sl_csv *csv, char c) {
  return (c == ' ' || c == '\t') && c != csv->separator;
}

static sl_csv_event broken(sl_text *text, uint64_t line, const char *word, uint32_t length,
                           const char *expected) {
  text->line = line;
  text->word = word;
  text->word_length = length;
  sl_text_refuse(text, "text", expected, SL_TEXT_WORD);
  return SL_CSV_BROKEN;
}

static void begin_field(sl_csv *csv) {
  csv->place = BEFORE;
  csv->begin = csv->used;
  csv->slot = -1;
  for (int32_t k = 0; k < SL_CSV_KEPT; k++) {
    if (csv->columns[k] == csv->fields) csv->slot = k;
  }
}

static void begin_record(sl_csv *csv) {
  csv->fresh = false;
  csv->fields = 0;
  csv->used = 0;
  csv->record_line = csv->line;
  memset(csv->kept, 0, sizeof csv->kept);
  begin_field(csv);
}

// Blanks between a field without quotes and what ends it are not part of it.
static void end_field(sl_csv *csv) {
  uint32_t end = csv->used;
  if (csv->place == PLAIN) {
    while (end > csv->begin && is_blank(csv, csv->bytes[end - 1])) end--;
  }
  if (csv->slot >= 0) {
    csv->kept[csv->slot] = (sl_csv_field){csv->bytes + csv->begin, end - csv->begin,
                                          csv->place == QUOTE || csv->place == CLOSED};
  }
  csv->fields++;
}

static bool keep(sl_csv *csv, const char *bytes, size_t n) {
  if (csv->slot < 0) return true;
  if (n > SL_CSV_RECORD - csv->used) return false;
  memcpy(csv->bytes + csv->used, bytes, n);
  csv->used += (uint32_t)n;
  return true;
}

// The first byte from `at` that may end a field without quotes.
static const char *plain_end(const char *at, const char *end, char separator) {
  while (at < end && *at != separator && *at != '\n' && *at != '\r') at++;
  return at;
}

// Up to the end of a comment line; false when the chunk ends before it does.
static bool skip_comment(sl_csv *csv) {
  size_t left = (size_t)(csv->end - csv->next);
  const char *stop = left > 0 ? memchr(csv->next, '\n', left) : NULL;
  csv->next = stop ? stop + 1 : csv->end;
  if (stop == NULL) return false;
  csv->in_comment = false;
  csv->line++;
  return true;
}

static bool skip_mark(sl_csv *csv, sl_text *text) {
  static const char mark[3] = {(char)0xef, (char)0xbb, (char)0xbf};
  while (csv->mark < 3 && csv->next < csv->end) {
    if (*csv->next != mark[csv->mark]) {
      if (csv->mark > 0) {
        broken(text, 1, mark, csv->mark, "text in UTF-8");
        return false;
      }
      csv->mark = 3;
    } else {
      csv->next++;
      csv->mark++;
    }
  }
  return true;
}

// A run of bytes inside quotes.
static bool read_quoted(sl_csv *csv) {
  const char *at = csv->next;
  while (at < csv->end && *at != '"') csv->line += *at++ == '\n';
  bool kept = keep(csv, csv->next, (size_t)(at - csv->next));
  csv->next = at;
  if (at < csv->end) {
    csv->next++;
    csv->place = QUOTE;
  }
  return kept;
}

static sl_csv_event end_record(sl_csv *csv, sl_text *text) {
  end_field(csv);
  csv->fresh = true;
  text->line = csv->record_line;
  return SL_CSV_LINE;
}

static sl_csv_event end_input(sl_csv *csv, sl_text *text) {
  if (csv->fresh || csv->in_comment || csv->ended) return SL_CSV_END;
  csv->ended = true;
  if (csv->place == QUOTED) {
    text->line = csv->record_line;
    sl_text_truncated(text, "text", "the quote that ends the field");
    return SL_CSV_BROKEN;
  }
  if (csv->fields == 0 && csv->place == BEFORE) return SL_CSV_END;
  return end_record(csv, text);
}

sl_csv_event sl_csv_next(sl_csv *csv, sl_text *text) {
  static const char long_field[] = "shorter fields";
  if (csv->mark < 3 && !skip_mark(csv, text)) return SL_CSV_BROKEN;
  if (csv->at_end && csv->mark > 0 && csv->mark < 3) {
    csv->mark = 3;
    return broken(text, 1, "\xef", 1, "text in UTF-8");
  }
  while (csv->next < csv->end) {
    if (csv->in_comment && !skip_comment(csv)) break;
    if (csv->next == csv->end) break;
    if (csv->fresh) begin_record(csv);
    if (csv->place == QUOTED) {
      if (!read_quoted(csv))
        return broken(text, csv->record_line, csv->bytes, SL_CSV_RECORD, long_field);
      continue;
    }
    const char c = *csv->next;
    if (csv->after_return && c != '\n')
      return broken(text, csv->line, "\r", 1, "a line feed after a carriage return");
    if (c == '\n') {
      csv->next++;
      csv->line++;
      csv->after_return = false;
      if (csv->fields > 0 || csv->place != BEFORE) return end_record(csv, text);
      csv->fresh = true; // an empty line
    } else if (c == '\r') {
      csv->next++;
      csv->after_return = true;
    } else if (c == csv->separator) {
      csv->next++;
      end_field(csv);
      begin_field(csv);
    } else if (c == '"' && csv->place == QUOTE) {
      keep(csv, "\"", 1);
      csv->next++;
      csv->place = QUOTED;
    } else if (is_blank(csv, c) && csv->place != PLAIN) {
      csv->next++;
      if (csv->place == QUOTE) csv->place = CLOSED;
    } else if (csv->place == QUOTE || csv->place == CLOSED) {
      return broken(text, csv->record_line, csv->next, 1,
                    "a separator or the end of the line after a quoted field");
    } else if (c == '"' && csv->place == BEFORE) {
      csv->next++;
      csv->place = QUOTED;
    } else if ((c == '#' || c == '%') && csv->place == BEFORE && csv->fields == 0) {
      csv->in_comment = true;
      csv->fresh = true;
    } else {
      const char *end = plain_end(csv->next, csv->end, csv->separator);
      csv->place = PLAIN;
      if (!keep(csv, csv->next, (size_t)(end - csv->next)))
        return broken(text, csv->record_line, csv->bytes, SL_CSV_RECORD, long_field);
      csv->next = end;
    }
  }
  return csv->at_end ? end_input(csv, text) : SL_CSV_MORE;
}
