// Raw ABI of graph/graph.h, graph/file.h, graph/components.h, graph/edge_list.h and graph/metis.h.
#include "graph/abi.h"

#include "base/abi_container.h"
#include "graph/components.h"
#include "graph/edge_list.h"
#include "graph/file.h"
#include "graph/metis.h"
#include "sparse/abi.h"

static const sl_kind SL_HANDLE_EDGE_LIST[1] = {{"the handle of an edge-list reader"}};
static const sl_kind SL_HANDLE_METIS[1] = {{"the handle of a METIS reader"}};

static sl_status get(sl_handle handle, sl_graph **out) {
  return sl_handle_get(handle, SL_HANDLE_GRAPH, (void **)out);
}

// 0 when `status` is a failure or no handle can be made; the graph is destroyed then.
static sl_handle hand_out(sl_status status, sl_graph *graph) {
  sl_handle handle = 0;
  if (status != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_GRAPH, graph, &handle) != SL_OK) sl_graph_destroy(graph);
  return handle;
}

// The same for a matrix that a graph gives.
static sl_handle hand_out_matrix(sl_status status, sl_csr *matrix) {
  sl_handle handle = 0;
  if (status != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_MATRIX, matrix, &handle) != SL_OK) sl_csr_destroy(matrix);
  return handle;
}

sl_handle SL_ABI(sl_abi_graph_from_edges)(uint32_t node_count, uint32_t count, const uint32_t *from,
                                          const uint32_t *to, const void *weights,
                                          int32_t value_type, int32_t directed) {
  sl_graph *graph;
  return hand_out(sl_graph_from_edges(node_count, count, from, to, weights,
                                      (sl_value_type)value_type, directed != 0, &graph),
                  graph);
}

sl_handle SL_ABI(sl_abi_graph_from_csr)(uint32_t node_count, const uint32_t *row_pointers,
                                        size_t pointer_count, const uint32_t *columns,
                                        size_t column_count, const void *weights,
                                        size_t weight_count, int32_t value_type, int32_t directed) {
  sl_graph *graph;
  return hand_out(sl_graph_from_csr_arrays(node_count, row_pointers, pointer_count, columns,
                                           column_count, weights, weight_count,
                                           (sl_value_type)value_type, directed != 0, &graph),
                  graph);
}

// A copy: the matrix stays as it is.
sl_handle SL_ABI(sl_abi_graph_from_matrix)(sl_handle matrix_handle, int32_t directed) {
  sl_csr *matrix;
  sl_graph *graph;
  if (sl_handle_get(matrix_handle, SL_HANDLE_MATRIX, (void **)&matrix) != SL_OK) return 0;
  return hand_out(sl_graph_from_matrix(matrix, directed != 0, &graph), graph);
}

// A new graph: this one without the removed edges and with the added ones. value_type: the graph's.
sl_handle SL_ABI(sl_abi_graph_edit)(sl_handle handle, uint32_t node_count, uint32_t removed_count,
                                    const uint32_t *removed_from, const uint32_t *removed_to,
                                    uint32_t added_count, const uint32_t *added_from,
                                    const uint32_t *added_to, const void *weights,
                                    int32_t value_type) {
  sl_graph *graph, *edited = NULL;
  if (get(handle, &graph) != SL_OK) return 0;
  const sl_status status =
      sl_graph_edit(graph, node_count, removed_count, removed_from, removed_to, added_count,
                    added_from, added_to, weights, (sl_value_type)value_type, &edited);
  return hand_out(status, edited);
}

// Writes the address of the first of the node's neighbours (u32, ascending; the graph's own memory)
// and their number.
int32_t SL_ABI(sl_abi_graph_neighbors)(sl_handle handle, uint32_t node, const uint32_t **columns,
                                       uint32_t *count) {
  sl_graph *graph;
  SL_TRY(get(handle, &graph));
  return sl_graph_neighbors(graph, node, columns, count);
}

// Writes the address of the first of their weights (of the graph's value type), 0 when there are
// none.
int32_t SL_ABI(sl_abi_graph_neighbor_weights)(sl_handle handle, uint32_t node,
                                              const void **weights) {
  sl_graph *graph;
  SL_TRY(get(handle, &graph));
  return sl_graph_neighbor_weights(graph, node, weights);
}

int32_t SL_ABI(sl_abi_graph_out_degree)(sl_handle handle, uint32_t node, uint32_t *out) {
  sl_graph *graph;
  SL_TRY(get(handle, &graph));
  return sl_graph_out_degree(graph, node, out);
}

int32_t SL_ABI(sl_abi_graph_in_degree)(sl_handle handle, uint32_t node, uint32_t *out) {
  sl_graph *graph;
  SL_TRY(get(handle, &graph));
  return sl_graph_in_degree(graph, node, out);
}

// labels: one u32 a node, written.
int32_t SL_ABI(sl_abi_graph_components)(sl_handle handle, uint32_t *labels, uint32_t *count) {
  sl_graph *graph;
  SL_TRY(get(handle, &graph));
  sl_graph_components(graph, labels, count);
  return SL_OK;
}

// Handle of a matrix, or 0.
sl_handle SL_ABI(sl_abi_graph_laplacian)(sl_handle handle, double shift) {
  sl_graph *graph;
  sl_csr *matrix;
  if (get(handle, &graph) != SL_OK) return 0;
  return hand_out_matrix(sl_graph_laplacian(graph, shift, &matrix), matrix);
}

// Handle of a matrix, or 0.
sl_handle SL_ABI(sl_abi_graph_adjacency)(sl_handle handle) {
  sl_graph *graph;
  sl_csr *matrix;
  if (get(handle, &graph) != SL_OK) return 0;
  return hand_out_matrix(sl_graph_adjacency(graph, &matrix), matrix);
}

size_t SL_ABI(sl_abi_graph_estimate_bytes)(uint32_t node_count, uint32_t edge_count,
                                           int32_t value_type, int32_t directed) {
  return sl_graph_estimate_bytes(node_count, edge_count, (sl_value_type)value_type, directed != 0);
}

static sl_status get_edge_list(sl_handle handle, sl_edge_list **out) {
  return sl_handle_get(handle, SL_HANDLE_EDGE_LIST, (void **)out);
}

static sl_handle hand_out_edge_list(const sl_edge_list_options *options) {
  sl_edge_list *reader;
  sl_handle handle;
  if (sl_edge_list_create(options, &reader) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_EDGE_LIST, reader, &handle) != SL_OK) sl_edge_list_destroy(reader);
  return handle;
}

// The parameters are the first fields of sl_edge_list_options, in its order; the others have their
// defaults.
sl_handle SL_ABI(sl_abi_edge_list_create)(int32_t directed, int32_t ids, int32_t ignore_weights,
                                          uint32_t node_count, uint32_t separator,
                                          int32_t value_type) {
  sl_edge_list_options options = sl_edge_list_options_default();
  options.directed = directed != 0;
  options.ids = (sl_id_kind)ids;
  options.ignore_weights = ignore_weights != 0;
  options.node_count = node_count;
  options.separator = separator;
  options.value_type = (sl_value_type)value_type;
  return hand_out_edge_list(&options);
}

// All fields, in the order of sl_edge_list_options.
sl_handle SL_ABI(sl_abi_edge_list_create_with)(int32_t directed, int32_t ids,
                                               int32_t ignore_weights, uint32_t node_count,
                                               uint32_t separator, int32_t value_type,
                                               int32_t count_parallel, int32_t header,
                                               uint32_t from_column, uint32_t to_column,
                                               uint32_t weight_column, uint32_t time_column,
                                               int32_t dates, double since, double until) {
  const sl_edge_list_options options = {directed != 0,
                                        (sl_id_kind)ids,
                                        ignore_weights != 0,
                                        node_count,
                                        separator,
                                        (sl_value_type)value_type,
                                        count_parallel != 0,
                                        (sl_edge_header)header,
                                        from_column,
                                        to_column,
                                        weight_column,
                                        time_column,
                                        dates != 0,
                                        since,
                                        until};
  return hand_out_edge_list(&options);
}

int32_t SL_ABI(sl_abi_edge_list_destroy)(sl_handle handle) {
  sl_edge_list *reader;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_EDGE_LIST, (void **)&reader));
  sl_edge_list_destroy(reader);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_edge_list_feed)(sl_handle handle, const char *bytes, size_t n) {
  sl_edge_list *reader;
  SL_TRY(get_edge_list(handle, &reader));
  return sl_edge_list_feed(reader, bytes, n);
}

// The graph, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_edge_list_finish)(sl_handle handle) {
  sl_edge_list *reader;
  sl_graph *graph;
  if (get_edge_list(handle, &reader) != SL_OK) return 0;
  return hand_out(sl_edge_list_finish(reader, &graph), graph);
}

// Text, or 0 when the handle is none.
const char *SL_ABI(sl_abi_edge_list_found)(sl_handle handle) {
  sl_edge_list *reader;
  return get_edge_list(handle, &reader) == SL_OK ? sl_edge_list_found(reader) : NULL;
}

// Address of the ids of the nodes (64 bits each), 0 where they are node numbers or names. The
// reader's memory.
const uint64_t *SL_ABI(sl_abi_edge_list_ids)(sl_handle handle) {
  sl_edge_list *reader;
  return get_edge_list(handle, &reader) == SL_OK ? sl_edge_list_ids(reader) : NULL;
}

// Addresses of the names of the nodes, one behind the other, and of where each one ends (u32); 0
// where ids are numbers. The reader's memory.
const char *SL_ABI(sl_abi_edge_list_name_text)(sl_handle handle) {
  sl_edge_list *reader;
  return get_edge_list(handle, &reader) == SL_OK ? sl_edge_list_name_text(reader) : NULL;
}

const uint32_t *SL_ABI(sl_abi_edge_list_name_ends)(sl_handle handle) {
  sl_edge_list *reader;
  return get_edge_list(handle, &reader) == SL_OK ? sl_edge_list_name_ends(reader) : NULL;
}

static sl_status get_metis(sl_handle handle, sl_metis **out) {
  return sl_handle_get(handle, SL_HANDLE_METIS, (void **)out);
}

sl_handle SL_ABI(sl_abi_metis_create)(int32_t value_type) {
  sl_metis *reader;
  sl_handle handle;
  if (sl_metis_create((sl_value_type)value_type, &reader) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_METIS, reader, &handle) != SL_OK) sl_metis_destroy(reader);
  return handle;
}

int32_t SL_ABI(sl_abi_metis_destroy)(sl_handle handle) {
  sl_metis *reader;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_METIS, (void **)&reader));
  sl_metis_destroy(reader);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_metis_feed)(sl_handle handle, const char *bytes, size_t n) {
  sl_metis *reader;
  SL_TRY(get_metis(handle, &reader));
  return sl_metis_feed(reader, bytes, n);
}

// The graph, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_metis_finish)(sl_handle handle) {
  sl_metis *reader;
  sl_graph *graph;
  if (get_metis(handle, &reader) != SL_OK) return 0;
  return hand_out(sl_metis_finish(reader, &graph), graph);
}

// Text, or 0 when the handle is none.
const char *SL_ABI(sl_abi_metis_found)(sl_handle handle) {
  sl_metis *reader;
  return get_metis(handle, &reader) == SL_OK ? sl_metis_found(reader) : NULL;
}

// The handle of a writer (base/container.h), or 0. label_kind: 0, or the tag of the labels'
// section.
sl_handle SL_ABI(sl_abi_graph_save)(sl_handle handle, uint32_t label_kind, const void *labels,
                                    size_t label_bytes) {
  sl_graph *graph;
  sl_writer *writer;
  if (get(handle, &graph) != SL_OK) return 0;
  sl_status status =
      sl_graph_save(graph, (sl_graph_labels)label_kind, labels, label_bytes, &writer);
  return sl_abi_hand_out_writer(status, writer, handle, SL_HANDLE_GRAPH);
}

// The graph, or 0. The reader stays, with the labels when there are any, and is to be destroyed.
sl_handle SL_ABI(sl_abi_graph_load)(sl_handle handle) {
  sl_reader *reader;
  sl_graph *graph;
  if (sl_abi_get_reader(handle, &reader) != SL_OK) return 0;
  return hand_out(sl_graph_load(reader, &graph), graph);
}
