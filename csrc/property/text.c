#include "property/text.h"

#include <string.h>

#define F(name) SL_CYPHER_FUNCTION_##name

static bool continues(char byte) { return ((unsigned char)byte & 0xc0) == 0x80; }

static uint32_t characters(const sl_chars *s) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->bytes; i++) count += !continues(s->text[i]);
  return count;
}

// The byte where character `number` begins, or the end.
static uint32_t byte_of(const sl_chars *s, int64_t number) {
  uint32_t at = 0;
  for (; at < s->bytes && (number > 0 || continues(s->text[at])); at++)
    number -= !continues(s->text[at]);
  while (at < s->bytes && continues(s->text[at])) at++;
  return at;
}

static sl_status part(sl_run *run, const sl_chars *s, uint32_t from, uint32_t to, sl_value *out) {
  return sl_chars_make(&run->pool, s->text + from, to > from ? to - from : 0, out);
}

static sl_status cut(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  for (uint32_t i = 1; i < c->count; i++) {
    if (v[i].kind != SL_VALUE_INTEGER)
      return sl_bad_type(run, c->begin, "Strings are cut at integers");
    if (v[i].as.integer < 0)
      return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_ARGUMENT,
                         SL_CYPHER_NEGATIVE_INTEGER_ARGUMENT,
                         "Strings are cut at positions from 0 on");
  }
  const sl_chars *s = v[0].as.chars;
  const int64_t n = v[1].as.integer, count = characters(s);
  if (c->function == F(LEFT)) return part(run, s, 0, byte_of(s, n), out);
  if (c->function == F(RIGHT))
    return part(run, s, byte_of(s, n < count ? count - n : 0), s->bytes, out);
  const uint32_t from = byte_of(s, n);
  uint32_t to = s->bytes;
  if (c->count > 2 && v[2].as.integer < count) to = byte_of(s, n < count ? n + v[2].as.integer : n);
  return part(run, s, from, to, out);
}

static sl_status trim(sl_run *run, const sl_code *c, const sl_chars *s, sl_value *out) {
  uint32_t from = 0, to = s->bytes;
  if (c->function != F(RTRIM))
    while (from < to && (unsigned char)s->text[from] <= ' ') from++;
  if (c->function != F(LTRIM))
    while (to > from && (unsigned char)s->text[to - 1] <= ' ') to--;
  return part(run, s, from, to, out);
}

static bool at(const sl_chars *s, uint32_t i, const sl_chars *what) {
  return what->bytes <= s->bytes - i && memcmp(s->text + i, what->text, what->bytes) == 0;
}

static uint32_t occurrences(const sl_chars *s, const sl_chars *what) {
  uint32_t count = 0;
  for (uint32_t i = 0; what->bytes > 0 && i + what->bytes <= s->bytes;) {
    const bool here = at(s, i, what);
    count += here;
    i += here ? what->bytes : 1;
  }
  return count;
}

static sl_status replace(sl_run *run, const sl_value *v, sl_value *out) {
  const sl_chars *s = v[0].as.chars, *what = v[1].as.chars, *by = v[2].as.chars;
  const uint64_t count = occurrences(s, what);
  const uint64_t bytes = s->bytes + count * by->bytes - count * what->bytes;
  char *text;
  if (bytes >= (uint64_t)1 << 30)
    return sl_fail(SL_ERR_OVERFLOW, "query", "strings below 2^30 bytes", SL_NO_POSITION);
  SL_TRY(sl_pool_take(&run->pool, (size_t)bytes, &text));
  size_t to = 0;
  for (uint32_t i = 0; i < s->bytes;) {
    if (what->bytes > 0 && at(s, i, what)) {
      memcpy(text + to, by->text, by->bytes);
      to += by->bytes;
      i += what->bytes;
    } else
      text[to++] = s->text[i++];
  }
  return sl_chars_make(&run->pool, text, to, out);
}

static sl_status split(sl_run *run, const sl_value *v, sl_value *out) {
  const sl_chars *s = v[0].as.chars, *by = v[1].as.chars;
  const uint32_t pieces = by->bytes == 0 ? characters(s) : occurrences(s, by) + 1;
  sl_list *list;
  SL_TRY(sl_list_make(&run->pool, pieces, &list));
  uint32_t from = 0;
  for (uint32_t i = 0; i < pieces; i++) {
    uint32_t to = from;
    if (by->bytes == 0) {
      to++;
      while (to < s->bytes && continues(s->text[to])) to++;
    } else {
      while (to < s->bytes && !at(s, to, by)) to++;
    }
    SL_TRY(part(run, s, from, to, &list->items[i]));
    from = to + by->bytes;
  }
  return sl_list_close(list, out);
}

// Of Latin, Greek and Cyrillic letters whose two cases are one code point each, in the same number of bytes.
static uint32_t other_case(uint32_t c, bool upper) {
  if (c < 128)
    return upper ? (c >= 'a' && c <= 'z' ? c - 32 : c) : c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (upper) {
    if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2))
      return c - 32;
    if (c >= 0x430 && c <= 0x44f) return c - 32;
    if (c >= 0x450 && c <= 0x45f) return c - 80;
  } else {
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9 && c != 0x3a2))
      return c + 32;
    if (c >= 0x410 && c <= 0x42f) return c + 32;
    if (c >= 0x400 && c <= 0x40f) return c + 80;
  }
  const bool pairs = (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) ||
                     (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
                     (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f);
  if (pairs) return upper ? c & ~1u : c | 1u; // the small one is the odd one
  const bool odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
  if (odd) return upper ? c - !(c & 1) : c + (c & 1);
  return c;
}

static sl_status change_case(sl_run *run, const sl_chars *s, bool upper, sl_value *out) {
  char *text;
  SL_TRY(sl_pool_take(&run->pool, s->bytes, &text));
  for (uint32_t i = 0; i < s->bytes; i++) {
    const unsigned char byte = (unsigned char)s->text[i];
    if (byte < 128)
      text[i] = (char)other_case(byte, upper);
    else if (byte >= 0xc2 && byte < 0xe0 && i + 1 < s->bytes) {
      const uint32_t c =
          other_case((byte & 31u) << 6 | ((unsigned char)s->text[i + 1] & 63u), upper);
      text[i] = (char)(0xc0 | c >> 6);
      text[++i] = (char)(0x80 | (c & 63));
    } else
      text[i] = s->text[i];
  }
  return sl_chars_make(&run->pool, text, s->bytes, out);
}

static sl_status reversed(sl_run *run, const sl_chars *s, sl_value *out) {
  char *text;
  SL_TRY(sl_pool_take(&run->pool, s->bytes, &text));
  uint32_t to = s->bytes;
  for (uint32_t i = 0; i < s->bytes;) {
    uint32_t length = 1;
    while (i + length < s->bytes && continues(s->text[i + length])) length++;
    to -= length;
    memcpy(text + to, s->text + i, length);
    i += length;
  }
  return sl_chars_make(&run->pool, text, s->bytes, out);
}

sl_status sl_text_call(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  const bool cuts =
      c->function == F(SUBSTRING) || c->function == F(LEFT) || c->function == F(RIGHT);
  for (uint32_t i = 0; i < (cuts ? 1 : c->count); i++)
    if (v[i].kind != SL_VALUE_STRING)
      return sl_bad_type(run, c->begin, "This function takes strings");
  const sl_chars *s = v[0].as.chars;
  if (cuts) return cut(run, c, v, out);
  switch (c->function) {
  case F(SIZE):
  case F(CHAR_LENGTH):
    *out = sl_integer(characters(s));
    return SL_OK;
  case F(IS_EMPTY):
    *out = sl_boolean(s->bytes == 0);
    return SL_OK;
  case F(REVERSE):
    return reversed(run, s, out);
  case F(REPLACE):
    return replace(run, v, out);
  case F(SPLIT):
    return split(run, v, out);
  case F(TO_LOWER):
  case F(TO_UPPER):
    return change_case(run, s, c->function == F(TO_UPPER), out);
  default:
    return trim(run, c, s, out);
  }
}
