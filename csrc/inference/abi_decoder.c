// Raw ABI of inference/decoder.h.
#include "base/abi_job.h"
#include "inference/decoder.h"

static sl_status get(sl_handle handle, sl_decoder **out) {
  return sl_abi_job_get(handle, &sl_decoder_kind, out);
}

// 0 after a failure. model: 13 f64: vocabulary, width, hidden, layers, heads, heads of keys, size of
// a head, most tokens, tied, interleaved, int8, epsilon, base.
sl_handle SL_ABI(sl_abi_decoder_create)(const double *model) {
  sl_decoder *made;
  uint32_t n[11];
  for (int i = 0; i < 11; i++)
    n[i] = model[i] > 0 ? model[i] < 4294967295.0 ? (uint32_t)model[i] : UINT32_MAX : 0;
  const sl_decoder_shape shape = {n[0], n[1], n[2], n[3],  n[4],      n[5],     n[6],
                                  n[7], n[8], n[9], n[10], model[11], model[12]};
  if (sl_decoder_create(&shape, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_decoder_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_decoder_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_decoder_kind);
}

// The next tensor.
int32_t SL_ABI(sl_abi_decoder_add)(sl_handle handle, const float *values, uint32_t value_count) {
  sl_decoder *decoder;
  SL_TRY(get(handle, &decoder));
  return sl_decoder_add(decoder, values, value_count);
}

// out, written, 3 numbers: elements of the tensor that is awaited (0: all are there), tokens so far,
// bytes.
int32_t SL_ABI(sl_abi_decoder_info)(sl_handle handle, double *out) {
  sl_decoder *decoder;
  SL_TRY(get(handle, &decoder));
  out[0] = sl_decoder_awaits(decoder);
  out[1] = sl_decoder_length(decoder);
  out[2] = (double)sl_decoder_bytes(decoder);
  return SL_OK;
}

// Begins with the next tokens; then sl_abi_job_step. The arrays must stay until the work has ended.
// all: 1 for the logits of each of these tokens, 0 of the last one. logits: room f32, vocabulary a
// token, written.
int32_t SL_ABI(sl_abi_decoder_begin)(sl_handle handle, const uint32_t *ids, uint32_t id_count,
                                     uint32_t all, float *logits, uint32_t room) {
  sl_decoder *decoder;
  SL_TRY(get(handle, &decoder));
  return sl_decoder_begin(decoder, ids, id_count, all, logits, room);
}

int32_t SL_ABI(sl_abi_decoder_truncate)(sl_handle handle, uint32_t token) {
  sl_decoder *decoder;
  SL_TRY(get(handle, &decoder));
  return sl_decoder_truncate(decoder, token);
}

int32_t SL_ABI(sl_abi_decoder_seed)(sl_handle handle, double seed) {
  sl_decoder *decoder;
  SL_TRY(get(handle, &decoder));
  sl_decoder_seed(decoder, seed >= 0 && seed < 0x1p63 ? (uint64_t)seed : 0);
  return SL_OK;
}

// The next token. logits: vocabulary f32. out: a u32, written.
int32_t SL_ABI(sl_abi_decoder_choose)(sl_handle handle, const float *logits, double temperature,
                                      double top_p, uint32_t top_k, uint32_t *out) {
  sl_decoder *decoder;
  SL_TRY(get(handle, &decoder));
  const sl_decoder_choice choice = {temperature, top_p, top_k};
  return sl_decoder_choose(decoder, logits, &choice, out);
}
