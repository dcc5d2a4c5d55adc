// Operators, by precedence climbing. From the loosest: OR, XOR, AND, NOT, comparisons (which chain),
// predicates (IN, STARTS WITH, IS NULL, ...), + -, * / %, ^, unary + -. All are left associative.
//
// Based on: Theodore Norvell, "Parsing Expressions by Recursive Descent" (1999); the precedences are
// those of the openCypher 9 grammar.
#include "property/cypher_parser.h"

typedef sl_cypher_expression expression;

enum { OR = 1, XOR, AND, NOT, COMPARE, PREDICATE, SUM, PRODUCT, POWER, UNARY };

typedef struct operation {
  uint8_t level; // 0: no operator
  uint8_t op;
  uint8_t words; // of the text
} operation;

static operation next_operation(const sl_cypher_parser *parser) {
  const sl_cypher_token t = parser->token;
  const sl_cypher_lexer *lexer = &parser->lexer;
  switch (t.word) {
  case '=':
    return (operation){COMPARE, SL_CYPHER_EQUAL, 1};
  case SL_CYPHER_WORD_UNEQUAL:
    return (operation){COMPARE, SL_CYPHER_UNEQUAL, 1};
  case '<':
    return (operation){COMPARE, SL_CYPHER_LESS, 1};
  case SL_CYPHER_WORD_AT_MOST:
    return (operation){COMPARE, SL_CYPHER_AT_MOST, 1};
  case '>':
    return (operation){COMPARE, SL_CYPHER_GREATER, 1};
  case SL_CYPHER_WORD_AT_LEAST:
    return (operation){COMPARE, SL_CYPHER_AT_LEAST, 1};
  case SL_CYPHER_WORD_MATCHES:
    return (operation){PREDICATE, SL_CYPHER_REGEX, 1};
  case '+':
    return (operation){SUM, SL_CYPHER_ADD, 1};
  case '-':
    return (operation){SUM, SL_CYPHER_SUBTRACT, 1};
  case '*':
    return (operation){PRODUCT, SL_CYPHER_MULTIPLY, 1};
  case '/':
    return (operation){PRODUCT, SL_CYPHER_DIVIDE, 1};
  case '%':
    return (operation){PRODUCT, SL_CYPHER_MODULO, 1};
  case '^':
    return (operation){POWER, SL_CYPHER_POWER, 1};
  case SL_CYPHER_WORD_NAME:
    break;
  default:
    return (operation){0, 0, 0};
  }
  if (sl_cypher_at(parser, "OR")) return (operation){OR, 0, 1};
  if (sl_cypher_at(parser, "XOR")) return (operation){XOR, 0, 1};
  if (sl_cypher_at(parser, "AND")) return (operation){AND, 0, 1};
  if (sl_cypher_at(parser, "IN")) return (operation){PREDICATE, SL_CYPHER_IN, 1};
  if (sl_cypher_at(parser, "CONTAINS")) return (operation){PREDICATE, SL_CYPHER_CONTAINS, 1};
  const sl_cypher_token second = sl_cypher_after(parser, t);
  if (sl_cypher_at(parser, "IS")) {
    if (sl_cypher_is(lexer, second, "NULL")) return (operation){PREDICATE, SL_CYPHER_IS_NULL, 2};
    if (sl_cypher_is(lexer, second, "NOT") &&
        sl_cypher_is(lexer, sl_cypher_after(parser, second), "NULL"))
      return (operation){PREDICATE, SL_CYPHER_IS_NOT_NULL, 3};
  }
  if (sl_cypher_is(lexer, second, "WITH")) {
    if (sl_cypher_at(parser, "STARTS")) return (operation){PREDICATE, SL_CYPHER_STARTS_WITH, 2};
    if (sl_cypher_at(parser, "ENDS")) return (operation){PREDICATE, SL_CYPHER_ENDS_WITH, 2};
  }
  return (operation){0, 0, 0};
}

static expression *at_level(sl_cypher_parser *parser, int least);

// A node of two args or of one.
static expression *join(sl_cypher_parser *parser, sl_cypher_kind kind, uint8_t op, uint32_t begin,
                        expression *left, expression *right, uint32_t count) {
  expression *e = sl_cypher_expression_make(parser, kind, begin, parser->last_end, count);
  if (e == NULL) return NULL;
  e->op = op;
  e->args[0] = left;
  if (count > 1) e->args[1] = right;
  return sl_cypher_expression_done(parser, e);
}

// left AND b AND c ..., left < b <= c ...: one node.
static expression *chain(sl_cypher_parser *parser, expression *left, int level) {
  static const uint8_t kinds[] = {0, SL_CYPHER_OR,     SL_CYPHER_XOR, SL_CYPHER_AND,
                                  0, SL_CYPHER_COMPARE};
  const uint32_t list = parser->pending_count, begin = left->begin;
  uint32_t capacity = 0, count = 0;
  uint8_t *ops = NULL;
  if (!sl_cypher_pend(parser, left)) return NULL;
  for (operation o = next_operation(parser); o.level == level; o = next_operation(parser)) {
    if (level == COMPARE && count == capacity) {
      capacity = capacity == 0 ? 1 : 2 * capacity;
      uint8_t *more = SL_CYPHER_TAKE(parser, uint8_t, capacity);
      if (more == NULL) return NULL;
      for (uint32_t i = 0; i < count; i++) more[i] = ops[i];
      ops = more;
    }
    if (ops != NULL) ops[count++] = o.op;
    sl_cypher_advance(parser);
    if (!sl_cypher_pend(parser, at_level(parser, level + 1))) return NULL;
  }
  expression *e =
      sl_cypher_expression_make(parser, (sl_cypher_kind)kinds[level], begin, parser->last_end, 0);
  if (e == NULL) return NULL;
  e->args = (expression **)sl_cypher_collect(parser, list, &e->count);
  if (ops != NULL) e->ops = ops;
  return sl_cypher_expression_done(parser, e);
}

static expression *prefix(sl_cypher_parser *parser, int least) {
  const sl_cypher_token t = parser->token;
  if (least <= NOT && sl_cypher_at(parser, "NOT")) {
    sl_cypher_advance(parser);
    return join(parser, SL_CYPHER_UNARY, SL_CYPHER_NOT, t.begin, at_level(parser, NOT), NULL, 1);
  }
  if (t.word != '-' && t.word != '+') return sl_cypher_operand_read(parser);
  const uint8_t second = sl_cypher_after(parser, t).word;
  if (t.word == '-' && (second == SL_CYPHER_WORD_INTEGER || second == SL_CYPHER_WORD_FLOAT))
    return sl_cypher_operand_read(parser);
  sl_cypher_advance(parser);
  return join(parser, SL_CYPHER_UNARY, t.word == '-' ? SL_CYPHER_NEGATE : SL_CYPHER_PLUS, t.begin,
              at_level(parser, UNARY), NULL, 1);
}

static expression *at_level(sl_cypher_parser *parser, int least) {
  if (!sl_cypher_enter(parser)) return NULL;
  expression *left = prefix(parser, least);
  while (left != NULL) {
    const operation o = next_operation(parser);
    if (o.level == 0 || o.level < least) break;
    if (o.level <= AND || o.level == COMPARE) {
      left = chain(parser, left, o.level);
      continue;
    }
    for (int i = 0; i < o.words; i++) sl_cypher_advance(parser);
    const bool test = o.op == SL_CYPHER_IS_NULL || o.op == SL_CYPHER_IS_NOT_NULL;
    expression *right = test ? NULL : at_level(parser, o.level + 1);
    left = join(parser, test ? SL_CYPHER_UNARY : SL_CYPHER_BINARY, o.op, left->begin, left, right,
                test ? 1 : 2);
  }
  parser->depth--;
  return left;
}

expression *sl_cypher_expression_read(sl_cypher_parser *parser) { return at_level(parser, OR); }
