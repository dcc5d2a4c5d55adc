// What is carried from one bandit to another, natively: under decay, and where memory ends.
#include "check.h"

#include <math.h>
#include <string.h>

#include "bandit/bandit.h"

enum { D = 3 };

static sl_bandit *make(double decay, uint64_t seed) {
  sl_bandit_options o = sl_bandit_options_default();
  o.dimension = D;
  o.decay = decay;
  o.seed = seed;
  sl_bandit *b;
  uint32_t arm;
  assert_ok(sl_bandit_create(&o, &b));
  assert_ok(sl_bandit_add_arm(b, &arm));
  return b;
}

static void learn(sl_bandit *b, uint32_t rows) {
  for (uint32_t i = 0; i < rows; i++) {
    for (uint32_t j = 0; j < D; j++)
      sl_bandit_context(b)[j] = (double)((i * 7 + j * 5) % 11) / 5 - 1;
    assert_ok(sl_bandit_learn(b, 0, (double)(i % 4)));
  }
}

static void estimates(sl_bandit *b, double *out) {
  for (uint32_t j = 0; j < D; j++) sl_bandit_context(b)[j] = 0.5 - 0.3 * j;
  assert_ok(sl_bandit_estimates(b, out));
}

// To an arm that knows nothing, with the power 1: the same regression, whatever has decayed but for
// the share of the ridge that has been refreshed since.
static void the_whole_is_the_same_regression(void **state) {
  (void)state;
  for (int which = 0; which < 2; which++) {
    sl_bandit *source = make(which == 0 ? 1 : 0.97, 1), *fresh = make(1, 2);
    learn(source, 50);
    double wanted[2], found[2];
    estimates(source, wanted);
    assert_ok(sl_bandit_carry(fresh, 0, source, 0, 1));
    estimates(fresh, found);
    // Without decay to rounding; with it the ridge of 1 counts up to a half less in the source.
    const double within = which == 0 ? 1e-10 : 0.1;
    assert_true(fabs(found[0] - wanted[0]) < within * (1 + fabs(wanted[0])));
    assert_true(fabs(found[1] - wanted[1]) < within);
    sl_bandit_destroy(source);
    sl_bandit_destroy(fresh);
  }
}

// A bandit may take from itself: its data count twice then.
static void from_itself(void **state) {
  (void)state;
  sl_bandit *b = make(1, 1), *twice = make(1, 1);
  learn(b, 20);
  learn(twice, 20);
  learn(twice, 20);
  assert_ok(sl_bandit_carry(b, 0, b, 0, 1));
  double found[2], wanted[2];
  estimates(b, found);
  estimates(twice, wanted);
  for (int i = 0; i < 2; i++) assert_true(fabs(found[i] - wanted[i]) < 1e-10);
  assert_refused(sl_bandit_carry(b, 1, b, 0, 1), SL_ERR_INDEX, "arm");
  assert_refused(sl_bandit_carry(b, 0, b, 7, 1), SL_ERR_INDEX, "source");
  sl_bandit_destroy(b);
  sl_bandit_destroy(twice);
}

static void without_memory_nothing_changes(void **state) {
  (void)state;
  sl_bandit *source = make(1, 1), *target = make(1, 2);
  learn(source, 20);
  learn(target, 3);
  double before[2], after[2];
  estimates(target, before);
  sl_memory_budget limit;
  sl_memory_budget_begin(&limit, 0);
  const sl_status status = sl_bandit_carry(target, 0, source, 0, 0.5);
  sl_memory_budget_end(&limit);
  assert_int_equal(status, SL_ERR_MEMORY);
  estimates(target, after);
  assert_memory_equal(before, after, sizeof before);
  assert_ok(sl_bandit_carry(target, 0, source, 0, 0.5));
  sl_bandit_destroy(source);
  sl_bandit_destroy(target);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(the_whole_is_the_same_regression),
                                     property(from_itself),
                                     property(without_memory_nothing_changes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
