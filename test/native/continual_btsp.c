// One-shot memories natively: memory that ends, and the closed form where it can be counted by hand.
#include "check.h"

#include <math.h>
#include <string.h>

#include "continual/btsp.h"

enum { INPUTS = 40, NEURONS = 70 };

static sl_btsp_options options(void) {
  sl_btsp_options o = sl_btsp_options_default();
  o.inputs = INPUTS;
  o.neurons = NEURONS;
  o.plateau = 0.3;
  return o;
}

// Of a single item and a single input: a neuron with a plateau fires with probability 1/2 where it is
// connected, all others never.
static void one_synapse_is_a_coin(void **state) {
  (void)state;
  const sl_btsp_load load = {
      .inputs = 10, .active = 1, .cue = 1, .items = 1, .plateau = 0.5, .connected = 0.6};
  sl_btsp_chance chance;
  assert_ok(sl_btsp_chances(&load, &chance));
  assert_true(fabs(chance.hit - 0.3) < 1e-12);
  assert_true(chance.false_alarm == 0);
  assert_true(fabs(chance.weight - 0.025) < 1e-12);
  // A load at which nothing can be told apart any more.
  sl_btsp_load full = load;
  full.items = 1e9;
  full.active = full.cue = 10;
  assert_ok(sl_btsp_chances(&full, &chance));
  assert_true(chance.hit >= 0 && chance.hit < 1e-6 && fabs(chance.weight - 0.5) < 1e-12);
}

static void traces_are_right_and_within_their_arrays(void **state) {
  (void)state;
  const sl_btsp_options o = options();
  sl_btsp *m;
  assert_ok(sl_btsp_create(&o, &m));
  uint32_t plateaus[NEURONS], trace[NEURONS], n, fired;
  for (uint32_t item = 0; item < 300; item++) {
    uint32_t active[5];
    for (uint32_t k = 0; k < 5; k++) active[k] = (item + 7 * k) % INPUTS;
    assert_ok(sl_btsp_store(m, active, 5, plateaus, &n));
    assert_ok(sl_btsp_recall(m, active, 5, item % 2 ? NAN : 1, trace, &fired));
    assert_true(n <= NEURONS && fired <= NEURONS);
    for (uint32_t i = 0; i < fired; i++) assert_true(trace[i] < NEURONS);
    for (uint32_t i = 1; i < fired; i++) assert_true(trace[i - 1] < trace[i]);
    for (uint32_t i = 1; i < n; i++) assert_true(plateaus[i - 1] < plateaus[i]);
  }
  sl_btsp_facts facts;
  sl_btsp_facts_read(m, &facts);
  assert_true(facts.items == 300 && facts.active == 5);
  assert_true(facts.weight > 0.4 && facts.weight < 0.6); // long after it was full
  const uint32_t twice[3] = {3, 4, 3};
  assert_refused(sl_btsp_store(m, twice, 3, plateaus, &n), SL_ERR_ARGUMENT, "active");
  assert_ok(sl_btsp_store(m, twice, 2, plateaus, &n));
  sl_btsp_destroy(m);
}

static void memory_may_run_out_anywhere(void **state) {
  (void)state;
  const sl_btsp_options o = options();
  for (uint64_t budget = 0;; budget += 32) {
    sl_memory_budget limit;
    sl_memory_budget_begin(&limit, budget);
    sl_btsp *m;
    const sl_status status = sl_btsp_create(&o, &m);
    sl_memory_budget_end(&limit);
    if (status == SL_OK) {
      assert_true(sl_btsp_bytes(m) > 2 * 3 * 4 * INPUTS);
      sl_btsp_destroy(m);
      break;
    }
    assert_int_equal(status, SL_ERR_MEMORY);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {property(one_synapse_is_a_coin),
                                     property(traces_are_right_and_within_their_arrays),
                                     property(memory_may_run_out_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
