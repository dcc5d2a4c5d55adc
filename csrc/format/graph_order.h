// An order of the nodes of a graph in which neighbours are near each other: nodes are merged with
// the neighbour of the largest gain in modularity, and the tree of these merges is walked. Internal to
// the room; format/graph_publish.h drives it in steps.
//
// Based on: J. Arai, H. Shiokawa, T. Yamamuro, M. Onizuka, S. Iwamura, "Rabbit Order: just-in-time
// parallel reordering for fast graph analysis", IPDPS 2016, doi:10.1109/IPDPS.2016.110, here by one
// thread. What has no gain any more is merged by the least loss, so that communities with edges
// between them are near each other as well.
#ifndef SL_FORMAT_GRAPH_ORDER_H
#define SL_FORMAT_GRAPH_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blocks.h"
#include "base/status.h"

typedef struct sl_graph_link {
  uint32_t to;
  float weight;
} sl_graph_link;

// Zeroed before sl_graph_order_begin; freed by sl_graph_order_free.
typedef struct sl_graph_order {
  sl_blocks blocks;
  uint32_t nodes, at, phase, touched_count, next_place;
  uint64_t work;
  const uint32_t *starts, *columns; // symmetric: both ends of an edge have it
  const float *weights;             // NULL: all are 1
  double *degree, twice;            // of communities; their sum
  double *sum;                      // by community, of the one that is looked at
  uint32_t *root, *parent, *child, *sibling, *sequence, *touched, *link_count;
  sl_graph_link **links; // edges that a merged node leaves to its community
  uint32_t *place;       // the result: of each node
  bool ended;
} sl_graph_order;

// The arrays stay as they are until it has ended.
//   Errors: ERR_MEMORY. Allocates 72 bytes a node, later up to 8 an edge. O(nodes + edges).
sl_status sl_graph_order_begin(sl_graph_order *order, uint32_t nodes, const uint32_t *starts,
                               const uint32_t *columns, const float *weights);

// Goes on for about `work` edges; `ended` says when it is done.
//   Errors: ERR_MEMORY. O(edges log nodes) in all as a rule.
sl_status sl_graph_order_step(sl_graph_order *order, uint64_t work);

void sl_graph_order_free(sl_graph_order *order);

#endif
