// Work in steps: what every object that has some can rely on, shown on one that only counts.
#include "check.h"

#include "base/job.h"

typedef struct counter {
  sl_job job;
  uint64_t done, total, known_total;
  uint32_t fails_at; // 0: never
  uint32_t destroyed;
} counter;

static sl_status step(sl_job *job, uint64_t work) {
  counter *c = (counter *)job;
  assert_true(work >= 1);
  while (work-- > 0 && c->done < c->total) {
    c->done++;
    SL_REQUIRE(c->done != c->fails_at, SL_ERR_MEMORY, "memory", "enough of it");
  }
  if (c->done == c->total) sl_job_end(job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  counter *c = (counter *)job;
  // Half of it is as good as all.
  sl_job_end(job, 2 * c->done >= c->total ? SL_OUTCOME_CONVERGED : why);
  return SL_OK;
}

static uint64_t done(const sl_job *job) { return ((const counter *)job)->done; }
static uint64_t expected(const sl_job *job) { return ((const counter *)job)->known_total; }
static size_t bytes(const sl_job *job) { return sizeof *(const counter *)job; }
static void destroy(sl_job *job) { ((counter *)job)->destroyed++; }

static const sl_job_kind counting = {"counter", step, stop, done, expected, bytes, destroy};
static const sl_job_kind unmeasured = {"counter", step, stop, done, NULL, bytes, destroy};

static counter begun(uint64_t total) {
  counter c = {.job.kind = &counting, .total = total, .known_total = total};
  sl_job_begin(&c.job);
  return c;
}

static void ends_with_the_same_work_in_steps_of_any_size(void **state) {
  (void)state;
  for (uint64_t size = 0; size < 25; size++) {
    counter c = begun(20);
    sl_outcome outcome;
    uint32_t steps = 0;
    do {
      assert_ok(sl_job_step(&c.job, size, &outcome));
      steps++;
      assert_int_equal(sl_job_is_running(&c.job), outcome == SL_OUTCOME_RUNNING);
      assert_int_equal(sl_job_has_ended(&c.job), outcome != SL_OUTCOME_RUNNING);
    } while (outcome == SL_OUTCOME_RUNNING);
    uint64_t piece = size > 0 ? size : 1; // a step of 0 is a step
    assert_int_equal(steps, (20 + piece - 1) / piece);
    assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(sl_job_work(&c.job), 20);
    // What has ended stays as it is.
    assert_ok(sl_job_step(&c.job, 5, &outcome));
    assert_ok(sl_job_stop(&c.job, SL_OUTCOME_TIME_LIMIT));
    assert_int_equal(c.job.outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(sl_job_work(&c.job), 20);
  }
}

static void tells_how_much_there_is_to_do(void **state) {
  (void)state;
  counter c = begun(10);
  sl_outcome outcome;
  assert_int_equal(sl_job_work(&c.job), 0);
  assert_int_equal(sl_job_expected(&c.job), 10);
  assert_ok(sl_job_step(&c.job, 4, &outcome));
  assert_int_equal(sl_job_work(&c.job), 4);
  assert_int_equal(sl_job_expected(&c.job), 10);
  c.known_total = 3; // a prediction that did not come true
  assert_int_equal(sl_job_expected(&c.job), 0);
  c.job.kind = &unmeasured;
  assert_int_equal(sl_job_expected(&c.job), 0);
  c.job.kind = &counting;
  c.known_total = 10;
  assert_ok(sl_job_step(&c.job, 6, &outcome));
  assert_int_equal(sl_job_expected(&c.job), 0); // nothing is to come
  assert_int_equal(sl_job_bytes(&c.job), sizeof c);
}

static void stops_with_what_has_been_reached(void **state) {
  (void)state;
  sl_outcome outcome;
  for (uint64_t reached = 0; reached < 10; reached++) {
    counter c = begun(10);
    if (reached > 0) assert_ok(sl_job_step(&c.job, reached, &outcome));
    assert_refused(sl_job_stop(&c.job, SL_OUTCOME_CONVERGED), SL_ERR_OPTION, "why");
    assert_refused(sl_job_stop(&c.job, SL_OUTCOME_RUNNING), SL_ERR_OPTION, "why");
    assert_refused(sl_job_require_ended(&c.job), SL_ERR_STATE, "counter");
    assert_ok(sl_job_stop(&c.job, SL_OUTCOME_WORK_LIMIT));
    assert_ok(sl_job_require_ended(&c.job));
    assert_int_equal(c.job.outcome, reached < 5 ? SL_OUTCOME_WORK_LIMIT : SL_OUTCOME_CONVERGED);
    assert_int_equal(sl_job_work(&c.job), reached);
  }
}

static void has_nothing_begun_before_a_begin_and_after_an_error(void **state) {
  (void)state;
  sl_outcome outcome;
  counter c = begun(10);
  c.fails_at = 6;
  assert_ok(sl_job_step(&c.job, 5, &outcome));
  assert_refused(sl_job_step(&c.job, 5, &outcome), SL_ERR_MEMORY, "memory");
  counter fresh = {.job.kind = &counting, .total = 10, .known_total = 10};
  sl_job *idle[] = {&c.job, &fresh.job};
  for (int k = 0; k < 2; k++) {
    assert_refused(sl_job_step(idle[k], 1, &outcome), SL_ERR_STATE, "counter");
    assert_refused(sl_job_stop(idle[k], SL_OUTCOME_TIME_LIMIT), SL_ERR_STATE, "counter");
    assert_refused(sl_job_require_ended(idle[k]), SL_ERR_STATE, "counter");
    assert_int_equal(sl_job_work(idle[k]), 0);
    assert_int_equal(sl_job_expected(idle[k]), 0);
    assert_false(sl_job_is_running(idle[k]) || sl_job_has_ended(idle[k]));
  }
  sl_job_destroy(&c.job);
  sl_job_destroy(NULL);
  assert_int_equal(c.destroyed, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(ends_with_the_same_work_in_steps_of_any_size),
      property(tells_how_much_there_is_to_do),
      property(stops_with_what_has_been_reached),
      property(has_nothing_begun_before_a_begin_and_after_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
