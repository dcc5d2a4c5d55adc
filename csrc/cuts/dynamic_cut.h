// The least cut of an undirected graph whose edges come and go: exact after every change.
//
//   sl_dynamic_cut_create -> [ sl_dynamic_cut_begin -> sl_job_step(sl_dynamic_cut_job(...), ...)
//                               -> sl_dynamic_cut_read ]*
//
// Weights are whole numbers and their sum stays below 2^53, so that nothing is rounded. Nodes stay what
// they are: one without edges makes the least cut 0. Loops cross no cut and are passed over.
#ifndef SL_CUTS_DYNAMIC_CUT_H
#define SL_CUTS_DYNAMIC_CUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

#define SL_DYNAMIC_CUT_NUMBERS 12

typedef struct sl_dynamic_cut sl_dynamic_cut;

// Makes the object from the edges of a graph, which is copied. The first begin (with no changes, if
// there are none yet) finds the first cut.
//   Errors: ERR_UNSUPPORTED ("graph": directed, or a single node), ERR_RANGE ("graph", entry: a weight
//           that is not whole; weights whose sum is not below 2^53), ERR_OVERFLOW ("edges"),
//           ERR_MEMORY. Allocates about 80 bytes a node and up to 100 bytes an edge. O(edges + nodes).
sl_status sl_dynamic_cut_create(const sl_graph *graph, sl_dynamic_cut **out);

// Frees it. NULL is allowed.
void sl_dynamic_cut_destroy(sl_dynamic_cut *cut);

size_t sl_dynamic_cut_bytes(const sl_dynamic_cut *cut);

// Begins some changes, one after the other; what is running is dropped: changes that were made stay.
//   from, to   count ends, read now
//   changes    count numbers, read now: whole, not 0; > 0 is added to the weight of the edge, which is
//              made where there is none; < 0 is taken from it; -Infinity takes the edge away. NULL: 1
//              each
//   Errors: ERR_INDEX ("from", "to", position), ERR_ARGUMENT ("to", position: a loop), ERR_RANGE
//           ("changes", position: not whole, 0, above 2^53), ERR_MEMORY.
sl_status sl_dynamic_cut_begin(sl_dynamic_cut *cut, uint32_t count, const uint32_t *from,
                               const uint32_t *to, const double *changes);

// The changes that were begun last, as work (base/job.h). Outcomes: CONVERGED; TIME_LIMIT, WORK_LIMIT:
// those that numbers[3] counts are made. Errors of stepping: ERR_ARGUMENT ("changes", position: more
// than there is is taken away), ERR_RANGE ("changes", position: the sum of all is not below 2^53),
// ERR_OVERFLOW, ERR_MEMORY. The changes before that one are made then, that one and later ones are
// not (after ERR_MEMORY that one may be). Whatever has happened, the next begin goes on from there.
//   O(1) for most changes in practice, a search of a part of the graph for some; where the least cut
//   is lost, a few readings of the graph as for SL_CUTS_MINIMUM.
sl_job *sl_dynamic_cut_job(sl_dynamic_cut *cut);
extern const sl_job_kind sl_dynamic_cut_kind;

// numbers: SL_DYNAMIC_CUT_NUMBERS, written: 0 outcome, 1 operations, 2 weight of the least cut (NaN
// after one that was stopped), 3 changes that are made, 4 address of the weight of the least cut after
// each of them (f64), 5 edges, 6 sum of the weights, 7 how often the whole graph was searched since
// it was made, 8 changes for which a flow was needed, 9 parts that no light cut divides, 10 nodes
//   Errors: ERR_STATE (not begun, or still running).
sl_status sl_dynamic_cut_read(const sl_dynamic_cut *cut, double *numbers);

// A least cut itself, which proves the value from above. numbers: SL_DYNAMIC_CUT_NUMBERS, written: 2
// its weight, added up again, 3 address of the sides (n u32: 0 or 1), 4 number of edges across, 5, 6, 7
// addresses of their ends (u32; from is on side 1) and weights (f64). They lie there until the next
// call for the same object.
//   Errors: ERR_STATE (nothing begun, running or stopped), ERR_MEMORY. O(nodes + edges).
sl_status sl_dynamic_cut_side(sl_dynamic_cut *cut, double *numbers);

// The weight of an edge, 0 where there is none. Errors: ERR_INDEX ("from", "to"). O(degree).
sl_status sl_dynamic_cut_weight(const sl_dynamic_cut *cut, uint32_t from, uint32_t to, double *out);

#endif
