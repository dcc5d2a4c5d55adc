// Clauses, queries and the entry: sl_cypher_parse.
#include <string.h>

#include "base/memory.h"
#include "property/cypher_analysis.h"
#include "property/cypher_parser.h"

static sl_cypher_expression **expressions(sl_cypher_parser *parser, uint32_t *count) {
  const uint32_t list = parser->pending_count;
  do {
    if (!sl_cypher_pend(parser, sl_cypher_expression_read(parser))) return NULL;
  } while (sl_cypher_accept(parser, ','));
  return (sl_cypher_expression **)sl_cypher_collect(parser, list, count);
}

static bool where(sl_cypher_parser *parser, sl_cypher_expression **out) {
  if (sl_cypher_accept_keyword(parser, "WHERE")) *out = sl_cypher_expression_read(parser);
  return parser->status == SL_OK;
}

// ---------------------------------------------------------------- projections

static sl_cypher_item *item(sl_cypher_parser *parser) {
  sl_cypher_item *i = SL_CYPHER_TAKE(parser, sl_cypher_item, 1);
  const uint32_t begin = parser->token.begin;
  if (i == NULL) return NULL;
  i->slot = SL_CYPHER_NONE;
  i->expression = sl_cypher_expression_read(parser);
  if (i->expression == NULL) return NULL;
  i->aliased = sl_cypher_accept_keyword(parser, "AS");
  if (i->aliased)
    i->name = sl_cypher_name_read(parser, "Expected a name after AS");
  else if (i->expression->kind == SL_CYPHER_VARIABLE)
    i->name = i->expression->names[0];
  else
    i->name = sl_cypher_copy(parser, parser->lexer.text + begin, parser->last_end - begin);
  return i;
}

static sl_cypher_sort *sort(sl_cypher_parser *parser) {
  sl_cypher_sort *s = SL_CYPHER_TAKE(parser, sl_cypher_sort, 1);
  if (s == NULL) return NULL;
  s->expression = sl_cypher_expression_read(parser);
  s->descending =
      sl_cypher_accept_keyword(parser, "DESC") || sl_cypher_accept_keyword(parser, "DESCENDING");
  if (!s->descending && !sl_cypher_accept_keyword(parser, "ASC"))
    sl_cypher_accept_keyword(parser, "ASCENDING");
  return s;
}

static bool projection(sl_cypher_parser *parser, sl_cypher_projection *p, bool is_with) {
  const uint32_t list = parser->pending_count;
  p->distinct = sl_cypher_accept_keyword(parser, "DISTINCT");
  p->star = sl_cypher_accept(parser, '*');
  if (!p->star || sl_cypher_accept(parser, ',')) do {
      if (!sl_cypher_pend(parser, item(parser))) return false;
    } while (sl_cypher_accept(parser, ','));
  p->items = sl_cypher_gather(parser, list, sizeof *p->items, &p->item_count);
  if (sl_cypher_accept_keyword(parser, "ORDER")) {
    if (!sl_cypher_expect_keyword(parser, "BY", "Expected BY after ORDER")) return false;
    do {
      if (!sl_cypher_pend(parser, sort(parser))) return false;
    } while (sl_cypher_accept(parser, ','));
    p->sorts = sl_cypher_gather(parser, list, sizeof *p->sorts, &p->sort_count);
  }
  if (sl_cypher_accept_keyword(parser, "SKIP") || sl_cypher_accept_keyword(parser, "OFFSET"))
    p->skip = sl_cypher_expression_read(parser);
  if (sl_cypher_accept_keyword(parser, "LIMIT")) p->limit = sl_cypher_expression_read(parser);
  return is_with ? where(parser, &p->where) : parser->status == SL_OK;
}

// FILTER [WHERE] condition is WITH * WHERE condition, LET x = 1, y = 2 is WITH *, 1 AS x, 2 AS y.
static bool star(sl_cypher_parser *parser, sl_cypher_projection *p, bool filters) {
  const uint32_t list = parser->pending_count;
  p->star = true;
  if (filters) {
    sl_cypher_accept_keyword(parser, "WHERE");
    p->where = sl_cypher_expression_read(parser);
    return p->where != NULL;
  }
  do {
    sl_cypher_item *i = SL_CYPHER_TAKE(parser, sl_cypher_item, 1);
    if (i == NULL) return false;
    i->slot = SL_CYPHER_NONE;
    i->aliased = true;
    i->name = sl_cypher_name_read(parser, "Expected a name after LET");
    if (!sl_cypher_expect(parser, '=', "Expected = after the name")) return false;
    i->expression = sl_cypher_expression_read(parser);
    if (i->expression == NULL || !sl_cypher_pend(parser, i)) return false;
  } while (sl_cypher_accept(parser, ','));
  p->items = sl_cypher_gather(parser, list, sizeof *p->items, &p->item_count);
  return parser->status == SL_OK;
}

// ------------------------------------------------------------------- updates

static sl_cypher_set *assignment(sl_cypher_parser *parser, bool removes) {
  static const char wrong[] = "Expected a property, a label, or a variable with = or +=";
  sl_cypher_set *s = SL_CYPHER_TAKE(parser, sl_cypher_set, 1);
  sl_cypher_expression *e = sl_cypher_operand_read(parser);
  if (s == NULL || e == NULL) return NULL;
  s->target = e->kind == SL_CYPHER_VARIABLE ? e : e->count > 0 ? e->args[0] : NULL;
  if (e->kind == SL_CYPHER_HAS_LABELS || e->kind == SL_CYPHER_PROPERTY) {
    s->kind = e->kind == SL_CYPHER_PROPERTY ? SL_CYPHER_SET_PROPERTY : SL_CYPHER_SET_LABELS;
    s->names = e->names;
    s->name_count = e->name_count;
    if (removes || e->kind == SL_CYPHER_HAS_LABELS) return s;
    if (!sl_cypher_expect(parser, '=', "Expected = after the property")) return NULL;
  } else if (e->kind == SL_CYPHER_VARIABLE && !removes) {
    s->kind = parser->token.word == '=' ? SL_CYPHER_SET_ALL : SL_CYPHER_SET_SOME;
    if (s->kind == SL_CYPHER_SET_ALL)
      sl_cypher_advance(parser);
    else if (!sl_cypher_expect(parser, SL_CYPHER_WORD_ADD_TO, wrong))
      return NULL;
  } else {
    return sl_cypher_refuse_syntax(parser, SL_CYPHER_UNEXPECTED_SYNTAX, e->begin, wrong);
  }
  s->value = sl_cypher_expression_read(parser);
  return s;
}

static sl_cypher_set *assignments(sl_cypher_parser *parser, bool removes, uint32_t list,
                                  uint32_t *count) {
  do {
    if (!sl_cypher_pend(parser, assignment(parser, removes))) return NULL;
  } while (sl_cypher_accept(parser, ','));
  return sl_cypher_gather(parser, list, sizeof(sl_cypher_set), count);
}

static bool merge(sl_cypher_parser *parser, sl_cypher_clause *c) {
  sl_cypher_part *part = sl_cypher_part_read(parser);
  sl_cypher_part **parts = SL_CYPHER_TAKE(parser, sl_cypher_part *, 1);
  if (part == NULL || parts == NULL) return false;
  parts[0] = part;
  c->merge.pattern.count = 1;
  c->merge.pattern.parts = parts;
  // ON CREATE and ON MATCH may come several times, in any order: each assignment is pended behind a
  // mark of its kind.
  const uint32_t list = parser->pending_count;
  uint32_t counts[2] = {0, 0};
  while (sl_cypher_accept_keyword(parser, "ON")) {
    const bool on_match = sl_cypher_at(parser, "MATCH");
    if (!on_match && !sl_cypher_at(parser, "CREATE"))
      return sl_cypher_unexpected(parser, "Expected CREATE or MATCH after ON") != NULL;
    sl_cypher_advance(parser);
    if (!sl_cypher_expect_keyword(parser, "SET", "Expected SET")) return false;
    do {
      if (!sl_cypher_pend(parser, counts + on_match) ||
          !sl_cypher_pend(parser, assignment(parser, false)))
        return false;
      counts[on_match]++;
    } while (sl_cypher_accept(parser, ','));
  }
  sl_cypher_set *sets[2];
  for (int which = 0; which < 2; which++) {
    sl_cypher_set *to = sets[which] = SL_CYPHER_TAKE(parser, sl_cypher_set, counts[which] + 1);
    if (to == NULL) return false;
    for (uint32_t i = list; i < parser->pending_count; i += 2)
      if (parser->pending[i] == counts + which) *to++ = *(sl_cypher_set *)parser->pending[i + 1];
  }
  parser->pending_count = list;
  c->merge.on_create = sets[0];
  c->merge.on_create_count = counts[0];
  c->merge.on_match = sets[1];
  c->merge.on_match_count = counts[1];
  return true;
}

// [YIELD ...] [WHERE ...]
static bool yields(sl_cypher_parser *parser, sl_cypher_clause *c) {
  const uint32_t list = parser->pending_count;
  if (!sl_cypher_accept_keyword(parser, "YIELD")) return true;
  c->call.yield_star = sl_cypher_accept(parser, '*');
  if (!c->call.yield_star && !sl_cypher_accept(parser, '-')) {
    do {
      sl_cypher_yield *y = SL_CYPHER_TAKE(parser, sl_cypher_yield, 1);
      if (y == NULL) return false;
      y->position = parser->token.begin;
      y->name = y->field = sl_cypher_name_read(parser, "Expected the name of an output");
      if (sl_cypher_accept_keyword(parser, "AS"))
        y->name = sl_cypher_name_read(parser, "Expected a name after AS");
      if (!sl_cypher_pend(parser, y)) return false;
    } while (sl_cypher_accept(parser, ','));
    c->call.yields = sl_cypher_gather(parser, list, sizeof *c->call.yields, &c->call.yield_count);
  }
  return where(parser, &c->call.where);
}

static bool call(sl_cypher_parser *parser, sl_cypher_clause *c) {
  c->call.name = sl_cypher_dotted_read(parser);
  if (parser->status != SL_OK) return false;
  c->call.implicit = !sl_cypher_accept(parser, '(');
  if (!c->call.implicit && !sl_cypher_accept(parser, ')')) {
    c->call.args = expressions(parser, &c->call.count);
    if (!sl_cypher_expect(parser, ')', "Expected , or ) after the argument")) return false;
  }
  return yields(parser, c);
}

static const sl_cypher_name load_csv = {"sublinear.loadCsv", 17};

// LOAD CSV [WITH HEADERS] FROM name AS row [FIELDTERMINATOR text] is CALL sublinear.loadCsv(name, {headers: ..., separator:
// ...}) YIELD row: only the host can read.
static bool load(sl_cypher_parser *parser, sl_cypher_clause *c) {
  static const sl_cypher_name row = {"row", 3}, keys[2] = {{"headers", 7}, {"separator", 9}};
  const uint32_t begin = c->begin;
  if (!sl_cypher_expect_keyword(parser, "CSV", "Expected CSV after LOAD")) return false;
  const bool headers = sl_cypher_accept_keyword(parser, "WITH");
  if (headers && !sl_cypher_expect_keyword(parser, "HEADERS", "Expected HEADERS")) return false;
  if (!sl_cypher_expect_keyword(parser, "FROM", "Expected FROM and the name of a table"))
    return false;
  sl_cypher_expression *map = sl_cypher_expression_make(parser, SL_CYPHER_MAP, begin, begin, 2);
  sl_cypher_expression *with =
      sl_cypher_expression_make(parser, SL_CYPHER_BOOLEAN, begin, begin, 0);
  sl_cypher_yield *y = SL_CYPHER_TAKE(parser, sl_cypher_yield, 1);
  c->call.args = SL_CYPHER_TAKE(parser, sl_cypher_expression *, 2);
  if (map == NULL || with == NULL || y == NULL || c->call.args == NULL) return false;
  c->call.name = load_csv;
  c->call.count = 2;
  c->call.args[0] = sl_cypher_expression_read(parser);
  if (!sl_cypher_expect_keyword(parser, "AS", "Expected AS and a name for the row")) return false;
  y->field = row;
  y->position = parser->token.begin;
  y->name = sl_cypher_name_read(parser, "Expected a name after AS");
  c->call.yields = y;
  c->call.yield_count = 1;
  with->boolean = headers;
  map->args[0] = with;
  map->count = 1;
  if (sl_cypher_accept_keyword(parser, "FIELDTERMINATOR")) {
    map->args[1] = sl_cypher_expression_read(parser);
    map->count = 2;
  }
  if (parser->status != SL_OK) return false;
  map->names = (sl_cypher_name *)(uintptr_t)keys; // only read
  map->name_count = map->count;
  c->call.args[1] = sl_cypher_expression_done(parser, map);
  return c->call.args[1] != NULL;
}

// ------------------------------------------------------------------- clauses

static const struct {
  const char *word;
  uint8_t kind;
} clause_words[] = {{"MATCH", SL_CYPHER_MATCH},
                    {"OPTIONAL", SL_CYPHER_MATCH},
                    {"UNWIND", SL_CYPHER_UNWIND},
                    {"FOR", SL_CYPHER_UNWIND},
                    {"WITH", SL_CYPHER_WITH},
                    {"FILTER", SL_CYPHER_WITH},
                    {"LET", SL_CYPHER_WITH},
                    {"RETURN", SL_CYPHER_RETURN},
                    {"CREATE", SL_CYPHER_CREATE},
                    {"INSERT", SL_CYPHER_CREATE},
                    {"MERGE", SL_CYPHER_MERGE},
                    {"SET", SL_CYPHER_SET},
                    {"REMOVE", SL_CYPHER_REMOVE},
                    {"DELETE", SL_CYPHER_DELETE},
                    {"DETACH", SL_CYPHER_DELETE},
                    {"NODETACH", SL_CYPHER_DELETE},
                    {"CALL", SL_CYPHER_CALL_PROCEDURE},
                    {"LOAD", SL_CYPHER_CALL_PROCEDURE},
                    {"DROP", SL_CYPHER_CALL_PROCEDURE},
                    {"SHOW", SL_CYPHER_CALL_PROCEDURE}};

static int clause_at(const sl_cypher_parser *parser) {
  for (size_t i = 0; i < sizeof clause_words / sizeof *clause_words; i++)
    if (sl_cypher_at(parser, clause_words[i].word)) return clause_words[i].kind;
  return -1;
}

static sl_cypher_clause *clause(sl_cypher_parser *parser) {
  const int kind = clause_at(parser);
  const bool optional = sl_cypher_at(parser, "OPTIONAL"), detach = sl_cypher_at(parser, "DETACH"),
             loads = sl_cypher_at(parser, "LOAD"), shows = sl_cypher_at(parser, "SHOW"),
             creates = sl_cypher_at(parser, "CREATE"), drops = sl_cypher_at(parser, "DROP"),
             turned = sl_cypher_at(parser, "FOR"), filters = sl_cypher_at(parser, "FILTER"),
             lets = sl_cypher_at(parser, "LET"), deletes = sl_cypher_at(parser, "DELETE");
  const uint32_t list = parser->pending_count;
  sl_cypher_clause *c = SL_CYPHER_TAKE(parser, sl_cypher_clause, 1);
  if (c == NULL) return NULL;
  if (kind < 0) return sl_cypher_unexpected(parser, "Expected a clause, such as MATCH or RETURN");
  c->kind = (uint8_t)kind;
  c->begin = parser->token.begin;
  sl_cypher_advance(parser);
  bool good = true;
  if (shows || drops || (creates && sl_cypher_index_follows(parser))) {
    good = sl_cypher_index_read(parser, c) && (!shows || yields(parser, c));
    c->end = parser->last_end;
    return good ? c : NULL;
  }
  switch (kind) {
  case SL_CYPHER_MATCH:
    c->match.optional = optional;
    good = (!optional || sl_cypher_expect_keyword(parser, "MATCH", "Expected MATCH")) &&
           sl_cypher_pattern_read(parser, &c->match.pattern) && where(parser, &c->match.where);
    break;
  case SL_CYPHER_UNWIND:
    // FOR x IN list is UNWIND list AS x.
    if (turned) {
      c->unwind.name = sl_cypher_name_read(parser, "Expected a name after FOR");
      good = sl_cypher_expect_keyword(parser, "IN", "Expected IN after the name");
    }
    c->unwind.list = sl_cypher_expression_read(parser);
    if (!turned) {
      good = sl_cypher_expect_keyword(parser, "AS", "Expected AS and a name after the list");
      c->unwind.name = sl_cypher_name_read(parser, "Expected a name after AS");
    }
    c->unwind.slot = SL_CYPHER_NONE;
    break;
  case SL_CYPHER_WITH:
  case SL_CYPHER_RETURN:
    good = filters || lets ? star(parser, &c->projection, filters)
                           : projection(parser, &c->projection, kind == SL_CYPHER_WITH);
    break;
  case SL_CYPHER_CREATE:
    good = sl_cypher_pattern_read(parser, &c->create.pattern);
    break;
  case SL_CYPHER_MERGE:
    good = merge(parser, c);
    break;
  case SL_CYPHER_SET:
  case SL_CYPHER_REMOVE:
    c->set.items = assignments(parser, kind == SL_CYPHER_REMOVE, list, &c->set.count);
    break;
  case SL_CYPHER_DELETE:
    c->deletion.detach = detach;
    good = deletes || sl_cypher_expect_keyword(parser, "DELETE", "Expected DELETE");
    if (good) c->deletion.targets = expressions(parser, &c->deletion.count);
    break;
  default:
    good = loads ? load(parser, c) : call(parser, c);
  }
  c->end = parser->last_end;
  return good && parser->status == SL_OK ? c : NULL;
}

static void *composition(sl_cypher_parser *parser, uint32_t position, const char *what) {
  return sl_cypher_refuse_syntax(parser, SL_CYPHER_INVALID_CLAUSE_COMPOSITION, position, what);
}

static bool ends_here(const sl_cypher_parser *parser, bool inner) {
  const uint8_t w = parser->token.word;
  return w == SL_CYPHER_WORD_END || (inner ? w == '}' : w == ';') || sl_cypher_at(parser, "UNION");
}

static sl_cypher_single *branch(sl_cypher_parser *parser, bool inner) {
  const uint32_t list = parser->pending_count;
  sl_cypher_single *single = SL_CYPHER_TAKE(parser, sl_cypher_single, 1);
  if (single == NULL) return NULL;
  do {
    if (!sl_cypher_pend(parser, clause(parser))) return NULL;
    const sl_cypher_clause *last = parser->pending[parser->pending_count - 1];
    const bool alone = last->kind == SL_CYPHER_CALL_PROCEDURE && last->call.alone;
    if (alone && (inner || parser->pending_count > list + 1 || !ends_here(parser, inner)))
      return composition(parser, last->begin, "An index is made or dropped by a query of its own");
    if (last->kind == SL_CYPHER_RETURN && !ends_here(parser, inner)) {
      if (clause_at(parser) >= 0)
        return composition(parser, parser->token.begin, "No clause follows RETURN");
      return sl_cypher_unexpected(parser, "Expected the end of the query");
    }
  } while (!ends_here(parser, inner));
  single->clauses = sl_cypher_gather(parser, list, sizeof *single->clauses, &single->count);
  return parser->status == SL_OK ? single : NULL;
}

// May a branch end with its last clause?
static bool ending(sl_cypher_parser *parser, const sl_cypher_single *single, bool inner) {
  const sl_cypher_clause *last = single->clauses + single->count - 1;
  if (inner && last->kind != SL_CYPHER_WITH) return true;
  if (last->kind == SL_CYPHER_MATCH || last->kind == SL_CYPHER_UNWIND ||
      last->kind == SL_CYPHER_WITH ||
      (last->kind == SL_CYPHER_CALL_PROCEDURE && single->count > 1 && last->call.yield_count > 0))
    return composition(parser, last->end, "The query ends without RETURN") != NULL;
  return true;
}

bool sl_cypher_query_read(sl_cypher_parser *parser, sl_cypher_query *out, bool inner) {
  const uint32_t list = parser->pending_count;
  for (uint32_t i = 0;; i++) {
    sl_cypher_single *single = branch(parser, inner);
    if (single == NULL || !ending(parser, single, inner) || !sl_cypher_pend(parser, single))
      return false;
    const uint32_t position = parser->token.begin;
    if (!sl_cypher_accept_keyword(parser, "UNION")) break;
    const bool all = sl_cypher_accept_keyword(parser, "ALL");
    if (!all) sl_cypher_accept_keyword(parser, "DISTINCT");
    if (i > 0 && all != out->all)
      return composition(parser, position, "UNION and UNION ALL do not mix") != NULL;
    out->all = all;
  }
  out->branches = sl_cypher_gather(parser, list, sizeof *out->branches, &out->count);
  return out->branches != NULL;
}

// A pattern with WHERE, perhaps: it is a MATCH.
static bool bare_match(sl_cypher_parser *parser, sl_cypher_query *out) {
  sl_cypher_single *single = SL_CYPHER_TAKE(parser, sl_cypher_single, 1);
  sl_cypher_clause *c = SL_CYPHER_TAKE(parser, sl_cypher_clause, 1);
  if (single == NULL || c == NULL) return false;
  c->kind = SL_CYPHER_MATCH;
  c->begin = parser->token.begin;
  single->count = out->count = 1;
  single->clauses = c;
  out->branches = single;
  const bool good =
      sl_cypher_pattern_read(parser, &c->match.pattern) && where(parser, &c->match.where);
  c->end = parser->last_end;
  return good;
}

sl_cypher_query *sl_cypher_subquery_read(sl_cypher_parser *parser) {
  sl_cypher_query *query = SL_CYPHER_TAKE(parser, sl_cypher_query, 1);
  if (query == NULL || !sl_cypher_enter(parser)) return NULL;
  if (!sl_cypher_expect(parser, '{', "Expected { after EXISTS or COUNT")) return NULL;
  const bool clauses = sl_cypher_is_name(parser->token) && clause_at(parser) >= 0 &&
                       sl_cypher_after(parser, parser->token).word != '=';
  if (!(clauses ? sl_cypher_query_read(parser, query, true) : bare_match(parser, query)))
    return NULL;
  parser->depth--;
  return sl_cypher_expect(parser, '}', "Expected } at the end of the subquery") ? query : NULL;
}

// --------------------------------------------------------------------- entry

static void read_statement(sl_cypher_parser *parser) {
  sl_cypher_statement *statement = &parser->tree->statement;
  const char *kept = parser->lexer.text;
  statement->text = sl_cypher_copy(parser, kept, parser->lexer.length);
  parser->token = sl_cypher_next(&parser->lexer, 0);
  if (sl_cypher_at(parser, "EXPLAIN"))
    statement->mode = SL_CYPHER_EXPLAIN;
  else if (sl_cypher_at(parser, "PROFILE"))
    statement->mode = SL_CYPHER_PROFILE;
  if (statement->mode != SL_CYPHER_RUN) sl_cypher_advance(parser);
  if (!sl_cypher_query_read(parser, &statement->query, false)) return;
  sl_cypher_accept(parser, ';');
  if (parser->token.word != SL_CYPHER_WORD_END)
    sl_cypher_unexpected(parser, "Expected the end of the query");
  else
    sl_cypher_analyse(parser);
}

sl_status sl_cypher_parse(const char *text, size_t length, const sl_cypher_setting *setting,
                          sl_cypher_statement **out, sl_cypher_problem *problem) {
  static const sl_cypher_setting none = {0, NULL, false, 0, NULL};
  sl_cypher_parser parser;
  *out = NULL;
  SL_REQUIRE(length <= SL_CYPHER_MOST_TEXT, SL_ERR_RANGE, "length", "at most 16 MiB of text");
  memset(&parser, 0, sizeof parser);
  SL_TRY(SL_ALLOC_ZERO(&parser.tree, 1));
  parser.tree->statement.bytes = sizeof *parser.tree;
  parser.problem = problem;
  parser.setting = setting != NULL ? setting : &none;
  parser.lexer.text = text;
  parser.lexer.length = (uint32_t)length;
  read_statement(&parser);
  sl_free(parser.pending);
  if (parser.status != SL_OK) {
    sl_cypher_destroy(&parser.tree->statement);
    return parser.status;
  }
  *out = &parser.tree->statement;
  return SL_OK;
}
