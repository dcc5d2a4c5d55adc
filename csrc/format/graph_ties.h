// How closely the nodes of a graph belong together: the weight of each edge, times one more than the number of neighbours that
// its ends have in common. Walks stay where triangles are, so what a walk reads is what such ties join. Internal to the room;
// format/graph_publish.h drives it in steps.
//
// Based on: V. Satuluri, S. Parthasarathy, Y. Ruan, "Local graph sparsification for scalable clustering", SIGMOD 2011,
// doi:10.1145/1989323.1989399, for similar neighbourhoods as the measure of an edge.
#ifndef SL_FORMAT_GRAPH_TIES_H
#define SL_FORMAT_GRAPH_TIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blocks.h"
#include "base/status.h"

// Rows of a symmetric graph without loops, ascending in each row. Zeroed before sl_graph_ties_begin; `blocks` are freed by
// sl_blocks_free.
typedef struct sl_graph_ties {
  sl_blocks blocks;
  uint32_t nodes, at;
  uint64_t work;
  uint32_t *starts, *columns; // nodes + 1; starts[nodes]
  float *weights;             // as many: the ties
  uint32_t *seen;
  bool ended;
} sl_graph_ties;

// The edges of both directions, together where there are two.
//   starts, columns    nodes + 1 and starts[nodes], read: rows, ascending in each; without `in` symmetric
//   weights            as many, read: above 0; NULL: all are 1
//   in_starts, in_columns, in_entries   the edges by their heads, and which entry each is, read; NULL: undirected
//   Errors: ERR_MEMORY. Allocates 8 bytes an edge and direction, 8 a node. O(nodes + edges).
sl_status sl_graph_ties_begin(sl_graph_ties *ties, uint32_t nodes, const uint32_t *starts,
                              const uint32_t *columns, const double *weights,
                              const uint32_t *in_starts, const uint32_t *in_columns,
                              const uint32_t *in_entries);

// Goes on for about `work` edges; `ended` says when it is done. Of long rows 256 entries are looked at.
//   O(edges * the smaller of 256 and the degree of the end with fewer) in all.
void sl_graph_ties_step(sl_graph_ties *ties, uint64_t work);

#endif
