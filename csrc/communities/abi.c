// Raw ABI of communities/communities.h and communities/compare.h.
#include "graph/abi.h"
#include "base/abi_job.h"
#include "communities/communities.h"
#include "communities/compare.h"

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

// question: sl_communities_question; options: eight doubles, labels: count u32, as
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
