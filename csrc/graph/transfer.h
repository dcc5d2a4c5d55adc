// A graph in the memory of another module of this library: how a host copies it there, in the steps
// of sparse/transfer.h. What is derived later (the incoming edges, the strengths) does not come
// along; the copy derives it when it is needed.
#ifndef SL_GRAPH_TRANSFER_H
#define SL_GRAPH_TRANSFER_H

#include "graph/graph.h"
#include "sparse/transfer.h"

// A description: that of the outgoing edges, then 1 when the graph is directed, and its number of
// edges. The arrays to copy are those of the outgoing edges.
#define SL_GRAPH_TRANSFER (SL_CSR_TRANSFER + 2)

// Describes a graph.
//   out   SL_GRAPH_TRANSFER numbers, written. O(1).
void sl_graph_transfer_out(const sl_graph *graph, double *out);

// Makes the graph that is described, its arrays allocated and not filled.
//   described   SL_GRAPH_TRANSFER numbers of sl_graph_transfer_out, read
//   Errors: ERR_MEMORY. Allocates as sl_csr_transfer_in does. O(1).
//   Safe on untrusted data: no.
sl_status sl_graph_transfer_in(const double *described, sl_graph **out);

#endif
