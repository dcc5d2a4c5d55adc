// Runs that end and bounds that hold where numbers differ by hundreds of orders of magnitude. All
// limits are counts.
#include "diffusion/contributions.h"
#include "diffusion_graphs.h"
#include "resistance/potentials.h"

#define NODES 1000u
#define EDGES 5000u

// Edges between random nodes; those that leave one of the first ten are heavy.
static sl_graph *uneven_graph(double heavy, double light) {
  static uint32_t from[EDGES], to[EDGES];
  static double weights[EDGES];
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (uint32_t k = 0; k < EDGES; k++) {
    from[k] = sl_rng_below(&rng, NODES);
    to[k] = sl_rng_below(&rng, NODES);
    weights[k] = from[k] < 10 ? heavy : light;
  }
  return make_graph(NODES, EDGES, from, to, weights, SL_VALUES_F64, true);
}

static sl_pagerank_result rank(sl_pagerank *p, const sl_pagerank_options *options) {
  const uint32_t source = 0;
  sl_outcome outcome;
  sl_pagerank_result result;
  assert_ok(sl_pagerank_begin(p, options, &source, NULL, 1));
  do assert_ok(sl_job_step(sl_pagerank_job(p), UINT64_C(1) << 20, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_pagerank_finish(p, &result));
  return result;
}

// No method can reach it, and each says so after the work that rounding makes useful.
static void tolerance_below_rounding_ends_every_method(void **state) {
  (void)state;
  const sl_pagerank_method methods[] = {SL_PAGERANK_AUTO, SL_PAGERANK_PUSH, SL_PAGERANK_POWER,
                                        SL_PAGERANK_GAUSS_SEIDEL, SL_PAGERANK_PUSH_POWER};
  for (int uneven = 0; uneven < 2; uneven++) {
    sl_graph *g = uneven ? uneven_graph(1e80, 1e-80) : uneven_graph(1, 1);
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
      sl_pagerank_options options = sl_pagerank_options_default();
      options.method = methods[m];
      options.tolerance = 1e-300;
      options.max_work = 200000000;
      const sl_pagerank_result result = rank(p, &options);
      assert_int_equal(result.outcome, SL_OUTCOME_STAGNATED);
      assert_true(result.edge_operations < (uneven ? 10000000u : 2000000u));
      assert_true(result.error_bound < 1e-11);
    }
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
}

// One node that leads nowhere does not make the sums over all others worse.
static void dangling_node_leaves_the_bound_small(void **state) {
  (void)state;
  const uint32_t n = 20000, count = 5 * n;
  uint32_t *from, *to;
  assert_ok(SL_ALLOC(&from, count));
  assert_ok(SL_ALLOC(&to, count));
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  for (uint32_t k = 0; k < count; k++) {
    from[k] = k < n - 1 ? k : sl_rng_below(&rng, n - 1);
    to[k] = sl_rng_below(&rng, n);
  }
  sl_graph *g = make_graph(n, count, from, to, NULL, SL_VALUES_PATTERN, true);
  sl_pagerank *p;
  sl_outcome outcome;
  sl_pagerank_result result;
  sl_pagerank_options options = sl_pagerank_options_default();
  options.tolerance = 1e-13; // 8.9e-12 is what uncompensated sums would leave
  assert_ok(sl_pagerank_create(g, &p));
  assert_ok(sl_pagerank_begin_global(p, &options));
  do assert_ok(sl_job_step(sl_pagerank_job(p), UINT64_C(1) << 20, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_pagerank_finish(p, &result));
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  sl_pagerank_destroy(p);
  sl_graph_destroy(g);
  sl_free(from);
  sl_free(to);
}

// ---- potentials whose products overflow and underflow

static sl_potentials_result fixed(sl_graph *g, const uint32_t *boundary, uint32_t count,
                                  const double *values, double tolerance, sl_potentials **out) {
  const sl_potentials_options options = {.tolerance = tolerance};
  sl_outcome outcome;
  sl_potentials_result result;
  assert_ok(sl_potentials_create(g, boundary, count, out));
  assert_ok(sl_potentials_begin_fixed(*out, &options, values));
  do assert_ok(sl_job_step(sl_potentials_job(*out), 1000, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_potentials_finish(*out, &result));
  return result;
}

static void bounds_of_potentials_do_not_vanish(void **state) {
  (void)state;
  // Node 0 hangs at node 3 and has its potential, which its own rounds to 0.
  const double heavy = 4.45e306, ends[] = {1e-300, -5, -5};
  const uint32_t one = 3, other = 0, three[] = {3, 2, 4};
  sl_graph *g = make_graph(5, 1, &one, &other, &heavy, SL_VALUES_F64, false);
  sl_potentials *p;
  sl_potentials_result result = fixed(g, three, 3, ends, 1e-15, &p);
  assert_true(fabs(result.values[0] - 1e-300) <= result.error_bound);
  assert_true(result.error_bound < 1e-15);
  sl_potentials_destroy(p);
  sl_graph_destroy(g);
  // Weights of a few dozen times the smallest number; no current flows between 3, 1 and 4.
  const uint32_t from[] = {4, 1, 4, 4, 2, 2}, to[] = {4, 3, 1, 3, 2, 3}, two[] = {3, 2};
  const double light[] = {3.36e-322, 3.66e-322, 1.9e-322, 1.04e-322, 4.9e-322, 1.73e-322};
  const double values[] = {0.9046227831687236, -5};
  g = make_graph(5, 6, from, to, light, SL_VALUES_F64, false);
  result = fixed(g, two, 2, values, 0.5, &p);
  assert_true(fabs(result.values[1] - values[0]) <= result.error_bound);
  sl_potentials_destroy(p);
  sl_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(tolerance_below_rounding_ends_every_method),
      property(dangling_node_leaves_the_bound_small),
      property(bounds_of_potentials_do_not_vanish),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
