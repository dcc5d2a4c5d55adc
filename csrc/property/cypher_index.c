// CREATE INDEX, DROP INDEX and SHOW INDEXES: calls of db.createIndex, db.dropIndex and db.indexes.
#include <string.h>

#include "property/cypher_parser.h"

bool sl_cypher_index_follows(const sl_cypher_parser *parser) {
  sl_cypher_token t = parser->token;
  if (sl_cypher_at(parser, "RANGE")) t = sl_cypher_after(parser, t);
  if (!sl_cypher_is(&parser->lexer, t, "INDEX")) return false;
  // A path may have the name.
  return sl_cypher_after(parser, t).word != '=';
}

// What an index is of, as a form is written: F FOR, O ON, v the node (the second time the same name), L the label, P the
// property, and the characters between them.
static bool form(sl_cypher_parser *parser, const char *wanted, sl_cypher_name *names) {
  static const char what[] = "Expected FOR (n:Label) ON (n.property): of nodes, one property";
  sl_cypher_name node = {0};
  for (const char *c = wanted; *c != 0 && parser->status == SL_OK; c++) {
    const uint32_t begin = parser->token.begin;
    if (*c == 'F' || *c == 'O') {
      sl_cypher_expect_keyword(parser, *c == 'F' ? "FOR" : "ON", what);
    } else if (*c == 'v') {
      const sl_cypher_name name = sl_cypher_name_read(parser, what);
      if (node.text != NULL && parser->status == SL_OK && !sl_cypher_same(node, name))
        sl_cypher_refuse_name(parser, SL_CYPHER_UNDEFINED_VARIABLE, begin, "", name,
                              " is not defined");
      node = name;
    } else if (*c == 'L' || *c == 'P') {
      names[*c == 'L' ? 1 : 2] = sl_cypher_name_read(parser, what);
    } else
      sl_cypher_expect(parser, (uint8_t)*c, what);
  }
  return parser->status == SL_OK;
}

// index_Label_property
static sl_cypher_name name_of(sl_cypher_parser *parser, const sl_cypher_name *names) {
  const uint32_t length = 7 + names[1].length + names[2].length;
  char *text = SL_CYPHER_TAKE(parser, char, length);
  if (text == NULL) return (sl_cypher_name){0};
  memcpy(text, "index_", 6);
  memcpy(text + 6, names[1].text, names[1].length);
  text[6 + names[1].length] = '_';
  memcpy(text + 7 + names[1].length, names[2].text, names[2].length);
  return (sl_cypher_name){text, length};
}

static bool called(sl_cypher_parser *parser, sl_cypher_clause *c, const char *name,
                   const sl_cypher_name *names, bool may_be) {
  c->call.name = sl_cypher_copy(parser, name, strlen(name));
  c->call.args = SL_CYPHER_TAKE(parser, sl_cypher_expression *, 4);
  if (c->call.args == NULL) return false;
  c->call.count = 4;
  c->call.alone = true;
  for (int i = 0; i < 4; i++) {
    sl_cypher_expression *e = sl_cypher_expression_make(
        parser, i < 3 ? SL_CYPHER_STRING : SL_CYPHER_BOOLEAN, c->begin, c->begin, 0);
    if (e == NULL) return false;
    if (i < 3)
      e->string = names[i].text != NULL ? names[i] : sl_cypher_copy(parser, "", 0);
    else
      e->boolean = may_be;
    c->call.args[i] = sl_cypher_expression_done(parser, e);
  }
  return parser->status == SL_OK;
}

static bool change(sl_cypher_parser *parser, sl_cypher_clause *c, bool creates) {
  static const char what[] = "Expected INDEX, a name or IF [NOT] EXISTS";
  sl_cypher_name names[3] = {{0}};
  bool may_be = false;
  if (creates) sl_cypher_accept_keyword(parser, "RANGE");
  if (!sl_cypher_expect_keyword(parser, "INDEX", what)) return false;
  if (sl_cypher_accept_keyword(parser, "ON")) { // as openCypher had it
    form(parser, ":L(P)", names);
  } else {
    const bool unnamed = creates && (sl_cypher_at(parser, "FOR") || sl_cypher_at(parser, "IF"));
    if (!unnamed) names[0] = sl_cypher_name_read(parser, what);
    may_be = sl_cypher_accept_keyword(parser, "IF");
    if (may_be && creates) sl_cypher_expect_keyword(parser, "NOT", what);
    if (may_be) sl_cypher_expect_keyword(parser, "EXISTS", what);
    if (creates) form(parser, "F(v:L)O(v.P)", names);
  }
  if (parser->status != SL_OK) return false;
  if (creates && names[0].text == NULL) names[0] = name_of(parser, names);
  return called(parser, c, creates ? "db.createIndex" : "db.dropIndex", names, may_be);
}

bool sl_cypher_index_read(sl_cypher_parser *parser, sl_cypher_clause *c) {
  const char first = parser->lexer.text[c->begin];
  c->kind = SL_CYPHER_CALL_PROCEDURE;
  if ((first | 32) != 's') return change(parser, c, (first | 32) == 'c');
  if (!sl_cypher_accept_keyword(parser, "ALL")) sl_cypher_accept_keyword(parser, "RANGE");
  if (!sl_cypher_accept_keyword(parser, "INDEXES") && !sl_cypher_accept_keyword(parser, "INDEX"))
    return sl_cypher_unexpected(parser, "Expected INDEXES") != NULL;
  c->call.name = sl_cypher_copy(parser, "db.indexes", 10);
  return parser->status == SL_OK;
}
