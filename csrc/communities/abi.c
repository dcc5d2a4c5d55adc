// Raw ABI of communities/communities.h, communities/compare.h and communities/layout.h.
#include "graph/abi.h"
#include "base/abi_job.h"
#include "communities/communities.h"
#include "communities/compare.h"
#include "communities/layout.h"

// 0 after a failure. The graph must outlive the object.
sl_handle SL_ABI(sl_abi_communities_create)(sl_handle graph_handle) {
  sl_graph *graph;
  sl_communities *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_communities_create(graph, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_communities_job(made), graph_handle, SL_HANDLE_GRAPH);
}

int32_t SL_ABI(sl_abi_communities_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_communities_kind);
}

// question: sl_communities_question; options: sixteen doubles, labels: count u32, as
// communities/communities.h says.
int32_t SL_ABI(sl_abi_communities_begin)(sl_handle handle, uint32_t question, const double *options,
                                         const uint32_t *labels, uint32_t count) {
  sl_communities *c;
  SL_TRY(sl_abi_job_get(handle, &sl_communities_kind, &c));
  return sl_communities_begin(c, question, options, labels, count);
}

// numbers: eight doubles, written. Addresses lie there until the next begin or clear.
int32_t SL_ABI(sl_abi_communities_read)(sl_handle handle, double *numbers) {
  sl_communities *c;
  SL_TRY(sl_abi_job_get(handle, &sl_communities_kind, &c));
  return sl_communities_read(c, numbers);
}

int32_t SL_ABI(sl_abi_communities_clear)(sl_handle handle) {
  sl_communities *c;
  SL_TRY(sl_abi_job_get(handle, &sl_communities_kind, &c));
  sl_communities_clear(c);
  return SL_OK;
}

// a, b: count labels each; numbers: six doubles, written.
int32_t SL_ABI(sl_abi_compare_labels)(uint32_t count, const uint32_t *a, const uint32_t *b,
                                      double *numbers) {
  return sl_compare_labels(count, a, b, numbers);
}

// 0 after a failure. The graph may be destroyed before the object. settings: twelve doubles, as
// communities/layout.h says; positions: count f32.
sl_handle SL_ABI(sl_abi_layout_create)(sl_handle graph_handle, const double *settings,
                                       const float *positions, uint32_t count) {
  sl_graph *graph;
  sl_layout *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_layout_create(graph, settings, positions, count, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_layout_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_layout_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_layout_kind);
}

int32_t SL_ABI(sl_abi_layout_begin)(sl_handle handle, uint32_t steps) {
  sl_layout *layout;
  SL_TRY(sl_abi_job_get(handle, &sl_layout_kind, &layout));
  return sl_layout_begin(layout, steps);
}

// position: two or three doubles, or 0 for where the node is; fixed: 1 or 0.
int32_t SL_ABI(sl_abi_layout_place)(sl_handle handle, uint32_t node, const double *position,
                                    uint32_t fixed) {
  sl_layout *layout;
  SL_TRY(sl_abi_job_get(handle, &sl_layout_kind, &layout));
  return sl_layout_place(layout, node, position, fixed);
}

// numbers: eight doubles, written. The address of the positions stays what it is.
int32_t SL_ABI(sl_abi_layout_read)(sl_handle handle, double *numbers) {
  sl_layout *layout;
  SL_TRY(sl_abi_job_get(handle, &sl_layout_kind, &layout));
  return sl_layout_read(layout, numbers);
}
