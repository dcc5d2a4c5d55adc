// What learners promise: the memory is a uniform sample, going back brings the weights back, a job may
// be stopped or fail anywhere, forgetting is less with replay than without.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/numbers.h"
#include "continual/continual.h"
#include "continual/replay.h"

enum { ROWS = 240, D = 8 };

static float x[ROWS * D];
static uint32_t labels[ROWS];

// Four classes, each around a corner; rows of classes `from` to `from + 1` only.
static uint32_t examples(uint32_t from, uint32_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < ROWS; i++) {
    labels[i] = from + i % 2;
    for (uint32_t j = 0; j < D; j++)
      x[i * D + j] = (float)((j % 4 == labels[i]) + 0.3 * sl_draw_normal(&rng));
  }
  return ROWS;
}

static sl_learner_question asked(uint32_t rows, bool labelled) {
  sl_learner_question q = sl_learner_question_default();
  q.rows = rows;
  q.inputs = x;
  q.labels = labelled ? labels : NULL;
  q.batch = 16;
  return q;
}

static sl_outcome run(sl_learner *l, uint64_t work) {
  sl_outcome outcome;
  do {
    assert_ok(sl_job_step(sl_learner_job(l), work, &outcome));
  } while (outcome == SL_OUTCOME_RUNNING);
  return outcome;
}

static const uint32_t hidden[1] = {16};
static sl_learner_options options(void) {
  sl_learner_options o = sl_learner_options_default();
  o.inputs = D;
  o.outputs = 4;
  o.hidden = hidden;
  o.hidden_layers = 1;
  o.learning_rate = 0.01;
  return o;
}

static double accuracy(sl_learner *l, uint32_t from) {
  const sl_learner_question q = asked(examples(from, 77), true);
  sl_learner_result r;
  assert_ok(sl_learner_evaluate(l, &q));
  run(l, 1000);
  assert_ok(sl_learner_result_read(l, &r));
  assert_int_equal(r.rows, ROWS);
  return r.accuracy;
}

static sl_learner *two_tasks(const sl_learner_options *o, uint64_t work) {
  sl_learner *l;
  assert_ok(sl_learner_create(o, &l));
  for (uint32_t task = 0; task < 2; task++) {
    sl_learner_question q = asked(examples(2 * task, task + 1), true);
    q.epochs = 5;
    assert_ok(sl_learner_learn(l, &q));
    assert_int_equal(run(l, work), SL_OUTCOME_CONVERGED);
    assert_ok(sl_learner_consolidate(l, &q));
    assert_int_equal(run(l, work), SL_OUTCOME_CONVERGED);
  }
  return l;
}

static void replay_keeps_what_was_learned(void **state) {
  (void)state;
  sl_learner_options o = options();
  o.balanced = 0;
  sl_learner *plain = two_tasks(&o, 5000);
  o.balanced = 1;
  o.replay = 10;
  o.per_class = 1;
  sl_learner *replayed = two_tasks(&o, 5000);
  assert_true(accuracy(plain, 2) > 0.9 && accuracy(replayed, 2) > 0.9);
  assert_true(accuracy(plain, 0) < 0.6 && accuracy(replayed, 0) > 0.9);
  sl_learner_facts f;
  sl_learner_facts_read(replayed, &f);
  assert_int_equal(f.remembered, 40);
  assert_int_equal(f.classes, 4);
  assert_int_equal(f.consolidated, 2);
  sl_learner_destroy(plain);
  // How the work is cut never shows.
  sl_learner *other = two_tasks(&o, 1);
  const float *p, *q;
  uint32_t n;
  assert_ok(sl_learner_parameters(replayed, &p, &n));
  assert_ok(sl_learner_parameters(other, &q, &n));
  assert_memory_equal(p, q, n * sizeof *p);
  sl_learner_destroy(replayed);
  sl_learner_destroy(other);
}

// EWC and distillation hold the weights, or the answers, near what they were.
static void penalties_hold(void **state) {
  (void)state;
  double moved[3], answered[3];
  for (int which = 0; which < 3; which++) {
    sl_learner_options o = options();
    o.ewc = which == 1 ? 1e4 : 0;
    o.distillation = which == 2 ? 10 : 0;
    sl_learner *l;
    assert_ok(sl_learner_create(&o, &l));
    sl_learner_question q = asked(examples(0, 1), true);
    q.epochs = 5;
    assert_ok(sl_learner_learn(l, &q));
    run(l, 1000);
    assert_ok(sl_learner_consolidate(l, &q));
    run(l, 1000);
    const float *p, *fisher;
    uint32_t n;
    float before[500];
    assert_ok(sl_learner_parameters(l, &p, &n));
    memcpy(before, p, n * sizeof *p);
    q = asked(examples(2, 2), true);
    q.epochs = 5;
    assert_ok(sl_learner_learn(l, &q));
    run(l, 1000);
    assert_ok(sl_learner_fisher(l, &fisher, &n));
    moved[which] = 0;
    for (uint32_t i = 0; i < n; i++) {
      assert_true(fisher[i] >= 0);
      moved[which] += fisher[i] * (p[i] - before[i]) * (p[i] - before[i]);
    }
    answered[which] = accuracy(l, 0);
    sl_learner_destroy(l);
  }
  assert_true(moved[1] < 0.1 * moved[0]);
  assert_true(answered[2] >= answered[0]);
}

static void memory_is_a_uniform_sample(void **state) {
  (void)state;
  enum { CAME = 40, KEPT = 8, TIMES = 4000 };
  uint32_t times[CAME] = {0};
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (int t = 0; t < TIMES; t++) {
    sl_replay m;
    assert_ok(sl_replay_create(1, 2, true, t % 2, KEPT / (1 + t % 2), &m));
    assert_ok(sl_replay_reserve(&m, CAME));
    for (uint32_t i = 0; i < CAME; i++) {
      const float v = (float)i;
      sl_replay_offer(&m, &rng, &v, i % 2, NULL, 1);
    }
    assert_int_equal(m.count, KEPT);
    assert_int_equal(m.held[0] + m.held[1], KEPT);
    for (uint32_t i = 0; i < KEPT; i++) {
      assert_int_equal(m.labels[i], (uint32_t)m.vectors[i] % 2);
      times[(uint32_t)m.vectors[i]]++;
    }
    sl_replay_free(&m);
  }
  // Binomial(4000, 0.2): mean 800, standard deviation 25.3; six of them.
  for (int i = 0; i < CAME; i++) assert_true(abs((int)times[i] - 800) < 152);
}

static void goes_back_to_the_best(void **state) {
  (void)state;
  sl_learner_options o = options();
  o.replay = 20;
  o.checkpoints = 2;
  sl_learner *l;
  assert_ok(sl_learner_create(&o, &l));
  sl_learner_checkpoint c;
  uint32_t id, n;
  assert_refused(sl_learner_rollback(l, 0, &c), SL_ERR_STATE, "checkpoints");
  float best[500];
  const float *p;
  for (uint32_t i = 0; i < 4; i++) {
    sl_learner_question q = asked(examples(0, i + 1), true);
    assert_ok(sl_learner_learn(l, &q));
    run(l, 1000);
    static const double losses[4] = {3, 1, 2, 4};
    assert_ok(sl_learner_checkpoint_make(l, losses[i], &id));
    assert_int_equal(id, i + 1);
    assert_ok(sl_learner_parameters(l, &p, &n));
    if (i == 1) memcpy(best, p, n * sizeof *p);
  }
  // Losses 3 and then 2 made room.
  assert_ok(sl_learner_checkpoint_read(l, 0, &c));
  assert_int_equal(c.id, 2);
  assert_refused(sl_learner_checkpoint_read(l, 2, &c), SL_ERR_INDEX, "index");
  assert_refused(sl_learner_rollback(l, 3, &c), SL_ERR_INDEX, "id");
  assert_ok(sl_learner_rollback(l, 0, &c));
  assert_int_equal(c.id, 2);
  assert_true(c.examples == 2 * ROWS && c.loss == 1);
  assert_ok(sl_learner_parameters(l, &p, &n));
  assert_memory_equal(p, best, n * sizeof *p);
  sl_learner_facts f;
  sl_learner_facts_read(l, &f);
  assert_true(f.remembered < 20 && f.examples == 2 * ROWS);
  assert_refused(sl_learner_checkpoint_make(l, NAN, &id), SL_ERR_NOT_FINITE, "loss");
  sl_learner_destroy(l);
}

static void diverging_leaves_what_was(void **state) {
  (void)state;
  sl_learner_options o = options();
  o.optimizer = SL_LEARNER_SGD;
  o.loss = SL_LEARNER_SQUARED;
  o.learning_rate = 100;
  sl_learner *l;
  assert_ok(sl_learner_create(&o, &l));
  sl_learner_question q = asked(examples(0, 1), false);
  float values[ROWS * 4], before[500];
  for (int i = 0; i < ROWS * 4; i++) values[i] = (float)i;
  q.values = values;
  q.epochs = 100;
  const float *p;
  uint32_t n;
  assert_ok(sl_learner_parameters(l, &p, &n));
  memcpy(before, p, n * sizeof *p);
  assert_ok(sl_learner_learn(l, &q));
  assert_refused(sl_learner_parameters(l, &p, &n), SL_ERR_STATE, "learner");
  assert_refused(sl_learner_learn(l, &q), SL_ERR_STATE, "learner");
  assert_int_equal(run(l, 1000), SL_OUTCOME_BREAKDOWN);
  assert_ok(sl_learner_parameters(l, &p, &n));
  assert_memory_equal(p, before, n * sizeof *p);
  sl_learner_destroy(l);
}

static void reptile_goes_a_share_of_the_way(void **state) {
  (void)state;
  const sl_learner_options o = options();
  float first[500], whole[500];
  for (int part = 0; part < 2; part++) {
    sl_learner *l;
    assert_ok(sl_learner_create(&o, &l));
    const float *p;
    uint32_t n;
    assert_ok(sl_learner_parameters(l, &p, &n));
    memcpy(first, p, n * sizeof *p);
    sl_learner_question q = asked(examples(0, 1), true);
    q.step = part ? 0.25 : 1;
    assert_ok(sl_learner_learn(l, &q));
    run(l, 1000);
    if (!part) memcpy(whole, p, n * sizeof *p);
    for (uint32_t i = 0; part && i < n; i++)
      assert_true(fabs(p[i] - (first[i] + 0.25 * (whole[i] - first[i]))) < 1e-6);
    sl_learner_destroy(l);
  }
}

static void says_what_is_wrong(void **state) {
  (void)state;
  sl_learner_options o = options();
  sl_learner *l;
  o.inputs = 0;
  assert_refused(sl_learner_create(&o, &l), SL_ERR_OPTION, "inputs");
  o = options();
  o.outputs = 1;
  assert_refused(sl_learner_create(&o, &l), SL_ERR_OPTION, "outputs");
  o = options();
  o.learning_rate = NAN;
  assert_refused(sl_learner_create(&o, &l), SL_ERR_OPTION, "learning_rate");
  o = options();
  o.inputs = o.outputs = 1 << 16;
  o.hidden_layers = 0;
  assert_refused(sl_learner_create(&o, &l), SL_ERR_OVERFLOW, "hidden");
  o = options();
  o.replay = UINT32_MAX;
  assert_refused(sl_learner_create(&o, &l), SL_ERR_OVERFLOW, "replay");
  o = options();
  assert_ok(sl_learner_create(&o, &l));
  sl_learner_question q = asked(examples(0, 1), true);
  labels[3] = 4;
  assert_refused(sl_learner_learn(l, &q), SL_ERR_INDEX, "answers");
  assert_int_equal(sl_last_error()->position, 3);
  labels[3] = 0;
  x[5] = INFINITY;
  assert_refused(sl_learner_learn(l, &q), SL_ERR_NOT_FINITE, "inputs");
  x[5] = 0;
  q.labels = NULL;
  assert_refused(sl_learner_learn(l, &q), SL_ERR_ARGUMENT, "answers");
  q.labels = labels;
  q.rows = 0;
  assert_refused(sl_learner_learn(l, &q), SL_ERR_EMPTY, "inputs");
  q.rows = 1;
  q.batch = 0;
  assert_refused(sl_learner_learn(l, &q), SL_ERR_OPTION, "batch");
  q.batch = 1;
  q.epochs = 0;
  assert_refused(sl_learner_learn(l, &q), SL_ERR_OPTION, "epochs");
  q.epochs = 1;
  q.step = 0;
  assert_refused(sl_learner_learn(l, &q), SL_ERR_OPTION, "step");
  sl_learner_result r;
  const float *answers;
  uint32_t rows;
  assert_int_equal(sl_learner_result_read(l, &r), SL_ERR_STATE);
  assert_int_equal(sl_learner_answers(l, &answers, &rows), SL_ERR_STATE);
  assert_refused(sl_learner_set_parameters(l, x, 3), SL_ERR_SHAPE, "values");
  sl_learner_destroy(l);
}

// Whatever allocation fails, it says so, and the next attempt works.
static void memory_may_run_out_anywhere(void **state) {
  (void)state;
  sl_learner_options o = options();
  o.replay = 30;
  for (uint64_t bytes = 0, made = 0; made < 2; bytes += 97) {
    sl_learner *l;
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    sl_status status = sl_learner_create(&o, &l);
    if (status == SL_OK) {
      made = 1;
      sl_learner_question q = asked(examples(0, 1), true);
      uint32_t id;
      status = sl_learner_learn(l, &q);
      if (status == SL_OK) run(l, 1000);
      if (status == SL_OK) status = sl_learner_checkpoint_make(l, 1, &id);
      if (status == SL_OK) status = sl_learner_consolidate(l, &q);
      if (status == SL_OK) {
        run(l, 1000);
        made = 2;
      }
      sl_learner_destroy(l);
    }
    if (status != SL_OK) assert_int_equal(status, SL_ERR_MEMORY);
    assert_int_equal(sl_memory_budget_end(&budget), 0);
  }
}

// Stopped after any amount of work: what was learned stays and everything can be called.
static void may_be_stopped_anywhere(void **state) {
  (void)state;
  sl_learner_options o = options();
  o.replay = 5;
  o.distillation = 1;
  sl_learner *l;
  assert_ok(sl_learner_create(&o, &l));
  for (uint32_t work = 1; work < 60000; work = work * 3 + 1) {
    for (int task = 0; task < 4; task++) {
      sl_learner_question q = asked(examples(work % 3, work), task == 0 || task == 2);
      q.epochs = 2;
      sl_outcome outcome;
      assert_ok(task == 0   ? sl_learner_learn(l, &q)
                : task == 1 ? sl_learner_consolidate(l, &q)
                : task == 2 ? sl_learner_evaluate(l, &q)
                            : sl_learner_predict(l, &q));
      assert_true(sl_job_expected(sl_learner_job(l)) > 0);
      assert_ok(sl_job_step(sl_learner_job(l), work, &outcome));
      assert_ok(sl_job_stop(sl_learner_job(l), SL_OUTCOME_TIME_LIMIT));
      sl_learner_result r;
      assert_ok(sl_learner_result_read(l, &r));
      const float *answers;
      uint32_t rows;
      const sl_status status = sl_learner_answers(l, &answers, &rows);
      assert_int_equal(status == SL_OK, task == 3 && outcome == SL_OUTCOME_CONVERGED);
    }
  }
  sl_learner_destroy(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(replay_keeps_what_was_learned),
                                     property(penalties_hold),
                                     property(memory_is_a_uniform_sample),
                                     property(goes_back_to_the_best),
                                     property(diverging_leaves_what_was),
                                     property(reptile_goes_a_share_of_the_way),
                                     property(says_what_is_wrong),
                                     property(memory_may_run_out_anywhere),
                                     property(may_be_stopped_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
