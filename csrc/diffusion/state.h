// The workspace behind sl_pagerank and what its files share. Internal to the room.
//
// While a run goes on, x and r satisfy  r = s - x + d Q^T x  up to rounding (see pagerank.h).
#ifndef SL_DIFFUSION_STATE_H
#define SL_DIFFUSION_STATE_H

#include "diffusion/pagerank.h"

#define SL_NOINLINE __attribute__((noinline))
#define SL_ALWAYS_INLINE static inline __attribute__((always_inline))
#define SL_UNIT_ROUNDOFF 0x1p-53

struct sl_pagerank {
  sl_job job;
  sl_graph *graph;
  const double *strength;   // n: sum of outgoing weights, the graph's
  double *inverse_strength; // n: 1 / strength; 1 for a dangling node (its pushes reach nobody)
  double total_strength;    // sum of strengths + number of dangling nodes
  double volume;            // sum of strengths

  // One run.
  sl_pagerank_options options;
  bool finished; // `result` holds what the run gave
  sl_pagerank_result result;
  sl_pagerank_method running; // never AUTO
  bool may_switch;            // AUTO: push may hand over to a global method
  bool dense;                 // x and r may be nonzero anywhere: `touched` is not kept
  bool follows;               // r may have any sign, and `marks` says what is touched and queued
  uint32_t iterations;
  uint64_t edge_operations;
  uint64_t pushes; // for the rounding bound of push
  uint64_t push_edges;
  double *x, *r;         // n each
  double residual;       // sum |r| as tracked
  double taken_over;     // bound of the error that r began with (follow.c, recomputed residuals)
  double residual_error; // bound of the error of r, once certified
  double greatest;       // no |r| was ever above this
  bool power_form;       // x holds power iteration's q, and r nothing
  double target;         // the methods stop at residual <= target, then the result is certified
  double bound;          // certified L1 bound of x + r, once certified
  double rounding;       // the part of `bound` that is due to rounding
  double scale;          // score = scale * x after finish
  bool last_step;        // the bound is that of x + r
  bool certified;

  uint32_t *sources;      // source_count, sorted, distinct; unused when global
  double *source_weights; // sum 1
  uint32_t source_count, source_capacity;
  bool global; // s_u = 1 / n

  // Push: a ring of the nodes with r / strength > threshold and r > floor, and all ever reached.
  uint32_t *queue; // n
  uint32_t queue_head, queue_count;
  uint32_t *touched; // n
  uint32_t touched_count;
  double threshold, floor; // a node is pushed when r / strength and r are above them
  double level_residual;   // at the end of the last level, to predict the work still to come
  uint64_t level_work;
  uint32_t unchanged_levels; // in a row (settle_ranking)

  // Global methods; n each, allocated when one first runs.
  double *direction, *product;
  uint32_t cursor;       // next row of the pass under way
  double sum, sum_old;   // of the pass under way
  double best_bound;     // smallest certified bound so far, to see stagnation
  uint32_t failures;     // targets reached in a row that brought nothing
  uint32_t targets;      // reached without the bound being met
  double least_residual; // of any iteration, and when: rounding ends all progress
  uint32_t least_iteration;

  // Heat kernel: the term under way is r, the next one grows in next_term (n; all 0 between runs).
  double *next_term;
  bool *known;    // n: is in `touched`; all false between runs
  uint8_t *marks; // n: SL_MARK_... of runs that follow; all 0 between runs; NULL before the first
  double time, weight, left_out;
  uint32_t terms, listed, longest_sum;

  struct sl_diffusion_sweep *sweep; // sweep.c's own, NULL before it first runs

  // Undirected graphs: connected components, whose walks have the known stationary distribution
  // strength / (component's strength). Allocated on first use.
  uint32_t *component;        // n
  double *component_strength; // component_count
  double *component_residual; // component_count, scratch; all 0 between uses
  uint32_t component_count;
  uint32_t *hubs; // hub_count nodes of highest strength, falling
  uint32_t hub_count;

  // Results.
  uint32_t *result_nodes;
  double *result_scores;
  uint32_t result_count, result_capacity;
  uint32_t *previous_top; // top_k of the level before (settle_ranking)
  uint32_t previous_count, previous_capacity;
};

SL_ALWAYS_INLINE double sl_diffusion_weight_at(const void *values, sl_value_type type, uint32_t k) {
  return type == SL_VALUES_PATTERN ? 1.0
         : type == SL_VALUES_F64   ? ((const double *)values)[k]
                                   : (double)((const float *)values)[k];
}

// x after the last step that the certificate counts on: every node pushes what it holds, without
// looking where that would go. p >= 0, so cutting off below 0 only helps. x and r stay as they are,
// so that a later run can go on from them.
SL_ALWAYS_INLINE double sl_diffusion_final_x(const sl_pagerank *p, uint32_t u) {
  const double value = p->last_step ? p->x[u] + p->r[u] : p->x[u];
  return value > 0 ? value : 0;
}

// Calls FUNCTION_pattern, _f32 or _f64 by the graph's weight type.
#define SL_DIFFUSION_BY_WEIGHT(type, FUNCTION, ...)                                                \
  ((type) == SL_VALUES_PATTERN ? FUNCTION##_pattern(__VA_ARGS__)                                   \
   : (type) == SL_VALUES_F64   ? FUNCTION##_f64(__VA_ARGS__)                                       \
                               : FUNCTION##_f32(__VA_ARGS__))

// Marks of a node in a run that follows another.
#define SL_MARK_TOUCHED 1u
#define SL_MARK_QUEUED 2u

// follow.c: forgets the marks of a run.
void sl_diffusion_follow_clear(sl_pagerank *p);

// push.c: forward push from a queue. O(1) a followed edge.
void sl_diffusion_push_start(sl_pagerank *p);
sl_status sl_diffusion_push_step(sl_pagerank *p, uint64_t work);

// sweep.c: Gauss-Seidel sweeps. `reserve` makes what they need once; `leave` adds their x to p->x.
sl_status sl_diffusion_sweep_reserve(sl_pagerank *p);
void sl_diffusion_sweep_destroy(struct sl_diffusion_sweep *s);
size_t sl_diffusion_sweep_bytes(const sl_pagerank *p);
sl_status sl_diffusion_sweep_start(sl_pagerank *p);
sl_status sl_diffusion_sweep_step(sl_pagerank *p, uint64_t work);
void sl_diffusion_sweep_leave(sl_pagerank *p);

// power.c: power iteration; and the product all pull methods share:
// out[i] = sum_k w_ik in[k] for rows begin .. end of a graph in CSR form.
sl_status sl_diffusion_power_start(sl_pagerank *p);
sl_status sl_diffusion_power_step(sl_pagerank *p, uint64_t work);
// Turns q in x back into the x of the identity (r is then to be recomputed).
void sl_diffusion_power_leave(sl_pagerank *p);
void sl_diffusion_pull_rows(const sl_csr *edges, const double *in, double *out, uint32_t begin,
                            uint32_t end);
// First row after `begin` whose rows before it hold more than `work` edges; at least begin + 1.
uint32_t sl_diffusion_rows_for_work(const sl_csr *edges, uint32_t begin, uint64_t work);

// symmetric.c: conjugate gradients on undirected graphs, components.
sl_status sl_diffusion_symmetric_start(sl_pagerank *p);
sl_status sl_diffusion_symmetric_step(sl_pagerank *p, uint64_t work);
sl_status sl_diffusion_find_components(sl_pagerank *p);

// heat_kernel.c
sl_status sl_diffusion_heat_check(double time);
sl_status sl_diffusion_heat_reserve(sl_pagerank *p);
void sl_diffusion_heat_start(sl_pagerank *p, double time);
sl_status sl_diffusion_heat_step(sl_pagerank *p, uint64_t work);
void sl_diffusion_heat_certify(sl_pagerank *p);
void sl_diffusion_heat_clear(sl_pagerank *p);

// certificate.c: sets `bound` (for x + r in place of x) and `scale`. The residual is recomputed
// from x unless a proved bound of the rounding in push's own residual is small against it.
void sl_diffusion_certify(sl_pagerank *p);

// topk.c: the results.
// How many of the top_k differ from those of the call before (UINT32_MAX on the first one).
sl_status sl_diffusion_settled_changes(sl_pagerank *p, uint32_t *changed);
sl_status sl_diffusion_find_hubs(sl_pagerank *p);
// Fills the result arrays from the finished x and r; proved: places that `bound` proves.
sl_status sl_diffusion_collect(sl_pagerank *p, uint32_t *proved);

// pagerank.c: what a run of sl_pagerank_begin checks and reserves before anything is lost; a run's
// end is forgotten; a run starts from the x and r that stand there.
sl_status sl_diffusion_check_options(const sl_pagerank *p, const sl_pagerank_options *options,
                                     bool global);
sl_status sl_diffusion_reserve_sources(sl_pagerank *p, uint32_t count);
void sl_diffusion_forget(sl_pagerank *p);
sl_status sl_diffusion_start(sl_pagerank *p, const sl_pagerank_options *options);
// Goes on with the global method that suits the graph.
sl_status sl_pagerank_go_global(sl_pagerank *p);
// Called by a method that has reached its target: certifies and ends the run, or sets a new target.
sl_status sl_pagerank_reached(sl_pagerank *p);
// Called once an iteration: no new least residual for many iterations, so only the certificate can
// tell what was reached.
bool sl_diffusion_no_progress(sl_pagerank *p);

#endif
