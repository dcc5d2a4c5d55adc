// Patterns: (a:A {x: 1})-[r:R*1..3]->(b), ...
#include "property/cypher_parser.h"

#include <string.h>

// The word behind the bracket that closes `open`; END when there is none.
static sl_cypher_token behind(const sl_cypher_parser *parser, sl_cypher_token open) {
  uint32_t depth = 0;
  sl_cypher_token t = open;
  while (t.word != SL_CYPHER_WORD_END && t.word != SL_CYPHER_WORD_WRONG) {
    if (t.word == '(' || t.word == '[' || t.word == '{') depth++;
    if (t.word == ')' || t.word == ']' || t.word == '}')
      if (--depth == 0) return sl_cypher_after(parser, t);
    t = sl_cypher_after(parser, t);
  }
  t.word = SL_CYPHER_WORD_END;
  return t;
}

// Does a relationship begin at `t`: -- --> -[...]- <-- <-[...]- ?
static bool relationship_follows(const sl_cypher_parser *parser, sl_cypher_token t) {
  if (t.word == '<') t = sl_cypher_after(parser, t);
  if (t.word != '-') return false;
  t = sl_cypher_after(parser, t);
  if (t.word == '[') return behind(parser, t).word == '-';
  if (t.word != '-') return false;
  t = sl_cypher_after(parser, t);
  return t.word == '>' || t.word == '(';
}

bool sl_cypher_pattern_follows(const sl_cypher_parser *parser, sl_cypher_token open) {
  if (open.word != '(') return false;
  sl_cypher_token t = sl_cypher_after(parser, open);
  // What cannot begin a node is not searched for its end.
  if (sl_cypher_is_name(t)) {
    const bool where = sl_cypher_is(&parser->lexer, t, "WHERE");
    t = sl_cypher_after(parser, t);
    if (t.word != ')' && t.word != ':' && t.word != '{' && t.word != '$' && !where &&
        !sl_cypher_is(&parser->lexer, t, "WHERE"))
      return false;
  } else if (t.word != ')' && t.word != ':' && t.word != '{' && t.word != '$') {
    return false;
  }
  return relationship_follows(parser, behind(parser, open));
}

static sl_cypher_expression *label_expression(sl_cypher_parser *parser, int level);

// The test of one label; the subject is a VARIABLE without a name, for the analysis to fill in.
static sl_cypher_expression *label_test(sl_cypher_parser *parser) {
  const uint32_t begin = parser->token.begin;
  sl_cypher_expression *e =
      sl_cypher_expression_make(parser, SL_CYPHER_HAS_LABELS, begin, parser->token.end, 1);
  if (e == NULL) return NULL;
  e->args[0] = sl_cypher_expression_make(parser, SL_CYPHER_VARIABLE, begin, begin, 0);
  e->names = SL_CYPHER_TAKE(parser, sl_cypher_name, 1);
  if (e->names == NULL) return NULL;
  e->names[0] = sl_cypher_name_read(parser, "Expected the name of a label or type");
  e->name_count = 1;
  return sl_cypher_expression_done(parser, e);
}

static sl_cypher_expression *label_operand(sl_cypher_parser *parser) {
  sl_cypher_expression *e = NULL;
  if (!sl_cypher_enter(parser)) return NULL;
  const uint32_t begin = parser->token.begin;
  if (sl_cypher_accept(parser, '!')) {
    e = sl_cypher_expression_make(parser, SL_CYPHER_UNARY, begin, begin, 1);
    if (e != NULL) {
      e->op = SL_CYPHER_NOT;
      e->args[0] = label_operand(parser);
      e->end = parser->last_end;
      e = sl_cypher_expression_done(parser, e);
    }
  } else if (sl_cypher_accept(parser, '(')) {
    e = label_expression(parser, 0);
    sl_cypher_expect(parser, ')', "Expected ) after the labels");
  } else {
    e = label_test(parser);
  }
  parser->depth--;
  return e;
}

// Level 0: a | b, level 1: a & b and a:b.
static sl_cypher_expression *label_expression(sl_cypher_parser *parser, int level) {
  const uint32_t list = parser->pending_count, begin = parser->token.begin;
  do {
    sl_cypher_expression *e = level == 0 ? label_expression(parser, 1) : label_operand(parser);
    if (!sl_cypher_pend(parser, e)) return NULL;
    if (level == 0 && parser->token.word == '|') {
      // :A|:B is an old way to write :A|B.
      sl_cypher_advance(parser);
      sl_cypher_accept(parser, ':');
      continue;
    }
    if (level == 0) break;
  } while (level == 0 || sl_cypher_accept(parser, '&') || sl_cypher_accept(parser, ':'));
  if (parser->pending_count - list == 1) return parser->pending[--parser->pending_count];
  sl_cypher_expression *e = sl_cypher_expression_make(
      parser, level == 0 ? SL_CYPHER_OR : SL_CYPHER_AND, begin, parser->last_end, 0);
  if (e == NULL) return NULL;
  e->args = (sl_cypher_expression **)sl_cypher_collect(parser, list, &e->count);
  return sl_cypher_expression_done(parser, e);
}

static bool all_labels(const sl_cypher_expression *e) {
  if (e->kind != SL_CYPHER_AND) return e->kind == SL_CYPHER_HAS_LABELS;
  for (uint32_t i = 0; i < e->count; i++)
    if (e->args[i]->kind != SL_CYPHER_HAS_LABELS) return false;
  return true;
}

static bool any_label(const sl_cypher_expression *e) {
  if (e->kind != SL_CYPHER_OR) return e->kind == SL_CYPHER_HAS_LABELS;
  for (uint32_t i = 0; i < e->count; i++)
    if (e->args[i]->kind != SL_CYPHER_HAS_LABELS) return false;
  return true;
}

static sl_cypher_name *names_of(sl_cypher_parser *parser, const sl_cypher_expression *e,
                                uint32_t *count) {
  const uint32_t n = e->kind == SL_CYPHER_HAS_LABELS ? 1 : e->count;
  sl_cypher_name *names = SL_CYPHER_TAKE(parser, sl_cypher_name, n);
  if (names == NULL) return NULL;
  for (uint32_t i = 0; i < n; i++)
    names[i] = n == 1 && e->kind == SL_CYPHER_HAS_LABELS ? e->names[0] : e->args[i]->names[0];
  *count = n;
  return names;
}

static sl_cypher_expression *both(sl_cypher_parser *parser, sl_cypher_expression *a,
                                  sl_cypher_expression *b) {
  if (a == NULL || b == NULL) return a == NULL ? b : a;
  sl_cypher_expression *e = sl_cypher_expression_make(parser, SL_CYPHER_AND, a->begin, b->end, 2);
  if (e == NULL) return NULL;
  e->args[0] = a;
  e->args[1] = b;
  return sl_cypher_expression_done(parser, e);
}

static sl_cypher_expression *properties(sl_cypher_parser *parser) {
  if (parser->token.word == '{') return sl_cypher_map_read(parser);
  if (parser->token.word == '$') return sl_cypher_parameter_read(parser);
  return NULL;
}

static bool at_where(const sl_cypher_parser *parser) { return sl_cypher_at(parser, "WHERE"); }

static sl_cypher_node *node(sl_cypher_parser *parser) {
  sl_cypher_node *n = SL_CYPHER_TAKE(parser, sl_cypher_node, 1);
  if (n == NULL) return NULL;
  sl_cypher_expression *labels = NULL;
  n->begin = parser->token.begin;
  n->slot = SL_CYPHER_NONE;
  if (!sl_cypher_expect(parser, '(', "Expected a node in parentheses")) return NULL;
  if (sl_cypher_is_name(parser->token) && !at_where(parser)) {
    n->named = true;
    n->name = sl_cypher_name_read(parser, "");
  }
  if (sl_cypher_accept(parser, ':')) {
    labels = label_expression(parser, 0);
    if (labels == NULL) return NULL;
    if (all_labels(labels)) {
      n->labels = names_of(parser, labels, &n->label_count);
      labels = NULL;
    }
  }
  n->properties = properties(parser);
  if (sl_cypher_accept_keyword(parser, "WHERE")) n->where = sl_cypher_expression_read(parser);
  n->where = both(parser, labels, n->where);
  if (!sl_cypher_expect(parser, ')', "Expected ) at the end of the node")) return NULL;
  n->end = parser->last_end;
  return n;
}

static bool bound(sl_cypher_parser *parser, uint32_t *out) {
  int64_t value;
  if (!sl_cypher_integer_read(parser, false, &value)) return false;
  *out = value < SL_CYPHER_NONE ? (uint32_t)value : SL_CYPHER_NONE - 1;
  return true;
}

// *  *2  *2..  *..3  *2..3
static bool range(sl_cypher_parser *parser, sl_cypher_relationship *r) {
  r->variable = true;
  r->least = 1;
  r->most = SL_CYPHER_NONE;
  if (parser->token.word == SL_CYPHER_WORD_INTEGER) {
    if (!bound(parser, &r->least)) return false;
    if (parser->token.word != SL_CYPHER_WORD_DOTS) {
      r->most = r->least;
      return true;
    }
  }
  if (sl_cypher_accept(parser, SL_CYPHER_WORD_DOTS) && parser->token.word == SL_CYPHER_WORD_INTEGER)
    return bound(parser, &r->most);
  return true;
}

// {2}  {2,}  {,3}  {2,3}  +  * behind the arrow, as GQL writes it.
static bool quantifier(sl_cypher_parser *parser, sl_cypher_relationship *r) {
  const bool plus = parser->token.word == '+', star = parser->token.word == '*';
  if (!plus && !star && parser->token.word != '{') return true;
  if (r->variable) return sl_cypher_unexpected(parser, "The length is given twice") != NULL;
  sl_cypher_advance(parser);
  r->variable = true;
  r->least = plus ? 1 : 0;
  r->most = SL_CYPHER_NONE;
  if (plus || star) return true;
  const bool least = parser->token.word == SL_CYPHER_WORD_INTEGER;
  if (least && !bound(parser, &r->least)) return false;
  if (sl_cypher_accept(parser, ',')) {
    if (parser->token.word == SL_CYPHER_WORD_INTEGER && !bound(parser, &r->most)) return false;
  } else if (least) {
    r->most = r->least;
  }
  return sl_cypher_expect(parser, '}', "Expected } after the lengths");
}

static bool types(sl_cypher_parser *parser, sl_cypher_relationship *r) {
  sl_cypher_expression *labels = label_expression(parser, 0);
  if (labels == NULL) return false;
  if (any_label(labels))
    r->types = names_of(parser, labels, &r->type_count);
  else if (labels->kind == SL_CYPHER_AND && all_labels(labels) && r->type_count == 0)
    return sl_cypher_refuse_syntax(parser, SL_CYPHER_UNEXPECTED_SYNTAX, labels->begin,
                                   "A relationship has one type: separate several by |") != NULL;
  else
    r->where = labels;
  return parser->status == SL_OK;
}

static bool relationship_inside(sl_cypher_parser *parser, sl_cypher_relationship *r) {
  if (sl_cypher_is_name(parser->token) && !at_where(parser)) {
    r->named = true;
    r->name = sl_cypher_name_read(parser, "");
  }
  if (sl_cypher_accept(parser, ':') && !types(parser, r)) return false;
  if (sl_cypher_accept(parser, '*') && !range(parser, r)) return false;
  r->properties = properties(parser);
  if (sl_cypher_accept_keyword(parser, "WHERE"))
    r->where = both(parser, r->where, sl_cypher_expression_read(parser));
  if (parser->token.word == SL_CYPHER_WORD_DOTS || (r->variable && parser->token.word == '-') ||
      (r->variable && parser->token.word == SL_CYPHER_WORD_FLOAT)) {
    sl_cypher_refuse_syntax(parser, SL_CYPHER_INVALID_RELATIONSHIP_PATTERN, parser->token.begin,
                            "A variable length is written *, *2, *2.., *..3 or *2..3");
    return false;
  }
  return sl_cypher_expect(parser, ']', "Expected ] at the end of the relationship");
}

static sl_cypher_relationship *relationship(sl_cypher_parser *parser) {
  sl_cypher_relationship *r = SL_CYPHER_TAKE(parser, sl_cypher_relationship, 1);
  if (r == NULL) return NULL;
  static const char arrow[] = "Expected a relationship, as in (a)-[:TYPE]->(b)";
  r->begin = parser->token.begin;
  r->slot = SL_CYPHER_NONE;
  const bool left = sl_cypher_accept(parser, '<');
  if (!sl_cypher_expect(parser, '-', arrow)) return NULL;
  if (sl_cypher_accept(parser, '[') && !relationship_inside(parser, r)) return NULL;
  if (!sl_cypher_expect(parser, '-', arrow)) return NULL;
  const bool right = sl_cypher_accept(parser, '>');
  r->direction = left == right ? SL_CYPHER_BOTH : left ? SL_CYPHER_BACK : SL_CYPHER_OUT;
  r->arrows = left && right;
  if (!quantifier(parser, r)) return NULL;
  if (r->variable && r->where != NULL)
    return sl_cypher_refuse_syntax(parser, SL_CYPHER_INVALID_RELATIONSHIP_PATTERN, r->where->begin,
                                   "A relationship of variable length has no WHERE and no ! or & "
                                   "in its types");
  r->end = parser->last_end;
  return r;
}

static bool element(sl_cypher_parser *parser, sl_cypher_part *part) {
  const uint32_t before = parser->pending_count;
  // The nodes first, then the relationships: they are read by turns.
  sl_cypher_node *first = node(parser);
  if (!sl_cypher_pend(parser, first)) return false;
  while (parser->token.word == '-' || parser->token.word == '<') {
    if (!sl_cypher_pend(parser, relationship(parser)) || !sl_cypher_pend(parser, node(parser)))
      return false;
  }
  part->length = (parser->pending_count - before) / 2;
  part->nodes = SL_CYPHER_TAKE(parser, sl_cypher_node, part->length + 1);
  part->relationships = SL_CYPHER_TAKE(parser, sl_cypher_relationship, part->length + 1);
  if (part->relationships == NULL) return false;
  for (uint32_t i = 0; i <= part->length; i++) {
    part->nodes[i] = *(sl_cypher_node *)parser->pending[before + 2 * i];
    if (i < part->length)
      part->relationships[i] = *(sl_cypher_relationship *)parser->pending[before + 2 * i + 1];
  }
  parser->pending_count = before;
  return true;
}

static sl_cypher_part *part_make(sl_cypher_parser *parser) {
  sl_cypher_part *part = SL_CYPHER_TAKE(parser, sl_cypher_part, 1);
  if (part == NULL) return NULL;
  part->begin = parser->token.begin;
  part->slot = SL_CYPHER_NONE;
  return part;
}

sl_cypher_part *sl_cypher_element_read(sl_cypher_parser *parser) {
  sl_cypher_part *part = part_make(parser);
  if (part == NULL || !element(parser, part)) return NULL;
  part->end = parser->last_end;
  return part;
}

bool sl_cypher_at_shortest(const sl_cypher_parser *parser) {
  return (sl_cypher_at(parser, "SHORTESTPATH") || sl_cypher_at(parser, "ALLSHORTESTPATHS")) &&
         sl_cypher_after(parser, parser->token).word == '(';
}

// ANY SHORTEST (a)-[:R]->+(b) is shortestPath((a)-[:R*]->(b)), ALL SHORTEST is allShortestPaths.
static bool at_gql_shortest(const sl_cypher_parser *parser) {
  return (sl_cypher_at(parser, "ANY") || sl_cypher_at(parser, "ALL")) &&
         sl_cypher_is(&parser->lexer, sl_cypher_after(parser, parser->token), "SHORTEST");
}

sl_cypher_part *sl_cypher_shortest_read(sl_cypher_parser *parser) {
  sl_cypher_part *part = part_make(parser);
  if (part == NULL) return NULL;
  const bool gql = at_gql_shortest(parser);
  part->shortest = sl_cypher_at(parser, gql ? "ANY" : "SHORTESTPATH") ? SL_CYPHER_ONE_SHORTEST
                                                                      : SL_CYPHER_ALL_SHORTEST;
  sl_cypher_advance(parser);
  sl_cypher_advance(parser);
  if (!element(parser, part)) return NULL;
  if (part->length != 1)
    return sl_cypher_refuse_syntax(
        parser, SL_CYPHER_UNEXPECTED_SYNTAX, part->begin,
        "A shortest path is asked for by two nodes and one relationship");
  if (!gql && !sl_cypher_expect(parser, ')', "Expected ) at the end of the path")) return NULL;
  part->end = parser->last_end;
  return part;
}

sl_cypher_part *sl_cypher_part_read(sl_cypher_parser *parser) {
  sl_cypher_name name = {NULL, 0};
  const uint32_t begin = parser->token.begin;
  sl_cypher_part *part;
  if (!sl_cypher_enter(parser)) return NULL;
  if (sl_cypher_is_name(parser->token) && sl_cypher_after(parser, parser->token).word == '=') {
    name = sl_cypher_name_read(parser, "");
    sl_cypher_advance(parser);
  }
  if (sl_cypher_at_shortest(parser) || at_gql_shortest(parser)) {
    part = sl_cypher_shortest_read(parser);
  } else if (parser->token.word == '(' && sl_cypher_after(parser, parser->token).word == '(') {
    // The whole pattern may stand in parentheses.
    sl_cypher_advance(parser);
    part = sl_cypher_part_read(parser);
    if (part != NULL && part->name.length > 0)
      part = sl_cypher_refuse_syntax(parser, SL_CYPHER_UNEXPECTED_SYNTAX, part->begin,
                                     "The name of a path stands outside of parentheses");
    if (!sl_cypher_expect(parser, ')', "Expected ) at the end of the pattern")) part = NULL;
  } else {
    part = sl_cypher_element_read(parser);
  }
  parser->depth--;
  if (part == NULL) return NULL;
  part->name = name;
  part->begin = begin;
  part->end = parser->last_end;
  return part;
}

bool sl_cypher_pattern_read(sl_cypher_parser *parser, sl_cypher_pattern *out) {
  const uint32_t list = parser->pending_count;
  do {
    if (!sl_cypher_pend(parser, sl_cypher_part_read(parser))) return false;
  } while (sl_cypher_accept(parser, ','));
  out->parts = (sl_cypher_part **)sl_cypher_collect(parser, list, &out->count);
  return out->parts != NULL;
}
