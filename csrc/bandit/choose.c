// What is compared, the choice, and its probability.
#include <float.h>
#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "bandit/state.h"
#include "base/memory.h"
#include "simd/kernels.h"

static double unit(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

// Parameters of the posterior of BETA; sums that were decayed may be off by a rounding.
static double beta_a(const sl_bandit *b, uint32_t arm) {
  return b->options.successes + fmax(b->arms[arm].sum, 0);
}
static double beta_b(const sl_bandit *b, uint32_t arm) {
  return b->options.failures + fmax(b->arms[arm].count - b->arms[arm].sum, 0);
}

static void estimate_linear(sl_bandit *b, uint32_t arm) {
  const uint32_t d = b->options.dimension, k = b->options.shared;
  const sl_regression f = sl_bandit_model(b, arm);
  double *w = b->work, *u = b->work + d;
  memcpy(w, b->context, d * sizeof *w);
  sl_regression_solve(f, w);
  double mean = sl_dot_f64(f.y, w, d), variance = sl_regression_variance(f, w) / b->scale;
  if (k > 0) {
    const sl_regression common = sl_bandit_common(b);
    memcpy(u, sl_bandit_shared_row(b, arm), k * sizeof *u);
    for (uint32_t j = 0; j < d; j++) sl_axpy_f64(-w[j], f.m + (size_t)j * k, u, k);
    sl_regression_solve(common, u);
    mean += sl_dot_f64(common.y, u, k);
    variance += sl_regression_variance(common, u);
  }
  b->mean[arm] = mean;
  b->deviation[arm] = sqrt(variance);
}

void sl_bandit_estimate(sl_bandit *b, uint32_t arm) {
  const sl_bandit_options *o = &b->options;
  if (sl_bandit_is_linear(b)) {
    estimate_linear(b, arm);
    return;
  }
  const double count = b->arms[arm].count, sum = b->arms[arm].sum;
  double mean, variance;
  switch (o->policy) {
  case SL_BANDIT_BETA: {
    const double p = beta_a(b, arm), q = beta_b(b, arm), all = p + q;
    mean = p / all;
    variance = (p / all) * (q / all) / (all + 1);
    break;
  }
  case SL_BANDIT_GAUSSIAN: {
    const double per = 1 / (o->noise * o->noise), precision = o->ridge + count * per;
    mean = (o->ridge * o->prior_mean + sum * per) / precision;
    variance = 1 / precision;
    break;
  }
  case SL_BANDIT_UCB1:
  case SL_BANDIT_KL_UCB:
    mean = count > 0 ? unit(sum / count) : 0.5;
    variance = 0.25 / fmax(count, 1);
    break;
  default:
    mean = (o->ridge * o->prior_mean + sum) / (o->ridge + count);
    variance = 1 / (o->ridge + count);
  }
  b->mean[arm] = mean;
  b->deviation[arm] = sqrt(variance);
}

sl_status sl_bandit_estimates(sl_bandit *b, double *out) {
  SL_TRY(sl_bandit_check_context(b));
  for (uint32_t arm = 0; arm < b->slots; arm++) {
    if (b->arms[arm].alive) sl_bandit_estimate(b, arm);
    out[arm] = b->arms[arm].alive ? b->mean[arm] : NAN;
    out[b->slots + arm] = b->arms[arm].alive ? b->deviation[arm] : NAN;
  }
  return SL_OK;
}

// The largest q >= mean with count * kl(mean, q) <= most, by halving: kl grows with q.
static double kl_bound(double mean, double count, double most) {
  double low = mean, high = 1;
  for (int i = 0; i < 40; i++) {
    const double q = 0.5 * (low + high);
    const double won = mean > 0 ? mean * sl_steady_log(mean / q) : 0;
    const double lost = mean < 1 ? (1 - mean) * sl_steady_log((1 - mean) / (1 - q)) : 0;
    if (count * (won + lost) <= most) {
      low = q;
    } else {
      high = q;
    }
  }
  return low;
}

static double total_count(const sl_bandit *b) {
  double total = 0;
  for (uint32_t arm = 0; arm < b->slots; arm++)
    if (b->arms[arm].alive) total += b->arms[arm].count;
  return total;
}

static double draw(sl_bandit *b, sl_rng *rng, uint32_t arm) {
  if (b->options.policy == SL_BANDIT_BETA) return sl_draw_beta(rng, beta_a(b, arm), beta_b(b, arm));
  const double factor = b->options.policy == SL_BANDIT_LIN_TS ? b->options.exploration : 1;
  return b->mean[arm] + factor * b->deviation[arm] * sl_draw_normal(rng);
}

static bool is_thompson(const sl_bandit *b) {
  const sl_bandit_policy p = b->options.policy;
  return p == SL_BANDIT_BETA || p == SL_BANDIT_GAUSSIAN ||
         (p == SL_BANDIT_LIN_TS && b->options.exploration > 0);
}

// What is compared of an arm before its cost.
static double score(sl_bandit *b, uint32_t arm, double total) {
  const double count = b->arms[arm].count, exploration = b->options.exploration;
  switch (b->options.policy) {
  case SL_BANDIT_LIN_UCB:
    return b->mean[arm] + exploration * b->deviation[arm];
  case SL_BANDIT_UCB1:
    return count > 0 ? b->mean[arm] + exploration * sqrt(2 * sl_steady_log(fmax(total, 1)) / count)
                     : INFINITY;
  case SL_BANDIT_KL_UCB:
    return count > 0 ? kl_bound(b->mean[arm], count, exploration * sl_steady_log(fmax(total, 1)))
                     : INFINITY;
  default:
    return is_thompson(b) ? draw(b, &b->rng, arm) : b->mean[arm];
  }
}

// The arms that may be chosen, without repetition, into b->candidates.
static sl_status list_candidates(sl_bandit *b, const uint32_t *eligible, size_t count,
                                 uint32_t *found) {
  *found = 0;
  SL_REQUIRE(b->alive > 0, SL_ERR_EMPTY, "arms", "one arm at least");
  if (eligible == NULL) {
    for (uint32_t arm = 0; arm < b->slots; arm++)
      if (b->arms[arm].alive) b->candidates[(*found)++] = arm;
    return SL_OK;
  }
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "eligible", "one arm at least");
  sl_status status = SL_OK;
  for (size_t i = 0; i < count && status == SL_OK; i++) {
    const uint32_t arm = eligible[i];
    if (!sl_bandit_has_arm(b, arm)) {
      status = sl_fail(SL_ERR_INDEX, "eligible", "arms of this bandit", i);
    } else if (!b->chosen_from[arm]) {
      b->chosen_from[arm] = 1;
      b->candidates[(*found)++] = arm;
    }
  }
  for (uint32_t i = 0; i < *found; i++) b->chosen_from[b->candidates[i]] = 0;
  return status;
}

static sl_status prepare(sl_bandit *b, const uint32_t *eligible, size_t count, const double *cost,
                         uint32_t *found) {
  SL_TRY(sl_bandit_check_context(b));
  SL_TRY(list_candidates(b, eligible, count, found));
  for (uint32_t i = 0; i < *found && cost != NULL; i++) {
    const double c = cost[b->candidates[i]];
    SL_REQUIRE_AT(isfinite(c), SL_ERR_NOT_FINITE, "cost", "finite numbers", b->candidates[i]);
    SL_REQUIRE_AT(fabs(c) <= SL_BANDIT_LARGEST, SL_ERR_RANGE, "cost", "numbers up to 2^400 in size",
                  b->candidates[i]);
  }
  for (uint32_t i = 0; i < *found; i++) sl_bandit_estimate(b, b->candidates[i]);
  return SL_OK;
}

static double cost_of(const double *cost, uint32_t arm) { return cost == NULL ? 0 : cost[arm]; }

// The best score among the candidates and how many have it. NaN, which only a file that nobody saved
// can lead to, is never the best.
static double best_score(const sl_bandit *b, uint32_t found, uint32_t *ties) {
  double best = NAN;
  *ties = 0;
  for (uint32_t i = 0; i < found; i++) {
    const double s = b->score[b->candidates[i]];
    if (s > best || (best != best && s == s)) {
      best = s;
      *ties = 0;
    }
    *ties += s == best;
  }
  return best;
}

static uint32_t pick_best(sl_bandit *b, uint32_t found) {
  uint32_t ties;
  const double best = best_score(b, found, &ties);
  if (ties == 0) return b->candidates[0];
  uint32_t skip = ties > 1 ? sl_rng_below(&b->rng, ties) : 0;
  for (uint32_t i = 0;; i++) {
    const uint32_t arm = b->candidates[i];
    if (b->score[arm] == best && skip-- == 0) return arm;
  }
}

// Probabilities that are known exactly from the scores: into b->work_arm.
static void exact_probabilities(sl_bandit *b, uint32_t found) {
  uint32_t ties;
  const double best = best_score(b, found, &ties);
  double total = 0;
  for (uint32_t i = 0; i < found; i++) {
    const uint32_t arm = b->candidates[i];
    double p = ties == 0 ? i == 0 : b->score[arm] == best ? 1.0 / ties : 0;
    if (b->options.policy == SL_BANDIT_EPSILON_GREEDY)
      p = b->options.exploration / found + (1 - b->options.exploration) * p;
    if (b->options.policy == SL_BANDIT_SOFTMAX && ties > 0)
      p = sl_steady_exp((b->score[arm] - best) / b->options.exploration);
    b->work_arm[arm] = p;
    total += p;
  }
  if (b->options.policy != SL_BANDIT_SOFTMAX) return;
  for (uint32_t i = 0; i < found; i++) b->work_arm[b->candidates[i]] /= total;
}

// P(draw of the arm - its cost > value)
static double above(const sl_bandit *b, uint32_t arm, double cost, double value) {
  if (b->options.policy == SL_BANDIT_BETA)
    return sl_beta_cdf(1 - (value + cost), beta_b(b, arm), beta_a(b, arm));
  const double factor = b->options.policy == SL_BANDIT_LIN_TS ? b->options.exploration : 1;
  return sl_normal_cdf((b->mean[arm] - cost - value) / (factor * b->deviation[arm]));
}

// Two normal draws: P(first - cost > second - cost).
static double pair_probability(const sl_bandit *b, uint32_t first, uint32_t second,
                               const double *cost) {
  const double factor = b->options.policy == SL_BANDIT_LIN_TS ? b->options.exploration : 1;
  const double p = factor * b->deviation[first], q = factor * b->deviation[second];
  const double gap =
      (b->mean[first] - cost_of(cost, first)) - (b->mean[second] - cost_of(cost, second));
  return sl_normal_cdf(gap / sqrt(p * p + q * q));
}

// The probability that Thompson sampling takes `arm`: the mean over draws of all the others of the
// probability that the arm's own draw is above them (conditional Monte Carlo), which is never 0 and
// varies far less than counting would.
static double thompson_probability(sl_bandit *b, uint32_t arm, uint32_t found, const double *cost,
                                   double *error) {
  *error = 0;
  if (found == 1) return 1;
  if (found == 2 && b->options.policy != SL_BANDIT_BETA) {
    const uint32_t other = b->candidates[b->candidates[0] == arm];
    return pair_probability(b, arm, other, cost);
  }
  const uint32_t samples = b->options.samples;
  if (samples == 0) {
    *error = NAN;
    return NAN;
  }
  double sum = 0, squares = 0;
  for (uint32_t s = 0; s < samples; s++) {
    double most = -INFINITY;
    for (uint32_t i = 0; i < found; i++) {
      const uint32_t other = b->candidates[i];
      if (other != arm) most = fmax(most, draw(b, &b->sampling, other) - cost_of(cost, other));
    }
    const double p = above(b, arm, cost_of(cost, arm), most);
    sum += p;
    squares += p * p;
  }
  const double mean = sum / samples;
  *error = samples > 1 ? sqrt(fmax(squares / samples - mean * mean, 0) / (samples - 1)) : mean;
  return mean;
}

static void compare(sl_bandit *b, uint32_t found, const double *cost) {
  const bool counts = b->options.policy == SL_BANDIT_UCB1 || b->options.policy == SL_BANDIT_KL_UCB;
  const double total = counts ? total_count(b) : 0;
  if (found < b->slots)
    for (uint32_t arm = 0; arm < b->slots; arm++) b->score[arm] = NAN;
  for (uint32_t i = 0; i < found; i++) {
    const uint32_t arm = b->candidates[i];
    b->score[arm] = score(b, arm, total) - cost_of(cost, arm);
  }
}

sl_status sl_bandit_choose(sl_bandit *b, const uint32_t *eligible, size_t count, const double *cost,
                           sl_bandit_choice *out) {
  uint32_t found;
  SL_TRY(prepare(b, eligible, count, cost, &found));
  SL_TRY(sl_bandit_expect_room(b));
  compare(b, found, cost);
  const sl_bandit_policy policy = b->options.policy;
  double error = 0, p;
  uint32_t arm;
  if (is_thompson(b)) {
    arm = pick_best(b, found);
    p = thompson_probability(b, arm, found, cost, &error);
  } else if (policy == SL_BANDIT_SOFTMAX) {
    exact_probabilities(b, found);
    double left = sl_rng_double(&b->rng);
    arm = b->candidates[0];
    for (uint32_t i = 0; i < found; i++) {
      // Rounding may leave a little at the end: it belongs to the last arm that can be chosen.
      if (b->work_arm[b->candidates[i]] > 0) arm = b->candidates[i];
      left -= b->work_arm[b->candidates[i]];
      if (left < 0) break;
    }
    p = b->work_arm[arm];
  } else {
    const bool explores =
        policy == SL_BANDIT_EPSILON_GREEDY && sl_rng_double(&b->rng) < b->options.exploration;
    arm = explores ? b->candidates[sl_rng_below(&b->rng, found)] : pick_best(b, found);
    exact_probabilities(b, found);
    p = b->work_arm[arm];
  }
  sl_bandit_expect(b, arm);
  *out = (sl_bandit_choice){.id = b->choices,
                            .propensity = p < DBL_MIN ? DBL_MIN : p,
                            .standard_error = error,
                            .arm = arm};
  return SL_OK;
}

sl_status sl_bandit_probabilities(sl_bandit *b, const uint32_t *eligible, size_t count,
                                  const double *cost, double *out) {
  uint32_t found;
  SL_TRY(prepare(b, eligible, count, cost, &found));
  memset(out, 0, b->slots * sizeof *out);
  if (!is_thompson(b)) {
    compare(b, found, cost);
    exact_probabilities(b, found);
    for (uint32_t i = 0; i < found; i++) out[b->candidates[i]] = b->work_arm[b->candidates[i]];
    return SL_OK;
  }
  const bool pair = found == 2 && b->options.policy != SL_BANDIT_BETA;
  SL_REQUIRE(found == 1 || pair || b->options.samples > 0, SL_ERR_STATE, "samples",
             "draws for the probabilities of this policy: a bandit made with samples > 0");
  double error, total = 0;
  for (uint32_t i = 0; i < found; i++) {
    const uint32_t arm = b->candidates[i];
    out[arm] = thompson_probability(b, arm, found, cost, &error);
    total += out[arm];
  }
  for (uint32_t i = 0; i < found; i++) out[b->candidates[i]] /= total;
  return SL_OK;
}
