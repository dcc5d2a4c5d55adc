// Flows, minimum cuts and cut trees of ten thousand small random graphs, against flows by single
// paths and against the search of Stoer and Wagner.
#include "cuts_ask.h"

typedef struct reference {
  double value;
  uint32_t side;
} reference;

// Edmonds and Karp; the side that can be reached at the end is the smallest one.
static reference flow_of(const sample *s, uint32_t source, uint32_t target) {
  static double left[MOST][MOST];
  memcpy(left, s->weight, sizeof left);
  reference r = {0};
  for (;;) {
    uint32_t from[MOST], queue[MOST], head = 0, end = 1;
    r.side = 1u << source;
    queue[0] = source;
    while (head < end) {
      const uint32_t u = queue[head++];
      for (uint32_t v = 0; v < s->n; v++) {
        if ((r.side >> v & 1) || left[u][v] <= 1e-9) continue;
        r.side |= 1u << v;
        from[v] = u;
        queue[end++] = v;
      }
    }
    if (!(r.side >> target & 1)) return r;
    double some = INFINITY;
    for (uint32_t v = target; v != source; v = from[v]) some = fmin(some, left[from[v]][v]);
    for (uint32_t v = target; v != source; v = from[v]) {
      left[from[v]][v] -= some;
      left[v][from[v]] += some;
    }
    r.value += some;
  }
}

static double across(const sample *s, const uint32_t *side) {
  double sum = 0;
  for (uint32_t u = 0; u < s->n; u++)
    for (uint32_t v = 0; v < s->n; v++)
      if (side[u] && !side[v]) sum += s->weight[u][v];
  return sum;
}

static void flows(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS], out[MOST] = {0};
  const uint32_t source = sl_rng_below(rng, s->n), target = sl_rng_below(rng, s->n);
  if (source == target) {
    assert_refused(sl_cuts_begin(cuts, SL_CUTS_FLOW, OPTIONS(0), NODES(source, target), 2),
                   SL_ERR_OPTION, "target");
    return;
  }
  const reference r = flow_of(s, source, target);
  ask(cuts, SL_CUTS_FLOW, some_work(rng), OPTIONS(sl_rng_below(rng, 2)), NODES(source, target), 2,
      a);
  assert_true(near(a[2], r.value));
  if (s->whole) {
    assert_true(a[2] == r.value && a[3] == 0);
    for (uint32_t u = 0; u < s->n; u++) assert_int_equal(U32(a[4])[u], r.side >> u & 1);
  }
  assert_true(a[3] <= 1e-14 * a[2]);
  assert_true(U32(a[4])[source] == 1 && U32(a[4])[target] == 0);
  for (uint32_t i = 0; i < a[5]; i++) {
    const uint32_t u = U32(a[6])[i], v = U32(a[7])[i];
    const double flow = F64(a[8])[i];
    assert_true(u != v && flow > 0 && flow <= s->weight[u][v]);
    out[u] += flow;
    out[v] -= flow;
  }
  for (uint32_t u = 0; u < s->n; u++) {
    const double wanted = u == source ? a[2] : u == target ? -a[2] : 0;
    assert_true(fabs(out[u] - wanted) <= (s->whole ? 0 : 1e-13 * (1 + a[2])));
  }
  double sum = 0;
  for (uint32_t i = 0; i < a[9]; i++) {
    assert_true(U32(a[4])[U32(a[10])[i]] && !U32(a[4])[U32(a[11])[i]]);
    sum += F64(a[12])[i];
  }
  assert_true(sum == a[2] && near(sum, across(s, U32(a[4]))));
}

static double stoer_wagner(const sample *s) {
  static double w[MOST][MOST];
  double best = INFINITY;
  memcpy(w, s->weight, sizeof w);
  uint32_t nodes[MOST], count = s->n;
  for (uint32_t u = 0; u < count; u++) nodes[u] = u;
  while (count > 1) {
    double key[MOST] = {0};
    bool taken[MOST] = {false};
    uint32_t last = 0, before = 0;
    for (uint32_t i = 0; i < count; i++) {
      uint32_t at = MOST;
      for (uint32_t j = 0; j < count; j++)
        if (!taken[j] && (at == MOST || key[j] > key[at])) at = j;
      taken[at] = true;
      before = last;
      last = at;
      if (i == count - 1) best = fmin(best, key[at]);
      for (uint32_t j = 0; j < count; j++)
        if (!taken[j]) key[j] += w[nodes[at]][nodes[j]];
    }
    const uint32_t u = nodes[before], v = nodes[last];
    for (uint32_t j = 0; j < count; j++) {
      const uint32_t x = nodes[j];
      if (x == u || x == v) continue;
      w[u][x] += w[v][x];
      w[x][u] = w[u][x];
    }
    nodes[last] = nodes[--count];
  }
  return best;
}

static void minimum_cuts(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  if (s->n < 2) {
    assert_refused(sl_cuts_begin(cuts, SL_CUTS_MINIMUM, OPTIONS(0), NULL, 0), SL_ERR_UNSUPPORTED,
                   "graph");
    return;
  }
  const double least = stoer_wagner(s);
  ask(cuts, SL_CUTS_MINIMUM, some_work(rng), OPTIONS(0), NULL, 0, a);
  assert_true(fabs(a[2] - least) <= (s->whole ? 0 : 1e-12));
  assert_true(s->whole ? a[3] == 0 : a[3] <= 1e-14 * a[2]);
  uint32_t count = 0;
  for (uint32_t u = 0; u < s->n; u++) count += U32(a[4])[u];
  assert_true(count > 0 && count < s->n);
  assert_true(near(across(s, U32(a[4])), a[2]));
}

static void trees(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  ask(cuts, SL_CUTS_TREE, some_work(rng), OPTIONS(0), NULL, 0, a);
  const uint32_t *parent = U32(a[2]);
  const double *value = F64(a[3]);
  assert_int_equal(parent[0], SL_CUTS_NONE);
  uint32_t below[MOST] = {0};
  for (uint32_t u = 0; u < s->n; u++) {
    uint32_t steps = 0;
    for (uint32_t v = u; v != SL_CUTS_NONE; v = parent[v]) {
      below[v] |= 1u << u;
      assert_true(++steps <= s->n);
    }
  }
  assert_int_equal(below[0], all_of(s->n));
  for (uint32_t u = 1; u < s->n; u++) {
    uint32_t side[MOST];
    for (uint32_t v = 0; v < s->n; v++) side[v] = below[u] >> v & 1;
    assert_true(near(across(s, side), value[u]));
  }
  for (uint32_t u = 0; u < s->n; u++) {
    for (uint32_t v = 0; v < u; v++) {
      double least = INFINITY;
      for (uint32_t x = u; !(below[x] >> v & 1); x = parent[x]) least = fmin(least, value[x]);
      for (uint32_t x = v; !(below[x] >> u & 1); x = parent[x]) least = fmin(least, value[x]);
      const double flow = flow_of(s, u, v).value;
      assert_true(s->whole ? least == flow : near(least, flow));
    }
  }
}

static void random_graphs_have_the_flows_of_single_paths(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1703);
  for (int trial = 0; trial < SL_TRIES(10000); trial++) {
    const bool directed = trial % 2 == 0;
    sample s = draw(&rng, trial % 7 == 1 ? 10 : MOST, directed);
    sl_cuts *cuts;
    assert_ok(sl_cuts_create(s.graph, &cuts));
    flows(&rng, cuts, &s);
    if (!directed) minimum_cuts(&rng, cuts, &s);
    if (!directed && s.n <= 10) trees(&rng, cuts, &s);
    sl_cuts_destroy(cuts);
    sl_graph_destroy(s.graph);
  }
}

// Graphs that are too large for single paths, of kinds that are hard for one method or the other: both
// give the same cut, what flows is balanced, and the least edge of the tree is the minimum cut.
static sl_graph *larger(sl_rng *rng, uint32_t kind, uint32_t *count_of_nodes) {
  enum { EDGES = 6000 };
  static uint32_t from[EDGES], to[EDGES];
  static double weights[EDGES];
  uint32_t count = 0, n = 60 + sl_rng_below(rng, 340);
  const uint32_t side = 20;
  if (kind == 0) { // a grid in layers, all of it between two ends
    n = side * side;
    for (uint32_t u = 0; u < n; u++) {
      if ((u + 1) % side) from[count] = u, to[count++] = u + 1;
      if (u + side < n) from[count] = u, to[count++] = u + side;
    }
  } else if (kind == 1) { // anything
    for (count = 0; count < 5 * n && count < EDGES; count++)
      from[count] = sl_rng_below(rng, n), to[count] = sl_rng_below(rng, n);
  } else if (kind == 2) { // a ring of cliques
    for (uint32_t u = 0; u + 6 <= n; u += 6) {
      for (uint32_t i = 0; i < 6; i++)
        for (uint32_t j = i + 1; j < 6; j++) from[count] = u + i, to[count++] = u + j;
      from[count] = u + 5, to[count++] = u + 12 <= n ? u + 6 : 0;
    }
  } else { // a long ladder with rungs that skip
    for (uint32_t u = 0; u + 1 < n; u++) {
      from[count] = u, to[count++] = u + 1;
      from[count] = u, to[count++] = u + 1 + sl_rng_below(rng, n - u - 1);
    }
  }
  for (uint32_t k = 0; k < count; k++) weights[k] = 1 + sl_rng_below(rng, kind == 2 ? 3 : 1000);
  *count_of_nodes = n;
  return make_graph(n, count, from, to, weights, SL_VALUES_F64, kind == 3 && sl_rng_below(rng, 2));
}

static void balanced(const double *a, uint32_t n, uint32_t source, uint32_t target) {
  static double left[400];
  memset(left, 0, sizeof left);
  for (uint32_t i = 0; i < a[5]; i++) {
    left[U32(a[6])[i]] += F64(a[8])[i];
    left[U32(a[7])[i]] -= F64(a[8])[i];
  }
  for (uint32_t u = 0; u < n; u++)
    assert_true(left[u] == (u == source ? a[2] : u == target ? -a[2] : 0));
}

static void larger_graphs_have_one_answer_by_all_methods(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1988);
  for (uint32_t trial = 0; trial < 60; trial++) {
    uint32_t n;
    sl_graph *graph = larger(&rng, trial % 4, &n);
    sl_cuts *cuts;
    double a[SL_CUTS_NUMBERS];
    assert_ok(sl_cuts_create(graph, &cuts));
    for (int i = 0; i < 4; i++) {
      static uint32_t side[400];
      const uint32_t source = i ? sl_rng_below(&rng, n) : 0;
      const uint32_t target = i ? (source + 1 + sl_rng_below(&rng, n - 1)) % n : n - 1;
      ask(cuts, SL_CUTS_FLOW, 1 + sl_rng_below(&rng, 900), OPTIONS(0), NODES(source, target), 2, a);
      balanced(a, n, source, target);
      memcpy(side, U32(a[4]), n * sizeof *side);
      const double value = a[2];
      ask(cuts, SL_CUTS_FLOW, some_work(&rng), OPTIONS(1), NODES(source, target), 2, a);
      balanced(a, n, source, target);
      assert_true(a[2] == value && a[3] == 0);
      assert_memory_equal(U32(a[4]), side, n * sizeof *side);
    }
    if (!graph->directed) {
      double least = INFINITY;
      ask(cuts, SL_CUTS_TREE, UINT64_MAX, OPTIONS(0), NULL, 0, a);
      for (uint32_t u = 1; u < n; u++) least = fmin(least, F64(a[3])[u]);
      ask(cuts, SL_CUTS_MINIMUM, some_work(&rng), OPTIONS(0), NULL, 0, a);
      assert_true(a[2] == least && a[3] == 0);
    }
    sl_cuts_destroy(cuts);
    sl_graph_destroy(graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(random_graphs_have_the_flows_of_single_paths),
      property(larger_graphs_have_one_answer_by_all_methods),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
