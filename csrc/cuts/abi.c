// Raw ABI of cuts/cuts.h, cuts/assignment.h and cuts/dynamic_cut.h.
#include "graph/abi.h"
#include "base/abi_job.h"
#include "cuts/assignment.h"
#include "cuts/cuts.h"
#include "cuts/dynamic_cut.h"

// 0 after a failure. The graph must outlive the object.
sl_handle SL_ABI(sl_abi_cuts_create)(sl_handle graph_handle) {
  sl_graph *graph;
  sl_cuts *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_cuts_create(graph, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_cuts_job(made), graph_handle, SL_HANDLE_GRAPH);
}

int32_t SL_ABI(sl_abi_cuts_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_cuts_kind);
}

// question: sl_cuts_question; options: eight doubles, nodes: count u32, as cuts/cuts.h says.
int32_t SL_ABI(sl_abi_cuts_begin)(sl_handle handle, uint32_t question, const double *options,
                                  const uint32_t *nodes, uint32_t count) {
  sl_cuts *cuts;
  SL_TRY(sl_abi_job_get(handle, &sl_cuts_kind, &cuts));
  return sl_cuts_begin(cuts, question, options, nodes, count);
}

// numbers: sixteen doubles, written. Addresses lie there until the next begin or clear.
int32_t SL_ABI(sl_abi_cuts_read)(sl_handle handle, double *numbers) {
  sl_cuts *cuts;
  SL_TRY(sl_abi_job_get(handle, &sl_cuts_kind, &cuts));
  return sl_cuts_read(cuts, numbers);
}

int32_t SL_ABI(sl_abi_cuts_clear)(sl_handle handle) {
  sl_cuts *cuts;
  SL_TRY(sl_abi_job_get(handle, &sl_cuts_kind, &cuts));
  sl_cuts_clear(cuts);
  return SL_OK;
}

// 0 after a failure. costs: rows x cols doubles.
sl_handle SL_ABI(sl_abi_assignment_create)(uint32_t rows, uint32_t cols, const double *costs,
                                           uint32_t maximum) {
  sl_assignment *made;
  if (sl_assignment_create(rows, cols, costs, maximum, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_assignment_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_assignment_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_assignment_kind);
}

// numbers: eight doubles, written.
int32_t SL_ABI(sl_abi_assignment_read)(sl_handle handle, double *numbers) {
  sl_assignment *made;
  SL_TRY(sl_abi_job_get(handle, &sl_assignment_kind, &made));
  return sl_assignment_read(made, numbers);
}

// 0 after a failure. The graph is read now and not kept.
sl_handle SL_ABI(sl_abi_dynamic_cut_create)(sl_handle graph_handle) {
  sl_graph *graph;
  sl_dynamic_cut *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_dynamic_cut_create(graph, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_dynamic_cut_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_dynamic_cut_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_dynamic_cut_kind);
}

// from, to: count nodes; changes: count doubles, or 0 for 1 each. Then sl_abi_job_step.
int32_t SL_ABI(sl_abi_dynamic_cut_begin)(sl_handle handle, uint32_t count, const uint32_t *from,
                                         const uint32_t *to, const double *changes) {
  sl_dynamic_cut *cut;
  SL_TRY(sl_abi_job_get(handle, &sl_dynamic_cut_kind, &cut));
  return sl_dynamic_cut_begin(cut, count, from, to, changes);
}

// numbers: twelve doubles, written. The address holds until the next begin.
int32_t SL_ABI(sl_abi_dynamic_cut_read)(sl_handle handle, double *numbers) {
  sl_dynamic_cut *cut;
  SL_TRY(sl_abi_job_get(handle, &sl_dynamic_cut_kind, &cut));
  return sl_dynamic_cut_read(cut, numbers);
}

// numbers: twelve doubles, written. Addresses hold until the next call of this function.
int32_t SL_ABI(sl_abi_dynamic_cut_side)(sl_handle handle, double *numbers) {
  sl_dynamic_cut *cut;
  SL_TRY(sl_abi_job_get(handle, &sl_dynamic_cut_kind, &cut));
  return sl_dynamic_cut_side(cut, numbers);
}

// out: a double, written: the weight of an edge, 0 where there is none.
int32_t SL_ABI(sl_abi_dynamic_cut_weight)(sl_handle handle, uint32_t source, uint32_t target,
                                          double *out) {
  sl_dynamic_cut *cut;
  SL_TRY(sl_abi_job_get(handle, &sl_dynamic_cut_kind, &cut));
  return sl_dynamic_cut_weight(cut, source, target, out);
}
