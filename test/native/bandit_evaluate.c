// Off-policy estimates against the truth of logs whose every row can be enumerated, closed forms,
// and logs that say too little.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/evaluate.h"
#include "base/rng.h"

enum { ARMS = 3, CONTEXTS = 4, MOST = 20000 };

// The world: in context c arm a pays 1 with probability PAYS[c][a]; what logs and what is asked.
static const double PAYS[CONTEXTS][ARMS] = {
    {0.1, 0.5, 0.9}, {0.8, 0.2, 0.3}, {0.4, 0.4, 0.6}, {0.05, 0.9, 0.2}};
static const double LOGS[CONTEXTS][ARMS] = {
    {0.6, 0.3, 0.1}, {0.2, 0.2, 0.6}, {0.34, 0.33, 0.33}, {0.5, 0.2, 0.3}};
static const double ASKS[CONTEXTS][ARMS] = {
    {0.1, 0.1, 0.8}, {0.7, 0.2, 0.1}, {0.2, 0.2, 0.6}, {0, 1, 0}};

static uint32_t chosen[MOST];
static double rewards[MOST], propensities[MOST], contexts[MOST * CONTEXTS], target[MOST * ARMS];

static double truth(void) {
  double value = 0;
  for (int c = 0; c < CONTEXTS; c++)
    for (int a = 0; a < ARMS; a++) value += ASKS[c][a] * PAYS[c][a] / CONTEXTS;
  return value;
}

static sl_evaluation_question log_of(size_t rows, sl_rng *rng) {
  memset(contexts, 0, rows * CONTEXTS * sizeof *contexts);
  for (size_t i = 0; i < rows; i++) {
    const uint32_t c = sl_rng_below(rng, CONTEXTS);
    double u = sl_rng_double(rng);
    uint32_t a = 0;
    while (a + 1 < ARMS && u >= LOGS[c][a]) u -= LOGS[c][a++];
    contexts[i * CONTEXTS + c] = 1;
    chosen[i] = a;
    propensities[i] = LOGS[c][a];
    rewards[i] = sl_rng_double(rng) < PAYS[c][a];
    memcpy(target + i * ARMS, ASKS[c], sizeof ASKS[c]);
  }
  sl_evaluation_question q = sl_evaluation_question_default();
  q.rows = q.target_rows = (uint32_t)rows;
  q.arms = ARMS;
  q.dimension = CONTEXTS;
  q.actions = chosen;
  q.rewards = rewards;
  q.propensities = propensities;
  q.contexts = contexts;
  q.target = target;
  return q;
}

static sl_status run(const sl_evaluation_question *log, uint64_t work, double *out) {
  sl_evaluation *e;
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  sl_status status = sl_evaluation_create(log, &e);
  if (status != SL_OK) return status;
  while (status == SL_OK && outcome == SL_OUTCOME_RUNNING)
    status = sl_job_step(sl_evaluation_job(e), work, &outcome);
  if (status == SL_OK) status = sl_evaluation_read(e, out);
  sl_evaluation_destroy(e);
  return status;
}

#define OUT(m, k) out[(m) * SL_EVALUATION_NUMBERS + (k)]

// The mean over many logs is the truth within two standard errors, and intervals cover it as often
// as they say.
static void estimates_are_unbiased_and_intervals_cover(void **state) {
  (void)state;
  enum { LOGS_MADE = 250, ROWS = 400 };
  sl_rng rng;
  sl_rng_seed(&rng, 17);
  double sum[SL_ESTIMATORS] = {0}, squares[SL_ESTIMATORS] = {0}, errors[SL_ESTIMATORS] = {0};
  int covered[SL_ESTIMATORS] = {0};
  for (int i = 0; i < LOGS_MADE; i++) {
    double out[SL_ESTIMATORS * SL_EVALUATION_NUMBERS];
    sl_evaluation_question log = log_of(ROWS, &rng);
    log.resamples = 300;
    log.seed = (uint64_t)i;
    assert_ok(run(&log, 5000, out));
    for (int m = 0; m < SL_ESTIMATORS; m++) {
      sum[m] += OUT(m, 0);
      squares[m] += OUT(m, 0) * OUT(m, 0);
      errors[m] += OUT(m, 1) / LOGS_MADE;
      covered[m] += OUT(m, 2) <= truth() && truth() <= OUT(m, 3);
    }
  }
  for (int m = 0; m < SL_ESTIMATORS; m++) {
    const double mean = sum[m] / LOGS_MADE;
    const double spread = sqrt(squares[m] / LOGS_MADE - mean * mean);
    print_message("method %d: %.4f (truth %.4f), spread %.4f, said %.4f, covered %d\n", m, mean,
                  truth(), spread, errors[m], covered[m]);
    if (m == SL_DM || m == SL_CLIPPED) continue;
    assert_true(fabs(mean - truth()) <
                2.6 * spread / sqrt(LOGS_MADE) + (m == SL_SNIPS ? 0.003 : 0));
    assert_true(fabs(spread / errors[m] - 1) < 0.15);
    assert_true(covered[m] >= 0.9 * LOGS_MADE);
  }
}

// Small logs by hand.
static void numbers_are_those_of_the_formulas(void **state) {
  (void)state;
  const uint32_t arms[60] = {0};
  double r[60], p[60], uniform[2] = {0.5, 0.5}, out[SL_ESTIMATORS * SL_EVALUATION_NUMBERS];
  double w = 0, ww = 0, wr = 0, clipped = 0;
  for (int i = 0; i < 60; i++) {
    r[i] = i % 3;
    p[i] = i % 2 ? 0.25 : 0.8;
    const double weight = 0.5 / p[i];
    w += weight, ww += weight * weight, wr += weight * r[i], clipped += fmin(weight, 1) * r[i];
  }
  sl_evaluation_question log = sl_evaluation_question_default();
  log.rows = 60;
  log.arms = 2;
  log.actions = arms;
  log.rewards = r;
  log.propensities = p;
  log.target = uniform;
  log.clip = 1;
  log.methods = 7;
  log.resamples = 0;
  assert_ok(run(&log, 1, out));
  assert_true(fabs(OUT(SL_IPS, 0) - wr / 60) < 1e-14 && fabs(OUT(SL_SNIPS, 0) - wr / w) < 1e-14);
  assert_true(fabs(OUT(SL_CLIPPED, 0) - clipped / 60) < 1e-14);
  assert_true(fabs(OUT(SL_IPS, 4) - w * w / ww) < 1e-12 && OUT(SL_IPS, 5) == 2);
  assert_true(OUT(SL_CLIPPED, 5) == 1 && fabs(OUT(SL_IPS, 6) - w / 60) < 1e-14);
  assert_true(isnan(OUT(SL_DM, 0)) && isnan(OUT(SL_IPS, 2)) && OUT(SL_IPS, 7) == 0);
}

// One weight of 20,000 in 1,000 rows, or weights that are all 0: the log says nothing.
static void logs_without_support_are_refused(void **state) {
  (void)state;
  enum { N = 1000 };
  double out[SL_ESTIMATORS * SL_EVALUATION_NUMBERS], uniform[2] = {0.5, 0.5}, other[2] = {0, 1};
  for (int i = 0; i < N; i++) {
    chosen[i] = 0;
    rewards[i] = 1;
    propensities[i] = i == 7 ? 2.3e-5 : 0.9;
  }
  sl_evaluation_question log = sl_evaluation_question_default();
  log.rows = N;
  log.arms = 2;
  log.actions = chosen;
  log.rewards = rewards;
  log.propensities = propensities;
  log.target = uniform;
  for (int zero = 0; zero < 2; zero++) {
    assert_ok(run(&log, UINT64_MAX, out));
    for (int m = 0; m < SL_ESTIMATORS; m++) {
      assert_true(OUT(m, 7) == 1 && isnan(OUT(m, 0)) && isnan(OUT(m, 2)));
      assert_true(OUT(m, 4) < 2);
    }
    log.target = other;
  }
}

static void however_it_is_cut_the_bits_are_the_same(void **state) {
  (void)state;
  double one[SL_ESTIMATORS * SL_EVALUATION_NUMBERS], other[SL_ESTIMATORS * SL_EVALUATION_NUMBERS];
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  sl_evaluation_question log = log_of(300, &rng);
  log.resamples = 50;
  assert_ok(run(&log, 1, one));
  assert_ok(run(&log, UINT64_MAX / 2, other));
  assert_memory_equal(one, other, sizeof one);
  sl_evaluation *e;
  sl_outcome outcome;
  assert_ok(sl_evaluation_create(&log, &e));
  assert_refused(sl_evaluation_read(e, one), SL_ERR_STATE, "evaluation");
  assert_ok(sl_job_step(sl_evaluation_job(e), 100, &outcome));
  assert_true(sl_job_expected(sl_evaluation_job(e)) > sl_job_work(sl_evaluation_job(e)));
  assert_true(sl_job_bytes(sl_evaluation_job(e)) <= sl_bytes_in_use() + 64);
  assert_ok(sl_job_stop(sl_evaluation_job(e), SL_OUTCOME_TIME_LIMIT));
  assert_ok(sl_evaluation_read(e, one));
  assert_true(isnan(one[0]));
  sl_evaluation_destroy(e);
}

static void what_is_wrong_is_named_with_its_row(void **state) {
  (void)state;
  double out[SL_ESTIMATORS * SL_EVALUATION_NUMBERS];
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  sl_evaluation_question log = log_of(100, &rng);
#define WRONG(place, value, status, name)                                                          \
  do {                                                                                             \
    const double kept = place;                                                                     \
    place = value;                                                                                 \
    assert_refused(run(&log, 50, out), status, name);                                              \
    assert_int_equal(sl_last_error()->position, 42);                                               \
    place = kept;                                                                                  \
  } while (0)
  WRONG(propensities[42], 0, SL_ERR_RANGE, "propensities");
  WRONG(propensities[42], NAN, SL_ERR_RANGE, "propensities");
  WRONG(propensities[42], 1.5, SL_ERR_RANGE, "propensities");
  WRONG(propensities[42], 0x1p-1074, SL_ERR_RANGE, "propensities");
  WRONG(rewards[42], INFINITY, SL_ERR_NOT_FINITE, "rewards");
  WRONG(rewards[42], 1e300, SL_ERR_RANGE, "rewards");
  WRONG(contexts[42 * CONTEXTS + 1], NAN, SL_ERR_NOT_FINITE, "contexts");
  WRONG(contexts[42 * CONTEXTS + 1], -1e300, SL_ERR_RANGE, "contexts");
  WRONG(target[42 * ARMS], -0.1, SL_ERR_RANGE, "target");
  WRONG(target[42 * ARMS], 0.95, SL_ERR_RANGE, "target");
  chosen[42] = ARMS;
  assert_refused(run(&log, 50, out), SL_ERR_INDEX, "actions");
  chosen[42] = 0;
  log.rows = 0;
  assert_refused(run(&log, 50, out), SL_ERR_EMPTY, "rewards");
  log.rows = 100;
#define REFUSES(field, value)                                                                      \
  do {                                                                                             \
    sl_evaluation_question bad = log;                                                              \
    bad.field = value;                                                                             \
    assert_refused(run(&bad, 50, out), SL_ERR_OPTION, #field);                                     \
  } while (0)
  REFUSES(methods, 0);
  REFUSES(methods, 99);
  REFUSES(target_rows, 7);
  REFUSES(clip, -1);
  REFUSES(clip, NAN);
  REFUSES(folds, 1);
  REFUSES(ridge, 0);
  REFUSES(confidence, 1);
  REFUSES(resamples, UINT32_MAX);
  // One row; memory that ends at any allocation.
  log.rows = 1;
  log.target_rows = 1;
  assert_ok(run(&log, 50, out));
  assert_true(OUT(SL_IPS, 7) == 1);
  sl_status status;
  uint64_t budget = 0, failures = 0;
  do {
    sl_memory_budget limit;
    sl_memory_budget_begin(&limit, budget);
    status = run(&log, 50, out);
    sl_memory_budget_end(&limit);
    failures += status == SL_ERR_MEMORY;
    budget += 100;
  } while (status == SL_ERR_MEMORY);
  assert_ok(status);
  assert_true(failures > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(estimates_are_unbiased_and_intervals_cover),
      property(numbers_are_those_of_the_formulas),
      property(logs_without_support_are_refused),
      property(however_it_is_cut_the_bits_are_the_same),
      property(what_is_wrong_is_named_with_its_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
