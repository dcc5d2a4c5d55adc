// Elementary functions and random draws that give the same bits in every build: sums, products,
// quotients and square roots alone, which IEEE 754 rounds alike everywhere. The functions of the C
// library differ in the last bit from one system to the next, and with it which arm is chosen.
#ifndef SL_BANDIT_NUMBERS_H
#define SL_BANDIT_NUMBERS_H

#include "base/rng.h"

// e^x within 2 units in the last place; 0 below -708, where it would be subnormal.
double sl_steady_exp(double x);

// The natural logarithm of a number above 0 within 2 units in the last place of max(|log x|, 2^-52).
// -Infinity of 0.
double sl_steady_log(double x);

// log(Gamma(x)) for x > 0, within 1e-14 (1 + |log Gamma(x)|).
double sl_steady_log_gamma(double x);

// The standard normal distribution function: absolute error below 2e-15, relative error in the lower
// tail below 1e-12 down to x = -37.
double sl_normal_cdf(double x);

// The distribution function of Beta(a, b) at x, a and b > 0: the regularised incomplete beta function.
// Error below 1e-10. O(sqrt(a + b)) at most.
double sl_beta_cdf(double x, double a, double b);

// A standard normal draw: the polar method of G. Marsaglia, T. A. Bray, SIAM Review 6 (1964),
// doi:10.1137/1006063. The second of each pair is not kept, so that the state is the generator alone.
double sl_draw_normal(sl_rng *rng);

// A draw of Beta(a, b), a and b > 0, from two gamma draws: G. Marsaglia, W. W. Tsang, ACM TOMS 26
// (2000), doi:10.1145/358407.358414.
double sl_draw_beta(sl_rng *rng, double a, double b);

#endif
