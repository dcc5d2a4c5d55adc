// What routers learn, against closed forms: cosines, ridge by Gauss' elimination, isotonic functions
// by their definition, temperatures by a search, coverage of sets by counting.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/numbers.h"
#include "router/object.h"

enum { D = 6, MOST = 4000 };

typedef struct data {
  float x[MOST * D], values[MOST * 2];
  uint32_t labels[MOST];
} data;

// Clusters around corners, `spread` wide.
static data *clusters(uint32_t n, uint32_t routes, double spread, uint64_t seed) {
  data *all = calloc(1, sizeof *all);
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < n; i++) {
    all->labels[i] = i < routes ? i : sl_rng_below(&rng, routes);
    for (uint32_t j = 0; j < D; j++)
      all->x[i * D + j] = (float)((j == all->labels[i]) + spread * sl_draw_normal(&rng));
    const double gain = all->x[i * D] - 0.5;
    all->values[2 * i] = (float)(sl_rng_double(&rng) < 0.5);
    all->values[2 * i + 1] = (float)(all->values[2 * i] + gain + 0.1 * sl_draw_normal(&rng));
  }
  return all;
}

static sl_router_question question(const data *all, uint32_t n, uint32_t routes, uint32_t scorer) {
  sl_router_question q = sl_router_question_default();
  q.examples = n;
  q.dimension = D;
  q.routes = routes;
  q.vectors = all->x;
  q.labels = all->labels;
  q.scorer = scorer;
  return q;
}

static sl_router *learn(const sl_router_question *q, uint64_t work) {
  sl_router *r;
  sl_outcome outcome;
  assert_ok(sl_router_create(q, &r));
  do {
    assert_ok(sl_job_step(sl_router_job(r), work, &outcome));
  } while (outcome == SL_OUTCOME_RUNNING);
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
  return r;
}

// 1 in all, unless isotonic calibration has made the best one so improbable that another one is
// capped there.
static bool are_probabilities(const double *p, const double *scores, uint32_t count) {
  const uint32_t top = sl_router_largest(scores, count);
  double sum = 0;
  bool capped = false;
  for (uint32_t k = 0; k < count; k++) {
    if (!(p[k] >= 0 && p[k] <= p[top])) return false;
    sum += p[k];
    capped = capped || (k != top && p[k] == p[top]);
  }
  return fabs(sum - 1) < 1e-9 || (sum < 1 && capped);
}

static void similarities_are_cosines(void **state) {
  (void)state;
  data *all = clusters(200, 3, 0.4, 1);
  sl_router_question q = question(all, 200, 3, SL_ROUTER_SIMILARITY);
  q.holdout = 0;
  q.calibration = SL_ROUTER_NONE;
  q.neighbours = 4;
  sl_router *r = learn(&q, 1);
  double p[3], s[3];
  for (uint32_t i = 0; i < 50; i++) {
    const float *x = all->x + i * D;
    assert_ok(sl_router_score(r, x, p, s));
    assert_true(fabs(p[0] + p[1] + p[2] - 1) < 1e-12);
    for (uint32_t k = 0; k < 3; k++) {
      double best[4] = {-2, -2, -2, -2}, sum = 0;
      for (uint32_t e = 0; e < 200; e++) {
        if (all->labels[e] != k) continue;
        double xy = 0, xx = 0, yy = 0;
        for (int j = 0; j < D; j++) {
          const double a = x[j], b = all->x[e * D + j];
          xy += a * b, xx += a * a, yy += b * b;
        }
        double cosine = xy / sqrt(xx * yy);
        for (int j = 0; j < 4; j++)
          if (cosine > best[j]) {
            const double swap = best[j];
            best[j] = cosine;
            cosine = swap;
          }
      }
      for (int j = 0; j < 4; j++) sum += best[j] / 4;
      assert_true(fabs(sum - s[k]) < 1e-6);
    }
    uint32_t ids[4], count;
    double near[4];
    assert_ok(sl_router_nearest(r, x, all->labels[i], ids, near, &count));
    assert_true(count == 4 && ids[0] == i && near[0] > 1 - 1e-6 && near[3] <= near[0]);
  }
  sl_router_destroy(r);
  free(all);
}

// The normal equations with the penalty, solved by elimination.
static void ridge_is_that_of_elimination(void **state) {
  (void)state;
  enum { N = 300 };
  data *all = clusters(N, 2, 0.7, 2);
  sl_router_question q = question(all, N, 2, SL_ROUTER_RIDGE);
  q.labels = NULL;
  q.values = all->values;
  q.holdout = 0;
  q.calibration = SL_ROUTER_NONE;
  q.l2 = 0.01;
  sl_router *r = learn(&q, 1000);
  const double *found;
  uint32_t count;
  assert_ok(sl_router_parameters(r, &found, &count));
  assert_int_equal(count, 2 * (D + 1));
  for (uint32_t k = 0; k < 2; k++) {
    long double a[D + 1][D + 2], mean = 0;
    memset(a, 0, sizeof a);
    for (uint32_t i = 0; i < N; i++) mean += all->values[2 * i + k] / (long double)N;
    for (uint32_t i = 0; i < N; i++)
      for (int u = 0; u <= D; u++) {
        const long double xu = u < D ? all->x[i * D + u] : 1;
        for (int v = 0; v <= D; v++) a[u][v] += xu * (v < D ? all->x[i * D + v] : 1);
        a[u][D + 1] += xu * (all->values[2 * i + k] - mean);
      }
    for (int u = 0; u <= D; u++) a[u][u] += 0.01L * N;
    for (int u = 0; u <= D; u++)
      for (int row = 0; row <= D; row++) {
        if (row == u) continue;
        const long double factor = a[row][u] / a[u][u];
        for (int v = u; v <= D + 1; v++) a[row][v] -= factor * a[u][v];
      }
    for (int u = 0; u <= D; u++) {
      const long double wanted = a[u][D + 1] / a[u][u] + (u == D ? mean : 0);
      assert_true(fabsl(found[k * (D + 1) + u] - wanted) < 1e-10L);
    }
  }
  double gain[2], s[2];
  assert_ok(sl_router_score(r, all->x, gain, s));
  assert_true(gain[0] == 0 && gain[1] == s[1] - s[0]);
  sl_router_destroy(r);
  free(all);
}

static void every_scorer_learns(void **state) {
  (void)state;
  data *all = clusters(1200, 3, 0.3, 3);
  for (uint32_t scorer = 0; scorer <= SL_ROUTER_FASTGRNN; scorer++) {
    sl_router_question q = question(all, 1200, 3, scorer);
    q.iterations = 40;
    q.steps = 2;
    sl_router *r = learn(&q, 20000), *again = learn(&q, 1);
    sl_router_facts f;
    assert_ok(sl_router_facts_read(r, &f));
    print_message("scorer %u: right %.3f, error %.3f\n", scorer, f.accuracy, f.error);
    assert_int_equal(f.calibration, SL_ROUTER_ISOTONIC);
    assert_true(f.accuracy > 0.9 && f.held > 290 && f.held + f.trained == 1200);
    double p[3], s[3], p2[3], s2[3];
    for (uint32_t i = 0; i < 100; i++) {
      assert_ok(sl_router_score(r, all->x + i * D, p, s));
      assert_ok(sl_router_score(again, all->x + i * D, p2, s2));
      // How the work was cut does not show.
      assert_memory_equal(p, p2, sizeof p);
      assert_memory_equal(s, s2, sizeof s);
      assert_true(are_probabilities(p, s, 3));
    }
    sl_router_destroy(r);
    sl_router_destroy(again);
  }
  free(all);
}

// Least squares under the order: the max-min formula of isotonic regression.
static void isotonic_functions_are_those_of_the_formula(void **state) {
  (void)state;
  enum { N = 400 };
  data *all = clusters(N, 2, 0.9, 5);
  sl_router_question q = question(all, N, 2, SL_ROUTER_RIDGE);
  q.labels = NULL;
  q.values = all->values;
  q.holdout = 0.5;
  q.calibration = SL_ROUTER_ISOTONIC;
  sl_router *r = learn(&q, 777);
  const double *rows;
  uint32_t n;
  assert_ok(sl_router_held(r, &rows, &n));
  assert_int_equal(n, N / 2);
  for (uint32_t i = 0; i < n; i++) { // rows descend: from the last one on they ascend
    double best = -INFINITY;
    for (uint32_t low = i; low < n; low++) {
      double least = INFINITY;
      for (uint32_t high = i + 1; high-- > 0;) {
        double sum = 0;
        for (uint32_t k = high; k <= low; k++) sum += rows[3 * k + 2] - rows[3 * k + 1];
        least = fmin(least, sum / (low - high + 1));
      }
      best = fmax(best, least);
    }
    assert_true(fabs(sl_router_isotonic(r, 1, rows[3 * i]) - best) < 1e-9);
  }
  sl_router_destroy(r);
  free(all);
}

// No other temperature has a smaller log loss of the same held-out examples.
static void temperatures_have_the_least_log_loss(void **state) {
  (void)state;
  data *all = clusters(1000, 3, 0.6, 7);
  for (uint32_t scorer = 0; scorer <= SL_ROUTER_LOGISTIC; scorer++) {
    sl_router_question q = question(all, 1000, 3, scorer);
    q.calibration = SL_ROUTER_TEMPERATURE;
    sl_router *r;
    sl_outcome outcome;
    assert_ok(sl_router_create(&q, &r));
    while (r->phase != SL_ROUTER_WEIGH) assert_ok(sl_job_step(sl_router_job(r), 1, &outcome));
    const double at = r->temperature;
    double loss[3] = {0, 0, 0}, p[3];
    for (int step = 0; step < 3; step++) {
      r->temperature = at * (1 + 0.01 * (step - 1));
      for (uint32_t i = 0; i < r->held; i++) {
        sl_router_soften(r, r->learning.answers + 3 * i, p);
        loss[step] -= log(p[r->learning.labels[r->learning.order[r->trained + i]]]);
      }
    }
    assert_true(loss[1] < loss[0] && loss[1] < loss[2]);
    sl_router_destroy(r);
  }
  free(all);
}

// Coverage over many splits: 1 - alpha, within what chance does.
static void sets_hold_what_they_promise(void **state) {
  (void)state;
  data *all = clusters(MOST, 3, 0.8, 11);
  sl_router_question q = question(all, 600, 3, SL_ROUTER_RIDGE);
  double covered = 0, asked = 0;
  for (uint32_t seed = 0; seed < 12; seed++) {
    q.seed = seed;
    q.vectors = all->x + (size_t)seed * 100 * D;
    q.labels = all->labels + seed * 100;
    sl_router *r = learn(&q, 1 << 20);
    double level, p[3], s[3];
    assert_ok(sl_router_level(r, 0.1, &level));
    for (uint32_t i = 2000; i < MOST; i++) {
      assert_ok(sl_router_score(r, all->x + i * D, p, s));
      assert_ok(sl_router_softmax(r, s, p));
      covered += p[all->labels[i]] >= level;
      asked += 1;
    }
    sl_router_destroy(r);
  }
  print_message("covered %.4f\n", covered / asked);
  assert_true(covered / asked > 0.88 && covered / asked < 0.93);
  free(all);
}

// Examples that are all the same: a set must hold all of their routes, whatever a probability loses
// when it is taken from 1.
static void sets_of_equal_examples_hold_all_their_routes(void **state) {
  (void)state;
  data *all = clusters(MOST, 2, 0, 12);
  sl_router_question q = question(all, 0, 2, SL_ROUTER_LOGISTIC);
  q.calibration = SL_ROUTER_TEMPERATURE;
  for (uint32_t i = 0; i < MOST * D; i++) all->x[i] = (float)(i % D);
  for (uint32_t extra = 1; extra <= 40; extra++) {
    q.examples = 400 + extra;
    q.seed = extra;
    for (uint32_t i = 0; i < q.examples; i++) all->labels[i] = i < 200;
    sl_router *r = learn(&q, 1 << 20);
    double level, p[2], s[2];
    assert_ok(sl_router_level(r, 0.1, &level));
    assert_ok(sl_router_score(r, all->x, p, s));
    assert_ok(sl_router_softmax(r, s, p));
    assert_true(p[0] >= level && p[1] >= level);
    sl_router_destroy(r);
  }
  free(all);
}

// Vectors far from all examples, of which some have the wrong label: what is said to be improbable
// does not make another route, which is even less like them, the best one.
static void the_best_score_has_the_largest_probability(void **state) {
  (void)state;
  for (uint32_t scorer = 0; scorer <= SL_ROUTER_FASTGRNN; scorer++) {
    uint32_t improbable = 0;
    for (uint32_t seed = 1; seed <= 8; seed++) {
      data *all = clusters(400, 3, 0.3, 20 + seed);
      sl_rng rng;
      sl_rng_seed(&rng, seed);
      for (uint32_t i = 100; i < 250; i++)
        for (uint32_t j = 0; j < D; j++) all->x[i * D + j] = (float)sl_draw_normal(&rng);
      sl_router_question q = question(all, 400, 3, scorer);
      q.seed = seed;
      q.iterations = scorer == SL_ROUTER_FASTGRNN ? 3 : 300;
      sl_router *r = learn(&q, 1 << 20);
      assert_int_equal(r->calibration, SL_ROUTER_ISOTONIC);
      double p[3], s[3];
      for (uint32_t i = 100; i < 250; i++) {
        assert_ok(sl_router_score(r, all->x + i * D, p, s));
        assert_true(are_probabilities(p, s, 3));
        improbable += p[0] + p[1] + p[2] < 0.99;
      }
      sl_router_destroy(r);
      free(all);
    }
    print_message("scorer %u: %u that may belong to no route\n", scorer, improbable);
    assert_true(improbable > 0);
  }
}

static void thresholds_are_those_of_counting(void **state) {
  (void)state;
  data *all = clusters(1000, 2, 0.7, 13);
  sl_router_question q = question(all, 1000, 2, SL_ROUTER_RIDGE);
  q.labels = NULL;
  q.values = all->values;
  sl_router *r = learn(&q, 1 << 20);
  const double *rows;
  uint32_t n;
  sl_router_threshold t;
  assert_ok(sl_router_held(r, &rows, &n));
  for (double target = 0; target <= 1; target += 0.1) {
    assert_ok(sl_router_threshold_find(r, SL_ROUTER_SHARE, target, &t));
    double above = 0, quality = 0;
    for (uint32_t i = 0; i < n; i++) {
      above += rows[3 * i] > t.threshold;
      quality += rows[3 * i + (rows[3 * i] > t.threshold ? 2 : 1)];
    }
    assert_true(fabs(above / n - t.share) < 1e-12 && fabs(t.share - target) <= 0.5 / n + 1e-12);
    assert_true(fabs(quality / n - t.quality) < 1e-9 && t.quality_low < t.quality);
    assert_true(t.share_low <= t.share && t.share <= t.share_high);
  }
  assert_ok(sl_router_threshold_find(r, SL_ROUTER_QUALITY, t.quality - 0.02, &t));
  assert_true(t.reached);
  assert_ok(sl_router_threshold_find(r, SL_ROUTER_QUALITY, 100, &t));
  assert_false(t.reached);
  sl_router_destroy(r);

  q = question(all, 1000, 2, SL_ROUTER_LOGISTIC);
  r = learn(&q, 1 << 20);
  assert_ok(sl_router_held(r, &rows, &n));
  assert_ok(sl_router_threshold_find(r, SL_ROUTER_QUALITY, 0.95, &t));
  double above = 0, right = 0;
  for (uint32_t i = 0; i < n; i++) {
    above += rows[3 * i] >= t.threshold;
    right += rows[3 * i] >= t.threshold && rows[3 * i + 1] == 1;
  }
  assert_true(t.reached && t.quality >= 0.95 && above / n == t.share && right / above == t.quality);
  sl_router_destroy(r);
  free(all);
}

static void what_cannot_be_is_refused(void **state) {
  (void)state;
  data *all = clusters(100, 3, 0.5, 17);
  sl_router *r;
  sl_router_question q = question(all, 100, 3, SL_ROUTER_SIMILARITY);
  q.examples = 0;
  assert_refused(sl_router_create(&q, &r), SL_ERR_EMPTY, "vectors");
  q.examples = 100;
  q.routes = 1;
  assert_refused(sl_router_create(&q, &r), SL_ERR_OPTION, "routes");
  q.routes = 2;
  assert_refused(sl_router_create(&q, &r), SL_ERR_INDEX, "labels");
  q.routes = 3;
  q.steps = 4;
  assert_refused(sl_router_create(&q, &r), SL_ERR_OPTION, "steps");
  q.steps = 1;
  q.holdout = NAN;
  assert_refused(sl_router_create(&q, &r), SL_ERR_OPTION, "holdout");
  q.holdout = 0.25;
  all->x[7] = NAN;
  assert_refused(sl_router_create(&q, &r), SL_ERR_NOT_FINITE, "vectors");
  memset(all->x, 0, D * sizeof(float));
  all->x[7] = 1;
  assert_refused(sl_router_create(&q, &r), SL_ERR_RANGE, "vectors");
  q.scorer = SL_ROUTER_RIDGE;
  q.l2 = 0;
  assert_refused(sl_router_create(&q, &r), SL_ERR_OPTION, "l2");
  q.l2 = 1;
  sl_outcome outcome;
  // A route without an example; a calibration without enough of them.
  q.routes = 4;
  assert_ok(sl_router_create(&q, &r));
  assert_refused(sl_job_step(sl_router_job(r), 1, &outcome), SL_ERR_EMPTY, "labels");
  sl_router_destroy(r);
  q.routes = 3;
  q.examples = 12;
  q.calibration = SL_ROUTER_ISOTONIC;
  assert_ok(sl_router_create(&q, &r));
  assert_refused(sl_job_step(sl_router_job(r), 1, &outcome), SL_ERR_OPTION, "holdout");
  sl_router_destroy(r);
  // Few examples without an order for a calibration: nothing is held out.
  q.calibration = SL_ROUTER_AUTOMATIC;
  r = learn(&q, 1);
  double p[3], s[3], level;
  assert_true(r->held == 0 && r->trained == 12);
  sl_router_threshold t;
  assert_refused(sl_router_threshold_find(r, 0, 0.5, &t), SL_ERR_STATE, "holdout");
  assert_ok(sl_router_level(r, 0.1, &level));
  assert_true(level == 0);
  float x[D] = {INFINITY};
  assert_refused(sl_router_score(r, x, p, s), SL_ERR_NOT_FINITE, "vector");
  uint32_t ids[5], count;
  assert_refused(sl_router_nearest(r, all->x, 0, ids, s, &count), SL_ERR_UNSUPPORTED, "scorer");
  sl_router_destroy(r);
  // Stopped in the middle.
  assert_ok(sl_router_create(&q, &r));
  assert_refused(sl_router_score(r, all->x, p, s), SL_ERR_STATE, "router");
  assert_ok(sl_job_step(sl_router_job(r), 1, &outcome));
  assert_ok(sl_job_stop(sl_router_job(r), SL_OUTCOME_TIME_LIMIT));
  assert_refused(sl_router_score(r, all->x, p, s), SL_ERR_STATE, "router");
  sl_router_destroy(r);
  free(all);
}

// Every allocation refused in turn: an error, and nothing held.
static void memory_may_end_anywhere(void **state) {
  (void)state;
  data *all = clusters(300, 3, 0.5, 19);
  for (uint32_t scorer = 0; scorer <= SL_ROUTER_FASTGRNN; scorer++) {
    sl_router_question q = question(all, 300, 3, scorer);
    q.iterations = 2;
    size_t failures = 0;
    for (size_t limit = 100; limit < 1000000; limit += limit / 9) {
      sl_router *r;
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      sl_set_memory_limit(limit);
      sl_status status = sl_router_create(&q, &r);
      while (status == SL_OK && outcome == SL_OUTCOME_RUNNING)
        status = sl_job_step(sl_router_job(r), 1000, &outcome);
      sl_router_destroy(r);
      assert_int_equal(sl_bytes_in_use(), 0);
      if (status == SL_OK) break;
      assert_int_equal(status, SL_ERR_MEMORY);
      failures++;
    }
    assert_true(failures > 10);
    sl_set_memory_limit(SIZE_MAX);
  }
  free(all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(similarities_are_cosines),
      property(ridge_is_that_of_elimination),
      property(every_scorer_learns),
      property(isotonic_functions_are_those_of_the_formula),
      property(temperatures_have_the_least_log_loss),
      property(sets_hold_what_they_promise),
      property(sets_of_equal_examples_hold_all_their_routes),
      property(the_best_score_has_the_largest_probability),
      property(thresholds_are_those_of_counting),
      property(what_cannot_be_is_refused),
      property(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
