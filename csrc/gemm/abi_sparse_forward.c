// Raw ABI of gemm/sparse_forward.h.
#include "base/abi_job.h"
#include "gemm/sparse_forward.h"

static sl_status get(sl_handle handle, sl_sparse_forward **out) {
  return sl_abi_job_get(handle, &sl_sparse_forward_kind, out);
}

// 0 after a failure. shape: width, inner, outputs, rank, elements of up, bias (0: none), down, reduce
// and expand.
sl_handle SL_ABI(sl_abi_sparse_forward_create)(const uint32_t *shape, const float *up,
                                               const float *bias, const float *down,
                                               const float *reduce, const float *expand) {
  const sl_sparse_weights weights = {
      shape[0], shape[1], shape[2], shape[3], up,       shape[4], shape[5] > 0 ? bias : NULL,
      shape[5], down,     shape[6], reduce,   shape[7], expand,   shape[8]};
  sl_sparse_forward *made;
  if (sl_sparse_forward_create(&weights, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_sparse_forward_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_sparse_forward_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_sparse_forward_kind);
}

// asked: elements of x, tokens, top. x: tokens * width f32; out: tokens * outputs f32, chosen: tokens *
// top u32, bounds: tokens f64, written. They must stay until the work has ended.
int32_t SL_ABI(sl_abi_sparse_forward_begin)(sl_handle handle, const uint32_t *asked, const float *x,
                                            float *out, uint32_t *chosen, double *bounds) {
  sl_sparse_forward *layer;
  SL_TRY(get(handle, &layer));
  return sl_sparse_forward_begin(layer, x, asked[0], asked[1], asked[2], out, chosen, bounds);
}

double SL_ABI(sl_abi_sparse_forward_bytes)(sl_handle handle) {
  sl_sparse_forward *layer;
  return get(handle, &layer) == SL_OK ? (double)sl_sparse_forward_bytes(layer) : 0;
}
