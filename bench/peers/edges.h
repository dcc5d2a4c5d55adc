// The undirected weighted graph of a peer that is written with igraph and Boost.
#ifndef SL_BENCH_PEERS_EDGES_H
#define SL_BENCH_PEERS_EDGES_H

#include <igraph/igraph.h>

#include "protocol.h"

static igraph_t graph;
static igraph_vector_t weights;

// Reads n, m, then m u32 each of from and to, m f64 of weights: igraph gets them, and each(from, to, weight) after
// begin(n) whoever else wants them.
template <typename Begin, typename Each>
static void peer_edges(const char *path, Begin begin, Each each) {
  FILE *file = peer_open(path, "rb");
  uint32_t *head = static_cast<uint32_t *>(peer_read(file, 2, 4));
  const uint32_t n = head[0], m = head[1];
  uint32_t *from = static_cast<uint32_t *>(peer_read(file, m, 4));
  uint32_t *to = static_cast<uint32_t *>(peer_read(file, m, 4));
  double *weight = static_cast<double *>(peer_read(file, m, 8));
  fclose(file);
  igraph_vector_int_t edges;
  igraph_vector_int_init(&edges, 2 * static_cast<igraph_integer_t>(m));
  igraph_vector_init(&weights, m);
  begin(n);
  for (uint32_t e = 0; e < m; e++) {
    VECTOR(edges)[2 * e] = from[e];
    VECTOR(edges)[2 * e + 1] = to[e];
    VECTOR(weights)[e] = weight[e];
    each(from[e], to[e], weight[e]);
  }
  igraph_create(&graph, &edges, n, IGRAPH_UNDIRECTED);
  igraph_vector_int_destroy(&edges);
  free(head);
  free(from);
  free(to);
  free(weight);
}

#endif
