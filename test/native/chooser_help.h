// Choosers for tests: options by name, jobs to their end, tasks whose best method is known.
#ifndef SL_TEST_CHOOSER_HELP_H
#define SL_TEST_CHOOSER_HELP_H

#include "check.h"

#include <math.h>

#include "base/rng.h"
#include "chooser/chooser.h"

enum {
  METHODS,
  FEATURES,
  POLICY,
  SEED,
  TIMEOUT,
  PENALTY,
  CAPACITY,
  NEIGHBOURS,
  TREES,
  RISK,
  CONFIDENCE,
  LEAST
};

typedef struct chooser_options {
  double list[12];
} chooser_options;

static inline chooser_options options_of(sl_chooser_policy policy, uint32_t methods,
                                         uint32_t features) {
  return (chooser_options){{methods, features, policy, 7, 1000, 10, 256, 10, 16, 1, 0.95, 8}};
}

static inline sl_chooser *chooser_of(chooser_options options) {
  sl_chooser *made;
  assert_ok(sl_chooser_create(options.list, (const uint8_t *)"names", 5, &made));
  return made;
}

static inline void run_job(sl_chooser *chooser, uint64_t work) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_chooser_job(chooser), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
}

static inline uint32_t choose(sl_chooser *chooser, const double *features, uint32_t how) {
  double numbers[SL_CHOOSER_CHOICE(SL_CHOOSER_MOST_METHODS)];
  assert_ok(sl_chooser_choose(chooser, features, NULL, how, numbers));
  return (uint32_t)numbers[0];
}

// A task with one feature in [0, 1) and the cost of a method of three: the first is best below 0.4,
// the second above, the third never; noise of a factor of two.
static inline double cost_of(uint32_t method, double x, sl_rng *rng) {
  const double noise = 1 + sl_rng_double(rng);
  const double base = method == 0 ? (x < 0.4 ? 1 : 50) : method == 1 ? (x < 0.4 ? 20 : 2) : 30;
  return base * noise;
}
static inline uint32_t best_of(double x) { return x < 0.4 ? 0 : 1; }

#endif
