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
  sl_contributions_options given = {.tolerance = options[0], .confidence = options[1]};
  SL_TRY(sl_abi_count(options[2], "seed", &given.seed));
  SL_TRY(sl_abi_count(options[3], "push_work", &given.push_work));
  SL_TRY(sl_abi_count(options[4], "max_work", &given.max_work));
  return sl_contributions_begin(contributions, &given, source, target);
}

// out: eleven doubles, written: outcome, method, value, error bound, half width, walks, touched
// nodes, edge operations, number of entries, addresses of nodes (u32) and scores (f64), which lie
// there until the next begin.
int32_t SL_ABI(sl_abi_contributions_read)(sl_handle handle, double *out) {
  sl_contributions *contributions;
  SL_TRY(sl_abi_job_get(handle, &sl_contributions_kind, &contributions));
  sl_contributions_result found;
  SL_TRY(sl_contributions_finish(contributions, &found));
  out[0] = found.outcome;
  out[1] = found.method;
  out[2] = found.value;
  out[3] = found.error_bound;
  out[4] = found.half_width;
  out[5] = (double)found.walks;
  out[6] = (double)found.touched_nodes;
  out[7] = (double)found.edge_operations;
  out[8] = found.count;
  out[9] = (double)(uintptr_t)found.nodes;
  out[10] = (double)(uintptr_t)found.scores;
  return SL_OK;
}
