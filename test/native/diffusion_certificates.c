// Every kind of answer of the room on random small graphs, against dense solves in long double: is
// the error ever larger than the certificate says?
#include "certificates.h"
#include "diffusion/heat_kernel.h"
#include "diffusion/sweep_cut.h"
#include "diffusion_graphs.h"
#include "exact_ranks.h"

static sl_diffusion_result finish(sl_pagerank *p, uint64_t work) {
  sl_outcome outcome;
  sl_diffusion_result result;
  do assert_ok(sl_job_step(sl_pagerank_job(p), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_pagerank_finish(p, &result));
  return result;
}

static sl_pagerank_options some_options(sl_rng *rng, sl_pagerank_method method) {
  sl_pagerank_options options = sl_pagerank_options_default();
  options.damping = some_damping(rng);
  options.tolerance = some_tolerance(rng);
  options.method = method;
  if (sl_rng_below(rng, 3) == 0) options.max_work = 1 + sl_rng_below(rng, 300);
  return options;
}

static void begin(sl_pagerank *p, const sl_pagerank_options *options, const source *from) {
  if (from->count == 0)
    assert_ok(sl_pagerank_begin_global(p, options));
  else
    assert_ok(sl_pagerank_begin(p, options, from->nodes, from->weights, from->count));
}

static long double distance(const sl_pagerank *p, uint32_t n, const long double *exact) {
  double scores[LARGEST];
  long double error = 0;
  assert_ok(sl_pagerank_scores(p, scores));
  for (uint32_t u = 0; u < n; u++) error += fabsl(scores[u] - exact[u]);
  return error;
}

static void scores_of(const char *kind, sl_pagerank_method method, bool undirected, uint64_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = random_graph(&rng, LARGEST);
    if (undirected && g->directed) {
      sl_graph_destroy(g);
      continue;
    }
    const source from = random_source(&rng, g->node_count);
    const sl_pagerank_options options = some_options(&rng, method);
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    begin(p, &options, &from);
    const sl_diffusion_result result = finish(p, 1 + sl_rng_below(&rng, 200));
    long double exact[LARGEST];
    exact_pagerank(g, options.damping, from.s, exact);
    count(&it, distance(p, g->node_count, exact), result.error_bound, 24 * REFERENCE);
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
  report(kind, &it, 1);
}

static void pagerank_scores(void **state) {
  (void)state;
  scores_of("PageRank, automatic", SL_PAGERANK_AUTO, false, 1);
  scores_of("PageRank, push", SL_PAGERANK_PUSH, false, 2);
  scores_of("PageRank, power", SL_PAGERANK_POWER, false, 3);
  scores_of("PageRank, push then power", SL_PAGERANK_PUSH_POWER, false, 4);
  scores_of("PageRank, Gauss-Seidel", SL_PAGERANK_GAUSS_SEIDEL, false, 5);
  scores_of("PageRank, conjugate gradients", SL_PAGERANK_CONJUGATE_GRADIENT, true, 6);
}

// The lists: their L1 bound, and the places that are said to be proved.
static void rankings(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 7);
  tally settled = {0}, proved = {0};
  while (settled.trials < trials_wanted() || proved.trials < trials_wanted()) {
    sl_graph *g = random_graph(&rng, LARGEST);
    source from = random_source(&rng, g->node_count);
    sl_pagerank_options options = some_options(&rng, SL_PAGERANK_AUTO);
    options.top_k = 1 + sl_rng_below(&rng, g->node_count);
    options.settle_ranking = from.count > 0 && sl_rng_below(&rng, 2);
    options.prove_ranking = !options.settle_ranking && sl_rng_below(&rng, 2);
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    begin(p, &options, &from);
    const sl_diffusion_result result = finish(p, 1 + sl_rng_below(&rng, 200));
    long double exact[LARGEST], error = 0;
    exact_pagerank(g, options.damping, from.s, exact);
    for (uint32_t i = 0; i < result.count; i++) {
      error += fabsl(result.scores[i] - exact[result.nodes[i]]);
    }
    if (options.settle_ranking) {
      count(&settled, error, result.error_bound, 24 * REFERENCE);
    } else {
      // A proved place holds a node that has just so many nodes above it.
      uint32_t right = 0;
      for (uint32_t i = 0; i < result.count; i++) {
        uint32_t above = 0;
        const uint32_t node = result.nodes[i];
        for (uint32_t v = 0; v < g->node_count; v++) above += exact[v] > exact[node];
        right += above == i;
      }
      count(&proved, result.proved_places <= right ? 0 : 1, 0, 0);
    }
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
  report("ranking that looks settled", &settled, 1);
  report("proved places", &proved, 1);
}

// The series in long double, far below double precision.
static void exact_heat(const sl_graph *g, double time, const double *s, long double *total) {
  const uint32_t n = g->node_count;
  const sl_csr *edges = g->outgoing;
  long double term[LARGEST], next[LARGEST], weight = expl(-(long double)time);
  for (uint32_t u = 0; u < n; u++) term[u] = s[u], total[u] = 0;
  for (int k = 1; k < 60 + 4 * time; k++) {
    for (uint32_t u = 0; u < n; u++) total[u] += weight * term[u], next[u] = 0;
    for (uint32_t u = 0; u < n; u++) {
      const uint32_t begin = edges->row_pointers[u], end = edges->row_pointers[u + 1];
      const long double strength = strength_of(edges, u);
      for (uint32_t j = begin; j < end; j++) {
        next[edges->columns[j]] += term[u] * sl_csr_value(edges, j) / strength;
      }
      if (begin == end) next[u] += term[u];
    }
    memcpy(term, next, sizeof term);
    weight *= (long double)time / k;
  }
}

static void heat_kernel(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = random_graph(&rng, LARGEST);
    source from = random_source(&rng, g->node_count);
    while (from.count == 0) from = random_source(&rng, g->node_count);
    sl_heat_kernel_options options = sl_heat_kernel_options_default();
    options.tolerance = some_tolerance(&rng);
    if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 300);
    options.time = pow(10, -2 + 3.5 * sl_rng_double(&rng));
    sl_heat_kernel *h;
    assert_ok(sl_heat_kernel_create(g, &h));
    assert_ok(sl_heat_kernel_begin(h, &options, from.nodes, from.weights, from.count));
    const uint64_t work = 1 + sl_rng_below(&rng, 200);
    sl_outcome outcome;
    do assert_ok(sl_job_step(sl_heat_kernel_job(h), work, &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    sl_diffusion_result result;
    assert_ok(sl_heat_kernel_finish(h, &result));
    double scores[LARGEST];
    assert_ok(sl_heat_kernel_scores(h, scores));
    long double exact[LARGEST], error = 0;
    exact_heat(g, options.time, from.s, exact);
    for (uint32_t u = 0; u < g->node_count; u++) error += fabsl(scores[u] - exact[u]);
    count(&it, error, result.error_bound, 1e-15);
    sl_heat_kernel_destroy(h);
    sl_graph_destroy(g);
  }
  report("heat kernel", &it, 1);
}

// Some edges of g go and some come.
static sl_graph *edited(sl_rng *rng, const sl_graph *g) {
  const uint32_t n = g->node_count, grown = n + (n < LARGEST && sl_rng_below(rng, 4) == 0);
  uint32_t from[8], to[8], new_from[8], new_to[8], removed = 0;
  double weights[8];
  float narrow[8];
  for (uint32_t u = 0; u < n; u++) {
    for (uint32_t k = g->outgoing->row_pointers[u]; k < g->outgoing->row_pointers[u + 1]; k++) {
      const uint32_t v = g->outgoing->columns[k];
      if (removed == 4 || sl_rng_below(rng, 8) > 0 || (!g->directed && v < u)) continue;
      from[removed] = u;
      to[removed++] = v;
    }
  }
  const uint32_t added = sl_rng_below(rng, 5);
  for (uint32_t i = 0; i < added; i++) {
    new_from[i] = sl_rng_below(rng, grown);
    new_to[i] = sl_rng_below(rng, grown);
    weights[i] = 0.1 + sl_rng_double(rng);
    narrow[i] = (float)weights[i];
  }
  const sl_value_type type = sl_graph_value_type(g);
  const void *values = type == SL_VALUES_F64   ? (const void *)weights
                       : type == SL_VALUES_F32 ? (const void *)narrow
                                               : NULL;
  sl_graph *out;
  assert_ok(
      sl_graph_edit(g, grown, removed, from, to, added, new_from, new_to, values, type, &out));
  return out;
}

static void updates(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *graphs[6];
    sl_pagerank *runs[6];
    graphs[0] = random_graph(&rng, LARGEST);
    assert_ok(sl_pagerank_create(graphs[0], &runs[0]));
    const source from = random_source(&rng, graphs[0]->node_count);
    sl_pagerank_options options =
        some_options(&rng, graphs[0]->directed ? SL_PAGERANK_AUTO : sl_rng_below(&rng, 5));
    begin(runs[0], &options, &from);
    (void)finish(runs[0], 1 + sl_rng_below(&rng, 200));
    for (int k = 1; k < 6; k++) {
      graphs[k] = edited(&rng, graphs[k - 1]);
      assert_ok(sl_pagerank_create(graphs[k], &runs[k]));
      const double damping = options.damping;
      options = some_options(&rng, sl_rng_below(&rng, 2));
      options.damping = damping;
      assert_ok(sl_pagerank_follow(runs[k], runs[k - 1], &options));
      const sl_diffusion_result result = finish(runs[k], 1 + sl_rng_below(&rng, 200));
      const uint32_t n = graphs[k]->node_count;
      double s[LARGEST] = {0};
      for (uint32_t u = 0; u < n; u++) {
        s[u] = from.count == 0 ? 1.0 / n : u < graphs[0]->node_count ? from.s[u] : 0;
      }
      long double exact[LARGEST];
      exact_pagerank(graphs[k], damping, s, exact);
      count(&it, distance(runs[k], n, exact), result.error_bound, 24 * REFERENCE);
    }
    for (int k = 0; k < 6; k++) {
      sl_pagerank_destroy(runs[k]);
      sl_graph_destroy(graphs[k]);
    }
  }
  report("PageRank after changes of edges", &it, 1);
}

// The sweep's conductance is that of the set it returns, and no prefix has a smaller one.
static void sweep_cuts(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 14);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = undirected_graph(&rng, LARGEST);
    const uint32_t n = g->node_count;
    uint32_t nodes[LARGEST], order[LARGEST];
    double scores[LARGEST];
    for (uint32_t u = 0; u < n; u++) nodes[u] = u, scores[u] = sl_rng_double(&rng);
    sl_pagerank *p;
    sl_sweep_cut_result result;
    assert_ok(sl_pagerank_create(g, &p));
    assert_ok(sl_sweep_cut(p, nodes, scores, n, 0, INFINITY, order, &result));
    bool inside[LARGEST] = {false};
    long double total = 0, volume = 0, least = 1, chosen = 1;
    for (uint32_t u = 0; u < n; u++) total += strength_of(g->outgoing, u);
    for (uint32_t i = 0; i < n; i++) {
      inside[order[i]] = true;
      volume += strength_of(g->outgoing, order[i]);
      long double cut = 0;
      for (uint32_t u = 0; u < n; u++) {
        for (uint32_t k = g->outgoing->row_pointers[u]; k < g->outgoing->row_pointers[u + 1]; k++) {
          if (inside[u] && !inside[g->outgoing->columns[k]]) cut += sl_csr_value(g->outgoing, k);
        }
      }
      const long double smaller = fminl(volume, total - volume);
      if (!(smaller > 0x1p-40L * total)) continue; // as the header says
      least = fminl(least, cut / smaller);
      if (i + 1 == result.size) chosen = cut / smaller;
    }
    count(&it, fmaxl(fabsl(result.conductance - chosen), result.conductance - least), 0, 1e-9);
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
  report("conductance of a sweep cut", &it, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(pagerank_scores), property(rankings),   property(heat_kernel),
      property(updates),         property(sweep_cuts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
