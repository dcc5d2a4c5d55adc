// Raw ABI of resistance/potentials.h.
#include "graph/abi.h"
#include "base/abi_job.h"
#include "resistance/potentials.h"

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
  sl_potentials_options given = {.tolerance = options[0], .confidence = options[1]};
  SL_TRY(sl_abi_count(options[2], "seed", &given.seed));
  SL_TRY(sl_abi_count(options[3], "max_work", &given.max_work));
  return sl_potentials_begin(potentials, &given, source, target, values);
}

// out: nine doubles, written: outcome, value, error bound, undetermined nodes, solves, iterations,
// work, number of values and their address (f64), where they lie until the next begin.
int32_t SL_ABI(sl_abi_potentials_read)(sl_handle handle, double *out) {
  sl_potentials *potentials;
  SL_TRY(sl_abi_job_get(handle, &sl_potentials_kind, &potentials));
  sl_potentials_result found;
  SL_TRY(sl_potentials_finish(potentials, &found));
  out[0] = found.outcome;
  out[1] = found.value;
  out[2] = found.error_bound;
  out[3] = found.undetermined;
  out[4] = found.solves;
  out[5] = found.iterations;
  out[6] = (double)found.work;
  out[7] = found.count;
  out[8] = (double)(uintptr_t)found.values;
  return SL_OK;
}
