// Every kind of answer of the room on random small graphs, against star-mesh transforms in long
// double: is the error ever larger than the certificate says?
#include "certificates.h"
#include "graphs.h"
#include "resistance/potentials.h"

// Component of each node, by the smallest node of it.
static void find_components(const sl_graph *g, uint32_t *label) {
  for (uint32_t u = 0; u < g->node_count; u++) label[u] = u;
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t u = 0; u < g->node_count; u++) {
      for (uint32_t k = g->outgoing->row_pointers[u]; k < g->outgoing->row_pointers[u + 1]; k++) {
        const uint32_t v = g->outgoing->columns[k];
        if (label[u] < label[v]) label[v] = label[u], changed = true;
      }
    }
  }
}

// A network whose nodes are taken out one by one: the weights between what is left stand for the
// paths through them (star-mesh transform). Nothing is subtracted, so weights of any sizes keep all
// their digits.
typedef struct network {
  uint32_t n;
  long double weight[LARGEST][LARGEST];
  bool gone[LARGEST];
} network;

static network network_of(const sl_graph *g) {
  network it = {.n = g->node_count};
  for (uint32_t u = 0; u < it.n; u++) {
    for (uint32_t k = g->outgoing->row_pointers[u]; k < g->outgoing->row_pointers[u + 1]; k++) {
      const uint32_t v = g->outgoing->columns[k];
      if (v != u) it.weight[u][v] = sl_csr_value(g->outgoing, k);
    }
  }
  return it;
}

static long double total_weight(const network *it, uint32_t u) {
  long double sum = 0;
  for (uint32_t v = 0; v < it->n; v++) sum += it->gone[v] ? 0 : it->weight[u][v];
  return sum;
}

static void take_out(network *it, uint32_t u) {
  const long double sum = total_weight(it, u);
  it->gone[u] = true;
  if (sum == 0) return;
  for (uint32_t i = 0; i < it->n; i++) {
    if (it->gone[i]) continue;
    for (uint32_t j = 0; j < it->n; j++) {
      if (i != j && !it->gone[j]) it->weight[i][j] += it->weight[u][i] * it->weight[u][j] / sum;
    }
  }
}

static long double exact_resistance(const sl_graph *g, uint32_t s, uint32_t t) {
  network it = network_of(g);
  for (uint32_t u = 0; u < it.n; u++) {
    if (u != s && u != t) take_out(&it, u);
  }
  return s == t ? 0 : 1 / it.weight[s][t];
}

// Potentials with the fixed nodes held: each other one is the mean of those that were left when it
// was taken out.
static void exact_potentials(const sl_graph *g, const bool *fixed, long double *v) {
  network it = network_of(g);
  for (uint32_t u = 0; u < it.n; u++) {
    if (!fixed[u]) take_out(&it, u);
  }
  for (uint32_t u = it.n; u-- > 0;) {
    if (fixed[u]) continue;
    it.gone[u] = false;
    const long double sum = total_weight(&it, u);
    v[u] = 0;
    for (uint32_t w = 0; w < it.n; w++) {
      if (w != u && !it.gone[w]) v[u] += it.weight[u][w] / sum * v[w];
    }
  }
}

static sl_potentials_result answer(sl_potentials *p, uint64_t work) {
  sl_outcome outcome;
  sl_potentials_result result;
  do assert_ok(sl_job_step(sl_potentials_job(p), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_potentials_finish(p, &result));
  return result;
}

static void resistances(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = undirected_graph(&rng, LARGEST);
    const uint32_t n = g->node_count;
    sl_potentials *p;
    assert_ok(sl_potentials_create(g, NULL, 0, &p));
    for (int again = 0; again < 4; again++) {
      const uint32_t s = sl_rng_below(&rng, n), t = sl_rng_below(&rng, n);
      sl_potentials_options options = {.tolerance = 0.5 * some_tolerance(&rng)};
      if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 300);
      assert_ok(sl_potentials_begin_pair(p, &options, s, t));
      const sl_potentials_result result = answer(p, 1 + sl_rng_below(&rng, 500));
      const long double exact = exact_resistance(g, s, t);
      const long double error = isinf(exact) && isinf(result.value) ? 0 : result.value - exact;
      count(&it, fabsl(error), result.error_bound, isinf(exact) ? 0 : (double)exact * 1e-17);
    }
    sl_potentials_destroy(p);
    sl_graph_destroy(g);
  }
  report("resistance of a pair", &it, 1);
}

static void fixed_values(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 12);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = undirected_graph(&rng, LARGEST);
    const uint32_t n = g->node_count;
    uint32_t label[LARGEST], boundary[LARGEST], size = 0, reached = 0;
    bool fixed[LARGEST] = {false}, held[LARGEST] = {false};
    long double exact[LARGEST] = {0};
    double given[LARGEST];
    find_components(g, label);
    for (uint32_t u = 0; u < n; u++) {
      if (sl_rng_below(&rng, 4) > 0 && !(u + 1 == n && size == 0)) continue;
      boundary[size] = u;
      given[size] = sl_rng_double(&rng) * 10 - 5;
      exact[u] = given[size++];
      fixed[u] = held[label[u]] = true;
    }
    for (uint32_t u = 0; u < n; u++) {
      if (held[label[u]])
        reached++;
      else
        fixed[u] = true;
    }
    exact_potentials(g, fixed, exact);
    sl_potentials *p;
    assert_ok(sl_potentials_create(g, boundary, size, &p));
    sl_potentials_options options = {.tolerance = 0.5 * some_tolerance(&rng)};
    if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 300);
    assert_ok(sl_potentials_begin_fixed(p, &options, given));
    const sl_potentials_result result = answer(p, 1 + sl_rng_below(&rng, 500));
    long double error = 0;
    for (uint32_t u = 0; u < n; u++) {
      assert_int_equal(isnan(result.values[u]) != 0, !held[label[u]]);
      if (held[label[u]]) error = fmaxl(error, fabsl(result.values[u] - exact[u]));
    }
    assert_int_equal(result.undetermined, n - reached);
    count(&it, error, result.error_bound, 1e-16);
    sl_potentials_destroy(p);
    sl_graph_destroy(g);
  }
  report("potentials with fixed values", &it, 1);
}

static void sketches(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 13);
  tally it = {0};
  const double confidence = 0.8;
  while (it.trials < trials_wanted()) {
    sl_graph *g = undirected_graph(&rng, 7);
    uint32_t e = 0;
    sl_potentials *p;
    assert_ok(sl_potentials_create(g, NULL, 0, &p));
    const sl_potentials_options options = {.tolerance = 0.6 + 0.39 * sl_rng_double(&rng),
                                           .confidence = confidence,
                                           .seed = sl_rng_next(&rng)};
    assert_ok(sl_potentials_begin_sketch(p, &options));
    const sl_potentials_result result = answer(p, 1 + sl_rng_below(&rng, 5000));
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    long double worst = 0;
    for (uint32_t u = 0; u < g->node_count; u++) {
      for (uint32_t k = g->outgoing->row_pointers[u]; k < g->outgoing->row_pointers[u + 1]; k++) {
        const uint32_t v = g->outgoing->columns[k];
        if (v < u) continue;
        const long double exact = exact_resistance(g, u, v);
        const long double error = fabsl(result.values[e++] - exact);
        if (exact > 0) worst = fmaxl(worst, error / exact);
      }
    }
    assert_int_equal(e, g->edge_count);
    count(&it, worst, result.error_bound, 0);
    sl_potentials_destroy(p);
    sl_graph_destroy(g);
  }
  report("resistances of all edges, confidence 80 %", &it, confidence);
}

// Every system of a sketch takes about the same work: after the second one the whole is known.
static void sketch_progress(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 17);
  sl_graph *g = undirected_graph(&rng, LARGEST);
  sl_potentials *p;
  assert_ok(sl_potentials_create(g, NULL, 0, &p));
  const sl_potentials_options options = {.tolerance = 0.7, .confidence = 0.9, .seed = 3};
  assert_ok(sl_potentials_begin_sketch(p, &options));
  sl_job *job = sl_potentials_job(p);
  assert_int_equal(sl_job_expected(job), 0);
  uint64_t first = 0;
  sl_outcome outcome;
  do {
    assert_ok(sl_job_step(job, 1, &outcome));
    if (first == 0) first = sl_job_expected(job);
  } while (outcome == SL_OUTCOME_RUNNING);
  sl_potentials_result result;
  assert_ok(sl_potentials_finish(p, &result));
  assert_true(result.solves > 10);
  const double ratio = (double)first / (double)sl_job_work(job);
  assert_true(ratio > 0.5 && ratio < 2);
  sl_potentials_destroy(p);
  sl_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(resistances),
      property(fixed_values),
      property(sketches),
      property(sketch_progress),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
