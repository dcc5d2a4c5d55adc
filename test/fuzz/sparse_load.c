// Any bytes as the file of an index of sparse vectors: loading fails cleanly or gives one that is saved as the same bytes, and
// can be asked and changed.
#include "saved.h"

#include <math.h>

#include "hnsw/file.h"
#include "hnsw/inverted.h"

static saved_file good;

static void make_good(void) {
  static const uint32_t ids[] = {7, 0, 4000000000u, 3};
  static const uint32_t starts[] = {0, 3, 3, 5, 8};
  static const uint32_t indices[] = {9, 2, 5, 2, 4000000000u, 1, 2, 5};
  static const float values[] = {0.5f, -1, 2, 3e38f, 1e-45f, 1, 1, -3e38f};
  uint32_t added, removed;
  sl_inverted *index;
  sl_writer *writer = NULL;
  if (sl_inverted_create(&index) != SL_OK) abort();
  if (sl_inverted_add(index, ids, 4, starts, indices, values, 8, SL_DUPLICATE_ERROR, &added) !=
      SL_OK)
    abort();
  if (sl_inverted_remove(index, ids + 3, 1, &removed) != SL_OK) abort();
  good = write_saved(sl_inverted_save(index, &writer), writer);
  sl_inverted_destroy(index);
}

static void use(sl_inverted *index, saved_file file) {
  sl_writer *writer = NULL;
  saved_file again = write_saved(sl_inverted_save(index, &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  static const uint32_t starts[] = {0, 4}, indices[] = {1, 2, 5, 9}, id = 7;
  static const float values[] = {1, -2, 0.5f, 3e38f};
  uint32_t ids[3], found, done;
  double scores[3];
  const sl_status status =
      sl_inverted_search(index, starts, indices, values, 4, 1, 3, NULL, ids, scores, &found);
  if (status != SL_OK && status != SL_ERR_MEMORY) abort();
  for (uint32_t i = 0; status == SL_OK && i < found; i++) {
    if (!isfinite(scores[i]) || !sl_inverted_has(index, ids[i])) abort();
    if (i > 0 && scores[i] > scores[i - 1]) abort();
  }
  sl_inverted_add(index, &id, 1, starts, indices, values, 4, SL_DUPLICATE_REPLACE, &done);
  sl_inverted_shrink(index);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good.bytes == NULL) make_good();
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good);
  sl_reader *reader = read_saved(SL_FILE_SPARSE, file);
  sl_inverted *index;
  if (reader != NULL && sl_inverted_load(reader, &index) == SL_OK) {
    use(index, file);
    sl_inverted_destroy(index);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
