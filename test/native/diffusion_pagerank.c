#include "diffusion_graphs.h"

// p by dense elimination in long double: an independent reference. s is scaled to sum 1.
static void reference(const sl_graph *g, double damping, const double *s, double *p) {
  static long double a[LARGEST][LARGEST + 1];
  long double sum = 0;
  for (uint32_t u = 0; u < g->node_count; u++) sum += s[u];
  const uint32_t n = g->node_count;
  const sl_csr *edges = g->outgoing;
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) a[i][j] = i == j;
    a[i][n] = (1 - (long double)damping) * s[i] / sum;
  }
  for (uint32_t u = 0; u < n; u++) {
    long double strength = 0;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++)
      strength += sl_csr_value(edges, k);
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      a[edges->columns[k]][u] -= damping * sl_csr_value(edges, k) / strength;
    }
    for (uint32_t v = 0; strength == 0 && v < n; v++) a[v][u] -= damping * s[v] / sum;
  }
  for (uint32_t c = 0; c < n; c++) {
    uint32_t best = c;
    for (uint32_t i = c; i < n; i++)
      if (fabsl(a[i][c]) > fabsl(a[best][c])) best = i;
    for (uint32_t j = 0; j <= n; j++) {
      long double t = a[c][j];
      a[c][j] = a[best][j];
      a[best][j] = t;
    }
    for (uint32_t i = 0; i < n; i++) {
      if (i == c) continue;
      long double f = a[i][c] / a[c][c];
      for (uint32_t j = c; f != 0 && j <= n; j++) a[i][j] -= f * a[c][j];
    }
  }
  for (uint32_t i = 0; i < n; i++) p[i] = (double)(a[i][n] / a[i][i]);
}

static void begin(sl_pagerank *p, const sl_pagerank_options *options, const source *from) {
  if (from->count == 0)
    assert_ok(sl_pagerank_begin_global(p, options));
  else
    assert_ok(sl_pagerank_begin(p, options, from->nodes, from->weights, from->count));
}

// Runs in steps of `work` and finishes.
static sl_diffusion_result run(sl_pagerank *p, const sl_pagerank_options *options,
                               const source *from, uint64_t work) {
  sl_outcome outcome;
  sl_diffusion_result result;
  begin(p, options, from);
  do assert_ok(sl_job_step(sl_pagerank_job(p), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_pagerank_finish(p, &result));
  assert_int_equal(result.outcome, outcome);
  return result;
}

static sl_pagerank_options random_options(sl_rng *rng, const sl_graph *g) {
  static const double dampings[6] = {0.05, 0.3, 0.5, 0.85, 0.95, 0.99};
  sl_pagerank_options o = sl_pagerank_options_default();
  o.damping = dampings[sl_rng_below(rng, 6)];
  o.method = (sl_pagerank_method)sl_rng_below(rng, 5);
  if (g->directed && o.method == SL_PAGERANK_CONJUGATE_GRADIENT) o.method = SL_PAGERANK_AUTO;
  o.tolerance = pow(10, -9 * sl_rng_double(rng));
  return o;
}

// 20,000 runs over every method, weight type and kind of source: the bound is never exceeded.
static void certificate_holds_against_dense_elimination(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  for (int trial = 0; trial < SL_TRIES(2500); trial++) {
    sl_graph *g = random_graph(&rng, LARGEST);
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    for (int again = 0; again < 8; again++) {
      sl_pagerank_options options = random_options(&rng, g);
      source from = random_source(&rng, g->node_count);
      double expected[LARGEST], scores[LARGEST];
      reference(g, options.damping, from.s, expected);
      sl_diffusion_result result = run(p, &options, &from, UINT64_MAX);
      assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
      assert_true(result.error_bound <= options.tolerance);
      assert_ok(sl_pagerank_scores(p, scores));
      double error = 0, sum = 0, listed = 0;
      for (uint32_t u = 0; u < g->node_count; u++) {
        assert_true(scores[u] >= 0);
        error += fabs(scores[u] - expected[u]);
        sum += scores[u];
      }
      assert_true(error <= result.error_bound + 1e-16);
      assert_true(sum <= 1 + result.error_bound && sum >= 1 - result.error_bound);
      assert_true(result.count <= result.touched_nodes && result.touched_nodes <= g->node_count);
      for (uint32_t i = 0; i < result.count; i++) {
        assert_true(result.scores[i] == scores[result.nodes[i]] && result.scores[i] > 0);
        assert_true(i == 0 || result.nodes[i - 1] < result.nodes[i]);
        listed += result.scores[i];
      }
      assert_true(fabs(listed - sum) <= 1e-14);
    }
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
}

// Steps of any size, a workspace used before, and a fresh one: always the same bits.
static void steps_and_earlier_runs_do_not_show_in_the_result(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (int trial = 0; trial < SL_TRIES(600); trial++) {
    sl_graph *g = random_graph(&rng, LARGEST);
    sl_pagerank *used, *fresh;
    assert_ok(sl_pagerank_create(g, &used));
    for (int again = 0; again < 5; again++) {
      sl_pagerank_options options = random_options(&rng, g);
      options.top_k = sl_rng_below(&rng, g->node_count + 1);
      source from = random_source(&rng, g->node_count);
      options.settle_ranking = options.top_k > 0 && from.count > 0 &&
                               options.method <= SL_PAGERANK_PUSH && sl_rng_below(&rng, 2);
      if (sl_rng_below(&rng, 6) == 0) begin(used, &options, &from); // dropped
      assert_ok(sl_pagerank_create(g, &fresh));
      sl_diffusion_result a = run(used, &options, &from, 1 + sl_rng_below(&rng, 40));
      sl_diffusion_result b = run(fresh, &options, &from, UINT64_MAX);
      assert_int_equal(a.count, b.count);
      assert_int_equal(a.outcome, b.outcome);
      assert_int_equal(a.method, b.method);
      assert_int_equal(a.edge_operations, b.edge_operations);
      assert_int_equal(a.proved_places, b.proved_places);
      assert_true(a.error_bound == b.error_bound);
      assert_memory_equal(a.nodes, b.nodes, a.count * sizeof *a.nodes);
      assert_memory_equal(a.scores, b.scores, a.count * sizeof *a.scores);
      sl_pagerank_destroy(fresh);
    }
    sl_pagerank_destroy(used);
    sl_graph_destroy(g);
  }
}

// Limits end a run at any point; what comes back is still certified.
static void limits_end_a_run_with_a_valid_bound(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 6);
  uint32_t outcomes[16] = {0};
  for (int trial = 0; trial < SL_TRIES(3000); trial++) {
    sl_graph *g = random_graph(&rng, LARGEST);
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    sl_pagerank_options options = random_options(&rng, g);
    options.tolerance = 1e-10;
    if (trial % 3 == 0) options.max_work = 1 + sl_rng_below(&rng, 200);
    if (trial % 3 == 1) options.max_iterations = 1 + sl_rng_below(&rng, 3);
    source from = random_source(&rng, g->node_count);
    double expected[LARGEST], scores[LARGEST], error = 0;
    reference(g, options.damping, from.s, expected);
    begin(p, &options, &from);
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    for (uint32_t step = 0; outcome == SL_OUTCOME_RUNNING; step++) {
      if (trial % 3 == 2 && step == (uint32_t)trial % 7) break;
      assert_ok(sl_job_step(sl_pagerank_job(p), 1 + sl_rng_below(&rng, 50), &outcome));
      assert_true(sl_pagerank_error(p) >= 0);
    }
    assert_ok(sl_job_stop(sl_pagerank_job(p), SL_OUTCOME_TIME_LIMIT));
    sl_diffusion_result result, again;
    assert_ok(sl_pagerank_finish(p, &result));
    assert_ok(sl_pagerank_finish(p, &again));
    assert_true(again.edge_operations == result.edge_operations && again.count == result.count);
    outcomes[result.outcome]++;
    assert_ok(sl_pagerank_scores(p, scores));
    for (uint32_t u = 0; u < g->node_count; u++) error += fabs(scores[u] - expected[u]);
    assert_true(error <= result.error_bound + 1e-16);
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
  assert_true(outcomes[SL_OUTCOME_CONVERGED] > 0 && outcomes[SL_OUTCOME_WORK_LIMIT] > 0);
  assert_true(outcomes[SL_OUTCOME_ITERATION_LIMIT] > 0 && outcomes[SL_OUTCOME_TIME_LIMIT] > 0);
}

// Every place that is called proved holds the node that elimination puts there.
static void top_k_is_sorted_and_proved_places_are_right(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 7);
  uint32_t proved = 0, unproved = 0;
  for (int trial = 0; trial < SL_TRIES(3000); trial++) {
    sl_graph *g = random_graph(&rng, LARGEST);
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    sl_pagerank_options options = random_options(&rng, g);
    options.top_k = 1 + sl_rng_below(&rng, g->node_count);
    options.tolerance = pow(10, -1 - 8 * sl_rng_double(&rng));
    source from = random_source(&rng, g->node_count);
    double expected[LARGEST];
    reference(g, options.damping, from.s, expected);
    sl_diffusion_result result = run(p, &options, &from, UINT64_MAX);
    assert_true(result.count <= options.top_k);
    for (uint32_t i = 1; i < result.count; i++) {
      assert_true(
          result.scores[i - 1] > result.scores[i] ||
          (result.scores[i - 1] == result.scores[i] && result.nodes[i - 1] < result.nodes[i]));
    }
    // Places whose node has the right number of better nodes; ties in the truth cannot be proved.
    uint32_t right = 0;
    for (uint32_t i = 0; i < result.count; i++) {
      uint32_t above = 0, equal = 0;
      for (uint32_t u = 0; u < g->node_count; u++) {
        above += expected[u] > expected[result.nodes[i]];
        equal += u != result.nodes[i] && expected[u] == expected[result.nodes[i]];
      }
      right += above == i && equal == 0;
    }
    assert_true(result.proved_places <= right);
    proved += result.proved_places;
    unproved += result.count - result.proved_places;
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
  assert_true(proved > SL_TRIES(3000) && unproved > SL_TRIES(100));
}

// With prove_ranking the whole list is in the true order, or rounding hides a tie.
static void proved_rankings_are_right(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 10);
  uint32_t converged = 0, stagnated = 0;
  for (int trial = 0; trial < SL_TRIES(1500); trial++) {
    sl_graph *g = random_graph(&rng, LARGEST);
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    sl_pagerank_options options = random_options(&rng, g);
    options.top_k = 1 + sl_rng_below(&rng, g->node_count);
    options.tolerance = 0.1;
    options.prove_ranking = true;
    source from = random_source(&rng, g->node_count);
    double expected[LARGEST];
    reference(g, options.damping, from.s, expected);
    sl_diffusion_result result = run(p, &options, &from, UINT64_MAX);
    converged += result.outcome == SL_OUTCOME_CONVERGED;
    stagnated += result.outcome == SL_OUTCOME_STAGNATED;
    assert_int_equal(result.outcome == SL_OUTCOME_CONVERGED, result.proved_places == result.count);
    for (uint32_t i = 0; result.outcome == SL_OUTCOME_CONVERGED && i < result.count; i++) {
      uint32_t above = 0;
      for (uint32_t u = 0; u < g->node_count; u++) above += expected[u] > expected[result.nodes[i]];
      assert_int_equal(above, i);
    }
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
  assert_true(converged > SL_TRIES(300) && stagnated > SL_TRIES(10));
  assert_int_equal(converged + stagnated, SL_TRIES(1500));
}

// The scores of a settled ranking are estimates, but their bound over the listed nodes is not.
static void settled_rankings_keep_their_bound(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  for (int trial = 0; trial < SL_TRIES(4000); trial++) {
    sl_graph *g = random_graph(&rng, LARGEST);
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    sl_pagerank_options options = random_options(&rng, g);
    source from = random_source(&rng, g->node_count);
    if (from.count > 0) {
      options.method = (sl_pagerank_method)sl_rng_below(&rng, 2);
      options.top_k = 1 + sl_rng_below(&rng, g->node_count);
      options.settle_ranking = true;
      if (trial % 2) options.max_work = 1 + sl_rng_below(&rng, 30);
      double expected[LARGEST], error = 0, scores[LARGEST];
      reference(g, options.damping, from.s, expected);
      sl_diffusion_result result = run(p, &options, &from, UINT64_MAX);
      for (uint32_t i = 0; i < result.count; i++)
        error += fabs(result.scores[i] - expected[result.nodes[i]]);
      assert_true(error <= result.error_bound + 1e-16);
      assert_int_equal(result.proved_places, 0);
      assert_refused(sl_pagerank_scores(p, scores), SL_ERR_STATE, "pagerank");
    }
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
}

static const sl_pagerank_method every_method[5] = {SL_PAGERANK_AUTO, SL_PAGERANK_PUSH,
                                                   SL_PAGERANK_POWER, SL_PAGERANK_GAUSS_SEIDEL,
                                                   SL_PAGERANK_CONJUGATE_GRADIENT};

static void expect_scores(const sl_graph *g, const source *from, double damping,
                          const double *expected) {
  for (int m = 0; m < 5; m++) {
    if (g->directed && every_method[m] == SL_PAGERANK_CONJUGATE_GRADIENT) continue;
    sl_pagerank *p;
    double scores[LARGEST];
    sl_pagerank_options options = sl_pagerank_options_default();
    options.method = every_method[m];
    options.damping = damping;
    options.tolerance = 1e-12;
    assert_ok(sl_pagerank_create((sl_graph *)g, &p));
    sl_diffusion_result result = run(p, &options, from, UINT64_MAX);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    assert_ok(sl_pagerank_scores(p, scores));
    for (uint32_t u = 0; u < g->node_count; u++)
      assert_true(fabs(scores[u] - expected[u]) <= 1e-12);
    assert_true(sl_pagerank_bytes(p) + sl_graph_bytes(g) == sl_bytes_in_use());
    sl_pagerank_destroy(p);
  }
}

static void closed_forms(void **state) {
  (void)state;
  const double d = 0.85;
  const source zero = {.nodes = {0}, .weights = {1}, .count = 1}, global = {.count = 0};
  // One node, with and without a loop.
  uint32_t no[1] = {0};
  double one[1] = {1};
  for (uint32_t loops = 0; loops < 2; loops++) {
    for (int directed = 0; directed < 2; directed++) {
      sl_graph *g = make_graph(1, loops, no, no, NULL, SL_VALUES_PATTERN, directed);
      expect_scores(g, &zero, d, one);
      expect_scores(g, &global, d, one);
      sl_graph_destroy(g);
    }
  }
  // Two nodes without edges: both dangle, all mass stays at the source.
  double apart[2] = {1, 0}, halves[2] = {0.5, 0.5};
  sl_graph *g = make_graph(2, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, true);
  expect_scores(g, &zero, d, apart);
  expect_scores(g, &global, d, halves);
  sl_graph_destroy(g);
  // 0 -> 1, node 1 dangling: p0 = 1 / (1 + d).
  uint32_t from1[1] = {0}, to1[1] = {1};
  double pair[2] = {1 / (1 + d), d / (1 + d)};
  g = make_graph(2, 1, from1, to1, NULL, SL_VALUES_PATTERN, true);
  expect_scores(g, &zero, d, pair);
  sl_graph_destroy(g);
  // Undirected edge: the same, since 1 sends all of its mass back.
  g = make_graph(2, 1, from1, to1, NULL, SL_VALUES_PATTERN, false);
  expect_scores(g, &zero, d, pair);
  expect_scores(g, &global, d, halves);
  sl_graph_destroy(g);
  // Directed cycle of 7 from node 0: p_k = (1 - d) d^k / (1 - d^7).
  uint32_t from[LARGEST * LARGEST], to[LARGEST * LARGEST];
  double expected[LARGEST];
  for (uint32_t k = 0; k < 7; k++) {
    from[k] = k;
    to[k] = (k + 1) % 7;
    expected[k] = (1 - d) * pow(d, k) / (1 - pow(d, 7));
  }
  g = make_graph(7, 7, from, to, NULL, SL_VALUES_PATTERN, true);
  expect_scores(g, &zero, d, expected);
  sl_graph_destroy(g);
  // Directed path of 6 from its start: geometric, restarted at the dangling end.
  double total = 0;
  for (uint32_t k = 0; k < 6; k++) total += pow(d, k);
  for (uint32_t k = 0; k < 6; k++) expected[k] = pow(d, k) / total;
  g = make_graph(6, 5, from, to, NULL, SL_VALUES_PATTERN, true);
  expect_scores(g, &zero, d, expected);
  sl_graph_destroy(g);
  // Star with centre 0 and 9 leaves: 1 / (1 + d) at the centre.
  for (uint32_t k = 0; k < 9; k++) {
    from[k] = 0;
    to[k] = k + 1;
    expected[k + 1] = d / (1 + d) / 9;
  }
  expected[0] = 1 / (1 + d);
  g = make_graph(10, 9, from, to, NULL, SL_VALUES_PATTERN, false);
  expect_scores(g, &zero, d, expected);
  sl_graph_destroy(g);
  // Complete graph on 8 nodes: p_0 = (1 - d) + d (1 - p_0) / 7.
  uint32_t count = 0;
  for (uint32_t u = 0; u < 8; u++) {
    for (uint32_t v = u + 1; v < 8; v++, count++) {
      from[count] = u;
      to[count] = v;
    }
  }
  expected[0] = (1 - d + d / 7) / (1 + d / 7);
  for (uint32_t u = 1; u < 8; u++) expected[u] = (1 - expected[0]) / 7;
  g = make_graph(8, count, from, to, NULL, SL_VALUES_PATTERN, false);
  expect_scores(g, &zero, d, expected);
  sl_graph_destroy(g);
}

static void wrong_arguments_are_refused_by_name_and_nothing_is_lost(void **state) {
  (void)state;
  uint32_t from[3] = {0, 1, 2}, to[3] = {1, 2, 0};
  sl_graph *g = make_graph(3, 3, from, to, NULL, SL_VALUES_PATTERN, true);
  sl_pagerank *p;
  assert_ok(sl_pagerank_create(g, &p));
  const sl_pagerank_options good = sl_pagerank_options_default();
  uint32_t node[2] = {0, 1}, missing[2] = {0, 3};
  double negative[2] = {1, -1}, nan[2] = {NAN, 1}, inf[2] = {1, INFINITY}, zero[2] = {0, 0};
  double huge[2] = {1e308, 1e308};
  sl_outcome outcome;
  sl_diffusion_result result;
  double scores[3];
  assert_refused(sl_job_step(sl_pagerank_job(p), 1, &outcome), SL_ERR_STATE, "pagerank");
  assert_refused(sl_pagerank_finish(p, &result), SL_ERR_STATE, "pagerank");
  assert_refused(sl_pagerank_scores(p, scores), SL_ERR_STATE, "pagerank");
  const double bad_damping[5] = {0, 1, -0.5, NAN, INFINITY};
  for (int i = 0; i < 5; i++) {
    sl_pagerank_options o = good;
    o.damping = bad_damping[i];
    assert_refused(sl_pagerank_begin(p, &o, node, NULL, 1), SL_ERR_OPTION, "damping");
    assert_refused(sl_pagerank_begin_global(p, &o), SL_ERR_OPTION, "damping");
  }
  const double bad_tolerance[4] = {0, -1e-6, NAN, INFINITY};
  for (int i = 0; i < 4; i++) {
    sl_pagerank_options o = good;
    o.tolerance = bad_tolerance[i];
    assert_refused(sl_pagerank_begin(p, &o, node, NULL, 1), SL_ERR_OPTION, "tolerance");
  }
#define REFUSE(change, status, name)                                                               \
  do {                                                                                             \
    sl_pagerank_options o = good;                                                                  \
    change;                                                                                        \
    assert_refused(sl_pagerank_begin(p, &o, node, NULL, 1), status, name);                         \
  } while (0)
  REFUSE(o.method = (sl_pagerank_method)5, SL_ERR_OPTION, "method");
  REFUSE(o.method = (sl_pagerank_method)-1, SL_ERR_OPTION, "method");
  REFUSE(o.method = SL_PAGERANK_CONJUGATE_GRADIENT, SL_ERR_UNSUPPORTED, "method");
  REFUSE(o.top_k = 4, SL_ERR_OPTION, "top_k");
  REFUSE(o.max_iterations = 0, SL_ERR_OPTION, "max_iterations");
  REFUSE(o.max_work = 0, SL_ERR_OPTION, "max_work");
  REFUSE(o.settle_ranking = true, SL_ERR_OPTION, "settle_ranking");
  REFUSE(o.prove_ranking = true, SL_ERR_OPTION, "prove_ranking");
  REFUSE((o.settle_ranking = true, o.top_k = 1, o.method = SL_PAGERANK_POWER), SL_ERR_UNSUPPORTED,
         "method");
  sl_pagerank_options settle = good;
  settle.settle_ranking = true;
  settle.top_k = 1;
  assert_refused(sl_pagerank_begin_global(p, &settle), SL_ERR_UNSUPPORTED, "method");
  assert_refused(sl_pagerank_begin(p, &good, node, NULL, 0), SL_ERR_EMPTY, "source");
  assert_refused(sl_pagerank_begin(p, &good, missing, NULL, 2), SL_ERR_INDEX, "source");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_pagerank_begin(p, &good, node, negative, 2), SL_ERR_NOT_POSITIVE, "source");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_pagerank_begin(p, &good, node, nan, 2), SL_ERR_NOT_FINITE, "source");
  assert_refused(sl_pagerank_begin(p, &good, node, inf, 2), SL_ERR_NOT_FINITE, "source");
  assert_refused(sl_pagerank_begin(p, &good, node, zero, 2), SL_ERR_NOT_POSITIVE, "source");
  assert_refused(sl_pagerank_begin(p, &good, node, huge, 2), SL_ERR_NOT_POSITIVE, "source");
  assert_ok(sl_pagerank_begin(p, &good, node, NULL, 1));
  assert_refused(sl_pagerank_finish(p, &result), SL_ERR_STATE, "pagerank");
  assert_refused(sl_job_stop(sl_pagerank_job(p), SL_OUTCOME_CONVERGED), SL_ERR_OPTION, "why");
  // The run survived all of that.
  do assert_ok(sl_job_step(sl_pagerank_job(p), 1, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_pagerank_finish(p, &result));
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
  // Weights that cannot be inverted.
  double tiny[3] = {1, 1e-300, 1};
  g = make_graph(3, 3, from, to, tiny, SL_VALUES_F64, true);
  assert_refused(sl_pagerank_create(g, &p), SL_ERR_RANGE, "graph");
  assert_int_equal(sl_last_error()->position, 1);
  assert_null(p);
  sl_graph_destroy(g);
  sl_pagerank_destroy(NULL);
}

static void tolerance_below_rounding_stagnates(void **state) {
  (void)state;
  uint32_t from[4] = {0, 1, 2, 3}, to[4] = {1, 2, 3, 0};
  double weights[4] = {1, 3, 7, 0.1};
  for (int directed = 0; directed < 2; directed++) {
    sl_graph *g = make_graph(4, 4, from, to, weights, SL_VALUES_F64, directed);
    for (int m = 0; m < 5; m++) {
      if (directed && every_method[m] == SL_PAGERANK_CONJUGATE_GRADIENT) continue;
      sl_pagerank *p;
      sl_pagerank_options options = sl_pagerank_options_default();
      const source zero = {.nodes = {0}, .weights = {1}, .count = 1};
      options.method = every_method[m];
      options.tolerance = 1e-30;
      assert_ok(sl_pagerank_create(g, &p));
      sl_diffusion_result result = run(p, &options, &zero, UINT64_MAX);
      assert_int_equal(result.outcome, SL_OUTCOME_STAGNATED);
      assert_true(result.error_bound < 1e-12 && result.iterations < 2000);
      sl_pagerank_destroy(p);
    }
    sl_graph_destroy(g);
  }
}

static void reached_memory_limit_leaves_everything_usable(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  sl_graph *g = random_graph(&rng, LARGEST);
  while (g->directed || g->node_count < 10) {
    sl_graph_destroy(g);
    g = random_graph(&rng, LARGEST);
  }
  const source zero = {.nodes = {0}, .weights = {1}, .count = 1};
  sl_pagerank_options options = sl_pagerank_options_default();
  options.top_k = 5;
  options.settle_ranking = true;
  const size_t before = sl_bytes_in_use();
  // One byte more each time: every allocation of the room fails once.
  for (size_t limit = before, done = 0; !done; limit += 8) {
    sl_set_memory_limit(limit);
    sl_pagerank *p;
    if (sl_pagerank_create(g, &p) != SL_OK) continue;
    sl_outcome outcome;
    sl_diffusion_result result;
    sl_status status = sl_pagerank_begin(p, &options, zero.nodes, zero.weights, 1);
    if (status == SL_OK) status = sl_job_step(sl_pagerank_job(p), UINT64_MAX, &outcome);
    if (status == SL_OK) status = sl_pagerank_finish(p, &result);
    assert_true(status == SL_OK || status == SL_ERR_MEMORY);
    done = status == SL_OK;
    sl_set_memory_limit(SIZE_MAX);
    sl_pagerank_options plain = sl_pagerank_options_default();
    for (int m = 1; m < 5; m++) {
      plain.method = every_method[m];
      assert_int_equal(run(p, &plain, &zero, UINT64_MAX).outcome, SL_OUTCOME_CONVERGED);
    }
    assert_int_equal(sl_pagerank_bytes(p) + sl_graph_bytes(g), sl_bytes_in_use());
    sl_pagerank_destroy(p);
  }
  sl_graph_destroy(g);
}

// Barabasi-Albert: each new node links to `links` distinct nodes drawn by degree.
static sl_graph *barabasi_albert(uint32_t n, uint32_t links, uint64_t seed) {
  uint32_t *from, *to, *ends, count = 0;
  assert_ok(SL_ALLOC(&from, (size_t)n * links));
  assert_ok(SL_ALLOC(&to, (size_t)n * links));
  assert_ok(SL_ALLOC(&ends, (size_t)n * links * 2));
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t v = links; v < n; v++) {
    const uint32_t start = count;
    while (count - start < links) {
      uint32_t u = v == links ? count : ends[sl_rng_below(&rng, 2 * start)];
      bool known = false;
      for (uint32_t i = start; i < count; i++) known |= to[i] == u;
      if (known) continue;
      from[count] = v;
      to[count++] = u;
    }
    for (uint32_t i = start; i < count; i++) {
      ends[2 * i] = from[i];
      ends[2 * i + 1] = to[i];
    }
  }
  sl_graph *g = make_graph(n, count, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_free(from);
  sl_free(to);
  sl_free(ends);
  return g;
}

// The promise of settle_ranking, on a graph small enough for sanitizers.
static void settled_top_50_is_nearly_right_on_a_scale_free_graph(void **state) {
  (void)state;
  sl_graph *g = barabasi_albert(20000, 10, 42);
  sl_pagerank *p;
  assert_ok(sl_pagerank_create(g, &p));
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  uint32_t hits = 0;
  uint64_t work = 0, power_work = 0;
  for (int trial = 0; trial < 10; trial++) {
    source from = {.nodes = {sl_rng_below(&rng, g->node_count)}, .weights = {1}, .count = 1};
    sl_pagerank_options options = sl_pagerank_options_default();
    options.top_k = 50;
    options.method = SL_PAGERANK_POWER;
    options.tolerance = 1e-12;
    uint32_t expected[50];
    sl_diffusion_result result = run(p, &options, &from, UINT64_MAX);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    power_work += result.edge_operations;
    memcpy(expected, result.nodes, sizeof expected);
    options = sl_pagerank_options_default();
    options.top_k = 50;
    options.settle_ranking = true;
    result = run(p, &options, &from, UINT64_MAX);
    work += result.edge_operations;
    for (int i = 0; i < 50; i++)
      for (uint32_t j = 0; j < 50; j++) hits += expected[i] == result.nodes[j];
  }
  assert_true(hits >= 490);
  assert_true(power_work > 100 * work);
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
}

// A small answer on a large graph touches little, and so does the cleaning up after it.
static void coarse_push_touches_little(void **state) {
  (void)state;
  const uint32_t side = 300, n = side * side;
  uint32_t *from, *to, count = 0;
  assert_ok(SL_ALLOC(&from, 2 * n));
  assert_ok(SL_ALLOC(&to, 2 * n));
  for (uint32_t u = 0; u < n; u++) {
    if (u % side + 1 < side) from[count] = u, to[count++] = u + 1;
    if (u + side < n) from[count] = u, to[count++] = u + side;
  }
  sl_graph *g = make_graph(n, count, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_free(from);
  sl_free(to);
  sl_pagerank *p;
  assert_ok(sl_pagerank_create(g, &p));
  sl_pagerank_options options = sl_pagerank_options_default();
  options.tolerance = 1e-3;
  source from_middle = {.nodes = {n / 2 + side / 2}, .weights = {1}, .count = 1};
  sl_diffusion_result result = run(p, &options, &from_middle, UINT64_MAX);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_int_equal(result.method, SL_PAGERANK_PUSH);
  assert_true(result.touched_nodes < 3000 && result.edge_operations < 100000);
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
}

// Half way the prediction is near what it takes in the end, and there is none when nothing is known.
static void work_is_predicted(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 77);
  enum { NODES = 3000, EDGES = 30000 };
  static uint32_t from[EDGES], to[EDGES];
  for (uint32_t i = 0; i < EDGES; i++)
    from[i] = sl_rng_below(&rng, NODES), to[i] = sl_rng_below(&rng, NODES);
  sl_graph *g = make_graph(NODES, EDGES, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_pagerank *p;
  assert_ok(sl_pagerank_create(g, &p));
  sl_job *job = sl_pagerank_job(p);
  for (sl_pagerank_method m = SL_PAGERANK_AUTO; m <= SL_PAGERANK_CONJUGATE_GRADIENT; m++) {
    sl_pagerank_options options = sl_pagerank_options_default();
    options.method = m, options.tolerance = m == SL_PAGERANK_PUSH ? 1e-3 : 1e-10;
    uint64_t whole = 0;
    for (int round = 0; round < 2; round++) {
      assert_ok(sl_pagerank_begin_global(p, &options));
      assert_int_equal(sl_job_expected(job), 0);
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      bool looked = round == 0;
      while (outcome == SL_OUTCOME_RUNNING) {
        assert_ok(sl_job_step(job, EDGES / 4, &outcome));
        if (looked || 2 * sl_job_work(job) < whole || outcome != SL_OUTCOME_RUNNING) continue;
        looked = true;
        const double ratio = (double)sl_job_expected(job) / (double)whole;
        assert_true(ratio > 0.5 && ratio < 2);
      }
      assert_true(looked);
      assert_int_equal(sl_job_expected(job), 0);
      whole = sl_job_work(job);
    }
  }
  sl_pagerank_options options = sl_pagerank_options_default();
  options.top_k = 50, options.settle_ranking = true;
  const uint32_t source = 1;
  assert_ok(sl_pagerank_begin(p, &options, &source, NULL, 1));
  sl_outcome outcome;
  assert_ok(sl_job_step(job, 2000, &outcome));
  assert_int_equal(sl_job_expected(job), 0);
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(certificate_holds_against_dense_elimination),
      property(steps_and_earlier_runs_do_not_show_in_the_result),
      property(limits_end_a_run_with_a_valid_bound),
      property(top_k_is_sorted_and_proved_places_are_right),
      property(proved_rankings_are_right),
      property(settled_rankings_keep_their_bound),
      property(closed_forms),
      property(wrong_arguments_are_refused_by_name_and_nothing_is_lost),
      property(tolerance_below_rounding_stagnates),
      property(reached_memory_limit_leaves_everything_usable),
      property(settled_top_50_is_nearly_right_on_a_scale_free_graph),
      property(coarse_push_touches_little),
      property(work_is_predicted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
