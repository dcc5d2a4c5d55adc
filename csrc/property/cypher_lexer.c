#include "property/cypher_lexer.h"

#include <string.h>

uint32_t sl_cypher_code_point(const sl_cypher_lexer *lexer, uint32_t position, uint32_t *size) {
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *s = (const unsigned char *)lexer->text + position;
  const uint32_t left = lexer->length - position;
  *size = 1;
  if (s[0] < 0x80) return s[0];
  const uint32_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  if (s[0] < 0xc2 || s[0] > 0xf4 || n > left) return 0xfffd;
  uint32_t c = s[0] & (0xffu >> (n + 1));
  for (uint32_t i = 1; i < n; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0xfffd;
    c = c << 6 | (s[i] & 0x3f);
  }
  if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0xfffd;
  *size = n;
  return c;
}

uint32_t sl_cypher_utf8(uint32_t c, char *out) {
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  const uint32_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (uint32_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
  out[0] = (char)((0xf00u >> n & 0xff) | c);
  return n;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_space(uint32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

// Beyond ASCII all is allowed in names but the blocks of punctuation, arrows, mathematical and other
// symbols, private use and what is no character.
static bool in_name(uint32_t c) {
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  return c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c <= 0x206f) && !(c >= 0x2190 && c <= 0x2bff) &&
         !(c >= 0x2e00 && c <= 0x2e7f) && !(c >= 0x3000 && c <= 0x3004) &&
         !(c >= 0x3008 && c <= 0x3020) && !(c >= 0xe000 && c <= 0xf8ff) &&
         !(c >= 0xfe10 && c <= 0xfe6f) && !(c >= 0xfff0 && c <= 0xffff);
}

static uint32_t name_end(const sl_cypher_lexer *lexer, uint32_t i) {
  while (i < lexer->length) {
    uint32_t size;
    const char c = lexer->text[i];
    if (is_letter(c) || is_digit(c))
      i++;
    else if ((unsigned char)c >= 0x80 && in_name(sl_cypher_code_point(lexer, i, &size)))
      i += size;
    else
      break;
  }
  return i;
}

static sl_cypher_token make(uint8_t word, uint32_t begin, uint32_t end) {
  return (sl_cypher_token){begin, end, word, 0, NULL};
}

static sl_cypher_token wrong(uint32_t begin, uint32_t end, sl_cypher_detail detail,
                             const char *what) {
  return (sl_cypher_token){begin, end, SL_CYPHER_WORD_WRONG, (uint8_t)detail, what};
}

// Skips space and comments; false when a comment does not end (*i is then its beginning).
static bool skip_space(const sl_cypher_lexer *lexer, uint32_t *i) {
  const char *text = lexer->text;
  while (*i < lexer->length) {
    uint32_t size;
    if (text[*i] == '/' && *i + 1 < lexer->length && text[*i + 1] == '/') {
      while (*i < lexer->length && text[*i] != '\n' && text[*i] != '\r') ++*i;
    } else if (text[*i] == '/' && *i + 1 < lexer->length && text[*i + 1] == '*') {
      uint32_t end = *i + 2;
      while (end + 1 < lexer->length && !(text[end] == '*' && text[end + 1] == '/')) end++;
      if (end + 1 >= lexer->length) return false;
      *i = end + 2;
    } else if (is_space(sl_cypher_code_point(lexer, *i, &size))) {
      *i += size;
    } else {
      break;
    }
  }
  return true;
}

static sl_cypher_token number(const sl_cypher_lexer *lexer, uint32_t begin) {
  const char *text = lexer->text;
  const uint32_t length = lexer->length;
  uint32_t i = begin;
  uint8_t word = SL_CYPHER_WORD_INTEGER;
  while (i < length && is_digit(text[i])) i++;
  // A point belongs to the number when a digit follows: 1..2 is a range, 1.e a property.
  if (i + 1 < length && text[i] == '.' && is_digit(text[i + 1])) {
    word = SL_CYPHER_WORD_FLOAT;
    for (i++; i < length && is_digit(text[i]);) i++;
  }
  if (i < length && (text[i] == 'e' || text[i] == 'E')) {
    uint32_t j = i + 1;
    if (j < length && (text[j] == '-' || text[j] == '+')) j++;
    if (j < length && is_digit(text[j])) {
      word = SL_CYPHER_WORD_FLOAT;
      for (i = j; i < length && is_digit(text[i]);) i++;
    }
  }
  // Letters right behind are part of it: 0x1F, 0o17, and what is no number (12ab).
  return make(word, begin, name_end(lexer, i));
}

static sl_cypher_token quoted(const sl_cypher_lexer *lexer, uint32_t begin) {
  const char *text = lexer->text, quote = text[begin];
  uint32_t i = begin + 1;
  while (i < lexer->length) {
    if (text[i] == quote) {
      if (quote != '`') return make(SL_CYPHER_WORD_STRING, begin, i + 1);
      if (i + 1 >= lexer->length || text[i + 1] != '`')
        return make(SL_CYPHER_WORD_QUOTED, begin, i + 1);
      i += 2;
    } else {
      i += text[i] == '\\' && quote != '`' ? 2 : 1;
    }
  }
  return wrong(begin, lexer->length, SL_CYPHER_UNEXPECTED_SYNTAX,
               quote == '`' ? "The name in backticks does not end" : "The string does not end");
}

sl_cypher_token sl_cypher_next(const sl_cypher_lexer *lexer, uint32_t position) {
  static const char pairs[][3] = {"<>", "<=", ">=", "=~", "+=", ".."};
  static const uint8_t pair_words[] = {SL_CYPHER_WORD_UNEQUAL,  SL_CYPHER_WORD_AT_MOST,
                                       SL_CYPHER_WORD_AT_LEAST, SL_CYPHER_WORD_MATCHES,
                                       SL_CYPHER_WORD_ADD_TO,   SL_CYPHER_WORD_DOTS};
  const char *text = lexer->text;
  uint32_t i = position, size;
  if (!skip_space(lexer, &i))
    return wrong(i, lexer->length, SL_CYPHER_UNEXPECTED_SYNTAX, "The comment does not end");
  if (i >= lexer->length) return make(SL_CYPHER_WORD_END, lexer->length, lexer->length);
  const char c = text[i], after = i + 1 < lexer->length ? text[i + 1] : 0;
  if (is_digit(c) || (c == '.' && is_digit(after))) return number(lexer, i);
  if (c == '\'' || c == '"' || c == '`') return quoted(lexer, i);
  const uint32_t end = name_end(lexer, i);
  if (end > i) return make(SL_CYPHER_WORD_NAME, i, end);
  for (size_t k = 0; k < sizeof pair_words; k++)
    if (c == pairs[k][0] && after == pairs[k][1]) return make(pair_words[k], i, i + 2);
  if (c > 0 && strchr("()[]{},.:;|+-*/%^=<>$&!", c) != NULL) return make((uint8_t)c, i, i + 1);
  if ((unsigned char)c < 0x80)
    return wrong(i, i + 1, SL_CYPHER_UNEXPECTED_SYNTAX, "This character has no meaning here");
  const bool broken = sl_cypher_code_point(lexer, i, &size) == 0xfffd;
  return wrong(i, i + size, SL_CYPHER_INVALID_UNICODE_CHARACTER,
               broken ? "The text is not UTF-8 here" : "This character has no meaning here");
}

bool sl_cypher_is(const sl_cypher_lexer *lexer, sl_cypher_token token, const char *keyword) {
  if (token.word != SL_CYPHER_WORD_NAME) return false;
  const char *s = lexer->text + token.begin;
  const uint32_t n = token.end - token.begin;
  uint32_t i = 0;
  for (; i < n && keyword[i] != 0; i++)
    if ((s[i] >= 'a' && s[i] <= 'z' ? s[i] - 32 : s[i]) != keyword[i]) return false;
  return i == n && keyword[i] == 0;
}
