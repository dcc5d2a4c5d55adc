// Any bytes as the file of a full-text index: loading fails cleanly or gives one that can be asked and changed, and saved
// again as the same bytes.
#include "saved.h"

#include "base/job.h"
#include "text/file.h"
#include "text/fulltext.h"

static saved_file good[2];

// One without positions, with a document that was removed; one that stems, with words that are left out.
static void make_good(int english) {
  static const uint8_t text[] =
      "k1k2k3a quick fox and a quicker dog; foxes\nred\nblue\nthe fox the fox";
  static const uint32_t parts[] = {255, 0, 2,  0,  6,   40, 65, 46, 9, 255, 2,
                                   2,   0, 52, 15, 255, 4,  2,  1,  6, 30};
  const sl_fulltext_options options = {2, english ? SL_LANGUAGE_ENGLISH : SL_LANGUAGE_NONE,
                                       english};
  const uint32_t length = 2;
  uint32_t done;
  sl_fulltext *index;
  sl_writer *writer = NULL;
  if (sl_fulltext_create(&options, (const uint8_t *)"{}", 2, &index) != SL_OK) abort();
  if (english && sl_fulltext_leave_out(index, (const uint8_t *)"the\nand", 7) != SL_OK) abort();
  if (sl_fulltext_add(index, text, sizeof text - 1, parts, 7, false, &done) != SL_OK) abort();
  if (!english && sl_fulltext_remove(index, text, 2, &length, 1, &done) != SL_OK) abort();
  good[english] = write_saved(sl_fulltext_save(index, &writer), writer);
  sl_fulltext_destroy(index);
}

static void use(sl_fulltext *index, saved_file file) {
  double facts[SL_FULLTEXT_FACTS + 2 * SL_MOST_FIELDS], numbers[5], boosts[SL_MOST_FIELDS];
  sl_writer *writer = NULL;
  saved_file again = write_saved(sl_fulltext_save(index, &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  sl_fulltext_facts(index, facts);
  for (int f = 0; f < SL_MOST_FIELDS; f++) boosts[f] = 1;
  static const uint8_t text[] = "fox quick a fox red";
  static const double clauses[] = {0, 0, 4294967295.0, 0,  9, 0, 1, 0, 1, 4294967295.0, 0,  2, 1, 1,
                                   0, 2, 4294967295.0, 4,  5, 2, 1, 0, 4, 4294967295.0, 16, 3, 0, 1,
                                   0, 3, 4294967295.0, 10, 5, 0, 1};
  sl_fulltext_question question = sl_fulltext_question_default();
  question.count = true;
  for (uint32_t i = 0; i < 2; i++) {
    question.scorer = (sl_scorer_kind)i;
    const sl_status status = sl_fulltext_search(index, clauses, facts[9] != 0 ? 5 : 4, text,
                                                sizeof text - 1, &question, boosts, NULL, numbers);
    if (status != SL_OK && status != SL_ERR_MEMORY) abort();
    if (status == SL_OK && sl_fulltext_facets(index, 0, 5, numbers) == SL_ERR_STATE) abort();
  }
  static const uint32_t parts[] = {255, 0, 3, 0, 0, 19};
  uint32_t added;
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  sl_fulltext_add(index, text, sizeof text - 1, parts, 2, true, &added);
  if (sl_fulltext_optimize(index) != SL_OK) return;
  while (outcome == SL_OUTCOME_RUNNING) {
    if (sl_job_step(sl_fulltext_job(index), 100, &outcome) != SL_OK) return;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  for (int i = 0; i < 2; i++) {
    if (good[i].bytes == NULL) make_good(i);
  }
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good[length > 0 ? bytes[0] >> 1 & 1 : 0]);
  sl_reader *reader = read_saved(SL_FILE_TEXT, file);
  sl_fulltext *index;
  if (reader != NULL && sl_fulltext_load(reader, &index) == SL_OK) {
    use(index, file);
    sl_fulltext_destroy(index);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
