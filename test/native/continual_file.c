// Saved learners go on as the original does; files that are cut, changed or made up are refused or can
// be used.
#include "files.h"

#include <math.h>

#include "bandit/numbers.h"
#include "continual/continual.h"
#include "continual/file.h"

enum { D = 3, N = 12 };

static void run(sl_learner *l) {
  sl_outcome outcome;
  do {
    assert_ok(sl_job_step(sl_learner_job(l), 100, &outcome));
  } while (outcome == SL_OUTCOME_RUNNING);
}

static sl_learner *make(uint32_t kind, uint32_t hidden_width) {
  static float x[N * D], values[N * 2];
  static uint32_t labels[N];
  const uint32_t hidden[1] = {hidden_width};
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  for (uint32_t i = 0; i < N; i++) {
    labels[i] = i % 2;
    for (int j = 0; j < D; j++) x[i * D + j] = (float)sl_draw_normal(&rng);
    for (int k = 0; k < 2; k++) values[2 * i + k] = (float)sl_draw_normal(&rng);
  }
  sl_learner_options o = sl_learner_options_default();
  o.inputs = D;
  o.outputs = 2;
  o.hidden = hidden;
  o.hidden_layers = kind != 2;
  o.loss = kind % 2;
  o.optimizer = kind < 2 ? SL_LEARNER_ADAM : SL_LEARNER_SGD;
  o.replay = 4;
  o.per_class = kind == 0;
  o.checkpoints = 2;
  o.ewc = 1;
  o.distillation = 1;
  sl_learner *l;
  uint32_t id;
  assert_ok(sl_learner_create(&o, &l));
  sl_learner_question q = sl_learner_question_default();
  q.rows = N;
  q.inputs = x;
  q.labels = o.loss ? NULL : labels;
  q.values = o.loss ? values : NULL;
  q.batch = 5;
  assert_ok(sl_learner_learn(l, &q));
  run(l);
  assert_ok(sl_learner_checkpoint_make(l, 0.5, &id));
  if (kind == 3) return l;
  assert_ok(sl_learner_consolidate(l, &q));
  run(l);
  return l;
}

// What a learner does from here on, as a number.
static double use(sl_learner *l) {
  sl_learner_facts f;
  sl_learner_facts_read(l, &f);
  if ((double)f.inputs * f.outputs > 1 << 16 || f.parameters > 1 << 16) return 0;
  float *x = calloc(4 * (size_t)f.inputs, sizeof *x);
  float *values = calloc(4 * (size_t)f.outputs, sizeof *values);
  const uint32_t labels[4] = {0, 0, f.outputs - 1, 0};
  for (uint32_t i = 0; i < 4 * f.inputs; i++) x[i] = (float)(i % 5) - 2;
  sl_learner_question q = sl_learner_question_default();
  q.rows = 4;
  q.inputs = x;
  q.labels = f.loss == SL_LEARNER_CROSS_ENTROPY ? labels : NULL;
  q.values = f.loss == SL_LEARNER_SQUARED ? values : NULL;
  sl_learner_result r;
  sl_outcome outcome;
  double trace = 0;
  if (sl_learner_learn(l, &q) == SL_OK) {
    // Much replay takes long, and is as right.
    assert_ok(sl_job_step(sl_learner_job(l), 100000, &outcome));
    if (outcome == SL_OUTCOME_RUNNING)
      assert_ok(sl_job_stop(sl_learner_job(l), SL_OUTCOME_WORK_LIMIT));
    assert_ok(sl_learner_result_read(l, &r));
    trace += isfinite(r.loss) ? r.loss : 0;
  }
  sl_learner_checkpoint c;
  if (sl_learner_rollback(l, 0, &c) == SL_OK) trace += c.loss;
  if (sl_learner_consolidate(l, &q) == SL_OK) run(l);
  assert_ok(sl_learner_predict(l, &q));
  run(l);
  const float *answers;
  uint32_t rows;
  assert_ok(sl_learner_answers(l, &answers, &rows));
  for (uint32_t i = 0; i < rows * f.outputs; i++)
    trace = trace * 0.75 + (isfinite(answers[i]) ? answers[i] : 0);
  free(x);
  free(values);
  return trace;
}

static file save(const sl_learner *l) {
  sl_writer *writer;
  assert_ok(sl_learner_save(l, "[\"a\"]", 5, &writer));
  return write_file(writer, 333);
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_learner **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_LEARNER, bytes, length, &reader);
  if (status == SL_OK) status = sl_learner_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static sl_status load_and_use(const uint8_t *bytes, uint64_t length) {
  sl_learner *l;
  const sl_status status = load(bytes, length, &l);
  if (status == SL_OK) use(l);
  sl_learner_destroy(l);
  return status;
}

static void goes_on_as_the_original_does(void **state) {
  (void)state;
  for (uint32_t kind = 0; kind < 4; kind++) {
    sl_learner *l = make(kind, 3), *again;
    const file f = save(l);
    assert_ok(load(f.bytes, f.length, &again));
    const file same = save(again);
    assert_int_equal(same.length, f.length);
    assert_memory_equal(same.bytes, f.bytes, f.length);
    assert_int_equal(sl_learner_labels_bytes(again), 5);
    assert_memory_equal(sl_learner_labels(again), "[\"a\"]", 5);
    assert_true(use(l) == use(again));
    refuses_cuts(f, load_and_use);
    survives_flips(f, load_and_use);
    sl_learner_destroy(l);
    sl_learner_destroy(again);
    free(f.bytes);
    free(same.bytes);
  }
}

static void every_byte_may_be_cut_or_changed(void **state) {
  (void)state;
  sl_learner *l = make(0, 1);
  const file f = save(l);
  survives_cuts_and_bits(f, SL_TRIES(5) == 5 ? 1 : 5, load_and_use);
  free(f.bytes);
  sl_learner_destroy(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(goes_on_as_the_original_does),
                                     property(every_byte_may_be_cut_or_changed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
