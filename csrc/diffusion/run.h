// What PageRank and the heat kernel have in common: a source distribution, scores and residuals at
// the nodes that a run has touched, and the result that is read off them. Internal to the room.
//
// A run costs what it touches, also to clean up: `touched` lists every node whose x or r may not be
// 0, until a method works on all nodes and `dense` says so.
#ifndef SL_DIFFUSION_RUN_H
#define SL_DIFFUSION_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "diffusion/types.h"
#include "graph/graph.h"

#define SL_NOINLINE __attribute__((noinline))
#define SL_ALWAYS_INLINE static inline __attribute__((always_inline))
#define SL_UNIT_ROUNDOFF 0x1p-53

// Where walks begin and restart.
typedef struct sl_diffusion_sources {
  bool global;     // every node alike: s_u = 1 / n, and no list
  uint32_t *nodes; // count, distinct
  double *weights; // count; sum 1
  uint32_t count, capacity;
} sl_diffusion_sources;

// Entries of the result, and room for more.
typedef struct sl_diffusion_listing {
  uint32_t *nodes;
  double *scores;
  uint32_t count, capacity;
} sl_diffusion_listing;

// What is proved of the scores.
typedef struct sl_diffusion_certificate {
  bool known;
  double bound;    // L1
  double rounding; // the part of `bound` that is due to rounding
  double scale;    // score = scale * x
  bool last_step;  // the bound is that of x + r in place of x
} sl_diffusion_certificate;

typedef struct sl_diffusion_run {
  sl_job job; // the first member, as the run is of the object that holds it
  sl_graph *graph;
  const double *strength;   // n: sum of outgoing weights, the graph's
  double *inverse_strength; // n: 1 / strength; 1 for a dangling node
  double total_strength;    // sum of strengths + number of dangling nodes
  double volume;            // sum of strengths
  double *x, *r;            // n each; all 0 between runs
  uint32_t *scratch;        // n: the running method's
  uint32_t *touched;        // n
  uint32_t touched_count;
  bool dense; // x and r may be nonzero anywhere: `touched` is not kept
  sl_diffusion_sources sources;
  uint32_t top_k;
  uint32_t iterations;
  uint64_t edge_operations;
  double residual; // sum |r| as tracked
  sl_diffusion_certificate certificate;
  sl_diffusion_listing listing;
  bool finished; // `result` holds what the run gave
  sl_diffusion_result result;
} sl_diffusion_run;

// Makes the workspace of a graph, which must outlive it. After an error destroy it.
//   run   zeroed, written
//   Errors: ERR_RANGE ("graph", node: weights that sum to outside of 2^-300 .. 2^300), ERR_MEMORY.
//   Allocates 32 bytes a node. O(nodes), O(edges) the first time on a graph.
sl_status sl_diffusion_run_create(sl_diffusion_run *run, const sl_job_kind *kind, sl_graph *graph);

// Frees what it holds, not the struct. A zeroed one is allowed.
void sl_diffusion_run_destroy(sl_diffusion_run *run);

// Bytes held beside the struct.
size_t sl_diffusion_run_bytes(const sl_diffusion_run *run);

// Checks a source distribution; room for one (what was in it is lost); r = s for one, in a run that
// was cleared. Errors: as sl_pagerank_begin.
sl_status sl_diffusion_check_sources(const sl_diffusion_run *run, const uint32_t *nodes,
                                     const double *weights, uint32_t count);
sl_status sl_diffusion_reserve_sources(sl_diffusion_run *run, uint32_t count);
void sl_diffusion_set_sources(sl_diffusion_run *run, const uint32_t *nodes, const double *weights,
                              uint32_t count);

// Forgets the last run. O(what it touched).
void sl_diffusion_clear(sl_diffusion_run *run);

// Room for `count` entries of the result. What was in it is lost. Errors: ERR_MEMORY.
sl_status sl_diffusion_reserve_listing(sl_diffusion_run *run, uint32_t count);

// Lists the top_k, or every node with a score, of a certified run.
//   proved   written: places that the bound proves; 0 without top_k
//   Errors: ERR_MEMORY. O(touched nodes log top_k).
sl_status sl_diffusion_list(sl_diffusion_run *run, uint32_t *proved);

// The result of a certified run, once it is listed.
void sl_diffusion_keep_result(sl_diffusion_run *run, sl_pagerank_method method, uint32_t proved);

// Every score of a finished run. scores: n, written. O(n).
void sl_diffusion_write_scores(const sl_diffusion_run *run, double *scores);

SL_ALWAYS_INLINE double sl_diffusion_weight_at(const void *values, sl_value_type type, uint32_t k) {
  return type == SL_VALUES_PATTERN ? 1.0
         : type == SL_VALUES_F64   ? ((const double *)values)[k]
                                   : (double)((const float *)values)[k];
}

// x after the last step that the certificate counts on: every node pushes what it holds, without
// looking where that would go. Scores are >= 0, so cutting off below 0 only helps. x and r stay as
// they are, so that a later run can go on from them.
SL_ALWAYS_INLINE double sl_diffusion_final_x(const sl_diffusion_run *run, uint32_t u) {
  const double value = run->certificate.last_step ? run->x[u] + run->r[u] : run->x[u];
  return value > 0 ? value : 0;
}

// Calls FUNCTION_pattern, _f32 or _f64 by the graph's weight type.
#define SL_DIFFUSION_BY_WEIGHT(type, FUNCTION, ...)                                                \
  ((type) == SL_VALUES_PATTERN ? FUNCTION##_pattern(__VA_ARGS__)                                   \
   : (type) == SL_VALUES_F64   ? FUNCTION##_f64(__VA_ARGS__)                                       \
                               : FUNCTION##_f32(__VA_ARGS__))

#endif
