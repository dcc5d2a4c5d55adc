// Any bytes as the file of a chooser: loading fails cleanly or gives one that can be asked, taught,
// compiled, and saved again as the same bytes.
#include "saved.h"

#include "chooser/chooser.h"
#include "chooser/file.h"

static saved_file good[3];

static void make_good(uint32_t policy) {
  const double options[] = {3, 2, policy, 5, 100, 10, 16, 4, 2, 0.5, 0.9, 2};
  sl_chooser *c;
  sl_writer *writer = NULL;
  if (sl_chooser_create(options, (const uint8_t *)"label", 5, &c) != SL_OK) abort();
  for (uint32_t i = 0; i < 50; i++) {
    const double row[] = {i % 7, i};
    if (sl_chooser_report(c, 0, row, i % 2, i % 11, i % 3) != SL_OK) abort();
  }
  good[policy] = write_saved(sl_chooser_save(c, &writer), writer);
  sl_chooser_destroy(c);
}

static void run(sl_chooser *c) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  while (outcome == SL_OUTCOME_RUNNING)
    if (sl_job_step(sl_chooser_job(c), 10000, &outcome) != SL_OK) return;
}

static void use(sl_chooser *c, saved_file file) {
  static const double row[SL_CHOOSER_MOST_FEATURES] = {3, 20};
  double facts[SL_CHOOSER_FACTS], numbers[SL_CHOOSER_CHOICE(SL_CHOOSER_MOST_METHODS)];
  sl_writer *writer = NULL;
  saved_file again = write_saved(sl_chooser_save(c, &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  sl_chooser_facts(c, facts);
  for (uint32_t how = 0; how < 8; how++) {
    const sl_status status = sl_chooser_choose(c, row, NULL, how, numbers);
    if (status != SL_OK && status != SL_ERR_MEMORY) abort();
    if (status == SL_OK && !(numbers[0] < facts[0])) abort();
  }
  if (sl_chooser_begin_compile(c, 3, 2) == SL_OK) run(c);
  for (uint32_t i = 0; i < 4; i++)
    (void)sl_chooser_report(c, 0, row, i % (uint32_t)facts[0], i, i % 3);
  if (sl_chooser_begin_fit(c, 0, NULL, NULL, NULL, NULL) == SL_OK) run(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  for (uint32_t i = 0; i < 3; i++) {
    if (good[i].bytes == NULL) make_good(i);
  }
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good[length > 0 ? (bytes[0] >> 1) % 3 : 0]);
  sl_reader *reader = read_saved(SL_FILE_CHOOSER, file);
  sl_chooser *c;
  if (reader != NULL && sl_chooser_load(reader, &c) == SL_OK) {
    use(c, file);
    sl_chooser_destroy(c);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
