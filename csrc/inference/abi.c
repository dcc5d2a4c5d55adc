// Raw ABI of inference/encoder.h.
#include <string.h>

#include "base/abi_container.h"
#include "base/abi_job.h"
#include "inference/encoder.h"

static sl_status get(sl_handle handle, sl_encoder **out) {
  return sl_abi_job_get(handle, &sl_encoder_kind, out);
}
static sl_handle give(sl_status status, sl_encoder *encoder) {
  return status == SL_OK ? sl_abi_job_register(sl_encoder_job(encoder), 0, NULL) : 0;
}

// 0 after a failure. model: dimension, width, hidden, layers, heads, most tokens, precision, cutting,
// reserved pieces, pooling, epsilon as the bits of an f32. scores: one a piece, read where cutting is
// unigram.
sl_handle SL_ABI(sl_abi_encoder_create)(const uint32_t *model, const uint8_t *text,
                                        uint32_t text_bytes, const uint32_t *piece_lengths,
                                        const double *scores, uint32_t piece_count) {
  sl_encoder_shape shape = {model[0], model[1], model[2], model[3], model[4],
                            model[5], model[6], model[9], 0};
  float epsilon;
  memcpy(&epsilon, model + 10, sizeof epsilon);
  shape.epsilon = (double)epsilon;
  sl_encoder *made = NULL;
  const sl_status status = sl_encoder_create(&shape, model[7], text, text_bytes, piece_lengths,
                                             model[7] == SL_CUTTING_UNIGRAM ? scores : NULL,
                                             piece_count, model[8], &made);
  return give(status, made);
}

int32_t SL_ABI(sl_abi_encoder_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_encoder_kind);
}

// The next tensor.
int32_t SL_ABI(sl_abi_encoder_add)(sl_handle handle, const float *values, uint32_t value_count) {
  sl_encoder *encoder;
  SL_TRY(get(handle, &encoder));
  return sl_encoder_add(encoder, values, value_count);
}

// 0 after a failure: one without layers, which has the same pieces and waits for its table.
sl_handle SL_ABI(sl_abi_encoder_static)(sl_handle handle, uint32_t precision) {
  sl_encoder *encoder, *made = NULL;
  if (get(handle, &encoder) != SL_OK) return 0;
  return give(sl_encoder_static(encoder, precision, &made), made);
}

// out, written, 14 numbers: the first nine of `model` above, pieces, elements of the tensor that is
// awaited (0: all are there), bytes, pooling, epsilon.
int32_t SL_ABI(sl_abi_encoder_info)(sl_handle handle, double *out) {
  sl_encoder *encoder;
  SL_TRY(get(handle, &encoder));
  sl_encoder_facts(encoder, out);
  return SL_OK;
}

// out: a number a piece, written.
int32_t SL_ABI(sl_abi_encoder_scores)(sl_handle handle, double *out) {
  sl_encoder *encoder;
  SL_TRY(get(handle, &encoder));
  sl_encoder_scores(encoder, out);
  return SL_OK;
}

// out: 32 bytes, written.
int32_t SL_ABI(sl_abi_encoder_id)(sl_handle handle, uint8_t *out) {
  sl_encoder *encoder;
  SL_TRY(get(handle, &encoder));
  return sl_encoder_id(encoder, out);
}

// Begins; then sl_abi_job_step. The arrays must stay until the work has ended. out: text_count x
// width f32, counts: text_count u32, written.
int32_t SL_ABI(sl_abi_encoder_begin)(sl_handle handle, const uint8_t *text, uint32_t text_bytes,
                                     const uint32_t *text_lengths, uint32_t text_count, float *out,
                                     uint32_t *counts) {
  sl_encoder *encoder;
  SL_TRY(get(handle, &encoder));
  return sl_encoder_begin(encoder, text, text_bytes, text_lengths, text_count, out, counts);
}

// The same of ids of pieces; text_lengths count ids.
int32_t SL_ABI(sl_abi_encoder_begin_ids)(sl_handle handle, const uint32_t *ids, uint32_t id_count,
                                         const uint32_t *text_lengths, uint32_t text_count,
                                         float *out, uint32_t *counts) {
  sl_encoder *encoder;
  SL_TRY(get(handle, &encoder));
  return sl_encoder_begin_ids(encoder, ids, id_count, text_lengths, text_count, out, counts);
}

// ids: `most` u32, written; found: a u32, written, most + 1 where there are more.
int32_t SL_ABI(sl_abi_encoder_tokens)(sl_handle handle, const uint8_t *text, uint32_t text_bytes,
                                      uint32_t most, uint32_t *ids, uint32_t *found) {
  sl_encoder *encoder;
  SL_TRY(get(handle, &encoder));
  return sl_encoder_tokens(encoder, text, text_bytes, most, ids, found);
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_encoder_save)(sl_handle handle) {
  sl_encoder *encoder;
  sl_writer *writer = NULL;
  if (get(handle, &encoder) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_encoder_save(encoder, &writer), writer, handle, SL_HANDLE_JOB);
}

// The encoder, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_encoder_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_encoder *made = NULL;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  return give(sl_encoder_load(reader, &made), made);
}
