// Sources for the tests of the diffusion room.
#ifndef SL_TEST_DIFFUSION_GRAPHS_H
#define SL_TEST_DIFFUSION_GRAPHS_H

#include <string.h>

#include "diffusion/pagerank.h"
#include "graphs.h"

typedef struct source {
  uint32_t nodes[8];
  double weights[8];
  uint32_t count; // 0: global
  double s[LARGEST];
} source;

static inline source random_source(sl_rng *rng, uint32_t n) {
  source it = {.count = sl_rng_below(rng, 5)};
  double sum = 0;
  memset(it.s, 0, sizeof it.s);
  for (uint32_t i = 0; i < it.count; i++) {
    it.nodes[i] = sl_rng_below(rng, n);
    it.weights[i] = i > 0 && sl_rng_below(rng, 4) == 0 ? 0 : 0.01 + sl_rng_double(rng);
    sum += it.weights[i];
    it.s[it.nodes[i]] += it.weights[i];
  }
  for (uint32_t u = 0; u < n; u++) it.s[u] = it.count == 0 ? 1.0 / n : it.s[u] / sum;
  return it;
}

#endif
