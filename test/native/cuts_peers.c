// What networkx, igraph and scipy say of ten thousand random graphs (test/vectors/graph/generate-random.py).
#define PEERS_OF_CUTS
#include "peers.h"

#include "cuts/assignment.h"
#include "cuts/dynamic_cut.h"
#include "cuts_ask.h"

static void put_all(uint32_t question, const uint32_t *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) peer_put(question, values[i]);
}

// Numbers by first appearance.
static void put_labels(uint32_t question, const uint32_t *labels, uint32_t n) {
  uint32_t seen[PEER_NODES], count = 0;
  for (uint32_t u = 0; u < n; u++) {
    uint32_t i = 0;
    while (i < count && seen[i] != labels[u]) i++;
    if (i == count) seen[count++] = labels[u];
    peer_put(question, i);
  }
}

static void parts_of(const peer_drawn *d, sl_cuts *cuts) {
  double a[SL_CUTS_NUMBERS];
  ask(cuts, SL_CUTS_COMPONENTS, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  put_all(PEER_COMPONENTS, U32(a[3]), d->n);
  if (!d->directed) return;
  ask(cuts, SL_CUTS_STRONG, UINT64_MAX, OPTIONS(1), NULL, 0, a);
  put_labels(PEER_STRONG, U32(a[3]), d->n);
  peer_whole(PEER_STRONG, a[5]);
  for (uint32_t e = 0; e < d->count; e++) assert_true(U32(a[3])[d->from[e]] <= U32(a[3])[d->to[e]]);
}

static void flows(const peer_drawn *d, sl_cuts *cuts) {
  double a[SL_CUTS_NUMBERS];
  const uint32_t pairs[2][2] = {{0, d->n - 1}, {d->n / 2, 0}};
  for (int i = 0; i < 2; i++) {
    if (pairs[i][0] == pairs[i][1]) continue;
    for (int method = 0; method < 2; method++) {
      ask(cuts, SL_CUTS_FLOW, UINT64_MAX, OPTIONS(method), pairs[i], 2, a);
      assert_true(a[3] == 0);
    }
    peer_whole(PEER_FLOW, a[2]);
  }
}

static void assignment(const peer_drawn *d) {
  double numbers[8];
  sl_assignment *made;
  sl_outcome outcome;
  assert_ok(sl_assignment_create(d->rows, d->cols, d->costs, 0, &made));
  assert_ok(sl_job_step(sl_assignment_job(made), UINT64_MAX, &outcome));
  assert_ok(sl_assignment_read(made, numbers));
  peer_whole(PEER_ASSIGNMENT, numbers[2]);
  sl_assignment_destroy(made);
}

static void blocks(const peer_drawn *d, sl_cuts *cuts) {
  double a[SL_CUTS_NUMBERS];
  ask(cuts, SL_CUTS_BLOCKS, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  uint32_t sum = 0;
  for (uint32_t b = 0; b < a[2]; b++) {
    uint32_t state = PEER_START;
    for (uint32_t i = U32(a[3])[b]; i < U32(a[3])[b + 1]; i++)
      state = peer_fnv(state, U32(a[4])[i]);
    sum += state;
  }
  peer_put(PEER_BLOCKS, sum);
  put_all(PEER_BLOCKS, U32(a[6]), (uint32_t)a[5]);
  for (uint32_t i = 0; i < a[7]; i++) {
    peer_put(PEER_BLOCKS, U32(a[8])[i]);
    peer_put(PEER_BLOCKS, U32(a[9])[i]);
  }
  put_all(PEER_BRIDGED, U32(a[11]), d->n);
}

static void density(const peer_drawn *d, sl_cuts *cuts) {
  double a[SL_CUTS_NUMBERS];
  ask(cuts, SL_CUTS_BIPARTITE, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  if (a[2] > 0)
    peer_put(PEER_SIDES, PEER_CYCLE);
  else
    put_all(PEER_SIDES, U32(a[4]), d->n);
  ask(cuts, SL_CUTS_CORES, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  put_all(PEER_CORES, U32(a[3]), d->n);
  ask(cuts, SL_CUTS_TRIANGLES, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  for (uint32_t u = 0; u < d->n; u++) peer_whole(PEER_TRIANGLES, F64(a[3])[u]);
  for (uint32_t u = 0; u < d->n; u++) peer_grid(PEER_TRIANGLES, F64(a[4])[u]);
  peer_grid(PEER_TRIANGLES, a[5]);
  peer_grid(PEER_TRIANGLES, a[6]);
}

static void forests(sl_cuts *cuts) {
  double a[SL_CUTS_NUMBERS];
  for (int maximum = 0; maximum < 2; maximum++) {
    ask(cuts, SL_CUTS_SPANNING, UINT64_MAX, OPTIONS(maximum), NULL, 0, a);
    peer_whole(PEER_SPANNING, a[6]);
  }
  peer_whole(PEER_SPANNING, a[7]);
}

static void cuts_of(const peer_drawn *d, sl_cuts *cuts) {
  double a[SL_CUTS_NUMBERS];
  if (d->n > 1) {
    ask(cuts, SL_CUTS_MINIMUM, UINT64_MAX, OPTIONS(0), NULL, 0, a);
    peer_whole(PEER_MINIMUM, a[2]);
  }
  ask(cuts, SL_CUTS_TREE, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  const uint32_t *parent = U32(a[2]);
  for (uint32_t u = 0; u < d->n; u++) {
    double least[PEER_NODES], up = INFINITY;
    for (uint32_t v = 0; v < d->n; v++) least[v] = -1;
    for (uint32_t at = u; at != SL_CUTS_NONE; at = parent[at]) {
      least[at] = up;
      up = fmin(up, F64(a[3])[at]);
    }
    for (uint32_t v = 0; v < u; v++) {
      double down = INFINITY;
      uint32_t at = v;
      for (; least[at] < 0; at = parent[at]) down = fmin(down, F64(a[3])[at]);
      peer_whole(PEER_TREE_OF_CUTS, fmin(down, least[at]));
    }
  }
}

static void pairs(const peer_drawn *d, sl_cuts *cuts) {
  double a[SL_CUTS_NUMBERS];
  ask(cuts, SL_CUTS_MATCHING, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  peer_whole(PEER_MATCHING, a[2]);
  const double size = a[2];
  for (int most = 0; most < 2; most++) {
    ask(cuts, SL_CUTS_WEIGHTED, UINT64_MAX, OPTIONS(most), NULL, 0, a);
    peer_whole(PEER_WEIGHTED, a[4]);
    assert_true(a[5] == 0);
    if (most) assert_true(a[2] == size);
  }
  // As many nodes as a matching has edges are needed; loops need theirs.
  ask(cuts, SL_CUTS_COVER, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  assert_true(a[2] >= size && a[2] <= 2 * a[4]);
  if (!d->loops) assert_true(a[4] <= size);
}

static void colours(const peer_drawn *d, sl_cuts *cuts) {
  double a[SL_CUTS_NUMBERS];
  uint32_t from[4 * PEER_NODES], to[4 * PEER_NODES], count = 0;
  sl_graph *plain = d->graph;
  if (d->loops) { // which colours refuse
    for (uint32_t e = 0; e < d->count; e++) {
      if (d->from[e] == d->to[e]) continue;
      from[count] = d->from[e];
      to[count++] = d->to[e];
    }
    plain = make_graph(d->n, count, from, to, NULL, SL_VALUES_PATTERN, false);
    assert_ok(sl_cuts_create(plain, &cuts));
  }
  ask(cuts, SL_CUTS_BIPARTITE, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  const bool bipartite = a[2] == 0;
  ask(cuts, SL_CUTS_COLOURING, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  put_all(PEER_COLOURS, U32(a[3]), d->n);
  ask(cuts, SL_CUTS_COLOURING, UINT64_MAX, OPTIONS(2), NULL, 0, a);
  if (bipartite)
    peer_whole(PEER_COLOURS, a[2]);
  else
    peer_put(PEER_COLOURS, PEER_CYCLE);
  if (!d->loops) return;
  sl_cuts_destroy(cuts);
  sl_graph_destroy(plain);
}

static void changes(const peer_drawn *d) {
  uint32_t from[5], to[5], count = 0;
  double by[5], numbers[SL_DYNAMIC_CUT_NUMBERS];
  sl_dynamic_cut *cut;
  sl_outcome outcome;
  if (d->n == 1) return;
  uint32_t first = PEER_NONE;
  for (uint32_t e = 0; e < d->count; e++) {
    if (d->from[e] == d->to[e]) continue;
    if (first == PEER_NONE || d->from[e] < d->from[first] ||
        (d->from[e] == d->from[first] && d->to[e] < d->to[first]))
      first = e;
  }
  if (first != PEER_NONE) {
    from[count] = d->from[first];
    to[count] = d->to[first];
    by[count++] = -INFINITY;
  }
  const uint32_t more[4][2] = {{0, d->n - 1}, {0, d->n / 2}, {d->n / 2, d->n - 1}, {0, d->n - 1}};
  const double weights[4] = {3, 2, 1, -3};
  for (int i = 0; i < 4; i++) {
    if (more[i][0] == more[i][1]) continue;
    from[count] = more[i][0];
    to[count] = more[i][1];
    by[count++] = weights[i];
  }
  assert_ok(sl_dynamic_cut_create(d->graph, &cut));
  assert_ok(sl_dynamic_cut_begin(cut, count, from, to, by));
  assert_ok(sl_job_step(sl_dynamic_cut_job(cut), UINT64_MAX, &outcome));
  assert_ok(sl_dynamic_cut_read(cut, numbers));
  for (uint32_t i = 0; i < count; i++) peer_whole(PEER_CHANGES, F64(numbers[4])[i]);
  sl_dynamic_cut_destroy(cut);
}

static void answer_all(const peer_drawn *d) {
  sl_cuts *cuts;
  assert_ok(sl_cuts_create(d->graph, &cuts));
  parts_of(d, cuts);
  flows(d, cuts);
  assignment(d);
  if (!d->directed) {
    blocks(d, cuts);
    density(d, cuts);
    forests(cuts);
    cuts_of(d, cuts);
    pairs(d, cuts);
    colours(d, cuts);
    changes(d);
  }
  sl_cuts_destroy(cuts);
}

static void random_graphs_as_networkx_and_igraph_see_them(void **state) {
  (void)state;
  peer_compare(answer_all);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(random_graphs_as_networkx_and_igraph_see_them)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
