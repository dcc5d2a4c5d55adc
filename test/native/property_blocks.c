// Questions about random graphs, each asked in two ways: as it stands, where patterns go in blocks, conditions by pages and
// neighbours by numbers; and so that rows are made one at a time and tested afterwards. Both have the same rows.
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "property/property.h"

#ifndef QUERIES
#define QUERIES SL_TRIES(10000)
#endif
#define TEXT(s) (const uint8_t *)(s), (uint32_t)strlen(s)

static sl_rng rng;

static uint32_t below(uint32_t n) { return sl_rng_below(&rng, n); }

typedef struct text {
  char data[2000];
  size_t length;
} text;

__attribute__((format(printf, 2, 3))) static void say(text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(t->data + t->length, sizeof t->data - t->length, format, args);
  va_end(args);
  assert_true(n >= 0 && (size_t)n < sizeof t->data - t->length);
  t->length += (size_t)n;
}

// ---- graphs -------------------------------------------------------------------------------------

typedef struct answer {
  uint8_t *bytes;
  size_t count;
  double rows;
  sl_status status;
} answer;

static answer ask(sl_property *g, const char *query, uint64_t work) {
  sl_property_query *q;
  answer a = {NULL, 0, 0, SL_OK};
  double numbers[3];
  a.status = sl_property_prepare(g, TEXT(query), &q);
  if (a.status != SL_OK) fail_msg("refused: %s", query);
  a.status = sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1);
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  while (a.status == SL_OK && outcome == SL_OUTCOME_RUNNING) {
    a.status = sl_job_step(sl_property_job(q), work, &outcome);
    if (a.status != SL_OK) break;
    sl_property_take(q, numbers);
    if (numbers[2] == 0) continue;
    a.bytes = realloc(a.bytes, a.count + (size_t)numbers[1]);
    memcpy(a.bytes + a.count, (const void *)(uintptr_t)numbers[0], (size_t)numbers[1]);
    a.count += (size_t)numbers[1];
    a.rows += numbers[2];
  }
  sl_property_query_destroy(q);
  return a;
}

static void change(sl_property *g, const char *query) {
  const answer a = ask(g, query, UINT64_MAX);
  assert_ok(a.status);
  free(a.bytes);
}

// A property whose values are of several kinds: in pages of one kind, or of many.
static void set_some(sl_property *g, bool relationships, const char *key, uint32_t count,
                     bool mixed) {
  int32_t *numbers = malloc(count * sizeof *numbers);
  uint8_t *present = malloc(count);
  for (uint32_t i = 0; i < count; i++) {
    numbers[i] = (int32_t)below(12) - 2;
    present[i] = below(6) > 0;
  }
  assert_ok(sl_property_set_column(g, relationships, 0, count, TEXT(key), SL_COLUMN_INT, numbers,
                                   below(3) > 0 ? present : NULL, NULL, 0));
  if (mixed) {
    double *reals = malloc(count * sizeof *reals);
    for (uint32_t i = 0; i < count; i++)
      reals[i] = below(9) == 0 ? NAN : below(9) == 0 ? INFINITY : (double)below(20) / 2 - 2;
    for (uint32_t i = 0; i < count; i++) present[i] = below(2) == 0;
    assert_ok(sl_property_set_column(g, relationships, 0, count, TEXT(key), SL_COLUMN_FLOAT, reals,
                                     present, NULL, 0));
    free(reals);
  }
  free(numbers);
  free(present);
}

static void set_reals(sl_property *g, const char *key, uint32_t count) {
  double *reals = malloc(count * sizeof *reals);
  for (uint32_t i = 0; i < count; i++)
    reals[i] = below(9) == 0 ? NAN : below(9) == 0 ? -INFINITY : (double)below(20) / 4 - 1;
  assert_ok(
      sl_property_set_column(g, false, 0, count, TEXT(key), SL_COLUMN_FLOAT, reals, NULL, NULL, 0));
  free(reals);
}

static sl_property *random_graph(uint32_t nodes, uint32_t edges) {
  static const char *const labels[] = {"", "A", "B", "A\nB"};
  static const char *const types[] = {"K", "L"};
  sl_property *g;
  uint32_t first, at = 0, *from = malloc(edges * sizeof *from), *to = malloc(edges * sizeof *to);
  assert_ok(sl_property_create(&g));
  for (uint32_t made = 0; made < nodes;) {
    const uint32_t some = made + 1 + below(nodes) / 3 < nodes ? 1 + below(nodes) / 3 : nodes - made;
    const char *names = labels[below(4)];
    assert_ok(sl_property_add_nodes(g, TEXT(names), some, &first));
    made += some;
  }
  for (uint32_t i = 0; i < edges; i++) {
    from[i] = below(nodes);
    to[i] = below(8) == 0 ? from[i] : below(1 + below(nodes));
  }
  const uint32_t kinds = 1 + below(2);
  for (uint32_t k = 0; k < kinds; k++) {
    const uint32_t some = k + 1 == kinds ? edges - at : edges / 2;
    assert_ok(sl_property_add_relationships(g, TEXT(types[k]), from + at, to + at, some, &first));
    at += some;
  }
  set_some(g, false, "x", nodes, false);
  set_some(g, false, "m", nodes, true);
  set_some(g, true, "w", edges, false);
  set_reals(g, "f", nodes);
  change(g, "MATCH (n) SET n.s = ['ab', 'a', 'b', 'abc', ''][id(n) % 7]");
  if (below(3) == 0) change(g, "MATCH (n) WHERE id(n) % 5 = 1 SET n.m = 'a'");
  if (below(3) == 0) change(g, "MATCH (n) WHERE id(n) % 11 = 2 DETACH DELETE n");
  if (below(3) > 0) assert_ok(sl_property_compact(g));
  if (below(3) == 0)
    change(g, "MATCH (a), (b) WHERE id(a) % 7 = 3 AND id(b) % 6 = 1 WITH a, b LIMIT 9 CREATE "
              "(a)-[:K {w: 3}]->(b)");
  if (below(3) == 0) change(g, "MATCH ()-[r]->() WHERE id(r) % 13 = 4 DELETE r");
  free(from);
  free(to);
  return g;
}

// ---- questions ----------------------------------------------------------------------------------

static const char *const nodes_of[] = {"a", "b", "c", "d"};
static const char *const edges_of[] = {"k", "l", "m"};

static void pattern(text *t, uint32_t hops) {
  static const char *const labels[] = {"", "", ":A", ":B"};
  static const char *const types[] = {"", ":K", ":L", ":K|L"};
  for (uint32_t i = 0; i <= hops; i++) {
    say(t, "(%s%s)", nodes_of[i], labels[below(4)]);
    if (i == hops) break;
    const uint32_t way = below(5);
    say(t, "%s[%s%s]%s", way == 0 ? "<-" : "-", edges_of[i], types[below(4)],
        way == 0 || way == 1 ? "-" : "->");
  }
}

static void condition(text *t, uint32_t hops) {
  static const char *const ops[] = {"<", "<=", ">", ">=", "=", "<>"};
  const char *n = nodes_of[below(hops + 1)], *op = ops[below(6)];
  const char *key = below(2) ? "x" : below(2) ? "m" : "f";
  switch (below(hops > 0 ? 12 : 8)) {
  case 0:
    say(t, "%d %s %s.%s %s %d", (int)below(5), ops[below(4)], n, key, ops[below(4)], (int)below(9));
    return;
  case 1:
    say(t, "%s.s STARTS WITH '%s'", n, below(2) ? "a" : "ab");
    return;
  case 2:
    say(t, "%s.%s IN [1, 2.5, null, 'a', %d]", n, key, (int)below(8));
    return;
  case 3:
    say(t, "%s.%s IS %sNULL", n, below(2) ? "x" : "s", below(2) ? "NOT " : "");
    return;
  case 4:
    say(t, "%s.s %s 'ab'", n, op);
    return;
  case 5:
    say(t, "%s.%s %s %s", n, key, op, below(3) ? "2.5" : below(2) ? "null" : "'a'");
    return;
  case 6:
    say(t, "(%s.x + 1 > 3 OR %s.s ENDS WITH 'b')", n, n);
    return;
  case 7:
    say(t, "%d %s %s.%s", (int)below(9) - 1, op, n, key);
    return;
  case 8:
    say(t, "a.x %s %s.x", op, nodes_of[hops]);
    return;
  default:
    say(t, "%s.w %s %d", edges_of[below(hops)], op, (int)below(9) - 1);
  }
}

static void result(text *t, uint32_t hops) {
  const char *a = nodes_of[below(hops + 1)], *b = nodes_of[below(hops + 1)];
  const char *k = hops > 0 ? edges_of[below(hops)] : "a";
  switch (below(10)) {
  case 0:
  case 1:
    say(t, "RETURN count(*) AS n");
    return;
  case 2:
    say(t,
        "RETURN %s.s AS key, count(*) AS n, sum(%s.x) AS sum, toInteger(round(avg(%s.w) * 1000 "
        "+ 0.2718281828)) AS mean ORDER BY key",
        a, b, k);
    return;
  case 3:
    say(t,
        "RETURN %s.x AS p, %s.s AS q, count(%s) AS n, max(%s.w) AS most, min(%s.x) AS least "
        "ORDER BY p, q",
        a, b, b, k, b);
    return;
  case 4:
    say(t, "RETURN id(%s) AS p, count(%s.x) AS n ORDER BY p", a, b);
    return;
  case 5:
    say(t, "RETURN %s.s + 'x' AS p, count(DISTINCT %s) AS n ORDER BY p", a, b);
    return;
  case 6:
    say(t, "RETURN id(%s) AS p, id(%s) AS q, %s.m AS v ORDER BY p, q, v", a, b, a);
    return;
  case 7:
    say(t, "RETURN DISTINCT %s.s AS p, %s.x AS q ORDER BY p DESC, q LIMIT %d", a, b, (int)below(9));
    return;
  case 8:
    say(t, "RETURN sum(%s.x) AS s, max(%s.m) AS m, count(*) AS n", a, b);
    return;
  default:
    say(t, "WITH %s, count(*) AS n MATCH (z:A) WHERE z.x < n RETURN count(*) AS m, sum(n) AS o", a);
  }
}

// Numbers and texts of an answer, for the message of a failure.
static void show(text *t, const answer *a) {
  for (size_t i = 0; i < a->count && t->length < 1500;) {
    int32_t n;
    const uint8_t tag = a->bytes[i++];
    memcpy(&n, a->bytes + i, tag == SL_WIRE_INT || tag == SL_WIRE_STRING ? 4 : 0);
    if (tag == SL_WIRE_INT) say(t, "%d ", n);
    if (tag == SL_WIRE_STRING) say(t, "'%.*s' ", (int)n, (const char *)a->bytes + i + 4);
    if (tag == SL_WIRE_NULL) say(t, "null ");
    if (tag == SL_WIRE_LONG || tag == SL_WIRE_FLOAT) {
      double x;
      memcpy(&x, a->bytes + i, 8);
      say(t, "%g ", x);
      i += 8;
    }
    i += tag == SL_WIRE_INT ? 4 : tag == SL_WIRE_STRING ? 4 + (size_t)n : 0;
  }
}

static void blocks_and_rows_agree(void **state) {
  (void)state;
  sl_rng_seed(&rng, 20261130);
  sl_property *g = NULL;
  uint64_t all = 0;
  for (uint32_t i = 0; i < QUERIES; i++) {
    const bool large = i % 500 >= 480;
    if (i % 20 == 0) {
      sl_property_destroy(g);
      g = large ? random_graph(2500, 6000) : random_graph(8 + below(30), 30 + below(60));
    }
    const uint32_t hops = below(large ? 2 : 4);
    text where = {.length = 0}, shape = {.length = 0}, returns = {.length = 0}, one, other;
    const uint32_t conditions = below(4);
    for (uint32_t k = 0; k < conditions; k++) {
      if (k > 0) say(&where, " AND ");
      condition(&where, hops);
    }
    pattern(&shape, hops);
    result(&returns, hops);
    one.length = other.length = 0;
    say(&one, "MATCH %s%s%s %s", shape.data, conditions > 0 ? " WHERE " : "",
        conditions > 0 ? where.data : "", returns.data);
    say(&other, "UNWIND [1] AS once MATCH %s WITH *%s%s %s", shape.data,
        conditions > 0 ? " WHERE " : "", conditions > 0 ? where.data : "", returns.data);
    const uint64_t work = below(2) ? UINT64_MAX : 1 + below(3000);
    const answer a = ask(g, one.data, work), b = ask(g, other.data, UINT64_MAX);
    if (a.status != b.status || a.rows != b.rows || a.count != b.count ||
        (a.count > 0 && memcmp(a.bytes, b.bytes, a.count) != 0)) {
      text x = {.length = 0}, y = {.length = 0};
      show(&x, &a);
      show(&y, &b);
      fail_msg("%u: %s\n%s\nstatus %d and %d\n%s\n%s", i, one.data, other.data, (int)a.status,
               (int)b.status, x.data, y.data);
    }
    all += (uint64_t)a.rows;
    free(a.bytes);
    free(b.bytes);
  }
  sl_property_destroy(g);
  assert_true(all > QUERIES);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(blocks_and_rows_agree)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
