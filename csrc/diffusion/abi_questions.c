// Raw ABI of diffusion/contributions.h.
#include "base/abi.h"
#include "base/memory.h"
#include "diffusion/contributions.h"

// What a handle stands for. The graph's handle is kept, so that destroying the graph first is an
// error and not a read of freed memory.
typedef struct abi_question {
  void *object;
  sl_handle graph;
} abi_question;

static sl_status get(sl_handle handle, sl_handle_kind kind, void *out) {
  abi_question *found;
  void *graph;
  SL_TRY(sl_handle_get(handle, kind, (void **)&found));
  SL_TRY(sl_handle_get(found->graph, SL_HANDLE_GRAPH, &graph));
  *(void **)out = found->object;
  return SL_OK;
}

static sl_handle hand_out(sl_handle_kind kind, sl_handle graph, void *object) {
  abi_question *made;
  sl_handle handle;
  if (SL_ALLOC(&made, 1) != SL_OK) return 0;
  *made = (abi_question){object, graph};
  if (sl_handle_create(kind, made, &handle) == SL_OK) return handle;
  sl_free(made);
  return 0;
}

static sl_status release(sl_handle handle, sl_handle_kind kind, void *out) {
  abi_question *found;
  SL_TRY(sl_handle_release(handle, kind, (void **)&found));
  *(void **)out = found->object;
  sl_free(found);
  return SL_OK;
}

static uint64_t work_from(double number) {
  return number > 0 && number < 0x1p63 ? (uint64_t)number : 0;
}

// ---- contributions

// 0 after a failure. The graph must outlive the object.
sl_handle SL_ABI(sl_abi_contributions_create)(sl_handle graph_handle, double damping) {
  sl_graph *graph;
  sl_contributions *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_contributions_create(graph, damping, &made) != SL_OK) return 0;
  sl_handle handle = hand_out(SL_HANDLE_CONTRIBUTIONS, graph_handle, made);
  if (handle == 0) sl_contributions_destroy(made);
  return handle;
}

int32_t SL_ABI(sl_abi_contributions_destroy)(sl_handle handle) {
  sl_contributions *contributions;
  SL_TRY(release(handle, SL_HANDLE_CONTRIBUTIONS, &contributions));
  sl_contributions_destroy(contributions);
  return SL_OK;
}

// Every source when `source` is 2^32 - 1, else the pair. options: five doubles: tolerance,
// confidence (0: proved bounds only), seed, and edge operations of pushing and in all (0: the
// defaults).
int32_t SL_ABI(sl_abi_contributions_begin)(sl_handle handle, uint32_t source, uint32_t target,
                                           const double *options) {
  sl_contributions *contributions;
  SL_TRY(get(handle, SL_HANDLE_CONTRIBUTIONS, &contributions));
  return sl_contributions_begin(contributions, source, target, options);
}

// outcome: 9 while it is running. work: edge operations so far, written.
int32_t SL_ABI(sl_abi_contributions_step)(sl_handle handle, double work, int32_t *outcome,
                                          double *done) {
  sl_contributions *contributions;
  sl_outcome ended;
  SL_TRY(get(handle, SL_HANDLE_CONTRIBUTIONS, &contributions));
  SL_TRY(sl_contributions_step(contributions, work_from(work), &ended));
  *outcome = (int32_t)ended;
  *done = sl_contributions_work(contributions);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_contributions_stop)(sl_handle handle, int32_t why) {
  sl_contributions *contributions;
  SL_TRY(get(handle, SL_HANDLE_CONTRIBUTIONS, &contributions));
  return sl_contributions_stop(contributions, (sl_outcome)why);
}

// out: eleven doubles, written: outcome, method, value, error bound, half width, walks, touched
// nodes, edge operations, number of entries, addresses of nodes (u32) and scores (f64), which lie
// there until the next begin.
int32_t SL_ABI(sl_abi_contributions_read)(sl_handle handle, double *out) {
  sl_contributions *contributions;
  SL_TRY(get(handle, SL_HANDLE_CONTRIBUTIONS, &contributions));
  return sl_contributions_read(contributions, out);
}
