// Trees that hang on an undirected graph, taken off: nodes with one neighbour are folded onto it,
// again and again. No shortest path between other nodes leads through them, so a question about all
// pairs of nodes can be asked of what remains, each node of which counts as often as it has nodes on
// it. Internal to the room.
//
// Based on: A. E. Sariyuce, E. Saule, K. Kaya, U. V. Catalyurek, "Shattering and compressing networks
// for betweenness centrality", SIAM Data Mining 2013, doi:10.1137/1.9781611972832.76.
#ifndef SL_PATHS_FOLDING_H
#define SL_PATHS_FOLDING_H

#include "paths/question.h"

typedef struct sl_folding {
  sl_arcs arcs;     // the edges that remain; the rows of nodes that were folded are empty
  double *weight;   // n: the node and all that hang on it
  uint32_t *folded; // in the order in which they were folded; `count` of them
  uint32_t *onto;   // n: of those that were folded, the neighbour; NONE for the others
  uint32_t count;
} sl_folding;

// Folds an undirected graph without parallel edges; loops do not count, and stay with the nodes that
// do. The arrays belong to the question.
//   arcs   both directions of each edge, without weights
//   Errors: ERR_MEMORY. O(nodes + edges).
sl_status sl_fold(sl_paths *paths, const sl_arcs *arcs, sl_folding *out);

#endif
