// What networkx and igraph say of ten thousand random graphs (test/vectors/graph/generate-random.py).
#define PEERS_OF_PATHS
#include "peers.h"

#include "paths/bellman_ford.h"
#include "paths/hierarchy.h"
#include "paths_ask.h"

static uint32_t ends(const peer_drawn *d, uint32_t from, uint32_t to, sl_paths *paths,
                     sl_hierarchy *hierarchy) {
  double plain[SL_PATHS_NUMBERS], numbers[4];
  ask(paths, SL_PATHS_ROUTE, UINT64_MAX, OPTIONS(1), NODES(from, to), 2, plain);
  assert_ok(sl_hierarchy_route(hierarchy, from, to, numbers));
  assert_true(numbers[0] == plain[2]);
  assert_true(plain[3] <= d->n);
  return plain[2] == INFINITY ? PEER_NONE : (uint32_t)plain[2];
}

static void routes(const peer_drawn *d, sl_paths *paths) {
  double answer[SL_PATHS_NUMBERS];
  sl_hierarchy *hierarchy;
  sl_outcome outcome;
  assert_ok(sl_hierarchy_create(d->graph, true, &hierarchy));
  assert_ok(sl_job_step(sl_hierarchy_job(hierarchy), UINT64_MAX, &outcome));
  const uint32_t there = ends(d, 0, d->n - 1, paths, hierarchy),
                 back = ends(d, d->n / 2, 0, paths, hierarchy);
  peer_put(PEER_ROUTES, there);
  peer_put(PEER_ROUTES, back);
  ask(paths, SL_PATHS_PREPARE, UINT64_MAX, OPTIONS(1, 3), NULL, 0, answer);
  assert_int_equal(ends(d, 0, d->n - 1, paths, hierarchy), there);
  assert_int_equal(ends(d, d->n / 2, 0, paths, hierarchy), back);
  sl_hierarchy_destroy(hierarchy);
}

static void trees(const peer_drawn *d, sl_paths *paths) {
  double answer[SL_PATHS_NUMBERS];
  ask(paths, SL_PATHS_TREE, UINT64_MAX, OPTIONS(1, 0, INFINITY, 1), NODES(0), 1, answer);
  for (uint32_t v = 0; v < d->n; v++) peer_whole(PEER_TREE, AT(double, answer[3])[v]);
  for (uint32_t v = 0; v < d->n; v++) peer_put(PEER_TREE, AT(uint32_t, answer[4])[v]);
  ask(paths, SL_PATHS_TREE, UINT64_MAX, OPTIONS(0, 0, INFINITY, 0), NODES(0), 1, answer);
  for (uint32_t v = 0; v < d->n; v++) peer_put(PEER_LEVELS, AT(uint32_t, answer[3])[v]);
  ask(paths, SL_PATHS_TREE, UINT64_MAX, OPTIONS(1, 0, 6, 1), NODES(0, d->n - 1), 2, answer);
  for (uint32_t v = 0; v < d->n; v++) peer_whole(PEER_NEAR, AT(double, answer[3])[v]);
  ask(paths, SL_PATHS_ALL, UINT64_MAX, OPTIONS(1), NULL, 0, answer);
  for (uint32_t i = 0; i < d->n * d->n; i++) peer_whole(PEER_ALL, AT(double, answer[2])[i]);
}

static void alternatives(const peer_drawn *d, sl_paths *paths) {
  double answer[SL_PATHS_NUMBERS];
  if (d->n == 1) return;
  ask(paths, SL_PATHS_SHORTEST_SIMPLE, UINT64_MAX, OPTIONS(1, 4), NODES(0, d->n - 1), 2, answer);
  for (uint32_t i = 0; i < answer[2]; i++) peer_whole(PEER_SIMPLE, AT(double, answer[3])[i]);
}

static void orders(const peer_drawn *d, sl_paths *paths) {
  double answer[SL_PATHS_NUMBERS];
  bool acyclic = false;
  if (d->directed) {
    ask(paths, SL_PATHS_ORDER, UINT64_MAX, OPTIONS(0), NULL, 0, answer);
    acyclic = answer[4] == 0;
  }
  if (!acyclic) {
    peer_put(PEER_ORDER, PEER_CYCLE);
    peer_put(PEER_CRITICAL, PEER_CYCLE);
    peer_put(PEER_REDUCTION, PEER_CYCLE);
    return;
  }
  for (uint32_t i = 0; i < d->n; i++) peer_put(PEER_ORDER, AT(uint32_t, answer[3])[i]);
  ask(paths, SL_PATHS_CRITICAL, UINT64_MAX, OPTIONS(1, 0, 1), NULL, 0, answer);
  peer_whole(PEER_CRITICAL, answer[2]);
  ask(paths, SL_PATHS_REDUCTION, UINT64_MAX, OPTIONS(0), NULL, 0, answer);
  for (uint32_t e = 0; e < answer[2]; e++) {
    peer_put(PEER_REDUCTION, AT(uint32_t, answer[3])[e]);
    peer_put(PEER_REDUCTION, AT(uint32_t, answer[4])[e]);
  }
}

static void measures(const peer_drawn *d, sl_paths *paths) {
  double answer[SL_PATHS_NUMBERS];
  ask(paths, SL_PATHS_ECCENTRICITY, UINT64_MAX, OPTIONS(1, 2), NULL, 0, answer);
  for (uint32_t v = 0; v < d->n; v++) peer_whole(PEER_EXTENT, AT(double, answer[8])[v]);
  peer_whole(PEER_EXTENT, answer[2]);
  peer_whole(PEER_EXTENT, answer[5]);
  peer_whole(PEER_EXTENT, answer[9]);
  ask(paths, SL_PATHS_CLOSENESS, UINT64_MAX, OPTIONS(1), NULL, 0, answer);
  for (uint32_t v = 0; v < d->n; v++) {
    const double sum = AT(double, answer[3])[v], others = AT(uint32_t, answer[5])[v] - 1.0;
    peer_grid(PEER_CLOSENESS, sum > 0 ? others / sum * (others / (d->n - 1)) : 0);
    peer_grid(PEER_HARMONIC, AT(double, answer[4])[v]);
  }
  ask(paths, SL_PATHS_BETWEENNESS, UINT64_MAX, OPTIONS(1), NULL, 0, answer);
  for (uint32_t v = 0; v < d->n; v++)
    peer_grid(PEER_BETWEENNESS, AT(double, answer[2])[v] / fmax(1, (d->n - 1.0) * (d->n - 2.0)));
}

// Lengths from -1 on.
static void below_zero(const peer_drawn *d) {
  double lengths[4 * PEER_NODES], numbers[8];
  sl_bellman_ford *b;
  sl_outcome outcome;
  for (uint32_t e = 0; e < d->count; e++) lengths[e] = d->weights[e] - 2;
  assert_ok(sl_bellman_ford_create(d->n, d->count, d->from, d->to, lengths, 0, &b));
  assert_ok(sl_job_step(sl_bellman_ford_job(b), UINT64_MAX, &outcome));
  assert_ok(sl_bellman_ford_read(b, numbers));
  if (numbers[5] > 0) {
    assert_true(numbers[7] < 0);
    peer_put(PEER_SIGNED, PEER_CYCLE);
  } else {
    for (uint32_t v = 0; v < d->n; v++) peer_whole(PEER_SIGNED, AT(double, numbers[2])[v]);
  }
  sl_bellman_ford_destroy(b);
}

static void answer_all(const peer_drawn *d) {
  sl_paths *paths;
  assert_ok(sl_paths_create(d->graph, &paths));
  trees(d, paths);
  routes(d, paths);
  alternatives(d, paths);
  orders(d, paths);
  measures(d, paths);
  below_zero(d);
  sl_paths_destroy(paths);
}

static void random_graphs_as_networkx_and_igraph_see_them(void **state) {
  (void)state;
  peer_compare(answer_all);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(random_graphs_as_networkx_and_igraph_see_them)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
