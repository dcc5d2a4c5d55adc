// Long paths, large stars, memory that runs out, weights at the ends of f64, arguments that are wrong.
#include "paths_ask.h"

#include "paths/bellman_ford.h"

#define MANY 1000000u

static sl_graph *many(bool star, bool weighted) {
  uint32_t *from, *to;
  double *weights;
  assert_ok(SL_ALLOC(&from, MANY));
  assert_ok(SL_ALLOC(&to, MANY));
  assert_ok(SL_ALLOC(&weights, MANY));
  for (uint32_t i = 0; i < MANY; i++) {
    from[i] = star ? 0 : i;
    to[i] = i + 1;
    weights[i] = 0.5;
  }
  sl_graph *graph = make_graph(MANY + 1, MANY, from, to, weighted ? weights : NULL,
                               weighted ? SL_VALUES_F64 : SL_VALUES_PATTERN, star);
  sl_free(from);
  sl_free(to);
  sl_free(weights);
  return graph;
}

static void a_path_of_a_million_nodes(void **state) {
  (void)state;
  for (int weighted = 0; weighted < 2; weighted++) {
    const double length = weighted ? 0.5 : 1;
    double answer[SL_PATHS_NUMBERS];
    sl_paths *paths;
    sl_graph *graph = many(false, weighted);
    assert_ok(sl_paths_create(graph, &paths));
    ask(paths, SL_PATHS_TREE, 50000, OPTIONS(1, 0, INFINITY, 1), NODES(0), 1, answer);
    assert_true(AT(double, answer[3])[MANY] == MANY * length);
    assert_int_equal(AT(uint32_t, answer[5])[MANY], 0);
    ask(paths, SL_PATHS_ROUTE, 50000, OPTIONS(1), NODES(0, MANY), 2, answer);
    assert_true(answer[2] == MANY * length && answer[3] == MANY + 1);
    ask(paths, SL_PATHS_PREPARE, 50000, OPTIONS(1, 1), NULL, 0, answer);
    ask(paths, SL_PATHS_ROUTE, 50000, OPTIONS(1), NODES(MANY, 0), 2, answer);
    assert_true(answer[2] == MANY * length && answer[3] == MANY + 1);
    ask(paths, SL_PATHS_ECCENTRICITY, 50000, OPTIONS(1, 0), NULL, 0, answer);
    assert_true(answer[2] == MANY * length && answer[7] <= 4);
    sl_paths_destroy(paths);
    sl_graph_destroy(graph);
  }
}

static void a_star_of_a_million_leaves(void **state) {
  (void)state;
  double answer[SL_PATHS_NUMBERS];
  sl_paths *paths;
  sl_graph *graph = many(true, true);
  assert_ok(sl_paths_create(graph, &paths));
  ask(paths, SL_PATHS_TREE, 1, OPTIONS(1, 0, INFINITY, 1), NODES(0), 1, answer);
  assert_int_equal(answer[2], MANY + 1);
  ask(paths, SL_PATHS_ORDER, 50000, OPTIONS(0), NULL, 0, answer);
  assert_int_equal(answer[2], MANY + 1);
  ask(paths, SL_PATHS_CRITICAL, 50000, OPTIONS(1, 0, 1), NULL, 0, answer);
  assert_true(answer[2] == 0.5);
  ask(paths, SL_PATHS_REDUCTION, 50000, OPTIONS(0), NULL, 0, answer);
  assert_int_equal(answer[2], MANY);
  ask(paths, SL_PATHS_CLOSENESS, 50000, OPTIONS(1, 1), NODES(0), 1, answer);
  assert_true(AT(double, answer[3])[0] == 0.5 * MANY);
  sl_paths_destroy(paths);
  sl_graph_destroy(graph);
}

// Every question, with options that make it allocate what it can.
static const struct {
  sl_paths_question question;
  double options[SL_PATHS_OPTIONS];
  uint32_t nodes[2], count;
} every[] = {
    {SL_PATHS_TREE, {1, 0, INFINITY, 1}, {0}, 1},
    {SL_PATHS_TREE, {1, 1, INFINITY, 1}, {0}, 1},
    {SL_PATHS_TREE, {0, 0, INFINITY, 0}, {0}, 1},
    {SL_PATHS_ROUTE, {1}, {0, 15}, 2},
    {SL_PATHS_PREPARE, {1, 4}, {0}, 0},
    {SL_PATHS_ROUTE, {1}, {0, 15}, 2},
    {SL_PATHS_SHORTEST_SIMPLE, {1, 9}, {0, 15}, 2},
    {SL_PATHS_ORDER, {0}, {0}, 0},
    {SL_PATHS_CRITICAL, {1, 0, 1}, {0}, 0},
    {SL_PATHS_REDUCTION, {0}, {0}, 0},
    {SL_PATHS_ALL, {1}, {0}, 0},
    {SL_PATHS_ECCENTRICITY, {1, 2}, {0}, 0},
    {SL_PATHS_CLOSENESS, {0}, {0}, 0},
    {SL_PATHS_CLOSENESS, {1}, {0, 3}, 2},
    {SL_PATHS_BETWEENNESS, {1}, {0}, 0},
    {SL_PATHS_BETWEENNESS_SAMPLED, {0, 0.2, 0.9}, {0}, 0},
    {SL_PATHS_BETWEENNESS_SAMPLED, {1, 0.2, 0.9}, {0}, 0},
};

// Edges to larger numbers only.
static sl_graph *some_graph(bool whole) {
  uint32_t from[45], to[45];
  double weights[45];
  uint32_t count = 0;
  for (uint32_t u = 0; u < 15; u++)
    for (uint32_t step = 1; step <= 3 && u + step <= 15; step++) {
      from[count] = u;
      to[count] = u + step;
      weights[count++] = whole ? 1 + u % 3 : 1.25 + 0.1 * step;
    }
  return make_graph(16, count, from, to, weights, SL_VALUES_F64, true);
}

static sl_status attempt(sl_paths *paths, size_t i) {
  double answer[SL_PATHS_NUMBERS];
  sl_outcome outcome;
  SL_TRY(
      sl_paths_begin(paths, every[i].question, every[i].options, every[i].nodes, every[i].count));
  do SL_TRY(sl_job_step(sl_paths_job(paths), 20, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return sl_paths_read(paths, answer);
}

static void running_out_of_memory_loses_nothing(void **state) {
  (void)state;
  for (int whole = 0; whole < 2; whole++) {
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++) {
      sl_graph *graph = some_graph(whole);
      sl_paths *paths;
      assert_ok(sl_paths_create(graph, &paths));
      uint32_t failures = 0;
      for (size_t more = 0;; more += 8) {
        const size_t before = sl_bytes_in_use();
        sl_set_memory_limit(before + more);
        const sl_status status = attempt(paths, i);
        sl_set_memory_limit(SIZE_MAX);
        if (status == SL_OK) break;
        assert_int_equal(status, SL_ERR_MEMORY);
        failures++;
      }
      assert_true(failures > 0);
      assert_ok(attempt(paths, i));
      sl_paths_destroy(paths);
      sl_graph_destroy(graph);
    }
  }
}

static void dropping_and_stopping_a_question_leaves_the_next_one_whole(void **state) {
  (void)state;
  double answer[SL_PATHS_NUMBERS], numbers[SL_PATHS_NUMBERS];
  sl_graph *graph = some_graph(false);
  sl_paths *paths;
  sl_outcome outcome;
  assert_ok(sl_paths_create(graph, &paths));
  for (size_t i = 0; i < sizeof every / sizeof every[0]; i++) {
    for (size_t j = 0; j < sizeof every / sizeof every[0]; j++) {
      assert_ok(sl_paths_begin(paths, every[j].question, every[j].options, every[j].nodes,
                               every[j].count));
      assert_ok(sl_job_step(sl_paths_job(paths), 1, &outcome));
      if (outcome == SL_OUTCOME_RUNNING)
        assert_refused(sl_paths_read(paths, answer), SL_ERR_STATE, "paths");
      if (j % 2 == 0) {
        assert_ok(sl_job_stop(sl_paths_job(paths), SL_OUTCOME_TIME_LIMIT));
        if (every[j].question != SL_PATHS_CRITICAL && every[j].question != SL_PATHS_PREPARE)
          assert_ok(sl_paths_read(paths, answer));
      }
    }
    assert_ok(attempt(paths, i));
  }
  // The first tree is still what it is.
  ask(paths, SL_PATHS_TREE, 1, every[0].options, every[0].nodes, 1, numbers);
  assert_true(fabs(AT(double, numbers[3])[15] - 7.75) < 1e-12);
  sl_paths_clear(paths);
  assert_refused(sl_paths_read(paths, numbers), SL_ERR_STATE, "paths");
  sl_paths_destroy(paths);
  sl_graph_destroy(graph);
}

static void the_whole_range_of_weights(void **state) {
  (void)state;
  const double scales[] = {0x1p-1060, 0x1p-500, 1, 0x1p500, 0x1p1000};
  for (int i = 0; i < 5; i++) {
    const double weights[] = {3 * scales[i], 5 * scales[i], 9 * scales[i]};
    double answer[SL_PATHS_NUMBERS];
    sl_graph *graph =
        make_graph(3, 3, NODES(0, 1, 0), NODES(1, 2, 2), weights, SL_VALUES_F64, true);
    sl_paths *paths;
    assert_ok(sl_paths_create(graph, &paths));
    ask(paths, SL_PATHS_TREE, 1, OPTIONS(1, 0, INFINITY, 1), NODES(0), 1, answer);
    assert_true(AT(double, answer[3])[2] == 8 * scales[i]);
    ask(paths, SL_PATHS_ROUTE, 1, OPTIONS(1), NODES(0, 2), 2, answer);
    assert_true(answer[2] == 8 * scales[i]);
    sl_paths_destroy(paths);
    sl_graph_destroy(graph);
  }
  // A length that vanishes beside the others makes no circle of predecessors.
  const double weights[] = {1e20, 1, 1};
  double answer[SL_PATHS_NUMBERS];
  sl_graph *graph = make_graph(4, 3, NODES(0, 3, 2), NODES(3, 2, 1), weights, SL_VALUES_F64, false);
  sl_paths *paths;
  assert_ok(sl_paths_create(graph, &paths));
  ask(paths, SL_PATHS_TREE, 1, OPTIONS(1, 0, INFINITY, 1), NODES(0), 1, answer);
  for (uint32_t u = 0; u < 4; u++) assert_int_equal(AT(uint32_t, answer[5])[u], 0);
  ask(paths, SL_PATHS_BETWEENNESS, 1, OPTIONS(1), NULL, 0, answer);
  sl_paths_destroy(paths);
  sl_graph_destroy(graph);
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  sl_graph *graph = some_graph(true);
  sl_paths *paths;
  assert_ok(sl_paths_create(graph, &paths));
  const double o[SL_PATHS_OPTIONS] = {1, 0, INFINITY, 1};
  assert_refused(sl_paths_begin(paths, 12, o, NODES(0), 1), SL_ERR_OPTION, "question");
  assert_refused(sl_paths_begin(paths, SL_PATHS_TREE, o, NULL, 0), SL_ERR_EMPTY, "sources");
  assert_refused(sl_paths_begin(paths, SL_PATHS_TREE, o, NODES(1, 16), 2), SL_ERR_INDEX, "sources");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_paths_begin(paths, SL_PATHS_TREE, OPTIONS(1, 0, NAN), NODES(0), 1),
                 SL_ERR_OPTION, "limit");
  assert_refused(sl_paths_begin(paths, SL_PATHS_TREE, OPTIONS(1, 0, -1), NODES(0), 1),
                 SL_ERR_OPTION, "limit");
  assert_refused(sl_paths_begin(paths, SL_PATHS_ROUTE, o, NODES(0, 16), 2), SL_ERR_INDEX, "target");
  assert_refused(sl_paths_begin(paths, SL_PATHS_ROUTE, o, NODES(16, 0), 2), SL_ERR_INDEX, "source");
  assert_refused(sl_paths_begin(paths, SL_PATHS_ROUTE, o, NODES(0), 1), SL_ERR_SHAPE, "nodes");
  assert_refused(sl_paths_begin(paths, SL_PATHS_PREPARE, OPTIONS(1, 65), NULL, 0), SL_ERR_OPTION,
                 "landmarks");
  assert_refused(sl_paths_begin(paths, SL_PATHS_PREPARE, OPTIONS(1, NAN), NULL, 0), SL_ERR_OPTION,
                 "landmarks");
  assert_refused(sl_paths_begin(paths, SL_PATHS_SHORTEST_SIMPLE, OPTIONS(1, 0), NODES(0, 1), 2),
                 SL_ERR_OPTION, "k");
  assert_refused(sl_paths_begin(paths, SL_PATHS_SHORTEST_SIMPLE, OPTIONS(1, 2), NODES(1, 1), 2),
                 SL_ERR_OPTION, "target");
  assert_refused(sl_paths_begin(paths, SL_PATHS_CLOSENESS, o, NODES(16), 1), SL_ERR_INDEX, "nodes");
  assert_refused(sl_paths_begin(paths, SL_PATHS_BETWEENNESS_SAMPLED, OPTIONS(1, 0, 0.9), NULL, 0),
                 SL_ERR_OPTION, "epsilon");
  assert_refused(sl_paths_begin(paths, SL_PATHS_BETWEENNESS_SAMPLED, OPTIONS(1, 0.1, 1), NULL, 0),
                 SL_ERR_OPTION, "confidence");
  assert_refused(
      sl_paths_begin(paths, SL_PATHS_BETWEENNESS_SAMPLED, OPTIONS(1, 0.1, 0.9, -1), NULL, 0),
      SL_ERR_OPTION, "seed");
  sl_paths_destroy(paths);
  sl_graph_destroy(graph);

  sl_bellman_ford *b;
  const double lengths[] = {1, INFINITY, 1e308};
  assert_refused(sl_bellman_ford_create(0, 0, NULL, NULL, NULL, UINT32_MAX, &b), SL_ERR_EMPTY,
                 "node_count");
  assert_refused(sl_bellman_ford_create(2, 1, NODES(0), NODES(1), lengths, 2, &b), SL_ERR_INDEX,
                 "source");
  assert_refused(sl_bellman_ford_create(2, 1, NODES(2), NODES(1), lengths, 0, &b), SL_ERR_INDEX,
                 "from");
  assert_refused(sl_bellman_ford_create(2, 1, NODES(0), NODES(1), lengths + 1, 0, &b),
                 SL_ERR_NOT_FINITE, "lengths");
  assert_refused(sl_bellman_ford_create(2, 1, NODES(0), NODES(1), lengths + 2, 0, &b), SL_ERR_RANGE,
                 "lengths");
  assert_null(b);
  assert_ok(sl_bellman_ford_create(1, 0, NULL, NULL, NULL, 0, &b));
  sl_bellman_ford_destroy(b);
}

// The interval must hold in far more trials than the confidence asks for, on graphs whose scores are
// known: the middle of a path of five nodes, and a star.
static void sampled_intervals_hold_as_often_as_they_say(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1, 2, 3}, to[] = {1, 2, 3, 4}, centre[] = {0, 0, 0, 0};
  uint32_t wrong = 0;
  for (int trial = 0; trial < SL_TRIES(400); trial++) {
    const bool star = trial % 2;
    double answer[SL_PATHS_NUMBERS];
    sl_graph *graph = make_graph(5, 4, star ? centre : from, to, NULL, SL_VALUES_PATTERN, false);
    sl_paths *paths;
    assert_ok(sl_paths_create(graph, &paths));
    ask(paths, SL_PATHS_BETWEENNESS_SAMPLED, UINT64_MAX, OPTIONS(0, 0.06, 0.5, trial), NULL, 0,
        answer);
    const double line[] = {0, 6 / 20.0, 8 / 20.0, 6 / 20.0, 0}, wheel[] = {12 / 20.0, 0, 0, 0, 0};
    bool holds = true;
    for (uint32_t u = 0; u < 5; u++)
      holds &= fabs(AT(double, answer[2])[u] - (star ? wheel : line)[u]) <= answer[3];
    wrong += !holds;
    sl_paths_destroy(paths);
    sl_graph_destroy(graph);
  }
  assert_true(wrong <= 100); // the bound of the union is not tight
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(a_path_of_a_million_nodes),
      property(a_star_of_a_million_leaves),
      property(running_out_of_memory_loses_nothing),
      property(dropping_and_stopping_a_question_leaves_the_next_one_whole),
      property(the_whole_range_of_weights),
      property(wrong_arguments_are_refused_by_name),
      property(sampled_intervals_hold_as_often_as_they_say),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
