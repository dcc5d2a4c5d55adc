// Personalised PageRank seen from a target: how much each source contributes to it, and the score
// of one pair, without the scores of everything else.
//
// p_s(t), the score of t from source s (see diffusion/pagerank.h), is an entry of an inverse. With Q = P
// whose dangling rows are zero and A = I - d Q (strictly row dominant with slack 1 - d),
//
//   p_s(t) = (1 - d) g(s) / (1 - d h(s)),   A g = e_t,   A h = 1 at dangling nodes, 0 elsewhere:
//
// h(s) is where walks that ended in a dangling node, and restart at s, are accounted for; it is 0
// without such nodes. g for all s is a sparse solution (push against the edges from t), g(s) for
// one s an inner product (push from both sides and random walks between them), and both come from
// the solver room with their certificates. What is added here - the matrix in f64, the quotient, h
// - is part of the bound that is reported.
//
// One sl_contributions serves one graph and one damping.
//
//   sl_contributions_create
//     -> [ sl_contributions_begin_target | sl_contributions_begin_pair
//          -> sl_job_step(sl_contributions_job(...), ...) -> sl_contributions_finish ]*
#ifndef SL_CONTRIBUTIONS_CONTRIBUTIONS_H
#define SL_CONTRIBUTIONS_CONTRIBUTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"
#include "solver/local.h"

typedef struct sl_contributions_options {
  double tolerance; // > 0 and finite: wanted of the bound (or interval) of each score. Default 1e-6
  double confidence;  // pair only; in (0, 1): walks may be used, and the interval holds with at
                      // least this probability. 0 (default): proved bounds only
  uint64_t seed;      // of the walks
  uint64_t push_work; // edge operations of pushing before something else takes over; 0 (default):
                      // 0.3 of the edges, at least 30,000
  uint64_t max_work;  // edge operations in all; 0 (default): no limit
} sl_contributions_options;

sl_contributions_options sl_contributions_options_default(void);

typedef struct sl_contributions_result {
  sl_outcome outcome;     // CONVERGED: error_bound or half_width <= tolerance. WORK_LIMIT,
                          // TIME_LIMIT. STAGNATED: rounding is larger than the tolerance
  sl_local_method method; // how g was found
  double value;           // pair: the score, in [0, 1]; target: 0
  double error_bound;     // proved: of value, or of every node's score (those not listed are 0)
  double half_width;      // pair: of the interval; infinite when there were no walks
  uint64_t walks;         // that the interval rests on
  uint32_t count;         // target: entries of nodes and scores; pair: 0
  const uint32_t *nodes;  // ascending; both live until the next begin
  const double *scores;   // contribution of each node as a source, in [0, 1]
  uint64_t touched_nodes; // rows or columns read; node_count more for each full solve
  uint64_t edge_operations;
} sl_contributions_result;

typedef struct sl_contributions sl_contributions;

// Builds A.
//   graph    read; must outlive the object
//   damping  0 < damping < 1
//   Errors: ERR_OPTION ("damping"), ERR_RANGE ("graph", node: weights that sum to outside of
//           2^-300 .. 2^300), ERR_OVERFLOW ("graph"), ERR_MEMORY.
//   Allocates 12 bytes an edge and 24 a node; what a kind of question needs is added when it is
//   first asked: the transpose and 49 bytes a node (pair: 98). O(edges).
sl_status sl_contributions_create(sl_graph *graph, double damping, sl_contributions **out);

// Frees it. NULL is allowed.
void sl_contributions_destroy(sl_contributions *contributions);

// Bytes held, the graph not counted.
size_t sl_contributions_bytes(const sl_contributions *contributions);

// The damping that it was made with.
double sl_contributions_damping(const sl_contributions *contributions);

// Starts a question; a running one is dropped.
//   Errors: ERR_OPTION ("tolerance", "confidence"), ERR_INDEX ("target", "source"), ERR_MEMORY.
//   A graph with dangling nodes costs one full solve for h the first time, and again when a much
//   smaller tolerance is asked for.
sl_status sl_contributions_begin_target(sl_contributions *contributions,
                                        const sl_contributions_options *options, uint32_t target);
sl_status sl_contributions_begin_pair(sl_contributions *contributions,
                                      const sl_contributions_options *options, uint32_t source,
                                      uint32_t target);

// Either of them: what both doors call.
//   source    2^32 - 1 for every source
sl_status sl_contributions_begin(sl_contributions *contributions,
                                 const sl_contributions_options *options, uint32_t source,
                                 uint32_t target);

// The question that was begun last, as work in steps (base/job.h). A step fails with ERR_MEMORY.
sl_job *sl_contributions_job(sl_contributions *contributions);
extern const sl_job_kind sl_contributions_kind;

// Gives the answer. Errors: ERR_STATE (not begun, or still running), ERR_MEMORY.
//   O(count log count) after a target.
sl_status sl_contributions_finish(sl_contributions *contributions, sl_contributions_result *result);

#endif
