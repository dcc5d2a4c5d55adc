// Runs that end and bounds that hold where numbers differ by hundreds of orders of magnitude. All
// limits are counts.
#include "contributions/contributions.h"
#include "diffusion/heat_kernel.h"
#include "diffusion_graphs.h"
#include "range.h"
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

static sl_diffusion_result rank(sl_pagerank *p, const sl_pagerank_options *options) {
  const uint32_t source = 0;
  sl_outcome outcome;
  sl_diffusion_result result;
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
      const sl_diffusion_result result = rank(p, &options);
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
  sl_diffusion_result result;
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

// ---- every kind of question

// Weights whose sums are allowed, or (`any`) weights of every size.
static sl_graph *graph_of_any_weights(sl_rng *rng, bool any, bool directed) {
  uint32_t from[40], to[40];
  double weights[40];
  const spread s = any ? some_spread(rng) : (spread){-290, -290 + (int)sl_rng_below(rng, 580)};
  const uint32_t n = 1 + sl_rng_below(rng, 12), count = sl_rng_below(rng, 40);
  for (uint32_t k = 0; k < count; k++) {
    from[k] = sl_rng_below(rng, n);
    to[k] = sl_rng_below(rng, n);
    weights[k] = some_size(rng, s) / 64;
    if (weights[k] == 0) weights[k] = 0x1p-1074;
  }
  return make_graph(n, count, from, to, weights, SL_VALUES_F64, directed);
}

// A step takes about this many edges, and a run of a few nodes no more than this many steps.
#define STEP 1000u
#define MOST_STEPS 20000u

static void ranks_end(sl_rng *rng, const sl_graph *g, sl_pagerank *p) {
  const sl_pagerank_method last =
      g->directed ? SL_PAGERANK_GAUSS_SEIDEL : SL_PAGERANK_CONJUGATE_GRADIENT;
  for (int method = SL_PAGERANK_AUTO; method <= SL_PAGERANK_PUSH_POWER; method++) {
    if (method > (int)last && method != SL_PAGERANK_PUSH_POWER) continue;
    sl_pagerank_options options = sl_pagerank_options_default();
    options.tolerance = ldexp(1, -(int)sl_rng_below(rng, 1074));
    options.damping = sl_rng_below(rng, 2) ? 0.85 : 0.999;
    const uint32_t source = sl_rng_below(rng, g->node_count);
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    sl_diffusion_result result;
    options.method = (sl_pagerank_method)method;
    assert_ok(sl_pagerank_begin(p, &options, &source, NULL, 1));
    for (uint32_t steps = 0; outcome == SL_OUTCOME_RUNNING; steps++) {
      assert_true(steps < MOST_STEPS);
      assert_ok(sl_job_step(sl_pagerank_job(p), STEP, &outcome));
    }
    assert_ok(sl_pagerank_finish(p, &result));
    assert_true(result.error_bound >= 0 && result.error_bound <= 2);
  }
}

static void heat_ends(sl_rng *rng, sl_graph *g) {
  sl_heat_kernel *kernel;
  assert_ok(sl_heat_kernel_create(g, &kernel));
  sl_heat_kernel_options options = sl_heat_kernel_options_default();
  options.time = 5;
  options.tolerance = ldexp(1, -(int)sl_rng_below(rng, 1074));
  const uint32_t source = sl_rng_below(rng, g->node_count);
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  sl_diffusion_result result;
  assert_ok(sl_heat_kernel_begin(kernel, &options, &source, NULL, 1));
  for (uint32_t steps = 0; outcome == SL_OUTCOME_RUNNING; steps++) {
    assert_true(steps < MOST_STEPS);
    assert_ok(sl_job_step(sl_heat_kernel_job(kernel), STEP, &outcome));
  }
  assert_ok(sl_heat_kernel_finish(kernel, &result));
  assert_true(result.error_bound >= 0 && result.error_bound <= 2);
  sl_heat_kernel_destroy(kernel);
}

static void contributions_end(sl_rng *rng, sl_graph *g) {
  sl_contributions *c;
  assert_ok(sl_contributions_create(g, 0.85, &c));
  for (int pair = 0; pair < 2; pair++) {
    sl_contributions_options options = sl_contributions_options_default();
    options.tolerance = ldexp(1, -(int)sl_rng_below(rng, 1074));
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    sl_contributions_result result;
    const uint32_t target = sl_rng_below(rng, g->node_count);
    if (pair)
      assert_ok(sl_contributions_begin_pair(c, &options, 0, target));
    else
      assert_ok(sl_contributions_begin_target(c, &options, target));
    for (uint32_t steps = 0; outcome == SL_OUTCOME_RUNNING; steps++) {
      assert_true(steps < MOST_STEPS);
      assert_ok(sl_job_step(sl_contributions_job(c), STEP, &outcome));
    }
    assert_ok(sl_contributions_finish(c, &result));
    assert_true(result.error_bound >= 0 && result.error_bound <= 1);
  }
  sl_contributions_destroy(c);
}

static void potentials_end(sl_rng *rng, sl_graph *g, bool is_fixed) {
  const uint32_t n = g->node_count, boundary[] = {0, n - 1};
  const spread s = some_spread(rng);
  const double values[] = {some_number(rng, s), some_number(rng, s)};
  const sl_potentials_options options = {.tolerance = ldexp(1, -1 - (int)sl_rng_below(rng, 1073))};
  sl_potentials *p;
  // Sums of weights that overflow are refused, and so are values.
  if (sl_potentials_create(g, boundary, is_fixed ? (n > 1) + 1 : 0, &p) != SL_OK) return;
  const sl_status begun = is_fixed ? sl_potentials_begin_fixed(p, &options, values)
                                   : sl_potentials_begin_pair(p, &options, 0, n - 1);
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  sl_potentials_result result;
  for (uint32_t steps = 0; begun == SL_OK && outcome == SL_OUTCOME_RUNNING; steps++) {
    assert_true(steps < MOST_STEPS);
    assert_ok(sl_job_step(sl_potentials_job(p), STEP, &outcome));
  }
  if (begun == SL_OK) {
    assert_ok(sl_potentials_finish(p, &result));
    assert_true(result.error_bound >= 0 && result.value >= 0);
  }
  sl_potentials_destroy(p);
}

static void every_question_ends(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (uint32_t trial = 0; trial < trials_wanted(); trial++) {
    sl_graph *g = graph_of_any_weights(&rng, false, sl_rng_below(&rng, 2));
    sl_pagerank *p;
    assert_ok(sl_pagerank_create(g, &p));
    ranks_end(&rng, g, p);
    heat_ends(&rng, g);
    sl_pagerank_destroy(p);
    contributions_end(&rng, g);
    sl_graph_destroy(g);
    g = graph_of_any_weights(&rng, true, false);
    potentials_end(&rng, g, false);
    potentials_end(&rng, g, true);
    sl_graph_destroy(g);
  }
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
      property(every_question_ends),
      property(bounds_of_potentials_do_not_vanish),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
