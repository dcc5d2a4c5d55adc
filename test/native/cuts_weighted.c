// Matchings of largest weight: of small graphs against all matchings, of all graphs by the prices that
// prove them, which are looked at edge by edge.
#include "cuts_ask.h"

#include "graph/components.h"

#define WIDEST 300
#define SMALL 12

// The best of all matchings of the nodes of a set: its weight, and with `most` as many edges as can be.
static double best_of_all(const sample *s, bool most, uint32_t *size) {
  static double weight[1 << SMALL];
  static uint32_t count[1 << SMALL];
  weight[0] = count[0] = 0;
  for (uint32_t set = 1; set < 1u << s->n; set++) {
    const uint32_t u = (uint32_t)__builtin_ctz(set), rest = set & (set - 1);
    weight[set] = weight[rest];
    count[set] = count[rest];
    for (uint32_t v = u + 1; v < s->n; v++) {
      if (!(rest >> v & 1) || s->weight[u][v] == 0) continue;
      const double w = weight[rest & ~(1u << v)] + s->weight[u][v];
      const uint32_t c = count[rest & ~(1u << v)] + 1;
      const bool better =
          most ? c > count[set] || (c == count[set] && w > weight[set]) : w > weight[set];
      if (!better) continue;
      weight[set] = w;
      count[set] = c;
    }
  }
  *size = count[all_of(s->n)];
  return weight[all_of(s->n)];
}

typedef struct proof {
  const uint32_t *mates, *set_of, *around;
  const double *prices, *set_prices;
  uint32_t sets;
} proof;

// What the sets that hold both nodes cost.
static double shared_price(const proof *p, uint32_t u, uint32_t v) {
  double sum = 0;
  for (uint32_t a = p->set_of[u]; a != SL_CUTS_NONE; a = p->around[a])
    for (uint32_t b = p->set_of[v]; b != SL_CUTS_NONE; b = p->around[b])
      if (a == b) sum += p->set_prices[a];
  return sum;
}

static void look_at_sets(const proof *p, uint32_t n) {
  for (uint32_t set = 0; set < p->sets; set++) {
    assert_true(p->set_prices[set] >= 0);
    uint32_t nodes = 0, matched = 0;
    for (uint32_t u = 0; u < n; u++) {
      bool in = false, mate_in = false;
      for (uint32_t a = p->set_of[u]; a != SL_CUTS_NONE; a = p->around[a]) in |= a == set;
      if (p->mates[u] != SL_CUTS_NONE)
        for (uint32_t a = p->set_of[p->mates[u]]; a != SL_CUTS_NONE; a = p->around[a])
          mate_in |= a == set;
      nodes += in;
      matched += in && mate_in;
    }
    assert_true(nodes % 2 == 1 && nodes >= 3);
    if (p->set_prices[set] > 0) assert_int_equal(matched, nodes - 1);
  }
}

// By duality the matching is the heaviest (with most: of those of its size).
static void look_at_proof(sl_graph *graph, const double *a, bool most, bool whole) {
  const proof p = {U32(a[3]), U32(a[8]), U32(a[9]), F64(a[6]), F64(a[10]), (uint32_t)a[7]};
  const sl_csr *edges = graph->outgoing;
  const uint32_t n = graph->node_count;
  uint32_t matched = 0;
  double sum = 0, least = INFINITY, largest = 0;
  for (uint32_t u = 0; u < n; u++) {
    least = fmin(least, p.prices[u]);
    largest = fmax(largest, fabs(p.prices[u]));
  }
  // Prices are doubles, and large ones cancel.
  const double rounding = whole ? 0 : 1e-13 * largest;
  for (uint32_t u = 0; u < n; u++) {
    if (p.mates[u] == SL_CUTS_NONE) {
      assert_true(most ? p.prices[u] == least : p.prices[u] == 0);
    } else {
      assert_true(p.mates[u] != u && p.mates[p.mates[u]] == u);
      matched++;
    }
    if (!most) assert_true(p.prices[u] >= 0);
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      if (v <= u) continue;
      const double weight = edges->value_type == SL_VALUES_PATTERN ? 1 : sl_csr_value(edges, k),
                   price = p.prices[u] + p.prices[v] + shared_price(&p, u, v),
                   slack = price - weight;
      assert_true(slack >= -rounding);
      if (p.mates[u] != v) continue;
      assert_true(slack <= rounding);
      sum += weight;
    }
  }
  look_at_sets(&p, n);
  assert_int_equal(matched, 2 * a[2]);
  assert_true(fabs(sum - a[4]) <= 1e-12 * sum);
  if (whole) assert_true(a[5] == 0 && sum == a[4]);
  assert_true(a[5] <= 1e-12 * (1 + sum));
}

static void the_best_of_all_matchings(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1986);
  for (int trial = 0; trial < 10000; trial++) {
    const sample s = draw(&rng, trial % 2 ? SMALL : MOST, false);
    const bool most = trial % 4 < 2;
    double a[SL_CUTS_NUMBERS];
    sl_cuts *cuts;
    assert_ok(sl_cuts_create(s.graph, &cuts));
    ask(cuts, SL_CUTS_WEIGHTED, some_work(&rng), OPTIONS(most), NULL, 0, a);
    look_at_proof(s.graph, a, most, s.whole);
    if (s.n <= SMALL) {
      uint32_t size;
      const double best = best_of_all(&s, most, &size);
      assert_true(fabs(best - a[4]) <= (s.whole ? 0 : 1e-12 * best));
      if (most) assert_int_equal(size, a[2]);
    }
    const double size = a[2];
    if (most) {
      uint32_t barrier = 0, odd = 0, left;
      for (uint32_t i = 0; i < (uint32_t)a[11]; i++) barrier |= 1u << U32(a[12])[i];
      left = all_of(s.n) & ~barrier;
      for (uint32_t u = 0; u < s.n; u++) {
        if (!(left >> u & 1)) continue;
        const uint32_t part = reach(s.out, u, left);
        odd += (uint32_t)__builtin_popcount(part) & 1;
        left &= ~part;
      }
      assert_true(odd == a[11] + s.n - 2 * size);
      ask(cuts, SL_CUTS_MATCHING, UINT64_MAX, OPTIONS(0), NULL, 0, a);
      assert_true(a[2] == size);
    }
    sl_cuts_destroy(cuts);
    sl_graph_destroy(s.graph);
  }
}

// Some hundred nodes, among few neighbours or many, so that blossoms nest, and weights of all sizes.
static void larger_matchings_have_their_proof(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1965);
  for (int trial = 0; trial < 150; trial++) {
    static uint32_t from[4 * WIDEST], to[4 * WIDEST];
    static double weights[4 * WIDEST];
    const uint32_t n = 3 + sl_rng_below(&rng, WIDEST - 3), kind = sl_rng_below(&rng, 4);
    uint32_t count = n / 2 + sl_rng_below(&rng, 3 * n);
    for (uint32_t k = 0; k < count; k++) {
      from[k] = sl_rng_below(&rng, n);
      to[k] = trial % 3 ? sl_rng_below(&rng, n) : (from[k] + 1 + sl_rng_below(&rng, 4)) % n;
      weights[k] = kind == 0   ? 1 + sl_rng_below(&rng, 4)
                   : kind == 1 ? 1 + sl_rng_below(&rng, 1000000)
                   : kind == 2 ? 1 - sl_rng_double(&rng)
                               : ldexp(1 - sl_rng_double(&rng), (int)sl_rng_below(&rng, 40) - 20);
    }
    sl_graph *graph = make_graph(n, count, from, to, weights, SL_VALUES_F64, false);
    sl_cuts *cuts;
    double a[SL_CUTS_NUMBERS];
    assert_ok(sl_cuts_create(graph, &cuts));
    for (uint32_t most = 0; most < 2; most++) {
      ask(cuts, SL_CUTS_WEIGHTED, some_work(&rng), OPTIONS(most), NULL, 0, a);
      if (kind < 3) look_at_proof(graph, a, most != 0, kind < 2);
    }
    const double size = a[2];
    ask(cuts, SL_CUTS_MATCHING, UINT64_MAX, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == size);
    sl_cuts_destroy(cuts);
    sl_graph_destroy(graph);
  }
}

// Weights at the ends of f64, the same graph in other units, no edge at all.
static void weights_of_any_size(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1, 2, 3, 4, 0}, to[] = {1, 2, 3, 4, 5, 2};
  const double scales[] = {1, 0x1p-1070, 0x1p1020, 0x1p-500};
  for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
    double weights[] = {3, 7, 6, 7, 2, 5}, a[SL_CUTS_NUMBERS];
    for (int k = 0; k < 6; k++) weights[k] *= scales[i];
    sl_graph *graph = make_graph(6, 6, from, to, weights, SL_VALUES_F64, false);
    sl_cuts *cuts;
    assert_ok(sl_cuts_create(graph, &cuts));
    ask(cuts, SL_CUTS_WEIGHTED, 1, OPTIONS(0), NULL, 0, a);
    assert_true(a[2] == 2 && a[4] == 14 * scales[i] && a[5] == 0);
    ask(cuts, SL_CUTS_WEIGHTED, 1, OPTIONS(1), NULL, 0, a);
    assert_true(a[2] == 3 && a[4] == 11 * scales[i] && a[5] == 0);
    assert_refused(sl_cuts_begin(cuts, SL_CUTS_WEIGHTED, OPTIONS(2), NULL, 0), SL_ERR_OPTION,
                   "most");
    sl_cuts_destroy(cuts);
    sl_graph_destroy(graph);
  }
  double a[SL_CUTS_NUMBERS];
  sl_graph *graph = make_graph(3, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, false);
  sl_cuts *cuts;
  assert_ok(sl_cuts_create(graph, &cuts));
  for (uint32_t most = 0; most < 2; most++) {
    ask(cuts, SL_CUTS_WEIGHTED, 1, OPTIONS(most), NULL, 0, a);
    assert_true(a[2] == 0 && a[4] == 0 && a[7] == 0);
  }
  sl_cuts_destroy(cuts);
  sl_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(the_best_of_all_matchings),
      property(larger_matchings_have_their_proof),
      property(weights_of_any_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
