// Any bytes as the file of a learner: loading fails cleanly or gives one that can go on, and that is
// saved as the same bytes.
#include "saved.h"

#include <math.h>

#include "continual/continual.h"
#include "continual/file.h"

static saved_file good[2];

static void run(sl_learner *l) {
  sl_outcome outcome;
  do {
    if (sl_job_step(sl_learner_job(l), 1000, &outcome) != SL_OK) abort();
  } while (outcome == SL_OUTCOME_RUNNING);
}

static void make_good(int which) {
  static float x[8 * 3], values[8 * 2];
  static uint32_t labels[8];
  const uint32_t hidden[1] = {2};
  for (uint32_t i = 0; i < 8; i++) {
    labels[i] = i % 2;
    for (uint32_t j = 0; j < 3; j++) x[3 * i + j] = (float)((i * 7 + j * 5) % 11);
    values[2 * i] = (float)(i % 3 == 0);
  }
  sl_learner_options o = sl_learner_options_default();
  o.inputs = 3;
  o.outputs = 2;
  o.hidden = hidden;
  o.hidden_layers = 1;
  o.loss = (uint32_t)which;
  o.replay = 2;
  o.per_class = which == 0;
  sl_learner_question q = sl_learner_question_default();
  q.rows = 8;
  q.inputs = x;
  q.labels = which == 0 ? labels : NULL;
  q.values = which == 1 ? values : NULL;
  sl_learner *l;
  sl_writer *writer = NULL;
  uint32_t id;
  if (sl_learner_create(&o, &l) != SL_OK || sl_learner_learn(l, &q) != SL_OK) abort();
  run(l);
  if (sl_learner_checkpoint_make(l, 1, &id) != SL_OK) abort();
  if (sl_learner_consolidate(l, &q) != SL_OK) abort();
  run(l);
  good[which] = write_saved(sl_learner_save(l, "[0,2]", 5, &writer), writer);
  sl_learner_destroy(l);
}

static void use(sl_learner *l, saved_file file) {
  sl_writer *writer = NULL;
  sl_learner_facts f;
  saved_file again = write_saved(
      sl_learner_save(l, sl_learner_labels(l), sl_learner_labels_bytes(l), &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  sl_learner_facts_read(l, &f);
  if (f.parameters > 1 << 16) return; // as right, and slow
  float *x = calloc(f.inputs, sizeof *x);
  sl_learner_question q = sl_learner_question_default();
  q.rows = 1;
  q.inputs = x;
  sl_learner_checkpoint c;
  if (sl_learner_predict(l, &q) != SL_OK) abort();
  run(l);
  if (sl_learner_consolidate(l, &q) == SL_OK) run(l);
  sl_learner_rollback(l, 0, &c);
  free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good[0].bytes == NULL)
    for (int i = 0; i < 2; i++) make_good(i);
  const saved_file file = saved_from(bytes, length, good[length > 1 ? bytes[1] % 2 : 0]);
  sl_reader *reader = read_saved(SL_FILE_LEARNER, file);
  sl_learner *learner = NULL;
  if (reader != NULL && sl_learner_load(reader, &learner) == SL_OK) use(learner, file);
  sl_learner_destroy(learner);
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
