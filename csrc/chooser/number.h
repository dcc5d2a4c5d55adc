// Logarithm, exponential and random variates from + - * / and sqrt alone, so that choices have the
// same bits in every build; and the bound of a proportion.
#ifndef SL_CHOOSER_NUMBER_H
#define SL_CHOOSER_NUMBER_H

#include <stdint.h>

#include "base/rng.h"

// Natural logarithm of a positive finite number, subnormal ones included. Error below 2 ulp.
double sl_chooser_log(double x);

// e^x; 0 below -745, the largest finite number from 709.7 on. Relative error below 1e-15.
double sl_chooser_exp(double x);

// sign(x) log(1 + |x|): what distances are taken of, so that sizes count by their ratios.
double sl_chooser_signed_log(double x);

// The mean of a standard normal variable that is known to be above z: phi(z) / (1 - Phi(z)).
// Relative error below 1e-5, which is far less than what it is used for knows.
double sl_chooser_mean_above(double z);

// Standard normal, by the polar method of Marsaglia.
double sl_chooser_normal(sl_rng *rng);

// Gamma of a shape > 0 and scale 1. Based on: G. Marsaglia, W. W. Tsang, "A simple method for
// generating gamma variables", ACM TOMS 26 (2000), doi:10.1145/358407.358414.
double sl_chooser_gamma(sl_rng *rng, double shape);

// Beta of two shapes > 0, in [0, 1].
double sl_chooser_beta(sl_rng *rng, double a, double b);

// The proportion that `failures` of `count` independent trials do not exceed with the confidence
// given, one-sided: Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404. 1 for no trials.
// Rounded upward. O(50 sqrt(count)).
double sl_chooser_failure_bound(uint32_t failures, uint32_t count, double confidence);

#endif
