// Raw ABI of inference/weights.h and inference/voice.h.
#include <string.h>

#include "base/abi_container.h"
#include "base/abi_job.h"
#include "inference/voice.h"

const sl_kind SL_HANDLE_WEIGHTS[1] = {{"the handle of a file of weights"}};

static sl_status get_weights(sl_handle handle, sl_weights **out) {
  return sl_handle_get(handle, SL_HANDLE_WEIGHTS, (void **)out);
}
static sl_status get(sl_handle handle, sl_voice **out) {
  return sl_abi_job_get(handle, &sl_voice_kind, out);
}
static sl_handle give(sl_status status, sl_voice *voice) {
  return status == SL_OK ? sl_abi_job_register(sl_voice_job(voice), 0, NULL) : 0;
}

// 0 after a failure. bytes: a whole file of GGUF or ONNX; copied.
sl_handle SL_ABI(sl_abi_weights_open)(const uint8_t *bytes, uint32_t byte_count) {
  sl_weights *made;
  sl_handle handle;
  if (sl_weights_create(byte_count, &made) != SL_OK) return 0;
  if (byte_count > 0) memcpy(sl_weights_data(made), bytes, byte_count);
  if (sl_weights_parse(made) == SL_OK &&
      sl_handle_create(SL_HANDLE_WEIGHTS, made, &handle) == SL_OK)
    return handle;
  sl_weights_destroy(made);
  return 0;
}

int32_t SL_ABI(sl_abi_weights_destroy)(sl_handle handle) {
  sl_weights *weights;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_WEIGHTS, (void **)&weights));
  sl_weights_destroy(weights);
  return SL_OK;
}

// out, written, 4 numbers: kind (1 GGUF, 2 ONNX), tensors, entries, bytes held.
int32_t SL_ABI(sl_abi_weights_info)(sl_handle handle, double *out) {
  sl_weights *weights;
  SL_TRY(get_weights(handle, &weights));
  out[0] = sl_weights_kind_of(weights);
  out[1] = sl_weights_count(weights);
  out[2] = sl_weights_entries(weights);
  out[3] = (double)sl_weights_held(weights);
  return SL_OK;
}

// tensor: its number, in the order of the names. out, written, 11 numbers: offset and bytes of its
// name in the file, type (as in GGUF), rank, four dims, elements, offset and bytes of its data.
int32_t SL_ABI(sl_abi_weights_tensor)(sl_handle handle, uint32_t tensor, double *out) {
  sl_weights *weights;
  SL_TRY(get_weights(handle, &weights));
  return sl_weights_facts(weights, tensor, out);
}

// out, written, 7 numbers: offset and bytes of the key in the file, type, type of the elements,
// count, offset and bytes of the value.
int32_t SL_ABI(sl_abi_weights_entry)(sl_handle handle, uint32_t entry, double *out) {
  sl_weights *weights;
  SL_TRY(get_weights(handle, &weights));
  return sl_weights_entry_facts(weights, entry, out);
}

// out: as many f32 as the tensor has elements, written.
int32_t SL_ABI(sl_abi_weights_read)(sl_handle handle, uint32_t tensor, float *out) {
  sl_weights *weights;
  SL_TRY(get_weights(handle, &weights));
  return sl_weights_read(weights, tensor, out);
}

// A voice detector from a file of ONNX, which is not needed afterwards. 0 after a failure.
sl_handle SL_ABI(sl_abi_voice_create)(sl_handle weights_handle) {
  sl_weights *weights;
  sl_voice *made = NULL;
  if (get_weights(weights_handle, &weights) != SL_OK) return 0;
  return give(sl_voice_create(weights, &made), made);
}

int32_t SL_ABI(sl_abi_voice_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_voice_kind);
}

// lengths: least speech, least silence, before, after; 4 samples.
int32_t SL_ABI(sl_abi_voice_set)(sl_handle handle, double threshold, double release,
                                 const uint32_t *lengths) {
  sl_voice *voice;
  SL_TRY(get(handle, &voice));
  const sl_voice_options options = {threshold,  release,    lengths[0],
                                    lengths[1], lengths[2], lengths[3]};
  return sl_voice_set(voice, &options);
}

int32_t SL_ABI(sl_abi_voice_reset)(sl_handle handle) {
  sl_voice *voice;
  SL_TRY(get(handle, &voice));
  sl_voice_reset(voice);
  return SL_OK;
}

// Begins; then sl_abi_job_step. The arrays must stay until the work has ended. out: room f32, of
// which one a chunk is written; last: 1 at the end of a stream.
int32_t SL_ABI(sl_abi_voice_begin)(sl_handle handle, const float *samples, uint32_t sample_count,
                                   uint32_t last, float *out, uint32_t room) {
  sl_voice *voice;
  SL_TRY(get(handle, &voice));
  return sl_voice_begin(voice, samples, sample_count, last != 0, out, room);
}

// out: 3 f64 an event, kind (1 start, 2 end), start, end, for `room` events; count: a u32. Written.
int32_t SL_ABI(sl_abi_voice_events)(sl_handle handle, double *out, uint32_t room, uint32_t *count) {
  sl_voice *voice;
  SL_TRY(get(handle, &voice));
  sl_voice_take_events(voice, out, room, count);
  return SL_OK;
}

// out, written, 4 numbers: events that wait, samples that wait, samples of the stream, whether speech
// lasts.
int32_t SL_ABI(sl_abi_voice_info)(sl_handle handle, double *out) {
  sl_voice *voice;
  SL_TRY(get(handle, &voice));
  sl_voice_facts(voice, out);
  return SL_OK;
}

// out: 32 bytes, written.
int32_t SL_ABI(sl_abi_voice_id)(sl_handle handle, uint8_t *out) {
  sl_voice *voice;
  SL_TRY(get(handle, &voice));
  sl_voice_id(voice, out);
  return SL_OK;
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_voice_save)(sl_handle handle) {
  sl_voice *voice;
  sl_writer *writer = NULL;
  if (get(handle, &voice) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_voice_save(voice, &writer), writer, handle, SL_HANDLE_JOB);
}

// The detector, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_voice_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_voice *made = NULL;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  return give(sl_voice_load(reader, &made), made);
}
