// Spreading of classes, and scores corrected by it, against the same sums over a dense matrix.
#include "graphs.h"

#include "gnn/smoothing.h"

#define AT(type, number) ((const type *)(uintptr_t)(number))
#define MOST 20
#define CLASSES 4

static sl_status run_job(sl_job *job, uint64_t work) {
  sl_outcome outcome;
  do SL_TRY(sl_job_step(job, work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

// D^-1/2 A D^-1/2 without loops added and without weights, to both sides.
static void make_dense(const sl_graph *graph, double s[MOST][MOST]) {
  const uint32_t n = graph->node_count;
  double degree[MOST] = {0};
  memset(s, 0, MOST * sizeof *s);
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t k = graph->outgoing->row_pointers[u]; k < graph->outgoing->row_pointers[u + 1];
         k++) {
      const uint32_t v = graph->outgoing->columns[k];
      s[u][v] += 1;
      if (graph->directed && v != u) s[v][u] += 1;
    }
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t v = 0; v < n; v++) degree[u] += s[u][v];
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t v = 0; v < n; v++)
      if (s[u][v] > 0) s[u][v] /= sqrt(degree[u] * degree[v]);
}

static void spread(uint32_t n, double s[MOST][MOST], double alpha, uint32_t steps,
                   double x[MOST][CLASSES]) {
  double z[MOST][CLASSES], next[MOST][CLASSES];
  memcpy(z, x, sizeof z);
  for (uint32_t i = 0; i < steps; i++) {
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t c = 0; c < CLASSES; c++) {
        next[u][c] = alpha * x[u][c];
        for (uint32_t v = 0; v < n; v++) next[u][c] += (1 - alpha) * s[u][v] * z[v][c];
      }
    memcpy(z, next, sizeof z);
  }
  memcpy(x, z, sizeof z);
}

static void classes_spread_and_scores_are_corrected(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  for (int trial = 0; trial < SL_TRIES(600); trial++) {
    sl_graph *graph = random_graph(&rng, MOST);
    const uint32_t n = graph->node_count, steps = 1 + sl_rng_below(&rng, 8);
    const bool scores = trial % 2;
    const double alpha = sl_rng_double(&rng), second = sl_rng_double(&rng);
    double s[MOST][MOST], x[MOST][CLASSES] = {{0}}, given[MOST][CLASSES];
    float values[MOST * CLASSES];
    uint32_t nodes[MOST + 1], labels[MOST + 1], known = sl_rng_below(&rng, n + 1), of[MOST];
    memset(of, 0xff, sizeof of);
    make_dense(graph, s);
    for (uint32_t i = 0; i < n * CLASSES; i++) {
      values[i] = (float)sl_rng_double(&rng);
      given[i / CLASSES][i % CLASSES] = values[i];
    }
    for (uint32_t i = 0; i < known; i++) {
      nodes[i] = sl_rng_below(&rng, n); // some twice: the last counts
      labels[i] = sl_rng_below(&rng, CLASSES);
      of[nodes[i]] = labels[i];
    }
    double mean = 0, count = 0;
    for (uint32_t u = 0; u < n; u++) {
      if (of[u] == UINT32_MAX) continue;
      count++;
      for (uint32_t c = 0; c < CLASSES; c++) {
        x[u][c] = (c == of[u]) - (scores ? given[u][c] : 0);
        mean += fabs(x[u][c]);
      }
    }
    spread(n, s, alpha, steps, x);
    if (scores) {
      for (uint32_t u = 0; u < n; u++) {
        double size = 0;
        for (uint32_t c = 0; c < CLASSES; c++) size += fabs(x[u][c]);
        const double scale = size > 0 && mean / count < 1000 * size ? mean / count / size : 1;
        for (uint32_t c = 0; c < CLASSES; c++)
          x[u][c] = of[u] == UINT32_MAX ? given[u][c] + scale * x[u][c] : c == of[u];
      }
      spread(n, s, second, steps, x);
    }
    sl_smoothing *made;
    double numbers[SL_SMOOTHING_NUMBERS];
    const double settings[SL_SMOOTHING_SETTINGS] = {
        scores ? SL_SMOOTHING_SCORES : SL_SMOOTHING_LABELS, alpha, steps, 1, 0, 0, CLASSES, second};
    assert_ok(
        sl_smoothing_create(graph, settings, values, n * CLASSES, nodes, labels, known, &made));
    assert_ok(run_job(sl_smoothing_job(made), 1 + sl_rng_below(&rng, 300)));
    assert_ok(sl_smoothing_read(made, numbers));
    for (uint32_t i = 0; i < n * CLASSES; i++)
      assert_true(fabs(AT(float, numbers[2])[i] - x[i / CLASSES][i % CLASSES]) < 1e-3);
    sl_smoothing_destroy(made);
    sl_graph_destroy(graph);
  }
}

static void what_is_stopped_leaves_what_was_given(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1}, to[] = {1, 2}, nodes[] = {0}, labels[] = {1};
  const float values[] = {1, 2, 3, 4, 5, 6};
  sl_graph *graph = make_graph(3, 2, from, to, NULL, SL_VALUES_PATTERN, false);
  for (int kind = 0; kind < 3; kind++)
    for (uint32_t steps = 0; steps < 6; steps++) {
      sl_smoothing *made;
      double numbers[SL_SMOOTHING_NUMBERS];
      const double settings[SL_SMOOTHING_SETTINGS] = {kind, 0.1, 50, 1, 1, 1, 2, 0.1};
      assert_ok(sl_smoothing_create(graph, settings, values, 6, nodes, labels, 1, &made));
      sl_outcome outcome;
      for (uint32_t i = 0; i < steps; i++)
        assert_ok(sl_job_step(sl_smoothing_job(made), 1, &outcome));
      assert_ok(sl_job_stop(sl_smoothing_job(made), SL_OUTCOME_TIME_LIMIT));
      assert_ok(sl_smoothing_read(made, numbers));
      assert_true(numbers[0] == SL_OUTCOME_TIME_LIMIT && isinf(numbers[4]));
      if (kind == 2) assert_memory_equal(AT(float, numbers[2]), values, sizeof values);
      sl_smoothing_destroy(made);
    }
  sl_graph_destroy(graph);
}

// Weights over the whole range of exponents, and values at the limit: everything stays finite, and so
// does the bound.
static void the_whole_range(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (int trial = 0; trial < 200; trial++) {
    uint32_t from[40], to[40];
    double weights[40];
    float values[30];
    for (uint32_t k = 0; k < 40; k++) {
      from[k] = sl_rng_below(&rng, 10);
      to[k] = sl_rng_below(&rng, 10);
      weights[k] = ldexp(0.5 + sl_rng_double(&rng) / 2, (int)sl_rng_below(&rng, 2000) - 1000);
    }
    for (uint32_t i = 0; i < 30; i++) values[i] = sl_rng_below(&rng, 2) ? 1e18f : -1e18f;
    sl_graph *graph = make_graph(10, 40, from, to, weights, SL_VALUES_F64, false);
    sl_smoothing *made;
    double numbers[SL_SMOOTHING_NUMBERS];
    const double settings[SL_SMOOTHING_SETTINGS] = {0, 0.1, 300, trial % 2, trial / 2 % 2, 1};
    assert_ok(sl_smoothing_create(graph, settings, values, 30, NULL, NULL, 0, &made));
    assert_ok(run_job(sl_smoothing_job(made), UINT64_MAX));
    assert_ok(sl_smoothing_read(made, numbers));
    for (uint32_t i = 0; i < 30; i++) assert_true(fabsf(AT(float, numbers[2])[i]) < 1e19f);
    assert_true(!isnan(numbers[4]));
    sl_smoothing_destroy(made);
    sl_graph_destroy(graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(classes_spread_and_scores_are_corrected),
      property(what_is_stopped_leaves_what_was_given),
      property(the_whole_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
