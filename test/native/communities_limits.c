// Long paths, large stars, graphs without edges, memory that runs out, weights at the ends of f64,
// arguments that are wrong.
#include "communities_ask.h"

#include "communities/compare.h"

#define MANY 1000000u

static sl_graph *many(bool star, bool directed) {
  uint32_t *from, *to;
  assert_ok(SL_ALLOC(&from, MANY));
  assert_ok(SL_ALLOC(&to, MANY));
  for (uint32_t i = 0; i < MANY; i++) {
    from[i] = star ? 0 : i;
    to[i] = i + 1;
  }
  sl_graph *graph = make_graph(MANY + 1, MANY, from, to, NULL, SL_VALUES_PATTERN, directed);
  sl_free(from);
  sl_free(to);
  return graph;
}

static void stars_and_paths_of_a_million_nodes(void **state) {
  (void)state;
  for (int star = 0; star < 2; star++) {
    double answer[SL_COMMUNITIES_NUMBERS];
    sl_communities *c;
    sl_graph *graph = many(star, star);
    assert_ok(sl_communities_create(graph, &c));
    ask(c, SL_COMMUNITIES_LEIDEN, 50000, OPTIONS(1, 0, 1, 1, 0.01), NULL, 0, answer);
    if (star)
      assert_true(fabs(answer[3]) < 1e-9);
    else
      assert_true(answer[3] > 0.99);
    ask(c, SL_COMMUNITIES_PROPAGATION, 50000, OPTIONS(1, 0), NULL, 0, answer);
    if (star) assert_int_equal(answer[2], 1);
    ask(c, SL_COMMUNITIES_PROPAGATION, 50000, OPTIONS(1, 1, 0, 50), NULL, 0, answer);
    if (star) assert_int_equal(answer[2], 1);
    sl_communities_destroy(c);
    sl_graph_destroy(graph);
  }
}

// Every question, with options that make it allocate what it can.
static const struct {
  sl_communities_question question;
  double options[SL_COMMUNITIES_OPTIONS];
  bool labels;
} every[] = {
    {SL_COMMUNITIES_LEIDEN, {1, 0, 1, INFINITY, 0.01, 1, 1}, false},
    {SL_COMMUNITIES_LEIDEN, {1, 0, 1, 3, 0, 1, 1}, true},
    {SL_COMMUNITIES_LEIDEN, {0, 1, 0.2, 2, 0.01, 1, 0}, false},
    {SL_COMMUNITIES_LOUVAIN, {1, 0, 1, INFINITY, 0, 1, 1}, true},
    {SL_COMMUNITIES_PROPAGATION, {1, 0, 3}, false},
    {SL_COMMUNITIES_PROPAGATION, {1, 1, 3, INFINITY}, true},
    {SL_COMMUNITIES_QUALITY, {1, 0, 1}, true},
    {SL_COMMUNITIES_EMBEDDING, {1, 6, -0.5, 3, 3, 0, 1, 1}, false},
};
#define EVERY (sizeof every / sizeof every[0])

// Four groups of four, with a loop; labels beyond the number of nodes, not connected.
static uint32_t given[16];
static sl_graph *some_graph(bool directed) {
  uint32_t from[64], to[64], count = 0;
  double weights[64];
  for (uint32_t u = 0; u < 16; u++) {
    given[u] = 4000000000u + u % 3;
    for (uint32_t v = 0; v < u; v++) {
      if (u / 4 != v / 4 && u % 7 != v) continue;
      from[count] = u;
      to[count] = v;
      weights[count++] = 1 + (u + v) % 3;
    }
  }
  from[count] = to[count] = 5;
  weights[count++] = 2;
  return make_graph(16, count, from, to, weights, SL_VALUES_F64, directed);
}

static sl_status attempt(sl_communities *c, size_t i, double *answer) {
  sl_outcome outcome;
  SL_TRY(sl_communities_begin(c, every[i].question, every[i].options, given,
                              every[i].labels ? 16 : 0));
  do SL_TRY(sl_job_step(sl_communities_job(c), 20, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return sl_communities_read(c, answer);
}

static void running_out_of_memory_loses_nothing(void **state) {
  (void)state;
  double answer[SL_COMMUNITIES_NUMBERS], numbers[SL_COMPARE_NUMBERS];
  for (int directed = 0; directed < 2; directed++) {
    for (size_t i = 0; i < EVERY; i++) {
      sl_graph *graph = some_graph(directed);
      sl_communities *c;
      assert_ok(sl_communities_create(graph, &c));
      uint32_t failures = 0;
      for (size_t more = 0;; more += 8) {
        const size_t before = sl_bytes_in_use();
        sl_set_memory_limit(before + more);
        const sl_status status = attempt(c, i, answer);
        sl_set_memory_limit(SIZE_MAX);
        if (status == SL_OK) break;
        assert_int_equal(status, SL_ERR_MEMORY);
        failures++;
      }
      assert_true(failures > 0);
      assert_ok(attempt(c, i, answer));
      assert_true(sl_communities_bytes(c) > 0);
      sl_communities_destroy(c);
      sl_graph_destroy(graph);
    }
  }
  sl_set_memory_limit(sl_bytes_in_use() + 200);
  assert_int_equal(sl_compare_labels(16, given, given, numbers), SL_ERR_MEMORY);
}

static void dropping_and_stopping_a_question_leaves_the_next_one_whole(void **state) {
  (void)state;
  double answer[SL_COMMUNITIES_NUMBERS];
  sl_graph *graph = some_graph(true);
  static sample s;
  read_sample(&s, graph, true);
  sl_communities *c;
  sl_outcome outcome;
  assert_ok(sl_communities_create(graph, &c));
  for (size_t i = 0; i < EVERY; i++) {
    for (uint32_t steps = 1; steps < 200; steps++) {
      assert_ok(sl_communities_begin(c, every[i].question, every[i].options, given,
                                     every[i].labels ? 16 : 0));
      for (uint32_t k = 0; k < steps; k++)
        assert_ok(sl_job_step(sl_communities_job(c), 1, &outcome));
      if (outcome != SL_OUTCOME_RUNNING) break;
      assert_refused(sl_communities_read(c, answer), SL_ERR_STATE, "communities");
      assert_ok(sl_job_stop(sl_communities_job(c), SL_OUTCOME_TIME_LIMIT));
      if (every[i].question == SL_COMMUNITIES_QUALITY) {
        assert_refused(sl_communities_read(c, answer), SL_ERR_STATE, "communities");
        continue;
      }
      // What there is: numbered, of the quality that it says, connected.
      assert_ok(sl_communities_read(c, answer));
      assert_int_equal(answer[0], SL_OUTCOME_TIME_LIMIT);
      if (every[i].question == SL_COMMUNITIES_EMBEDDING) continue;
      const uint32_t *labels = AT(uint32_t, answer[4]);
      assert_true(is_numbered(labels, 16, (uint32_t)answer[2]));
      if (every[i].question == SL_COMMUNITIES_LEIDEN) {
        if (every[i].options[0] == 1)
          assert_true(fabs(quality_of(&s, labels, false, 1) - answer[3]) < 1e-12);
        assert_true(is_connected(&s, labels));
      }
    }
    assert_ok(attempt(c, i, answer));
    // After some work, all that is left.
    assert_ok(sl_communities_begin(c, every[i].question, every[i].options, given,
                                   every[i].labels ? 16 : 0));
    assert_ok(sl_job_step(sl_communities_job(c), 1, &outcome));
    assert_ok(sl_job_step(sl_communities_job(c), UINT64_MAX, &outcome));
    assert_int_not_equal(outcome, SL_OUTCOME_RUNNING);
  }
  sl_communities_clear(c);
  assert_refused(sl_communities_read(c, answer), SL_ERR_STATE, "communities");
  sl_communities_destroy(c);
  sl_graph_destroy(graph);
}

static void graphs_without_edges(void **state) {
  (void)state;
  for (uint32_t n = 1; n < 4; n++) {
    for (size_t i = 0; i < EVERY; i++) {
      double answer[SL_COMMUNITIES_NUMBERS];
      const uint32_t labels[] = {7, 7, 7};
      sl_graph *graph = make_graph(n, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, i % 2);
      sl_communities *c;
      assert_ok(sl_communities_create(graph, &c));
      ask(c, every[i].question, 1, every[i].options, labels, every[i].labels ? n : 0, answer);
      if (every[i].question == SL_COMMUNITIES_EMBEDDING) {
        for (uint32_t k = 0; k < 6 * n; k++) assert_true(AT(float, answer[4])[k] == 0);
        sl_communities_destroy(c);
        sl_graph_destroy(graph);
        continue;
      }
      assert_true(answer[2] >= 1 && answer[2] <= n);
      if (every[i].question == SL_COMMUNITIES_LEIDEN) assert_int_equal(answer[2], n);
      assert_true(answer[3] == 0);
      sl_communities_destroy(c);
      sl_graph_destroy(graph);
    }
  }
  // A loop is an edge, and within whatever community its node has.
  double answer[SL_COMMUNITIES_NUMBERS];
  const uint32_t node[] = {0};
  sl_graph *graph = make_graph(1, 1, node, node, NULL, SL_VALUES_PATTERN, false);
  sl_communities *c;
  assert_ok(sl_communities_create(graph, &c));
  ask(c, SL_COMMUNITIES_LEIDEN, 1, OPTIONS(1, 0, 1, 2), NULL, 0, answer);
  assert_true(answer[2] == 1 && answer[3] == 0);
  ask(c, SL_COMMUNITIES_QUALITY, 1, OPTIONS(1, 1, 0.5), node, 1, answer);
  assert_true(answer[3] == 1);
  sl_communities_destroy(c);
  sl_graph_destroy(graph);
}

// Two triangles with a weak edge between: the same communities at every scale.
static void the_whole_range_of_weights(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1, 2, 3, 4, 5, 2}, to[] = {1, 2, 0, 4, 5, 3, 3};
  const int exponents[] = {-1070, -1000, -300, 0, 300, 1000, 1018};
  for (int i = 0; i < 7; i++) {
    for (int directed = 0; directed < 2; directed++) {
      double weights[7], answer[SL_COMMUNITIES_NUMBERS];
      for (int k = 0; k < 7; k++) weights[k] = ldexp(k < 6 ? 4 : 1, exponents[i]);
      sl_graph *graph = make_graph(6, 7, from, to, weights, SL_VALUES_F64, directed);
      sl_communities *c;
      assert_ok(sl_communities_create(graph, &c));
      ask(c, SL_COMMUNITIES_LEIDEN, 1, OPTIONS(1, 0, 1, 2, 0.01), NULL, 0, answer);
      assert_int_equal(answer[2], 2);
      assert_true(fabs(answer[3] - (24.0 / 25 - (directed ? (13.0 * 12 + 12 * 13) / 625 : 0.5))) <
                  1e-12);
      ask(c, SL_COMMUNITIES_LEIDEN, 1, OPTIONS(1, 1, ldexp(directed ? 1 : 2, exponents[i]), 2),
          NULL, 0, answer);
      assert_int_equal(answer[2], 2);
      assert_true(answer[3] == ldexp(12, exponents[i]));
      ask(c, SL_COMMUNITIES_PROPAGATION, 1, OPTIONS(1, 1, 0, INFINITY), NULL, 0, answer);
      assert_int_equal(answer[2], 2);
      sl_communities_destroy(c);
      sl_graph_destroy(graph);
    }
  }
  // Weights of which some vanish beside the others; resolutions that no f64 product has room for.
  const double apart[] = {1e300, 1e-300, 1, 1e300, 5e-324, 1e-9, 1e300};
  double answer[SL_COMMUNITIES_NUMBERS];
  sl_graph *graph = make_graph(6, 7, from, to, apart, SL_VALUES_F64, false);
  sl_communities *c;
  assert_ok(sl_communities_create(graph, &c));
  for (double resolution = 5e-324; resolution < 1e308; resolution *= 1e28) {
    ask(c, SL_COMMUNITIES_LEIDEN, 1, OPTIONS(1, 0, resolution, INFINITY, 1), NULL, 0, answer);
    assert_true(isfinite(answer[3]));
    ask(c, SL_COMMUNITIES_LOUVAIN, 1, OPTIONS(1, 1, resolution, INFINITY, 1), NULL, 0, answer);
    assert_true(isfinite(answer[3]));
  }
  ask(c, SL_COMMUNITIES_LEIDEN, 1, OPTIONS(0, 0, 1e308, 1), NULL, 0, answer);
  assert_int_equal(answer[2], 6);
  const uint32_t one[] = {0, 0, 0, 0, 0, 0};
  sl_outcome outcome;
  assert_ok(sl_communities_begin(c, SL_COMMUNITIES_QUALITY, OPTIONS(0, 1, 1e308), one, 6));
  assert_ok(sl_job_step(sl_communities_job(c), 1000, &outcome));
  assert_refused(sl_communities_read(c, answer), SL_ERR_RANGE, "graph");
  sl_communities_destroy(c);
  sl_graph_destroy(graph);
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  static const struct {
    sl_communities_question question;
    double options[SL_COMMUNITIES_OPTIONS];
    const char *name;
  } wrong[] = {
      {5, {0}, "question"},
      {SL_COMMUNITIES_LEIDEN, {1, 2, 1, 1}, "objective"},
      {SL_COMMUNITIES_LEIDEN, {1, NAN, 1, 1}, "objective"},
      {SL_COMMUNITIES_LEIDEN, {1, 0, -1, 1}, "resolution"},
      {SL_COMMUNITIES_LEIDEN, {1, 0, INFINITY, 1}, "resolution"},
      {SL_COMMUNITIES_LEIDEN, {1, 0, NAN, 1}, "resolution"},
      {SL_COMMUNITIES_LEIDEN, {1, 0, 1, 0}, "iterations"},
      {SL_COMMUNITIES_LOUVAIN, {1, 0, 1, NAN}, "iterations"},
      {SL_COMMUNITIES_LEIDEN, {1, 0, 1, 1, -1}, "randomness"},
      {SL_COMMUNITIES_LEIDEN, {1, 0, 1, 1, INFINITY}, "randomness"},
      {SL_COMMUNITIES_LEIDEN, {1, 0, 1, 1, 0, 0.5}, "seed"},
      {SL_COMMUNITIES_LEIDEN, {1, 0, 1, 1, 0, -1}, "seed"},
      {SL_COMMUNITIES_PROPAGATION, {1, 2}, "method"},
      {SL_COMMUNITIES_PROPAGATION, {1, 0, NAN}, "seed"},
      {SL_COMMUNITIES_PROPAGATION, {1, 1, 0, 0}, "sweeps"},
      {SL_COMMUNITIES_QUALITY, {1, 0, -1}, "resolution"},
      {SL_COMMUNITIES_EMBEDDING, {1, 0, 0, 0, 1, 1}, "dimension"},
      {SL_COMMUNITIES_EMBEDDING, {1, 4097, 0, 0, 1, 1}, "dimension"},
      {SL_COMMUNITIES_EMBEDDING, {1, 8, NAN, 0, 1, 1}, "normalization_strength"},
      {SL_COMMUNITIES_EMBEDDING, {1, 8, 0, 0.5, 1, 1}, "seed"},
      {SL_COMMUNITIES_EMBEDDING, {1, 8, 0, 0, 0, 1}, "iteration_weights"},
      {SL_COMMUNITIES_EMBEDDING, {1, 8, 0, 0, 2, 1, NAN}, "iteration_weights"},
  };
  double answer[SL_COMMUNITIES_NUMBERS], numbers[SL_COMPARE_NUMBERS];
  sl_graph *graph = some_graph(false);
  sl_communities *c;
  assert_ok(sl_communities_create(graph, &c));
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_refused(sl_communities_begin(c, wrong[i].question, wrong[i].options, given, 16),
                   SL_ERR_OPTION, wrong[i].name);
    assert_refused(sl_communities_read(c, answer), SL_ERR_STATE, "communities");
  }
  assert_refused(sl_communities_begin(c, SL_COMMUNITIES_LEIDEN, every[0].options, given, 15),
                 SL_ERR_SHAPE, "labels");
  assert_refused(sl_communities_begin(c, SL_COMMUNITIES_QUALITY, every[0].options, given, 0),
                 SL_ERR_SHAPE, "labels");
  assert_refused(sl_compare_labels(0, given, given, numbers), SL_ERR_EMPTY, "count");
  sl_communities_destroy(c);
  sl_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(stars_and_paths_of_a_million_nodes),
      property(running_out_of_memory_loses_nothing),
      property(dropping_and_stopping_a_question_leaves_the_next_one_whole),
      property(graphs_without_edges),
      property(the_whole_range_of_weights),
      property(wrong_arguments_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
