// ForceAtlas2: positions of nodes in the plane or in space, in which nodes repel each other and edges
// pull their ends together.
//
//   sl_layout_create -> [ sl_layout_begin -> sl_job_step(sl_layout_job(...), ...) ]*
//
// Positions are those after the last step that was finished; they lie where they are for as long as
// the object lives, and may be read between any two calls.
//
// Weights count relative to their mean, so that their unit has no influence; one above 10^6 times the
// mean counts as that. Loops do not pull, and directions do not count.
#ifndef SL_COMMUNITIES_LAYOUT_H
#define SL_COMMUNITIES_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

#define SL_LAYOUT_OPTIONS 12
#define SL_LAYOUT_NUMBERS 8

typedef struct sl_layout sl_layout;

// Makes a layout of a graph, whose edges it copies.
//   options    SL_LAYOUT_OPTIONS numbers, read:
//              0 dimensions: 2 or 3
//              1 scaling of the repulsion, > 0 (finite); 2 gravity, >= 0 (finite)
//              3 theta >= 0: how large a cell may appear that is taken as one body; 0: all pairs
//              4 influence of the weights, >= 0: a weight counts as its power; 0: all alike
//              5 tolerance of jitter, > 0 (finite): larger is faster and rougher
//              6 LinLog: 1 to attract by the logarithm of the distance
//              7 strong gravity: 1 for a pull that grows with the distance
//              8 dissuade hubs: 1 to divide the attraction by the degree of the node
//              9 weighted   10 seed of the first positions, an integer 0 .. 2^53
//   positions  count of them, dimensions a node, read, finite; none (count 0): at random
//   Errors: ERR_OPTION (the option's name), ERR_SHAPE, ERR_NOT_FINITE ("positions", position),
//           ERR_MEMORY. Allocates about 100 bytes a node and 4 bytes an edge entry (8 with
//           weights); meanwhile up to 12 (directed 24) bytes an edge entry more. O(edges + nodes).
sl_status sl_layout_create(sl_graph *graph, const double *options, const float *positions,
                           uint32_t count, sl_layout **out);

// Frees it. NULL is allowed.
void sl_layout_destroy(sl_layout *layout);

// Bytes held, the graph not counted.
size_t sl_layout_bytes(const sl_layout *layout);

// Begins `steps` (>= 1) steps. One that is running is dropped, back to the last that was finished.
//   Errors: ERR_OPTION ("steps"). O(nodes log nodes + edges) a step.
sl_status sl_layout_begin(sl_layout *layout, uint32_t steps);

// The steps that were begun last, as work (base/job.h). Outcomes: CONVERGED (all done); TIME_LIMIT,
// WORK_LIMIT. Errors of stepping: ERR_MEMORY; positions stay.
sl_job *sl_layout_job(sl_layout *layout);
extern const sl_job_kind sl_layout_kind;

// Puts a node somewhere, and holds it there or lets it go.
//   position   `dimensions` numbers, read, finite and at most 10^9 in size; NULL: where it is
//   fixed      1: steps leave it there
//   Errors: ERR_INDEX ("node"), ERR_NOT_FINITE ("position"), ERR_STATE (steps are running).
sl_status sl_layout_place(sl_layout *layout, uint32_t node, const double *position, uint32_t fixed);

// numbers: SL_LAYOUT_NUMBERS, written: 0 address of the positions (f32, dimensions a node, one node
// after the other), 1 steps done since it was made, 2 mean distance that nodes moved in the last one, 3
// speed, 4 dimensions, 5 bodies and cells that were met in the last step, 6
// nodes, 7 outcome of the steps that were begun last.
sl_status sl_layout_read(const sl_layout *layout, double *numbers);

#endif
