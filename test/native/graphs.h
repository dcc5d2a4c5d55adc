// Random graphs.
#ifndef SL_TEST_GRAPHS_H
#define SL_TEST_GRAPHS_H

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "graph/graph.h"

#define LARGEST 24 // nodes of a dense check

static inline sl_graph *make_graph(uint32_t n, uint32_t count, const uint32_t *from,
                                   const uint32_t *to, const void *weights, sl_value_type type,
                                   bool directed) {
  sl_graph *g;
  assert_ok(sl_graph_from_edges(n, count, from, to, weights, type, directed, &g));
  return g;
}

static inline sl_graph *random_graph(sl_rng *rng, uint32_t largest) {
  static uint32_t from[400], to[400];
  static double weights[400];
  static float narrow[400];
  uint32_t n = 1 + sl_rng_below(rng, largest);
  uint32_t count = sl_rng_below(rng, 4 * n + 1);
  bool extreme = sl_rng_below(rng, 4) == 0;
  for (uint32_t k = 0; k < count; k++) {
    from[k] = sl_rng_below(rng, n);
    to[k] = sl_rng_below(rng, n);
    weights[k] = extreme ? ldexp(1 + sl_rng_double(rng), (int)sl_rng_below(rng, 40) - 20)
                         : 0.1 + sl_rng_double(rng);
    narrow[k] = (float)weights[k];
  }
  sl_value_type type = (sl_value_type)sl_rng_below(rng, 3);
  const void *values = type == SL_VALUES_F64   ? (void *)weights
                       : type == SL_VALUES_F32 ? (void *)narrow
                                               : NULL;
  return make_graph(n, count, from, to, values, type, sl_rng_below(rng, 2));
}

static inline sl_graph *undirected_graph(sl_rng *rng, uint32_t largest) {
  for (;;) {
    sl_graph *g = random_graph(rng, largest);
    if (!g->directed) return g;
    sl_graph_destroy(g);
  }
}

#endif
