// CREATE INDEX, DROP INDEX and SHOW INDEXES: what a declared index is used for, and how the commands are refused.
#include "property_ask.h"

#include <stdio.h>

#include "base/memory.h"

static sl_status done(sl_property *g, const char *text) {
  int64_t none;
  return ask(g, text, &none);
}

// The detail of what refuses a text.
static const char *refused(sl_property *g, const char *text) {
  double p[SL_PROPERTY_PROBLEM];
  if (done(g, text) == SL_OK) fail_msg("not refused: %s", text);
  sl_property_problem(g, p);
  return (const char *)(uintptr_t)p[7];
}

static bool explains(sl_property *g, const char *text, const char *wanted) {
  sl_property_query *q;
  double numbers[2];
  char plan[500] = "";
  sl_outcome outcome;
  assert_ok(sl_property_prepare(g, TEXT(text), &q));
  assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
  assert_ok(sl_job_step(sl_property_job(q), 1000000, &outcome));
  assert_ok(sl_property_explain(q, numbers));
  memcpy(plan, (const void *)(uintptr_t)numbers[0], (size_t)numbers[1]);
  sl_property_query_destroy(q);
  return strstr(plan, wanted) != NULL;
}

static sl_property *numbered(int count) {
  sl_property *g;
  char text[100];
  assert_ok(sl_property_create(&g));
  snprintf(text, sizeof text, "UNWIND range(1, %d) AS i CREATE (:N {x: i, y: i %% 3})", count);
  assert_ok(done(g, text));
  return g;
}

static void made_at_once(void **state) {
  (void)state;
  static const char look_up[] = "MATCH (n:N {x: 7}) RETURN n.y",
                    range[] = "MATCH (n:N) WHERE n.x < 3 RETURN n.y";
  sl_property *g = numbered(40);
  // Too few for an index that is made by itself: the look-up and the range look at all.
  assert_true(explains(g, look_up, "hits=40"));
  assert_true(explains(g, range, "Scan (n:N), filtered rows=2 hits=40"));
  assert_ok(done(g, "CREATE INDEX by_x FOR (n:N) ON (n.x)"));
  assert_true(explains(g, look_up, "Seek (n:N {x}), ordered index of x rows=1 hits=1\n"));
  assert_true(explains(g, range, "ordered index of x, filtered rows=2 hits=2\n"));
  // Later values are found, also those of a property that nothing had when it was asked for.
  assert_ok(done(g, "CREATE (:N {x: 1000, z: 5})"));
  assert_int_equal(answer(g, "MATCH (n:N {x: 1000}) RETURN n.z"), 5);
  assert_ok(done(g, "CREATE INDEX FOR (n:N) ON (n.later)"));
  assert_ok(done(g, "MATCH (n:N {x: 7}) SET n.later = 'l'"));
  assert_true(explains(g, "MATCH (n:N {later: 'l'}) RETURN n", "rows=1 hits=1\n"));
  assert_ok(done(g, "DROP INDEX by_x"));
  assert_true(explains(g, look_up, "rows=1 hits=41"));
  assert_int_equal(answer(g, "MATCH (n:N) WHERE n.x < 3 RETURN count(*)"), 2);
  sl_property_destroy(g);
}

// A property that every node has lost has no values to make an index of.
static void made_of_nothing(void **state) {
  (void)state;
  sl_property *g = numbered(5);
  assert_ok(done(g, "MATCH (n) REMOVE n.x"));
  assert_ok(done(g, "CREATE INDEX by_x FOR (n:N) ON (n.x)"));
  assert_int_equal(answer(g, "MATCH (n:N {x: 1}) RETURN count(*)"), 0);
  assert_int_equal(answer(g, "MERGE (n:N {x: 7}) SET n.y = 70 RETURN n.y"), 70);
  assert_int_equal(answer(g, "MATCH (n:N {x: 7}) RETURN n.y"), 70);
  assert_ok(done(g, "MATCH (n) DELETE n"));
  assert_ok(done(g, "CREATE INDEX by_y FOR (n:N) ON (n.y)"));
  assert_int_equal(answer(g, "MATCH (n:N {y: 70}) RETURN count(*)"), 0);
  assert_int_equal(answer(g, "MATCH (n:N) WHERE n.y > 1 RETURN count(*)"), 0);
  assert_ok(done(g, "CREATE (:N {x: 8, y: 80})"));
  assert_true(explains(g, "MATCH (n:N {y: 80}) RETURN n", "rows=1 hits=1\n"));
  sl_property_destroy(g);
}

static void names_and_refusals(void **state) {
  (void)state;
  sl_property *g = numbered(5);
  assert_ok(done(g, "create range index `my index` for (n:N) on (n.x);"));
  assert_string_equal(refused(g, "CREATE INDEX `my index` FOR (n:M) ON (n.x)"),
                      "InvalidArgumentValue");
  assert_string_equal(refused(g, "CREATE INDEX other FOR (m:N) ON (m.x)"), "InvalidArgumentValue");
  assert_ok(done(g, "CREATE INDEX `my index` IF NOT EXISTS FOR (n:M) ON (n.x)"));
  assert_ok(done(g, "CREATE INDEX IF NOT EXISTS FOR (n:N) ON (n.x)"));
  assert_ok(done(g, "CREATE INDEX ON :N(y)"));
  assert_int_equal(answer(g, "SHOW INDEXES YIELD name RETURN count(*)"), 2);
  assert_int_equal(answer(g, "SHOW ALL INDEXES YIELD name, properties AS p WHERE name = "
                             "'index_N_y' AND p = ['y'] RETURN count(*)"),
                   1);
  assert_int_equal(answer(g, "CALL db.indexes() YIELD name, labelsOrTypes, type "
                             "WHERE labelsOrTypes = ['N'] AND type = 'RANGE' RETURN count(*)"),
                   2);
  assert_string_equal(refused(g, "DROP INDEX nothing"), "InvalidArgumentValue");
  assert_ok(done(g, "DROP INDEX nothing IF EXISTS"));
  assert_ok(done(g, "DROP INDEX ON :N(y)"));
  assert_string_equal(refused(g, "DROP INDEX ON :N(y)"), "InvalidArgumentValue");
  assert_ok(done(g, "DROP INDEX `my index` IF EXISTS"));
  assert_int_equal(answer(g, "SHOW INDEX YIELD name RETURN count(*)"), 0);
  // A path may have the name.
  assert_int_equal(answer(g, "CREATE index = (:P)-[:R]->(:P) RETURN length(index)"), 1);
  static const struct {
    const char *text, *detail;
  } wrong[] = {{"CREATE INDEX FOR (n:N) ON (m.x)", "UndefinedVariable"},
               {"CREATE INDEX FOR ()-[r:R]-() ON (r.x)", "UnexpectedSyntax"},
               {"CREATE INDEX FOR (n:N) ON (n.x, n.y)", "UnexpectedSyntax"},
               {"CREATE INDEX FOR (n:N|M) ON (n.x)", "UnexpectedSyntax"},
               {"CREATE INDEX FOR (n:N) ON (n.x) RETURN 1", "InvalidClauseComposition"},
               {"MATCH (n) CREATE INDEX FOR (n:N) ON (n.x)", "InvalidClauseComposition"},
               {"DROP INDEX a DROP INDEX b", "InvalidClauseComposition"},
               {"RETURN EXISTS { DROP INDEX a }", "InvalidClauseComposition"},
               {"DROP INDEX", "UnexpectedSyntax"},
               {"SHOW", "UnexpectedSyntax"},
               {"SHOW INDEXES YIELD nothing", "UndefinedVariable"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const char *detail = refused(g, wrong[i].text);
    if (strcmp(detail, wrong[i].detail) != 0) fail_msg("%s: %s", wrong[i].text, detail);
  }
  sl_property_destroy(g);
}

// A query that reads while an index goes away ends with an error, and EXPLAIN makes none.
static void readers_go_on(void **state) {
  (void)state;
  sl_property *g = numbered(200);
  sl_property_query *q;
  sl_outcome outcome;
  assert_ok(done(g, "EXPLAIN CREATE INDEX i FOR (n:N) ON (n.y)"));
  assert_int_equal(answer(g, "SHOW INDEXES YIELD name RETURN count(*)"), 0);
  assert_ok(done(g, "CREATE INDEX i FOR (n:N) ON (n.y)"));
  assert_ok(sl_property_prepare(g, TEXT("MATCH (n:N {y: 1}) RETURN n"), &q));
  assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
  assert_ok(sl_job_step(sl_property_job(q), 1, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_RUNNING);
  assert_ok(done(g, "DROP INDEX i"));
  assert_ok(done(g, "CREATE INDEX i FOR (n:N) ON (n.x)"));
  assert_ok(done(g, "MATCH (n:N) SET n.y = 0"));
  assert_ok(sl_job_step(sl_property_job(q), 1000, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
  double numbers[3];
  sl_property_take(q, numbers);
  assert_int_equal((int)numbers[2], 67);
  // In a transaction nothing is kept for its own readers.
  sl_property *t;
  assert_ok(sl_property_view(g, SL_PROPERTY_TRANSACTION, &t));
  sl_property_query_destroy(q);
  assert_ok(sl_property_prepare(t, TEXT("MATCH (n:N {y: 0}) RETURN n"), &q));
  assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
  assert_ok(sl_job_step(sl_property_job(q), 1, &outcome));
  assert_ok(done(t, "DROP INDEX i"));
  assert_int_equal(sl_job_step(sl_property_job(q), 1000, &outcome), SL_ERR_STATE);
  sl_property_query_destroy(q);
  sl_property_destroy(t);
  sl_property_destroy(g);
}

// Wherever memory ends, what is there stays right.
static void memory_may_end(void **state) {
  (void)state;
  for (size_t limit = 0;; limit += 64) {
    sl_property *g = numbered(100);
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, limit);
    const sl_status made = done(g, "CREATE INDEX i FOR (n:N) ON (n.x)");
    sl_memory_budget_end(&budget);
    assert_true(made == SL_OK || made == SL_ERR_MEMORY);
    assert_int_equal(answer(g, "SHOW INDEXES YIELD name RETURN count(*)"), made == SL_OK);
    assert_int_equal(answer(g, "MATCH (n:N {x: 50}) RETURN n.x"), 50);
    assert_int_equal(answer(g, "MATCH (n:N) WHERE n.x > 90 RETURN count(*)"), 10);
    sl_property_destroy(g);
    if (made == SL_OK) return;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {property(made_at_once), property(made_of_nothing),
                                     property(names_and_refusals), property(readers_go_on),
                                     property(memory_may_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
