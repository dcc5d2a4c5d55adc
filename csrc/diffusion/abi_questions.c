// Raw ABI of diffusion/contributions.h and diffusion/potentials.h.
#include "base/abi_job.h"
#include "diffusion/contributions.h"
#include "diffusion/potentials.h"
#include "graph/abi.h"

// ---- contributions

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

// ---- potentials

// 0 after a failure. boundary: count nodes; count 0 for resistances.
sl_handle SL_ABI(sl_abi_potentials_create)(sl_handle graph_handle, const uint32_t *boundary,
                                           uint32_t count) {
  sl_graph *graph;
  sl_potentials *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_potentials_create(graph, boundary, count, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_potentials_job(made), graph_handle, SL_HANDLE_GRAPH);
}

int32_t SL_ABI(sl_abi_potentials_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_potentials_kind);
}

// A pair; or, when both are 2^32 - 1, all edges by a sketch (values 0) or the potentials with these
// values on the boundary. options: four doubles: tolerance, confidence, seed, edge operations in
// all (0: no limit).
int32_t SL_ABI(sl_abi_potentials_begin)(sl_handle handle, uint32_t source, uint32_t target,
                                        const double *options, const double *values) {
  sl_potentials *potentials;
  SL_TRY(sl_abi_job_get(handle, &sl_potentials_kind, &potentials));
  return sl_potentials_begin(potentials, source, target, options, values);
}

// out: nine doubles, written: outcome, value, error bound, undetermined nodes, solves, iterations,
// work, number of values and their address (f64), where they lie until the next begin.
int32_t SL_ABI(sl_abi_potentials_read)(sl_handle handle, double *out) {
  sl_potentials *potentials;
  SL_TRY(sl_abi_job_get(handle, &sl_potentials_kind, &potentials));
  return sl_potentials_read(potentials, out);
}
