// The operands of expressions: literals, calls, comprehensions, patterns, and . [ ] : behind them.
#include <string.h>

#include "property/cypher_parser.h"
#include "sparse/number.h"

typedef sl_cypher_expression expression;

static expression *make(sl_cypher_parser *parser, sl_cypher_kind kind, uint32_t begin,
                        uint32_t count) {
  return sl_cypher_expression_make(parser, kind, begin, begin, count);
}

static expression *done(sl_cypher_parser *parser, expression *e) {
  if (e == NULL || parser->status != SL_OK) return NULL;
  e->end = parser->last_end;
  return sl_cypher_expression_done(parser, e);
}

// What an expression contains beside its args counts for its height: `outer` is the value of
// parser->tallest before, which is set to 0 for the inside.
static expression *done_around(sl_cypher_parser *parser, expression *e, uint32_t outer) {
  if (e != NULL && parser->tallest > parser->depth)
    e->height = (uint16_t)(parser->tallest - parser->depth + 1);
  if (parser->tallest < outer) parser->tallest = outer;
  return done(parser, e);
}

static uint32_t inside(sl_cypher_parser *parser) {
  const uint32_t outer = parser->tallest;
  parser->tallest = 0;
  return outer;
}

// ------------------------------------------------------------------- literals

static int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

bool sl_cypher_integer_read(sl_cypher_parser *parser, bool negative, int64_t *out) {
  const sl_cypher_token t = parser->token;
  const char *text = parser->lexer.text + t.begin;
  const uint32_t length = t.end - t.begin;
  const uint64_t limit = (uint64_t)INT64_MAX + negative;
  uint32_t base = 10, i = 0;
  uint64_t value = 0;
  bool over = false, malformed = false;
  if (length > 1 && text[0] == '0') {
    base = text[1] == 'x' || text[1] == 'X' ? 16 : 8;
    i = base == 16 || text[1] == 'o' || text[1] == 'O' ? 2 : 1;
    malformed = i == length;
  }
  for (; i < length; i++) {
    const uint32_t digit = (uint32_t)digit_of(text[i]);
    malformed = malformed || digit >= base;
    over = over || value > (limit - digit) / base;
    value = value * base + digit;
  }
  if (malformed)
    return sl_cypher_refuse_syntax(parser, SL_CYPHER_INVALID_NUMBER_LITERAL, t.begin,
                                   "This is not a number") != NULL;
  if (over)
    return sl_cypher_refuse_syntax(parser, SL_CYPHER_INTEGER_OVERFLOW, t.begin,
                                   "The integer does not fit 64 bits") != NULL;
  *out = negative ? (int64_t)(0 - value) : (int64_t)value;
  sl_cypher_advance(parser);
  return true;
}

static bool real_read(sl_cypher_parser *parser, bool negative, double *out) {
  const sl_cypher_token t = parser->token;
  const char *text = parser->lexer.text + t.begin;
  sl_number outcome = SL_NUMBER_OK;
  for (uint32_t i = 0; i < t.end - t.begin; i++)
    if (strchr("0123456789.eE+-", text[i]) == NULL) outcome = SL_NUMBER_MALFORMED;
  if (outcome == SL_NUMBER_OK) outcome = sl_parse_double(text, t.end - t.begin, out);
  if (outcome != SL_NUMBER_OK) {
    const bool over = outcome == SL_NUMBER_NOT_FINITE;
    return sl_cypher_refuse_syntax(
               parser, over ? SL_CYPHER_FLOATING_POINT_OVERFLOW : SL_CYPHER_INVALID_NUMBER_LITERAL,
               t.begin, over ? "The number does not fit a float" : "This is not a number") != NULL;
  }
  if (negative) *out = -*out;
  sl_cypher_advance(parser);
  return true;
}

static expression *number(sl_cypher_parser *parser, uint32_t begin, bool negative) {
  const bool integer = parser->token.word == SL_CYPHER_WORD_INTEGER;
  expression *e = make(parser, integer ? SL_CYPHER_INTEGER : SL_CYPHER_FLOAT, begin, 0);
  if (e == NULL) return NULL;
  if (integer ? !sl_cypher_integer_read(parser, negative, &e->integer)
              : !real_read(parser, negative, &e->real))
    return NULL;
  return done(parser, e);
}

// The digits of \uXXXX or \UXXXXXXXX; UINT32_MAX: they are not there.
static uint32_t hexadecimal(const char *text, uint32_t length, uint32_t digits) {
  uint32_t value = 0;
  if (length < digits) return UINT32_MAX;
  for (uint32_t i = 0; i < digits; i++) {
    const int digit = digit_of(text[i]);
    if (digit > 15 || value > 0x10ffff) return UINT32_MAX;
    value = value << 4 | (uint32_t)digit;
  }
  return value;
}

// One escape at text[0] = '\\'; returns the bytes that it takes, 0 when it is wrong.
static uint32_t escape(const char *text, uint32_t length, char *out, uint32_t *written) {
  static const char letters[] = "btnfr\\'\"`/", meanings[] = "\b\t\n\f\r\\'\"`/";
  const char *known = text[1] == 0 ? NULL : strchr(letters, text[1]);
  *written = 1;
  if (known != NULL) {
    *out = meanings[known - letters];
    return 2;
  }
  const uint32_t digits = text[1] == 'u' ? 4 : 8;
  uint32_t c = hexadecimal(text + 2, length - 2, digits), taken = 2 + digits;
  if (c >= 0xd800 && c < 0xdc00 && digits == 4 && length > 7 && text[6] == '\\' && text[7] == 'u') {
    const uint32_t low = hexadecimal(text + 8, length - 8, 4);
    if (low >= 0xdc00 && low < 0xe000) {
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
      taken = 12;
    }
  }
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0;
  *written = sl_cypher_utf8(c, out);
  return taken;
}

static expression *string(sl_cypher_parser *parser) {
  const sl_cypher_token t = parser->token;
  const char *text = parser->lexer.text;
  expression *e = make(parser, SL_CYPHER_STRING, t.begin, 0);
  char *out = SL_CYPHER_TAKE(parser, char, t.end - t.begin);
  if (out == NULL) return NULL;
  uint32_t n = 0;
  for (uint32_t i = t.begin + 1; i < t.end - 1;) {
    uint32_t written = 1, size;
    if (text[i] != '\\') {
      if (sl_cypher_code_point(&parser->lexer, i, &size) == 0xfffd && size == 1)
        return sl_cypher_refuse_syntax(parser, SL_CYPHER_INVALID_UNICODE_CHARACTER, i,
                                       "The text is not UTF-8 here");
      memcpy(out + n, text + i, size);
      n += size;
      i += size;
      continue;
    }
    const uint32_t taken = escape(text + i, t.end - 1 - i, out + n, &written);
    if (taken == 0) {
      const bool unicode = text[i + 1] == 'u' || text[i + 1] == 'U';
      return sl_cypher_refuse_syntax(
          parser, unicode ? SL_CYPHER_INVALID_UNICODE_LITERAL : SL_CYPHER_UNEXPECTED_SYNTAX, i,
          unicode ? "A character is written \\u and 4 or \\U and 8 hexadecimal digits"
                  : "There is no such escape: write \\\\ for a backslash");
    }
    n += written;
    i += taken;
  }
  e->string = (sl_cypher_name){out, n};
  sl_cypher_advance(parser);
  return done(parser, e);
}

expression *sl_cypher_map_read(sl_cypher_parser *parser) {
  const uint32_t begin = parser->token.begin, list = parser->pending_count;
  expression *e = make(parser, SL_CYPHER_MAP, begin, 0);
  if (!sl_cypher_expect(parser, '{', "Expected a map")) return NULL;
  if (parser->token.word != '}') {
    do {
      sl_cypher_name *key = SL_CYPHER_TAKE(parser, sl_cypher_name, 1);
      if (key == NULL) return NULL;
      *key = sl_cypher_name_read(parser, "Expected the name of a key");
      if (!sl_cypher_expect(parser, ':', "Expected : after the key") ||
          !sl_cypher_pend(parser, key) ||
          !sl_cypher_pend(parser, sl_cypher_expression_read(parser)))
        return NULL;
    } while (sl_cypher_accept(parser, ','));
  }
  if (!sl_cypher_expect(parser, '}', "Expected , or } in the map")) return NULL;
  e->count = e->name_count = (parser->pending_count - list) / 2;
  e->args = SL_CYPHER_TAKE(parser, expression *, e->count + 1);
  e->names = SL_CYPHER_TAKE(parser, sl_cypher_name, e->count + 1);
  if (e->names == NULL) return NULL;
  for (uint32_t i = 0; i < e->count; i++) {
    e->names[i] = *(sl_cypher_name *)parser->pending[list + 2 * i];
    e->args[i] = parser->pending[list + 2 * i + 1];
  }
  parser->pending_count = list;
  return done(parser, e);
}

expression *sl_cypher_parameter_read(sl_cypher_parser *parser) {
  expression *e = make(parser, SL_CYPHER_PARAMETER, parser->token.begin, 0);
  sl_cypher_name *name = SL_CYPHER_TAKE(parser, sl_cypher_name, 1);
  sl_cypher_advance(parser);
  const sl_cypher_token t = parser->token;
  if (name == NULL) return NULL;
  if (t.word == SL_CYPHER_WORD_INTEGER) {
    *name = sl_cypher_copy(parser, parser->lexer.text + t.begin, t.end - t.begin);
    sl_cypher_advance(parser);
  } else {
    *name = sl_cypher_name_read(parser, "Expected the name of a parameter after $");
  }
  e->names = name;
  e->name_count = 1;
  return done(parser, e);
}

// --------------------------------------------------------------- lists and calls

// Expressions up to `close`, which is consumed; the opening word is consumed already.
static expression *arguments(sl_cypher_parser *parser, expression *e, uint8_t close,
                             const char *what) {
  const uint32_t list = parser->pending_count;
  if (e == NULL) return NULL;
  if (parser->token.word != close) do {
      if (!sl_cypher_pend(parser, sl_cypher_expression_read(parser))) return NULL;
    } while (sl_cypher_accept(parser, ','));
  if (!sl_cypher_expect(parser, close, what)) return NULL;
  e->args = (expression **)sl_cypher_collect(parser, list, &e->count);
  return done(parser, e);
}

static bool name_into(sl_cypher_parser *parser, expression *e) {
  e->names = SL_CYPHER_TAKE(parser, sl_cypher_name, 2);
  if (e->names == NULL) return false;
  e->names[0] = sl_cypher_name_read(parser, "Expected the name of a variable");
  e->name_count = 1;
  return parser->status == SL_OK;
}

// x IN list [WHERE condition]; args 0 and 1.
static bool filter(sl_cypher_parser *parser, expression *e) {
  if (!name_into(parser, e) || !sl_cypher_expect_keyword(parser, "IN", "Expected IN")) return false;
  e->args[0] = sl_cypher_expression_read(parser);
  if (sl_cypher_accept_keyword(parser, "WHERE")) e->args[1] = sl_cypher_expression_read(parser);
  return parser->status == SL_OK;
}

static expression *pattern_comprehension(sl_cypher_parser *parser, uint32_t begin) {
  const uint32_t outer = inside(parser);
  expression *e = make(parser, SL_CYPHER_PATTERN_COMPREHENSION, begin, 2);
  sl_cypher_part *part = sl_cypher_part_read(parser);
  if (e == NULL || part == NULL) return NULL;
  e->part = part;
  if (sl_cypher_accept_keyword(parser, "WHERE")) e->args[0] = sl_cypher_expression_read(parser);
  if (!sl_cypher_expect(parser, '|', "Expected | and what to collect from each match")) return NULL;
  e->args[1] = sl_cypher_expression_read(parser);
  if (!sl_cypher_expect(parser, ']', "Expected ] at the end of the list")) return NULL;
  return done_around(parser, e, outer);
}

static expression *list(sl_cypher_parser *parser) {
  const uint32_t begin = parser->token.begin;
  sl_cypher_advance(parser);
  const sl_cypher_token t = parser->token, second = sl_cypher_after(parser, t);
  const bool is_name = sl_cypher_is_name(t);
  if (is_name && sl_cypher_is(&parser->lexer, second, "IN")) {
    expression *e = make(parser, SL_CYPHER_LIST_COMPREHENSION, begin, 3);
    if (e == NULL || !filter(parser, e)) return NULL;
    if (sl_cypher_accept(parser, '|')) e->args[2] = sl_cypher_expression_read(parser);
    if (!sl_cypher_expect(parser, ']', "Expected WHERE, | or ] in the comprehension")) return NULL;
    return done(parser, e);
  }
  const bool named = is_name && second.word == '=';
  if (sl_cypher_pattern_follows(parser, named ? sl_cypher_after(parser, second) : t))
    return pattern_comprehension(parser, begin);
  return arguments(parser, make(parser, SL_CYPHER_LIST, begin, 0), ']',
                   "Expected , or ] in the list");
}

static expression *subquery(sl_cypher_parser *parser, sl_cypher_kind kind) {
  const uint32_t outer = inside(parser);
  expression *e = make(parser, kind, parser->token.begin, 0);
  sl_cypher_advance(parser);
  sl_cypher_query *query = sl_cypher_subquery_read(parser);
  if (e == NULL || query == NULL) return NULL;
  e->query = query;
  return done_around(parser, e, outer);
}

static expression *quantifier(sl_cypher_parser *parser, sl_cypher_op op) {
  expression *e = make(parser, SL_CYPHER_QUANTIFIER, parser->token.begin, 2);
  sl_cypher_advance(parser);
  sl_cypher_advance(parser);
  if (e == NULL || !filter(parser, e)) return NULL;
  e->op = (uint8_t)op;
  if (!sl_cypher_expect(parser, ')', "Expected WHERE or ) after the list")) return NULL;
  return done(parser, e);
}

static expression *reduce(sl_cypher_parser *parser) {
  expression *e = make(parser, SL_CYPHER_REDUCE, parser->token.begin, 3);
  sl_cypher_advance(parser);
  sl_cypher_advance(parser);
  if (e == NULL || !name_into(parser, e)) return NULL;
  if (!sl_cypher_expect(parser, '=', "Expected = after the variable")) return NULL;
  e->args[0] = sl_cypher_expression_read(parser);
  if (!sl_cypher_expect(parser, ',', "Expected , after the first value")) return NULL;
  e->names[1] = sl_cypher_name_read(parser, "Expected the name of a variable");
  e->name_count = 2;
  if (!sl_cypher_expect_keyword(parser, "IN", "Expected IN")) return NULL;
  e->args[1] = sl_cypher_expression_read(parser);
  if (!sl_cypher_expect(parser, '|', "Expected | after the list")) return NULL;
  e->args[2] = sl_cypher_expression_read(parser);
  if (!sl_cypher_expect(parser, ')', "Expected ) at the end of reduce")) return NULL;
  return done(parser, e);
}

static expression *case_of(sl_cypher_parser *parser) {
  const uint32_t begin = parser->token.begin, list_begin = parser->pending_count;
  expression *e = make(parser, SL_CYPHER_CASE, begin, 0), *subject = NULL, *otherwise = NULL;
  sl_cypher_advance(parser);
  if (!sl_cypher_at(parser, "WHEN")) subject = sl_cypher_expression_read(parser);
  if (!sl_cypher_at(parser, "WHEN")) return sl_cypher_unexpected(parser, "Expected WHEN");
  while (sl_cypher_accept_keyword(parser, "WHEN")) {
    if (!sl_cypher_pend(parser, sl_cypher_expression_read(parser)) ||
        !sl_cypher_expect_keyword(parser, "THEN", "Expected THEN") ||
        !sl_cypher_pend(parser, sl_cypher_expression_read(parser)))
      return NULL;
  }
  if (sl_cypher_accept_keyword(parser, "ELSE")) otherwise = sl_cypher_expression_read(parser);
  if (!sl_cypher_expect_keyword(parser, "END", "Expected WHEN, ELSE or END")) return NULL;
  const uint32_t pairs = parser->pending_count - list_begin;
  e->count = pairs + 2;
  e->args = SL_CYPHER_TAKE(parser, expression *, e->count);
  if (e->args == NULL) return NULL;
  e->args[0] = subject;
  memcpy(e->args + 1, parser->pending + list_begin, pairs * sizeof *e->args);
  e->args[pairs + 1] = otherwise;
  parser->pending_count = list_begin;
  return done(parser, e);
}

static expression *call(sl_cypher_parser *parser) {
  const uint32_t begin = parser->token.begin;
  expression *e = make(parser, SL_CYPHER_CALL, begin, 0);
  sl_cypher_name *names = SL_CYPHER_TAKE(parser, sl_cypher_name, 1);
  if (names == NULL) return NULL;
  names[0] = sl_cypher_dotted_read(parser);
  if (parser->status != SL_OK) return NULL;
  e->names = names;
  e->name_count = 1;
  const sl_cypher_function f = sl_cypher_function_find(names[0].text, names[0].length);
  if (f == SL_CYPHER_FUNCTIONS)
    return sl_cypher_refuse_name(parser, SL_CYPHER_UNKNOWN_FUNCTION, begin, "There is no function ",
                                 names[0], "");
  e->function = (uint8_t)f;
  sl_cypher_advance(parser);
  if (f == SL_CYPHER_FUNCTION_COUNT && sl_cypher_accept(parser, '*')) {
    e->function = SL_CYPHER_FUNCTION_COUNT_STAR;
    if (!sl_cypher_expect(parser, ')', "Expected ) after count(*")) return NULL;
    return done(parser, e);
  }
  const uint32_t word = parser->token.begin;
  e->distinct = sl_cypher_accept_keyword(parser, "DISTINCT");
  const sl_cypher_function_facts *facts = sl_cypher_function_read(f);
  if (e->distinct && !facts->aggregates)
    return sl_cypher_refuse_syntax(parser, SL_CYPHER_UNEXPECTED_SYNTAX, word,
                                   "DISTINCT is for aggregating functions");
  e = arguments(parser, e, ')', "Expected , or ) after the argument");
  if (e != NULL && (e->count < facts->least || e->count > facts->most))
    return sl_cypher_refuse_name(parser, SL_CYPHER_INVALID_NUMBER_OF_ARGUMENTS, begin, "Function ",
                                 names[0], " does not take this number of arguments");
  return e;
}

// Words that are no variables: with them, what follows an operand begins.
static bool reserved(const sl_cypher_parser *parser) {
  static const char *const words[] = {
      "MATCH", "RETURN", "WITH",  "WHERE", "UNWIND", "CREATE", "MERGE", "SET",     "DELETE",
      "UNION", "ORDER",  "LIMIT", "SKIP",  "AND",    "OR",     "XOR",   "NOT",     "IN",
      "IS",    "AS",     "WHEN",  "THEN",  "ELSE",   "END",    "CASE",  "DISTINCT"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (sl_cypher_at(parser, words[i])) return true;
  return false;
}

static expression *word(sl_cypher_parser *parser) {
  static const struct {
    const char *word;
    uint8_t op;
  } quantifiers[] = {{"ALL", SL_CYPHER_ALL},
                     {"ANY", SL_CYPHER_ANY},
                     {"NONE", SL_CYPHER_NO},
                     {"SINGLE", SL_CYPHER_SINGLE}};
  const uint32_t begin = parser->token.begin;
  const sl_cypher_token second = sl_cypher_after(parser, parser->token);
  if (second.word == '(') {
    const sl_cypher_token inner = sl_cypher_after(parser, second);
    const bool variable = sl_cypher_is_name(inner);
    const sl_cypher_token then = sl_cypher_after(parser, inner);
    for (int i = 0; i < 4; i++)
      if (sl_cypher_at(parser, quantifiers[i].word) && variable &&
          sl_cypher_is(&parser->lexer, then, "IN"))
        return quantifier(parser, (sl_cypher_op)quantifiers[i].op);
    if (sl_cypher_at(parser, "REDUCE")) return reduce(parser);
    if (sl_cypher_at_shortest(parser)) {
      const uint32_t outer = inside(parser);
      expression *e = make(parser, SL_CYPHER_SHORTEST, begin, 0);
      sl_cypher_part *part = sl_cypher_shortest_read(parser);
      if (e != NULL) e->part = part;
      return done_around(parser, e, outer);
    }
  }
  if (second.word == '{') {
    if (sl_cypher_at(parser, "EXISTS")) return subquery(parser, SL_CYPHER_EXISTS);
    if (sl_cypher_at(parser, "COUNT")) return subquery(parser, SL_CYPHER_COUNT_ROWS);
  }
  // A call: name(, name.name( ...
  sl_cypher_token t = second;
  while (t.word == '.') {
    t = sl_cypher_after(parser, t);
    if (!sl_cypher_is_name(t)) break;
    t = sl_cypher_after(parser, t);
  }
  if (t.word == '(' && !reserved(parser)) return call(parser);
  if (sl_cypher_at(parser, "CASE")) return case_of(parser);
  sl_cypher_kind kind = SL_CYPHER_VARIABLE;
  const bool yes = sl_cypher_at(parser, "TRUE");
  if (yes || sl_cypher_at(parser, "FALSE")) kind = SL_CYPHER_BOOLEAN;
  if (sl_cypher_at(parser, "NULL")) kind = SL_CYPHER_NULL;
  if (kind == SL_CYPHER_VARIABLE && reserved(parser))
    return sl_cypher_unexpected(parser, "Expected an expression");
  expression *e = make(parser, kind, begin, 0);
  if (e == NULL) return NULL;
  if (kind == SL_CYPHER_VARIABLE)
    name_into(parser, e);
  else
    sl_cypher_advance(parser);
  e->boolean = yes;
  return done(parser, e);
}

static expression *atom(sl_cypher_parser *parser) {
  const sl_cypher_token t = parser->token;
  expression *e = NULL;
  switch (t.word) {
  case SL_CYPHER_WORD_INTEGER:
  case SL_CYPHER_WORD_FLOAT:
    return number(parser, t.begin, false);
  case SL_CYPHER_WORD_STRING:
    return string(parser);
  case SL_CYPHER_WORD_NAME:
  case SL_CYPHER_WORD_QUOTED:
    return word(parser);
  case '$':
    return sl_cypher_parameter_read(parser);
  case '[':
    return list(parser);
  case '{':
    return sl_cypher_map_read(parser);
  case '(':
    break;
  default:
    return sl_cypher_unexpected(parser, "Expected an expression");
  }
  if (sl_cypher_pattern_follows(parser, t)) {
    const uint32_t outer = inside(parser);
    e = make(parser, SL_CYPHER_PATTERN, t.begin, 0);
    sl_cypher_part *part = sl_cypher_element_read(parser);
    if (e != NULL) e->part = part;
    return done_around(parser, e, outer);
  }
  sl_cypher_advance(parser);
  e = sl_cypher_expression_read(parser);
  if (e == NULL || !sl_cypher_expect(parser, ')', "Expected ) or an operator")) return NULL;
  e->parenthesized = true;
  e->begin = t.begin;
  e->end = parser->last_end;
  return e;
}

static expression *subscript(sl_cypher_parser *parser, expression *left) {
  expression *from = NULL, *to = NULL;
  sl_cypher_advance(parser);
  if (parser->token.word != SL_CYPHER_WORD_DOTS) from = sl_cypher_expression_read(parser);
  const bool slice = sl_cypher_accept(parser, SL_CYPHER_WORD_DOTS);
  if (slice && parser->token.word != ']') to = sl_cypher_expression_read(parser);
  if (!sl_cypher_expect(parser, ']', "Expected ] or ..")) return NULL;
  expression *e =
      make(parser, slice ? SL_CYPHER_SLICE : SL_CYPHER_INDEX, left->begin, slice ? 3 : 2);
  if (e == NULL) return NULL;
  e->args[0] = left;
  e->args[1] = from;
  if (slice) e->args[2] = to;
  return done(parser, e);
}

static expression *postfix(sl_cypher_parser *parser, expression *left) {
  while (left != NULL) {
    const uint8_t w = parser->token.word;
    if (w == '[') {
      left = subscript(parser, left);
      continue;
    }
    if (w != '.' && w != ':') break;
    const uint32_t begin = left->begin, names = parser->pending_count;
    expression *e = make(parser, w == '.' ? SL_CYPHER_PROPERTY : SL_CYPHER_HAS_LABELS, begin, 1);
    if (e == NULL) return NULL;
    e->args[0] = left;
    do {
      sl_cypher_name *name = SL_CYPHER_TAKE(parser, sl_cypher_name, 1);
      sl_cypher_advance(parser);
      if (name == NULL) return NULL;
      *name = sl_cypher_name_read(parser, w == '.' ? "Expected the name of a property"
                                                   : "Expected the name of a label");
      if (!sl_cypher_pend(parser, name)) return NULL;
    } while (w == ':' && (parser->token.word == ':' || parser->token.word == '&'));
    e->names = sl_cypher_gather(parser, names, sizeof *e->names, &e->name_count);
    left = done(parser, e);
    if (w == ':') break;
  }
  return left;
}

expression *sl_cypher_operand_read(sl_cypher_parser *parser) {
  const uint32_t begin = parser->token.begin;
  if (parser->token.word == '-') {
    // A minus sign right before a number is part of it: -9223372036854775808 is one literal.
    sl_cypher_advance(parser);
    return postfix(parser, number(parser, begin, true));
  }
  return postfix(parser, atom(parser));
}
