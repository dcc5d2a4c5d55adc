// The heat kernel of a graph: e^-time sum_k time^k / k! (P^T)^k s, where a walker is who begins at
// the source distribution s and takes a Poisson(time) number of steps, without restart. In a
// dangling node the walker stays.
//
// An answer carries a rigorous bound for its L1 error, rounding included: everything that is left
// out is >= 0, so its mass is the error.
//
// One sl_heat_kernel serves one graph and any number of runs, one after the other:
//
//   sl_heat_kernel_create -> [ sl_heat_kernel_begin
//                              -> sl_job_step(sl_heat_kernel_job(...), ...) ->
//                              sl_heat_kernel_finish ]*
#ifndef SL_DIFFUSION_HEAT_KERNEL_H
#define SL_DIFFUSION_HEAT_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "diffusion/types.h"
#include "graph/graph.h"

typedef struct sl_heat_kernel_options {
  double time;       // 0 < time <= 500, in steps. No default: 0 is refused
  double tolerance;  // > 0, finite: L1 error to reach. Default 1e-6
  uint32_t top_k;    // 0 = all touched nodes; else the top_k best (at most node_count)
  uint64_t max_work; // >= 1: edge operations. Default UINT64_MAX
} sl_heat_kernel_options;

sl_heat_kernel_options sl_heat_kernel_options_default(void);

typedef struct sl_heat_kernel sl_heat_kernel;

// Makes the workspace for a graph, which must outlive it.
//   Errors: ERR_RANGE ("graph", node: weights that sum to outside of 2^-300 .. 2^300), ERR_MEMORY.
//   Allocates about 41 bytes a node. O(edges).
sl_status sl_heat_kernel_create(sl_graph *graph, sl_heat_kernel **out);

// Frees it. NULL is allowed.
void sl_heat_kernel_destroy(sl_heat_kernel *kernel);

// Bytes held, the graph not counted.
size_t sl_heat_kernel_bytes(const sl_heat_kernel *kernel);

// Starts a run from a source distribution; a run that was not finished is dropped.
//   nodes, weights   as sl_pagerank_begin. Errors: those, ERR_OPTION ("time", "tolerance", "top_k",
//                    "max_work"). May allocate. O(count + what the last run touched).
sl_status sl_heat_kernel_begin(sl_heat_kernel *kernel, const sl_heat_kernel_options *options,
                               const uint32_t *nodes, const double *weights, uint32_t count);

// The same for hosts that cannot fill in the struct: what the bindings and the raw ABI call.
//   numbers   4 of them, read: time, tolerance, top_k, max_work (0: no limit)
sl_status sl_heat_kernel_begin_numbers(sl_heat_kernel *kernel, const double *numbers,
                                       const uint32_t *nodes, const double *weights,
                                       uint32_t count);

// The run that was begun last, as work in steps (base/job.h). How much work is left is known once
// the first terms are there.
sl_job *sl_heat_kernel_job(sl_heat_kernel *kernel);
extern const sl_job_kind sl_heat_kernel_kind;

// The L1 error as far as it is known (not yet certified), for progress. O(1).
double sl_heat_kernel_error(const sl_heat_kernel *kernel);

// Certifies and writes the result of a run that has ended; its method is SERIES, its iterations are
// the terms of the series.
//   Errors: ERR_STATE (no run, or it is still going on), ERR_MEMORY. O(touched nodes log top_k).
sl_status sl_heat_kernel_finish(sl_heat_kernel *kernel, sl_diffusion_result *result);

// Every score of the finished run. scores: node_count, written. Errors: ERR_STATE.
sl_status sl_heat_kernel_scores(const sl_heat_kernel *kernel, double *scores);

#endif
