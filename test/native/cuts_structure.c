// Components, blocks, sides, cores, triangles, colours and spanning forests of ten thousand small
// random graphs, against what follows from their definitions.
#include "cuts_ask.h"

static void components(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  uint32_t both[MOST] = {0}, number = 0, seen = 0;
  for (uint32_t u = 0; u < s->n; u++)
    for (uint32_t v = 0; v < s->n; v++)
      if (s->out[u] >> v & 1) both[u] |= 1u << v, both[v] |= 1u << u;
  ask(cuts, SL_CUTS_COMPONENTS, some_work(rng), OPTIONS(0), NULL, 0, a);
  for (uint32_t u = 0; u < s->n; u++) {
    if (seen >> u & 1) continue;
    const uint32_t set = reach(both, u, all_of(s->n));
    for (uint32_t v = 0; v < s->n; v++)
      if (set >> v & 1) assert_int_equal(U32(a[3])[v], number);
    assert_int_equal(U32(a[4])[number], __builtin_popcount(set));
    seen |= set;
    number++;
  }
  assert_int_equal(a[2], number);
}

static void strong_components(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  uint32_t to[MOST], count = 0, edges = 0;
  bool between[MOST][MOST] = {{false}};
  ask(cuts, SL_CUTS_STRONG, some_work(rng), OPTIONS(1), NULL, 0, a);
  const uint32_t *label = U32(a[3]);
  for (uint32_t u = 0; u < s->n; u++) to[u] = reach(s->out, u, all_of(s->n));
  for (uint32_t u = 0; u < s->n; u++) {
    uint32_t size = 0;
    bool first = true;
    for (uint32_t v = 0; v < s->n; v++) {
      const bool same = (to[u] >> v & 1) && (to[v] >> u & 1);
      assert_int_equal(label[u] == label[v], same);
      size += same;
      first &= !same || v >= u;
      if (s->out[u] >> v & 1) {
        assert_true(label[u] <= label[v]);
        if (label[u] < label[v] && !between[label[u]][label[v]]) {
          between[label[u]][label[v]] = true;
          edges++;
        }
      }
    }
    count += first;
    assert_int_equal(U32(a[4])[label[u]], size);
  }
  assert_int_equal(a[2], count);
  assert_int_equal(a[5], edges);
  for (uint32_t i = 0; i < edges; i++) {
    assert_true(between[U32(a[6])[i]][U32(a[7])[i]]);
    between[U32(a[6])[i]][U32(a[7])[i]] = false;
    if (i > 0) assert_true(U32(a[6])[i - 1] <= U32(a[6])[i]);
  }
}

static void blocks(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  const uint32_t all = all_of(s->n), whole = parts(s->out, all);
  ask(cuts, SL_CUTS_BLOCKS, some_work(rng), OPTIONS(0), NULL, 0, a);
  uint32_t at = 0;
  for (uint32_t u = 0; u < s->n; u++) {
    const bool alone = (s->out[u] & ~(1u << u)) == 0;
    if (alone || parts(s->out, all & ~(1u << u)) <= whole) continue;
    assert_int_equal(U32(a[6])[at++], u);
  }
  assert_int_equal(a[5], at);
  uint32_t without[MOST];
  memcpy(without, s->out, sizeof without);
  at = 0;
  for (uint32_t u = 0; u < s->n; u++) {
    for (uint32_t v = u + 1; v < s->n; v++) {
      if (!(s->out[u] >> v & 1)) continue;
      uint32_t less[MOST];
      memcpy(less, s->out, sizeof less);
      less[u] &= ~(1u << v);
      less[v] &= ~(1u << u);
      if (parts(less, all) == whole) continue;
      without[u] &= ~(1u << v);
      without[v] &= ~(1u << u);
      assert_int_equal(U32(a[8])[at], u);
      assert_int_equal(U32(a[9])[at++], v);
    }
  }
  assert_int_equal(a[7], at);
  uint32_t seen = 0, number = 0;
  for (uint32_t u = 0; u < s->n; u++) {
    if (seen >> u & 1) continue;
    const uint32_t set = reach(without, u, all);
    for (uint32_t v = 0; v < s->n; v++)
      if (set >> v & 1) assert_int_equal(U32(a[11])[v], number);
    seen |= set;
    number++;
  }
  assert_int_equal(a[10], number);
  // Each block holds together without any one of its nodes, each edge is in one, and they are as
  // large as they can be: a tree of them has as many nodes as the graph.
  uint32_t sum = 0, held[MOST] = {0};
  for (uint32_t i = 0; i < a[2]; i++) {
    uint32_t set = 0;
    for (uint32_t k = U32(a[3])[i]; k < U32(a[3])[i + 1]; k++) {
      const uint32_t u = U32(a[4])[k];
      assert_true((set >> u) == 0);
      set |= 1u << u;
    }
    sum += (uint32_t)__builtin_popcount(set) - 1;
    for (uint32_t u = 0; u < s->n; u++) {
      if (!(set >> u & 1)) continue;
      assert_int_equal(parts(s->out, set & ~(1u << u)), 1);
      assert_int_equal(held[u] & s->out[u] & set & ~(1u << u), 0);
      held[u] |= s->out[u] & set;
    }
  }
  for (uint32_t u = 0; u < s->n; u++) assert_int_equal(held[u] | (s->out[u] & 1u << u), s->out[u]);
  assert_int_equal(sum, s->n - whole);
}

static void sides(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  ask(cuts, SL_CUTS_BIPARTITE, some_work(rng), OPTIONS(0), NULL, 0, a);
  const uint32_t count = (uint32_t)a[2], *cycle = U32(a[3]), *side = U32(a[4]);
  if (count == 0) {
    for (uint32_t u = 0; u < s->n; u++)
      for (uint32_t v = 0; v < s->n; v++)
        if (s->out[u] >> v & 1) assert_int_equal(side[u] + side[v], 1);
    assert_int_equal(side[0], 0);
    return;
  }
  assert_int_equal(count % 2, 1);
  uint32_t set = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = cycle[i], v = cycle[(i + 1) % count];
    assert_true((s->out[u] >> v & 1) || (s->out[v] >> u & 1));
    set |= 1u << u;
  }
  assert_int_equal(__builtin_popcount(set), count);
}

static uint32_t degree_within(const sample *s, uint32_t u, uint32_t set) {
  return (uint32_t)__builtin_popcount(s->out[u] & set & ~(1u << u));
}

static void cores(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  uint32_t core[MOST] = {0}, most = 0, left = all_of(s->n);
  for (uint32_t k = 1; k < MOST; k++) {
    uint32_t set = all_of(s->n), before;
    do {
      before = set;
      for (uint32_t u = 0; u < s->n; u++)
        if ((set >> u & 1) && degree_within(s, u, set) < k) set &= ~(1u << u);
    } while (set != before);
    for (uint32_t u = 0; u < s->n; u++)
      if (set >> u & 1) core[u] = most = k;
  }
  ask(cuts, SL_CUTS_CORES, some_work(rng), OPTIONS(0), NULL, 0, a);
  assert_int_equal(a[2], most);
  assert_memory_equal(U32(a[3]), core, s->n * sizeof *core);
  for (uint32_t i = 0; i < s->n; i++) {
    const uint32_t u = U32(a[4])[i];
    assert_true(left >> u & 1);
    assert_true(degree_within(s, u, left) <= most);
    left &= ~(1u << u);
  }
}

static void triangles(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS], total = 0, all_pairs = 0, mean = 0;
  ask(cuts, SL_CUTS_TRIANGLES, some_work(rng), OPTIONS(0), NULL, 0, a);
  for (uint32_t u = 0; u < s->n; u++) {
    uint32_t count = 0;
    for (uint32_t v = 0; v < s->n; v++)
      for (uint32_t w = v + 1; w < s->n; w++)
        count += u != v && u != w && (s->out[u] >> v & 1) && (s->out[u] >> w & 1) &&
                 (s->out[v] >> w & 1);
    const double d = degree_within(s, u, all_of(s->n)), pairs = d * (d - 1) / 2;
    const double local = pairs > 0 ? count / pairs : 0;
    assert_true(F64(a[3])[u] == count);
    assert_true(F64(a[4])[u] == local);
    total += count;
    all_pairs += pairs;
    mean += local / s->n;
  }
  assert_true(a[2] == total / 3);
  assert_true(near(a[5], mean));
  assert_true(near(a[6], all_pairs > 0 ? total / all_pairs : 0));
}

static uint32_t free_colour(const sample *s, const uint32_t *colour, uint32_t u) {
  uint32_t taken = 0, c = 0;
  for (uint32_t v = 0; v < s->n; v++)
    if ((s->out[u] >> v & 1) && colour[v] != SL_CUTS_NONE) taken |= 1u << colour[v];
  while (taken >> c & 1) c++;
  return c;
}

static uint32_t saturation(const sample *s, const uint32_t *colour, uint32_t u) {
  uint32_t taken = 0;
  for (uint32_t v = 0; v < s->n; v++)
    if ((s->out[u] >> v & 1) && colour[v] != SL_CUTS_NONE) taken |= 1u << colour[v];
  return (uint32_t)__builtin_popcount(taken);
}

static void colours(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  for (uint32_t u = 0; u < s->n; u++) {
    if (!(s->out[u] >> u & 1)) continue;
    assert_refused(sl_cuts_begin(cuts, SL_CUTS_COLOURING, OPTIONS(0), NULL, 0), SL_ERR_UNSUPPORTED,
                   "graph");
    return;
  }
  ask(cuts, SL_CUTS_CORES, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  const uint32_t degeneracy = (uint32_t)a[2];
  for (uint32_t way = 0; way < 3; way++) {
    uint32_t colour[MOST], count = 0;
    memset(colour, 0xff, sizeof colour);
    ask(cuts, SL_CUTS_COLOURING, some_work(rng), OPTIONS(way), NULL, 0, a);
    for (uint32_t i = 0; i < s->n && way != 1; i++) {
      uint32_t best = SL_CUTS_NONE;
      for (uint32_t u = 0; u < s->n; u++) {
        if (colour[u] != SL_CUTS_NONE) continue;
        if (best == SL_CUTS_NONE) best = u;
        const uint32_t x = way == 0 ? 0 : saturation(s, colour, u);
        const uint32_t y = way == 0 ? 0 : saturation(s, colour, best);
        if (x > y ||
            (x == y && degree_within(s, u, all_of(s->n)) > degree_within(s, best, all_of(s->n))))
          best = u;
      }
      colour[best] = free_colour(s, colour, best);
    }
    for (uint32_t u = 0; u < s->n; u++) {
      const uint32_t c = U32(a[3])[u];
      if (way != 1) assert_int_equal(c, colour[u]);
      if (c + 1 > count) count = c + 1;
      for (uint32_t v = 0; v < s->n; v++)
        if (s->out[u] >> v & 1) assert_int_not_equal(U32(a[3])[v], c);
    }
    assert_int_equal(a[2], count);
    if (way == 1) assert_true(count <= degeneracy + 1);
  }
}

static void spanning(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  for (int maximum = 0; maximum < 2; maximum++) {
    ask(cuts, SL_CUTS_SPANNING, some_work(rng), OPTIONS(maximum), NULL, 0, a);
    // Kruskal: always the first of the best edges between two trees.
    uint32_t tree[MOST], count = 0;
    bool taken[MOST][MOST] = {{false}};
    for (uint32_t u = 0; u < s->n; u++) tree[u] = u;
    for (;;) {
      uint32_t p = 0, q = 0;
      for (uint32_t u = 0; u < s->n; u++)
        for (uint32_t v = u + 1; v < s->n; v++)
          if (s->weight[u][v] > 0 && tree[u] != tree[v] &&
              (p == q ||
               (maximum ? s->weight[u][v] > s->weight[p][q] : s->weight[u][v] < s->weight[p][q])))
            p = u, q = v;
      if (p == q) break;
      const uint32_t gone = tree[q];
      for (uint32_t u = 0; u < s->n; u++)
        if (tree[u] == gone) tree[u] = tree[p];
      taken[p][q] = true;
      count++;
    }
    assert_int_equal(a[2], count);
    assert_int_equal(a[7], s->n - count);
    uint32_t at = 0;
    double total = 0;
    for (uint32_t u = 0; u < s->n; u++) {
      for (uint32_t v = u + 1; v < s->n; v++) {
        if (!taken[u][v]) continue;
        assert_int_equal(U32(a[3])[at], u);
        assert_int_equal(U32(a[4])[at], v);
        assert_true(F64(a[5])[at++] == s->weight[u][v]);
        total += s->weight[u][v];
      }
    }
    assert_true(a[6] == total);
  }
}

static void random_graphs_have_the_structure_of_their_definitions(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 4711);
  for (int trial = 0; trial < SL_TRIES(10000); trial++) {
    const bool directed = trial % 3 == 0;
    sample s = draw(&rng, MOST, directed);
    sl_cuts *cuts;
    assert_ok(sl_cuts_create(s.graph, &cuts));
    components(&rng, cuts, &s);
    strong_components(&rng, cuts, &s);
    sides(&rng, cuts, &s);
    if (!directed) {
      blocks(&rng, cuts, &s);
      cores(&rng, cuts, &s);
      triangles(&rng, cuts, &s);
      colours(&rng, cuts, &s);
      spanning(&rng, cuts, &s);
    }
    sl_cuts_destroy(cuts);
    sl_graph_destroy(s.graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(random_graphs_have_the_structure_of_their_definitions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
