// Scores seen from a target, on random small graphs against dense solves in long double: is the
// error ever larger than the certificate says?
#include "certificates.h"
#include "contributions/contributions.h"
#include "exact_ranks.h"

static sl_contributions_result ask(sl_contributions *c, const sl_contributions_options *options,
                                   uint32_t source, uint32_t target, uint64_t work) {
  sl_outcome outcome;
  sl_contributions_result result;
  assert_ok(source == UINT32_MAX ? sl_contributions_begin_target(c, options, target)
                                 : sl_contributions_begin_pair(c, options, source, target));
  do assert_ok(sl_job_step(sl_contributions_job(c), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_contributions_finish(c, &result));
  return result;
}

static void contributions(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 10);
  tally targets = {0}, pairs = {0}, intervals = {0}, proofs = {0};
  const double confidence = 0.9;
  while (targets.trials < trials_wanted() || intervals.trials < trials_wanted()) {
    sl_graph *g = random_graph(&rng, LARGEST);
    const uint32_t n = g->node_count, target = sl_rng_below(&rng, n);
    const double damping = some_damping(&rng);
    long double exact[LARGEST], of[LARGEST];
    for (uint32_t u = 0; u < n; u++) {
      exact_from(g, damping, u, of);
      exact[u] = of[target];
    }
    sl_contributions *c;
    assert_ok(sl_contributions_create(g, damping, &c));
    for (int again = 0; again < 2; again++) {
      sl_contributions_options options = {.tolerance = some_tolerance(&rng)};
      if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 200);
      if (sl_rng_below(&rng, 3) == 0) options.push_work = 1 + sl_rng_below(&rng, 50);
      sl_contributions_result result = ask(c, &options, UINT32_MAX, target, 1 + again * 1000);
      double scores[LARGEST] = {0};
      long double error = 0;
      for (uint32_t i = 0; i < result.count; i++) scores[result.nodes[i]] = result.scores[i];
      for (uint32_t u = 0; u < n; u++) error = fmaxl(error, fabsl(scores[u] - exact[u]));
      count(&targets, error, result.error_bound, REFERENCE);
      const uint32_t source = sl_rng_below(&rng, n);
      result = ask(c, &options, source, target, 1 + again * 1000);
      count(&pairs, fabsl(result.value - exact[source]), result.error_bound, REFERENCE);
      // Little pushing, so that there is something left for the walks.
      options = (sl_contributions_options){.tolerance = 1e-6,
                                           .confidence = confidence,
                                           .seed = sl_rng_next(&rng),
                                           .push_work = 1 + sl_rng_below(&rng, 20),
                                           .max_work = 4000};
      result = ask(c, &options, source, target, 500);
      count(&proofs, fabsl(result.value - exact[source]), result.error_bound, REFERENCE);
      if (result.walks == 0) continue;
      count(&intervals, fabsl(result.value - exact[source]), result.half_width, REFERENCE);
    }
    sl_contributions_destroy(c);
    sl_graph_destroy(g);
  }
  report("contributions to a target", &targets, 1);
  report("score of a pair, bound", &pairs, 1);
  report("score of a pair with walks, bound", &proofs, 1);
  report("score of a pair with walks, interval of 90 %", &intervals, confidence);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(contributions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
