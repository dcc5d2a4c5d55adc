// Distances and routes over weights of many sizes, against Dijkstra's algorithm in its simplest form;
// and a graph on which nodes would come again and again.
#include "paths_ask.h"

#define MOST 300

static double length_between(const sl_csr *edges, uint32_t u, uint32_t v) {
  for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++)
    if (edges->columns[k] == v) return sl_csr_value(edges, k);
  return INFINITY;
}

// O(n^2): the nearest node that is open, again and again. The smallest predecessor of those that tie.
static void simplest(const sl_graph *graph, uint32_t source, double *distance,
                     uint32_t *predecessor) {
  const sl_csr *edges = graph->outgoing;
  const uint32_t n = graph->node_count;
  bool closed[MOST] = {false};
  for (uint32_t u = 0; u < n; u++) distance[u] = INFINITY;
  distance[source] = 0;
  for (;;) {
    uint32_t u = SL_PATHS_NONE;
    for (uint32_t v = 0; v < n; v++)
      if (!closed[v] && distance[v] < INFINITY && (u == SL_PATHS_NONE || distance[v] < distance[u]))
        u = v;
    if (u == SL_PATHS_NONE) break;
    closed[u] = true;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const double sum = distance[u] + sl_csr_value(edges, k);
      if (sum < distance[edges->columns[k]]) distance[edges->columns[k]] = sum;
    }
  }
  for (uint32_t v = 0; v < n; v++) {
    predecessor[v] = SL_PATHS_NONE;
    for (uint32_t u = 0; u < n && v != source && distance[v] < INFINITY; u++)
      if (distance[u] < distance[v] && distance[u] + length_between(edges, u, v) == distance[v]) {
        predecessor[v] = u;
        break;
      }
  }
}

enum { SMALL, LARGE, FRACTIONS, FLOATS, POWERS, ONE_LONG, TWO_SIZES, KINDS };

static double draw(sl_rng *rng, int kind) {
  switch (kind) {
  case SMALL:
    return 1 + sl_rng_below(rng, 1000);
  case LARGE:
    return 5000 + sl_rng_below(rng, 1u << 22);
  case POWERS:
    return ldexp(1 + sl_rng_double(rng), (int)sl_rng_below(rng, 30));
  case ONE_LONG:
    return sl_rng_below(rng, 200) == 0 ? 1e9 : 1 + sl_rng_below(rng, 3);
  case TWO_SIZES:
    return sl_rng_below(rng, 2) ? 1e-6 * (1 + sl_rng_double(rng)) : 1;
  default:
    return 1 + 999 * sl_rng_double(rng);
  }
}

static void weights_of_every_size(void **state) {
  (void)state;
  static uint32_t from[3 * MOST], to[3 * MOST];
  static double weights[3 * MOST], distance[MOST];
  static float narrow[3 * MOST];
  static uint32_t predecessor[MOST];
  sl_rng rng;
  sl_rng_seed(&rng, 21);
  for (int trial = 0; trial < SL_TRIES(40 * KINDS); trial++) {
    const int kind = trial % KINDS;
    const uint32_t n = 2 + sl_rng_below(&rng, MOST - 1), count = n + sl_rng_below(&rng, 2 * n);
    for (uint32_t k = 0; k < count; k++) {
      // Mostly long and thin, so that distances are large beside the lengths.
      from[k] = sl_rng_below(&rng, n);
      to[k] =
          sl_rng_below(&rng, 4) ? (from[k] + 1 + sl_rng_below(&rng, 4)) % n : sl_rng_below(&rng, n);
      weights[k] = draw(&rng, kind);
      narrow[k] = (float)weights[k];
    }
    const bool floats = kind == FLOATS;
    sl_graph *graph = make_graph(n, count, from, to, floats ? (void *)narrow : (void *)weights,
                                 floats ? SL_VALUES_F32 : SL_VALUES_F64, sl_rng_below(&rng, 2));
    sl_paths *paths;
    assert_ok(sl_paths_create(graph, &paths));
    for (int again = 0; again < 3; again++) {
      const uint32_t source = sl_rng_below(&rng, n), target = sl_rng_below(&rng, n);
      const uint64_t work = again == 0 ? 1 : 1 + sl_rng_below(&rng, 500);
      double answer[SL_PATHS_NUMBERS];
      simplest(graph, source, distance, predecessor);
      ask(paths, SL_PATHS_TREE, work, OPTIONS(1, 0, INFINITY, 1), NODES(source), 1, answer);
      assert_memory_equal(AT(double, answer[3]), distance, n * sizeof *distance);
      assert_memory_equal(AT(uint32_t, answer[4]), predecessor, n * sizeof *predecessor);
      ask(paths, SL_PATHS_TREE, work, OPTIONS(1, 0, distance[target], 1, 1), NODES(source), 1,
          answer);
      for (uint32_t v = 0; v < n; v++)
        assert_true(AT(double, answer[3])[v] ==
                    (distance[v] <= distance[target] ? distance[v] : INFINITY));
      assert_true(answer[4] == 0 && answer[5] == 0);
      ask(paths, SL_PATHS_ROUTE, work, OPTIONS(1), NODES(source, target), 2, answer);
      if (distance[target] == INFINITY) {
        assert_true(answer[2] == INFINITY && answer[3] == 0);
        continue;
      }
      // Both sides are summed from their ends, so that paths that nearly tie may change places.
      assert_true(fabs(answer[2] - distance[target]) <= 1e-12 * distance[target]);
      const uint32_t *path = AT(uint32_t, answer[4]), nodes = (uint32_t)answer[3];
      assert_true(path[0] == source && path[nodes - 1] == target);
      double sum = 0;
      for (uint32_t i = 1; i < nodes; i++)
        sum += length_between(graph->outgoing, path[i - 1], path[i]);
      assert_true(sum == answer[2]);
    }
    sl_paths_destroy(paths);
    sl_graph_destroy(graph);
  }
}

// A chain of short edges, each of whose nodes leads to a hub, every next one a little nearer; the hub
// has many leaves, and its number is smaller than those of the chain, so that it is worked off each
// time. Long edges elsewhere make the mean long, and so the buckets wide.
static void nodes_that_come_again_end_in_another_method(void **state) {
  (void)state;
  enum {
    LINKS = 2000,
    HUB = 0,
    CHAIN = 1,
    LEAF = CHAIN + LINKS,
    FAR = LEAF + LINKS,
    ALL = FAR + 1
  };
  static uint32_t from[4 * LINKS], to[4 * LINKS];
  static double weights[4 * LINKS];
  for (int scale = 1; scale <= 1000; scale *= 1000) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < LINKS; i++) {
      const uint32_t ends[][2] = {{CHAIN + i, i + 1 < LINKS ? CHAIN + i + 1 : FAR},
                                  {CHAIN + i, HUB},
                                  {HUB, LEAF + i},
                                  {LEAF + i, FAR}};
      const double lengths[] = {0.001, 10 - 0.002 * i, 0.5, 400 + i};
      for (int k = 0; k < 4; k++) {
        from[count] = ends[k][0];
        to[count] = ends[k][1];
        weights[count++] = lengths[k] * scale;
      }
    }
    sl_graph *graph = make_graph(ALL, count, from, to, weights, SL_VALUES_F64, true);
    sl_paths *paths;
    double answer[SL_PATHS_NUMBERS];
    const double once = count + (double)ALL, far = 0.001 * LINKS * scale,
                 hub = (0.001 * (LINKS - 1) + 10 - 0.002 * (LINKS - 1)) * scale;
    assert_ok(sl_paths_create(graph, &paths));
    ask(paths, SL_PATHS_TREE, 1000, OPTIONS(1, 0, INFINITY, 1), NODES(CHAIN), 1, answer);
    const double *distance = AT(double, answer[3]);
    assert_true(fabs(distance[HUB] - hub) < 1e-9 * hub);
    assert_true(fabs(distance[LEAF + 7] - hub - 0.5 * scale) < 1e-9 * hub);
    assert_true(fabs(distance[FAR] - far) < 1e-9 * far);
    // Without patience it would be over LINKS * LINKS = 4,000,000.
    assert_true(answer[1] > 8 * once && answer[1] < 12 * once);
    ask(paths, SL_PATHS_ROUTE, 1000, OPTIONS(1), NODES(CHAIN, LEAF + 7), 2, answer);
    assert_true(fabs(answer[2] - hub - 0.5 * scale) < 1e-9 * hub && answer[1] < 40 * once);
    ask(paths, SL_PATHS_ROUTE, 1000, OPTIONS(1), NODES(HUB, HUB), 2, answer);
    assert_true(answer[2] == 0 && answer[3] == 1);
    sl_paths_destroy(paths);
    sl_graph_destroy(graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(weights_of_every_size),
      property(nodes_that_come_again_end_in_another_method),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
