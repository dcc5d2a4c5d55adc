// PROFILE: rows and hits of each operator against numbers counted by hand, whether it runs by rows or in blocks, at once or in
// small steps, once or again; EXPLAIN, which runs nothing.
#include "property_ask.h"

// Five nodes: people 0, 1, 2 (ages 30, 40, 50), cities 3, 4. KNOWS 0->1, 0->2, 1->2; LIVES_IN 0->3, 1->3, 2->4.
static sl_property *people(void) {
  sl_property *g;
  assert_ok(sl_property_create(&g));
  assert_int_equal(
      answer(g, "CREATE (a:Person {age: 30}), (b:Person {age: 40}), (c:Person {age: 50}), "
                "(x:City), (y:City), (a)-[:KNOWS]->(b), (a)-[:KNOWS]->(c), (b)-[:KNOWS]->(c), "
                "(a)-[:LIVES_IN]->(x), (b)-[:LIVES_IN]->(x), (c)-[:LIVES_IN]->(y) "
                "RETURN count(*)"),
      1);
  assert_ok(sl_property_compact(g));
  return g;
}

static void run(sl_property_query *q, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  double numbers[3];
  assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
  while (outcome == SL_OUTCOME_RUNNING) {
    assert_ok(sl_job_step(sl_property_job(q), work, &outcome));
    sl_property_take(q, numbers);
  }
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
}

// The lines of the plan after a run, which must be the same after each.
static void profiles(sl_property *g, const char *text, const char *wanted) {
  sl_property_query *q;
  assert_ok(sl_property_prepare(g, TEXT(text), &q));
  for (int i = 0; i < 3; i++) {
    double numbers[2];
    run(q, i == 2 ? 1 : 1000000);
    assert_ok(sl_property_explain(q, numbers));
    const char *plan = (const char *)(uintptr_t)numbers[0];
    const size_t length = (size_t)numbers[1];
    if (length != strlen(wanted) || memcmp(plan, wanted, length) != 0)
      fail_msg("%s, run %d:\n%.*s-- wanted:\n%s", text, i, (int)length, plan, wanted);
  }
  sl_property_query_destroy(q);
}

static void counts_by_hand(void **state) {
  (void)state;
  sl_property *g = people();
  // All five nodes are looked at; three have the label.
  profiles(g, "MATCH (n:Person) RETURN n", "Scan (n:Person) rows=3 hits=5\n");
  profiles(g, "MATCH (n:Person) WHERE n.age > 35 RETURN n.age AS age",
           "Scan (n:Person), filtered rows=2 hits=5\nProject rows=2 hits=0\n");
  // In blocks. Of each person the KNOWS that lead away: 2, 1, 0.
  profiles(g, "MATCH (a:Person)-[:KNOWS]->(b) RETURN a, b",
           "Scan (a:Person) rows=3 hits=5\nExpand (a)-[:KNOWS]->(b) rows=3 hits=3\n");
  // 0->1->2 is the only one of two; from 1 and 2 the second step looks at 1, at 0 (twice 2) neighbours.
  profiles(g, "MATCH (a:Person)-[:KNOWS]->(b)-[:KNOWS]->(c) RETURN a, b, c",
           "Scan (a:Person) rows=3 hits=5\nExpand (a)-[:KNOWS]->(b) rows=3 hits=3\n"
           "Expand (b)-[:KNOWS]->(c) rows=1 hits=1\n");
  // One at a time, because the query writes: the same numbers. SET changes each of its rows.
  profiles(g, "MATCH (a:Person)-[:KNOWS]->(b) SET b.seen = 1",
           "Scan (a:Person) rows=3 hits=5\nExpand (a)-[:KNOWS]->(b) rows=3 hits=3\n"
           "Set rows=3 hits=0\n");
  // Lists are no nodes. Of three rows two are different, and after these LIMIT asks for no more.
  profiles(g, "UNWIND [1, 1, 2, 3] AS x WITH DISTINCT x LIMIT 2 RETURN x",
           "Unwind rows=3 hits=0\nDistinct rows=2 hits=0\nLimit rows=2 hits=0\n");
  // Cities have no KNOWS: five rows, two of them nulls. The plan in it goes from each node: 2, 1, 0, 0, 0.
  profiles(g, "MATCH (a) OPTIONAL MATCH (a)-[:KNOWS]->(b) RETURN a, b",
           "Scan (a) rows=5 hits=5\nOptional rows=6 hits=0\n"
           "  Expand (a)-[:KNOWS]->(b) rows=3 hits=3\n");
  sl_property_destroy(g);
}

static void more_counts_by_hand(void **state) {
  (void)state;
  sl_property *g = people();
  // Paths of one and two KNOWS: 0-1, 0-2, 0-1-2, 1-2. Looked at: from 0 both, behind 1 one, from 1 one.
  profiles(g, "MATCH (a:Person)-[:KNOWS*1..2]->(b) RETURN a, b",
           "Scan (a:Person) rows=3 hits=5\nExpandVariable (a)-[:KNOWS*1..2]->(b) rows=4 hits=4\n");
  // What only counts has what its row stands for. Numbers of neighbours are known without a look.
  profiles(g, "MATCH (a:Person)-[:KNOWS]->(b) RETURN count(*) AS n",
           "Scan (a:Person) rows=3 hits=5\nExpand (a)-[:KNOWS]->(b), counted only rows=3 hits=0\n"
           "Aggregate rows=1 hits=0\nProject rows=1 hits=0\n");
  // It begins at the one node above 40, which two know; with a condition on them each is looked at.
  profiles(g, "MATCH (a:Person)-[:KNOWS]->(b) WHERE b.age > 40 RETURN count(*) AS n",
           "Scan (b), filtered rows=1 hits=5\n"
           "Expand (b)<-[:KNOWS]-(a), filtered, counted only rows=2 hits=2\n"
           "Aggregate rows=1 hits=0\nProject rows=1 hits=0\n");
  // Three and two rows, of which 1 is there twice.
  profiles(g, "MATCH (n:Person) RETURN 1 AS x UNION MATCH (n:City) RETURN 1 AS x",
           "Scan (n:Person) rows=3 hits=5\nProject rows=3 hits=0\nUnion rows=1 hits=0\n"
           "Scan (n:City) rows=2 hits=5\nProject rows=2 hits=0\n");
  profiles(g, "MATCH (n:Person) RETURN 1 AS x UNION ALL MATCH (n:City) RETURN 1 AS x",
           "Scan (n:Person) rows=3 hits=5\nProject rows=3 hits=0\nUnionAll rows=5 hits=0\n"
           "Scan (n:City) rows=2 hits=5\nProject rows=2 hits=0\n");
  sl_property_destroy(g);
}

// 200 nodes with a value each: the first look-up makes the table of them.
static void entries_of_an_index(void **state) {
  (void)state;
  sl_property *g;
  int64_t none;
  assert_ok(sl_property_create(&g));
  assert_ok(ask(g, "UNWIND range(1, 200) AS i CREATE (:N {x: i})", &none));
  profiles(g, "MATCH (n:N {x: 7}) RETURN n", "Seek (n:N {x}) rows=1 hits=1\n");
  profiles(g, "MATCH (n:N {x: 0}) RETURN n", "Seek (n:N {x}) rows=0 hits=0\n");
  sl_property_destroy(g);
}

// The list of values says what the text says.
static void as_values(void **state) {
  (void)state;
  static const uint8_t wanted[] = {7,   1,   0,   0,   0,   7,   4,   0,   0,   0,   3,   0,
                                   0,   0,   0,   6,   15,  0,   0,   0,   'S', 'c', 'a', 'n',
                                   ' ', '(', 'n', ':', 'P', 'e', 'r', 's', 'o', 'n', ')', 3,
                                   3,   0,   0,   0,   3,   5,   0,   0,   0};
  sl_property *g = people();
  sl_property_query *q;
  double numbers[2], facts[SL_PROPERTY_QUERY_FACTS];
  assert_ok(sl_property_prepare(g, TEXT("PROFILE MATCH (n:Person) RETURN n"), &q));
  run(q, 1000000);
  sl_property_query_facts(q, facts);
  assert_true(facts[1] == 3 && facts[11] == 2);
  assert_ok(sl_property_profile(q, numbers));
  assert_int_equal(numbers[1], sizeof wanted);
  assert_memory_equal((const void *)(uintptr_t)numbers[0], wanted, sizeof wanted);
  sl_property_query_destroy(q);
  sl_property_destroy(g);
}

static void explain_runs_nothing(void **state) {
  (void)state;
  sl_property *g = people();
  sl_property_query *q;
  double facts[SL_PROPERTY_QUERY_FACTS], numbers[2];
  // Neither changes nor rows, and no parameter is needed.
  assert_ok(sl_property_prepare(g, TEXT("EXPLAIN CREATE (n {x: $x}) RETURN n"), &q));
  run(q, 1000000);
  sl_property_query_facts(q, facts);
  assert_true(facts[0] == 1 && facts[1] == 0 && facts[2] == 0 && facts[11] == 1);
  assert_ok(sl_property_explain(q, numbers));
  assert_memory_equal((const void *)(uintptr_t)numbers[0], "Create rows=0 hits=0\n",
                      (size_t)numbers[1]);
  sl_property_query_destroy(q);
  assert_int_equal(answer(g, "MATCH (n) RETURN count(*)"), 5);
  sl_property_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(counts_by_hand), property(more_counts_by_hand),  property(entries_of_an_index),
      property(as_values),      property(explain_runs_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
