// What one bandit has learned, carried to another as a power prior.
//
// Based on: J. Ibrahim, M.-H. Chen, "Power prior distributions for regression models", Statistical
// Science 15 (2000), doi:10.1214/ss/1009212673: the likelihood of the earlier data to the power of
// `weight`. All that is kept of data here is sums, so that the power is a factor of these sums. Those
// of a linear model are rows again: with the factor L D L', column j of L is a context whose weight is
// pivot j and whose reward is entry j of y.
#include <math.h>
#include <string.h>

#include "bandit/state.h"
#include "base/memory.h"

// The sums of `from`, over a copy of the factor of `b`. False where rounding spoilt it.
static bool carry_rows(const sl_bandit *b, sl_regression to, const sl_bandit *from,
                       sl_regression source, double weight, double *x) {
  const uint32_t d = b->options.dimension;
  const double by = weight * from->scale / b->scale;
  const double *column = source.l;
  for (uint32_t j = 0; j < d; j++) {
    memset(x, 0, d * sizeof *x);
    x[j] = 1;
    memcpy(x + j + 1, column, (d - j - 1) * sizeof *x);
    column += d - j - 1;
    double r = source.y[j];
    if (sl_regression_add(to, by * source.pivot[j], x, NULL, &r) == 0) return false;
  }
  // The prior of the source is none of its data: its ridge leaves again.
  for (uint32_t j = 0; j < d; j++) {
    memset(x, 0, d * sizeof *x);
    x[j] = 1;
    double r = 0;
    if (sl_regression_add(to, -by * from->options.ridge, x, NULL, &r) == 0) return false;
  }
  return true;
}

sl_status sl_bandit_carry(sl_bandit *b, uint32_t arm, const sl_bandit *from, uint32_t source,
                          double weight) {
  SL_REQUIRE(sl_bandit_has_arm(b, arm), SL_ERR_INDEX, "arm", "an arm of this bandit");
  SL_REQUIRE(sl_bandit_has_arm(from, source), SL_ERR_INDEX, "source", "an arm of the other bandit");
  SL_REQUIRE(weight > 0 && weight <= 1, SL_ERR_OPTION, "weight", "above 0 and at most 1");
  SL_REQUIRE(b->options.dimension == from->options.dimension, SL_ERR_SHAPE, "from",
             "a bandit with contexts of the same dimension");
  SL_REQUIRE(b->options.shared == 0 && from->options.shared == 0, SL_ERR_UNSUPPORTED, "from",
             "policies without shared features");
  SL_REQUIRE(b->options.window == 0, SL_ERR_UNSUPPORTED, "window",
             "0: what is carried would not leave a window");
  SL_REQUIRE(!sl_bandit_is_binary(b) || sl_bandit_is_binary(from), SL_ERR_UNSUPPORTED, "from",
             "a policy whose rewards are 0 to 1 as well");
  const sl_bandit_arm *learned = &from->arms[source];
  if (sl_bandit_is_linear(b)) {
    const uint32_t d = b->options.dimension;
    const size_t size = sl_regression_size(d, 0);
    double *copy;
    SL_TRY(SL_ALLOC(&copy, size + d));
    memcpy(copy, b->blocks[arm], size * sizeof *copy);
    const bool right = carry_rows(b, sl_regression_at(copy, d, 0), from,
                                  sl_bandit_model(from, source), weight, copy + size);
    if (right) memcpy(b->blocks[arm], copy, size * sizeof *copy);
    sl_free(copy);
    SL_REQUIRE(right, SL_ERR_RANGE, "weight", "a smaller weight: the sums cannot be told apart");
  }
  const double count = weight * learned->count, sum = weight * learned->sum;
  b->arms[arm].count += count;
  b->arms[arm].sum += sum;
  return SL_OK;
}
