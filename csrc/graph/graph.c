#include "graph/graph.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

static sl_status check_weights(const void *weights, sl_value_type type, size_t count) {
  if (type == SL_VALUES_PATTERN) return SL_OK;
  for (size_t k = 0; k < count; k++) {
    double weight =
        type == SL_VALUES_F64 ? ((const double *)weights)[k] : (double)((const float *)weights)[k];
    SL_REQUIRE_AT(isfinite(weight), SL_ERR_NOT_FINITE, "weights", "finite numbers", k);
    SL_REQUIRE_AT(weight > 0, SL_ERR_NOT_POSITIVE, "weights", "numbers above 0", k);
  }
  return SL_OK;
}

static sl_status check_graph(uint32_t node_count, const void *weights, sl_value_type value_type) {
  SL_REQUIRE(node_count > 0, SL_ERR_EMPTY, "node_count", "at least 1");
  SL_REQUIRE(node_count < UINT32_MAX, SL_ERR_OVERFLOW, "node_count", "at most 2^32 - 2");
  SL_REQUIRE(value_type == SL_VALUES_PATTERN || value_type == SL_VALUES_F32 ||
                 value_type == SL_VALUES_F64,
             SL_ERR_OPTION, "value_type", "none, float32 or float64");
  SL_REQUIRE((weights == NULL) == (value_type == SL_VALUES_PATTERN), SL_ERR_ARGUMENT, "weights",
             "an array exactly when the graph is weighted");
  return SL_OK;
}

static sl_status check_nodes(const uint32_t *nodes, size_t count, uint32_t node_count,
                             const char *name) {
  for (size_t k = 0; k < count; k++) {
    SL_REQUIRE_AT(nodes[k] < node_count, SL_ERR_INDEX, name, "a node below the number of nodes", k);
  }
  return SL_OK;
}

static uint32_t count_loops(const sl_csr *matrix) {
  uint32_t loops = 0;
  for (uint32_t u = 0; u < matrix->rows; u++) {
    for (uint32_t k = matrix->row_pointers[u]; k < matrix->row_pointers[u + 1]; k++) {
      loops += matrix->columns[k] == u;
    }
  }
  return loops;
}

sl_status sl_graph_adopt(sl_csr *outgoing, bool directed, sl_graph **out) {
  sl_graph *graph;
  sl_status status = SL_ALLOC_ZERO(&graph, 1);
  if (status != SL_OK) {
    sl_csr_destroy(outgoing);
    return status;
  }
  graph->directed = directed;
  graph->node_count = outgoing->rows;
  graph->outgoing = outgoing;
  graph->incoming = directed ? NULL : outgoing;
  uint32_t loops = directed ? 0 : count_loops(outgoing);
  graph->edge_count = directed ? outgoing->nnz : loops + (outgoing->nnz - loops) / 2;
  *out = graph;
  return SL_OK;
}

sl_status sl_graph_from_edges(uint32_t node_count, uint32_t count, const uint32_t *from,
                              const uint32_t *to, const void *weights, sl_value_type value_type,
                              bool directed, sl_graph **out) {
  *out = NULL;
  SL_TRY(check_graph(node_count, weights, value_type));
  SL_TRY(check_nodes(from, count, node_count, "from"));
  SL_TRY(check_nodes(to, count, node_count, "to"));
  SL_TRY(check_weights(weights, value_type, count));
  sl_csr *outgoing;
  if (directed) {
    SL_TRY(
        sl_csr_from_coo(node_count, node_count, count, from, to, weights, value_type, &outgoing));
  } else {
    SL_TRY(sl_csr_from_half(node_count, count, from, to, weights, value_type, false, &outgoing));
  }
  return sl_graph_adopt(outgoing, directed, out);
}

static sl_status check_matrix(sl_csr *matrix, bool directed) {
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, "matrix", "as many rows as columns");
  SL_TRY(check_weights(matrix->values, matrix->value_type, matrix->nnz));
  if (directed) return SL_OK;
  const sl_matrix_class *facts;
  SL_TRY(sl_csr_classify(matrix, &facts));
  SL_REQUIRE(facts->symmetric, SL_ERR_NOT_SYMMETRIC, "matrix",
             "a symmetric matrix for an undirected graph");
  return SL_OK;
}

sl_status sl_graph_from_csr(sl_csr *matrix, bool directed, sl_graph **out) {
  *out = NULL;
  sl_status status = check_matrix(matrix, directed);
  if (status != SL_OK) {
    sl_csr_destroy(matrix);
    return status;
  }
  return sl_graph_adopt(matrix, directed, out);
}

sl_status sl_graph_from_matrix(const sl_csr *matrix, bool directed, sl_graph **out) {
  *out = NULL;
  // Before copying: what cannot become a graph need not be copied.
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, "matrix", "as many rows as columns");
  sl_csr *copy;
  SL_TRY(sl_csr_copy(matrix, &copy));
  return sl_graph_from_csr(copy, directed, out);
}

sl_status sl_graph_from_csr_arrays(uint32_t node_count, const uint32_t *row_pointers,
                                   size_t pointer_count, const uint32_t *columns,
                                   size_t column_count, const void *weights, size_t weight_count,
                                   sl_value_type value_type, bool directed, sl_graph **out) {
  *out = NULL;
  SL_TRY(check_graph(node_count, weights, value_type));
  SL_REQUIRE(weights == NULL || weight_count == column_count, SL_ERR_SHAPE, "weights",
             "as many elements as columns");
  SL_TRY(check_weights(weights, value_type, weight_count));
  sl_csr *matrix;
  SL_TRY(sl_csr_from_csr(node_count, node_count, row_pointers, pointer_count, columns, column_count,
                         weights, weight_count, value_type, &matrix));
  return sl_graph_from_csr(matrix, directed, out);
}

void sl_graph_destroy(sl_graph *graph) {
  if (graph == NULL) return;
  if (graph->incoming != graph->outgoing) sl_csr_destroy(graph->incoming);
  sl_csr_destroy(graph->outgoing);
  sl_free(graph->out_strength);
  sl_free(graph);
}

size_t sl_graph_bytes(const sl_graph *graph) {
  size_t bytes = sizeof *graph + sl_csr_bytes(graph->outgoing);
  if (graph->incoming != NULL && graph->incoming != graph->outgoing) {
    bytes += sl_csr_bytes(graph->incoming);
  }
  if (graph->out_strength != NULL) bytes += graph->node_count * sizeof *graph->out_strength;
  return bytes;
}

size_t sl_graph_estimate_bytes(uint32_t node_count, uint32_t edge_count, sl_value_type value_type,
                               bool directed) {
  uint64_t entries = directed ? edge_count : (uint64_t)edge_count * 2;
  if (entries > UINT32_MAX) return SIZE_MAX;
  size_t bytes = sl_csr_estimate_bytes(node_count, (uint32_t)entries, value_type);
  return bytes < SIZE_MAX - sizeof(sl_graph) ? bytes + sizeof(sl_graph) : SIZE_MAX;
}

sl_value_type sl_graph_value_type(const sl_graph *graph) { return graph->outgoing->value_type; }

sl_status sl_graph_adjacency(const sl_graph *graph, sl_csr **out) {
  return sl_csr_copy(graph->outgoing, out);
}

sl_status sl_graph_incoming(sl_graph *graph, const sl_csr **out) {
  if (graph->incoming == NULL) SL_TRY(sl_csr_transpose(graph->outgoing, &graph->incoming));
  *out = graph->incoming;
  return SL_OK;
}

sl_status sl_graph_out_strength(sl_graph *graph, const double **out) {
  if (graph->out_strength == NULL) {
    double *strength;
    SL_TRY(SL_ALLOC(&strength, graph->node_count));
    const sl_csr *edges = graph->outgoing;
    for (uint32_t u = 0; u < graph->node_count; u++) {
      uint32_t begin = edges->row_pointers[u], end = edges->row_pointers[u + 1];
      double sum = edges->value_type == SL_VALUES_PATTERN ? (double)(end - begin) : 0;
      if (edges->value_type != SL_VALUES_PATTERN) {
        for (uint32_t k = begin; k < end; k++) sum += sl_csr_value(edges, k);
      }
      strength[u] = sum;
      if (!isfinite(sum)) {
        sl_free(strength);
        return sl_fail(SL_ERR_NOT_FINITE, "weights", "weights whose sum at a node is finite", u);
      }
    }
    graph->out_strength = strength;
  }
  *out = graph->out_strength;
  return SL_OK;
}

sl_status sl_graph_neighbors(const sl_graph *graph, uint32_t node, const uint32_t **columns,
                             uint32_t *count) {
  SL_REQUIRE_AT(node < graph->node_count, SL_ERR_INDEX, "node", "a node of the graph", node);
  uint32_t begin = graph->outgoing->row_pointers[node];
  *columns = graph->outgoing->columns + begin;
  *count = graph->outgoing->row_pointers[node + 1] - begin;
  return SL_OK;
}

sl_status sl_graph_neighbor_weights(const sl_graph *graph, uint32_t node, const void **weights) {
  SL_REQUIRE_AT(node < graph->node_count, SL_ERR_INDEX, "node", "a node of the graph", node);
  const sl_csr *edges = graph->outgoing;
  size_t at = edges->row_pointers[node] * sl_csr_value_size(edges->value_type);
  *weights = edges->values ? (const char *)edges->values + at : NULL;
  return SL_OK;
}

sl_status sl_graph_out_degree(const sl_graph *graph, uint32_t node, uint32_t *out) {
  const uint32_t *columns;
  return sl_graph_neighbors(graph, node, &columns, out);
}

sl_status sl_graph_in_degree(sl_graph *graph, uint32_t node, uint32_t *out) {
  SL_REQUIRE_AT(node < graph->node_count, SL_ERR_INDEX, "node", "a node of the graph", node);
  const sl_csr *incoming;
  SL_TRY(sl_graph_incoming(graph, &incoming));
  *out = incoming->row_pointers[node + 1] - incoming->row_pointers[node];
  return SL_OK;
}

// Fills row u of the Laplacian: minus the weights, and on the diagonal their sum plus the shift.
// `fill` starts at the row's place and the place after the row is returned.
static uint32_t laplacian_row(const sl_csr *edges, uint32_t u, double shift, uint32_t fill,
                              uint32_t *columns, double *values, double *diagonal) {
  uint32_t diagonal_at = UINT32_MAX;
  double strength = 0;
  for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
    uint32_t v = edges->columns[k];
    if (diagonal_at == UINT32_MAX && v >= u) diagonal_at = fill++;
    if (v == u) continue;
    double weight = sl_csr_value(edges, k);
    strength += weight;
    columns[fill] = v;
    values[fill++] = -weight;
  }
  if (diagonal_at == UINT32_MAX) diagonal_at = fill++;
  columns[diagonal_at] = u;
  values[diagonal_at] = *diagonal = strength + shift;
  return fill;
}

sl_status sl_graph_laplacian(const sl_graph *graph, double shift, sl_csr **out) {
  *out = NULL;
  SL_REQUIRE(!graph->directed, SL_ERR_UNSUPPORTED, "graph", "an undirected graph");
  SL_REQUIRE(isfinite(shift) && shift >= 0, SL_ERR_OPTION, "shift", "a finite number, at least 0");
  const sl_csr *edges = graph->outgoing;
  uint32_t n = graph->node_count;
  uint64_t nnz = (uint64_t)edges->nnz - count_loops(edges) + n;
  SL_REQUIRE(nnz <= UINT32_MAX, SL_ERR_OVERFLOW, "graph", "fewer than 2^32 entries");
  uint32_t *pointers = NULL, *columns = NULL;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, (size_t)n + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, (size_t)nnz);
  if (status == SL_OK) status = SL_ALLOC(&values, (size_t)nnz);
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    return status;
  }
  pointers[0] = 0;
  bool finite = true;
  for (uint32_t u = 0; u < n; u++) {
    double diagonal;
    pointers[u + 1] = laplacian_row(edges, u, shift, pointers[u], columns, values, &diagonal);
    finite &= isfinite(diagonal);
  }
  if (!finite) {
    sl_free(pointers);
    sl_free(columns);
    sl_free(values);
    return sl_fail(SL_ERR_NOT_FINITE, "weights", "weights whose sum at a node is finite",
                   SL_NO_POSITION);
  }
  return sl_csr_adopt(n, n, pointers, columns, values, SL_VALUES_F64, out);
}
