// Long paths, large stars, memory that runs out, weights at the ends of f64, arguments that are wrong.
#include "cuts_ask.h"

#define MANY 1000000u

static sl_graph *many(bool star, bool directed) {
  uint32_t *from, *to;
  double *weights;
  assert_ok(SL_ALLOC(&from, MANY));
  assert_ok(SL_ALLOC(&to, MANY));
  assert_ok(SL_ALLOC(&weights, MANY));
  for (uint32_t i = 0; i < MANY; i++) {
    from[i] = star ? 0 : i;
    to[i] = i + 1;
    weights[i] = 1 + i % 7;
  }
  sl_graph *graph = make_graph(MANY + 1, MANY, from, to, weights, SL_VALUES_F64, directed);
  sl_free(from);
  sl_free(to);
  sl_free(weights);
  return graph;
}

static void a_path_and_a_star_of_a_million_nodes(void **state) {
  (void)state;
  const uint64_t work = 50000;
  for (int star = 0; star < 2; star++) {
    double a[SL_CUTS_NUMBERS];
    sl_cuts *cuts;
    sl_graph *graph = many(star, false);
    assert_ok(sl_cuts_create(graph, &cuts));
    ask(cuts, SL_CUTS_COMPONENTS, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == 1 && U32(a[4])[0] == MANY + 1);
    ask(cuts, SL_CUTS_STRONG, work, OPTIONS(1), NULL, 0, a);
    assert_true(a[2] == 1 && a[5] == 0);
    ask(cuts, SL_CUTS_BLOCKS, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == MANY && a[5] == (star ? 1 : MANY - 1) && a[7] == MANY);
    assert_true(a[10] == MANY + 1);
    ask(cuts, SL_CUTS_BIPARTITE, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == 0 && U32(a[4])[MANY] == (star ? 1 : MANY % 2));
    ask(cuts, SL_CUTS_CORES, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == 1);
    ask(cuts, SL_CUTS_TRIANGLES, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == 0 && a[6] == 0);
    for (uint32_t way = 0; way < 3; way++) {
      ask(cuts, SL_CUTS_COLOURING, work, OPTIONS(way), NULL, 0, a);
      assert_true(a[2] == (star || way > 0 ? 2 : a[2]) && a[2] <= 3);
    }
    ask(cuts, SL_CUTS_SPANNING, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == MANY && a[7] == 1);
    ask(cuts, SL_CUTS_FLOW, work, OPTIONS(0), NODES(1, MANY), 2, a);
    assert_true(a[2] == 1 && a[3] == 0);
    ask(cuts, SL_CUTS_FLOW, work, OPTIONS(1), NODES(7, MANY), 2, a);
    assert_true(a[2] == 1 && a[3] == 0);
    ask(cuts, SL_CUTS_MINIMUM, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == 1 && a[3] == 0);
    ask(cuts, SL_CUTS_MATCHING, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == (star ? 1 : (MANY + 1) / 2) && a[4] == 1);
    ask(cuts, SL_CUTS_COVER, work, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] <= 2 * a[4]);
    sl_cuts_destroy(cuts);
    sl_graph_destroy(graph);
  }
  double a[SL_CUTS_NUMBERS];
  sl_cuts *cuts;
  sl_graph *graph = many(false, true);
  assert_ok(sl_cuts_create(graph, &cuts));
  ask(cuts, SL_CUTS_STRONG, work, OPTIONS(1), NULL, 0, a);
  assert_true(a[2] == MANY + 1 && a[5] == MANY && U32(a[3])[0] == 0);
  ask(cuts, SL_CUTS_FLOW, work, OPTIONS(0), NODES(0, MANY), 2, a);
  assert_true(a[2] == 1);
  ask(cuts, SL_CUTS_FLOW, work, OPTIONS(0), NODES(MANY, 0), 2, a);
  assert_true(a[2] == 0 && U32(a[4])[MANY] == 1 && U32(a[4])[0] == 0);
  sl_cuts_destroy(cuts);
  sl_graph_destroy(graph);
}

// Every question, with options that make it allocate what it can.
static const struct {
  sl_cuts_question question;
  double options[SL_CUTS_OPTIONS];
  uint32_t nodes[2], count;
} every[] = {
    {SL_CUTS_COMPONENTS, {0}, {0}, 0}, {SL_CUTS_STRONG, {1}, {0}, 0},
    {SL_CUTS_BLOCKS, {0}, {0}, 0},     {SL_CUTS_BIPARTITE, {0}, {0}, 0},
    {SL_CUTS_CORES, {0}, {0}, 0},      {SL_CUTS_TRIANGLES, {0}, {0}, 0},
    {SL_CUTS_COLOURING, {0}, {0}, 0},  {SL_CUTS_COLOURING, {1}, {0}, 0},
    {SL_CUTS_COLOURING, {2}, {0}, 0},  {SL_CUTS_SPANNING, {1}, {0}, 0},
    {SL_CUTS_FLOW, {0}, {0, 15}, 2},   {SL_CUTS_FLOW, {1}, {0, 15}, 2},
    {SL_CUTS_MINIMUM, {0}, {0}, 0},    {SL_CUTS_TREE, {0}, {0}, 0},
    {SL_CUTS_MATCHING, {0}, {0}, 0},   {SL_CUTS_COVER, {0}, {0}, 0},
    {SL_CUTS_WEIGHTED, {0}, {0}, 0},   {SL_CUTS_WEIGHTED, {1}, {0}, 0},
};
#define EVERY (sizeof every / sizeof every[0])

static sl_graph *some_graph(bool directed) {
  uint32_t from[45], to[45];
  double weights[45];
  uint32_t count = 0;
  for (uint32_t u = 0; u < 15; u++)
    for (uint32_t step = 1; step <= 3 && u + step <= 15; step++) {
      from[count] = u;
      to[count] = u + step;
      weights[count++] = 1.25 + 0.1 * step;
    }
  return make_graph(16, count, from, to, weights, SL_VALUES_F64, directed);
}

static sl_status attempt(sl_cuts *cuts, size_t i) {
  double answer[SL_CUTS_NUMBERS];
  sl_outcome outcome;
  SL_TRY(sl_cuts_begin(cuts, every[i].question, every[i].options, every[i].nodes, every[i].count));
  do SL_TRY(sl_job_step(sl_cuts_job(cuts), 20, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return sl_cuts_read(cuts, answer);
}

static void running_out_of_memory_loses_nothing(void **state) {
  (void)state;
  for (int directed = 0; directed < 2; directed++) {
    for (size_t i = 0; i < EVERY; i++) {
      sl_graph *graph = some_graph(directed);
      sl_cuts *cuts;
      assert_ok(sl_cuts_create(graph, &cuts));
      uint32_t failures = 0;
      sl_status status;
      for (size_t more = 0;; more += 8) {
        sl_memory_budget budget;
        sl_memory_budget_begin(&budget, more);
        status = attempt(cuts, i);
        sl_memory_budget_end(&budget);
        if (status != SL_ERR_MEMORY) break;
        failures++;
      }
      assert_true(status == SL_OK ? failures > 0 : status == SL_ERR_UNSUPPORTED && directed);
      assert_int_equal(attempt(cuts, i), status);
      sl_cuts_destroy(cuts);
      sl_graph_destroy(graph);
    }
  }
}

static void dropping_and_stopping_a_question_leaves_the_next_one_whole(void **state) {
  (void)state;
  double a[SL_CUTS_NUMBERS];
  sl_graph *graph = some_graph(false);
  sl_cuts *cuts;
  sl_outcome outcome;
  assert_ok(sl_cuts_create(graph, &cuts));
  assert_refused(sl_cuts_read(cuts, a), SL_ERR_STATE, "cuts");
  for (size_t i = 0; i < EVERY; i++) {
    for (size_t j = 0; j < EVERY; j++) {
      assert_ok(
          sl_cuts_begin(cuts, every[j].question, every[j].options, every[j].nodes, every[j].count));
      assert_ok(sl_job_step(sl_cuts_job(cuts), 1, &outcome));
      if (outcome == SL_OUTCOME_RUNNING)
        assert_refused(sl_cuts_read(cuts, a), SL_ERR_STATE, "cuts");
      if (j % 2 == 0) {
        assert_ok(sl_job_stop(sl_cuts_job(cuts), SL_OUTCOME_TIME_LIMIT));
        assert_ok(sl_cuts_read(cuts, a));
        if (outcome == SL_OUTCOME_RUNNING)
          assert_true(a[0] == SL_OUTCOME_TIME_LIMIT && a[2] == 0 && a[3] == 0);
      }
    }
    assert_ok(attempt(cuts, i));
  }
  sl_cuts_clear(cuts);
  assert_refused(sl_cuts_read(cuts, a), SL_ERR_STATE, "cuts");
  sl_cuts_destroy(cuts);
  sl_graph_destroy(graph);
}

static void the_whole_range_of_weights(void **state) {
  (void)state;
  const double scales[] = {0x1p-1074, 0x1p-1022, 0x1p-500, 1, 0x1p500, 0x1p1000};
  for (int i = 0; i < 6; i++) {
    const double s = scales[i], weights[] = {3 * s, 5 * s, 4 * s, 1 * s};
    double a[SL_CUTS_NUMBERS];
    sl_graph *graph =
        make_graph(4, 4, NODES(0, 1, 0, 2), NODES(1, 2, 2, 3), weights, SL_VALUES_F64, false);
    sl_cuts *cuts;
    assert_ok(sl_cuts_create(graph, &cuts));
    ask(cuts, SL_CUTS_FLOW, 1, OPTIONS(i % 2), NODES(0, 2), 2, a);
    assert_true(a[2] == 7 * s && a[3] == 0);
    ask(cuts, SL_CUTS_MINIMUM, 1, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == s && a[3] == 0);
    ask(cuts, SL_CUTS_TREE, 1, OPTIONS(0), NULL, 0, a);
    assert_true(F64(a[3])[3] == s && a[4] == 0);
    ask(cuts, SL_CUTS_SPANNING, 1, OPTIONS(0), NULL, 0, a);
    assert_true(a[6] == 8 * s);
    sl_cuts_destroy(cuts);
    sl_graph_destroy(graph);
  }
  // What is small beside the rest is still exact to rounding.
  const double weights[] = {1e300, 3e-300, 1e300, 1e-300};
  double a[SL_CUTS_NUMBERS];
  sl_graph *graph =
      make_graph(4, 4, NODES(0, 1, 2, 0), NODES(1, 2, 3, 3), weights, SL_VALUES_F64, false);
  sl_cuts *cuts;
  assert_ok(sl_cuts_create(graph, &cuts));
  ask(cuts, SL_CUTS_FLOW, 1, OPTIONS(0), NODES(0, 3), 2, a);
  assert_true(near(a[2], 4e-300) && a[3] < 1e-313);
  ask(cuts, SL_CUTS_MINIMUM, 1, OPTIONS(0), NULL, 0, a);
  assert_true(near(a[2], 4e-300) && a[3] < 1e-313 && a[5] == 2);
  sl_cuts_destroy(cuts);
  sl_graph_destroy(graph);
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  sl_graph *graph = some_graph(false);
  sl_cuts *cuts;
  const double *o = OPTIONS(0);
  assert_ok(sl_cuts_create(graph, &cuts));
  assert_refused(sl_cuts_begin(cuts, 14, o, NULL, 0), SL_ERR_OPTION, "question");
  assert_refused(sl_cuts_begin(cuts, SL_CUTS_FLOW, o, NODES(0), 1), SL_ERR_SHAPE, "nodes");
  assert_refused(sl_cuts_begin(cuts, SL_CUTS_FLOW, o, NODES(16, 0), 2), SL_ERR_INDEX, "source");
  assert_refused(sl_cuts_begin(cuts, SL_CUTS_FLOW, o, NODES(0, 16), 2), SL_ERR_INDEX, "target");
  assert_refused(sl_cuts_begin(cuts, SL_CUTS_FLOW, o, NODES(3, 3), 2), SL_ERR_OPTION, "target");
  const double wrong[] = {NAN, -1, 0.5, 7, INFINITY};
  for (int i = 0; i < 5; i++) {
    const double *w = OPTIONS(wrong[i]);
    assert_refused(sl_cuts_begin(cuts, SL_CUTS_FLOW, w, NODES(0, 1), 2), SL_ERR_OPTION, "method");
    assert_refused(sl_cuts_begin(cuts, SL_CUTS_COLOURING, w, NULL, 0), SL_ERR_OPTION, "order");
    assert_refused(sl_cuts_begin(cuts, SL_CUTS_SPANNING, w, NULL, 0), SL_ERR_OPTION, "maximum");
    assert_refused(sl_cuts_begin(cuts, SL_CUTS_STRONG, w, NULL, 0), SL_ERR_OPTION, "condense");
  }
  sl_cuts_destroy(cuts);
  sl_graph_destroy(graph);
  const double weights[] = {1e308, 1e308};
  graph = make_graph(3, 2, NODES(0, 1), NODES(1, 2), weights, SL_VALUES_F64, false);
  assert_ok(sl_cuts_create(graph, &cuts));
  assert_refused(sl_cuts_begin(cuts, SL_CUTS_FLOW, o, NODES(0, 2), 2), SL_ERR_RANGE, "graph");
  assert_refused(sl_cuts_begin(cuts, SL_CUTS_MINIMUM, o, NULL, 0), SL_ERR_RANGE, "graph");
  assert_refused(sl_cuts_begin(cuts, SL_CUTS_TREE, o, NULL, 0), SL_ERR_RANGE, "graph");
  sl_cuts_destroy(cuts);
  sl_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(a_path_and_a_star_of_a_million_nodes),
      property(running_out_of_memory_loses_nothing),
      property(dropping_and_stopping_a_question_leaves_the_next_one_whole),
      property(the_whole_range_of_weights),
      property(wrong_arguments_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
