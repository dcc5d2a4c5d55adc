// The arcs of a graph in both directions, with whole capacities.
#include "cuts/flow.h"

// Rows of the union of both directions, ascending, loops left out: how many, or themselves.
static uint32_t merge_row(const sl_csr *out, const sl_csr *in, uint32_t u, uint32_t *heads,
                          uint32_t *entries) {
  uint32_t i = out->row_pointers[u], j = in->row_pointers[u], count = 0;
  const uint32_t i_end = out->row_pointers[u + 1], j_end = in->row_pointers[u + 1];
  while (i < i_end || j < j_end) {
    const uint32_t a = i < i_end ? out->columns[i] : NONE, b = j < j_end ? in->columns[j] : NONE;
    const uint32_t v = a < b ? a : b, entry = a <= b ? i : NONE;
    i += a == v;
    j += b == v;
    if (v == u) continue;
    if (heads != NULL) {
      heads[count] = v;
      entries[count] = entry;
    }
    count++;
  }
  return count;
}

static sl_status merge(sl_flow_network *network, sl_cuts *cuts) {
  const sl_csr *out = cuts->graph->outgoing, *in;
  SL_TRY(sl_graph_incoming(cuts->graph, &in));
  const uint32_t n = network->n;
  uint64_t arcs = 0;
  for (uint32_t u = 0; u < n; u++) {
    network->rows[u] = (uint32_t)arcs;
    arcs += merge_row(out, in, u, NULL, NULL);
    SL_REQUIRE(arcs < UINT32_MAX, SL_ERR_OVERFLOW, "graph", "fewer than 2^31 edges");
  }
  network->rows[n] = network->arcs = (uint32_t)arcs;
  SL_TRY(TAKE(cuts, &network->heads, arcs));
  SL_TRY(TAKE(cuts, &network->entries, arcs));
  for (uint32_t u = 0; u < n; u++)
    merge_row(out, in, u, network->heads + network->rows[u], network->entries + network->rows[u]);
  return SL_OK;
}

sl_status sl_flow_network_create(sl_flow_network *network, sl_cuts *cuts) {
  const sl_csr *edges = cuts->graph->outgoing;
  const uint32_t n = network->n = cuts->n;
  SL_TRY(TAKE(cuts, &network->rows, (size_t)n + 1));
  if (cuts->graph->directed) {
    SL_TRY(merge(network, cuts));
  } else {
    uint32_t loops = 0, at = 0;
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t k = edges->row_pointers[u];
           k < edges->row_pointers[u + 1] && edges->columns[k] <= u; k++)
        loops += edges->columns[k] == u;
    network->arcs = edges->nnz - loops;
    SL_TRY(TAKE(cuts, &network->heads, network->arcs));
    if (loops > 0) SL_TRY(TAKE(cuts, &network->entries, network->arcs));
    for (uint32_t u = 0; u < n; u++) {
      network->rows[u] = at;
      for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
        if (edges->columns[k] == u) continue;
        network->heads[at] = edges->columns[k];
        if (loops > 0) network->entries[at] = k;
        at++;
      }
    }
    network->rows[n] = at;
  }
  SL_TRY(TAKE(cuts, &network->twins, network->arcs));
  SL_TRY(TAKE(cuts, &network->capacities, network->arcs));
  // Nodes ascending, each row meets the smaller ones of its nodes in their order.
  uint32_t *next;
  SL_TRY(TAKE(cuts, &next, n));
  memcpy(next, network->rows, n * sizeof *next);
  for (uint32_t u = 0; u < n; u++) {
    for (uint32_t k = network->rows[u]; k < network->rows[u + 1]; k++) {
      const uint32_t v = network->heads[k];
      if (v < u) continue;
      network->twins[k] = next[v];
      network->twins[next[v]++] = k;
    }
  }
  return SL_OK;
}

void sl_flow_network_scale(sl_flow_network *network, const sl_csr *edges, double largest,
                           int exponent) {
  for (uint32_t k = 0; k < network->arcs; k++) {
    const uint32_t entry = network->entries != NULL ? network->entries[k] : k;
    const double capacity = entry == NONE ? 0 : sl_weight(edges, entry);
    const double units = ldexp(capacity < largest ? capacity : largest, -exponent);
    network->capacities[k] = (int64_t)units;
  }
}
