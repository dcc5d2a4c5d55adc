#include "diffusion_graphs.h"

#include "diffusion/sweep_cut.h"

// Cut and volume of a set, from their definitions.
static double conductance(const sl_graph *g, const bool *inside, double *cut, double *volume) {
  double rest = 0;
  *cut = *volume = 0;
  for (uint32_t u = 0; u < g->node_count; u++) {
    for (uint32_t k = g->outgoing->row_pointers[u]; k < g->outgoing->row_pointers[u + 1]; k++) {
      const double weight = sl_csr_value(g->outgoing, k);
      *(inside[u] ? volume : &rest) += weight;
      if (inside[u] && !inside[g->outgoing->columns[k]]) *cut += weight;
    }
  }
  return *cut / fmin(*volume, rest);
}

static void best_prefix_is_found(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 41);
  uint32_t found = 0;
  for (int trial = 0; trial < SL_TRIES(4000); trial++) {
    sl_graph *g = random_graph(&rng, LARGEST);
    if (g->directed) {
      sl_graph_destroy(g);
      continue;
    }
    const uint32_t n = g->node_count, count = 1 + sl_rng_below(&rng, n);
    uint32_t nodes[LARGEST], order[LARGEST];
    double scores[LARGEST];
    for (uint32_t i = 0; i < n; i++) nodes[i] = i;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t other = i + sl_rng_below(&rng, n - i), node = nodes[other];
      nodes[other] = nodes[i];
      nodes[i] = node;
      scores[i] = sl_rng_below(&rng, 4) == 0 ? 0.5 : sl_rng_double(&rng);
    }
    sl_pagerank *p;
    sl_sweep_cut_result result;
    const double *strength;
    assert_ok(sl_pagerank_create(g, &p));
    // Limits in every second trial; a limit of the volume lies between two prefixes or on one.
    assert_ok(sl_graph_out_strength(g, &strength));
    const bool limited = trial % 2 == 1;
    const uint32_t max_nodes = limited ? 1 + sl_rng_below(&rng, LARGEST) : 0;
    const double max_volume = limited && trial % 4 == 1
                                  ? 1e-3 + strength[nodes[0]] * (1 + sl_rng_below(&rng, 4))
                                  : INFINITY;
    assert_ok(sl_sweep_cut(p, nodes, scores, count, max_nodes, max_volume, order, &result));
    bool inside[LARGEST] = {false};
    double best = 1, cut, volume, last = INFINITY;
    for (uint32_t i = 0; i < count; i++) {
      uint32_t at = 0;
      while (nodes[at] != order[i]) at++;
      const double key = scores[at] / (strength[order[i]] > 0 ? strength[order[i]] : 1);
      assert_true(key <= last * (1 + 1e-15));
      last = key;
      inside[order[i]] = true;
      const double found_here = conductance(g, inside, &cut, &volume);
      const bool allowed = (max_nodes == 0 || i < max_nodes) && volume <= max_volume;
      if (allowed && found_here < best) best = found_here;
      if (result.size != i + 1) continue;
      assert_true(allowed);
      assert_true(fabs(result.cut - cut) <= 1e-9 * (1 + volume));
      assert_true(fabs(result.volume - volume) <= 1e-9 * volume);
      assert_true(fabs(result.conductance - found_here) <= 1e-9);
      found++;
    }
    assert_true(fabs(result.conductance - best) <= 1e-9);
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
  assert_true(found > SL_TRIES(1000));
}

// Two complete graphs joined by one edge: the cut is that edge.
static void bottleneck_is_cut(void **state) {
  (void)state;
  uint32_t from[40], to[40], count = 0, nodes[10], order[10];
  for (uint32_t side = 0; side < 2; side++) {
    for (uint32_t u = 0; u < 5; u++) {
      for (uint32_t v = 0; v < u; v++, count++)
        from[count] = 5 * side + u, to[count] = 5 * side + v;
    }
  }
  from[count] = 4, to[count++] = 5;
  sl_graph *g = make_graph(10, count, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_pagerank *p;
  assert_ok(sl_pagerank_create(g, &p));
  double scores[10];
  for (uint32_t u = 0; u < 10; u++) nodes[u] = u, scores[u] = u < 5 ? 10 - u : 1;
  sl_sweep_cut_result result;
  assert_ok(sl_sweep_cut(p, nodes, scores, 10, 0, INFINITY, order, &result));
  assert_int_equal(result.size, 5);
  assert_true(result.cut == 1 && result.volume == 21 && result.conductance == 1.0 / 21);
  // A limit that the best prefix meets exactly, and one below it: four nodes leave five edges.
  assert_ok(sl_sweep_cut(p, nodes, scores, 10, 5, 21, order, &result));
  assert_int_equal(result.size, 5);
  assert_ok(sl_sweep_cut(p, nodes, scores, 10, 4, INFINITY, order, &result));
  assert_true(result.size == 4 && result.cut == 4 && result.volume == 16);
  assert_ok(sl_sweep_cut(p, nodes, scores, 10, 0, 20.5, order, &result));
  assert_true(result.size == 4 && result.conductance == 0.25);
  assert_ok(sl_sweep_cut(p, nodes, scores, 10, 0, 3.5, order, &result));
  assert_true(result.size == 0 && result.conductance == 1);
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  uint32_t from[2] = {0, 1}, to[2] = {1, 2}, nodes[2] = {0, 1}, missing[2] = {0, 3},
           twice[2] = {1, 1}, order[2];
  double scores[2] = {1, 2}, nan[2] = {1, NAN}, negative[2] = {-1, 1};
  sl_sweep_cut_result result;
  sl_graph *g = make_graph(3, 2, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_pagerank *p;
  assert_ok(sl_pagerank_create(g, &p));
  assert_refused(sl_sweep_cut(p, nodes, scores, 0, 0, INFINITY, order, &result), SL_ERR_EMPTY,
                 "nodes");
  assert_refused(sl_sweep_cut(p, missing, scores, 2, 0, INFINITY, order, &result), SL_ERR_INDEX,
                 "nodes");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_sweep_cut(p, twice, scores, 2, 0, INFINITY, order, &result), SL_ERR_ARGUMENT,
                 "nodes");
  assert_refused(sl_sweep_cut(p, nodes, nan, 2, 0, INFINITY, order, &result), SL_ERR_NOT_FINITE,
                 "scores");
  assert_refused(sl_sweep_cut(p, nodes, negative, 2, 0, INFINITY, order, &result),
                 SL_ERR_NOT_POSITIVE, "scores");
  assert_refused(sl_sweep_cut(p, nodes, scores, 2, 0, 0, order, &result), SL_ERR_OPTION,
                 "max_volume");
  assert_refused(sl_sweep_cut(p, nodes, scores, 2, 0, NAN, order, &result), SL_ERR_OPTION,
                 "max_volume");
  assert_ok(sl_sweep_cut(p, nodes, scores, 2, 0, INFINITY, order, &result));
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
  g = make_graph(3, 2, from, to, NULL, SL_VALUES_PATTERN, true);
  assert_ok(sl_pagerank_create(g, &p));
  assert_refused(sl_sweep_cut(p, nodes, scores, 2, 0, INFINITY, order, &result), SL_ERR_UNSUPPORTED,
                 "graph");
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
  // No edges: every cut is empty.
  g = make_graph(3, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, false);
  assert_ok(sl_pagerank_create(g, &p));
  assert_ok(sl_sweep_cut(p, nodes, scores, 2, 0, INFINITY, order, &result));
  assert_int_equal(result.size, 0);
  assert_true(result.conductance == 1);
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(best_prefix_is_found),
      property(bottleneck_is_cut),
      property(wrong_arguments_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
