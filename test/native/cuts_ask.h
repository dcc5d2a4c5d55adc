// Asking questions of the room cuts in native tests, and random graphs with what is known of them.
#ifndef SL_TEST_CUTS_ASK_H
#define SL_TEST_CUTS_ASK_H

#include <math.h>

#include "cuts/cuts.h"
#include "graphs.h"

#define AT(type, number) ((const type *)(uintptr_t)(number))
#define U32(number) AT(uint32_t, number)
#define F64(number) AT(double, number)
#define OPTIONS(...) ((const double[SL_CUTS_OPTIONS]){__VA_ARGS__})
#define NODES(...) ((const uint32_t[]){__VA_ARGS__})

// Asks, in steps of `work`, and reads the answer. Options that are not given are 0.
static inline void ask(sl_cuts *cuts, sl_cuts_question question, uint64_t work,
                       const double *options, const uint32_t *nodes, uint32_t count,
                       double *answer) {
  sl_outcome outcome;
  assert_ok(sl_cuts_begin(cuts, question, options, nodes, count));
  do assert_ok(sl_job_step(sl_cuts_job(cuts), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_cuts_read(cuts, answer));
  assert_int_equal(answer[0], SL_OUTCOME_CONVERGED);
}

static inline uint64_t some_work(sl_rng *rng) { return sl_rng_below(rng, 2) ? 1 : UINT64_MAX; }

#define MOST 30

// A graph of at most 30 nodes as bits and as weights.
typedef struct sample {
  sl_graph *graph;
  uint32_t n;
  bool weighted, whole, directed;
  uint32_t out[MOST];        // bits: there is an edge; undirected: of both ends
  double weight[MOST][MOST]; // 0: no edge
} sample;

static inline sample draw(sl_rng *rng, uint32_t most, bool directed) {
  sample s = {.directed = directed};
  uint32_t from[4 * MOST], to[4 * MOST];
  double weights[4 * MOST];
  float narrow[4 * MOST];
  s.n = 1 + sl_rng_below(rng, most);
  const uint32_t kind = sl_rng_below(rng, 4);
  uint32_t count = sl_rng_below(rng, 2 + sl_rng_below(rng, 3) * s.n);
  const bool loops = sl_rng_below(rng, 4) == 0;
  s.weighted = kind > 0;
  s.whole = kind < 3;
  for (uint32_t k = 0; k < count; k++) {
    do {
      from[k] = sl_rng_below(rng, s.n);
      to[k] = sl_rng_below(rng, s.n);
    } while (!loops && s.n > 1 && from[k] == to[k]);
    weights[k] = s.whole ? 1 + sl_rng_below(rng, 5) : 0.1 * (1 + sl_rng_below(rng, 9));
    narrow[k] = (float)weights[k];
  }
  if (s.n == 1 && !loops) count = 0;
  const sl_value_type type = kind == 0   ? SL_VALUES_PATTERN
                             : kind == 1 ? SL_VALUES_F32
                                         : SL_VALUES_F64;
  const void *values = kind == 0 ? NULL : kind == 1 ? (void *)narrow : (void *)weights;
  s.graph = make_graph(s.n, count, from, to, values, type, s.directed);
  const sl_csr *edges = s.graph->outgoing;
  for (uint32_t u = 0; u < s.n; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      s.out[u] |= 1u << edges->columns[k];
      s.weight[u][edges->columns[k]] = s.weighted ? sl_csr_value(edges, k) : 1;
    }
  }
  return s;
}

// Nodes that u reaches within the set.
static inline uint32_t reach(const uint32_t *out, uint32_t u, uint32_t within) {
  uint32_t seen = 1u << u, fresh = seen;
  while (fresh) {
    uint32_t next = 0;
    for (uint32_t v = 0; v < MOST; v++)
      if (fresh >> v & 1) next |= out[v];
    fresh = next & within & ~seen;
    seen |= fresh;
  }
  return seen;
}

static inline uint32_t all_of(uint32_t n) { return (uint32_t)((1ull << n) - 1); }

// Number of connected parts of an undirected graph within the set.
static inline uint32_t parts(const uint32_t *out, uint32_t within) {
  uint32_t count = 0;
  for (uint32_t u = 0; u < MOST; u++) {
    if (!(within >> u & 1)) continue;
    within &= ~reach(out, u, within);
    count++;
  }
  return count;
}

static inline bool near(double a, double b) {
  return a == b || fabs(a - b) <= 1e-12 * (fabs(a) + fabs(b));
}

#endif
