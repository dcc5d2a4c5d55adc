// Trials that count how often a certificate is wrong, for the programs *_certificates.c.
//
// SL_TRIALS is the number of trials for each kind of answer; `npm run check:certificates` sets it
// to 10,000, the test run leaves it at a few hundred.
#ifndef SL_TEST_CERTIFICATES_H
#define SL_TEST_CERTIFICATES_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "check.h"

typedef struct tally {
  uint32_t trials;
  uint32_t violations;
  uint32_t finite; // bounds that were (counted in exact trials)
  double closest;  // largest error / bound seen
} tally;

static inline uint32_t trials_wanted(void) {
  const char *text = getenv("SL_TRIALS");
  const long number = text ? strtol(text, NULL, 10) : 0;
  return number > 0 ? (uint32_t)number : 300;
}

static inline double some_tolerance(sl_rng *rng) { return pow(10, -14 * sl_rng_double(rng)); }

// One trial: an error, its bound, and what the reference itself may be off by.
static inline void count(tally *out, long double error, double bound, double reference_error) {
  out->trials++;
  // Not "error > ...": a NaN is a violation as well.
  if (!(error <= (long double)bound + reference_error)) out->violations++;
  const double ratio = bound > 0 && bound < INFINITY ? (double)error / bound : 0;
  if (ratio > out->closest && error > reference_error) out->closest = ratio;
}

// Prints the line of one kind and fails when there were more violations than allowed: none for a
// proved bound (confidence 1), otherwise what a fair share of the risk and four standard deviations
// on top of it permit.
static inline void report(const char *kind, const tally *it, double confidence) {
  const double mean = it->trials * (1 - confidence);
  const uint32_t allowed = confidence == 1 ? 0 : (uint32_t)(mean + 4 * sqrt(mean * confidence));
  printf("%-44s %7u trials %5u violations (at most %u)  closest %.3f\n", kind, it->trials,
         it->violations, allowed, it->closest);
  assert_true(it->trials >= trials_wanted());
  assert_true(it->violations <= allowed);
}

#endif
