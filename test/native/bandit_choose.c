// Choices, their probabilities, rewards that come late, arms that come and go, windows and decay.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/bandit.h"
#include "bandit/numbers.h"

static sl_bandit *make(sl_bandit_options o, uint32_t arms) {
  sl_bandit *b;
  assert_ok(sl_bandit_create(&o, &b));
  for (uint32_t i = 0; i < arms; i++) {
    uint32_t arm;
    assert_ok(sl_bandit_add_arm(b, &arm));
    assert_int_equal(arm, i);
  }
  return b;
}

static sl_bandit_options of(sl_bandit_policy policy) {
  sl_bandit_options o = sl_bandit_options_default();
  o.policy = policy;
  if (policy <= SL_BANDIT_LIN_TS) o.dimension = 3;
  if (policy == SL_BANDIT_EPSILON_GREEDY || policy == SL_BANDIT_SOFTMAX) o.exploration = 0.2;
  return o;
}

static sl_bandit_choice choose(sl_bandit *b) {
  sl_bandit_choice c;
  assert_ok(sl_bandit_choose(b, NULL, 0, NULL, &c));
  return c;
}

static void reward(sl_bandit *b, double id, double r) {
  bool learned;
  assert_ok(sl_bandit_reward(b, id, r, &learned));
  assert_true(learned);
}

static void set_context(sl_bandit *b, sl_rng *rng, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) sl_bandit_context(b)[i] = 2 * sl_rng_double(rng) - 1;
}

// The frequency of each arm over many choices without learning is the probability that is told.
static void propensities_are_frequencies(void **state) {
  (void)state;
  enum { ARMS = 4, N = 20000 };
  sl_rng rng;
  for (int policy = 0; policy <= SL_BANDIT_KL_UCB; policy++) {
    for (uint32_t arms = 2; arms <= ARMS; arms += 2) {
      sl_bandit_options o = of((sl_bandit_policy)policy);
      o.samples = 400;
      o.pending = 1;
      sl_bandit *b = make(o, arms);
      sl_rng_seed(&rng, 9);
      for (int i = 0; i < 60; i++) {
        set_context(b, &rng, o.dimension);
        assert_ok(sl_bandit_learn(b, (uint32_t)i % arms, sl_rng_double(&rng) < 0.4));
      }
      set_context(b, &rng, o.dimension);
      const double cost[ARMS] = {0, 0.01, 0.02, 0.05};
      double told[ARMS], sum[ARMS] = {0}, count[ARMS] = {0}, total = 0;
      o.samples = 20000;
      assert_ok(sl_bandit_probabilities(b, NULL, 0, cost, told));
      for (int i = 0; i < N; i++) {
        sl_bandit_choice c;
        if (i == 2000 && policy != SL_BANDIT_BETA && policy != SL_BANDIT_LIN_TS &&
            policy != SL_BANDIT_GAUSSIAN)
          break;
        assert_ok(sl_bandit_choose(b, NULL, 0, cost, &c));
        assert_int_equal(c.id, i + 1);
        assert_true(c.propensity > 0 && c.propensity <= 1 && c.standard_error >= 0);
        count[c.arm] += 1;
        sum[c.arm] += c.propensity;
        total += 1;
        if (i == 3000) break;
      }
      for (uint32_t a = 0; a < arms; a++) {
        const double p = count[a] > 0 ? sum[a] / count[a] : told[a];
        const double error = 4.5 * sqrt(p * (1 - p) / total) + 1e-9;
        assert_true(fabs(count[a] / total - p) < error + 0.01);
        assert_true(fabs(told[a] - p) < 0.05);
      }
      sl_bandit_destroy(b);
    }
  }
}

// Two normal arms: the closed form; three: conditional Monte Carlo within its standard error of
// counting in 10^6 draws.
static void monte_carlo_is_near_its_error(void **state) {
  (void)state;
  sl_bandit_options o = of(SL_BANDIT_GAUSSIAN);
  o.samples = 2000;
  sl_bandit *b = make(o, 3);
  for (int i = 0; i < 12; i++) assert_ok(sl_bandit_learn(b, (uint32_t)i % 3, 0.3 * (i % 3)));
  const double mean[] = {0, 0.24, 0.48}, deviation = sqrt(1.0 / 5);
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  double won[3] = {0};
  for (int i = 0; i < 1000000; i++) {
    double best = -INFINITY;
    int arm = 0;
    for (int a = 0; a < 3; a++) {
      const double z = mean[a] + deviation * sl_draw_normal(&rng);
      if (z > best) best = z, arm = a;
    }
    won[arm] += 1e-6;
  }
  int off = 0;
  for (int i = 0; i < 200; i++) {
    const sl_bandit_choice c = choose(b);
    assert_true(c.standard_error > 0 && c.standard_error < 0.02);
    off += fabs(c.propensity - won[c.arm]) > 2.5 * c.standard_error + 0.002;
  }
  assert_true(off < 12);
  const uint32_t two[] = {0, 2, 0};
  sl_bandit_choice c;
  assert_ok(sl_bandit_choose(b, two, 3, NULL, &c));
  const double p = 0.5 * erfc(-(0.48 / sqrt(0.4)) / sqrt(2));
  assert_true(fabs(c.propensity - (c.arm == 2 ? p : 1 - p)) < 1e-14 && c.standard_error == 0);
  assert_true(isnan(sl_bandit_scores(b)[1]) && !isnan(sl_bandit_scores(b)[0]));
  sl_bandit_destroy(b);
}

// LinUCB in its plain form: A = ridge I + sum x x', inverted by Gauss-Jordan elimination.
enum { D = 4, K = 3, ARMS = 3 };

static void invert(double (*a)[D * 4], int n, double (*out)[D * 4]) {
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) out[i][j] = i == j;
  for (int i = 0; i < n; i++) {
    const double pivot = 1 / a[i][i];
    for (int j = 0; j < n; j++) a[i][j] *= pivot, out[i][j] *= pivot;
    for (int r = 0; r < n; r++) {
      const double factor = a[r][i];
      for (int j = 0; j < n && r != i; j++)
        a[r][j] -= factor * a[i][j], out[r][j] -= factor * out[i][j];
    }
  }
}

// The hybrid form is one regression on (x of arm 0, x of arm 1, ..., z): so is the disjoint one
// with no z. Both are compared with the normal equations of the whole.
static void linear_scores_are_those_of_the_normal_equations(void **state) {
  (void)state;
  for (uint32_t k = 0; k <= K; k += K) {
    enum { N = D * 4 };
    const int n = (int)(D * ARMS + k);
    static double a[N][N], copy[N][N], inverse[N][N], right[N], row[N];
    memset(a, 0, sizeof a);
    memset(right, 0, sizeof right);
    sl_bandit_options o = of(SL_BANDIT_LIN_UCB);
    o.dimension = D;
    o.shared = k;
    o.ridge = 0.5;
    o.exploration = 0.7;
    for (int i = 0; i < n; i++) a[i][i] = o.ridge;
    sl_bandit *b = make(o, ARMS);
    sl_rng rng;
    sl_rng_seed(&rng, 31);
    for (int t = 0; t < 200; t++) {
      set_context(b, &rng, D + k * ARMS);
      const double *x = sl_bandit_context(b);
      double wanted[ARMS], theta[N];
      memcpy(copy, a, sizeof a);
      invert(copy, n, inverse);
      for (int i = 0; i < n; i++) {
        theta[i] = 0;
        for (int j = 0; j < n; j++) theta[i] += inverse[i][j] * right[j];
      }
      for (uint32_t arm = 0; arm < ARMS; arm++) {
        memset(row, 0, sizeof row);
        memcpy(row + arm * D, x, D * sizeof *row);
        memcpy(row + D * ARMS, x + D + arm * k, k * sizeof *row);
        double mean = 0, variance = 0;
        for (int i = 0; i < n; i++) {
          mean += theta[i] * row[i];
          for (int j = 0; j < n; j++) variance += row[i] * inverse[i][j] * row[j];
        }
        wanted[arm] = mean + 0.7 * sqrt(variance);
      }
      const sl_bandit_choice c = choose(b);
      for (uint32_t arm = 0; arm < ARMS; arm++) {
        assert_true(fabs(sl_bandit_scores(b)[arm] - wanted[arm]) < 1e-11);
        assert_true(wanted[arm] <= wanted[c.arm] + 1e-11);
      }
      if (t % 50 == 49) {
        double weights[D + K];
        assert_ok(sl_bandit_weights(b, 1, weights));
        for (uint32_t i = 0; i < D; i++) assert_true(fabs(weights[i] - theta[D + i]) < 1e-11);
        for (uint32_t i = 0; i < k; i++)
          assert_true(fabs(weights[D + i] - theta[D * ARMS + i]) < 1e-11);
      }
      const double r = x[c.arm] + (k > 0 ? x[D + c.arm * k] : 0) + 0.1 * sl_draw_normal(&rng);
      memset(row, 0, sizeof row);
      memcpy(row + c.arm * D, x, D * sizeof *row);
      memcpy(row + D * ARMS, x + D + c.arm * k, k * sizeof *row);
      for (int i = 0; i < n; i++) {
        right[i] += r * row[i];
        for (int j = 0; j < n; j++) a[i][j] += row[i] * row[j];
      }
      reward(b, c.id, r);
    }
    sl_bandit_destroy(b);
  }
}

// A window is what a bandit knows that saw its rewards alone.
static void a_window_forgets_all_else(void **state) {
  (void)state;
  static const sl_bandit_policy policies[] = {SL_BANDIT_LIN_UCB, SL_BANDIT_EPSILON_GREEDY,
                                              SL_BANDIT_BETA, SL_BANDIT_UCB1};
  for (int p = 0; p < 4; p++) {
    sl_bandit_options o = of(policies[p]);
    o.window = 25;
    sl_bandit *b = make(o, 3);
    o.window = 0;
    sl_bandit *fresh = make(o, 3);
    static double x[400][3], r[400];
    sl_rng rng;
    sl_rng_seed(&rng, 8);
    for (int i = 0; i < 400; i++) {
      for (int j = 0; j < 3; j++) x[i][j] = sl_draw_normal(&rng);
      r[i] = sl_rng_double(&rng) < 0.5;
      if (o.dimension > 0) memcpy(sl_bandit_context(b), x[i], sizeof x[i]);
      assert_ok(sl_bandit_learn(b, (uint32_t)i % 7 % 3, r[i]));
      if (i < 375) continue;
      if (o.dimension > 0) memcpy(sl_bandit_context(fresh), x[i], sizeof x[i]);
      assert_ok(sl_bandit_learn(fresh, (uint32_t)i % 7 % 3, r[i]));
    }
    double one[6], other[6];
    assert_ok(sl_bandit_estimates(b, one));
    assert_ok(sl_bandit_estimates(fresh, other));
    for (int i = 0; i < 6; i++) assert_true(fabs(one[i] - other[i]) < 1e-11);
    sl_bandit_facts facts;
    sl_bandit_facts_read(b, &facts);
    assert_true(facts.windowed == 25 && facts.rewards == 400);
    sl_bandit_destroy(b);
    sl_bandit_destroy(fresh);
  }
}

// Decay: rewards of time s count decay^(t - s); of linear models the ridge stays from half to whole.
static void decay_discounts_all_arms(void **state) {
  (void)state;
  sl_bandit_options o = of(SL_BANDIT_SOFTMAX);
  o.decay = 0.9;
  sl_bandit *b = make(o, 2);
  double count[2] = {0}, sum[2] = {0}, out[4];
  for (int i = 0; i < 50; i++) {
    assert_ok(sl_bandit_learn(b, (uint32_t)i % 3 % 2, i % 5));
    for (int a = 0; a < 2; a++) count[a] *= 0.9, sum[a] *= 0.9;
    count[i % 3 % 2] += 1, sum[i % 3 % 2] += i % 5;
  }
  assert_ok(sl_bandit_estimates(b, out));
  for (int a = 0; a < 2; a++) assert_true(fabs(out[a] - sum[a] / (1 + count[a])) < 1e-12);
  sl_bandit_destroy(b);

  // One feature that is 1: a = sum of weights + ridge.
  o = of(SL_BANDIT_LIN_UCB);
  o.dimension = 1;
  o.decay = 0.95;
  b = make(o, 2);
  sl_bandit_context(b)[0] = 1;
  double weight = 0, total = 0, ridge = 1, scale = 1;
  for (int i = 0; i < 300; i++) {
    assert_ok(sl_bandit_learn(b, 0, i % 4));
    weight *= 0.95, total *= 0.95, ridge *= 0.95, scale *= 0.95;
    if (scale < 0.5) ridge = scale = 1;
    weight += 1, total += i % 4;
    assert_ok(sl_bandit_estimates(b, out));
    assert_true(fabs(out[0] - total / (weight + ridge)) < 1e-12);
    assert_true(fabs(out[2] - 1 / sqrt(weight + ridge)) < 1e-12);
    assert_true(fabs(out[3] - 1 / sqrt(ridge)) < 1e-12);
  }
  sl_bandit_destroy(b);
}

static void rewards_come_late_once_or_never(void **state) {
  (void)state;
  sl_bandit_options o = of(SL_BANDIT_LIN_UCB);
  o.pending = 20;
  sl_bandit *b = make(o, 3), *prompt = make(o, 3);
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  static double x[40][3];
  static sl_bandit_choice c[41];
  bool learned;
  for (int i = 0; i < 20; i++) {
    set_context(b, &rng, 3);
    memcpy(x[i], sl_bandit_context(b), sizeof x[i]);
    c[i] = choose(b);
  }
  // In the opposite order, with the contexts that they were chosen in.
  for (int i = 20; i-- > 0;) {
    reward(b, c[i].id, i % 3);
    memcpy(sl_bandit_context(prompt), x[i], sizeof x[i]);
    assert_ok(sl_bandit_learn(prompt, c[i].arm, i % 3));
  }
  double one[6], other[6];
  memcpy(sl_bandit_context(b), x[0], sizeof x[0]);
  memcpy(sl_bandit_context(prompt), x[0], sizeof x[0]);
  assert_ok(sl_bandit_estimates(b, one));
  assert_ok(sl_bandit_estimates(prompt, other));
  assert_memory_equal(one, other, sizeof one);
  assert_refused(sl_bandit_reward(b, 3, 1, &learned), SL_ERR_STATE, "id");
  assert_refused(sl_bandit_reward(b, 21, 1, &learned), SL_ERR_INDEX, "id");
  assert_refused(sl_bandit_reward(b, 0, 1, &learned), SL_ERR_INDEX, "id");
  assert_refused(sl_bandit_reward(b, 1.5, 1, &learned), SL_ERR_INDEX, "id");
  assert_refused(sl_bandit_reward(b, NAN, 1, &learned), SL_ERR_INDEX, "id");
  for (int i = 0; i < 30; i++) c[i] = choose(b);
  assert_refused(sl_bandit_reward(b, c[9].id, 1, &learned), SL_ERR_STATE, "id");
  assert_refused(sl_bandit_reward(b, c[10].id, NAN, &learned), SL_ERR_NOT_FINITE, "reward");
  assert_refused(sl_bandit_reward(b, c[10].id, 1e200, &learned), SL_ERR_RANGE, "reward");
  reward(b, c[10].id, 1);
  // The arm is gone; another one takes its number.
  assert_ok(sl_bandit_remove_arm(b, c[15].arm));
  assert_refused(sl_bandit_remove_arm(b, c[15].arm), SL_ERR_INDEX, "arm");
  uint32_t arm;
  assert_ok(sl_bandit_add_arm(b, &arm));
  assert_int_equal(arm, c[15].arm);
  assert_ok(sl_bandit_reward(b, c[15].id, 1, &learned));
  assert_false(learned);
  assert_refused(sl_bandit_reward(b, c[15].id, 1, &learned), SL_ERR_STATE, "id");
  sl_bandit_destroy(b);
  sl_bandit_destroy(prompt);
}

// Rounds played against Bernoulli arms; returns the regret.
static double play(sl_bandit *b, const double *p, uint32_t arms, int rounds, uint64_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  double best = 0, regret = 0;
  for (uint32_t a = 0; a < arms; a++) best = fmax(best, p[a]);
  for (int t = 0; t < rounds; t++) {
    const sl_bandit_choice c = choose(b);
    regret += best - p[c.arm];
    reward(b, c.id, sl_rng_double(&rng) < p[c.arm]);
  }
  return regret;
}

// T. Lai, H. Robbins, Adv. Appl. Math. 6 (1985): no consistent policy has less than
// sum (best - p) / kl(p, best) log t.
static void thompson_is_near_the_bound_of_lai_and_robbins(void **state) {
  (void)state;
  static const double p[] = {0.5, 0.45, 0.4, 0.3, 0.2};
  enum { FIVE = 5, ROUNDS = 20000, SEEDS = 5 };
  double bound = 0, regret = 0;
  for (int a = 1; a < FIVE; a++)
    bound += (0.5 - p[a]) / (p[a] * log(p[a] / 0.5) + (1 - p[a]) * log((1 - p[a]) / 0.5));
  bound *= log(ROUNDS);
  for (int policy = SL_BANDIT_BETA; policy <= SL_BANDIT_KL_UCB; policy++) {
    if (policy == SL_BANDIT_GAUSSIAN) continue;
    regret = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      sl_bandit_options o = of((sl_bandit_policy)policy);
      o.samples = 0;
      o.seed = seed;
      sl_bandit *b = make(o, FIVE);
      regret += play(b, p, FIVE, ROUNDS, seed + 100) / SEEDS;
      sl_bandit_destroy(b);
    }
    print_message("policy %d: regret %.0f, bound %.0f\n", policy, regret, bound);
    if (policy != SL_BANDIT_UCB1) assert_true(regret < 2 * bound);
    assert_true(regret < 8 * bound);
  }
}

static void nothing_is_chosen_where_nothing_can_be(void **state) {
  (void)state;
  sl_bandit_options o = of(SL_BANDIT_LIN_UCB);
  sl_bandit *b = make(o, 0);
  sl_bandit_choice c;
  const uint32_t unknown[] = {0, 7};
  double cost[2] = {0, NAN};
  assert_refused(sl_bandit_choose(b, NULL, 0, NULL, &c), SL_ERR_EMPTY, "arms");
  uint32_t arm;
  assert_ok(sl_bandit_add_arm(b, &arm));
  assert_refused(sl_bandit_choose(b, unknown, 0, NULL, &c), SL_ERR_EMPTY, "eligible");
  assert_refused(sl_bandit_choose(b, unknown, 2, NULL, &c), SL_ERR_INDEX, "eligible");
  assert_ok(sl_bandit_choose(b, unknown, 1, cost, &c));
  assert_true(c.arm == 0 && c.propensity == 1);
  assert_ok(sl_bandit_add_arm(b, &arm));
  assert_refused(sl_bandit_choose(b, NULL, 0, cost, &c), SL_ERR_NOT_FINITE, "cost");
  cost[1] = 1e300;
  assert_refused(sl_bandit_choose(b, NULL, 0, cost, &c), SL_ERR_RANGE, "cost");
  sl_bandit_context(b)[1] = INFINITY;
  assert_refused(sl_bandit_choose(b, NULL, 0, NULL, &c), SL_ERR_NOT_FINITE, "context");
  sl_bandit_context(b)[1] = 1e200;
  assert_refused(sl_bandit_learn(b, 0, 1), SL_ERR_RANGE, "context");
  assert_refused(sl_bandit_learn(b, 2, 1), SL_ERR_INDEX, "arm");
  // The largest numbers there may be, and the smallest.
  for (int i = 0; i < 100; i++) {
    for (int j = 0; j < 3; j++)
      sl_bandit_context(b)[j] = (i + j) % 3 == 0 ? 0x1p400 : (i + j) % 3 == 1 ? -0x1p-1074 : 0;
    assert_ok(sl_bandit_learn(b, (uint32_t)i % 2, i % 4 ? 0x1p400 : -0x1p400));
    c = choose(b);
    for (int a = 0; a < 2; a++) assert_true(isfinite(sl_bandit_scores(b)[a]));
  }
  double weights[3];
  assert_refused(sl_bandit_weights(b, 5, weights), SL_ERR_INDEX, "arm");
  sl_bandit_destroy(b);
  b = make(of(SL_BANDIT_BETA), 1);
  assert_refused(sl_bandit_learn(b, 0, 1.01), SL_ERR_RANGE, "reward");
  assert_refused(sl_bandit_weights(b, 0, weights), SL_ERR_UNSUPPORTED, "weights");
  sl_bandit_destroy(b);
}

static void options_are_refused_by_name(void **state) {
  (void)state;
  const sl_bandit_options good = of(SL_BANDIT_LIN_UCB);
  sl_bandit *b;
#define REFUSES(field, value, name)                                                                \
  do {                                                                                             \
    sl_bandit_options o = good;                                                                    \
    o.field = value;                                                                               \
    assert_refused(sl_bandit_create(&o, &b), SL_ERR_OPTION, name);                                 \
    assert_null(b);                                                                                \
  } while (0)
  REFUSES(dimension, 0, "dimension");
  REFUSES(dimension, 5000, "dimension");
  REFUSES(policy, SL_BANDIT_BETA, "dimension");
  REFUSES(policy, 99, "policy");
  REFUSES(exploration, -1, "exploration");
  REFUSES(exploration, NAN, "exploration");
  REFUSES(ridge, 0, "ridge");
  REFUSES(prior_mean, INFINITY, "prior_mean");
  REFUSES(noise, 0, "noise");
  REFUSES(successes, 0, "successes");
  REFUSES(failures, NAN, "failures");
  REFUSES(decay, 1.1, "decay");
  REFUSES(decay, 0, "decay");
  REFUSES(pending, 0, "pending");
  REFUSES(window, UINT32_MAX, "window");
  REFUSES(samples, UINT32_MAX, "samples");
  sl_bandit_options o = good;
  o.decay = 0.9;
  o.window = 10;
  assert_refused(sl_bandit_create(&o, &b), SL_ERR_OPTION, "window");
  o.window = 0;
  o.shared = 2;
  assert_refused(sl_bandit_create(&o, &b), SL_ERR_OPTION, "decay");
  o = of(SL_BANDIT_EPSILON_GREEDY);
  o.exploration = 2;
  assert_refused(sl_bandit_create(&o, &b), SL_ERR_OPTION, "exploration");
  o = of(SL_BANDIT_SOFTMAX);
  o.exploration = 0;
  assert_refused(sl_bandit_create(&o, &b), SL_ERR_OPTION, "exploration");
}

// Whichever allocation fails, the call fails, nothing has changed, and it can be made again.
static void memory_may_end_at_any_time(void **state) {
  (void)state;
  sl_bandit_options o = of(SL_BANDIT_LIN_UCB);
  o.shared = 2;
  o.pending = 64;
  uint32_t failures = 0;
  for (int windowed = 0; windowed < 2; windowed++) {
    if (windowed) o.shared = 0, o.window = 40;
    sl_bandit *b = NULL, *plenty = make(o, 0);
    for (uint64_t budget = 0; b == NULL; budget += 64) {
      sl_memory_budget limit;
      sl_memory_budget_begin(&limit, budget);
      const sl_status status = sl_bandit_create(&o, &b);
      sl_memory_budget_end(&limit);
      failures += status == SL_ERR_MEMORY;
      assert_true(status == SL_OK || status == SL_ERR_MEMORY);
    }
    for (int i = 0; i < 300; i++) {
      uint64_t budget = 0;
      sl_status status;
      uint32_t arm, same;
      sl_bandit_choice c, d;
      bool learned;
      do {
        sl_memory_budget limit;
        sl_memory_budget_begin(&limit, budget);
        status = i % 30 == 0            ? sl_bandit_add_arm(b, &arm)
                 : i % 3 != 1 || i == 1 ? sl_bandit_choose(b, NULL, 0, NULL, &c)
                                        : sl_bandit_reward(b, c.id, i, &learned);
        sl_memory_budget_end(&limit);
        failures += status == SL_ERR_MEMORY;
        budget = 2 * budget + 64;
      } while (status == SL_ERR_MEMORY);
      assert_ok(status);
      if (i % 30 == 0) {
        assert_ok(sl_bandit_add_arm(plenty, &same));
        assert_int_equal(arm, same);
      } else if (i % 3 != 1 || i == 1) {
        d = choose(plenty);
        assert_true(c.id == d.id && c.arm == d.arm && c.propensity == d.propensity);
      } else {
        reward(plenty, c.id, i);
      }
    }
    assert_int_equal(sl_bandit_bytes(b), sl_bandit_bytes(plenty));
    sl_bandit_destroy(b);
    sl_bandit_destroy(plenty);
  }
  assert_true(failures > 50);
}

static void ties_are_broken_at_random(void **state) {
  (void)state;
  sl_bandit *b = make(of(SL_BANDIT_UCB1), 4);
  uint32_t seen = 0;
  for (int i = 0; i < 100; i++) {
    const sl_bandit_choice c = choose(b);
    assert_true(c.propensity == 0.25 && sl_bandit_scores(b)[c.arm] == INFINITY);
    seen |= 1u << c.arm;
  }
  assert_int_equal(seen, 15);
  sl_bandit_destroy(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(propensities_are_frequencies),
      property(monte_carlo_is_near_its_error),
      property(linear_scores_are_those_of_the_normal_equations),
      property(a_window_forgets_all_else),
      property(decay_discounts_all_arms),
      property(rewards_come_late_once_or_never),
      property(thompson_is_near_the_bound_of_lai_and_robbins),
      property(nothing_is_chosen_where_nothing_can_be),
      property(options_are_refused_by_name),
      property(memory_may_end_at_any_time),
      property(ties_are_broken_at_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
