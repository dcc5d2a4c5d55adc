// What runs of PageRank and of the heat kernel are asked with and what they give.
#ifndef SL_DIFFUSION_TYPES_H
#define SL_DIFFUSION_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

//  X(name, value, text). Values are pinned; the text is what TypeScript shows.
#define SL_PAGERANK_METHOD_LIST(X)                                                                   \
  /* push, and when its predicted work is too much, GAUSS_SEIDEL or CONJUGATE_GRADIENT */            \
  X(AUTO, 0, "auto")                                                                                 \
  /* forward push from a queue: touches only what it must */                                         \
  X(PUSH, 1, "push")                                                                                 \
  /* power iteration: the textbook method, for comparison */                                         \
  X(POWER, 2, "power")                                                                               \
  /* sweeps over all nodes that push what they find */                                               \
  X(GAUSS_SEIDEL, 3, "gaussSeidel")                                                                  \
  /* undirected graphs only; the fastest there */                                                    \
  X(CONJUGATE_GRADIENT, 4, "conjugateGradient")                                                      \
  /* how a heat kernel is computed; no method of PageRank */                                         \
  X(SERIES, 5, "series")                                                                             \
  /* push, and when its predicted work is too much, power iteration from where push stopped; from  \
     every node: power iteration */ \
  X(PUSH_POWER, 6, "pushPower")

typedef enum sl_pagerank_method {
#define X(name, value, text) SL_PAGERANK_##name = value,
  SL_PAGERANK_METHOD_LIST(X)
#undef X
} sl_pagerank_method;

typedef struct sl_pagerank_options {
  double damping;            // 0 < damping < 1; probability of following an edge. Default 0.85
  double tolerance;          // > 0, finite: L1 error to reach. Default 1e-6
  sl_pagerank_method method; // default AUTO
  uint32_t top_k;            // 0 = all touched nodes; else the top_k best (at most node_count)
  bool settle_ranking;       // with top_k > 0 and AUTO or PUSH: ignore the tolerance and stop when
                             // the top_k look settled, or after 1/128 of the edges. The scores then
                             // assume that on undirected graphs what was not pushed yet has mixed.
                             // Nothing is proved beyond error_bound. Default false
  bool prove_ranking; // with top_k > 0: after the tolerance is met, go on until every place of the
                      // top_k is proved, STAGNATED when rounding hides a tie. Default false
  uint32_t max_iterations; // >= 1: sweeps or iterations over the whole graph. Default 10,000
  uint64_t max_work;       // >= 1: edge operations. Default UINT64_MAX
} sl_pagerank_options;

// What a run gave. `nodes` and `scores` belong to the object that ran and live until its next
// begin.
typedef struct sl_diffusion_result {
  sl_outcome outcome;        // CONVERGED: error_bound <= tolerance, or the ranking looks settled
                             // (settle_ranking); ITERATION_LIMIT; WORK_LIMIT (max_work, or the
                             // budget of settle_ranking); TIME_LIMIT;
                             // STAGNATED: tolerance lies below what f64 can reach here
  sl_pagerank_method method; // the one that produced the result, never AUTO
  uint32_t iterations;       // sweeps or iterations over the whole graph; 0 for pure push
  double error_bound;        // L1 norm, rigorous; over all nodes (scores as by
                             // sl_pagerank_scores), with settle_ranking over the listed ones
  uint32_t touched_nodes;    // nodes that got a score or a residual
  uint64_t edge_operations;  // edges followed, those of the certificate included
  uint32_t proved_places;    // with top_k: places that error_bound proves to hold the right node;
                             // always 0 with settle_ranking
  uint32_t count;            // entries of nodes and scores
  const uint32_t *nodes;     // top_k: by falling score, ties by rising node; else rising
  const double *scores;      // >= 0
} sl_diffusion_result;

#endif
