// The workspace behind sl_pagerank, its methods, and what these share. Internal to the room.
//
// While a run goes on, x and r satisfy  r = s - x + d Q^T x  up to rounding (see pagerank.h).
#ifndef SL_DIFFUSION_METHOD_H
#define SL_DIFFUSION_METHOD_H

#include "diffusion/run.h"

typedef struct sl_pagerank sl_pagerank;

// A method: a table in the file that holds it and the state that is its own. All work on x and r of
// the run, and count the edges they follow. They end a run, or go on from a new target, through
// sl_diffusion_reached.
typedef struct sl_diffusion_method {
  sl_pagerank_method id;
  // Makes what it needs beside its state, which is all 0 at first; called before every run, and
  // before anything of the last one is lost. NULL: nothing. Errors: ERR_MEMORY.
  sl_status (*prepare)(sl_pagerank *p);
  // Begins with the x and r that stand there. Errors: ERR_MEMORY.
  sl_status (*start)(sl_pagerank *p);
  // Goes on for about `work` edge operations. Errors: ERR_MEMORY.
  sl_status (*step)(sl_pagerank *p, uint64_t work);
  // Brings x into the form of the identity; r is then to be recomputed. NULL: it is, and r is known
  // up to the drift.
  void (*leave)(sl_pagerank *p);
  size_t size;                                              // of the state
  size_t (*bytes)(const sl_pagerank *p, const void *state); // held beside it. NULL: none
  void (*destroy)(void *state); // frees what is held beside it. NULL: nothing
} sl_diffusion_method;

// The tables, by id: AUTO, SERIES and PUSH_POWER have none.
#define SL_DIFFUSION_METHOD_LIST(X)                                                                \
  X(PUSH)                                                                                          \
  X(POWER)                                                                                         \
  X(GAUSS_SEIDEL)                                                                                  \
  X(CONJUGATE_GRADIENT)

#define X(name) extern const sl_diffusion_method sl_diffusion_method_##name;
SL_DIFFUSION_METHOD_LIST(X)
#undef X

#define SL_DIFFUSION_METHODS (SL_PAGERANK_CONJUGATE_GRADIENT + 1)

// What r may be off by, for the certificate.
typedef struct sl_diffusion_drift {
  uint64_t pushes, push_edges; // since r was computed
  double taken_over;           // bound of the error that r began with
  double residual_error;       // bound of the error of r, once certified
  double greatest;             // no |r| was ever above this
} sl_diffusion_drift;

// Whether lower targets still bring something.
typedef struct sl_diffusion_stagnation {
  double best_bound;     // smallest certified bound so far
  uint32_t failures;     // targets reached in a row that brought nothing
  uint32_t targets;      // reached without the bound being met
  double least_residual; // of any iteration, and when: rounding ends all progress
  uint32_t least_iteration;
} sl_diffusion_stagnation;

// Undirected graphs: connected components, whose walks have the known stationary distribution
// strength / (component's strength). Allocated on first use.
typedef struct sl_diffusion_components {
  uint32_t *of;     // n: component of each node; NULL before
  double *strength; // count
  double *residual; // count, scratch; all 0 between uses
  uint32_t count;
} sl_diffusion_components;

// A ranking that is to settle: see settle.c.
typedef struct sl_diffusion_settling {
  uint32_t *hubs; // hub_count nodes of highest strength, falling
  uint32_t hub_count;
  uint32_t *previous; // top_k of the level before, and room for those of this one
  uint32_t count, capacity;
} sl_diffusion_settling;

struct sl_pagerank {
  sl_diffusion_run run; // the first member
  sl_pagerank_options options;
  const sl_diffusion_method *method; // that is running, or ran; NULL before the first run
  void *states[SL_DIFFUSION_METHODS];
  bool may_switch;    // AUTO: push may give way to a global method
  bool follows;       // r may have any sign, and `marks` says what is touched and queued
  double first_error; // sl_pagerank_error() at the beginning, for predictions
  double target;      // the methods stop at residual <= target, then the result is certified
  sl_diffusion_drift drift;
  sl_diffusion_stagnation stagnation;
  sl_diffusion_components components;
  sl_diffusion_settling settling;
  double *direction, *product; // n each, of global methods; NULL before one first runs
  uint8_t *marks;              // n: SL_MARK_...; all 0 between runs; NULL before one follows
};

// Marks of a node in a run that follows another.
#define SL_MARK_TOUCHED 1u
#define SL_MARK_QUEUED 2u

// The state of a method, NULL before it was prepared.
static inline void *sl_diffusion_state(const sl_pagerank *p, const sl_diffusion_method *method) {
  return p->states[method->id];
}

// Makes the state of a method, and all that it needs. Errors: ERR_MEMORY.
sl_status sl_diffusion_prepare(sl_pagerank *p, const sl_diffusion_method *method);

// Makes `direction` and `product`. Errors: ERR_MEMORY.
sl_status sl_diffusion_reserve_vectors(sl_pagerank *p);

// Finds the components. Errors: ERR_MEMORY.
sl_status sl_diffusion_find_components(sl_pagerank *p);

// The product that all pull methods share: out[i] = sum_k w_ik in[k] for rows begin .. end of a
// graph in CSR form.
void sl_diffusion_pull_rows(const sl_csr *edges, const double *in, double *out, uint32_t begin,
                            uint32_t end);
// First row after `begin` whose rows before it hold more than `work` edges; at least begin + 1.
uint32_t sl_diffusion_rows_for_work(const sl_csr *edges, uint32_t begin, uint64_t work);

// Goes on with the global method that suits the graph. Errors: ERR_MEMORY.
sl_status sl_diffusion_go_global(sl_pagerank *p);
// Called by a method that has reached its target: certifies and ends the run, or sets a new target.
sl_status sl_diffusion_reached(sl_pagerank *p);
// Called once an iteration: no new least residual for many iterations, so only the certificate can
// tell what was reached.
bool sl_diffusion_no_progress(sl_pagerank *p);

// Sets the certificate (for x + r in place of x). The residual is recomputed from x unless a proved
// bound of the rounding in push's own residual is small against it.
void sl_diffusion_certify(sl_pagerank *p);

// Before a run that is to settle a ranking: what it needs of the graph. Errors: ERR_MEMORY.
sl_status sl_diffusion_settle_prepare(sl_pagerank *p);
// How many of the top_k differ from those of the call before (UINT32_MAX on the first one).
sl_status sl_diffusion_settled_changes(sl_pagerank *p, uint32_t *changed);
// Lists the top_k of a run that was to settle them.
sl_status sl_diffusion_settle_list(sl_pagerank *p);

// Checks options of a run; forgets the last one; starts a run from the x and r that stand there.
sl_status sl_diffusion_check_options(const sl_pagerank *p, const sl_pagerank_options *options,
                                     bool global);
void sl_diffusion_forget(sl_pagerank *p);
sl_status sl_diffusion_start(sl_pagerank *p, const sl_pagerank_options *options);

#endif
