// Raw ABI of paths/paths.h, paths/bellman_ford.h and paths/hierarchy.h.
#include "graph/abi.h"
#include "base/abi_container.h"
#include "base/abi_job.h"
#include "paths/bellman_ford.h"
#include "paths/hierarchy.h"
#include "paths/paths.h"

// 0 after a failure. The graph must outlive the object.
sl_handle SL_ABI(sl_abi_paths_create)(sl_handle graph_handle) {
  sl_graph *graph;
  sl_paths *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_paths_create(graph, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_paths_job(made), graph_handle, SL_HANDLE_GRAPH);
}

int32_t SL_ABI(sl_abi_paths_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_paths_kind);
}

// question: sl_paths_question; options: eight doubles, nodes: count u32, as paths/paths.h says.
int32_t SL_ABI(sl_abi_paths_begin)(sl_handle handle, uint32_t question, const double *options,
                                   const uint32_t *nodes, uint32_t count) {
  sl_paths *paths;
  SL_TRY(sl_abi_job_get(handle, &sl_paths_kind, &paths));
  return sl_paths_begin(paths, question, options, nodes, count);
}

// numbers: sixteen doubles, written. Addresses lie there until the next begin or clear.
int32_t SL_ABI(sl_abi_paths_read)(sl_handle handle, double *numbers) {
  sl_paths *paths;
  SL_TRY(sl_abi_job_get(handle, &sl_paths_kind, &paths));
  return sl_paths_read(paths, numbers);
}

int32_t SL_ABI(sl_abi_paths_clear)(sl_handle handle) {
  sl_paths *paths;
  SL_TRY(sl_abi_job_get(handle, &sl_paths_kind, &paths));
  sl_paths_clear(paths);
  return SL_OK;
}

// 0 after a failure. source: 2^32 - 1 for every node.
sl_handle SL_ABI(sl_abi_bellman_ford_create)(uint32_t node_count, uint32_t count,
                                             const uint32_t *from, const uint32_t *to,
                                             const double *lengths, uint32_t source) {
  sl_bellman_ford *made;
  if (sl_bellman_ford_create(node_count, count, from, to, lengths, source, &made) != SL_OK)
    return 0;
  return sl_abi_job_register(sl_bellman_ford_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_bellman_ford_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_bellman_ford_kind);
}

// numbers: eight doubles, written.
int32_t SL_ABI(sl_abi_bellman_ford_read)(sl_handle handle, double *numbers) {
  sl_bellman_ford *made;
  SL_TRY(sl_abi_job_get(handle, &sl_bellman_ford_kind, &made));
  return sl_bellman_ford_read(made, numbers);
}

static sl_status get_hierarchy(sl_handle handle, sl_hierarchy **out) {
  return sl_abi_job_get(handle, &sl_hierarchy_kind, out);
}

// 0 after a failure. The graph is read now and not kept; sl_abi_job_step does the work.
sl_handle SL_ABI(sl_abi_hierarchy_create)(sl_handle graph_handle, int32_t weighted) {
  sl_graph *graph;
  sl_hierarchy *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_hierarchy_create(graph, weighted != 0, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_hierarchy_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_hierarchy_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_hierarchy_kind);
}

// out: six doubles, written.
int32_t SL_ABI(sl_abi_hierarchy_facts)(sl_handle handle, double *out) {
  sl_hierarchy *hierarchy;
  SL_TRY(get_hierarchy(handle, &hierarchy));
  sl_hierarchy_facts(hierarchy, out);
  return SL_OK;
}

// out: four doubles, written.
int32_t SL_ABI(sl_abi_hierarchy_route)(sl_handle handle, uint32_t source, uint32_t target,
                                       double *out) {
  sl_hierarchy *hierarchy;
  SL_TRY(get_hierarchy(handle, &hierarchy));
  return sl_hierarchy_route(hierarchy, source, target, out);
}

// Two lists of nodes, copied; then sl_abi_job_step.
int32_t SL_ABI(sl_abi_hierarchy_begin_table)(sl_handle handle, const uint32_t *sources,
                                             uint32_t source_count, const uint32_t *targets,
                                             uint32_t target_count) {
  sl_hierarchy *hierarchy;
  SL_TRY(get_hierarchy(handle, &hierarchy));
  return sl_hierarchy_begin_table(hierarchy, sources, source_count, targets, target_count);
}

// out: four doubles, written.
int32_t SL_ABI(sl_abi_hierarchy_read_table)(sl_handle handle, double *out) {
  sl_hierarchy *hierarchy;
  SL_TRY(get_hierarchy(handle, &hierarchy));
  return sl_hierarchy_read_table(hierarchy, out);
}

// The handle of a writer, or 0. label_kind: 0, or the tag of the labels' section.
sl_handle SL_ABI(sl_abi_hierarchy_save)(sl_handle handle, uint32_t label_kind, const void *labels,
                                        size_t label_bytes) {
  sl_hierarchy *hierarchy;
  sl_writer *writer = NULL;
  if (get_hierarchy(handle, &hierarchy) != SL_OK) return 0;
  const sl_status status =
      sl_hierarchy_save(hierarchy, (sl_graph_labels)label_kind, labels, label_bytes, &writer);
  return sl_abi_hand_out_writer(status, writer, handle, SL_HANDLE_JOB);
}

// The hierarchy, or 0. The reader stays, with the labels when there are any, and is to be destroyed.
sl_handle SL_ABI(sl_abi_hierarchy_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_hierarchy *hierarchy;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  if (sl_hierarchy_load(reader, &hierarchy) != SL_OK) return 0;
  return sl_abi_job_register(sl_hierarchy_job(hierarchy), 0, NULL);
}
