// Any bytes as the file of a bandit: loading fails cleanly or gives one that can choose and learn,
// and that is saved as the same bytes.
#include "saved.h"

#include "bandit/bandit.h"
#include "bandit/file.h"

static saved_file good[3];

static void make_good(int which) {
  static const sl_bandit_policy policies[] = {SL_BANDIT_LIN_UCB, SL_BANDIT_SOFTMAX, SL_BANDIT_BETA};
  sl_bandit_options options = sl_bandit_options_default();
  sl_bandit *bandit;
  sl_bandit_choice choice;
  sl_writer *writer = NULL;
  uint32_t arm;
  bool learned;
  options.policy = policies[which];
  options.dimension = which < 2 ? 3 : 0;
  options.shared = which == 0 ? 2 : 0;
  options.window = which == 1 ? 4 : 0;
  options.decay = which == 2 ? 0.9 : 1;
  options.exploration = 0.5;
  options.pending = 6;
  options.samples = 3;
  if (sl_bandit_create(&options, &bandit) != SL_OK) abort();
  for (int i = 0; i < 3; i++)
    if (sl_bandit_add_arm(bandit, &arm) != SL_OK) abort();
  for (int i = 0; i < 12; i++) {
    if (options.dimension > 0) sl_bandit_context(bandit)[i % 3] = i;
    if (sl_bandit_choose(bandit, NULL, 0, NULL, &choice) != SL_OK) abort();
    if (i % 4 > 0 && sl_bandit_reward(bandit, choice.id, i % 2, &learned) != SL_OK) abort();
  }
  if (sl_bandit_remove_arm(bandit, 1) != SL_OK) abort();
  good[which] = write_saved(sl_bandit_save(bandit, "[0,2]", 5, &writer), writer);
  sl_bandit_destroy(bandit);
}

static void use(sl_bandit *b, saved_file file) {
  sl_writer *writer = NULL;
  sl_bandit_facts facts;
  sl_bandit_options options;
  sl_bandit_choice choice;
  uint32_t arm;
  bool learned;
  saved_file again = write_saved(
      sl_bandit_save(b, sl_bandit_labels(b), sl_bandit_labels_bytes(b), &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  sl_bandit_options_read(b, &options);
  if (options.samples > 100 || options.dimension > 16) return; // as right, and slow
  for (int i = 0; i < 6; i++) {
    sl_bandit_facts_read(b, &facts);
    for (size_t j = 0; j < options.dimension + (size_t)options.shared * facts.slots; j++)
      sl_bandit_context(b)[j] = (double)j - i;
    if (sl_bandit_choose(b, NULL, 0, NULL, &choice) == SL_OK) {
      if (!sl_bandit_has_arm(b, choice.arm)) abort();
      const sl_status status = sl_bandit_reward(b, choice.id - i % 3, 1, &learned);
      if (status != SL_OK && status != SL_ERR_STATE && status != SL_ERR_INDEX) abort();
    }
    if (i == 2 && sl_bandit_add_arm(b, &arm) != SL_OK) return;
    if (i == 4) sl_bandit_remove_arm(b, arm);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good[0].bytes == NULL)
    for (int i = 0; i < 3; i++) make_good(i);
  const saved_file file = saved_from(bytes, length, good[length > 1 ? bytes[1] % 3 : 0]);
  sl_reader *reader = read_saved(SL_FILE_BANDIT, file);
  sl_bandit *bandit = NULL;
  if (reader != NULL && sl_bandit_load(reader, &bandit) == SL_OK) use(bandit, file);
  sl_bandit_destroy(bandit);
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
