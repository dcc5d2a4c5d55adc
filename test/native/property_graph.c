// Property graphs: answers that are counted by hand or by another way, statements that are undone, limits of memory and work.
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/container.h"
#include "base/rng.h"
#include "property_ask.h"

enum { NODES = 60, EDGES = 400 };

// A graph with loops and parallel edges, and its edges.
static sl_property *random_graph(uint64_t seed, uint32_t *from, uint32_t *to, int32_t *x) {
  sl_property *g;
  sl_rng rng;
  uint32_t first;
  sl_rng_seed(&rng, seed);
  assert_ok(sl_property_create(&g));
  assert_ok(sl_property_add_nodes(g, TEXT("N"), NODES, &first));
  for (int i = 0; i < NODES; i++) x[i] = (int32_t)sl_rng_below(&rng, 10);
  for (int i = 0; i < EDGES; i++) {
    from[i] = sl_rng_below(&rng, NODES);
    to[i] = sl_rng_below(&rng, NODES);
  }
  assert_ok(sl_property_set_column(g, false, 0, NODES, TEXT("x"), SL_COLUMN_INT, x, NULL, NULL, 0));
  assert_ok(sl_property_add_relationships(g, TEXT("K"), from, to, EDGES, &first));
  return g;
}

// Counts by trying all tuples of edges.
static void counts_paths_and_triangles_as_brute_force_does(void **state) {
  (void)state;
  uint32_t from[EDGES], to[EDGES];
  int32_t x[NODES];
  for (uint64_t seed = 1; seed <= 4; seed++) {
    sl_property *g = random_graph(seed, from, to, x);
    int64_t two = 0, tested = 0, three = 0, either = 0;
    for (int i = 0; i < EDGES; i++) {
      for (int j = 0; j < EDGES; j++) {
        if (i == j) continue;
        either += to[i] == from[j] || to[i] == to[j];
        // Undirected on the second: a loop counts once.
        if (to[i] == from[j] && to[i] == to[j]) either += 0;
        if (to[i] != from[j]) continue;
        two++;
        tested += x[from[i]] > 4 && x[to[j]] < 5;
        for (int k = 0; k < EDGES; k++)
          three += k != i && k != j && from[k] == to[j] && to[k] == from[i];
      }
    }
    for (int sorted = 0; sorted < 2; sorted++) {
      if (sorted) assert_ok(sl_property_compact(g));
      assert_int_equal(answer(g, "MATCH (a)-[:K]->(b)-[:K]->(c) RETURN count(*)"), two);
      assert_int_equal(answer(g, "MATCH (a)-[r:K]->(b)-[s:K]->(c) RETURN count(id(c))"), two);
      assert_int_equal(answer(g, "MATCH (a)-[r]->(b), (b)-[s]->(c) WITH r, s RETURN count(*)"),
                       two);
      assert_int_equal(
          answer(g, "MATCH (a)-[:K]->(b)-[:K]->(c) WHERE a.x > 4 AND c.x < 5 RETURN count(*)"),
          tested);
      assert_int_equal(
          answer(g, "MATCH (a)-[:K]->(b)-[:K]->(c) WHERE a.x > 4 AND c.x < 5 RETURN count(c)"),
          tested);
      assert_int_equal(answer(g, "MATCH (a)-[:K]->(b)-[:K]->(c)-[:K]->(a) RETURN count(*)"), three);
      assert_int_equal(answer(g, "MATCH (a)-->(b)-->(c), (c)-->(a) RETURN count(*)"), three);
      assert_int_equal(answer(g, "MATCH (a)-[:K]->(b)-[:K]-(c) RETURN count(*)"), either);
      assert_int_equal(answer(g, "MATCH (a)-[:K*2..2]->(c) RETURN count(*)"), two);
      assert_int_equal(answer(g, "MATCH (a)-[:K]->() RETURN count(*)"), EDGES);
    }
    sl_property_destroy(g);
  }
}

static void shortest_paths_are_as_long_as_by_breadth_first_search(void **state) {
  (void)state;
  uint32_t from[EDGES], to[EDGES];
  int32_t x[NODES];
  sl_property *g = random_graph(9, from, to, x);
  char text[200];
  for (uint32_t s = 0; s < 12; s++) {
    int64_t distance[NODES], total = 0;
    for (int i = 0; i < NODES; i++) distance[i] = -1;
    distance[s] = 0;
    for (int round = 0; round < NODES; round++)
      for (int i = 0; i < EDGES / 3; i++)
        if (distance[from[i]] == round && distance[to[i]] < 0) distance[to[i]] = round + 1;
    for (uint32_t i = 0; i < NODES; i++) total += i != s && distance[i] > 0 ? distance[i] : 0;
    snprintf(
        text, sizeof text,
        "MATCH (a), (b) WHERE id(a) = %u AND a <> b MATCH p = shortestPath((a)-[r:K*]->(b)) WHERE "
        "all(e IN r WHERE id(e) >= 0) RETURN sum(length(p))",
        s);
    sl_property *h;
    uint32_t first;
    assert_ok(sl_property_create(&h));
    assert_ok(sl_property_add_nodes(h, NULL, 0, NODES, &first));
    assert_ok(sl_property_add_relationships(h, TEXT("K"), from, to, EDGES / 3, &first));
    assert_int_equal(answer(h, text), total);
    sl_property_destroy(h);
  }
  sl_property_destroy(g);
}

// What fails, is stopped or destroyed leaves no trace.
static void statements_are_undone_as_a_whole(void **state) {
  (void)state;
  sl_property *g;
  int64_t n;
  assert_ok(sl_property_create(&g));
  answer(g, "UNWIND range(1, 20) AS i CREATE (:A {i: i})-[:R {w: i}]->(:B)");
  const char *const failing[] = {
      "MATCH (a:A) SET a.i = 1, a:C, a.new = 'x' WITH a RETURN 1 / (a.i - a.i)",
      "MATCH (a:A)-[r]->(b) DELETE r WITH a, b DELETE a, b CREATE (:D) RETURN 1 / 0",
      "MATCH (a:A) DELETE a",
      "MATCH (a:A) CREATE (a)-[:S]->(:E {z: [1, 2]}) WITH a REMOVE a:A RETURN 1 % 0",
      "MERGE (x:A {i: 99}) WITH x RETURN 1 / 0",
  };
  for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
    assert_int_equal(ask(g, failing[i], &n), SL_ERR_ARGUMENT);
    assert_int_equal(answer(g, "MATCH (a:A)-[r:R]->(b:B) WHERE a.i = r.w RETURN sum(a.i)"), 210);
    assert_int_equal(answer(g, "MATCH (a) RETURN count(*)"), 40);
    assert_int_equal(answer(g, "MATCH ()-[r]->() RETURN count(*)"), 20);
    assert_int_equal(answer(g, "MATCH (a) WHERE a.new IS NOT NULL OR a:C RETURN count(*)"), 0);
  }
  for (int how = 0; how < 2; how++) {
    sl_property_query *q, *other;
    sl_outcome outcome;
    const char *text = "MATCH (a), (b) CREATE (:Z {v: a.i}) RETURN count(*)";
    assert_ok(sl_property_prepare(g, TEXT(text), &q));
    assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
    assert_ok(sl_job_step(sl_property_job(q), 3000, &outcome));
    assert_int_equal(outcome, SL_OUTCOME_RUNNING);
    assert_ok(sl_property_prepare(g, TEXT("RETURN 1"), &other));
    assert_refused(sl_property_begin(other, NULL, 0, 1, 0, 1), SL_ERR_STATE, "graph");
    sl_property_query_destroy(other);
    if (how == 0) assert_ok(sl_job_stop(sl_property_job(q), SL_OUTCOME_TIME_LIMIT));
    sl_property_query_destroy(q);
    assert_int_equal(answer(g, "MATCH (a) RETURN count(*)"), 40);
  }
  sl_property_destroy(g);
}

// Each allocation fails once: MEMORY, nothing lost, nothing changed.
static void memory_may_end_anywhere(void **state) {
  (void)state;
  const char *const texts[] = {
      "MATCH (a:A)-[r]->(b) WHERE a.i > 2 RETURN count(DISTINCT b)",
      "MATCH (a) WITH a ORDER BY a.i DESC LIMIT 3 RETURN count(*)",
      "MATCH (a:A) CREATE (a)-[:S {t: 'text' + a.i}]->(:E {z: [1, 'b']}) SET a.k = {}.x, a:L",
      "MATCH p = (a)-[*1..2]->(b) RETURN size(collect([x IN nodes(p) | labels(x)]))",
      "MERGE (a:A {i: 1}) ON MATCH SET a.seen = true MERGE (a)-[:NEW]->(c:C) RETURN count(*)",
      "MATCH (a:A {i: 3}), (b:B) MATCH q = shortestPath((a)-[*]-(b)) RETURN count(q)",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    sl_property *g;
    int64_t n;
    sl_memory_budget budget;
    assert_ok(sl_property_create(&g));
    answer(g, "UNWIND range(1, 8) AS i CREATE (:A {i: i})-[:R]->(:B {s: toString(i)})");
    for (uint64_t bytes = 0; bytes < 1 << 20; bytes = bytes + 64 + bytes / 8) {
      const int64_t before = answer(g, "MATCH (a) RETURN count(*)");
      sl_memory_budget_begin(&budget, bytes);
      const sl_status status = ask(g, texts[i], &n);
      sl_memory_budget_end(&budget);
      if (status == SL_OK) break;
      assert_int_equal(status, SL_ERR_MEMORY);
      assert_int_equal(answer(g, "MATCH (a) RETURN count(*)"), before);
    }
    sl_property_destroy(g);
  }
}

static void a_graph_is_the_same_after_saving(void **state) {
  (void)state;
  sl_property *g, *again;
  sl_writer *writer;
  sl_reader *reader;
  uint8_t block[64];
  uint32_t bytes = 0;
  assert_ok(sl_property_create(&g));
  answer(g, "CREATE (:Gone) WITH 1 AS x UNWIND range(1, 3000) AS i CREATE (:A:B {i: i, s: 'n' + i, "
            "f: i / 2.0, l: [i]})-[:R {w: i}]->(:C)");
  answer(g, "MATCH (g:Gone) DELETE g");
  assert_ok(sl_property_save(g, &writer));
  assert_ok(sl_reader_create(SL_TAG('P', 'R', 'O', 'P'), 0, &reader));
  do {
    assert_ok(sl_writer_next(writer, block, sizeof block, &bytes));
    assert_ok(sl_reader_feed(reader, block, bytes));
  } while (bytes == sizeof block);
  assert_ok(sl_property_load(reader, &again));
  sl_writer_destroy(writer);
  sl_reader_destroy(reader);
  const char *same = "MATCH (a:A:B)-[r:R]->(c:C) WHERE a.i = r.w AND a.s = 'n' + a.i AND a.f * 2 = "
                     "a.i AND a.l[0] = a.i "
                     "RETURN count(*)";
  assert_int_equal(answer(again, same), 3000);
  assert_int_equal(answer(again, "MATCH (a:A {i: 2999}) RETURN count(*)"), 1);
  sl_property_destroy(g);
  sl_property_destroy(again);
}

// A long path, a star, deep lists: nothing calls itself over the data.
static void size_and_depth_do_not_matter(void **state) {
  (void)state;
  enum { LONG = 100000 };
  sl_property *g;
  uint32_t first, *from, *to;
  int64_t n;
  assert_ok(sl_property_create(&g));
  assert_ok(sl_property_add_nodes(g, TEXT("P"), LONG, &first));
  from = malloc(LONG * sizeof *from);
  to = malloc(LONG * sizeof *to);
  for (uint32_t i = 0; i + 1 < LONG; i++) {
    from[i] = i;
    to[i] = i + 1;
  }
  assert_ok(sl_property_add_relationships(g, TEXT("N"), from, to, LONG - 1, &first));
  memset(from, 0, LONG * sizeof *from);
  for (uint32_t i = 0; i < LONG; i++) to[i] = i;
  assert_ok(sl_property_add_relationships(g, TEXT("S"), from, to, LONG, &first));
  assert_int_equal(
      answer(
          g,
          "MATCH (a), (b) WHERE id(a) = 0 AND id(b) = 3000 MATCH p = shortestPath((a)-[:N*]->(b)) "
          "RETURN length(p)"),
      3000);
  assert_int_equal(answer(g, "MATCH (a)-[:S]->(b)-[:N]->(c) RETURN count(*)"), LONG - 1);
  assert_int_equal(answer(g, "MATCH (a) WHERE id(a) = 96000 MATCH (a)-[:N*]->(b) RETURN count(*)"),
                   LONG - 96001);
  assert_int_equal(ask(g, "RETURN reduce(l = [], i IN range(1, 100000) | [l])", &n),
                   SL_ERR_OVERFLOW);
  // Planning a pattern takes the square of its length: longer ones are refused before.
  for (int length = 1000; length <= 20000; length *= 20) {
    char *text = malloc((size_t)length * 5 + 40), *end = text + sprintf(text, "EXPLAIN MATCH ()");
    for (int i = 0; i < length; i++) end += sprintf(end, "-->()");
    sprintf(end, " RETURN 1");
    assert_int_equal(ask(g, text, &n), length == 1000 ? SL_OK : SL_ERR_OVERFLOW);
    free(text);
  }
  assert_int_equal(answer(g, "MATCH (a:P) DETACH DELETE a RETURN count(*)"), LONG);
  free(from);
  free(to);
  sl_property_destroy(g);
}

// One step that could take very long ends at its limit, with the rows before it.
static void long_rows_end(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int rows;
  } texts[] = {{"UNWIND [5, 5, 100000000] AS i WITH CASE i WHEN 5 THEN 5 ELSE 400 END AS i "
                "RETURN size([x IN range(1, i) WHERE any(y IN range(1, i) WHERE y = -x)])",
                2},
               {"RETURN COUNT { MATCH (a:N), (b:N), (c:N) WHERE a.x + b.x + c.x < 0 }", 0},
               {"MATCH (a:N) WHERE EXISTS { MATCH (a)-[:R*]->(b:M) } RETURN a.x", 0},
               {"MATCH (a:N) WHERE a.x < 3 RETURN [(a)-[:R*1..60]->(b:M) | b.x]", 0}};
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
    sl_property *g;
    sl_property_query *q;
    sl_outcome outcome;
    int64_t none;
    double numbers[3];
    assert_ok(sl_property_create(&g));
    assert_ok(ask(g, "UNWIND range(1, 60) AS i CREATE (:N {x: i})", &none));
    assert_ok(ask(g, "MATCH (a:N), (b:N) WHERE a <> b CREATE (a)-[:R]->(b)", &none));
    assert_ok(sl_property_prepare(g, TEXT(texts[k].text), &q));
    assert_ok(sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1));
    sl_property_limit(q, 10000);
    outcome = SL_OUTCOME_RUNNING;
    while (outcome == SL_OUTCOME_RUNNING) {
      const uint64_t before = sl_job_work(sl_property_job(q));
      assert_ok(sl_job_step(sl_property_job(q), 500, &outcome));
      assert_true(sl_job_work(sl_property_job(q)) - before <= 20000);
    }
    assert_int_equal(outcome, SL_OUTCOME_TIME_LIMIT);
    sl_property_take(q, numbers);
    assert_int_equal((int)numbers[2], texts[k].rows);
    assert_int_equal(answer(g, "CREATE (m:M) RETURN 1"), 1);
    sl_property_query_destroy(q);
    sl_property_destroy(g);
  }
}

static void sizes_are_known_before(void **state) {
  (void)state;
  static const struct {
    uint32_t nodes, relationships, types, numbers, booleans;
  } sizes[] = {{0, 0, 1, 0, 0},          {1, 1, 1, 1, 1},        {100000, 0, 1, 2, 1},
               {20000, 150000, 1, 1, 0}, {1000, 90000, 3, 0, 1}, {70000, 70000, 2, 1, 3}};
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    const uint32_t n = sizes[k].nodes, m = sizes[k].relationships / sizes[k].types;
    const double size[SL_PROPERTY_SIZE] = {n,
                                           sizes[k].relationships,
                                           sizes[k].types,
                                           [3] = sizes[k].booleans,
                                           [5] = sizes[k].numbers,
                                           [9] = sizes[k].numbers};
    sl_property *g;
    uint32_t first;
    uint32_t *ends = calloc(m + n + 1, sizeof *ends);
    double *values = calloc(m * sizes[k].types + n + 1, sizeof *values);
    char name[20];
    assert_ok(sl_property_create(&g));
    assert_ok(sl_property_add_nodes(g, TEXT("N"), n, &first));
    for (uint32_t i = 0; i < m; i++) ends[i] = i % n;
    for (uint32_t i = 0; i < sizes[k].types && m > 0; i++) {
      snprintf(name, sizeof name, "T%u", i);
      assert_ok(sl_property_add_relationships(g, TEXT(name), ends, ends, m, &first));
    }
    for (uint32_t i = 0; i < sizes[k].numbers; i++) {
      snprintf(name, sizeof name, "f%u", i);
      assert_ok(sl_property_set_column(g, false, 0, n, TEXT(name), SL_COLUMN_FLOAT, values, NULL,
                                       NULL, 0));
      assert_ok(sl_property_set_column(g, true, 0, m * sizes[k].types, TEXT(name), SL_COLUMN_FLOAT,
                                       values, NULL, NULL, 0));
    }
    for (uint32_t i = 0; i < sizes[k].booleans; i++) {
      snprintf(name, sizeof name, "b%u", i);
      assert_ok(sl_property_set_column(g, false, 0, n, TEXT(name), SL_COLUMN_BOOLEAN, values, NULL,
                                       NULL, 0));
    }
    assert_ok(sl_property_compact(g));
    const double bytes = (double)sl_property_bytes(g), said = sl_property_estimate(size);
    if (bytes > said || (n > 1 && bytes < said / 2))
      fail_msg("%u nodes: %.0f bytes, not %.0f", n, bytes, said);
    sl_property_destroy(g);
    free(ends);
    free(values);
  }
}

static void arguments_are_refused_by_name(void **state) {
  (void)state;
  sl_property *g;
  sl_property_query *q;
  uint32_t first, far = 7;
  double column[2] = {1, NAN};
  assert_ok(sl_property_create(&g));
  assert_ok(sl_property_add_nodes(g, TEXT("A\nB"), 2, &first));
  assert_refused(sl_property_add_nodes(g, TEXT("A\n\nB"), 2, &first), SL_ERR_RANGE, "labels");
  assert_refused(sl_property_add_relationships(g, TEXT(""), &first, &first, 1, &first),
                 SL_ERR_EMPTY, "type");
  assert_refused(sl_property_add_relationships(g, TEXT("T"), &far, &first, 1, &first), SL_ERR_INDEX,
                 "from");
  assert_refused(
      sl_property_set_column(g, false, 1, 2, TEXT("x"), SL_COLUMN_FLOAT, column, NULL, NULL, 0),
      SL_ERR_INDEX, "first");
  assert_ok(
      sl_property_set_column(g, false, 0, 2, TEXT("x"), SL_COLUMN_FLOAT, column, NULL, NULL, 0));
  assert_int_equal(answer(g, "MATCH (a) WHERE a.x = a.x RETURN count(*)"), 1);
  assert_refused(sl_property_prepare(g, TEXT("MATCH (a RETURN a"), &q), SL_ERR_PARSE, "text");
  assert_ok(sl_property_prepare(g, TEXT("RETURN $p AS p"), &q));
  const uint8_t bad[6] = {SL_WIRE_LIST, 255, 255, 255, 255, 0};
  assert_refused(sl_property_begin(q, bad, sizeof bad, 1, 0, 0), SL_ERR_FORMAT, "parameters");
  assert_refused(sl_property_begin(q, NULL, 0, 1, 0, 0), SL_ERR_ARGUMENT, "query");
  sl_property_destroy(g); // before its query
  assert_refused(sl_property_begin(q, NULL, 0, 1, 0, 0), SL_ERR_STATE, "graph");
  sl_property_query_destroy(q);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(counts_paths_and_triangles_as_brute_force_does),
      property(shortest_paths_are_as_long_as_by_breadth_first_search),
      property(statements_are_undone_as_a_whole),
      property(memory_may_end_anywhere),
      property(a_graph_is_the_same_after_saving),
      property(size_and_depth_do_not_matter),
      property(long_rows_end),
      property(sizes_are_known_before),
      property(arguments_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
