#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "graph/components.h"

// Components by spreading the smallest number until nothing changes.
static uint32_t spread(uint32_t n, uint32_t count, const uint32_t *from, const uint32_t *to,
                       uint32_t *labels) {
  for (uint32_t u = 0; u < n; u++) labels[u] = u;
  for (int changed = 1; changed;) {
    changed = 0;
    for (uint32_t k = 0; k < count; k++) {
      uint32_t *a = &labels[from[k]], *b = &labels[to[k]];
      if (*a == *b) continue;
      if (*a < *b)
        *b = *a;
      else
        *a = *b;
      changed = 1;
    }
  }
  uint32_t *number = malloc(n * sizeof *number), found = 0;
  for (uint32_t u = 0; u < n; u++) number[u] = labels[u] == u ? found++ : UINT32_MAX;
  for (uint32_t u = 0; u < n; u++) labels[u] = number[labels[u]];
  free(number);
  return found;
}

static void check_graph(uint32_t n, uint32_t count, const uint32_t *from, const uint32_t *to,
                        bool directed) {
  sl_graph *graph;
  assert_ok(sl_graph_from_edges(n, count, from, to, NULL, SL_VALUES_PATTERN, directed, &graph));
  uint32_t *labels = malloc(n * sizeof *labels), *wanted = malloc(n * sizeof *wanted), found;
  sl_graph_components(graph, labels, &found);
  assert_int_equal(found, spread(n, count, from, to, wanted));
  assert_memory_equal(labels, wanted, n * sizeof *labels);
  free(labels);
  free(wanted);
  sl_graph_destroy(graph);
}

static void components_match_spreading(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 17);
  uint32_t from[60], to[60];
  for (int trial = 0; trial < SL_TRIES(3000); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, 40), count = sl_rng_below(&rng, 60);
    for (uint32_t k = 0; k < count; k++) {
      from[k] = sl_rng_below(&rng, n);
      to[k] = sl_rng_below(&rng, n);
    }
    check_graph(n, count, from, to, trial % 2);
  }
}

// Long paths in bad orders, over several blocks of nodes.
static void paths_of_any_order_are_one_component(void **state) {
  (void)state;
  enum { N = 5000 };
  uint32_t *from = malloc(N * sizeof *from), *to = malloc(N * sizeof *to);
  for (uint32_t k = 0; k + 1 < N; k++) {
    from[k] = N - 1 - k;
    to[k] = N - 2 - k;
  }
  check_graph(N, N - 1, from, to, true);
  check_graph(N + 7, N - 1, from, to, false);
  // Evens first, then odds, joined at the end.
  for (uint32_t k = 0; k + 2 < N; k++) {
    from[k] = k;
    to[k] = k + 2;
  }
  check_graph(N, N - 2, from, to, false);
  from[N - 2] = N - 1;
  to[N - 2] = N - 2;
  check_graph(N, N - 1, from, to, true);
  free(from);
  free(to);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(components_match_spreading),
      property(paths_of_any_order_are_one_component),
  };
  return cmocka_run_group_tests_name("graph_components", tests, NULL, NULL);
}
