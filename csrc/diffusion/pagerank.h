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
#include "diffusion/types.h"
#include "graph/graph.h"

sl_pagerank_options sl_pagerank_options_default(void);

// Text of a method ("gaussSeidel"), or "unknown". Static storage; never null.
const char *sl_pagerank_method_name(sl_pagerank_method method);

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

// Starts a run from where a run on another graph ended: the same source, after some edges have
// changed. With x and r of that run, r for the new graph differs only where a node with a score has
// other edges than before, which is where it is computed anew; pushing then spreads what has
// changed, of either sign. The certificate is that of the new graph.
//   previous   finished, of sl_pagerank_begin, _begin_global or of this; unchanged. Its graph may
//              be another object of the same kind, with as many nodes or fewer
//   options    damping must be that of the previous run; methods AUTO and PUSH only
//   Errors: ERR_STATE ("previous": not finished, or it settled a ranking),
//           ERR_UNSUPPORTED ("graph": directed and undirected, or fewer nodes; "method"),
//           ERR_OPTION, ERR_MEMORY.
//   Allocates 1 byte a node the first time. O(nodes touched by the previous run and their edges).
sl_status sl_pagerank_follow(sl_pagerank *pagerank, const sl_pagerank *previous,
                             const sl_pagerank_options *options);

// The run that was begun last, as work in steps (base/job.h). A step fails with ERR_MEMORY when a
// global method starts. How much work there is in all is predicted once the error has begun to fall,
// from how far it still has to; not for settle_ranking.
sl_job *sl_pagerank_job(sl_pagerank *pagerank);
extern const sl_job_kind sl_pagerank_kind;

// The L1 error as far as it is known (not yet certified), for progress. O(1).
double sl_pagerank_error(const sl_pagerank *pagerank);

// Certifies and writes the result of a run that has ended.
//   Errors: ERR_STATE (no run, or it is still going on: step or stop it first), ERR_MEMORY.
//   O(touched nodes log top_k); a certificate below about 1e-8 costs one pass over the edges.
sl_status sl_pagerank_finish(sl_pagerank *pagerank, sl_diffusion_result *result);

// Every score of the finished run.  scores: node_count, written.
//   Errors: ERR_STATE (no finished run, or settle_ranking, whose scores exist only for its top_k).
sl_status sl_pagerank_scores(const sl_pagerank *pagerank, double *scores);

#endif
