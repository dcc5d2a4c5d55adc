// What choosers learn, what they never do, and data that surprises.
#include "chooser_help.h"

#include <string.h>

static const sl_chooser_policy policies[] = {SL_CHOOSER_THOMPSON, SL_CHOOSER_NEAREST,
                                             SL_CHOOSER_FOREST};

// Explores tasks; then how many of 1000 others get the best method.
static uint32_t learnt(sl_chooser *c, uint32_t tasks) {
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  double numbers[SL_CHOOSER_CHOICE(3)];
  for (uint32_t i = 0; i < tasks; i++) {
    const double x = sl_rng_double(&rng);
    assert_ok(sl_chooser_choose(c, &x, NULL, SL_CHOOSER_EXPLORE | SL_CHOOSER_DECIDE, numbers));
    const uint32_t m = (uint32_t)numbers[0];
    assert_ok(sl_chooser_report(c, numbers[1], NULL, m, cost_of(m, x, &rng), 0));
  }
  uint32_t right = 0;
  for (uint32_t i = 0; i < 1000; i++) {
    const double x = i / 1000.0;
    right += choose(c, &x, 0) == best_of(x);
  }
  return right;
}

static void each_policy_finds_the_best_method_of_a_context(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    sl_chooser *c = chooser_of(options_of(policies[p], 3, 1));
    const uint32_t right = learnt(c, 400);
    if (right < 950) fail_msg("policy %d: %u", p, right);
    sl_chooser_destroy(c);
  }
}

static void the_same_seed_makes_the_same_choices(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    sl_chooser *a = chooser_of(options_of(policies[p], 3, 1)),
               *b = chooser_of(options_of(policies[p], 3, 1));
    sl_rng rng;
    sl_rng_seed(&rng, 4);
    double first[SL_CHOOSER_CHOICE(3)], second[SL_CHOOSER_CHOICE(3)];
    for (uint32_t i = 0; i < 300; i++) {
      const double x = sl_rng_double(&rng), cost = 10 * sl_rng_double(&rng);
      memset(first, 0, sizeof first);
      memset(second, 0, sizeof second);
      assert_ok(sl_chooser_choose(a, &x, NULL, 7, first));
      assert_ok(sl_chooser_choose(b, &x, NULL, 7, second));
      assert_memory_equal(first, second, sizeof first);
      // Asking without exploring changes nothing.
      choose(a, &x, 0);
      choose(a, &x, SL_CHOOSER_SCHEDULE);
      assert_ok(sl_chooser_report(a, first[1], NULL, (uint32_t)first[0], cost, i % 3));
      assert_ok(sl_chooser_report(b, 0, &x, (uint32_t)first[0], cost, i % 3));
    }
    sl_chooser_destroy(a);
    sl_chooser_destroy(b);
  }
}

static void a_method_over_the_risk_is_not_chosen_while_a_safe_one_exists(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    chooser_options o = options_of(policies[p], 3, 1);
    o.list[RISK] = 0.2;
    sl_chooser *c = chooser_of(o);
    sl_rng rng;
    sl_rng_seed(&rng, 5);
    const double x = 0.5;
    double numbers[SL_CHOOSER_CHOICE(3)];
    // The first is fast and fails three times in ten; the second is slow and safe; the third has
    // never been run.
    for (uint32_t i = 0; i < 60; i++) {
      assert_ok(sl_chooser_report(c, 0, &x, 0, 1, i % 10 < 3));
      assert_ok(sl_chooser_report(c, 0, &x, 1, 900, 0));
    }
    for (uint32_t i = 0; i < 500; i++) {
      assert_ok(sl_chooser_choose(c, &x, NULL, SL_CHOOSER_EXPLORE, numbers));
      assert_int_equal((int)numbers[0], 1);
      assert_true(numbers[2] == 1);
    }
    // Without it there is no safe one: then the cheaper one, and it is said.
    const uint8_t others[] = {1, 0, 0};
    assert_ok(sl_chooser_choose(c, &x, others, 0, numbers));
    assert_true(numbers[0] == 0 && numbers[2] == 0);
    const uint8_t none[3] = {0};
    assert_refused(sl_chooser_choose(c, &x, none, 0, numbers), SL_ERR_EMPTY, "eligible");
    sl_chooser_destroy(c);
  }
}

static void censored_runs_count_as_more_than_they_say(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    sl_chooser *c = chooser_of(options_of(policies[p], 2, 0));
    double numbers[SL_CHOOSER_CHOICE(2)];
    sl_rng rng;
    sl_rng_seed(&rng, 6);
    // The first costs about 8 when it is let run, and mostly is not: stopped at 4. The second costs
    // 6.
    for (uint32_t i = 0; i < 100; i++) {
      const double cost = 8 * exp(0.4 * (sl_rng_double(&rng) - 0.5));
      assert_ok(sl_chooser_report(c, 0, NULL, 0, i % 4 ? 4 : cost, i % 4 ? 2 : 0));
      assert_ok(sl_chooser_report(c, 0, NULL, 1, 6, 0));
    }
    assert_ok(sl_chooser_choose(c, NULL, NULL, 0, numbers));
    if (numbers[0] != 1) fail_msg("policy %d: %g and %g", p, numbers[4], numbers[8]);
    assert_true(numbers[4] > 6 && numbers[4] < 20);
    // All of them censored: above the limits, finite.
    sl_chooser_clear(c);
    for (uint32_t i = 0; i < 50; i++) assert_ok(sl_chooser_report(c, 0, NULL, 0, 4, 2));
    assert_ok(sl_chooser_choose(c, NULL, NULL, 0, numbers));
    assert_true(numbers[4] > 4 && numbers[4] <= 10000 && numbers[5] == 1);
    sl_chooser_destroy(c);
  }
}

static void surprising_numbers_are_harmless(void **state) {
  (void)state;
  static const double values[] = {0, -0.0, 1, -1, 1e300, -1e300, NAN, INFINITY, -INFINITY, 5e-324};
  for (int p = 0; p < 3; p++) {
    chooser_options o = options_of(policies[p], 4, 3);
    o.list[TIMEOUT] = 1e300;
    sl_chooser *c = chooser_of(o);
    sl_rng rng;
    sl_rng_seed(&rng, 8);
    double numbers[SL_CHOOSER_CHOICE(4)], row[3];
    for (uint32_t i = 0; i < 600; i++) {
      for (int f = 0; f < 3; f++) row[f] = values[sl_rng_below(&rng, f == 2 ? 1 : 10)];
      assert_ok(sl_chooser_choose(c, row, NULL, 7, numbers));
      for (uint32_t k = 0; k < 4; k++) {
        assert_true(numbers[4 + 4 * k] >= 0 && numbers[6 + 4 * k] >= 0);
        assert_true(numbers[5 + 4 * k] >= 0 && numbers[5 + 4 * k] <= 1);
      }
      const double cost = i % 3 == 0 ? 0 : i % 3 == 1 ? 1e300 : 5e-324;
      assert_ok(sl_chooser_report(c, numbers[1], NULL, sl_rng_below(&rng, 4), cost,
                                  sl_rng_below(&rng, 3)));
    }
    assert_ok(sl_chooser_begin_compile(c, 6, 3));
    run_job(c, 1);
    assert_ok(sl_chooser_read_compiled(c, numbers));
    assert_true(numbers[0] >= 1 && numbers[3] >= 0);
    assert_refused(sl_chooser_report(c, 0, row, 0, -1, 0), SL_ERR_RANGE, "cost");
    assert_refused(sl_chooser_report(c, 0, row, 0, NAN, 0), SL_ERR_NOT_FINITE, "cost");
    assert_refused(sl_chooser_report(c, 0, row, 4, 1, 0), SL_ERR_INDEX, "method");
    assert_refused(sl_chooser_report(c, 0, row, 0, 1, 3), SL_ERR_OPTION, "ending");
    assert_refused(sl_chooser_report(c, 601, row, 0, 1, 0), SL_ERR_INDEX, "id");
    assert_refused(sl_chooser_report(c, 0.5, row, 0, 1, 0), SL_ERR_INDEX, "id");
    assert_refused(sl_chooser_report(c, NAN, row, 0, 1, 0), SL_ERR_INDEX, "id");
    sl_chooser_destroy(c);
  }
}

static void one_method_and_no_feature(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    sl_chooser *c = chooser_of(options_of(policies[p], 1, 0));
    double numbers[SL_CHOOSER_CHOICE(1)];
    for (uint32_t i = 0; i < 20; i++) {
      assert_int_equal(choose(c, NULL, 7), 0);
      assert_ok(sl_chooser_report(c, 0, NULL, 0, i, 0));
    }
    assert_ok(sl_chooser_choose(c, NULL, NULL, SL_CHOOSER_SCHEDULE, numbers));
    assert_true(numbers[3] == 1 && numbers[8] == 0 && numbers[9] == 1000);
    sl_chooser_destroy(c);
  }
}

static void methods_come(void **state) {
  (void)state;
  sl_chooser *c = chooser_of(options_of(SL_CHOOSER_THOMPSON, 1, 1));
  const double x = 0.5;
  for (uint32_t i = 0; i < 30; i++) assert_ok(sl_chooser_report(c, 0, &x, 0, 10, 0));
  assert_ok(sl_chooser_checkpoint(c));
  assert_ok(sl_chooser_set_methods(c, 2, (const uint8_t *)"ab", 2));
  assert_int_equal(choose(c, &x, 0), 0);
  assert_int_equal(choose(c, &x, SL_CHOOSER_EXPLORE), 1);
  for (uint32_t i = 0; i < 30; i++) assert_ok(sl_chooser_report(c, 0, &x, 1, 5, 0));
  assert_int_equal(choose(c, &x, 0), 1);
  // What is kept has the new method too, of which nothing was known.
  assert_ok(sl_chooser_exchange(c));
  assert_int_equal(choose(c, &x, 0), 0);
  assert_ok(sl_chooser_exchange(c));
  assert_int_equal(choose(c, &x, 0), 1);
  assert_refused(sl_chooser_set_methods(c, 1, NULL, 0), SL_ERR_OPTION, "methods");
  sl_chooser_destroy(c);
}

static void memory_does_not_grow_with_reports(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    chooser_options o = options_of(policies[p], 2, 2);
    o.list[CAPACITY] = 64;
    o.list[TREES] = 4;
    sl_chooser *c = chooser_of(o);
    sl_rng rng;
    sl_rng_seed(&rng, 9);
    size_t early = 0;
    for (uint32_t i = 0; i < 100000; i++) {
      const double row[] = {sl_rng_double(&rng), (double)sl_rng_below(&rng, 5)};
      assert_ok(sl_chooser_report(c, 0, row, i & 1, 1 + row[0], 0));
      if (i == 2000) early = sl_chooser_bytes(c);
    }
    assert_true(sl_chooser_bytes(c) < 2 * early);
    double facts[SL_CHOOSER_FACTS];
    sl_chooser_facts(c, facts);
    assert_true(facts[12] == 100000 && facts[14] == 128);
    // What is counted is what is held, but for what allocating rounds.
    const size_t held = sl_bytes_in_use(), counted = sl_chooser_bytes(c);
    if (counted > held + 64 || held > counted + 4096)
      fail_msg("%zu counted, %zu held", counted, held);
    sl_chooser_destroy(c);
  }
}

static void a_checkpoint_brings_back_what_was_known(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    sl_chooser *c = chooser_of(options_of(policies[p], 3, 1));
    assert_refused(sl_chooser_exchange(c), SL_ERR_STATE, "chooser");
    learnt(c, 200);
    double before[SL_CHOOSER_CHOICE(3)], after[SL_CHOOSER_CHOICE(3)];
    const double x = 0.2;
    memset(before, 0, sizeof before);
    memset(after, 0, sizeof after);
    assert_ok(sl_chooser_choose(c, &x, NULL, 0, before));
    assert_ok(sl_chooser_checkpoint(c));
    for (uint32_t i = 0; i < 200; i++) assert_ok(sl_chooser_report(c, 0, &x, 0, 999, 1));
    assert_int_not_equal(choose(c, &x, 0), 0);
    assert_ok(sl_chooser_exchange(c));
    assert_ok(sl_chooser_choose(c, &x, NULL, 0, after));
    assert_memory_equal(before, after, sizeof before);
    sl_chooser_destroy(c);
  }
}

static void a_table_is_fitted_in_steps(void **state) {
  (void)state;
  enum { N = 300 };
  double x[N], costs[N];
  uint32_t methods[N], endings[N] = {0};
  sl_rng rng;
  sl_rng_seed(&rng, 10);
  for (uint32_t i = 0; i < N; i++) {
    x[i] = sl_rng_double(&rng);
    methods[i] = i % 3;
    costs[i] = cost_of(i % 3, x[i], &rng);
  }
  for (int p = 0; p < 3; p++) {
    sl_chooser *slow = chooser_of(options_of(policies[p], 3, 1)),
               *fast = chooser_of(options_of(policies[p], 3, 1));
    assert_ok(sl_chooser_begin_fit(slow, N, x, methods, costs, endings));
    run_job(slow, 1);
    assert_ok(sl_chooser_begin_fit(fast, N, x, methods, costs, endings));
    run_job(fast, UINT64_MAX);
    double a[SL_CHOOSER_CHOICE(3)], b[SL_CHOOSER_CHOICE(3)];
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    uint32_t right = 0;
    for (uint32_t i = 0; i < 100; i++) {
      const double at = i / 100.0;
      assert_ok(sl_chooser_choose(slow, &at, NULL, 7, a));
      assert_ok(sl_chooser_choose(fast, &at, NULL, 7, b));
      assert_memory_equal(a, b, sizeof a);
      right += choose(fast, &at, 0) == best_of(at);
    }
    assert_true(right >= 95);
    // A tree of it says nearly the same.
    assert_ok(sl_chooser_begin_compile(fast, 4, 5));
    run_job(fast, 100);
    assert_ok(sl_chooser_read_compiled(fast, a));
    assert_true(a[0] >= 3 && a[2] == 300 && a[3] < 0.05);
    // A row that is wrong is refused with its place, before anything is taken in.
    costs[200] = NAN;
    assert_refused(sl_chooser_begin_fit(fast, N, x, methods, costs, endings), SL_ERR_NOT_FINITE,
                   "cost");
    assert_int_equal(sl_last_error()->position, 200);
    costs[200] = 1;
    assert_ok(sl_chooser_begin_fit(fast, 0, NULL, NULL, NULL, NULL));
    run_job(fast, 1);
    // Stopped, and used further.
    assert_ok(sl_chooser_begin_fit(slow, N, x, methods, costs, endings));
    sl_outcome outcome;
    assert_ok(sl_job_step(sl_chooser_job(slow), 10, &outcome));
    assert_ok(sl_job_stop(sl_chooser_job(slow), SL_OUTCOME_TIME_LIMIT));
    learnt(slow, 20);
    assert_ok(sl_chooser_begin_compile(slow, 16, 1));
    assert_ok(sl_job_step(sl_chooser_job(slow), 10, &outcome));
    assert_ok(sl_job_stop(sl_chooser_job(slow), SL_OUTCOME_TIME_LIMIT));
    assert_int_equal(sl_chooser_read_compiled(slow, a), SL_ERR_STATE);
    sl_chooser_destroy(slow);
    sl_chooser_destroy(fast);
  }
}

static void a_schedule_runs_first_what_often_ends_soon(void **state) {
  (void)state;
  sl_chooser *c = chooser_of(options_of(SL_CHOOSER_THOMPSON, 2, 0));
  double numbers[SL_CHOOSER_CHOICE(2)];
  // The first: 1 in two cases of three, a failure in the others. The second: always 100.
  for (uint32_t i = 0; i < 90; i++) {
    assert_ok(sl_chooser_report(c, 0, NULL, 0, 1, i % 3 == 0));
    assert_ok(sl_chooser_report(c, 0, NULL, 1, 100, 0));
  }
  assert_ok(sl_chooser_choose(c, NULL, NULL, SL_CHOOSER_SCHEDULE, numbers));
  assert_true(numbers[0] == 1 && numbers[3] == 2);
  assert_true(numbers[12] == 0 && fabs(numbers[13] - 1) < 1e-12 && numbers[14] == 1 &&
              fabs(numbers[15] - 999) < 1e-9);
  sl_chooser_destroy(c);
}

static void options_are_checked(void **state) {
  (void)state;
  static const struct {
    int which;
    double value;
    const char *name;
  } cases[] = {
      {METHODS, 0, "methods"},     {METHODS, 257, "methods"},      {FEATURES, -1, "features"},
      {FEATURES, 1.5, "features"}, {POLICY, 3, "policy"},          {SEED, -1, "seed"},
      {TIMEOUT, 0, "timeout"},     {TIMEOUT, INFINITY, "timeout"}, {PENALTY, 0.5, "penalty"},
      {CAPACITY, 7, "capacity"},   {NEIGHBOURS, 65, "neighbours"}, {TREES, NAN, "trees"},
      {RISK, 0, "max_risk"},       {CONFIDENCE, 1, "confidence"},  {LEAST, 0, "min_runs"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    chooser_options o = options_of(SL_CHOOSER_FOREST, 2, 2);
    o.list[cases[i].which] = cases[i].value;
    sl_chooser *c;
    assert_refused(sl_chooser_create(o.list, NULL, 0, &c), SL_ERR_OPTION, cases[i].name);
  }
}

static void memory_that_ends_anywhere_leaves_a_chooser_that_works(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    for (uint64_t limit = 1000; limit < 200000; limit = limit * 5 / 4) {
      sl_memory_budget budget;
      sl_memory_budget_begin(&budget, limit);
      chooser_options o = options_of(policies[p], 3, 1);
      sl_chooser *c;
      if (sl_chooser_create(o.list, NULL, 0, &c) == SL_OK) {
        sl_rng rng;
        sl_rng_seed(&rng, 11);
        double numbers[SL_CHOOSER_CHOICE(3)];
        for (uint32_t i = 0; i < 150; i++) {
          const double x = sl_rng_double(&rng);
          sl_status status = sl_chooser_choose(c, &x, NULL, 7, numbers);
          assert_true(status == SL_OK || status == SL_ERR_MEMORY);
          status = sl_chooser_report(c, 0, &x, i % 3, cost_of(i % 3, x, &rng), i % 2 * 2);
          assert_true(status == SL_OK || status == SL_ERR_MEMORY);
        }
        (void)sl_chooser_checkpoint(c);
        if (sl_chooser_begin_compile(c, 5, 2) == SL_OK) {
          sl_outcome outcome = SL_OUTCOME_RUNNING;
          while (outcome == SL_OUTCOME_RUNNING &&
                 sl_job_step(sl_chooser_job(c), 1000, &outcome) == SL_OK) {
          }
        }
        sl_chooser_destroy(c);
      }
      assert_int_equal(sl_memory_budget_end(&budget), 0);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(each_policy_finds_the_best_method_of_a_context),
      property(the_same_seed_makes_the_same_choices),
      property(a_method_over_the_risk_is_not_chosen_while_a_safe_one_exists),
      property(censored_runs_count_as_more_than_they_say),
      property(surprising_numbers_are_harmless),
      property(one_method_and_no_feature),
      property(methods_come),
      property(memory_does_not_grow_with_reports),
      property(a_checkpoint_brings_back_what_was_known),
      property(a_table_is_fitted_in_steps),
      property(a_schedule_runs_first_what_often_ends_soon),
      property(options_are_checked),
      property(memory_that_ends_anywhere_leaves_a_chooser_that_works),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
