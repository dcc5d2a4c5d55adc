#include "graph/transfer.h"

#include "base/memory.h"

void sl_graph_transfer_out(const sl_graph *graph, double *out) {
  sl_csr_transfer_out(graph->outgoing, out);
  out[SL_CSR_TRANSFER] = graph->directed;
  out[SL_CSR_TRANSFER + 1] = graph->edge_count;
}

sl_status sl_graph_transfer_in(const double *described, sl_graph **out) {
  *out = NULL;
  sl_graph *graph;
  SL_TRY(SL_ALLOC_ZERO(&graph, 1));
  const sl_status status = sl_csr_transfer_in(described, &graph->outgoing);
  if (status != SL_OK) {
    sl_free(graph);
    return status;
  }
  graph->directed = described[SL_CSR_TRANSFER] != 0;
  graph->incoming = graph->directed ? NULL : graph->outgoing;
  graph->node_count = graph->outgoing->rows;
  graph->edge_count = (uint32_t)described[SL_CSR_TRANSFER + 1];
  *out = graph;
  return SL_OK;
}
