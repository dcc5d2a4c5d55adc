// Raw ABI of gemm/recurrent.h.
#include "base/abi_job.h"
#include "gemm/recurrent.h"

static sl_status get(sl_handle handle, sl_recurrent **out) {
  return sl_abi_job_get(handle, &sl_recurrent_kind, out);
}

// 0 after a failure. kind: 0 LSTM, 1 GRU.
sl_handle SL_ABI(sl_abi_recurrent_create)(uint32_t kind, uint32_t inputs, uint32_t hidden,
                                          uint32_t directions) {
  sl_recurrent *made;
  if (sl_recurrent_create(kind, inputs, hidden, directions, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_recurrent_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_recurrent_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_recurrent_kind);
}

// counts: of input, own, input_bias, own_bias; a bias of 0 elements is none.
int32_t SL_ABI(sl_abi_recurrent_set)(sl_handle handle, uint32_t direction, const uint32_t *counts,
                                     const float *input, const float *own, const float *input_bias,
                                     const float *own_bias) {
  sl_recurrent *layer;
  SL_TRY(get(handle, &layer));
  const sl_recurrent_weights weights = {input,
                                        counts[0],
                                        own,
                                        counts[1],
                                        counts[2] > 0 ? input_bias : NULL,
                                        counts[3] > 0 ? own_bias : NULL,
                                        counts[2],
                                        counts[3]};
  return sl_recurrent_set(layer, direction, &weights);
}

// shape: batch, tokens, elements of x, elements of hidden (and cell). The arrays, as long as these and
// the layer say, must stay until the work has ended.
int32_t SL_ABI(sl_abi_recurrent_begin)(sl_handle handle, const uint32_t *shape, const float *x,
                                       float *out, float *hidden, float *cell) {
  sl_recurrent *layer;
  SL_TRY(get(handle, &layer));
  const sl_recurrent_options options = {x,   shape[2], shape[0], shape[1],
                                        out, hidden,   cell,     shape[3]};
  return sl_recurrent_begin(layer, &options);
}

double SL_ABI(sl_abi_recurrent_bytes)(sl_handle handle) {
  sl_recurrent *layer;
  return get(handle, &layer) == SL_OK ? (double)sl_recurrent_bytes(layer) : 0;
}
