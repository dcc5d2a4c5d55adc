// The language of queries: trees of expressions, slots and scopes, places of errors, depth, and memory that runs out. That
// all queries of the openCypher kit compile or are refused as it says is test/property/kit.test.ts.
#include "check.h"

#include <string.h>

#include "property_tree.h"

static char *append(char *at, const char *text) {
  const size_t length = strlen(text);
  memcpy(at, text, length + 1);
  return at + length;
}

static const sl_cypher_field fields[] = {{"name", SL_CYPHER_TYPE_STRING},
                                         {"age", SL_CYPHER_TYPE_INTEGER}};
static const sl_cypher_procedure procedures[] = {{"test.proc", 1, 2, fields, fields}};
static const sl_cypher_setting setting = {1, procedures, false, 0, NULL};
static sl_cypher_problem problem;

static sl_cypher_statement *parse(const char *text) {
  // Without the terminator: reading past the end is found.
  const size_t length = strlen(text);
  char *copy = malloc(length > 0 ? length : 1);
  sl_cypher_statement *statement;
  memcpy(copy, text, length);
  const sl_status status = sl_cypher_parse(copy, length, &setting, &statement, &problem);
  free(copy);
  assert_true(status == SL_OK || status == SL_ERR_PARSE);
  assert_true((status == SL_OK) == (statement != NULL));
  if (statement != NULL) check_statement(statement);
  return statement;
}

static sl_cypher_statement *accept(const char *text) {
  sl_cypher_statement *s = parse(text);
  if (s == NULL) fail_msg("%s\n%s", text, problem.message);
  return s;
}

static void refuse(const char *text, sl_cypher_detail detail, uint32_t line, uint32_t column) {
  sl_cypher_statement *s = parse(text);
  if (s != NULL) fail_msg("accepted: %s", text);
  if (problem.detail != detail || problem.line != line || problem.column != column)
    fail_msg("%s\n%s at %u:%u, not %s at %u:%u", text, sl_cypher_detail_name(problem.detail),
             problem.line, problem.column, sl_cypher_detail_name(detail), line, column);
}

// ------------------------------------------------------------ trees as text

static char drawn[4096];

static void draw(const char *text) {
  assert_true(strlen(drawn) + strlen(text) < sizeof drawn);
  strcat(drawn, text);
}

static void draw_name(sl_cypher_name name) {
  char text[200];
  snprintf(text, sizeof text, "%.*s", (int)name.length, name.text);
  draw(text);
}

static const char *const ops[] = {
    "NOT", "-",  "+",  "ISNULL", "NOTNULL", "+", "-",  "*", "/",  "%",   "^",   "IN",   "SW",
    "EW",  "CO", "=~", "=",      "<>",      "<", "<=", ">", ">=", "all", "any", "none", "single"};

static void draw_expression(const sl_cypher_expression *e) {
  char text[60];
  if (e == NULL) {
    draw("_");
    return;
  }
  switch (e->kind) {
  case SL_CYPHER_NULL:
    draw("null");
    return;
  case SL_CYPHER_BOOLEAN:
    draw(e->boolean ? "true" : "false");
    return;
  case SL_CYPHER_INTEGER:
    snprintf(text, sizeof text, "%lld", (long long)e->integer);
    draw(text);
    return;
  case SL_CYPHER_FLOAT:
    snprintf(text, sizeof text, "%.17gf", e->real);
    draw(text);
    return;
  case SL_CYPHER_STRING:
    draw("'");
    draw_name(e->string);
    draw("'");
    return;
  case SL_CYPHER_PARAMETER:
    draw("$");
    draw_name(e->names[0]);
    return;
  case SL_CYPHER_VARIABLE:
    draw_name(e->names[0]);
    return;
  case SL_CYPHER_AND:
    draw("(AND");
    break;
  case SL_CYPHER_OR:
    draw("(OR");
    break;
  case SL_CYPHER_XOR:
    draw("(XOR");
    break;
  case SL_CYPHER_UNARY:
  case SL_CYPHER_BINARY:
    draw("(");
    draw(ops[e->op]);
    break;
  case SL_CYPHER_COMPARE:
    draw("(");
    for (uint32_t i = 0; i + 1 < e->count; i++) draw(ops[e->ops[i]]);
    break;
  case SL_CYPHER_QUANTIFIER:
    draw("(");
    draw(ops[e->op]);
    break;
  case SL_CYPHER_LIST:
    draw("(list");
    break;
  case SL_CYPHER_MAP:
    draw("(map");
    break;
  case SL_CYPHER_PROPERTY:
    draw("(.");
    break;
  case SL_CYPHER_INDEX:
    draw("([]");
    break;
  case SL_CYPHER_SLICE:
    draw("([..]");
    break;
  case SL_CYPHER_HAS_LABELS:
    draw("(:");
    break;
  case SL_CYPHER_CASE:
    draw("(case");
    break;
  case SL_CYPHER_LIST_COMPREHENSION:
    draw("(for");
    break;
  case SL_CYPHER_REDUCE:
    draw("(reduce");
    break;
  case SL_CYPHER_CALL:
    draw("(");
    if (e->distinct) draw("distinct ");
    break;
  case SL_CYPHER_PATTERN:
    draw("(pattern");
    break;
  case SL_CYPHER_PATTERN_COMPREHENSION:
    draw("(matches");
    break;
  case SL_CYPHER_EXISTS:
    draw("(exists");
    break;
  default:
    draw("(count");
    break;
  }
  for (uint32_t i = 0; i < e->name_count; i++) {
    if (i > 0 || e->kind != SL_CYPHER_CALL) draw(" ");
    draw_name(e->names[i]);
  }
  for (uint32_t i = 0; i < e->count; i++) {
    draw(" ");
    draw_expression(e->args[i]);
  }
  draw(")");
}

static const sl_cypher_projection *last_projection(const sl_cypher_statement *s) {
  const sl_cypher_single *branch = s->query.branches;
  return &branch->clauses[branch->count - 1].projection;
}

// The expression, with a, b, c, d and the node n defined.
static void assert_tree(const char *expression, const char *wanted) {
  char text[1024];
  snprintf(text, sizeof text,
           "UNWIND [$x, $y] AS a MATCH (n) WITH n, a, a AS b, a AS c, a AS d RETURN %s",
           expression);
  sl_cypher_statement *s = accept(text);
  drawn[0] = 0;
  draw_expression(last_projection(s)->items[0].expression);
  assert_string_equal(drawn, wanted);
  drawn[0] = 0;
  draw_name(s->columns[0]);
  assert_string_equal(drawn, expression); // a column has the text as its name
  sl_cypher_destroy(s);
}

static void operators_bind_as_in_the_grammar(void **state) {
  (void)state;
  assert_tree("a OR b XOR c AND NOT d = 1", "(OR a (XOR b (AND c (NOT (= d 1)))))");
  assert_tree("NOT NOT a AND b", "(AND (NOT (NOT a)) b)");
  assert_tree("a + b * c ^ -d", "(+ a (* b (^ c (- d))))");
  assert_tree("-a ^ b", "(^ (- a) b)");
  assert_tree("a ^ b ^ c", "(^ (^ a b) c)");
  assert_tree("a - b - c", "(- (- a b) c)");
  assert_tree("a / b % c * d", "(* (% (/ a b) c) d)");
  assert_tree("a - -1", "(- a -1)");
  assert_tree("a -1", "(- a 1)");
  assert_tree("- 5", "-5");
  assert_tree("-a.x", "(- (. x a))");
  assert_tree("1 < a <= 2 <> b", "(<<=<> 1 a 2 b)");
  assert_tree("(a = b) = c", "(= (= a b) c)");
  assert_tree("a = b IN c", "(= a (IN b c))");
  assert_tree("a IN b + c", "(IN a (+ b c))");
  assert_tree("a + b IS NULL = c", "(= (ISNULL (+ a b)) c)");
  assert_tree("a STARTS WITH b OR a ends with c or a contains d",
              "(OR (SW a b) (EW a c) (CO a d))");
  assert_tree("a =~ 'x' IS NOT NULL", "(NOTNULL (=~ a 'x'))");
  assert_tree("NOT a IN b", "(NOT (IN a b))");
  assert_tree("a.b.c[0][1..][..2][a..b]", "([..] ([..] ([..] ([] (. c (. b a)) 0) 1 _) _ 2) a b)");
  assert_tree("n:A:B AND n.x", "(AND (: A B n) (. x n))");
}

static void operands(void **state) {
  (void)state;
  assert_tree("[a, [], [1]]", "(list a (list) (list 1))");
  assert_tree("{x: 1, `y z`: {}}", "(map x y z 1 (map))");
  assert_tree("[x IN a WHERE x > 1 | x + 1]", "(for x a (> x 1) (+ x 1))");
  assert_tree("[x IN a]", "(for x a _ _)");
  assert_tree("all(x IN a WHERE x) AND none(y IN b WHERE y)", "(AND (all x a x) (none y b y))");
  assert_tree("reduce(s = 0, x IN a | s + x)", "(reduce s x 0 a (+ s x))");
  assert_tree("CASE WHEN a THEN 1 WHEN b THEN 2 END", "(case _ a 1 b 2 _)");
  assert_tree("CASE a WHEN 1 THEN b ELSE c END", "(case a 1 b c)");
  assert_tree("toUPPER(a)", "(toUPPER a)");
  assert_tree("date.truncate('day', a)", "(date.truncate 'day' a)");
  assert_tree("exists((n)-->())", "(exists (pattern))");
  assert_tree("EXISTS { (n)-->(m) WHERE m.x }", "(exists)");
  assert_tree("COUNT { MATCH (n)-->(m) RETURN m } > 1", "(> (count) 1)");
  assert_tree("[(n)-->(m) WHERE m.x | m.y]", "(matches (. x m) (. y m))");
  assert_tree("[p = (n)-->() | p]", "(matches _ p)");
  assert_tree("(a) - (b)", "(- a b)");
  assert_tree("(a)-[b][0]", "(- a ([] (list b) 0))");
  assert_tree("(a) < -1", "(< a -1)");
}

static void numbers_and_strings(void **state) {
  (void)state;
  assert_tree("9223372036854775807", "9223372036854775807");
  assert_tree("-9223372036854775808", "-9223372036854775808");
  assert_tree("0x7fffffffffffffff", "9223372036854775807");
  assert_tree("-0x8000000000000000", "-9223372036854775808");
  assert_tree("0o17", "15");
  assert_tree(".5", "0.5f");
  assert_tree("-1e-3", "-0.001f");
  assert_tree("1.7976931348623157E308", "1.7976931348623157e+308f");
  assert_tree("'a\\'b\\u0041\\\\'", "'a'bA\\'");
  assert_tree("\"\\uD83D\\uDE00\\U0001F600\"", "'\xf0\x9f\x98\x80\xf0\x9f\x98\x80'");
}

// ------------------------------------------------------------------- refusals

static void errors_name_the_place(void **state) {
  (void)state;
  refuse("", SL_CYPHER_UNEXPECTED_SYNTAX, 1, 1);
  refuse("RETURN", SL_CYPHER_UNEXPECTED_SYNTAX, 1, 7);
  refuse("MATCH (n)\nRETURN m", SL_CYPHER_UNDEFINED_VARIABLE, 2, 8);
  refuse("RETURN '\xc3\xa4\xc3\xb6' + x", SL_CYPHER_UNDEFINED_VARIABLE, 1, 15);
  refuse("RETURN 1 /* never", SL_CYPHER_UNEXPECTED_SYNTAX, 1, 10);
  refuse("RETURN 'never", SL_CYPHER_UNEXPECTED_SYNTAX, 1, 8);
  refuse("RETURN 'a\\x'", SL_CYPHER_UNEXPECTED_SYNTAX, 1, 10);
  refuse("RETURN '\\uD83D'", SL_CYPHER_INVALID_UNICODE_LITERAL, 1, 9);
  refuse("RETURN '\xff'", SL_CYPHER_INVALID_UNICODE_CHARACTER, 1, 9);
  refuse("RETURN 1 \xe2\x80\x94 2", SL_CYPHER_INVALID_UNICODE_CHARACTER, 1, 10);
  refuse("RETURN 9223372036854775808", SL_CYPHER_INTEGER_OVERFLOW, 1, 8);
  refuse("RETURN 1e309", SL_CYPHER_FLOATING_POINT_OVERFLOW, 1, 8);
  refuse("RETURN 12ab", SL_CYPHER_INVALID_NUMBER_LITERAL, 1, 8);
  refuse("RETURN foo(1)", SL_CYPHER_UNKNOWN_FUNCTION, 1, 8);
  refuse("RETURN size()", SL_CYPHER_INVALID_NUMBER_OF_ARGUMENTS, 1, 8);
  refuse("RETURN size(DISTINCT 'a')", SL_CYPHER_UNEXPECTED_SYNTAX, 1, 13);
  refuse("MATCH (n)", SL_CYPHER_INVALID_CLAUSE_COMPOSITION, 1, 10);
  refuse("RETURN 1 RETURN 2", SL_CYPHER_INVALID_CLAUSE_COMPOSITION, 1, 10);
  refuse("RETURN 1; RETURN 2", SL_CYPHER_UNEXPECTED_SYNTAX, 1, 11);
  refuse("MATCH (a)-[r*2..-1]->(b) RETURN 1", SL_CYPHER_INVALID_RELATIONSHIP_PATTERN, 1, 17);
  refuse("MATCH (a:!B) CREATE (c:!D)", SL_CYPHER_UNEXPECTED_SYNTAX, 1, 24);
  refuse("MATCH (n) RETURN n.a AS x ORDER BY y", SL_CYPHER_UNDEFINED_VARIABLE, 1, 36);
  refuse("UNWIND [1] AS x UNWIND [2] AS x RETURN x", SL_CYPHER_VARIABLE_ALREADY_BOUND, 1, 17);
  refuse("RETURN [x IN [1] | y]", SL_CYPHER_UNDEFINED_VARIABLE, 1, 20);
  refuse("RETURN [x IN [1] | x] + x", SL_CYPHER_UNDEFINED_VARIABLE, 1, 25);
  refuse("RETURN EXISTS { MATCH (n) CREATE (m) }", SL_CYPHER_INVALID_CLAUSE_COMPOSITION, 1, 27);
  refuse("MATCH (n) WHERE (n)-->(m) RETURN n", SL_CYPHER_UNDEFINED_VARIABLE, 1, 23);
  refuse("RETURN 1 LIMIT 'a'", SL_CYPHER_INVALID_ARGUMENT_TYPE, 1, 16);
  refuse("CALL test.proc(1)", SL_CYPHER_INVALID_ARGUMENT_TYPE, 1, 16);
  refuse("CALL test.proc('a') YIELD size RETURN size", SL_CYPHER_UNDEFINED_VARIABLE, 1, 27);
  refuse("WITH 1 AS a, 2 AS b RETURN a + count(b)", SL_CYPHER_AMBIGUOUS_AGGREGATION, 1, 28);
}

static void messages_have_a_caret(void **state) {
  (void)state;
  refuse("MATCH (n)\n  RETURN n.\xc3\xa4 + missing", SL_CYPHER_UNDEFINED_VARIABLE, 2, 16);
  assert_string_equal(problem.message, "Variable missing is not defined (line 2, column 16)\n"
                                       "  RETURN n.\xc3\xa4 + missing\n"
                                       "               ^");
  char text[4000];
  memset(text, ' ', sizeof text);
  memcpy(text, "RETURN", 6);
  text[2000] = '?';
  text[3999] = 0;
  refuse(text, SL_CYPHER_UNEXPECTED_SYNTAX, 1, 2001);
  const char *caret = strchr(problem.message, '^'), *line = strchr(problem.message, '\n') + 1;
  assert_true(line[caret - strchr(line, '\n') - 1] == '?');
}

// ------------------------------------------------------------------- scopes

static void slots_follow_the_names(void **state) {
  (void)state;
  sl_cypher_statement *s = accept("MATCH (a)-[r]->(b) WITH a, b AS c, count(r) AS n WHERE n > 1 "
                                  "WITH *, n AS m MATCH (a)-->(x) RETURN a, c, x ORDER BY m");
  const sl_cypher_clause *clauses = s->query.branches[0].clauses;
  const sl_cypher_part *first = clauses[0].match.pattern.parts[0];
  const sl_cypher_projection *with = &clauses[1].projection;
  assert_int_equal(with->items[0].slot, first->nodes[0].slot); // handed on
  assert_true(with->items[1].slot != first->nodes[1].slot);
  assert_int_equal(with->aggregate_count, 1);
  assert_int_equal(with->where->args[0]->slot, with->items[2].slot);
  const sl_cypher_projection *star = &clauses[2].projection;
  assert_int_equal(star->item_count, 4); // a, c, n in the order of names, then m
  assert_memory_equal(star->items[1].name.text, "c", 1);
  const sl_cypher_part *second = clauses[3].match.pattern.parts[0];
  assert_true(second->nodes[0].bound && !second->nodes[1].bound);
  assert_int_equal(second->nodes[0].slot, first->nodes[0].slot);
  assert_int_equal(s->slots[second->nodes[1].slot].type, SL_CYPHER_TYPE_NODE);
  assert_int_equal(s->column_count, 3);
  assert_int_equal(s->column_slots[2], second->nodes[1].slot);
  sl_cypher_destroy(s);
}

static void sorting_sees_items(void **state) {
  (void)state;
  sl_cypher_statement *s =
      accept("MATCH (a) RETURN a.x AS x, count(*) AS c ORDER BY a.x, count(*) + 1, sum(x)");
  const sl_cypher_projection *p = last_projection(s);
  assert_int_equal(p->sorts[0].expression->kind, SL_CYPHER_VARIABLE);
  assert_int_equal(p->sorts[0].expression->slot, p->items[0].slot);
  assert_int_equal(p->sorts[1].expression->args[0]->slot, p->items[1].slot);
  assert_int_equal(p->aggregate_count, 2);
  // What it sums is evaluated before the items are.
  assert_int_equal(p->sorts[2].expression->args[0]->kind, SL_CYPHER_PROPERTY);
  sl_cypher_destroy(s);
}

static void parameters_are_counted_once(void **state) {
  (void)state;
  sl_cypher_statement *s = accept("RETURN $a + $b + $a AS c, $`d e`, $0");
  assert_int_equal(s->parameter_count, 4);
  assert_int_equal(last_projection(s)->items[0].expression->args[1]->index, 0);
  assert_memory_equal(s->parameters[2].text, "d e", 3);
  sl_cypher_destroy(s);
}

static void labels_of_gql(void **state) {
  (void)state;
  sl_cypher_statement *s = accept("MATCH (n:A&B)-[r:X|Y]->{2,3}(m:C|!D WHERE m.x > 1) RETURN n");
  const sl_cypher_part *p = s->query.branches[0].clauses[0].match.pattern.parts[0];
  assert_int_equal(p->nodes[0].label_count, 2);
  assert_null(p->nodes[0].where);
  assert_true(p->relationships[0].variable);
  assert_int_equal(p->relationships[0].type_count, 2);
  assert_int_equal(p->relationships[0].least, 2);
  assert_int_equal(p->relationships[0].most, 3);
  assert_int_equal(p->nodes[1].where->kind, SL_CYPHER_AND);
  assert_int_equal(p->nodes[1].where->args[0]->args[0]->args[0]->slot, p->nodes[1].slot);
  sl_cypher_destroy(s);
}

// ------------------------------------------------------------------- limits

// before, `open` times, middle, `close` times, after.
static char *nested(const char *before, const char *open, const char *middle, const char *close,
                    const char *after, size_t times) {
  const size_t o = strlen(open), c = strlen(close);
  char *text = malloc(strlen(before) + times * (o + c) + strlen(middle) + strlen(after) + 1);
  char *at = append(text, before);
  for (size_t i = 0; i < times; i++) at = append(at, open);
  at = append(at, middle);
  for (size_t i = 0; i < times; i++) at = append(at, close);
  strcpy(at, after);
  return text;
}

static void depth_is_refused(void **state) {
  (void)state;
  static const char *const forms[][3] = {{"(", "1", ")"},
                                         {"[", "", "]"},
                                         {"{a: ", "1", "}"},
                                         {"NOT ", "true", ""},
                                         {"-", "$a", ""},
                                         {"", "1", " + 1"},
                                         {"", "$a", ".b"},
                                         {"", "$a", "[0]"},
                                         {"size(", "'a'", ")"},
                                         {"[x IN ", "[]", "]"},
                                         {"1 + (", "1", ")"},
                                         {"CASE WHEN ", "true", " THEN 1 END"},
                                         {"all(x IN ", "[]", " WHERE x)"},
                                         {"EXISTS { MATCH (n) WHERE ", "true", " }"},
                                         {"[(a)-->({a: ", "1", "}) | 1]"},
                                         {"", "1", " IS NULL"},
                                         {"[", "", ""},
                                         {"(", "", ""},
                                         {"({a:", "", ""},
                                         {"reduce(a = ", "1", ", b IN [] | a)"}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    char *text = nested("MATCH (a) RETURN ", forms[i][0], forms[i][1], forms[i][2], "", 100000);
    assert_null(parse(text));
    assert_int_equal(problem.detail, SL_CYPHER_UNEXPECTED_SYNTAX);
    free(text);
  }
  char *text = nested("MATCH ", "(", "(a)-->(b)", ")", " RETURN a", 100000);
  assert_null(parse(text));
  free(text);
  text = nested("MATCH (a:", "(", "A", ")", ") RETURN a", 100000);
  assert_null(parse(text));
  free(text);
  text = nested("RETURN ", "(", "1", ")", " AS x", 50);
  sl_cypher_destroy(accept(text));
  free(text);
}

static void length_is_not(void **state) {
  (void)state;
  static const char *const forms[][3] = {{"RETURN true", " AND true", ""},
                                         {"RETURN true", " OR false", ""},
                                         {"RETURN true", " XOR true", ""},
                                         {"RETURN 1", " < 2", ""},
                                         {"RETURN [1", ", 1", "]"},
                                         {"MATCH (a)", "-->(a)", " RETURN a"},
                                         {"MATCH (a)", ", (a)", " RETURN a"},
                                         {"RETURN 1 AS a", " UNION ALL RETURN 1 AS a", ""},
                                         {"WITH 1 AS a", " WITH a", " RETURN a"},
                                         {"RETURN {a: 1", ", a: 1", "}"},
                                         {"MATCH (a:A", ":A", ") RETURN a"}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    char *text = nested(forms[i][0], forms[i][1], forms[i][2], "", "", 100000);
    sl_cypher_destroy(accept(text));
    free(text);
  }
}

static void names_are_many(void **state) {
  (void)state;
  const uint32_t count = 50000;
  char *text = malloc(count * 16), *at = append(text, "CREATE (n)");
  for (uint32_t i = 0; i < count; i++) at += sprintf(at, ", (n%u)", i);
  sl_cypher_statement *s = accept(text);
  assert_int_equal(s->slot_count, count + 1);
  sl_cypher_destroy(s);
  free(text);
}

static void columns_are_bounded(void **state) {
  (void)state;
  for (uint32_t count = 4096; count < 4098; count++) {
    char *text = malloc(count * 16), *at = append(text, "RETURN 1 AS a0");
    for (uint32_t i = 1; i < count; i++) at += sprintf(at, ", 1 AS a%u", i);
    sl_cypher_statement *s = parse(text);
    assert_true((s != NULL) == (count == 4096));
    sl_cypher_destroy(s);
    free(text);
  }
}

static void memory_runs_out(void **state) {
  (void)state;
  static const char text[] =
      "MATCH p = (a:A {x: $y})-[r*1..2]->(b) WHERE (a)-->() AND a.z = [q IN [true] WHERE q | {k: "
      "q}] "
      "WITH DISTINCT a, count(*) AS c, collect(b) AS d ORDER BY c, sum(a.x) SKIP 1 LIMIT 2 "
      "MERGE (e:E) ON CREATE SET e.x = 1 ON MATCH SET e:F CALL test.proc('x') YIELD age AS f "
      "RETURN *, EXISTS { (a)-->(g) } AS h UNION RETURN 1 AS a, 2 AS c, 3 AS d, 4 AS e, 5 AS f, 6 "
      "AS h";
  sl_cypher_statement *s = accept(text);
  const size_t all = s->bytes;
  sl_cypher_destroy(s);
  for (size_t bytes = 0; bytes < 3 * all; bytes += 64) {
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    const sl_status status = sl_cypher_parse(text, sizeof text - 1, &setting, &s, &problem);
    sl_memory_budget_end(&budget);
    assert_true(status == SL_ERR_MEMORY || (status == SL_OK && bytes >= all));
    sl_cypher_destroy(s);
    assert_int_equal(sl_bytes_in_use(), 0);
  }
}

static void beginnings_are_refused_or_right(void **state) {
  (void)state;
  static const char text[] =
      "MATCH (a:A|B {x: '\xc3\xa4'})<-[r:R*1..2 {y: .5}]-(b) WHERE a.x =~ 'x\\u0041' "
      "OR NOT (a)--(b) RETURN CASE a WHEN 1 THEN 2 END AS `x y`, $p[1..]";
  char *copy = malloc(sizeof text);
  for (size_t length = 0; length < sizeof text; length++) {
    memcpy(copy, text, length);
    copy[length] = 0;
    sl_cypher_destroy(parse(copy));
  }
  free(copy);
  sl_cypher_statement *s;
  assert_refused(sl_cypher_parse(text, (size_t)SL_CYPHER_MOST_TEXT + 1, NULL, &s, &problem),
                 SL_ERR_RANGE, "length");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(operators_bind_as_in_the_grammar),
      property(operands),
      property(numbers_and_strings),
      property(errors_name_the_place),
      property(messages_have_a_caret),
      property(slots_follow_the_names),
      property(sorting_sees_items),
      property(parameters_are_counted_once),
      property(labels_of_gql),
      property(depth_is_refused),
      property(length_is_not),
      property(names_are_many),
      property(columns_are_bounded),
      property(memory_runs_out),
      property(beginnings_are_refused_or_right),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
