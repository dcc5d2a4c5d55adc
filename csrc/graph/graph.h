// Graph: nodes 0 .. n-1 and edges, stored as the CSR of outgoing edges.
//
// Directed: entry (u, v) is the edge u -> v. Undirected: each edge u - v is stored as (u, v) and
// (v, u), a loop once. Parallel edges are merged: weights are summed, unweighted ones collapse.
// Weights are positive and finite. A graph is immutable; what is derived from it (the incoming
// edges, the strengths) is computed on first use and kept.
#ifndef SL_GRAPH_GRAPH_H
#define SL_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_graph {
  bool directed;
  uint32_t node_count;
  uint32_t edge_count; // undirected edges counted once, loops once
  sl_csr *outgoing;    // node_count x node_count, owned; PATTERN when unweighted
  sl_csr *incoming;    // its transpose, or NULL before sl_graph_incoming; == outgoing if undirected
  double *out_strength; // node_count: sum of outgoing weights, or NULL before sl_graph_out_strength
} sl_graph;

// Builds from an edge list.
//   node_count   1 .. 2^32 - 2
//   from, to     count entries, read; any order
//   weights      count entries of value_type, read, > 0 and finite; NULL exactly for PATTERN
//   Errors: ERR_EMPTY ("node_count"), ERR_OVERFLOW, ERR_INDEX ("from"/"to", position),
//           ERR_NOT_FINITE, ERR_NOT_POSITIVE ("weights", position), ERR_MEMORY.
//   Allocates. O(count + node_count). Safe on untrusted data: yes.
sl_status sl_graph_from_edges(uint32_t node_count, uint32_t count, const uint32_t *from,
                              const uint32_t *to, const void *weights, sl_value_type value_type,
                              bool directed, sl_graph **out);

// Takes over a square canonical matrix as outgoing edges. `matrix` is owned by the graph afterwards
// and is destroyed on failure.
//   Errors: ERR_NOT_SQUARE, ERR_NOT_SYMMETRIC (undirected and not symmetric), ERR_NOT_POSITIVE
//           ("weights", position), ERR_MEMORY. O(edges).
sl_status sl_graph_from_csr(sl_csr *matrix, bool directed, sl_graph **out);

// The same with a copy of the matrix, which stays the caller's. Errors: as above.
sl_status sl_graph_from_matrix(const sl_csr *matrix, bool directed, sl_graph **out);

// Builds from CSR arrays (copied): the targets of node u's edges stand at row_pointers[u] ..
// row_pointers[u + 1] - 1 of columns. Rows may be unsorted; parallel edges are summed. An
// undirected graph has each edge in both rows with the same weight.
//   row_pointers   node_count + 1, read
//   columns        column_count, read
//   weights        weight_count, read; NULL exactly for PATTERN
//   pointer_count, column_count, weight_count   lengths of the arrays, checked against each other
//   Errors: those of sl_csr_from_csr and sl_graph_from_csr. Allocates. O(edges + nodes).
//   Safe on untrusted data: yes.
sl_status sl_graph_from_csr_arrays(uint32_t node_count, const uint32_t *row_pointers,
                                   size_t pointer_count, const uint32_t *columns,
                                   size_t column_count, const void *weights, size_t weight_count,
                                   sl_value_type value_type, bool directed, sl_graph **out);

// Takes over outgoing edges that a builder has made: canonical, and symmetric when undirected, with
// positive weights (not checked). Destroyed on failure. Errors: ERR_MEMORY. O(edges) when
// undirected.
sl_status sl_graph_adopt(sl_csr *outgoing, bool directed, sl_graph **out);

// A new graph: the edges of this one without the removed ones, and with the added ones.
//   node_count   at least that of the graph, at most 2^32 - 2
//   removed_from, removed_to   removed_count edges of the graph, read; each at most once; undirected
//                              ones in either direction
//   added_from, added_to       added_count edges, read; parallel ones, and those that remain, are
//                              merged as in sl_graph_from_edges
//   weights      added_count entries of the graph's value type, > 0 and finite; NULL for PATTERN
//   Errors: ERR_OPTION ("node_count"), ERR_ARGUMENT ("removed", position: no such edge;
//           "weights": not of the graph's type), ERR_INDEX ("from"/"to", position), ERR_NOT_FINITE,
//           ERR_NOT_POSITIVE ("weights", position), ERR_OVERFLOW, ERR_MEMORY.
//   Allocates; scratch 1 byte an edge entry and the added edges. O(edges + nodes + added log
//   added). Safe on untrusted data: yes.
sl_status sl_graph_edit(const sl_graph *graph, uint32_t node_count, uint32_t removed_count,
                        const uint32_t *removed_from, const uint32_t *removed_to,
                        uint32_t added_count, const uint32_t *added_from, const uint32_t *added_to,
                        const void *weights, sl_value_type value_type, sl_graph **out);

// Frees it. NULL is allowed.
void sl_graph_destroy(sl_graph *graph);

// Bytes held now, derived arrays included.
size_t sl_graph_bytes(const sl_graph *graph);

// Bytes that a graph with so many edges (undirected ones counted once) will hold, before building
// it; SIZE_MAX when it cannot exist. What is derived later comes on top.
size_t sl_graph_estimate_bytes(uint32_t node_count, uint32_t edge_count, sl_value_type value_type,
                               bool directed);

// Type of the weights, PATTERN when there are none.
sl_value_type sl_graph_value_type(const sl_graph *graph);

// The adjacency matrix: a copy of the outgoing edges. Errors: ERR_MEMORY. O(edges).
sl_status sl_graph_adjacency(const sl_graph *graph, sl_csr **out);

// The graph of incoming edges as CSR (the same object as `outgoing` when undirected). Owned by the
// graph. Errors: ERR_MEMORY. O(edges) on the first call, O(1) after.
sl_status sl_graph_incoming(sl_graph *graph, const sl_csr **out);

// out_strength[u] = sum of the weights of u's outgoing edges, in stored order (out-degree when
// unweighted); 0 for a node without outgoing edges. node_count entries, owned by the graph.
//   Errors: ERR_MEMORY, ERR_NOT_FINITE ("weights", node: their sum overflows). O(edges) on the
//           first call, O(1) after.
sl_status sl_graph_out_strength(sl_graph *graph, const double **out);

// Neighbours without allocation: *columns points at the first of *count targets of u's outgoing
// edges, ascending. Valid as long as the graph. Errors: ERR_INDEX ("node"). O(1).
sl_status sl_graph_neighbors(const sl_graph *graph, uint32_t node, const uint32_t **columns,
                             uint32_t *count);

// The weights of the same edges, in the same order: *weights points at the first (of the graph's
// value type), NULL when the graph is unweighted. Errors: ERR_INDEX ("node"). O(1).
sl_status sl_graph_neighbor_weights(const sl_graph *graph, uint32_t node, const void **weights);

// Out-degree and in-degree in edges (a loop counts once in each). Errors: ERR_INDEX, ERR_MEMORY
// (the first in-degree of a directed graph builds the incoming edges).
sl_status sl_graph_out_degree(const sl_graph *graph, uint32_t node, uint32_t *out);
sl_status sl_graph_in_degree(sl_graph *graph, uint32_t node, uint32_t *out);

// The Laplacian D - W + shift I of an undirected graph as an f64 matrix; loops do not count.
//   shift   >= 0 and finite, added to every diagonal entry
//   Errors: ERR_UNSUPPORTED (directed), ERR_OPTION ("shift"), ERR_NOT_FINITE (a sum overflows),
//           ERR_MEMORY, ERR_OVERFLOW. O(edges).
sl_status sl_graph_laplacian(const sl_graph *graph, double shift, sl_csr **out);

#endif
