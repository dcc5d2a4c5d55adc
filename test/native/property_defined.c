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

int main(void) {
  const struct CMUnitTest tests[] = {
      property(rows_fit_the_arguments),
      property(what_is_refused),
      property(one_takes_the_place_of_another),
      property(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
