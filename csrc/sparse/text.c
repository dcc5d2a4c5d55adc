#include "sparse/text.h"

#include <string.h>

void sl_text_begin(sl_text *text, const char *comments) {
  memset(text, 0, offsetof(sl_text, carry));
  text->found[0] = 0;
  text->comments = comments;
  text->line = 1;
}

void sl_text_feed(sl_text *text, const char *bytes, size_t n) {
  text->next = bytes;
  text->end = bytes + n;
}

void sl_text_finish(sl_text *text) {
  text->next = text->end = NULL;
  text->at_end = true;
}

// Bytes that are not printable ASCII become '?', so that the message is one clean line.
static void keep_found(sl_text *text, const char *bytes, size_t n) {
  size_t kept = n < SL_TEXT_FOUND - 1 ? n : SL_TEXT_FOUND - 1;
  for (size_t i = 0; i < kept; i++)
    text->found[i] = bytes[i] >= 32 && bytes[i] < 127 ? bytes[i] : '?';
  if (kept < n) memset(text->found + kept - 3, '.', 3);
  text->found[kept] = 0;
}

sl_status sl_text_refuse_as(sl_text *text, sl_status status, const char *argument,
                            const char *expected, sl_text_event found) {
  // Nothing but the end of the input ends a line without line feed.
  if (found == SL_TEXT_LINE_END && text->at_end) {
    found = SL_TEXT_END;
    if (status == SL_ERR_PARSE) status = SL_ERR_TRUNCATED;
  }
  switch (found) {
  case SL_TEXT_WORD:
    keep_found(text, text->word, text->word_length);
    break;
  case SL_TEXT_LINE_END:
    keep_found(text, "end of line", 11);
    break;
  default:
    keep_found(text, "end of input", 12);
    break;
  }
  return sl_fail(status, argument, expected, text->line);
}

sl_status sl_text_refuse(sl_text *text, const char *argument, const char *expected,
                         sl_text_event found) {
  return sl_text_refuse_as(text, SL_ERR_PARSE, argument, expected, found);
}

sl_status sl_text_truncated(sl_text *text, const char *argument, const char *expected) {
  return sl_text_refuse_as(text, SL_ERR_TRUNCATED, argument, expected, SL_TEXT_END);
}

static sl_text_event broken(sl_text *text, const char *word, uint32_t length,
                            const char *expected) {
  text->word = word;
  text->word_length = length;
  sl_text_refuse(text, "text", expected, SL_TEXT_WORD);
  return SL_TEXT_BROKEN;
}

// The first byte that ends a token, or `end`. Control characters other than blanks and line ends
// are no separators: they stay in the token and spoil it.
static const char *word_end(const char *at, const char *end) {
  for (; at < end; at++) {
    char c = *at;
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') break;
  }
  return at;
}

static bool begins_comment(const sl_text *text, char c) {
  for (const char *k = text->comments; *k != 0; k++) {
    if (*k == c) return true;
  }
  return false;
}

// Reads the rest of a token that begins (or goes on) at text->next.
static sl_text_event read_word(sl_text *text) {
  const char *begin = text->next, *end = text->end;
  const char *at = word_end(begin, end);
  text->next = at;
  size_t length = (size_t)(at - begin), room = SL_TEXT_TOKEN - text->carried;
  if (length > room) {
    memcpy(text->carry + text->carried, begin, room);
    return broken(text, text->carry, SL_TEXT_TOKEN, "a shorter number or word");
  }
  bool whole = at < end || text->at_end;
  if (text->carried == 0 && whole) {
    text->word = begin;
    text->word_length = (uint32_t)length;
    return SL_TEXT_WORD;
  }
  if (length > 0) memcpy(text->carry + text->carried, begin, length);
  text->carried += (uint32_t)length;
  if (!whole) return SL_TEXT_MORE;
  text->word = text->carry;
  text->word_length = text->carried;
  text->carried = 0;
  return SL_TEXT_WORD;
}

static sl_text_event end_line(sl_text *text) {
  text->in_line = false;
  text->line_ended = true;
  return SL_TEXT_LINE_END;
}

// Skips to the end of a comment line; false when the chunk ends before it does.
static bool skip_comment(sl_text *text) {
  const char *at = text->next;
  size_t left = (size_t)(text->end - at);
  const char *stop = left > 0 ? memchr(at, '\n', left) : NULL;
  text->next = stop ? stop + 1 : text->end;
  if (stop == NULL) return false;
  text->in_comment = false;
  text->line++;
  return true;
}

// The mark is EF BB BF. None of these bytes can begin anything that a reader accepts, so a broken
// mark may as well be refused here.
static sl_text_event skip_mark(sl_text *text) {
  static const char mark[3] = {(char)0xef, (char)0xbb, (char)0xbf};
  while (text->mark < 3 && text->next < text->end) {
    if (*text->next != mark[text->mark]) {
      if (text->mark > 0) return broken(text, mark, text->mark, "text in UTF-8");
      text->mark = 3;
    } else {
      text->next++;
      text->mark++;
    }
  }
  return text->mark < 3 ? SL_TEXT_MORE : SL_TEXT_WORD;
}

static sl_text_event at_end_of_chunk(sl_text *text) {
  if (!text->at_end) return SL_TEXT_MORE;
  if (text->mark > 0 && text->mark < 3) return broken(text, "\xef", 1, "text in UTF-8");
  return text->in_line ? end_line(text) : SL_TEXT_END;
}

sl_text_event sl_text_next(sl_text *text) {
  if (text->line_ended) {
    text->line_ended = false;
    text->line++;
  }
  if (text->mark < 3) {
    sl_text_event event = skip_mark(text);
    if (event == SL_TEXT_BROKEN) return event;
  }
  if (text->in_comment && !skip_comment(text)) return text->at_end ? SL_TEXT_END : SL_TEXT_MORE;
  if (text->carried > 0) return read_word(text);
  while (text->next < text->end) {
    char c = *text->next;
    if (text->after_return && c != '\n') {
      return broken(text, "\r", 1, "a line feed after a carriage return");
    }
    if (c == '\n') {
      text->next++;
      text->after_return = false;
      return end_line(text);
    }
    if (c == ' ' || c == '\t' || c == '\r') {
      text->after_return = c == '\r';
      text->next++;
      continue;
    }
    if (!text->in_line && begins_comment(text, c)) {
      text->in_comment = true;
      if (!skip_comment(text)) return text->at_end ? SL_TEXT_END : SL_TEXT_MORE;
      continue;
    }
    text->in_line = true;
    return read_word(text);
  }
  return at_end_of_chunk(text);
}

sl_status sl_text_whole(sl_text *text, uint64_t bound, const char *argument, const char *expected,
                        uint64_t *out) {
  if (sl_parse_u64(text->word, text->word_length, out) && *out <= bound) return SL_OK;
  return sl_text_refuse(text, argument, expected, SL_TEXT_WORD);
}

sl_status sl_text_number(sl_text *text, const char *argument, double *out) {
  switch (sl_parse_double(text->word, text->word_length, out)) {
  case SL_NUMBER_OK:
    return SL_OK;
  case SL_NUMBER_NOT_FINITE:
    return sl_text_refuse(text, argument, "a finite number", SL_TEXT_WORD);
  default:
    return sl_text_refuse(text, argument, "a number", SL_TEXT_WORD);
  }
}

bool sl_text_is(const sl_text *text, const char *name) {
  size_t i = 0;
  for (; i < text->word_length && name[i] != 0; i++) {
    char c = text->word[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != name[i]) return false;
  }
  return i == text->word_length && name[i] == 0;
}
