// The PageRank family: the stationary distribution of a random walk with restart.
//
//   p = (1 - d) s + d P^T p,   P_uv = w_uv / (sum of u's outgoing weights)
//
// d is the damping, s the source distribution: one node or several (personalised PageRank) or every
// node alike (global PageRank). A walker in a node without outgoing edges (a dangling node)
// restarts at the source distribution, as in networkx. Then p exists, is unique, >= 0 and sums
// to 1.
//
// An answer carries a rigorous bound for its L1 error (sum over all nodes of |score - p|), rounding
// included. It rests on one identity. With Q = P whose dangling rows are zero, any x >= 0 or not
// and
//   r = s - x + d Q^T x,   S = (1 - d) sum(x) + sum(r)
// give  p = ((1 - d) x + G r) / S,  where G is stochastic: so ||p - (1 - d) x / S||_1 <= ||r||_1 /
// S. One more step, x + r in place of x, multiplies the bound by d at no cost. All methods end
// there.
//
// One sl_pagerank serves one graph and any number of runs, one after the other. Its workspace is
// allocated once; a run that touches little costs little, also to clean up.
//
//   sl_pagerank_create -> [ sl_pagerank_begin | sl_pagerank_begin_global
//                           -> sl_job_step(sl_pagerank_job(...), ...) -> sl_pagerank_finish ]*
#ifndef SL_DIFFUSION_PAGERANK_H
#define SL_DIFFUSION_PAGERANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

typedef enum sl_pagerank_method {
  SL_PAGERANK_AUTO = 0,  // push, and when its predicted work is too much, one of the last two
  SL_PAGERANK_PUSH = 1,  // forward push from a queue: touches only what it must
  SL_PAGERANK_POWER = 2, // power iteration: the textbook method, for comparison
  SL_PAGERANK_GAUSS_SEIDEL = 3,       // sweeps over all nodes that push what they find
  SL_PAGERANK_CONJUGATE_GRADIENT = 4, // undirected graphs only; the fastest there
  SL_PAGERANK_PUSH_POWER = 6, // push, and when its predicted work is too much, power iteration from
                              // where push stopped; from every node: power iteration
  SL_PAGERANK_SERIES = 5, // heat kernel: the only method of sl_heat_kernel_begin, and only there
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

sl_pagerank_options sl_pagerank_options_default(void);

// What a run gave. `nodes` and `scores` belong to the sl_pagerank and live until its next call.
typedef struct sl_pagerank_result {
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
} sl_pagerank_result;

typedef struct sl_pagerank sl_pagerank;

// Makes the workspace for a graph, which must outlive it.
//   Errors: ERR_MEMORY. Allocates about 40 bytes a node. O(edges) the first time on a graph.
sl_status sl_pagerank_create(sl_graph *graph, sl_pagerank **out);

// Frees it. NULL is allowed.
void sl_pagerank_destroy(sl_pagerank *pagerank);

// Bytes held now. It grows by up to 36 bytes a node when a global method first runs.
size_t sl_pagerank_bytes(const sl_pagerank *pagerank);

// Starts a run from a source distribution; a run that was not finished is dropped.
//   nodes      count entries, read, each < node_count; repeated nodes add up
//   weights    count entries, read, finite and >= 0 with a positive, finite sum; scaled to sum 1.
//              NULL: all alike
//   Errors: ERR_OPTION (a field's name), ERR_UNSUPPORTED ("method": conjugate gradients on a
//           directed graph, or settle_ranking without push), ERR_EMPTY ("source"), ERR_INDEX
//           ("source", position), ERR_NOT_FINITE, ERR_NOT_POSITIVE ("source", position),
//           ERR_MEMORY.
//   May allocate. O(count + what the last run touched). Safe on untrusted data: yes.
sl_status sl_pagerank_begin(sl_pagerank *pagerank, const sl_pagerank_options *options,
                            const uint32_t *nodes, const double *weights, uint32_t count);

// The same with every node as a source: global PageRank. settle_ranking is refused. O(node_count).
sl_status sl_pagerank_begin_global(sl_pagerank *pagerank, const sl_pagerank_options *options);

// The heat kernel: e^-time sum_k time^k / k! (P^T)^k s, the source after a Poisson(time) number of
// steps of the walk without restart; in a dangling node the walker stays. Steps, results and bounds
// are those of PageRank; damping and max_iterations are ignored.
//   time       0 < time <= 500, in steps
//   Errors: as sl_pagerank_begin, ERR_OPTION ("time"), ERR_UNSUPPORTED ("method": other than AUTO,
//           "settle_ranking": a ranking option). May allocate (9 bytes a node at first).
sl_status sl_heat_kernel_begin(sl_pagerank *pagerank, const sl_pagerank_options *options,
                               double time, const uint32_t *nodes, const double *weights,
                               uint32_t count);

// Starts a run from where a run on another graph ended: the same source, after some edges have
// changed. With x and r of that run, r for the new graph differs only where a node with a score has
// other edges than before, which is where it is computed anew; pushing then spreads what has
// changed, of either sign. The certificate is that of the new graph.
//   previous   finished, of sl_pagerank_begin, _begin_global or of this; unchanged. Its graph may
//   be
//              another object of the same kind, with as many nodes or fewer
//   options    damping must be that of the previous run; methods AUTO and PUSH only
//   Errors: ERR_STATE ("previous": not finished, or it settled a ranking, or a heat kernel),
//           ERR_UNSUPPORTED ("graph": directed and undirected, or fewer nodes; "method"),
//           ERR_OPTION, ERR_MEMORY.
//   Allocates 1 byte a node the first time. O(nodes touched by the previous run and their edges).
sl_status sl_pagerank_follow(sl_pagerank *pagerank, const sl_pagerank *previous,
                             const sl_pagerank_options *options);

// The run that was begun last, as work in steps (base/job.h). A step fails with ERR_MEMORY when a
// global method starts.
sl_job *sl_pagerank_job(sl_pagerank *pagerank);
extern const sl_job_kind sl_pagerank_kind;

// The L1 error as far as it is known (not yet certified), for progress. O(1).
double sl_pagerank_error(const sl_pagerank *pagerank);

// Certifies and writes the result of a run that has ended.
//   Errors: ERR_STATE (no run, or it is still going on: step or stop it first), ERR_MEMORY.
//   O(touched nodes log top_k); a certificate below about 1e-8 costs one pass over the edges.
sl_status sl_pagerank_finish(sl_pagerank *pagerank, sl_pagerank_result *result);

// Every score of the finished run.  scores: node_count, written.
//   Errors: ERR_STATE (no finished run, or settle_ranking, whose scores exist only for its top_k).
sl_status sl_pagerank_scores(const sl_pagerank *pagerank, double *scores);

// The cut that a sweep over the nodes finds: undirected graphs.
typedef struct sl_sweep_cut_result {
  uint32_t size;      // nodes of the cluster, the first of `order`; 0 when every cut is empty
  double conductance; // cut / min(volume, volume of the rest); 1 when size = 0
  double cut;         // weight of the edges that leave the cluster
  double volume;      // sum of strengths in it; a loop counts once
} sl_sweep_cut_result;

// Orders nodes by score / strength and takes the prefix of least conductance.
//   nodes, scores  count entries each, read; distinct nodes; scores finite and >= 0
//   order          count entries, written: the nodes by falling score / strength, ties by rising
//   node Does not touch a run. Based on: R. Andersen, F. Chung, K. Lang, FOCS 2006,
//   doi:10.1109/FOCS.2006.44, whose sweep this is.
//   Errors: ERR_UNSUPPORTED ("graph": directed), ERR_EMPTY ("nodes"), ERR_INDEX, ERR_ARGUMENT
//           ("nodes": one is there twice), ERR_NOT_FINITE, ERR_NOT_POSITIVE ("scores"), ERR_MEMORY.
//   Scratch 16 bytes an entry. O((count + their edges) log count). Safe on untrusted data: yes.
sl_status sl_sweep_cut(const sl_pagerank *pagerank, const uint32_t *nodes, const double *scores,
                       uint32_t count, uint32_t *order, sl_sweep_cut_result *result);

#endif
