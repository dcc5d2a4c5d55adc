// Raw ABI of graph/transfer.h, and what there is to do with a graph that was received: all that a
// module has of graphs that it only takes as arguments.
#include "graph/abi.h"
#include "graph/transfer.h"
#include "sparse/abi.h"

const sl_kind SL_HANDLE_GRAPH[1] = {{"the handle of a graph"}};

static sl_status get(sl_handle handle, sl_graph **out) {
  return sl_handle_get(handle, SL_HANDLE_GRAPH, (void **)out);
}

int32_t SL_ABI(sl_abi_graph_destroy)(sl_handle handle) {
  sl_graph *graph;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_GRAPH, (void **)&graph));
  sl_graph_destroy(graph);
  return SL_OK;
}

// Writes five u32: number of nodes, number of edges, 1 when directed, value type of the weights,
// bytes held.
int32_t SL_ABI(sl_abi_graph_info)(sl_handle handle, uint32_t *out) {
  sl_graph *graph;
  SL_TRY(get(handle, &graph));
  out[0] = graph->node_count;
  out[1] = graph->edge_count;
  out[2] = graph->directed;
  out[3] = (uint32_t)sl_graph_value_type(graph);
  out[4] = (uint32_t)sl_graph_bytes(graph);
  return SL_OK;
}

// out: 27 doubles, written (SL_GRAPH_TRANSFER).
int32_t SL_ABI(sl_abi_graph_transfer_out)(sl_handle handle, double *out) {
  sl_graph *graph;
  SL_TRY(get(handle, &graph));
  sl_graph_transfer_out(graph, out);
  return SL_OK;
}

// The graph whose outgoing edges a transfer holds, or 0; then the transfer may be empty, and is to
// be destroyed either way.
sl_handle SL_ABI(sl_abi_graph_transfer_finish)(sl_handle transfer_handle, int32_t directed) {
  sl_csr *edges;
  sl_graph *graph;
  sl_handle handle = 0;
  if (sl_abi_transfer_take(transfer_handle, &edges) != SL_OK) return 0;
  if (sl_graph_from_csr(edges, directed != 0, &graph) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_GRAPH, graph, &handle) != SL_OK) sl_graph_destroy(graph);
  return handle;
}
