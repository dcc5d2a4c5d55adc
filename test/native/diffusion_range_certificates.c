// The bounds of the diffusion room on small graphs whose weights have every size that they may
// have, against exact solutions.
#include "contributions/contributions.h"
#include "diffusion/heat_kernel.h"
#include "diffusion/pagerank.h"
#include "range.h"
#include "resistance/potentials.h"

#define NODES 5u

// A bound may always be infinite, so how many are not is looked at as well.
static void report_range(const char *kind, const tally *it, double confidence,
                         double least_finite) {
  report(kind, it, confidence);
  printf("%-44s %7.1f %% finite\n", "", 100.0 * it->finite / it->trials);
  assert_true(it->finite >= least_finite * it->trials);
}

static sl_graph *some_graph(sl_rng *rng, spread s, bool directed) {
  uint32_t from[12], to[12];
  double weights[12];
  const uint32_t n = 1 + sl_rng_below(rng, NODES), count = sl_rng_below(rng, 12);
  sl_graph *g;
  for (uint32_t k = 0; k < count; k++) {
    from[k] = sl_rng_below(rng, n);
    to[k] = sl_rng_below(rng, n);
    weights[k] = some_size(rng, s);
  }
  // Parallel edges add up, and may overflow: then fewer of them.
  for (uint32_t fewer = count;; fewer--) {
    if (sl_graph_from_edges(n, fewer, from, to, weights, SL_VALUES_F64, directed, &g) == SL_OK)
      return g;
  }
}

// ---- PageRank

// Strengths are within 2^-300 .. 2^300, or the graph is refused; weights reach below that.
static sl_graph *some_ranked_graph(sl_rng *rng, bool directed) {
  for (;;) {
    const int most = (int)sl_rng_below(rng, 590) - 290;
    const int width = (int[]){0, 10, 100, 600, 1364}[sl_rng_below(rng, 5)];
    const spread s = {most - width < -1074 ? -1074 : most - width, most};
    sl_graph *g = some_graph(rng, s, directed);
    sl_pagerank *p;
    if (sl_pagerank_create(g, &p) == SL_OK) {
      sl_pagerank_destroy(p);
      return g;
    }
    sl_graph_destroy(g);
  }
}

typedef struct sources {
  uint32_t nodes[3], count; // 0: every node
  double weights[3];
} sources;

static sources some_sources(sl_rng *rng, uint32_t n) {
  sources it = {.count = sl_rng_below(rng, 4)};
  const spread s = {-200, 200};
  for (uint32_t i = 0; i < it.count; i++) {
    it.nodes[i] = sl_rng_below(rng, n);
    it.weights[i] = some_size(rng, s);
  }
  return it;
}

// p_u below = above_u, where (1 - d) s = (I - d P^T) p is multiplied by the sum of the sources'
// weights, and the columns of the matrix by the strengths (dangling ones by that sum as well).
static void exact_pagerank(const sl_graph *g, double damping, const sources *from, exact *above,
                           exact *below) {
  static exact_matrix a;
  static exact b[NODES], strength[NODES], source[NODES];
  const sl_csr *edges = g->outgoing;
  const uint32_t n = g->node_count;
  exact factor, sum = {0}, one, kept, term;
  exact_from(&one, 1);
  exact_from(&factor, damping);
  exact_add(&kept, &one, &factor, -1);
  for (uint32_t u = 0; u < n; u++) {
    exact_from(&source[u], from->count == 0 ? 1 : 0);
    for (uint32_t i = 0; i < from->count; i++) {
      if (from->nodes[i] != u) continue;
      exact_from(&term, from->weights[i]);
      exact_add(&source[u], &source[u], &term, 1);
    }
    exact_add(&sum, &sum, &source[u], 1);
    exact_multiply(&b[u], &kept, &source[u]);
  }
  for (uint32_t u = 0; u < n; u++) {
    const uint32_t begin = edges->row_pointers[u], end = edges->row_pointers[u + 1];
    strength[u].count = 0;
    for (uint32_t v = 0; v < n; v++) a[v][u].count = 0;
    for (uint32_t k = begin; k < end; k++) {
      exact_from(&term, sl_csr_value(edges, k));
      exact_add(&strength[u], &strength[u], &term, 1);
      exact_multiply(&term, &term, &factor);
      exact_add(&a[edges->columns[k]][u], &a[edges->columns[k]][u], &term, -1);
    }
    for (uint32_t v = 0; begin == end && v < n; v++) {
      exact_multiply(&term, &factor, &source[v]);
      exact_add(&a[v][u], &a[v][u], &term, -1);
    }
    if (begin == end) exact_copy(&strength[u], &sum);
    exact_add(&a[u][u], &a[u][u], &strength[u], 1);
  }
  exact_solve(n, a, b, above, below);
  assert_true(below->count > 0);
  exact_multiply(below, below, &sum);
  for (uint32_t u = 0; u < n; u++) {
    above[u].sign *= below->sign;
    exact_multiply(&above[u], &above[u], &strength[u]);
  }
  below->sign = 1;
}

static double some_damping(sl_rng *rng) {
  return sl_rng_below(rng, 2) ? 0.85 : 0.05 + 0.949 * sl_rng_double(rng);
}

static double any_tolerance(sl_rng *rng) { return ldexp(1, -(int)sl_rng_below(rng, 60)); }

static void ranks_of(const char *kind, sl_pagerank_method method, bool undirected, uint64_t seed) {
  static exact above[NODES], below;
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = some_ranked_graph(&rng, !undirected && sl_rng_below(&rng, 2));
    const sources from = some_sources(&rng, g->node_count);
    sl_pagerank_options options = sl_pagerank_options_default();
    options.damping = some_damping(&rng);
    options.tolerance = any_tolerance(&rng);
    options.method = method;
    options.max_work = sl_rng_below(&rng, 3) ? 100000 : 1 + sl_rng_below(&rng, 100);
    sl_pagerank *p;
    sl_outcome outcome;
    sl_diffusion_result result;
    double scores[NODES];
    assert_ok(sl_pagerank_create(g, &p));
    if (from.count == 0)
      assert_ok(sl_pagerank_begin_global(p, &options));
    else
      assert_ok(sl_pagerank_begin(p, &options, from.nodes, from.weights, from.count));
    do assert_ok(sl_job_step(sl_pagerank_job(p), 1 + sl_rng_below(&rng, 200), &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    assert_ok(sl_pagerank_finish(p, &result));
    assert_ok(sl_pagerank_scores(p, scores));
    exact_pagerank(g, options.damping, &from, above, &below);
    exact error = {0};
    for (uint32_t u = 0; u < g->node_count; u++) {
      exact_add_error(&error, scores[u], &above[u], &below);
    }
    count_exact(&it, &error, result.error_bound, &below);
    sl_pagerank_destroy(p);
    sl_graph_destroy(g);
  }
  report_range(kind, &it, 1, 1);
}

static void pagerank_scores(void **state) {
  (void)state;
  ranks_of("PageRank, automatic, any exponent", SL_PAGERANK_AUTO, false, 51);
  ranks_of("PageRank, push, any exponent", SL_PAGERANK_PUSH, false, 52);
  ranks_of("PageRank, power, any exponent", SL_PAGERANK_POWER, false, 53);
  ranks_of("PageRank, push then power, any exponent", SL_PAGERANK_PUSH_POWER, false, 54);
  ranks_of("PageRank, Gauss-Seidel, any exponent", SL_PAGERANK_GAUSS_SEIDEL, false, 55);
  ranks_of("PageRank, CG, any exponent", SL_PAGERANK_CONJUGATE_GRADIENT, true, 56);
}

// The series in numbers of 64 bits whose exponents do not end here; all its terms are >= 0.
static void exact_heat(const sl_graph *g, double time, const sources *from, long double *h) {
  const sl_csr *edges = g->outgoing;
  const uint32_t n = g->node_count;
  long double term[NODES] = {0}, next[NODES], sum = 0, weight = expl(-(long double)time);
  for (uint32_t i = 0; i < from->count; i++) {
    term[from->nodes[i]] += from->weights[i];
    sum += from->weights[i];
  }
  for (uint32_t u = 0; u < n; u++) term[u] /= sum, h[u] = weight * term[u];
  for (uint32_t k = 1; k < 400; k++) {
    for (uint32_t u = 0; u < n; u++) next[u] = 0;
    for (uint32_t u = 0; u < n; u++) {
      const uint32_t begin = edges->row_pointers[u], end = edges->row_pointers[u + 1];
      long double strength = 0;
      for (uint32_t e = begin; e < end; e++) strength += sl_csr_value(edges, e);
      for (uint32_t e = begin; e < end; e++) {
        next[edges->columns[e]] += term[u] * (sl_csr_value(edges, e) / strength);
      }
      if (begin == end) next[u] += term[u];
    }
    weight *= time / k;
    for (uint32_t u = 0; u < n; u++) term[u] = next[u], h[u] += weight * term[u];
  }
}

static void heat_kernels(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 57);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = some_ranked_graph(&rng, sl_rng_below(&rng, 2));
    sources from = some_sources(&rng, g->node_count);
    sl_heat_kernel_options options = sl_heat_kernel_options_default();
    options.time = 20 * sl_rng_double(&rng) + 0x1p-20;
    options.tolerance = any_tolerance(&rng);
    if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 100);
    if (from.count > 0) {
      sl_heat_kernel *h;
      sl_outcome outcome;
      sl_diffusion_result result;
      double scores[NODES];
      long double exact[NODES], error = 0;
      assert_ok(sl_heat_kernel_create(g, &h));
      assert_ok(sl_heat_kernel_begin(h, &options, from.nodes, from.weights, from.count));
      do assert_ok(sl_job_step(sl_heat_kernel_job(h), 1 + sl_rng_below(&rng, 200), &outcome));
      while (outcome == SL_OUTCOME_RUNNING);
      assert_ok(sl_heat_kernel_finish(h, &result));
      assert_ok(sl_heat_kernel_scores(h, scores));
      exact_heat(g, options.time, &from, exact);
      for (uint32_t u = 0; u < g->node_count; u++) error += fabsl(scores[u] - exact[u]);
      count(&it, error, result.error_bound, 1e-16);
      sl_heat_kernel_destroy(h);
    }
    sl_graph_destroy(g);
  }
  report("heat kernel, any exponent", &it, 1);
}

static void contributions(void **state) {
  (void)state;
  static exact above[NODES], below;
  sl_rng rng;
  sl_rng_seed(&rng, 58);
  tally targets = {0}, pairs = {0}, intervals = {0};
  const double confidence = 0.9;
  while (targets.trials < trials_wanted() || intervals.trials < trials_wanted()) {
    sl_graph *g = some_ranked_graph(&rng, sl_rng_below(&rng, 2));
    const uint32_t n = g->node_count, target = sl_rng_below(&rng, n);
    const double damping = some_damping(&rng);
    sl_contributions *c;
    assert_ok(sl_contributions_create(g, damping, &c));
    // Every source, then one, then one with walks.
    double scores[NODES] = {0}, bounds[3], half = INFINITY;
    const uint32_t source = sl_rng_below(&rng, n);
    double values[3] = {0};
    for (int kind = 0; kind < 3; kind++) {
      sl_contributions_options options = {.tolerance = any_tolerance(&rng)};
      if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 100);
      if (sl_rng_below(&rng, 3) == 0) options.push_work = 1 + sl_rng_below(&rng, 20);
      if (kind == 2) {
        options = (sl_contributions_options){.tolerance = 1e-6,
                                             .confidence = confidence,
                                             .seed = sl_rng_next(&rng),
                                             .push_work = 1 + sl_rng_below(&rng, 4),
                                             .max_work = 2000};
      }
      sl_outcome outcome;
      sl_contributions_result result;
      if (kind == 0)
        assert_ok(sl_contributions_begin_target(c, &options, target));
      else
        assert_ok(sl_contributions_begin_pair(c, &options, source, target));
      do assert_ok(sl_job_step(sl_contributions_job(c), 1 + sl_rng_below(&rng, 500), &outcome));
      while (outcome == SL_OUTCOME_RUNNING);
      assert_ok(sl_contributions_finish(c, &result));
      bounds[kind] = result.error_bound;
      values[kind] = result.value;
      for (uint32_t i = 0; kind == 0 && i < result.count; i++)
        scores[result.nodes[i]] = result.scores[i];
      if (result.walks > 0) half = result.half_width;
    }
    exact error = {0};
    for (uint32_t u = 0; u < n; u++) {
      const sources one = {.count = 1, .nodes = {u}, .weights = {1}};
      exact_pagerank(g, damping, &one, above, &below);
      exact miss = {0};
      exact_add_error(&miss, scores[u], &above[target], &below);
      count_exact(&targets, &miss, bounds[0], &below);
      if (u != source) continue;
      for (int kind = 1; kind < 3; kind++) {
        error.count = 0;
        exact_add_error(&error, values[kind], &above[target], &below);
        count_exact(&pairs, &error, bounds[kind], &below);
      }
      if (half < INFINITY) count_exact(&intervals, &error, half, &below);
    }
    sl_contributions_destroy(c);
    sl_graph_destroy(g);
  }
  report_range("contributions to a target, any exponent", &targets, 1, 1);
  report_range("score of a pair, any exponent", &pairs, 1, 1);
  report_range("score of a pair, interval, any exponent", &intervals, confidence, 1);
}

// ---- potentials

static void exact_weight(const sl_graph *g, uint32_t u, uint32_t v, exact *out) {
  out->count = 0;
  for (uint32_t k = g->outgoing->row_pointers[u]; k < g->outgoing->row_pointers[u + 1]; k++) {
    if (g->outgoing->columns[k] == v) exact_from(out, sl_csr_value(g->outgoing, k));
  }
}

// The rows and columns of the Laplacian for the nodes with inside[u], in their order; returns how
// many there are.
static uint32_t inner_laplacian(const sl_graph *g, const bool *inside, exact_matrix a) {
  uint32_t row = 0;
  exact weight;
  for (uint32_t u = 0; u < g->node_count; u++) {
    if (!inside[u]) continue;
    uint32_t column = 0;
    exact sum = {0};
    for (uint32_t v = 0; v < g->node_count; v++) {
      exact_weight(g, u, v, &weight);
      if (v != u) exact_add(&sum, &sum, &weight, 1);
      if (!inside[v]) continue;
      if (v != u) {
        exact_copy(&a[row][column], &weight);
        a[row][column].sign = -1;
      }
      column++;
    }
    exact_copy(&a[row][row], &sum);
    row++;
  }
  return row;
}

// reached[u]: there is a path from a node that was reached before.
static void spread_reached(const sl_graph *g, bool *reached) {
  for (uint32_t round = 0; round < g->node_count; round++) {
    for (uint32_t u = 0; u < g->node_count; u++) {
      for (uint32_t k = g->outgoing->row_pointers[u];
           reached[u] && k < g->outgoing->row_pointers[u + 1]; k++) {
        reached[g->outgoing->columns[k]] = true;
      }
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

static void fixed_values(void **state) {
  (void)state;
  static exact_matrix a;
  static exact b[NODES], above[NODES], below;
  sl_rng rng;
  sl_rng_seed(&rng, 59);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = some_graph(&rng, some_spread(&rng), false);
    const uint32_t n = g->node_count;
    uint32_t boundary[NODES], size = 0;
    double given[NODES], value[NODES] = {0};
    bool reached[NODES] = {false}, inside[NODES] = {false};
    const bool wild = sl_rng_below(&rng, 2);
    const spread s = some_spread(&rng);
    for (uint32_t u = 0; u < n; u++) {
      if (sl_rng_below(&rng, 3) && !(u + 1 == n && size == 0)) continue;
      boundary[size] = u;
      reached[u] = true;
      value[u] = given[size++] = wild ? some_number(&rng, s) : sl_rng_double(&rng) * 10 - 5;
    }
    spread_reached(g, reached);
    for (uint32_t u = 0; u < n; u++) inside[u] = reached[u];
    for (uint32_t i = 0; i < size; i++) inside[boundary[i]] = false;
    sl_potentials *p;
    sl_potentials_options options = {.tolerance = ldexp(0.5, -(int)sl_rng_below(&rng, 50))};
    if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 100);
    const bool made = sl_potentials_create(g, boundary, size, &p) == SL_OK;
    if (made && sl_potentials_begin_fixed(p, &options, given) == SL_OK) {
      const sl_potentials_result result = answer(p, 1 + sl_rng_below(&rng, 500));
      const uint32_t rows = inner_laplacian(g, inside, a);
      uint32_t row = 0;
      exact term, weight, most = {0};
      for (uint32_t u = 0; u < n; u++) {
        if (!inside[u]) continue;
        b[row].count = 0;
        for (uint32_t i = 0; i < size; i++) {
          exact_weight(g, u, boundary[i], &weight);
          exact_from(&term, value[boundary[i]]);
          exact_multiply(&term, &term, &weight);
          exact_add(&b[row], &b[row], &term, 1);
        }
        row++;
      }
      exact_from(&below, 1);
      if (rows > 0) exact_solve(rows, a, b, above, &below);
      assert_true(below.count > 0 && below.sign > 0);
      row = 0;
      for (uint32_t u = 0; u < n; u++) {
        assert_int_equal(isnan(result.values[u]) != 0, !reached[u]);
        if (inside[u]) exact_most_error(&most, result.values[u], &above[row++], &below);
      }
      count_exact(&it, &most, result.error_bound, &below);
    }
    if (made) sl_potentials_destroy(p);
    sl_graph_destroy(g);
  }
  report_range("potentials with fixed values, any exponent", &it, 1, 0.9);
}

// R(s, t) above and below: minors of the Laplacian, on the component of both.
static void exact_resistance(const sl_graph *g, uint32_t s, uint32_t t, exact *above,
                             exact *below) {
  static exact_matrix a;
  bool inside[NODES] = {false};
  inside[t] = true;
  spread_reached(g, inside);
  inside[t] = false;
  exact_determinant(inner_laplacian(g, inside, a), a, NODES, NULL, below);
  inside[s] = false;
  exact_determinant(inner_laplacian(g, inside, a), a, NODES, NULL, above);
}

static bool connected(const sl_graph *g, uint32_t s, uint32_t t) {
  bool reached[NODES] = {false};
  reached[s] = true;
  spread_reached(g, reached);
  return reached[t];
}

static void resistances(void **state) {
  (void)state;
  static exact above, below;
  sl_rng rng;
  sl_rng_seed(&rng, 60);
  tally it = {0};
  while (it.trials < trials_wanted()) {
    sl_graph *g = some_graph(&rng, some_spread(&rng), false);
    const uint32_t n = g->node_count;
    sl_potentials *p;
    const bool made = sl_potentials_create(g, NULL, 0, &p) == SL_OK;
    for (int again = 0; made && again < 3; again++) {
      const uint32_t s = sl_rng_below(&rng, n), t = sl_rng_below(&rng, n);
      sl_potentials_options options = {.tolerance = ldexp(0.5, -(int)sl_rng_below(&rng, 50))};
      if (sl_rng_below(&rng, 3) == 0) options.max_work = 1 + sl_rng_below(&rng, 100);
      assert_ok(sl_potentials_begin_pair(p, &options, s, t));
      const sl_potentials_result result = answer(p, 1 + sl_rng_below(&rng, 500));
      if (s == t || !connected(g, s, t)) {
        assert_true(result.value == (s == t ? 0 : INFINITY) && result.error_bound == 0);
        continue;
      }
      exact error = {0};
      exact_resistance(g, s, t, &above, &below);
      exact_add_error(&error, result.value, &above, &below);
      count_exact(&it, &error, result.error_bound, &below);
    }
    if (made) sl_potentials_destroy(p);
    sl_graph_destroy(g);
  }
  report_range("resistance of a pair, any exponent", &it, 1, 0.5);
}

static void sketches(void **state) {
  (void)state;
  static exact above, below;
  sl_rng rng;
  sl_rng_seed(&rng, 61);
  tally it = {0};
  const double confidence = 0.8;
  while (it.trials < trials_wanted()) {
    sl_graph *g = some_graph(&rng, some_spread(&rng), false);
    const sl_potentials_options options = {.tolerance = 0.6 + 0.39 * sl_rng_double(&rng),
                                           .confidence = confidence,
                                           .seed = sl_rng_next(&rng)};
    sl_potentials *p;
    const bool made = sl_potentials_create(g, NULL, 0, &p) == SL_OK;
    if (made && sl_potentials_begin_sketch(p, &options) == SL_OK) {
      const sl_potentials_result result = answer(p, 1 + sl_rng_below(&rng, 5000));
      uint32_t e = 0;
      bool missed = false;
      for (uint32_t u = 0; u < g->node_count; u++) {
        for (uint32_t k = g->outgoing->row_pointers[u]; k < g->outgoing->row_pointers[u + 1]; k++) {
          const uint32_t v = g->outgoing->columns[k];
          if (v < u) continue;
          const double value = result.values[e++];
          assert_true(isfinite(value));
          if (v == u || result.error_bound == INFINITY) continue;
          exact error = {0}, allowed;
          exact_resistance(g, u, v, &above, &below);
          exact_add_error(&error, value, &above, &below);
          exact_from(&allowed, result.error_bound);
          exact_multiply(&allowed, &allowed, &above);
          missed |= exact_compare(&error, &allowed) > 0;
        }
      }
      it.trials++;
      it.violations += missed;
      it.finite += result.error_bound < INFINITY;
    }
    if (made) sl_potentials_destroy(p);
    sl_graph_destroy(g);
  }
  report_range("resistances of all edges, any exponent", &it, confidence, 0.3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(pagerank_scores), property(heat_kernels), property(contributions),
      property(fixed_values),    property(resistances),  property(sketches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
