// Raw ABI of resistance/potentials.h.
#include "base/abi.h"
#include "base/memory.h"
#include "resistance/potentials.h"

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

// 0 after a failure. boundary: count nodes; count 0 for resistances.
sl_handle SL_ABI(sl_abi_potentials_create)(sl_handle graph_handle, const uint32_t *boundary,
                                           uint32_t count) {
  sl_graph *graph;
  sl_potentials *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_potentials_create(graph, boundary, count, &made) != SL_OK) return 0;
  sl_handle handle = hand_out(SL_HANDLE_POTENTIALS, graph_handle, made);
  if (handle == 0) sl_potentials_destroy(made);
  return handle;
}

int32_t SL_ABI(sl_abi_potentials_destroy)(sl_handle handle) {
  sl_potentials *potentials;
  SL_TRY(release(handle, SL_HANDLE_POTENTIALS, &potentials));
  sl_potentials_destroy(potentials);
  return SL_OK;
}

// A pair; or, when both are 2^32 - 1, all edges by a sketch (values 0) or the potentials with these
// values on the boundary. options: four doubles: tolerance, confidence, seed, edge operations in
// all (0: no limit).
int32_t SL_ABI(sl_abi_potentials_begin)(sl_handle handle, uint32_t source, uint32_t target,
                                        const double *options, const double *values) {
  sl_potentials *potentials;
  SL_TRY(get(handle, SL_HANDLE_POTENTIALS, &potentials));
  return sl_potentials_begin(potentials, source, target, options, values);
}

// outcome: 9 while it is running. done: edge operations so far, written.
int32_t SL_ABI(sl_abi_potentials_step)(sl_handle handle, double work, int32_t *outcome,
                                       double *done) {
  sl_potentials *potentials;
  sl_outcome ended;
  SL_TRY(get(handle, SL_HANDLE_POTENTIALS, &potentials));
  SL_TRY(sl_potentials_step(potentials, work_from(work), &ended));
  *outcome = (int32_t)ended;
  *done = sl_potentials_work(potentials);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_potentials_stop)(sl_handle handle, int32_t why) {
  sl_potentials *potentials;
  SL_TRY(get(handle, SL_HANDLE_POTENTIALS, &potentials));
  return sl_potentials_stop(potentials, (sl_outcome)why);
}

// out: nine doubles, written: outcome, value, error bound, undetermined nodes, solves, iterations,
// work, number of values and their address (f64), where they lie until the next begin.
int32_t SL_ABI(sl_abi_potentials_read)(sl_handle handle, double *out) {
  sl_potentials *potentials;
  SL_TRY(get(handle, SL_HANDLE_POTENTIALS, &potentials));
  return sl_potentials_read(potentials, out);
}
