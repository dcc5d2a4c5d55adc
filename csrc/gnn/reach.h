// The surroundings of a few nodes: what the layers of a graph network read to answer for them.
// Internal to the room.
//
// Nodes are numbered as they are found, breadth first against the edges: those that are asked have the
// first numbers, then come their neighbours, then those of the neighbours. A layer makes the numbers
// of the first nodes from those of some more, and all layers share one list of neighbours.
#ifndef SL_GNN_REACH_H
#define SL_GNN_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "graph/graph.h"

enum { SL_GNN_MOST_LAYERS = 16 };

// Zeroed: none.
typedef struct sl_reach {
  uint32_t hops;
  uint32_t counts[SL_GNN_MOST_LAYERS + 1]; // nodes within 0, 1 .. hops steps
  uint32_t *nodes;                         // their names in the graph
  uint32_t *rows;                          // counts[hops - 1] + 1
  uint32_t *neighbours;                    // numbers of nodes with an edge to it; no loops
  bool *loops;                             // counts[hops - 1]: the node has a loop
  // Graph convolution, D^-1/2 (A + I) D^-1/2 with in-degrees; a node that has a loop gets no other.
  double *own, *coefficients; // of the node itself, of the neighbours
  size_t bytes;

  // While it grows.
  const sl_graph *graph;
  const sl_csr *incoming;
  bool weighted;
  uint32_t count, position, hop;
  uint32_t room_nodes, room_neighbours, slots;
  uint32_t *slot;           // a hash table of nodes: number + 1, 0 where there is none
  double *roots;            // of the in-degrees
  uint32_t rooted, weighed; // nodes and rows that have theirs
} sl_reach;

// Begins with `count` different nodes. `graph` is read until sl_reach_grow() says that it is done.
//   hops   1 .. SL_GNN_MOST_LAYERS
//   Errors: ERR_EMPTY or ERR_INDEX ("nodes"), ERR_ARGUMENT ("nodes", position: twice), ERR_MEMORY.
sl_status sl_reach_begin(sl_reach *reach, sl_graph *graph, const uint32_t *nodes, uint32_t count,
                         uint32_t hops, bool weighted);

// Goes on for about `work` edges; those done are added to *done. *ended: written.
// Errors: ERR_MEMORY, ERR_OVERFLOW ("graph"). O(edges of the surroundings) in all.
sl_status sl_reach_grow(sl_reach *reach, uint64_t work, uint64_t *done, bool *ended);

void sl_reach_free(sl_reach *reach);

#endif
