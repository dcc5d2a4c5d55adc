// Raw ABI of contributions/contributions.h.
#include "graph/abi.h"
#include "base/abi_job.h"
#include "contributions/contributions.h"

// 0 after a failure. The graph must outlive the object.
sl_handle SL_ABI(sl_abi_contributions_create)(sl_handle graph_handle, double damping) {
  sl_graph *graph;
  sl_contributions *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_contributions_create(graph, damping, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_contributions_job(made), graph_handle, SL_HANDLE_GRAPH);
}

int32_t SL_ABI(sl_abi_contributions_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_contributions_kind);
}

// Every source when `source` is 2^32 - 1, else the pair. options: five doubles: tolerance,
// confidence (0: proved bounds only), seed, and edge operations of pushing and in all (0: the
// defaults).
int32_t SL_ABI(sl_abi_contributions_begin)(sl_handle handle, uint32_t source, uint32_t target,
                                           const double *options) {
  sl_contributions *contributions;
  SL_TRY(sl_abi_job_get(handle, &sl_contributions_kind, &contributions));
  return sl_contributions_begin(contributions, source, target, options);
}

// out: eleven doubles, written: outcome, method, value, error bound, half width, walks, touched
// nodes, edge operations, number of entries, addresses of nodes (u32) and scores (f64), which lie
// there until the next begin.
int32_t SL_ABI(sl_abi_contributions_read)(sl_handle handle, double *out) {
  sl_contributions *contributions;
  SL_TRY(sl_abi_job_get(handle, &sl_contributions_kind, &contributions));
  return sl_contributions_read(contributions, out);
}
