// Based on: R. E. Tarjan, J. van Leeuwen, "Worst-case analysis of set union algorithms", J. ACM 31
// (1984), doi:10.1145/62.2160: path halving, linked by index instead of by rank, so that the root
// of a set is its smallest node and one array is enough.
#include "graph/components.h"

static uint32_t find_root(uint32_t *parents, uint32_t u) {
  while (parents[u] != u) {
    parents[u] = parents[parents[u]];
    u = parents[u];
  }
  return u;
}

// Joins the sets of all edges from nodes begin .. end - 1. A function of its own, called for block
// after block: an engine that compiles better code meanwhile can use it from the next block on.
__attribute__((noinline)) static void join_edges(const sl_csr *edges, uint32_t *parents,
                                                 uint32_t begin, uint32_t end) {
  for (uint32_t u = begin; u < end; u++) {
    uint32_t root = find_root(parents, u);
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      uint32_t other = find_root(parents, edges->columns[k]);
      if (other < root) {
        parents[root] = other;
        root = other;
      } else {
        parents[other] = root;
      }
    }
  }
}

void sl_graph_components(const sl_graph *graph, uint32_t *labels, uint32_t *count) {
  uint32_t n = graph->node_count;
  for (uint32_t u = 0; u < n; u++) labels[u] = u;
  for (uint32_t begin = 0, end; begin < n; begin = end) {
    end = n - begin > 1024 ? begin + 1024 : n;
    join_edges(graph->outgoing, labels, begin, end);
  }
  for (uint32_t u = 0; u < n; u++) labels[u] = find_root(labels, u);
  // Ascending, every root comes before the rest of its set: roots become numbers in place.
  uint32_t found = 0;
  for (uint32_t u = 0; u < n; u++) labels[u] = labels[u] == u ? found++ : labels[labels[u]];
  *count = found;
}
