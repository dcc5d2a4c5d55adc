// Snapshots and transactions: what moves under readers, memory that ends, calls that are refused.
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "property_ask.h"

static int64_t end_of(sl_property_query *q) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  double rows[3];
  while (outcome == SL_OUTCOME_RUNNING) assert_ok(sl_job_step(sl_property_job(q), 40, &outcome));
  sl_property_take(q, rows);
  const uint8_t *p = (const uint8_t *)(uintptr_t)rows[0];
  int64_t n = 0;
  assert_int_equal((int)rows[2], 1);
  if (p[0] == SL_WIRE_LONG) {
    memcpy(&n, p + 1, sizeof n);
  } else {
    int32_t small;
    memcpy(&small, p + 1, sizeof small);
    n = small;
  }
  return n;
}

// Texts, labels and sets of labels are common to all states, and move when there are more of them.
static void what_is_common_may_move_under_a_reader(void **state) {
  (void)state;
  sl_property *g, *snapshot;
  sl_property_query *q[2];
  sl_outcome outcome;
  const char *const texts[2] = {
      "MATCH (a:A)-[:R]->(b) WITH a, b, labels(b) AS l WHERE a.s STARTS WITH 'n' AND l = ['B'] AND "
      "b.list[1] = a.s RETURN count(DISTINCT a.s)",
      "MATCH (a {s: 'n77'}) RETURN count(*) + 299"};
  assert_ok(sl_property_create(&g));
  answer(g, "UNWIND range(1, 300) AS i CREATE (:A {s: 'n' + i})-[:R]->(:B {list: [i, 'n' + i]})");
  assert_ok(sl_property_view(g, SL_PROPERTY_SNAPSHOT, &snapshot));
  for (int i = 0; i < 2; i++) {
    assert_ok(sl_property_prepare(i == 0 ? g : snapshot, TEXT(texts[i]), &q[i]));
    assert_ok(sl_property_begin(q[i], NULL, 0, UINT64_MAX, 0, 1));
    if (i == 0) assert_ok(sl_job_step(sl_property_job(q[i]), 1, &outcome));
  }
  for (int i = 0; i < 40; i++) {
    char text[200];
    snprintf(text, sizeof text,
             "MATCH (a:A) SET a.s = 'm%d' + a.s, a:L%d, a.k%d = 1 CREATE (a)-[:T%d]->(:C%d)", i, i,
             i, i, i);
    answer(g, text);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(end_of(q[i]), 300);
    sl_property_query_destroy(q[i]);
  }
  assert_int_equal(answer(snapshot, "MATCH (a:L3) RETURN count(a.k3)"), 0);
  assert_int_equal(answer(snapshot, "MATCH ()-[:T3]->(b:C3) RETURN count(*)"), 0);
  assert_int_equal(answer(snapshot, "MATCH (a:Never) RETURN count(a.never)"), 0);
  assert_int_equal(answer(g, "MATCH (a:Never) RETURN count(a.never)"), 0);
  assert_int_equal(answer(snapshot, "CALL db.labels() YIELD label RETURN count(label)"), 2);
  assert_int_equal(answer(g, "MATCH (a:L3) RETURN count(a.k3)"), 300);
  sl_property_destroy(snapshot);
  assert_int_equal(answer(g, "MATCH (a) RETURN count(*)"), 300 * 42);
  sl_property_destroy(g);
}

// ---- memory -------------------------------------------------------------------------------------

// Whatever cannot be had while a transaction changes a graph that is read: it can be rolled back, and readers do not notice.
static void memory_may_end_anywhere(void **state) {
  (void)state;
  for (uint64_t bytes = 0; bytes < 1 << 20; bytes = bytes + 40 + bytes / 12) {
    sl_property *g, *snapshot, *t = NULL;
    sl_memory_budget budget;
    int64_t n;
    double changes[SL_PROPERTY_CHANGES];
    assert_ok(sl_property_create(&g));
    answer(g, "UNWIND range(1, 200) AS i CREATE (:A {i: i})-[:R]->(:B {s: toString(i)})");
    assert_int_equal(answer(g, "MATCH (a:A {i: 7}) RETURN count(*)"), 1);
    assert_ok(sl_property_view(g, SL_PROPERTY_SNAPSHOT, &snapshot));
    sl_memory_budget_begin(&budget, bytes);
    sl_status status = sl_property_view(g, SL_PROPERTY_TRANSACTION, &t);
    if (status == SL_OK) status = ask(t, "MATCH (a:A {i: 3})-[r]->(b) SET a.j = b.s, b.s = 1", &n);
    if (status == SL_OK) status = ask(t, "MATCH (a:A) WHERE a.i < 5 DETACH DELETE a", &n);
    if (status == SL_OK) status = ask(t, "MATCH (b:B) SET b:C CREATE (b)-[:S]->(:New)", &n);
    if (status == SL_OK) status = sl_property_commit(t, changes);
    sl_memory_budget_end(&budget);
    assert_int_equal(answer(snapshot, "MATCH (a:A)-[:R]->(b:B) WHERE toInteger(b.s) = a.i AND "
                                      "a.j IS NULL RETURN count(*)"),
                     200);
    sl_property_destroy(t);
    const bool done = status == SL_OK;
    if (!done) assert_int_equal(status, SL_ERR_MEMORY);
    assert_int_equal(answer(g, "MATCH (n) RETURN count(*)"), done ? 596 : 400);
    assert_int_equal(answer(g, "MATCH (:B)-[r]-() RETURN count(r)"), done ? 396 : 200);
    assert_int_equal(answer(g, "MATCH (a:A {i: 3}) RETURN count(*)"), done ? 0 : 1);
    if (done) assert_int_equal((int)changes[1], 4);
    sl_property_destroy(snapshot);
    sl_property_destroy(g);
    if (done) return;
  }
  fail_msg("a transaction takes more than it can");
}

static void calls_are_refused_by_name(void **state) {
  (void)state;
  sl_property *g, *view, *other;
  sl_property_query *q;
  sl_writer *writer;
  sl_outcome outcome;
  double changes[SL_PROPERTY_CHANGES], facts[SL_PROPERTY_FACTS];
  uint32_t first;
  int64_t n;
  assert_ok(sl_property_create(&g));
  assert_refused(sl_property_view(g, 0, &view), SL_ERR_OPTION, "as");
  assert_refused(sl_property_commit(g, changes), SL_ERR_STATE, "transaction");
  assert_ok(sl_property_view(g, SL_PROPERTY_SNAPSHOT, &view));
  assert_refused(sl_property_view(view, SL_PROPERTY_SNAPSHOT, &other), SL_ERR_STATE, "graph");
  assert_refused(sl_property_roll_back(view), SL_ERR_STATE, "transaction");
  assert_refused(sl_property_add_nodes(view, TEXT("A"), 1, &first), SL_ERR_STATE, "graph");
  assert_refused(sl_property_define(view, TEXT("f() :: (x :: ANY)"), NULL, 0), SL_ERR_STATE,
                 "graph");
  assert_ok(sl_property_prepare(view, TEXT("RETURN 1"), &q));
  assert_refused(sl_property_define(g, TEXT("f() :: (x :: ANY)"), NULL, 0), SL_ERR_STATE, "graph");
  sl_property_query_destroy(q);
  const uint8_t rows[] = {SL_WIRE_LIST, 1, 0, 0, 0, SL_WIRE_LIST, 1, 0, 0, 0,
                          SL_WIRE_INT,  7, 0, 0, 0};
  assert_ok(sl_property_define(g, TEXT("f() :: (x :: ANY)"), rows, sizeof rows));
  assert_int_equal(answer(view, "CALL f() YIELD x RETURN x"), 7);
  sl_property_destroy(view);
  // A statement that has not ended: nothing else may write, or begin to read, and a transaction that it is of cannot commit.
  for (int inside = 0; inside < 2; inside++) {
    view = NULL;
    if (inside) assert_ok(sl_property_view(g, SL_PROPERTY_TRANSACTION, &view));
    sl_property *of = inside ? view : g;
    assert_ok(sl_property_prepare(of, TEXT("UNWIND range(1, 9999) AS i CREATE ({i: i})"), &q));
    assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
    assert_ok(sl_job_step(sl_property_job(q), 9999, &outcome));
    assert_int_equal(outcome, SL_OUTCOME_RUNNING);
    assert_refused(ask(of, "RETURN 1", &n), SL_ERR_STATE, "graph");
    assert_refused(ask(of, "CREATE ()", &n), SL_ERR_STATE, "graph");
    assert_refused(sl_property_save(of, &writer), SL_ERR_STATE, "graph");
    if (inside) {
      assert_int_equal(answer(g, "MATCH (n) RETURN count(*)"), 0);
      assert_refused(sl_property_commit(view, changes), SL_ERR_STATE, "query");
      assert_ok(sl_property_roll_back(view));
      assert_refused(sl_job_step(sl_property_job(q), 1, &outcome), SL_ERR_STATE, "query");
      assert_refused(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1), SL_ERR_STATE, "transaction");
      sl_property_facts(view, facts);
      assert_int_equal((int)facts[0], 0);
    } else {
      assert_refused(sl_property_view(g, SL_PROPERTY_SNAPSHOT, &other), SL_ERR_STATE, "graph");
    }
    sl_property_query_destroy(q);
    sl_property_destroy(view);
    assert_int_equal(answer(g, "MATCH (n) RETURN count(*)"), 0);
  }
  // Rows of a query in a transaction end with the next statement of it that changes something.
  assert_ok(sl_property_view(g, SL_PROPERTY_TRANSACTION, &view));
  answer(view, "UNWIND range(1, 500) AS i CREATE ({i: i})");
  assert_ok(sl_property_prepare(view, TEXT("MATCH (a), (b) RETURN a.i, b.i"), &q));
  assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
  assert_ok(sl_job_step(sl_property_job(q), 100, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_RUNNING);
  answer(view, "MATCH (n {i: 1}) SET n.i = 0");
  assert_refused(sl_job_step(sl_property_job(q), 100, &outcome), SL_ERR_STATE, "graph");
  sl_property_query_destroy(q);
  sl_property_destroy(view);
  assert_int_equal(answer(g, "MATCH (n) RETURN count(*)"), 0);
  // Segments.
  assert_refused(sl_property_save_since(g, NULL, &writer), SL_ERR_STATE, "graph");
  assert_ok(sl_property_view(g, SL_PROPERTY_SNAPSHOT, &view));
  answer(g, "CREATE ()");
  assert_ok(sl_property_view(g, SL_PROPERTY_SNAPSHOT, &other));
  assert_refused(sl_property_save_since(view, other, &writer), SL_ERR_STATE, "before");
  assert_refused(sl_property_save_since(view, g, &writer), SL_ERR_STATE, "before");
  sl_property_destroy(view);
  sl_property_destroy(other);
  sl_property_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(what_is_common_may_move_under_a_reader),
      property(memory_may_end_anywhere),
      property(calls_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
