// Contraction hierarchies against plain searches and Floyd and Warshall: routes, tables, files.
#include "files.h"
#include "paths_ask.h"

#include "paths/file.h"
#include "paths/hierarchy.h"

#define MOST 24

static sl_status run(sl_hierarchy *h, uint64_t work) {
  sl_outcome outcome;
  do SL_TRY(sl_job_step(sl_hierarchy_job(h), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

static sl_hierarchy *prepare(sl_graph *graph, bool weighted, uint64_t work) {
  sl_hierarchy *h;
  assert_ok(sl_hierarchy_create(graph, weighted, &h));
  assert_ok(run(h, work));
  return h;
}

static double fact(const sl_hierarchy *h, int which) {
  double facts[SL_HIERARCHY_FACTS];
  sl_hierarchy_facts(h, facts);
  return facts[which];
}

static bool near(double a, double b) {
  return a == b || fabs(a - b) <= 1e-12 * (fabs(a) + fabs(b));
}

static double edge_length(const sl_graph *g, bool weighted, uint32_t u, uint32_t v) {
  const sl_csr *edges = g->outgoing;
  for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++)
    if (edges->columns[k] == v) return weighted && edges->values ? sl_csr_value(edges, k) : 1;
  return INFINITY;
}

// The path is one of the graph, from the source to the target, and as long as it says.
static void check_path(const sl_graph *g, bool weighted, uint32_t source, uint32_t target,
                       const double *route) {
  const uint32_t count = (uint32_t)route[1], *path = AT(uint32_t, route[2]);
  if (count == 0) {
    assert_true(route[0] == INFINITY);
    return;
  }
  double length = 0;
  assert_int_equal(path[0], source);
  assert_int_equal(path[count - 1], target);
  for (uint32_t i = 1; i < count; i++) length += edge_length(g, weighted, path[i - 1], path[i]);
  assert_true(length == route[0]);
}

static void floyd(const sl_graph *g, bool weighted, double *distance) {
  const uint32_t n = g->node_count;
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t v = 0; v < n; v++)
      distance[u * n + v] = u == v ? 0 : edge_length(g, weighted, u, v);
  for (uint32_t k = 0; k < n; k++)
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t v = 0; v < n; v++)
        distance[u * n + v] = fmin(distance[u * n + v], distance[u * n + k] + distance[k * n + v]);
}

static void agrees_with_floyd_and_warshall(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (uint32_t trial = 0; trial < SL_TRIES(6000); trial++) {
    sl_graph *g = random_graph(&rng, MOST);
    const uint32_t n = g->node_count;
    const bool weighted = sl_rng_below(&rng, 4) > 0;
    double distance[MOST * MOST], route[4], table[4];
    floyd(g, weighted, distance);
    sl_hierarchy *h = prepare(g, weighted, sl_rng_below(&rng, 2) ? 1 : UINT64_MAX);
    uint32_t sources[MOST], targets[MOST + 3];
    for (uint32_t u = 0; u < n; u++) {
      sources[u] = u;
      const uint32_t v = sl_rng_below(&rng, n);
      assert_ok(sl_hierarchy_route(h, u, v, route));
      assert_true(near(route[0], distance[u * n + v]));
      check_path(g, weighted, u, v, route);
    }
    const uint32_t count = 1 + sl_rng_below(&rng, n + 3);
    for (uint32_t k = 0; k < count; k++) targets[k] = sl_rng_below(&rng, n);
    assert_ok(sl_hierarchy_begin_table(h, sources, n, targets, count));
    assert_ok(run(h, sl_rng_below(&rng, 2) ? 1 : UINT64_MAX));
    assert_ok(sl_hierarchy_read_table(h, table));
    assert_true(table[0] == SL_OUTCOME_CONVERGED && table[3] == n);
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t k = 0; k < count; k++)
        assert_true(near(AT(double, table[2])[u * count + k], distance[u * n + targets[k]]));
    sl_hierarchy_destroy(h);
    sl_graph_destroy(g);
  }
}

// Streets of whole and of random lengths, one-way ones among them.
static sl_graph *streets(uint32_t x, uint32_t y, bool whole, bool directed, uint64_t seed) {
  const uint32_t n = x * y;
  uint32_t *from = malloc(4 * n * 4), *to = malloc(4 * n * 4), count = 0;
  double *weights = malloc(4 * n * 8);
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < n; i++) {
    for (int step = 0; step < 2; step++) {
      const uint32_t j = step == 0 ? i + 1 : i + x;
      if (step == 0 ? i % x == x - 1 : j >= n) continue;
      const double length = whole ? 1 + sl_rng_below(&rng, 100) : 0.1 + sl_rng_double(&rng);
      for (int back = 0; back <= (int)directed; back++) {
        if (directed && sl_rng_below(&rng, 8) == 0) continue;
        from[count] = back ? j : i;
        to[count] = back ? i : j;
        weights[count++] = length * (back ? 2 : 1);
      }
    }
  }
  sl_graph *g = make_graph(n, count, from, to, weights, SL_VALUES_F64, directed);
  free(from);
  free(to);
  free(weights);
  return g;
}

static void agrees_with_searches_on_streets(void **state) {
  (void)state;
  for (int which = 0; which < 4; which++) {
    sl_graph *g = streets(60, 50, which & 1, which & 2, 3);
    sl_hierarchy *h = prepare(g, true, 1000);
    sl_paths *paths;
    assert_ok(sl_paths_create(g, &paths));
    sl_rng rng;
    sl_rng_seed(&rng, 11);
    uint64_t settled = 0;
    for (uint32_t trial = 0; trial < SL_TRIES(300); trial++) {
      const uint32_t s = sl_rng_below(&rng, 3000), t = sl_rng_below(&rng, 3000);
      double answer[SL_PATHS_NUMBERS], route[4];
      ask(paths, SL_PATHS_ROUTE, UINT64_MAX, OPTIONS(1), NODES(s, t), 2, answer);
      assert_ok(sl_hierarchy_route(h, s, t, route));
      assert_true(which & 1 ? route[0] == answer[2] : near(route[0], answer[2]));
      check_path(g, true, s, t, route);
      settled += (uint64_t)route[3];
    }
    // A search from both ends settles about a third of the nodes.
    assert_true(settled < 300 * 150);
    assert_true(fact(h, 3) == 1 && fact(h, 5) == 0 && fact(h, 4) < 4 * fact(h, 1));
    sl_paths_destroy(paths);
    sl_hierarchy_destroy(h);
    sl_graph_destroy(g);
  }
}

// A star, a path, a complete graph, hubs that are joined: what would explode is the core.
static void takes_every_shape(void **state) {
  (void)state;
  enum { N = 100000, CLIQUE = 300 };
  uint32_t *from = malloc(N * 4), *to = malloc(N * 4);
  double route[4];
  for (uint32_t i = 0; i + 1 < N; i++) from[i] = 0, to[i] = i + 1;
  sl_graph *star = make_graph(N, N - 1, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_hierarchy *h = prepare(star, true, UINT64_MAX);
  assert_ok(sl_hierarchy_route(h, 7, N - 1, route));
  assert_true(route[0] == 2 && fact(h, 4) == 0);
  sl_hierarchy_destroy(h);
  sl_graph_destroy(star);

  for (uint32_t i = 0; i + 1 < N; i++) from[i] = i, to[i] = i + 1;
  sl_graph *line = make_graph(N, N - 1, from, to, NULL, SL_VALUES_PATTERN, true);
  h = prepare(line, true, UINT64_MAX);
  assert_ok(sl_hierarchy_route(h, 0, N - 1, route));
  assert_true(route[0] == N - 1 && route[1] == N && route[3] < 100);
  assert_ok(sl_hierarchy_route(h, 1, 0, route));
  assert_true(route[0] == INFINITY && route[1] == 0);
  sl_hierarchy_destroy(h);
  sl_graph_destroy(line);

  uint32_t count = 0;
  for (uint32_t i = 0; i < CLIQUE; i++)
    for (uint32_t j = i + 1; j < CLIQUE; j++) from[count] = i, to[count++] = j;
  for (uint32_t i = 0; i < CLIQUE; i++) from[count] = i, to[count++] = CLIQUE + i;
  sl_graph *hairy = make_graph(2 * CLIQUE, count, from, to, NULL, SL_VALUES_PATTERN, false);
  h = prepare(hairy, false, UINT64_MAX);
  assert_true(fact(h, 5) > 0);
  assert_ok(sl_hierarchy_route(h, CLIQUE, 2 * CLIQUE - 1, route));
  assert_true(route[0] == 3);
  check_path(hairy, false, CLIQUE, 2 * CLIQUE - 1, route);
  sl_hierarchy_destroy(h);
  sl_graph_destroy(hairy);
  free(from);
  free(to);

  sl_graph *alone = make_graph(1, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, true);
  h = prepare(alone, true, 1);
  assert_ok(sl_hierarchy_route(h, 0, 0, route));
  assert_true(route[0] == 0 && route[1] == 1 && AT(uint32_t, route[2])[0] == 0);
  sl_hierarchy_destroy(h);
  sl_graph_destroy(alone);
}

// However the work is cut, the bytes of the file are the same.
static file save(sl_hierarchy *h) {
  sl_writer *writer;
  assert_ok(sl_hierarchy_save(h, SL_LABELS_NONE, NULL, 0, &writer));
  return write_file(writer, 1000);
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_hierarchy **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_HIERARCHY, bytes, length, &reader);
  if (status == SL_OK) status = sl_hierarchy_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static sl_status load_and_use(const uint8_t *bytes, uint64_t length) {
  sl_hierarchy *h;
  const sl_status status = load(bytes, length, &h);
  if (status == SL_OK) {
    const uint32_t n = (uint32_t)fact(h, 0), nodes[] = {0, n - 1};
    double route[4];
    for (uint32_t k = 0; k < 20; k++) {
      const sl_status found = sl_hierarchy_route(h, k % n, (k * 7) % n, route);
      assert_true(found == SL_OK || found == SL_ERR_FORMAT);
    }
    assert_ok(sl_hierarchy_begin_table(h, nodes, 2, nodes, 2));
    assert_ok(run(h, 10));
  }
  sl_hierarchy_destroy(h);
  return status;
}

static void comes_back_from_a_file(void **state) {
  (void)state;
  for (int directed = 0; directed < 2; directed++) {
    sl_graph *g = streets(12, 9, false, directed, 8);
    sl_hierarchy *slow = prepare(g, true, 1), *h = prepare(g, true, UINT64_MAX), *again;
    file first = save(slow), second = save(h);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    assert_ok(load(first.bytes, first.length, &again));
    for (uint32_t k = 0; k < 100; k++) {
      double one[4], other[4];
      assert_ok(sl_hierarchy_route(h, k, 107 - k, one));
      assert_ok(sl_hierarchy_route(again, k, 107 - k, other));
      assert_true(one[0] == other[0] && one[1] == other[1] && one[3] == other[3]);
    }
    refuses_cuts(first, load_and_use);
    survives_flips(first, load_and_use);
    sl_hierarchy_destroy(again);
    sl_hierarchy_destroy(slow);
    sl_hierarchy_destroy(h);
    sl_graph_destroy(g);
    free(first.bytes);
    free(second.bytes);
  }
}

// A complete graph with a node at each of its nodes: these are contracted, and the core, whose lists
// have links to them, comes back from a file as it was.
static void a_core_comes_back_from_a_file(void **state) {
  (void)state;
  enum { CLIQUE = 90 };
  for (int directed = 0; directed < 2; directed++) {
    uint32_t *from = malloc(CLIQUE * CLIQUE * 4), *to = malloc(CLIQUE * CLIQUE * 4), count = 0;
    for (uint32_t i = 0; i < CLIQUE; i++) {
      for (uint32_t j = directed ? 0 : i + 1; j < CLIQUE; j++) {
        if (j != i) from[count] = i, to[count++] = j;
      }
      from[count] = directed && i % 2 ? CLIQUE + i : i;
      to[count++] = directed && i % 2 ? i : CLIQUE + i;
    }
    sl_graph *g = make_graph(2 * CLIQUE, count, from, to, NULL, SL_VALUES_PATTERN, directed);
    sl_hierarchy *h = prepare(g, true, UINT64_MAX), *again;
    file f = save(h);
    assert_true(fact(h, 5) == CLIQUE);
    assert_ok(load(f.bytes, f.length, &again));
    for (uint32_t k = 0; k < 2 * CLIQUE; k++) {
      double one[4], other[4];
      assert_ok(sl_hierarchy_route(h, k, 2 * CLIQUE - 2, one));
      assert_ok(sl_hierarchy_route(again, k, 2 * CLIQUE - 2, other));
      assert_true(one[0] == other[0] && one[1] == other[1] && one[3] == other[3]);
    }
    refuses_cuts(f, load_and_use);
    sl_hierarchy_destroy(again);
    sl_hierarchy_destroy(h);
    sl_graph_destroy(g);
    free(f.bytes);
    free(from);
    free(to);
  }
}

// What the nodes are called is the host's: it is kept as it is, as the last section, and nothing
// else may stand there.
static void labels_stand_at_the_end(void **state) {
  (void)state;
  sl_graph *g = streets(5, 4, false, true, 3);
  sl_hierarchy *h = prepare(g, true, UINT64_MAX), *again;
  const uint32_t other = SL_TAG('D', 'L', 'E', 'N');
  const uint32_t kinds[] = {SL_LABELS_IDS, SL_LABELS_TEXT, other};
  for (int i = 0; i < 3; i++) {
    sl_writer *writer;
    sl_reader *reader;
    sl_section left;
    assert_ok(sl_hierarchy_save(h, (sl_graph_labels)kinds[i], "names", 5, &writer));
    file f = write_file(writer, 1000);
    assert_ok(read_file(SL_FILE_HIERARCHY, f.bytes, f.length, &reader));
    const sl_status status = sl_hierarchy_load(reader, &again);
    assert_int_equal(status, i < 2 ? SL_OK : SL_ERR_FORMAT);
    if (i < 2) {
      assert_int_equal(sl_reader_peek(reader, &left), kinds[i]);
      assert_int_equal(left.bytes, 5);
      assert_memory_equal(left.data, "names", 5);
    }
    sl_hierarchy_destroy(again);
    sl_reader_destroy(reader);
    refuses_cuts(f, load_and_use);
    survives_flips(f, load_and_use);
    free(f.bytes);
  }
  sl_hierarchy_destroy(h);
  sl_graph_destroy(g);
}

static void gives_everything_back_without_memory(void **state) {
  (void)state;
  sl_graph *g = streets(12, 9, false, true, 8);
  const size_t before = sl_bytes_in_use();
  const uint32_t nodes[] = {0, 5, 100};
  bool whole = false;
  for (uint64_t bytes = 0; !whole; bytes += 37) {
    sl_memory_budget budget;
    sl_hierarchy *h = NULL;
    sl_writer *writer = NULL;
    double route[4];
    sl_memory_budget_begin(&budget, bytes);
    sl_status status = sl_hierarchy_create(g, true, &h);
    if (status == SL_OK) status = run(h, 100);
    if (status == SL_OK) status = sl_hierarchy_route(h, 3, 100, route);
    if (status == SL_OK) status = sl_hierarchy_begin_table(h, nodes, 3, nodes, 3);
    if (status == SL_OK) status = run(h, 100);
    if (status == SL_OK) status = sl_hierarchy_save(h, SL_LABELS_TEXT, "[]", 2, &writer);
    whole = status == SL_OK;
    assert_true(whole || status == SL_ERR_MEMORY);
    sl_writer_destroy(writer);
    if (whole) assert_true(sl_hierarchy_bytes(h) > 5000);
    sl_hierarchy_destroy(h);
    sl_memory_budget_end(&budget);
    assert_int_equal(sl_bytes_in_use(), before);
  }
  sl_graph_destroy(g);
}

static void refuses_what_is_no_question(void **state) {
  (void)state;
  sl_graph *g = streets(5, 5, true, false, 1);
  sl_hierarchy *h;
  sl_writer *writer;
  double route[4];
  const uint32_t nodes[] = {0, 25};
  assert_ok(sl_hierarchy_create(g, true, &h));
  assert_refused(sl_hierarchy_route(h, 0, 1, route), SL_ERR_STATE, "hierarchy");
  assert_refused(sl_hierarchy_save(h, SL_LABELS_NONE, NULL, 0, &writer), SL_ERR_STATE, "hierarchy");
  assert_ok(sl_job_stop(sl_hierarchy_job(h), SL_OUTCOME_TIME_LIMIT));
  assert_refused(sl_hierarchy_route(h, 0, 1, route), SL_ERR_STATE, "hierarchy");
  sl_hierarchy_destroy(h);
  h = prepare(g, true, 10);
  assert_refused(sl_hierarchy_route(h, 25, 1, route), SL_ERR_INDEX, "source");
  assert_refused(sl_hierarchy_route(h, 1, 25, route), SL_ERR_INDEX, "target");
  assert_refused(sl_hierarchy_begin_table(h, nodes, 2, nodes, 1), SL_ERR_INDEX, "sources");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_hierarchy_begin_table(h, nodes, 1, nodes, 2), SL_ERR_INDEX, "targets");
  assert_refused(sl_hierarchy_begin_table(h, nodes, 0, nodes, 1), SL_ERR_EMPTY, "sources");
  assert_refused(sl_hierarchy_begin_table(h, nodes, 1, nodes, 0), SL_ERR_EMPTY, "targets");
  assert_refused(sl_hierarchy_read_table(h, route), SL_ERR_STATE, "hierarchy");
  assert_ok(sl_hierarchy_begin_table(h, nodes, 1, nodes, 1));
  assert_ok(sl_hierarchy_route(h, 0, 1, route));
  assert_refused(sl_hierarchy_read_table(h, route), SL_ERR_STATE, "hierarchy");
  sl_hierarchy_destroy(h);
  sl_graph_destroy(g);

  const double huge[] = {0x1p1023};
  g = make_graph(2, 1, NODES(0), NODES(1), huge, SL_VALUES_F64, true);
  assert_refused(sl_hierarchy_create(g, true, &h), SL_ERR_RANGE, "graph");
  assert_ok(sl_hierarchy_create(g, false, &h));
  sl_hierarchy_destroy(h);
  sl_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(agrees_with_floyd_and_warshall),
      property(agrees_with_searches_on_streets),
      property(takes_every_shape),
      property(comes_back_from_a_file),
      property(a_core_comes_back_from_a_file),
      property(labels_stand_at_the_end),
      property(gives_everything_back_without_memory),
      property(refuses_what_is_no_question),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
