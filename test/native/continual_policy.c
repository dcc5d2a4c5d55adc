// Policies natively: gradients against differences in double precision, memory that ends, arrays that
// are never read beyond their ends (under the sanitizers), and how the work is cut.
#include "check.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "continual/policy.h"

enum { ENVIRONMENTS = 3, INPUTS = 2, STEPS = 5 };

static sl_policy_options options(void) {
  static const uint32_t hidden[1] = {4};
  sl_policy_options o = sl_policy_options_default();
  o.inputs = INPUTS;
  o.actions = 3;
  o.hidden = hidden;
  o.hidden_layers = 1;
  o.environments = ENVIRONMENTS;
  o.steps = STEPS;
  o.epochs = 3;
  o.batch = 4;
  o.entropy = 0.01;
  return o;
}

static sl_outcome run(sl_policy *p, uint64_t work) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_policy_job(p), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return outcome;
}

// Collects `steps` steps; action 1 is paid for, episodes end or are cut now and then.
static sl_status collect(sl_policy *p, uint32_t steps) {
  float x[ENVIRONMENTS * INPUTS], rewards[ENVIRONMENTS];
  uint32_t actions[ENVIRONMENTS], ended[ENVIRONMENTS], full;
  for (uint32_t t = 0; t < steps; t++) {
    for (uint32_t i = 0; i < ENVIRONMENTS * INPUTS; i++) x[i] = (float)((t * 7 + i * 3) % 5) / 4;
    SL_TRY(sl_policy_act(p, x, actions));
    for (uint32_t e = 0; e < ENVIRONMENTS; e++) {
      assert_true(actions[e] < 3);
      rewards[e] = actions[e] == 1;
      ended[e] = (t + e) % 3;
    }
    SL_TRY(sl_policy_reward(p, rewards, x, ended, &full));
    assert_int_equal(full, t + 1 == STEPS);
  }
  return SL_OK;
}

static void how_the_work_is_cut_never_shows(void **state) {
  (void)state;
  sl_policy *p[2];
  const sl_policy_options o = options();
  const float *parameters[2];
  uint32_t count;
  for (int i = 0; i < 2; i++) {
    assert_ok(sl_policy_create(&o, &p[i]));
    for (int update = 0; update < 4; update++) {
      assert_ok(collect(p[i], STEPS));
      assert_ok(sl_policy_update(p[i], 1));
      const uint64_t expected = sl_job_expected(sl_policy_job(p[i]));
      assert_int_equal(run(p[i], i == 0 ? 1 : UINT64_MAX), SL_OUTCOME_CONVERGED);
      assert_int_equal(sl_job_work(sl_policy_job(p[i])), expected);
    }
    assert_ok(sl_policy_parameters(p[i], &parameters[i], &count));
  }
  assert_int_equal(count, (INPUTS + 1) * 4 + 5 * 3 + (INPUTS + 1) * 4 + 5);
  assert_memory_equal(parameters[0], parameters[1], count * sizeof(float));
  sl_policy_facts facts;
  sl_policy_facts_read(p[0], &facts);
  assert_true(facts.updates == 4 * 3 * 4 && facts.rows == 4 * STEPS * ENVIRONMENTS);
  for (int i = 0; i < 2; i++) sl_policy_destroy(p[i]);
}

static void gradients_are_differences(void **state) {
  (void)state;
  const float x[4 * INPUTS] = {0.5f, -1, 2, 0.25f, -0.75f, 1, 0, 3};
  const uint32_t actions[4] = {0, 1, 2, 1};
  const float logarithms[4] = {-1, -1.25f, -2, -0.5f}, advantages[4] = {1, -0.5f, 2, -1};
  const float returns[4] = {0, 1, -1, 2};
  const sl_policy_rows rows = {4, x, actions, logarithms, advantages, returns};
  for (uint32_t method = 0; method < 2; method++) {
    sl_policy_options o = options();
    o.method = method;
    sl_policy *p;
    assert_ok(sl_policy_create(&o, &p));
    const float *held;
    uint32_t n;
    float parameters[64], gradient[64], unused[64];
    assert_ok(sl_policy_parameters(p, &held, &n));
    // Far enough from equal probabilities that every part has a slope.
    for (uint32_t i = 0; i < n; i++) parameters[i] = held[i] + 0.25f * (float)((int)(i % 5) - 2);
    assert_ok(sl_policy_set_parameters(p, parameters, n));
    double loss, more, less;
    assert_ok(sl_policy_gradient(p, &rows, &loss, gradient));
    double length = 0, apart = 0;
    for (uint32_t i = 0; i < n; i++) {
      const float h = 1.0f / 256, at = parameters[i];
      parameters[i] = at + h;
      assert_ok(sl_policy_set_parameters(p, parameters, n));
      assert_ok(sl_policy_gradient(p, &rows, &more, unused));
      parameters[i] = at - h;
      assert_ok(sl_policy_set_parameters(p, parameters, n));
      assert_ok(sl_policy_gradient(p, &rows, &less, unused));
      parameters[i] = at;
      const double slope = (more - less) / (2 * (double)h);
      apart += (slope - gradient[i]) * (slope - gradient[i]);
      length += slope * slope;
    }
    assert_true(length > 0.01 && apart < 1e-6 * length);
    sl_policy_destroy(p);
  }
}

// Wherever memory ends, the call fails cleanly and nothing is lost.
static void survives_the_end_of_memory(void **state) {
  (void)state;
  const sl_policy_options o = options();
  for (uint64_t budget = 0;; budget += 64) {
    sl_memory_budget limit;
    sl_memory_budget_begin(&limit, budget);
    sl_policy *p;
    sl_status status = sl_policy_create(&o, &p);
    if (status == SL_OK) {
      assert_ok(collect(p, 2));
      status = sl_policy_update(p, 1);
      if (status == SL_OK) run(p, 100);
      sl_policy_facts facts;
      sl_policy_facts_read(p, &facts);
      assert_int_equal(facts.collected, status == SL_OK ? 0 : 2);
      sl_policy_destroy(p);
    }
    sl_memory_budget_end(&limit);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
  }
}

static void a_stopped_update_keeps_what_was_learned(void **state) {
  (void)state;
  const sl_policy_options o = options();
  sl_policy *p;
  assert_ok(sl_policy_create(&o, &p));
  assert_ok(collect(p, STEPS));
  assert_refused(sl_policy_update(p, 0), SL_ERR_OPTION, "factor");
  assert_ok(sl_policy_update(p, 1));
  assert_refused(sl_policy_update(p, 1), SL_ERR_STATE, "policy");
  assert_refused(sl_policy_forget(p), SL_ERR_STATE, "policy");
  sl_outcome outcome;
  for (int i = 0; i < 3; i++) assert_ok(sl_job_step(sl_policy_job(p), 1, &outcome));
  assert_ok(sl_job_stop(sl_policy_job(p), SL_OUTCOME_TIME_LIMIT));
  sl_policy_result r;
  assert_ok(sl_policy_result_read(p, &r));
  assert_int_equal(r.outcome, SL_OUTCOME_TIME_LIMIT);
  assert_int_equal(r.updates, 1);
  assert_int_equal(r.rows, STEPS * ENVIRONMENTS);
  assert_refused(sl_policy_update(p, 1), SL_ERR_STATE, "policy");
  assert_ok(collect(p, STEPS));
  sl_policy_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(how_the_work_is_cut_never_shows), property(gradients_are_differences),
      property(survives_the_end_of_memory), property(a_stopped_update_keeps_what_was_learned)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
