// Procedures that are tables: signatures, rows that fit the arguments, replacement, and what is refused.
#include "check.h"

#include <string.h>

#include "property/property.h"

static const uint8_t table[] = {7, 3, 0, 0, 0,                                     // three rows
                                7, 2, 0, 0, 0, 3, 1, 0, 0, 0, 6, 1,  0, 0, 0, 'a', // 1, 'a'
                                7, 2, 0, 0, 0, 3, 2, 0, 0, 0, 6, 1,  0, 0, 0, 'b', // 2, 'b'
                                7, 2, 0, 0, 0, 0, 6, 1, 0, 0, 0, 'c'};             // null, 'c'
static const char signature[] = "host.find(key :: INTEGER?) :: (name :: STRING?)";

static sl_status define(sl_property *graph, const char *text, const uint8_t *rows, size_t bytes) {
  return sl_property_define(graph, (const uint8_t *)text, (uint32_t)strlen(text), rows,
                            (uint32_t)bytes);
}

static sl_status prepare(sl_property *graph, const char *text, sl_property_query **out) {
  return sl_property_prepare(graph, (const uint8_t *)text, (uint32_t)strlen(text), out);
}

static void assert_rows(sl_property *graph, const char *text, const char *wanted, size_t length,
                        double count) {
  sl_property_query *query;
  double n[3];
  sl_outcome outcome;
  assert_ok(prepare(graph, text, &query));
  assert_ok(sl_property_begin(query, NULL, 0, UINT64_MAX, 0, 1));
  assert_ok(sl_job_step(sl_property_job(query), 1 << 20, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
  sl_property_take(query, n);
  assert_true(n[2] == count);
  assert_true(n[1] == (double)length);
  if (length > 0) assert_memory_equal((const void *)(uintptr_t)n[0], wanted, length);
  sl_property_query_destroy(query);
}

static void rows_fit_the_arguments(void **state) {
  (void)state;
  sl_property *graph;
  assert_ok(sl_property_create(&graph));
  assert_ok(define(graph, signature, table, sizeof table));
  assert_rows(graph, "CALL host.find(2)", "\x06\x01\0\0\0b", 6, 1);
  assert_rows(graph, "CALL host.find(null) YIELD name RETURN name", "\x06\x01\0\0\0c", 6, 1);
  assert_rows(graph,
              "UNWIND [1, 3, 2] AS k CALL host.find(k) YIELD name AS n WHERE n > 'a' RETURN n",
              "\x06\x01\0\0\0b", 6, 1);
  assert_rows(graph, "CALL host.find(7)", "", 0, 0);
  sl_property_destroy(graph);
}

static void what_is_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "f",
                                      "f()",
                                      "f() ::",
                                      "f() :: (",
                                      "f(a) :: ()",
                                      "f(a :: THING) :: ()",
                                      "f(a :: INTEGER :: ()",
                                      "f() :: () x",
                                      "(a :: ANY) :: ()",
                                      "f(,) :: ()"};
  sl_property *graph;
  sl_property_query *query;
  const uint8_t none[] = {7, 0, 0, 0, 0};
  assert_ok(sl_property_create(&graph));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_refused(define(graph, wrong[i], none, sizeof none), SL_ERR_FORMAT, "signature");
  assert_refused(define(graph, "db.labels() :: (label :: STRING)", none, sizeof none), SL_ERR_STATE,
                 "signature");
  for (size_t length = 0; length < sizeof table; length++)
    assert_refused(define(graph, signature, table, length), SL_ERR_FORMAT, "rows");
  assert_refused(define(graph, "f(a :: ANY) :: (b :: ANY, c :: ANY)", table, sizeof table),
                 SL_ERR_FORMAT, "rows");
  assert_int_equal(prepare(graph, "CALL host.find(1)", &query), SL_ERR_PARSE);
  assert_ok(prepare(graph, "RETURN 1", &query));
  assert_refused(define(graph, signature, table, sizeof table), SL_ERR_STATE, "graph");
  sl_property_query_destroy(query);
  sl_property_destroy(graph);
}

static void one_takes_the_place_of_another(void **state) {
  (void)state;
  sl_property *graph;
  const uint8_t other[] = {7, 1, 0, 0, 0, 7, 1, 0, 0, 0, 2};
  assert_ok(sl_property_create(&graph));
  for (int i = 0; i < 100; i++) {
    assert_ok(define(graph, signature, table, sizeof table));
    assert_ok(define(graph, "host.find() :: (it :: BOOLEAN)", other, sizeof other));
  }
  assert_rows(graph, "CALL host.find() YIELD it RETURN it", "\x02", 1, 1);
  assert_ok(define(graph, "host.nothing(a :: ANY) :: ()", (const uint8_t[]){7, 0, 0, 0, 0}, 5));
  assert_rows(graph, "UNWIND [1, 2] AS a CALL host.nothing(a) RETURN a",
              "\x03\x01\0\0\0\x03\x02\0\0\0", 10, 2);
  assert_rows(graph, "CALL host.nothing(1)", "", 0, 0);
  sl_property_destroy(graph);
}

static void memory_runs_out(void **state) {
  (void)state;
  sl_property *graph;
  assert_ok(sl_property_create(&graph));
  for (size_t bytes = 0; bytes < 20000; bytes += 500) {
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    const sl_status status = define(graph, signature, table, sizeof table);
    sl_memory_budget_end(&budget);
    assert_true(status == SL_OK || status == SL_ERR_MEMORY);
    if (status == SL_OK) assert_rows(graph, "CALL host.find(1)", "\x06\x01\0\0\0a", 6, 1);
  }
  sl_property_destroy(graph);
}

static sl_property *chain(void) {
  sl_property *graph;
  uint32_t first;
  const uint32_t from[3] = {0, 1, 2}, to[3] = {1, 2, 3};
  const double weights[3] = {0.5, 1.5, 2.5};
  assert_ok(sl_property_create(&graph));
  assert_ok(sl_property_add_nodes(graph, (const uint8_t *)"N", 1, 4, &first));
  assert_ok(sl_property_add_relationships(graph, (const uint8_t *)"R", 1, from, to, 3, &first));
  assert_ok(sl_property_set_column(graph, true, 0, 3, (const uint8_t *)"w", 1, SL_COLUMN_FLOAT,
                                   weights, NULL, NULL, 0));
  return graph;
}

static sl_outcome step(sl_property_query *query) {
  sl_outcome outcome;
  assert_ok(sl_job_step(sl_property_job(query), 1 << 20, &outcome));
  return outcome;
}

static void the_host_gives_rows_when_asked(void **state) {
  (void)state;
  sl_property *graph = chain();
  sl_property_query *query;
  double n[4];
  // Nodes 2, 9 (there is none) and 1.
  static const uint8_t rows[] = {7, 3, 0, 0, 0, 7, 1, 0, 0, 0, 3, 2, 0, 0, 0, 7, 1, 0,
                                 0, 0, 3, 9, 0, 0, 0, 7, 1, 0, 0, 0, 3, 1, 0, 0, 0};
  assert_ok(define(graph, "host.near(of :: ANY, all :: LIST) :: (node :: NODE)", NULL, 0));
  assert_ok(prepare(graph,
                    "MATCH (a:N) WHERE id(a) < 2 CALL host.near(a, [a, [1]]) YIELD node "
                    "MATCH (node)-->(b) RETURN id(b) AS b",
                    &query));
  assert_ok(sl_property_begin(query, NULL, 0, UINT64_MAX, 0, 1));
  assert_refused(sl_property_answer(query, rows, sizeof rows), SL_ERR_STATE, "query");
  for (uint8_t a = 0; a < 2; a++) {
    assert_int_equal(step(query), SL_OUTCOME_RUNNING);
    assert_ok(sl_property_wanted(query, n));
    assert_true(n[1] == 9);
    assert_memory_equal((const void *)(uintptr_t)n[0], "host.near", 9);
    const uint8_t arguments[] = {7, 2, 0, 0, 0, 3, a, 0, 0, 0, 7, 2, 0, 0, 0,
                                 3, a, 0, 0, 0, 7, 1, 0, 0, 0, 3, 1, 0, 0, 0};
    assert_true(n[3] == sizeof arguments);
    assert_memory_equal((const void *)(uintptr_t)n[2], arguments, sizeof arguments);
    for (uint32_t length = 0; length < sizeof rows; length++)
      assert_refused(sl_property_answer(query, rows, length), SL_ERR_FORMAT, "rows");
    assert_refused(sl_property_answer(query, table, sizeof table), SL_ERR_FORMAT, "rows");
    assert_ok(sl_property_answer(query, rows, sizeof rows));
    assert_ok(sl_property_wanted(query, n));
    assert_true(n[1] == 0);
  }
  assert_int_equal(step(query), SL_OUTCOME_CONVERGED);
  sl_property_take(query, n);
  assert_true(n[2] == 4);
  assert_memory_equal((const void *)(uintptr_t)n[0],
                      "\x03\x03\0\0\0\x03\x02\0\0\0\x03\x03\0\0\0\x03\x02\0\0\0", 20);

  // A step without the rows ends the run; so does a new one, and the end of the query.
  sl_outcome outcome;
  assert_ok(sl_property_begin(query, NULL, 0, UINT64_MAX, 0, 1));
  assert_int_equal(step(query), SL_OUTCOME_RUNNING);
  assert_refused(sl_job_step(sl_property_job(query), 1, &outcome), SL_ERR_STATE, "query");
  assert_refused(sl_property_answer(query, rows, sizeof rows), SL_ERR_STATE, "query");
  assert_ok(sl_property_begin(query, NULL, 0, UINT64_MAX, 0, 1));
  assert_int_equal(step(query), SL_OUTCOME_RUNNING);
  sl_property_query_destroy(query);
  sl_property_destroy(graph);
}

// What one call gives, or the status of what refuses it.
static sl_status answered(sl_property *graph, const char *text, const uint8_t *rows, size_t bytes,
                          double *n) {
  sl_property_query *query;
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  assert_ok(prepare(graph, text, &query));
  assert_ok(sl_property_begin(query, NULL, 0, UINT64_MAX, 0, 1));
  sl_status status = sl_job_step(sl_property_job(query), 1 << 20, &outcome);
  if (status == SL_OK) status = sl_property_answer(query, rows, (uint32_t)bytes);
  if (status == SL_OK) status = sl_job_step(sl_property_job(query), 1 << 20, &outcome);
  if (status == SL_OK) sl_property_take(query, n);
  sl_property_query_destroy(query);
  return status;
}

static void ids_become_paths_and_relationships(void **state) {
  (void)state;
  sl_property *graph = chain();
  double n[3];
  assert_ok(define(graph, "host.way() :: (path :: PATH)", NULL, 0));
  assert_ok(define(graph, "host.edge() :: (edge :: RELATIONSHIP)", NULL, 0));
  // From node 0 by relationships 0 and 1.
  uint8_t way[] = {7, 1, 0, 0, 0, 7, 1, 0, 0, 0, 7, 3, 0, 0, 0,
                   3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0};
  const char *const text = "CALL host.way() YIELD path RETURN path";
  assert_ok(answered(graph, text, way, sizeof way, n));
  assert_true(n[2] == 1);
  way[26] = 2; // does not begin where 0 ends
  assert_refused(answered(graph, text, way, sizeof way, n), SL_ERR_FORMAT, "rows");
  way[26] = 200; // is not there
  assert_ok(answered(graph, text, way, sizeof way, n));
  assert_true(n[2] == 0);
  const uint8_t wrong[] = {7, 1, 0, 0, 0, 7, 1, 0, 0, 0, 2},
                nothing[] = {7, 1, 0, 0, 0, 7, 1, 0, 0, 0, 0};
  assert_refused(answered(graph, text, wrong, sizeof wrong, n), SL_ERR_FORMAT, "rows");
  const char *const edge = "CALL host.edge() YIELD edge RETURN edge.w";
  assert_refused(answered(graph, edge, wrong, sizeof wrong, n), SL_ERR_FORMAT, "rows");
  assert_ok(answered(graph, edge, nothing, sizeof nothing, n));
  assert_true(n[2] == 1);
  const uint8_t second[] = {7, 1, 0, 0, 0, 7, 1, 0, 0, 0, 3, 1, 0, 0, 0};
  assert_ok(answered(graph, edge, second, sizeof second, n));
  assert_true(n[1] == 9); // a float
  // Expressions are evaluated whole: they cannot wait.
  assert_int_equal(answered(graph, "RETURN EXISTS { CALL host.edge() YIELD edge RETURN edge }",
                            second, sizeof second, n),
                   SL_ERR_ARGUMENT);
  sl_property_destroy(graph);
}

static void the_graph_as_arrays(void **state) {
  (void)state;
  sl_property *graph = chain();
  uint32_t ids[4], from[3], to[3], count;
  double weights[3];
  sl_property_list_nodes(graph, (const uint8_t *)"N", 1, ids, &count);
  assert_int_equal(count, 4);
  sl_property_list_nodes(graph, (const uint8_t *)"M", 1, ids, &count);
  assert_int_equal(count, 0);
  assert_rows(graph, "MATCH (a) WHERE id(a) = 1 DETACH DELETE a", "", 0, 0);
  sl_property_list_nodes(graph, NULL, 0, ids, &count);
  assert_int_equal(count, 3);
  assert_int_equal(ids[1], 2);
  sl_property_list_relationships(graph, NULL, 0, (const uint8_t *)"w", 1, ids, from, to, weights,
                                 &count);
  assert_int_equal(count, 1);
  assert_true(ids[0] == 2 && from[0] == 2 && to[0] == 3 && weights[0] == 2.5);
  sl_property_list_relationships(graph, (const uint8_t *)"R", 1, (const uint8_t *)"none", 4, ids,
                                 from, to, weights, &count);
  assert_true(count == 1 && weights[0] != weights[0]);
  sl_property_list_relationships(graph, (const uint8_t *)"S", 1, NULL, 0, ids, from, to, weights,
                                 &count);
  assert_int_equal(count, 0);
  sl_property_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(the_host_gives_rows_when_asked),
      property(ids_become_paths_and_relationships),
      property(the_graph_as_arrays),
      property(rows_fit_the_arguments),
      property(what_is_refused),
      property(one_takes_the_place_of_another),
      property(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
