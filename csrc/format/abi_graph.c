// Raw ABI of format/graph_publish.h, format/remote_graph.h and format/graph_walk.h.
#include "base/abi.h"

#include "base/abi_job.h"
#include "format/graph_publish.h"
#include "format/graph_walk.h"
#include "format/remote_graph.h"

static const sl_kind SL_HANDLE_REMOTE_GRAPH[1] = {{"the handle of a remote graph"}};
static const sl_kind SL_HANDLE_GRAPH_WALK[1] = {{"the handle of a walk in a remote graph"}};

static sl_status get(sl_handle handle, sl_remote_graph **out) {
  return sl_handle_get(handle, SL_HANDLE_REMOTE_GRAPH, (void **)out);
}
static sl_status get_walk(sl_handle handle, sl_graph_walk **out) {
  return sl_handle_get(handle, SL_HANDLE_GRAPH_WALK, (void **)out);
}

// ---- writing a graph ------------------------------------------------------------------------------

// 0 after a failure. row_pointers: pointer_count u32, one more than nodes; columns: as many u32 as the
// last of these says; weights: as many f64, or 0; all read.
sl_handle SL_ABI(sl_abi_graph_publish_create)(uint32_t node_count, const uint32_t *row_pointers,
                                              uint32_t pointer_count, const uint32_t *columns,
                                              const double *weights, int32_t directed) {
  sl_graph_publish *made;
  if (node_count == UINT32_MAX || pointer_count != node_count + 1) {
    sl_fail(SL_ERR_SHAPE, "row_pointers", "one more than there are nodes", SL_NO_POSITION);
    return 0;
  }
  if (sl_graph_publish_create(node_count, row_pointers, columns, weights, row_pointers[node_count],
                              directed != 0, &made) != SL_OK)
    return 0;
  return sl_abi_job_register(sl_graph_publish_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_graph_publish_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_graph_publish_kind);
}

// keys: count bytes, read: labels; lengths: a u32 for each node, read; kind: 1 or 2.
int32_t SL_ABI(sl_abi_graph_publish_labels)(sl_handle handle, const uint8_t *keys, size_t count,
                                            const uint32_t *lengths, uint32_t kind) {
  sl_graph_publish *p;
  SL_TRY(sl_abi_job_get(handle, &sl_graph_publish_kind, &p));
  return sl_graph_publish_labels(p, keys, count, lengths, kind);
}

int32_t SL_ABI(sl_abi_graph_publish_begin)(sl_handle handle) {
  sl_graph_publish *p;
  SL_TRY(sl_abi_job_get(handle, &sl_graph_publish_kind, &p));
  return sl_graph_publish_begin(p);
}

// numbers: 24 doubles, written.
int32_t SL_ABI(sl_abi_graph_publish_read)(sl_handle handle, double *numbers) {
  sl_graph_publish *p;
  SL_TRY(sl_abi_job_get(handle, &sl_graph_publish_kind, &p));
  return sl_graph_publish_read(p, numbers);
}

// ---- reading one ----------------------------------------------------------------------------------

// 0 after a failure. bytes: count, read: the head of the file.
sl_handle SL_ABI(sl_abi_remote_graph_create)(const uint8_t *bytes, size_t count, uint32_t verify) {
  sl_remote_graph *made;
  sl_handle handle = 0;
  if (sl_remote_graph_create(bytes, count, verify, &made) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_REMOTE_GRAPH, made, &handle) != SL_OK)
    sl_remote_graph_destroy(made);
  return handle;
}

int32_t SL_ABI(sl_abi_remote_graph_destroy)(sl_handle handle) {
  sl_remote_graph *g;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_REMOTE_GRAPH, (void **)&g));
  sl_remote_graph_destroy(g);
  return SL_OK;
}

// numbers: 16 doubles, written.
int32_t SL_ABI(sl_abi_remote_graph_read)(sl_handle handle, double *numbers) {
  sl_remote_graph *g;
  SL_TRY(get(handle, &g));
  sl_remote_graph_read(g, numbers);
  return SL_OK;
}

// out: u32, written.
int32_t SL_ABI(sl_abi_remote_graph_block_of)(sl_handle handle, uint32_t node, uint32_t *out) {
  sl_remote_graph *g;
  SL_TRY(get(handle, &g));
  return sl_remote_graph_block_of(g, node, out);
}

// place: eight doubles, written.
int32_t SL_ABI(sl_abi_remote_graph_place)(sl_handle handle, uint32_t graph_block, double *place) {
  sl_remote_graph *g;
  SL_TRY(get(handle, &g));
  return sl_remote_graph_place(g, graph_block, place);
}

// page_bytes: page_length, read.
int32_t SL_ABI(sl_abi_remote_graph_check_page)(sl_handle handle, uint32_t page,
                                               const uint8_t *page_bytes, size_t page_length) {
  sl_remote_graph *g;
  SL_TRY(get(handle, &g));
  return sl_remote_graph_check_page(g, page, page_bytes, page_length);
}

// page_bytes: page_length, read; rows: rows_length, read: the block.
int32_t SL_ABI(sl_abi_remote_graph_check_block)(sl_handle handle, uint32_t graph_block,
                                                const uint8_t *page_bytes, size_t page_length,
                                                const uint8_t *rows, size_t rows_length) {
  sl_remote_graph *g;
  SL_TRY(get(handle, &g));
  return sl_remote_graph_check_block(g, graph_block, page_bytes, page_length, rows, rows_length);
}

// place: four doubles, written.
int32_t SL_ABI(sl_abi_remote_graph_node)(sl_handle handle, uint32_t graph_block,
                                         const uint8_t *rows, size_t rows_length, uint32_t node,
                                         double *place) {
  sl_remote_graph *g;
  SL_TRY(get(handle, &g));
  return sl_remote_graph_node(g, graph_block, rows, rows_length, node, place);
}

// places, weights: `most` u32 and doubles, written; weights may be 0; found: u32, written.
int32_t SL_ABI(sl_abi_remote_graph_row)(sl_handle handle, uint32_t graph_block, const uint8_t *rows,
                                        size_t rows_length, uint32_t node, uint32_t most,
                                        uint32_t *places, double *weights, uint32_t *found) {
  sl_remote_graph *g;
  SL_TRY(get(handle, &g));
  return sl_remote_graph_row(g, graph_block, rows, rows_length, node, most, places, weights, found);
}

// ---- walking in it --------------------------------------------------------------------------------

// 0 after a failure. places: place_count u32, read; shares: as many doubles, or 0.
sl_handle SL_ABI(sl_abi_graph_walk_push)(sl_handle graph, const uint32_t *places,
                                         const double *shares, uint32_t place_count, double damping,
                                         double epsilon) {
  sl_remote_graph *g;
  sl_graph_walk *made;
  sl_handle handle = 0;
  if (get(graph, &g) != SL_OK) return 0;
  if (sl_graph_walk_push(g, places, shares, place_count, damping, epsilon, &made) != SL_OK)
    return 0;
  if (sl_handle_create(SL_HANDLE_GRAPH_WALK, made, &handle) != SL_OK) sl_graph_walk_destroy(made);
  return handle;
}

// 0 after a failure. places: place_count u32, targets: target_count u32, read.
sl_handle SL_ABI(sl_abi_graph_walk_hops)(sl_handle graph, const uint32_t *places,
                                         uint32_t place_count, const uint32_t *targets,
                                         uint32_t target_count) {
  sl_remote_graph *g;
  sl_graph_walk *made;
  sl_handle handle = 0;
  if (get(graph, &g) != SL_OK) return 0;
  if (sl_graph_walk_hops(g, places, place_count, targets, target_count, &made) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_GRAPH_WALK, made, &handle) != SL_OK) sl_graph_walk_destroy(made);
  return handle;
}

int32_t SL_ABI(sl_abi_graph_walk_destroy)(sl_handle handle) {
  sl_graph_walk *w;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_GRAPH_WALK, (void **)&w));
  sl_graph_walk_destroy(w);
  return SL_OK;
}

// blocks: `most` u32, amounts: `most` doubles, written; found: u32, written.
int32_t SL_ABI(sl_abi_graph_walk_wants)(sl_handle handle, uint32_t most, uint32_t *blocks,
                                        double *amounts, uint32_t *found) {
  sl_graph_walk *w;
  SL_TRY(get_walk(handle, &w));
  return sl_graph_walk_wants(w, most, blocks, amounts, found);
}

// rows: rows_length, read: the block.
int32_t SL_ABI(sl_abi_graph_walk_give)(sl_handle handle, uint32_t graph_block, const uint8_t *rows,
                                       size_t rows_length, uint32_t steps) {
  sl_graph_walk *w;
  SL_TRY(get_walk(handle, &w));
  return sl_graph_walk_give(w, graph_block, rows, rows_length, steps);
}

int32_t SL_ABI(sl_abi_graph_walk_next)(sl_handle handle, double epsilon) {
  sl_graph_walk *w;
  SL_TRY(get_walk(handle, &w));
  return sl_graph_walk_next(w, epsilon);
}

int32_t SL_ABI(sl_abi_graph_walk_check)(sl_handle handle) {
  sl_graph_walk *w;
  SL_TRY(get_walk(handle, &w));
  return sl_graph_walk_check(w);
}

// numbers: 16 doubles, written.
int32_t SL_ABI(sl_abi_graph_walk_read)(sl_handle handle, double *numbers) {
  sl_graph_walk *w;
  SL_TRY(get_walk(handle, &w));
  sl_graph_walk_read(w, numbers);
  return SL_OK;
}

// places: `most` u32, values, bounds: `most` doubles each, written; found: u32, written.
int32_t SL_ABI(sl_abi_graph_walk_results)(sl_handle handle, uint32_t most, uint32_t *places,
                                          double *values, double *bounds, uint32_t *found) {
  sl_graph_walk *w;
  SL_TRY(get_walk(handle, &w));
  return sl_graph_walk_results(w, most, places, values, bounds, found);
}

// places: `most` u32, written; found: u32, written.
int32_t SL_ABI(sl_abi_graph_walk_path)(sl_handle handle, uint32_t most, uint32_t *places,
                                       uint32_t *found) {
  sl_graph_walk *w;
  SL_TRY(get_walk(handle, &w));
  return sl_graph_walk_path(w, most, places, found);
}
