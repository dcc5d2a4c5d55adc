// Any bytes as the head of a full-text index that is read by ranges, and as lists of its words: loading and giving fail cleanly or
// give an index that can be asked, and that refuses what a whole one does.
#include "saved.h"

#include "text/file.h"
#include "text/fulltext.h"

static saved_file good;
static uint8_t *lists;
static uint32_t list_bytes;

static void make_good(void) {
  static const uint8_t text[] = "k1k2a quick fox and a quicker dog; foxes\nred\nblue";
  static const uint32_t parts[] = {255, 0, 2, 0, 4, 36, 65, 41, 8, 255, 2, 2, 0, 6, 20};
  const sl_fulltext_options options = {2, SL_LANGUAGE_ENGLISH, true};
  uint32_t done;
  double numbers[2];
  sl_fulltext *index;
  sl_writer *writer = NULL;
  if (sl_fulltext_create(&options, (const uint8_t *)"{}", 2, &index) != SL_OK) abort();
  if (sl_fulltext_add(index, text, sizeof text - 1, parts, 5, false, &done) != SL_OK) abort();
  good = write_saved(sl_fulltext_save_head(index, &writer), writer);
  if (sl_fulltext_lists(index, numbers) != SL_OK) abort();
  list_bytes = (uint32_t)numbers[1];
  lists = malloc(list_bytes);
  memcpy(lists, (const uint8_t *)(uintptr_t)numbers[0], list_bytes);
  sl_fulltext_destroy(index);
}

// Lists of all words that are asked for: those of the good index, with bytes of the input in them.
static void give(sl_fulltext *index, const double *wanted, uint32_t count, const uint8_t *bytes,
                 size_t length) {
  uint8_t own[4096];
  for (uint32_t i = 0; i < count; i++) {
    const double *each = wanted + 4 * i;
    const uint32_t size = each[2] < sizeof own ? (uint32_t)each[2] : (uint32_t)sizeof own;
    for (uint32_t k = 0; k < size; k++) {
      const uint64_t at = (uint64_t)each[1] + k;
      own[k] = length > 0 && bytes[0] % 4 == 0 ? bytes[at % length]
               : at < list_bytes               ? lists[at]
                                               : 0;
    }
    const sl_status status = sl_fulltext_give(index, (uint32_t)each[0], own, size);
    if (status != SL_OK && status != SL_ERR_FORMAT && status != SL_ERR_SHAPE &&
        status != SL_ERR_MEMORY)
      abort();
  }
}

static void use(sl_fulltext *index, const uint8_t *bytes, size_t length) {
  double numbers[5], boosts[SL_MOST_FIELDS];
  sl_writer *writer = NULL;
  uint32_t removed;
  for (int f = 0; f < SL_MOST_FIELDS; f++) boosts[f] = 1;
  static const uint8_t text[] = "fox quick a fox red";
  static const double clauses[] = {0, 0, 4294967295.0, 0,  9, 0, 1, 0, 1, 4294967295.0, 0,  2, 1, 1,
                                   0, 2, 4294967295.0, 4,  5, 2, 1, 0, 4, 4294967295.0, 16, 3, 0, 1,
                                   0, 3, 4294967295.0, 10, 5, 0, 1};
  const sl_fulltext_question question = sl_fulltext_question_default();
  for (uint32_t round = 0; round < 2; round++) {
    sl_status status =
        sl_fulltext_wanted(index, clauses, 4, text, sizeof text - 1, boosts, numbers);
    if (status == SL_ERR_MEMORY) return;
    if (status != SL_OK) abort();
    const uint32_t count = (uint32_t)numbers[0];
    double *wanted = malloc((count + 1) * 4 * sizeof *wanted);
    if (count > 0)
      memcpy(wanted, (const double *)(uintptr_t)numbers[1], count * 4 * sizeof *wanted);
    give(index, wanted, count, bytes, length);
    status = sl_fulltext_search(index, clauses, 4, text, sizeof text - 1, &question, boosts, NULL,
                                numbers);
    if (status != SL_OK && status != SL_ERR_STATE && status != SL_ERR_MEMORY) abort();
    for (uint32_t i = 0; i < count; i++) {
      if (sl_fulltext_forget(index, (uint32_t)wanted[4 * i]) != SL_OK) abort();
    }
    free(wanted);
  }
  if (sl_fulltext_save(index, &writer) != SL_ERR_UNSUPPORTED) abort();
  if (sl_fulltext_optimize(index) != SL_ERR_UNSUPPORTED) abort();
  if (sl_fulltext_remove(index, text, 0, NULL, 0, &removed) != SL_ERR_UNSUPPORTED) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good.bytes == NULL) make_good();
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good);
  sl_reader *reader = read_saved(SL_FILE_TEXT_HEAD, file);
  sl_fulltext *index;
  if (reader != NULL && sl_fulltext_load_head(reader, &index) == SL_OK) {
    use(index, bytes, length);
    sl_fulltext_destroy(index);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
