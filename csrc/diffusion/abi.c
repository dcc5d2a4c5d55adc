// Raw ABI of diffusion/pagerank.h, sweep_cut.h and heat_kernel.h.
#include "graph/abi.h"
#include "base/abi_job.h"
#include "diffusion/heat_kernel.h"
#include "diffusion/pagerank.h"
#include "diffusion/sweep_cut.h"

static sl_status get(sl_handle handle, sl_pagerank **out) {
  return sl_abi_job_get(handle, &sl_pagerank_kind, out);
}

// 0 after a failure. The graph must outlive the object.
sl_handle SL_ABI(sl_abi_pagerank_create)(sl_handle graph_handle) {
  sl_graph *graph;
  sl_pagerank *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_pagerank_create(graph, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_pagerank_job(made), graph_handle, SL_HANDLE_GRAPH);
}

int32_t SL_ABI(sl_abi_pagerank_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_pagerank_kind);
}

int32_t SL_ABI(sl_abi_pagerank_bytes)(sl_handle handle, size_t *bytes) {
  sl_pagerank *pagerank;
  SL_TRY(get(handle, &pagerank));
  *bytes = sl_pagerank_bytes(pagerank);
  return SL_OK;
}

static sl_status options_from(double damping, double tolerance, int32_t method, uint32_t top_k,
                              int32_t ranking, uint32_t max_iterations, double max_work,
                              sl_pagerank_options *out) {
  uint64_t work;
  *out = sl_pagerank_options_default();
  SL_TRY(sl_abi_count(max_work, "max_work", &work));
  out->damping = damping;
  out->tolerance = tolerance;
  out->method = (sl_pagerank_method)method;
  out->top_k = top_k;
  out->settle_ranking = ranking == 1;
  out->prove_ranking = ranking == 2;
  if (max_iterations > 0) out->max_iterations = max_iterations;
  if (work > 0) out->max_work = work;
  return SL_OK;
}

// method: 0 automatic, 1 push, 2 power iteration, 3 Gauss-Seidel, 4 conjugate gradients, 6 push and
// power iteration. ranking: 0
// stops at the tolerance, 1 when the top_k look settled, 2 when they are proved. Limits: 0 for the
// default. weights may be NULL.
int32_t SL_ABI(sl_abi_pagerank_begin)(sl_handle handle, const uint32_t *nodes,
                                      const double *weights, uint32_t count, double damping,
                                      double tolerance, int32_t method, uint32_t top_k,
                                      int32_t ranking, uint32_t max_iterations, double max_work) {
  sl_pagerank *pagerank;
  SL_TRY(get(handle, &pagerank));
  sl_pagerank_options options;
  SL_TRY(
      options_from(damping, tolerance, method, top_k, ranking, max_iterations, max_work, &options));
  return sl_pagerank_begin(pagerank, &options, nodes, weights, count);
}

// Every node is a source.
int32_t SL_ABI(sl_abi_pagerank_begin_global)(sl_handle handle, double damping, double tolerance,
                                             int32_t method, uint32_t top_k, int32_t ranking,
                                             uint32_t max_iterations, double max_work) {
  sl_pagerank *pagerank;
  SL_TRY(get(handle, &pagerank));
  sl_pagerank_options options;
  SL_TRY(
      options_from(damping, tolerance, method, top_k, ranking, max_iterations, max_work, &options));
  return sl_pagerank_begin_global(pagerank, &options);
}

// From where the run of `previous` on another graph has ended.
int32_t SL_ABI(sl_abi_pagerank_follow)(sl_handle handle, sl_handle previous_handle, double damping,
                                       double tolerance, int32_t method, uint32_t top_k,
                                       int32_t ranking, uint32_t max_iterations, double max_work) {
  sl_pagerank *pagerank, *previous;
  SL_TRY(get(handle, &pagerank));
  SL_TRY(get(previous_handle, &previous));
  sl_pagerank_options options;
  SL_TRY(
      options_from(damping, tolerance, method, top_k, ranking, max_iterations, max_work, &options));
  return sl_pagerank_follow(pagerank, previous, &options);
}

// order: count entries, written. max_nodes: 0 is no limit. max_volume: infinity is none. result: four doubles, written: size, conductance, cut, volume.
int32_t SL_ABI(sl_abi_sweep_cut)(sl_handle handle, const uint32_t *nodes, const double *scores,
                                 uint32_t count, uint32_t max_nodes, double max_volume,
                                 uint32_t *order, double *result) {
  sl_pagerank *pagerank;
  sl_sweep_cut_result found;
  SL_TRY(get(handle, &pagerank));
  SL_TRY(sl_sweep_cut(pagerank, nodes, scores, count, max_nodes, max_volume, order, &found));
  result[0] = found.size;
  result[1] = found.conductance;
  result[2] = found.cut;
  result[3] = found.volume;
  return SL_OK;
}

// Edge operations so far and the error as far as it is known: two doubles, written.
int32_t SL_ABI(sl_abi_pagerank_progress)(sl_handle handle, double *out) {
  sl_pagerank *pagerank;
  SL_TRY(get(handle, &pagerank));
  out[0] = (double)sl_job_work(sl_pagerank_job(pagerank));
  out[1] = sl_pagerank_error(pagerank);
  return SL_OK;
}

// A result as eight doubles: outcome, method, iterations, error bound (1-norm), touched nodes, edge
// operations, proved places, number of entries; and where the entries lie until the next begin.
static void write_result(const sl_diffusion_result *from, double *to, const uint32_t **nodes,
                         const double **scores) {
  const double numbers[8] = {from->outcome,       from->method,
                             from->iterations,    from->error_bound,
                             from->touched_nodes, (double)from->edge_operations,
                             from->proved_places, from->count};
  for (int k = 0; k < 8; k++) to[k] = numbers[k];
  *nodes = from->nodes;
  *scores = from->scores;
}

// result: eight doubles, written. nodes, scores: addresses, written.
int32_t SL_ABI(sl_abi_pagerank_finish)(sl_handle handle, double *result, const uint32_t **nodes,
                                       const double **scores) {
  sl_pagerank *pagerank;
  sl_diffusion_result found;
  SL_TRY(get(handle, &pagerank));
  SL_TRY(sl_pagerank_finish(pagerank, &found));
  write_result(&found, result, nodes, scores);
  return SL_OK;
}

// scores: as many doubles as the graph has nodes, written.
int32_t SL_ABI(sl_abi_pagerank_scores)(sl_handle handle, double *scores) {
  sl_pagerank *pagerank;
  SL_TRY(get(handle, &pagerank));
  return sl_pagerank_scores(pagerank, scores);
}

// ---- the heat kernel

static sl_status get_heat(sl_handle handle, sl_heat_kernel **out) {
  return sl_abi_job_get(handle, &sl_heat_kernel_kind, out);
}

// 0 after a failure. The graph must outlive the object.
sl_handle SL_ABI(sl_abi_heat_kernel_create)(sl_handle graph_handle) {
  sl_graph *graph;
  sl_heat_kernel *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_heat_kernel_create(graph, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_heat_kernel_job(made), graph_handle, SL_HANDLE_GRAPH);
}

int32_t SL_ABI(sl_abi_heat_kernel_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_heat_kernel_kind);
}

// weights may be NULL; a max_work of 0 is none.
int32_t SL_ABI(sl_abi_heat_kernel_begin)(sl_handle handle, double time, const uint32_t *nodes,
                                         const double *weights, uint32_t count, double tolerance,
                                         uint32_t top_k, double max_work) {
  sl_heat_kernel *kernel;
  SL_TRY(get_heat(handle, &kernel));
  uint64_t work;
  SL_TRY(sl_abi_count(max_work, "max_work", &work));
  const double numbers[4] = {time, tolerance, top_k, max_work};
  return sl_heat_kernel_begin_numbers(kernel, numbers, nodes, weights, count);
}

// As sl_abi_pagerank_progress, _finish and _scores.
int32_t SL_ABI(sl_abi_heat_kernel_progress)(sl_handle handle, double *out) {
  sl_heat_kernel *kernel;
  SL_TRY(get_heat(handle, &kernel));
  out[0] = (double)sl_job_work(sl_heat_kernel_job(kernel));
  out[1] = sl_heat_kernel_error(kernel);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_heat_kernel_finish)(sl_handle handle, double *result, const uint32_t **nodes,
                                          const double **scores) {
  sl_heat_kernel *kernel;
  sl_diffusion_result found;
  SL_TRY(get_heat(handle, &kernel));
  SL_TRY(sl_heat_kernel_finish(kernel, &found));
  write_result(&found, result, nodes, scores);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_heat_kernel_scores)(sl_handle handle, double *scores) {
  sl_heat_kernel *kernel;
  SL_TRY(get_heat(handle, &kernel));
  return sl_heat_kernel_scores(kernel, scores);
}
