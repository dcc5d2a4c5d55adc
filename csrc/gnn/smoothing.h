// Columns of numbers smoothed over a graph: personalised PageRank of each column at once.
//
//   Z <- (1 - alpha) S Z + alpha X      from Z = X, `steps` times
//
// with S = D^-1/2 A D^-1/2 or D^-1 A of the graph with or without loops added. alpha = 0 gives the
// power S^steps X. Directions do not count: an edge of a directed graph is one both ways.
//
// For alpha > 0 the steps have one limit, Z* = alpha (I - (1 - alpha) S)^-1 X, and the result has a
// bound on its distance from it.
#ifndef SL_GNN_SMOOTHING_H
#define SL_GNN_SMOOTHING_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

#define SL_SMOOTHING_SETTINGS 8
#define SL_SMOOTHING_NUMBERS 8

typedef enum sl_smoothing_kind_of {
  SL_SMOOTHING_FEATURES = 0, // X are the values
  SL_SMOOTHING_LABELS = 1,   // X has a 1 for the class of each known node
  // The values are scores of classes. Their errors on known nodes are spread, scaled to the mean size
  // of the known ones and added; then known classes and corrected scores are spread.
  SL_SMOOTHING_SCORES = 2,
} sl_smoothing_kind_of;

typedef struct sl_smoothing sl_smoothing;

// Begins the work. The graph's edges and the values are copied.
//   settings   SL_SMOOTHING_SETTINGS numbers, read: 0 kind (sl_smoothing_kind_of), 1 alpha (0 .. 1),
//              2 steps (an integer, 1 .. 10^6), 3 symmetric (1: D^-1/2 A D^-1/2, 0: D^-1 A), 4 loops
//              (1: each node has one of the mean weight more), 5 weighted, 6 classes (LABELS), 7
//              the alpha of the second spreading (SCORES; 0 .. 1)
//   values     count numbers, read: as many for each node, one node after the other, finite and at
//              most 10^18; not read for LABELS
//   nodes      known_count nodes whose class is known, read; of one that stands there more than
//              once the last counts; not read for FEATURES
//   labels     known_count classes, read
//   Errors: ERR_OPTION (the setting's name), ERR_SHAPE ("values"), ERR_NOT_FINITE ("values",
//           position), ERR_INDEX ("nodes" or "labels", position), ERR_OVERFLOW, ERR_MEMORY.
//   Allocates 4 bytes a value (SCORES 8), 16 bytes an edge entry, 12 bytes a node and column of up to
//   32. O(count + edges).
sl_status sl_smoothing_create(sl_graph *graph, const double *settings, const float *values,
                              uint32_t count, const uint32_t *nodes, const uint32_t *labels,
                              uint32_t known_count, sl_smoothing **out);

// Frees it. NULL is allowed.
void sl_smoothing_destroy(sl_smoothing *smoothing);

// O(steps * (edges + nodes) * columns). Outcomes: CONVERGED (all steps). TIME_LIMIT, WORK_LIMIT:
// columns that were not reached are as they were given, and there is no bound.
sl_job *sl_smoothing_job(sl_smoothing *smoothing);
extern const sl_job_kind sl_smoothing_kind;

// numbers: written: 0 outcome, 1 multiplications of four numbers, 2 address of the values, 3 how many,
// 4 upper bound of the distance of each value from the limit (infinite for alpha = 0; SCORES: of the
// second spreading), 5 columns that have had all steps. Errors: ERR_STATE.
sl_status sl_smoothing_read(const sl_smoothing *smoothing, double *numbers);

#endif
