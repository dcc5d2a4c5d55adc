// Potentials, currents and effective resistances of an undirected graph whose weights are
// conductances. Loops carry no current.
//
// With the Laplacian L and v any potentials, let r = b - L v be what is left of the injected
// currents b. Any flow that takes r away costs at least r^T L^+ r of energy (Thomson's principle),
// so sending r along a spanning forest, from the leaves to the roots, bounds it by
//
//   E = sum over forest edges of (current)^2 / weight  >=  r^T L^+ r
//
// in O(edges) from v alone, whatever found v. That is all that the bounds need:
//
//   resistance   R(s, t) = b^T v + r^T v + r^T L^+ r with b = e_s - e_t: known up to E
//   fixed values |v_u - exact|^2 <= (resistance from u to the boundary along the forest) E
//   sketch       a solve changes sqrt(R) of every edge by at most sqrt(R) sqrt(E)
//
// r is computed edge by edge from the weights as they are stored; its rounding and that of the sums
// is part of E.
//
//   sl_potentials_create
//     -> [ sl_potentials_begin_pair | sl_potentials_begin_sketch | sl_potentials_begin_fixed
//          -> sl_job_step(sl_potentials_job(...), ...) -> sl_potentials_finish ]*
//
// What the solver builds for the system (multigrid, a factorisation) is kept between questions.
#ifndef SL_RESISTANCE_POTENTIALS_H
#define SL_RESISTANCE_POTENTIALS_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

typedef struct sl_potentials_options {
  double tolerance;  // > 0, < 1. Pair: error over resistance. Fixed: error over the spread of the
                     // values. Sketch: relative error of every edge. Default 1e-6
  double confidence; // sketch: in (0, 1), all edges at once. Default 0.99
  uint64_t seed;     // sketch
  uint64_t max_work; // edge operations; 0 (default): no limit
} sl_potentials_options;

sl_potentials_options sl_potentials_options_default(void);

typedef struct sl_potentials_result {
  sl_outcome outcome;    // CONVERGED: error_bound <= what was asked. WORK_LIMIT, TIME_LIMIT.
                         // STAGNATED: the solver or rounding does not allow it. SINGULAR (fixed):
                         // there are nodes that no boundary node reaches
  double value;          // pair: the resistance; infinite when s and t are not connected
  double error_bound;    // pair: |value - exact|. Fixed: of every determined node. Both proved.
                         // Sketch: relative error of all resistances, with `confidence`; infinite
                         // when too few solves were made
  uint32_t undetermined; // fixed: nodes without a boundary node in their component
  uint32_t solves;       // linear systems solved
  uint32_t iterations;   // of the solver, in all
  uint64_t work;         // edge operations
  uint32_t count;        // fixed: node_count; sketch: edge_count; pair: 0
  const double *values; // fixed: potential of each node, NaN where undetermined. Sketch: resistance
                        // of each edge (u <= v), row by row. Lives until the next begin
} sl_potentials_result;

typedef struct sl_potentials sl_potentials;

// Prepares the forest and the system.
//   graph      read; must outlive the object; undirected
//   boundary   count distinct nodes whose potentials will be given, read and copied; count 0: none,
//              for resistances
//   Errors: ERR_UNSUPPORTED ("graph": directed), ERR_INDEX, ERR_ARGUMENT ("boundary", position: a
//           node twice), ERR_NOT_FINITE ("weights"), ERR_OVERFLOW, ERR_MEMORY.
//   Allocates 52 bytes a node, 12 an edge entry, and what the solver takes. O(edges).
sl_status sl_potentials_create(sl_graph *graph, const uint32_t *boundary, uint32_t count,
                               sl_potentials **out);

// Frees it. NULL is allowed.
void sl_potentials_destroy(sl_potentials *potentials);

// Bytes held, the graph not counted.
size_t sl_potentials_bytes(const sl_potentials *potentials);

// Starts a question; a running one is dropped. For all of them:
//   Errors: ERR_OPTION ("tolerance", "confidence"), ERR_STATE ("boundary": there is one, or there
//           is none), ERR_MEMORY.
//
// The effective resistance between two nodes. Errors: ERR_INDEX ("source", "target").
sl_status sl_potentials_begin_pair(sl_potentials *potentials, const sl_potentials_options *options,
                                   uint32_t source, uint32_t target);

// The resistances of all edges at once, from ln(2 edges / (1 - confidence)) / (tolerance^2 / 4 -
// tolerance^3 / 6) solves with random signs. Allocates 8 bytes an edge.
sl_status sl_potentials_begin_sketch(sl_potentials *potentials,
                                     const sl_potentials_options *options);

// Potentials with the boundary held at `values`, no current entering elsewhere.
//   values   as many as boundary nodes, in their order, read. Errors: ERR_NOT_FINITE ("values",
//            position), ERR_RANGE ("values": their spread overflows, alone or times weights).
sl_status sl_potentials_begin_fixed(sl_potentials *potentials, const sl_potentials_options *options,
                                    const double *values);

// One of them: what both doors call.
//   source, target   a pair; both 2^32 - 1: the sketch, or the fixed values
//   values           of the boundary; NULL when there is none
sl_status sl_potentials_begin(sl_potentials *potentials, const sl_potentials_options *options,
                              uint32_t source, uint32_t target, const double *values);

// The question that was begun last, as work in steps (base/job.h). A step fails with ERR_MEMORY.
// Stopping it takes O(edges). How much work is left is known of a sketch.
sl_job *sl_potentials_job(sl_potentials *potentials);
extern const sl_job_kind sl_potentials_kind;

// Gives the answer. Errors: ERR_STATE (not begun, or still running).
sl_status sl_potentials_finish(const sl_potentials *potentials, sl_potentials_result *result);

#endif
