// Connected components.
#ifndef SL_GRAPH_COMPONENTS_H
#define SL_GRAPH_COMPONENTS_H

#include "graph/graph.h"

// Finds the connected components, edges taken both ways (weak components of a directed graph).
//   labels   node_count, written: component of each node. Components are numbered 0, 1, ... in the
//            order of their smallest node.
//   *count   number of components, at least 1
//   Does not allocate and cannot fail. O((edges + nodes) log nodes), in practice linear.
void sl_graph_components(const sl_graph *graph, uint32_t *labels, uint32_t *count);

#endif
