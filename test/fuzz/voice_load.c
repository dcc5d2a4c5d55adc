// Any bytes as the file of a voice detector: loading fails cleanly or gives one that hears any sound and is saved
// again as the same bytes.
#include "saved.h"

#include "../native/onnx.h"
#include "inference/file.h"
#include "inference/voice.h"

static saved_file good;

static void make_good(void) {
  bytes file = made_network(-1);
  sl_weights *w;
  sl_voice *v;
  sl_writer *writer = NULL;
  if (sl_weights_create(file.count, &w) != SL_OK) abort();
  memcpy(sl_weights_data(w), file.at, file.count);
  if (sl_weights_parse(w) != SL_OK || sl_voice_create(w, &v) != SL_OK) abort();
  sl_weights_destroy(w);
  free(file.at);
  good = write_saved(sl_voice_save(v, &writer), writer);
  sl_voice_destroy(v);
}

static void use(sl_voice *v, saved_file file) {
  float samples[SL_VOICE_CHUNK + 3] = {1, -1}, out[2];
  sl_writer *writer = NULL;
  saved_file again = write_saved(sl_voice_save(v, &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  if (sl_voice_begin(v, samples, SL_VOICE_CHUNK + 3, true, out, 2) != SL_OK) abort();
  while (outcome == SL_OUTCOME_RUNNING)
    if (sl_job_step(sl_voice_job(v), 1, &outcome) != SL_OK) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good.bytes == NULL) {
    sl_set_memory_limit(SIZE_MAX);
    make_good();
  }
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good);
  sl_reader *reader = read_saved(SL_FILE_VOICE, file);
  sl_voice *v;
  if (reader != NULL && sl_voice_load(reader, &v) == SL_OK) {
    use(v, file);
    sl_voice_destroy(v);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
