// Communities of 10^4 random graphs against their definitions, and optima by looking at all partitions.
#include "communities_ask.h"

#include "communities/compare.h"

static uint64_t some_work(sl_rng *rng) {
  return sl_rng_below(rng, 2) ? 1 + sl_rng_below(rng, 60) : UINT64_MAX;
}

static uint32_t draw_labels(sl_rng *rng, uint32_t n, uint32_t *labels) {
  const uint32_t most = 1 + sl_rng_below(rng, n);
  const uint32_t factor = sl_rng_below(rng, 2) ? 1 : 0x9e3779b1u;
  for (uint32_t u = 0; u < n; u++) labels[u] = sl_rng_below(rng, most) * factor;
  return most;
}

// No node gains by another community or by being alone; no two communities by being one.
static void assert_optimal(const sample *s, const uint32_t *labels, uint32_t count, bool potts,
                           double resolution) {
  uint32_t other[MOST];
  const double quality = quality_of(s, labels, potts, resolution);
  const double noise = 1e-9 * size_of(s, potts, resolution);
  memcpy(other, labels, sizeof other);
  for (uint32_t u = 0; u < s->n; u++) {
    for (uint32_t c = 0; c <= count; c++) {
      other[u] = c;
      assert_true(quality_of(s, other, potts, resolution) <= quality + noise);
    }
    other[u] = labels[u];
  }
  for (uint32_t a = 0; a < count; a++)
    for (uint32_t b = 0; b < a; b++) {
      for (uint32_t u = 0; u < s->n; u++) other[u] = labels[u] == a ? b : labels[u];
      assert_true(quality_of(s, other, potts, resolution) <= quality + noise);
    }
}

static void partitions(sl_rng *rng, sl_graph *graph, bool leiden) {
  static const double resolutions[] = {0, 0.3, 1, 1, 1, 2.5};
  const bool potts = sl_rng_below(rng, 3) == 0, weighted = sl_rng_below(rng, 4) > 0;
  const double resolution = resolutions[sl_rng_below(rng, 6)] * (potts ? 0.3 : 1);
  const double iterations = sl_rng_below(rng, 2) ? INFINITY : 1 + sl_rng_below(rng, 3);
  const double randomness = sl_rng_below(rng, 2) ? 0.01 * sl_rng_below(rng, 20) : 0;
  const double *options =
      OPTIONS(weighted, potts, resolution, iterations, randomness, sl_rng_below(rng, 1000), 1);
  static sample s;
  read_sample(&s, graph, weighted);
  const uint32_t n = s.n;
  uint32_t start[MOST];
  draw_labels(rng, n, start);
  const bool given = sl_rng_below(rng, 2);
  double answer[SL_COMMUNITIES_NUMBERS], checked[SL_COMMUNITIES_NUMBERS];
  sl_communities *c;
  assert_ok(sl_communities_create(graph, &c));
  const sl_communities_question question = leiden ? SL_COMMUNITIES_LEIDEN : SL_COMMUNITIES_LOUVAIN;
  ask(c, question, some_work(rng), options, given ? start : NULL, given ? n : 0, answer);
  const uint32_t count = (uint32_t)answer[2];
  uint32_t labels[MOST];
  memcpy(labels, AT(uint32_t, answer[4]), n * sizeof *labels);
  assert_true(is_numbered(labels, n, count));
  const double noise = 1e-11 * size_of(&s, potts, resolution);
  const double quality = quality_of(&s, labels, potts, resolution);
  assert_true(fabs(answer[3] - quality) <= noise);
  for (uint32_t u = 0; u < n && !given; u++) start[u] = u;
  assert_true(quality >= quality_of(&s, start, potts, resolution) - noise);
  if (leiden) assert_true(is_connected(&s, labels));
  if (answer[0] == SL_OUTCOME_CONVERGED && leiden)
    assert_optimal(&s, labels, count, potts, resolution);
  // Levels: each within the next, the last one the labels.
  const uint32_t levels = (uint32_t)answer[6], *level = AT(uint32_t, answer[7]);
  assert_true(levels >= 1);
  for (uint32_t i = 0; i + 1 < levels; i++, level += n) {
    if (leiden) assert_true(is_connected(&s, level));
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t v = 0; v < u; v++)
        assert_true(level[u] != level[v] || level[n + u] == level[n + v]);
  }
  assert_memory_equal(level, labels, n * sizeof *labels);
  // How the work was cut never shows.
  ask(c, question, some_work(rng), options, given ? start : NULL, given ? n : 0, checked);
  assert_memory_equal(AT(uint32_t, checked[4]), labels, n * sizeof *labels);
  assert_true(checked[3] == answer[3] && checked[1] == answer[1]);
  ask(c, SL_COMMUNITIES_QUALITY, some_work(rng), options, labels, n, checked);
  assert_true(fabs(checked[3] - answer[3]) <= noise);
  assert_int_equal(checked[2], count);
  sl_communities_destroy(c);
}

static void propagation(sl_rng *rng, sl_graph *graph) {
  const bool weighted = sl_rng_below(rng, 2), given = sl_rng_below(rng, 4) == 0;
  static sample s;
  read_sample(&s, graph, weighted);
  double answer[SL_COMMUNITIES_NUMBERS];
  uint32_t start[MOST];
  draw_labels(rng, s.n, start);
  sl_communities *c;
  assert_ok(sl_communities_create(graph, &c));
  ask(c, SL_COMMUNITIES_PROPAGATION, some_work(rng),
      OPTIONS(weighted, sl_rng_below(rng, 2), 5, INFINITY), given ? start : NULL, given ? s.n : 0,
      answer);
  const uint32_t *labels = AT(uint32_t, answer[4]);
  assert_true(is_numbered(labels, s.n, (uint32_t)answer[2]));
  for (uint32_t v = 0; v < s.n; v++) {
    double to[MOST] = {0}, best = 0;
    for (uint32_t u = 0; u < s.n; u++)
      to[labels[u]] += s.directed ? s.weight[u][v] + s.weight[v][u] : s.weight[u][v];
    for (uint32_t l = 0; l < s.n; l++) best = fmax(best, to[l]);
    assert_true(to[labels[v]] >= best * (1 - 1e-9));
  }
  sl_communities_destroy(c);
}

static void ten_thousand_random_graphs(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (int trial = 0; trial < SL_TRIES(10000); trial++) {
    sl_graph *graph = random_graph(&rng, MOST);
    partitions(&rng, graph, trial % 4 != 0);
    if (trial % 3 == 0) propagation(&rng, graph);
    sl_graph_destroy(graph);
  }
}

// Partitions as restricted growth strings: the largest quality of all of them.
static double best_of_all(const sample *s, bool potts, double resolution) {
  uint32_t labels[9] = {0}, most[9] = {0};
  double best = -INFINITY;
  const uint32_t n = s->n;
  for (;;) {
    best = fmax(best, quality_of(s, labels, potts, resolution));
    uint32_t i = n - 1;
    while (i > 0 && labels[i] > most[i - 1]) i--;
    if (i == 0) return best;
    labels[i]++;
    most[i] = labels[i] > most[i - 1] ? labels[i] : most[i - 1];
    for (i++; i < n; i++) {
      labels[i] = 0;
      most[i] = most[i - 1];
    }
  }
}

// No part of a community gains by leaving it, for another one or alone.
static bool is_subset_optimal(const sample *s, const uint32_t *labels, uint32_t count, bool potts,
                              double resolution) {
  const double quality = quality_of(s, labels, potts, resolution);
  for (uint32_t set = 1; set < 1u << s->n; set++) {
    uint32_t first = 0, other[9];
    while (!(set >> first & 1)) first++;
    bool within = true;
    for (uint32_t u = 0; u < s->n; u++) within &= !(set >> u & 1) || labels[u] == labels[first];
    for (uint32_t c = 0; within && c <= count; c++) {
      for (uint32_t u = 0; u < s->n; u++) other[u] = set >> u & 1 ? c : labels[u];
      if (quality_of(s, other, potts, resolution) > quality + 1e-9) return false;
    }
  }
  return true;
}

static void optima_of_all_partitions(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  uint32_t optima = 0, subset_optimal = 0, graphs = 0;
  for (int trial = 0; trial < SL_TRIES(300); trial++) {
    sl_graph *graph = random_graph(&rng, trial < 20 ? 9 : 7);
    const bool potts = trial % 3 == 0;
    const double resolution = potts ? 0.4 : 1;
    static sample s;
    read_sample(&s, graph, false);
    const double best = best_of_all(&s, potts, resolution);
    double found = -INFINITY, answer[SL_COMMUNITIES_NUMBERS];
    sl_communities *c;
    assert_ok(sl_communities_create(graph, &c));
    for (int seed = 0; seed < 10; seed++) {
      ask(c, SL_COMMUNITIES_LEIDEN, UINT64_MAX, OPTIONS(0, potts, resolution, 20, 0.05, seed), NULL,
          0, answer);
      assert_true(answer[3] <= best + 1e-9);
      found = fmax(found, answer[3]);
      graphs++;
      subset_optimal +=
          is_subset_optimal(&s, AT(uint32_t, answer[4]), (uint32_t)answer[2], potts, resolution);
    }
    optima += found >= best - 1e-9;
    sl_communities_destroy(c);
    sl_graph_destroy(graph);
  }
  print_message("optimum of 10 seeds: %u of 300; subset optimal: %u of %u\n", optima,
                subset_optimal, graphs);
  assert_true(optima >= SL_TRIES(300) - 3);
  assert_true(subset_optimal >= 0.99 * graphs);
}

// FastRP as its formulas say, in f64: rows of a power are the normalised means of the last one's.
static void embeddings_are_normalised_means(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  for (int trial = 0; trial < SL_TRIES(500); trial++) {
    sl_graph *graph = random_graph(&rng, MOST);
    static sample s;
    read_sample(&s, graph, true);
    const uint32_t n = s.n, dimension = 1 + sl_rng_below(&rng, 9);
    double answer[SL_COMMUNITIES_NUMBERS];
    float powers[3][MOST * 9];
    sl_communities *c;
    assert_ok(sl_communities_create(graph, &c));
    for (int power = 0; power < 3; power++) {
      ask(c, SL_COMMUNITIES_EMBEDDING, some_work(&rng),
          OPTIONS(1, dimension, -0.5, trial, power + 1, power == 0, power == 1, power == 2), NULL,
          0, answer);
      assert_int_equal(answer[2], dimension);
      memcpy(powers[power], AT(float, answer[4]), n * dimension * sizeof(float));
    }
    for (int power = 1; power < 3; power++)
      for (uint32_t u = 0; u < n; u++) {
        double row[9] = {0}, square = 0, largest = 0;
        for (uint32_t v = 0; v < n; v++) {
          const double w = u == v       ? 0
                           : s.directed ? s.weight[u][v] + s.weight[v][u]
                                        : s.weight[u][v];
          largest = fmax(largest, w);
          for (uint32_t d = 0; d < dimension; d++)
            row[d] += w * powers[power - 1][v * dimension + d];
        }
        for (uint32_t d = 0; d < dimension; d++) square += row[d] * row[d];
        // What cancels to rounding has no direction.
        if (sqrt(square) <= 1e-3 * largest) continue;
        for (uint32_t d = 0; d < dimension; d++)
          assert_true(fabs(powers[power][u * dimension + d] - row[d] / sqrt(square)) < 1e-3);
      }
    // Powers are added with their weights.
    ask(c, SL_COMMUNITIES_EMBEDDING, some_work(&rng),
        OPTIONS(1, dimension, -0.5, trial, 3, 0.5, -1, 2), NULL, 0, answer);
    for (uint32_t k = 0; k < n * dimension; k++)
      assert_true(fabs(AT(float, answer[4])[k] -
                       (0.5 * powers[0][k] - powers[1][k] + 2.0 * powers[2][k])) < 1e-5);
    sl_communities_destroy(c);
    sl_graph_destroy(graph);
  }
}

static double log_term(double n, double all) { return n > 0 ? -n / all * log(n / all) : 0; }

static void comparing_by_the_definitions(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (int trial = 0; trial < SL_TRIES(3000); trial++) {
    const uint32_t n = 1 + sl_rng_below(&rng, MOST);
    uint32_t a[MOST], b[MOST];
    draw_labels(&rng, n, a);
    draw_labels(&rng, n, b);
    if (trial % 7 == 0)
      for (uint32_t u = 0; u < n; u++) b[u] = a[u] + 3;
    double found[SL_COMPARE_NUMBERS];
    assert_ok(sl_compare_labels(n, a, b, found));
    double both = 0, in_a = 0, in_b = 0, agree = 0, pairs = 0, h_a = 0, h_b = 0, h = 0;
    uint32_t count_a = 0, count_b = 0;
    for (uint32_t u = 0; u < n; u++) {
      double same_a = 0, same_b = 0, same = 0;
      bool first_a = true, first_b = true, first = true;
      for (uint32_t v = 0; v < n; v++) {
        const bool x = a[u] == a[v], y = b[u] == b[v];
        same_a += x, same_b += y, same += x && y;
        if (v >= u) continue;
        first_a &= !x, first_b &= !y, first &= !(x && y);
        pairs++, in_a += x, in_b += y, both += x && y, agree += x == y;
      }
      if (first_a) h_a += log_term(same_a, n), count_a++;
      if (first_b) h_b += log_term(same_b, n), count_b++;
      if (first) h += log_term(same, n);
    }
    const double expected = pairs > 0 ? in_a * in_b / pairs : 0, most = (in_a + in_b) / 2;
    const bool trivial = most == expected;
    assert_true(fabs(found[0] - (h_a + h_b > 0 ? 2 * (h_a + h_b - h) / (h_a + h_b) : 1)) < 1e-12);
    assert_true(fabs(found[1] - (trivial ? 1 : (both - expected) / (most - expected))) < 1e-12);
    assert_true(fabs(found[2] - (2 * h - h_a - h_b)) < 1e-12);
    assert_true(fabs(found[3] - (pairs > 0 ? agree / pairs : 1)) < 1e-12);
    assert_int_equal(found[4], count_a);
    assert_int_equal(found[5], count_b);
  }
}

// 8 groups of 32, 16 edges of a node inside and 2 to the others.
static void planted_groups_are_found(void **state) {
  (void)state;
  sl_rng rng;
  for (int seed = 0; seed < 20; seed++) {
    sl_rng_seed(&rng, 100 + (uint64_t)seed);
    static uint32_t from[8 * 32 * 32 * 8], to[8 * 32 * 32 * 8], planted[256];
    uint32_t count = 0;
    for (uint32_t u = 0; u < 256; u++) {
      planted[u] = u / 32;
      for (uint32_t v = 0; v < u; v++) {
        const double chance = u / 32 == v / 32 ? 16.0 / 31 : 2.0 / 224;
        if (sl_rng_double(&rng) >= chance) continue;
        from[count] = u;
        to[count++] = v;
      }
    }
    sl_graph *graph = make_graph(256, count, from, to, NULL, SL_VALUES_PATTERN, seed % 2);
    sl_communities *c;
    assert_ok(sl_communities_create(graph, &c));
    double answer[SL_COMMUNITIES_NUMBERS], alike[SL_COMPARE_NUMBERS];
    for (int method = 0; method < 4; method++) {
      const double *options = method < 3
                                  ? OPTIONS(0, method == 1, method == 1 ? 0.1 : 1, 2, 0.01, seed)
                                  : OPTIONS(0, 0, seed);
      ask(c,
          method == 2   ? SL_COMMUNITIES_LOUVAIN
          : method == 3 ? SL_COMMUNITIES_PROPAGATION
                        : SL_COMMUNITIES_LEIDEN,
          1000, options, NULL, 0, answer);
      assert_ok(sl_compare_labels(256, planted, AT(uint32_t, answer[4]), alike));
      assert_true(alike[0] > (method < 3 ? 0.999 : 0.8));
    }
    sl_communities_destroy(c);
    sl_graph_destroy(graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(ten_thousand_random_graphs),      property(optima_of_all_partitions),
      property(embeddings_are_normalised_means), property(comparing_by_the_definitions),
      property(planted_groups_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
