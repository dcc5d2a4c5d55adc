// Any bytes as the file of an adapter: loading fails cleanly or gives one that works, and that is saved
// as the same bytes.
#include "saved.h"

#include "lora/file.h"
#include "lora/lora.h"

static saved_file good;

static void make_good(void) {
  const sl_lora_shape shape = {6, 6, 2, 4, 3};
  sl_lora *lora;
  sl_writer *writer = NULL;
  if (sl_lora_create(&shape, NULL, 0, &lora) != SL_OK) abort();
  good = write_saved(sl_lora_save(lora, "{}", 2, &writer), writer);
  sl_lora_destroy(lora);
}

static void use(sl_lora *lora, saved_file file) {
  sl_writer *writer = NULL;
  sl_lora_facts f;
  sl_outcome outcome;
  saved_file again = write_saved(
      sl_lora_save(lora, sl_lora_labels(lora), sl_lora_labels_bytes(lora), &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  if (sl_lora_facts_read(lora, &f) != SL_OK) abort();
  float *x = calloc(f.inputs, sizeof *x), *y = calloc(f.outputs, sizeof *y);
  x[0] = 1;
  if (sl_lora_apply(lora, x, 1, 1, y) != SL_OK) abort();
  if (sl_job_step(sl_lora_job(lora), UINT64_MAX, &outcome) != SL_OK) abort();
  free(x);
  free(y);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good.bytes == NULL) make_good();
  const saved_file file = saved_from(bytes, length, good);
  sl_reader *reader = read_saved(SL_FILE_LORA, file);
  sl_lora *lora = NULL;
  if (reader != NULL && sl_lora_load(reader, NULL, 0, &lora) == SL_OK) use(lora, file);
  sl_lora_destroy(lora);
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
