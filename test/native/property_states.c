// Snapshots, transactions and queries that read while others write, beside a plain model of the graph that is copied where
// the real one is not.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "property/file.h"
#include "property_ask.h"

enum { MOST = 4096, NONE = -1, VIEWS = 4, READERS = 4, SEGMENTS = 30, STEPS = 2000 };

typedef struct element {
  int16_t live, a, b, x; // labels; x of NONE: it has none; from 1000 on it is a string
  int16_t from, to, type;
} element;

// Nodes and relationships by their ids.
typedef struct model {
  int nodes, rels;
  element node[MOST], rel[MOST];
} model;

// ---- what a graph is, in four numbers -----------------------------------------------------------

static const char *const questions[] = {
    "MATCH (n) RETURN sum((id(n) + 1) * (3 + coalesce(toInteger(toString(n.x)), 7) + CASE WHEN n:A "
    "THEN 5000 ELSE 0 END + CASE WHEN n:B THEN 9000 ELSE 0 END))",
    "MATCH (a)-[r]->(b) RETURN sum((id(r) + 1) * (id(a) * 3 + id(b) * 5 + coalesce(r.w, 11) + CASE "
    "type(r) WHEN 'T' THEN 0 ELSE 777 END))",
    "MATCH (b)<-[r:T]-(a) RETURN sum((id(r) + 1) * (id(a) + id(b) * 2))",
    "MATCH (n:A {x: 3}) RETURN sum(id(n) + 1)",
    "MATCH (n) WHERE n.x > 2 AND n.x < 9 RETURN sum(id(n) * n.x)",
    "MATCH (n:A)-[:U]->(m) RETURN count(*)",
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static int64_t expected(const model *m, int question) {
  int64_t sum = 0;
  for (int i = 0; i < m->nodes && (question == 0 || question == 3 || question == 4); i++) {
    const element *n = &m->node[i];
    if (!n->live) continue;
    if (question == 0)
      sum += (int64_t)(i + 1) *
             (3 + (n->x == NONE ? 7 : n->x) + (n->a ? 5000 : 0) + (n->b ? 9000 : 0));
    if (question == 3 && n->a && n->x == 3) sum += i + 1;
    if (question == 4 && n->x > 2 && n->x < 9) sum += (int64_t)i * n->x;
  }
  for (int i = 0; i < m->rels; i++) {
    const element *r = &m->rel[i];
    if (!r->live) continue;
    if (question == 1)
      sum += (int64_t)(i + 1) *
             (r->from * 3 + r->to * 5 + (r->x == NONE ? 11 : r->x) + (r->type == 0 ? 0 : 777));
    if (question == 2 && r->type == 0) sum += (int64_t)(i + 1) * (r->from + r->to * 2);
    if (question == 5 && r->type == 1 && m->node[r->from].a) sum++;
  }
  return sum;
}

static void is_as(sl_property *g, const model *m, sl_rng *rng) {
  const int question = (int)sl_rng_below(rng, QUESTIONS);
  assert_int_equal(answer(g, questions[question]), expected(m, question));
  double facts[SL_PROPERTY_FACTS];
  int nodes = 0, rels = 0;
  for (int i = 0; i < m->nodes; i++) nodes += m->node[i].live;
  for (int i = 0; i < m->rels; i++) rels += m->rel[i].live;
  sl_property_facts(g, facts);
  assert_int_equal((int)facts[0], nodes);
  assert_int_equal((int)facts[1], rels);
}

// ---- one change ---------------------------------------------------------------------------------

static int some(const element *of, int count, sl_rng *rng) {
  for (int i = 0; i < 20 && count > 0; i++) {
    const int id = (int)sl_rng_below(rng, (uint32_t)count);
    if (of[id].live) return id;
  }
  return NONE;
}

static void make_node(model *m, int x) {
  m->node[m->nodes++] = (element){.live = 1, .a = 1, .x = (int16_t)x};
}

static void detach(model *m, int id) {
  m->node[id].live = 0;
  for (int i = 0; i < m->rels; i++)
    if (m->rel[i].from == id || m->rel[i].to == id) m->rel[i].live = 0;
}

// Writes a statement, and does to the model what it says.
static void change(model *m, sl_rng *rng, char *text, size_t room) {
  const int a = some(m->node, m->nodes, rng), b = some(m->node, m->nodes, rng);
  const int r = some(m->rel, m->rels, rng), x = (int)sl_rng_below(rng, 12);
  uint32_t what = sl_rng_below(rng, 14);
  if (a == NONE && what > 2) what = 0;
  if (r == NONE && what > 9) what = a == NONE ? 0 : 3;
  switch (what) {
  case 0:
  case 1:
    snprintf(text, room, "CREATE (:A {k: %d, x: %d})", m->nodes, x);
    make_node(m, x);
    break;
  case 2:
    snprintf(text, room, "UNWIND range(0, 6) AS i CREATE (:A {k: %d + i, x: i})", m->nodes);
    for (int i = 0; i < 7; i++) make_node(m, i);
    break;
  case 3:
  case 4:
    snprintf(text, room, "MATCH (a {k: %d}), (b {k: %d}) CREATE (a)-[:%s {u: %d, w: %d}]->(b)", a,
             b, x % 3 ? "T" : "U", m->rels, x);
    m->rel[m->rels++] = (element){
        .live = 1, .x = (int16_t)x, .type = x % 3 == 0, .from = (int16_t)a, .to = (int16_t)b};
    break;
  case 5:
    snprintf(text, room, "MATCH (a {k: %d}) SET a.x = %d", a, x);
    m->node[a].x = (int16_t)x;
    break;
  case 6: // a page of numbers is given a string
    snprintf(text, room, "MATCH (a {k: %d}) SET a.x = toString(%d)", a, x + 1000);
    m->node[a].x = (int16_t)(x + 1000);
    break;
  case 7:
    snprintf(text, room, "MATCH (a {k: %d}) REMOVE a.x, a:A SET a:B", a);
    m->node[a].x = NONE;
    m->node[a].a = 0;
    m->node[a].b = 1;
    break;
  case 8:
    snprintf(text, room, "MATCH (a {k: %d}) SET a:A REMOVE a:B", a);
    m->node[a].a = 1;
    m->node[a].b = 0;
    break;
  case 9:
    snprintf(text, room, "MATCH (a {k: %d}) SET a.x = 99 DETACH DELETE a", a);
    detach(m, a);
    break;
  case 10:
  case 11:
    snprintf(text, room, "MATCH ()-[r {u: %d}]->() SET r.w = %d", r, x);
    m->rel[r].x = (int16_t)x;
    break;
  case 12:
    snprintf(text, room, "MATCH ()-[r {u: %d}]->() REMOVE r.w", r);
    m->rel[r].x = NONE;
    break;
  default:
    snprintf(text, room, "MATCH ()-[r {u: %d}]->() DELETE r", r);
    m->rel[r].live = 0;
  }
}

static bool fits(const model *m) { return m->nodes + 8 < MOST && m->rels + 8 < MOST; }

// ---- the world ----------------------------------------------------------------------------------

typedef struct reader {
  sl_property_query *query;
  int64_t expected;
} reader;

typedef struct segment {
  uint8_t *bytes;
  uint32_t room;
} segment;

typedef struct world {
  sl_rng rng;
  sl_property *graph, *transaction, *view[VIEWS];
  model now, before, seen[VIEWS]; // before: the transaction
  reader reading[READERS];
  sl_property *saved; // the snapshot that the last segment is of
  segment segment[SEGMENTS];
  int segments;
} world;

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

// A query begins on the graph or on a snapshot, and goes on for a few steps or to its end.
static void read_on(world *w) {
  reader *r = &w->reading[sl_rng_below(&w->rng, READERS)];
  if (r->query != NULL) {
    sl_outcome outcome;
    for (int i = 0; i < 2; i++) assert_ok(sl_job_step(sl_property_job(r->query), 1, &outcome));
    if (sl_rng_below(&w->rng, 3) > 0) return;
    if (sl_rng_below(&w->rng, 4) > 0) assert_int_equal(end_of(r->query), r->expected);
    sl_property_query_destroy(r->query);
    r->query = NULL;
    return;
  }
  const int k = (int)sl_rng_below(&w->rng, VIEWS + 2);
  const bool view = k < VIEWS && w->view[k] != NULL;
  const model *m = view ? &w->seen[k] : w->transaction != NULL ? &w->before : &w->now;
  const int question = (int)sl_rng_below(&w->rng, QUESTIONS);
  sl_outcome outcome;
  assert_ok(
      sl_property_prepare(view ? w->view[k] : w->graph, TEXT(questions[question]), &r->query));
  assert_ok(sl_property_begin(r->query, NULL, 0, UINT64_MAX, 0, 1));
  r->expected = expected(m, question);
  assert_ok(sl_job_step(sl_property_job(r->query), 1, &outcome));
}

static void view_or_leave(world *w) {
  const uint32_t k = sl_rng_below(&w->rng, VIEWS);
  if (w->view[k] == NULL) {
    assert_ok(sl_property_view(w->graph, SL_PROPERTY_SNAPSHOT, &w->view[k]));
    w->seen[k] = w->transaction != NULL ? w->before : w->now;
  } else if (sl_rng_below(&w->rng, 3) == 0) {
    // Its queries end with an error.
    for (int i = 0; i < READERS; i++) {
      sl_property_query_destroy(w->reading[i].query);
      w->reading[i].query = NULL;
    }
    sl_property_destroy(w->view[k]);
    w->view[k] = NULL;
  } else {
    is_as(w->view[k], &w->seen[k], &w->rng);
    int64_t n;
    assert_refused(ask(w->view[k], "CREATE ()", &n), SL_ERR_STATE, "graph");
  }
}

static void keep_segment(world *w, sl_property *snapshot) {
  sl_writer *writer;
  uint32_t bytes = 0;
  segment *kept = &w->segment[w->segments++];
  assert_ok(sl_property_save_since(snapshot, w->saved, &writer));
  kept->room = (uint32_t)sl_writer_size(writer) + 1;
  kept->bytes = malloc(kept->room);
  assert_non_null(kept->bytes);
  assert_ok(sl_writer_next(writer, kept->bytes, kept->room, &bytes));
  assert_int_equal(bytes, kept->room - 1);
  sl_writer_destroy(writer);
}

static void forget_segments(world *w) {
  for (int i = 0; i < w->segments; i++) free(w->segment[i].bytes);
  w->segments = 0;
  sl_property_destroy(w->saved);
  w->saved = NULL;
}

// What has changed since the last time is saved; all that was saved makes the same graph.
static void save_on(world *w) {
  sl_property *snapshot, *copy;
  if (sl_rng_below(&w->rng, 12) == 0 || w->segments == SEGMENTS) forget_segments(w);
  assert_ok(sl_property_view(w->graph, SL_PROPERTY_SNAPSHOT, &snapshot));
  keep_segment(w, snapshot);
  sl_property_destroy(w->saved);
  w->saved = snapshot;
  assert_ok(sl_property_create(&copy));
  for (int i = 0; i < w->segments; i++) {
    sl_reader *reader;
    assert_ok(sl_reader_create(SL_FILE_PROPERTY_SEGMENT, 0, &reader));
    assert_ok(sl_reader_feed(reader, w->segment[i].bytes, w->segment[i].room - 1));
    assert_ok(sl_property_apply(copy, reader));
    sl_reader_destroy(reader);
  }
  const model *m = w->transaction != NULL ? &w->before : &w->now;
  double facts[SL_PROPERTY_FACTS];
  sl_property_facts(copy, facts);
  assert_int_equal((int)facts[5], m->nodes); // ids are kept, also of what is gone
  assert_int_equal((int)facts[6], m->rels);
  for (int i = 0; i < 3; i++) is_as(copy, m, &w->rng);
  sl_property_destroy(copy);
}

static int differ(const element *a, int a_count, const element *b, int b_count, bool made) {
  int count = 0;
  const element *of = made ? b : a, *other = made ? a : b;
  const int n = made ? b_count : a_count, others = made ? a_count : b_count;
  for (int i = 0; i < n; i++) count += of[i].live && (i >= others || !other[i].live);
  return count;
}

static void begin_or_end(world *w) {
  sl_property *second;
  double changes[SL_PROPERTY_CHANGES];
  if (w->transaction == NULL) {
    assert_ok(sl_property_view(w->graph, SL_PROPERTY_TRANSACTION, &w->transaction));
    w->before = w->now;
    return;
  }
  assert_refused(sl_property_view(w->graph, SL_PROPERTY_TRANSACTION, &second), SL_ERR_STATE,
                 "graph");
  assert_refused(sl_property_compact(w->graph), SL_ERR_STATE, "graph");
  int64_t n;
  assert_refused(ask(w->graph, "CREATE ()", &n), SL_ERR_STATE, "graph");
  const uint32_t how = sl_rng_below(&w->rng, 8);
  if (how > 3) {
    const model *a = &w->before, *b = &w->now;
    assert_ok(sl_property_commit(w->transaction, changes));
    for (int i = 0; i < 2; i++) {
      assert_int_equal((int)changes[i], differ(a->node, a->nodes, b->node, b->nodes, i == 0));
      assert_int_equal((int)changes[2 + i], differ(a->rel, a->rels, b->rel, b->rels, i == 0));
    }
  } else {
    if (how > 0) assert_ok(sl_property_roll_back(w->transaction));
    w->now = w->before;
  }
  if (how > 0) {
    assert_refused(ask(w->transaction, "RETURN 1", &n), SL_ERR_STATE, "transaction");
    assert_refused(sl_property_commit(w->transaction, changes), SL_ERR_STATE, "transaction");
  }
  sl_property_destroy(w->transaction);
  w->transaction = NULL;
  is_as(w->graph, &w->now, &w->rng);
}

static void write_on(world *w) {
  sl_property *writer = w->transaction != NULL ? w->transaction : w->graph;
  char text[200];
  int64_t n;
  if (!fits(&w->now)) return;
  if (sl_rng_below(&w->rng, 10) == 0) { // fails after some of it was done
    const sl_status status =
        ask(writer,
            "MATCH (n:A) SET n.x = 5 CREATE (:A {k: 0}) WITH n DETACH DELETE n RETURN 1 / 0", &n);
    assert_true(status == SL_ERR_ARGUMENT || status == SL_OK);
    if (status == SL_OK) assert_int_equal(answer(writer, "MATCH (n:A) RETURN count(*)"), 0);
    return;
  }
  if (sl_rng_below(&w->rng, 40) == 0) {
    uint32_t first;
    const int32_t x = 4;
    const sl_status status = sl_property_add_nodes(w->graph, TEXT("A"), 1, &first);
    if (w->transaction != NULL) {
      assert_int_equal(status, SL_ERR_STATE);
      return;
    }
    const int32_t k = w->now.nodes;
    assert_ok(status);
    assert_ok(sl_property_set_column(w->graph, false, first, 1, TEXT("x"), SL_COLUMN_INT, &x, NULL,
                                     NULL, 0));
    assert_ok(sl_property_set_column(w->graph, false, first, 1, TEXT("k"), SL_COLUMN_INT, &k, NULL,
                                     NULL, 0));
    make_node(&w->now, 4);
    if (sl_rng_below(&w->rng, 2)) assert_ok(sl_property_compact(w->graph));
    return;
  }
  change(&w->now, &w->rng, text, sizeof text);
  assert_ok(ask(writer, text, &n));
}

// Statements, transactions that are committed, rolled back or dropped, snapshots that come and go, queries that are read on
// meanwhile: everyone sees what the model says.
static void every_view_sees_the_graph_of_its_beginning(void **state) {
  (void)state;
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  for (int round = 0; round < SL_TRIES(50); round++) {
    memset(w, 0, sizeof *w);
    sl_rng_seed(&w->rng, (uint64_t)round + 1);
    assert_ok(sl_property_create(&w->graph));
    for (int step = 0; step < STEPS; step++) {
      const uint32_t what = sl_rng_below(&w->rng, 100);
      if (what < 50)
        write_on(w);
      else if (what < 70)
        read_on(w);
      else if (what < 78)
        view_or_leave(w);
      else if (what < 82)
        begin_or_end(w);
      else if (what < 85)
        save_on(w);
      else if (w->transaction != NULL && what < 92)
        is_as(w->transaction, &w->now, &w->rng);
      else
        is_as(w->graph, w->transaction != NULL ? &w->before : &w->now, &w->rng);
    }
    double facts[SL_PROPERTY_FACTS];
    if (round % 2) { // in any order
      sl_property_destroy(w->graph);
      w->graph = NULL;
    }
    for (int i = 0; i < READERS; i++) sl_property_query_destroy(w->reading[i].query);
    for (int i = 0; i < VIEWS; i++) sl_property_destroy(w->view[i]);
    sl_property_destroy(w->transaction);
    forget_segments(w);
    if (w->graph == NULL) continue;
    // Nothing is kept for anybody any more.
    sl_property_facts(w->graph, facts);
    assert_int_equal((int)facts[10], 0);
    sl_property_destroy(w->graph);
  }
  free(w);
}

// A statement that was planned while a transaction was open runs when it has ended: the labels and
// types that its plan names were never counted in the state that is live then.
static void plans_outlive_the_state_they_were_made_in(void **state) {
  (void)state;
  static const char *const statements[] = {
      "CREATE (:A:B)-[:R]->(:C) RETURN 1",
      "MATCH (n) SET n:A:B RETURN count(n)",
      "MATCH (n) CREATE (n)-[:R]->(n) RETURN count(n)",
  };
  for (int i = 0; i < 3; i++) {
    for (int ends = 0; ends < 2; ends++) {
      sl_property *g, *transaction;
      sl_property_query *q;
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      double numbers[8], changes[SL_PROPERTY_CHANGES];
      int64_t nodes;
      assert_ok(sl_property_create(&g));
      assert_ok(ask(g, "CREATE () RETURN 1", &nodes));
      assert_ok(sl_property_prepare(g, TEXT(statements[i]), &q));
      assert_ok(sl_property_view(g, SL_PROPERTY_TRANSACTION, &transaction));
      assert_ok(sl_property_explain(q, numbers));
      if (ends == 0)
        assert_ok(sl_property_commit(transaction, changes));
      else
        assert_ok(sl_property_roll_back(transaction));
      assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
      assert_ok(sl_job_step(sl_property_job(q), UINT64_MAX, &outcome));
      assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
      sl_property_query_destroy(q);
      assert_int_equal(answer(g, "MATCH (n) RETURN count(n)"), i == 0 ? 3 : 1);
      assert_int_equal(answer(g, "MATCH (n:A) RETURN count(n)"), i < 2);
      assert_int_equal(answer(g, "MATCH ()-[r:R]->() RETURN count(r)"), i != 1);
      sl_property_destroy(transaction);
      sl_property_destroy(g);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_view_sees_the_graph_of_its_beginning),
      property(plans_outlive_the_state_they_were_made_in),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
