#include "diffusion_graphs.h"

#include "diffusion/heat_kernel.h"

// The series in long double, to far below double precision.
static void reference(const sl_graph *g, double time, const double *s, double *h) {
  const uint32_t n = g->node_count;
  const sl_csr *edges = g->outgoing;
  long double term[LARGEST], next[LARGEST], total[LARGEST], sum = 0,
                                                            weight = expl(-(long double)time);
  for (uint32_t u = 0; u < n; u++) sum += s[u];
  for (uint32_t u = 0; u < n; u++) term[u] = s[u] / sum, total[u] = 0;
  for (int k = 1; k < 60 + 4 * time; k++) {
    for (uint32_t u = 0; u < n; u++) total[u] += weight * term[u], next[u] = 0;
    for (uint32_t u = 0; u < n; u++) {
      long double strength = 0;
      const uint32_t begin = edges->row_pointers[u], end = edges->row_pointers[u + 1];
      for (uint32_t j = begin; j < end; j++) strength += sl_csr_value(edges, j);
      for (uint32_t j = begin; j < end; j++)
        next[edges->columns[j]] += term[u] * sl_csr_value(edges, j) / strength;
      if (begin == end) next[u] += term[u];
    }
    memcpy(term, next, sizeof term);
    weight *= (long double)time / k;
  }
  for (uint32_t u = 0; u < n; u++) h[u] = (double)total[u];
}

static sl_diffusion_result run(sl_heat_kernel *h, const sl_heat_kernel_options *options,
                               const source *from, uint64_t work) {
  sl_outcome outcome;
  sl_diffusion_result result;
  assert_ok(sl_heat_kernel_begin(h, options, from->nodes, from->weights, from->count));
  do {
    assert_ok(sl_job_step(sl_heat_kernel_job(h), work, &outcome));
    assert_true(sl_heat_kernel_error(h) >= 0);
  } while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_heat_kernel_finish(h, &result));
  return result;
}

static source some_source(sl_rng *rng, uint32_t n) {
  source from = random_source(rng, n);
  while (from.count == 0) from = random_source(rng, n);
  return from;
}

static void bound_holds_against_the_series_in_long_double(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 31);
  uint32_t limited = 0;
  for (int trial = 0; trial < SL_TRIES(3000); trial++) {
    sl_graph *g = random_graph(&rng, LARGEST);
    sl_heat_kernel *h;
    assert_ok(sl_heat_kernel_create(g, &h));
    for (int again = 0; again < 3; again++) {
      sl_heat_kernel_options options = sl_heat_kernel_options_default();
      options.tolerance = pow(10, -10 * sl_rng_double(&rng));
      if (again == 2) options.max_work = 1 + sl_rng_below(&rng, 100);
      options.time = pow(10, -2 + 3.5 * sl_rng_double(&rng));
      source from = some_source(&rng, g->node_count);
      double expected[LARGEST], scores[LARGEST], error = 0, sum = 0;
      reference(g, options.time, from.s, expected);
      sl_diffusion_result result = run(h, &options, &from, again == 1 ? 3 : UINT64_MAX);
      assert_ok(sl_heat_kernel_scores(h, scores));
      for (uint32_t u = 0; u < g->node_count; u++) {
        assert_true(scores[u] >= 0);
        error += fabs(scores[u] - expected[u]);
        sum += scores[u];
      }
      assert_true(error <= result.error_bound + 1e-16);
      assert_true(sum <= 1 + 1e-12 && sum >= 1 - result.error_bound);
      assert_int_equal(result.method, SL_PAGERANK_SERIES);
      limited += result.outcome == SL_OUTCOME_WORK_LIMIT;
      if (again < 2) {
        assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
        assert_true(result.error_bound <= options.tolerance);
      }
      // A run that is dropped in the middle leaves the workspace clean.
      sl_outcome outcome;
      options.max_work = UINT64_MAX;
      assert_ok(sl_heat_kernel_begin(h, &options, from.nodes, from.weights, from.count));
      if (again == 1) assert_ok(sl_job_step(sl_heat_kernel_job(h), 20, &outcome));
    }
    assert_int_equal(sl_heat_kernel_bytes(h) + sl_graph_bytes(g), sl_bytes_in_use());
    assert_int_equal(sl_job_bytes(sl_heat_kernel_job(h)), sl_heat_kernel_bytes(h));
    sl_job_destroy(sl_heat_kernel_job(h));
    sl_graph_destroy(g);
  }
  assert_true(limited > 100);
}

// Two nodes joined by an edge: cosh and sinh.
static void closed_form_of_an_edge(void **state) {
  (void)state;
  uint32_t from[1] = {0}, to[1] = {1};
  sl_graph *g = make_graph(2, 1, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_heat_kernel *h;
  assert_ok(sl_heat_kernel_create(g, &h));
  sl_heat_kernel_options options = sl_heat_kernel_options_default();
  options.tolerance = 1e-11;
  const double times[5] = {0.001, 0.5, 3, 40, 500};
  for (int i = 0; i < 5; i++) {
    source zero = {.nodes = {0}, .weights = {1}, .count = 1};
    double scores[2];
    options.time = times[i];
    sl_diffusion_result result = run(h, &options, &zero, UINT64_MAX);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    assert_ok(sl_heat_kernel_scores(h, scores));
    assert_true(fabs(scores[0] - 0.5 * (1 + exp(-2 * times[i]))) <= 1e-11);
    assert_true(fabs(scores[1] - 0.5 * (1 - exp(-2 * times[i]))) <= 1e-11);
  }
  sl_heat_kernel_destroy(h);
  sl_graph_destroy(g);
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  uint32_t from[1] = {0}, to[1] = {1}, node = 0;
  sl_graph *g = make_graph(2, 1, from, to, NULL, SL_VALUES_PATTERN, true);
  sl_heat_kernel *h;
  assert_ok(sl_heat_kernel_create(g, &h));
  sl_heat_kernel_options options = sl_heat_kernel_options_default();
  const double times[5] = {0, -1, 501, NAN, INFINITY};
  for (int i = 0; i < 5; i++) {
    options.time = times[i];
    assert_refused(sl_heat_kernel_begin(h, &options, &node, NULL, 1), SL_ERR_OPTION, "time");
  }
  double scores[2];
  sl_diffusion_result result;
  sl_outcome outcome;
  assert_refused(sl_job_step(sl_heat_kernel_job(h), 1, &outcome), SL_ERR_STATE, "heat_kernel");
  assert_refused(sl_heat_kernel_scores(h, scores), SL_ERR_STATE, "heat_kernel");
  options.time = 1;
  assert_refused(sl_heat_kernel_begin(h, &options, &node, NULL, 0), SL_ERR_EMPTY, "source");
  const uint32_t missing = 2;
  assert_refused(sl_heat_kernel_begin(h, &options, &missing, NULL, 1), SL_ERR_INDEX, "source");
  sl_heat_kernel_options bad = options;
  bad.tolerance = 0;
  assert_refused(sl_heat_kernel_begin(h, &bad, &node, NULL, 1), SL_ERR_OPTION, "tolerance");
  bad = options;
  bad.top_k = 3;
  assert_refused(sl_heat_kernel_begin(h, &bad, &node, NULL, 1), SL_ERR_OPTION, "top_k");
  bad = options;
  bad.max_work = 0;
  assert_refused(sl_heat_kernel_begin(h, &bad, &node, NULL, 1), SL_ERR_OPTION, "max_work");
  assert_ok(sl_heat_kernel_begin(h, &options, &node, NULL, 1));
  assert_refused(sl_heat_kernel_finish(h, &result), SL_ERR_STATE, "heat_kernel");
  sl_heat_kernel_destroy(h);
  sl_graph_destroy(g);
}

// On a graph where every term goes everywhere, terms differ little: what is expected soon is right.
static void tells_how_much_work_is_left(void **state) {
  (void)state;
  uint32_t from[90], to[90], count = 0;
  for (uint32_t u = 0; u < 10; u++) {
    for (uint32_t v = 0; v < u; v++) from[count] = u, to[count++] = v;
  }
  sl_graph *g = make_graph(10, count, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_heat_kernel *h;
  assert_ok(sl_heat_kernel_create(g, &h));
  sl_heat_kernel_options options = sl_heat_kernel_options_default();
  options.time = 20;
  const uint32_t node = 0;
  assert_ok(sl_heat_kernel_begin(h, &options, &node, NULL, 1));
  sl_job *job = sl_heat_kernel_job(h);
  assert_int_equal(sl_job_expected(job), 0);
  sl_outcome outcome;
  uint64_t early = 0;
  do {
    assert_ok(sl_job_step(job, 1, &outcome));
    if (early == 0 && sl_job_work(job) > 200) early = sl_job_expected(job);
  } while (outcome == SL_OUTCOME_RUNNING);
  const double ratio = (double)early / (double)sl_job_work(job);
  assert_true(ratio > 0.8 && ratio < 1.25);
  sl_heat_kernel_destroy(h);
  sl_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(bound_holds_against_the_series_in_long_double),
      property(closed_form_of_an_edge),
      property(wrong_arguments_are_refused_by_name),
      property(tells_how_much_work_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
