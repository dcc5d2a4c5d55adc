// How the parser reads words and names.
#include <string.h>

#include "property/cypher_parser.h"

void sl_cypher_advance(sl_cypher_parser *parser) {
  parser->last_end = parser->token.end;
  parser->token = sl_cypher_next(&parser->lexer, parser->token.end);
}

sl_cypher_token sl_cypher_after(const sl_cypher_parser *parser, sl_cypher_token token) {
  return sl_cypher_next(&parser->lexer, token.end);
}

bool sl_cypher_at(const sl_cypher_parser *parser, const char *keyword) {
  return sl_cypher_is(&parser->lexer, parser->token, keyword);
}

bool sl_cypher_accept(sl_cypher_parser *parser, uint8_t word) {
  if (parser->token.word != word || parser->status != SL_OK) return false;
  sl_cypher_advance(parser);
  return true;
}

bool sl_cypher_accept_keyword(sl_cypher_parser *parser, const char *keyword) {
  if (!sl_cypher_at(parser, keyword) || parser->status != SL_OK) return false;
  sl_cypher_advance(parser);
  return true;
}

void *sl_cypher_unexpected(sl_cypher_parser *parser, const char *what) {
  const sl_cypher_token t = parser->token;
  if (t.word == SL_CYPHER_WORD_WRONG)
    return sl_cypher_refuse_syntax(parser, (sl_cypher_detail)t.detail, t.begin, t.what);
  return sl_cypher_refuse_syntax(parser, SL_CYPHER_UNEXPECTED_SYNTAX, t.begin, what);
}

bool sl_cypher_expect(sl_cypher_parser *parser, uint8_t word, const char *what) {
  if (sl_cypher_accept(parser, word)) return true;
  return sl_cypher_unexpected(parser, what) != NULL;
}

bool sl_cypher_expect_keyword(sl_cypher_parser *parser, const char *keyword, const char *what) {
  if (sl_cypher_accept_keyword(parser, keyword)) return true;
  return sl_cypher_unexpected(parser, what) != NULL;
}

bool sl_cypher_is_name(sl_cypher_token token) {
  return token.word == SL_CYPHER_WORD_NAME || token.word == SL_CYPHER_WORD_QUOTED;
}

static uint32_t plain(const sl_cypher_parser *parser, sl_cypher_token t, char *out) {
  const char *text = parser->lexer.text;
  uint32_t n = 0;
  if (t.word != SL_CYPHER_WORD_QUOTED) {
    memcpy(out, text + t.begin, t.end - t.begin);
    return t.end - t.begin;
  }
  for (uint32_t i = t.begin + 1; i < t.end - 1; i++) {
    out[n++] = text[i];
    if (text[i] == '`') i++; // two of them are one
  }
  return n;
}

sl_cypher_name sl_cypher_name_read(sl_cypher_parser *parser, const char *what) {
  const sl_cypher_token t = parser->token;
  if (!sl_cypher_is_name(t)) {
    sl_cypher_unexpected(parser, what);
    return (sl_cypher_name){NULL, 0};
  }
  char *text = SL_CYPHER_TAKE(parser, char, t.end - t.begin);
  if (text == NULL) return (sl_cypher_name){NULL, 0};
  const uint32_t length = plain(parser, t, text);
  sl_cypher_advance(parser);
  return (sl_cypher_name){text, length};
}

sl_cypher_name sl_cypher_dotted_read(sl_cypher_parser *parser) {
  const sl_cypher_name none = {NULL, 0};
  sl_cypher_token last = parser->token;
  for (;;) {
    if (!sl_cypher_is_name(last)) {
      parser->token = last;
      sl_cypher_unexpected(parser, "Expected a name");
      return none;
    }
    const sl_cypher_token dot = sl_cypher_after(parser, last);
    if (dot.word != '.') break;
    last = sl_cypher_after(parser, dot);
  }
  char *text = SL_CYPHER_TAKE(parser, char, last.end - parser->token.begin);
  if (text == NULL) return none;
  uint32_t length = 0;
  for (;;) {
    const bool ends = parser->token.begin == last.begin;
    length += plain(parser, parser->token, text + length);
    sl_cypher_advance(parser);
    if (ends) return (sl_cypher_name){text, length};
    text[length++] = '.';
    sl_cypher_advance(parser);
  }
}
